//! Arbitration, selection and reselection as an initiator (sections 7 and 8.1).

use super::*;

#[test]
fn section_7_arbitration_waits_for_bus_free() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.write(read::MODE, Mode::ARBITRATE.bits());
    host.wait(Ticks::from_micros(100));
    assert_eq!(
        host.read(read::INITIATOR_COMMAND) & 0x60,
        0,
        "the target has the bus"
    );
    host.write(read::MODE, 0);
    host.write(read::TARGET_COMMAND, 1);
    for n in 0..4 {
        assert_eq!(host.get(), n ^ 0x5A);
    }
    assert_eq!(host.complete(), (0, 0));
    let free = host.bus.free_since();
    host.write(write::OUTPUT_DATA, 0x80);
    host.write(read::MODE, Mode::ARBITRATE.bits());
    assert!(
        host.chip.next_event(host.now, &host.bus) >= free + crate::ncr5380::timing::BUS_FREE_TO_BSY
    );
    assert!(host.until(|h| h.read(read::INITIATOR_COMMAND) & 0x40 != 0));
    assert!(host.status().contains(CurrentStatus::BSY));
    assert_eq!(host.read(read::CURRENT_DATA), 0x80);
}

#[test]
fn section_7_selection_of_an_absent_target_is_not_answered() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    let start = host.now;
    assert!(!host.select(5));
    assert!(host.now.since(start) > timing::SELECTION_TIMEOUT);
    assert_eq!(
        host.events(),
        [ScsiEvent::Selection {
            id: 5,
            answered: false
        }]
    );
    assert!(host.select(3), "the bus is usable afterwards");
}

#[test]
fn section_8_1_selection_interrupts_when_enabled() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(write::SELECT_ENABLE, 0x20);
    assert!(!host.select(5));
    assert!(host.bus_and_status().contains(BusAndStatus::INTERRUPT));
    assert!(host.chip.irq());
    host.read(read::RESET_INTERRUPT);
    assert!(!host.chip.irq());
}

/// Another host on the cable.
fn other(host: &mut Host, lines: Lines) {
    let now = host.now;
    host.bus.drive_others(now, lines, &mut host.tracer);
    // An access without effect, at which the chip looks.
    host.write(write::SELECT_ENABLE, 0);
}

#[test]
fn section_6_2_arbitration_is_lost_to_anothers_sel_and_the_bus_released() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(write::OUTPUT_DATA, 0x40);
    host.write(read::MODE, Mode::ARBITRATE.bits());
    let bits = |host: &mut Host| host.read(read::INITIATOR_COMMAND) & 0x60;
    assert!(host.until(|h| bits(h) == 0x40));
    other(&mut host, Lines::with_data(Signals::BSY, 0x80));
    host.wait(timing::ARBITRATION);
    assert_eq!(
        bits(&mut host),
        0x40,
        "a higher ID is the software's to see"
    );
    assert_eq!(host.read(read::CURRENT_DATA), 0xC0);
    other(
        &mut host,
        Lines::with_data(Signals::BSY | Signals::SEL, 0x80),
    );
    assert_eq!(bits(&mut host), 0x60);
    assert_eq!(host.read(read::CURRENT_DATA), 0x80);
    assert_eq!(host.bus.initiator(), Lines::RELEASED);
    host.write(read::MODE, 0);
    assert_eq!(bits(&mut host), 0, "both bits go with ARBITRATE");
}

#[test]
fn section_6_2_the_own_sel_does_not_lose_arbitration() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    assert!(host.arbitrate());
    host.icr(InitiatorCommand::ASSERT_SEL);
    host.wait(timing::BUS_CLEAR);
    assert_eq!(host.read(read::INITIATOR_COMMAND), 0x44);
}

/// After the bus free filter of 400 ns another device's BSY does not keep the chip from arbitrating; before, it does.
#[test]
fn section_7_two_devices_may_arbitrate_at_once() {
    for (after, joins) in [(5, false), (10, true)] {
        let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
        other(&mut host, Lines::control(Signals::BSY));
        host.write(write::OUTPUT_DATA, 0x40);
        host.write(read::MODE, Mode::ARBITRATE.bits());
        let now = host.now;
        let (chip, bus, tracer) = (&mut host.chip, &mut host.bus, &mut host.tracer);
        bus.drive_others(now, Lines::RELEASED, tracer);
        chip.write(now, write::SELECT_ENABLE, 0, bus, tracer);
        chip.advance(now + Ticks(after), bus, tracer);
        bus.drive_others(
            now + Ticks(after),
            Lines::with_data(Signals::BSY, 1),
            tracer,
        );
        chip.write(now + Ticks(after), write::SELECT_ENABLE, 0, bus, tracer);
        host.wait(Ticks(40));
        let data = if joins { 0x41 } else { 0x01 };
        assert_eq!(host.read(read::CURRENT_DATA), data, "{after}");
    }
}

#[test]
fn section_8_1_one_selection_interrupts_once_and_checks_parity() {
    for good in [true, false] {
        let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
        host.write(read::MODE, Mode::PARITY_CHECK.bits());
        let lines = Lines::with_data(Signals::SEL, 0xC0);
        let lines = Lines {
            parity: lines.parity == good,
            ..lines
        };
        let now = host.now;
        host.bus.drive_others(now, lines, &mut host.tracer);
        host.write(write::SELECT_ENABLE, 0x80);
        assert!(!host.chip.irq(), "not before a bus settle delay");
        host.wait(timing::BUS_SETTLE);
        let status = host.bus_and_status();
        assert!(status.contains(BusAndStatus::INTERRUPT));
        assert_eq!(status.contains(BusAndStatus::PARITY_ERROR), !good);
        host.read(read::RESET_INTERRUPT);
        host.wait(Ticks::from_millis(1));
        assert!(!host.chip.irq());
    }
}

#[test]
fn section_8_1_no_enabled_id_no_interrupt() {
    for (enabled, lines) in [
        (0x00, Lines::with_data(Signals::SEL, 0xFF)),
        (0x40, Lines::with_data(Signals::SEL, 0x81)),
        (0x80, Lines::with_data(Signals::SEL | Signals::BSY, 0x81)),
        (0x80, Lines::with_data(Signals::empty(), 0x81)),
    ] {
        let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
        let now = host.now;
        host.bus.drive_others(now, lines, &mut host.tracer);
        host.write(write::SELECT_ENABLE, enabled);
        host.wait(Ticks::from_millis(1));
        assert!(!host.chip.irq(), "{enabled:02x} {lines:?}");
    }
}

impl Host {
    /// Selects `id` with IDENTIFY and the disconnection privilege, sends READ, and goes on until the target has disconnected.
    fn begin_disconnected(&mut self, id: u8) {
        assert!(self.select_with(id, InitiatorCommand::ASSERT_ATN));
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 6);
        // ATN goes false before ACK of the only message byte.
        self.put(0xC0);
        self.icr(InitiatorCommand::empty());
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 2);
        for byte in [READ, 0, 0, 0, 1, 0] {
            self.put(byte);
        }
        self.icr(InitiatorCommand::empty());
        assert_eq!(self.message(), 4, "DISCONNECT");
        assert!(self.until(|h| !h.status().contains(CurrentStatus::BSY)));
    }

    fn message(&mut self) -> u8 {
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 7);
        assert!(self.bus_and_status().contains(BusAndStatus::PHASE_MATCH));
        self.get()
    }

    /// Waits for the interrupt of a reselection and answers it: the target's ID.
    fn reselected(&mut self) -> u8 {
        self.write(write::SELECT_ENABLE, 0x80);
        assert!(self.until(|h| h.bus_and_status().contains(BusAndStatus::INTERRUPT)));
        let status = self.status();
        assert!(status.contains(CurrentStatus::SEL | CurrentStatus::IO));
        assert!(!status.contains(CurrentStatus::BSY));
        let ids = self.read(read::CURRENT_DATA);
        assert_eq!(ids & 0x80, 0x80);
        self.read(read::RESET_INTERRUPT);
        self.icr(InitiatorCommand::ASSERT_BSY);
        assert!(self.until(|h| !h.status().contains(CurrentStatus::SEL)));
        self.icr(InitiatorCommand::empty());
        assert!(self.status().contains(CurrentStatus::BSY), "the target's");
        assert_eq!(self.message(), 0x80, "IDENTIFY");
        (ids & 0x7F).trailing_zeros() as u8
    }

    fn finish_read(&mut self, bytes: u8) {
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 1);
        for n in 0..bytes {
            assert_eq!(self.get(), n ^ 0x5A);
        }
        assert_eq!(self.complete(), (0, 0));
        self.until(|h| !h.status().contains(CurrentStatus::BSY));
    }
}

fn disconnecting(away: Ticks) -> Pauser {
    let mut device = Pauser::new(4, 0, away);
    device.disconnects = true;
    device
}

#[test]
fn section_8_1_reselection_as_an_initiator() {
    let mut host = Host::new(disconnecting(Ticks::from_millis(30)));
    host.begin_disconnected(3);
    assert_eq!(host.reselected(), 3);
    host.finish_read(4);
    assert!(host.events().contains(&ScsiEvent::Reselected {
        id: 3,
        answered: true
    }));
}

#[test]
fn section_8_1_two_targets_with_overlapped_commands() {
    let mut host = Host::new(disconnecting(Ticks::from_millis(30)));
    host.bus.attach(5, disconnecting(Ticks::from_millis(10)));
    let start = host.now;
    host.begin_disconnected(3);
    host.begin_disconnected(5);
    assert_eq!(host.reselected(), 5, "ready first");
    host.finish_read(4);
    assert_eq!(host.reselected(), 3);
    host.finish_read(4);
    assert!(host.now.since(start) < Ticks::from_millis(40));
}

/// A snapshot while the target arbitrates to reselect goes on the same.
#[test]
fn a_snapshot_in_the_middle_of_an_arbitration_goes_on_the_same() {
    let away = Ticks::from_millis(1);
    for cut in (0..200).step_by(3) {
        let mut host = Host::new(disconnecting(away));
        host.begin_disconnected(3);
        host.write(write::SELECT_ENABLE, 0x80);
        let at = host.bus.next_event() + Ticks(cut);
        host.wait(at.since(host.now));
        let bytes = postcard::to_stdvec(&(&host.chip, &host.bus)).unwrap();
        let (chip, bus) = postcard::from_bytes(&bytes).unwrap();
        let mut copy = Host::new(Pauser::new(1, 9, Ticks::ZERO));
        (copy.chip, copy.bus, copy.now) = (chip, bus, host.now);
        for host in [&mut host, &mut copy] {
            assert_eq!(host.reselected(), 3);
            host.finish_read(4);
        }
        assert_eq!(
            postcard::to_stdvec(&(&host.chip, &host.bus)).unwrap(),
            postcard::to_stdvec(&(&copy.chip, &copy.bus)).unwrap()
        );
    }
}

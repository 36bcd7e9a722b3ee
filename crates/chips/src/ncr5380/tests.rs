//! Tests named after the sections of the design manual, run by a host that does what a driver of the time did.

use super::registers::{BusAndStatus, InitiatorCommand, Mode, read, write};
use super::*;
use scsi::{BusError, Cdb, Next, ResetCause, Status, timing};
use trace::{Event, ScsiEvent};

/// A device for tests: takes or gives a number of bytes, and pauses before one of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pauser {
    length: usize,
    pause_at: usize,
    pause: Ticks,
    until: Ticks,
    out: bool,
    taken: Vec<u8>,
    given: usize,
    resets: Vec<ResetCause>,
}

const WRITE: u8 = 0x0A;
const READ: u8 = 0x08;

impl Pauser {
    pub(super) fn new(length: usize, pause_at: usize, pause: Ticks) -> Pauser {
        Pauser {
            length,
            pause_at,
            pause,
            until: Ticks::ZERO,
            out: false,
            taken: vec![],
            given: 0,
            resets: vec![],
        }
    }
}

impl Device for Pauser {
    fn command(&mut self, _: Ticks, _: u8, _: u8, cdb: &Cdb, _: &mut Tracer) {
        self.out = cdb.operation() == WRITE;
        self.taken.clear();
        self.given = 0;
        self.until = Ticks::NEVER;
    }
    fn next(&mut self, now: Ticks, _: &mut Tracer) -> Next {
        let done = if self.out {
            self.taken.len()
        } else {
            self.given
        };
        if done == self.pause_at && self.pause != Ticks::ZERO {
            if self.until == Ticks::NEVER {
                self.until = now + self.pause;
            }
            if now < self.until {
                return Next::Wait(self.until);
            }
        }
        match done {
            _ if done == self.length => Next::Status(Status::Good),
            _ if self.out => Next::DataOut,
            _ => Next::DataIn(done as u8 ^ 0x5A),
        }
    }
    fn take(&mut self, _: Ticks, byte: u8, _: &mut Tracer) {
        self.taken.push(byte);
    }
    fn given(&mut self, _: Ticks, _: &mut Tracer) {
        self.given += 1;
    }
    fn fail(&mut self, _: Ticks, _: BusError, _: &mut Tracer) {}
    fn abort(&mut self, _: Ticks, _: &mut Tracer) {}
    fn reset(&mut self, _: Ticks, cause: ResetCause, _: &mut Tracer) {
        self.resets.push(cause);
    }
    fn wake(&self) -> Ticks {
        Ticks::NEVER
    }
    fn advance(&mut self, _: Ticks, _: &mut Tracer) {}
    fn byte_period(&self) -> Ticks {
        // 1.5 Mbyte/s.
        Ticks::at_rate(1, 1_500_000)
    }
    fn sense(&self) -> [u8; 3] {
        [0; 3]
    }
}

/// One register access of a Plus, roughly.
const ACCESS: Ticks = Ticks(16);
/// One byte of a blind loop on a Plus: 2 us.
const BLIND: Ticks = Ticks::from_micros(2);

/// What a driver does with the chip. Every access takes time.
pub(super) struct Host {
    chip: Ncr5380,
    bus: ScsiBus<Pauser>,
    tracer: Tracer,
    now: Ticks,
}

impl Host {
    pub(super) fn new(device: Pauser) -> Host {
        let mut bus = ScsiBus::new();
        bus.attach(3, device);
        Host {
            chip: Ncr5380::new(),
            bus,
            tracer: Tracer::new(0),
            now: Ticks(1000),
        }
    }
    fn read(&mut self, register: u8) -> u8 {
        self.now += ACCESS;
        self.chip
            .read(self.now, register, &mut self.bus, &mut self.tracer)
    }
    fn write(&mut self, register: u8, value: u8) {
        self.now += ACCESS;
        self.chip
            .write(self.now, register, value, &mut self.bus, &mut self.tracer);
    }
    fn icr(&mut self, value: InitiatorCommand) {
        self.write(read::INITIATOR_COMMAND, value.bits());
    }
    fn status(&mut self) -> CurrentStatus {
        CurrentStatus::from_bits_truncate(self.read(read::CURRENT_STATUS))
    }
    fn bus_and_status(&mut self) -> BusAndStatus {
        BusAndStatus::from_bits_truncate(self.read(read::BUS_AND_STATUS))
    }
    fn wait(&mut self, time: Ticks) {
        self.now += time;
        self.chip.advance(self.now, &mut self.bus, &mut self.tracer);
    }
    /// Polls until `condition`; false when that takes longer than 300 ms.
    fn until(&mut self, mut condition: impl FnMut(&mut Host) -> bool) -> bool {
        let limit = self.now + Ticks::from_millis(300);
        while !condition(self) {
            if self.now > limit {
                return false;
            }
        }
        true
    }
    fn arbitrate(&mut self) -> bool {
        self.write(read::TARGET_COMMAND, 0);
        self.write(write::OUTPUT_DATA, 0x80);
        self.write(read::MODE, Mode::ARBITRATE.bits());
        let won = self
            .until(|h| h.read(read::INITIATOR_COMMAND) & InitiatorCommand::AIP_TEST.bits() != 0);
        self.wait(timing::ARBITRATION);
        won && self.read(read::INITIATOR_COMMAND) & InitiatorCommand::LA_DIFF.bits() == 0
    }
    fn select(&mut self, id: u8) -> bool {
        assert!(self.arbitrate());
        self.icr(InitiatorCommand::ASSERT_SEL | InitiatorCommand::ASSERT_BSY);
        self.write(read::MODE, 0);
        self.write(write::OUTPUT_DATA, 0x80 | 1 << id);
        self.icr(
            InitiatorCommand::ASSERT_SEL
                | InitiatorCommand::ASSERT_BSY
                | InitiatorCommand::ASSERT_DATA,
        );
        self.icr(InitiatorCommand::ASSERT_SEL | InitiatorCommand::ASSERT_DATA);
        let answered = self.until(|h| h.status().contains(CurrentStatus::BSY));
        self.icr(InitiatorCommand::empty());
        answered
    }
    fn request(&mut self) -> bool {
        self.until(|h| h.status().contains(CurrentStatus::REQ))
    }
    fn put(&mut self, byte: u8) {
        assert!(self.request());
        self.write(write::OUTPUT_DATA, byte);
        self.icr(InitiatorCommand::ASSERT_DATA);
        self.icr(InitiatorCommand::ASSERT_DATA | InitiatorCommand::ASSERT_ACK);
        assert!(self.until(|h| !h.status().contains(CurrentStatus::REQ)));
        self.icr(InitiatorCommand::ASSERT_DATA);
    }
    fn get(&mut self) -> u8 {
        assert!(self.request());
        let byte = self.read(read::CURRENT_DATA);
        self.icr(InitiatorCommand::ASSERT_ACK);
        assert!(self.until(|h| !h.status().contains(CurrentStatus::REQ)));
        self.icr(InitiatorCommand::empty());
        byte
    }
    /// Selects target 3 and sends a command.
    fn command(&mut self, operation: u8) {
        assert!(self.select(3));
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 2);
        for byte in [operation, 0, 0, 0, 1, 0] {
            self.put(byte);
        }
        self.icr(InitiatorCommand::empty());
    }
    fn start_send(&mut self) {
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 0);
        self.icr(InitiatorCommand::ASSERT_DATA);
        self.write(read::MODE, Mode::DMA.bits());
        self.write(write::START_SEND, 0);
    }
    fn start_receive(&mut self) {
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 1);
        self.write(read::MODE, Mode::DMA.bits());
        self.write(write::START_INITIATOR_RECEIVE, 0);
    }
    fn drq(&mut self) -> bool {
        self.bus_and_status().contains(BusAndStatus::DMA_REQUEST)
    }
    fn blind_write(&mut self, bytes: impl Iterator<Item = u8>) {
        assert!(self.until(|h| h.drq()));
        for byte in bytes {
            self.now += BLIND;
            self.chip
                .dma_write(self.now, byte, &mut self.bus, &mut self.tracer, 0x400);
        }
    }
    fn polled_write(&mut self, bytes: impl Iterator<Item = u8>) {
        for byte in bytes {
            assert!(self.until(|h| h.drq()));
            self.now += BLIND;
            self.chip
                .dma_write(self.now, byte, &mut self.bus, &mut self.tracer, 0x400);
        }
    }
    fn blind_read(&mut self, bytes: usize) -> Vec<u8> {
        assert!(self.until(|h| h.drq()));
        (0..bytes)
            .map(|_| {
                self.now += BLIND;
                self.chip
                    .dma_read(self.now, &mut self.bus, &mut self.tracer, 0x500)
            })
            .collect()
    }
    fn end_dma(&mut self) {
        self.write(read::MODE, 0);
        self.icr(InitiatorCommand::empty());
    }
    /// STATUS and MESSAGE IN.
    fn complete(&mut self) -> (u8, u8) {
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 3);
        let status = self.get();
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 7);
        (status, self.get())
    }
    fn taken(&self) -> &[u8] {
        &self.bus.device(3).unwrap().taken
    }
    fn events(&mut self) -> Vec<ScsiEvent> {
        self.chip.flush_unpaired(&mut self.tracer);
        let scsi = |event| match event {
            Event::Scsi(event) => event,
            other => panic!("{other:?}"),
        };
        self.tracer
            .drain()
            .map(|record| scsi(record.event))
            .collect()
    }
}

fn pattern(length: usize) -> impl Iterator<Item = u8> {
    (0..length).map(|n| (n % 251) as u8)
}

#[test]
fn section_6_1_1_current_data_is_the_bus() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(write::OUTPUT_DATA, 0xA5);
    assert_eq!(host.read(read::CURRENT_DATA), 0);
    host.icr(InitiatorCommand::ASSERT_DATA);
    assert_eq!(host.read(read::CURRENT_DATA), 0xA5);
    assert!(
        host.status().contains(CurrentStatus::PARITY),
        "A5 has an even number of bits"
    );
}

#[test]
fn section_6_2_an_initiator_drives_data_only_in_the_expected_phase() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(write::OUTPUT_DATA, 0xA5);
    host.icr(InitiatorCommand::ASSERT_DATA);
    host.write(read::TARGET_COMMAND, 2);
    assert_eq!(host.read(read::CURRENT_DATA), 0);
    host.write(read::MODE, Mode::TARGET.bits());
    assert_eq!(host.read(read::CURRENT_DATA), 0xA5);
}

#[test]
fn section_6_2_test_mode_disables_the_outputs() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.icr(InitiatorCommand::ASSERT_ATN | InitiatorCommand::AIP_TEST);
    assert!(!host.bus_and_status().contains(BusAndStatus::ATN));
    host.icr(InitiatorCommand::ASSERT_ATN);
    assert!(host.bus_and_status().contains(BusAndStatus::ATN));
}

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
    assert!(host.chip.next_event(&host.bus) >= free + super::timing::BUS_FREE_TO_BSY);
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

#[test]
fn section_8_3_reset_clears_the_chip_and_every_target() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.start_receive();
    host.icr(InitiatorCommand::ASSERT_RST);
    assert!(host.chip.irq());
    assert_eq!(host.read(read::MODE), 0);
    assert_eq!(host.read(read::TARGET_COMMAND), 0);
    assert_eq!(host.read(read::INITIATOR_COMMAND), 0x80);
    assert_eq!(host.status(), CurrentStatus::RST);
    host.wait(timing::RESET_HOLD);
    host.icr(InitiatorCommand::empty());
    assert_eq!(host.status(), CurrentStatus::empty());
    assert_eq!(host.bus.device(3).unwrap().resets, [ResetCause::BusReset]);
    assert!(
        host.bus_and_status().contains(BusAndStatus::INTERRUPT),
        "latched until it is reset"
    );
}

#[test]
fn section_8_5_phase_mismatch_interrupts_when_req_becomes_true() {
    let mut host = Host::new(Pauser::new(16, 99, Ticks::ZERO));
    host.command(WRITE);
    host.start_send();
    host.polled_write(pattern(16));
    assert!(host.request());
    let status = host.bus_and_status();
    assert!(
        status.contains(BusAndStatus::INTERRUPT) && !status.contains(BusAndStatus::PHASE_MATCH)
    );
    assert!(
        status.contains(BusAndStatus::DMA_REQUEST),
        "6.7: a send has asked for one byte more, and a mismatch leaves DRQ"
    );
    assert_eq!(host.bus.lines().data, 0, "the chip is off the data bus");
    host.end_dma();
    assert!(!host.drq());
    assert_eq!(host.complete(), (0, 0));

    host.read(read::RESET_INTERRUPT);
    host.command(READ);
    host.start_receive();
    host.blind_read(16);
    assert!(host.request());
    let status = host.bus_and_status();
    assert!(status.contains(BusAndStatus::INTERRUPT));
    assert!(
        !status.contains(BusAndStatus::DMA_REQUEST),
        "a receive asks only when a byte has come"
    );
    host.end_dma();
    assert_eq!(host.complete(), (0, 0));
    assert!(
        !host
            .events()
            .iter()
            .any(|event| matches!(event, ScsiEvent::UnpairedDma { .. }))
    );
}

#[test]
fn section_8_6_loss_of_busy_is_an_error_only_while_monitored() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.write(read::MODE, (Mode::MONITOR_BUSY | Mode::DMA).bits());
    host.icr(InitiatorCommand::ASSERT_ATN);
    // The target leaves the bus when another device resets it; a detached one is as good.
    host.bus.detach(3);
    host.chip.write(
        host.now,
        read::MODE,
        (Mode::MONITOR_BUSY | Mode::DMA).bits(),
        &mut host.bus,
        &mut host.tracer,
    );
    host.wait(timing::BUS_SETTLE);
    let status = host.bus_and_status();
    assert!(status.contains(BusAndStatus::BUSY_ERROR | BusAndStatus::INTERRUPT));
    assert_eq!(
        host.read(read::INITIATOR_COMMAND),
        0,
        "6.2: all signals are removed"
    );
    assert_eq!(
        host.read(read::MODE),
        Mode::MONITOR_BUSY.bits(),
        "6.7: DMA MODE is reset"
    );
    host.write(read::MODE, 0);
    host.read(read::RESET_INTERRUPT);
    assert_eq!(
        host.bus_and_status() & (BusAndStatus::BUSY_ERROR | BusAndStatus::INTERRUPT),
        BusAndStatus::empty()
    );
}

#[test]
fn section_8_2_end_of_process_stops_asking() {
    let mut host = Host::new(Pauser::new(16, 99, Ticks::ZERO));
    host.command(WRITE);
    host.start_send();
    host.write(read::MODE, (Mode::DMA | Mode::EOP_INTERRUPT).bits());
    host.polled_write(pattern(8));
    host.chip.end_of_process();
    assert!(host.chip.irq());
    host.wait(Ticks::from_micros(50));
    assert!(!host.drq());
    assert_eq!(host.taken().len(), 8, "the last byte was still sent");
}

#[test]
fn section_6_8_a_whole_command_by_dma_both_ways() {
    let mut host = Host::new(Pauser::new(512, 9999, Ticks::ZERO));
    host.command(WRITE);
    host.start_send();
    host.blind_write(pattern(512));
    assert!(host.request());
    host.end_dma();
    assert_eq!(host.complete(), (0, 0));
    assert!(pattern(512).eq(host.taken().iter().copied()));
    host.command(READ);
    host.start_receive();
    let read: Vec<u8> = host.blind_read(512);
    host.end_dma();
    assert!((0..512).map(|n| n as u8 ^ 0x5A).eq(read));
    assert_eq!(host.complete(), (0, 0));
    let unpaired = |event: &ScsiEvent| matches!(event, ScsiEvent::UnpairedDma { .. });
    assert!(
        !host.events().iter().any(unpaired),
        "2 us a byte is slow enough for 1.5 Mbyte/s"
    );
}

#[test]
fn section_6_8_a_receive_acknowledges_one_byte_ahead() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.start_receive();
    assert_eq!(host.blind_read(2), [0x5A, 0x5B]);
    host.wait(Ticks::from_micros(10));
    assert!(
        host.bus_and_status()
            .contains(BusAndStatus::ACK | BusAndStatus::DMA_REQUEST)
    );
    host.end_dma();
    assert_eq!(
        host.read(read::INPUT_DATA),
        0x58,
        "latched, and gone from the bus"
    );
    assert_eq!(host.get(), 0x59);
}

/// The pause begins when byte 256 should be asked for. Byte 256 itself was fetched ahead, so the bytes lost are as
/// many as were written after it until the target took one again; the last of them is what the target takes.
#[test]
fn blind_write_into_a_pause_loses_exactly_the_bytes_written_during_it() {
    let pause = Ticks::from_micros(100);
    let mut host = Host::new(Pauser::new(512, 256, pause));
    host.command(WRITE);
    host.start_send();
    host.blind_write(pattern(512));
    host.wait(Ticks::from_micros(10));
    let events = host.events();
    let lost: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            ScsiEvent::UnpairedDma {
                bytes,
                out: true,
                pc: 0x400,
            } => Some(*bytes as usize),
            ScsiEvent::UnpairedDma { .. } => panic!("{event:?}"),
            _ => None,
        })
        .collect();
    assert_eq!(lost.len(), 1, "one burst");
    // 100 us at 2 us a byte, give or take the byte in hand at either end.
    assert!((48..=50).contains(&lost[0]), "{lost:?}");
    let all: Vec<u8> = pattern(512).collect();
    let mut expected = all[..256].to_vec();
    expected.extend(&all[256 + lost[0]..]);
    assert_eq!(host.taken(), expected);
    assert!(events.iter().any(|event| matches!(
        event,
        ScsiEvent::ReqPaused {
            id: 3,
            at_byte: 256,
            out: true
        }
    )));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, ScsiEvent::ReqResumed { id: 3, .. }))
    );
    assert!(
        host.status().contains(CurrentStatus::REQ),
        "the target still waits in DATA OUT for what was lost"
    );
}

#[test]
fn polled_write_into_a_pause_loses_nothing() {
    let mut host = Host::new(Pauser::new(512, 256, Ticks::from_millis(20)));
    host.command(WRITE);
    host.start_send();
    host.polled_write(pattern(512));
    host.wait(Ticks::from_micros(10));
    assert!(pattern(512).eq(host.taken().iter().copied()));
    assert!(
        !host
            .events()
            .iter()
            .any(|event| matches!(event, ScsiEvent::UnpairedDma { .. }))
    );
    host.end_dma();
    assert_eq!(host.complete(), (0, 0));
}

#[test]
fn blind_read_over_a_pause_finds_stale_bytes() {
    let mut host = Host::new(Pauser::new(64, 32, Ticks::from_micros(20)));
    host.command(READ);
    host.start_receive();
    let bytes = host.blind_read(64);
    assert!(bytes[..32].iter().copied().eq((0..32).map(|n| n ^ 0x5A)));
    let unpaired: Vec<usize> = host
        .events()
        .iter()
        .filter_map(|event| match event {
            ScsiEvent::UnpairedDma {
                bytes,
                out: false,
                pc: 0x500,
            } => Some(*bytes as usize),
            _ => None,
        })
        .collect();
    assert_eq!(unpaired.len(), 1);
    assert!((8..=11).contains(&unpaired[0]), "{unpaired:?}");
    // The last of them may fall between the latching of the new byte and DRQ, and finds it early.
    assert!(
        bytes[32..32 + unpaired[0] - 1]
            .iter()
            .all(|&byte| byte == 31 ^ 0x5A)
    );
    let after = bytes[32 + unpaired[0]..].iter().copied();
    assert!(
        after.eq((32..64 - unpaired[0]).map(|n| n as u8 ^ 0x5A)),
        "the target goes on where it paused"
    );
}

#[test]
fn unpaired_bursts_end_with_a_paired_access_a_register_access_or_another_direction() {
    let mut host = Host::new(Pauser::new(64, 32, Ticks::from_micros(20)));
    for byte in 0..3 {
        host.chip
            .dma_write(host.now, byte, &mut host.bus, &mut host.tracer, 0x100);
    }
    host.chip
        .dma_read(host.now, &mut host.bus, &mut host.tracer, 0x200);
    host.read(read::MODE);
    assert_eq!(
        host.events(),
        [
            ScsiEvent::UnpairedDma {
                bytes: 3,
                out: true,
                pc: 0x100
            },
            ScsiEvent::UnpairedDma {
                bytes: 1,
                out: false,
                pc: 0x200
            }
        ]
    );
}

#[test]
fn wait_drq_finds_the_time_at_which_a_waiting_cpu_goes_on() {
    let pause = Ticks::from_micros(100);
    let mut host = Host::new(Pauser::new(8, 4, pause));
    host.command(READ);
    host.start_receive();
    host.blind_read(4);
    let now = host.now;
    let soon = host.chip.wait_drq(
        now,
        now + Ticks::from_micros(16),
        &mut host.bus,
        &mut host.tracer,
    );
    assert_eq!(soon, None, "a Macintosh II would take a bus error here");
    let later = host.chip.wait_drq(
        now,
        now + Ticks::from_millis(265),
        &mut host.bus,
        &mut host.tracer,
    );
    assert!(
        later.is_some_and(
            |at| at.since(now) > pause && at.since(now) < pause + Ticks::from_micros(4)
        )
    );
}

#[test]
fn peeking_changes_nothing() {
    let mut host = Host::new(Pauser::new(8, 4, Ticks::ZERO));
    host.command(READ);
    host.start_receive();
    host.wait(Ticks::from_micros(5));
    let _ = host.drq();
    let before = format!("{:?} {:?}", host.chip, host.bus);
    for register in 0..8 {
        host.chip.peek(register, &host.bus);
    }
    assert_eq!(before, format!("{:?} {:?}", host.chip, host.bus));
    assert_eq!(host.chip.peek(read::BUS_AND_STATUS, &host.bus) & 0x48, 0x48);
}

/// Brought forward in one go or tick by tick, the chip and the bus come to the same.
#[test]
fn what_happens_does_not_depend_on_how_often_the_chip_is_looked_at() {
    for (operation, pace) in [
        (WRITE, 24),
        (WRITE, 31),
        (WRITE, 9),
        (READ, 24),
        (READ, 31),
        (READ, 9),
    ] {
        let run = |every_tick: bool| {
            let mut host = Host::new(Pauser::new(1200, 700, Ticks::from_micros(90)));
            host.command(operation);
            let write = operation == WRITE;
            if write {
                host.start_send();
            } else {
                host.start_receive();
            }
            let mut seen = vec![];
            for n in 0..1100 {
                if every_tick {
                    (0..pace).for_each(|_| host.wait(Ticks(1)));
                } else {
                    host.now += Ticks(pace);
                }
                let (now, bus, tracer) = (host.now, &mut host.bus, &mut host.tracer);
                if write {
                    host.chip.dma_write(now, n as u8, bus, tracer, 0);
                } else {
                    seen.push(host.chip.dma_read(now, bus, tracer, 0));
                }
            }
            host.wait(Ticks(50));
            (
                format!("{:?} {:?}", host.chip, host.bus),
                seen,
                host.events(),
            )
        };
        assert_eq!(run(true), run(false), "{operation:02x} at {pace}");
    }
}

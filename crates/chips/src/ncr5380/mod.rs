//! The NCR 5380 SCSI interface chip, as in the Macintosh Plus, SE and II class.
//!
//! Sections are those of the *NCR 5380 SCSI Interface Chip Design Manual* (NCR, 1985/86). The chip has no clock: what
//! it does follows the lines after propagation times ([`timing`]). It stands at the time of its last access and is
//! brought forward by the next.
//!
//! This is the NMOS chip of the Macintosh Plus. The CMOS 53C80 differs for software in one bit, LAST BYTE SENT (Target Command Register, bit 7,
//! read), which is not there.

mod arbitration;
mod dma;
pub mod registers;
#[cfg(test)]
mod tests;
pub mod timing;

use arbitration::Arbitration;
use clock::Ticks;
use dma::{Handshake, Transfer, Unpaired};
use registers::{BusAndStatus, CurrentStatus, InitiatorCommand, Mode, TargetCommand, read, write};
use scsi::{Device, Lines, Phase, ScsiBus, Signals};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// The chip.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ncr5380 {
    /// Output Data Register.
    output: u8,
    /// Input Data Register.
    input: u8,
    /// Initiator Command Register, without the bits that are only read.
    icr: InitiatorCommand,
    mode: Mode,
    tcr: TargetCommand,
    /// MSG, C/D and I/O of the Target Command Register, as the lines have them.
    expected: Signals,
    select_enable: u8,
    parity_error: bool,
    busy_error: bool,
    end_of_dma: bool,
    irq: bool,
    transfer: Transfer,
    handshake: Handshake,
    handshake_due: Ticks,
    /// The data register of the transfer's direction holds a byte that is not yet handshaken (send) or read
    /// (receive).
    loaded: bool,
    /// When DRQ becomes, or became, true; `NEVER` while nothing is asked for.
    drq_at: Ticks,
    arbitration: Arbitration,
    arbitrate_at: Ticks,
    selected_at: Ticks,
    /// The selection on the bus has interrupted already.
    selection_seen: bool,
    busy_lost_at: Ticks,
    /// The lines when the chip last looked.
    seen: Lines,
    unpaired: Option<Unpaired>,
}

/// True for a time that does not come.
fn never(at: Ticks) -> bool {
    at == Ticks::NEVER
}

impl Default for Ncr5380 {
    fn default() -> Self {
        Ncr5380::new()
    }
}

impl Ncr5380 {
    /// The chip after a pulse on its RESET pin.
    pub fn new() -> Ncr5380 {
        Ncr5380 {
            output: 0,
            input: 0,
            icr: InitiatorCommand::empty(),
            mode: Mode::empty(),
            tcr: TargetCommand::empty(),
            expected: Signals::empty(),
            select_enable: 0,
            parity_error: false,
            busy_error: false,
            end_of_dma: false,
            irq: false,
            transfer: Transfer::None,
            handshake: Handshake::Idle,
            handshake_due: Ticks::NEVER,
            loaded: false,
            drq_at: Ticks::NEVER,
            arbitration: Arbitration::Off,
            arbitrate_at: Ticks::NEVER,
            selected_at: Ticks::NEVER,
            selection_seen: false,
            busy_lost_at: Ticks::NEVER,
            seen: Lines::RELEASED,
            unpaired: None,
        }
    }

    /// A pulse on the RESET pin: all registers and latches are cleared, nothing is driven, and RST is not asserted on
    /// the bus.
    pub fn reset<D: Device>(&mut self, now: Ticks, bus: &mut ScsiBus<D>, tracer: &mut Tracer) {
        self.advance(now, bus, tracer);
        self.flush_unpaired(tracer);
        self.clear();
        self.irq = false;
        self.drive(now, bus, tracer);
    }

    /// Clears all logic and registers but the interrupt latch.
    fn clear(&mut self) {
        *self = Ncr5380 {
            irq: self.irq,
            seen: self.seen,
            unpaired: self.unpaired,
            ..Ncr5380::new()
        };
    }

    /// Brings the chip and the bus up to `now`, in the order in which things happen.
    #[inline]
    pub fn advance<D: Device>(&mut self, now: Ticks, bus: &mut ScsiBus<D>, tracer: &mut Tracer) {
        loop {
            let own = self.due();
            let theirs = bus.next_event().min(bus.wake());
            if own <= theirs {
                if own > now {
                    break;
                }
                self.step(own, now, bus, tracer);
            } else {
                if theirs > now {
                    break;
                }
                bus.step(now, tracer);
                self.look(theirs, bus, tracer);
            }
        }
    }

    /// When IRQ or DRQ may next change after `now`, to which the chip must have been brought forward: by the chip's doing or a target's. Only a
    /// machine on which one of these pins is connected to something needs to wake for it; on the Plus neither is,
    /// and waking for [`ScsiBus::wake`] suffices.
    pub fn next_event<D: Device>(&self, now: Ticks, bus: &ScsiBus<D>) -> Ticks {
        let drq = if self.drq_at > now {
            self.drq_at
        } else {
            Ticks::NEVER
        };
        drq.min(self.due()).min(bus.next_event())
    }

    /// The IRQ pin, as of the last time the chip was brought forward.
    pub fn irq(&self) -> bool {
        self.irq
    }

    /// The DRQ pin at `now`.
    pub fn drq<D: Device>(
        &mut self,
        now: Ticks,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
    ) -> bool {
        self.advance(now, bus, tracer);
        self.drq_now(now)
    }

    #[inline]
    fn drq_now(&self, now: Ticks) -> bool {
        self.drq_at <= now
    }

    /// Reads register `register & 7`.
    pub fn read<D: Device>(
        &mut self,
        now: Ticks,
        register: u8,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
    ) -> u8 {
        self.advance(now, bus, tracer);
        self.flush_unpaired(tracer);
        let value = self.value(now, register & 7, bus.lines());
        match register & 7 {
            read::CURRENT_DATA => self.check_parity(bus.lines()),
            read::RESET_INTERRUPT => {
                // 6.9: reading resets the parity error, the interrupt request and the busy error latches.
                self.parity_error = false;
                self.busy_error = false;
                self.irq = false;
                // 6.7: the busy error latch is set as long as BSY is false and monitored, so it fills again.
                self.watch_busy(now, bus.lines());
            }
            _ => {}
        }
        value
    }

    /// What reading register `register & 7` would give, as of the last time the chip was brought forward; nothing
    /// changes.
    pub fn peek<D: Device>(&self, register: u8, bus: &ScsiBus<D>) -> u8 {
        self.value(bus.now(), register & 7, bus.lines())
    }

    fn value(&self, now: Ticks, register: u8, lines: Lines) -> u8 {
        match register {
            read::CURRENT_DATA => lines.data,
            read::INITIATOR_COMMAND => self.initiator_command().bits(),
            read::MODE => self.mode.bits(),
            read::TARGET_COMMAND => self.tcr.bits(),
            read::CURRENT_STATUS => current_status(lines).bits(),
            read::BUS_AND_STATUS => self.bus_and_status(now, lines).bits(),
            read::INPUT_DATA => self.input,
            _ => 0,
        }
    }

    /// Writes register `register & 7`.
    pub fn write<D: Device>(
        &mut self,
        now: Ticks,
        register: u8,
        value: u8,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
    ) {
        self.advance(now, bus, tracer);
        self.flush_unpaired(tracer);
        match register & 7 {
            write::OUTPUT_DATA => self.output = value,
            read::INITIATOR_COMMAND => self.write_initiator_command(value),
            read::MODE => self.write_mode(now, value, bus),
            read::TARGET_COMMAND => self.write_target_command(value),
            write::SELECT_ENABLE => self.select_enable = value,
            write::START_SEND => self.start_send(now, bus.lines()),
            write::START_TARGET_RECEIVE => self.start_target_receive(now, bus.lines()),
            _ => self.start_receive(now, bus.lines()),
        }
        self.drive(now, bus, tracer);
        self.look(now, bus, tracer);
        // The target command register may have made the phase match while REQ was true.
        self.watch_request(now, bus.lines(), false);
    }

    /// 6.2: AIP and LA are the arbitration's, the other bits read as they were written.
    fn initiator_command(&self) -> InitiatorCommand {
        let mut value = self.icr - (InitiatorCommand::AIP_TEST | InitiatorCommand::LA_DIFF);
        value.set(
            InitiatorCommand::AIP_TEST,
            matches!(
                self.arbitration,
                Arbitration::InProgress | Arbitration::Lost
            ),
        );
        value.set(
            InitiatorCommand::LA_DIFF,
            self.arbitration == Arbitration::Lost,
        );
        value
    }

    fn write_initiator_command(&mut self, value: u8) {
        let value = InitiatorCommand::from_bits_truncate(value);
        let reset_begins = value.contains(InitiatorCommand::ASSERT_RST)
            && !self.icr.contains(InitiatorCommand::ASSERT_RST);
        self.icr = value;
        if reset_begins {
            // 6.2: the interrupt and the reset of the internal logic follow from the own RST as from anybody's.
            self.bus_reset();
        }
    }

    fn write_mode<D: Device>(&mut self, now: Ticks, value: u8, bus: &ScsiBus<D>) {
        let before = self.mode;
        self.mode = Mode::from_bits_truncate(value);
        if !bus.lines().has(Signals::BSY) {
            // 6.3: BSY must be active in order to set DMA MODE.
            self.mode.remove(Mode::DMA);
        }
        if before.contains(Mode::DMA) && !self.mode.contains(Mode::DMA) {
            self.stop_dma();
        }
        self.watch_busy(now, bus.lines());
        self.set_arbitrate(
            now,
            self.mode.contains(Mode::ARBITRATE),
            bus.free_since(),
            bus.lines(),
        );
    }

    /// 6.7.
    fn bus_and_status(&self, now: Ticks, lines: Lines) -> BusAndStatus {
        let mut value = BusAndStatus::empty();
        value.set(BusAndStatus::END_OF_DMA, self.end_of_dma);
        value.set(BusAndStatus::DMA_REQUEST, self.drq_now(now));
        value.set(BusAndStatus::PARITY_ERROR, self.parity_error);
        value.set(BusAndStatus::INTERRUPT, self.irq);
        value.set(BusAndStatus::PHASE_MATCH, self.phase_match(lines));
        value.set(BusAndStatus::BUSY_ERROR, self.busy_error);
        value.set(BusAndStatus::ATN, lines.has(Signals::ATN));
        value.set(BusAndStatus::ACK, lines.has(Signals::ACK));
        value
    }

    /// 6.4: MSG, C/D and I/O as the Target Command Register has them.
    #[inline]
    fn phase_match(&self, lines: Lines) -> bool {
        lines.signals & Phase::MASK == self.expected
    }

    fn write_target_command(&mut self, value: u8) {
        self.tcr = TargetCommand::from_bits_truncate(value);
        self.expected = Signals::empty();
        self.expected
            .set(Signals::MSG, self.tcr.contains(TargetCommand::ASSERT_MSG));
        self.expected
            .set(Signals::CD, self.tcr.contains(TargetCommand::ASSERT_CD));
        self.expected
            .set(Signals::IO, self.tcr.contains(TargetCommand::ASSERT_IO));
    }

    /// 8.4: a parity error is latched when checking is enabled, and interrupts when that is.
    fn check_parity(&mut self, lines: Lines) {
        if self.mode.contains(Mode::PARITY_CHECK) && !lines.parity_good() {
            self.parity_error = true;
            self.irq |= self.mode.contains(Mode::PARITY_INTERRUPT);
        }
    }

    #[inline]
    fn due(&self) -> Ticks {
        self.handshake_due.min(self.others_due())
    }

    #[inline]
    fn others_due(&self) -> Ticks {
        self.arbitrate_at
            .min(self.selected_at)
            .min(self.busy_lost_at)
    }

    /// Does what is due at `at`, on the way to `now`.
    #[inline]
    fn step<D: Device>(
        &mut self,
        at: Ticks,
        now: Ticks,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
    ) {
        if self.handshake_due == at {
            let limit = now.min(self.others_due());
            self.step_handshake(at, limit, bus, tracer);
            return;
        }
        if self.arbitrate_at == at {
            self.arbitrate_at = Ticks::NEVER;
            self.arbitration = Arbitration::InProgress;
        }
        if self.selected_at == at {
            self.selected_at = Ticks::NEVER;
            self.selection_seen = true;
            self.irq = true;
            // 8.1: parity must be good in a selection; the software looks at the latch.
            self.check_parity(bus.lines());
        }
        if self.busy_lost_at == at {
            self.busy_lost_at = Ticks::NEVER;
            self.busy_lost();
        }
        self.drive(at, bus, tracer);
        self.look(at, bus, tracer);
    }

    /// Notices what has changed on the lines.
    #[inline]
    fn look<D: Device>(&mut self, at: Ticks, bus: &mut ScsiBus<D>, tracer: &mut Tracer) {
        let lines = bus.lines();
        let changed = lines.signals ^ self.seen.signals;
        self.seen = lines;
        if changed.is_empty() && self.select_enable == 0 {
            return;
        }
        let unusual = Signals::BSY | Signals::SEL | Signals::RST;
        if changed.intersects(unusual) || self.select_enable != 0 {
            if changed.contains(Signals::RST)
                && lines.has(Signals::RST)
                && !self.icr.contains(InitiatorCommand::ASSERT_RST)
            {
                self.bus_reset();
            }
            self.watch_arbitration(lines);
            self.watch_selection(at, lines);
            self.watch_busy(at, lines);
            self.watch_bus_free(at, bus.free_since(), lines);
        }
        if changed.intersects(Phase::MASK | unusual) {
            // The data drivers depend on the phase (6.2), and the events above release lines.
            self.drive(at, bus, tracer);
        }
        self.watch_request(
            at,
            bus.lines(),
            changed.contains(Signals::REQ) && lines.has(Signals::REQ),
        );
    }

    /// Puts on the bus what the registers and the handshake call for.
    #[inline]
    fn drive<D: Device>(&mut self, at: Ticks, bus: &mut ScsiBus<D>, tracer: &mut Tracer) {
        let lines = self.outputs(bus.lines());
        bus.drive(at, lines, tracer);
        self.seen.signals =
            (self.seen.signals - Signals::ACK) | (bus.lines().signals & Signals::ACK);
    }

    /// What the chip drives when the bus is `lines` (6.2 to 6.4).
    #[inline]
    fn outputs(&self, lines: Lines) -> Lines {
        if self.icr.contains(InitiatorCommand::AIP_TEST) {
            // Written, the bit is TEST MODE: all outputs disabled.
            return Lines::RELEASED;
        }
        if self.icr.contains(InitiatorCommand::ASSERT_RST) {
            return Lines::control(Signals::RST);
        }
        let target = self.mode.contains(Mode::TARGET);
        let mut signals = Signals::empty();
        signals.set(
            Signals::BSY,
            self.icr.contains(InitiatorCommand::ASSERT_BSY),
        );
        signals.set(
            Signals::SEL,
            self.icr.contains(InitiatorCommand::ASSERT_SEL),
        );
        let automatic = matches!(self.handshake, Handshake::Asserted | Handshake::Falling);
        if target {
            let automatic = automatic && self.transfer.is_target();
            signals.set(
                Signals::REQ,
                automatic || self.tcr.contains(TargetCommand::ASSERT_REQ),
            );
            signals |= self.expected;
        } else {
            let automatic = automatic && !self.transfer.is_target();
            signals.set(
                Signals::ACK,
                automatic || self.icr.contains(InitiatorCommand::ASSERT_ACK),
            );
            signals.set(
                Signals::ATN,
                self.icr.contains(InitiatorCommand::ASSERT_ATN),
            );
        }
        let arbitrating = self.arbitration == Arbitration::InProgress;
        signals.set(Signals::BSY, signals.contains(Signals::BSY) || arbitrating);
        // 6.2: as an initiator the data are driven only while I/O is false and the phase matches.
        let enabled = target || (!lines.has(Signals::IO) && self.phase_match(lines));
        if arbitrating || (self.icr.contains(InitiatorCommand::ASSERT_DATA) && enabled) {
            Lines::with_data(signals, self.output)
        } else {
            Lines::control(signals)
        }
    }
}

/// 6.5.
fn current_status(lines: Lines) -> CurrentStatus {
    let mut value = CurrentStatus::empty();
    value.set(CurrentStatus::RST, lines.has(Signals::RST));
    value.set(CurrentStatus::BSY, lines.has(Signals::BSY));
    value.set(CurrentStatus::REQ, lines.has(Signals::REQ));
    value.set(CurrentStatus::MSG, lines.has(Signals::MSG));
    value.set(CurrentStatus::CD, lines.has(Signals::CD));
    value.set(CurrentStatus::IO, lines.has(Signals::IO));
    value.set(CurrentStatus::SEL, lines.has(Signals::SEL));
    value.set(CurrentStatus::PARITY, lines.parity);
    value
}

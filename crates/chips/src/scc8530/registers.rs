//! The registers, in the order of the manual's chapter "Register Descriptions".

use super::{Channel, Scc, Unit};
use clock::Ticks;

// Bits of RR0; those of the external/status conditions are also the enables in WR15.
pub(super) const RX_AVAILABLE: u8 = 0x01;
pub(super) const ZERO_COUNT: u8 = 0x02;
pub(super) const TX_EMPTY: u8 = 0x04;
pub(super) const DCD: u8 = 0x08;
/// In the asynchronous mode the SYNC input.
pub(super) const HUNT: u8 = 0x10;
pub(super) const CTS: u8 = 0x20;
pub(super) const UNDERRUN: u8 = 0x40;
pub(super) const ABORT: u8 = 0x80;
/// The same bit in the asynchronous mode.
pub(super) const BREAK: u8 = ABORT;
/// The external/status bits of RR0 that have latches.
pub(super) const EXTERNAL: u8 = DCD | HUNT | CTS | UNDERRUN | ABORT;

// Bits of RR1.
pub(super) const ALL_SENT: u8 = 0x01;
/// Residue code 011: the last byte before the closing flag was a whole one (8 bits per character); "forced to this state in
/// Asynchronous mode".
pub(super) const RESIDUE_NONE: u8 = 0x06;
pub(super) const PARITY: u8 = 0x10;
pub(super) const OVERRUN: u8 = 0x20;
/// CRC error in SDLC, framing error in the asynchronous mode.
pub(super) const CRC_OR_FRAMING: u8 = 0x40;
pub(super) const END_OF_FRAME: u8 = 0x80;

// Bits of WR1.
pub(super) const EXTERNAL_ENABLE: u8 = 0x01;
pub(super) const TRANSMIT_ENABLE: u8 = 0x02;
pub(super) const PARITY_IS_SPECIAL: u8 = 0x04;
pub(super) const WAIT_ON_RECEIVE: u8 = 0x20;
pub(super) const WAIT_IS_REQUEST: u8 = 0x40;
pub(super) const WAIT_REQUEST_ENABLE: u8 = 0x80;

// Bits of WR3.
pub(super) const RX_ENABLE: u8 = 0x01;
pub(super) const ADDRESS_RANGE: u8 = 0x02;
/// The same bit outside SDLC.
pub(super) const SYNC_INHIBIT: u8 = ADDRESS_RANGE;
pub(super) const ADDRESS_SEARCH: u8 = 0x04;
pub(super) const ENTER_HUNT: u8 = 0x10;
pub(super) const AUTO_ENABLES: u8 = 0x20;

// Bits of WR4.
pub(super) const PARITY_ENABLE: u8 = 0x01;
pub(super) const PARITY_EVEN: u8 = 0x02;

// Bits of WR5.
pub(super) const TX_CRC_ENABLE: u8 = 0x01;
pub(super) const RTS: u8 = 0x02;
pub(super) const TX_ENABLE: u8 = 0x08;
pub(super) const SEND_BREAK: u8 = 0x10;
pub(super) const DTR: u8 = 0x80;

// Bits of WR9.
pub(super) const VECTOR_INCLUDES_STATUS: u8 = 0x01;
pub(super) const NO_VECTOR: u8 = 0x02;
pub(super) const DISABLE_LOWER_CHAIN: u8 = 0x04;
pub(super) const MASTER_ENABLE: u8 = 0x08;
pub(super) const STATUS_HIGH: u8 = 0x10;

// Bits of WR10.
pub(super) const ABORT_ON_UNDERRUN: u8 = 0x04;
pub(super) const MARK_IDLE: u8 = 0x08;
pub(super) const CRC_PRESET_ONES: u8 = 0x80;

// Bits of WR14.
pub(super) const GENERATOR_ENABLE: u8 = 0x01;
pub(super) const DTR_IS_REQUEST: u8 = 0x04;
pub(super) const AUTO_ECHO: u8 = 0x08;
pub(super) const LOCAL_LOOPBACK: u8 = 0x10;

/// Write registers after a reset ("Register Reset Values"): one stop bit, so the asynchronous mode, until WR4 is written; WR11 takes
/// the transmit clock from TRxC; all external/status conditions but the zero count are enabled in WR15.
pub(super) const AFTER_RESET: [u8; 16] =
    [0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0, 0, 0x08, 0, 0, 0x30, 0xF8];

/// What WR4 makes of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Asynchronous,
    Sdlc,
    /// Monosync, bisync, external sync: no Macintosh software uses them; the channel neither sends nor receives.
    OtherSynchronous,
}

impl Unit {
    pub(super) fn mode(&self) -> Mode {
        match (self.wr[4] >> 2 & 3, self.wr[4] >> 4 & 3) {
            (0, 2) => Mode::Sdlc,
            (0, _) => Mode::OtherSynchronous,
            _ => Mode::Asynchronous,
        }
    }

    /// RR0: transmit and receive buffer status and external status.
    fn read_status(&self, now: Ticks) -> u8 {
        let mut value = self.external.shown(self.wr[15]);
        if !self.receiver.fifo.is_empty() {
            value |= RX_AVAILABLE;
        }
        if self.at_zero_count(now) {
            value |= ZERO_COUNT;
        }
        if self.transmitter.buffer_empty() {
            value |= TX_EMPTY;
        }
        value
    }

    /// RR1: special receive condition status, residue codes, all sent ("always set in synchronous and SDLC modes").
    fn read_special(&self) -> u8 {
        let sent = self.mode() != Mode::Asynchronous || self.transmitter.all_sent();
        self.receiver.fifo.status() | RESIDUE_NONE | if sent { ALL_SENT } else { 0 }
    }

    /// WR0: commands. The pointer part and the interrupts under service belong to the chip.
    fn command(&mut self, now: Ticks, value: u8) {
        match value >> 3 & 7 {
            2 => {
                self.external.rearm(self.wr[15]);
                self.await_zero(now);
            }
            3 => self.send_abort(now),
            4 => self.first_armed = true,
            5 => self.transmit_pending = false,
            6 => {
                self.receiver.fifo.error_reset();
                if self.mode() == Mode::Asynchronous {
                    self.receiver.fifo.count_overruns_anew();
                }
            }
            _ => {}
        }
        match value >> 6 {
            1 => self.receiver.reset_crc(self.wr[10] & CRC_PRESET_ONES != 0),
            2 => self
                .transmitter
                .reset_crc(self.wr[10] & CRC_PRESET_ONES != 0),
            3 => self.external_change(UNDERRUN, false),
            _ => {}
        }
    }

    fn write(&mut self, now: Ticks, register: u8, value: u8) {
        let before = std::mem::replace(&mut self.wr[usize::from(register)], value);
        match register {
            1 if value & 0x18 == 0x08 && before & 0x18 != 0x08 => self.first_armed = true,
            3 => self.receive_control(before, value),
            4 => self.mode_control(before),
            5 => self.transmit_control(now, before, value),
            12 | 13 | 15 => self.adjust_generator(now, false),
            14 => {
                self.dpll.command(value >> 5);
                self.adjust_generator(now, value & !before & GENERATOR_ENABLE != 0);
                if (before ^ value) & LOCAL_LOOPBACK != 0 {
                    self.receiver.forget_line();
                }
            }
            _ => {}
        }
        // Any of these may be what a break, a loopback or a transmitter without clock waits for.
        if matches!(register, 3..=5 | 11..=14) {
            self.settle_wires(now);
            self.resume_transmitter(now);
        }
    }

    /// WR4. In the asynchronous mode bit 4 of RR0 shows the SYNC pin, in the others whether the receiver hunts. The change of meaning
    /// is no transition (inferred).
    fn mode_control(&mut self, before: u8) {
        let asynchronous = |wr4: u8| wr4 & 0x0C != 0;
        if asynchronous(before) != asynchronous(self.wr[4]) {
            let hunt = !asynchronous(self.wr[4]) || self.sync;
            self.external.redefine(HUNT, hunt);
        }
    }
}

impl Scc {
    /// Read registers; the NMOS part shows RR0-RR3 at 4-7 as well, and 13, 15, 10 at 9, 11, 14.
    pub(super) fn read_register(&mut self, channel: Channel, register: u8) -> u8 {
        let now = self.now;
        let vector = self.vector;
        let modified = self.modified_vector();
        let pending = self.pending();
        let unit = self.unit(channel);
        match register {
            0 | 4 => unit.read_status(now),
            1 | 5 => unit.read_special(),
            2 | 6 if channel == Channel::A => vector,
            2 | 6 => modified,
            3 | 7 if channel == Channel::A => pending,
            3 | 7 => 0,
            8 => unit.read_data(),
            10 | 14 => unit.dpll.missing_clocks(),
            12 => unit.wr[12],
            13 | 9 => unit.wr[13],
            _ => unit.wr[15] & 0xFA,
        }
    }

    pub(super) fn write_register(&mut self, channel: Channel, register: u8, value: u8) {
        let now = self.now;
        match register {
            0 => {
                // "Point high" is a command of WR0 and the eighth bit of the pointer.
                self.pointer = value & 7 | if value >> 3 & 7 == 1 { 8 } else { 0 };
                if value >> 3 & 7 == 7 {
                    self.end_of_service();
                }
                self.unit(channel).command(now, value);
            }
            2 => self.vector = value,
            8 => self.unit(channel).write_data(now, value),
            9 => self.write_master(value),
            _ => self.unit(channel).write(now, register, value),
        }
    }

    /// WR9: master interrupt control and reset.
    fn write_master(&mut self, value: u8) {
        match value >> 6 {
            1 => self.reset_channel(Channel::B),
            2 => self.reset_channel(Channel::A),
            3 => {
                self.reset();
                // "Force hardware reset": the lower bits of the same write do not survive it (the manual: WR9 = 110000xx
                // after a hardware reset); a driver writes WR9 again.
                return;
            }
            _ => {}
        }
        self.master = value & 0x3F;
    }
}

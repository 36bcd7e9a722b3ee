//! Interrupts: sources, their pending bits, priority and vector; the external/status latches.

use super::{Scc, Unit, registers, registers::Mode};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// WR1 bits 4-3: when the receiver interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReceiveMode {
    Disabled,
    /// On the first character after the mode was chosen or re-armed (WR0 command 4), or on a special condition.
    First,
    /// On every character, or on a special condition.
    All,
    SpecialOnly,
}

/// The external/status conditions of RR0 and their latches.
///
/// A change of a condition that is enabled in WR15 closes the latches: RR0 shows the enabled conditions as they were then, until
/// the command "reset external/status interrupts". The latches follow WR15 alone, the interrupt also WR1 bit 0 (inferred: the
/// manual describes the latches for enabled conditions "assuming" that the interrupts are enabled as a whole).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExternalStatus {
    live: u8,
    latched: Option<u8>,
    /// Transitions of Break/Abort that came while the latches were closed. Both of its transitions are guaranteed to interrupt.
    aborts_missed: u8,
}

impl ExternalStatus {
    /// After a reset: the transmit underrun/EOM bit is set; DCD and CTS are pins and stay.
    pub(super) fn reset(&mut self) {
        self.live = self.live & (registers::DCD | registers::CTS) | registers::UNDERRUN;
        self.latched = None;
        self.aborts_missed = 0;
    }

    pub(super) fn is_set(&self, bit: u8) -> bool {
        self.live & bit != 0
    }

    fn change(&mut self, bit: u8, on: bool, enabled: u8) {
        if self.is_set(bit) == on {
            return;
        }
        self.live ^= bit;
        // "Only the low-to-high transition" of transmit underrun/EOM closes the latches.
        if enabled & bit == 0 || bit == registers::UNDERRUN && !on {
            return;
        }
        if self.latched.is_none() {
            self.latched = Some(self.live);
        } else if bit == registers::ABORT {
            self.aborts_missed = (self.aborts_missed + 1).min(2);
        }
    }

    /// "Reset external/status interrupts": the latches open, and close again at once if an enabled condition is not what they
    /// showed.
    pub(super) fn rearm(&mut self, enabled: u8) {
        let Some(showed) = self.latched.take() else {
            return;
        };
        if self.aborts_missed > 0 {
            self.aborts_missed -= 1;
            let odd = self.aborts_missed % 2 == 1;
            self.latched = Some(if odd {
                self.live ^ registers::ABORT
            } else {
                self.live
            });
        } else if (showed ^ self.live) & enabled & registers::EXTERNAL & !registers::UNDERRUN != 0
            || self.live & !showed & enabled & registers::UNDERRUN != 0
        {
            self.latched = Some(self.live);
        }
    }

    pub(super) fn shown(&self, enabled: u8) -> u8 {
        let latched = self.latched.unwrap_or(self.live);
        (latched & enabled | self.live & !enabled) & registers::EXTERNAL
    }

    /// The latches are closed: an interrupt is pending.
    pub(super) fn is_latched(&self) -> bool {
        self.latched.is_some()
    }

    /// Closes the latches for a condition that has none of its own, the zero count.
    pub(super) fn close(&mut self) {
        self.latched.get_or_insert(self.live);
    }

    /// A bit gets another meaning, and with it a state that no transition led to.
    pub(super) fn redefine(&mut self, bit: u8, on: bool) {
        for value in self.latched.iter_mut().chain([&mut self.live]) {
            *value = *value & !bit | if on { bit } else { 0 };
        }
    }
}

impl Unit {
    pub(super) fn external_change(&mut self, bit: u8, on: bool) {
        self.external.change(bit, on, self.wr[15]);
    }

    pub(super) fn receive_mode(&self) -> ReceiveMode {
        match self.wr[1] >> 3 & 3 {
            0 => ReceiveMode::Disabled,
            1 => ReceiveMode::First,
            2 => ReceiveMode::All,
            _ => ReceiveMode::SpecialOnly,
        }
    }

    /// A special receive condition at the exit of the FIFO: overrun, framing error, end of frame, and with bit 2 of WR1 a parity error.
    pub(super) fn is_special(&self) -> bool {
        let mut kinds = registers::OVERRUN | registers::END_OF_FRAME;
        if self.mode() == Mode::Asynchronous {
            kinds |= registers::CRC_OR_FRAMING;
        }
        if self.wr[1] & registers::PARITY_IS_SPECIAL != 0 {
            kinds |= registers::PARITY;
        }
        self.receiver.fifo.is_special(kinds)
    }

    fn receive_pending(&self) -> bool {
        let special = self.is_special();
        let available = !self.receiver.fifo.is_empty();
        match self.receive_mode() {
            ReceiveMode::Disabled => false,
            ReceiveMode::First => special || self.first_armed && available,
            ReceiveMode::All => special || available,
            ReceiveMode::SpecialOnly => special,
        }
    }

    /// The channel's three bits of RR3: receive, transmit, external/status.
    fn pending(&self) -> u8 {
        let receive = self.receive_pending();
        let transmit = self.transmit_pending && self.wr[1] & registers::TRANSMIT_ENABLE != 0;
        let external = self.external.is_latched() && self.wr[1] & registers::EXTERNAL_ENABLE != 0;
        u8::from(receive) << 2 | u8::from(transmit) << 1 | u8::from(external)
    }
}

impl Scc {
    /// RR3: the pending bits, channel A in bits 5-3, channel B in bits 2-0. The highest one set is the highest priority:
    /// receive A, transmit A, external A, receive B, transmit B, external B.
    pub(super) fn pending(&self) -> u8 {
        self.a.pending() << 3 | self.b.pending()
    }

    /// True for a pending interrupt above every one that is under service.
    fn has_request(&self) -> bool {
        highest(self.pending()) > highest(self.under_service)
    }

    /// The interrupt request pin, as of the last access or [`Scc::advance`]: bit 3 of WR9, an interrupt pending above every one under
    /// service, and nothing under service higher up the chain (IEI).
    pub fn irq(&self) -> bool {
        self.master & registers::MASTER_ENABLE != 0 && self.enable_in && self.has_request()
    }

    /// IEI, the input of the interrupt daisy chain; active unless told otherwise, as in a Macintosh, which has no chain.
    pub fn set_enable_in(&mut self, active: bool) {
        self.enable_in = active;
    }

    /// IEO, the output of the chain: inactive while an interrupt is under service here or higher up, and with "disable lower chain" of
    /// WR9.
    pub fn enable_out(&self) -> bool {
        self.enable_in
            && self.under_service == 0
            && self.master & registers::DISABLE_LOWER_CHAIN == 0
    }

    /// An interrupt acknowledge cycle, INTACK with RD: the highest pending interrupt goes under service, and its vector is on the bus
    /// unless WR9 says "no vector". `None`: nothing drives the bus. A Macintosh ties INTACK high and never does this.
    pub fn acknowledge(&mut self, now: Ticks) -> Option<u8> {
        self.catch_up(now);
        if !self.irq() {
            return None;
        }
        let vector = if self.master & registers::VECTOR_INCLUDES_STATUS != 0 {
            self.modified_vector()
        } else {
            self.vector
        };
        self.under_service |= highest(self.pending());
        (self.master & registers::NO_VECTOR == 0).then_some(vector)
    }

    /// "Reset highest interrupt under service" of WR0.
    pub(super) fn end_of_service(&mut self) {
        self.under_service &= !highest(self.under_service);
    }

    /// RR2 as channel B shows it: WR2 with the status of the highest pending interrupt in bits 3-1, or, with "status high" of
    /// WR9, in bits 4-6 in the other order; 011 when nothing is pending.
    pub(super) fn modified_vector(&self) -> u8 {
        let pending = self.pending();
        let (unit, channel, highest) = if pending & 0x38 != 0 {
            (&self.a, 4, pending >> 3)
        } else {
            (&self.b, 0, pending)
        };
        let status = match highest {
            0 => 3,
            4.. if unit.is_special() => channel | 3,
            4.. => channel | 2,
            2.. => channel,
            _ => channel | 1,
        };
        if self.master & registers::STATUS_HIGH != 0 {
            let reversed = (status & 1) << 2 | status & 2 | status >> 2;
            self.vector & 0x8F | reversed << 4
        } else {
            self.vector & 0xF1 | status << 1
        }
    }
}

/// The highest bit of RR3's layout alone, or 0.
fn highest(bits: u8) -> u8 {
    bits.checked_ilog2().map_or(0, |place| 1 << place)
}

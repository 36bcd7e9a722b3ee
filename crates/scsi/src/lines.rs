use bitflags::bitflags;
use serde::{Deserialize, Serialize};
use std::ops::{BitOr, BitOrAssign};

bitflags! {
    /// The nine control signals of the bus (SCSI-2, 5.6); a set bit is a true (asserted) signal.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub struct Signals: u16 {
        /// BUSY: the bus is in use.
        const BSY = 1 << 0;
        /// SELECT: an initiator selects a target, or a target reselects an initiator.
        const SEL = 1 << 1;
        /// RESET.
        const RST = 1 << 2;
        /// ATTENTION: the initiator has a message.
        const ATN = 1 << 3;
        /// ACKNOWLEDGE: the initiator's half of the handshake.
        const ACK = 1 << 4;
        /// REQUEST: the target's half of the handshake.
        const REQ = 1 << 5;
        /// MESSAGE.
        const MSG = 1 << 6;
        /// CONTROL/DATA.
        const CD = 1 << 7;
        /// INPUT/OUTPUT; true is input to the initiator.
        const IO = 1 << 8;
    }
}

/// The state of the bus, or what one device drives onto it.
///
/// Open collector drivers make the bus a wired OR: [`BitOr`] puts the contributions of several devices together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lines {
    /// The control signals.
    pub signals: Signals,
    /// DB(7-0).
    pub data: u8,
    /// DB(P).
    pub parity: bool,
}

impl Lines {
    /// Nothing driven.
    pub const RELEASED: Lines = Lines {
        signals: Signals::empty(),
        data: 0,
        parity: false,
    };

    /// These control signals and no data.
    pub const fn control(signals: Signals) -> Lines {
        Lines {
            signals,
            data: 0,
            parity: false,
        }
    }

    /// These control signals with `data` and its parity.
    pub const fn with_data(signals: Signals, data: u8) -> Lines {
        Lines {
            signals,
            data,
            parity: odd_parity(data),
        }
    }

    /// True when all of `signals` are.
    pub const fn has(self, signals: Signals) -> bool {
        self.signals.contains(signals)
    }

    /// True when DB(P) makes the parity of the data odd.
    pub const fn parity_good(self) -> bool {
        self.parity == odd_parity(self.data)
    }

    /// The information transfer phase that MSG, C/D and I/O stand for.
    pub fn phase(self) -> Phase {
        Phase::of(self.signals)
    }
}

impl BitOr for Lines {
    type Output = Lines;
    fn bitor(self, other: Lines) -> Lines {
        Lines {
            signals: self.signals | other.signals,
            data: self.data | other.data,
            parity: self.parity | other.parity,
        }
    }
}

impl BitOrAssign for Lines {
    fn bitor_assign(&mut self, other: Lines) {
        *self = *self | other;
    }
}

/// DB(P) for `data`: true when the number of true bits is even (SCSI-2, 5.6).
pub const fn odd_parity(data: u8) -> bool {
    data.count_ones().is_multiple_of(2)
}

/// An information transfer phase (SCSI-2, 6.1.5, table 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// Initiator to target data.
    DataOut,
    /// Target to initiator data.
    DataIn,
    /// The command descriptor block.
    Command,
    /// The status byte.
    Status,
    /// A message to the target.
    MessageOut,
    /// A message to the initiator.
    MessageIn,
    /// MSG without C/D: reserved.
    Reserved,
}

impl Phase {
    /// The three signals that name the phases.
    pub const MASK: Signals = Signals::MSG.union(Signals::CD).union(Signals::IO);

    /// The phase for the state of MSG, C/D and I/O.
    pub fn of(signals: Signals) -> Phase {
        match (
            signals.contains(Signals::MSG),
            signals.contains(Signals::CD),
            signals.contains(Signals::IO),
        ) {
            (false, false, false) => Phase::DataOut,
            (false, false, true) => Phase::DataIn,
            (false, true, false) => Phase::Command,
            (false, true, true) => Phase::Status,
            (true, true, false) => Phase::MessageOut,
            (true, true, true) => Phase::MessageIn,
            (true, false, _) => Phase::Reserved,
        }
    }

    /// MSG, C/D and I/O of this phase.
    pub const fn signals(self) -> Signals {
        match self {
            Phase::DataOut => Signals::empty(),
            Phase::DataIn => Signals::IO,
            Phase::Command => Signals::CD,
            Phase::Status => Signals::CD.union(Signals::IO),
            Phase::MessageOut => Signals::MSG.union(Signals::CD),
            Phase::MessageIn => Phase::MASK,
            Phase::Reserved => Signals::MSG,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clause_5_6_parity_is_odd() {
        assert!(odd_parity(0));
        assert!(!odd_parity(0x80));
        assert!(Lines::with_data(Signals::empty(), 0xA5).parity_good());
        assert!(!Lines::control(Signals::SEL).parity_good());
    }

    #[test]
    fn clause_6_1_5_table_8_names_every_phase() {
        for phase in [
            Phase::DataOut,
            Phase::DataIn,
            Phase::Command,
            Phase::Status,
            Phase::MessageOut,
            Phase::MessageIn,
        ] {
            assert_eq!(
                Phase::of(phase.signals() | Signals::BSY | Signals::REQ),
                phase
            );
        }
    }
}

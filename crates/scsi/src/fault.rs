use clock::Ticks;
use serde::{Deserialize, Serialize};

/// A fault of the bus or of a target's bus interface, to be put in with [`crate::ScsiBus::inject`].
///
/// Each happens once. Byte counts are counts of data bytes that the target moves after the fault was put in, in this command or later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BusFault {
    /// Noise on one data byte, in DATA OUT (`out`) or DATA IN, after `after` bytes in that direction: the receiver sees the lines of `flip` the
    /// other way round. Bits 7 to 0 are DB(7-0), bit 8 is DB(P); an odd number of set bits is a parity error, an even number goes unnoticed by parity.
    ///
    /// A target that receives wrong parity ends the command with ABORTED COMMAND, 47/00. An initiator that checks parity
    /// sends INITIATOR DETECTED ERROR, which ends it with 48/00; one that does not keeps the wrong byte.
    Noise {
        /// True for DATA OUT.
        out: bool,
        /// Bytes before.
        after: u32,
        /// Lines that are seen wrong.
        flip: u16,
    },
    /// Unexpected bus free (SCSI-2, 6.1.1): after `after` data bytes, or instead of the status if that comes first once they have moved, the
    /// target releases the bus. The command is forgotten.
    BusFree {
        /// Bytes before.
        after: u32,
    },
    /// At the same place the target stops: it holds BSY and its phase without REQ, until RST or a power cycle.
    Hang {
        /// Bytes before.
        after: u32,
    },
    /// The device asserts RST for a reset hold time (6.2.2). It need not be a target of this bus.
    Reset,
    /// The target loses power for this time: it drives nothing and does not answer; then it comes back as after power-on.
    PowerCycle {
        /// How long it is off.
        off: Ticks,
    },
}

impl BusFault {
    /// True when `out` is a direction in which this fault counts bytes.
    pub(crate) fn counts(self, out: bool) -> bool {
        !matches!(self, BusFault::Noise { out: other, .. } if other != out)
    }

    /// Bytes still to go before it happens.
    pub(crate) fn left(&mut self) -> Option<&mut u32> {
        match self {
            BusFault::Noise { after, .. }
            | BusFault::BusFree { after }
            | BusFault::Hang { after } => Some(after),
            BusFault::Reset | BusFault::PowerCycle { .. } => None,
        }
    }
}

use clock::Ticks;
use serde::{Deserialize, Serialize};

/// What a transmitter puts on the cable, and what a receiver notices.
///
/// A signal is stamped with the time at which receivers notice it: for a byte or a flag, when its last bit has been on the wire.
/// The transmitter hands it to the cable when it *begins*, so the stamp is always at least [`Signal::NOTICE`] in the future:
/// that is the lookahead within which the stations of one cable may run ahead of one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// The driver was switched on and there are transitions: the synchronisation pulse, or the start of a flag.
    Carrier,
    /// A flag, 7E.
    Flag,
    /// A data byte after removal of stuffed zeros (whose bit times are in the stamp).
    Byte(u8),
    /// Seven or more ones.
    Abort,
    /// The driver was switched off.
    Idle,
}

impl Signal {
    /// The least time from the start of a signal to its notice by others: one byte without stuffing.
    pub const NOTICE: Ticks = Ticks::BYTE;
}

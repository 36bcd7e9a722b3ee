//! Tape drives with mechanics, and their media.
//!
//! [`media`] holds what is on a tape, in memory and as a SIMH `.tap` image. [`Drive`] is a SCSI tape drive of the kind its [`Profile`] describes:
//! commands, a buffer that fills and empties, and a tape that starts, streams, stops and backs up in its own time.

pub mod bench;
pub mod direct;
pub mod drive;
pub mod media;

pub use direct::{BlockCartridge, BlockDrive};
pub use drive::{Counters, Drive, DriveState, Profile};
pub use media::{Medium, TapeFile};

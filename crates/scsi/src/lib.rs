//! The SCSI bus as wired-OR lines, targets, and a hard disk.
//!
//! Names and clauses are those of ANSI X3.131-1986 (SCSI-1) and X3.131-1994 (SCSI-2).

mod bus;
mod device;
pub mod disk;
mod fault;
pub mod initiator;
mod lines;
pub mod message;
pub mod profile;
mod target;
#[cfg(test)]
mod tests;
pub mod timing;

pub use bus::ScsiBus;
pub use device::{BusError, Cdb, Device, Next, ResetCause, Status};
pub use fault::BusFault;
pub use lines::{Lines, Phase, Signals, odd_parity};
pub use target::TargetPort;

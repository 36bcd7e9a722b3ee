//! The LocalTalk cable: transmissions, collisions, LLAP frames and stations.
//!
//! Facts come from *Inside AppleTalk*, second edition, chapter 1 and appendices A and B.

mod cable;
mod faults;
mod fcs;
pub mod llap;
mod signal;
mod station;

pub use cable::Cable;
pub use faults::Faults;
pub use fcs::Fcs;
pub use signal::Signal;
pub use station::Station;

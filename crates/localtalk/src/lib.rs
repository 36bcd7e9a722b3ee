//! The LocalTalk cable: transmissions, collisions, LLAP frames and stations.
//!
//! Facts come from *Inside AppleTalk*, second edition, chapter 1 and appendices A and B.

mod bridge;
mod cable;
mod faults;
mod fcs;
pub mod llap;
pub mod ltoudp;
mod signal;
mod station;

pub use bridge::{Bridge, BridgeFigures};
pub use cable::Cable;
pub use faults::Faults;
pub use fcs::Fcs;
pub use signal::Signal;
pub use station::Station;

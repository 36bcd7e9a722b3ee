//! The LocalTalk cable: transmissions, collisions, LLAP frames and stations.
//!
//! Facts come from *Inside AppleTalk*, second edition, chapter 1 and appendices A and B.

mod fcs;
pub mod llap;
mod signal;

pub use fcs::Fcs;
pub use signal::Signal;

//! The LocalTalk cable: transmissions, collisions, LLAP frames and stations.
//!
//! Facts come from *Inside AppleTalk*, second edition, chapter 1 and appendices A and B.

mod signal;

pub use signal::Signal;

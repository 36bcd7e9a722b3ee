//! The chips of a classic Macintosh: 6522 VIA, 8530 SCC, 5380 SCSI, real-time clock, keyboard, Apple Desktop Bus.
//!
//! Every chip is a state machine that is brought up to `now` by the access or the event that touches it. Each has `peek`,
//! which shows a register without the side effects of reading it.

pub mod adb;
pub mod keyboard;
pub mod ncr5380;
pub mod rtc;
pub mod scc8530;
pub mod terminal;
pub mod via6522;

//! One Macintosh Plus: CPU, address map, interrupts, video.
//!
//! Sources: *Guide to the Macintosh Family Hardware* ("Guide"), *Inside Macintosh* III, chapter "The Macintosh Hardware" (IM III), *M68000
//! User's Manual* ("UM"). What the author infers is marked as such where it is used.
//!
//! | address | what |
//! |---|---|
//! | 000000-3FFFFF | RAM, repeated when there is less than 4 MiB ([`memory`]); the ROM while the overlay is on |
//! | 400000-4FFFFF | ROM, where A17 is 0 (the open-source MacPlus cores decode it so; Snow lets it repeat once more) |
//! | 580000-5FFFFF | SCSI: register in A6-A4, A9 = DACK ([`Mac`] takes reads and writes at even and odd addresses alike) |
//! | 600000-7FFFFF | RAM while the overlay is on; A21-A0 select the byte (inference), which is the upper half of 4 MiB |
//! | 800000-9FFFFF | SCC, reading: A1 = channel A, A2 = data; 9FFFF8 by custom |
//! | A00000-BFFFFF | SCC, writing: likewise; BFFFF9 by custom |
//! | C00000-DFFFFF | IWM: no floppy controller, reads give FF |
//! | E80000-EFFFFF | VIA: register in A12-A9; EFE1FE by custom |
//! | F00000-F7FFFF | the phase test of Apple's ROM: reads float |
//!
//! The Plus has no bus error: everything else is answered too, reads find the bus floating. Floating bits are taken to be ones.
//!
//! # Modules
//! - `bus`: the memory cycles of the CPU and what they cost; `devices`: the cycles that reach a chip;
//! - [`video`]: the beam, and how long RAM makes the CPU wait for it; `eclock`: cycles synchronised with E;
//! - `events`: the agenda; [`interrupts`]: levels, latencies and masks;
//! - `machine`: the run loop and the interface of [`Mac`]; [`probe`]: profile, breakpoints, history.

mod bus;
mod config;
mod devices;
mod eclock;
mod events;
pub mod interrupts;
mod machine;
pub mod memory;
mod models;
mod peripheral;
pub mod probe;
mod stall;
pub mod video;
mod wide;

pub use config::{ConfigError, MacConfig};
pub use events::Source;
pub use machine::{Mac, Registers};
pub use models::Model;
pub use peripheral::Peripheral;
pub use probe::{Probe, Stop};

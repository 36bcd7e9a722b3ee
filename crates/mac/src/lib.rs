//! One Macintosh: CPU, address map, interrupts, video. A Plus, an SE or an SE/30 ([`Model`]).
//!
//! Sources: *Guide to the Macintosh Family Hardware* ("Guide"), *Inside Macintosh* III, chapter "The Macintosh Hardware" (IM III), *M68000
//! User's Manual* ("UM"), *MC68030 User's Manual* ("M68030 UM"). What the author infers is marked as such where it is used. The addresses of the three
//! are in `docs/hardware.md`, section "Models", with their sources.
//!
//! Plus and SE have no bus error but that of a SCSI access of the SE that waits for too long: everything else is answered, reads of nothing find the bus
//! floating. Floating bits are taken to be ones.
//!
//! # Modules
//! - `models`: what distinguishes the three, and what an address selects;
//! - `bus`: the memory cycles of the CPU of Plus and SE and what they cost; `wide`: those of the SE/30; `devices`: the cycles that reach a chip;
//! - `stall`: SCSI accesses that wait for DRQ;
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

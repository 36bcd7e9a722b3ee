//! The 68k software as data, and the HFS volumes it lives on.
//!
//! Volumes are built and read as whole trees in memory ([`hfs::Folder`]); the emulated Macintosh is the only one that changes
//! a volume in place.

pub mod apple_double;
pub mod archive;
pub mod hfs;
mod name;
pub mod programs;
pub mod resources;

pub use name::{MacName, NameError};

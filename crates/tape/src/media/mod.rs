//! What a tape holds, in memory and as an image.

mod file;
pub mod image;
mod medium;
mod sidecar;
pub mod tap;

pub use file::{FileError, Image, TapeFile, load, save, save_with, write_beside};
pub use image::{Format, Object};
pub use medium::{Block, Content, FRAME, Medium};
pub use sidecar::Sidecar;

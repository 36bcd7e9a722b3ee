//! What a tape holds, in memory and as a SIMH `.tap` image.

mod file;
mod medium;
pub mod tap;

pub use file::{FileError, TapeFile};
pub use medium::{Block, Content, FRAME, Medium};

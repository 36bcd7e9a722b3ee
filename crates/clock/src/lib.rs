//! The integer time base, the agenda of events and the random streams.
//!
//! One clock serves everything: [`Ticks`] counts periods of the Macintosh's 15.6672 MHz crystal, so that every rate of
//! the machine is a whole number of periods and nothing is ever rounded.

mod agenda;
mod random;
mod ticks;

pub use agenda::{Agenda, Slot};
pub use random::Stream;
pub use ticks::Ticks;

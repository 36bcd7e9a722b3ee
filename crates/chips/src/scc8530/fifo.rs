//! The receive data FIFO and the error FIFO beside it ("Receiver Data Path Description" in the manual).

use super::registers::{CRC_OR_FRAMING, END_OF_FRAME, OVERRUN, PARITY};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Depth of the receive data FIFO and of the error FIFO.
const DEPTH: usize = 3;
/// "This bit is latched": what stays in RR1 until the command "error reset".
const LATCHED: u8 = OVERRUN | PARITY;

/// A character with its entry in the error FIFO (bits of RR1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    byte: u8,
    status: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fifo {
    entries: VecDeque<Entry>,
    /// Error FIFO output: the status of the character read last, shown while the FIFO is empty.
    last_status: u8,
    /// Overrun and parity error, latched when a character with them was read.
    latched: u8,
    /// The character at the exit was read with a special condition and is held until "error reset".
    locked: bool,
    /// An overrun was counted already, and counts once.
    overrun_counted: bool,
    /// Overruns to report.
    pub overruns: u32,
}

impl Fifo {
    /// Empty; overruns that are not reported stay.
    pub fn after_reset(&self) -> Fifo {
        Fifo {
            overruns: self.overruns,
            ..Fifo::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The FIFO is held by a special condition.
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// RR1 bits 7-4.
    pub fn status(&self) -> u8 {
        self.latched
            | self
                .entries
                .front()
                .map_or(self.last_status, |entry| entry.status)
    }

    /// A special receive condition at the exit, `kinds` being the bits of RR1 that make one. "The overrun character and all
    /// subsequent characters received until the Error Reset command" have it.
    pub fn is_special(&self, kinds: u8) -> bool {
        self.entries
            .front()
            .is_some_and(|entry| (entry.status | self.latched) & kinds != 0)
    }

    /// Puts a character in. When the FIFO is full the last one is written over and flagged.
    pub fn push(&mut self, byte: u8, mut status: u8) {
        if self.entries.len() == DEPTH {
            self.entries.pop_back();
            status |= OVERRUN;
            if !self.overrun_counted {
                self.overrun_counted = true;
                self.overruns += 1;
            }
        }
        self.entries.push_back(Entry { byte, status });
    }

    /// Reads the exit; 0 when there is nothing. With `hold` the character stays there until "error reset".
    pub fn pop(&mut self, hold: bool) -> u8 {
        let Some(&Entry { byte, status }) = self.entries.front() else {
            return 0;
        };
        self.latched |= status & LATCHED;
        if hold {
            self.locked = true;
        } else {
            self.remove();
        }
        byte
    }

    fn remove(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.last_status = entry.status & !LATCHED;
        }
    }

    /// "Error reset": clears the error bits of RR1 and lets go of a held character.
    pub fn error_reset(&mut self) {
        if std::mem::take(&mut self.locked) {
            self.remove();
        }
        self.latched = 0;
        self.last_status = 0;
        if let Some(entry) = self.entries.front_mut() {
            entry.status &= !(END_OF_FRAME | CRC_OR_FRAMING | LATCHED);
        }
    }

    /// The next overrun counts again.
    pub fn count_overruns_anew(&mut self) {
        self.overrun_counted = false;
    }
}

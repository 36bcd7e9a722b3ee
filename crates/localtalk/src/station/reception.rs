//! What a node hears: whether the line is in use, and the frames on it.

use crate::{Fcs, Signal, llap};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// The receiving half of a host-side station.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reception {
    busy: bool,
    /// When the line went quiet last: one notice before its idle signal.
    quiet_since: Ticks,
    in_frame: bool,
    bytes: Vec<u8>,
}

/// Longest frame with its FCS; a longer one is cut, and so is bad.
const MOST: usize = llap::HEADER + llap::MAX_DATA + 3;

impl Reception {
    /// Somebody else's carrier is on the line.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// When the line went quiet last.
    pub fn quiet_since(&self) -> Ticks {
        self.quiet_since
    }

    /// Declares the line free (the watchdog of appendix B against a carrier that never ends).
    pub fn clear(&mut self) {
        self.busy = false;
    }

    /// The receiver is switched off for a transmission of its own: a frame under way is lost.
    pub fn lose_frame(&mut self) {
        self.in_frame = false;
        self.bytes.clear();
    }

    /// Takes a signal in. Returns the bytes of a frame with a good FCS, without the FCS, when this is its closing flag.
    pub fn hear(&mut self, at: Ticks, signal: Signal) -> Option<Vec<u8>> {
        self.busy = signal != Signal::Idle;
        match signal {
            Signal::Carrier => None,
            Signal::Flag => {
                self.in_frame = true;
                let mut bytes = std::mem::take(&mut self.bytes);
                if bytes.len() < 2 || !Fcs::over(&bytes).is_good() {
                    return None;
                }
                bytes.truncate(bytes.len() - 2);
                Some(bytes)
            }
            Signal::Byte(byte) => {
                if self.in_frame && self.bytes.len() < MOST {
                    self.bytes.push(byte);
                }
                None
            }
            Signal::Abort | Signal::Idle => {
                if signal == Signal::Idle {
                    self.quiet_since = Ticks(at.0.saturating_sub(Signal::NOTICE.0));
                }
                self.in_frame = false;
                self.bytes.clear();
                None
            }
        }
    }
}

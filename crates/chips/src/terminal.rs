//! The other end of an asynchronous line: what is plugged into a serial port.

use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A terminal that sends and takes characters of eight bits, no parity, one stop bit, at a fixed rate.
///
/// It knows levels only, as the wire does: a Macintosh that sends at another rate is misread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    rate: u64,
    /// When the last character that it sends is out.
    sent: Ticks,
    level: bool,
    /// Edges heard that lie ahead of what is settled.
    heard: VecDeque<(Ticks, bool)>,
    /// The start bit of the character that comes in.
    start: Option<Ticks>,
    taken: u64,
    bits: u16,
}

/// Samples of a character: start bit, eight data bits, stop bit.
const SAMPLES: u64 = 10;

impl Terminal {
    /// A terminal at `rate` bits in a second.
    ///
    /// # Panics
    /// When `rate` is 0.
    pub fn new(rate: u32) -> Terminal {
        assert!(rate > 0, "a line of no speed");
        Terminal {
            rate: rate.into(),
            sent: Ticks::ZERO,
            level: true,
            heard: VecDeque::new(),
            start: None,
            taken: 0,
            bits: 0,
        }
    }

    /// The time of so many half bits.
    fn halves(&self, count: u64) -> Ticks {
        Ticks((Ticks::PER_SECOND * count).div_ceil(2 * self.rate))
    }

    /// Sends `byte` at `at`, or behind what it is still sending; the edges of its TxD, to be handed to the other end at once.
    pub fn send(&mut self, at: Ticks, byte: u8) -> Vec<(Ticks, bool)> {
        let start = at.max(self.sent);
        self.sent = start + self.halves(2 * SAMPLES);
        let bits = 1 << 9 | u16::from(byte) << 1;
        let mut level = true;
        let mut edges = Vec::new();
        for place in 0..SAMPLES {
            let sent = bits >> place & 1 != 0;
            if sent != level {
                level = sent;
                edges.push((start + self.halves(2 * place), level));
            }
        }
        edges
    }

    /// When the last character that it sends is out.
    pub fn sent(&self) -> Ticks {
        self.sent
    }

    /// The level of its RxD changes; times must not decrease.
    pub fn hear(&mut self, at: Ticks, level: bool) {
        self.heard.push_back((at, level));
    }

    /// The characters complete before `upto`, with the middle of each one's stop bit. A character without its stop bit is left out.
    pub fn take(&mut self, upto: Ticks) -> Vec<(Ticks, u8)> {
        let mut taken = Vec::new();
        loop {
            let edge = self.heard.front().map_or(Ticks::NEVER, |edge| edge.0);
            let sample = self.start.map_or(Ticks::NEVER, |start| {
                start + self.halves(2 * self.taken + 1)
            });
            if edge.min(sample) >= upto {
                return taken;
            }
            if sample < edge {
                taken.extend(self.sample().map(|byte| (sample, byte)));
            } else if let Some((at, level)) = self.heard.pop_front() {
                if self.start.is_none() && self.level && !level {
                    (self.start, self.taken, self.bits) = (Some(at), 0, 0);
                }
                self.level = level;
            }
        }
    }

    fn sample(&mut self) -> Option<u8> {
        self.bits |= u16::from(self.level) << self.taken;
        self.taken += 1;
        let false_start = self.bits & 1 != 0;
        if false_start || self.taken == SAMPLES {
            self.start = None;
        }
        (self.taken == SAMPLES && self.level).then_some((self.bits >> 1) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hears_what_another_terminal_sends_and_drops_what_has_no_stop_bit() {
        let (mut here, mut there) = (Terminal::new(9600), Terminal::new(9600));
        for byte in [0x00, 0xFF, 0x55, b'A'] {
            for (at, level) in here.send(Ticks(1000), byte) {
                there.hear(at, level);
            }
        }
        let bytes: Vec<u8> = there.take(here.sent()).iter().map(|one| one.1).collect();
        assert_eq!(bytes, [0x00, 0xFF, 0x55, b'A']);
        // A break of two characters.
        there.hear(Ticks(100_000), false);
        there.hear(Ticks(140_000), true);
        assert_eq!(there.take(Ticks(1_000_000)), []);
    }
}

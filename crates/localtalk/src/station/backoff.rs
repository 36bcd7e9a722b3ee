//! How long to wait before a request to send: the histories and the backoff of *Inside AppleTalk*, appendix B, TransmitLinkMgmt.

use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};

use crate::llap::SLOT;

/// Deferrals, and collisions, after which a packet is given up.
pub const MAX_TRIES: u32 = 32;

/// What a node remembers of its last eight packets, and of the one that it is sending.
///
/// The numbers are those of the pseudo-code, which treats the masks of the text as upper limits 0, 2, 4, 8, 16.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    global: u8,
    local: u8,
    /// One bit a packet, the latest in bit 0: the node had to wait for the line.
    defer_history: u8,
    /// The same for an assumed collision.
    collision_history: u8,
    deferrals: u32,
    collisions: u32,
}

impl Backoff {
    /// Begins a packet: adjusts the global value to the histories, shifts them, and copies it to the local value.
    pub fn begin(&mut self) {
        if self.collision_history.count_ones() > 2 {
            self.global = doubled(self.global);
            self.collision_history = 0;
        } else if self.defer_history.count_ones() < 2 {
            self.global /= 2;
            self.defer_history = 0xFF;
        }
        self.collision_history <<= 1;
        self.defer_history <<= 1;
        self.local = self.global;
        self.deferrals = 0;
        self.collisions = 0;
    }

    /// The line was busy when the node wanted it: not a deferral that counts, but it ensures a minimum of backoff.
    pub fn line_was_busy(&mut self) {
        self.local = self.local.max(2);
        self.defer_history |= 1;
    }

    /// The line became busy in the random wait. False when the packet must be given up.
    pub fn deferred(&mut self) -> bool {
        self.line_was_busy();
        self.deferrals += 1;
        self.deferrals <= MAX_TRIES
    }

    /// No answer came to the request. False when the packet must be given up.
    pub fn collided(&mut self) -> bool {
        self.collision_history |= 1;
        self.collisions += 1;
        if self.collisions <= MAX_TRIES {
            self.local = doubled(self.local);
        }
        self.collisions <= MAX_TRIES
    }

    /// The random wait: fewer than `local` slots.
    pub fn wait(&self, random: &mut Stream) -> Ticks {
        SLOT * random.below(u64::from(self.local))
    }

    /// Deferrals and collisions of this packet.
    pub fn attempts(&self) -> u32 {
        self.deferrals + self.collisions
    }
}

fn doubled(value: u8) -> u8 {
    (value * 2).clamp(2, 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_two_collisions_in_eight_packets_double_the_global_value() {
        let mut backoff = Backoff {
            defer_history: 0xFF,
            ..Backoff::default()
        };
        for expected in [0, 0, 0, 2] {
            backoff.begin();
            assert_eq!(backoff.global, expected);
            assert!(backoff.collided());
        }
        // The history was cleared: three more collisions are needed.
        for expected in [2, 2, 4] {
            backoff.defer_history = 0xFF;
            backoff.begin();
            assert_eq!(backoff.global, expected);
            assert!(backoff.collided());
        }
    }

    #[test]
    fn fewer_than_two_deferrals_halve_it_and_fill_the_history() {
        let mut backoff = Backoff {
            global: 8,
            ..Backoff::default()
        };
        backoff.begin();
        assert_eq!((backoff.global, backoff.defer_history), (4, 0xFE));
        // With a full history seven quiet packets go by before the next reduction.
        for _ in 0..6 {
            backoff.begin();
            assert_eq!(backoff.global, 4);
        }
        backoff.begin();
        assert_eq!(backoff.global, 2);
    }

    #[test]
    fn the_33rd_collision_or_deferral_ends_the_packet() {
        let mut backoff = Backoff::default();
        backoff.begin();
        assert!((0..32).all(|_| backoff.collided()));
        assert!(!backoff.collided());
        assert_eq!(backoff.local, 16);
        backoff.begin();
        assert!((0..32).all(|_| backoff.deferred()));
        assert!(!backoff.deferred());
    }
}

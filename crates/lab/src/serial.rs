//! The modem ports: a terminal on channel A of each machine's SCC.

use crate::live::Feed;
use chips::terminal::Terminal;
use clock::Ticks;
use mac::Mac;
use serde::{Deserialize, Serialize};

/// A machine's modem port and the terminal on it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Port {
    terminal: Terminal,
    /// What is typed.
    pub(crate) typed: Feed,
    /// What the machine sent.
    pub(crate) log: Vec<u8>,
}

impl Port {
    /// A terminal at `rate` bits in a second.
    pub(crate) fn new(rate: u32) -> Port {
        Port {
            terminal: Terminal::new(rate),
            typed: Feed::default(),
            log: Vec::new(),
        }
    }

    /// Before the machine runs on from `now`.
    pub(crate) fn give(&mut self, now: Ticks, mac: &mut Mac) {
        while let Some(bytes) = self.typed.next(now) {
            for byte in bytes {
                for (at, level) in self.terminal.send(now, byte) {
                    mac.serial_in(at, level);
                }
            }
        }
    }

    /// After the machine has run up to `now`.
    pub(crate) fn take(&mut self, now: Ticks, mac: &mut Mac) {
        if mac.has_serial_out() {
            for (at, level) in mac.serial_out() {
                self.terminal.hear(at, level);
            }
        }
        let characters = self.terminal.take(now).into_iter();
        self.log.extend(characters.map(|(_, byte)| byte));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mac::MacConfig;

    /// A program that sets channel A up for 9600 baud and echoes what it receives.
    fn echo() -> Mac {
        let mut words: Vec<u16> = vec![0, 0x8000, 0x40, 8];
        for value in [
            9, 0x80, 4, 0x44, 11, 0x50, 12, 10, 13, 0, 14, 0x01, 3, 0xC1, 5, 0x6A,
        ] {
            // MOVE.B #value,$BFFFFB
            words.extend([0x13FC, value, 0xBF, 0xFFFB]);
        }
        // echo: BTST #0,$9FFFFA; BEQ echo; MOVE.B $9FFFFE,$BFFFFF; BRA echo
        words.extend([0x0839, 0, 0x9F, 0xFFFA, 0x67F6]);
        words.extend([0x13F9, 0x9F, 0xFFFE, 0xBF, 0xFFFF, 0x60EA]);
        let rom = words.into_iter().flat_map(u16::to_be_bytes).collect();
        Mac::new(MacConfig::new(rom)).unwrap()
    }

    /// Runs in the steps of a world; `live` types at a tick.
    fn run(port: &mut Port, mut live: impl FnMut(Ticks) -> Option<Vec<u8>>) -> String {
        let mut mac = echo();
        let mut now = Ticks::ZERO;
        while now < Ticks::from_millis(40) {
            if let Some(bytes) = live(now) {
                port.typed.push(now, bytes);
            }
            port.give(now, &mut mac);
            now += Ticks::BYTE;
            mac.run_until(now);
            port.take(now, &mut mac);
        }
        mac.state_hash().to_string()
    }

    #[test]
    fn what_was_typed_live_is_replayed_to_the_same_state_without_anybody() {
        let mut live = Port::new(9600);
        let mut texts = [(100_000, "he"), (150_000, "llo")].into_iter().peekable();
        let hash = run(&mut live, |now| {
            let text = texts.next_if(|one| one.0 <= now.0)?.1;
            Some(text.as_bytes().to_vec())
        });
        assert_eq!(live.log, b"hello");
        let mut replayed = Port::new(9600);
        for (at, bytes) in live.typed.log() {
            replayed.typed.push(*at, bytes.clone());
        }
        assert_eq!(run(&mut replayed, |_| None), hash);
        assert_eq!(replayed.log, b"hello");
        let mut nobody = Port::new(9600);
        assert_ne!(run(&mut nobody, |_| None), hash);
        let mut slow = Port::new(1200);
        slow.typed.push(Ticks::ZERO, b"hello".to_vec());
        run(&mut slow, |_| None);
        assert_ne!(slow.log, b"hello", "another rate");
    }
}

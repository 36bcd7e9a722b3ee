//! The keyboard of the Macintosh Plus, M0110A.
//!
//! Source: *Inside Macintosh* III, "Keyboard Communication Protocol": the computer asks, the keyboard answers; both share one data wire
//! (VIA CB2), the keyboard always drives the clock (VIA CB1). The lengths of the clock phases and of the pause after a request are
//! measurements published with the open-source M0110 converters (tmk and QMK firmware): 180 µs low and 220 µs high while the computer sends,
//! 160 µs low and 180 µs high while the keyboard sends, some 840 µs from request to first clock.
//!
//! Inference of the author: the pause between the computer's release of the data wire and the first bit of an answer is taken to
//! equal the pause after a request.

mod layout;

pub use layout::{key, key_for};

use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Commands of the computer.
pub mod command {
    /// "Inquiry": answer a key transition, or Null after a quarter of a second.
    pub const INQUIRY: u8 = 0x10;
    /// "Instant": answer a key transition or Null at once.
    pub const INSTANT: u8 = 0x14;
    /// "Model Number": reset, then answer the model.
    pub const MODEL: u8 = 0x16;
    /// "Test": answer ACK or NAK.
    pub const TEST: u8 = 0x36;
}

/// Answers of the keyboard.
pub mod answer {
    /// No key changed.
    pub const NULL: u8 = 0x7B;
    /// Self-test passed.
    pub const ACK: u8 = 0x7D;
    /// What follows is a key of the numeric pad or an arrow.
    pub const KEYPAD: u8 = 0x79;
    /// Bit 0 set, model 5 in bits 3-1, no further device: the M0110A.
    pub const MODEL: u8 = 0x0B;
}

const PAUSE: Ticks = Ticks::from_micros(840);
const RECEIVE_LOW: Ticks = Ticks::from_micros(180);
const RECEIVE_HIGH: Ticks = Ticks::from_micros(220);
const SEND_LOW: Ticks = Ticks::from_micros(160);
const SEND_HIGH: Ticks = Ticks::from_micros(180);
/// How long an Inquiry waits for a key.
const INQUIRY_WAIT: Ticks = Ticks::from_millis(250);
/// Transitions kept for a computer that does not ask; more are lost (the size of the real buffer is unknown).
const BUFFER: usize = 32;
/// This bit of a key code tells the keys of the numeric pad and the arrows.
const KEYPAD: u8 = 0x40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Both wires high, nothing to do.
    Idle,
    /// Takes a command; the clock's next edge is due.
    Receiving { byte: u8, bits: u8 },
    /// Has a command; waits for the computer to let go of the data wire.
    Received(u8),
    /// An Inquiry waits for a key; due when it gives up.
    Inquired,
    /// Gives an answer; the clock's next edge is due.
    Sending { byte: u8, bits: u8 },
}

/// The wires of the keyboard: VIA CB1 and CB2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wires {
    /// The clock, CB1.
    pub clock: bool,
    /// What the keyboard puts on the data wire, CB2; high when it does not drive it.
    pub data: bool,
}

/// A keyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyboard {
    state: State,
    wires: Wires,
    due: Ticks,
    transitions: VecDeque<u8>,
}

impl Default for Keyboard {
    fn default() -> Self {
        Keyboard {
            state: State::Idle,
            wires: Wires {
                clock: true,
                data: true,
            },
            due: Ticks::NEVER,
            transitions: VecDeque::new(),
        }
    }
}

impl Keyboard {
    /// A key with this code (00-7F) goes down or comes up. Nothing is noticed while the buffer is full.
    ///
    /// Codes from 40 on are those of the numeric pad and the arrows, which have codes of their own there: the answer tells first that one
    /// follows ([`answer::KEYPAD`]), then its six low bits. Not modelled: the M0110A puts a Shift of its own around =, /, * and + of the pad, as
    /// they share their codes with the arrows.
    pub fn transition(&mut self, now: Ticks, code: u8, down: bool) {
        if self.transitions.len() + 2 > BUFFER {
            return;
        }
        if code & KEYPAD != 0 {
            self.transitions.push_back(answer::KEYPAD);
        }
        // "Bit 7 is 1 on key-up; the low-order bit is always 1; the middle six are the key code".
        self.transitions
            .push_back(if down { 0 } else { 0x80 } | code << 1 & 0x7E | 1);
        if self.state == State::Inquired {
            self.due = now;
        }
    }

    /// True while key transitions wait to be asked for.
    pub fn has_transitions(&self) -> bool {
        !self.transitions.is_empty()
    }

    /// When the keyboard next does something by itself, or [`Ticks::NEVER`].
    pub fn next_event(&self) -> Ticks {
        self.due
    }

    /// The computer drives the data wire to `data`, or lets it go (`None`).
    pub fn host_data(&mut self, now: Ticks, data: Option<bool>) {
        let pulled_low = data == Some(false);
        match self.state {
            State::Idle | State::Inquired if pulled_low => {
                self.state = State::Receiving { byte: 0, bits: 0 };
                self.due = now + PAUSE;
            }
            State::Received(command) if !pulled_low => self.answer(now, command),
            _ => {}
        }
    }

    fn answer(&mut self, now: Ticks, command: u8) {
        self.state = State::Idle;
        self.due = Ticks::NEVER;
        let byte = match command {
            command::INQUIRY if self.transitions.is_empty() => {
                self.state = State::Inquired;
                self.due = now + INQUIRY_WAIT;
                return;
            }
            command::INQUIRY | command::INSTANT => {
                self.transitions.pop_front().unwrap_or(answer::NULL)
            }
            command::MODEL => {
                self.transitions.clear();
                answer::MODEL
            }
            command::TEST => answer::ACK,
            _ => return,
        };
        self.send(now + PAUSE, byte);
    }

    fn send(&mut self, at: Ticks, byte: u8) {
        self.state = State::Sending { byte, bits: 0 };
        self.due = at;
    }

    /// Does what is due at `now`, with the computer driving the data wire to `host`; returns the levels of the wires from now on.
    pub fn advance(&mut self, now: Ticks, host: Option<bool>) -> Wires {
        if now < self.due {
            return self.wires;
        }
        match self.state {
            State::Idle | State::Received(_) => self.due = Ticks::NEVER,
            State::Receiving { byte, bits } => self.receive_edge(now, byte, bits, host),
            State::Inquired => {
                let byte = self.transitions.pop_front().unwrap_or(answer::NULL);
                self.send(now, byte);
            }
            State::Sending { byte, bits } => self.send_edge(now, byte, bits),
        }
        self.wires
    }

    fn receive_edge(&mut self, now: Ticks, byte: u8, bits: u8, host: Option<bool>) {
        self.wires.clock = !self.wires.clock;
        if !self.wires.clock {
            self.due = now + RECEIVE_LOW;
            return;
        }
        // "The keyboard reads the bit on the rising edge".
        let (byte, bits) = (byte << 1 | u8::from(host != Some(false)), bits + 1);
        if bits < 8 {
            self.state = State::Receiving { byte, bits };
            self.due = now + RECEIVE_HIGH;
        } else {
            self.state = State::Received(byte);
            self.due = Ticks::NEVER;
            if host != Some(false) {
                self.answer(now, byte);
            }
        }
    }

    fn send_edge(&mut self, now: Ticks, byte: u8, bits: u8) {
        if self.wires.clock && bits == 8 {
            self.wires.data = true;
            self.state = State::Idle;
            self.due = Ticks::NEVER;
            return;
        }
        self.wires.clock = !self.wires.clock;
        if self.wires.clock {
            self.state = State::Sending {
                byte,
                bits: bits + 1,
            };
            self.due = now + SEND_HIGH;
        } else {
            self.wires.data = byte >> (7 - bits) & 1 != 0;
            self.due = now + SEND_LOW;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::via6522::{Acr, Irq, Register, Via6522};

    /// A VIA and a keyboard, joined as in a Macintosh.
    #[derive(Default)]
    struct Bench {
        via: Via6522,
        keyboard: Keyboard,
        now: Ticks,
    }

    impl Bench {
        fn write(&mut self, register: Register, value: u8) {
            self.via.write(self.now, register, value);
            self.keyboard.host_data(self.now, self.via.cb2_out());
        }

        /// Runs until the shift register has moved eight bits; gives up after a second.
        fn until_shifted(&mut self) -> Ticks {
            let start = self.now;
            while self.via.peek(self.now, Register::Ifr) & Irq::SR == 0 {
                let due = self.keyboard.next_event();
                assert!(due.since(start) < Ticks::from_secs(1), "no answer");
                self.now = self.now.max(due);
                let wires = self.keyboard.advance(self.now, self.via.cb2_out());
                self.via.set_cb2(self.now, wires.data);
                self.via.set_cb1(self.now, wires.clock);
            }
            self.now.since(start)
        }

        /// Sends a command and returns the answer, as the protocol of Inside Macintosh III prescribes.
        fn ask(&mut self, command: u8) -> (u8, Ticks) {
            self.write(Register::Acr, Acr::SHIFT_OUT_EXTERNAL);
            self.write(Register::Sr, command);
            self.until_shifted();
            self.write(Register::Acr, Acr::SHIFT_IN_EXTERNAL);
            self.via.read(self.now, Register::Sr);
            let waited = self.until_shifted();
            let answer = self.via.read(self.now, Register::Sr);
            // Let the last clock phase pass.
            self.now = self
                .now
                .max(self.keyboard.next_event().min(self.now + SEND_HIGH));
            self.keyboard.advance(self.now, self.via.cb2_out());
            (answer, waited)
        }
    }

    #[test]
    fn model_number_and_test_are_answered() {
        let mut bench = Bench::default();
        assert_eq!(bench.ask(command::MODEL).0, answer::MODEL);
        assert_eq!(bench.ask(command::TEST).0, answer::ACK);
    }

    #[test]
    fn inquiry_answers_null_after_a_quarter_of_a_second() {
        let mut bench = Bench::default();
        let (answer, waited) = bench.ask(command::INQUIRY);
        assert_eq!(answer, answer::NULL);
        assert!(
            waited > Ticks::from_millis(250) && waited < Ticks::from_millis(255),
            "{waited}"
        );
    }

    #[test]
    fn instant_answers_null_at_once_or_the_oldest_transition() {
        let mut bench = Bench::default();
        assert_eq!(bench.ask(command::INSTANT).0, answer::NULL);
        bench.keyboard.transition(bench.now, 0x24, true);
        bench.keyboard.transition(bench.now, 0x24, false);
        assert_eq!(bench.ask(command::INSTANT).0, 0x49);
        assert_eq!(bench.ask(command::INQUIRY).0, 0xC9);
    }

    #[test]
    fn keys_of_the_pad_are_announced_and_fetched_with_instant() {
        let mut bench = Bench::default();
        // The pad's 7 is 59, its arrow to the left 46 (the open-source M0110A converters: 79 33 and 79 0D).
        for (code, answer) in [(0x59, 0x33), (0x46, 0x0D)] {
            bench.keyboard.transition(bench.now, code, true);
            bench.keyboard.transition(bench.now, code, false);
            assert_eq!(bench.ask(command::INQUIRY).0, answer::KEYPAD);
            assert_eq!(bench.ask(command::INSTANT).0, answer);
            assert_eq!(bench.ask(command::INQUIRY).0, answer::KEYPAD);
            assert_eq!(bench.ask(command::INSTANT).0, answer | 0x80);
        }
        assert_eq!(bench.ask(command::INSTANT).0, answer::NULL);
    }

    #[test]
    fn model_number_resets_the_keyboard_and_test_does_not() {
        let mut bench = Bench::default();
        bench.keyboard.transition(bench.now, 0x00, true);
        assert_eq!(bench.ask(command::TEST).0, answer::ACK);
        assert!(bench.keyboard.has_transitions());
        assert_eq!(bench.ask(command::MODEL).0, 0b0000_1011);
        assert!(!bench.keyboard.has_transitions());
        assert_eq!(bench.ask(command::INSTANT).0, answer::NULL);
    }

    #[test]
    fn a_key_ends_the_wait_of_an_inquiry() {
        let mut bench = Bench::default();
        bench.write(Register::Acr, Acr::SHIFT_OUT_EXTERNAL);
        bench.write(Register::Sr, command::INQUIRY);
        bench.until_shifted();
        bench.write(Register::Acr, Acr::SHIFT_IN_EXTERNAL);
        bench.via.read(bench.now, Register::Sr);
        bench.now += Ticks::from_millis(10);
        bench.keyboard.transition(bench.now, 0x00, true);
        assert!(bench.until_shifted() < Ticks::from_millis(4));
        assert_eq!(bench.via.read(bench.now, Register::Sr), 0x01);
    }
}

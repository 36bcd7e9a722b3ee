//! The Apple keyboards on the bus: M0116 ("Apple Keyboard") and M0115 ("Apple Extended Keyboard").
//!
//! Key codes are those of *Inside Macintosh* V, figure "Key codes"; the letters, digits and modifiers have the codes of the M0110A
//! ([`crate::keyboard::key_for`]). The arrows differ: 3B left, 3C right, 3D down, 3E up.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Key codes that register 2 or the handlers treat apart.
pub mod key {
    /// Control, on the left.
    pub const CONTROL: u8 = 0x36;
    /// Command (Apple).
    pub const COMMAND: u8 = 0x37;
    /// Shift, on the left.
    pub const SHIFT: u8 = 0x38;
    /// Caps Lock, which locks mechanically.
    pub const CAPS_LOCK: u8 = 0x39;
    /// Option, on the left.
    pub const OPTION: u8 = 0x3A;
    /// Delete (backspace).
    pub const DELETE: u8 = 0x33;
    /// Clear, which is Num Lock.
    pub const CLEAR: u8 = 0x47;
    /// F14, which is Scroll Lock.
    pub const SCROLL_LOCK: u8 = 0x6B;
    /// Shift, on the right of an extended keyboard.
    pub const RIGHT_SHIFT: u8 = 0x7B;
    /// Option, on the right of an extended keyboard.
    pub const RIGHT_OPTION: u8 = 0x7C;
    /// Control, on the right of an extended keyboard.
    pub const RIGHT_CONTROL: u8 = 0x7D;
    /// Power, which a Macintosh SE cannot use to switch itself on.
    pub const POWER: u8 = 0x7F;
}

/// The keys of register 2, bits 14 to 6, from the highest (Guide, table 8-11). A bit is 0 while its key is down.
const REGISTER_2: [(u8, u16); 9] = [
    (key::DELETE, 0x4000),
    (key::CAPS_LOCK, 0x2000),
    (key::POWER, 0x1000),
    (key::CONTROL, 0x0800),
    (key::SHIFT, 0x0400),
    (key::OPTION, 0x0200),
    (key::COMMAND, 0x0100),
    (key::CLEAR, 0x0080),
    (key::SCROLL_LOCK, 0x0040),
];

/// Transitions kept for a computer that does not ask; more are lost (the size of the real buffer is unknown: assumed).
const BUFFER: usize = 32;

/// The handler of the extended keyboard that tells left from right modifier keys.
const TELLS_RIGHT: u8 = 3;

/// A keyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyboard {
    extended: bool,
    transitions: VecDeque<u8>,
    /// Keys that are down, one bit for each code.
    down: u128,
    /// Bits 2-0 of register 2: 0 = lit.
    leds: u8,
}

impl Keyboard {
    /// The Apple Keyboard, M0116: handler 1.
    pub fn standard() -> Keyboard {
        Keyboard {
            extended: false,
            transitions: VecDeque::new(),
            down: 0,
            leds: 7,
        }
    }

    /// The Apple Extended Keyboard, M0115: handler 2, and 3 on demand.
    pub fn extended() -> Keyboard {
        Keyboard {
            extended: true,
            ..Keyboard::standard()
        }
    }

    /// A key with this code (00-7F) goes down or comes up. A key that is there already gives no transition, and none is noticed while the
    /// buffer is full.
    pub fn transition(&mut self, code: u8, down: bool) {
        let code = code & 0x7F;
        if self.is_down(code) == down {
            return;
        }
        self.down ^= 1 << code;
        if self.transitions.len() < BUFFER {
            // "Bit 7 is 1 when the key was released" (Guide, table 8-10).
            self.transitions
                .push_back(code | if down { 0 } else { 0x80 });
        }
    }

    fn is_down(&self, code: u8) -> bool {
        self.down >> code & 1 != 0
    }

    pub(super) fn default_handler(&self) -> u8 {
        if self.extended { 2 } else { 1 }
    }

    pub(super) fn has_handler(&self, handler: u8) -> bool {
        handler == self.default_handler() || self.extended && handler == TELLS_RIGHT
    }

    /// Bit 14 of register 3 is 0 while the power key is held (measured on real keyboards, lampmerchant's notes, "Exceptional Event").
    pub(super) fn power_key_down(&self) -> bool {
        self.is_down(key::POWER)
    }

    pub(super) fn has_data(&self) -> bool {
        !self.transitions.is_empty()
    }

    pub(super) fn flush(&mut self) {
        self.transitions.clear();
    }

    /// Keys that are held stay down; the LEDs go out.
    pub(super) fn reset(&mut self) {
        self.flush();
        self.leds = 7;
    }

    pub(super) fn set_leds(&mut self, low: u8) {
        if self.extended {
            self.leds = low & 7;
        }
    }

    /// Register 0: two transitions, the older in the high byte; FF where there is none. The power key comes alone, in both bytes.
    pub(super) fn offer(&self, register: u8, handler: u8) -> Option<[u8; 2]> {
        match register {
            0 => {
                let &first = self.transitions.front()?;
                let second = match self.transitions.get(1) {
                    _ if is_power(first) => first,
                    Some(&second) if !is_power(second) => self.code(second, handler),
                    _ => 0xFF,
                };
                Some([self.code(first, handler), second])
            }
            2 => Some(self.register_2()),
            _ => None,
        }
    }

    /// The transitions of register 0 have gone out.
    pub(super) fn sent(&mut self) {
        let Some(first) = self.transitions.pop_front() else {
            return;
        };
        if !is_power(first)
            && self
                .transitions
                .front()
                .is_some_and(|&next| !is_power(next))
        {
            self.transitions.pop_front();
        }
    }

    /// With the handlers other than 3 the modifier keys on the right have the codes of those on the left.
    fn code(&self, transition: u8, handler: u8) -> u8 {
        if handler == TELLS_RIGHT {
            return transition;
        }
        let left = match transition & 0x7F {
            key::RIGHT_SHIFT => key::SHIFT,
            key::RIGHT_OPTION => key::OPTION,
            key::RIGHT_CONTROL => key::CONTROL,
            code => code,
        };
        transition & 0x80 | left
    }

    fn register_2(&self) -> [u8; 2] {
        let held = |code| {
            self.is_down(code)
                || match code {
                    key::SHIFT => self.is_down(key::RIGHT_SHIFT),
                    key::OPTION => self.is_down(key::RIGHT_OPTION),
                    key::CONTROL => self.is_down(key::RIGHT_CONTROL),
                    _ => false,
                }
        };
        let mut value = 0xFFF8 | u16::from(self.leds);
        for (code, bit) in REGISTER_2 {
            if held(code) {
                value &= !bit;
            }
        }
        value.to_be_bytes()
    }
}

fn is_power(transition: u8) -> bool {
    transition & 0x7F == key::POWER
}

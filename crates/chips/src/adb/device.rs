//! What all devices share: register 3 with address and handler ID, Service Request, collision detection.

use super::keyboard::Keyboard;
use super::mouse::Mouse;
use clock::Stream;
use serde::{Deserialize, Serialize};

/// Handler IDs that a Listen Register 3 gives a special meaning (Guide, table 8-16).
mod special {
    /// Take address and Service Request enable.
    pub const ADDRESS_AND_ENABLE: u8 = 0x00;
    /// Take the address if the activator is pressed.
    pub const IF_ACTIVATED: u8 = 0xFD;
    /// Take the address if no collision was seen.
    pub const IF_NO_COLLISION: u8 = 0xFE;
    /// Run the self-test.
    pub const SELF_TEST: u8 = 0xFF;
}

/// What kind of device it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Keyboard(Keyboard),
    Mouse(Mouse),
}

/// A device on the bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub(super) kind: Kind,
    address: u8,
    handler: u8,
    may_request_service: bool,
    /// It lost the bus during its last answer.
    collided: bool,
    /// The source of the number in the address field of register 3.
    random: Stream,
}

impl Device {
    /// A keyboard after power-on: address 2.
    pub fn keyboard(keyboard: Keyboard, random: Stream) -> Device {
        Device::new(Kind::Keyboard(keyboard), random)
    }

    /// A mouse after power-on: address 3.
    pub fn mouse(random: Stream) -> Device {
        Device::new(Kind::Mouse(Mouse::default()), random)
    }

    fn new(kind: Kind, random: Stream) -> Device {
        let mut device = Device {
            kind,
            address: 0,
            handler: 0,
            may_request_service: true,
            collided: false,
            random,
        };
        device.reset();
        device
    }

    /// The address it listens to, 0 to 15.
    pub fn address(&self) -> u8 {
        self.address
    }

    /// Its handler ID.
    pub fn handler(&self) -> u8 {
        self.handler
    }

    /// SendReset: "all devices reset to their power-on states" (Guide, "SendReset").
    pub(super) fn reset(&mut self) {
        (self.address, self.handler) = match &mut self.kind {
            Kind::Keyboard(keyboard) => {
                keyboard.reset();
                (2, keyboard.default_handler())
            }
            Kind::Mouse(mouse) => {
                mouse.flush();
                (3, 1)
            }
        };
        self.may_request_service = true;
        self.collided = false;
    }

    /// Flush: "any data stored by the device are lost" (Guide, "Flush").
    pub(super) fn flush(&mut self) {
        match &mut self.kind {
            Kind::Keyboard(keyboard) => keyboard.flush(),
            Kind::Mouse(mouse) => mouse.flush(),
        }
    }

    /// True when it would assert Service Request: it has data and bit 13 of register 3 is set.
    pub(super) fn requests_service(&self) -> bool {
        self.may_request_service
            && match &self.kind {
                Kind::Keyboard(keyboard) => keyboard.has_data(),
                Kind::Mouse(mouse) => mouse.has_data(),
            }
    }

    /// What it would answer to Talk; `None` when it stays silent: a register it has not, or register 0 without new data.
    pub(super) fn offer(&mut self, register: u8) -> Option<[u8; 2]> {
        if register == 3 {
            // "Bits 11-8: in an answer, a random number", so that two devices at one address differ (Guide, "Register 3"; HW 01).
            let enable = if self.may_request_service { 0x20 } else { 0 };
            let exceptional = match &self.kind {
                Kind::Keyboard(keyboard) => keyboard.power_key_down(),
                Kind::Mouse(_) => false,
            };
            let normal = if exceptional { 0 } else { 0x40 };
            return Some([normal | enable | self.random.below(16) as u8, self.handler]);
        }
        match &self.kind {
            Kind::Keyboard(keyboard) => keyboard.offer(register, self.handler),
            Kind::Mouse(mouse) => mouse.offer(register),
        }
    }

    /// It lost the bus to another device: it keeps its data and remembers the collision.
    pub(super) fn lost(&mut self) {
        self.collided = true;
    }

    /// Its answer to Talk has gone out whole.
    pub(super) fn sent(&mut self, register: u8) {
        self.collided = false;
        if register == 0 {
            match &mut self.kind {
                Kind::Keyboard(keyboard) => keyboard.sent(),
                Kind::Mouse(mouse) => mouse.sent(),
            }
        }
    }

    /// Listen with `data`. Fewer than the two bytes of a register change nothing (HW 01: an incomplete packet is to be ignored).
    pub(super) fn listen(&mut self, register: u8, data: &[u8]) {
        let &[high, low, ..] = data else {
            return;
        };
        match register {
            3 => self.listen_3(high, low),
            2 => {
                if let Kind::Keyboard(keyboard) = &mut self.kind {
                    keyboard.set_leds(low);
                }
            }
            _ => {}
        }
    }

    /// No device here has an activator; the self-test always passes.
    fn listen_3(&mut self, high: u8, handler: u8) {
        match handler {
            special::ADDRESS_AND_ENABLE => {
                self.address = high & 0x0F;
                self.may_request_service = high & 0x20 != 0;
            }
            special::IF_NO_COLLISION if !self.collided => self.address = high & 0x0F,
            special::IF_NO_COLLISION | special::IF_ACTIVATED | special::SELF_TEST => {}
            // "A device that does not support the handler ignores it" (Guide, "Device handler ID").
            handler => {
                let known = match &self.kind {
                    Kind::Keyboard(keyboard) => keyboard.has_handler(handler),
                    Kind::Mouse(_) => Mouse::has_handler(handler),
                };
                if known {
                    self.handler = handler;
                }
            }
        }
    }
}

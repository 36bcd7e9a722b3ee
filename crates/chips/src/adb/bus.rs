//! The bus itself: one open-collector wire, commands of the computer, answers of the devices, and how long they take.
//!
//! A bit cell lasts 100 µs whatever the bit (low for 35 µs in a one, 65 µs in a zero), so the length of a packet depends on its number of
//! bytes alone, and cells need not be followed one by one.

use super::command::{self, address, is_listen, is_talk, register};
use super::device::{Device, Kind};
use super::keyboard::Keyboard;
use super::mouse::Mouse;
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// Lengths (Guide, table 8-14, "ADB timing", typical values).
mod time {
    use clock::Ticks;

    pub const ATTENTION: Ticks = Ticks::from_micros(800);
    pub const SYNC: Ticks = Ticks::from_micros(65);
    pub const BIT: Ticks = Ticks::from_micros(100);
    pub const STOP: Ticks = Ticks::from_micros(70);
    /// Tlt, stop to start: 140 to 260 µs.
    pub const STOP_TO_START: Ticks = Ticks::from_micros(200);
    /// When no device has started an answer, none will.
    pub const NO_ANSWER: Ticks = Ticks::from_micros(260);
    /// A Service Request holds the wire low for so long, counted from the beginning of the stop bit.
    pub const SERVICE_REQUEST: Ticks = Ticks::from_micros(300);
    /// The wire is held low.
    pub const GLOBAL_RESET: Ticks = Ticks::from_millis(3);
}

/// What came of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The answer to Talk; empty when no device answered.
    pub answer: Vec<u8>,
    /// A device asserted Service Request in the stop bit of the command.
    pub service_request: bool,
    /// How long the bus was busy.
    pub length: Ticks,
}

/// The wire and what hangs on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bus {
    devices: Vec<Device>,
}

impl Bus {
    /// A bus with these devices.
    pub fn new(devices: Vec<Device>) -> Bus {
        Bus { devices }
    }

    /// The devices, in the order they were given in.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    #[cfg(test)]
    pub(super) fn devices_mut(&mut self) -> &mut [Device] {
        &mut self.devices
    }

    /// The first keyboard.
    pub fn keyboard_mut(&mut self) -> Option<&mut Keyboard> {
        self.devices
            .iter_mut()
            .find_map(|device| match &mut device.kind {
                Kind::Keyboard(keyboard) => Some(keyboard),
                Kind::Mouse(_) => None,
            })
    }

    /// The first mouse.
    pub fn mouse_mut(&mut self) -> Option<&mut Mouse> {
        self.devices
            .iter_mut()
            .find_map(|device| match &mut device.kind {
                Kind::Mouse(mouse) => Some(mouse),
                Kind::Keyboard(_) => None,
            })
    }

    /// The computer sends `command`, and `data` if it is Listen.
    pub(super) fn transact(&mut self, command: u8, data: &[u8]) -> Outcome {
        if command & 0x0F == command::SEND_RESET {
            for device in &mut self.devices {
                device.reset();
            }
            return Outcome {
                length: time::GLOBAL_RESET,
                ..Outcome::default()
            };
        }
        let (to, register) = (address(command), register(command));
        // "A device must not assert Service Request when the command is for it."
        let service_request = self
            .devices
            .iter()
            .any(|device| device.address() != to && device.requests_service());
        let stop = if service_request {
            time::SERVICE_REQUEST
        } else {
            time::STOP
        };
        let mut outcome = Outcome {
            answer: Vec::new(),
            service_request,
            length: time::ATTENTION + time::SYNC + time::BIT * 8 + stop,
        };
        if is_talk(command) {
            outcome.answer = self.answer(to, register);
            outcome.length += match outcome.answer.len() {
                0 => time::NO_ANSWER,
                bytes => packet(bytes),
            };
        } else if is_listen(command) {
            outcome.length += packet(data.len());
            for device in self.at(to) {
                device.listen(register, data);
            }
        } else if register == 1 {
            for device in self.at(to) {
                device.flush();
            }
        }
        outcome
    }

    fn at(&mut self, to: u8) -> impl Iterator<Item = &mut Device> {
        self.devices
            .iter_mut()
            .filter(move |device| device.address() == to)
    }

    /// All devices at the address that have something to say say it. The wire is low as soon as one of them pulls it, and a device that
    /// finds it low while it lets it go has lost: it stops at once (HW 01, "The ADB hardware").
    fn answer(&mut self, to: u8, register: u8) -> Vec<u8> {
        let mut offers: Vec<(&mut Device, [u8; 2])> = self
            .at(to)
            .filter_map(|device| device.offer(register).map(|data| (device, data)))
            .collect();
        if offers.is_empty() {
            return Vec::new();
        }
        let mut wire = 0_u16;
        for bit in (0..16).rev().map(|n| 1_u16 << n) {
            let released = |data: &[u8; 2]| u16::from_be_bytes(*data) & bit != 0;
            let high = offers.iter().all(|(_, data)| released(data));
            if high {
                wire |= bit;
            } else {
                offers.retain_mut(|(device, data)| {
                    let lost = released(data);
                    if lost {
                        device.lost();
                    }
                    !lost
                });
            }
        }
        for (device, _) in offers {
            device.sent(register);
        }
        wire.to_be_bytes().to_vec()
    }
}

/// Stop-to-start time, start bit, data, stop bit.
fn packet(bytes: usize) -> Ticks {
    time::STOP_TO_START + time::BIT * (1 + 8 * bytes as u64) + time::STOP
}

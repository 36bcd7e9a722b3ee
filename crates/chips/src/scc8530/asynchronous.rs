//! Asynchronous transmission and reception, as debugging consoles and printers use it: whole characters, no line errors.

use super::{Unit, registers, registers::Mode};
use clock::Ticks;

/// Characters kept for whoever takes them; older ones are dropped.
const KEPT: usize = 4096;

impl Unit {
    /// Moves a waiting character to the shift register when that is free.
    pub(super) fn start_character(&mut self, now: Ticks) {
        if self.mode() != Mode::Asynchronous || self.wr[5] & registers::TX_ENABLE == 0 {
            return;
        }
        let Some(length) = self.character_time() else {
            return;
        };
        if let Some(byte) = self.take_transmit_buffer() {
            let end = now + length;
            self.transmitter.serial.push_back((end, byte));
            if self.transmitter.serial.len() > KEPT {
                self.transmitter.serial.pop_front();
            }
            self.transmitter.shift_character(end);
        }
    }

    pub(super) fn receive_character(&mut self, byte: u8) {
        if self.mode() == Mode::Asynchronous && self.wr[3] & registers::RX_ENABLE != 0 {
            self.receiver.push(byte, 0);
        }
    }
}

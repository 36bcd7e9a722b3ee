//! The shift register (data sheet, *Shift register operation*).

use serde::{Deserialize, Serialize};

/// Modes, ACR bits 4-2.
const SHIFT_IN_EXTERNAL: u8 = 0b011;
const SHIFT_OUT_EXTERNAL: u8 = 0b111;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShiftRegister {
    data: u8,
    mode: u8,
    /// Pulses on CB1 since the register was last read or written, modulo 8.
    pulses: u8,
    /// The level on CB2 in mode 111: the bit shifted out last. Low before the first, an inference: the content of
    /// the output stage after power-on is not specified, and the Macintosh keyboard takes low as a request to send.
    out: bool,
}

impl ShiftRegister {
    pub fn data(&self) -> u8 {
        self.data
    }

    pub fn set_mode(&mut self, mode: u8) {
        self.mode = mode;
    }

    pub fn write(&mut self, value: u8) {
        self.data = value;
        self.restart();
    }

    /// "Reading or writing the shift register resets the interrupt flag and initialises the SR counter to count another 8 pulses."
    pub fn restart(&mut self) {
        self.pulses = 0;
    }

    /// True when CB2 belongs to the shift register.
    pub fn uses_cb2(&self) -> bool {
        self.mode != 0
    }

    /// The level driven on CB2, in the shift-out modes.
    pub fn cb2_out(&self) -> Option<bool> {
        (self.mode & 0b100 != 0).then_some(self.out)
    }

    /// CB1 changed to `level` while CB2 is at `cb2`; true when the eighth pulse sets the flag. In the external modes "the counter
    /// does not stop shifting; it is simply a pulse counter", so bits go on moving after the eighth.
    pub fn clock(&mut self, level: bool, cb2: bool) -> bool {
        match (self.mode, level) {
            // "Data is shifted ... during the first φ2 clock cycle following the positive-going edge of the CB1 pulse."
            (SHIFT_IN_EXTERNAL, true) => self.data = self.data << 1 | u8::from(cb2),
            // Bit 7 goes out first "and is simultaneously circulated back into bit 0".
            (SHIFT_OUT_EXTERNAL, false) => {
                self.out = self.data & 0x80 != 0;
                self.data = self.data.rotate_left(1);
                return false;
            }
            // The flag follows the rising edge that ends the eighth pulse, when the receiver has the bit.
            (SHIFT_OUT_EXTERNAL, true) => {}
            _ => return false,
        }
        self.pulses = (self.pulses + 1) % 8;
        self.pulses == 0
    }
}

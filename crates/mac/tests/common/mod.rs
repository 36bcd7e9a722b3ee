//! Small programs in ROM, and what the machine made of them.

#![allow(dead_code)]

pub mod activity;
pub mod chips;

use clock::Ticks;
use mac::probe::Step;
use mac::{Mac, MacConfig};

/// Where programs begin.
pub const CODE: u32 = 0x40_0400;
/// A place in ROM for data and stacks: reads find what the test put there, writes are lost, nothing waits.
pub const QUIET: u32 = 0x40_8000;
/// The VIA's base address and the distance of its registers.
pub const VIA: u32 = 0xEF_E1FE;

pub const NOP: u16 = 0x4E71;

/// A ROM image under construction.
pub struct Rom(Vec<u8>);

impl Rom {
    /// Reset vectors: stack at [`QUIET`], program at [`CODE`].
    pub fn new() -> Rom {
        let mut rom = Rom(vec![0; 0x2_0000]);
        rom.long(0, QUIET);
        rom.long(4, CODE);
        rom
    }

    pub fn word(&mut self, address: u32, value: u16) {
        let place = (address & 0x1_FFFF) as usize;
        self.0[place..place + 2].copy_from_slice(&value.to_be_bytes());
    }

    pub fn long(&mut self, address: u32, value: u32) {
        self.word(address, (value >> 16) as u16);
        self.word(address + 2, value as u16);
    }

    /// Puts words at `address`; returns the address after them.
    pub fn code(&mut self, address: u32, words: &[u16]) -> u32 {
        for (place, &word) in (address..).step_by(2).zip(words) {
            self.word(place, word);
        }
        address + words.len() as u32 * 2
    }

    pub fn boot(self) -> Mac {
        Mac::new(self.config()).expect("a sound configuration")
    }

    pub fn config(self) -> MacConfig {
        MacConfig::new(self.0)
    }
}

/// `LEA address,An`.
pub fn lea(register: u16, address: u32) -> [u16; 3] {
    [
        0x41F9 | register << 9,
        (address >> 16) as u16,
        address as u16,
    ]
}

/// `MOVE.B #value,address`.
pub fn poke(address: u32, value: u8) -> [u16; 4] {
    [
        0x13FC,
        u16::from(value),
        (address >> 16) as u16,
        address as u16,
    ]
}

/// `MOVE.L #value,address`.
pub fn poke_long(address: u32, value: u32) -> [u16; 5] {
    [
        0x23FC,
        (value >> 16) as u16,
        value as u16,
        (address >> 16) as u16,
        address as u16,
    ]
}

/// The VIA register with this number.
pub fn via(register: u32) -> u32 {
    VIA + register * 0x200
}

/// Switches the overlay off: DDRA bit 4 output, ORA bit 4 low, bit 6 high for the main screen.
pub fn overlay_off() -> Vec<u16> {
    [poke(via(15), 0x40), poke(via(3), 0x50)].concat()
}

/// Runs, keeping every instruction; returns them.
pub fn steps(mac: &mut Mac, until: Ticks) -> Vec<Step> {
    mac.probe().keep_history(1 << 20);
    mac.run_until(until);
    let steps = mac.probe().history().copied().collect();
    mac.probe().keep_history(0);
    steps
}

/// The time at which the instruction at `pc` was first complete.
pub fn first(steps: &[Step], pc: u32) -> Ticks {
    steps
        .iter()
        .find(|step| step.pc == pc)
        .unwrap_or_else(|| panic!("{pc:06X} was not executed"))
        .at
}

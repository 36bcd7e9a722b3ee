//! RAM and its images.
//!
//! Plus and SE have two rows of SIMMs (Guide, "RAM configurations"). 1 MiB is two rows of 256 K SIMMs, 2 MiB one row of 1 M SIMMs, 2.5 MiB a row of
//! 1 M and a row of 256 K, 4 MiB two rows of 1 M. Addresses that a row does not decode find its contents again.

use serde::{Deserialize, Serialize};

/// The possible sizes of Plus and SE in bytes.
pub const COMPACT_SIZES: [u32; 4] = [0x10_0000, 0x20_0000, 0x28_0000, 0x40_0000];
/// The possible sizes of an SE/30 in bytes: two rows of four equal SIMMs, or one. Here they are one piece of memory that repeats.
pub const SE30_SIZES: [u32; 6] = [
    0x10_0000, 0x20_0000, 0x40_0000, 0x80_0000, 0x100_0000, 0x200_0000,
];

/// RAM with the row decoding of a Plus or SE; power-on contents are zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ram {
    bytes: Vec<u8>,
    low_mask: u32,
    /// The address bit that selects a second row of another size, or 0.
    high_select: u32,
    high_mask: u32,
}

impl Ram {
    /// RAM of one of the sizes.
    pub fn new(size: u32) -> Ram {
        debug_assert!(COMPACT_SIZES.contains(&size) || SE30_SIZES.contains(&size));
        let mixed = size == 0x28_0000;
        Ram {
            bytes: vec![0; size as usize],
            low_mask: if mixed { 0x1F_FFFF } else { size - 1 },
            high_select: if mixed { 0x20_0000 } else { 0 },
            high_mask: 0x7_FFFF,
        }
    }

    /// Size in bytes.
    pub fn size(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// The bytes as they lie in the chips.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[inline(always)]
    fn index(&self, address: u32) -> usize {
        let index = if address & self.high_select == 0 {
            address & self.low_mask
        } else {
            self.low_mask + 1 + (address & self.high_mask)
        };
        index as usize
    }

    /// The byte at a bus address.
    #[inline(always)]
    pub fn byte(&self, address: u32) -> u8 {
        self.bytes[self.index(address)]
    }

    /// The word that holds the byte at a bus address; A0 is ignored.
    #[inline(always)]
    pub fn word(&self, address: u32) -> u16 {
        let index = self.index(address & !1);
        match self.bytes.get(index..index + 2) {
            Some(&[high, low]) => u16::from_be_bytes([high, low]),
            _ => 0xFFFF,
        }
    }

    /// The aligned long word that holds the byte at a bus address.
    #[inline(always)]
    pub(crate) fn long(&self, address: u32) -> u32 {
        let index = self.index(address & !3);
        match self.bytes.get(index..index + 4) {
            Some(&[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
            _ => 0xFFFF_FFFF,
        }
    }

    /// Stores the low `bytes` bytes of `value`, all in one aligned long word.
    #[inline(always)]
    pub(crate) fn set(&mut self, address: u32, bytes: u32, value: u32) {
        let index = self.index(address);
        let value = value.to_be_bytes();
        if let Some(place) = self.bytes.get_mut(index..index + bytes as usize) {
            place.copy_from_slice(&value[4 - bytes as usize..]);
        }
    }

    /// Stores a byte.
    #[inline(always)]
    pub fn set_byte(&mut self, address: u32, value: u8) {
        let index = self.index(address);
        self.bytes[index] = value;
    }

    /// Stores a word; A0 is ignored.
    #[inline(always)]
    pub fn set_word(&mut self, address: u32, value: u16) {
        let index = self.index(address & !1);
        if let Some(bytes) = self.bytes.get_mut(index..index + 2) {
            bytes.copy_from_slice(&value.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ram_repeats_through_four_mebibytes() {
        for size in COMPACT_SIZES {
            let mut ram = Ram::new(size);
            for address in (0..0x40_0000_u32).step_by(0x1_0000) {
                ram.set_word(address, (address >> 16) as u16);
            }
            let distinct = (0..0x40_0000_u32)
                .step_by(0x1_0000)
                .filter(|&a| ram.word(a) == (a >> 16) as u16)
                .count();
            assert_eq!(distinct, (size >> 16) as usize, "{size:x}");
        }
    }

    #[test]
    fn the_small_row_of_two_and_a_half_mebibytes_repeats_above_the_large_one() {
        let mut ram = Ram::new(0x28_0000);
        ram.set_word(0x1F_FFFE, 0x1111);
        ram.set_word(0x20_0000, 0x2222);
        assert_eq!(ram.word(0x38_0000), 0x2222);
        assert_eq!(ram.word(0x1F_FFFE), 0x1111);
        assert_eq!(ram.bytes()[0x20_0000..0x20_0002], [0x22, 0x22]);
    }
}

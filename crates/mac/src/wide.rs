//! The cycles of the 32-bit bus of the SE/30.
//!
//! RAM and ROM answer in four clocks with up to four bytes of an aligned long word: 15.67 MB/s, the figure the Guide gives for its ROM
//! (that RAM is as fast is inference: the Guide's other machines have it so). The 68030 itself needs three clocks for an asynchronous cycle
//! (M68030 UM, 7.3), which its instruction times contain; the fourth is waiting. A long word that is not aligned takes two cycles.
//!
//! Chips and video RAM are 8-bit ports: the CPU makes one cycle for each byte (M68030 UM, 7.2.1, "Dynamic bus sizing"). The video RAM's width
//! follows from its two chips of 64 K by 4 bits; that all these cycles take four clocks, where nothing waits, is assumed.
//!
//! Of the caches the instruction cache is here (M68030 UM, 6.1): 16 lines of four long words with a valid bit for each long word. Burst filling
//! is not connected (technical note HW 14). The data cache is not modelled: a program that switches it on runs slower than it should.

use crate::bus::Bus;
use crate::models::{Device, se30};
use m68k::core::memory::BusFault;
use serde::{Deserialize, Serialize};

/// Ticks, which are clocks, of a cycle that nothing delays.
const CYCLE: u64 = 4;
/// Ticks of a cycle that the CPU's instruction times contain.
pub(crate) const COUNTED: u64 = 3;

/// The instruction cache, and the long word that was fetched last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FetchCache {
    /// A fetch of this instruction went to the bus.
    pub missed: bool,
    /// CACR as far as it matters here: enabled, frozen.
    enabled: bool,
    frozen: bool,
    lines: Vec<Line>,
    /// The cache holding register (M68030 UM, 6.1): the address of the last long word fetched, and the long word.
    holding: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    tag: u32,
    valid: u8,
    words: [u32; 4],
}

/// Bits of CACR (M68030 UM, figure 6-1).
mod cacr {
    pub const ENABLE: u32 = 1;
    pub const FREEZE: u32 = 2;
    pub const CLEAR_ENTRY: u32 = 4;
    pub const CLEAR: u32 = 8;
}

impl FetchCache {
    /// Acts on what the program wrote to CACR. The tag has no function code: programs of user and supervisor see the same memory here.
    pub fn control(&mut self, value: u32, strobes: u32, address: u32) {
        self.enabled = value & cacr::ENABLE != 0;
        self.frozen = value & cacr::FREEZE != 0;
        if strobes & cacr::CLEAR != 0 {
            self.lines.clear();
        } else if strobes & cacr::CLEAR_ENTRY != 0
            && let Some(line) = self.lines.get_mut((address >> 4 & 15) as usize)
        {
            line.valid &= !(1 << (address >> 2 & 3));
        }
        self.holding = None;
    }

    fn find(&self, address: u32) -> Option<u32> {
        if let Some((held, word)) = self.holding
            && held == address
        {
            return Some(word);
        }
        if !self.enabled {
            return None;
        }
        let line = self.lines.get((address >> 4 & 15) as usize)?;
        let place = (address >> 2 & 3) as usize;
        (line.tag == address >> 8 && line.valid & 1 << place != 0).then(|| line.words[place])
    }

    fn keep(&mut self, address: u32, word: u32) {
        self.missed = true;
        self.holding = Some((address, word));
        if !self.enabled || self.frozen {
            return;
        }
        self.lines.resize(16, Line::default());
        let line = &mut self.lines[(address >> 4 & 15) as usize];
        if line.tag != address >> 8 {
            *line = Line {
                tag: address >> 8,
                ..Line::default()
            };
        }
        let place = (address >> 2 & 3) as usize;
        line.valid |= 1 << place;
        line.words[place] = word;
    }
}

impl Bus {
    #[inline(always)]
    fn wide_cycle(&mut self) {
        self.now += CYCLE;
        self.waited += CYCLE - COUNTED;
    }

    /// Reads `bytes` bytes, 1 to 4, which end up in the low part of the result.
    #[inline(always)]
    pub(crate) fn wide_read(&mut self, address: u32, bytes: u32) -> Result<u32, BusFault> {
        if address < self.ram_limit && (address & 3) + bytes <= 4 {
            self.wide_cycle();
            Ok(self.ram.long(address) << ((address & 3) * 8) >> ((4 - bytes) * 8))
        } else {
            self.wide_read_elsewhere(address, bytes)
        }
    }

    #[inline(always)]
    pub(crate) fn wide_write(
        &mut self,
        address: u32,
        bytes: u32,
        value: u32,
    ) -> Result<(), BusFault> {
        if address < self.ram_limit && (address & 3) + bytes <= 4 {
            self.wide_cycle();
            self.ram.set(address, bytes, value);
            Ok(())
        } else {
            self.wide_write_elsewhere(address, bytes, value)
        }
    }

    /// True where ROM is, also as it lies at 0 while the overlay is on.
    fn is_wide_rom(&self, address: u32) -> bool {
        address >> 28 == 4 || (self.overlay() && address >> 28 < 4)
    }

    #[inline(never)]
    fn wide_read_elsewhere(&mut self, address: u32, bytes: u32) -> Result<u32, BusFault> {
        if self.stall.abandoning {
            return Ok(0);
        }
        let first = (4 - (address & 3)).min(bytes);
        if first < bytes && address >> 28 <= 4 {
            let high = self.wide_read(address, first)?;
            let rest = bytes - first;
            let low = self.wide_read(address.wrapping_add(first), rest)?;
            return Ok(high << (rest * 8) | low);
        }
        if self.is_wide_rom(address) {
            self.wide_cycle();
            return Ok(self.rom_bytes_at(address, bytes));
        }
        let mut value = 0;
        for byte in 0..bytes {
            let word = self.device_read(address.wrapping_add(byte))?;
            value = value << 8 | u32::from(word >> 8);
        }
        Ok(value)
    }

    #[inline(never)]
    fn wide_write_elsewhere(
        &mut self,
        address: u32,
        bytes: u32,
        value: u32,
    ) -> Result<(), BusFault> {
        if self.stall.abandoning {
            return Ok(());
        }
        let first = (4 - (address & 3)).min(bytes);
        if first < bytes && address >> 28 <= 4 {
            let rest = bytes - first;
            self.wide_write(address, first, value >> (rest * 8))?;
            return self.wide_write(address.wrapping_add(first), rest, value);
        }
        if self.is_wide_rom(address) {
            self.wide_cycle();
            return Ok(());
        }
        for byte in 0..bytes {
            let value = (value >> ((bytes - 1 - byte) * 8)) as u8;
            self.device_write(
                address.wrapping_add(byte),
                u16::from_be_bytes([value, value]),
            )?;
        }
        Ok(())
    }

    fn rom_bytes_at(&self, address: u32, bytes: u32) -> u32 {
        (0..bytes).fold(0, |value, byte| {
            let place = address.wrapping_add(byte) as usize & (self.rom.len() - 1);
            value << 8 | u32::from(self.rom[place])
        })
    }

    /// The long word that an instruction fetch needs, from cache or bus.
    #[inline(always)]
    fn fetch(&mut self, address: u32) -> Result<u32, BusFault> {
        let address = address & !3;
        if let Some(word) = self.fetches.find(address) {
            return Ok(word);
        }
        let word = self.wide_read(address, 4)?;
        self.fetches.keep(address, word);
        Ok(word)
    }

    #[inline(always)]
    pub(crate) fn fetch_word(&mut self, address: u32) -> Result<u16, BusFault> {
        let long = self.fetch(address)?;
        Ok(if address & 2 == 0 {
            (long >> 16) as u16
        } else {
            long as u16
        })
    }

    #[inline(always)]
    pub(crate) fn fetch_long(&mut self, address: u32) -> Result<u32, BusFault> {
        if address & 2 == 0 {
            return self.fetch(address);
        }
        let high = self.fetch(address)?;
        let low = self.fetch(address.wrapping_add(2))?;
        Ok(high << 16 | low >> 16)
    }

    /// What a read of this byte of an SE/30 would give now, without its effects.
    pub(crate) fn wide_peek(&self, address: u32) -> Option<u8> {
        if address >> 28 < 4 && !self.overlay() {
            return Some(self.ram.byte(address));
        }
        if self.is_wide_rom(address) {
            return Some(self.rom_bytes_at(address, 1) as u8);
        }
        let board = self.board.as_ref()?;
        match se30::decode(address) {
            Device::Vram(place) => Some(board.vram[place as usize]),
            Device::Asc(place) => Some(board.asc.read(place)),
            _ => None,
        }
    }
}

//! Addresses of the SE/30, and what only it has (Guide, "Address maps"; see docs/hardware.md, "Models").

use super::{Device, scc_at};
use chips::via6522::{Register, Via6522};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// Bytes of the video RAM.
pub(crate) const VRAM: usize = 0x1_0000;

/// What an address above RAM and ROM selects.
pub(crate) fn decode(address: u32) -> Device {
    match address >> 24 {
        0x50..=0x5F => io(address & 0x1_FFFF),
        0xFE => match address >> 16 & 0xFF {
            0x00 | 0xE0..=0xEF => Device::Vram(address & (VRAM as u32 - 1)),
            // The place of the declaration ROM.
            0xFF => Device::Floating,
            _ => Device::Nothing,
        },
        _ => Device::Nothing,
    }
}

/// The block of devices, which repeats all over its 256 MiB (Granny Smith, of the address decoder GLUE; MAME and Snow decode less).
fn io(offset: u32) -> Device {
    match offset >> 13 {
        0x0 => Device::Via(Register::at(offset >> 9)),
        0x1 => Device::Via2(Register::at(offset >> 9)),
        0x2 => {
            let (channel, data) = scc_at(offset);
            Device::Scc {
                channel,
                data,
                read: true,
                write: true,
            }
        }
        0x3 => Device::ScsiData { handshake: true },
        0x8 => Device::Scsi((offset >> 4 & 7) as u8),
        0x9 => Device::ScsiData { handshake: false },
        0xA => Device::Asc(offset & 0x1FFF),
        // The SWIM, with no drive.
        0xB => Device::Floating,
        _ => Device::Nothing,
    }
}

/// Bits of VIA2 (Guide, "VIA2").
pub(crate) mod via2 {
    /// Port A: 0 = slot E, the built-in video, asks for an interrupt.
    pub const SLOT_E: u8 = 0x20;
    /// Port B: 0 on an SE/30, 1 on a IIcx.
    pub const NOT_SE30: u8 = 0x08;
    /// Port B: 0 = something is in the sound jack; always 0 (MAME, Granny Smith).
    pub const SOUND_JACK: u8 = 0x40;
    /// Port B: the output of timer 1, joined to VIA1's CA1.
    pub const VBL: u8 = 0x80;
}

/// The chips that only an SE/30 has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Board {
    pub via2: Via6522,
    pub vram: Vec<u8>,
    pub asc: SoundChip,
    /// The video asks for an interrupt as slot E.
    pub slot_e: bool,
}

impl Board {
    pub fn new() -> Board {
        let mut board = Board {
            via2: Via6522::new(),
            vram: vec![0; VRAM],
            asc: SoundChip::default(),
            slot_e: false,
        };
        board.connect();
        board
    }

    /// The reset line; what the video holds is not its (inference).
    pub fn reset(&mut self, now: Ticks) {
        self.via2.reset(now);
        self.asc = SoundChip::default();
        self.slot_e = false;
    }

    /// Levels at pins of VIA2 after power-on or reset.
    pub fn connect(&mut self) {
        self.via2.a.set_input(via2::SLOT_E, via2::SLOT_E);
        self.via2.b.set_input(via2::NOT_SE30 | via2::SOUND_JACK, 0);
    }
}

/// The Apple Sound Chip as far as a program can find it: 2 KiB of FIFO memory and its registers keep what is written; it makes no sound, takes
/// nothing from its FIFOs, and never interrupts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SoundChip {
    memory: Vec<u8>,
}

impl Default for SoundChip {
    fn default() -> Self {
        SoundChip {
            memory: vec![0; 0x1000],
        }
    }
}

impl SoundChip {
    /// The version register: 0 is the first ASC (MAME, Snow). The FIFO status reads 0 too: no interrupt.
    const VERSION: usize = 0x800;
    const FIFO_STATUS: usize = 0x804;

    pub fn read(&self, offset: u32) -> u8 {
        match offset as usize & 0xFFF {
            Self::VERSION | Self::FIFO_STATUS => 0,
            place => self.memory[place],
        }
    }

    pub fn write(&mut self, offset: u32, value: u8) {
        self.memory[offset as usize & 0xFFF] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_devices_repeat_every_128_kib_of_the_io_space() {
        for offset in (0..0x2_0000).step_by(0x800) {
            assert_eq!(decode(0x5000_0000 + offset), decode(0x50F0_0000 + offset));
            assert_eq!(decode(0x5000_0000 + offset), decode(0x5FFE_0000 + offset));
        }
        assert_eq!(decode(0x50F1_0070), Device::Scsi(7));
        assert_eq!(decode(0x50F0_6060), Device::ScsiData { handshake: true });
    }

    #[test]
    fn nothing_is_in_the_slots_but_the_video_in_slot_e() {
        for slot in 0xF0..=0xFF_u32 {
            let there = decode(slot << 24) != Device::Nothing;
            assert_eq!(there, slot == 0xFE, "{slot:X}");
        }
        assert_eq!(decode(0xFEE0_8040), Device::Vram(0x8040));
        assert_eq!(decode(0x6000_0000), Device::Nothing);
    }
}

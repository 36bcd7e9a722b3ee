//! The models: what distinguishes a Plus, an SE and an SE/30.

pub(crate) mod compact;
pub(crate) mod se30;

use crate::memory::{COMPACT_SIZES, SE30_SIZES};
use chips::scc8530::Channel;
use chips::via6522::Register;
use clock::Ticks;
use m68k::CpuType;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which Macintosh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// Macintosh Plus: 68000, SCSI without handshake, keyboard and mouse of their own.
    #[default]
    Plus,
    /// Macintosh SE: 68000, SCSI with handshake, ADB.
    Se,
    /// Macintosh SE/30: 68030, two VIAs, SCSI with handshake, ADB.
    Se30,
}

impl Model {
    /// All models.
    pub const ALL: [Model; 3] = [Model::Plus, Model::Se, Model::Se30];

    /// The word for it in settings: `plus`, `se`, `se30`.
    pub const fn word(self) -> &'static str {
        match self {
            Model::Plus => "plus",
            Model::Se => "se",
            Model::Se30 => "se30",
        }
    }

    /// The model that `word` means.
    pub fn from_word(word: &str) -> Option<Model> {
        Model::ALL.into_iter().find(|model| model.word() == word)
    }

    /// The possible sizes of RAM in bytes.
    pub const fn ram_sizes(self) -> &'static [u32] {
        match self {
            Model::Plus | Model::Se => &COMPACT_SIZES,
            Model::Se30 => &SE30_SIZES,
        }
    }

    /// Bytes of the ROM.
    pub const fn rom_bytes(self) -> usize {
        match self {
            Model::Plus => 0x2_0000,
            Model::Se | Model::Se30 => 0x4_0000,
        }
    }

    /// Ticks of a CPU clock: 7.8336 MHz, 15.6672 MHz.
    pub(crate) const fn cpu_clock(self) -> u64 {
        match self {
            Model::Plus | Model::Se => Ticks::CPU.0,
            Model::Se30 => 1,
        }
    }

    pub(crate) const fn cpu_type(self) -> CpuType {
        match self {
            Model::Plus | Model::Se => CpuType::M68000,
            Model::Se30 => CpuType::M68030,
        }
    }

    /// How long a SCSI access waits for DRQ before the bus error, unless the configuration says otherwise. Assumed: secondary sources give 265 to
    /// 284 ms for the SE and about 16 us for the II family. A Plus does not wait.
    pub const fn scsi_timeout(self) -> Ticks {
        match self {
            Model::Plus => Ticks::ZERO,
            Model::Se => Ticks::from_millis(265),
            Model::Se30 => Ticks(251),
        }
    }

    /// Whether keyboard and mouse are on the Apple Desktop Bus.
    pub const fn has_adb(self) -> bool {
        !matches!(self, Model::Plus)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Model::Plus => "Macintosh Plus",
            Model::Se => "Macintosh SE",
            Model::Se30 => "Macintosh SE/30",
        })
    }
}

/// What an address outside RAM and ROM selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    /// A register of the 5380.
    Scsi(u8),
    /// The 5380 with DACK. With handshake, the access waits for DRQ.
    ScsiData { handshake: bool },
    /// The SCC. On Plus and SE reading and writing have addresses of their own: `read` and `write` tell what this one serves.
    Scc {
        channel: Channel,
        data: bool,
        read: bool,
        write: bool,
    },
    /// VIA, or VIA1.
    Via(Register),
    /// VIA2 of the SE/30.
    Via2(Register),
    /// The Apple Sound Chip, at this offset.
    Asc(u32),
    /// The video RAM of the SE/30, at this offset.
    Vram(u32),
    /// Nobody drives the data bus, but the cycle ends.
    Floating,
    /// Nobody ends the cycle: a bus error.
    Nothing,
}

/// The channel and register that A1 and A2 select (Guide, "The SCC").
pub(crate) fn scc_at(address: u32) -> (Channel, bool) {
    let channel = if address & 2 != 0 {
        Channel::A
    } else {
        Channel::B
    };
    (channel, address & 4 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_serde_names_are_the_same() {
        for model in Model::ALL {
            assert_eq!(Model::from_word(model.word()), Some(model));
        }
        assert_eq!(Model::from_word("iix"), None);
    }
}

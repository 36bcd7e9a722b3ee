use crate::Peripheral;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of the ROM of a Plus.
pub const ROM_BYTES: usize = 0x2_0000;

/// What a machine is made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MacConfig {
    /// RAM in bytes: 1, 2, 2.5 or 4 MiB.
    pub ram_bytes: u32,
    /// The ROM, at most 128 KiB; the rest is FF.
    pub rom: Vec<u8>,
    /// SCSI targets with their IDs, 0 to 6; the Macintosh itself is 7.
    pub targets: Vec<(u8, Peripheral)>,
    /// The number of the machine in the world: it marks the machine's trace records.
    pub machine: u8,
    /// Seconds since midnight, 1 January 1904, that the clock chip shows at time zero.
    pub clock_seconds: u32,
}

impl MacConfig {
    /// A machine with this ROM, 4 MiB, nothing on the SCSI bus; the clock shows noon of 1 January 1990.
    pub fn new(rom: Vec<u8>) -> MacConfig {
        MacConfig {
            ram_bytes: 4 << 20,
            rom,
            targets: Vec::new(),
            machine: 0,
            clock_seconds: 2_714_040_000,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if !crate::memory::SIZES.contains(&self.ram_bytes) {
            return Err(ConfigError::RamSize(self.ram_bytes));
        }
        if self.rom.len() > ROM_BYTES {
            return Err(ConfigError::RomTooLong(self.rom.len()));
        }
        let mut used = 0_u8;
        for &(id, _) in &self.targets {
            if id > 6 || used & 1 << id != 0 {
                return Err(ConfigError::ScsiId(id));
            }
            used |= 1 << id;
        }
        Ok(())
    }
}

/// Why no machine can be built from a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// A Plus cannot have that much RAM.
    RamSize(u32),
    /// The ROM image is longer than 128 KiB.
    RomTooLong(usize),
    /// The SCSI ID is above 6 or used twice.
    ScsiId(u8),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::RamSize(bytes) => write!(
                f,
                "a Macintosh Plus has 1, 2, 2.5 or 4 MiB of RAM, not {bytes} bytes"
            ),
            ConfigError::RomTooLong(bytes) => {
                write!(f, "a ROM of {bytes} bytes does not fit into 128 KiB")
            }
            ConfigError::ScsiId(id) => write!(f, "SCSI ID {id} is taken or not between 0 and 6"),
        }
    }
}

impl std::error::Error for ConfigError {}

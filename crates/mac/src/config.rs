use crate::{Model, Peripheral};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a machine is made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MacConfig {
    /// Which Macintosh.
    pub model: Model,
    /// RAM in bytes, one of [`Model::ram_sizes`].
    pub ram_bytes: u32,
    /// The ROM, at most [`Model::rom_bytes`] long; the rest is FF.
    pub rom: Vec<u8>,
    /// SCSI targets with their IDs, 0 to 6; the Macintosh itself is 7.
    pub targets: Vec<(u8, Peripheral)>,
    /// The number of the machine in the world: it marks the machine's trace records.
    pub machine: u8,
    /// Seconds since midnight, 1 January 1904, that the clock chip shows at time zero.
    pub clock_seconds: u32,
    /// Seed of the random streams of the machine's own devices: the keyboard and mouse on the Apple Desktop Bus.
    pub seed: u64,
    /// How long a SCSI access with handshake waits for DRQ before it ends with a bus error; without effect on a Plus.
    pub scsi_timeout: Ticks,
    /// Until when RESET is held: the devices have power, and no instruction begins before.
    pub reset_until: Ticks,
}

impl MacConfig {
    /// A Plus with this ROM, 4 MiB, nothing on the SCSI bus; the clock shows noon of 1 January 1990.
    pub fn new(rom: Vec<u8>) -> MacConfig {
        MacConfig::of(Model::Plus, rom)
    }

    /// As [`MacConfig::new`], another model.
    pub fn of(model: Model, rom: Vec<u8>) -> MacConfig {
        MacConfig {
            model,
            ram_bytes: 4 << 20,
            rom,
            targets: Vec::new(),
            machine: 0,
            clock_seconds: 2_714_040_000,
            seed: 0,
            scsi_timeout: model.scsi_timeout(),
            reset_until: Ticks::ZERO,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let model = self.model;
        if !model.ram_sizes().contains(&self.ram_bytes) {
            return Err(ConfigError::RamSize(model, self.ram_bytes));
        }
        if self.rom.len() > model.rom_bytes() {
            return Err(ConfigError::RomTooLong(model, self.rom.len()));
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
    /// This model cannot have that much RAM.
    RamSize(Model, u32),
    /// The ROM image is longer than the model's ROM.
    RomTooLong(Model, usize),
    /// The SCSI ID is above 6 or used twice.
    ScsiId(u8),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::RamSize(model, bytes) => {
                let sizes: Vec<String> = model
                    .ram_sizes()
                    .iter()
                    .map(|size| (size >> 10).to_string())
                    .collect();
                let sizes = sizes.join(", ");
                write!(f, "a {model} has {sizes} KiB of RAM, not {bytes} bytes")
            }
            ConfigError::RomTooLong(model, bytes) => {
                let room = model.rom_bytes() >> 10;
                write!(
                    f,
                    "a ROM of {bytes} bytes does not fit into the {room} KiB of a {model}"
                )
            }
            ConfigError::ScsiId(id) => write!(f, "SCSI ID {id} is taken or not between 0 and 6"),
        }
    }
}

impl std::error::Error for ConfigError {}

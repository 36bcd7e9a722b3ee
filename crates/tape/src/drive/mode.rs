//! Mode parameters (SCSI-2, 8.3.3 and 10.3.3).

use super::abilities::{Abilities, Feature};
use super::descriptor::operation;
use super::figures::Figures;
use super::sense::{Sense, code};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Medium type, of which no drive here tells any.
const MEDIUM_TYPE: u8 = 0;
/// In MODE SELECT: keep the density as it is (SCSI-2, 10.3.3, table 217).
const SAME_DENSITY: u8 = 0x7F;
const ERROR_RECOVERY: u8 = 0x01;
const DISCONNECT: u8 = 0x02;
const CONTROL: u8 = 0x0A;
const COMPRESSION: u8 = 0x0F;
const DEVICE_CONFIGURATION: u8 = 0x10;
const PARTITIONS: u8 = 0x11;
const ALL_PAGES: u8 = 0x3F;

/// The byte of the device configuration page with the bits below (SCSI-2, table 219).
pub(super) const CONFIGURATION_BITS: usize = 8;
const BLOCK_IDENTIFIERS: u8 = 0x40;
/// RSmk: setmarks end a READ or SPACE.
pub(super) const REPORT_SETMARKS: u8 = 0x20;
/// RBO: RECOVER BUFFERED DATA gives the last block first.
pub(super) const RECOVER_LAST_FIRST: u8 = 0x02;
/// REW: the early warning ends a READ.
pub(super) const REPORT_EARLY_WARNING: u8 = 0x01;

/// Page control (SCSI-2, table 58).
mod control {
    pub const CHANGEABLE: u8 = 1;
    pub const DEFAULT: u8 = 2;
    pub const SAVED: u8 = 3;
}

/// One set of values of the parameters that MODE SELECT changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Values {
    /// 0: GOOD when the blocks are on tape. 1, 2: when they are in the buffer; with 2 those of one initiator at a time.
    buffered: u8,
    /// Length of fixed blocks; 0 when blocks are of any length.
    block: u32,
    /// Each page from its first byte, PS left out.
    pages: BTreeMap<u8, Vec<u8>>,
}

/// The mode parameters: as they are, as they were at power-on, and as they were saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mode {
    current: Values,
    default: Values,
    saved: Values,
    changeable: BTreeMap<u8, Vec<u8>>,
    savable: bool,
    /// The figures that pages can change, as the profile has them.
    profile: Adjusted,
}

/// Figures of the drive that follow the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Adjusted {
    start_level: u64,
    read_level: u64,
    write_delay: clock::Ticks,
    read_retries: u64,
    write_retries: u64,
}

/// A page's values at power-on and the bits of it that can be changed.
fn page(code: u8, figures: &Figures, abilities: &Abilities) -> (Vec<u8>, Vec<u8>) {
    let len = match code {
        ERROR_RECOVERY => 12,
        CONTROL | PARTITIONS => 8,
        _ => 16,
    };
    let mut bytes = vec![0; len];
    let mut mask = vec![0; len];
    bytes[..2].copy_from_slice(&[code, len as u8 - 2]);
    match code {
        ERROR_RECOVERY => {
            bytes[3] = figures.read_retries.min(255) as u8;
            bytes[8] = figures.write_retries.min(255) as u8;
            mask[3] = 0xFF;
            mask[8] = 0xFF;
        }
        // Ratios of the buffer at which the drive reconnects; the drive chooses by time (`tape.disconnect`), and keeps them as they are set.
        DISCONNECT => mask[2..4].fill(0xFF),
        COMPRESSION => {
            // DCC, and DDE: what is compressed can be read.
            bytes[2] = 0x40;
            bytes[3] = 0x80;
            mask[2] = 0x80;
        }
        DEVICE_CONFIGURATION => {
            // Ratios in 1/256 of the buffer, the delay in tenths of a second.
            bytes[4] = ratio(figures.start_level, figures.buffer);
            bytes[5] = ratio(figures.read_level, figures.buffer);
            bytes[6..8].copy_from_slice(&tenths(figures.write_delay).to_be_bytes());
            mask[4..8].fill(0xFF);
            mask[CONFIGURATION_BITS] = REPORT_EARLY_WARNING;
            if abilities.executes(operation::RECOVER_BUFFERED_DATA) {
                mask[CONFIGURATION_BITS] |= RECOVER_LAST_FIRST;
            }
            if abilities.has(Feature::Setmarks) {
                mask[CONFIGURATION_BITS] |= REPORT_SETMARKS;
            }
            if abilities.executes(operation::LOCATE) {
                bytes[CONFIGURATION_BITS] |= BLOCK_IDENTIFIERS;
            }
            if abilities.has(Feature::WarningAfterWrite) {
                // EEG and SEW: the drive ends its data by itself, and empties its buffer at the early warning.
                bytes[10] = 0x18;
            }
        }
        _ => {}
    }
    if !abilities.has(Feature::ChangeablePages) {
        mask.fill(0);
    }
    (bytes, mask)
}

fn ratio(level: u64, buffer: u64) -> u8 {
    (level * 256 / buffer).min(255) as u8
}

fn tenths(time: clock::Ticks) -> u16 {
    (time.as_micros() / 100_000).min(0xFFFF) as u16
}

impl Mode {
    pub fn new(figures: &Figures, abilities: &Abilities) -> Mode {
        let pages = abilities
            .mode_pages
            .iter()
            .map(|&code| (code, page(code, figures, abilities)));
        let (mut values, mut changeable) = (BTreeMap::new(), BTreeMap::new());
        for (code, (bytes, mask)) in pages {
            values.insert(code, bytes);
            changeable.insert(code, mask);
        }
        let default = Values {
            buffered: figures.buffered_mode,
            block: figures.block as u32,
            pages: values,
        };
        Mode {
            current: default.clone(),
            saved: default.clone(),
            default,
            changeable,
            savable: abilities.has(Feature::SavedPages),
            profile: Adjusted {
                start_level: figures.start_level,
                read_level: figures.read_level,
                write_delay: figures.write_delay,
                read_retries: figures.read_retries,
                write_retries: figures.write_retries,
            },
        }
    }

    /// After a reset the values that were saved are in force.
    pub fn reset(&mut self, figures: &mut Figures) {
        self.current = self.saved.clone();
        self.adjust(figures);
    }

    pub fn buffered(&self) -> u8 {
        self.current.buffered
    }

    pub fn block(&self) -> u32 {
        self.current.block
    }

    /// A byte of the device configuration page; 0 when the drive has none.
    pub fn device_configuration(&self, at: usize) -> u8 {
        self.current
            .pages
            .get(&DEVICE_CONFIGURATION)
            .map_or(0, |page| page[at])
    }

    /// The answer to MODE SENSE (SCSI-2, 8.2.10 and 8.2.11), in the long form with `long`: `page` is byte 2 of the command, `write_protected` the
    /// state of the cartridge. Header and block descriptor are the current ones whatever the page control.
    ///
    /// # Errors
    /// Saved values where none are kept, and unknown pages, are illegal requests.
    pub fn sense(
        &self,
        figures: &Figures,
        long: bool,
        page: u8,
        no_descriptor: bool,
        write_protected: bool,
    ) -> Result<Vec<u8>, Sense> {
        let (control, page) = (page >> 6, page & 0x3F);
        if control == control::SAVED && !self.savable {
            return Err(Sense::illegal(code::NO_SAVED_PAGES));
        }
        let source = match control {
            control::CHANGEABLE => &self.changeable,
            control::DEFAULT => &self.default.pages,
            control::SAVED => &self.saved.pages,
            _ => &self.current.pages,
        };
        let wanted = |code: &u8| page == ALL_PAGES || *code == page;
        if ![0, ALL_PAGES].contains(&page) && !source.contains_key(&page) {
            return Err(Sense::illegal(code::FIELD_IN_CDB));
        }
        let device = (u8::from(write_protected) << 7) | (self.current.buffered << 4);
        let mut data = vec![MEDIUM_TYPE, device];
        let descriptor_length = if no_descriptor { 0 } else { 8 };
        data.extend(if long {
            vec![0, 0, 0, descriptor_length]
        } else {
            vec![descriptor_length]
        });
        if !no_descriptor {
            let [_, high, middle, low] = self.current.block.to_be_bytes();
            data.extend([figures.density, 0, 0, 0, 0, high, middle, low]);
        }
        for (code, bytes) in source.iter().filter(|(code, _)| wanted(code)) {
            let savable = if self.savable { 0x80 } else { 0 };
            data.extend([code | savable, bytes.len() as u8 - 2]);
            data.extend(&bytes[2..]);
        }
        // The length does not count itself.
        if long {
            let [high, low] = (data.len() as u16).to_be_bytes();
            data.splice(..0, [high, low]);
        } else {
            data.insert(0, data.len() as u8);
        }
        Ok(data)
    }

    /// Takes the parameter list of MODE SELECT (SCSI-2, 8.2.8 and 8.2.9); on an error nothing changes. With `save` the values are kept
    /// for after the next reset. Says whether anything has changed.
    ///
    /// # Errors
    /// A list that is cut short, and values that cannot be set, are illegal requests.
    pub fn select(
        &mut self,
        figures: &mut Figures,
        long: bool,
        save: bool,
        list: &[u8],
    ) -> Result<bool, Sense> {
        if list.is_empty() {
            return Ok(false);
        }
        let short = || Sense::illegal(code::LIST_LENGTH);
        let wrong = || Sense::illegal(code::FIELD_IN_LIST);
        // The mode data length is reserved in MODE SELECT; so are bytes 4 and 5 of the long header.
        let (header, rest) = list
            .split_at_checked(if long { 8 } else { 4 })
            .ok_or_else(short)?;
        let header = &header[if long { 2 } else { 1 }..];
        let descriptor_length = u16::from_be_bytes(if long {
            [header[4], header[5]]
        } else {
            [0, header[2]]
        });
        let mut values = self.current.clone();
        values.buffered = (header[1] >> 4) & 7;
        // The drive has one speed, the default one: 0.
        if header[0] != MEDIUM_TYPE || values.buffered > 2 || header[1] & 0x0F != 0 {
            return Err(wrong());
        }
        let mut pages = match descriptor_length {
            0 => rest,
            8 => {
                let (descriptor, pages) = rest.split_at_checked(8).ok_or_else(short)?;
                values.block = u32::from_be_bytes([0, descriptor[5], descriptor[6], descriptor[7]]);
                let density = [0, SAME_DENSITY, figures.density].contains(&descriptor[0]);
                if !density || !block_allowed(values.block, figures) {
                    return Err(wrong());
                }
                pages
            }
            _ => return Err(wrong()),
        };
        while !pages.is_empty() {
            // PS is reserved here; hosts send back what they were given.
            let code = pages[0] & 0x7F;
            let current = values.pages.get_mut(&code).ok_or_else(wrong)?;
            let mask = &self.changeable[&code];
            let (page, more) = pages.split_at_checked(current.len()).ok_or_else(short)?;
            let kept = (1..page.len()).all(|at| (page[at] ^ current[at]) & !mask[at] == 0);
            if !kept {
                return Err(wrong());
            }
            current[1..].copy_from_slice(&page[1..]);
            pages = more;
        }
        let changed = self.current != values;
        self.current = values;
        if save {
            self.saved = self.current.clone();
        }
        self.adjust(figures);
        Ok(changed)
    }

    /// Makes the drive's figures follow the pages. A byte that is as it was at power-on leaves the profile's figure, which may be finer.
    fn adjust(&self, figures: &mut Figures) {
        let bytes = |code: u8, at: usize, len: usize| {
            let now = &self.current.pages.get(&code)?[at..at + len];
            (now != &self.default.pages[&code][at..at + len])
                .then(|| super::descriptor::number(now))
        };
        let profile = &self.profile;
        let level = |byte: u32| u64::from(byte) * figures.buffer / 256;
        let start = bytes(DEVICE_CONFIGURATION, 4, 1)
            .map_or(profile.start_level, |byte| level(byte).max(1));
        let read = bytes(DEVICE_CONFIGURATION, 5, 1).map_or(profile.read_level, level);
        figures.start_level = start;
        figures.read_level = read;
        figures.write_delay = bytes(DEVICE_CONFIGURATION, 6, 2)
            .map_or(profile.write_delay, |tenths| {
                clock::Ticks::from_millis(u64::from(tenths) * 100)
            });
        figures.read_retries = bytes(ERROR_RECOVERY, 3, 1).map_or(profile.read_retries, u64::from);
        figures.write_retries =
            bytes(ERROR_RECOVERY, 8, 1).map_or(profile.write_retries, u64::from);
    }
}

fn block_allowed(block: u32, figures: &Figures) -> bool {
    block as usize == figures.block
        || (figures.variable_blocks && u64::from(block) <= figures.longest())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::Profile;

    fn viper() -> (Figures, Mode) {
        let profile = Profile::viper_150();
        let figures = profile.figures().unwrap();
        let mode = Mode::new(&figures, &profile.abilities().unwrap());
        (figures, mode)
    }

    #[test]
    fn mode_sense_reports_density_block_length_and_protection() {
        let (figures, mode) = viper();
        let sense = |page, no_descriptor, protected| {
            mode.sense(&figures, false, page, no_descriptor, protected)
        };
        assert_eq!(
            sense(0, false, true).unwrap(),
            [11, 0, 0x90, 8, 0x10, 0, 0, 0, 0, 0, 2, 0]
        );
        assert_eq!(sense(0x3F, true, false).unwrap().len(), 4 + 2 * 16);
        assert_eq!(
            sense(0x10, true, false).unwrap()[4..12],
            [0x10, 14, 0, 0, 96, 128, 0, 10]
        );
        assert_eq!(
            sense(0xC0, false, false),
            Err(Sense::illegal(code::NO_SAVED_PAGES))
        );
        assert_eq!(
            sense(0x01, false, false),
            Err(Sense::illegal(code::FIELD_IN_CDB))
        );
    }

    #[test]
    fn mode_select_takes_what_mode_sense_gave_and_refuses_the_rest() {
        let (mut figures, mut mode) = viper();
        let mut list = mode.sense(&figures, false, 0x3F, false, false).unwrap();
        list[2] = 0;
        assert_eq!(mode.select(&mut figures, false, false, &list), Ok(true));
        assert_eq!(mode.buffered(), 0);
        let before = mode.clone();
        for (at, byte, error) in [
            (1, 1, code::FIELD_IN_LIST),
            (2, 0x30, code::FIELD_IN_LIST),
            (3, 7, code::FIELD_IN_LIST),
            (4, 0x0F, code::FIELD_IN_LIST),
            (10, 4, code::FIELD_IN_LIST),
            (12, 0x01, code::FIELD_IN_LIST),
            (20, 9, code::FIELD_IN_LIST),
        ] {
            let mut wrong = list.clone();
            wrong[at] = byte;
            assert_eq!(
                mode.select(&mut figures, false, false, &wrong),
                Err(Sense::illegal(error)),
                "byte {at}"
            );
        }
        for len in [3, 10, 20] {
            assert_eq!(
                mode.select(&mut figures, false, false, &list[..len]),
                Err(Sense::illegal(code::LIST_LENGTH))
            );
        }
        assert_eq!(mode, before);
        assert_eq!(mode.select(&mut figures, false, false, &[]), Ok(false));
    }
}

//! MODE SENSE and MODE SELECT parameters (SCSI-2, 8.2.8 to 8.2.11, 9.3.3).

use super::figures::{Feature, Figures};
use super::image::BLOCK;
use super::sense::{Code, code};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Pages a profile may name.
pub(super) const PAGES: [(&str, u8); 6] = [
    ("01", RECOVERY),
    ("02", DISCONNECT),
    ("03", FORMAT),
    ("04", GEOMETRY),
    ("08", CACHING),
    ("30", APPLE),
];
const RECOVERY: u8 = 0x01;
const DISCONNECT: u8 = 0x02;
const FORMAT: u8 = 0x03;
const GEOMETRY: u8 = 0x04;
const CACHING: u8 = 0x08;
/// A vendor's page by which Apple's formatting program knows a drive that Apple has sold. Emulators agree on the text; how long the page was is
/// not documented.
const APPLE: u8 = 0x30;
const ALL_PAGES: u8 = 0x3F;

/// Bits of the error recovery page (SCSI-2, table 155).
const RELOCATE_ON_READ: u8 = 0x40;
const TRANSFER_BLOCK: u8 = 0x20;
const REPORT_RECOVERED: u8 = 0x04;
const STOP_ON_ERROR: u8 = 0x02;

/// Page control (SCSI-2, table 58).
mod control {
    pub const CHANGEABLE: u8 = 1;
    pub const DEFAULT: u8 = 2;
    pub const SAVED: u8 = 3;
}

/// Pages by code, each from its first byte, PS left out.
type Pages = BTreeMap<u8, Vec<u8>>;

/// The mode parameters: as they are, as they were at power-on, and as they were saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mode {
    current: Pages,
    default: Pages,
    saved: Pages,
    changeable: Pages,
    savable: bool,
    blocks: u32,
}

/// A page's values at power-on and the bits of it that can be changed.
fn page(code: u8, figures: &Figures) -> (Vec<u8>, Vec<u8>) {
    let scsi_2 = figures.ansi_version >= 2;
    let length = match code {
        RECOVERY if scsi_2 => 10,
        RECOVERY => 6,
        DISCONNECT if scsi_2 => 14,
        DISCONNECT | CACHING => 10,
        FORMAT | APPLE => 22,
        GEOMETRY if scsi_2 => 22,
        _ => 18,
    };
    let mut bytes = vec![0; 2 + length];
    let mut mask = vec![0; 2 + length];
    bytes[..2].copy_from_slice(&[code, length as u8]);
    match code {
        RECOVERY => {
            bytes[3] = figures.read_retries;
            mask[2] = RELOCATE_ON_READ | TRANSFER_BLOCK | REPORT_RECOVERED | STOP_ON_ERROR;
            mask[3] = 0xFF;
        }
        // Ratios of the buffer at which the drive reconnects; the drive chooses by time (`disk.disconnect`), and keeps them as they are set.
        DISCONNECT => mask[2..4].fill(0xFF),
        FORMAT => {
            bytes[3] = figures.heads as u8;
            bytes[10..12].copy_from_slice(&(figures.sectors as u16).to_be_bytes());
            bytes[12..14].copy_from_slice(&(BLOCK as u16).to_be_bytes());
            bytes[14..16].copy_from_slice(&(figures.interleave as u16).to_be_bytes());
            // HSEC: sectors are found by their headers.
            bytes[20] = 0x40;
        }
        GEOMETRY => {
            bytes[2..5].copy_from_slice(&figures.cylinders.to_be_bytes()[1..]);
            bytes[5] = figures.heads as u8;
            if scsi_2 {
                bytes[20..22].copy_from_slice(&(figures.rpm as u16).to_be_bytes());
            }
        }
        // RCD: nothing is kept for a later command; WCE off: a write ends when the blocks are on the disk.
        CACHING => bytes[2] = 0x01,
        _ => bytes[2..].copy_from_slice(b"APPLE COMPUTER, INC   "),
    }
    if !figures.has(Feature::ChangeablePages) {
        mask.fill(0);
    }
    (bytes, mask)
}

impl Mode {
    pub fn new(figures: &Figures, blocks: u32) -> Mode {
        let (mut default, mut changeable) = (Pages::new(), Pages::new());
        for &code in &figures.mode_pages {
            let (bytes, mask) = page(code, figures);
            default.insert(code, bytes);
            changeable.insert(code, mask);
        }
        Mode {
            current: default.clone(),
            saved: default.clone(),
            default,
            changeable,
            savable: figures.has(Feature::SavedPages),
            blocks,
        }
    }

    /// After a reset the values that were saved are in force.
    pub fn reset(&mut self) {
        self.current = self.saved.clone();
    }

    /// How often a block is tried again.
    pub fn read_retries(&self) -> u8 {
        self.current.get(&RECOVERY).map_or(0, |page| page[3])
    }

    fn recovery(&self, bit: u8) -> bool {
        self.current
            .get(&RECOVERY)
            .is_some_and(|page| page[2] & bit != 0)
    }

    /// ARRE: a block that was read with retries is moved to a spare.
    pub fn relocates(&self) -> bool {
        self.recovery(RELOCATE_ON_READ)
    }

    /// TB: a block that cannot be read is given as far as it was read.
    pub fn transfers_bad_block(&self) -> bool {
        self.recovery(TRANSFER_BLOCK)
    }

    /// PER: a block that was read with retries is told of.
    pub fn reports_recovered(&self) -> bool {
        self.recovery(REPORT_RECOVERED)
    }

    /// DTE: a transfer ends behind a block that was read with retries.
    pub fn stops_on_error(&self) -> bool {
        self.recovery(STOP_ON_ERROR)
    }

    pub fn is_savable(&self) -> bool {
        self.savable
    }

    /// The answer to MODE SENSE, in the long form with `long`; `page` is byte 2 of the command.
    ///
    /// # Errors
    /// Saved values where none are kept, and unknown pages, are illegal requests.
    pub fn sense(&self, long: bool, page: u8, no_descriptor: bool) -> Result<Vec<u8>, Code> {
        let (control, page) = (page >> 6, page & 0x3F);
        if control == control::SAVED && !self.savable {
            return Err(code::NO_SAVED_PAGES);
        }
        let source = match control {
            control::CHANGEABLE => &self.changeable,
            control::DEFAULT => &self.default,
            control::SAVED => &self.saved,
            _ => &self.current,
        };
        if ![0, ALL_PAGES].contains(&page) && !source.contains_key(&page) {
            return Err(code::FIELD_IN_CDB);
        }
        // Medium type and device-specific parameter: the default medium, not write protected.
        let mut data = vec![0, 0];
        let descriptor = if no_descriptor { 0 } else { 8 };
        data.extend(if long {
            vec![0, 0, 0, descriptor]
        } else {
            vec![descriptor]
        });
        if !no_descriptor {
            data.push(0);
            data.extend(&self.blocks.to_be_bytes()[1..]);
            data.push(0);
            data.extend(&(BLOCK as u32).to_be_bytes()[1..]);
        }
        for (code, bytes) in source {
            if page == ALL_PAGES || page == *code {
                let savable = if self.savable { 0x80 } else { 0 };
                data.extend([code | savable, bytes.len() as u8 - 2]);
                data.extend(&bytes[2..]);
            }
        }
        // The length does not count itself.
        if long {
            data.splice(..0, (data.len() as u16).to_be_bytes());
        } else {
            data.insert(0, data.len() as u8);
        }
        Ok(data)
    }

    /// Takes the parameter list of MODE SELECT; on an error nothing changes. With `save` the values are kept for after the next reset. Says
    /// whether anything has changed.
    ///
    /// # Errors
    /// A list that is cut short, and values that cannot be set, are illegal requests.
    pub fn select(&mut self, long: bool, save: bool, list: &[u8]) -> Result<bool, Code> {
        if list.is_empty() {
            return Ok(false);
        }
        let (header, rest) = list
            .split_at_checked(if long { 8 } else { 4 })
            .ok_or(code::LIST_LENGTH)?;
        // The mode data length is reserved in MODE SELECT. The medium type and the device-specific parameter have one value.
        let (fixed, descriptor) = if long {
            (&header[2..4], u16::from_be_bytes([header[6], header[7]]))
        } else {
            (&header[1..3], u16::from(header[3]))
        };
        if fixed != [0, 0] {
            return Err(code::FIELD_IN_LIST);
        }
        let mut pages = match descriptor {
            0 => rest,
            8 => {
                let (block, pages) = rest.split_at_checked(8).ok_or(code::LIST_LENGTH)?;
                let [density, b, c, d, _, length @ ..] = block else {
                    return Err(code::LIST_LENGTH);
                };
                let count = u32::from_be_bytes([0, *b, *c, *d]);
                let length = length
                    .iter()
                    .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
                let known = *density == 0
                    && [0, self.blocks].contains(&count)
                    && [0, BLOCK].contains(&length);
                if !known {
                    return Err(code::FIELD_IN_LIST);
                }
                pages
            }
            _ => return Err(code::FIELD_IN_LIST),
        };
        let mut values = self.current.clone();
        while !pages.is_empty() {
            // PS is reserved here; hosts send back what they were given.
            let code = pages[0] & 0x7F;
            let current = values.get_mut(&code).ok_or(code::FIELD_IN_LIST)?;
            let mask = &self.changeable[&code];
            let (page, more) = pages
                .split_at_checked(current.len())
                .ok_or(code::LIST_LENGTH)?;
            let kept = (1..page.len()).all(|at| (page[at] ^ current[at]) & !mask[at] == 0);
            if !kept {
                return Err(code::FIELD_IN_LIST);
            }
            current[1..].copy_from_slice(&page[1..]);
            pages = more;
        }
        let changed = self.current != values;
        self.current = values;
        if save {
            self.saved = self.current.clone();
        }
        Ok(changed)
    }
}

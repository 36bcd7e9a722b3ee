use super::figures::Figures;
use super::sense::{Sense, code};
use serde::{Deserialize, Serialize};

/// Medium type, for which a streaming cartridge drive knows no values.
const MEDIUM_TYPE: u8 = 0;
/// In MODE SELECT: keep the density as it is (SCSI-2, 10.3.3, table 217).
const SAME_DENSITY: u8 = 0x7F;
const DISCONNECT_PAGE: u8 = 0x02;
const DEVICE_PAGE: u8 = 0x10;
const ALL_PAGES: u8 = 0x3F;
/// Both pages: code, length, 14 bytes.
const PAGE_LENGTH: usize = 16;

/// The parameters that MODE SELECT changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mode {
    /// 0: GOOD when the blocks are on tape. 1, 2: when they are in the buffer; 2 tells initiators apart, which this drive has no need to.
    pub buffered: u8,
    /// Length of fixed blocks; 0 when blocks are of any length.
    pub block: u32,
}

impl Mode {
    pub fn new(figures: &Figures) -> Mode {
        Mode {
            buffered: figures.buffered_mode,
            block: figures.block as u32,
        }
    }

    /// The answer to MODE SENSE(6) (SCSI-2, 8.2.10): `page` is byte 2 of the command, `write_protected` the state of the cartridge.
    ///
    /// # Errors
    /// Saved values and unknown pages are illegal requests.
    pub fn sense(
        &self,
        figures: &Figures,
        page: u8,
        no_descriptor: bool,
        write_protected: bool,
    ) -> Result<Vec<u8>, Sense> {
        let control = page >> 6;
        if control == 3 {
            return Err(Sense::illegal(code::NO_SAVED_PAGES));
        }
        let changeable = control == 1;
        let pages: &[u8] = match page & 0x3F {
            0 => &[],
            DISCONNECT_PAGE => &[DISCONNECT_PAGE],
            DEVICE_PAGE => &[DEVICE_PAGE],
            ALL_PAGES => &[DISCONNECT_PAGE, DEVICE_PAGE],
            _ => return Err(Sense::illegal(code::FIELD_IN_CDB)),
        };
        let device = (u8::from(write_protected) << 7) | (self.buffered << 4);
        let mut data = vec![
            0,
            MEDIUM_TYPE,
            if changeable { 0x70 } else { device },
            if no_descriptor { 0 } else { 8 },
        ];
        if !no_descriptor {
            let [_, high, middle, low] = self.block.to_be_bytes();
            data.extend([figures.density, 0, 0, 0, 0, high, middle, low]);
        }
        for &page in pages {
            // Nothing on the pages can be changed.
            let mut bytes = if changeable {
                [0; PAGE_LENGTH]
            } else {
                self.page(figures, page)
            };
            bytes[..2].copy_from_slice(&[page, PAGE_LENGTH as u8 - 2]);
            data.extend(bytes);
        }
        data[0] = data.len() as u8 - 1;
        Ok(data)
    }

    fn page(&self, figures: &Figures, page: u8) -> [u8; PAGE_LENGTH] {
        let mut bytes = [0; PAGE_LENGTH];
        bytes[..2].copy_from_slice(&[page, PAGE_LENGTH as u8 - 2]);
        if page == DEVICE_PAGE {
            // SCSI-2, 10.3.3.1: ratios in 1/256 of the buffer, the delay in tenths of a second.
            let ratio = |level: u64| (level * 256 / figures.buffer).min(255) as u8;
            bytes[4] = ratio(figures.start_level);
            bytes[5] = ratio(figures.read_level);
            let tenths = (figures.write_delay.as_micros() / 100_000).min(0xFFFF) as u16;
            bytes[6..8].copy_from_slice(&tenths.to_be_bytes());
        }
        bytes
    }

    /// Takes the parameter list of MODE SELECT(6) (SCSI-2, 8.2.8); on an error nothing changes.
    ///
    /// # Errors
    /// A list that is cut short, and values that cannot be set, are illegal requests.
    pub fn select(&mut self, figures: &Figures, list: &[u8]) -> Result<(), Sense> {
        if list.is_empty() {
            return Ok(());
        }
        let short = Sense::illegal(code::LIST_LENGTH);
        let wrong = Sense::illegal(code::FIELD_IN_LIST);
        let [_, medium_type, device, descriptor_length, rest @ ..] = list else {
            return Err(short);
        };
        let mut mode = Mode {
            buffered: (device >> 4) & 7,
            ..*self
        };
        if *medium_type != MEDIUM_TYPE || mode.buffered > 2 || device & 0x0F != 0 {
            return Err(wrong);
        }
        let mut pages = match descriptor_length {
            0 => rest,
            8 => {
                let Some((descriptor, pages)) = rest.split_at_checked(8) else {
                    return Err(short);
                };
                mode.block = u32::from_be_bytes([0, descriptor[5], descriptor[6], descriptor[7]]);
                let density = [0, SAME_DENSITY, figures.density].contains(&descriptor[0]);
                if !density || !mode.block_allowed(figures) {
                    return Err(wrong);
                }
                pages
            }
            _ => return Err(wrong),
        };
        while !pages.is_empty() {
            let Some((page, more)) = pages.split_at_checked(PAGE_LENGTH) else {
                return Err(short);
            };
            let number = page[0] & 0x3F;
            if ![DISCONNECT_PAGE, DEVICE_PAGE].contains(&number)
                || page[1..] != self.page(figures, number)[1..]
            {
                return Err(wrong);
            }
            pages = more;
        }
        *self = mode;
        Ok(())
    }

    fn block_allowed(&self, figures: &Figures) -> bool {
        self.block as usize == figures.block
            || (figures.variable_blocks && u64::from(self.block) <= figures.longest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::Profile;

    fn figures() -> Figures {
        Profile::viper_150().figures().unwrap()
    }

    #[test]
    fn mode_sense_reports_density_block_length_and_protection() {
        let figures = figures();
        let mode = Mode::new(&figures);
        let data = mode.sense(&figures, 0, false, true).unwrap();
        assert_eq!(data, [11, 0, 0x90, 8, 0x10, 0, 0, 0, 0, 0, 2, 0]);
        assert_eq!(
            mode.sense(&figures, 0x3F, true, false).unwrap().len(),
            4 + 2 * PAGE_LENGTH
        );
        assert_eq!(
            mode.sense(&figures, 0x10, true, false).unwrap()[4..12],
            [0x10, 14, 0, 0, 96, 128, 0, 10]
        );
        assert_eq!(
            mode.sense(&figures, 0xC0, false, false),
            Err(Sense::illegal(code::NO_SAVED_PAGES))
        );
        assert_eq!(
            mode.sense(&figures, 0x01, false, false),
            Err(Sense::illegal(code::FIELD_IN_CDB))
        );
    }

    #[test]
    fn mode_select_takes_what_mode_sense_gave_and_refuses_the_rest() {
        let figures = figures();
        let mut mode = Mode::new(&figures);
        let mut list = mode.sense(&figures, 0x3F, false, false).unwrap();
        list[2] = 0;
        mode.select(&figures, &list).unwrap();
        assert_eq!(mode.buffered, 0);
        let before = mode;
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
                mode.select(&figures, &wrong),
                Err(Sense::illegal(error)),
                "byte {at}"
            );
        }
        for len in [3, 10, 20] {
            assert_eq!(
                mode.select(&figures, &list[..len]),
                Err(Sense::illegal(code::LIST_LENGTH))
            );
        }
        assert_eq!(mode, before);
        assert_eq!(mode.select(&figures, &[]), Ok(()));
    }
}

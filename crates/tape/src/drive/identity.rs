use super::abilities::Feature;
use super::commands::Activity;
use super::descriptor::{self, number, operation};
use super::figures::Figures;
use super::sense::{Sense, code, key};
use super::{Drive, mechanics::Motion};
use scsi::Status;

/// INQUIRY's standard data (SCSI-2, 8.2.5): 5 bytes and the 31 that follow.
const INQUIRY_LENGTH: usize = 36;
/// Peripheral qualifier 3, device type 1Fh: no such logical unit.
const NO_UNIT: u8 = 0x7F;
const SEQUENTIAL_ACCESS: u8 = 0x01;
const REMOVABLE: u8 = 0x80;
/// Pages of vital product data (SCSI-2, 8.3.4).
const SUPPORTED_PAGES: u8 = 0x00;
const SERIAL_NUMBER: u8 = 0x80;
/// Blanks: the number is not available (8.3.4.5).
const SERIAL: &[u8] = b"        ";

impl Figures {
    /// The longest block that can be written or read.
    pub(super) fn longest(&self) -> u64 {
        if self.variable_blocks {
            self.longest
        } else {
            self.block as u64
        }
    }

    fn inquiry(&self, lun: u8) -> [u8; INQUIRY_LENGTH] {
        let mut data = [0; INQUIRY_LENGTH];
        data[0] = if lun == 0 { SEQUENTIAL_ACCESS } else { NO_UNIT };
        data[1] = REMOVABLE;
        data[2] = self.ansi_version;
        // Response data format: 1 is that of the common command set, which came before SCSI-2.
        data[3] = self.ansi_version;
        data[4] = INQUIRY_LENGTH as u8 - 5;
        data[8..16].copy_from_slice(&self.vendor);
        data[16..32].copy_from_slice(&self.product);
        data[32..36].copy_from_slice(&self.revision);
        data
    }
}

/// Commands that say what the drive is and how it is.
impl Drive {
    /// INQUIRY. Vital product data are of SCSI-2 (8.3.4): the list of pages, and a serial number.
    pub(super) fn inquiry(&mut self, lun: u8, cdb: &[u8]) -> Activity {
        let vital = cdb[1] & 1 != 0;
        let well_formed =
            descriptor::format(cdb[0]).is_some_and(|format| format.wrong_with(cdb).is_none());
        let data = match (vital, cdb[2]) {
            (false, 0) => self.transport.figures.inquiry(lun).to_vec(),
            (true, page @ (SUPPORTED_PAGES | SERIAL_NUMBER))
                if self.abilities.has(Feature::VitalProductData) =>
            {
                let content: &[u8] = if page == SERIAL_NUMBER {
                    SERIAL
                } else {
                    &[SUPPORTED_PAGES, SERIAL_NUMBER]
                };
                let device = self.transport.figures.inquiry(lun)[0];
                [&[device, page, 0, content.len() as u8], content].concat()
            }
            _ => return self.check(Sense::illegal(code::FIELD_IN_CDB)),
        };
        if !well_formed {
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
        }
        Activity::send(&data, usize::from(cdb[4]))
    }

    /// Why commands that need the tape cannot be executed now.
    pub(super) fn unready(&self) -> Option<Sense> {
        let code = match self.transport.motion {
            Motion::Empty => code::NO_MEDIUM,
            Motion::Unloaded => code::NEEDS_LOAD,
            Motion::Moving { loading: true, .. } => code::BECOMING_READY,
            _ => return None,
        };
        Some(Sense::new(key::NOT_READY, code))
    }

    /// Unlike other commands, which wait for a motion that was started with IMMED, TEST UNIT READY reports it: that is how a host waits
    /// for its end without holding the bus.
    pub(super) fn test_unit_ready(&mut self) -> Activity {
        if self.transport.travelling() {
            return self.check(Sense::new(key::NOT_READY, code::BECOMING_READY));
        }
        Activity::Done(Status::Good)
    }

    pub(super) fn block_limits(&self) -> Activity {
        let figures = &self.transport.figures;
        let [high, middle, low] = match figures.longest().to_be_bytes() {
            [.., high, middle, low] => [high, middle, low],
        };
        let shortest = if figures.variable_blocks {
            [0, 1]
        } else {
            [middle, low]
        };
        Activity::send(&[0, high, middle, low, shortest[0], shortest[1]], 6)
    }

    /// MODE SENSE(6) and (10).
    pub(super) fn mode_sense(&mut self, cdb: &[u8]) -> Activity {
        let long = cdb[0] == operation::MODE_SENSE_10;
        let length = if long {
            number(&cdb[7..9])
        } else {
            cdb[4].into()
        };
        let data = self.mode.sense(
            &self.transport.figures,
            long,
            cdb[2],
            cdb[1] & 0x08 != 0,
            self.write_protected(),
        );
        match data {
            Ok(data) => Activity::send(&data, length as usize),
            Err(sense) => self.check(sense),
        }
    }

    /// The parameter list of MODE SELECT(6) or (10). The other initiators are told of a change (SCSI-2, 8.2.8).
    pub(super) fn mode_select(&mut self, cdb: &[u8], list: &[u8]) -> Result<(), Sense> {
        let long = cdb[0] == operation::MODE_SELECT_10;
        let figures = &mut self.transport.figures;
        if self.mode.select(figures, long, cdb[1] & 1 != 0, list)? {
            self.attend_others(code::MODE_CHANGED);
        }
        Ok(())
    }
}

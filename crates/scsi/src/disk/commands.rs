//! Commands: their order of checks, and those that neither move blocks nor deal with defects (SCSI-2, 8.2, 9.2).

use super::Disk;
use super::descriptor::{self, number, operation::*};
use super::figures::Feature;
use super::image::BLOCK;
use super::sense::{Code, Sense, code};
use crate::{Cdb, Status};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// What the command in progress is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Job {
    /// Nothing.
    Idle,
    /// Ends with this status.
    End(Status),
    /// Sends the bytes in `bytes`, then ends with this status.
    Reply(Status),
    /// Takes a parameter list of this length into `bytes`.
    Parameters(u32),
    /// Sends blocks.
    Read,
    /// Takes blocks and writes them.
    Write,
    /// Takes blocks and compares them.
    Compare,
    /// Passes over blocks without data.
    Verify,
}

/// Peripheral qualifier 3, device type 1Fh: no such logical unit.
const NO_UNIT: u8 = 0x7F;
/// Pages of vital product data (SCSI-2, 8.3.4).
const SUPPORTED_PAGES: u8 = 0x00;
const SERIAL_NUMBER: u8 = 0x80;
/// Blanks: the number is not available (8.3.4.5).
const SERIAL: &[u8] = b"        ";

impl Disk {
    pub(super) fn fail(&mut self, sense: impl Into<Sense>) -> Job {
        self.nexus().sense = sense.into();
        Job::End(Status::CheckCondition)
    }

    pub(super) fn reply(&mut self, data: &[u8], allocation: usize) -> Job {
        self.bytes.clear();
        self.bytes
            .extend_from_slice(&data[..data.len().min(allocation)]);
        if self.bytes.is_empty() {
            Job::End(Status::Good)
        } else {
            Job::Reply(Status::Good)
        }
    }

    pub(super) fn parameters(&mut self, now: Ticks, length: u32) -> Job {
        self.bytes.clear();
        if length == 0 {
            self.parameters_taken(now)
        } else {
            Job::Parameters(length)
        }
    }

    /// Decodes a command. Time passes only through `self.ready`. The order of the checks: what is always answered, who may, what must be told
    /// first, what is wrong with the command, what the drive is not ready for.
    pub(super) fn execute(&mut self, now: Ticks, lun: u8, cdb: &Cdb) -> Job {
        let c = cdb.bytes();
        let format = descriptor::find(c[0]).filter(|_| self.figures.executes(c[0]));
        let wrong = format.map_or(Some(code::OPERATION), |format| {
            format.wrong_with(c, self.figures.ansi_version)
        });
        if c[0] == REQUEST_SENSE {
            return match wrong {
                Some(code) => self.fail(code),
                None => self.request_sense(lun, c),
            };
        }
        self.nexus().sense = Sense::default();
        if c[0] == INQUIRY {
            return match wrong {
                Some(code) => self.fail(code),
                None => self.inquiry(lun, c),
            };
        }
        if lun != 0 {
            return self.fail(code::UNIT);
        }
        if self.conflicts(c) {
            return Job::End(Status::ReservationConflict);
        }
        if let Some(code) = self.nexus().take_attention() {
            return self.fail(code);
        }
        if let Some(code) = wrong {
            return self.fail(code);
        }
        if format.is_some_and(|format| format.medium)
            && let Some(code) = self.unready(now)
        {
            return self.fail(code);
        }
        self.dispatch(now, c)
    }

    fn dispatch(&mut self, now: Ticks, c: &[u8]) -> Job {
        let address = match c.len() {
            6 => (
                number(&c[1..4]) & 0x1F_FFFF,
                if c[4] == 0 { 256 } else { u32::from(c[4]) },
            ),
            _ => (number(&c[2..6]), number(&c[7..9])),
        };
        let compare = c[1] & 2 != 0;
        match c[0] {
            TEST_UNIT_READY => Job::End(Status::Good),
            REZERO_UNIT => self.seek(0),
            SEEK | SEEK_10 => self.seek(address.0),
            READ | READ_10 => self.blocks(Job::Read, address, false),
            WRITE | WRITE_10 => self.blocks(Job::Write, address, false),
            // With BytChk the blocks would be compared with the data that were just written: reading them back is the same.
            WRITE_AND_VERIFY => self.blocks(Job::Write, address, true),
            VERIFY if compare => self.blocks(Job::Compare, address, false),
            VERIFY => self.blocks(Job::Verify, address, false),
            // Writes end when the blocks are on the disk: there is never anything to be written.
            SYNCHRONIZE_CACHE => self.synchronize(address),
            READ_CAPACITY => self.read_capacity(c, address.0),
            FORMAT_UNIT => self.begin_format(now, c),
            REASSIGN_BLOCKS => self.parameters(now, 4),
            READ_DEFECT_DATA => self.read_defect_data(c),
            READ_LONG | WRITE_LONG => self.begin_long(now, c),
            MODE_SENSE | MODE_SENSE_10 => self.mode_sense(c),
            MODE_SELECT | MODE_SELECT_10 if c[1] & 1 != 0 && !self.mode.is_savable() => {
                self.fail(code::FIELD_IN_CDB)
            }
            MODE_SELECT => self.parameters(now, u32::from(c[4])),
            MODE_SELECT_10 => self.parameters(now, address.1),
            RESERVE | RELEASE => self.reserve(c),
            START_STOP_UNIT => self.start_stop(now, c),
            SEND_DIAGNOSTIC => self.begin_diagnostic(now, c),
            RECEIVE_DIAGNOSTIC_RESULTS => self.diagnostic_results(c),
            WRITE_BUFFER => self.begin_write_buffer(now, c),
            READ_BUFFER => self.read_buffer(c),
            _ => self.fail(code::OPERATION),
        }
    }

    /// A parameter list, or the header of one, is complete.
    pub(super) fn parameters_taken(&mut self, now: Ticks) -> Job {
        let cdb = self.cdb;
        match cdb.operation() {
            FORMAT_UNIT => return self.format_list(now),
            REASSIGN_BLOCKS => return self.reassign_list(now),
            _ => {}
        }
        let list = std::mem::take(&mut self.bytes);
        let outcome = match cdb.operation() {
            MODE_SELECT | MODE_SELECT_10 => self.mode_select(&list),
            WRITE_BUFFER => self.write_buffer(&list),
            WRITE_LONG => {
                self.write_long(&list);
                Ok(())
            }
            _ => Disk::diagnostic_list(&list),
        };
        match outcome {
            Ok(()) => Job::End(Status::Good),
            Err(code) => self.fail(code),
        }
    }

    /// Why commands that need the disk cannot be executed now.
    fn unready(&self, now: Ticks) -> Option<Code> {
        if !self.spinning {
            Some(code::STOPPED)
        } else if now < self.turns_from {
            Some(code::BECOMING_READY)
        } else if self.mechanics.is_stuck(now) {
            Some(code::POSITIONING)
        } else {
            None
        }
    }

    /// INQUIRY (SCSI-2, 8.2.5). Vital product data are of SCSI-2 (8.3.4): the list of pages, and a serial number.
    fn inquiry(&mut self, lun: u8, c: &[u8]) -> Job {
        let kind = if lun == 0 { 0 } else { NO_UNIT };
        let figures = &self.figures;
        let version = figures.ansi_version;
        let data = match (c[1] & 1 != 0, c[2]) {
            (false, 0) => [
                // Response data format: 1 is that of the common command set, which came before SCSI-2.
                &[kind, 0, version, version, 31, 0, 0, 0][..],
                &figures.vendor,
                &figures.product,
                &figures.revision,
            ]
            .concat(),
            (true, page @ (SUPPORTED_PAGES | SERIAL_NUMBER))
                if figures.has(Feature::VitalProductData) =>
            {
                let content: &[u8] = if page == SERIAL_NUMBER {
                    SERIAL
                } else {
                    &[SUPPORTED_PAGES, SERIAL_NUMBER]
                };
                [&[kind, page, 0, content.len() as u8], content].concat()
            }
            _ => return self.fail(code::FIELD_IN_CDB),
        };
        self.reply(&data, usize::from(c[4]))
    }

    /// MODE SENSE(6) and (10).
    fn mode_sense(&mut self, c: &[u8]) -> Job {
        let long = c[0] == MODE_SENSE_10;
        let allocation = if long { number(&c[7..9]) } else { c[4].into() };
        match self.mode.sense(long, c[2], c[1] & 8 != 0) {
            Ok(data) => self.reply(&data, allocation as usize),
            Err(code) => self.fail(code),
        }
    }

    /// The parameter list of MODE SELECT(6) or (10). The other initiators are told of a change (SCSI-2, 8.2.8).
    fn mode_select(&mut self, list: &[u8]) -> Result<(), Code> {
        let long = self.cdb.operation() == MODE_SELECT_10;
        let save = self.cdb.bytes()[1] & 1 != 0;
        if self.mode.select(long, save, list)? {
            self.attend_others(code::MODE_CHANGED);
        }
        Ok(())
    }

    /// START STOP UNIT (9.2.17). A fixed disk cannot be ejected.
    fn start_stop(&mut self, now: Ticks, c: &[u8]) -> Job {
        let (start, immediate) = (c[4] & 1 != 0, c[1] & 1 != 0);
        if c[4] & 2 != 0 {
            return self.fail(code::FIELD_IN_CDB);
        }
        if start && !self.spinning {
            self.turns_from = now + self.figures.spin_up;
        }
        if start && !immediate {
            self.ready = self.ready.max(self.turns_from);
        }
        self.spinning = start;
        Job::End(Status::Good)
    }

    /// READ CAPACITY (9.2.7): the last block, or with PMI the last one before a substantial delay: that of the
    /// cylinder.
    fn read_capacity(&mut self, c: &[u8], block: u32) -> Job {
        let last = self.image.blocks().saturating_sub(1);
        let last = match c[8] & 1 {
            0 if block != 0 => return self.fail(code::FIELD_IN_CDB),
            0 => last,
            _ if block > last => return self.fail(Sense::at(code::BLOCK, block)),
            _ => {
                let cylinder = self.figures.cylinder();
                ((block / cylinder + 1) * cylinder - 1).min(last)
            }
        };
        let data = [last.to_be_bytes(), (BLOCK as u32).to_be_bytes()].concat();
        self.reply(&data, 8)
    }

    fn seek(&mut self, block: u32) -> Job {
        if block >= self.image.blocks().max(1) {
            return self.fail(Sense::at(code::BLOCK, block));
        }
        let sector = self.surface.sector(block);
        self.ready = self.mechanics.seek(&self.figures, self.ready, sector);
        Job::End(Status::Good)
    }

    /// SYNCHRONIZE CACHE (9.2.18); a number of blocks of 0 means all that follow.
    fn synchronize(&mut self, (first, count): (u32, u32)) -> Job {
        match first.checked_add(count) {
            Some(end) if end <= self.image.blocks() => Job::End(Status::Good),
            _ => self.fail(Sense::at(code::BLOCK, first.max(self.image.blocks()))),
        }
    }
}

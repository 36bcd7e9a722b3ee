//! Diagnostics, the buffer as memory, and sectors with their check bytes: commands that tests of a drive use.

use super::Disk;
use super::commands::Job;
use super::descriptor::{number, operation};
use super::image::BLOCK;
use super::sense::{Code, Sense, code};
use crate::Status;
use clock::Ticks;

/// Modes of WRITE BUFFER and READ BUFFER (SCSI-2, tables 102 and 126).
mod buffer_mode {
    pub const HEADER_AND_DATA: u8 = 0;
    pub const DATA: u8 = 2;
    pub const DESCRIPTOR: u8 = 3;
}

/// The only diagnostic page: the list of pages (SCSI-2, 8.3.1.1).
const SUPPORTED_PAGES: [u8; 5] = [0, 0, 0, 1, 0];

/// Check bytes behind the data of a sector. Their number and their polynomial, here that of Ethernet, are assumed: drives kept both to themselves.
const CHECK: usize = 4;

fn check_bytes(data: &[u8]) -> [u8; CHECK] {
    let mut sum = u32::MAX;
    for &byte in data {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg());
        }
    }
    (!sum).to_be_bytes()
}

impl Disk {
    /// SEND DIAGNOSTIC (SCSI-2, 8.2.15): the self-test, or a page that says what RECEIVE DIAGNOSTIC RESULTS is to give.
    pub(super) fn begin_diagnostic(&mut self, now: Ticks, cdb: &[u8]) -> Job {
        let wanted = number(&cdb[3..5]);
        let (page_format, self_test) = (cdb[1] & 0x10 != 0, cdb[1] & 0x04 != 0);
        let pages = self.figures.executes(operation::RECEIVE_DIAGNOSTIC_RESULTS);
        if wanted != 0 && (self_test || !page_format || !pages) {
            return self.fail(code::FIELD_IN_CDB);
        }
        if self_test {
            self.ready = self.ready.max(now) + self.figures.self_test;
        }
        self.parameters(now, wanted)
    }

    /// The parameter list of SEND DIAGNOSTIC.
    pub(super) fn diagnostic_list(list: &[u8]) -> Result<(), Code> {
        match list {
            [] | [0, 0, 0, 0] => Ok(()),
            [_, _, high, low, rest @ ..]
                if rest.len() >= usize::from(u16::from_be_bytes([*high, *low])) =>
            {
                Err(code::FIELD_IN_LIST)
            }
            _ => Err(code::LIST_LENGTH),
        }
    }

    /// RECEIVE DIAGNOSTIC RESULTS (SCSI-2, 8.2.13).
    pub(super) fn diagnostic_results(&mut self, cdb: &[u8]) -> Job {
        self.reply(&SUPPORTED_PAGES, number(&cdb[3..5]) as usize)
    }

    fn buffer_capacity(&self) -> usize {
        self.figures.buffer_blocks as usize * BLOCK
    }

    /// WRITE BUFFER (SCSI-2, 8.2.17): header and data, or data alone. Other modes would load new firmware.
    pub(super) fn begin_write_buffer(&mut self, now: Ticks, cdb: &[u8]) -> Job {
        let (mode, offset) = (cdb[1] & 7, number(&cdb[3..6]) as usize);
        let length = number(&cdb[6..9]) as usize;
        let header = match mode {
            buffer_mode::HEADER_AND_DATA => 4,
            _ => 0,
        };
        let fits = offset + length <= self.buffer_capacity() + header;
        let known = mode == buffer_mode::DATA
            || (mode == buffer_mode::HEADER_AND_DATA
                && offset == 0
                && (length == 0 || length >= 4));
        if !fits || !known || cdb[2] != 0 {
            return self.fail(code::FIELD_IN_CDB);
        }
        self.parameters(now, length as u32)
    }

    /// The data of WRITE BUFFER.
    pub(super) fn write_buffer(&mut self, list: &[u8]) -> Result<(), Code> {
        let cdb = self.cdb;
        let (offset, data) = match list {
            [] => return Ok(()),
            _ if cdb.bytes()[1] & 7 == buffer_mode::DATA => {
                (number(&cdb.bytes()[3..6]) as usize, list)
            }
            [0, 0, 0, 0, data @ ..] => (0, data),
            _ => return Err(code::FIELD_IN_LIST),
        };
        let end = offset + data.len();
        if self.memory.len() < end {
            self.memory.resize(end, 0);
        }
        self.memory[offset..end].copy_from_slice(data);
        Ok(())
    }

    /// READ BUFFER (SCSI-2, 8.2.12). What no WRITE BUFFER has written reads as zeros.
    pub(super) fn read_buffer(&mut self, cdb: &[u8]) -> Job {
        let (mode, offset) = (cdb[1] & 7, number(&cdb[3..6]) as usize);
        let length = number(&cdb[6..9]) as usize;
        let capacity = self.buffer_capacity();
        let [_, size @ ..] = (capacity as u32).to_be_bytes();
        let data = |from: usize, count: usize| {
            (from..(from + count).min(capacity)).map(|at| self.memory.get(at).copied().unwrap_or(0))
        };
        let answer: Option<Vec<u8>> = match mode {
            _ if cdb[2] != 0 => None,
            // The header tells the capacity; the offset must be 0.
            buffer_mode::HEADER_AND_DATA if offset == 0 => Some(
                [0, size[0], size[1], size[2]]
                    .into_iter()
                    .chain(data(0, length.saturating_sub(4)))
                    .collect(),
            ),
            buffer_mode::DATA if offset + length <= capacity => {
                Some(data(offset, length).collect())
            }
            // Offsets of any byte.
            buffer_mode::DESCRIPTOR => Some(vec![0, size[0], size[1], size[2]]),
            _ => None,
        };
        match answer {
            Some(answer) => self.reply(&answer, length),
            None => self.fail(code::FIELD_IN_CDB),
        }
    }

    /// READ LONG and WRITE LONG (SCSI-2, 9.2.9, 9.2.21) move one sector with its check bytes, and no other length: ILI and the difference say so.
    pub(super) fn begin_long(&mut self, now: Ticks, cdb: &[u8]) -> Job {
        let (block, length) = (number(&cdb[2..6]), number(&cdb[7..9]));
        if block >= self.image.blocks() {
            return self.fail(Sense::at(code::BLOCK, block));
        }
        if length == 0 {
            return Job::End(Status::Good);
        }
        let difference = length.wrapping_sub((BLOCK + CHECK) as u32);
        if difference != 0 {
            return self.fail(Sense {
                information: Some(difference),
                incorrect_length: true,
                ..code::FIELD_IN_CDB.into()
            });
        }
        let sector = self.surface.sector(block);
        self.ready = self.mechanics.pass(&self.figures, self.ready, sector);
        if cdb[0] == operation::WRITE_LONG {
            return self.parameters(now, length);
        }
        let mut sector = vec![0; BLOCK];
        self.image.read(block, &mut sector);
        let mut check = check_bytes(&sector);
        if self.surface.tries(block) > 0 {
            // They are what tells that the data are wrong.
            check = check.map(|byte| !byte);
        }
        sector.extend(check);
        self.reply(&sector, sector.len())
    }

    /// The data of WRITE LONG. With check bytes that do not fit the block cannot be read until it is written again.
    pub(super) fn write_long(&mut self, list: &[u8]) {
        let block = number(&self.cdb.bytes()[2..6]);
        let (data, check) = list.split_at(BLOCK);
        self.image.write(block, data);
        self.surface.written(block);
        if check != check_bytes(data) {
            self.surface.lose(block);
        }
    }
}

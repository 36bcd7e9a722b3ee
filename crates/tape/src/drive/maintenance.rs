//! Diagnostics and the buffer as memory: commands that tests of a drive or of a bus use.

use super::Drive;
use super::commands::Activity;
use super::descriptor::number;
use super::sense::{Sense, code};
use crate::media::FRAME;
use clock::Ticks;
use scsi::Status;

/// Modes of WRITE BUFFER and READ BUFFER (SCSI-2, tables 102 and 126).
mod buffer_mode {
    pub const HEADER_AND_DATA: u8 = 0;
    pub const DATA: u8 = 2;
    pub const DESCRIPTOR: u8 = 3;
}

/// The only diagnostic page: the list of pages (SCSI-2, 8.3.1.1).
const SUPPORTED_PAGES: [u8; 5] = [0, 0, 0, 1, 0];

type Outcome = Result<(), Sense>;

impl Drive {
    /// SEND DIAGNOSTIC (SCSI-2, 8.2.15): the self-test, or a page that says what RECEIVE DIAGNOSTIC RESULTS is to give.
    pub(super) fn begin_diagnostic(
        &mut self,
        now: Ticks,
        cdb: &[u8],
        receive: impl Fn(usize) -> Activity,
    ) -> Activity {
        let wanted = usize::from(u16::from_be_bytes([cdb[3], cdb[4]]));
        let (page_format, self_test) = (cdb[1] & 0x10 != 0, cdb[1] & 0x04 != 0);
        let pages = self
            .abilities
            .executes(super::descriptor::operation::RECEIVE_DIAGNOSTIC_RESULTS);
        if wanted != 0 && (self_test || !page_format || !pages) {
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
        }
        match (self_test, wanted) {
            (true, _) => Activity::Busy {
                until: now + self.transport.figures.self_test,
            },
            (false, 0) => Activity::Done(Status::Good),
            (false, wanted) => receive(wanted),
        }
    }

    /// The parameter list of SEND DIAGNOSTIC.
    pub(super) fn diagnostic(&mut self, list: &[u8]) -> Outcome {
        match list {
            [0, 0, 0, 0] => Ok(()),
            [_, _, high, low, rest @ ..]
                if rest.len() >= usize::from(u16::from_be_bytes([*high, *low])) =>
            {
                Err(Sense::illegal(code::FIELD_IN_LIST))
            }
            _ => Err(Sense::illegal(code::LIST_LENGTH)),
        }
    }

    /// RECEIVE DIAGNOSTIC RESULTS (SCSI-2, 8.2.13).
    pub(super) fn diagnostic_results(&self, cdb: &[u8]) -> Activity {
        Activity::send(&SUPPORTED_PAGES, number(&cdb[3..5]) as usize)
    }

    /// Bytes that WRITE BUFFER can write: what the drive's buffer holds, as far as the field can say it.
    fn buffer_capacity(&self) -> usize {
        let figures = &self.transport.figures;
        (figures.buffer as usize * FRAME).min(0xFF_FFFF)
    }

    /// WRITE BUFFER (SCSI-2, 8.2.17): header and data, or data alone. Other modes would load new firmware.
    pub(super) fn begin_write_buffer(
        &mut self,
        cdb: &[u8],
        receive: impl Fn(usize) -> Activity,
    ) -> Activity {
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
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
        }
        if length == 0 {
            return Activity::Done(Status::Good);
        }
        receive(length)
    }

    /// The data of WRITE BUFFER.
    pub(super) fn write_buffer(&mut self, cdb: &[u8], list: &[u8]) -> Outcome {
        let (offset, data) = if cdb[1] & 7 == buffer_mode::HEADER_AND_DATA {
            let (header, data) = list.split_at(4);
            if header != [0; 4] {
                return Err(Sense::illegal(code::FIELD_IN_LIST));
            }
            (0, data)
        } else {
            (number(&cdb[3..6]) as usize, list)
        };
        let end = offset + data.len();
        if self.memory.len() < end {
            self.memory.resize(end, 0);
        }
        self.memory[offset..end].copy_from_slice(data);
        Ok(())
    }

    /// READ BUFFER (SCSI-2, 8.2.12). What no WRITE BUFFER has written reads as zeros.
    pub(super) fn read_buffer(&mut self, cdb: &[u8]) -> Activity {
        let (mode, offset) = (cdb[1] & 7, number(&cdb[3..6]) as usize);
        let length = number(&cdb[6..9]) as usize;
        let capacity = self.buffer_capacity();
        let size = (capacity as u32).to_be_bytes();
        let data = |from: usize, count: usize| {
            (from..(from + count).min(capacity)).map(|at| self.memory.get(at).copied().unwrap_or(0))
        };
        let answer: Option<Vec<u8>> = match mode {
            _ if cdb[2] != 0 => None,
            // The header tells the capacity; the offset must be 0.
            buffer_mode::HEADER_AND_DATA if offset == 0 => Some(
                [0, size[1], size[2], size[3]]
                    .into_iter()
                    .chain(data(0, length.saturating_sub(4)))
                    .collect(),
            ),
            buffer_mode::DATA if offset + length <= capacity => {
                Some(data(offset, length).collect())
            }
            // Offsets of any byte.
            buffer_mode::DESCRIPTOR => Some(vec![0, size[1], size[2], size[3]]),
            _ => None,
        };
        match answer {
            Some(answer) => Activity::send(&answer, length),
            None => self.check(Sense::illegal(code::FIELD_IN_CDB)),
        }
    }
}

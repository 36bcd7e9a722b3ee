//! Command descriptor blocks: which there are, and which bits of them have a meaning (SCSI-2, 7.2 and tables 82 and 107).

use super::sense::{Code, code};

/// Operation codes.
pub(super) mod operation {
    pub const TEST_UNIT_READY: u8 = 0x00;
    pub const REZERO_UNIT: u8 = 0x01;
    pub const REQUEST_SENSE: u8 = 0x03;
    pub const FORMAT_UNIT: u8 = 0x04;
    pub const REASSIGN_BLOCKS: u8 = 0x07;
    pub const READ: u8 = 0x08;
    pub const WRITE: u8 = 0x0A;
    pub const SEEK: u8 = 0x0B;
    pub const INQUIRY: u8 = 0x12;
    pub const MODE_SELECT: u8 = 0x15;
    pub const RESERVE: u8 = 0x16;
    pub const RELEASE: u8 = 0x17;
    pub const MODE_SENSE: u8 = 0x1A;
    pub const START_STOP_UNIT: u8 = 0x1B;
    pub const RECEIVE_DIAGNOSTIC_RESULTS: u8 = 0x1C;
    pub const SEND_DIAGNOSTIC: u8 = 0x1D;
    pub const READ_CAPACITY: u8 = 0x25;
    pub const READ_10: u8 = 0x28;
    pub const WRITE_10: u8 = 0x2A;
    pub const SEEK_10: u8 = 0x2B;
    pub const WRITE_AND_VERIFY: u8 = 0x2E;
    pub const VERIFY: u8 = 0x2F;
    pub const SYNCHRONIZE_CACHE: u8 = 0x35;
    pub const READ_DEFECT_DATA: u8 = 0x37;
    pub const WRITE_BUFFER: u8 = 0x3B;
    pub const READ_BUFFER: u8 = 0x3C;
    pub const READ_LONG: u8 = 0x3E;
    pub const WRITE_LONG: u8 = 0x3F;
    pub const MODE_SELECT_10: u8 = 0x55;
    pub const MODE_SENSE_10: u8 = 0x5A;
}
use operation::*;

/// A command and its descriptor block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub operation: u8,
    /// The name by which a profile lists it; empty for mandatory commands.
    pub name: &'static str,
    /// It needs a disk that turns.
    pub medium: bool,
    /// The bits of byte 1 and those that follow, up to the control byte, that are not reserved. The upper three bits of byte 1 are the logical
    /// unit number in every command.
    fields: &'static [u8],
}

const fn format(operation: u8, name: &'static str, medium: bool, fields: &'static [u8]) -> Format {
    Format {
        operation,
        name,
        medium,
        fields,
    }
}

/// DPO and FUA, RelAdr; block address; transfer length.
const EXTENDED: &[u8] = &[0x19, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF];
/// DPO, BytChk, RelAdr; block address; verification length.
const VERIFYING: &[u8] = &[0x13, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF];
/// Mode, buffer, offset, length.
const BUFFER: &[u8] = &[0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// Every command of the emulation. What is missing: COPY, COMPARE and COPY AND VERIFY, for which a drive is an initiator; SEARCH DATA, SET LIMITS,
/// PRE-FETCH, LOCK UNLOCK CACHE, WRITE SAME, LOG SELECT and SENSE, CHANGE DEFINITION. PREVENT ALLOW MEDIUM REMOVAL is for removable media.
#[rustfmt::skip]
pub(super) const FORMATS: [Format; 30] = [
    format(TEST_UNIT_READY, "", true, &[0, 0, 0, 0]),
    format(REZERO_UNIT, "rezero-unit", true, &[0, 0, 0, 0]),
    format(REQUEST_SENSE, "", false, &[0, 0, 0, 0xFF]),
    format(FORMAT_UNIT, "", true, &[0x1F, 0xFF, 0xFF, 0xFF]),
    format(REASSIGN_BLOCKS, "reassign-blocks", true, &[0, 0, 0, 0]),
    format(READ, "", true, &[0x1F, 0xFF, 0xFF, 0xFF]),
    format(WRITE, "", true, &[0x1F, 0xFF, 0xFF, 0xFF]),
    format(SEEK, "seek", true, &[0x1F, 0xFF, 0xFF, 0]),
    format(INQUIRY, "", false, &[0x01, 0xFF, 0, 0xFF]),
    format(MODE_SELECT, "mode-select", false, &[0x11, 0, 0, 0xFF]),
    format(RESERVE, "", false, &[0x1F, 0xFF, 0xFF, 0xFF]),
    format(RELEASE, "", false, &[0x1F, 0xFF, 0, 0]),
    format(MODE_SENSE, "mode-sense", false, &[0x08, 0xFF, 0, 0xFF]),
    format(START_STOP_UNIT, "start-stop-unit", false, &[0x01, 0, 0, 0x03]),
    format(RECEIVE_DIAGNOSTIC_RESULTS, "receive-diagnostic-results", false, &[0, 0, 0xFF, 0xFF]),
    format(SEND_DIAGNOSTIC, "", false, &[0x17, 0, 0xFF, 0xFF]),
    format(READ_CAPACITY, "", true, &[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0x01]),
    format(READ_10, "", true, EXTENDED),
    format(WRITE_10, "", true, EXTENDED),
    format(SEEK_10, "seek-10", true, &[0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0]),
    format(WRITE_AND_VERIFY, "write-and-verify", true, VERIFYING),
    format(VERIFY, "verify", true, VERIFYING),
    format(SYNCHRONIZE_CACHE, "synchronize-cache", true, &[0x03, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
    format(READ_DEFECT_DATA, "read-defect-data", true, &[0, 0x1F, 0, 0, 0, 0, 0xFF, 0xFF]),
    format(WRITE_BUFFER, "write-buffer", false, BUFFER),
    format(READ_BUFFER, "read-buffer", false, BUFFER),
    format(READ_LONG, "read-long", true, &[0x03, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
    format(WRITE_LONG, "write-long", true, &[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
    format(MODE_SELECT_10, "mode-select-10", false, &[0x11, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
    format(MODE_SENSE_10, "mode-sense-10", false, &[0x08, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF]),
];

/// The command with this operation code.
pub(super) fn find(operation: u8) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.operation == operation)
}

impl Format {
    /// Whether a bit is set that has no meaning, or one that this drive has not got: Link and Flag, and with them relative addresses (7.2.6,
    /// 7.2.7); before SCSI-2 also DPO and FUA. The vendor's bits of the control byte are ignored.
    pub fn wrong_with(&self, cdb: &[u8], ansi_version: u8) -> Option<Code> {
        let [bytes @ .., control] = &cdb[1..] else {
            return Some(code::FIELD_IN_CDB);
        };
        let addressed = [READ_10, WRITE_10, WRITE_AND_VERIFY, VERIFY];
        let relative = cdb.len() == 10
            && ![MODE_SENSE_10, MODE_SELECT_10, READ_BUFFER, WRITE_BUFFER].contains(&cdb[0])
            && cdb[1] & 1 != 0;
        let cache = addressed.contains(&cdb[0]) && ansi_version < 2 && cdb[1] & 0x18 != 0;
        let reserved = bytes
            .iter()
            .zip(self.fields)
            .enumerate()
            .any(|(at, (byte, meaning))| {
                let unit = if at == 0 { 0xE0 } else { 0 };
                byte & !(meaning | unit) != 0
            });
        (reserved || relative || cache || control & 0x3F != 0).then_some(code::FIELD_IN_CDB)
    }
}

/// A number of up to four bytes, the highest first.
pub(super) fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u32::from(byte))
}

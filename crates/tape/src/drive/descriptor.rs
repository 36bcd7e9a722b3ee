//! Command descriptor blocks: which there are, and which bits of them have a meaning (SCSI-2, 7.2, tables 27 and 182).

use super::Code;
use super::sense::code;

/// Operation codes.
pub(super) mod operation {
    pub const TEST_UNIT_READY: u8 = 0x00;
    pub const REWIND: u8 = 0x01;
    pub const REQUEST_SENSE: u8 = 0x03;
    pub const READ_BLOCK_LIMITS: u8 = 0x05;
    pub const READ: u8 = 0x08;
    pub const WRITE: u8 = 0x0A;
    pub const READ_REVERSE: u8 = 0x0F;
    pub const WRITE_FILEMARKS: u8 = 0x10;
    pub const SPACE: u8 = 0x11;
    pub const INQUIRY: u8 = 0x12;
    pub const VERIFY: u8 = 0x13;
    pub const RECOVER_BUFFERED_DATA: u8 = 0x14;
    pub const MODE_SELECT: u8 = 0x15;
    pub const RESERVE: u8 = 0x16;
    pub const RELEASE: u8 = 0x17;
    pub const ERASE: u8 = 0x19;
    pub const MODE_SENSE: u8 = 0x1A;
    pub const LOAD_UNLOAD: u8 = 0x1B;
    pub const RECEIVE_DIAGNOSTIC_RESULTS: u8 = 0x1C;
    pub const SEND_DIAGNOSTIC: u8 = 0x1D;
    pub const PREVENT_ALLOW: u8 = 0x1E;
    pub const LOCATE: u8 = 0x2B;
    pub const READ_POSITION: u8 = 0x34;
    pub const WRITE_BUFFER: u8 = 0x3B;
    pub const READ_BUFFER: u8 = 0x3C;
    pub const LOG_SELECT: u8 = 0x4C;
    pub const LOG_SENSE: u8 = 0x4D;
    pub const MODE_SELECT_10: u8 = 0x55;
    pub const MODE_SENSE_10: u8 = 0x5A;
}
use operation::*;

/// What a command does with the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing: it is executed without a cartridge, too.
    None,
    /// It needs a tape that is loaded.
    Tape,
    /// It writes, and needs a tape that may be written.
    Write,
}

/// A command and its descriptor block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub operation: u8,
    /// The name by which a profile lists it; empty for mandatory commands.
    pub name: &'static str,
    pub mandatory: bool,
    pub access: Access,
    /// The bits of byte 1 and those that follow, up to the control byte, that are not reserved. The upper three bits of byte 1, the logical
    /// unit number, are left out: they have a meaning in every command.
    fields: &'static [u8],
}

const fn mandatory(operation: u8, access: Access, fields: &'static [u8]) -> Format {
    Format {
        operation,
        name: "",
        mandatory: true,
        access,
        fields,
    }
}

const fn optional(
    operation: u8,
    name: &'static str,
    access: Access,
    fields: &'static [u8],
) -> Format {
    Format {
        operation,
        name,
        mandatory: false,
        access,
        fields,
    }
}

/// Every command this crate knows. COPY, COMPARE, COPY AND VERIFY and CHANGE DEFINITION are missing: the first three need a drive that
/// is an initiator, too, and drives of the time that did not do so answered as they do any command they have not got.
pub(super) const FORMATS: [Format; 29] = [
    mandatory(TEST_UNIT_READY, Access::Tape, &[0, 0, 0, 0]),
    mandatory(REWIND, Access::Tape, &[0x01, 0, 0, 0]),
    mandatory(REQUEST_SENSE, Access::None, &[0, 0, 0, 0xFF]),
    mandatory(READ_BLOCK_LIMITS, Access::None, &[0, 0, 0, 0]),
    mandatory(READ, Access::Tape, &[0x03, 0xFF, 0xFF, 0xFF]),
    mandatory(WRITE, Access::Write, &[0x01, 0xFF, 0xFF, 0xFF]),
    mandatory(WRITE_FILEMARKS, Access::Write, &[0x03, 0xFF, 0xFF, 0xFF]),
    mandatory(SPACE, Access::Tape, &[0x07, 0xFF, 0xFF, 0xFF]),
    mandatory(INQUIRY, Access::None, &[0x01, 0xFF, 0, 0xFF]),
    mandatory(MODE_SELECT, Access::None, &[0x11, 0, 0, 0xFF]),
    mandatory(RESERVE, Access::None, &[0x1E, 0, 0, 0]),
    mandatory(RELEASE, Access::None, &[0x1E, 0, 0, 0]),
    mandatory(ERASE, Access::Write, &[0x03, 0, 0, 0]),
    mandatory(MODE_SENSE, Access::None, &[0x08, 0xFF, 0, 0xFF]),
    mandatory(SEND_DIAGNOSTIC, Access::None, &[0x17, 0, 0xFF, 0xFF]),
    optional(
        READ_REVERSE,
        "read-reverse",
        Access::Tape,
        &[0x07, 0xFF, 0xFF, 0xFF],
    ),
    optional(VERIFY, "verify", Access::Tape, &[0x07, 0xFF, 0xFF, 0xFF]),
    optional(
        RECOVER_BUFFERED_DATA,
        "recover-buffered-data",
        Access::None,
        &[0x03, 0xFF, 0xFF, 0xFF],
    ),
    optional(
        LOAD_UNLOAD,
        "load-unload",
        Access::None,
        &[0x01, 0, 0, 0x07],
    ),
    optional(
        RECEIVE_DIAGNOSTIC_RESULTS,
        "receive-diagnostic-results",
        Access::None,
        &[0, 0, 0xFF, 0xFF],
    ),
    optional(
        PREVENT_ALLOW,
        "prevent-allow",
        Access::None,
        &[0, 0, 0, 0x01],
    ),
    optional(
        LOCATE,
        "locate",
        Access::Tape,
        &[0x07, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF],
    ),
    optional(
        READ_POSITION,
        "read-position",
        Access::Tape,
        &[0x01, 0, 0, 0, 0, 0, 0, 0],
    ),
    optional(
        WRITE_BUFFER,
        "write-buffer",
        Access::None,
        &[0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ),
    optional(
        READ_BUFFER,
        "read-buffer",
        Access::None,
        &[0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ),
    optional(
        LOG_SELECT,
        "log-select",
        Access::None,
        &[0x03, 0xC0, 0, 0, 0, 0, 0xFF, 0xFF],
    ),
    optional(
        LOG_SENSE,
        "log-sense",
        Access::None,
        &[0x03, 0xFF, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF],
    ),
    optional(
        MODE_SELECT_10,
        "mode-select-10",
        Access::None,
        &[0x11, 0, 0, 0, 0, 0, 0xFF, 0xFF],
    ),
    optional(
        MODE_SENSE_10,
        "mode-sense-10",
        Access::None,
        &[0x08, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF],
    ),
];

/// The command with this operation code, if there is one.
pub(super) fn format(operation: u8) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.operation == operation)
}

impl Format {
    /// What is wrong with the block whatever the state of the drive: reserved bits that are set, and linked commands, of which this drive has
    /// none (7.2.7; a flag without a link is wrong in any case).
    pub fn wrong_with(&self, cdb: &[u8]) -> Option<Code> {
        let (control, fields) = cdb[1..]
            .split_last()
            .expect("a block has six bytes or more");
        let reserved = fields
            .iter()
            .zip(self.fields)
            .enumerate()
            .any(|(at, (byte, bits))| {
                let lun = if at == 0 { 0xE0 } else { 0 };
                byte & !(bits | lun) != 0
            });
        (reserved || control & 0x03 != 0).then_some(code::FIELD_IN_CDB)
    }
}

/// A three-byte number of a command, as the transfer lengths and counts of group 0 are.
pub(super) fn length(cdb: &[u8]) -> u32 {
    number(&cdb[2..5])
}

/// A number of up to four bytes, most significant first.
pub(super) fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |value, &byte| value << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scsi::Cdb;

    #[test]
    fn every_block_has_the_length_of_its_group() {
        for format in FORMATS {
            assert_eq!(
                format.fields.len() + 2,
                Cdb::length_of(format.operation),
                "{:02x}",
                format.operation
            );
        }
    }
}

use serde::{Deserialize, Serialize};

/// Length of the sense data: 8 bytes and the 10 that SCSI-2, 8.2.14, adds.
pub const SENSE_LENGTH: usize = 18;

/// Sense keys (SCSI-2, table 69).
pub mod key {
    /// Nothing but what the flags say.
    pub const NO_SENSE: u8 = 0x0;
    /// The unit cannot be accessed.
    pub const NOT_READY: u8 = 0x2;
    /// A flaw of the medium that could not be recovered.
    pub const MEDIUM_ERROR: u8 = 0x3;
    /// A fault of the hardware that could not be recovered.
    pub const HARDWARE_ERROR: u8 = 0x4;
    /// Something in the command or its parameters is wrong.
    pub const ILLEGAL_REQUEST: u8 = 0x5;
    /// The unit was reset or its medium changed.
    pub const UNIT_ATTENTION: u8 = 0x6;
    /// The medium must not be written.
    pub const DATA_PROTECT: u8 = 0x7;
    /// Blank medium or the end of data.
    pub const BLANK_CHECK: u8 = 0x8;
    /// Data of the host are other than those on the medium.
    pub const MISCOMPARE: u8 = 0xE;
    /// The end of the medium, and data remain in the buffer.
    pub const VOLUME_OVERFLOW: u8 = 0xD;
}

/// Additional sense code and its qualifier (SCSI-2, table 71).
pub type Code = (u8, u8);

/// The additional sense codes this drive reports.
pub mod code {
    use super::Code;
    /// No additional sense information.
    pub const NONE: Code = (0x00, 0x00);
    /// Filemark detected.
    pub const FILEMARK: Code = (0x00, 0x01);
    /// End of partition or medium detected.
    pub const END_OF_MEDIUM: Code = (0x00, 0x02);
    /// Setmark detected.
    pub const SETMARK: Code = (0x00, 0x03);
    /// Beginning of partition or medium detected.
    pub const BEGINNING_OF_MEDIUM: Code = (0x00, 0x04);
    /// End of data detected.
    pub const END_OF_DATA: Code = (0x00, 0x05);
    /// Logical unit is in process of becoming ready.
    pub const BECOMING_READY: Code = (0x04, 0x01);
    /// Logical unit not ready, initializing command required.
    pub const NEEDS_LOAD: Code = (0x04, 0x02);
    /// Write error.
    pub const WRITE_ERROR: Code = (0x0C, 0x00);
    /// Unrecovered read error.
    pub const READ_ERROR: Code = (0x11, 0x00);
    /// Mechanical positioning error.
    pub const POSITIONING: Code = (0x15, 0x01);
    /// Parameter list length error.
    pub const LIST_LENGTH: Code = (0x1A, 0x00);
    /// Miscompare during verify operation.
    pub const MISCOMPARE: Code = (0x1D, 0x00);
    /// Invalid command operation code.
    pub const OPERATION: Code = (0x20, 0x00);
    /// Invalid field in CDB.
    pub const FIELD_IN_CDB: Code = (0x24, 0x00);
    /// Logical unit not supported.
    pub const UNIT: Code = (0x25, 0x00);
    /// Invalid field in parameter list.
    pub const FIELD_IN_LIST: Code = (0x26, 0x00);
    /// Write protected.
    pub const WRITE_PROTECTED: Code = (0x27, 0x00);
    /// Not ready to ready transition, medium may have changed.
    pub const MEDIUM_CHANGED: Code = (0x28, 0x00);
    /// Power on, reset, or bus device reset occurred.
    pub const RESET: Code = (0x29, 0x00);
    /// Mode parameters changed.
    pub const MODE_CHANGED: Code = (0x2A, 0x01);
    /// Log parameters changed.
    pub const LOG_CHANGED: Code = (0x2A, 0x02);
    /// Saving parameters not supported.
    pub const NO_SAVED_PAGES: Code = (0x39, 0x00);
    /// Medium not present.
    pub const NO_MEDIUM: Code = (0x3A, 0x00);
    /// Write append position error.
    pub const APPEND_POSITION: Code = (0x50, 0x01);
    /// Medium removal prevented.
    pub const REMOVAL_PREVENTED: Code = (0x53, 0x02);
}

/// Sense data (SCSI-2, 8.2.14).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sense {
    /// Sense key.
    pub key: u8,
    /// Additional sense code and qualifier.
    pub code: Code,
    /// A filemark was met.
    pub filemark: bool,
    /// The end of the medium, or its early warning, was met; going backwards, its beginning.
    pub end_of_medium: bool,
    /// A block had another length than asked for.
    pub incorrect_length: bool,
    /// The residue, when it is valid: blocks, filemarks or bytes that were not transferred or passed.
    pub information: Option<i32>,
    /// The error belongs to an earlier command that had ended with GOOD (8.2.14.2).
    pub deferred: bool,
}

impl Sense {
    /// Sense data with this key and code.
    pub fn new(key: u8, code: Code) -> Sense {
        Sense {
            key,
            code,
            ..Sense::default()
        }
    }

    /// An illegal request.
    pub fn illegal(code: Code) -> Sense {
        Sense::new(key::ILLEGAL_REQUEST, code)
    }

    /// The same with this residue.
    pub fn residue(self, information: i64) -> Sense {
        Sense {
            information: Some(information as i32),
            ..self
        }
    }

    /// True when there is nothing to report.
    pub fn is_clear(&self) -> bool {
        *self == Sense::default()
    }

    /// The data as REQUEST SENSE gives them.
    pub fn bytes(&self) -> [u8; SENSE_LENGTH] {
        let mut bytes = [0; SENSE_LENGTH];
        let valid = if self.information.is_some() { 0x80 } else { 0 };
        bytes[0] = valid | if self.deferred { 0x71 } else { 0x70 };
        let flags = [
            (self.filemark, 0x80),
            (self.end_of_medium, 0x40),
            (self.incorrect_length, 0x20),
        ];
        bytes[2] = flags
            .iter()
            .filter(|(set, _)| *set)
            .fold(self.key, |byte, (_, bit)| byte | bit);
        bytes[3..7].copy_from_slice(&self.information.unwrap_or(0).to_be_bytes());
        bytes[7] = (SENSE_LENGTH - 8) as u8;
        bytes[12] = self.code.0;
        bytes[13] = self.code.1;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sense_data_are_laid_out_as_in_table_66() {
        let mut sense = Sense::new(key::NO_SENSE, code::FILEMARK).residue(-2);
        sense.filemark = true;
        let bytes = sense.bytes();
        assert_eq!(
            bytes[..14],
            [0xF0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0xFE, 10, 0, 0, 0, 0, 0, 1]
        );
        sense.deferred = true;
        sense.information = None;
        assert_eq!(sense.bytes()[0], 0x71);
    }
}

use serde::{Deserialize, Serialize};

/// Sense key, additional sense code and qualifier (SCSI-2, tables 69 and 71).
pub type Code = [u8; 3];

/// What this drive reports.
pub mod code {
    use super::Code;
    /// Nothing.
    pub const NONE: Code = [0, 0, 0];
    /// Recovered data with retries.
    pub const RECOVERED: Code = [1, 0x17, 1];
    /// Recovered data without ECC: data auto-reallocated. The qualifier of a drive that retries and moves the block.
    pub const REALLOCATED: Code = [1, 0x17, 6];
    /// Defect list not found: the list is in another format than asked for.
    pub const OTHER_DEFECT_FORMAT: Code = [1, 0x1C, 0];
    /// Logical unit is in process of becoming ready.
    pub const BECOMING_READY: Code = [2, 0x04, 1];
    /// Logical unit not ready, initializing command required.
    pub const STOPPED: Code = [2, 0x04, 2];
    /// Unrecovered read error.
    pub const READ_ERROR: Code = [3, 0x11, 0];
    /// Mechanical positioning error.
    pub const POSITIONING: Code = [4, 0x15, 1];
    /// No defect spare location available.
    pub const NO_SPARE: Code = [4, 0x32, 0];
    /// Parameter list length error.
    pub const LIST_LENGTH: Code = [5, 0x1A, 0];
    /// Invalid command operation code.
    pub const OPERATION: Code = [5, 0x20, 0];
    /// Logical block address out of range.
    pub const BLOCK: Code = [5, 0x21, 0];
    /// Invalid field in CDB.
    pub const FIELD_IN_CDB: Code = [5, 0x24, 0];
    /// Logical unit not supported.
    pub const UNIT: Code = [5, 0x25, 0];
    /// Invalid field in parameter list.
    pub const FIELD_IN_LIST: Code = [5, 0x26, 0];
    /// Saving parameters not supported.
    pub const NO_SAVED_PAGES: Code = [5, 0x39, 0];
    /// Power on, reset, or bus device reset occurred.
    pub const RESET: Code = [6, 0x29, 0];
    /// Mode parameters changed.
    pub const MODE_CHANGED: Code = [6, 0x2A, 1];
    /// Miscompare during verify operation.
    pub const MISCOMPARE: Code = [14, 0x1D, 0];
}

/// Sense data (SCSI-2, 8.2.14).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sense {
    /// Key, code and qualifier.
    pub code: Code,
    /// The information field, when it is valid: the block at which it happened, or a difference of lengths.
    pub information: Option<u32>,
    /// Command-specific information.
    pub specific: u32,
    /// ILI: a length was not the one asked for.
    pub incorrect_length: bool,
}

impl From<Code> for Sense {
    fn from(code: Code) -> Sense {
        Sense {
            code,
            ..Sense::default()
        }
    }
}

impl Sense {
    /// Sense data that name a block.
    pub fn at(code: Code, block: u32) -> Sense {
        Sense {
            information: Some(block),
            ..code.into()
        }
    }

    /// The data as REQUEST SENSE gives them: extended sense data, 8 bytes and 10 more.
    pub fn bytes(&self) -> [u8; 18] {
        let mut data = [0; 18];
        data[0] = 0x70;
        data[2] = self.code[0] | u8::from(self.incorrect_length) << 5;
        if let Some(information) = self.information {
            data[0] |= 0x80;
            data[3..7].copy_from_slice(&information.to_be_bytes());
        }
        data[7] = 10;
        data[8..12].copy_from_slice(&self.specific.to_be_bytes());
        data[12..14].copy_from_slice(&self.code[1..]);
        data
    }
}

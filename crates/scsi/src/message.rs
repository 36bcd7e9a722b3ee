//! Message codes (SCSI-2, 6.6).

/// COMMAND COMPLETE (6.6.5).
pub const COMMAND_COMPLETE: u8 = 0x00;
/// First byte of an extended message: a length and that many bytes follow (6.5.2).
pub const EXTENDED: u8 = 0x01;
/// SAVE DATA POINTER (6.6.20).
pub const SAVE_DATA_POINTER: u8 = 0x02;
/// RESTORE POINTERS (6.6.19).
pub const RESTORE_POINTERS: u8 = 0x03;
/// DISCONNECT (6.6.6).
pub const DISCONNECT: u8 = 0x04;
/// INITIATOR DETECTED ERROR (6.6.10).
pub const INITIATOR_DETECTED_ERROR: u8 = 0x05;
/// ABORT (6.6.1).
pub const ABORT: u8 = 0x06;
/// MESSAGE REJECT (6.6.14).
pub const MESSAGE_REJECT: u8 = 0x07;
/// NO OPERATION (6.6.16).
pub const NO_OPERATION: u8 = 0x08;
/// MESSAGE PARITY ERROR (6.6.13): the message is sent again.
pub const MESSAGE_PARITY_ERROR: u8 = 0x09;
/// BUS DEVICE RESET (6.6.3).
pub const BUS_DEVICE_RESET: u8 = 0x0C;
/// IDENTIFY without the disconnection privilege, for logical unit 0 (6.6.7).
pub const IDENTIFY: u8 = 0x80;
/// The bit of IDENTIFY by which an initiator grants the disconnection privilege (6.6.7).
pub const DISCONNECT_PRIVILEGE: u8 = 0x40;
/// First and last of the two-byte messages (6.5.1).
pub const TWO_BYTE: std::ops::RangeInclusive<u8> = 0x20..=0x2F;

use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// A command descriptor block as it was received (SCSI-2, 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cdb {
    bytes: [u8; 12],
    len: u8,
}

impl Cdb {
    /// The length the operation code's group implies (SCSI-2, 7.2.1): 6, 10 or 12 bytes; 6 for reserved and vendor groups.
    pub fn length_of(operation: u8) -> usize {
        match operation >> 5 {
            1 | 2 => 10,
            5 => 12,
            _ => 6,
        }
    }

    /// # Panics
    /// When `bytes` is longer than 12.
    pub fn new(bytes: &[u8]) -> Cdb {
        let mut cdb = Cdb {
            bytes: [0; 12],
            len: bytes.len() as u8,
        };
        cdb.bytes[..bytes.len()].copy_from_slice(bytes);
        cdb
    }

    /// The bytes received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The operation code.
    pub fn operation(&self) -> u8 {
        self.bytes[0]
    }
}

/// The status byte (SCSI-2, 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Status {
    /// The command completed.
    Good = 0x00,
    /// Sense data wait for REQUEST SENSE.
    CheckCondition = 0x02,
    /// The target cannot take a command now.
    Busy = 0x08,
    /// Another initiator has reserved the unit.
    ReservationConflict = 0x18,
}

/// What a device wants to happen next in the command it is executing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Take a byte from the initiator: DATA OUT, REQ asserted.
    DataOut,
    /// Give this byte to the initiator: DATA IN, REQ asserted.
    DataIn(u8),
    /// Ask again at this time, without REQ; the phase lines stay as they are. Must be later than the `now` of the question.
    Wait(Ticks),
    /// The device would give the bus up until this time, which must be later than the `now` of the question. If the initiator granted
    /// the privilege (IDENTIFY, bit 6), the target port sends SAVE DATA POINTER when data of the command have moved, and
    /// DISCONNECT, and frees the bus; at this time it arbitrates, reselects, sends IDENTIFY and asks the device again (SCSI-2, 6.1.4, 6.6.6).
    /// Without the privilege, or when the initiator rejects the message, it is the same as [`Next::Wait`].
    ///
    /// To be answered between blocks or before status, not inside a block: the initiator's pointers are saved as they are. The device decides
    /// whether the wait is worth it (mode page 02h, buffer full and empty ratios).
    Disconnect(Ticks),
    /// Data are over: STATUS phase, then COMMAND COMPLETE, then bus free.
    Status(Status),
}

/// Why a device is being reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResetCause {
    /// Power was switched on.
    PowerOn,
    /// RST was asserted on the bus.
    BusReset,
    /// A BUS DEVICE RESET message.
    Message,
}

/// What went wrong on the bus so that a command cannot be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BusError {
    /// A byte with wrong parity arrived in DATA OUT or COMMAND (SCSI-2, 6.1.5 and 7.5.5).
    Parity,
    /// The initiator sent INITIATOR DETECTED ERROR (6.6.10).
    InitiatorDetected,
    /// The initiator did not answer reselection (6.1.4.2).
    Reselection,
    /// The initiator sent a command to a unit that still has one of its commands (7.5.2).
    Overlapped,
}

impl BusError {
    /// Sense key, additional sense code and qualifier: always ABORTED COMMAND (SCSI-2, tables 69 and 71).
    pub const fn sense(self) -> [u8; 3] {
        let code = match self {
            BusError::Parity => 0x47,
            BusError::InitiatorDetected => 0x48,
            BusError::Reselection => 0x45,
            BusError::Overlapped => 0x4E,
        };
        [0x0B, code, 0]
    }
}

/// What stands behind a target's bus interface: commands, data, mechanics. The phases, handshakes and messages of the
/// bus are the business of the target port in front of it.
///
/// All times given in are never earlier than those given before. A device is brought up to `now` by each call.
///
/// # Who does what (SCSI-2)
/// The port does arbitration, selection, reselection, parity, and every message of clause 6.6: IDENTIFY, DISCONNECT, SAVE DATA POINTER, ABORT,
/// BUS DEVICE RESET, INITIATOR DETECTED ERROR, MESSAGE PARITY ERROR, MESSAGE REJECT, NO OPERATION; SYNCHRONOUS and WIDE DATA TRANSFER REQUEST
/// and queue tags are refused with MESSAGE REJECT. It has one command at a time: while that one is disconnected it answers a command of another
/// initiator, or for another unit, with BUSY by itself (7.3), and ends both that one and a second command of the same initiator for the same unit with [`Device::fail`] (7.5.2).
///
/// The device does everything that is about the state of its units: contingent allegiance and sense data by initiator (7.6), unit attention
/// by initiator (7.9), reservations, and units it does not have: INQUIRY answers them with peripheral qualifier and type 7Fh, REQUEST SENSE
/// with 05/25, every other command is a CHECK CONDITION with 05/25 (7.5.3).
pub trait Device {
    /// Starts the command `cdb` for logical unit `lun` from `initiator` (a SCSI ID). Called again only after the previous command's status was taken,
    /// or after [`Device::abort`] or a reset.
    fn command(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb, tracer: &mut Tracer);
    /// What should happen next in the command. Asked after `command`, after each byte, after [`Device::fail`], and at the time a [`Next::Wait`]
    /// or [`Next::Disconnect`] named, or later when the bus was busy. Asking twice without a byte in between gives the same answer.
    fn next(&mut self, now: Ticks, tracer: &mut Tracer) -> Next;
    /// The byte asked for by [`Next::DataOut`] was handshaken.
    fn take(&mut self, now: Ticks, byte: u8, tracer: &mut Tracer);
    /// The byte offered by [`Next::DataIn`] was handshaken.
    fn given(&mut self, now: Ticks, tracer: &mut Tracer);
    /// The command in progress cannot be completed, by the bus's doing. The device keeps `error.sense()` for the command's initiator, drops a block that
    /// has arrived in part, and from here on answers [`Device::next`] with CHECK CONDITION (at once, or when its mechanics allow). Called
    /// at most once a command, and only between `command` and the status.
    fn fail(&mut self, now: Ticks, error: BusError, tracer: &mut Tracer);
    /// Forgets the command in progress, if any, as after ABORT: no status, no sense data, and everything else (mode, reservations, sense,
    /// unit attention, blocks that are whole in a buffer) stays (SCSI-2, 6.6.1). Also called when the target leaves the bus unexpectedly.
    fn abort(&mut self, now: Ticks, tracer: &mut Tracer);
    /// Forgets the command in progress, if any, and does what the standard says of this kind of reset.
    fn reset(&mut self, now: Ticks, cause: ResetCause, tracer: &mut Tracer);
    /// When the device's own mechanics next do something by themselves, or [`Ticks::NEVER`].
    fn wake(&self) -> Ticks;
    /// Lets the device's own mechanics proceed to `now`.
    fn advance(&mut self, now: Ticks, tracer: &mut Tracer);
    /// The shortest time from one REQ to the next that the bus interface of this device reaches.
    fn byte_period(&self) -> Ticks;
    /// Sense key, ASC and ASCQ that REQUEST SENSE would report now; zeros when there is nothing to report. For tracing.
    fn sense(&self) -> [u8; 3];
}

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

/// What stands behind a target's bus interface: commands, data, mechanics. The phases, handshakes and messages of the
/// bus are the business of the target port in front of it.
///
/// All times given in are never earlier than those given before. A device is brought up to `now` by each call.
pub trait Device {
    /// Starts the command `cdb` for logical unit `lun` from `initiator` (a SCSI ID). Called again only after the previous command's status was taken,
    /// or after a reset.
    fn command(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb, tracer: &mut Tracer);
    /// What should happen next in the command. Asked after `command`, after each byte, and at the time a [`Next::Wait`] named. Asking twice
    /// without a byte in between gives the same answer.
    fn next(&mut self, now: Ticks, tracer: &mut Tracer) -> Next;
    /// The byte asked for by [`Next::DataOut`] was handshaken.
    fn take(&mut self, now: Ticks, byte: u8, tracer: &mut Tracer);
    /// The byte offered by [`Next::DataIn`] was handshaken.
    fn given(&mut self, now: Ticks, tracer: &mut Tracer);
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

use clock::Ticks;
use scsi::disk::Disk;
use scsi::{BusError, Cdb, Device, Next, ResetCause};
use serde::{Deserialize, Serialize};
use tape::{BlockDrive, Drive};
use trace::Tracer;

/// A device on the SCSI bus of a machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Peripheral {
    /// A hard disk.
    Disk(Box<Disk>),
    /// A tape drive.
    Tape(Box<Drive>),
    /// A tape drive with block addresses.
    BlockTape(Box<BlockDrive>),
}

impl Peripheral {
    /// The hard disk, if it is one.
    pub fn disk(&self) -> Option<&Disk> {
        if let Peripheral::Disk(disk) = self {
            Some(disk)
        } else {
            None
        }
    }

    /// The hard disk, to be changed from outside.
    pub fn disk_mut(&mut self) -> Option<&mut Disk> {
        if let Peripheral::Disk(disk) = self {
            Some(disk)
        } else {
            None
        }
    }

    /// The tape drive, if it is one.
    pub fn tape(&self) -> Option<&Drive> {
        if let Peripheral::Tape(drive) = self {
            Some(drive)
        } else {
            None
        }
    }

    /// The tape drive, to be changed from outside.
    pub fn tape_mut(&mut self) -> Option<&mut Drive> {
        if let Peripheral::Tape(drive) = self {
            Some(drive)
        } else {
            None
        }
    }
}

macro_rules! each {
    ($self:expr, $device:ident => $what:expr) => {
        match $self {
            Peripheral::Disk($device) => $what,
            Peripheral::Tape($device) => $what,
            Peripheral::BlockTape($device) => $what,
        }
    };
}

impl Device for Peripheral {
    fn command(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb, tracer: &mut Tracer) {
        each!(self, device => device.command(now, initiator, lun, cdb, tracer));
    }

    fn next(&mut self, now: Ticks, tracer: &mut Tracer) -> Next {
        each!(self, device => device.next(now, tracer))
    }

    fn take(&mut self, now: Ticks, byte: u8, tracer: &mut Tracer) {
        each!(self, device => device.take(now, byte, tracer));
    }

    fn given(&mut self, now: Ticks, tracer: &mut Tracer) {
        each!(self, device => device.given(now, tracer));
    }

    fn fail(&mut self, now: Ticks, error: BusError, tracer: &mut Tracer) {
        each!(self, device => device.fail(now, error, tracer));
    }

    fn abort(&mut self, now: Ticks, tracer: &mut Tracer) {
        each!(self, device => device.abort(now, tracer));
    }

    fn reset(&mut self, now: Ticks, cause: ResetCause, tracer: &mut Tracer) {
        each!(self, device => device.reset(now, cause, tracer));
    }

    fn wake(&self) -> Ticks {
        each!(self, device => device.wake())
    }

    fn advance(&mut self, now: Ticks, tracer: &mut Tracer) {
        each!(self, device => device.advance(now, tracer));
    }

    fn byte_period(&self) -> Ticks {
        each!(self, device => device.byte_period())
    }

    fn sense(&self) -> [u8; 3] {
        each!(self, device => device.sense())
    }
}

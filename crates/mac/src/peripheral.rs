use clock::Ticks;
use scsi::{Cdb, Device, Next, ResetCause};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// A device on the SCSI bus of a machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Peripheral {}

macro_rules! each {
    ($self:expr, $device:ident => $what:expr) => {
        match *$self {}
    };
}

impl Device for Peripheral {
    fn command(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb, tracer: &mut Tracer) {
        let _ = (now, initiator, lun, cdb, tracer);
        each!(self, device => device.command(now, initiator, lun, cdb, tracer))
    }

    fn next(&mut self, _now: Ticks, _tracer: &mut Tracer) -> Next {
        each!(self, device => device.next(now, tracer))
    }

    fn take(&mut self, _now: Ticks, _byte: u8, _tracer: &mut Tracer) {
        each!(self, device => device.take(now, byte, tracer))
    }

    fn given(&mut self, _now: Ticks, _tracer: &mut Tracer) {
        each!(self, device => device.given(now, tracer))
    }

    fn reset(&mut self, _now: Ticks, _cause: ResetCause, _tracer: &mut Tracer) {
        each!(self, device => device.reset(now, cause, tracer))
    }

    fn wake(&self) -> Ticks {
        each!(self, device => device.wake())
    }

    fn advance(&mut self, _now: Ticks, _tracer: &mut Tracer) {
        each!(self, device => device.advance(now, tracer))
    }

    fn byte_period(&self) -> Ticks {
        each!(self, device => device.byte_period())
    }

    fn sense(&self) -> [u8; 3] {
        each!(self, device => device.sense())
    }
}

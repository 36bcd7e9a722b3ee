//! Tests of the bus and of the target port, named after the clauses of SCSI-2.

mod arbitration;
mod disconnection;
mod fast_path;
mod faults;
mod messages;
mod phases;

use crate::initiator::Bench;
use crate::*;
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{Event, ScsiEvent, Tracer};

/// A device that follows a script: pauses (start byte, length) within a transfer of `length` bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Scripted {
    length: usize,
    pauses: Vec<(usize, Ticks)>,
    period: Ticks,
    until: Ticks,
    operation: u8,
    lun: u8,
    initiator: u8,
    cdb: Vec<u8>,
    taken: Vec<u8>,
    given: usize,
    resets: Vec<ResetCause>,
    woken: Vec<Ticks>,
    wake: Ticks,
    /// Pauses are disconnections, if the initiator allows.
    disconnects: bool,
    errors: Vec<BusError>,
    failed: bool,
    aborts: usize,
    commands: usize,
}

impl Scripted {
    fn new(length: usize) -> Scripted {
        Scripted {
            length,
            pauses: vec![],
            period: Ticks(11),
            until: Ticks::ZERO,
            operation: 0,
            lun: 0,
            initiator: 0,
            cdb: vec![],
            taken: vec![],
            given: 0,
            resets: vec![],
            woken: vec![],
            wake: Ticks::NEVER,
            disconnects: false,
            errors: vec![],
            failed: false,
            aborts: 0,
            commands: 0,
        }
    }
    fn moved(&self) -> usize {
        self.taken.len() + self.given
    }
}

impl Device for Scripted {
    fn command(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb, _: &mut Tracer) {
        self.commands += 1;
        self.failed = false;
        self.operation = cdb.operation();
        (self.initiator, self.lun) = (initiator, lun);
        self.cdb = cdb.bytes().to_vec();
        self.taken.clear();
        self.given = 0;
        self.until = now;
    }
    fn next(&mut self, now: Ticks, _: &mut Tracer) -> Next {
        let moved = self.moved();
        if let Some(place) = self.pauses.iter().position(|&(at, _)| at == moved) {
            let (_, pause) = self.pauses.remove(place);
            self.until = now + pause;
        }
        match () {
            _ if self.failed => Next::Status(Status::CheckCondition),
            _ if now < self.until && self.disconnects => Next::Disconnect(self.until),
            _ if now < self.until => Next::Wait(self.until),
            _ if self.operation & 1 != 0 || moved == self.length => Next::Status(Status::Good),
            _ if self.operation & 2 != 0 => Next::DataOut,
            _ => Next::DataIn(moved as u8),
        }
    }
    fn take(&mut self, _: Ticks, byte: u8, _: &mut Tracer) {
        self.taken.push(byte);
    }
    fn given(&mut self, _: Ticks, _: &mut Tracer) {
        self.given += 1;
    }
    fn fail(&mut self, _: Ticks, error: BusError, _: &mut Tracer) {
        self.errors.push(error);
        self.failed = true;
    }
    fn abort(&mut self, _: Ticks, _: &mut Tracer) {
        self.aborts += 1;
    }
    fn reset(&mut self, _: Ticks, cause: ResetCause, _: &mut Tracer) {
        self.resets.push(cause);
    }
    fn wake(&self) -> Ticks {
        self.wake
    }
    fn advance(&mut self, now: Ticks, _: &mut Tracer) {
        if now >= self.wake {
            self.woken.push(now);
            self.wake = Ticks::NEVER;
        }
    }
    fn byte_period(&self) -> Ticks {
        self.period
    }
    fn sense(&self) -> [u8; 3] {
        [0; 3]
    }
}

const IN: u8 = 0x08;
const OUT: u8 = 0x0A;

/// IDENTIFY with the disconnection privilege for unit 0.
const IDENTIFY: u8 = message::IDENTIFY | message::DISCONNECT_PRIVILEGE;

fn events(bench: &mut Bench<Scripted>) -> Vec<ScsiEvent> {
    bench
        .records()
        .into_iter()
        .map(|record| match record.event {
            Event::Scsi(event) => event,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Arbitrates and selects target 0 by hand, leaving `signals` asserted; the bus is at COMMAND or MESSAGE OUT after a
/// wait.
fn connect(bench: &mut Bench<Scripted>, signals: Signals, data: u8) -> Ticks {
    let now = bench.now() + Ticks(100);
    let (bus, tracer) = (&mut bench.bus, &mut bench.tracer);
    bus.drive(now, Lines::with_data(Signals::BSY, 0x80), tracer);
    bus.drive(
        now + Ticks(40),
        Lines::with_data(Signals::BSY | Signals::SEL | signals, data),
        tracer,
    );
    bus.drive(
        now + Ticks(60),
        Lines::with_data(Signals::SEL | signals, data),
        tracer,
    );
    now + Ticks(60)
}

/// Sends one byte by hand, with `signals` asserted; true when the target had asked for one.
fn send(bench: &mut Bench<Scripted>, signals: Signals, byte: u8) -> bool {
    bench.sleep(Ticks(200));
    if !bench.bus.lines().has(Signals::REQ) {
        return false;
    }
    let now = bench.now();
    let (bus, tracer) = (&mut bench.bus, &mut bench.tracer);
    bus.drive(now, Lines::with_data(signals, byte), tracer);
    bus.drive(
        now + Ticks(2),
        Lines::with_data(signals | Signals::ACK, byte),
        tracer,
    );
    bus.drive(now + Ticks(10), Lines::control(signals), tracer);
    true
}

fn phase(bench: &mut Bench<Scripted>) -> Option<Phase> {
    bench.sleep(Ticks(200));
    let lines = bench.bus.lines();
    lines.has(Signals::BSY).then(|| lines.phase())
}

//! A host-side initiator: runs whole commands against a target by driving the lines of the bus itself.
//!
//! It stands in for a host adapter wherever no Macintosh is wanted: in tests of devices, and in front of tools.

use crate::timing::{
    ARBITRATION, BUS_CLEAR, BUS_FREE, BUS_SETTLE, DESKEW, RESET_HOLD, SELECTION_TIMEOUT,
};
use crate::{Device, Lines, Phase, ScsiBus, Signals, message};
use clock::Ticks;
use std::fmt;
use trace::{Record, Tracer};

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The status byte.
    pub status: u8,
    /// The message that followed it: 0, COMMAND COMPLETE.
    pub message: u8,
    /// Bytes of the DATA IN phase.
    pub data: Vec<u8>,
    /// How many bytes of the initiator's data the target took.
    pub taken: usize,
    /// From bus free before to bus free after the command.
    pub elapsed: Ticks,
}

impl Outcome {
    /// True for status GOOD.
    pub fn good(&self) -> bool {
        self.status == 0
    }
}

/// Why a command did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody answered the selection within the selection time-out delay (SCSI-2, 6.1.3.2).
    SelectionTimeout,
    /// The bus was not free.
    BusBusy,
    /// The target went to bus free without a status.
    UnexpectedBusFree,
    /// Nothing happened for the initiator's patience.
    Stuck(Phase),
    /// The target asked for more data than the initiator had.
    TooMuchDataOut,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::SelectionTimeout => f.write_str("nobody answered the selection"),
            Failure::BusBusy => f.write_str("the bus is busy"),
            Failure::UnexpectedBusFree => f.write_str("the target left the bus without a status"),
            Failure::Stuck(phase) => write!(f, "the target stopped asking in phase {phase:?}"),
            Failure::TooMuchDataOut => f.write_str("the target asks for more data than there are"),
        }
    }
}

impl std::error::Error for Failure {}

/// The initiator and its habits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initiator {
    /// Its SCSI ID.
    pub id: u8,
    /// Shortest time between two bytes: a slow host has a long one.
    pub byte_time: Ticks,
    /// How long it waits for the next REQ before it gives up.
    pub patience: Ticks,
    /// The message it sends after selection with ATN; `None` selects without ATN.
    pub identify: Option<u8>,
}

impl Initiator {
    /// A fast initiator with ID 7 that selects without ATN, as the old SCSI Manager does, and waits for an hour.
    pub fn new() -> Initiator {
        Initiator {
            id: 7,
            byte_time: DESKEW,
            patience: Ticks::from_secs(3600),
            identify: None,
        }
    }

    /// Runs `cdb` on target `id`, beginning at `start`, with `out` as the data of a DATA OUT phase.
    ///
    /// # Errors
    /// When the command does not reach its status; the bus is then left as it is ([`Initiator::reset`] clears it).
    pub fn command<D: Device>(
        &self,
        bus: &mut ScsiBus<D>,
        start: Ticks,
        id: u8,
        cdb: &[u8],
        out: &[u8],
        tracer: &mut Tracer,
    ) -> Result<Outcome, Failure> {
        bus.advance(start, tracer);
        let mut run = Run {
            habits: self,
            now: bus.now(),
            bus,
            tracer,
        };
        run.select(id)?;
        let mut outcome = Outcome {
            status: 0xFF,
            message: 0xFF,
            data: Vec::new(),
            taken: 0,
            elapsed: Ticks::ZERO,
        };
        let mut sent = 0;
        let mut ended = false;
        loop {
            let Some(lines) = run.request()? else {
                if ended {
                    outcome.elapsed = run.now.since(start);
                    return Ok(outcome);
                }
                return Err(Failure::UnexpectedBusFree);
            };
            match lines.phase() {
                Phase::MessageOut => run.give(
                    self.identify.unwrap_or(message::NO_OPERATION),
                    Signals::empty(),
                ),
                Phase::Command => {
                    let byte = cdb.get(sent).copied().unwrap_or(0);
                    sent += 1;
                    run.give(byte, Signals::empty());
                }
                Phase::DataOut => {
                    let byte = *out.get(outcome.taken).ok_or(Failure::TooMuchDataOut)?;
                    outcome.taken += 1;
                    run.give(byte, Signals::empty());
                }
                Phase::DataIn => outcome.data.push(run.take()),
                Phase::Status => outcome.status = run.take(),
                Phase::MessageIn => {
                    outcome.message = run.take();
                    ended = outcome.message == message::COMMAND_COMPLETE;
                }
                Phase::Reserved => return Err(Failure::Stuck(Phase::Reserved)),
            }
        }
    }

    /// Asserts RST for the reset hold time, beginning at `start`; returns the time at which the bus is free again
    /// (SCSI-2, 6.2.2).
    pub fn reset<D: Device>(
        &self,
        bus: &mut ScsiBus<D>,
        start: Ticks,
        tracer: &mut Tracer,
    ) -> Ticks {
        bus.drive(start, Lines::control(Signals::RST), tracer);
        bus.drive(start + RESET_HOLD, Lines::RELEASED, tracer);
        let end = bus.now() + BUS_CLEAR + BUS_SETTLE;
        bus.advance(end, tracer);
        end
    }
}

impl Default for Initiator {
    fn default() -> Self {
        Initiator::new()
    }
}

/// One command under way.
struct Run<'a, D> {
    habits: &'a Initiator,
    now: Ticks,
    bus: &'a mut ScsiBus<D>,
    tracer: &'a mut Tracer,
}

impl<D: Device> Run<'_, D> {
    fn drive(&mut self, lines: Lines) {
        self.bus.drive(self.now, lines, self.tracer);
    }

    fn wait(&mut self, time: Ticks) {
        self.now += time;
        self.bus.advance(self.now, self.tracer);
    }

    /// Goes to the next line change, or to `limit` if there is none before.
    fn wait_change(&mut self, limit: Ticks) {
        let at = self.bus.step(limit, self.tracer);
        self.now = self.now.max(at.unwrap_or(limit));
    }

    /// ARBITRATION and SELECTION (6.1.2, 6.1.3).
    fn select(&mut self, target: u8) -> Result<(), Failure> {
        if self.bus.free_since() == Ticks::NEVER {
            return Err(Failure::BusBusy);
        }
        self.wait(BUS_SETTLE + BUS_FREE);
        let own = 1 << self.habits.id;
        self.drive(Lines::with_data(Signals::BSY, own));
        self.wait(ARBITRATION);
        let attention = if self.habits.identify.is_some() {
            Signals::ATN
        } else {
            Signals::empty()
        };
        let selection = Signals::SEL | attention;
        self.drive(Lines::with_data(Signals::BSY | selection, own));
        self.wait(BUS_CLEAR + BUS_SETTLE);
        self.drive(Lines::with_data(
            Signals::BSY | selection,
            own | 1 << target,
        ));
        self.wait(DESKEW * 2);
        self.drive(Lines::with_data(selection, own | 1 << target));
        self.wait(BUS_SETTLE);
        let limit = self.now + SELECTION_TIMEOUT;
        while !self.bus.lines().has(Signals::BSY) {
            if self.now >= limit {
                self.drive(Lines::RELEASED);
                return Err(Failure::SelectionTimeout);
            }
            self.wait_change(limit);
        }
        self.wait(DESKEW * 2);
        self.drive(Lines::control(attention));
        Ok(())
    }

    /// Waits for REQ; `None` when the bus is free instead.
    fn request(&mut self) -> Result<Option<Lines>, Failure> {
        let limit = self.now + self.habits.patience;
        loop {
            let lines = self.bus.lines();
            if lines.has(Signals::REQ) {
                return Ok(Some(lines));
            }
            if !lines.signals.intersects(Signals::BSY | Signals::SEL) {
                return Ok(None);
            }
            if self.now >= limit {
                return Err(Failure::Stuck(lines.phase()));
            }
            self.wait_change(limit);
        }
    }

    /// Answers REQ with a byte; ATN goes false before the last message byte is acknowledged (6.2.1).
    fn give(&mut self, byte: u8, signals: Signals) {
        self.drive(Lines::with_data(signals, byte));
        self.wait(DESKEW);
        self.drive(Lines::with_data(signals | Signals::ACK, byte));
        self.finish(Lines::control(signals));
    }

    /// Takes the byte on the bus.
    fn take(&mut self) -> u8 {
        let byte = self.bus.lines().data;
        self.drive(Lines::control(Signals::ACK));
        self.finish(Lines::RELEASED);
        byte
    }

    /// Holds ACK until REQ is false.
    fn finish(&mut self, after: Lines) {
        let limit = self.now + self.habits.patience;
        while self.bus.lines().has(Signals::REQ) && self.now < limit {
            self.wait_change(limit);
        }
        self.wait(self.habits.byte_time);
        self.drive(after);
    }
}

/// A bus with one device, an initiator and a clock: what a test of a device needs.
#[derive(Debug)]
pub struct Bench<D> {
    /// The bus.
    pub bus: ScsiBus<D>,
    /// The initiator.
    pub initiator: Initiator,
    /// Where records go.
    pub tracer: Tracer,
    id: u8,
}

impl<D: Device> Bench<D> {
    /// `device` as target 0.
    pub fn new(device: D) -> Bench<D> {
        let mut bus = ScsiBus::new();
        bus.attach(0, device);
        Bench {
            bus,
            initiator: Initiator::new(),
            tracer: Tracer::new(0),
            id: 0,
        }
    }

    /// The current time.
    pub fn now(&self) -> Ticks {
        self.bus.now()
    }

    /// Runs a command without data to the device.
    ///
    /// # Panics
    /// When the command does not come to a status.
    pub fn command(&mut self, cdb: &[u8]) -> Outcome {
        self.command_out(cdb, &[])
    }

    /// Runs a command with data to the device.
    ///
    /// # Panics
    /// When the command does not come to a status.
    pub fn command_out(&mut self, cdb: &[u8], out: &[u8]) -> Outcome {
        let now = self.now();
        self.initiator
            .command(&mut self.bus, now, self.id, cdb, out, &mut self.tracer)
            .unwrap_or_else(|failure| panic!("command {cdb:02x?}: {failure}"))
    }

    /// REQUEST SENSE: key, ASC and ASCQ.
    pub fn sense(&mut self) -> [u8; 3] {
        let data = self.command(&[3, 0, 0, 0, 18, 0]).data;
        [data[2] & 15, data[12], data[13]]
    }

    /// Lets time pass with the bus free.
    pub fn sleep(&mut self, time: Ticks) {
        let until = self.now() + time;
        self.bus.advance(until, &mut self.tracer);
    }

    /// Pulses RST.
    pub fn reset(&mut self) {
        let now = self.now();
        self.initiator.reset(&mut self.bus, now, &mut self.tracer);
    }

    /// The device.
    pub fn device(&self) -> &D {
        self.bus.device(self.id).expect("attached in new")
    }

    /// Changes the device from outside the bus.
    pub fn with_device<R>(&mut self, change: impl FnOnce(&mut D) -> R) -> R {
        self.bus
            .with_device(self.id, change)
            .expect("attached in new")
    }

    /// Takes what was recorded so far.
    pub fn records(&mut self) -> Vec<Record> {
        self.tracer.drain().collect()
    }
}

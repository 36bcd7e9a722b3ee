//! A host-side initiator: runs whole commands against a target by driving the lines of the bus itself.
//!
//! It stands in for a host adapter wherever no Macintosh is wanted: in tests of devices, and in front of tools.

use crate::timing::{
    ARBITRATION, BUS_CLEAR, BUS_FREE, BUS_SETTLE, DATA_SETUP, DESKEW, RESET_HOLD, SELECTION_TIMEOUT,
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
    /// From the start of the call to bus free after the command.
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
    /// The message it sends after selection with ATN; `None` selects without ATN. With
    /// [`message::DISCONNECT_PRIVILEGE`] targets may disconnect.
    pub identify: Option<u8>,
    /// Whether it checks the parity of what it receives.
    pub checks_parity: bool,
}

/// A command for [`Initiator::commands`].
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// SCSI ID of the target.
    pub id: u8,
    /// The command descriptor block.
    pub cdb: &'a [u8],
    /// The data of a DATA OUT phase.
    pub out: &'a [u8],
}

impl Initiator {
    /// A fast initiator with ID 7 that selects without ATN, as the old SCSI Manager does, and waits for an hour.
    pub fn new() -> Initiator {
        Initiator {
            id: 7,
            byte_time: DESKEW,
            patience: Ticks::from_secs(3600),
            identify: None,
            checks_parity: true,
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
        self.commands(bus, start, &[Request { id, cdb, out }], tracer)
            .remove(0)
    }

    /// Runs several commands, beginning with the first at `start`: while the target of one is disconnected, the next is begun. Gives what each
    /// came to, in the order of the requests.
    ///
    /// # Errors
    /// As for [`Initiator::command`], each by itself; after [`Failure::Stuck`] and [`Failure::BusBusy`] no other command can go on, and those
    /// not yet ended fail the same way.
    pub fn commands<D: Device>(
        &self,
        bus: &mut ScsiBus<D>,
        start: Ticks,
        requests: &[Request<'_>],
        tracer: &mut Tracer,
    ) -> Vec<Result<Outcome, Failure>> {
        bus.advance(start, tracer);
        let mut run = Run {
            habits: self,
            start,
            now: bus.now(),
            bus,
            tracer,
            message: None,
        };
        run.all(requests)
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

/// How far a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Waiting,
    Connected,
    Disconnected,
    Ended(Option<Failure>),
}

/// A command with the initiator's pointers into its data (SCSI-2, 6.4).
struct Process<'a> {
    request: Request<'a>,
    outcome: Outcome,
    progress: Progress,
    sent: usize,
    /// The saved data pointer: bytes given and taken.
    saved: (usize, usize),
}

/// Commands under way.
struct Run<'a, D> {
    habits: &'a Initiator,
    start: Ticks,
    now: Ticks,
    bus: &'a mut ScsiBus<D>,
    tracer: &'a mut Tracer,
    /// What ATN was asserted for.
    message: Option<u8>,
}

impl<D: Device> Run<'_, D> {
    fn all(&mut self, requests: &[Request<'_>]) -> Vec<Result<Outcome, Failure>> {
        let mut processes: Vec<Process<'_>> = requests
            .iter()
            .map(|&request| Process {
                request,
                outcome: Outcome {
                    status: 0xFF,
                    message: 0xFF,
                    data: Vec::new(),
                    taken: 0,
                    elapsed: Ticks::ZERO,
                },
                progress: Progress::Waiting,
                sent: 0,
                saved: (0, 0),
            })
            .collect();
        if let Err(failure) = self.work(&mut processes) {
            for process in &mut processes {
                if !matches!(process.progress, Progress::Ended(_)) {
                    process.progress = Progress::Ended(Some(failure));
                }
            }
        }
        processes
            .into_iter()
            .map(|process| match process.progress {
                Progress::Ended(Some(failure)) => Err(failure),
                _ => Ok(process.outcome),
            })
            .collect()
    }

    /// Until all have ended. An error is one after which nothing can go on.
    fn work(&mut self, processes: &mut [Process<'_>]) -> Result<(), Failure> {
        loop {
            let find = |wanted| processes.iter().position(|p| p.progress == wanted);
            let away = find(Progress::Disconnected);
            let current = match find(Progress::Waiting) {
                Some(next) => match self.select(processes[next].request.id, away.is_some()) {
                    Ok(true) => next,
                    Ok(false) => self.await_reselection(processes)?,
                    Err(failure) => {
                        processes[next].progress = Progress::Ended(Some(failure));
                        continue;
                    }
                },
                None if away.is_some() => self.await_reselection(processes)?,
                None => return Ok(()),
            };
            processes[current].progress = Progress::Connected;
            let progress = match self.serve(&mut processes[current]) {
                Ok(progress) => progress,
                Err(failure @ (Failure::Stuck(_) | Failure::TooMuchDataOut)) => {
                    return Err(failure);
                }
                Err(failure) => Progress::Ended(Some(failure)),
            };
            processes[current].progress = progress;
            processes[current].outcome.elapsed = self.now.since(self.start);
        }
    }

    /// Serves a connection until the bus is free.
    fn serve(&mut self, process: &mut Process<'_>) -> Result<Progress, Failure> {
        let mut expected = None;
        loop {
            let Some(lines) = self.request()? else {
                return expected.ok_or(Failure::UnexpectedBusFree);
            };
            let outcome = &mut process.outcome;
            match lines.phase() {
                Phase::MessageOut => {
                    let identify = self.habits.identify.unwrap_or(message::NO_OPERATION);
                    let byte = self.message.take().unwrap_or(identify);
                    self.give(byte);
                }
                Phase::Command => {
                    let byte = process.request.cdb.get(process.sent).copied().unwrap_or(0);
                    process.sent += 1;
                    self.give(byte);
                }
                Phase::DataOut => {
                    let byte = *process
                        .request
                        .out
                        .get(outcome.taken)
                        .ok_or(Failure::TooMuchDataOut)?;
                    outcome.taken += 1;
                    self.give(byte);
                }
                Phase::DataIn => outcome
                    .data
                    .push(self.take(message::INITIATOR_DETECTED_ERROR)),
                Phase::Status => outcome.status = self.take(message::INITIATOR_DETECTED_ERROR),
                Phase::MessageIn => {
                    let byte = self.take(message::MESSAGE_PARITY_ERROR);
                    if self.message.is_some() {
                        continue;
                    }
                    match byte {
                        message::COMMAND_COMPLETE => {
                            outcome.message = byte;
                            expected = Some(Progress::Ended(None));
                        }
                        message::DISCONNECT => expected = Some(Progress::Disconnected),
                        message::SAVE_DATA_POINTER => {
                            process.saved = (outcome.data.len(), outcome.taken);
                        }
                        // IDENTIFY of a reselection implies RESTORE POINTERS (6.6.7).
                        message::RESTORE_POINTERS | message::IDENTIFY.. => {
                            outcome.data.truncate(process.saved.0);
                            outcome.taken = process.saved.1;
                        }
                        _ => outcome.message = byte,
                    }
                }
                Phase::Reserved => return Err(Failure::Stuck(Phase::Reserved)),
            }
        }
    }

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

    /// ARBITRATION and SELECTION (6.1.2, 6.1.3). False when somebody else has the bus; with nobody known who could (`others`), that is an
    /// error.
    fn select(&mut self, target: u8, others: bool) -> Result<bool, Failure> {
        self.wait(BUS_SETTLE + BUS_FREE);
        if self.bus.free_since() == Ticks::NEVER {
            return if others {
                Ok(false)
            } else {
                Err(Failure::BusBusy)
            };
        }
        let own = 1 << self.habits.id;
        self.drive(Lines::with_data(Signals::BSY, own));
        self.wait(ARBITRATION);
        let lines = self.bus.lines();
        if lines.has(Signals::SEL) || lines.data > own | (own - 1) {
            self.drive(Lines::RELEASED);
            return Ok(false);
        }
        let attention = if self.habits.identify.is_some() {
            Signals::ATN
        } else {
            Signals::empty()
        };
        self.message = self.habits.identify;
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
                self.message = None;
                self.drive(Lines::RELEASED);
                return Err(Failure::SelectionTimeout);
            }
            self.wait_change(limit);
        }
        self.wait(DESKEW * 2);
        self.drive(Lines::control(attention));
        Ok(true)
    }

    /// RESELECTION (6.1.4): waits for a target, answers it, and says whose command goes on.
    fn await_reselection(&mut self, processes: &[Process<'_>]) -> Result<usize, Failure> {
        let limit = self.now + self.habits.patience;
        let own = 1 << self.habits.id;
        loop {
            let lines = self.bus.lines();
            let control = lines.signals & (Signals::SEL | Signals::IO | Signals::BSY);
            let target = lines.data & !own;
            if control == Signals::SEL | Signals::IO
                && lines.data & own != 0
                && target.is_power_of_two()
                && lines.parity_good()
            {
                let id = target.trailing_zeros() as u8;
                let known = processes
                    .iter()
                    .position(|p| p.progress == Progress::Disconnected && p.request.id == id);
                if let Some(process) = known {
                    self.wait(BUS_SETTLE);
                    self.drive(Lines::control(Signals::BSY));
                    while self.bus.lines().has(Signals::SEL) && self.now < limit {
                        self.wait_change(limit);
                    }
                    self.drive(Lines::RELEASED);
                    return Ok(process);
                }
            }
            if self.now >= limit {
                return Err(Failure::Stuck(lines.phase()));
            }
            self.wait_change(limit);
        }
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

    /// ATN, while there is a message to send.
    fn attention(&self) -> Signals {
        if self.message.is_some() {
            Signals::ATN
        } else {
            Signals::empty()
        }
    }

    /// Answers REQ with a byte; ATN goes false before the last message byte is acknowledged (6.2.1).
    fn give(&mut self, byte: u8) {
        let signals = self.attention();
        self.drive(Lines::with_data(signals, byte));
        self.wait(DATA_SETUP);
        self.drive(Lines::with_data(signals | Signals::ACK, byte));
        self.finish(Lines::control(signals));
    }

    /// Takes the byte on the bus. If its parity is wrong, ATN is asserted with ACK, for `complaint` to be sent.
    fn take(&mut self, complaint: u8) -> u8 {
        let lines = self.bus.lines();
        if self.habits.checks_parity && !lines.parity_good() {
            self.message = Some(complaint);
        }
        let signals = self.attention();
        self.drive(Lines::control(Signals::ACK | signals));
        self.finish(Lines::control(signals));
        lines.data
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

//! Commands, data and status: phases and the REQ/ACK handshake (SCSI-2, 6.1.5 to 6.1.8).

use super::{State, TargetPort, Then};
use crate::timing::{BUS_SETTLE, DATA_SETUP};
use crate::{BusError, Cdb, Device, Lines, Next, Phase, Signals, Status};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{ScsiEvent, Tracer};

/// A pause of REQ inside a data phase is worth a record when it lasts longer than this many byte periods of the
/// device.
const PAUSE_PERIODS: u64 = 8;

/// How often a target looks at ATN inside DATA OUT, in bytes: "at its convenience, often on a logical block
/// boundary" (SCSI-2, 6.2.1).
const ATTENTION_BYTES: u32 = 512;

/// INQUIRY with an allocation length of 0: a command without effect on the state of any unit.
const HARMLESS: [u8; 6] = [0x12, 0, 0, 0, 0, 0];

/// A stretch of a data phase in which the device does not ask for a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pause {
    from: Ticks,
    announced: bool,
}

impl<D: Device> TargetPort<D> {
    /// Sets the phase lines; REQ may follow when they have been stable for a bus settle delay (6.1.10).
    pub(super) fn enter(&mut self, at: Ticks, phase: Phase) {
        self.drives = Lines::control(Signals::BSY | phase.signals());
        self.state = match phase {
            Phase::DataOut | Phase::DataIn => State::Question,
            _ => State::Next,
        };
        self.due = at + BUS_SETTLE;
    }

    /// Asserts REQ for a byte to the target.
    pub(super) fn request(&mut self, at: Ticks) {
        self.drives.signals.insert(Signals::REQ);
        self.requested = at;
        self.state = State::Request;
    }

    /// Asserts REQ for a byte to the initiator. The data are on the bus one deskew delay before, which is less than
    /// the time since the phase or the last byte was settled, so it costs nothing here (6.1.5.1).
    pub(super) fn offer(&mut self, at: Ticks, byte: u8) {
        self.drives = Lines::with_data(self.drives.signals | Signals::REQ, byte);
        if !self.faults.is_empty() && self.drives.phase() == Phase::DataIn {
            self.drives = self.noisy(self.drives, false);
        }
        self.requested = at;
        self.state = State::Request;
    }

    /// The command descriptor block is complete. False when the device is not given it, and the status is on its way.
    pub(super) fn execute(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) -> bool {
        self.then = Then::Data;
        let cdb = Cdb::new(&self.command[..Cdb::length_of(self.command[0])]);
        tracer.emit(
            at,
            ScsiEvent::Command {
                id: self.id,
                cdb: cdb.bytes().to_vec(),
            },
        );
        // IDENTIFY overrides the unit number of the command block (7.2.2).
        if !self.identified {
            self.lun = cdb.bytes()[1] >> 5;
        }
        match &self.suspended {
            Some(other) if other.is_of(self.initiator, self.lun) => {
                // Incorrect initiator connection (7.5.2): both commands end.
                self.suspended = None;
                self.begun = true;
                self.fail(at, BusError::Overlapped, tracer);
            }
            Some(_) => {
                self.finish(at, Status::Busy, lines, tracer);
                return false;
            }
            None => {
                // A command that came with wrong parity may be any; the device gets one that does nothing, to fail it.
                let bad = std::mem::take(&mut self.bad_parity);
                let given = if bad { Cdb::new(&HARMLESS) } else { cdb };
                self.begun = true;
                self.device
                    .command(at, self.initiator, self.lun, &given, tracer);
                if bad {
                    self.fail(at, BusError::Parity, tracer);
                }
            }
        }
        self.refresh_wake();
        true
    }

    /// The command cannot be completed: the device is told so, once.
    pub(super) fn fail(&mut self, at: Ticks, error: BusError, tracer: &mut Tracer) {
        if self.begun && !std::mem::replace(&mut self.failed, true) {
            self.device.fail(at, error, tracer);
            self.wake = self.device.wake();
        }
    }

    /// Asks the device and puts its answer on the bus.
    #[inline]
    pub(super) fn question(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        if self.then == Then::Execute && !self.execute(at, lines, tracer) {
            return;
        }
        if !self.faults.is_empty() && self.strike(at, tracer) {
            return;
        }
        let phase = self.drives.phase();
        let next = self.device.next(at, tracer);
        self.wake = self.device.wake();
        if let Next::Wait(until) | Next::Disconnect(until) = next {
            assert!(until > at, "a device must not wait for its past");
            if self.may_disconnect && matches!(next, Next::Disconnect(_)) {
                self.resume = until;
                self.begin_disconnection(at, lines, tracer);
                return;
            }
            self.state = State::Wait;
            self.due = until;
            self.pause(at, until, phase, tracer);
            if lines.has(Signals::ATN) {
                self.proceed(at, Then::Data, lines, tracer);
            }
            return;
        }
        if self.paused.is_some() {
            self.resumed(at, tracer);
        }
        match next {
            Next::DataOut if phase == Phase::DataOut => self.request(at),
            Next::DataIn(byte) if phase == Phase::DataIn => self.offer(at, byte),
            Next::DataOut => {
                self.phase_bytes = 0;
                self.enter(at, Phase::DataOut);
            }
            Next::DataIn(_) => {
                self.phase_bytes = 0;
                self.enter(at, Phase::DataIn);
            }
            Next::Status(status) => self.finish(at, status, lines, tracer),
            Next::Wait(_) | Next::Disconnect(_) => unreachable!("handled above"),
        }
    }

    fn finish(&mut self, at: Ticks, status: Status, lines: Lines, tracer: &mut Tracer) {
        self.status = status as u8;
        let sense = if status == Status::CheckCondition {
            self.device.sense()
        } else {
            [0; 3]
        };
        tracer.emit(
            at,
            ScsiEvent::Status {
                id: self.id,
                status: self.status,
                sense,
                moved: self.moved,
            },
        );
        self.proceed(at, Then::Status(self.status), lines, tracer);
    }

    fn pause(&mut self, at: Ticks, until: Ticks, phase: Phase, tracer: &mut Tracer) {
        if self.phase_bytes == 0 || !matches!(phase, Phase::DataIn | Phase::DataOut) {
            return;
        }
        let pause = self.paused.get_or_insert(Pause {
            from: at,
            announced: false,
        });
        if !pause.announced && until.since(pause.from) > self.period * PAUSE_PERIODS {
            pause.announced = true;
            tracer.emit(
                pause.from,
                ScsiEvent::ReqPaused {
                    id: self.id,
                    at_byte: self.phase_bytes,
                    out: phase == Phase::DataOut,
                },
            );
        }
    }

    fn resumed(&mut self, at: Ticks, tracer: &mut Tracer) {
        if let Some(Pause {
            from,
            announced: true,
        }) = self.paused.take()
        {
            tracer.emit(
                at,
                ScsiEvent::ReqResumed {
                    id: self.id,
                    ticks: at.since(from).0,
                },
            );
        }
    }

    /// ACK became true with REQ: the byte changes hands.
    #[inline]
    pub(super) fn transfer(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        match self.drives.phase() {
            Phase::DataOut => self.take(at, lines, tracer),
            Phase::DataIn => {
                self.device.given(at, tracer);
                self.moved_one(false);
            }
            Phase::Command => {
                self.check_parity(at, lines, tracer);
                self.command[usize::from(self.have)] = lines.data;
                self.have += 1;
            }
            Phase::MessageOut => {
                self.check_parity(at, lines, tracer);
                if !self.bad_parity {
                    self.message.push(lines.data);
                }
            }
            Phase::Status | Phase::MessageIn | Phase::Reserved => {}
        }
    }

    #[inline]
    fn take(&mut self, at: Ticks, mut lines: Lines, tracer: &mut Tracer) {
        if !self.faults.is_empty() {
            lines = self.noisy(lines, true);
        }
        if lines.parity_good() {
            self.device.take(at, lines.data, tracer);
        } else {
            tracer.emit(at, ScsiEvent::ParityError { id: self.id });
            self.fail(at, BusError::Parity, tracer);
        }
        self.moved_one(true);
    }

    #[inline]
    fn moved_one(&mut self, out: bool) {
        self.moved += 1;
        self.phase_bytes += 1;
        self.unsaved = true;
        self.wake = self.device.wake();
        if !self.faults.is_empty() {
            self.count_fault_bytes(out);
        }
    }

    fn check_parity(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        if !lines.parity_good() {
            tracer.emit(at, ScsiEvent::ParityError { id: self.id });
            self.bad_parity = true;
        }
    }

    /// ACK became false after REQ: the handshake of a byte is over.
    #[inline]
    pub(super) fn released(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        match self.drives.phase() {
            Phase::DataOut | Phase::DataIn => {
                self.state = State::Question;
                self.pace(at);
                // An initiator that has found a parity error in this byte raises ATN with it.
                if lines.has(Signals::ATN)
                    && (self.phase_bytes.is_multiple_of(ATTENTION_BYTES)
                        || self.drives.phase() == Phase::DataIn)
                {
                    self.proceed(at, Then::Data, lines, tracer);
                }
            }
            Phase::Command => {
                if usize::from(self.have) < Cdb::length_of(self.command[0]) {
                    self.state = State::Next;
                    self.pace(at);
                } else {
                    self.proceed(at, Then::Execute, lines, tracer);
                }
            }
            Phase::MessageOut => self.message_byte_taken(at, lines, tracer),
            Phase::Status => self.proceed(at, Then::Complete, lines, tracer),
            Phase::MessageIn => self.message_given(at, lines, tracer),
            Phase::Reserved => self.leave(at),
        }
    }

    /// The next REQ, never sooner than one byte period after the last.
    #[inline]
    pub(super) fn pace(&mut self, at: Ticks) {
        self.due = (self.requested + self.period).max(at + DATA_SETUP);
    }
}

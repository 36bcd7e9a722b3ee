use crate::message;
use crate::timing::{BUS_SETTLE, DESKEW, REQ_RESPONSE};
use crate::{Cdb, Device, Lines, Next, Phase, ResetCause, Signals, Status};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{ScsiEvent, Tracer};

/// A pause of REQ inside a data phase is worth a record when it lasts longer than this many byte periods of the
/// device.
const PAUSE_PERIODS: u64 = 8;

/// How often a target looks at ATN inside a data phase, in bytes: "at its convenience, often on a logical block
/// boundary" (SCSI-2, 6.2.1).
const ATTENTION_BYTES: u32 = 512;

/// Where a target stands in the protocol of the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Not on the bus.
    Free,
    /// Its ID was seen with SEL; answers when that has lasted a bus settle delay (6.1.3).
    Selecting,
    /// BSY asserted, SEL still true.
    Selected,
    /// REQ is false; the next byte of a phase other than data is due.
    Next,
    /// REQ is false; the device is to be asked what is next.
    Question,
    /// REQ is true, ACK is awaited.
    Request,
    /// ACK was seen, REQ is about to become false.
    Acknowledged,
    /// REQ is false again, ACK must follow.
    Release,
}

/// What follows once no message is being exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Then {
    /// Fetch the command descriptor block.
    Command,
    /// Hand the command to the device.
    Execute,
    /// Ask the device what is next.
    Data,
    /// Send this status byte.
    Status(u8),
    /// Send COMMAND COMPLETE.
    Complete,
    /// Leave the bus.
    BusFree,
}

/// A target's bus interface, with the device behind it.
///
/// It answers selection, sets the phases, runs the REQ/ACK handshake and handles messages. It looks at the bus
/// only when a line changes, and acts by itself only when it is due.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetPort<D> {
    id: u8,
    device: D,
    drives: Lines,
    state: State,
    then: Then,
    due: Ticks,
    wake: Ticks,
    /// The byte period of the device, asked for once a command.
    period: Ticks,
    requested: Ticks,
    initiator: u8,
    lun: u8,
    /// The command descriptor block and how much of it has arrived.
    command: [u8; 12],
    have: u8,
    /// The message that is being received: its first byte, the bytes so far, the bytes still to come.
    message: u8,
    message_have: u8,
    message_left: u8,
    sending: u8,
    status: u8,
    moved: u32,
    phase_bytes: u32,
    paused: Option<Pause>,
}

/// A stretch of a data phase in which the device does not ask for a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pause {
    from: Ticks,
    announced: bool,
}

impl<D: Device> TargetPort<D> {
    /// The target with SCSI ID `id` in front of `device`.
    ///
    /// # Panics
    /// When `id` is above 7.
    pub fn new(id: u8, device: D) -> TargetPort<D> {
        assert!(id < 8, "SCSI IDs are 0 to 7");
        let wake = device.wake();
        let period = device.byte_period();
        TargetPort {
            id,
            device,
            drives: Lines::RELEASED,
            state: State::Free,
            then: Then::Command,
            due: Ticks::NEVER,
            wake,
            period,
            requested: Ticks::ZERO,
            initiator: 7,
            lun: 0,
            command: [0; 12],
            have: 0,
            message: 0,
            message_have: 0,
            message_left: 0,
            sending: 0,
            status: 0,
            moved: 0,
            phase_bytes: 0,
            paused: None,
        }
    }

    /// The device behind the port.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// The device behind the port, to be changed from outside the bus (a medium, a switch).
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// The device, taken out of its port.
    pub fn into_device(self) -> D {
        self.device
    }

    /// What this target drives onto the bus.
    pub fn drives(&self) -> Lines {
        self.drives
    }

    /// True while the target is on the bus or about to answer a selection.
    pub fn involved(&self) -> bool {
        self.state != State::Free
    }

    /// Data bytes moved in the current command.
    pub fn moved(&self) -> u32 {
        self.moved
    }

    /// When the target next does something to the bus by itself.
    pub(crate) fn due(&self) -> Ticks {
        self.due
    }

    /// When the device's mechanics next do something by themselves, as of the last call to the device.
    pub(crate) fn wake(&self) -> Ticks {
        self.wake
    }

    pub(crate) fn refresh_wake(&mut self) {
        self.wake = self.device.wake();
        self.period = self.device.byte_period();
    }

    pub(crate) fn advance_device(&mut self, at: Ticks, tracer: &mut Tracer) {
        self.device.advance(at, tracer);
        self.wake = self.device.wake();
        assert!(self.wake > at, "a device must not want to wake in its past");
    }

    /// RST or a power cycle: leaves the bus at once, well within the bus clear delay (6.2.2), and resets the device
    /// (the hard alternative, 6.2.2.1).
    pub(crate) fn reset(&mut self, at: Ticks, cause: ResetCause, tracer: &mut Tracer) {
        self.leave();
        self.device.reset(at, cause, tracer);
        self.wake = self.device.wake();
    }

    /// The lines of the bus, this target's included, have changed to `lines`; `own` is what the initiator drives.
    pub(crate) fn observe(
        &mut self,
        at: Ticks,
        lines: Lines,
        arbitration_id: u8,
        tracer: &mut Tracer,
    ) {
        let ack = lines.has(Signals::ACK);
        match self.state {
            State::Request if ack => {
                self.transfer(at, lines.data, tracer);
                self.state = State::Acknowledged;
                self.due = at + REQ_RESPONSE;
            }
            State::Release if !ack => self.released(at, lines, tracer),
            State::Free if self.is_selected(lines) => {
                self.state = State::Selecting;
                self.due = at + BUS_SETTLE;
                let others = lines.data & !(1 << self.id);
                let initiator = if others & arbitration_id != 0 {
                    others & arbitration_id
                } else {
                    others
                };
                // Without an initiator's ID on the bus (the single initiator option of SCSI-1, 5.1.3.1) there is
                // nothing to tell the device: it sees ID 7, the customary one of a host.
                self.initiator = if initiator == 0 {
                    7
                } else {
                    7 - initiator.leading_zeros() as u8
                };
            }
            State::Selecting if !self.is_selected(lines) => self.leave(),
            State::Selected if !lines.has(Signals::SEL) => self.connected(at, lines),
            _ => {}
        }
    }

    /// True when REQ of a data phase waits for ACK.
    #[inline]
    pub(crate) fn requests_data(&self) -> bool {
        self.state == State::Request
            && matches!(self.drives.phase(), Phase::DataOut | Phase::DataIn)
    }

    /// What [`TargetPort::observe`] and [`TargetPort::step`] make of ACK true at `at`, REQ false in answer, and ACK
    /// false at `release`, if that is known; all at once.
    #[inline]
    pub(crate) fn acknowledge(
        &mut self,
        at: Ticks,
        data: u8,
        release: Option<Ticks>,
        tracer: &mut Tracer,
    ) {
        self.transfer(at, data, tracer);
        self.drives.signals.remove(Signals::REQ);
        match release {
            Some(release) => {
                self.state = State::Question;
                self.pace(release);
            }
            None => {
                self.state = State::Release;
                self.due = Ticks::NEVER;
            }
        }
    }

    /// Does what is due at `at`.
    pub(crate) fn step(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        self.due = Ticks::NEVER;
        match self.state {
            State::Acknowledged => {
                self.drives.signals.remove(Signals::REQ);
                self.state = State::Release;
                if !lines.has(Signals::ACK) {
                    self.released(at, lines, tracer);
                }
            }
            State::Question => self.question(at, lines, tracer),
            State::Next => match self.drives.phase() {
                Phase::Status | Phase::MessageIn => self.offer(at, self.sending),
                _ => self.request(at),
            },
            State::Selecting => {
                self.drives = Lines::control(Signals::BSY);
                self.state = State::Selected;
                tracer.emit(
                    at,
                    ScsiEvent::Selection {
                        id: self.id,
                        answered: true,
                    },
                );
                if !lines.has(Signals::SEL) {
                    self.connected(at, lines);
                }
            }
            State::Free | State::Selected | State::Request | State::Release => {}
        }
    }

    /// SELECTION phase (6.1.3): SEL and the own ID true, BSY and I/O false, good parity, at most two IDs.
    fn is_selected(&self, lines: Lines) -> bool {
        lines.signals & (Signals::SEL | Signals::BSY | Signals::IO | Signals::RST) == Signals::SEL
            && lines.data & (1 << self.id) != 0
            && lines.data.count_ones() <= 2
            && lines.parity_good()
    }

    /// SEL became false: with ATN the first phase is MESSAGE OUT (6.1.3.1).
    fn connected(&mut self, at: Ticks, lines: Lines) {
        self.lun = 0xFF;
        self.moved = 0;
        self.phase_bytes = 0;
        self.paused = None;
        self.proceed(at, Then::Command, lines);
    }

    /// Goes on with `then`, after MESSAGE OUT if the initiator asks for attention (6.2.1).
    fn proceed(&mut self, at: Ticks, then: Then, lines: Lines) {
        self.then = then;
        if lines.has(Signals::ATN) {
            self.message_have = 0;
            self.enter(at, Phase::MessageOut);
            return;
        }
        match then {
            Then::Command => {
                self.have = 0;
                self.enter(at, Phase::Command);
            }
            Then::Execute | Then::Data => {
                self.state = State::Question;
                self.due = at;
            }
            Then::Status(status) => {
                self.sending = status;
                self.enter(at, Phase::Status);
            }
            Then::Complete => {
                self.sending = message::COMMAND_COMPLETE;
                self.enter(at, Phase::MessageIn);
            }
            Then::BusFree => self.leave(),
        }
    }

    /// Sets the phase lines; REQ may follow when they have been stable for a bus settle delay (6.1.10).
    fn enter(&mut self, at: Ticks, phase: Phase) {
        self.drives = Lines::control(Signals::BSY | phase.signals());
        self.state = match phase {
            Phase::DataOut | Phase::DataIn => State::Question,
            _ => State::Next,
        };
        self.due = at + BUS_SETTLE;
    }

    /// BUS FREE: releases everything (6.1.1).
    fn leave(&mut self) {
        self.drives = Lines::RELEASED;
        self.state = State::Free;
        self.due = Ticks::NEVER;
        self.paused = None;
    }

    /// Asserts REQ for a byte to the target.
    fn request(&mut self, at: Ticks) {
        self.drives.signals.insert(Signals::REQ);
        self.requested = at;
        self.state = State::Request;
    }

    /// Asserts REQ for a byte to the initiator. The data are on the bus one deskew delay before, which is less than
    /// the time since the phase or the last byte was settled, so it costs nothing here (6.1.5.1).
    fn offer(&mut self, at: Ticks, byte: u8) {
        self.drives = Lines::with_data(self.drives.signals | Signals::REQ, byte);
        self.requested = at;
        self.state = State::Request;
    }

    fn execute(&mut self, at: Ticks, tracer: &mut Tracer) {
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
        let lun = if self.lun == 0xFF {
            cdb.bytes()[1] >> 5
        } else {
            self.lun
        };
        self.device.command(at, self.initiator, lun, &cdb, tracer);
        self.refresh_wake();
    }

    /// Asks the device and puts its answer on the bus.
    #[inline]
    fn question(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        if self.then == Then::Execute {
            self.execute(at, tracer);
        }
        let phase = self.drives.phase();
        let next = self.device.next(at, tracer);
        self.wake = self.device.wake();
        if let Next::Wait(until) | Next::Disconnect(until) = next {
            assert!(until > at, "a device must not wait for its past");
            self.due = until;
            self.pause(at, until, phase, tracer);
            if lines.has(Signals::ATN) {
                self.proceed(at, Then::Data, lines);
            }
            return;
        }
        if self.paused.is_some() {
            self.resume(at, tracer);
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
        self.proceed(at, Then::Status(self.status), lines);
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

    fn resume(&mut self, at: Ticks, tracer: &mut Tracer) {
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
    fn transfer(&mut self, at: Ticks, data: u8, tracer: &mut Tracer) {
        match self.drives.phase() {
            Phase::DataOut => {
                self.device.take(at, data, tracer);
                self.moved += 1;
                self.phase_bytes += 1;
                self.wake = self.device.wake();
            }
            Phase::DataIn => {
                self.device.given(at, tracer);
                self.moved += 1;
                self.phase_bytes += 1;
                self.wake = self.device.wake();
            }
            Phase::Command => {
                self.command[usize::from(self.have)] = data;
                self.have += 1;
            }
            Phase::MessageOut => self.message_byte(data),
            Phase::Status | Phase::MessageIn | Phase::Reserved => {}
        }
    }

    /// ACK became false after REQ: the handshake of a byte is over.
    #[inline]
    fn released(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        match self.drives.phase() {
            Phase::DataOut | Phase::DataIn => {
                self.state = State::Question;
                self.pace(at);
                if self.phase_bytes.is_multiple_of(ATTENTION_BYTES) && lines.has(Signals::ATN) {
                    self.proceed(at, Then::Data, lines);
                }
            }
            Phase::Command => {
                if usize::from(self.have) < Cdb::length_of(self.command[0]) {
                    self.state = State::Next;
                    self.pace(at);
                } else {
                    self.proceed(at, Then::Execute, lines);
                }
            }
            Phase::MessageOut if self.message_left > 0 => {
                self.state = State::Next;
                self.pace(at);
            }
            Phase::MessageOut => self.message_received(at, lines, tracer),
            Phase::Status => self.proceed(at, Then::Complete, lines),
            Phase::MessageIn => {
                let then = match self.then {
                    Then::Complete => Then::BusFree,
                    other => other,
                };
                self.proceed(at, then, lines);
            }
            Phase::Reserved => self.leave(),
        }
    }

    /// The next REQ, never sooner than one byte period after the last.
    #[inline]
    fn pace(&mut self, at: Ticks) {
        self.due = (self.requested + self.period).max(at + DESKEW);
    }

    /// A byte of a message to the target has arrived (6.1.9, 6.5).
    fn message_byte(&mut self, byte: u8) {
        match self.message_have {
            0 => {
                self.message = byte;
                self.message_left =
                    u8::from(byte == message::EXTENDED || message::TWO_BYTE.contains(&byte));
            }
            1 if self.message == message::EXTENDED => self.message_left = byte,
            _ => self.message_left = self.message_left.saturating_sub(1),
        }
        self.message_have = self.message_have.saturating_add(1);
    }

    /// A whole message to the target has arrived.
    fn message_received(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        self.message_have = 0;
        match self.message {
            message::ABORT => self.abort(at, None, tracer),
            message::BUS_DEVICE_RESET => self.abort(at, Some(ResetCause::Message), tracer),
            message::NO_OPERATION | message::INITIATOR_DETECTED_ERROR | message::MESSAGE_REJECT => {
                self.after_message(at, lines)
            }
            message::MESSAGE_PARITY_ERROR => {
                // The last message in, which can only have been COMMAND COMPLETE or a rejection, is sent again.
                if self.then == Then::BusFree {
                    self.then = Then::Complete;
                }
                self.after_message(at, lines)
            }
            message::IDENTIFY.. => {
                self.lun = self.message & 7;
                self.after_message(at, lines)
            }
            _ => {
                self.sending = message::MESSAGE_REJECT;
                self.enter(at, Phase::MessageIn);
            }
        }
    }

    /// Another message while ATN stays true, otherwise what was to be done.
    fn after_message(&mut self, at: Ticks, lines: Lines) {
        if lines.has(Signals::ATN) {
            self.state = State::Next;
            self.pace(at);
        } else {
            self.proceed(at, self.then, lines);
        }
    }

    /// ABORT and BUS DEVICE RESET: bus free, and the command is forgotten (6.6.1, 6.6.3).
    fn abort(&mut self, at: Ticks, cause: Option<ResetCause>, tracer: &mut Tracer) {
        let begun = matches!(self.then, Then::Data);
        self.leave();
        match cause {
            Some(cause) => self.device.reset(at, cause, tracer),
            None if begun => self.device.abort(at, tracer),
            None => {}
        }
        self.wake = self.device.wake();
    }
}

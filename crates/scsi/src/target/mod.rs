//! A target's bus interface.

mod connection;
mod faults;
mod messages;
mod transfer;

use crate::timing::REQ_RESPONSE;
use crate::{BusFault, Device, Lines, Phase, ResetCause, Signals};
use clock::Ticks;
use connection::Suspended;
use messages::Message;
use serde::{Deserialize, Serialize};
use trace::Tracer;
use transfer::Pause;

/// Where a target stands in the protocol of the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Without power.
    Off,
    /// Stopped: whatever is driven stays.
    Hung,
    /// Not on the bus.
    Free,
    /// Not on the bus, with a command that goes on when it is due.
    Disconnected,
    /// Waits for bus free to arbitrate; due when the bus has been free long enough.
    AwaitBus,
    /// BSY and the own ID asserted (6.1.2).
    Arbitrating,
    /// Arbitration won: SEL asserted.
    Won,
    /// I/O and both IDs asserted, BSY still true (6.1.4.1).
    Naming,
    /// RESELECTION: BSY released, the initiator's BSY awaited.
    Reselecting,
    /// The initiator has not answered: the IDs are off the bus, SEL still true (6.1.4.2).
    Withdrawing,
    /// The initiator has asserted BSY, and so has the target.
    Answered,
    /// Its ID was seen with SEL; answers when that has lasted a bus settle delay (6.1.3).
    Selecting,
    /// BSY asserted, SEL still true.
    Selected,
    /// REQ is false; the next byte of a phase other than data is due.
    Next,
    /// REQ is false; the device is to be asked what is next.
    Question,
    /// REQ is false; the device has said when to ask again.
    Wait,
    /// REQ is true, ACK is awaited.
    Request,
    /// ACK was seen, REQ is about to become false.
    Acknowledged,
    /// REQ is false again, ACK must follow.
    Release,
}

/// What follows once no message is being received.
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
    /// Send RESTORE POINTERS, then the status again.
    Restore,
    /// Send SAVE DATA POINTER, then DISCONNECT.
    Save,
    /// Send DISCONNECT.
    Disconnect,
    /// Send IDENTIFY after reselection.
    Identify,
    /// Leave the bus, to come back.
    Suspend,
    /// Leave the bus.
    BusFree,
}

/// The bus as a target sees it.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// The lines, this target's included.
    pub lines: Lines,
    /// Since when BSY and SEL have both been false, or `NEVER`.
    pub free_since: Ticks,
}

/// A target's bus interface, with the device behind it.
///
/// It answers selection, sets the phases, runs the REQ/ACK handshake, checks parity, handles messages, disconnects and reselects. It looks at
/// the bus only when a line changes, and acts by itself only when it is due.
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
    /// An IDENTIFY has come in this connection.
    identified: bool,
    /// The initiator has granted the disconnection privilege in this connection.
    may_disconnect: bool,
    /// The device has this connection's command.
    begun: bool,
    /// The device was told that the command cannot be completed.
    failed: bool,
    /// Data have moved since the initiator's pointers were saved.
    unsaved: bool,
    /// When the device is to be asked again after the disconnection that is under way.
    resume: Ticks,
    suspended: Option<Suspended>,
    /// The command descriptor block and how much of it has arrived.
    command: [u8; 12],
    have: u8,
    /// A byte of the command or message came with wrong parity.
    bad_parity: bool,
    message: Message,
    sending: u8,
    /// The last message sent in this connection, and what was to be done when it was.
    told: Option<(u8, Then)>,
    status: u8,
    moved: u32,
    phase_bytes: u32,
    paused: Option<Pause>,
    faults: Vec<BusFault>,
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
            identified: false,
            may_disconnect: false,
            begun: false,
            failed: false,
            unsaved: false,
            resume: Ticks::ZERO,
            suspended: None,
            command: [0; 12],
            have: 0,
            bad_parity: false,
            message: Message::default(),
            sending: 0,
            told: None,
            status: 0,
            moved: 0,
            phase_bytes: 0,
            paused: None,
            faults: Vec::new(),
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
        !matches!(
            self.state,
            State::Free | State::Disconnected | State::AwaitBus | State::Off
        )
    }

    /// True while a command waits, disconnected from the bus.
    pub fn disconnected(&self) -> bool {
        self.suspended.is_some()
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
        if self.state != State::Off {
            self.wake = self.device.wake();
        }
        self.period = self.device.byte_period();
    }

    pub(crate) fn advance_device(&mut self, at: Ticks, tracer: &mut Tracer) {
        self.device.advance(at, tracer);
        self.wake = self.device.wake();
        assert!(self.wake > at, "a device must not want to wake in its past");
    }

    /// RST or power-on: leaves the bus at once, well within the bus clear delay (6.2.2), and resets the device
    /// (the hard alternative, 6.2.2.1).
    pub(crate) fn reset(&mut self, at: Ticks, cause: ResetCause, tracer: &mut Tracer) {
        if self.state == State::Off && cause != ResetCause::PowerOn {
            return;
        }
        self.suspended = None;
        self.leave(at);
        self.device.reset(at, cause, tracer);
        self.wake = self.device.wake();
    }

    /// The lines of the bus have changed.
    pub(crate) fn observe(&mut self, at: Ticks, view: View, tracer: &mut Tracer) {
        let lines = view.lines;
        let ack = lines.has(Signals::ACK);
        match self.state {
            State::Request if ack => {
                self.transfer(at, lines, tracer);
                self.state = State::Acknowledged;
                self.due = at + REQ_RESPONSE;
            }
            State::Release if !ack => self.released(at, lines, tracer),
            State::Free | State::Disconnected | State::AwaitBus if self.is_selected(lines) => {
                self.selected(at, lines);
            }
            State::Wait if lines.has(Signals::ATN) => {
                self.proceed(at, Then::Data, lines, tracer);
            }
            State::Selecting if !self.is_selected(lines) => self.leave(at),
            State::Selected if !lines.has(Signals::SEL) => self.connected(at, lines, tracer),
            State::AwaitBus => self.watch_bus_free(at, view),
            State::Arbitrating if lines.has(Signals::SEL) => self.lost(),
            State::Reselecting | State::Withdrawing if lines.has(Signals::BSY) => self.answered(at),
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
        lines: Lines,
        release: Option<Ticks>,
        tracer: &mut Tracer,
    ) {
        self.transfer(at, lines, tracer);
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
    pub(crate) fn step(&mut self, at: Ticks, view: View, tracer: &mut Tracer) {
        self.due = Ticks::NEVER;
        let lines = view.lines;
        match self.state {
            State::Acknowledged => {
                self.drives.signals.remove(Signals::REQ);
                self.state = State::Release;
                if !lines.has(Signals::ACK) {
                    self.released(at, lines, tracer);
                }
            }
            State::Question | State::Wait => self.question(at, lines, tracer),
            State::Next => match self.drives.phase() {
                Phase::Status | Phase::MessageIn => self.offer(at, self.sending),
                _ => self.request(at),
            },
            State::Selecting => self.answer_selection(at, lines, tracer),
            State::Off => self.power_returns(at, tracer),
            State::Disconnected
            | State::AwaitBus
            | State::Arbitrating
            | State::Won
            | State::Naming
            | State::Reselecting
            | State::Withdrawing
            | State::Answered => self.step_reselection(at, view, tracer),
            State::Free | State::Hung | State::Selected | State::Request | State::Release => {}
        }
    }

    /// Goes on with `then`, after MESSAGE OUT if the initiator asks for attention (6.2.1).
    fn proceed(&mut self, at: Ticks, then: Then, lines: Lines, tracer: &mut Tracer) {
        self.then = then;
        if lines.has(Signals::ATN) {
            self.message = Message::default();
            self.bad_parity = false;
            self.enter(at, Phase::MessageOut);
            return;
        }
        match then {
            Then::Command => {
                self.have = 0;
                self.bad_parity = false;
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
            Then::Complete | Then::Restore | Then::Save | Then::Disconnect | Then::Identify => {
                self.tell(at, then);
            }
            Then::Suspend => self.suspend(at, tracer),
            Then::BusFree => self.leave(at),
        }
    }
}

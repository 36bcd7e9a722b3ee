//! Coming onto the bus and leaving it: selection, disconnection, arbitration and reselection (SCSI-2, 6.1.1 to 6.1.4).

use super::{State, TargetPort, Then, View};
use crate::timing::{
    ARBITRATION, BUS_CLEAR, BUS_FREE, BUS_SETTLE, DESKEW, DISCONNECTION, SELECTION_ABORT,
    SELECTION_TIMEOUT,
};
use crate::{BusError, Device, Lines, Signals};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{ScsiEvent, Tracer};

/// How often a target reselects an initiator that does not answer before it gives the command up. The standard leaves it to the
/// target; assumed.
const RESELECTIONS: u8 = 8;

/// How long it leaves the bus to others in between; assumed.
const RESELECTION_PAUSE: Ticks = Ticks::from_millis(250);

/// A command that goes on after reselection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Suspended {
    initiator: u8,
    lun: u8,
    until: Ticks,
    moved: u32,
    failed: bool,
    tries: u8,
}

impl Suspended {
    /// True when this is the command of `initiator` for unit `lun`.
    pub fn is_of(&self, initiator: u8, lun: u8) -> bool {
        (self.initiator, self.lun) == (initiator, lun)
    }
}

impl<D: Device> TargetPort<D> {
    /// SELECTION phase (6.1.3): SEL and the own ID true, BSY and I/O false, good parity, at most two IDs.
    pub(super) fn is_selected(&self, lines: Lines) -> bool {
        lines.signals & (Signals::SEL | Signals::BSY | Signals::IO | Signals::RST) == Signals::SEL
            && lines.data & (1 << self.id) != 0
            && lines.data.count_ones() <= 2
            && lines.parity_good()
    }

    pub(super) fn selected(&mut self, at: Ticks, lines: Lines) {
        self.state = State::Selecting;
        self.due = at + BUS_SETTLE;
        let others = lines.data & !(1 << self.id);
        // Without an initiator's ID on the bus (the single initiator option of SCSI-1, 5.1.3.1) there is
        // nothing to tell the device: it sees ID 7, the customary one of a host.
        self.initiator = if others == 0 {
            7
        } else {
            others.trailing_zeros() as u8
        };
    }

    pub(super) fn answer_selection(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
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
            self.connected(at, lines, tracer);
        }
    }

    /// SEL became false: with ATN the first phase is MESSAGE OUT (6.1.3.1).
    pub(super) fn connected(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        self.begin_connection();
        self.identified = false;
        self.may_disconnect = false;
        self.begun = false;
        self.failed = false;
        self.moved = 0;
        self.proceed(at, Then::Command, lines, tracer);
    }

    fn begin_connection(&mut self) {
        self.unsaved = false;
        self.bad_parity = false;
        self.told = None;
        self.phase_bytes = 0;
        self.paused = None;
    }

    /// BUS FREE: releases everything (6.1.1).
    pub(super) fn leave(&mut self, at: Ticks) {
        self.drives = Lines::RELEASED;
        self.paused = None;
        (self.state, self.due) = match &self.suspended {
            Some(command) => (State::Disconnected, command.until.max(at)),
            None => (State::Free, Ticks::NEVER),
        };
    }

    /// Sends SAVE DATA POINTER, when it is needed, and DISCONNECT.
    pub(super) fn begin_disconnection(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        self.paused = None;
        let then = if std::mem::take(&mut self.unsaved) {
            Then::Save
        } else {
            Then::Disconnect
        };
        self.proceed(at, then, lines, tracer);
    }

    /// DISCONNECT was acknowledged: bus free until the device is to be asked again (6.6.6).
    pub(super) fn suspend(&mut self, at: Ticks, tracer: &mut Tracer) {
        let until = if self.resume == Ticks::ZERO {
            at + DISCONNECTION
        } else {
            self.resume
        };
        self.suspended = Some(Suspended {
            initiator: self.initiator,
            lun: self.lun,
            until,
            moved: self.moved,
            failed: self.failed,
            tries: 0,
        });
        tracer.emit(at, ScsiEvent::Disconnected { id: self.id });
        self.leave(at);
    }

    /// The bus became free, or was taken, while the target wants it (6.1.2).
    ///
    /// Once bus free has been detected, the target arbitrates a bus free delay later even if another device has asserted BSY
    /// in between: that is still within the bus set delay. A SEL ends it.
    pub(super) fn watch_bus_free(&mut self, at: Ticks, view: View) {
        if view.free_since != Ticks::NEVER {
            self.due = (view.free_since + BUS_SETTLE + BUS_FREE).max(at);
        } else if view.lines.has(Signals::SEL)
            || self.due == Ticks::NEVER
            || at + BUS_FREE < self.due
        {
            self.due = Ticks::NEVER;
        }
    }

    /// Arbitration is lost: BSY and the ID are released at once, within the bus clear delay (6.1.2).
    pub(super) fn lost(&mut self) {
        self.drives = Lines::RELEASED;
        self.state = State::AwaitBus;
        self.due = Ticks::NEVER;
    }

    /// The initiator has asserted BSY: so does the target, and releases SEL two deskew delays later (6.1.4.1).
    pub(super) fn answered(&mut self, at: Ticks) {
        self.drives.signals.insert(Signals::BSY);
        self.state = State::Answered;
        self.due = at + DESKEW * 2;
    }

    /// The steps from the end of a disconnection to IDENTIFY.
    pub(super) fn step_reselection(&mut self, at: Ticks, view: View, tracer: &mut Tracer) {
        let own = 1 << self.id;
        let both = own | self.suspended.map_or(0, |command| 1 << command.initiator);
        match self.state {
            State::Disconnected => {
                self.state = State::AwaitBus;
                self.watch_bus_free(at, view);
            }
            State::AwaitBus => {
                self.drives = Lines::with_data(Signals::BSY, own);
                self.state = State::Arbitrating;
                self.due = at + ARBITRATION;
            }
            State::Arbitrating if view.lines.data > own | (own - 1) => self.lost(),
            State::Arbitrating => {
                self.drives.signals.insert(Signals::SEL);
                self.state = State::Won;
                self.due = at + BUS_CLEAR + BUS_SETTLE;
            }
            State::Won => {
                self.drives = Lines::with_data(Signals::BSY | Signals::SEL | Signals::IO, both);
                self.state = State::Naming;
                self.due = at + DESKEW * 2;
            }
            State::Naming => {
                self.drives.signals.remove(Signals::BSY);
                self.state = State::Reselecting;
                self.due = at + BUS_SETTLE + SELECTION_TIMEOUT;
            }
            State::Reselecting => {
                self.drives = Lines::control(Signals::SEL | Signals::IO);
                self.state = State::Withdrawing;
                self.due = at + SELECTION_ABORT + DESKEW * 2;
            }
            State::Withdrawing => self.not_answered(at, tracer),
            _ => self.reconnected(at, tracer),
        }
    }

    /// RESELECTION time-out (6.1.4.2).
    fn not_answered(&mut self, at: Ticks, tracer: &mut Tracer) {
        tracer.emit(
            at,
            ScsiEvent::Reselected {
                id: self.id,
                answered: false,
            },
        );
        if let Some(command) = &mut self.suspended {
            command.tries += 1;
            command.until = at + RESELECTION_PAUSE;
            if command.tries == RESELECTIONS {
                if !command.failed {
                    self.device.fail(at, BusError::Reselection, tracer);
                }
                self.device.abort(at, tracer);
                self.wake = self.device.wake();
                self.suspended = None;
            }
        }
        self.leave(at);
    }

    /// SEL is released: the connection stands, and begins with IDENTIFY (6.1.4.1, 6.6.7).
    fn reconnected(&mut self, at: Ticks, tracer: &mut Tracer) {
        tracer.emit(
            at,
            ScsiEvent::Reselected {
                id: self.id,
                answered: true,
            },
        );
        self.begin_connection();
        if let Some(command) = self.suspended.take() {
            self.initiator = command.initiator;
            self.lun = command.lun;
            self.moved = command.moved;
            self.failed = command.failed;
        }
        self.identified = true;
        self.may_disconnect = true;
        self.begun = true;
        self.tell(at, Then::Identify);
    }
}

//! What a [`BusFault`] does to a target.

use super::{State, TargetPort};
use crate::{BusFault, Device, Lines, ResetCause, Signals};
use clock::Ticks;
use trace::{ScsiEvent, Tracer};

impl<D: Device> TargetPort<D> {
    /// Puts in a fault of this target.
    pub(crate) fn inject(&mut self, at: Ticks, fault: BusFault, tracer: &mut Tracer) {
        match fault {
            BusFault::PowerCycle { off } => self.power_fails(at, off, tracer),
            BusFault::Noise { .. } | BusFault::BusFree { .. } | BusFault::Hang { .. } => {
                self.faults.push(fault);
            }
            BusFault::Reset => {}
        }
    }

    /// True while a fault waits for its byte.
    #[inline]
    pub(crate) fn faulty(&self) -> bool {
        !self.faults.is_empty()
    }

    /// A data byte has moved.
    pub(super) fn count_fault_bytes(&mut self, out: bool) {
        self.faults.retain_mut(|fault| {
            let noise = matches!(fault, BusFault::Noise { .. });
            match fault.counts(out).then(|| fault.left()).flatten() {
                // Noise has just struck; the others strike when the device is asked next.
                Some(0) => !noise,
                Some(left) => {
                    *left -= 1;
                    true
                }
                None => true,
            }
        });
    }

    /// The lines of a data byte as the receiver sees them.
    pub(super) fn noisy(&self, lines: Lines, out: bool) -> Lines {
        let mut seen = lines;
        for fault in &self.faults {
            if let &BusFault::Noise {
                out: other,
                after: 0,
                flip,
            } = fault
                && other == out
            {
                seen.data ^= flip as u8;
                seen.parity ^= flip & 0x100 != 0;
            }
        }
        seen
    }

    /// Before the device is asked: leaves the bus or stops, if it is time for that. True when the device is not to be
    /// asked.
    pub(super) fn strike(&mut self, at: Ticks, tracer: &mut Tracer) -> bool {
        let due = |fault: &BusFault| {
            matches!(
                fault,
                BusFault::BusFree { after: 0 } | BusFault::Hang { after: 0 }
            )
        };
        let Some(place) = self.faults.iter().position(due) else {
            return false;
        };
        if let BusFault::Hang { .. } = self.faults.remove(place) {
            self.drives.signals.remove(Signals::REQ);
            self.state = State::Hung;
            self.due = Ticks::NEVER;
            tracer.emit(at, ScsiEvent::TargetHung { id: self.id });
        } else {
            self.unexpected_bus_free(at, tracer);
        }
        true
    }

    /// Leaves the bus without a status; the command is forgotten (6.1.1).
    pub(super) fn unexpected_bus_free(&mut self, at: Ticks, tracer: &mut Tracer) {
        tracer.emit(at, ScsiEvent::UnexpectedBusFree { id: self.id });
        if self.begun {
            self.device.abort(at, tracer);
            self.wake = self.device.wake();
        }
        self.leave(at);
    }

    fn power_fails(&mut self, at: Ticks, off: Ticks, tracer: &mut Tracer) {
        tracer.emit(
            at,
            ScsiEvent::TargetPower {
                id: self.id,
                on: false,
            },
        );
        // The device forgets at once what it holds in memory; it begins again when the power returns.
        self.reset(at, ResetCause::PowerOn, tracer);
        self.state = State::Off;
        self.due = at + off;
        self.wake = Ticks::NEVER;
    }

    pub(super) fn power_returns(&mut self, at: Ticks, tracer: &mut Tracer) {
        tracer.emit(
            at,
            ScsiEvent::TargetPower {
                id: self.id,
                on: true,
            },
        );
        self.reset(at, ResetCause::PowerOn, tracer);
    }
}

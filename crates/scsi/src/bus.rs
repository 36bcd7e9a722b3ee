use crate::target::View;
use crate::timing::{REQ_RESPONSE, RESET_HOLD};
use crate::{BusFault, Device, Lines, ResetCause, Signals, TargetPort};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{ScsiEvent, Tracer};

/// Stands for a target's ID where what is due comes from outside the targets.
const OUTSIDE: u8 = 8;

/// A fault that is to happen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Planned {
    at: Ticks,
    id: u8,
    fault: BusFault,
}

/// A SCSI bus: one initiator's lines, up to eight targets, and the wired OR of what they drive.
///
/// The bus is lazy: it stands at the time of the last call and is brought forward by the next. An initiator circuit
/// that reacts to the target's lines takes the changes one at a time with [`ScsiBus::step`]; anyone else uses
/// [`ScsiBus::advance`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScsiBus<D> {
    ports: [Option<TargetPort<D>>; 8],
    /// Bit n: target n is on the bus or about to answer a selection.
    involved: u8,
    /// Bit n: target n is involved or will do something by itself.
    active: u8,
    initiator: Lines,
    targets: Lines,
    /// What other hosts drive.
    others: Lines,
    /// When one of them releases an RST that a fault made it assert.
    others_until: Ticks,
    /// Faults to come, the earliest first.
    planned: Vec<Planned>,
    now: Ticks,
    /// The earliest action of a target or from outside, and whose it is.
    line_due: Ticks,
    line_port: u8,
    /// The earliest wish of a device's mechanics, and whose it is.
    wake_due: Ticks,
    wake_port: u8,
    /// Since when BSY and SEL have both been false; `NEVER` while one is true.
    free_since: Ticks,
    /// The ID an initiator put on the bus when it arbitrated.
    arbitration_id: u8,
    /// IDs on the bus in the selection that nobody has answered yet.
    selecting: u8,
}

impl<D: Device> Default for ScsiBus<D> {
    fn default() -> Self {
        ScsiBus::new()
    }
}

impl<D: Device> ScsiBus<D> {
    /// A bus without targets.
    pub fn new() -> ScsiBus<D> {
        ScsiBus {
            ports: [const { None }; 8],
            involved: 0,
            active: 0,
            initiator: Lines::RELEASED,
            targets: Lines::RELEASED,
            others: Lines::RELEASED,
            others_until: Ticks::NEVER,
            planned: Vec::new(),
            now: Ticks::ZERO,
            line_due: Ticks::NEVER,
            line_port: 0,
            wake_due: Ticks::NEVER,
            wake_port: 0,
            free_since: Ticks::ZERO,
            arbitration_id: 0,
            selecting: 0,
        }
    }

    /// Connects `device` as target `id`, in place of one that was there.
    ///
    /// # Panics
    /// When `id` is above 7.
    pub fn attach(&mut self, id: u8, device: D) {
        self.ports[usize::from(id)] = Some(TargetPort::new(id, device));
        self.refresh(id);
    }

    /// Disconnects target `id`.
    pub fn detach(&mut self, id: u8) -> Option<D> {
        let port = self.ports[usize::from(id)].take();
        self.refresh(id);
        port.map(TargetPort::into_device)
    }

    /// The port of target `id`.
    pub fn port(&self, id: u8) -> Option<&TargetPort<D>> {
        self.ports.get(usize::from(id))?.as_ref()
    }

    /// The device of target `id`.
    pub fn device(&self, id: u8) -> Option<&D> {
        self.port(id).map(TargetPort::device)
    }

    /// Changes the device of target `id` from outside the bus: a cartridge, a switch, a fault. Settle the bus with
    /// [`ScsiBus::advance`] first.
    pub fn with_device<R>(&mut self, id: u8, change: impl FnOnce(&mut D) -> R) -> Option<R> {
        let port = self.ports.get_mut(usize::from(id))?.as_mut()?;
        let result = change(port.device_mut());
        port.refresh_wake();
        self.refresh(id);
        Some(result)
    }

    /// The IDs and devices of the targets, in order of their IDs.
    pub fn devices(&self) -> impl Iterator<Item = (u8, &D)> {
        (0..)
            .zip(&self.ports)
            .filter_map(|(id, port)| Some((id, port.as_ref()?.device())))
    }

    /// The lines as they were when the bus was last settled.
    #[inline]
    pub fn lines(&self) -> Lines {
        self.initiator | self.targets | self.others
    }

    /// What the initiator drives.
    pub fn initiator(&self) -> Lines {
        self.initiator
    }

    /// What other hosts drive.
    pub fn others(&self) -> Lines {
        self.others
    }

    /// The time the bus has been settled to.
    pub fn now(&self) -> Ticks {
        self.now
    }

    /// Since when BSY and SEL have both been false, or `NEVER` while one of them is true.
    pub fn free_since(&self) -> Ticks {
        self.free_since
    }

    /// The time of the next line change that a target makes without the initiator's doing.
    #[inline]
    pub fn next_event(&self) -> Ticks {
        self.line_due
    }

    /// The time at which the mechanics of a device next do something by themselves. A machine puts this on its
    /// agenda, so that what they do is recorded in time; the lines need no wake-up of their own unless somebody waits
    /// for an interrupt.
    pub fn wake(&self) -> Ticks {
        self.wake_due
    }

    /// Takes the earliest thing that is due at or before `limit`: a line change of a target, or its device's
    /// mechanics. Returns its time.
    #[inline]
    pub fn step(&mut self, limit: Ticks, tracer: &mut Tracer) -> Option<Ticks> {
        // Lines before mechanics at the same tick; asking a device brings its mechanics up to the time anyway.
        if self.line_due <= self.wake_due {
            let at = self.line_due;
            if at > limit {
                return None;
            }
            self.now = at;
            let before = self.lines().signals;
            let id = self.line_port;
            let view = self.view();
            if id == OUTSIDE {
                self.outside(at, tracer);
            } else if let Some(port) = &mut self.ports[usize::from(id)] {
                port.step(at, view, tracer);
                self.refresh(id);
            }
            self.settle_ownership(at, before, tracer);
            Some(at)
        } else {
            let at = self.wake_due;
            if at > limit {
                return None;
            }
            self.now = at;
            let id = self.wake_port;
            if let Some(port) = &mut self.ports[usize::from(id)] {
                port.advance_device(at, tracer);
            }
            self.refresh(id);
            Some(at)
        }
    }

    /// Settles everything the targets do up to and including `now`.
    #[inline]
    pub fn advance(&mut self, now: Ticks, tracer: &mut Tracer) {
        while self.step(now, tracer).is_some() {}
        self.now = self.now.max(now);
    }

    /// The initiator changes what it drives at `at`, or now if the bus has already been settled to a later time.
    #[inline]
    pub fn drive(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        if at > self.now {
            self.advance(at, tracer);
        }
        if lines == self.initiator {
            return;
        }
        let before = self.initiator;
        let signals = self.lines().signals;
        self.initiator = lines;
        let at = self.now;
        let changed = before.signals ^ lines.signals;
        // Inside a connection only the target that is on the bus looks at the lines.
        let usual = Signals::ACK | Signals::ATN;
        if self.involved.is_power_of_two() && usual.contains(changed) {
            self.observe(self.involved.trailing_zeros() as u8, at, tracer);
            self.settle_ownership(at, signals, tracer);
        } else {
            self.control_changed(at, before, signals, tracer);
        }
    }

    /// Other hosts on the cable change what they drive, all together, at `at` or now. The initiator's circuit sees it at its next access or event.
    pub fn drive_others(&mut self, at: Ticks, mut lines: Lines, tracer: &mut Tracer) {
        self.advance(at, tracer);
        if self.others_until != Ticks::NEVER {
            lines.signals.insert(Signals::RST);
        }
        let reset = lines.has(Signals::RST) && !self.others.has(Signals::RST);
        self.others = lines;
        if reset {
            self.reset(self.now, tracer);
        }
        self.note_free(self.now);
        self.observe_all(self.now, tracer);
        self.note_free(self.now);
    }

    /// Plans a fault of target `id` for `at`, or for now if the bus has been settled to a later time. It becomes part of the bus's
    /// state, and happens when the bus is brought forward to its time.
    ///
    /// [`BusFault::Reset`] is what device `id` does; the other faults need a target of that ID when they happen, else nothing
    /// does.
    pub fn inject(&mut self, at: Ticks, id: u8, fault: BusFault) {
        let at = at.max(self.now);
        let place = self.planned.partition_point(|other| other.at <= at);
        self.planned.insert(place, Planned { at, id, fault });
        self.refresh_lines();
    }

    /// ACK true at `at` in a data phase, REQ false [`REQ_RESPONSE`] later, and, if `hold` is given, ACK false that
    /// much later still: the same as [`ScsiBus::drive`] and [`ScsiBus::step`] would do one by one, for half the
    /// price. Returns false, and has done nothing, when something else could come between or not all of it is over at
    /// `limit`.
    #[inline]
    pub fn acknowledge(
        &mut self,
        at: Ticks,
        hold: Option<Ticks>,
        limit: Ticks,
        tracer: &mut Tracer,
    ) -> bool {
        let answered = at + REQ_RESPONSE;
        let release = hold.map(|hold| answered + hold);
        let lines = self.lines();
        let over = release.unwrap_or(answered);
        let undisturbed = over <= limit && self.wake_due > over && self.line_due > over;
        if !undisturbed || !self.involved.is_power_of_two() || lines.has(Signals::ATN) {
            return false;
        }
        let id = self.involved.trailing_zeros() as u8;
        let Some(port) = &mut self.ports[usize::from(id)] else {
            return false;
        };
        if !port.requests_data() || port.faulty() {
            return false;
        }
        self.now = at;
        port.acknowledge(at, lines, release, tracer);
        self.initiator.signals.set(Signals::ACK, release.is_none());
        self.refresh(id);
        true
    }

    /// Resets every device as power-on does, and releases the bus.
    pub fn power_on(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.now = self.now.max(now);
        self.initiator = Lines::RELEASED;
        (self.others, self.others_until) = (Lines::RELEASED, Ticks::NEVER);
        for id in 0..8 {
            if let Some(port) = &mut self.ports[usize::from(id)] {
                port.reset(now, ResetCause::PowerOn, tracer);
            }
            self.refresh(id);
        }
        self.free_since = self.now;
    }

    fn view(&self) -> View {
        View {
            lines: self.lines(),
            free_since: self.free_since,
        }
    }

    /// What is due from outside the targets: a planned fault, or the end of another device's RST.
    fn outside(&mut self, at: Ticks, tracer: &mut Tracer) {
        if self.others_until == at {
            self.others.signals.remove(Signals::RST);
            self.others_until = Ticks::NEVER;
        }
        while self.planned.first().is_some_and(|next| next.at <= at) {
            let Planned { id, fault, .. } = self.planned.remove(0);
            if fault == BusFault::Reset {
                self.others.signals.insert(Signals::RST);
                self.others_until = at + RESET_HOLD;
                self.reset(at, tracer);
            } else if let Some(port) = self.ports.get_mut(usize::from(id)).and_then(Option::as_mut)
            {
                port.inject(at, fault, tracer);
                self.refresh(id);
            }
        }
        self.refresh_lines();
    }

    /// Something changed on the lines: if BSY or SEL did, every target looks.
    #[inline]
    fn settle_ownership(&mut self, at: Ticks, before: Signals, tracer: &mut Tracer) {
        let changed = before ^ self.lines().signals;
        if changed.intersects(Signals::BSY | Signals::SEL) {
            self.note_free(at);
            self.observe_all(at, tracer);
        }
    }

    fn control_changed(&mut self, at: Ticks, before: Lines, signals: Signals, tracer: &mut Tracer) {
        if self.initiator.has(Signals::RST) && !before.has(Signals::RST) {
            self.reset(at, tracer);
        }
        let lines = self.lines();
        if self.initiator.signals & (Signals::BSY | Signals::SEL) == Signals::BSY {
            self.arbitration_id = self.initiator.data;
        }
        if self.initiator.has(Signals::SEL) && !lines.has(Signals::BSY) {
            self.selecting = self.initiator.data & !self.arbitration_id;
        }
        if (signals ^ lines.signals).intersects(Signals::BSY | Signals::SEL) {
            self.note_free(at);
        }
        self.observe_all(at, tracer);
        if before.has(Signals::SEL) && !self.initiator.has(Signals::SEL) {
            let ids = std::mem::take(&mut self.selecting);
            if ids != 0 && !lines.has(Signals::BSY) {
                let id = 7 - ids.leading_zeros() as u8;
                tracer.emit(
                    at,
                    ScsiEvent::Selection {
                        id,
                        answered: false,
                    },
                );
            }
        }
        self.note_free(at);
    }

    fn reset(&mut self, at: Ticks, tracer: &mut Tracer) {
        tracer.emit(at, ScsiEvent::BusReset);
        self.arbitration_id = 0;
        self.selecting = 0;
        for id in 0..8 {
            if let Some(port) = &mut self.ports[usize::from(id)] {
                port.reset(at, ResetCause::BusReset, tracer);
            }
            self.refresh(id);
        }
    }

    fn observe_all(&mut self, at: Ticks, tracer: &mut Tracer) {
        for id in 0..8 {
            self.observe(id, at, tracer);
        }
    }

    fn observe(&mut self, id: u8, at: Ticks, tracer: &mut Tracer) {
        let view = self.view();
        if let Some(port) = &mut self.ports[usize::from(id)] {
            port.observe(at, view, tracer);
            self.refresh(id);
        }
    }

    fn note_free(&mut self, at: Ticks) {
        if self.lines().signals.intersects(Signals::BSY | Signals::SEL) {
            self.free_since = Ticks::NEVER;
        } else if self.free_since == Ticks::NEVER {
            self.free_since = at;
            self.arbitration_id = 0;
        }
    }

    /// Takes over what target `id` drives and wants after it was touched.
    #[inline]
    fn refresh(&mut self, id: u8) {
        let bit = 1 << id;
        let (mut drives, mut due, mut wake, mut involved) =
            (Lines::RELEASED, Ticks::NEVER, Ticks::NEVER, false);
        if let Some(port) = &self.ports[usize::from(id)] {
            (drives, due, wake, involved) =
                (port.drives(), port.due(), port.wake(), port.involved());
        }
        let set = |mask: u8, on: bool| if on { mask | bit } else { mask & !bit };
        self.involved = set(self.involved, involved);
        self.active = set(self.active, involved || due != Ticks::NEVER);
        if self.active & !bit == 0 && self.planned.is_empty() && self.others_until == Ticks::NEVER {
            self.targets = drives;
            // Without an event no port is named: the state must not tell who was asked last.
            (self.line_due, self.line_port) = (due, if due == Ticks::NEVER { 0 } else { id });
        } else {
            self.refresh_lines();
        }
        if wake < self.wake_due {
            (self.wake_due, self.wake_port) = (wake, id);
        } else if self.wake_port == id && wake != self.wake_due {
            self.refresh_wake();
        }
    }

    /// The general case: several targets, or a fault to come.
    fn refresh_lines(&mut self) {
        self.targets = Lines::RELEASED;
        let planned = self.planned.first().map_or(Ticks::NEVER, |next| next.at);
        self.line_due = planned.min(self.others_until);
        self.line_port = if self.line_due == Ticks::NEVER {
            0
        } else {
            OUTSIDE
        };
        for (id, port) in (0..).zip(&self.ports) {
            let Some(port) = port else { continue };
            self.targets |= port.drives();
            if port.due() < self.line_due {
                (self.line_due, self.line_port) = (port.due(), id);
            }
        }
    }

    fn refresh_wake(&mut self) {
        (self.wake_due, self.wake_port) = (Ticks::NEVER, 0);
        for (id, port) in (0..).zip(&self.ports) {
            let wake = port.as_ref().map_or(Ticks::NEVER, TargetPort::wake);
            if wake < self.wake_due {
                (self.wake_due, self.wake_port) = (wake, id);
            }
        }
    }
}

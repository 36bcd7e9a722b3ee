use crate::timing::REQ_RESPONSE;
use crate::{Device, Lines, ResetCause, Signals, TargetPort};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{ScsiEvent, Tracer};

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
    initiator: Lines,
    targets: Lines,
    now: Ticks,
    /// The earliest action of an involved target, and whose it is.
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
            initiator: Lines::RELEASED,
            targets: Lines::RELEASED,
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
        self.initiator | self.targets
    }

    /// What the initiator drives.
    pub fn initiator(&self) -> Lines {
        self.initiator
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
            let lines = self.lines();
            let id = self.line_port;
            if let Some(port) = &mut self.ports[usize::from(id)] {
                port.step(at, lines, tracer);
            }
            let busy = self.targets.has(Signals::BSY);
            self.refresh(id);
            if busy != self.targets.has(Signals::BSY) {
                self.note_free(at);
            }
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
        self.initiator = lines;
        let at = self.now;
        let changed = before.signals ^ lines.signals;
        // Inside a connection only the target that is on the bus looks at the lines.
        let usual = Signals::ACK | Signals::ATN;
        if self.involved.is_power_of_two() && usual.contains(changed) {
            self.observe(self.involved.trailing_zeros() as u8, at, tracer);
            if self.involved == 0 {
                self.note_free(at);
            }
        } else {
            self.control_changed(at, before, tracer);
        }
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
        let undisturbed = over <= limit && self.wake_due > over && self.line_due == Ticks::NEVER;
        if !undisturbed || !self.involved.is_power_of_two() || lines.has(Signals::ATN) {
            return false;
        }
        let id = self.involved.trailing_zeros() as u8;
        let Some(port) = &mut self.ports[usize::from(id)] else {
            return false;
        };
        if !port.requests_data() {
            return false;
        }
        self.now = at;
        port.acknowledge(at, lines.data, release, tracer);
        self.initiator.signals.set(Signals::ACK, release.is_none());
        self.refresh(id);
        true
    }

    /// Resets every device as power-on does, and releases the bus.
    pub fn power_on(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.now = self.now.max(now);
        self.initiator = Lines::RELEASED;
        for id in 0..8 {
            if let Some(port) = &mut self.ports[usize::from(id)] {
                port.reset(now, ResetCause::PowerOn, tracer);
            }
            self.refresh(id);
        }
        self.free_since = self.now;
    }

    fn control_changed(&mut self, at: Ticks, before: Lines, tracer: &mut Tracer) {
        if self.initiator.has(Signals::RST) && !before.has(Signals::RST) {
            self.reset(at, tracer);
        }
        let lines = self.lines();
        let arbitrating = Signals::BSY | Signals::SEL;
        if self.involved == 0 && self.initiator.signals & arbitrating == Signals::BSY {
            self.arbitration_id = self.initiator.data;
        }
        if lines.has(Signals::SEL) && !lines.has(Signals::BSY) {
            self.selecting = self.initiator.data & !self.arbitration_id;
        }
        for id in 0..8 {
            self.observe(id, at, tracer);
        }
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

    fn observe(&mut self, id: u8, at: Ticks, tracer: &mut Tracer) {
        let lines = self.lines();
        let arbitration_id = self.arbitration_id;
        if let Some(port) = &mut self.ports[usize::from(id)] {
            port.observe(at, lines, arbitration_id, tracer);
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
        self.involved = if involved {
            self.involved | bit
        } else {
            self.involved & !bit
        };
        if self.involved & !bit == 0 {
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

    /// The general case: several targets answer at once.
    fn refresh_lines(&mut self) {
        self.targets = Lines::RELEASED;
        (self.line_due, self.line_port) = (Ticks::NEVER, 0);
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

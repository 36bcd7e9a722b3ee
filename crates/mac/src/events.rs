//! The agenda of a machine: what happens without the CPU's doing, and when.

use crate::bus::Bus;
use crate::devices::port_b;
use crate::video::BLANK_LINES;
use chips::scc8530::Channel;
use clock::{Slot, Ticks};
use serde::{Deserialize, Serialize};

/// The sources of events. Their order here breaks ties: first what only changes levels on pins of the VIA, then the chips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Source {
    /// Beginning and end of vertical blanking (VIA CA1).
    Frame,
    /// The end of a line's horizontal blanking, while VIA timer 2 counts them on PB6.
    Line,
    /// The one-second signal of the clock chip (VIA CA2).
    Second,
    /// The keyboard (VIA CB1 and CB2).
    Keyboard,
    /// The next keystroke of a text that is being typed.
    Typing,
    /// The next step of the mouse.
    Mouse,
    /// A timer of the VIA.
    Via,
    /// The SCC.
    Scc,
    /// The mechanics of a SCSI device.
    Scsi,
}

impl Slot for Source {
    const ALL: &'static [Source] = &[
        Source::Frame,
        Source::Line,
        Source::Second,
        Source::Keyboard,
        Source::Typing,
        Source::Mouse,
        Source::Via,
        Source::Scc,
        Source::Scsi,
    ];

    fn index(self) -> usize {
        self as usize
    }
}

/// The length of vertical blanking.
const BLANKING: Ticks = Ticks(Ticks::LINE.0 * BLANK_LINES as u64);
/// Between two key transitions of a typed text: a fast typist, slow enough for a program that polls 60 times a second.
const KEYSTROKE: Ticks = Ticks(Ticks::FRAME.0 * 2);
/// Between two steps of the mouse.
const MOUSE_STEP: Ticks = Ticks::from_millis(2);

impl Bus {
    pub(crate) fn start_events(&mut self) {
        // Time zero is the beginning of a frame whose blanking nobody notices: CA1 is high after power-on.
        self.agenda.set(Source::Frame, Ticks::FRAME);
        self.reschedule_all(Ticks::ZERO);
    }

    pub(crate) fn reschedule_all(&mut self, at: Ticks) {
        self.agenda.set(Source::Second, self.rtc.next_event(at));
        self.agenda.set(Source::Scsi, self.scsi.wake());
        self.agenda.set(Source::Scc, self.scc.next_event());
        self.schedule_keyboard();
        self.schedule_lines(at);
        self.via_changed(at);
    }

    /// Does everything that is due at or before `until`, each at its own time.
    pub(crate) fn run_events(&mut self, until: Ticks) {
        while let Some((source, at)) = self.agenda.pop(until) {
            match source {
                Source::Frame => self.frame(at),
                Source::Line => {
                    self.via.pb6_pulse(at);
                    self.schedule_lines(at);
                }
                Source::Second => {
                    self.rtc.advance(at);
                    self.via.set_ca2(at, self.rtc.one_second(at));
                    self.agenda.set(Source::Second, self.rtc.next_event(at));
                }
                Source::Keyboard => {
                    let wires = self.keyboard.advance(at, self.via.cb2_out());
                    self.via.set_cb2(at, wires.data);
                    self.via.set_cb1(at, wires.clock);
                    self.keyboard.host_data(at, self.via.cb2_out());
                    self.schedule_keyboard();
                }
                Source::Typing => self.keystroke(at),
                Source::Mouse => self.mouse_step(at),
                Source::Via => self.via.advance(at),
                Source::Scc => {
                    self.scc.advance(at, &mut self.tracer, self.pc);
                    self.agenda.set(Source::Scc, self.scc.next_event());
                }
                Source::Scsi => {
                    self.ncr.advance(at, &mut self.scsi, &mut self.tracer);
                    self.agenda.set(Source::Scsi, self.scsi.wake());
                }
            }
            self.via_changed(at);
        }
    }

    /// CA1 is low during vertical blanking, so that its falling edge interrupts at the bottom of the screen.
    fn frame(&mut self, at: Ticks) {
        if at.0 - self.frame_start >= Ticks::FRAME.0 {
            self.frame_start += Ticks::FRAME.0;
            self.via.set_ca1(at, false);
            self.agenda.set(Source::Frame, at + BLANKING);
        } else {
            self.via.set_ca1(at, true);
            self.agenda
                .set(Source::Frame, Ticks(self.frame_start) + Ticks::FRAME);
        }
    }

    /// Something about the VIA changed: its IRQ pin, or when it next will.
    pub(crate) fn via_changed(&mut self, at: Ticks) {
        self.agenda.set(Source::Via, self.via.next_event());
        self.requests_changed(at);
    }

    pub(crate) fn scc_accessed(&mut self, at: Ticks) {
        self.agenda.set(Source::Scc, self.scc.next_event());
        self.requests_changed(at);
    }

    pub(crate) fn scsi_accessed(&mut self) {
        self.agenda.set(Source::Scsi, self.scsi.wake());
        self.deadline = self.deadline.min(self.agenda.next().0);
    }

    pub(crate) fn schedule_keyboard(&mut self) {
        self.agenda
            .set(Source::Keyboard, self.keyboard.next_event());
    }

    /// PB6 falls at the beginning of each line; only a timer that counts it needs to be told.
    pub(crate) fn schedule_lines(&mut self, at: Ticks) {
        let due = if self.via.counts_pb6_pulses() {
            let into = (at.0 - self.frame_start) % Ticks::LINE.0;
            Ticks(at.0 - into + Ticks::LINE.0)
        } else {
            Ticks::NEVER
        };
        self.agenda.set(Source::Line, due);
    }

    /// Brings the CPU's interrupt inputs and the deadline up to date.
    pub(crate) fn requests_changed(&mut self, at: Ticks) {
        self.requests.set(at, self.via.irq(), self.scc.irq());
        self.ipl = self.requests.level();
        self.deadline = self.deadline.min(self.agenda.next().0);
    }

    /// Adds a key transition to the text that is being typed.
    pub(crate) fn type_key(&mut self, code: u8, down: bool) {
        if self.typing.is_empty() {
            self.agenda.set(Source::Typing, Ticks(self.now) + KEYSTROKE);
        }
        self.typing.push_back((code, down));
    }

    fn keystroke(&mut self, at: Ticks) {
        if let Some((code, down)) = self.typing.pop_front() {
            self.keyboard.transition(at, code, down);
            self.schedule_keyboard();
        }
        if !self.typing.is_empty() {
            self.agenda.set(Source::Typing, at + KEYSTROKE);
        }
    }

    /// Adds to the distance the mouse has to go.
    pub(crate) fn move_mouse(&mut self, right: i32, down: i32) {
        self.mouse.0 += right;
        self.mouse.1 += down;
        self.agenda.set(Source::Mouse, Ticks(self.now) + MOUSE_STEP);
    }

    /// One step on each axis that still has some to go. X1 and Y1 interrupt through the SCC's DCD inputs, X2 and Y2 tell the direction on
    /// the VIA (IM III, "The mouse"): after an edge X1 and X2 differ when the mouse goes right, Y1 and Y2 agree when it goes down. The
    /// sense is the one the open-source emulator Snow documents.
    fn mouse_step(&mut self, at: Ticks) {
        let (dx, dy) = (self.mouse.0.signum(), self.mouse.1.signum());
        if dx != 0 {
            self.mouse.0 -= dx;
            self.mouse_interrupt.0 = !self.mouse_interrupt.0;
            let x2 = self.mouse_interrupt.0 == (dx < 0);
            self.via
                .b
                .set_input(port_b::MOUSE_X2, if x2 { port_b::MOUSE_X2 } else { 0 });
            self.scc.set_dcd(at, Channel::A, self.mouse_interrupt.0);
        }
        if dy != 0 {
            self.mouse.1 -= dy;
            self.mouse_interrupt.1 = !self.mouse_interrupt.1;
            let y2 = self.mouse_interrupt.1 == (dy > 0);
            self.via
                .b
                .set_input(port_b::MOUSE_Y2, if y2 { port_b::MOUSE_Y2 } else { 0 });
            self.scc.set_dcd(at, Channel::B, self.mouse_interrupt.1);
        }
        if self.mouse != (0, 0) {
            self.agenda.set(Source::Mouse, at + MOUSE_STEP);
        }
        self.agenda.set(Source::Scc, self.scc.next_event());
    }
}

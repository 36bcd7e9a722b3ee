//! The agenda of a machine: what happens without the CPU's doing, and when.

use crate::bus::Bus;
use crate::devices::port_b;
use crate::interrupts::Line;
use crate::models::Model;
use crate::models::se30::via2;
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
    /// The keyboard or the transceiver of the Apple Desktop Bus (VIA CB1 and CB2).
    Keyboard,
    /// The next keystroke of a text that is being typed.
    Typing,
    /// The next step of the mouse.
    Mouse,
    /// A timer of the VIA.
    Via,
    /// A timer of VIA2.
    Via2,
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
        Source::Via2,
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
        self.agenda.set(Source::Scc, self.scc.next_event());
        self.schedule_keyboard();
        self.schedule_lines(at);
        if self.board.is_some() {
            self.via2_changed(at);
        }
        self.via_changed(at);
        self.scsi_accessed(at);
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
                Source::Keyboard => self.keyboard_event(at),
                Source::Typing => self.keystroke(at),
                Source::Mouse => self.mouse_step(at),
                Source::Via => self.via.advance(at),
                Source::Via2 => {
                    if let Some(board) = &mut self.board {
                        board.via2.advance(at);
                    }
                    self.via2_changed(at);
                }
                Source::Scc => {
                    self.scc.advance(at, &mut self.tracer, self.pc);
                    self.agenda.set(Source::Scc, self.scc.next_event());
                }
                Source::Scsi => {
                    self.ncr.advance(at, &mut self.scsi, &mut self.tracer);
                    self.scsi_accessed(at);
                }
            }
            self.via_changed(at);
        }
    }

    /// The keyboard of a Plus, or the transceiver, has an edge of its clock to make.
    fn keyboard_event(&mut self, at: Ticks) {
        let host = self.via.cb2_out();
        let (clock, data) = if let Some(adb) = &mut self.adb {
            let wires = adb.advance(at, host);
            let interrupt = if wires.interrupt {
                port_b::ADB_INTERRUPT
            } else {
                0
            };
            self.via.b.set_input(port_b::ADB_INTERRUPT, interrupt);
            (wires.clock, wires.data)
        } else {
            let wires = self.keyboard.advance(at, host);
            (wires.clock, wires.data)
        };
        self.via.set_cb2(at, data);
        self.via.set_cb1(at, clock);
        if self.adb.is_none() {
            self.keyboard.host_data(at, self.via.cb2_out());
        }
        self.schedule_keyboard();
    }

    /// Plus and SE: CA1 is low during vertical blanking, so that its falling edge interrupts at the bottom of the screen. SE/30: the video asks as
    /// slot E where that edge is, until the program withdraws it.
    fn frame(&mut self, at: Ticks) {
        if at.0 - self.frame_start >= Ticks::FRAME.0 {
            self.frame_start += Ticks::FRAME.0;
            if self.wide {
                if self.via.port_b_out() & port_b::VBL_MASK == 0 {
                    self.set_slot_e(at, true);
                }
            } else {
                self.via.set_ca1(at, false);
            }
            self.agenda.set(Source::Frame, at + BLANKING);
        } else {
            if !self.wide {
                self.via.set_ca1(at, true);
            }
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

    /// Something about VIA2 changed: its IRQ pin, its PB7, or when they next will. PB7 is VIA1's CA1.
    pub(crate) fn via2_changed(&mut self, at: Ticks) {
        let Some(board) = &self.board else { return };
        let next = board.via2.next_event().min(board.via2.next_pb7_change());
        let vbl = board.via2.port_b_out() & via2::VBL != 0;
        self.agenda.set(Source::Via2, next);
        self.via.set_ca1(at, vbl);
        self.via_changed(at);
    }

    /// Something about the 5380 changed: what it next does, or a pin that is connected.
    pub(crate) fn scsi_accessed(&mut self, at: Ticks) {
        let mut next = self.scsi.wake();
        if self.scsi_may_interrupt() {
            next = next.min(self.ncr.next_event(at, &self.scsi));
        }
        self.agenda.set(Source::Scsi, next);
        self.deadline = self.deadline.min(self.agenda.next().0);
        self.scsi_pins_changed(at);
    }

    pub(crate) fn schedule_keyboard(&mut self) {
        let next = match &self.adb {
            Some(adb) => adb.next_event(),
            None => self.keyboard.next_event(),
        };
        self.agenda.set(Source::Keyboard, next);
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
        self.requests.set(at, Line::Via, self.via.irq());
        self.requests.set(at, Line::Scc, self.scc.irq());
        match self.model {
            Model::Plus => {}
            Model::Se => {
                let enabled = self.via.port_b_out() & port_b::SCSI_MASK == 0;
                self.requests.set(at, Line::Scsi, enabled && self.ncr.irq());
            }
            Model::Se30 => {
                let irq = self.board.as_ref().is_some_and(|board| board.via2.irq());
                self.requests.set(at, Line::Via2, irq);
            }
        }
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

    /// A key goes down or comes up. The codes of both keyboards agree where there are keys for characters.
    pub(crate) fn key(&mut self, at: Ticks, code: u8, down: bool) {
        match &mut self.adb {
            Some(adb) => adb.key(code, down),
            None => self.keyboard.transition(at, code, down),
        }
        self.schedule_keyboard();
    }

    fn keystroke(&mut self, at: Ticks) {
        if let Some((code, down)) = self.typing.pop_front() {
            self.key(at, code, down);
        }
        if !self.typing.is_empty() {
            self.agenda.set(Source::Typing, at + KEYSTROKE);
        }
    }

    /// Adds to the distance the mouse has to go.
    pub(crate) fn move_mouse(&mut self, right: i32, down: i32) {
        if let Some(adb) = &mut self.adb {
            adb.mouse_moved(right, down);
            return;
        }
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

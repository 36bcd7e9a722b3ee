//! The shift register (data sheet, *Shift register operation*).
//!
//! Modes 001, 100 and 101 are clocked by the roll-overs of T2's low byte, 010 and 110 by φ2; the chip then drives CB1. In modes 000, 011
//! and 111 CB1 is an input. Every clock is one edge on CB1: bits go out with its falling edge and come in with its rising edge.
//!
//! Inferences of the author: with φ2, CB1 changes once in a cycle, from the cycle after the access on, so that a bit takes two cycles; the
//! flag is set with the rising edge of the eighth pulse in all modes. Not modelled: the chip of MOS and Rockwell can miss an edge on CB1
//! that comes within nanoseconds of the fall of φ2, which WDC's 65C22 mends.

use super::registers::Acr;
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// Modes, ACR bits 4-2.
mod mode {
    pub const DISABLED: u8 = 0b000;
    pub const IN_EXTERNAL: u8 = 0b011;
    pub const OUT_FREE: u8 = 0b100;
    pub const OUT_EXTERNAL: u8 = 0b111;
}

/// Edges of eight pulses.
const EDGES: u8 = 16;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShiftRegister {
    data: u8,
    mode: u8,
    /// Pulses on CB1 since the register was last read or written, modulo 8, where CB1 is an input.
    pulses: u8,
    /// Edges on CB1 still to come, where it is an output; mode 100 does not count.
    edges: u8,
    /// The level on CB1, where it is an output.
    cb1: bool,
    /// The next edge, where φ2 is the clock.
    next_edge: Ticks,
    /// The level on CB2 in the shift-out modes: the bit shifted out last. Low before the first, an inference: the content of
    /// the output stage after power-on is not specified, and the Macintosh keyboard takes low as a request to send.
    out: bool,
}

impl Default for ShiftRegister {
    fn default() -> Self {
        ShiftRegister {
            data: 0,
            mode: mode::DISABLED,
            pulses: 0,
            edges: 0,
            cb1: true,
            next_edge: Ticks::NEVER,
            out: false,
        }
    }
}

impl ShiftRegister {
    pub fn data(&self) -> u8 {
        self.data
    }

    pub fn set_acr(&mut self, acr: u8) {
        let mode = (acr & Acr::SHIFT) >> 2;
        if mode != self.mode {
            self.mode = mode;
            self.edges = 0;
            self.cb1 = true;
            self.next_edge = Ticks::NEVER;
        }
    }

    pub fn write(&mut self, now: Ticks, value: u8) {
        self.data = value;
        self.restart(now);
    }

    /// "Reading or writing the shift register resets the interrupt flag and initialises the SR counter to count another 8 pulses."
    /// It also triggers the shifting in the modes with a clock of their own.
    pub fn restart(&mut self, now: Ticks) {
        self.pulses = 0;
        if self.drives_cb1() {
            self.edges = EDGES;
            self.cb1 = true;
            if self.clocked_by_phi2() {
                self.next_edge = now + Ticks::VIA;
            }
        }
    }

    fn shifts_out(&self) -> bool {
        self.mode & 0b100 != 0
    }

    fn clocked_by_phi2(&self) -> bool {
        matches!(self.mode, 0b010 | 0b110)
    }

    fn drives_cb1(&self) -> bool {
        !matches!(
            self.mode,
            mode::DISABLED | mode::IN_EXTERNAL | mode::OUT_EXTERNAL
        )
    }

    /// True when CB2 belongs to the shift register.
    pub fn uses_cb2(&self) -> bool {
        self.mode != mode::DISABLED
    }

    /// The level driven on CB1, where it is an output.
    pub fn cb1_out(&self) -> Option<bool> {
        self.drives_cb1().then_some(self.cb1)
    }

    /// The level driven on CB2, in the shift-out modes.
    pub fn cb2_out(&self) -> Option<bool> {
        self.shifts_out().then_some(self.out)
    }

    /// When the flag will be set by a clock of the chip's own; `t2` is the next roll-over and the time between two.
    pub fn due(&self, t2: Option<(Ticks, Ticks)>) -> Ticks {
        if self.edges == 0 || self.mode == mode::OUT_FREE {
            return Ticks::NEVER;
        }
        let (first, period) = match t2 {
            _ if self.clocked_by_phi2() => (self.next_edge, Ticks::VIA),
            Some(clock) if self.drives_cb1() => clock,
            _ => return Ticks::NEVER,
        };
        first + period * u64::from(self.edges - 1)
    }

    /// Lets φ2 run to `now` with CB2 at `cb2`; true when the flag is set on the way.
    pub fn advance(&mut self, now: Ticks, cb2: bool) -> bool {
        if now < self.next_edge {
            return false;
        }
        let edges = (now - self.next_edge).0 / Ticks::VIA.0 + 1;
        self.next_edge += Ticks::VIA * edges;
        let flag = self.clocked(edges, cb2);
        if self.edges == 0 {
            self.next_edge = Ticks::NEVER;
        }
        flag
    }

    /// So many edges of an own clock with CB2 at `cb2`; true when the last of the eight pulses is among them.
    pub fn clocked(&mut self, count: u64, cb2: bool) -> bool {
        if self.mode == mode::OUT_FREE {
            // Eight pulses leave everything as it was.
            for _ in 0..count % u64::from(EDGES) {
                self.edge(cb2);
            }
            return false;
        }
        let before = self.edges;
        for _ in 0..count.min(u64::from(before)) {
            self.edge(cb2);
            self.edges -= 1;
        }
        before > 0 && self.edges == 0
    }

    fn edge(&mut self, cb2: bool) {
        self.cb1 = !self.cb1;
        match (self.shifts_out(), self.cb1) {
            (true, false) => self.shift_out(),
            (false, true) => self.shift_in(cb2),
            _ => {}
        }
    }

    /// Bit 7 goes out first "and is simultaneously circulated back into bit 0".
    fn shift_out(&mut self) {
        self.out = self.data & 0x80 != 0;
        self.data = self.data.rotate_left(1);
    }

    fn shift_in(&mut self, cb2: bool) {
        self.data = self.data << 1 | u8::from(cb2);
    }

    /// An outside device set CB1 to `level` while CB2 is at `cb2`; true when the eighth pulse sets the flag. In the external modes "the
    /// counter does not stop shifting; it is simply a pulse counter", so bits go on moving after the eighth. In mode 000 "the SR will
    /// shift on each CB1 positive edge, shifting in the value on CB2", and the flag is "held to a logic 0".
    pub fn external(&mut self, level: bool, cb2: bool) -> bool {
        match (self.mode, level) {
            // "Data is shifted ... during the first φ2 clock cycle following the positive-going edge of the CB1 pulse."
            (mode::IN_EXTERNAL, true) => self.shift_in(cb2),
            (mode::DISABLED, true) => {
                self.shift_in(cb2);
                return false;
            }
            (mode::OUT_EXTERNAL, false) => {
                self.shift_out();
                return false;
            }
            // The flag follows the rising edge that ends the eighth pulse, when the receiver has the bit.
            (mode::OUT_EXTERNAL, true) => {}
            _ => return false,
        }
        self.pulses = (self.pulses + 1) % 8;
        self.pulses == 0
    }
}

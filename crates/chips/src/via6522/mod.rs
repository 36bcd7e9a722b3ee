//! The 6522 Versatile Interface Adapter.
//!
//! Source: *R6522 Versatile Interface Adapter*, Rockwell document 29000D47 ("data sheet" below), with the clause names of its
//! headings. The chip is clocked by φ2, which in a Macintosh is the 68000's E clock: 20 ticks, falling at multiples of 20.
//!
//! - `registers`: names and bits of the sixteen registers;
//! - `ports`: ports A and B, latching, the control lines CA1, CA2, CB1 and CB2;
//! - `timers`: T1 and T2;
//! - `shift`: the shift register.
//!
//! In a Macintosh CB1 is an output of the keyboard or the ADB transceiver. In the shift modes in which the chip drives it (001, 010, 100,
//! 101, 110) what they put there is not seen.

mod ports;
mod registers;
mod shift;
mod timers;

#[cfg(test)]
mod tests;

pub use ports::Port;
pub use registers::{Acr, Irq, Pcr, Register};

use clock::Ticks;
use ports::ControlLines;
use serde::{Deserialize, Serialize};
use shift::ShiftRegister;
use timers::{Counting, Timer1, Timer2};

/// A 6522. Bring it up to the present with [`Via6522::advance`] before looking at its pins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via6522 {
    /// Port A.
    pub a: Port,
    /// Port B.
    pub b: Port,
    lines: ControlLines,
    t1: Timer1,
    t2: Timer2,
    sr: ShiftRegister,
    acr: u8,
    pcr: u8,
    ifr: u8,
    ier: u8,
}

impl Default for Via6522 {
    fn default() -> Self {
        Via6522::new()
    }
}

impl Via6522 {
    /// A chip after RES: "all internal registers to logic 0 except T1 and T2 latches and counters and the shift register"
    /// (data sheet, *Reset*). Those start from FF here; no program can rely on them.
    pub fn new() -> Via6522 {
        Via6522 {
            a: Port::default(),
            b: Port::default(),
            lines: ControlLines::default(),
            t1: Timer1::default(),
            t2: Timer2::default(),
            sr: ShiftRegister::default(),
            acr: 0,
            pcr: 0,
            ifr: 0,
            ier: 0,
        }
    }

    /// RES was asserted: registers clear, timers, latches and shift register keep their contents (data sheet, *Reset*).
    pub fn reset(&mut self, now: Ticks) {
        self.advance(now);
        self.a.reset();
        self.b.reset();
        self.lines.reset();
        self.t1.disarm();
        self.t2.disarm();
        (self.acr, self.pcr, self.ifr, self.ier) = (0, 0, 0, 0);
        self.t1.set_acr(0);
        self.t2.set_counting(now, Counting::Cycles);
        self.sr.set_acr(0);
    }

    /// Lets the timers, the shift register and the pulses on CA2 and CB2 run to `now`.
    pub fn advance(&mut self, now: Ticks) {
        if self.t1.advance(now, self.acr) {
            self.ifr |= Irq::T1;
        }
        let (timed_out, clocks) = self.t2.advance(now);
        if timed_out {
            self.ifr |= Irq::T2;
        }
        let cb2 = self.lines.cb2();
        if self.sr.clocked(clocks, cb2) | self.sr.advance(now, cb2) {
            self.ifr |= Irq::SR;
        }
        self.lines.advance(now);
    }

    /// True while IRQ is asserted: a flag is set whose enable is set (data sheet, *Interrupt operation*).
    pub fn irq(&self) -> bool {
        self.ifr & self.ier & 0x7F != 0
    }

    /// When IRQ may next become asserted by itself, or [`Ticks::NEVER`].
    ///
    /// Time-outs that nobody has enabled, or whose flag is set already, change no pin: they are caught up with on access.
    pub fn next_event(&self) -> Ticks {
        let wanted = self.ier & !self.ifr;
        let when = |flag: u8, due: Ticks| {
            if wanted & flag != 0 {
                due
            } else {
                Ticks::NEVER
            }
        };
        when(Irq::T1, self.t1.due(self.acr))
            .min(when(Irq::T2, self.t2.due()))
            .min(when(Irq::SR, self.sr.due(self.t2.shift_clock())))
    }

    /// When PB7 next changes as timer 1's output, or [`Ticks::NEVER`]: for a machine in which something listens to it.
    pub fn next_pb7_change(&self) -> Ticks {
        if self.acr & Acr::T1_PB7 != 0 {
            self.t1.due(self.acr)
        } else {
            Ticks::NEVER
        }
    }

    /// Reads a register at `now`, the falling edge of φ2 that ends the access, with the side effects of reading.
    pub fn read(&mut self, now: Ticks, register: Register) -> u8 {
        self.advance(now);
        let value = self.view(now, register);
        match register {
            Register::Orb => {
                self.ifr &= !self.lines.flags_cleared_by_port_b(self.pcr);
            }
            Register::Ora => {
                self.ifr &= !self.lines.flags_cleared_by_port_a(self.pcr);
                self.lines.port_a_accessed(now, self.pcr);
            }
            Register::T1CounterLow => self.ifr &= !Irq::T1,
            Register::T2CounterLow => self.ifr &= !Irq::T2,
            Register::Sr => {
                self.ifr &= !Irq::SR;
                self.sr.restart(now);
            }
            _ => {}
        }
        value
    }

    /// Shows what [`Via6522::read`] would return at `now`, without its side effects.
    pub fn peek(&self, now: Ticks, register: Register) -> u8 {
        let mut copy = self.clone();
        copy.advance(now);
        copy.view(now, register)
    }

    fn view(&self, now: Ticks, register: Register) -> u8 {
        match register {
            Register::Orb => {
                let latched = self.acr & Acr::LATCH_B != 0 && self.ifr & Irq::CB1 != 0;
                let mut value = self.b.read_outputs_from_register(latched);
                if self.acr & Acr::T1_PB7 != 0 {
                    value = value & 0x7F | self.t1.pb7();
                }
                value
            }
            Register::Ora | Register::OraNoHandshake => {
                let latched = self.acr & Acr::LATCH_A != 0 && self.ifr & Irq::CA1 != 0;
                self.a.read_pins(latched)
            }
            Register::Ddrb => self.b.direction,
            Register::Ddra => self.a.direction,
            Register::T1CounterLow => self.t1.counter(now) as u8,
            Register::T1CounterHigh => (self.t1.counter(now) >> 8) as u8,
            Register::T1LatchLow => self.t1.latch() as u8,
            Register::T1LatchHigh => (self.t1.latch() >> 8) as u8,
            Register::T2CounterLow => self.t2.counter(now) as u8,
            Register::T2CounterHigh => (self.t2.counter(now) >> 8) as u8,
            Register::Sr => self.sr.data(),
            Register::Acr => self.acr,
            Register::Pcr => self.pcr,
            // Bit 7 is the state of IRQ; reading IER always shows bit 7 set (data sheet, *Interrupt operation*).
            Register::Ifr => self.ifr & 0x7F | if self.irq() { 0x80 } else { 0 },
            Register::Ier => self.ier | 0x80,
        }
    }

    /// Writes a register at `now`, the falling edge of φ2 that ends the access.
    pub fn write(&mut self, now: Ticks, register: Register, value: u8) {
        self.advance(now);
        match register {
            Register::Orb => {
                self.b.output = value;
                self.ifr &= !self.lines.flags_cleared_by_port_b(self.pcr);
                self.lines.port_b_written(now, self.pcr);
            }
            Register::Ora => {
                self.a.output = value;
                self.ifr &= !self.lines.flags_cleared_by_port_a(self.pcr);
                self.lines.port_a_accessed(now, self.pcr);
            }
            Register::OraNoHandshake => self.a.output = value,
            Register::Ddrb => self.b.direction = value,
            Register::Ddra => self.a.direction = value,
            Register::T1CounterLow | Register::T1LatchLow => self.t1.write_latch_low(value),
            Register::T1CounterHigh => {
                self.t1.start(now, value, self.acr);
                self.ifr &= !Irq::T1;
            }
            Register::T1LatchHigh => {
                self.t1.write_latch_high(value);
                self.ifr &= !Irq::T1;
            }
            Register::T2CounterLow => self.t2.write_latch_low(value),
            Register::T2CounterHigh => {
                self.t2.start(now, value);
                self.ifr &= !Irq::T2;
            }
            Register::Sr => {
                self.sr.write(now, value);
                self.ifr &= !Irq::SR;
            }
            Register::Acr => {
                self.acr = value;
                self.t1.set_acr(value);
                self.t2.set_counting(now, Counting::from_acr(value));
                self.sr.set_acr(value);
                if value & Acr::SHIFT == 0 {
                    self.ifr &= !Irq::SR;
                }
            }
            Register::Pcr => {
                self.pcr = value;
                self.lines.pcr_written(value);
            }
            // "Individual flag bits may be cleared by writing a Logic 1 into the appropriate bit of the IFR".
            Register::Ifr => self.ifr &= !value,
            Register::Ier if value & 0x80 != 0 => self.ier |= value & 0x7F,
            Register::Ier => self.ier &= !value,
        }
    }

    /// Levels that the chip drives on port A; undriven bits read as 1, as if pulled up.
    pub fn port_a_out(&self) -> u8 {
        self.a.output | !self.a.direction
    }

    /// Levels that the chip drives on port B; undriven bits read as 1, as if pulled up. PB7 is the timer's when ACR bit 7 is set.
    pub fn port_b_out(&self) -> u8 {
        let levels = self.b.output | !self.b.direction;
        if self.acr & Acr::T1_PB7 != 0 {
            levels & 0x7F | self.t1.pb7()
        } else {
            levels
        }
    }

    /// Sets the level of CA1.
    pub fn set_ca1(&mut self, now: Ticks, level: bool) {
        self.advance(now);
        if self.lines.set_ca1(level, self.pcr) {
            self.ifr |= Irq::CA1;
            self.a.latch_pins();
        }
    }

    /// Sets the level of CA2, when it is an input.
    pub fn set_ca2(&mut self, now: Ticks, level: bool) {
        self.advance(now);
        if self.lines.set_ca2(level, self.pcr) {
            self.ifr |= Irq::CA2;
        }
    }

    /// Sets the level of CB1, when it is an input. It then shifts: out on its falling, in on its rising edge
    /// (data sheet, *Shift register operation*, modes 000, 011 and 111).
    pub fn set_cb1(&mut self, now: Ticks, level: bool) {
        self.advance(now);
        let (active, moved) = self.lines.set_cb1(level, self.pcr);
        if active {
            self.ifr |= Irq::CB1;
            self.b.latch_pins();
        }
        if moved && self.sr.external(level, self.lines.cb2()) {
            self.ifr |= Irq::SR;
        }
    }

    /// Sets the level of CB2, when it is an input.
    pub fn set_cb2(&mut self, now: Ticks, level: bool) {
        self.advance(now);
        if self.lines.set_cb2(level, self.pcr) && !self.sr.uses_cb2() {
            self.ifr |= Irq::CB2;
        }
    }

    /// The level that the chip drives on CA2, when it is an output.
    pub fn ca2_out(&self) -> Option<bool> {
        self.lines.ca2_out(self.pcr)
    }

    /// The level that the chip drives on CB1, when it clocks the shift register itself.
    pub fn cb1_out(&self) -> Option<bool> {
        self.sr.cb1_out()
    }

    /// The level that the chip drives on CB2: the shift register's in the shift-out modes, else what the PCR says.
    pub fn cb2_out(&self) -> Option<bool> {
        if self.sr.uses_cb2() {
            self.sr.cb2_out()
        } else {
            self.lines.cb2_out(self.pcr)
        }
    }

    /// A negative pulse on PB6, which timer 2 counts when ACR bit 5 is set (data sheet, *Timer 2 pulse-counting mode*).
    pub fn pb6_pulse(&mut self, now: Ticks) {
        self.advance(now);
        if self.t2.pulse() {
            self.ifr |= Irq::T2;
        }
    }

    /// True while timer 2 counts pulses on PB6: only then must [`Via6522::pb6_pulse`] be called.
    pub fn counts_pb6_pulses(&self) -> bool {
        self.acr & Acr::T2_COUNTS_PB6 != 0
    }
}

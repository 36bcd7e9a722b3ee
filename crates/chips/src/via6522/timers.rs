//! Timers T1 and T2 (data sheet, *Timer 1 operation*, *Timer 2 operation*).
//!
//! A counter is kept as the cycle at which it held a known value, so that running costs nothing. With N written at cycle
//! 0 it holds N - k at cycle k, passes through zero at cycle N, and "the interrupt flag is set N + 1.5 cycles" after the
//! write: half a cycle after the counter has rolled over to FFFF. T1 is then reloaded from its latches, in one-shot mode as well
//! as in free-run mode, so that time-outs are N + 2 cycles apart (data sheet, timing figures of both modes).

use super::registers::Acr;
use clock::Ticks;
use serde::{Deserialize, Serialize};

const CYCLE: u64 = Ticks::VIA.0;

/// The φ2 cycle that `now` lies in.
fn cycle(now: Ticks) -> u64 {
    now.0 / CYCLE
}

/// When a counter that held `value` at cycle `base` times out.
fn timeout(base: u64, value: u16) -> Ticks {
    Ticks((base + u64::from(value) + 1) * CYCLE + CYCLE / 2)
}

/// Timer 1: latches, one-shot and free-run mode, output on PB7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timer1 {
    latch: u16,
    /// The counter's content at cycle `base`.
    start: u16,
    base: u64,
    /// It has timed out since T1C-H was written: in one-shot mode it does not interrupt again.
    fired: bool,
    pb7: bool,
}

impl Default for Timer1 {
    fn default() -> Self {
        Timer1 {
            latch: 0xFFFF,
            start: 0xFFFF,
            base: 0,
            fired: true,
            pb7: true,
        }
    }
}

impl Timer1 {
    pub fn counter(&self, now: Ticks) -> u16 {
        if cycle(now) < self.base {
            // The half cycle between time-out and reload.
            return 0xFFFF;
        }
        self.start.wrapping_sub((cycle(now) - self.base) as u16)
    }

    pub fn latch(&self) -> u16 {
        self.latch
    }

    pub fn pb7(&self) -> u8 {
        if self.pb7 { 0x80 } else { 0 }
    }

    pub fn write_latch_low(&mut self, value: u8) {
        self.latch = self.latch & 0xFF00 | u16::from(value);
    }

    pub fn write_latch_high(&mut self, value: u8) {
        self.latch = self.latch & 0x00FF | u16::from(value) << 8;
    }

    /// T1C-H was written: "transfers low order latches into low order counter", starts; PB7 goes low if it is T1's.
    pub fn start(&mut self, now: Ticks, high: u8, acr: u8) {
        self.write_latch_high(high);
        self.start = self.latch;
        self.base = cycle(now);
        self.fired = false;
        self.pb7 = acr & Acr::T1_PB7 == 0;
    }

    /// The ACR was written. While PB7 is not T1's, its output waits at 1: what a VIC-20 shows, as published with VICE's test `via_pb7`.
    pub fn set_acr(&mut self, acr: u8) {
        if acr & Acr::T1_PB7 == 0 {
            self.pb7 = true;
        }
    }

    pub fn disarm(&mut self) {
        self.fired = true;
        self.pb7 = true;
    }

    /// When the next time-out sets the flag.
    pub fn due(&self, acr: u8) -> Ticks {
        if self.fired && acr & Acr::T1_FREE_RUN == 0 {
            Ticks::NEVER
        } else {
            timeout(self.base, self.start)
        }
    }

    /// Runs to `now`; true when the flag was set on the way.
    pub fn advance(&mut self, now: Ticks, acr: u8) -> bool {
        if now < timeout(self.base, self.start) {
            return false;
        }
        // The first reload ends the running count; from then on every period has the latch's length. The latch cannot
        // have changed since, for each write to it is preceded by a call of this function.
        self.base += u64::from(self.start) + 2;
        self.start = self.latch;
        let mut timeouts = 1;
        if now >= timeout(self.base, self.start) {
            let period = u64::from(self.latch) + 2;
            let more = (now.0 - timeout(self.base, self.start).0) / (period * CYCLE) + 1;
            self.base += more * period;
            timeouts += more;
        }
        if acr & Acr::T1_FREE_RUN == 0 {
            timeouts = u64::from(!self.fired);
        }
        self.fired = true;
        if acr & Acr::T1_PB7 != 0 && timeouts % 2 == 1 {
            self.pb7 = !self.pb7;
        }
        timeouts > 0
    }
}

/// What timer 2 counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Counting {
    /// Cycles, all 16 bits.
    #[default]
    Cycles,
    /// Negative pulses on PB6.
    Pulses,
    /// Cycles, for the shift register: the low byte is reloaded from its latch when it has rolled over, every N + 2 cycles; the high byte
    /// counts how often (data sheet, *Shift register operation*, modes 001, 100, 101; the high byte as open emulators have found it).
    Shifts,
}

impl Counting {
    pub fn from_acr(acr: u8) -> Counting {
        match acr >> 2 & 7 {
            _ if acr & Acr::T2_COUNTS_PB6 != 0 => Counting::Pulses,
            0b001 | 0b100 | 0b101 => Counting::Shifts,
            _ => Counting::Cycles,
        }
    }
}

/// Timer 2: one-shot interval timer, counter of pulses on PB6, or the shift register's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timer2 {
    latch_low: u8,
    start: u16,
    base: u64,
    armed: bool,
    counting: Counting,
}

impl Default for Timer2 {
    fn default() -> Self {
        Timer2 {
            latch_low: 0xFF,
            start: 0xFFFF,
            base: 0,
            armed: false,
            counting: Counting::Cycles,
        }
    }
}

impl Timer2 {
    pub fn counter(&self, now: Ticks) -> u16 {
        let passed = cycle(now).saturating_sub(self.base) as u16;
        match self.counting {
            Counting::Pulses => self.start,
            // The half cycle between roll-over and reload.
            Counting::Shifts if cycle(now) < self.base => self.start | 0xFF,
            _ => self.start.wrapping_sub(passed),
        }
    }

    pub fn write_latch_low(&mut self, value: u8) {
        self.latch_low = value;
    }

    /// T2C-H was written: the low byte comes from the latch.
    pub fn start(&mut self, now: Ticks, high: u8) {
        self.start = u16::from(high) << 8 | u16::from(self.latch_low);
        self.base = cycle(now);
        self.armed = true;
    }

    pub fn disarm(&mut self) {
        self.armed = false;
    }

    /// The ACR was written: the count goes on from where it stands.
    pub fn set_counting(&mut self, now: Ticks, counting: Counting) {
        if counting != self.counting {
            self.start = self.counter(now);
            self.base = cycle(now);
            self.counting = counting;
        }
    }

    /// When the low byte next rolls over, and the time between roll-overs, while the shift register is clocked by T2.
    pub fn shift_clock(&self) -> Option<(Ticks, Ticks)> {
        (self.counting == Counting::Shifts)
            .then(|| (timeout(self.base, self.start & 0xFF), self.period()))
    }

    fn period(&self) -> Ticks {
        Ticks((u64::from(self.latch_low) + 2) * CYCLE)
    }

    pub fn due(&self) -> Ticks {
        match self.counting {
            _ if !self.armed => Ticks::NEVER,
            Counting::Pulses => Ticks::NEVER,
            Counting::Cycles => timeout(self.base, self.start),
            Counting::Shifts => {
                timeout(self.base, self.start & 0xFF) + self.period() * u64::from(self.start >> 8)
            }
        }
    }

    /// Runs to `now`: whether the flag was set on the way, and how often the low byte has clocked the shift register. "After timing
    /// out, the counter continues to decrement", without setting the flag again until T2C-H is written.
    pub fn advance(&mut self, now: Ticks) -> (bool, u64) {
        let timed_out = now >= self.due();
        if timed_out {
            self.armed = false;
        }
        let clocks = match self.shift_clock() {
            Some((first, period)) if now >= first => {
                let more = (now - first).0 / period.0;
                self.base += u64::from(self.start & 0xFF) + 2 + more * period.0 / CYCLE;
                let high = (self.start >> 8).wrapping_sub(more as u16 + 1);
                self.start = high << 8 | u16::from(self.latch_low);
                more + 1
            }
            _ => 0,
        };
        (timed_out, clocks)
    }

    /// One pulse on PB6; true when it sets the flag: "the interrupt flag is set as T2 reaches zero", which N pulses do. (Open emulators
    /// differ here: MAME counts one pulse more.)
    pub fn pulse(&mut self) -> bool {
        if self.counting != Counting::Pulses {
            return false;
        }
        self.start = self.start.wrapping_sub(1);
        let timed_out = self.armed && self.start == 0;
        if timed_out {
            self.armed = false;
        }
        timed_out
    }
}

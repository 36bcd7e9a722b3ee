//! Timers T1 and T2 (data sheet, *Timer 1 operation*, *Timer 2 operation*).
//!
//! A counter is kept as the cycle at which it held a known value, so that running costs nothing. With N written at cycle
//! 0 it holds N - k at cycle k, passes through zero at cycle N, and "the interrupt flag is set N + 1.5 cycles" after the
//! write: half a cycle after the counter has rolled over to FFFF. In free-run mode it is then reloaded, so that time-outs
//! are N + 2 cycles apart (data sheet, *Timer 1 free-run mode*, timing figure).

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
    /// A time-out is still to come.
    armed: bool,
    pb7_low: bool,
}

impl Default for Timer1 {
    fn default() -> Self {
        Timer1 {
            latch: 0xFFFF,
            start: 0xFFFF,
            base: 0,
            armed: false,
            pb7_low: false,
        }
    }
}

impl Timer1 {
    /// "The T1 counter continues to decrement" after a one-shot time-out, so the content is always a difference.
    pub fn counter(&self, now: Ticks) -> u16 {
        self.start
            .wrapping_sub(cycle(now).saturating_sub(self.base) as u16)
    }

    pub fn latch(&self) -> u16 {
        self.latch
    }

    pub fn pb7(&self) -> u8 {
        if self.pb7_low { 0 } else { 0x80 }
    }

    pub fn write_latch_low(&mut self, value: u8) {
        self.latch = self.latch & 0xFF00 | u16::from(value);
    }

    pub fn write_latch_high(&mut self, value: u8) {
        self.latch = self.latch & 0x00FF | u16::from(value) << 8;
    }

    /// T1C-H was written: "transfers low order latches into low order counter", starts, PB7 goes low.
    pub fn start(&mut self, now: Ticks, high: u8) {
        self.write_latch_high(high);
        self.start = self.latch;
        self.base = cycle(now);
        self.armed = true;
        self.pb7_low = true;
    }

    pub fn disarm(&mut self) {
        self.armed = false;
        self.pb7_low = false;
    }

    /// When the next time-out sets the flag. A timer that has never been started has no time-out in either mode
    /// (inference: after RES the counter runs with unknown content, and no program waits for it).
    pub fn due(&self) -> Ticks {
        if self.armed {
            timeout(self.base, self.start)
        } else {
            Ticks::NEVER
        }
    }

    /// Runs to `now`; true when the flag was set on the way.
    pub fn advance(&mut self, now: Ticks, acr: u8) -> bool {
        if !self.armed || now < timeout(self.base, self.start) {
            return false;
        }
        if acr & Acr::T1_FREE_RUN == 0 {
            self.armed = false;
            self.pb7_low = false;
            return true;
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
        if timeouts % 2 == 1 {
            self.pb7_low = !self.pb7_low;
        }
        true
    }
}

/// Timer 2: one-shot interval timer, or counter of pulses on PB6.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timer2 {
    latch_low: u8,
    start: u16,
    base: u64,
    armed: bool,
    pulses: bool,
}

impl Default for Timer2 {
    fn default() -> Self {
        Timer2 {
            latch_low: 0xFF,
            start: 0xFFFF,
            base: 0,
            armed: false,
            pulses: false,
        }
    }
}

impl Timer2 {
    pub fn counter(&self, now: Ticks) -> u16 {
        if self.pulses {
            return self.start;
        }
        self.start
            .wrapping_sub(cycle(now).saturating_sub(self.base) as u16)
    }

    pub fn write_latch_low(&mut self, value: u8) {
        self.latch_low = value;
    }

    /// T2C-H was written: the low byte comes from the latch.
    pub fn start(&mut self, now: Ticks, high: u8, pulses: bool) {
        self.start = u16::from(high) << 8 | u16::from(self.latch_low);
        self.base = cycle(now);
        self.armed = true;
        self.pulses = pulses;
    }

    pub fn disarm(&mut self) {
        self.armed = false;
    }

    /// ACR bit 5 was written: the count goes on from where it stands.
    pub fn set_counts_pulses(&mut self, now: Ticks, pulses: bool) {
        if pulses != self.pulses {
            self.start = self.counter(now);
            self.base = cycle(now);
            self.pulses = pulses;
        }
    }

    pub fn due(&self) -> Ticks {
        if self.armed && !self.pulses {
            timeout(self.base, self.start)
        } else {
            Ticks::NEVER
        }
    }

    /// Runs to `now`; true when the flag was set on the way. "After timing out, the counter continues to decrement", without
    /// setting the flag again until T2C-H is written.
    pub fn advance(&mut self, now: Ticks) -> bool {
        let timed_out = now >= self.due();
        if timed_out {
            self.armed = false;
        }
        timed_out
    }

    /// One pulse on PB6; true when it sets the flag: "the interrupt flag is set as T2 reaches zero" and rolls over.
    pub fn pulse(&mut self) -> bool {
        if !self.pulses {
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

//! "Ancillary Support Circuitry": the baud rate generator and the digital phase-locked loop.

use super::registers::{GENERATOR_ENABLE, ZERO_COUNT};
use super::{Unit, registers};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// One clock of RTxC, and of PCLK, which has the same source in a Macintosh, is 17/4 periods of the time base.
pub(super) const RTXC_QUARTERS: u64 = 17;

/// Quarters of a tick in whole ticks, rounded up.
pub(super) fn ticks(quarters: u64) -> Ticks {
    Ticks(quarters.div_ceil(4))
}

/// The baud rate generator: a counter that goes from the time constant to zero, one clock for each count and two more for the
/// reload. Its output toggles at each zero. PCLK and RTxC, its two sources, are alike in a Macintosh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Generator {
    /// A time at which the counter was, or will be, at zero, in quarters of a tick.
    zero: u64,
    /// From one zero to the next.
    period: u64,
    /// When a zero count is next to be looked at, if that is enabled and the latches are open.
    pub due: Ticks,
}

impl Default for Generator {
    fn default() -> Self {
        Generator {
            zero: 0,
            period: 2 * RTXC_QUARTERS,
            due: Ticks::NEVER,
        }
    }
}

impl Generator {
    /// The first zero at or after `now`, in quarters.
    fn next(&self, now: Ticks) -> u64 {
        let passed = (now.0 * 4).saturating_sub(self.zero);
        self.zero + passed.div_ceil(self.period) * self.period
    }

    fn is_zero(&self, now: Ticks) -> bool {
        let now = now.0 * 4;
        now >= self.zero && (now - self.zero) % self.period < RTXC_QUARTERS
    }
}

/// The digital phase-locked loop. Not a model of its counter: it locks on the first transition and keeps locked while the cable
/// has a carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dpll {
    /// "Enter search mode" was commanded, and "disable" not since.
    enabled: bool,
    /// FM mode, else NRZI.
    fm: bool,
    /// Its clock is the baud rate generator, else RTxC.
    from_generator: bool,
    locked: bool,
    /// Bits 7 (one clock missing) and 6 (two clocks missing) of RR10.
    missing: u8,
}

impl Dpll {
    /// WR14 bits 7-5.
    pub(super) fn command(&mut self, command: u8) {
        match command {
            1 => {
                self.enabled = true;
                self.locked = false;
                self.missing = 0;
            }
            2 => self.missing = 0,
            3 => {
                self.enabled = false;
                self.locked = false;
                self.missing = 0;
            }
            4 => self.from_generator = true,
            5 => self.from_generator = false,
            6 => self.fm = true,
            7 => self.fm = false,
            _ => {}
        }
    }

    /// Transitions on the line.
    pub(super) fn transitions(&mut self) {
        self.locked |= self.enabled;
    }

    /// The line has gone quiet. Two successive clocks without an edge: both bits are set and latched, and the loop searches
    /// again. Only FM has a clock to miss.
    pub(super) fn silence(&mut self) {
        if self.locked && self.fm {
            self.missing = 0xC0;
        }
        self.locked = false;
    }

    /// RR10 (its loop-mode bits are 0: the Macintosh has no SDLC loop).
    pub(super) fn missing_clocks(self) -> u8 {
        self.missing
    }
}

impl Unit {
    fn generator_runs(&self) -> bool {
        self.wr[14] & GENERATOR_ENABLE != 0
    }

    /// A write to WR12-WR15 may change the generator. "The new time constant is loaded when the counter reaches zero"; enabling the
    /// generator loads it at once.
    pub(super) fn adjust_generator(&mut self, now: Ticks, starts: bool) {
        let constant = u64::from(self.wr[13]) << 8 | u64::from(self.wr[12]);
        let period = (constant + 2) * RTXC_QUARTERS;
        if starts {
            self.generator.zero = now.0 * 4 + period;
        } else if period != self.generator.period {
            self.generator.zero = self.generator.next(now);
        }
        self.generator.period = period;
        self.await_zero(now);
    }

    /// Schedules the next zero count, if it could interrupt.
    pub(super) fn await_zero(&mut self, now: Ticks) {
        let counts =
            self.generator_runs() && self.wr[15] & ZERO_COUNT != 0 && !self.external.is_latched();
        self.generator.due = if counts {
            ticks(self.generator.next(now + Ticks(1)))
        } else {
            Ticks::NEVER
        };
    }

    /// RR0 bit 1: "while the counter in the baud rate generator is at the count of zero", if the condition is enabled. Not latched.
    pub(super) fn at_zero_count(&self, now: Ticks) -> bool {
        self.generator_runs() && self.wr[15] & ZERO_COUNT != 0 && self.generator.is_zero(now)
    }

    /// The counter is at zero: the latches close, and the generator need not be looked at until they open.
    pub(super) fn zero_count(&mut self, at: Ticks) {
        self.external.close();
        self.await_zero(at);
    }

    /// Period of the generator's output in quarters of a tick: two counts.
    fn generator_quarters(&self) -> Option<u64> {
        self.generator_runs().then_some(2 * self.generator.period)
    }

    fn dpll_quarters(&self) -> Option<u64> {
        let source = if self.dpll.from_generator {
            self.generator_quarters()?
        } else {
            RTXC_QUARTERS
        };
        self.dpll
            .enabled
            .then_some(source * if self.dpll.fm { 16 } else { 32 })
    }

    /// Period of the clock that two bits of WR11 choose: RTxC, TRxC, generator, DPLL. TRxC is not connected to a clock.
    fn clock_quarters(&self, choice: u8) -> Option<u64> {
        match choice & 3 {
            0 => Some(RTXC_QUARTERS),
            1 => None,
            2 => self.generator_quarters(),
            _ => self.dpll_quarters(),
        }
    }

    /// Period of the transmit clock (WR11 bits 4-3) in quarters of a tick; `None` when there is no clock.
    pub(super) fn transmit_quarters(&self) -> Option<u64> {
        self.clock_quarters(self.wr[11] >> 3)
    }

    /// Period of the receive clock (WR11 bits 6-5).
    pub(super) fn receive_quarters(&self) -> Option<u64> {
        self.clock_quarters(self.wr[11] >> 5)
    }

    /// Whether the transmitter sends what LocalTalk stations understand: 230.4 kbit/s, FM0, 8 bits.
    pub(super) fn sends_localtalk(&self) -> bool {
        // In SDLC the clock factor is always 1.
        self.transmit_quarters() == Some(Ticks::BIT.0 * 4)
            && self.wr[10] & 0x60 == 0x60
            && self.wr[5] & 0x60 == 0x60
    }

    /// Whether the receiver decodes what it hears: LocalTalk's signals, or with local loopback the transmitter's own, which needs
    /// equal clocks and lengths ("for meaningful results, the frequency of the transmit and receive clocks must be the same").
    pub(super) fn receives_frames(&self) -> bool {
        let eight = self.wr[3] & 0xC0 == 0xC0;
        if self.wr[14] & registers::LOCAL_LOOPBACK != 0 {
            return eight
                && self.wr[5] & 0x60 == 0x60
                && self.receive_quarters().is_some()
                && self.receive_quarters() == self.transmit_quarters();
        }
        eight
            && self.wr[11] & 0x60 == 0x60
            && self.dpll.fm
            && self.dpll_quarters() == Some(Ticks::BIT.0 * 4)
            && self.wr[10] & 0x60 == 0x60
    }
}

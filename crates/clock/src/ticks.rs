use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

/// A point in virtual time, or a length of it, in periods of the 15.6672 MHz crystal (63.83 ns).
///
/// Source of the derived rates: *Guide to the Macintosh Family Hardware*, clocks of the Plus and SE.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Ticks(pub u64);

impl Ticks {
    /// Crystal periods in a second.
    pub const PER_SECOND: u64 = 15_667_200;
    /// Time zero.
    pub const ZERO: Ticks = Ticks(0);
    /// Later than everything.
    pub const NEVER: Ticks = Ticks(u64::MAX);
    /// One CPU clock of a Plus or SE (7.8336 MHz).
    pub const CPU: Ticks = Ticks(2);
    /// One clock of the VIA (783.36 kHz), which is also the 68000's E clock.
    pub const VIA: Ticks = Ticks(20);
    /// One LocalTalk bit (230.4 kbit/s).
    pub const BIT: Ticks = Ticks(68);
    /// One LocalTalk byte without stuffed bits.
    pub const BYTE: Ticks = Ticks(544);
    /// One video line.
    pub const LINE: Ticks = Ticks(704);
    /// One video frame of 370 lines: 1/60.147 s.
    pub const FRAME: Ticks = Ticks(260_480);

    /// The shortest whole number of ticks that lasts at least `ns` nanoseconds.
    pub const fn from_nanos(ns: u64) -> Ticks {
        Ticks((ns as u128 * Self::PER_SECOND as u128).div_ceil(1_000_000_000) as u64)
    }

    /// The shortest whole number of ticks that lasts at least `us` microseconds.
    pub const fn from_micros(us: u64) -> Ticks {
        Ticks((us as u128 * Self::PER_SECOND as u128).div_ceil(1_000_000) as u64)
    }

    /// The shortest whole number of ticks that lasts at least `ms` milliseconds.
    pub const fn from_millis(ms: u64) -> Ticks {
        Self::from_micros(ms * 1000)
    }

    /// Whole seconds in ticks.
    pub const fn from_secs(s: u64) -> Ticks {
        Ticks(s * Self::PER_SECOND)
    }

    /// The time `count` events take at `per_second` events a second, rounded up; `per_second` must not be zero.
    pub const fn at_rate(count: u64, per_second: u64) -> Ticks {
        Ticks((count as u128 * Self::PER_SECOND as u128).div_ceil(per_second as u128) as u64)
    }

    /// Whole microseconds, rounded down.
    pub const fn as_micros(self) -> u64 {
        (self.0 as u128 * 1_000_000 / Self::PER_SECOND as u128) as u64
    }

    /// `self - earlier`, or zero when `earlier` is later.
    pub const fn since(self, earlier: Ticks) -> Ticks {
        Ticks(self.0.saturating_sub(earlier.0))
    }

    /// The first multiple of `step` at or after this time.
    pub const fn align_up(self, step: Ticks) -> Ticks {
        Ticks(self.0.div_ceil(step.0) * step.0)
    }
}

impl Add for Ticks {
    type Output = Ticks;
    fn add(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Ticks {
    fn add_assign(&mut self, other: Ticks) {
        *self = *self + other;
    }
}

impl Sub for Ticks {
    type Output = Ticks;
    /// # Panics
    /// When `other` is later: a negative length is a defect of the caller.
    fn sub(self, other: Ticks) -> Ticks {
        Ticks(self.0.checked_sub(other.0).expect("time ran backwards"))
    }
}

impl Mul<u64> for Ticks {
    type Output = Ticks;
    fn mul(self, by: u64) -> Ticks {
        Ticks(self.0.saturating_mul(by))
    }
}

impl fmt::Debug for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}t", self.0)
    }
}

impl fmt::Display for Ticks {
    /// Seconds with six decimals, as people read them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.as_micros();
        write!(f, "{}.{:06} s", us / 1_000_000, us % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_the_plus_are_whole_numbers_of_periods() {
        assert_eq!(Ticks::LINE * 370, Ticks::FRAME);
        assert_eq!(Ticks::BIT * 8, Ticks::BYTE);
        assert_eq!(Ticks::at_rate(230_400, 230_400), Ticks::from_secs(1));
        assert_eq!(Ticks::at_rate(1, 230_400), Ticks::BIT);
        assert_eq!(Ticks::at_rate(1, 783_360), Ticks::VIA);
    }

    #[test]
    fn lengths_are_never_shorter_than_asked_for() {
        assert_eq!(Ticks::from_micros(1), Ticks(16));
        assert_eq!(Ticks::from_micros(400), Ticks(6267));
        assert_eq!(Ticks::from_nanos(90), Ticks(2));
        assert_eq!(Ticks::from_secs(3).as_micros(), 3_000_000);
    }
}

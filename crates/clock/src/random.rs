use crate::Ticks;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};

/// One device's own seeded source of randomness.
///
/// Every device draws from a stream of its own, derived from the run's seed and the device's name, so that one more draw
/// in one device changes no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream(Pcg32);

impl Stream {
    /// The stream of the device called `name` (for example `"server/tape"`) in the run with this `seed`.
    pub fn new(seed: u64, name: &str) -> Stream {
        // FNV-1a: a fixed, published mapping from names to stream numbers that no library update can change.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        Stream(Pcg32::seed_from_u64(seed.rotate_left(32) ^ hash))
    }

    /// The next 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.0.next_u64());
        ((wide * u128::from(bound)) >> 64) as u64
    }

    /// A time in `0..bound`.
    pub fn ticks_below(&mut self, bound: Ticks) -> Ticks {
        Ticks(self.below(bound.0))
    }

    /// True in `parts` of `whole` cases on average.
    pub fn chance(&mut self, parts: u64, whole: u64) -> bool {
        self.below(whole) < parts
    }

    /// The wait until the next arrival of a memoryless process with this mean.
    ///
    /// Integer von Neumann sampling of the exponential distribution in 1/65536 of the mean: exact on every machine.
    pub fn exponential(&mut self, mean: Ticks) -> Ticks {
        let mut whole = 0_u64;
        loop {
            let first = self.bits() >> 16;
            let mut last = first;
            let mut run = 1;
            loop {
                let next = self.bits() >> 16;
                if next >= last {
                    break;
                }
                last = next;
                run += 1;
            }
            if run % 2 == 1 {
                let parts = (whole << 16) + u64::from(first);
                return Ticks(((u128::from(mean.0) * u128::from(parts)) >> 16) as u64);
            }
            whole += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_devices_differ_and_repeat() {
        let draw = |seed, name| {
            let mut stream = Stream::new(seed, name);
            [stream.bits(), stream.bits(), stream.bits()]
        };
        assert_eq!(draw(7, "tape"), draw(7, "tape"));
        assert_ne!(draw(7, "tape"), draw(7, "disk"));
        assert_ne!(draw(7, "tape"), draw(8, "tape"));
    }

    #[test]
    fn exponential_waits_have_the_mean_and_variance_of_the_distribution() {
        let mut stream = Stream::new(1, "test");
        let (mut sum, mut squares, n) = (0_u128, 0_u128, 100_000_u128);
        for _ in 0..n {
            let t = u128::from(stream.exponential(Ticks(1_000_000)).0);
            sum += t;
            squares += t * t;
        }
        let mean = sum / n;
        let second_moment = squares / n;
        assert!((985_000..1_015_000).contains(&mean), "mean {mean}");
        assert!(
            (1_940_000_000_000..2_060_000_000_000).contains(&second_moment),
            "E[t^2] {second_moment}"
        );
    }
}

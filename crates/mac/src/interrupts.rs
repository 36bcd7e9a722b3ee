//! Interrupt levels, how long requests wait, how long interrupts are masked.
//!
//! Levels (Guide, "Interrupts"): 1 VIA, 2 SCC, 4 and above the programmer's switch. The request lines are encoded so that the SCC hides the
//! VIA: IPL0 is asserted by the VIA only while the SCC does not ask (the equation is published with the open-source PlusToo core), hence
//! 1, 2, and 4, 5, 6 with the switch, never 3 or 7.

use serde::{Deserialize, Serialize};
use trace::{ChipEvent, Tracer};

use clock::Ticks;

/// The request lines of the three sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requests {
    via: bool,
    scc: bool,
    switch: bool,
    via_since: Ticks,
    scc_since: Ticks,
    switch_since: Ticks,
}

impl Requests {
    pub fn set(&mut self, at: Ticks, via: bool, scc: bool) {
        if via && !self.via {
            self.via_since = at;
        }
        if scc && !self.scc {
            self.scc_since = at;
        }
        (self.via, self.scc) = (via, scc);
    }

    pub fn set_switch(&mut self, at: Ticks, pressed: bool) {
        if pressed && !self.switch {
            self.switch_since = at;
        }
        self.switch = pressed;
    }

    /// What the encoder puts on IPL2-IPL0.
    pub fn level(&self) -> u8 {
        u8::from(self.via && !self.scc) | u8::from(self.scc) << 1 | u8::from(self.switch) << 2
    }

    /// Since when the source that caused `level` has been asking.
    fn since(&self, level: u8) -> Ticks {
        match level {
            1 => self.via_since,
            2 => self.scc_since,
            _ => self.switch_since,
        }
    }
}

/// What has been seen of interrupts since power-on. Indices are levels, 0 to 7.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterruptStatistics {
    /// Interrupts accepted.
    pub accepted: [u64; 8],
    /// The longest time from the request to the first instruction of its handler.
    pub longest_wait: [Ticks; 8],
    /// The longest stretch during which the status register masked this level.
    pub longest_mask: [Ticks; 8],
}

/// Watches the interrupt mask and the entries into handlers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InterruptWatch {
    pub statistics: InterruptStatistics,
    /// The mask as last seen, as it stands in the status register.
    pub mask: u32,
    since: [Ticks; 8],
    raised_by: [u32; 8],
}

/// Levels that a source of the Plus uses by itself: records of other levels would only repeat these.
const RECORDED: std::ops::RangeInclusive<usize> = 1..=2;

impl InterruptWatch {
    /// The mask field of the status register became `mask` at `now`, by the instruction at `pc`.
    #[cold]
    pub fn mask_changed(&mut self, now: Ticks, mask: u32, pc: u32, tracer: &mut Tracer) {
        let (old, new) = ((self.mask >> 8 & 7) as usize, (mask >> 8 & 7) as usize);
        self.mask = mask;
        for level in old + 1..=new {
            self.since[level] = now;
            self.raised_by[level] = pc;
        }
        for level in new + 1..=old {
            let ticks = now.since(self.since[level]);
            if ticks > self.statistics.longest_mask[level] {
                self.statistics.longest_mask[level] = ticks;
                if RECORDED.contains(&level) {
                    let event = ChipEvent::LongestMask {
                        level: level as u8,
                        pc: self.raised_by[level],
                        ticks: ticks.0,
                    };
                    tracer.emit(now, event);
                }
            }
        }
    }

    /// The CPU has entered the handler of `level`, having interrupted `pc`.
    pub fn accepted(
        &mut self,
        now: Ticks,
        level: u8,
        pc: u32,
        requests: &Requests,
        tracer: &mut Tracer,
    ) {
        let place = usize::from(level & 7);
        self.statistics.accepted[place] += 1;
        let waited = now.since(requests.since(level));
        if waited > self.statistics.longest_wait[place] {
            self.statistics.longest_wait[place] = waited;
            tracer.emit(
                now,
                ChipEvent::Interrupt {
                    level,
                    pc,
                    waited: waited.0,
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scc_hides_the_via_and_the_switch_adds_four() {
        let mut requests = Requests::default();
        requests.set(Ticks(1), true, false);
        assert_eq!(requests.level(), 1);
        requests.set(Ticks(2), true, true);
        assert_eq!(requests.level(), 2);
        requests.set_switch(Ticks(3), true);
        assert_eq!(requests.level(), 6);
        requests.set(Ticks(4), false, false);
        assert_eq!(requests.level(), 4);
    }

    #[test]
    fn only_longer_stretches_of_masking_are_recorded() {
        let mut watch = InterruptWatch::default();
        let mut tracer = Tracer::new(0);
        let mut stretch = |from: u64, to: u64, mask: u32| {
            watch.mask_changed(Ticks(from), mask, 0x1000, &mut tracer);
            watch.mask_changed(Ticks(to), 0, 0x2000, &mut tracer);
            tracer.drain().count()
        };
        assert_eq!(stretch(100, 200, 0x700), 2);
        assert_eq!(stretch(300, 350, 0x700), 0);
        assert_eq!(stretch(400, 600, 0x100), 1);
        assert_eq!(
            watch.statistics.longest_mask[..4],
            [Ticks(0), Ticks(200), Ticks(100), Ticks(100)]
        );
    }
}

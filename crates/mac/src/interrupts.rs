//! Interrupt levels, how long requests wait, how long interrupts are masked.
//!
//! Levels of Plus and SE (Guide, "Interrupts"): 1 VIA, and on the SE the SCSI chip; 2 SCC; 4 and above the programmer's switch. The request lines are
//! encoded so that the SCC hides the VIA: IPL0 is asserted by the VIA only while the SCC does not ask (the equation is published with the
//! open-source PlusToo core; that the SE has it too is inference), hence 1, 2, and 4, 5, 6 with the switch, never 3 or 7.
//!
//! Levels of the SE/30: 1 VIA1, 2 VIA2, 4 SCC, 7 the programmer's switch. The highest that asks is on the pins. A 68030 takes level 7 when it
//! comes, whatever the mask says, and then not again until it has gone (M68030 UM, "Interrupt exceptions").

use crate::models::Model;
use serde::{Deserialize, Serialize};
use trace::{ChipEvent, Tracer};

use clock::Ticks;

/// A source of interrupt requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Line {
    /// VIA, or VIA1.
    Via,
    /// VIA2 of the SE/30.
    Via2,
    /// The SCSI chip of the SE, as far as the program lets it through.
    Scsi,
    Scc,
    /// The programmer's switch.
    Switch,
}

/// The request lines of the sources, and since when each is asserted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requests {
    model: Model,
    asserted: [bool; 5],
    since: [Ticks; 5],
    /// Level 7 has been taken and not gone since.
    switch_taken: bool,
}

impl Requests {
    pub fn new(model: Model) -> Requests {
        Requests {
            model,
            ..Requests::default()
        }
    }

    pub fn set(&mut self, at: Ticks, line: Line, asserted: bool) {
        let place = line as usize;
        if asserted && !self.asserted[place] {
            self.since[place] = at;
        }
        self.asserted[place] = asserted;
    }

    pub fn set_switch(&mut self, at: Ticks, pressed: bool) {
        self.set(at, Line::Switch, pressed);
        self.switch_taken &= pressed;
    }

    /// What the encoder puts on IPL2-IPL0.
    pub fn level(&self) -> u8 {
        self.level_at(Ticks::NEVER)
    }

    /// The same of those requests only that began by `at` and have not ended.
    pub fn level_at(&self, at: Ticks) -> u8 {
        let asks = |line: Line| self.asserted[line as usize] && self.since[line as usize] <= at;
        if self.model != Model::Se30 {
            let first = asks(Line::Via) || asks(Line::Scsi);
            let scc = asks(Line::Scc);
            return u8::from(first && !scc)
                | u8::from(scc) << 1
                | u8::from(asks(Line::Switch)) << 2;
        }
        if asks(Line::Switch) && !self.switch_taken {
            7
        } else if asks(Line::Scc) {
            4
        } else if asks(Line::Via2) {
            2
        } else {
            u8::from(asks(Line::Via))
        }
    }

    /// The CPU has taken `level`.
    pub fn taken(&mut self, level: u8) {
        self.switch_taken |= level == 7;
    }

    /// Since when the source that caused `level` has been asking.
    fn since(&self, level: u8) -> Ticks {
        let line = match (self.model, level) {
            (Model::Se, 1) if !self.asserted[Line::Via as usize] => Line::Scsi,
            (_, 1) => Line::Via,
            (Model::Se30, 2) => Line::Via2,
            (_, 2) | (Model::Se30, 4) => Line::Scc,
            _ => Line::Switch,
        };
        self.since[line as usize]
    }
}

/// A time that interrupts of a level had to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The level.
    pub level: u8,
    /// When it began.
    pub since: Ticks,
    /// How long it lasted.
    pub ticks: Ticks,
    /// The instruction that raised the mask, or that was interrupted.
    pub pc: u32,
}

/// Stretches of masking that are kept for each level, each begun by another instruction.
const KEPT: usize = 3;

/// What has been seen of interrupts since power-on. Indices are levels, 0 to 7.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterruptStatistics {
    /// Interrupts accepted.
    pub accepted: [u64; 8],
    /// The longest time from the request to the first instruction of its handler.
    pub longest_wait: [Ticks; 8],
    /// The longest stretch during which the status register masked this level.
    pub longest_mask: [Ticks; 8],
    /// Of the stretches during which the status register masked this level, the sum of those that have ended.
    pub masked: [Ticks; 8],
    /// The longest stretches during which the status register masked a level: by level, then the longest first; at most three of a
    /// level, each begun by another instruction. Those that have not ended yet are not among them: [`crate::Mac::masked`].
    pub stretches: Vec<Stretch>,
    /// Where and when the waits of `longest_wait` were, by level.
    pub waits: Vec<Stretch>,
}

impl InterruptStatistics {
    fn keep(&mut self, stretch: Stretch) {
        let of_level = |other: &Stretch| other.level == stretch.level;
        match self
            .stretches
            .iter_mut()
            .find(|other| of_level(other) && other.pc == stretch.pc)
        {
            Some(other) if other.ticks >= stretch.ticks => return,
            Some(other) => *other = stretch,
            None => self.stretches.push(stretch),
        }
        self.stretches
            .sort_by_key(|one| (one.level, std::cmp::Reverse(one.ticks)));
        if self.stretches.iter().filter(|one| of_level(one)).count() > KEPT {
            let last = self.stretches.iter().rposition(of_level);
            last.map(|place| self.stretches.remove(place));
        }
    }

    /// True when a stretch of this level and length would be kept.
    fn is_long(&self, level: usize, ticks: Ticks) -> bool {
        let mut kept = self
            .stretches
            .iter()
            .filter(|one| usize::from(one.level) == level);
        kept.nth(KEPT - 1).is_none_or(|least| ticks > least.ticks)
    }
}

/// Watches the interrupt mask and the entries into handlers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InterruptWatch {
    pub statistics: InterruptStatistics,
    /// The mask as last seen, as it stands in the status register.
    pub mask: u32,
    since: [Ticks; 8],
    raised_by: [u32; 8],
    /// Levels that a source other than the switch uses by itself: records of other levels would only repeat these.
    recorded: [bool; 8],
}

impl InterruptWatch {
    pub fn new(model: Model) -> InterruptWatch {
        let scc_apart = model == Model::Se30;
        InterruptWatch {
            statistics: InterruptStatistics::default(),
            mask: 0,
            since: [Ticks::ZERO; 8],
            raised_by: [0; 8],
            recorded: [false, true, true, false, scc_apart, false, false, false],
        }
    }

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
            self.statistics.masked[level] += ticks;
            if self.statistics.is_long(level, ticks) {
                self.statistics.keep(Stretch {
                    level: level as u8,
                    since: self.since[level],
                    ticks,
                    pc: self.raised_by[level],
                });
            }
            if ticks > self.statistics.longest_mask[level] {
                self.statistics.longest_mask[level] = ticks;
                if self.recorded[level] {
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

    /// The stretch during which `level` has been masked up to `now`, if it is.
    pub fn masked(&self, now: Ticks, level: u8) -> Option<Stretch> {
        let place = usize::from(level & 7);
        (place > 0 && (self.mask >> 8 & 7) as usize >= place).then(|| Stretch {
            level,
            since: self.since[place],
            ticks: now.since(self.since[place]),
            pc: self.raised_by[place],
        })
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
            self.statistics.waits.retain(|one| one.level != level);
            self.statistics.waits.push(Stretch {
                level,
                since: requests.since(level),
                ticks: waited,
                pc,
            });
            self.statistics.waits.sort_by_key(|one| one.level);
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

    /// The level with these lines asserted.
    fn level(model: Model, lines: &[Line]) -> u8 {
        let mut requests = Requests::new(model);
        for &line in lines {
            requests.set(Ticks(1), line, true);
        }
        requests.level()
    }

    #[test]
    fn the_scc_hides_the_via_and_the_switch_adds_four() {
        for model in [Model::Plus, Model::Se] {
            assert_eq!(level(model, &[Line::Via]), 1);
            assert_eq!(level(model, &[Line::Via, Line::Scc]), 2);
            assert_eq!(level(model, &[Line::Via, Line::Scc, Line::Switch]), 6);
            assert_eq!(level(model, &[Line::Via, Line::Switch]), 5);
            assert_eq!(level(model, &[Line::Switch]), 4);
        }
        assert_eq!(level(Model::Se, &[Line::Scsi]), 1);
    }

    #[test]
    fn the_se30_has_the_highest_that_asks() {
        let all = [Line::Via, Line::Via2, Line::Scc, Line::Switch];
        for (count, expected) in [(1, 1), (2, 2), (3, 4), (4, 7)] {
            assert_eq!(level(Model::Se30, &all[..count]), expected);
        }
    }

    #[test]
    fn um_level_7_is_taken_once_for_each_press() {
        let mut requests = Requests::new(Model::Se30);
        requests.set_switch(Ticks(1), true);
        requests.taken(7);
        assert_eq!(requests.level(), 0);
        requests.set_switch(Ticks(2), false);
        requests.set_switch(Ticks(3), true);
        assert_eq!(requests.level(), 7);
    }

    #[test]
    fn only_longer_stretches_of_masking_are_recorded() {
        let mut watch = InterruptWatch::new(Model::Plus);
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
        assert_eq!(
            watch.statistics.masked[..4],
            [Ticks(0), Ticks(350), Ticks(150), Ticks(150)]
        );
    }

    #[test]
    fn the_longest_stretches_of_each_level_are_kept_with_where_they_began() {
        let mut watch = InterruptWatch::new(Model::Plus);
        let mut tracer = Tracer::new(0);
        let lengths = [
            (0x100, 50),
            (0x200, 90),
            (0x100, 70),
            (0x300, 10),
            (0x400, 60),
        ];
        let mut now = 0;
        for (pc, length) in lengths {
            watch.mask_changed(Ticks(now), 0x200, pc, &mut tracer);
            watch.mask_changed(Ticks(now + length), 0, 0, &mut tracer);
            now += 1000;
        }
        for level in 1..=2 {
            let kept: Vec<_> = watch
                .statistics
                .stretches
                .iter()
                .filter(|one| one.level == level)
                .map(|one| (one.pc, one.since.0, one.ticks.0))
                .collect();
            assert_eq!(
                kept,
                [(0x200, 1000, 90), (0x100, 2000, 70), (0x400, 4000, 60)]
            );
        }
        assert_eq!(watch.masked(Ticks(now), 1), None);
        watch.mask_changed(Ticks(now), 0x100, 0x500, &mut tracer);
        let open = watch.masked(Ticks(now + 7), 1).unwrap();
        assert_eq!((open.pc, open.ticks), (0x500, Ticks(7)));
        assert_eq!(watch.masked(Ticks(now + 7), 2), None);
    }
}

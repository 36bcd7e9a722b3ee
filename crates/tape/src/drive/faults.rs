use super::Drive;
use super::commands::{Activity, Step};
use super::mechanics::{Fault, Motion, Transport};
use super::sense::{Sense, code, key};
use crate::media::Content;
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};

/// A place on tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spot {
    /// The block with this number, wherever it comes to lie.
    Block(u64),
    /// So many frames from the beginning of the first track.
    Frame(u64),
    /// The next block that the head writes, or reads.
    Here,
}

/// A spot that spoils what is written there, or what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Flaw {
    spot: Spot,
    write: bool,
    /// Copies of the block that read back bad, or tries that fail; `None`: all of them.
    times: Option<u64>,
}

impl Flaw {
    /// True when a block with this number, in these frames, lies there. From the first on it is that block's: further copies of it lie further on.
    fn hits(&mut self, number: u64, begin: u64, end: u64) -> bool {
        let hit = match self.spot {
            Spot::Block(wanted) => wanted == number,
            Spot::Frame(frame) => (begin..end).contains(&frame),
            Spot::Here => true,
        };
        if hit {
            self.spot = Spot::Block(number);
        }
        hit
    }
}

/// Frames that fail at random for a while: dust, a worn head.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Dropouts {
    per_million: u32,
    until: Ticks,
    random: Stream,
}

/// What somebody has done to a drive. At first: nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Faults {
    flaws: Vec<Flaw>,
    dropouts: Option<Dropouts>,
    /// Until then the motor does not turn.
    stuck_until: Ticks,
    /// Until then a frame takes so many hundredths of its time.
    slow: Option<(u32, Ticks)>,
}

impl Faults {
    fn dropout(&mut self, at: Ticks, frames: u64) -> bool {
        let Some(dropouts) = &mut self.dropouts else {
            return false;
        };
        if at >= dropouts.until {
            self.dropouts = None;
            return false;
        }
        let rate = u64::from(dropouts.per_million);
        // Every frame draws, so that one that fails does not change the others.
        (0..frames).fold(false, |bad, _| {
            dropouts.random.below(1_000_000) < rate || bad
        })
    }

    /// True when the copy of a block that has just been written, in these frames, reads back bad.
    pub fn spoils_copy(&mut self, at: Ticks, number: u64, begin: u64, end: u64) -> bool {
        let mut bad = self.dropout(at, end - begin);
        for flaw in self.flaws.iter_mut().filter(|flaw| flaw.write) {
            if flaw.hits(number, begin, end) {
                bad = true;
                flaw.times = flaw.times.map(|times| times - 1);
            }
        }
        self.flaws
            .retain(|flaw| !flaw.write || flaw.times != Some(0));
        bad
    }

    /// The drive has given up a block: where it goes on, the tape is sound.
    pub fn given_up(&mut self, number: u64) {
        self.flaws
            .retain(|flaw| !flaw.write || flaw.spot != Spot::Block(number));
    }

    /// True when a block that has just been read for the nth time is bad.
    pub fn spoils_reading(
        &mut self,
        at: Ticks,
        number: u64,
        begin: u64,
        end: u64,
        tries: u64,
    ) -> bool {
        let flawed = self.flaws.iter_mut().any(|flaw| {
            !flaw.write
                && flaw.hits(number, begin, end)
                && flaw.times.is_none_or(|times| times > tries)
        });
        self.dropout(at, end - begin) || flawed
    }
}

impl Transport {
    /// When the motor turns again.
    pub fn stuck_until(&self) -> Ticks {
        self.faults.stuck_until
    }

    /// True while the motor is stuck.
    pub fn is_stuck(&self, now: Ticks) -> bool {
        now < self.faults.stuck_until
    }

    /// Time of a frame that begins at `at`.
    pub fn frame_time(&self, at: Ticks) -> Ticks {
        match self.faults.slow {
            Some((percent, until)) if at < until => {
                Ticks(self.figures.frame_time.0 * u64::from(percent) / 100)
            }
            _ => self.figures.frame_time,
        }
    }

    /// A record that is bad for good.
    pub fn is_bad(&self, number: u64) -> bool {
        matches!(
            self.tape().block(number).map(|block| block.content),
            Some(Content::Record { bad: true, .. })
        )
    }

    /// True when the block cannot be read this time.
    pub fn fails_to_read(&mut self, at: Ticks, number: u64, begin: u64) -> bool {
        let record = matches!(
            self.tape().block(number).map(|block| block.content),
            Some(Content::Record { .. })
        );
        let end = begin + self.tape().frames(number);
        let spoiled = record
            && self
                .faults
                .spoils_reading(at, number, begin, end, self.tries);
        spoiled || self.is_bad(number)
    }

    fn stick(&mut self, now: Ticks, until: Ticks) {
        self.faults.stuck_until = until;
        if matches!(self.motion, Motion::Empty | Motion::Unloaded) {
            return;
        }
        if !self.queue.is_empty() {
            self.lose(Fault::Motor);
        }
        self.forget_read();
        self.motion = Motion::Stopped { since: now };
    }
}

impl Drive {
    /// Damages the tape where it is: `times` copies of the block there read back bad when it is written (`write`), or so many tries to read it fail;
    /// `None`: all of them, until the drive gives the block up. A damaged record stays unreadable; a stretch that was given up in writing is left behind.
    pub fn damage(&mut self, spot: Spot, write: bool, times: Option<u64>) {
        self.transport
            .faults
            .flaws
            .push(Flaw { spot, write, times });
    }

    /// Until `until` frames fail at random, `per_million` of a million on average; `random` decides.
    pub fn set_dropouts(&mut self, per_million: u32, until: Ticks, random: Stream) {
        self.transport.faults.dropouts = Some(Dropouts {
            per_million,
            until,
            random,
        });
    }

    /// From `now` until `until`, or until the drive is switched off, the motor does not turn: the tape stands where it is, what was in the buffer is
    /// lost, and commands that need the tape end with HARDWARE ERROR, MECHANICAL POSITIONING ERROR. Which code a drive gave is an inference from SCSI-2,
    /// table 71.
    pub fn stick(&mut self, now: Ticks, until: Ticks) {
        self.transport.stick(now, until);
    }

    /// Until `until` the tape runs so slowly that a frame takes `percent` hundredths of its time.
    pub fn slow_down(&mut self, percent: u32, until: Ticks) {
        self.transport.faults.slow = Some((percent, until));
    }

    /// A power cycle frees a motor that is stuck.
    pub(super) fn unstick(&mut self) {
        self.transport.faults.stuck_until = Ticks::ZERO;
    }

    /// The end of a command that needs a tape whose motor is stuck.
    pub(super) fn stuck_step(&mut self) -> Step {
        if !self.transport.is_flushed() {
            self.transport.lose(Fault::Motor);
        }
        let deferred = self.transport.fault.take().is_some() && self.mode.buffered() != 0;
        Step::Go(self.check(Sense {
            deferred,
            ..Sense::new(key::HARDWARE_ERROR, code::POSITIONING)
        }))
    }

    /// True for what a stuck motor ends.
    pub(super) fn is_stopped_by_motor(&self, now: Ticks, activity: &Activity) -> bool {
        self.transport.is_stuck(now)
            && matches!(
                activity,
                Activity::Write(_)
                    | Activity::Marks(_)
                    | Activity::Read(_)
                    | Activity::Reverse(_)
                    | Activity::Recover(_)
                    | Activity::Travel(_)
            )
    }
}

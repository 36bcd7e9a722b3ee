use super::faults::Faults;
use super::figures::Figures;
use super::{Counters, writing::Entry};
use crate::media::{FRAME, Medium};
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use trace::{TapeEvent, Tracer};

/// Which stream the tape is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Job {
    Write,
    Read,
}

/// What the tape does at the moment. Every motion but standstill ends at a known time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Motion {
    /// No cartridge.
    Empty,
    /// A cartridge that LOAD UNLOAD has unloaded.
    Unloaded,
    /// At rest.
    Stopped { since: Ticks },
    /// Coming up to speed.
    Starting { until: Ticks, job: Job },
    /// A frame is passing the write head.
    Writing { until: Ticks, what: Frame },
    /// A frame is passing the read head.
    Reading { until: Ticks },
    /// Turning round at the end of a track.
    Turning { until: Ticks, job: Job },
    /// Stopping, backing up, stopping.
    Repositioning { until: Ticks },
    /// Going somewhere as a whole: load, rewind, space, erase.
    Moving {
        until: Ticks,
        arrival: Arrival,
        loading: bool,
    },
}

/// What a frame that is written holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Frame {
    /// The next of the buffer.
    Data,
    /// What completes a group for which there are not enough data.
    Padding,
    /// A copy of what was written before, or a gap, to keep the tape moving.
    Filler,
}

/// Where a motion leaves the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Arrival {
    /// Number of the next block.
    pub block: u64,
    /// The frame at the head.
    pub head: u64,
    /// What is on the tape from this block on is gone.
    pub erase_from: Option<u64>,
    /// The cartridge is unloaded.
    pub unload: bool,
    /// The beginning of the tape is prepared for a write.
    pub prepared: bool,
}

impl Arrival {
    /// At the beginning of the tape.
    pub const BEGINNING: Arrival = Arrival {
        block: 0,
        head: 0,
        erase_from: None,
        unload: false,
        prepared: false,
    };
}

/// Why buffered data did not reach the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fault {
    /// A block could not be written readably.
    Write,
    /// The tape ended.
    EndOfMedium,
    /// The motor does not turn.
    Motor,
}

/// The tape transport: motor, head and buffer, and the cartridge in it.
///
/// Motion is stepped from one known end to the next; nothing happens between, so that the result does not depend on how often it
/// is looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Transport {
    pub figures: Figures,
    pub stream: Stream,
    pub medium: Option<Medium>,
    pub motion: Motion,
    /// The frame that passes the head next.
    pub head: u64,
    /// The block the host is at, not counting what it has written into the buffer.
    pub block: u64,
    /// Blocks read ahead of the host.
    pub ahead: u64,
    /// Frames of the buffer that these take.
    pub ahead_frames: u64,
    /// True while blocks are read ahead.
    pub reading: bool,
    /// Reading has met nothing but blank tape behind the last block.
    pub blank: bool,
    /// Frames of blank tape that have passed.
    pub blank_frames: u64,
    /// How often the block at hand was tried again.
    pub tries: u64,
    pub queue: VecDeque<Entry>,
    /// Frames of the buffer that the queue takes.
    pub queued: u64,
    /// Frames of the first entry of the queue that are on tape.
    pub sent: u64,
    /// Frames that the group at hand still has.
    pub group_left: u64,
    /// It is filler.
    pub filling: bool,
    /// Groups of filler that have followed one another.
    pub filled: u64,
    /// The buffer was full, and takes nothing until there is room enough again.
    pub full: bool,
    /// What is in the buffer has waited long enough, and is written though it makes no whole group.
    pub overdue: bool,
    /// One of them read back bad.
    pub flawed: bool,
    /// The buffer is to be emptied without waiting for more.
    pub drain: bool,
    /// The buffer is low.
    pub low: bool,
    /// When data that do not start the tape by themselves were put into the empty buffer.
    pub waiting_since: Ticks,
    /// The write in progress begins at `block` and replaces all that is on the tape from there on.
    pub replace: bool,
    /// The beginning of the tape is prepared for a write.
    pub prepared: bool,
    /// The early warning hole has passed in a write.
    pub warned: bool,
    /// What went wrong with buffered data, and how many entries were lost.
    pub fault: Option<(Fault, u64)>,
    /// Entries that could not be written, kept until the tape is used again.
    pub lost: VecDeque<Entry>,
    pub counters: Counters,
    pub faults: Faults,
}

impl Transport {
    pub fn new(figures: Figures, stream: Stream) -> Transport {
        Transport {
            figures,
            stream,
            medium: None,
            motion: Motion::Empty,
            head: 0,
            block: 0,
            ahead: 0,
            ahead_frames: 0,
            reading: false,
            blank: false,
            blank_frames: 0,
            tries: 0,
            queue: VecDeque::new(),
            queued: 0,
            sent: 0,
            group_left: 0,
            filling: false,
            filled: 0,
            full: false,
            overdue: false,
            flawed: false,
            drain: false,
            low: false,
            waiting_since: Ticks::ZERO,
            replace: false,
            prepared: false,
            warned: false,
            fault: None,
            lost: VecDeque::new(),
            counters: Counters::default(),
            faults: Faults::default(),
        }
    }

    /// Puts the cartridge in and loads it.
    pub fn insert(&mut self, now: Ticks, medium: Medium, tracer: &mut Tracer) {
        self.medium = Some(medium);
        self.head = 0;
        self.load(now, self.figures.load, tracer);
    }

    /// Loads the cartridge, if there is one; what is in the buffer is lost.
    pub fn load(&mut self, now: Ticks, time: Ticks, tracer: &mut Tracer) {
        self.forget();
        self.warned = false;
        if self.medium.is_none() {
            self.motion = Motion::Empty;
            return;
        }
        let time = time + self.rewind_time();
        self.travel(now, "load", time, Arrival::BEGINNING, tracer);
        if let Motion::Moving { loading, .. } = &mut self.motion {
            *loading = true;
        }
    }

    /// Takes the cartridge out, with what is on it by now.
    pub fn eject(&mut self) -> Option<Medium> {
        self.forget();
        self.motion = Motion::Empty;
        self.medium.take()
    }

    /// Drops everything that is in the buffer.
    fn forget(&mut self) {
        self.clear_queue();
        self.lost.clear();
        self.fault = None;
        self.drain = false;
        self.low = false;
        self.replace = false;
        self.prepared = false;
        self.forget_read();
    }

    /// The cartridge, in states in which there is one.
    pub fn tape(&self) -> &Medium {
        self.medium
            .as_ref()
            .expect("the motion says that a cartridge is there")
    }

    pub fn tape_mut(&mut self) -> &mut Medium {
        self.medium
            .as_mut()
            .expect("the motion says that a cartridge is there")
    }

    /// A time with its mechanical jitter.
    fn mechanical(&mut self, time: Ticks) -> Ticks {
        self.figures.mechanical(time, &mut self.stream)
    }

    /// What the buffer holds, in bytes.
    pub fn buffered_bytes(&self) -> u32 {
        ((self.queued + self.ahead_frames) * FRAME as u64) as u32
    }

    /// When the motion at hand ends, or data in the buffer have waited long enough.
    pub fn wake(&self) -> Ticks {
        match self.motion {
            Motion::Empty | Motion::Unloaded => Ticks::NEVER,
            Motion::Stopped { .. } if self.queue.is_empty() => Ticks::NEVER,
            Motion::Stopped { .. } => {
                (self.waiting_since + self.figures.write_delay).max(self.stuck_until())
            }
            Motion::Starting { until, .. }
            | Motion::Writing { until, .. }
            | Motion::Reading { until }
            | Motion::Turning { until, .. }
            | Motion::Repositioning { until }
            | Motion::Moving { until, .. } => until,
        }
    }

    /// Lets everything happen that is due by `now`.
    pub fn advance(&mut self, now: Ticks, tracer: &mut Tracer) {
        while self.wake() <= now {
            self.step(self.wake(), tracer);
        }
    }

    fn step(&mut self, at: Ticks, tracer: &mut Tracer) {
        match self.motion {
            Motion::Empty | Motion::Unloaded => {}
            Motion::Stopped { .. } => self.consider(at, tracer),
            Motion::Starting {
                job: Job::Write, ..
            } => self.write_begins(at, tracer),
            Motion::Starting { job: Job::Read, .. } => {
                tracer.emit(at, TapeEvent::Streaming);
                self.read_next(at, tracer);
            }
            Motion::Writing { what, .. } => self.wrote(at, what, tracer),
            Motion::Reading { .. } => self.passed(at, tracer),
            Motion::Turning {
                job: Job::Write, ..
            } => self.write_next(at, tracer),
            Motion::Turning { job: Job::Read, .. } => self.read_next(at, tracer),
            Motion::Repositioning { .. } => {
                self.motion = Motion::Stopped { since: at };
                self.consider(at, tracer);
            }
            Motion::Moving { arrival, .. } => self.arrive(at, arrival, tracer),
        }
    }

    /// Starts the tape if it is at rest and there is a reason to.
    pub fn consider(&mut self, now: Ticks, tracer: &mut Tracer) {
        if !self.at_rest() || self.is_stuck(now) {
            return;
        }
        if !self.queue.is_empty() {
            let waited = now >= self.waiting_since + self.figures.write_delay;
            let full = self.full;
            if self.drain || waited || full || self.queued >= self.figures.start_level {
                self.overdue = waited || full;
                let goal = match (self.replace, self.block) {
                    (true, 0) => 0,
                    (true, block) => self.tape().position(block),
                    (false, _) => self.tape().end(),
                };
                self.start(now, Job::Write, goal, tracer);
            }
        } else if self.reading && !self.blank && self.ahead_frames <= self.figures.read_level {
            // A gap in front of the next block is passed like any tape; only a place behind the head needs going back to.
            let goal = self.tape().position(self.block + self.ahead).min(self.head);
            self.start(now, Job::Read, goal, tracer);
        }
    }

    fn start(&mut self, now: Ticks, job: Job, goal: u64, tracer: &mut Tracer) {
        let time = self.mechanical(self.figures.start) + self.seek_time(goal) + self.rouse(now);
        self.head = goal;
        self.prepared = false;
        self.motion = Motion::Starting {
            until: now + time,
            job,
        };
        tracer.emit(
            now,
            TapeEvent::Start {
                buffered: self.buffered_bytes(),
            },
        );
    }

    /// The stream is over: stop, back up, stop.
    pub fn reposition(&mut self, at: Ticks, job: Job, tracer: &mut Tracer) {
        let time = self.mechanical(self.figures.reposition);
        self.motion = Motion::Repositioning { until: at + time };
        match job {
            Job::Write => self.counters.repositions += 1,
            Job::Read => self.counters.read_repositions += 1,
        }
        tracer.emit(
            at,
            TapeEvent::Reposition {
                buffered: self.buffered_bytes(),
                ticks: time.0,
            },
        );
    }

    /// Turns round when the head is at the end of a track; false when it is not.
    pub fn turn(&mut self, at: Ticks, job: Job) -> bool {
        if self.head == 0
            || !self.head.is_multiple_of(self.figures.track_blocks)
            || self.head >= self.figures.frames
        {
            return false;
        }
        let time = self.mechanical(self.figures.turn);
        self.motion = Motion::Turning {
            until: at + time,
            job,
        };
        true
    }

    /// True when the tape is at rest and loaded.
    pub fn at_rest(&self) -> bool {
        matches!(self.motion, Motion::Stopped { .. })
    }

    /// What starting takes longer because the tape has been at rest: tension to be restored, a drum to be spun up.
    fn rouse(&self, now: Ticks) -> Ticks {
        let Motion::Stopped { since } = self.motion else {
            return Ticks::ZERO;
        };
        let idle = now.since(since);
        let reached = |after: Option<Ticks>| after.is_some_and(|after| idle >= after);
        if reached(self.figures.park_after) {
            self.figures.park_start
        } else if reached(self.figures.rest_after) {
            self.figures.rest_start
        } else {
            Ticks::ZERO
        }
    }

    /// True while the tape goes somewhere as a whole.
    pub fn travelling(&self) -> bool {
        matches!(self.motion, Motion::Moving { .. })
    }

    /// Sets out for `arrival`, which takes `time`.
    pub fn travel(
        &mut self,
        now: Ticks,
        kind: &str,
        time: Ticks,
        arrival: Arrival,
        tracer: &mut Tracer,
    ) {
        let time = time + self.rouse(now);
        tracer.emit(
            now,
            TapeEvent::Motion {
                kind: kind.to_owned(),
                ticks: time.0,
            },
        );
        self.motion = Motion::Moving {
            until: now + time.max(Ticks(1)),
            arrival,
            loading: false,
        };
    }

    fn arrive(&mut self, at: Ticks, arrival: Arrival, tracer: &mut Tracer) {
        match arrival.erase_from {
            Some(0) => self.tape_mut().erase(),
            Some(block) => self.tape_mut().truncate(block),
            None => {}
        }
        if arrival.head == 0 && self.head != 0 {
            tracer.emit(at, TapeEvent::Rewound);
        }
        self.head = arrival.head;
        self.block = arrival.block;
        self.prepared = arrival.prepared;
        if self.head < self.figures.frames - self.figures.early_warning {
            self.warned = false;
        }
        self.motion = if arrival.unload {
            Motion::Unloaded
        } else {
            Motion::Stopped { since: at }
        };
    }

    /// How far along the tape the head is, in nanometres from the beginning of the tape.
    pub fn place(&self) -> u64 {
        self.figures.along(self.head) * self.figures.frame_length
    }

    /// Time to bring the head from where it is over another frame; the head is stepped to another track meanwhile.
    pub fn seek_time(&self, frame: u64) -> Ticks {
        self.passing(self.distance(frame), self.figures.search)
    }

    /// How far the head is from a frame, in frames along the tape.
    fn distance(&self, frame: u64) -> u64 {
        self.figures
            .along(self.head)
            .abs_diff(self.figures.along(frame))
    }

    /// Time in which so many frames pass the head, at so many times the speed of the stream.
    fn passing(&self, frames: u64, times: u64) -> Ticks {
        Ticks((self.figures.frame_time * frames).0.div_ceil(times))
    }

    /// Time to rewind from where the head is; none at the beginning.
    pub fn rewind_time(&self) -> Ticks {
        if self.head == 0 {
            Ticks::ZERO
        } else {
            self.figures.start + self.passing(self.distance(0), self.figures.wind)
        }
    }

    /// Time to go through the tape, track after track, to another frame.
    pub fn pass_time(&self, frame: u64) -> Ticks {
        let track = self.figures.track_blocks;
        let turns = (self.head / track).abs_diff(frame / track);
        self.figures.start
            + self.passing(self.head.abs_diff(frame), self.figures.search)
            + self.figures.turn * turns
            + self.figures.reposition
    }

    /// Time to wind the tape to its end and back.
    pub fn winding_time(&self) -> Ticks {
        let track = self.passing(self.figures.track_blocks, self.figures.wind);
        self.rewind_time() + (track + self.figures.turn) * 2
    }
}

use super::figures::Figures;
use super::{Counters, writing::Entry};
use crate::media::Medium;
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
    Stopped,
    /// Coming up to speed.
    Starting { until: Ticks, job: Job },
    /// A frame is passing the write head: the next of the buffer, or a copy of the one before.
    Writing { until: Ticks, copy: bool },
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

/// Where a motion leaves the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Arrival {
    /// Number of the next block.
    pub block: u64,
    /// The frame at the head.
    pub head: u64,
    /// Everything on the tape is gone.
    pub erase: bool,
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
        erase: false,
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
    /// Blocks of the buffer that these take.
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
    /// Blocks of the buffer that the queue takes.
    pub queued: u64,
    /// Frames of the first entry of the queue that are on tape.
    pub sent: u64,
    /// One of them read back bad.
    pub flawed: bool,
    /// The buffer is to be emptied without waiting for more.
    pub drain: bool,
    /// The frame before was a copy.
    pub copied: bool,
    /// The buffer is low.
    pub low: bool,
    /// When data that do not start the tape by themselves were put into the empty buffer.
    pub waiting_since: Ticks,
    /// The write in progress begins at the beginning of the tape and replaces all that is on it.
    pub replace: bool,
    /// The beginning of the tape is prepared for a write.
    pub prepared: bool,
    /// The early warning hole has passed in a write.
    pub warned: bool,
    /// What went wrong with buffered data, and how many entries were lost.
    pub fault: Option<(Fault, u64)>,
    pub counters: Counters,
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
            flawed: false,
            drain: false,
            copied: false,
            low: false,
            waiting_since: Ticks::ZERO,
            replace: false,
            prepared: false,
            warned: false,
            fault: None,
            counters: Counters::default(),
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
        self.fault = None;
        self.drain = false;
        self.copied = false;
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
        let spread = time.0 * self.figures.jitter / 1000;
        Ticks(time.0 - spread + self.stream.below(2 * spread + 1))
    }

    /// What the buffer holds, in bytes.
    pub fn buffered_bytes(&self) -> u32 {
        ((self.queued + self.ahead_frames) * self.figures.block as u64) as u32
    }

    /// When the motion at hand ends, or data in the buffer have waited long enough.
    pub fn wake(&self) -> Ticks {
        match self.motion {
            Motion::Empty | Motion::Unloaded => Ticks::NEVER,
            Motion::Stopped if self.queue.is_empty() => Ticks::NEVER,
            Motion::Stopped => self.waiting_since + self.figures.write_delay,
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
            Motion::Stopped => self.consider(at, tracer),
            Motion::Starting {
                job: Job::Write, ..
            } => self.write_begins(at, tracer),
            Motion::Starting { job: Job::Read, .. } => {
                tracer.emit(at, TapeEvent::Streaming);
                self.read_next(at, tracer);
            }
            Motion::Writing { copy, .. } => self.wrote(at, copy, tracer),
            Motion::Reading { .. } => self.passed(at, tracer),
            Motion::Turning {
                job: Job::Write, ..
            } => self.write_next(at, tracer),
            Motion::Turning { job: Job::Read, .. } => self.read_next(at, tracer),
            Motion::Repositioning { .. } => {
                self.motion = Motion::Stopped;
                self.consider(at, tracer);
            }
            Motion::Moving { arrival, .. } => self.arrive(at, arrival, tracer),
        }
    }

    /// Starts the tape if it is at rest and there is a reason to.
    pub fn consider(&mut self, now: Ticks, tracer: &mut Tracer) {
        if self.motion != Motion::Stopped {
            return;
        }
        if !self.queue.is_empty() {
            let waited = now >= self.waiting_since + self.figures.write_delay;
            if self.drain || waited || self.queued >= self.figures.start_level {
                let goal = if self.replace { 0 } else { self.tape().end() };
                self.start(now, Job::Write, goal, tracer);
            }
        } else if self.reading && !self.blank && self.ahead_frames <= self.figures.read_level {
            // A gap in front of the next block is passed like any tape; only a place behind the head needs going back to.
            let goal = self.tape().position(self.block + self.ahead).min(self.head);
            self.start(now, Job::Read, goal, tracer);
        }
    }

    fn start(&mut self, now: Ticks, job: Job, goal: u64, tracer: &mut Tracer) {
        let time = self.mechanical(self.figures.start) + self.seek_time(goal);
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
            || self.head >= self.figures.blocks
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
        self.motion == Motion::Stopped
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
        if arrival.erase {
            self.tape_mut().erase();
        }
        if arrival.head == 0 && self.head != 0 {
            tracer.emit(at, TapeEvent::Rewound);
        }
        self.head = arrival.head;
        self.block = arrival.block;
        self.prepared = arrival.prepared;
        if self.head < self.figures.blocks - self.figures.early_warning {
            self.warned = false;
        }
        self.motion = if arrival.unload {
            Motion::Unloaded
        } else {
            Motion::Stopped
        };
    }

    /// How far along the tape a frame lies, in frames from the beginning of the tape: odd tracks run backwards.
    fn along(&self, frame: u64) -> u64 {
        let track = self.figures.track_blocks;
        let offset = frame % track;
        if (frame / track).is_multiple_of(2) {
            offset
        } else {
            track - offset
        }
    }

    /// Time to bring the head from where it is over another frame; the head is stepped to another track meanwhile.
    pub fn seek_time(&self, frame: u64) -> Ticks {
        self.figures.block_time * self.along(self.head).abs_diff(self.along(frame))
    }

    /// Time to rewind from where the head is; none at the beginning.
    pub fn rewind_time(&self) -> Ticks {
        if self.head == 0 {
            Ticks::ZERO
        } else {
            self.figures.start + self.seek_time(0)
        }
    }

    /// Time to go through the tape, track after track, to another frame.
    pub fn pass_time(&self, frame: u64) -> Ticks {
        let track = self.figures.track_blocks;
        let turns = (self.head / track).abs_diff(frame / track);
        self.figures.start
            + self.figures.block_time * self.head.abs_diff(frame)
            + self.figures.turn * turns
            + self.figures.reposition
    }

    /// Time to wind the tape to its end and back.
    pub fn winding_time(&self) -> Ticks {
        self.rewind_time()
            + (self.figures.block_time * self.figures.track_blocks + self.figures.turn) * 2
    }
}

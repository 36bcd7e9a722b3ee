use super::mechanics::{Job, Motion, Transport};
use crate::media::Content;
use clock::Ticks;
use trace::{TapeEvent, Tracer};

/// What a read finds next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Not read yet.
    Nothing,
    /// A record of this length.
    Record { len: usize, bad: bool },
    /// A filemark.
    Mark,
    /// A setmark.
    Setmark,
    /// Blank tape: the end of data.
    Blank,
}

/// Reading: the drive reads ahead as long as there is room in its buffer.
///
/// Archive's maintenance manual, 6.3.3: when the host does not keep up, the tape stops, backs up over what was read,
/// and starts again when the host can take more.
impl Transport {
    /// What the host would read next.
    pub fn found(&self) -> Found {
        if self.ahead == 0 {
            return if self.blank {
                Found::Blank
            } else {
                Found::Nothing
            };
        }
        match self.tape().block(self.block).expect("it was read").content {
            Content::Record { data, bad } => Found::Record {
                len: data.len(),
                bad,
            },
            Content::Mark if self.tape().is_setmark(self.block) => Found::Setmark,
            Content::Mark => Found::Mark,
        }
    }

    /// A byte of the record at hand.
    pub fn byte(&self, at: usize) -> u8 {
        match self.tape().block(self.block).map(|block| block.content) {
            Some(Content::Record { data, .. }) => data[at],
            _ => unreachable!("the host reads from a record"),
        }
    }

    /// The host has taken the block at hand.
    pub fn consume(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.ahead_frames -= self.tape().frames(self.block);
        if let Some(Content::Record { data, .. }) = self.tape().block(self.block).map(|b| b.content)
        {
            self.counters.bytes_read += data.len() as u64;
        }
        self.block += 1;
        self.ahead -= 1;
        self.counters.read += 1;
        self.consider(now, tracer);
    }

    /// Begins to read from where the host is, or goes on.
    pub fn read(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.reading = true;
        self.consider(now, tracer);
    }

    /// Ends reading ahead and forgets what was read. The tape goes back when something else needs it there.
    pub fn stop_reading(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.forget_read();
        let streaming = matches!(
            self.motion,
            Motion::Reading { .. }
                | Motion::Starting { job: Job::Read, .. }
                | Motion::Turning { job: Job::Read, .. }
        );
        if streaming {
            self.reposition(now, Job::Read, tracer);
        }
    }

    /// Forgets what was read ahead.
    pub fn forget_read(&mut self) {
        self.ahead = 0;
        self.ahead_frames = 0;
        self.reading = false;
        self.blank = false;
        self.blank_frames = 0;
        self.tries = 0;
    }

    pub(super) fn read_next(&mut self, at: Ticks, tracer: &mut Tracer) {
        let full = self.ahead_frames >= self.figures.buffer;
        if full || self.blank || self.head >= self.figures.frames {
            self.blank |= self.head >= self.figures.frames;
            return self.reposition(at, Job::Read, tracer);
        }
        self.motion = Motion::Reading {
            until: at + self.frame_time(at),
        };
    }

    /// A frame has passed the head.
    pub(super) fn passed(&mut self, at: Ticks, tracer: &mut Tracer) {
        self.head += 1;
        let number = self.block + self.ahead;
        if number < self.tape().len() {
            let begin = self.tape().position(number);
            if self.head >= begin + self.tape().frames(number)
                && !self.check(at, number, begin, tracer)
            {
                return;
            }
        } else if self.head > self.tape().end() {
            self.blank_frames += 1;
            if self.figures.frame_time * self.blank_frames >= self.figures.blank {
                self.blank_frames = 0;
                self.blank = true;
                self.head = self.tape().end();
            }
        }
        if !self.turn(at, Job::Read) {
            self.read_next(at, tracer);
        }
    }

    /// Takes a block that has passed into the buffer, unless it is bad and worth another try; false when the tape backs up for one.
    fn check(&mut self, at: Ticks, number: u64, begin: u64, tracer: &mut Tracer) -> bool {
        let bad = self.fails_to_read(at, number, begin);
        if bad && self.tries < self.figures.read_retries {
            self.tries += 1;
            self.counters.rereads += 1;
            self.head = begin;
            self.reposition(at, Job::Read, tracer);
            return false;
        }
        if bad {
            self.counters.bad += 1;
            self.counters.unreadable += 1;
            self.tape_mut().set_bad(number, true);
            tracer.emit(at, TapeEvent::BadBlock { block: number });
        }
        self.tries = 0;
        self.ahead += 1;
        self.ahead_frames += self.tape().frames(number);
        true
    }
}

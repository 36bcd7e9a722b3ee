use super::mechanics::{Fault, Job, Motion, Transport};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{TapeEvent, Tracer};

/// Something in the buffer that is to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Entry {
    Record(Vec<u8>),
    Mark,
}

impl Entry {
    /// Blocks of the buffer it takes, and frames of the tape.
    fn frames(&self, block: usize) -> u64 {
        match self {
            Entry::Record(data) => (data.len().div_ceil(block) as u64).max(1),
            Entry::Mark => 1,
        }
    }
}

/// Writing: the buffer and the stream.
///
/// Archive's maintenance manual, 6.3.2, says what the stream does: a host below 90 kilobytes a second makes the drive repeat the preceding
/// block "at intervals", without stopping; below 45, it writes a second copy of the last block, a long postamble, stops
/// and backs up. 45 is what is left of 90 when every block is followed by a copy. How the drive chooses its intervals is not published.
/// Inferred here: a drive that repeated blocks only when its buffer has run empty would lose the stream at every pause of a
/// host that sends in bursts, so it begins to repeat each block as soon as the buffer is low (`tape.low-level`), and stops when it
/// is empty behind a copy. A steady host between 45 and 90 never loses the stream, nor does one that sends bursts of the size of half the buffer.
impl Transport {
    /// True when not one more block fits beside the entries and `partial` bytes of the next one.
    ///
    /// The buffer is handed out in blocks: a block is free again when it is on tape. A host that stops to look at every block's
    /// first byte therefore meets every pause there.
    pub fn is_full(&self, partial: usize) -> bool {
        self.queued + partial.div_ceil(self.figures.block) as u64 >= self.figures.buffer
    }

    /// Number of the block the host writes next, counting what is in the buffer.
    pub fn next_written(&self) -> u64 {
        let on_tape = if self.replace { 0 } else { self.block };
        on_tape + self.queue.len() as u64
    }

    /// True when everything is on tape.
    pub fn is_flushed(&self) -> bool {
        self.queue.is_empty()
    }

    /// Puts something into the buffer.
    pub fn enqueue(&mut self, now: Ticks, entry: Entry, tracer: &mut Tracer) {
        if self.queue.is_empty() {
            self.waiting_since = now;
        }
        self.queued += entry.frames(self.figures.block);
        self.queue.push_back(entry);
        self.consider(now, tracer);
    }

    /// Drops everything that waits to be written.
    pub fn clear_queue(&mut self) {
        self.queue.clear();
        self.queued = 0;
        self.sent = 0;
        self.flawed = false;
        self.tries = 0;
    }

    pub(super) fn write_begins(&mut self, at: Ticks, tracer: &mut Tracer) {
        if std::mem::take(&mut self.replace) {
            // The erase head is as wide as the tape: the first track takes all others with it.
            self.tape_mut().erase();
            self.block = 0;
        }
        debug_assert_eq!(self.head, self.tape().end());
        debug_assert_eq!(self.block, self.tape().len());
        tracer.emit(at, TapeEvent::Streaming);
        // There is no block yet that could be repeated.
        self.copied = true;
        self.write_next(at, tracer);
    }

    /// Decides what the next frame holds.
    pub(super) fn write_next(&mut self, at: Ticks, tracer: &mut Tracer) {
        if self.head >= self.figures.blocks {
            return self.tape_ends(at, tracer);
        }
        let level = self.queued;
        if level >= self.figures.low_level + self.figures.low_level / 2 {
            self.low = false;
        }
        let until = at + self.figures.block_time;
        let due = self.drain || self.copied || self.sent > 0 || level >= self.figures.low_level;
        if !self.queue.is_empty() && due {
            self.motion = Motion::Writing { until, copy: false };
        } else if self.queue.is_empty() && (self.drain || self.copied) {
            self.write_ends(at, tracer);
        } else {
            self.counters.copies += 1;
            if !self.low {
                self.low = true;
                self.counters.underruns += 1;
                tracer.emit(at, TapeEvent::Underrun { block: self.block });
            }
            self.motion = Motion::Writing { until, copy: true };
        }
    }

    /// A frame has passed the head.
    pub(super) fn wrote(&mut self, at: Ticks, copy: bool, tracer: &mut Tracer) {
        let frame = self.head;
        self.head += 1;
        self.copied = copy;
        if copy {
            self.tape_mut().push_gap(1);
        } else {
            self.sent += 1;
            self.flawed |= self.tape().defects().contains(&frame);
            if self.sent == self.queue[0].frames(self.figures.block) {
                self.entry_written(at, tracer);
            }
        }
        if !self.warned && self.head >= self.figures.blocks - self.figures.early_warning {
            self.warned = true;
            tracer.emit(at, TapeEvent::EndOfMedium { hard: false });
        }
        if self.fault.is_none() && !self.turn(at, Job::Write) {
            self.write_next(at, tracer);
        }
    }

    /// The first entry of the buffer is on tape whole, and was read back.
    fn entry_written(&mut self, at: Ticks, tracer: &mut Tracer) {
        let frames = std::mem::take(&mut self.sent);
        if std::mem::take(&mut self.flawed) {
            self.tries += 1;
            if self.tries <= self.figures.write_retries {
                // Written again further on; readers skip the first copy.
                self.counters.rewrites += 1;
                self.tape_mut().push_gap(frames);
                return;
            }
        }
        let failed = self.tries > self.figures.write_retries;
        self.tries = 0;
        let number = self.block;
        self.block += 1;
        self.queued -= frames;
        match self.queue.pop_front().expect("an entry was written") {
            Entry::Record(data) => {
                self.tape_mut().push_record(&data, failed);
                self.counters.blocks += 1;
            }
            Entry::Mark => {
                self.tape_mut().push_mark();
                self.counters.marks += 1;
                tracer.emit(at, TapeEvent::Filemark { block: number });
            }
        }
        if failed {
            self.counters.bad += 1;
            tracer.emit(at, TapeEvent::BadBlock { block: number });
            self.fail(Fault::Write, 1);
            self.write_ends(at, tracer);
        }
    }

    /// What is still in the buffer cannot be written any more. `also` entries were lost before.
    fn fail(&mut self, fault: Fault, also: u64) {
        self.fault = Some((fault, also + self.queue.len() as u64));
        self.clear_queue();
    }

    /// Postamble, stop, back up.
    fn write_ends(&mut self, at: Ticks, tracer: &mut Tracer) {
        let postamble = self.figures.postamble;
        self.tape_mut().push_gap(postamble);
        self.head = self.tape().end();
        self.copied = false;
        self.low = false;
        self.reposition(at, Job::Write, tracer);
    }

    fn tape_ends(&mut self, at: Ticks, tracer: &mut Tracer) {
        self.motion = Motion::Stopped;
        self.copied = false;
        if !self.queue.is_empty() {
            tracer.emit(at, TapeEvent::EndOfMedium { hard: true });
            self.fail(Fault::EndOfMedium, 0);
        }
    }
}

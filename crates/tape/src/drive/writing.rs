use super::figures::Figures;
use super::mechanics::{Fault, Frame, Job, Motion, Transport};
use crate::media::FRAME;
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{TapeEvent, Tracer};

/// Something in the buffer that is to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Entry {
    Record(Vec<u8>),
    Mark,
    Setmark,
}

impl Entry {
    /// Bytes of data in it.
    pub fn bytes(&self) -> u64 {
        match self {
            Entry::Record(data) => data.len() as u64,
            Entry::Mark | Entry::Setmark => 0,
        }
    }

    /// Frames of the buffer it takes.
    fn room(&self, figures: &Figures) -> u64 {
        match self {
            Entry::Record(data) => figures.record(data.len()),
            Entry::Mark | Entry::Setmark => 1,
        }
    }

    /// Frames of the tape it takes.
    fn frames(&self, figures: &Figures) -> u64 {
        match self {
            Entry::Record(data) => figures.record(data.len()),
            Entry::Mark | Entry::Setmark => figures.filemark,
        }
    }
}

/// Writing: the buffer and the stream.
///
/// The tape takes whole groups: blocks of a cartridge, tracks or groups of frames of a helical scan. When the buffer holds no group, or is low, filler may
/// stand in for groups; when that comes to an end too, the drive writes a postamble, stops and backs up.
///
/// For cartridges, Archive's maintenance manual, 6.3.2, says what the stream does: a host below 90 kilobytes a second makes the drive repeat the preceding
/// block "at intervals", without stopping; below 45, it writes a second copy of the last block, a long postamble, stops
/// and backs up. 45 is what is left of 90 when every block is followed by a copy. How the drive chooses its intervals is not published.
/// Inferred here: a drive that repeated blocks only when its buffer has run empty would lose the stream at every pause of a
/// host that sends in bursts, so it begins to repeat each block as soon as the buffer is low (`tape.low-level`), and stops when it
/// is empty behind a copy. A steady host between 45 and 90 never loses the stream, nor does one that sends bursts of the size of half the buffer.
impl Transport {
    /// True when nothing more fits beside the entries and `partial` bytes of the next one, or when the buffer was full and `tape.resume` is not free
    /// again.
    ///
    /// The buffer is handed out in physical blocks: one is free again when it is on tape. A host that stops to look at every block's
    /// first byte therefore meets every pause there.
    pub fn is_full(&mut self, partial: usize) -> bool {
        let used = self.queued + (partial.div_ceil(FRAME)) as u64;
        self.full = used + self.figures.piece > self.figures.buffer
            // What has not come whole cannot go to tape: waiting for more room than there will be would be for ever.
            || (self.full && self.queued > 0 && used + self.figures.resume > self.figures.buffer);
        self.full
    }

    /// Number of the block the host writes next, counting what is in the buffer.
    pub fn next_written(&self) -> u64 {
        self.block + self.queue.len() as u64
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
        self.queued += entry.room(&self.figures);
        self.queue.push_back(entry);
        self.consider(now, tracer);
    }

    /// Drops everything that waits to be written.
    pub fn clear_queue(&mut self) {
        self.queue.clear();
        self.queued = 0;
        self.sent = 0;
        self.group_left = 0;
        self.filled = 0;
        self.full = false;
        self.overdue = false;
        self.flawed = false;
        self.tries = 0;
    }

    pub(super) fn write_begins(&mut self, at: Ticks, tracer: &mut Tracer) {
        if std::mem::take(&mut self.replace) {
            let block = self.block;
            if block == 0 {
                // The erase head is as wide as the tape: the first track takes all others with it.
                self.tape_mut().erase();
            } else {
                self.tape_mut().truncate(block);
            }
        }
        debug_assert_eq!(self.head, self.tape().end());
        debug_assert_eq!(self.block, self.tape().len());
        tracer.emit(at, TapeEvent::Streaming);
        // There is no group yet that filler could follow.
        self.filled = self.figures.fill;
        self.write_next(at, tracer);
    }

    /// Frames in the buffer that are not on tape.
    fn unwritten(&self) -> u64 {
        self.queued - self.sent.min(self.queued)
    }

    /// True when a group can be written: there are data for it, or the data there are must not wait.
    fn group_ready(&self) -> bool {
        match self.queue.front() {
            None => false,
            Some(_) if self.drain || self.overdue || self.sent > 0 => true,
            Some(Entry::Mark | Entry::Setmark) => self.figures.filemark > self.figures.group,
            Some(Entry::Record(_)) => self.unwritten() >= self.figures.group,
        }
    }

    /// Decides what the next frame holds.
    pub(super) fn write_next(&mut self, at: Ticks, tracer: &mut Tracer) {
        if self.head >= self.figures.frames {
            return self.tape_ends(at, tracer);
        }
        let level = self.queued;
        if self.figures.low_level > 0 && level >= self.figures.low_level * 3 / 2 {
            self.low = false;
        }
        let what = if self.group_left > 0 {
            self.within_group()
        } else if self.group_ready() {
            let due = self.drain
                || self.filled >= self.figures.fill
                || self.sent > 0
                || level >= self.figures.low_level;
            self.begin_group(due)
        } else if self.drain || self.filled >= self.figures.fill {
            if !self.drain {
                self.underrun(at, tracer);
            }
            return self.write_ends(at, tracer);
        } else {
            self.begin_group(false)
        };
        if what == Frame::Filler {
            self.counters.copies += 1;
            self.underrun(at, tracer);
        }
        self.motion = Motion::Writing {
            until: at + self.frame_time(at),
            what,
        };
    }

    /// There is less in the buffer than the stream needs.
    fn underrun(&mut self, at: Ticks, tracer: &mut Tracer) {
        if !std::mem::replace(&mut self.low, true) {
            self.counters.underruns += 1;
            tracer.emit(at, TapeEvent::Underrun { block: self.block });
        }
    }

    /// What the next frame of a group that has begun holds.
    fn within_group(&self) -> Frame {
        let alone =
            |entry: &Entry| self.sent == 0 && entry.frames(&self.figures) > self.figures.group;
        match self.queue.front() {
            _ if self.filling => Frame::Filler,
            None => Frame::Padding,
            // What is longer than a group, as some filemarks are, begins one.
            Some(mark @ Entry::Mark) if alone(mark) => Frame::Padding,
            Some(_) => Frame::Data,
        }
    }

    fn begin_group(&mut self, data: bool) -> Frame {
        if data && self.figures.low_level == 0 {
            self.low = false;
        }
        self.filling = !data;
        self.overdue &= !data;
        self.filled = if data { 0 } else { self.filled + 1 };
        self.group_left = match self.queue.front() {
            Some(Entry::Mark) if data => self.figures.group.max(self.figures.filemark - self.sent),
            _ => self.figures.group,
        };
        if data { Frame::Data } else { Frame::Filler }
    }

    /// A frame has passed the head.
    pub(super) fn wrote(&mut self, at: Ticks, what: Frame, tracer: &mut Tracer) {
        let frame = self.head;
        self.head += 1;
        self.group_left -= 1;
        if what == Frame::Data {
            self.sent += 1;
            self.flawed |= self.tape().defects().contains(&frame);
            if self.sent == self.queue[0].frames(&self.figures) {
                self.entry_written(at, tracer);
            }
        } else {
            self.tape_mut().push_gap(1);
        }
        if !self.warned && self.head >= self.figures.frames - self.figures.early_warning {
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
        let begin = self.head - frames.min(self.head);
        self.flawed |= self.faults.spoils_copy(at, self.block, begin, self.head);
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
        self.counters.rewritten += u64::from(self.tries > 0 && !failed);
        self.tries = 0;
        let number = self.block;
        self.block += 1;
        let entry = self.queue.pop_front().expect("an entry was written");
        self.queued -= entry.room(&self.figures);
        self.lost.clear();
        if failed {
            self.lost.push_back(entry.clone());
        }
        match entry {
            Entry::Record(data) => {
                self.tape_mut().push_record(&data, failed);
                let gap = frames - self.tape().frames(number);
                self.tape_mut().push_gap(gap);
                self.counters.blocks += 1;
                self.counters.bytes_written += data.len() as u64;
            }
            Entry::Setmark => {
                self.tape_mut().push_setmark();
                self.tape_mut().push_gap(frames - 1);
                self.counters.marks += 1;
            }
            Entry::Mark => {
                self.tape_mut().push_mark();
                self.tape_mut().push_gap(frames - 1);
                self.counters.marks += 1;
                tracer.emit(at, TapeEvent::Filemark { block: number });
            }
        }
        if failed {
            self.counters.bad += 1;
            tracer.emit(at, TapeEvent::BadBlock { block: number });
            self.faults.given_up(number);
            self.fail(Fault::Write, 1);
            self.write_ends(at, tracer);
        }
    }

    /// Everything in the buffer is lost.
    pub fn lose(&mut self, fault: Fault) {
        self.fail(fault, 0);
        self.group_left = 0;
    }

    /// What is still in the buffer cannot be written any more. `also` entries were lost before.
    fn fail(&mut self, fault: Fault, also: u64) {
        self.fault = Some((fault, also + self.queue.len() as u64));
        let rest = std::mem::take(&mut self.queue);
        self.lost.extend(rest);
        self.clear_queue();
    }

    /// Postamble, stop, back up.
    fn write_ends(&mut self, at: Ticks, tracer: &mut Tracer) {
        let postamble = self.figures.postamble;
        self.tape_mut().push_gap(postamble);
        self.head = self.tape().end();
        self.group_left = 0;
        self.low = false;
        self.waiting_since = at;
        self.reposition(at, Job::Write, tracer);
    }

    fn tape_ends(&mut self, at: Ticks, tracer: &mut Tracer) {
        self.motion = Motion::Stopped { since: at };
        self.group_left = 0;
        if !self.queue.is_empty() {
            tracer.emit(at, TapeEvent::EndOfMedium { hard: true });
            self.fail(Fault::EndOfMedium, 0);
        }
    }
}

//! Blocks on their way between bus, buffer and heads (SCSI-2, 9.2.5, 9.2.6, 9.2.15 to 9.2.20).

use super::Disk;
use super::commands::Job;
use super::image::BLOCK;
use super::sense::{Sense, code};
use crate::{Next, Status};
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};

/// A transfer of blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Transfer {
    first: u32,
    /// The next block to cross the bus, the next to pass under the heads, and the block after the last.
    bus: u32,
    media: u32,
    end: u32,
    /// When the block `media` will have passed under the heads; `NEVER` while the heads wait for the buffer.
    pub media_done: Ticks,
    /// How often that block was tried again.
    tried: u32,
    /// Read back what was written.
    read_back: bool,
    /// The transfer ends before the block `end` with this.
    error: Option<Sense>,
    /// The last block that was read with retries, to be told at the end.
    recovered: Option<Sense>,
}

impl Default for Transfer {
    fn default() -> Transfer {
        Transfer {
            first: 0,
            bus: 0,
            media: 0,
            end: 0,
            media_done: Ticks::NEVER,
            tried: 0,
            read_back: false,
            error: None,
            recovered: None,
        }
    }
}

/// Passes of a sector that fail at random for a while: bumps, dust, a weak amplifier.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Dropouts {
    /// Of a million passes, on average.
    pub per_million: u32,
    pub until: Ticks,
    pub random: Stream,
}

impl Disk {
    /// A transfer of `count` blocks from `first` on.
    pub(super) fn blocks(&mut self, job: Job, (first, count): (u32, u32), read_back: bool) -> Job {
        let end = first
            .checked_add(count)
            .filter(|&end| end <= self.image.blocks());
        let Some(end) = end else {
            return self.fail(Sense::at(code::BLOCK, first.max(self.image.blocks())));
        };
        if count == 0 {
            return Job::End(Status::Good);
        }
        let sector = self.surface.sector(first);
        let media_done = match job {
            Job::Write => {
                // The arm goes there while the data come.
                self.mechanics.seek(&self.figures, self.ready, sector);
                Ticks::NEVER
            }
            _ => self.mechanics.pass(&self.figures, self.ready, sector),
        };
        self.transfer = Transfer {
            first,
            bus: first,
            media: first,
            end,
            media_done,
            read_back,
            ..Transfer::default()
        };
        self.bytes.clear();
        self.done = 0;
        job
    }

    /// Blocks in the buffer: read but not sent, or taken but not written.
    fn buffered(&self) -> u32 {
        self.transfer.media.abs_diff(self.transfer.bus)
    }

    fn pass(&mut self, at: Ticks, block: u32) -> Ticks {
        let sector = self.surface.sector(block);
        self.mechanics.pass(&self.figures, at, sector)
    }

    /// Lets the heads proceed to `now`.
    #[inline]
    pub(super) fn run_media(&mut self, now: Ticks) {
        while self.transfer.media_done <= now {
            let at = self.transfer.media_done;
            self.transfer.media_done = Ticks::NEVER;
            let block = self.transfer.media;
            if self.mechanics.is_stuck(at) {
                self.ends_at(block, Sense::at(code::POSITIONING, block));
            } else if self.job == Job::Write {
                self.transfer.media += 1;
                if self.transfer.media < self.transfer.bus {
                    self.transfer.media_done = self.pass(at, self.transfer.media);
                } else if self.transfer.media == self.transfer.end && self.transfer.read_back {
                    self.job = Job::Verify;
                    self.transfer.media = self.transfer.first;
                    self.transfer.media_done = self.pass(at, self.transfer.first);
                }
            } else {
                self.block_passed(at, block);
            }
        }
    }

    /// The transfer ends before `block`.
    fn ends_at(&mut self, block: u32, sense: Sense) {
        self.transfer.end = block;
        self.transfer.error = Some(sense);
    }

    /// A block was under the heads to be read.
    fn block_passed(&mut self, at: Ticks, block: u32) {
        let dropout = self.dropouts.as_mut().is_some_and(|dropouts| {
            at < dropouts.until
                && dropouts.random.below(1_000_000) < u64::from(dropouts.per_million)
        });
        let tried = self.transfer.tried;
        if dropout || self.surface.tries(block) > tried {
            if tried < u32::from(self.mode.read_retries()) {
                self.transfer.tried += 1;
                self.transfer.media_done = at + self.figures.revolution();
                return;
            }
            let error = Sense::at(code::READ_ERROR, block);
            if self.mode.transfers_bad_block() && self.job != Job::Verify {
                self.transfer.media += 1;
            }
            self.ends_at(self.transfer.media, error);
            return;
        }
        if tried > 0 {
            self.transfer.tried = 0;
            let moved = self.mode.relocates()
                && self.surface.is_flawed(block)
                && self.surface.reassign(block);
            let code = if moved {
                code::REALLOCATED
            } else {
                code::RECOVERED
            };
            if self.mode.reports_recovered() {
                self.transfer.recovered = Some(Sense::at(code, block));
                if self.mode.stops_on_error() {
                    self.transfer.end = block + 1;
                }
            }
        }
        self.transfer.media += 1;
        self.feed(at);
    }

    /// Lets the heads read on if there is something to read and room for it.
    fn feed(&mut self, at: Ticks) {
        let room = self.job == Job::Verify || self.buffered() < self.figures.buffer_blocks;
        let transfer = &self.transfer;
        if transfer.media_done == Ticks::NEVER && transfer.media < transfer.end && room {
            self.transfer.media_done = self.pass(at, self.transfer.media);
        }
    }

    /// The end of a transfer: what was asked for is done, or a block could not be read.
    fn transfer_end(&mut self) -> Next {
        match self.transfer.error.or(self.transfer.recovered) {
            Some(sense) => {
                self.job = self.fail(sense);
                Next::Status(Status::CheckCondition)
            }
            None => Next::Status(Status::Good),
        }
    }

    /// What a transfer wants next.
    #[inline]
    pub(super) fn transfer_step(&mut self, now: Ticks) -> Next {
        match self.job {
            Job::Read => {
                if let Some(&byte) = self.bytes.get(self.done as usize) {
                    Next::DataIn(byte)
                } else if self.transfer.bus < self.transfer.media {
                    self.bytes.resize(BLOCK, 0);
                    self.image.read(self.transfer.bus, &mut self.bytes);
                    self.done = 0;
                    Next::DataIn(self.bytes[0])
                } else if self.transfer.bus < self.transfer.end {
                    self.wait(now, self.transfer.media_done)
                } else {
                    self.transfer_end()
                }
            }
            Job::Write => {
                if self.transfer.bus < self.transfer.end {
                    // A block begun is a block there is room for.
                    if self.bytes.is_empty() && self.buffered() >= self.figures.buffer_blocks {
                        self.wait(now, self.transfer.media_done)
                    } else {
                        Next::DataOut
                    }
                } else if self.transfer.media < self.transfer.end {
                    self.wait(now, self.transfer.media_done)
                } else {
                    self.transfer_end()
                }
            }
            Job::Compare => {
                if self.transfer.bus < self.transfer.media {
                    Next::DataOut
                } else if self.transfer.bus < self.transfer.end {
                    self.wait(now, self.transfer.media_done)
                } else {
                    self.transfer_end()
                }
            }
            _ if self.transfer.media < self.transfer.end => {
                self.wait(now, self.transfer.media_done)
            }
            _ => self.transfer_end(),
        }
    }

    /// A block has crossed the bus from the initiator.
    pub(super) fn block_taken(&mut self, now: Ticks) {
        let block = self.transfer.bus;
        self.transfer.bus += 1;
        if self.job == Job::Write {
            // The block counts as written from here: the drive finishes what is in its buffer even through a bus
            // reset, which does not stop the spindle or clear the buffer of blocks already accepted. (Inference:
            // published manuals are silent.)
            self.image.write(block, &self.bytes);
            self.surface.written(block);
            if self.transfer.media_done == Ticks::NEVER && self.transfer.error.is_none() {
                self.transfer.media_done = self.pass(now, block);
            }
        } else {
            let mut stored = [0; BLOCK];
            self.image.read(block, &mut stored);
            if stored[..] != self.bytes[..] {
                self.job = self.fail(Sense::at(code::MISCOMPARE, block));
            } else {
                self.feed(now);
            }
        }
        self.bytes.clear();
    }

    /// A block has crossed the bus to the initiator.
    pub(super) fn block_given(&mut self, now: Ticks) {
        self.bytes.clear();
        self.done = 0;
        self.transfer.bus += 1;
        self.feed(now);
    }
}

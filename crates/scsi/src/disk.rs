//! A SCSI hard disk of the late 1980s (SCSI-2, section 9; SCSI-1, section 8).

mod figures;
mod image;
mod mechanics;
mod mode;
#[cfg(test)]
mod tests;

pub use figures::DiskFigure;
pub use image::{BLOCK, Image};
pub use mechanics::{DiskProfile, Mechanics};

use crate::{BusError, Cdb, Device, Next, ResetCause, Status};
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use trace::Tracer;

/// Sense key, ASC, ASCQ.
type Sense = [u8; 3];

const NO_SENSE: Sense = [0, 0, 0];
const NOT_READY: Sense = [2, 0x04, 0];
const UNRECOVERED_READ_ERROR: Sense = [3, 0x11, 0];
const PARAMETER_LIST_LENGTH: Sense = [5, 0x1A, 0];
const INVALID_COMMAND: Sense = [5, 0x20, 0];
const BLOCK_OUT_OF_RANGE: Sense = [5, 0x21, 0];
const INVALID_FIELD: Sense = [5, 0x24, 0];
const UNIT_NOT_SUPPORTED: Sense = [5, 0x25, 0];
const INVALID_PARAMETER: Sense = [5, 0x26, 0];
const RESET_OCCURRED: Sense = [6, 0x29, 0];
const MISCOMPARE: Sense = [14, 0x1D, 0];

/// What the command in progress is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Job {
    /// Nothing.
    Idle,
    /// Ends with this status.
    End(Status),
    /// Sends the bytes in `bytes`.
    Reply,
    /// Takes a parameter list of this length into `bytes`.
    Parameters(u32),
    /// Sends blocks.
    Read,
    /// Takes blocks and writes them.
    Write,
    /// Takes blocks and compares them.
    Compare,
    /// Passes over blocks without data.
    Verify,
}

/// A hard disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Disk {
    profile: DiskProfile,
    image: Image,
    mechanics: Mechanics,
    random: Stream,
    byte_period: Ticks,
    spinning: bool,
    reserved_by: Option<u8>,
    unit_attention: bool,
    sense: Sense,
    sense_block: Option<u32>,
    job: Job,
    operation: u8,
    /// Nothing happens before this time: command overhead, a seek without data, spinning up.
    ready: Ticks,
    /// The block, reply or parameter list that is being transferred, and how much of it has been.
    bytes: Vec<u8>,
    done: u32,
    /// The next block to cross the bus, the next to pass under the heads, and the block after the last.
    bus_block: u32,
    media_block: u32,
    end_block: u32,
    /// When the block `media_block` will have passed under the heads; `NEVER` while the heads wait for the buffer.
    media_done: Ticks,
    /// The block `end_block` could not be read: the transfer ends before it.
    media_error: bool,
}

impl Disk {
    /// A drive of this model with the contents of `base`, which also set its capacity. `name` and `seed` choose its
    /// random stream.
    pub fn new(profile: DiskProfile, base: Arc<[u8]>, seed: u64, name: &str) -> Disk {
        let mut random = Stream::new(seed, name);
        let mechanics = Mechanics::new(&profile, &mut random);
        let byte_period = Ticks::at_rate(1, profile.bytes_per_second);
        Disk {
            profile,
            image: Image::new(base),
            mechanics,
            random,
            byte_period,
            spinning: true,
            reserved_by: None,
            unit_attention: true,
            sense: NO_SENSE,
            sense_block: None,
            job: Job::Idle,
            operation: 0,
            ready: Ticks::ZERO,
            bytes: Vec::with_capacity(BLOCK),
            done: 0,
            bus_block: 0,
            media_block: 0,
            end_block: 0,
            media_done: Ticks::NEVER,
            media_error: false,
        }
    }

    /// The contents.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The contents, to be changed from outside: a fault, or the base after a snapshot.
    pub fn image_mut(&mut self) -> &mut Image {
        &mut self.image
    }

    /// The model.
    pub fn profile(&self) -> &DiskProfile {
        &self.profile
    }

    fn fail(&mut self, sense: Sense) -> Job {
        self.sense = sense;
        Job::End(Status::CheckCondition)
    }

    fn reply(&mut self, data: &[u8], allocation: usize) -> Job {
        self.bytes.clear();
        self.bytes
            .extend_from_slice(&data[..data.len().min(allocation)]);
        if self.bytes.is_empty() {
            Job::End(Status::Good)
        } else {
            Job::Reply
        }
    }

    fn parameters(&mut self, length: u32) -> Job {
        self.bytes.clear();
        if length == 0 {
            self.parameters_taken()
        } else {
            Job::Parameters(length)
        }
    }

    /// Decodes a command (8.2, 9.2). Time passes only through `self.ready`.
    fn start(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb) -> Job {
        let c = cdb.bytes();
        let allocation = usize::from(c[4]);
        match c[0] {
            0x03 => return self.request_sense(lun, allocation),
            0x12 => return self.inquiry(lun, c),
            _ => {}
        }
        if std::mem::take(&mut self.unit_attention) {
            return self.fail(RESET_OCCURRED);
        }
        self.sense = NO_SENSE;
        self.sense_block = None;
        if lun != 0 {
            return self.fail(UNIT_NOT_SUPPORTED);
        }
        if self.reserved_by.is_some_and(|owner| owner != initiator) && c[0] != 0x17 {
            return Job::End(Status::ReservationConflict);
        }
        // Linked commands are not supported: the control byte's low bits must be zero (7.2.7).
        if c[c.len() - 1] & 3 != 0 {
            return self.fail(INVALID_FIELD);
        }
        let short = (
            u32::from_be_bytes([0, c[1] & 0x1F, c[2], c[3]]),
            if c[4] == 0 { 256 } else { u32::from(c[4]) },
        );
        let long = if c.len() >= 10 {
            (
                u32::from_be_bytes([c[2], c[3], c[4], c[5]]),
                u32::from(u16::from_be_bytes([c[7], c[8]])),
            )
        } else {
            (0, 0)
        };
        match c[0] {
            0x00 if self.spinning => Job::End(Status::Good),
            0x15 if c[1] & 1 != 0 => self.fail(INVALID_FIELD),
            0x15 => self.parameters(u32::from(c[4])),
            0x16 | 0x17 if c[1] & 0x1F != 0 => self.fail(INVALID_FIELD),
            0x16 => {
                self.reserved_by = Some(initiator);
                Job::End(Status::Good)
            }
            0x17 => {
                self.reserved_by = self.reserved_by.filter(|&owner| owner != initiator);
                Job::End(Status::Good)
            }
            0x1A => self.mode_sense(c),
            0x1B => self.start_stop(now, c),
            0x1D => self.parameters(u32::from(u16::from_be_bytes([c[3], c[4]]))),
            0x00 | 0x01 | 0x04 | 0x08 | 0x0A | 0x0B | 0x25 | 0x28 | 0x2A | 0x2B | 0x2F
                if !self.spinning =>
            {
                self.fail(NOT_READY)
            }
            0x01 => self.seek(0),
            0x04 => self.format(c),
            0x08 => self.blocks(Job::Read, short),
            0x0A => self.blocks(Job::Write, short),
            0x0B => self.seek(short.0),
            0x25 => self.read_capacity(c, long.0),
            0x28 => self.blocks(Job::Read, long),
            0x2A => self.blocks(Job::Write, long),
            0x2B => self.seek(long.0),
            0x2F if c[1] & 2 != 0 => self.blocks(Job::Compare, long),
            0x2F => self.blocks(Job::Verify, long),
            _ => self.fail(INVALID_COMMAND),
        }
    }

    /// REQUEST SENSE (8.2.14): extended sense data. An allocation of 0 means four bytes, as in SCSI-1 (7.1.2).
    fn request_sense(&mut self, lun: u8, allocation: usize) -> Job {
        let pending = std::mem::take(&mut self.unit_attention) && self.sense == NO_SENSE;
        let sense = match (lun, pending) {
            (0, true) => RESET_OCCURRED,
            (0, false) => self.sense,
            _ => UNIT_NOT_SUPPORTED,
        };
        let mut data = [0; 18];
        data[0] = 0x70;
        data[2] = sense[0];
        if let Some(block) = self.sense_block {
            data[0] |= 0x80;
            data[3..7].copy_from_slice(&block.to_be_bytes());
        }
        data[7] = 10;
        data[12..14].copy_from_slice(&sense[1..]);
        self.sense = NO_SENSE;
        self.sense_block = None;
        self.reply(&data, if allocation == 0 { 4 } else { allocation })
    }

    /// INQUIRY (8.2.5).
    fn inquiry(&mut self, lun: u8, c: &[u8]) -> Job {
        if c[1] & 1 != 0 || c[2] != 0 {
            return self.fail(INVALID_FIELD);
        }
        let mut data = [b' '; 36];
        data[..8].copy_from_slice(&[if lun == 0 { 0 } else { 0x7F }, 0, 1, 1, 31, 0, 0, 0]);
        for (field, text) in [
            (8..16, &self.profile.vendor),
            (16..32, &self.profile.product),
            (32..36, &self.profile.revision),
        ] {
            let field = &mut data[field];
            for (to, from) in field.iter_mut().zip(text.bytes()) {
                *to = from;
            }
        }
        self.reply(&data, usize::from(c[4]))
    }

    /// MODE SENSE (8.2.10).
    fn mode_sense(&mut self, c: &[u8]) -> Job {
        let (control, page) = (c[2] >> 6, c[2] & 0x3F);
        if control == 3 {
            return self.fail([5, 0x39, 0]);
        }
        match mode::sense(
            &self.profile,
            self.image.blocks(),
            page,
            control == 1,
            c[1] & 8 == 0,
        ) {
            Some(data) => self.reply(&data, usize::from(c[4])),
            None => self.fail(INVALID_FIELD),
        }
    }

    /// START STOP UNIT (9.2.17).
    fn start_stop(&mut self, now: Ticks, c: &[u8]) -> Job {
        let start = c[4] & 1 != 0;
        if start && !self.spinning && c[1] & 1 == 0 {
            self.ready = now + Ticks::from_millis(self.profile.spin_up_ms);
        }
        self.spinning = start;
        Job::End(Status::Good)
    }

    /// READ CAPACITY (9.2.7): the last block, or with PMI the last one before a substantial delay: that of the
    /// cylinder.
    fn read_capacity(&mut self, c: &[u8], block: u32) -> Job {
        let last = self.image.blocks().saturating_sub(1);
        let last = match c[8] & 1 {
            0 if block != 0 => return self.fail(INVALID_FIELD),
            0 => last,
            _ if block > last => return self.fail(BLOCK_OUT_OF_RANGE),
            _ => {
                let cylinder = self.profile.heads * self.profile.sectors;
                ((block / cylinder + 1) * cylinder - 1).min(last)
            }
        };
        let mut data = [0; 8];
        data[..4].copy_from_slice(&last.to_be_bytes());
        data[4..].copy_from_slice(&(BLOCK as u32).to_be_bytes());
        self.reply(&data, 8)
    }

    /// FORMAT UNIT (9.2.1). The contents stay as they are: the standard lets a drive leave them undefined. It
    /// takes one revolution for each track and the seeks between.
    fn format(&mut self, c: &[u8]) -> Job {
        if c[1] & 0x10 != 0 {
            // FmtData: a defect list header says how much follows.
            self.parameters(4)
        } else {
            self.format_all()
        }
    }

    fn format_all(&mut self) -> Job {
        let tracks = u64::from(self.profile.cylinders * self.profile.heads);
        let seeks =
            Ticks::from_micros(self.profile.seek_track_us) * u64::from(self.profile.cylinders);
        self.ready += self.profile.revolution() * tracks + seeks;
        Job::End(Status::Good)
    }

    fn seek(&mut self, block: u32) -> Job {
        if block >= self.image.blocks().max(1) {
            return self.fail(BLOCK_OUT_OF_RANGE);
        }
        self.ready = self.mechanics.seek(&self.profile, self.ready, block);
        Job::End(Status::Good)
    }

    fn blocks(&mut self, job: Job, (first, count): (u32, u32)) -> Job {
        let end = first
            .checked_add(count)
            .filter(|&end| end <= self.image.blocks());
        let Some(end) = end else {
            self.sense_block = Some(first.max(self.image.blocks()));
            return self.fail(BLOCK_OUT_OF_RANGE);
        };
        if count == 0 {
            return Job::End(Status::Good);
        }
        (self.bus_block, self.media_block, self.end_block) = (first, first, end);
        self.bytes.clear();
        self.done = 0;
        match job {
            Job::Write => {
                // The arm goes there while the data come.
                self.mechanics.seek(&self.profile, self.ready, first);
                self.media_done = Ticks::NEVER;
            }
            _ => self.media_done = self.mechanics.pass(&self.profile, self.ready, first),
        }
        job
    }

    /// A parameter list is complete (MODE SELECT, SEND DIAGNOSTIC, FORMAT UNIT).
    fn parameters_taken(&mut self) -> Job {
        match self.operation {
            0x15 if !mode::select_allowed(&self.bytes) => self.fail(INVALID_PARAMETER),
            0x1D if !self.bytes.is_empty() => self.fail(PARAMETER_LIST_LENGTH),
            0x04 if self.bytes.len() == 4 => {
                let length = u32::from(u16::from_be_bytes([self.bytes[2], self.bytes[3]]));
                if length == 0 {
                    self.format_all()
                } else {
                    Job::Parameters(4 + length)
                }
            }
            0x04 => self.format_all(),
            _ => Job::End(Status::Good),
        }
    }

    /// Blocks in the buffer: read but not sent, or taken but not written.
    fn buffered(&self) -> u32 {
        self.media_block.abs_diff(self.bus_block)
    }

    /// Lets the heads proceed to `now`.
    fn run_media(&mut self, now: Ticks) {
        while self.media_done <= now {
            let at = self.media_done;
            if self.job == Job::Write {
                self.media_block += 1;
                self.media_done = Ticks::NEVER;
                if self.media_block < self.bus_block {
                    self.media_done = self.mechanics.pass(&self.profile, at, self.media_block);
                }
                continue;
            }
            if self.image.is_damaged(self.media_block) {
                self.media_done = Ticks::NEVER;
                self.end_block = self.media_block;
                self.media_error = true;
                return;
            }
            self.media_block += 1;
            self.media_done = Ticks::NEVER;
            self.feed(at);
        }
    }

    /// Lets the heads read on if there is something to read and room for it.
    fn feed(&mut self, at: Ticks) {
        let room = self.job == Job::Verify || self.buffered() < self.profile.buffer_blocks;
        if self.media_done == Ticks::NEVER && self.media_block < self.end_block && room {
            self.media_done = self.mechanics.pass(&self.profile, at, self.media_block);
        }
    }

    /// The end of a transfer: what was asked for is done, or a block could not be read.
    fn transfer_end(&mut self) -> Next {
        if self.media_error {
            self.sense_block = Some(self.end_block);
            self.job = self.fail(UNRECOVERED_READ_ERROR);
            return Next::Status(Status::CheckCondition);
        }
        Next::Status(Status::Good)
    }

    /// A block has crossed the bus from the initiator.
    fn block_taken(&mut self, now: Ticks) {
        let block = self.bus_block;
        if self.job == Job::Write {
            // The block counts as written from here: the drive finishes what is in its buffer even through a bus
            // reset, which does not stop the spindle or clear the buffer of blocks already accepted. (Inference:
            // published manuals are silent.)
            self.image.write(block, &self.bytes);
            self.bus_block += 1;
            if self.media_done == Ticks::NEVER {
                self.media_done = self.mechanics.pass(&self.profile, now, block);
            }
        } else {
            let mut stored = [0; BLOCK];
            self.image.read(block, &mut stored);
            self.bus_block += 1;
            if stored[..] != self.bytes[..] {
                self.sense_block = Some(block);
                self.job = self.fail(MISCOMPARE);
            } else {
                self.feed(now);
            }
        }
        self.bytes.clear();
    }
}

impl Device for Disk {
    fn command(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb, _tracer: &mut Tracer) {
        let jitter = self
            .random
            .ticks_below(Ticks::from_micros(self.profile.overhead_jitter_us));
        self.ready = now + Ticks::from_micros(self.profile.overhead_us) + jitter;
        self.operation = cdb.operation();
        self.done = 0;
        self.media_done = Ticks::NEVER;
        self.media_error = false;
        self.job = self.start(now, initiator, lun, cdb);
    }

    #[inline]
    fn next(&mut self, now: Ticks, _tracer: &mut Tracer) -> Next {
        if now < self.ready {
            return Next::Wait(self.ready);
        }
        self.run_media(now);
        match self.job {
            Job::Idle => Next::Status(Status::Good),
            Job::End(status) => Next::Status(status),
            Job::Reply => match self.bytes.get(self.done as usize) {
                Some(&byte) => Next::DataIn(byte),
                None => Next::Status(Status::Good),
            },
            Job::Parameters(_) => Next::DataOut,
            Job::Read => {
                if let Some(&byte) = self.bytes.get(self.done as usize) {
                    Next::DataIn(byte)
                } else if self.bus_block < self.media_block {
                    self.bytes.resize(BLOCK, 0);
                    self.image.read(self.bus_block, &mut self.bytes);
                    self.done = 0;
                    Next::DataIn(self.bytes[0])
                } else if self.bus_block < self.end_block {
                    Next::Wait(self.media_done)
                } else {
                    self.transfer_end()
                }
            }
            Job::Write => {
                if self.bus_block < self.end_block {
                    // A block begun is a block there is room for.
                    if self.bytes.is_empty() && self.buffered() >= self.profile.buffer_blocks {
                        Next::Wait(self.media_done)
                    } else {
                        Next::DataOut
                    }
                } else if self.media_block < self.end_block {
                    Next::Wait(self.media_done)
                } else {
                    Next::Status(Status::Good)
                }
            }
            Job::Compare => {
                if self.bus_block < self.media_block {
                    Next::DataOut
                } else if self.bus_block < self.end_block {
                    Next::Wait(self.media_done)
                } else {
                    self.transfer_end()
                }
            }
            Job::Verify if self.media_block < self.end_block => Next::Wait(self.media_done),
            Job::Verify => self.transfer_end(),
        }
    }

    #[inline]
    fn take(&mut self, now: Ticks, byte: u8, _tracer: &mut Tracer) {
        self.bytes.push(byte);
        match self.job {
            Job::Parameters(length) if self.bytes.len() as u32 == length => {
                self.job = self.parameters_taken()
            }
            Job::Write | Job::Compare if self.bytes.len() == BLOCK => {
                self.run_media(now);
                self.block_taken(now);
            }
            _ => {}
        }
    }

    #[inline]
    fn given(&mut self, now: Ticks, _tracer: &mut Tracer) {
        self.done += 1;
        if self.job == Job::Read && self.done as usize == BLOCK {
            self.run_media(now);
            self.bytes.clear();
            self.done = 0;
            self.bus_block += 1;
            self.feed(now);
        }
    }

    fn fail(&mut self, now: Ticks, error: BusError, _tracer: &mut Tracer) {
        self.run_media(now);
        self.job = self.fail(error.sense());
    }

    fn abort(&mut self, now: Ticks, _tracer: &mut Tracer) {
        self.run_media(now);
        self.job = Job::Idle;
    }

    fn reset(&mut self, now: Ticks, _cause: ResetCause, _tracer: &mut Tracer) {
        self.run_media(now);
        self.job = Job::Idle;
        self.media_done = Ticks::NEVER;
        self.reserved_by = None;
        self.unit_attention = true;
        self.sense = NO_SENSE;
        self.sense_block = None;
        self.spinning = true;
        self.bytes.clear();
    }

    fn wake(&self) -> Ticks {
        // The heads are followed when somebody asks; nothing they do is seen before.
        Ticks::NEVER
    }

    fn advance(&mut self, _now: Ticks, _tracer: &mut Tracer) {}

    fn byte_period(&self) -> Ticks {
        self.byte_period
    }

    fn sense(&self) -> [u8; 3] {
        self.sense
    }
}

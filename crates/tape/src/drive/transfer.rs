use super::Drive;
use super::commands::{Activity, Step, length, operation};
use super::mechanics::{Arrival, Fault, Transport};
use super::reading::Found;
use super::sense::{Sense, code, key};
use super::writing::Entry;
use crate::media::FRAME;
use clock::Ticks;
use scsi::{Next, Status};
use serde::{Deserialize, Serialize};
use trace::{TapeEvent, Tracer};

/// A WRITE in progress (SCSI-2, 10.2.14).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Write {
    /// Blocks that are still to come, the one at hand included.
    left: u32,
    /// Bytes of each.
    size: usize,
    /// What has come of the block at hand.
    data: Vec<u8>,
    /// The place on tape is right and prepared.
    placed: bool,
    /// The first byte has come.
    begun: bool,
    /// REQ pauses because the buffer is full.
    paused: bool,
    /// It has done so in this command, and that was recorded.
    reported: bool,
}

impl Write {
    pub fn take(&mut self, now: Ticks, byte: u8, transport: &mut Transport, tracer: &mut Tracer) {
        self.begun = true;
        self.paused = false;
        self.data.push(byte);
        // After a fault nothing more goes to tape: the next question is answered with CHECK CONDITION.
        if self.data.len() == self.size && transport.fault.is_none() {
            self.left -= 1;
            let data = std::mem::take(&mut self.data);
            transport.enqueue(now, Entry::Record(data), tracer);
        }
    }
}

/// A WRITE FILEMARKS in progress (SCSI-2, 10.2.15).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Marks {
    left: u32,
    immediate: bool,
    placed: bool,
}

/// A READ or VERIFY in progress (SCSI-2, 10.2.4 and 10.2.13).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Read {
    /// Blocks that are still to be read.
    left: u32,
    /// Length asked for.
    size: usize,
    /// Bytes of the block at hand that the host has.
    sent: usize,
    fixed: bool,
    suppress_length: bool,
    /// Nothing goes to the host.
    verify: bool,
    /// The length of the block at hand that goes to the host, once it is known.
    offered: Option<usize>,
}

impl Read {
    pub fn given(&mut self, now: Ticks, transport: &mut Transport, tracer: &mut Tracer) {
        self.sent += 1;
        if self.offered == Some(self.sent) && self.fixed {
            self.next_block(now, transport, tracer);
        }
    }

    fn next_block(&mut self, now: Ticks, transport: &mut Transport, tracer: &mut Tracer) {
        transport.consume(now, tracer);
        self.left -= 1;
        self.sent = 0;
        self.offered = None;
    }
}

/// Sense data for buffered blocks that did not reach the tape.
fn failed((fault, lost): (Fault, u64), left: u32) -> Sense {
    let sense = match fault {
        Fault::Write => Sense::new(key::MEDIUM_ERROR, code::WRITE_ERROR),
        Fault::EndOfMedium => Sense {
            end_of_medium: true,
            ..Sense::new(key::VOLUME_OVERFLOW, code::END_OF_MEDIUM)
        },
    };
    // Archive: "the number of blocks not transferred from the initiator plus the number of blocks remaining in the Viper buffer".
    sense.residue(i64::from(left) + lost as i64)
}

/// The same, when the command they came with has ended with GOOD (SCSI-2, 8.2.14.2).
pub(super) fn deferred(fault: (Fault, u64)) -> Sense {
    Sense {
        deferred: true,
        ..failed(fault, 0)
    }
}

fn at_early_warning(left: u32) -> Sense {
    Sense {
        end_of_medium: true,
        ..Sense::new(key::NO_SENSE, code::END_OF_MEDIUM)
    }
    .residue(left.into())
}

impl Drive {
    /// A fault of the transport becomes a deferred error.
    pub(super) fn collect_fault(&mut self) {
        if let Some(fault) = self.transport.fault.take() {
            self.deferred = Some(deferred(fault));
        }
    }

    /// Length and number of the blocks of a READ, WRITE or VERIFY; `None` when the command does not agree with the mode.
    fn blocks(&self, cdb: &[u8]) -> Option<(u32, usize)> {
        let length = length(cdb);
        if cdb[1] & 1 != 0 {
            return (self.mode.block != 0).then_some((length, self.mode.block as usize));
        }
        let allowed = self.transport.figures.variable_blocks
            && u64::from(length) <= self.transport.figures.longest();
        allowed.then_some((u32::from(length != 0), length as usize))
    }

    pub(super) fn begin_write(&mut self, cdb: &[u8]) -> Activity {
        let Some((left, size)) = self.blocks(cdb) else {
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
        };
        Activity::Write(Write {
            left,
            size,
            data: Vec::new(),
            placed: left == 0,
            begun: false,
            paused: false,
            reported: false,
        })
    }

    pub(super) fn begin_marks(&mut self, cdb: &[u8]) -> Activity {
        let immediate = cdb[1] & 1 != 0;
        // SCSI-2, 10.2.15: IMMED makes sense only for a drive that buffers.
        if immediate && (self.mode.buffered == 0 || !self.transport.figures.filemark_immediate) {
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
        }
        let left = length(cdb);
        Activity::Marks(Marks {
            left,
            immediate,
            placed: left == 0,
        })
    }

    pub(super) fn begin_read(&mut self, cdb: &[u8]) -> Activity {
        let verify = cdb[0] == operation::VERIFY;
        let fixed = cdb[1] & 1 != 0;
        let suppress_length = !verify && cdb[1] & 2 != 0;
        // SILI is for blocks of any length (10.2.4); VERIFY neither compares with data of the host nor returns early here.
        let wrong = (suppress_length && fixed) || (verify && cdb[1] & 6 != 0);
        match self.blocks(cdb) {
            Some((left, size)) if !wrong => Activity::Read(Read {
                left,
                size,
                sent: 0,
                fixed,
                suppress_length,
                verify,
                offered: None,
            }),
            _ => self.check(Sense::illegal(code::FIELD_IN_CDB)),
        }
    }

    /// Waits for the end of the motion at hand.
    pub(super) fn wait(&self) -> Step {
        Step::Ask(Next::Wait(self.transport.wake()))
    }

    /// Empties the buffer to tape; `None` when it is empty.
    pub(super) fn flush(&mut self, now: Ticks, tracer: &mut Tracer) -> Option<Step> {
        if self.transport.is_flushed() {
            self.transport.drain = false;
            return None;
        }
        self.transport.drain = true;
        self.transport.consider(now, tracer);
        Some(self.wait())
    }

    /// Makes sure that the tape is where it may be written, and prepared; `None` when it is.
    ///
    /// A streaming cartridge can be written at its beginning and at the end of its data only (AIX, attributes of 150 MB 1/4-inch tape drives). The
    /// sense data for other places are assumed.
    fn place(&mut self, now: Ticks, placed: &mut bool, tracer: &mut Tracer) -> Option<Step> {
        if *placed {
            return None;
        }
        if self.transport.travelling() {
            return Some(self.wait());
        }
        self.transport.stop_reading(now, tracer);
        if !self.transport.warned {
            self.told_warning = false;
        }
        let beginning = self.transport.block == 0 && self.transport.is_flushed();
        if beginning && !self.transport.prepared {
            if !self.transport.at_rest() {
                return Some(self.wait());
            }
            let time = self.transport.figures.begin + self.transport.rewind_time();
            self.transport.travel(
                now,
                "begin",
                time,
                Arrival {
                    prepared: true,
                    ..Arrival::BEGINNING
                },
                tracer,
            );
            return Some(self.wait());
        }
        if beginning {
            self.transport.replace = true;
        } else if !self.transport.replace && self.transport.block != self.transport.tape().len() {
            return Some(Step::Go(self.check(Sense::illegal(code::APPEND_POSITION))));
        }
        *placed = true;
        None
    }

    /// True when a write ends with GOOD only after everything is on tape.
    fn unbuffered(&self) -> bool {
        self.mode.buffered == 0 || self.told_warning
    }

    pub(super) fn write_step(
        &mut self,
        now: Ticks,
        write: &mut Write,
        tracer: &mut Tracer,
    ) -> Step {
        if let Some(sense) = self.unready() {
            return Step::Go(self.check(sense));
        }
        if let Some(step) = self.place(now, &mut write.placed, tracer) {
            return step;
        }
        if let Some(fault) = self.transport.fault.take() {
            let sense = Sense {
                deferred: !self.unbuffered(),
                ..failed(fault, write.left)
            };
            return Step::Go(self.check(sense));
        }
        if self.transport.warned && !self.told_warning && write.data.is_empty() {
            // Archive's maintenance manual, 6.3.2: at the early warning hole the drive stops accepting data from the host.
            return self
                .flush(now, tracer)
                .unwrap_or_else(|| self.warn(write.left));
        }
        if write.left == 0 {
            if self.unbuffered()
                && let Some(step) = self.flush(now, tracer)
            {
                return step;
            }
            return if self.told_warning {
                self.warn(0)
            } else {
                Step::Go(Activity::Done(Status::Good))
            };
        }
        if write
            .data
            .len()
            .is_multiple_of(self.transport.figures.piece as usize * FRAME)
            && self.transport.is_full(write.data.len())
        {
            self.transport.consider(now, tracer);
            if !std::mem::replace(&mut write.paused, true) {
                self.transport.counters.pauses += 1;
                self.transport.counters.pauses_inside += u64::from(write.begun);
                if !std::mem::replace(&mut write.reported, true) {
                    tracer.emit(
                        now,
                        TapeEvent::BufferFull {
                            block: self.transport.block,
                        },
                    );
                }
            }
            return self.wait();
        }
        Step::Ask(Next::DataOut)
    }

    /// Reports the early warning.
    fn warn(&mut self, left: u32) -> Step {
        self.told_warning = true;
        Step::Go(self.check(at_early_warning(left)))
    }

    pub(super) fn marks_step(
        &mut self,
        now: Ticks,
        marks: &mut Marks,
        tracer: &mut Tracer,
    ) -> Step {
        if let Some(sense) = self.unready() {
            return Step::Go(self.check(sense));
        }
        if let Some(step) = self.place(now, &mut marks.placed, tracer) {
            return step;
        }
        if let Some(fault) = self.transport.fault.take() {
            // Filemarks that wait in the buffer are among those lost.
            let sense = Sense {
                deferred: !self.unbuffered(),
                ..failed(fault, marks.left)
            };
            return Step::Go(self.check(sense));
        }
        while marks.left > 0 {
            if self.transport.is_full(0) {
                return self.wait();
            }
            self.transport.enqueue(now, Entry::Mark, tracer);
            marks.left -= 1;
        }
        if !marks.immediate || self.told_warning {
            if let Some(step) = self.flush(now, tracer) {
                return step;
            }
            if self.transport.warned {
                return self.warn(0);
            }
        }
        Step::Go(Activity::Done(Status::Good))
    }

    pub(super) fn read_step(&mut self, now: Ticks, read: &mut Read, tracer: &mut Tracer) -> Step {
        if let Some(sense) = self.unready() {
            return Step::Go(self.check(sense));
        }
        if self.transport.travelling() {
            return self.wait();
        }
        if let Some(step) = self.flush(now, tracer) {
            return step;
        }
        if let Some(fault) = self.transport.fault.take() {
            return Step::Go(self.check(deferred(fault)));
        }
        if read.left == 0 {
            return Step::Go(Activity::Done(Status::Good));
        }
        if let Some(len) = read.offered {
            return self.offer(now, read, len, tracer);
        }
        let residue = i64::from(if read.fixed {
            read.left
        } else {
            read.size as u32
        });
        let sense = match self.transport.found() {
            Found::Nothing => {
                self.transport.read(now, tracer);
                return self.wait();
            }
            Found::Blank => {
                return Step::Go(
                    self.check(Sense::new(key::BLANK_CHECK, code::END_OF_DATA).residue(residue)),
                );
            }
            Found::Mark => Sense {
                filemark: true,
                ..Sense::new(key::NO_SENSE, code::FILEMARK)
            }
            .residue(residue),
            Found::Record { bad: true, .. } => {
                Sense::new(key::MEDIUM_ERROR, code::READ_ERROR).residue(residue)
            }
            Found::Record { len, .. } if read.fixed && len != read.size => Sense {
                incorrect_length: true,
                ..Sense::default()
            }
            .residue(residue),
            Found::Record { len, .. } => {
                read.offered = Some(if read.verify { 0 } else { len.min(read.size) });
                return self.offer(now, read, len, tracer);
            }
        };
        self.transport.consume(now, tracer);
        Step::Go(self.check(sense))
    }

    /// Gives the block at hand to the host, up to the length that was asked for.
    fn offer(&mut self, now: Ticks, read: &mut Read, len: usize, tracer: &mut Tracer) -> Step {
        let offered = read.offered.expect("a block is at hand");
        if read.sent < offered {
            return Step::Ask(Next::DataIn(self.transport.byte(read.sent)));
        }
        let len = match self.transport.found() {
            Found::Record { len, .. } => len,
            _ => len,
        };
        read.next_block(now, &mut self.transport, tracer);
        if read.fixed || len == read.size {
            return self.read_step(now, read, tracer);
        }
        // SCSI-2, 10.2.4: SILI hides a block that is too short, and one that is too long when no block length is set.
        let suppressed = read.suppress_length && (len < read.size || self.mode.block == 0);
        if suppressed {
            return Step::Go(Activity::Done(Status::Good));
        }
        let sense = Sense {
            incorrect_length: true,
            ..Sense::default()
        }
        .residue(read.size as i64 - len as i64);
        Step::Go(self.check(sense))
    }
}

use super::abilities::Feature;
use super::commands::{Activity, Step};
use super::descriptor::length;
use super::mechanics::{Arrival, Fault, Transport};
use super::sense::{Sense, code, key};
use super::writing::Entry;
use super::{Drive, mode};
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
    fixed: bool,
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

    /// What has not come, in the unit of the transfer length.
    fn residue(&self) -> i64 {
        i64::from(self.left) * if self.fixed { 1 } else { self.size as i64 }
    }
}

/// A WRITE FILEMARKS in progress (SCSI-2, 10.2.15).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Marks {
    left: u32,
    setmarks: bool,
    immediate: bool,
    placed: bool,
}

fn at_early_warning(residue: i64) -> Sense {
    Sense {
        end_of_medium: true,
        ..Sense::new(key::NO_SENSE, code::END_OF_MEDIUM)
    }
    .residue(residue)
}

impl Drive {
    /// Sense data for buffered blocks that did not reach the tape.
    ///
    /// SCSI-2, 10.2.14: with blocks of a fixed length the residue counts blocks, otherwise bytes, and what remains in the buffer is part of it.
    pub(super) fn failed(&self, (fault, lost): (Fault, u64), residue: i64) -> Sense {
        let sense = match fault {
            Fault::Write => Sense::new(key::MEDIUM_ERROR, code::WRITE_ERROR),
            Fault::Motor => Sense::new(key::HARDWARE_ERROR, code::POSITIONING),
            Fault::EndOfMedium => Sense {
                end_of_medium: true,
                ..Sense::new(key::VOLUME_OVERFLOW, code::END_OF_MEDIUM)
            },
        };
        let lost = if self.wrote_fixed {
            lost
        } else {
            self.transport.lost.iter().map(Entry::bytes).sum()
        };
        sense.residue(residue + lost as i64)
    }

    /// Length and number of the blocks of a command that transfers some; `None` when the command does not agree with the mode.
    pub(super) fn blocks(&self, cdb: &[u8]) -> Option<(u32, usize)> {
        let length = length(cdb);
        if cdb[1] & 1 != 0 {
            return (self.mode.block() != 0).then_some((length, self.mode.block() as usize));
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
            fixed: cdb[1] & 1 != 0,
            data: Vec::new(),
            placed: left == 0,
            begun: false,
            paused: false,
            reported: false,
        })
    }

    pub(super) fn begin_marks(&mut self, cdb: &[u8]) -> Activity {
        let (setmarks, immediate) = (cdb[1] & 2 != 0, cdb[1] & 1 != 0);
        // SCSI-2, 10.2.15: IMMED makes sense only for a drive that buffers.
        let refused =
            immediate && (self.mode.buffered() == 0 || !self.transport.figures.filemark_immediate);
        if refused || (setmarks && !self.abilities.has(Feature::Setmarks)) {
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
        }
        let left = length(cdb);
        Activity::Marks(Marks {
            left,
            setmarks,
            immediate,
            placed: left == 0,
        })
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
            return Some(self.wait(now));
        }
        // SCSI-2, 10.3.3, buffered mode 2: what one initiator has written is on tape before another's data are taken.
        if self.mode.buffered() == 2
            && self.writers & !(1 << self.initiator) != 0
            && let Some(step) = self.flush(now, tracer)
        {
            return Some(step);
        }
        self.collect_fault();
        self.transport.stop_reading(now, tracer);
        if !self.transport.warned {
            self.told_warning = false;
        }
        let beginning = self.transport.block == 0 && self.transport.is_flushed();
        if beginning && !self.transport.prepared {
            if !self.transport.at_rest() {
                return Some(self.wait(now));
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
            return Some(self.wait(now));
        }
        let middle = !self.transport.replace && self.transport.block != self.transport.tape().len();
        if beginning || (middle && self.abilities.has(Feature::WriteAnywhere)) {
            self.transport.replace = true;
        } else if middle {
            return Some(Step::Go(self.check(Sense::illegal(code::APPEND_POSITION))));
        }
        self.writers |= 1 << self.initiator;
        *placed = true;
        None
    }

    /// True when a write ends with GOOD only after everything is on tape.
    fn unbuffered(&self) -> bool {
        self.mode.buffered() == 0 || self.told_warning
    }

    /// True behind the early warning when it has to be told at the end of this command.
    fn warns_at_end(&self) -> bool {
        self.told_warning
            || (self.transport.warned && self.abilities.has(Feature::WarningAfterWrite))
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
        self.wrote_fixed = write.fixed;
        if let Some(fault) = self.transport.fault.take() {
            let sense = Sense {
                deferred: !self.unbuffered(),
                ..self.failed(fault, write.residue())
            };
            return Step::Go(self.check(sense));
        }
        let stops = !self.abilities.has(Feature::WarningAfterWrite);
        if stops && self.transport.warned && !self.told_warning && write.data.is_empty() {
            // Archive's maintenance manual, 6.3.2: at the early warning hole the drive stops accepting data from the host.
            return self
                .flush(now, tracer)
                .unwrap_or_else(|| self.warn(write.residue()));
        }
        if write.left == 0 {
            if (self.unbuffered() || self.warns_at_end())
                && let Some(step) = self.flush(now, tracer)
            {
                return step;
            }
            return if self.warns_at_end() {
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
            return if write.data.is_empty() {
                self.wait(now)
            } else {
                Step::Ask(Next::Wait(self.transport.wake()))
            };
        }
        Step::Ask(Next::DataOut)
    }

    /// Reports the early warning.
    fn warn(&mut self, residue: i64) -> Step {
        self.told_warning = true;
        Step::Go(self.check(at_early_warning(residue)))
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
                ..self.failed(fault, marks.left.into())
            };
            return Step::Go(self.check(sense));
        }
        while marks.left > 0 {
            if self.transport.is_full(0) {
                return self.wait(now);
            }
            let entry = if marks.setmarks {
                Entry::Setmark
            } else {
                Entry::Mark
            };
            self.transport.enqueue(now, entry, tracer);
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

    /// READ POSITION's view of what is in the buffer and not on tape: blocks and bytes.
    pub(super) fn unwritten(&self) -> (u32, u32) {
        let entries = self.transport.queue.iter().chain(&self.transport.lost);
        let records = entries.filter(|entry| matches!(entry, Entry::Record(_)));
        records.fold((0, 0), |(blocks, bytes), entry| {
            (blocks + 1, bytes + entry.bytes() as u32)
        })
    }

    /// The bits of the device configuration page that change how a command ends.
    pub(super) fn configured(&self, bit: u8) -> bool {
        self.mode.device_configuration(mode::CONFIGURATION_BITS) & bit != 0
    }
}

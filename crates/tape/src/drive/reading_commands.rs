use super::commands::{Activity, Step};
use super::descriptor::operation;
use super::mechanics::Transport;
use super::mode::{REPORT_EARLY_WARNING, REPORT_SETMARKS};
use super::reading::Found;
use super::sense::{Sense, code, key};
use super::{Drive, abilities::Feature};
use clock::Ticks;
use scsi::{Next, Status};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// A READ or VERIFY in progress (SCSI-2, 10.2.4 and 10.2.13).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Read {
    /// Blocks that are still to be read.
    left: u32,
    /// Length asked for.
    size: usize,
    /// Bytes of the block at hand that have passed the bus.
    sent: usize,
    fixed: bool,
    suppress_length: bool,
    purpose: Purpose,
    /// The length of the block at hand that passes the bus, once it is known.
    offered: Option<usize>,
    /// A byte of the host was another than that on tape.
    miscompare: bool,
    /// A block has been read to its end, and what that may call for is not yet looked at.
    finished: bool,
}

/// What becomes of the blocks that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    /// They go to the host.
    Give,
    /// Reading them is all.
    Verify,
    /// The host sends what they should be.
    Compare,
}

impl Read {
    pub fn given(&mut self, now: Ticks, transport: &mut Transport, tracer: &mut Tracer) {
        self.sent += 1;
        if self.offered == Some(self.sent) && self.fixed {
            self.next_block(now, transport, tracer);
        }
    }

    /// A byte to compare.
    pub fn take(&mut self, byte: u8, transport: &Transport) {
        self.miscompare |= transport.byte(self.sent) != byte;
        self.sent += 1;
    }

    fn next_block(&mut self, now: Ticks, transport: &mut Transport, tracer: &mut Tracer) {
        transport.consume(now, tracer);
        self.left -= 1;
        self.sent = 0;
        self.offered = None;
        self.finished = true;
    }

    /// What has not been read, in the unit of the transfer length.
    fn residue(&self) -> i64 {
        i64::from(self.left) * if self.fixed { 1 } else { self.size as i64 }
    }
}

/// Sense data for a block of `len` bytes where `size` were asked for; `None` when there is nothing to tell (SCSI-2, 10.2.4).
///
/// SILI hides a block that is too short, and one that is too long when no block length is set.
pub(super) fn incorrect_length(
    size: usize,
    len: usize,
    suppress: bool,
    mode_block: u32,
) -> Option<Sense> {
    let suppressed = suppress && (len < size || mode_block == 0);
    (len != size && !suppressed).then(|| {
        Sense {
            incorrect_length: true,
            ..Sense::default()
        }
        .residue(size as i64 - len as i64)
    })
}

/// Sense data for a filemark or setmark that was met.
pub(super) fn mark_met(code: super::Code, residue: i64) -> Sense {
    Sense {
        filemark: true,
        ..Sense::new(key::NO_SENSE, code)
    }
    .residue(residue)
}

impl Drive {
    pub(super) fn begin_read(&mut self, cdb: &[u8]) -> Activity {
        let verify = cdb[0] == operation::VERIFY;
        let fixed = cdb[1] & 1 != 0;
        let suppress_length = !verify && cdb[1] & 2 != 0;
        let purpose = match (verify, cdb[1] & 2 != 0) {
            (false, _) => Purpose::Give,
            (true, false) => Purpose::Verify,
            (true, true) => Purpose::Compare,
        };
        let compares = purpose != Purpose::Compare || self.abilities.has(Feature::ByteCompare);
        // SILI is for blocks of any length (10.2.4); bit 2 is reserved in READ and in VERIFY would end it before the tape is read.
        let wrong = (suppress_length && fixed) || cdb[1] & 4 != 0 || !compares;
        match self.blocks(cdb) {
            Some((left, size)) if !wrong => Activity::Read(Read {
                left,
                size,
                sent: 0,
                fixed,
                suppress_length,
                purpose,
                offered: None,
                miscompare: false,
                finished: false,
            }),
            _ => self.check(Sense::illegal(code::FIELD_IN_CDB)),
        }
    }

    /// Brings the tape to where reading can begin: no motion under way, nothing unwritten. An error of what was unwritten is a deferred one.
    fn settle(&mut self, now: Ticks, tracer: &mut Tracer) -> Option<Step> {
        if let Some(sense) = self.unready() {
            return Some(Step::Go(self.check(sense)));
        }
        if self.transport.travelling() {
            return Some(self.wait(now));
        }
        if let Some(step) = self.flush(now, tracer) {
            return Some(step);
        }
        self.report_fault()
    }

    /// Ends the command with the error of an earlier one that came to light while the buffer was emptied.
    pub(super) fn report_fault(&mut self) -> Option<Step> {
        let fault = self.transport.fault.take()?;
        let sense = Sense {
            deferred: true,
            ..self.failed(fault, 0)
        };
        Some(Step::Go(self.check(sense)))
    }

    pub(super) fn read_step(&mut self, now: Ticks, read: &mut Read, tracer: &mut Tracer) -> Step {
        if let Some(step) = self.settle(now, tracer) {
            return step;
        }
        // SCSI-2, 10.3.3.1, REW: the early warning is reported when the block at hand has been read.
        if std::mem::take(&mut read.finished)
            && self.configured(REPORT_EARLY_WARNING)
            && self.behind_warning()
        {
            let sense = Sense {
                end_of_medium: true,
                ..Sense::new(key::NO_SENSE, code::END_OF_MEDIUM)
            };
            return Step::Go(self.check(sense.residue(read.residue())));
        }
        if read.left == 0 {
            return Step::Go(Activity::Done(Status::Good));
        }
        if let Some(len) = read.offered {
            return self.offer(now, read, len, tracer);
        }
        let residue = read.residue();
        let sense = match self.transport.found() {
            Found::Nothing => {
                self.transport.read(now, tracer);
                return self.wait(now);
            }
            Found::Blank => {
                return Step::Go(
                    self.check(Sense::new(key::BLANK_CHECK, code::END_OF_DATA).residue(residue)),
                );
            }
            Found::Mark => mark_met(code::FILEMARK, residue),
            Found::Setmark if self.configured(REPORT_SETMARKS) => mark_met(code::SETMARK, residue),
            Found::Setmark => {
                self.transport.consume(now, tracer);
                return Step::Go(Activity::Read(read.clone()));
            }
            Found::Record { bad: true, .. } => {
                Sense::new(key::MEDIUM_ERROR, code::READ_ERROR).residue(residue)
            }
            Found::Record { len, .. } if read.fixed && len != read.size => Sense {
                incorrect_length: true,
                ..Sense::default()
            }
            .residue(residue),
            Found::Record { len, .. } => {
                read.offered = Some(match read.purpose {
                    Purpose::Verify => 0,
                    Purpose::Give => len.min(read.size),
                    Purpose::Compare => read.size,
                });
                return self.offer(now, read, len, tracer);
            }
        };
        self.transport.consume(now, tracer);
        Step::Go(self.check(sense))
    }

    /// Moves the block at hand over the bus, up to the length that was asked for.
    fn offer(&mut self, now: Ticks, read: &mut Read, len: usize, tracer: &mut Tracer) -> Step {
        let offered = read.offered.expect("a block is at hand");
        let len = match self.transport.found() {
            Found::Record { len, .. } => len,
            _ => len,
        };
        if read.sent < offered && read.purpose == Purpose::Compare && read.sent < len {
            return Step::Ask(Next::DataOut);
        }
        if read.sent < offered && read.purpose == Purpose::Give {
            return Step::Ask(Next::DataIn(self.transport.byte(read.sent)));
        }
        let size = read.size;
        read.next_block(now, &mut self.transport, tracer);
        if read.miscompare {
            return Step::Go(
                self.check(Sense::new(key::MISCOMPARE, code::MISCOMPARE).residue(read.residue())),
            );
        }
        let wrong = incorrect_length(size, len, read.suppress_length, self.mode.block());
        if let Some(sense) = wrong.filter(|_| !read.fixed) {
            return Step::Go(self.check(sense));
        }
        Step::Go(Activity::Read(read.clone()))
    }

    /// True when the block the host is at lies behind the early warning.
    pub(super) fn behind_warning(&self) -> bool {
        let figures = &self.transport.figures;
        self.transport.medium.as_ref().is_some_and(|tape| {
            tape.position(self.transport.block) >= figures.frames - figures.early_warning
        })
    }
}

use super::Drive;
use super::commands::{Activity, Step};
use super::mechanics::Arrival;
use super::mode::REPORT_SETMARKS;
use super::reading_commands::{incorrect_length, mark_met};
use super::sense::{Sense, code, key};
use super::travel::{Item, beginning, item};
use crate::media::Content;
use clock::Ticks;
use scsi::{Next, Status};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// A READ REVERSE in progress (SCSI-2, 10.2.7).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reverse {
    left: u32,
    size: usize,
    fixed: bool,
    suppress_length: bool,
    /// The bytes of a block go to the host in the order in which they were written; otherwise the last byte is the first.
    forward_bytes: bool,
    /// The tape is moving backwards already: no more time to start.
    moving: bool,
    /// The tape has been backed over the block in front of which it is.
    passed: bool,
    sent: usize,
}

impl Reverse {
    pub fn given(&mut self) {
        self.sent += 1;
    }

    fn residue(&self) -> i64 {
        i64::from(self.left) * if self.fixed { 1 } else { self.size as i64 }
    }
}

impl Drive {
    pub(super) fn begin_reverse(&mut self, cdb: &[u8]) -> Activity {
        let (fixed, suppress_length) = (cdb[1] & 1 != 0, cdb[1] & 2 != 0);
        match self.blocks(cdb) {
            Some((left, size)) if !(fixed && suppress_length) => Activity::Reverse(Reverse {
                left,
                size,
                fixed,
                suppress_length,
                forward_bytes: cdb[1] & 4 != 0,
                moving: false,
                passed: false,
                sent: 0,
            }),
            _ => self.check(Sense::illegal(code::FIELD_IN_CDB)),
        }
    }

    pub(super) fn reverse_step(
        &mut self,
        now: Ticks,
        reverse: &mut Reverse,
        tracer: &mut Tracer,
    ) -> Step {
        if let Some(step) = self.stand(now, tracer) {
            return step;
        }
        if reverse.left == 0 {
            return Step::Go(Activity::Done(Status::Good));
        }
        let at = self.transport.block;
        if !reverse.passed {
            if at == 0 {
                let told = beginning(reverse.residue());
                return Step::Go(self.check(told));
            }
            self.back_over(now, reverse, tracer);
            return self.wait(now);
        }
        let told = match item(self.transport.tape(), at) {
            Item::Setmark if !self.configured(REPORT_SETMARKS) => {
                reverse.passed = false;
                return self.reverse_step(now, reverse, tracer);
            }
            Item::Setmark => Some(mark_met(code::SETMARK, reverse.residue())),
            Item::Filemark => Some(mark_met(code::FILEMARK, reverse.residue())),
            Item::Block => None,
        };
        if let Some(sense) = told {
            return Step::Go(self.check(sense));
        }
        let (len, bad) = match self.transport.tape().block(at).map(|block| block.content) {
            Some(Content::Record { data, bad }) => (data.len(), bad),
            _ => unreachable!("it is a block"),
        };
        if bad {
            let sense = Sense::new(key::MEDIUM_ERROR, code::READ_ERROR).residue(reverse.residue());
            return Step::Go(self.check(sense));
        }
        if reverse.fixed && len != reverse.size {
            let sense = Sense {
                incorrect_length: true,
                ..Sense::default()
            };
            return Step::Go(self.check(sense.residue(reverse.residue())));
        }
        if reverse.sent < len.min(reverse.size) {
            let byte = if reverse.forward_bytes {
                reverse.sent
            } else {
                len - 1 - reverse.sent
            };
            return Step::Ask(Next::DataIn(self.transport.byte(byte)));
        }
        self.transport.counters.read += 1;
        self.transport.counters.bytes_read += len as u64;
        reverse.left -= 1;
        reverse.sent = 0;
        reverse.passed = false;
        let wrong = incorrect_length(
            reverse.size,
            len,
            reverse.suppress_length,
            self.mode.block(),
        );
        match wrong {
            Some(sense) => Step::Go(self.check(sense)),
            None => self.reverse_step(now, reverse, tracer),
        }
    }

    /// Backs the tape over the block before.
    fn back_over(&mut self, now: Ticks, reverse: &mut Reverse, tracer: &mut Tracer) {
        let transport = &mut self.transport;
        let block = transport.block - 1;
        let head = transport.tape().position(block);
        let start = if reverse.moving {
            Ticks::ZERO
        } else {
            transport.figures.start
        };
        let time = start + transport.figures.frame_time * transport.head.abs_diff(head);
        let arrival = Arrival {
            block,
            head,
            ..Arrival::BEGINNING
        };
        transport.travel(now, "read reverse", time, arrival, tracer);
        reverse.moving = true;
        reverse.passed = true;
    }
}

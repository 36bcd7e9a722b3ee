use super::Drive;
use super::commands::{Activity, Step};
use super::mode::RECOVER_LAST_FIRST;
use super::reading_commands::{incorrect_length, mark_met};
use super::sense::{Sense, code, key};
use super::writing::Entry;
use clock::Ticks;
use scsi::{Next, Status};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// A RECOVER BUFFERED DATA in progress (SCSI-2, 10.2.8): a READ of what could not be written.
///
/// What still can be written is no use to be recovered: the drive writes it first (an inference; the standard does not say).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Recover {
    left: u32,
    size: usize,
    fixed: bool,
    suppress_length: bool,
    /// The block at hand.
    data: Option<Vec<u8>>,
    sent: usize,
}

impl Recover {
    pub fn given(&mut self) {
        self.sent += 1;
    }

    fn residue(&self) -> i64 {
        i64::from(self.left) * if self.fixed { 1 } else { self.size as i64 }
    }
}

impl Drive {
    pub(super) fn begin_recover(&mut self, cdb: &[u8]) -> Activity {
        let (fixed, suppress_length) = (cdb[1] & 1 != 0, cdb[1] & 2 != 0);
        match self.blocks(cdb) {
            Some((left, size)) if !(fixed && suppress_length) => Activity::Recover(Recover {
                left,
                size,
                fixed,
                suppress_length,
                data: None,
                sent: 0,
            }),
            _ => self.check(Sense::illegal(code::FIELD_IN_CDB)),
        }
    }

    pub(super) fn recover_step(
        &mut self,
        now: Ticks,
        recover: &mut Recover,
        tracer: &mut Tracer,
    ) -> Step {
        if self.transport.medium.is_some()
            && let Some(step) = self.flush(now, tracer)
        {
            return step;
        }
        if let Some(step) = self.report_fault() {
            return step;
        }
        if let Some(data) = &recover.data {
            if recover.sent < data.len().min(recover.size) {
                return Step::Ask(Next::DataIn(data[recover.sent]));
            }
            let len = data.len();
            recover.data = None;
            recover.sent = 0;
            recover.left -= 1;
            let wrong = incorrect_length(
                recover.size,
                len,
                recover.suppress_length,
                self.mode.block(),
            );
            if let Some(sense) = wrong.filter(|_| !recover.fixed) {
                return Step::Go(self.check(sense));
            }
        }
        if recover.left == 0 {
            return Step::Go(Activity::Done(Status::Good));
        }
        let entry = if self.configured(RECOVER_LAST_FIRST) {
            self.transport.lost.pop_back()
        } else {
            self.transport.lost.pop_front()
        };
        let residue = recover.residue();
        let sense = match entry {
            Some(Entry::Record(data)) if recover.fixed && data.len() != recover.size => Sense {
                incorrect_length: true,
                ..Sense::default()
            }
            .residue(residue),
            Some(Entry::Record(data)) => {
                recover.data = Some(data);
                return self.recover_step(now, recover, tracer);
            }
            Some(Entry::Mark) => mark_met(code::FILEMARK, residue),
            Some(Entry::Setmark) => mark_met(code::SETMARK, residue),
            None => Sense {
                end_of_medium: true,
                ..Sense::new(key::NO_SENSE, code::END_OF_DATA)
            }
            .residue(residue),
        };
        Step::Go(self.check(sense))
    }
}

use super::Drive;
use super::commands::{Activity, Step, length, operation};
use super::mechanics::{Arrival, Motion, Transport};
use super::sense::{Sense, code, key};
use super::transfer::deferred;
use crate::media::{Content, Medium};
use clock::Ticks;
use scsi::Status;
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// Where a command moves the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Goal {
    Rewind,
    Blocks(i32),
    Filemarks(i32),
    EndOfData,
    Erase { whole: bool },
    Load { retension: bool },
    Unload { retension: bool },
    Nothing,
}

/// A command that moves the tape, in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Travel {
    goal: Goal,
    immediate: bool,
    begun: bool,
    /// What the host is told at the end, if anything.
    outcome: Option<Sense>,
}

impl Drive {
    pub(super) fn begin_travel(&mut self, cdb: &[u8]) -> Activity {
        match self.goal(cdb) {
            Ok((goal, immediate)) => Activity::Travel(Travel {
                goal,
                immediate,
                begun: false,
                outcome: None,
            }),
            Err(sense) => self.check(sense),
        }
    }

    fn goal(&self, cdb: &[u8]) -> Result<(Goal, bool), Sense> {
        let figures = &self.transport.figures;
        let refused = Err(Sense::illegal(code::FIELD_IN_CDB));
        match cdb[0] {
            operation::REWIND => Ok((Goal::Rewind, cdb[1] & 1 != 0)),
            operation::SPACE => {
                let [_, high, middle, low] = length(cdb).to_be_bytes();
                // A two's complement number of 24 bits.
                let count = i32::from_be_bytes([high, middle, low, 0]) >> 8;
                match cdb[1] & 7 {
                    0 | 1 if count < 0 && !figures.space_reverse => refused,
                    0 => Ok((Goal::Blocks(count), false)),
                    1 => Ok((Goal::Filemarks(count), false)),
                    3 => Ok((Goal::EndOfData, false)),
                    _ => refused,
                }
            }
            operation::ERASE if cdb[1] & 2 != 0 && !figures.erase_immediate => refused,
            operation::ERASE => Ok((
                Goal::Erase {
                    whole: cdb[1] & 1 != 0,
                },
                cdb[1] & 2 != 0,
            )),
            _ => {
                let (load, retension, end) = (cdb[4] & 1 != 0, cdb[4] & 2 != 0, cdb[4] & 4 != 0);
                let immediate = cdb[1] & 1 != 0;
                if end {
                    return refused;
                }
                match self.unready() {
                    // A cartridge that was unloaded can be loaded again; while one is being loaded there is nothing to do but wait.
                    Some(sense) if !(load && self.transport.motion == Motion::Unloaded) => {
                        Err(sense)
                    }
                    _ if load && figures.load_ignored => Ok((Goal::Nothing, immediate)),
                    _ if load => Ok((Goal::Load { retension }, immediate)),
                    _ => Ok((Goal::Unload { retension }, immediate)),
                }
            }
        }
    }

    pub(super) fn travel_step(
        &mut self,
        now: Ticks,
        travel: &mut Travel,
        tracer: &mut Tracer,
    ) -> Step {
        if self.transport.medium.is_none() {
            return Step::Go(self.check(Sense::new(key::NOT_READY, code::NO_MEDIUM)));
        }
        if self.transport.travelling() {
            return self.wait();
        }
        if travel.begun {
            return Step::Go(match travel.outcome {
                Some(sense) => self.check(sense),
                None => Activity::Done(Status::Good),
            });
        }
        if let Some(step) = self.flush(now, tracer) {
            return step;
        }
        if let Some(fault) = self.transport.fault.take() {
            return Step::Go(self.check(deferred(fault)));
        }
        self.transport.stop_reading(now, tracer);
        if !self.transport.at_rest() && self.transport.motion != Motion::Unloaded {
            return self.wait();
        }
        travel.outcome = self.transport.set_out(now, travel.goal, tracer);
        travel.begun = true;
        if travel.immediate {
            return Step::Go(Activity::Done(Status::Good));
        }
        self.travel_step(now, travel, tracer)
    }
}

impl Transport {
    /// Sets out for a goal; says what the host is told at the end.
    fn set_out(&mut self, now: Ticks, goal: Goal, tracer: &mut Tracer) -> Option<Sense> {
        let winding = |wanted: bool| {
            if wanted {
                self.winding_time()
            } else {
                self.rewind_time()
            }
        };
        match goal {
            Goal::Rewind => self.travel(
                now,
                "rewind",
                self.rewind_time(),
                Arrival::BEGINNING,
                tracer,
            ),
            Goal::Load { retension } => {
                let loading = if self.motion == Motion::Unloaded {
                    self.figures.load
                } else {
                    Ticks::ZERO
                };
                let kind = if retension { "retension" } else { "load" };
                self.travel(
                    now,
                    kind,
                    loading + winding(retension),
                    Arrival::BEGINNING,
                    tracer,
                );
            }
            Goal::Unload { retension } => {
                let arrival = Arrival {
                    unload: true,
                    ..Arrival::BEGINNING
                };
                self.travel(now, "unload", winding(retension), arrival, tracer);
            }
            Goal::Erase { whole: true } => {
                // The head that erases is as wide as the tape: one pass from the beginning, and back.
                let arrival = Arrival {
                    erase: true,
                    ..Arrival::BEGINNING
                };
                self.travel(now, "erase", self.winding_time(), arrival, tracer);
            }
            // A gap may be of no length (SCSI-2, 10.2.1); here the space between blocks is enough.
            Goal::Erase { whole: false } | Goal::Nothing => {}
            Goal::EndOfData => {
                let (block, head) = (self.tape().len(), self.tape().end());
                if block != self.block {
                    let time = self.figures.start
                        + self.seek_time(head)
                        + self.figures.blank
                        + self.figures.reposition;
                    self.travel(
                        now,
                        "space",
                        time,
                        Arrival {
                            block,
                            head,
                            ..Arrival::BEGINNING
                        },
                        tracer,
                    );
                }
            }
            Goal::Blocks(count) => {
                return self.space(now, spaced_blocks(self.tape(), self.block, count), tracer);
            }
            Goal::Filemarks(count) => {
                return self.space(now, spaced_marks(self.tape(), self.block, count), tracer);
            }
        }
        None
    }

    fn space(
        &mut self,
        now: Ticks,
        (block, outcome): (u64, Option<Sense>),
        tracer: &mut Tracer,
    ) -> Option<Sense> {
        let head = self.tape().position(block);
        let blank = outcome
            .filter(|sense| sense.key == key::BLANK_CHECK)
            .map_or(Ticks::ZERO, |_| self.figures.blank);
        if block != self.block || blank != Ticks::ZERO {
            let time = self.pass_time(head) + blank;
            self.travel(
                now,
                "space",
                time,
                Arrival {
                    block,
                    head,
                    ..Arrival::BEGINNING
                },
                tracer,
            );
        }
        outcome
    }
}

fn is_mark(medium: &Medium, number: u64) -> bool {
    matches!(
        medium.block(number).map(|block| block.content),
        Some(Content::Mark)
    )
}

fn end_of_data(residue: i64) -> Option<Sense> {
    Some(Sense::new(key::BLANK_CHECK, code::END_OF_DATA).residue(residue))
}

fn beginning(residue: i64) -> Option<Sense> {
    Some(
        Sense {
            end_of_medium: true,
            ..Sense::new(key::NO_SENSE, code::BEGINNING_OF_MEDIUM)
        }
        .residue(residue),
    )
}

/// Where spacing over `count` blocks ends, and what is told (SCSI-2, 10.2.12): it stops behind a filemark going forward, before one going back.
fn spaced_blocks(medium: &Medium, from: u64, count: i32) -> (u64, Option<Sense>) {
    let filemark = |residue| {
        Some(
            Sense {
                filemark: true,
                ..Sense::new(key::NO_SENSE, code::FILEMARK)
            }
            .residue(residue),
        )
    };
    let mut at = from;
    for passed in 0..i64::from(count.unsigned_abs()) {
        let residue = i64::from(count.unsigned_abs()) - passed;
        if count < 0 {
            if at == 0 {
                return (0, beginning(residue));
            }
            at -= 1;
            if is_mark(medium, at) {
                return (at, filemark(residue));
            }
        } else {
            if at >= medium.len() {
                return (at, end_of_data(residue));
            }
            at += 1;
            if is_mark(medium, at - 1) {
                return (at, filemark(residue));
            }
        }
    }
    (at, None)
}

/// Where spacing over `count` filemarks ends, and what is told.
fn spaced_marks(medium: &Medium, from: u64, count: i32) -> (u64, Option<Sense>) {
    let mut at = from;
    for passed in 0..i64::from(count.unsigned_abs()) {
        let residue = i64::from(count.unsigned_abs()) - passed;
        let found = if count < 0 {
            (0..at)
                .rev()
                .find(|&number| is_mark(medium, number))
                .ok_or((0, beginning(residue)))
        } else {
            (at..medium.len())
                .find(|&number| is_mark(medium, number))
                .map(|number| number + 1)
                .ok_or((medium.len(), end_of_data(residue)))
        };
        match found {
            Ok(number) => at = number,
            Err(stopped) => return stopped,
        }
    }
    (at, None)
}

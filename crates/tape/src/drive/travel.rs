use super::commands::{Activity, Step};
use super::descriptor::{length, number, operation};
use super::mechanics::{Arrival, Motion, Transport};
use super::mode::REPORT_SETMARKS;
use super::nexus::Deferred;
use super::reading_commands::mark_met;
use super::sense::{Sense, code, key};
use super::{Drive, abilities::Feature};
use crate::media::{Content, Medium};
use clock::Ticks;
use scsi::Status;
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// Where a command moves the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Goal {
    Rewind,
    Space {
        over: Over,
        count: i32,
        report_setmarks: bool,
    },
    EndOfData,
    /// To the block with this number.
    Block(u64),
    /// To the first block at or behind this frame.
    Frame(u64),
    Erase {
        whole: bool,
        from_here: bool,
    },
    Load {
        retension: bool,
    },
    Nothing,
    Unload {
        retension: bool,
        at_end: bool,
    },
}

/// What SPACE counts (SCSI-2, 10.2.12, table 200).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Over {
    Blocks,
    Filemarks,
    /// To the first place with so many filemarks or more one behind the other.
    ConsecutiveFilemarks,
    Setmarks,
    ConsecutiveSetmarks,
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
                let setmarks = self.abilities.has(Feature::Setmarks);
                let consecutive = self.abilities.has(Feature::ConsecutiveMarks);
                let over = match cdb[1] & 7 {
                    3 => return Ok((Goal::EndOfData, false)),
                    0 => Over::Blocks,
                    1 => Over::Filemarks,
                    2 if consecutive => Over::ConsecutiveFilemarks,
                    4 if setmarks => Over::Setmarks,
                    5 if setmarks && consecutive => Over::ConsecutiveSetmarks,
                    _ => return refused,
                };
                if count < 0 && !figures.space_reverse {
                    return refused;
                }
                let goal = Goal::Space {
                    over,
                    count,
                    report_setmarks: self.configured(REPORT_SETMARKS),
                };
                Ok((goal, false))
            }
            operation::LOCATE => {
                let (device, partition) = (cdb[1] & 4 != 0, cdb[1] & 2 != 0);
                // There is one partition, number 0.
                if (device && !self.abilities.has(Feature::DeviceAddresses))
                    || (partition && cdb[8] != 0)
                {
                    return refused;
                }
                let address = u64::from(number(&cdb[3..7]));
                let goal = if device {
                    Goal::Frame(address)
                } else {
                    Goal::Block(address)
                };
                Ok((goal, cdb[1] & 1 != 0))
            }
            operation::ERASE if cdb[1] & 2 != 0 && !figures.erase_immediate => refused,
            operation::ERASE => Ok((
                Goal::Erase {
                    whole: cdb[1] & 1 != 0,
                    from_here: self.abilities.has(Feature::WriteAnywhere),
                },
                cdb[1] & 2 != 0,
            )),
            _ => self.loading(cdb),
        }
    }

    /// LOAD UNLOAD (SCSI-2, 10.2.2).
    fn loading(&self, cdb: &[u8]) -> Result<(Goal, bool), Sense> {
        let (load, retension, at_end) = (cdb[4] & 1 != 0, cdb[4] & 2 != 0, cdb[4] & 4 != 0);
        let immediate = cdb[1] & 1 != 0;
        if at_end && (load || !self.abilities.has(Feature::UnloadAtEnd)) {
            return Err(Sense::illegal(code::FIELD_IN_CDB));
        }
        if !load && self.removal_prevented() && self.abilities.has(Feature::Ejects) {
            return Err(Sense::illegal(code::REMOVAL_PREVENTED));
        }
        match self.unready() {
            // A cartridge that was unloaded can be loaded again; while one is being loaded there is nothing to do but wait.
            Some(sense) if !(load && self.transport.motion == Motion::Unloaded) => Err(sense),
            _ if load && self.transport.figures.load_ignored => Ok((Goal::Nothing, immediate)),
            _ if load => Ok((Goal::Load { retension }, immediate)),
            _ => Ok((Goal::Unload { retension, at_end }, immediate)),
        }
    }

    /// Brings the tape to rest where the host is: no motion under way, nothing unwritten or read ahead; `None` when it is.
    pub(super) fn stand(&mut self, now: Ticks, tracer: &mut Tracer) -> Option<Step> {
        if self.transport.medium.is_none() {
            return Some(Step::Go(
                self.check(Sense::new(key::NOT_READY, code::NO_MEDIUM)),
            ));
        }
        if self.transport.travelling() {
            return Some(self.wait(now));
        }
        if let Some(step) = self.flush(now, tracer) {
            return Some(step);
        }
        if let Some(step) = self.report_fault() {
            return Some(step);
        }
        self.transport.stop_reading(now, tracer);
        if !self.transport.at_rest() && self.transport.motion != Motion::Unloaded {
            return Some(self.wait(now));
        }
        None
    }

    pub(super) fn travel_step(
        &mut self,
        now: Ticks,
        travel: &mut Travel,
        tracer: &mut Tracer,
    ) -> Step {
        if let Some(step) = self.stand(now, tracer) {
            return step;
        }
        if travel.begun {
            return Step::Go(match travel.outcome {
                Some(sense) => self.check(sense),
                None => Activity::Done(Status::Good),
            });
        }
        if matches!(travel.goal, Goal::Load { .. }) && self.transport.motion == Motion::Unloaded {
            self.attend_others(code::MEDIUM_CHANGED);
        }
        travel.outcome = self.transport.set_out(now, travel.goal, tracer);
        travel.begun = true;
        if travel.immediate {
            // GOOD is told before the tape is there: what goes wrong is a deferred error.
            if let Some(sense) = travel.outcome {
                self.deferred = Some(Deferred {
                    sense: Sense {
                        deferred: true,
                        ..sense
                    },
                    initiator: Some(self.initiator),
                });
            }
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
            Goal::Unload { retension, at_end } => {
                let end = self.figures.frames;
                let (head, time) = match (at_end, retension) {
                    (true, false) => (end, self.figures.start + self.seek_time(end)),
                    (true, true) => (end, self.winding_time() + self.seek_time(end)),
                    (false, _) => (0, winding(retension)),
                };
                let arrival = Arrival {
                    unload: true,
                    head,
                    ..Arrival::BEGINNING
                };
                self.travel(now, "unload", time, arrival, tracer);
            }
            Goal::Erase {
                whole: true,
                from_here: false,
            } => {
                // The head that erases is as wide as the tape: one pass from the beginning, and back.
                let arrival = Arrival {
                    erase_from: Some(0),
                    ..Arrival::BEGINNING
                };
                self.travel(now, "erase", self.winding_time(), arrival, tracer);
            }
            Goal::Erase {
                whole,
                from_here: true,
            } => {
                // Up to the end of the tape and back; without Long, what follows the place can no longer be reached.
                let head = self.tape().position(self.block);
                let pass = self.figures.frame_time * self.figures.frames.saturating_sub(head);
                let back = self.figures.reposition + self.seek_time(self.figures.frames);
                let time = if whole { pass + back } else { Ticks::ZERO };
                let arrival = Arrival {
                    block: self.block,
                    head,
                    erase_from: Some(self.block),
                    ..Arrival::BEGINNING
                };
                self.travel(now, "erase", self.figures.start + time, arrival, tracer);
            }
            // A gap may be of no length (SCSI-2, 10.2.1); here the space between blocks is enough.
            Goal::Erase {
                whole: false,
                from_here: false,
            }
            | Goal::Nothing => {}
            Goal::EndOfData => self.search(now, self.tape().len(), self.figures.blank, tracer),
            Goal::Block(block) => return self.locate(now, block, tracer),
            Goal::Frame(frame) => {
                let medium = self.tape();
                let end = medium.len() + u64::from(frame > medium.end());
                let found = (0..medium.len()).find(|&number| medium.position(number) >= frame);
                return self.locate(now, found.unwrap_or(end), tracer);
            }
            Goal::Space {
                over,
                count,
                report_setmarks,
            } => {
                let reached = spaced(self.tape(), self.block, over, count, report_setmarks);
                return self.space(now, reached, tracer);
            }
        }
        None
    }

    /// LOCATE: to a block, or to the end of data when that comes first (SCSI-2, 10.2.3).
    fn locate(&mut self, now: Ticks, block: u64, tracer: &mut Tracer) -> Option<Sense> {
        let end = self.tape().len();
        if block > end {
            self.search(now, end, self.figures.blank, tracer);
            return Some(Sense::new(key::BLANK_CHECK, code::END_OF_DATA));
        }
        self.search(now, block, Ticks::ZERO, tracer);
        None
    }

    /// Goes to a block without passing those between.
    fn search(&mut self, now: Ticks, block: u64, blank: Ticks, tracer: &mut Tracer) {
        if block == self.block {
            return;
        }
        let head = self.tape().position(block);
        let time = self.figures.start + self.seek_time(head) + blank + self.figures.reposition;
        let arrival = Arrival {
            block,
            head,
            ..Arrival::BEGINNING
        };
        self.travel(now, "space", time, arrival, tracer);
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

/// What a block of a tape is to SPACE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Block,
    Filemark,
    Setmark,
}

pub(super) fn item(medium: &Medium, number: u64) -> Item {
    match medium.block(number).map(|block| block.content) {
        Some(Content::Mark) if medium.is_setmark(number) => Item::Setmark,
        Some(Content::Mark) => Item::Filemark,
        _ => Item::Block,
    }
}

/// The beginning of the medium was met going backwards.
pub(super) fn beginning(residue: i64) -> Sense {
    Sense {
        end_of_medium: true,
        ..Sense::new(key::NO_SENSE, code::BEGINNING_OF_MEDIUM)
    }
    .residue(residue)
}

/// Where spacing ends, and what is told (SCSI-2, 10.2.12): it stops behind a mark going forward, before one going back, and the mark is not
/// counted in the residue. The residue is a number of blocks or marks, never negative.
///
/// A search for consecutive marks that fails has nothing to count: its sense data have no valid residue.
fn spaced(
    medium: &Medium,
    from: u64,
    over: Over,
    count: i32,
    report_setmarks: bool,
) -> (u64, Option<Sense>) {
    let wanted = i64::from(count.unsigned_abs());
    let consecutive = matches!(over, Over::ConsecutiveFilemarks | Over::ConsecutiveSetmarks);
    let counted = match over {
        Over::Blocks => Item::Block,
        Over::Filemarks | Over::ConsecutiveFilemarks => Item::Filemark,
        Over::Setmarks | Over::ConsecutiveSetmarks => Item::Setmark,
    };
    let stopped = |at: u64, sense: Sense| {
        let information = sense.information.filter(|_| !consecutive);
        (
            at,
            Some(Sense {
                information,
                ..sense
            }),
        )
    };
    let (mut at, mut passed) = (from, 0);
    while passed < wanted {
        let residue = wanted - passed;
        if count < 0 && at == 0 {
            return stopped(0, beginning(residue));
        }
        if count > 0 && at >= medium.len() {
            let blank = Sense::new(key::BLANK_CHECK, code::END_OF_DATA);
            return stopped(at, blank.residue(residue));
        }
        let met = item(medium, if count < 0 { at - 1 } else { at });
        at = if count < 0 { at - 1 } else { at + 1 };
        match met {
            _ if met == counted => passed += 1,
            Item::Setmark if report_setmarks => {
                return stopped(at, mark_met(code::SETMARK, residue));
            }
            Item::Filemark if over == Over::Blocks => {
                return stopped(at, mark_met(code::FILEMARK, residue));
            }
            _ if consecutive => passed = 0,
            _ => {}
        }
    }
    (at, None)
}

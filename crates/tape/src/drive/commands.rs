use super::descriptor::{self, Access, operation::*};
use super::position::Locating;
use super::reading_commands::Read;
use super::recovery::Recover;
use super::reverse::Reverse;
use super::sense::{Sense, code, key};
use super::travel::Travel;
use super::writing_commands::{Marks, Write};
use super::{Drive, abilities::Feature};
use clock::Ticks;
use scsi::{Cdb, Next, Status};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// What the command in progress is at.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) enum Activity {
    #[default]
    Idle,
    Decoding {
        until: Ticks,
        cdb: Cdb,
        lun: u8,
    },
    /// Bytes go to the host, then GOOD.
    Send {
        bytes: Vec<u8>,
        sent: usize,
    },
    /// A parameter list comes from the host.
    Receive {
        cdb: Cdb,
        wanted: usize,
        bytes: Vec<u8>,
    },
    /// Nothing but time passes, then GOOD.
    Busy {
        until: Ticks,
    },
    Write(Write),
    Marks(Marks),
    Read(Read),
    Reverse(Reverse),
    Recover(Recover),
    Position(Locating),
    Travel(Travel),
    Done(Status),
}

impl Activity {
    pub fn send(data: &[u8], at_most: usize) -> Activity {
        Activity::Send {
            bytes: data[..data.len().min(at_most)].to_vec(),
            sent: 0,
        }
    }
}

/// How a command goes on.
pub(super) enum Step {
    /// This is what should happen next on the bus.
    Ask(Next),
    /// The command is at something else.
    Go(Activity),
}

impl Drive {
    /// Takes the command as far as it goes by `now`.
    pub(super) fn proceed(&mut self, now: Ticks, tracer: &mut Tracer) -> Next {
        loop {
            let mut activity = std::mem::take(&mut self.activity);
            let step = match &mut activity {
                Activity::Idle => unreachable!("next is asked only during a command"),
                Activity::Decoding { until, .. } if *until > now => Step::Ask(Next::Wait(*until)),
                Activity::Busy { until } if *until > now => self.wait_until(now, *until),
                busy if self.is_stopped_by_motor(now, busy) => self.stuck_step(),
                Activity::Decoding { cdb, lun, .. } => Step::Go(self.execute(now, cdb, *lun)),
                Activity::Busy { .. } => Step::Go(Activity::Done(Status::Good)),
                Activity::Send { bytes, sent } => match bytes.get(*sent) {
                    Some(&byte) => Step::Ask(Next::DataIn(byte)),
                    None => Step::Go(Activity::Done(Status::Good)),
                },
                Activity::Receive { wanted, bytes, .. } if bytes.len() < *wanted => {
                    Step::Ask(Next::DataOut)
                }
                Activity::Receive { cdb, bytes, .. } => {
                    self.parameters(now, cdb.bytes(), bytes, tracer)
                }
                Activity::Write(write) => self.write_step(now, write, tracer),
                Activity::Marks(marks) => self.marks_step(now, marks, tracer),
                Activity::Read(read) => self.read_step(now, read, tracer),
                Activity::Reverse(reverse) => self.reverse_step(now, reverse, tracer),
                Activity::Recover(recover) => self.recover_step(now, recover, tracer),
                Activity::Position(locating) => self.position_step(now, *locating),
                Activity::Travel(travel) => self.travel_step(now, travel, tracer),
                Activity::Done(status) => Step::Ask(Next::Status(*status)),
            };
            match step {
                Step::Ask(next) => {
                    self.activity = activity;
                    return next;
                }
                Step::Go(next) => self.activity = next,
            }
        }
    }

    pub(super) fn taken(&mut self, now: Ticks, byte: u8, tracer: &mut Tracer) {
        match &mut self.activity {
            Activity::Receive { bytes, .. } => bytes.push(byte),
            Activity::Write(write) => write.take(now, byte, &mut self.transport, tracer),
            Activity::Read(read) => read.take(byte, &self.transport),
            _ => unreachable!("no byte was asked for"),
        }
    }

    pub(super) fn was_given(&mut self, now: Ticks, tracer: &mut Tracer) {
        match &mut self.activity {
            Activity::Send { sent, .. } => *sent += 1,
            Activity::Read(read) => read.given(now, &mut self.transport, tracer),
            Activity::Reverse(reverse) => reverse.given(),
            Activity::Recover(recover) => recover.given(),
            _ => unreachable!("no byte was offered"),
        }
    }

    /// Waits until a time; a long wait is offered to the initiator as a disconnection.
    pub(super) fn wait_until(&self, now: Ticks, until: Ticks) -> Step {
        Step::Ask(if until.since(now) >= self.abilities.disconnect {
            Next::Disconnect(until)
        } else {
            Next::Wait(until)
        })
    }

    /// Waits for the end of the motion at hand.
    pub(super) fn wait(&self, now: Ticks) -> Step {
        self.wait_until(now, self.transport.wake())
    }

    /// Empties the buffer to tape; `None` when it is empty.
    pub(super) fn flush(&mut self, now: Ticks, tracer: &mut Tracer) -> Option<Step> {
        if self.transport.is_flushed() {
            self.transport.drain = false;
            return None;
        }
        self.transport.drain = true;
        self.transport.consider(now, tracer);
        Some(self.wait(now))
    }

    /// Checks a command and sets out to execute it. The order of the checks: what is always answered, who may, what must be told first,
    /// what is wrong with the command, what the drive is not ready for.
    fn execute(&mut self, now: Ticks, cdb: &Cdb, lun: u8) -> Activity {
        let block = *cdb;
        let cdb = block.bytes();
        let operation = cdb[0];
        if operation == REQUEST_SENSE {
            return match descriptor::format(operation).and_then(|format| format.wrong_with(cdb)) {
                Some(code) => self.check(Sense::illegal(code)),
                None => self.request_sense(lun, cdb),
            };
        }
        self.nexus().sense = Sense::default();
        if operation == INQUIRY {
            return self.inquiry(lun, cdb);
        }
        if lun != 0 {
            return self.check(Sense::illegal(code::UNIT));
        }
        if self.conflicts(cdb) {
            return Activity::Done(Status::ReservationConflict);
        }
        if let Some(code) = self.nexus().take_attention() {
            return self.check(Sense::new(key::UNIT_ATTENTION, code));
        }
        self.collect_fault();
        // What a motion under way will come to is known when it has ended.
        if !self.transport.travelling()
            && let Some(sense) = self.own_deferred()
        {
            self.deferred = None;
            return self.check(sense);
        }
        let Some(format) =
            descriptor::format(operation).filter(|_| self.abilities.executes(operation))
        else {
            return self.check(Sense::illegal(code::OPERATION));
        };
        if let Some(code) = format.wrong_with(cdb) {
            return self.check(Sense::illegal(code));
        }
        if format.access != Access::None
            && let Some(sense) = self.unready()
        {
            return self.check(sense);
        }
        if format.access != Access::None && self.transport.is_stuck(now) {
            return self.check(Sense::new(key::HARDWARE_ERROR, code::POSITIONING));
        }
        if format.access == Access::Write && self.write_protected() {
            return self.check(Sense::new(key::DATA_PROTECT, code::WRITE_PROTECTED));
        }
        if format.access != Access::None && ![TEST_UNIT_READY, READ_POSITION].contains(&operation) {
            self.transport.lost.clear();
        }
        let receive = |wanted: usize| Activity::Receive {
            cdb: block,
            wanted,
            bytes: Vec::new(),
        };
        match operation {
            TEST_UNIT_READY => self.test_unit_ready(),
            READ_BLOCK_LIMITS => self.block_limits(),
            READ | VERIFY => self.begin_read(cdb),
            READ_REVERSE => self.begin_reverse(cdb),
            RECOVER_BUFFERED_DATA => self.begin_recover(cdb),
            WRITE => self.begin_write(cdb),
            WRITE_FILEMARKS => self.begin_marks(cdb),
            MODE_SELECT | MODE_SELECT_10 if cdb[1] & 1 != 0 && !self.saves_pages() => {
                self.check(Sense::illegal(code::FIELD_IN_CDB))
            }
            MODE_SELECT => receive(usize::from(cdb[4])),
            MODE_SELECT_10 | LOG_SELECT => {
                receive(usize::from(u16::from_be_bytes([cdb[7], cdb[8]])))
            }
            MODE_SENSE | MODE_SENSE_10 => self.mode_sense(cdb),
            LOG_SENSE => self.log_sense(cdb),
            RESERVE | RELEASE => self.reserve(cdb),
            PREVENT_ALLOW => self.prevent_allow(cdb),
            SEND_DIAGNOSTIC => self.begin_diagnostic(now, cdb, receive),
            RECEIVE_DIAGNOSTIC_RESULTS => self.diagnostic_results(cdb),
            WRITE_BUFFER => self.begin_write_buffer(cdb, receive),
            READ_BUFFER => self.read_buffer(cdb),
            READ_POSITION => self.begin_position(cdb),
            _ => self.begin_travel(cdb),
        }
    }

    /// A parameter list has come whole.
    fn parameters(&mut self, now: Ticks, cdb: &[u8], list: &[u8], tracer: &mut Tracer) -> Step {
        if cdb[0] == WRITE_BUFFER
            && let Some(step) = self.flush(now, tracer)
        {
            // The command's data go where the tape's data are.
            return step;
        }
        let outcome = match cdb[0] {
            WRITE_BUFFER => self.write_buffer(cdb, list),
            LOG_SELECT => self.log_select(cdb, list),
            SEND_DIAGNOSTIC => self.diagnostic(list),
            _ => self.mode_select(cdb, list),
        };
        Step::Go(match outcome {
            Ok(()) => Activity::Done(Status::Good),
            Err(sense) => self.check(sense),
        })
    }

    pub(super) fn saves_pages(&self) -> bool {
        self.abilities.has(Feature::SavedPages)
    }
}

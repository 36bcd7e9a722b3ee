use super::sense::{Sense, code, key};
use super::transfer::{Marks, Read, Write};
use super::travel::Travel;
use super::{Code, Drive};
use clock::Ticks;
use scsi::{Cdb, Next, Status};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// Operation codes (SCSI-2, tables 27 and 182).
pub(super) mod operation {
    pub const TEST_UNIT_READY: u8 = 0x00;
    pub const REWIND: u8 = 0x01;
    pub const REQUEST_SENSE: u8 = 0x03;
    pub const READ_BLOCK_LIMITS: u8 = 0x05;
    pub const READ: u8 = 0x08;
    pub const WRITE: u8 = 0x0A;
    pub const WRITE_FILEMARKS: u8 = 0x10;
    pub const SPACE: u8 = 0x11;
    pub const INQUIRY: u8 = 0x12;
    pub const VERIFY: u8 = 0x13;
    pub const MODE_SELECT: u8 = 0x15;
    pub const RESERVE: u8 = 0x16;
    pub const RELEASE: u8 = 0x17;
    pub const ERASE: u8 = 0x19;
    pub const MODE_SENSE: u8 = 0x1A;
    pub const LOAD_UNLOAD: u8 = 0x1B;
    pub const SEND_DIAGNOSTIC: u8 = 0x1D;
    pub const PREVENT_ALLOW: u8 = 0x1E;
}
use operation::*;

/// Bits of byte 1 that a command may have set; `None` for commands the drive does not know. The upper three are the logical unit number of SCSI-1.
fn allowed(operation: u8) -> Option<u8> {
    Some(match operation {
        TEST_UNIT_READY | REQUEST_SENSE | READ_BLOCK_LIMITS | PREVENT_ALLOW | RESERVE | RELEASE => {
            0
        }
        REWIND | WRITE | WRITE_FILEMARKS | LOAD_UNLOAD | INQUIRY => 0x01,
        READ | ERASE => 0x03,
        VERIFY => 0x07,
        SPACE => 0x07,
        MODE_SELECT => 0x10,
        MODE_SENSE => 0x08,
        SEND_DIAGNOSTIC => 0x17,
        _ => return None,
    })
}

/// Commands that need a tape that is loaded.
fn needs_tape(operation: u8) -> bool {
    [
        TEST_UNIT_READY,
        REWIND,
        READ,
        WRITE,
        WRITE_FILEMARKS,
        SPACE,
        VERIFY,
        ERASE,
    ]
    .contains(&operation)
}

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
    /// The parameter list of MODE SELECT.
    Receive {
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
    /// The command is at something else now.
    Go(Activity),
}

/// A three-byte number of a command, as all transfer lengths and counts of group 0 are.
pub(super) fn length(cdb: &[u8]) -> u32 {
    u32::from_be_bytes([0, cdb[2], cdb[3], cdb[4]])
}

impl Drive {
    /// Takes the command as far as it goes by `now`.
    pub(super) fn proceed(&mut self, now: Ticks, tracer: &mut Tracer) -> Next {
        loop {
            let mut activity = std::mem::take(&mut self.activity);
            let step = match &mut activity {
                Activity::Idle => unreachable!("next is asked only during a command"),
                Activity::Decoding { until, .. } | Activity::Busy { until } if *until > now => {
                    Step::Ask(Next::Wait(*until))
                }
                Activity::Decoding { cdb, lun, .. } => {
                    Step::Go(self.execute(now, cdb.bytes(), *lun))
                }
                Activity::Busy { .. } => Step::Go(Activity::Done(Status::Good)),
                Activity::Send { bytes, sent } => match bytes.get(*sent) {
                    Some(&byte) => Step::Ask(Next::DataIn(byte)),
                    None => Step::Go(Activity::Done(Status::Good)),
                },
                Activity::Receive { wanted, bytes } if bytes.len() < *wanted => {
                    Step::Ask(Next::DataOut)
                }
                Activity::Receive { bytes, .. } => Step::Go(self.mode_select(bytes)),
                Activity::Write(write) => self.write_step(now, write, tracer),
                Activity::Marks(marks) => self.marks_step(now, marks, tracer),
                Activity::Read(read) => self.read_step(now, read, tracer),
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
            _ => unreachable!("no byte was asked for"),
        }
    }

    pub(super) fn was_given(&mut self, now: Ticks, tracer: &mut Tracer) {
        match &mut self.activity {
            Activity::Send { sent, .. } => *sent += 1,
            Activity::Read(read) => read.given(now, &mut self.transport, tracer),
            _ => unreachable!("no byte was offered"),
        }
    }

    /// Checks a command and sets out to execute it. The order of the checks: what is always answered, who may, what must be told first,
    /// what is wrong with the command, what the drive is not ready for.
    fn execute(&mut self, now: Ticks, cdb: &[u8], lun: u8) -> Activity {
        let operation = cdb[0];
        let initiator = usize::from(self.initiator);
        if operation == REQUEST_SENSE {
            return self.request_sense(lun, cdb);
        }
        self.sense[initiator] = Sense::default();
        if operation == INQUIRY {
            return self.inquiry(lun, cdb);
        }
        if lun != 0 {
            return self.check(Sense::illegal(code::UNIT));
        }
        if self
            .reserved_by
            .is_some_and(|owner| owner != self.initiator)
        {
            let status = if operation == RELEASE {
                Status::Good
            } else {
                Status::ReservationConflict
            };
            return Activity::Done(status);
        }
        if let Some(code) = self.attention[initiator].take() {
            return self.check(Sense::new(key::UNIT_ATTENTION, code));
        }
        self.collect_fault();
        if let Some(sense) = self.deferred.take() {
            return self.check(sense);
        }
        if let Some(code) = wrong_with(cdb) {
            return self.check(Sense::illegal(code));
        }
        if needs_tape(operation)
            && let Some(sense) = self.unready()
        {
            return self.check(sense);
        }
        if [WRITE, WRITE_FILEMARKS, ERASE].contains(&operation) && self.write_protected() {
            return self.check(Sense::new(key::DATA_PROTECT, code::WRITE_PROTECTED));
        }
        match operation {
            TEST_UNIT_READY => self.test_unit_ready(),
            READ_BLOCK_LIMITS => self.block_limits(),
            READ | VERIFY => self.begin_read(cdb),
            WRITE => self.begin_write(cdb),
            WRITE_FILEMARKS => self.begin_marks(cdb),
            MODE_SELECT => Activity::Receive {
                wanted: usize::from(cdb[4]),
                bytes: Vec::new(),
            },
            MODE_SENSE => self.mode_sense(cdb),
            RESERVE | RELEASE => {
                self.reserved_by = (operation == RESERVE).then_some(self.initiator);
                Activity::Done(Status::Good)
            }
            SEND_DIAGNOSTIC if cdb[1] & 0x04 != 0 => Activity::Busy {
                until: now + self.transport.figures.self_test,
            },
            SEND_DIAGNOSTIC => Activity::Done(Status::Good),
            PREVENT_ALLOW => {
                self.removal_prevented = cdb[4] & 1 != 0;
                Activity::Done(Status::Good)
            }
            _ => self.begin_travel(cdb),
        }
    }
}

/// What is wrong with a command whatever the state of the drive.
fn wrong_with(cdb: &[u8]) -> Option<Code> {
    let Some(bits) = allowed(cdb[0]) else {
        return Some(code::OPERATION);
    };
    let reserved = cdb[1] & 0x1F & !bits != 0;
    // Flag and link: linked commands are optional, and this drive has none.
    let linked = cdb[5] & 0x03 != 0;
    // Parameters of SEND DIAGNOSTIC would be vendor-specific.
    let parameters = cdb[0] == SEND_DIAGNOSTIC && (cdb[3], cdb[4]) != (0, 0);
    (reserved || linked || parameters).then_some(code::FIELD_IN_CDB)
}

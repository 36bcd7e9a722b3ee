//! The tape drive: a SCSI sequential-access device with mechanics.

mod abilities;
mod commands;
mod descriptor;
mod faults;
pub(crate) mod figures;
mod identity;
mod log;
mod maintenance;
mod mechanics;
mod mode;
mod nexus;
mod position;
mod profile;
mod reading;
mod reading_commands;
mod recovery;
mod reverse;
mod schema;
mod sense;
mod travel;
mod writing;
mod writing_commands;

pub use faults::Spot;
pub use profile::{Figure, Origin, Profile, ProfileError, Value};
pub use sense::{Code, SENSE_LENGTH, Sense, code, key};

use crate::media::Medium;
use abilities::Abilities;
use clock::{Stream, Ticks};
use commands::Activity;
use log::Log;
use mechanics::{Motion, Transport};
use mode::Mode;
use nexus::{Deferred, Nexus, Reservation};
use scsi::{BusError, Cdb, Device, Next, ResetCause, Status};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// What a drive has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Records written to the tape.
    pub blocks: u64,
    /// Filemarks written to the tape.
    pub marks: u64,
    /// Blocks and filemarks the host has read.
    pub read: u64,
    /// How often a written stream ended and the tape was backed up.
    pub repositions: u64,
    /// How often a stream that was read ended and the tape was backed up.
    pub read_repositions: u64,
    /// How often the buffer became low while writing, so that blocks were repeated.
    pub underruns: u64,
    /// Copies and gaps written to keep the tape moving.
    pub copies: u64,
    /// How often REQ paused in a WRITE because the buffer was full.
    pub pauses: u64,
    /// Those of them that came after the command's first byte: a blind transfer loses its data there.
    pub pauses_inside: u64,
    /// Blocks written again further on because they read back bad.
    pub rewrites: u64,
    /// Blocks that could not be written or read.
    pub bad: u64,
    /// Those of them that could not be read.
    pub unreadable: u64,
    /// Blocks that were good after they had been written again.
    pub rewritten: u64,
    /// How often the tape was backed up to try a block again that could not be read.
    pub rereads: u64,
    /// Bytes of the records written to the tape.
    pub bytes_written: u64,
    /// Bytes of the records the host has read.
    pub bytes_read: u64,
}

/// The state of a drive as people want to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriveState {
    /// No cartridge.
    Empty,
    /// The cartridge is unloaded.
    Unloaded,
    /// The tape is at rest.
    Stopped,
    /// The tape comes up to speed.
    Starting,
    /// The tape streams, writing.
    Writing,
    /// The tape streams, reading.
    Reading,
    /// The tape turns round at the end of a track.
    Turning,
    /// The tape stops and backs up.
    Repositioning,
    /// The tape is being loaded, rewound, spaced, wound or erased.
    Moving,
}

/// A tape drive.
///
/// Commands and their checks follow SCSI-2 (X3.131-1994), clauses 8 and 10; the figures are those of its [`Profile`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drive {
    transport: Transport,
    abilities: Abilities,
    mode: Mode,
    log: Log,
    activity: Activity,
    /// By SCSI ID.
    nexus: [Nexus; 8],
    deferred: Option<Deferred>,
    reservation: Option<Reservation>,
    /// The initiators whose data are in the buffer, a bit for each.
    writers: u8,
    /// The last WRITE was one of blocks of a fixed length.
    wrote_fixed: bool,
    /// The host was told of the early warning.
    told_warning: bool,
    /// What WRITE BUFFER has written.
    memory: Vec<u8>,
    initiator: u8,
}

impl Drive {
    /// A drive that is switched on at time 0 with this cartridge in it. `stream` is the drive's own source of mechanical jitter.
    ///
    /// # Errors
    /// When a figure of the profile contradicts another.
    pub fn new(
        profile: &Profile,
        medium: Option<Medium>,
        stream: Stream,
    ) -> Result<Drive, ProfileError> {
        profile.require_class("sequential")?;
        let (figures, abilities) = (profile.figures()?, profile.abilities()?);
        let mut drive = Drive {
            mode: Mode::new(&figures, &abilities),
            transport: Transport::new(figures, stream),
            abilities,
            log: Log::default(),
            activity: Activity::Idle,
            nexus: Default::default(),
            deferred: None,
            reservation: None,
            writers: 0,
            wrote_fixed: true,
            told_warning: false,
            memory: Vec::new(),
            initiator: 0,
        };
        drive.transport.medium = medium;
        drive.reset(Ticks::ZERO, ResetCause::PowerOn, &mut Tracer::default());
        Ok(drive)
    }

    /// Puts a cartridge in; the drive loads it and reports the change to every initiator.
    ///
    /// # Errors
    /// Gives the cartridge back when there is one in the drive already.
    pub fn insert(
        &mut self,
        now: Ticks,
        medium: Medium,
        tracer: &mut Tracer,
    ) -> Result<(), Medium> {
        self.transport.advance(now, tracer);
        if self.transport.medium.is_some() {
            return Err(medium);
        }
        self.transport.insert(now, medium, tracer);
        self.told_warning = false;
        self.nexus
            .iter_mut()
            .for_each(|nexus| nexus.attend(code::MEDIUM_CHANGED));
        Ok(())
    }

    /// Takes the cartridge out, with what is on the tape at `now`; what is still in the buffer is lost. `None` when there is none, or when
    /// its removal is prevented and `force` is not given.
    pub fn eject(&mut self, now: Ticks, force: bool, tracer: &mut Tracer) -> Option<Medium> {
        self.transport.advance(now, tracer);
        if self.removal_prevented() && !force {
            return None;
        }
        self.nexus
            .iter_mut()
            .for_each(|nexus| nexus.prevents = false);
        self.transport.eject()
    }

    /// The cartridge and what is on it: for verdicts and images. What is still in the buffer is not on it.
    pub fn medium(&self) -> Option<&Medium> {
        self.transport.medium.as_ref()
    }

    /// The cartridge, to be altered by a fault injector; the drive does not notice.
    pub fn medium_mut(&mut self) -> Option<&mut Medium> {
        self.transport.medium.as_mut()
    }

    /// What the drive has done.
    pub fn counters(&self) -> Counters {
        self.transport.counters
    }

    /// Bytes in the drive's buffer, in whole blocks.
    pub fn buffered(&self) -> u32 {
        self.transport.buffered_bytes()
    }

    /// Number of the block at which the host reads or writes next.
    pub fn position(&self) -> u64 {
        self.transport.next_written()
    }

    /// How far along the tape the head is, in micrometres from the beginning of the tape. While the tape is at rest before the place where it goes
    /// on, this is that place.
    pub fn tape_position(&self) -> u64 {
        self.transport.place() / 1000
    }

    /// Length of a fixed block after power-on, in bytes.
    pub fn block_length(&self) -> u64 {
        self.transport.figures.block as u64
    }

    /// What the tape does.
    pub fn state(&self) -> DriveState {
        match self.transport.motion {
            Motion::Empty => DriveState::Empty,
            Motion::Unloaded => DriveState::Unloaded,
            Motion::Stopped { .. } => DriveState::Stopped,
            Motion::Starting { .. } => DriveState::Starting,
            Motion::Writing { .. } => DriveState::Writing,
            Motion::Reading { .. } => DriveState::Reading,
            Motion::Turning { .. } => DriveState::Turning,
            Motion::Repositioning { .. } => DriveState::Repositioning,
            Motion::Moving { .. } => DriveState::Moving,
        }
    }

    /// True when the next WRITE is refused because the cartridge's plug is set to SAFE.
    pub fn write_protected(&self) -> bool {
        self.transport
            .medium
            .as_ref()
            .is_some_and(Medium::write_protected)
    }
}

impl Device for Drive {
    fn command(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        self.initiator = initiator & 7;
        self.activity = Activity::Decoding {
            until: now + self.transport.figures.command,
            cdb: *cdb,
            lun,
        };
    }

    fn next(&mut self, now: Ticks, tracer: &mut Tracer) -> Next {
        self.transport.advance(now, tracer);
        let next = self.proceed(now, tracer);
        debug_assert!(
            !matches!(next, Next::Wait(until) if until <= now),
            "a wait must end later than {now:?}"
        );
        next
    }

    fn take(&mut self, now: Ticks, byte: u8, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        self.taken(now, byte, tracer);
    }

    fn given(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        self.was_given(now, tracer);
    }

    fn fail(&mut self, now: Ticks, error: BusError, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        self.log.non_medium += 1;
        let [key, code, qualifier] = error.sense();
        self.activity = self.check(Sense::new(key, (code, qualifier)));
    }

    fn abort(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        self.activity = Activity::Idle;
    }

    /// After a reset the drive recalibrates and rewinds: it does not know where the head is. What was in the buffer is lost. Inferred from
    /// Archive's maintenance manual, 6.3.2: without a positioning command, writing begins at the beginning of the tape.
    fn reset(&mut self, now: Ticks, cause: ResetCause, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        self.activity = Activity::Idle;
        self.mode.reset(&mut self.transport.figures);
        self.nexus = std::array::from_fn(|_| Nexus::after_reset());
        self.deferred = None;
        self.reservation = None;
        self.writers = 0;
        self.told_warning = false;
        if cause == ResetCause::PowerOn {
            self.log = Log::default();
            self.memory.clear();
            self.unstick();
        }
        let time = match cause {
            ResetCause::PowerOn => self.transport.figures.load,
            ResetCause::BusReset | ResetCause::Message => self.transport.figures.recalibrate,
        };
        self.transport.load(now, time, tracer);
    }

    fn wake(&self) -> Ticks {
        self.transport.wake()
    }

    fn advance(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
    }

    fn byte_period(&self) -> Ticks {
        self.transport.figures.byte_period
    }

    fn sense(&self) -> [u8; 3] {
        let sense = self.pending_sense();
        [sense.key, sense.code.0, sense.code.1]
    }
}

/// Completes a command with CHECK CONDITION or GOOD.
impl Drive {
    fn check(&mut self, sense: Sense) -> Activity {
        self.nexus().sense = sense;
        Activity::Done(Status::CheckCondition)
    }
}

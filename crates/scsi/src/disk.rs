//! A SCSI hard disk of the late 1980s (SCSI-2, section 9; SCSI-1, section 8).

mod commands;
mod defects;
mod descriptor;
mod figures;
mod image;
mod maintenance;
mod mechanics;
mod mode;
mod nexus;
mod sense;
#[cfg(test)]
mod tests;
mod transfer;

pub use figures::DiskProfile;
pub use image::{BLOCK, Image};

use crate::{BusError, Cdb, Device, Next, ResetCause, Status};
use clock::{Stream, Ticks};
use commands::Job;
use defects::Surface;
use figures::Figures;
use mechanics::Mechanics;
use mode::Mode;
use nexus::{Nexus, Reservation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use trace::Tracer;
use transfer::{Dropouts, Transfer};

/// A hard disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Disk {
    figures: Figures,
    image: Image,
    surface: Surface,
    mechanics: Mechanics,
    mode: Mode,
    random: Stream,
    /// Faults at random.
    dropouts: Option<Dropouts>,
    spinning: bool,
    /// When it has come up to speed.
    turns_from: Ticks,
    /// By SCSI ID.
    nexus: [Nexus; 8],
    reservation: Option<Reservation>,
    initiator: u8,
    job: Job,
    cdb: Cdb,
    /// Nothing happens before this time: command overhead, a seek without data, spinning up.
    ready: Ticks,
    /// The block, reply or parameter list that is being transferred, and how much of it has been.
    bytes: Vec<u8>,
    done: u32,
    transfer: Transfer,
    /// What WRITE BUFFER has written.
    memory: Vec<u8>,
}

impl Disk {
    /// A drive of this model with the contents of `base`, which also set its capacity. `name` and `seed` choose its
    /// random streams.
    pub fn new(profile: DiskProfile, base: Arc<[u8]>, seed: u64, name: &str) -> Disk {
        let figures = profile.figures;
        let mut random = Stream::new(seed, name);
        let mechanics = Mechanics::new(&figures, &mut random);
        let image = Image::new(base);
        let defects = Stream::new(seed, &format!("{name}/defects"));
        Disk {
            surface: Surface::new(image.blocks(), &figures, defects),
            mode: Mode::new(&figures, image.blocks()),
            figures,
            image,
            mechanics,
            random,
            dropouts: None,
            spinning: true,
            turns_from: Ticks::ZERO,
            nexus: std::array::from_fn(|_| Nexus::after_reset()),
            reservation: None,
            initiator: 0,
            job: Job::Idle,
            cdb: Cdb::new(&[0; 6]),
            ready: Ticks::ZERO,
            bytes: Vec::with_capacity(BLOCK),
            done: 0,
            transfer: Transfer::default(),
            memory: Vec::new(),
        }
    }

    /// The contents.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The contents, to be changed from outside: the base after a snapshot.
    pub fn image_mut(&mut self) -> &mut Image {
        &mut self.image
    }

    /// Until `until` a pass of a sector fails at random, `per_million` of a million on average; `random` decides.
    pub fn set_dropouts(&mut self, per_million: u32, until: Ticks, random: Stream) {
        self.dropouts = Some(Dropouts {
            per_million,
            until,
            random,
        });
    }

    /// The arm does not move until `until`: commands that need it end with HARDWARE ERROR, MECHANICAL POSITIONING ERROR.
    pub fn stick(&mut self, until: Ticks) {
        self.mechanics.stick(until);
    }

    /// Until `until` every seek takes `percent` hundredths of its time.
    pub fn slow_down(&mut self, percent: u32, until: Ticks) {
        self.mechanics.slow_down(percent, until);
    }

    /// Waits; a long wait is offered to the initiator as a disconnection.
    #[inline]
    fn wait(&self, now: Ticks, until: Ticks) -> Next {
        if until.since(now) >= self.figures.disconnect {
            Next::Disconnect(until)
        } else {
            Next::Wait(until)
        }
    }
}

impl Device for Disk {
    fn command(&mut self, now: Ticks, initiator: u8, lun: u8, cdb: &Cdb, _tracer: &mut Tracer) {
        let jitter = self.random.ticks_below(self.figures.overhead_jitter);
        self.ready = now + self.figures.overhead + jitter;
        self.initiator = initiator & 7;
        self.cdb = *cdb;
        self.done = 0;
        self.transfer.media_done = Ticks::NEVER;
        self.job = self.execute(now, lun, cdb);
    }

    #[inline]
    fn next(&mut self, now: Ticks, _tracer: &mut Tracer) -> Next {
        if now < self.ready {
            return self.wait(now, self.ready);
        }
        self.run_media(now);
        match self.job {
            Job::Idle => Next::Status(Status::Good),
            Job::End(status) => Next::Status(status),
            Job::Reply(status) => match self.bytes.get(self.done as usize) {
                Some(&byte) => Next::DataIn(byte),
                None => Next::Status(status),
            },
            Job::Parameters(_) => Next::DataOut,
            Job::Read | Job::Write | Job::Compare | Job::Verify => self.transfer_step(now),
        }
    }

    #[inline]
    fn take(&mut self, now: Ticks, byte: u8, _tracer: &mut Tracer) {
        self.bytes.push(byte);
        match self.job {
            Job::Parameters(length) if self.bytes.len() as u32 == length => {
                self.job = self.parameters_taken(now);
            }
            Job::Write | Job::Compare if self.bytes.len() == BLOCK => {
                self.run_media(now);
                self.block_taken(now);
            }
            _ => {}
        }
    }

    #[inline]
    fn given(&mut self, now: Ticks, _tracer: &mut Tracer) {
        self.done += 1;
        if self.job == Job::Read && self.done as usize == BLOCK {
            self.run_media(now);
            self.block_given(now);
        }
    }

    fn fail(&mut self, now: Ticks, error: BusError, _tracer: &mut Tracer) {
        self.run_media(now);
        self.job = self.fail(error.sense());
    }

    fn abort(&mut self, now: Ticks, _tracer: &mut Tracer) {
        self.run_media(now);
        self.job = Job::Idle;
    }

    fn reset(&mut self, now: Ticks, cause: ResetCause, _tracer: &mut Tracer) {
        self.run_media(now);
        self.job = Job::Idle;
        self.transfer = Transfer::default();
        self.reservation = None;
        self.nexus = std::array::from_fn(|_| Nexus::after_reset());
        self.mode.reset();
        // At time zero the disk turns already: it stands in a case of its own and was switched on before.
        if cause == ResetCause::PowerOn && now > Ticks::ZERO {
            self.turns_from = now + self.figures.spin_up;
            self.mechanics.stick(Ticks::ZERO);
            self.memory.clear();
        }
        self.spinning = true;
        self.bytes.clear();
    }

    fn wake(&self) -> Ticks {
        // The heads are followed when somebody asks; nothing they do is seen before.
        Ticks::NEVER
    }

    fn advance(&mut self, _now: Ticks, _tracer: &mut Tracer) {}

    fn byte_period(&self) -> Ticks {
        self.figures.byte_period
    }

    fn sense(&self) -> [u8; 3] {
        self.nexus[usize::from(self.initiator)].sense.code
    }
}

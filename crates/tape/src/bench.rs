//! Measures what a drive makes of a host's rate.
//!
//! The host is a backup program of the time, without a Macintosh: it takes its time to get [`BURST`] bytes, then gives them to the drive with one WRITE as
//! fast as the drive's interface takes them, and so on in turn. While the drive holds it up it gets nothing.

use crate::drive::ProfileError;
use crate::{BlockCartridge, BlockDrive, Counters, Drive, Medium, Profile};
use clock::{Stream, Ticks};
use scsi::{Cdb, Device, Next, Status};
use trace::{Event, TapeEvent, Tracer};

/// Bytes of one WRITE command.
pub const BURST: u64 = 32 * 1024;
/// How long a rate is kept up before it is measured.
const WARM_UP: Ticks = Ticks::from_secs(20);
/// How long it is measured: a minute.
pub const SPAN: Ticks = Ticks::from_secs(60);

/// A device that can be measured.
pub trait Written: Device {
    /// Length of a block in bytes.
    fn block_length(&self) -> u64;
    /// What it has done.
    fn counters(&self) -> Counters;
    /// The command that writes so many blocks behind `before` others.
    fn write_command(before: u64, blocks: u64) -> [u8; 10];
}

impl Written for Drive {
    fn block_length(&self) -> u64 {
        Drive::block_length(self)
    }

    fn counters(&self) -> Counters {
        Drive::counters(self)
    }

    fn write_command(_before: u64, blocks: u64) -> [u8; 10] {
        let [.., high, middle, low] = blocks.to_be_bytes();
        [0x0A, 1, high, middle, low, 0, 0, 0, 0, 0]
    }
}

impl Written for BlockDrive {
    fn block_length(&self) -> u64 {
        BlockDrive::block_length(self)
    }

    fn counters(&self) -> Counters {
        BlockDrive::counters(self)
    }

    fn write_command(before: u64, blocks: u64) -> [u8; 10] {
        let address = (before as u32).to_be_bytes();
        let [.., high, low] = blocks.to_be_bytes();
        let [a, b, c, d] = address;
        [0x2A, 0, a, b, c, d, 0, high, low, 0]
    }
}

/// A host with a drive and nothing between them: every byte takes the interface's time, waits are waited for.
#[derive(Debug)]
pub struct Host<D = Drive> {
    drive: D,
    now: Ticks,
    tracer: Tracer,
    /// Blocks written.
    written: u64,
}

/// What a drive made of one host rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Bytes a second that the host has.
    pub host: u64,
    /// Bytes a second that it got rid of.
    pub reached: u64,
    /// How often the drive stopped and backed up in [`SPAN`].
    pub repositions: u64,
    /// Filler written, in the drive's frames of 512 bytes.
    pub filler: u64,
}

impl Host {
    /// A host whose drive has a blank cartridge and is ready.
    ///
    /// # Errors
    /// When a figure of the profile contradicts another.
    pub fn new(profile: &Profile) -> Result<Host, ProfileError> {
        let stream = Stream::new(1, "bench/tape");
        Drive::new(profile, Some(Medium::new()), stream).map(Host::with)
    }
}

impl Host<BlockDrive> {
    /// The same with a drive that has block addresses, and a formatted cartridge.
    ///
    /// # Errors
    /// When a figure of the profile contradicts another.
    pub fn of_blocks(profile: &Profile) -> Result<Host<BlockDrive>, ProfileError> {
        let stream = Stream::new(1, "bench/tape");
        BlockDrive::new(profile, Some(BlockCartridge::new()), stream).map(Host::with)
    }
}

impl<D: Written> Host<D> {
    fn with(drive: D) -> Host<D> {
        let mut host = Host {
            drive,
            now: Ticks::ZERO,
            tracer: Tracer::default(),
            written: 0,
        };
        host.rest(Ticks::from_secs(1200));
        // The unit attention of power-on.
        host.command(&[0; 6], 0);
        host
    }

    /// The drive.
    pub fn drive(&self) -> &D {
        &self.drive
    }

    /// The time.
    pub fn now(&self) -> Ticks {
        self.now
    }

    /// Lets time pass.
    pub fn rest(&mut self, time: Ticks) {
        self.now += time;
        self.drive.advance(self.now, &mut self.tracer);
    }

    /// Executes a command whole; data for it are zeros. Returns its status and the number of bytes the drive took.
    pub fn command(&mut self, cdb: &[u8], most: u64) -> (Status, u64) {
        let tracer = &mut self.tracer;
        self.drive.command(self.now, 7, 0, &Cdb::new(cdb), tracer);
        let mut taken = 0;
        loop {
            match self.drive.next(self.now, tracer) {
                Next::DataOut => {
                    assert!(taken < most, "{cdb:02x?} takes more than it says");
                    self.now += self.drive.byte_period();
                    self.drive.take(self.now, 0, tracer);
                    taken += 1;
                }
                Next::DataIn(_) => {
                    self.now += self.drive.byte_period();
                    self.drive.given(self.now, tracer);
                }
                Next::Status(status) => return (status, taken),
                Next::Wait(until) | Next::Disconnect(until) => self.now = until,
            }
        }
    }

    /// WRITE of [`BURST`] bytes, in the drive's own blocks.
    ///
    /// # Panics
    /// When the drive refuses it.
    pub fn write(&mut self) {
        let blocks = BURST / self.drive.block_length();
        let cdb = D::write_command(self.written, blocks);
        let (status, taken) = self.command(&cdb[..Cdb::length_of(cdb[0])], BURST);
        self.written += blocks;
        assert_eq!((status, taken), (Status::Good, BURST));
    }

    /// Feeds the drive for `time` at `rate` bytes a second; returns the bytes written and the time they took.
    pub fn feed(&mut self, rate: u64, time: Ticks) -> (u64, Ticks) {
        let begin = self.now;
        let transfer = self.drive.byte_period() * BURST;
        let pause = Ticks::at_rate(BURST, rate);
        let pause = pause.since(transfer.min(pause));
        let mut bytes = 0;
        while self.now.since(begin) < time {
            self.rest(pause);
            self.write();
            bytes += BURST;
        }
        (bytes, self.now.since(begin))
    }

    /// What the tape did since the last call.
    pub fn events(&mut self) -> Vec<(Ticks, TapeEvent)> {
        let tape = |record: trace::Record| match record.event {
            Event::Tape(event) => Some((record.at, event)),
            _ => None,
        };
        self.tracer.drain().filter_map(tape).collect()
    }
}

/// What a drive of this kind makes of a host of `rate` bytes a second.
///
/// # Errors
/// When a figure of the profile contradicts another.
pub fn throughput(profile: &Profile, rate: u64) -> Result<Point, ProfileError> {
    Ok(if profile.is_direct() {
        point(Host::of_blocks(profile)?, rate)
    } else {
        point(Host::new(profile)?, rate)
    })
}

fn point<D: Written>(mut host: Host<D>, rate: u64) -> Point {
    host.feed(rate, WARM_UP);
    let before = host.drive.counters();
    let (bytes, time) = host.feed(rate, SPAN);
    let after = host.drive.counters();
    Point {
        host: rate,
        reached: bytes * 1_000_000 / time.as_micros(),
        repositions: after.repositions - before.repositions,
        filler: after.copies - before.copies,
    }
}

/// What a drive is, in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Bytes a second at which it streams when its host is as fast as the interface.
    pub streaming: u64,
    /// What one underrun costs: see [`underrun`].
    pub underrun: Ticks,
    /// What it makes of host rates.
    pub curve: Vec<Point>,
}

/// Measures a kind of drive at these host rates, in bytes a second.
///
/// # Errors
/// When a figure of the profile contradicts another.
pub fn measure(profile: &Profile, rates: &[u64]) -> Result<Measured, ProfileError> {
    let curve: Result<Vec<Point>, ProfileError> = rates
        .iter()
        .map(|&rate| throughput(profile, rate))
        .collect();
    Ok(Measured {
        streaming: streaming_rate(profile)?,
        underrun: underrun(profile)?,
        curve: curve?,
    })
}

/// The rate, in bytes a second, at which the drive streams when its host is as fast as the interface.
///
/// # Errors
/// When a figure of the profile contradicts another.
pub fn streaming_rate(profile: &Profile) -> Result<u64, ProfileError> {
    Ok(throughput(profile, u64::from(u32::MAX))?.reached)
}

/// The time that one underrun costs: from the end of the stream to the next, with data that wait in the buffer meanwhile.
///
/// # Errors
/// When a figure of the profile contradicts another.
pub fn underrun(profile: &Profile) -> Result<Ticks, ProfileError> {
    Ok(if profile.is_direct() {
        one_underrun(Host::of_blocks(profile)?)
    } else {
        one_underrun(Host::new(profile)?)
    })
}

fn one_underrun<D: Written>(mut host: Host<D>) -> Ticks {
    host.feed(u64::from(u32::MAX), WARM_UP);
    host.events();
    let stopped = loop {
        host.rest(Ticks::from_millis(1));
        if let Some((at, _)) = host
            .events()
            .into_iter()
            .find(|(_, event)| matches!(event, TapeEvent::Reposition { .. }))
        {
            break at;
        }
    };
    host.feed(u64::from(u32::MAX), Ticks::from_secs(10));
    let again = host
        .events()
        .into_iter()
        .find(|(_, event)| matches!(event, TapeEvent::Streaming))
        .map_or(host.now, |(at, _)| at);
    again.since(stopped)
}

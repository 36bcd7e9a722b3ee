//! A tape drive with block addresses: a SCSI direct-access device whose medium is a tape.
//!
//! Apple's description of such a drive (article TA45469): a block-type device; standard SCSI commands give it logical addresses, which it makes
//! physical ones; data are buffered meanwhile. Which commands there are beside FORMAT UNIT and READ CAPACITY, which a driver of the time used
//! (BTNtape), is assumed to be what SCSI-2, clause 9, makes mandatory for direct access.

mod mechanics;

pub use mechanics::BlockCartridge;

use crate::Counters;
use crate::drive::{Code, Profile, ProfileError, Sense, code, key};
use clock::{Stream, Ticks};
use mechanics::{Motion, Transport};
use scsi::{BusError, Cdb, Device, Next, ResetCause, Status};
use serde::{Deserialize, Serialize};
use trace::Tracer;

const TEST_UNIT_READY: u8 = 0x00;
const REZERO_UNIT: u8 = 0x01;
const REQUEST_SENSE: u8 = 0x03;
const FORMAT_UNIT: u8 = 0x04;
const READ_6: u8 = 0x08;
const WRITE_6: u8 = 0x0A;
const SEEK_6: u8 = 0x0B;
const INQUIRY: u8 = 0x12;
const RESERVE: u8 = 0x16;
const RELEASE: u8 = 0x17;
const MODE_SENSE: u8 = 0x1A;
const START_STOP_UNIT: u8 = 0x1B;
const SEND_DIAGNOSTIC: u8 = 0x1D;
const READ_CAPACITY: u8 = 0x25;
const READ_10: u8 = 0x28;
const WRITE_10: u8 = 0x2A;

/// Logical block address out of range (SCSI-2, table 71).
const OUT_OF_RANGE: Code = (0x21, 0x00);
/// In FORMAT UNIT's byte 1: status at once (BTNtape, formattape).
const FORMAT_IMMEDIATE: u8 = 0x80;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Activity {
    #[default]
    Idle,
    Decoding {
        until: Ticks,
        cdb: Cdb,
        lun: u8,
    },
    Send {
        bytes: Vec<u8>,
        sent: usize,
    },
    Write {
        address: u32,
        left: u32,
        data: Vec<u8>,
    },
    Read {
        address: u32,
        left: u32,
        sent: usize,
    },
    /// Until the tape is at rest and nothing is left to write; then GOOD.
    Settling,
    Done(Status),
}

/// A tape drive with block addresses, as its [`Profile`] (`class` direct) describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BlockDrive {
    transport: Transport,
    activity: Activity,
    sense: [Sense; 8],
    attention: [Option<Code>; 8],
    reserved_by: Option<u8>,
    initiator: u8,
}

impl BlockDrive {
    /// A drive that is switched on at time 0 with this cartridge in it.
    ///
    /// # Errors
    /// When a figure of the profile contradicts another.
    pub fn new(
        profile: &Profile,
        cartridge: Option<BlockCartridge>,
        stream: Stream,
    ) -> Result<BlockDrive, ProfileError> {
        profile.require_class("direct")?;
        let mut drive = BlockDrive {
            transport: Transport::new(profile.figures()?, cartridge, stream),
            activity: Activity::Idle,
            sense: [Sense::default(); 8],
            attention: [None; 8],
            reserved_by: None,
            initiator: 0,
        };
        drive.reset(Ticks::ZERO, ResetCause::PowerOn, &mut Tracer::default());
        Ok(drive)
    }

    /// Puts a cartridge in, which the drive retensions and calibrates for.
    ///
    /// # Errors
    /// Gives the cartridge back when there is one in the drive already.
    pub fn insert(
        &mut self,
        now: Ticks,
        cartridge: BlockCartridge,
        tracer: &mut Tracer,
    ) -> Result<(), BlockCartridge> {
        self.transport.advance(now, tracer);
        if self.transport.cartridge.is_some() {
            return Err(cartridge);
        }
        self.transport.cartridge = Some(cartridge);
        self.attention = [Some(code::MEDIUM_CHANGED); 8];
        let time = self.transport.figures.load;
        self.transport.load(now, time, tracer);
        Ok(())
    }

    /// The cartridge and what is on it by now; what is still in the buffer is not.
    pub fn cartridge(&self) -> Option<&BlockCartridge> {
        self.transport.cartridge.as_ref()
    }

    /// What the drive has done.
    pub fn counters(&self) -> Counters {
        self.transport.counters
    }

    /// Length of a block in bytes.
    pub fn block_length(&self) -> u64 {
        self.transport.figures.block as u64
    }

    /// Bytes in the drive's buffer that are still to be written.
    pub fn buffered(&self) -> u32 {
        (self.transport.queue.len() * self.transport.figures.block) as u32
    }

    fn check(&mut self, sense: Sense) -> Activity {
        self.sense[usize::from(self.initiator)] = sense;
        Activity::Done(Status::CheckCondition)
    }

    fn pending(&self) -> Sense {
        let initiator = usize::from(self.initiator);
        match self.attention[initiator] {
            _ if !self.sense[initiator].is_clear() => self.sense[initiator],
            Some(code) => Sense::new(key::UNIT_ATTENTION, code),
            None => Sense::default(),
        }
    }

    fn send(data: &[u8], at_most: usize) -> Activity {
        Activity::Send {
            bytes: data[..data.len().min(at_most)].to_vec(),
            sent: 0,
        }
    }

    fn inquiry(&self, lun: u8) -> [u8; 36] {
        let figures = &self.transport.figures;
        let mut data = [0; 36];
        // Direct access, or no such unit; removable.
        data[..5].copy_from_slice(&[
            if lun == 0 { 0 } else { 0x7F },
            0x80,
            figures.ansi_version,
            figures.ansi_version,
            31,
        ]);
        data[8..16].copy_from_slice(&figures.vendor);
        data[16..32].copy_from_slice(&figures.product);
        data[32..].copy_from_slice(&figures.revision);
        data
    }

    /// Number of blocks and their length, as in READ CAPACITY and the block descriptor.
    fn descriptor(&self, blocks: u32) -> [u8; 8] {
        let mut data = [0; 8];
        data[..4].copy_from_slice(&blocks.to_be_bytes());
        data[4..].copy_from_slice(&(self.transport.figures.block as u32).to_be_bytes());
        data
    }

    fn execute(&mut self, now: Ticks, cdb: &[u8], lun: u8) -> Activity {
        let initiator = usize::from(self.initiator);
        if cdb[0] == REQUEST_SENSE {
            let sense = if lun == 0 {
                self.pending()
            } else {
                Sense::illegal(code::UNIT)
            };
            if self.sense[initiator].is_clear() {
                self.attention[initiator] = None;
            }
            self.sense[initiator] = Sense::default();
            let wanted = if cdb[4] == 0 { 4 } else { usize::from(cdb[4]) };
            return Self::send(&sense.bytes(), wanted);
        }
        self.sense[initiator] = Sense::default();
        if cdb[0] == INQUIRY {
            return Self::send(&self.inquiry(lun), usize::from(cdb[4]));
        }
        // FORMAT UNIT has a bit of its own in the field where SCSI-1 has the logical unit.
        if lun != 0 && cdb[0] != FORMAT_UNIT {
            return self.check(Sense::illegal(code::UNIT));
        }
        if self
            .reserved_by
            .is_some_and(|owner| owner != self.initiator)
        {
            return Activity::Done(Status::ReservationConflict);
        }
        if let Some(code) = self.attention[initiator].take() {
            return self.check(Sense::new(key::UNIT_ATTENTION, code));
        }
        match cdb[0] {
            RESERVE | RELEASE => {
                self.reserved_by = (cdb[0] == RESERVE).then_some(self.initiator);
                return Activity::Done(Status::Good);
            }
            SEND_DIAGNOSTIC => return Activity::Done(Status::Good),
            START_STOP_UNIT => return self.start_stop(now, cdb),
            _ => {}
        }
        let unready = match self.transport.motion {
            Motion::Empty => Some(code::NO_MEDIUM),
            Motion::Unloaded => Some(code::NEEDS_LOAD),
            Motion::Loading { .. } | Motion::Formatting { .. } => Some(code::BECOMING_READY),
            _ => None,
        };
        let known = [
            TEST_UNIT_READY,
            REZERO_UNIT,
            FORMAT_UNIT,
            READ_6,
            WRITE_6,
            SEEK_6,
            MODE_SENSE,
            READ_CAPACITY,
            READ_10,
            WRITE_10,
        ];
        match unready {
            _ if !known.contains(&cdb[0]) => self.check(Sense::illegal(code::OPERATION)),
            Some(code) => self.check(Sense::new(key::NOT_READY, code)),
            None => self.medium_command(now, cdb),
        }
    }

    /// Unloading ends what was read; what is to be written goes to tape first.
    fn start_stop(&mut self, now: Ticks, cdb: &[u8]) -> Activity {
        let start = cdb[4] & 1 != 0;
        match self.transport.motion {
            Motion::Empty => self.check(Sense::new(key::NOT_READY, code::NO_MEDIUM)),
            Motion::Unloaded if start => {
                let time = self.transport.figures.load;
                self.transport.load(now, time, &mut Tracer::default());
                Activity::Settling
            }
            Motion::Stopped if !start && self.transport.queue.is_empty() => {
                self.transport.motion = Motion::Unloaded;
                self.transport.forget();
                Activity::Done(Status::Good)
            }
            _ => Activity::Settling,
        }
    }

    fn medium_command(&mut self, now: Ticks, cdb: &[u8]) -> Activity {
        let protected = self
            .transport
            .cartridge
            .as_ref()
            .is_some_and(|cartridge| cartridge.write_protected);
        let number = |at: usize, len: usize| {
            cdb[at..at + len]
                .iter()
                .fold(0, |value, &byte| value << 8 | u32::from(byte))
        };
        let (address, count) = match cdb[0] {
            READ_10 | WRITE_10 => (number(2, 4), number(7, 2)),
            // A count of 0 is 256 blocks (SCSI-2, 9.2.5).
            _ => (
                number(1, 3) & 0x1F_FFFF,
                if cdb[4] == 0 { 256 } else { number(4, 1) },
            ),
        };
        let reaches = u64::from(address) + u64::from(count) <= u64::from(self.transport.blocks());
        match cdb[0] {
            WRITE_6 | WRITE_10 | FORMAT_UNIT if protected => {
                self.check(Sense::new(key::DATA_PROTECT, code::WRITE_PROTECTED))
            }
            READ_6 | WRITE_6 | READ_10 | WRITE_10 if !reaches => {
                self.check(Sense::illegal(OUT_OF_RANGE))
            }
            READ_6 | READ_10 => Activity::Read {
                address,
                left: count,
                sent: 0,
            },
            WRITE_6 | WRITE_10 => {
                self.transport.forget();
                Activity::Write {
                    address,
                    left: count,
                    data: Vec::new(),
                }
            }
            FORMAT_UNIT if self.transport.motion != Motion::Stopped => Activity::Decoding {
                until: self.transport.wake(),
                cdb: Cdb::new(cdb),
                lun: 0,
            },
            FORMAT_UNIT => {
                self.transport.format(now);
                if cdb[1] & FORMAT_IMMEDIATE != 0 {
                    Activity::Done(Status::Good)
                } else {
                    Activity::Settling
                }
            }
            REZERO_UNIT | SEEK_6 => Activity::Settling,
            READ_CAPACITY => Self::send(&self.descriptor(self.transport.blocks() - 1), 8),
            MODE_SENSE if cdb[2] & 0x3F != 0 => self.check(Sense::illegal(code::FIELD_IN_CDB)),
            MODE_SENSE => {
                let mut data = vec![11, 0, u8::from(protected) << 7, 8];
                data.extend(self.descriptor(self.transport.blocks()));
                Self::send(&data, usize::from(cdb[4]))
            }
            _ => Activity::Done(Status::Good),
        }
    }

    /// What comes next on the bus; `None` when the activity has changed.
    fn step(&mut self, now: Ticks, tracer: &mut Tracer) -> Option<Next> {
        let wait = |transport: &Transport| Some(Next::Wait(transport.wake()));
        match &mut self.activity {
            Activity::Idle => unreachable!("next is asked only during a command"),
            Activity::Decoding { until, .. } if *until > now => return Some(Next::Wait(*until)),
            Activity::Decoding { cdb, lun, .. } => {
                let (cdb, lun) = (*cdb, *lun);
                self.activity = self.execute(now, cdb.bytes(), lun);
            }
            Activity::Send { bytes, sent } => match bytes.get(*sent) {
                Some(&byte) => return Some(Next::DataIn(byte)),
                None => self.activity = Activity::Done(Status::Good),
            },
            Activity::Write { left: 0, .. } | Activity::Read { left: 0, .. } => {
                self.activity = Activity::Done(Status::Good);
            }
            Activity::Write { data, .. } => {
                if data.is_empty() && self.transport.queue.len() >= self.transport.room() {
                    return wait(&self.transport);
                }
                return Some(Next::DataOut);
            }
            Activity::Read { address, sent, .. } => {
                let transport = &mut self.transport;
                if !transport.queue.is_empty() {
                    return wait(transport);
                }
                let read = transport.first..transport.first + transport.ahead;
                if transport.reading && read.contains(address) {
                    let skipped = *address - transport.first;
                    transport.first += skipped;
                    transport.ahead -= skipped;
                    let block = transport
                        .cartridge
                        .as_ref()
                        .and_then(|cartridge| cartridge.block(*address));
                    return Some(Next::DataIn(block.map_or(0, |block| block[*sent])));
                }
                if !transport.reading || transport.first + transport.ahead != *address {
                    transport.reading = true;
                    transport.first = *address;
                    transport.ahead = 0;
                }
                transport.consider(now, tracer);
                return wait(transport);
            }
            Activity::Settling => {
                self.transport.forget();
                if self.transport.motion != Motion::Stopped || !self.transport.queue.is_empty() {
                    return wait(&self.transport);
                }
                self.activity = Activity::Done(Status::Good);
            }
            Activity::Done(status) => return Some(Next::Status(*status)),
        }
        None
    }
}

impl Device for BlockDrive {
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
        loop {
            if let Some(next) = self.step(now, tracer) {
                return next;
            }
        }
    }

    fn take(&mut self, now: Ticks, byte: u8, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        let Activity::Write {
            address,
            left,
            data,
        } = &mut self.activity
        else {
            unreachable!("no byte was asked for");
        };
        data.push(byte);
        if data.len() == self.transport.figures.block {
            let block = (*address, std::mem::take(data));
            *address += 1;
            *left -= 1;
            self.transport.queue.push_back(block);
            self.transport.consider(now, tracer);
        }
    }

    fn given(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        match &mut self.activity {
            Activity::Send { sent, .. } => *sent += 1,
            Activity::Read {
                address,
                left,
                sent,
            } => {
                *sent += 1;
                if *sent == self.transport.figures.block {
                    *sent = 0;
                    *left -= 1;
                    *address += 1;
                    self.transport.first += 1;
                    self.transport.ahead -= 1;
                    self.transport.counters.read += 1;
                    self.transport.consider(now, tracer);
                }
            }
            _ => unreachable!("no byte was offered"),
        }
    }

    fn fail(&mut self, now: Ticks, error: BusError, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        let [key, code, qualifier] = error.sense();
        self.activity = self.check(Sense::new(key, (code, qualifier)));
    }

    fn abort(&mut self, now: Ticks, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        self.activity = Activity::Idle;
    }

    fn reset(&mut self, now: Ticks, cause: ResetCause, tracer: &mut Tracer) {
        self.transport.advance(now, tracer);
        self.activity = Activity::Idle;
        self.sense = [Sense::default(); 8];
        self.attention = [Some(code::RESET); 8];
        self.reserved_by = None;
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
        let sense = self.pending();
        [sense.key, sense.code.0, sense.code.1]
    }
}

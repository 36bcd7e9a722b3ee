//! A host that drives the device without a bus: every byte takes its time, waits are waited for.
#![allow(dead_code)]

use clock::{Stream, Ticks};
use scsi::{Cdb, Device, Next, ResetCause, Status};
use tape::{Drive, Medium, Profile};
use trace::{Event, TapeEvent, Tracer};

pub const BLOCK: usize = 512;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub status: Status,
    /// Bytes the drive gave.
    pub data: Vec<u8>,
    /// Bytes the drive took.
    pub taken: usize,
    /// Longest time between two bytes, and the number of the byte before which it was.
    pub longest: (Ticks, usize),
}

pub struct Host {
    pub drive: Drive,
    pub tracer: Tracer,
    pub now: Ticks,
    /// Bytes a second the host moves when the drive does not hold it up.
    pub rate: u64,
    pub initiator: u8,
}

impl Host {
    /// A host with a drive that has just become ready; its unit attention has been taken.
    pub fn new(profile: &Profile, medium: Medium) -> Host {
        let mut host = Host::cold(profile, Some(medium));
        host.now = Ticks::from_secs(60);
        host.command(&[0; 6], &[]);
        host
    }

    /// A host with a drive at the moment of power-on.
    pub fn cold(profile: &Profile, medium: Option<Medium>) -> Host {
        let drive = Drive::new(profile, medium, Stream::new(1, "server/tape")).unwrap();
        Host {
            drive,
            tracer: Tracer::default(),
            now: Ticks::ZERO,
            rate: 450_000,
            initiator: 7,
        }
    }

    pub fn viper() -> Host {
        Host::new(&Profile::viper_150(), Medium::new())
    }

    /// Executes a command whole.
    pub fn command(&mut self, cdb: &[u8], out: &[u8]) -> Done {
        self.command_to(0, cdb, out)
    }

    pub fn command_to(&mut self, lun: u8, cdb: &[u8], out: &[u8]) -> Done {
        self.drive.command(
            self.now,
            self.initiator,
            lun,
            &Cdb::new(cdb),
            &mut self.tracer,
        );
        let byte_time = Ticks::at_rate(1, self.rate).max(self.drive.byte_period());
        let (mut data, mut taken, mut longest, mut last) =
            (Vec::new(), 0, (Ticks::ZERO, 0), self.now);
        loop {
            let next = self.drive.next(self.now, &mut self.tracer);
            assert_eq!(
                next,
                self.drive.next(self.now, &mut self.tracer),
                "asking twice gives the same answer"
            );
            match next {
                Next::Wait(until) | Next::Disconnect(until) => {
                    assert!(
                        until > self.now && until < Ticks::NEVER,
                        "waits until {until:?} at {:?}",
                        self.now
                    );
                    self.now = until;
                    continue;
                }
                Next::Status(status) => {
                    return Done {
                        status,
                        data,
                        taken,
                        longest,
                    };
                }
                _ => {}
            }
            if self.now.since(last) > longest.0 {
                longest = (self.now.since(last), data.len() + taken);
            }
            self.now += byte_time;
            last = self.now;
            if let Next::DataIn(byte) = next {
                data.push(byte);
                self.drive.given(self.now, &mut self.tracer);
            } else {
                let byte = *out
                    .get(taken)
                    .expect("the drive takes no more than the command says");
                self.drive.take(self.now, byte, &mut self.tracer);
                taken += 1;
            }
        }
    }

    /// Lets time pass.
    pub fn rest(&mut self, time: Ticks) {
        self.now += time;
        self.drive.advance(self.now, &mut self.tracer);
    }

    pub fn reset(&mut self) {
        self.drive
            .reset(self.now, ResetCause::BusReset, &mut self.tracer);
    }

    /// WRITE(6) of whole blocks.
    pub fn write(&mut self, data: &[u8]) -> Done {
        let [_, high, middle, low] = ((data.len() / BLOCK) as u32).to_be_bytes();
        self.command(&[0x0A, 1, high, middle, low, 0], data)
    }

    pub fn filemarks(&mut self, count: u8, immediate: bool) -> Done {
        self.command(&[0x10, u8::from(immediate), 0, 0, count, 0], &[])
    }

    /// READ(6) of whole blocks.
    pub fn read(&mut self, count: u8) -> Done {
        self.command(&[0x08, 1, 0, 0, count, 0], &[])
    }

    pub fn rewind(&mut self) -> Done {
        self.command(&[0x01, 0, 0, 0, 0, 0], &[])
    }

    pub fn space(&mut self, code: u8, count: i32) -> Done {
        let [_, high, middle, low] = count.to_be_bytes();
        self.command(&[0x11, code, high, middle, low, 0], &[])
    }

    /// LOCATE to a block.
    pub fn locate(&mut self, block: u64) {
        let [a, b, c, d] = (block as u32).to_be_bytes();
        self.succeeds(&[0x2B, 0, 0, a, b, c, d, 0, 0, 0], &[]);
    }

    /// Sets a bit of a mode page: MODE SENSE, MODE SELECT.
    pub fn set_page_bit(&mut self, page: u8, at: usize, bit: u8) {
        let mut list = self.succeeds(&[0x1A, 8, page, 0, 255, 0], &[]).data;
        list[0] = 0;
        list[4] &= 0x7F;
        list[4 + at] |= bit;
        let len = list.len() as u8;
        self.succeeds(&[0x15, 0x10, 0, 0, len, 0], &list);
    }

    /// REQUEST SENSE, as the drive gives it.
    pub fn sense(&mut self) -> Vec<u8> {
        self.command(&[0x03, 0, 0, 0, 18, 0], &[]).data
    }

    /// Takes a command that ends with CHECK CONDITION, and its sense data: response code, byte 2, code and qualifier, information if it is valid.
    pub fn fails(&mut self, cdb: &[u8], out: &[u8]) -> (u8, u8, (u8, u8), Option<i32>) {
        let done = self.command(cdb, out);
        assert_eq!(done.status, Status::CheckCondition, "{cdb:02x?}");
        self.told()
    }

    /// The sense data in short.
    pub fn told(&mut self) -> (u8, u8, (u8, u8), Option<i32>) {
        let sense = self.sense();
        let information = i32::from_be_bytes(sense[3..7].try_into().unwrap());
        (
            sense[0] & 0x7F,
            sense[2],
            (sense[12], sense[13]),
            (sense[0] & 0x80 != 0).then_some(information),
        )
    }

    pub fn succeeds(&mut self, cdb: &[u8], out: &[u8]) -> Done {
        let done = self.command(cdb, out);
        assert_eq!(
            done.status,
            Status::Good,
            "{cdb:02x?}: {:02x?}",
            self.sense()
        );
        done
    }

    /// What the tape did since the last call.
    pub fn events(&mut self) -> Vec<(Ticks, TapeEvent)> {
        let tape = |record: trace::Record| match record.event {
            Event::Tape(event) => Some((record.at, event)),
            _ => None,
        };
        self.tracer.drain().filter_map(tape).collect()
    }

    pub fn medium(&self) -> &Medium {
        self.drive.medium().unwrap()
    }
}

/// A block whose bytes tell which it is.
pub fn block(number: u32) -> Vec<u8> {
    (0..BLOCK as u32)
        .map(|at| (number.wrapping_mul(31) + at) as u8)
        .collect()
}

pub fn blocks(numbers: std::ops::Range<u32>) -> Vec<u8> {
    numbers.flat_map(block).collect()
}

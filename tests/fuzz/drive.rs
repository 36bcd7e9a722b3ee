//! Any bytes as commands and data to a tape drive: nothing panics, every command comes to a status, and time goes on.
//!
//! The first byte chooses the drive. Then one step follows another: a byte below E0h is a command (its bits choose the initiator, whether
//! that initiator allows disconnection, and how many bytes of the input are its data), the rest is rest, reset, and change of the cartridge.

#![allow(dead_code)]

use clock::{Stream, Ticks};
use scsi::initiator::{Failure, Initiator};
use scsi::{Cdb, Device, Next, ResetCause, ScsiBus};
use std::sync::OnceLock;
use tape::{Drive, Medium, Profile};
use trace::Tracer;

/// A drive with a tape and a buffer so small that a few commands meet every end.
fn drive(name: &str) -> Drive {
    let mut profile = Profile::named(name).unwrap();
    for (key, value) in [
        ("tape.tracks", "2"),
        ("tape.track-blocks", "64"),
        ("tape.early-warning", "32"),
        ("tape.physical-block", "512"),
        ("tape.group", "1024"),
        ("tape.filemark", "512"),
        ("tape.longest", "1024"),
        ("tape.start-level", "1024"),
        ("tape.low-level", "512"),
        ("tape.resume", "0"),
        ("tape.read-level", "1024"),
        ("tape.buffer", "4096"),
    ] {
        profile.set(key, value).unwrap();
    }
    let mut medium = Medium::new();
    medium.set_defect(7, true);
    (100..120).for_each(|frame| medium.set_defect(frame, true));
    Drive::new(&profile, Some(medium), Stream::new(1, "fuzz")).unwrap()
}

/// Where the bus begins: when the drives are ready.
const READY: Ticks = Ticks::from_secs(600);

/// The drive that the first byte chooses, ready or at the moment of power-on.
fn chosen(choice: u8, ready: bool) -> Drive {
    const NAMES: [&str; 7] = [
        "archive-viper-150",
        "wangtek-5150es",
        "teac-mt-2st-n50",
        "hp-35470a",
        "hp-35480a",
        "exabyte-exb-8200",
        "scsi-2-dds",
    ];
    static DRIVES: OnceLock<[Vec<Drive>; 2]> = OnceLock::new();
    let drives = DRIVES.get_or_init(|| {
        let cold = NAMES.map(drive);
        let mut ready = cold.clone();
        for drive in &mut ready {
            drive.advance(READY, &mut Tracer::default());
        }
        [cold.into(), ready.into()]
    });
    let drives = &drives[usize::from(ready)];
    drives[usize::from(choice) % drives.len()].clone()
}

/// What is between the host and the drive.
trait Port {
    fn now(&self) -> Ticks;
    fn command(&mut self, step: u8, cdb: &[u8], out: &[u8]);
    fn rest(&mut self, time: Ticks);
    fn reset(&mut self);
    fn change(&mut self, forced: bool, protected: bool);
}

const INITIATORS: [u8; 4] = [7, 6, 5, 1];

/// Nothing.
struct Direct {
    drive: Drive,
    now: Ticks,
    tracer: Tracer,
}

impl Port for Direct {
    fn now(&self) -> Ticks {
        self.now
    }

    fn command(&mut self, step: u8, cdb: &[u8], out: &[u8]) {
        let (drive, tracer) = (&mut self.drive, &mut self.tracer);
        let initiator = INITIATORS[usize::from(step & 3)];
        let (mut moved, mut waits) = (0, 0);
        self.now += Ticks(1);
        drive.command(self.now, initiator, 0, &Cdb::new(cdb), tracer);
        loop {
            let next = drive.next(self.now, tracer);
            match next {
                Next::Status(_) => break,
                Next::Wait(until) | Next::Disconnect(until) => {
                    assert!(until > self.now && until < Ticks::NEVER, "{cdb:02x?}");
                    self.now = until;
                    waits += 1;
                    assert!(waits < 1_000_000, "{cdb:02x?} waits for ever");
                    continue;
                }
                // The host loses interest.
                _ if moved == out.len() => {
                    drive.abort(self.now, tracer);
                    break;
                }
                Next::DataOut => {
                    self.now += drive.byte_period();
                    drive.take(self.now, out[moved], tracer);
                }
                Next::DataIn(_) => {
                    self.now += drive.byte_period();
                    drive.given(self.now, tracer);
                }
            }
            moved += 1;
        }
        tracer.drain().for_each(drop);
    }

    fn rest(&mut self, time: Ticks) {
        self.now += time;
        self.drive.advance(self.now, &mut self.tracer);
    }

    fn reset(&mut self) {
        self.now += Ticks(1);
        self.drive
            .reset(self.now, ResetCause::BusReset, &mut self.tracer);
    }

    fn change(&mut self, forced: bool, protected: bool) {
        self.now += Ticks(1);
        change(&mut self.drive, self.now, forced, protected);
    }
}

fn change(drive: &mut Drive, now: Ticks, forced: bool, protected: bool) {
    let mut silent = Tracer::default();
    let mut medium = drive.eject(now, forced, &mut silent).unwrap_or_default();
    medium.set_write_protected(protected);
    let _ = drive.insert(now, medium, &mut silent);
}

/// A bus, with every handshake on it.
struct Bus {
    bus: ScsiBus<Drive>,
    tracer: Tracer,
}

impl Port for Bus {
    fn now(&self) -> Ticks {
        self.bus.now()
    }

    fn command(&mut self, step: u8, cdb: &[u8], out: &[u8]) {
        let mut initiator = Initiator::new();
        initiator.id = INITIATORS[usize::from(step & 3)];
        initiator.identify = [None, Some(0x80), Some(0xC0)][usize::from(step >> 2) % 3];
        initiator.patience = Ticks::from_secs(1_000_000);
        let before = self.bus.now();
        match initiator.command(&mut self.bus, before, 0, cdb, out, &mut self.tracer) {
            Ok(outcome) => assert!(
                [0x00, 0x02, 0x08, 0x18].contains(&outcome.status),
                "{cdb:02x?}: {outcome:?}"
            ),
            // It wanted more than was here: the initiator clears the bus.
            Err(Failure::TooMuchDataOut) => {
                let now = self.bus.now();
                initiator.reset(&mut self.bus, now, &mut self.tracer);
            }
            Err(failure) => panic!("{cdb:02x?}: {failure}"),
        }
        self.tracer.drain().for_each(drop);
    }

    fn rest(&mut self, time: Ticks) {
        let until = self.bus.now() + time;
        self.bus.advance(until, &mut self.tracer);
    }

    fn reset(&mut self) {
        let now = self.bus.now();
        Initiator::new().reset(&mut self.bus, now, &mut self.tracer);
    }

    fn change(&mut self, forced: bool, protected: bool) {
        let now = self.bus.now();
        self.bus
            .with_device(0, |drive: &mut Drive| change(drive, now, forced, protected));
        self.bus.advance(now + Ticks(1), &mut self.tracer);
    }
}

/// Steps of one input.
const STEPS: usize = 60;
/// Bytes that a command can take: more than the longest block.
const DATA: usize = 1200;

fn drive_with(port: &mut dyn Port, mut input: &[u8]) {
    let mut out = Vec::with_capacity(DATA);
    let mut take = |count: usize| {
        let (taken, rest) = input.split_at(count.min(input.len()));
        input = rest;
        taken
    };
    for _ in 0..STEPS {
        let [step] = *take(1) else { return };
        let before = port.now();
        match step {
            0..0xE0 => {
                let [operation] = *take(1) else { return };
                let mut cdb = [0; 12];
                let cdb = &mut cdb[..Cdb::length_of(operation)];
                cdb[0] = operation;
                let fields = take(cdb.len() - 1);
                cdb[1..=fields.len()].copy_from_slice(fields);
                out.clear();
                out.extend_from_slice(take(usize::from(step >> 4) * 4));
                out.resize(DATA, step);
                port.command(step, cdb, &out);
            }
            0xE0..0xF0 => {
                let [tenths] = *take(1) else { return };
                port.rest(Ticks::from_millis(u64::from(tenths) * 100 + 1));
            }
            0xF0..0xF4 => port.reset(),
            _ => port.change(step & 2 != 0, step & 1 != 0),
        }
        assert!(port.now() > before, "time goes on");
    }
}

/// The input as commands to a drive that the host calls directly.
pub fn direct(input: &[u8]) {
    if let Some((&choice, input)) = input.split_first() {
        let (drive, now, tracer) = (chosen(choice, true), READY, Tracer::default());
        drive_with(&mut Direct { drive, now, tracer }, input);
    }
}

/// The same through a bus and a target port.
pub fn through_bus(input: &[u8]) {
    if let Some((&choice, input)) = input.split_first() {
        let (mut bus, tracer) = (ScsiBus::new(), Tracer::default());
        bus.attach(0, chosen(choice, false));
        let mut port = Bus { bus, tracer };
        port.rest(READY);
        drive_with(&mut port, input);
    }
}

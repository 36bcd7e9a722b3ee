//! Any bytes as commands and data to a tape drive behind its target port: nothing panics, every command comes to a status, and time goes on.
//!
//! The first byte chooses the drive. Then one step follows another: a byte below E0h is a command (its bits choose the initiator, whether
//! that initiator allows disconnection, and how many bytes of the input are its data), the rest is rest, reset, and change of the cartridge.

#![no_main]

use clock::{Stream, Ticks};
use libfuzzer_sys::fuzz_target;
use scsi::initiator::{Failure, Initiator};
use scsi::{Cdb, ScsiBus};
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
        ("tape.longest", "4096"),
        ("tape.start-level", "1024"),
        ("tape.low-level", "512"),
        ("tape.resume", "0"),
        ("tape.read-level", "1024"),
        ("tape.buffer", "8192"),
    ] {
        profile.set(key, value).unwrap();
    }
    let mut medium = Medium::new();
    medium.set_defect(7, true);
    (100..120).for_each(|frame| medium.set_defect(frame, true));
    Drive::new(&profile, Some(medium), Stream::new(1, "fuzz")).unwrap()
}

/// The drive that the first byte chooses.
fn chosen(choice: u8) -> Drive {
    const NAMES: [&str; 7] = [
        "archive-viper-150",
        "wangtek-5150es",
        "teac-mt-2st-n50",
        "hp-35470a",
        "hp-35480a",
        "exabyte-exb-8200",
        "scsi-2-dds",
    ];
    static DRIVES: OnceLock<Vec<Drive>> = OnceLock::new();
    let drives = DRIVES.get_or_init(|| NAMES.map(drive).into());
    drives[usize::from(choice) % drives.len()].clone()
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, mut input)) = input.split_first() else {
        return;
    };
    let mut tracer = Tracer::default();
    let mut bus = ScsiBus::new();
    bus.attach(0, chosen(choice));
    bus.advance(Ticks::from_secs(600), &mut tracer);
    let mut take = |count: usize| {
        let (taken, rest) = input.split_at(count.min(input.len()));
        input = rest;
        taken
    };
    while let [step] = *take(1) {
        let before = bus.now();
        match step {
            0..0xE0 => {
                let mut initiator = Initiator::new();
                initiator.id = [7, 6, 5, 1][usize::from(step & 3)];
                initiator.identify = [None, Some(0x80), Some(0xC0)][usize::from(step >> 2) % 3];
                initiator.patience = Ticks::from_secs(1_000_000);
                let [operation] = *take(1) else { return };
                let mut cdb = [0; 12];
                let cdb = &mut cdb[..Cdb::length_of(operation)];
                cdb[0] = operation;
                let fields = take(cdb.len() - 1);
                cdb[1..=fields.len()].copy_from_slice(fields);
                let mut out = take(usize::from(step >> 4) * 4).to_vec();
                out.resize(6000, step);
                let before = bus.now();
                match initiator.command(&mut bus, before, 0, cdb, &out, &mut tracer) {
                    Ok(outcome) => assert!(
                        [0x00, 0x02, 0x08, 0x18].contains(&outcome.status),
                        "{cdb:02x?}: {outcome:?}"
                    ),
                    // It wanted more than was here: the initiator clears the bus.
                    Err(Failure::TooMuchDataOut) => {
                        let now = bus.now();
                        initiator.reset(&mut bus, now, &mut tracer);
                    }
                    Err(failure) => panic!("{cdb:02x?}: {failure}"),
                }
            }
            0xE0..0xF0 => {
                let [tenths] = *take(1) else { return };
                bus.advance(
                    before + Ticks::from_millis(u64::from(tenths) * 100 + 1),
                    &mut tracer,
                );
            }
            0xF0..0xF4 => {
                Initiator::new().reset(&mut bus, before, &mut tracer);
            }
            _ => {
                let protected = step & 1 != 0;
                let mut silent = Tracer::default();
                bus.with_device(0, |drive: &mut Drive| {
                    let mut medium = drive
                        .eject(before, step & 2 != 0, &mut silent)
                        .unwrap_or_default();
                    medium.set_write_protected(protected);
                    let _ = drive.insert(before, medium, &mut silent);
                });
                bus.advance(before + Ticks(1), &mut tracer);
            }
        }
        assert!(bus.now() > before, "time goes on");
        tracer.drain().for_each(drop);
    }
});

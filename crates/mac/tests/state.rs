//! The state of a machine: saved and restored anywhere, and independent of how a run is divided.

mod common;

use clock::Ticks;
use common::activity::ACTIVITY;
use common::*;
use mac::{Mac, Peripheral};
use scsi::disk::{Disk, DiskProfile};
use std::sync::Arc;
use trace::RunHash;

fn base() -> Arc<[u8]> {
    (0..256 * 512_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn busy() -> Mac {
    let mut rom = Rom::new();
    rom.code(CODE, ACTIVITY);
    let mut config = rom.config();
    config.ram_bytes = 1 << 20;
    let disk = Disk::new(DiskProfile::prodrive_40s(), base(), 7, "disk");
    config.targets.push((0, Peripheral::Disk(Box::new(disk))));
    let mut mac = Mac::new(config).expect("a sound configuration");
    mac.type_text("Shoe-Shine");
    mac
}

fn restored(mac: &Mac) -> Mac {
    let saved = postcard::to_stdvec(mac).expect("a machine serialises");
    let mut copy: Mac = postcard::from_bytes(&saved).expect("what was saved can be restored");
    assert!(copy.attach_disk_base(0, base()));
    copy
}

/// Runs to `until` in pieces of `piece`; the hash over all records.
fn run(mac: &mut Mac, until: Ticks, piece: Ticks, hash: &mut RunHash) {
    while mac.now() < until {
        mac.run_until(until.min(mac.now() + piece));
        for record in mac.tracer().drain() {
            hash.add(&record);
        }
    }
}

const END: Ticks = Ticks(3 * Ticks::PER_SECOND);

#[test]
fn the_program_is_as_busy_as_it_claims() {
    let mut mac = busy();
    let mut hash = RunHash::default();
    run(&mut mac, END, END, &mut hash);
    assert!(
        mac.registers().d[7] > 40,
        "blocks read: {}",
        mac.registers().d[7]
    );
    assert_ne!(mac.registers().d[6], 0);
    assert!(mac.interrupts().accepted[1] > 400, "{:?}", mac.interrupts());
    assert!(hash.records() > 100);
    assert_eq!(mac.clock_corrections(), 0);
}

#[test]
fn a_run_does_not_depend_on_how_it_is_divided() {
    let whole = {
        let (mut mac, mut hash) = (busy(), RunHash::default());
        run(&mut mac, END, END, &mut hash);
        (mac.state_hash(), hash.hex())
    };
    for piece in [Ticks(544), Ticks(9_973), Ticks::FRAME] {
        let (mut mac, mut hash) = (busy(), RunHash::default());
        run(&mut mac, END, piece, &mut hash);
        assert_eq!((mac.state_hash(), hash.hex()), whole, "{piece:?}");
    }
}

#[test]
fn a_restored_machine_goes_on_as_the_original() {
    let (mut original, mut hash) = (busy(), RunHash::default());
    for stop in 1..40_u64 {
        // In the middle of seeks, bytes, keystrokes and interrupts alike.
        let at = Ticks(stop * 1_174_817);
        run(&mut original, at, at, &mut hash);
        let mut copy = restored(&original);
        assert_eq!(copy.state_hash(), original.state_hash());
        let until = at + Ticks(400_000);
        let (mut ours, mut theirs) = (RunHash::default(), RunHash::default());
        run(&mut original, until, until, &mut ours);
        run(&mut copy, until, until, &mut theirs);
        assert_eq!(copy.state_hash(), original.state_hash(), "after {at}");
        assert_eq!(copy.registers(), original.registers());
        assert_eq!(ours.hex(), theirs.hex());
    }
}

#[test]
fn looking_changes_nothing() {
    let (mut plain, mut watched) = (busy(), busy());
    plain.run_until(END);
    watched.probe().keep_history(100);
    watched.probe().sample_every(Ticks(1000));
    for step in 1..=300 {
        watched.run_until(Ticks(END.0 / 300 * step).min(END));
        // Every device register and a stretch of RAM.
        for address in (0x58_0000..0x58_0080)
            .chain(0x9F_FFF8..0xA0_0000)
            .chain(0..64)
        {
            watched.peek(address);
        }
        for register in 0..16 {
            watched.peek(via(register));
        }
        watched.screen();
    }
    watched.run_until(END);
    assert_eq!(plain.state_hash(), watched.state_hash());
}

#[test]
fn samples_cover_the_whole_time() {
    let mut mac = busy();
    mac.probe().sample_every(Ticks(10_000));
    mac.run_until(Ticks(10_000_000));
    let samples = mac.probe().take_samples();
    assert!((999..=1001).contains(&samples.len()), "{}", samples.len());
}

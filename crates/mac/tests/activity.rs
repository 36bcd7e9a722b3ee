//! In the middle of what each chip does: saved, restored and gone on; and run without skipping idle time.

mod common;

use clock::Ticks;
use common::chips::{CHIPS, DISK, IDLE, LOCALTALK, LOG, LOG_BYTES, WIRES};
use common::*;
use localtalk::Signal;
use localtalk::llap::signals;
use mac::{Mac, Peripheral};
use scsi::disk::{Disk, DiskProfile};
use std::sync::Arc;
use trace::RunHash;

fn base() -> Arc<[u8]> {
    (0..256 * 512_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

/// A machine that executes one of the programs.
fn machine(program: u32) -> Mac {
    let mut rom = Rom::new();
    rom.code(CODE, CHIPS);
    rom.long(4, program);
    let mut config = rom.config();
    config.ram_bytes = 1 << 20;
    let disk = Disk::new(DiskProfile::prodrive_40s(), base(), 7, "disk");
    config.targets.push((0, Peripheral::Disk(Box::new(disk))));
    Mac::new(config).expect("a sound configuration")
}

/// A frame for node 5 that begins at `at`, with so many bytes of data.
fn frame(at: Ticks, bytes: u8) -> Vec<(Ticks, Signal)> {
    let packet: Vec<u8> = [5, 9, 1]
        .into_iter()
        .chain((0..bytes).map(|n| n.wrapping_mul(37)))
        .collect();
    signals(&packet, at, true).0
}

fn listening(program: u32) -> Mac {
    let mut mac = machine(program);
    mac.run_until(Ticks::from_millis(10));
    for begin in [12, 40, 68] {
        for (at, signal) in frame(Ticks::from_millis(begin), 200) {
            mac.line_in(at, signal);
        }
    }
    mac
}

fn copied(mac: &Mac) -> Mac {
    let saved = postcard::to_stdvec(mac).expect("a machine serialises");
    let mut copy: Mac = postcard::from_bytes(&saved).expect("what was saved can be restored");
    assert!(copy.attach_disk_base(0, base()));
    copy
}

/// Runs to `until` in pieces of `piece`; the hash over all records, and that of the state.
fn run(mac: &mut Mac, until: Ticks, piece: Ticks) -> (String, String) {
    let mut hash = RunHash::default();
    while mac.now() < until {
        mac.run_until(until.min(mac.now() + piece));
        mac.tracer().drain().for_each(|record| hash.add(&record));
    }
    (hash.hex(), format!("{:?}", mac.state_hash()))
}

/// Saves and restores the machine at each `every`th instruction boundary at which it is `busy`, `times` times. Every copy must reach the
/// state of the machine that was never touched, `length` later.
fn goes_on(mut mac: Mac, times: u32, every: u32, length: Ticks, busy: impl Fn(&Mac) -> bool) {
    let until = mac.now() + length;
    let untouched = run(&mut copied(&mac), until, length).1;
    let (mut taken, mut passed) = (0, 0);
    while taken < times {
        mac.run_until(mac.now() + Ticks(1));
        assert!(mac.now() < until, "busy only {taken} times");
        if !busy(&mac) {
            continue;
        }
        passed += 1;
        if passed % every == 0 {
            taken += 1;
            let mut copy = copied(&mac);
            assert_eq!(copy.state_hash(), mac.state_hash(), "at {}", mac.now());
            assert_eq!(
                run(&mut copy, until, length).1,
                untouched,
                "saved at {}",
                mac.now()
            );
        }
    }
}

const INITIATOR_COMMAND: u32 = 0x58_0010;
const MODE: u32 = 0x58_0020;
const BUS_STATUS: u32 = 0x58_0040;
const SCC_CONTROL: u32 = 0x9F_FFF8;

#[test]
fn the_programs_do_what_they_say() {
    let mut mac = machine(DISK);
    mac.run_until(Ticks::from_millis(500));
    assert!(
        mac.registers().d[7] > 20,
        "blocks: {}",
        mac.registers().d[7]
    );
    let block = (u32::from(mac.registers().d[7] as u8) - 1) as usize * 512;
    let bytes: Vec<u8> = (0..512).map(|n| mac.peek(0x2010 + n)).collect();
    let next = block + 512;
    assert!(bytes == base()[block..next] || bytes[..8] == base()[next..next + 8]);

    let mut mac = listening(LOCALTALK);
    mac.run_until(Ticks::from_millis(100));
    assert_eq!(mac.registers().d[7], 3, "frames answered");
    let sent: Vec<u8> = mac
        .line_out()
        .filter_map(|(_, signal)| match signal {
            Signal::Byte(byte) => Some(byte),
            _ => None,
        })
        .collect();
    assert_eq!(sent.len(), 3 * 12);
    assert_eq!(sent[..5], [9, 5, 1, 0xAA, 0x55]);

    let mut mac = machine(WIRES);
    mac.type_text("Shoe");
    mac.run_until(Ticks::from_secs(2));
    assert!(mac.registers().d[7] > 40 && mac.interrupts().accepted[1] > 400);
}

#[test]
fn restored_in_an_arbitration() {
    let mac = machine(DISK);
    let arbitrates = |mac: &Mac| mac.peek(INITIATOR_COMMAND) & 0x40 != 0;
    goes_on(mac, 20, 1, Ticks::from_millis(100), arbitrates);
}

#[test]
fn restored_in_a_selection() {
    let mac = machine(DISK);
    let selects = |mac: &Mac| mac.peek(BUS_STATUS) & 0x02 != 0;
    goes_on(mac, 20, 1, Ticks::from_millis(100), selects);
}

#[test]
fn restored_in_a_burst_of_pseudo_dma() {
    let mac = machine(DISK);
    let bursts = |mac: &Mac| mac.peek(MODE) & 0x02 != 0;
    goes_on(mac, 60, 7, Ticks::from_millis(50), bursts);
}

#[test]
fn restored_while_a_frame_comes_in() {
    let mac = listening(LOCALTALK);
    let receives = |mac: &Mac| mac.peek(SCC_CONTROL) & 0x10 == 0;
    goes_on(mac, 60, 31, Ticks::from_millis(60), receives);
}

#[test]
fn restored_while_a_frame_goes_out() {
    let mac = listening(LOCALTALK);
    let sends = |mac: &Mac| mac.peek(SCC_CONTROL) & 0x40 == 0;
    goes_on(mac, 60, 5, Ticks::from_millis(80), sends);
}

#[test]
fn restored_while_the_clock_chip_is_read() {
    let mac = machine(WIRES);
    let reads = |mac: &Mac| mac.peek(via(0)) & 0x04 == 0;
    goes_on(mac, 60, 1, Ticks::from_millis(30), reads);
}

/// Keyboard bytes, timers and interrupts: every few hundred instructions.
#[test]
fn restored_while_the_keyboard_sends_and_timers_run() {
    let mut mac = machine(WIRES);
    mac.type_text("Shoe-Shine");
    goes_on(mac, 60, 211, Ticks::from_millis(150), |_| true);
}

/// In STOP, time jumps to the next event. Driven one CPU clock at a time there is nowhere to jump to: the same interrupts must come at the
/// same ticks.
#[test]
fn skipping_idle_time_moves_no_interrupt() {
    let until = Ticks::from_millis(250);
    let ways = [until, Ticks(1)].map(|piece| {
        let mut mac = listening(IDLE);
        mac.type_text("Shoe");
        mac.move_mouse(20, -30);
        mac.probe().keep_history(1 << 20);
        let hashes = run(&mut mac, until, piece);
        let steps: Vec<_> = mac.probe().history().copied().collect();
        let notes: Vec<u8> = (0..LOG_BYTES).map(|n| mac.peek(LOG + n)).collect();
        (hashes, steps, notes, mac.interrupts().clone())
    });
    let [skipped, driven] = ways;
    assert!(skipped.3.accepted[1] > 50 && skipped.3.accepted[2] > 300);
    assert_eq!(skipped.1.len(), driven.1.len());
    let differ = skipped.1.iter().zip(&driven.1).find(|(a, b)| a != b);
    assert_eq!(differ, None);
    assert_eq!((skipped.2, skipped.3), (driven.2, driven.3));
    assert_eq!(skipped.0, driven.0);
}

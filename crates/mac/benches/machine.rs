//! How many emulated seconds a host second holds, by what the machine is doing.
//!
//! `cargo bench -p mac`. First a table: the speed of each activity, the best of three stretches, in seconds of the processor, and the instructions
//! executed in an emulated second. Then criterion's own measurements of an emulated tenth of a second.
//! `crates/mac/benches/shares.py` says which part of the program the time goes to.

#[path = "../tests/common/mod.rs"]
mod common;

use clock::Ticks;
use common::chips::{CHIPS, COMPUTE, COMPUTE_LOOP, DISK, IDLE, LOCALTALK, WIRES};
use common::*;
use criterion::{BatchSize, Criterion, criterion_group};
use localtalk::llap::signals;
use mac::{Mac, MacConfig, Model, Peripheral, Registers};
use scsi::disk::{Disk, DiskProfile};
use std::time::Instant;

/// Seconds that this thread has had the processor, so that the other work of a busy host does not count; where the system does not tell,
/// seconds of the clock.
fn processor_seconds(begin: Instant) -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = schedule.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| begin.elapsed().as_secs_f64(), |n| n / 1e9)
}

/// What is measured: name, emulated seconds, what is busy.
const ACTIVITIES: [(Activity, &str, u64, &str); 7] = [
    (
        Activity::Program(IDLE),
        "idle",
        2000,
        "STOP between the interrupts of VIA and keyboard",
    ),
    (
        Activity::Program(COMPUTE),
        "computing",
        10,
        "CPU and RAM, no chip",
    ),
    (
        Activity::Program(WIRES),
        "VIA",
        10,
        "the clock chip's wires, timers, keyboard",
    ),
    (
        Activity::Program(DISK),
        "disk",
        10,
        "SCSI commands of one block, by pseudo-DMA",
    ),
    (
        Activity::Program(LOCALTALK),
        "LocalTalk",
        10,
        "full frames one behind the other, and an answer to each",
    ),
    (
        Activity::Computing(Model::Se),
        "SE",
        10,
        "computing, as above",
    ),
    (
        Activity::Computing(Model::Se30),
        "SE/30",
        10,
        "computing, as above, as the stub ROM has set up the 68030",
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// One of the programs for a Plus.
    Program(u32),
    /// The loop of the program `computing`, in the RAM of a machine that its stub ROM has started.
    Computing(Model),
}

static SE_ROM: &[u8] = include_bytes!("../../../roms-free-stubs/prebuilt/se.rom");
static SE_30_ROM: &[u8] = include_bytes!("../../../roms-free-stubs/prebuilt/se30.rom");

/// A data frame of 603 bytes lasts 21 ms, its answer one more.
const FRAME_PERIOD: Ticks = Ticks::from_millis(25);

fn machine(activity: Activity) -> Mac {
    match activity {
        Activity::Program(program) => plus(program),
        Activity::Computing(model) => computing(model),
    }
}

fn plus(program: u32) -> Mac {
    let mut rom = Rom::new();
    rom.code(CODE, CHIPS);
    rom.long(4, program);
    let mut config = rom.config();
    let image = vec![0; 256 * 512].into();
    let disk = Disk::new(DiskProfile::prodrive_40s(), image, 7, "disk");
    config.targets.push((0, Peripheral::Disk(Box::new(disk))));
    let mut mac = Mac::new(config).expect("a sound configuration");
    mac.run_until(Ticks::from_millis(100));
    mac
}

fn computing(model: Model) -> Mac {
    const AT: u32 = 0x4_0000;
    let rom = if model == Model::Se {
        SE_ROM
    } else {
        SE_30_ROM
    };
    let mut mac = Mac::new(MacConfig::of(model, rom.to_vec())).expect("a sound configuration");
    mac.run_until(Ticks::from_secs(5));
    // The ROM's event loop waits in STOP: an interrupt ends it.
    while mac.is_stopped() {
        mac.run_until(mac.now() + Ticks(1));
    }
    let words = CHIPS[COMPUTE_LOOP]
        .iter()
        .flat_map(|word| word.to_be_bytes());
    for (address, byte) in (AT..).zip(words) {
        mac.poke(address, byte);
    }
    let registers = Registers {
        pc: AT,
        sr: 0x2700,
        ..mac.registers()
    };
    mac.set_registers(&registers);
    mac
}

/// Runs for `length`, with frames on the cable when the program listens.
fn run(mac: &mut Mac, activity: Activity, length: Ticks) {
    let end = mac.now() + length;
    while mac.now() < end {
        if activity == Activity::Program(LOCALTALK) {
            let packet: Vec<u8> = [5, 9, 1]
                .into_iter()
                .chain((0..600).map(|n| n as u8))
                .collect();
            for (at, signal) in signals(&packet, mac.now(), true).0 {
                mac.line_in(at, signal);
            }
        }
        mac.run_until(end.min(mac.now() + FRAME_PERIOD));
        mac.tracer().drain().for_each(drop);
        mac.line_out().for_each(drop);
    }
}

/// Emulated seconds in a second: the best of three stretches.
fn ratio(activity: Activity, seconds: u64) -> f64 {
    let mut mac = machine(activity);
    let stretches = (0..3).map(|_| {
        let start = Instant::now();
        let begin = processor_seconds(start);
        run(&mut mac, activity, Ticks::from_secs(seconds));
        seconds as f64 / (processor_seconds(start) - begin)
    });
    stretches.fold(0.0, f64::max)
}

fn instructions(activity: Activity) -> usize {
    let mut mac = machine(activity);
    mac.probe().keep_history(1 << 22);
    run(&mut mac, activity, Ticks::from_secs(1));
    mac.probe().history().len()
}

fn table() {
    println!(
        "{:<10} {:>8} {:>13}  busy",
        "activity", "speed", "instructions"
    );
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("-"));
    let is_wanted = |name: &str| {
        wanted
            .as_ref()
            .is_none_or(|part| name.contains(part.as_str()))
    };
    for (activity, name, seconds, busy) in ACTIVITIES {
        if !is_wanted(name) {
            continue;
        }
        let (ratio, count) = (ratio(activity, seconds), instructions(activity));
        println!("{name:<10} {ratio:>8.1} {count:>13}  {busy}");
    }
}

fn speed(criterion: &mut Criterion) {
    table();
    let mut group = criterion.benchmark_group("an emulated tenth of a second");
    group.sample_size(10);
    for (activity, name, ..) in ACTIVITIES {
        let saved = postcard::to_stdvec(&machine(activity)).expect("a machine serialises");
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || -> Mac { postcard::from_bytes(&saved).expect("what was saved can be restored") },
                |mut mac| {
                    run(&mut mac, activity, Ticks::from_millis(100));
                    mac
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, speed);

/// `--activity NAME MILLISECONDS` only runs, for a profiler.
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(place) = arguments
        .iter()
        .position(|argument| argument == "--activity")
    else {
        benches();
        Criterion::default().configure_from_args().final_summary();
        return;
    };
    let named = |(_, name, ..): &&(Activity, &str, u64, &str)| {
        arguments.get(place + 1).is_some_and(|a| a == name)
    };
    let (activity, ..) = ACTIVITIES.iter().find(named).expect("an activity");
    let length = arguments
        .get(place + 2)
        .and_then(|text| text.parse().ok())
        .expect("milliseconds");
    run(
        &mut machine(*activity),
        *activity,
        Ticks::from_millis(length),
    );
}

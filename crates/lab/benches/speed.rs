//! How many emulated seconds a host second holds, while the emulated Macintosh is busy.
//!
//! `cargo bench -p lab`. Each measurement starts from a snapshot in the middle of the work and runs one emulated second;
//! what is printed first is the ratio, from one longer stretch.

use clock::Ticks;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use lab::run::Run;
use lab::scenario::Scenario;
use lab::snapshot;
use lab::world::World;
use std::time::Instant;

/// Scenario, the emulated second at which its work is under way, and what is busy then.
const WORK: [(&str, u64, &str); 4] = [
    ("backup-only", 30, "disk and tape"),
    ("mail-only", 15, "mail server and clients"),
    ("q99304", 14, "mail, backup and every device"),
    (
        "q99304-bad-write",
        22,
        "mail from 20 clients while the tape streams",
    ),
];
const STRETCH: u64 = 4;

fn speed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one emulated second");
    group.sample_size(10);
    for (name, start, busy) in WORK {
        let scenario = Scenario::find(name).expect("a scenario of the catalogue");
        let volumes = World::volumes(&scenario).expect("its volumes");
        let mut run = Run::new(&scenario, &volumes).expect("its world");
        let start = Ticks::from_secs(start);
        run.advance(start, |_| {});
        let saved = snapshot::save(&run, &scenario, &volumes).expect("a snapshot");
        let begin = Instant::now();
        run.advance(start + Ticks::from_secs(STRETCH), |_| {});
        let ratio = STRETCH as f64 / begin.elapsed().as_secs_f64();
        println!("{name} ({busy}): {ratio:.1} emulated seconds per second");
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || snapshot::restore(&saved, &scenario, &volumes).expect("the snapshot is good"),
                |mut run| {
                    run.advance(start + Ticks::from_secs(1), |_| {});
                    run
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, speed);
criterion_main!(benches);

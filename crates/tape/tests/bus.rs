//! The drive behind a target port, on the lines of a bus.

mod common;

use clock::{Stream, Ticks};
use common::blocks;
use scsi::initiator::Bench;
use tape::{Drive, Medium, Profile};
use trace::{Event, TapeEvent};

fn bench() -> Bench<Drive> {
    let drive = Drive::new(
        &Profile::viper_150(),
        Some(Medium::new()),
        Stream::new(1, "server/tape"),
    )
    .unwrap();
    let mut bench = Bench::new(drive);
    bench.sleep(Ticks::from_secs(30));
    assert!(!bench.command(&[0; 6]).good());
    assert_eq!(bench.sense(), [6, 0x29, 0]);
    bench
}

#[test]
fn data_and_filemarks_come_back_over_the_bus() {
    let mut bench = bench();
    assert!(
        bench
            .command_out(&[0x0A, 1, 0, 0, 100, 0], &blocks(0..100))
            .good()
    );
    assert!(bench.command(&[0x10, 0, 0, 0, 1, 0]).good());
    assert!(bench.command(&[0x01, 0, 0, 0, 0, 0]).good());
    assert_eq!(bench.command(&[0x08, 1, 0, 0, 100, 0]).data, blocks(0..100));
    assert!(!bench.command(&[0x08, 1, 0, 0, 1, 0]).good());
    assert_eq!(
        bench.command(&[0x03, 0, 0, 0, 18, 0]).data[..7],
        [0xF0, 0, 0x80, 0, 0, 0, 1]
    );
    assert_eq!(bench.device().medium().unwrap().len(), 101);
}

#[test]
fn req_pauses_on_the_bus_while_the_buffer_is_full() {
    let mut bench = bench();
    let outcome = bench.command_out(&[0x0A, 1, 0, 1, 144, 0], &blocks(0..400));
    assert!(outcome.good());
    assert_eq!(outcome.taken, 400 * 512);
    // 400 blocks less the 128 of the buffer go to tape before the last is taken: at 90 KB/s that is 1.5 s.
    assert!(
        outcome.elapsed > Ticks::from_millis(1_500),
        "{}",
        outcome.elapsed
    );
    let full = bench
        .records()
        .iter()
        .filter(|record| matches!(record.event, Event::Tape(TapeEvent::BufferFull { .. })))
        .count();
    assert_eq!(full, 1);
}

#[test]
fn a_reset_of_the_bus_reaches_the_drive() {
    let mut bench = bench();
    assert!(
        bench
            .command_out(&[0x0A, 1, 0, 0, 10, 0], &blocks(0..10))
            .good()
    );
    bench.reset();
    assert!(!bench.command(&[0; 6]).good());
    assert_eq!(bench.sense(), [6, 0x29, 0]);
    assert!(!bench.command(&[0; 6]).good());
    assert_eq!(bench.sense(), [2, 0x04, 1]);
    bench.sleep(Ticks::from_secs(5));
    assert!(bench.command(&[0; 6]).good());
    assert!(bench.device().medium().unwrap().is_empty());
}

//! What breaks in a drive, and what the host is told.

mod common;

use clock::{Stream, Ticks};
use common::{Host, block, blocks};
use scsi::Status;
use tape::drive::{Spot, code, key};
use tape::media::Content;
use tape::{DriveState, Medium, Profile};

/// A tape with these blocks, all good.
fn written(count: u32) -> Medium {
    let mut medium = Medium::new();
    (0..count).for_each(|number| medium.push_record(&block(number), false));
    medium
}

#[test]
fn a_flaw_in_writing_costs_copies_and_nothing_else() {
    let mut host = Host::viper();
    host.drive.damage(Spot::Block(5), true, Some(3));
    assert_eq!(host.write(&blocks(0..20)).status, Status::Good);
    assert_eq!(host.filemarks(1, false).status, Status::Good);
    let counters = host.drive.counters();
    assert_eq!(
        (counters.rewrites, counters.rewritten, counters.bad),
        (3, 1, 0)
    );
    assert_eq!(host.medium().len(), 21);
    assert_eq!(
        host.medium().position(6) - host.medium().position(5),
        1,
        "the copies lie in front of it"
    );
}

#[test]
fn a_flaw_that_is_not_overcome_is_a_deferred_error_of_a_block_that_ended_good() {
    let mut host = Host::viper();
    host.drive.damage(Spot::Block(5), true, None);
    assert_eq!(host.write(&blocks(0..60)).status, Status::Good);
    host.rest(Ticks::from_secs(10));
    let (response, byte, code, residue) = host.fails(&[0x0A, 1, 0, 0, 1, 0], &block(60));
    assert_eq!(
        (response, byte, code),
        (0x71, key::MEDIUM_ERROR, code::WRITE_ERROR)
    );
    assert!(
        residue.is_some_and(|lost| lost > 1),
        "with what was in the buffer: {residue:?}"
    );
    assert_eq!(host.medium().len(), 6);
    assert!(matches!(
        host.medium().block(5).unwrap().content,
        Content::Record { bad: true, .. }
    ));
    assert_eq!(
        host.write(&block(7)).status,
        Status::Good,
        "further on the tape is sound"
    );
    assert_eq!(host.filemarks(1, false).status, Status::Good);
}

#[test]
fn in_mode_0_the_write_itself_fails() {
    let mut host = Host::viper();
    host.succeeds(&[0x15, 0, 0, 0, 4, 0], &[0, 0, 0, 0]);
    host.drive.damage(Spot::Frame(0), true, None);
    let (response, byte, code, _) = host.fails(&[0x0A, 1, 0, 0, 2, 0], &blocks(0..2));
    assert_eq!(
        (response, byte, code),
        (0x70, key::MEDIUM_ERROR, code::WRITE_ERROR)
    );
}

#[test]
fn a_block_that_reads_at_the_nth_try() {
    // Tries that fail, and how reading ends with the drive's four retries.
    for (times, good) in [
        (Some(3), true),
        (Some(4), true),
        (Some(5), false),
        (None, false),
    ] {
        let mut host = Host::new(&Profile::viper_150(), written(10));
        host.drive.damage(Spot::Block(2), false, times);
        let done = host.read(10);
        assert_eq!(done.status == Status::Good, good, "{times:?}");
        let expected = if good { 0..10 } else { 0..2 };
        assert!(done.data.starts_with(&blocks(expected)), "{times:?}");
        let rereads = times.unwrap_or(4).min(4);
        assert_eq!(host.drive.counters().rereads, rereads, "{times:?}");
        if !good {
            let (_, byte, code, _) = host.told();
            assert_eq!((byte, code), (key::MEDIUM_ERROR, code::READ_ERROR));
        }
    }
}

#[test]
fn dropouts_cost_copies_and_are_the_same_for_the_same_seed() {
    let run = |seed| {
        let mut host = Host::viper();
        host.drive
            .set_dropouts(100_000, Ticks::from_secs(1000), Stream::new(seed, "faults"));
        for first in 0..10 {
            assert_eq!(
                host.write(&blocks(first * 40..(first + 1) * 40)).status,
                Status::Good
            );
        }
        host.filemarks(1, false);
        assert_eq!(host.drive.counters().blocks, 400);
        host.drive.counters().rewrites
    };
    assert!(
        (20..80).contains(&run(1)),
        "a tenth of the copies: {}",
        run(1)
    );
    assert_eq!(run(1), run(1));
    assert_ne!([run(1), run(1)], [run(2), run(3)]);
}

#[test]
fn a_stuck_motor_is_a_hardware_error_until_it_comes_free() {
    let stuck = (0x70, key::HARDWARE_ERROR, code::POSITIONING, None);
    let mut host = Host::viper();
    host.write(&blocks(0..60));
    assert_eq!(host.drive.state(), DriveState::Starting);
    let free = host.now + Ticks::from_secs(30);
    host.drive.stick(host.now, free);
    let (response, byte, code, lost) = host.fails(&[0x0A, 1, 0, 0, 1, 0], &block(9));
    assert_eq!(
        (response, byte, code),
        (0x71, key::HARDWARE_ERROR, code::POSITIONING)
    );
    assert_eq!(lost, Some(60), "all that was in the buffer");
    for cdb in [
        &[0; 6],
        &[0x01, 0, 0, 0, 0, 0],
        &[0x08, 1, 0, 0, 1, 0],
        &[0x10, 0, 0, 0, 1, 0],
    ] {
        assert_eq!(host.fails(cdb, &[]), stuck, "{cdb:02x?}");
    }
    host.succeeds(&[0x12, 0, 0, 0, 36, 0], &[]);
    host.now = free;
    assert_eq!(host.write(&blocks(0..2)).status, Status::Good);
    assert_eq!(host.filemarks(1, false).status, Status::Good);
    assert_eq!(host.medium().len(), 3);
}

#[test]
fn a_motor_that_is_stuck_within_a_command_ends_it() {
    for mode in [0, 0x10] {
        let mut host = Host::viper();
        host.succeeds(&[0x15, 0, 0, 0, 4, 0], &[0, 0, mode, 0]);
        let write = scsi::Cdb::new(&[0x0A, 1, 0, 0, 2, 0]);
        use scsi::{Device, Next};
        host.drive.command(host.now, 7, 0, &write, &mut host.tracer);
        for at in 0..1030 {
            host.now += Ticks::from_micros(600);
            let next = host.drive.next(host.now, &mut host.tracer);
            if at == 700 {
                host.drive.stick(host.now, Ticks::NEVER);
            } else if let Next::DataOut = next {
                host.drive.take(host.now, 0, &mut host.tracer);
            }
        }
        let end = host.drive.next(host.now, &mut host.tracer);
        assert_eq!(end, Next::Status(Status::CheckCondition), "mode {mode:02x}");
        let (_, byte, code, _) = host.told();
        assert_eq!((byte, code), (key::HARDWARE_ERROR, code::POSITIONING));
    }
}

#[test]
fn a_slow_head_streams_slowly() {
    let run = |percent| {
        let mut host = Host::viper();
        host.drive.slow_down(percent, Ticks::NEVER);
        let begin = host.now;
        for first in 0..10 {
            host.write(&blocks(first * 100..(first + 1) * 100));
        }
        host.filemarks(1, false);
        (host.now - begin).0
    };
    // 1000 blocks at 90 kilobytes a second are 5.7 seconds.
    let (usual, slow) = (run(100), run(300));
    assert!(slow > usual + Ticks::from_secs(10).0, "{usual} {slow}");
}

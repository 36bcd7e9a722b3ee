//! Bad spots and the end of the tape.

use super::*;

#[test]
fn a_spot_that_cannot_be_written_is_passed_over() {
    let mut medium = Medium::new();
    medium.set_defect(3, true);
    let mut host = viper_with(medium);
    host.write(&blocks(0..8));
    host.filemarks(1, false);
    let at: Vec<u64> = host.medium().blocks().map(|block| block.at).collect();
    assert_eq!(at, [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    assert_eq!(
        (host.drive.counters().rewrites, host.drive.counters().bad),
        (1, 0)
    );
    host.rewind();
    assert_eq!(host.read(8).data, blocks(0..8));
}

#[test]
fn a_block_that_cannot_be_written_is_told_with_a_later_command() {
    let mut medium = Medium::new();
    (4..40).for_each(|frame| medium.set_defect(frame, true));
    let mut host = Host::new(&profile(&[("tape.low-level", "0")]), medium);
    host.write(&blocks(0..10));
    host.rest(Ticks::from_secs(5));
    // 17 times block 4; it and the 5 behind it are lost.
    assert_eq!(host.drive.counters().rewrites, 16);
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x71, key::MEDIUM_ERROR, code::WRITE_ERROR, Some(6))
    );
    host.succeeds(&TEST_UNIT_READY, &[]);
    assert_eq!((host.medium().len(), host.medium().bad_records()), (5, 1));
}

#[test]
fn a_write_that_is_not_buffered_tells_its_own_errors() {
    let mut medium = Medium::new();
    (4..40).for_each(|frame| medium.set_defect(frame, true));
    let mut host = viper_with(medium);
    host.succeeds(&[0x15, 0x10, 0, 0, 4, 0], &[0, 0, 0, 0]);
    assert_eq!(host.write(&blocks(0..3)).status, Status::Good);
    assert_eq!(
        host.medium().len(),
        3,
        "GOOD comes after the blocks are on tape"
    );
    let cdb = [0x0A, 1, 0, 0, 4, 0];
    assert_eq!(
        host.fails(&cdb, &blocks(3..7)),
        (0x70, key::MEDIUM_ERROR, code::WRITE_ERROR, Some(4))
    );
    // IMMED needs a buffer.
    assert_eq!(
        host.fails(&[0x10, 1, 0, 0, 1, 0], &[]).2,
        code::FIELD_IN_CDB
    );
}

/// A tape of 200 blocks, of which the last 50 are behind the early warning.
fn short_tape(buffer: &str) -> Host {
    let settings = [
        ("tape.tracks", "2"),
        ("tape.track-blocks", "100"),
        ("tape.early-warning", "50"),
        ("tape.buffer", buffer),
        ("tape.start-level", "512"),
        ("tape.low-level", "0"),
        ("tape.read-level", "0"),
        ("tape.postamble", "0"),
    ];
    Host::new(&profile(&settings), Medium::new())
}

#[test]
fn the_early_warning_ends_a_write_and_later_ones_are_told_until_the_tape_ends() {
    let mut host = short_tape("2048");
    let done = host.write(&blocks(0..180));
    assert_eq!(done.status, Status::CheckCondition);
    let told = host.told();
    assert_eq!((told.0, told.1, told.2), (0x70, 0x40, code::END_OF_MEDIUM));
    let written = 180 - told.3.unwrap() as u64;
    assert_eq!(written as usize * BLOCK, done.taken);
    assert_eq!(
        host.medium().len(),
        written,
        "everything the drive took is on tape"
    );
    assert!((150..160).contains(&written), "{written}");

    let done = host.write(&blocks(0..4));
    assert_eq!(
        (done.status, done.taken),
        (Status::CheckCondition, 4 * BLOCK)
    );
    assert_eq!(host.told(), (0x70, 0x40, code::END_OF_MEDIUM, Some(0)));
    assert_eq!(host.filemarks(1, true).status, Status::CheckCondition);
    assert_eq!(host.told(), (0x70, 0x40, code::END_OF_MEDIUM, Some(0)));

    host.write(&blocks(0..60));
    let told = host.told();
    assert_eq!(
        (told.0, told.1, told.2),
        (0x70, 0x40 | key::VOLUME_OVERFLOW, code::END_OF_MEDIUM)
    );
    let medium = host.medium();
    assert_eq!(medium.len(), written + 5 + 60 - told.3.unwrap() as u64);
    assert_eq!(medium.end(), 200);
    let events: Vec<TapeEvent> = host.events().into_iter().map(|(_, event)| event).collect();
    assert!(events.contains(&TapeEvent::EndOfMedium { hard: false }));
    assert!(events.contains(&TapeEvent::EndOfMedium { hard: true }));
    // Back at the beginning there is room again.
    host.rewind();
    assert_eq!(host.write(&blocks(0..20)).status, Status::Good);
}

#[test]
fn the_end_of_the_tape_behind_a_buffered_write_is_a_deferred_error() {
    let mut host = short_tape("65536");
    let mut medium = Medium::new();
    (0..145).for_each(|number| medium.push_record(&block(number), false));
    host.drive.eject(host.now, true, &mut host.tracer);
    host.drive
        .insert(host.now, medium, &mut host.tracer)
        .unwrap();
    host.rest(Ticks::from_secs(9));
    host.command(&TEST_UNIT_READY, &[]);
    host.space(3, 0);
    // The host is done long before the tape moves.
    assert_eq!(host.write(&blocks(0..80)).status, Status::Good);
    host.rest(Ticks::from_secs(5));
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (
            0x71,
            0x40 | key::VOLUME_OVERFLOW,
            code::END_OF_MEDIUM,
            Some(25)
        )
    );
}

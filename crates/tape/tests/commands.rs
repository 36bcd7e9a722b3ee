//! Commands: state, status and sense data.

mod common;

use clock::Ticks;
use common::{BLOCK, Host, block, blocks};
use scsi::Status;
use tape::drive::{code, key};
use tape::media::Content;
use tape::{DriveState, Medium, Profile};
use trace::TapeEvent;

const REWIND: [u8; 6] = [0x01, 0, 0, 0, 0, 0];
const TEST_UNIT_READY: [u8; 6] = [0; 6];

/// Two files of `count` blocks each, and behind them the end of data.
fn two_files(count: u32) -> Medium {
    let mut medium = Medium::new();
    for file in 0..2 {
        (0..count).for_each(|number| medium.push_record(&block(file * 100 + number), false));
        medium.push_mark();
    }
    medium
}

fn viper_with(medium: Medium) -> Host {
    Host::new(&Profile::viper_150(), medium)
}

fn profile(settings: &[(&str, &str)]) -> Profile {
    let mut profile = Profile::viper_150();
    settings
        .iter()
        .for_each(|(key, value)| profile.set(key, value).unwrap());
    profile
}

#[test]
fn inquiry_names_the_drive() {
    let mut host = Host::viper();
    let data = host.succeeds(&[0x12, 0, 0, 0, 255, 0], &[]).data;
    assert_eq!(data[..5], [0x01, 0x80, 0x01, 0x01, 31]);
    assert_eq!(&data[8..], b"ARCHIVE VIPER 150  21247-005");
    assert_eq!(host.succeeds(&[0x12, 0, 0, 0, 5, 0], &[]).data.len(), 5);
    assert_eq!(
        host.command_to(3, &[0x12, 0, 0, 0, 36, 0], &[]).data[0],
        0x7F
    );
}

#[test]
fn commands_are_refused_for_what_is_wrong_with_them() {
    let illegal = |code| (0x70, key::ILLEGAL_REQUEST, code, None);
    let field = illegal(code::FIELD_IN_CDB);
    let cases: [(&[u8], _); 24] = [
        (&[0x02, 0, 0, 0, 0, 0], illegal(code::OPERATION)),
        (&[0x0F, 1, 0, 0, 1, 0], illegal(code::OPERATION)),
        (&[0x2B, 0, 0, 0, 0, 0, 0, 0, 0, 0], illegal(code::OPERATION)),
        (&[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], illegal(code::OPERATION)),
        (&[0x00, 1, 0, 0, 0, 0], field),
        (&[0x00, 0, 0, 0, 0, 1], field),
        (&[0x12, 1, 0, 0, 36, 0], field),
        (&[0x12, 0, 0x80, 0, 36, 0], field),
        // Blocks have a fixed length; SILI is for others.
        (&[0x08, 0, 0, 2, 0, 0], field),
        (&[0x08, 3, 0, 0, 1, 0], field),
        (&[0x0A, 0, 0, 2, 0, 0], field),
        (&[0x0A, 3, 0, 0, 1, 0], field),
        // Setmarks.
        (&[0x10, 2, 0, 0, 1, 0], field),
        // Consecutive filemarks and codes that do not exist.
        (&[0x11, 2, 0, 0, 1, 0], field),
        (&[0x11, 4, 0, 0, 1, 0], field),
        // Comparison with data of the host.
        (&[0x13, 3, 0, 0, 1, 0], field),
        // Third-party reservation.
        (&[0x16, 0x10, 0, 0, 0, 0], field),
        // Erase that returns at once.
        (&[0x19, 3, 0, 0, 0, 0], field),
        (&[0x1A, 0, 0x01, 0, 255, 0], field),
        (&[0x1A, 0, 0xC0, 0, 255, 0], illegal(code::NO_SAVED_PAGES)),
        // Saving mode parameters.
        (&[0x15, 1, 0, 0, 0, 0], field),
        (&[0x1B, 0, 0, 0, 5, 0], field),
        (&[0x1D, 0, 0, 0, 4, 0], field),
        (&[0x1E, 1, 0, 0, 0, 0], field),
    ];
    let mut host = Host::viper();
    for (cdb, told) in cases {
        assert_eq!(host.fails(cdb, &[]), told, "{cdb:02x?}");
        assert_eq!(host.told().1, 0, "sense data are told once");
    }
    assert_eq!(
        host.command_to(1, &TEST_UNIT_READY, &[]).status,
        Status::CheckCondition
    );
    assert_eq!(host.told(), illegal(code::UNIT));
    assert_eq!(host.medium(), &Medium::new());
}

#[test]
fn request_sense_gives_what_is_asked_for() {
    let mut host = Host::viper();
    host.command(&[0x02, 0, 0, 0, 0, 0], &[]);
    assert_eq!(
        host.succeeds(&[0x03, 0, 0, 0, 0, 0], &[]).data,
        [0x70, 0, 5, 0]
    );
    assert_eq!(host.succeeds(&[0x03, 0, 0, 0, 255, 0], &[]).data.len(), 18);
    let data = host.command_to(2, &[0x03, 0, 0, 0, 18, 0], &[]).data;
    assert_eq!((data[2], data[12]), (key::ILLEGAL_REQUEST, 0x25));
}

#[test]
fn power_on_is_told_first_and_then_that_the_drive_is_not_ready() {
    let mut host = Host::cold(&Profile::viper_150(), Some(Medium::new()));
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::UNIT_ATTENTION, code::RESET, None)
    );
    for cdb in [
        TEST_UNIT_READY,
        REWIND,
        [8, 1, 0, 0, 1, 0],
        [0xA, 1, 0, 0, 1, 0],
        [0x1B, 0, 0, 0, 1, 0],
    ] {
        assert_eq!(
            host.fails(&cdb, &[]),
            (0x70, key::NOT_READY, code::BECOMING_READY, None)
        );
    }
    assert!(host.now < Ticks::from_secs(1), "the answer comes at once");
    host.succeeds(&[0x1A, 0, 0, 0, 255, 0], &[]);
    host.succeeds(&[0x05, 0, 0, 0, 0, 0], &[]);
    host.now = Ticks::from_secs(8);
    host.succeeds(&TEST_UNIT_READY, &[]);
    // Every initiator is told for itself.
    host.initiator = 3;
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::RESET);
    host.succeeds(&TEST_UNIT_READY, &[]);
}

#[test]
fn request_sense_takes_a_unit_attention_that_no_command_has_met() {
    let mut host = Host::cold(&Profile::viper_150(), None);
    assert_eq!(host.told(), (0x70, key::UNIT_ATTENTION, code::RESET, None));
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::NOT_READY, code::NO_MEDIUM, None)
    );
}

#[test]
fn a_bus_reset_forgets_the_buffer_and_rewinds() {
    let mut host = Host::viper();
    host.write(&blocks(0..10));
    assert_eq!(host.drive.buffered(), 5120);
    host.reset();
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::RESET);
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::BECOMING_READY);
    host.rest(Ticks::from_secs(3));
    host.succeeds(&TEST_UNIT_READY, &[]);
    assert_eq!((host.drive.buffered(), host.drive.position()), (0, 0));
    assert!(host.medium().is_empty());
}

#[test]
fn cartridges_come_and_go() {
    let mut host = Host::viper();
    host.succeeds(&[0x1E, 0, 0, 0, 1, 0], &[]);
    assert_eq!(host.drive.eject(host.now, false, &mut host.tracer), None);
    host.succeeds(&[0x1E, 0, 0, 0, 0, 0], &[]);
    assert!(
        host.drive
            .eject(host.now, false, &mut host.tracer)
            .is_some()
    );
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::NOT_READY, code::NO_MEDIUM, None)
    );
    assert_eq!(
        host.drive.insert(host.now, two_files(3), &mut host.tracer),
        Ok(())
    );
    assert_eq!(
        host.drive.insert(host.now, Medium::new(), &mut host.tracer),
        Err(Medium::new())
    );
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::UNIT_ATTENTION, code::MEDIUM_CHANGED, None)
    );
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::BECOMING_READY);
    host.rest(Ticks::from_secs(9));
    assert_eq!(host.read(1).data, block(0));
}

#[test]
fn an_unloaded_cartridge_must_be_loaded() {
    let mut host = viper_with(two_files(3));
    host.read(2);
    host.succeeds(&[0x1B, 0, 0, 0, 0, 0], &[]);
    assert_eq!(host.drive.state(), DriveState::Unloaded);
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::NOT_READY, code::NEEDS_LOAD, None)
    );
    host.succeeds(&[0x1B, 0, 0, 0, 1, 0], &[]);
    assert_eq!(host.read(1).data, block(0));
}

#[test]
fn a_protected_cartridge_is_not_written() {
    let mut medium = two_files(1);
    medium.set_write_protected(true);
    let mut host = viper_with(medium.clone());
    for cdb in [
        [0x0A, 1, 0, 0, 1, 0],
        [0x10, 0, 0, 0, 1, 0],
        [0x19, 1, 0, 0, 0, 0],
    ] {
        assert_eq!(
            host.fails(&cdb, &[]),
            (0x70, key::DATA_PROTECT, code::WRITE_PROTECTED, None)
        );
    }
    assert_eq!(host.succeeds(&[0x1A, 0, 0, 0, 255, 0], &[]).data[2], 0x90);
    assert_eq!(host.read(1).data, block(0));
    assert_eq!(host.medium(), &medium);
}

#[test]
fn what_is_written_is_read_back() {
    let mut host = Host::viper();
    assert_eq!(host.write(&blocks(0..20)).status, Status::Good);
    assert_eq!(host.filemarks(1, false).status, Status::Good);
    assert_eq!(host.medium().len(), 21);
    assert_eq!(host.write(&blocks(100..103)).status, Status::Good);
    assert_eq!(host.rewind().status, Status::Good);
    assert_eq!(
        host.medium().len(),
        24,
        "rewinding writes what is in the buffer"
    );
    assert_eq!(host.read(20).data, blocks(0..20));
    assert_eq!(
        host.fails(&[8, 1, 0, 0, 4, 0], &[]),
        (0x70, 0x80, code::FILEMARK, Some(4))
    );
    // Two blocks short.
    let done = host.command(&[8, 1, 0, 0, 5, 0], &[]);
    assert_eq!(
        (done.status, done.data),
        (Status::CheckCondition, blocks(100..103))
    );
    assert_eq!(
        host.told(),
        (0x70, key::BLANK_CHECK, code::END_OF_DATA, Some(2))
    );
    assert_eq!(host.fails(&[8, 1, 0, 0, 1, 0], &[]).1, key::BLANK_CHECK);
    assert_eq!(host.read(0).status, Status::Good);
}

#[test]
fn a_cartridge_is_written_at_its_beginning_or_at_the_end_of_data_only() {
    let mut host = viper_with(two_files(3));
    host.read(2);
    let refused = (0x70, key::ILLEGAL_REQUEST, code::APPEND_POSITION, None);
    assert_eq!(host.fails(&[0x0A, 1, 0, 0, 1, 0], &block(9)), refused);
    assert_eq!(host.fails(&[0x10, 0, 0, 0, 1, 0], &[]), refused);
    host.succeeds(&[0x11, 3, 0, 0, 0, 0], &[]);
    host.write(&block(9));
    host.filemarks(1, false);
    assert_eq!(host.medium().len(), 10);
    host.rewind();
    assert_eq!(host.drive.position(), 0);
    host.write(&block(50));
    assert_eq!(host.medium().len(), 10, "until the tape has moved");
    host.filemarks(0, false);
    assert_eq!(host.medium().len(), 1);
    assert_eq!(
        host.medium().block(0).unwrap().content,
        Content::Record {
            data: &block(50),
            bad: false
        }
    );
}

#[test]
fn space_stops_at_marks_and_ends() {
    // Blocks 0-2, mark 3, blocks 4-6, mark 7; the end of data is at 8.
    let fm = |residue| Some((0x80, code::FILEMARK, residue));
    let eod = |residue| Some((key::BLANK_CHECK, code::END_OF_DATA, residue));
    let bom = |residue| Some((0x40, code::BEGINNING_OF_MEDIUM, residue));
    let mut host = viper_with(two_files(3));
    for (what, count, position, told) in [
        (0, 0, 0, None),
        (0, 2, 2, None),
        (0, 3, 4, fm(2)),
        (0, -1, 3, fm(1)),
        (0, -3, 0, None),
        (0, -2, 0, bom(2)),
        (1, 1, 4, None),
        (1, 1, 8, None),
        (1, -1, 7, None),
        (1, 2, 8, eod(1)),
        (0, 4, 8, eod(4)),
        (1, -2, 3, None),
        (1, -1, 0, bom(1)),
        (3, 0, 8, None),
        (1, -3, 0, bom(1)),
        (0, 0x7F_FFFF, 4, fm(0x7F_FFFF - 3)),
        (1, -0x80_0000, 0, bom(0x80_0000 - 1)),
    ] {
        let done = host.space(what, count);
        assert_eq!(host.drive.position(), position, "SPACE {what} {count}");
        let sense = host.told();
        match told {
            None => assert_eq!(done.status, Status::Good),
            Some((byte, code, residue)) => assert_eq!(
                sense,
                (0x70, byte, code, Some(residue)),
                "SPACE {what} {count}"
            ),
        }
    }
    let mut host = Host::new(&profile(&[("tape.space-reverse", "false")]), two_files(3));
    host.succeeds(&[0x11, 0, 0, 0, 2, 0], &[]);
    assert_eq!(host.space(0, -1).status, Status::CheckCondition);
    assert_eq!(host.told().2, code::FIELD_IN_CDB);
}

#[test]
fn blocks_of_another_length_are_incorrect() {
    let mut medium = Medium::new();
    medium.push_record(&block(0), false);
    medium.push_record(&[7; 100], false);
    medium.push_record(&block(2), false);
    let mut host = viper_with(medium);
    let done = host.read(3);
    assert_eq!((done.status, done.data), (Status::CheckCondition, block(0)));
    assert_eq!(host.told(), (0x70, 0x20, code::NONE, Some(2)));
    assert_eq!(host.read(1).data, block(2));
}

#[test]
fn a_drive_with_blocks_of_any_length_says_what_it_found() {
    let mut host = Host::new(&profile(&[("tape.variable-blocks", "true")]), Medium::new());
    assert_eq!(
        host.succeeds(&[5, 0, 0, 0, 0, 0], &[]).data,
        [0, 1, 0, 0, 0, 1]
    );
    host.succeeds(&[0x0A, 0, 0, 2, 0x58, 0], &[5; 600]);
    host.succeeds(&[0x0A, 0, 0, 0, 10, 0], &[6; 10]);
    host.rewind();
    // Longer and shorter than the block, then as long.
    assert_eq!(host.command(&[8, 0, 0, 3, 0, 0], &[]).data, [5; 600]);
    assert_eq!(host.told(), (0x70, 0x20, code::NONE, Some(168)));
    assert_eq!(host.command(&[8, 0, 0, 0, 4, 0], &[]).data, [6; 4]);
    assert_eq!(host.told(), (0x70, 0x20, code::NONE, Some(-6)));
    host.rewind();
    assert_eq!(host.succeeds(&[8, 0, 0, 2, 0x58, 0], &[]).data, [5; 600]);
    host.rewind();
    assert_eq!(host.succeeds(&[8, 2, 0, 3, 0, 0], &[]).data, [5; 600]);
    assert_eq!(
        host.fails(&[8, 2, 0, 0, 4, 0], &[]).3,
        Some(-6),
        "too long, and a block length is set"
    );
    // Block length 0 by MODE SELECT: SILI hides that, too, and there are no fixed blocks.
    host.succeeds(
        &[0x15, 0x10, 0, 0, 12, 0],
        &[0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0, 0, 0],
    );
    host.rewind();
    host.succeeds(&[8, 2, 0, 0, 4, 0], &[]);
    assert_eq!(host.fails(&[8, 1, 0, 0, 1, 0], &[]).2, code::FIELD_IN_CDB);
}

#[test]
fn unreadable_blocks_are_tried_again_and_reported() {
    let mut medium = two_files(3);
    medium.set_bad(1, true);
    let mut host = viper_with(medium);
    let done = host.read(3);
    assert_eq!((done.status, done.data), (Status::CheckCondition, block(0)));
    assert_eq!(
        host.told(),
        (0x70, key::MEDIUM_ERROR, code::READ_ERROR, Some(2))
    );
    let repositions = host
        .events()
        .iter()
        .filter(|(_, event)| matches!(event, TapeEvent::Reposition { .. }))
        .count();
    assert_eq!(repositions, 4);
    assert_eq!(host.drive.counters().bad, 1);
    assert_eq!(
        host.read(1).data,
        block(2),
        "the next read goes on behind it"
    );
}

#[test]
fn verify_reads_without_giving() {
    let mut medium = two_files(3);
    medium.set_bad(6, true);
    let mut host = viper_with(medium);
    assert_eq!(host.succeeds(&[0x13, 1, 0, 0, 3, 0], &[]).data, []);
    assert_eq!(
        host.fails(&[0x13, 1, 0, 0, 9, 0], &[]),
        (0x70, 0x80, code::FILEMARK, Some(9))
    );
    assert_eq!(
        host.fails(&[0x13, 1, 0, 0, 9, 0], &[]),
        (0x70, key::MEDIUM_ERROR, code::READ_ERROR, Some(7))
    );
}

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

#[test]
fn a_reservation_keeps_other_initiators_out() {
    let mut host = Host::viper();
    host.succeeds(&[0x16, 0, 0, 0, 0, 0], &[]);
    host.initiator = 2;
    assert_eq!(
        host.command(&TEST_UNIT_READY, &[]).status,
        Status::ReservationConflict
    );
    assert_eq!(
        host.command(&[0x12, 0, 0, 0, 36, 0], &[]).status,
        Status::Good
    );
    // Releasing is no conflict; the unit attention comes first (SCSI-2, 7.9).
    assert_eq!(host.fails(&[0x17, 0, 0, 0, 0, 0], &[]).2, code::RESET);
    assert_eq!(
        host.command(&[0x17, 0, 0, 0, 0, 0], &[]).status,
        Status::Good
    );
    assert_eq!(
        host.command(&REWIND, &[]).status,
        Status::ReservationConflict
    );
    host.initiator = 7;
    host.succeeds(&[0x17, 0, 0, 0, 0, 0], &[]);
    host.initiator = 2;
    host.succeeds(&TEST_UNIT_READY, &[]);
}

#[test]
fn erase_takes_two_passes_and_everything() {
    let mut host = viper_with(two_files(3));
    host.read(2);
    let begin = host.now;
    host.succeeds(&[0x19, 1, 0, 0, 0, 0], &[]);
    let seconds = host.now.since(begin).as_micros() / 1_000_000;
    assert!((180..200).contains(&seconds), "{seconds}");
    assert!(host.medium().is_empty());
    assert_eq!(host.fails(&[8, 1, 0, 0, 1, 0], &[]).1, key::BLANK_CHECK);
}

#[test]
fn long_commands_hold_the_host_unless_they_are_immediate() {
    let mut medium = Medium::new();
    // A third of the first track: 31 s from the beginning.
    (0..5400).for_each(|_| medium.push_record(&block(0), false));
    let mut host = viper_with(medium);
    host.succeeds(&[0x11, 3, 0, 0, 0, 0], &[]);
    let begin = host.now;
    host.rewind();
    let held = host.now.since(begin);
    assert!((30..33).contains(&(held.as_micros() / 1_000_000)), "{held}");

    host.succeeds(&[0x11, 3, 0, 0, 0, 0], &[]);
    let begin = host.now;
    host.succeeds(&[0x01, 1, 0, 0, 0, 0], &[]);
    assert!(host.now.since(begin) < Ticks::from_millis(2));
    // TEST UNIT READY tells that the tape is on its way; a command that needs the tape waits for it.
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::NOT_READY, code::BECOMING_READY, None)
    );
    assert_eq!(host.read(1).status, Status::Good);
    assert!(host.now.since(begin) > held);
    assert_eq!(host.drive.position(), 1);
}

#[test]
fn filemarks_return_at_once_only_with_immed() {
    let mut host = Host::viper();
    host.write(&blocks(0..40));
    let begin = host.now;
    host.succeeds(&[0x10, 1, 0, 0, 1, 0], &[]);
    assert!(host.now.since(begin) < Ticks::from_millis(2));
    host.succeeds(&[0x10, 0, 0, 0, 0, 0], &[]);
    assert!(host.now.since(begin) > Ticks::from_millis(200));
    assert_eq!(host.medium().len(), 41);
    assert!(
        host.events()
            .iter()
            .any(|(_, event)| *event == TapeEvent::Filemark { block: 40 })
    );
}

#[test]
fn little_data_do_not_wait_in_the_buffer_for_ever() {
    let mut host = Host::viper();
    host.write(&block(1));
    host.rest(Ticks::from_millis(900));
    assert!(host.medium().is_empty());
    host.rest(Ticks::from_secs(1));
    assert_eq!(host.medium().len(), 1);
}

#[test]
fn the_first_byte_of_a_tape_waits_for_its_preparation() {
    let mut host = Host::viper();
    let begin = host.now;
    let done = host.write(&block(1));
    assert_eq!(done.longest.1, 0);
    assert!(host.now.since(begin) > Ticks::from_millis(500));
}

#[test]
fn the_self_test_takes_its_time() {
    let mut host = Host::viper();
    let begin = host.now;
    host.succeeds(&[0x1D, 4, 0, 0, 0, 0], &[]);
    assert_eq!(host.now.since(begin).as_micros() / 1000, 3000);
}

#[test]
fn a_read_streams_ahead_and_repositions_when_the_host_is_slow() {
    let mut medium = Medium::new();
    (0..2000).for_each(|number| medium.push_record(&block(number), false));
    let mut host = viper_with(medium);
    let mut data = Vec::new();
    for _ in 0..50 {
        data.extend(host.read(20).data);
        host.rest(Ticks::from_millis(300));
    }
    assert_eq!(data, blocks(0..1000));
    assert!(host.drive.counters().read_repositions > 5);
    // A host that keeps up never stops the tape.
    let before = host.drive.counters().read_repositions;
    host.rate = 100_000;
    for number in 0..50 {
        assert_eq!(
            host.read(20).data,
            blocks(1000 + number * 20..1020 + number * 20)
        );
    }
    assert!(host.drive.counters().read_repositions <= before + 1);
}

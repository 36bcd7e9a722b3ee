//! A streaming cartridge drive: where it can be written, and what it reads.

use super::*;

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

//! LOCATE (SCSI-2, 10.2.3), READ POSITION (10.2.6), LOAD UNLOAD (10.2.2).

use super::table::*;
use super::*;

#[test]
fn locate() {
    #[rustfmt::skip]
    check(&[
        ("a block: records and marks count alike", "BFBSB", 0, &[0x2B, 0, 0, 0, 0, 0, 3, 0, 0, 0], End::Good, 3),
        ("back", "BFBSB", 4, &[0x2B, 0, 0, 0, 0, 0, 1, 0, 0, 0], End::Good, 1),
        ("the beginning", "BB", 2, &[0x2B, 0, 0, 0, 0, 0, 0, 0, 0, 0], End::Good, 0),
        ("the end of data", "BB", 0, &[0x2B, 0, 0, 0, 0, 0, 2, 0, 0, 0], End::Good, 2),
        ("behind it", "BB", 0, &[0x2B, 0, 0, 0, 0, 0, 3, 0, 0, 0], End::Check(8, (0, 5), None), 2),
        ("an address on tape", "BlB", 0, &[0x2B, 4, 0, 0, 0, 0, 3, 0, 0, 0], End::Good, 2),
        ("partition 0", "BB", 0, &[0x2B, 2, 0, 0, 0, 0, 1, 0, 0, 0], End::Good, 1),
        ("a partition that is not there", "BB", 0, &[0x2B, 2, 0, 0, 0, 0, 1, 0, 1, 0], FIELD, 0),
        ("the partition does not matter without CP", "BB", 0, &[0x2B, 0, 0, 0, 0, 0, 1, 0, 1, 0], End::Good, 1),
        ("reserved bytes", "BB", 0, &[0x2B, 0, 1, 0, 0, 0, 1, 0, 0, 0], FIELD, 0),
        ("link", "BB", 0, &[0x2B, 0, 0, 0, 0, 0, 1, 0, 0, 1], FIELD, 0),
    ], plain);
    // IMMED: GOOD at once, and what goes wrong is a deferred error.
    let mut host = complete("BB");
    host.succeeds(&[0x2B, 1, 0, 0, 0, 0, 9, 0, 0, 0], &[]);
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::BECOMING_READY);
    host.rest(Ticks::from_secs(60));
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x71, key::BLANK_CHECK, code::END_OF_DATA, None)
    );
    assert_eq!(host.drive.position(), 2);
}

#[test]
fn read_position() {
    #[rustfmt::skip]
    check(&[
        ("the beginning", "BF", 0, &[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], End::Answers(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 0),
        ("a block", "BFB", 2, &[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], End::Answers(&[0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]), 2),
        ("where it is on tape", "lB", 1, &[0x34, 1, 0, 0, 0, 0, 0, 0, 0, 0], End::Answers(&[0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]), 1),
        ("reserved bits", "B", 0, &[0x34, 2, 0, 0, 0, 0, 0, 0, 0, 0], FIELD, 0),
    ], plain);
    // Blocks that wait in the buffer: the host is behind them, the tape before them.
    let mut host = complete("F");
    host.locate(1);
    host.write(&blocks(0..3));
    let position = host.succeeds(&[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[]).data;
    assert_eq!(
        position,
        [0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 6, 0]
    );
    // Where they will be on tape is not known.
    let position = host.succeeds(&[0x34, 1, 0, 0, 0, 0, 0, 0, 0, 0], &[]).data;
    assert_eq!((position[0], &position[4..12]), (0x04, &[0; 8][..]));
    assert_eq!(host.medium().len(), 1, "the tape does not move for it");
}

#[test]
fn the_end_of_the_partition_is_that_behind_the_early_warning() {
    let mut profile = Profile::named("scsi-2-dds").unwrap();
    profile.set("tape.track-blocks", "100").unwrap();
    profile.set("tape.early-warning", "50").unwrap();
    let mut host = Host::new(&profile, medium(&"B".repeat(80)));
    for (block, flags) in [(49, 0), (50, 0x40)] {
        host.locate(block);
        let position = host.succeeds(&[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[]).data;
        assert_eq!(position[0], flags, "block {block}");
    }
    // REW: reading tells it, too (10.3.3.1).
    host.locate(48);
    assert_eq!(host.read(3).status, Status::Good);
    host.set_page_bit(0x10, 8, 0x01);
    host.locate(48);
    assert_eq!(host.command(&[8, 1, 0, 0, 5, 0], &[]).data.len(), 2 * BLOCK);
    assert_eq!(host.told(), (0x70, 0x40, code::END_OF_MEDIUM, Some(3)));
}

#[test]
fn load_and_unload() {
    let needs_load = (0x70, key::NOT_READY, code::NEEDS_LOAD, None);
    let mut host = complete("BB");
    host.locate(1);
    for (what, byte, ready) in [
        ("unload", 0, false),
        ("load", 1, true),
        ("retension and unload", 2, false),
        ("retension and load", 3, true),
        ("unload at the end of the tape", 4, false),
        ("load from there", 1, true),
        ("retension while loaded", 3, true),
    ] {
        host.succeeds(&[0x1B, 0, 0, 0, byte, 0], &[]);
        let done = host.command(&TEST_UNIT_READY, &[]);
        assert_eq!(done.status == Status::Good, ready, "{what}");
        if !ready {
            assert_eq!(host.told(), needs_load, "{what}");
        }
    }
    assert_eq!(host.read(1).data, record("BB", 0));
    // The end of the tape is no place to load at.
    assert_eq!(
        host.fails(&[0x1B, 0, 0, 0, 5, 0], &[]).2,
        code::FIELD_IN_CDB
    );
    // Prevented: the cartridge stays (PREVENT ALLOW MEDIUM REMOVAL).
    host.succeeds(&[0x1E, 0, 0, 0, 1, 0], &[]);
    assert_eq!(
        host.fails(&[0x1B, 0, 0, 0, 0, 0], &[]),
        (0x70, key::ILLEGAL_REQUEST, code::REMOVAL_PREVENTED, None)
    );
    host.succeeds(&[0x1E, 0, 0, 0, 0, 0], &[]);
    // Immediate: GOOD before it is done.
    host.succeeds(&[0x1B, 1, 0, 0, 0, 0], &[]);
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::BECOMING_READY);
    host.rest(Ticks::from_secs(60));
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]), needs_load);
}

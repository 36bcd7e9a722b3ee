//! READ, READ REVERSE, VERIFY, WRITE, WRITE FILEMARKS, ERASE (SCSI-2, 10.2).

use super::table::*;
use super::*;

#[test]
fn read_of_fixed_blocks() {
    #[rustfmt::skip]
    check(&[
        ("blocks", "BBB", 0, &[8, 1, 0, 0, 2, 0], End::Gives(&[0, 1], BLOCK), 2),
        ("none", "BBB", 1, &[8, 1, 0, 0, 0, 0], End::Good, 1),
        ("a filemark ends it", "BBFB", 0, &[8, 1, 0, 0, 4, 0], End::GivesThenCheck(&[0, 1], BLOCK, 0x80, (0, 1), Some(2)), 3),
        ("a setmark does not", "BSB", 0, &[8, 1, 0, 0, 2, 0], End::Gives(&[0, 2], BLOCK), 3),
        ("the end of data", "B", 0, &[8, 1, 0, 0, 3, 0], End::GivesThenCheck(&[0], BLOCK, 8, (0, 5), Some(2)), 1),
        ("a short block", "BsB", 0, &[8, 1, 0, 0, 3, 0], End::GivesThenCheck(&[0], BLOCK, 0x20, (0, 0), Some(2)), 2),
        ("a long block", "lB", 0, &[8, 1, 0, 0, 2, 0], incorrect_length(2), 1),
        ("a block that cannot be read", "BXB", 0, &[8, 1, 0, 0, 3, 0], End::GivesThenCheck(&[0], BLOCK, 3, (0x11, 0), Some(2)), 2),
        ("SILI is for others", "B", 0, &[8, 3, 0, 0, 1, 0], FIELD, 0),
        ("bit 2 is reserved", "B", 0, &[8, 5, 0, 0, 1, 0], FIELD, 0),
        ("link", "B", 0, &[8, 1, 0, 0, 1, 1], FIELD, 0),
        ("flag", "B", 0, &[8, 1, 0, 0, 1, 2], FIELD, 0),
    ], plain);
    check(
        &[(
            "a setmark that is to be reported",
            "BSB",
            0,
            &[8, 1, 0, 0, 2, 0],
            End::GivesThenCheck(&[0], BLOCK, 0x80, (0, 3), Some(1)),
            2,
        )],
        report_setmarks,
    );
}

#[test]
fn read_of_blocks_of_any_length() {
    const OVER: End = End::GivesThenCheck(&[0], 100, 0x20, (0, 0), Some(-412));
    #[rustfmt::skip]
    check(&[
        ("as long as asked for", "B", 0, &[8, 0, 0, 2, 0, 0], End::Gives(&[0], BLOCK), 1),
        ("shorter", "s", 0, &[8, 0, 0, 2, 0, 0], End::GivesThenCheck(&[0], 100, 0x20, (0, 0), Some(412)), 1),
        ("shorter, with SILI", "s", 0, &[8, 2, 0, 2, 0, 0], End::Gives(&[0], 100), 1),
        ("longer: the residue is negative", "B", 0, &[8, 0, 0, 0, 100, 0], OVER, 1),
        ("longer, with SILI while a block length is set", "B", 0, &[8, 2, 0, 0, 100, 0], OVER, 1),
        ("none", "B", 0, &[8, 0, 0, 0, 0, 0], End::Good, 0),
        ("a filemark: the residue is in bytes", "F", 0, &[8, 0, 0, 2, 0, 0], filemark(512), 1),
        ("the end of data", "B", 1, &[8, 0, 0, 2, 0, 0], end_of_data(512), 1),
    ], plain);
    #[rustfmt::skip]
    check(&[
        ("longer, with SILI and without a block length", "B", 0, &[8, 2, 0, 0, 100, 0], End::Gives(&[0], 100), 1),
        ("fixed blocks without a block length", "B", 0, &[8, 1, 0, 0, 1, 0], FIELD, 0),
        ("written so", "B", 0, &[0x0A, 1, 0, 0, 1, 0], FIELD, 0),
    ], variable);
}

#[test]
fn read_reverse() {
    #[rustfmt::skip]
    check(&[
        ("blocks, their bytes as written", "BBB", 3, &[0x0F, 5, 0, 0, 2, 0], End::Gives(&[2, 1], BLOCK), 1),
        ("a filemark: the host is before it", "BFBB", 4, &[0x0F, 5, 0, 0, 3, 0], End::GivesThenCheck(&[3, 2], BLOCK, 0x80, (0, 1), Some(1)), 1),
        ("the beginning", "BB", 1, &[0x0F, 5, 0, 0, 3, 0], End::GivesThenCheck(&[0], BLOCK, 0x40, (0, 4), Some(2)), 0),
        ("a setmark is passed", "BSB", 3, &[0x0F, 5, 0, 0, 2, 0], End::Gives(&[2, 0], BLOCK), 0),
        ("shorter", "s", 1, &[0x0F, 4, 0, 2, 0, 0], End::GivesThenCheck(&[0], 100, 0x20, (0, 0), Some(412)), 0),
        ("shorter, with SILI", "s", 1, &[0x0F, 6, 0, 2, 0, 0], End::Gives(&[0], 100), 0),
        ("a short block among fixed ones", "sB", 2, &[0x0F, 5, 0, 0, 2, 0], End::GivesThenCheck(&[1], BLOCK, 0x20, (0, 0), Some(1)), 0),
        ("a block that cannot be read", "X", 1, &[0x0F, 5, 0, 0, 1, 0], End::Check(3, (0x11, 0), Some(1)), 0),
        ("none", "B", 1, &[0x0F, 5, 0, 0, 0, 0], End::Good, 1),
        ("SILI is for others", "B", 1, &[0x0F, 7, 0, 0, 1, 0], FIELD, 1),
    ], plain);
    check(
        &[(
            "a setmark that is to be reported",
            "BSB",
            3,
            &[0x0F, 5, 0, 0, 2, 0],
            End::GivesThenCheck(&[2], BLOCK, 0x80, (0, 3), Some(1)),
            1,
        )],
        report_setmarks,
    );
    // Without BytOrd the last byte of a block is the first.
    let mut host = complete("s");
    host.locate(1);
    let mut backwards = record("s", 0);
    backwards.reverse();
    assert_eq!(host.succeeds(&[0x0F, 0, 0, 0, 100, 0], &[]).data, backwards);
}

#[test]
fn verify() {
    #[rustfmt::skip]
    check(&[
        ("blocks", "BBB", 0, &[0x13, 1, 0, 0, 3, 0], End::Good, 3),
        ("a filemark", "BFB", 0, &[0x13, 1, 0, 0, 3, 0], filemark(2), 2),
        ("a block that cannot be read", "BX", 0, &[0x13, 1, 0, 0, 2, 0], End::Check(3, (0x11, 0), Some(1)), 2),
        ("a record of another length", "s", 0, &[0x13, 0, 0, 2, 0, 0], incorrect_length(412), 1),
        ("the host's data are others", "BB", 0, &[0x13, 3, 0, 0, 2, 0], End::Check(0x0E, (0x1D, 0), Some(1)), 1),
        ("return at once", "B", 0, &[0x13, 5, 0, 0, 1, 0], FIELD, 0),
    ], plain);
    let tape = "BBs";
    let mut host = complete(tape);
    let data = [record(tape, 0), record(tape, 1)].concat();
    assert_eq!(
        host.succeeds(&[0x13, 3, 0, 0, 2, 0], &data).taken,
        2 * BLOCK
    );
    host.succeeds(&[0x13, 2, 0, 0, 100, 0], &record(tape, 2));
    // What one bit is worth.
    let mut wrong = data;
    wrong[700] ^= 1;
    host.rewind();
    assert_eq!(
        host.fails(&[0x13, 3, 0, 0, 2, 0], &wrong),
        (0x70, key::MISCOMPARE, code::MISCOMPARE, Some(0))
    );
}

/// What a command leaves on the tape: name, tape, where the host is, command, what is on the tape then, where the host is then.
type Written = (
    &'static str,
    &'static str,
    u64,
    &'static [u8],
    &'static str,
    u64,
);

#[test]
fn what_is_written_replaces_all_that_follows() {
    #[rustfmt::skip]
    let rows: [Written; 12] = [
        ("blocks on a blank tape", "", 0, &[0x0A, 1, 0, 0, 2, 0], "BB", 2),
        ("a record", "", 0, &[0x0A, 0, 0, 0, 100, 0], "s", 1),
        ("none", "BB", 1, &[0x0A, 1, 0, 0, 0, 0], "BB", 1),
        ("at the end of data", "BF", 2, &[0x0A, 1, 0, 0, 1, 0], "BFB", 3),
        ("in the middle", "BFlFl", 2, &[0x0A, 1, 0, 0, 1, 0], "BFB", 3),
        ("at the beginning", "llFl", 0, &[0x0A, 1, 0, 0, 1, 0], "B", 1),
        ("filemarks", "B", 1, &[0x10, 0, 0, 0, 2, 0], "BFF", 3),
        ("setmarks", "B", 1, &[0x10, 2, 0, 0, 2, 0], "BSS", 3),
        ("no filemarks", "Bl", 1, &[0x10, 0, 0, 0, 0, 0], "Bl", 1),
        ("filemarks in the middle", "lll", 1, &[0x10, 1, 0, 0, 1, 0], "lF", 2),
        ("erased from here on", "lBlF", 2, &[0x19, 1, 0, 0, 0, 0], "lB", 2),
        ("an erased gap", "lBlF", 2, &[0x19, 0, 0, 0, 0, 0], "lB", 2),
    ];
    for (what, before, at, cdb, after, then) in rows {
        let mut host = complete(before);
        host.locate(at);
        host.succeeds(cdb, &[0x5A; 4096]);
        assert_eq!(host.drive.position(), then, "{what}");
        host.filemarks(0, false);
        assert_eq!(letters(host.medium()), after, "{what}");
    }
}

#[test]
fn commands_that_need_the_tape_elsewhere_write_what_is_buffered_first() {
    #[rustfmt::skip]
    let rows: [(&str, &[u8], u64); 9] = [
        ("REWIND", &[1, 0, 0, 0, 0, 0], 0),
        ("SPACE", &[0x11, 0, 0xFF, 0xFF, 0xFF, 0], 1),
        ("READ", &[8, 1, 0, 0, 0, 0], 2),
        ("READ REVERSE", &[0x0F, 1, 0, 0, 1, 0], 1),
        ("VERIFY", &[0x13, 1, 0, 0, 0, 0], 2),
        ("LOCATE", &[0x2B, 0, 0, 0, 0, 0, 1, 0, 0, 0], 1),
        ("WRITE FILEMARKS of none", &[0x10, 0, 0, 0, 0, 0], 2),
        ("UNLOAD", &[0x1B, 0, 0, 0, 0, 0], 0),
        ("WRITE BUFFER", &[0x3B, 2, 0, 0, 0, 0, 0, 0, 4, 0], 2),
    ];
    for (what, cdb, then) in rows {
        let mut host = complete("");
        host.write(&blocks(0..2));
        assert!(host.medium().is_empty(), "{what}");
        assert_eq!(host.command(cdb, &[0; 4]).status, Status::Good, "{what}");
        assert_eq!(letters(host.medium()), "BB", "{what}");
        assert_eq!(host.drive.position(), then, "{what}");
    }
}

#[test]
fn a_tape_that_is_not_there_or_may_not_be_written() {
    let mut host = complete("BB");
    host.drive.eject(host.now, true, &mut host.tracer).unwrap();
    for cdb in [
        [0x00_u8, 0, 0, 0, 0, 0],
        [0x01, 0, 0, 0, 0, 0],
        [0x08, 1, 0, 0, 1, 0],
        [0x0A, 1, 0, 0, 1, 0],
        [0x0F, 1, 0, 0, 1, 0],
        [0x10, 0, 0, 0, 1, 0],
        [0x11, 0, 0, 0, 1, 0],
        [0x13, 1, 0, 0, 1, 0],
        [0x19, 1, 0, 0, 0, 0],
        [0x1B, 0, 0, 0, 1, 0],
    ] {
        let none = (0x70, key::NOT_READY, code::NO_MEDIUM, None);
        assert_eq!(host.fails(&cdb, &[]), none, "{cdb:02x?}");
    }
    for cdb in [
        [0x2B_u8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ] {
        assert_eq!(host.fails(&cdb, &[]).2, code::NO_MEDIUM);
    }
    let mut safe = medium("BB");
    safe.set_write_protected(true);
    let mut host = Host::new(&Profile::named("scsi-2-dds").unwrap(), safe);
    for cdb in [
        [0x0A_u8, 1, 0, 0, 1, 0],
        [0x10, 0, 0, 0, 1, 0],
        [0x10, 2, 0, 0, 1, 0],
        [0x19, 1, 0, 0, 0, 0],
    ] {
        let safe = (0x70, key::DATA_PROTECT, code::WRITE_PROTECTED, None);
        assert_eq!(host.fails(&cdb, &[]), safe, "{cdb:02x?}");
    }
}

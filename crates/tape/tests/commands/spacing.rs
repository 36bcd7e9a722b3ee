//! SPACE (SCSI-2, 10.2.12): what it counts, where it stops, and the residue.

use super::table::*;

const BLOCKS: u8 = 0;
const FILEMARKS: u8 = 1;
const CONSECUTIVE_FILEMARKS: u8 = 2;
const END: u8 = 3;
const SETMARKS: u8 = 4;
const CONSECUTIVE_SETMARKS: u8 = 5;

macro_rules! space {
    ($code:expr, $count:expr) => {{
        const COUNT: [u8; 4] = ($count as i32).to_be_bytes();
        &[0x11, $code, COUNT[1], COUNT[2], COUNT[3], 0]
    }};
}

/// The search for consecutive marks failed: no valid residue.
const NOT_FOUND: End = End::Check(8, (0, 5), None);
const NOT_FOUND_BACKWARDS: End = End::Check(0x40, (0, 4), None);

#[test]
fn blocks_are_counted_up_to_marks_and_ends() {
    #[rustfmt::skip]
    check(&[
        ("forward", "BBBFBB", 0, space!(BLOCKS, 2), End::Good, 2),
        ("forward by none", "BBBFBB", 1, space!(BLOCKS, 0), End::Good, 1),
        ("stops behind a filemark", "BBBFBB", 1, space!(BLOCKS, 5), filemark(3), 4),
        ("at a filemark", "BBBFBB", 3, space!(BLOCKS, 1), filemark(1), 4),
        ("stops at the end of data", "BBBFBB", 4, space!(BLOCKS, 5), end_of_data(3), 6),
        ("at the end of data", "BB", 2, space!(BLOCKS, 1), end_of_data(1), 2),
        ("at the end of data by none", "BB", 2, space!(BLOCKS, 0), End::Good, 2),
        ("on a blank tape", "", 0, space!(BLOCKS, 7), end_of_data(7), 0),
        ("backward", "BBBFBB", 3, space!(BLOCKS, -2), End::Good, 1),
        ("stops before a filemark", "BBBFBB", 6, space!(BLOCKS, -4), filemark(2), 3),
        ("stops at the beginning", "BBBFBB", 2, space!(BLOCKS, -4), beginning(2), 0),
        ("at the beginning", "BBBFBB", 0, space!(BLOCKS, -1), beginning(1), 0),
        ("over as many as the field holds", "BBF", 0, space!(BLOCKS, 0x7F_FFFF), filemark(0x7F_FFFF - 2), 3),
        ("back over as many as the field holds", "BB", 2, space!(BLOCKS, -0x80_0000), beginning(0x80_0000 - 2), 0),
        ("a block that cannot be read is a block", "BXB", 0, space!(BLOCKS, 3), End::Good, 3),
        ("setmarks are passed unless they are to be reported", "BSB", 0, space!(BLOCKS, 2), End::Good, 3),
        ("and backward", "BSB", 3, space!(BLOCKS, -2), End::Good, 0),
    ], plain);
}

#[test]
fn filemarks_are_counted_up_to_the_ends() {
    #[rustfmt::skip]
    check(&[
        ("forward", "BFBBFB", 0, space!(FILEMARKS, 2), End::Good, 5),
        ("none is left", "BFB", 0, space!(FILEMARKS, 3), end_of_data(2), 3),
        ("backward", "BFBBFB", 6, space!(FILEMARKS, -1), End::Good, 4),
        ("from behind a mark", "BFBBFB", 5, space!(FILEMARKS, -2), End::Good, 1),
        ("none is left before", "BFB", 3, space!(FILEMARKS, -2), beginning(1), 0),
        ("one behind the other", "FFF", 0, space!(FILEMARKS, 2), End::Good, 2),
        ("setmarks do not count", "BSBF", 0, space!(FILEMARKS, 1), End::Good, 4),
    ], plain);
}

#[test]
fn consecutive_filemarks_are_searched_for() {
    #[rustfmt::skip]
    check(&[
        ("behind the second of two", "BFBFFB", 0, space!(CONSECUTIVE_FILEMARKS, 2), End::Good, 5),
        ("of more, behind the Nth", "BFFFB", 0, space!(CONSECUTIVE_FILEMARKS, 2), End::Good, 3),
        ("one is the first", "BFBF", 0, space!(CONSECUTIVE_FILEMARKS, 1), End::Good, 2),
        ("not there", "BFBFB", 0, space!(CONSECUTIVE_FILEMARKS, 2), NOT_FOUND, 5),
        ("backward, before the Nth", "BFFFB", 5, space!(CONSECUTIVE_FILEMARKS, -2), End::Good, 2),
        ("backward, not there", "BFBFB", 5, space!(CONSECUTIVE_FILEMARKS, -2), NOT_FOUND_BACKWARDS, 0),
        ("none", "BFF", 0, space!(CONSECUTIVE_FILEMARKS, 0), End::Good, 0),
    ], plain);
}

#[test]
fn the_end_of_data_is_reached_whatever_the_count() {
    #[rustfmt::skip]
    check(&[
        ("from the beginning", "BFBSB", 0, space!(END, 0), End::Good, 5),
        ("the count is ignored", "BFBSB", 2, space!(END, -1), End::Good, 5),
        ("from there", "B", 1, space!(END, 0), End::Good, 1),
        ("on a blank tape", "", 0, space!(END, 0), End::Good, 0),
    ], plain);
}

#[test]
fn setmarks_are_counted_past_filemarks() {
    #[rustfmt::skip]
    let rows: [Row; 7] = [
        ("forward", "BFSBFS", 0, space!(SETMARKS, 2), End::Good, 6),
        ("none is left", "BFSB", 0, space!(SETMARKS, 2), end_of_data(1), 4),
        ("backward", "BFSBFS", 6, space!(SETMARKS, -2), End::Good, 2),
        ("none is left before", "BFSB", 4, space!(SETMARKS, -3), beginning(2), 0),
        ("two one behind the other", "SBSSB", 0, space!(CONSECUTIVE_SETMARKS, 2), End::Good, 4),
        ("not there", "SFSB", 0, space!(CONSECUTIVE_SETMARKS, 2), NOT_FOUND, 4),
        ("backward, before the Nth", "BSSSB", 5, space!(CONSECUTIVE_SETMARKS, -2), End::Good, 2),
    ];
    check(&rows, plain);
    check(&rows, report_setmarks);
}

#[test]
fn setmarks_that_are_reported_end_spacing() {
    #[rustfmt::skip]
    check(&[
        ("over blocks", "BBSB", 0, space!(BLOCKS, 3), setmark(1), 3),
        ("over blocks backward", "BSBB", 4, space!(BLOCKS, -4), setmark(2), 1),
        ("over filemarks", "BFSBF", 0, space!(FILEMARKS, 2), setmark(1), 3),
        ("over filemarks backward", "FSBF", 4, space!(FILEMARKS, -2), setmark(1), 1),
        ("over consecutive filemarks", "FSFF", 0, space!(CONSECUTIVE_FILEMARKS, 2), End::Check(0x80, (0, 3), None), 2),
    ], report_setmarks);
}

#[test]
fn codes_that_do_not_exist_are_refused() {
    check(
        &[
            ("code 6", "B", 0, &[0x11, 6, 0, 0, 1, 0], FIELD, 0),
            ("code 7", "B", 0, &[0x11, 7, 0, 0, 1, 0], FIELD, 0),
            ("reserved bits", "B", 0, &[0x11, 0x10, 0, 0, 1, 0], FIELD, 0),
        ],
        plain,
    );
}

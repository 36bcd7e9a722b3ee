//! Mode parameters (SCSI-2, 8.2.8 to 8.2.11, 9.3.3).

use super::table::*;
use super::*;

#[test]
fn mode_sense_and_mode_select_check_their_fields() {
    const HEADER: [u8; 4] = [0, 0, 0, 0];
    check(
        &[
            (
                "page 1",
                &[0x1A, 8, 1, 0, 255, 0],
                &[],
                End::Gives(&[15, 0, 0, 0, 0x81, 10, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]),
            ),
            (
                "what can be changed of it",
                &[0x1A, 8, 0x41, 0, 255, 0],
                &[],
                End::Gives(&[15, 0, 0, 0, 0x81, 10, 0x66, 255, 0, 0, 0, 0, 0, 0, 0, 0]),
            ),
            (
                "page 3 cannot be changed",
                &[0x1A, 8, 0x43, 0, 8, 0],
                &[],
                End::Gives(&[27, 0, 0, 0, 0x83, 22, 0, 0]),
            ),
            (
                "no page, a descriptor",
                &[0x1A, 0, 0, 0, 255, 0],
                &[],
                End::Gives(&[11, 0, 0, 8, 0, 0, 0, 220, 0, 0, 2, 0]),
            ),
            (
                "the long form",
                &[0x5A, 0, 0, 0, 0, 0, 0, 0, 255, 0],
                &[],
                End::Gives(&[0, 14, 0, 0, 0, 0, 0, 8, 0, 0, 0, 220, 0, 0, 2, 0]),
            ),
            (
                "Apple's page",
                &[0x1A, 8, 0x30, 0, 255, 0],
                &[],
                End::Gives(b"\x1B\0\0\0\xB0\x16APPLE COMPUTER, INC   "),
            ),
            (
                "a page there is not",
                &[0x1A, 8, 0x0B, 0, 255, 0],
                &[],
                FIELD,
            ),
            ("an empty list", &[0x15, 0x10, 0, 0, 0, 0], &[], End::Good),
            (
                "a header alone",
                &[0x15, 0x10, 0, 0, 4, 0],
                &HEADER,
                End::Good,
            ),
            (
                "half a header",
                &[0x15, 0x10, 0, 0, 3, 0],
                &[0, 0, 0],
                LENGTH,
            ),
            (
                "half a descriptor",
                &[0x15, 0x10, 0, 0, 8, 0],
                &[0, 0, 0, 8, 0, 0, 0, 0],
                LENGTH,
            ),
            (
                "two descriptors",
                &[0x15, 0x10, 0, 0, 4, 0],
                &[0, 0, 0, 16],
                LIST,
            ),
            (
                "a medium type",
                &[0x15, 0x10, 0, 0, 4, 0],
                &[0, 1, 0, 0],
                LIST,
            ),
            (
                "blocks of 1024 bytes",
                &[0x15, 0x10, 0, 0, 12, 0],
                &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 4, 0],
                LIST,
            ),
            (
                "another number of blocks",
                &[0x15, 0x10, 0, 0, 12, 0],
                &[0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 2, 0],
                LIST,
            ),
            (
                "half a page",
                &[0x15, 0x10, 0, 0, 6, 0],
                &[0, 0, 0, 0, 1, 10],
                LENGTH,
            ),
            (
                "a page of a wrong length",
                &[0x15, 0x10, 0, 0, 16, 0],
                &[0, 0, 0, 0, 1, 6, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
                LIST,
            ),
            (
                "a bit that cannot be changed",
                &[0x15, 0x10, 0, 0, 16, 0],
                &[0, 0, 0, 0, 1, 10, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0],
                LIST,
            ),
            (
                "the long form",
                &[0x55, 0x10, 0, 0, 0, 0, 0, 0, 8, 0],
                &[0, 0, 0, 0, 0, 0, 0, 0],
                End::Good,
            ),
            (
                "half its header",
                &[0x55, 0x10, 0, 0, 0, 0, 0, 0, 4, 0],
                &HEADER,
                LENGTH,
            ),
        ],
        plain,
    );
}

/// Sets byte 2 and the retries of page 1.
pub fn set_recovery(bench: &mut Bench<Disk>, bits: u8, retries: u8, save: bool) {
    let list = [0, 0, 0, 0, 1, 10, bits, retries, 0, 0, 0, 0, 0, 0, 0, 0];
    let done = bench.command_out(&[0x15, 0x10 | u8::from(save), 0, 0, 16, 0], &list);
    assert!(done.good());
}

/// Bits and retries of page 1, with this page control.
fn recovery(bench: &mut Bench<Disk>, control: u8) -> [u8; 2] {
    let data = bench.command(&[0x1A, 8, control << 6 | 1, 0, 255, 0]).data;
    [data[6], data[7]]
}

#[test]
fn current_default_and_saved_values() {
    let mut bench = complete();
    set_recovery(&mut bench, 0x04, 3, true);
    set_recovery(&mut bench, 0x00, 5, false);
    assert_eq!(
        [0, 2, 3].map(|control| recovery(&mut bench, control)),
        [[0, 5], [0, 8], [4, 3]]
    );
    bench.reset();
    bench.sense();
    assert_eq!(
        recovery(&mut bench, 0),
        [4, 3],
        "the saved ones are in force after a reset"
    );
    let mut old = of(&DiskProfile::st225n());
    fails(&mut old, &[0x1A, 0, 0xC1, 0, 255, 0], code::NO_SAVED_PAGES);
    fails(&mut old, &[0x15, 1, 0, 0, 4, 0], code::FIELD_IN_CDB);
}

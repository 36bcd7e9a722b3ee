//! Commands one after the other, as SCSI-2, 8.2 and 9.2, has them.

use super::table::*;
use super::*;
use crate::disk::descriptor::FORMATS;
use crate::{BusError, Cdb};

#[test]
fn blocks_and_where_they_end() {
    const DATA: &[u8] = &[0x5A; 3 * BLOCK];
    let past = |block| End::Check(code::BLOCK, Some(block));
    check(
        &[
            (
                "READ(6)",
                &[0x08, 0, 0, 0, 2, 0],
                &[],
                End::GivesSome(2 * BLOCK),
            ),
            (
                "READ(6) to the last block",
                &[0x08, 0, 0, 219, 1, 0],
                &[],
                End::GivesSome(BLOCK),
            ),
            (
                "READ(6) behind it",
                &[0x08, 0, 0, 219, 2, 0],
                &[],
                past(220),
            ),
            (
                "READ(6), bits of the address",
                &[0x08, 0x1F, 0xFF, 0xFF, 1, 0],
                &[],
                past(0x1F_FFFF),
            ),
            (
                "READ(10)",
                &[0x28, 0, 0, 0, 0, 9, 0, 0, 1, 0],
                &[],
                End::GivesSome(BLOCK),
            ),
            (
                "READ(10) of nothing",
                &[0x28, 0, 0, 0, 0, 9, 0, 0, 0, 0],
                &[],
                End::Good,
            ),
            (
                "READ(10), DPO and FUA",
                &[0x28, 0x18, 0, 0, 0, 9, 0, 0, 1, 0],
                &[],
                End::GivesSome(BLOCK),
            ),
            (
                "READ(10), RelAdr",
                &[0x28, 1, 0, 0, 0, 9, 0, 0, 1, 0],
                &[],
                FIELD,
            ),
            (
                "READ(10) beyond 32 bits",
                &[0x28, 0, 255, 255, 255, 255, 0, 0, 9, 0],
                &[],
                past(u32::MAX),
            ),
            ("WRITE(6)", &[0x0A, 0, 0, 0, 3, 0], DATA, End::Good),
            (
                "WRITE(6) behind the end",
                &[0x0A, 0, 0, 218, 3, 0],
                &[],
                past(220),
            ),
            (
                "WRITE(10)",
                &[0x2A, 0, 0, 0, 0, 9, 0, 0, 3, 0],
                DATA,
                End::Good,
            ),
            (
                "WRITE AND VERIFY",
                &[0x2E, 0, 0, 0, 0, 9, 0, 0, 3, 0],
                DATA,
                End::Good,
            ),
            (
                "the same with BytChk",
                &[0x2E, 2, 0, 0, 0, 9, 0, 0, 3, 0],
                DATA,
                End::Good,
            ),
            (
                "VERIFY",
                &[0x2F, 0, 0, 0, 0, 0, 0, 0, 220, 0],
                &[],
                End::Good,
            ),
            (
                "VERIFY behind the end",
                &[0x2F, 0, 0, 0, 0, 1, 0, 0, 220, 0],
                &[],
                past(220),
            ),
            (
                "VERIFY, BytChk, other data",
                &[0x2F, 2, 0, 0, 0, 9, 0, 0, 1, 0],
                DATA,
                End::Check(code::MISCOMPARE, Some(9)),
            ),
            ("SEEK(6)", &[0x0B, 0, 0, 219, 0, 0], &[], End::Good),
            (
                "SEEK(6) behind the end",
                &[0x0B, 0, 0, 220, 0, 0],
                &[],
                past(220),
            ),
            (
                "SEEK(10)",
                &[0x2B, 0, 0, 0, 0, 219, 0, 0, 0, 0],
                &[],
                End::Good,
            ),
            ("REZERO UNIT", &[0x01, 0, 0, 0, 0, 0], &[], End::Good),
            (
                "SYNCHRONIZE CACHE",
                &[0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &[],
                End::Good,
            ),
            (
                "the same, IMMED",
                &[0x35, 2, 0, 0, 0, 0, 0, 0, 9, 0],
                &[],
                End::Good,
            ),
            (
                "the same, behind the end",
                &[0x35, 0, 0, 0, 0, 219, 0, 0, 2, 0],
                &[],
                past(220),
            ),
        ],
        plain,
    );
}

#[test]
fn units_and_what_is_told_of_them() {
    check(
        &[
            ("TEST UNIT READY", &[0, 0, 0, 0, 0, 0], &[], End::Good),
            (
                "INQUIRY",
                &[0x12, 0, 0, 0, 5, 0],
                &[],
                End::Gives(&[0, 0, 2, 2, 31]),
            ),
            ("INQUIRY of nothing", &[0x12, 0, 0, 0, 0, 0], &[], End::Good),
            (
                "INQUIRY, a page without EVPD",
                &[0x12, 0, 0x80, 0, 36, 0],
                &[],
                FIELD,
            ),
            (
                "INQUIRY, the pages",
                &[0x12, 1, 0, 0, 36, 0],
                &[],
                End::Gives(&[0, 0, 0, 2, 0, 0x80]),
            ),
            (
                "INQUIRY, serial number",
                &[0x12, 1, 0x80, 0, 36, 0],
                &[],
                End::Gives(b"\0\x80\0\x08        "),
            ),
            (
                "INQUIRY, another page",
                &[0x12, 1, 0x83, 0, 36, 0],
                &[],
                FIELD,
            ),
            ("START", &[0x1B, 0, 0, 0, 1, 0], &[], End::Good),
            ("STOP", &[0x1B, 0, 0, 0, 0, 0], &[], End::Good),
            ("LoEj of a fixed disk", &[0x1B, 0, 0, 0, 3, 0], &[], FIELD),
            (
                "PREVENT ALLOW of a fixed disk",
                &[0x1E, 0, 0, 0, 1, 0],
                &[],
                End::Check(code::OPERATION, None),
            ),
            ("an extent", &[0x16, 1, 0, 0, 0, 0], &[], FIELD),
            ("the self-test", &[0x1D, 4, 0, 0, 0, 0], &[], End::Good),
            (
                "the self-test with a list",
                &[0x1D, 0x14, 0, 0, 4, 0],
                &[],
                FIELD,
            ),
            (
                "a diagnostic page without PF",
                &[0x1D, 0, 0, 0, 4, 0],
                &[],
                FIELD,
            ),
            (
                "the page of pages",
                &[0x1D, 0x10, 0, 0, 4, 0],
                &[0, 0, 0, 0],
                End::Good,
            ),
            (
                "a page there is not",
                &[0x1D, 0x10, 0, 0, 4, 0],
                &[0x40, 0, 0, 0],
                LIST,
            ),
            (
                "a page cut short",
                &[0x1D, 0x10, 0, 0, 3, 0],
                &[0, 0, 0],
                LENGTH,
            ),
            (
                "RECEIVE DIAGNOSTIC RESULTS",
                &[0x1C, 0, 0, 0, 9, 0],
                &[],
                End::Gives(&[0, 0, 0, 1, 0]),
            ),
            (
                "WRITE BUFFER",
                &[0x3B, 2, 0, 0, 0, 0, 0, 0, 2, 0],
                &[1, 2],
                End::Good,
            ),
            (
                "WRITE BUFFER behind its end",
                &[0x3B, 2, 0, 0, 0x7F, 0xFF, 0, 0, 2, 0],
                &[],
                FIELD,
            ),
            (
                "WRITE BUFFER, firmware",
                &[0x3B, 5, 0, 0, 0, 0, 0, 0, 2, 0],
                &[],
                FIELD,
            ),
            (
                "WRITE BUFFER, a header that is not zero",
                &[0x3B, 0, 0, 0, 0, 0, 0, 0, 5, 0],
                &[1, 0, 0, 0, 9],
                LIST,
            ),
            (
                "READ BUFFER, descriptor",
                &[0x3C, 3, 0, 0, 0, 0, 0, 0, 4, 0],
                &[],
                End::Gives(&[0, 0, 0x80, 0]),
            ),
            (
                "READ BUFFER, header and data",
                &[0x3C, 0, 0, 0, 0, 0, 0, 0, 6, 0],
                &[],
                End::Gives(&[0, 0, 0x80, 0, 0, 0]),
            ),
            (
                "READ BUFFER of another buffer",
                &[0x3C, 2, 1, 0, 0, 0, 0, 0, 4, 0],
                &[],
                FIELD,
            ),
        ],
        plain,
    );
}

#[test]
fn what_was_written_to_the_buffer_is_read_from_it() {
    let mut bench = complete();
    assert!(
        bench
            .command_out(&[0x3B, 2, 0, 0, 0, 9, 0, 0, 3, 0], &[7, 8, 9])
            .good()
    );
    assert_eq!(
        bench.command(&[0x3C, 2, 0, 0, 0, 8, 0, 0, 5, 0]).data,
        [0, 7, 8, 9, 0]
    );
    let list = [0, 0, 0, 0, 5];
    assert!(
        bench
            .command_out(&[0x3B, 0, 0, 0, 0, 0, 0, 0, 5, 0], &list)
            .good()
    );
    assert_eq!(bench.command(&[0x3C, 2, 0, 0, 0, 0, 0, 0, 1, 0]).data, [5]);
}

#[test]
fn a_unit_that_turns_up_slowly_says_so() {
    let mut bench = complete();
    assert!(bench.command(&[0x1B, 0, 0, 0, 0, 0]).good());
    assert_eq!(bench.command(&[0; 6]).status, 2);
    assert_eq!(told(&mut bench).0, code::STOPPED);
    let start = bench.command(&[0x1B, 1, 0, 0, 1, 0]);
    assert!(start.good() && start.elapsed < Ticks::from_secs(1), "IMMED");
    assert_eq!(bench.command(&[0; 6]).status, 2);
    assert_eq!(told(&mut bench).0, code::BECOMING_READY);
    let again = bench.command(&[0x1B, 0, 0, 0, 1, 0]);
    assert!(
        again.good() && again.elapsed > Ticks::from_secs(10),
        "waits for the rest"
    );
    assert!(bench.command(&[0; 6]).good());
}

/// One command of each kind, with nothing but zeros in it as far as they will do.
fn example(operation: u8) -> Vec<u8> {
    let mut cdb = vec![0; Cdb::length_of(operation)];
    cdb[0] = operation;
    cdb
}

#[test]
fn every_drive_has_the_mandatory_commands_and_those_its_profile_lists() {
    let optional: [(&str, &[u8]); 3] = [
        (
            "st225n",
            &[0x01, 0x07, 0x0B, 0x15, 0x1A, 0x1B, 0x2B, 0x2F, 0x2E, 0x37],
        ),
        (
            "prodrive-40s",
            &[
                0x01, 0x07, 0x0B, 0x15, 0x1A, 0x1B, 0x2B, 0x2F, 0x2E, 0x37, 0x3B, 0x3C,
            ],
        ),
        (
            "scsi-2-disk",
            &[
                0x01, 0x07, 0x0B, 0x15, 0x1A, 0x1B, 0x1C, 0x2B, 0x2F, 0x2E, 0x35, 0x37, 0x3B, 0x3C,
                0x3E, 0x3F, 0x55, 0x5A,
            ],
        ),
    ];
    // SCSI-2, table 107.
    let mandatory = [
        0x00, 0x03, 0x04, 0x08, 0x0A, 0x12, 0x16, 0x17, 0x1D, 0x25, 0x28, 0x2A,
    ];
    for (name, optional) in optional {
        for operation in 0..=255 {
            let mut bench = of(&DiskProfile::named(name).unwrap());
            let known = mandatory.contains(&operation) || optional.contains(&operation);
            // A reserved bit: known commands are refused for that, and none moves data.
            let mut cdb = example(operation);
            *cdb.last_mut().unwrap() = 0x20;
            assert_eq!(bench.command(&cdb).status, 2, "{name}: {operation:02x}");
            let expected = if known {
                code::FIELD_IN_CDB
            } else {
                code::OPERATION
            };
            assert_eq!(bench.sense(), expected, "{name}: {operation:02x}");
        }
    }
}

#[test]
fn reserved_bits_link_and_flag_are_refused() {
    // By command, the bits that have a meaning in byte 1 and behind, LUN left out; from the descriptor blocks of SCSI-2, 8.2 and 9.2.
    let meaningful: [(u8, &[u8]); 30] = [
        (0x00, &[0, 0, 0, 0]),
        (0x01, &[0, 0, 0, 0]),
        (0x03, &[0, 0, 0, 0xFF]),
        (0x04, &[0x1F, 0xFF, 0xFF, 0xFF]),
        (0x07, &[0, 0, 0, 0]),
        (0x08, &[0x1F, 0xFF, 0xFF, 0xFF]),
        (0x0A, &[0x1F, 0xFF, 0xFF, 0xFF]),
        (0x0B, &[0x1F, 0xFF, 0xFF, 0]),
        (0x12, &[1, 0xFF, 0, 0xFF]),
        (0x15, &[0x11, 0, 0, 0xFF]),
        (0x16, &[0x1F, 0xFF, 0xFF, 0xFF]),
        (0x17, &[0x1F, 0xFF, 0, 0]),
        (0x1A, &[8, 0xFF, 0, 0xFF]),
        (0x1B, &[1, 0, 0, 3]),
        (0x1C, &[0, 0, 0xFF, 0xFF]),
        (0x1D, &[0x17, 0, 0xFF, 0xFF]),
        (0x25, &[0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 1]),
        (0x28, &[0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
        (0x2A, &[0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
        (0x2B, &[0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0]),
        (0x2E, &[0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
        (0x2F, &[0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
        (0x35, &[2, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
        (0x37, &[0, 0x1F, 0, 0, 0, 0, 0xFF, 0xFF]),
        (0x3B, &[7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        (0x3C, &[7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        (0x3E, &[2, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
        (0x3F, &[0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF]),
        (0x55, &[0x11, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
        (0x5A, &[8, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF]),
    ];
    assert_eq!(
        meaningful.map(|(operation, _)| operation),
        FORMATS.map(|format| format.operation)
    );
    let mut bench = complete();
    for (operation, bits) in meaningful {
        let control = bits.len() + 1;
        for at in 1..=control {
            let meaning =
                bits.get(at - 1).copied().unwrap_or(0xC0) | if at == 1 { 0xE0 } else { 0 };
            for bit in (0..8).filter(|bit| meaning & 1 << bit == 0) {
                let mut wrong = example(operation);
                wrong[at] |= 1 << bit;
                fails(&mut bench, &wrong, code::FIELD_IN_CDB);
            }
        }
    }
}

#[test]
fn a_unit_that_is_not_there() {
    let mut bench = complete();
    for lun in 1..8_u8 {
        assert_eq!(bench.command(&[0x12, lun << 5, 0, 0, 36, 0]).data[0], 0x7F);
        assert_eq!(bench.command(&[3, lun << 5, 0, 0, 18, 0]).data[12], 0x25);
        for operation in [0x00, 0x08, 0x16, 0x1D] {
            fails(&mut bench, &[operation, lun << 5, 0, 0, 0, 0], code::UNIT);
        }
    }
}

#[test]
fn a_sector_with_its_check_bytes() {
    let mut bench = complete();
    let long = |operation, length: u16| {
        let [high, low] = length.to_be_bytes();
        [operation, 0, 0, 0, 0, 5, 0, high, low, 0]
    };
    let sector = bench.command(&long(0x3E, 516)).data;
    assert_eq!(sector[..BLOCK], base(BLOCKS)[5 * BLOCK..6 * BLOCK]);
    assert_eq!(bench.command(&long(0x3E, 512)).status, 2);
    let data = bench.command(&[3, 0, 0, 0, 18, 0]).data;
    assert_eq!(
        (data[0], data[2], &data[3..7]),
        (0xF0, 0x25, &[0xFF, 0xFF, 0xFF, 0xFC][..]),
        "ILI, four bytes too few"
    );
    let mut spoiled = sector.clone();
    spoiled[0] ^= 1;
    assert!(bench.command_out(&long(0x3F, 516), &spoiled).good());
    assert_eq!(read6(&mut bench, 5, 1).status, 2);
    assert_eq!(told(&mut bench), (code::READ_ERROR, Some(5)));
    assert!(bench.command_out(&long(0x3F, 516), &sector).good());
    assert_eq!(read6(&mut bench, 5, 1).data, sector[..BLOCK]);
}

#[test]
fn what_the_bus_spoils_ends_with_aborted_command_and_abort_leaves_nothing() {
    let mut bench = complete();
    let mut tracer = Tracer::default();
    let now = Ticks::from_secs(100);
    bench.with_device(|disk| {
        disk.command(now, 7, 0, &Cdb::new(&[8, 0, 0, 0, 1, 0]), &mut tracer);
        Device::fail(disk, now, BusError::Parity, &mut tracer);
        let end = disk.next(now + Ticks::from_secs(1), &mut tracer);
        assert_eq!(end, Next::Status(Status::CheckCondition));
    });
    assert_eq!(bench.sense(), [0x0B, 0x47, 0]);
}

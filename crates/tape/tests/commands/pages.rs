//! Pages: mode parameters (SCSI-2, 8.2.8 to 8.2.11, 10.3.3), log parameters (8.2.6, 8.2.7, 10.3.2), vital product data (8.3.4), diagnostics (8.2.13,
//! 8.2.15), and the buffer as memory (8.2.12, 8.2.17).

use super::table::*;
use super::*;

fn sense_page(host: &mut Host, byte: u8) -> Vec<u8> {
    host.succeeds(&[0x1A, 8, byte, 0, 255, 0], &[]).data[4..].to_vec()
}

#[test]
fn mode_sense_in_both_forms() {
    let mut host = complete("B");
    let short = host.succeeds(&[0x1A, 0, 0x3F, 0, 255, 0], &[]).data;
    let long = host
        .succeeds(&[0x5A, 0, 0x3F, 0, 0, 0, 0, 1, 0, 0], &[])
        .data;
    assert_eq!(usize::from(short[0]), short.len() - 1);
    assert_eq!(
        usize::from(long[0]) << 8 | usize::from(long[1]),
        long.len() - 2
    );
    assert_eq!(short[1..4], [0, 0x10, 8]);
    assert_eq!(long[2..8], [0, 0x10, 0, 0, 0, 8]);
    assert_eq!(short[4..], long[8..]);
    // Density of DDS, all remaining blocks, 512 bytes.
    assert_eq!(short[4..12], [0x13, 0, 0, 0, 0, 0, 2, 0]);
    // The pages in ascending order, all of them savable.
    let mut codes = Vec::new();
    let mut pages = &short[12..];
    while let [code, length, ..] = pages {
        codes.push(*code);
        pages = &pages[2 + usize::from(*length)..];
    }
    assert_eq!(codes, [0x81, 0x82, 0x8A, 0x8F, 0x90, 0x91]);
    // The allocation length cuts, and is no error.
    assert_eq!(
        host.succeeds(&[0x1A, 0, 0x3F, 0, 3, 0], &[]).data,
        short[..3]
    );
    assert_eq!(
        host.fails(&[0x1A, 0, 0x09, 0, 255, 0], &[]).2,
        code::FIELD_IN_CDB
    );
}

#[test]
fn mode_select_takes_a_list_or_nothing_of_it() {
    let parameter = (0x70, key::ILLEGAL_REQUEST, code::FIELD_IN_LIST, None);
    let length = (0x70, key::ILLEGAL_REQUEST, code::LIST_LENGTH, None);
    // Name, list, what is told.
    #[rustfmt::skip]
    let rows: [(&str, &[u8], _); 17] = [
        ("nothing", &[], None),
        ("header alone", &[0, 0, 0x10, 0], None),
        ("header cut short", &[0, 0, 0x10], Some(length)),
        ("block descriptor", &[0, 0, 0x10, 8, 0x13, 0, 0, 0, 0, 0, 4, 0], None),
        ("same density", &[0, 0, 0x10, 8, 0x7F, 0, 0, 0, 0, 0, 2, 0], None),
        ("block descriptor cut short", &[0, 0, 0x10, 8, 0, 0, 0], Some(length)),
        ("half a block descriptor", &[0, 0, 0x10, 4, 0, 0, 0, 0], Some(parameter)),
        ("another density", &[0, 0, 0x10, 8, 0x10, 0, 0, 0, 0, 0, 2, 0], Some(parameter)),
        ("blocks that are too long", &[0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF], Some(parameter)),
        ("a medium type", &[0, 1, 0x10, 0], Some(parameter)),
        ("a speed", &[0, 0, 0x11, 0], Some(parameter)),
        ("buffered mode 3", &[0, 0, 0x30, 0], Some(parameter)),
        ("a page", &[0, 0, 0x10, 0, 0x0F, 14, 0xC0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], None),
        ("a bit that cannot be changed", &[0, 0, 0x10, 0, 0x0F, 14, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], Some(parameter)),
        ("a page of another length", &[0, 0, 0x10, 0, 0x0F, 13, 0xC0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], Some(length)),
        ("a page cut short", &[0, 0, 0x10, 0, 0x0F, 14, 0xC0], Some(length)),
        ("no such page", &[0, 0, 0x10, 0, 0x08, 2, 0, 0], Some(parameter)),
    ];
    for (what, list, told) in rows {
        let mut host = complete("B");
        let before = host.succeeds(&[0x1A, 0, 0x3F, 0, 255, 0], &[]).data;
        let length = list.len() as u8;
        let done = host.command(&[0x15, 0x10, 0, 0, length, 0], list);
        assert_eq!(done.taken, list.len(), "{what}");
        match told {
            None => assert_eq!(done.status, Status::Good, "{what}"),
            Some(told) => {
                assert_eq!(host.told(), told, "{what}");
                let after = host.succeeds(&[0x1A, 0, 0x3F, 0, 255, 0], &[]).data;
                assert_eq!(before, after, "{what}: nothing has changed");
            }
        }
    }
    // The long form says the same.
    let mut host = complete("B");
    let list = [0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 4, 0];
    host.succeeds(&[0x55, 0x10, 0, 0, 0, 0, 0, 0, 16, 0], &list);
    assert_eq!(
        host.succeeds(&[0x1A, 0, 0, 0, 255, 0], &[]).data,
        [11, 0, 0, 8, 0x13, 0, 0, 0, 0, 0, 4, 0]
    );
}

#[test]
fn current_changeable_default_and_saved_values() {
    let mut host = complete("B");
    // What can be changed of the device configuration page: ratios, delay, RSmk, RBO, REW.
    let changeable = sense_page(&mut host, 0x50);
    assert_eq!(
        changeable[..11],
        [0x90, 14, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x23, 0, 0]
    );
    let default = sense_page(&mut host, 0x90);
    host.set_page_bit(0x10, 8, 0x20);
    assert_eq!(sense_page(&mut host, 0x10)[8], default[8] | 0x20);
    assert_eq!(sense_page(&mut host, 0x90), default);
    assert_eq!(sense_page(&mut host, 0xD0), default);
    // A reset brings back what was saved.
    let reset = |host: &mut Host| {
        host.reset();
        host.rest(Ticks::from_secs(60));
        host.command(&TEST_UNIT_READY, &[]);
    };
    reset(&mut host);
    assert_eq!(sense_page(&mut host, 0x10), default);
    let mut list = [&[0, 0, 0x20, 0][..], &default].concat();
    list[4 + 8] |= 0x20;
    let length = list.len() as u8;
    host.succeeds(&[0x15, 0x11, 0, 0, length, 0], &list);
    reset(&mut host);
    assert_eq!(sense_page(&mut host, 0x10)[8], default[8] | 0x20);
    assert_eq!(sense_page(&mut host, 0xD0)[8], default[8] | 0x20);
    assert_eq!(host.succeeds(&[0x1A, 8, 0, 0, 4, 0], &[]).data[2], 0x20);
}

#[test]
fn what_a_page_says_is_what_the_drive_does() {
    // The write delay: how long little data wait in the buffer, in tenths of a second.
    let mut host = complete("");
    let mut page = sense_page(&mut host, 0x10);
    page[0] &= 0x7F;
    page[6..8].copy_from_slice(&[0, 100]);
    let list = [&[0, 0, 0x10, 0][..], &page].concat();
    let length = list.len() as u8;
    host.succeeds(&[0x15, 0x10, 0, 0, length, 0], &list);
    host.write(&block(1));
    host.rest(Ticks::from_millis(9_000));
    assert_eq!(host.drive.state(), DriveState::Stopped);
    host.rest(Ticks::from_millis(2_000));
    assert_ne!(host.drive.state(), DriveState::Stopped);
    // The read retry count.
    for retries in [0, 7] {
        let mut host = complete("X");
        let mut page = sense_page(&mut host, 0x01);
        page[0] &= 0x7F;
        page[3] = retries;
        let list = [&[0, 0, 0x10, 0][..], &page].concat();
        let length = list.len() as u8;
        host.succeeds(&[0x15, 0x10, 0, 0, length, 0], &list);
        host.command(&[8, 1, 0, 0, 1, 0], &[]);
        assert_eq!(host.drive.counters().rereads, u64::from(retries));
    }
}

/// LOG SENSE of a page: its parameters.
fn log(host: &mut Host, byte: u8) -> Vec<(u16, u64)> {
    let data = host
        .succeeds(&[0x4D, 0, byte, 0, 0, 0, 0, 1, 0, 0], &[])
        .data;
    assert_eq!(data[0], byte & 0x3F);
    assert_eq!(
        usize::from(data[2]) << 8 | usize::from(data[3]),
        data.len() - 4
    );
    let mut rest = &data[4..];
    let mut parameters = Vec::new();
    while let [high, low, _, length, more @ ..] = rest {
        let (value, more) = more.split_at(usize::from(*length));
        let value = value
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        parameters.push((u16::from_be_bytes([*high, *low]), value));
        rest = more;
    }
    parameters
}

#[test]
fn log_pages_count_what_the_tape_did() {
    let mut medium = Medium::new();
    medium.set_defect(3, true);
    let mut profile = Profile::named("scsi-2-dds").unwrap();
    profile.set("tape.group", "512").unwrap();
    let mut host = Host::new(&profile, medium);
    let list = host
        .succeeds(&[0x4D, 0, 0x40, 0, 0, 0, 0, 0, 255, 0], &[])
        .data;
    assert_eq!(list, [0, 0, 0, 5, 0, 1, 2, 3, 6]);
    host.write(&blocks(0..8));
    host.filemarks(1, false);
    host.rewind();
    host.read(8);
    #[rustfmt::skip]
    assert_eq!(log(&mut host, 0x42), [(0, 1), (1, 0), (2, 1), (3, 1), (4, 1), (5, 4096), (6, 0)]);
    #[rustfmt::skip]
    assert_eq!(log(&mut host, 0x43), [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 4096), (6, 0)]);
    assert_eq!(log(&mut host, 0x46), [(0, 0)]);
    // Thresholds, their defaults, and the default counts.
    assert!(
        log(&mut host, 0x02)
            .iter()
            .all(|(code, value)| { *value == if *code == 5 { u64::MAX } else { 0xFFFF_FFFF } })
    );
    assert_eq!(log(&mut host, 0x82), log(&mut host, 0x02));
    assert!(log(&mut host, 0xC2).iter().all(|(_, value)| *value == 0));
    // From a parameter on.
    let data = host
        .succeeds(&[0x4D, 0, 0x42, 0, 0, 0, 6, 0, 255, 0], &[])
        .data;
    assert_eq!(data, [2, 0, 0, 8, 0, 6, 0x40, 4, 0, 0, 0, 0]);
    // A count is set, then all begin anew.
    let list = [2, 0, 0, 8, 0, 2, 0x40, 4, 0, 0, 1, 0];
    host.succeeds(&[0x4C, 0, 0x40, 0, 0, 0, 0, 0, 12, 0], &list);
    assert_eq!(log(&mut host, 0x42)[2], (2, 256));
    host.succeeds(&[0x4C, 2, 0x40, 0, 0, 0, 0, 0, 0, 0], &[]);
    assert!(log(&mut host, 0x42).iter().all(|(_, value)| *value == 0));
    host.rewind();
    host.read(1);
    assert_eq!(log(&mut host, 0x43)[5], (5, 512));
}

/// What is wrong, command, parameter list, code and qualifier.
type Refused = (&'static str, &'static [u8], &'static [u8], (u8, u8));

#[test]
fn log_requests_that_cannot_be_met() {
    #[rustfmt::skip]
    let rows: [Refused; 11] = [
        ("no such page", &[0x4D, 0, 0x45, 0, 0, 0, 0, 0, 255, 0], &[], code::FIELD_IN_CDB),
        ("behind the last parameter", &[0x4D, 0, 0x42, 0, 0, 0, 7, 0, 255, 0], &[], code::FIELD_IN_CDB),
        ("saving", &[0x4D, 1, 0x42, 0, 0, 0, 0, 0, 255, 0], &[], code::FIELD_IN_CDB),
        ("changed ones only", &[0x4D, 2, 0x42, 0, 0, 0, 0, 0, 255, 0], &[], code::FIELD_IN_CDB),
        ("select: saving", &[0x4C, 1, 0x40, 0, 0, 0, 0, 0, 0, 0], &[], code::FIELD_IN_CDB),
        ("select: reset with a list", &[0x4C, 2, 0x40, 0, 0, 0, 0, 0, 4, 0], &[2, 0, 0, 0], code::FIELD_IN_CDB),
        ("select: default values with a list", &[0x4C, 0, 0xC0, 0, 0, 0, 0, 0, 4, 0], &[2, 0, 0, 0], code::FIELD_IN_CDB),
        ("select: no such page", &[0x4C, 0, 0x40, 0, 0, 0, 0, 0, 4, 0], &[5, 0, 0, 0], code::FIELD_IN_LIST),
        ("select: no such parameter", &[0x4C, 0, 0x40, 0, 0, 0, 0, 0, 12, 0], &[2, 0, 0, 8, 0, 9, 0x40, 4, 0, 0, 0, 0], code::FIELD_IN_LIST),
        ("select: another width", &[0x4C, 0, 0x40, 0, 0, 0, 0, 0, 10, 0], &[2, 0, 0, 6, 0, 2, 0x40, 2, 0, 0], code::FIELD_IN_LIST),
        ("select: cut short", &[0x4C, 0, 0x40, 0, 0, 0, 0, 0, 6, 0], &[2, 0, 0, 8, 0, 2], code::LIST_LENGTH),
    ];
    for (what, cdb, list, code) in rows {
        let mut host = complete("B");
        assert_eq!(
            host.fails(cdb, list),
            (0x70, key::ILLEGAL_REQUEST, code, None),
            "{what}"
        );
    }
}

#[test]
fn vital_product_data() {
    let mut host = complete("B");
    let page = |host: &mut Host, page| host.succeeds(&[0x12, 1, page, 0, 255, 0], &[]).data;
    assert_eq!(page(&mut host, 0x00), [1, 0, 0, 2, 0, 0x80]);
    assert_eq!(page(&mut host, 0x80)[..4], [1, 0x80, 0, 8]);
    assert_eq!(
        host.fails(&[0x12, 1, 0x81, 0, 255, 0], &[]).2,
        code::FIELD_IN_CDB
    );
    assert_eq!(
        host.fails(&[0x12, 0, 0x80, 0, 255, 0], &[]).2,
        code::FIELD_IN_CDB
    );
}

#[test]
fn diagnostics() {
    let mut host = complete("B");
    host.succeeds(&[0x1D, 0x10, 0, 0, 4, 0], &[0, 0, 0, 0]);
    assert_eq!(
        host.succeeds(&[0x1C, 0, 0, 0, 255, 0], &[]).data,
        [0, 0, 0, 1, 0]
    );
    assert_eq!(
        host.fails(&[0x1D, 0x10, 0, 0, 4, 0], &[0x40, 0, 0, 0]).2,
        code::FIELD_IN_LIST
    );
    assert_eq!(
        host.fails(&[0x1D, 0x10, 0, 0, 3, 0], &[0; 3]).2,
        code::LIST_LENGTH
    );
    assert_eq!(
        host.fails(&[0x1D, 0x14, 0, 0, 4, 0], &[0; 4]).2,
        code::FIELD_IN_CDB
    );
}

#[test]
fn the_buffer_as_memory() {
    let mut host = complete("B");
    let descriptor = host.succeeds(&[0x3C, 3, 0, 0, 0, 0, 0, 0, 4, 0], &[]).data;
    assert_eq!(descriptor, [0, 8, 0, 0], "512 KB, offsets of any byte");
    host.succeeds(&[0x3B, 2, 0, 0, 0, 8, 0, 0, 4, 0], &[1, 2, 3, 4]);
    assert_eq!(
        host.succeeds(&[0x3C, 2, 0, 0, 0, 6, 0, 0, 8, 0], &[]).data,
        [0, 0, 1, 2, 3, 4, 0, 0]
    );
    host.succeeds(&[0x3B, 0, 0, 0, 0, 0, 0, 0, 6, 0], &[0, 0, 0, 0, 9, 8]);
    assert_eq!(
        host.succeeds(&[0x3C, 0, 0, 0, 0, 0, 0, 0, 6, 0], &[]).data,
        [0, 8, 0, 0, 9, 8]
    );
    for cdb in [
        [0x3B, 2, 1, 0, 0, 0, 0, 0, 4, 0],
        [0x3B, 2, 0, 8, 0, 0, 0, 0, 4, 0],
        [0x3B, 4, 0, 0, 0, 0, 0, 0, 4, 0],
        [0x3B, 0, 0, 0, 0, 1, 0, 0, 4, 0],
        [0x3C, 2, 0, 8, 0, 0, 0, 0, 1, 0],
        [0x3C, 1, 0, 0, 0, 0, 0, 0, 4, 0],
    ] {
        assert_eq!(host.fails(&cdb, &[]).2, code::FIELD_IN_CDB, "{cdb:02x?}");
    }
    assert_eq!(
        host.fails(&[0x3B, 0, 0, 0, 0, 0, 0, 0, 4, 0], &[1, 0, 0, 0])
            .2,
        code::FIELD_IN_LIST
    );
}

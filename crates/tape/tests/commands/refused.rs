//! Commands that a drive has not got, and bits of a command that have no meaning (SCSI-2, 7.2).

use super::table::*;
use super::*;

/// The commands that not every drive has, one of each.
const OPTIONAL: [&[u8]; 14] = [
    &[0x0F, 1, 0, 0, 0, 0],
    &[0x13, 1, 0, 0, 0, 0],
    &[0x14, 1, 0, 0, 0, 0],
    &[0x1B, 0, 0, 0, 1, 0],
    &[0x1C, 0, 0, 0, 0, 0],
    &[0x1E, 0, 0, 0, 0, 0],
    &[0x2B, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    &[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    &[0x3B, 2, 0, 0, 0, 0, 0, 0, 0, 0],
    &[0x3C, 2, 0, 0, 0, 0, 0, 0, 0, 0],
    &[0x4C, 0, 0x40, 0, 0, 0, 0, 0, 0, 0],
    &[0x4D, 0, 0x40, 0, 0, 0, 0, 0, 0, 0],
    &[0x55, 0x10, 0, 0, 0, 0, 0, 0, 0, 0],
    &[0x5A, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];

#[test]
fn every_drive_has_the_commands_its_profile_lists_and_the_mandatory_ones() {
    // First command of each row of OPTIONAL that the drive has.
    let drives: [(&str, &[u8]); 7] = [
        ("archive-viper-150", &[0x13, 0x1B, 0x1E]),
        ("wangtek-5150es", &[0x13, 0x1B, 0x1E]),
        ("teac-mt-2st-n50", &[0x13, 0x1B, 0x1E]),
        (
            "hp-35470a",
            &[0x13, 0x1B, 0x1C, 0x1E, 0x2B, 0x34, 0x3B, 0x3C, 0x4C, 0x4D],
        ),
        (
            "hp-35480a",
            &[0x13, 0x1B, 0x1C, 0x1E, 0x2B, 0x34, 0x3B, 0x3C, 0x4C, 0x4D],
        ),
        ("exabyte-exb-8200", &[0x13, 0x1B, 0x1C, 0x1E]),
        (
            "scsi-2-dds",
            &[
                0x0F, 0x13, 0x14, 0x1B, 0x1C, 0x1E, 0x2B, 0x34, 0x3B, 0x3C, 0x4C, 0x4D, 0x55, 0x5A,
            ],
        ),
    ];
    for (name, has) in drives {
        let mut host = Host::new(&Profile::named(name).unwrap(), Medium::new());
        host.now = Ticks::from_secs(600);
        for cdb in OPTIONAL {
            let done = host.command(cdb, &[]);
            let unknown = done.status == Status::CheckCondition
                && host.told() == (0x70, key::ILLEGAL_REQUEST, code::OPERATION, None);
            assert_eq!(!unknown, has.contains(&cdb[0]), "{name}: {:02x}", cdb[0]);
        }
        for mandatory in [0x00, 0x01, 0x05, 0x16, 0x17] {
            host.succeeds(&[mandatory, 0, 0, 0, 0, 0], &[]);
        }
        // A vendor's, a direct-access device's, COPY, COMPARE, COPY AND VERIFY, CHANGE DEFINITION.
        for other in [0x02, 0x0B, 0x18, 0x39, 0x3A, 0x40, 0x28, 0xC0, 0xFF] {
            let mut cdb = [0; 12];
            cdb[0] = other;
            let cdb = &cdb[..scsi::Cdb::length_of(other)];
            assert_eq!(
                host.fails(cdb, &[]).2,
                code::OPERATION,
                "{name}: {other:02x}"
            );
        }
    }
}

#[test]
fn reserved_bits_link_and_flag_are_refused() {
    let commands: [&[u8]; 29] = [
        &[0x00, 0, 0, 0, 0, 0],
        &[0x01, 0, 0, 0, 0, 0],
        &[0x03, 0, 0, 0, 0, 0],
        &[0x05, 0, 0, 0, 0, 0],
        &[0x08, 0, 0, 0, 0, 0],
        &[0x0A, 0, 0, 0, 0, 0],
        &[0x10, 0, 0, 0, 0, 0],
        &[0x11, 0, 0, 0, 0, 0],
        &[0x12, 0, 0, 0, 0, 0],
        &[0x15, 0, 0, 0, 0, 0],
        &[0x16, 0, 0, 0, 0, 0],
        &[0x17, 0, 0, 0, 0, 0],
        &[0x19, 0, 0, 0, 0, 0],
        &[0x1A, 0, 0, 0, 0, 0],
        &[0x1D, 0, 0, 0, 0, 0],
        OPTIONAL[0],
        OPTIONAL[1],
        OPTIONAL[2],
        OPTIONAL[3],
        OPTIONAL[4],
        OPTIONAL[5],
        OPTIONAL[6],
        OPTIONAL[7],
        OPTIONAL[8],
        OPTIONAL[9],
        OPTIONAL[10],
        OPTIONAL[11],
        OPTIONAL[12],
        OPTIONAL[13],
    ];
    // By command, the bits that have a meaning in byte 1 and behind; from the command descriptor blocks of SCSI-2.
    let meaningful: [(u8, &[u8]); 29] = [
        (0x00, &[0, 0, 0, 0]),
        (0x01, &[1, 0, 0, 0]),
        (0x03, &[0, 0, 0, 0xFF]),
        (0x05, &[0, 0, 0, 0]),
        (0x08, &[3, 0xFF, 0xFF, 0xFF]),
        (0x0A, &[1, 0xFF, 0xFF, 0xFF]),
        (0x10, &[3, 0xFF, 0xFF, 0xFF]),
        (0x11, &[7, 0xFF, 0xFF, 0xFF]),
        (0x12, &[1, 0xFF, 0, 0xFF]),
        (0x15, &[0x11, 0, 0, 0xFF]),
        (0x16, &[0x1E, 0, 0, 0]),
        (0x17, &[0x1E, 0, 0, 0]),
        (0x19, &[3, 0, 0, 0]),
        (0x1A, &[8, 0xFF, 0, 0xFF]),
        (0x1D, &[0x17, 0, 0xFF, 0xFF]),
        (0x0F, &[7, 0xFF, 0xFF, 0xFF]),
        (0x13, &[7, 0xFF, 0xFF, 0xFF]),
        (0x14, &[3, 0xFF, 0xFF, 0xFF]),
        (0x1B, &[1, 0, 0, 7]),
        (0x1C, &[0, 0, 0xFF, 0xFF]),
        (0x1E, &[0, 0, 0, 1]),
        (0x2B, &[7, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF]),
        (0x34, &[1, 0, 0, 0, 0, 0, 0, 0]),
        (0x3B, &[7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        (0x3C, &[7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        (0x4C, &[3, 0xC0, 0, 0, 0, 0, 0xFF, 0xFF]),
        (0x4D, &[3, 0xFF, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
        (0x55, &[0x11, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
        (0x5A, &[8, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF]),
    ];
    let mut host = complete("B");
    for (cdb, (operation, bits)) in commands.into_iter().zip(meaningful) {
        assert_eq!(cdb[0], operation);
        let control = cdb.len() - 1;
        for (at, meaning) in bits
            .iter()
            .chain([&0])
            .enumerate()
            .map(|(at, m)| (at + 1, m))
        {
            for bit in 0..8 {
                let lun = at == 1 && bit >= 5;
                // The upper bits of the control byte are the vendor's.
                let vendor = at == control && bit >= 6;
                let checked = at < control || bit < 2;
                if lun || vendor || !checked || meaning & 1 << bit != 0 {
                    continue;
                }
                let mut wrong = cdb.to_vec();
                wrong[at] |= 1 << bit;
                assert_eq!(
                    host.fails(&wrong, &[]),
                    (0x70, key::ILLEGAL_REQUEST, code::FIELD_IN_CDB, None),
                    "{wrong:02x?}"
                );
            }
        }
    }
    assert_eq!(letters(host.medium()), "B");
}

#[test]
fn a_unit_that_is_not_there() {
    let mut host = complete("B");
    for lun in 1..8 {
        let inquiry = host.command_to(lun, &[0x12, 0, 0, 0, 36, 0], &[]).data;
        assert_eq!(inquiry[0], 0x7F);
        let sense = host.command_to(lun, &[0x03, 0, 0, 0, 18, 0], &[]).data;
        assert_eq!((sense[2], sense[12], sense[13]), (5, 0x25, 0));
        for cdb in [TEST_UNIT_READY, [8, 1, 0, 0, 1, 0], [0x17, 0, 0, 0, 0, 0]] {
            assert_eq!(
                host.command_to(lun, &cdb, &[]).status,
                Status::CheckCondition
            );
            assert_eq!(host.told().2, code::UNIT);
        }
    }
}

//! What does not reach the tape: early warning, end of the medium, RECOVER BUFFERED DATA (SCSI-2, 10.2.8, 10.2.14).

use super::table::*;
use super::*;

/// A drive of SCSI-2 with a tape of 200 times 512 bytes, the last 50 of them behind the early warning.
fn short(buffered: u8) -> Host {
    let mut profile = Profile::named("scsi-2-dds").unwrap();
    for (key, value) in [
        ("tape.track-blocks", "200"),
        ("tape.early-warning", "50"),
        ("tape.group", "512"),
        ("tape.postamble", "0"),
        // A small buffer: the tape is where the host is, or nearly.
        ("tape.longest", "4096"),
        ("tape.start-level", "512"),
        ("tape.read-level", "512"),
        ("tape.buffer", "8192"),
    ] {
        profile.set(key, value).unwrap();
    }
    let mut host = Host::new(&profile, medium(&"B".repeat(140)));
    host.locate(140);
    host.succeeds(&[0x15, 0x10, 0, 0, 4, 0], &[0, 0, buffered << 4, 0]);
    host
}

#[test]
fn the_early_warning_is_told_with_a_write_that_is_whole() {
    for buffered in [0, 1] {
        let mut host = short(buffered);
        let done = host.write(&blocks(0..30));
        assert_eq!(
            (done.status, done.taken),
            (Status::CheckCondition, 30 * BLOCK)
        );
        // Key 0, EOM, no residue: everything is on tape.
        assert_eq!(host.told(), (0x70, 0x40, code::END_OF_MEDIUM, Some(0)));
        assert_eq!(host.medium().len(), 170);
        // Every write behind it tells it, and every mark.
        assert_eq!(
            host.fails(&[0x0A, 1, 0, 0, 1, 0], &block(0)),
            (0x70, 0x40, code::END_OF_MEDIUM, Some(0))
        );
        for cdb in [[0x10, 0, 0, 0, 1, 0], [0x10, 2, 0, 0, 1, 0]] {
            assert_eq!(
                host.fails(&cdb, &[]),
                (0x70, 0x40, code::END_OF_MEDIUM, Some(0))
            );
        }
        assert_eq!(host.medium().len(), 173);
        // Reading and going back to before it are as ever.
        host.locate(0);
        assert_eq!(host.read(1).status, Status::Good);
    }
}

#[test]
fn the_end_of_the_medium_is_a_volume_overflow_whose_residue_counts_the_buffer() {
    let overflow = |residue| {
        (
            0x70,
            0x40 | key::VOLUME_OVERFLOW,
            code::END_OF_MEDIUM,
            Some(residue),
        )
    };
    // Fixed blocks: what has not come and what is in the buffer, in blocks.
    let mut host = short(0);
    let mut told = host.fails(&[0x0A, 1, 0, 0, 70, 0], &blocks(0..70));
    told.0 &= 0x70;
    assert_eq!(told, overflow(10));
    assert_eq!(host.medium().len(), 200);
    // A record: in bytes.
    let mut host = short(0);
    host.write(&blocks(0..59));
    let mut told = host.fails(&[0x0A, 0, 0, 4, 0, 0], &[1; 1024]);
    told.0 &= 0x70;
    assert_eq!(told, overflow(1024));
}

#[test]
fn what_was_lost_can_be_recovered() {
    let data = blocks(0..70);
    let last_ten = &data[60 * BLOCK..];
    let lose = || {
        let mut host = short(1);
        let done = host.command(&[0x0A, 1, 0, 0, 70, 0], &data);
        assert_eq!(done.status, Status::CheckCondition);
        assert_eq!(host.told().3, Some(10));
        host
    };
    let mut host = lose();
    // READ POSITION says how much there is.
    let position = host.succeeds(&[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[]).data;
    assert_eq!(position[..12], [0x40, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 200]);
    assert_eq!(position[12..], [0, 0, 0, 10, 0, 0, 0x14, 0]);
    // First in, first out; behind the last: key 0, EOM, 00/05.
    assert_eq!(
        host.succeeds(&[0x14, 1, 0, 0, 4, 0], &[]).data,
        last_ten[..4 * BLOCK]
    );
    let done = host.command(&[0x14, 1, 0, 0, 9, 0], &[]);
    assert_eq!(done.data, last_ten[4 * BLOCK..]);
    assert_eq!(host.told(), (0x70, 0x40, code::END_OF_DATA, Some(3)));
    // RBO: last in, first out.
    let mut host = lose();
    host.set_page_bit(0x10, 8, 0x02);
    assert_eq!(
        host.succeeds(&[0x14, 1, 0, 0, 1, 0], &[]).data,
        last_ten[9 * BLOCK..]
    );
    // One record at a time, of the length that is asked for.
    let done = host.command(&[0x14, 0, 0, 0, 12, 0], &[]);
    assert_eq!(done.data, last_ten[8 * BLOCK..8 * BLOCK + 12]);
    assert_eq!(host.told(), (0x70, 0x20, code::NONE, Some(12 - 512)));
    // Going elsewhere with the tape gives them up.
    host.rewind();
    assert_eq!(
        host.fails(&[0x14, 1, 0, 0, 1, 0], &[]),
        (0x70, 0x40, code::END_OF_DATA, Some(1))
    );
    // Marks come back as marks.
    let mut host = short(1);
    host.write(&blocks(0..58));
    host.command(&[0x10, 0, 0, 0, 9, 0], &[]);
    assert_eq!(host.told().1, 0x40 | key::VOLUME_OVERFLOW);
    assert_eq!(
        host.fails(&[0x14, 1, 0, 0, 1, 0], &[]),
        (0x70, 0x80, code::FILEMARK, Some(1))
    );
}

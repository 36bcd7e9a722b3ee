//! The engine of the tables: a tape in letters, where the host is on it, a command, how it ends, and where the host is then.

use super::*;

/// A row: what it shows, the tape, the block the host is at, the command, how it ends, the block the host is at afterwards.
///
/// The tape is written one letter a block: `B` a record of 512 bytes, `s` one of 100, `l` one of 1000, `X` one of 512 that cannot be read,
/// `F` a filemark, `S` a setmark. A record's bytes follow from its number.
pub type Row = (&'static str, &'static str, u64, &'static [u8], End, u64);

/// How a command ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// GOOD.
    Good,
    /// GOOD, and these records come, or as much of each as the second number says.
    Gives(&'static [u64], usize),
    /// GOOD, and these bytes come.
    Answers(&'static [u8]),
    /// CHECK CONDITION: byte 2 of the sense data, code and qualifier, residue if it is valid.
    Check(u8, (u8, u8), Option<i32>),
    /// The same behind these records.
    GivesThenCheck(&'static [u64], usize, u8, (u8, u8), Option<i32>),
}

/// A filemark.
pub const fn filemark(residue: i32) -> End {
    End::Check(0x80, code::FILEMARK, Some(residue))
}

/// A setmark.
pub const fn setmark(residue: i32) -> End {
    End::Check(0x80, code::SETMARK, Some(residue))
}

/// The end of data.
pub const fn end_of_data(residue: i32) -> End {
    End::Check(key::BLANK_CHECK, code::END_OF_DATA, Some(residue))
}

/// The beginning of the medium.
pub const fn beginning(residue: i32) -> End {
    End::Check(0x40, code::BEGINNING_OF_MEDIUM, Some(residue))
}

/// A block of another length.
pub const fn incorrect_length(residue: i32) -> End {
    End::Check(0x20, code::NONE, Some(residue))
}

/// Wrong in the command.
pub const FIELD: End = End::Check(key::ILLEGAL_REQUEST, code::FIELD_IN_CDB, None);

/// Bytes of the record with this number.
pub fn record(tape: &str, number: u64) -> Vec<u8> {
    let len = match tape.as_bytes()[number as usize] {
        b's' => 100,
        b'l' => 1000,
        _ => BLOCK,
    };
    (0..len).map(|at| (number * 37 + at as u64) as u8).collect()
}

/// The tape in letters.
pub fn medium(tape: &str) -> Medium {
    let mut medium = Medium::new();
    for (number, letter) in (0..).zip(tape.bytes()) {
        match letter {
            b'F' => medium.push_mark(),
            b'S' => medium.push_setmark(),
            letter => medium.push_record(&record(tape, number), letter == b'X'),
        }
    }
    medium
}

/// What is on a tape, in letters.
pub fn letters(medium: &Medium) -> String {
    let letter = |block: tape::media::Block| match block.content {
        Content::Mark if medium.is_setmark(block.number) => 'S',
        Content::Mark => 'F',
        Content::Record { bad: true, .. } => 'X',
        Content::Record { data, .. } => match data.len() {
            100 => 's',
            1000 => 'l',
            _ => 'B',
        },
    };
    medium.blocks().map(letter).collect()
}

/// A drive with all of SCSI-2 and with this tape in it.
pub fn complete(tape: &str) -> Host {
    Host::new(&Profile::named("scsi-2-dds").unwrap(), medium(tape))
}

/// Takes the rows one by one, each with a fresh drive that `prepare` has set up.
pub fn check(rows: &[Row], prepare: impl Fn(&mut Host)) {
    for (what, tape, at, cdb, end, then) in rows {
        let mut host = complete(tape);
        prepare(&mut host);
        host.locate(*at);
        let done = host.command(cdb, &[0x5A; 4096]);
        let context = format!("{what}: {cdb:02x?} at {at} of {tape}");
        let gives = |numbers: &[u64], most: usize| -> Vec<u8> {
            numbers
                .iter()
                .flat_map(|&number| record(tape, number).into_iter().take(most))
                .collect()
        };
        let (data, told) = match *end {
            End::Good => (Vec::new(), None),
            End::Answers(bytes) => (bytes.to_vec(), None),
            End::Gives(numbers, most) => (gives(numbers, most), None),
            End::Check(byte, code, residue) => (Vec::new(), Some((byte, code, residue))),
            End::GivesThenCheck(numbers, most, byte, code, residue) => {
                (gives(numbers, most), Some((byte, code, residue)))
            }
        };
        match told {
            None => assert_eq!(
                done.status,
                Status::Good,
                "{context}: {:02x?}",
                host.sense()
            ),
            Some((byte, code, residue)) => {
                assert_eq!(done.status, Status::CheckCondition, "{context}");
                assert_eq!(host.told(), (0x70, byte, code, residue), "{context}");
            }
        }
        assert!(done.data == data, "{context}: {:02x?}", done.data);
        assert_eq!(host.drive.position(), *then, "{context}");
    }
}

/// For tables that need no other mode than that after power-on.
pub fn plain(_: &mut Host) {}

/// Setmarks are reported (RSmk).
pub fn report_setmarks(host: &mut Host) {
    host.set_page_bit(0x10, 8, 0x20);
}

/// Blocks have any length.
pub fn variable(host: &mut Host) {
    host.succeeds(
        &[0x15, 0x10, 0, 0, 12, 0],
        &[0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0, 0, 0],
    );
}

//! The engine of the tables: a command with its data, how it ends, and what it gives.

use super::*;

/// A row: what it shows, the command, the data for it, how it ends.
pub type Row = (&'static str, &'static [u8], &'static [u8], End);

/// How a command ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// GOOD.
    Good,
    /// GOOD, and these bytes come.
    Gives(&'static [u8]),
    /// GOOD, and so many bytes come.
    GivesSome(usize),
    /// CHECK CONDITION: key, code and qualifier; the information field if it is valid.
    Check(Code, Option<u32>),
}

/// Wrong in the command.
pub const FIELD: End = End::Check(code::FIELD_IN_CDB, None);
/// Wrong in the parameter list.
pub const LIST: End = End::Check(code::FIELD_IN_LIST, None);
/// A parameter list of a wrong length.
pub const LENGTH: End = End::Check(code::LIST_LENGTH, None);

/// Blocks of the disks of the tables: two cylinders and a bit.
pub const BLOCKS: usize = 220;

/// A drive with all of SCSI-2 that has reported its power-on unit attention.
pub fn complete() -> Bench<Disk> {
    of(&DiskProfile::named("scsi-2-disk").unwrap())
}

/// A drive of this kind that has reported its power-on unit attention.
pub fn of(profile: &DiskProfile) -> Bench<Disk> {
    let mut bench = Bench::new(Disk::new(profile.clone(), base(BLOCKS), 1, "disk"));
    bench.sense();
    bench
}

/// REQUEST SENSE: code, and the information field if it is valid.
pub fn told(bench: &mut Bench<Disk>) -> (Code, Option<u32>) {
    let data = bench.command(&[3, 0, 0, 0, 18, 0]).data;
    let information = u32::from_be_bytes(data[3..7].try_into().unwrap());
    (
        [data[2] & 0x0F, data[12], data[13]],
        (data[0] & 0x80 != 0).then_some(information),
    )
}

/// Takes the rows one by one, each with a fresh drive that `prepare` has set up.
pub fn check(rows: &[Row], prepare: impl Fn(&mut Bench<Disk>)) {
    for (what, cdb, out, end) in rows {
        let mut bench = complete();
        prepare(&mut bench);
        let done = bench.command_out(cdb, out);
        let context = format!("{what}: {cdb:02x?}");
        match *end {
            End::Check(code, information) => {
                assert_eq!(done.status, 2, "{context}");
                assert_eq!(told(&mut bench), (code, information), "{context}");
                continue;
            }
            End::Good => assert!(done.data.is_empty(), "{context}"),
            End::Gives(bytes) => assert_eq!(done.data, bytes, "{context}"),
            End::GivesSome(count) => assert_eq!(done.data.len(), count, "{context}"),
        }
        assert_eq!(done.status, 0, "{context}: {:02x?}", told(&mut bench));
    }
}

/// For tables that need no other state than that after power-on.
pub fn plain(_: &mut Bench<Disk>) {}

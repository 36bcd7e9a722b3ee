mod commands;
mod defects;
mod initiators;
mod pages;
mod table;

use super::sense::{Code, code};
use super::*;
use crate::initiator::{Bench, Outcome};
use proptest::prelude::*;

fn base(blocks: usize) -> Arc<[u8]> {
    (0..blocks * BLOCK)
        .map(|n| (n / BLOCK) as u8 ^ n as u8)
        .collect()
}

/// A drive that has reported its power-on unit attention.
fn bench(blocks: usize) -> Bench<Disk> {
    let mut bench = Bench::new(Disk::new(DiskProfile::st225n(), base(blocks), 1, "disk"));
    bench.command(&[0; 6]);
    bench.sense();
    bench
}

fn read6(bench: &mut Bench<Disk>, block: u32, count: u8) -> Outcome {
    let b = block.to_be_bytes();
    bench.command(&[0x08, b[1], b[2], b[3], count, 0])
}

fn write6(bench: &mut Bench<Disk>, block: u32, data: &[u8]) -> Outcome {
    let b = block.to_be_bytes();
    bench.command_out(
        &[0x0A, b[1], b[2], b[3], (data.len() / BLOCK) as u8, 0],
        data,
    )
}

fn fails(bench: &mut Bench<Disk>, cdb: &[u8], sense: Code) {
    assert_eq!(bench.command(cdb).status, 2, "{cdb:02x?}");
    assert_eq!(bench.sense(), sense, "{cdb:02x?}");
    assert_eq!(bench.sense(), code::NONE, "reported once");
}

#[test]
fn clause_7_9_unit_attention_after_power_on_and_reset() {
    let mut bench = Bench::new(Disk::new(DiskProfile::st225n(), base(8), 1, "disk"));
    for _ in 0..2 {
        assert_eq!(
            bench.command(&[0x12, 0, 0, 0, 36, 0]).data.len(),
            36,
            "INQUIRY is not held up"
        );
        fails(&mut bench, &[0; 6], code::RESET);
        assert!(bench.command(&[0; 6]).good());
        bench.reset();
    }
    assert_eq!(bench.sense(), code::RESET, "REQUEST SENSE may come first");
    assert!(bench.command(&[0; 6]).good());
}

#[test]
fn clause_8_2_5_inquiry() {
    let mut bench = bench(8);
    let data = bench.command(&[0x12, 0, 0, 0, 255, 0]).data;
    assert_eq!(data.len(), 36);
    assert_eq!(&data[..5], [0, 0, 1, 1, 31]);
    assert_eq!(&data[8..], b"SEAGATE ST225N          1.00");
    assert_eq!(bench.command(&[0x12, 0, 0, 0, 5, 0]).data.len(), 5);
    assert_eq!(
        bench.command(&[0x12, 0x20, 0, 0, 5, 0]).data[0],
        0x7F,
        "no unit 1"
    );
    fails(&mut bench, &[0x12, 1, 0, 0, 36, 0], code::FIELD_IN_CDB);
}

#[test]
fn clause_8_2_14_request_sense_lengths() {
    let mut bench = bench(8);
    assert_eq!(bench.command(&[3, 0, 0, 0, 0, 0]).data.len(), 4);
    assert_eq!(bench.command(&[3, 0, 0, 0, 8, 0]).data.len(), 8);
    assert_eq!(bench.command(&[3, 0, 0, 0, 255, 0]).data.len(), 18);
    assert_eq!(bench.command(&[0x08, 0, 0, 8, 1, 0]).status, 2);
    let data = bench.command(&[3, 0, 0, 0, 18, 0]).data;
    assert_eq!(
        (data[0], &data[3..7]),
        (0xF0, &[0, 0, 0, 8][..]),
        "the information field names the block"
    );
}

#[test]
fn clause_9_2_7_read_capacity() {
    let mut bench = bench(200);
    let capacity = |last: u32| [last.to_be_bytes(), 512_u32.to_be_bytes()].concat();
    assert_eq!(
        bench.command(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0]).data,
        capacity(199)
    );
    assert_eq!(
        bench.command(&[0x25, 0, 0, 0, 0, 70, 0, 0, 1, 0]).data,
        capacity(135),
        "the end of its cylinder"
    );
    fails(
        &mut bench,
        &[0x25, 0, 0, 0, 0, 1, 0, 0, 0, 0],
        code::FIELD_IN_CDB,
    );
    fails(
        &mut bench,
        &[0x25, 0, 0, 0, 0, 200, 0, 0, 1, 0],
        code::BLOCK,
    );
}

#[test]
fn clause_9_2_5_reads_and_writes_of_both_lengths() {
    let mut bench = bench(40);
    assert_eq!(read6(&mut bench, 3, 2).data, base(40)[3 * BLOCK..5 * BLOCK]);
    let new = vec![0xA5; 3 * BLOCK];
    assert!(write6(&mut bench, 4, &new).good());
    assert_eq!(bench.command(&[0x28, 0, 0, 0, 0, 4, 0, 0, 3, 0]).data, new);
    let data = [[1; BLOCK], [2; BLOCK]].concat();
    assert!(
        bench
            .command_out(&[0x2A, 0, 0, 0, 0, 30, 0, 0, 2, 0], &data)
            .good()
    );
    assert_eq!(read6(&mut bench, 30, 2).data, data);
    assert_eq!(
        bench.device().image().dirty().collect::<Vec<_>>(),
        [4, 5, 6, 30, 31]
    );
    let merged = bench.device().image().merged();
    assert_eq!(merged.len(), 40 * BLOCK);
    assert_eq!(merged[4 * BLOCK..7 * BLOCK], new);
    assert_eq!(
        merged[7 * BLOCK..30 * BLOCK],
        base(40)[7 * BLOCK..30 * BLOCK]
    );
    assert_eq!(
        bench.device().image().base()[..],
        base(40)[..],
        "the base is never changed"
    );
}

#[test]
fn clause_9_2_5_lengths_of_zero() {
    let mut bench = bench(300);
    assert_eq!(
        read6(&mut bench, 0, 0).data.len(),
        256 * BLOCK,
        "six bytes: 256 blocks"
    );
    assert_eq!(
        bench.command(&[0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0]).data,
        [0; 0],
        "ten bytes: none"
    );
}

#[test]
fn clause_9_2_commands_check_their_fields() {
    let mut bench = bench(10);
    fails(&mut bench, &[0x08, 0, 0, 10, 1, 0], code::BLOCK);
    fails(&mut bench, &[0x08, 0, 0, 9, 2, 0], code::BLOCK);
    fails(
        &mut bench,
        &[0x28, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 1, 0],
        code::BLOCK,
    );
    fails(&mut bench, &[0x0B, 0, 0, 10, 0, 0], code::BLOCK);
    fails(&mut bench, &[0x08, 0, 0, 0, 1, 1], code::FIELD_IN_CDB);
    fails(&mut bench, &[0x08, 0x20, 0, 0, 1, 0], code::UNIT);
    fails(&mut bench, &[0x02, 0, 0, 0, 0, 0], code::OPERATION);
    fails(&mut bench, &[0x1A, 0, 0x3E, 0, 255, 0], code::FIELD_IN_CDB);
}

#[test]
fn clause_9_3_mode_pages() {
    let mut bench = bench(10);
    let all = bench.command(&[0x1A, 0, 0x3F, 0, 255, 0]).data;
    assert_eq!(usize::from(all[0]) + 1, all.len());
    assert_eq!(&all[3..12], [8, 0, 0, 0, 10, 0, 0, 2, 0]);
    let geometry = bench.command(&[0x1A, 8, 4, 0, 255, 0]).data;
    assert_eq!(
        &geometry[3..10],
        [0, 4, 18, 0, 2, 0x67, 4],
        "615 cylinders, 4 heads"
    );
    let list = [&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 2, 0][..], &all[12..]].concat();
    assert!(
        bench
            .command_out(&[0x15, 0x10, 0, 0, list.len() as u8, 0], &list)
            .good()
    );
    let wrong = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 4, 0];
    assert_eq!(bench.command_out(&[0x15, 0, 0, 0, 12, 0], &wrong).status, 2);
    assert_eq!(bench.sense(), code::FIELD_IN_LIST);
}

#[test]
fn clause_9_2_12_reservations_keep_another_initiator_out() {
    let mut bench = bench(10);
    bench.initiator.id = 6;
    bench.sense();
    bench.initiator.id = 7;
    assert!(bench.command(&[0x16, 0, 0, 0, 0, 0]).good());
    bench.initiator.id = 6;
    assert_eq!(
        bench.command(&[0; 6]).status,
        Status::ReservationConflict as u8
    );
    assert!(
        bench.command(&[0x17, 0, 0, 0, 0, 0]).good(),
        "a release by another changes nothing"
    );
    assert_eq!(
        read6(&mut bench, 0, 1).status,
        Status::ReservationConflict as u8
    );
    bench.initiator.id = 7;
    assert!(bench.command(&[0x17, 0, 0, 0, 0, 0]).good());
    bench.initiator.id = 6;
    assert!(bench.command(&[0; 6]).good());
}

#[test]
fn clause_9_2_17_a_stopped_unit_is_not_ready() {
    let mut bench = bench(10);
    assert!(bench.command(&[0x1B, 0, 0, 0, 0, 0]).good());
    fails(&mut bench, &[0; 6], code::STOPPED);
    fails(&mut bench, &[0x08, 0, 0, 0, 1, 0], code::STOPPED);
    let start = bench.command(&[0x1B, 0, 0, 0, 1, 0]);
    assert!(start.elapsed >= Ticks::from_secs(15), "{}", start.elapsed);
    assert!(read6(&mut bench, 0, 1).good());
}

#[test]
fn clause_9_2_19_verify_with_and_without_comparing() {
    let mut bench = bench(10);
    let data = base(10)[2 * BLOCK..4 * BLOCK].to_vec();
    assert!(bench.command(&[0x2F, 0, 0, 0, 0, 0, 0, 0, 10, 0]).good());
    let compare = [0x2F, 2, 0, 0, 0, 2, 0, 0, 2, 0];
    assert_eq!(bench.command_out(&compare, &data).status, 0);
    let mut wrong = data;
    wrong[700] ^= 1;
    assert_eq!(bench.command_out(&compare, &wrong).status, 2);
    assert_eq!(bench.sense(), code::MISCOMPARE);
}

#[test]
fn clause_9_1_an_unreadable_block_ends_the_transfer_before_it() {
    let mut bench = bench(10);
    bench.with_device(|disk| disk.damage(6));
    let outcome = read6(&mut bench, 4, 5);
    assert_eq!((outcome.status, outcome.data.len()), (2, 2 * BLOCK));
    let sense = bench.command(&[3, 0, 0, 0, 18, 0]).data;
    assert_eq!(
        (sense[0], sense[2], &sense[3..7]),
        (0xF0, 3, &[0, 0, 0, 6][..])
    );
    assert!(
        read6(&mut bench, 4, 2).good(),
        "the block after the last does not matter"
    );
    assert!(write6(&mut bench, 6, &[0; BLOCK]).good());
    assert!(read6(&mut bench, 6, 1).good());
}

#[test]
fn clause_9_2_1_format_takes_its_time_and_a_defect_list() {
    let mut bench = bench(10);
    let plain = bench.command(&[4, 0, 0, 0, 0, 0]);
    assert!(
        plain.good() && plain.elapsed > Ticks::from_secs(41),
        "2460 revolutions"
    );
    let outcome = bench.command_out(&[4, 0x10, 0, 0, 0, 0], &[0, 0, 0, 4, 0, 0, 0, 1]);
    assert_eq!((outcome.status, outcome.taken), (0, 8));
    assert_eq!(read6(&mut bench, 3, 1).data, base(10)[3 * BLOCK..4 * BLOCK]);
}

#[test]
fn seeks_meet_the_published_points() {
    let profile = DiskProfile::st225n().figures;
    assert_eq!(profile.seek(0), Ticks::ZERO);
    assert_eq!(profile.seek(1), Ticks::from_micros(20_000));
    assert_eq!(profile.seek(205), Ticks::from_micros(65_000));
    assert_eq!(profile.seek(614), Ticks::from_micros(150_000));
    assert!((1..614).all(|d| profile.seek(d) <= profile.seek(d + 1)));
    assert_eq!(profile.revolution(), Ticks(261_120));
}

#[test]
fn consecutive_sectors_pass_one_interleave_apart() {
    let profile = DiskProfile::st225n().figures;
    let mut mechanics = Mechanics::new(&profile, &mut Stream::new(3, "disk"));
    let first = mechanics.pass(&profile, Ticks(1_000_000), 0);
    let second = mechanics.pass(&profile, first, 1);
    let sector = profile.revolution().0 / 17;
    assert!((3 * sector..=3 * sector + 3).contains(&second.since(first).0));
    let missed = mechanics.pass(&profile, second + Ticks(3 * sector), 2);
    assert!(
        missed.since(second) > profile.revolution(),
        "a sector missed costs a revolution"
    );
}

#[test]
fn a_sequential_read_runs_at_the_rate_of_the_media() {
    let mut bench = bench(256);
    let elapsed = read6(&mut bench, 0, 0).elapsed;
    // 256 sectors at interleave 3: 45 revolutions of 16.7 ms, and a few for head and track changes.
    let revolutions = elapsed.0 / 261_120;
    assert!((45..62).contains(&revolutions), "{revolutions} revolutions");
}

#[test]
fn a_write_waits_for_the_media() {
    let mut bench = bench(40);
    let one = write6(&mut bench, 0, &[0; BLOCK]).elapsed;
    assert!(one < Ticks::from_millis(20), "{one}");
    let many = write6(&mut bench, 0, &[0; 17 * BLOCK]).elapsed;
    assert!(
        many > Ticks::from_millis(45),
        "{many}: three revolutions for a track"
    );
}

#[test]
fn a_snapshot_holds_what_was_written_but_not_the_base() {
    let mut bench = bench(2000);
    write6(&mut bench, 7, &[9; BLOCK]);
    let bytes = postcard::to_stdvec(bench.device()).unwrap();
    assert!(bytes.len() < 3 * BLOCK, "{}", bytes.len());
    let mut copy: Disk = postcard::from_bytes(&bytes).unwrap();
    assert!(!copy.image_mut().attach_base(base(1999)));
    assert!(copy.image_mut().attach_base(base(2000)));
    assert_eq!(copy.image(), bench.device().image());
}

proptest! {
    /// The disk behaves like an array of blocks.
    #[test]
    fn what_was_written_is_read(
        operations in prop::collection::vec((any::<bool>(), 0_u32..60, 1_u8..6, any::<u8>()), 1..25)
    ) {
        let mut bench = bench(64);
        let mut model = base(64).to_vec();
        for (write, block, count, fill) in operations {
            let count = count.min((64 - block) as u8);
            let range = block as usize * BLOCK..(block as usize + usize::from(count)) * BLOCK;
            if write {
                model[range.clone()].fill(fill);
                prop_assert!(write6(&mut bench, block, &model[range]).good());
            } else {
                prop_assert_eq!(&read6(&mut bench, block, count).data, &model[range]);
            }
        }
        prop_assert_eq!(bench.device().image().merged(), model);
    }
}

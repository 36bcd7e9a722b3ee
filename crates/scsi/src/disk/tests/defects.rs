//! Defective sectors: retries, lists and spares (SCSI-2, 9.1.2, 9.2.1, 9.2.8, 9.2.10).

use super::pages::set_recovery;
use super::table::*;
use super::*;

const PER: u8 = 0x04;
const DTE: u8 = 0x02;
const ARRE: u8 = 0x40;
const TB: u8 = 0x20;

fn reassign(bench: &mut Bench<Disk>, blocks: &[u32]) -> Outcome {
    let mut list = vec![0, 0, 0, 4 * blocks.len() as u8];
    list.extend(blocks.iter().flat_map(|block| block.to_be_bytes()));
    bench.command_out(&[0x07, 0, 0, 0, 0, 0], &list)
}

/// READ DEFECT DATA: the lists (10h primary, 08h grown) in a format, behind the header.
fn defects(bench: &mut Bench<Disk>, lists: u8, format: u8) -> Vec<[u8; 8]> {
    let data = bench
        .command(&[0x37, 0, lists | format, 0, 0, 0, 0, 1, 0, 0])
        .data;
    assert_eq!(data[1], lists | format);
    assert_eq!(usize::from(data[3]), data.len() - 4);
    data[4..]
        .chunks(8)
        .map(|descriptor| descriptor.try_into().unwrap())
        .collect()
}

#[test]
fn a_block_is_tried_again_in_each_revolution() {
    // Tries needed, bits and retries of page 1, sense data, blocks that come of four of which the second is weak, revolutions more.
    for (needed, bits, retries, end, come, more) in [
        (3, 0, 8, None, 4, 3),
        (3, PER, 8, Some((code::RECOVERED, 5)), 4, 3),
        (3, PER | DTE, 8, Some((code::RECOVERED, 5)), 2, 3),
        (3, PER | ARRE, 8, Some((code::REALLOCATED, 5)), 4, 3),
        (3, 0, 2, Some((code::READ_ERROR, 5)), 1, 2),
        (3, TB, 2, Some((code::READ_ERROR, 5)), 2, 2),
        (3, 0, 0, Some((code::READ_ERROR, 5)), 1, 0),
    ] {
        let read = |bench: &mut Bench<Disk>| {
            bench.command(&[0x0B, 0, 0, 4, 0, 0]);
            read6(bench, 4, 4)
        };
        let mut bench = complete();
        set_recovery(&mut bench, bits, retries, false);
        bench.with_device(|disk| disk.spoil(5, Some(needed)));
        let done = read(&mut bench);
        let context = format!("{needed} tries, {bits:02x}, {retries} retries");
        assert_eq!(done.data.len(), come * BLOCK, "{context}");
        assert_eq!(
            done.data,
            base(BLOCKS)[4 * BLOCK..(4 + come) * BLOCK],
            "{context}"
        );
        match end {
            None => assert!(done.good(), "{context}"),
            Some((code, block)) => {
                assert_eq!(done.status, 2, "{context}");
                assert_eq!(told(&mut bench), (code, Some(block)), "{context}");
            }
        }
        let revolution = Ticks::at_rate(1, 60);
        let took = done.elapsed;
        assert!(
            took > revolution * more && took < revolution * (more + 3),
            "{context}: {took}"
        );
        if bits & ARRE != 0 {
            assert!(read(&mut bench).good(), "it lies in a spare");
            assert_eq!(defects(&mut bench, 8, 5), [[0, 0, 0, 0, 0, 0, 0, 5]]);
        }
    }
}

#[test]
fn a_flaw_stays_when_the_block_is_written_and_goes_when_it_is_reassigned() {
    let mut bench = complete();
    bench.with_device(|disk| disk.spoil(100, None));
    assert!(
        write6(&mut bench, 100, &[7; BLOCK]).good(),
        "nothing is read back"
    );
    assert_eq!(read6(&mut bench, 100, 1).status, 2);
    let verified = bench.command_out(&[0x2E, 0, 0, 0, 0, 99, 0, 0, 3, 0], &[9; 3 * BLOCK]);
    assert_eq!((verified.status, verified.taken), (2, 3 * BLOCK));
    assert_eq!(told(&mut bench), (code::READ_ERROR, Some(100)));
    assert!(reassign(&mut bench, &[100]).good());
    assert_eq!(
        read6(&mut bench, 100, 1).data,
        [0; BLOCK],
        "what could not be read is lost"
    );
    assert_eq!(read6(&mut bench, 101, 1).data, [9; BLOCK]);
    assert!(write6(&mut bench, 100, &[8; BLOCK]).good());
    assert_eq!(read6(&mut bench, 100, 1).data, [8; BLOCK]);
    // Block 100 is sector 1 of head 0 in cylinder 1 (33 sectors, 3 heads).
    assert_eq!(defects(&mut bench, 8, 5), [[0, 0, 1, 0, 0, 0, 0, 1]]);
    assert_eq!(
        defects(&mut bench, 8, 4),
        [[0, 0, 1, 0, 0, 0, 2, 0]],
        "bytes from index"
    );
}

#[test]
fn the_arm_goes_to_the_spare() {
    let mut bench = of(&DiskProfile::st225n());
    let near = |bench: &mut Bench<Disk>| {
        bench.command(&[0x0B, 0, 0, 0, 0, 0]);
        read6(bench, 1, 1).elapsed
    };
    let before = near(&mut bench);
    assert!(reassign(&mut bench, &[1]).good());
    let after = near(&mut bench);
    assert!(
        after > before + Ticks::from_millis(15),
        "{before}, {after}: a seek of 20 ms"
    );
    assert_eq!(
        read6(&mut bench, 1, 1).data,
        base(BLOCKS)[BLOCK..2 * BLOCK],
        "with its data"
    );
}

#[test]
fn reassign_blocks_checks_its_list_and_runs_out_of_spares() {
    const CDB: &[u8] = &[0x07, 0, 0, 0, 0, 0];
    check(
        &[
            ("an empty list", CDB, &[0, 0, 0, 0], End::Good),
            ("one block", CDB, &[0, 0, 0, 4, 0, 0, 0, 9], End::Good),
            (
                "behind the last",
                CDB,
                &[0, 0, 0, 4, 0, 0, 0, 220],
                End::Check(code::BLOCK, Some(220)),
            ),
            (
                "not in ascending order",
                CDB,
                &[0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 8],
                LIST,
            ),
            ("half a descriptor", CDB, &[0, 0, 0, 2], LIST),
            ("reserved bits", CDB, &[0, 1, 0, 0], LIST),
        ],
        plain,
    );
    let mut bench = complete();
    // Of six spares the two primary defects have two.
    assert_eq!(reassign(&mut bench, &[10, 20, 30, 40, 50, 60]).status, 2);
    let data = bench.command(&[3, 0, 0, 0, 18, 0]).data;
    assert_eq!([data[2], data[12], data[13]], code::NO_SPARE);
    assert_eq!(
        data[8..12],
        [0, 0, 0, 50],
        "command-specific information: the first that was not reassigned"
    );
}

#[test]
fn read_defect_data_of_each_list_and_format() {
    let mut bench = complete();
    let primary = defects(&mut bench, 0x10, 5);
    assert_eq!(primary.len(), 2, "as the profile says");
    assert!(
        read6(&mut bench, 0, 220).good(),
        "their blocks lie elsewhere"
    );
    assert!(reassign(&mut bench, &[7]).good());
    assert_eq!(defects(&mut bench, 0, 5).len(), 0, "the header alone");
    assert_eq!(defects(&mut bench, 0x18, 5).len(), 3);
    assert_eq!(defects(&mut bench, 0x18, 4).len(), 3);
    let other = bench.command(&[0x37, 0, 0x18, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(
        (other.status, other.data[1], other.data.len()),
        (2, 0x1D, 28)
    );
    assert_eq!(bench.sense(), code::OTHER_DEFECT_FORMAT);
    assert_eq!(
        bench
            .command(&[0x37, 0, 0x1D, 0, 0, 0, 0, 0, 6, 0])
            .data
            .len(),
        6,
        "cut, the length stays"
    );
}

#[test]
fn format_unit_takes_lists_of_every_form() {
    const PHYSICAL: &[u8] = &[0x04, 0x15, 0, 0, 0, 0];
    check(
        &[
            ("without a list", &[0x04, 0, 0, 0, 0, 0], &[], End::Good),
            (
                "an empty list",
                &[0x04, 0x10, 0, 0, 0, 0],
                &[0, 0, 0, 0],
                End::Good,
            ),
            (
                "blocks",
                &[0x04, 0x10, 0, 0, 0, 0],
                &[0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 4],
                End::Good,
            ),
            (
                "blocks, descending",
                &[0x04, 0x10, 0, 0, 0, 0],
                &[0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 3],
                LIST,
            ),
            (
                "a block behind the last",
                &[0x04, 0x10, 0, 0, 0, 0],
                &[0, 0, 0, 4, 0, 0, 0, 220],
                LIST,
            ),
            (
                "physical sectors",
                PHYSICAL,
                &[0, 0, 0, 8, 0, 0, 1, 2, 0, 0, 0, 4],
                End::Good,
            ),
            (
                "a head there is not",
                PHYSICAL,
                &[0, 0, 0, 8, 0, 0, 1, 3, 0, 0, 0, 4],
                LIST,
            ),
            (
                "a sector there is not",
                PHYSICAL,
                &[0, 0, 0, 8, 0, 0, 1, 2, 0, 0, 0, 33],
                LIST,
            ),
            (
                "a cylinder there is not",
                PHYSICAL,
                &[0, 0, 0, 8, 9, 0, 1, 2, 0, 0, 0, 4],
                LIST,
            ),
            (
                "a whole track, for which there are no spares",
                PHYSICAL,
                &[0, 0, 0, 8, 0, 0, 1, 2, 255, 255, 255, 255],
                End::Check(code::NO_SPARE, None),
            ),
            (
                "bytes from index",
                &[0x04, 0x14, 0, 0, 0, 0],
                &[0, 0, 0, 8, 0, 0, 1, 2, 0, 0, 4, 0],
                End::Good,
            ),
            (
                "a format there is not",
                &[0x04, 0x13, 0, 0, 0, 0],
                &[],
                FIELD,
            ),
            ("half a descriptor", PHYSICAL, &[0, 0, 0, 4], LIST),
            (
                "options without FOV",
                &[0x04, 0x10, 0, 0, 0, 0],
                &[0, 0x40, 0, 0],
                LIST,
            ),
            (
                "an option there is not",
                &[0x04, 0x10, 0, 0, 0, 0],
                &[0, 0x88, 0, 0],
                LIST,
            ),
        ],
        plain,
    );
}

#[test]
fn format_unit_keeps_or_drops_the_lists() {
    // CmpLst drops the grown list; DPRY the primary one.
    let lists = |cdb1: u8, list: &[u8]| {
        let mut bench = complete();
        assert!(reassign(&mut bench, &[40]).good());
        assert!(bench.command_out(&[4, cdb1, 0, 0, 0, 0], list).good());
        let grown = defects(&mut bench, 8, 5).len();
        (grown, read6(&mut bench, 0, 220).good())
    };
    assert_eq!(lists(0, &[]), (1, true), "both as they are");
    assert_eq!(lists(0x18, &[0, 0, 0, 0]), (0, true), "no grown defects");
    assert_eq!(
        lists(0x10, &[0, 0, 0, 4, 0, 0, 0, 50]),
        (2, true),
        "one more"
    );
    assert_eq!(
        lists(0x18, &[0, 0, 0, 4, 0, 0, 0, 50]),
        (1, true),
        "this one alone"
    );
    assert_eq!(
        lists(0x18, &[0, 0xC0, 0, 0]),
        (0, false),
        "blocks lie in sectors of the primary list"
    );
}

#[test]
fn dropouts_are_met_by_retries_and_are_the_same_for_the_same_seed() {
    let run = |seed| {
        let mut bench = complete();
        let until = Ticks::from_secs(1000);
        bench.with_device(|disk| disk.set_dropouts(200_000, until, Stream::new(seed, "faults")));
        let done = read6(&mut bench, 0, 200);
        assert!(done.good());
        done.elapsed
    };
    let calm = read6(&mut complete(), 0, 200).elapsed;
    assert!(
        run(1) > calm + Ticks::from_millis(200),
        "some forty revolutions"
    );
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_stuck_arm_is_a_hardware_error_until_it_comes_free() {
    let mut bench = complete();
    bench.with_device(|disk| disk.stick(Ticks::NEVER));
    for cdb in [&[0x08, 0, 0, 0, 1, 0], &[0x0B, 0, 0, 9, 0, 0], &[0; 6]] {
        fails(&mut bench, cdb, code::POSITIONING);
    }
    assert!(bench.command(&[0x12, 0, 0, 0, 36, 0]).good());
    bench.with_device(|disk| disk.stick(Ticks::ZERO));
    assert!(read6(&mut bench, 0, 1).good());
    // In the middle of a transfer.
    let mut tracer = Tracer::default();
    bench.with_device(|disk| {
        let now = Ticks::from_secs(2000);
        let blocks = Cdb::new(&[0x08, 0, 0, 0, 9, 0]);
        disk.command(now, 7, 0, &blocks, &mut tracer);
        disk.stick(Ticks::NEVER);
        let end = disk.next(now + Ticks::from_secs(1), &mut tracer);
        assert_eq!(end, Next::Status(Status::CheckCondition));
    });
    assert_eq!(bench.sense(), code::POSITIONING);
}

#[test]
fn a_slow_arm_takes_its_time() {
    let far = |percent| {
        let mut bench = complete();
        bench.with_device(|disk| disk.slow_down(percent, Ticks::NEVER));
        read6(&mut bench, 0, 1);
        let there = bench.command(&[0x0B, 0, 0, 219, 0, 0]);
        assert!(there.good());
        there.elapsed
    };
    assert!(
        far(1000) > far(100) + Ticks::from_millis(50),
        "a seek of 6 ms and more"
    );
}

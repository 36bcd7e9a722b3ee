//! The drive with block addresses, as Apple and its users describe it: 4848 blocks of 8192 bytes, 60 to 120 seconds of calibration, about 19 KB/s.

use clock::Ticks;
use scsi::Device;
use scsi::initiator::Bench;
use tape::{BlockCartridge, BlockDrive, Drive, Profile, bench};
use trace::Tracer;

const BLOCK: usize = 8192;

fn profile() -> Profile {
    Profile::named("apple-tape-backup-40sc").unwrap()
}

fn drive(cartridge: Option<BlockCartridge>) -> BlockDrive {
    BlockDrive::new(&profile(), cartridge, clock::Stream::new(1, "tape")).unwrap()
}

/// The drive on a bus, ready.
fn ready() -> Bench<BlockDrive> {
    let mut bench = Bench::new(drive(Some(BlockCartridge::new())));
    bench.sleep(Ticks::from_secs(130));
    assert!(!bench.command(&[0; 6]).good());
    assert_eq!(bench.sense(), [6, 0x29, 0]);
    bench
}

fn data(blocks: std::ops::Range<u32>) -> Vec<u8> {
    blocks
        .flat_map(|block| (0..BLOCK).map(move |at| (block as usize * 7 + at / 5) as u8))
        .collect()
}

fn write(address: u32, blocks: u8) -> [u8; 6] {
    let [_, high, middle, low] = address.to_be_bytes();
    [0x0A, high, middle, low, blocks, 0]
}

fn read(address: u32, blocks: u8) -> [u8; 6] {
    let mut cdb = write(address, blocks);
    cdb[0] = 0x08;
    cdb
}

#[test]
fn it_is_a_removable_direct_access_device_of_4848_blocks() {
    let mut bench = ready();
    let inquiry = bench.command(&[0x12, 0, 0, 0, 36, 0]).data;
    assert_eq!(inquiry[..3], [0x00, 0x80, 1]);
    assert_eq!(&inquiry[8..32], b"3M      MCD-40/SCSI     ");
    let capacity = bench.command(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0]).data;
    assert_eq!(capacity, [0, 0, 0x12, 0xEF, 0, 0, 0x20, 0]);
    assert!(bench.command(&read(4847, 1)).good());
    assert!(!bench.command(&read(4847, 2)).good());
    assert_eq!(bench.sense(), [5, 0x21, 0]);
    // A sequential-access command.
    assert!(!bench.command(&[0x10, 0, 0, 0, 1, 0]).good());
    assert_eq!(bench.sense(), [5, 0x20, 0]);
}

#[test]
fn a_cartridge_is_calibrated_for_60_to_120_seconds() {
    let mut bench = Bench::new(drive(None));
    bench.sleep(Ticks::from_secs(1));
    bench.command(&[0; 6]);
    assert!(!bench.command(&[0; 6]).good());
    assert_eq!(bench.sense(), [2, 0x3A, 0]);
    let now = bench.now();
    bench.with_device(|drive| {
        let inserted = drive.insert(now, BlockCartridge::new(), &mut Tracer::default());
        assert!(inserted.is_ok());
    });
    bench.command(&[0; 6]);
    assert_eq!(bench.sense(), [6, 0x28, 0]);
    bench.sleep(Ticks::from_secs(58));
    assert!(!bench.command(&[0; 6]).good());
    assert_eq!(bench.sense(), [2, 0x04, 1]);
    bench.sleep(Ticks::from_secs(61));
    assert!(bench.command(&[0; 6]).good());
}

/// Apple: 20 MB in 17 to 18 minutes.
#[test]
fn twenty_megabytes_take_17_to_18_minutes() {
    let mut host = bench::Host::of_blocks(&profile()).unwrap();
    let (bytes, time) = host.feed(u64::from(u32::MAX), Ticks::from_secs(120));
    let seconds = 20_000_000 * time.as_micros() / bytes / 1_000_000;
    assert!((1020..=1080).contains(&seconds), "{seconds} s");
    assert!(bench::streaming_rate(&profile()).unwrap().abs_diff(19_000) < 400);
}

#[test]
fn blocks_are_read_from_where_they_were_written_whatever_the_order() {
    let mut bench = ready();
    for address in [300, 0, 4840, 200, 202, 201] {
        let blocks = if address == 300 { 6 } else { 1 };
        let outcome = bench.command_out(
            &write(address, blocks),
            &data(address..address + u32::from(blocks)),
        );
        assert!(outcome.good());
    }
    for address in [4840, 201, 303, 0] {
        assert_eq!(
            bench.command(&read(address, 1)).data,
            data(address..address + 1)
        );
    }
    assert_eq!(bench.command(&read(200, 3)).data, data(200..203));
    assert_eq!(bench.command(&read(300, 6)).data, data(300..306));
    // Never written.
    assert_eq!(bench.command(&read(1000, 2)).data, vec![0; 2 * BLOCK]);
    let cartridge = bench.device().cartridge().unwrap();
    assert_eq!(cartridge.block(303), Some(&data(303..304)[..]));
    assert_eq!(cartridge.block(306), None);
}

#[test]
fn far_blocks_take_longer_to_reach_than_near_ones() {
    let time = |address| {
        let mut bench = ready();
        bench.command(&read(0, 1));
        bench.sleep(Ticks::from_secs(20));
        bench.command(&read(address, 1)).elapsed
    };
    // The middle of the first track, and where the second begins above the end of the first.
    assert!(
        time(100) > time(10) + Ticks::from_secs(5),
        "{} {}",
        time(100),
        time(10)
    );
    // Two tracks further on lies beside the beginning.
    assert!(time(2 * 202 + 8) < time(100));
}

#[test]
fn a_protected_cartridge_is_read_only_and_formatting_takes_the_whole_tape() {
    let mut bench = ready();
    assert!(bench.command_out(&write(5, 1), &data(5..6)).good());
    // BTNtape's command for formatting, immediate.
    bench.sleep(Ticks::from_secs(30));
    assert!(bench.command(&[0x04, 0x80, 0x20, 0, 3, 0x80]).good());
    assert!(!bench.command(&[0; 6]).good());
    assert_eq!(bench.sense(), [2, 0x04, 1]);
    bench.sleep(Ticks::from_secs(40 * 60));
    assert!(bench.command(&[0; 6]).good());
    assert_eq!(bench.command(&read(5, 1)).data, vec![0; BLOCK]);

    let mut cartridge = BlockCartridge::new();
    cartridge.write_protected = true;
    let mut bench = Bench::new(drive(Some(cartridge)));
    bench.sleep(Ticks::from_secs(130));
    bench.command(&[0; 6]);
    assert!(!bench.command_out(&write(0, 1), &data(0..1)).good());
    assert_eq!(bench.sense(), [7, 0x27, 0]);
}

#[test]
fn a_drive_saved_in_the_middle_of_a_stream_goes_on_as_if_it_had_not_been() {
    let mut tracer = Tracer::default();
    let mut drive = drive(Some(BlockCartridge::new()));
    let mut run = |drive: &mut BlockDrive, from: Ticks| {
        drive.advance(from, &mut tracer);
        drive.advance(from + Ticks::from_secs(9), &mut tracer);
        postcard::to_allocvec(drive).unwrap()
    };
    let mut bench = Bench::new(drive.clone());
    bench.sleep(Ticks::from_secs(130));
    bench.command(&[0; 6]);
    bench.command_out(&write(0, 8), &data(0..8));
    let now = bench.now();
    bench.with_device(|device| drive = device.clone());
    let mut restored: BlockDrive =
        postcard::from_bytes(&postcard::to_allocvec(&drive).unwrap()).unwrap();
    assert!(drive.buffered() > 0);
    assert_eq!(run(&mut drive, now), run(&mut restored, now));
    assert_eq!(drive.buffered(), 0);
}

#[test]
fn each_class_of_drive_refuses_the_profile_of_the_other() {
    let stream = || clock::Stream::new(1, "tape");
    let error = Drive::new(&profile(), None, stream())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "tape.class = direct: must be sequential for this device"
    );
    assert!(BlockDrive::new(&Profile::viper_150(), None, stream()).is_err());
}

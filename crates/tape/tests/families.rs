//! What is published of each drive, seen from outside: rates, gaps, times. Every drive's own profile; a host that gives bytes at its own rate.

mod common;

use clock::{Stream, Ticks};
use common::Host;
use proptest::prelude::*;
use scsi::{Cdb, Device, Next, Status};
use tape::bench::{self, BURST};
use tape::media::Content;
use tape::{Drive, Medium, Profile};
use trace::{TapeEvent, Tracer};

fn profile(name: &str) -> Profile {
    Profile::named(name).unwrap()
}

fn sequential() -> impl Iterator<Item = Profile> {
    Profile::names()
        .map(profile)
        .filter(|profile| profile.get("tape.class").unwrap().value.to_string() == "sequential")
}

fn figure(profile: &Profile, key: &str) -> u64 {
    profile.get(key).unwrap().value.to_string().parse().unwrap()
}

/// A drive, ready, in the middle of a stream that has just begun; and the host.
fn streaming(name: &str) -> bench::Host {
    let mut host = bench::Host::new(&profile(name)).unwrap();
    host.feed(u64::from(u32::MAX), Ticks::from_secs(3));
    host
}

/// The Viper's manual, 6.3.2: 90 KB/s. The DDS format: 183 KB/s. EXB-8200: a track of 8 KB in 33.3 ms.
#[test]
fn a_fast_host_gets_the_published_rate_and_the_tape_never_stops() {
    for (name, published) in [
        ("archive-viper-150", 90_000),
        ("hp-35470a", 183_000),
        ("hp-35480a", 183_000),
        ("exabyte-exb-8200", 8192 * 10_000 / 333),
    ] {
        let rate = bench::streaming_rate(&profile(name)).unwrap();
        assert!(
            rate.abs_diff(published) < published / 100,
            "{name}: {rate} bytes/s"
        );
        let point = bench::throughput(&profile(name), published * 2).unwrap();
        assert_eq!((point.repositions, point.filler), (0, 0), "{name}");
    }
}

/// Between 45 and 90 KB/s the Viper repeats blocks and goes on; below 45 it stops and backs up (manual, 6.3.2).
#[test]
fn a_slow_host_makes_each_family_fill_or_stop_in_its_own_way() {
    let point = |name, rate| bench::throughput(&profile(name), rate).unwrap();
    let repeats = point("archive-viper-150", 75_000);
    assert!(
        repeats.filler > 1000 && repeats.repositions == 0,
        "{repeats:?}"
    );
    let stops = point("archive-viper-150", 30_000);
    assert!(stops.repositions > 10, "{stops:?}");
    // A DDS drive has no copies of blocks: there is nothing between streaming and stopping.
    let dds = point("hp-35470a", 100_000);
    assert!(dds.repositions > 5 && dds.filler == 0, "{dds:?}");
    // The EXB-8200 writes gap tracks up to its gap threshold, of 7 tracks of 16 frames each.
    let gaps = point("exabyte-exb-8200", 150_000);
    assert!(gaps.filler > 1000 && gaps.repositions == 0, "{gaps:?}");
    let stops = point("exabyte-exb-8200", 40_000);
    assert!(stops.repositions > 10, "{stops:?}");
    assert_eq!(stops.filler, stops.repositions * 7 * 16);
}

/// EXB-8200, product specification 3.4: a reposition takes 1,082 to 1,115 ms.
#[test]
fn the_8_mm_drive_repositions_in_the_published_time() {
    let mut host = bench::Host::new(&profile("exabyte-exb-8200")).unwrap();
    host.feed(60_000, Ticks::from_secs(120));
    let times: Vec<u64> = host
        .events()
        .into_iter()
        .filter_map(|(_, event)| match event {
            TapeEvent::Reposition { ticks, .. } => Some(Ticks(ticks).as_micros()),
            _ => None,
        })
        .collect();
    assert!(times.len() > 20);
    // The jitter is symmetric about the middle of the published range.
    assert!(
        times
            .iter()
            .all(|time| (1_081_500..=1_115_000).contains(time)),
        "{times:?}"
    );
}

/// Time from a filemark that is written at once until it is on tape, after so much idle time.
fn woken(host: &mut bench::Host, idle: Ticks) -> Ticks {
    host.rest(idle);
    let begin = host.now();
    host.events();
    host.write();
    host.command(&[0x10, 0, 0, 0, 1, 0], 0);
    host.events()
        .into_iter()
        .find(|(_, event)| matches!(event, TapeEvent::Streaming))
        .map(|(at, _)| at.since(begin))
        .expect("the tape was started")
}

/// EXB-8200: tension released after 15 s, 1.5 s to restart; drum off after 75 s, 5 s to restart.
#[test]
fn an_idle_8_mm_drive_releases_tension_and_stops_its_drum() {
    let mut host = streaming("exabyte-exb-8200");
    host.command(&[0x10, 0, 0, 0, 1, 0], 0);
    let awake = woken(&mut host, Ticks::from_secs(12));
    let tension = woken(&mut host, Ticks::from_secs(40));
    let drum = woken(&mut host, Ticks::from_secs(80));
    let near = |time: Ticks, millis: u64| time.as_micros().abs_diff(millis * 1000) < 20_000;
    assert!(near(tension.since(awake), 1500), "{tension} after {awake}");
    assert!(near(drum.since(awake), 5000), "{drum} after {awake}");
}

/// EXB-8200 user's manual, 22: a filemark takes 270 tracks, which pass in nine seconds.
#[test]
fn a_filemark_of_the_8_mm_drive_takes_270_tracks() {
    let mut host = streaming("exabyte-exb-8200");
    host.command(&[0x10, 0, 0, 0, 1, 0], 0);
    let (before, begin) = (host.drive().medium().unwrap().end(), host.now());
    host.command(&[0x10, 0, 0, 0, 1, 0], 0);
    let took = host.now().since(begin);
    let frames = host.drive().medium().unwrap().end() - before;
    assert_eq!(
        frames - 16,
        270 * 16,
        "a filemark, and the gap track behind it"
    );
    assert!(
        took > Ticks::from_millis(9_000) && took < Ticks::from_millis(12_000),
        "{took}"
    );
}

/// EXB-8200 user's manual, 23.5: what a block does not fill of the last physical block is lost.
#[test]
fn records_of_the_8_mm_drive_take_whole_physical_blocks() {
    let mut host = Host::new(&profile("exabyte-exb-8200"), Medium::new());
    for _ in 0..4 {
        host.succeeds(&[0x0A, 0, 0, 0x04, 0x01, 0], &[0; 1025]);
    }
    host.filemarks(0, false);
    host.succeeds(&[0x01, 0, 0, 0, 0, 0], &[]);
    let at: Vec<u64> = host.medium().blocks().map(|block| block.at).collect();
    assert_eq!(at, [0, 4, 8, 12]);
}

/// A DDS drive pads what it must write to a whole group of 126,632 bytes (ECMA-139).
#[test]
fn a_flush_of_a_dds_drive_writes_a_whole_group() {
    let mut host = Host::new(&profile("hp-35470a"), Medium::new());
    host.succeeds(&[0x0A, 1, 0, 0, 1, 0], &[0; 512]);
    host.filemarks(0, false);
    host.rest(Ticks::from_secs(10));
    // And the amble frames behind it, one group of them.
    assert_eq!(host.medium().end(), 2 * (126_632 / 512));
}

/// DDS: files are found at up to 200 times the speed of writing; a tape of two hours is rewound in about 40 s.
#[test]
fn winding_is_as_fast_as_published() {
    let mut host = streaming("hp-35470a");
    let (bytes, time) = host.feed(u64::from(u32::MAX), Ticks::from_secs(200));
    host.command(&[0x10, 0, 0, 0, 0, 0], 0);
    // 0.2 s of the 200 s, the group that ends the stream, and starting.
    let begin = host.now();
    host.command(&[0x01, 0, 0, 0, 0, 0], 0);
    let rewind = host.now().since(begin);
    assert!(
        rewind < Ticks::from_secs(5),
        "{bytes} bytes in {time}: {rewind}"
    );
    // A cartridge is wound at the speed at which it streams.
    let mut host = streaming("archive-viper-150");
    host.feed(u64::from(u32::MAX), Ticks::from_secs(40));
    let begin = host.now();
    host.command(&[0x01, 0, 0, 0, 0, 0], 0);
    assert!(host.now().since(begin) > Ticks::from_secs(40));
}

/// 90 inches a second (Viper), 8.15 mm a second (DDS): where the tape is after ten seconds.
#[test]
fn the_tape_moves_at_its_published_speed() {
    for (name, micrometres) in [("archive-viper-150", 2_286_000), ("hp-35470a", 8150)] {
        let mut host = streaming(name);
        let before = host.drive().tape_position();
        host.feed(u64::from(u32::MAX), Ticks::from_secs(10));
        let moved = (host.drive().tape_position() - before) / 10;
        assert!(
            moved.abs_diff(micrometres) < micrometres / 20,
            "{name}: {moved} um/s"
        );
    }
}

/// NetBSD's st driver sends no LOAD to these drives (ST_Q_IGNORE_LOADS).
#[test]
fn some_drives_ignore_load() {
    for (name, ignored) in [
        ("teac-mt-2st-n50", true),
        ("wangtek-5150es", true),
        ("archive-viper-150", false),
    ] {
        let mut host = Host::new(&profile(name), Medium::new());
        host.write(&[0; 512]);
        host.succeeds(&[0x10, 0, 0, 0, 1, 0], &[]);
        host.succeeds(&[0x1B, 0, 0, 0, 1, 0], &[]);
        assert_eq!(host.drive.position() == 2, ignored, "{name}");
    }
}

/// TEAC: a block that reads back bad is written again 16 times, then it is an error.
#[test]
fn the_cassette_streamer_tries_a_bad_block_sixteen_times() {
    let write = |defects: u64| {
        let mut medium = Medium::new();
        (0..defects).for_each(|frame| medium.set_defect(frame, true));
        let mut host = Host::new(&profile("teac-mt-2st-n50"), medium);
        host.write(&[0; 512]);
        let status = host.filemarks(1, false).status;
        (status, host.drive.counters().rewrites)
    };
    assert_eq!(write(16), (Status::Good, 16));
    assert_eq!(write(17), (Status::CheckCondition, 16));
}

/// Gives the drive records at the times that `pauses` make, watches every byte, reads all back.
fn fed(profile: &Profile, pauses: &[(u32, u16)]) -> Result<(), TestCaseError> {
    let mut tracer = Tracer::default();
    let mut drive = Drive::new(profile, Some(Medium::new()), Stream::new(7, "tape")).unwrap();
    let mut now = Ticks::from_secs(200);
    let tracer = &mut tracer;
    let buffer = figure(profile, "tape.buffer") as u32;
    let interface = Ticks::at_rate(1, figure(profile, "tape.interface"));
    let block = drive.block_length() as usize;
    let mut command = |now: &mut Ticks, cdb: [u8; 6], out: &[u8]| {
        drive.command(*now, 7, 0, &Cdb::new(&cdb), tracer);
        let (mut data, mut taken, mut last) = (Vec::new(), 0, Ticks::ZERO);
        loop {
            match drive.next(*now, tracer) {
                Next::Wait(until) | Next::Disconnect(until) => *now = until,
                Next::Status(status) => return Ok((status, data, drive.medium().cloned())),
                next => {
                    *now = (*now).max(last + drive.byte_period());
                    last = *now;
                    match next {
                        Next::DataOut => {
                            drive.take(*now, out[taken], tracer);
                            taken += 1;
                        }
                        Next::DataIn(byte) => {
                            data.push(byte);
                            drive.given(*now, tracer);
                        }
                        other => unreachable!("{other:?}"),
                    }
                    prop_assert!(drive.byte_period() >= interface);
                    prop_assert!(
                        drive.buffered() <= buffer,
                        "{} bytes buffered",
                        drive.buffered()
                    );
                }
            }
        }
    };
    command(&mut now, [0; 6], &[])?;
    let mut written = Vec::new();
    for &(pause, blocks) in pauses {
        now += Ticks::from_millis(pause.into());
        let data: Vec<u8> = (0..blocks as usize * block)
            .map(|at| ((written.len() + at) / 3) as u8)
            .collect();
        let [high, low] = blocks.to_be_bytes();
        let begin = now;
        prop_assert_eq!(
            command(&mut now, [0x0A, 1, 0, high, low, 0], &data)?.0,
            Status::Good
        );
        // Never faster than the interface.
        prop_assert!(now.since(begin) >= interface * (data.len() as u64 - 1));
        written.extend(data);
    }
    prop_assert_eq!(
        command(&mut now, [0x10, 0, 0, 0, 1, 0], &[])?.0,
        Status::Good
    );
    let (_, _, medium) = command(&mut now, [0x01, 0, 0, 0, 0, 0], &[])?;
    let on_tape: Vec<u8> = medium
        .unwrap()
        .blocks()
        .filter_map(|block| match block.content {
            Content::Record { data, .. } => Some(data.to_vec()),
            Content::Mark => None,
        })
        .flatten()
        .collect();
    prop_assert!(on_tape == written, "the tape holds something else");
    let mut read = Vec::new();
    for &(pause, blocks) in pauses {
        now += Ticks::from_millis((pause / 2).into());
        let [high, low] = blocks.to_be_bytes();
        let (status, data, _) = command(&mut now, [0x08, 1, 0, high, low, 0], &[])?;
        prop_assert_eq!(status, Status::Good);
        read.extend(data);
    }
    prop_assert!(read == written, "something else was read");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// At any pace of the host all bytes arrive, in order, never faster than the interface, and the buffer never holds more than its size.
    #[test]
    fn every_pace_of_the_host_brings_every_byte_to_the_tape_and_back(
        drive in 0..6_usize,
        pauses in prop::collection::vec((prop_oneof![0..20_u32, 0..2_000_u32, 0..20_000_u32], 1..100_u16), 1..20),
    ) {
        let profiles: Vec<Profile> = sequential().collect();
        fed(&profiles[drive % profiles.len()], &pauses)?;
    }
}

#[test]
fn one_write_is_a_whole_number_of_blocks_on_every_drive() {
    for profile in sequential() {
        let host = bench::Host::new(&profile).unwrap();
        assert_eq!(BURST % host.drive().block_length(), 0, "{}", profile.name);
    }
}

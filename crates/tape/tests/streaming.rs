//! What the drive makes of a host's rate: streaming, repeated blocks, repositions, pauses of REQ.

mod common;

use clock::Ticks;
use common::{BLOCK, Host, blocks};
use tape::{DriveState, Medium, Profile};
use trace::TapeEvent;

/// What a host writes with one WRITE.
const BURST: usize = 32 * 1024;

/// A host as a backup program of the time: it reads its disk, then writes blindly at 450 KB/s, and so on in turn.
struct Feeder {
    host: Host,
}

impl Feeder {
    fn new() -> Feeder {
        Feeder {
            host: Host::viper(),
        }
    }

    /// Feeds for `time` in bursts of `burst` bytes, with pauses that make `rate` bytes a second when the drive holds up nothing.
    fn feed(&mut self, time: Ticks, rate: u64, burst: usize) {
        let end = self.host.now + time;
        let pause =
            Ticks::at_rate(burst as u64, rate).since(Ticks::at_rate(burst as u64, self.host.rate));
        while self.host.now < end {
            self.host.rest(pause);
            let done = self.host.write(&vec![0xA5; burst]);
            assert_eq!(done.status, scsi::Status::Good);
        }
    }
}

/// What a fresh drive has done after `seconds` of feeding.
fn fed(rate: u64, seconds: u64, burst: usize) -> Feeder {
    let mut feeder = Feeder::new();
    feeder.feed(Ticks::from_secs(seconds), rate, burst);
    feeder
}

#[test]
fn a_host_alone_keeps_the_drive_streaming_from_the_first_byte_on() {
    for rate in [50_000, 60_000, 70_000, 85_000] {
        let mut feeder = fed(rate, 120, BURST);
        let counters = feeder.host.drive.counters();
        assert_eq!(
            (counters.repositions, counters.pauses),
            (0, 0),
            "at {rate} bytes/s: {counters:?}"
        );
        assert!(
            counters.copies > 1000,
            "the drive repeats blocks to keep the tape moving: {counters:?}"
        );
        let starts = feeder
            .host
            .events()
            .iter()
            .filter(|(_, event)| matches!(event, TapeEvent::Start { .. }))
            .count();
        assert_eq!(starts, 1);
    }
}

#[test]
fn turning_at_the_ends_of_tracks_does_not_stop_the_host_either() {
    for rate in [60_000, 72_000, 85_000] {
        let mut profile = Profile::viper_150();
        // Short tracks, so that many turns fall on all phases of the host's bursts.
        profile.set("tape.track-blocks", "2111").unwrap();
        profile.set("tape.tracks", "100").unwrap();
        let mut feeder = Feeder {
            host: Host::new(&profile, Medium::new()),
        };
        feeder.feed(Ticks::from_secs(300), rate, BURST);
        let counters = feeder.host.drive.counters();
        assert_eq!(
            (counters.repositions, counters.pauses),
            (0, 0),
            "at {rate} bytes/s: {counters:?}"
        );
    }
}

#[test]
fn a_host_that_falls_behind_for_a_second_fills_the_buffer_inside_a_write() {
    for rate in [70_000, 80_000] {
        let mut feeder = fed(rate, 20, BURST);
        assert_eq!(feeder.host.drive.counters().repositions, 0);
        feeder.host.events();
        // A neighbour takes the processor: 0.8 s without a byte.
        feeder.host.rest(Ticks::from_millis(800));
        feeder.feed(Ticks::from_secs(10), rate, BURST);
        let counters = feeder.host.drive.counters();
        assert_eq!(counters.repositions, 1, "{counters:?}");
        assert!(counters.pauses_inside > 0, "{counters:?}");
        let events: Vec<TapeEvent> = feeder
            .host
            .events()
            .into_iter()
            .map(|(_, event)| event)
            .collect();
        let place = |wanted: fn(&TapeEvent) -> bool| events.iter().position(wanted).unwrap();
        let low = place(|event| matches!(event, TapeEvent::Underrun { .. }));
        let stopped = place(|event| matches!(event, TapeEvent::Reposition { buffered: 0, .. }));
        let full = place(|event| matches!(event, TapeEvent::BufferFull { .. }));
        assert!(low < stopped && stopped < full, "{events:?}");
    }
}

#[test]
fn a_host_below_half_the_rate_of_the_medium_repositions_again_and_again() {
    for (burst, rates) in [
        (512, [20_000, 30_000, 40_000]),
        (BURST, [20_000, 30_000, 44_000]),
    ] {
        for rate in rates {
            let counters = fed(rate, 60, burst).host.drive.counters();
            assert!(counters.repositions > 8, "at {rate} bytes/s: {counters:?}");
        }
    }
    assert!(fed(44_000, 120, BURST).host.drive.counters().pauses_inside > 100);
}

#[test]
fn a_steady_host_above_half_the_rate_never_loses_the_stream() {
    for rate in [50_000, 70_000, 89_000] {
        let counters = fed(rate, 60, 512).host.drive.counters();
        assert_eq!(
            (counters.repositions, counters.pauses),
            (0, 0),
            "at {rate} bytes/s: {counters:?}"
        );
    }
}

#[test]
fn req_pauses_only_before_the_first_byte_of_a_block() {
    let mut host = Host::viper();
    let done = host.write(&blocks(0..400));
    assert_eq!(done.status, scsi::Status::Good);
    assert!(done.longest.0 > Ticks::from_millis(1));
    assert_eq!(done.longest.1 % BLOCK, 0);
    assert!(host.drive.counters().pauses_inside > 0);
    // The buffer, and what went to tape meanwhile: it was full when REQ paused for the first time.
    let first = host
        .events()
        .into_iter()
        .find(|(_, event)| matches!(event, TapeEvent::BufferFull { .. }));
    assert_eq!(
        first.map(|(_, event)| event),
        Some(TapeEvent::BufferFull { block: 0 })
    );
}

#[test]
fn a_buffer_for_the_whole_session_never_fills() {
    let mut profile = Profile::viper_150();
    profile.set("tape.buffer", "16777216").unwrap();
    let mut feeder = Feeder {
        host: Host::new(&profile, Medium::new()),
    };
    feeder.feed(Ticks::from_secs(30), 30_000, BURST);
    feeder.feed(Ticks::from_secs(30), 120_000, BURST);
    let counters = feeder.host.drive.counters();
    assert!(counters.repositions >= 3);
    assert_eq!(counters.pauses, 0);
}

#[test]
fn the_same_seed_gives_the_same_run_and_looking_changes_nothing() {
    let run = |look: bool| {
        let mut feeder = Feeder::new();
        for _ in 0..200 {
            if look {
                for _ in 0..500 {
                    feeder.host.rest(Ticks(15_000));
                }
            } else {
                feeder.host.rest(Ticks(7_500_000));
            }
            feeder.host.write(&blocks(0..40));
        }
        (
            feeder.host.events(),
            feeder.host.now,
            feeder.host.medium().clone(),
        )
    };
    assert!(run(false) == run(true));
}

#[test]
fn a_drive_saved_in_the_middle_of_a_reposition_goes_on_as_if_it_had_not_been() {
    let mut feeder = fed(30_000, 20, BURST);
    while feeder.host.drive.state() != DriveState::Repositioning {
        feeder.host.rest(Ticks::from_millis(10));
    }
    let saved = postcard::to_allocvec(&feeder.host.drive).unwrap();
    let go_on = |host: &mut Host| {
        host.events();
        for number in 0..20 {
            host.write(&blocks(number..number + 64));
        }
        host.rest(Ticks::from_secs(2));
        (
            host.events(),
            host.now,
            host.medium().clone(),
            host.drive.counters(),
        )
    };
    let mut restored = Host::viper();
    restored.now = feeder.host.now;
    restored.drive = postcard::from_bytes(&saved).unwrap();
    assert!(go_on(&mut restored) == go_on(&mut feeder.host));
}

/// 45 KB/s is half of the tape's 90: the slowest host it can follow by repeating every block (Viper manual, 6.3.2).
#[test]
fn half_the_rate_of_the_tape_divides_streaming_from_stopping() {
    for burst in [BLOCK, BURST] {
        for rate in [20, 30, 40] {
            let counters = fed(rate * 1000, 30, burst).host.drive.counters();
            assert!(
                counters.repositions >= 3,
                "{rate} KB/s in {burst}s: {counters:?}"
            );
        }
        for rate in [50, 60, 70, 80, 88] {
            let counters = fed(rate * 1000, 30, burst).host.drive.counters();
            assert_eq!(counters.repositions, 0, "{rate} KB/s in {burst}s");
            assert_eq!(counters.pauses_inside, 0, "{rate} KB/s in {burst}s");
        }
    }
}

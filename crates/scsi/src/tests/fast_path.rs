//! The short cut for undisturbed handshakes.

use super::*;
use crate::timing::REQ_RESPONSE;
use proptest::prelude::*;

/// A bus with target 0 in the data phase of `operation`, REQ true for the first byte.
fn in_data(device: Scripted, operation: u8) -> Bench<Scripted> {
    let mut bench = Bench::new(device);
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench
        .bus
        .drive(selected + Ticks(20), Lines::RELEASED, &mut bench.tracer);
    for byte in [operation, 0, 0, 0, 1, 0] {
        assert!(send(&mut bench, Signals::empty(), byte));
    }
    bench
}

proptest! {
    /// [`ScsiBus::acknowledge`] and the same handshake line by line come to the same state and the same records.
    #[test]
    fn acknowledge_is_the_handshake_line_by_line(
        out in any::<bool>(),
        pauses in prop::collection::vec((0_usize..40, 1_u64..400), 0..4),
        period in 1_u64..60,
        bytes in prop::collection::vec((any::<u8>(), 1_u64..60, prop::option::of(1_u64..20), 0_u64..100), 1..40),
        noise in prop::option::of((0_u32..40, 1_u16..0x200)),
        wake in prop::option::of(0_u64..3000),
    ) {
        let mut device = Scripted::new(40);
        device.period = Ticks(period);
        device.pauses = pauses.into_iter().map(|(at, time)| (at, Ticks(time))).collect();
        let mut fast = in_data(device, if out { OUT } else { IN });
        let now = fast.now();
        if let Some((after, flip)) = noise {
            fast.bus.inject(now, 0, BusFault::Noise { out, after, flip });
        }
        if let Some(wake) = wake {
            fast.with_device(|device| device.wake = now + Ticks(1 + wake));
        }
        let mut slow = Bench::new(Scripted::new(0));
        slow.bus = fast.bus.clone();
        slow.tracer = fast.tracer.clone();
        let mut taken = 0;
        for (byte, gap, hold, limit) in bytes {
            let at = fast.now() + Ticks(gap);
            let lines = if out { Lines::with_data(Signals::empty(), byte) } else { Lines::RELEASED };
            for bench in [&mut fast, &mut slow] {
                bench.bus.drive(at, lines, &mut bench.tracer);
                bench.bus.advance(at, &mut bench.tracer);
            }
            if !fast.bus.lines().has(Signals::REQ) {
                continue;
            }
            let at = at + Ticks(1);
            let hold = hold.map(Ticks);
            let with_ack = Lines { signals: Signals::ACK, ..lines };
            let before = postcard::to_stdvec(&fast.bus).unwrap();
            if fast.bus.acknowledge(at, hold, at + Ticks(limit), &mut fast.tracer) {
                taken += 1;
                slow.bus.drive(at, with_ack, &mut slow.tracer);
                slow.bus.advance(at + REQ_RESPONSE, &mut slow.tracer);
                if let Some(hold) = hold {
                    slow.bus.drive(at + REQ_RESPONSE + hold, lines, &mut slow.tracer);
                }
            } else {
                prop_assert_eq!(before, postcard::to_stdvec(&fast.bus).unwrap(), "refused, and nothing done");
            }
            let until = at + REQ_RESPONSE + Ticks(100);
            for bench in [&mut fast, &mut slow] {
                // What remained of the handshake, in the same way for both.
                bench.bus.drive(at + REQ_RESPONSE + Ticks(50), lines, &mut bench.tracer);
                bench.bus.advance(until, &mut bench.tracer);
            }
            prop_assert_eq!(postcard::to_stdvec(&fast.bus).unwrap(), postcard::to_stdvec(&slow.bus).unwrap());
        }
        prop_assert_eq!(fast.records(), slow.records());
        prop_assume!(taken > 0 || noise.is_some() || wake.is_some() || period > 1);
    }
}

//! Arbitration between several devices.

use super::*;
use crate::timing::{ARBITRATION, BUS_CLEAR, BUS_FREE, BUS_SET, BUS_SETTLE};
use proptest::prelude::*;

/// A bus with a disconnected command on each of `targets`, which all want the bus `away` after they had their command, and an initiator
/// that no longer looks.
fn disconnected(targets: u8, away: Ticks) -> (ScsiBus<Scripted>, Tracer) {
    let mut bench = Bench::new(Scripted::new(1));
    bench.bus.detach(0);
    for id in (0..7).filter(|id| targets >> id & 1 != 0) {
        let mut device = Scripted::new(1);
        device.disconnects = true;
        device.pauses = vec![(0, away)];
        bench.bus.attach(id, device);
        let selected = connect(&mut bench, Signals::ATN, 0x80 | 1 << id);
        let lines = Lines::control(Signals::ATN);
        bench
            .bus
            .drive(selected + Ticks(20), lines, &mut bench.tracer);
        for byte in [IDENTIFY, IN, 0, 0, 0, 1, 0, 0] {
            assert!(send(&mut bench, Signals::empty(), byte));
        }
        assert_eq!(phase(&mut bench), None);
    }
    // The initiator holds the bus until all want it.
    let now = bench.now();
    let (bus, tracer) = (&mut bench.bus, &mut bench.tracer);
    bus.drive(now, Lines::control(Signals::BSY), tracer);
    bus.advance(now + away * 2, tracer);
    (bench.bus, bench.tracer)
}

proptest! {
    /// However many arbitrate, the initiator among them or not, exactly the highest ID wins, and the others are off the bus within a bus
    /// clear delay of its SEL.
    #[test]
    fn clause_6_1_2_the_highest_id_wins(targets in 1_u8..0x80, initiator in prop::option::of((0_u8..8, 0_u64..15))) {
        let (mut bus, mut tracer) = disconnected(targets, Ticks::from_millis(1));
        let free = bus.now() + Ticks(100);
        bus.drive(free, Lines::RELEASED, &mut tracer);
        let begin = free + BUS_SETTLE + BUS_FREE;
        let initiator = initiator.filter(|(id, _)| targets >> id & 1 == 0);
        if let Some((id, late)) = initiator {
            // Anywhere from the bus free delay to the bus set delay.
            let at = begin + Ticks(late).min(BUS_SET - BUS_FREE);
            bus.drive(at, Lines::with_data(Signals::BSY, 1 << id), &mut tracer);
        }
        let ids = targets | initiator.map_or(0, |(id, _)| 1 << id);
        let highest = 7 - ids.leading_zeros() as u8;
        bus.advance(begin + BUS_SET - BUS_FREE, &mut tracer);
        prop_assert_eq!(bus.lines().data, ids, "all are on the bus");
        prop_assert_eq!(bus.lines().signals, Signals::BSY);
        let own = initiator.filter(|&(id, _)| id == highest);
        if let Some((id, _)) = own {
            let at = begin + BUS_SET - BUS_FREE + ARBITRATION;
            bus.drive(at, Lines::with_data(Signals::BSY | Signals::SEL, 1 << id), &mut tracer);
        } else if initiator.is_some() {
            bus.drive(begin + ARBITRATION, Lines::RELEASED, &mut tracer);
        }
        let mut selected = bus.now();
        while !bus.lines().has(Signals::SEL) {
            selected = bus.step(begin + ARBITRATION * 3, &mut tracer).unwrap();
        }
        bus.advance(selected + BUS_CLEAR, &mut tracer);
        let winners: Vec<u8> = (0..8)
            .filter(|&id| bus.port(id).is_some_and(|port| port.drives() != Lines::RELEASED))
            .chain(own.map(|(id, _)| id))
            .collect();
        prop_assert_eq!(winners, [highest]);
        prop_assert_eq!(bus.lines().data, 1 << highest);
    }
}

#[test]
fn clause_6_1_2_losers_try_again_and_are_served_in_order_of_their_ids() {
    let (mut bus, mut tracer) = disconnected(0b0110_1001, Ticks::from_millis(1));
    let now = bus.now();
    bus.drive(now, Lines::RELEASED, &mut tracer);
    let mut order = vec![];
    while order.len() < 4 {
        let at = bus
            .step(now + Ticks::from_secs(1), &mut tracer)
            .expect("somebody reselects");
        let lines = bus.lines();
        if lines.signals == Signals::SEL | Signals::IO {
            order.push((lines.data & 0x7F).trailing_zeros());
            bus.drive(at + BUS_SETTLE, Lines::control(Signals::BSY), &mut tracer);
            bus.drive(at + BUS_SETTLE * 2, Lines::RELEASED, &mut tracer);
            // IDENTIFY, one byte of data, status, COMMAND COMPLETE.
            for _ in 0..4 {
                let now = bus.now() + Ticks(200);
                bus.advance(now, &mut tracer);
                assert!(bus.lines().has(Signals::REQ));
                bus.drive(now, Lines::control(Signals::ACK), &mut tracer);
                bus.drive(now + Ticks(10), Lines::RELEASED, &mut tracer);
            }
        }
    }
    assert_eq!(order, [6, 5, 3, 0]);
}

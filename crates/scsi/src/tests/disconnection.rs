//! Disconnection and reselection.

use super::*;
use crate::initiator::{Failure, Request};
use crate::timing::{BUS_FREE, BUS_SETTLE, DISCONNECTION, SELECTION_TIMEOUT};
use proptest::prelude::*;

const AWAY: Ticks = Ticks::from_millis(20);

/// A bench that grants the privilege, with a device that wants `AWAY` at byte `at` of `length`.
fn bench(length: usize, at: usize) -> Bench<Scripted> {
    let mut bench = Bench::new(away(length, at));
    bench.initiator.identify = Some(IDENTIFY);
    bench
}

fn away(length: usize, at: usize) -> Scripted {
    let mut device = Scripted::new(length);
    device.pauses = vec![(at, AWAY)];
    device.disconnects = true;
    device
}

fn reselections(bench: &mut Bench<Scripted>) -> Vec<u8> {
    events(bench)
        .into_iter()
        .filter_map(|event| match event {
            ScsiEvent::Reselected { id, answered: true } => Some(id),
            _ => None,
        })
        .collect()
}

/// Begins a command by hand and goes on until the bus is free, with the command disconnected.
fn begin(bench: &mut Bench<Scripted>, initiator: u8) {
    let selected = connect(bench, Signals::ATN, 1 << initiator | 1);
    let lines = Lines::control(Signals::ATN);
    bench
        .bus
        .drive(selected + Ticks(20), lines, &mut bench.tracer);
    for byte in [IDENTIFY, IN, 0, 0, 0, 1, 0] {
        assert!(send(bench, Signals::empty(), byte));
    }
    assert_eq!(phase(bench), Some(Phase::MessageIn));
    assert_eq!(bench.bus.lines().data, message::DISCONNECT);
    assert!(send(bench, Signals::empty(), 0));
    assert_eq!(phase(bench), None);
    assert!(bench.bus.port(0).unwrap().disconnected());
}

#[test]
fn clause_6_1_4_a_command_goes_on_after_reselection() {
    for at in [0, 32, 64] {
        let mut bench = bench(64, at);
        let outcome = bench.command(&[IN, 0, 0, 0, 1, 0]);
        assert!(
            outcome.good() && outcome.data.iter().copied().eq(0..64),
            "{at}"
        );
        assert!(outcome.elapsed > AWAY);
        assert_eq!(reselections(&mut bench), [0]);
        let data: Vec<u8> = (100..164).collect();
        bench.with_device(|device| device.pauses = vec![(at, AWAY)]);
        assert!(bench.command_out(&[OUT, 0, 0, 0, 1, 0], &data).good());
        assert_eq!(bench.device().taken, data);
        assert_eq!(reselections(&mut bench), [0]);
        assert_eq!(bench.bus.lines(), Lines::RELEASED);
    }
}

#[test]
fn clause_6_6_7_without_the_privilege_the_target_stays_on_the_bus() {
    for identify in [None, Some(message::IDENTIFY)] {
        let mut bench = bench(64, 32);
        bench.initiator.identify = identify;
        assert_eq!(bench.command(&[IN, 0, 0, 0, 1, 0]).data.len(), 64);
        assert_eq!(reselections(&mut bench), [] as [u8; 0]);
    }
}

#[test]
fn clause_6_6_20_the_pointer_is_saved_only_when_data_have_moved() {
    for (at, first) in [(0, message::DISCONNECT), (1, message::SAVE_DATA_POINTER)] {
        let mut bench = bench(2, at);
        let selected = connect(&mut bench, Signals::ATN, 0x81);
        let lines = Lines::control(Signals::ATN);
        bench
            .bus
            .drive(selected + Ticks(20), lines, &mut bench.tracer);
        for byte in [IDENTIFY, IN, 0, 0, 0, 1, 0] {
            assert!(send(&mut bench, Signals::empty(), byte));
        }
        for _ in 0..at {
            assert_eq!(phase(&mut bench), Some(Phase::DataIn));
            assert!(send(&mut bench, Signals::empty(), 0));
        }
        assert_eq!(phase(&mut bench), Some(Phase::MessageIn));
        assert_eq!(bench.bus.lines().data, first);
    }
}

#[test]
fn clause_6_1_4_1_reselection_has_both_ids_io_and_good_parity() {
    let mut bench = bench(4, 0);
    begin(&mut bench, 7);
    let mut lines = Lines::RELEASED;
    while lines.signals != Signals::SEL | Signals::IO {
        let limit = bench.now() + AWAY;
        bench.bus.step(limit, &mut bench.tracer).unwrap();
        lines = bench.bus.lines();
    }
    assert_eq!(lines.data, 0x81);
    assert!(lines.parity_good());
    let now = bench.now() + BUS_SETTLE;
    let (bus, tracer) = (&mut bench.bus, &mut bench.tracer);
    bus.drive(now, Lines::control(Signals::BSY), tracer);
    assert!(bus.lines().has(Signals::SEL), "two deskew delays");
    bus.advance(now + Ticks(2), tracer);
    assert_eq!(
        bus.port(0).unwrap().drives(),
        Lines::control(Signals::BSY | Phase::MessageIn.signals())
    );
    bus.drive(now + Ticks(4), Lines::RELEASED, tracer);
    assert_eq!(phase(&mut bench), Some(Phase::MessageIn));
    assert_eq!(bench.bus.lines().data, message::IDENTIFY);
}

#[test]
fn clause_6_1_4_2_an_initiator_that_does_not_answer_loses_its_command() {
    let mut bench = bench(4, 0);
    begin(&mut bench, 7);
    bench.sleep(AWAY + SELECTION_TIMEOUT + Ticks::from_millis(1));
    assert_eq!(bench.bus.lines(), Lines::RELEASED);
    bench.sleep(Ticks::from_secs(10));
    let tries = events(&mut bench)
        .into_iter()
        .filter(|event| {
            *event
                == (ScsiEvent::Reselected {
                    id: 0,
                    answered: false,
                })
        })
        .count();
    assert_eq!(tries, 8);
    assert_eq!(bench.device().errors, [BusError::Reselection]);
    assert_eq!(bench.device().aborts, 1);
    assert!(bench.command(&[0x01, 0, 0, 0, 0, 0]).good());
}

#[test]
fn clause_6_6_14_a_rejected_disconnect_keeps_the_target_on_the_bus() {
    let mut bench = bench(4, 0);
    let selected = connect(&mut bench, Signals::ATN, 0x81);
    let lines = Lines::control(Signals::ATN);
    bench
        .bus
        .drive(selected + Ticks(20), lines, &mut bench.tracer);
    for byte in [IDENTIFY, IN, 0, 0, 0, 1, 0] {
        assert!(send(&mut bench, Signals::empty(), byte));
    }
    assert_eq!(phase(&mut bench), Some(Phase::MessageIn));
    assert!(send(&mut bench, Signals::ATN, 0));
    assert_eq!(phase(&mut bench), Some(Phase::MessageOut));
    assert!(send(&mut bench, Signals::empty(), message::MESSAGE_REJECT));
    bench.sleep(AWAY);
    assert_eq!(phase(&mut bench), Some(Phase::DataIn));
}

#[test]
fn clause_6_6_6_a_disconnect_of_the_initiator_is_honoured_for_a_disconnection_delay() {
    let mut bench = Bench::new(Scripted::new(4));
    bench.with_device(|device| device.pauses = vec![(0, AWAY)]);
    let selected = connect(&mut bench, Signals::ATN, 0x81);
    let lines = Lines::control(Signals::ATN);
    bench
        .bus
        .drive(selected + Ticks(20), lines, &mut bench.tracer);
    for byte in [IDENTIFY, IN, 0, 0, 0, 1, 0] {
        assert!(send(&mut bench, Signals::empty(), byte));
    }
    let now = bench.now() + Ticks(500);
    bench.bus.drive(now, lines, &mut bench.tracer);
    assert!(send(&mut bench, Signals::empty(), message::DISCONNECT));
    assert_eq!(phase(&mut bench), Some(Phase::MessageIn));
    assert_eq!(bench.bus.lines().data, message::DISCONNECT);
    assert!(send(&mut bench, Signals::empty(), 0));
    let free = bench.bus.free_since();
    assert_ne!(free, Ticks::NEVER);
    assert!(bench.bus.next_event() >= free + DISCONNECTION);
}

#[test]
fn clause_7_3_another_initiator_finds_the_target_busy() {
    let mut bench = bench(4, 0);
    begin(&mut bench, 7);
    bench.initiator.id = 6;
    bench.initiator.identify = Some(message::IDENTIFY);
    assert_eq!(bench.command(&[0x01, 0, 0, 0, 0, 0]).status, 8);
    assert_eq!(bench.device().commands, 1);
    assert!(bench.bus.port(0).unwrap().disconnected());
}

#[test]
fn clause_7_5_2_a_second_command_of_the_same_nexus_ends_both() {
    let mut bench = bench(4, 0);
    begin(&mut bench, 7);
    bench.initiator.identify = Some(message::IDENTIFY);
    assert_eq!(bench.command(&[0x01, 0, 0, 0, 0, 0]).status, 2);
    assert_eq!(bench.device().errors, [BusError::Overlapped]);
    assert_eq!(BusError::Overlapped.sense(), [0x0B, 0x4E, 0]);
    assert!(!bench.bus.port(0).unwrap().disconnected());
}

#[test]
fn clause_6_6_1_abort_forgets_the_disconnected_command_of_its_nexus_only() {
    for (initiator, lun, aborts) in [(7, 0, 1), (6, 0, 0), (7, 1, 0)] {
        let mut bench = bench(4, 0);
        begin(&mut bench, 7);
        let selected = connect(&mut bench, Signals::ATN, 1 << initiator | 1);
        let lines = Lines::control(Signals::ATN);
        bench
            .bus
            .drive(selected + Ticks(20), lines, &mut bench.tracer);
        assert!(send(&mut bench, Signals::ATN, message::IDENTIFY | lun));
        assert!(send(&mut bench, Signals::empty(), message::ABORT));
        assert_eq!(phase(&mut bench), None);
        assert_eq!(bench.device().aborts, aborts);
        assert_eq!(bench.bus.port(0).unwrap().disconnected(), aborts == 0);
    }
}

#[test]
fn clause_6_2_2_reset_forgets_a_disconnected_command() {
    let mut bench = bench(4, 0);
    begin(&mut bench, 7);
    bench.reset();
    assert!(!bench.bus.port(0).unwrap().disconnected());
    bench.sleep(AWAY * 2);
    assert_eq!(bench.bus.lines(), Lines::RELEASED);
}

#[test]
fn commands_of_two_targets_overlap() {
    let mut bench = bench(64, 32);
    bench.bus.attach(2, away(64, 16));
    let cdb = &[IN, 0, 0, 0, 1, 0][..];
    let requests = [0, 2].map(|id| Request { id, cdb, out: &[] });
    let start = bench.now();
    let both = bench
        .initiator
        .commands(&mut bench.bus, start, &requests, &mut bench.tracer);
    for outcome in both {
        let outcome = outcome.unwrap();
        assert!(outcome.good() && outcome.data.iter().copied().eq(0..64));
        assert!(outcome.elapsed > AWAY && outcome.elapsed < AWAY + Ticks::from_millis(2));
    }
    assert_eq!(reselections(&mut bench), [0, 2]);
}

#[test]
fn a_target_that_never_comes_back_is_reported() {
    let mut bench = bench(4, 0);
    bench.initiator.patience = Ticks::from_millis(5);
    let now = bench.now();
    let result = bench.initiator.command(
        &mut bench.bus,
        now,
        0,
        &[IN, 0, 0, 0, 1, 0],
        &[],
        &mut bench.tracer,
    );
    assert_eq!(result, Err(Failure::Stuck(Phase::DataOut)));
}

proptest! {
    /// Whenever targets disconnect, and for how long, all data arrive in order; and a copy made at any moment goes on the same.
    #[test]
    fn clause_6_4_overlapped_commands_lose_nothing(
        plans in prop::collection::vec((0_usize..80, prop::collection::vec((0_usize..80, 1_u64..3000), 0..3)), 1..5),
        initiator in 5_u8..8,
        cut in 0_u64..20_000,
    ) {
        let mut bus = ScsiBus::new();
        for (id, (length, pauses)) in (0..).zip(&plans) {
            let mut device = Scripted::new(*length);
            device.disconnects = true;
            device.pauses = pauses.iter().map(|&(at, time)| (at, Ticks(time))).collect();
            bus.attach(id, device);
        }
        let cdb = &[IN, 0, 0, 0, 1, 0][..];
        let requests: Vec<_> = (0..plans.len() as u8).map(|id| Request { id, cdb, out: &[] }).collect();
        let mut habits = initiator::Initiator::new();
        habits.id = initiator;
        habits.identify = Some(IDENTIFY);
        habits.patience = Ticks::from_secs(1);
        // A host that stops looking in the middle leaves the targets to themselves.
        let mut left = bus.clone();
        let mut tracer = Tracer::new(0);
        let outcomes = habits.commands(&mut bus, Ticks(100), &requests, &mut tracer);
        for (outcome, (length, _)) in outcomes.into_iter().zip(&plans) {
            let outcome = outcome.unwrap();
            prop_assert!(outcome.good());
            let expected: Vec<u8> = (0..*length).map(|n| n as u8).collect();
            prop_assert_eq!(outcome.data, expected);
        }
        prop_assert_eq!(bus.lines(), Lines::RELEASED);
        habits.patience = Ticks(cut);
        let _ = habits.commands(&mut left, Ticks(100), &requests, &mut tracer);
        left.drive(left.now(), Lines::RELEASED, &mut tracer);
        let mut copy: ScsiBus<Scripted> =
            postcard::from_bytes(&postcard::to_stdvec(&left).unwrap()).unwrap();
        let later = left.now() + Ticks::from_millis(400);
        left.advance(later, &mut tracer);
        copy.advance(later, &mut tracer);
        prop_assert_eq!(postcard::to_stdvec(&left).unwrap(), postcard::to_stdvec(&copy).unwrap());
    }
}

#[test]
fn clause_5_7_4_a_target_waits_for_bus_free_before_it_arbitrates() {
    let mut bench = bench(4, 0);
    begin(&mut bench, 7);
    // Somebody else holds the bus when the target is ready.
    let now = bench.now();
    let (bus, tracer) = (&mut bench.bus, &mut bench.tracer);
    bus.drive(now, Lines::control(Signals::BSY), tracer);
    bus.advance(now + AWAY * 2, tracer);
    assert_eq!(bus.lines(), Lines::control(Signals::BSY));
    let free = now + AWAY * 3;
    bus.drive(free, Lines::RELEASED, tracer);
    assert_eq!(bus.next_event(), free + BUS_SETTLE + BUS_FREE);
    bus.advance(free + BUS_SETTLE + BUS_FREE, tracer);
    assert_eq!(bus.lines(), Lines::with_data(Signals::BSY, 1));
}

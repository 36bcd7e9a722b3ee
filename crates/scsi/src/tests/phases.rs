//! Selection, information transfer and reset.

use super::*;
use crate::initiator::Failure;
use crate::timing::{BUS_SETTLE, DESKEW, RESET_HOLD, SELECTION_ABORT, SELECTION_TIMEOUT};
use proptest::prelude::*;

#[test]
fn clause_6_1_3_a_target_answers_after_a_bus_settle_delay_and_in_time() {
    let mut bench = Bench::new(Scripted::new(4));
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench
        .bus
        .advance(selected + BUS_SETTLE - Ticks(1), &mut bench.tracer);
    assert!(!bench.bus.lines().has(Signals::BSY));
    bench.bus.advance(selected + BUS_SETTLE, &mut bench.tracer);
    assert!(bench.bus.lines().has(Signals::BSY));
    assert!(BUS_SETTLE < SELECTION_ABORT);
    bench.sleep(Ticks::from_millis(1));
    assert!(!bench.bus.lines().has(Signals::REQ), "SEL is still true");
}

#[test]
fn clause_6_1_3_no_answer_to_three_ids_or_bad_parity() {
    for lines in [
        Lines::with_data(Signals::SEL, 0x83),
        Lines {
            parity: false,
            ..Lines::with_data(Signals::SEL, 0x81)
        },
        Lines::with_data(Signals::SEL | Signals::IO, 0x81),
        Lines::with_data(Signals::SEL, 0x82),
    ] {
        let mut bench = Bench::new(Scripted::new(4));
        bench.bus.drive(Ticks(100), lines, &mut bench.tracer);
        bench.sleep(Ticks::from_millis(1));
        assert!(!bench.bus.lines().has(Signals::BSY), "{lines:?}");
    }
}

#[test]
fn clause_6_1_3_a_selection_that_does_not_last_is_not_answered() {
    let mut bench = Bench::new(Scripted::new(4));
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench
        .bus
        .drive(selected + Ticks(3), Lines::RELEASED, &mut bench.tracer);
    bench.sleep(Ticks::from_millis(1));
    assert_eq!(bench.bus.lines(), Lines::RELEASED);
}

#[test]
fn clause_6_1_3_2_selection_time_out() {
    let mut bench = Bench::new(Scripted::new(4));
    let result =
        bench
            .initiator
            .command(&mut bench.bus, Ticks(1), 4, &[0; 6], &[], &mut bench.tracer);
    assert_eq!(result, Err(Failure::SelectionTimeout));
    assert!(bench.now() >= SELECTION_TIMEOUT);
    assert_eq!(
        events(&mut bench),
        [ScsiEvent::Selection {
            id: 4,
            answered: false
        }]
    );
    assert_ne!(bench.bus.free_since(), Ticks::NEVER);
}

#[test]
fn clause_6_1_6_the_command_has_the_length_of_its_group() {
    for (operation, length) in [(0x01, 6), (0x25, 10), (0x41, 10), (0xA1, 12), (0xC1, 6)] {
        let mut bench = Bench::new(Scripted::new(0));
        let cdb: Vec<u8> = (0..12)
            .map(|n| if n == 0 { operation } else { n })
            .collect();
        assert!(bench.command(&cdb).good());
        assert_eq!(bench.device().cdb, cdb[..length]);
        assert_eq!(bench.device().initiator, 7);
    }
}

#[test]
fn clause_6_1_7_data_both_ways_with_status_and_command_complete() {
    let mut bench = Bench::new(Scripted::new(100));
    let data: Vec<u8> = (0..100).map(|n| n * 2).collect();
    let outcome = bench.command_out(&[OUT, 0, 0, 0, 1, 0], &data);
    assert_eq!(
        (outcome.status, outcome.message, outcome.taken),
        (0, 0, 100)
    );
    assert_eq!(bench.device().taken, data);
    let outcome = bench.command(&[IN, 0, 0, 0, 1, 0]);
    assert!(outcome.data.iter().copied().eq(0..100));
    let status = ScsiEvent::Status {
        id: 0,
        status: 0,
        sense: [0; 3],
        moved: 100,
    };
    assert_eq!(
        events(&mut bench)
            .iter()
            .filter(|&event| *event == status)
            .count(),
        2
    );
}

#[test]
fn clause_6_1_5_1_req_never_comes_sooner_than_the_byte_period() {
    let mut bench = Bench::new(Scripted::new(1000));
    bench.with_device(|device| device.period = Ticks(50));
    let slow = bench.command(&[IN, 0, 0, 0, 1, 0]).elapsed;
    bench.with_device(|device| device.period = Ticks(25));
    let fast = bench.command(&[IN, 0, 0, 0, 1, 0]).elapsed;
    // 1000 bytes of data and a few of command take half the time.
    assert!(
        slow.0 - fast.0 >= 25 * 999 && slow.0 - fast.0 <= 25 * 1020,
        "{slow:?} {fast:?}"
    );
}

#[test]
fn clause_6_1_10_phase_lines_settle_before_req() {
    let mut bench = Bench::new(Scripted::new(4));
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench
        .bus
        .drive(selected + Ticks(20), Lines::RELEASED, &mut bench.tracer);
    let at = bench.now();
    assert_eq!(bench.bus.lines().phase(), Phase::Command);
    assert_eq!(bench.bus.next_event(), at + BUS_SETTLE);
    bench.sleep(BUS_SETTLE);
    assert!(bench.bus.lines().has(Signals::REQ));
    assert_eq!(
        bench.bus.next_event(),
        Ticks::NEVER,
        "the target waits for ACK"
    );
}

#[test]
fn clause_6_1_5_1_req_stays_until_ack_and_ack_until_req() {
    let mut bench = Bench::new(Scripted::new(4));
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench
        .bus
        .drive(selected + Ticks(20), Lines::RELEASED, &mut bench.tracer);
    bench.sleep(Ticks::from_secs(1));
    assert!(bench.bus.lines().has(Signals::REQ));
    let now = bench.now();
    bench
        .bus
        .drive(now, Lines::with_data(Signals::ACK, IN), &mut bench.tracer);
    assert!(bench.bus.lines().has(Signals::REQ));
    bench.bus.advance(now + DESKEW, &mut bench.tracer);
    assert!(!bench.bus.lines().has(Signals::REQ));
    bench.sleep(Ticks::from_secs(1));
    assert!(!bench.bus.lines().has(Signals::REQ), "ACK is still true");
}

#[test]
fn clause_6_2_2_reset_frees_the_bus_from_any_phase() {
    let mut bench = Bench::new(Scripted::new(4));
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench
        .bus
        .drive(selected + Ticks(20), Lines::RELEASED, &mut bench.tracer);
    bench.sleep(Ticks(100));
    let now = bench.now();
    bench
        .bus
        .drive(now, Lines::control(Signals::RST), &mut bench.tracer);
    assert_eq!(bench.bus.lines(), Lines::control(Signals::RST));
    bench
        .bus
        .drive(now + RESET_HOLD, Lines::RELEASED, &mut bench.tracer);
    assert_eq!(bench.device().resets, [ResetCause::BusReset]);
    assert!(events(&mut bench).contains(&ScsiEvent::BusReset));
    assert!(bench.command(&[0x01, 0, 0, 0, 0, 0]).good());
}

#[test]
fn pauses_are_recorded_when_they_are_long_and_inside_a_data_phase() {
    let mut bench = Bench::new(Scripted::new(64));
    let long = Ticks::from_millis(3);
    bench.with_device(|device| device.pauses = vec![(0, long), (10, Ticks(50)), (40, long)]);
    bench.command_out(&[OUT, 0, 0, 0, 1, 0], &[0; 64]);
    let pauses: Vec<_> = events(&mut bench)
        .into_iter()
        .filter(|event| {
            matches!(
                event,
                ScsiEvent::ReqPaused { .. } | ScsiEvent::ReqResumed { .. }
            )
        })
        .collect();
    assert_eq!(
        pauses,
        [
            ScsiEvent::ReqPaused {
                id: 0,
                at_byte: 40,
                out: true
            },
            ScsiEvent::ReqResumed {
                id: 0,
                ticks: long.0
            }
        ]
    );
}

#[test]
fn mechanics_are_woken_in_time_with_the_bus_free() {
    let mut bench = Bench::new(Scripted::new(0));
    bench.bus.attach(5, Scripted::new(0));
    bench.with_device(|device| device.wake = Ticks(5000));
    bench.bus.with_device(5, |device| device.wake = Ticks(3000));
    assert_eq!(bench.bus.wake(), Ticks(3000));
    bench.sleep(Ticks(4000));
    assert_eq!(bench.bus.wake(), Ticks(5000));
    bench.sleep(Ticks(4000));
    assert_eq!(bench.device().woken, [Ticks(5000)]);
    assert_eq!(bench.bus.device(5).unwrap().woken, [Ticks(3000)]);
}

#[test]
fn one_target_of_several_answers() {
    let mut bench = Bench::new(Scripted::new(3));
    bench.bus.attach(2, Scripted::new(5));
    let now = bench.now();
    let outcome = bench.initiator.command(
        &mut bench.bus,
        now,
        2,
        &[IN, 0, 0, 0, 1, 0],
        &[],
        &mut bench.tracer,
    );
    assert_eq!(outcome.unwrap().data.len(), 5);
    assert_eq!(bench.command(&[IN, 0, 0, 0, 1, 0]).data.len(), 3);
    assert_eq!(
        bench.bus.devices().map(|(id, _)| id).collect::<Vec<_>>(),
        [0, 2]
    );
}

#[test]
fn a_snapshot_in_the_middle_of_a_handshake_goes_on_the_same() {
    let mut bench = Bench::new(Scripted::new(4));
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench
        .bus
        .drive(selected + Ticks(20), Lines::RELEASED, &mut bench.tracer);
    for byte in [IN, 0, 0, 0, 1] {
        assert!(send(&mut bench, Signals::empty(), byte));
    }
    let bytes = postcard::to_stdvec(&bench.bus).unwrap();
    let copy: ScsiBus<Scripted> = postcard::from_bytes(&bytes).unwrap();
    let mut other = Bench::new(Scripted::new(0));
    other.bus = copy;
    for bench in [&mut bench, &mut other] {
        assert!(send(bench, Signals::empty(), 0));
        assert_eq!(phase(bench), Some(Phase::DataIn));
    }
    assert_eq!(
        postcard::to_stdvec(&bench.bus).unwrap(),
        postcard::to_stdvec(&other.bus).unwrap()
    );
}

proptest! {
    /// However the device pauses, and however slow the initiator is, every byte arrives once and in order.
    #[test]
    fn clause_6_1_5_1_the_handshake_loses_nothing(
        length in 0_usize..600,
        pauses in prop::collection::vec((0_usize..600, 1_u64..100_000), 0..6),
        period in 1_u64..100,
        byte_time in 1_u64..200,
        out in any::<bool>(),
    ) {
        let mut device = Scripted::new(length);
        device.pauses = pauses.into_iter().map(|(at, ticks)| (at, Ticks(ticks))).collect();
        device.period = Ticks(period);
        let mut bench = Bench::new(device);
        bench.initiator.byte_time = Ticks(byte_time);
        let data: Vec<u8> = (0..length).map(|n| (n * 7) as u8).collect();
        if out {
            let outcome = bench.command_out(&[OUT, 0, 0, 0, 0, 0], &data);
            prop_assert_eq!(outcome.taken, length);
            prop_assert_eq!(&bench.device().taken, &data);
        } else {
            let expected: Vec<u8> = (0..length).map(|n| n as u8).collect();
            prop_assert_eq!(bench.command(&[IN, 0, 0, 0, 0, 0]).data, expected);
        }
        prop_assert_eq!(bench.bus.lines(), Lines::RELEASED);
    }

    /// Settling in many small steps gives the same as in one.
    #[test]
    fn settling_is_independent_of_how_often_it_is_asked_for(steps in prop::collection::vec(1_u64..40, 1..60)) {
        let start = |bench: &mut Bench<Scripted>| {
            let selected = connect(bench, Signals::empty(), 0x81);
            bench.bus.drive(selected + Ticks(20), Lines::RELEASED, &mut bench.tracer);
        };
        let mut once = Bench::new(Scripted::new(4));
        let mut often = Bench::new(Scripted::new(4));
        start(&mut once);
        start(&mut often);
        for &step in &steps {
            often.sleep(Ticks(step));
        }
        once.sleep(Ticks(steps.iter().sum()));
        prop_assert_eq!(postcard::to_stdvec(&once.bus).unwrap(), postcard::to_stdvec(&often.bus).unwrap());
    }
}

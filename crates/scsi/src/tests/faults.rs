//! Faults of the bus.

use super::*;
use crate::initiator::Failure;
use crate::timing::RESET_HOLD;

fn run(
    bench: &mut Bench<Scripted>,
    operation: u8,
    out: &[u8],
) -> Result<initiator::Outcome, Failure> {
    let now = bench.now();
    bench.initiator.command(
        &mut bench.bus,
        now,
        0,
        &[operation, 0, 0, 0, 1, 0],
        out,
        &mut bench.tracer,
    )
}

fn inject(bench: &mut Bench<Scripted>, fault: BusFault) {
    let now = bench.now();
    bench.bus.inject(now, 0, fault);
}

#[test]
fn a_parity_error_in_data_out_aborts_the_command_with_47() {
    for flip in [0x100, 0x001, 0x103] {
        let mut bench = Bench::new(Scripted::new(32));
        let fault = BusFault::Noise {
            out: true,
            after: 10,
            flip,
        };
        inject(&mut bench, fault);
        let outcome = run(&mut bench, OUT, &[7; 32]).unwrap();
        assert_eq!((outcome.status, outcome.taken), (2, 11), "{flip:03x}");
        assert_eq!(bench.device().taken, [7; 10], "the bad byte is not taken");
        assert_eq!(bench.device().errors, [BusError::Parity]);
        assert!(events(&mut bench).contains(&ScsiEvent::ParityError { id: 0 }));
        assert!(run(&mut bench, OUT, &[7; 32]).unwrap().good(), "once only");
    }
}

#[test]
fn a_parity_error_in_data_in_is_the_initiators_to_find() {
    let mut bench = Bench::new(Scripted::new(32));
    let fault = BusFault::Noise {
        out: false,
        after: 10,
        flip: 0x004,
    };
    inject(&mut bench, fault);
    let outcome = run(&mut bench, IN, &[]).unwrap();
    assert_eq!((outcome.status, outcome.data.len()), (2, 11));
    assert_eq!(bench.device().errors, [BusError::InitiatorDetected]);
    bench.initiator.checks_parity = false;
    inject(&mut bench, fault);
    let outcome = run(&mut bench, IN, &[]).unwrap();
    assert!(outcome.good());
    assert_eq!(outcome.data[9..12], [9, 10 ^ 4, 11]);
}

#[test]
fn noise_on_two_lines_goes_unnoticed() {
    let mut bench = Bench::new(Scripted::new(8));
    let fault = BusFault::Noise {
        out: true,
        after: 3,
        flip: 0x011,
    };
    inject(&mut bench, fault);
    assert!(run(&mut bench, OUT, &[0; 8]).unwrap().good());
    assert_eq!(bench.device().taken, [0, 0, 0, 0x11, 0, 0, 0, 0]);
}

#[test]
fn noise_counts_the_bytes_of_its_own_direction() {
    let mut bench = Bench::new(Scripted::new(8));
    let fault = BusFault::Noise {
        out: true,
        after: 12,
        flip: 0x100,
    };
    inject(&mut bench, fault);
    assert!(run(&mut bench, OUT, &[0; 8]).unwrap().good());
    assert!(run(&mut bench, IN, &[]).unwrap().good());
    assert_eq!(run(&mut bench, OUT, &[0; 8]).unwrap().taken, 5);
}

#[test]
fn clause_6_1_1_unexpected_bus_free_forgets_the_command() {
    for after in [0, 5, 8] {
        let mut bench = Bench::new(Scripted::new(8));
        inject(&mut bench, BusFault::BusFree { after });
        assert_eq!(run(&mut bench, IN, &[]), Err(Failure::UnexpectedBusFree));
        assert_eq!(bench.device().given, after as usize);
        assert_eq!(bench.device().aborts, 1);
        assert_eq!(bench.bus.lines(), Lines::RELEASED);
        assert!(run(&mut bench, IN, &[]).unwrap().good());
    }
}

#[test]
fn a_hanging_target_holds_the_bus_until_reset() {
    let mut bench = Bench::new(Scripted::new(8));
    bench.initiator.patience = Ticks::from_secs(2);
    inject(&mut bench, BusFault::Hang { after: 4 });
    assert_eq!(
        run(&mut bench, OUT, &[0; 8]),
        Err(Failure::Stuck(Phase::DataOut))
    );
    assert_eq!(bench.bus.lines().signals, Signals::BSY);
    assert_eq!(run(&mut bench, IN, &[]), Err(Failure::BusBusy));
    bench.reset();
    assert!(run(&mut bench, IN, &[]).unwrap().good());
}

#[test]
fn clause_6_2_2_another_device_resets_the_bus() {
    let mut bench = Bench::new(Scripted::new(8));
    let at = bench.now() + Ticks(5000);
    bench.bus.inject(at, 5, BusFault::Reset);
    assert_eq!(bench.bus.next_event(), at);
    bench.bus.advance(at, &mut bench.tracer);
    assert_eq!(bench.bus.lines(), Lines::control(Signals::RST));
    bench
        .bus
        .advance(at + RESET_HOLD - Ticks(1), &mut bench.tracer);
    assert!(bench.bus.lines().has(Signals::RST));
    bench.bus.advance(at + RESET_HOLD, &mut bench.tracer);
    assert_eq!(bench.bus.lines(), Lines::RELEASED);
    assert_eq!(bench.device().resets, [ResetCause::BusReset]);
    assert!(run(&mut bench, IN, &[]).unwrap().good());
}

#[test]
fn clause_6_2_2_reset_in_every_phase_frees_the_bus() {
    // A whole command takes some 1500 ticks; the reset comes at every one of them.
    for after in (0..1500).step_by(7) {
        let mut bench = Bench::new(Scripted::new(8));
        bench.initiator.patience = Ticks::from_millis(1);
        bench.initiator.identify = Some(IDENTIFY);
        bench.with_device(|device| {
            device.disconnects = true;
            device.pauses = vec![(4, Ticks(200))];
        });
        bench.bus.inject(Ticks(after), 3, BusFault::Reset);
        let _ = run(&mut bench, IN, &[]);
        let now = bench.now();
        bench.bus.drive(now, Lines::RELEASED, &mut bench.tracer);
        bench.sleep(Ticks::from_millis(1));
        assert_eq!(bench.bus.lines(), Lines::RELEASED, "{after}");
        assert_eq!(bench.device().resets, [ResetCause::BusReset], "{after}");
        assert!(run(&mut bench, IN, &[]).unwrap().good(), "{after}");
    }
}

#[test]
fn a_target_without_power_does_not_answer_and_comes_back_as_new() {
    let off = Ticks::from_secs(2);
    let mut bench = Bench::new(Scripted::new(8));
    bench.with_device(|device| device.wake = Ticks::from_secs(1));
    inject(&mut bench, BusFault::PowerCycle { off });
    assert_eq!(run(&mut bench, IN, &[]), Err(Failure::SelectionTimeout));
    assert_eq!(bench.bus.wake(), Ticks::NEVER, "nothing moves");
    bench.reset();
    bench.sleep(off);
    assert_eq!(
        bench.device().resets,
        [ResetCause::PowerOn, ResetCause::PowerOn]
    );
    assert!(run(&mut bench, IN, &[]).unwrap().good());
    assert!(events(&mut bench).contains(&ScsiEvent::TargetPower { id: 0, on: true }));
}

#[test]
fn a_fault_of_an_absent_target_is_nothing() {
    let mut bench = Bench::new(Scripted::new(8));
    let now = bench.now();
    bench.bus.inject(now, 4, BusFault::Hang { after: 0 });
    bench.bus.inject(now, 200, BusFault::BusFree { after: 0 });
    assert!(run(&mut bench, IN, &[]).unwrap().good());
}

#[test]
fn a_planned_fault_survives_a_snapshot() {
    let mut bench = Bench::new(Scripted::new(8));
    let later = bench.now() + Ticks(50);
    bench.bus.inject(later, 0, BusFault::BusFree { after: 3 });
    inject(
        &mut bench,
        BusFault::Noise {
            out: false,
            after: 1,
            flip: 6,
        },
    );
    let copy: ScsiBus<Scripted> =
        postcard::from_bytes(&postcard::to_stdvec(&bench.bus).unwrap()).unwrap();
    bench.bus = copy;
    assert_eq!(run(&mut bench, IN, &[]), Err(Failure::UnexpectedBusFree));
    assert_eq!(bench.device().given, 3);
}

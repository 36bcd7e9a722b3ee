//! Messages.

use super::*;

#[test]
fn clause_6_6_7_identify_names_the_logical_unit() {
    let mut bench = Bench::new(Scripted::new(4));
    bench.initiator.identify = Some(message::IDENTIFY | 3);
    assert_eq!(bench.command(&[IN, 0x20, 0, 0, 1, 0]).data.len(), 4);
    assert_eq!(bench.device().lun, 3);
    bench.initiator.identify = None;
    bench.command(&[IN, 0x20, 0, 0, 1, 0]);
    assert_eq!(
        bench.device().lun,
        1,
        "without IDENTIFY the command block names it"
    );
}

#[test]
fn clause_6_6_14_unknown_messages_are_rejected() {
    for message in [&[0x0B][..], &[0x23, 0], &[message::EXTENDED, 3, 1, 25, 8]] {
        let mut bench = Bench::new(Scripted::new(0));
        let selected = connect(&mut bench, Signals::ATN, 0x81);
        bench.bus.drive(
            selected + Ticks(20),
            Lines::control(Signals::ATN),
            &mut bench.tracer,
        );
        assert_eq!(phase(&mut bench), Some(Phase::MessageOut));
        for (n, &byte) in message.iter().enumerate() {
            let attention = if n + 1 < message.len() {
                Signals::ATN
            } else {
                Signals::empty()
            };
            assert!(send(&mut bench, attention, byte), "{message:?}");
        }
        assert_eq!(phase(&mut bench), Some(Phase::MessageIn), "{message:?}");
        assert_eq!(bench.bus.lines().data, message::MESSAGE_REJECT);
        assert!(send(&mut bench, Signals::empty(), 0));
        assert_eq!(phase(&mut bench), Some(Phase::Command), "and goes on");
    }
}

#[test]
fn clause_6_6_3_bus_device_reset_and_6_6_1_abort_free_the_bus() {
    for (message, resets) in [
        (message::BUS_DEVICE_RESET, vec![ResetCause::Message]),
        (message::ABORT, vec![]),
    ] {
        let mut bench = Bench::new(Scripted::new(0));
        let selected = connect(&mut bench, Signals::ATN, 0x81);
        bench.bus.drive(
            selected + Ticks(20),
            Lines::control(Signals::ATN),
            &mut bench.tracer,
        );
        assert!(send(&mut bench, Signals::empty(), message));
        assert_eq!(phase(&mut bench), None);
        assert_ne!(bench.bus.free_since(), Ticks::NEVER);
        assert_eq!(bench.device().resets, resets);
        assert!(bench.command(&[0x01, 0, 0, 0, 0, 0]).good());
    }
}

#[test]
fn clause_6_2_1_attention_during_a_wait_is_honoured() {
    let mut bench = Bench::new(Scripted::new(8));
    bench.with_device(|device| device.pauses = vec![(0, Ticks::from_secs(10))]);
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench.bus.drive(
        selected + Ticks(20),
        Lines::control(Signals::ATN),
        &mut bench.tracer,
    );
    // ATN came with SEL's end: a NO OPERATION first, then the command, then ATN again.
    assert!(send(&mut bench, Signals::empty(), message::NO_OPERATION));
    for byte in [IN, 0, 0, 0, 1] {
        assert!(send(&mut bench, Signals::empty(), byte));
    }
    assert!(send(&mut bench, Signals::ATN, 0));
    assert_eq!(phase(&mut bench), Some(Phase::MessageOut));
    assert!(send(&mut bench, Signals::empty(), message::ABORT));
    assert_eq!(phase(&mut bench), None);
}

#[test]
fn clause_6_6_13_message_parity_error_repeats_the_message() {
    let mut bench = Bench::new(Scripted::new(0));
    let selected = connect(&mut bench, Signals::empty(), 0x81);
    bench
        .bus
        .drive(selected + Ticks(20), Lines::RELEASED, &mut bench.tracer);
    for byte in [0x01, 0, 0, 0, 0, 0] {
        assert!(send(&mut bench, Signals::empty(), byte));
    }
    assert_eq!(phase(&mut bench), Some(Phase::Status));
    assert!(send(&mut bench, Signals::empty(), 0));
    assert_eq!(phase(&mut bench), Some(Phase::MessageIn));
    assert!(send(&mut bench, Signals::ATN, 0));
    assert_eq!(phase(&mut bench), Some(Phase::MessageOut));
    assert!(send(
        &mut bench,
        Signals::empty(),
        message::MESSAGE_PARITY_ERROR
    ));
    assert_eq!(phase(&mut bench), Some(Phase::MessageIn));
    assert_eq!(bench.bus.lines().data, message::COMMAND_COMPLETE);
    assert!(send(&mut bench, Signals::empty(), 0));
    assert_eq!(phase(&mut bench), None);
}

/// Selects target 0 with ATN, by hand, and sends `messages` in one MESSAGE OUT phase.
fn select_with(bench: &mut Bench<Scripted>, messages: &[u8]) {
    let selected = connect(bench, Signals::ATN, 0x81);
    let lines = Lines::control(Signals::ATN);
    bench
        .bus
        .drive(selected + Ticks(20), lines, &mut bench.tracer);
    give_all(bench, messages);
}

/// Sends `messages` with ATN true until the last.
fn give_all(bench: &mut Bench<Scripted>, messages: &[u8]) {
    for (n, &byte) in messages.iter().enumerate() {
        assert_eq!(phase(bench), Some(Phase::MessageOut), "{messages:02x?}");
        let attention = if n + 1 < messages.len() {
            Signals::ATN
        } else {
            Signals::empty()
        };
        assert!(send(bench, attention, byte));
    }
}

/// Takes a byte, with ATN asserted for what follows.
fn take(bench: &mut Bench<Scripted>, attention: Signals) -> u8 {
    bench.sleep(Ticks(200));
    let byte = bench.bus.lines().data;
    assert!(send(bench, attention, 0));
    byte
}

/// Sends the command descriptor block; `attention` with its last byte.
fn command(bench: &mut Bench<Scripted>, operation: u8, attention: Signals) {
    for byte in [operation, 0, 0, 0, 1] {
        assert!(send(bench, Signals::empty(), byte));
    }
    assert!(send(bench, attention, 0));
}

#[test]
fn clause_6_6_7_identify_with_target_routine_or_reserved_bits_is_rejected() {
    for bits in [0x20, 0x10, 0x08] {
        let mut bench = Bench::new(Scripted::new(0));
        select_with(&mut bench, &[message::IDENTIFY | bits]);
        assert_eq!(phase(&mut bench), Some(Phase::MessageIn));
        assert_eq!(take(&mut bench, Signals::empty()), message::MESSAGE_REJECT);
        assert_eq!(phase(&mut bench), Some(Phase::Command));
    }
}

#[test]
fn clause_6_6_7_identify_of_another_unit_in_the_same_connection_frees_the_bus() {
    let mut bench = Bench::new(Scripted::new(8));
    select_with(&mut bench, &[message::IDENTIFY]);
    command(&mut bench, IN, Signals::empty());
    take(&mut bench, Signals::ATN);
    give_all(&mut bench, &[message::IDENTIFY | 1]);
    assert_eq!(phase(&mut bench), None);
    assert_eq!(bench.device().aborts, 1);
    assert!(events(&mut bench).contains(&ScsiEvent::UnexpectedBusFree { id: 0 }));
}

#[test]
fn clause_6_6_10_initiator_detected_error_ends_the_command_with_48() {
    let mut bench = Bench::new(Scripted::new(8));
    select_with(&mut bench, &[message::IDENTIFY]);
    command(&mut bench, IN, Signals::empty());
    assert_eq!(phase(&mut bench), Some(Phase::DataIn));
    take(&mut bench, Signals::ATN);
    give_all(&mut bench, &[message::INITIATOR_DETECTED_ERROR]);
    assert_eq!(phase(&mut bench), Some(Phase::Status));
    assert_eq!(take(&mut bench, Signals::empty()), 2);
    assert_eq!(bench.device().errors, [BusError::InitiatorDetected]);
    assert_eq!(BusError::InitiatorDetected.sense(), [0x0B, 0x48, 0]);
}

#[test]
fn clause_6_6_10_a_damaged_status_byte_is_sent_again_after_restore_pointers() {
    let mut bench = Bench::new(Scripted::new(8));
    select_with(&mut bench, &[message::IDENTIFY]);
    command(&mut bench, 0x01, Signals::empty());
    assert_eq!(phase(&mut bench), Some(Phase::Status));
    take(&mut bench, Signals::ATN);
    give_all(&mut bench, &[message::INITIATOR_DETECTED_ERROR]);
    assert_eq!(phase(&mut bench), Some(Phase::MessageIn));
    assert_eq!(
        take(&mut bench, Signals::empty()),
        message::RESTORE_POINTERS
    );
    assert_eq!(phase(&mut bench), Some(Phase::Status));
    assert_eq!(take(&mut bench, Signals::empty()), 0);
    assert_eq!(
        take(&mut bench, Signals::empty()),
        message::COMMAND_COMPLETE
    );
    assert_eq!(phase(&mut bench), None);
}

#[test]
fn clause_6_1_9_2_a_message_with_wrong_parity_is_asked_for_again() {
    let mut bench = Bench::new(Scripted::new(8));
    let selected = connect(&mut bench, Signals::ATN, 0x81);
    let attention = Lines::control(Signals::ATN);
    bench
        .bus
        .drive(selected + Ticks(20), attention, &mut bench.tracer);
    assert_eq!(phase(&mut bench), Some(Phase::MessageOut));
    let now = bench.now();
    let byte = Lines::with_data(Signals::ACK, message::IDENTIFY | 2);
    let bad = Lines {
        parity: !byte.parity,
        ..byte
    };
    bench.bus.drive(now, bad, &mut bench.tracer);
    bench
        .bus
        .drive(now + Ticks(10), Lines::RELEASED, &mut bench.tracer);
    assert_eq!(phase(&mut bench), Some(Phase::MessageOut), "once more");
    assert!(send(&mut bench, Signals::empty(), message::IDENTIFY | 2));
    command(&mut bench, 0x01, Signals::empty());
    assert_eq!(phase(&mut bench), Some(Phase::Status));
    assert_eq!(bench.device().lun, 2);
    assert!(events(&mut bench).contains(&ScsiEvent::ParityError { id: 0 }));
}

#[test]
fn clause_6_1_6_a_command_with_wrong_parity_is_not_executed() {
    let mut bench = Bench::new(Scripted::new(8));
    select_with(&mut bench, &[message::IDENTIFY]);
    for n in 0..6 {
        assert_eq!(phase(&mut bench), Some(Phase::Command));
        let byte = Lines::with_data(Signals::ACK, OUT);
        let now = bench.now();
        let lines = Lines {
            parity: byte.parity ^ (n == 0),
            ..byte
        };
        bench.bus.drive(now, lines, &mut bench.tracer);
        bench
            .bus
            .drive(now + Ticks(10), Lines::RELEASED, &mut bench.tracer);
    }
    assert_eq!(phase(&mut bench), Some(Phase::Status));
    assert_eq!(take(&mut bench, Signals::empty()), 2);
    assert_eq!(bench.device().errors, [BusError::Parity]);
    assert_eq!(bench.device().cdb[0], 0x12, "the device got an INQUIRY");
    assert_eq!(BusError::Parity.sense(), [0x0B, 0x47, 0]);
}

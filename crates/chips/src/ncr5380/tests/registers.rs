//! The registers and what the chip drives (section 6).

use super::*;

#[test]
fn section_6_1_1_current_data_is_the_bus() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(write::OUTPUT_DATA, 0xA5);
    assert_eq!(host.read(read::CURRENT_DATA), 0);
    host.icr(InitiatorCommand::ASSERT_DATA);
    assert_eq!(host.read(read::CURRENT_DATA), 0xA5);
    assert!(
        host.status().contains(CurrentStatus::PARITY),
        "A5 has an even number of bits"
    );
}

#[test]
fn section_6_2_an_initiator_drives_data_only_in_the_expected_phase() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(write::OUTPUT_DATA, 0xA5);
    host.icr(InitiatorCommand::ASSERT_DATA);
    host.write(read::TARGET_COMMAND, 2);
    assert_eq!(host.read(read::CURRENT_DATA), 0);
    host.write(read::MODE, Mode::TARGET.bits());
    assert_eq!(host.read(read::CURRENT_DATA), 0xA5);
}

#[test]
fn section_6_2_test_mode_disables_the_outputs() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.icr(InitiatorCommand::ASSERT_ATN | InitiatorCommand::AIP_TEST);
    assert!(!host.bus_and_status().contains(BusAndStatus::ATN));
    host.icr(InitiatorCommand::ASSERT_ATN);
    assert!(host.bus_and_status().contains(BusAndStatus::ATN));
}

#[test]
fn peeking_changes_nothing() {
    let mut host = Host::new(Pauser::new(8, 4, Ticks::ZERO));
    host.command(READ);
    host.start_receive();
    host.wait(Ticks::from_micros(5));
    let _ = host.drq();
    let before = format!("{:?} {:?}", host.chip, host.bus);
    for register in 0..8 {
        host.chip.peek(register, &host.bus);
    }
    assert_eq!(before, format!("{:?} {:?}", host.chip, host.bus));
    assert_eq!(host.chip.peek(read::BUS_AND_STATUS, &host.bus) & 0x48, 0x48);
}

#[test]
fn section_6_2_reading_shows_arbitration_not_what_was_written() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(read::INITIATOR_COMMAND, 0x7F);
    assert_eq!(host.read(read::INITIATOR_COMMAND), 0x1F);
    host.write(read::INITIATOR_COMMAND, 0x20);
    assert_eq!(
        host.status(),
        CurrentStatus::empty(),
        "the 5380 has no differential pair"
    );
}

#[test]
fn section_6_2_and_6_3_the_role_decides_which_signals_are_driven() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(read::TARGET_COMMAND, 0x0F);
    host.icr(InitiatorCommand::ASSERT_ATN | InitiatorCommand::ASSERT_ACK);
    let both = BusAndStatus::ATN | BusAndStatus::ACK;
    assert_eq!(host.status(), CurrentStatus::empty());
    assert!(host.bus_and_status().contains(both));
    host.write(read::MODE, Mode::TARGET.bits());
    assert_eq!(
        host.status(),
        CurrentStatus::REQ | CurrentStatus::MSG | CurrentStatus::CD | CurrentStatus::IO
    );
    assert!(!host.bus_and_status().intersects(both));
}

#[test]
fn section_6_3_dma_mode_needs_bsy() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.write(read::MODE, 0xFE);
    assert_eq!(host.read(read::MODE), 0xFC);
    host.write(read::MODE, 0);
    host.read(read::RESET_INTERRUPT);
    host.command(READ);
    host.write(read::MODE, Mode::DMA.bits());
    assert_eq!(host.read(read::MODE), Mode::DMA.bits());
}

#[test]
fn section_6_4_bits_7_to_4_read_as_zero() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(read::TARGET_COMMAND, 0xFF);
    assert_eq!(host.read(read::TARGET_COMMAND), 0x0F);
}

#[test]
fn section_6_4_and_6_7_phase_match_compares_all_three_signals() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    assert!(host.select(3) && host.request());
    for phase in 0..8 {
        host.write(read::TARGET_COMMAND, phase);
        assert_eq!(
            host.bus_and_status().contains(BusAndStatus::PHASE_MATCH),
            phase == 2,
            "the target is in COMMAND"
        );
    }
}

#[test]
fn section_6_5_parity_is_odd_whatever_is_driven() {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.icr(InitiatorCommand::ASSERT_DATA);
    for (data, parity) in [
        (0x00, true),
        (0x01, false),
        (0x03, true),
        (0xFF, true),
        (0x7F, false),
    ] {
        host.write(write::OUTPUT_DATA, data);
        assert_eq!(host.status().contains(CurrentStatus::PARITY), parity);
    }
}

#[test]
fn section_9_the_reset_pin_clears_everything_and_interrupts_nobody() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.start_receive();
    host.blind_read(1);
    let now = host.now;
    host.chip.reset(now, &mut host.bus, &mut host.tracer);
    assert!(!host.chip.irq());
    for register in [
        read::INITIATOR_COMMAND,
        read::MODE,
        read::TARGET_COMMAND,
        read::INPUT_DATA,
    ] {
        assert_eq!(host.read(register), 0);
    }
    assert!(
        host.status().contains(CurrentStatus::BSY),
        "the target knows nothing of it"
    );
    assert_eq!(host.bus.device(3).unwrap().resets, []);
}

/// Programmed input and output (section 10.1): the bytes handshaken are the bytes moved, however many.
#[test]
fn section_10_1_programmed_transfers_move_exactly_the_bytes_handshaken() {
    for count in [0, 1, 5, 8] {
        let mut host = Host::new(Pauser::new(8, 99, Ticks::ZERO));
        host.command(WRITE);
        assert!(host.request());
        host.write(read::TARGET_COMMAND, 0);
        for n in 0..count {
            host.put(n);
        }
        host.wait(Ticks::from_millis(5));
        assert!((0..count).eq(host.taken().iter().copied()));
        // Reading the data bus takes nothing.
        let mut host = Host::new(Pauser::new(8, 99, Ticks::ZERO));
        host.command(READ);
        assert!(host.request());
        for n in 0..count {
            assert_eq!(host.read(read::CURRENT_DATA), n ^ 0x5A);
            assert_eq!(host.get(), n ^ 0x5A);
        }
        assert_eq!(host.bus.device(3).unwrap().given, usize::from(count));
    }
}

//! The interrupts of reset, parity, phase mismatch and loss of BSY (section 8).

use super::*;

#[test]
fn section_8_3_reset_clears_the_chip_and_every_target() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.start_receive();
    host.icr(InitiatorCommand::ASSERT_RST);
    assert!(host.chip.irq());
    assert_eq!(host.read(read::MODE), 0);
    assert_eq!(host.read(read::TARGET_COMMAND), 0);
    assert_eq!(host.read(read::INITIATOR_COMMAND), 0x80);
    assert_eq!(host.status(), CurrentStatus::RST);
    host.wait(timing::RESET_HOLD);
    host.icr(InitiatorCommand::empty());
    assert_eq!(host.status(), CurrentStatus::empty());
    assert_eq!(host.bus.device(3).unwrap().resets, [ResetCause::BusReset]);
    assert!(
        host.bus_and_status().contains(BusAndStatus::INTERRUPT),
        "latched until it is reset"
    );
}

#[test]
fn section_8_5_phase_mismatch_interrupts_when_req_becomes_true() {
    let mut host = Host::new(Pauser::new(16, 99, Ticks::ZERO));
    host.command(WRITE);
    host.start_send();
    host.polled_write(pattern(16));
    assert!(host.request());
    let status = host.bus_and_status();
    assert!(
        status.contains(BusAndStatus::INTERRUPT) && !status.contains(BusAndStatus::PHASE_MATCH)
    );
    assert!(
        status.contains(BusAndStatus::DMA_REQUEST),
        "6.7: a send has asked for one byte more, and a mismatch leaves DRQ"
    );
    assert_eq!(host.bus.lines().data, 0, "the chip is off the data bus");
    host.end_dma();
    assert!(!host.drq());
    assert_eq!(host.complete(), (0, 0));

    host.read(read::RESET_INTERRUPT);
    host.command(READ);
    host.start_receive();
    host.blind_read(16);
    assert!(host.request());
    let status = host.bus_and_status();
    assert!(status.contains(BusAndStatus::INTERRUPT));
    assert!(
        !status.contains(BusAndStatus::DMA_REQUEST),
        "a receive asks only when a byte has come"
    );
    host.end_dma();
    assert_eq!(host.complete(), (0, 0));
    assert!(
        !host
            .events()
            .iter()
            .any(|event| matches!(event, ScsiEvent::UnpairedDma { .. }))
    );
}

#[test]
fn section_8_6_loss_of_busy_is_an_error_only_while_monitored() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.write(read::MODE, (Mode::MONITOR_BUSY | Mode::DMA).bits());
    host.icr(InitiatorCommand::ASSERT_ATN);
    // The target leaves the bus when another device resets it; a detached one is as good.
    host.bus.detach(3);
    host.chip.write(
        host.now,
        read::MODE,
        (Mode::MONITOR_BUSY | Mode::DMA).bits(),
        &mut host.bus,
        &mut host.tracer,
    );
    host.wait(timing::BUS_SETTLE);
    let status = host.bus_and_status();
    assert!(status.contains(BusAndStatus::BUSY_ERROR | BusAndStatus::INTERRUPT));
    assert_eq!(
        host.read(read::INITIATOR_COMMAND),
        0,
        "6.2: all signals are removed"
    );
    assert_eq!(
        host.read(read::MODE),
        Mode::MONITOR_BUSY.bits(),
        "6.7: DMA MODE is reset"
    );
    host.write(read::MODE, 0);
    host.read(read::RESET_INTERRUPT);
    assert_eq!(
        host.bus_and_status() & (BusAndStatus::BUSY_ERROR | BusAndStatus::INTERRUPT),
        BusAndStatus::empty()
    );
}

#[test]
fn section_8_3_anothers_reset_clears_the_chip_and_interrupts() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.start_receive();
    host.write(read::MODE, (Mode::DMA | Mode::PARITY_CHECK).bits());
    let at = host.now + Ticks(500);
    host.bus.inject(at, 6, scsi::BusFault::Reset);
    host.wait(Ticks(490));
    assert!(!host.chip.irq());
    assert_eq!(host.chip.next_event(host.now, &host.bus), at);
    host.wait(Ticks(10));
    assert!(host.chip.irq());
    assert!(host.status().contains(CurrentStatus::RST));
    for register in [read::INITIATOR_COMMAND, read::MODE, read::TARGET_COMMAND] {
        assert_eq!(host.read(register), 0);
    }
    host.wait(timing::RESET_HOLD);
    assert_eq!(host.status(), CurrentStatus::empty());
    assert!(host.chip.irq(), "latched");
    host.read(read::RESET_INTERRUPT);
    assert!(!host.chip.irq());
}

#[test]
fn section_8_4_parity_is_checked_when_data_are_read_and_received() {
    for interrupt in [false, true] {
        let mode = if interrupt {
            Mode::PARITY_CHECK | Mode::PARITY_INTERRUPT
        } else {
            Mode::PARITY_CHECK
        };
        // Programmed: the check comes with the read of the data bus.
        let mut host = Host::new(Pauser::new(8, 99, Ticks::ZERO));
        let noise = scsi::BusFault::Noise {
            out: false,
            after: 2,
            flip: 0x100,
        };
        host.bus.inject(host.now, 3, noise);
        host.command(READ);
        assert!(host.request());
        host.write(read::MODE, mode.bits());
        for n in 0..4 {
            assert_eq!(host.get(), n ^ 0x5A);
            let status = host.bus_and_status();
            let bad = n >= 2;
            assert_eq!(status.contains(BusAndStatus::PARITY_ERROR), bad);
            assert_eq!(status.contains(BusAndStatus::INTERRUPT), bad && interrupt);
        }
        host.write(read::MODE, 0);
        assert!(
            host.bus_and_status().contains(BusAndStatus::PARITY_ERROR),
            "6.7: only Reset Parity/Interrupt clears the latch"
        );
        host.read(read::RESET_INTERRUPT);
        let latches = BusAndStatus::PARITY_ERROR | BusAndStatus::INTERRUPT;
        assert!(!host.bus_and_status().intersects(latches));

        // DMA: with the byte that is latched.
        let mut host = Host::new(Pauser::new(8, 99, Ticks::ZERO));
        host.bus.inject(host.now, 3, noise);
        host.command(READ);
        assert!(host.request());
        host.write(read::TARGET_COMMAND, 1);
        host.write(read::MODE, (mode | Mode::DMA).bits());
        host.write(write::START_INITIATOR_RECEIVE, 0);
        host.blind_read(1);
        assert!(!host.bus_and_status().contains(BusAndStatus::PARITY_ERROR));
        host.blind_read(1);
        host.wait(Ticks(100));
        assert!(host.bus_and_status().contains(BusAndStatus::PARITY_ERROR));
        assert_eq!(host.chip.irq(), interrupt);
    }
}

#[test]
fn section_8_4_parity_is_ignored_unless_checking_is_enabled() {
    let mut host = Host::new(Pauser::new(8, 99, Ticks::ZERO));
    host.bus.inject(
        host.now,
        3,
        scsi::BusFault::Noise {
            out: false,
            after: 0,
            flip: 0x001,
        },
    );
    host.command(READ);
    assert!(host.request());
    host.write(read::MODE, Mode::PARITY_INTERRUPT.bits());
    assert_eq!(host.get(), 0x5B, "the wrong byte is taken for good");
    assert_eq!(
        host.bus_and_status() & (BusAndStatus::PARITY_ERROR | BusAndStatus::INTERRUPT),
        BusAndStatus::empty()
    );
}

/// DMA MODE alone arms it, as SunOS uses it: a phase that never matches, and the next REQ interrupts. A REQ that is true already does not.
#[test]
fn section_8_5_the_mismatch_interrupt_needs_dma_mode_and_an_edge_of_req_but_no_transfer() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    assert!(host.request());
    host.write(read::TARGET_COMMAND, 4);
    host.write(read::MODE, Mode::DMA.bits());
    host.wait(Ticks::from_millis(1));
    assert!(!host.chip.irq(), "REQ was true before");
    host.get();
    assert!(host.request());
    assert!(host.chip.irq());
    host.write(read::MODE, 0);
    host.read(read::RESET_INTERRUPT);
    host.get();
    assert!(host.request());
    assert!(!host.chip.irq(), "without DMA MODE nothing");
}

/// The latch is set as long as BSY is false and monitored: resetting it does not help until MONITOR BUSY is cleared.
#[test]
fn section_6_7_the_busy_error_latch_fills_again() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.write(read::MODE, Mode::MONITOR_BUSY.bits());
    host.wait(timing::BUS_SETTLE);
    for _ in 0..2 {
        assert!(
            host.bus_and_status()
                .contains(BusAndStatus::BUSY_ERROR | BusAndStatus::INTERRUPT)
        );
        host.read(read::RESET_INTERRUPT);
        host.wait(timing::BUS_SETTLE);
    }
    host.write(read::MODE, 0);
    host.read(read::RESET_INTERRUPT);
    host.wait(Ticks::from_millis(1));
    assert!(!host.chip.irq());
}

/// An unexpected bus free by the target, noticed by the busy monitor in the middle of a transfer.
#[test]
fn section_8_6_an_unexpected_bus_free_interrupts_and_ends_the_transfer() {
    let mut host = Host::new(Pauser::new(64, 99, Ticks::ZERO));
    host.bus
        .inject(host.now, 3, scsi::BusFault::BusFree { after: 10 });
    host.command(READ);
    assert!(host.request());
    host.write(read::TARGET_COMMAND, 1);
    host.write(read::MODE, (Mode::DMA | Mode::MONITOR_BUSY).bits());
    host.write(write::START_INITIATOR_RECEIVE, 0);
    assert_eq!(host.blind_read(10).len(), 10);
    host.wait(Ticks::from_millis(1));
    assert!(host.chip.irq());
    let status = host.bus_and_status();
    assert!(status.contains(BusAndStatus::BUSY_ERROR));
    assert!(!status.contains(BusAndStatus::DMA_REQUEST));
    assert_eq!(host.read(read::MODE), Mode::MONITOR_BUSY.bits());
}

//! The chip as a target: DMA send and receive (sections 6.8.1 and 6.8.2), with another host as initiator.

use super::*;

const BSY: InitiatorCommand = InitiatorCommand::ASSERT_BSY;

/// A chip that holds the bus as a target in the phase `phase`.
fn target(phase: u8, mode: Mode) -> Host {
    let mut host = Host::new(Pauser::new(1, 9, Ticks::ZERO));
    host.write(read::MODE, (Mode::TARGET | mode).bits());
    host.write(read::TARGET_COMMAND, phase);
    host.icr(BSY | InitiatorCommand::ASSERT_DATA);
    host.write(read::MODE, (Mode::TARGET | Mode::DMA | mode).bits());
    host
}

fn acknowledge(host: &mut Host, lines: Lines) {
    let now = host.now;
    host.bus.drive_others(now, lines, &mut host.tracer);
    host.write(write::SELECT_ENABLE, 0);
    host.wait(Ticks(20));
}

#[test]
fn section_6_8_1_target_send_offers_each_byte_with_req() {
    let mut host = target(1, Mode::empty());
    host.write(write::START_SEND, 0);
    host.wait(Ticks(20));
    for byte in [0xC3, 0x01, 0xFE] {
        assert!(host.drq());
        assert!(!host.status().contains(CurrentStatus::REQ), "no byte yet");
        let now = host.now;
        host.chip
            .dma_write(now, byte, &mut host.bus, &mut host.tracer, 0);
        host.wait(Ticks(20));
        assert!(host.status().contains(CurrentStatus::REQ));
        assert_eq!(host.read(read::CURRENT_DATA), byte);
        acknowledge(&mut host, Lines::control(Signals::ACK));
        assert!(!host.status().contains(CurrentStatus::REQ));
        assert!(host.drq(), "for the next byte");
        acknowledge(&mut host, Lines::RELEASED);
    }
    assert!(!host.chip.irq(), "a target has no phase mismatch");
}

#[test]
fn section_6_8_1_req_waits_for_ack_to_become_false() {
    let mut host = target(1, Mode::empty());
    host.write(write::START_SEND, 0);
    host.wait(Ticks(20));
    acknowledge(&mut host, Lines::control(Signals::ACK));
    let now = host.now;
    host.chip
        .dma_write(now, 7, &mut host.bus, &mut host.tracer, 0);
    host.wait(Ticks(100));
    assert!(!host.status().contains(CurrentStatus::REQ));
    acknowledge(&mut host, Lines::RELEASED);
    assert!(host.status().contains(CurrentStatus::REQ));
}

#[test]
fn section_6_8_2_target_receive_latches_with_ack_and_asks_after_the_read() {
    let mut host = target(0, Mode::PARITY_CHECK);
    host.icr(BSY);
    host.write(write::START_TARGET_RECEIVE, 0);
    host.wait(Ticks(20));
    for byte in [0x11, 0x80, 0xFF] {
        assert!(host.status().contains(CurrentStatus::REQ));
        assert!(!host.drq());
        acknowledge(&mut host, Lines::with_data(Signals::ACK, byte));
        assert!(host.drq());
        assert!(!host.status().contains(CurrentStatus::REQ));
        acknowledge(&mut host, Lines::RELEASED);
        assert!(
            !host.status().contains(CurrentStatus::REQ),
            "the byte is not read yet"
        );
        let now = host.now;
        let read = host.chip.dma_read(now, &mut host.bus, &mut host.tracer, 0);
        assert_eq!(read, byte);
        host.wait(Ticks(20));
    }
    assert!(!host.bus_and_status().contains(BusAndStatus::PARITY_ERROR));
    let bad = Lines {
        parity: false,
        ..Lines::with_data(Signals::ACK, 3)
    };
    acknowledge(&mut host, bad);
    assert!(host.bus_and_status().contains(BusAndStatus::PARITY_ERROR));
}

#[test]
fn section_8_2_end_of_process_ends_a_target_receive() {
    let mut host = target(0, Mode::EOP_INTERRUPT);
    host.write(write::START_TARGET_RECEIVE, 0);
    host.wait(Ticks(20));
    acknowledge(&mut host, Lines::with_data(Signals::ACK, 9));
    let now = host.now;
    host.chip.dma_read(now, &mut host.bus, &mut host.tracer, 0);
    host.chip.end_of_process();
    acknowledge(&mut host, Lines::RELEASED);
    assert!(host.chip.irq());
    assert!(!host.status().contains(CurrentStatus::REQ));
}

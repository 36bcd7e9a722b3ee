//! DMA transfers of an initiator (sections 6.8 and 8.2).

use super::*;

#[test]
fn section_8_2_end_of_process_stops_asking() {
    let mut host = Host::new(Pauser::new(16, 99, Ticks::ZERO));
    host.command(WRITE);
    host.start_send();
    host.write(read::MODE, (Mode::DMA | Mode::EOP_INTERRUPT).bits());
    host.polled_write(pattern(8));
    host.chip.end_of_process();
    assert!(host.chip.irq());
    host.wait(Ticks::from_micros(50));
    assert!(!host.drq());
    assert_eq!(host.taken().len(), 8, "the last byte was still sent");
}

#[test]
fn section_6_8_a_whole_command_by_dma_both_ways() {
    let mut host = Host::new(Pauser::new(512, 9999, Ticks::ZERO));
    host.command(WRITE);
    host.start_send();
    host.blind_write(pattern(512));
    assert!(host.request());
    host.end_dma();
    assert_eq!(host.complete(), (0, 0));
    assert!(pattern(512).eq(host.taken().iter().copied()));
    host.command(READ);
    host.start_receive();
    let read: Vec<u8> = host.blind_read(512);
    host.end_dma();
    assert!((0..512).map(|n| n as u8 ^ 0x5A).eq(read));
    assert_eq!(host.complete(), (0, 0));
    let unpaired = |event: &ScsiEvent| matches!(event, ScsiEvent::UnpairedDma { .. });
    assert!(
        !host.events().iter().any(unpaired),
        "2 us a byte is slow enough for 1.5 Mbyte/s"
    );
}

#[test]
fn section_6_8_a_receive_acknowledges_one_byte_ahead() {
    let mut host = Host::new(Pauser::new(4, 9, Ticks::ZERO));
    host.command(READ);
    host.start_receive();
    assert_eq!(host.blind_read(2), [0x5A, 0x5B]);
    host.wait(Ticks::from_micros(10));
    assert!(
        host.bus_and_status()
            .contains(BusAndStatus::ACK | BusAndStatus::DMA_REQUEST)
    );
    host.end_dma();
    assert_eq!(
        host.read(read::INPUT_DATA),
        0x58,
        "latched, and gone from the bus"
    );
    assert_eq!(host.get(), 0x59);
}

#[test]
fn wait_drq_finds_the_time_at_which_a_waiting_cpu_goes_on() {
    let pause = Ticks::from_micros(100);
    let mut host = Host::new(Pauser::new(8, 4, pause));
    host.command(READ);
    host.start_receive();
    host.blind_read(4);
    let now = host.now;
    let soon = host.chip.wait_drq(
        now,
        now + Ticks::from_micros(16),
        &mut host.bus,
        &mut host.tracer,
    );
    assert_eq!(soon, None, "a Macintosh II would take a bus error here");
    let later = host.chip.wait_drq(
        now,
        now + Ticks::from_millis(265),
        &mut host.bus,
        &mut host.tracer,
    );
    assert!(
        later.is_some_and(
            |at| at.since(now) > pause && at.since(now) < pause + Ticks::from_micros(4)
        )
    );
}

#[test]
fn section_6_7_end_of_dma_stays_until_dma_mode_is_reset() {
    for enabled in [false, true] {
        let mut host = Host::new(Pauser::new(16, 99, Ticks::ZERO));
        host.command(READ);
        host.start_receive();
        let mode = if enabled {
            Mode::DMA | Mode::EOP_INTERRUPT
        } else {
            Mode::DMA
        };
        host.write(read::MODE, mode.bits());
        host.blind_read(3);
        host.chip.end_of_process();
        assert_eq!(
            host.chip.irq(),
            enabled,
            "8.2: the status bit needs no interrupt"
        );
        host.read(read::RESET_INTERRUPT);
        assert!(host.bus_and_status().contains(BusAndStatus::END_OF_DMA));
        assert_eq!(
            host.read(read::MODE),
            mode.bits(),
            "8.2: EOP leaves DMA MODE"
        );
        host.write(read::MODE, 0);
        assert!(!host.bus_and_status().contains(BusAndStatus::END_OF_DMA));
    }
}

#[test]
fn section_6_8_start_registers_need_dma_mode_and_their_role() {
    for (mode, register) in [
        (Mode::empty(), write::START_SEND),
        (Mode::empty(), write::START_INITIATOR_RECEIVE),
        (Mode::DMA, write::START_TARGET_RECEIVE),
        (Mode::DMA | Mode::TARGET, write::START_INITIATOR_RECEIVE),
    ] {
        let mut host = Host::new(Pauser::new(16, 99, Ticks::ZERO));
        host.command(READ);
        assert!(host.request());
        host.write(read::TARGET_COMMAND, 1);
        host.write(read::MODE, mode.bits());
        host.write(register, 0xFF);
        host.wait(Ticks::from_micros(50));
        assert!(!host.drq(), "{mode:?} {register}");
        assert_eq!(host.bus.device(3).unwrap().given, 0);
    }
}

/// A machine that wakes for DRQ finds it exactly at the times that the chip names.
#[test]
fn next_event_names_every_change_of_drq() {
    let run = |woken: bool| {
        let mut host = Host::new(Pauser::new(32, 8, Ticks::from_micros(30)));
        host.command(READ);
        host.start_receive();
        let (mut times, mut was) = (vec![], false);
        let end = host.now + Ticks::from_micros(100);
        while host.now < end {
            host.now = if woken {
                host.chip.next_event(host.now, &host.bus).min(end)
            } else {
                host.now + Ticks(1)
            };
            let now = host.now;
            let drq = host.chip.drq(now, &mut host.bus, &mut host.tracer);
            if drq && !was {
                times.push(now);
                host.chip.dma_read(now, &mut host.bus, &mut host.tracer, 0);
            }
            was = host.chip.drq(now, &mut host.bus, &mut host.tracer);
        }
        times
    };
    let times = run(true);
    assert_eq!(times, run(false));
    assert_eq!(times.len(), 32);
}

//! "The receiver interrupt", "External/status interrupts", RR2, RR3, WR9, resets.

use super::super::{Channel, Scc};
use super::bench::{B, Bench};
use crate::terminal::Terminal;
use clock::Ticks;
use localtalk::Signal;

fn write(scc: &mut Scc, now: u64, channel: Channel, register: u8, value: u8) {
    scc.write_control(
        Ticks(now),
        channel,
        register & 7 | if register > 7 { 8 } else { 0 },
    );
    scc.write_control(Ticks(now), channel, value);
}

fn read(scc: &Scc, now: u64, channel: Channel, register: u8) -> u8 {
    scc.peek_register(Ticks(now), channel, register)
}

/// Types at the rate of a generator with time constant 0 and a x16 clock; when the last stop bit is over.
fn type_in(scc: &mut Scc, now: u64, channel: Channel, bytes: &[u8]) -> Ticks {
    let mut terminal = Terminal::new(Ticks::PER_SECOND as u32 / 272);
    for &byte in bytes {
        for (at, level) in terminal.send(Ticks(now), byte) {
            scc.serial_in(at, channel, level);
        }
    }
    terminal.sent()
}

#[test]
fn registers_after_reset() {
    let scc = Scc::new();
    assert_eq!(read(&scc, 0, B, 0) & 0xC7, 0x44);
    assert_eq!(read(&scc, 0, B, 1), 0x07);
    assert_eq!(read(&scc, 0, Channel::A, 3), 0);
    assert_eq!(read(&scc, 0, B, 15), 0xF8);
    assert!(!scc.irq());
}

#[test]
fn one_pointer_serves_both_channels_and_returns_to_0() {
    let mut scc = Scc::new();
    scc.write_control(Ticks::ZERO, B, 2);
    scc.write_control(Ticks::ZERO, Channel::A, 0x55);
    assert_eq!(scc.written(B, 2), 0x55);
    scc.write_control(Ticks::ZERO, Channel::A, 2);
    assert_eq!(scc.peek_control(Ticks::ZERO, Channel::A), 0x55);
    assert_eq!(scc.read_control(Ticks::ZERO, Channel::A), 0x55);
    assert_eq!(scc.read_control(Ticks::ZERO, Channel::A) & 0x44, 0x44);
    // The images of the NMOS part.
    write(&mut scc, 0, B, 13, 0x12);
    assert_eq!(read(&scc, 0, B, 9), 0x12);
    assert_eq!(read(&scc, 0, B, 11), 0xF8);
}

#[test]
fn vector_and_priority() {
    let mut scc = Scc::new();
    write(&mut scc, 0, Channel::A, 2, 0xF1);
    write(&mut scc, 0, Channel::A, 9, 0x08);
    assert_eq!(
        read(&scc, 0, B, 2),
        0xF1 & 0xF1 | 0x06,
        "nothing pending: 011"
    );
    for channel in [B, Channel::A] {
        write(&mut scc, 0, channel, 4, 0x44);
        write(&mut scc, 0, channel, 15, 0x08);
        write(&mut scc, 0, channel, 1, 0x13);
        write(&mut scc, 0, channel, 3, 0xC1);
        write(&mut scc, 0, channel, 11, 0x50);
        write(&mut scc, 0, channel, 14, 0x01);
        write(&mut scc, 0, channel, 5, 0x68);
    }
    let mut expected_pending = 0;
    for (channel, base, shift) in [(B, 0x00, 0), (Channel::A, 0x08, 3)] {
        scc.set_dcd(Ticks(10), channel, true);
        expected_pending |= 1 << shift;
        assert_eq!(read(&scc, 10, B, 2) & 0x0E, base | 0x02, "external/status");
        // Two characters: the second empties the buffer.
        scc.write_data(Ticks(10), channel, 1);
        expected_pending |= 2 << shift;
        assert_eq!(read(&scc, 10, B, 2) & 0x0E, base, "transmit");
        type_in(&mut scc, 11, channel, &[7]);
        expected_pending |= 4 << shift;
        assert_eq!(read(&scc, 3_000, B, 2) & 0x0E, base | 0x04, "receive");
        assert_eq!(read(&scc, 3_000, Channel::A, 3), expected_pending);
    }
    let late = 6_000;
    scc.advance(Ticks(late), &mut trace::Tracer::default(), 0);
    assert_eq!(read(&scc, late, B, 3), 0, "RR3 exists in channel A only");
    assert_eq!(
        read(&scc, late, Channel::A, 2),
        0xF1,
        "channel A shows the vector as written"
    );
    // Status high: the same 110 (receive A) in bits 4, 5, 6 the other way round.
    write(&mut scc, late, Channel::A, 9, 0x18);
    assert_eq!(read(&scc, late, B, 2), 0x81 | 0x30);
    assert!(scc.irq());
    write(&mut scc, late, Channel::A, 9, 0x00);
    assert!(!scc.irq(), "master interrupt enable");
    assert_eq!(
        read(&scc, late, Channel::A, 3),
        0x3F,
        "the pending bits can still be polled"
    );
}

#[test]
fn overrun_gives_the_special_condition_vector() {
    let mut scc = Scc::new();
    write(&mut scc, 0, B, 4, 0x44);
    write(&mut scc, 0, B, 1, 0x10);
    write(&mut scc, 0, B, 3, 0xC1);
    write(&mut scc, 0, B, 11, 0x50);
    write(&mut scc, 0, B, 14, 0x01);
    let end = type_in(&mut scc, 1, B, &[1, 2, 3, 4]).0;
    assert_eq!(read(&scc, end, B, 2) & 0x0E, 0x04);
    let mut read_data = || scc.read_data(Ticks(end), B);
    assert_eq!([read_data(), read_data()], [1, 2]);
    assert_eq!(read(&scc, end, B, 2) & 0x0E, 0x06);
    assert_eq!(scc.read_data(Ticks(end), B), 4);
    assert_eq!(read(&scc, end, B, 1) & 0x20, 0x20);
}

#[test]
fn external_status_latches_until_reset() {
    let mut scc = Scc::new();
    write(&mut scc, 0, B, 1, 0x01);
    write(&mut scc, 0, B, 9, 0x08);
    scc.set_dcd(Ticks(1), B, true);
    assert!(scc.irq());
    scc.set_dcd(Ticks(2), B, false);
    assert_eq!(read(&scc, 2, B, 0) & 0x08, 0x08, "latched");
    scc.write_control(Ticks(3), B, 0x10);
    assert!(scc.irq(), "an odd number of transitions came meanwhile");
    assert_eq!(read(&scc, 3, B, 0) & 0x08, 0);
    scc.write_control(Ticks(4), B, 0x10);
    assert!(!scc.irq());
    scc.set_dcd(Ticks(5), B, true);
    scc.set_dcd(Ticks(6), B, false);
    scc.set_dcd(Ticks(7), B, true);
    scc.write_control(Ticks(8), B, 0x10);
    assert!(!scc.irq(), "an even number leaves the latches open");
    // A condition that is not enabled shows its state at once.
    write(&mut scc, 9, B, 15, 0x00);
    scc.set_cts(Ticks(9), B, true);
    assert_eq!(read(&scc, 9, B, 0) & 0x20, 0x20);
    assert!(!scc.irq());
}

#[test]
fn both_transitions_of_an_abort_interrupt() {
    let mut bench = Bench::new(1, &[99]);
    bench.set_up(0, 5);
    bench.listen(0);
    bench.write(0, 15, 0x88);
    bench.write(0, 1, 0x01);
    let now = bench.now;
    bench.chips[0].set_dcd(now, B, true);
    for (at, signal) in [
        (544, Signal::Carrier),
        (544, Signal::Abort),
        (1200, Signal::Flag),
        (2000, Signal::Idle),
    ] {
        bench.cable.post(1, now + Ticks(at), signal);
    }
    bench.wait_us(200);
    assert_eq!(bench.read(0, 0) & 0x80, 0, "latched before the abort");
    bench.write(0, 0, 0x10);
    assert!(bench.chips[0].irq());
    assert_eq!(bench.read(0, 0) & 0x80, 0x80);
    bench.write(0, 0, 0x10);
    assert!(bench.chips[0].irq());
    assert_eq!(bench.read(0, 0) & 0x80, 0);
    bench.write(0, 0, 0x10);
    assert!(!bench.chips[0].irq());
}

#[test]
fn interrupt_on_first_character_or_special_condition() {
    let mut bench = Bench::new(1, &[99]);
    bench.set_up(0, 5);
    bench.write(0, 1, 0x08);
    bench.listen(0);
    bench.inject(1, &[5, 99, 1, 1]);
    while !bench.chips[0].irq() {
        bench.wait_us(1);
    }
    assert_eq!(bench.read(0, 2) & 0x0E, 0x04);
    assert_eq!(bench.data(0), 5);
    assert!(!bench.chips[0].irq());
    for expected in [99, 1, 1] {
        assert!(bench.poll(0, 1, true, 60));
        assert_eq!(bench.data(0), expected);
        assert!(!bench.chips[0].irq(), "no more until the special condition");
    }
    bench.data(0);
    bench.wait_us(120);
    bench.data(0);
    assert!(bench.chips[0].irq());
    assert_eq!(bench.read(0, 2) & 0x0E, 0x06);
    // The character with the special condition is held until error reset.
    let last = bench.data(0);
    assert_eq!(bench.data(0), last);
    assert_eq!(bench.read(0, 0) & 1, 1);
    bench.write(0, 0, 0x30);
    assert_eq!(bench.read(0, 0) & 1, 0);
    assert!(!bench.chips[0].irq());
    bench.write(0, 0, 0x20);
    bench.inject(1, &[5, 99, 1, 1]);
    bench.wait_us(200);
    assert!(bench.chips[0].irq(), "armed again");
}

#[test]
fn channel_and_hardware_reset() {
    let mut scc = Scc::new();
    for channel in [Channel::A, B] {
        write(&mut scc, 0, channel, 15, 0x08);
        write(&mut scc, 0, channel, 12, 0x33);
    }
    write(&mut scc, 0, B, 9, 0x4A);
    assert_eq!(
        (read(&scc, 0, B, 12), read(&scc, 0, Channel::A, 12)),
        (0, 0x33)
    );
    assert_eq!(scc.written(B, 9), 0x0A);
    write(&mut scc, 0, B, 9, 0xC0);
    assert_eq!((read(&scc, 0, Channel::A, 12), scc.written(B, 9)), (0, 0));
}

#[test]
fn a_reset_switches_the_driver_off() {
    let mut bench = Bench::new(1, &[99]);
    bench.set_up(0, 5);
    bench.chips[0].write_control(Ticks(1_000_000), B, 5);
    bench.chips[0].write_control(Ticks(1_000_000), B, 0x63);
    bench.chips[0].reset();
    let signals: Vec<Signal> = bench.chips[0].line_out().map(|one| one.1).collect();
    assert_eq!(signals, [Signal::Carrier, Signal::Idle]);
    assert!(!bench.chips[0].driver_is_on());
}

#[test]
fn an_acknowledged_interrupt_masks_lower_ones_until_reset_highest_ius() {
    let mut scc = Scc::new();
    write(&mut scc, 0, B, 2, 0x40);
    write(&mut scc, 0, B, 9, 0x09);
    for channel in [Channel::A, B] {
        write(&mut scc, 0, channel, 15, 0x28);
        write(&mut scc, 0, channel, 1, 0x01);
    }
    assert_eq!(scc.acknowledge(Ticks(1)), None, "nothing is pending");
    scc.set_dcd(Ticks(2), B, true);
    assert!(scc.irq() && scc.enable_out());
    assert_eq!(
        scc.acknowledge(Ticks(3)),
        Some(0x42),
        "external/status of B"
    );
    assert!(!scc.irq() && !scc.enable_out());
    // A higher one interrupts the service.
    scc.set_dcd(Ticks(4), Channel::A, true);
    assert!(scc.irq());
    assert_eq!(scc.acknowledge(Ticks(5)), Some(0x4A));
    assert_eq!(read(&scc, 5, Channel::A, 3), 0x09, "the pending bits stay");
    write(&mut scc, 6, Channel::A, 0, 0x10);
    write(&mut scc, 6, B, 0, 0x10);
    scc.set_cts(Ticks(7), B, true);
    assert!(!scc.irq(), "both are under service");
    write(&mut scc, 8, Channel::A, 0, 0x38);
    assert!(!scc.irq(), "one still is");
    write(&mut scc, 9, Channel::A, 0, 0x38);
    assert!(scc.irq() && scc.enable_out());
}

#[test]
fn vector_options_and_the_chain_of_wr9() {
    // WR9, the acknowledged vector of a WR2 of 81: no status; status low; status high; no vector.
    for (wr9, vector) in [
        (0x08, Some(0x81)),
        (0x09, Some(0x83)),
        (0x19, Some(0xC1)),
        (0x0B, None),
    ] {
        let mut scc = Scc::new();
        write(&mut scc, 0, B, 2, 0x81);
        write(&mut scc, 0, B, 9, wr9);
        write(&mut scc, 0, B, 1, 0x01);
        scc.set_dcd(Ticks(1), B, true);
        assert_eq!(
            read(&scc, 1, B, 2),
            if wr9 & 0x10 == 0 { 0x83 } else { 0xC1 },
            "RR2 of channel B always has the status"
        );
        scc.set_enable_in(false);
        assert!(!scc.irq() && !scc.enable_out(), "somebody above is served");
        assert_eq!(scc.acknowledge(Ticks(2)), None);
        scc.set_enable_in(true);
        assert_eq!(scc.acknowledge(Ticks(2)), vector);
        assert!(!scc.irq(), "under service, vector or not");
    }
    let mut scc = Scc::new();
    write(&mut scc, 0, B, 9, 0x0C);
    assert!(!scc.enable_out(), "disable lower chain");
}

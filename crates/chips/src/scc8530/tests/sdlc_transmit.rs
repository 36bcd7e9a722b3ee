//! "SDLC Transmit", WR5, WR10, the transmit underrun/EOM latch.

use super::bench::{B, Bench};
use clock::Ticks;
use localtalk::Signal;
use trace::Tracer;

fn sending() -> Bench {
    let mut bench = Bench::new(1, &[99]);
    bench.set_up(0, 5);
    bench
}

/// What the chip put on the cable, with times from the first signal's.
fn line(bench: &mut Bench, us: u64) -> Vec<(u64, Signal)> {
    let mut out = Vec::new();
    let end = bench.now + Ticks::from_micros(us);
    while bench.chips[0].next_event() <= end {
        let at = bench.chips[0].next_event();
        bench.chips[0].advance(at, &mut Tracer::default(), 0);
        out.extend(bench.chips[0].line_out());
    }
    bench.chips[0].advance(end, &mut Tracer::default(), 0);
    out.extend(bench.chips[0].line_out());
    bench.now = end;
    let first = out.first().map_or(0, |one: &(Ticks, Signal)| one.0.0);
    out.into_iter()
        .map(|(at, signal)| (at.0 - first, signal))
        .collect()
}

fn control(bench: &mut Bench, register: u8, value: u8) {
    let now = bench.now;
    if register != 0 {
        bench.chips[0].write_control(now, B, register & 7 | if register > 7 { 8 } else { 0 });
    }
    bench.chips[0].write_control(now, B, value);
}

/// Sends `bytes` with the EOM latch reset, polling the buffer; the line's signals with times from the start.
fn send(bench: &mut Bench, bytes: &[u8], us: u64) -> Vec<(u64, Signal)> {
    control(bench, 5, 0x6B);
    control(bench, 0, 0x80);
    let start = bench.now;
    let mut out = Vec::new();
    let mut bytes = bytes.iter();
    while bench.now < start + Ticks::from_micros(us) {
        bench.now += Ticks(20);
        let now = bench.now;
        bench.chips[0].advance(now, &mut Tracer::default(), 0);
        out.extend(bench.chips[0].line_out());
        let ready = bench.chips[0].peek_register(now, B, 0) & 0x04 != 0;
        if ready && let Some(&byte) = bytes.next() {
            bench.chips[0].write_data(now, B, byte);
            bench.chips[0].write_control(now, B, 0xC0);
        }
    }
    out.into_iter()
        .map(|(at, signal)| ((at - start).0, signal))
        .collect()
}

#[test]
fn frame_of_an_enquiry() {
    let out = send(&mut sending(), &[0x2A, 0x2A, 0x81], 300);
    let signals: Vec<Signal> = out.iter().map(|one| one.1).collect();
    let bytes = [0x2A, 0x2A, 0x81, 0x4F, 0xFD].map(Signal::Byte);
    assert_eq!(signals[..2], [Signal::Carrier, Signal::Flag]);
    assert_eq!(signals[2..7], bytes);
    assert_eq!(signals[7], Signal::Flag);
}

#[test]
fn bytes_last_eight_bits_and_their_stuffed_zeros() {
    let out = send(&mut sending(), &[0xFF, 0x01, 0xFF, 0xFF], 600);
    let times: Vec<u64> = out.iter().skip(1).take(8).map(|one| one.0).collect();
    // Flag; FF: one zero; 01: 1 + 3 ones before make no five; FF: one; FF: 3 ones before, so two.
    let bits: Vec<u64> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) / 68)
        .collect();
    assert_eq!(times[0], 544);
    assert_eq!(bits[..4], [9, 8, 9, 10]);
    let fcs = localtalk::Fcs::over(&[0xFF, 0x01, 0xFF, 0xFF]).bytes();
    let sent: Vec<Signal> = out.iter().skip(2).take(7).map(|one| one.1).collect();
    let expected = [0xFF, 0x01, 0xFF, 0xFF, fcs[0], fcs[1]].map(Signal::Byte);
    assert_eq!(sent[..6], expected);
    assert_eq!(sent[6], Signal::Flag);
}

#[test]
fn underrun_with_the_latch_set_closes_without_crc() {
    let mut bench = sending();
    control(&mut bench, 5, 0x6B);
    let now = bench.now;
    bench.chips[0].write_data(now, B, 0x42);
    let signals: Vec<Signal> = line(&mut bench, 150).iter().map(|one| one.1).collect();
    assert_eq!(
        signals[1..4],
        [Signal::Flag, Signal::Byte(0x42), Signal::Flag]
    );
}

#[test]
fn underrun_with_abort_selected_sends_an_abort() {
    let mut bench = sending();
    control(&mut bench, 10, 0xE4);
    control(&mut bench, 5, 0x6B);
    let now = bench.now;
    bench.chips[0].write_data(now, B, 0x42);
    control(&mut bench, 0, 0xC0);
    assert_eq!(bench.chips[0].peek_register(now, B, 0) & 0x40, 0);
    let signals: Vec<Signal> = line(&mut bench, 150).iter().map(|one| one.1).collect();
    assert_eq!(
        signals[..4],
        [
            Signal::Carrier,
            Signal::Flag,
            Signal::Byte(0x42),
            Signal::Abort
        ]
    );
    assert_eq!(bench.read(0, 0) & 0x40, 0x40);
}

#[test]
fn send_abort_empties_the_buffer_and_sets_the_latch() {
    let mut bench = sending();
    control(&mut bench, 5, 0x6B);
    let now = bench.now;
    bench.chips[0].write_data(now, B, 0x42);
    control(&mut bench, 0, 0xC0);
    assert_eq!(bench.chips[0].peek_register(now, B, 0) & 0x44, 0);
    control(&mut bench, 0, 0x18);
    assert_eq!(bench.chips[0].peek_register(now, B, 0) & 0x44, 0x44);
    let signals: Vec<Signal> = line(&mut bench, 30).iter().map(|one| one.1).collect();
    assert_eq!(signals, [Signal::Carrier, Signal::Flag, Signal::Abort]);
}

#[test]
fn transmit_buffer_is_not_empty_while_the_crc_is_sent_and_the_interrupt_comes_with_the_closing_flag()
 {
    let mut bench = sending();
    control(&mut bench, 1, 0x02);
    control(&mut bench, 5, 0x6B);
    control(&mut bench, 0, 0x80);
    line(&mut bench, 10);
    let now = bench.now;
    bench.chips[0].write_data(now, B, 0x01);
    control(&mut bench, 0, 0xC0);
    assert!(
        !bench.chips[0].irq(),
        "only the change from full to empty interrupts"
    );
    line(&mut bench, 30);
    assert!(bench.chips[0].irq());
    control(&mut bench, 0, 0x28);
    assert!(!bench.chips[0].irq(), "reset transmit interrupt pending");
    line(&mut bench, 40);
    assert_eq!(bench.read(0, 0) & 0x44, 0x40, "the CRC is on its way");
    line(&mut bench, 80);
    assert_eq!(bench.read(0, 0) & 0x44, 0x44);
    assert!(bench.chips[0].irq());
}

#[test]
fn disabling_completes_the_flag_and_then_sends_ones() {
    let mut bench = sending();
    control(&mut bench, 5, 0x6B);
    line(&mut bench, 10);
    control(&mut bench, 5, 0x63);
    let signals = line(&mut bench, 100);
    assert_eq!(signals, [(0, Signal::Abort)]);
    control(&mut bench, 5, 0x61);
    assert_eq!(line(&mut bench, 100), [(0, Signal::Idle)]);
    assert_eq!(bench.chips[0].next_event(), Ticks::NEVER);
}

#[test]
fn toggling_the_driver_makes_a_pulse_without_an_abort() {
    let mut bench = sending();
    control(&mut bench, 5, 0x63);
    assert!(bench.chips[0].driver_is_on());
    bench.now += Ticks(102);
    control(&mut bench, 5, 0x61);
    assert_eq!(
        line(&mut bench, 100),
        [(0, Signal::Carrier), (102, Signal::Idle)]
    );
}

#[test]
fn with_mark_idle_no_opening_flag_is_sent() {
    let mut bench = sending();
    control(&mut bench, 10, 0xE8);
    control(&mut bench, 5, 0x6B);
    let now = bench.now;
    bench.chips[0].write_data(now, B, 0x42);
    let signals: Vec<Signal> = line(&mut bench, 80).iter().map(|one| one.1).collect();
    assert_eq!(
        signals[..3],
        [Signal::Carrier, Signal::Abort, Signal::Byte(0x42)]
    );
}

#[test]
fn flags_that_nobody_hears_cost_nothing() {
    let mut bench = sending();
    control(&mut bench, 5, 0x69);
    assert_eq!(line(&mut bench, 1), []);
    assert_eq!(bench.chips[0].next_event(), Ticks::NEVER);
    // And the flags keep their rhythm meanwhile.
    bench.now += Ticks::from_secs(10);
    let now = bench.now;
    bench.chips[0].write_data(now, B, 1);
    let next = bench.chips[0].next_event();
    assert!(next > now && next <= now + Ticks::BYTE);
}

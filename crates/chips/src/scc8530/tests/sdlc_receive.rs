//! "SDLC Receive", RR0, RR1, RR10.

use super::bench::{B, Bench};
use clock::Ticks;
use localtalk::{Signal, llap};

/// A chip that listens at address 5, and a cable with one silent station.
fn listening() -> Bench {
    let mut bench = Bench::new(1, &[99]);
    bench.set_up(0, 5);
    bench.listen(0);
    bench
}

#[test]
fn receives_an_intact_frame_with_its_fcs_bytes_in_the_data_stream() {
    let mut bench = listening();
    assert_eq!(bench.read(0, 0) & 0x10, 0x10, "hunt after enabling");
    bench.inject(1, &[5, 99, 1, 0xFF, 0xFF]);
    assert!(bench.poll(0, 0x01, true, 500));
    assert_eq!(bench.read(0, 0) & 0x10, 0, "a flag ended the hunt");
    let mut bytes = Vec::new();
    let status = loop {
        let status = bench.read(0, 1);
        bytes.push(bench.data(0));
        if status & 0x80 != 0 {
            break status;
        }
        assert!(bench.poll(0, 0x01, true, 59));
    };
    assert_eq!(
        status, 0x87,
        "end of frame, no CRC error, residue 011, all sent"
    );
    assert_eq!(bytes[..5], [5, 99, 1, 0xFF, 0xFF]);
    assert_eq!(bytes[5..], localtalk::Fcs::over(&bytes[..5]).bytes());
    bench.wait_us(100);
    assert_eq!(bench.read(0, 0) & 0x90, 0x90, "the abort behind the frame");
}

#[test]
fn first_byte_arrives_ten_bits_after_its_end_and_the_last_with_the_closing_flag() {
    let mut bench = listening();
    bench.wait(Ticks(5000));
    let start = bench.now;
    bench.inject(1, &[5, 99, 0x84]);
    let first = start + Ticks::BYTE * 3 + Ticks::BIT * 10;
    bench.wait(Ticks(2000));
    assert_eq!(bench.chips[0].peek_register(first - Ticks(1), B, 0) & 1, 0);
    assert_eq!(bench.chips[0].peek_register(first, B, 0) & 1, 1);
    let flag = start + llap::duration(&[5, 99, 0x84]) - Ticks::BIT * llap::ABORT_ONES;
    for _ in 0..4 {
        bench.receive_byte();
    }
    bench.wait(flag - bench.now - Ticks(1));
    assert_eq!(bench.chips[0].peek_register(flag - Ticks(1), B, 0) & 1, 0);
    assert_eq!(bench.chips[0].peek_register(flag, B, 0) & 1, 1);
    assert_eq!(bench.chips[0].peek_register(flag, B, 1) & 0xC0, 0x80);
}

impl Bench {
    fn receive_byte(&mut self) {
        assert!(self.poll(0, 0x01, true, 200));
        self.data(0);
    }
}

#[test]
fn crc_error_bit_at_the_end_of_a_damaged_frame() {
    let mut bench = listening();
    let (signals, _) = llap::signals(&[5, 99, 1, 7, 7], bench.now, false);
    for (at, signal) in signals {
        let signal = if signal == Signal::Byte(7) {
            Signal::Byte(6)
        } else {
            signal
        };
        bench.cable.post(1, at, signal);
    }
    let mut last = 0;
    while last & 0x80 == 0 {
        assert!(bench.poll(0, 0x01, true, 500));
        last = bench.read(0, 1);
        bench.data(0);
    }
    assert_eq!(last & 0xE0, 0xC0);
}

#[test]
fn address_search_takes_own_address_and_broadcast_only() {
    for (address, taken) in [(5, true), (0xFF, true), (4, false), (0x85, false)] {
        let mut bench = listening();
        bench.inject(1, &[address, 99, 1, 1]);
        assert_eq!(bench.receive_frame(0, 2000).is_some(), taken, "{address}");
    }
}

#[test]
fn address_range_compares_four_bits() {
    let mut bench = listening();
    bench.write(0, 6, 0x5A);
    bench.write(0, 3, 0xDF);
    bench.inject(1, &[0x51, 99, 1, 1]);
    assert!(bench.receive_frame(0, 2000).is_some());
}

#[test]
fn without_address_search_every_frame_is_taken() {
    let mut bench = listening();
    bench.write(0, 3, 0xD9);
    bench.inject(1, &[77, 99, 1, 1]);
    assert_eq!(bench.receive_frame(0, 2000), Some(vec![77, 99, 1, 1]));
}

#[test]
fn a_frame_for_another_node_needs_no_attention() {
    let mut bench = listening();
    bench.write(0, 1, 0x08);
    bench.inject(1, &[&[4, 99, 1], [0x55; 600].as_slice()].concat());
    let mut events = 0;
    for _ in 0..800 {
        bench.now += Ticks::BYTE;
        bench.cable.settle(bench.now, &mut bench.tracer);
        for (at, signal) in bench.cable.take(0, bench.now + Signal::NOTICE) {
            bench.chips[0].line_in(at, signal);
        }
        while bench.chips[0].next_event() <= bench.now {
            events += 1;
            let now = bench.now;
            bench.chips[0].advance(now, &mut bench.tracer, 0);
        }
    }
    assert!(events < 10, "{events}");
    assert_eq!(bench.chips[0].next_event(), Ticks::NEVER);
    assert!(!bench.chips[0].irq());
}

#[test]
fn overrun_when_a_fourth_byte_finds_the_fifo_full() {
    let mut bench = listening();
    let start = bench.now;
    bench.inject(1, &[5, 99, 1, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4]);
    // Three bytes fill the FIFO; 104 us after the first was there the fourth is written over the third.
    let first = start + Ticks::BYTE * 3 + Ticks::BIT * 10;
    let fourth = first + Ticks::BYTE * 3;
    assert!((fourth - first).as_micros() >= 104);
    bench.wait(fourth - bench.now);
    assert_eq!(bench.overruns(), 1);
    let read = |bench: &mut Bench| {
        let status = bench.chips[0].peek_register(bench.now, B, 1);
        let now = bench.now;
        (bench.chips[0].read_data(now, B), status & 0x20)
    };
    assert_eq!(read(&mut bench), (5, 0));
    assert_eq!(read(&mut bench), (99, 0));
    assert_eq!(read(&mut bench), (0xA0, 0x20), "the third byte is gone");
    // Latched until error reset.
    bench.wait_us(40);
    assert_eq!(read(&mut bench), (0xA1, 0x20));
    bench.write(0, 0, 0x30);
    bench.wait_us(40);
    assert_eq!(read(&mut bench), (0xA2, 0));
}

#[test]
fn one_overrun_is_reported_for_each_frame() {
    let mut bench = listening();
    bench.inject(1, &[5, 99, 1, 0, 0, 0, 0, 0, 0]);
    bench.wait_us(3000);
    assert_eq!(bench.overruns(), 1);
    bench.inject(1, &[5, 99, 1, 0, 0, 0, 0, 0, 0]);
    bench.wait_us(3000);
    assert_eq!(bench.overruns(), 2);
}

#[test]
fn an_abort_ends_the_frame_and_enters_hunt() {
    let mut bench = listening();
    let start = bench.now;
    let signals = [
        (544, Signal::Carrier),
        (544, Signal::Flag),
        (1088, Signal::Byte(5)),
        (1632, Signal::Byte(99)),
        (2176, Signal::Byte(1)),
        (2720, Signal::Abort),
        (3264, Signal::Idle),
    ];
    for (at, signal) in signals {
        bench.cable.post(1, start + Ticks(at), signal);
    }
    assert_eq!(bench.receive_frame(0, 500), None);
    bench.wait_us(200);
    assert_eq!(bench.read(0, 0) & 0x91, 0x90, "abort, hunt, no character");
    assert_eq!(bench.frames(), [(0, false)]);
}

#[test]
fn missing_clock_of_a_synchronisation_pulse() {
    let mut bench = listening();
    assert_eq!(bench.read(0, 10), 0);
    let start = bench.now;
    bench.cable.post(1, start + Ticks(544), Signal::Carrier);
    bench.cable.post(1, start + Ticks(646), Signal::Idle);
    bench.wait_us(60);
    assert_eq!(bench.read(0, 10), 0xC0);
    assert_eq!(bench.read(0, 0) & 0x10, 0x10, "no flag was seen");
    bench.write(0, 14, 0x41);
    assert_eq!(bench.read(0, 10), 0);
    bench.wait_us(600);
    assert_eq!(
        bench.read(0, 10),
        0,
        "a quiet line does not lose its clock again"
    );
}

#[test]
fn enter_hunt_and_disabling_drop_a_frame_under_way() {
    for wr3 in [0xDD, 0xCC] {
        let mut bench = listening();
        bench.inject(1, &[5, 99, 1, 2, 3, 4, 5]);
        bench.receive_byte();
        bench.write(0, 3, wr3);
        assert_eq!(bench.read(0, 0) & 0x10, 0x10);
        bench.wait_us(100);
        assert_eq!(bench.read(0, 0) & 0x01, 0);
    }
}

#[test]
fn a_receiver_without_its_clock_hears_nothing() {
    for (register, value) in [(14, 0x61), (11, 0x50), (10, 0x80), (3, 0x5D)] {
        let mut bench = listening();
        bench.write(0, register, value);
        bench.inject(1, &[5, 99, 1, 1]);
        assert_eq!(
            bench.receive_frame(0, 2000),
            None,
            "WR{register} = {value:02x}"
        );
    }
}

#[test]
fn local_loopback_brings_a_frame_back_at_any_rate_and_shuts_the_cable_out() {
    // LocalTalk's clocks; NRZ at 115.2 kbit/s from the generator.
    for (wr10, wr11, constant) in [(0xE0, 0x70, 6), (0x80, 0x50, 14)] {
        let mut bench = listening();
        for (register, value) in [(10, wr10), (11, wr11), (12, constant)] {
            bench.write(0, register, value);
        }
        bench.write(0, 14, 0x11);
        bench.write(0, 5, 0x69);
        bench.write(0, 0, 0x80);
        bench.inject(1, &[5, 77, 1]);
        let now = bench.now;
        bench.chips[0].write_data(now, B, 5);
        bench.write(0, 0, 0xC0);
        for byte in [99, 1, 0xFF] {
            assert!(bench.poll(0, 0x04, true, 300));
            let now = bench.now;
            bench.chips[0].write_data(now, B, byte);
        }
        let mut bytes = Vec::new();
        let status = loop {
            assert!(bench.poll(0, 0x01, true, 300), "{bytes:?}");
            let status = bench.read(0, 1);
            bytes.push(bench.data(0));
            if status & 0x80 != 0 {
                break status;
            }
        };
        assert_eq!((status & 0x60, &bytes[..4]), (0, &[5, 99, 1, 0xFF][..]));
        assert_eq!(
            bench.frames(),
            [(1, true)],
            "without RTS nothing is on the cable"
        );
    }
}

#[test]
fn disabling_the_dpll_or_nrzi_never_misses_a_clock() {
    for command in [0x61, 0xE1] {
        let mut bench = listening();
        bench.write(0, 14, command);
        let start = bench.now;
        bench.cable.post(1, start + Ticks(544), Signal::Carrier);
        bench.cable.post(1, start + Ticks(646), Signal::Idle);
        bench.wait_us(60);
        assert_eq!(bench.read(0, 10), 0);
    }
}

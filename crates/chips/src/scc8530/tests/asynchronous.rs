//! "Asynchronous Mode", the baud rate generator, local loopback and auto echo, the modem pins.

use super::super::{Channel, Scc};
use crate::terminal::Terminal;
use clock::Ticks;
use trace::Tracer;

const A: Channel = Channel::A;
/// 9600 baud: x16 clock, time constant 10. A bit is 1632 ticks.
const BIT: u64 = 1632;

fn write(scc: &mut Scc, now: u64, register: u8, value: u8) {
    let point = register & 7 | if register > 7 { 8 } else { 0 };
    if register != 0 {
        scc.write_control(Ticks(now), A, point);
    }
    scc.write_control(Ticks(now), A, value);
}

fn read(scc: &Scc, now: u64, register: u8) -> u8 {
    scc.peek_register(Ticks(now), A, register)
}

/// 9600 baud with these WR3, WR4 (without the clock factor) and WR5.
fn serial(wr3: u8, wr4: u8, wr5: u8) -> Scc {
    let mut scc = Scc::new();
    for (register, value) in [
        (4, 0x40 | wr4),
        (3, wr3),
        (5, wr5),
        (11, 0x50),
        (12, 10),
        (13, 0),
        (14, 0x01),
    ] {
        write(&mut scc, 0, register, value);
    }
    scc
}

/// 8 bits, no parity, one stop bit, both directions on.
fn plain() -> Scc {
    serial(0xC1, 0x04, 0x6A)
}

/// The edges of TxD up to `now`, in bits from time 0.
fn edges(scc: &mut Scc, now: u64) -> Vec<(u64, bool)> {
    scc.advance(Ticks(now), &mut Tracer::default(), 0);
    let edges = scc.serial_out(A);
    edges.map(|(at, level)| (at.0 / BIT, level)).collect()
}

/// Drives RxD from `start`: one level for each bit time, then mark.
fn drive(scc: &mut Scc, start: u64, bits: &str) {
    let mut level = '1';
    for (place, bit) in bits.chars().chain(['1']).enumerate() {
        if bit != level {
            level = bit;
            scc.serial_in(Ticks(start + place as u64 * BIT), A, bit == '1');
        }
    }
}

/// Data and RR1 bits 7-4 of the next character at `now`.
fn character(scc: &mut Scc, now: u64) -> Option<(u8, u8)> {
    (read(scc, now, 0) & 1 != 0).then(|| {
        let status = read(scc, now, 1) & 0xF0;
        (scc.read_data(Ticks(now), A), status)
    })
}

#[test]
fn characters_take_their_time_and_the_buffer_is_free_when_one_is_in_the_shift_register() {
    let mut scc = plain();
    write(&mut scc, 0, 1, 0x02);
    write(&mut scc, 0, 9, 0x08);
    scc.write_data(Ticks(0), A, b'A');
    assert!(scc.irq(), "the buffer became empty");
    scc.write_data(Ticks(10), A, b'B');
    assert!(!scc.irq());
    assert_eq!(read(&scc, BIT * 10 - 1, 0) & 0x04, 0);
    assert_eq!(read(&scc, BIT * 10, 0) & 0x04, 0x04);
    assert_eq!(read(&scc, BIT * 20 - 1, 1) & 1, 0, "all sent");
    assert_eq!(read(&scc, BIT * 20, 1) & 1, 1);
    // 41 is 0 10000010 1 on the wire.
    let sent = edges(&mut scc, BIT * 10 - 1);
    assert_eq!(
        sent,
        [
            (0, false),
            (1, true),
            (2, false),
            (7, true),
            (8, false),
            (9, true)
        ]
    );
}

#[test]
fn character_length_parity_and_stop_bits_of_the_transmitter() {
    // WR4, WR5, data; the bits on the wire with start and parity; length in half bits.
    let cases = [
        (0x04, 0x6A, 0x53, "0110010101", 20),
        (0x08, 0x6A, 0x53, "0110010101", 21),
        (0x0C, 0x6A, 0x53, "0110010101", 22),
        (0x07, 0x6A, 0x53, "01100101001", 22),
        (0x05, 0x6A, 0x53, "01100101011", 22),
        (0x04, 0x2A, 0x53, "011001011", 18),
        (0x05, 0x4A, 0x53, "011001001", 18),
        (0x04, 0x0A, 0x13, "0110011", 14),
        (0x04, 0x0A, 0x8A, "001011", 12),
        (0x04, 0x0A, 0xC5, "01011", 10),
        (0x04, 0x0A, 0xE2, "0011", 8),
        (0x04, 0x0A, 0xF1, "011", 6),
    ];
    for (wr4, wr5, data, wire, halves) in cases {
        let mut scc = serial(0xC1, wr4, wr5);
        scc.write_data(Ticks(0), A, data);
        let end = BIT * halves / 2;
        assert_eq!(
            read(&scc, end - 1, 1) & 1,
            0,
            "{wr4:02x} {wr5:02x} {data:02x}"
        );
        assert_eq!(read(&scc, end, 1) & 1, 1, "{wr4:02x} {wr5:02x} {data:02x}");
        let mut level = true;
        let mut levels = String::new();
        let edges = edges(&mut scc, end);
        for bit in 0..wire.len() as u64 {
            level = edges
                .iter()
                .find(|edge| edge.0 == bit)
                .map_or(level, |edge| edge.1);
            levels.push(if level { '1' } else { '0' });
        }
        assert_eq!(levels, wire, "{wr4:02x} {wr5:02x} {data:02x}");
    }
}

#[test]
fn received_characters_are_right_justified_with_ones_and_their_parity_bit() {
    // WR3, WR4, wire, data, RR1. Parity goes with the data unless they are eight.
    let cases = [
        (0xC1, 0x04, "0110010101", 0x53, 0x00),
        (0x41, 0x04, "011001011", 0xD3, 0x00),
        (0x81, 0x04, "01100101", 0xD3, 0x00),
        (0x01, 0x04, "0110011", 0xF3, 0x00),
        (0x41, 0x07, "0110010101", 0x53, 0x00),
        (0x41, 0x07, "0110010111", 0xD3, 0x10),
        (0x41, 0x05, "0110010111", 0xD3, 0x00),
        (0xC1, 0x07, "01100101001", 0x53, 0x00),
        (0xC1, 0x05, "01100101001", 0x53, 0x10),
    ];
    for (wr3, wr4, wire, data, status) in cases {
        let mut scc = serial(wr3, wr4, 0x6A);
        drive(&mut scc, 1000, wire);
        let got = character(&mut scc, 1000 + BIT * 12);
        assert_eq!(got, Some((data, status)), "{wr3:02x} {wr4:02x} {wire}");
    }
}

#[test]
fn a_character_is_complete_in_the_middle_of_its_first_stop_bit() {
    let mut scc = serial(0xC1, 0x0C, 0x6A);
    drive(&mut scc, 1000, "0100000001");
    let middle = 1000 + BIT * 19 / 2;
    assert_eq!(read(&scc, middle - 1, 0) & 1, 0);
    assert_eq!(read(&scc, middle, 0) & 1, 1);
}

#[test]
fn half_a_start_bit_is_none() {
    let mut scc = plain();
    scc.serial_in(Ticks(1000), A, false);
    scc.serial_in(Ticks(1000 + BIT / 2 - 10), A, true);
    assert_eq!(read(&scc, 50_000, 0) & 1, 0);
}

#[test]
fn framing_error_is_special_and_costs_half_a_bit() {
    let mut scc = plain();
    write(&mut scc, 0, 1, 0x10);
    drive(&mut scc, 1000, "0110010100");
    assert_eq!(read(&scc, 100_000, 0) & 0x81, 0x01, "no break");
    assert_eq!(
        scc.peek_register(Ticks(100_000), Channel::B, 2) & 0x0E,
        0x0E
    );
    assert_eq!(character(&mut scc, 100_000), Some((0x53, 0x40)));
    assert_eq!(
        character(&mut scc, 100_000),
        None,
        "the low stop bit was no start bit"
    );
}

#[test]
fn a_break_is_seen_at_both_ends_and_leaves_one_null_character() {
    let mut scc = plain();
    write(&mut scc, 0, 15, 0x80);
    write(&mut scc, 0, 1, 0x01);
    write(&mut scc, 0, 9, 0x08);
    scc.serial_in(Ticks(1000), A, false);
    scc.serial_in(Ticks(1000 + BIT * 50), A, true);
    let seen = 1000 + BIT * 19 / 2;
    assert_eq!(read(&scc, seen - 1, 0) & 0x80, 0);
    assert_eq!(read(&scc, seen, 0) & 0x80, 0x80);
    scc.advance(Ticks(seen), &mut Tracer::default(), 0);
    assert!(scc.irq());
    write(&mut scc, seen, 0, 0x10);
    assert!(!scc.irq());
    let over = 1000 + BIT * 50;
    scc.advance(Ticks(over), &mut Tracer::default(), 0);
    assert!(scc.irq());
    assert_eq!(read(&scc, over, 0) & 0x80, 0);
    assert_eq!(character(&mut scc, over), Some((0x00, 0x40)));
    assert_eq!(character(&mut scc, over), None);
}

#[test]
fn send_break_holds_the_line_whatever_is_sent() {
    let mut scc = plain();
    scc.write_data(Ticks(0), A, 0xFF);
    write(&mut scc, BIT * 3, 5, 0x7A);
    write(&mut scc, BIT * 30, 5, 0x6A);
    assert_eq!(
        edges(&mut scc, BIT * 40),
        [(0, false), (1, true), (3, false), (30, true)]
    );
}

#[test]
fn parity_error_is_latched_until_error_reset_and_special_if_wr1_says_so() {
    for special in [false, true] {
        let mut scc = serial(0xC1, 0x05, 0x6A);
        write(&mut scc, 0, 1, if special { 0x14 } else { 0x10 });
        drive(&mut scc, 1000, "01100101001");
        drive(&mut scc, 1000 + BIT * 20, "01100101011");
        let end = 1000 + BIT * 40;
        let vector = |scc: &Scc| scc.peek_register(Ticks(end), Channel::B, 2) & 0x0E;
        assert_eq!(vector(&scc), if special { 0x0E } else { 0x0C });
        assert_eq!(character(&mut scc, end), Some((0x53, 0x10)));
        assert_eq!(
            vector(&scc),
            if special { 0x0E } else { 0x0C },
            "the next one too"
        );
        assert_eq!(character(&mut scc, end), Some((0x53, 0x10)));
        write(&mut scc, end, 0, 0x30);
        assert_eq!(read(&scc, end, 1) & 0x10, 0);
    }
}

#[test]
fn another_rate_is_misread() {
    let mut scc = plain();
    let mut terminal = Terminal::new(4800);
    for (at, level) in terminal.send(Ticks(1000), b'U') {
        scc.serial_in(at, A, level);
    }
    let end = terminal.sent().0 + BIT * 10;
    assert_ne!(character(&mut scc, end), Some((b'U', 0)));
    let mut scc = plain();
    let mut terminal = Terminal::new(9600);
    for (at, level) in terminal.send(Ticks(1000), b'U') {
        scc.serial_in(at, A, level);
    }
    assert_eq!(character(&mut scc, end), Some((b'U', 0)));
}

#[test]
fn clock_factor_and_time_constant_make_the_rate() {
    // 1200 baud: 3.6864 MHz / 2 / (94 + 2) / 16; 300 baud with x64; 57.6 kbit/s with RTxC / 64, 230.4 with RTxC / 16.
    for (wr4, wr11, constant, bit) in [
        (0x44, 0x50, 94, 13_056),
        (0xC4, 0x50, 94, 52_224),
        (0xC4, 0x00, 0, 272),
        (0x44, 0x00, 0, 68),
        (0x84, 0x50, 10, 3264),
    ] {
        let mut scc = serial(0xC1, 0x04, 0x6A);
        for (register, value) in [(4, wr4), (11, wr11), (12, constant)] {
            write(&mut scc, 0, register, value);
        }
        // The generator has loaded the time constant by then.
        scc.write_data(Ticks(10_000), A, 0x00);
        scc.advance(Ticks(2_000_000), &mut Tracer::default(), 0);
        let times: Vec<u64> = scc.serial_out(A).map(|edge| edge.0.0).collect();
        assert_eq!(times, [10_000, 10_000 + 9 * bit], "{wr4:02x} {wr11:02x}");
    }
}

#[test]
fn without_a_clock_a_character_waits_for_one() {
    let mut scc = plain();
    write(&mut scc, 0, 11, 0x48);
    scc.write_data(Ticks(0), A, 0x55);
    assert_eq!(read(&scc, 1_000_000, 0) & 0x04, 0);
    write(&mut scc, 1_000_000, 11, 0x50);
    assert_eq!(read(&scc, 1_000_000, 0) & 0x04, 0x04);
}

#[test]
fn local_loopback_receives_what_is_sent_and_nothing_else() {
    let mut scc = plain();
    write(&mut scc, 0, 14, 0x11);
    write(&mut scc, 0, 3, 0xE1);
    drive(&mut scc, 500, "0110010101");
    scc.write_data(Ticks(1000), A, 0x5A);
    let end = 1000 + BIT * 20;
    assert_eq!(
        character(&mut scc, end),
        Some((0x5A, 0)),
        "CTS and DCD are no enables"
    );
    assert_eq!(character(&mut scc, end), None);
    assert_ne!(edges(&mut scc, end), [], "TxD has it too");
    // In local loopback a break comes back too.
    write(&mut scc, end, 5, 0x7A);
    assert_eq!(read(&scc, end + BIT * 12, 0) & 0x80, 0x80);
}

#[test]
fn auto_echo_sends_what_is_received_and_not_what_is_written() {
    let mut scc = plain();
    write(&mut scc, 0, 14, 0x09);
    scc.write_data(Ticks(0), A, 0x00);
    drive(&mut scc, BIT * 2, "0110010101");
    assert_eq!(
        edges(&mut scc, BIT * 20),
        [
            (2, false),
            (3, true),
            (5, false),
            (7, true),
            (8, false),
            (9, true),
            (10, false),
            (11, true)
        ]
    );
    assert_eq!(character(&mut scc, BIT * 20), Some((0x53, 0)));
}

#[test]
fn auto_enables_make_cts_and_dcd_enables_and_rts_wait_for_all_sent() {
    let mut scc = serial(0xE1, 0x04, 0x6A);
    scc.write_data(Ticks(0), A, 0x55);
    drive(&mut scc, 1000, "0110010101");
    assert_eq!(
        read(&scc, BIT * 20, 0) & 0x05,
        0,
        "neither sent nor received"
    );
    scc.set_dcd(Ticks(BIT * 20), A, true);
    scc.set_cts(Ticks(BIT * 20), A, true);
    assert_eq!(read(&scc, BIT * 20, 0) & 0x04, 0x04);
    drive(&mut scc, BIT * 21, "0110010101");
    write(&mut scc, BIT * 22, 5, 0x68);
    assert!(scc.rts(A));
    scc.advance(Ticks(BIT * 30 - 1), &mut Tracer::default(), 0);
    assert!(scc.rts(A));
    scc.advance(Ticks(BIT * 31), &mut Tracer::default(), 0);
    assert!(!scc.rts(A));
    assert_eq!(character(&mut scc, BIT * 32), Some((0x53, 0)));
}

#[test]
fn request_functions_of_both_pins() {
    let mut scc = plain();
    assert!(!scc.dtr(A) && !scc.wait_request(A));
    write(&mut scc, 0, 5, 0xEA);
    assert!(scc.dtr(A));
    write(&mut scc, 0, 5, 0x6A);
    write(&mut scc, 0, 14, 0x05);
    write(&mut scc, 0, 1, 0xC0);
    assert!(
        scc.dtr(A) && scc.wait_request(A),
        "the transmit buffer is empty"
    );
    scc.write_data(Ticks(0), A, 1);
    scc.write_data(Ticks(0), A, 2);
    assert!(!scc.dtr(A) && !scc.wait_request(A));
    write(&mut scc, 0, 1, 0xE0);
    drive(&mut scc, 0, "0110010101");
    scc.advance(Ticks(BIT * 10), &mut Tracer::default(), 0);
    assert!(scc.wait_request(A), "a character waits");
    scc.read_data(Ticks(BIT * 10), A);
    assert!(!scc.wait_request(A));
    write(&mut scc, BIT * 10, 1, 0xA0);
    assert!(
        !scc.wait_request(A),
        "as wait it is active in accesses only"
    );
}

#[test]
fn zero_count_interrupts_once_for_each_reset_of_the_latches() {
    let mut scc = plain();
    write(&mut scc, 0, 15, 0x02);
    write(&mut scc, 0, 1, 0x01);
    write(&mut scc, 0, 9, 0x08);
    // 12 clocks of 17/4 ticks.
    assert_eq!(scc.next_event(), Ticks(51));
    assert_eq!(read(&scc, 50, 0) & 0x02, 0);
    assert_eq!(read(&scc, 51, 0) & 0x02, 0x02);
    assert_eq!(read(&scc, 56, 0) & 0x02, 0, "not latched");
    scc.advance(Ticks(51), &mut Tracer::default(), 0);
    assert!(scc.irq());
    assert_eq!(scc.next_event(), Ticks::NEVER);
    write(&mut scc, 60, 0, 0x10);
    assert!(!scc.irq());
    assert_eq!(scc.next_event(), Ticks(102));
}

#[test]
fn sync_pin_shows_in_bit_4_of_rr0() {
    let mut scc = plain();
    assert_eq!(read(&scc, 0, 0) & 0x10, 0);
    write(&mut scc, 0, 15, 0x10);
    write(&mut scc, 0, 1, 0x01);
    write(&mut scc, 0, 9, 0x08);
    scc.set_sync(Ticks(1), A, true);
    assert_eq!(read(&scc, 1, 0) & 0x10, 0x10);
    assert!(scc.irq());
    // In SDLC it says whether the receiver hunts.
    scc.set_sync(Ticks(2), A, false);
    write(&mut scc, 2, 4, 0x20);
    assert_eq!(read(&scc, 2, 0) & 0x10, 0x10);
}

#[test]
fn with_load_inhibit_a_character_equal_to_wr6_is_dropped() {
    let mut scc = serial(0xC3, 0x04, 0x6A);
    write(&mut scc, 0, 6, 0x53);
    drive(&mut scc, 0, "0110010101");
    drive(&mut scc, BIT * 20, "0010010101");
    assert_eq!(character(&mut scc, BIT * 40), Some((0x52, 0)));
}

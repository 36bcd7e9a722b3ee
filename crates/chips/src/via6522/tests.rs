use super::*;

fn at(cycle: u64) -> Ticks {
    Ticks(cycle * 20)
}

fn start_t1(via: &mut Via6522, cycle: u64, count: u16) {
    via.write(at(cycle), Register::T1CounterLow, count as u8);
    via.write(at(cycle), Register::T1CounterHigh, (count >> 8) as u8);
}

fn start_t2(via: &mut Via6522, cycle: u64, count: u16) {
    via.write(at(cycle), Register::T2CounterLow, count as u8);
    via.write(at(cycle), Register::T2CounterHigh, (count >> 8) as u8);
}

#[test]
fn timer_1_one_shot_sets_its_flag_n_plus_one_and_a_half_cycles_after_the_write() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Ier, 0x80 | Irq::T1);
    start_t1(&mut via, 100, 1000);
    assert_eq!(via.next_event(), Ticks((100 + 1001) * 20 + 10));
    via.advance(Ticks((100 + 1001) * 20 + 9));
    assert!(!via.irq());
    via.advance(Ticks((100 + 1001) * 20 + 10));
    assert!(via.irq());
    assert_eq!(via.next_event(), Ticks::NEVER);
}

#[test]
fn timer_1_counter_shows_n_minus_k_after_k_cycles_and_is_reloaded_after_the_time_out() {
    let mut via = Via6522::new();
    start_t1(&mut via, 0, 0x0102);
    assert_eq!(via.read(at(2), Register::T1CounterHigh), 1);
    assert_eq!(via.peek(at(2), Register::T1CounterLow), 0);
    assert_eq!(via.read(at(3), Register::T1CounterLow), 0xFF);
    // The figure of the one-shot mode: .. 1, 0, FFFF, N, N-1 ..
    assert_eq!(via.read(at(0x102 + 1), Register::T1CounterHigh), 0xFF);
    assert_eq!(via.read(at(0x102 + 2), Register::T1CounterLow), 0x02);
    assert_eq!(via.read(at(0x102 + 2), Register::T1CounterHigh), 0x01);
    assert_eq!(via.read(at(0x102 + 3), Register::T1CounterLow), 0x01);
}

/// What a real VIC-20 shows of PB7, as published with VICE's test `via_pb7`: after ACR was set, after T1 was started, after ACR was set
/// again, after T1 has timed out. For ORB bit 7 = 0 and 1.
#[test]
fn timer_1_output_on_pb7_is_that_of_a_real_chip() {
    let table: [(u8, u8, [u8; 4], [u8; 4]); 4] = [
        (0x00, 0x00, [0, 0, 0, 0], [1, 1, 1, 1]),
        (0x00, 0x80, [0, 0, 1, 0], [1, 1, 1, 0]),
        (0x80, 0x00, [1, 0, 0, 0], [1, 0, 1, 1]),
        (0x80, 0x80, [1, 0, 0, 1], [1, 0, 0, 1]),
    ];
    for (first, second, low, high) in table {
        // Free run or one-shot made no difference.
        for free in [[0, 0], [0, 0x40], [0x40, 0], [0x40, 0x40]] {
            for (output, expected) in [(0x00, low), (0xFF, high)] {
                let mut via = Via6522::new();
                via.write(at(0), Register::Ddrb, 0xFF);
                via.write(at(1), Register::Orb, output);
                let mut seen = Vec::new();
                via.write(at(2), Register::Acr, first | free[0]);
                seen.push(via.read(at(3), Register::Orb) >> 7);
                via.write(at(4), Register::T1CounterLow, 0);
                via.write(at(5), Register::T1CounterHigh, 1);
                seen.push(via.read(at(6), Register::Orb) >> 7);
                via.write(at(7), Register::Acr, second | free[1]);
                seen.push(via.read(at(8), Register::Orb) >> 7);
                seen.push(via.read(at(5 + 300), Register::Orb) >> 7);
                assert_eq!(seen, expected, "ACR {first:02X} {second:02X} {free:?}");
            }
        }
    }
}

#[test]
fn timer_1_free_run_makes_a_square_wave_on_pb7() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::T1_FREE_RUN | Acr::T1_PB7);
    start_t1(&mut via, 0, 98);
    for half in 0..9_u64 {
        via.advance(at(half * 100 + 50));
        let level = via.port_b_out() >> 7;
        assert_eq!(u64::from(level), half % 2, "half period {half}");
    }
}

#[test]
fn timer_1_one_shot_interrupts_once_only() {
    let mut via = Via6522::new();
    start_t1(&mut via, 0, 10);
    assert_eq!(via.read(at(20), Register::Ifr) & Irq::T1, Irq::T1);
    via.read(at(21), Register::T1CounterLow);
    assert_eq!(via.read(at(200_000), Register::Ifr), 0);
}

#[test]
fn timer_1_free_run_times_out_every_n_plus_two_cycles() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::T1_FREE_RUN);
    via.write(at(0), Register::Ier, 0x80 | Irq::T1);
    start_t1(&mut via, 0, 98);
    for k in 0..50_u64 {
        let due = Ticks((k * 100 + 99) * 20 + 10);
        assert_eq!(via.next_event(), due);
        via.advance(due);
        assert!(via.irq());
        via.read(due + Ticks(10), Register::T1CounterLow);
    }
    // Long neglect loses no phase.
    assert_eq!(via.read(at(1_000_099), Register::Ifr), 0x80 | Irq::T1);
    assert_eq!(via.read(at(1_000_099), Register::T1CounterHigh), 0xFF);
    via.read(at(1_000_100), Register::T1CounterLow);
    assert_eq!(via.next_event(), Ticks(1_000_199 * 20 + 10));
}

#[test]
fn timer_1_latches_take_effect_at_the_next_reload() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::T1_FREE_RUN);
    via.write(at(0), Register::Ier, 0x80 | Irq::T1);
    start_t1(&mut via, 0, 98);
    via.write(at(10), Register::T1LatchLow, 198);
    assert_eq!(via.next_event(), Ticks(99 * 20 + 10));
    via.read(at(100), Register::T1CounterLow);
    assert_eq!(via.next_event(), Ticks((100 + 199) * 20 + 10));
}

#[test]
fn timer_1_on_pb7_goes_low_on_start_and_high_on_time_out() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::T1_PB7);
    assert_eq!(via.port_b_out() & 0x80, 0x80);
    start_t1(&mut via, 0, 10);
    assert_eq!(via.port_b_out() & 0x80, 0);
    via.advance(at(12));
    assert_eq!(via.port_b_out() & 0x80, 0x80);
}

#[test]
fn timer_2_is_a_one_shot_with_the_same_delay() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Ier, 0x80 | Irq::T2);
    start_t2(&mut via, 7, 0x1234);
    assert_eq!(via.next_event(), Ticks((7 + 0x1235) * 20 + 10));
    via.advance(via.next_event());
    assert!(via.irq());
    assert_eq!(via.read(at(7 + 0x1236), Register::T2CounterLow), 0xFE);
    assert!(!via.irq());
    assert_eq!(via.read(at(1_000_000), Register::Ifr), 0);
}

#[test]
fn timer_2_counts_negative_pulses_on_pb6() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::T2_COUNTS_PB6);
    start_t2(&mut via, 0, 3);
    for k in 1..=3 {
        assert_eq!(via.read(at(k * 10), Register::Ifr) & Irq::T2, 0);
        via.pb6_pulse(at(k * 10));
    }
    assert_eq!(via.read(at(40), Register::Ifr) & Irq::T2, Irq::T2);
}

#[test]
fn interrupt_flags_clear_by_writing_ones_and_bit_7_follows_irq() {
    let mut via = Via6522::new();
    via.set_ca1(at(1), false);
    via.set_cb1(at(1), false);
    assert_eq!(via.read(at(2), Register::Ifr), Irq::CA1 | Irq::CB1);
    via.write(at(2), Register::Ier, 0x80 | Irq::CA1);
    assert_eq!(via.read(at(2), Register::Ifr), 0x80 | Irq::CA1 | Irq::CB1);
    via.write(at(3), Register::Ifr, Irq::CA1);
    assert_eq!(via.read(at(3), Register::Ifr), Irq::CB1);
}

#[test]
fn interrupt_enable_sets_with_bit_7_clears_without_and_reads_with_bit_7() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Ier, 0x80 | 0x53);
    assert_eq!(via.read(at(0), Register::Ier), 0x80 | 0x53);
    via.write(at(0), Register::Ier, 0x50);
    assert_eq!(via.read(at(0), Register::Ier), 0x83);
}

#[test]
fn control_lines_obey_the_edges_of_the_pcr() {
    let mut via = Via6522::new();
    via.set_ca1(at(1), false);
    via.set_ca2(at(1), false);
    assert_eq!(via.read(at(1), Register::Ifr), Irq::CA1 | Irq::CA2);
    via.write(at(2), Register::Ifr, 0x7F);
    via.set_ca1(at(3), true);
    assert_eq!(via.read(at(3), Register::Ifr), 0);
    via.write(at(4), Register::Pcr, 0b0001_0101);
    via.set_ca2(at(5), true);
    via.set_cb1(at(5), false);
    assert_eq!(via.read(at(5), Register::Ifr), Irq::CA2);
    via.set_cb1(at(6), true);
    assert_eq!(via.read(at(6), Register::Ifr), Irq::CA2 | Irq::CB1);
}

#[test]
fn access_to_a_port_clears_its_flags_except_independent_inputs_and_register_15() {
    let mut via = Via6522::new();
    via.set_ca1(at(1), false);
    via.set_ca2(at(1), false);
    via.read(at(1), Register::OraNoHandshake);
    assert_eq!(via.read(at(1), Register::Ifr), Irq::CA1 | Irq::CA2);
    via.write(at(2), Register::Pcr, 0b0000_0010);
    via.read(at(2), Register::Ora);
    assert_eq!(via.read(at(2), Register::Ifr), Irq::CA2);
    via.write(at(2), Register::Pcr, 0);
    via.write(at(2), Register::Ora, 0);
    assert_eq!(via.read(at(2), Register::Ifr), 0);
}

#[test]
fn ports_drive_only_outputs_and_port_b_reads_its_output_register() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Ddra, 0x0F);
    via.write(at(0), Register::Ora, 0x05);
    via.a.set_input(0xFF, 0xA0);
    assert_eq!(via.read(at(0), Register::Ora), 0xA5);
    assert_eq!(via.port_a_out(), 0xF5);
    via.write(at(0), Register::Ddrb, 0xF0);
    via.write(at(0), Register::Orb, 0x3C);
    via.b.set_input(0xFF, 0xFE);
    assert_eq!(via.read(at(0), Register::Orb), 0x3E);
}

#[test]
fn input_latching_holds_the_pins_of_the_active_transition() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::LATCH_A);
    via.a.set_input(0xFF, 0x12);
    via.set_ca1(at(1), false);
    via.a.set_input(0xFF, 0x34);
    assert_eq!(via.read(at(2), Register::Ora), 0x12);
    assert_eq!(via.read(at(2), Register::Ora), 0x34);
}

#[test]
fn ca2_handshake_output_falls_on_access_and_rises_on_ca1() {
    let mut via = Via6522::new();
    assert_eq!(via.ca2_out(), None);
    via.write(at(0), Register::Pcr, 0b0000_1000);
    assert_eq!(via.ca2_out(), Some(true));
    via.read(at(0), Register::Ora);
    assert_eq!(via.ca2_out(), Some(false));
    via.set_ca1(at(1), false);
    assert_eq!(via.ca2_out(), Some(true));
    via.write(at(2), Register::Pcr, 0b1100_1110);
    assert_eq!((via.ca2_out(), via.cb2_out()), (Some(true), Some(false)));
}

#[test]
fn shift_in_under_external_clock_takes_cb2_on_rising_cb1_and_flags_the_eighth() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::SHIFT_IN_EXTERNAL);
    via.read(at(0), Register::Sr);
    for (k, bit) in [1, 0, 1, 1, 0, 0, 1, 0].into_iter().enumerate() {
        assert_eq!(via.read(at(1), Register::Ifr) & Irq::SR, 0, "pulse {k}");
        via.set_cb1(at(2), false);
        via.set_cb2(at(2), bit == 1);
        via.set_cb1(at(3), true);
    }
    assert_eq!(
        via.read(at(4), Register::Ifr) & (Irq::SR | Irq::CB2),
        Irq::SR
    );
    assert_eq!(via.read(at(4), Register::Sr), 0b1011_0010);
    assert_eq!(via.read(at(4), Register::Ifr) & Irq::SR, 0);
}

#[test]
fn shift_out_under_external_clock_gives_bit_7_first_and_circulates() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::SHIFT_OUT_EXTERNAL);
    via.write(at(0), Register::Sr, 0x16);
    let mut seen = 0_u8;
    for _ in 0..8 {
        via.set_cb1(at(1), false);
        seen = seen << 1 | u8::from(via.cb2_out() == Some(true));
        via.set_cb1(at(2), true);
    }
    assert_eq!(seen, 0x16);
    assert_eq!(via.read(at(3), Register::Ifr) & Irq::SR, Irq::SR);
    assert_eq!(via.read(at(3), Register::Sr), 0x16);
    via.write(at(4), Register::Acr, 0);
    assert_eq!(via.cb2_out(), None);
}

#[test]
fn reset_clears_the_registers_but_not_timers_and_shift_register() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Ddra, 0xFF);
    via.write(at(0), Register::Ora, 0x55);
    via.write(at(0), Register::Ier, 0xFF);
    via.write(at(0), Register::Sr, 0x77);
    start_t1(&mut via, 0, 0x5000);
    via.reset(at(1));
    assert_eq!(via.port_a_out(), 0xFF);
    assert_eq!(via.peek(at(1), Register::Ier), 0x80);
    assert_eq!(via.peek(at(1), Register::Sr), 0x77);
    assert_eq!(via.peek(at(1), Register::T1CounterHigh), 0x4F);
    assert_eq!(via.next_event(), Ticks::NEVER);
}

#[test]
fn ca2_pulse_output_is_low_for_one_cycle_after_a_read_or_write_of_port_a() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Pcr, 0b0000_1010);
    assert_eq!(via.ca2_out(), Some(true));
    via.read(at(1), Register::Ora);
    assert_eq!(via.ca2_out(), Some(false));
    // CA1 does not end a pulse.
    via.set_ca1(Ticks(30), false);
    assert_eq!(via.ca2_out(), Some(false));
    via.advance(at(2));
    assert_eq!(via.ca2_out(), Some(true));
    via.write(at(3), Register::Ora, 0);
    assert_eq!(via.ca2_out(), Some(false));
    via.write(at(4), Register::OraNoHandshake, 0);
    assert_eq!(via.ca2_out(), Some(true));
}

#[test]
fn cb2_handshake_and_pulse_follow_a_write_of_port_b_only() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Pcr, 0b1000_0000);
    via.read(at(1), Register::Orb);
    assert_eq!(via.cb2_out(), Some(true));
    via.write(at(2), Register::Orb, 0);
    assert_eq!(via.cb2_out(), Some(false));
    via.set_cb1(at(3), false);
    assert_eq!(via.cb2_out(), Some(true));
    via.write(at(4), Register::Pcr, 0b1010_0000);
    via.write(at(5), Register::Orb, 0);
    assert_eq!(via.cb2_out(), Some(false));
    via.advance(at(6));
    assert_eq!(via.cb2_out(), Some(true));
}

#[test]
fn port_b_input_latching_holds_the_pins_of_the_active_transition_of_cb1() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, Acr::LATCH_B);
    via.write(at(0), Register::Ddrb, 0x0F);
    via.write(at(0), Register::Orb, 0x05);
    via.b.set_input(0xFF, 0x10);
    via.set_cb1(at(1), false);
    via.b.set_input(0xFF, 0x20);
    via.write(at(2), Register::Ddrb, 0x0F);
    assert_eq!(via.read(at(2), Register::Orb), 0x15);
    assert_eq!(via.read(at(3), Register::Orb), 0x25);
}

#[test]
fn ifr_bits_of_ports_latch_only_new_transitions() {
    let mut via = Via6522::new();
    via.set_ca1(at(1), false);
    via.write(at(2), Register::Ifr, Irq::CA1);
    via.set_ca1(at(3), false);
    assert_eq!(via.read(at(3), Register::Ifr), 0);
    // Writing bit 7 of IFR clears nothing by itself.
    via.set_ca1(at(4), true);
    via.set_ca1(at(5), false);
    via.write(at(6), Register::Ifr, 0x80);
    assert_eq!(via.read(at(6), Register::Ifr), Irq::CA1);
}

/// Follows the chip cycle by cycle for so long; the levels of CB2 at each rising edge of CB1, and the lengths of its low phases.
fn watch_cb1(via: &mut Via6522, from: u64, cycles: u64) -> (Vec<u8>, Vec<u64>) {
    let (mut bits, mut lows, mut fell) = (Vec::new(), Vec::new(), 0);
    let mut level = via.cb1_out().expect("CB1 is an output");
    for cycle in from..from + cycles {
        // Time-outs happen in the middle of a cycle.
        via.advance(Ticks(cycle * 20 + 10));
        let now = via.cb1_out().expect("CB1 is an output");
        if level && !now {
            fell = cycle;
        }
        if !level && now {
            bits.push(u8::from(via.cb2_out().unwrap_or(false)));
            lows.push(cycle - fell);
        }
        level = now;
    }
    (bits, lows)
}

const MODE_IN_T2: u8 = 0b001 << 2;
const MODE_IN_PHI2: u8 = 0b010 << 2;
const MODE_OUT_FREE: u8 = 0b100 << 2;
const MODE_OUT_T2: u8 = 0b101 << 2;
const MODE_OUT_PHI2: u8 = 0b110 << 2;

#[test]
fn shift_mode_000_shifts_in_on_cb1_without_a_flag() {
    let mut via = Via6522::new();
    for bit in [1, 1, 0, 1, 0, 0, 1, 1_u8] {
        via.set_cb2(at(1), bit == 1);
        via.set_cb1(at(1), false);
        via.set_cb1(at(1), true);
    }
    assert_eq!(via.read(at(2), Register::Ifr) & Irq::SR, 0);
    assert_eq!(via.read(at(2), Register::Sr), 0b1101_0011);
}

#[test]
fn shift_mode_001_takes_eight_bits_at_the_rate_of_t2_and_stops() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Ier, 0x80 | Irq::SR);
    via.write(at(0), Register::T2CounterLow, 8);
    via.write(at(0), Register::Acr, MODE_IN_T2);
    via.write(at(0), Register::T2CounterHigh, 0);
    via.read(at(0), Register::Sr);
    via.set_cb2(at(0), true);
    let due = via.next_event();
    let mut shifted = via.clone();
    let (bits, lows) = watch_cb1(&mut shifted, 0, 400);
    assert_eq!(bits.len(), 8);
    assert_eq!(lows, [10; 8]);
    assert_eq!(shifted.read(at(400), Register::Sr), 0xFF);
    via.advance(Ticks(due.0 - 1));
    assert!(!via.irq());
    via.advance(due);
    assert!(via.irq());
}

#[test]
fn shift_mode_010_takes_eight_bits_under_phi2() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Acr, MODE_IN_PHI2);
    via.read(at(0), Register::Sr);
    via.set_cb2(at(0), true);
    via.advance(at(8));
    via.set_cb2(at(8), false);
    via.advance(at(15));
    assert_eq!(via.peek(at(15), Register::Ifr) & Irq::SR, 0);
    assert_eq!(via.read(at(16), Register::Ifr) & Irq::SR, Irq::SR);
    assert_eq!(via.peek(at(16), Register::Sr), 0b1111_0000);
}

#[test]
fn shift_mode_100_repeats_the_byte_at_the_rate_of_t2_without_a_flag() {
    let mut via = Via6522::new();
    via.write(at(0), Register::T2CounterLow, 3);
    via.write(at(0), Register::Acr, MODE_OUT_FREE);
    via.write(at(0), Register::T2CounterHigh, 0);
    via.write(at(0), Register::Sr, 0b1001_0110);
    let (bits, lows) = watch_cb1(&mut via, 0, 24 * 10);
    assert_eq!(bits[..8], [1, 0, 0, 1, 0, 1, 1, 0]);
    assert_eq!(bits[8..16], bits[..8]);
    assert!(lows.iter().all(|&low| low == 5), "{lows:?}");
    assert_eq!(via.read(at(1_000_000), Register::Ifr) & Irq::SR, 0);
}

#[test]
fn shift_mode_101_gives_eight_bits_at_the_rate_of_t2_and_cb2_keeps_the_last() {
    let mut via = Via6522::new();
    via.write(at(0), Register::T2CounterLow, 0);
    via.write(at(0), Register::Acr, MODE_OUT_T2);
    via.write(at(0), Register::T2CounterHigh, 0);
    via.write(at(0), Register::Sr, 0b0100_1101);
    let (bits, lows) = watch_cb1(&mut via, 0, 200);
    assert_eq!(bits, [0, 1, 0, 0, 1, 1, 0, 1]);
    assert_eq!(lows, [2; 8]);
    assert_eq!(via.cb2_out(), Some(true));
    assert_eq!(via.peek(at(200), Register::Ifr) & Irq::SR, Irq::SR);
    via.write(at(200), Register::Sr, 0xFF);
    assert_eq!(via.peek(at(200), Register::Ifr) & Irq::SR, 0);
    assert_eq!(watch_cb1(&mut via, 200, 200).0.len(), 8);
}

#[test]
fn shift_mode_110_gives_eight_bits_under_phi2() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Ier, 0x80 | Irq::SR);
    via.write(at(0), Register::Acr, MODE_OUT_PHI2);
    via.write(at(0), Register::Sr, 0x16);
    assert_eq!(via.next_event(), at(16));
    let (bits, lows) = watch_cb1(&mut via, 0, 40);
    assert_eq!(bits, [0, 0, 0, 1, 0, 1, 1, 0]);
    assert_eq!(lows, [1; 8]);
    assert!(via.irq());
}

#[test]
fn timer_2_low_byte_is_reloaded_while_it_clocks_the_shift_register() {
    let mut via = Via6522::new();
    via.write(at(0), Register::Ier, 0x80 | Irq::T2);
    via.write(at(0), Register::T2CounterLow, 4);
    via.write(at(0), Register::Acr, MODE_OUT_T2);
    via.write(at(0), Register::T2CounterHigh, 2);
    let low = |via: &Via6522, cycle| via.peek(at(cycle), Register::T2CounterLow);
    let high = |via: &Via6522, cycle| via.peek(at(cycle), Register::T2CounterHigh);
    assert_eq!((low(&via, 4), low(&via, 5), low(&via, 6)), (0, 0xFF, 4));
    assert_eq!((high(&via, 4), high(&via, 6), high(&via, 12)), (2, 1, 0));
    // The third roll-over of the low byte borrows from an empty high byte.
    assert_eq!(via.next_event(), Ticks((5 + 12) * 20 + 10));
    via.advance(via.next_event());
    assert!(via.irq());
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Write(u32, u8),
        Read(u32),
        Lines(u8),
        Pass(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..16_u32, any::<u8>()).prop_map(|(register, value)| Step::Write(register, value)),
            (0..16_u32).prop_map(Step::Read),
            (0..16_u8).prop_map(Step::Lines),
            (0..3000_u64).prop_map(Step::Pass),
        ]
    }

    fn apply(via: &mut Via6522, now: &mut Ticks, step: &Step) -> Option<u8> {
        match *step {
            Step::Write(register, value) => via.write(*now, Register::at(register), value),
            Step::Read(register) => return Some(via.read(*now, Register::at(register))),
            Step::Lines(levels) => {
                via.set_ca1(*now, levels & 1 != 0);
                via.set_ca2(*now, levels & 2 != 0);
                via.set_cb2(*now, levels & 8 != 0);
                via.set_cb1(*now, levels & 4 != 0);
            }
            Step::Pass(cycles) => *now += Ticks(cycles * 20),
        }
        None
    }

    proptest! {
        /// A chip that is looked at every half cycle, and serialised on the way, is in the same state as one that is left alone between
        /// accesses; its IRQ comes no earlier than announced; and `peek` shows what `read` returns.
        #[test]
        fn time_may_pass_in_any_portions(steps in prop::collection::vec(step(), 0..40)) {
            let (mut lazy, mut busy) = (Via6522::new(), Via6522::new());
            let (mut now, mut busy_now) = (Ticks::ZERO, Ticks::ZERO);
            for step in &steps {
                if let Step::Read(register) = *step {
                    let peeked = lazy.peek(now, Register::at(register));
                    let mut copy = lazy.clone();
                    prop_assert_eq!(copy.read(now, Register::at(register)), peeked);
                }
                let seen = apply(&mut lazy, &mut now, step);
                while busy_now < now {
                    let due = busy.next_event();
                    let was = busy.irq();
                    busy_now += Ticks(10);
                    busy.advance(busy_now);
                    prop_assert!(was || !busy.irq() || due <= busy_now, "IRQ before {due}");
                }
                let bytes = postcard::to_stdvec(&busy).expect("serialises");
                busy = postcard::from_bytes(&bytes).expect("is read back");
                prop_assert_eq!(apply(&mut busy, &mut busy_now, step), seen);
                busy_now = now;
            }
            lazy.advance(now);
            busy.advance(now);
            prop_assert_eq!(lazy, busy);
        }
    }
}

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
fn timer_1_counter_shows_n_minus_k_after_k_cycles_and_goes_on_after_the_time_out() {
    let mut via = Via6522::new();
    start_t1(&mut via, 0, 0x0102);
    assert_eq!(via.read(at(2), Register::T1CounterHigh), 1);
    assert_eq!(via.peek(at(2), Register::T1CounterLow), 0);
    assert_eq!(via.read(at(3), Register::T1CounterLow), 0xFF);
    assert_eq!(via.read(at(0x102 + 3), Register::T1CounterLow), 0xFD);
    assert_eq!(via.read(at(0x102 + 3), Register::T1CounterHigh), 0xFF);
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

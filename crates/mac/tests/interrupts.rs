//! Interrupt entry, timers, overlay and vertical blanking, as a program sees them.

mod common;

use clock::Ticks;
use common::*;
use mac::{Mac, Stop};
use trace::{ChipEvent, Event};

/// Starts timer 1 with `count` and stops the CPU; the level 1 handler is a NOP and STOP again.
fn timer_in_stop(count: u16, acr: u8) -> Rom {
    let mut rom = Rom::new();
    let program = [
        &poke(via(11), acr)[..],
        &poke(via(14), 0xC0),
        &poke(via(4), count as u8),
        &poke(via(5), (count >> 8) as u8),
        &[0x4E72, 0x2000],
    ]
    .concat();
    rom.code(CODE, &program);
    rom.long(0x64, CODE + 0x100);
    rom.code(
        CODE + 0x100,
        &[
            NOP,
            0x4A39,
            (via(4) >> 16) as u16,
            via(4) as u16,
            0x4E72,
            0x2000,
        ],
    );
    rom
}

#[test]
fn um_autovector_entry_takes_44_clocks_plus_the_wait_for_e() {
    let mut mac = timer_in_stop(500, 0).boot();
    // The write to T1C-H ends two ticks after a falling edge of E; STOP follows.
    let steps = steps(&mut mac, Ticks(40_000));
    let write = steps
        .iter()
        .find(|step| step.pc == CODE + 24)
        .expect("the write to T1C-H");
    // The operand write is followed by one prefetch of four clocks.
    let edge = write.at - Ticks(8 + 2);
    assert_eq!(edge.0 % 20, 0);
    // Data sheet: N + 1.5 cycles.
    let due = edge + Ticks(501 * 20 + 10);
    // The acknowledge cycle begins 10 clocks after the exception, in phase 5 of E, and takes 16 clocks instead of 4.
    let handler = first(&steps, CODE + 0x100);
    assert_eq!((handler - due).0, 2 * (44 + 12 + 4));
    assert_eq!(mac.interrupts().accepted[1], 1);
    assert_eq!(mac.interrupts().longest_wait[1], Ticks(2 * (44 + 12)));
}

/// UM, table 8-14: 44 clocks with an acknowledge cycle of 4; a cycle synchronised with E ends one clock after a falling edge of E, 10 to
/// 19 clocks after its beginning. It begins 10 clocks into the exception: 6 internal ones and the write of the PC's low word (microcode, `itlx1`).
#[test]
fn um_interrupt_entry_from_every_position_in_a_period_of_e() {
    let mut acknowledges = Vec::new();
    for clock in 0..10_u64 {
        let mut rom = Rom::new();
        rom.code(CODE, &[0x4E72, 0x2000]);
        rom.long(0x70, CODE + 0x100);
        rom.code(CODE + 0x100, &[NOP, 0x60FE]);
        let mut mac = rom.boot();
        let request = Ticks(2000 + clock * 2);
        mac.run_until(request);
        assert_eq!((mac.is_stopped(), mac.now()), (true, request));
        mac.set_interrupt_switch(true);
        let steps = steps(&mut mac, request + Ticks(400));
        let handler = first(&steps, CODE + 0x100) - Ticks(8);
        let begin = request.0 / 2 + 10;
        let length = (10..=19).find(|length| (begin + length) % 10 == 1);
        let length = length.expect("an edge");
        assert_eq!((handler - request).0 / 2, 44 - 4 + length, "{clock}");
        acknowledges.push(length);
    }
    acknowledges.sort_unstable();
    assert_eq!(acknowledges, (10..=19).collect::<Vec<_>>());
}

/// A request in the middle of an instruction waits for its end (UM, "Interrupts": they are recognised between instructions). What counts is
/// the level as the last bus cycle begins: after a later request one more instruction is executed (inference from the microcode, in which DIVU ends with
/// a prefetch).
#[test]
fn um_an_interrupt_waits_for_the_end_of_the_instruction() {
    let mut inside = 0;
    for count in 20..60 {
        let mut rom = Rom::new();
        let program = [
            &poke(via(14), 0xC0)[..],
            &poke(via(4), count),
            &[0x46FC, 0x2000, 0x7203],
            &poke(via(5), 0),
        ]
        .concat();
        let division = rom.code(CODE, &program);
        // DIVU D1,D0 of 0 by 3 lasts 136 clocks.
        rom.code(division, &[0x80C1, 0x80C1, 0x80C1, 0x80C1, 0x80C1, 0x60FE]);
        rom.long(0x64, CODE + 0x100);
        rom.code(CODE + 0x100, &[NOP, 0x60FE]);
        let mut mac = rom.boot();
        let steps = steps(&mut mac, Ticks(5000));
        // The write to T1C-H ended a prefetch ago, one clock after the edge of E.
        let written = first(&steps, division - 8) - Ticks(8 + 2);
        let due = written + Ticks((u64::from(count) + 1) * 20 + 10);
        let handler = first(&steps, CODE + 0x100) - Ticks(8);
        let end = steps
            .iter()
            .map(|step| step.at)
            .find(|&end| end >= due + Ticks(4 * 2))
            .expect("an instruction that ends behind the request");
        inside += 1;
        let clocks = (handler - end).0 / 2;
        assert!(
            (44 - 4 + 10..=44 - 4 + 19).contains(&clocks),
            "{count}: {clocks}"
        );
    }
    assert!(inside > 20, "{inside}");
}

#[test]
fn timer_1_free_run_interrupts_783360_times_in_n_plus_two_seconds() {
    let mut mac = timer_in_stop(1000 - 2, 0x40).boot();
    mac.run_until(Ticks::from_secs(2));
    // 2 * 783,360 cycles in periods of 1000; the program starts some cycles into the first.
    assert_eq!(mac.interrupts().accepted[1], 1566);
    assert_eq!(mac.clock_corrections(), 0);
}

#[test]
fn masked_interrupts_wait_and_the_mask_is_recorded() {
    let mut rom = Rom::new();
    // Timer 1 in 100 cycles; DBRA 1000 times at level 7; ANDI #$F8FF,SR; BRA *.
    let program = [
        &poke(via(14), 0xC0)[..],
        &poke(via(4), 100),
        &poke(via(5), 0),
        &[0x303C, 999, 0x51C8, 0xFFFE, 0x027C, 0xF8FF, 0x60FE],
    ]
    .concat();
    rom.code(CODE, &program);
    rom.long(0x64, CODE + 0x100);
    rom.code(
        CODE + 0x100,
        &[0x4A39, (via(4) >> 16) as u16, via(4) as u16, 0x60FE],
    );
    let mut mac = rom.boot();
    mac.run_until(Ticks(100_000));
    let waited = mac.interrupts().longest_wait[1].0;
    assert!(
        (2 * 10_000 - 2200..2 * 10_000).contains(&waited),
        "{waited}"
    );
    let masks: Vec<_> = mac
        .tracer()
        .drain()
        .filter(|r| {
            matches!(
                r.event,
                Event::Chip(ChipEvent::LongestMask { level: 1, .. })
            )
        })
        .collect();
    assert_eq!(masks.len(), 1);
    assert!(mac.interrupts().longest_mask[1] > Ticks(20_000));
}

#[test]
fn im3_overlay_rom_is_at_zero_until_pa4_is_driven_low() {
    let mut rom = Rom::new();
    let start = rom.code(CODE, &poke_long(0x60_0010, 0x1234_5678));
    let next = rom.code(start, &overlay_off());
    rom.code(next, &[0x60FE]);
    let mut config = rom.config();
    config.ram_bytes = 1 << 20;
    let mut mac = Mac::new(config).expect("a sound configuration");
    assert_eq!(mac.peek_long(4), CODE);
    mac.run_until(Ticks(60));
    assert_eq!(
        (mac.peek_long(0x10), mac.peek_long(0x60_0010)),
        (0, 0x1234_5678)
    );
    mac.run_until(Ticks(2000));
    assert_eq!(
        (
            mac.peek_long(0x10),
            mac.peek_long(4),
            mac.peek_long(0x40_0004)
        ),
        (0x1234_5678, 0, CODE)
    );
    assert_eq!(mac.peek_long(0x60_0010), 0xFFFF_FFFF);
}

#[test]
fn the_rom_does_not_repeat_where_a17_is_one() {
    let mac = Rom::new().boot();
    assert_eq!(mac.peek_long(0x42_0004), 0xFFFF_FFFF);
    assert_eq!(mac.peek_long(0x44_0004), CODE);
}

#[test]
fn vertical_blanking_interrupts_every_260480_ticks() {
    let mut rom = Rom::new();
    rom.code(
        CODE,
        &[&poke(via(14), 0x82)[..], &[0x4E72, 0x2000]].concat(),
    );
    rom.long(0x64, CODE + 0x100);
    rom.code(
        CODE + 0x100,
        &[&poke(via(13), 0x02)[..], &[0x4E72, 0x2000]].concat(),
    );
    let mut mac = rom.boot();
    let steps = steps(&mut mac, Ticks::FRAME * 10 + Ticks(1000));
    let entries: Vec<u64> = steps
        .iter()
        .filter(|step| step.pc == CODE + 0x100)
        .map(|step| step.at.0)
        .collect();
    assert_eq!(entries.len(), 10);
    assert!(
        entries
            .windows(2)
            .all(|pair| pair[1] - pair[0] == Ticks::FRAME.0)
    );
    assert!(entries[0] - Ticks::FRAME.0 < 200);
}

#[test]
fn the_programmers_switch_interrupts_at_level_4() {
    let mut rom = Rom::new();
    rom.code(CODE, &[0x4E72, 0x2000]);
    rom.long(0x70, CODE + 0x100);
    rom.code(CODE + 0x100, &[0x60FE]);
    let mut mac = rom.boot();
    mac.run_until(Ticks(1000));
    assert!(mac.is_stopped());
    mac.set_interrupt_switch(true);
    mac.run_until(Ticks(2000));
    assert_eq!(mac.registers().pc, CODE + 0x100);
    assert_eq!(mac.registers().sr & 0x0700, 0x0400);
}

#[test]
fn guide_pb6_is_high_in_horizontal_blanking() {
    let mut mac = Rom::new().boot();
    mac.run_until(Ticks(100));
    // MOVE.B of port B in a loop, long enough to meet every part of a line.
    let mut rom = Rom::new();
    let start = rom.code(CODE, &lea(0, via(0)));
    rom.code(start, &[0x1010, 0x60FC]);
    let mut mac = rom.boot();
    mac.probe().add_breakpoint(start + 2);
    let mut seen = [0; 2];
    while mac.run_until(Ticks(50_000)) != Stop::Reached {
        // The pins are sampled at the falling edge of E that lies two clocks and a prefetch back.
        let at = mac.now().0 - 10;
        let high = mac.registers().d[0] & 0x40 != 0;
        assert_eq!(high, at % 704 >= 512, "{at}");
        seen[usize::from(high)] += 1;
    }
    assert!(seen[0] > 50 && seen[1] > 20, "{seen:?}");
}

#[test]
fn an_odd_stack_in_an_exception_halts_the_cpu() {
    let mut rom = Rom::new();
    rom.code(CODE, &[&lea(7, QUIET + 1)[..], &[0xA000]].concat());
    let mut mac = rom.boot();
    assert_eq!(mac.run_until(Ticks(100_000)), Stop::Halted);
    assert!(mac.now() >= Ticks(100_000));
    let halted = mac
        .tracer()
        .drain()
        .filter(|r| matches!(r.event, Event::Chip(ChipEvent::Halted { .. })))
        .count();
    assert_eq!(halted, 1);
}

#[test]
fn an_address_error_is_taken_and_recorded() {
    let mut rom = Rom::new();
    // MOVE.W 1.W,D0.
    rom.code(CODE, &[0x3038, 1]);
    rom.long(0x0C, CODE + 0x100);
    rom.code(CODE + 0x100, &[0x60FE]);
    let mut mac = rom.boot();
    assert_eq!(mac.run_until(Ticks(10_000)), Stop::Reached);
    assert_eq!(mac.registers().pc, CODE + 0x100);
    let events: Vec<_> = mac.tracer().drain().map(|record| record.event).collect();
    assert!(
        events.contains(&Event::Chip(ChipEvent::Exception {
            vector: 3,
            pc: CODE
        })),
        "{events:?}"
    );
}

/// UM, "Bus error stack frame"; bits 4 (read), 3 (I/N) and 2-0 (function code) of its first word.
#[test]
fn the_frame_of_an_address_error_is_that_of_a_68000() {
    const RAM_WITH_OVERLAY: u32 = 0x60_0000;
    let stack = RAM_WITH_OVERLAY + 0x1000;
    for (access, instruction, kind) in [
        // MOVE.W 1.W,D0 and MOVE.W D0,1.W: a read and a write of supervisor data.
        ([0x3038, 1], 0x3038, 0x15),
        ([0x31C0, 1], 0x31C0, 0x05),
    ] {
        let mut rom = Rom::new();
        let at = rom.code(CODE, &lea(7, stack));
        rom.code(at, &access);
        rom.long(0x0C, CODE + 0x100);
        rom.code(CODE + 0x100, &[0x60FE]);
        let mut mac = rom.boot();
        assert_eq!(mac.run_until(Ticks(10_000)), Stop::Reached);
        let sp = mac.registers().a[7];
        assert_eq!(sp, stack - 14);
        assert_eq!(mac.peek_word(sp) & 0x1F, kind);
        assert_eq!(mac.peek_long(sp + 2), 1);
        assert_eq!(mac.peek_word(sp + 6), instruction);
        assert_eq!(mac.peek_word(sp + 8) & 0xFF00, 0x2700);
        assert_eq!(mac.peek_long(sp + 10), at);
    }
}

#[test]
fn what_is_due_by_the_end_of_a_run_has_happened_even_inside_an_instruction() {
    let mut rom = Rom::new();
    // Timer 1 in 500 cycles, then divisions, which last longer than a tick.
    let program = [
        &poke(via(14), 0xC0)[..],
        &poke(via(4), 0xF4),
        &poke(via(5), 0x01),
        &[0x7203, 0x81C1, 0x60FC],
    ]
    .concat();
    rom.code(CODE, &program);
    let mut mac = rom.boot();
    mac.run_until(Ticks(5000));
    let due = mac.via().next_event();
    mac.run_until(Ticks(due.0 - 1));
    let early = mac.via().irq();
    mac.run_until(due);
    assert_eq!((early, mac.via().irq()), (false, true));
}

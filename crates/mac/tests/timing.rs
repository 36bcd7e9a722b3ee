//! Instruction times through the bus, against the tables of the *M68000 User's Manual*, section 8 (instruction execution times).

mod common;

use clock::Ticks;
use common::*;
use mac::video::BLANK_LINES;

/// CPU clocks of `words`, executed between two NOPs in ROM with all data in ROM: nothing waits.
///
/// A0 and A1 point to data, the stack lies in ROM and holds the address of the second NOP, D0 is 0, D1 is 3.
fn clocks(words: &[u16]) -> u64 {
    let mut rom = Rom::new();
    let setup = [
        &lea(0, QUIET + 0x400)[..],
        &lea(1, QUIET + 0x500),
        &[0x7000, 0x7203, NOP],
    ]
    .concat();
    let start = rom.code(CODE, &setup);
    let end = rom.code(start, words);
    rom.code(end, &[NOP, 0x60FE]);
    // What RTS and RTE find: the frame of either begins at the stack pointer.
    if words == [0x4E73] {
        rom.word(QUIET, 0x2700);
        rom.long(QUIET + 2, end);
    } else {
        rom.long(QUIET, end);
    }
    for vector in [10, 32] {
        rom.long(vector * 4, end);
    }
    let mut mac = rom.boot();
    let steps = steps(&mut mac, Ticks(20_000));
    assert_eq!(mac.clock_corrections(), 0, "{words:04X?}");
    let (from, to) = (first(&steps, start - 2), first(&steps, end));
    (to - from).0 / Ticks::CPU.0 - 4
}

#[test]
fn um_tables_8_1_to_8_14_instruction_times_without_waiting() {
    let cases: &[(&str, &[u16], u64)] = &[
        ("MOVE.W D0,D1", &[0x3200], 4),
        ("MOVE.L (A0),D1", &[0x2210], 12),
        ("MOVE.L D0,(A0)", &[0x2080], 12),
        ("MOVE.L (A0)+,(A1)+", &[0x22D8], 20),
        ("MOVE.L -(A0),D1", &[0x2220], 14),
        ("MOVE.W #1,(xxx).L", &[0x33FC, 1, 0x0040, 0x9000], 20),
        ("MOVE.W 8(A0,D0.W),D1", &[0x3230, 0x0008], 14),
        ("MOVEQ #1,D1", &[0x7201], 4),
        ("MOVEM.L D0-D7,-(A1)", &[0x48E1, 0xFF00], 72),
        ("MOVEM.L (A1)+,D0-D7", &[0x4CD9, 0x00FF], 76),
        ("MOVEP.L 0(A0),D1", &[0x0348, 0x0000], 24),
        ("ADD.L D0,D1", &[0xD280], 8),
        ("ADD.L (A0),D1", &[0xD290], 14),
        ("ADD.W D1,(A0)", &[0xD350], 12),
        ("ADDQ.L #1,D1", &[0x5281], 8),
        ("ADDI.L #1,D1", &[0x0681, 0, 1], 16),
        ("ADDX.L -(A0),-(A1)", &[0xD388], 30),
        ("CMP.L (A0),D1", &[0xB290], 14),
        ("CMPM.L (A0)+,(A1)+", &[0xB388], 20),
        ("CLR.L (A0)", &[0x4290], 20),
        ("TST.W (A0)", &[0x4A50], 8),
        ("TAS (A0)", &[0x4AD0], 14),
        ("NEG.L D1", &[0x4481], 6),
        ("SWAP D1", &[0x4841], 4),
        ("EXG D0,D1", &[0xC141], 6),
        ("EXT.L D1", &[0x48C1], 4),
        ("LSL.L #8,D1", &[0xE189], 24),
        ("ASR.W (A0)", &[0xE0D0], 12),
        ("MULU D1,D0 with two ones", &[0xC0C1], 42),
        ("MULS D1,D0 with two changes", &[0xC1C1], 42),
        ("BTST D1,D0", &[0x0300], 6),
        ("BTST #0,(A0)", &[0x0810, 0], 12),
        ("BSET #3,(A0)", &[0x08D0, 3], 16),
        ("ST D1", &[0x50C1], 6),
        ("SF D1", &[0x51C1], 4),
        ("ABCD -(A0),-(A1)", &[0xC308], 18),
        ("LEA 8(A0),A1", &[0x43E8, 8], 8),
        ("PEA (A0)", &[0x4850], 12),
        ("LINK A2,#-8", &[0x4E52, 0xFFF8], 16),
        ("UNLK A1", &[0x4E59], 12),
        ("MOVE SR,D1", &[0x40C1], 6),
        ("MOVE D1,CCR", &[0x44C1], 12),
        ("BRA taken", &[0x6002, NOP], 10),
        ("BEQ taken after MOVEQ #0", &[0x7000, 0x6702, NOP], 14),
        ("BNE.S not taken", &[0x7000, 0x6602], 12),
        ("BNE.W not taken", &[0x7000, 0x6600, 2], 16),
        ("DBRA expired", &[0x51C8, 0xFFFE], 14),
        (
            "DBRA three times and expired",
            &[0x51C9, 0xFFFE],
            3 * 10 + 14,
        ),
        ("DBEQ condition true", &[0x7000, 0x57C8, 0xFFFE], 16),
        ("JMP (xxx).L", &[0x4EF9, 0x0040, 0x0418], 12),
        ("BSR.S", &[0x6102, NOP], 18),
        ("RTS", &[0x4E75], 16),
        ("RTE", &[0x4E73], 20),
        ("TRAP #0", &[0x4E40], 34),
        ("line A", &[0xA123], 34),
        ("RESET", &[0x4E70], 132),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|&(name, words, expected)| {
            let measured = clocks(words);
            (measured != expected).then(|| format!("{name}: {measured} clocks, manual {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A program of NOPs in RAM at 1000, entered from ROM with the overlay off.
fn nops_in_ram() -> mac::Mac {
    let mut rom = Rom::new();
    let setup = [
        &overlay_off()[..],
        &lea(0, 0x1000),
        // MOVE.W #2047,D0; loop: MOVE.W #NOP,(A0)+; DBRA; JMP 1000, with a JMP at the end.
        &[0x303C, 2047, 0x30FC, NOP, 0x51C8, 0xFFFA],
        &[0x20BC, 0x4EF8, 0x1000],
        &[0x4EF8, 0x1000],
    ]
    .concat();
    rom.code(CODE, &setup);
    rom.boot()
}

#[test]
fn guide_ram_takes_turns_with_the_video_while_a_line_is_drawn() {
    let mut mac = nops_in_ram();
    mac.run_until(Ticks::FRAME * 2);
    let frame = mac.now() + Ticks(Ticks::FRAME.0 - mac.now().0 % Ticks::FRAME.0);
    let line = |n: u64| frame + Ticks::LINE * n;
    mac.run_until(line(0));
    let steps = steps(&mut mac, line(60));
    let nops_between =
        |from: Ticks, to: Ticks| steps.iter().filter(|s| s.at > from && s.at <= to).count();
    // 88 slots; one is the sound circuit's, and in a drawn line 32 the video's. A JMP now and then costs one or two.
    let blank = nops_between(line(10), line(11));
    assert!((85..=87).contains(&blank), "{blank}");
    let drawn = nops_between(
        line(u64::from(BLANK_LINES) + 10),
        line(u64::from(BLANK_LINES) + 11),
    );
    assert!((53..=55).contains(&drawn), "{drawn}");
    let visible = nops_between(line(40), line(40) + Ticks(512));
    assert!((31..=32).contains(&visible), "{visible}");
}

#[test]
fn ram_accesses_begin_on_slots_and_rom_accesses_anywhere() {
    let mut mac = nops_in_ram();
    mac.run_until(Ticks::FRAME);
    let steps = steps(&mut mac, Ticks::FRAME + Ticks::LINE * 5);
    assert!(steps.iter().all(|step| step.at.0.is_multiple_of(8)));
}

#[test]
fn um_6800_cycles_every_via_access_ends_one_clock_after_e_falls() {
    let mut rom = Rom::new();
    let start = rom.code(CODE, &lea(0, via(4)));
    // TST.B (A0); NOP; BRA back: 8 - 4 clocks of operand + the synchronised cycle.
    rom.code(start, &[0x4A10, NOP, 0x60FA]);
    let mut mac = rom.boot();
    let steps = steps(&mut mac, Ticks(20_000));
    let mut lengths = std::collections::BTreeSet::new();
    for pair in steps.windows(2).filter(|pair| pair[1].pc == start) {
        // TST reads its operand, then prefetches: the operand cycle ends four clocks before the instruction.
        let end = pair[1].at - Ticks(8);
        assert_eq!(end.0 % 20, 2);
        lengths.insert((end - pair[0].at).0 / 2);
    }
    assert!(lengths.len() > 1);
    assert!(
        lengths.iter().all(|length| (10..=19).contains(length)),
        "{lengths:?}"
    );
    assert_eq!(mac.clock_corrections(), 0);
}

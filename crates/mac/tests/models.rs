//! What SE and SE/30 do otherwise than a Plus: addresses, bus errors, SCSI accesses that wait, interrupt levels.

mod common;

use clock::Ticks;
use common::*;
use mac::{Mac, MacConfig, Model, Peripheral};
use scsi::disk::{Disk, DiskProfile};
use std::sync::Arc;
use trace::{ChipEvent, Event, RunHash};

/// Transfers the data of the command at 2000 by pseudo-DMA to 2010; the rest of the command by programmed I/O. 200A counts when it is over; it is
/// done twice, as the first only collects the unit attention of power-on. A2 = registers, A5 = DACK, D6 = bytes, D5 = 0 for bytes and 1 for long words.
///
/// ```text
/// start: lea 0x2000,%a3
///        lea 0x2010,%a4
///        clr.b 0x31(%a2)
///        move.b #0x81,1(%a2)
///        move.b #5,0x11(%a2)
/// 1:     btst #6,0x40(%a2)
///        beq.s 1b
///        clr.b 0x11(%a2)
/// 2:     move.b 0x40(%a2),%d0
///        btst #6,%d0
///        beq.s 9f
///        btst #5,%d0
///        beq.s 2b
///        lsr.b #2,%d0
///        andi.b #7,%d0
///        move.b %d0,0x31(%a2)
///        cmpi.b #1,%d0
///        beq.s 5f
///        btst #0,%d0
///        bne.s 3f
///        move.b (%a3)+,1(%a2)
///        move.b #1,0x11(%a2)
///        move.b #0x11,0x11(%a2)
///        bra.s 4f
/// 3:     move.b (%a2),0x2008
///        move.b #0x10,0x11(%a2)
/// 4:     btst #5,0x40(%a2)
///        bne.s 4b
///        clr.b 0x11(%a2)
///        bra.s 2b
/// 5:     move.b #2,0x21(%a2)
///        clr.b 0x71(%a2)
///        tst.b %d5
///        bne.s 7f
/// 6:     move.b (%a5),(%a4)+
///        subq.w #1,%d6
///        bne.s 6b
///        bra.s 8f
/// 7:     move.l (%a5),(%a4)+
///        subq.w #4,%d6
///        bhi.s 7b
/// 8:     clr.b 0x21(%a2)
///        bra.s 2b
/// 9:     addq.w #1,0x200A
///        cmpi.w #2,0x200A
///        bne.w start
///        bra.s .
/// ```
const READ: &[u16] = &[
    0x47F8, 0x2000, 0x49F8, 0x2010, 0x422A, 0x0031, 0x157C, 0x0081, 0x0001, 0x157C, 0x0005, 0x0011,
    0x082A, 0x0006, 0x0040, 0x67F8, 0x422A, 0x0011, 0x102A, 0x0040, 0x0800, 0x0006, 0x6768, 0x0800,
    0x0005, 0x67F0, 0xE408, 0x0200, 0x0007, 0x1540, 0x0031, 0x0C00, 0x0001, 0x6730, 0x0800, 0x0000,
    0x6612, 0x155B, 0x0001, 0x157C, 0x0001, 0x0011, 0x157C, 0x0011, 0x0011, 0x600A, 0x11D2, 0x2008,
    0x157C, 0x0010, 0x0011, 0x082A, 0x0005, 0x0040, 0x66F8, 0x422A, 0x0011, 0x60B0, 0x157C, 0x0002,
    0x0021, 0x422A, 0x0071, 0x4A05, 0x6608, 0x18D5, 0x5346, 0x66FA, 0x6006, 0x28D5, 0x5946, 0x62FA,
    0x422A, 0x0021, 0x608E, 0x5278, 0x200A, 0x0C78, 0x0002, 0x200A, 0x6600, 0xFF5E, 0x60FE,
];

/// Addresses of one model.
struct Map {
    model: Model,
    rom: u32,
    via: u32,
    scsi: u32,
    dack: u32,
}

const SE: Map = Map {
    model: Model::Se,
    rom: 0x40_0000,
    via: VIA,
    scsi: 0x58_0000,
    dack: 0x58_0260,
};

const SE30: Map = Map {
    model: Model::Se30,
    rom: 0x4080_0000,
    via: 0x50F0_0000,
    scsi: 0x50F1_0000,
    dack: 0x50F0_6060,
};

const VIA2: u32 = 0x50F0_2000;
const VRAM: u32 = 0xFEE0_0000;

impl Map {
    fn code(&self) -> u32 {
        self.rom + 0x400
    }

    /// The handler of bus errors: it counts at 200C and stays there.
    fn handler(&self) -> u32 {
        self.rom + 0x1000
    }

    /// A machine that has RAM and a stack there, and vector 2, before it runs `program`.
    fn config(&self, program: &[u16]) -> MacConfig {
        let mut rom = Rom::new();
        rom.long(0, 0x8000);
        rom.long(4, self.code());
        // DDRA: PA4 and PA6 are outputs and low.
        let start = rom.code(self.code(), &poke(self.via + 0x600, 0x50));
        let start = rom.code(start, &poke_long(8, self.handler()));
        rom.code(start, program);
        rom.code(self.handler(), &[0x5278, 0x200C, 0x60FE]);
        let mut config = rom.config();
        config.ram_bytes = 1 << 20;
        MacConfig {
            ram_bytes: 1 << 20,
            ..MacConfig::of(self.model, config.rom)
        }
    }

    fn boot(&self, program: &[u16]) -> Mac {
        Mac::new(self.config(program)).expect("a sound configuration")
    }

    /// [`READ`] with a command of six bytes, `bytes` long, moved by long words or bytes.
    fn transfer(&self, command: [u32; 2], bytes: u16, long: bool) -> MacConfig {
        let program = [
            &poke_long(0x2000, command[0])[..],
            &poke_long(0x2004, command[1]),
            &lea(2, self.scsi),
            &lea(5, self.dack),
            &[0x7A00 | u16::from(long), 0x3C3C, bytes],
            READ,
        ]
        .concat();
        let mut config = self.config(&program);
        let disk = Disk::new(DiskProfile::prodrive_40s(), image(), 7, "disk");
        config.targets.push((0, Peripheral::Disk(Box::new(disk))));
        config
    }
}

fn image() -> Arc<[u8]> {
    (0..64 * 512_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn faults(mac: &mut Mac) -> Vec<Ticks> {
    mac.tracer()
        .drain()
        .filter(|r| matches!(r.event, Event::Chip(ChipEvent::Exception { vector: 2, .. })))
        .map(|r| r.at)
        .collect()
}

/// A long word that the CPU sees.
fn long(mac: &Mac, address: u32) -> u32 {
    mac.peek_long(address)
}

#[test]
fn guide_the_se_shows_ram_from_the_first_access_to_its_rom_on() {
    let mac = SE.boot(&[0x60FE]);
    assert_eq!((long(&mac, 0), long(&mac, 4)), (0, 0));
    assert_eq!(long(&mac, 0x40_0004), SE.code());
    // 256 KiB, repeated to 4FFFFF.
    assert_eq!(long(&mac, 0x44_0004), SE.code());
    assert_eq!(mac.peek(0x42_0004), 0xFF);
}

#[test]
fn the_se30_shows_ram_when_pa4_is_low_and_repeats_its_rom() {
    let mut mac = SE30.boot(&[0x60FE]);
    assert_eq!(long(&mac, 4), SE30.code());
    mac.run_until(Ticks(2000));
    assert_eq!(long(&mac, 4), 0);
    assert_eq!(long(&mac, 8), SE30.handler());
    for image in [0x4000_0004, 0x4004_0004, 0x4FFC_0004] {
        assert_eq!(long(&mac, image), SE30.code());
    }
    // 1 MiB of RAM repeats.
    assert_eq!(long(&mac, 0x3FF0_0008), SE30.handler());
}

#[test]
fn um_68030_dynamic_bus_sizing_splits_accesses_of_eight_bit_ports() {
    // MOVE.L #..,VRAM; MOVE.L VRAM+1,D0; MOVE.L 2001.W,D1 after MOVE.L #..,2000.W and 2004.W.
    let program = [
        &poke_long(VRAM + 0x100, 0x1234_5678)[..],
        &poke_long(VRAM + 0x104, 0x9ABC_DEF0),
        &poke_long(0x2000, 0x1122_3344),
        &poke_long(0x2004, 0x5566_7788),
        &[0x2039, 0xFEE0, 0x0101, 0x2238, 0x2001, 0x60FE],
    ]
    .concat();
    let mut mac = SE30.boot(&program);
    mac.run_until(Ticks(5000));
    let d = mac.registers().d;
    assert_eq!((d[0], d[1]), (0x3456_789A, 0x2233_4455));
}

#[test]
fn an_address_without_a_device_is_a_bus_error_on_the_se30_and_floats_on_the_se() {
    // MOVE.L address,D0; ADDQ.W #1,200A; BRA *.
    let read = |address: u32| {
        [
            0x2039,
            (address >> 16) as u16,
            address as u16,
            0x5278,
            0x200A,
            0x60FE,
        ]
    };
    for address in [0x6000_0000, 0xF900_0000, 0x50F0_8000, 0xFE80_0000] {
        let mut mac = SE30.boot(&read(address));
        mac.run_until(Ticks(5000));
        assert_eq!(faults(&mut mac).len(), 1, "{address:X}");
        assert_eq!((mac.peek_word(0x200A), mac.peek_word(0x200C)), (0, 1));
        // Format B, DF and RW set, a long word (M68030 UM, 8.2).
        let sp = mac.registers().a[7];
        assert_eq!(mac.peek_word(sp + 6), 0xB008);
        assert_eq!(mac.peek_word(sp + 0xA) & 0x0170, 0x0140);
        assert_eq!(long(&mac, sp + 0x10), address);
    }
    for address in [0x80_0000, 0xC0_0000, 0xF0_0000] {
        let mut mac = SE.boot(&read(address));
        mac.run_until(Ticks(5000));
        assert_eq!((mac.registers().d[0], mac.peek_word(0x200A)), (!0, 1));
    }
}

/// Reads DACK once, with timer 1 of the VIA interrupting every 2000 cycles before and after; the handler of level 1 counts in D7.
fn one_read(map: &Map, timeout: Ticks) -> Mac {
    let level1 = map.rom + 0x1100;
    let program = [
        &poke_long(0x64, level1)[..],
        &poke(map.via + 11 * 0x200, 0x40),
        &poke(map.via + 14 * 0x200, 0xC0),
        &poke(map.via + 4 * 0x200, 0xD0),
        &poke(map.via + 5 * 0x200, 0x07),
        &[0x46FC, 0x2000, 0x1039],
        &[(map.dack >> 16) as u16, map.dack as u16, 0x60FE],
    ]
    .concat();
    let mut config = map.config(&program);
    config.scsi_timeout = timeout;
    let code = [
        0x5287,
        0x4A39,
        ((map.via + 0x800) >> 16) as u16,
        (map.via + 0x800) as u16,
        0x4E73,
    ];
    for (place, word) in (0x1100..).step_by(2).zip(code) {
        config.rom[place..place + 2].copy_from_slice(&u16::to_be_bytes(word));
    }
    Mac::new(config).expect("a sound configuration")
}

#[test]
fn an_access_without_drq_stands_still_until_the_time_limit() {
    for map in [SE, SE30] {
        let timeout = Ticks::from_millis(30);
        let mut mac = one_read(&map, timeout);
        let pc = map.code();
        mac.run_until(Ticks::from_millis(20));
        let waiting = mac.registers().pc;
        assert!((pc..pc + 0x80).contains(&waiting), "{waiting:X}");
        // Interrupts ask, and are not taken.
        assert!(mac.via().irq());
        let taken = mac.interrupts().accepted[1];
        assert!(taken <= 1);
        mac.run_until(Ticks::from_millis(29));
        assert_eq!(mac.interrupts().accepted[1], taken);
        mac.run_until(Ticks::from_millis(40));
        let faults = faults(&mut mac);
        assert_eq!(faults.len(), 1);
        let waited = faults[0].0.abs_diff(timeout.0);
        assert!(waited < 2000, "{} {waited}", map.model);
        assert!(mac.interrupts().accepted[1] > taken);
    }
}

#[test]
fn um_the_frame_of_a_bus_error_of_the_68000() {
    let mut mac = one_read(&SE, Ticks::from_millis(1));
    mac.run_until(Ticks::from_millis(2));
    // Interrupt frames may lie below it: the handler stays where it is, and returns to its own.
    let sp = 0x8000 - 14;
    let instruction = mac.peek_long(sp + 10);
    assert_eq!(mac.peek_word(instruction), 0x1039);
    // Read, not an instruction, supervisor data; the address; the opcode; SR.
    assert_eq!(mac.peek_word(sp) & 0x1F, 0x15);
    assert_eq!(long(&mac, sp + 2), SE.dack);
    assert_eq!(mac.peek_word(sp + 6), 0x1039);
    assert_eq!(mac.peek_word(sp + 8), 0x2000);
}

#[test]
fn handshaken_reads_take_every_byte_though_nobody_looks_at_drq() {
    for (map, longs) in [(SE, false), (SE30, false), (SE30, true)] {
        // READ(6) of one block at 5.
        let mut config = map.transfer([0x0800_0005, 0x0100_0000], 512, longs);
        config.scsi_timeout = Ticks::from_secs(2);
        let mut mac = Mac::new(config).expect("a sound configuration");
        mac.run_until(Ticks::from_secs(1));
        assert_eq!(mac.peek_word(0x200A), 2, "{} {longs}", map.model);
        let same = mac.ram()[0x2010..0x2210] == image()[5 * 512..6 * 512];
        assert!(same, "{} {longs}", map.model);
    }
}

#[test]
fn a_long_read_of_the_se30_that_runs_dry_has_taken_some_bytes() {
    // INQUIRY with room for 6 bytes: the second long word gets two of them, then STATUS.
    let mut config = SE30.transfer([0x1200_0000, 0x0600_0000], 8, true);
    // Long enough for the disk to begin, then much shorter than the program.
    config.scsi_timeout = Ticks::from_millis(50);
    let mut mac = Mac::new(config).expect("a sound configuration");
    mac.run_until(Ticks::from_millis(400));
    assert_eq!(faults(&mut mac).len(), 1);
    assert_eq!((mac.peek_word(0x200A), mac.peek_word(0x200C)), (0, 1));
    // Direct access, fixed, SCSI-2 and so on: the first long word has arrived, nothing of the second.
    assert_ne!(long(&mac, 0x2010), 0);
    assert_eq!(long(&mac, 0x2014), 0);
    assert_eq!(mac.registers().a[4], 0x2014);
    // The target has given all six: it is in STATUS phase.
    let status = mac.peek(SE30.scsi + 0x40);
    assert_eq!(status >> 2 & 7, 3);
    assert_ne!(status & 0x20, 0);
}

#[test]
fn a_standstill_does_not_depend_on_how_the_run_is_divided_nor_on_a_restart() {
    for map in [SE, SE30] {
        let command = [0x0800_0005, 0x0100_0000];
        let build = || {
            let mut config = map.transfer(command, 512, map.model == Model::Se30);
            config.scsi_timeout = Ticks::from_secs(2);
            Mac::new(config).expect("a sound configuration")
        };
        let until = Ticks::from_millis(100);
        let run = |mac: &mut Mac, piece: Ticks, restart: bool| {
            let mut hash = RunHash::default();
            while mac.now() < until {
                mac.run_until(until.min(mac.now() + piece));
                for record in mac.tracer().drain() {
                    hash.add(&record);
                }
                if restart {
                    let saved = postcard::to_stdvec(mac).expect("a machine serialises");
                    *mac = postcard::from_bytes(&saved).expect("what was saved can be restored");
                    assert!(mac.attach_disk_base(0, image()));
                }
            }
            (hash.hex(), mac.state_hash(), mac.peek_word(0x200A))
        };
        let whole = run(&mut build(), until, false);
        assert_eq!(whole.2, 2, "{}", map.model);
        assert_eq!(run(&mut build(), Ticks(544), false), whole);
        assert_eq!(run(&mut build(), Ticks(50_021), true), whole);
    }
}

#[test]
fn via2_slot_e_and_the_joined_60_hz_interrupt_the_se30() {
    let (level1, level2) = (SE30.rom + 0x1100, SE30.rom + 0x1200);
    let program = [
        &poke_long(0x64, level1)[..],
        &poke_long(0x68, level2),
        // PB6 of VIA1 low: the video may interrupt; CA1 of both VIAs enabled.
        &poke(SE30.via + 0x400, 0x40),
        &poke(SE30.via + 14 * 0x200, 0x82),
        &poke(VIA2 + 14 * 0x200, 0x82),
        // Timer 1 of VIA2: free running on PB7.
        &poke(VIA2 + 0x400, 0x80),
        &poke(VIA2 + 11 * 0x200, 0xC0),
        &poke(VIA2 + 4 * 0x200, 0x6E),
        &poke(VIA2 + 5 * 0x200, 0x19),
        &[0x46FC, 0x2000, 0x60FE],
    ]
    .concat();
    let mut config = SE30.config(&program);
    let mut put = |place: usize, words: &[u16]| {
        for (place, word) in (place..).step_by(2).zip(words) {
            config.rom[place..place + 2].copy_from_slice(&word.to_be_bytes());
        }
    };
    // Level 1: port A is read. Level 2: port A is read, then PB6 is high for a moment.
    put(0x1100, &[0x4A39, 0x50F0, 0x0200, 0x4E73]);
    let withdraw = [
        &[0x4A39, 0x50F0, 0x2200][..],
        &poke(SE30.via, 0x40),
        &poke(SE30.via, 0),
        &[0x4E73],
    ]
    .concat();
    put(0x1200, &withdraw);
    let mut mac = Mac::new(config).expect("a sound configuration");
    mac.run_until(Ticks::from_secs(1));
    let accepted = mac.interrupts().accepted;
    // PB7 falls when the timer is started, and 60 times after that.
    assert_eq!((accepted[1], accepted[2]), (61, 60));
}

#[test]
fn the_scsi_interrupt_of_the_se_passes_while_pb6_is_low() {
    for (ddrb, expected) in [(0x40, 1), (0, 0)] {
        let program = [
            &poke_long(0x64, SE.handler())[..],
            &poke(SE.via + 0x400, ddrb),
            // ASSERT RST: the chip interrupts.
            &poke(SE.scsi + 0x11, 0x80),
            &poke(SE.scsi + 0x11, 0),
            &[0x46FC, 0x2000, 0x60FE],
        ]
        .concat();
        let mut mac = SE.boot(&program);
        mac.run_until(Ticks::from_millis(5));
        assert!(mac.ncr5380().irq());
        assert_eq!(mac.interrupts().accepted[1], expected);
    }
}

#[test]
fn um_the_switch_of_the_se30_cannot_be_masked_and_interrupts_once() {
    let program = [&poke_long(0x7C, SE30.handler())[..], &[0x60FE]].concat();
    let mut mac = SE30.boot(&program);
    mac.run_until(Ticks(5000));
    mac.set_interrupt_switch(true);
    mac.run_until(Ticks(20_000));
    assert_eq!(mac.interrupts().accepted[7], 1);
    assert_eq!(mac.peek_word(0x200C), 1);
}

#[test]
fn guide_a_long_word_of_ram_takes_four_clocks_and_the_cache_saves_fetches() {
    // MOVEC D0,CACR with the instruction cache enabled or not; then MOVE.L (A0),D1 and DBRA so many times.
    let time = |cacr: u16, loops: u16| {
        let program = [
            &[0x7000 | cacr, 0x4E7B, 0x0002][..],
            &lea(0, 0x3000),
            &[0x343C, loops - 1, 0x2210, 0x51CA, 0xFFFC, 0x5278, 0x200A],
            &[0x60FE],
        ]
        .concat();
        let mut mac = SE30.boot(&program);
        let mut at = Ticks(500);
        while mac.peek_word(0x200A) == 0 {
            assert!(at < Ticks(100_000));
            at += Ticks(5);
            mac.run_until(at);
        }
        at.0
    };
    let thousand = |cacr: u16| time(cacr, 2000) - time(cacr, 1000);
    // From the cache: MOVE 6 clocks (MC68020 UM, 8.2, whose tables the core has for both) and one of waiting, DBRA 6 or, as the core has it
    // where the branch lies on a long word, 7.
    let cached = thousand(1);
    assert!((12_990..14_010).contains(&cached), "{cached}");
    // Without it, every turn fetches two long words or three.
    let fetched = thousand(0);
    assert!(fetched > cached + 3000, "{fetched}");
}

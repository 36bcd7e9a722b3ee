//! A program at the modem port: it sets channel A up, sends a text, and echoes what it receives.

mod common;

use chips::terminal::Terminal;
use clock::Ticks;
use common::{CODE, Rom};
use mac::Mac;

const CONTROL_READ: u32 = 0x9F_FFFA;
const CONTROL_WRITE: u32 = 0xBF_FFFB;
const DATA_READ: u32 = 0x9F_FFFE;
const DATA_WRITE: u32 = 0xBF_FFFF;
/// Where the text and the table of registers are in ROM.
const TEXT: u32 = 0x40_1000;
const TABLE: u32 = 0x40_1100;

/// 9600 baud, 8 bits, no parity, one stop bit: WR9 channel reset, WR4 x16, WR11, WR12, WR13, WR14, WR3, WR5.
const SET_UP: [u8; 16] = [
    9, 0x80, 4, 0x44, 11, 0x50, 12, 10, 13, 0, 14, 0x01, 3, 0xC1, 5, 0x6A,
];

fn program(text: &[u8]) -> Rom {
    let mut rom = Rom::new();
    let bytes = |rom: &mut Rom, at: u32, bytes: &[u8]| {
        for (place, pair) in (at..).step_by(2).zip(bytes.chunks(2)) {
            rom.word(
                place,
                u16::from(pair[0]) << 8 | u16::from(*pair.get(1).unwrap_or(&0)),
            );
        }
    };
    bytes(&mut rom, TEXT, text);
    bytes(&mut rom, TABLE, &SET_UP);
    let [high, low] = [
        |address: u32| (address >> 16) as u16,
        |address: u32| address as u16,
    ];
    let lea = |register: u16, address: u32| [0x41F9 | register << 9, high(address), low(address)];
    let mut code = Vec::new();
    // A0 reads control, A1 writes control, A2 reads data, A3 writes data.
    for (register, address) in [CONTROL_READ, CONTROL_WRITE, DATA_READ, DATA_WRITE]
        .iter()
        .enumerate()
    {
        code.extend(lea(register as u16, *address));
    }
    code.extend(lea(4, TABLE));
    // TST.B (A0); MOVEQ #15,D1; set: MOVE.B (A4)+,(A1); DBRA D1,set
    code.extend([0x4A10, 0x720F, 0x129C, 0x51C9, 0xFFFC]);
    code.extend(lea(4, TEXT));
    // MOVEQ #n-1,D1; ready: BTST #2,(A0); BEQ ready; MOVE.B (A4)+,(A3); DBRA D1,ready
    code.extend([
        0x7200 | (text.len() as u16 - 1),
        0x0810,
        2,
        0x67FA,
        0x169C,
        0x51C9,
        0xFFF6,
    ]);
    // echo: BTST #0,(A0); BEQ echo; MOVE.B (A2),D0; room: BTST #2,(A0); BEQ room; MOVE.B D0,(A3); BRA echo
    code.extend([0x0810, 0, 0x67FA, 0x1012, 0x0810, 2, 0x67FA, 0x1680, 0x60EE]);
    rom.code(CODE, &code);
    rom
}

/// Runs until `until` with a terminal at the port.
fn run(mac: &mut Mac, terminal: &mut Terminal, until: Ticks) -> Vec<u8> {
    mac.run_until(until);
    for (at, level) in mac.serial_out() {
        terminal.hear(at, level);
    }
    terminal.take(until).into_iter().map(|one| one.1).collect()
}

#[test]
fn a_text_goes_out_and_what_comes_in_is_echoed() {
    let text = b"Macintosh at 9600 baud\r\n";
    let mut mac = program(text).boot();
    let mut terminal = Terminal::new(9600);
    // A character takes 10 bits of 1632 ticks; two in the buffers at the beginning.
    let end = Ticks(16_320 * (text.len() as u64 + 1));
    assert_eq!(run(&mut mac, &mut terminal, end), text);
    for &byte in b"echo\xFF\x00" {
        for (at, level) in terminal.send(end, byte) {
            mac.serial_in(at, level);
        }
    }
    let end = end + Ticks(16_320 * 8);
    assert_eq!(run(&mut mac, &mut terminal, end), b"echo\xFF\x00");
}

#[test]
fn a_terminal_at_another_rate_reads_something_else() {
    let text = b"Macintosh";
    let mut mac = program(text).boot();
    let mut terminal = Terminal::new(19_200);
    assert_ne!(run(&mut mac, &mut terminal, Ticks::from_millis(20)), text);
}

#[test]
fn a_machine_saved_in_the_middle_of_a_character_goes_on_the_same() {
    let mut mac = program(b"in the middle").boot();
    let mut terminal = Terminal::new(9600);
    let first = run(&mut mac, &mut terminal, Ticks(16_320 * 3 + 5_000));
    let bytes = postcard::to_stdvec(&mac).unwrap();
    let mut copy: Mac = postcard::from_bytes(&bytes).unwrap();
    let mut other = terminal.clone();
    let end = Ticks(16_320 * 20);
    let rest = run(&mut mac, &mut terminal, end);
    assert_eq!(run(&mut copy, &mut other, end), rest);
    assert_eq!([first, rest].concat(), b"in the middle");
    assert_eq!(mac.state_hash(), copy.state_hash());
}

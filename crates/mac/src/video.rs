//! The beam, and what it costs the CPU.
//!
//! A frame has 370 lines of 704 dots; 342 lines of 512 dots are visible (Guide, "Video timing"). A dot is one tick.
//!
//! # Memory cycles
//! RAM works in slots of four CPU clocks, 88 to a line. While a line is being drawn every other slot belongs to the video circuit: "the
//! 68000 and the video circuitry take turns", a word of 16 dots every eight clocks. One slot after the visible part of every line, also
//! of lines that are not drawn, belongs to the sound and disk-speed circuit. All other slots are the CPU's. ROM and devices are on the far side
//! of the data buffers and never wait.
//!
//! These rules give back-to-back word accesses at 2.56 MB/s to RAM and 3.92 MB/s to ROM, the figures of the Guide; the test below checks it.
//!
//! In an SE the video circuit takes every fourth slot instead, as it fetches 32 dots at a time (the open-source emulator Snow has the figure; with the rules
//! above it gives 3.21 MB/s). The SE/30's video has memory of its own.
//!
//! Inferences of the author: that a CPU access always begins on a slot boundary (the memory sequencer runs freely, so an access that
//! comes in the middle of a slot waits for the next), and that the first slot of a drawn line is the video's.

use clock::Ticks;
use serde::{Deserialize, Serialize};

/// Visible dots of a line.
pub const WIDTH: usize = 512;
/// Visible lines.
pub const HEIGHT: usize = 342;
/// Bytes of the bitmap.
pub const BYTES: usize = WIDTH * HEIGHT / 8;

/// Lines of vertical blanking; a frame begins with them here, and so with the interrupt.
pub const BLANK_LINES: u32 = 28;

/// Ticks of a slot.
const SLOT: u32 = 8;
const SLOTS: u32 = Ticks::LINE.0 as u32 / SLOT;
const VISIBLE_SLOTS: u32 = WIDTH as u32 / SLOT;

/// Lines of a frame.
const LINES: u32 = (Ticks::FRAME.0 / Ticks::LINE.0) as u32;

/// Which part of the slots of a drawn line the video takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Share {
    /// Plus.
    Half,
    /// SE.
    Quarter,
}

/// Ticks to wait for a slot, by the video's share, by the kind of the line (bit 0: it is drawn, bit 1: the next one is), and by half the dot at
/// which the access is wanted.
static WAITS: [[[u8; Ticks::LINE.0 as usize / 2]; 4]; 2] = [kinds_of_waits(2), kinds_of_waits(4)];

const fn kinds_of_waits(every: u32) -> [[u8; Ticks::LINE.0 as usize / 2]; 4] {
    [
        waits(every, false, false),
        waits(every, true, false),
        waits(every, false, true),
        waits(every, true, true),
    ]
}

/// The kind of every line, and of the first lines of the next frame: an instruction may reach into it.
static KINDS: [u8; 512] = kinds();

const fn is_drawn(line: u32) -> bool {
    let line = line % LINES;
    line >= BLANK_LINES && line < BLANK_LINES + HEIGHT as u32
}

const fn kinds() -> [u8; 512] {
    let mut kinds = [0; 512];
    let mut line = 0;
    while line < kinds.len() {
        kinds[line] = is_drawn(line as u32) as u8 | (is_drawn(line as u32 + 1) as u8) << 1;
        line += 1;
    }
    kinds
}

const fn slot_is_taken(every: u32, drawn: bool, slot: u32) -> bool {
    (drawn && slot < VISIBLE_SLOTS && slot.is_multiple_of(every)) || slot == VISIBLE_SLOTS
}

const fn waits(every: u32, drawn: bool, next_drawn: bool) -> [u8; Ticks::LINE.0 as usize / 2] {
    let mut table = [0; Ticks::LINE.0 as usize / 2];
    let mut half = 0;
    while half < table.len() {
        let dot = half as u32 * 2;
        let mut slot = dot.div_ceil(SLOT);
        while slot_is_taken(
            every,
            if slot < SLOTS { drawn } else { next_drawn },
            slot % SLOTS,
        ) {
            slot += 1;
        }
        table[half] = (slot * SLOT - dot) as u8;
        half += 1;
    }
    table
}

/// How long an access to RAM waits that is wanted `offset` ticks after the beginning of the frame.
#[inline(always)]
pub(crate) fn ram_wait(share: Share, offset: u32) -> u64 {
    const LINE: u32 = Ticks::LINE.0 as u32;
    let kind = KINDS[(offset / LINE) as usize % KINDS.len()];
    u64::from(WAITS[share as usize][usize::from(kind & 3)][(offset % LINE) as usize / 2])
}

/// True while the beam is in horizontal blanking, `offset` ticks after the beginning of a frame (VIA PB6, "H4").
pub fn horizontal_blanking(offset: u64) -> bool {
    offset % Ticks::LINE.0 >= WIDTH as u64
}

/// Where a screen buffer begins in RAM, as a bus address below 4 MiB: the circuit counts down from the top of memory (IM III, "The video
/// interface").
pub fn buffer(main: bool) -> u32 {
    if main { 0x3F_A700 } else { 0x3F_2700 }
}

/// Where a screen buffer begins in the video RAM of an SE/30: a row of 64 bytes is left out at the top (MAME, Snow).
pub(crate) fn se30_buffer(main: bool) -> usize {
    if main { 0x8040 } else { 0x40 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words a second of back-to-back accesses over one frame.
    fn words_per_frame(wait: impl Fn(u32) -> u64) -> u64 {
        let (mut now, mut words) = (0_u64, 0);
        while now < Ticks::FRAME.0 {
            now += wait(now as u32) + 8;
            words += 1;
        }
        words
    }

    #[test]
    fn guide_average_access_rates_of_the_plus() {
        let bytes_per_second = |words: u64| words * 2 * Ticks::PER_SECOND / Ticks::FRAME.0;
        let ram = bytes_per_second(words_per_frame(|now| ram_wait(Share::Half, now)));
        let rom = bytes_per_second(words_per_frame(|_| 0));
        assert_eq!((ram + 5_000) / 10_000, 256, "{ram}");
        assert_eq!((rom + 5_000) / 10_000, 392, "{rom}");
    }

    #[test]
    fn the_se_gives_three_of_four_slots() {
        let words = words_per_frame(|now| ram_wait(Share::Quarter, now));
        // 28 blank lines of 87 slots and 342 of 71.
        assert!(words.abs_diff(28 * 87 + 342 * 71) <= 1, "{words}");
    }

    #[test]
    fn a_drawn_line_gives_every_other_slot_and_all_of_the_blanking_but_one() {
        let line = BLANK_LINES * 704;
        let ram_wait = |offset| ram_wait(Share::Half, offset);
        assert_eq!(ram_wait(line), 8);
        assert_eq!(ram_wait(line + 8), 0);
        assert_eq!(ram_wait(line + 2), 6);
        assert_eq!(ram_wait(line + 10), 14);
        assert_eq!(ram_wait(line + 512), 8);
        assert_eq!(ram_wait(line + 520), 0);
        assert_eq!(ram_wait(line + 528), 0);
        assert_eq!(ram_wait(line + 698), 14);
        assert_eq!(ram_wait(line - 6), 14);
        assert_eq!(ram_wait(0), 0);
        assert_eq!(ram_wait(512), 8);
    }
}

//! "Asynchronous Mode": TxD and RxD as levels in time, start bit to stop bit.
//!
//! The line rests at mark (true). What the shift register sends is laid out as edges when a character begins, and each edge happens
//! at its own time, so that a break, the loopback, the echo and a listener at another rate all see the same wire.

use super::registers::{
    self, AUTO_ECHO, AUTO_ENABLES, BREAK, CRC_OR_FRAMING, CTS, DCD, LOCAL_LOOPBACK, Mode, PARITY,
    PARITY_ENABLE, PARITY_EVEN, SEND_BREAK, SYNC_INHIBIT,
};
use super::{Unit, clocks::ticks};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Edges of TxD kept for whoever takes them; older ones are dropped.
const KEPT: usize = 4096;

/// TxD, RxD and the receiver's shift register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wires {
    /// Edges of the shift register's output that are still to come.
    planned: VecDeque<(Ticks, bool)>,
    /// What the shift register puts out.
    shifted: bool,
    /// The level of TxD.
    txd: bool,
    /// Edges of TxD that have happened and nobody has taken.
    pub(super) out: VecDeque<(Ticks, bool)>,
    /// Edges of RxD that are still to come.
    coming: VecDeque<(Ticks, bool)>,
    /// The level of RxD.
    rxd: bool,
    /// The receiver's input: RxD, or with local loopback what the transmitter sends.
    input: bool,
    assembly: Assembly,
}

/// Where the receiver is in a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Assembly {
    /// Waits for the edge of a start bit.
    #[default]
    Search,
    /// Samples in the middles of bits.
    Sampling {
        /// When the start bit began.
        start: Ticks,
        /// Length of a bit, in quarters of a tick.
        bit: u64,
        /// Samples taken; the first is the start bit's.
        taken: u8,
        /// Samples after the start bit, the first in bit 0.
        bits: u16,
    },
    /// A framing error: "an additional 1/2 bit" until the search goes on.
    Pause(Ticks),
    /// A break: until the line returns to mark.
    Break,
}

impl Default for Wires {
    fn default() -> Self {
        Wires {
            planned: VecDeque::new(),
            shifted: true,
            txd: true,
            out: VecDeque::new(),
            coming: VecDeque::new(),
            rxd: true,
            input: true,
            assembly: Assembly::Search,
        }
    }
}

impl Wires {
    pub(super) fn is_idle(&self) -> bool {
        self.next() == Ticks::NEVER
    }

    /// After a reset; the levels outside stay, and what nobody has taken.
    pub(super) fn reset(&mut self) {
        self.planned.clear();
        self.shifted = true;
        self.assembly = Assembly::Search;
    }

    pub(super) fn hear(&mut self, at: Ticks, level: bool) {
        self.coming.push_back((at, level));
    }

    /// When the receiver samples next.
    fn sample_due(&self) -> Ticks {
        match self.assembly {
            Assembly::Sampling {
                start, bit, taken, ..
            } => start + ticks(bit * (2 * u64::from(taken) + 1) / 2),
            Assembly::Pause(until) => until,
            Assembly::Search | Assembly::Break => Ticks::NEVER,
        }
    }

    /// When something next happens on the wires.
    pub(super) fn next(&self) -> Ticks {
        let front = |queue: &VecDeque<(Ticks, bool)>| queue.front().map_or(Ticks::NEVER, |e| e.0);
        front(&self.planned)
            .min(front(&self.coming))
            .min(self.sample_due())
    }
}

/// Data bits of a code of WR3 bits 7-6 and WR5 bits 6-5.
pub(super) fn length(code: u8) -> u8 {
    [5, 7, 6, 8][usize::from(code & 3)]
}

impl Unit {
    pub(super) fn loops_back(&self) -> bool {
        self.wr[14] & LOCAL_LOOPBACK != 0
    }

    /// WR5 bit 3, and with auto enables CTS, which loopback and echo ignore.
    pub(super) fn transmitter_on(&self) -> bool {
        let ready = self.wr[3] & AUTO_ENABLES == 0
            || self.external.is_set(CTS)
            || self.wr[14] & (LOCAL_LOOPBACK | AUTO_ECHO) != 0;
        self.wr[5] & registers::TX_ENABLE != 0 && ready
    }

    /// WR3 bit 0, and with auto enables DCD, which loopback ignores.
    pub(super) fn receiver_on(&self) -> bool {
        let ready =
            self.wr[3] & AUTO_ENABLES == 0 || self.external.is_set(DCD) || self.loops_back();
        self.wr[3] & registers::RX_ENABLE != 0 && ready
    }

    /// Moves a waiting character to the shift register when that is free.
    pub(super) fn start_character(&mut self, now: Ticks) {
        if self.mode() != Mode::Asynchronous || !self.transmitter_on() {
            return;
        }
        let Some(bit) = self.character_bit(self.transmit_quarters()) else {
            return;
        };
        let Some(byte) = self.take_transmit_buffer() else {
            return;
        };
        let count = match (length(self.wr[5] >> 5), byte) {
            // "Five or less": the bits that are not sent say how many are.
            (5, 0xF0..=0xF1) => 1,
            (5, 0xE0..=0xE3) => 2,
            (5, 0xC0..=0xC7) => 3,
            (5, 0x80..=0x8F) => 4,
            (count, _) => count,
        };
        let data = byte & 0xFF_u8 >> (8 - count);
        let mut bits = u32::from(data) << 1;
        let mut places = 1 + u64::from(count);
        if self.wr[4] & PARITY_ENABLE != 0 {
            let odd = self.wr[4] & PARITY_EVEN == 0;
            bits |= u32::from(data.count_ones().is_multiple_of(2) == odd) << places;
            places += 1;
        }
        bits |= 1 << places;
        let mut level = true;
        for place in 0..=places {
            let sent = bits >> place & 1 != 0;
            if sent != level {
                level = sent;
                let at = now + ticks(bit * place);
                self.wires.planned.push_back((at, level));
            }
        }
        // Stop bits in halves: 2, 3 or 4.
        let halves = 2 * places + u64::from(self.wr[4] >> 2 & 3) + 1;
        self.transmitter
            .shift_character(now + ticks(bit * halves / 2));
    }

    /// Length of a bit in quarters of a tick, from a clock of this period and the clock factor of WR4.
    fn character_bit(&self, clock: Option<u64>) -> Option<u64> {
        let factor = [1, 16, 32, 64][usize::from(self.wr[4] >> 6)];
        clock.map(|quarters| quarters * factor)
    }

    /// Performs the earliest thing on the wires, which is due at `at`: edges before samples.
    pub(super) fn wire_step(&mut self, at: Ticks) {
        let due = |queue: &VecDeque<(Ticks, bool)>| queue.front().is_some_and(|e| e.0 <= at);
        if due(&self.wires.planned) {
            if let Some((_, level)) = self.wires.planned.pop_front() {
                self.wires.shifted = level;
            }
            self.settle_wires(at);
        } else if due(&self.wires.coming) {
            if let Some((_, level)) = self.wires.coming.pop_front() {
                self.wires.rxd = level;
            }
            self.settle_wires(at);
        } else {
            self.sample(at);
        }
    }

    /// Brings TxD and the receiver's input in line with everything that drives them.
    ///
    /// A break begins and ends at once; the chip waits for the next edge of its transmit clock (inferred to be of no consequence).
    pub(super) fn settle_wires(&mut self, at: Ticks) {
        let sent = self.wires.shifted && self.wr[5] & SEND_BREAK == 0;
        let txd = if self.wr[14] & AUTO_ECHO != 0 {
            self.wires.rxd
        } else {
            sent
        };
        if txd != self.wires.txd {
            self.wires.txd = txd;
            self.wires.out.push_back((at, txd));
            if self.wires.out.len() > KEPT {
                self.wires.out.pop_front();
            }
        }
        let input = if self.loops_back() {
            sent
        } else {
            self.wires.rxd
        };
        if input == self.wires.input {
            return;
        }
        self.wires.input = input;
        match self.wires.assembly {
            Assembly::Search if !input => self.start_bit(at),
            Assembly::Break if input => {
                self.wires.assembly = Assembly::Search;
                self.external_change(BREAK, false);
            }
            _ => {}
        }
    }

    fn start_bit(&mut self, at: Ticks) {
        if self.mode() == Mode::Asynchronous
            && self.receiver_on()
            && let Some(bit) = self.character_bit(self.receive_quarters())
        {
            self.wires.assembly = Assembly::Sampling {
                start: at,
                bit,
                taken: 0,
                bits: 0,
            };
        }
    }

    fn sample(&mut self, at: Ticks) {
        let Assembly::Sampling {
            start,
            bit,
            mut taken,
            mut bits,
        } = self.wires.assembly
        else {
            self.wires.assembly = Assembly::Search;
            if !self.wires.input {
                self.start_bit(at);
            }
            return;
        };
        if self.mode() != Mode::Asynchronous || !self.receiver_on() {
            self.wires.assembly = Assembly::Search;
            return;
        }
        let level = self.wires.input;
        if taken == 0 && level {
            // "If the line is still Low one-half bit time later": it is not, so this was no start bit.
            self.wires.assembly = Assembly::Search;
            return;
        }
        let count = length(self.wr[3] >> 6);
        let parity = self.wr[4] & PARITY_ENABLE != 0;
        let last = count + u8::from(parity) + 1;
        if taken > 0 {
            bits |= u16::from(level) << (taken - 1);
        }
        if taken < last {
            taken += 1;
            self.wires.assembly = Assembly::Sampling {
                start,
                bit,
                taken,
                bits,
            };
            return;
        }
        self.wires.assembly = if level {
            Assembly::Search
        } else if bits == 0 {
            Assembly::Break
        } else {
            Assembly::Pause(at + ticks(bit / 2))
        };
        self.receive_character(count, parity, bits, level);
        if bits == 0 && !level {
            self.external_change(BREAK, true);
        }
    }

    /// A character is complete: `bits` are the data, then the parity bit if there is one, then the stop bit.
    ///
    /// A break is taken at its beginning as the "single null character" that it leaves (inferred: the manual says only that one is in
    /// the FIFO when it ends).
    fn receive_character(&mut self, count: u8, parity: bool, bits: u16, stop: bool) {
        let mut status = 0;
        let wide = if parity { count + 1 } else { count };
        if parity {
            let ones = (bits & ((1 << wide) - 1)).count_ones();
            let even = self.wr[4] & PARITY_EVEN != 0;
            if ones.is_multiple_of(2) != even {
                status |= PARITY;
            }
        }
        if !stop {
            status |= CRC_OR_FRAMING;
        }
        // The parity bit goes with the data unless they are eight; the bits above are ones.
        let kept = 0xFF_u8 >> 8_u8.saturating_sub(wide);
        let byte = bits as u8 & kept | !kept;
        let mask = 0xFF_u8 >> (8 - count);
        if self.wr[3] & SYNC_INHIBIT != 0 && (byte ^ self.wr[6]) & mask == 0 {
            return;
        }
        self.receiver.fifo.push(byte, status);
    }
}

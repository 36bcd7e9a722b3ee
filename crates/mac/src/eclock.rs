//! Cycles synchronised with the E clock: VIA registers and interrupt acknowledge.
//!
//! E is low for six and high for four CPU clocks (UM, "M6800 peripheral interface"); here it falls at multiples of 20 ticks. A
//! peripheral answers with VPA instead of DTACK. The CPU samples it as it does DTACK, asserts VMA only if E is still low for long enough, and
//! the transfer ends with the falling edge of E: between 10 clocks (best case) and 19 (worst case), the figures of the UM's timing
//! diagrams. The position of the sampling point relative to E, three clocks before its rising edge, is the one the open-source Minimig core
//! documents.

use clock::Ticks;

/// Clocks of E, in ticks.
const E: u64 = Ticks::VIA.0;

/// The last CPU clock of an E period in which a cycle may begin and still use that period, counted from E's falling edge.
const LAST_START: u64 = 1;

/// For a bus cycle that begins at `start`, of a CPU whose clock is `clock` ticks: the falling edge of E at which the peripheral transfers, and
/// the end of the cycle. That the SE/30, whose CPU has no E, synchronises with its VIAs' clock in the same way is inference.
pub fn cycle(start: u64, clock: u64) -> (u64, u64) {
    let phase = start % E;
    let fall = start - phase
        + if phase / Ticks::CPU.0 <= LAST_START {
            E
        } else {
            2 * E
        };
    (fall, fall + clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn um_6800_cycles_take_10_clocks_at_best_and_19_at_worst() {
        let lengths: Vec<u64> = (0..10)
            .map(|clock| (cycle(clock * 2, 2).1 - clock * 2) / 2)
            .collect();
        assert_eq!(lengths, [11, 10, 19, 18, 17, 16, 15, 14, 13, 12]);
    }

    #[test]
    fn the_transfer_happens_at_the_falling_edge_of_e() {
        assert!((0..1000).all(|start| cycle(start, 2).0.is_multiple_of(20)));
    }
}

//! Ancillary circuitry: the baud rate generator and the digital phase-locked loop.

use super::Unit;
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// One clock of RTxC (and of PCLK, which has the same source) is 17/4 periods of the time base.
const RTXC_QUARTERS: u64 = 17;

/// The digital phase-locked loop. Not a model of its counter: it locks on the first transition and keeps locked while the cable
/// has a carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dpll {
    /// "Enter search mode" was commanded, and "disable" not since.
    enabled: bool,
    /// FM mode, else NRZI.
    fm: bool,
    /// Its clock is the baud rate generator, else RTxC.
    from_generator: bool,
    locked: bool,
    /// Bits 7 (one clock missing) and 6 (two clocks missing) of RR10.
    missing: u8,
}

impl Dpll {
    /// WR14 bits 7-5.
    pub(super) fn command(&mut self, command: u8) {
        match command {
            1 => {
                self.enabled = true;
                self.locked = false;
                self.missing = 0;
            }
            2 => self.missing = 0,
            3 => {
                self.enabled = false;
                self.locked = false;
                self.missing = 0;
            }
            4 => self.from_generator = true,
            5 => self.from_generator = false,
            6 => self.fm = true,
            7 => self.fm = false,
            _ => {}
        }
    }

    /// Transitions on the line.
    pub(super) fn transitions(&mut self) {
        self.locked |= self.enabled;
    }

    /// The line has gone quiet. Two successive clocks without an edge: both bits are set and latched, and the loop searches
    /// again. Only FM has a clock to miss.
    pub(super) fn silence(&mut self) {
        if self.locked && self.fm {
            self.missing = 0xC0;
        }
        self.locked = false;
    }

    /// RR10 (its loop-mode bits are 0: the Macintosh has no SDLC loop).
    pub(super) fn missing_clocks(self) -> u8 {
        self.missing
    }
}

impl Unit {
    /// Half of the generator's output period is the time constant + 2 clocks of its source; in quarters of a tick.
    fn generator_quarters(&self) -> Option<u64> {
        let constant = u64::from(self.wr[13]) << 8 | u64::from(self.wr[12]);
        (self.wr[14] & 1 != 0).then_some(2 * (constant + 2) * RTXC_QUARTERS)
    }

    fn dpll_quarters(&self) -> Option<u64> {
        let source = if self.dpll.from_generator {
            self.generator_quarters()?
        } else {
            RTXC_QUARTERS
        };
        self.dpll
            .enabled
            .then_some(source * if self.dpll.fm { 16 } else { 32 })
    }

    /// Period of the transmit clock (WR11 bits 4-3), in quarters of a tick; `None` when there is no clock. TRxC is not
    /// connected to a clock in a Macintosh.
    fn transmit_quarters(&self) -> Option<u64> {
        match self.wr[11] >> 3 & 3 {
            0 => Some(RTXC_QUARTERS),
            1 => None,
            2 => self.generator_quarters(),
            _ => self.dpll_quarters(),
        }
    }

    /// Whether the transmitter sends what LocalTalk stations understand: 230.4 kbit/s, FM0, 8 bits.
    pub(super) fn sends_localtalk(&self) -> bool {
        // In SDLC the clock factor is always 1.
        self.transmit_quarters() == Some(Ticks::BIT.0 * 4)
            && self.wr[10] & 0x60 == 0x60
            && self.wr[5] & 0x60 == 0x60
    }

    /// Whether the receiver decodes what LocalTalk stations send.
    pub(super) fn receives_localtalk(&self) -> bool {
        self.wr[11] & 0x60 == 0x60
            && self.dpll.fm
            && self.dpll_quarters() == Some(Ticks::BIT.0 * 4)
            && self.wr[10] & 0x60 == 0x60
            && self.wr[3] & 0xC0 == 0xC0
    }

    /// Length of an asynchronous character with start and stop bits; `None` without a clock.
    pub(super) fn character_time(&self) -> Option<Ticks> {
        let factor = [1, 16, 32, 64][usize::from(self.wr[4] >> 6)];
        let bits = [5, 7, 6, 8][usize::from(self.wr[5] >> 5 & 3)] + u64::from(self.wr[4] & 1);
        // Stop bits in halves: 2, 3 or 4; one start bit.
        let halves = 2 * (1 + bits) + u64::from(self.wr[4] >> 2 & 3) + 1;
        self.transmit_quarters()
            .map(|quarters| Ticks((quarters * factor * halves).div_ceil(8)))
    }
}

//! The Apple Desktop Bus Mouse.

use serde::{Deserialize, Serialize};

/// The farthest that one report tells on each axis: seven bits, two's complement.
const REPORT: std::ops::RangeInclusive<i32> = -64..=63;

/// A mouse: register 0 tells the button and how far it has gone since the last report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mouse {
    right: i32,
    down: i32,
    pressed: bool,
    /// The button as last told.
    told: bool,
}

impl Mouse {
    /// It goes so many counts to the right and down (negative: left, up).
    pub fn moved(&mut self, right: i32, down: i32) {
        self.right = self.right.saturating_add(right);
        self.down = self.down.saturating_add(down);
    }

    /// The button goes down or comes up.
    pub fn button(&mut self, pressed: bool) {
        self.pressed = pressed;
    }

    /// Handlers 1 and 2 differ in the counts per inch, 100 and 200 (HW 01); counts are what [`Mouse::moved`] is told.
    pub(super) fn has_handler(handler: u8) -> bool {
        matches!(handler, 1 | 2)
    }

    pub(super) fn has_data(&self) -> bool {
        (self.right, self.down) != (0, 0) || self.pressed != self.told
    }

    /// Forgets the distance; the button is where it is.
    pub(super) fn flush(&mut self) {
        (self.right, self.down) = (0, 0);
        self.told = self.pressed;
    }

    fn report(&self) -> (i32, i32) {
        (
            self.right.clamp(*REPORT.start(), *REPORT.end()),
            self.down.clamp(*REPORT.start(), *REPORT.end()),
        )
    }

    /// Register 0: bit 15 = 0 while the button is down, 14-8 = down, bit 7 = 1, 6-0 = right (Guide, table 8-4).
    pub(super) fn offer(&self, register: u8) -> Option<[u8; 2]> {
        if register != 0 || !self.has_data() {
            return None;
        }
        let (right, down) = self.report();
        let released = if self.pressed { 0 } else { 0x80 };
        Some([released | down as u8 & 0x7F, 0x80 | right as u8 & 0x7F])
    }

    /// A report has gone out; what it could not tell stays for the next.
    pub(super) fn sent(&mut self) {
        let (right, down) = self.report();
        self.right -= right;
        self.down -= down;
        self.told = self.pressed;
    }
}

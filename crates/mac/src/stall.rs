//! Accesses that wait for DRQ (SCSI with handshake, SE and SE/30).
//!
//! DRQ of the 5380 gates DTACK (SE) or DSACK (SE/30): the CPU stands still in the middle of an access until DRQ is true, or until the time limit is
//! over and BERR ends the cycle. It takes no interrupt meanwhile; everything else goes on at its own times.
//!
//! The core executes an instruction in one go, but a machine must not run past the end of its step, as nobody knows yet what others put on the cable
//! after it. An access that lasts longer is therefore given up: the instruction is *abandoned*, as if it had not begun, the machine waits as many
//! steps as it takes, and then the instruction is executed *again* from its beginning. Device cycles that it had completed are not made a second
//! time; what they gave was kept. Plain memory is read and written a second time, which changes nothing. Time runs on from the moment at which the
//! access got its DRQ.

use crate::bus::Bus;
use clock::Ticks;
use m68k::core::memory::BusFault;
use serde::{Deserialize, Serialize};

/// What is known of an instruction that may have to be executed again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stall {
    /// What the device cycles of this instruction gave.
    done: Vec<u16>,
    /// How many of them have been taken again.
    repeated: usize,
    waiting: Option<Waiting>,
    /// The instruction is being given up: until the core is done with it, no access has any effect.
    pub abandoning: bool,
}

/// An access that stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    /// The beginning of its cycle.
    start: u64,
    /// What the instruction had waited before.
    waited: u64,
    end: Option<End>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    /// DRQ is true since then.
    Drq(u64),
    /// The time limit was over then.
    Limit(u64),
}

impl Stall {
    /// An access stands still.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some_and(|waiting| waiting.end.is_none())
    }

    /// The instruction is executed again.
    pub fn is_repeating(&self) -> bool {
        self.waiting.is_some()
    }

    /// What a device cycle gave the first time, when it is made again.
    #[inline]
    pub fn repeated(&mut self) -> Option<u16> {
        let value = *self.done.get(self.repeated)?;
        self.repeated += 1;
        Some(value)
    }

    /// A device cycle was completed.
    pub fn completed(&mut self, value: u16) {
        self.done.push(value);
        self.repeated = self.done.len();
    }

    /// The instruction is over.
    #[inline]
    pub fn instruction_ended(&mut self) {
        if !self.done.is_empty() {
            self.done.clear();
        }
        self.repeated = 0;
    }
}

impl Bus {
    /// A cycle with handshake that begins now: the times at which the chip sees it and at which it ends.
    ///
    /// # Errors
    /// A bus error after the time limit, or when the instruction has to be abandoned.
    pub(crate) fn wait_for_drq(&mut self, address: u32) -> Result<(u64, u64), BusFault> {
        let waiting = match self.stall.waiting.take() {
            Some(waiting) => waiting,
            None => Waiting {
                start: self.now,
                waited: self.waited,
                end: None,
            },
        };
        let start = waiting.start;
        // Without waiting, the chip sees the access one clock before the end of a cycle of four.
        let seen = start + 3 * self.clock;
        match waiting.end.or_else(|| self.pass(seen, start)) {
            Some(End::Drq(at)) => {
                self.waited = waiting.waited;
                let at = seen.max(at.next_multiple_of(self.clock));
                self.now = start;
                Ok((at, at + self.clock))
            }
            Some(End::Limit(at)) => {
                self.waited = waiting.waited;
                self.end_cycle(start, at.next_multiple_of(self.clock));
                Err(self.fault(address))
            }
            None => {
                self.stall.waiting = Some(waiting);
                self.stall.abandoning = true;
                self.lay_out();
                Err(self.fault(address))
            }
        }
    }

    /// Lets the wait go on until the end of the step; false when it is not over by then.
    pub(crate) fn wait_on(&mut self) -> bool {
        let Some(waiting) = self.stall.waiting else {
            return true;
        };
        let end = self.pass(self.now, waiting.start);
        self.now = match end {
            Some(End::Drq(at) | End::Limit(at)) => at,
            None => self.until.max(self.now),
        };
        self.stall.waiting = Some(Waiting { end, ..waiting });
        end.is_some()
    }

    /// The core is done with the instruction that was given up: time stands at the end of the step.
    pub(crate) fn abandoned(&mut self) {
        self.stall.abandoning = false;
        self.stall.repeated = 0;
        self.now = self
            .until
            .max(self.stall.waiting.map_or(0, |waiting| waiting.start));
        self.lay_out();
    }

    /// Everything happens at its time from `now` on, until an access that began at `start` gets its DRQ or is ended; `None` when the step is
    /// over before.
    fn pass(&mut self, mut now: u64, start: u64) -> Option<End> {
        let limit = start + self.scsi_timeout.0;
        loop {
            self.run_events(Ticks(now));
            let (bus, tracer) = (&mut self.scsi, &mut self.tracer);
            if self.ncr.drq(Ticks(now), bus, tracer) {
                self.scsi_accessed(Ticks(now));
                return Some(End::Drq(now));
            }
            if now >= limit {
                return Some(End::Limit(now));
            }
            if now >= self.until {
                return None;
            }
            let horizon = limit.min(self.until).min(self.agenda.next().0);
            let (bus, tracer) = (&mut self.scsi, &mut self.tracer);
            let found = self.ncr.wait_drq(Ticks(now), Ticks(horizon), bus, tracer);
            now = found.map_or(horizon, |at| at.0);
            self.scsi_accessed(Ticks(now));
        }
    }
}

//! Looking at a running CPU: history, breakpoints, watched words, a sampled profile.
//!
//! A probe never changes what it looks at and is no part of the machine's state. While nothing is asked of it, it costs nothing: the run loop
//! is compiled twice, with and without it.

use clock::Ticks;
use std::collections::VecDeque;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The time was reached.
    Reached,
    /// The next instruction is at a breakpoint.
    Breakpoint {
        /// Its address.
        pc: u32,
    },
    /// A watched word changed.
    Watch {
        /// Its address.
        address: u32,
        /// What it holds now.
        value: u16,
        /// The instruction that changed it, or during which it changed.
        pc: u32,
    },
    /// The time was reached with the CPU halted by a double fault.
    Halted,
}

/// One executed instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it was complete.
    pub at: Ticks,
    /// Its address.
    pub pc: u32,
    /// The status register after it.
    pub sr: u16,
    /// The stack pointer after it.
    pub sp: u32,
}

/// A sample of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: Ticks,
    /// The instruction that had just been executed, or the one after STOP.
    pub pc: u32,
    /// The status register.
    pub sr: u16,
}

/// What a [`crate::Mac`] is asked to look out for.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    history: VecDeque<Step>,
    keep: usize,
    breakpoints: Vec<u32>,
    watches: Vec<(u32, u16)>,
    sample_every: Ticks,
    next_sample: Ticks,
    samples: Vec<Sample>,
}

impl Probe {
    /// Keeps the last `steps` instructions; 0 keeps none.
    pub fn keep_history(&mut self, steps: usize) {
        self.keep = steps;
        self.history.truncate(steps);
    }

    /// The last instructions, oldest first.
    pub fn history(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.history.iter()
    }

    /// Stops before the instruction at `pc`.
    pub fn add_breakpoint(&mut self, pc: u32) {
        if let Err(place) = self.breakpoints.binary_search(&pc) {
            self.breakpoints.insert(place, pc);
        }
    }

    /// No longer stops before the instruction at `pc`.
    pub fn remove_breakpoint(&mut self, pc: u32) {
        self.breakpoints.retain(|&other| other != pc);
    }

    /// Stops after an instruction that changed the word at the even `address`, which now holds `value`.
    pub fn add_watch(&mut self, address: u32, value: u16) {
        self.watches.push((address & !1, value));
    }

    /// No longer watches the word at `address`.
    pub fn remove_watch(&mut self, address: u32) {
        self.watches.retain(|&(other, _)| other != address & !1);
    }

    /// Samples the program counter every `period`; zero ends it.
    pub fn sample_every(&mut self, period: Ticks) {
        self.sample_every = period;
        self.next_sample = Ticks::ZERO;
    }

    /// Takes the samples so far.
    pub fn take_samples(&mut self) -> Vec<Sample> {
        std::mem::take(&mut self.samples)
    }

    /// True when the run loop has to call.
    pub(crate) fn is_active(&self) -> bool {
        self.keep > 0
            || self.sample_every > Ticks::ZERO
            || !self.breakpoints.is_empty()
            || !self.watches.is_empty()
    }

    /// An instruction was executed; the reason to stop, if it is one.
    pub(crate) fn executed(
        &mut self,
        step: Step,
        next: u32,
        peek: impl Fn(u32) -> u16,
    ) -> Option<Stop> {
        if self.keep > 0 {
            if self.history.len() == self.keep {
                self.history.pop_front();
            }
            self.history.push_back(step);
        }
        self.sample(step.at, step.pc, step.sr);
        for (address, old) in &mut self.watches {
            let value = peek(*address);
            if value != *old {
                *old = value;
                return Some(Stop::Watch {
                    address: *address,
                    value,
                    pc: step.pc,
                });
            }
        }
        self.breakpoints
            .binary_search(&next)
            .is_ok()
            .then_some(Stop::Breakpoint { pc: next })
    }

    /// Adds the samples that are due at `at`: several after a time in which nothing was executed.
    pub(crate) fn sample(&mut self, at: Ticks, pc: u32, sr: u16) {
        if self.sample_every == Ticks::ZERO {
            return;
        }
        if self.next_sample == Ticks::ZERO {
            self.next_sample = at;
        }
        while self.next_sample <= at {
            self.samples.push(Sample {
                at: self.next_sample,
                pc,
                sr,
            });
            self.next_sample += self.sample_every;
        }
    }
}

use super::symbols::{Frame, Memory, Symbols};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Where a CPU was at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When.
    pub at: Ticks,
    /// Its program counter.
    pub pc: u32,
    /// Its status register.
    pub sr: u16,
}

/// Where a CPU has been lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuWatch {
    samples: VecDeque<Sample>,
}

/// Bytes of a stack that are looked through.
const STACK: u32 = 3000;
/// Samples kept: the last half minute.
const KEPT: usize = 3600;

impl CpuWatch {
    /// The time between samples: not a divisor of the video frame, so that work done once a frame is seen.
    pub const INTERVAL: Ticks = Ticks(544 * 251);

    /// Adds a sample.
    pub fn see(&mut self, sample: Sample) {
        if self.samples.len() == KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The samples taken since `since`.
    pub fn since(&self, since: Ticks) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.at >= since)
    }

    /// Where the CPU spent its time since `since`: program and share in percent, largest first.
    pub fn shares(&self, since: Ticks, symbols: &Symbols) -> Vec<(&'static str, usize)> {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut total = 0;
        for sample in self.since(since) {
            *counts
                .entry(symbols.program_at(sample.pc).unwrap_or("elsewhere"))
                .or_default() += 1;
            total += 1;
        }
        let mut shares: Vec<_> = counts
            .into_iter()
            .map(|(name, count)| (name, count * 100 / total.max(1)))
            .collect();
        shares.sort_by_key(|&(name, share)| (std::cmp::Reverse(share), name));
        shares
    }

    /// The one routine that the CPU was in at every sample since `since`, if there is one.
    pub fn stuck_in(&self, since: Ticks, symbols: &Symbols) -> Option<&'static str> {
        let at_task_level: Vec<_> = self.since(since).collect();
        // The clock interrupt goes on in a machine that hangs at level 0; it may be caught now and then.
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for sample in &at_task_level {
            *counts
                .entry(symbols.symbol(sample.pc).unwrap_or("?"))
                .or_default() += 1;
        }
        let (name, count) = counts.into_iter().max_by_key(|&(_, count)| count)?;
        (at_task_level.len() >= 10 && count * 10 >= at_task_level.len() * 8).then_some(name)
    }
}

/// A machine that has stopped making progress, looked at from outside.
pub struct Stopped<'a, M: Memory> {
    /// Its memory.
    pub memory: &'a M,
    /// The code in it.
    pub symbols: &'a Symbols,
    /// Program counter, status register and stack pointer now.
    pub now: (u32, u16, u32),
}

impl<M: Memory> Stopped<'_, M> {
    /// The caller of `SCSIGet` that owns the SCSI Manager now.
    pub fn scsi_owner(&self) -> Option<u32> {
        let owner = self.memory.long(self.symbols.rom().address("scsi_owner")?);
        (owner != 0).then_some(owner)
    }

    /// Program, symbol and level in one line.
    pub fn place(&self) -> String {
        let (pc, sr, _) = self.now;
        format!(
            "program counter {pc:06X} in {}, interrupt level {}",
            self.symbols.name(pc),
            (sr >> 8) & 7
        )
    }

    /// The frames of the stack, innermost first. The File Manager works on a stack of its own, which ends at `HFSStkTop` (*Inside Macintosh IV*,
    /// low memory); behind it comes the stack of whoever entered it.
    fn frames(&self) -> Vec<Frame> {
        const HFS_STK_TOP: u32 = 0x36A;
        const HFS_STACK: u32 = 8 << 10;
        let (sp, top) = (self.now.2, self.memory.long(HFS_STK_TOP));
        if !(top.saturating_sub(HFS_STACK)..top).contains(&sp) {
            return self.symbols.stack(self.memory, sp, STACK);
        }
        let mut frames = self.symbols.stack(self.memory, sp, top - sp);
        if let Some(entered) = self.symbols.rom().address("fs_caller_sp") {
            frames.extend(
                self.symbols
                    .stack(self.memory, self.memory.long(entered), STACK),
            );
        }
        frames
    }

    /// The calls and interruptions that led here, innermost first, at most `limit` of them. Of calls inside the ROM only the innermost of each
    /// row is shown.
    pub fn calls(&self, limit: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut in_rom = false;
        let frames = self.frames();
        // What lies on the stack more than once is left over from earlier calls.
        let once = |frame: &&Frame| frames.iter().filter(|other| other == frame).count() == 1;
        for frame in frames.iter().filter(once) {
            let rom = self.symbols.program_at(frame.address) == Some(self.symbols.rom().name)
                && !frame.interrupted;
            if rom && in_rom {
                continue;
            }
            in_rom = rom;
            let how = if frame.interrupted {
                "interrupting"
            } else {
                "called from"
            };
            let line = format!("{how} {}", self.symbols.name(frame.address));
            if lines.last() != Some(&line) {
                lines.push(line);
            }
        }
        lines.truncate(limit);
        lines
    }

    /// Programs whose calls are on the stack, innermost first, without repetitions.
    pub fn programs_on_stack(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for frame in self.frames() {
            if let Some(name) = self
                .symbols
                .program_at(frame.address)
                .filter(|name| *name != self.symbols.rom().name)
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }
}

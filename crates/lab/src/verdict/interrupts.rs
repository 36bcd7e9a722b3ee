use super::symbols::Symbols;
use clock::Ticks;
use mac::Mac;
use mac::interrupts::Stretch;
use serde::Serialize;

/// A time during which a machine did not serve interrupts of a level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The machine.
    pub machine: String,
    /// The level, 1 to 7.
    pub level: u8,
    /// Its length in microseconds.
    pub longest_us: u64,
    /// When it began.
    pub at_seconds: f64,
    /// The instruction, as six hexadecimal digits: the one that raised the mask, or that was interrupted.
    pub pc: String,
    /// The same as program and symbol, as far as the program is still in memory.
    pub symbol: String,
    /// It had not ended when the run did.
    pub unfinished: bool,
}

/// How long interrupts of a level were masked altogether.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Masked {
    /// The machine.
    pub machine: String,
    /// The level, 1 to 7.
    pub level: u8,
    /// The sum of all stretches in microseconds, one that had not ended included.
    pub total_us: u64,
}

/// How long interrupts were masked, and how long they waited.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Intervals {
    /// The longest stretches during which the status register masked a level, the longest first, by machine and level.
    pub masked: Vec<Interval>,
    /// The sum of all such stretches, by machine and level.
    pub totals: Vec<Masked>,
    /// The longest times from a request to the first instruction of its handler.
    pub latency: Vec<Interval>,
}

impl Intervals {
    /// Adds what is known of `mac`. Levels at which it has never taken an interrupt are left out: nobody waited.
    pub fn add(&mut self, machine: &str, mac: &Mac, symbols: &Symbols) {
        let interval = |stretch: &Stretch, unfinished: bool| Interval {
            machine: machine.to_owned(),
            level: stretch.level,
            longest_us: stretch.ticks.as_micros(),
            at_seconds: seconds(stretch.since),
            pc: format!("{:06X}", stretch.pc),
            symbol: match stretch.since {
                Ticks::ZERO => "power-on".to_owned(),
                _ => symbols.name(stretch.pc),
            },
            unfinished,
        };
        let statistics = mac.interrupts();
        for level in (1..8_u8).filter(|&level| statistics.accepted[usize::from(level)] > 0) {
            let ended = statistics
                .stretches
                .iter()
                .filter(|one| one.level == level)
                .map(|one| interval(one, false));
            let open = mac.masked(level).map(|one| interval(&one, true));
            let mut of_level: Vec<Interval> = ended.chain(open).collect();
            of_level.sort_by_key(|one| std::cmp::Reverse(one.longest_us));
            self.masked.append(&mut of_level);
            let ended = statistics.masked[usize::from(level)];
            let open = mac.masked(level).map_or(Ticks::ZERO, |one| one.ticks);
            self.totals.push(Masked {
                machine: machine.to_owned(),
                level,
                total_us: (ended + open).as_micros(),
            });
        }
        self.latency
            .extend(statistics.waits.iter().map(|one| interval(one, false)));
    }
}

fn seconds(ticks: Ticks) -> f64 {
    ticks.as_micros() as f64 / 1e6
}

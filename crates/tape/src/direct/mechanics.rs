use crate::Counters;
use crate::drive::figures::Figures;
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use trace::{TapeEvent, Tracer};

/// A formatted cartridge: blocks with addresses. Blocks that were never written hold zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCartridge {
    pub(super) blocks: BTreeMap<u32, Vec<u8>>,
    /// Its plug is set to SAFE.
    pub write_protected: bool,
}

impl BlockCartridge {
    /// A formatted cartridge without data.
    pub fn new() -> BlockCartridge {
        BlockCartridge::default()
    }

    /// What the block with this address holds; `None` when it was never written.
    pub fn block(&self, address: u32) -> Option<&[u8]> {
        self.blocks.get(&address).map(Vec::as_slice)
    }
}

/// What the tape does. Every motion but standstill ends at a known time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Motion {
    Empty,
    /// Unloaded by START STOP UNIT.
    Unloaded,
    Stopped,
    /// Retension, calibration of the head, a first reading.
    Loading {
        until: Ticks,
    },
    /// Going to the block `at`, or stopping behind the last one.
    Seeking {
        until: Ticks,
        run: bool,
    },
    /// The block `at` passes the head.
    Passing {
        until: Ticks,
        write: bool,
    },
    /// Formatting the whole tape.
    Formatting {
        until: Ticks,
    },
}

/// The transport of a tape with block addresses: it goes to an address, and streams as long as the addresses that are wanted follow one another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Transport {
    pub figures: Figures,
    pub stream: Stream,
    pub cartridge: Option<BlockCartridge>,
    pub motion: Motion,
    /// The block that passes the head next.
    pub at: u32,
    /// Blocks that are to be written, with their addresses.
    pub queue: VecDeque<(u32, Vec<u8>)>,
    /// The first of the blocks that were read into the buffer, and how many there are.
    pub first: u32,
    pub ahead: u32,
    /// Blocks are read into the buffer.
    pub reading: bool,
    pub counters: Counters,
}

impl Transport {
    pub fn new(figures: Figures, cartridge: Option<BlockCartridge>, stream: Stream) -> Transport {
        Transport {
            figures,
            stream,
            cartridge,
            motion: Motion::Empty,
            at: 0,
            queue: VecDeque::new(),
            first: 0,
            ahead: 0,
            reading: false,
            counters: Counters::default(),
        }
    }

    /// Blocks of the cartridge.
    pub fn blocks(&self) -> u32 {
        (self.figures.frames / self.frames()) as u32
    }

    /// Frames of a block.
    fn frames(&self) -> u64 {
        self.figures.record(self.figures.block)
    }

    /// Blocks that the buffer holds.
    pub fn room(&self) -> usize {
        (self.figures.buffer / self.frames()) as usize
    }

    pub fn load(&mut self, now: Ticks, time: Ticks, tracer: &mut Tracer) {
        self.queue.clear();
        self.forget();
        self.at = 0;
        self.motion = Motion::Empty;
        if self.cartridge.is_some() {
            let event = TapeEvent::Motion {
                kind: "load".into(),
                ticks: time.0,
            };
            tracer.emit(now, event);
            self.motion = Motion::Loading { until: now + time };
        }
    }

    /// Forgets what was read.
    pub fn forget(&mut self) {
        self.reading = false;
        self.ahead = 0;
    }

    pub fn wake(&self) -> Ticks {
        match self.motion {
            Motion::Empty | Motion::Unloaded | Motion::Stopped => Ticks::NEVER,
            Motion::Loading { until }
            | Motion::Seeking { until, .. }
            | Motion::Passing { until, .. }
            | Motion::Formatting { until } => until,
        }
    }

    pub fn advance(&mut self, now: Ticks, tracer: &mut Tracer) {
        while self.wake() <= now {
            let at = self.wake();
            match self.motion {
                Motion::Seeking { run: true, .. } => {
                    tracer.emit(at, TapeEvent::Streaming);
                    self.go_on(at, tracer);
                }
                Motion::Passing { write, .. } => {
                    self.passed(write);
                    self.go_on(at, tracer);
                }
                _ => {
                    self.motion = Motion::Stopped;
                    self.consider(at, tracer);
                }
            }
        }
    }

    fn passed(&mut self, write: bool) {
        let address = self.at;
        self.at += 1;
        if write {
            let (_, data) = self.queue.pop_front().expect("a block was written");
            if let Some(cartridge) = &mut self.cartridge {
                cartridge.blocks.insert(address, data);
            }
            self.counters.blocks += 1;
        } else if address == self.first + self.ahead {
            // What is not wanted any more passes by.
            self.ahead += u32::from(self.reading);
        }
    }

    /// The address at which the tape has something to do.
    fn wanted(&self) -> Option<(u32, bool)> {
        if let Some(&(address, _)) = self.queue.front() {
            return Some((address, true));
        }
        let next = self.first + self.ahead;
        let reads = self.reading && (self.ahead as usize) < self.room() && next < self.blocks();
        reads.then_some((next, false))
    }

    /// The tape runs and `at` comes: streams on, or goes elsewhere, or stops.
    fn go_on(&mut self, now: Ticks, tracer: &mut Tracer) {
        match self.wanted() {
            Some((address, write)) if address == self.at => {
                let edge =
                    (u64::from(address) * self.frames()).is_multiple_of(self.figures.track_blocks);
                let turn = if address > 0 && edge {
                    self.mechanical(self.figures.turn)
                } else {
                    Ticks::ZERO
                };
                let until = now + turn + self.figures.frame_time * self.frames();
                self.motion = Motion::Passing { until, write };
            }
            _ => {
                let time = self.mechanical(self.figures.reposition);
                self.counters.repositions += 1;
                let event = TapeEvent::Reposition {
                    buffered: (self.queue.len() * self.figures.block) as u32,
                    ticks: time.0,
                };
                tracer.emit(now, event);
                self.motion = Motion::Seeking {
                    until: now + time,
                    run: false,
                };
            }
        }
    }

    /// Starts the tape if it is at rest and there is a reason to.
    pub fn consider(&mut self, now: Ticks, tracer: &mut Tracer) {
        if self.motion != Motion::Stopped {
            return;
        }
        if let Some((address, _)) = self.wanted() {
            let frames = |block: u32| u64::from(block) * self.frames();
            let way = self
                .figures
                .along(frames(self.at))
                .abs_diff(self.figures.along(frames(address)));
            let seek = Ticks((self.figures.frame_time * way).0 / self.figures.search);
            let time = self.mechanical(self.figures.start) + seek;
            let buffered = (self.queue.len() * self.figures.block) as u32;
            tracer.emit(now, TapeEvent::Start { buffered });
            self.at = address;
            self.motion = Motion::Seeking {
                until: now + time,
                run: true,
            };
        }
    }

    fn mechanical(&mut self, time: Ticks) -> Ticks {
        self.figures.mechanical(time, &mut self.stream)
    }

    /// Erases every block; takes the time in which all tracks pass.
    pub fn format(&mut self, now: Ticks) {
        if let Some(cartridge) = &mut self.cartridge {
            cartridge.blocks.clear();
        }
        self.forget();
        self.at = 0;
        let until = now + self.figures.frame_time * self.figures.frames;
        self.motion = Motion::Formatting { until };
    }
}

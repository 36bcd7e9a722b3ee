//! What happened, when, to whom: typed events and their run hash.
//!
//! Devices record events into a [`Tracer`]; the world drains it, feeds every record to the [`RunHash`] and to whoever
//! looks at the run. Events are recorded and hashed whether or not anybody writes them to a file, so looking changes nothing. They
//! are therefore coarse: a command, a frame, a burst of lost bytes; never one event for each byte that went well.

mod chips;
mod hash;
mod localtalk;
mod scsi;
mod tape;

pub use chips::ChipEvent;
pub use hash::RunHash;
pub use localtalk::{LineEvent, WireFault};
pub use scsi::ScsiEvent;
pub use tape::TapeEvent;

use clock::Ticks;
use serde::{Deserialize, Serialize};

/// One event, with its source's kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Something on a machine's SCSI bus, or at one of its targets.
    Scsi(ScsiEvent),
    /// The mechanics and media of a tape drive.
    Tape(TapeEvent),
    /// The LocalTalk cable or a station on it.
    Line(LineEvent),
    /// A chip of a machine, or its CPU.
    Chip(ChipEvent),
}

macro_rules! into_event {
    ($($kind:ident($event:ty)),*) => {
        $(impl From<$event> for Event {
            fn from(event: $event) -> Event {
                Event::$kind(event)
            }
        })*
    };
}
into_event!(
    Scsi(ScsiEvent),
    Tape(TapeEvent),
    Line(LineEvent),
    Chip(ChipEvent)
);

/// An event with its time and the machine it happened on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When.
    pub at: Ticks,
    /// Which machine of the world, counted from 0; [`Record::WORLD`] for the cable and the host-side stations.
    pub machine: u8,
    /// What.
    pub event: Event,
}

impl Record {
    /// The `machine` of events that belong to no machine.
    pub const WORLD: u8 = 0xFF;
}

/// Where the devices of one machine leave their records until the world collects them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tracer {
    machine: u8,
    records: Vec<Record>,
}

impl Tracer {
    /// The tracer of the machine with this number.
    pub fn new(machine: u8) -> Tracer {
        Tracer {
            machine,
            records: Vec::new(),
        }
    }

    /// Records `event`, which happened at `at`.
    pub fn emit(&mut self, at: Ticks, event: impl Into<Event>) {
        self.records.push(Record {
            at,
            machine: self.machine,
            event: event.into(),
        });
    }

    /// Takes everything recorded since the last call.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Record> {
        self.records.drain(..)
    }

    /// True when nothing waits to be collected.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

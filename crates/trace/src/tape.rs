use serde::{Deserialize, Serialize};

/// What a tape drive does with its tape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TapeEvent {
    /// The tape begins to move; writing or reading follows when it is up to speed.
    Start {
        /// Bytes in the drive's buffer.
        buffered: u32,
    },
    /// The tape is up to speed and streams.
    Streaming,
    /// While writing the buffer became low: the drive keeps the tape moving by repeating blocks. Recorded at the first repeated block, and
    /// again only after the buffer has recovered.
    Underrun {
        /// Number of the block on tape that should have come next, counted from the beginning of the medium.
        block: u64,
    },
    /// The stream ended; the drive stops and backs up. It neither takes from nor adds to the tape meanwhile.
    Reposition {
        /// Bytes in the buffer when the stream ended.
        buffered: u32,
        /// How long the tape will be away, in ticks.
        ticks: u64,
    },
    /// The buffer is full: the drive takes no byte until the tape has taken some. Recorded at the first pause of each command.
    BufferFull {
        /// Number of the block on tape that will be written next.
        block: u64,
    },
    /// A filemark was written.
    Filemark {
        /// Its block number.
        block: u64,
    },
    /// A block was found or written bad.
    BadBlock {
        /// Its number.
        block: u64,
    },
    /// The tape was rewound to its beginning.
    Rewound,
    /// A tape motion that the host waits for (load, rewind, retension, erase, space) began.
    Motion {
        /// What moves.
        kind: String,
        /// Length in ticks.
        ticks: u64,
    },
    /// Early warning or the hard end of the medium was reached.
    EndOfMedium {
        /// True at the hard end.
        hard: bool,
    },
}

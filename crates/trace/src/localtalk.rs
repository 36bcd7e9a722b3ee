use serde::{Deserialize, Serialize};

/// What happens on the LocalTalk cable and at its stations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEvent {
    /// A transmission ended on the cable.
    Frame {
        /// Number of the station on the cable (not its node address).
        station: u8,
        /// Everything between the flags without the FCS, as it was sent.
        bytes: Vec<u8>,
        /// When the first flag began.
        start: u64,
        /// False when the FCS was wrong, the frame was aborted, or another transmission overlapped.
        intact: bool,
        /// Another transmission overlapped this one.
        collided: bool,
    },
    /// A receiver lost bytes because nobody emptied its FIFO in time.
    Overrun {
        /// Number of the station on the cable.
        station: u8,
    },
    /// A host-side station gave up a dialog.
    GaveUp {
        /// Number of the station on the cable.
        station: u8,
        /// Node address it wanted to reach.
        destination: u8,
        /// Attempts made.
        attempts: u32,
    },
    /// A mail client on a host-side station began, finished or lost a request.
    Client {
        /// Number of the station on the cable.
        station: u8,
        /// What the client did: `sign-on`, `send`, `list`, `fetch`, `delete`, `lookup`.
        request: String,
        /// How it went: `sent`, `answered`, `refused`, `timed-out`.
        outcome: String,
        /// Ticks since the request began.
        ticks: u64,
    },
}

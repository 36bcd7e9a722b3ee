use serde::{Deserialize, Serialize};

/// What the wire did to a frame, apart from collisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireFault {
    /// Nobody could make out more than a carrier.
    Lost,
    /// A byte or the closing flag was changed.
    Damaged,
    /// The frame is a copy of one that was sent before.
    Copy,
}

/// What happens on the LocalTalk cables and at their stations. Stations are numbered through the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEvent {
    /// A transmission ended on the cable.
    Frame {
        /// Number of the cable.
        cable: u8,
        /// Number of the station (not its node address).
        station: u8,
        /// Everything between the flags without the FCS, as it was sent.
        bytes: Vec<u8>,
        /// When the first flag began.
        start: u64,
        /// False when the FCS was wrong, the frame was aborted, lost or damaged, or another transmission overlapped.
        intact: bool,
        /// Another transmission overlapped this one.
        collided: bool,
        /// What a faulty wire did to it.
        fault: Option<WireFault>,
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
        /// What the client asked for: `lookup`, `sign-on`, `send`, `list`, `fetch`, `delete`. One record for each transaction, so that a
        /// message of several parts makes several.
        request: String,
        /// How it went: `sent` when it began, then `answered`, `refused` or `timed-out`.
        outcome: String,
        /// Ticks since the request began.
        ticks: u64,
    },
}

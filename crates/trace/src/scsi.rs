use serde::{Deserialize, Serialize};

/// What happens on a SCSI bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScsiEvent {
    /// The bus went through a reset (RST asserted).
    BusReset,
    /// An initiator selected target `id`; `answered` is false when nobody asserted BSY before the initiator gave up.
    Selection {
        /// SCSI ID of the target.
        id: u8,
        /// Whether the target answered.
        answered: bool,
    },
    /// Target `id` received a whole command descriptor block.
    Command {
        /// SCSI ID of the target.
        id: u8,
        /// The block, 6, 10 or 12 bytes.
        cdb: Vec<u8>,
    },
    /// Target `id` ended a command.
    Status {
        /// SCSI ID of the target.
        id: u8,
        /// The status byte: 00 GOOD, 02 CHECK CONDITION, 08 BUSY, 18 RESERVATION CONFLICT.
        status: u8,
        /// Sense key, ASC and ASCQ as a later REQUEST SENSE will report them, when the status is CHECK CONDITION.
        sense: [u8; 3],
        /// Data bytes the target took or gave in this command.
        moved: u32,
    },
    /// A target stopped asking for data inside a data phase: its buffer was full (data out) or empty (data in).
    ReqPaused {
        /// SCSI ID of the target.
        id: u8,
        /// Byte of this data phase at which it paused.
        at_byte: u32,
        /// True for data out (host to device).
        out: bool,
    },
    /// The target asks again after [`ScsiEvent::ReqPaused`].
    ReqResumed {
        /// SCSI ID of the target.
        id: u8,
        /// Length of the pause in ticks.
        ticks: u64,
    },
    /// Pseudo-DMA accesses that the 5380 could not pair with a request: bytes written vanished, bytes read were stale.
    /// One record for each burst of consecutive accesses.
    UnpairedDma {
        /// Accesses in this burst.
        bytes: u32,
        /// True for writes (bytes lost), false for reads (stale bytes).
        out: bool,
        /// Program counter of the first such access.
        pc: u32,
    },
    /// Target `id` gave the bus up inside a command, with the initiator's leave.
    Disconnected {
        /// SCSI ID of the target.
        id: u8,
    },
    /// Target `id` reselected its initiator; `answered` is false when the initiator did not react.
    Reselected {
        /// SCSI ID of the target.
        id: u8,
        /// Whether the initiator answered.
        answered: bool,
    },
    /// Target `id` received a byte with wrong parity.
    ParityError {
        /// SCSI ID of the target.
        id: u8,
    },
    /// Target `id` left the bus in the middle of a command.
    UnexpectedBusFree {
        /// SCSI ID of the target.
        id: u8,
    },
    /// Target `id` stopped, holding the bus.
    TargetHung {
        /// SCSI ID of the target.
        id: u8,
    },
    /// Target `id` lost its power (`on` false) or got it back.
    TargetPower {
        /// SCSI ID of the target.
        id: u8,
        /// Whether it has power.
        on: bool,
    },
}

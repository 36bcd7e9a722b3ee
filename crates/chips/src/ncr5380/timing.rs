//! Propagation times of the chip (design manual, section 5 and the DMA timing diagrams), always the stated maximum.
//!
//! With the maxima a byte takes about 0.5 us besides the target's own time: within the 1.5 Mbyte/s the manual
//! promises.

use clock::Ticks;

/// REQ true to ACK true, DMA initiator send and receive: 160 ns.
pub const REQ_TO_ACK: Ticks = Ticks::from_nanos(160);
/// End of the DACK access to ACK true, initiator send with REQ already true: 150 ns.
pub const DACK_TO_ACK: Ticks = Ticks::from_nanos(150);
/// REQ false to DRQ true, initiator send: 110 ns.
pub const REQ_FALSE_TO_DRQ: Ticks = Ticks::from_nanos(110);
/// REQ true to DRQ true, initiator receive: 150 ns.
pub const REQ_TO_DRQ: Ticks = Ticks::from_nanos(150);
/// REQ false (or end of the DACK access, whichever is later) to ACK false: 160 ns.
pub const ACK_RELEASE: Ticks = Ticks::from_nanos(160);
/// ACK true to REQ false, target send and receive; assumed equal to the initiator's figure for the opposite edge.
pub const ACK_TO_REQ_FALSE: Ticks = ACK_RELEASE;
/// ACK true to DRQ true, target send and receive; assumed equal to the initiator's figures.
pub const ACK_TO_DRQ: Ticks = REQ_TO_DRQ;
/// ACK false (or end of the DACK access, whichever is later) to REQ true, target send and receive; assumed equal to the initiator's.
pub const TO_REQ: Ticks = DACK_TO_ACK;
/// BSY false for this long is bus free, a loss of BSY, or a selection: the bus settle delay, 400 ns (7, 8.1, 8.6).
pub const BUS_SETTLE: Ticks = scsi::timing::BUS_SETTLE;
/// Bus free to the chip's BSY in arbitration: 1200 ns at least (section 7).
pub const BUS_FREE_TO_BSY: Ticks = Ticks::from_nanos(1200);
/// The part of it after the bus free filter.
pub const BUS_FREE_DELAY: Ticks = scsi::timing::BUS_FREE;

//! The named delays of the bus (SCSI-2, 5.7; SCSI-1, 4.7), each the shortest whole number of ticks that satisfies it.
//!
//! The delays of synchronous transfer (assertion and negation period 5.7.2 and 5.7.12, hold time 5.7.11, transfer period 5.7.18) and the data release
//! delay (5.7.8) have no constant: transfers are asynchronous, and a driver here releases the data bus in the tick in which I/O changes.

use clock::Ticks;

/// Arbitration delay, minimum: from asserting BSY until the data bus may be examined (SCSI-2, 5.7.1). SCSI-1 (4.7.1)
/// says 2.2 us.
pub const ARBITRATION: Ticks = Ticks::from_nanos(2400);
/// Bus clear delay, maximum: to stop driving everything after bus free, a lost arbitration or RST (5.7.3).
pub const BUS_CLEAR: Ticks = Ticks::from_nanos(800);
/// Bus free delay, minimum: from detecting bus free until asserting BSY for arbitration (5.7.4).
pub const BUS_FREE: Ticks = Ticks::from_nanos(800);
/// Bus set delay, maximum: from detecting bus free until BSY and the own ID are asserted (5.7.5).
pub const BUS_SET: Ticks = Ticks::from_nanos(1800);
/// Bus settle delay, minimum: after changing certain control signals (5.7.6).
pub const BUS_SETTLE: Ticks = Ticks::from_nanos(400);
/// Cable skew delay, maximum (5.7.7).
pub const CABLE_SKEW: Ticks = Ticks::from_nanos(10);
/// Deskew delay, minimum (5.7.9).
pub const DESKEW: Ticks = Ticks::from_nanos(45);
/// Deskew delay plus cable skew delay: data are valid this long before REQ or ACK (6.1.5.1).
pub const DATA_SETUP: Ticks = Ticks::from_nanos(45 + 10);
/// Disconnection delay, minimum: how long a target that honours a DISCONNECT message of the initiator stays out of
/// arbitration (5.7.10).
pub const DISCONNECTION: Ticks = Ticks::from_micros(200);
/// Power-on to selection time, recommended maximum: until a target answers TEST UNIT READY, INQUIRY and REQUEST SENSE (5.7.13).
pub const POWER_ON_TO_SELECTION: Ticks = Ticks::from_secs(10);
/// Reset to selection time, recommended maximum: the same after RST (5.7.14).
pub const RESET_TO_SELECTION: Ticks = Ticks::from_millis(250);
/// Reset hold time, minimum (5.7.15).
pub const RESET_HOLD: Ticks = Ticks::from_micros(25);
/// Selection abort time, maximum: from noticing a selection until BSY is asserted (5.7.16).
pub const SELECTION_ABORT: Ticks = Ticks::from_micros(200);
/// Selection time-out delay, recommended minimum: how long to wait for BSY in selection and reselection (5.7.17).
pub const SELECTION_TIMEOUT: Ticks = Ticks::from_millis(250);

/// How long a target's interface circuit takes from ACK true to REQ false. The standard sets no time; one deskew
/// and cable skew delay is an inference for hardwired logic of the period.
pub const REQ_RESPONSE: Ticks = DATA_SETUP;

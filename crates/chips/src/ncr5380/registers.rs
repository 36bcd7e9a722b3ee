//! The registers (design manual, section 6): their addresses and bits.

use bitflags::bitflags;
use serde::{Deserialize, Serialize};

/// Register addresses A2-A0 when read.
pub mod read {
    /// Current SCSI Data (6.1.1).
    pub const CURRENT_DATA: u8 = 0;
    /// Initiator Command (6.2).
    pub const INITIATOR_COMMAND: u8 = 1;
    /// Mode (6.3).
    pub const MODE: u8 = 2;
    /// Target Command (6.4).
    pub const TARGET_COMMAND: u8 = 3;
    /// Current SCSI Bus Status (6.5).
    pub const CURRENT_STATUS: u8 = 4;
    /// Bus and Status (6.7).
    pub const BUS_AND_STATUS: u8 = 5;
    /// Input Data (6.1.3).
    pub const INPUT_DATA: u8 = 6;
    /// Reset Parity/Interrupt (6.9).
    pub const RESET_INTERRUPT: u8 = 7;
}

/// Register addresses A2-A0 when written, where they differ from reading.
pub mod write {
    /// Output Data (6.1.2).
    pub const OUTPUT_DATA: u8 = 0;
    /// Select Enable (6.6).
    pub const SELECT_ENABLE: u8 = 4;
    /// Start DMA Send (6.8.1).
    pub const START_SEND: u8 = 5;
    /// Start DMA Target Receive (6.8.2).
    pub const START_TARGET_RECEIVE: u8 = 6;
    /// Start DMA Initiator Receive (6.8.3).
    pub const START_INITIATOR_RECEIVE: u8 = 7;
}

bitflags! {
    /// Initiator Command Register (6.2).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct InitiatorCommand: u8 {
        /// Drive RST.
        const ASSERT_RST = 0x80;
        /// Read: arbitration in progress. Written, this bit is TEST MODE, which disables the outputs.
        const AIP_TEST = 0x40;
        /// Read: lost arbitration. Written, this bit enables the differential pair version.
        const LA_DIFF = 0x20;
        /// Drive ACK, as an initiator.
        const ASSERT_ACK = 0x10;
        /// Drive BSY.
        const ASSERT_BSY = 0x08;
        /// Drive SEL.
        const ASSERT_SEL = 0x04;
        /// Drive ATN, as an initiator.
        const ASSERT_ATN = 0x02;
        /// Drive the data bus from the Output Data Register.
        const ASSERT_DATA = 0x01;
    }

    /// Mode Register (6.3).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Mode: u8 {
        /// Block mode DMA handshake. The Macintosh does not use it, and it has no effect on the SCSI side: only kept.
        const BLOCK_MODE = 0x80;
        /// Act as a target.
        const TARGET = 0x40;
        /// Check the parity of received data.
        const PARITY_CHECK = 0x20;
        /// Interrupt on a parity error.
        const PARITY_INTERRUPT = 0x10;
        /// Interrupt on End of Process.
        const EOP_INTERRUPT = 0x08;
        /// Interrupt on an unexpected loss of BSY.
        const MONITOR_BUSY = 0x04;
        /// Let DMA transfers run.
        const DMA = 0x02;
        /// Start arbitration.
        const ARBITRATE = 0x01;
    }

    /// Target Command Register (6.4). As an initiator its low three bits are the phase that is expected.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct TargetCommand: u8 {
        /// Drive REQ, as a target.
        const ASSERT_REQ = 0x08;
        /// MSG.
        const ASSERT_MSG = 0x04;
        /// C/D.
        const ASSERT_CD = 0x02;
        /// I/O.
        const ASSERT_IO = 0x01;
    }

    /// Current SCSI Bus Status Register (6.5): the lines as they are.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct CurrentStatus: u8 {
        /// RST.
        const RST = 0x80;
        /// BSY.
        const BSY = 0x40;
        /// REQ.
        const REQ = 0x20;
        /// MSG.
        const MSG = 0x10;
        /// C/D.
        const CD = 0x08;
        /// I/O.
        const IO = 0x04;
        /// SEL.
        const SEL = 0x02;
        /// DB(P).
        const PARITY = 0x01;
    }

    /// Bus and Status Register (6.7).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct BusAndStatus: u8 {
        /// EOP was received during a DMA transfer.
        const END_OF_DMA = 0x80;
        /// The DRQ pin.
        const DMA_REQUEST = 0x40;
        /// Latched parity error.
        const PARITY_ERROR = 0x20;
        /// The IRQ pin.
        const INTERRUPT = 0x10;
        /// MSG, C/D and I/O are those of the Target Command Register.
        const PHASE_MATCH = 0x08;
        /// Latched loss of BSY.
        const BUSY_ERROR = 0x04;
        /// ATN.
        const ATN = 0x02;
        /// ACK.
        const ACK = 0x01;
    }
}

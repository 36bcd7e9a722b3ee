use serde::{Deserialize, Serialize};

/// What chips and the CPU of a machine do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChipEvent {
    /// The SCC's receiver overran: RR1 bit 5 was set for a byte.
    SccOverrun {
        /// Program counter at the time.
        pc: u32,
    },
    /// The CPU accepted an interrupt that had waited longer than any of its level before. Others are only counted.
    Interrupt {
        /// Its level, 1 to 7.
        level: u8,
        /// Program counter that was interrupted.
        pc: u32,
        /// Ticks from the request to the end of the exception's processing.
        waited: u64,
    },
    /// Interrupts of this level stayed masked for longer than in any stretch before. Recorded when the stretch ends.
    LongestMask {
        /// The level that could not interrupt.
        level: u8,
        /// The instruction that raised the mask, or that was interrupted when an interrupt raised it.
        pc: u32,
        /// Length in ticks.
        ticks: u64,
    },
    /// The CPU took an exception other than an interrupt, an A-line trap or a TRAP instruction.
    Exception {
        /// Vector number.
        vector: u8,
        /// The instruction that caused it.
        pc: u32,
    },
    /// Two bus faults in a row stopped the CPU.
    Halted {
        /// Program counter.
        pc: u32,
    },
    /// The RESET instruction was executed.
    ResetInstruction,
}

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
    /// The CPU accepted an interrupt.
    Interrupt {
        /// Its level, 1 to 7.
        level: u8,
        /// Program counter that was interrupted.
        pc: u32,
        /// How long the request had waited, in ticks.
        waited: u64,
    },
    /// Interrupts of this level or below stayed masked for longer than any stretch before.
    LongestMask {
        /// The mask in the status register.
        level: u8,
        /// Program counter at which the mask was raised.
        pc: u32,
        /// Length in ticks.
        ticks: u64,
    },
    /// The CPU took an exception other than an interrupt, an A-line trap or a TRAP instruction.
    Exception {
        /// Vector number.
        vector: u8,
        /// Program counter.
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

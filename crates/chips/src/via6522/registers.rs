//! The sixteen registers and their bits (data sheet, *Table: Register addressing*).

use serde::{Deserialize, Serialize};

/// A register, by its address on RS3-RS0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Register {
    /// 0: output or input register B.
    Orb = 0,
    /// 1: output or input register A, with handshake.
    Ora = 1,
    /// 2: data direction register B; 1 = output.
    Ddrb = 2,
    /// 3: data direction register A; 1 = output.
    Ddra = 3,
    /// 4: T1 low-order latches (write), low-order counter (read).
    T1CounterLow = 4,
    /// 5: T1 high-order counter; writing starts the timer.
    T1CounterHigh = 5,
    /// 6: T1 low-order latches.
    T1LatchLow = 6,
    /// 7: T1 high-order latches.
    T1LatchHigh = 7,
    /// 8: T2 low-order latches (write), low-order counter (read).
    T2CounterLow = 8,
    /// 9: T2 high-order counter; writing starts the timer.
    T2CounterHigh = 9,
    /// 10: shift register.
    Sr = 10,
    /// 11: auxiliary control register.
    Acr = 11,
    /// 12: peripheral control register.
    Pcr = 12,
    /// 13: interrupt flag register.
    Ifr = 13,
    /// 14: interrupt enable register.
    Ier = 14,
    /// 15: same as register 1, without handshake.
    OraNoHandshake = 15,
}

impl Register {
    const ALL: [Register; 16] = [
        Register::Orb,
        Register::Ora,
        Register::Ddrb,
        Register::Ddra,
        Register::T1CounterLow,
        Register::T1CounterHigh,
        Register::T1LatchLow,
        Register::T1LatchHigh,
        Register::T2CounterLow,
        Register::T2CounterHigh,
        Register::Sr,
        Register::Acr,
        Register::Pcr,
        Register::Ifr,
        Register::Ier,
        Register::OraNoHandshake,
    ];

    /// The register selected by the low four bits of `select`.
    pub fn at(select: u32) -> Register {
        Register::ALL[(select & 15) as usize]
    }
}

/// Bits of the auxiliary control register.
pub struct Acr;

impl Acr {
    /// Bit 0: port A input latching.
    pub const LATCH_A: u8 = 0x01;
    /// Bit 1: port B input latching.
    pub const LATCH_B: u8 = 0x02;
    /// Bits 4-2: shift register mode.
    pub const SHIFT: u8 = 0x1C;
    /// Bits 4-2 = 011: shift in under control of external pulses on CB1.
    pub const SHIFT_IN_EXTERNAL: u8 = 0x0C;
    /// Bits 4-2 = 111: shift out under control of external pulses on CB1.
    pub const SHIFT_OUT_EXTERNAL: u8 = 0x1C;
    /// Bit 5: timer 2 counts negative pulses on PB6.
    pub const T2_COUNTS_PB6: u8 = 0x20;
    /// Bit 6: timer 1 runs freely.
    pub const T1_FREE_RUN: u8 = 0x40;
    /// Bit 7: timer 1 drives PB7.
    pub const T1_PB7: u8 = 0x80;
}

/// Bits of the interrupt flag and interrupt enable registers.
pub struct Irq;

impl Irq {
    /// Bit 0: active transition on CA2.
    pub const CA2: u8 = 0x01;
    /// Bit 1: active transition on CA1.
    pub const CA1: u8 = 0x02;
    /// Bit 2: eight shifts completed.
    pub const SR: u8 = 0x04;
    /// Bit 3: active transition on CB2.
    pub const CB2: u8 = 0x08;
    /// Bit 4: active transition on CB1.
    pub const CB1: u8 = 0x10;
    /// Bit 5: time-out of timer 2.
    pub const T2: u8 = 0x20;
    /// Bit 6: time-out of timer 1.
    pub const T1: u8 = 0x40;
}

/// Fields of the peripheral control register.
pub struct Pcr;

impl Pcr {
    /// Bit 0: CA1 is active on its rising edge.
    pub const CA1_RISING: u8 = 0x01;
    /// Bit 4: CB1 is active on its rising edge.
    pub const CB1_RISING: u8 = 0x10;

    /// Bits 3-1, the mode of CA2.
    pub const fn ca2(pcr: u8) -> u8 {
        pcr >> 1 & 7
    }

    /// Bits 7-5, the mode of CB2.
    pub const fn cb2(pcr: u8) -> u8 {
        pcr >> 5 & 7
    }
}

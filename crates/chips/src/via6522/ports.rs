//! Ports A and B and their control lines (data sheet, *Port A and port B operation*, *Handshake control*).

use super::registers::{Irq, Pcr};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// One 8-bit port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    pub(super) output: u8,
    pub(super) direction: u8,
    /// Levels that the outside world puts on the pins that are inputs.
    input: u8,
    latch: u8,
}

impl Default for Port {
    fn default() -> Self {
        Port {
            output: 0,
            direction: 0,
            input: 0xFF,
            latch: 0xFF,
        }
    }
}

impl Port {
    pub(super) fn reset(&mut self) {
        self.output = 0;
        self.direction = 0;
    }

    /// Puts `levels` on the pins selected by `mask`.
    pub fn set_input(&mut self, mask: u8, levels: u8) {
        self.input = self.input & !mask | levels & mask;
    }

    /// The output register.
    pub fn output(&self) -> u8 {
        self.output
    }

    /// The data direction register; 1 = output.
    pub fn direction(&self) -> u8 {
        self.direction
    }

    fn pins(&self) -> u8 {
        self.output & self.direction | self.input & !self.direction
    }

    pub(super) fn latch_pins(&mut self) {
        self.latch = self.pins();
    }

    /// "Reading IRA reflects the voltage on the PA pins", or their state at the active transition of CA1 when latching is enabled.
    pub(super) fn read_pins(&self, latched: bool) -> u8 {
        if latched { self.latch } else { self.pins() }
    }

    /// "Reading IRB reflects the bits of ORB for pins programmed as outputs"; inputs are as for port A.
    pub(super) fn read_outputs_from_register(&self, latched: bool) -> u8 {
        let inputs = if latched { self.latch } else { self.input };
        self.output & self.direction | inputs & !self.direction
    }
}

/// CA1, CA2, CB1 and CB2: levels seen at the pins, and the levels of CA2 and CB2 in their handshake modes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ControlLines {
    ca1: bool,
    ca2: bool,
    cb1: bool,
    cb2: bool,
    ca2_handshake: bool,
    cb2_handshake: bool,
    /// When the pulse of mode 5 ends.
    ca2_pulse: Ticks,
    cb2_pulse: Ticks,
}

impl Default for ControlLines {
    fn default() -> Self {
        ControlLines {
            ca1: true,
            ca2: true,
            cb1: true,
            cb2: true,
            ca2_handshake: true,
            cb2_handshake: true,
            ca2_pulse: Ticks::NEVER,
            cb2_pulse: Ticks::NEVER,
        }
    }
}

/// Modes of CA2 and CB2 (PCR bits 3-1 and 7-5): 0-3 inputs, bit 0 = independent, bit 1 = rising edge; 4 handshake, 5 pulse, 6 low,
/// 7 high.
const OUTPUT: u8 = 4;
const HANDSHAKE: u8 = 4;
const PULSE: u8 = 5;
const LOW: u8 = 6;

fn is_independent_input(mode: u8) -> bool {
    mode & 0b101 == 0b001
}

fn is_active(mode: u8, was: bool, is: bool) -> bool {
    mode & OUTPUT == 0 && was != is && is == (mode & 0b010 != 0)
}

impl ControlLines {
    pub fn reset(&mut self) {
        (self.ca2_handshake, self.cb2_handshake) = (true, true);
        (self.ca2_pulse, self.cb2_pulse) = (Ticks::NEVER, Ticks::NEVER);
    }

    /// Ends the pulses of mode 5 that are over by `now`.
    pub fn advance(&mut self, now: Ticks) {
        if now >= self.ca2_pulse {
            (self.ca2_handshake, self.ca2_pulse) = (true, Ticks::NEVER);
        }
        if now >= self.cb2_pulse {
            (self.cb2_handshake, self.cb2_pulse) = (true, Ticks::NEVER);
        }
    }

    /// True when this is the active transition, which also ends a read or write handshake on CA2.
    pub fn set_ca1(&mut self, level: bool, pcr: u8) -> bool {
        let was = std::mem::replace(&mut self.ca1, level);
        let active = was != level && level == (pcr & Pcr::CA1_RISING != 0);
        if active && self.ca2_pulse == Ticks::NEVER {
            self.ca2_handshake = true;
        }
        active
    }

    pub fn set_ca2(&mut self, level: bool, pcr: u8) -> bool {
        let was = std::mem::replace(&mut self.ca2, level);
        is_active(Pcr::ca2(pcr), was, level)
    }

    /// Whether this is the active transition, and whether the level changed at all.
    pub fn set_cb1(&mut self, level: bool, pcr: u8) -> (bool, bool) {
        let was = std::mem::replace(&mut self.cb1, level);
        let active = was != level && level == (pcr & Pcr::CB1_RISING != 0);
        if active && self.cb2_pulse == Ticks::NEVER {
            self.cb2_handshake = true;
        }
        (active, was != level)
    }

    pub fn set_cb2(&mut self, level: bool, pcr: u8) -> bool {
        let was = std::mem::replace(&mut self.cb2, level);
        is_active(Pcr::cb2(pcr), was, level)
    }

    pub fn cb2(&self) -> bool {
        self.cb2
    }

    pub fn pcr_written(&mut self, pcr: u8) {
        if Pcr::ca2(pcr) != HANDSHAKE {
            (self.ca2_handshake, self.ca2_pulse) = (true, Ticks::NEVER);
        }
        if Pcr::cb2(pcr) != HANDSHAKE {
            (self.cb2_handshake, self.cb2_pulse) = (true, Ticks::NEVER);
        }
    }

    /// "Clearing the flags: reading or writing ORA clears CA1 and CA2", CA2 unless it is an independent input.
    pub fn flags_cleared_by_port_a(&self, pcr: u8) -> u8 {
        if is_independent_input(Pcr::ca2(pcr)) {
            Irq::CA1
        } else {
            Irq::CA1 | Irq::CA2
        }
    }

    /// The same for port B.
    pub fn flags_cleared_by_port_b(&self, pcr: u8) -> u8 {
        if is_independent_input(Pcr::cb2(pcr)) {
            Irq::CB1
        } else {
            Irq::CB1 | Irq::CB2
        }
    }

    /// Port A has read and write handshake. The pulse of mode 5 is "low for one cycle following a read or write".
    pub fn port_a_accessed(&mut self, now: Ticks, pcr: u8) {
        let mode = Pcr::ca2(pcr);
        if matches!(mode, HANDSHAKE | PULSE) {
            self.ca2_handshake = false;
        }
        if mode == PULSE {
            self.ca2_pulse = now + Ticks::VIA;
        }
    }

    /// Port B has write handshake only.
    pub fn port_b_written(&mut self, now: Ticks, pcr: u8) {
        let mode = Pcr::cb2(pcr);
        if matches!(mode, HANDSHAKE | PULSE) {
            self.cb2_handshake = false;
        }
        if mode == PULSE {
            self.cb2_pulse = now + Ticks::VIA;
        }
    }

    pub fn ca2_out(&self, pcr: u8) -> Option<bool> {
        output(Pcr::ca2(pcr), self.ca2_handshake)
    }

    pub fn cb2_out(&self, pcr: u8) -> Option<bool> {
        output(Pcr::cb2(pcr), self.cb2_handshake)
    }
}

fn output(mode: u8, handshake: bool) -> Option<bool> {
    match mode {
        HANDSHAKE | PULSE => Some(handshake),
        LOW => Some(false),
        mode if mode & OUTPUT != 0 => Some(true),
        _ => None,
    }
}

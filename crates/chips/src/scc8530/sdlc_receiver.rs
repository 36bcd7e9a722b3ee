//! The receiver in SDLC mode ("SDLC Receive" in the manual), and the receive FIFO of both modes.

use super::{Unit, registers, registers::Mode};
use clock::Ticks;
use localtalk::{Fcs, Signal};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// From the end of a byte on the line to its appearance in the FIFO. The serial path is one flag detector of 8 bits, then the
/// zero deletion and the 8-bit shift register; the manual's remark that the second FCS byte arrives with only its first six bits
/// puts the shift register two bits further on. So 10 bits (inferred). The last byte of a frame is moved when the closing
/// flag is recognised, 8 bits after its end.
const PATH: Ticks = Ticks(10 * Ticks::BIT.0);
/// Depth of the receive data FIFO and of the error FIFO beside it.
const DEPTH: usize = 3;
/// Signals that may wait unprocessed before the receiver asks to be advanced.
const BACKLOG: usize = 256;

/// Where the receiver is in the bit stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// Looking for a flag.
    #[default]
    Hunt,
    /// A flag was the last thing seen.
    Flag,
    /// In a frame for this node.
    Frame,
    /// In a frame for another node: only a flag or an abort matters.
    Ignored,
}

/// A character in the FIFO with its entry in the error FIFO (bits of RR1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    byte: u8,
    status: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Receiver {
    phase: Phase,
    fcs: Fcs,
    incoming: VecDeque<(Ticks, Signal)>,
    serial: VecDeque<(Ticks, u8)>,
    /// Bytes on their way through the shift register, with the time at which they reach the FIFO.
    path: VecDeque<(Ticks, u8)>,
    fifo: VecDeque<Entry>,
    /// Error FIFO output: the status of the character read last, shown while the FIFO is empty.
    last_status: u8,
    /// The receiver overrun error, latched when the character with it was read.
    overrun_latched: bool,
    /// The character at the exit was read with a special condition and is held until "error reset".
    locked: bool,
    /// An overrun of this frame was counted already.
    overrun_counted: bool,
    /// Overruns to report, one for each frame.
    pub(super) overruns: u32,
}

impl Receiver {
    pub(super) fn reset(&mut self) {
        *self = Receiver {
            overruns: self.overruns,
            incoming: std::mem::take(&mut self.incoming),
            ..Receiver::default()
        };
    }

    pub(super) fn is_idle(&self) -> bool {
        self.incoming.is_empty() && self.path.is_empty() && self.serial.is_empty()
    }

    pub(super) fn hear(&mut self, at: Ticks, signal: Signal) {
        // Outside a frame of its own the receiver takes a byte as mere transitions, until a flag: of a run of bytes
        // the last one is enough. So a frame for another node costs nearly nothing.
        let deaf = matches!(self.phase, Phase::Hunt | Phase::Ignored) && self.incoming.len() == 1;
        if let (true, Signal::Byte(_), Some(last @ (_, Signal::Byte(_)))) =
            (deaf, signal, self.incoming.back_mut())
        {
            *last = (at, signal);
            return;
        }
        self.incoming.push_back((at, signal));
    }

    pub(super) fn hear_serial(&mut self, at: Ticks, byte: u8) {
        self.serial.push_back((at, byte));
    }

    pub(super) fn next_step(&self) -> Ticks {
        let front = |at: Option<Ticks>| at.unwrap_or(Ticks::NEVER);
        front(self.path.front().map(|step| step.0))
            .min(front(self.incoming.front().map(|step| step.0)))
            .min(front(self.serial.front().map(|step| step.0)))
    }

    pub(super) fn has_character(&self) -> bool {
        !self.fifo.is_empty()
    }

    /// RR1 without residue and all sent.
    pub(super) fn status(&self) -> u8 {
        let top = self
            .fifo
            .front()
            .map_or(self.last_status, |entry| entry.status);
        top | if self.overrun_latched {
            registers::OVERRUN
        } else {
            0
        }
    }

    /// A special receive condition at the exit of the FIFO: end of frame or overrun. "The overrun character and all subsequent
    /// characters received until the Error Reset command" have it.
    pub(super) fn is_special(&self) -> bool {
        let special = registers::END_OF_FRAME | registers::OVERRUN;
        self.fifo
            .front()
            .is_some_and(|entry| self.overrun_latched || entry.status & special != 0)
    }

    /// Puts a character into the FIFO. When it is full the last one is written over and flagged.
    pub(super) fn push(&mut self, byte: u8, mut status: u8) {
        if self.fifo.len() == DEPTH {
            self.fifo.pop_back();
            status |= registers::OVERRUN;
            if !self.overrun_counted {
                self.overrun_counted = true;
                self.overruns += 1;
            }
        }
        self.fifo.push_back(Entry { byte, status });
    }

    /// Reads the exit of the FIFO. With `lock` a special condition keeps the character there until "error reset".
    pub(super) fn pop(&mut self, lock: bool) -> u8 {
        let special = self.is_special();
        let Some(&Entry { byte, status }) = self.fifo.front() else {
            return 0;
        };
        self.overrun_latched |= status & registers::OVERRUN != 0;
        if lock && special {
            self.locked = true;
        } else {
            self.remove();
        }
        byte
    }

    fn remove(&mut self) {
        if let Some(entry) = self.fifo.pop_front() {
            self.last_status = entry.status & !registers::OVERRUN;
        }
    }

    /// "Error reset": clears the latched bits of RR1 and unlocks the FIFO.
    pub(super) fn error_reset(&mut self) {
        if std::mem::take(&mut self.locked) {
            self.remove();
        }
        self.overrun_latched = false;
        self.last_status = 0;
        if let Some(entry) = self.fifo.front_mut() {
            entry.status &= !(registers::END_OF_FRAME | registers::OVERRUN | registers::CRC_ERROR);
        }
    }

    pub(super) fn reset_crc(&mut self, ones: bool) {
        self.fcs = Fcs::preset(ones);
    }

    /// Moves bytes of the path that have arrived at `at`; `all` moves every one, the last with `status`.
    fn arrive(&mut self, at: Ticks, all: Option<u8>) {
        while let Some(&(due, byte)) = self.path.front() {
            if due > at && all.is_none() {
                break;
            }
            self.path.pop_front();
            self.fcs.add(byte);
            let crc = if self.fcs.is_good() {
                0
            } else {
                registers::CRC_ERROR
            };
            let end = if self.path.is_empty() {
                all.unwrap_or(0)
            } else {
                0
            };
            self.push(byte, crc | end);
        }
    }
}

impl Unit {
    /// WR3. Enabling the receiver, or the command in bit 4, puts it into hunt; disabling it sets the hunt bit too. The FIFO keeps
    /// what it has: software empties it.
    pub(super) fn receive_control(&mut self, before: u8, value: u8) {
        let enabled = |wr3: u8| wr3 & registers::RX_ENABLE != 0;
        if enabled(before) != enabled(value) || value & registers::ENTER_HUNT != 0 {
            self.enter_hunt();
        }
    }

    fn enter_hunt(&mut self) {
        self.receiver.phase = Phase::Hunt;
        self.receiver.path.clear();
        self.external_change(registers::HUNT, true);
    }

    /// Performs the earliest thing that waits in the receiver, which is due at `at`. A byte that leaves the path goes before
    /// a signal of the same time.
    pub(super) fn receive_step(&mut self, at: Ticks) {
        let receiver = &mut self.receiver;
        if receiver.path.front().is_some_and(|step| step.0 <= at) {
            receiver.arrive(at, None);
        } else if receiver.incoming.front().is_some_and(|step| step.0 <= at) {
            if let Some((at, signal)) = receiver.incoming.pop_front() {
                self.receive(at, signal);
            }
        } else if let Some((_, byte)) = receiver.serial.pop_front() {
            self.receive_character(byte);
        }
    }

    fn receive(&mut self, at: Ticks, signal: Signal) {
        if signal == Signal::Idle {
            // Without transitions there is no receive clock: the receiver stands still where it is.
            self.dpll.silence();
            return;
        }
        self.dpll.transitions();
        if self.wr[3] & registers::RX_ENABLE == 0
            || self.mode() != Mode::Sdlc
            || !self.receives_localtalk()
        {
            return;
        }
        match signal {
            Signal::Flag => {
                self.external_change(registers::ABORT, false);
                self.receive_flag(at);
            }
            Signal::Byte(byte) => self.receive_byte(at, byte),
            Signal::Abort => {
                // "The character being assembled is lost", and with it what is still in the path.
                self.enter_hunt();
                self.external_change(registers::ABORT, true);
            }
            Signal::Carrier | Signal::Idle => {}
        }
    }

    fn receive_flag(&mut self, at: Ticks) {
        if self.receiver.phase == Phase::Frame {
            self.receiver.arrive(at, Some(registers::END_OF_FRAME));
        }
        self.receiver.phase = Phase::Flag;
        self.receiver
            .reset_crc(self.wr[10] & registers::CRC_PRESET_ONES != 0);
        self.receiver.overrun_counted = false;
        self.external_change(registers::HUNT, false);
    }

    fn receive_byte(&mut self, at: Ticks, byte: u8) {
        match self.receiver.phase {
            Phase::Hunt | Phase::Ignored => {}
            Phase::Flag if !self.address_matches(byte) => self.receiver.phase = Phase::Ignored,
            Phase::Flag | Phase::Frame => {
                self.receiver.phase = Phase::Frame;
                self.receiver.path.push_back((at + PATH, byte));
            }
        }
    }

    /// Address search mode: WR6, the upper four bits of it when bit 1 of WR3 is set, or the global address FF.
    fn address_matches(&self, byte: u8) -> bool {
        let mask = if self.wr[3] & registers::ADDRESS_RANGE != 0 {
            0xF0
        } else {
            0xFF
        };
        self.wr[3] & registers::ADDRESS_SEARCH == 0
            || byte == 0xFF
            || (byte ^ self.wr[6]) & mask == 0
    }

    /// When the receiver next does something that could be noticed without an access: an interrupt, or an overrun, which is
    /// recorded with the program counter of its time.
    pub(super) fn next_receive_event(&self) -> Ticks {
        let receiver = &self.receiver;
        let first = |step: Option<&(Ticks, Signal)>| step.map_or(Ticks::NEVER, |step| step.0);
        let silent = self.wr[3] & registers::RX_ENABLE == 0;
        let backlog = first(receiver.incoming.get(BACKLOG));
        let line = match receiver.phase {
            _ if silent => backlog,
            Phase::Hunt | Phase::Ignored => {
                let next = receiver
                    .incoming
                    .iter()
                    .find(|step| !matches!(step.1, Signal::Byte(_)));
                first(next).min(backlog)
            }
            Phase::Flag | Phase::Frame => first(receiver.incoming.front()),
        };
        let path = receiver.path.front().map_or(Ticks::NEVER, |step| step.0);
        let serial = receiver.serial.front().map_or(Ticks::NEVER, |step| step.0);
        line.min(path).min(serial)
    }
}

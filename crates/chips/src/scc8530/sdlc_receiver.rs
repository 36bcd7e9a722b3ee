//! The receiver in SDLC mode ("SDLC Receive" in the manual).

use super::{Unit, clocks::ticks, fifo::Fifo, registers, registers::Mode};
use clock::Ticks;
use localtalk::{Fcs, Signal};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// From the end of a byte on the line to its appearance in the FIFO. The serial path is one flag detector of 8 bits, then the
/// zero deletion and the 8-bit shift register; the manual's remark that the second FCS byte arrives with only its first six bits
/// puts the shift register two bits further on. So 10 bits (inferred). The last byte of a frame is moved when the closing
/// flag is recognised, 8 bits after its end.
const PATH_BITS: u64 = 10;
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

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Receiver {
    phase: Phase,
    fcs: Fcs,
    incoming: VecDeque<(Ticks, Signal)>,
    /// Bytes on their way through the shift register, with the time at which they reach the FIFO.
    path: VecDeque<(Ticks, u8)>,
    pub(super) fifo: Fifo,
}

impl Receiver {
    pub(super) fn reset(&mut self) {
        *self = Receiver {
            incoming: std::mem::take(&mut self.incoming),
            fifo: self.fifo.after_reset(),
            ..Receiver::default()
        };
    }

    /// The receiver is connected to something else.
    pub(super) fn forget_line(&mut self) {
        self.incoming.clear();
        self.path.clear();
    }

    pub(super) fn is_idle(&self) -> bool {
        self.incoming.is_empty() && self.path.is_empty()
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

    pub(super) fn next_step(&self) -> Ticks {
        let front = |at: Option<Ticks>| at.unwrap_or(Ticks::NEVER);
        front(self.path.front().map(|step| step.0))
            .min(front(self.incoming.front().map(|step| step.0)))
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
                registers::CRC_OR_FRAMING
            };
            let end = if self.path.is_empty() {
                all.unwrap_or(0)
            } else {
                0
            };
            self.fifo.push(byte, crc | end);
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
        if self.mode() != Mode::Asynchronous {
            self.external_change(registers::HUNT, true);
        }
    }

    /// Performs the earliest thing that waits in the receiver, which is due at `at`. A byte that leaves the path goes before
    /// a signal of the same time.
    pub(super) fn receive_step(&mut self, at: Ticks) {
        let receiver = &mut self.receiver;
        if receiver.path.front().is_some_and(|step| step.0 <= at) {
            receiver.arrive(at, None);
        } else if let Some((at, signal)) = receiver.incoming.pop_front() {
            self.receive(at, signal);
        }
    }

    fn receive(&mut self, at: Ticks, signal: Signal) {
        if signal == Signal::Idle {
            // Without transitions there is no receive clock: the receiver stands still where it is.
            self.dpll.silence();
            return;
        }
        self.dpll.transitions();
        if !self.receiver_on() || self.mode() != Mode::Sdlc || !self.receives_frames() {
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
        self.receiver.fifo.count_overruns_anew();
        self.external_change(registers::HUNT, false);
    }

    fn receive_byte(&mut self, at: Ticks, byte: u8) {
        match self.receiver.phase {
            Phase::Hunt | Phase::Ignored => {}
            Phase::Flag if !self.address_matches(byte) => self.receiver.phase = Phase::Ignored,
            Phase::Flag | Phase::Frame => {
                self.receiver.phase = Phase::Frame;
                let path = ticks(PATH_BITS * self.receive_quarters().unwrap_or(Ticks::BIT.0 * 4));
                self.receiver.path.push_back((at + path, byte));
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
        let silent = !self.receiver_on();
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
        line.min(path)
    }
}

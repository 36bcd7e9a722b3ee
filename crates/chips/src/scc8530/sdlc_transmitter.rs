//! The transmitter in SDLC mode ("SDLC Transmit" in the manual) and the LocalTalk line driver.

use super::{Unit, clocks::ticks, registers, registers::Mode};
use clock::Ticks;
use localtalk::{Fcs, Signal, llap::Stuffer};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What the shift register is sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Shifting {
    /// Continuous ones: the transmitter is disabled, or asynchronous and at rest.
    #[default]
    Mark,
    /// Eight ones of an idle line (WR10 bit 3).
    Ones,
    Flag,
    Data,
    /// First (`false`) or second (`true`) FCS byte.
    Crc(bool),
    Abort,
    /// An asynchronous character.
    Character,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Transmitter {
    /// Whether its driver is on a LocalTalk cable.
    cabled: bool,
    /// The cable was told of a carrier and not yet of its end.
    carrier: bool,
    buffer: Option<u8>,
    shifting: Shifting,
    /// When the shift register is empty again.
    until: Ticks,
    /// When the driver, on without a transmitter, will have sent seven ones.
    ones_due: Ticks,
    in_frame: bool,
    fcs: Fcs,
    stuffer: Stuffer,
    last_notice: Ticks,
    /// For the cable, in order of notice.
    pub(super) out: VecDeque<(Ticks, Signal)>,
}

impl Transmitter {
    pub(super) fn new(cabled: bool) -> Transmitter {
        Transmitter {
            cabled,
            carrier: false,
            buffer: None,
            shifting: Shifting::Mark,
            until: Ticks::NEVER,
            ones_due: Ticks::NEVER,
            in_frame: false,
            fcs: Fcs::default(),
            stuffer: Stuffer::default(),
            last_notice: Ticks::ZERO,
            out: VecDeque::new(),
        }
    }

    /// After a reset; what is on the cable already stays there.
    pub(super) fn reset(&mut self) {
        *self = Transmitter {
            out: std::mem::take(&mut self.out),
            last_notice: self.last_notice,
            ..Transmitter::new(self.cabled)
        };
    }

    /// Whether the driver is on and the cable knows it.
    pub(super) fn has_carrier(&self) -> bool {
        self.carrier
    }

    /// Nothing is being shifted out.
    pub(super) fn is_marking(&self) -> bool {
        self.shifting == Shifting::Mark
    }

    pub(super) fn is_idle(&self) -> bool {
        self.until == Ticks::NEVER && self.ones_due == Ticks::NEVER
    }

    /// RR0 bit 2: "reset while the CRC is sent and while the transmit buffer is full".
    pub(super) fn buffer_empty(&self) -> bool {
        self.buffer.is_none() && !matches!(self.shifting, Shifting::Crc(_))
    }

    pub(super) fn all_sent(&self) -> bool {
        self.buffer.is_none() && self.shifting != Shifting::Character
    }

    pub(super) fn reset_crc(&mut self, ones: bool) {
        self.fcs = Fcs::preset(ones);
    }

    pub(super) fn shift_character(&mut self, end: Ticks) {
        self.shifting = Shifting::Character;
        self.until = end;
    }

    fn shift(&mut self, what: Shifting, until: Ticks) {
        self.shifting = what;
        self.until = until;
        self.ones_due = Ticks::NEVER;
    }

    fn post(&mut self, at: Ticks, signal: Signal) {
        self.last_notice = self.last_notice.max(at);
        self.out.push_back((self.last_notice, signal));
    }
}

impl Unit {
    /// Whether what the shift register sends can be understood on the cable.
    fn on_cable(&self) -> bool {
        self.transmitter.carrier && self.sends_localtalk()
    }

    /// Takes the byte out of the transmit buffer; "the transmit interrupt pending bit is set when the buffer becomes empty".
    pub(super) fn take_transmit_buffer(&mut self) -> Option<u8> {
        let byte = self.transmitter.buffer.take()?;
        self.transmit_interrupt();
        Some(byte)
    }

    fn transmit_interrupt(&mut self) {
        self.transmit_pending |= self.wr[1] & registers::TRANSMIT_ENABLE != 0;
    }

    /// WR8.
    pub(super) fn write_data(&mut self, now: Ticks, value: u8) {
        self.transmitter.buffer = Some(value);
        self.transmit_pending = false;
        if self.transmitter.is_marking() {
            self.start_character(now);
        }
    }

    /// WR5. RTS enables the LocalTalk driver, and goes first: a write that sets both bits drives the opening flag.
    pub(super) fn transmit_control(&mut self, now: Ticks, before: u8, value: u8) {
        match (before & registers::RTS != 0, value & registers::RTS != 0) {
            (false, true) => self.driver_on(now),
            (true, false) => {
                self.driver_off(now);
                self.rts_held = !self.transmitter.all_sent();
            }
            _ => {}
        }
        let enabled = |wr5: u8| wr5 & registers::TX_ENABLE != 0;
        if enabled(before) && !enabled(value) {
            // "This bit is set when the transmitter is disabled."
            self.external_change(registers::UNDERRUN, true);
        }
    }

    /// The driver goes on. In the asynchronous mode the port has no LocalTalk connector on it, and the cable hears nothing.
    fn driver_on(&mut self, now: Ticks) {
        if self.mode() != Mode::Sdlc || !self.transmitter.cabled {
            return;
        }
        let transmitter = &mut self.transmitter;
        transmitter.carrier = true;
        transmitter.post(now + Signal::NOTICE, Signal::Carrier);
        if transmitter.shifting == Shifting::Mark {
            transmitter.ones_due = now + Ticks::BIT * 7;
        }
    }

    /// The driver goes off. A byte that is half sent then still counts as sent (the cable was told of it when it began); no
    /// software that waits for the closing flag sees the difference.
    pub(super) fn driver_off(&mut self, now: Ticks) {
        let transmitter = &mut self.transmitter;
        transmitter.ones_due = Ticks::NEVER;
        if std::mem::take(&mut transmitter.carrier) {
            transmitter.post(now + Signal::NOTICE, Signal::Idle);
        }
    }

    /// "Send abort" of WR0: empties the transmit buffer, sends eight ones or more, sets the underrun/EOM bit.
    pub(super) fn send_abort(&mut self, now: Ticks) {
        self.transmitter.buffer = None;
        self.external_change(registers::UNDERRUN, true);
        if self.mode() == Mode::Sdlc && self.transmitter_on() {
            self.begin_abort(now);
        }
    }

    fn begin_abort(&mut self, at: Ticks) {
        self.transmitter.in_frame = false;
        self.shift_bits(Shifting::Abort, at, 8);
        self.post_ones(at);
    }

    fn post_ones(&mut self, at: Ticks) {
        self.put(at + Signal::NOTICE, Signal::Abort);
    }

    /// Puts a signal on the cable, if it can be understood there, and with local loopback gives it to the receiver.
    fn put(&mut self, at: Ticks, signal: Signal) {
        if self.on_cable() {
            self.transmitter.post(at, signal);
        }
        if self.loops_back() {
            self.receiver.hear(at, signal);
        }
    }

    /// The time of so many bits; LocalTalk's when the clock has been taken away in mid-flight.
    fn bits(&self, count: u64) -> Ticks {
        ticks(self.transmit_quarters().unwrap_or(Ticks::BIT.0 * 4) * count)
    }

    /// Loads the shift register with so many bits; when they are out.
    fn shift_bits(&mut self, what: Shifting, at: Ticks, count: u64) -> Ticks {
        let end = at + self.bits(count);
        self.transmitter.shift(what, end);
        end
    }

    pub(super) fn next_transmit_step(&self) -> Ticks {
        self.transmitter.until.min(self.transmitter.ones_due)
    }

    /// True while the transmitter repeats flags or ones that nobody hears.
    fn repeats_unheard(&self) -> bool {
        let transmitter = &self.transmitter;
        let repeats = match transmitter.shifting {
            // Without mark idle the ones turn into flags after this byte.
            Shifting::Ones => self.wr[10] & registers::MARK_IDLE != 0,
            Shifting::Flag => !self.on_cable() && !self.loops_back(),
            _ => false,
        };
        repeats && self.transmitter_on() && transmitter.buffer.is_none() && !transmitter.in_frame
    }

    pub(super) fn next_transmit_event(&self) -> Ticks {
        let shift = if self.repeats_unheard() {
            Ticks::NEVER
        } else {
            self.transmitter.until
        };
        shift.min(self.transmitter.ones_due)
    }

    /// Performs what is due at `at`.
    pub(super) fn transmit_step(&mut self, at: Ticks, now: Ticks) {
        if self.transmitter.ones_due <= at {
            self.transmitter.ones_due = Ticks::NEVER;
            self.post_ones(at);
        } else if self.repeats_unheard() && now.since(at) > self.bits(8) {
            // Nothing happens until `now`: skip whole idle bytes.
            self.transmitter.until = at + self.bits(8) * (now.since(at).0 / self.bits(8).0);
        } else {
            self.load(at);
        }
    }

    /// The shift register is empty at `at`: loads what comes next.
    pub(super) fn load(&mut self, at: Ticks) {
        if self.mode() != Mode::Sdlc || self.transmit_quarters().is_none() {
            self.transmitter.in_frame = false;
            self.transmitter.shift(Shifting::Mark, Ticks::NEVER);
            self.start_character(at);
            return;
        }
        match self.transmitter.shifting {
            Shifting::Crc(false) if self.transmitter_on() => self.load_crc(at, true),
            Shifting::Crc(_) => {
                // The closing flag. "When the last bit of the CRC has cleared the shift register and the flag is loaded, TxIP
                // and TBE are set."
                self.transmitter.in_frame = false;
                self.load_flag(at);
                if self.transmitter.buffer.is_none() {
                    self.transmit_interrupt();
                }
            }
            _ if !self.transmitter_on() => {
                self.transmitter.in_frame = false;
                let continues = self.transmitter.shifting == Shifting::Ones;
                self.transmitter.shift(Shifting::Mark, Ticks::NEVER);
                if !continues {
                    self.post_ones(at);
                }
            }
            _ => match self.take_transmit_buffer() {
                Some(byte) => self.load_data(at, byte),
                None if self.transmitter.in_frame => self.underrun(at),
                None => self.load_idle(at),
            },
        }
    }

    fn load_data(&mut self, at: Ticks, byte: u8) {
        let crc = self.wr[5] & registers::TX_CRC_ENABLE != 0;
        let transmitter = &mut self.transmitter;
        if !transmitter.in_frame {
            transmitter.in_frame = true;
            transmitter.stuffer = Stuffer::default();
        }
        if crc {
            transmitter.fcs.add(byte);
        }
        self.load_byte(at, byte, Shifting::Data);
    }

    fn load_byte(&mut self, at: Ticks, byte: u8, what: Shifting) {
        let count = self.transmitter.stuffer.bits(byte);
        let end = self.shift_bits(what, at, count);
        self.put(end, Signal::Byte(byte));
    }

    fn load_crc(&mut self, at: Ticks, second: bool) {
        let byte = self.transmitter.fcs.bytes()[usize::from(second)];
        self.load_byte(at, byte, Shifting::Crc(second));
    }

    fn load_flag(&mut self, at: Ticks) {
        let end = self.shift_bits(Shifting::Flag, at, 8);
        self.put(end, Signal::Flag);
    }

    /// Between frames: flags, or with bit 3 of WR10 ones. "The idle line condition is selected byte by byte", and no opening flag
    /// is sent by itself when data follow ones: software selects flags before it writes the first byte.
    fn load_idle(&mut self, at: Ticks) {
        if self.wr[10] & registers::MARK_IDLE == 0 {
            self.load_flag(at);
            return;
        }
        if self.transmitter.shifting != Shifting::Ones {
            self.post_ones(at);
        }
        self.shift_bits(Shifting::Ones, at, 8);
    }

    /// The transmit underrun: the latch of RR0 bit 6 decides what closes the frame.
    fn underrun(&mut self, at: Ticks) {
        if self.external.is_set(registers::UNDERRUN) {
            self.transmitter.in_frame = false;
            self.load_flag(at);
            return;
        }
        self.external_change(registers::UNDERRUN, true);
        if self.wr[10] & registers::ABORT_ON_UNDERRUN != 0 {
            self.begin_abort(at);
        } else if self.wr[5] & registers::TX_CRC_ENABLE != 0 {
            self.load_crc(at, false);
        } else {
            self.transmitter.in_frame = false;
            self.load_flag(at);
        }
    }
}

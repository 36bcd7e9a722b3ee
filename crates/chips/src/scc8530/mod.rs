//! Zilog 8530 serial communications controller, as classic Macintoshes wire and use it.
//!
//! Sources: Zilog *SCC User's Manual* (the NMOS part: no WR7', no status FIFO), AMD *Am8530H Technical Manual*, *Inside
//! AppleTalk* appendix B ("SCC implementation"), *Guide to the Macintosh Family Hardware*. What is inferred says so.
//!
//! # Wiring of the Macintosh
//! - Channel A is the modem port, channel B the printer port and LocalTalk. Here channel B's SDLC side is on the cable.
//! - The LocalTalk line driver is enabled by RTS, bit 1 of WR5: set, the transmitter drives the cable; clear, it does not.
//!   Setting and clearing it for 1.5 bit times each is the synchronisation pulse.
//! - DCD carries the mouse (A horizontal, B vertical), CTS the handshake or external clock of the port.
//! - INTACK is tied high: no vector cycle, hence never an interrupt under service; a handler reads RR2 of channel B or RR3.
//!   The chip has the cycle all the same ([`Scc::acknowledge`]).
//! - W/REQ of both channels is wired to the VIA's port A, where software polls it; SYNC and TRxC as an output are not connected.
//! - RTxC is 3.672 MHz in a Macintosh. The time base rounds LocalTalk's bit to 68 periods of 15.6672 MHz (230.4 kbit/s), so RTxC
//!   is taken as 16 clocks in 68 periods; WR12 = 6 with a 1x clock, and the DPLL in FM mode, both give exactly one bit.
//! - Software must leave 2.2 us (6 PCLK and 200 ns) between two accesses. This is not enforced.
//!
//! # What a LocalTalk driver must have set, or nobody understands it
//! SDLC (WR4 bits 5-4 = 10, no stop bits), FM0 (WR10 bits 6-5 = 11), 8 bits (WR5 bits 6-5, WR3 bits 7-6 = 11), transmit clock
//! at one bit in 68 periods (WR11, with WR12-WR14), receive clock from the DPLL (WR11 bits 6-5 = 11) which was enabled by
//! "enter search mode" in WR14 after "set FM mode". The transmit CRC generator is not preset by itself: WR0 command 10xxxxxx.
//!
//! # Time
//! The chip is brought up to `now` by every access, and by [`Scc::advance`]. Between, it costs nothing.
//! [`Scc::next_event`] says when it needs to be advanced without an access: while the driver is on, while bytes for this node
//! come in, when an enabled status may change. Signals of the cable may be handed over ahead of time.

mod asynchronous;
mod clocks;
mod fifo;
mod interrupts;
mod pins;
mod registers;
mod sdlc_receiver;
mod sdlc_transmitter;
#[cfg(test)]
mod tests;

use asynchronous::Wires;
use clock::Ticks;
use clocks::{Dpll, Generator};
use interrupts::ExternalStatus;
use localtalk::Signal;
use sdlc_receiver::Receiver;
use sdlc_transmitter::Transmitter;
use serde::{Deserialize, Serialize};
use std::collections::vec_deque;
use trace::{ChipEvent, Tracer};

/// One of the two channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channel {
    /// The modem port.
    A,
    /// The printer port, and LocalTalk.
    B,
}

/// One channel: its registers and what they control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Unit {
    /// What was last written to each of the channel's own write registers (WR2 and WR9 belong to the chip).
    wr: [u8; 16],
    receiver: Receiver,
    transmitter: Transmitter,
    wires: Wires,
    external: ExternalStatus,
    generator: Generator,
    dpll: Dpll,
    /// The SYNC input.
    sync: bool,
    /// RTS was reset before all was sent.
    rts_held: bool,
    /// The transmit interrupt pending bit.
    transmit_pending: bool,
    /// In the receive mode "first character": the next character interrupts.
    first_armed: bool,
}

/// The chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scc {
    now: Ticks,
    /// The register that the next control access goes to; one pointer for both channels.
    pointer: u8,
    /// WR2.
    vector: u8,
    /// WR9 without its reset commands.
    master: u8,
    /// Interrupts under service, in the layout of RR3.
    under_service: u8,
    /// IEI.
    enable_in: bool,
    a: Unit,
    b: Unit,
    /// Overruns seen by an access and not yet reported.
    overruns: u32,
}

impl Default for Scc {
    fn default() -> Self {
        Scc::new()
    }
}

impl Scc {
    /// The chip after a hardware reset.
    pub fn new() -> Scc {
        let (a, b) = (Unit::new(false), Unit::new(true));
        Scc {
            now: Ticks::ZERO,
            pointer: 0,
            vector: 0,
            master: 0,
            under_service: 0,
            enable_in: true,
            a,
            b,
            overruns: 0,
        }
    }

    /// The reset pin: both channels and WR9. A transmission under way ends on the spot.
    pub fn reset(&mut self) {
        self.pointer = 0;
        self.master = 0;
        self.reset_channel(Channel::A);
        self.reset_channel(Channel::B);
    }

    /// The channel reset of WR9; it ends the service of the channel's interrupts.
    fn reset_channel(&mut self, channel: Channel) {
        let now = self.now;
        self.under_service &= match channel {
            Channel::A => 0x07,
            Channel::B => 0x38,
        };
        self.unit(channel).reset(now);
    }

    /// Reads the control register that the pointer selects; the pointer returns to 0.
    pub fn read_control(&mut self, now: Ticks, channel: Channel) -> u8 {
        self.catch_up(now);
        let register = std::mem::take(&mut self.pointer);
        self.read_register(channel, register)
    }

    /// Writes the control register that the pointer selects; the pointer returns to 0 unless it was 0.
    pub fn write_control(&mut self, now: Ticks, channel: Channel, value: u8) {
        self.catch_up(now);
        let register = std::mem::take(&mut self.pointer);
        self.write_register(channel, register, value);
    }

    /// Reads the receive buffer (RR8).
    pub fn read_data(&mut self, now: Ticks, channel: Channel) -> u8 {
        self.catch_up(now);
        self.unit(channel).read_data()
    }

    /// Writes the transmit buffer (WR8).
    pub fn write_data(&mut self, now: Ticks, channel: Channel, value: u8) {
        self.catch_up(now);
        let now = self.now;
        self.unit(channel).write_data(now, value);
    }

    /// What [`Scc::read_control`] would give at `now`, without its effects.
    pub fn peek_control(&self, now: Ticks, channel: Channel) -> u8 {
        self.clone().read_control(now, channel)
    }

    /// Read register `register` (0-15) at `now`, without any effect.
    pub fn peek_register(&self, now: Ticks, channel: Channel, register: u8) -> u8 {
        let mut copy = self.clone();
        copy.catch_up(now);
        copy.read_register(channel, register & 15)
    }

    /// What [`Scc::read_data`] would give at `now`, without its effects.
    pub fn peek_data(&self, now: Ticks, channel: Channel) -> u8 {
        self.clone().read_data(now, channel)
    }

    /// What was last written to write register `register` (0-15).
    pub fn written(&self, channel: Channel, register: u8) -> u8 {
        match register & 15 {
            2 => self.vector,
            9 => self.master,
            register => self.unit_ref(channel).wr[usize::from(register)],
        }
    }

    /// Brings the chip up to `now`. `pc` is recorded with an overrun.
    pub fn advance(&mut self, now: Ticks, tracer: &mut Tracer, pc: u32) {
        self.catch_up(now);
        for _ in 0..std::mem::take(&mut self.overruns) {
            tracer.emit(now, ChipEvent::SccOverrun { pc });
        }
    }

    /// When [`Scc::advance`] must be called at the latest if there is no access before; [`Ticks::NEVER`] when idle.
    pub fn next_event(&self) -> Ticks {
        if self.overruns > 0 {
            return self.now;
        }
        self.a.next_event().min(self.b.next_event())
    }

    /// Hands over what channel B's receiver notices on the cable at `at`, which may lie ahead; times must not decrease.
    pub fn line_in(&mut self, at: Ticks, signal: Signal) {
        if !self.b.loops_back() {
            self.b.receiver.hear(at, signal);
        }
    }

    /// Takes what channel B's transmitter has put on the cable, with the times of notice. To be taken at least once in every
    /// [`Signal::NOTICE`], or the cable learns of it too late.
    pub fn line_out(&mut self) -> vec_deque::Drain<'_, (Ticks, Signal)> {
        self.b.transmitter.out.drain(..)
    }

    /// True when [`Scc::line_out`] has something.
    pub fn has_line_out(&self) -> bool {
        !self.b.transmitter.out.is_empty()
    }

    /// Whether the LocalTalk driver is enabled (RTS of channel B, in SDLC mode).
    pub fn driver_is_on(&self) -> bool {
        self.b.transmitter.has_carrier()
    }

    /// RxD of a channel in the asynchronous mode changes to `level` at `at`, which may lie ahead; times must not decrease. At rest
    /// the line is at mark, true.
    pub fn serial_in(&mut self, at: Ticks, channel: Channel, level: bool) {
        self.unit(channel).wires.hear(at, level);
    }

    /// Takes the changes of a channel's TxD that have happened. At rest it is at mark, true. In the synchronous modes it stays there;
    /// what they send is [`Scc::line_out`].
    pub fn serial_out(&mut self, channel: Channel) -> vec_deque::Drain<'_, (Ticks, bool)> {
        self.unit(channel).wires.out.drain(..)
    }

    /// True when [`Scc::serial_out`] has something.
    pub fn has_serial_out(&self, channel: Channel) -> bool {
        !self.unit_ref(channel).wires.out.is_empty()
    }

    fn unit_ref(&self, channel: Channel) -> &Unit {
        match channel {
            Channel::A => &self.a,
            Channel::B => &self.b,
        }
    }

    fn unit(&mut self, channel: Channel) -> &mut Unit {
        match channel {
            Channel::A => &mut self.a,
            Channel::B => &mut self.b,
        }
    }

    fn catch_up(&mut self, now: Ticks) {
        self.now = self.now.max(now);
        self.a.catch_up(now);
        self.b.catch_up(now);
        for unit in [&mut self.a, &mut self.b] {
            self.overruns += std::mem::take(&mut unit.receiver.fifo.overruns);
        }
    }
}

impl Unit {
    fn new(on_cable: bool) -> Unit {
        let mut unit = Unit {
            wr: [0; 16],
            receiver: Receiver::default(),
            transmitter: Transmitter::new(on_cable),
            wires: Wires::default(),
            external: ExternalStatus::default(),
            generator: Generator::default(),
            dpll: Dpll::default(),
            sync: false,
            rts_held: false,
            transmit_pending: false,
            first_armed: false,
        };
        unit.reset(Ticks::ZERO);
        unit
    }

    /// A channel reset, or the channel's part of a hardware reset; the difference between the two lies in bits that nothing here
    /// depends on.
    fn reset(&mut self, now: Ticks) {
        self.driver_off(now);
        self.wr = registers::AFTER_RESET;
        self.receiver.reset();
        self.transmitter.reset();
        self.wires.reset();
        self.settle_wires(now);
        self.generator = Generator::default();
        // "Disables the DPLL, resets the missing clock latches, sets the source to the RTxC pin and selects NRZI mode."
        self.dpll = Dpll::default();
        self.transmit_pending = false;
        self.first_armed = false;
        self.rts_held = false;
        self.external.reset();
        self.external.redefine(registers::HUNT, self.sync);
    }

    fn is_idle(&self) -> bool {
        self.receiver.is_idle()
            && self.transmitter.is_idle()
            && self.wires.is_idle()
            && self.generator.due == Ticks::NEVER
    }

    /// Performs everything that is due at `now` or before, in order of time; where things fall together the wires come first, then the
    /// receiver, the transmitter, the zero count.
    fn catch_up(&mut self, now: Ticks) {
        if self.is_idle() {
            return;
        }
        loop {
            let wires = self.wires.next();
            let receive = self.receiver.next_step();
            let transmit = self.next_transmit_step();
            let due = wires.min(receive).min(transmit).min(self.generator.due);
            if due > now {
                break;
            }
            if wires == due {
                self.wire_step(due);
            } else if receive == due {
                self.receive_step(due);
            } else if transmit == due {
                self.transmit_step(due, now);
            } else {
                self.zero_count(due);
            }
        }
    }

    fn next_event(&self) -> Ticks {
        if self.is_idle() {
            return Ticks::NEVER;
        }
        self.next_receive_event()
            .min(self.next_transmit_event())
            .min(self.wires.next())
            .min(self.generator.due)
    }

    fn read_data(&mut self) -> u8 {
        self.first_armed &= self.receiver.fifo.is_empty();
        let holds = matches!(
            self.receive_mode(),
            interrupts::ReceiveMode::First | interrupts::ReceiveMode::SpecialOnly
        );
        let hold = holds && self.is_special();
        self.receiver.fifo.pop(hold)
    }
}

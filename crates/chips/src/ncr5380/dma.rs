//! DMA transfers: DRQ, DACK and the automatic handshake (design manual, sections 6.8, 8.5 and the DMA timing
//! diagrams).
//!
//! The chip has one byte of storage in each direction. When sending, DRQ becomes true as soon as the target has taken
//! the last byte (REQ false), before the next REQ: one byte is fetched ahead. When receiving, the byte is latched and
//! ACK asserted as soon as REQ is true; ACK stays true until the byte has been read. A target's transfers mirror this, with REQ and ACK
//! exchanged. There is no byte count: a transfer ends with DMA MODE, EOP, or a phase mismatch.
//!
//! In block mode DRQ stays true and READY paces the DMA controller; no Macintosh has one, so the bit is only kept.

use super::Ncr5380;
use super::registers::{InitiatorCommand, Mode};
use super::timing::{
    ACK_RELEASE, ACK_TO_DRQ, ACK_TO_REQ_FALSE, DACK_TO_ACK, REQ_FALSE_TO_DRQ, REQ_TO_ACK,
    REQ_TO_DRQ, TO_REQ,
};
use clock::Ticks;
use scsi::{Device, Lines, ScsiBus, Signals};
use serde::{Deserialize, Serialize};
use trace::{ScsiEvent, Tracer};

/// Which of the three start registers was written last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Transfer {
    /// None since DMA MODE was set.
    #[default]
    None,
    /// Start DMA Send.
    Send,
    /// Start DMA Initiator Receive.
    Receive,
    /// Start DMA Send, as a target.
    TargetSend,
    /// Start DMA Target Receive.
    TargetReceive,
}

impl Transfer {
    /// True when the chip asserts REQ and awaits ACK, not the other way round.
    pub fn is_target(self) -> bool {
        matches!(self, Transfer::TargetSend | Transfer::TargetReceive)
    }

    fn sends(self) -> bool {
        matches!(self, Transfer::Send | Transfer::TargetSend)
    }

    fn receives(self) -> bool {
        matches!(self, Transfer::Receive | Transfer::TargetReceive)
    }
}

/// The automatic half of the handshake: ACK of an initiator, REQ of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Handshake {
    /// The signal is false. An initiator awaits REQ with the right phase, a target that ACK is false and there is a byte to send or room for one.
    #[default]
    Idle,
    /// The signal is about to become true.
    Rising,
    /// The signal is true. An initiator awaits that REQ is false (and the byte read, when receiving), a target that ACK is true.
    Asserted,
    /// The signal is about to become false.
    Falling,
}

/// Consecutive DACK accesses that found no DRQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unpaired {
    at: Ticks,
    bytes: u32,
    out: bool,
    pc: u32,
}

impl Ncr5380 {
    /// A write to Start DMA Send, in either role (6.8.1).
    pub(super) fn start_send(&mut self, now: Ticks, lines: Lines) {
        let transfer = if self.mode.contains(Mode::TARGET) {
            Transfer::TargetSend
        } else {
            Transfer::Send
        };
        self.start_dma(now, transfer, lines);
    }

    /// A write to Start DMA Target Receive; TARGETMODE must be set (6.8.2).
    pub(super) fn start_target_receive(&mut self, now: Ticks, lines: Lines) {
        if self.mode.contains(Mode::TARGET) {
            self.start_dma(now, Transfer::TargetReceive, lines);
        }
    }

    /// A write to Start DMA Initiator Receive; TARGETMODE must not be set (6.8.3).
    pub(super) fn start_receive(&mut self, now: Ticks, lines: Lines) {
        if !self.mode.contains(Mode::TARGET) {
            self.start_dma(now, Transfer::Receive, lines);
        }
    }

    /// DMA MODE must have been set before (6.8).
    fn start_dma(&mut self, now: Ticks, transfer: Transfer, lines: Lines) {
        if !self.mode.contains(Mode::DMA) {
            return;
        }
        self.transfer = transfer;
        self.handshake = Handshake::Idle;
        self.handshake_due = Ticks::NEVER;
        self.loaded = false;
        // The output register is empty, so a transfer that sends asks for its first byte at once, whatever the bus
        // does.
        self.drq_at = if transfer.sends() {
            now + REQ_FALSE_TO_DRQ
        } else {
            Ticks::NEVER
        };
        self.watch_request(now, lines, false);
    }

    /// DMA MODE was reset: the transfer stops, DRQ and the automatic ACK go false (6.3). A byte that was latched but
    /// not read has been acknowledged to the target all the same; it is still in the Input Data Register.
    pub(super) fn stop_dma(&mut self) {
        self.transfer = Transfer::None;
        self.handshake = Handshake::Idle;
        self.handshake_due = Ticks::NEVER;
        self.drq_at = Ticks::NEVER;
        self.loaded = false;
        self.end_of_dma = false;
    }

    /// The lines changed, or something about the transfer did. `fresh` is true when REQ has just become true.
    #[inline]
    pub(super) fn watch_request(&mut self, now: Ticks, lines: Lines, fresh: bool) {
        // 8.5: the phase mismatch interrupt needs DMA MODE and REQ becoming true, not a transfer.
        if fresh && self.mode & (Mode::DMA | Mode::TARGET) == Mode::DMA && !self.phase_match(lines)
        {
            self.irq = true;
        }
        match self.transfer {
            Transfer::None => {}
            Transfer::Send | Transfer::Receive => self.watch_as_initiator(now, lines),
            Transfer::TargetSend | Transfer::TargetReceive => self.watch_as_target(now, lines),
        }
    }

    #[inline]
    fn watch_as_initiator(&mut self, now: Ticks, lines: Lines) {
        let request = lines.has(Signals::REQ);
        match self.handshake {
            Handshake::Idle if request => self.requested(now, lines),
            Handshake::Asserted if !request => match self.transfer {
                Transfer::Send => {
                    self.loaded = false;
                    if !self.end_of_dma {
                        self.drq_at = now + REQ_FALSE_TO_DRQ;
                    }
                    self.fall(now + ACK_RELEASE);
                }
                // ACK is held until the byte has been read.
                _ if !self.loaded => self.fall(now + ACK_RELEASE),
                _ => {}
            },
            _ => {}
        }
    }

    fn requested(&mut self, now: Ticks, lines: Lines) {
        if !self.phase_match(lines) {
            // A phase mismatch keeps REQ from being recognised. DRQ is left as it is (6.7): true in a send, whose
            // next byte was asked for when the last one was taken, and false in a receive (8.5).
            return;
        }
        match self.transfer {
            Transfer::Send if self.loaded => self.rise(now + REQ_TO_ACK),
            Transfer::Receive if !self.end_of_dma => {
                self.latch(lines);
                self.drq_at = now + REQ_TO_DRQ;
                self.rise(now + REQ_TO_ACK);
            }
            _ => {}
        }
    }

    /// The target's half: REQ as soon as there is a byte to send, or room for one, and ACK is false; a byte is taken when ACK is true.
    fn watch_as_target(&mut self, now: Ticks, lines: Lines) {
        let acknowledged = lines.has(Signals::ACK);
        let sending = self.transfer == Transfer::TargetSend;
        let ready = if sending {
            self.loaded
        } else {
            !self.loaded && !self.end_of_dma
        };
        match self.handshake {
            Handshake::Idle if !acknowledged && ready => self.rise(now + TO_REQ),
            Handshake::Asserted if acknowledged => {
                if sending {
                    self.loaded = false;
                } else {
                    self.latch(lines);
                }
                if !(sending && self.end_of_dma) {
                    self.drq_at = now + ACK_TO_DRQ;
                }
                self.fall(now + ACK_TO_REQ_FALSE);
            }
            _ => {}
        }
    }

    /// A byte comes into the Input Data Register (6.1.3).
    fn latch(&mut self, lines: Lines) {
        self.input = lines.data;
        self.check_parity(lines);
        self.loaded = true;
    }

    fn rise(&mut self, at: Ticks) {
        self.handshake = Handshake::Rising;
        self.handshake_due = at;
    }

    fn fall(&mut self, at: Ticks) {
        self.handshake = Handshake::Falling;
        self.handshake_due = at;
    }

    /// The automatic ACK or REQ changes at `at`; nothing else happens to the chip before `limit`.
    #[inline]
    pub(super) fn step_handshake<D: Device>(
        &mut self,
        at: Ticks,
        limit: Ticks,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
    ) {
        self.handshake_due = Ticks::NEVER;
        // Everything else that is driven stays as it is, unless ASSERT ACK, TEST MODE or the target role overrides
        // the automatic.
        let overriding = InitiatorCommand::ASSERT_ACK | InitiatorCommand::AIP_TEST;
        let plain = !self.icr.intersects(overriding)
            && !self.mode.contains(Mode::TARGET)
            && !self.transfer.is_target();
        if plain && self.handshake == Handshake::Rising && self.run_ahead(at, limit, bus, tracer) {
            return;
        }
        self.handshake = match self.handshake {
            Handshake::Rising => Handshake::Asserted,
            _ => Handshake::Idle,
        };
        if plain {
            let mut lines = bus.initiator();
            lines
                .signals
                .set(Signals::ACK, self.handshake == Handshake::Asserted);
            bus.drive(at, lines, tracer);
        } else {
            self.drive(at, bus, tracer);
        }
        self.look(at, bus, tracer);
        self.watch_request(at, bus.lines(), false);
    }

    /// The common case, in which the target answers at once and it has all happened by `limit`: the same as one
    /// change after the other, but cheaper. False when it is not that case.
    #[inline]
    fn run_ahead<D: Device>(
        &mut self,
        at: Ticks,
        limit: Ticks,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
    ) -> bool {
        let sending = self.transfer == Transfer::Send;
        // A byte received holds ACK until it has been read.
        if !sending && !self.loaded {
            return false;
        }
        if !bus.acknowledge(at, sending.then_some(ACK_RELEASE), limit, tracer) {
            return false;
        }
        self.seen = bus.lines();
        self.handshake = Handshake::Asserted;
        if sending {
            self.handshake = Handshake::Idle;
            self.loaded = false;
            if !self.end_of_dma {
                self.drq_at = at + scsi::timing::REQ_RESPONSE + REQ_FALSE_TO_DRQ;
            }
        }
        true
    }

    /// A read with DACK. With DRQ it takes the latched byte; without, it finds the Input Data Register as it is,
    /// which is the byte before: inference from the data sheet's latch, which only REQ loads.
    pub fn dma_read<D: Device>(
        &mut self,
        now: Ticks,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
        pc: u32,
    ) -> u8 {
        self.advance(now, bus, tracer);
        if !self.drq_now(now) || !self.transfer.receives() {
            self.count_unpaired(now, false, pc, tracer);
            return self.input;
        }
        self.flush_unpaired(tracer);
        self.drq_at = Ticks::NEVER;
        self.loaded = false;
        self.watch_request(now, bus.lines(), false);
        self.input
    }

    /// A write with DACK. With DRQ the byte is sent with the next REQ. Without, it still goes into the output data
    /// register, in place of a byte that may be waiting there for its REQ; it does not count as a byte to send. That
    /// the register is overwritten is what its description as a latch on the write strobe implies; that the access
    /// does not arm a handshake of its own is inference.
    pub fn dma_write<D: Device>(
        &mut self,
        now: Ticks,
        value: u8,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
        pc: u32,
    ) {
        self.advance(now, bus, tracer);
        self.output = value;
        if !self.drq_now(now) || !self.transfer.sends() {
            self.count_unpaired(now, true, pc, tracer);
            self.drive(now, bus, tracer);
            return;
        }
        self.flush_unpaired(tracer);
        self.drq_at = Ticks::NEVER;
        self.loaded = true;
        self.drive(now, bus, tracer);
        let lines = bus.lines();
        if self.transfer == Transfer::TargetSend {
            self.watch_as_target(now, lines);
        } else if self.handshake == Handshake::Idle
            && lines.has(Signals::REQ)
            && self.phase_match(lines)
        {
            self.rise(now + DACK_TO_ACK);
        }
    }

    /// EOP during a DACK access: no further byte is asked for (6.7, 8.2). The Macintosh Plus ties EOP false.
    pub fn end_of_process(&mut self) {
        if self.mode.contains(Mode::DMA) {
            self.end_of_dma = true;
            self.drq_at = Ticks::NEVER;
            self.irq |= self.mode.contains(Mode::EOP_INTERRUPT);
        }
    }

    /// Goes on until DRQ is true, for a machine whose CPU waits for it: the time at which it is, or `None` when it is
    /// not by `limit`.
    pub fn wait_drq<D: Device>(
        &mut self,
        now: Ticks,
        limit: Ticks,
        bus: &mut ScsiBus<D>,
        tracer: &mut Tracer,
    ) -> Option<Ticks> {
        self.advance(now, bus, tracer);
        loop {
            if self.drq_at <= limit {
                let at = self.drq_at.max(now);
                self.advance(at, bus, tracer);
                if self.drq_at <= at {
                    return Some(at);
                }
                continue;
            }
            let next = self.due().min(bus.next_event()).min(bus.wake());
            if next > limit {
                return None;
            }
            self.advance(next, bus, tracer);
        }
    }

    fn count_unpaired(&mut self, now: Ticks, out: bool, pc: u32, tracer: &mut Tracer) {
        if self.unpaired.is_some_and(|burst| burst.out != out) {
            self.flush_unpaired(tracer);
        }
        let burst = self.unpaired.get_or_insert(Unpaired {
            at: now,
            bytes: 0,
            out,
            pc,
        });
        burst.bytes = burst.bytes.saturating_add(1);
    }

    /// Records the burst of unpaired accesses that has just ended, at the time it began.
    #[inline]
    pub fn flush_unpaired(&mut self, tracer: &mut Tracer) {
        if let Some(Unpaired { at, bytes, out, pc }) = self.unpaired.take() {
            tracer.emit(at, ScsiEvent::UnpairedDma { bytes, out, pc });
        }
    }
}

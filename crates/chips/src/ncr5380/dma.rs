//! DMA transfers: DRQ, DACK and the automatic handshake (design manual, sections 6.8, 8.5 and the DMA timing
//! diagrams).
//!
//! The chip has one byte of storage in each direction. When sending, DRQ becomes true as soon as the target has taken
//! the last byte (REQ false), before the next REQ: one byte is fetched ahead. When receiving, the byte is latched and
//! ACK asserted as soon as REQ is true; ACK stays true until the byte has been read.

use super::Ncr5380;
use super::registers::{InitiatorCommand, Mode};
use super::timing::{ACK_RELEASE, DACK_TO_ACK, REQ_FALSE_TO_DRQ, REQ_TO_ACK, REQ_TO_DRQ};
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
}

/// The automatic half of the handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Handshake {
    /// REQ with the right phase (and a byte, when sending) is awaited.
    #[default]
    Idle,
    /// ACK is about to become true.
    Rising,
    /// ACK is true; REQ must become false (and the byte be read, when receiving).
    Acknowledged,
    /// ACK is about to become false.
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
    /// A write to Start DMA Send or Start DMA Initiator Receive; DMA MODE must have been set before (6.8).
    pub(super) fn start_dma(&mut self, now: Ticks, transfer: Transfer, lines: Lines) {
        if !self.mode.contains(Mode::DMA) || self.mode.contains(Mode::TARGET) {
            return;
        }
        self.transfer = transfer;
        self.handshake = Handshake::Idle;
        self.handshake_due = Ticks::NEVER;
        self.loaded = false;
        // The output register is empty, so a transfer that sends asks for its first byte at once, whatever the bus
        // does.
        self.drq_at = if transfer == Transfer::Send {
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
    ///
    /// Nothing happens before a start register was written. For the phase mismatch interrupt the manual asks only for DMA MODE
    /// (8.5); that a transfer must have been started too is inference.
    #[inline]
    pub(super) fn watch_request(&mut self, now: Ticks, lines: Lines, fresh: bool) {
        if self.transfer == Transfer::None {
            return;
        }
        let request = lines.has(Signals::REQ);
        match self.handshake {
            Handshake::Idle if request => self.requested(now, lines, fresh),
            Handshake::Acknowledged if !request => match self.transfer {
                Transfer::Send => {
                    self.loaded = false;
                    if !self.end_of_dma {
                        self.drq_at = now + REQ_FALSE_TO_DRQ;
                    }
                    self.fall(now);
                }
                // ACK is held until the byte has been read.
                _ if !self.loaded => self.fall(now),
                _ => {}
            },
            _ => {}
        }
    }

    fn requested(&mut self, now: Ticks, lines: Lines, fresh: bool) {
        if !self.phase_match(lines) {
            // A phase mismatch keeps REQ from being recognised. DRQ is left as it is (6.7): true in a send, whose
            // next byte was asked for when the last one was taken, and false in a receive (8.5).
            if fresh {
                self.irq = true;
            }
            return;
        }
        match self.transfer {
            Transfer::Send if self.loaded => self.rise(now + REQ_TO_ACK),
            Transfer::Receive if !self.end_of_dma => {
                self.input = lines.data;
                self.check_parity(lines);
                self.loaded = true;
                self.drq_at = now + REQ_TO_DRQ;
                self.rise(now + REQ_TO_ACK);
            }
            _ => {}
        }
    }

    fn rise(&mut self, at: Ticks) {
        self.handshake = Handshake::Rising;
        self.handshake_due = at;
    }

    fn fall(&mut self, now: Ticks) {
        self.handshake = Handshake::Falling;
        self.handshake_due = now + ACK_RELEASE;
    }

    /// The automatic ACK changes at `at`; nothing else happens to the chip before `limit`.
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
        let plain = !self.icr.intersects(overriding) && !self.mode.contains(Mode::TARGET);
        if plain && self.handshake == Handshake::Rising && self.run_ahead(at, limit, bus, tracer) {
            return;
        }
        self.handshake = match self.handshake {
            Handshake::Rising => Handshake::Acknowledged,
            _ => Handshake::Idle,
        };
        if plain {
            let mut lines = bus.initiator();
            lines
                .signals
                .set(Signals::ACK, self.handshake == Handshake::Acknowledged);
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
        self.handshake = Handshake::Acknowledged;
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
        if !self.drq_now(now) || self.transfer != Transfer::Receive {
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
        if !self.drq_now(now) || self.transfer != Transfer::Send {
            self.count_unpaired(now, true, pc, tracer);
            self.drive(now, bus, tracer);
            return;
        }
        self.flush_unpaired(tracer);
        self.drq_at = Ticks::NEVER;
        self.loaded = true;
        self.drive(now, bus, tracer);
        let lines = bus.lines();
        if self.handshake == Handshake::Idle && lines.has(Signals::REQ) && self.phase_match(lines) {
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
            let next = self.next_event(bus).min(bus.wake());
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

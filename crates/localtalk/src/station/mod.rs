//! A host-side LLAP node: load generators, routers and tests use it.

mod backoff;
mod reception;
#[cfg(test)]
mod tests;

use crate::{
    Cable, Signal,
    llap::{self, BROADCAST, DIALOG_GAP, FRAME_GAP, Packet},
};
use backoff::Backoff;
use clock::{Stream, Ticks};
use reception::Reception;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use trace::{LineEvent, Tracer};

/// From the end of a frame to the driver of its answer. Chapter 1 allows 200 us from the end of one frame to the end of the next
/// one's address byte, of which the driver leaves about 95; at least [`Signal::NOTICE`], or the answer would come before its cause
/// was noticed. Assumed.
const TURNAROUND: Ticks = Ticks::from_micros(60);
/// ENQ sets that a workstation tries (appendix B, AcquireAddress); a server tries six times as many.
const WORKSTATION_SETS: u32 = 20;
/// The watchdog on a carrier that never ends: 1.5 times the longest frame (appendix B, TransmitLinkMgmt).
const WATCHDOG: Ticks = Ticks::from_micros(605 * 39 * 3 / 2);
/// Packets that may wait to be sent.
const QUEUE: usize = 64;

/// What the node is doing on the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Link {
    /// Nothing to send.
    Rest,
    /// Wants the line, which is busy.
    Waiting,
    /// The line is quiet; the inter-dialog gap runs.
    Gap,
    /// The random wait runs.
    Slots,
    /// Sends its RTS or ENQ.
    Requesting,
    /// Waits for the carrier of an answer.
    AwaitCarrier,
    /// Waits for the first byte of the answer.
    AwaitFrame,
    /// The answer comes in.
    AwaitEnd,
    /// Has the right to send the data and waits for the line.
    BeforeData,
    /// Sends the data.
    SendingData,
    /// Owes this control packet and waits for the line.
    BeforeAnswer(Answer),
    /// Sends a CTS or ACK; `true`: data will follow.
    Answering(bool),
    /// Data for this node are to follow.
    AwaitData,
}

/// An acknowledgement or a clear-to-send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    to: u8,
    from: u8,
    kind: u8,
}

/// How far the node address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Claim {
    /// ENQ sets sent without an answer.
    Trying(u32),
    Ours,
}

/// A node of LLAP as *Inside AppleTalk* appendix B specifies it, as a state machine.
///
/// It departs from the pseudo-code in four places. Any transition on the line counts as its carrier, where the pseudo-code looks for
/// a flag and, at the end of the wait, for a missing clock. A broadcast that senses any carrier after its RTS counts as a collision, as chapter 1
/// says. An ACK or an unexpected CTS after the address was acquired is counted ([`Station::conflicts`]) and otherwise ignored; the
/// pseudo-code would never send again, but a CTS may also come late from a busy node. The watchdog declares the line free instead of
/// resetting a chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Station {
    number: u8,
    server: bool,
    address: u8,
    claim: Claim,
    random: Stream,
    now: Ticks,
    link: Link,
    timer: Ticks,
    backoff: Backoff,
    line: Reception,
    heard: VecDeque<(Ticks, Signal)>,
    queue: VecDeque<Packet>,
    current: Option<Packet>,
    received: VecDeque<(Ticks, Packet)>,
    conflicts: u32,
    /// Of a station that stands for others, the nodes that it answers for.
    behind: Option<BTreeSet<u8>>,
}

impl Station {
    /// A station that first acquires an address: of the server range 128-254 or of the user range 1-127. It takes about 1.2 s on
    /// a quiet line, 7 s for a server. `number` is its place on the cable; `random` its own stream.
    pub fn new(number: u8, server: bool, random: Stream) -> Station {
        let mut station = Station::with_address(number, 0, random);
        station.server = server;
        station.guess();
        station
    }

    /// A station whose address is settled already.
    pub fn with_address(number: u8, address: u8, random: Stream) -> Station {
        Station {
            number,
            server: address >= 128,
            address,
            claim: Claim::Ours,
            random,
            now: Ticks::ZERO,
            link: Link::Rest,
            timer: Ticks::NEVER,
            backoff: Backoff::default(),
            line: Reception::default(),
            heard: VecDeque::new(),
            queue: VecDeque::new(),
            current: None,
            received: VecDeque::new(),
            conflicts: 0,
            behind: None,
        }
    }

    /// A station without an address of its own that stands for the nodes of another network ([`Station::behind`]). It hears every frame, and sends
    /// what it is given as it is ([`Station::forward`]).
    pub fn proxy(number: u8, random: Stream) -> Station {
        Station {
            behind: Some(BTreeSet::new()),
            ..Station::with_address(number, 0, random)
        }
    }

    /// The nodes that a proxy answers requests to send and enquiries for; nothing of another station.
    pub fn behind(&mut self) -> Option<&mut BTreeSet<u8>> {
        self.behind.as_mut()
    }

    /// The node address once it is acquired.
    pub fn address(&self) -> Option<u8> {
        (self.claim == Claim::Ours).then_some(self.address)
    }

    /// Its place on the cable.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Frames that suggest another node with the same address: ACKs, and CTSs that nobody waited for.
    pub fn conflicts(&self) -> u32 {
        self.conflicts
    }

    /// Packets that wait to be sent, the one under way included.
    pub fn waiting(&self) -> usize {
        self.queue.len() + usize::from(self.claim == Claim::Ours && self.current.is_some())
    }

    /// Queues data of LLAP type `kind` (1-127) for node `destination`, [`BROADCAST`] for all. `now` must not lie before the last
    /// [`Station::advance`]. False, and nothing is sent, when 64 packets wait already, the data are longer than 600 bytes or the type is a control type.
    #[must_use]
    pub fn send(&mut self, now: Ticks, destination: u8, kind: u8, data: Vec<u8>) -> bool {
        if self.queue.len() >= QUEUE || data.len() > llap::MAX_DATA || !(1..0x80).contains(&kind) {
            return false;
        }
        // The source is filled in when the address is known.
        self.enqueue(
            now,
            Packet {
                destination,
                source: 0,
                kind,
                data,
            },
        );
        true
    }

    /// As [`Station::send`], for a proxy: queues a packet with its own source. A data packet gets a dialog; a control packet, which must be an ENQ or an ACK, goes
    /// out alone and once. False, and nothing is sent, when 64 packets wait already or this station is no proxy.
    #[must_use]
    pub fn forward(&mut self, now: Ticks, packet: Packet) -> bool {
        if self.behind.is_none() || self.queue.len() >= QUEUE {
            return false;
        }
        self.enqueue(now, packet);
        true
    }

    fn enqueue(&mut self, now: Ticks, packet: Packet) {
        self.queue.push_back(packet);
        self.now = self.now.max(now);
        if self.link == Link::Rest {
            self.resume(self.now);
        }
    }

    /// Packets received, oldest first, with the time of their closing flag; of a proxy every intact packet on the cable that others sent.
    pub fn received(&mut self) -> std::collections::vec_deque::Drain<'_, (Ticks, Packet)> {
        self.received.drain(..)
    }

    /// True when [`Station::received`] has something.
    pub fn has_received(&self) -> bool {
        !self.received.is_empty()
    }

    /// When the station does something next if it hears nothing before; see also [`Cable::next_for`].
    pub fn next_event(&self) -> Ticks {
        self.timer
    }

    /// Runs the station up to, not including, `now`: takes what it hears from `cable` and posts what it sends.
    pub fn advance(&mut self, now: Ticks, cable: &mut Cable, tracer: &mut Tracer) {
        self.heard.extend(cable.take(self.number, now));
        loop {
            let heard = self.heard.front().map_or(Ticks::NEVER, |heard| heard.0);
            // A signal before a timer of the same time.
            if heard <= self.timer {
                let Some((at, signal)) = self.heard.pop_front() else {
                    break;
                };
                self.now = self.now.max(at);
                self.hear(self.now, signal, tracer);
            } else if self.timer < now {
                self.now = self.now.max(self.timer);
                self.timer = Ticks::NEVER;
                self.time_out(self.now, cable, tracer);
            } else {
                break;
            }
        }
        self.now = self.now.max(now);
    }

    fn enter(&mut self, link: Link, until: Ticks) {
        self.link = link;
        self.timer = until;
    }

    /// After anything that interrupted it: goes on with the packet under way, or begins the next one.
    fn resume(&mut self, now: Ticks) {
        if self.current.is_none() {
            self.current = match self.claim {
                Claim::Trying(_) => Some(Packet::control(self.address, self.address, llap::ENQ)),
                Claim::Ours if self.behind.is_some() => self.queue.pop_front(),
                Claim::Ours => self.queue.pop_front().map(|packet| Packet {
                    source: self.address,
                    ..packet
                }),
            };
            if self.current.is_none() {
                self.enter(Link::Rest, Ticks::NEVER);
                return;
            }
            self.backoff.begin();
        }
        self.want_line(now);
    }

    /// The head of the main loop of TransmitLinkMgmt.
    fn want_line(&mut self, now: Ticks) {
        if self.line.is_busy() {
            self.backoff.line_was_busy();
            self.enter(Link::Waiting, now + WATCHDOG);
        } else {
            self.enter(Link::Gap, now + DIALOG_GAP);
        }
    }

    fn time_out(&mut self, now: Ticks, cable: &mut Cable, tracer: &mut Tracer) {
        match self.link {
            Link::Rest => {}
            Link::Waiting => {
                self.line.clear();
                self.want_line(now);
            }
            Link::Gap => {
                let until = now + self.backoff.wait(&mut self.random);
                self.enter(Link::Slots, until);
            }
            Link::Slots => self.request(now, cable),
            Link::Requesting if !self.line.is_busy() => {
                self.enter(Link::AwaitCarrier, now + FRAME_GAP)
            }
            Link::Requesting if self.destination() == BROADCAST => self.collision(now, tracer),
            Link::Requesting => self.enter(Link::AwaitFrame, now + FRAME_GAP),
            Link::AwaitCarrier if self.destination() == BROADCAST => self.send_data(now, cable),
            Link::AwaitCarrier | Link::AwaitFrame | Link::AwaitEnd => self.collision(now, tracer),
            Link::BeforeData if self.line.is_busy() => self.collision(now, tracer),
            Link::BeforeData => self.send_data(now, cable),
            Link::SendingData => {
                self.current = None;
                self.resume(now);
            }
            Link::BeforeAnswer(_) if self.line.is_busy() => self.resume(now),
            Link::BeforeAnswer(answer) => {
                let packet = Packet::control(answer.to, answer.from, answer.kind);
                let off = self.transmit(now, &packet, false, cable);
                self.enter(Link::Answering(answer.kind == llap::CTS), off);
            }
            // Carrier within one gap, the first byte within another (appendix B, ReceiveFrame).
            Link::Answering(true) => self.enter(Link::AwaitData, now + FRAME_GAP * 2),
            Link::Answering(false) | Link::AwaitData => self.resume(now),
        }
    }

    fn destination(&self) -> u8 {
        self.current.as_ref().map_or(0, |packet| packet.destination)
    }

    fn transmit(&mut self, now: Ticks, packet: &Packet, pulse: bool, cable: &mut Cable) -> Ticks {
        let (signals, off) = llap::signals(&packet.encode(), now, pulse);
        for (at, signal) in signals {
            cable.post(self.number, at, signal);
        }
        self.line.lose_frame();
        off
    }

    fn source(&self) -> u8 {
        self.current.as_ref().map_or(0, |packet| packet.source)
    }

    fn request(&mut self, now: Ticks, cable: &mut Cable) {
        if self.claim == Claim::Ours && self.current.as_ref().is_some_and(Packet::is_control) {
            self.send_data(now, cable);
            return;
        }
        let kind = if self.claim == Claim::Ours {
            llap::RTS
        } else {
            llap::ENQ
        };
        let packet = Packet::control(self.destination(), self.source(), kind);
        let off = self.transmit(now, &packet, true, cable);
        self.enter(Link::Requesting, off);
    }

    fn send_data(&mut self, now: Ticks, cable: &mut Cable) {
        if let Some(packet) = self.current.take() {
            let off = self.transmit(now, &packet, packet.is_control(), cable);
            self.current = Some(packet);
            self.enter(Link::SendingData, off);
        }
    }

    fn collision(&mut self, now: Ticks, tracer: &mut Tracer) {
        if self.backoff.collided() {
            self.want_line(now);
        } else {
            self.give_up(now, tracer);
        }
    }

    /// The packet failed. For an enquiry that is good news.
    fn give_up(&mut self, now: Ticks, tracer: &mut Tracer) {
        let destination = self.destination();
        self.current = None;
        match &mut self.claim {
            Claim::Trying(sets) => {
                *sets += 1;
                if *sets >= WORKSTATION_SETS * if self.server { 6 } else { 1 } {
                    self.claim = Claim::Ours;
                }
            }
            Claim::Ours => {
                let attempts = self.backoff.attempts();
                tracer.emit(
                    now,
                    LineEvent::GaveUp {
                        station: self.number,
                        destination,
                        attempts,
                    },
                );
            }
        }
        self.resume(now);
    }

    /// Picks a node address and begins to enquire for it.
    fn guess(&mut self) {
        self.address = self.random.below(127) as u8 + if self.server { 128 } else { 1 };
        self.claim = Claim::Trying(0);
        self.current = None;
        self.resume(self.now);
    }

    fn is_sending(&self) -> bool {
        matches!(
            self.link,
            Link::Requesting | Link::SendingData | Link::Answering(_)
        )
    }

    fn hear(&mut self, at: Ticks, signal: Signal, tracer: &mut Tracer) {
        let frame = self.line.hear(at, signal);
        if self.is_sending() {
            self.line.lose_frame();
            return;
        }
        if let Some(bytes) = frame
            && let Ok(packet) = Packet::decode(&bytes)
        {
            let to_this = self.is_for(packet.destination);
            if self.behind.is_some() {
                self.received.push_back((at, packet.clone()));
            }
            if to_this {
                self.receive(at, packet, tracer);
                return;
            }
        }
        match (self.link, signal) {
            (Link::Waiting | Link::BeforeData | Link::BeforeAnswer(_), Signal::Idle) => {
                // Counted from when the line went quiet, not from when that was noticed.
                let quiet = self.line.quiet_since();
                self.timer = at.max(
                    quiet
                        + if self.link == Link::Waiting {
                            DIALOG_GAP
                        } else {
                            TURNAROUND
                        },
                );
                if self.link == Link::Waiting {
                    self.link = Link::Gap;
                }
            }
            (_, Signal::Idle | Signal::Abort) => {}
            (Link::Gap, _) => self.want_line(at),
            (Link::Slots, _) => {
                if self.backoff.deferred() {
                    self.want_line(at);
                } else {
                    self.give_up(at, tracer);
                }
            }
            (Link::AwaitCarrier, _) if self.destination() == BROADCAST => {
                self.collision(at, tracer)
            }
            (Link::AwaitCarrier, _) => self.enter(Link::AwaitFrame, at + FRAME_GAP),
            // 1.5 times the worst time of a byte, as for every byte in ReceiveFrame.
            (Link::AwaitFrame | Link::AwaitEnd, Signal::Byte(_)) => {
                self.enter(Link::AwaitEnd, at + Ticks::from_micros(39 * 3 / 2));
            }
            _ => {}
        }
    }

    fn is_for(&self, node: u8) -> bool {
        match &self.behind {
            _ if node == BROADCAST => true,
            Some(behind) => behind.contains(&node),
            None => node == self.address,
        }
    }

    /// An intact packet for this node or for all.
    fn receive(&mut self, at: Ticks, packet: Packet, tracer: &mut Tracer) {
        let to_all = packet.destination == BROADCAST;
        if self.claim != Claim::Ours {
            // "We received something we didn't expect": somebody has the address, or claims it too.
            if !to_all {
                self.guess();
            }
            return;
        }
        let awaiting = matches!(
            self.link,
            Link::AwaitCarrier | Link::AwaitFrame | Link::AwaitEnd
        );
        let answers = packet.source == self.destination() && packet.destination == self.source();
        if awaiting && packet.kind == llap::CTS && answers {
            self.enter(Link::BeforeData, at + FRAME_GAP);
            return;
        }
        if awaiting && packet.is_control() {
            self.collision(at, tracer);
            return;
        }
        let answer = |kind| {
            Link::BeforeAnswer(Answer {
                to: packet.source,
                from: packet.destination,
                kind,
            })
        };
        match packet.kind {
            llap::ENQ if !to_all => self.enter(answer(llap::ACK), at + FRAME_GAP),
            llap::RTS if !to_all => self.enter(answer(llap::CTS), at + FRAME_GAP),
            llap::RTS => self.enter(Link::AwaitData, at + FRAME_GAP * 3),
            llap::ACK | llap::CTS => self.conflicts += 1,
            llap::ENQ => {}
            _ => {
                if self.behind.is_none() {
                    self.received.push_back((at, packet));
                }
                if awaiting {
                    self.collision(at, tracer);
                } else {
                    self.resume(at);
                }
            }
        }
    }
}

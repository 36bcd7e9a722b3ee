use crate::{Address, Datagram, aep, ddp};
use clock::Ticks;
use localtalk::{Cable, Station};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use trace::Tracer;

/// Datagrams that may wait to be taken; later ones are dropped, as a real node's buffers overflow.
const INBOX: usize = 256;

/// A host-side AppleTalk node: an LLAP station with DDP on it. It echoes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    station: Station,
    inbox: VecDeque<(Ticks, Datagram)>,
    malformed: u32,
}

impl Node {
    /// A node on this station.
    pub fn new(station: Station) -> Node {
        Node {
            station,
            inbox: VecDeque::new(),
            malformed: 0,
        }
    }

    /// The station below.
    pub fn station(&self) -> &Station {
        &self.station
    }

    /// The address of one of its sockets; node 0 before the node address is acquired.
    pub fn socket(&self, socket: u8) -> Address {
        Address::local(self.station.address().unwrap_or(0), socket)
    }

    /// Packets received that were no datagrams.
    pub fn malformed(&self) -> u32 {
        self.malformed
    }

    /// Sends a datagram. False when it is malformed or too many packets wait already: like any datagram it may get lost.
    pub fn send(&mut self, now: Ticks, datagram: &Datagram) -> bool {
        match datagram.encode(false) {
            Ok((kind, data)) => self
                .station
                .send(now, datagram.destination.node, kind, data),
            Err(_) => false,
        }
    }

    /// When the node does something next by itself.
    pub fn next_event(&self) -> Ticks {
        self.station.next_event()
    }

    /// True when [`Node::advance`] up to `now` has anything to do.
    pub fn is_due(&self, now: Ticks, cable: &Cable) -> bool {
        self.station.next_event() < now || cable.next_for(self.station.number()) < now
    }

    /// Runs the node up to, not including, `now`.
    pub fn advance(&mut self, now: Ticks, cable: &mut Cable, tracer: &mut Tracer) {
        self.station.advance(now, cable, tracer);
        if !self.station.has_received() {
            return;
        }
        let packets: Vec<_> = self.station.received().collect();
        for (at, packet) in packets {
            match Datagram::decode(&packet) {
                Ok(datagram) if datagram.destination.socket == ddp::ECHO_SOCKET => {
                    if let Some(reply) = aep::answer(&datagram) {
                        self.send(now, &reply);
                    }
                }
                Ok(datagram) if self.inbox.len() < INBOX => self.inbox.push_back((at, datagram)),
                Ok(_) => {}
                Err(_) => self.malformed += 1,
            }
        }
    }

    /// Takes the oldest datagram received, with the time at which its frame ended.
    pub fn receive(&mut self) -> Option<(Ticks, Datagram)> {
        self.inbox.pop_front()
    }
}

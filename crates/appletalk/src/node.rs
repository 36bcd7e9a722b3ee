use crate::{Address, Datagram, aep, ddp, rtmp};
use clock::Ticks;
use localtalk::{Cable, Station};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use trace::Tracer;

/// Datagrams that may wait to be taken; later ones are dropped, as a real node's buffers overflow.
const INBOX: usize = 256;

/// A router not heard for so long is none any more (chapter 5, "RTMP stub": the ageing timer of A-ROUTER).
const ROUTER_AGE: Ticks = Ticks::from_secs(50);

/// A host-side AppleTalk node: an LLAP station with DDP on it. It echoes by itself, and its RTMP stub listens for a router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    station: Station,
    inbox: VecDeque<(Ticks, Datagram)>,
    malformed: u32,
    /// The network's number, 0 as long as no router has told it.
    network: u16,
    /// Node address of the router heard last, and when.
    router: Option<(u8, Ticks)>,
}

impl Node {
    /// A node on this station.
    pub fn new(station: Station) -> Node {
        Node {
            station,
            inbox: VecDeque::new(),
            malformed: 0,
            network: 0,
            router: None,
        }
    }

    /// The station below.
    pub fn station(&self) -> &Station {
        &self.station
    }

    /// The address of one of its sockets; node 0 before the node address is acquired, network 0 before a router has told it.
    pub fn socket(&self, socket: u8) -> Address {
        Address {
            network: self.network,
            node: self.station.address().unwrap_or(0),
            socket,
        }
    }

    /// Network and node of the router heard last (A-ROUTER), socket 0.
    pub fn router(&self) -> Option<Address> {
        let (node, _) = self.router?;
        Some(Address {
            network: self.network,
            node,
            socket: 0,
        })
    }

    /// Packets received that were no datagrams.
    pub fn malformed(&self) -> u32 {
        self.malformed
    }

    /// Sends a datagram. False when it is malformed or too many packets wait already: like any datagram it may get lost.
    ///
    /// One for another network goes to the router, with a long header and checksum; without a router it is tried on the own cable.
    pub fn send(&mut self, now: Ticks, datagram: &Datagram) -> bool {
        let mut datagram = datagram.clone();
        let to = &mut datagram.destination;
        if to.network == self.network {
            to.network = 0;
        }
        let node = match self.router {
            Some((router, _)) if to.network != 0 => router,
            _ => to.node,
        };
        if datagram.source.network == 0 {
            datagram.source.network = self.network;
        }
        match datagram.encode(true) {
            Ok((kind, data)) => self.station.send(now, node, kind, data),
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
        self.router = self
            .router
            .filter(|&(_, heard)| now.since(heard) < ROUTER_AGE);
        if !self.station.has_received() {
            return;
        }
        let packets: Vec<_> = self.station.received().collect();
        for (at, packet) in packets {
            match Datagram::decode(&packet) {
                Ok(datagram) if datagram.kind == ddp::RTMP => self.hear_router(at, &datagram),
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

    /// The RTMP stub: who routes, and which network this is.
    fn hear_router(&mut self, at: Ticks, datagram: &Datagram) {
        if datagram.destination.socket != rtmp::SOCKET {
            return;
        }
        match rtmp::Data::decode(&datagram.data) {
            Ok(data) => {
                self.network = data.network;
                self.router = Some((data.node, at));
            }
            Err(_) => self.malformed += 1,
        }
    }

    /// Takes the oldest datagram received, with the time at which its frame ended.
    pub fn receive(&mut self) -> Option<(Ticks, Datagram)> {
        self.inbox.pop_front()
    }
}

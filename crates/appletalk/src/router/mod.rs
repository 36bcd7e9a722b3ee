//! A router between nonextended networks: *Inside AppleTalk* chapters 4 (forwarding), 5 (RTMP), 7 (NBP) and 8 (ZIP).

mod names;
mod station;
mod table;
#[cfg(test)]
mod tests;
mod zones;

pub use station::RouterStation;
pub use table::{MAX_HOPS, Route, State, Table};

use crate::bytes::Malformed;
use crate::rtmp::{self, Data, Request};
use crate::{Address, Datagram, aep, ddp, zip};
use clock::Ticks;
use localtalk::llap::{BROADCAST, LONG_DDP, Packet};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use zones::Zones;

/// "The send-RTMP timer": the table is told so often.
pub const SEND_TIME: Ticks = Ticks::from_secs(10);
/// "The validity timer".
pub const VALIDITY_TIME: Ticks = Ticks::from_secs(20);
/// How often a router asks for the zones of a network until it has been told.
pub const ZIP_QUERY_TIME: Ticks = Ticks::from_secs(10);

/// A port that tells a network its number and zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// Network number, 1-65279.
    pub network: u16,
    /// The one zone of the nonextended network.
    pub zone: Vec<u8>,
}

/// What the router has sent, for a port to put on its cable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Number of the port.
    pub port: usize,
    /// Node address, FF for all.
    pub node: u8,
    /// LLAP type.
    pub kind: u8,
    /// The datagram with its header.
    pub data: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Port {
    /// 0 as long as it is not known.
    network: u16,
    node: u8,
}

/// What a router counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Datagrams sent on.
    pub forwarded: u64,
    /// Datagrams for networks to which no way is known.
    pub no_route: u64,
    /// Datagrams that had passed 15 routers.
    pub too_far: u64,
    /// Packets that were no datagrams, or whose content was malformed.
    pub malformed: u64,
    /// Routers heard that give a port's network another number.
    pub conflicts: u64,
}

/// A router, without its stations: packets in, packets out.
///
/// A port without a seed takes its network number from the first router that it hears. Ports that are not on a LocalTalk cable, and so
/// half routers and extended networks of its own, are left out; other routers may tell of extended networks behind them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Router {
    ports: Vec<Port>,
    table: Table,
    zones: Zones,
    send_at: Ticks,
    age_at: Ticks,
    query_at: Ticks,
    out: VecDeque<Outgoing>,
    counts: Counts,
}

impl Router {
    /// A router whose ports have these node addresses and, where it is a seed router, seeds. Its timers begin at `start`.
    pub fn new(ports: Vec<(u8, Option<Seed>)>, start: Ticks) -> Router {
        let mut router = Router {
            ports: Vec::new(),
            table: Table::default(),
            zones: Zones::default(),
            send_at: start,
            age_at: start + VALIDITY_TIME,
            query_at: start + ZIP_QUERY_TIME,
            out: VecDeque::new(),
            counts: Counts::default(),
        };
        for (number, (node, seed)) in ports.into_iter().enumerate() {
            let network = seed.as_ref().map_or(0, |seed| seed.network);
            router.ports.push(Port { network, node });
            if let Some(seed) = seed {
                router.table.connect(network, number);
                router.zones.learn(network, vec![seed.zone]);
            }
        }
        router
    }

    /// The routing table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The zones of a network as far as they are known.
    pub fn zones_of(&self, network: u16) -> &[Vec<u8>] {
        self.zones.of(network)
    }

    /// Network number and node address of a port.
    pub fn port(&self, port: usize) -> (u16, u8) {
        (self.ports[port].network, self.ports[port].node)
    }

    /// What it has counted.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes what is to be sent.
    pub fn outgoing(&mut self) -> std::collections::vec_deque::Drain<'_, Outgoing> {
        self.out.drain(..)
    }

    /// When [`Router::advance`] has something to do.
    pub fn next_event(&self) -> Ticks {
        self.send_at.min(self.age_at).min(self.query_at)
    }

    /// Does what its timers ask for by `now`.
    pub fn advance(&mut self, now: Ticks) {
        if self.age_at <= now {
            self.age_at += VALIDITY_TIME;
            for network in self.table.age() {
                self.zones.forget(network);
            }
        }
        if self.send_at <= now {
            self.send_at += SEND_TIME;
            for port in 0..self.ports.len() {
                let to = Address::local(BROADCAST, rtmp::SOCKET);
                self.tell_routes(port, to, true);
            }
        }
        if self.query_at <= now {
            self.query_at += ZIP_QUERY_TIME;
            self.query_zones();
        }
    }

    /// Takes in a packet that came for the router's node, or for all, on `port`.
    pub fn receive(&mut self, port: usize, packet: &Packet) {
        let Ok(mut datagram) = Datagram::decode(packet) else {
            self.counts.malformed += 1;
            return;
        };
        let Port { network, node } = self.ports[port];
        for address in [&mut datagram.source, &mut datagram.destination] {
            if address.network == 0 {
                address.network = network;
            }
        }
        let to = datagram.destination;
        // Its own address on any port, or "any router on that network".
        let own = |at: &Port| at.network == to.network && (to.node == at.node || to.node == 0);
        let to_all = to.network == network && to.node == BROADCAST;
        if to_all || (to.network, to.node) == (network, node) || self.ports.iter().any(own) {
            if self.deliver(port, &datagram).is_err() {
                self.counts.malformed += 1;
            }
        } else if packet.kind == LONG_DDP && packet.destination != BROADCAST {
            self.forward(packet, &datagram);
        }
    }

    /// "The router's forwarding": the header's hop count is all that changes, so that the checksum stays right.
    fn forward(&mut self, packet: &Packet, datagram: &Datagram) {
        let Some(route) = self.table.route(datagram.destination.network) else {
            self.counts.no_route += 1;
            return;
        };
        if datagram.hops >= MAX_HOPS {
            self.counts.too_far += 1;
            return;
        }
        let node = match route.next {
            0 => datagram.destination.node,
            next => next,
        };
        let mut data = packet.data.clone();
        data[0] += 1 << 2;
        self.counts.forwarded += 1;
        self.out.push_back(Outgoing {
            port: route.port,
            node,
            kind: LONG_DDP,
            data,
        });
    }

    fn deliver(&mut self, port: usize, datagram: &Datagram) -> Result<(), Malformed> {
        match (datagram.kind, datagram.destination.socket) {
            (ddp::RTMP, rtmp::SOCKET) => self.routes_told(port, &Data::decode(&datagram.data)?),
            (ddp::RTMP_REQUEST, rtmp::SOCKET) => match Request::decode(&datagram.data)? {
                Request::Network => self.tell_network(port, datagram.source),
                Request::Routes => self.tell_routes(port, datagram.source, true),
                Request::AllRoutes => self.tell_routes(port, datagram.source, false),
            },
            (ddp::AEP, ddp::ECHO_SOCKET) => {
                if let Some(reply) = aep::answer(datagram) {
                    self.send(reply);
                }
            }
            (ddp::NBP, ddp::NAMES_SOCKET) => self.names(port, datagram)?,
            (ddp::ZIP, zip::SOCKET) => self.zone_packet(port, datagram)?,
            (ddp::ATP, zip::SOCKET) => self.zone_request(port, datagram)?,
            _ => {}
        }
        Ok(())
    }

    fn routes_told(&mut self, port: usize, data: &Data) {
        let at = self.ports[port];
        // Its own broadcast, or a node that is no router.
        if data.node == at.node || data.network == 0 {
            return;
        }
        if at.network == 0 {
            self.ports[port].network = data.network;
            self.table.connect(data.network, port);
        } else if at.network != data.network {
            self.counts.conflicts += 1;
            return;
        }
        for &tuple in &data.tuples {
            self.table.told(port, data.node, tuple);
        }
        self.zones.heard(data.network, data.node);
    }

    fn tell_network(&mut self, port: usize, to: Address) {
        self.tell(port, to, Vec::new(), false);
    }

    fn tell_routes(&mut self, port: usize, to: Address, split_horizon: bool) {
        let tuples = self.table.tuples(port, split_horizon);
        self.tell(port, to, tuples, true);
    }

    fn tell(&mut self, port: usize, to: Address, tuples: Vec<rtmp::Tuple>, version: bool) {
        let Port { network, node } = self.ports[port];
        if network == 0 {
            return;
        }
        for packet in Data::packets(network, node, tuples) {
            if let Ok(data) = (Data { version, ..packet }).encode() {
                self.send_on(port, to, rtmp::SOCKET, ddp::RTMP, data);
            }
        }
    }

    /// Sends from one of the router's sockets on `port` to a node on that port's network, or to all of them.
    fn send_on(&mut self, port: usize, to: Address, socket: u8, kind: u8, data: Vec<u8>) {
        let Port { network, node } = self.ports[port];
        let from = Address {
            network,
            node,
            socket,
        };
        if let Ok((kind, data)) = Datagram::new(to, from, kind, data).encode(true) {
            self.out.push_back(Outgoing {
                port,
                node: to.node,
                kind,
                data,
            });
        }
    }

    /// Sends a datagram of the router itself by the way to its network.
    fn send(&mut self, datagram: Datagram) {
        let Some(&route) = self.table.route(datagram.destination.network) else {
            self.counts.no_route += 1;
            return;
        };
        let node = match route.next {
            0 => datagram.destination.node,
            next => next,
        };
        if let Ok((kind, data)) = datagram.encode(true) {
            self.out.push_back(Outgoing {
                port: route.port,
                node,
                kind,
                data,
            });
        }
    }

    /// The address of one of its sockets on `port`.
    fn socket(&self, port: usize, socket: u8) -> Address {
        let Port { network, node } = self.ports[port];
        Address {
            network,
            node,
            socket,
        }
    }
}

//! The zone information table, and ZIP in a router.

use super::Router;
use crate::bytes::Malformed;
use crate::nbp::same_name;
use crate::zip::{self, Packet, Request, ZoneList};
use crate::{Address, Datagram, atp, ddp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The zones of each network, by its first number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Zones {
    table: BTreeMap<u16, Vec<Vec<u8>>>,
    /// The router heard last on a connected network: it knows the zone when this one is no seed.
    neighbours: BTreeMap<u16, u8>,
}

impl Zones {
    pub(super) fn of(&self, network: u16) -> &[Vec<u8>] {
        self.table.get(&network).map_or(&[], Vec::as_slice)
    }

    /// Adds zones of a network; the first one stays the first.
    pub(super) fn learn(&mut self, network: u16, zones: Vec<Vec<u8>>) {
        let known = self.table.entry(network).or_default();
        for zone in zones {
            if !zone.is_empty() && !known.iter().any(|old| same_name(old, &zone)) {
                known.push(zone);
            }
        }
    }

    pub(super) fn forget(&mut self, network: u16) {
        self.table.remove(&network);
    }

    pub(super) fn heard(&mut self, network: u16, node: u8) {
        self.neighbours.insert(network, node);
    }

    /// The networks of a zone.
    pub(super) fn networks(&self, zone: &[u8]) -> Vec<u16> {
        let has = |zones: &Vec<Vec<u8>>| zones.iter().any(|one| same_name(one, zone));
        let networks = self.table.iter().filter(|(_, zones)| has(zones));
        networks.map(|(&network, _)| network).collect()
    }

    /// All zones, each once, by their names.
    fn all(&self) -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for zone in self.table.values().flatten() {
            if !all.iter().any(|one| same_name(one, zone)) {
                all.push(zone.clone());
            }
        }
        all.sort();
        all
    }
}

impl Router {
    /// Asks for the zones of every network of which none is known: the next router on the way, which has told of the network.
    pub(super) fn query_zones(&mut self) {
        let mut queries: BTreeMap<(usize, u8), Vec<u16>> = BTreeMap::new();
        for route in self.table.routes() {
            if !self.zones.of(route.first).is_empty() {
                continue;
            }
            let next = match route.next {
                0 => self.zones.neighbours.get(&route.first).copied(),
                next => Some(next),
            };
            if let Some(next) = next {
                queries
                    .entry((route.port, next))
                    .or_default()
                    .push(route.first);
            }
        }
        for ((port, next), networks) in queries {
            for part in networks.chunks(255) {
                if let Ok(data) = Packet::Query(part.to_vec()).encode() {
                    let to = Address::local(next, zip::SOCKET);
                    self.send_on(port, to, zip::SOCKET, ddp::ZIP, data);
                }
            }
        }
    }

    pub(super) fn zone_packet(
        &mut self,
        port: usize,
        datagram: &Datagram,
    ) -> Result<(), Malformed> {
        match Packet::decode(&datagram.data)? {
            Packet::Query(networks) => {
                for reply in self.replies(&networks) {
                    let from = self.socket(port, zip::SOCKET);
                    let data = reply.encode()?;
                    self.send(Datagram::new(datagram.source, from, ddp::ZIP, data));
                }
            }
            Packet::Reply { zones, .. } => {
                for (network, zone) in zones {
                    // Only of networks that there are.
                    if self
                        .table
                        .routes()
                        .iter()
                        .any(|route| route.first == network)
                    {
                        self.zones.learn(network, vec![zone]);
                    }
                }
            }
            // Take-down and bring-up are a manager's, and nodes on nonextended networks have no use for the rest.
            _ => {}
        }
        Ok(())
    }

    /// Networks with one zone share replies, others have extended ones of their own.
    fn replies(&self, networks: &[u16]) -> Vec<Packet> {
        /// As many as surely fit: each takes up to 35 bytes.
        const IN_ONE: usize = 16;
        let mut replies = Vec::new();
        let mut single = Vec::new();
        for &network in networks {
            match self.zones.of(network) {
                [] => {}
                [zone] => single.push((network, zone.clone())),
                zones => {
                    for part in zones.chunks(IN_ONE) {
                        replies.push(Packet::Reply {
                            count: zones.len() as u8,
                            extended: true,
                            zones: part.iter().map(|zone| (network, zone.clone())).collect(),
                        });
                    }
                }
            }
        }
        for part in single.chunks(IN_ONE) {
            replies.push(Packet::Reply {
                count: part.len() as u8,
                extended: false,
                zones: part.to_vec(),
            });
        }
        replies
    }

    /// The requests of nodes, at least once: the answer depends on the request alone.
    pub(super) fn zone_request(
        &mut self,
        port: usize,
        datagram: &Datagram,
    ) -> Result<(), Malformed> {
        let packet = atp::Packet::decode(&datagram.data)?;
        let atp::Function::Request { bitmap, .. } = packet.function else {
            return Ok(());
        };
        let local = self.zones.of(self.port(port).0);
        let list = match Request::from_user(packet.user)? {
            Request::GetMyZone => ZoneList {
                last: false,
                zones: local.first().cloned().into_iter().collect(),
            },
            Request::GetLocalZones(start) => ZoneList::from(local, start),
            Request::GetZoneList(start) => ZoneList::from(&self.zones.all(), start),
        };
        if bitmap & 1 == 0 {
            return Ok(());
        }
        let (user, data) = list.encode()?;
        let response = atp::Packet {
            function: atp::Function::Response {
                sequence: 0,
                end: true,
                status: false,
            },
            transaction: packet.transaction,
            user,
            data,
        };
        let from = self.socket(port, zip::SOCKET);
        self.send(Datagram::new(
            datagram.source,
            from,
            ddp::ATP,
            response.encode()?,
        ));
        Ok(())
    }
}

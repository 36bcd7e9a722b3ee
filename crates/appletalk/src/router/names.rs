//! NBP in a router: broadcast requests become lookups on every network of the zone.

use super::Router;
use crate::bytes::Malformed;
use crate::nbp::{Function, Packet};
use crate::{Address, Datagram, ddp};
use localtalk::llap::BROADCAST;

impl Router {
    pub(super) fn names(&mut self, port: usize, datagram: &Datagram) -> Result<(), Malformed> {
        let mut packet = Packet::decode(&datagram.data)?;
        match packet.function {
            Function::BroadcastRequest => {
                let network = self.port(port).0;
                let Some(own) = self.zones.of(network).first().cloned() else {
                    return Ok(());
                };
                for tuple in &mut packet.tuples {
                    // The requester's zone, and its network if it did not know it.
                    if matches!(tuple.entity.zone.as_slice(), b"*" | b"") {
                        tuple.entity.zone.clone_from(&own);
                    }
                    if tuple.address.network == 0 {
                        tuple.address.network = network;
                    }
                }
                self.broadcast_request(port, packet)
            }
            Function::ForwardRequest => {
                packet.function = Function::LookUp;
                let network = datagram.destination.network;
                let connected = self
                    .table
                    .route(network)
                    .filter(|route| route.distance == 0);
                if let Some(port) = connected.map(|route| route.port) {
                    self.look_up(port, &packet)?;
                }
                Ok(())
            }
            // No names of its own.
            Function::LookUp | Function::Reply => Ok(()),
        }
    }

    fn broadcast_request(&mut self, port: usize, mut packet: Packet) -> Result<(), Malformed> {
        let Some(zone) = packet.tuples.first().map(|tuple| tuple.entity.zone.clone()) else {
            return Ok(());
        };
        let from = self.socket(port, ddp::NAMES_SOCKET);
        for network in self.zones.networks(&zone) {
            let Some(&route) = self.table.route(network) else {
                continue;
            };
            if route.distance == 0 {
                packet.function = Function::LookUp;
                self.look_up(route.port, &packet)?;
            } else {
                packet.function = Function::ForwardRequest;
                let any_router = Address {
                    network,
                    node: 0,
                    socket: ddp::NAMES_SOCKET,
                };
                self.send(Datagram::new(any_router, from, ddp::NBP, packet.encode()?));
            }
        }
        Ok(())
    }

    fn look_up(&mut self, port: usize, packet: &Packet) -> Result<(), Malformed> {
        let all = Address::local(BROADCAST, ddp::NAMES_SOCKET);
        self.send_on(port, all, ddp::NAMES_SOCKET, ddp::NBP, packet.encode()?);
        Ok(())
    }
}

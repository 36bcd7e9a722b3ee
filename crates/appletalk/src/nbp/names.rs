use super::{Entity, Function, MAX_TUPLES, Packet, Tuple};
use crate::{Address, Datagram, ddp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name is in this node's table already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken;

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name is registered already")
    }
}

impl std::error::Error for Taken {}

/// A node's names table and the process that answers from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    table: Vec<(Entity, u8, u8)>,
    last_enumerator: u8,
}

impl Names {
    /// Enters a name for `socket`. Whether another node has it is the caller's to look up before.
    ///
    /// # Errors
    /// When this table has it.
    pub fn register(&mut self, entity: Entity, socket: u8) -> Result<(), Taken> {
        if self.table.iter().any(|(own, ..)| own.is(&entity)) {
            return Err(Taken);
        }
        self.last_enumerator = self.last_enumerator.wrapping_add(1);
        self.table.push((entity, socket, self.last_enumerator));
        Ok(())
    }

    /// Removes a name; false when it is not there.
    pub fn remove(&mut self, entity: &Entity) -> bool {
        let before = self.table.len();
        self.table.retain(|(own, ..)| !own.is(entity));
        self.table.len() < before
    }

    /// The reply of the node with the address `own` (its socket does not matter) to a datagram for its names socket; `None` when there is nothing to say. "Reply to the address in
    /// the tuple." At most 15 names are told.
    pub fn answer(&self, request: &Datagram, own: Address) -> Option<Datagram> {
        if request.kind != ddp::NBP {
            return None;
        }
        let packet = Packet::decode(&request.data).ok()?;
        let [asked] = packet.tuples.as_slice() else {
            return None;
        };
        if packet.function != Function::LookUp {
            return None;
        }
        let told = self
            .table
            .iter()
            .filter(|(own, ..)| own.matches(&asked.entity))
            .take(MAX_TUPLES);
        let tuples: Vec<Tuple> = told
            .map(|(entity, socket, enumerator)| Tuple {
                address: Address {
                    socket: *socket,
                    ..own
                },
                enumerator: *enumerator,
                entity: entity.clone(),
            })
            .collect();
        if tuples.is_empty() {
            return None;
        }
        let reply = Packet {
            function: Function::Reply,
            id: packet.id,
            tuples,
        };
        let from = Address {
            socket: ddp::NAMES_SOCKET,
            ..own
        };
        reply.into_datagram(asked.address, from)
    }
}

use super::{Entity, Function, Packet, Tuple};
use crate::{Address, Datagram, ddp};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// A lookup by broadcast, or through a router, repeated a few times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    pattern: Entity,
    reply_to: Address,
    id: u8,
    interval: Ticks,
    tries: u32,
    next: Ticks,
    found: Vec<Tuple>,
    router: Option<Address>,
}

/// What a [`Lookup`] wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This datagram is to be sent.
    Send(Datagram),
    /// Nothing before [`Lookup::next_event`], unless something is received.
    Wait,
    /// All tries are over.
    Done,
}

impl Lookup {
    /// Looks for what `pattern` means, `tries` times at this interval. Replies go to the socket `reply_to`.
    pub fn new(pattern: Entity, reply_to: Address, id: u8, interval: Ticks, tries: u32) -> Lookup {
        Lookup {
            pattern,
            reply_to,
            id,
            interval,
            tries,
            next: Ticks::ZERO,
            found: Vec::new(),
            router: None,
        }
    }

    /// From the next try on asks this router (network and node), which knows where the zone's networks are, instead of broadcasting; with
    /// `None` there is none. The router's network is the node's own.
    pub fn ask_router(&mut self, router: Option<Address>) {
        self.router = router;
        if let Some(router) = router {
            self.reply_to.network = router.network;
        }
    }

    /// What has been found so far, without duplicates.
    pub fn found(&self) -> &[Tuple] {
        &self.found
    }

    /// When [`Lookup::advance`] has something to do.
    pub fn next_event(&self) -> Ticks {
        self.next
    }

    /// What is to be done at `now`.
    pub fn advance(&mut self, now: Ticks) -> Progress {
        if self.next == Ticks::NEVER {
            return Progress::Done;
        }
        if now < self.next {
            return Progress::Wait;
        }
        if self.tries == 0 {
            self.next = Ticks::NEVER;
            return Progress::Done;
        }
        self.tries -= 1;
        self.next = now + self.interval;
        let tuple = Tuple {
            address: self.reply_to,
            enumerator: 0,
            entity: self.pattern.clone(),
        };
        let (function, to) = match self.router {
            Some(router) => (Function::BroadcastRequest, router),
            None => (Function::LookUp, Address::local(0xFF, 0)),
        };
        let packet = Packet {
            function,
            id: self.id,
            tuples: vec![tuple],
        };
        let names = Address {
            socket: ddp::NAMES_SOCKET,
            ..to
        };
        match packet.into_datagram(names, self.reply_to) {
            Some(datagram) => Progress::Send(datagram),
            None => Progress::Done,
        }
    }

    /// Takes in a datagram that came for `reply_to`. Replies to other lookups are ignored.
    pub fn receive(&mut self, datagram: &Datagram) {
        if datagram.kind != ddp::NBP || datagram.destination.socket != self.reply_to.socket {
            return;
        }
        let Ok(packet) = Packet::decode(&datagram.data) else {
            return;
        };
        if packet.function != Function::Reply || packet.id != self.id {
            return;
        }
        for tuple in packet.tuples {
            let known = self
                .found
                .iter()
                .any(|old| (old.address, old.enumerator) == (tuple.address, tuple.enumerator));
            if !known && tuple.entity.matches(&self.pattern) {
                self.found.push(tuple);
            }
        }
    }
}

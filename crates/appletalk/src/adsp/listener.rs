use super::connection::Filter;
use super::{Body, Opening, Packet, VERSION};
use crate::{Address, Datagram, ddp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// An open-connection request that a [`Listener`] passes on; [`super::Connection::accept`] goes on with the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The socket that asks.
    pub remote: Address,
    /// Its connection identifier.
    pub connection: u16,
    /// First sequence number it expects.
    pub next_receive: u32,
    /// Bytes it can take.
    pub window: u16,
    /// First attention message it expects.
    pub next_attention: u32,
}

/// A connection-listening socket ("Connection-listening sockets and servers").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    socket: Address,
    filter: Filter,
    offers: VecDeque<Offer>,
    out: VecDeque<Datagram>,
}

/// Requests that may wait to be taken; the requester repeats what is dropped.
const OFFERS: usize = 16;

impl Listener {
    /// Listens on `socket` for requests from `filter`, whose fields of 0 let any value pass.
    pub fn new(socket: Address, filter: Address) -> Listener {
        Listener {
            socket,
            filter: Filter(filter),
            offers: VecDeque::new(),
            out: VecDeque::new(),
        }
    }

    /// Takes in a datagram that came for this socket. Repeated requests are offered once as long as the first one waits; later ones
    /// are for [`super::Connection::accept`]'s connection, whose owner hands them to its [`super::Connection::receive`].
    pub fn receive(&mut self, datagram: &Datagram) {
        let Some((packet, offer)) = request(datagram) else {
            return;
        };
        if datagram.destination.socket != self.socket.socket {
            return;
        }
        let Body::Open { version, .. } = packet.body else {
            return;
        };
        if version != VERSION || !self.filter.passes(offer.remote) {
            self.deny(offer);
        } else if self.offers.len() < OFFERS && !self.offers.contains(&offer) {
            self.offers.push_back(offer);
        }
    }

    /// Takes the oldest request.
    pub fn next_offer(&mut self) -> Option<Offer> {
        self.offers.pop_front()
    }

    /// Answers a request with a denial.
    pub fn deny(&mut self, offer: Offer) {
        self.out
            .push_back(denial(self.socket, offer.remote, offer.connection));
    }

    /// Takes the datagrams to be sent.
    pub fn outgoing(&mut self) -> std::collections::vec_deque::Drain<'_, Datagram> {
        self.out.drain(..)
    }
}

/// The open-connection request in a datagram, if it is one.
fn request(datagram: &Datagram) -> Option<(Packet, Offer)> {
    if datagram.kind != ddp::ADSP {
        return None;
    }
    let packet = Packet::decode(&datagram.data).ok()?;
    let Body::Open {
        opening: Opening::Request,
        next_attention,
        ..
    } = packet.body
    else {
        return None;
    };
    let offer = Offer {
        remote: datagram.source,
        connection: packet.connection,
        next_receive: packet.next_receive,
        window: packet.window,
        next_attention,
    };
    Some((packet, offer))
}

/// "In the Open Connection Denial Control packet, the source ConnID should be set to 0", the destination ConnID to the requester's.
pub(super) fn denial(from: Address, to: Address, connection: u16) -> Datagram {
    let packet = Packet {
        connection: 0,
        first_byte: 0,
        next_receive: 0,
        window: 0,
        ack_request: false,
        body: Body::Open {
            opening: Opening::Denial,
            version: VERSION,
            destination: connection,
            next_attention: 0,
        },
    };
    Datagram::new(to, from, ddp::ADSP, packet.encode().unwrap_or_default())
}

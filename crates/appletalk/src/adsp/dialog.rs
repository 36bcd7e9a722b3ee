//! The connection-opening dialog.

use super::connection::{Connection, Event, Filter, State};
use super::listener::denial;
use super::{Body, Offer, Opening, Packet, VERSION};
use crate::Address;
use clock::Ticks;

impl Connection {
    /// Answers a repeated request that reached the connection-listening socket instead of this one. False when the offer is another end's.
    pub fn offered_again(&mut self, now: Ticks, offer: &Offer) -> bool {
        let mine = self.established && self.is_remote(offer.remote, offer.connection);
        if mine && self.state == State::Opening {
            self.ask_and_acknowledge(now);
        }
        mine
    }

    pub(super) fn send_open(&mut self, opening: Opening) {
        let body = Body::Open {
            opening,
            version: VERSION,
            destination: self.remote_id,
            next_attention: self.attention_receive,
        };
        self.send_packet(body, self.first_retransmit, false);
    }

    /// Sends a Request+Ack and (re)starts the open timer.
    pub(super) fn ask_and_acknowledge(&mut self, now: Ticks) {
        self.send_open(Opening::RequestAcknowledgment);
        self.timers.open = now + self.options.open_interval;
    }

    /// Takes over the other end's parameters: this end is established.
    pub(super) fn establish(&mut self, offer: Offer) {
        self.remote = offer.remote;
        self.remote_id = offer.connection;
        self.first_retransmit = offer.next_receive;
        self.send_next = offer.next_receive;
        self.send_limit = offer.next_receive.wrapping_add(u32::from(offer.window));
        self.attention_send = offer.next_attention;
        self.established = true;
    }

    pub(super) fn open_expired(&mut self, now: Ticks) {
        if self.open_left == Some(0) {
            return self.end(Event::Failed);
        }
        self.open_left = self.open_left.map(|left| left - 1);
        self.send_open(if self.established {
            Opening::RequestAcknowledgment
        } else {
            Opening::Request
        });
        self.timers.open = now + self.options.open_interval;
    }

    pub(super) fn open_packet(&mut self, now: Ticks, source: Address, packet: &Packet) {
        let Body::Open {
            opening,
            version,
            destination,
            next_attention,
        } = packet.body
        else {
            return;
        };
        let offer = Offer {
            remote: source,
            connection: packet.connection,
            next_receive: packet.next_receive,
            window: packet.window,
            next_attention,
        };
        let asks = matches!(opening, Opening::Request | Opening::RequestAcknowledgment);
        let acknowledges = matches!(
            opening,
            Opening::Acknowledgment | Opening::RequestAcknowledgment
        );
        if opening == Opening::Denial {
            if self.state == State::Opening && destination == self.local_id {
                self.end(Event::Denied);
            }
            return;
        }
        // An acknowledgment belongs to the request whose identifier it carries.
        if acknowledges && destination != self.local_id {
            return;
        }
        if version != VERSION {
            if asks {
                self.deny(&offer);
            }
            return;
        }
        match self.state {
            State::Passive | State::Opening => self.opening_packet(now, &offer, asks, acknowledges),
            State::Open | State::Closing if self.is_remote(source, packet.connection) => {
                self.heard(now);
                if asks && packet.first_byte == self.receive_next {
                    // Nothing has come from there yet: the acknowledgment was lost, and with it what followed (figure 12-15).
                    self.send_open(Opening::Acknowledgment);
                    self.retransmit(now);
                } else if !asks {
                    self.acknowledged_up_to(now, packet);
                }
            }
            _ if asks => self.deny(&offer),
            _ => {}
        }
    }

    fn opening_packet(&mut self, now: Ticks, offer: &Offer, asks: bool, acknowledges: bool) {
        if self.state == State::Passive && acknowledges {
            return;
        }
        let repeated = self.established;
        if self.established {
            if !self.is_remote(offer.remote, offer.connection) {
                if asks {
                    self.deny(offer);
                }
                return;
            }
        } else if asks {
            // Two ends that ask each other open one connection; a request from anywhere else is not for this end.
            let crossed = acknowledges
                || self.state == State::Passive
                || Filter(self.remote).passes(offer.remote);
            if !crossed || !Filter(self.options.filter).passes(offer.remote) {
                return self.deny(offer);
            }
            self.establish(*offer);
            self.state = State::Opening;
        } else if !Filter(self.remote).passes(offer.remote) {
            return;
        }
        self.acknowledged |= acknowledges;
        if self.established && self.acknowledged {
            if asks {
                self.send_open(Opening::Acknowledgment);
            }
            self.timers.open = Ticks::NEVER;
            self.state = State::Open;
            self.heard(now);
            self.events.push_back(Event::Opened);
            self.pump(now);
        } else if asks && self.initiated && !repeated {
            self.send_open(Opening::Acknowledgment);
        } else if asks {
            self.ask_and_acknowledge(now);
        }
    }

    fn deny(&mut self, offer: &Offer) {
        self.out
            .push_back(denial(self.local, offer.remote, offer.connection));
    }
}

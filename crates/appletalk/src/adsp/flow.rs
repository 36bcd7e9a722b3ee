//! Data flow, attention messages, forward resets, closing.

use super::connection::{Connection, Event, State};
use super::queue::Piece;
use super::{Body, MAX_DATA, Packet, distance};
use clock::Ticks;

impl Connection {
    /// Sends what the window allows. The last packet of a burst asks for an acknowledgment.
    pub(super) fn pump(&mut self, now: Ticks) {
        if !matches!(self.state, State::Open | State::Closing) || self.reset_pending {
            return;
        }
        loop {
            let sent = distance(self.first_retransmit, self.send_next).max(0) as usize;
            let room = distance(self.send_next, self.send_limit).max(0) as usize;
            let places = (self.send.len() - sent.min(self.send.len())).min(room);
            if places == 0 {
                break;
            }
            let piece = self.send.piece(sent, places, MAX_DATA);
            let (first, taken) = (self.send_next, piece.places());
            self.send_next = self.send_next.wrapping_add(taken as u32);
            self.send_data(piece, first, taken == places);
        }
        if self.send.is_empty() {
            self.timers.retransmit = Ticks::NEVER;
        } else if self.timers.retransmit == Ticks::NEVER {
            self.timers.retransmit = now + self.options.retransmit;
        }
    }

    fn send_data(&mut self, piece: Piece, first: u32, ack_request: bool) {
        let Piece {
            data,
            end_of_message,
        } = piece;
        let body = Body::Data {
            end_of_message,
            data,
        };
        self.send_packet(body, first, ack_request);
    }

    /// Sends everything that is not acknowledged once more, regrouped.
    pub(super) fn retransmit(&mut self, now: Ticks) {
        if self.reset_pending {
            return;
        }
        self.send_next = self.first_retransmit;
        self.timers.retransmit = Ticks::NEVER;
        self.pump(now);
    }

    /// With a closed window there is nothing to repeat: a probe asks for the window.
    pub(super) fn retransmit_expired(&mut self, now: Ticks) {
        self.timers.retransmit = now + self.options.retransmit;
        if self.first_retransmit == self.send_next {
            self.send_packet(Body::Probe, self.send_next, true);
        } else {
            self.retransmit(now);
        }
    }

    pub(super) fn send_attention(&mut self, now: Ticks) {
        let Some((code, data)) = self.attention_out.clone() else {
            self.timers.attention = Ticks::NEVER;
            return;
        };
        self.send_attention_packet(Body::Attention { code, data }, true);
        self.timers.attention = now + self.options.attention_interval;
    }

    fn send_attention_packet(&mut self, body: Body, ack_request: bool) {
        let packet = Packet {
            connection: self.local_id,
            first_byte: self.attention_send,
            next_receive: self.attention_receive,
            window: 0,
            ack_request,
            body,
        };
        self.post(&packet);
    }

    pub(super) fn send_reset(&mut self, now: Ticks) {
        self.send_packet(Body::ForwardReset, self.send_next, false);
        self.timers.reset = now + self.options.retransmit;
    }

    fn acknowledge(&mut self) {
        self.send_packet(Body::Probe, self.send_next, false);
    }

    /// After a read: an end that knew of less than a packet's room hears of more at once, since it can do nothing but wait.
    pub(super) fn tell_window(&mut self) {
        let enough = (self.options.receive / 2).min(MAX_DATA as u16).max(1);
        if matches!(self.state, State::Open | State::Closing)
            && self.told_window < enough
            && self.window() >= enough
        {
            self.acknowledge();
        }
    }

    /// What every packet of the data stream says of the other direction: PktNextRecvSeq and PktRecvWdw.
    pub(super) fn acknowledged_up_to(&mut self, now: Ticks, packet: &Packet) {
        let next = packet.next_receive;
        if !Connection::within(self.first_retransmit, next, self.send_next) {
            return;
        }
        let gone = distance(self.first_retransmit, next) as usize;
        if gone > 0 {
            self.send.drop_front(gone);
            self.first_retransmit = next;
            self.timers.retransmit = Ticks::NEVER;
        }
        // "The value of SendWdwSeq should never decrease."
        let limit = next.wrapping_add(u32::from(packet.window));
        if distance(self.send_limit, limit) > 0 {
            self.send_limit = limit;
        }
        self.pump(now);
        self.finish_closing();
    }

    pub(super) fn flow_packet(&mut self, now: Ticks, packet: Packet) {
        match packet.body {
            Body::Attention { code, ref data } => {
                self.attention_acknowledged(&packet);
                let full = self
                    .events
                    .iter()
                    .any(|event| matches!(event, Event::Attention { .. }));
                if packet.first_byte == self.attention_receive {
                    if full {
                        return;
                    }
                    self.attention_receive = self.attention_receive.wrapping_add(1);
                    let data = data.clone();
                    self.events.push_back(Event::Attention { code, data });
                }
                self.send_attention_packet(Body::AttentionAcknowledgment, false);
                self.finish_closing();
                return;
            }
            Body::AttentionAcknowledgment => {
                self.attention_acknowledged(&packet);
                self.finish_closing();
                return;
            }
            _ => {}
        }
        // "Even if the end is to discard the packet as out of sequence" it acknowledges when asked, and takes the acknowledgment.
        if let Body::Data {
            end_of_message,
            ref data,
        } = packet.body
        {
            self.data(packet.first_byte, data, end_of_message);
        }
        if packet.ack_request {
            self.acknowledge();
        }
        match packet.body {
            Body::ForwardReset => {
                let end = self.receive_next.wrapping_add(u32::from(self.window()));
                if Connection::within(self.receive_next, packet.first_byte, end) {
                    self.receive_next = packet.first_byte;
                    self.receive.clear();
                    if !self.events.contains(&Event::ForwardReset) {
                        self.events.push_back(Event::ForwardReset);
                    }
                }
                self.send_packet(Body::ForwardResetAcknowledgment, self.send_next, false);
            }
            Body::ForwardResetAcknowledgment
                if self.reset_pending
                    && Connection::within(self.send_next, packet.next_receive, self.send_limit) =>
            {
                self.reset_pending = false;
                self.timers.reset = Ticks::NEVER;
                self.events.push_back(Event::ForwardResetDone);
            }
            _ => {}
        }
        self.acknowledged_up_to(now, &packet);
        match packet.body {
            Body::RetransmitAdvice if packet.next_receive == self.first_retransmit => {
                self.retransmit(now);
            }
            // One that overtook data is discarded: the data are still on their way.
            Body::Close
                if packet.first_byte == self.receive_next && self.state != State::Closed =>
            {
                self.end(Event::ClosedByPeer);
            }
            _ => {}
        }
    }

    fn attention_acknowledged(&mut self, packet: &Packet) {
        if self.attention_out.is_some()
            && packet.next_receive == self.attention_send.wrapping_add(1)
        {
            self.attention_send = packet.next_receive;
            self.attention_out = None;
            self.timers.attention = Ticks::NEVER;
            self.events.push_back(Event::AttentionDelivered);
        }
    }

    /// Data of the stream. A packet that begins with what is here already and goes on with more is taken from there on ("in-window data
    /// acceptance"), since retransmissions regroup; one that leaves a gap or finds no room is discarded.
    fn data(&mut self, first: u32, data: &[u8], end_of_message: bool) {
        let places = data.len() + usize::from(end_of_message);
        let known = distance(first, self.receive_next);
        if known < 0 || (known as usize) >= places {
            if known < 0 && places > 0 {
                self.out_of_sequence();
            }
            return;
        }
        let known = known as usize;
        if places - known > usize::from(self.window()) {
            return;
        }
        self.bad_sequences = 0;
        self.receive
            .push(&data[known.min(data.len())..], end_of_message);
        self.receive_next = self.receive_next.wrapping_add((places - known) as u32);
    }

    /// A data packet that left a gap.
    fn out_of_sequence(&mut self) {
        self.bad_sequences = self.bad_sequences.saturating_add(1);
        if self.bad_sequences >= self.options.bad_sequence_max.max(1) {
            self.bad_sequences = 0;
            self.send_packet(Body::RetransmitAdvice, self.send_next, false);
        }
    }
}

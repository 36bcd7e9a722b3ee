//! ADSP: any bytes as packets for a connection end, and two ends that talk over a network which the input controls.
//!
//! Nothing panics, a closed end is silent, and what one end reads is what the other one wrote. The first byte chooses: even for a
//! single end that gets any packets, odd for two ends. Then one step follows another: a byte chooses what happens, the next one how
//! much or to whom.

#![no_main]

use appletalk::adsp::{Body, Connection, Event, Listener, Opening, Options, Packet, State};
use appletalk::{Address, Datagram, ddp};
use clock::Ticks;
use libfuzzer_sys::fuzz_target;
use std::num::NonZeroU16;

const A: Address = Address::local(1, 130);
const B: Address = Address::local(2, 131);
const ID: NonZeroU16 = NonZeroU16::MIN;

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }
}

fn options(choice: u8) -> Options {
    Options {
        receive: 1 + u16::from(choice) * 7,
        send: 1 + usize::from(choice) * 5,
        open_retries: (choice & 1 != 0).then_some(2),
        ..Options::default()
    }
}

/// Time passes: a choice of steps up to 40 s.
fn later(now: Ticks, choice: u8) -> Ticks {
    now + Ticks::from_millis(u64::from(choice) * 157)
}

fn single(choice: u8, input: &mut Input) -> Option<()> {
    let mut now = Ticks::ZERO;
    let mut listener = Listener::new(A, Address::local(choice >> 4 & 3, 0));
    let mut end = match choice >> 1 & 3 {
        0 => Connection::request(now, A, ID, B, options(choice)),
        1 => Connection::passive(A, ID, options(choice)),
        _ => {
            let parameters = Body::Open {
                opening: Opening::Request,
                version: 0x0100,
                destination: 0,
                next_attention: 0,
            };
            let request = Packet {
                connection: 1,
                first_byte: 0,
                next_receive: 0,
                window: 900,
                ack_request: false,
                body: parameters,
            };
            listener.receive(&Datagram::new(A, B, ddp::ADSP, request.encode().ok()?));
            Connection::accept(now, A, ID, listener.next_offer()?, options(choice))
        }
    };
    loop {
        let (what, much) = (input.byte()?, input.byte()?);
        let was_closed = end.state() == State::Closed;
        match what % 8 {
            0 => end.advance({
                now = later(now, much);
                now
            }),
            1 => drop(end.write(now, &vec![much; usize::from(much) * 3], much & 1 != 0)),
            2 => drop(end.read(usize::from(much))),
            3 => drop(end.attention(now, u16::from(much), &[much; 3])),
            4 => drop(end.forward_reset(now)),
            5 if much == 0 => end.close(what & 8 != 0),
            // A packet whose header this end is likely to believe, except for what the input says.
            6 => {
                let mut header = vec![0, 1, 0, 0, 0, what >> 4, 0, 0, 0, 0, 1, 0, much];
                header.extend(input.bytes(usize::from(what) / 2));
                end.receive(now, &Datagram::new(A, B, ddp::ADSP, header));
            }
            _ => {
                let datagram = Datagram::new(A, B, ddp::ADSP, input.bytes(usize::from(much)));
                listener.receive(&datagram);
                end.receive(now, &datagram);
            }
        }
        for datagram in end.outgoing() {
            // A closed end only denies requests.
            let packet = Packet::decode(&datagram.data).expect("an end sends well-formed packets");
            if was_closed {
                assert_eq!(packet.connection, 0);
            }
        }
        listener.outgoing().for_each(drop);
        while end.next_message().is_some() {}
        if end.state() == State::Closed {
            assert_eq!(end.next_event(), Ticks::NEVER);
        }
        if let Some(offer) = listener.next_offer() {
            end.offered_again(now, &offer);
        }
    }
}

struct Peer {
    end: Connection,
    written: Vec<Option<u8>>,
    read: Vec<Option<u8>>,
}

impl Peer {
    fn write(&mut self, now: Ticks, much: u8) {
        let start = self.written.len();
        let data: Vec<u8> = (0..usize::from(much)).map(|n| (start + n) as u8).collect();
        let (taken, mark) = self.end.write(now, &data, much & 1 != 0);
        self.written.extend(data[..taken].iter().copied().map(Some));
        self.written.extend(mark.then_some(None));
    }

    fn read(&mut self, most: usize, from: &[Option<u8>]) {
        let piece = self.end.read(most);
        self.read.extend(piece.data.into_iter().map(Some));
        self.read.extend(piece.end_of_message.then_some(None));
        assert!(from.starts_with(&self.read), "not what was written");
    }
}

fn pair(choice: u8, input: &mut Input) -> Option<()> {
    let mut now = Ticks::ZERO;
    let end = if choice & 2 != 0 {
        Connection::request(now, B, ID, A, options(choice.rotate_left(3)))
    } else {
        Connection::passive(B, ID, options(choice.rotate_left(3)))
    };
    let request = Connection::request(now, A, ID, B, options(choice));
    let peer = |end| Peer {
        end,
        written: Vec::new(),
        read: Vec::new(),
    };
    let mut peers = [peer(request), peer(end)];
    let mut under_way: Vec<Datagram> = Vec::new();
    loop {
        for peer in &mut peers {
            under_way.extend(peer.end.outgoing());
            while let Some(event) = peer.end.next_message() {
                assert!(!matches!(event, Event::ForwardReset));
            }
        }
        under_way.truncate(200);
        let (what, much) = (input.byte()?, input.byte()?);
        let one = usize::from(what >> 7);
        match what % 8 {
            0 => {
                now = later(now, much);
                peers.iter_mut().for_each(|peer| peer.end.advance(now));
            }
            1 => peers[one].write(now, much),
            2 => {
                let from = peers[1 - one].written.clone();
                peers[one].read(usize::from(much), &from);
            }
            // Any datagram under way arrives next; it may arrive again.
            3..=5 if !under_way.is_empty() => {
                let which = usize::from(much) % under_way.len();
                let datagram = if what & 8 == 0 {
                    under_way.remove(which)
                } else {
                    under_way[which].clone()
                };
                peers[usize::from(datagram.destination == B)]
                    .end
                    .receive(now, &datagram);
            }
            6 if !under_way.is_empty() => {
                let which = usize::from(much) % under_way.len();
                under_way.remove(which);
            }
            7 if much == 0 => peers[one].end.close(what & 8 != 0),
            _ => {}
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Input(input);
    if let Some(choice) = input.byte() {
        let _ = if choice & 1 == 0 {
            single(choice, &mut input)
        } else {
            pair(choice, &mut input)
        };
    }
});

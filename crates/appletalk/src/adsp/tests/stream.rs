//! Two ends over a network that loses, repeats and reorders: what one writes is what the other reads.

use super::*;
use clock::Stream;
use proptest::prelude::*;

/// Datagrams under way, with the times of their arrival.
struct Network {
    random: Stream,
    under_way: Vec<(Ticks, Datagram)>,
    loss: u64,
    repetition: u64,
}

impl Network {
    fn send(&mut self, now: Ticks, datagram: &Datagram) {
        let copies = if self.random.chance(self.loss, 100) {
            0
        } else if self.random.chance(self.repetition, 100) {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let delay = self.random.ticks_below(Ticks::from_millis(400));
            self.under_way.push((now + delay, datagram.clone()));
        }
    }

    fn arrivals(&mut self, now: Ticks) -> Vec<Datagram> {
        let (here, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.under_way)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.under_way = rest;
        here.into_iter().map(|(_, datagram)| datagram).collect()
    }
}

/// A message as a client writes it.
type Message = (Vec<u8>, bool);

/// What comes out of a client's messages: bytes, with None for an end of message.
fn places(messages: &[Message]) -> Vec<Option<u8>> {
    messages
        .iter()
        .flat_map(|(data, end)| data.iter().copied().map(Some).chain(end.then_some(None)))
        .collect()
}

/// A connection end with a client that writes messages and keeps what it reads.
struct Client {
    end: Connection,
    to_write: Vec<Option<u8>>,
    read: Vec<Option<u8>>,
    events: Vec<Event>,
}

impl Client {
    fn new(end: Connection, messages: &[Message]) -> Client {
        Client {
            end,
            to_write: places(messages),
            read: Vec::new(),
            events: Vec::new(),
        }
    }

    fn step(&mut self, now: Ticks, random: &mut Stream) {
        self.end.advance(now);
        if self.end.state() == State::Open {
            let most = random.below(700) as usize;
            let data: Vec<u8> = self
                .to_write
                .iter()
                .take(most)
                .map_while(|place| *place)
                .collect();
            let end = self.to_write.get(data.len()) == Some(&None);
            let (taken, mark) = self.end.write(now, &data, end);
            self.to_write.drain(..taken + usize::from(mark));
        }
        if random.chance(2, 3) {
            let piece = self.end.read(random.below(900) as usize);
            self.read.extend(piece.data.into_iter().map(Some));
            self.read.extend(piece.end_of_message.then_some(None));
        }
        while let Some(event) = self.end.next_message() {
            self.events.push(event);
        }
        // A snapshot in the middle of anything goes on exactly.
        let bytes = postcard::to_allocvec(&self.end).unwrap();
        self.end = postcard::from_bytes(&bytes).unwrap();
    }

    fn is_done(&self, expected: usize) -> bool {
        self.to_write.is_empty() && self.end.unacknowledged() == 0 && self.read.len() >= expected
    }
}

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let message = (
        proptest::collection::vec(any::<u8>(), 0..1500),
        any::<bool>(),
    );
    proptest::collection::vec(message, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn the_stream_arrives_exactly_once_and_in_order(
        seed: u64, loss in 0..40u64, repetition in 0..30u64, both_ask: bool,
        from_a in messages(), from_b in messages(),
        window_a in 1..3000u16, window_b in 1..3000u16, queue in 1..3000usize,
    ) {
        let mut random = Stream::new(seed, "clients");
        let mut network = Network {
            random: Stream::new(seed, "network"), under_way: Vec::new(), loss, repetition,
        };
        let options = |receive| Options {
            receive, send: queue, open_retries: None, ..Options::default()
        };
        let end_b = if both_ask {
            Connection::request(Ticks::ZERO, B, id(2), A, options(window_b))
        } else {
            Connection::passive(B, id(2), options(window_b))
        };
        let end_a = Connection::request(Ticks::ZERO, A, id(0xFFFF), B, options(window_a));
        let mut a = Client::new(end_a, &from_a);
        let mut b = Client::new(end_b, &from_b);
        let (sent_a, sent_b) = (places(&from_a), places(&from_b));
        let mut now = Ticks::ZERO;
        let mut attention_sent = false;
        let delivered = |events: &[Event]| events.contains(&Event::AttentionDelivered);
        while !(a.is_done(sent_b.len()) && b.is_done(sent_a.len()) && delivered(&a.events)) {
            now += Ticks::from_millis(100);
            prop_assert!(now < seconds(40_000), "no progress");
            for datagram in network.arrivals(now) {
                let end = if datagram.destination == A { &mut a.end } else { &mut b.end };
                end.receive(now, &datagram);
            }
            if a.end.state() == State::Open && !attention_sent {
                attention_sent = a.end.attention(now, 7, b"attention").is_ok();
            }
            a.step(now, &mut random);
            b.step(now, &mut random);
            let out: Vec<_> = a.end.outgoing().chain(b.end.outgoing()).collect();
            out.iter().for_each(|datagram| network.send(now, datagram));
        }
        prop_assert_eq!(&a.read, &sent_b);
        prop_assert_eq!(&b.read, &sent_a);
        let attentions = b.events.iter().filter(|event| matches!(event, Event::Attention { .. })).count();
        prop_assert_eq!(attentions, 1);
        prop_assert!(!a.events.contains(&Event::TornDown) && !b.events.contains(&Event::TornDown));
    }
}

#[test]
fn sequence_numbers_wrap_around() {
    let (mut a, mut b) = open(600, 600);
    for end in [&mut a, &mut b] {
        end.first_retransmit = 0xFFFF_FFF0;
        end.send_next = 0xFFFF_FFF0;
        end.send_limit = 0xFFFF_FFF0_u32.wrapping_add(600);
        end.receive_next = 0xFFFF_FFF0;
    }
    for round in 0..4 {
        assert_eq!(a.write(Ticks::ZERO, &[round; 500], true), (500, true));
        carry(&mut a, &mut b, Ticks::ZERO);
        assert_eq!(b.read(600).data, [round; 500]);
        carry(&mut a, &mut b, Ticks::ZERO);
    }
    assert_eq!(a.unacknowledged(), 0);
}

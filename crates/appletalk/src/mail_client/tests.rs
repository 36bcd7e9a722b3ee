//! The clients against a server in Rust that follows docs/mail-protocol.md, over a cable.

use super::*;
use crate::atp::{Incoming, Responder};
use crate::nbp::{Entity, Names};
use crate::{Address, Node};
use localtalk::Signal;
use protocol::{PART, rotate_add};
use std::collections::BTreeMap;
use trace::{Event, LineEvent, Record};

struct Message {
    origin: u32,
    number: u32,
    sender: Vec<u8>,
    recipient: Vec<u8>,
    total: usize,
    body: Vec<u8>,
    deleted: bool,
}

#[derive(Default)]
struct Session {
    nonce: u32,
    user: Vec<u8>,
    last: u16,
    remembered: (i16, Vec<u8>),
    sending: Option<Message>,
}

/// A mail server without a disk.
struct Server {
    node: Node,
    names: Names,
    responder: Responder,
    sessions: BTreeMap<(u8, u8), Session>,
    store: Vec<Message>,
    /// While true it hears nothing.
    dead: bool,
    /// Answers wrongly: flips a bit of every body.
    corrupt: bool,
    sends: u32,
}

fn text(field: &[u8]) -> Vec<u8> {
    field[1..=usize::from(field[0])].to_vec()
}

fn long(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

fn word(bytes: &[u8]) -> usize {
    usize::from(u16::from_be_bytes(bytes[..2].try_into().unwrap()))
}

impl Server {
    fn new(number: u8) -> Server {
        let node = Node::new(Station::with_address(number, 200, Stream::new(9, "server")));
        let mut names = Names::default();
        names
            .register(Entity::new(b"Post Office", protocol::SERVER_TYPE), 140)
            .unwrap();
        let responder = Responder::new(Address::local(200, 140));
        let (sessions, store) = (BTreeMap::new(), Vec::new());
        Server {
            node,
            names,
            responder,
            sessions,
            store,
            dead: false,
            corrupt: false,
            sends: 0,
        }
    }

    fn advance(&mut self, now: Ticks, cable: &mut Cable, tracer: &mut Tracer) {
        self.node.advance(now, cable, tracer);
        while let Some((_, datagram)) = self.node.receive() {
            if self.dead {
                continue;
            }
            match datagram.destination.socket {
                2 => {
                    if let Some(reply) = self.names.answer(&datagram, self.node.socket(2)) {
                        self.node.send(now, &reply);
                    }
                }
                _ => self.responder.receive(now, &datagram),
            }
        }
        let incoming: Vec<Incoming> = self.responder.incoming().collect();
        for request in incoming {
            let (result, data) = self.serve(&request);
            let [high, low] = result.to_be_bytes();
            let user = [high, low, request.user[2], request.user[3]];
            let mut packets: Vec<_> = data
                .chunks(578)
                .map(|chunk| (user, chunk.to_vec()))
                .collect();
            if packets.is_empty() {
                packets.push((user, Vec::new()));
            }
            self.responder
                .respond(now, &request, packets, false)
                .unwrap();
        }
        let out: Vec<_> = self.responder.outgoing().collect();
        for datagram in out {
            self.node.send(now, &datagram);
        }
    }

    fn serve(&mut self, request: &Incoming) -> (i16, Vec<u8>) {
        let [opcode, id, ..] = request.user;
        let sequence = u16::from_be_bytes([request.user[2], request.user[3]]);
        let node = request.source.node;
        let data = &request.data;
        if opcode == 1 {
            let nonce = long(data);
            let known = self
                .sessions
                .iter()
                .find(|(key, session)| key.0 == node && session.nonce == nonce);
            let id = known.map_or_else(|| self.sessions.len() as u8 + 1, |(key, _)| key.1);
            let user = text(&data[8..]);
            self.sessions.insert(
                (node, id),
                Session {
                    nonce,
                    user,
                    ..Session::default()
                },
            );
            return (0, vec![id, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
        }
        let Some(session) = self.sessions.get_mut(&(node, id)) else {
            return (-2, Vec::new());
        };
        let repeated = sequence == session.last && sequence != 0;
        if repeated && matches!(opcode, 2 | 5) {
            return session.remembered.clone();
        }
        if !repeated && sequence != session.last.wrapping_add(1) {
            return (-3, Vec::new());
        }
        session.last = sequence;
        let user = session.user.clone();
        let answer = match opcode {
            2 => {
                self.sends += 1;
                let (origin, number) = (long(data), long(&data[4..]));
                if let Some(place) = self
                    .store
                    .iter()
                    .position(|one| (one.origin, one.number) == (origin, number))
                {
                    (1, (place as u32 + 1).to_be_bytes().to_vec())
                } else {
                    let (total, offset, part) =
                        (word(&data[8..]), word(&data[10..]), word(&data[12..]));
                    if offset == 0 {
                        let recipient = text(&data[14..]);
                        let message = Message {
                            origin,
                            number,
                            sender: user,
                            recipient,
                            total,
                            body: Vec::new(),
                            deleted: false,
                        };
                        session.sending = Some(message);
                    }
                    match session.sending.take() {
                        Some(mut message)
                            if message.body.len() == offset && data.len() == 78 + part =>
                        {
                            message.body.extend(&data[78..]);
                            let done = message.body.len() == message.total;
                            assert!(done || part == PART);
                            let stored = if done {
                                self.store.push(message);
                                self.store.len() as u32
                            } else {
                                session.sending = Some(message);
                                0
                            };
                            (0, stored.to_be_bytes().to_vec())
                        }
                        _ => (-6, Vec::new()),
                    }
                }
            }
            3 => {
                let after = long(data) as usize;
                let wanted = self
                    .store
                    .iter()
                    .enumerate()
                    .skip(after)
                    .filter(|(_, one)| !one.deleted && one.recipient == user);
                let mut entries = Vec::new();
                let mut count = 0_u16;
                for (place, message) in wanted.take(word(&data[4..])) {
                    for value in [place as u32 + 1, message.origin, message.number, 0] {
                        entries.extend(value.to_be_bytes());
                    }
                    entries.extend((message.total as u32).rotate_left(16).to_be_bytes());
                    count += 1;
                }
                (0, [&count.to_be_bytes()[..], &[0, 0], &entries].concat())
            }
            4 => match self
                .store
                .get(long(data) as usize - 1)
                .filter(|one| !one.deleted && one.recipient == user)
            {
                None => (-4, Vec::new()),
                Some(message) => {
                    let mut record = record(message, long(data));
                    if self.corrupt {
                        *record.last_mut().unwrap() ^= 1;
                    }
                    let from = word(&data[4..]).min(record.len());
                    let to = record.len().min(from + word(&data[6..]));
                    (0, record[from..to].to_vec())
                }
            },
            5 => match self
                .store
                .get_mut(long(data) as usize - 1)
                .filter(|one| !one.deleted && one.recipient == user)
            {
                None => (-4, Vec::new()),
                Some(message) => {
                    message.deleted = true;
                    (0, Vec::new())
                }
            },
            _ => (-1, Vec::new()),
        };
        if let Some(session) = self.sessions.get_mut(&(node, id)) {
            session.remembered.clone_from(&answer);
        }
        answer
    }
}

fn record(message: &Message, store_number: u32) -> Vec<u8> {
    let mut bytes = b"MREC".to_vec();
    for value in [
        store_number,
        message.origin,
        message.number,
        0,
        (message.total as u32) << 16 | 1,
        rotate_add(&message.body),
    ] {
        bytes.extend(value.to_be_bytes());
    }
    for name in [&message.sender[..], &message.recipient, b"x"] {
        crate::bytes::push_str31(&mut bytes, name);
    }
    bytes.extend([0; 4]);
    bytes.extend(&message.body);
    bytes
}

struct World {
    server: Server,
    clients: MailClients,
    cable: Cable,
    tracer: Tracer,
    now: Ticks,
    records: Vec<Record>,
}

impl World {
    fn new(clients: u8, body: u16, seed: u64) -> World {
        let load = Load {
            clients,
            server: "post office".into(),
            zone: b"*".to_vec(),
            start: Ticks::from_millis(100),
            interval: Ticks::from_millis(400),
            body,
            retry: Ticks::from_millis(500),
            retries: 3,
        };
        let clients = MailClients::new(load, 1, seed);
        let cable = Cable::new(1 + clients.stations());
        let tracer = Tracer::new(Record::WORLD);
        World {
            server: Server::new(0),
            clients,
            cable,
            tracer,
            now: Ticks::ZERO,
            records: Vec::new(),
        }
    }

    fn run(&mut self, time: Ticks) {
        let end = self.now + time;
        while self.now < end {
            self.now += Signal::NOTICE;
            self.server
                .advance(self.now, &mut self.cable, &mut self.tracer);
            let cables = std::slice::from_mut(&mut self.cable);
            self.clients.advance(self.now, cables, &mut self.tracer);
            self.cable.settle(self.now, &mut self.tracer);
        }
        self.records.extend(self.tracer.drain());
    }

    fn count(&self, request: &str, outcome: &str) -> usize {
        let matches = |record: &&Record| matches!(&record.event, Event::Line(LineEvent::Client { request: r, outcome: o, .. }) if r == request && o == outcome);
        self.records.iter().filter(matches).count()
    }
}

#[test]
fn clients_send_list_fetch_and_delete() {
    let mut world = World::new(5, 900, 1);
    world.run(Ticks::from_secs(20));
    for request in ["sign-on", "send", "list", "fetch", "delete"] {
        assert!(world.count(request, "answered") >= 5, "{request}");
    }
    assert_eq!(world.count("lookup", "answered"), 5);
    let ledger = world.clients.ledger();
    assert_eq!(ledger.violations(), []);
    assert!(
        ledger
            .messages()
            .iter()
            .filter(|message| message.acknowledged.is_some())
            .count()
            > 20
    );
    assert!(
        ledger
            .messages()
            .iter()
            .any(|message| message.fetched > 0 && message.deleted.is_some())
    );
    assert!(
        ledger
            .messages()
            .iter()
            .any(|message| message.length > 1500)
    );
    for message in ledger.stored() {
        let stored = &world.server.store[message.acknowledged.unwrap().1 as usize - 1];
        assert!(!stored.deleted);
        assert_eq!(
            stored.body,
            body(message.origin, message.number, message.length)
        );
    }
}

#[test]
fn a_silent_server_times_out_and_clients_go_on_where_they_were() {
    let mut world = World::new(3, 2000, 2);
    world.run(Ticks::from_secs(5));
    world.server.dead = true;
    world.run(Ticks::from_secs(10));
    assert!(
        world
            .records
            .iter()
            .any(|record| format!("{record:?}").contains("timed-out"))
    );
    assert!(world.count("lookup", "timed-out") > 0);
    world.server.dead = false;
    let before = world.server.store.len();
    world.run(Ticks::from_secs(15));
    assert!(world.server.store.len() > before);
    assert_eq!(world.clients.ledger().violations(), []);
}

#[test]
fn a_server_that_forgot_its_sessions_is_signed_on_to_again() {
    let mut world = World::new(3, 2000, 3);
    world.run(Ticks::from_secs(5));
    world.server.sessions.clear();
    let sends = world.server.sends;
    world.run(Ticks::from_secs(10));
    assert!(world.server.sends > sends);
    assert!(world.clients.clients().iter().all(Client::is_signed_on));
    assert_eq!(world.clients.ledger().violations(), []);
    let mut names: Vec<_> = world
        .server
        .store
        .iter()
        .map(|message| (message.origin, message.number))
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), world.server.store.len(), "no message twice");
}

#[test]
fn damaged_messages_are_noticed() {
    let mut world = World::new(3, 300, 4);
    world.server.corrupt = true;
    world.run(Ticks::from_secs(20));
    let violations = world.clients.ledger().violations();
    assert!(
        violations
            .iter()
            .any(|violation| violation.what.contains("checksum")),
        "{violations:?}"
    );
}

#[test]
fn the_same_seed_makes_the_same_run_and_a_snapshot_continues_it() {
    let run = |seed: u64| {
        let mut world = World::new(4, 700, seed);
        world.run(Ticks::from_secs(4));
        world.records
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
    let clients = World::new(30, 700, 7).clients;
    assert_eq!(clients.stations(), 30);
    let mut addresses: Vec<_> = clients
        .clients()
        .iter()
        .map(|client| client.node().station().address())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 30);
}

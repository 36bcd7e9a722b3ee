//! Name Binding Protocol, *Inside AppleTalk* chapter 7.

mod lookup;
mod names;

pub use lookup::{Lookup, Progress};
pub use names::{Names, Taken};

use crate::bytes::{Malformed, Reader};
use crate::{Address, Datagram, ddp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most tuples in one packet: the count has four bits.
const MAX_TUPLES: usize = 15;
/// Longest object, type or zone.
const MAX_STRING: usize = 32;

/// What an NBP packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// To a router: look up in a zone.
    BroadcastRequest,
    /// To the names sockets of a network.
    LookUp,
    /// The answer of a names socket.
    Reply,
    /// From router to router.
    ForwardRequest,
}

impl Function {
    fn code(self) -> u8 {
        match self {
            Function::BroadcastRequest => 1,
            Function::LookUp => 2,
            Function::Reply => 3,
            Function::ForwardRequest => 4,
        }
    }

    fn from_code(code: u8) -> Result<Function, Malformed> {
        Ok(match code {
            1 => Function::BroadcastRequest,
            2 => Function::LookUp,
            3 => Function::Reply,
            4 => Function::ForwardRequest,
            _ => return Err(Malformed("NBP function is not assigned")),
        })
    }
}

/// The name of a network-visible entity, `object:type@zone`, in MacRoman.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Who.
    pub object: Vec<u8>,
    /// What.
    pub kind: Vec<u8>,
    /// Where; `*` for the own zone.
    pub zone: Vec<u8>,
}

impl Entity {
    /// A name in the own zone; the parts are cut at 32 bytes.
    pub fn new(object: &[u8], kind: &[u8]) -> Entity {
        let cut = |text: &[u8]| text[..text.len().min(MAX_STRING)].to_vec();
        Entity {
            object: cut(object),
            kind: cut(kind),
            zone: b"*".to_vec(),
        }
    }

    /// The name in this zone.
    pub fn in_zone(self, zone: &[u8]) -> Entity {
        let zone = zone[..zone.len().min(MAX_STRING)].to_vec();
        Entity { zone, ..self }
    }

    /// Whether object and type are the same.
    pub fn is(&self, other: &Entity) -> bool {
        same_name(&self.object, &other.object) && same_name(&self.kind, &other.kind)
    }

    /// Whether this name is meant by `pattern`, in which `=` stands for any object or type, and one \u{2248} (C5h) for any part of one. Zones
    /// are not compared: routers bring a lookup to the networks of its zone, and a nonextended network has only one.
    pub fn matches(&self, pattern: &Entity) -> bool {
        part_matches(&self.object, &pattern.object) && part_matches(&self.kind, &pattern.kind)
    }
}

/// The wild card for any part of a name, of AppleTalk Phase 2.
const ANY_PART: u8 = 0xC5;

fn part_matches(own: &[u8], wanted: &[u8]) -> bool {
    if wanted == b"=" {
        return true;
    }
    match wanted.iter().position(|&byte| byte == ANY_PART) {
        None => same_name(own, wanted),
        Some(place) => {
            let (head, tail) = (&wanted[..place], &wanted[place + 1..]);
            own.len() >= head.len() + tail.len()
                && same_name(&own[..head.len()], head)
                && same_name(&own[own.len() - tail.len()..], tail)
        }
    }
}

/// Whether two names or zones are the same: without regard to case, by the table of appendix D.
pub fn same_name(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(&one, &other)| upper_case(one) == upper_case(other))
}

/// The upper-case letter of MacRoman, as far as appendix D makes them equal.
fn upper_case(byte: u8) -> u8 {
    const PAIRS: [(u8, u8); 13] = [
        (0x88, 0xCB),
        (0x8A, 0x80),
        (0x8B, 0xCC),
        (0x8C, 0x81),
        (0x8D, 0x82),
        (0x8E, 0x83),
        (0x96, 0x84),
        (0x9A, 0x85),
        (0x9B, 0xCD),
        (0x9F, 0x86),
        (0xBE, 0xAE),
        (0xBF, 0xAF),
        (0xCF, 0xCE),
    ];
    match PAIRS.iter().find(|pair| pair.0 == byte) {
        Some(pair) => pair.1,
        None => byte.to_ascii_uppercase(),
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |part: &[u8]| {
            part.iter()
                .map(|&byte| {
                    if byte.is_ascii() {
                        char::from(byte)
                    } else {
                        '?'
                    }
                })
                .collect::<String>()
        };
        write!(
            f,
            "{}:{}@{}",
            text(&self.object),
            text(&self.kind),
            text(&self.zone)
        )
    }
}

/// A name and its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuple {
    /// Where it is; in a lookup, where to reply to.
    pub address: Address,
    /// Tells aliases of one socket apart.
    pub enumerator: u8,
    /// The name; in a lookup, the pattern.
    pub entity: Entity,
}

/// An NBP packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// What it is.
    pub function: Function,
    /// Matches replies to their request.
    pub id: u8,
    /// At most 15; a lookup has one.
    pub tuples: Vec<Tuple>,
}

impl Packet {
    /// The data of a datagram.
    ///
    /// # Errors
    /// When there are more than 15 tuples, a string is too long, or everything is longer than a datagram.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        if self.tuples.len() > MAX_TUPLES {
            return Err(Malformed("more than 15 NBP tuples"));
        }
        let mut bytes = vec![self.function.code() << 4 | self.tuples.len() as u8, self.id];
        for tuple in &self.tuples {
            bytes.extend(tuple.address.network.to_be_bytes());
            bytes.extend([tuple.address.node, tuple.address.socket, tuple.enumerator]);
            for part in [&tuple.entity.object, &tuple.entity.kind, &tuple.entity.zone] {
                if part.len() > MAX_STRING {
                    return Err(Malformed("NBP string longer than 32 bytes"));
                }
                bytes.push(part.len() as u8);
                bytes.extend(part);
            }
        }
        if bytes.len() > ddp::MAX_DATA {
            Err(Malformed("NBP packet longer than a datagram"))
        } else {
            Ok(bytes)
        }
    }

    /// The packet in a datagram's data.
    ///
    /// # Errors
    /// When the function is unknown, a tuple is cut short or a string is too long; also when a request has not one tuple.
    pub fn decode(bytes: &[u8]) -> Result<Packet, Malformed> {
        let mut reader = Reader::new(bytes, "NBP packet cut short");
        let first = reader.byte()?;
        let function = Function::from_code(first >> 4)?;
        let id = reader.byte()?;
        let mut tuples = Vec::new();
        for _ in 0..first & 15 {
            let address = Address {
                network: reader.word()?,
                node: reader.byte()?,
                socket: reader.byte()?,
            };
            let enumerator = reader.byte()?;
            let mut part = || Ok(reader.string(MAX_STRING)?.to_vec());
            tuples.push(Tuple {
                address,
                enumerator,
                entity: Entity {
                    object: part()?,
                    kind: part()?,
                    zone: part()?,
                },
            });
        }
        if function != Function::Reply && tuples.len() != 1 {
            return Err(Malformed("NBP request without exactly one tuple"));
        }
        Ok(Packet {
            function,
            id,
            tuples,
        })
    }

    /// The datagram that carries the packet.
    fn into_datagram(self, to: Address, from: Address) -> Option<Datagram> {
        Some(Datagram::new(to, from, ddp::NBP, self.encode().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::Ticks;

    #[test]
    fn packets_survive_a_round_trip_and_malformed_ones_are_refused() {
        let entity = Entity::new(b"Post Office", b"MSMail Reconstruction");
        let tuple = Tuple {
            address: Address {
                network: 1,
                node: 2,
                socket: 3,
            },
            enumerator: 4,
            entity,
        };
        let packet = Packet {
            function: Function::Reply,
            id: 9,
            tuples: vec![tuple.clone(), tuple.clone()],
        };
        let bytes = packet.encode().unwrap();
        assert_eq!(Packet::decode(&bytes), Ok(packet));
        for cut in 0..bytes.len() {
            assert!(Packet::decode(&bytes[..cut]).is_err(), "{cut}");
        }
        assert!(Packet::decode(&[0x51, 0]).is_err());
        assert!(Packet::decode(&[0x20, 0]).is_err());
        assert!(Packet::decode(&[0x21, 0, 0, 0, 1, 2, 0, 33]).is_err());
        assert!(
            Packet {
                function: Function::Reply,
                id: 0,
                tuples: vec![tuple; 16]
            }
            .encode()
            .is_err()
        );
    }

    #[test]
    fn names_match_without_case_and_with_wild_cards() {
        let entity = Entity::new(b"Post Office", b"Mail");
        assert!(entity.matches(&Entity::new(b"POST office", b"mail")));
        assert!(entity.matches(&Entity::new(b"=", b"Mail")));
        assert!(entity.matches(&Entity::new(b"=", b"=")));
        assert!(!entity.matches(&Entity::new(b"Post", b"=")));
        for (part, meant) in [
            (&b"Post\xC5"[..], true),
            (b"\xC5OFFICE", true),
            (b"P\xC5e", true),
            (b"\xC5", true),
            (b"Post Office\xC5", true),
            (b"Post Of\xC5Office", false),
            (b"Q\xC5", false),
        ] {
            assert_eq!(entity.matches(&Entity::new(part, b"=")), meant, "{part:x?}");
        }
        assert!(same_name(b"\x8Erable", b"\x83RABLE"));
        assert!(!same_name(b"\x8Erable", b"erable"));
    }

    #[test]
    fn a_lookup_finds_a_registered_name() {
        let (client, server) = (Address::local(10, 254), Address::local(20, 2));
        let mut names = Names::default();
        assert_eq!(
            names.register(Entity::new(b"Post Office", b"Mail"), 131),
            Ok(())
        );
        assert_eq!(
            names.register(Entity::new(b"post office", b"Mail"), 132),
            Err(Taken)
        );
        let mut lookup = Lookup::new(
            Entity::new(b"=", b"Mail"),
            client,
            7,
            Ticks::from_secs(1),
            3,
        );
        let Progress::Send(request) = lookup.advance(Ticks::ZERO) else {
            panic!()
        };
        assert_eq!(request.destination, Address::local(0xFF, 2));
        let reply = names.answer(&request, server).unwrap();
        assert_eq!((reply.destination, reply.source), (client, server));
        assert_eq!(lookup.advance(Ticks(5)), Progress::Wait);
        lookup.receive(&reply);
        lookup.receive(&reply);
        let found: Vec<Address> = lookup.found().iter().map(|tuple| tuple.address).collect();
        assert_eq!(found, [Address::local(20, 131)]);
        names.remove(&Entity::new(b"Post Office", b"Mail"));
        assert_eq!(names.answer(&request, server), None);
    }

    #[test]
    fn a_lookup_ends_after_its_tries() {
        let mut lookup = Lookup::new(
            Entity::new(b"=", b"x"),
            Address::local(1, 2),
            7,
            Ticks::from_secs(1),
            3,
        );
        let mut now = Ticks::ZERO;
        let mut sent = 0;
        loop {
            match lookup.advance(now) {
                Progress::Send(_) => sent += 1,
                Progress::Wait => now = lookup.next_event(),
                Progress::Done => break,
            }
        }
        assert_eq!((sent, now), (3, Ticks::from_secs(3)));
        assert_eq!(lookup.next_event(), Ticks::NEVER);
    }
}

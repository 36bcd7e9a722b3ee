//! Routers on cables without time: what one sends the others on the cable hear at once. Clauses of *Inside AppleTalk*, second edition.

use super::*;
use crate::nbp::{self, Entity, Function, Tuple};
use crate::{atp, nbp::Packet as Nbp};
use localtalk::llap::SHORT_DDP;

/// For each port its cable, and what it is a seed of: network and zone.
type Ports<'a> = &'a [(usize, Option<(u16, &'a str)>)];

/// Routers, and what the cables carried.
struct Internet {
    routers: Vec<Router>,
    /// For each router the cable of each port.
    cables: Vec<Vec<usize>>,
    now: Ticks,
    /// Cable and packet.
    sent: Vec<(usize, Packet)>,
    cut: Vec<usize>,
}

const START: Ticks = Ticks::from_secs(1);

impl Internet {
    /// The routers have the node addresses 201, 202, ...
    fn new(routers: &[Ports]) -> Internet {
        let build = |(number, ports): (usize, &Ports)| {
            let port = |(_, seed): &(usize, Option<(u16, &str)>)| {
                let seed = seed.map(|(network, zone)| Seed {
                    network,
                    zone: zone.as_bytes().to_vec(),
                });
                (201 + number as u8, seed)
            };
            Router::new(ports.iter().map(port).collect(), START)
        };
        Internet {
            routers: routers.iter().enumerate().map(build).collect(),
            cables: routers
                .iter()
                .map(|ports| ports.iter().map(|port| port.0).collect())
                .collect(),
            now: Ticks::ZERO,
            sent: Vec::new(),
            cut: Vec::new(),
        }
    }

    /// Puts a packet on a cable, for every port with its address.
    fn put(&mut self, cable: usize, packet: &Packet) {
        self.sent.push((cable, packet.clone()));
        for number in 0..self.routers.len() {
            if self.cut.contains(&number) {
                continue;
            }
            for port in 0..self.cables[number].len() {
                let node = self.routers[number].port(port).1;
                let meant = packet.destination == BROADCAST || packet.destination == node;
                if self.cables[number][port] == cable && meant && packet.source != node {
                    self.routers[number].receive(port, packet);
                }
            }
        }
        self.settle();
    }

    fn settle(&mut self) {
        for number in 0..self.routers.len() {
            let out: Vec<_> = self.routers[number].outgoing().collect();
            for out in out {
                let packet = Packet {
                    destination: out.node,
                    source: self.routers[number].port(out.port).1,
                    kind: out.kind,
                    data: out.data,
                };
                if !self.cut.contains(&number) {
                    self.put(self.cables[number][out.port], &packet);
                }
            }
        }
    }

    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Ticks::from_secs(1);
            for number in 0..self.routers.len() {
                self.routers[number].advance(self.now);
            }
            self.settle();
        }
    }

    /// A node sends a datagram to its router.
    fn ask(
        &mut self,
        cable: usize,
        router: u8,
        datagram: &Datagram,
    ) -> Vec<(usize, Datagram, Packet)> {
        let (kind, data) = datagram.encode(true).unwrap();
        let packet = Packet {
            destination: router,
            source: datagram.source.node,
            kind,
            data,
        };
        self.sent.clear();
        self.put(cable, &packet);
        let heard = self.sent.drain(..).skip(1);
        heard
            .map(|(cable, packet)| (cable, Datagram::decode(&packet).unwrap(), packet))
            .collect()
    }

    fn route(&self, router: usize, network: u16) -> Option<(u8, usize, u8)> {
        let route = self.routers[router].table().route(network)?;
        Some((route.distance, route.port, route.next))
    }
}

fn address(network: u16, node: u8, socket: u8) -> Address {
    Address {
        network,
        node,
        socket,
    }
}

/// Networks 1, 2, 3, 4 in a row; 1 and 4 in zone Lab.
fn row() -> Internet {
    let mut internet = Internet::new(&[
        &[(0, Some((1, "Lab"))), (1, Some((2, "Hall")))],
        &[(1, Some((2, "Hall"))), (2, Some((3, "Attic")))],
        &[(2, None), (3, Some((4, "lab")))],
    ]);
    internet.run(45);
    internet
}

#[test]
fn chapter_5_routers_learn_every_network_and_the_shortest_way() {
    let internet = row();
    assert_eq!(internet.route(0, 4), Some((2, 1, 202)));
    assert_eq!(internet.route(2, 1), Some((2, 0, 202)));
    // Not a seed on network 3: told by the router that is.
    assert_eq!(internet.routers[2].port(0), (3, 203));
    assert_eq!(internet.route(2, 3), Some((0, 0, 0)));
    for router in &internet.routers {
        assert_eq!(router.table().routes().len(), 4);
        // Chapter 8: and the zones of all.
        let zones: Vec<_> = (1..=4)
            .map(|network| router.zones_of(network).concat())
            .collect();
        assert_eq!(zones, [&b"Lab"[..], b"Hall", b"Attic", b"lab"]);
    }
}

#[test]
fn chapter_5_rtmp_data_every_10_s_with_split_horizon() {
    let mut internet = row();
    internet.sent.clear();
    internet.run(10);
    let mut told: Vec<(usize, u8, Vec<u16>)> = internet
        .sent
        .iter()
        .map(|(cable, packet)| {
            let datagram = Datagram::decode(packet).unwrap();
            assert_eq!((packet.kind, packet.destination), (SHORT_DDP, BROADCAST));
            assert_eq!(
                (datagram.destination.socket, datagram.source.socket),
                (1, 1)
            );
            let data = Data::decode(&datagram.data).unwrap();
            assert_eq!((data.node, data.version), (packet.source, true));
            let networks = data.tuples.iter().map(|tuple| tuple.first).collect();
            (*cable, data.node, networks)
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            (0, 201, vec![2, 3, 4]),
            (1, 201, vec![1]),
            (1, 202, vec![3, 4]),
            (2, 202, vec![1, 2]),
            (2, 203, vec![4]),
            (3, 203, vec![1, 2, 3]),
        ]
    );
}

#[test]
fn chapter_5_a_silent_router_is_forgotten_with_what_lies_behind_it() {
    let mut internet = row();
    internet.cut = vec![2];
    internet.run(19);
    assert!(internet.route(0, 4).is_some());
    // Good, suspect, bad, gone: three times the validity timer, and as many again for the one behind.
    internet.run(60);
    assert_eq!(internet.route(1, 4), None);
    assert_eq!(internet.route(0, 4), None);
    internet.run(80);
    assert!(internet.routers[0].zones_of(4).is_empty());
    assert_eq!(internet.routers[0].table().routes().len(), 3);
    assert!(internet.route(0, 3).is_some());
    internet.cut.clear();
    internet.run(40);
    assert_eq!(internet.route(0, 4), Some((2, 1, 202)));
    assert_eq!(internet.routers[0].zones_of(4), [b"lab".to_vec()]);
}

#[test]
fn chapter_5_requests_of_nodes() {
    let mut internet = row();
    let ask = |request: Request| {
        Datagram::new(
            Address::local(BROADCAST, 1),
            Address::local(9, 1),
            ddp::RTMP_REQUEST,
            request.encode(),
        )
    };
    let heard = internet.ask(0, BROADCAST, &ask(Request::Network));
    assert_eq!(heard.len(), 1);
    let (cable, datagram, packet) = &heard[0];
    assert_eq!(
        (*cable, packet.destination, datagram.destination.socket),
        (0, 9, 1)
    );
    // Network 1, node ID of 8 bits, node 201; nothing else.
    assert_eq!(
        (datagram.kind, &datagram.data[..]),
        (ddp::RTMP, &[0, 1, 8, 201][..])
    );
    let to = |request, node| Datagram {
        destination: Address::local(node, 1),
        ..ask(request)
    };
    let tuples =
        |heard: &[(usize, Datagram, Packet)]| Data::decode(&heard[0].1.data).unwrap().tuples.len();
    assert_eq!(tuples(&internet.ask(0, 201, &to(Request::Routes, 201))), 3);
    assert_eq!(
        tuples(&internet.ask(0, 201, &to(Request::AllRoutes, 201))),
        4
    );
}

#[test]
fn chapter_4_forwarding_counts_hops_and_keeps_the_checksum() {
    let mut internet = row();
    let to = address(4, 77, 100);
    let datagram = Datagram::new(to, address(1, 9, 101), 90, vec![1, 2, 3]);
    let heard = internet.ask(0, 201, &datagram);
    let way: Vec<_> = heard
        .iter()
        .map(|(cable, datagram, packet)| (*cable, datagram.hops, packet.destination))
        .collect();
    assert_eq!(way, [(1, 1, 202), (2, 2, 203), (3, 3, 77)]);
    // `decode` has checked the sum of each.
    let (last, sent) = (&heard[2].2.data, datagram.encode(true).unwrap().1);
    assert_eq!(last[2..], sent[2..]);

    let tired = Datagram {
        hops: 15,
        ..datagram.clone()
    };
    assert!(internet.ask(0, 201, &tired).is_empty());
    assert_eq!(internet.routers[0].counts().too_far, 1);
    let lost = Datagram {
        destination: address(99, 1, 1),
        ..datagram
    };
    assert!(internet.ask(0, 201, &lost).is_empty());
    assert_eq!(internet.routers[0].counts().no_route, 1);
}

#[test]
fn chapter_6_echo_across_the_internet_and_by_any_address_of_the_router() {
    let mut internet = row();
    for to in [
        address(3, 202, 4),
        address(2, 202, 4),
        address(4, 203, 4),
        address(1, 0, 4),
    ] {
        let request = Datagram::new(to, address(1, 9, 101), ddp::AEP, vec![aep::REQUEST, 5]);
        let heard = internet.ask(0, 201, &request);
        let (cable, reply, packet) = heard.last().unwrap();
        assert_eq!(
            (*cable, packet.destination, reply.data.as_slice()),
            (0, 9, &[aep::REPLY, 5][..])
        );
        assert_eq!((reply.source.socket, reply.destination.socket), (4, 101));
    }
}

fn request(function: Function, zone: &str, reply_to: Address) -> Vec<u8> {
    let tuple = Tuple {
        address: reply_to,
        enumerator: 0,
        entity: Entity::new(b"=", b"Mail").in_zone(zone.as_bytes()),
    };
    let packet = Nbp {
        function,
        id: 7,
        tuples: vec![tuple],
    };
    packet.encode().unwrap()
}

#[test]
fn chapter_7_a_broadcast_request_becomes_a_lookup_on_every_network_of_its_zone() {
    let mut internet = row();
    let mut ask = |zone: &str, reply_to: Address| {
        let data = request(Function::BroadcastRequest, zone, reply_to);
        let datagram = Datagram::new(
            Address::local(201, 2),
            Address::local(9, 110),
            ddp::NBP,
            data,
        );
        let heard = internet.ask(0, 201, &datagram).into_iter();
        heard
            .map(|(cable, datagram, packet)| {
                (
                    cable,
                    packet.destination,
                    datagram.destination,
                    nbp::Packet::decode(&datagram.data).unwrap(),
                )
            })
            .collect::<Vec<_>>()
    };
    // Its own zone, which has two networks: a lookup here, a forward request there.
    let heard = ask("*", Address::local(9, 110));
    let way: Vec<_> = heard
        .iter()
        .map(|(cable, node, _, packet)| (*cable, *node, packet.function))
        .collect();
    assert_eq!(
        way,
        [
            (0, 255, Function::LookUp),
            (1, 202, Function::ForwardRequest),
            (2, 203, Function::ForwardRequest),
            (3, 255, Function::LookUp),
        ]
    );
    assert_eq!(heard[1].2, address(4, 0, 2));
    for (.., packet) in &heard {
        // The reply finds its way back: the requester's network is filled in, and the zone has its name.
        assert_eq!(packet.tuples[0].address, address(1, 9, 110));
        assert_eq!(packet.tuples[0].entity.zone, b"Lab");
        assert_eq!(packet.id, 7);
    }
    let cables =
        |heard: Vec<(usize, u8, Address, Nbp)>| heard.iter().map(|one| one.0).collect::<Vec<_>>();
    assert_eq!(cables(ask("HALL", address(1, 9, 110))), [1]);
    assert_eq!(cables(ask("Attic", address(1, 9, 110))), [1, 2]);
    assert!(ask("Cellar", address(1, 9, 110)).is_empty());
}

#[test]
fn chapter_8_queries_have_replies_and_nodes_get_their_lists() {
    let mut internet = row();
    let query = zip::Packet::Query(vec![1, 4, 99]).encode().unwrap();
    let datagram = Datagram::new(
        Address::local(201, 6),
        Address::local(9, 6),
        ddp::ZIP,
        query,
    );
    let heard = internet.ask(0, 201, &datagram);
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].1.data, b"\x02\x02\0\x01\x03Lab\0\x04\x03lab");

    let mut list = |ask: zip::Request| {
        let request = atp::Packet {
            function: atp::Function::Request {
                exactly_once: false,
                bitmap: 1,
                release_timer: 0,
            },
            transaction: 0x1234,
            user: ask.user(),
            data: Vec::new(),
        };
        let data = request.encode().unwrap();
        let datagram = Datagram::new(
            Address::local(201, 6),
            Address::local(9, 140),
            ddp::ATP,
            data,
        );
        let heard = internet.ask(0, 201, &datagram);
        assert_eq!((heard.len(), heard[0].2.destination), (1, 9));
        let packet = atp::Packet::decode(&heard[0].1.data).unwrap();
        assert_eq!(packet.transaction, 0x1234);
        assert!(matches!(
            packet.function,
            atp::Function::Response {
                sequence: 0,
                end: true,
                ..
            }
        ));
        (packet.user, packet.data)
    };
    assert_eq!(
        list(zip::Request::GetMyZone),
        ([0, 0, 0, 1], b"\x03Lab".to_vec())
    );
    assert_eq!(
        list(zip::Request::GetLocalZones(1)),
        ([1, 0, 0, 1], b"\x03Lab".to_vec())
    );
    // Zones that differ in case alone are one.
    assert_eq!(
        list(zip::Request::GetZoneList(1)),
        ([1, 0, 0, 3], b"\x05Attic\x04Hall\x03Lab".to_vec())
    );
    assert_eq!(
        list(zip::Request::GetZoneList(3)),
        ([1, 0, 0, 1], b"\x03Lab".to_vec())
    );
    assert_eq!(list(zip::Request::GetZoneList(4)), ([1, 0, 0, 0], vec![]));
}

#[test]
fn a_network_that_is_told_another_number_is_a_conflict_and_changes_nothing() {
    let mut internet = row();
    let data = Data::packets(8, 99, vec![rtmp::Tuple::network(50, 1)]).remove(0);
    let told = Datagram::new(
        Address::local(BROADCAST, 1),
        Address::local(99, 1),
        ddp::RTMP,
        data.encode().unwrap(),
    );
    internet.ask(0, BROADCAST, &told);
    assert_eq!(internet.routers[0].counts().conflicts, 1);
    assert_eq!(internet.route(0, 50), None);
}

#[test]
fn any_packets_leave_a_router_standing() {
    let mut random = clock::Stream::new(1, "router");
    let mut internet = row();
    for _ in 0..100_000 {
        let length = 5 + random.below(40) as usize;
        let mut data: Vec<u8> = (0..length).map(|_| random.below(10) as u8).collect();
        data[..2].copy_from_slice(&(length as u16).to_be_bytes());
        let kind = 1 + random.below(2) as u8;
        if kind == LONG_DDP && length > 13 {
            data[2..4].fill(0);
        }
        let packet = Packet {
            destination: 201,
            source: random.below(10) as u8,
            kind,
            data,
        };
        let router = &mut internet.routers[0];
        router.receive(0, &packet);
        for out in router.outgoing() {
            let packet = Packet {
                destination: out.node,
                source: 1,
                kind: out.kind,
                data: out.data,
            };
            assert!(Datagram::decode(&packet).is_ok(), "{packet:?}");
        }
    }
    assert!(internet.routers[0].counts().malformed > 1000);
}

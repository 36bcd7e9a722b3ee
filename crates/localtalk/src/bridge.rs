//! The station that stands for the nodes of an outside network.

use crate::llap::{self, BROADCAST, Packet};
use crate::{Cable, Station, ltoudp};
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use trace::Tracer;

/// Packets that may wait for somebody to take them away; later ones are lost.
const DEPARTURES: usize = 256;

/// What a bridge has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeFigures {
    /// Datagrams that came from outside, its own left out.
    pub received: u64,
    /// Of these, datagrams that were no LLAP packet for a LocalTalk cable, and were dropped.
    pub malformed: u64,
    /// Of these, packets dropped because their source is a node of the cable.
    pub conflicts: u64,
    /// Of these, packets dropped because too many waited for the cable.
    pub overflows: u64,
    /// Datagrams sent outside.
    pub sent: u64,
}

/// One station of a cable behind which lie all nodes that are heard as LToUDP datagrams ([`ltoudp`]).
///
/// A packet from outside gets the access and the dialog that its sender would have had on the cable, under its sender's node address. A request to send is answered
/// with a CTS, and an enquiry with an ACK, if it is for a node that has sent something from outside and that nobody on the cable has been
/// heard to be: the others answer themselves, and for a node that does not exist nobody does. Every intact packet of the cable but RTS and CTS goes outside, also between two of
/// its own nodes, as everybody on one cable can hear everything.
///
/// So node addresses are acquired across the bridge: an enquiry goes to the other side, and the acknowledgement comes back. It comes later than the 200 us of a dialog
/// allow, but a node that is enquiring gives the address up on any packet to it (*Inside AppleTalk*, appendix B, AcquireAddress).
///
/// It has no clock and no socket: datagrams come and go with ticks, so that the same arrivals make the same run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    station: Station,
    sender: u32,
    /// Nodes of the cable, as heard.
    inside: BTreeSet<u8>,
    departures: VecDeque<Vec<u8>>,
    figures: BridgeFigures,
}

impl Bridge {
    /// A bridge at place `number` of a cable; it calls itself `sender` outside.
    pub fn new(number: u8, sender: u32, random: Stream) -> Bridge {
        Bridge {
            station: Station::proxy(number, random),
            sender,
            inside: BTreeSet::new(),
            departures: VecDeque::new(),
            figures: BridgeFigures::default(),
        }
    }

    /// Its number outside.
    pub fn sender(&self) -> u32 {
        self.sender
    }

    /// What it has done so far.
    pub fn figures(&self) -> BridgeFigures {
        self.figures
    }

    /// A datagram comes from outside. False when it is one of its own, which changes nothing. `now` must not lie before the last [`Bridge::advance`].
    pub fn arrive(&mut self, now: Ticks, datagram: &[u8]) -> bool {
        let packet = match ltoudp::decode(datagram) {
            Ok((sender, _)) if sender == self.sender => return false,
            Ok((_, packet)) => packet,
            Err(_) => {
                self.figures.received += 1;
                self.figures.malformed += 1;
                return true;
            }
        };
        self.figures.received += 1;
        // An enquiry comes from a node that has no address yet.
        if packet.kind != llap::ENQ {
            if self.inside.contains(&packet.source) {
                self.figures.conflicts += 1;
                return true;
            }
            if let Some(behind) = self.station.behind() {
                behind.insert(packet.source);
            }
        }
        self.figures.overflows += u64::from(!self.station.forward(now, packet));
        true
    }

    /// True when [`Bridge::advance`] up to `now` has anything to do.
    pub fn is_due(&self, now: Ticks, cable: &Cable) -> bool {
        self.station.next_event() < now || cable.next_for(self.station.number()) < now
    }

    /// Runs up to, not including, `now`.
    pub fn advance(&mut self, now: Ticks, cable: &mut Cable, tracer: &mut Tracer) {
        self.station.advance(now, cable, tracer);
        if !self.station.has_received() {
            return;
        }
        let packets: Vec<_> = self.station.received().collect();
        for (_, packet) in packets {
            self.overhear(&packet);
        }
    }

    /// An intact packet of a station of the cable.
    fn overhear(&mut self, packet: &Packet) {
        let mut answered = false;
        if let Some(behind) = self.station.behind() {
            if packet.kind == llap::ENQ {
                answered = behind.contains(&packet.destination);
            } else if !matches!(packet.source, 0 | BROADCAST) {
                self.inside.insert(packet.source);
                behind.remove(&packet.source);
            }
        }
        if answered {
            return;
        }
        if let Some(datagram) = ltoudp::encode(self.sender, packet)
            && self.departures.len() < DEPARTURES
        {
            self.figures.sent += 1;
            self.departures.push_back(datagram);
        }
    }

    /// Datagrams to send outside, oldest first. At most 256 wait to be taken.
    pub fn departures(&mut self) -> std::collections::vec_deque::Drain<'_, Vec<u8>> {
        self.departures.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Signal;
    use trace::{Event, LineEvent, Record};

    const OWN: u32 = 0x0A0B_0C0D;

    /// A cable with one node of its own (station 0) and a bridge (station 1).
    struct Bench {
        now: Ticks,
        cable: Cable,
        node: Station,
        bridge: Bridge,
        tracer: Tracer,
        out: Vec<Vec<u8>>,
    }

    impl Bench {
        fn new(node: Station) -> Bench {
            let mut cable = Cable::new(1);
            let number = cable.attach();
            Bench {
                now: Ticks::ZERO,
                cable,
                node,
                bridge: Bridge::new(number, OWN, Stream::new(1, "bridge")),
                tracer: Tracer::new(Record::WORLD),
                out: Vec::new(),
            }
        }

        fn with_node(address: u8) -> Bench {
            Bench::new(Station::with_address(0, address, Stream::new(1, "node")))
        }

        fn run(&mut self, millis: u64) {
            let until = self.now + Ticks::from_millis(millis);
            while self.now < until {
                self.now += Signal::NOTICE;
                self.node
                    .advance(self.now, &mut self.cable, &mut self.tracer);
                self.bridge
                    .advance(self.now, &mut self.cable, &mut self.tracer);
                self.cable.settle(self.now, &mut self.tracer);
                self.out.extend(self.bridge.departures());
            }
        }

        /// A datagram of the outside station with the number 7.
        fn arrive(&mut self, packet: &Packet) {
            let datagram = ltoudp::encode(7, packet).unwrap();
            assert!(self.bridge.arrive(self.now, &datagram));
        }

        /// Destination, source and type of the packets that went outside.
        fn departed(&mut self) -> Vec<[u8; 3]> {
            let of = |datagram: Vec<u8>| {
                let (sender, packet) = ltoudp::decode(&datagram).unwrap();
                assert_eq!(sender, OWN);
                [packet.destination, packet.source, packet.kind]
            };
            self.out.drain(..).map(of).collect()
        }

        /// The same of the frames on the cable, with the station's number.
        fn frames(&mut self) -> Vec<(u8, [u8; 3])> {
            let of = |record: Record| match record.event {
                Event::Line(LineEvent::Frame { station, bytes, .. }) => {
                    Some((station, *bytes.first_chunk()?))
                }
                _ => None,
            };
            self.tracer.drain().filter_map(of).collect()
        }
    }

    fn data(destination: u8, source: u8) -> Packet {
        Packet {
            destination,
            source,
            kind: llap::SHORT_DDP,
            data: vec![0, 5, 4, 4, 4],
        }
    }

    #[test]
    fn a_packet_from_outside_gets_its_dialog_under_its_senders_address() {
        let mut bench = Bench::with_node(10);
        bench.arrive(&data(10, 3));
        bench.run(20);
        let got: Vec<Packet> = bench.node.received().map(|one| one.1).collect();
        assert_eq!(got, [data(10, 3)]);
        assert_eq!(
            bench.frames(),
            [
                (1, [10, 3, llap::RTS]),
                (0, [3, 10, llap::CTS]),
                (1, [10, 3, llap::SHORT_DDP])
            ]
        );
        assert_eq!(bench.departed(), [] as [[u8; 3]; 0], "it came from there");
    }

    #[test]
    fn only_nodes_heard_from_outside_are_answered_for() {
        let mut bench = Bench::with_node(10);
        assert!(bench.node.send(bench.now, 3, 1, vec![1]));
        bench.run(200);
        assert!(bench.frames().iter().all(|frame| frame.1[2] == llap::RTS));
        assert_eq!(bench.departed(), [] as [[u8; 3]; 0], "there is no node 3");
        bench.arrive(&data(BROADCAST, 3));
        bench.run(20);
        assert_eq!(bench.node.received().count(), 1);
        assert!(bench.node.send(bench.now, 3, 1, vec![1]));
        bench.frames();
        bench.run(20);
        assert_eq!(
            bench.frames(),
            [
                (0, [3, 10, llap::RTS]),
                (1, [10, 3, llap::CTS]),
                (0, [3, 10, 1])
            ]
        );
        assert_eq!(bench.departed(), [[3, 10, 1]]);
    }

    #[test]
    fn broadcasts_go_outside_and_access_packets_never() {
        let mut bench = Bench::with_node(10);
        assert!(bench.node.send(bench.now, BROADCAST, 2, vec![1, 2]));
        bench.run(20);
        assert_eq!(bench.frames()[0], (0, [BROADCAST, 10, llap::RTS]));
        assert_eq!(bench.departed(), [[BROADCAST, 10, 2]]);
    }

    #[test]
    fn an_enquiry_from_outside_is_acknowledged_by_the_node_that_has_the_address() {
        let mut bench = Bench::with_node(10);
        for node in [10, 11] {
            bench.arrive(&Packet::control(node, node, llap::ENQ));
            bench.run(20);
        }
        assert_eq!(bench.departed(), [[10, 10, llap::ACK]]);
        let enquiries = [(1, [10, 10, llap::ENQ]), (1, [11, 11, llap::ENQ])];
        let frames = bench.frames();
        assert!(enquiries.iter().all(|one| frames.contains(one)));
    }

    #[test]
    fn an_acknowledgement_from_outside_makes_a_node_choose_again_however_late() {
        let mut bench = Bench::new(Station::new(0, false, Stream::new(1, "node")));
        bench.run(5);
        let [first, ..] = bench.departed()[..] else {
            panic!("no enquiry went outside");
        };
        assert_eq!((first[0], first[2]), (first[1], llap::ENQ));
        bench.arrive(&Packet::control(first[0], first[0], llap::ACK));
        bench.run(2500);
        assert_ne!(bench.node.address().unwrap(), first[0]);
        // From then on the bridge itself defends the address.
        let mut other = Bench::new(Station::new(0, false, Stream::new(1, "node")));
        other.arrive(&data(BROADCAST, first[0]));
        other.run(2500);
        assert_ne!(other.node.address().unwrap(), first[0]);
        assert!(!other.departed().contains(&[first[0], first[0], llap::ENQ]));
    }

    #[test]
    fn an_address_in_use_on_the_cable_is_not_taken_over() {
        let mut bench = Bench::with_node(10);
        bench.arrive(&data(BROADCAST, 10));
        assert!(bench.node.send(bench.now, BROADCAST, 2, vec![1]));
        bench.run(60);
        bench.arrive(&data(BROADCAST, 10));
        assert_eq!(bench.bridge.figures().conflicts, 1);
        bench.arrive(&data(10, 3));
        bench.frames();
        bench.run(20);
        assert_eq!(bench.frames()[1], (0, [3, 10, llap::CTS]));
    }

    #[test]
    fn own_datagrams_are_ignored_and_malformed_ones_counted() {
        let mut bench = Bench::with_node(10);
        let own = ltoudp::encode(OWN, &data(10, 3)).unwrap();
        assert!(!bench.bridge.arrive(bench.now, &own));
        assert_eq!(bench.bridge.figures(), BridgeFigures::default());
        for bytes in [&[][..], &[0; 7], &[0, 0, 0, 1, 10, 3, llap::RTS], &[1; 608]] {
            assert!(bench.bridge.arrive(bench.now, bytes));
        }
        let figures = bench.bridge.figures();
        assert_eq!((figures.received, figures.malformed), (4, 4));
        (0..70).for_each(|_| bench.arrive(&data(BROADCAST, 3)));
        assert!(bench.bridge.figures().overflows > 0);
        bench.run(200);
        assert_eq!(
            bench.frames().iter().filter(|one| one.1[2] == 1).count(),
            65
        );
    }
}

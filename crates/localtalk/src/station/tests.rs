mod appendix_b;

use super::*;
use trace::{Event, Record};

/// Stations on a cable, run in quanta of one notice.
struct World {
    cable: Cable,
    stations: Vec<Station>,
    tracer: Tracer,
    now: Ticks,
    records: Vec<Record>,
}

impl World {
    fn new(stations: Vec<Station>) -> World {
        let cable = Cable::new(stations.len() as u8);
        World {
            cable,
            stations,
            tracer: Tracer::new(Record::WORLD),
            now: Ticks::ZERO,
            records: Vec::new(),
        }
    }

    fn with_addresses(addresses: &[u8]) -> World {
        let station = |(number, &address): (usize, &u8)| {
            Station::with_address(
                number as u8,
                address,
                Stream::new(1, &format!("station {number}")),
            )
        };
        World::new(addresses.iter().enumerate().map(station).collect())
    }

    fn run(&mut self, time: Ticks) {
        let end = self.now + time;
        while self.now < end {
            self.now += Signal::NOTICE;
            for station in &mut self.stations {
                station.advance(self.now, &mut self.cable, &mut self.tracer);
            }
            self.cable.settle(self.now, &mut self.tracer);
        }
        self.records.extend(self.tracer.drain());
    }

    /// (kind, destination, source, start, intact) of every frame so far.
    fn frames(&self) -> Vec<(u8, u8, u8, u64, bool)> {
        let frame = |record: &Record| match &record.event {
            Event::Line(LineEvent::Frame {
                bytes,
                start,
                intact,
                ..
            }) => Some((bytes[2], bytes[0], bytes[1], *start, *intact)),
            _ => None,
        };
        self.records.iter().filter_map(frame).collect()
    }

    fn kinds(&self) -> Vec<u8> {
        self.frames().iter().map(|frame| frame.0).collect()
    }
}

#[test]
fn directed_transmission_dialog() {
    let mut world = World::with_addresses(&[10, 20, 30]);
    assert!(world.stations[0].send(Ticks(5), 20, llap::SHORT_DDP, vec![1, 2, 3]));
    world.run(Ticks::from_millis(5));
    let frames = world.frames();
    assert_eq!(world.kinds(), [llap::RTS, llap::CTS, llap::SHORT_DDP]);
    assert!(frames.iter().all(|frame| frame.4));
    assert!(frames[0].3 >= DIALOG_GAP.0);
    // The gap runs from the end of the abort sequence to the end of the address byte: two flags and a byte after the start.
    for (before, after) in [(0, 1), (1, 2)] {
        let (_, to, from, start, _) = frames[before];
        let bytes = if before < 2 {
            vec![to, from, frames[before].0]
        } else {
            vec![]
        };
        let gap = frames[after].3 + Ticks::BYTE.0 * 3 - (start + llap::duration(&bytes).0);
        assert!(gap < FRAME_GAP.0, "{gap}");
    }
    let received: Vec<_> = world.stations[1]
        .received()
        .map(|(_, packet)| packet)
        .collect();
    assert_eq!(
        received,
        [Packet {
            destination: 20,
            source: 10,
            kind: llap::SHORT_DDP,
            data: vec![1, 2, 3]
        }]
    );
    assert!(!world.stations[2].has_received());
}

#[test]
fn broadcast_transmission_dialog() {
    let mut world = World::with_addresses(&[10, 20, 30]);
    assert!(world.stations[0].send(Ticks(5), BROADCAST, llap::SHORT_DDP, vec![9; 50]));
    world.run(Ticks::from_millis(10));
    assert_eq!(world.kinds(), [llap::RTS, llap::SHORT_DDP]);
    let gap =
        world.frames()[1].3 - (world.frames()[0].3 + llap::duration(&[BROADCAST, 10, llap::RTS]).0);
    assert_eq!(gap, FRAME_GAP.0);
    assert!(world.stations[1].has_received() && world.stations[2].has_received());
}

#[test]
fn a_node_that_is_not_there_costs_33_requests() {
    let mut world = World::with_addresses(&[10, 20]);
    assert!(world.stations[0].send(Ticks(5), 77, llap::SHORT_DDP, vec![0; 5]));
    world.run(Ticks::from_millis(200));
    assert_eq!(world.kinds(), [llap::RTS; 33]);
    let gave_up = world
        .records
        .iter()
        .filter(|record| matches!(record.event, Event::Line(LineEvent::GaveUp { .. })));
    assert_eq!(gave_up.count(), 1);
    assert_eq!(world.stations[0].next_event(), Ticks::NEVER);
}

#[test]
fn address_acquisition_enquires_20_sets_and_defends_afterwards() {
    let stream = |name| Stream::new(3, name);
    let mut world = World::new(vec![Station::new(0, false, stream("a"))]);
    world.run(Ticks::from_millis(2500));
    let address = world.stations[0].address().unwrap();
    assert!((1..=127).contains(&address));
    assert_eq!(world.kinds(), vec![llap::ENQ; 20 * 33]);
    assert!(
        world
            .frames()
            .iter()
            .all(|frame| frame.1 == address && frame.2 == address)
    );
    // A second station with the same stream makes the same first guess, hears the ACK and takes another.
    let mut world = World::new(vec![
        Station::with_address(0, address, stream("owner")),
        Station::new(1, false, stream("a")),
    ]);
    world.run(Ticks::from_millis(2500));
    assert_eq!(world.kinds()[..2], [llap::ENQ, llap::ACK]);
    let other = world.stations[1].address().unwrap();
    assert_ne!(other, address);
}

#[test]
fn two_claims_of_one_address_at_once_are_both_given_up() {
    let mut world = World::new(vec![
        Station::new(0, true, Stream::new(3, "same")),
        Station::new(1, true, Stream::new(3, "same")),
    ]);
    // With equal streams they collide and go on colliding; one draw more separates them.
    world.stations[1].random.bits();
    world.run(Ticks::from_secs(15));
    let [a, b] = [0, 1].map(|number: usize| world.stations[number].address().unwrap());
    assert!(a >= 128 && b >= 128 && a != b);
    assert!(world.kinds().len() > 120 * 33);
}

#[test]
fn a_busy_line_delivers_everything_exactly_once() {
    // Five saturated nodes. With a dozen some packets are deferred more than 32 times, as the algorithm has it.
    let addresses: Vec<u8> = (1..=5).collect();
    let mut world = World::with_addresses(&addresses);
    for round in 0..8_u8 {
        for number in 0..5_usize {
            let to = (number + 2) % 5;
            assert!(world.stations[number].send(
                world.now,
                to as u8 + 1,
                1,
                vec![round; 100 + number * 20]
            ));
        }
    }
    world.run(Ticks::from_secs(3));
    let collisions = world.frames().iter().filter(|frame| !frame.4).count();
    assert!(collisions > 10, "{collisions}");
    for number in 0..5_usize {
        assert_eq!(world.stations[number].waiting(), 0);
        let rounds: Vec<u8> = world.stations[number]
            .received()
            .map(|(_, packet)| packet.data[0])
            .collect();
        assert_eq!(rounds, (0..8).collect::<Vec<u8>>(), "station {number}");
    }
    assert!(
        !world
            .records
            .iter()
            .any(|record| matches!(record.event, Event::Line(LineEvent::GaveUp { .. })))
    );
}

#[test]
fn stations_may_be_run_in_any_order() {
    let run = |reversed: bool| {
        let mut world = World::with_addresses(&[1, 2, 3, 4]);
        for number in 0..4_usize {
            assert!(world.stations[number].send(
                Ticks::ZERO,
                (number as u8 + 1) % 4 + 1,
                1,
                vec![7; 40]
            ));
        }
        for _ in 0..2000 {
            world.now += Signal::NOTICE;
            let now = world.now;
            let mut order: Vec<usize> = (0..4).collect();
            if reversed {
                order.reverse();
            }
            for number in order {
                world.stations[number].advance(now, &mut world.cable, &mut world.tracer);
            }
            world.cable.settle(now, &mut world.tracer);
        }
        world.tracer.drain().collect::<Vec<_>>()
    };
    let records = run(false);
    assert_eq!(records, run(true));
    assert!(records.len() > 12);
}

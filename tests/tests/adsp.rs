//! ADSP between the stub ROM's `.DSP` driver on an emulated Macintosh and a connection end of ours on the same cable.

use appletalk::adsp::{Connection, Event, Options, State};
use appletalk::nbp::{Entity, Lookup, Progress};
use appletalk::{Address, Node};
use clock::{Stream, Ticks};
use guest::hfs::{self, Dates, File, FinderInfo, Folder};
use guest::{MacName, programs, resources};
use localtalk::{Cable, Faults, Signal, Station};
use mac::{Mac, MacConfig, Peripheral};
use scsi::disk::{Disk, DiskProfile};
use std::num::NonZeroU16;
use trace::Tracer;

const SOCKET: u8 = 130;

/// A Macintosh Plus that starts with the echo program, and a node, on one cable.
struct World {
    now: Ticks,
    mac: Mac,
    node: Node,
    cable: Cable,
    tracer: Tracer,
}

impl World {
    fn new(faults: Option<Faults>) -> World {
        let name = |text| MacName::from_text(text).unwrap();
        let dates = Dates {
            created: 2_714_040_000,
            modified: 2_714_040_000,
            backed_up: 0,
        };
        let mut root = Folder::new(name("Macintosh HD"), dates);
        let fork = resources::application(programs::ADSP_ECHO.image, 0x5880, 400 << 10);
        let startup = [name("System Folder"), name("Startup Items")];
        root.folder_at(&startup).put(File {
            name: name("ADSP Echo"),
            data: Vec::new(),
            resource: fork.to_bytes(),
            finder: FinderInfo::of(*b"APPL", *b"Echo"),
            dates,
        });
        let volume = hfs::build(&root, 4 << 20).unwrap();
        let profile = DiskProfile::named("st225n").unwrap();
        let disk = Disk::new(profile, volume.into(), 1, "disk");
        let config = MacConfig {
            targets: vec![(0, Peripheral::Disk(Box::new(disk)))],
            ..MacConfig::new(programs::PLUS_ROM.image.to_vec())
        };
        let mut cable = Cable::new(2);
        if let Some(faults) = faults {
            cable.set_faults(faults);
        }
        World {
            now: Ticks::ZERO,
            mac: Mac::new(config).unwrap(),
            node: Node::new(Station::new(1, false, Stream::new(1, "node"))),
            cable,
            tracer: Tracer::new(0),
        }
    }

    fn step(&mut self) {
        let until = self.now + Signal::NOTICE;
        for (at, signal) in self.cable.take(0, until) {
            self.mac.line_in(at, signal);
        }
        self.mac.run_until(until);
        for (at, signal) in self.mac.line_out() {
            self.cable.post(0, at, signal);
        }
        if self.node.is_due(until, &self.cable) {
            self.node.advance(until, &mut self.cable, &mut self.tracer);
        }
        self.cable.settle(until, &mut self.tracer);
        self.now = until;
    }

    /// The address of the echo program, looked up by name.
    fn echo(&mut self) -> Address {
        while self.node.station().address().is_none() {
            self.step();
        }
        let mut lookup = Lookup::new(
            Entity::new(b"=", b"ADSP Echo"),
            self.node.socket(SOCKET),
            1,
            Ticks::from_secs(1),
            120,
        );
        while lookup.found().is_empty() {
            self.step();
            match lookup.advance(self.now) {
                Progress::Send(datagram) => drop(self.node.send(self.now, &datagram)),
                Progress::Wait => {}
                Progress::Done => panic!("no echo program"),
            }
            while let Some((_, datagram)) = self.node.receive() {
                lookup.receive(&datagram);
            }
        }
        lookup.found()[0].address
    }

    /// Sends `messages` to the echo over one connection until everything has come back, and closes. What came back, by message.
    fn exchange(&mut self, id: u16, echo: Address, messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let options = Options {
            receive: 2000,
            send: 3000,
            open_retries: Some(30),
            ..Options::default()
        };
        let id = NonZeroU16::new(id).unwrap();
        let local = self.node.socket(SOCKET);
        let mut end = Connection::request(self.now, local, id, echo, options);
        let mut left = messages.iter();
        let mut writing = (&[][..], false);
        let mut back = vec![Vec::new()];
        let limit = self.now + Ticks::from_secs(600);
        while end.state() != State::Closed {
            self.step();
            assert!(
                self.now < limit,
                "no end; {} messages came back",
                back.len() - 1
            );
            while let Some((_, datagram)) = self.node.receive() {
                end.receive(self.now, &datagram);
            }
            end.advance(self.now);
            while let Some(event) = end.next_message() {
                assert!(matches!(event, Event::Opened | Event::Closed), "{event:?}");
            }
            if !writing.1
                && let Some(message) = left.next()
            {
                writing = (message, true);
            }
            if writing.1 {
                let (taken, mark) = end.write(self.now, writing.0, true);
                writing = (&writing.0[taken..], !mark);
            }
            let piece = end.read(usize::MAX);
            back.last_mut().unwrap().extend(piece.data);
            if piece.end_of_message {
                back.push(Vec::new());
                if back.len() > messages.len() {
                    end.close(false);
                }
            }
            let out: Vec<_> = end.outgoing().collect();
            for datagram in out {
                self.node.send(self.now, &datagram);
            }
        }
        assert_eq!(back.pop(), Some(Vec::new()));
        back
    }
}

fn messages(count: u8) -> Vec<Vec<u8>> {
    let message = |n: u8| (0..u16::from(n) * 97).map(|i| (i * 31) as u8 ^ n).collect();
    (0..count).map(message).collect()
}

#[test]
fn a_macintosh_echoes_what_it_reads_over_one_connection_after_the_other() {
    let mut world = World::new(None);
    let echo = world.echo();
    for id in [1, 2] {
        let sent = messages(12);
        assert_eq!(world.exchange(id, echo, &sent), sent);
        // The program has to hear of the end and wait again; until then requests are denied.
        let again = world.now + Ticks::from_secs(1);
        while world.now < again {
            world.step();
        }
    }
}

#[test]
fn of_a_hundred_frames_five_lost_damaged_or_doubled_and_the_stream_is_whole() {
    let faults = Faults::new(20, 20, 10, Stream::new(7, "faults"));
    let mut world = World::new(Some(faults));
    let echo = world.echo();
    let sent = messages(16);
    assert_eq!(world.exchange(1, echo, &sent), sent);
}

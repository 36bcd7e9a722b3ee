//! The stub ROM's AppleTalk on every model, asked by nodes that are not emulated: *Inside AppleTalk*, chapters 1 (node addresses), 4
//! (headers), 5 (RTMP stub), 6 (AEP), 7 (NBP).

use appletalk::{Address, Datagram, Node, aep, ddp};
use clock::{Stream, Ticks};
use guest::hfs::{self, Dates, File, FinderInfo, Folder};
use guest::{MacName, resources};
use localtalk::{Cable, Signal, Station};
use mac::{Mac, MacConfig, Model, Peripheral};
use scsi::disk::{Disk, DiskProfile};
use trace::{Record, Tracer};

const ROUTER: u8 = 20;
/// RTMP's socket.
const RTMP_SOCKET: u8 = 1;
/// A socket of the nodes that ask.
const ASKING: u8 = 200;

struct World {
    mac: Mac,
    nodes: Vec<Node>,
    cable: Cable,
    tracer: Tracer,
    now: Ticks,
}

impl World {
    /// A Macintosh without a disk whose parameter RAM says that port B is AppleTalk's and `hint` the address it had last, and nodes
    /// with these addresses.
    fn new(model: Model, hint: u8, nodes: &[u8]) -> World {
        World::with_targets(model, hint, nodes, Vec::new())
    }

    fn with_targets(model: Model, hint: u8, nodes: &[u8], targets: Vec<(u8, Peripheral)>) -> World {
        let rom = guest::programs::rom(model.word()).unwrap();
        let config = MacConfig {
            targets,
            ..MacConfig::of(model, rom.image.to_vec())
        };
        let mut mac = Mac::new(config).unwrap();
        mac.rtc_mut().pram_mut()[0x10..0x14].copy_from_slice(&[0xA8, 0, hint, 1]);
        let nodes: Vec<Node> = (1..)
            .zip(nodes)
            .map(|(number, &address)| {
                let stream = Stream::new(1, &format!("node {address}"));
                Node::new(Station::with_address(number, address, stream))
            })
            .collect();
        World {
            mac,
            cable: Cable::new(1 + nodes.len() as u8),
            nodes,
            tracer: Tracer::new(Record::WORLD),
            now: Ticks::ZERO,
        }
    }

    fn run(&mut self, span: Ticks) {
        let end = self.now + span;
        while self.now < end {
            let until = self.now + Signal::NOTICE;
            if self.cable.next_for(0) <= until {
                for (at, signal) in self.cable.take(0, until) {
                    self.mac.line_in(at, signal);
                }
            }
            self.mac.run_until(until);
            for (at, signal) in self.mac.line_out() {
                self.cable.post(0, at, signal);
            }
            for node in &mut self.nodes {
                if node.is_due(until, &self.cable) {
                    node.advance(until, &mut self.cable, &mut self.tracer);
                }
            }
            self.cable.settle(until, &mut self.tracer);
            self.now = until;
        }
    }

    fn send(&mut self, datagram: &Datagram) {
        assert!(self.nodes[0].send(self.now, datagram));
    }

    /// What the first node has received.
    fn received(&mut self) -> Vec<Datagram> {
        std::iter::from_fn(|| self.nodes[0].receive())
            .map(|(_, datagram)| datagram)
            .collect()
    }

    /// Starts the Macintosh; its node address, by its request for a router.
    fn boot(&mut self) -> u8 {
        for _ in 0..40 {
            self.run(Ticks::from_millis(500));
            let found = self.received();
            if let Some(request) = found.iter().find(|one| one.kind == ddp::RTMP_REQUEST) {
                assert_eq!(request.data, [1]);
                assert_eq!(request.destination, Address::local(0xFF, RTMP_SOCKET));
                assert_eq!(request.source.socket, RTMP_SOCKET);
                return request.source.node;
            }
        }
        panic!("no RTMP request within 20 seconds");
    }

    /// The echo of `data`, asked for from `source`.
    fn echo(&mut self, to: Address, source: Address, data: &[u8]) -> Option<Datagram> {
        let request = [&[aep::REQUEST], data].concat();
        self.send(&Datagram::new(to, source, ddp::AEP, request));
        self.run(Ticks::from_millis(200));
        let mut found = self.received();
        found.retain(|one| one.kind == ddp::AEP);
        assert!(found.len() < 2, "{found:?}");
        found.pop()
    }
}

fn the_protocols_of_a_node(model: Model) {
    let mut world = World::new(model, 55, &[ROUTER]);
    assert_eq!(world.boot(), 55, "{model:?}: the address of parameter RAM");
    let near = Address::local(ROUTER, ASKING);
    let far = Address {
        network: 3,
        node: 12,
        socket: ASKING,
    };
    let mac = Address::local(55, ddp::ECHO_SOCKET);
    for length in [0, 1, 2, 100, 585] {
        let data: Vec<u8> = (0..length).map(|n| n as u8).collect();
        let reply = world.echo(mac, near, &data).unwrap();
        assert_eq!((reply.source, reply.destination), (mac, near));
        assert_eq!((reply.data[0], &reply.data[1..]), (aep::REPLY, &data[..]));
    }

    // No router, no way to another network.
    let in_network_2 = Address { network: 2, ..mac };
    assert_eq!(world.echo(in_network_2, far, b"lost"), None);
    let rtmp = vec![0, 2, 8, ROUTER];
    let from = Address::local(ROUTER, RTMP_SOCKET);
    let to_all = Address::local(0xFF, RTMP_SOCKET);
    world.send(&Datagram::new(to_all, from, ddp::RTMP, rtmp));
    world.run(Ticks::from_millis(100));
    let reply = world
        .echo(in_network_2, far, b"through the router")
        .unwrap();
    assert_eq!((reply.source, reply.destination), (in_network_2, far));
    assert_eq!(&reply.data[1..], b"through the router");
    let elsewhere = Address { network: 9, ..mac };
    assert_eq!(world.echo(elsewhere, far, b"not for network 2"), None);

    // "=:=@*" where no name is registered: silence.
    let lookup = [0x21, 1, 0, 0, ROUTER, ASKING, 0, 1, b'=', 1, b'=', 1, b'*'];
    let names = Address::local(0xFF, ddp::NAMES_SOCKET);
    world.send(&Datagram::new(names, near, ddp::NBP, lookup.to_vec()));
    world.run(Ticks::from_millis(200));
    assert_eq!(world.received(), []);

    // A silent router is forgotten after 50 seconds, its network's number is not.
    world.run(Ticks::from_secs(48));
    assert!(world.echo(in_network_2, far, b"still there").is_some());
    world.run(Ticks::from_secs(3));
    assert_eq!(world.echo(in_network_2, far, b"gone"), None);
    assert!(world.echo(in_network_2, near, b"near").is_some());
}

#[test]
fn a_plus_speaks_the_protocols_of_a_node() {
    the_protocols_of_a_node(Model::Plus);
}

#[test]
fn an_se_speaks_the_protocols_of_a_node() {
    the_protocols_of_a_node(Model::Se);
}

#[test]
fn an_se30_speaks_the_protocols_of_a_node() {
    the_protocols_of_a_node(Model::Se30);
}

#[test]
fn an_address_in_use_is_given_up_and_the_next_start_begins_with_the_new_one() {
    let mut world = World::new(Model::Plus, 55, &[ROUTER, 55]);
    let address = world.boot();
    assert!(address != 55 && address != ROUTER && (1..128).contains(&address));
    assert!(
        world.nodes[1].station().conflicts() == 0,
        "the node that had it keeps it"
    );
    world.run(Ticks::from_secs(1));
    assert_eq!(world.mac.rtc().pram()[0x12], address);
    let mac = Address::local(address, ddp::ECHO_SOCKET);
    let near = Address::local(ROUTER, ASKING);
    assert!(world.echo(mac, near, b"here").is_some());
}

/// Low memory ApplScratch, where [`CLOSE_AND_OPEN`] leaves three result codes.
const APPL_SCRATCH: u32 = 0xA78;

/// A start-up document: closes .MPP, asks it for GetATalkInfo, opens it again, and keeps the three results. Its parameter block is on the
/// stack.
const CLOSE_AND_OPEN: [u16; 36] = [
    0x4FEF, 0xFFB0, // LEA -80(SP),SP
    0x204F, // MOVEA.L SP,A0
    0x42A8, 0x000C, // CLR.L ioCompletion(A0)
    0x317C, 0xFFF6, 0x0018, // MOVE.W #mppRefNum,ioRefNum(A0)
    0xA001, // _Close
    0x31C0, 0x0A78, // MOVE.W D0,ApplScratch
    0x204F, // MOVEA.L SP,A0
    0x317C, 0x0102, 0x001A, // MOVE.W #GetATalkInfo,csCode(A0)
    0xA004, // _Control
    0x31C0, 0x0A7A, // MOVE.W D0,ApplScratch+2
    0x204F, // MOVEA.L SP,A0
    0x43FA, 0x001A, // LEA name(PC),A1
    0x2149, 0x0012, // MOVE.L A1,ioNamePtr(A0)
    0x42A8, 0x001C, // CLR.L ioMisc(A0)
    0x4228, 0x001B, // CLR.B ioPermssn(A0)
    0xA000, // _Open
    0x31C0, 0x0A7C, // MOVE.W D0,ApplScratch+4
    0x4FEF, 0x0050, // LEA 80(SP),SP
    0x4E75, // RTS
    0x042E, 0x4D50, 0x5000, // name: 4, ".MPP"
];

fn disk_with_start_up_document(code: &[u16]) -> Disk {
    let dates = Dates::default();
    let name = |text| MacName::from_text(text).unwrap();
    let code: Vec<u8> = code.iter().flat_map(|word| word.to_be_bytes()).collect();
    let mut root = Folder::new(name("Disk"), dates);
    let extensions = [name("System Folder"), name("Extensions")];
    root.folder_at(&extensions).put(File {
        name: name("Test"),
        data: Vec::new(),
        resource: resources::start_up_document(&code).to_bytes(),
        finder: FinderInfo::of(*b"INIT", *b"test"),
        dates,
    });
    let image = hfs::build(&root, 1 << 20).unwrap();
    Disk::new(DiskProfile::prodrive_40s(), image.into(), 1, "disk")
}

/// *Inside Macintosh: Networking*, chapter 2, "Opening and Closing Drivers".
#[test]
fn a_closed_driver_is_closed_and_opens_again() {
    for model in [Model::Plus, Model::Se30] {
        let disk = disk_with_start_up_document(&CLOSE_AND_OPEN);
        let targets = vec![(0, Peripheral::Disk(Box::new(disk)))];
        let mut world = World::with_targets(model, 55, &[ROUTER], targets);
        assert_eq!(world.boot(), 55);
        assert_eq!(
            world.boot(),
            55,
            "{model:?}: a second claim, a second request"
        );
        world.run(Ticks::from_secs(1));
        let results = [0, 2, 4].map(|offset| {
            let at = APPL_SCRATCH + offset;
            i16::from_be_bytes([world.mac.peek(at), world.mac.peek(at + 1)])
        });
        let not_open = -28;
        assert_eq!(results, [0, not_open, 0], "{model:?}");
        let mac = Address::local(55, ddp::ECHO_SOCKET);
        let near = Address::local(ROUTER, ASKING);
        assert!(world.echo(mac, near, b"open again").is_some());
    }
}

//! Any datagrams to a bridge beside a node that sends and answers: nothing panics, what goes out is well formed, and the node's own frames stay intact.
//!
//! Each step begins with a byte: below 80h a datagram of so many bytes follows; 80h to BFh the node sends a packet to the node that the next byte names; the
//! rest lets time pass.

#![no_main]

use clock::{Stream, Ticks};
use libfuzzer_sys::fuzz_target;
use localtalk::{Bridge, Cable, Signal, Station, ltoudp};
use trace::{Record, Tracer};

const NODE: u8 = 10;
const OWN: u32 = 0x0A0B_0C0D;

fuzz_target!(|input: &[u8]| {
    let mut input = input;
    let mut cable = Cable::new(1);
    let mut node = Station::with_address(0, NODE, Stream::new(1, "node"));
    let mut bridge = Bridge::new(cable.attach(), OWN, Stream::new(1, "bridge"));
    let mut tracer = Tracer::new(Record::WORLD);
    let mut now = Ticks::ZERO;
    let mut take = |count: usize| {
        let (taken, rest) = input.split_at(count.min(input.len()));
        input = rest;
        taken
    };
    let mut came = 0;
    while let [step] = *take(1) {
        let mut steps = 0;
        match step {
            0..0x80 => {
                let datagram = take(usize::from(step));
                let decoded = ltoudp::decode(datagram);
                if let Ok((sender, packet)) = &decoded {
                    let again = ltoudp::encode(*sender, packet);
                    assert_eq!(again.as_deref(), Some(datagram));
                }
                let own = matches!(decoded, Ok((OWN, _)));
                assert_eq!(bridge.arrive(now, datagram), !own);
                came += u64::from(!own);
            }
            0x80..0xC0 => {
                let [to] = *take(1) else { return };
                let _ = node.send(now, to, 1, vec![step; usize::from(step & 0x3F)]);
            }
            _ => steps = u32::from(step & 0x3F) + 1,
        }
        for _ in 0..steps {
            now += Signal::NOTICE;
            node.advance(now, &mut cable, &mut tracer);
            bridge.advance(now, &mut cable, &mut tracer);
            cable.settle(now, &mut tracer);
        }
        for datagram in bridge.departures() {
            let (sender, packet) = ltoudp::decode(&datagram).expect("what goes out is well formed");
            assert_eq!((sender, packet.source), (OWN, NODE));
        }
        node.received().for_each(drop);
        tracer.drain().for_each(drop);
    }
    let figures = bridge.figures();
    assert_eq!(figures.received, came);
    assert!(figures.malformed + figures.conflicts + figures.overflows <= came);
});

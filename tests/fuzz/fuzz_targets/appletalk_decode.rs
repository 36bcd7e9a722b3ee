//! Any bytes as an LLAP frame: the trace decoder names them or says what is malformed, what a codec takes it writes again the same, and a
//! router that receives it sends only datagrams.

#![no_main]

use appletalk::router::{Router, Seed};
use appletalk::{Datagram, atp, decode, nbp, rtmp, zip};
use clock::Ticks;
use libfuzzer_sys::fuzz_target;
use localtalk::llap::Packet;
use std::sync::OnceLock;

/// What is decoded, encoded and decoded again is the same.
macro_rules! again {
    ($kind:ty, $bytes:expr) => {
        if let Ok(packet) = <$kind>::decode($bytes)
            && let Ok(bytes) = packet.encode()
        {
            assert_eq!(<$kind>::decode(&bytes), Ok(packet));
        }
    };
}

/// A router between two networks that knows of a third.
fn router() -> Router {
    static ROUTER: OnceLock<Router> = OnceLock::new();
    let build = || {
        let seed = |network, zone: &[u8]| Seed {
            network,
            zone: zone.to_vec(),
        };
        let ports = vec![(201, Some(seed(1, b"Lab"))), (202, Some(seed(2, b"Hall")))];
        let mut router = Router::new(ports, Ticks::ZERO);
        let data = rtmp::Data::packets(2, 77, vec![rtmp::Tuple::network(3, 0)]).remove(0);
        let mut datagram = vec![0, 0, 1, 1, 1];
        datagram.extend(data.encode().unwrap());
        datagram[1] = datagram.len() as u8;
        let told = Packet {
            destination: 0xFF,
            source: 77,
            kind: 1,
            data: datagram,
        };
        router.receive(1, &told);
        router
    };
    ROUTER.get_or_init(build).clone()
}

fuzz_target!(|frame: &[u8]| {
    let fields = decode::fields(frame);
    assert!(!fields.is_empty());
    decode::summary(frame);
    let Ok(packet) = Packet::decode(frame) else {
        return;
    };
    let Ok(datagram) = Datagram::decode(&packet) else {
        return;
    };
    again!(nbp::Packet, &datagram.data);
    again!(atp::Packet, &datagram.data);
    again!(rtmp::Data, &datagram.data);
    again!(zip::Packet, &datagram.data);
    let mut router = router();
    router.receive(0, &packet);
    router.advance(Ticks::from_secs(25));
    for out in router.outgoing() {
        let sent = Packet {
            destination: out.node,
            source: router_node(out.port),
            kind: out.kind,
            data: out.data,
        };
        assert!(Datagram::decode(&sent).is_ok(), "{sent:?}");
    }
});

fn router_node(port: usize) -> u8 {
    [201, 202][port]
}

//! Named after the headings and figures of *Inside AppleTalk*, second edition, chapter 12.

mod dialog;
mod flow;
mod stream;

use super::*;
use crate::{Address, Datagram, ddp};
use clock::Ticks;
use std::num::NonZeroU16;

const A: Address = Address::local(10, 130);
const B: Address = Address::local(20, 131);

fn id(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn seconds(s: u64) -> Ticks {
    Ticks::from_secs(s)
}

/// A and B with these receive queues, open.
fn open(window_a: u16, window_b: u16) -> (Connection, Connection) {
    let options = |receive| Options {
        receive,
        ..Options::default()
    };
    let mut b = Connection::passive(B, id(2), options(window_b));
    let mut a = Connection::request(Ticks::ZERO, A, id(1), B, options(window_a));
    carry(&mut a, &mut b, Ticks::ZERO);
    assert_eq!(a.next_message(), Some(Event::Opened));
    assert_eq!(b.next_message(), Some(Event::Opened));
    (a, b)
}

/// Carries datagrams to and fro until neither end has one to send.
fn carry(a: &mut Connection, b: &mut Connection, now: Ticks) {
    loop {
        let from_a: Vec<_> = a.outgoing().collect();
        from_a.iter().for_each(|datagram| b.receive(now, datagram));
        let from_b: Vec<_> = b.outgoing().collect();
        from_b.iter().for_each(|datagram| a.receive(now, datagram));
        if from_a.is_empty() && from_b.is_empty() {
            return;
        }
    }
}

/// What an end has to send, decoded.
fn packets(end: &mut Connection) -> Vec<Packet> {
    end.outgoing()
        .map(|datagram| {
            assert_eq!(datagram.kind, ddp::ADSP);
            Packet::decode(&datagram.data).unwrap()
        })
        .collect()
}

fn names(end: &mut Connection) -> Vec<&'static str> {
    packets(end).iter().map(Packet::name).collect()
}

/// A data packet as B sends it to A in [`open`].
fn data_to_a(first: u32, data: &[u8], end_of_message: bool) -> Datagram {
    let packet = Packet {
        connection: 2,
        first_byte: first,
        next_receive: 0,
        window: 100,
        ack_request: false,
        body: Body::Data {
            end_of_message,
            data: data.to_vec(),
        },
    };
    Datagram::new(A, B, ddp::ADSP, packet.encode().unwrap())
}

#[test]
fn packet_format_figure_12_2() {
    let data = Packet {
        connection: 0x1234,
        first_byte: 0x0102_0304,
        next_receive: 0x0506_0708,
        window: 0x090A,
        ack_request: true,
        body: Body::Data {
            end_of_message: true,
            data: b"hi".to_vec(),
        },
    };
    let bytes = [
        0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0A, 0x60, b'h', b'i',
    ];
    assert_eq!(data.encode().unwrap(), bytes);
    assert_eq!(Packet::decode(&bytes), Ok(data));
}

#[test]
fn open_connection_packet_format_figure_12_11() {
    let kinds = [
        (Opening::Request, 0x81),
        (Opening::Acknowledgment, 0x82),
        (Opening::RequestAcknowledgment, 0x83),
        (Opening::Denial, 0x84),
    ];
    for (opening, descriptor) in kinds {
        let packet = Packet {
            connection: 7,
            first_byte: 0,
            next_receive: 0,
            window: 512,
            ack_request: false,
            body: Body::Open {
                opening,
                version: VERSION,
                destination: 0x0908,
                next_attention: 0x0102_0304,
            },
        };
        let bytes = [
            0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, descriptor, 1, 0, 9, 8, 1, 2, 3, 4,
        ];
        assert_eq!(packet.encode().unwrap(), bytes);
        assert_eq!(Packet::decode(&bytes), Ok(packet));
        assert!(Packet::decode(&bytes[..20]).is_err());
    }
}

#[test]
fn attention_packet_format_figure_12_7() {
    let bytes = [0, 1, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0x50, 0xEF, 0xFF, b'!'];
    let packet = Packet::decode(&bytes).unwrap();
    assert_eq!(packet.encode().unwrap(), bytes);
    let (code, data) = (0xEFFF, b"!".to_vec());
    assert_eq!(packet.body, Body::Attention { code, data });
    assert_eq!((packet.first_byte, packet.next_receive), (5, 6));
    assert!(Packet::decode(&bytes[..14]).is_err());
}

#[test]
fn descriptors_that_are_not_allowed_are_refused() {
    let mut bytes = [0; 13];
    for (descriptor, name) in [
        (0x80, "ack"),
        (0xC0, "probe"),
        (0x85, "close advice"),
        (0x86, "forward reset"),
        (0x87, "forward reset ack"),
        (0x88, "retransmit advice"),
        (0x90, "attention ack"),
        (0x20, "data"),
    ] {
        bytes[12] = descriptor;
        let packet = Packet::decode(&bytes).unwrap();
        assert_eq!(packet.name(), name);
        assert_eq!(packet.encode().unwrap(), bytes);
    }
    // Reserved control codes; EOM with Control or Attention; Attention with a control code.
    for descriptor in (0x89..=0x8F).chain([0xA0, 0x30, 0x91, 0x58]) {
        bytes[12] = descriptor;
        assert!(Packet::decode(&bytes).is_err(), "{descriptor:02X}");
    }
    assert!(Packet::decode(&bytes[..12]).is_err());
    assert!(Packet::decode(&[0; 13 + 573]).is_err());
    let long = Packet {
        body: Body::Data {
            end_of_message: false,
            data: vec![0; 573],
        },
        ..Packet::decode(&[0; 13]).unwrap()
    };
    assert!(long.encode().is_err());
}

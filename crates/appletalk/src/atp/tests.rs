use super::*;
use crate::{Address, Datagram};

const CLIENT: Address = Address::local(10, 130);
const SERVER: Address = Address::local(20, 131);

fn request(packets: u8, retries: Option<u32>) -> Request {
    let (retry, user) = (Ticks::from_secs(2), [1, 2, 3, 4]);
    Request {
        destination: SERVER,
        exactly_once: true,
        packets,
        user,
        data: vec![9; 20],
        retry,
        retries,
    }
}

fn packet(datagram: &Datagram) -> Packet {
    Packet::decode(&datagram.data).unwrap()
}

fn response(n: u8) -> Vec<([u8; 4], Vec<u8>)> {
    (0..n).map(|n| ([n; 4], vec![n; 578])).collect()
}

#[test]
fn packets_survive_a_round_trip_and_malformed_ones_are_refused() {
    let functions = [
        Function::Request {
            exactly_once: true,
            bitmap: 0x3F,
            release_timer: 4,
        },
        Function::Response {
            sequence: 7,
            end: true,
            status: true,
        },
        Function::Release,
    ];
    for function in functions {
        let packet = Packet {
            function,
            transaction: 0x1234,
            user: [1, 2, 3, 4],
            data: vec![7; 578],
        };
        let bytes = packet.encode().unwrap();
        assert_eq!(Packet::decode(&bytes), Ok(packet));
        assert!(Packet::decode(&bytes[..7]).is_err());
        assert!(Packet::decode(&[bytes, vec![0]].concat()).is_err());
    }
    assert!(Packet::decode(&[0x00; 8]).is_err());
    assert!(Packet::decode(&[0x80, 8, 0, 0, 0, 0, 0, 0]).is_err());
    assert_eq!(release_time(4), Ticks::from_secs(480));
}

#[test]
fn exactly_once_transaction_with_a_lost_packet() {
    let (mut requester, mut responder) = (Requester::new(CLIENT, 100), Responder::new(SERVER));
    let id = requester.request(Ticks::ZERO, request(6, Some(3))).unwrap();
    assert_eq!(id, 100);
    let first: Vec<Datagram> = requester.outgoing().collect();
    let Function::Request {
        exactly_once: true,
        bitmap: 0x3F,
        ..
    } = packet(&first[0]).function
    else {
        panic!()
    };
    responder.receive(Ticks(1), &first[0]);
    let incoming = responder.incoming().next().unwrap();
    assert_eq!((incoming.user, incoming.data.len()), ([1, 2, 3, 4], 20));
    // A duplicate before the answer is filtered.
    responder.receive(Ticks(2), &first[0]);
    assert_eq!(
        (responder.incoming().count(), responder.outgoing().count()),
        (0, 0)
    );
    responder
        .respond(Ticks(3), &incoming, response(6), false)
        .unwrap();
    for (place, datagram) in responder.outgoing().enumerate() {
        if place != 2 {
            requester.receive(Ticks(4), &datagram);
        }
    }
    assert_eq!(requester.done().count(), 0);
    // Figure 9-5: the repetition asks for what is missing.
    let later = requester.next_event();
    assert_eq!(later, Ticks::from_secs(2));
    requester.advance(later);
    let again: Vec<Datagram> = requester.outgoing().collect();
    let Function::Request { bitmap: 0x04, .. } = packet(&again[0]).function else {
        panic!()
    };
    responder.receive(later, &again[0]);
    let repeated: Vec<Datagram> = responder.outgoing().collect();
    assert_eq!(repeated.len(), 1);
    requester.receive(later, &repeated[0]);
    let done = requester.done().next().unwrap();
    assert_eq!(
        done,
        Done {
            transaction: 100,
            response: Some(response(6))
        }
    );
    let release: Vec<Datagram> = requester.outgoing().collect();
    assert_eq!(packet(&release[0]).function, Function::Release);
    assert_ne!(responder.next_event(), Ticks::NEVER);
    responder.receive(later, &release[0]);
    assert_eq!(responder.next_event(), Ticks::NEVER);
    assert_eq!(requester.next_event(), Ticks::NEVER);
}

#[test]
fn end_of_message_shortens_the_response() {
    let (mut requester, mut responder) = (Requester::new(CLIENT, 0xFFFF), Responder::new(SERVER));
    assert_eq!(requester.request(Ticks::ZERO, request(8, None)), Ok(0xFFFF));
    assert_eq!(requester.request(Ticks::ZERO, request(8, None)), Ok(0));
    let out: Vec<Datagram> = requester.outgoing().collect();
    responder.receive(Ticks(1), &out[0]);
    let incoming = responder.incoming().next().unwrap();
    responder
        .respond(Ticks(1), &incoming, response(2), false)
        .unwrap();
    let mut answers: Vec<Datagram> = responder.outgoing().collect();
    // Out of order, and one twice.
    answers.reverse();
    requester.receive(Ticks(2), &answers[0]);
    requester.receive(Ticks(2), &answers[0]);
    assert_eq!(requester.done().count(), 0);
    requester.receive(Ticks(2), &answers[1]);
    assert_eq!(requester.done().next().unwrap().response, Some(response(2)));
    // A response of the right number from the wrong socket is not expected.
    let stranger = Datagram {
        source: Address::local(21, 131),
        ..answers[0].clone()
    };
    requester.receive(Ticks(3), &stranger);
    assert_eq!(requester.done().count(), 0);
}

#[test]
fn send_transaction_status_repeats_the_request_at_once() {
    let mut requester = Requester::new(CLIENT, 1);
    requester.request(Ticks::ZERO, request(7, Some(1))).unwrap();
    requester.outgoing().for_each(drop);
    let function = Function::Response {
        sequence: 1,
        end: false,
        status: true,
    };
    let bytes = Packet {
        function,
        transaction: 1,
        user: [0; 4],
        data: vec![],
    }
    .encode()
    .unwrap();
    requester.receive(
        Ticks(50),
        &Datagram::new(CLIENT, SERVER, crate::ddp::ATP, bytes),
    );
    let out: Vec<Datagram> = requester.outgoing().collect();
    let Function::Request { bitmap: 0x7D, .. } = packet(&out[0]).function else {
        panic!()
    };
    assert_eq!(requester.next_event(), Ticks(50) + Ticks::from_secs(2));
}

#[test]
fn retries_are_used_up() {
    let mut requester = Requester::new(CLIENT, 1);
    requester.request(Ticks::ZERO, request(1, Some(5))).unwrap();
    while requester.next_event() != Ticks::NEVER {
        let now = requester.next_event();
        requester.advance(now);
    }
    assert_eq!(requester.outgoing().count(), 6);
    assert_eq!(
        requester.done().next(),
        Some(Done {
            transaction: 1,
            response: None
        })
    );
    assert!(requester.request(Ticks::ZERO, request(0, None)).is_err());
    assert!(requester.request(Ticks::ZERO, request(9, None)).is_err());
}

#[test]
fn release_timer_and_at_least_once() {
    let mut responder = Responder::new(SERVER);
    let ask = |exactly_once, transaction| {
        let function = Function::Request {
            exactly_once,
            bitmap: 1,
            release_timer: 1,
        };
        let bytes = Packet {
            function,
            transaction,
            user: [0; 4],
            data: vec![],
        }
        .encode()
        .unwrap();
        Datagram::new(SERVER, CLIENT, crate::ddp::ATP, bytes)
    };
    responder.receive(Ticks::ZERO, &ask(true, 5));
    assert_eq!(responder.next_event(), Ticks::from_secs(60));
    responder.receive(Ticks::from_secs(59), &ask(true, 5));
    assert_eq!(responder.incoming().count(), 1);
    responder.receive(Ticks::from_secs(119), &ask(true, 5));
    assert_eq!(
        responder.incoming().count(),
        1,
        "the release timer forgot it"
    );
    // At least once: every request is delivered.
    responder.receive(Ticks::from_secs(120), &ask(false, 6));
    responder.receive(Ticks::from_secs(120), &ask(false, 6));
    assert_eq!(responder.incoming().count(), 2);
}

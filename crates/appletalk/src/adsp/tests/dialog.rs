use super::*;

fn both() -> (Connection, Connection) {
    let a = Connection::request(Ticks::ZERO, A, id(1), B, Options::default());
    let b = Connection::passive(B, id(2), Options::default());
    (a, b)
}

/// Carries what `from` has to send, and says what it was.
fn pass(from: &mut Connection, to: &mut Connection, now: Ticks) -> Vec<&'static str> {
    from.outgoing()
        .collect::<Vec<_>>()
        .iter()
        .map(|datagram| {
            to.receive(now, datagram);
            Packet::decode(&datagram.data).unwrap().name()
        })
        .collect()
}

#[test]
fn initiated_by_one_end_figure_12_8() {
    let (mut a, mut b) = both();
    assert_eq!(pass(&mut a, &mut b, Ticks::ZERO), ["open request"]);
    assert_eq!(pass(&mut b, &mut a, Ticks::ZERO), ["open request+ack"]);
    assert_eq!((a.state(), b.state()), (State::Open, State::Opening));
    assert_eq!(pass(&mut a, &mut b, Ticks::ZERO), ["open ack"]);
    assert_eq!((a.state(), b.state()), (State::Open, State::Open));
    assert_eq!((a.remote(), b.remote()), (B, A));
}

#[test]
fn initiated_by_both_ends_figure_12_9() {
    let mut a = Connection::request(Ticks::ZERO, A, id(1), B, Options::default());
    let mut b = Connection::request(Ticks::ZERO, B, id(2), A, Options::default());
    let from_a: Vec<_> = a.outgoing().collect();
    assert_eq!(pass(&mut b, &mut a, Ticks::ZERO), ["open request"]);
    b.receive(Ticks::ZERO, &from_a[0]);
    assert_eq!(pass(&mut a, &mut b, Ticks::ZERO), ["open ack"]);
    assert_eq!(pass(&mut b, &mut a, Ticks::ZERO), ["open ack"]);
    assert_eq!((a.state(), b.state()), (State::Open, State::Open));
}

#[test]
fn request_denied_figure_12_10() {
    let mut a = Connection::request(Ticks::ZERO, A, id(9), B, Options::default());
    let mut listener = Listener::new(B, Address::default());
    a.outgoing()
        .for_each(|datagram| listener.receive(&datagram));
    let offer = listener.next_offer().unwrap();
    assert_eq!((offer.remote, offer.connection), (A, 9));
    listener.deny(offer);
    let denial = listener.outgoing().next().unwrap();
    let packet = Packet::decode(&denial.data).unwrap();
    assert_eq!(packet.connection, 0);
    assert!(matches!(packet.body, Body::Open { destination: 9, .. }));
    a.receive(Ticks::ZERO, &denial);
    assert_eq!(a.next_message(), Some(Event::Denied));
    assert_eq!((a.state(), a.next_event()), (State::Closed, Ticks::NEVER));
}

#[test]
fn another_version_is_denied() {
    let (mut a, mut b) = both();
    let mut datagram = a.outgoing().next().unwrap();
    datagram.data[14] = 1;
    b.receive(Ticks::ZERO, &datagram);
    assert_eq!(b.state(), State::Passive);
    assert_eq!(names(&mut b), ["open denial"]);
}

#[test]
fn packets_lost_figure_12_12() {
    let (mut a, mut b) = both();
    a.outgoing().for_each(drop);
    a.advance(seconds(1));
    assert_eq!(pass(&mut a, &mut b, seconds(1)), ["open request"]);
    assert_eq!(names(&mut b), ["open request+ack"]);
    a.advance(seconds(2));
    assert_eq!(pass(&mut a, &mut b, seconds(2)), ["open request"]);
    assert_eq!(pass(&mut b, &mut a, seconds(2)), ["open request+ack"]);
    assert_eq!(names(&mut a), ["open ack"]);
    // The duplicate restarted B's open timer.
    b.advance(Ticks::from_millis(2999));
    assert!(names(&mut b).is_empty());
    b.advance(seconds(3));
    assert_eq!(pass(&mut b, &mut a, seconds(3)), ["open request+ack"]);
    assert_eq!(pass(&mut a, &mut b, seconds(3)), ["open ack"]);
    assert_eq!((a.state(), b.state()), (State::Open, State::Open));
}

#[test]
fn simultaneous_and_lost_figure_12_13() {
    let mut a = Connection::request(Ticks::ZERO, A, id(1), B, Options::default());
    let mut b = Connection::request(Ticks::ZERO, B, id(2), A, Options::default());
    a.outgoing().for_each(drop);
    assert_eq!(pass(&mut b, &mut a, Ticks::ZERO), ["open request"]);
    assert_eq!(pass(&mut a, &mut b, Ticks::ZERO), ["open ack"]);
    a.advance(seconds(1));
    assert_eq!(pass(&mut a, &mut b, seconds(1)), ["open request+ack"]);
    assert_eq!(pass(&mut b, &mut a, seconds(1)), ["open ack"]);
    assert_eq!((a.state(), b.state()), (State::Open, State::Open));
}

#[test]
fn half_open_figure_12_14() {
    let (mut a, mut b) = both();
    pass(&mut a, &mut b, Ticks::ZERO);
    pass(&mut b, &mut a, Ticks::ZERO);
    names(&mut a);
    for second in 1..=3 {
        b.advance(seconds(second));
        assert_eq!(names(&mut b), ["open request+ack"]);
    }
    b.advance(seconds(4));
    assert_eq!(b.next_message(), Some(Event::Failed));
    for second in [30, 60, 90] {
        a.advance(seconds(second));
        assert_eq!(names(&mut a), ["probe"]);
    }
    a.advance(seconds(120));
    assert_eq!(names(&mut a), ["close advice"]);
    assert_eq!(a.next_message(), Some(Event::Opened));
    assert_eq!(a.next_message(), Some(Event::TornDown));
}

#[test]
fn data_on_a_half_open_connection_figure_12_15() {
    let (mut a, mut b) = both();
    pass(&mut a, &mut b, Ticks::ZERO);
    pass(&mut b, &mut a, Ticks::ZERO);
    assert_eq!(names(&mut a), ["open ack"]);
    a.write(Ticks::ZERO, &[1; 6], false);
    a.write(Ticks::ZERO, &[2; 5], false);
    assert_eq!(pass(&mut a, &mut b, Ticks::ZERO), ["data", "data"]);
    assert!(b.read(100).data.is_empty());
    b.advance(seconds(1));
    assert_eq!(pass(&mut b, &mut a, seconds(1)), ["open request+ack"]);
    let sent: Vec<_> = a.outgoing().collect();
    let data = Packet::decode(&sent[1].data).unwrap();
    assert_eq!(Packet::decode(&sent[0].data).unwrap().first_byte, 0);
    assert!(matches!(&data.body, Body::Data { data, .. } if data.len() == 11));
    sent.iter()
        .for_each(|datagram| b.receive(seconds(1), datagram));
    assert_eq!(b.read(100).data.len(), 11);
}

#[test]
fn late_duplicate_figure_12_16() {
    let (mut a, mut b) = both();
    pass(&mut a, &mut b, Ticks::ZERO);
    let late: Vec<_> = b.outgoing().collect();
    a.receive(Ticks::ZERO, &late[0]);
    pass(&mut a, &mut b, Ticks::ZERO);
    b.write(Ticks::ZERO, &[1; 11], false);
    carry(&mut a, &mut b, Ticks::ZERO);
    a.receive(Ticks::ZERO, &late[0]);
    assert!(names(&mut a).is_empty());
}

#[test]
fn listening_socket_figure_12_17() {
    let listening = Address::local(20, 200);
    let mut a = Connection::request(Ticks::ZERO, A, id(1), listening, Options::default());
    let mut listener = Listener::new(listening, Address::default());
    let request: Vec<_> = a.outgoing().collect();
    listener.receive(&request[0]);
    listener.receive(&request[0]);
    let offer = listener.next_offer().unwrap();
    assert_eq!(listener.next_offer(), None);
    let mut b = Connection::accept(Ticks::ZERO, B, id(2), offer, Options::default());
    assert_eq!(names(&mut b), ["open request+ack"]);
    // That was lost: A's next request is a duplicate, and for the same end.
    listener.receive(&request[0]);
    assert!(b.offered_again(seconds(1), &listener.next_offer().unwrap()));
    assert_eq!(pass(&mut b, &mut a, seconds(1)), ["open request+ack"]);
    assert_eq!(pass(&mut a, &mut b, seconds(1)), ["open ack"]);
    assert_eq!((a.remote(), b.state()), (B, State::Open));
}

#[test]
fn filters_figures_12_18_and_12_19() {
    let (mut a, _) = both();
    let filter = Address::local(11, 0);
    let options = Options {
        filter,
        ..Options::default()
    };
    let mut b = Connection::passive(B, id(2), options.clone());
    pass(&mut a, &mut b, Ticks::ZERO);
    assert_eq!(b.state(), State::Passive);
    assert_eq!(pass(&mut b, &mut a, Ticks::ZERO), ["open denial"]);
    assert_eq!(a.next_message(), Some(Event::Denied));

    // A asks a listening socket, and does not want the end that answers for it.
    let listening = Address::local(20, 200);
    let mut a = Connection::request(Ticks::ZERO, A, id(1), listening, options);
    let mut listener = Listener::new(listening, Address::default());
    a.outgoing()
        .for_each(|datagram| listener.receive(&datagram));
    let offer = listener.next_offer().unwrap();
    let mut b = Connection::accept(Ticks::ZERO, B, id(2), offer, Options::default());
    pass(&mut b, &mut a, Ticks::ZERO);
    assert_eq!(pass(&mut a, &mut b, Ticks::ZERO), ["open denial"]);
    assert_eq!(b.next_message(), Some(Event::Denied));
    assert_eq!(a.state(), State::Opening);
}

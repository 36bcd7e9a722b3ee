use super::*;

#[test]
fn data_flow_figure_12_3() {
    let (mut a, mut b) = open(512, 21);
    a.write(Ticks::ZERO, &[0; 6], false);
    a.write(Ticks::ZERO, &[0; 5], false);
    let sent = packets(&mut a);
    assert_eq!((sent[0].first_byte, sent[1].first_byte), (0, 6));
    // Acknowledged up to 11 by B's data, its window again 20: A may send up to 30.
    let packet = Packet {
        connection: 2,
        first_byte: 0,
        next_receive: 11,
        window: 20,
        ack_request: false,
        body: Body::Data {
            end_of_message: false,
            data: vec![9; 13],
        },
    };
    a.receive(
        Ticks::ZERO,
        &Datagram::new(A, B, ddp::ADSP, packet.encode().unwrap()),
    );
    assert_eq!(a.unacknowledged(), 0);
    a.write(Ticks::ZERO, &[0; 40], false);
    let sent = packets(&mut a);
    assert_eq!((sent[0].first_byte, sent[0].next_receive), (11, 13));
    assert!(matches!(&sent[0].body, Body::Data { data, .. } if data.len() == 20));
    assert!(sent[0].ack_request, "the window is exhausted");
    assert!(names(&mut b).is_empty());
}

#[test]
fn recovery_from_a_lost_packet_figure_12_4() {
    let (mut a, mut b) = open(512, 25);
    a.write(Ticks::ZERO, &[0; 6], false);
    names(&mut a);
    a.write(Ticks::ZERO, &[1; 9], false);
    a.write(Ticks::ZERO, &[2; 10], false);
    a.outgoing()
        .for_each(|datagram| b.receive(Ticks::ZERO, &datagram));
    let answers = packets(&mut b);
    assert!(
        answers
            .iter()
            .all(|packet| packet.next_receive == 0 && packet.window == 25)
    );
    assert!(b.read(100).data.is_empty());
    a.advance(seconds(1));
    let again: Vec<_> = a.outgoing().collect();
    let packet = Packet::decode(&again[0].data).unwrap();
    assert!(packet.ack_request && again.len() == 1);
    assert!(matches!(&packet.body, Body::Data { data, .. } if data.len() == 25));
    b.receive(seconds(1), &again[0]);
    carry(&mut a, &mut b, seconds(1));
    assert_eq!((a.unacknowledged(), b.read(100).data.len()), (0, 25));
}

#[test]
fn retransmit_advice_after_packets_out_of_sequence() {
    let (mut a, _) = open(512, 512);
    for _ in 0..2 {
        a.receive(Ticks::ZERO, &data_to_a(5, b"late", false));
    }
    assert!(names(&mut a).is_empty());
    a.receive(Ticks::ZERO, &data_to_a(5, b"late", false));
    let advice = packets(&mut a);
    assert_eq!(
        (advice[0].name(), advice[0].next_receive),
        ("retransmit advice", 0)
    );

    let (mut a, mut b) = open(512, 512);
    a.write(Ticks::ZERO, b"lost", false);
    names(&mut a);
    b.send_packet(Body::RetransmitAdvice, 0, false);
    carry(&mut a, &mut b, Ticks::ZERO);
    assert_eq!(b.read(9).data, b"lost");
}

#[test]
fn data_that_are_here_already_or_leave_a_gap_or_find_no_room_are_discarded() {
    let (mut a, _) = open(10, 512);
    a.receive(Ticks::ZERO, &data_to_a(0, b"12345", false));
    a.receive(Ticks::ZERO, &data_to_a(0, b"12345", false));
    a.receive(Ticks::ZERO, &data_to_a(6, b"7", false));
    a.receive(Ticks::ZERO, &data_to_a(5, b"678901", false));
    assert_eq!(a.read(100).data, b"12345");
    a.receive(Ticks::ZERO, &data_to_a(3, b"4567", false));
    assert_eq!(a.read(100).data, b"67");
}

#[test]
fn idle_connection_figure_12_5() {
    let (mut a, mut b) = open(512, 512);
    for n in 1..=5 {
        let now = seconds(30 * n);
        assert_eq!(a.next_event(), now);
        a.advance(now);
        let probe: Vec<_> = a.outgoing().collect();
        assert!(Packet::decode(&probe[0].data).unwrap().ack_request);
        b.receive(now, &probe[0]);
        assert_eq!(b.next_event(), now + seconds(30));
        carry(&mut a, &mut b, now);
    }
    assert_eq!(a.state(), State::Open);
}

#[test]
fn torn_down_figure_12_6() {
    let (mut a, mut b) = open(512, 512);
    for second in [30, 60, 90] {
        a.advance(seconds(second));
        assert_eq!(names(&mut a), ["probe"]);
    }
    a.advance(seconds(120));
    carry(&mut a, &mut b, seconds(120));
    assert_eq!(a.next_message(), Some(Event::TornDown));
    assert_eq!(b.next_message(), Some(Event::ClosedByPeer));
}

#[test]
fn messages_end_where_the_writer_says() {
    let (mut a, mut b) = open(512, 512);
    assert_eq!(a.write(Ticks::ZERO, b"first", true), (5, true));
    assert_eq!(a.write(Ticks::ZERO, b"", true), (0, true));
    a.write(Ticks::ZERO, b"second", false);
    carry(&mut a, &mut b, Ticks::ZERO);
    let piece = |data: &[u8], end_of_message| Piece {
        data: data.to_vec(),
        end_of_message,
    };
    assert_eq!(b.read(3), piece(b"fir", false));
    assert_eq!(b.read(100), piece(b"st", true));
    assert_eq!(b.read(100), piece(b"", true));
    assert_eq!(b.read(100), piece(b"second", false));
    // Sequence numbers: 5 + 1, 1, 6.
    assert_eq!(b.receive_next, 13);
}

#[test]
fn a_closed_window_opens_again_even_if_the_news_is_lost() {
    let (mut a, mut b) = open(512, 4);
    a.write(Ticks::ZERO, b"12345678", false);
    carry(&mut a, &mut b, Ticks::ZERO);
    assert_eq!(b.read(100).data, b"1234");
    names(&mut b);
    a.advance(seconds(1));
    let probe = packets(&mut a);
    assert_eq!(probe[0].name(), "probe");
    a.advance(seconds(2));
    carry(&mut a, &mut b, seconds(2));
    assert_eq!(b.read(100).data, b"5678");
}

#[test]
fn attention_messages() {
    let (mut a, mut b) = open(4, 4);
    // The window of the stream does not matter.
    a.write(Ticks::ZERO, b"12345678", false);
    a.attention(Ticks::ZERO, 0x1234, b"one").unwrap();
    assert!(a.attention(Ticks::ZERO, 0, b"").is_err());
    let sent: Vec<_> = a.outgoing().collect();
    let attention = Packet::decode(&sent[1].data).unwrap();
    assert_eq!((attention.first_byte, attention.next_receive), (0, 0));
    assert!(attention.ack_request && attention.window == 0);
    b.receive(Ticks::ZERO, &sent[1]);
    let acknowledgment = packets(&mut b);
    assert_eq!(acknowledgment[0].name(), "attention ack");
    assert_eq!(acknowledgment[0].next_receive, 1);
    // Lost: the message comes again, and is acknowledged and not delivered again.
    a.advance(seconds(1));
    carry(&mut a, &mut b, seconds(1));
    let message = Event::Attention {
        code: 0x1234,
        data: b"one".to_vec(),
    };
    assert_eq!(b.next_message(), Some(message));
    assert_eq!(b.next_message(), None);
    assert_eq!(a.next_message(), Some(Event::AttentionDelivered));
    // Without a buffer for it the next one is discarded, not acknowledged.
    a.attention(seconds(2), 1, b"").unwrap();
    carry(&mut a, &mut b, seconds(2));
    a.attention(seconds(2), 2, b"").unwrap();
    carry(&mut a, &mut b, seconds(2));
    assert_eq!(a.next_message(), Some(Event::AttentionDelivered));
    assert_eq!(a.next_message(), None);
    assert!(matches!(
        b.next_message(),
        Some(Event::Attention { code: 1, .. })
    ));
    a.advance(seconds(3));
    carry(&mut a, &mut b, seconds(3));
    assert!(matches!(
        b.next_message(),
        Some(Event::Attention { code: 2, .. })
    ));
    assert!(a.attention(seconds(3), 0, &[0; 571]).is_err());
}

#[test]
fn forward_resets() {
    let (mut a, mut b) = open(512, 10);
    a.write(Ticks::ZERO, b"1234567890ABCDEF", false);
    carry(&mut a, &mut b, Ticks::ZERO);
    assert!(a.forward_reset(Ticks::ZERO));
    let reset = a.outgoing().next().unwrap();
    let packet = Packet::decode(&reset.data).unwrap();
    assert_eq!((packet.name(), packet.first_byte), ("forward reset", 10));
    // What is written now waits for the acknowledgment; the reset is repeated.
    a.write(Ticks::ZERO, b"after", false);
    assert!(names(&mut a).is_empty());
    a.advance(seconds(1));
    carry(&mut a, &mut b, seconds(1));
    assert_eq!(b.next_message(), Some(Event::ForwardReset));
    assert_eq!(a.next_message(), Some(Event::ForwardResetDone));
    carry(&mut a, &mut b, seconds(1));
    assert_eq!(b.read(100).data, b"after");
    // A late duplicate lies before RecvSeq: disregarded, and acknowledged.
    b.receive(seconds(1), &reset);
    assert_eq!(b.next_message(), None);
    assert_eq!(names(&mut b), ["forward reset ack"]);
}

#[test]
fn connection_closing() {
    let (mut a, mut b) = open(512, 512);
    a.write(Ticks::ZERO, b"last words", true);
    a.close(false);
    assert_eq!(a.state(), State::Closing);
    assert_eq!(a.write(Ticks::ZERO, b"more", false), (0, false));
    carry(&mut a, &mut b, Ticks::ZERO);
    assert_eq!(a.next_message(), Some(Event::Closed));
    assert_eq!(b.next_message(), Some(Event::ClosedByPeer));
    assert_eq!(b.read(100).data, b"last words");

    // Advice that arrives before the data is discarded.
    let (mut a, mut b) = open(512, 512);
    a.write(Ticks::ZERO, b"slow", false);
    let slow: Vec<_> = a.outgoing().collect();
    a.close(true);
    let advice: Vec<_> = a.outgoing().collect();
    b.receive(Ticks::ZERO, &advice[0]);
    assert_eq!(b.state(), State::Open);
    b.receive(Ticks::ZERO, &slow[0]);
    b.receive(Ticks::ZERO, &advice[0]);
    assert_eq!(b.state(), State::Closed);
}

#[test]
fn packets_of_another_connection_are_ignored() {
    let (mut a, _) = open(512, 512);
    let mut wrong = data_to_a(0, b"x", false);
    wrong.data[1] = 3;
    a.receive(Ticks::ZERO, &wrong);
    wrong.data[1] = 2;
    wrong.source.socket = 99;
    a.receive(Ticks::ZERO, &wrong);
    assert!(a.read(10).data.is_empty());
}

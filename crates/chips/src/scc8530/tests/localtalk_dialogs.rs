//! Dialogs of *Inside AppleTalk* chapter 1 between two chips, and between a chip and a host-side station.

use super::bench::Bench;
use localtalk::llap::{ACK, CTS, ENQ, RTS, SHORT_DDP};

#[test]
fn chip_to_chip_over_the_cable() {
    let mut bench = Bench::new(2, &[]);
    bench.set_up(0, 5);
    bench.set_up(1, 6);
    bench.listen(0);
    bench.listen(1);
    bench.wait_us(500);
    bench.send_frame(0, &[6, 5, RTS]);
    // The frame waits in the FIFO: address, source, type. Two bytes more were lost, so read it as a whole below.
    assert_eq!(bench.frames(), [(RTS, true)]);
    assert_eq!(bench.overruns(), 1);
    bench.write(1, 3, 0xC0);
    for _ in 0..3 {
        bench.data(1);
    }
    bench.write(1, 0, 0x30);
    bench.listen(1);
    bench.inject(0, &[6, 5, SHORT_DDP, 1, 2, 3, 0xFF, 0xFF, 0xFF]);
    assert_eq!(
        bench.receive_frame(1, 500),
        Some(vec![6, 5, SHORT_DDP, 1, 2, 3, 0xFF, 0xFF, 0xFF])
    );
}

#[test]
fn a_station_answers_the_chips_rts_and_takes_its_data() {
    let mut bench = Bench::new(1, &[20]);
    bench.set_up(0, 5);
    bench.listen(0);
    bench.wait_us(600);
    bench.send_frame(0, &[20, 5, RTS]);
    assert!(
        bench.poll(0, 0x10, false, 200),
        "a carrier within the inter-frame gap"
    );
    assert_eq!(bench.receive_frame(0, 200), Some(vec![5, 20, CTS]));
    bench.wait_us(80);
    let data: Vec<u8> = [20, 5, SHORT_DDP]
        .into_iter()
        .chain((0..=255).map(|n| n | 0xF0))
        .collect();
    bench.send_frame(0, &data);
    bench.wait_us(200);
    let received: Vec<_> = bench.stations[0]
        .received()
        .map(|(_, packet)| packet.encode())
        .collect();
    assert_eq!(received, [data]);
    assert_eq!(
        bench.frames(),
        [(RTS, true), (CTS, true), (SHORT_DDP, true)]
    );
}

#[test]
fn the_chip_answers_a_stations_rts_and_takes_its_data() {
    let mut bench = Bench::new(1, &[20]);
    bench.set_up(0, 5);
    bench.listen(0);
    let data: Vec<u8> = (0..600).map(|n| (n * 7) as u8).collect();
    assert!(bench.stations[0].send(bench.now, 5, SHORT_DDP, data.clone()));
    assert_eq!(bench.receive_frame(0, 2000), Some(vec![5, 20, RTS]));
    bench.wait_us(80);
    bench.send_frame(0, &[20, 5, CTS]);
    assert!(bench.poll(0, 0x10, false, 200));
    let packet: Vec<u8> = [5, 20, SHORT_DDP].into_iter().chain(data).collect();
    assert_eq!(bench.receive_frame(0, 200), Some(packet));
    bench.wait_us(1000);
    assert_eq!(
        bench.frames(),
        [(RTS, true), (CTS, true), (SHORT_DDP, true)]
    );
    assert_eq!(bench.stations[0].waiting(), 0);
    assert_eq!(bench.overruns(), 0);
}

#[test]
fn a_chip_that_is_late_with_its_cts_sees_another_rts() {
    let mut bench = Bench::new(1, &[20]);
    bench.set_up(0, 5);
    bench.listen(0);
    assert!(bench.stations[0].send(bench.now, 5, SHORT_DDP, vec![0; 10]));
    assert_eq!(bench.receive_frame(0, 2000), Some(vec![5, 20, RTS]));
    bench.wait_us(400);
    bench.listen(0);
    assert_eq!(bench.receive_frame(0, 2000), Some(vec![5, 20, RTS]));
}

#[test]
fn a_station_acknowledges_the_chips_enquiry() {
    let mut bench = Bench::new(1, &[20]);
    bench.set_up(0, 20);
    bench.listen(0);
    bench.wait_us(600);
    bench.send_frame(0, &[20, 20, ENQ]);
    assert_eq!(bench.receive_frame(0, 400), Some(vec![20, 20, ACK]));
}

#[test]
fn the_pulse_before_a_frame_is_noticed_before_its_flags() {
    let mut bench = Bench::new(2, &[]);
    bench.set_up(0, 5);
    bench.set_up(1, 6);
    bench.listen(1);
    bench.write(0, 5, 0x63);
    bench.wait_us(5);
    bench.write(0, 5, 0x61);
    bench.wait_us(40);
    assert_eq!(bench.read(1, 10), 0xC0);
    assert_eq!(bench.read(1, 0) & 0x10, 0x10);
}

//! Accesses without DRQ, as a Macintosh Plus makes them.

use super::*;

/// The pause begins when byte 256 should be asked for. Byte 256 itself was fetched ahead, so the bytes lost are as
/// many as were written after it until the target took one again; the last of them is what the target takes.
#[test]
fn blind_write_into_a_pause_loses_exactly_the_bytes_written_during_it() {
    let pause = Ticks::from_micros(100);
    let mut host = Host::new(Pauser::new(512, 256, pause));
    host.command(WRITE);
    host.start_send();
    host.blind_write(pattern(512));
    host.wait(Ticks::from_micros(10));
    let events = host.events();
    let lost: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            ScsiEvent::UnpairedDma {
                bytes,
                out: true,
                pc: 0x400,
            } => Some(*bytes as usize),
            ScsiEvent::UnpairedDma { .. } => panic!("{event:?}"),
            _ => None,
        })
        .collect();
    assert_eq!(lost.len(), 1, "one burst");
    // 100 us at 2 us a byte, give or take the byte in hand at either end.
    assert!((48..=50).contains(&lost[0]), "{lost:?}");
    let all: Vec<u8> = pattern(512).collect();
    let mut expected = all[..256].to_vec();
    expected.extend(&all[256 + lost[0]..]);
    assert_eq!(host.taken(), expected);
    assert!(events.iter().any(|event| matches!(
        event,
        ScsiEvent::ReqPaused {
            id: 3,
            at_byte: 256,
            out: true
        }
    )));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, ScsiEvent::ReqResumed { id: 3, .. }))
    );
    assert!(
        host.status().contains(CurrentStatus::REQ),
        "the target still waits in DATA OUT for what was lost"
    );
}

#[test]
fn polled_write_into_a_pause_loses_nothing() {
    let mut host = Host::new(Pauser::new(512, 256, Ticks::from_millis(20)));
    host.command(WRITE);
    host.start_send();
    host.polled_write(pattern(512));
    host.wait(Ticks::from_micros(10));
    assert!(pattern(512).eq(host.taken().iter().copied()));
    assert!(
        !host
            .events()
            .iter()
            .any(|event| matches!(event, ScsiEvent::UnpairedDma { .. }))
    );
    host.end_dma();
    assert_eq!(host.complete(), (0, 0));
}

#[test]
fn blind_read_over_a_pause_finds_stale_bytes() {
    let mut host = Host::new(Pauser::new(64, 32, Ticks::from_micros(20)));
    host.command(READ);
    host.start_receive();
    let bytes = host.blind_read(64);
    assert!(bytes[..32].iter().copied().eq((0..32).map(|n| n ^ 0x5A)));
    let unpaired: Vec<usize> = host
        .events()
        .iter()
        .filter_map(|event| match event {
            ScsiEvent::UnpairedDma {
                bytes,
                out: false,
                pc: 0x500,
            } => Some(*bytes as usize),
            _ => None,
        })
        .collect();
    assert_eq!(unpaired.len(), 1);
    assert!((8..=11).contains(&unpaired[0]), "{unpaired:?}");
    // The last of them may fall between the latching of the new byte and DRQ, and finds it early.
    assert!(
        bytes[32..32 + unpaired[0] - 1]
            .iter()
            .all(|&byte| byte == 31 ^ 0x5A)
    );
    let after = bytes[32 + unpaired[0]..].iter().copied();
    assert!(
        after.eq((32..64 - unpaired[0]).map(|n| n as u8 ^ 0x5A)),
        "the target goes on where it paused"
    );
}

#[test]
fn unpaired_bursts_end_with_a_paired_access_a_register_access_or_another_direction() {
    let mut host = Host::new(Pauser::new(64, 32, Ticks::from_micros(20)));
    for byte in 0..3 {
        host.chip
            .dma_write(host.now, byte, &mut host.bus, &mut host.tracer, 0x100);
    }
    host.chip
        .dma_read(host.now, &mut host.bus, &mut host.tracer, 0x200);
    host.read(read::MODE);
    assert_eq!(
        host.events(),
        [
            ScsiEvent::UnpairedDma {
                bytes: 3,
                out: true,
                pc: 0x100
            },
            ScsiEvent::UnpairedDma {
                bytes: 1,
                out: false,
                pc: 0x200
            }
        ]
    );
}

/// Brought forward in one go or tick by tick, the chip and the bus come to the same.
#[test]
fn what_happens_does_not_depend_on_how_often_the_chip_is_looked_at() {
    for (operation, pace) in [
        (WRITE, 24),
        (WRITE, 31),
        (WRITE, 9),
        (READ, 24),
        (READ, 31),
        (READ, 9),
    ] {
        let run = |every_tick: bool| {
            let mut host = Host::new(Pauser::new(1200, 700, Ticks::from_micros(90)));
            host.command(operation);
            let write = operation == WRITE;
            if write {
                host.start_send();
            } else {
                host.start_receive();
            }
            let mut seen = vec![];
            for n in 0..1100 {
                if every_tick {
                    (0..pace).for_each(|_| host.wait(Ticks(1)));
                } else {
                    host.now += Ticks(pace);
                }
                let (now, bus, tracer) = (host.now, &mut host.bus, &mut host.tracer);
                if write {
                    host.chip.dma_write(now, n as u8, bus, tracer, 0);
                } else {
                    seen.push(host.chip.dma_read(now, bus, tracer, 0));
                }
            }
            host.wait(Ticks(50));
            (
                format!("{:?} {:?}", host.chip, host.bus),
                seen,
                host.events(),
            )
        };
        assert_eq!(run(true), run(false), "{operation:02x} at {pace}");
    }
}

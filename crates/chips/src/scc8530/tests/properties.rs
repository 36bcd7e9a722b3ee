//! What holds for every sequence of accesses and signals.

use super::super::{Channel, Scc};
use super::bench::Bench;
use clock::Ticks;
use localtalk::{Cable, Fcs, Signal, llap};
use proptest::collection::vec;
use proptest::prelude::*;
use trace::{Record, Tracer};

/// Something that happens to a chip.
#[derive(Clone, Debug)]
enum Act {
    Control(Channel, u8),
    /// A write to a register by number, so that modes are reached that single writes seldom reach.
    Register(Channel, u8, u8),
    Data(Channel, u8),
    ReadControl(Channel),
    ReadData(Channel),
    Level(Channel, bool),
    Signal(Signal),
    Pins(Channel, bool, bool, bool),
    Acknowledge,
    Advance,
    Reset,
}

fn channel() -> impl Strategy<Value = Channel> + Clone {
    prop_oneof![Just(Channel::A), Just(Channel::B)]
}

fn signal() -> impl Strategy<Value = Signal> {
    prop_oneof![
        Just(Signal::Carrier),
        Just(Signal::Flag),
        any::<u8>().prop_map(Signal::Byte),
        Just(Signal::Abort),
        Just(Signal::Idle),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let registers = prop_oneof![
        (0..16_u8, any::<u8>()),
        Just((4, 0x20)),
        Just((4, 0x44)),
        Just((5, 0x6B)),
        Just((3, 0xDD)),
        Just((3, 0xC1)),
        Just((11, 0x70)),
        Just((11, 0x50)),
        Just((12, 6)),
        Just((14, 0x21)),
        Just((14, 0xC1)),
        Just((14, 0x11)),
        Just((15, 0xFA)),
        Just((1, 0x17)),
    ];
    prop_oneof![
        1 => (channel(), any::<u8>()).prop_map(|(c, value)| Act::Control(c, value)),
        6 => (channel(), registers).prop_map(|(c, (r, value))| Act::Register(c, r, value)),
        3 => (channel(), any::<u8>()).prop_map(|(c, value)| Act::Data(c, value)),
        1 => channel().prop_map(Act::ReadControl),
        3 => channel().prop_map(Act::ReadData),
        3 => (channel(), any::<bool>()).prop_map(|(c, level)| Act::Level(c, level)),
        3 => signal().prop_map(Act::Signal),
        1 => (channel(), any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(c, dcd, cts, sync)| Act::Pins(c, dcd, cts, sync)),
        1 => Just(Act::Acknowledge),
        3 => Just(Act::Advance),
        1 => Just(Act::Reset),
    ]
}

/// Does it, and gives everything that can be seen from outside.
fn perform(scc: &mut Scc, at: Ticks, act: &Act) -> String {
    let mut tracer = Tracer::new(0);
    let mut seen = String::new();
    match *act {
        Act::Control(channel, value) => scc.write_control(at, channel, value),
        Act::Register(channel, register, value) => {
            scc.read_control(at, channel);
            let point = register & 7 | if register > 7 { 8 } else { 0 };
            scc.write_control(at, channel, point);
            if register != 0 {
                scc.write_control(at, channel, value);
            }
        }
        Act::Data(channel, value) => scc.write_data(at, channel, value),
        Act::ReadControl(channel) => seen += &format!("{:x} ", scc.read_control(at, channel)),
        Act::ReadData(channel) => seen += &format!("{:x} ", scc.read_data(at, channel)),
        Act::Level(channel, level) => scc.serial_in(at + Ticks(700), channel, level),
        Act::Signal(signal) => scc.line_in(at + Signal::NOTICE, signal),
        Act::Pins(channel, dcd, cts, sync) => {
            scc.set_dcd(at, channel, dcd);
            scc.set_cts(at, channel, cts);
            scc.set_sync(at, channel, sync);
        }
        Act::Acknowledge => seen += &format!("{:?} ", scc.acknowledge(at)),
        Act::Advance => scc.advance(at, &mut tracer, 0),
        Act::Reset => scc.reset(),
    }
    for channel in [Channel::A, Channel::B] {
        let pins = [
            scc.rts(channel),
            scc.dtr(channel),
            scc.wait_request(channel),
        ];
        seen += &format!(
            "{pins:?} {:?} ",
            scc.serial_out(channel).collect::<Vec<_>>()
        );
        for register in 0..16 {
            seen += &format!("{:x} ", scc.peek_register(at, channel, register));
        }
    }
    seen += &format!("{:?} ", scc.line_out().collect::<Vec<_>>());
    format!(
        "{seen}{} {:?} {:?}",
        scc.irq(),
        scc.next_event(),
        tracer.drain().collect::<Vec<_>>()
    )
}

proptest! {
    #[test]
    fn any_accesses_are_survived_and_a_snapshot_between_them_goes_on_the_same(
        acts in vec((0..3000_u64, act()), 1..160),
        at in any::<prop::sample::Index>(),
    ) {
        let mut scc = Scc::new();
        let mut copy = None;
        let cut = at.index(acts.len());
        let mut now = Ticks::ZERO;
        for (place, (pause, act)) in acts.iter().enumerate() {
            now += Ticks(*pause);
            if place == cut {
                let bytes = postcard::to_stdvec(&scc).unwrap();
                copy = Some(postcard::from_bytes::<Scc>(&bytes).unwrap());
            }
            let seen = perform(&mut scc, now, act);
            if let Some(copy) = &mut copy {
                prop_assert_eq!(perform(copy, now, act), seen);
            }
        }
    }

    /// What happens does not depend on how often the chip is brought up to date.
    #[test]
    fn looking_more_often_changes_nothing(
        acts in vec((0..20_000_u64, act()), 1..60),
    ) {
        let (mut seldom, mut often) = (Scc::new(), Scc::new());
        let mut now = Ticks::ZERO;
        for (pause, act) in &acts {
            let before = now;
            now += Ticks(*pause);
            let mut at = before;
            while at < now {
                at = now.min(at + Ticks(97));
                often.advance(at, &mut Tracer::new(0), 0);
            }
            seldom.advance(now, &mut Tracer::new(0), 0);
            prop_assert_eq!(perform(&mut seldom, now, act), perform(&mut often, now, act));
        }
    }

    #[test]
    fn a_frame_from_chip_to_chip_is_bit_true(data in vec(any::<u8>(), 0..120)) {
        let mut bench = Bench::new(2, &[]);
        bench.set_up(0, 5);
        bench.set_up(1, 6);
        bench.listen(1);
        let packet: Vec<u8> = [6, 5, 1].into_iter().chain(data).collect();
        prop_assert_eq!(bench.carry(&packet), Some(packet));
    }

    /// Up to three bit errors in a frame of LocalTalk's length, and any burst of up to 16 bits, are always found (the distance of
    /// CRC-CCITT over fewer than 32,751 bits is 4).
    #[test]
    fn what_the_line_damages_the_crc_finds(
        data in vec(any::<u8>(), 1..200),
        bits in vec(any::<prop::sample::Index>(), 1..4),
        burst in proptest::option::of(1..=0xFFFF_u16),
    ) {
        let mut packet: Vec<u8> = [5, 99, 1].into_iter().chain(data).collect();
        packet.extend(Fcs::over(&packet).bytes());
        let sent = packet.clone();
        // The address stays, or the frame would be for somebody else.
        let damaged = &mut packet[1..];
        match burst {
            Some(burst) => {
                let place = bits[0].index(damaged.len() - 1);
                let [low, high] = burst.to_le_bytes();
                damaged[place] ^= low;
                damaged[place + 1] ^= high;
            }
            None => for bit in &bits {
                let bit = bit.index(damaged.len() * 8);
                damaged[bit / 8] ^= 1 << (bit % 8);
            },
        }
        let mut bench = Bench::new(1, &[99]);
        bench.set_up(0, 5);
        bench.listen(0);
        let mut at = bench.now + Signal::NOTICE;
        bench.cable.post(1, at, Signal::Carrier);
        bench.cable.post(1, at, Signal::Flag);
        for &byte in &packet {
            at += Ticks::BYTE;
            bench.cable.post(1, at, Signal::Byte(byte));
        }
        bench.cable.post(1, at + Ticks::BYTE, Signal::Flag);
        let intact = packet == sent;
        prop_assert_eq!(bench.receive_frame(0, 500).is_some(), intact);
    }

    /// The cable tells of a collision in every byte that another driver overlaps, and no listener takes such a frame for a good one.
    #[test]
    fn overlapping_frames_never_arrive(
        one in vec(any::<u8>(), 3..60),
        other in vec(any::<u8>(), 3..60),
        delay in 0..8000_u64,
    ) {
        let (signals, off) = llap::signals(&one, Ticks(1000), false);
        let start = Ticks(1000 + delay);
        prop_assume!(start + Signal::NOTICE < off);
        let (others, _) = llap::signals(&other, start, false);
        let mut cable = Cable::new(3);
        signals.into_iter().for_each(|(at, signal)| cable.post(0, at, signal));
        others.into_iter().for_each(|(at, signal)| cable.post(1, at, signal));
        let mut tracer = Tracer::new(Record::WORLD);
        cable.settle(Ticks(1_000_000), &mut tracer);
        let mut frame: Option<Vec<u8>> = None;
        for (_, signal) in cable.take(2, Ticks(1_000_000)) {
            match signal {
                Signal::Byte(byte) => frame.iter_mut().for_each(|frame| frame.push(byte)),
                Signal::Flag => {
                    let ended = frame.replace(Vec::new()).unwrap_or_default();
                    let good = ended.len() > 2 && Fcs::over(&ended).is_good();
                    let late = start + Signal::NOTICE * 2 >= off - Ticks::BIT * (llap::ABORT_ONES + 8);
                    prop_assert!(!good || late, "{:?}", ended);
                }
                _ => frame = None,
            }
        }
    }
}

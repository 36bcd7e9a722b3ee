use crate::Signal;
use clock::Stream;
use serde::{Deserialize, Serialize};

/// A wire that loses, damages and doubles frames, each at a rate: for tests of what stands above it. A cable has none of it of itself.
///
/// - A lost frame is a carrier and nothing else to every listener.
/// - In a damaged one some byte is changed, or the closing flag when the frame ends before that byte; the frame check finds either.
/// - A doubled one is sent again by the wire, one frame gap after the line has become quiet. Control frames are not doubled: a node that
///   hears its own enquiry must take the address for claimed by another, and none would ever get one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    loss: u64,
    damage: u64,
    duplicate: u64,
    random: Stream,
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fate {
    #[default]
    Whole,
    Lost,
    /// At this byte, or at its closing flag when it is shorter.
    Damaged(u16),
    /// A copy of it follows.
    Doubled,
    /// It is the copy.
    Copy,
}

impl Faults {
    /// Of 1000 frames so many are lost, damaged, and (data frames only) doubled. What exceeds 1000 altogether does not happen.
    pub fn new(loss: u64, damage: u64, duplicate: u64, random: Stream) -> Faults {
        Faults {
            loss,
            damage,
            duplicate,
            random,
        }
    }

    pub(crate) fn draw(&mut self) -> Fate {
        let draw = self.random.below(1000);
        if draw < self.loss {
            Fate::Lost
        } else if draw < self.loss + self.damage {
            // Short frames and long ones, at their beginning and towards their end.
            let widest = 5 << self.random.below(8);
            Fate::Damaged(self.random.below(widest) as u16)
        } else if draw < self.loss + self.damage + self.duplicate {
            Fate::Doubled
        } else {
            Fate::Whole
        }
    }
}

impl Fate {
    /// Whether this signal behind these bytes of the frame is the one that is damaged.
    pub(crate) fn hits(self, signal: Signal, before: &[u8]) -> bool {
        match (self, signal) {
            (Fate::Damaged(place), Signal::Byte(_)) => usize::from(place) == before.len(),
            (Fate::Damaged(place), Signal::Flag) => {
                !before.is_empty() && usize::from(place) >= before.len()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cable, Fcs, Station, llap};
    use clock::Ticks;
    use trace::{Event, LineEvent, Record, Tracer, WireFault};

    /// What station 1 hears of a data frame of station 0 on a wire with these faults, and the events.
    fn send(faults: [u64; 3], seed: u64, data: usize) -> (Vec<Signal>, Vec<LineEvent>) {
        let (mut cable, mut tracer) = (Cable::new(2), Tracer::new(Record::WORLD));
        let [loss, damage, duplicate] = faults;
        cable.set_faults(Faults::new(
            loss,
            damage,
            duplicate,
            Stream::new(seed, "wire"),
        ));
        let packet = [&[2, 1, 1][..], &vec![0x55; data]].concat();
        for (at, signal) in llap::signals(&packet, Ticks(1000), false).0 {
            cable.post(0, at, signal);
        }
        cable.settle(Ticks::from_secs(1), &mut tracer);
        let heard = cable.take(1, Ticks::NEVER);
        let events = tracer.drain().map(|record| match record.event {
            Event::Line(event) => event,
            other => panic!("{other:?}"),
        });
        (
            heard.into_iter().map(|one| one.1).collect(),
            events.collect(),
        )
    }

    /// The frames between flags.
    fn frames(heard: &[Signal]) -> Vec<Vec<u8>> {
        let (mut frames, mut bytes, mut open) = (Vec::new(), Vec::new(), false);
        for signal in heard {
            match signal {
                Signal::Byte(byte) if open => bytes.push(*byte),
                Signal::Flag => {
                    if !bytes.is_empty() {
                        frames.push(std::mem::take(&mut bytes));
                    }
                    open = true;
                }
                Signal::Abort | Signal::Idle => {
                    bytes.clear();
                    open = false;
                }
                _ => {}
            }
        }
        frames
    }

    fn fault(event: &LineEvent) -> (bool, Option<WireFault>) {
        match event {
            LineEvent::Frame { intact, fault, .. } => (*intact, *fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn of_a_lost_frame_only_the_carrier_is_heard() {
        let (heard, events) = send([1000, 0, 0], 1, 20);
        assert_eq!(heard, [Signal::Carrier, Signal::Idle]);
        assert_eq!(fault(&events[0]), (false, Some(WireFault::Lost)));
    }

    #[test]
    fn the_frame_check_finds_every_damage() {
        let mut cut = 0;
        for seed in 0..300 {
            let (heard, events) = send([0, 1000, 0], seed, 1 + seed as usize * 2);
            assert_eq!(fault(&events[0]), (false, Some(WireFault::Damaged)));
            let frames = frames(&heard);
            cut += usize::from(frames.is_empty());
            assert!(
                frames.iter().all(|bytes| !Fcs::over(bytes).is_good()),
                "{seed}"
            );
        }
        assert!((1..300).contains(&cut), "{cut}");
    }

    #[test]
    fn a_doubled_frame_comes_twice_and_its_copy_is_not_doubled() {
        let (heard, events) = send([0, 0, 1000], 1, 20);
        let frames = frames(&heard);
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0], frames[1]);
        let faults: Vec<_> = events.iter().map(fault).collect();
        assert_eq!(faults, [(true, None), (true, Some(WireFault::Copy))]);
        let start = |event: &LineEvent| match event {
            LineEvent::Frame { start, .. } => *start,
            other => panic!("{other:?}"),
        };
        let end = 1000 + llap::duration(&[&[2, 1, 1][..], &[0x55; 20]].concat()).0;
        let gap = Ticks(start(&events[1]) - end).as_micros();
        assert!((200..400).contains(&gap), "{gap} us");
    }

    #[test]
    fn frames_are_spoilt_at_the_rates_that_were_asked_for_and_every_time_the_same() {
        let run = || {
            let (mut cable, mut tracer) = (Cable::new(4), Tracer::new(Record::WORLD));
            cable.set_faults(Faults::new(20, 30, 40, Stream::new(5, "wire")));
            let station = |number| {
                Station::with_address(number, number + 1, Stream::new(1, &format!("{number}")))
            };
            let mut stations: Vec<Station> = (0..4).map(station).collect();
            let (mut now, mut step) = (Ticks::ZERO, 0_u8);
            while now < Ticks::from_secs(60) {
                for station in &mut stations {
                    station.advance(now, &mut cable, &mut tracer);
                    if station.waiting() == 0 {
                        step = step.wrapping_add(1);
                        let to = (station.number() + 1 + step % 3) % 4 + 1;
                        assert!(station.send(now, to, 1, vec![step; usize::from(step)]));
                    }
                }
                cable.settle(now, &mut tracer);
                now += Signal::NOTICE;
            }
            tracer.drain().collect::<Vec<_>>()
        };
        let records = run();
        let mut counts = [0; 4];
        let (mut sent, mut data) = (0, 0);
        for record in &records {
            if let Event::Line(LineEvent::Frame { fault, bytes, .. }) = &record.event {
                let place = match fault {
                    None => 3,
                    Some(WireFault::Lost) => 0,
                    Some(WireFault::Damaged) => 1,
                    Some(WireFault::Copy) => 2,
                };
                counts[place] += 1;
                sent += u32::from(place != 2);
                data += u32::from(place != 2 && bytes[2] < 0x80);
            }
        }
        for (count, wanted) in counts.into_iter().zip([sent * 20, sent * 30, data * 40]) {
            let wanted = wanted / 1000;
            assert!(
                (wanted * 7 / 10..=wanted * 13 / 10).contains(&count),
                "{counts:?} of {sent}, {data}"
            );
        }
        assert_eq!(run(), records);
    }
}

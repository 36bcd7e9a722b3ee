//! The cable: who hears what, when, and what a collision does to it.

use crate::faults::{Fate, Faults};
use crate::{Fcs, Signal, llap};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use trace::{LineEvent, Tracer, WireFault};

/// What a collision or a fault does to a byte or a flag: these bits change. A constant pattern of an even number of ones over any part of
/// a frame is never a multiple of the FCS polynomial, so a damaged frame is always recognised as such.
const DAMAGE: u8 = 0xA5;
/// Log entries that may wait for the slowest station before they are looked through for what all have taken.
const PRUNE_AT: usize = 4096;
/// A copy of a frame begins so long after the line went quiet: when no answer can come any more, and nobody may begin a dialog yet.
const COPY_GAP: Ticks = Ticks::from_micros(250);

/// One LocalTalk cable with a fixed number of stations.
///
/// # Order of work
/// Stations (machines and host-side ones) may be run in any order, each up to the same time `now` and at most
/// [`Signal::NOTICE`] beyond the last one: they [`Cable::post`] what they begin to send. Then [`Cable::settle`] fixes what is noticed before
/// `now` + NOTICE, and each station may [`Cable::take`] that before it runs on.
///
/// # Collisions
/// Everything is noticed one NOTICE (8 bit times) after it begins, noise too. A byte or a flag is damaged when a transmission of another station
/// is *noticed* during it: the other driver was on at some time between one NOTICE before the byte began and one NOTICE
/// before it ended. So an overlap that began less than NOTICE before a byte ended damages the next byte and not this one. That is
/// what makes the result the same in whatever order the stations of one quantum were run: what decides has always been posted.
///
/// While transmissions overlap, a listener hears the one that began first, damaged (equal beginnings: the lower station number),
/// and nothing of the others but their carriers; a transmission that outlasts the first is heard from there on, without its
/// beginning. Abort and idle are heard only when nobody else is sending. A station never hears itself, but what it sends
/// damages what it hears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cable {
    ports: Vec<Port>,
    /// Those which can still overlap something that is not settled.
    transmissions: Vec<Transmission>,
    log: VecDeque<Heard>,
    /// Number of the first log entry.
    base: u64,
    settled: Ticks,
    /// The earliest signal that is posted and not settled.
    next: Ticks,
    number: u8,
    faults: Option<Faults>,
    /// Frames of which a copy is still to come.
    copies: VecDeque<Vec<u8>>,
    /// When the driver of the next copy goes on, if the line stays quiet until then.
    copy_at: Ticks,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Port {
    /// Whether the station listens.
    attached: bool,
    /// Number of the log entry that the station takes next.
    cursor: u64,
    posted: VecDeque<(Ticks, Signal)>,
    sending: bool,
    last: Ticks,
    frame: Assembly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Transmission {
    station: u8,
    on: Ticks,
    off: Ticks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Heard {
    at: Ticks,
    from: u8,
    signal: Signal,
    masked: Masked,
}

/// Who sends so that a signal cannot be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Masked {
    Nobody,
    /// One station; it alone could hear the signal, as it does not hear itself.
    By(u8),
    Several,
}

impl Masked {
    fn and(self, station: u8) -> Masked {
        match self {
            Masked::Nobody => Masked::By(station),
            Masked::By(other) if other == station => self,
            _ => Masked::Several,
        }
    }
}

/// The frame that a station is sending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Assembly {
    start: Option<Ticks>,
    bytes: Vec<u8>,
    collided: bool,
    fate: Fate,
}

impl Transmission {
    /// True when it is noticed at some time after `since` and not after `at`; with both equal, when it is noticed then.
    fn noticed(&self, since: Ticks, at: Ticks) -> bool {
        self.on + Signal::NOTICE <= at && self.off + Signal::NOTICE > since
    }
}

impl Cable {
    /// A cable with stations 0 to `stations` - 1. Each of them must take what it hears now and then.
    pub fn new(stations: u8) -> Cable {
        Cable::with_stations(0, &vec![true; usize::from(stations)])
    }

    /// Cable `number` of a world whose stations are numbered through: those marked in `attached` are on this one.
    pub fn with_stations(number: u8, attached: &[bool]) -> Cable {
        let port = |&attached: &bool| Port {
            attached,
            ..Port::default()
        };
        Cable {
            // The last one is the wire itself, where copies come from.
            ports: attached.iter().chain([&false]).map(port).collect(),
            number,
            faults: None,
            copies: VecDeque::new(),
            copy_at: Ticks::NEVER,
            transmissions: Vec::new(),
            log: VecDeque::new(),
            base: 0,
            settled: Ticks::ZERO,
            next: Ticks::NEVER,
        }
    }

    /// Makes the wire lose, damage and double frames at these rates.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = Some(faults);
    }

    /// Its number in the world.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Number of stations, attached or not.
    pub fn stations(&self) -> u8 {
        self.wire() as u8
    }

    /// The port of the wire itself.
    fn wire(&self) -> usize {
        self.ports.len() - 1
    }

    /// Adds a station and returns its number. It hears what is noticed from now on.
    pub fn attach(&mut self) -> u8 {
        let number = self.wire();
        let port = Port {
            attached: true,
            cursor: self.base + self.log.len() as u64,
            last: self.settled,
            ..Port::default()
        };
        self.ports.insert(number, port);
        number as u8
    }

    /// Station `station` puts `signal` on the cable, to be noticed at `at`.
    ///
    /// # Panics
    /// When `at` was settled already (the caller ran a station too far or posted too late), when it is before what this station posted
    /// last, or when there is no such station.
    pub fn post(&mut self, station: u8, at: Ticks, signal: Signal) {
        assert!(
            at >= self.settled,
            "station {station} posts for {at:?}, settled is {:?}",
            self.settled
        );
        assert!(
            usize::from(station) < self.wire() && self.ports[usize::from(station)].attached,
            "station {station} is not on this cable"
        );
        self.begin(station, at, signal);
    }

    fn begin(&mut self, station: u8, at: Ticks, signal: Signal) {
        let port = &mut self.ports[usize::from(station)];
        assert!(
            at >= port.last,
            "station {station} posts for {at:?} after {:?}",
            port.last
        );
        port.last = at;
        port.posted.push_back((at, signal));
        self.next = self.next.min(at);
        let began = Ticks(at.0.saturating_sub(Signal::NOTICE.0));
        if signal == Signal::Idle {
            if std::mem::take(&mut port.sending)
                && let Some(last) = self
                    .transmissions
                    .iter_mut()
                    .rfind(|one| one.station == station)
            {
                last.off = began;
            }
        } else if !std::mem::replace(&mut port.sending, true) {
            self.transmissions.push(Transmission {
                station,
                on: began,
                off: Ticks::NEVER,
            });
        }
    }

    /// The earliest time of notice that was posted and is not settled yet, or [`Ticks::NEVER`].
    pub fn next_notice(&self) -> Ticks {
        self.next.min(self.copy_at)
    }

    /// Everything before this time is settled.
    pub fn settled(&self) -> Ticks {
        self.settled
    }

    /// Every station has run up to `now`: fixes what is noticed before `now` + [`Signal::NOTICE`], and records the frames that end.
    pub fn settle(&mut self, now: Ticks, tracer: &mut Tracer) {
        let horizon = now + Signal::NOTICE;
        self.settled = self.settled.max(horizon);
        if self.next_notice() >= horizon {
            return;
        }
        // Stations in ascending order: equal times keep that order.
        while let Some((at, station)) = self.first_before(horizon) {
            if self.copy_at < at.min(horizon) {
                self.copy();
            } else if let Some((at, signal)) = self.ports[station].posted.pop_front() {
                self.settle_one(station as u8, at, signal, tracer);
            }
        }
        self.next = self
            .ports
            .iter()
            .filter_map(|port| port.posted.front())
            .map(|&(at, _)| at)
            .min()
            .unwrap_or(Ticks::NEVER);
        // What ended two notices ago cannot overlap anything any more.
        self.transmissions
            .retain(|one| one.off + Signal::NOTICE * 2 > horizon);
        if self.log.len() > PRUNE_AT {
            let taken = self
                .ports
                .iter()
                .filter(|port| port.attached)
                .map(|port| port.cursor)
                .min()
                .unwrap_or(self.base);
            self.log.drain(..(taken - self.base) as usize);
            self.base = taken;
        }
    }

    /// The earliest signal before `horizon` with its station; the beginning of a copy counts as one.
    fn first_before(&self, horizon: Ticks) -> Option<(Ticks, usize)> {
        let fronts = self
            .ports
            .iter()
            .enumerate()
            .filter_map(|(station, port)| Some((port.posted.front()?.0, station)));
        match fronts.min().filter(|&(at, _)| at < horizon) {
            None if self.copy_at < horizon => Some((horizon, self.wire())),
            first => first,
        }
    }

    /// The wire sends a copy of a frame. Everything noticed until now is known, so nobody's order matters.
    fn copy(&mut self) {
        let at = std::mem::replace(&mut self.copy_at, Ticks::NEVER);
        if let Some(bytes) = self.copies.pop_front() {
            let wire = self.wire() as u8;
            for (at, signal) in llap::signals(&bytes, at, false).0 {
                self.begin(wire, at, signal);
            }
        }
    }

    fn settle_one(&mut self, station: u8, at: Ticks, signal: Signal, tracer: &mut Tracer) {
        let own = self
            .transmissions
            .iter()
            .rfind(|one| one.station == station && one.noticed(at, at));
        let own = own.map_or((at, station), |one| (one.on, station));
        let since = match signal {
            Signal::Byte(_) | Signal::Flag => Ticks(at.0.saturating_sub(Ticks::BYTE.0)),
            _ => at,
        };
        let mut collided = false;
        let mut masked = Masked::Nobody;
        let mut others = self
            .transmissions
            .iter()
            .filter(|one| one.station != station && one.noticed(at, at));
        self.copy_at =
            if signal == Signal::Idle && !self.copies.is_empty() && others.next().is_none() {
                at + COPY_GAP - Signal::NOTICE
            } else {
                Ticks::NEVER
            };
        for other in self
            .transmissions
            .iter()
            .filter(|one| one.station != station && one.noticed(since, at))
        {
            collided = true;
            let masks = match signal {
                Signal::Carrier => false,
                Signal::Flag | Signal::Byte(_) => (other.on, other.station) < own,
                Signal::Abort | Signal::Idle => true,
            };
            if masks {
                masked = masked.and(other.station);
            }
        }
        let fate = self.fate(station, signal);
        let damaged = collided || fate.hits(signal, &self.ports[usize::from(station)].frame.bytes);
        self.assemble(station, at, signal, collided, tracer);
        if fate == Fate::Lost && !matches!(signal, Signal::Carrier | Signal::Idle) {
            return;
        }
        let signal = match signal {
            Signal::Byte(byte) if damaged => Signal::Byte(byte ^ DAMAGE),
            Signal::Flag if damaged => Signal::Byte(0x7E ^ DAMAGE),
            signal => signal,
        };
        let end = self.base + self.log.len() as u64;
        self.log.push_back(Heard {
            at,
            from: station,
            signal,
            masked,
        });
        let port = &mut self.ports[usize::from(station)];
        if port.cursor == end {
            port.cursor = end + 1;
        }
    }

    /// What becomes of the frame that `station` is sending; decided at its first flag.
    fn fate(&mut self, station: u8, signal: Signal) -> Fate {
        let wire = self.wire();
        let frame = &mut self.ports[usize::from(station)].frame;
        if let Some(faults) = &mut self.faults
            && signal == Signal::Flag
            && frame.start.is_none()
        {
            frame.fate = if usize::from(station) == wire {
                Fate::Copy
            } else {
                faults.draw()
            };
        }
        frame.fate
    }

    fn assemble(
        &mut self,
        station: u8,
        at: Ticks,
        signal: Signal,
        collided: bool,
        tracer: &mut Tracer,
    ) {
        let frame = &mut self.ports[usize::from(station)].frame;
        match signal {
            Signal::Carrier => {}
            Signal::Byte(byte) => {
                if frame.start.is_some() {
                    frame.bytes.push(byte);
                    frame.collided |= collided;
                }
            }
            Signal::Flag | Signal::Abort | Signal::Idle => {
                let began = Ticks(at.0.saturating_sub(Ticks::BYTE.0));
                let whole = signal == Signal::Flag;
                frame.collided |= collided && whole;
                if !frame.bytes.is_empty() {
                    let fate = frame.fate;
                    let event = std::mem::take(frame).into_event(self.number, station, whole);
                    frame.start = whole.then_some(began);
                    frame.fate = fate;
                    if let LineEvent::Frame {
                        bytes,
                        intact: true,
                        ..
                    } = &event
                        && fate == Fate::Doubled
                        && bytes.get(2).is_some_and(|&kind| kind < 0x80)
                    {
                        self.copies.push_back(bytes.clone());
                    }
                    tracer.emit(at, event);
                } else if whole {
                    frame.start.get_or_insert(began);
                } else {
                    *frame = Assembly::default();
                }
            }
        }
    }

    /// Takes what `station` notices before `upto`, in order of time, as far as it is settled.
    pub fn take(&mut self, station: u8, upto: Ticks) -> Vec<(Ticks, Signal)> {
        let mut taken = Vec::new();
        let port = &mut self.ports[usize::from(station)];
        for heard in self
            .log
            .range((port.cursor - self.base) as usize..)
            .take_while(|heard| heard.at < upto)
        {
            port.cursor += 1;
            let audible = match heard.masked {
                Masked::Nobody => true,
                Masked::By(other) => other == station,
                Masked::Several => false,
            };
            if audible && heard.from != station {
                taken.push((heard.at, heard.signal));
            }
        }
        taken
    }

    /// The latest time of notice that is settled, or zero: whoever took everything before a later time has nothing waiting.
    pub fn latest(&self) -> Ticks {
        self.log.back().map_or(Ticks::ZERO, |heard| heard.at)
    }

    /// When the next settled signal waits for `station` (perhaps one that it will not hear), or [`Ticks::NEVER`].
    pub fn next_for(&self, station: u8) -> Ticks {
        let place = self.ports[usize::from(station)].cursor - self.base;
        self.log
            .get(place as usize)
            .map_or(Ticks::NEVER, |heard| heard.at)
    }
}

impl Assembly {
    fn into_event(self, cable: u8, station: u8, whole: bool) -> LineEvent {
        let Assembly {
            start,
            mut bytes,
            collided,
            fate,
        } = self;
        let fault = match fate {
            Fate::Whole | Fate::Doubled => None,
            Fate::Lost => Some(WireFault::Lost),
            Fate::Damaged(_) => Some(WireFault::Damaged),
            Fate::Copy => Some(WireFault::Copy),
        };
        let spoilt = matches!(fault, Some(WireFault::Lost | WireFault::Damaged));
        let good = Fcs::over(&bytes).is_good();
        bytes.truncate(bytes.len().saturating_sub(2));
        LineEvent::Frame {
            cable,
            station,
            bytes,
            start: start.unwrap_or_default().0,
            intact: whole && good && !collided && !spoilt,
            collided,
            fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llap;
    use trace::{Event, Record};

    fn send(cable: &mut Cable, station: u8, packet: &[u8], start: u64) -> Ticks {
        let (signals, off) = llap::signals(packet, Ticks(start), false);
        signals
            .into_iter()
            .for_each(|(at, signal)| cable.post(station, at, signal));
        off
    }

    fn bytes(heard: &[(Ticks, Signal)]) -> Vec<u8> {
        heard
            .iter()
            .filter_map(|&(_, signal)| {
                if let Signal::Byte(byte) = signal {
                    Some(byte)
                } else {
                    None
                }
            })
            .collect()
    }

    fn frames(tracer: &mut Tracer) -> Vec<(u8, bool, bool)> {
        let frame = |record: Record| match record.event {
            Event::Line(LineEvent::Frame {
                station,
                intact,
                collided,
                ..
            }) => (station, intact, collided),
            other => panic!("{other:?}"),
        };
        tracer.drain().map(frame).collect()
    }

    #[test]
    fn everybody_but_the_sender_hears_a_frame() {
        let (mut cable, mut tracer) = (Cable::new(3), Tracer::new(Record::WORLD));
        send(&mut cable, 1, &[2, 1, llap::RTS], 1000);
        cable.settle(Ticks(1_000_000), &mut tracer);
        let heard = cable.take(0, Ticks::NEVER);
        assert_eq!(heard.first(), Some(&(Ticks(1544), Signal::Carrier)));
        assert_eq!(heard.last().map(|last| last.1), Some(Signal::Idle));
        assert_eq!(bytes(&heard)[..3], [2, 1, llap::RTS]);
        assert_eq!(cable.take(2, Ticks::NEVER), heard);
        assert_eq!(cable.take(1, Ticks::NEVER), []);
        assert_eq!(cable.next_for(0), Ticks::NEVER);
        let record = tracer.drain().next().unwrap();
        let Event::Line(LineEvent::Frame {
            station: 1,
            bytes,
            start: 1000,
            intact: true,
            collided: false,
            cable: 0,
            fault: None,
        }) = record.event
        else {
            panic!("{record:?}")
        };
        assert_eq!(bytes, [2, 1, llap::RTS]);
    }

    #[test]
    fn overlapping_transmissions_damage_each_other() {
        let (mut cable, mut tracer) = (Cable::new(3), Tracer::new(Record::WORLD));
        send(&mut cable, 1, &[2, 1, llap::RTS], 1000);
        send(&mut cable, 2, &[1, 2, llap::RTS], 1100);
        cable.settle(Ticks(1_000_000), &mut tracer);
        assert_eq!(frames(&mut tracer), [(1, false, true), (2, false, true)]);
        // The first one, damaged; of the second only what outlasts the first, which is its end.
        let heard = cable.take(0, Ticks::NEVER);
        assert_eq!(
            bytes(&heard)[1..4],
            [2 ^ DAMAGE, 1 ^ DAMAGE, llap::RTS ^ DAMAGE]
        );
        assert!(!Fcs::over(&bytes(&heard)).is_good());
        assert_eq!(heard.iter().filter(|one| one.1 == Signal::Idle).count(), 1);
        // Each of the two hears the other, damaged by its own sending.
        assert_eq!(
            bytes(&cable.take(2, Ticks::NEVER))[1..4],
            [2 ^ DAMAGE, 1 ^ DAMAGE, llap::RTS ^ DAMAGE]
        );
    }

    #[test]
    fn frames_one_after_the_other_do_not_collide() {
        let (mut cable, mut tracer) = (Cable::new(3), Tracer::new(Record::WORLD));
        let off = send(&mut cable, 1, &[2, 1, llap::RTS], 1000);
        send(&mut cable, 2, &[1, 2, llap::CTS], off.0 + Ticks::BYTE.0);
        cable.settle(Ticks(1_000_000), &mut tracer);
        assert_eq!(frames(&mut tracer), [(1, true, false), (2, true, false)]);
    }

    #[test]
    fn the_order_of_posting_changes_nothing() {
        let run = |order: [u8; 2], quantum: u64| {
            let (mut cable, mut tracer) = (Cable::new(3), Tracer::new(Record::WORLD));
            let mut plans: Vec<VecDeque<(Ticks, Signal)>> = vec![
                llap::signals(&[9, 1, 1, 5, 5, 5, 5], Ticks(1000), true)
                    .0
                    .into(),
                llap::signals(&[9, 2, 1, 6, 6, 6, 6], Ticks(4130), true)
                    .0
                    .into(),
            ];
            let mut heard = Vec::new();
            let mut now = 0;
            while now < 40_000 {
                now += quantum;
                for station in order {
                    let plan = &mut plans[usize::from(station) - 1];
                    // Posted when it begins, as a chip does.
                    while plan
                        .front()
                        .is_some_and(|&(at, _)| at.0 - Signal::NOTICE.0 < now)
                    {
                        let (at, signal) = plan.pop_front().unwrap();
                        cable.post(station, at, signal);
                    }
                }
                cable.settle(Ticks(now), &mut tracer);
                heard.extend(cable.take(0, Ticks(now) + Signal::NOTICE));
            }
            (heard, tracer.drain().collect::<Vec<_>>())
        };
        let reference = run([1, 2], 544);
        assert!(
            reference
                .1
                .iter()
                .any(|record| format!("{record:?}").contains("collided: true"))
        );
        assert_eq!(run([2, 1], 544), reference);
        assert_eq!(run([2, 1], 1), reference);
        assert_eq!(run([1, 2], 100), reference);
    }

    #[test]
    #[should_panic(expected = "settled")]
    fn posting_into_the_settled_past_is_a_defect() {
        let mut cable = Cable::new(2);
        cable.settle(Ticks(1000), &mut Tracer::default());
        cable.post(0, Ticks(1543), Signal::Carrier);
    }
}

//! TransmitLinkMgmt, ReceiveLinkMgmt and ReceiveFrame of appendix B written a second time, as the book prints them: one thing after the other, waiting where it waits. They are
//! compared with the state machine over random contention patterns.
//!
//! A node's procedures are given what it heard in a run of all nodes, and must send what it sent. When every node's do, the whole run is one
//! that the procedures would have made: what a node hears is only what the others sent before.

use super::*;
use std::collections::VecDeque;

/// A transmission: when the driver goes on, the packet, and whether the synchronisation pulse is before it.
type Sent = (u64, Vec<u8>, bool);

/// What a wait ended with.
enum Wait {
    Timeout,
    Signal(Signal),
    /// A good frame for this node.
    Frame(Packet),
}

/// The global variables of the model, and what the hardware knows.
struct Node {
    me: u8,
    now: u64,
    heard: VecDeque<(Ticks, Signal)>,
    carrier: bool,
    quiet_since: u64,
    /// Bytes since a flag.
    incoming: Option<Vec<u8>>,
    backoff: u64,
    defer_history: [bool; 8],
    collision_history: [bool; 8],
    random: Stream,
    sent: Vec<Sent>,
    received: Vec<Vec<u8>>,
    gave_up: usize,
}

const GAP: u64 = FRAME_GAP.0;
const BYTE_TIMEOUT: Ticks = Ticks::from_micros(39 * 3 / 2);

impl Node {
    fn hear(&mut self, at: u64, signal: Signal) -> Option<Packet> {
        self.now = self.now.max(at);
        self.carrier = signal != Signal::Idle;
        match signal {
            Signal::Carrier => None,
            Signal::Byte(byte) => {
                self.incoming.iter_mut().for_each(|bytes| bytes.push(byte));
                None
            }
            Signal::Flag => {
                let mut bytes = self.incoming.replace(Vec::new())?;
                if !crate::Fcs::over(&bytes).is_good() || bytes.len() < 5 {
                    return None;
                }
                bytes.truncate(bytes.len() - 2);
                let mine = bytes[0] == self.me || bytes[0] == BROADCAST;
                Packet::decode(&bytes).ok().filter(|_| mine)
            }
            Signal::Abort => {
                self.incoming = None;
                None
            }
            Signal::Idle => {
                self.incoming = None;
                self.quiet_since = at - Signal::NOTICE.0;
                None
            }
        }
    }

    /// Waits for the next thing on the line, until `timer` at the latest.
    fn listen(&mut self, timer: u64) -> Wait {
        match self.heard.front() {
            Some(&(at, signal)) if at.0 <= timer => {
                self.heard.pop_front();
                self.hear(at.0, signal)
                    .map_or(Wait::Signal(signal), Wait::Frame)
            }
            _ => {
                self.now = timer;
                Wait::Timeout
            }
        }
    }

    /// RxCharAvail: the receiver's address filter has let the frame in.
    fn takes_bytes(&self) -> bool {
        let first = self.incoming.as_ref().and_then(|bytes| bytes.first());
        first.is_some_and(|&to| to == self.me || to == BROADCAST)
    }

    /// TransmitFrame: the receiver is off meanwhile.
    fn transmit_frame(&mut self, packet: Vec<u8>, pulse: bool) {
        let end = llap::signals(&packet, Ticks(self.now), pulse).1.0;
        self.sent.push((self.now, packet, pulse));
        while let Some(&(at, signal)) = self.heard.front()
            && at.0 <= end
        {
            self.heard.pop_front();
            self.hear(at.0, signal);
        }
        self.incoming = None;
        self.now = end;
    }

    /// The pause between two frames of a dialog: until the line has been quiet for the turn-around time. False when it is not quiet then.
    fn turn_around(&mut self) -> Result<bool, Packet> {
        let mut timer = self.now + GAP;
        loop {
            match self.listen(timer) {
                Wait::Timeout => return Ok(!self.carrier),
                Wait::Signal(Signal::Idle) => {
                    timer = self.now.max(self.quiet_since + TURNAROUND.0);
                }
                Wait::Signal(_) => {}
                Wait::Frame(packet) if is_stray(&packet) => {}
                Wait::Frame(packet) => return Err(packet),
            }
        }
    }

    /// ReceiveLinkMgmt, from a frame that is in.
    fn receive_link_management(&mut self, packet: Packet) {
        let mut frame = packet;
        loop {
            let to_all = frame.destination == BROADCAST;
            let answer = match frame.kind {
                llap::ENQ => llap::ACK,
                llap::RTS => llap::CTS,
                _ => {
                    self.received.push(frame.encode());
                    return;
                }
            };
            let mut timer = self.now + GAP * 3;
            if !to_all {
                match self.turn_around() {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(packet) => {
                        frame = packet;
                        continue;
                    }
                }
                self.transmit_frame(vec![frame.source, self.me, answer], false);
                if answer == llap::ACK {
                    return;
                }
                timer = self.now + GAP * 2;
            }
            // ReceiveFrame for the data.
            frame = loop {
                match self.listen(timer) {
                    Wait::Timeout => return,
                    Wait::Signal(Signal::Byte(_)) if self.takes_bytes() => {
                        timer = timer.max(self.now + BYTE_TIMEOUT.0);
                    }
                    Wait::Signal(_) => {}
                    Wait::Frame(packet) if is_stray(&packet) => {}
                    Wait::Frame(packet) => break packet,
                }
            };
        }
    }

    /// Waits for the minimum inter-dialog gap.
    fn wait_for_gap(&mut self, local: &mut u64) {
        'line: loop {
            let mut timer = self.now + DIALOG_GAP.0;
            if self.carrier {
                *local = (*local).max(2);
                self.defer_history[0] = true;
                let watchdog = self.now + WATCHDOG.0;
                loop {
                    match self.listen(watchdog) {
                        Wait::Timeout => {
                            self.carrier = false;
                            continue 'line;
                        }
                        Wait::Signal(Signal::Idle) => break,
                        Wait::Signal(_) => {}
                        Wait::Frame(packet) if is_stray(&packet) => {}
                        Wait::Frame(packet) => {
                            self.receive_link_management(packet);
                            continue 'line;
                        }
                    }
                }
                timer = self.now.max(self.quiet_since + DIALOG_GAP.0);
            }
            loop {
                match self.listen(timer) {
                    Wait::Timeout => return,
                    Wait::Signal(Signal::Idle) => {}
                    _ => continue 'line,
                }
            }
        }
    }

    /// Adjusts the global backoff and shifts the histories.
    fn adjust_backoff(&mut self) {
        let count = |history: &[bool; 8]| history.iter().filter(|&&bit| bit).count();
        if count(&self.collision_history) > 2 {
            self.backoff = (self.backoff * 2).clamp(2, 16);
            self.collision_history = [false; 8];
        } else if count(&self.defer_history) < 2 {
            self.backoff /= 2;
            self.defer_history = [true; 8];
        }
        for i in (1..8).rev() {
            self.collision_history[i] = self.collision_history[i - 1];
            self.defer_history[i] = self.defer_history[i - 1];
        }
        self.collision_history[0] = false;
        self.defer_history[0] = false;
    }

    fn transmit_link_management(&mut self, packet: &[u8]) {
        let broadcast = packet[0] == BROADCAST;
        self.adjust_backoff();
        let (mut defer_tries, mut collision_tries, mut local) = (0, 0, self.backoff);
        'main: loop {
            self.wait_for_gap(&mut local);
            let timer = self.now + self.random.below(local) * llap::SLOT.0;
            let busy = loop {
                match self.listen(timer) {
                    Wait::Timeout => break false,
                    Wait::Signal(Signal::Idle) => {}
                    _ => break true,
                }
            };
            if busy {
                local = local.max(2);
                self.defer_history[0] = true;
                if defer_tries == 32 {
                    self.gave_up += 1;
                    return;
                }
                defer_tries += 1;
                continue;
            }
            self.transmit_frame(vec![packet[0], self.me, llap::RTS], true);
            let clear = if broadcast {
                !self.carrier && !self.carrier_within(GAP)
            } else if self.receive_cts(packet[0]) {
                match self.turn_around() {
                    Ok(quiet) => quiet,
                    Err(packet) => {
                        self.receive_link_management(packet);
                        continue 'main;
                    }
                }
            } else {
                false
            };
            if clear {
                self.transmit_frame(packet.to_vec(), false);
                return;
            }
            self.collision_history[0] = true;
            if collision_tries == 32 {
                self.gave_up += 1;
                return;
            }
            local = (local * 2).clamp(2, 16);
            collision_tries += 1;
        }
    }

    fn carrier_within(&mut self, time: u64) -> bool {
        let timer = self.now + time;
        loop {
            match self.listen(timer) {
                Wait::Timeout => return false,
                Wait::Signal(Signal::Idle) => {}
                _ => return true,
            }
        }
    }

    /// ReceiveFrame after an RTS: whether the CTS came.
    fn receive_cts(&mut self, from: u8) -> bool {
        if !self.carrier && !self.carrier_within(GAP) {
            return false;
        }
        let mut timer = self.now + GAP;
        loop {
            match self.listen(timer) {
                Wait::Timeout => return false,
                Wait::Signal(Signal::Byte(_)) if self.takes_bytes() => {
                    timer = self.now + BYTE_TIMEOUT.0;
                }
                Wait::Signal(_) => {}
                Wait::Frame(packet) if packet.is_control() => {
                    return packet.kind == llap::CTS && packet.source == from;
                }
                Wait::Frame(packet) => {
                    self.received.push(packet.encode());
                    return false;
                }
            }
        }
    }

    /// Packets with the times at which they are handed over.
    fn run(&mut self, packets: &[(u64, Vec<u8>)]) {
        for (arrival, packet) in packets {
            while self.now < *arrival {
                if let Wait::Frame(packet) = self.listen(*arrival - 1)
                    && !is_stray(&packet)
                {
                    self.receive_link_management(packet);
                } else if self.now == *arrival - 1 {
                    self.now = *arrival;
                }
            }
            self.transmit_link_management(packet);
        }
        while let Some(&(at, _)) = self.heard.front() {
            if let Wait::Frame(packet) = self.listen(at.0)
                && !is_stray(&packet)
            {
                self.receive_link_management(packet);
            }
        }
    }
}

/// An answer that nobody waits for. The model takes it for another node with this address; here it is ignored.
fn is_stray(packet: &Packet) -> bool {
    matches!(packet.kind, llap::ACK | llap::CTS)
        || packet.kind == llap::ENQ && packet.destination == BROADCAST
}

/// What the state machines did.
struct Run {
    /// The transmissions of each station.
    sent: Vec<Vec<Sent>>,
    /// The packets that each received.
    received: Vec<Vec<Vec<u8>>>,
    gave_up: usize,
}

/// Who wants to send what, and when.
struct Pattern {
    seed: u64,
    /// For each station its packets, by time of arrival.
    packets: Vec<Vec<(u64, Vec<u8>)>>,
    /// When one more station is nothing but a carrier.
    noise: Vec<(u64, u64)>,
}

impl Pattern {
    fn address(station: usize) -> u8 {
        station as u8 * 3 + 1
    }

    fn random(&self, station: usize) -> Stream {
        Stream::new(self.seed, &format!("station {station}"))
    }

    /// 2 to 32 stations, most with one packet, some with two, all within a time that makes the load light or hopeless.
    fn new(seed: u64) -> Pattern {
        let mut draw = Stream::new(seed, "pattern");
        // More small ones than large ones, which take the square of their number.
        let most = 1 + draw.below(31);
        let stations = 2 + draw.below(most) as usize;
        let spread = 4_000 << draw.below(9);
        let packets = (0..stations).map(|station| {
            let mut packets: Vec<(u64, Vec<u8>)> = (0..1 + draw.below(5) / 4)
                .map(|_| {
                    let to = match draw.below(24) {
                        0 | 1 => BROADCAST,
                        2 => 200,
                        _ => Pattern::address(draw.below(stations as u64) as usize),
                    };
                    let most = 1 << draw.below(7);
                    let length = draw.below(most);
                    let data: Vec<u8> = (0..length).map(|_| draw.bits() as u8).collect();
                    let packet = [to, Pattern::address(station), llap::SHORT_DDP];
                    (
                        1 + draw.below(spread),
                        packet.into_iter().chain(data).collect(),
                    )
                })
                .collect();
            packets.sort_by_key(|packet| packet.0);
            packets.dedup_by_key(|packet| packet.0);
            packets
        });
        let packets = packets.collect();
        let mut noise = Vec::new();
        if draw.below(4) == 0 {
            let mut at = 0;
            for _ in 0..20 {
                at += 2000 + draw.below(spread);
                let length = 1000 + draw.below(30_000);
                noise.push((at, at + length));
                at += length;
            }
        }
        Pattern {
            seed,
            packets,
            noise,
        }
    }

    /// The cable with the noise on it.
    fn cable(&self) -> Cable {
        let number = self.packets.len() as u8;
        let mut cable = Cable::new(number + 1);
        for &(on, off) in &self.noise {
            cable.post(number, Ticks(on) + Signal::NOTICE, Signal::Carrier);
            cable.post(number, Ticks(off) + Signal::NOTICE, Signal::Idle);
        }
        cable
    }

    /// What the state machines do with it.
    fn run(&self) -> Run {
        let count = self.packets.len();
        let mut cable = self.cable();
        let mut tracer = Tracer::new(Record::WORLD);
        let station = |n| Station::with_address(n as u8, Pattern::address(n), self.random(n));
        let mut stations: Vec<Station> = (0..count).map(station).collect();
        let mut arrivals: Vec<(u64, usize, &[u8])> = (0..count)
            .flat_map(|n| self.packets[n].iter().map(move |(at, p)| (*at, n, &p[..])))
            .collect();
        arrivals.sort_unstable();
        let mut arrivals = arrivals.into_iter().peekable();
        let mut now = Ticks::ZERO;
        loop {
            while let Some(&(at, n, packet)) = arrivals.peek()
                && at <= now.0
            {
                assert!(stations[n].send(now, packet[0], packet[2], packet[3..].to_vec()));
                arrivals.next();
            }
            let arrival = arrivals.peek().map_or(Ticks::NEVER, |one| Ticks(one.0));
            let due = (0..count).map(|n| stations[n].next_event().min(cable.next_for(n as u8)));
            let due = due.min().unwrap_or(Ticks::NEVER).min(cable.next_notice());
            if due.min(arrival) == Ticks::NEVER {
                break;
            }
            // Nothing is sent before this, so what is noticed within another NOTICE is settled already.
            let quiet = due.min(arrival).max(now);
            cable.settle(quiet, &mut tracer);
            now = arrival.min(quiet + Signal::NOTICE);
            for station in &mut stations {
                station.advance(now, &mut cable, &mut tracer);
            }
        }
        let mut sent = vec![Vec::new(); count];
        let mut gave_up = 0;
        for record in tracer.drain() {
            match record.event {
                trace::Event::Line(LineEvent::Frame {
                    station,
                    bytes,
                    start,
                    ..
                }) => {
                    let pulse = bytes[2] == llap::RTS;
                    let lead = pulse_time(&bytes, pulse);
                    sent[usize::from(station)].push((start - lead, bytes, pulse));
                }
                trace::Event::Line(LineEvent::GaveUp { .. }) => gave_up += 1,
                other => panic!("{other:?}"),
            }
        }
        let received =
            |station: &mut Station| station.received().map(|one| one.1.encode()).collect();
        Run {
            sent,
            received: stations.iter_mut().map(received).collect(),
            gave_up,
        }
    }

    /// Compares with the procedures; gives the number of transmissions and of failed packets.
    fn check(&self) -> (usize, usize) {
        let Run {
            sent,
            received,
            gave_up,
        } = self.run();
        let count = self.packets.len();
        let mut cable = self.cable();
        for (number, sent) in sent.iter().enumerate() {
            for (start, packet, pulse) in sent {
                for (at, signal) in llap::signals(packet, Ticks(*start), *pulse).0 {
                    cable.post(number as u8, at, signal);
                }
            }
        }
        let end = sent.iter().flatten().map(|one| one.0).max().unwrap_or(0);
        cable.settle(
            Ticks(end + Ticks::PER_SECOND),
            &mut Tracer::new(Record::WORLD),
        );
        let mut failed = 0;
        for number in 0..count {
            let mut node = Node {
                me: Pattern::address(number),
                now: 0,
                heard: cable.take(number as u8, Ticks::NEVER).into(),
                carrier: false,
                quiet_since: 0,
                incoming: None,
                backoff: 0,
                defer_history: [false; 8],
                collision_history: [false; 8],
                random: self.random(number),
                sent: Vec::new(),
                received: Vec::new(),
                gave_up: 0,
            };
            node.run(&self.packets[number]);
            assert_eq!(
                node.sent, sent[number],
                "pattern {}, station {number}",
                self.seed
            );
            assert_eq!(
                node.received, received[number],
                "pattern {}, station {number}",
                self.seed
            );
            failed += node.gave_up;
        }
        assert_eq!(failed, gave_up, "pattern {}", self.seed);
        (sent.iter().map(Vec::len).sum(), failed)
    }
}

/// From the driver's going on to the first flag.
fn pulse_time(packet: &[u8], pulse: bool) -> u64 {
    llap::signals(packet, Ticks::ZERO, pulse).1.0 - llap::duration(packet).0
}

#[test]
fn ten_thousand_contention_patterns_go_as_the_printed_procedures_say() {
    const PATTERNS: u64 = 10_000;
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let (mut frames, mut failed) = (0, 0);
    std::thread::scope(|scope| {
        let part = |first| {
            move || {
                let patterns = (first..PATTERNS).step_by(threads as usize);
                patterns
                    .map(|seed| Pattern::new(seed).check())
                    .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
            }
        };
        let parts: Vec<_> = (0..threads).map(|first| scope.spawn(part(first))).collect();
        for part in parts {
            let (more, lost) = part.join().expect("a pattern differs");
            frames += more;
            failed += lost;
        }
    });
    // The patterns are no idle lines: there are many retries, and some packets fail.
    assert!(
        frames > 500_000 && failed > 1000,
        "{frames} frames, {failed} failures"
    );
}

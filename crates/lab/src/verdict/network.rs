use appletalk::atp::{self, Function};
use appletalk::{Address, Datagram, ddp};
use clock::Ticks;
use localtalk::llap::{self, Packet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use trace::{ChipEvent, Event, LineEvent, Record};

/// How well one machine kept LocalTalk's deadlines and ATP's, as seen on the cable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Frames it sent.
    pub sent: u64,
    /// Of these, frames that another transmission overlapped.
    pub collisions: u64,
    /// Request-to-send frames that reached its address undamaged.
    pub asked: u64,
    /// Of these, requests that no clear-to-send followed: it missed the inter-frame gap of 200 us, or was not listening.
    pub no_cts: u64,
    /// Times its SCC's receiver overran: nobody read a byte for 104 us.
    pub overruns: u64,
    /// ATP requests to it that were repeated.
    pub retries: u64,
    /// Exactly-once answers of it that nobody released within the release timer's time.
    pub release_timeouts: u64,
}

/// A transaction that some node has asked a machine for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Transaction {
    seen: Ticks,
    /// When the release timer of a given answer runs out.
    expires: Option<Ticks>,
    release_time: Ticks,
    exactly_once: bool,
}

/// Transactions that are remembered; a station that repeats an older one begins another.
const REMEMBERED: usize = 1024;
/// No requester of this project repeats a request after so long.
const FORGOTTEN: Ticks = Ticks(600 * Ticks::PER_SECOND);

/// The machines' part in the traffic on the cables.
///
/// Stations 0, 1, .. of the world are the machines in the scenario's order; their node addresses are learnt from the frames they send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkWatch {
    figures: Vec<Figures>,
    /// Machine by cable and node address.
    addresses: BTreeMap<(u8, u8), usize>,
    /// For each cable the request to send that the next frame must answer: who asked, and which machine.
    asking: BTreeMap<u8, (u8, u8)>,
    transactions: BTreeMap<(usize, Address, u16), Transaction>,
}

impl NetworkWatch {
    /// Watches the first `machines` stations.
    pub fn new(machines: usize) -> NetworkWatch {
        NetworkWatch {
            figures: vec![Figures::default(); machines],
            ..NetworkWatch::default()
        }
    }

    /// Takes note of a record.
    pub fn see(&mut self, record: &Record) {
        match &record.event {
            Event::Chip(ChipEvent::SccOverrun { .. }) => {
                if let Some(figures) = self.figures.get_mut(usize::from(record.machine)) {
                    figures.overruns += 1;
                }
            }
            Event::Line(LineEvent::Frame {
                cable,
                station,
                bytes,
                intact,
                collided,
                ..
            }) => {
                if let Some(figures) = self.figures.get_mut(usize::from(*station)) {
                    figures.sent += 1;
                    figures.collisions += u64::from(*collided);
                }
                match Packet::decode(bytes) {
                    Ok(packet) if *intact => {
                        self.frame(record.at, *cable, usize::from(*station), &packet);
                    }
                    _ => self.unanswered(*cable),
                }
            }
            _ => {}
        }
    }

    /// The figures of every machine at `now`, the end of the run.
    pub fn figures(&self, now: Ticks) -> Vec<Figures> {
        let mut figures = self.figures.clone();
        for ((machine, ..), transaction) in &self.transactions {
            figures[*machine].release_timeouts += u64::from(transaction.has_expired(now));
        }
        figures
    }

    fn frame(&mut self, at: Ticks, cable: u8, station: usize, packet: &Packet) {
        let answers = self.asking.get(&cable) == Some(&(packet.destination, packet.source));
        if packet.kind == llap::CTS && answers {
            self.asking.remove(&cable);
        }
        self.unanswered(cable);
        if station < self.figures.len() && packet.kind != llap::ENQ {
            self.addresses.insert((cable, packet.source), station);
        }
        match packet.kind {
            llap::RTS => {
                if let Some(&machine) = self.addresses.get(&(cable, packet.destination)) {
                    self.figures[machine].asked += 1;
                    self.asking
                        .insert(cable, (packet.source, packet.destination));
                }
            }
            llap::SHORT_DDP | llap::LONG_DDP => {
                if let Ok(datagram) = Datagram::decode(packet)
                    && datagram.kind == ddp::ATP
                {
                    self.transaction(at, cable, packet, &datagram);
                }
            }
            _ => {}
        }
    }

    /// Another frame than the clear-to-send has come, or a damaged one.
    fn unanswered(&mut self, cable: u8) {
        if let Some((_, asked)) = self.asking.remove(&cable)
            && let Some(&machine) = self.addresses.get(&(cable, asked))
        {
            self.figures[machine].no_cts += 1;
        }
    }

    /// `link` carries the datagram on this cable, from or to the responder or, with a long header, a router.
    fn transaction(&mut self, at: Ticks, cable: u8, link: &Packet, datagram: &Datagram) {
        let Ok(packet) = atp::Packet::decode(&datagram.data) else {
            return;
        };
        let (requester, responder, end) = match packet.function {
            Function::Response { .. } => (datagram.destination, datagram.source, link.source),
            _ => (datagram.source, datagram.destination, link.destination),
        };
        let Some(&machine) = self
            .addresses
            .get(&(cable, responder.node))
            .filter(|_| end == responder.node)
        else {
            return;
        };
        let key = (machine, requester, packet.transaction);
        match packet.function {
            Function::Request {
                exactly_once,
                release_timer,
                ..
            } => {
                let known = self.transactions.get_mut(&key);
                if let Some(old) = known.filter(|old| !old.has_expired(at)) {
                    old.seen = at;
                    self.figures[machine].retries += 1;
                    return;
                }
                let transaction = Transaction {
                    seen: at,
                    expires: None,
                    release_time: atp::release_time(release_timer),
                    exactly_once,
                };
                let replaced = self.transactions.insert(key, transaction);
                self.figures[machine].release_timeouts += u64::from(replaced.is_some());
                self.forget(at);
            }
            Function::Response { end, .. } => {
                let Some(transaction) = self.transactions.get_mut(&key) else {
                    return;
                };
                if transaction.exactly_once {
                    transaction.expires = Some(at + transaction.release_time);
                } else if end {
                    self.transactions.remove(&key);
                }
            }
            Function::Release => {
                self.transactions.remove(&key);
            }
        }
    }

    fn forget(&mut self, now: Ticks) {
        if self.transactions.len() <= REMEMBERED {
            return;
        }
        let figures = &mut self.figures;
        self.transactions.retain(|(machine, ..), transaction| {
            let expired = transaction.has_expired(now);
            figures[*machine].release_timeouts += u64::from(expired);
            !expired && now.since(transaction.seen) < FORGOTTEN
        });
    }
}

impl Transaction {
    fn has_expired(&self, now: Ticks) -> bool {
        self.expires.is_some_and(|expires| expires < now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seconds: u64, station: u8, bytes: &[u8]) -> Record {
        let event = LineEvent::Frame {
            station,
            bytes: bytes.to_vec(),
            start: 0,
            intact: true,
            collided: false,
            cable: 0,
            fault: None,
        };
        Record {
            at: Ticks::from_secs(seconds),
            machine: Record::WORLD,
            event: event.into(),
        }
    }

    fn atp(to: u8, from: u8, header: [u8; 4]) -> Vec<u8> {
        let sockets = if header[0] >> 6 == 2 {
            [200, 100]
        } else {
            [100, 200]
        };
        let mut bytes = vec![
            to,
            from,
            llap::SHORT_DDP,
            0,
            13,
            sockets[0],
            sockets[1],
            ddp::ATP,
        ];
        bytes.extend(header);
        bytes.extend([0; 4]);
        bytes
    }

    const SERVER: u8 = 130;
    const CLIENT: u8 = 9;

    #[test]
    fn a_request_to_send_without_clear_to_send_is_a_missed_deadline() {
        let mut watch = NetworkWatch::new(1);
        for record in [
            frame(1, 0, &[CLIENT, SERVER, llap::RTS]),
            frame(2, 3, &[SERVER, CLIENT, llap::RTS]),
            frame(2, 0, &[CLIENT, SERVER, llap::CTS]),
            frame(3, 3, &[SERVER, CLIENT, llap::RTS]),
            frame(3, 3, &[SERVER, CLIENT, llap::RTS]),
            frame(3, 0, &[CLIENT, SERVER, llap::CTS]),
        ] {
            watch.see(&record);
        }
        let figures = watch.figures(Ticks::from_secs(4))[0];
        assert_eq!((figures.asked, figures.no_cts, figures.sent), (3, 1, 3));
    }

    #[test]
    fn repeated_requests_and_answers_nobody_releases_are_counted() {
        let mut watch = NetworkWatch::new(1);
        let request = atp(SERVER, CLIENT, [0x60, 1, 0, 7]);
        let answer = atp(CLIENT, SERVER, [0x90, 0, 0, 7]);
        for record in [
            frame(1, 0, &[CLIENT, SERVER, llap::RTS]),
            frame(2, 3, &request),
            frame(4, 3, &request),
            frame(4, 0, &answer),
        ] {
            watch.see(&record);
        }
        let at = |watch: &NetworkWatch, seconds| watch.figures(Ticks::from_secs(seconds))[0];
        assert_eq!(
            (at(&watch, 33).retries, at(&watch, 33).release_timeouts),
            (1, 0)
        );
        assert_eq!(at(&watch, 35).release_timeouts, 1);
        watch.see(&frame(20, 3, &atp(SERVER, CLIENT, [0xC0, 0, 0, 7])));
        assert_eq!(at(&watch, 35).release_timeouts, 0);
    }
}

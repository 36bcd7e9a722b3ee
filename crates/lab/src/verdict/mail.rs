use appletalk::atp::{self, Function};
use appletalk::mail_client::protocol;
use appletalk::{Datagram, ddp};
use clock::Ticks;
use localtalk::llap::Packet;
use serde::{Deserialize, Serialize};
use trace::{Event, LineEvent, Record};

/// What the mail clients experienced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailWatch {
    /// Requests begun.
    pub sent: u64,
    /// Requests the server answered, whether it granted or refused them.
    pub answered: u64,
    /// Requests given up.
    pub timed_out: u64,
    last_answer: Option<Ticks>,
    answers: Vec<Ticks>,
    last_answer_kind: String,
    waiting_since: Option<Ticks>,
    waiting_for: String,
    emulated: Vec<Emulated>,
}

/// That the name is known proves that the drivers live, not that the server does.
fn is_served(request: &str) -> bool {
    request != "lookup"
}

/// A mail client on an emulated Macintosh, of which the cable shows what it asks and what it is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Emulated {
    /// Number of its station on the cable, and its node address once it has sent something.
    station: u8,
    node: Option<u8>,
    /// The transaction that waits for its answer, and the last one that got it.
    asked: Option<u16>,
    answered: Option<u16>,
}

impl MailWatch {
    /// Watches the host-side clients, and the mail programs of the Macintoshes at these stations.
    pub fn new(stations: impl Iterator<Item = u8>) -> MailWatch {
        let emulated = stations.map(|station| Emulated {
            station,
            ..Emulated::default()
        });
        MailWatch {
            emulated: emulated.collect(),
            ..MailWatch::default()
        }
    }

    /// Takes note of a record.
    pub fn see(&mut self, record: &Record) {
        match &record.event {
            Event::Line(LineEvent::Client {
                request, outcome, ..
            }) => match outcome.as_str() {
                "sent" => self.sent(record.at, request),
                "timed-out" => self.timed_out += u64::from(is_served(request)),
                _ => self.answered(record.at, request),
            },
            Event::Line(LineEvent::Frame {
                station,
                bytes,
                intact: true,
                ..
            }) if !self.emulated.is_empty() => self.frame(record.at, *station, bytes),
            _ => {}
        }
    }

    fn sent(&mut self, at: Ticks, request: &str) {
        self.sent += u64::from(is_served(request));
        if self.waiting_since.is_none() {
            self.waiting_since = Some(at);
            self.waiting_for = request.into();
        }
    }

    fn answered(&mut self, at: Ticks, request: &str) {
        if !is_served(request) {
            return;
        }
        self.answered += 1;
        self.answers.push(at);
        self.last_answer = Some(at);
        self.last_answer_kind = request.into();
        self.waiting_since = None;
    }

    /// An exactly-once request with an opcode of the mail protocol is a mail program's; a repetition has the same transaction number.
    fn frame(&mut self, at: Ticks, station: u8, bytes: &[u8]) {
        let datagram = Packet::decode(bytes).map(|packet| Datagram::decode(&packet));
        let Ok(Ok(datagram)) = datagram else { return };
        let packet = match atp::Packet::decode(&datagram.data) {
            Ok(packet) if datagram.kind == ddp::ATP => packet,
            _ => return,
        };
        let number = packet.transaction;
        match packet.function {
            Function::Request {
                exactly_once: true, ..
            } => {
                let request = protocol::name(packet.user[0]);
                let mut clients = self.emulated.iter_mut();
                let Some(client) = clients.find(|client| client.station == station) else {
                    return;
                };
                client.node = Some(datagram.source.node);
                let repeated = [client.asked, client.answered].contains(&Some(number));
                if request == protocol::UNKNOWN || repeated {
                    return;
                }
                let given_up = client.asked.replace(number).is_some();
                self.timed_out += u64::from(given_up);
                self.sent(at, request);
            }
            Function::Response { .. } => {
                let to = Some(datagram.destination.node);
                let mut clients = self.emulated.iter_mut();
                let asked =
                    |client: &&mut Emulated| client.node == to && client.asked == Some(number);
                let Some(client) = clients.find(asked) else {
                    return;
                };
                client.answered = client.asked.take();
                self.answered(at, "request of a Macintosh");
            }
            _ => {}
        }
    }

    /// Answers that came from `from` on and before `to`.
    pub fn answers_between(&self, from: Ticks, to: Ticks) -> usize {
        self.answers
            .iter()
            .filter(|at| (from..to).contains(at))
            .count()
    }

    /// When the last answer came.
    pub fn last_answer(&self) -> Option<Ticks> {
        self.last_answer
    }

    /// When the wait began that no answer has ended yet.
    pub fn waiting_since(&self) -> Option<Ticks> {
        self.waiting_since
    }

    /// What the clients saw, in words.
    pub fn evidence(&self) -> String {
        let counts = format!(
            "{} requests, {} answered, {} given up",
            self.sent, self.answered, self.timed_out
        );
        match (self.last_answer, self.waiting_since) {
            (Some(answer), Some(waiting)) => format!(
                "the clients' last answer (to {}) came at {answer}; since a {} at {waiting} the server answers nobody ({counts})",
                self.last_answer_kind, self.waiting_for
            ),
            (None, Some(waiting)) => {
                format!("no client ever got an answer; the first asked at {waiting} ({counts})")
            }
            _ => counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: u64, request: &str, outcome: &str) -> Record {
        let event = LineEvent::Client {
            station: 1,
            request: request.into(),
            outcome: outcome.into(),
            ticks: 0,
        };
        Record {
            at: Ticks(at),
            machine: Record::WORLD,
            event: event.into(),
        }
    }

    #[test]
    fn silence_begins_with_the_first_request_after_the_last_answer() {
        let mut watch = MailWatch::default();
        for record in [
            event(1, "lookup", "sent"),
            event(2, "lookup", "answered"),
            event(10, "send", "sent"),
            event(11, "list", "sent"),
            event(12, "send", "answered"),
        ] {
            watch.see(&record);
        }
        assert_eq!(watch.waiting_since(), None);
        watch.see(&event(20, "fetch", "sent"));
        watch.see(&event(30, "fetch", "timed-out"));
        watch.see(&event(31, "send", "sent"));
        assert_eq!(
            (watch.waiting_since(), watch.last_answer()),
            (Some(Ticks(20)), Some(Ticks(12)))
        );
        assert_eq!((watch.sent, watch.answered, watch.timed_out), (4, 1, 1));
    }
}

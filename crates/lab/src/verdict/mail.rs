use clock::Ticks;
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
}

impl MailWatch {
    /// Takes note of a record.
    pub fn see(&mut self, record: &Record) {
        let Event::Line(LineEvent::Client {
            request, outcome, ..
        }) = &record.event
        else {
            return;
        };
        // That the name is known proves that the drivers live, not that the server does.
        let served = request != "lookup";
        match outcome.as_str() {
            "sent" => {
                self.sent += u64::from(served);
                if self.waiting_since.is_none() {
                    self.waiting_since = Some(record.at);
                    self.waiting_for.clone_from(request);
                }
            }
            "timed-out" => self.timed_out += u64::from(served),
            _ if !served => {}
            _ => {
                self.answered += 1;
                self.answers.push(record.at);
                self.last_answer = Some(record.at);
                self.last_answer_kind.clone_from(request);
                self.waiting_since = None;
            }
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

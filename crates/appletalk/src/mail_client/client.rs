//! One client: finds the server, signs on, and goes about its mail.

use super::protocol::{
    self, Answer, Command, Entry, MAX_BODY, MAX_FETCH, PART, RECORD_HEADER, SignedOn, result,
};
use super::{Ledger, Load, Message, ledger::body};
use crate::atp::{Done, Request, Requester};
use crate::nbp::{Entity, Lookup, Progress};
use crate::{Address, Node};
use clock::{Stream, Ticks};
use localtalk::{Cable, Station};
use serde::{Deserialize, Serialize};
use trace::{LineEvent, Tracer};

/// Socket for replies to lookups.
const NBP_SOCKET: u8 = 129;
/// Socket of the transactions.
const ATP_SOCKET: u8 = 130;
/// Interval and number of lookups: assumed.
const LOOKUP: (Ticks, u32) = (Ticks::from_secs(1), 4);
/// In a hundred actions: messages sent, lists, fetches; the rest are deletions. As many messages go as come. Assumed.
const MIX: (u64, u64, u64) = (40, 20, 20);
/// Entries asked for in one list.
const LIST_LIMIT: u16 = 50;

/// What a client has undertaken. It stays until it is finished or refused, across time-outs and new sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Task {
    Send {
        number: u32,
        recipient: Vec<u8>,
        length: u16,
        offset: u16,
    },
    List,
    Fetch {
        entry: Entry,
        record: Vec<u8>,
    },
    Delete {
        entry: Entry,
    },
}

/// What the client waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Waiting {
    /// For `next`: the next action, or the repetition of what timed out.
    Nothing,
    Names {
        lookup: Lookup,
        since: Ticks,
    },
    Answer {
        command: Command,
        transaction: u16,
        since: Ticks,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    id: u8,
    /// Sequence number of the next new request.
    sequence: u16,
}

/// A mail client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    node: Node,
    /// Number of its cable.
    pub(super) cable: usize,
    load: Load,
    random: Stream,
    /// Names of all users; this one's is at `own`.
    users: Vec<Vec<u8>>,
    own: usize,
    origin: u32,
    nonce: u32,
    requester: Requester,
    server: Option<Address>,
    session: Option<Session>,
    waiting: Waiting,
    task: Option<Task>,
    next: Ticks,
    /// When the next action may begin.
    arrival: Ticks,
    messages: u32,
    lookups: u8,
    /// Listed and not fetched; fetched and not deleted.
    unread: Vec<Entry>,
    read: Vec<Entry>,
    last_listed: u32,
}

impl Client {
    /// Client `number` of those with these names.
    pub(super) fn new(
        station: Station,
        number: u8,
        users: Vec<Vec<u8>>,
        load: Load,
        mut random: Stream,
    ) -> Client {
        let node = Node::new(station);
        let next = load.start + random.ticks_below(load.interval);
        let requester = Requester::new(node.socket(ATP_SOCKET), random.bits() as u16);
        Client {
            requester,
            node,
            cable: 0,
            nonce: random.bits(),
            // Any number that no server has; servers take theirs from the date.
            origin: 0xC11E_0000 | u32::from(number),
            own: usize::from(number),
            load,
            random,
            users,
            server: None,
            session: None,
            waiting: Waiting::Nothing,
            task: None,
            next,
            arrival: next,
            messages: 0,
            lookups: 0,
            unread: Vec::new(),
            read: Vec::new(),
            last_listed: 0,
        }
    }

    /// Its name.
    pub fn user(&self) -> &[u8] {
        &self.users[self.own]
    }

    /// Serial number under which it makes messages.
    pub fn origin(&self) -> u32 {
        self.origin
    }

    /// The node below.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Whether it has a session.
    pub fn is_signed_on(&self) -> bool {
        self.session.is_some()
    }

    /// When it does something next by itself.
    pub fn next_event(&self) -> Ticks {
        let own = match &self.waiting {
            Waiting::Nothing => self.next,
            Waiting::Names { lookup, .. } => lookup.next_event(),
            Waiting::Answer { .. } => self.requester.next_event(),
        };
        own.min(self.node.next_event())
    }

    pub(super) fn advance(
        &mut self,
        now: Ticks,
        cable: &mut Cable,
        tracer: &mut Tracer,
        ledger: &mut Ledger,
    ) {
        if self.next_event() >= now && !self.node.is_due(now, cable) {
            return;
        }
        self.node.advance(now, cable, tracer);
        while let Some((_, datagram)) = self.node.receive() {
            if let Waiting::Names { lookup, .. } = &mut self.waiting {
                lookup.receive(&datagram);
            }
            self.requester.receive(now, &datagram);
        }
        self.requester.advance(now);
        if matches!(self.waiting, Waiting::Names { .. }) {
            self.look_on(now, tracer);
        }
        let done: Vec<Done> = self.requester.done().collect();
        for done in done {
            self.take(now, done, tracer, ledger);
        }
        if self.waiting == Waiting::Nothing && self.next < now {
            self.act(now, tracer, ledger);
        }
        let outgoing: Vec<_> = self.requester.outgoing().collect();
        for datagram in outgoing {
            self.node.send(now, &datagram);
        }
    }

    fn event(&self, at: Ticks, request: &str, outcome: &str, since: Ticks, tracer: &mut Tracer) {
        let (station, ticks) = (self.node.station().number(), at.since(since).0);
        tracer.emit(
            at,
            LineEvent::Client {
                station,
                request: request.into(),
                outcome: outcome.into(),
                ticks,
            },
        );
    }

    /// Nothing is under way and it is time: does what comes first.
    fn act(&mut self, now: Ticks, tracer: &mut Tracer, ledger: &mut Ledger) {
        let Some(server) = self.server else {
            self.lookups = self.lookups.wrapping_add(1);
            let pattern = Entity::new(self.load.server.as_bytes(), protocol::SERVER_TYPE)
                .in_zone(&self.load.zone);
            let lookup = Lookup::new(
                pattern,
                self.node.socket(NBP_SOCKET),
                self.lookups,
                LOOKUP.0,
                LOOKUP.1,
            );
            self.waiting = Waiting::Names { lookup, since: now };
            self.event(now, "lookup", "sent", now, tracer);
            self.look_on(now, tracer);
            return;
        };
        let Some(session) = &self.session else {
            let command = Command::SignOn {
                nonce: self.nonce,
                user: self.user().to_vec(),
            };
            self.ask(now, server, 0, 0, command, tracer);
            return;
        };
        let (id, sequence) = (session.id, session.sequence);
        let task = match self.task.take() {
            Some(task) => task,
            None => self.choose(now, ledger),
        };
        let command = self.command(&task);
        self.task = Some(task);
        self.ask(now, server, id, sequence, command, tracer);
    }

    fn ask(
        &mut self,
        now: Ticks,
        server: Address,
        session: u8,
        sequence: u16,
        command: Command,
        tracer: &mut Tracer,
    ) {
        let [high, low] = sequence.to_be_bytes();
        let request = Request {
            destination: server,
            exactly_once: true,
            packets: command.packets(),
            user: [command.opcode(), session, high, low],
            data: command.encode(),
            retry: self.load.retry,
            retries: Some(u32::from(self.load.retries)),
        };
        match self.requester.request(now, request) {
            Ok(transaction) => {
                self.event(now, command.name(), "sent", now, tracer);
                self.waiting = Waiting::Answer {
                    command,
                    transaction,
                    since: now,
                };
            }
            // Not possible with what `command` makes.
            Err(_) => self.finish(now),
        }
    }

    /// Draws the next action.
    fn choose(&mut self, now: Ticks, ledger: &mut Ledger) -> Task {
        self.arrival = now + self.random.exponential(self.load.interval);
        let draw = self.random.below(100);
        if draw < MIX.0 {
            return self.compose(now, ledger);
        }
        if draw >= MIX.0 + MIX.1 + MIX.2 {
            if let Some(&entry) = self.read.first() {
                return Task::Delete { entry };
            }
        } else if draw >= MIX.0 + MIX.1
            && let Some(&entry) = self.unread.first()
        {
            return Task::Fetch {
                entry,
                record: Vec::new(),
            };
        }
        Task::List
    }

    fn compose(&mut self, now: Ticks, ledger: &mut Ledger) -> Task {
        self.messages += 1;
        let recipient = self.users[self.random.below(self.users.len() as u64) as usize].clone();
        // The sampler of waits serves for lengths too.
        let length = self
            .random
            .exponential(Ticks(u64::from(self.load.body)))
            .0
            .min(MAX_BODY as u64) as u16;
        ledger.begin(Message {
            origin: self.origin,
            number: self.messages,
            sender: self.user().to_vec(),
            recipient: recipient.clone(),
            length,
            begun: now,
            acknowledged: None,
            fetched: 0,
            deleted: None,
        });
        Task::Send {
            number: self.messages,
            recipient,
            length,
            offset: 0,
        }
    }

    fn command(&self, task: &Task) -> Command {
        match task {
            Task::Send {
                number,
                recipient,
                length,
                offset,
            } => {
                let whole = body(self.origin, *number, *length);
                let from = usize::from(*offset).min(whole.len());
                Command::Send {
                    origin: self.origin,
                    number: *number,
                    total: *length,
                    offset: *offset,
                    recipient: recipient.clone(),
                    subject: format!("Message {number}").into_bytes(),
                    part: whole[from..whole.len().min(from + PART)].to_vec(),
                }
            }
            Task::List => Command::List {
                after: self.last_listed,
                limit: LIST_LIMIT,
            },
            Task::Fetch { entry, record } => Command::Fetch {
                store_number: entry.store_number,
                offset: record.len() as u16,
                length: MAX_FETCH,
            },
            Task::Delete { entry } => Command::Delete {
                store_number: entry.store_number,
            },
        }
    }

    /// The action is over: the next one comes at its arrival, or now when that is past.
    fn finish(&mut self, now: Ticks) {
        self.task = None;
        self.next = self.arrival.max(now);
    }

    fn look_on(&mut self, now: Ticks, tracer: &mut Tracer) {
        let Waiting::Names { lookup, since } = &mut self.waiting else {
            return;
        };
        let since = *since;
        if let Some(found) = lookup.found().first() {
            let address = found.address;
            self.event(now, "lookup", "answered", since, tracer);
            self.waiting = Waiting::Nothing;
            self.server = Some(address);
            self.next = now;
            return;
        }
        lookup.ask_router(self.node.router());
        match lookup.advance(now) {
            Progress::Send(datagram) => {
                self.node.send(now, &datagram);
            }
            Progress::Wait => {}
            Progress::Done => {
                self.event(now, "lookup", "timed-out", since, tracer);
                self.waiting = Waiting::Nothing;
                self.next = now + self.random.exponential(self.load.interval);
            }
        }
    }

    /// A transaction has ended.
    fn take(&mut self, now: Ticks, done: Done, tracer: &mut Tracer, ledger: &mut Ledger) {
        let Waiting::Answer {
            command,
            transaction,
            since,
        } = &self.waiting
        else {
            return;
        };
        if *transaction != done.transaction {
            return;
        }
        let (command, since) = (command.clone(), *since);
        self.waiting = Waiting::Nothing;
        let Some(packets) = done.response else {
            self.event(now, command.name(), "timed-out", since, tracer);
            // The same request again, later; and the server may have another address by then.
            self.server = None;
            self.next = now + self.random.exponential(self.load.interval);
            return;
        };
        let expected = match (&command, &self.session) {
            (Command::SignOn { .. }, _) | (_, None) => 0,
            (_, Some(session)) => session.sequence,
        };
        let answer = Answer::from_packets(&packets)
            .map_err(|error| error.0)
            .and_then(|answer| {
                if answer.sequence == expected {
                    Ok(answer)
                } else {
                    Err("answer with another sequence number")
                }
            });
        let station = self.node.station().number();
        match answer {
            Ok(answer) if answer.result >= 0 => {
                self.event(now, command.name(), "answered", since, tracer);
                self.advance_sequence(&command);
                self.next = now;
                if let Err(what) = self.succeed(now, &command, &answer, ledger) {
                    ledger.violation(now, station, format!("{}: {what}", command.name()));
                    self.finish(now);
                }
            }
            Ok(answer) => {
                self.event(now, command.name(), "refused", since, tracer);
                self.refused(now, &command, answer.result, ledger);
            }
            Err(what) => {
                self.event(now, command.name(), "refused", since, tracer);
                ledger.violation(now, station, format!("{}: {what}", command.name()));
                self.session = None;
                self.restart_task();
                self.next = now + self.load.retry;
            }
        }
    }

    /// "`Busy` and `BadSequence` do not advance the sequence; every other result does."
    fn advance_sequence(&mut self, command: &Command) {
        if let (Some(session), false) =
            (&mut self.session, matches!(command, Command::SignOn { .. }))
        {
            session.sequence = session.sequence.wrapping_add(1);
        }
    }

    fn restart_task(&mut self) {
        match &mut self.task {
            Some(Task::Send { offset, .. }) => *offset = 0,
            Some(Task::Fetch { record, .. }) => record.clear(),
            _ => {}
        }
    }

    fn refused(&mut self, now: Ticks, command: &Command, refusal: i16, ledger: &mut Ledger) {
        match refusal {
            result::BUSY => self.next = now + self.load.retry,
            result::NO_SESSION | result::BAD_SEQUENCE => {
                self.session = None;
                self.restart_task();
                self.next = now;
            }
            result::WRONG_OFFSET => {
                self.advance_sequence(command);
                self.restart_task();
                self.next = now;
            }
            // A server without room for a session: later.
            _ if matches!(command, Command::SignOn { .. }) => {
                self.next = now + self.random.exponential(self.load.interval);
            }
            _ => {
                self.advance_sequence(command);
                if let Some(Task::Fetch { entry, .. } | Task::Delete { entry }) = &self.task {
                    let gone = entry.store_number;
                    if refusal == result::NO_SUCH_MESSAGE {
                        let station = self.node.station().number();
                        ledger.violation(
                            now,
                            station,
                            format!("store number {gone} was listed and is not there"),
                        );
                    }
                    self.unread.retain(|entry| entry.store_number != gone);
                    self.read.retain(|entry| entry.store_number != gone);
                }
                self.finish(now);
            }
        }
    }

    fn succeed(
        &mut self,
        now: Ticks,
        command: &Command,
        answer: &Answer,
        ledger: &mut Ledger,
    ) -> Result<(), &'static str> {
        let station = self.node.station().number();
        if let Command::SignOn { .. } = command {
            let signed_on = SignedOn::decode(&answer.data).map_err(|error| error.0)?;
            self.session = Some(Session {
                id: signed_on.session,
                sequence: 1,
            });
            self.restart_task();
            if self.task.is_none() {
                self.next = self.arrival.max(now);
            }
            return Ok(());
        }
        let user = self.users[self.own].clone();
        match self.task.take() {
            Some(Task::Send {
                number,
                recipient,
                length,
                offset,
            }) => {
                let stored = <[u8; 4]>::try_from(answer.data.as_slice())
                    .map_err(|_| "answer of another length than 4")?;
                let stored = u32::from_be_bytes(stored);
                let next = usize::from(offset) + PART;
                let last = next >= usize::from(length);
                match (last || answer.result == result::DUPLICATE, stored) {
                    (true, 0) => return Err("no store number"),
                    (true, stored) => {
                        ledger.acknowledge(now, station, self.origin, number, stored);
                        self.finish(now);
                    }
                    (false, 0) => {
                        self.task = Some(Task::Send {
                            number,
                            recipient,
                            length,
                            offset: next as u16,
                        })
                    }
                    (false, _) => return Err("a store number before the last part"),
                }
            }
            Some(Task::List) => {
                let (entries, _) = protocol::decode_list(&answer.data, self.last_listed)
                    .map_err(|error| error.0)?;
                for entry in entries {
                    ledger.listed(now, station, &user, &entry);
                    self.last_listed = entry.store_number;
                    self.unread.push(entry);
                }
                self.finish(now);
            }
            Some(Task::Fetch { entry, mut record }) => {
                record.extend(&answer.data);
                let whole = RECORD_HEADER + usize::from(entry.length);
                if answer.data.is_empty() || record.len() > whole {
                    return Err("record of another length than listed");
                }
                if record.len() < whole {
                    self.task = Some(Task::Fetch { entry, record });
                    return Ok(());
                }
                ledger.fetched(now, station, &entry, &record);
                self.unread
                    .retain(|one| one.store_number != entry.store_number);
                self.read.push(entry);
                self.finish(now);
            }
            Some(Task::Delete { entry }) => {
                ledger.deleted(now, &entry);
                self.read
                    .retain(|one| one.store_number != entry.store_number);
                self.finish(now);
            }
            None => self.finish(now),
        }
        Ok(())
    }
}

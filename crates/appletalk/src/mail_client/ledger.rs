use super::protocol::{Entry, Record};
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};

/// What all mail clients of a run together know: what was sent, what the server acknowledged, what it showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    messages: Vec<Message>,
    violations: Vec<Violation>,
}

/// One message that a client began to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Serial number of the client.
    pub origin: u32,
    /// Number of the message there, from 1.
    pub number: u32,
    /// Sender's name.
    pub sender: Vec<u8>,
    /// Recipient's name.
    pub recipient: Vec<u8>,
    /// Length of the body, which is [`body`].
    pub length: u16,
    /// When the first part was sent.
    pub begun: Ticks,
    /// When the server said that it is in the store, and the store number it gave.
    pub acknowledged: Option<(Ticks, u32)>,
    /// How often a client fetched it whole and intact.
    pub fetched: u32,
    /// When its deletion was acknowledged.
    pub deleted: Option<Ticks>,
}

/// Something the server did that the protocol does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// When.
    pub at: Ticks,
    /// Station number of the client that saw it.
    pub station: u8,
    /// What.
    pub what: String,
}

/// The body of message `number` of `origin`: bytes that anybody can make again to compare.
pub fn body(origin: u32, number: u32, length: u16) -> Vec<u8> {
    let mut random = Stream::new(u64::from(origin) << 32 | u64::from(number), "mail/body");
    let mut bytes = Vec::with_capacity(usize::from(length) + 3);
    while bytes.len() < usize::from(length) {
        bytes.extend(random.bits().to_be_bytes());
    }
    bytes.truncate(usize::from(length));
    bytes
}

impl Ledger {
    /// Every message begun, oldest first.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// What the server did wrong.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Messages that must be in the store: acknowledged, and no deletion was acknowledged.
    pub fn stored(&self) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(|message| message.acknowledged.is_some() && message.deleted.is_none())
    }

    pub(super) fn begin(&mut self, message: Message) {
        self.messages.push(message);
    }

    fn find(&mut self, origin: u32, number: u32) -> Option<&mut Message> {
        self.messages
            .iter_mut()
            .rfind(|message| (message.origin, message.number) == (origin, number))
    }

    pub(super) fn acknowledge(
        &mut self,
        at: Ticks,
        station: u8,
        origin: u32,
        number: u32,
        store_number: u32,
    ) {
        let Some(message) = self.find(origin, number) else {
            return;
        };
        match message.acknowledged {
            None => message.acknowledged = Some((at, store_number)),
            Some((_, before)) if before == store_number => {}
            Some(_) => self.violation(
                at,
                station,
                format!("message {origin:08X}/{number} has two store numbers"),
            ),
        }
    }

    pub(super) fn deleted(&mut self, at: Ticks, entry: &Entry) {
        if let Some(message) = self.find(entry.origin, entry.number) {
            message.deleted.get_or_insert(at);
        }
    }

    pub(super) fn violation(&mut self, at: Ticks, station: u8, what: String) {
        self.violations.push(Violation { at, station, what });
    }

    /// A client saw a message in its list.
    pub(super) fn listed(&mut self, at: Ticks, station: u8, user: &[u8], entry: &Entry) {
        let Entry {
            origin,
            number,
            length,
            store_number,
            ..
        } = *entry;
        let Some(message) = self.find(origin, number) else {
            return;
        };
        let wrong = message.recipient != user
            || message.length != length
            || message
                .acknowledged
                .is_some_and(|(_, stored)| stored != store_number);
        if wrong {
            self.violation(
                at,
                station,
                format!("message {origin:08X}/{number} is listed with wrong facts"),
            );
        }
    }

    /// A client has fetched a whole record. True when it is what was sent, or nobody here sent it.
    pub(super) fn fetched(&mut self, at: Ticks, station: u8, entry: &Entry, record: &[u8]) -> bool {
        let decoded = match Record::decode(record) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.violation(
                    at,
                    station,
                    format!("store number {}: {error}", entry.store_number),
                );
                return false;
            }
        };
        let same = (decoded.store_number, decoded.origin, decoded.number)
            == (entry.store_number, entry.origin, entry.number);
        let Some(message) = self.find(entry.origin, entry.number) else {
            return same;
        };
        let right = same
            && decoded.state == 1
            && decoded.sender == message.sender
            && decoded.recipient == message.recipient
            && decoded.body == body(entry.origin, entry.number, message.length);
        if right {
            message.fetched += 1;
        } else {
            self.violation(
                at,
                station,
                format!(
                    "store number {} is not the message that was sent",
                    entry.store_number
                ),
            );
        }
        right
    }
}

//! The mail protocol on the wire: docs/mail-protocol.md, a reconstruction.

use crate::bytes::{Malformed, Reader, push_str31};
use serde::{Deserialize, Serialize};

/// NBP type of a server.
pub const SERVER_TYPE: &[u8] = b"MSMail Reconstruction";
/// Version that both sides say.
pub const VERSION: u16 = 1;
/// Longest body.
pub const MAX_BODY: usize = 32_768;
/// Bytes of a body in one Send.
pub const PART: usize = 500;
/// Most bytes of a message record in one Fetch.
pub const MAX_FETCH: u16 = 4608;
/// Bytes of a message record before its body.
pub const RECORD_HEADER: usize = 128;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Begins a session.
    SignOn {
        /// Chosen by the client; names the session across repetitions.
        nonce: u32,
        /// At most 31 bytes.
        user: Vec<u8>,
    },
    /// One part of a message.
    Send {
        /// Serial number of who made the message.
        origin: u32,
        /// Counts its messages.
        number: u32,
        /// Length of the whole body.
        total: u16,
        /// Offset of this part.
        offset: u16,
        /// At most 31 bytes.
        recipient: Vec<u8>,
        /// At most 31 bytes.
        subject: Vec<u8>,
        /// This part of the body, at most [`PART`] bytes.
        part: Vec<u8>,
    },
    /// The user's messages.
    List {
        /// Only those with a greater store number.
        after: u32,
        /// At most so many.
        limit: u16,
    },
    /// Bytes of a message record.
    Fetch {
        /// Store number.
        store_number: u32,
        /// First byte.
        offset: u16,
        /// At most so many, 1-4608.
        length: u16,
    },
    /// Deletes a message.
    Delete {
        /// Store number.
        store_number: u32,
    },
    /// Ends the session.
    SignOff,
}

impl Command {
    /// First user byte of the request.
    pub fn opcode(&self) -> u8 {
        match self {
            Command::SignOn { .. } => 1,
            Command::Send { .. } => 2,
            Command::List { .. } => 3,
            Command::Fetch { .. } => 4,
            Command::Delete { .. } => 5,
            Command::SignOff => 6,
        }
    }

    /// Its name in trace events.
    pub fn name(&self) -> &'static str {
        name(self.opcode())
    }

    /// Response packets that a client can take.
    pub fn packets(&self) -> u8 {
        if matches!(self, Command::List { .. } | Command::Fetch { .. }) {
            8
        } else {
            1
        }
    }

    /// Data of the request.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Command::SignOn { nonce, user } => {
                bytes.extend(nonce.to_be_bytes());
                bytes.extend(VERSION.to_be_bytes());
                bytes.extend([0, 0]);
                push_str31(&mut bytes, user);
            }
            Command::Send {
                origin,
                number,
                total,
                offset,
                recipient,
                subject,
                part,
            } => {
                bytes.extend(origin.to_be_bytes());
                bytes.extend(number.to_be_bytes());
                for word in [*total, *offset, part.len() as u16] {
                    bytes.extend(word.to_be_bytes());
                }
                push_str31(&mut bytes, recipient);
                push_str31(&mut bytes, subject);
                bytes.extend(part);
            }
            Command::List { after, limit } => {
                bytes.extend(after.to_be_bytes());
                bytes.extend(limit.to_be_bytes());
                bytes.extend([0, 0]);
            }
            Command::Fetch {
                store_number,
                offset,
                length,
            } => {
                bytes.extend(store_number.to_be_bytes());
                bytes.extend(offset.to_be_bytes());
                bytes.extend(length.to_be_bytes());
            }
            Command::Delete { store_number } => bytes.extend(store_number.to_be_bytes()),
            Command::SignOff => {}
        }
        bytes
    }
}

/// The name of an opcode, as trace events have it.
pub fn name(opcode: u8) -> &'static str {
    match opcode {
        1 => "sign-on",
        2 => "send",
        3 => "list",
        4 => "fetch",
        5 => "delete",
        6 => "sign-off",
        _ => UNKNOWN,
    }
}

/// What [`name`] says to an opcode that there is not.
pub const UNKNOWN: &str = "unknown";

/// Results that a client treats in a way of its own; others are refusals.
pub mod result {
    /// The message is in the store already: counts as success.
    pub const DUPLICATE: i16 = 1;
    /// Success.
    pub const OK: i16 = 0;
    /// Sign on again.
    pub const NO_SESSION: i16 = -2;
    /// The sequence number is neither the last one nor the next.
    pub const BAD_SEQUENCE: i16 = -3;
    /// No such message for this user.
    pub const NO_SUCH_MESSAGE: i16 = -4;
    /// Begin the message again.
    pub const WRONG_OFFSET: i16 = -6;
    /// Ask again later, with the same sequence number.
    pub const BUSY: i16 = -9;
}

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Success at 0 and above.
    pub result: i16,
    /// Sequence number of the request.
    pub sequence: u16,
    /// The data of all packets.
    pub data: Vec<u8>,
}

impl Answer {
    /// Puts the packets of an ATP response together.
    ///
    /// # Errors
    /// When there is none, their user bytes differ, a packet before the last is not full, or a refusal has data.
    pub fn from_packets(packets: &[([u8; 4], Vec<u8>)]) -> Result<Answer, Malformed> {
        let Some((&(user, ref last), before)) = packets.split_last() else {
            return Err(Malformed("answer without packets"));
        };
        if before
            .iter()
            .any(|(other, data)| *other != user || data.len() != crate::atp::MAX_DATA)
        {
            return Err(Malformed("answer with unequal or short packets"));
        }
        let mut data: Vec<u8> = before
            .iter()
            .flat_map(|(_, data)| data.iter().copied())
            .collect();
        data.extend(last);
        let result = i16::from_be_bytes([user[0], user[1]]);
        if result < 0 && !data.is_empty() {
            return Err(Malformed("refusal with data"));
        }
        Ok(Answer {
            result,
            sequence: u16::from_be_bytes([user[2], user[3]]),
            data,
        })
    }
}

/// The data of the answer to SignOn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedOn {
    /// Session, 1-255.
    pub session: u8,
    /// Serial number of the server.
    pub server: u32,
    /// Messages waiting.
    pub waiting: u32,
}

impl SignedOn {
    /// Reads it.
    ///
    /// # Errors
    /// When it is cut short, the version differs or the session is 0.
    pub fn decode(data: &[u8]) -> Result<SignedOn, Malformed> {
        let mut reader = Reader::new(data, "answer to SignOn cut short");
        let session = reader.byte()?;
        reader.byte()?;
        if reader.word()? != VERSION {
            return Err(Malformed("server of another version"));
        }
        if session == 0 {
            return Err(Malformed("session 0"));
        }
        Ok(SignedOn {
            session,
            server: reader.long()?,
            waiting: reader.long()?,
        })
    }
}

/// One message in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Store number.
    pub store_number: u32,
    /// Who made it.
    pub origin: u32,
    /// Its number there.
    pub number: u32,
    /// Date of arrival, seconds since 1904.
    pub date: u32,
    /// Length of its body.
    pub length: u16,
}

/// Reads the answer to List: the entries, and whether some were left out.
///
/// # Errors
/// When the count does not fit the data or the store numbers do not ascend from above `after`.
pub fn decode_list(data: &[u8], after: u32) -> Result<(Vec<Entry>, bool), Malformed> {
    let mut reader = Reader::new(data, "list cut short");
    let count = reader.word()?;
    let more = reader.word()? != 0;
    let mut entries = Vec::new();
    let mut last = after;
    for _ in 0..count {
        let (store_number, origin, number, date) = (
            reader.long()?,
            reader.long()?,
            reader.long()?,
            reader.long()?,
        );
        let length = reader.word()?;
        reader.word()?;
        if store_number <= last {
            return Err(Malformed("list not in ascending order"));
        }
        last = store_number;
        entries.push(Entry {
            store_number,
            origin,
            number,
            date,
            length,
        });
    }
    if reader.rest().is_empty() {
        Ok((entries, more))
    } else {
        Err(Malformed("list longer than its count"))
    }
}

/// A message record, as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Store number.
    pub store_number: u32,
    /// Who made the message.
    pub origin: u32,
    /// Its number there.
    pub number: u32,
    /// 0 being written, 1 complete, 2 deleted.
    pub state: u16,
    /// Sender's name.
    pub sender: Vec<u8>,
    /// Recipient's name.
    pub recipient: Vec<u8>,
    /// Subject.
    pub subject: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
}

impl Record {
    /// Reads a whole record, header and body.
    ///
    /// # Errors
    /// When the magic number, a string, the length or the checksum is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Record, Malformed> {
        let mut reader = Reader::new(bytes, "message record cut short");
        if reader.take(4)? != b"MREC" {
            return Err(Malformed("no message record"));
        }
        let (store_number, origin, number, _date) = (
            reader.long()?,
            reader.long()?,
            reader.long()?,
            reader.long()?,
        );
        let length = usize::from(reader.word()?);
        let state = reader.word()?;
        let sum = reader.long()?;
        let mut name = || Ok(reader.str31()?.to_vec());
        let (sender, recipient, subject) = (name()?, name()?, name()?);
        reader.long()?;
        let body = reader.rest().to_vec();
        if body.len() != length {
            return Err(Malformed(
                "message body of another length than its record says",
            ));
        }
        if rotate_add(&body) != sum {
            return Err(Malformed("checksum of a message body is wrong"));
        }
        Ok(Record {
            store_number,
            origin,
            number,
            state,
            sender,
            recipient,
            subject,
            body,
        })
    }
}

/// The rotate-add sum of tape-format.md: over 32-bit words, padded with zeros, rotate left by one and add.
pub fn rotate_add(bytes: &[u8]) -> u32 {
    bytes.chunks(4).fold(0_u32, |sum, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.rotate_left(1).wrapping_add(u32::from_be_bytes(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_protocol_description() {
        let sign_on = Command::SignOn {
            nonce: 0x1234_5678,
            user: b"Ann".to_vec(),
        };
        assert_eq!(
            sign_on.encode()[..12],
            [0x12, 0x34, 0x56, 0x78, 0, 1, 0, 0, 3, 0x41, 0x6E, 0x6E]
        );
        assert_eq!(sign_on.encode().len(), 40);
        let answer = [3, 0, 0, 1, 0x0A, 2, 0xF1, 0xB3, 0, 0, 0, 0];
        assert_eq!(
            SignedOn::decode(&answer),
            Ok(SignedOn {
                session: 3,
                server: 0x0A02_F1B3,
                waiting: 0
            })
        );
        let send = Command::Send {
            origin: 0x0A02_F1B3,
            number: 7,
            total: 6,
            offset: 0,
            recipient: b"Bob".to_vec(),
            subject: b"Today".to_vec(),
            part: b"Lunch?".to_vec(),
        };
        let bytes = send.encode();
        assert_eq!(bytes.len(), 84);
        assert_eq!(
            bytes[..18],
            [
                0x0A, 2, 0xF1, 0xB3, 0, 0, 0, 7, 0, 6, 0, 0, 0, 6, 3, 0x42, 0x6F, 0x62
            ]
        );
        assert_eq!(bytes[0x2E..0x34], [5, 0x54, 0x6F, 0x64, 0x61, 0x79]);
        assert_eq!(bytes[78..], *b"Lunch?");
        assert_eq!(
            Command::Delete { store_number: 99 }.encode(),
            [0, 0, 0, 0x63]
        );
        let refused = Answer::from_packets(&[([0xFF, 0xFC, 0, 2], vec![])]).unwrap();
        assert_eq!(
            (refused.result, refused.sequence),
            (result::NO_SUCH_MESSAGE, 2)
        );
    }

    #[test]
    fn checksum_of_the_tape_format() {
        assert_eq!(rotate_add(&[0x80, 0, 0, 1, 0, 0, 0, 2, 0x0A]), 0x0A00_000A);
    }

    #[test]
    fn malformed_answers_are_refused() {
        assert!(Answer::from_packets(&[]).is_err());
        assert!(Answer::from_packets(&[([0; 4], vec![0; 10]), ([0; 4], vec![])]).is_err());
        assert!(SignedOn::decode(&[0; 12]).is_err());
        assert!(decode_list(&[0, 1, 0, 0], 0).is_err());
        assert!(
            decode_list(&[0, 0, 0, 1], 0).is_ok_and(|(entries, more)| entries.is_empty() && more)
        );
        assert!(Record::decode(&[0; 128]).is_err());
    }
}

//! AppleTalk Transaction Protocol, *Inside AppleTalk* chapter 9.

mod requester;
mod responder;
#[cfg(test)]
mod tests;

pub use requester::{Done, Request, Requester};
pub use responder::{Incoming, Responder};

use crate::bytes::{Malformed, Reader};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// Most data bytes in a packet.
pub const MAX_DATA: usize = 578;
/// Most packets in a response.
pub const MAX_PACKETS: usize = 8;

const XO: u8 = 0x20;
const EOM: u8 = 0x10;
const STS: u8 = 0x08;

/// What an ATP packet is, with what only that kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// A transaction request.
    Request {
        /// Exactly once.
        exactly_once: bool,
        /// One bit for each response packet that is wanted.
        bitmap: u8,
        /// 0-4: the release timer is 30 s, 1, 2, 4, 8 min; other values are reserved.
        release_timer: u8,
    },
    /// One packet of a transaction response.
    Response {
        /// Its place, 0-7.
        sequence: u8,
        /// End of message: the last packet.
        end: bool,
        /// Send transaction status: the requester is to repeat its request at once.
        status: bool,
    },
    /// The requester has everything.
    Release,
}

/// An ATP packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// What it is.
    pub function: Function,
    /// Transaction identifier.
    pub transaction: u16,
    /// Four bytes for ATP's client.
    pub user: [u8; 4],
    /// At most [`MAX_DATA`] bytes.
    pub data: Vec<u8>,
}

impl Packet {
    /// The data of a datagram of DDP type 3.
    ///
    /// # Errors
    /// When the data are longer than [`MAX_DATA`] or a field is out of range.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let (control, second) = match self.function {
            Function::Request {
                release_timer: 8.., ..
            } => return Err(Malformed("ATP release timer out of range")),
            Function::Response { sequence: 8.., .. } => {
                return Err(Malformed("ATP sequence number above 7"));
            }
            Function::Request {
                exactly_once,
                bitmap,
                release_timer,
            } => (
                0x40 | if exactly_once { XO } else { 0 } | release_timer,
                bitmap,
            ),
            Function::Response {
                sequence,
                end,
                status,
            } => (
                0x80 | if end { EOM } else { 0 } | if status { STS } else { 0 },
                sequence,
            ),
            Function::Release => (0xC0, 0),
        };
        if self.data.len() > MAX_DATA {
            return Err(Malformed("ATP data longer than 578 bytes"));
        }
        let mut bytes = Vec::with_capacity(8 + self.data.len());
        bytes.extend([control, second]);
        bytes.extend(self.transaction.to_be_bytes());
        bytes.extend(self.user);
        bytes.extend(&self.data);
        Ok(bytes)
    }

    /// The packet in a datagram's data.
    ///
    /// # Errors
    /// When the header is cut short, the data are too long, or the function or the sequence number is not assigned.
    pub fn decode(bytes: &[u8]) -> Result<Packet, Malformed> {
        let mut reader = Reader::new(bytes, "ATP header cut short");
        let (control, second) = (reader.byte()?, reader.byte()?);
        let function = match control >> 6 {
            1 => Function::Request {
                exactly_once: control & XO != 0,
                bitmap: second,
                release_timer: control & 7,
            },
            2 if second > 7 => return Err(Malformed("ATP sequence number above 7")),
            2 => Function::Response {
                sequence: second,
                end: control & EOM != 0,
                status: control & STS != 0,
            },
            3 => Function::Release,
            _ => return Err(Malformed("ATP function is not assigned")),
        };
        let transaction = reader.word()?;
        let user = reader.long()?.to_be_bytes();
        let data = reader.rest().to_vec();
        if data.len() > MAX_DATA {
            return Err(Malformed("ATP data longer than 578 bytes"));
        }
        Ok(Packet {
            function,
            transaction,
            user,
            data,
        })
    }
}

/// The time that bits 0-2 of an exactly-once request ask for; reserved values count as 30 s.
pub fn release_time(timer: u8) -> Ticks {
    match timer {
        1..=4 => Ticks::from_secs(60 << (timer - 1)),
        _ => Ticks::from_secs(30),
    }
}

//! AppleTalk Data Stream Protocol, *Inside AppleTalk* chapter 12.
//!
//! [`Packet`] is the codec. [`Connection`] is one end of a connection, [`Listener`] a connection-listening socket; both are state machines
//! that take the time, datagrams and a client's calls, and give datagrams and events.

mod connection;
mod dialog;
mod flow;
mod listener;
mod queue;
#[cfg(test)]
mod tests;

pub use connection::{Connection, Event, Options, State};
pub use listener::{Listener, Offer};
pub use queue::Piece;

use crate::Malformed;
use crate::bytes::Reader;
use serde::{Deserialize, Serialize};

/// Most data bytes in a data packet.
pub const MAX_DATA: usize = 572;
/// Most data bytes in an attention message, after its code.
pub const MAX_ATTENTION: usize = 570;
/// The version this module speaks, in the parameters of open-connection packets.
pub const VERSION: u16 = 0x0100;

const CONTROL: u8 = 0x80;
const ACK_REQUEST: u8 = 0x40;
const EOM: u8 = 0x20;
const ATTENTION: u8 = 0x10;
const CODE: u8 = 0x0F;

/// What an open-connection packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opening {
    /// Open Connection Request.
    Request,
    /// Open Connection Acknowledgment.
    Acknowledgment,
    /// Both at once.
    RequestAcknowledgment,
    /// Open Connection Denial.
    Denial,
}

/// What a packet is, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Bytes of the stream, at most [`MAX_DATA`].
    Data {
        /// A logical end of message follows the bytes; it takes a sequence number of its own.
        end_of_message: bool,
        /// The bytes.
        data: Vec<u8>,
    },
    /// An attention message. The packet's sequence numbers are those of attention messages.
    Attention {
        /// For the client 0000-EFFF.
        code: u16,
        /// At most [`MAX_ATTENTION`].
        data: Vec<u8>,
    },
    /// Acknowledges attention messages.
    AttentionAcknowledgment,
    /// A probe when it asks for an acknowledgment, else an acknowledgment.
    Probe,
    /// Part of the connection-opening dialog.
    Open {
        /// Which part.
        opening: Opening,
        /// Version of the protocol, [`VERSION`].
        version: u16,
        /// Identifier of the end this is for; 0: not known.
        destination: u16,
        /// PktAttnRecvSeq: number of the first attention message that the sender accepts.
        next_attention: u32,
    },
    /// Close Connection Advice.
    Close,
    /// Forward Reset.
    ForwardReset,
    /// Forward Reset Acknowledgment.
    ForwardResetAcknowledgment,
    /// Retransmit Advice: send again from PktNextRecvSeq on.
    RetransmitAdvice,
}

/// An ADSP packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// Source ConnID: the sender's identifier; 0 in a denial.
    pub connection: u16,
    /// PktFirstByteSeq, or PktAttnSendSeq.
    pub first_byte: u32,
    /// PktNextRecvSeq, or PktAttnRecvSeq.
    pub next_receive: u32,
    /// PktRecvWdw in bytes; 0 in attention packets.
    pub window: u16,
    /// The receiver is to acknowledge at once.
    pub ack_request: bool,
    /// What it is.
    pub body: Body,
}

impl Packet {
    /// The data of a datagram of DDP type 7.
    ///
    /// # Errors
    /// When the data are longer than allowed.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let mut rest = Vec::new();
        let descriptor = match &self.body {
            Body::Data {
                end_of_message,
                data,
            } => {
                rest.extend(data);
                if *end_of_message { EOM } else { 0 }
            }
            Body::Attention { code, data } => {
                rest.extend(code.to_be_bytes());
                rest.extend(data);
                ATTENTION
            }
            Body::AttentionAcknowledgment => CONTROL | ATTENTION,
            Body::Probe => CONTROL,
            Body::Open {
                opening,
                version,
                destination,
                next_attention,
            } => {
                rest.extend(version.to_be_bytes());
                rest.extend(destination.to_be_bytes());
                rest.extend(next_attention.to_be_bytes());
                CONTROL
                    | match opening {
                        Opening::Request => 1,
                        Opening::Acknowledgment => 2,
                        Opening::RequestAcknowledgment => 3,
                        Opening::Denial => 4,
                    }
            }
            Body::Close => CONTROL | 5,
            Body::ForwardReset => CONTROL | 6,
            Body::ForwardResetAcknowledgment => CONTROL | 7,
            Body::RetransmitAdvice => CONTROL | 8,
        };
        if rest.len() > MAX_DATA {
            return Err(Malformed("ADSP data longer than 572 bytes"));
        }
        let mut bytes = Vec::with_capacity(13 + rest.len());
        bytes.extend(self.connection.to_be_bytes());
        bytes.extend(self.first_byte.to_be_bytes());
        bytes.extend(self.next_receive.to_be_bytes());
        bytes.extend(self.window.to_be_bytes());
        bytes.push(descriptor | if self.ack_request { ACK_REQUEST } else { 0 });
        bytes.extend(rest);
        Ok(bytes)
    }

    /// Reads the data of a datagram of DDP type 7. What follows the fields of a control packet is ignored: such packets carry no data.
    ///
    /// # Errors
    /// When it is too short or too long, or its descriptor has bits that exclude each other or a reserved control code.
    pub fn decode(bytes: &[u8]) -> Result<Packet, Malformed> {
        let mut reader = Reader::new(bytes, "ADSP packet ends early");
        let connection = reader.word()?;
        let first_byte = reader.long()?;
        let next_receive = reader.long()?;
        let window = reader.word()?;
        let descriptor = reader.byte()?;
        if bytes.len() > 13 + MAX_DATA {
            return Err(Malformed("ADSP data longer than 572 bytes"));
        }
        let code = descriptor & CODE;
        if descriptor & EOM != 0 && descriptor & (CONTROL | ATTENTION) != 0 {
            return Err(Malformed(
                "ADSP end of message in a packet without stream data",
            ));
        }
        if descriptor & ATTENTION != 0 && code != 0 {
            return Err(Malformed("ADSP attention packet with a control code"));
        }
        let body = match (descriptor & CONTROL != 0, descriptor & ATTENTION != 0, code) {
            (false, false, _) => Body::Data {
                end_of_message: descriptor & EOM != 0,
                data: reader.rest().to_vec(),
            },
            (false, true, _) => Body::Attention {
                code: reader.word()?,
                data: reader.rest().to_vec(),
            },
            (true, true, _) => Body::AttentionAcknowledgment,
            (true, false, 0) => Body::Probe,
            (true, false, 1..=4) => Body::Open {
                opening: match code {
                    1 => Opening::Request,
                    2 => Opening::Acknowledgment,
                    3 => Opening::RequestAcknowledgment,
                    _ => Opening::Denial,
                },
                version: reader.word()?,
                destination: reader.word()?,
                next_attention: reader.long()?,
            },
            (true, false, 5) => Body::Close,
            (true, false, 6) => Body::ForwardReset,
            (true, false, 7) => Body::ForwardResetAcknowledgment,
            (true, false, 8) => Body::RetransmitAdvice,
            (true, false, _) => return Err(Malformed("ADSP control code is reserved")),
        };
        Ok(Packet {
            connection,
            first_byte,
            next_receive,
            window,
            ack_request: descriptor & ACK_REQUEST != 0,
            body,
        })
    }

    /// The control code's or the kind's name, for people.
    pub fn name(&self) -> &'static str {
        match &self.body {
            Body::Data { .. } => "data",
            Body::Attention { .. } => "attention",
            Body::AttentionAcknowledgment => "attention ack",
            Body::Probe if self.ack_request => "probe",
            Body::Probe => "ack",
            Body::Open { opening, .. } => match opening {
                Opening::Request => "open request",
                Opening::Acknowledgment => "open ack",
                Opening::RequestAcknowledgment => "open request+ack",
                Opening::Denial => "open denial",
            },
            Body::Close => "close advice",
            Body::ForwardReset => "forward reset",
            Body::ForwardResetAcknowledgment => "forward reset ack",
            Body::RetransmitAdvice => "retransmit advice",
        }
    }
}

/// How far `later` lies after `earlier` in sequence numbers that wrap around; negative when it lies before.
pub(crate) fn distance(earlier: u32, later: u32) -> i64 {
    i64::from(later.wrapping_sub(earlier) as i32)
}

use super::{Function, MAX_DATA, MAX_PACKETS, Packet, release_time};
use crate::bytes::Malformed;
use crate::{Address, Datagram, ddp};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Exactly-once transactions remembered at the same time; when there are more the oldest is forgotten.
const REMEMBERED: usize = 64;

/// A request for the responding client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// The requesting socket.
    pub source: Address,
    /// Transaction identifier.
    pub transaction: u16,
    /// Which response packets it can take.
    pub bitmap: u8,
    /// Exactly once.
    pub exactly_once: bool,
    /// User bytes.
    pub user: [u8; 4],
    /// Data.
    pub data: Vec<u8>,
}

/// The responding end of one socket ("ATP responder" in chapter 9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Responder {
    socket: Address,
    /// Response control blocks of exactly-once transactions.
    blocks: VecDeque<Block>,
    incoming: VecDeque<Incoming>,
    out: VecDeque<Datagram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Block {
    source: Address,
    transaction: u16,
    release: Ticks,
    due: Ticks,
    response: Vec<Packet>,
}

impl Responder {
    /// A responder on `socket`.
    pub fn new(socket: Address) -> Responder {
        Responder {
            socket,
            blocks: VecDeque::new(),
            incoming: VecDeque::new(),
            out: VecDeque::new(),
        }
    }

    /// When a release timer expires next.
    pub fn next_event(&self) -> Ticks {
        self.blocks
            .iter()
            .map(|block| block.due)
            .min()
            .unwrap_or(Ticks::NEVER)
    }

    /// Forgets the transactions whose release timer has expired.
    pub fn advance(&mut self, now: Ticks) {
        self.blocks.retain(|block| block.due > now);
    }

    /// Takes in a datagram that came for this socket. Anything but a request or a release is ignored.
    pub fn receive(&mut self, now: Ticks, datagram: &Datagram) {
        if datagram.kind != ddp::ATP || datagram.destination.socket != self.socket.socket {
            return;
        }
        self.advance(now);
        let Ok(packet) = Packet::decode(&datagram.data) else {
            return;
        };
        let source = datagram.source;
        let known = self
            .blocks
            .iter()
            .position(|block| (block.source, block.transaction) == (source, packet.transaction));
        match packet.function {
            Function::Release => {
                if let Some(place) = known {
                    self.blocks.remove(place);
                }
            }
            Function::Request {
                exactly_once,
                bitmap,
                release_timer,
            } => {
                if let (true, Some(place)) = (exactly_once, known) {
                    self.repeat(now, place, bitmap);
                    return;
                }
                if exactly_once {
                    if self.blocks.len() == REMEMBERED {
                        self.blocks.pop_front();
                    }
                    let release = release_time(release_timer);
                    let (transaction, due) = (packet.transaction, now + release);
                    self.blocks.push_back(Block {
                        source,
                        transaction,
                        release,
                        due,
                        response: Vec::new(),
                    });
                }
                let Packet {
                    transaction,
                    user,
                    data,
                    ..
                } = packet;
                self.incoming.push_back(Incoming {
                    source,
                    transaction,
                    bitmap,
                    exactly_once,
                    user,
                    data,
                });
            }
            Function::Response { .. } => {}
        }
    }

    /// A duplicate: retransmits the response packets that its bitmap asks for; none when the client has not answered yet.
    fn repeat(&mut self, now: Ticks, place: usize, bitmap: u8) {
        let block = &mut self.blocks[place];
        block.due = now + block.release;
        let wanted = |packet: &&Packet| matches!(packet.function, Function::Response { sequence, .. } if bitmap & 1 << sequence != 0);
        let (socket, source) = (self.socket, block.source);
        let datagrams = block
            .response
            .iter()
            .filter(wanted)
            .filter_map(|packet| encode(packet, source, socket));
        self.out.extend(datagrams);
    }

    /// Takes the requests that came in.
    pub fn incoming(&mut self) -> std::collections::vec_deque::Drain<'_, Incoming> {
        self.incoming.drain(..)
    }

    /// Takes the datagrams to be sent.
    pub fn outgoing(&mut self) -> std::collections::vec_deque::Drain<'_, Datagram> {
        self.out.drain(..)
    }

    /// Answers a request with these packets (user bytes, data), the last one with EOM. `status` asks the requester, with the last
    /// packet, to repeat its request at once.
    ///
    /// # Errors
    /// When there are no packets or more than 8, or data of more than 578 bytes.
    pub fn respond(
        &mut self,
        now: Ticks,
        request: &Incoming,
        packets: Vec<([u8; 4], Vec<u8>)>,
        status: bool,
    ) -> Result<(), Malformed> {
        let count = packets.len();
        if !(1..=MAX_PACKETS).contains(&count)
            || packets.iter().any(|(_, data)| data.len() > MAX_DATA)
        {
            return Err(Malformed("ATP response of a size that is not allowed"));
        }
        let response = packets
            .into_iter()
            .enumerate()
            .map(|(sequence, (user, data))| {
                let end = sequence + 1 == count;
                let function = Function::Response {
                    sequence: sequence as u8,
                    end,
                    status: status && end,
                };
                Packet {
                    function,
                    transaction: request.transaction,
                    user,
                    data,
                }
            });
        let response: Vec<Packet> = response.collect();
        let wanted = response
            .iter()
            .enumerate()
            .filter(|(sequence, _)| request.bitmap & 1 << sequence != 0);
        self.out
            .extend(wanted.filter_map(|(_, packet)| encode(packet, request.source, self.socket)));
        let block = self.blocks.iter_mut().find(|block| {
            (block.source, block.transaction) == (request.source, request.transaction)
        });
        if let Some(block) = block {
            block.response = response;
            block.due = now + block.release;
        }
        Ok(())
    }
}

fn encode(packet: &Packet, to: Address, from: Address) -> Option<Datagram> {
    Some(Datagram::new(to, from, ddp::ATP, packet.encode().ok()?))
}

use super::{Function, MAX_PACKETS, Packet};
use crate::bytes::Malformed;
use crate::{Address, Datagram, ddp};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What a transaction requester asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The responding socket.
    pub destination: Address,
    /// Exactly once, else at least once.
    pub exactly_once: bool,
    /// Response packets that can be taken, 1-8.
    pub packets: u8,
    /// User bytes of the request.
    pub user: [u8; 4],
    /// At most 578 bytes.
    pub data: Vec<u8>,
    /// Interval between repetitions.
    pub retry: Ticks,
    /// Repetitions after the first sending; `None`: without end.
    pub retries: Option<u32>,
}

/// A transaction that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Its identifier, as [`Requester::request`] gave it.
    pub transaction: u16,
    /// The packets of the response in order, with their user bytes; `None` when all retries were used up.
    pub response: Option<Vec<([u8; 4], Vec<u8>)>>,
}

/// The requesting end of one socket ("ATP requester" in chapter 9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    socket: Address,
    last_transaction: u16,
    /// Transaction control blocks.
    open: Vec<Control>,
    out: VecDeque<Datagram>,
    done: VecDeque<Done>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Control {
    transaction: u16,
    request: Request,
    bitmap: u8,
    left: Option<u32>,
    due: Ticks,
    received: Vec<Option<([u8; 4], Vec<u8>)>>,
}

impl Control {
    fn datagram(&self, from: Address) -> Option<Datagram> {
        let function = Function::Request {
            exactly_once: self.request.exactly_once,
            bitmap: self.bitmap,
            release_timer: 0,
        };
        let (user, data) = (self.request.user, self.request.data.clone());
        let packet = Packet {
            function,
            transaction: self.transaction,
            user,
            data,
        };
        Some(Datagram::new(
            self.request.destination,
            from,
            ddp::ATP,
            packet.encode().ok()?,
        ))
    }
}

impl Requester {
    /// A requester that sends from `socket`; its transactions are numbered from `first` on.
    pub fn new(socket: Address, first: u16) -> Requester {
        let last_transaction = first.wrapping_sub(1);
        Requester {
            socket,
            last_transaction,
            open: Vec::new(),
            out: VecDeque::new(),
            done: VecDeque::new(),
        }
    }

    /// Begins a transaction and returns its identifier.
    ///
    /// # Errors
    /// When the number of packets or the length of the data is not allowed.
    pub fn request(&mut self, now: Ticks, request: Request) -> Result<u16, Malformed> {
        if !(1..=MAX_PACKETS as u8).contains(&request.packets) {
            return Err(Malformed("ATP response of 0 or more than 8 packets"));
        }
        if request.data.len() > super::MAX_DATA {
            return Err(Malformed("ATP data longer than 578 bytes"));
        }
        let transaction = self.new_transaction();
        let control = Control {
            transaction,
            bitmap: 0xFF >> (8 - request.packets),
            left: request.retries,
            due: now + request.retry,
            received: vec![None; usize::from(request.packets)],
            request,
        };
        self.out.extend(control.datagram(self.socket));
        self.open.push(control);
        Ok(transaction)
    }

    /// "Wraparound and generation of TIDs": the next number that no open transaction has.
    fn new_transaction(&mut self) -> u16 {
        loop {
            self.last_transaction = self.last_transaction.wrapping_add(1);
            if self
                .open
                .iter()
                .all(|control| control.transaction != self.last_transaction)
            {
                return self.last_transaction;
            }
        }
    }

    /// Forgets a transaction (releasing a TCB).
    pub fn cancel(&mut self, transaction: u16) {
        self.open
            .retain(|control| control.transaction != transaction);
    }

    /// When a retry timer expires next.
    pub fn next_event(&self) -> Ticks {
        self.open
            .iter()
            .map(|control| control.due)
            .min()
            .unwrap_or(Ticks::NEVER)
    }

    /// Repeats what is due at `now`, and gives up what has no retries left.
    pub fn advance(&mut self, now: Ticks) {
        let socket = self.socket;
        let (out, done) = (&mut self.out, &mut self.done);
        self.open.retain_mut(|control| {
            if control.due > now {
                return true;
            }
            if control.left == Some(0) {
                done.push_back(Done {
                    transaction: control.transaction,
                    response: None,
                });
                return false;
            }
            control.left = control.left.map(|left| left - 1);
            control.due = now + control.request.retry;
            out.extend(control.datagram(socket));
            true
        });
    }

    /// Takes in a datagram that came for this socket. Anything but an expected response is ignored.
    pub fn receive(&mut self, now: Ticks, datagram: &Datagram) {
        if datagram.kind != ddp::ATP || datagram.destination.socket != self.socket.socket {
            return;
        }
        let Ok(packet) = Packet::decode(&datagram.data) else {
            return;
        };
        let Function::Response {
            sequence,
            end,
            status,
        } = packet.function
        else {
            return;
        };
        let open = self.open.iter().position(|control| {
            control.transaction == packet.transaction
                && control.request.destination.is(&datagram.source)
        });
        let Some(place) = open else { return };
        let control = &mut self.open[place];
        if control.bitmap & 1 << sequence == 0 {
            return;
        }
        control.bitmap &= !(1 << sequence);
        control.received[usize::from(sequence)] = Some((packet.user, packet.data));
        if end {
            control.bitmap &= !(0xFE << sequence);
        }
        if status && control.bitmap != 0 {
            control.due = now + control.request.retry;
            self.out.extend(control.datagram(self.socket));
        }
        if control.bitmap != 0 {
            return;
        }
        let control = self.open.remove(place);
        if control.request.exactly_once {
            let transaction = control.transaction;
            let release = Packet {
                function: Function::Release,
                transaction,
                user: [0; 4],
                data: Vec::new(),
            };
            let bytes = release.encode().unwrap_or_default();
            self.out.push_back(Datagram::new(
                control.request.destination,
                self.socket,
                ddp::ATP,
                bytes,
            ));
        }
        let response = control
            .received
            .into_iter()
            .map_while(|packet| packet)
            .collect();
        self.done.push_back(Done {
            transaction: control.transaction,
            response: Some(response),
        });
    }

    /// Takes the datagrams to be sent.
    pub fn outgoing(&mut self) -> std::collections::vec_deque::Drain<'_, Datagram> {
        self.out.drain(..)
    }

    /// Takes the transactions that have ended.
    pub fn done(&mut self) -> std::collections::vec_deque::Drain<'_, Done> {
        self.done.drain(..)
    }
}

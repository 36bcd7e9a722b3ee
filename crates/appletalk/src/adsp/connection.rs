use super::queue::{Piece, Queue};
use super::{Body, MAX_ATTENTION, Offer, Opening, Packet, distance};
use crate::{Address, Datagram, Malformed, ddp};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::num::NonZeroU16;

/// The connection timer: without a packet for so long, a probe goes out.
const PROBE: Ticks = Ticks::from_secs(30);
/// Expiries of the connection timer after which the connection is taken for half-open and torn down.
const PROBES: u8 = 4;

/// What a client chooses for its connection end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Size of the receive queue in bytes; the largest window.
    pub receive: u16,
    /// Size of the send queue in bytes.
    pub send: usize,
    /// From where a connection is accepted; a field of 0 lets any value pass.
    pub filter: Address,
    /// Interval between open-connection requests.
    pub open_interval: Ticks,
    /// Requests after the first one; `None`: without end.
    pub open_retries: Option<u32>,
    /// Retransmission interval of data and forward resets.
    pub retransmit: Ticks,
    /// Retransmission interval of attention messages.
    pub attention_interval: Ticks,
    /// Data packets out of sequence, one after the other, that bring forth a Retransmit Advice.
    pub bad_sequence_max: u8,
}

impl Default for Options {
    /// Opening as *Inside Macintosh: Networking* gives the defaults of dspOpen and dspOptions: every second, 3 times; badSeqMax 3.
    /// Queue sizes and retransmission intervals are assumed: *Inside AppleTalk* leaves them to the implementation.
    fn default() -> Options {
        Options {
            receive: 4096,
            send: 4096,
            filter: Address::default(),
            open_interval: Ticks::from_secs(1),
            open_retries: Some(3),
            retransmit: Ticks::from_secs(1),
            attention_interval: Ticks::from_secs(1),
            bad_sequence_max: 3,
        }
    }
}

/// A filter of network addresses ("Connection-opening filters").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Filter(pub(super) Address);

impl Filter {
    pub(super) fn passes(self, address: Address) -> bool {
        let Filter(f) = self;
        (f.network == 0 || address.network == 0 || f.network == address.network)
            && (f.node == 0 || f.node == address.node)
            && (f.socket == 0 || f.socket == address.socket)
    }
}

/// Where a connection end is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Waiting for an open-connection request.
    Passive,
    /// In the opening dialog.
    Opening,
    /// Open as far as this end knows.
    Open,
    /// Open until what was sent is acknowledged.
    Closing,
    /// Closed; what was received can still be read.
    Closed,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The connection is open.
    Opened,
    /// The other end denied the request.
    Denied,
    /// No end of the opening dialog within the retries.
    Failed,
    /// An attention message has come. Until it is taken, the next one is not accepted.
    Attention {
        /// Its code.
        code: u16,
        /// Its data.
        data: Vec<u8>,
    },
    /// This end's attention message was acknowledged.
    AttentionDelivered,
    /// A forward reset has come: bytes not yet read are gone. A repeated packet is not told from a second reset.
    ForwardReset,
    /// This end's forward reset was acknowledged.
    ForwardResetDone,
    /// The other end closed the connection.
    ClosedByPeer,
    /// Four connection timers ran out: half-open.
    TornDown,
    /// [`Connection::close`] is done.
    Closed,
}

/// When the timers of an end expire; [`Ticks::NEVER`] for one that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timers {
    pub(super) open: Ticks,
    pub(super) retransmit: Ticks,
    pub(super) attention: Ticks,
    pub(super) reset: Ticks,
    pub(super) connection: Ticks,
}

impl Timers {
    const OFF: Timers = Timers {
        open: Ticks::NEVER,
        retransmit: Ticks::NEVER,
        attention: Ticks::NEVER,
        reset: Ticks::NEVER,
        connection: Ticks::NEVER,
    };

    fn next(&self) -> Ticks {
        self.open
            .min(self.retransmit)
            .min(self.attention)
            .min(self.reset)
            .min(self.connection)
    }
}

/// One end of a connection. The names in brackets are those of the chapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub(super) options: Options,
    pub(super) state: State,
    /// [LocAddr], [LocConnID].
    pub(super) local: Address,
    pub(super) local_id: u16,
    /// [RemAddr], [RemConnID]; 0: not known.
    pub(super) remote: Address,
    pub(super) remote_id: u16,
    /// This end began the dialog.
    pub(super) initiated: bool,
    /// This end knows the other one's parameters.
    pub(super) established: bool,
    /// The other end has acknowledged this one's request.
    pub(super) acknowledged: bool,
    pub(super) open_left: Option<u32>,
    /// What is not acknowledged yet, from [FirstRtmtSeq] on.
    pub(super) send: Queue,
    /// [FirstRtmtSeq], [SendSeq], and the sequence number after [SendWdwSeq].
    pub(super) first_retransmit: u32,
    pub(super) send_next: u32,
    pub(super) send_limit: u32,
    pub(super) receive: Queue,
    /// [RecvSeq].
    pub(super) receive_next: u32,
    /// The window last told to the other end.
    pub(super) told_window: u16,
    pub(super) bad_sequences: u8,
    /// [AttnSendSeq], [AttnRecvSeq], and the message that is not acknowledged yet.
    pub(super) attention_send: u32,
    pub(super) attention_receive: u32,
    pub(super) attention_out: Option<(u16, Vec<u8>)>,
    pub(super) reset_pending: bool,
    /// Expiries of the connection timer since the last packet.
    pub(super) silent: u8,
    pub(super) timers: Timers,
    pub(super) out: VecDeque<Datagram>,
    pub(super) events: VecDeque<Event>,
}

impl Connection {
    fn new(local: Address, id: NonZeroU16, options: Options, state: State) -> Connection {
        Connection {
            told_window: options.receive,
            open_left: options.open_retries,
            options,
            state,
            local,
            local_id: id.get(),
            remote: Address::default(),
            remote_id: 0,
            initiated: false,
            established: false,
            acknowledged: false,
            send: Queue::default(),
            first_retransmit: 0,
            send_next: 0,
            send_limit: 0,
            receive: Queue::default(),
            receive_next: 0,
            bad_sequences: 0,
            attention_send: 0,
            attention_receive: 0,
            attention_out: None,
            reset_pending: false,
            silent: 0,
            timers: Timers::OFF,
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// An end on `local` that asks `remote` for a connection. `id`: no other connection of the socket has it.
    pub fn request(
        now: Ticks,
        local: Address,
        id: NonZeroU16,
        remote: Address,
        options: Options,
    ) -> Connection {
        let mut end = Connection::new(local, id, options, State::Opening);
        end.remote = remote;
        end.initiated = true;
        end.send_open(Opening::Request);
        end.timers.open = now + end.options.open_interval;
        end
    }

    /// An end on `local` that waits for a request.
    pub fn passive(local: Address, id: NonZeroU16, options: Options) -> Connection {
        Connection::new(local, id, options, State::Passive)
    }

    /// An end on `local` that goes on with a request which a [`super::Listener`] received.
    pub fn accept(
        now: Ticks,
        local: Address,
        id: NonZeroU16,
        offer: Offer,
        options: Options,
    ) -> Connection {
        let mut end = Connection::new(local, id, options, State::Opening);
        end.establish(offer);
        end.ask_and_acknowledge(now);
        end
    }

    /// Where it is in its life.
    pub fn state(&self) -> State {
        self.state
    }

    /// The other end's socket; zeros while it is not known.
    pub fn remote(&self) -> Address {
        self.remote
    }

    /// Places in the send queue that are free; an end of message takes one.
    pub fn free(&self) -> usize {
        self.options.send.saturating_sub(self.send.len())
    }

    /// Bytes and ends of messages sent or to be sent that the other end has not acknowledged.
    pub fn unacknowledged(&self) -> usize {
        self.send.len()
    }

    /// Puts as much of `data` into the send queue as there is room for, and sends what the window allows. `end_of_message` marks the
    /// last byte when all of them and the mark find room. Returns how many bytes were taken, and whether the mark was.
    pub fn write(&mut self, now: Ticks, data: &[u8], end_of_message: bool) -> (usize, bool) {
        if matches!(self.state, State::Closing | State::Closed) {
            return (0, false);
        }
        let taken = data.len().min(self.free());
        let mark = end_of_message && self.free() > data.len();
        self.send.push(&data[..taken], mark);
        self.pump(now);
        (taken, mark)
    }

    /// Takes up to `most` bytes from the receive queue, no further than the end of a message.
    pub fn read(&mut self, most: usize) -> Piece {
        let piece = self.receive.take(most);
        self.tell_window();
        piece
    }

    /// Sends an attention message.
    ///
    /// # Errors
    /// When one is outstanding already, the connection is not open, or the data are longer than 570 bytes.
    pub fn attention(&mut self, now: Ticks, code: u16, data: &[u8]) -> Result<(), Malformed> {
        if data.len() > MAX_ATTENTION {
            return Err(Malformed("ADSP attention data longer than 570 bytes"));
        }
        if self.state != State::Open {
            return Err(Malformed("ADSP attention on a connection that is not open"));
        }
        if self.attention_out.is_some() {
            return Err(Malformed("ADSP attention while one is outstanding"));
        }
        self.attention_out = Some((code, data.to_vec()));
        self.send_attention(now);
        Ok(())
    }

    /// Aborts the delivery of everything written and not yet read by the other client. False when the connection is not open.
    pub fn forward_reset(&mut self, now: Ticks) -> bool {
        if self.state != State::Open {
            return false;
        }
        self.send.clear();
        self.first_retransmit = self.send_next;
        self.reset_pending = true;
        self.timers.retransmit = Ticks::NEVER;
        self.send_reset(now);
        true
    }

    /// Closes this end: at once with `abort`, else when everything sent is acknowledged.
    pub fn close(&mut self, abort: bool) {
        match self.state {
            State::Open if !abort => {
                self.state = State::Closing;
                self.finish_closing();
            }
            State::Closed | State::Closing if !abort => {}
            State::Closed => {}
            _ => {
                if self.established {
                    self.send_packet(Body::Close, self.send_next, false);
                }
                self.end(Event::Closed);
            }
        }
    }

    /// When a timer expires next.
    pub fn next_event(&self) -> Ticks {
        self.timers.next()
    }

    /// Does what is due at `now`.
    pub fn advance(&mut self, now: Ticks) {
        if self.timers.open <= now {
            self.open_expired(now);
        }
        if self.timers.retransmit <= now {
            self.retransmit_expired(now);
        }
        if self.timers.attention <= now {
            self.send_attention(now);
        }
        if self.timers.reset <= now {
            self.send_reset(now);
        }
        if self.timers.connection <= now {
            self.silent += 1;
            if self.silent >= PROBES {
                self.send_packet(Body::Close, self.send_next, false);
                self.end(Event::TornDown);
            } else {
                self.timers.connection = now + PROBE;
                self.send_packet(Body::Probe, self.send_next, true);
            }
        }
    }

    /// Takes in a datagram that came for this socket; anything malformed or of another connection is ignored.
    pub fn receive(&mut self, now: Ticks, datagram: &Datagram) {
        if datagram.kind != ddp::ADSP || datagram.destination.socket != self.local.socket {
            return;
        }
        let Ok(packet) = Packet::decode(&datagram.data) else {
            return;
        };
        if let Body::Open { .. } = packet.body {
            self.open_packet(now, datagram.source, &packet);
        } else if matches!(self.state, State::Open | State::Closing)
            && self.is_remote(datagram.source, packet.connection)
        {
            self.heard(now);
            self.flow_packet(now, packet);
        }
    }

    /// Takes the datagrams to be sent.
    pub fn outgoing(&mut self) -> std::collections::vec_deque::Drain<'_, Datagram> {
        self.out.drain(..)
    }

    /// Takes the oldest event.
    pub fn next_message(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn is_remote(&self, source: Address, id: u16) -> bool {
        id == self.remote_id && Filter(self.remote).passes(source)
    }

    /// A packet has come from the other end: the connection timer starts again.
    pub(super) fn heard(&mut self, now: Ticks) {
        self.silent = 0;
        self.timers.connection = now + PROBE;
    }

    /// Space in the receive queue [RecvWdw].
    pub(super) fn window(&self) -> u16 {
        let used = self.receive.len().min(usize::from(self.options.receive)) as u16;
        self.options.receive - used
    }

    pub(super) fn send_packet(&mut self, body: Body, first_byte: u32, ack_request: bool) {
        self.told_window = self.window();
        let packet = Packet {
            connection: self.local_id,
            first_byte,
            next_receive: self.receive_next,
            window: self.told_window,
            ack_request,
            body,
        };
        self.post(&packet);
    }

    pub(super) fn post(&mut self, packet: &Packet) {
        // Nothing this end builds is longer than a packet may be.
        if let Ok(bytes) = packet.encode() {
            self.out
                .push_back(Datagram::new(self.remote, self.local, ddp::ADSP, bytes));
        }
    }

    /// The end is closed; what was received stays readable.
    pub(super) fn end(&mut self, event: Event) {
        self.state = State::Closed;
        self.timers = Timers::OFF;
        self.send.clear();
        self.attention_out = None;
        self.reset_pending = false;
        self.events.push_back(event);
    }

    /// Closes when nothing is outstanding any more.
    pub(super) fn finish_closing(&mut self) {
        if self.state == State::Closing
            && self.send.is_empty()
            && self.attention_out.is_none()
            && !self.reset_pending
        {
            self.send_packet(Body::Close, self.send_next, false);
            self.end(Event::Closed);
        }
    }

    /// Whether `number` lies in [from, to], with wrap-around.
    pub(super) fn within(from: u32, number: u32, to: u32) -> bool {
        let offset = distance(from, number);
        offset >= 0 && offset <= distance(from, to)
    }
}

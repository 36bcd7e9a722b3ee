//! Mail clients on host-side stations: the load on a mail server, and the witness of what it does.
//!
//! Protocol: docs/mail-protocol.md. What the clients do, and how often, is a chosen load (`assumed`), not taken from anywhere.

mod client;
mod ledger;
pub mod protocol;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use ledger::{Ledger, Message, Violation, body};

use clock::{Stream, Ticks};
use localtalk::{Cable, Station};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// Most clients of one load.
pub const MAX_CLIENTS: u8 = 30;

/// What a load is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Clients, 0-30, each a station of its own.
    pub clients: u8,
    /// Name of the server.
    pub server: String,
    /// Zone in which they look for it, in MacRoman; `*` for their own.
    pub zone: Vec<u8>,
    /// When the first clients look for the server; each begins within one `interval` after that.
    pub start: Ticks,
    /// Mean time between the beginnings of two actions of one client, exponentially distributed. A client that is still busy then begins
    /// the next action when it is free.
    pub interval: Ticks,
    /// Mean length of a body, exponentially distributed, at most 32,768 bytes.
    pub body: u16,
    /// Interval at which ATP repeats a request.
    pub retry: Ticks,
    /// Repetitions before a request counts as timed out.
    pub retries: u8,
}

/// All mail clients of a world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailClients {
    clients: Vec<Client>,
    ledger: Ledger,
    /// How far they have run, and when one of them does something next by itself.
    now: Ticks,
    next: Ticks,
}

impl MailClients {
    /// The clients of `load` (at most 30) on the stations from `first_station` on, in the run with this `seed`. Their node
    /// addresses are taken as settled long ago; other nodes that claim one of them get an ACK.
    pub fn new(load: Load, first_station: u8, seed: u64) -> MailClients {
        let names: Vec<Vec<u8>> = (1..=load.clients.min(MAX_CLIENTS))
            .map(|n| format!("Client {n:02}").into_bytes())
            .collect();
        let offset = Stream::new(seed, "mail/addresses").below(127) as u8;
        let client = |number: u8| {
            // 127 is prime: multiples of 37 are distinct user addresses.
            let address = ((u32::from(offset) + u32::from(number) * 37) % 127) as u8 + 1;
            let stream = |what: &str| Stream::new(seed, &format!("mail/{number}/{what}"));
            let station = Station::with_address(first_station + number, address, stream("station"));
            Client::new(station, number, names.clone(), load.clone(), stream("load"))
        };
        let clients = (0..names.len() as u8).map(client).collect();
        MailClients {
            clients,
            ledger: Ledger::default(),
            now: Ticks::ZERO,
            next: Ticks::ZERO,
        }
    }

    /// Puts them on the cables with these numbers, in turn, instead of cable 0.
    pub fn on_cables(mut self, cables: &[usize]) -> MailClients {
        for (client, &cable) in self.clients.iter_mut().zip(cables.iter().cycle()) {
            client.cable = cable;
        }
        self
    }

    /// The number of each client's cable, in the order of their stations.
    pub fn cables(&self) -> impl Iterator<Item = usize> {
        self.clients.iter().map(|client| client.cable)
    }

    /// How many stations they take.
    pub fn stations(&self) -> u8 {
        self.clients.len() as u8
    }

    /// The clients, in the order of their stations.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// What they know together.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Runs all of them up to, not including, `now`, on the cables of the world. The result depends on the steps in which this is called, so a world keeps
    /// to fixed ones.
    pub fn advance(&mut self, now: Ticks, cables: &mut [Cable], tracer: &mut Tracer) {
        // Most of the time nothing happens on the cable and nobody has anything to do.
        if self.next >= now && cables.iter().all(|cable| cable.latest() < self.now) {
            self.now = now;
            return;
        }
        for client in &mut self.clients {
            let cable = &mut cables[client.cable];
            client.advance(now, cable, tracer, &mut self.ledger);
        }
        self.next = self
            .clients
            .iter()
            .map(Client::next_event)
            .min()
            .unwrap_or(Ticks::NEVER);
        self.now = now;
    }
}

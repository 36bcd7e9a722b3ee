//! How well a mail server's Macintosh keeps LocalTalk's deadlines, and what a backup beside it adds: the tables of M6 in docs/mechanisms.md.
//!
//! ```text
//! cargo run --release -p lab --example deadlines [-- SEEDS]
//! ```

use appletalk::{Datagram, ddp};
use clock::Ticks;
use lab::outcome::Outcome;
use lab::run::{Run, run};
use lab::scenario::Scenario;
use lab::world::World;
use localtalk::llap::{self, BROADCAST, Packet};
use std::collections::BTreeMap;
use std::error::Error;
use trace::{ChipEvent, Event, LineEvent, Record};

/// The server is machine 0 and station 0 everywhere here.
const SERVER: u8 = 0;

/// Machines with their programs. The backup does not hold the bus with long commands, and the server never waits for the disk at interrupt time: nothing stops.
const PLACES: [(&str, &[&str]); 3] = [
    ("none", &["machines.server=mail-server"]),
    (
        "on another Macintosh",
        &["machines.server=mail-server", "machines.other=backup"],
    ),
    ("beside the server", &["machines.server=mail-server,backup"]),
];

const LOADS: [(&str, &[&str]); 2] = [
    ("3 clients", &["mail.clients=3", "mail.interval=4000"]),
    ("12 clients", &["mail.clients=12", "mail.interval=4000"]),
];

fn scenario(seed: u64, sets: &[&[&str]]) -> Result<Scenario, Box<dyn Error>> {
    let text = "[machines]\nserver = []\n";
    let mut scenario = Scenario::from_toml("deadlines", text, "deadlines")?;
    scenario.set(&format!("run.seed={seed}"))?;
    for set in [
        "server.store=async",
        "backup.immediate=yes",
        "mail.duration=100000",
    ]
    .iter()
    .chain(sets.iter().copied().flatten())
    {
        scenario.set(set)?;
    }
    Ok(scenario)
}

/// Sums of the runs of one line.
#[derive(Default)]
struct Sum {
    micros: u64,
    asked: u64,
    no_cts: u64,
    overruns: u64,
    requests: u64,
    retries: u64,
    given_up: u64,
    release_timeouts: u64,
    masked_us: u64,
    longest_us: u64,
    failures: usize,
}

impl Sum {
    fn add(&mut self, outcome: &Outcome) {
        let figures = &outcome.network[usize::from(SERVER)].figures;
        self.micros += (outcome.virtual_seconds * 1e6) as u64;
        self.asked += figures.asked;
        self.no_cts += figures.no_cts;
        self.overruns += figures.overruns;
        self.requests += outcome.mail.sent;
        self.retries += figures.retries;
        self.given_up += outcome.mail.timed_out;
        self.release_timeouts += figures.release_timeouts;
        self.failures += outcome.failures.len();
        let of_server = |machine: &str, level: u8| machine == "server" && level == 2;
        for one in &outcome.interrupts_masked {
            self.masked_us += one.total_us * u64::from(of_server(&one.machine, one.level));
        }
        for one in &outcome.interrupts {
            if of_server(&one.machine, one.level) && one.symbol != "power-on" {
                self.longest_us = self.longest_us.max(one.longest_us);
            }
        }
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// With and without a backup, everything else the same.
fn backup(seeds: u64) -> Result<(), Box<dyn Error>> {
    println!(
        "| service | load | backup | level 2 masked, % of the time | longest, ms | RTS to the server | without CTS, % | overruns for each 100 RTS | requests repeated, % | given up | release timeouts | failures |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for service in ["interrupt", "systemtask"] {
        for (load, load_sets) in LOADS {
            for (place, place_sets) in PLACES {
                let service_set = format!("server.service={service}");
                let mut sum = Sum::default();
                for seed in 1..=seeds {
                    let scenario = scenario(seed, &[&[&service_set], load_sets, place_sets])?;
                    sum.add(&run(&scenario, None, None, &mut |_| {})?);
                }
                println!(
                    "| {service} | {load} | {place} | {:.1} | {:.0} | {} | {:.1} | {:.1} | {:.1} | {} | {} | {} |",
                    percent(sum.masked_us, sum.micros),
                    sum.longest_us as f64 / 1000.0,
                    sum.asked,
                    percent(sum.no_cts, sum.asked),
                    percent(sum.overruns, sum.asked),
                    percent(sum.retries, sum.requests),
                    sum.given_up,
                    sum.release_timeouts,
                    sum.failures,
                );
            }
        }
    }
    Ok(())
}

/// Upper ends of the classes of pauses, in microseconds.
const PAUSES: [u64; 6] = [500, 1000, 2000, 4000, 16_000, u64::MAX];

/// What the server had to do with last, before a request to send came for it, how long ago that was, and whether it answered.
#[derive(Default)]
struct Deafness {
    /// The last frame that concerned the server: what it was, and when it ended.
    last: Option<(&'static str, Ticks)>,
    /// A request to send that waits for its answer: the class, and who asked.
    asking: Option<(&'static str, usize, u8)>,
    address: Option<u8>,
    /// Asked and not answered, by class and pause.
    counts: BTreeMap<&'static str, [(u64, u64); PAUSES.len()]>,
    overruns: u64,
}

impl Deafness {
    fn see(&mut self, record: &Record) {
        match &record.event {
            Event::Chip(ChipEvent::SccOverrun { .. }) if record.machine == SERVER => {
                self.overruns += 1
            }
            Event::Line(LineEvent::Frame {
                station,
                bytes,
                start,
                intact: true,
                ..
            }) => {
                if let Ok(packet) = Packet::decode(bytes) {
                    self.frame(record.at, *station, Ticks(*start), &packet);
                }
            }
            _ => {}
        }
    }

    fn frame(&mut self, at: Ticks, station: u8, start: Ticks, packet: &Packet) {
        let own = station == SERVER;
        if own && packet.kind != llap::ENQ {
            self.address = Some(packet.source);
        }
        if let Some((class, pause, asked_by)) = self.asking.take() {
            let answered = own && packet.kind == llap::CTS && packet.destination == asked_by;
            let cell = &mut self.counts.entry(class).or_default()[pause];
            cell.0 += 1;
            cell.1 += u64::from(!answered);
        }
        let to_server = Some(packet.destination) == self.address;
        if packet.kind == llap::RTS && to_server && !own {
            let (class, ended) = self.last.unwrap_or(("nothing", Ticks::ZERO));
            let micros = start.since(ended).as_micros();
            let pause = PAUSES.iter().position(|&end| micros < end).unwrap_or(0);
            self.asking = Some((class, pause, packet.source));
        }
        if packet.is_control() {
            return;
        }
        let kind = Datagram::decode(packet).ok().map(|datagram| {
            let control = datagram.data.first().map_or(0, |byte| byte & 0xC0);
            match (datagram.kind, control) {
                (ddp::ATP, 0x40) => "an ATP request to it",
                (ddp::ATP, 0xC0) => "an ATP release to it",
                _ => "another packet to it",
            }
        });
        let class = match (own, packet.destination) {
            (true, _) => Some("a data frame of its own"),
            (_, BROADCAST) => Some("a broadcast"),
            _ if to_server => kind,
            _ => None,
        };
        if let Some(class) = class {
            self.last = Some((class, at));
        }
    }
}

/// How soon after what the server hears again.
fn deafness(seeds: u64) -> Result<(), Box<dyn Error>> {
    for service in ["interrupt", "systemtask"] {
        let mut watch = Deafness::default();
        for seed in 1..=seeds {
            let service_set = format!("server.service={service}");
            let scenario = scenario(seed, &[&[&service_set], LOADS[1].1, PLACES[0].1])?;
            let volumes = World::volumes(&scenario)?;
            let mut run = Run::new(&scenario, &volumes)?;
            watch.address = None;
            watch.last = None;
            run.advance(Ticks::from_secs(100), |record| watch.see(record));
        }
        println!(
            "\nservice {service}, 12 clients, no backup; {} overruns",
            watch.overruns
        );
        println!(
            "\n| the last thing before the RTS | below 0.5 ms ago | 0.5 to 1 | 1 to 2 | 2 to 4 | 4 to 16 | longer |"
        );
        println!("|---|---|---|---|---|---|---|");
        for (class, cells) in &watch.counts {
            let cells: Vec<String> = cells
                .iter()
                .map(|(asked, not)| format!("{not} of {asked}"))
                .collect();
            println!("| {class} | {} |", cells.join(" | "));
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let seeds = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 5,
    };
    println!("Seeds 1 to {seeds}.\n");
    backup(seeds)?;
    deafness(seeds)
}

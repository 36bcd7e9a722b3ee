//! Running a scenario to its verdict.

use crate::case::{Case, CaseError};
pub use crate::keep::Keep;
use crate::keep::Sinks;
use crate::live::{Nobody, Outside, Recording};
use crate::outcome::{self, BackupCounts, MachineNetwork, MailCounts, Outcome, TapeCounts};
use crate::scenario::{Machine, Scenario};
use crate::verdict::backup::{self, Comparison};
use crate::verdict::cpu::{CpuWatch, Sample, Stopped};
use crate::verdict::interrupts::Intervals;
use crate::verdict::mail::MailWatch;
use crate::verdict::network::NetworkWatch;
use crate::verdict::server::Silence;
use crate::verdict::store::StoreCounts;
use crate::verdict::symbols::{Memory, Symbols};
use crate::verdict::tape::TapeWatch;
use crate::verdict::{Failure, FailureKind, Mechanism};
use crate::world::{BaseVolume, World, WorldError, volume_hash};
use clock::Ticks;
use guest::hfs;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use thiserror::Error;
use trace::{Record, RunHash};

/// Why a run could not be made or kept.
#[derive(Debug, Error)]
pub enum RunError {
    /// The world could not be built.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The case to replay is not usable.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The volume a case keeps is not the one it names.
    #[error(
        "{case}: the volume of machine `{machine}` is not the one of the recorded run; keep the case's folder together"
    )]
    Volume {
        /// The case.
        case: String,
        /// The machine.
        machine: String,
    },
    /// Results could not be written.
    #[error("{0}")]
    Keep(String),
}

/// A run in progress: the world, and everything that watches it. Serialising it saves the run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Run {
    /// The world.
    pub world: World,
    hash: RunHash,
    mail: MailWatch,
    network: NetworkWatch,
    tapes: Vec<TapeWatch>,
    cpus: Vec<CpuWatch>,
    next_sample: Ticks,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Everything that was to happen has happened.
    Over,
    /// The server answers nobody.
    Silence,
    /// This machine shows the bomb box.
    SystemError(usize),
    /// The backup of this machine has stopped without its end.
    BackupStopped(usize),
    /// The limit of virtual time.
    Limit,
}

/// How often a run is asked whether it is over.
const LOOK: Ticks = Ticks(Ticks::PER_SECOND / 10);
/// How often a run with a bridge meets what is outside: a small part of what a round trip of datagrams takes.
const MEET: Ticks = Ticks::from_millis(1);
/// `DSErrCode`, the number of the last system error (*Inside Macintosh II*, the System Error Handler).
const DS_ERR_CODE: u32 = 0xAF0;

impl Run {
    /// The run of `scenario` at time zero.
    ///
    /// # Errors
    /// When the world cannot be built.
    pub fn new(scenario: &Scenario, volumes: &[BaseVolume]) -> Result<Run, WorldError> {
        let tape_id = scenario.parameters.number("tape.id") as u8;
        Ok(Run {
            world: World::new(scenario, volumes)?,
            hash: RunHash::default(),
            mail: MailWatch::new(
                (0..)
                    .zip(&scenario.machines)
                    .filter(|(_, machine)| machine.has("mail-client"))
                    .map(|(station, _)| station),
            ),
            network: NetworkWatch::new(scenario.machines.len()),
            tapes: (0..scenario.machines.len())
                .map(|number| TapeWatch::new(number as u8, tape_id))
                .collect(),
            cpus: vec![CpuWatch::default(); scenario.machines.len()],
            next_sample: Ticks::ZERO,
        })
    }

    /// Runs until `until`, giving every record to `sink`.
    pub fn advance(&mut self, until: Ticks, mut sink: impl FnMut(&Record)) {
        while self.world.now() < until {
            self.world.step();
            let Run {
                world,
                hash,
                mail,
                network,
                tapes,
                ..
            } = self;
            world.drain(|record| {
                hash.add(&record);
                mail.see(&record);
                network.see(&record);
                tapes.iter_mut().for_each(|tape| tape.see(&record));
                sink(&record);
            });
            if self.world.now() >= self.next_sample {
                self.sample();
            }
        }
    }

    fn sample(&mut self) {
        let now = self.world.now();
        for (cpu, mac) in self.cpus.iter_mut().zip(self.world.macs()) {
            let registers = mac.registers();
            cpu.see(Sample {
                at: now,
                pc: registers.pc,
                sr: registers.sr,
            });
        }
        self.next_sample = now + CpuWatch::INTERVAL;
    }

    /// The hash over every record so far and the state of every machine and medium now.
    pub fn hash(&self, scenario: &Scenario) -> String {
        let mut hash = self.hash.clone();
        for (number, mac) in self.world.macs().iter().enumerate() {
            hash.add_bytes(mac.state_hash().as_bytes());
            hash.add_bytes(&self.world.disk_image(number, &scenario.parameters));
        }
        hash.hex()
    }

    fn end(&self, scenario: &Scenario) -> Option<End> {
        let parameters = &scenario.parameters;
        let seconds = |key: &str| Ticks::from_secs(parameters.number(key));
        let now = self.world.now();
        if let Some(number) = self.world.macs().iter().position(is_bombed) {
            return Some(End::SystemError(number));
        }
        let served = scenario
            .machines
            .iter()
            .any(|machine| machine.has("mail-server"));
        let silent = |since| now.since(since) >= seconds("run.silence");
        if served && self.mail.waiting_since().is_some_and(silent) {
            return Some(End::Silence);
        }
        let settle = seconds("run.settle");
        let mut backups = scenario
            .machines
            .iter()
            .enumerate()
            .filter(|(_, machine)| machine.has("backup"))
            .peekable();
        if backups.peek().is_none() {
            let traffic = Ticks::from_millis(
                parameters.number("mail.start") + parameters.number("mail.duration"),
            );
            let asks = |machine: &Machine| machine.has("mail-client") || machine.has("atalk");
            // Whoever is behind a bridge may be a client.
            let quiet = parameters.number("mail.clients") == 0
                && !scenario.machines.iter().any(asks)
                && !self.world.has_bridge();
            if quiet || now >= traffic {
                return Some(End::Over);
            }
        } else {
            let machines: Vec<usize> = backups.map(|(number, _)| number).collect();
            if machines
                .iter()
                .all(|&number| self.backup_is_over(scenario, number, settle))
            {
                return Some(End::Over);
            }
            // Much longer than any pause of a program that reads a disk.
            let stopped = |&&number: &&usize| self.tapes[number].is_idle(now, settle * 3);
            if let Some(&number) = machines.iter().find(stopped) {
                return Some(End::BackupStopped(number));
            }
        }
        (now >= seconds("run.limit")).then_some(End::Limit)
    }

    /// Whether the backup of a machine has come to its end: it has written its filemarks and left the drive alone, and its log says how it went. A
    /// program that is slow between two commands has not; one that never says is not waited for for ever.
    fn backup_is_over(&self, scenario: &Scenario, number: usize, settle: Ticks) -> bool {
        let (tape, now) = (&self.tapes[number], self.world.now());
        // Reading a whole volume is much work: once a second is enough.
        if !tape.is_over(now, settle) || now.0 % Ticks::PER_SECOND >= LOOK.0 {
            return false;
        }
        let disk = hfs::read(&self.world.disk_image(number, &scenario.parameters)).ok();
        let log = disk.as_ref().and_then(backup::log);
        log.is_some_and(|log| backup::reported(&log).is_some()) || tape.is_over(now, settle * 3)
    }

    /// What came from outside.
    pub(crate) fn recording(&self, scenario: &Scenario) -> Recording {
        let typed = scenario
            .machines
            .iter()
            .enumerate()
            .map(|(number, machine)| {
                (
                    machine.name.clone(),
                    self.world.serial_typed(number).clone(),
                )
            });
        Recording {
            serial: typed.filter(|one| !one.1.is_empty()).collect(),
            bridge: self.world.bridge_recording(),
        }
    }

    /// Before the run: what was `recorded` will come in at its times. A bridge called `sender` is put on the cable, or that of the recording.
    fn play(&mut self, scenario: &Scenario, recorded: Option<&Recording>, sender: Option<u32>) {
        let nothing = Recording::default();
        let recorded = recorded.unwrap_or(&nothing);
        for (number, machine) in scenario.machines.iter().enumerate() {
            for (at, bytes) in recorded.serial.get(&machine.name).into_iter().flatten() {
                self.world.serial_type(number, *at, bytes.clone());
            }
        }
        let bridge = recorded.bridge.as_ref();
        if let Some(sender) = sender.or(bridge.map(|bridge| bridge.sender)) {
            let seed = scenario.parameters.number("run.seed");
            self.world.attach_bridge(sender, seed);
        }
        for (at, datagram) in bridge.into_iter().flat_map(|bridge| &bridge.arrivals) {
            self.world.arrive(*at, datagram.clone());
        }
    }

    /// How far the run is, in words.
    fn progress(&self) -> String {
        let writes = self.tapes.iter().filter_map(|tape| tape.writes.last());
        let blocks: u64 = writes.map(|write| write.first_block).sum();
        format!(
            "{}  tape {} KB  mail {} of {} answered",
            self.world.now(),
            blocks / 2,
            self.mail.answered,
            self.mail.sent
        )
    }
}

/// Memory holds no error number before the machine has begun to start up.
fn is_bombed(mac: &mac::Mac) -> bool {
    let started = mac.now() >= mac.reset_until() + LOOK;
    mac.is_halted() || started && !matches!(mac.peek_word(DS_ERR_CODE), 0 | 0x7FFF | 0xFFFF)
}

/// Runs `scenario`, tells `report` how far it is in words now and then, keeps its results where `keep` says, and says what happened. A `case` gives the volumes of a recorded run.
///
/// # Errors
/// When the world cannot be built, the case is not usable, or results cannot be written.
pub fn run(
    scenario: &Scenario,
    keep: Option<&Keep>,
    case: Option<&Case>,
    report: &mut dyn FnMut(String),
) -> Result<Outcome, RunError> {
    let live = case.map(|case| &case.live);
    run_live(scenario, keep, case, live, &mut Nobody, report).map(|(outcome, _)| outcome)
}

/// As [`run`], with somebody outside, who is asked once in a tenth of a virtual second, or in a millisecond if there is a bridge. What comes in is part of the
/// case, and returned. What was `recorded` comes in as well, at its own times, and with the bridge that it came to.
///
/// # Errors
/// As [`run`].
pub fn run_live(
    scenario: &Scenario,
    keep: Option<&Keep>,
    case: Option<&Case>,
    recorded: Option<&Recording>,
    outside: &mut dyn Outside,
    report: &mut dyn FnMut(String),
) -> Result<(Outcome, Recording), RunError> {
    let volumes = match case {
        Some(case) => volumes_of(case, scenario)?,
        None => World::volumes(scenario)?,
    };
    let mut sinks = keep
        .map(|keep| Sinks::new(keep, scenario))
        .transpose()
        .map_err(RunError::Keep)?;
    let begin = Instant::now();
    let mut run = Run::new(scenario, &volumes)?;
    let bridge = outside.bridge();
    run.play(scenario, recorded, bridge);
    let mut shown = 0;
    let end = loop {
        let typed = outside.typed();
        if !typed.is_empty() {
            run.world.serial_type(0, run.world.now(), typed);
        }
        let look = run.world.now() + LOOK;
        while run.world.now() < look {
            let step = if bridge.is_some() { MEET } else { LOOK };
            for datagram in outside.arrivals() {
                run.world.arrive(run.world.now(), datagram);
            }
            run.advance(look.min(run.world.now() + step), |record| {
                if let Some(sinks) = &mut sinks {
                    sinks.see(record);
                }
            });
            for datagram in run.world.departures() {
                outside.depart(&datagram);
            }
            if bridge.is_some() {
                outside.wait(run.world.now());
            }
        }
        let log = run.world.serial_log(0);
        if log.len() > shown {
            outside.printed(&log[shown..]);
            shown = log.len();
        }
        report(run.progress());
        if let Some(end) = run.end(scenario) {
            break end;
        }
    };
    let host_seconds = begin.elapsed().as_secs_f64();
    let outcome = judge(&run, end, scenario, &volumes, host_seconds);
    if let Some(sinks) = sinks {
        sinks
            .finish(&run, scenario, &volumes, &outcome)
            .map_err(RunError::Keep)?;
    }
    Ok((outcome, run.recording(scenario)))
}

fn volumes_of(case: &Case, scenario: &Scenario) -> Result<Vec<BaseVolume>, RunError> {
    let kept: Result<Vec<_>, _> = scenario
        .machines
        .iter()
        .map(|machine| case.volume(&machine.name))
        .collect();
    let kept: Option<Vec<_>> = kept?.into_iter().collect();
    let volumes = match kept {
        Some(volumes) => volumes.into_iter().map(Into::into).collect(),
        None => World::volumes(scenario)?,
    };
    for (machine, volume) in scenario.machines.iter().zip(&volumes) {
        if case.volumes.get(&machine.name) != Some(&volume_hash(volume)) {
            return Err(RunError::Volume {
                case: case.path.display().to_string(),
                machine: machine.name.clone(),
            });
        }
    }
    Ok(volumes)
}

fn judge(
    run: &Run,
    end: End,
    scenario: &Scenario,
    volumes: &[BaseVolume],
    host_seconds: f64,
) -> Outcome {
    let mut failures = Vec::new();
    let server = scenario
        .machines
        .iter()
        .position(|machine| machine.has("mail-server"));
    match (end, server) {
        (End::Silence, Some(server)) => failures.push(silence(run, scenario, server)),
        (End::SystemError(number), _) => failures.push(system_error(run, scenario, number)),
        (End::BackupStopped(number), _) => failures.push(backup_stopped(run, scenario, number)),
        _ => {}
    }
    let mut tape = TapeCounts::default();
    let mut counts = BackupCounts::default();
    for (number, machine) in scenario
        .machines
        .iter()
        .enumerate()
        .filter(|(_, machine)| machine.has_tape())
    {
        let watch = &run.tapes[number];
        tape.underruns += watch.underruns;
        tape.repositions += watch.repositions;
        let Some(medium) = run.world.cartridge(number, &scenario.parameters) else {
            continue;
        };
        let Ok(before) = hfs::read(&volumes[number]) else {
            continue;
        };
        let after = hfs::read(&run.world.disk_image(number, &scenario.parameters)).ok();
        let comparison = Comparison::new(medium, &before, after.as_ref());
        let log = after.as_ref().and_then(backup::log);
        tape.blocks += comparison.blocks;
        tape.bad_blocks += comparison.bad_blocks();
        let (files, bytes) = comparison.files();
        counts.files += files;
        counts.bytes += bytes;
        if let Some(reported) = log.as_deref().and_then(backup::reported) {
            counts.reported_ok = Some(counts.reported_ok.unwrap_or(true) && reported);
        }
        let symbols = symbols_of(&run.world.macs()[number]);
        let bad = backup::bad_write(
            &machine.name,
            &comparison,
            watch,
            &run.mail,
            log.as_deref(),
            &symbols,
        );
        if comparison.complete || bad.is_some() {
            counts.verified_ok = Some(counts.verified_ok.unwrap_or(true) && bad.is_none());
        }
        failures.extend(bad);
    }
    let mut intervals = Intervals::default();
    for (machine, mac) in scenario.machines.iter().zip(run.world.macs()) {
        intervals.add(&machine.name, mac, &symbols_of(mac));
    }
    let seconds = run.world.now().as_micros() as f64 / 1e6;
    Outcome {
        scenario: scenario.name.clone(),
        seed: scenario.parameters.number("run.seed"),
        build: outcome::build(),
        verdict: match end {
            _ if !failures.is_empty() => "failure",
            End::Limit => "none",
            _ => "clean",
        },
        failures,
        virtual_seconds: seconds,
        host_seconds,
        speed: seconds / host_seconds.max(1e-9),
        trace_hash: run.hash(scenario),
        mail: MailCounts {
            sent: run.mail.sent,
            answered: run.mail.answered,
            timed_out: run.mail.timed_out,
            violations: run
                .world
                .clients()
                .ledger()
                .violations()
                .iter()
                .map(|violation| {
                    format!(
                        "{} client {}: {}",
                        violation.at, violation.station, violation.what
                    )
                })
                .collect(),
            store: server.and_then(|number| store(run, scenario, number)),
        },
        network: scenario
            .machines
            .iter()
            .zip(run.network.figures(run.world.now()))
            .map(|(machine, figures)| MachineNetwork {
                machine: machine.name.clone(),
                figures,
            })
            .collect(),
        interrupts: intervals.masked,
        interrupts_masked: intervals.totals,
        interrupt_latency: intervals.latency,
        tape,
        backup: counts,
        bridge: run.world.bridge_figures(),
    }
}

/// The store of the server that the clients use, when it is on the disk as well as in the File Manager's memory.
fn store(run: &Run, scenario: &Scenario, number: usize) -> Option<StoreCounts> {
    let machine = &scenario.machines[number];
    if scenario.parameters_of(machine).text("server.flush") != "yes" {
        return None;
    }
    let volume = hfs::read(&run.world.disk_image(number, &scenario.parameters)).ok()?;
    StoreCounts::new(&volume, run.world.clients().ledger())
}

/// The code in a machine's memory.
fn symbols_of(mac: &mac::Mac) -> Symbols {
    // The machine was built with this ROM.
    let rom = guest::programs::rom(mac.model().word()).unwrap_or(&guest::programs::PLUS_ROM);
    Symbols::find(mac, rom)
}

fn stopped<'a>(run: &'a Run, number: usize, symbols: &'a Symbols) -> Stopped<'a, mac::Mac> {
    let mac = &run.world.macs()[number];
    let registers = mac.registers();
    Stopped {
        memory: mac,
        symbols,
        now: (registers.pc, registers.sr, registers.a[7]),
    }
}

fn silence(run: &Run, scenario: &Scenario, number: usize) -> Failure {
    let symbols = symbols_of(&run.world.macs()[number]);
    let machine = &scenario.machines[number];
    Silence {
        machine: &machine.name,
        mail: &run.mail,
        cpu: &run.cpus[number],
        tape: machine.has_tape().then_some(&run.tapes[number]),
        stopped: stopped(run, number, &symbols),
        now: run.world.now(),
    }
    .judge()
}

fn system_error(run: &Run, scenario: &Scenario, number: usize) -> Failure {
    let mac = &run.world.macs()[number];
    let symbols = symbols_of(mac);
    let view = stopped(run, number, &symbols);
    let code = mac.word(DS_ERR_CODE) as i16;
    const STACK_RAN_INTO_HEAP: i16 = 28;
    let mechanism = (code == STACK_RAN_INTO_HEAP).then_some(Mechanism::M9);
    let mut evidence = vec![format!("system error {code}"), view.place()];
    evidence.push(format!(
        "the stack, innermost first: {}",
        view.calls(14).join("; ")
    ));
    Failure::new(
        FailureKind::SystemError,
        mechanism,
        &scenario.machines[number].name,
        run.world.now(),
        evidence,
    )
}

fn backup_stopped(run: &Run, scenario: &Scenario, number: usize) -> Failure {
    let symbols = symbols_of(&run.world.macs()[number]);
    let view = stopped(run, number, &symbols);
    let tape = &run.tapes[number];
    let tick = tape.last_status.unwrap_or(Ticks::ZERO);
    let mut evidence = vec![
        format!("the tape drive got its last command before {tick}; no filemark ends the session"),
        view.place(),
    ];
    evidence.push(format!(
        "the stack, innermost first: {}",
        view.calls(14).join("; ")
    ));
    // What a program gives up after is the last thing it tried.
    let refused = tape
        .writes
        .last()
        .filter(|write| !write.bus_errors.is_empty());
    if let Some(write) = refused {
        evidence.extend(tape.chain(
            write,
            |pc| symbols.name(pc),
            |from, to| run.mail.answers_between(from, to),
        ));
    }
    Failure::new(
        FailureKind::BackupStopped,
        refused.map(|_| Mechanism::M2),
        &scenario.machines[number].name,
        tick,
        evidence,
    )
}

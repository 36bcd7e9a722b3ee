//! A world: Macintoshes and host-side stations on one cable, in one time.

use crate::faults::{Armed, Device};
use crate::inputs::{Input, Schedule};
use crate::live::{BridgeRecording, Feed, Log};
use crate::parameters::Parameters;
use crate::profiles;
use crate::scenario::Scenario;
use crate::serial::Port;
use crate::verdict::symbols::Memory;
use crate::volume::{self, VolumeError};
use appletalk::mail_client::{Load, MailClients};
use clock::{Stream, Ticks};
use localtalk::{Bridge, BridgeFigures, Cable, Faults, Signal};
use mac::{Mac, MacConfig, Model, Peripheral};
use scsi::disk::Disk;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;
use trace::{Record, Tracer};

/// Macintoshes and mail clients on one cable.
///
/// Everything runs in steps of [`Signal::NOTICE`]: nothing on the cable can be noticed sooner, so within a step no machine can tell in
/// which order they ran. Machines come first, in the scenario's order, then the clients, then the bridge, then the cable.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    now: Ticks,
    macs: Vec<Mac>,
    cable: Cable,
    clients: MailClients,
    /// The machines' modem ports.
    ports: Vec<Port>,
    /// The bridge on the cable, and the datagrams for it.
    bridge: Option<(Bridge, Feed)>,
    tracer: Tracer,
    inputs: Schedule<Input>,
    faults: Schedule<Armed>,
}

/// Why a world cannot be built.
#[derive(Debug, Error)]
pub enum WorldError {
    /// A machine's volume.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// A machine's configuration, or a drive's.
    #[error("machine `{machine}`: {reason}")]
    Machine {
        /// Its name.
        machine: String,
        /// What is wrong.
        reason: String,
    },
}

/// A machine's volume as it was before the run.
pub type BaseVolume = Arc<[u8]>;

impl World {
    /// The volumes the machines of `scenario` start from, in their order.
    ///
    /// # Errors
    /// When the user's files cannot be read or do not fit.
    pub fn volumes(scenario: &Scenario) -> Result<Vec<BaseVolume>, WorldError> {
        scenario
            .machines
            .iter()
            .map(|machine| Ok(volume::build(machine, &scenario.parameters_of(machine))?.into()))
            .collect()
    }

    /// The world of `scenario` at time zero, its machines with these volumes.
    ///
    /// # Errors
    /// When a machine or a drive cannot be built from its parameters.
    pub fn new(scenario: &Scenario, volumes: &[BaseVolume]) -> Result<World, WorldError> {
        let parameters = &scenario.parameters;
        let seed = parameters.number("run.seed");
        let mut macs = Vec::new();
        for (number, (machine, volume)) in scenario.machines.iter().zip(volumes).enumerate() {
            let parameters = &scenario.parameters_of(machine);
            let refuse = |reason: String| WorldError::Machine {
                machine: machine.name.clone(),
                reason,
            };
            let stream = |device: &str| Stream::new(seed, &format!("{}/{device}", machine.name));
            let disk = Disk::new(
                profiles::disk_profile(parameters).map_err(refuse)?,
                Arc::clone(volume),
                seed,
                &format!("{}/disk", machine.name),
            );
            let mut targets = vec![(
                parameters.number("disk.id") as u8,
                Peripheral::Disk(Box::new(disk)),
            )];
            if machine.has_tape() {
                let profile = profiles::tape_profile(parameters).map_err(refuse)?;
                let loaded = parameters.text("tape.cartridge") != "none";
                let drive = if profile.is_direct() {
                    let cartridge = loaded.then(tape::BlockCartridge::new);
                    tape::BlockDrive::new(&profile, cartridge, stream("tape"))
                        .map(|drive| Peripheral::BlockTape(Box::new(drive)))
                } else {
                    let cartridge = loaded.then(tape::media::Medium::new);
                    tape::Drive::new(&profile, cartridge, stream("tape"))
                        .map(|drive| Peripheral::Tape(Box::new(drive)))
                };
                let drive = drive.map_err(|error| refuse(error.to_string()))?;
                targets.push((parameters.number("tape.id") as u8, drive));
            }
            let model = profiles::model(parameters);
            let rom = guest::programs::rom(model.word()).map_err(refuse)?;
            let limit = match model {
                Model::Se30 => "machine.scsi-timeout-se30",
                _ => "machine.scsi-timeout-se",
            };
            let config = MacConfig {
                ram_bytes: (parameters.number("mac.ram") as u32) << 10,
                targets,
                machine: number as u8,
                clock_seconds: parameters.number("mac.date") as u32,
                seed: stream("adb").below(u64::MAX),
                scsi_timeout: Ticks::from_micros(parameters.number(limit)),
                reset_until: Ticks::from_millis(parameters.number("mac.start")),
                ..MacConfig::of(model, rom.image.to_vec())
            };
            macs.push(Mac::new(config).map_err(|error| refuse(error.to_string()))?);
        }
        let first = macs.len() as u8;
        let clients = MailClients::new(load(parameters), first, seed);
        let mut cable = Cable::new(first + clients.stations());
        let rate = |what: &str| parameters.number(&format!("cable.{what}"));
        let rates = [rate("loss"), rate("damage"), rate("duplicate")];
        if rates != [0; 3] {
            let [loss, damage, duplicate] = rates;
            let random = Stream::new(seed, "cable/0/faults");
            cable.set_faults(Faults::new(loss, damage, duplicate, random));
        }
        let faults = Armed::all(&scenario.faults, seed, |device| match device {
            Device::Disk => parameters.number("disk.id") as u8,
            Device::Tape => parameters.number("tape.id") as u8,
        });
        let names: Vec<&str> = scenario
            .machines
            .iter()
            .map(|machine| machine.name.as_str())
            .collect();
        Ok(World {
            now: Ticks::ZERO,
            macs,
            cable,
            clients,
            ports: scenario
                .machines
                .iter()
                .map(|_| Port::new(parameters.number("serial.rate") as u32))
                .collect(),
            bridge: None,
            tracer: Tracer::new(Record::WORLD),
            inputs: Schedule::new(&scenario.inputs, &names),
            faults: Schedule::new(&faults, &names),
        })
    }

    /// How far the world has run.
    pub fn now(&self) -> Ticks {
        self.now
    }

    /// The machines, in the scenario's order.
    pub fn macs(&self) -> &[Mac] {
        &self.macs
    }

    /// The mail clients.
    pub fn clients(&self) -> &MailClients {
        &self.clients
    }

    /// Runs everything for one step. Inputs and faults that are due happen at its beginning.
    pub fn step(&mut self) {
        while let Some((machine, input)) = self.inputs.next(self.now) {
            input.apply(&mut self.macs[machine]);
        }
        while let Some((machine, fault)) = self.faults.next(self.now) {
            fault.apply(&mut self.macs[machine]);
        }
        let until = self.now + Signal::NOTICE;
        for (number, mac) in self.macs.iter_mut().enumerate() {
            let station = number as u8;
            if self.cable.next_for(station) <= until {
                for (at, signal) in self.cable.take(station, until) {
                    mac.line_in(at, signal);
                }
            }
            self.ports[number].give(self.now, mac);
            mac.run_until(until);
            self.ports[number].take(until, mac);
            if mac.has_line_out() {
                for (at, signal) in mac.line_out() {
                    self.cable.post(station, at, signal);
                }
            }
        }
        self.clients
            .advance(until, &mut self.cable, &mut self.tracer);
        if let Some((bridge, feed)) = &mut self.bridge {
            while let Some(datagram) = feed.next(self.now) {
                if !bridge.arrive(self.now, &datagram) {
                    feed.forget_last();
                }
            }
            if bridge.is_due(until, &self.cable) {
                bridge.advance(until, &mut self.cable, &mut self.tracer);
            }
        }
        self.cable.settle(until, &mut self.tracer);
        self.now = until;
    }

    /// Types `bytes` at the terminal on the modem port of a machine when the world has come to `at`, or with the next step if it has passed
    /// that. For each machine times must not decrease.
    pub fn serial_type(&mut self, machine: usize, at: Ticks, bytes: Vec<u8>) {
        self.ports[machine].typed.push(at, bytes);
    }

    /// What was typed at a machine so far, with the ticks of [`World::serial_type`].
    pub fn serial_typed(&self, machine: usize) -> &Log {
        self.ports[machine].typed.log()
    }

    /// What a machine has sent on its modem port.
    pub fn serial_log(&self, machine: usize) -> &[u8] {
        &self.ports[machine].log
    }

    /// Puts a bridge on the cable that calls itself `sender` outside. To be done before the world runs.
    pub fn attach_bridge(&mut self, sender: u32, seed: u64) {
        let number = self.cable.attach();
        let bridge = Bridge::new(number, sender, Stream::new(seed, "bridge"));
        self.bridge = Some((bridge, Feed::default()));
    }

    /// A datagram comes to the bridge, if there is one, when the world has come to `at`, or with the next step if it has passed that. Times must not decrease.
    pub fn arrive(&mut self, at: Ticks, datagram: Vec<u8>) {
        if let Some((_, feed)) = &mut self.bridge {
            feed.push(at, datagram);
        }
    }

    /// Takes the datagrams that the bridge sends.
    pub fn departures(&mut self) -> impl Iterator<Item = Vec<u8>> {
        let bridge = self.bridge.as_mut();
        bridge
            .into_iter()
            .flat_map(|(bridge, _)| bridge.departures())
    }

    /// Whether there is a bridge.
    pub fn has_bridge(&self) -> bool {
        self.bridge.is_some()
    }

    /// What came to the bridge so far.
    pub fn bridge_recording(&self) -> Option<BridgeRecording> {
        self.bridge.as_ref().map(|(bridge, feed)| BridgeRecording {
            sender: bridge.sender(),
            arrivals: feed.log().clone(),
        })
    }

    /// What the bridge has done so far.
    pub fn bridge_figures(&self) -> Option<BridgeFigures> {
        self.bridge.as_ref().map(|(bridge, _)| bridge.figures())
    }

    /// Gives the machines of a restored world their volumes; false when one is not what it began with.
    pub fn attach_volumes(&mut self, scenario: &Scenario, volumes: &[BaseVolume]) -> bool {
        let id = scenario.parameters.number("disk.id") as u8;
        let mut pairs = self.macs.iter_mut().zip(volumes);
        pairs.all(|(mac, volume)| mac.attach_disk_base(id, Arc::clone(volume)))
    }

    /// Takes the records made since the last call: the machines' in their order, then the cable's and the clients'.
    pub fn drain(&mut self, mut sink: impl FnMut(Record)) {
        for mac in &mut self.macs {
            let tracer = mac.tracer();
            if !tracer.is_empty() {
                tracer.drain().for_each(&mut sink);
            }
        }
        if !self.tracer.is_empty() {
            self.tracer.drain().for_each(&mut sink);
        }
    }

    /// The disk of a machine as it is now.
    pub fn disk_image(&self, machine: usize, parameters: &Parameters) -> Vec<u8> {
        match self.macs[machine]
            .scsi()
            .device(parameters.number("disk.id") as u8)
        {
            Some(Peripheral::Disk(disk)) => disk.image().merged(),
            _ => Vec::new(),
        }
    }

    /// The cartridge in a machine's tape drive.
    pub fn cartridge(
        &self,
        machine: usize,
        parameters: &Parameters,
    ) -> Option<&tape::media::Medium> {
        match self.macs[machine]
            .scsi()
            .device(parameters.number("tape.id") as u8)
        {
            Some(Peripheral::Tape(drive)) => drive.medium(),
            _ => None,
        }
    }
}

fn load(parameters: &Parameters) -> Load {
    let millis = |key: &str| Ticks::from_millis(parameters.number(key));
    Load {
        clients: parameters.number("mail.clients") as u8,
        server: parameters.text("server.name").to_owned(),
        start: millis("mail.start"),
        interval: millis("mail.interval"),
        body: parameters.number("mail.body") as u16,
        retry: millis("mail.retry"),
        retries: parameters.number("mail.retries") as u8,
    }
}

impl Memory for Mac {
    fn byte(&self, address: u32) -> u8 {
        self.peek(address)
    }

    fn ram_bytes(&self) -> u32 {
        self.ram().len() as u32
    }
}

/// The hash of a volume, as cases and snapshots keep it.
pub fn volume_hash(volume: &[u8]) -> String {
    blake3::hash(volume).to_hex().to_string()
}

//! A world: Macintoshes and host-side stations on LocalTalk cables, in one time.

use crate::faults::{Armed, Device};
use crate::inputs::{Input, Schedule};
use crate::live::{BridgeRecording, Feed, Log};
use crate::network::{Network, RouterPlan};
use crate::parameters::Parameters;
use crate::profiles;
use crate::scenario::Scenario;
use crate::serial::Port;
use crate::verdict::symbols::Memory;
use crate::volume::{self, VolumeError};
use appletalk::mail_client::{Load, MailClients};
use appletalk::router::{RouterStation, SEND_TIME, Seed};
use clock::{Stream, Ticks};
use localtalk::{Bridge, BridgeFigures, Cable, Faults, Signal, Station};
use mac::{Mac, MacConfig, Model, Peripheral};
use scsi::disk::Disk;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;
use trace::{Record, Tracer};

/// Macintoshes, mail clients and routers on their cables.
///
/// Everything runs in steps of [`Signal::NOTICE`]: nothing on the cable can be noticed sooner, so within a step no machine can tell in
/// which order they ran. Machines come first, in the scenario's order, then the clients, the routers, the bridge, and the cables. Stations are numbered in the
/// same order.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    now: Ticks,
    macs: Vec<Mac>,
    cables: Vec<Cable>,
    /// The number of each machine's cable.
    on: Vec<usize>,
    clients: MailClients,
    routers: Vec<RouterStation>,
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
        let network = &scenario.network;
        let clients =
            MailClients::new(load(parameters), first, seed).on_cables(&network.client_cables());
        let on: Vec<usize> = scenario
            .machines
            .iter()
            .map(|machine| network.cable_of(&machine.name))
            .collect();
        let mut places: Vec<usize> = on.iter().copied().chain(clients.cables()).collect();
        let routers = routers(network, &mut places, seed);
        let cables = cables(network.names().len(), &places, parameters);
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
            cables,
            on,
            clients,
            routers,
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

    /// The routers, in the order of their names.
    pub fn routers(&self) -> &[RouterStation] {
        &self.routers
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
            let cable = &mut self.cables[self.on[number]];
            if cable.next_for(station) <= until {
                for (at, signal) in cable.take(station, until) {
                    mac.line_in(at, signal);
                }
            }
            self.ports[number].give(self.now, mac);
            mac.run_until(until);
            self.ports[number].take(until, mac);
            if mac.has_line_out() {
                for (at, signal) in mac.line_out() {
                    cable.post(station, at, signal);
                }
            }
        }
        self.clients
            .advance(until, &mut self.cables, &mut self.tracer);
        for router in &mut self.routers {
            router.advance(until, &mut self.cables, &mut self.tracer);
        }
        if let Some((bridge, feed)) = &mut self.bridge {
            while let Some(datagram) = feed.next(self.now) {
                if !bridge.arrive(self.now, &datagram) {
                    feed.forget_last();
                }
            }
            let cable = &mut self.cables[0];
            if bridge.is_due(until, cable) {
                bridge.advance(until, cable, &mut self.tracer);
            }
        }
        for cable in &mut self.cables {
            cable.settle(until, &mut self.tracer);
        }
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

    /// Puts a bridge on the first cable that calls itself `sender` outside. To be done before the world runs.
    pub fn attach_bridge(&mut self, sender: u32, seed: u64) {
        let number = self.cables[0].attach();
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

    /// Takes the records made since the last call: the machines' in their order, then those of clients, routers and cables.
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

/// The cables; station N is on the cable `places[N]`.
fn cables(count: usize, places: &[usize], parameters: &Parameters) -> Vec<Cable> {
    let rate = |what: &str| parameters.number(&format!("cable.{what}"));
    let rates = [rate("loss"), rate("damage"), rate("duplicate")];
    let cable = |number: usize| {
        let attached: Vec<bool> = places.iter().map(|&place| place == number).collect();
        let mut cable = Cable::with_stations(number as u8, &attached);
        if rates != [0; 3] {
            let [loss, damage, duplicate] = rates;
            let random = Stream::new(
                parameters.number("run.seed"),
                &format!("cable/{number}/faults"),
            );
            cable.set_faults(Faults::new(loss, damage, duplicate, random));
        }
        cable
    };
    (0..count).map(cable).collect()
}

/// The routers, whose stations come behind those that `places` has already. Every port is the seed of its network; the node addresses are
/// of the server range and settled, the timers begin at some time within a period.
fn routers(network: &Network, places: &mut Vec<usize>, seed: u64) -> Vec<RouterStation> {
    let offset = Stream::new(seed, "routers/addresses").below(127) as usize;
    let mut ports = 0;
    let mut router = |plan: &RouterPlan| {
        let stream = |what: &str| Stream::new(seed, &format!("{}/{what}", plan.name));
        let mut port = |&cable: &usize| {
            // 127 is prime: multiples of 37 are distinct addresses from 128 to 254.
            let address = 128 + ((offset + ports * 37) % 127) as u8;
            ports += 1;
            let number = places.len() as u8;
            places.push(cable);
            let random = stream(&format!("station {cable}"));
            let plan = &network.cables[cable];
            let zone = guest::MacName::from_text(&plan.zone);
            let seed = Seed {
                network: plan.network,
                zone: zone.map_or_else(|_| Vec::new(), |zone| zone.as_bytes().to_vec()),
            };
            let station = Station::with_address(number, address, random);
            (station, cable, Some(seed))
        };
        let ports = plan.cables.iter().map(&mut port).collect();
        RouterStation::new(ports, stream("start").ticks_below(SEND_TIME))
    };
    network.routers.iter().map(&mut router).collect()
}

fn load(parameters: &Parameters) -> Load {
    let millis = |key: &str| Ticks::from_millis(parameters.number(key));
    Load {
        clients: parameters.number("mail.clients") as u8,
        server: parameters.text("server.name").to_owned(),
        zone: guest::MacName::from_text(parameters.text("mail.zone"))
            .map_or_else(|_| b"*".to_vec(), |zone| zone.as_bytes().to_vec()),
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

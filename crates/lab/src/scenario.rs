//! Scenarios: which machines there are, what runs on them, and every figure that is not the default.

use crate::faults::{self, Fault};
use crate::inputs::{self, Input, Timed};
use crate::network::Network;
use crate::parameters::{PREFERENCES, ParameterError, Parameters, nearest, spec_of};
use crate::profiles::{Kind, OwnProfile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Programs a machine of a world can have.
pub const PROGRAMS: &[(&str, &str)] = &[
    (
        "mail-server",
        "the mail server, in the form `server.form` says",
    ),
    (
        "backup",
        "the backup application, launched at start-up, and a tape drive",
    ),
    (
        "backup-extension",
        "the start-up document that looks for the tape drive, and a tape drive",
    ),
    (
        "atalk",
        "a utility that looks names up, sends echo requests, lists zones, writes `Atalk Results` and ends",
    ),
    (
        "mail-client",
        "a mail client, an application: it writes, reads and deletes messages, and keeps `Mail Client Log`",
    ),
    (
        "report",
        "an application that sums the documents, measures the processor, writes `Machine Report` and ends",
    ),
];

/// What a run is expected to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Nothing: any verdict will do.
    Any,
    /// Some failure.
    Failure,
    /// No failure.
    Clean,
    /// A failure of this kind.
    Kind(crate::verdict::FailureKind),
}

impl Expectation {
    /// The expectation `word` names: `any`, `failure`, `clean` or a failure kind.
    pub fn from_word(word: &str) -> Option<Expectation> {
        Some(match word {
            "any" => Expectation::Any,
            "failure" => Expectation::Failure,
            "clean" => Expectation::Clean,
            kind => Expectation::Kind(crate::verdict::FailureKind::from_word(kind)?),
        })
    }

    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Expectation::Any => "any",
            Expectation::Failure => "failure",
            Expectation::Clean => "clean",
            Expectation::Kind(kind) => kind.word(),
        }
    }
}

/// One Macintosh of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its name; also the folder of its results.
    pub name: String,
    /// Names from [`PROGRAMS`].
    pub programs: Vec<String>,
    /// Parameters of this machine alone, by key.
    pub own: BTreeMap<String, String>,
}

impl Machine {
    /// Whether `program` is among its programs.
    pub fn has(&self, program: &str) -> bool {
        self.programs.iter().any(|other| other == program)
    }

    /// Whether it has a tape drive.
    pub fn has_tape(&self) -> bool {
        self.has("backup") || self.has("backup-extension")
    }
}

/// A complete description of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// What it should show.
    pub expect: Expectation,
    /// The machines of the world, in the order in which ties are broken.
    pub machines: Vec<Machine>,
    /// Every figure.
    pub parameters: Parameters,
    /// Names of the fixes applied.
    pub fixes: Vec<String>,
    /// What happens at keyboards and mice, and when.
    pub inputs: Vec<Timed<Input>>,
    /// What breaks, and when.
    pub faults: Vec<Timed<Fault>>,
    /// The cables, who is on them, and the routers between them.
    pub network: Network,
}

/// Why a scenario is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScenarioError {
    /// Neither in the catalogue nor a file.
    #[error("no scenario is called `{name}`{}; `shoeshine list` shows the catalogue, a TOML file's name ends in .toml", nearest.as_ref().map(|name| format!("; the nearest is `{name}`")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        name: String,
        /// The most similar name of the catalogue.
        nearest: Option<String>,
    },
    /// The file cannot be read.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A place in the file, or a `--set`, is wrong.
    #[error("{place}: {reason}")]
    Content {
        /// Where.
        place: String,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl Scenario {
    /// Sets a parameter, as `--set KEY=VALUE` does.
    ///
    /// # Errors
    /// When the text has no `=`, or key or value are not valid.
    pub fn set(&mut self, assignment: &str) -> Result<(), ScenarioError> {
        let place = || format!("--set {assignment}");
        let (key, value) = assignment
            .split_once('=')
            .ok_or_else(|| ScenarioError::Content {
                place: place(),
                reason: "write KEY=VALUE".into(),
            })?;
        if let Some(machine) = key.strip_prefix("machines.") {
            let programs = value
                .split(',')
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect();
            return self.set_machine(machine, programs, &place());
        }
        if let Some((machine, key)) = key.split_once(':') {
            return self.set_own(machine, key, value, &place());
        }
        self.set_parameter(key, value, &place())
    }

    /// Every figure as it holds for `machine`: its own ones before those of the scenario.
    pub fn parameters_of(&self, machine: &Machine) -> Parameters {
        let mut parameters = self.parameters.clone();
        for (key, value) in &machine.own {
            // Checked when it became the machine's own.
            let _ = parameters.set(key, value);
        }
        parameters
    }

    fn set_own(
        &mut self,
        machine: &str,
        key: &str,
        value: &str,
        place: &str,
    ) -> Result<(), ScenarioError> {
        let refuse = |reason: String| {
            Err(ScenarioError::Content {
                place: place.into(),
                reason,
            })
        };
        let topics = || {
            PREFERENCES
                .iter()
                .map(|(topic, _)| *topic)
                .chain(["mac.", "atalk."])
        };
        if !topics().any(|topic| key.starts_with(topic)) {
            let topics: Vec<&str> = topics().map(|topic| topic.trim_end_matches('.')).collect();
            return refuse(format!(
                "`{key}` holds for all machines; a machine's own can be those of {}",
                topics.join(", ")
            ));
        }
        if let Err(error) = self.parameters.clone().set(key, value) {
            return refuse(error.to_string());
        }
        let names: Vec<&str> = self.machines.iter().map(|one| one.name.as_str()).collect();
        let names = names.join(", ");
        match self.machines.iter_mut().find(|one| one.name == machine) {
            Some(machine) => machine.own.insert(key.into(), value.into()),
            None => return refuse(format!("no machine is called {machine}; there is: {names}")),
        };
        Ok(())
    }

    fn set_parameter(&mut self, key: &str, value: &str, place: &str) -> Result<(), ScenarioError> {
        let set = self.parameters.set(key, value);
        set.map_err(|error: ParameterError| ScenarioError::Content {
            place: place.into(),
            reason: error.to_string(),
        })
    }

    fn set_machine(
        &mut self,
        name: &str,
        programs: Vec<String>,
        place: &str,
    ) -> Result<(), ScenarioError> {
        let refuse = |reason: String| {
            Err(ScenarioError::Content {
                place: place.into(),
                reason,
            })
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return refuse(format!(
                "`{name}` cannot name a machine: use letters, digits, - and _"
            ));
        }
        for program in &programs {
            if !PROGRAMS.iter().any(|(known, _)| known == program) {
                let near = nearest(program, PROGRAMS.iter().map(|(known, _)| *known));
                let hint = near
                    .map(|near| format!("; the nearest is `{near}`"))
                    .unwrap_or_default();
                return refuse(format!("no program is called `{program}`{hint}"));
            }
        }
        match self
            .machines
            .iter_mut()
            .find(|machine| machine.name == name)
        {
            Some(machine) => machine.programs = programs,
            None => self.machines.push(Machine {
                name: name.into(),
                programs,
                own: BTreeMap::new(),
            }),
        }
        if self.machines.len() > 8 {
            return refuse("at most 8 machines fit into a world".into());
        }
        Ok(())
    }

    /// Applies the fix called `name`.
    ///
    /// # Errors
    /// When there is no such fix.
    pub fn fix(&mut self, name: &str) -> Result<(), ScenarioError> {
        let Some(fix) = crate::fixes::FIXES.iter().find(|fix| fix.name == name) else {
            let near = nearest(name, crate::fixes::FIXES.iter().map(|fix| fix.name));
            let hint = near
                .map(|near| format!("; the nearest is `{near}`"))
                .unwrap_or_default();
            return Err(ScenarioError::Content {
                place: format!("--fix {name}"),
                reason: format!("no fix is called `{name}`{hint}"),
            });
        };
        for (key, value) in fix.changes {
            self.set_parameter(key, value, &format!("fix {name}"))?;
        }
        self.fixes.push(name.into());
        Ok(())
    }

    /// Adds a fault in its short form, as `--fault` does: `[MACHINE/]DEVICE@SECONDS:KIND[,KEY=VALUE]..`.
    ///
    /// # Errors
    /// When the text has not this form, or the fault is not valid.
    pub fn add_fault(&mut self, text: &str) -> Result<(), ScenarioError> {
        let place = |_| format!("--fault {text}");
        let table = faults::shorthand(text).map_err(|reason| ScenarioError::Content {
            place: place(0),
            reason,
        })?;
        let table = [toml::Value::Table(table)];
        let read = faults::read(&table, &self.tapes(), place)?;
        self.faults.extend(read);
        Ok(())
    }

    /// The machines' names, each with whether it has a tape drive.
    fn tapes(&self) -> Vec<(&str, bool)> {
        let machines = self.machines.iter();
        machines
            .map(|machine| (machine.name.as_str(), machine.has_tape()))
            .collect()
    }

    /// Reads the scenario from a TOML file.
    ///
    /// # Errors
    /// When the file cannot be read or its content is not valid.
    pub fn from_file(path: &Path) -> Result<Scenario, ScenarioError> {
        let refuse = |reason: String| ScenarioError::File {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Scenario::from_toml(&name, &text, &path.display().to_string())
    }

    /// Reads a scenario from the text of a TOML file; `place` names the file in errors.
    ///
    /// # Errors
    /// When the text is no TOML, a key is unknown, or a value is not valid.
    pub fn from_toml(name: &str, text: &str, place: &str) -> Result<Scenario, ScenarioError> {
        let parsed = text.parse::<toml::Table>();
        let table = parsed.map_err(|error| ScenarioError::Content {
            place: place.into(),
            reason: error.to_string(),
        })?;
        Scenario::from_table(name, &table, text, place)
    }

    /// Reads a scenario from a parsed TOML file; `text` serves to find lines for errors.
    ///
    /// # Errors
    /// When a key is unknown or a value is not valid.
    pub fn from_table(
        name: &str,
        table: &toml::Table,
        text: &str,
        place: &str,
    ) -> Result<Scenario, ScenarioError> {
        let refuse = |place: String, reason: String| ScenarioError::Content { place, reason };
        let mut scenario = Scenario {
            name: name.into(),
            about: String::new(),
            expect: Expectation::Any,
            machines: Vec::new(),
            parameters: Parameters::default(),
            fixes: Vec::new(),
            inputs: Vec::new(),
            faults: Vec::new(),
            network: Network::default(),
        };
        // Profiles of the user's come first: `tape.profile` and `disk.profile` find them then.
        for kind in [Kind::Disk, Kind::Tape] {
            let Some(value) = table.get(kind.table()) else {
                continue;
            };
            let here = format!("{place}: {}", line_of(text, kind.table()));
            let part = |name: &str| value.get(name).and_then(toml::Value::as_str);
            let (Some(file), Some(text)) = (part("file"), part("text")) else {
                let reason = format!(
                    "[{}] needs `file`, the name in `{}`, and `text`, the drive profile itself",
                    kind.table(),
                    kind.key()
                );
                return Err(refuse(here, reason));
            };
            let own = OwnProfile::new(kind, file, text.to_owned());
            let own = own.map_err(|reason| refuse(here, reason))?;
            scenario.parameters.set_own_profile(own);
        }
        for (key, value) in table {
            let here = format!("{place}: {}", line_of(text, key));
            match (key.as_str(), value) {
                // Read above.
                ("profile" | "disk-profile", _) => {}
                ("name", toml::Value::String(text)) => scenario.name.clone_from(text),
                ("about", toml::Value::String(text)) => scenario.about.clone_from(text),
                ("expect", toml::Value::String(word)) => {
                    scenario.expect = Expectation::from_word(word).ok_or_else(|| {
                        refuse(
                            here,
                            format!(
                                "`expect` cannot be `{word}`: any, failure, clean or a failure kind"
                            ),
                        )
                    })?;
                }
                ("fixes", toml::Value::Array(names)) => {
                    for name in names {
                        let name = name.as_str().unwrap_or_default();
                        if !crate::fixes::FIXES.iter().any(|fix| fix.name == name) {
                            let reason =
                                format!("no fix is called `{name}`; `shoeshine list` shows them");
                            return Err(refuse(here, reason));
                        }
                        // What a fix sets stands among the parameters; here it is only named.
                        scenario.fixes.push(name.to_owned());
                    }
                }
                ("machines", toml::Value::Table(machines)) => {
                    for (machine, programs) in machines {
                        let programs: Option<Vec<String>> = programs.as_array().and_then(|list| {
                            list.iter()
                                .map(|word| Some(word.as_str()?.to_owned()))
                                .collect()
                        });
                        let programs = programs.ok_or_else(|| {
                            refuse(here.clone(), "programs are a list of names".into())
                        })?;
                        scenario.set_machine(machine, programs, &here)?;
                    }
                }
                // Read below, when the machines are known.
                ("for", toml::Value::Table(_)) => {}
                ("input", toml::Value::Array(_)) | ("cables" | "routers", _) => {}
                ("input", _) => {
                    return Err(refuse(here, "an input is a table: write [[input]]".into()));
                }
                ("fault", toml::Value::Array(_)) => {}
                ("fault", _) => {
                    return Err(refuse(here, "a fault is a table: write [[fault]]".into()));
                }
                (topic, toml::Value::Table(values)) => {
                    // The profile comes first: it decides which other keys there are.
                    let (first, rest): (Vec<_>, Vec<_>) =
                        values.iter().partition(|(key, _)| *key == "profile");
                    for (key, value) in first.into_iter().chain(rest) {
                        let full = format!("{topic}.{key}");
                        let value = value_text(&full, value);
                        let here = format!("{place}: {}", line_of(text, key));
                        scenario.set_parameter(&full, &value, &here)?;
                    }
                }
                (key, _) => {
                    let known = [
                        "name",
                        "about",
                        "expect",
                        "fixes",
                        "machines",
                        "for",
                        "input",
                        "fault",
                        "profile",
                        "disk-profile",
                        "run",
                        "machine",
                        "mac",
                        "disk",
                        "tape",
                        "cable",
                        "mail",
                        "server",
                        "client",
                        "atalk",
                        "backup",
                    ];
                    let near = nearest(key, known)
                        .map(|near| format!("; the nearest is `{near}`"))
                        .unwrap_or_default();
                    return Err(refuse(here, format!("unknown key `{key}`{near}")));
                }
            }
        }
        if scenario.machines.is_empty() {
            return Err(refuse(
                place.into(),
                "no machine: write `[machines]` and `mac = [\"mail-server\", \"backup\"]`".into(),
            ));
        }
        if let Some(toml::Value::Table(owners)) = table.get("for") {
            for (machine, topics) in owners {
                for (topic, values) in topics.as_table().into_iter().flatten() {
                    for (key, value) in values.as_table().into_iter().flatten() {
                        let full = format!("{topic}.{key}");
                        let here = format!("{place}: for {machine}: {}", line_of(text, key));
                        scenario.set_own(machine, &full, &value_text(&full, value), &here)?;
                    }
                }
            }
        }
        let names: Vec<&str> = scenario
            .machines
            .iter()
            .map(|machine| machine.name.as_str())
            .collect();
        let file = place;
        let network = Network::read(table.get("cables"), table.get("routers"), &names);
        scenario.network = network.map_err(|(name, reason)| {
            let head = format!("cables.{name}");
            let place = match line_of(text, &head) {
                line if line.starts_with('`') => line_of(text, &name),
                line => line,
            };
            refuse(format!("{file}: {place}"), reason)
        })?;
        if let Some(toml::Value::Array(tables)) = table.get("input") {
            let place = |number| format!("{place}: {}", line_of_table(text, "input", number));
            scenario.inputs = inputs::read(tables, &names, place)?;
        }
        if let Some(toml::Value::Array(tables)) = table.get("fault") {
            let place = |number| format!("{place}: {}", line_of_table(text, "fault", number));
            scenario.faults = faults::read(tables, &scenario.tapes(), place)?;
        }
        Ok(scenario)
    }

    /// The scenario that `name` means: one of the catalogue, or a TOML file.
    ///
    /// # Errors
    /// When there is none, or the file is not valid.
    pub fn find(name: &str) -> Result<Scenario, ScenarioError> {
        if let Some(entry) = crate::catalogue::ENTRIES
            .iter()
            .find(|entry| entry.name == name)
        {
            return Scenario::from_toml(name, entry.text, &format!("catalogue {name}"));
        }
        if name.ends_with(".toml") || name.contains(std::path::MAIN_SEPARATOR) {
            return Scenario::from_file(Path::new(name));
        }
        Err(ScenarioError::Unknown {
            name: name.into(),
            nearest: nearest(
                name,
                crate::catalogue::ENTRIES.iter().map(|entry| entry.name),
            ),
        })
    }

    /// The whole scenario as a TOML file that can be run: every parameter with its unit, meaning and source.
    pub fn to_toml(&self) -> String {
        let quote = |text: &str| toml::Value::String(text.into()).to_string();
        let mut out = format!(
            "name = {}\nabout = {}\nexpect = {}\n",
            quote(&self.name),
            quote(&self.about),
            quote(self.expect.word())
        );
        if !self.fixes.is_empty() {
            let names: Vec<String> = self.fixes.iter().map(|name| quote(name)).collect();
            out += &format!("fixes = [{}]\n", names.join(", "));
        }
        out += "\n[machines]\n";
        for machine in &self.machines {
            let programs: Vec<String> = machine.programs.iter().map(|name| quote(name)).collect();
            out += &format!("{} = [{}]\n", machine.name, programs.join(", "));
        }
        for machine in self.machines.iter().filter(|one| !one.own.is_empty()) {
            out += &format!("\n[for.{}]\n", machine.name);
            for (key, value) in &machine.own {
                out += &format!("{key} = {}\n", quote(value));
            }
        }
        out += &self.network.to_toml();
        let own = [Kind::Disk, Kind::Tape].map(|kind| self.parameters.own_profile(kind));
        for own in own.into_iter().flatten() {
            out += &format!(
                "\n[{}]\nfile = {}\ntext = {}\n",
                own.kind.table(),
                quote(&own.file),
                quote(&own.text)
            );
        }
        let mut topic = "";
        let lines = crate::profiles::resolved(&self.parameters);
        for line in &lines {
            let (head, name) = line.key.split_once('.').unwrap_or(("", &line.key));
            if head != topic {
                topic = head;
                out += &format!("\n[{topic}]\n");
            }
            let value = if line
                .value
                .parse::<i64>()
                .is_ok_and(|number| number.to_string() == line.value)
            {
                line.value.clone()
            } else {
                quote(&line.value)
            };
            let unit = if line.unit.is_empty() {
                String::new()
            } else {
                format!("{}; ", line.unit)
            };
            out += &format!(
                "{:<32} # {unit}{} [{}]\n",
                format!("{name} = {value}"),
                line.about,
                line.source
            );
        }
        out += &inputs::to_toml(&self.inputs);
        out += &faults::to_toml(&self.faults);
        out
    }
}

/// A value of a TOML file as `--set` would have it.
fn value_text(key: &str, value: &toml::Value) -> String {
    let yes_no = spec_of(key).is_some();
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(true) if yes_no => "yes".into(),
        toml::Value::Boolean(false) if yes_no => "no".into(),
        other => other.to_string(),
    }
}

/// Where the table with this number, counted from 0, of an array of tables stands in a TOML text, for errors.
fn line_of_table(text: &str, key: &str, number: usize) -> String {
    let head = |line: &str| {
        let inner = line.trim_start().strip_prefix("[[")?.trim_start();
        inner
            .strip_prefix(key)?
            .trim_start()
            .strip_prefix("]]")
            .map(|_| ())
    };
    let mut heads = text
        .lines()
        .enumerate()
        .filter(|(_, line)| head(line).is_some());
    match heads.nth(number) {
        Some((line, _)) => format!("line {}", line + 1),
        None => format!("`{key}` {}", number + 1),
    }
}

/// Where `key` stands in a TOML text, for errors.
fn line_of(text: &str, key: &str) -> String {
    let starts = |line: &str| {
        let line = line
            .trim_start()
            .trim_start_matches('[')
            .trim_start_matches(['"', '\'']);
        line.strip_prefix(key).is_some_and(|rest| {
            rest.trim_start_matches(['"', '\''])
                .trim_start()
                .starts_with(['=', ']', '.'])
        })
    };
    match text.lines().position(starts) {
        Some(line) => format!("line {}", line + 1),
        None => format!("`{key}`"),
    }
}

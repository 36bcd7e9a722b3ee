//! Figures of drive profiles beside the parameters of the lab, under one kind of key.

use crate::parameters::{Kind as ParameterKind, Parameters, SPECS, Source};
use mac::Model;
use scsi::disk::DiskProfile;
use scsi::profile::{Origin, Profile as Figures};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tape::Profile;

/// A parameter with its value, as `show` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Its key.
    pub key: String,
    /// Its value in this scenario.
    pub value: String,
    /// Its unit, or an empty text.
    pub unit: String,
    /// What it means, and what it may be.
    pub about: String,
    /// `chosen`, `assumed`, `set`, or the published source.
    pub source: String,
}

/// The model that `machine.model` names.
pub fn model(parameters: &Parameters) -> Model {
    Model::from_word(parameters.text("machine.model")).unwrap_or_default()
}

/// A kind of drive that has profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// Disks: keys that begin with `disk.`.
    Disk,
    /// Tape drives: keys that begin with `tape.`.
    Tape,
}

impl Kind {
    /// The kind whose profile `key` chooses.
    pub fn chosen_by(key: &str) -> Option<Kind> {
        match key {
            "disk.profile" => Some(Kind::Disk),
            "tape.profile" => Some(Kind::Tape),
            _ => None,
        }
    }

    /// The table of a scenario that contains a profile of the user's.
    pub fn table(self) -> &'static str {
        match self {
            Kind::Disk => "disk-profile",
            Kind::Tape => "profile",
        }
    }

    /// The parameter that chooses the profile.
    pub fn key(self) -> &'static str {
        match self {
            Kind::Disk => "disk.profile",
            Kind::Tape => "tape.profile",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Kind::Disk => "disk.",
            Kind::Tape => "tape.",
        }
    }
}

/// A drive profile that is a file of the user's, as it was when a scenario was read: a run does not depend on what becomes of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnProfile {
    /// What it is a profile of.
    pub kind: Kind,
    /// The file's name, as the user gave it.
    pub file: String,
    /// What was in it.
    pub text: String,
}

impl OwnProfile {
    /// Reads a profile.
    ///
    /// # Errors
    /// When the file cannot be read or is no profile; the text names the file, the key and what would be right.
    pub fn read(kind: Kind, file: &str) -> Result<OwnProfile, String> {
        let text =
            std::fs::read_to_string(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
        OwnProfile::new(kind, file, text)
    }

    /// A profile from the text of a file.
    ///
    /// # Errors
    /// When the text is no profile of this kind.
    pub fn new(kind: Kind, file: &str, text: String) -> Result<OwnProfile, String> {
        let own = OwnProfile {
            kind,
            file: file.to_owned(),
            text,
        };
        match kind {
            Kind::Disk => own.disk().map(drop),
            Kind::Tape => own.tape().map(drop),
        }
        .map(|()| own)
    }

    fn tape(&self) -> Result<Profile, String> {
        Profile::parse(&self.text).map_err(|error| format!("{}: {error}", self.file))
    }

    fn disk(&self) -> Result<DiskProfile, String> {
        DiskProfile::parse(&self.text).map_err(|error| format!("{}: {error}", self.file))
    }
}

/// True when a profile's name is that of a file of the user's and not of a built-in profile.
pub fn is_file(name: &str) -> bool {
    name.ends_with(".toml")
}

fn or_file(error: impl std::fmt::Display) -> String {
    format!("{error}; or give a TOML file, whose name ends in .toml")
}

/// Whether `name` is that of a built-in profile.
///
/// # Errors
/// When it is not: which there are.
pub fn check_built_in(kind: Kind, name: &str) -> Result<(), String> {
    match kind {
        Kind::Disk => DiskProfile::named(name).map(drop).map_err(or_file),
        Kind::Tape => Profile::named(name).map(drop).map_err(or_file),
    }
}

/// The tape profile with this name: one of the built-in ones or a TOML file.
///
/// # Errors
/// When there is none, or the file is no profile.
pub fn find_tape_profile(name: &str) -> Result<Profile, String> {
    if is_file(name) {
        OwnProfile::read(Kind::Tape, name)?.tape()
    } else {
        Profile::named(name).map_err(or_file)
    }
}

/// The figures of a kind of drive that were set.
fn figures_set(parameters: &Parameters, kind: Kind) -> impl Iterator<Item = (&str, &str)> {
    parameters.overrides().filter(move |(key, _)| {
        key.starts_with(kind.prefix()) && crate::parameters::spec_of(key).is_none()
    })
}

/// The tape profile that `tape.profile` names, with the figures that were set.
///
/// # Errors
/// When there is none, the file is no profile, or a figure cannot have its value.
pub fn tape_profile(parameters: &Parameters) -> Result<Profile, String> {
    let mut profile = match parameters.own_profile(Kind::Tape) {
        Some(own) => own.tape()?,
        None => Profile::named(parameters.text("tape.profile")).map_err(or_file)?,
    };
    for (key, value) in figures_set(parameters, Kind::Tape) {
        profile.set(key, value).map_err(|error| error.to_string())?;
    }
    Ok(profile)
}

/// The disk profile that `disk.profile` names, with the figures that were set.
///
/// # Errors
/// When there is none, the file is no profile, or a figure cannot have its value.
pub fn disk_profile(parameters: &Parameters) -> Result<DiskProfile, String> {
    let mut profile = match parameters.own_profile(Kind::Disk) {
        Some(own) => own.disk()?,
        None => DiskProfile::named(parameters.text("disk.profile")).map_err(or_file)?,
    };
    for (key, value) in figures_set(parameters, Kind::Disk) {
        profile.set(key, value).map_err(|error| error.to_string())?;
    }
    Ok(profile)
}

/// The figures of the drives of this scenario: of the disk, of the tape drive.
fn drives(parameters: &Parameters) -> Vec<Figures> {
    let disk = disk_profile(parameters)
        .ok()
        .map(|profile| profile.data().clone());
    let tape = tape_profile(parameters)
        .ok()
        .map(|profile| (*profile).clone());
    disk.into_iter().chain(tape).collect()
}

/// The keys of all profile figures in this scenario.
pub fn keys(parameters: &Parameters) -> Vec<String> {
    drives(parameters)
        .iter()
        .flat_map(|profile| profile.iter().map(|(key, _)| key.to_owned()))
        .collect()
}

/// Every parameter with its value in this scenario, grouped by topic.
pub fn resolved(parameters: &Parameters) -> Vec<Resolved> {
    let mut lines: Vec<Resolved> = Vec::new();
    let mut topics: Vec<&str> = SPECS
        .iter()
        .filter_map(|spec| Some(spec.key.split_once('.')?.0))
        .collect();
    topics.dedup();
    let profiles = drives(parameters);
    for topic in topics {
        for spec in SPECS.iter().filter(|spec| {
            spec.key
                .split_once('.')
                .is_some_and(|(head, _)| head == topic)
        }) {
            let value = parameters.text(spec.key);
            let source = match spec.source {
                _ if value != spec.default && spec.source != Source::Chosen => "set".into(),
                Source::Published(source) => source.into(),
                Source::Assumed => "assumed".into(),
                Source::Chosen => "chosen".into(),
            };
            let about = match spec.kind {
                ParameterKind::Choice(words) => format!("{}: {}", spec.about, words.join(" | ")),
                ParameterKind::YesNo => format!("{}: yes | no", spec.about),
                _ => spec.about.into(),
            };
            lines.push(Resolved {
                key: spec.key.into(),
                value: value.into(),
                unit: spec.unit.into(),
                about,
                source,
            });
        }
        let figures = profiles.iter().flat_map(Figures::iter);
        for (key, figure) in
            figures.filter(|(key, _)| key.split_once('.').is_some_and(|(head, _)| head == topic))
        {
            lines.push(Resolved {
                key: key.into(),
                value: figure.value.to_string(),
                unit: figure.unit.clone(),
                about: figure.about.clone(),
                source: match &figure.origin {
                    Origin::Source(source) => source.clone(),
                    other => other.to_string(),
                },
            });
        }
    }
    lines
}

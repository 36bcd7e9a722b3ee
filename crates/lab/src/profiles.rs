//! Figures of drive profiles beside the parameters of the lab, under one kind of key.

use crate::parameters::{Kind, Parameters, SPECS, Source};
use mac::Model;
use scsi::disk::DiskProfile;
use serde::{Deserialize, Serialize};
use std::path::Path;
use tape::Profile;
use tape::drive::Origin;

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

/// A drive profile that is a file of the user's, as it was when a scenario was read: a run does not depend on what becomes of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnProfile {
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
    pub fn read(file: &str) -> Result<OwnProfile, String> {
        let text =
            std::fs::read_to_string(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
        OwnProfile::new(file, text)
    }

    /// A profile from the text of a file.
    ///
    /// # Errors
    /// When the text is no profile.
    pub fn new(file: &str, text: String) -> Result<OwnProfile, String> {
        let own = OwnProfile {
            file: file.to_owned(),
            text,
        };
        own.profile().map(|_| own)
    }

    fn profile(&self) -> Result<Profile, String> {
        Profile::parse(&self.text).map_err(|error| format!("{}: {error}", self.file))
    }
}

/// True when `tape.profile` names a file of the user's and not a built-in profile.
pub fn is_file(name: &str) -> bool {
    name.ends_with(".toml")
}

/// The tape profile with this name: one of the built-in ones or a TOML file.
///
/// # Errors
/// When there is none, or the file is no profile.
pub fn find_tape_profile(name: &str) -> Result<Profile, String> {
    if is_file(name) {
        OwnProfile::read(name)?.profile()
    } else {
        Profile::named(name)
            .map_err(|error| format!("{error}; or give a TOML file, whose name ends in .toml"))
    }
}

/// The tape profile that `tape.profile` names, with the figures that were set.
///
/// # Errors
/// When there is none, the file is no profile, or a figure cannot have its value.
pub fn tape_profile(parameters: &Parameters) -> Result<Profile, String> {
    let name = parameters.text("tape.profile");
    let mut profile = match parameters.own_profile() {
        Some(own) => own.profile()?,
        None => find_tape_profile(name)?,
    };
    for (key, value) in parameters
        .overrides()
        .filter(|(key, _)| key.starts_with("tape.") && crate::parameters::spec_of(key).is_none())
    {
        profile.set(key, value).map_err(|error| error.to_string())?;
    }
    Ok(profile)
}

/// The disk profile that `disk.profile` names, with the figures that were set.
///
/// # Errors
/// When a figure cannot have its value.
pub fn disk_profile(parameters: &Parameters) -> Result<DiskProfile, String> {
    let mut profile = named_disk(parameters);
    for (key, value) in parameters
        .overrides()
        .filter(|(key, _)| crate::parameters::spec_of(key).is_none())
    {
        if let Some(key) = key.strip_prefix("disk.") {
            profile.set(key, value.parse().map_err(|_| "a whole number".to_owned())?)?;
        }
    }
    Ok(profile)
}

fn named_disk(parameters: &Parameters) -> DiskProfile {
    match parameters.text("disk.profile") {
        "prodrive-40s" => DiskProfile::prodrive_40s(),
        _ => DiskProfile::st225n(),
    }
}

/// The keys of all profile figures in this scenario.
pub fn keys(parameters: &Parameters) -> Vec<String> {
    let disk = named_disk(parameters)
        .figures()
        .into_iter()
        .map(|figure| format!("disk.{}", figure.key));
    let tape = tape_profile(parameters).ok();
    let tape = tape
        .iter()
        .flat_map(|profile| profile.iter().map(|(key, _)| key.to_owned()));
    disk.chain(tape).collect()
}

/// Every parameter with its value in this scenario, grouped by topic.
pub fn resolved(parameters: &Parameters) -> Vec<Resolved> {
    let mut lines: Vec<Resolved> = Vec::new();
    let mut topics: Vec<&str> = SPECS
        .iter()
        .filter_map(|spec| Some(spec.key.split_once('.')?.0))
        .collect();
    topics.dedup();
    let profile = tape_profile(parameters).ok();
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
                Kind::Choice(words) => format!("{}: {}", spec.about, words.join(" | ")),
                Kind::YesNo => format!("{}: yes | no", spec.about),
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
        if topic == "disk" {
            let published = named_disk(parameters).figures();
            let current = disk_profile(parameters)
                .unwrap_or_else(|_| named_disk(parameters))
                .figures();
            for (figure, published) in current.into_iter().zip(published) {
                let source = if figure.value == published.value {
                    figure.source.unwrap_or("assumed")
                } else {
                    "set"
                };
                lines.push(Resolved {
                    key: format!("disk.{}", figure.key),
                    value: figure.value.to_string(),
                    unit: figure.unit.into(),
                    about: figure.about.into(),
                    source: source.into(),
                });
            }
        }
        if topic == "tape" {
            for (key, figure) in profile.iter().flat_map(|profile| profile.iter()) {
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
    }
    lines
}

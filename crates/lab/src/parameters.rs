//! Every figure a run depends on: its key, its range, what it means and where it comes from.
//!
//! A scenario is a set of values for these keys. Keys that begin with `tape.` and `disk.` and are not listed here belong to the drive's
//! profile and are asked of it.

use crate::profiles::{self, OwnProfile, check_built_in, is_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number in this range.
    Number(i64, i64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `yes` or `no`.
    YesNo,
    /// Any text; may be empty.
    Text,
}

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A published figure.
    Published(&'static str),
    /// No source was found, or the software it describes is a reconstruction: the lab may sweep it.
    Assumed,
    /// A property of the experiment itself, for the experimenter to choose.
    Chosen,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its key, `topic.name`.
    pub key: &'static str,
    /// The value when nothing else is said.
    pub default: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// The unit, or an empty text.
    pub unit: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Where the default comes from.
    pub source: Source,
}

const fn spec(
    key: &'static str,
    default: &'static str,
    kind: Kind,
    unit: &'static str,
    source: Source,
    about: &'static str,
) -> Spec {
    Spec {
        key,
        default,
        kind,
        unit,
        about,
        source,
    }
}

use Kind::{Choice, Number, Text, YesNo};
use Source::{Assumed, Chosen, Published};

/// The preference file on the volume that a topic's keys go to, and the key's prefix there is dropped.
pub const PREFERENCES: &[(&str, &str)] = &[
    ("server.", "Mail Server Preferences"),
    ("backup.", "Backup Preferences"),
    ("client.", "Mail Client Preferences"),
];

/// All parameters but those of drive profiles, by key.
pub const SPECS: &[Spec] = &[
    spec(
        "run.seed",
        "1",
        Number(0, i64::MAX),
        "",
        Chosen,
        "seed of every random stream of the run",
    ),
    spec(
        "run.limit",
        "3600",
        Number(1, 86_400),
        "s",
        Chosen,
        "virtual time after which a run without a verdict ends",
    ),
    spec(
        "run.silence",
        "20",
        Number(1, 3600),
        "s",
        Assumed,
        "how long no client gets an answer before the server counts as stopped",
    ),
    spec(
        "run.settle",
        "10",
        Number(1, 3600),
        "s",
        Chosen,
        "how long the tape drive must be left alone before the backup counts as over",
    ),
    spec(
        "machine.model",
        "plus",
        Choice(&["plus", "se", "se30"]),
        "",
        Chosen,
        "which Macintosh the machines are",
    ),
    spec(
        "machine.scsi-timeout-se",
        "265000",
        Number(1, 10_000_000),
        "us",
        Assumed,
        "how long an SE's access waits for DRQ before the bus error",
    ),
    spec(
        "machine.scsi-timeout-se30",
        "16",
        Number(1, 10_000_000),
        "us",
        Assumed,
        "how long an SE/30's access waits for DRQ, or at an address where nothing is, before the bus error",
    ),
    spec(
        "serial.rate",
        "9600",
        Number(50, 230_400),
        "bit/s",
        Chosen,
        "rate of the terminal on each modem port: 8 bits, no parity, one stop bit",
    ),
    spec(
        "mac.ram",
        "4096",
        Number(1024, 32_768),
        "KiB",
        Published(
            "Guide to the Macintosh Family Hardware: Plus and SE 1, 2, 2.5 or 4 MiB, SE/30 1 to 32 MiB",
        ),
        "memory",
    ),
    spec(
        "mac.date",
        "2930000000",
        Number(0, 0xFFFF_FFFF),
        "s since 1904",
        Chosen,
        "date and time at power-on",
    ),
    spec(
        "mac.start",
        "0",
        Number(0, 86_400_000),
        "ms",
        Chosen,
        "until when the machine's RESET is held, so that it starts up later than others",
    ),
    spec(
        "disk.size",
        "20",
        Number(2, 512),
        "MiB",
        Chosen,
        "size of the volume",
    ),
    spec(
        "disk.profile",
        "st225n",
        Text,
        "",
        Published("Seagate ST225N: the drive of the Hard Disk 20SC"),
        "disk drive: a profile's name, or a TOML file; the volume may be of another size",
    ),
    spec(
        "disk.files",
        "",
        Text,
        "",
        Chosen,
        "folder of the host whose content fills the volume; empty: sample documents",
    ),
    spec(
        "disk.id",
        "0",
        Number(0, 6),
        "",
        Published("Inside Macintosh IV: the internal disk is 0"),
        "SCSI ID of the disk",
    ),
    spec(
        "tape.id",
        "4",
        Number(0, 6),
        "",
        Chosen,
        "SCSI ID of the tape drive",
    ),
    spec(
        "tape.profile",
        "archive-viper-150",
        Text,
        "",
        Chosen,
        "drive: a profile's name, or a TOML file",
    ),
    spec(
        "tape.cartridge",
        "blank",
        Choice(&["blank", "none"]),
        "",
        Chosen,
        "what is in the drive at power-on",
    ),
    spec(
        "cable.loss",
        "0",
        Number(0, 1000),
        "per mille",
        Chosen,
        "of 1000 frames on a cable so many are lost: listeners notice a carrier and nothing else",
    ),
    spec(
        "cable.damage",
        "0",
        Number(0, 1000),
        "per mille",
        Chosen,
        "of 1000 frames so many have a wrong byte, or end without a flag",
    ),
    spec(
        "cable.duplicate",
        "0",
        Number(0, 1000),
        "per mille",
        Chosen,
        "of 1000 data frames so many are sent again by the wire itself",
    ),
    spec(
        "mail.clients",
        "12",
        Number(0, 30),
        "",
        Chosen,
        "mail clients on the cable",
    ),
    spec(
        "mail.start",
        "8000",
        Number(0, 600_000),
        "ms",
        Chosen,
        "when the first client looks for the server",
    ),
    spec(
        "mail.duration",
        "60000",
        Number(1000, 86_400_000),
        "ms",
        Chosen,
        "length of the traffic in a world without a backup",
    ),
    spec(
        "mail.zone",
        "*",
        Text,
        "",
        Chosen,
        "zone in which the clients look for the server; *: their own",
    ),
    spec(
        "mail.interval",
        "2500",
        Number(20, 3_600_000),
        "ms",
        Assumed,
        "mean time between the requests of one client",
    ),
    spec(
        "mail.body",
        "1200",
        Number(0, 32_768),
        "bytes",
        Assumed,
        "mean length of a message",
    ),
    spec(
        "mail.retry",
        "2000",
        Number(100, 60_000),
        "ms",
        Assumed,
        "interval at which a client repeats a request",
    ),
    spec(
        "mail.retries",
        "5",
        Number(1, 255),
        "",
        Assumed,
        "how often a client repeats a request before it gives up",
    ),
    spec(
        "server.form",
        "extension",
        Choice(&["extension", "application"]),
        "",
        Published("KB Q50151, Q128826"),
        "start-up document or application",
    ),
    spec(
        "server.service",
        "interrupt",
        Choice(&["interrupt", "systemtask"]),
        "",
        Published("KB Q99304: mail servers are interrupt driven"),
        "where requests are served",
    ),
    spec(
        "server.store",
        "sync",
        Choice(&["sync", "async"]),
        "",
        Assumed,
        "how the server calls the File Manager",
    ),
    spec(
        "server.flush",
        "no",
        YesNo,
        "",
        Assumed,
        "whether the length of the store goes to the disk with every message",
    ),
    spec(
        "server.requests",
        "6",
        Number(1, 16),
        "",
        Assumed,
        "requests the server can take at once",
    ),
    spec(
        "server.sessions",
        "32",
        Number(1, 32),
        "",
        Assumed,
        "clients that can be signed on",
    ),
    spec(
        "server.messages",
        "1000",
        Number(10, 4000),
        "",
        Assumed,
        "messages the server's index has room for",
    ),
    spec(
        "server.register-interval",
        "7",
        Number(1, 255),
        "8/60 s",
        Assumed,
        "interval of the lookups before the name counts as free",
    ),
    spec(
        "server.register-count",
        "3",
        Number(1, 255),
        "",
        Assumed,
        "number of those lookups",
    ),
    spec(
        "server.name",
        "Post Office",
        Text,
        "",
        Chosen,
        "the server's name on the network",
    ),
    spec(
        "server.retry-minutes",
        "15",
        Number(1, 500),
        "min",
        Assumed,
        "how long messages for an unreachable server wait before the next try",
    ),
    spec(
        "client.user",
        "",
        Text,
        "",
        Chosen,
        "name under which the mail client signs on; empty: the machine's name",
    ),
    spec(
        "client.server",
        "Post Office",
        Text,
        "",
        Chosen,
        "name of its server",
    ),
    spec("client.zone", "*", Text, "", Chosen, "zone of its server"),
    spec(
        "client.to",
        "",
        Text,
        "",
        Chosen,
        "to whom it writes, names separated by commas; empty: to itself",
    ),
    spec(
        "client.start-delay",
        "0",
        Number(0, 1_000_000),
        "ticks of 1/60 s",
        Chosen,
        "when it begins after its launch",
    ),
    spec(
        "client.interval",
        "300",
        Number(2, 60_000),
        "ticks of 1/60 s",
        Assumed,
        "mean time between two messages",
    ),
    spec(
        "client.check",
        "600",
        Number(2, 1_000_000),
        "ticks of 1/60 s",
        Assumed,
        "how often it looks for mail",
    ),
    spec(
        "client.count",
        "0",
        Number(0, 1_000_000),
        "",
        Chosen,
        "messages it sends; 0: no limit",
    ),
    spec(
        "client.body",
        "1200",
        Number(0, 32_768),
        "bytes",
        Assumed,
        "mean length of a message",
    ),
    spec(
        "client.retry",
        "2",
        Number(1, 255),
        "s",
        Assumed,
        "interval at which its ATP repeats a request",
    ),
    spec(
        "client.retries",
        "5",
        Number(0, 254),
        "",
        Assumed,
        "repetitions before it gives a request up",
    ),
    spec(
        "client.keep",
        "no",
        YesNo,
        "",
        Assumed,
        "whether messages stay on the server when they have been read",
    ),
    spec(
        "client.seed",
        "0",
        Number(0, 99_999_999),
        "",
        Chosen,
        "of its random numbers; 0: from the machine's clock, its node and its user",
    ),
    spec(
        "atalk.commands",
        "",
        Text,
        "",
        Chosen,
        "what the atalk utility does, commands separated by semicolons; empty: what is typed",
    ),
    spec(
        "backup.block",
        "32768",
        Number(512, 65_536),
        "bytes",
        Assumed,
        "bytes in one WRITE command",
    ),
    spec(
        "backup.buffer",
        "32768",
        Number(512, 65_536),
        "bytes",
        Assumed,
        "bytes read from the disk before they are written to the tape; at least one block",
    ),
    spec(
        "backup.read",
        "8192",
        Number(512, 65_536),
        "bytes",
        Assumed,
        "bytes the backup reads from the disk in one call",
    ),
    spec(
        "backup.transfer",
        "blind",
        Choice(&["blind", "polled"]),
        "",
        Published("Inside Macintosh IV: SCSIWBlind, SCSIWrite"),
        "how data go to the tape",
    ),
    spec(
        "backup.tib",
        "whole",
        Text,
        "bytes",
        Assumed,
        "bytes in one transfer instruction of a WRITE; `whole`: all of it in one scInc",
    ),
    spec(
        "backup.read-transfer",
        "blind",
        Choice(&["blind", "polled"]),
        "",
        Assumed,
        "how the verify pass reads the tape",
    ),
    spec(
        "backup.read-tib",
        "512",
        Text,
        "bytes",
        Assumed,
        "bytes in one transfer instruction of a READ; `whole`: all of it",
    ),
    spec(
        "backup.yield",
        "0",
        Number(0, 10_000),
        "commands",
        Assumed,
        "WaitNextEvent after every so many WRITE or READ commands; 0: never while it streams",
    ),
    spec(
        "backup.check-phase-error",
        "no",
        YesNo,
        "",
        Assumed,
        "whether the program looks at scComplPhaseErr or trusts the status byte",
    ),
    spec(
        "backup.verify",
        "yes",
        YesNo,
        "",
        Chosen,
        "compare the tape with the disk afterwards",
    ),
    spec(
        "backup.immediate",
        "no",
        YesNo,
        "",
        Assumed,
        "IMMED on rewind and filemarks",
    ),
    spec(
        "backup.buffered",
        "yes",
        YesNo,
        "",
        Assumed,
        "buffered mode of the drive, set with MODE SELECT",
    ),
    spec(
        "backup.filemarks",
        "2",
        Number(1, 255),
        "",
        Assumed,
        "filemarks at the end of the session",
    ),
    spec(
        "backup.open-files",
        "skip",
        Choice(&["skip", "copy"]),
        "",
        Assumed,
        "what happens to files that a program has open",
    ),
    spec(
        "backup.root",
        "",
        Text,
        "",
        Chosen,
        "folder to back up, from the volume's root; empty: everything",
    ),
    spec(
        "backup.wait-limit",
        "7200",
        Number(0, 1_000_000),
        "ticks of 1/60 s",
        Assumed,
        "how long the backup waits for the drive to become ready; 0: for ever",
    ),
    spec(
        "backup.startup-poll",
        "0",
        Number(0, 1_000_000),
        "ticks of 1/60 s",
        Assumed,
        "pause of the start-up document between two questions to the drive",
    ),
    spec(
        "backup.start-delay",
        "600",
        Number(0, 1_000_000),
        "ticks of 1/60 s",
        Chosen,
        "when the backup begins after its launch",
    ),
    spec(
        "backup.retry",
        "1",
        Number(0, 100),
        "",
        Assumed,
        "repetitions of a WRITE that failed",
    ),
    spec(
        "backup.reset",
        "yes",
        YesNo,
        "",
        Assumed,
        "the backup's start-up document resets the SCSI bus",
    ),
    spec(
        "backup.startup-wait-limit",
        "0",
        Number(0, 1_000_000),
        "ticks of 1/60 s",
        Assumed,
        "how long it waits for the drive to become ready; 0: for ever",
    ),
];

/// Why a value was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParameterError {
    /// No such key.
    #[error("unknown key `{key}`{}", nearest.as_ref().map(|key| format!("; the nearest is `{key}`")).unwrap_or_default())]
    Unknown {
        /// The key that was given.
        key: String,
        /// The most similar valid one.
        nearest: Option<String>,
    },
    /// The value is not of the kind, or out of range.
    #[error("`{key}` cannot be `{value}`: {allowed}")]
    Value {
        /// The key.
        key: String,
        /// What was given.
        value: String,
        /// What would be right.
        allowed: String,
    },
}

impl Kind {
    fn describe(self) -> String {
        match self {
            Number(low, i64::MAX) => format!("a whole number from {low}"),
            Number(low, high) => format!("a whole number from {low} to {high}"),
            Choice(words) => format!("one of {}", words.join(", ")),
            YesNo => "yes or no".into(),
            Text => "a text".into(),
        }
    }

    fn accepts(self, value: &str) -> bool {
        match self {
            Number(low, high) => value
                .parse::<i64>()
                .is_ok_and(|number| (low..=high).contains(&number)),
            Choice(words) => words.contains(&value),
            YesNo => value == "yes" || value == "no",
            Text => !value.contains(['\r', '\n']),
        }
    }
}

/// The specification of `key`.
pub fn spec_of(key: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.key == key)
}

/// The valid key that is most like `key`, if one is at all like it.
pub fn nearest<'a>(key: &str, among: impl IntoIterator<Item = &'a str>) -> Option<String> {
    among
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(key, candidate), candidate))
        .min()
        .filter(|&(distance, candidate)| distance <= candidate.len().max(key.len()) / 2)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Values for parameters that differ from their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    values: BTreeMap<String, String>,
    own_profiles: BTreeMap<profiles::Kind, OwnProfile>,
}

impl Parameters {
    /// Sets `key` to `value`.
    ///
    /// # Errors
    /// When there is no such key or it cannot have this value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ParameterError> {
        let Some(spec) = spec_of(key) else {
            return self.set_in_profile(key, value);
        };
        if !spec.kind.accepts(value) {
            let allowed = spec.kind.describe();
            return Err(ParameterError::Value {
                key: key.into(),
                value: value.into(),
                allowed,
            });
        }
        if let Some(kind) = profiles::Kind::chosen_by(key) {
            self.choose_profile(kind, value)?;
        }
        self.values.insert(key.into(), value.into());
        Ok(())
    }

    /// Takes a drive profile that is not built in. What `tape.profile` or `disk.profile` is set to must be its file's name.
    pub fn set_own_profile(&mut self, own: OwnProfile) {
        self.own_profiles.insert(own.kind, own);
    }

    /// The profile of this kind of drive that is chosen, when it is a file of the user's.
    pub fn own_profile(&self, kind: profiles::Kind) -> Option<&OwnProfile> {
        self.own_profiles.get(&kind)
    }

    fn choose_profile(&mut self, kind: profiles::Kind, name: &str) -> Result<(), ParameterError> {
        let refuse = |allowed| ParameterError::Value {
            key: kind.key().into(),
            value: name.into(),
            allowed,
        };
        if !is_file(name) {
            check_built_in(kind, name).map_err(refuse)?;
            self.own_profiles.remove(&kind);
        } else if self.own_profile(kind).is_none_or(|own| own.file != name) {
            self.set_own_profile(OwnProfile::read(kind, name).map_err(refuse)?);
        }
        Ok(())
    }

    fn set_in_profile(&mut self, key: &str, value: &str) -> Result<(), ParameterError> {
        let keys = crate::profiles::keys(self);
        if !keys.iter().any(|known| known == key) {
            let known = SPECS
                .iter()
                .map(|spec| spec.key)
                .chain(keys.iter().map(String::as_str));
            return Err(ParameterError::Unknown {
                key: key.into(),
                nearest: nearest(key, known),
            });
        }
        let mut changed = self.clone();
        changed.values.insert(key.into(), value.into());
        let checked = crate::profiles::disk_profile(&changed)
            .map(drop)
            .and_then(|()| crate::profiles::tape_profile(&changed).map(drop));
        checked.map_err(|allowed| ParameterError::Value {
            key: key.into(),
            value: value.into(),
            allowed,
        })?;
        *self = changed;
        Ok(())
    }

    /// The value of `key` as text.
    ///
    /// # Panics
    /// When `key` is not among [`SPECS`]: a defect of the caller.
    pub fn text(&self, key: &str) -> &str {
        match self.values.get(key) {
            Some(value) => value,
            None => {
                spec_of(key)
                    .unwrap_or_else(|| panic!("no parameter is called {key}"))
                    .default
            }
        }
    }

    /// The value of the number `key`.
    ///
    /// # Panics
    /// When `key` is not a number among [`SPECS`].
    pub fn number(&self, key: &str) -> u64 {
        self.text(key)
            .parse()
            .unwrap_or_else(|_| panic!("{key} is not a number"))
    }

    /// The values that were set, by key.
    pub fn overrides(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The text of the preference file for the topic with this prefix: one `key value` a line.
    pub fn preferences(&self, prefix: &str) -> String {
        SPECS
            .iter()
            .filter_map(|spec| Some((spec.key.strip_prefix(prefix)?, self.text(spec.key))))
            .map(|(key, value)| format!("{key} {value}\r"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_valid_and_every_key_unique() {
        for (index, spec) in SPECS.iter().enumerate() {
            assert!(spec.kind.accepts(spec.default), "{}", spec.key);
            assert!(
                SPECS[index + 1..].iter().all(|other| other.key != spec.key),
                "{}",
                spec.key
            );
        }
    }

    #[test]
    fn unknown_keys_and_values_are_refused_with_what_would_be_right() {
        let mut parameters = Parameters::default();
        let unknown = parameters
            .set("backup.blokc", "512")
            .unwrap_err()
            .to_string();
        assert!(unknown.contains("`backup.block`"), "{unknown}");
        let value = parameters
            .set("backup.transfer", "fast")
            .unwrap_err()
            .to_string();
        assert!(value.contains("blind, polled"), "{value}");
        assert!(parameters.set("mail.clients", "31").is_err());
        assert!(parameters.set("mail.clients", "x").is_err());
        assert!(
            parameters
                .set("tape.bufer", "1")
                .unwrap_err()
                .to_string()
                .contains("`tape.buffer`")
        );
    }

    #[test]
    fn preferences_carry_the_keys_of_their_topic() {
        let mut parameters = Parameters::default();
        parameters.set("backup.block", "512").unwrap();
        let text = parameters.preferences("backup.");
        assert!(
            text.contains("block 512\r")
                && text.contains("transfer blind\r")
                && !text.contains("mail")
        );
    }
}

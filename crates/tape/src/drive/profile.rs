use super::schema::{FIGURES, spec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// The profiles that come with the crate: name and text.
const BUILT_IN: [(&str, &str); 8] = [
    (
        "archive-viper-150",
        include_str!("../../profiles/archive-viper-150.toml"),
    ),
    (
        "wangtek-5150es",
        include_str!("../../profiles/wangtek-5150es.toml"),
    ),
    (
        "teac-mt-2st-n50",
        include_str!("../../profiles/teac-mt-2st-n50.toml"),
    ),
    ("hp-35470a", include_str!("../../profiles/hp-35470a.toml")),
    ("hp-35480a", include_str!("../../profiles/hp-35480a.toml")),
    (
        "exabyte-exb-8200",
        include_str!("../../profiles/exabyte-exb-8200.toml"),
    ),
    (
        "apple-tape-backup-40sc",
        include_str!("../../profiles/apple-tape-backup-40sc.toml"),
    ),
    ("scsi-2-dds", include_str!("../../profiles/scsi-2-dds.toml")),
];

/// The value of a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A number, in the figure's unit.
    Number(u64),
    /// Text.
    Text(String),
    /// A list of names; set and shown with blanks between them.
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Flag(flag) => flag.fmt(f),
            Value::Number(number) => number.fmt(f),
            Value::Text(text) => text.fmt(f),
            Value::List(names) => names.join(" ").fmt(f),
        }
    }
}

/// Where the value of a figure comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Published: where.
    Source(String),
    /// No published figure was found.
    Assumed,
    /// Set by the user, in place of the profile's own value.
    Set,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Source(source) => source,
            Origin::Assumed => "assumed",
            Origin::Set => "set",
        })
    }
}

/// One figure of a drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Its value.
    pub value: Value,
    /// Unit of the value; empty when it has none.
    pub unit: String,
    /// What it is.
    pub about: String,
    /// Where the value comes from.
    pub origin: Origin,
    /// Smallest and largest number that may be set.
    pub range: Option<[u64; 2]>,
}

/// A kind of drive, as data: every figure with its unit and its origin. Keys begin with `tape.`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Short name, by which users choose it.
    pub name: String,
    /// Name for people.
    pub title: String,
    pub(super) figures: BTreeMap<String, Figure>,
}

/// What is wrong with a profile, a key or a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// No built-in profile has this name.
    #[error("no drive profile is called {name:?}; there are: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The text is not a profile.
    #[error("the drive profile cannot be read: {0}")]
    Text(String),
    /// A figure names neither source nor `assumed = true`, or both.
    #[error(
        "{key}: a figure says where it comes from: write either source = \"..\" or assumed = true"
    )]
    Origin {
        /// The figure.
        key: String,
    },
    /// The profile has no such figure.
    #[error("{key}: no such figure; there are: {known}")]
    Key {
        /// The key asked for.
        key: String,
        /// The keys that exist.
        known: String,
    },
    /// A figure that every profile has is not there.
    #[error(
        "{key} is missing ({about}): write {name} = {{ value = .., assumed = true }} into [tape]"
    )]
    Missing {
        /// The figure.
        key: String,
        /// Its name in the table.
        name: String,
        /// What it is.
        about: String,
    },
    /// The value is not of the figure's kind or outside its range.
    #[error("{key} = {value}: must be {expected}")]
    Value {
        /// The figure.
        key: String,
        /// The value offered.
        value: String,
        /// What is allowed.
        expected: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    tape: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    value: Value,
    source: Option<String>,
    #[serde(default)]
    assumed: bool,
    /// Narrower than the figure's own.
    range: Option<[u64; 2]>,
}

impl Profile {
    /// The Archive Viper 150.
    pub fn viper_150() -> Profile {
        Profile::named("archive-viper-150").expect("the built-in profile is tested")
    }

    /// The built-in profile with this name.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`] lists the names that exist.
    pub fn named(name: &str) -> Result<Profile, ProfileError> {
        let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let known = BUILT_IN.map(|(name, _)| name).join(", ");
            return Err(ProfileError::Unknown {
                name: name.to_owned(),
                known,
            });
        };
        Profile::parse(text)
    }

    /// The names of the built-in profiles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Reads a profile from TOML, as the built-in ones are written: `name`, `title`, and a table `[tape]` with one line for each figure, such
    /// as `rate = { value = 90000, source = "manual, 6.3.2" }` or `turn = { value = 150, assumed = true }`.
    ///
    /// # Errors
    /// When it is no TOML, lacks a figure that the drive needs, or a value is out of its range.
    pub fn parse(text: &str) -> Result<Profile, ProfileError> {
        let file: File =
            toml::from_str(text).map_err(|error| ProfileError::Text(error.to_string()))?;
        let mut figures = BTreeMap::new();
        for (name, entry) in file.tape {
            let key = format!("tape.{name}");
            let origin = match (entry.source, entry.assumed) {
                (Some(source), false) => Origin::Source(source),
                (None, true) => Origin::Assumed,
                _ => return Err(ProfileError::Origin { key }),
            };
            let Some(spec) = spec(&name) else {
                return Err(unknown(key));
            };
            let Entry { value, range, .. } = entry;
            let range = range.or(spec.range);
            check(&key, &value, range)?;
            figures.insert(
                key,
                Figure {
                    value,
                    unit: spec.unit.to_owned(),
                    about: spec.about.to_owned(),
                    origin,
                    range,
                },
            );
        }
        let profile = Profile {
            name: file.name,
            title: file.title,
            figures,
        };
        profile.figures()?;
        profile.abilities()?;
        Ok(profile)
    }

    /// True for a drive with block addresses ([`crate::BlockDrive`]), false for one with records in their order ([`crate::Drive`]).
    pub fn is_direct(&self) -> bool {
        self.get("tape.class")
            .is_some_and(|figure| figure.value == Value::Text("direct".to_owned()))
    }

    /// Every figure with its key, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Figure)> {
        self.figures
            .iter()
            .map(|(key, figure)| (key.as_str(), figure))
    }

    /// The figure with this key.
    pub fn get(&self, key: &str) -> Option<&Figure> {
        self.figures.get(key)
    }

    /// Sets the figure `key` (such as `tape.buffer`) to `value`, a number in the figure's unit, `true` or `false`, or text.
    ///
    /// # Errors
    /// When there is no such figure, or the value is not of its kind or out of its range.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ProfileError> {
        let Some(figure) = self.figures.get_mut(key) else {
            return Err(unknown(key.to_owned()));
        };
        let error = |expected: &str| ProfileError::Value {
            key: key.to_owned(),
            value: value.to_owned(),
            expected: expected.to_owned(),
        };
        let new = match figure.value {
            Value::Flag(_) => Value::Flag(value.parse().map_err(|_| error("true or false"))?),
            Value::Number(_) => Value::Number(
                value
                    .replace('_', "")
                    .parse()
                    .map_err(|_| error("a whole number"))?,
            ),
            Value::Text(_) => Value::Text(value.to_owned()),
            Value::List(_) => Value::List(value.split_whitespace().map(str::to_owned).collect()),
        };
        check(key, &new, figure.range)?;
        // A value that says what the profile says anyway keeps its source.
        if figure.value != new {
            figure.value = new;
            figure.origin = Origin::Set;
        }
        Ok(())
    }
}

fn unknown(key: String) -> ProfileError {
    let mut known: Vec<String> = FIGURES
        .iter()
        .map(|spec| format!("tape.{}", spec.name))
        .collect();
    known.sort_unstable();
    ProfileError::Key {
        key,
        known: known.join(", "),
    }
}

fn check(key: &str, value: &Value, range: Option<[u64; 2]>) -> Result<(), ProfileError> {
    match (value, range) {
        (Value::Number(number), Some([low, high])) if !(low..=high).contains(number) => {
            let expected = if low == high {
                format!("{low}")
            } else {
                format!("{low} to {high}")
            };
            Err(ProfileError::Value {
                key: key.to_owned(),
                value: number.to_string(),
                expected,
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_whole_and_says_where_its_figures_come_from() {
        for (name, _) in BUILT_IN {
            let profile = Profile::named(name).unwrap();
            assert_eq!(profile.name, name);
            assert!(
                profile
                    .iter()
                    .all(|(_, figure)| figure.origin != Origin::Set)
            );
            assert_eq!(profile.iter().count(), FIGURES.len());
        }
        let error = Profile::named("viper").unwrap_err().to_string();
        assert_eq!(
            error,
            "no drive profile is called \"viper\"; there are: archive-viper-150, wangtek-5150es, teac-mt-2st-n50, hp-35470a, hp-35480a, exabyte-exb-8200, apple-tape-backup-40sc, scsi-2-dds"
        );
    }

    #[test]
    fn figures_are_set_key_by_key_and_remember_it() {
        let mut profile = Profile::viper_150();
        assert_eq!(profile.get("tape.buffer").unwrap().origin, Origin::Assumed);
        profile.set("tape.buffer", "131_072").unwrap();
        assert_eq!(
            profile.get("tape.buffer").unwrap().value,
            Value::Number(131_072)
        );
        assert_eq!(
            profile.get("tape.buffer").unwrap().origin.to_string(),
            "set"
        );
        assert_eq!(profile.figures().unwrap().buffer, 256);
        profile.set("tape.space-reverse", "false").unwrap();
        profile.set("tape.product", "TEST").unwrap();
        assert_eq!(&profile.figures().unwrap().product, b"TEST            ");
    }

    #[test]
    fn wrong_keys_and_values_are_refused_with_what_would_be_right() {
        let mut profile = Profile::viper_150();
        let mut fails = |key, value| profile.set(key, value).unwrap_err().to_string();
        assert!(
            fails("tape.bufer", "1")
                .starts_with("tape.bufer: no such figure; there are: tape.ansi-version, ")
        );
        assert_eq!(
            fails("tape.buffer", "64K"),
            "tape.buffer = 64K: must be a whole number"
        );
        assert_eq!(
            fails("tape.buffer", "100"),
            "tape.buffer = 100: must be 1024 to 1073741824"
        );
        assert_eq!(
            fails("tape.block", "1024"),
            "tape.block = 1024: must be 512"
        );
        assert_eq!(
            fails("tape.erase-immediate", "yes"),
            "tape.erase-immediate = yes: must be true or false"
        );
        profile.set("tape.buffer", "8192").unwrap();
        let error = profile.figures().unwrap_err().to_string();
        assert_eq!(
            error,
            "tape.start-level = 24576: must be no more than tape.buffer holds (8192 bytes)"
        );
    }
}

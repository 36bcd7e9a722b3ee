//! Profiles of drives as data: figures, each with its unit, its range and where it comes from. Which figures a kind of device has, its own
//! schema says.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use thiserror::Error;

/// A figure that every profile of a kind of device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Its name in a profile's table; with the topic in front it is the key of `--set`.
    pub name: &'static str,
    /// Unit of a number; empty when it has none.
    pub unit: &'static str,
    /// Smallest and largest number; a profile may narrow it.
    pub range: Option<[u64; 2]>,
    /// What it is.
    pub about: &'static str,
}

impl Spec {
    /// A figure that is a number in this range.
    pub const fn number(
        name: &'static str,
        unit: &'static str,
        low: u64,
        high: u64,
        about: &'static str,
    ) -> Spec {
        Spec {
            name,
            unit,
            range: Some([low, high]),
            about,
        }
    }

    /// A figure that is something else.
    pub const fn other(name: &'static str, about: &'static str) -> Spec {
        Spec {
            name,
            unit: "",
            range: None,
            about,
        }
    }
}

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

/// A kind of drive, as data: every figure with its unit and its origin. Keys begin with the topic and a dot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Short name, by which users choose it.
    pub name: String,
    /// Name for people.
    pub title: String,
    topic: String,
    figures: BTreeMap<String, Figure>,
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
        "{key} is missing ({about}): write {name} = {{ value = .., assumed = true }} into [{topic}]"
    )]
    Missing {
        /// The figure.
        key: String,
        /// Its name in the table.
        name: String,
        /// The table.
        topic: String,
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
struct File {
    name: String,
    title: String,
    #[serde(flatten)]
    topics: BTreeMap<String, BTreeMap<String, Entry>>,
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
    /// Reads a profile from TOML: `name`, `title`, and a table named `topic` with one line for each figure of `schema`, such as
    /// `rate = { value = 90000, source = "manual, 6.3.2" }` or `turn = { value = 150, assumed = true }`.
    ///
    /// # Errors
    /// When it is no TOML, has a figure that the schema does not know, lacks one, or a value is out of its range.
    pub fn parse(text: &str, topic: &str, schema: &[Spec]) -> Result<Profile, ProfileError> {
        let file: File =
            toml::from_str(text).map_err(|error| ProfileError::Text(error.to_string()))?;
        if let Some(other) = file.topics.keys().find(|key| *key != topic) {
            return Err(ProfileError::Text(format!(
                "it has a table [{other}]: the figures of this kind of drive stand in [{topic}]"
            )));
        }
        let mut figures = BTreeMap::new();
        for (name, entry) in file.topics.into_values().flatten() {
            let key = format!("{topic}.{name}");
            let origin = match (entry.source, entry.assumed) {
                (Some(source), false) => Origin::Source(source),
                (None, true) => Origin::Assumed,
                _ => return Err(ProfileError::Origin { key }),
            };
            let Some(spec) = schema.iter().find(|spec| spec.name == name) else {
                let names = schema.iter().map(|spec| format!("{topic}.{}", spec.name));
                return Err(unknown(key, names.collect()));
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
        if let Some(spec) = schema
            .iter()
            .find(|spec| !figures.contains_key(&format!("{topic}.{}", spec.name)))
        {
            return Err(ProfileError::Missing {
                key: format!("{topic}.{}", spec.name),
                name: spec.name.to_owned(),
                topic: topic.to_owned(),
                about: spec.about.to_owned(),
            });
        }
        Ok(Profile {
            name: file.name,
            title: file.title,
            topic: topic.to_owned(),
            figures,
        })
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
            return Err(unknown(
                key.to_owned(),
                self.figures.keys().cloned().collect(),
            ));
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

    /// The key and the value of the figure with this name.
    ///
    /// # Panics
    /// When the schema does not have it: a defect of the caller.
    pub fn entry(&self, name: &str) -> (String, &Value) {
        let key = format!("{}.{name}", self.topic);
        let figure = self.figures.get(&key);
        let figure = figure.unwrap_or_else(|| panic!("no profile has {key}"));
        (key, &figure.value)
    }

    /// The number with this name.
    ///
    /// # Errors
    /// When the value is no number.
    pub fn number(&self, name: &str) -> Result<u64, ProfileError> {
        match self.entry(name) {
            (_, &Value::Number(number)) => Ok(number),
            (key, value) => Err(wrong(key, value, "a whole number")),
        }
    }

    /// The yes or no with this name.
    ///
    /// # Errors
    /// When the value is neither.
    pub fn flag(&self, name: &str) -> Result<bool, ProfileError> {
        match self.entry(name) {
            (_, &Value::Flag(flag)) => Ok(flag),
            (key, value) => Err(wrong(key, value, "true or false")),
        }
    }

    /// The text with this name, padded with blanks to the width of its INQUIRY field.
    ///
    /// # Errors
    /// When it is longer, or has characters that are not printable ASCII.
    pub fn text<const N: usize>(&self, name: &str) -> Result<[u8; N], ProfileError> {
        let (key, value) = self.entry(name);
        let text = value.to_string();
        let mut field = [b' '; N];
        if text.len() > N || !text.bytes().all(|byte| (0x20..0x7F).contains(&byte)) {
            let expected = format!("at most {N} printable ASCII characters");
            return Err(wrong(key, value, &expected));
        }
        field[..text.len()].copy_from_slice(text.as_bytes());
        Ok(field)
    }

    /// What the names in the list with this name stand for, by `known`.
    ///
    /// # Errors
    /// When the value is no list, or names something that does not exist.
    pub fn named_list<T: Copy + Ord>(
        &self,
        name: &str,
        known: &[(&str, T)],
    ) -> Result<BTreeSet<T>, ProfileError> {
        let (key, value) = self.entry(name);
        let Value::List(names) = value else {
            return Err(wrong(key, value, "a list of names"));
        };
        let find = |wanted: &String| {
            known
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, item)| *item)
                .ok_or_else(|| ProfileError::Value {
                    key: key.clone(),
                    value: wanted.clone(),
                    expected: known
                        .iter()
                        .map(|(name, _)| *name)
                        .collect::<Vec<_>>()
                        .join(", "),
                })
        };
        names.iter().map(find).collect()
    }
}

fn wrong(key: String, value: &Value, expected: &str) -> ProfileError {
    ProfileError::Value {
        key,
        value: value.to_string(),
        expected: expected.to_owned(),
    }
}

fn unknown(key: String, mut known: Vec<String>) -> ProfileError {
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

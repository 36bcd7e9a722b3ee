//! The scenarios that everybody knows by name.

/// A scenario that ships with the program.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// The text of its TOML file.
    pub text: &'static str,
}

macro_rules! entries {
    ($($name:literal),* $(,)?) => {
        &[$(Entry { name: $name, text: include_str!(concat!("../catalogue/", $name, ".toml")) }),*]
    };
}

/// The catalogue, in the order in which `list` shows it.
pub const ENTRIES: &[Entry] = entries![
    "q99304",
    "q99304-startup",
    "q99304-hang",
    "q99304-bad-write",
    "q99304-bad-write-se",
    "q99304-bad-write-se30",
    "q99304-starvation",
    "q99304-deferred",
    "separate-macs",
    "three-macs",
    "mail-only",
    "mail-load",
    "backup-only",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn every_entry_is_valid_and_survives_being_shown() {
        for entry in ENTRIES {
            let scenario = Scenario::find(entry.name).unwrap();
            assert!(!scenario.about.is_empty());
            let shown = scenario.to_toml();
            let again = Scenario::from_toml("again", &shown, "shown").unwrap();
            assert_eq!(again.to_toml(), shown);
        }
    }
}

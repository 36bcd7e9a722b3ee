use super::schema::FIGURES;
use scsi::profile;
pub use scsi::profile::{Figure, Origin, ProfileError, Value};
use serde::{Deserialize, Serialize};
use std::ops::{Deref, DerefMut};

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

/// A kind of drive, as data: every figure with its unit and its origin. Keys begin with `tape.`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile(profile::Profile);

impl Deref for Profile {
    type Target = profile::Profile;

    fn deref(&self) -> &profile::Profile {
        &self.0
    }
}

impl DerefMut for Profile {
    fn deref_mut(&mut self) -> &mut profile::Profile {
        &mut self.0
    }
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
        let profile = Profile(profile::Profile::parse(text, "tape", FIGURES)?);
        profile.figures()?;
        profile.abilities()?;
        Ok(profile)
    }

    /// True for a drive with block addresses ([`crate::BlockDrive`]), false for one with records in their order ([`crate::Drive`]).
    pub fn is_direct(&self) -> bool {
        self.get("tape.class")
            .is_some_and(|figure| figure.value == Value::Text("direct".to_owned()))
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

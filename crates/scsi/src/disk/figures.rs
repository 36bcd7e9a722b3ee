use super::descriptor::FORMATS;
use super::mode::PAGES;
use crate::profile::{Profile, ProfileError, Spec};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The profiles that come with the crate: name and text.
const BUILT_IN: [(&str, &str); 3] = [
    ("st225n", include_str!("../../profiles/st225n.toml")),
    (
        "prodrive-40s",
        include_str!("../../profiles/prodrive-40s.toml"),
    ),
    (
        "scsi-2-disk",
        include_str!("../../profiles/scsi-2-disk.toml"),
    ),
];

/// What a disk profile has to say.
#[rustfmt::skip]
const SCHEMA: &[Spec] = &[
    Spec::other("vendor", "INQUIRY vendor identification"),
    Spec::other("product", "INQUIRY product identification"),
    Spec::other("revision", "INQUIRY product revision"),
    Spec::number("ansi-version", "", 1, 2, "INQUIRY ANSI version; also the form of mode pages 1, 2 and 4"),

    Spec::number("cylinders", "", 1, 10_000, "cylinders"),
    Spec::number("heads", "", 1, 32, "heads"),
    Spec::number("sectors", "", 1, 200, "sectors on a track"),
    Spec::number("interleave", "", 1, 16, "how many sectors further on the next logical block lies"),
    Spec::number("rpm", "1/min", 600, 20_000, "revolutions a minute"),
    Spec::number("seek-track", "us", 1, 1_000_000, "seek to the next cylinder"),
    Spec::number("seek-average", "us", 1, 1_000_000, "seek over a third of the cylinders"),
    Spec::number("seek-full", "us", 1, 2_000_000, "seek over all cylinders"),
    Spec::number("head-switch", "us", 0, 100_000, "change to another head"),
    Spec::number("spin-up", "ms", 0, 120_000, "from START UNIT until ready; at power-on the disk turns already: it was switched on before"),

    Spec::number("overhead", "us", 0, 100_000, "from the last command byte until the drive acts"),
    Spec::number("overhead-jitter", "us", 0, 100_000, "the part of it that varies, in addition"),
    Spec::number("buffer-blocks", "blocks", 1, 1024, "whole blocks its buffer holds"),
    Spec::number("interface", "bytes/s", 700_000, 5_000_000, "asynchronous transfer rate of the bus interface"),
    Spec::number("disconnect", "us", 1, 10_000_000, "a wait at least this long is offered as a disconnection, to initiators that allow it"),
    Spec::number("self-test", "ms", 0, 600_000, "length of the self-test of SEND DIAGNOSTIC"),

    Spec::number("spares", "blocks", 0, 100_000, "sectors behind the last block that stand in for defective ones"),
    Spec::number("primary-defects", "blocks", 0, 1000, "sectors found defective at the factory, at places drawn from the seed; no more than spares"),
    Spec::number("read-retries", "times", 0, 255, "revolutions in which a block that cannot be read is tried again"),

    Spec::other("commands", "commands beside those that SCSI-2 makes mandatory; others are refused as unknown"),
    Spec::other("mode-pages", "pages of MODE SENSE and MODE SELECT"),
    Spec::other("features", "options of commands and pages"),
];

/// Something that SCSI-2 leaves to the drive, other than commands and pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Feature {
    /// RESERVE and RELEASE for a third party (9.2.12.3).
    ThirdParty,
    /// INQUIRY gives vital product data (8.3.4).
    VitalProductData,
    /// MODE SELECT changes what the pages say that can be changed; without, nothing on them can.
    ChangeablePages,
    /// Mode pages are saved (SP and PS).
    SavedPages,
}

const FEATURES: [(&str, Feature); 4] = [
    ("third-party", Feature::ThirdParty),
    ("vital-product-data", Feature::VitalProductData),
    ("changeable-pages", Feature::ChangeablePages),
    ("saved-pages", Feature::SavedPages),
];

/// A kind of disk drive, as data: every figure with its unit and its origin. Keys begin with `disk.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskProfile {
    data: Profile,
    pub(super) figures: Figures,
}

impl DiskProfile {
    /// The Seagate ST225N.
    pub fn st225n() -> DiskProfile {
        DiskProfile::named("st225n").expect("the built-in profile is tested")
    }

    /// The Quantum ProDrive 40S.
    pub fn prodrive_40s() -> DiskProfile {
        DiskProfile::named("prodrive-40s").expect("the built-in profile is tested")
    }

    /// The built-in profile with this name.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`] lists the names that exist.
    pub fn named(name: &str) -> Result<DiskProfile, ProfileError> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => DiskProfile::parse(text),
            None => Err(ProfileError::Unknown {
                name: name.to_owned(),
                known: BUILT_IN.map(|(name, _)| name).join(", "),
            }),
        }
    }

    /// The names of the built-in profiles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Reads a profile from TOML, as the built-in ones are written: `name`, `title`, and a table `[disk]`.
    ///
    /// # Errors
    /// When it is no TOML, lacks a figure, or a value cannot be.
    pub fn parse(text: &str) -> Result<DiskProfile, ProfileError> {
        DiskProfile::checked(Profile::parse(text, "disk", SCHEMA)?)
    }

    /// Name, title and figures, each with its origin.
    pub fn data(&self) -> &Profile {
        &self.data
    }

    /// Sets the figure `key` (such as `disk.rpm`). On an error nothing changes.
    ///
    /// # Errors
    /// When there is no such figure, or it cannot have this value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ProfileError> {
        let mut data = self.data.clone();
        data.set(key, value)?;
        *self = DiskProfile::checked(data)?;
        Ok(())
    }

    fn checked(data: Profile) -> Result<DiskProfile, ProfileError> {
        let figures = Figures::new(&data)?;
        Ok(DiskProfile { data, figures })
    }
}

/// A profile's figures, checked, as the drive uses them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Figures {
    pub vendor: [u8; 8],
    pub product: [u8; 16],
    pub revision: [u8; 4],
    pub ansi_version: u8,
    pub cylinders: u32,
    pub heads: u32,
    pub sectors: u32,
    pub interleave: u32,
    pub rpm: u32,
    seek_track_us: u64,
    seek_average_us: u64,
    seek_full_us: u64,
    pub head_switch: Ticks,
    pub spin_up: Ticks,
    pub overhead: Ticks,
    pub overhead_jitter: Ticks,
    pub buffer_blocks: u32,
    pub byte_period: Ticks,
    pub disconnect: Ticks,
    pub self_test: Ticks,
    pub spares: u32,
    pub primary_defects: u32,
    pub read_retries: u8,
    commands: BTreeSet<u8>,
    /// In the order in which MODE SENSE gives them.
    pub mode_pages: BTreeSet<u8>,
    features: BTreeSet<Feature>,
}

impl Figures {
    fn new(data: &Profile) -> Result<Figures, ProfileError> {
        // The ranges fit into 32 bits.
        let small = |name| data.number(name).map(|number| number as u32);
        let micros = |name| data.number(name).map(Ticks::from_micros);
        let commands: Vec<(&str, u8)> = FORMATS
            .iter()
            .filter(|format| !format.name.is_empty())
            .map(|format| (format.name, format.operation))
            .collect();
        let figures = Figures {
            vendor: data.text("vendor")?,
            product: data.text("product")?,
            revision: data.text("revision")?,
            ansi_version: data.number("ansi-version")? as u8,
            cylinders: small("cylinders")?,
            heads: small("heads")?,
            sectors: small("sectors")?,
            interleave: small("interleave")?,
            rpm: small("rpm")?,
            seek_track_us: data.number("seek-track")?,
            seek_average_us: data.number("seek-average")?,
            seek_full_us: data.number("seek-full")?,
            head_switch: micros("head-switch")?,
            spin_up: Ticks::from_millis(data.number("spin-up")?),
            overhead: micros("overhead")?,
            overhead_jitter: micros("overhead-jitter")?,
            buffer_blocks: small("buffer-blocks")?,
            byte_period: Ticks::at_rate(1, data.number("interface")?),
            disconnect: micros("disconnect")?,
            self_test: Ticks::from_millis(data.number("self-test")?),
            spares: small("spares")?,
            primary_defects: small("primary-defects")?,
            read_retries: data.number("read-retries")? as u8,
            commands: data.named_list("commands", &commands)?,
            mode_pages: data.named_list("mode-pages", &PAGES)?,
            features: data.named_list("features", &FEATURES)?,
        };
        let refuse = |name: &str, expected: String| {
            let (key, value) = data.entry(name);
            Err(ProfileError::Value {
                key,
                value: value.to_string(),
                expected,
            })
        };
        let divides =
            |n: &u32| figures.sectors.is_multiple_of(*n) && figures.interleave.is_multiple_of(*n);
        if (2..=figures.interleave).any(|n| divides(&n)) {
            let expected = format!(
                "without a divisor in common with {} sectors",
                figures.sectors
            );
            return refuse("interleave", expected);
        }
        if figures.primary_defects > figures.spares {
            return refuse(
                "primary-defects",
                format!("no more than {} spares", figures.spares),
            );
        }
        Ok(figures)
    }

    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// True for a command the drive has.
    pub fn executes(&self, operation: u8) -> bool {
        super::descriptor::find(operation)
            .is_some_and(|format| format.name.is_empty() || self.commands.contains(&operation))
    }

    /// Sectors of a cylinder.
    pub fn cylinder(&self) -> u32 {
        self.heads * self.sectors
    }

    /// Time of one revolution.
    pub fn revolution(&self) -> Ticks {
        Ticks::at_rate(60, u64::from(self.rpm))
    }

    /// Time for the arm to go `distance` cylinders: like the square root of the distance up to the average seek,
    /// where acceleration dominates, and linear beyond. The shape is an inference; it meets the three published
    /// points.
    pub fn seek(&self, distance: u32) -> Ticks {
        let (track, average, full) = (self.seek_track_us, self.seek_average_us, self.seek_full_us);
        let distance = u64::from(distance);
        let third = u64::from(self.cylinders / 3).max(2);
        let last = u64::from(self.cylinders.saturating_sub(1)).max(third + 1);
        let us = match distance {
            0 => 0,
            d if d <= third => {
                // Square roots in 1/1024 of a cylinder, so that short seeks keep their differences.
                let root = ((d - 1) << 20).isqrt();
                track + average.saturating_sub(track) * root / ((third - 1) << 20).isqrt()
            }
            d => average + full.saturating_sub(average) * (d - third) / (last - third),
        };
        Ticks::from_micros(us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_whole_and_says_where_its_figures_come_from() {
        for name in DiskProfile::names() {
            let profile = DiskProfile::named(name).unwrap();
            assert_eq!(profile.data().name, name);
            assert_eq!(profile.data().iter().count(), SCHEMA.len());
        }
    }

    #[test]
    fn wrong_figures_are_refused_with_what_would_be_right() {
        let mut profile = DiskProfile::st225n();
        let before = profile.clone();
        for (key, value, message) in [
            (
                "disk.rpm",
                "fast",
                "disk.rpm = fast: must be a whole number",
            ),
            ("disk.rpm", "10", "disk.rpm = 10: must be 600 to 20000"),
            ("disk.interleave", "17", "must be 1 to 16"),
            (
                "disk.sectors",
                "27",
                "disk.interleave = 3: must be without a divisor in common with 27 sectors",
            ),
            (
                "disk.primary-defects",
                "65",
                "must be no more than 64 spares",
            ),
            (
                "disk.commands",
                "fly",
                "disk.commands = fly: must be rezero-unit, ",
            ),
            (
                "disk.colour",
                "1",
                "disk.colour: no such figure; there are: disk.ansi-version, ",
            ),
        ] {
            let error = profile.set(key, value).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert_eq!(profile, before);
        profile.set("disk.rpm", "5400").unwrap();
        assert_eq!(profile.figures.rpm, 5400);
        assert!(DiskProfile::parse("name = \"x\"\ntitle = \"x\"\n[disk]\n").is_err());
        let error = DiskProfile::named("st506").unwrap_err().to_string();
        assert!(
            error.ends_with("st225n, prodrive-40s, scsi-2-disk"),
            "{error}"
        );
        assert_eq!(
            profile.data().get("disk.rpm").unwrap().value.to_string(),
            "5400"
        );
    }
}

use super::DiskProfile;

/// A number of a disk's profile, with its key, unit and source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskFigure {
    /// Its key.
    pub key: &'static str,
    /// Its value.
    pub value: u64,
    /// Smallest and largest value that makes sense.
    pub range: (u64, u64),
    /// Unit, or an empty text.
    pub unit: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Where it was published; `None` when it is assumed.
    pub source: Option<&'static str>,
}

const ST225: &str = "Seagate ST-225 family (redhill.net.au, os2museum.com)";
const PRODRIVE: &str = "ProDrive 40S/80S product manual";
const PRODRIVE_READ_OUT: &str = "82332 blocks of a drive read out (quorten.github.io)";

/// Key, range, unit, meaning, source for the ST225N and for the ProDrive 40S.
type Row = (
    &'static str,
    (u64, u64),
    &'static str,
    &'static str,
    [Option<&'static str>; 2],
);

const ROWS: [Row; 14] = [
    (
        "cylinders",
        (1, 10_000),
        "",
        "cylinders",
        [Some(ST225), Some(PRODRIVE)],
    ),
    ("heads", (1, 32), "", "heads", [Some(ST225), Some(PRODRIVE)]),
    (
        "sectors",
        (1, 200),
        "",
        "sectors on a track",
        [Some(ST225), Some(PRODRIVE_READ_OUT)],
    ),
    (
        "interleave",
        (1, 16),
        "",
        "how many sectors further on the next logical block lies",
        [None, None],
    ),
    (
        "rpm",
        (600, 20_000),
        "1/min",
        "revolutions a minute",
        [Some(ST225), None],
    ),
    (
        "seek-track",
        (1, 1_000_000),
        "us",
        "seek to the next cylinder",
        [None, None],
    ),
    (
        "seek-average",
        (1, 1_000_000),
        "us",
        "seek over a third of the cylinders",
        [Some(ST225), None],
    ),
    (
        "seek-full",
        (1, 2_000_000),
        "us",
        "seek over all cylinders",
        [None, None],
    ),
    (
        "head-switch",
        (0, 100_000),
        "us",
        "change to another head",
        [None, None],
    ),
    (
        "overhead",
        (0, 100_000),
        "us",
        "from the last command byte until the drive acts",
        [None, None],
    ),
    (
        "overhead-jitter",
        (0, 100_000),
        "us",
        "the part of it that varies, in addition",
        [None, None],
    ),
    (
        "buffer-blocks",
        (1, 1024),
        "blocks",
        "whole blocks its buffer holds",
        [None, None],
    ),
    (
        "interface",
        (700_000, 5_000_000),
        "bytes/s",
        "asynchronous transfer rate of the bus interface",
        [None, Some(PRODRIVE)],
    ),
    (
        "spin-up",
        (0, 120_000),
        "ms",
        "from START UNIT until ready",
        [None, None],
    ),
];

impl DiskProfile {
    /// The numbers of this profile in a fixed order. Sources are those of the model with this product name; of a model that is not
    /// known here everything is assumed.
    pub fn figures(&self) -> Vec<DiskFigure> {
        let model = match self.product.as_str() {
            "ST225N" => Some(0),
            "CTS40S" => Some(1),
            _ => None,
        };
        let figure = |&(key, range, unit, about, sources): &Row| DiskFigure {
            key,
            value: self.get(key),
            range,
            unit,
            about,
            source: model.and_then(|model: usize| sources[model]),
        };
        ROWS.iter().map(figure).collect()
    }

    fn get(&self, key: &str) -> u64 {
        match key {
            "cylinders" => self.cylinders.into(),
            "heads" => self.heads.into(),
            "sectors" => self.sectors.into(),
            "interleave" => self.interleave.into(),
            "rpm" => self.rpm.into(),
            "seek-track" => self.seek_track_us,
            "seek-average" => self.seek_average_us,
            "seek-full" => self.seek_full_us,
            "head-switch" => self.head_switch_us,
            "overhead" => self.overhead_us,
            "overhead-jitter" => self.overhead_jitter_us,
            "buffer-blocks" => self.buffer_blocks.into(),
            "interface" => self.bytes_per_second,
            _ => self.spin_up_ms,
        }
    }

    /// Sets the number `key`.
    ///
    /// # Errors
    /// When there is no such number, or the value is out of its range: what would be right.
    pub fn set(&mut self, key: &str, value: u64) -> Result<(), String> {
        let row = ROWS
            .iter()
            .find(|row| row.0 == key)
            .ok_or_else(|| format!("a disk has no figure `{key}`"))?;
        let (low, high) = row.1;
        if !(low..=high).contains(&value) {
            return Err(format!("a whole number from {low} to {high}"));
        }
        // The ranges fit into 32 bits.
        let small = value as u32;
        match key {
            "cylinders" => self.cylinders = small,
            "heads" => self.heads = small,
            "sectors" => self.sectors = small,
            "interleave" => self.interleave = small,
            "rpm" => self.rpm = small,
            "seek-track" => self.seek_track_us = value,
            "seek-average" => self.seek_average_us = value,
            "seek-full" => self.seek_full_us = value,
            "head-switch" => self.head_switch_us = value,
            "overhead" => self.overhead_us = value,
            "overhead-jitter" => self.overhead_jitter_us = value,
            "buffer-blocks" => self.buffer_blocks = small,
            "interface" => self.bytes_per_second = value,
            _ => self.spin_up_ms = value,
        }
        let divisor = (1..=self.sectors.min(self.interleave))
            .rev()
            .find(|&n| self.sectors.is_multiple_of(n) && self.interleave.is_multiple_of(n));
        if divisor != Some(1) {
            return Err(format!(
                "an interleave of {} and {} sectors have a common divisor",
                self.interleave, self.sectors
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_can_be_read_and_set() {
        for mut profile in [DiskProfile::st225n(), DiskProfile::prodrive_40s()] {
            for figure in profile.figures() {
                assert!(
                    (figure.range.0..=figure.range.1).contains(&figure.value),
                    "{}",
                    figure.key
                );
                if !matches!(figure.key, "sectors" | "interleave") {
                    profile.set(figure.key, figure.range.1).unwrap();
                    assert_eq!(profile.get(figure.key), figure.range.1);
                }
                assert!(profile.set(figure.key, figure.range.1 + 1).is_err());
            }
            assert!(profile.set("colour", 1).is_err());
        }
        let mut profile = DiskProfile::st225n();
        assert!(profile.set("interleave", 17).is_err(), "17 sectors");
    }
}

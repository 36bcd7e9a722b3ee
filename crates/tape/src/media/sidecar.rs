//! What a SIMH image cannot hold of a cartridge, in a small TOML file beside it: `tape.tap` has `tape.tap.toml`.
//!
//! ```toml
//! write-protected = true      # the plug is set to SAFE
//! setmarks = [3, 9]           # numbers of the tape marks that are setmarks; records and marks are counted alike, from 0
//! defects = [[7, 7], [100, 119]]   # frames of 512 bytes, first and last, on which nothing that is written can be read back
//! ```
//! Everything has a default; an image without this file is a sound cartridge, not write protected, with filemarks only.

use super::medium::Medium;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Frames that can be defective: 8 GB of tape.
const MOST: u64 = 1 << 24;

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sidecar {
    /// The cartridge's plug is set to SAFE.
    pub write_protected: bool,
    /// Block numbers of the tape marks that are setmarks.
    pub setmarks: Vec<u64>,
    /// Ranges of defective frames, first and last.
    pub defects: Vec<[u64; 2]>,
}

impl Sidecar {
    /// Where the file of the image at `image` is.
    pub fn path(image: &Path) -> PathBuf {
        let mut name = OsString::from(image);
        name.push(".toml");
        name.into()
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Sidecar, String> {
        let sidecar: Sidecar = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut frames = 0;
        for &[first, last] in &sidecar.defects {
            if first > last {
                return Err(format!(
                    "defects from frame {first} to {last}: write the lower number first"
                ));
            }
            frames += (last - first).saturating_add(1).min(MOST + 1);
            if frames > MOST {
                return Err(format!(
                    "defects from frame {first} to {last}: there can be {MOST} defective frames"
                ));
            }
        }
        Ok(sidecar)
    }

    /// What the file of a medium says.
    pub fn of(medium: &Medium) -> Sidecar {
        let mut defects: Vec<[u64; 2]> = Vec::new();
        for &frame in medium.defects() {
            match defects.last_mut() {
                Some([_, last]) if *last + 1 == frame => *last = frame,
                _ => defects.push([frame, frame]),
            }
        }
        Sidecar {
            write_protected: medium.write_protected(),
            setmarks: (0..medium.len())
                .filter(|&number| medium.is_setmark(number))
                .collect(),
            defects,
        }
    }

    /// Gives a medium read from the image what the file says.
    ///
    /// # Errors
    /// When a setmark is to be where the image has no tape mark.
    pub fn apply(&self, medium: &mut Medium) -> Result<(), String> {
        medium.set_write_protected(self.write_protected);
        for &[first, last] in &self.defects {
            (first..=last).for_each(|frame| medium.set_defect(frame, true));
        }
        for &number in &self.setmarks {
            if !medium.set_setmark(number) {
                return Err(format!(
                    "setmarks: block {number} is not a tape mark; remove it from the list"
                ));
            }
        }
        Ok(())
    }

    /// True when an image needs no file.
    pub fn is_default(&self) -> bool {
        *self == Sidecar::default()
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        let setmarks = self.setmarks.iter().map(u64::to_string).collect();
        let defects = self.defects.iter();
        let defects = defects
            .map(|[first, last]| format!("[{first}, {last}]"))
            .collect();
        format!(
            "# What the tape image beside it cannot hold.\nwrite-protected = {}\nsetmarks = {}\ndefects = {}\n",
            self.write_protected,
            list(setmarks),
            list(defects)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_gets_back_what_the_image_cannot_hold() {
        let mut medium = Medium::new();
        medium.push_record(b"x", false);
        medium.push_mark();
        medium.push_setmark();
        medium.set_write_protected(true);
        [3, 4, 5, 9]
            .iter()
            .for_each(|&frame| medium.set_defect(frame, true));
        let sidecar = Sidecar::of(&medium);
        assert_eq!(sidecar.defects, [[3, 5], [9, 9]]);
        let read = Sidecar::parse(&sidecar.text()).unwrap();
        assert_eq!(read, sidecar);
        let mut plain = Medium::new();
        plain.push_record(b"x", false);
        plain.push_mark();
        plain.push_mark();
        read.apply(&mut plain).unwrap();
        assert_eq!(plain, medium);
        assert!(Sidecar::of(&Medium::new()).is_default());
        assert!(Sidecar::parse("").unwrap().is_default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("defects = [[5, 3]]", "frame 5 to 3"),
            (
                "defects = [[0, 18446744073709551615]]",
                "16777216 defective",
            ),
            ("defects = [[0, 9223372036854775807]]", "16777216 defective"),
            ("write-protected = 1", "line 1"),
            ("colour = 'red'", "unknown field `colour`"),
        ] {
            let error = Sidecar::parse(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let setmarks = Sidecar::parse("setmarks = [7]").unwrap();
        let error = setmarks.apply(&mut Medium::new()).unwrap_err();
        assert!(error.contains("block 7 is not a tape mark"), "{error}");
    }
}

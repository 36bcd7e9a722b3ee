use super::descriptor;
use super::profile::{Profile, ProfileError, Value};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that SCSI-2 leaves to the drive, other than commands and pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Feature {
    /// Setmarks can be written, read and searched for (SCSI-2, 10.1.2).
    Setmarks,
    /// SPACE searches for consecutive marks.
    ConsecutiveMarks,
    /// A write may begin at any block; it replaces all that follows.
    WriteAnywhere,
    /// A write that meets the early warning takes all its data; without, it stops there.
    WarningAfterWrite,
    /// RESERVE and RELEASE for a third party (10.2.9, 10.2.10).
    ThirdParty,
    /// VERIFY compares with data of the host (10.2.13, BytCmp).
    ByteCompare,
    /// LOAD UNLOAD can leave the tape at its end (10.2.2, EOT).
    UnloadAtEnd,
    /// Unloading ejects the cartridge, which PREVENT ALLOW MEDIUM REMOVAL forbids.
    Ejects,
    /// LOCATE and READ POSITION know the places of blocks on tape (BT).
    DeviceAddresses,
    /// INQUIRY gives vital product data (8.3.4).
    VitalProductData,
    /// MODE SELECT changes what the pages say that can be changed; without, nothing on them can.
    ChangeablePages,
    /// Mode pages are saved (SP and PS).
    SavedPages,
}

impl Feature {
    /// Every feature with the name it has in a profile.
    const ALL: [(&'static str, Feature); 12] = [
        ("setmarks", Feature::Setmarks),
        ("consecutive-marks", Feature::ConsecutiveMarks),
        ("write-anywhere", Feature::WriteAnywhere),
        ("warning-after-write", Feature::WarningAfterWrite),
        ("third-party", Feature::ThirdParty),
        ("byte-compare", Feature::ByteCompare),
        ("unload-at-end", Feature::UnloadAtEnd),
        ("ejects", Feature::Ejects),
        ("device-addresses", Feature::DeviceAddresses),
        ("vital-product-data", Feature::VitalProductData),
        ("changeable-pages", Feature::ChangeablePages),
        ("saved-pages", Feature::SavedPages),
    ];
}

/// Mode pages a profile may name (SCSI-2, tables 90 and 218).
const MODE_PAGES: [(&str, u8); 6] = [
    ("01", 0x01),
    ("02", 0x02),
    ("0A", 0x0A),
    ("0F", 0x0F),
    ("10", 0x10),
    ("11", 0x11),
];

/// Log pages a profile may name (SCSI-2, tables 79 and 214).
const LOG_PAGES: [(&str, u8); 4] = [("01", 0x01), ("02", 0x02), ("03", 0x03), ("06", 0x06)];

/// What of SCSI-2's optional parts a drive has: `tape.commands`, `tape.mode-pages`, `tape.log-pages` and `tape.features` of its profile.
/// A list that a profile lacks is empty: the drive has the mandatory commands and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Abilities {
    commands: BTreeSet<u8>,
    features: BTreeSet<Feature>,
    /// In the order in which MODE SENSE gives them.
    pub mode_pages: BTreeSet<u8>,
    pub log_pages: BTreeSet<u8>,
    /// A wait at least this long is worth giving the bus up for, if the initiator allows it.
    pub disconnect: Ticks,
}

impl Abilities {
    /// True for a feature the drive has.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// True for a command the drive has.
    pub fn executes(&self, operation: u8) -> bool {
        descriptor::format(operation)
            .is_some_and(|format| format.mandatory || self.commands.contains(&operation))
    }
}

impl Profile {
    /// What the drive has, checked.
    ///
    /// # Errors
    /// When a list names something that does not exist.
    pub(super) fn abilities(&self) -> Result<Abilities, ProfileError> {
        let commands: Vec<(&str, u8)> = descriptor::FORMATS
            .iter()
            .filter(|format| !format.mandatory)
            .map(|format| (format.name, format.operation))
            .collect();
        Ok(Abilities {
            commands: self.named_list("commands", &commands)?,
            features: self.named_list("features", &Feature::ALL)?,
            mode_pages: self.named_list("mode-pages", &MODE_PAGES)?,
            log_pages: self.named_list("log-pages", &LOG_PAGES)?,
            disconnect: match self.get("tape.disconnect").map(|figure| &figure.value) {
                Some(&Value::Number(millis)) => Ticks::from_millis(millis),
                _ => Ticks::NEVER,
            },
        })
    }
}

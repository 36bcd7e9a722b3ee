//! The volume a Macintosh of a world starts from: the user's files, and the programs and settings of the scenario.

use crate::host::{self, HostError};
use crate::parameters::{PREFERENCES, Parameters};
use crate::scenario::Machine;
use guest::hfs::{self, Dates, File, FinderInfo, Folder, HfsError};
use guest::{MacName, programs, resources};
use std::path::Path;
use thiserror::Error;

/// Why no volume could be made.
#[derive(Debug, Error)]
pub enum VolumeError {
    /// The user's files.
    #[error("disk.files: {0}")]
    Files(#[from] HostError),
    /// They do not fit.
    #[error("disk.size: {0}")]
    Volume(#[from] HfsError),
}

/// `MultiFinder` flags of our applications (*Inside Macintosh VI*, `SIZE`): accept suspend and resume events, can run in the
/// background, activate when brought to the front, 32-bit clean.
const SIZE_FLAGS: u16 = 0x5880;
/// Bytes an application gets at least; where there is more memory, a quarter of it.
const PARTITION: u32 = 400 << 10;

/// Builds the image of `machine`'s volume.
///
/// # Errors
/// When the user's files cannot be read or do not fit.
pub fn build(machine: &Machine, parameters: &Parameters) -> Result<Vec<u8>, VolumeError> {
    let date = parameters.number("mac.date") as u32;
    let dates = Dates {
        created: date,
        modified: date,
        backed_up: 0,
    };
    let mut root = Folder::new(name("Macintosh HD"), dates);
    match parameters.text("disk.files") {
        "" => crate::documents::fill(&mut root, date),
        folder => host::import(Path::new(folder), &mut root)?,
    }
    let system = name("System Folder");
    let mut put =
        |folder: &str, file: File| root.folder_at(&[system.clone(), name(folder)]).put(file);
    let program = |title: &str, kind: &[u8; 4], creator: &[u8; 4], resource: Vec<u8>| File {
        name: name(title),
        data: Vec::new(),
        resource,
        finder: FinderInfo::of(*kind, *creator),
        dates,
    };
    let partition = PARTITION.max((parameters.number("mac.ram") as u32) << 8);
    let application = |code: &[u8]| resources::application(code, SIZE_FLAGS, partition).to_bytes();
    let document = |code: &[u8]| resources::start_up_document(code).to_bytes();
    if machine.has("mail-server") {
        if parameters.text("server.form") == "application" {
            put(
                "Startup Items",
                program(
                    "Mail Server",
                    b"APPL",
                    b"Mail",
                    application(programs::MAIL_SERVER.image),
                ),
            );
        } else {
            put(
                "Extensions",
                program(
                    "Mail Server",
                    b"INIT",
                    b"Mail",
                    document(programs::MAIL_SERVER_INIT.image),
                ),
            );
        }
    }
    if machine.has("backup-extension") {
        put(
            "Extensions",
            program(
                "Tape Backup Startup",
                b"INIT",
                b"Bkup",
                document(programs::BACKUP_INIT.image),
            ),
        );
    }
    if machine.has("backup") {
        put(
            "Startup Items",
            program(
                "Tape Backup",
                b"APPL",
                b"Bkup",
                application(programs::BACKUP.image),
            ),
        );
    }
    for (prefix, title) in PREFERENCES {
        let mut text = parameters.preferences(prefix);
        // A start-up document finds the drive and leaves its ID; without one the program is told.
        if *prefix == "backup." && !machine.has("backup-extension") {
            text += &format!("tape-id {}\r", parameters.number("tape.id"));
        }
        let mut file = program(title, b"TEXT", b"ttxt", Vec::new());
        file.data = text.into_bytes();
        put("Preferences", file);
    }
    Ok(hfs::build(
        &root,
        (parameters.number("disk.size") as usize) << 20,
    )?)
}

fn name(text: &str) -> MacName {
    MacName::from_text(text).expect("names of the system are valid")
}

//! The volume a Macintosh of a world starts from: the user's files, and the programs and settings of the scenario.

use crate::host::{self, HostError};
use crate::parameters::{PREFERENCES, Parameters};
use crate::scenario::Machine;
use guest::hfs::{self, Dates, File, FinderInfo, Folder, HfsError};
use guest::programs::{
    ATALK, BACKUP, BACKUP_INIT, MAIL_CLIENT, MAIL_SERVER, MAIL_SERVER_INIT, Program, REPORT,
};
use guest::{MacName, resources};
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
    let application = |title, creator, built: &Program| {
        let fork = resources::application(built.image, SIZE_FLAGS, partition);
        program(title, b"APPL", creator, fork.to_bytes())
    };
    let document = |title, creator, built: &Program| {
        let fork = resources::start_up_document(built.image);
        program(title, b"INIT", creator, fork.to_bytes())
    };
    if machine.has("mail-server") {
        match parameters.text("server.form") {
            "application" => put(
                "Startup Items",
                application("Mail Server", b"Mail", &MAIL_SERVER),
            ),
            _ => put(
                "Extensions",
                document("Mail Server", b"Mail", &MAIL_SERVER_INIT),
            ),
        }
    }
    if machine.has("backup-extension") {
        put(
            "Extensions",
            document("Tape Backup Startup", b"Bkup", &BACKUP_INIT),
        );
    }
    if machine.has("backup") {
        put(
            "Startup Items",
            application("Tape Backup", b"Bkup", &BACKUP),
        );
    }
    if machine.has("mail-client") {
        put(
            "Startup Items",
            application("Mail Client", b"MClt", &MAIL_CLIENT),
        );
    }
    if machine.has("atalk") {
        put("Startup Items", application("Atalk", b"ATlk", &ATALK));
    }
    if machine.has("report") {
        put(
            "Startup Items",
            application("Machine Report", b"Rprt", &REPORT),
        );
    }
    for (prefix, title) in PREFERENCES {
        if *prefix == "client." && !machine.has("mail-client") {
            continue;
        }
        let mut text = parameters.preferences(prefix);
        if *prefix == "client." && parameters.text("client.user").is_empty() {
            text += &format!("user {}\r", machine.name);
        }
        // A start-up document finds the drive and leaves its ID; without one the program is told.
        if *prefix == "backup." && !machine.has("backup-extension") {
            text += &format!("tape-id {}\r", parameters.number("tape.id"));
        }
        let mut file = program(title, b"TEXT", b"ttxt", Vec::new());
        file.data = text.into_bytes();
        put("Preferences", file);
    }
    let commands = parameters.text("atalk.commands");
    if machine.has("atalk") && !commands.is_empty() {
        let mut file = program("Atalk Commands", b"TEXT", b"ttxt", Vec::new());
        file.data = commands.replace(';', "\r").into_bytes();
        root.put(file);
    }
    Ok(hfs::build(
        &root,
        (parameters.number("disk.size") as usize) << 20,
    )?)
}

fn name(text: &str) -> MacName {
    MacName::from_text(text).expect("names of the system are valid")
}

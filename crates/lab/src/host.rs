//! Between folders of the host and trees of HFS files.
//!
//! A resource fork and Finder information travel in an AppleDouble header file `._NAME` beside `NAME`. A slash in a Macintosh
//! name is a colon on the host and the other way round. Nothing is ever written outside the folder that the user named.

use guest::apple_double::Header;
use guest::hfs::{Dates, File, FinderInfo, Folder};
use guest::{MacName, NameError};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// Seconds from 1 January 1904 to 1 January 1970.
const EPOCH_1970: u64 = 2_082_844_800;

/// Why a file could not be taken from the host or given to it.
#[derive(Debug, Error)]
pub enum HostError {
    /// The host refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A name that HFS cannot hold.
    #[error("{}: {source}", path.display())]
    Name {
        /// The file or folder on the host.
        path: PathBuf,
        /// Why.
        source: NameError,
    },
    /// Neither a file nor a folder.
    #[error("{}: neither a file nor a folder; leave it out", .0.display())]
    Special(PathBuf),
    /// Something in the way of what would be written is not a plain folder.
    #[error("{}: exists and is not a plain folder; refusing to write through it", .0.display())]
    InTheWay(PathBuf),
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> HostError + '_ {
    |source| HostError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Reads everything below `dir` into `folder`. AppleDouble files give their forks to the files beside them.
///
/// # Errors
/// When something cannot be read, has a name that HFS cannot hold, or is neither a file nor a folder.
pub fn import(dir: &Path, folder: &mut Folder) -> Result<(), HostError> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(io_error(dir))?;
    entries.sort();
    for path in entries {
        let text = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let metadata = fs::symlink_metadata(&path).map_err(io_error(&path))?;
        let is_header = text
            .strip_prefix("._")
            .is_some_and(|rest| dir.join(rest).is_file());
        if metadata.is_file() && is_header {
            continue;
        }
        let name = mac_name(&text).map_err(|source| HostError::Name {
            path: path.clone(),
            source,
        })?;
        if metadata.is_dir() {
            let mut child = Folder::new(name, dates_of(&metadata));
            import(&path, &mut child)?;
            folder.folders.retain(|other| other.name != child.name);
            folder.folders.push(child);
        } else if metadata.is_file() {
            folder.put(import_file(&path, name, &metadata)?);
        } else {
            return Err(HostError::Special(path));
        }
    }
    Ok(())
}

/// Reads one file with its AppleDouble header, if there is one, under `name`.
///
/// # Errors
/// When it cannot be read.
pub fn read_file(path: &Path, name: MacName) -> Result<File, HostError> {
    let metadata = fs::metadata(path).map_err(io_error(path))?;
    if !metadata.is_file() {
        return Err(HostError::Special(path.to_owned()));
    }
    import_file(path, name, &metadata)
}

fn import_file(path: &Path, name: MacName, metadata: &fs::Metadata) -> Result<File, HostError> {
    let data = fs::read(path).map_err(io_error(path))?;
    let header = fs::read(header_path(path))
        .ok()
        .and_then(|bytes| Header::from_bytes(&bytes))
        .unwrap_or_default();
    let mut dates = dates_of(metadata);
    if let Some([created, _, backed_up]) = header.dates {
        dates = Dates {
            created,
            backed_up,
            ..dates
        };
    }
    Ok(File {
        name,
        data,
        resource: header.resource,
        finder: header.finder.unwrap_or_default(),
        dates,
    })
}

fn header_path(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from("._");
    name.push(path.file_name().unwrap_or_default());
    path.with_file_name(name)
}

fn dates_of(metadata: &fs::Metadata) -> Dates {
    let modified = metadata.modified().map_or(0, mac_date);
    Dates {
        created: metadata.created().map_or(modified, mac_date).min(modified),
        modified,
        backed_up: 0,
    }
}

/// The Macintosh date of a host time, as far as 32 bits reach (6 February 2040).
pub fn mac_date(time: SystemTime) -> u32 {
    let since_1970 = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u32::try_from(since_1970.as_secs() + EPOCH_1970).unwrap_or(u32::MAX)
}

fn host_time(date: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(date).saturating_sub(EPOCH_1970))
}

/// The Macintosh name of a file that is called `text` on the host.
///
/// # Errors
/// When HFS cannot hold it.
pub fn mac_name(text: &str) -> Result<MacName, NameError> {
    MacName::from_text(&text.replace(':', "/"))
}

/// The host's name for a Macintosh name: a single path component, whatever the name contains.
pub fn host_name(name: &MacName) -> String {
    let text: String = name
        .to_string()
        .chars()
        .map(|character| match character {
            '/' => ':',
            control if control.is_control() => '\u{FFFD}',
            other => other,
        })
        .collect();
    match text.as_str() {
        "." => "%2E".into(),
        ".." => "%2E%2E".into(),
        _ => text,
    }
}

/// Writes Macintosh files below one folder of the host, and nowhere else.
pub struct Target {
    root: PathBuf,
}

impl Target {
    /// Makes `root` if it is not there.
    ///
    /// # Errors
    /// When it cannot be made or is not a folder.
    pub fn new(root: &Path) -> Result<Target, HostError> {
        fs::create_dir_all(root).map_err(io_error(root))?;
        Ok(Target {
            root: root.to_owned(),
        })
    }

    /// The host folder for the Macintosh folder at `path`, made where it does not exist.
    ///
    /// # Errors
    /// When something that is not a plain folder (a symbolic link, say) is in the way.
    pub fn folder(&self, path: &[MacName]) -> Result<PathBuf, HostError> {
        let mut place = self.root.clone();
        for name in path {
            place.push(host_name(name));
            match fs::symlink_metadata(&place) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(HostError::InTheWay(place)),
                Err(_) => fs::create_dir(&place).map_err(io_error(&place))?,
            }
        }
        Ok(place)
    }

    /// Writes `file` into the folder at `path`: the data fork as a file of its own, and an AppleDouble header beside it when there is a resource
    /// fork or Finder information that a plain file would lose.
    ///
    /// # Errors
    /// When the host refuses.
    pub fn file(&self, path: &[MacName], file: &File) -> Result<PathBuf, HostError> {
        let place = self.folder(path)?.join(host_name(&file.name));
        if fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
            return Err(HostError::InTheWay(place));
        }
        if !file.resource.is_empty() || file.finder != FinderInfo::default() {
            let header = Header {
                resource: file.resource.clone(),
                finder: Some(file.finder),
                dates: Some([
                    file.dates.created,
                    file.dates.modified,
                    file.dates.backed_up,
                ]),
            };
            write_whole(
                &header_path(&place),
                &header.to_bytes(),
                file.dates.modified,
            )?;
        }
        write_whole(&place, &file.data, file.dates.modified)?;
        Ok(place)
    }
}

fn write_whole(path: &Path, bytes: &[u8], modified: u32) -> Result<(), HostError> {
    replace(path, bytes)?;
    let file = fs::File::options()
        .write(true)
        .open(path)
        .map_err(io_error(path))?;
    // A host that keeps no such date keeps the file all the same.
    let _ = file.set_modified(host_time(modified));
    Ok(())
}

/// Writes a file so that it appears whole or not at all: beside its place first, then renamed.
///
/// # Errors
/// When the host refuses; the old file, if any, is then untouched.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), HostError> {
    let mut beside = path.file_name().unwrap_or_default().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(beside);
    let done = fs::File::options()
        .write(true)
        .create_new(true)
        .open(&beside)
        .and_then(|mut file| {
            io::Write::write_all(&mut file, bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done.map_err(io_error(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &[u8]) -> File {
        File {
            name: MacName::from_bytes(name).unwrap(),
            data: b"data".to_vec(),
            resource: b"fork".to_vec(),
            finder: FinderInfo::of(*b"APPL", *b"test"),
            dates: Dates {
                created: 2_900_000_000,
                modified: 2_900_000_000,
                backed_up: 5,
            },
        }
    }

    #[test]
    fn a_tree_survives_the_way_to_the_host_and_back() {
        let dir = tempfile::tempdir().unwrap();
        let target = Target::new(&dir.path().join("out")).unwrap();
        let folder = MacName::from_text("a/b").unwrap();
        target
            .file(std::slice::from_ref(&folder), &file(b"r\x8Asum\x8E"))
            .unwrap();
        let mut plain = file(b"plain");
        (plain.resource, plain.finder, plain.dates.backed_up) =
            (Vec::new(), FinderInfo::default(), 0);
        target.file(&[], &plain).unwrap();
        assert!(!dir.path().join("out/._plain").exists());

        let mut root = Folder::new(MacName::from_text("root").unwrap(), Dates::default());
        import(&dir.path().join("out"), &mut root).unwrap();
        assert_eq!(root.files, [plain]);
        assert_eq!(root.folders[0].name, folder);
        assert_eq!(root.folders[0].files, [file(b"r\x8Asum\x8E")]);
    }

    #[test]
    fn hostile_names_stay_inside_the_target() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("in");
        let target = Target::new(&root).unwrap();
        for name in [&b".."[..], b".", b"../x", b"/etc", b"a\0b", b"x/../../y"] {
            let written = target
                .file(&[MacName::from_bytes(name).unwrap()], &file(name))
                .unwrap();
            let parent = written.parent().unwrap().canonicalize().unwrap();
            assert!(
                parent.starts_with(root.canonicalize().unwrap()),
                "{written:?}"
            );
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_in_the_target_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("in"), dir.path().join("outside"));
        fs::create_dir_all(&outside).unwrap();
        let target = Target::new(&root).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
        std::os::unix::fs::symlink(outside.join("victim"), root.join("file")).unwrap();
        let link = MacName::from_text("link").unwrap();
        assert!(matches!(
            target.file(&[link], &file(b"x")),
            Err(HostError::InTheWay(_))
        ));
        target.file(&[], &file(b"file")).unwrap();
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }

    #[test]
    fn names_too_long_for_hfs_are_refused_with_their_path() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x".repeat(40)), b"").unwrap();
        let mut root = Folder::new(MacName::from_text("root").unwrap(), Dates::default());
        let error = import(dir.path(), &mut root).unwrap_err().to_string();
        assert!(
            error.contains("40 characters") && error.contains("rename"),
            "{error}"
        );
    }
}

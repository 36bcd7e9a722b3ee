//! HFS volumes: building one from a tree, and reading one back (*Inside Macintosh: Files*, chapter 2, "Data Organization on
//! Volumes").

mod btree;
mod read;
mod write;

use crate::MacName;
use thiserror::Error;

pub use read::read;
pub use write::build;

/// Bytes in a logical block, and in a B*-tree node.
pub const BLOCK: usize = 512;

/// The 32 bytes the Finder keeps for a file (`FInfo` and `FXInfo`) or a folder (`DInfo` and `DXInfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinderInfo(pub [u8; 32]);

impl FinderInfo {
    /// That of a file with this type and creator.
    pub fn of(kind: [u8; 4], creator: [u8; 4]) -> FinderInfo {
        let mut info = [0; 32];
        info[..4].copy_from_slice(&kind);
        info[4..8].copy_from_slice(&creator);
        FinderInfo(info)
    }

    /// The file's type.
    pub fn kind(&self) -> [u8; 4] {
        [self.0[0], self.0[1], self.0[2], self.0[3]]
    }

    /// The file's creator.
    pub fn creator(&self) -> [u8; 4] {
        [self.0[4], self.0[5], self.0[6], self.0[7]]
    }
}

impl Default for FinderInfo {
    /// A file of unknown type, `????`.
    fn default() -> Self {
        FinderInfo::of(*b"????", *b"????")
    }
}

/// Creation, modification and backup date in seconds since the beginning of 1904.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// When it was created.
    pub created: u32,
    /// When it was last changed.
    pub modified: u32,
    /// When it was last backed up; 0 for never.
    pub backed_up: u32,
}

/// A file with both forks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: MacName,
    /// The data fork.
    pub data: Vec<u8>,
    /// The resource fork.
    pub resource: Vec<u8>,
    /// Type, creator and what else the Finder keeps.
    pub finder: FinderInfo,
    /// Its dates.
    pub dates: Dates,
}

/// A folder with everything in it. The root folder's name is the volume's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its name.
    pub name: MacName,
    /// Its place on the screen and what else the Finder keeps.
    pub finder: FinderInfo,
    /// Its dates.
    pub dates: Dates,
    /// The folders in it.
    pub folders: Vec<Folder>,
    /// The files in it.
    pub files: Vec<File>,
}

impl Folder {
    /// An empty folder.
    pub fn new(name: MacName, dates: Dates) -> Folder {
        Folder {
            name,
            finder: FinderInfo([0; 32]),
            dates,
            folders: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The folder at this path below this one, made where it does not exist yet.
    pub fn folder_at(&mut self, path: &[MacName]) -> &mut Folder {
        let Some((first, rest)) = path.split_first() else {
            return self;
        };
        let place = match self.folders.iter().position(|folder| folder.name == *first) {
            Some(place) => place,
            None => {
                self.folders.push(Folder::new(first.clone(), self.dates));
                self.folders.len() - 1
            }
        };
        self.folders[place].folder_at(rest)
    }

    /// Puts `file` into this folder, in place of one with the same name.
    pub fn put(&mut self, file: File) {
        self.files.retain(|other| other.name != file.name);
        self.files.push(file);
    }

    /// The file at `path`, names separated by colons and counted from this folder.
    pub fn file(&self, path: &str) -> Option<&File> {
        match path.split_once(':') {
            Some((first, rest)) => {
                let name = MacName::from_text(first).ok()?;
                self.folders
                    .iter()
                    .find(|folder| folder.name == name)?
                    .file(rest)
            }
            None => {
                let name = MacName::from_text(path).ok()?;
                self.files.iter().find(|file| file.name == name)
            }
        }
    }

    /// Every file below this folder with its path (names separated by colons, without this folder's own), in catalogue order.
    pub fn walk(&self) -> Vec<(String, &File)> {
        let mut found = Vec::new();
        self.walk_into("", &mut found);
        found
    }

    fn walk_into<'a>(&'a self, prefix: &str, found: &mut Vec<(String, &'a File)>) {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        found.extend(
            files
                .into_iter()
                .map(|file| (format!("{prefix}{}", file.name), file)),
        );
        let mut folders: Vec<_> = self.folders.iter().collect();
        folders.sort_by(|a, b| a.name.cmp(&b.name));
        for folder in folders {
            folder.walk_into(&format!("{prefix}{}:", folder.name), found);
        }
    }
}

/// Why a volume cannot be built or read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HfsError {
    /// The content does not fit.
    #[error(
        "the volume is full: the files need {needed} bytes and {size} are there; make the disk larger"
    )]
    Full {
        /// Bytes needed, overhead included.
        needed: u64,
        /// The volume's size.
        size: u64,
    },
    /// The volume's name is longer than 27 characters.
    #[error("the volume name `{0}` is longer than 27 characters")]
    VolumeName(MacName),
    /// Two entries of one folder have the same name.
    #[error(
        "`{0}` occurs twice in one folder (names that differ only in case are the same on HFS)"
    )]
    Duplicate(MacName),
    /// No HFS signature where one must be.
    #[error("no HFS volume: the signature 4244 is missing at byte 1024")]
    NotHfs,
    /// A structure of the volume contradicts itself.
    #[error("damaged HFS volume: {what} at byte {at}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
        /// Where in the image.
        at: u64,
    },
}

const ROOT_PARENT: u32 = 1;
const ROOT: u32 = 2;
const EXTENTS_FILE: u32 = 3;
const CATALOG_FILE: u32 = 4;
const FIRST_USER_ID: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(files: usize) -> Folder {
        let dates = Dates {
            created: 2_900_000_000,
            modified: 2_900_000_500,
            backed_up: 0,
        };
        let mut root = Folder::new(MacName::from_text("Test Volume").unwrap(), dates);
        for n in 0..files {
            let folder =
                root.folder_at(&[MacName::from_text(&format!("Folder {}", n % 7)).unwrap()]);
            folder.put(File {
                name: MacName::from_text(&format!("file {n}")).unwrap(),
                data: vec![n as u8; n * 37 % 3000],
                resource: vec![!n as u8; if n % 5 == 0 { 700 } else { 0 }],
                finder: FinderInfo::of(*b"TEXT", *b"ttxt"),
                dates,
            });
        }
        root
    }

    fn sorted(mut folder: Folder) -> Folder {
        folder.files.sort_by(|a, b| a.name.cmp(&b.name));
        folder.folders = folder.folders.into_iter().map(sorted).collect();
        folder.folders.sort_by(|a, b| a.name.cmp(&b.name));
        folder
    }

    #[test]
    fn a_volume_reads_back_as_it_was_built() {
        for files in [0, 1, 30, 800] {
            let root = sample(files);
            let image = build(&root, 4 << 20).unwrap();
            assert_eq!(image.len(), 4 << 20);
            assert_eq!(read(&image).unwrap(), sorted(root));
        }
    }

    #[test]
    fn many_files_need_map_nodes_and_read_back() {
        let mut root = sample(0);
        for n in 0..14_000 {
            root.put(File {
                name: MacName::from_text(&format!("a file with a fairly long {n:05}")).unwrap(),
                data: Vec::new(),
                resource: Vec::new(),
                finder: FinderInfo::default(),
                dates: root.dates,
            });
        }
        assert_eq!(read(&build(&root, 8 << 20).unwrap()).unwrap(), sorted(root));
    }

    #[test]
    fn a_volume_that_is_too_small_says_so() {
        let mut root = sample(3);
        root.files.push(File {
            name: MacName::from_text("big").unwrap(),
            data: vec![0; 900_000],
            resource: Vec::new(),
            finder: FinderInfo::default(),
            dates: Dates::default(),
        });
        assert!(matches!(
            build(&root, 800 << 10),
            Err(HfsError::Full { size: 819_200, .. })
        ));
    }

    #[test]
    fn names_equal_but_for_case_are_refused() {
        let mut root = sample(0);
        let file = |name: &str| File {
            name: MacName::from_text(name).unwrap(),
            data: Vec::new(),
            resource: Vec::new(),
            finder: FinderInfo::default(),
            dates: Dates::default(),
        };
        root.files = vec![file("Read Me"), file("read me")];
        assert!(matches!(build(&root, 1 << 20), Err(HfsError::Duplicate(_))));
    }

    #[test]
    fn damaged_volumes_are_refused_without_a_panic() {
        let image = build(&sample(60), 1 << 20).unwrap();
        assert_eq!(read(&image[..2000]), Err(HfsError::NotHfs));
        assert_eq!(read(&[]), Err(HfsError::NotHfs));
        for at in (1024..40_000).step_by(7) {
            let mut broken = image.clone();
            broken[at] ^= 0xFF;
            let _ = read(&broken);
        }
    }
}

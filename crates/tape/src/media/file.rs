use super::medium::{Content, Medium};
use super::tap::{self, Gaps, TapError};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a tape image could not be opened, made or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A new image would replace an existing file.
    #[error("{}: exists; a new tape never replaces a file: remove it or choose another name", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// The image is damaged.
    #[error("{}: {source}", path.display())]
    Image {
        /// Which file.
        path: PathBuf,
        /// What and where.
        source: TapError,
    },
}

/// An image on disk that grows at its end.
///
/// What is written becomes part of the tape at the next filemark or [`flush`](TapeFile::flush), and then for good. Between two flushes
/// the data go *behind* the end of medium marker, where readers do not look; the flush forces them to the disk and then turns the old
/// marker (FFFFFFFF) into an erase gap (FFFFFFFE), by altering a single byte. A process killed at any point therefore leaves
/// an image that reads up to the last completed filemark.
#[derive(Debug)]
pub struct TapeFile {
    path: PathBuf,
    file: File,
    medium: Medium,
    /// Where the end of medium marker is that readers see.
    end: u64,
    /// Written behind it and not yet part of the tape.
    pending: u64,
}

impl TapeFile {
    /// Makes the image of a blank tape at `path`: written beside it, forced to the disk, then given its name.
    ///
    /// # Errors
    /// [`FileError::Exists`] when there is something at `path`; [`FileError::Io`].
    pub fn create(path: &Path) -> Result<TapeFile, FileError> {
        if path.symlink_metadata().is_ok() {
            return Err(FileError::Exists {
                path: path.to_owned(),
            });
        }
        TapeFile::save(path, &Medium::new(), Gaps::Keep)?;
        TapeFile::open(path)
    }

    /// Opens the image at `path` for appending. What a killed process left behind the end of medium is cut off with the first write.
    ///
    /// # Errors
    /// [`FileError::Image`] when the image is damaged; [`FileError::Io`].
    pub fn open(path: &Path) -> Result<TapeFile, FileError> {
        let io_error = |source| FileError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(io_error)?;
        let mut image = Vec::new();
        file.read_to_end(&mut image).map_err(io_error)?;
        let medium = tap::parse(&image).map_err(|source| FileError::Image {
            path: path.to_owned(),
            source,
        })?;
        let mut reader = tap::Reader::new(&image);
        reader.by_ref().for_each(drop);
        let end = reader.offset() as u64;
        if end == image.len() as u64 {
            // The end of the file is as good an end of medium, but cannot be turned into a gap later.
            file.seek(SeekFrom::Start(end))
                .and_then(|_| file.write_all(&[0xFF; 4]))
                .map_err(io_error)?;
        }
        Ok(TapeFile {
            path: path.to_owned(),
            file,
            medium,
            end,
            pending: 0,
        })
    }

    /// Writes `medium` to `path` whole: beside it first, forced to the disk, then given its name. The file is never seen half written.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn save(path: &Path, medium: &Medium, gaps: Gaps) -> Result<(), FileError> {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(".new");
        let beside = path.with_file_name(name);
        let written = (|| {
            let mut file = File::create(&beside)?;
            file.write_all(&tap::write(medium, gaps))?;
            file.sync_all()?;
            fs::rename(&beside, path)
        })();
        written.map_err(|source| {
            // Nothing more can be done when this fails as well.
            let _ = fs::remove_file(&beside);
            FileError::Io {
                path: path.to_owned(),
                source,
            }
        })
    }

    /// The tape as it is with everything written so far, flushed or not.
    pub fn medium(&self) -> &Medium {
        &self.medium
    }

    /// Writes a record at the end.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn record(&mut self, data: &[u8], bad: bool) -> Result<(), FileError> {
        let mut bytes = Vec::with_capacity(data.len() + 9);
        tap::write_record(&mut bytes, data, bad);
        self.append(&bytes)?;
        self.medium.push_record(data, bad);
        Ok(())
    }

    /// Writes an erase gap of one frame at the end.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn gap(&mut self) -> Result<(), FileError> {
        let mut bytes = Vec::new();
        tap::write_gap(&mut bytes);
        self.append(&bytes)?;
        self.medium.push_gap(1);
        Ok(())
    }

    /// Writes a tape mark at the end and makes it, and everything before it, part of the tape.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn mark(&mut self) -> Result<(), FileError> {
        let mut bytes = Vec::new();
        tap::write_mark(&mut bytes);
        self.append(&bytes)?;
        self.medium.push_mark();
        self.flush()
    }

    /// Writes the blocks of `medium` from number `from` on, with the gaps between them, and flushes at each mark.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn append_from(&mut self, medium: &Medium, from: u64) -> Result<(), FileError> {
        let mut behind = medium.position(from);
        for block in (from..medium.len()).filter_map(|number| medium.block(number)) {
            for _ in behind..block.at {
                self.gap()?;
            }
            match block.content {
                Content::Record { data, bad } => self.record(data, bad)?,
                Content::Mark => self.mark()?,
            }
            behind = block.at + medium.frames(block.number);
        }
        Ok(())
    }

    /// Makes everything written so far part of the tape.
    ///
    /// # Errors
    /// [`FileError::Io`]; what was written since the last flush is then not part of the tape.
    pub fn flush(&mut self) -> Result<(), FileError> {
        if self.pending == 0 {
            return Ok(());
        }
        self.append(&[0xFF; 4])?;
        let commit = (|| {
            self.file.sync_data()?;
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(&[0xFE])?;
            self.file.sync_data()
        })();
        commit.map_err(|source| FileError::Io {
            path: self.path.clone(),
            source,
        })?;
        self.end += self.pending;
        self.pending = 0;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let behind = self.end + 4 + self.pending;
        let written = (|| {
            if self.pending == 0 {
                self.file.set_len(behind)?;
            }
            self.file.seek(SeekFrom::Start(behind))?;
            self.file.write_all(bytes)
        })();
        written.map_err(|source| FileError::Io {
            path: self.path.clone(),
            source,
        })?;
        if self.pending == 0 {
            // The end marker in front of these bytes becomes a gap.
            self.medium.push_gap(1);
        }
        self.pending += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Medium {
        tap::parse(&fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn a_new_tape_is_blank_and_never_replaces_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new.tap");
        TapeFile::create(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [0xFF; 4]);
        assert!(matches!(
            TapeFile::create(&path),
            Err(FileError::Exists { .. })
        ));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_image_reads_up_to_the_last_filemark_whenever_the_writer_dies() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("killed.tap");
        let mut tape = TapeFile::create(&path).unwrap();
        tape.record(&[1; 512], false).unwrap();
        assert!(read(&path).is_empty());
        tape.mark().unwrap();
        tape.record(&[2; 511], false).unwrap();
        let whole = fs::read(&path).unwrap();
        drop(tape);
        // However much of the unfinished file reached the disk.
        for len in (0..whole.len()).rev() {
            fs::write(&path, &whole[..len]).unwrap();
            let medium = tap::salvage(&fs::read(&path).unwrap()).0;
            if len >= 4 + 520 + 4 {
                assert_eq!(medium.len(), 2, "cut at {len}");
            }
        }
        fs::write(&path, &whole).unwrap();
        let mut tape = TapeFile::open(&path).unwrap();
        assert_eq!(tape.medium().len(), 2);
        tape.record(&[3; 10], true).unwrap();
        tape.mark().unwrap();
        let medium = read(&path);
        assert_eq!(medium.len(), 4);
        assert_eq!(medium.bad_records(), 1);
        assert_eq!(&medium, tape.medium());
    }

    #[test]
    fn a_tape_in_memory_is_appended_block_by_block() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("appended.tap");
        let mut medium = Medium::new();
        medium.push_record(&[1; 512], false);
        medium.push_gap(2);
        medium.push_record(&[2; 512], true);
        medium.push_mark();
        let mut tape = TapeFile::create(&path).unwrap();
        tape.append_from(&medium, 0).unwrap();
        assert_eq!(&read(&path), tape.medium());
        let contents = |medium: &Medium| {
            medium
                .blocks()
                .map(|b| format!("{:?}", b.content))
                .collect::<Vec<_>>()
        };
        assert_eq!(contents(tape.medium()), contents(&medium));
        assert_eq!(
            tape.medium().position(1),
            medium.position(1) + 1,
            "the first flush leaves one gap"
        );
    }

    #[test]
    fn an_image_without_an_end_marker_can_be_appended_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plain.tap");
        fs::write(&path, [0; 4]).unwrap();
        let mut tape = TapeFile::open(&path).unwrap();
        tape.mark().unwrap();
        assert_eq!(read(&path).len(), 2);
    }

    #[test]
    fn errors_name_the_file_the_offset_and_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cut.tap");
        fs::write(&path, [0, 2, 0, 0, 1]).unwrap();
        let message = TapeFile::open(&path).unwrap_err().to_string();
        assert!(
            message.contains("cut.tap: at offset 0x0: a record of 512 bytes"),
            "{message}"
        );
    }
}

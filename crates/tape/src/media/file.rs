use super::image::{Format, ImageError, Object, Reader};
use super::medium::{Content, Medium};
use super::sidecar::Sidecar;
use super::tap::{self, Gaps, Writer};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
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
        source: ImageError,
    },
    /// The file beside the image is not valid.
    #[error("{}: {reason}", path.display())]
    Sidecar {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

fn say(path: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    |source| FileError::Io {
        path: path.to_owned(),
        source,
    }
}

/// An image of any format, open for reading from its beginning, and what the file beside it says.
#[derive(Debug)]
pub struct Image {
    path: PathBuf,
    /// Its objects.
    pub reader: Reader<BufReader<File>>,
    /// What the image cannot hold.
    pub sidecar: Sidecar,
}

impl Image {
    /// Opens the image at `path`, in this format or the one that its content shows.
    ///
    /// # Errors
    /// When there is none, or the file beside it is not valid.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Image, FileError> {
        let file = File::open(path).map_err(say(path))?;
        let mut input = BufReader::with_capacity(1 << 16, file);
        let format = match format {
            Some(format) => format,
            None => Format::detect(&mut input).map_err(say(path))?,
        };
        let reader = Reader::new(input, format).map_err(say(path))?;
        Ok(Image {
            path: path.to_owned(),
            reader,
            sidecar: sidecar(path)?,
        })
    }

    /// The next object, a record's data in `data`.
    ///
    /// # Errors
    /// [`FileError::Image`].
    pub fn read(&mut self, data: &mut Vec<u8>) -> Result<Option<Object>, FileError> {
        self.reader.read(data).map_err(|source| FileError::Image {
            path: self.path.clone(),
            source,
        })
    }
}

/// What lies beside the image at `path`; the defaults when nothing does.
fn sidecar(path: &Path) -> Result<Sidecar, FileError> {
    let beside = Sidecar::path(path);
    match fs::read_to_string(&beside) {
        Ok(text) => Sidecar::parse(&text).map_err(|reason| FileError::Sidecar {
            path: beside,
            reason,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sidecar::default()),
        Err(error) => Err(say(&beside)(error)),
    }
}

/// The cartridge in the image at `path`, with what lies beside it.
///
/// # Errors
/// When the image or the file beside it cannot be read or is damaged.
pub fn load(path: &Path, format: Option<Format>) -> Result<Medium, FileError> {
    let image = Image::open(path, format)?;
    let (mut medium, error) = tap::collect(image.reader);
    if let Some(source) = error {
        return Err(FileError::Image {
            path: image.path,
            source,
        });
    }
    image
        .sidecar
        .apply(&mut medium)
        .map_err(|reason| FileError::Sidecar {
            path: Sidecar::path(path),
            reason,
        })?;
    Ok(medium)
}

/// Writes `medium` to `path` whole, and beside it what an image cannot hold.
///
/// # Errors
/// [`FileError::Io`].
pub fn save(path: &Path, medium: &Medium, gaps: Gaps) -> Result<(), FileError> {
    save_with(path, &Sidecar::of(medium), |out| {
        let mut writer = Writer::new(out);
        writer.medium(medium, gaps)?;
        writer.end().map(drop)
    })
}

/// Writes an image to `path` with what `write` does, and beside it what an image cannot hold, if it is anything. An older file beside an older image goes first and
/// the one of this image comes last: whatever happens between, no image has the file of another.
///
/// # Errors
/// [`FileError::Io`].
pub fn save_with(
    path: &Path,
    sidecar: &Sidecar,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), FileError> {
    let beside = Sidecar::path(path);
    write_beside(path, |out| {
        write(out)?;
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    })?;
    if sidecar.is_default() {
        return Ok(());
    }
    write_beside(&beside, |out| out.write_all(sidecar.text().as_bytes()))
}

/// Writes the file at `path` whole: beside it first, forced to the disk, then given its name. It is never seen half written.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_beside(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), FileError> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = (|| {
        let mut out = BufWriter::new(File::create(&beside)?);
        write(&mut out)?;
        out.into_inner()?.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|source| {
        // Nothing more can be done when this fails as well.
        let _ = fs::remove_file(&beside);
        say(path)(source)
    })
}

/// An image on disk that grows at its end, and can be cut and written on from there. It takes no memory for what is on it.
///
/// What is written becomes part of the tape at the next filemark or [`flush`](TapeFile::flush), and then for good. Between two flushes
/// the data go *behind* the end of medium marker, where readers do not look; the flush forces them to the disk and then turns the old
/// marker (FFFFFFFF) into an erase gap (FFFFFFFE), by altering a single byte. A process killed at any point therefore leaves
/// an image that reads up to the last completed filemark.
#[derive(Debug)]
pub struct TapeFile {
    path: PathBuf,
    file: File,
    /// Where the end of medium marker is that readers see.
    end: u64,
    /// Written behind it and not yet part of the tape.
    pending: u64,
}

impl TapeFile {
    /// Makes the image of a blank tape at `path`.
    ///
    /// # Errors
    /// [`FileError::Exists`] when there is something at `path`; [`FileError::Io`].
    pub fn create(path: &Path) -> Result<TapeFile, FileError> {
        for path in [path, &Sidecar::path(path)] {
            if path.symlink_metadata().is_ok() {
                return Err(FileError::Exists {
                    path: path.to_owned(),
                });
            }
        }
        save(path, &Medium::new(), Gaps::Keep)?;
        TapeFile::open(path)
    }

    /// Opens the image at `path` for appending. What a killed process left behind the end of medium is cut off with the first write.
    ///
    /// # Errors
    /// [`FileError::Image`] when the image is damaged; [`FileError::Io`].
    pub fn open(path: &Path) -> Result<TapeFile, FileError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(say(path))?;
        let mut tape = TapeFile {
            path: path.to_owned(),
            file,
            end: 0,
            pending: 0,
        };
        let (end, len) = tape.place(u64::MAX)?;
        tape.end = end;
        if end == len {
            // The end of the file is as good an end of medium, but cannot be turned into a gap later.
            tape.mark_end().map_err(say(path))?;
        }
        Ok(tape)
    }

    /// The offset of the block with this number, or of the end of medium when there are fewer, and the length of the file.
    fn place(&mut self, number: u64) -> Result<(u64, u64), FileError> {
        let input = BufReader::with_capacity(1 << 16, &mut self.file);
        let mut reader = Reader::new(input, Format::Tap).map_err(say(&self.path))?;
        let mut blocks = 0;
        loop {
            let at = reader.offset();
            match reader.skip() {
                Ok(Some(Object::Record { .. } | Object::Mark)) if blocks == number => {
                    return Ok((at, reader.image_len()));
                }
                Ok(Some(Object::Record { .. } | Object::Mark)) => blocks += 1,
                Ok(Some(_)) => {}
                Ok(None) => return Ok((reader.offset(), reader.image_len())),
                Err(source) => {
                    return Err(FileError::Image {
                        path: self.path.clone(),
                        source,
                    });
                }
            }
        }
    }

    fn mark_end(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&[0xFF; 4])?;
        self.file.sync_data()
    }

    /// Forgets the block with this number and everything behind it, as writing there does to a tape. Everything before it is flushed.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn truncate(&mut self, number: u64) -> Result<(), FileError> {
        self.flush()?;
        let (place, _) = self.place(number)?;
        if place == self.end {
            return Ok(());
        }
        // Cut first: the end of the file is an end of medium, too.
        self.file.set_len(place).map_err(say(&self.path))?;
        self.end = place;
        self.mark_end().map_err(say(&self.path))
    }

    /// Writes a record at the end.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn record(&mut self, data: &[u8], bad: bool) -> Result<(), FileError> {
        self.append(|writer| writer.record(data, bad))
    }

    /// Writes an erase gap of one frame at the end.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn gap(&mut self) -> Result<(), FileError> {
        self.append(|writer| writer.gap())
    }

    /// Writes a tape mark at the end and makes it, and everything before it, part of the tape.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn mark(&mut self) -> Result<(), FileError> {
        self.append(|writer| writer.mark())?;
        self.flush()
    }

    /// Writes the blocks of `medium` with these numbers, with the gaps before each, and flushes at each mark.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn append_from(
        &mut self,
        medium: &Medium,
        numbers: std::ops::Range<u64>,
    ) -> Result<(), FileError> {
        let mut behind = medium.position(numbers.start);
        for block in numbers.filter_map(|number| medium.block(number)) {
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
        let end = self.end + 4 + self.pending;
        let commit = (|| {
            self.file.seek(SeekFrom::Start(end))?;
            self.file.write_all(&[0xFF; 4])?;
            self.file.sync_data()?;
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(&[0xFE])?;
            self.file.sync_data()
        })();
        commit.map_err(say(&self.path))?;
        self.end = end;
        self.pending = 0;
        Ok(())
    }

    fn append(
        &mut self,
        write: impl FnOnce(&mut Writer<&mut Vec<u8>>) -> io::Result<()>,
    ) -> Result<(), FileError> {
        let mut bytes = Vec::new();
        let behind = self.end + 4 + self.pending;
        let written = write(&mut Writer::new(&mut bytes)).and_then(|()| {
            if self.pending == 0 {
                self.file.set_len(behind)?;
            }
            self.file.seek(SeekFrom::Start(behind))?;
            self.file.write_all(&bytes)
        });
        written.map_err(say(&self.path))?;
        self.pending += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Medium {
        load(path, None).unwrap()
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
    fn the_image_reads_up_to_the_last_filemark_however_much_reached_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("killed.tap");
        let mut tape = TapeFile::create(&path).unwrap();
        tape.record(&[1; 512], false).unwrap();
        assert!(read(&path).is_empty());
        tape.mark().unwrap();
        tape.record(&[2; 511], false).unwrap();
        let whole = fs::read(&path).unwrap();
        drop(tape);
        for len in (0..whole.len()).rev() {
            fs::write(&path, &whole[..len]).unwrap();
            let medium = tap::salvage(&fs::read(&path).unwrap()).0;
            if len >= 4 + 520 + 4 {
                assert_eq!(medium.len(), 2, "cut at {len}");
            }
        }
        fs::write(&path, &whole).unwrap();
        let mut tape = TapeFile::open(&path).unwrap();
        tape.record(&[3; 10], true).unwrap();
        tape.mark().unwrap();
        let medium = read(&path);
        assert_eq!((medium.len(), medium.bad_records()), (4, 1));
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
        tape.append_from(&medium, 0..3).unwrap();
        let contents = |medium: &Medium| {
            medium
                .blocks()
                .map(|b| format!("{:?}", b.content))
                .collect::<Vec<_>>()
        };
        assert_eq!(contents(&read(&path)), contents(&medium));
        assert_eq!(
            read(&path).position(1),
            medium.position(1) + 1,
            "the first flush leaves one gap"
        );
    }

    #[test]
    fn writing_in_the_middle_takes_everything_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("middle.tap");
        let mut tape = TapeFile::create(&path).unwrap();
        for number in 0..5 {
            tape.record(&[number; 100], false).unwrap();
            tape.mark().unwrap();
        }
        tape.truncate(4).unwrap();
        assert_eq!(read(&path).len(), 4);
        tape.record(b"other", false).unwrap();
        assert_eq!(read(&path).len(), 4);
        tape.flush().unwrap();
        let medium = read(&path);
        assert_eq!(medium.len(), 5);
        assert!(matches!(
            medium.block(4).unwrap().content,
            Content::Record { data: b"other", .. }
        ));
        tape.truncate(9).unwrap();
        assert_eq!(read(&path), medium);
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
    fn what_an_image_cannot_hold_lies_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tap");
        let mut medium = Medium::new();
        medium.push_setmark();
        medium.set_defect(5, true);
        save(&path, &medium, Gaps::Keep).unwrap();
        assert_eq!(read(&path), medium);
        fs::write(Sidecar::path(&path), "setmarks = [1]").unwrap();
        let error = load(&path, None).unwrap_err().to_string();
        assert!(error.contains("a.tap.toml: setmarks: block 1"), "{error}");
        // An image that needs none takes away that of its predecessor.
        save(&path, &Medium::new(), Gaps::Keep).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
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

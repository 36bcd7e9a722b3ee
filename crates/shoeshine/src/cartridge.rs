//! Tape images that are made and altered: copied from other formats, given defects.

use crate::arguments::{ImageArguments, PlaceArguments};
use crate::{Ended, UNEXPECTED};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use tape::media::image::ImageError;
use tape::media::tap::{LONGEST, Writer};
use tape::media::{self, FRAME, Format, Image, Object, Sidecar};

/// How a copy is made.
pub(crate) struct Copying {
    pub(crate) no_gaps: bool,
    pub(crate) salvage: bool,
    pub(crate) force: bool,
    pub(crate) json: bool,
}

/// What a copy has, and what it does not have.
#[derive(Default)]
struct Copied {
    records: u64,
    marks: u64,
    /// Objects of other classes, by class.
    classes: BTreeMap<u8, u64>,
    /// Records without data: SIMH has none.
    empty: u64,
    /// Longest record that was too long.
    long: Option<usize>,
    /// Where the damage is behind which nothing was copied.
    damage: Option<ImageError>,
    sidecar: Sidecar,
}

impl Copied {
    fn lost(&self) -> Vec<String> {
        let mut lost: Vec<String> = self
            .classes
            .iter()
            .map(|(class, count)| {
                format!(
                    "{count} objects of class {class}: only their own programs know what they mean"
                )
            })
            .collect();
        if self.empty > 0 {
            lost.push(format!(
                "{} records without data: a SIMH image has none",
                self.empty
            ));
        }
        if let Some(len) = self.long {
            lost.push(format!(
                "records of up to {len} bytes: {LONGEST} is the longest that every reader understands"
            ));
        }
        lost.extend(
            self.damage
                .as_ref()
                .map(|error| format!("what follows the damage {error}")),
        );
        lost
    }
}

pub(crate) fn copy(from: &ImageArguments, to: &Path, how: &Copying) -> Ended {
    let beside = Sidecar::path(to);
    if !how.force
        && let Some(path) = [to, &beside]
            .into_iter()
            .find(|path| path.symlink_metadata().is_ok())
    {
        return Err(format!(
            "{}: exists; choose another name or add --force",
            path.display()
        ));
    }
    let mut image = open(from)?;
    let mut copied = Copied::default();
    let mut refused = None;
    // What lies beside is known only when the image has been read: first pass without writing.
    transfer(&mut image, how, &mut Writer::new(io::sink()), &mut copied)
        .map_err(|error| error.to_string())?;
    if let Some(error) = copied.damage.as_ref().filter(|_| !how.salvage) {
        return Err(format!(
            "{}: {error}; --salvage copies what comes before",
            from.file.display()
        ));
    }
    let sidecar = copied.sidecar.clone();
    let mut image = open(from)?;
    copied = Copied::default();
    let written = media::save_with(to, &sidecar, |out| {
        let mut writer = Writer::new(out);
        refused = transfer(&mut image, how, &mut writer, &mut copied).err();
        match refused.take() {
            Some(error) => Err(error),
            None => writer.end().map(drop),
        }
    });
    written.map_err(|error| error.to_string())?;
    let lost = copied.lost();
    if how.json {
        println!(
            "{}",
            serde_json::json!({
                "format": image.reader.format().name(), "records": copied.records, "filemarks": copied.marks, "lost": lost,
            })
        );
    }
    eprintln!(
        "{}: {} records and {} tape marks from {} format",
        to.display(),
        copied.records,
        copied.marks,
        image.reader.format().name()
    );
    lost.iter().for_each(|lost| eprintln!("not copied: {lost}"));
    Ok(if lost.is_empty() { 0 } else { UNEXPECTED })
}

/// Writes what `image` has from here on.
fn transfer<W: Write>(
    image: &mut Image,
    how: &Copying,
    writer: &mut Writer<W>,
    copied: &mut Copied,
) -> io::Result<()> {
    let mut data = Vec::new();
    let (mut number, mut setmarks) = (0, image.sidecar.setmarks.clone());
    setmarks.sort_unstable();
    copied.sidecar = Sidecar {
        setmarks: Vec::new(),
        ..image.sidecar.clone()
    };
    loop {
        match image.reader.read(&mut data) {
            Ok(Some(Object::Record { len: 0, .. })) => copied.empty += 1,
            Ok(Some(Object::Record { len, .. })) if len > LONGEST => {
                copied.long = copied.long.max(Some(len));
            }
            Ok(Some(Object::Record { bad, .. })) => {
                writer.record(&data, bad)?;
                copied.records += 1;
            }
            Ok(Some(Object::Mark)) => {
                if setmarks.binary_search(&number).is_ok() {
                    copied.sidecar.setmarks.push(copied.records + copied.marks);
                }
                writer.mark()?;
                copied.marks += 1;
            }
            Ok(Some(Object::Gap)) if how.no_gaps => continue,
            Ok(Some(Object::Gap)) => {
                writer.gap()?;
                continue;
            }
            Ok(Some(Object::Skipped { class, .. })) => {
                *copied.classes.entry(class).or_default() += 1;
                continue;
            }
            Ok(None) => return Ok(()),
            Err(error) => {
                copied.damage = Some(error);
                return Ok(());
            }
        }
        number += 1;
    }
}

fn open(image: &ImageArguments) -> Result<Image, String> {
    Image::open(&image.file, image.format).map_err(|error| error.to_string())
}

/// A record where a defect goes: its two length words, and the frames that it takes.
struct Place {
    words: [u64; 2],
    frames: Range<u64>,
}

pub(crate) fn inject(
    arguments: &ImageArguments,
    place: &PlaceArguments,
    count: u64,
    write: bool,
) -> Ended {
    let file = &arguments.file;
    let mut image = open(arguments)?;
    let format = image.reader.format();
    if write && let Some(frame) = place.frame {
        let last = frame.saturating_add(count - 1);
        image.sidecar.defects.push([frame, last]);
        return spoil(file, &image.sidecar, count);
    }
    if !write && format == Format::Aws {
        return Err(format!(
            "{}: AWS images have no bad records; `shoeshine tape copy` makes a SIMH image of it",
            file.display()
        ));
    }
    let places = find(&mut image, place, count).map_err(|error| error.to_string())?;
    let Some(first) = places.first() else {
        return Err(format!(
            "{}: there is no record at this place; `shoeshine tape ls` says how many there are",
            file.display()
        ));
    };
    if write {
        let defects = places
            .iter()
            .map(|place| [place.frames.start, place.frames.end - 1]);
        image.sidecar.defects.extend(defects);
        return spoil(file, &image.sidecar, places.len() as u64);
    }
    // Copied and altered in the copy: the top bit of both words makes class 8 of class 0.
    let written = media::write_beside(file, |out| {
        io::copy(&mut File::open(file)?, out)?;
        for at in places.iter().flat_map(|place| place.words) {
            out.seek(SeekFrom::Start(at + 3))?;
            out.write_all(&[0x80])?;
        }
        Ok(())
    });
    written.map_err(|error| error.to_string())?;
    eprintln!(
        "{}: {} records from offset {:#x} on can no longer be read",
        file.display(),
        places.len(),
        first.words[0]
    );
    Ok(0)
}

/// Writes what lies beside an image.
fn spoil(file: &Path, sidecar: &Sidecar, count: u64) -> Ended {
    let path = Sidecar::path(file);
    let text = sidecar.text();
    Sidecar::parse(&text).map_err(|reason| format!("{}: {reason}", path.display()))?;
    media::write_beside(&path, |out| out.write_all(text.as_bytes()))
        .map_err(|error| error.to_string())?;
    eprintln!(
        "{}: nothing can be written on {count} places more",
        path.display()
    );
    Ok(0)
}

/// The records at `place`, up to `count` of them. With a frame, it is frames that are counted.
fn find(
    image: &mut Image,
    place: &PlaceArguments,
    count: u64,
) -> Result<Vec<Place>, media::FileError> {
    let (mut places, mut data) = (Vec::new(), Vec::new());
    let (mut record, mut byte, mut frame) = (0_u64, 0_u64, 0_u64);
    loop {
        let at = image.reader.offset();
        match image.read(&mut data)? {
            Some(Object::Record { len, .. }) => {
                let end = image.reader.offset();
                let frames = frame..frame + (len.div_ceil(FRAME) as u64).max(1);
                let begun = match (place.record, place.byte, place.frame) {
                    (Some(wanted), ..) => record >= wanted,
                    (_, Some(wanted), _) => byte + len as u64 > wanted,
                    (_, _, wanted) => {
                        let wanted = wanted.unwrap_or(0);
                        frames.end > wanted && frames.start < wanted.saturating_add(count)
                    }
                };
                (record, byte, frame) = (record + 1, byte + len as u64, frames.end);
                // A word of length 0 is a tape mark.
                if begun && len > 0 {
                    let words = [data_word(at, end, len, image.reader.format()), end - 4];
                    places.push(Place { words, frames });
                }
                if place.frame.is_none() && places.len() as u64 == count {
                    return Ok(places);
                }
            }
            Some(Object::Mark | Object::Gap) => frame += 1,
            Some(Object::Skipped { .. }) => {}
            None => return Ok(places),
        }
    }
}

/// Where the word before the data of a record is. Between `at` and it there may be the rest of a gap.
fn data_word(at: u64, end: u64, len: usize, format: Format) -> u64 {
    let padded = match format {
        Format::Tap => len.next_multiple_of(2),
        _ => len,
    };
    end.saturating_sub(8 + padded as u64).max(at)
}

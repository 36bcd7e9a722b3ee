//! Images in SIMH format in memory, and the one writer of them.
//!
//! The format (see [`image`](super::image)) measures gaps in bytes at a density it does not record. Here one gap marker stands for one frame of 512 bytes
//! ([`FRAME`](super::FRAME)): a choice of this program, harmless to readers, which skip any number of markers.

use super::image::{BAD, END, Format, GAP, ImageError, MARK, Object, Problem, Reader};
use super::medium::{Content, Medium};
use std::io::{self, BufRead, Cursor, Seek, Write};

/// The longest record that is written: 24 bits, which every reader understands.
pub const LONGEST: usize = 0x00FF_FFFF;

/// Reads an image whole.
///
/// # Errors
/// [`ImageError`] names the offset of the first object that cannot be read, what is wrong with it and what can be done.
pub fn parse(image: &[u8]) -> Result<Medium, ImageError> {
    match salvage(image) {
        (medium, None) => Ok(medium),
        (_, Some(error)) => Err(error),
    }
}

/// Reads what can be read of an image, and says why it went no further.
pub fn salvage(image: &[u8]) -> (Medium, Option<ImageError>) {
    match Reader::new(Cursor::new(image), Format::Tap) {
        Ok(reader) => collect(reader),
        Err(error) => {
            let problem = Problem::Read(error.kind());
            (Medium::new(), Some(ImageError { offset: 0, problem }))
        }
    }
}

/// Everything that `reader` finds, and why it went no further.
pub(super) fn collect<R: BufRead + Seek>(mut reader: Reader<R>) -> (Medium, Option<ImageError>) {
    let (mut medium, mut data) = (Medium::new(), Vec::new());
    loop {
        match reader.read(&mut data) {
            Ok(Some(Object::Record { bad, .. })) => medium.push_record(&data, bad),
            Ok(Some(Object::Mark)) => medium.push_mark(),
            Ok(Some(Object::Gap)) => medium.push_gap(1),
            Ok(Some(Object::Skipped { .. })) => {}
            Ok(None) => return (medium, None),
            Err(error) => return (medium, Some(error)),
        }
    }
}

/// What becomes of the frames between blocks that hold no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// Each is written as a gap marker: reading the image restores the positions on tape.
    Keep,
    /// They are left out, for programs that know no gaps.
    Drop,
}

/// Writes objects one after the other.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Writer<W> {
        Writer { out }
    }

    /// Writes a record, its padding and both words; an empty record is left out, since its word would be a tape mark.
    ///
    /// # Errors
    /// What `out` says; [`io::ErrorKind::InvalidInput`] when the record is longer than [`LONGEST`].
    pub fn record(&mut self, data: &[u8], bad: bool) -> io::Result<()> {
        if data.len() > LONGEST {
            let text = format!("a record of {} bytes does not fit the format", data.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        if data.is_empty() {
            return Ok(());
        }
        let word = (data.len() as u32 | if bad { BAD } else { 0 }).to_le_bytes();
        self.out.write_all(&word)?;
        self.out.write_all(data)?;
        self.out.write_all(&[0][..data.len() % 2])?;
        self.out.write_all(&word)
    }

    /// Writes a tape mark.
    ///
    /// # Errors
    /// What `out` says.
    pub fn mark(&mut self) -> io::Result<()> {
        self.out.write_all(&MARK.to_le_bytes())
    }

    /// Writes the marker of an erase gap.
    ///
    /// # Errors
    /// What `out` says.
    pub fn gap(&mut self) -> io::Result<()> {
        self.out.write_all(&GAP.to_le_bytes())
    }

    /// Writes the end of medium and gives `out` back.
    ///
    /// # Errors
    /// What `out` says.
    pub fn end(mut self) -> io::Result<W> {
        self.out.write_all(&END.to_le_bytes())?;
        Ok(self.out)
    }

    /// Writes the blocks of `medium`, with or without the gaps between them.
    ///
    /// # Errors
    /// As [`Writer::record`].
    pub fn medium(&mut self, medium: &Medium, gaps: Gaps) -> io::Result<()> {
        let mut behind = 0;
        for block in medium.blocks() {
            if gaps == Gaps::Keep {
                (behind..block.at).try_for_each(|_| self.gap())?;
            }
            match block.content {
                Content::Record { data, bad } => self.record(data, bad)?,
                Content::Mark => self.mark()?,
            }
            behind = block.at + medium.frames(block.number);
        }
        Ok(())
    }
}

/// The image of a medium, from its beginning to an end of medium marker.
///
/// # Panics
/// When a record is longer than [`LONGEST`].
pub fn write(medium: &Medium, gaps: Gaps) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    writer
        .medium(medium, gaps)
        .and_then(|()| writer.end())
        .expect("records of a drive are short, and memory takes everything")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn an_image_is_written_as_the_format_says() {
        let mut medium = Medium::new();
        medium.push_record(b"abc", false);
        medium.push_mark();
        medium.push_gap(1);
        medium.push_record(b"de", true);
        let image = write(&medium, Gaps::Keep);
        let mut expected = words(&[3]);
        expected.extend_from_slice(b"abc\0");
        expected.extend(words(&[3, 0, 0xFFFF_FFFE, 0x8000_0002]));
        expected.extend_from_slice(b"de");
        expected.extend(words(&[0x8000_0002, 0xFFFF_FFFF]));
        assert_eq!(image, expected);
        assert_eq!(parse(&image).unwrap(), medium);
        assert_eq!(
            parse(&write(&medium, Gaps::Drop))
                .unwrap()
                .block(2)
                .unwrap()
                .at,
            2
        );
    }

    #[test]
    fn an_empty_file_and_what_follows_the_end_of_medium_are_blank() {
        assert!(parse(&[]).unwrap().is_empty());
        assert!(
            parse(&words(&[0xFFFF_FFFF, 0x1234_5678]))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_offset_and_a_remedy() {
        let mut writer = Writer::new(Vec::new());
        writer.record(&[7; 512], false).unwrap();
        writer.record(&[8; 511], false).unwrap();
        let (image, start) = (writer.out, 520);

        let cut = ImageError {
            offset: start as u64,
            problem: Problem::CutRecord {
                len: 511,
                need: 516,
                have: 96,
            },
        };
        assert_eq!(parse(&image[..start + 100]), Err(cut.clone()));
        assert_eq!(
            cut.to_string(),
            "at offset 0x208: a record of 511 bytes begins here, but the image holds only 96 of the 516 bytes it takes; \
             the copy is cut short: fetch it again, or cut the image at this offset to keep what comes before"
        );
        assert_eq!(salvage(&image[..start + 100]).0.len(), 1);

        assert_eq!(
            parse(&image[..start + 3]),
            Err(ImageError {
                offset: start as u64,
                problem: Problem::CutWord { have: 3, need: 4 }
            })
        );

        let mut damaged = image.clone();
        *damaged.last_mut().unwrap() = 1;
        let problem = Problem::Lengths {
            leading: 511,
            trailing: 0x0100_01FF,
        };
        assert_eq!(
            parse(&damaged),
            Err(ImageError {
                offset: start as u64,
                problem
            })
        );

        let mut unpadded = image[..start].to_vec();
        unpadded.extend(words(&[3]));
        unpadded.extend_from_slice(b"abc");
        for tail in [&[3, 0, 0][..], &[3]] {
            let mut unpadded = unpadded.clone();
            unpadded.extend(words(tail));
            assert_eq!(
                parse(&unpadded),
                Err(ImageError {
                    offset: start as u64,
                    problem: Problem::Unpadded { len: 3 }
                })
            );
        }
    }
}

//! The SIMH magnetic tape format, standard and extended.
//!
//! Source: *SIMH Magtape Representation and Handling* and its extension with marker classes. An image is a series of objects, each
//! introduced by a 32-bit little-endian word; its top four bits are the class:
//!
//! | class | meaning | read | written |
//! |---|---|---|---|
//! | 0 | good record, or with length 0 a tape mark | yes | yes |
//! | 1-6 | private record | skipped | no |
//! | 7 | private marker | skipped | no |
//! | 8 | bad record | yes | yes |
//! | 9-13 | reserved record | skipped | no |
//! | 14 | description record | skipped | no |
//! | 15 | marker: end of medium, erase gap, half gap; others reserved | yes; reserved ones skipped | the first two |
//!
//! A record's data are padded to an even length and followed by the same word again. The end of the file is the end of the medium.
//!
//! The format measures gaps in bytes at a density it does not record. Here one gap marker stands for one frame of 512 bytes
//! ([`FRAME`](super::FRAME)): a choice of this program, harmless to readers, which skip any number of markers.

use super::medium::{Content, Medium};
use std::ops::Range;
use thiserror::Error;

const MARK: u32 = 0x0000_0000;
const GAP: u32 = 0xFFFF_FFFE;
const END: u32 = 0xFFFF_FFFF;
/// Left where a gap was written over the first half of an older one; met reading forward.
const HALF_GAP: u32 = 0xFFFE_FFFF;
const BAD: u32 = 0x8000_0000;
const LENGTH: u32 = 0x0FFF_FFFF;

/// The longest record that is written: 24 bits, which every reader understands.
pub const LONGEST: usize = 0x00FF_FFFF;

/// An object of an image that has a meaning here, or was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A record; the range is that of its data in the image.
    Record {
        /// Where its data are.
        data: Range<usize>,
        /// Class 8.
        bad: bool,
    },
    /// A tape mark.
    Mark,
    /// An erase gap marker.
    Gap,
    /// A record or marker of a class that has no meaning here.
    Skipped {
        /// Its class, 1 to 15.
        class: u8,
        /// Length of its data; 0 for markers.
        len: usize,
    },
}

/// Why an image cannot be read further.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("at offset {offset:#x}: {problem}; {}", problem.remedy())]
pub struct TapError {
    /// Where in the image the object begins that cannot be read.
    pub offset: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with an object of an image.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The file ends within a word that should introduce an object.
    #[error("the image ends within a length word: {have} of 4 bytes")]
    CutWord {
        /// Bytes that are there.
        have: usize,
    },
    /// The file ends within a record.
    #[error(
        "a record of {len} bytes begins here, but the image holds only {have} of the {need} bytes it takes"
    )]
    CutRecord {
        /// The record's length.
        len: usize,
        /// Bytes of data, padding and trailing word that are needed.
        need: usize,
        /// Bytes that are there.
        have: usize,
    },
    /// The word behind the data is another than the one before.
    #[error("the record says {leading:#010x} before its data and {trailing:#010x} behind them")]
    Lengths {
        /// Word before the data.
        leading: u32,
        /// Word behind the data.
        trailing: u32,
    },
    /// The trailing word is where it would be without the padding byte.
    #[error("the record of {len} bytes has no padding byte")]
    Unpadded {
        /// The record's odd length.
        len: usize,
    },
}

impl Problem {
    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Problem::CutWord { .. } | Problem::CutRecord { .. } => {
                "the copy is cut short: fetch it again, or cut the image at this offset to keep what comes before"
            }
            Problem::Lengths { .. } => {
                "either the image is damaged here or it is not a SIMH image: cut it at this offset, or convert it to SIMH format"
            }
            Problem::Unpadded { .. } => {
                "images in E11 format have no padding: convert it to SIMH format, which pads records to an even length"
            }
        }
    }
}

/// Goes through the objects of an image, up to its end of medium or the first thing that cannot be read.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    image: &'a [u8],
    offset: usize,
    done: bool,
}

impl<'a> Reader<'a> {
    /// Reads `image` from its beginning.
    pub fn new(image: &'a [u8]) -> Reader<'a> {
        Reader {
            image,
            offset: 0,
            done: false,
        }
    }

    /// Where the next object begins; after the last one, where the end of medium is.
    pub fn offset(&self) -> usize {
        self.offset
    }

    fn word(&self, at: usize) -> Option<u32> {
        let bytes = self.image.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }

    fn read(&mut self) -> Result<Option<Object>, Problem> {
        loop {
            let have = self.image.len() - self.offset;
            let Some(word) = self.word(self.offset) else {
                return if have == 0 {
                    Ok(None)
                } else {
                    Err(Problem::CutWord { have })
                };
            };
            match (word >> 28, word) {
                (_, END) => return Ok(None),
                (_, HALF_GAP) => self.offset += 2,
                (_, MARK) => return Ok(Some(self.marker(Object::Mark))),
                (_, GAP) => return Ok(Some(self.marker(Object::Gap))),
                (class @ (7 | 15), _) => {
                    return Ok(Some(self.marker(Object::Skipped {
                        class: class as u8,
                        len: 0,
                    })));
                }
                (class, _) => return self.record(class as u8, word).map(Some),
            }
        }
    }

    fn marker(&mut self, object: Object) -> Object {
        self.offset += 4;
        object
    }

    fn record(&mut self, class: u8, word: u32) -> Result<Object, Problem> {
        let len = (word & LENGTH) as usize;
        let data = self.offset + 4..self.offset + 4 + len;
        let padded = data.start + len.next_multiple_of(2);
        if self.word(padded) != Some(word) {
            // A record that matches without its padding byte says more than a damaged one.
            if len % 2 == 1 && self.word(data.end) == Some(word) {
                return Err(Problem::Unpadded { len });
            }
            return Err(match self.word(padded) {
                Some(trailing) => Problem::Lengths {
                    leading: word,
                    trailing,
                },
                None => Problem::CutRecord {
                    len,
                    need: padded + 4 - data.start,
                    have: self.image.len() - data.start,
                },
            });
        }
        self.offset = padded + 4;
        Ok(match class {
            0 => Object::Record { data, bad: false },
            8 => Object::Record { data, bad: true },
            _ => Object::Skipped { class, len },
        })
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Object, TapError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let offset = self.offset;
        let object = self.read().map_err(|problem| TapError { offset, problem });
        self.done = !matches!(object, Ok(Some(_)));
        object.transpose()
    }
}

/// Reads an image whole.
///
/// # Errors
/// [`TapError`] names the offset of the first object that cannot be read, what is wrong with it and what can be done.
pub fn parse(image: &[u8]) -> Result<Medium, TapError> {
    match salvage(image) {
        (medium, None) => Ok(medium),
        (_, Some(error)) => Err(error),
    }
}

/// Reads what can be read of an image, and says why it went no further.
pub fn salvage(image: &[u8]) -> (Medium, Option<TapError>) {
    let mut medium = Medium::new();
    for object in Reader::new(image) {
        match object {
            Ok(Object::Record { data, bad }) => medium.push_record(&image[data], bad),
            Ok(Object::Mark) => medium.push_mark(),
            Ok(Object::Gap) => medium.push_gap(1),
            Ok(Object::Skipped { .. }) => {}
            Err(error) => return (medium, Some(error)),
        }
    }
    (medium, None)
}

/// What becomes of the frames between blocks that hold no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// Each is written as a gap marker: reading the image restores the positions on tape.
    Keep,
    /// They are left out, for programs that know no gaps.
    Drop,
}

/// Appends a record, its padding and both words; an empty record is left out, since its word would be a tape mark.
///
/// # Panics
/// When the record is longer than [`LONGEST`].
pub fn write_record(image: &mut Vec<u8>, data: &[u8], bad: bool) {
    assert!(
        data.len() <= LONGEST,
        "a record of {} bytes does not fit the format",
        data.len()
    );
    if data.is_empty() {
        return;
    }
    let word = (data.len() as u32 | if bad { BAD } else { 0 }).to_le_bytes();
    image.extend_from_slice(&word);
    image.extend_from_slice(data);
    if data.len() % 2 == 1 {
        image.push(0);
    }
    image.extend_from_slice(&word);
}

/// Appends a tape mark.
pub fn write_mark(image: &mut Vec<u8>) {
    image.extend_from_slice(&MARK.to_le_bytes());
}

/// Appends the marker of an erase gap.
pub fn write_gap(image: &mut Vec<u8>) {
    image.extend_from_slice(&GAP.to_le_bytes());
}

/// Appends the end of medium.
pub fn write_end(image: &mut Vec<u8>) {
    image.extend_from_slice(&END.to_le_bytes());
}

/// The image of a medium, from its beginning to an end of medium marker.
pub fn write(medium: &Medium, gaps: Gaps) -> Vec<u8> {
    let mut image = Vec::new();
    let mut behind = 0;
    for block in medium.blocks() {
        if gaps == Gaps::Keep {
            (behind..block.at).for_each(|_| write_gap(&mut image));
        }
        match block.content {
            Content::Record { data, bad } => write_record(&mut image, data, bad),
            Content::Mark => write_mark(&mut image),
        }
        behind = block.at + medium.frames(block.number);
    }
    write_end(&mut image);
    image
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
    fn other_classes_are_skipped() {
        let mut image = words(&[0x7000_0001, 0xF000_0000]);
        for class in [1_u32, 6, 9, 13, 14] {
            let word = (class << 28) | 2;
            image.extend(words(&[word]));
            image.extend_from_slice(b"xy");
            image.extend(words(&[word]));
        }
        let skipped = Reader::new(&image)
            .filter(|object| matches!(object, Ok(Object::Skipped { .. })))
            .count();
        assert_eq!(skipped, 7);
        assert_eq!(parse(&image).unwrap(), Medium::new());
    }

    #[test]
    fn the_rest_of_a_half_overwritten_gap_is_skipped() {
        let mut image = words(&[0]);
        image.extend_from_slice(&[0xFF, 0xFF]);
        image.extend(words(&[0xFFFF_FFFE, 0, 0xFFFF_FFFF]));
        let objects: Result<Vec<Object>, TapError> = Reader::new(&image).collect();
        assert_eq!(objects.unwrap(), [Object::Mark, Object::Gap, Object::Mark]);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_offset_and_a_remedy() {
        let mut image = Vec::new();
        write_record(&mut image, &[7; 512], false);
        let start = image.len();
        write_record(&mut image, &[8; 511], false);

        let cut = TapError {
            offset: start,
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
            Err(TapError {
                offset: start,
                problem: Problem::CutWord { have: 3 }
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
            Err(TapError {
                offset: start,
                problem
            })
        );

        let mut unpadded = image[..start].to_vec();
        unpadded.extend(words(&[3]));
        unpadded.extend_from_slice(b"abc");
        unpadded.extend(words(&[3, 0, 0]));
        assert_eq!(
            parse(&unpadded),
            Err(TapError {
                offset: start,
                problem: Problem::Unpadded { len: 3 }
            })
        );
    }
}

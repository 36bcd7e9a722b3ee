//! Reading tape images, in whatever format and of whatever size: one object after the other, from a file or from memory.
//!
//! # SIMH (`.tap`)
//! Source: *SIMH Magtape Representation and Handling* (2022). An image is a series of objects, each
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
//! # E11
//! The same without the padding (the emulator Ersatz-11).
//!
//! # AWS
//! The format of the P/370 and of Hercules. Every block has a header of six bytes: its length and that of the block before, 16 bits each, little
//! endian, then two bytes of flags: 80h a record begins, 40h tape mark, 20h a record ends. A record is one block, or several. The
//! length of the block before helps programs that read backwards; here it serves to recognise the format.

use std::io::{self, BufRead, Seek, SeekFrom};
use thiserror::Error;

pub(super) const MARK: u32 = 0x0000_0000;
pub(super) const GAP: u32 = 0xFFFF_FFFE;
pub(super) const END: u32 = 0xFFFF_FFFF;
/// Left where a gap was written over the first half of an older one; met reading forward.
const HALF_GAP: u32 = 0xFFFE_FFFF;
pub(super) const BAD: u32 = 0x8000_0000;
const LENGTH: u32 = 0x0FFF_FFFF;

const AWS_HEADER: u64 = 6;
const AWS_BEGIN: u8 = 0x80;
const AWS_MARK: u8 = 0x40;
const AWS_FINISH: u8 = 0x20;

/// Objects that decide what format an image has.
const PROBED: usize = 65_536;

/// The format of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// SIMH, which is also what is written.
    Tap,
    /// Ersatz-11: as SIMH, with records of odd length not padded.
    E11,
    /// P/370 and Hercules, not compressed.
    Aws,
}

impl Format {
    /// All of them; the first ones are preferred when an image could be several.
    pub const ALL: [Format; 3] = [Format::Tap, Format::E11, Format::Aws];

    /// Its name in the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Tap => "tap",
            Format::E11 => "e11",
            Format::Aws => "aws",
        }
    }

    /// The format of an image, by its content: the first in which the image has no fault (as far as its first 65,536 objects show), or else the one that reads
    /// furthest. An image without records of odd length is the same in SIMH and E11 format and counts as SIMH.
    ///
    /// # Errors
    /// When the image cannot be read.
    pub fn detect<R: BufRead + Seek>(input: &mut R) -> io::Result<Format> {
        let mut best = (0, Format::Tap);
        for format in Format::ALL {
            let mut reader = Reader::new(&mut *input, format)?;
            reader.strict = true;
            let sound = loop {
                match reader.skip() {
                    Ok(Some(_)) if reader.objects < PROBED => {}
                    Ok(_) => break true,
                    Err(_) => break false,
                }
            };
            if sound {
                return Ok(format);
            }
            if reader.offset > best.0 {
                best = (reader.offset, format);
            }
        }
        Ok(best.1)
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        let found = Format::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| "a format is tap, e11 or aws".into())
    }
}

/// An object of an image that has a meaning here, or was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A record.
    Record {
        /// Length of its data.
        len: usize,
        /// Class 8: it cannot be read without error.
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
pub struct ImageError {
    /// Where in the image the object begins that cannot be read.
    pub offset: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with an object of an image.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The operating system refused.
    #[error("the file cannot be read: {0}")]
    Read(io::ErrorKind),
    /// The file ends within a word or header that should introduce an object.
    #[error("the image ends within a header: {have} of {need} bytes")]
    CutWord {
        /// Bytes that are there.
        have: u64,
        /// Length of the header.
        need: u64,
    },
    /// The file ends within a record.
    #[error(
        "a record of {len} bytes begins here, but the image holds only {have} of the {need} bytes it takes"
    )]
    CutRecord {
        /// The record's length.
        len: u64,
        /// Bytes of data, padding and trailing word that are needed.
        need: u64,
        /// Bytes that are there.
        have: u64,
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
        len: u64,
    },
    /// Flags of an AWS block that mean nothing, or not in this place.
    #[error("an AWS block with the flags {flags:#04x} cannot be here")]
    Flags {
        /// The first byte of flags.
        flags: u8,
    },
    /// Hercules' compressed extension of AWS.
    #[error("a compressed block (HET format)")]
    Compressed,
}

impl Problem {
    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Problem::Read(_) => "check the disk that it is on",
            Problem::CutWord { .. } | Problem::CutRecord { .. } => {
                "the copy is cut short: fetch it again, or cut the image at this offset to keep what comes before"
            }
            Problem::Lengths { .. } | Problem::Flags { .. } => {
                "either the image is damaged here, and can be cut at this offset, or it has another format: name it with --format"
            }
            Problem::Unpadded { .. } => "images in E11 format have no padding: try --format e11",
            Problem::Compressed => "write it again without compression (Hercules: hetupd -1 -d)",
        }
    }
}

/// Goes through the objects of an image, up to its end of medium or the first thing that cannot be read. Keeps nothing of what it has read.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    format: Format,
    len: u64,
    offset: u64,
    /// Objects read.
    objects: usize,
    ended: bool,
    /// AWS: the length of the block before is checked.
    strict: bool,
    /// AWS: the length of the block before.
    before: u16,
}

impl<R: BufRead + Seek> Reader<R> {
    /// Reads the image in `input` from its beginning.
    ///
    /// # Errors
    /// When its length cannot be found out.
    pub fn new(mut input: R, format: Format) -> io::Result<Reader<R>> {
        let len = input.seek(SeekFrom::End(0))?;
        input.rewind()?;
        Ok(Reader {
            input,
            format,
            len,
            offset: 0,
            objects: 0,
            ended: false,
            strict: false,
            before: 0,
        })
    }

    /// Where the next object begins, or the one that cannot be read; after the last one, where the end of medium is.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The format it reads.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Length of the image in bytes.
    pub fn image_len(&self) -> u64 {
        self.len
    }

    /// The next object, a record's data in `data`; `None` at the end of the medium, and for ever after that or after an error.
    ///
    /// # Errors
    /// [`ImageError`] when there is something that cannot be read.
    pub fn read(&mut self, data: &mut Vec<u8>) -> Result<Option<Object>, ImageError> {
        data.clear();
        self.step(Some(data))
    }

    /// The next object, without its data.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn skip(&mut self) -> Result<Option<Object>, ImageError> {
        self.step(None)
    }

    fn step(&mut self, data: Option<&mut Vec<u8>>) -> Result<Option<Object>, ImageError> {
        if self.ended {
            return Ok(None);
        }
        let object = match self.format {
            Format::Tap | Format::E11 => self.simh(data),
            Format::Aws => self.aws(data),
        };
        self.ended = !matches!(object, Ok(Some(_)));
        self.objects += 1;
        object.map_err(|problem| ImageError {
            offset: self.offset,
            problem,
        })
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// Goes on behind `len` bytes that are there, and leaves them in `data`.
    fn take(&mut self, len: u64, data: Option<&mut Vec<u8>>) -> Result<(), Problem> {
        match data {
            Some(data) => {
                let start = data.len();
                data.resize(start + len as usize, 0);
                self.input.read_exact(&mut data[start..])
            }
            None => self.input.seek_relative(len as i64),
        }
        .map_err(failed)
    }

    fn simh(&mut self, data: Option<&mut Vec<u8>>) -> Result<Option<Object>, Problem> {
        loop {
            let have = self.len - self.offset;
            if have < 4 {
                return if have == 0 {
                    Ok(None)
                } else {
                    Err(Problem::CutWord { have, need: 4 })
                };
            }
            let word = u32::from_le_bytes(self.bytes()?);
            let marker = match (word >> 28, word) {
                (_, END) => return Ok(None),
                (_, HALF_GAP) => {
                    self.input.seek_relative(-2).map_err(failed)?;
                    self.offset += 2;
                    continue;
                }
                (_, MARK) => Object::Mark,
                (_, GAP) => Object::Gap,
                (class @ (7 | 15), _) => Object::Skipped {
                    class: class as u8,
                    len: 0,
                },
                (class, _) => return self.record(class as u8, word, data).map(Some),
            };
            self.offset += 4;
            return Ok(Some(marker));
        }
    }

    fn record(
        &mut self,
        class: u8,
        word: u32,
        data: Option<&mut Vec<u8>>,
    ) -> Result<Object, Problem> {
        let len = u64::from(word & LENGTH);
        let padding = match self.format {
            Format::Tap => len % 2,
            _ => 0,
        };
        let (need, have) = (len + padding + 4, self.len - self.offset - 4);
        if have < len + 4 {
            return Err(Problem::CutRecord { len, need, have });
        }
        self.take(len, data)?;
        // A record that matches without its padding byte says more than a damaged one.
        let first: [u8; 4] = self.bytes()?;
        let unpadded = u32::from_le_bytes(first);
        let mut trailing = unpadded;
        if padding == 1 {
            if have >= need {
                let [last] = self.bytes()?;
                trailing = u32::from_le_bytes([first[1], first[2], first[3], last]);
            }
            if (have < need || trailing != word) && unpadded == word {
                return Err(Problem::Unpadded { len });
            }
            if have < need {
                return Err(Problem::CutRecord { len, need, have });
            }
        }
        if trailing != word {
            return Err(Problem::Lengths {
                leading: word,
                trailing,
            });
        }
        self.offset += 4 + need;
        let len = len as usize;
        Ok(match class {
            0 => Object::Record { len, bad: false },
            8 => Object::Record { len, bad: true },
            _ => Object::Skipped { class, len },
        })
    }

    fn aws(&mut self, mut data: Option<&mut Vec<u8>>) -> Result<Option<Object>, Problem> {
        let mut at = self.offset;
        let mut whole = 0;
        loop {
            let (have, first) = (self.len - at, at == self.offset);
            if have < AWS_HEADER {
                return if have == 0 && first {
                    Ok(None)
                } else if have == 0 {
                    Err(Problem::CutRecord {
                        len: whole,
                        need: at - self.offset + AWS_HEADER,
                        have: at - self.offset,
                    })
                } else {
                    Err(Problem::CutWord {
                        have,
                        need: AWS_HEADER,
                    })
                };
            }
            let [l0, l1, b0, b1, flags, _]: [u8; 6] = self.bytes()?;
            let (len, before) = (u16::from_le_bytes([l0, l1]), u16::from_le_bytes([b0, b1]));
            if flags & 0x03 != 0 && flags & AWS_MARK == 0 {
                return Err(Problem::Compressed);
            }
            let mark = flags == AWS_MARK && first && len == 0;
            let data_block =
                flags & !(AWS_BEGIN | AWS_FINISH) == 0 && (flags & AWS_BEGIN != 0) == first;
            if !(mark || data_block) || self.strict && before != self.before {
                return Err(Problem::Flags { flags });
            }
            let have = have - AWS_HEADER;
            let part = u64::from(len);
            if have < part {
                return Err(Problem::CutRecord {
                    len: part,
                    need: part,
                    have,
                });
            }
            self.take(part, data.as_deref_mut())?;
            self.before = len;
            at += AWS_HEADER + part;
            whole += part;
            if mark || flags & AWS_FINISH != 0 {
                self.offset = at;
                return Ok(Some(if mark {
                    Object::Mark
                } else {
                    Object::Record {
                        len: whole as usize,
                        bad: false,
                    }
                }));
            }
        }
    }
}

fn failed(error: io::Error) -> Problem {
    Problem::Read(error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// All objects, with the data of records.
    fn objects(image: &[u8], format: Format) -> Result<Vec<(Object, Vec<u8>)>, ImageError> {
        let mut reader = Reader::new(Cursor::new(image), format).unwrap();
        let (mut objects, mut data) = (Vec::new(), Vec::new());
        while let Some(object) = reader.read(&mut data)? {
            objects.push((object, data.clone()));
        }
        Ok(objects)
    }

    fn detect(image: &[u8]) -> Format {
        Format::detect(&mut Cursor::new(image)).unwrap()
    }

    const GOOD: Object = Object::Record { len: 3, bad: false };

    #[test]
    fn other_classes_are_skipped() {
        let mut image = words(&[0x7000_0001, 0xF000_0000]);
        for class in [1_u32, 6, 9, 13, 14] {
            let word = (class << 28) | 2;
            image.extend(words(&[word]));
            image.extend_from_slice(b"xy");
            image.extend(words(&[word]));
        }
        let found = objects(&image, Format::Tap).unwrap();
        let classes: Vec<u8> = found
            .iter()
            .filter_map(|(object, _)| match object {
                Object::Skipped { class, .. } => Some(*class),
                _ => None,
            })
            .collect();
        assert_eq!(classes, [7, 15, 1, 6, 9, 13, 14]);
        assert_eq!(found.len(), 7);
    }

    #[test]
    fn the_rest_of_a_half_overwritten_gap_is_skipped() {
        let mut image = words(&[0]);
        image.extend_from_slice(&[0xFF, 0xFF]);
        image.extend(words(&[0xFFFF_FFFE, 0, 0xFFFF_FFFF]));
        let found = objects(&image, Format::Tap).unwrap();
        let found: Vec<Object> = found.into_iter().map(|(object, _)| object).collect();
        assert_eq!(found, [Object::Mark, Object::Gap, Object::Mark]);
    }

    #[test]
    fn e11_has_no_padding() {
        let mut image = words(&[3]);
        image.extend_from_slice(b"abc");
        image.extend(words(&[3, 0, 0x8000_0001]));
        image.push(b'x');
        image.extend(words(&[0x8000_0001]));
        assert_eq!(
            objects(&image, Format::E11).unwrap(),
            [
                (GOOD, b"abc".to_vec()),
                (Object::Mark, vec![]),
                (Object::Record { len: 1, bad: true }, b"x".to_vec())
            ]
        );
        assert_eq!(detect(&image), Format::E11);
        assert_eq!(
            objects(&image, Format::Tap),
            Err(ImageError {
                offset: 0,
                problem: Problem::Unpadded { len: 3 }
            })
        );
    }

    #[test]
    fn aws_records_are_one_block_or_several() {
        let image = [
            &[3, 0, 0, 0, 0xA0, 0][..],
            b"abc",
            &[0, 0, 3, 0, 0x40, 0],
            &[2, 0, 0, 0, 0x80, 0],
            b"de",
            &[1, 0, 2, 0, 0x00, 0],
            b"f",
            &[2, 0, 1, 0, 0x20, 0],
            b"gh",
        ]
        .concat();
        let five = Object::Record { len: 5, bad: false };
        assert_eq!(
            objects(&image, Format::Aws).unwrap(),
            [
                (GOOD, b"abc".to_vec()),
                (Object::Mark, vec![]),
                (five, b"defgh".to_vec())
            ]
        );
        assert_eq!(detect(&image), Format::Aws);
        let problem = |image: &[u8]| objects(image, Format::Aws).unwrap_err();
        assert!(matches!(
            problem(&image[..image.len() - 1]),
            ImageError {
                offset: 15,
                problem: Problem::CutRecord { .. }
            }
        ));
        assert!(matches!(
            problem(&image[..23]).problem,
            Problem::CutRecord { .. }
        ));
        assert_eq!(problem(&image[23..]).problem, Problem::Flags { flags: 0 });
        let mut compressed = image.clone();
        compressed[4] |= 1;
        assert_eq!(problem(&compressed).problem, Problem::Compressed);
    }

    #[test]
    fn the_format_shows_in_the_content() {
        let mut tap = words(&[3]);
        tap.extend_from_slice(b"abc\0");
        tap.extend(words(&[3, 0, 0xFFFF_FFFF]));
        assert_eq!(detect(&tap), Format::Tap);
        assert_eq!(detect(&[]), Format::Tap);
        // Damaged images are what they are for most of their length.
        let aws: Vec<u8> = (0..20_u16)
            .flat_map(|number| {
                let before = if number == 0 { 0 } else { 80 };
                [&[80, 0, before, 0, 0xA0, 0][..], &[7; 80]].concat()
            })
            .collect();
        assert_eq!(detect(&aws), Format::Aws);
        assert_eq!(detect(&aws[..aws.len() - 3]), Format::Aws);
        let cut = tap[..tap.len() - 2].to_vec();
        assert_eq!(detect(&cut), Format::Tap);
    }
}

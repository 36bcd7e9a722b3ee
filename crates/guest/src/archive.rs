//! Reading backup tapes: the format of `docs/tape-format.md`, tolerant of damage.

use crate::MacName;
use crate::hfs::{Dates, File, FinderInfo};
use std::collections::BTreeMap;

/// Bytes in a block of the tape.
pub const BLOCK: usize = 512;

/// What lies on a tape, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A record of the tape; its length is a multiple of 512 unless it is damaged.
    Record(&'a [u8]),
    /// A filemark.
    Filemark,
}

/// One backup session of a tape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Number of its first block, counted over all records of the tape, filemarks not included.
    pub first_block: u64,
    /// The volume's name and the date at which the session began.
    pub volume: String,
    /// Seconds since 1904.
    pub date: u32,
    /// Files in the order of the tape.
    pub files: Vec<ArchivedFile>,
    /// Folders by catalogue ID: parent and name.
    pub folders: BTreeMap<u32, (u32, MacName)>,
    /// Blocks and records that are damaged, doubled or missing.
    pub defects: Vec<Defect>,
    /// What the session end says, if it is there.
    pub end: Option<SessionEnd>,
    /// Record headers found. Without a single one this is no session of this format but something else between two filemarks.
    pub records: u64,
}

/// A file as it was found on the tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedFile {
    /// Full path, folders separated by colons, the volume's name first.
    pub path: String,
    /// Folders from the backup's root down to the file, without the volume.
    pub folders: Vec<MacName>,
    /// The file, with whatever content the tape still has; lost bytes are zero.
    pub file: File,
    /// True when every piece is there and agrees with the sums.
    pub intact: bool,
    /// The Macintosh error with which the backup ended the file, 0 when it read all of it.
    pub error: i16,
}

/// What the program that wrote a session believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// Files written.
    pub files: u32,
    /// Bytes of forks written.
    pub bytes: u32,
    /// Files it could not read.
    pub unreadable: u32,
}

/// One thing that is wrong with a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Block on tape at which it shows, counted over all records.
    pub block: u64,
    /// What is wrong.
    pub kind: DefectKind,
    /// Path of the file it belongs to, where that is known.
    pub path: Option<String>,
    /// Byte of the file's fork at which the damaged piece begins, where that is known.
    pub offset: Option<u64>,
}

/// Kinds of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefectKind {
    /// A record whose data disagree with their sum.
    BadSum,
    /// Blocks where a record header should be and none is.
    NoHeader,
    /// Records whose sequence numbers never turn up; how many.
    Missing(u32),
    /// A session without an end.
    NoEnd,
}

/// The rotate-add sum of the format.
pub fn sum(bytes: &[u8]) -> u32 {
    bytes.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.rotate_left(1).wrapping_add(u32::from_be_bytes(word))
    })
}

struct Header<'a>(&'a [u8]);

impl Header<'_> {
    /// The record header in this block, if it is one.
    fn in_block(block: &[u8]) -> Option<Header<'_>> {
        let header = Header(block);
        let valid = block.len() == BLOCK
            && &block[..4] == b"RBAK"
            && header.word(4) == 1
            && header.long(508) == sum(&block[..508])
            && header.long(16) <= 65_536;
        valid.then_some(header)
    }

    fn word(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.0[at], self.0[at + 1]])
    }

    fn long(&self, at: usize) -> u32 {
        (u32::from(self.word(at)) << 16) | u32::from(self.word(at + 2))
    }

    fn text(&self, at: usize, limit: usize) -> Option<MacName> {
        let length = usize::from(self.0[at]).min(limit);
        MacName::from_bytes(&self.0[at + 1..at + 1 + length]).ok()
    }
}

const SESSION_START: u16 = 1;
const FOLDER: u16 = 2;
const FILE: u16 = 3;
const DATA: u16 = 4;
const FILE_END: u16 = 5;
const SESSION_END: u16 = 6;

/// A record whose header is sound: where it lies, and whether its data agree with their sum.
struct Found {
    block: u64,
    good: bool,
    header: Vec<u8>,
    data: Vec<u8>,
}

/// Reads every session on the tape.
pub fn sessions<'a>(items: impl IntoIterator<Item = Item<'a>>) -> Vec<Session> {
    let mut reader = Reader::default();
    let mut sessions: Vec<Session> = items
        .into_iter()
        .filter_map(|item| reader.push(item))
        .collect();
    sessions.extend(reader.push(Item::Filemark));
    sessions
}

/// Reads a tape item by item. It keeps one session; what comes before the first record header between two filemarks is only counted, so that tapes of other
/// programs take no memory.
#[derive(Debug, Default)]
pub struct Reader {
    /// Blocks before the last filemark.
    first: u64,
    /// Blocks since then that came before the first header.
    stray: u64,
    /// Everything from the first header on.
    bytes: Vec<u8>,
}

impl Reader {
    /// Takes the next item of the tape; a filemark gives the session that it ends. Behind the last item a filemark must be pushed.
    pub fn push(&mut self, item: Item<'_>) -> Option<Session> {
        match item {
            Item::Record(record) if self.bytes.is_empty() => {
                let ours = record
                    .chunks(BLOCK)
                    .position(|block| Header::in_block(block).is_some());
                let before = ours.unwrap_or(record.len().div_ceil(BLOCK));
                self.stray += before as u64;
                if ours.is_some() {
                    self.keep(&record[before * BLOCK..]);
                }
                None
            }
            Item::Record(record) => {
                self.keep(record);
                None
            }
            Item::Filemark => {
                let (bytes, stray) = (
                    std::mem::take(&mut self.bytes),
                    std::mem::take(&mut self.stray),
                );
                let (first, begin) = (self.first, self.first + stray);
                self.first = begin + (bytes.len() / BLOCK) as u64;
                if self.first == first {
                    return None;
                }
                let mut session = session(&bytes, begin);
                session.first_block = first;
                if stray > 0 {
                    let defect = Defect {
                        block: first,
                        kind: DefectKind::NoHeader,
                        path: None,
                        offset: None,
                    };
                    session.defects.insert(0, defect);
                }
                Some(session)
            }
        }
    }

    fn keep(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.bytes
            .resize(self.bytes.len().next_multiple_of(BLOCK), 0);
    }
}

fn session(bytes: &[u8], first: u64) -> Session {
    let mut session = Session {
        first_block: first,
        ..Session::default()
    };
    let found = scan(bytes, first, &mut session.defects);
    session.records = found.len() as u64;
    // Of several records with one sequence number the first good one counts.
    let mut by_sequence: BTreeMap<u32, Found> = BTreeMap::new();
    for record in found {
        let sequence = Header(&record.header).long(12);
        match by_sequence.get(&sequence) {
            Some(earlier) if earlier.good || !record.good => {}
            _ => {
                by_sequence.insert(sequence, record);
            }
        }
    }
    let mut objects: BTreeMap<u32, Collected> = BTreeMap::new();
    let mut expected = 0;
    for (&sequence, record) in &by_sequence {
        if sequence > expected {
            session.defects.push(Defect {
                block: record.block,
                kind: DefectKind::Missing(sequence - expected),
                path: None,
                offset: None,
            });
        }
        expected = sequence.saturating_add(1);
        take_record(record, bytes.len(), &mut session, &mut objects);
    }
    for record in by_sequence.values().filter(|record| !record.good) {
        let header = Header(&record.header);
        session.defects.push(Defect {
            block: record.block,
            kind: DefectKind::BadSum,
            path: objects
                .get(&header.long(24))
                .map(|object| object.path.clone()),
            offset: Some(u64::from(header.long(36))),
        });
    }
    if session.end.is_none() {
        let block = first + (bytes.len() / BLOCK) as u64;
        session.defects.push(Defect {
            block,
            kind: DefectKind::NoEnd,
            path: None,
            offset: None,
        });
    }
    session.defects.sort_by_key(|defect| defect.block);
    let folders = session.folders.clone();
    session.files = objects
        .into_values()
        .map(|object| object.finish(&folders))
        .collect();
    session
}

/// Finds every record, by the rules of the format's last section.
fn scan(bytes: &[u8], first: u64, defects: &mut Vec<Defect>) -> Vec<Found> {
    let blocks: Vec<&[u8]> = bytes.chunks_exact(BLOCK).collect();
    let mut found: Vec<Found> = Vec::new();
    let mut id = None;
    let mut lost_since = None;
    let mut at = 0;
    while at < blocks.len() {
        let header = Header::in_block(blocks[at])
            .filter(|header| *id.get_or_insert(header.long(8)) == header.long(8));
        let Some(header) = header else {
            lost_since.get_or_insert(at);
            at += 1;
            continue;
        };
        // Blocks behind a bad record are its own damage and are reported with it.
        let after_bad = found.last().is_some_and(|record| !record.good);
        if let Some(start) = lost_since.take().filter(|_| !after_bad) {
            defects.push(Defect {
                block: first + start as u64,
                kind: DefectKind::NoHeader,
                path: None,
                offset: None,
            });
        }
        let length = header.long(16) as usize;
        let start = (at + 1) * BLOCK;
        let data = bytes.get(start..start + length);
        let good = data.is_some_and(|data| sum(data) == header.long(20));
        if data.is_none() && !has_header(&blocks[at + 1..], header.long(8)) {
            // The tape was stopped inside this record: the missing session end says so.
            break;
        }
        found.push(Found {
            block: first + at as u64,
            good,
            header: blocks[at].to_vec(),
            data: bytes[start.min(bytes.len())..(start + length).min(bytes.len())].to_vec(),
        });
        at += if good { 1 + length.div_ceil(BLOCK) } else { 1 };
    }
    if let Some(start) = lost_since.filter(|_| found.last().is_none_or(|record| record.good)) {
        defects.push(Defect {
            block: first + start as u64,
            kind: DefectKind::NoHeader,
            path: None,
            offset: None,
        });
    }
    found
}

fn has_header(blocks: &[&[u8]], session: u32) -> bool {
    let headers = blocks.iter().filter_map(|block| Header::in_block(block));
    headers.into_iter().any(|header| header.long(8) == session)
}

/// A file whose records are being collected.
struct Collected {
    path: String,
    parent: u32,
    file: File,
    fork_sums: [u32; 2],
    written: [u64; 2],
    ended: Option<(i16, [u32; 2])>,
    bad: bool,
}

fn take_record(
    record: &Found,
    tape_length: usize,
    session: &mut Session,
    objects: &mut BTreeMap<u32, Collected>,
) {
    let header = Header(&record.header);
    let object = header.long(24);
    match header.word(6) {
        SESSION_START => {
            session.volume = header
                .text(32, 31)
                .map(|name| name.to_string())
                .unwrap_or_default();
            session.date = header.long(64);
        }
        FOLDER => {
            if let Some(name) = header.text(94, 31) {
                session
                    .folders
                    .insert(header.long(32), (header.long(36), name));
            }
        }
        FILE => {
            let Some(name) = header.text(94, 31) else {
                return;
            };
            let mut finder = [0; 32];
            finder.copy_from_slice(&record.header[52..84]);
            let dates = Dates {
                created: header.long(40),
                modified: header.long(44),
                backed_up: header.long(48),
            };
            let parent = header.long(36);
            let path = folder_path(parent, &session.folders)
                .iter()
                .fold(session.volume.clone(), |path, folder| {
                    format!("{path}:{folder}")
                });
            // Lengths are claims of the tape; the content is only ever as long as the pieces that are there.
            let file = File {
                name: name.clone(),
                data: Vec::new(),
                resource: Vec::new(),
                finder: FinderInfo(finder),
                dates,
            };
            let path = format!("{path}:{name}");
            let collected = Collected {
                path,
                parent,
                file,
                fork_sums: [0; 2],
                written: [0; 2],
                ended: None,
                bad: false,
            };
            objects.insert(object, collected);
        }
        DATA => {
            let Some(collected) = objects.get_mut(&object) else {
                return;
            };
            let fork = usize::from(header.word(32) != 0);
            let offset = header.long(36) as usize;
            let bytes = if fork == 0 {
                &mut collected.file.data
            } else {
                &mut collected.file.resource
            };
            // No fork is longer than the tape it lies on.
            if offset > tape_length {
                collected.bad = true;
                return;
            }
            if bytes.len() < offset + record.data.len() {
                bytes.resize(offset + record.data.len(), 0);
            }
            bytes[offset..offset + record.data.len()].copy_from_slice(&record.data);
            collected.written[fork] += record.data.len() as u64;
            collected.fork_sums[fork] = collected.fork_sums[fork]
                .rotate_left(1)
                .wrapping_add(header.long(20));
            collected.bad |= !record.good;
        }
        FILE_END => {
            let Some(collected) = objects.get_mut(&object) else {
                return;
            };
            let lengths = [u64::from(header.long(32)), u64::from(header.long(36))];
            collected.bad |= lengths != collected.written;
            collected.ended = Some((header.word(48) as i16, [header.long(40), header.long(44)]));
        }
        SESSION_END => {
            session.end = Some(SessionEnd {
                files: header.long(32),
                bytes: header.long(40),
                unreadable: header.long(48),
            });
        }
        _ => {}
    }
}

fn folder_path(id: u32, folders: &BTreeMap<u32, (u32, MacName)>) -> Vec<MacName> {
    let mut path = Vec::new();
    let mut next = id;
    while let Some((parent, name)) = folders.get(&next).filter(|_| path.len() < 100) {
        path.insert(0, name.clone());
        next = *parent;
    }
    // The first folder is the backup's root: the volume itself, when everything was backed up.
    if path.len() < 100 && !path.is_empty() && next == 1 {
        path.remove(0);
    }
    path
}

impl Collected {
    fn finish(self, folders: &BTreeMap<u32, (u32, MacName)>) -> ArchivedFile {
        let error = self.ended.map_or(0, |(error, _)| error);
        let intact =
            !self.bad && error == 0 && self.ended.is_some_and(|(_, sums)| sums == self.fork_sums);
        ArchivedFile {
            path: self.path,
            folders: folder_path(self.parent, folders),
            file: self.file,
            intact,
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(
        kind: u16,
        sequence: u32,
        object: u32,
        data: &[u8],
        fill: impl FnOnce(&mut [u8]),
    ) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[..4].copy_from_slice(b"RBAK");
        block[4..6].copy_from_slice(&1_u16.to_be_bytes());
        block[6..8].copy_from_slice(&kind.to_be_bytes());
        block[8..12].copy_from_slice(&0xA6C5_D0F0_u32.to_be_bytes());
        block[12..16].copy_from_slice(&sequence.to_be_bytes());
        block[16..20].copy_from_slice(&(data.len() as u32).to_be_bytes());
        block[20..24].copy_from_slice(&sum(data).to_be_bytes());
        block[24..28].copy_from_slice(&object.to_be_bytes());
        fill(&mut block);
        let check = sum(&block[..508]);
        block[508..].copy_from_slice(&check.to_be_bytes());
        block.extend_from_slice(data);
        block.resize(block.len().next_multiple_of(BLOCK), 0);
        block
    }

    fn pascal(block: &mut [u8], at: usize, text: &str) {
        block[at] = text.len() as u8;
        block[at + 1..at + 1 + text.len()].copy_from_slice(text.as_bytes());
    }

    fn tape(content: &[u8]) -> Vec<u8> {
        let long = |block: &mut [u8], at: usize, value: u32| {
            block[at..at + 4].copy_from_slice(&value.to_be_bytes())
        };
        let pieces: Vec<&[u8]> = content.chunks(1024).collect();
        let mut tape = header(SESSION_START, 0, 0, &[], |b| pascal(b, 32, "Disk"));
        tape.extend(header(FOLDER, 1, 1, &[], |b| {
            long(b, 32, 2);
            long(b, 36, 1);
            pascal(b, 94, "Disk");
        }));
        tape.extend(header(FILE, 2, 2, &[], |b| {
            long(b, 32, 20);
            long(b, 36, 2);
            pascal(b, 94, "note");
        }));
        let mut fork_sum = 0_u32;
        for (n, piece) in pieces.iter().enumerate() {
            fork_sum = fork_sum.rotate_left(1).wrapping_add(sum(piece));
            tape.extend(header(DATA, 3 + n as u32, 2, piece, |b| {
                long(b, 36, 1024 * n as u32)
            }));
        }
        let next = 3 + pieces.len() as u32;
        tape.extend(header(FILE_END, next, 2, &[], |b| {
            long(b, 32, content.len() as u32);
            long(b, 40, fork_sum);
        }));
        tape.extend(header(SESSION_END, next + 1, 0, &[], |b| long(b, 32, 1)));
        tape
    }

    fn read(tape: &[u8]) -> Session {
        sessions([Item::Record(tape), Item::Filemark, Item::Filemark]).remove(0)
    }

    #[test]
    fn the_examples_of_the_format_hold() {
        assert_eq!(sum(&[0x80, 0, 0, 1, 0, 0, 0, 2, 0x0A]), 0x0A00_000A);
        let block = header(DATA, 2, 1, b"Hello, tape.\r", |_| {});
        assert_eq!(block[20..24], [0xCF, 0xBC, 0xAF, 0x8E]);
        assert_eq!(block[508..512], [0xBF, 0x9C, 0x86, 0xC1]);
    }

    #[test]
    fn a_sound_tape_gives_back_its_files() {
        let content: Vec<u8> = (0..5000_u32).map(|n| (n * 7) as u8).collect();
        let session = read(&tape(&content));
        assert_eq!(session.defects, []);
        assert_eq!(session.files.len(), 1);
        let file = &session.files[0];
        assert_eq!(
            (file.path.as_str(), file.intact, file.folders.len()),
            ("Disk:note", true, 0)
        );
        assert_eq!(file.file.data, content);
    }

    #[test]
    fn lost_bytes_are_found_at_their_block_and_the_rest_is_read() {
        let content = vec![7; 8192];
        let mut damaged = tape(&content);
        // A hundred bytes vanish from the third piece, which shifts everything up to the end of that transfer.
        let piece = 3 * BLOCK + 2 * 3 * BLOCK;
        damaged.drain(piece + 600..piece + 700);
        let next = piece + 3 * BLOCK - 100;
        damaged.splice(next..next, [0; 100]);
        let session = read(&damaged);
        assert_eq!(session.defects.len(), 1);
        assert_eq!(session.defects[0].kind, DefectKind::BadSum);
        assert_eq!(session.defects[0].block, 9);
        assert_eq!(session.defects[0].offset, Some(2048));
        assert_eq!(session.defects[0].path.as_deref(), Some("Disk:note"));
        assert!(!session.files[0].intact);
    }

    #[test]
    fn lost_and_repeated_records_are_told_apart() {
        let sound = tape(&[1; 3000]);
        let mut lost = sound.clone();
        lost.drain(3 * BLOCK..6 * BLOCK);
        assert!(
            read(&lost)
                .defects
                .iter()
                .any(|defect| defect.kind == DefectKind::Missing(1))
        );
        let mut repeated = sound.clone();
        let piece = repeated[3 * BLOCK..6 * BLOCK].to_vec();
        repeated.splice(3 * BLOCK..3 * BLOCK, piece);
        assert_eq!(read(&repeated).defects, []);
        assert!(
            read(&sound[..sound.len() - BLOCK])
                .defects
                .iter()
                .any(|defect| defect.kind == DefectKind::NoEnd)
        );
    }

    proptest::proptest! {
        #[test]
        fn no_tape_makes_the_reader_fail(damage in proptest::collection::vec((0_usize..8000, 0_u8..=255), 0..20), cut in 0_usize..9000) {
            let mut bytes = tape(&[9; 4000]);
            for (at, value) in damage {
                let len = bytes.len();
                bytes[at % len] = value;
            }
            bytes.truncate(cut);
            sessions([Item::Record(&bytes)]);
        }
    }
}

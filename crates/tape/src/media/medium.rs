use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Bytes of data in one frame, the unit in which positions on tape are counted. A QIC block is one frame.
pub const FRAME: usize = 512;

/// Frames that `len` bytes of data take; a tape mark, and a record of no length, take one as well.
fn frames_of(len: usize) -> u64 {
    (len.div_ceil(FRAME) as u64).max(1)
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Record { start: usize, len: usize, bad: bool },
    Mark { set: bool },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    at: u64,
    kind: Kind,
}

impl Item {
    fn frames(&self) -> u64 {
        match self.kind {
            Kind::Record { len, .. } => frames_of(len),
            Kind::Mark { .. } => 1,
        }
    }
}

/// What one block of a medium holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// A record of data.
    Record {
        /// What can be read of it.
        data: &'a [u8],
        /// True when the record cannot be read without error.
        bad: bool,
    },
    /// A tape mark: a filemark, or a setmark where [`Medium::is_setmark`] says so.
    Mark,
}

/// One block of a medium: a record or a tape mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// Its number, counted from 0 at the beginning of the medium, records and marks alike (SCSI-2, 10.2.6, "block address").
    pub number: u64,
    /// The frame on tape at which it begins, counted from the beginning of the first track.
    pub at: u64,
    /// What it holds.
    pub content: Content<'a>,
}

/// A tape: records and tape marks at their physical positions.
///
/// Positions are counted in frames of [`FRAME`] bytes along the whole tape, track after track. Where a block does not begin at
/// the end of the one before, the frames between hold no data: a repeated block, a postamble, an erased stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medium {
    items: Vec<Item>,
    data: Vec<u8>,
    end: u64,
    write_protected: bool,
    defects: BTreeSet<u64>,
}

impl Medium {
    /// A blank tape, not write protected.
    pub fn new() -> Medium {
        Medium::default()
    }

    /// True when the cartridge's plug is set to SAFE.
    pub fn write_protected(&self) -> bool {
        self.write_protected
    }

    /// Sets the cartridge's plug.
    pub fn set_write_protected(&mut self, protected: bool) {
        self.write_protected = protected;
    }

    /// The number of blocks, marks included.
    pub fn len(&self) -> u64 {
        self.items.len() as u64
    }

    /// True for a tape without a single block.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The frame behind the last thing written: where appending goes on.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The block with this number, or `None` at and behind the end of data.
    pub fn block(&self, number: u64) -> Option<Block<'_>> {
        let item = self.items.get(usize::try_from(number).ok()?)?;
        let content = match item.kind {
            Kind::Record { start, len, bad } => Content::Record {
                data: &self.data[start..start + len],
                bad,
            },
            Kind::Mark { .. } => Content::Mark,
        };
        Some(Block {
            number,
            at: item.at,
            content,
        })
    }

    /// All blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        (0..self.len()).filter_map(|number| self.block(number))
    }

    /// Frames that the block with this number takes; 0 when there is none.
    pub fn frames(&self, number: u64) -> u64 {
        self.items.get(number as usize).map_or(0, Item::frames)
    }

    /// The frame at which the block with this number begins; that of the end of data when there is none.
    pub fn position(&self, number: u64) -> u64 {
        self.items
            .get(number as usize)
            .map_or(self.end, |item| item.at)
    }

    /// Appends a record; `bad` marks it as unreadable.
    pub fn push_record(&mut self, data: &[u8], bad: bool) {
        let kind = Kind::Record {
            start: self.data.len(),
            len: data.len(),
            bad,
        };
        self.data.extend_from_slice(data);
        self.push(kind);
    }

    /// Appends a tape mark.
    pub fn push_mark(&mut self) {
        self.push(Kind::Mark { set: false });
    }

    /// Appends a setmark: a mark above filemarks, which drives of some formats can write (SCSI-2, 10.1.2).
    ///
    /// Images have no setmarks: in one it is a tape mark like any other, which keeps the number of every block; the file beside it tells them apart.
    pub fn push_setmark(&mut self) {
        self.push(Kind::Mark { set: true });
    }

    /// True when the block with this number is a setmark.
    pub fn is_setmark(&self, number: u64) -> bool {
        self.items
            .get(number as usize)
            .is_some_and(|item| item.kind == Kind::Mark { set: true })
    }

    /// Makes the tape mark with this number a setmark; false when there is no tape mark with this number.
    pub fn set_setmark(&mut self, number: u64) -> bool {
        let item = usize::try_from(number).ok();
        let item = item.and_then(|number| self.items.get_mut(number));
        match item.map(|item| &mut item.kind) {
            Some(Kind::Mark { set }) => {
                *set = true;
                true
            }
            _ => false,
        }
    }

    /// Leaves `frames` frames without data behind what was written last.
    pub fn push_gap(&mut self, frames: u64) {
        self.end += frames;
    }

    fn push(&mut self, kind: Kind) {
        let item = Item { at: self.end, kind };
        self.end += item.frames();
        self.items.push(item);
    }

    /// Forgets the block with this number and everything behind it: what writing over a streaming cartridge does to the rest of it.
    pub fn truncate(&mut self, number: u64) {
        let Some(first) = self.items.get(number as usize) else {
            return;
        };
        self.end = first.at;
        self.items.truncate(number as usize);
        let kept = self.items.iter().rev().find_map(|item| match item.kind {
            Kind::Record { start, len, .. } => Some(start + len),
            Kind::Mark { .. } => None,
        });
        self.data.truncate(kept.unwrap_or(0));
    }

    /// Makes the tape blank. Its defects stay.
    pub fn erase(&mut self) {
        self.items.clear();
        self.data.clear();
        self.end = 0;
    }

    /// Makes the record with this number unreadable (or readable again). Marks and numbers behind the end of data are left alone.
    pub fn set_bad(&mut self, number: u64, is_bad: bool) {
        if let Some(Item {
            kind: Kind::Record { bad, .. },
            ..
        }) = self.items.get_mut(number as usize)
        {
            *bad = is_bad;
        }
    }

    /// The data of the record with this number, to be altered; `None` for marks and behind the end of data.
    pub fn record_mut(&mut self, number: u64) -> Option<&mut [u8]> {
        match self.items.get(number as usize)?.kind {
            Kind::Record { start, len, .. } => Some(&mut self.data[start..start + len]),
            Kind::Mark { .. } => None,
        }
    }

    /// Frames on which nothing that is written can be read back.
    pub fn defects(&self) -> &BTreeSet<u64> {
        &self.defects
    }

    /// Makes a frame defective, or sound again.
    pub fn set_defect(&mut self, frame: u64, defective: bool) {
        if defective {
            self.defects.insert(frame);
        } else {
            self.defects.remove(&frame);
        }
    }

    /// Records that cannot be read.
    pub fn bad_records(&self) -> u64 {
        self.items
            .iter()
            .filter(|item| matches!(item.kind, Kind::Record { bad: true, .. }))
            .count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_their_physical_positions() {
        let mut medium = Medium::new();
        medium.push_record(&[1; 512], false);
        medium.push_gap(2);
        medium.push_record(&[2; 700], false);
        medium.push_mark();
        let at: Vec<u64> = medium.blocks().map(|block| block.at).collect();
        assert_eq!(at, [0, 3, 5]);
        assert_eq!(medium.end(), 6);
        assert_eq!(medium.position(9), 6);
    }

    #[test]
    fn writing_over_a_block_takes_everything_behind_it() {
        let mut medium = Medium::new();
        medium.push_record(&[1; 512], false);
        medium.push_mark();
        medium.push_record(&[2; 512], false);
        medium.truncate(2);
        assert_eq!((medium.len(), medium.end()), (2, 2));
        medium.push_record(&[3; 4], false);
        assert_eq!(
            medium.block(2).unwrap().content,
            Content::Record {
                data: &[3; 4],
                bad: false
            }
        );
        medium.truncate(0);
        assert_eq!((medium.len(), medium.end()), (0, 0));
    }
}

//! Defective sectors: which there are, which lists they stand on, and the sectors that stand in for them (SCSI-2, 9.1.2, 9.2.1, 9.2.8, 9.2.10).

use super::Disk;
use super::commands::Job;
use super::descriptor::number;
use super::figures::Figures;
use super::image::BLOCK;
use super::sense::{Code, Sense, code};
use crate::Status;
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A sector or block that no number of tries can read.
pub(super) const NEVER: u32 = u32::MAX;

/// Formats of defect descriptors (SCSI-2, tables 112 to 115).
mod descriptor_format {
    pub const BLOCK: u8 = 0;
    pub const BYTES_FROM_INDEX: u8 = 4;
    pub const PHYSICAL_SECTOR: u8 = 5;
}

/// Bits of the defect list header of FORMAT UNIT (SCSI-2, table 111).
mod header {
    /// The other bits mean something.
    pub const FOV: u8 = 0x80;
    /// The primary list is not used.
    pub const DPRY: u8 = 0x40;
    /// No certification: the drive makes none in any case.
    pub const DCRT: u8 = 0x20;
    /// Stop at a list that cannot be read: it always can.
    pub const STPF: u8 = 0x10;
}

/// The surface of the disk. A sector is counted in the order of the tracks; block n lies in sector n unless that was defective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Surface {
    blocks: u32,
    first_spare: u32,
    spares: u32,
    used: u32,
    /// The sectors of the primary list: found at the factory.
    primary: BTreeSet<u32>,
    /// The sectors of the grown list.
    grown: BTreeSet<u32>,
    /// Blocks that lie in a spare.
    moved: BTreeMap<u32, u32>,
    /// Flawed sectors, and how often each must be tried again to be read.
    flaws: BTreeMap<u32, u32>,
    /// Blocks whose sector holds nothing that can be read until it is written again.
    lost: BTreeSet<u32>,
}

impl Surface {
    pub fn new(blocks: u32, figures: &Figures, mut random: Stream) -> Surface {
        let mut surface = Surface {
            blocks,
            // A cylinder of their own, inference: alternate sectors on the same cylinder would change where every block lies.
            first_spare: blocks.next_multiple_of(figures.cylinder()),
            spares: figures.spares,
            used: 0,
            primary: BTreeSet::new(),
            grown: BTreeSet::new(),
            moved: BTreeMap::new(),
            flaws: BTreeMap::new(),
            lost: BTreeSet::new(),
        };
        if blocks > 0 {
            for _ in 0..figures.primary_defects {
                let sector = random.below(u64::from(blocks)) as u32;
                surface.primary.insert(sector);
                surface.flaws.insert(sector, NEVER);
            }
        }
        // There are no more of them than spares.
        surface.assign(true);
        surface
    }

    /// The sector in which a block lies.
    pub fn sector(&self, block: u32) -> u32 {
        self.moved.get(&block).copied().unwrap_or(block)
    }

    /// How often a block must be tried again until it can be read.
    pub fn tries(&self, block: u32) -> u32 {
        if self.lost.contains(&block) {
            return NEVER;
        }
        self.flaws.get(&self.sector(block)).copied().unwrap_or(0)
    }

    /// True when the reason is the sector itself.
    pub fn is_flawed(&self, block: u32) -> bool {
        self.flaws.contains_key(&self.sector(block))
    }

    /// Makes the sector of a block need so many tries more to be read, whatever is written there.
    pub fn spoil(&mut self, block: u32, tries: u32) {
        self.flaws.insert(self.sector(block), tries);
    }

    /// What a block's sector holds can no longer be read.
    pub fn lose(&mut self, block: u32) {
        self.lost.insert(block);
    }

    /// A block was written.
    pub fn written(&mut self, block: u32) {
        if !self.lost.is_empty() {
            self.lost.remove(&block);
        }
    }

    /// Puts a block into a spare; false when there is none.
    pub fn reassign(&mut self, block: u32) -> bool {
        let Some(spare) = self.spare() else {
            return false;
        };
        self.grown.insert(self.sector(block));
        self.moved.insert(block, spare);
        self.lost.remove(&block);
        true
    }

    /// The next sound spare.
    fn spare(&mut self) -> Option<u32> {
        while self.used < self.spares {
            let sector = self.first_spare + self.used;
            self.used += 1;
            if !self.grown.contains(&sector) && !self.primary.contains(&sector) {
                return Some(sector);
            }
        }
        None
    }

    /// Lays the blocks out anew around the listed sectors; false when there are not spares enough.
    fn assign(&mut self, use_primary: bool) -> bool {
        self.moved.clear();
        self.lost.clear();
        self.used = 0;
        let listed = self.grown.iter().copied();
        let primary = self.primary.iter().copied().filter(|_| use_primary);
        let defective: BTreeSet<u32> = listed.chain(primary).collect();
        for &sector in defective.range(..self.blocks) {
            match self.spare() {
                Some(spare) => self.moved.insert(sector, spare),
                None => return false,
            };
        }
        true
    }

    /// FORMAT UNIT: these sectors become the grown list, or are added to it.
    fn format(&mut self, defects: &[u32], keep_grown: bool, use_primary: bool) -> bool {
        if !keep_grown {
            self.grown.clear();
        }
        self.grown.extend(defects);
        self.assign(use_primary)
    }

    fn sectors(&self) -> u32 {
        self.first_spare + self.spares
    }

    /// The listed sectors in ascending order.
    fn list(&self, primary: bool, grown: bool) -> Vec<u32> {
        let mut list: BTreeSet<u32> = BTreeSet::new();
        if primary {
            list.extend(&self.primary);
        }
        if grown {
            list.extend(&self.grown);
        }
        list.into_iter().collect()
    }
}

/// Bytes of a defect descriptor; `None` for a format that does not exist.
fn descriptor_length(format: u8) -> Option<usize> {
    match format {
        descriptor_format::BLOCK => Some(4),
        descriptor_format::BYTES_FROM_INDEX | descriptor_format::PHYSICAL_SECTOR => Some(8),
        _ => None,
    }
}

impl Figures {
    /// Where on its track a sector lies, counted from the index mark.
    fn place(&self, sector: u32) -> u32 {
        sector % self.sectors * self.interleave % self.sectors
    }

    /// A sector as a defect descriptor. Bytes from index are counted in bytes of data, as if there were nothing between the sectors: what is
    /// there of gaps and headers was never published for these drives.
    fn describe(&self, sector: u32, format: u8) -> [u8; 8] {
        let (track, place) = (sector / self.sectors, sector % self.sectors);
        let last = match format {
            descriptor_format::BYTES_FROM_INDEX => self.place(sector) * BLOCK as u32,
            _ => place,
        };
        let mut bytes = (u64::from(track / self.heads) << 40 | u64::from(last)).to_be_bytes();
        bytes[3] = (track % self.heads) as u8;
        bytes
    }

    /// The sectors that a defect descriptor names: one, or with FFFFFFFFh a whole track.
    fn named(&self, descriptor: &[u8], format: u8) -> Option<Vec<u32>> {
        if format == descriptor_format::BLOCK {
            return Some(vec![number(descriptor)]);
        }
        let (cylinder, head, last) = (
            number(&descriptor[..3]),
            u32::from(descriptor[3]),
            number(&descriptor[4..]),
        );
        let track = cylinder.checked_mul(self.heads)?.checked_add(head)?;
        let first = track.checked_mul(self.sectors)?;
        let on_track = first..first.checked_add(self.sectors)?;
        if head >= self.heads {
            return None;
        }
        if last == u32::MAX {
            return Some(on_track.collect());
        }
        let wanted = |sector: &u32| match format {
            descriptor_format::BYTES_FROM_INDEX => self.place(*sector) == last / BLOCK as u32,
            _ => sector % self.sectors == last,
        };
        on_track.into_iter().find(wanted).map(|sector| vec![sector])
    }
}

impl Disk {
    /// FORMAT UNIT (SCSI-2, 9.2.1). The contents stay as they are: the standard lets a drive leave them undefined. It takes one revolution for each
    /// track and the seeks between.
    pub(super) fn begin_format(&mut self, now: Ticks, cdb: &[u8]) -> Job {
        let format = cdb[1] & 7;
        if cdb[1] & 0x10 == 0 {
            // Without a list both lists are used as they are; CmpLst and the format have no meaning.
            return self.format(now, &[], true, true);
        }
        if descriptor_length(format).is_none() {
            return self.fail(code::FIELD_IN_CDB);
        }
        self.parameters(now, 4)
    }

    /// The defect list, or its header: how much follows.
    pub(super) fn format_list(&mut self, now: Ticks) -> Job {
        let list = std::mem::take(&mut self.bytes);
        let length = number(&list[2..4]) as usize;
        let (complete, format) = (self.cdb.bytes()[1] & 8 != 0, self.cdb.bytes()[1] & 7);
        let unit = descriptor_length(format).unwrap_or(1);
        let bits = list[1];
        let known = header::FOV | header::DPRY | header::DCRT | header::STPF;
        if bits & !known != 0
            || (bits & header::FOV == 0 && bits != 0)
            || !length.is_multiple_of(unit)
        {
            return self.fail(code::FIELD_IN_LIST);
        }
        if list.len() < 4 + length {
            self.bytes = list;
            return Job::Parameters(4 + length as u32);
        }
        let mut sectors = Vec::new();
        for descriptor in list[4..].chunks(unit) {
            let named = match format {
                // The blocks are those of the layout that ends here.
                descriptor_format::BLOCK if number(descriptor) < self.image.blocks() => {
                    Some(vec![self.surface.sector(number(descriptor))])
                }
                descriptor_format::BLOCK => None,
                _ => self.figures.named(descriptor, format),
            };
            match named {
                Some(named) if named.iter().all(|&sector| sector < self.surface.sectors()) => {
                    sectors.extend(named);
                }
                _ => return self.fail(code::FIELD_IN_LIST),
            }
        }
        let ascending = list[4..].chunks(unit).is_sorted_by(|a, b| a < b);
        if !ascending {
            return self.fail(code::FIELD_IN_LIST);
        }
        self.format(now, &sectors, !complete, bits & header::DPRY == 0)
    }

    fn format(&mut self, now: Ticks, defects: &[u32], keep_grown: bool, use_primary: bool) -> Job {
        let tracks = u64::from(self.figures.cylinders * self.figures.heads);
        let seeks = self.figures.seek(1) * u64::from(self.figures.cylinders);
        self.ready = self.ready.max(now) + self.figures.revolution() * tracks + seeks;
        if self.surface.format(defects, keep_grown, use_primary) {
            Job::End(Status::Good)
        } else {
            self.fail(code::NO_SPARE)
        }
    }

    /// REASSIGN BLOCKS (SCSI-2, 9.2.10): each block goes to a spare sector. What could still be read goes with it, zeros take the place of what could
    /// not (the standard leaves the data open).
    pub(super) fn reassign_list(&mut self, now: Ticks) -> Job {
        let list = std::mem::take(&mut self.bytes);
        let length = number(&list[2..4]);
        if list[..2] != [0, 0] || !length.is_multiple_of(4) {
            return self.fail(code::FIELD_IN_LIST);
        }
        if (list.len() as u32) < 4 + length {
            self.bytes = list;
            return Job::Parameters(4 + length);
        }
        let blocks: Vec<u32> = list[4..].chunks(4).map(number).collect();
        if !blocks.is_sorted_by(|a, b| a < b) {
            return self.fail(code::FIELD_IN_LIST);
        }
        if let Some(&block) = blocks.iter().find(|&&block| block >= self.image.blocks()) {
            return self.fail(Sense::at(code::BLOCK, block));
        }
        self.ready = self.ready.max(now);
        for block in blocks {
            let readable = self.surface.tries(block) <= u32::from(self.mode.read_retries());
            if !self.surface.reassign(block) {
                let sense = Sense {
                    specific: block,
                    ..code::NO_SPARE.into()
                };
                return self.fail(sense);
            }
            if !readable {
                self.image.write(block, &[0; BLOCK]);
            }
            // To the spare, and it is written.
            let sector = self.surface.sector(block);
            self.ready = self.mechanics.pass(&self.figures, self.ready, sector);
        }
        Job::End(Status::Good)
    }

    /// READ DEFECT DATA (SCSI-2, 9.2.8). Blocks are no format in which the primary list could be told: it comes as physical sectors then, with
    /// RECOVERED ERROR at the end.
    pub(super) fn read_defect_data(&mut self, cdb: &[u8]) -> Job {
        let (lists, asked) = (cdb[2] & 0x18, cdb[2] & 7);
        let given = match asked {
            descriptor_format::BYTES_FROM_INDEX => asked,
            _ => descriptor_format::PHYSICAL_SECTOR,
        };
        let sectors = self.surface.list(lists & 0x10 != 0, lists & 8 != 0);
        let length = (sectors.len() * 8) as u16;
        let mut data = vec![0, lists | given];
        data.extend(length.to_be_bytes());
        for sector in sectors {
            data.extend(self.figures.describe(sector, given));
        }
        let job = self.reply(&data, number(&cdb[7..9]) as usize);
        if given == asked {
            return job;
        }
        self.note(code::OTHER_DEFECT_FORMAT);
        match job {
            Job::Reply(_) => Job::Reply(Status::CheckCondition),
            _ => Job::End(Status::CheckCondition),
        }
    }

    /// Damages the sector of a block: it must be tried again so many times to be read, whatever is written there; `None`: it can never be read.
    pub fn spoil(&mut self, block: u32, tries: Option<u32>) {
        if block < self.image.blocks() {
            self.surface.spoil(block, tries.unwrap_or(NEVER));
        }
    }

    /// Makes what a block's sector holds unreadable until it is written again.
    pub fn damage(&mut self, block: u32) {
        if block < self.image.blocks() {
            self.surface.lose(block);
        }
    }

    pub(super) fn note(&mut self, code: Code) {
        self.nexus().sense = code.into();
    }
}

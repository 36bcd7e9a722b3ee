use super::{BLOCK, CATALOG_FILE, Dates, EXTENTS_FILE, File, FinderInfo, Folder, HfsError, ROOT};
use crate::MacName;
use std::collections::BTreeMap;

/// Reads a whole HFS volume: the root folder with everything below it, in catalogue order.
///
/// # Errors
/// When `image` is no HFS volume or its structures contradict one another.
pub fn read(image: &[u8]) -> Result<Folder, HfsError> {
    let volume = Image(image);
    if volume.word(2 * BLOCK).ok() != Some(0x4244) || image.len() < 4 * BLOCK {
        return Err(HfsError::NotHfs);
    }
    let mdb = 2 * BLOCK;
    let layout = Layout {
        image: volume,
        unit: volume.long(mdb + 20)? as usize,
        first: usize::from(volume.word(mdb + 28)?) * BLOCK,
    };
    if layout.unit == 0 || !layout.unit.is_multiple_of(BLOCK) {
        return Err(damaged("impossible allocation block size", mdb + 20));
    }
    let no_overflow = BTreeMap::new();
    let extents = layout.fork(
        &no_overflow,
        (EXTENTS_FILE, 0),
        mdb + 134,
        volume.long(mdb + 130)?,
    )?;
    let mut overflow = BTreeMap::new();
    for record in leaves(&extents)? {
        let at = Image(record);
        let key = (at.long(2)?, record[1]);
        overflow
            .entry(key)
            .or_insert_with(Vec::new)
            .push((at.word(6)?, at.bytes(8, 12)?.to_vec()));
    }
    let catalog = layout.fork(
        &overflow,
        (CATALOG_FILE, 0),
        mdb + 150,
        volume.long(mdb + 146)?,
    )?;

    let mut children: BTreeMap<u32, Vec<Child>> = BTreeMap::new();
    for record in leaves(&catalog)? {
        let key = Image(record);
        let name_length = usize::from(key.byte(6)?);
        let parent = key.long(2)?;
        let data = Image(
            record
                .get((usize::from(record[0]) + 2) & !1..)
                .unwrap_or(&[]),
        );
        let kind = data.byte(0)?;
        if kind != 1 && kind != 2 {
            continue;
        }
        let name = MacName::from_bytes(key.bytes(7, name_length)?)
            .map_err(|_| damaged("a name HFS does not allow", 0))?;
        let child = if kind == 1 {
            let dates = Dates {
                created: data.long(10)?,
                modified: data.long(14)?,
                backed_up: data.long(18)?,
            };
            let mut folder = Folder::new(name, dates);
            folder.finder.0.copy_from_slice(data.bytes(22, 32)?);
            Child::Folder(data.long(6)?, folder)
        } else {
            let id = data.long(20)?;
            let mut finder = [0; 32];
            finder[..16].copy_from_slice(data.bytes(4, 16)?);
            finder[16..].copy_from_slice(data.bytes(56, 16)?);
            let record_at = |offset: usize| Image(&data.0[offset..]);
            Child::File(File {
                name,
                data: layout.fork_at(&overflow, (id, 0), record_at(74), data.long(26)?)?,
                resource: layout.fork_at(&overflow, (id, 0xFF), record_at(86), data.long(36)?)?,
                finder: FinderInfo(finder),
                dates: Dates {
                    created: data.long(44)?,
                    modified: data.long(48)?,
                    backed_up: data.long(52)?,
                },
            })
        };
        children.entry(parent).or_default().push(child);
    }
    let mut roots = children.remove(&1).unwrap_or_default();
    match roots.pop() {
        Some(Child::Folder(ROOT, mut root)) if roots.is_empty() => {
            attach(&mut root, ROOT, &mut children);
            Ok(root)
        }
        _ => Err(damaged("no root folder in the catalogue", mdb + 150)),
    }
}

enum Child {
    Folder(u32, Folder),
    File(File),
}

fn attach(folder: &mut Folder, id: u32, children: &mut BTreeMap<u32, Vec<Child>>) {
    // Taking the list out of the map ends every cycle a damaged catalogue could form.
    for child in children.remove(&id).unwrap_or_default() {
        match child {
            Child::File(file) => folder.files.push(file),
            Child::Folder(child_id, mut child) => {
                attach(&mut child, child_id, children);
                folder.folders.push(child);
            }
        }
    }
}

fn damaged(what: &'static str, at: usize) -> HfsError {
    HfsError::Damaged {
        what,
        at: at as u64,
    }
}

#[derive(Clone, Copy)]
struct Image<'a>(&'a [u8]);

impl<'a> Image<'a> {
    fn bytes(&self, at: usize, length: usize) -> Result<&'a [u8], HfsError> {
        let rest = self
            .0
            .get(at..)
            .ok_or(damaged("a structure lies outside", at))?;
        rest.get(..length)
            .ok_or(damaged("a structure lies outside", at))
    }

    fn byte(&self, at: usize) -> Result<u8, HfsError> {
        Ok(self.bytes(at, 1)?[0])
    }

    fn word(&self, at: usize) -> Result<u16, HfsError> {
        let bytes = self.bytes(at, 2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn long(&self, at: usize) -> Result<u32, HfsError> {
        Ok((u32::from(self.word(at)?) << 16) | u32::from(self.word(at + 2)?))
    }
}

/// Extents that did not fit into a catalogue record: by file and fork, the first block of the fork each record covers.
type Overflow = BTreeMap<(u32, u8), Vec<(u16, Vec<u8>)>>;

struct Layout<'a> {
    image: Image<'a>,
    unit: usize,
    first: usize,
}

impl Layout<'_> {
    fn fork(
        &self,
        overflow: &Overflow,
        key: (u32, u8),
        record: usize,
        length: u32,
    ) -> Result<Vec<u8>, HfsError> {
        self.fork_at(overflow, key, Image(self.image.bytes(record, 12)?), length)
    }

    fn fork_at(
        &self,
        overflow: &Overflow,
        key: (u32, u8),
        record: Image<'_>,
        length: u32,
    ) -> Result<Vec<u8>, HfsError> {
        let length = length as usize;
        if length > self.image.0.len() {
            return Err(damaged("a fork longer than the volume", 0));
        }
        let mut bytes = Vec::with_capacity(length);
        let mut covered = 0;
        self.append(&mut bytes, record, &mut covered)?;
        let mut more = overflow.get(&key).cloned().unwrap_or_default();
        more.sort();
        for (start, record) in more {
            if start != covered {
                return Err(damaged("a gap between a fork's extents", 0));
            }
            self.append(&mut bytes, Image(&record), &mut covered)?;
        }
        if bytes.len() < length {
            return Err(damaged(
                "a fork whose extents are shorter than its length",
                0,
            ));
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    fn append(
        &self,
        bytes: &mut Vec<u8>,
        record: Image<'_>,
        covered: &mut u16,
    ) -> Result<(), HfsError> {
        for extent in 0..3 {
            let (start, count) = (record.word(4 * extent)?, record.word(4 * extent + 2)?);
            if bytes.len() > self.image.0.len() {
                return Err(damaged("a fork longer than the volume", 0));
            }
            let at = self.first + usize::from(start) * self.unit;
            bytes.extend_from_slice(self.image.bytes(at, usize::from(count) * self.unit)?);
            *covered = covered
                .checked_add(count)
                .ok_or(damaged("a fork with too many blocks", at))?;
        }
        Ok(())
    }
}

/// The leaf records of a B*-tree file, in key order.
fn leaves(tree: &[u8]) -> Result<Vec<&[u8]>, HfsError> {
    let file = Image(tree);
    let mut records = Vec::new();
    if tree.is_empty() {
        return Ok(records);
    }
    let mut node = file.long(24)? as usize;
    let mut visited = 0;
    while node != 0 {
        visited += 1;
        if visited > tree.len() / BLOCK {
            return Err(damaged("leaf nodes form a ring", node * BLOCK));
        }
        let bytes = file.bytes(node * BLOCK, BLOCK)?;
        let at = Image(bytes);
        let count = usize::from(at.word(10)?);
        if 2 * (count + 1) > BLOCK - 14 {
            return Err(damaged("a node with too many records", node * BLOCK));
        }
        for index in 0..count {
            let start = usize::from(at.word(BLOCK - 2 * (index + 1))?);
            let end = usize::from(at.word(BLOCK - 2 * (index + 2))?);
            let record = bytes.get(start..end).filter(|record| record.len() > 7);
            records.push(record.ok_or(damaged("a record outside its node", node * BLOCK))?);
        }
        node = at.long(0)? as usize;
    }
    Ok(records)
}

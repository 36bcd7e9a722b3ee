use super::btree::Tree;
use super::{
    BLOCK, CATALOG_FILE, EXTENTS_FILE, FIRST_USER_ID, File, Folder, HfsError, ROOT, ROOT_PARENT,
};
use crate::MacName;

const BITMAP_START: usize = 3;
const CATALOG_KEY: u16 = 37;
const EXTENTS_KEY: u16 = 7;
/// Nodes left free in a new tree, so that a Macintosh can add files without growing it at once.
const SPARE_NODES: usize = 64;

/// Builds an HFS volume of `size` bytes (a multiple of 512) that holds `root`.
///
/// Files are laid out one after another, each fork in one extent.
///
/// # Errors
/// When the content does not fit, a name occurs twice in a folder, or the volume's name is too long.
pub fn build(root: &Folder, size: usize) -> Result<Vec<u8>, HfsError> {
    if root.name.as_bytes().len() > 27 {
        return Err(HfsError::VolumeName(root.name.clone()));
    }
    let blocks = size / BLOCK;
    // Allocation blocks are counted in 16 bits, so large volumes have larger ones.
    let unit = BLOCK * blocks.div_ceil(65_535).max(1);
    let bitmap_blocks = (size / unit).div_ceil(8 * BLOCK);
    let first = BITMAP_START + bitmap_blocks;
    let units = (blocks.saturating_sub(first + 2) * BLOCK / unit).min(65_535);

    let mut catalog = Catalog {
        unit,
        next_unit: 0,
        next_id: FIRST_USER_ID,
        records: Vec::new(),
        content: Vec::new(),
        counts: Counts::default(),
    };
    catalog.tree(root)?;
    catalog.records.sort_by(|a, b| a.key.cmp(&b.key));
    let records: Vec<Vec<u8>> = catalog.records.iter().map(Record::to_bytes).collect();

    let tree = Tree::new(&records, CATALOG_KEY);
    let nodes_in = |nodes: usize| (nodes * BLOCK).div_ceil(unit) * unit / BLOCK;
    let catalog_nodes = nodes_in(tree.used_nodes() + SPARE_NODES);
    let extents_nodes = nodes_in(SPARE_NODES / 4);
    // The trees come first, the files behind them.
    let extents_units = extents_nodes * BLOCK / unit;
    let tree_units = extents_units + catalog_nodes * BLOCK / unit;
    let used = tree_units + catalog.next_unit;
    if used > units || blocks < first + 2 {
        let needed = (used * unit + (first + 2) * BLOCK) as u64;
        return Err(HfsError::Full {
            needed,
            size: size as u64,
        });
    }
    for record in &mut catalog.records {
        record.shift_extents(tree_units as u16);
    }
    let records: Vec<Vec<u8>> = catalog.records.iter().map(Record::to_bytes).collect();
    let catalog_bytes = Tree::new(&records, CATALOG_KEY).into_bytes(catalog_nodes);
    let extents_bytes = Tree::new(&[], EXTENTS_KEY).into_bytes(extents_nodes);

    let mut image = vec![0; size];
    for bit in 0..used {
        image[BITMAP_START * BLOCK + bit / 8] |= 0x80 >> (bit % 8);
    }
    let place = |unit_number: usize| first * BLOCK + unit_number * unit;
    image[place(0)..][..extents_bytes.len()].copy_from_slice(&extents_bytes);
    image[place(extents_units)..][..catalog_bytes.len()].copy_from_slice(&catalog_bytes);
    for (unit_number, bytes) in &catalog.content {
        image[place(tree_units + unit_number)..][..bytes.len()].copy_from_slice(bytes);
    }

    let mut mdb = Fields::default();
    mdb.word(0x4244)
        .long(root.dates.created)
        .long(root.dates.modified);
    mdb.word(0x0100)
        .word(root.files.len() as u16)
        .word(BITMAP_START as u16);
    mdb.word(used as u16)
        .word(units as u16)
        .long(unit as u32)
        .long(4 * unit as u32)
        .word(first as u16);
    mdb.long(catalog.next_id)
        .word((units - used) as u16)
        .pascal(&root.name, 28);
    mdb.long(root.dates.backed_up)
        .word(0)
        .long(1)
        .long((extents_nodes * BLOCK) as u32)
        .long((catalog_nodes * BLOCK) as u32);
    mdb.word(root.folders.len() as u16)
        .long(catalog.counts.files)
        .long(catalog.counts.folders - 1);
    mdb.zeros(32 + 6);
    mdb.long((extents_nodes * BLOCK) as u32)
        .word(0)
        .word(extents_units as u16)
        .zeros(8);
    mdb.long((catalog_nodes * BLOCK) as u32)
        .word(extents_units as u16)
        .word((tree_units - extents_units) as u16)
        .zeros(8);
    for block in [2, blocks - 2] {
        image[block * BLOCK..][..mdb.0.len()].copy_from_slice(&mdb.0);
    }
    Ok(image)
}

#[derive(Default)]
struct Counts {
    files: u32,
    folders: u32,
}

/// The catalogue while it grows: records, and which bytes go to which allocation block (counted from the first file's).
struct Catalog<'a> {
    unit: usize,
    next_unit: usize,
    next_id: u32,
    records: Vec<Record>,
    content: Vec<(usize, &'a [u8])>,
    counts: Counts,
}

/// A catalogue key: parent folder and name; a thread's name is empty.
type Key = (u32, Option<MacName>);

struct Record {
    key: Key,
    data: Vec<u8>,
}

impl Record {
    fn to_bytes(&self) -> Vec<u8> {
        let name: &[u8] = self.key.1.as_ref().map_or(&[], |name| name.as_bytes());
        let mut bytes = vec![6 + name.len() as u8, 0];
        bytes.extend_from_slice(&self.key.0.to_be_bytes());
        bytes.push(name.len() as u8);
        bytes.extend_from_slice(name);
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes.extend_from_slice(&self.data);
        bytes
    }

    /// Moves a file's forks behind the trees, whose size is known only when all records are.
    fn shift_extents(&mut self, units: u16) {
        const FILE_RECORD: u8 = 2;
        if self.data[0] != FILE_RECORD {
            return;
        }
        for extent in [74, 86] {
            if self.data[extent + 2..extent + 4] != [0, 0] {
                let start = u16::from_be_bytes([self.data[extent], self.data[extent + 1]]) + units;
                self.data[extent..extent + 2].copy_from_slice(&start.to_be_bytes());
            }
        }
    }
}

impl<'a> Catalog<'a> {
    /// Adds `root` and everything below it, a folder before what lies in it.
    // A list and no recursion: rustc 1.95 (LLVM 22.1), when it optimises, takes the parent's ID in a recursive function for the 1 or
    // 2 of the first calls, and writes only its low byte into the thread.
    fn tree(&mut self, root: &'a Folder) -> Result<(), HfsError> {
        let mut waiting = vec![(root, ROOT_PARENT)];
        while let Some((folder, parent)) = waiting.pop() {
            let id = if parent == ROOT_PARENT {
                ROOT
            } else {
                self.new_id()
            };
            self.folder(folder, parent, id)?;
            waiting.extend(folder.folders.iter().rev().map(|child| (child, id)));
        }
        Ok(())
    }

    fn folder(&mut self, folder: &'a Folder, parent: u32, id: u32) -> Result<(), HfsError> {
        self.counts.folders += 1;
        let mut names: Vec<&MacName> = folder
            .files
            .iter()
            .map(|file| &file.name)
            .chain(folder.folders.iter().map(|folder| &folder.name))
            .collect();
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(HfsError::Duplicate(pair[1].clone()));
        }

        let mut data = Fields::default();
        data.word(0x0100).word(0).word(names.len() as u16).long(id);
        data.long(folder.dates.created)
            .long(folder.dates.modified)
            .long(folder.dates.backed_up)
            .bytes(&folder.finder.0)
            .zeros(16);
        self.records.push(Record {
            key: (parent, Some(folder.name.clone())),
            data: data.0,
        });
        let mut thread = Fields::default();
        thread
            .word(0x0300)
            .zeros(8)
            .long(parent)
            .pascal(&folder.name, 32);
        self.records.push(Record {
            key: (id, None),
            data: thread.0,
        });

        for file in &folder.files {
            self.file(file, id);
        }
        Ok(())
    }

    fn file(&mut self, file: &'a File, parent: u32) {
        self.counts.files += 1;
        let id = self.new_id();
        let (data_start, data_units) = self.allocate(&file.data);
        let (resource_start, resource_units) = self.allocate(&file.resource);
        let mut data = Fields::default();
        data.word(0x0200)
            .word(0)
            .bytes(&file.finder.0[..16])
            .long(id);
        data.word(data_start)
            .long(file.data.len() as u32)
            .long(u32::from(data_units) * self.unit as u32);
        data.word(resource_start)
            .long(file.resource.len() as u32)
            .long(u32::from(resource_units) * self.unit as u32);
        data.long(file.dates.created)
            .long(file.dates.modified)
            .long(file.dates.backed_up);
        data.bytes(&file.finder.0[16..]).word(0);
        data.word(data_start)
            .word(data_units)
            .zeros(8)
            .word(resource_start)
            .word(resource_units)
            .zeros(8)
            .zeros(4);
        // The starts kept beside the lengths are a relic of MFS and unused; extents say where the forks are.
        data.0[24..26].fill(0);
        data.0[34..36].fill(0);
        self.records.push(Record {
            key: (parent, Some(file.name.clone())),
            data: data.0,
        });
    }

    fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }

    fn allocate(&mut self, fork: &'a [u8]) -> (u16, u16) {
        if fork.is_empty() {
            return (0, 0);
        }
        let (start, units) = (self.next_unit, fork.len().div_ceil(self.unit));
        self.content.push((start, fork));
        self.next_unit += units;
        // Counts beyond 16 bits never reach an image: the volume is then too small and refused.
        (start as u16, units as u16)
    }
}

#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn word(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn long(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn zeros(&mut self, count: usize) -> &mut Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn pascal(&mut self, name: &MacName, width: usize) -> &mut Self {
        let end = self.0.len() + width;
        self.0.push(name.as_bytes().len() as u8);
        self.bytes(name.as_bytes());
        self.0.resize(end, 0);
        self
    }
}

const _: () = assert!(ROOT == 2 && EXTENTS_FILE == 3 && CATALOG_FILE == 4);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hfs::{Dates, FinderInfo};

    #[test]
    fn the_thread_of_a_folder_names_its_parent_whatever_its_number() {
        let name = |text: &str| MacName::from_text(text).unwrap();
        let mut root = Folder::new(name("V"), Dates::default());
        for number in 0..300 {
            root.put(File {
                name: name(&number.to_string()),
                data: Vec::new(),
                resource: Vec::new(),
                finder: FinderInfo::default(),
                dates: Dates::default(),
            });
        }
        root.folder_at(&["a", "b", "c"].map(name));
        root.folder_at(&["a", "d"].map(name));
        let image = build(&root, 1 << 20).unwrap();
        // The last of 300 files has number 315.
        for (parent, folder) in [(2_u32, b'a'), (316, b'b'), (317, b'c'), (316, b'd')] {
            let mut thread = vec![3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            thread.extend(parent.to_be_bytes());
            thread.extend([1, folder]);
            assert!(
                image.windows(16).any(|bytes| bytes == thread),
                "the thread of `{}` does not name folder {parent}",
                char::from(folder)
            );
        }
    }
}

use super::BLOCK;

/// Builds a B*-tree file from its leaf records, which must be in key order.
///
/// A record is its key, padded to an even length, followed by its data; the key's first byte is the length of the key without
/// itself. Index records hold keys padded to `max_key` bytes when `fixed_keys` is set (the catalogue) or as they are.
pub(super) struct Tree {
    nodes: Vec<[u8; BLOCK]>,
    depth: u16,
    root: u32,
    records: u32,
    leaves: (u32, u32),
    max_key: u16,
}

const LEAF: u8 = 0xFF;
const INDEX: u8 = 0;
const HEADER: u8 = 1;
const MAP: u8 = 2;
const DESCRIPTOR: usize = 14;
/// Nodes the map record in the header node can describe.
const HEADER_MAP_BITS: usize = 2048;
/// Nodes a map node can describe: the record fills the node but for its two offsets.
const MAP_NODE_BITS: usize = 492 * 8;

impl Tree {
    pub(super) fn new(records: &[Vec<u8>], max_key: u16) -> Tree {
        let mut tree = Tree {
            nodes: vec![[0; BLOCK]],
            depth: 0,
            root: 0,
            records: records.len() as u32,
            leaves: (0, 0),
            max_key,
        };
        let mut level: Vec<(Vec<u8>, u32)> = Vec::new();
        let mut height = 1;
        for group in pack(records) {
            let node = tree.add_node(LEAF, height, &records[group.clone()]);
            level.push((index_key(&records[group.start], max_key), node));
        }
        if level.is_empty() {
            return tree;
        }
        tree.leaves = (level[0].1, level[level.len() - 1].1);
        while level.len() > 1 {
            height += 1;
            let entries: Vec<Vec<u8>> = level
                .iter()
                .map(|(key, node)| [key.as_slice(), &node.to_be_bytes()].concat())
                .collect();
            let mut above = Vec::new();
            for group in pack(&entries) {
                let node = tree.add_node(INDEX, height, &entries[group.clone()]);
                above.push((level[group.start].0.clone(), node));
            }
            level = above;
        }
        tree.depth = u16::from(height);
        tree.root = level[0].1;
        tree
    }

    fn add_node(&mut self, kind: u8, height: u8, records: &[Vec<u8>]) -> u32 {
        let number = self.nodes.len() as u32;
        let mut node = [0; BLOCK];
        if let Some(left) = self
            .nodes
            .last_mut()
            .filter(|left| number > 1 && left[8] == kind && left[9] == height)
        {
            left[..4].copy_from_slice(&number.to_be_bytes());
            node[4..8].copy_from_slice(&(number - 1).to_be_bytes());
        }
        node[8] = kind;
        node[9] = height;
        node[10..12].copy_from_slice(&(records.len() as u16).to_be_bytes());
        let mut at = DESCRIPTOR;
        for (index, record) in records.iter().enumerate() {
            set_offset(&mut node, index, at);
            node[at..at + record.len()].copy_from_slice(record);
            at += record.len();
        }
        set_offset(&mut node, records.len(), at);
        self.nodes.push(node);
        number
    }

    /// Nodes in use, map nodes included.
    pub(super) fn used_nodes(&self) -> usize {
        self.nodes.len() + map_nodes(self.nodes.len())
    }

    /// The file's bytes with room for `total` nodes (at least [`Tree::used_nodes`]).
    pub(super) fn into_bytes(mut self, total: usize) -> Vec<u8> {
        let maps = map_nodes(total);
        let first_map = self.nodes.len();
        for map in 0..maps {
            let mut node = [0; BLOCK];
            node[8] = MAP;
            node[11] = 1;
            if map + 1 < maps {
                node[..4].copy_from_slice(&((first_map + map + 1) as u32).to_be_bytes());
            }
            set_offset(&mut node, 0, DESCRIPTOR);
            set_offset(&mut node, 1, DESCRIPTOR + MAP_NODE_BITS / 8 + 2);
            self.nodes.push(node);
        }
        let used = self.nodes.len();
        let header = &mut self.nodes[0];
        header[8] = HEADER;
        header[11] = 3;
        if maps > 0 {
            header[..4].copy_from_slice(&(first_map as u32).to_be_bytes());
        }
        header[14..16].copy_from_slice(&self.depth.to_be_bytes());
        let longs = [self.root, self.records, self.leaves.0, self.leaves.1];
        for (place, long) in longs.into_iter().enumerate() {
            header[16 + 4 * place..20 + 4 * place].copy_from_slice(&long.to_be_bytes());
        }
        header[32..34].copy_from_slice(&(BLOCK as u16).to_be_bytes());
        header[34..36].copy_from_slice(&self.max_key.to_be_bytes());
        header[36..40].copy_from_slice(&(total as u32).to_be_bytes());
        header[40..44].copy_from_slice(&((total - used) as u32).to_be_bytes());
        for (index, offset) in [14, 120, 248, 504].into_iter().enumerate() {
            set_offset(header, index, offset);
        }
        for bit in 0..used {
            let (node, byte) = if bit < HEADER_MAP_BITS {
                (0, 248 + bit / 8)
            } else {
                let beyond = bit - HEADER_MAP_BITS;
                (
                    first_map + beyond / MAP_NODE_BITS,
                    DESCRIPTOR + beyond % MAP_NODE_BITS / 8,
                )
            };
            self.nodes[node][byte] |= 0x80 >> (bit % 8);
        }
        let mut bytes = self.nodes.concat();
        bytes.resize(total * BLOCK, 0);
        bytes
    }
}

fn map_nodes(total: usize) -> usize {
    total
        .saturating_sub(HEADER_MAP_BITS)
        .div_ceil(MAP_NODE_BITS)
}

fn set_offset(node: &mut [u8; BLOCK], index: usize, offset: usize) {
    let at = BLOCK - 2 * (index + 1);
    node[at..at + 2].copy_from_slice(&(offset as u16).to_be_bytes());
}

/// The key of a record as an index node holds it: always `max_key` long.
fn index_key(record: &[u8], max_key: u16) -> Vec<u8> {
    let length = usize::from(record[0]);
    let mut key = vec![0; (usize::from(max_key) + 2) & !1];
    key[..=length].copy_from_slice(&record[..=length]);
    key[0] = max_key as u8;
    key
}

/// Which records go into each node: as many as fit.
fn pack(records: &[Vec<u8>]) -> Vec<std::ops::Range<usize>> {
    let mut groups = Vec::new();
    let (mut start, mut used) = (0, DESCRIPTOR + 2);
    for (index, record) in records.iter().enumerate() {
        if used + record.len() + 2 > BLOCK {
            groups.push(start..index);
            start = index;
            used = DESCRIPTOR + 2;
        }
        used += record.len() + 2;
    }
    if start < records.len() {
        groups.push(start..records.len());
    }
    groups
}

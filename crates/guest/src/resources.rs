//! Resource forks (*Inside Macintosh: More Macintosh Toolbox*, "Resource File Format").

use std::collections::BTreeMap;
use thiserror::Error;

/// A resource's type: four Mac Roman characters.
pub type ResType = [u8; 4];

/// The resources of one fork by type and ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceFork {
    resources: BTreeMap<ResType, BTreeMap<i16, Vec<u8>>>,
}

/// Why bytes are no resource fork.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("resource fork: {0}")]
pub struct BadFork(&'static str);

const HEADER: usize = 16;
const MAP_HEADER: usize = 28;
const PRELOADED_LOCKED: u8 = 0x14;

impl ResourceFork {
    /// Adds a resource, or replaces the one with the same type and ID.
    pub fn add(&mut self, kind: ResType, id: i16, data: Vec<u8>) {
        self.resources.entry(kind).or_default().insert(id, data);
    }

    /// The resource with this type and ID.
    pub fn get(&self, kind: ResType, id: i16) -> Option<&[u8]> {
        self.resources.get(&kind)?.get(&id).map(Vec::as_slice)
    }

    /// The fork's bytes. An empty fork has none.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.resources.is_empty() {
            return Vec::new();
        }
        // 112 bytes reserved for the system and 128 for the application follow the header.
        let data_start = 256;
        let mut data = Vec::new();
        let mut types = Vec::new();
        let mut references = Vec::new();
        let lists = 2 + 8 * self.resources.len();
        for (kind, ids) in &self.resources {
            types.extend_from_slice(kind);
            types.extend_from_slice(&(ids.len() as u16 - 1).to_be_bytes());
            types.extend_from_slice(&((lists + references.len()) as u16).to_be_bytes());
            for (id, bytes) in ids {
                references.extend_from_slice(&id.to_be_bytes());
                references.extend_from_slice(&(-1_i16).to_be_bytes());
                let place = (u32::from(PRELOADED_LOCKED) << 24) | data.len() as u32;
                references.extend_from_slice(&place.to_be_bytes());
                references.extend_from_slice(&[0; 4]);
                data.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
                data.extend_from_slice(bytes);
            }
        }
        let map_len = MAP_HEADER + 2 + types.len() + references.len();
        let mut header = Vec::new();
        for word in [data_start, data_start + data.len(), data.len(), map_len] {
            header.extend_from_slice(&(word as u32).to_be_bytes());
        }
        let mut fork = header.clone();
        fork.resize(data_start, 0);
        fork.extend_from_slice(&data);
        fork.extend_from_slice(&header);
        fork.extend_from_slice(&[0; 8]);
        fork.extend_from_slice(&(MAP_HEADER as u16).to_be_bytes());
        fork.extend_from_slice(&(map_len as u16).to_be_bytes());
        fork.extend_from_slice(&(self.resources.len() as u16 - 1).to_be_bytes());
        fork.extend_from_slice(&types);
        fork.extend_from_slice(&references);
        fork
    }

    /// Reads a fork.
    ///
    /// # Errors
    /// When an offset or a length points outside.
    pub fn from_bytes(bytes: &[u8]) -> Result<ResourceFork, BadFork> {
        let mut fork = ResourceFork::default();
        if bytes.is_empty() {
            return Ok(fork);
        }
        let data = long(bytes, 0)? as usize;
        let map = long(bytes, 4)? as usize;
        if bytes.len() < HEADER || map > bytes.len() {
            return Err(BadFork("the map lies outside"));
        }
        let types = map + usize::from(word(bytes, map + 24)?);
        let count = usize::from(word(bytes, types)?.wrapping_add(1));
        for index in 0..count {
            let entry = types + 2 + 8 * index;
            let kind = long(bytes, entry)?.to_be_bytes();
            let references = types + usize::from(word(bytes, entry + 6)?);
            for number in 0..usize::from(word(bytes, entry + 4)?) + 1 {
                let reference = references + 12 * number;
                let id = word(bytes, reference)? as i16;
                let place = data + (long(bytes, reference + 4)? & 0x00FF_FFFF) as usize;
                let length = long(bytes, place)? as usize;
                let content = bytes.get(place + 4..).and_then(|rest| rest.get(..length));
                fork.add(
                    kind,
                    id,
                    content.ok_or(BadFork("a resource lies outside"))?.to_vec(),
                );
            }
        }
        Ok(fork)
    }
}

fn word(bytes: &[u8], at: usize) -> Result<u16, BadFork> {
    let two = bytes.get(at..at + 2).ok_or(BadFork("it ends too early"))?;
    Ok(u16::from_be_bytes([two[0], two[1]]))
}

fn long(bytes: &[u8], at: usize) -> Result<u32, BadFork> {
    Ok((u32::from(word(bytes, at)?) << 16) | u32::from(word(bytes, at + 2)?))
}

/// The resource fork of an application whose only segment is `code`, entered at its first byte.
///
/// `CODE` 0 is the jump table with one entry (*Inside Macintosh II*, the Segment Loader); `SIZE` -1 carries `size_flags` and the
/// partition's preferred and minimum size in bytes (*Inside Macintosh VI*, the Event Manager).
pub fn application(code: &[u8], size_flags: u16, partition: u32) -> ResourceFork {
    let mut fork = ResourceFork::default();
    let mut jump_table = Vec::new();
    // Above A5: the 32 bytes of application parameters and the table; below A5: QuickDraw globals' customary space.
    for long in [0x28_u32, 0x100, 8, 0x20] {
        jump_table.extend_from_slice(&long.to_be_bytes());
    }
    for word in [0_u16, 0x3F3C, 1, 0xA9F0] {
        jump_table.extend_from_slice(&word.to_be_bytes());
    }
    let mut segment = vec![0, 0, 0, 1];
    segment.extend_from_slice(code);
    let mut size = size_flags.to_be_bytes().to_vec();
    size.extend_from_slice(&partition.to_be_bytes());
    size.extend_from_slice(&partition.to_be_bytes());
    fork.add(*b"CODE", 0, jump_table);
    fork.add(*b"CODE", 1, segment);
    fork.add(*b"SIZE", -1, size);
    fork
}

/// The resource fork of a start-up document: `INIT` 0 is `code`.
pub fn start_up_document(code: &[u8]) -> ResourceFork {
    let mut fork = ResourceFork::default();
    fork.add(*b"INIT", 0, code.to_vec());
    fork
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_survive_the_way_to_bytes_and_back() {
        let fork = application(b"\x4E\x75code", 0x5880, 200_000);
        assert_eq!(ResourceFork::from_bytes(&fork.to_bytes()), Ok(fork.clone()));
        assert_eq!(
            fork.get(*b"CODE", 0).unwrap()[16..],
            [0, 0, 0x3F, 0x3C, 0, 1, 0xA9, 0xF0]
        );
        assert_eq!(ResourceFork::from_bytes(&[]), Ok(ResourceFork::default()));
    }

    #[test]
    fn damaged_forks_are_refused() {
        let bytes = application(b"\x4E\x75", 0, 1000).to_bytes();
        for cut in 1..bytes.len() {
            let _ = ResourceFork::from_bytes(&bytes[..cut]);
        }
        assert!(ResourceFork::from_bytes(&bytes[..100]).is_err());
    }
}

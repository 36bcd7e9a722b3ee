use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes in a logical block.
pub const BLOCK: usize = 512;

/// A raw disk image that is never changed, and the blocks that were written over it.
///
/// Only the written blocks are part of a snapshot. After one has been loaded the base must be given back with
/// [`Image::attach_base`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    #[serde(skip)]
    base: Arc<[u8]>,
    blocks: u32,
    written: BTreeMap<u32, Vec<u8>>,
}

impl Image {
    /// An image over `base`; a last block that is not whole is filled with zeros.
    pub fn new(base: Arc<[u8]>) -> Image {
        let blocks = base.len().div_ceil(BLOCK) as u32;
        Image {
            base,
            blocks,
            written: BTreeMap::new(),
        }
    }

    /// Gives the base back after a snapshot was loaded. Returns false, and changes nothing, when it has another size.
    pub fn attach_base(&mut self, base: Arc<[u8]>) -> bool {
        let fits = base.len().div_ceil(BLOCK) as u32 == self.blocks;
        if fits {
            self.base = base;
        }
        fits
    }

    /// The unchanged image.
    pub fn base(&self) -> &Arc<[u8]> {
        &self.base
    }

    /// Number of logical blocks.
    pub fn blocks(&self) -> u32 {
        self.blocks
    }

    /// Copies block `number` to `to`.
    pub fn read(&self, number: u32, to: &mut [u8]) {
        if let Some(block) = self.written.get(&number) {
            to.copy_from_slice(block);
            return;
        }
        let start = (number as usize * BLOCK).min(self.base.len());
        let base = &self.base[start..(start + BLOCK).min(self.base.len())];
        to[..base.len()].copy_from_slice(base);
        to[base.len()..].fill(0);
    }

    /// Replaces block `number`.
    pub fn write(&mut self, number: u32, from: &[u8]) {
        assert!(
            from.len() == BLOCK && number < self.blocks,
            "a whole block of this disk"
        );
        match self.written.get_mut(&number) {
            Some(block) => block.copy_from_slice(from),
            None => {
                self.written.insert(number, from.to_vec());
            }
        }
    }

    /// The numbers of the blocks that were written, in ascending order.
    pub fn dirty(&self) -> impl Iterator<Item = u32> + '_ {
        self.written.keys().copied()
    }

    /// The whole image with what was written.
    pub fn merged(&self) -> Vec<u8> {
        let mut whole = vec![0; self.blocks as usize * BLOCK];
        whole[..self.base.len()].copy_from_slice(&self.base);
        for (&number, block) in &self.written {
            let start = number as usize * BLOCK;
            whole[start..start + BLOCK].copy_from_slice(block);
        }
        whole
    }
}

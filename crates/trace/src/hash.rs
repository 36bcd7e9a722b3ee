use crate::Record;
use serde::{Deserialize, Serialize};

/// The hash over every record of a run, in the order in which the world collected them.
///
/// A chain: each record is hashed together with the hash so far. So the state is small, can be saved with a snapshot, and does
/// not depend on how records were batched. Two runs with the same hash did the same; writing a trace does not change it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHash {
    state: [u8; 32],
    records: u64,
}

impl RunHash {
    /// Adds a record.
    pub fn add(&mut self, record: &Record) {
        let mut bytes = [0_u8; 256];
        match postcard::to_slice(record, &mut bytes) {
            Ok(used) => self.chain(used),
            Err(_) => self.chain(&postcard::to_stdvec(record).expect("a record always serialises")),
        }
        self.records += 1;
    }

    /// Adds state that is not a record, such as the final content of a medium.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        self.chain(bytes);
    }

    fn chain(&mut self, bytes: &[u8]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.state);
        hasher.update(bytes);
        self.state = *hasher.finalize().as_bytes();
    }

    /// Records added so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The hash so far, as 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.state).to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChipEvent;
    use clock::Ticks;

    fn record(pc: u32) -> Record {
        Record {
            at: Ticks(5),
            machine: 0,
            event: ChipEvent::Halted { pc }.into(),
        }
    }

    #[test]
    fn the_hash_depends_on_every_record_and_their_order() {
        let hash = |pcs: &[u32]| {
            let mut hash = RunHash::default();
            pcs.iter().for_each(|&pc| hash.add(&record(pc)));
            hash.hex()
        };
        assert_eq!(hash(&[1, 2, 3]), hash(&[1, 2, 3]));
        assert_ne!(hash(&[1, 2, 3]), hash(&[1, 3, 2]));
        assert_ne!(hash(&[1, 2]), hash(&[1, 2, 3]));
    }

    #[test]
    fn a_saved_hash_goes_on_where_it_stopped() {
        let mut whole = RunHash::default();
        whole.add(&record(1));
        let saved = postcard::to_stdvec(&whole).unwrap();
        let mut restored: RunHash = postcard::from_bytes(&saved).unwrap();
        whole.add(&record(2));
        restored.add(&record(2));
        assert_eq!(whole, restored);
    }
}

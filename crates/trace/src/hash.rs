use crate::Record;

/// The hash over every record of a run, in the order in which the world collected them.
///
/// Two runs with the same hash did the same; the hash does not depend on whether a trace was written.
#[derive(Clone, Default)]
pub struct RunHash {
    hasher: blake3::Hasher,
    records: u64,
}

impl RunHash {
    /// Adds a record.
    pub fn add(&mut self, record: &Record) {
        let mut bytes = [0_u8; 256];
        match postcard::to_slice(record, &mut bytes) {
            Ok(used) => {
                self.hasher.update(used);
            }
            Err(_) => {
                let long = postcard::to_stdvec(record).expect("a record always serialises");
                self.hasher.update(&long);
            }
        }
        self.records += 1;
    }

    /// Adds state that is not a record, such as the final content of a medium.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        self.hasher.update(&(bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
    }

    /// Records added so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The hash so far, as 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

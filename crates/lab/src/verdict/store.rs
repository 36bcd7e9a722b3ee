use appletalk::mail_client::protocol::{RECORD_HEADER, Record};
use appletalk::mail_client::{Ledger, Message, body};
use guest::hfs::Folder;
use serde::Serialize;
use std::collections::BTreeMap;

/// Bytes of a sector of the store (docs/mail-protocol.md, "The store").
const SECTOR: usize = 512;
/// Where in a record the number of its sectors stands.
const SECTORS: usize = 124;
/// States of a record.
const COMPLETE: u16 = 1;
const DELETED: u16 = 2;

/// The message store on the disk, compared with what the host-side clients know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreCounts {
    /// Messages that were acknowledged, or of which the store has a record.
    pub messages: u64,
    /// Of these, messages that are there once, with the content that was sent and in the state that was acknowledged.
    pub right: u64,
    /// Acknowledged messages without a record.
    pub missing: u64,
    /// Messages with more than one record: a request was executed twice.
    pub twice: u64,
    /// Messages of which the content or the state is another, and damaged records.
    pub wrong: u64,
    /// Records that none of these clients made.
    pub others: u64,
}

impl StoreCounts {
    /// Compares the store on `volume` with `ledger`; nothing when there is no store of this form.
    pub fn new(volume: &Folder, ledger: &Ledger) -> Option<StoreCounts> {
        let file = volume.file("System Folder:Mail Store")?;
        let mut counts = StoreCounts::default();
        let mut records: BTreeMap<(u32, u32), Vec<Record>> = BTreeMap::new();
        for record in records_of(&file.data)? {
            match record {
                Some(record) => records
                    .entry((record.origin, record.number))
                    .or_default()
                    .push(record),
                None => counts.wrong += 1,
            }
        }
        for message in ledger.messages() {
            let found = records.remove(&(message.origin, message.number));
            let found = found.unwrap_or_default();
            if message.acknowledged.is_none() && found.is_empty() {
                continue;
            }
            counts.messages += 1;
            match found.as_slice() {
                [] => counts.missing += 1,
                [one] if is_right(one, message) => counts.right += 1,
                [_] => counts.wrong += 1,
                _ => counts.twice += 1,
            }
        }
        counts.others = records.values().map(|all| all.len() as u64).sum();
        Some(counts)
    }
}

/// A deletion may have been executed without its answer having come.
fn is_right(record: &Record, message: &Message) -> bool {
    let stored = message
        .acknowledged
        .is_none_or(|(_, number)| number == record.store_number);
    let state = match message.deleted {
        Some(_) => record.state == DELETED,
        None => matches!(record.state, COMPLETE | DELETED),
    };
    stored
        && state
        && record.sender == message.sender
        && record.recipient == message.recipient
        && record.body == body(message.origin, message.number, message.length)
}

/// The finished records of a store; nothing instead of one that is damaged.
fn records_of(store: &[u8]) -> Option<Vec<Option<Record>>> {
    if !store.starts_with(b"MSTO") {
        return None;
    }
    let mut records = Vec::new();
    let mut at = SECTOR;
    while let Some(rest) = store.get(at..).filter(|rest| rest.len() >= RECORD_HEADER) {
        let word = |offset: usize| u16::from_be_bytes([rest[offset], rest[offset + 1]]);
        let (length, state) = (usize::from(word(20)), word(22));
        let sectors = usize::from(word(SECTORS)).max(1);
        if !rest.starts_with(b"MREC") {
            at += SECTOR;
            continue;
        }
        if state != 0 {
            let bytes = rest.get(..RECORD_HEADER + length);
            records.push(bytes.and_then(|bytes| Record::decode(bytes).ok()));
        }
        at += sectors * SECTOR;
    }
    Some(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_by_their_sectors_and_unfinished_ones_left_out() {
        let record = |state: u8, sum: u32| {
            let mut bytes = vec![0; SECTOR];
            bytes[..4].copy_from_slice(b"MREC");
            bytes[7] = state;
            bytes[21] = 4;
            bytes[23] = state;
            bytes[24..28].copy_from_slice(&sum.to_be_bytes());
            bytes[125] = 1;
            bytes[128..132].copy_from_slice(&[0, 0, 0, 9]);
            bytes
        };
        let mut store = b"MSTO".to_vec();
        store.resize(SECTOR, 0);
        for part in [
            record(1, 9),
            record(0, 9),
            vec![0; SECTOR],
            record(2, 9),
            record(1, 8),
        ] {
            store.extend(part);
        }
        let records = records_of(&store).unwrap();
        let states: Vec<_> = records
            .iter()
            .map(|one| one.as_ref().map(|one| one.state))
            .collect();
        assert_eq!(states, [Some(1), Some(2), None]);
        assert!(records_of(b"other").is_none());
    }
}

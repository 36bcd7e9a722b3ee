//! Any blocks as a backup tape. The first byte of each step says what it is: a header whose sum is right, raw bytes, or a filemark.

#![no_main]

use guest::archive::{self, BLOCK, Item};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    let mut take = |count: usize| {
        let (taken, behind) = rest.split_at(count.min(rest.len()));
        rest = behind;
        taken
    };
    let mut tape: Vec<Option<Vec<u8>>> = Vec::new();
    let mut sequence = 0_u32;
    while let [step] = *take(1) {
        match step {
            0..0xC0 => {
                let [kind, skip, length, sound] = *take(4) else {
                    break;
                };
                sequence = sequence
                    .wrapping_add(u32::from(skip % 4))
                    .wrapping_sub(u32::from(skip / 64));
                let data = take(usize::from(length)).to_vec();
                let mut block = vec![0; BLOCK];
                block[..8].copy_from_slice(&[b'R', b'B', b'A', b'K', 0, 1, 0, kind % 8]);
                block[8..12].copy_from_slice(&u32::from(step >> 7).to_be_bytes());
                block[12..16].copy_from_slice(&sequence.to_be_bytes());
                let claimed = data.len() as u32 * if sound & 2 != 0 { 300 } else { 1 };
                block[16..20].copy_from_slice(&claimed.to_be_bytes());
                let sum = archive::sum(&data) ^ u32::from(sound & 1);
                block[20..24].copy_from_slice(&sum.to_be_bytes());
                block[27] = step & 3;
                let place = 28 + usize::from(step & 0x7C);
                let fields = take(usize::from(sound >> 2));
                block[place..place + fields.len()].copy_from_slice(fields);
                let check = archive::sum(&block[..508]);
                block[508..].copy_from_slice(&check.to_be_bytes());
                block.extend_from_slice(&data);
                tape.push(Some(block));
                sequence = sequence.wrapping_add(1);
            }
            0xC0..0xE0 => tape.push(Some(take(usize::from(step & 31)).to_vec())),
            _ => tape.push(None),
        }
    }
    let items = tape.iter().map(|block| match block {
        Some(bytes) => Item::Record(bytes),
        None => Item::Filemark,
    });
    for session in archive::sessions(items) {
        let intact = session.files.iter().filter(|file| file.intact).count();
        assert!(intact <= session.files.len());
        for file in &session.files {
            assert!(file.folders.len() <= 100);
        }
    }
});

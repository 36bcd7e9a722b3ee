//! MODE SENSE and MODE SELECT parameters (SCSI-2, 8.2.8, 8.2.10, 9.3).

use super::DiskProfile;
use super::image::BLOCK;

/// The pages the drive has.
const PAGES: [u8; 4] = [1, 2, 3, 4];

/// MODE SENSE data: header, block descriptor, and page `code` (3Fh: all). `None` for a page the drive does not have.
/// With `changeable` the pages' fields are all zero: none can be changed.
pub fn sense(
    profile: &DiskProfile,
    blocks: u32,
    code: u8,
    changeable: bool,
    descriptor: bool,
) -> Option<Vec<u8>> {
    let mut data = vec![0, 0, 0, if descriptor { 8 } else { 0 }];
    if descriptor {
        data.push(0);
        data.extend_from_slice(&blocks.to_be_bytes()[1..]);
        data.push(0);
        data.extend_from_slice(&(BLOCK as u32).to_be_bytes()[1..]);
    }
    match code {
        0x3F => PAGES
            .iter()
            .for_each(|&code| page(&mut data, profile, code, changeable)),
        0x00 => {}
        code if PAGES.contains(&code) => page(&mut data, profile, code, changeable),
        _ => return None,
    }
    data[0] = (data.len() - 1) as u8;
    Some(data)
}

fn page(data: &mut Vec<u8>, profile: &DiskProfile, code: u8, changeable: bool) {
    let mut fields = match code {
        // Error recovery: defaults, 8 retries.
        1 => vec![0, 8, 0, 0, 0, 0],
        // Disconnect-reconnect: the drive never disconnects.
        2 => vec![0; 10],
        // Format device.
        3 => {
            let mut fields = vec![0; 22];
            fields[1] = profile.heads as u8;
            fields[8..10].copy_from_slice(&(profile.sectors as u16).to_be_bytes());
            fields[10..12].copy_from_slice(&(BLOCK as u16).to_be_bytes());
            fields[12..14].copy_from_slice(&(profile.interleave as u16).to_be_bytes());
            fields[18] = 0x40;
            fields
        }
        // Rigid disk geometry.
        _ => {
            let mut fields = vec![0; 18];
            fields[..3].copy_from_slice(&profile.cylinders.to_be_bytes()[1..]);
            fields[3] = profile.heads as u8;
            fields
        }
    };
    if changeable {
        fields.fill(0);
    }
    data.push(code);
    data.push(fields.len() as u8);
    data.extend(fields);
}

/// True when a MODE SELECT parameter list is one the drive can take: a block length of 512 and pages it has, of their
/// lengths. Their fields are taken note of and change nothing, as in drives whose parameters are fixed.
pub fn select_allowed(list: &[u8]) -> bool {
    if list.is_empty() {
        return true;
    }
    let Some(&descriptors) = list.get(3) else {
        return false;
    };
    let descriptors = usize::from(descriptors);
    let Some(mut pages) = list.get(4 + descriptors..) else {
        return false;
    };
    if descriptors != 0 {
        let block = &list[4..];
        let length = block
            .get(5..8)
            .map(|b| u32::from_be_bytes([0, b[0], b[1], b[2]]));
        if descriptors != 8 || !matches!(length, Some(0 | 512)) {
            return false;
        }
    }
    while let [code, length, rest @ ..] = pages {
        let expected = match code & 0x3F {
            1 => 6..=6,
            2 => 10..=14,
            3 => 22..=22,
            4 => 18..=22,
            _ => return false,
        };
        if !expected.contains(length) || rest.len() < usize::from(*length) {
            return false;
        }
        pages = &rest[usize::from(*length)..];
    }
    pages.is_empty()
}

//! AppleDouble header files: how the resource fork and Finder information of a Macintosh file travel on file systems
//! without forks (RFC 1740, appendix B; entry IDs of *AppleSingle/AppleDouble Formats: Developer's Note*).

use crate::hfs::FinderInfo;

const MAGIC: u32 = 0x0005_1607;
const VERSION: u32 = 0x0002_0000;
const RESOURCE_FORK: u32 = 2;
const FILE_DATES: u32 = 8;
const FINDER_INFO: u32 = 9;
/// Seconds from 1 January 1904, where Macintosh dates begin, to 1 January 2000, where AppleDouble's begin.
const EPOCH_2000: u32 = 3_029_529_600;

/// What a header file says about the file beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The resource fork.
    pub resource: Vec<u8>,
    /// The 32 bytes of Finder information.
    pub finder: Option<FinderInfo>,
    /// Creation, modification and backup date in seconds since 1904.
    pub dates: Option<[u32; 3]>,
}

impl Header {
    /// The header file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut entries: Vec<(u32, Vec<u8>)> = Vec::new();
        if let Some(dates) = self.dates {
            let mut bytes = Vec::new();
            for date in dates.into_iter().chain([dates[1]]) {
                bytes.extend_from_slice(&date.wrapping_sub(EPOCH_2000).to_be_bytes());
            }
            entries.push((FILE_DATES, bytes));
        }
        if let Some(finder) = &self.finder {
            entries.push((FINDER_INFO, finder.0.to_vec()));
        }
        entries.push((RESOURCE_FORK, self.resource.clone()));
        let mut file = Vec::new();
        file.extend_from_slice(&MAGIC.to_be_bytes());
        file.extend_from_slice(&VERSION.to_be_bytes());
        file.extend_from_slice(&[0; 16]);
        file.extend_from_slice(&(entries.len() as u16).to_be_bytes());
        let mut place = file.len() + 12 * entries.len();
        for (id, bytes) in &entries {
            for long in [*id, place as u32, bytes.len() as u32] {
                file.extend_from_slice(&long.to_be_bytes());
            }
            place += bytes.len();
        }
        for (_, bytes) in &entries {
            file.extend_from_slice(bytes);
        }
        file
    }

    /// Reads a header file; `None` when it is none or is damaged.
    pub fn from_bytes(file: &[u8]) -> Option<Header> {
        let long = |at: usize| Some(u32::from_be_bytes(file.get(at..at + 4)?.try_into().ok()?));
        if long(0)? != MAGIC {
            return None;
        }
        let mut header = Header::default();
        let count = u16::from_be_bytes(file.get(24..26)?.try_into().ok()?);
        for entry in (0..usize::from(count)).map(|n| 26 + 12 * n) {
            let (place, length) = (long(entry + 4)? as usize, long(entry + 8)? as usize);
            let bytes = file.get(place..)?.get(..length)?;
            match long(entry)? {
                RESOURCE_FORK => header.resource = bytes.to_vec(),
                FINDER_INFO => header.finder = Some(FinderInfo(bytes.get(..32)?.try_into().ok()?)),
                FILE_DATES => {
                    let date = |n: usize| {
                        let since_2000 =
                            u32::from_be_bytes(bytes.get(4 * n..4 * n + 4)?.try_into().ok()?);
                        Some(since_2000.wrapping_add(EPOCH_2000))
                    };
                    header.dates = Some([date(0)?, date(1)?, date(2)?]);
                }
                _ => {}
            }
        }
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_the_way_to_bytes_and_back() {
        let header = Header {
            resource: b"fork".to_vec(),
            finder: Some(FinderInfo::of(*b"TEXT", *b"ttxt")),
            dates: Some([2_800_000_000, 2_900_000_000, 0]),
        };
        let bytes = header.to_bytes();
        assert_eq!(bytes[..8], [0, 5, 0x16, 7, 0, 2, 0, 0]);
        assert_eq!(Header::from_bytes(&bytes), Some(header));
        assert_eq!(Header::from_bytes(&bytes[..40]), None);
        assert_eq!(Header::from_bytes(b"no header"), None);
    }
}

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use thiserror::Error;

/// A file, folder or volume name as HFS keeps it: 1 to 31 bytes of Mac Roman without a colon.
///
/// Names that differ only in case are equal and sort together, as in an HFS catalogue (*Inside Macintosh: Text*,
/// `RelString`, case-insensitive and diacritical-sensitive).
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MacName(Vec<u8>);

/// Why a text cannot be a name on an HFS volume.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Longer than 31 characters, or empty.
    #[error("`{0}` has {1} characters; HFS allows 1 to 31: rename it")]
    Length(String, usize),
    /// A character that Mac Roman does not have.
    #[error("`{0}` has the character `{1}`, which the Macintosh's character set lacks: rename it")]
    Character(String, char),
    /// A colon, which separates folders on a Macintosh.
    #[error("`{0}` contains a colon, which separates folders on a Macintosh: rename it")]
    Colon(String),
}

impl MacName {
    /// The name with these Mac Roman bytes.
    ///
    /// # Errors
    /// When there are none or more than 31, or a colon among them.
    pub fn from_bytes(bytes: &[u8]) -> Result<MacName, NameError> {
        let name = MacName(bytes.to_vec());
        if bytes.is_empty() || bytes.len() > 31 {
            return Err(NameError::Length(name.to_string(), bytes.len()));
        }
        if bytes.contains(&b':') {
            return Err(NameError::Colon(name.to_string()));
        }
        Ok(name)
    }

    /// The name that reads like `text`.
    ///
    /// # Errors
    /// When HFS or Mac Roman cannot hold it.
    pub fn from_text(text: &str) -> Result<MacName, NameError> {
        let mut bytes = Vec::with_capacity(text.len());
        for character in text.chars() {
            match encode(character) {
                Some(byte) => bytes.push(byte),
                None => return Err(NameError::Character(text.to_owned(), character)),
            }
        }
        Self::from_bytes(&bytes)
    }

    /// The Mac Roman bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn encode(character: char) -> Option<u8> {
    if character.is_ascii() {
        return Some(character as u8);
    }
    (0x80..=0xFF).find(|&byte| decode(byte) == character)
}

fn decode(byte: u8) -> char {
    let bytes = [byte];
    let (text, _) = encoding_rs::MACINTOSH.decode_without_bom_handling(&bytes);
    text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Characters in collating order from the space on; those of one group are equal. Everything that is not listed follows in code
/// order. Restates the sequence of `RelString` as open HFS implementations document it.
const COLLATION: &[&[u8]] = &[
    b" \xCA",
    b"!",
    b"\"",
    b"\xD2",
    b"\xD3",
    b"\xC7",
    b"\xC8",
    b"#",
    b"$",
    b"%",
    b"&",
    b"'",
    b"\xD4",
    b"\xD5",
    b"(",
    b")",
    b"*",
    b"+",
    b",",
    b"-",
    b".",
    b"/",
    b"0",
    b"1",
    b"2",
    b"3",
    b"4",
    b"5",
    b"6",
    b"7",
    b"8",
    b"9",
    b":",
    b";",
    b"<",
    b"=",
    b">",
    b"?",
    b"@",
    b"Aa",
    b"\x88\xCB",
    b"\x80\x8A",
    b"\xCC\x8B",
    b"\x81\x8C",
    b"\xAE\xBE",
    b"`",
    b"\x87",
    b"\x89",
    b"\xBB",
    b"Bb",
    b"Cc",
    b"\x82\x8D",
    b"Dd",
    b"Ee",
    b"\x83\x8E",
    b"\x8F",
    b"\x90",
    b"\x91",
    b"Ff",
    b"Gg",
    b"Hh",
    b"Ii",
    b"\x92",
    b"\x93",
    b"\x94",
    b"\x95",
    b"Jj",
    b"Kk",
    b"Ll",
    b"Mm",
    b"Nn",
    b"\x84\x96",
    b"Oo",
    b"\x85\x9A",
    b"\xCD\x9B",
    b"\xAF\xBF",
    b"\xCE\xCF",
    b"\x97",
    b"\x98",
    b"\x99",
    b"\xBC",
    b"Pp",
    b"Qq",
    b"Rr",
    b"Ss",
    b"\xA7",
    b"Tt",
    b"Uu",
    b"\x86\x9F",
    b"\x9C",
    b"\x9D",
    b"\x9E",
    b"Vv",
    b"Ww",
    b"Xx",
    b"Yy",
    b"\xD8",
    b"Zz",
    b"[",
    b"\\",
    b"]",
    b"^",
    b"_",
    b"{",
    b"|",
    b"}",
    b"~",
    b"\x7F",
];

const WEIGHTS: [u8; 256] = weights();

const fn weights() -> [u8; 256] {
    let mut table = [0_u8; 256];
    let mut listed = [false; 256];
    let mut code = 0;
    while code < 0x20 {
        table[code] = code as u8;
        listed[code] = true;
        code += 1;
    }
    let mut group = 0;
    while group < COLLATION.len() {
        let mut member = 0;
        while member < COLLATION[group].len() {
            table[COLLATION[group][member] as usize] = 0x20 + group as u8;
            listed[COLLATION[group][member] as usize] = true;
            member += 1;
        }
        group += 1;
    }
    let mut next = 0x20 + COLLATION.len();
    while code < 256 {
        if !listed[code] {
            table[code] = next as u8;
            next += 1;
        }
        code += 1;
    }
    table
}

impl Ord for MacName {
    fn cmp(&self, other: &Self) -> Ordering {
        let weigh = |name: &MacName| {
            name.0
                .iter()
                .map(|&b| WEIGHTS[usize::from(b)])
                .collect::<Vec<_>>()
        };
        weigh(self).cmp(&weigh(other))
    }
}

impl PartialOrd for MacName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for MacName {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for MacName {}

impl fmt::Display for MacName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|&byte| write!(f, "{}", decode(byte)))
    }
}

impl fmt::Debug for MacName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> MacName {
        MacName::from_text(text).unwrap()
    }

    #[test]
    fn names_compare_as_the_catalogue_does() {
        assert_eq!(name("Read Me"), name("READ ME"));
        assert!(name("apple") < name("Äpfel"));
        assert!(name("Äpfel") < name("banana"));
        assert!(name("z") < name("[") && name("_") < name("{"));
        assert!(name("A") < name("`") && name("`") < name("B"));
        assert!(name("ab") < name("abc"));
    }

    #[test]
    fn names_hfs_cannot_hold_are_refused_with_a_reason() {
        assert_eq!(
            MacName::from_text("a:b"),
            Err(NameError::Colon("a:b".into()))
        );
        assert_eq!(
            MacName::from_text("猫"),
            Err(NameError::Character("猫".into(), '猫'))
        );
        assert_eq!(
            MacName::from_text(""),
            Err(NameError::Length(String::new(), 0))
        );
        assert!(MacName::from_text(&"x".repeat(31)).is_ok());
        assert!(MacName::from_text(&"x".repeat(32)).is_err());
    }

    #[test]
    fn every_byte_survives_the_way_to_text_and_back() {
        for byte in (1..=255_u8).filter(|&b| b != b':') {
            let original = MacName::from_bytes(&[byte]).unwrap();
            assert_eq!(
                MacName::from_text(&original.to_string())
                    .unwrap()
                    .as_bytes(),
                [byte]
            );
        }
    }
}

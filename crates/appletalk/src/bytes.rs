use std::fmt;

/// Why bytes are not what they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(
    /// The field at fault, and what is wrong with it.
    pub &'static str,
);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Malformed {}

/// Takes fields off the front of a byte string.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`; `too_short` is the complaint when they end early.
    pub(crate) fn new(bytes: &'a [u8], too_short: &'static str) -> Reader<'a> {
        Reader {
            rest: bytes,
            what: too_short,
        }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Malformed(self.what))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn word(&mut self) -> Result<u16, Malformed> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(crate) fn long(&mut self) -> Result<u32, Malformed> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A string with its length before it, of at most `limit` bytes.
    pub(crate) fn string(&mut self, limit: usize) -> Result<&'a [u8], Malformed> {
        let length = usize::from(self.byte()?);
        if length > limit {
            return Err(Malformed("string longer than its field allows"));
        }
        self.take(length)
    }

    /// A Pascal string in a field of 32 bytes.
    pub(crate) fn str31(&mut self) -> Result<&'a [u8], Malformed> {
        let field = self.take(32)?;
        field[1..]
            .get(..usize::from(field[0]))
            .ok_or(Malformed("string longer than its field"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }
}

/// A Pascal string in a field of 32 bytes; cut at 31.
pub(crate) fn push_str31(bytes: &mut Vec<u8>, text: &[u8]) {
    let text = &text[..text.len().min(31)];
    let end = bytes.len() + 32;
    bytes.push(text.len() as u8);
    bytes.extend(text);
    bytes.resize(end, 0);
}

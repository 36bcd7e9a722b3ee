//! Where the characters are on the keyboard of the United States (*Inside Macintosh* V, key codes).

/// Key codes of keys that print nothing.
pub mod key {
    /// Return.
    pub const RETURN: u8 = 0x24;
    /// Tab.
    pub const TAB: u8 = 0x30;
    /// Space bar.
    pub const SPACE: u8 = 0x31;
    /// Backspace.
    pub const BACKSPACE: u8 = 0x33;
    /// Command.
    pub const COMMAND: u8 = 0x37;
    /// Either Shift key.
    pub const SHIFT: u8 = 0x38;
    /// Caps Lock.
    pub const CAPS_LOCK: u8 = 0x39;
    /// Option.
    pub const OPTION: u8 = 0x3A;
}

/// Unshifted and shifted characters, by key code from 00.
const PLAIN: &[u8] = b"asdfhgzxcv\0bqweryt123465=97-80]ou[ip\rlj'k;\\,/nm.\t `\x08";
const SHIFTED: &[u8] = b"ASDFHGZXCV\0BQWERYT!@#$^%+(&_*)}OU{IP\0LJ\"K:|<?NM>\0\0~\0";

/// The key code that types `character`, and whether Shift must be down; `None` for a character that no single key types.
pub fn key_for(character: char) -> Option<(u8, bool)> {
    let byte = match character {
        '\n' => b'\r',
        '\0' => return None,
        _ => u8::try_from(character).ok()?,
    };
    let find = |table: &[u8]| table.iter().position(|&c| c == byte).map(|code| code as u8);
    find(PLAIN)
        .map(|code| (code, false))
        .or_else(|| find(SHIFTED).map(|code| (code, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_on_the_keys_of_inside_macintosh() {
        assert_eq!(key_for('a'), Some((0x00, false)));
        assert_eq!(key_for('A'), Some((0x00, true)));
        assert_eq!(key_for('b'), Some((0x0B, false)));
        assert_eq!(key_for('0'), Some((0x1D, false)));
        assert_eq!(key_for('\n'), Some((key::RETURN, false)));
        assert_eq!(key_for(' '), Some((key::SPACE, false)));
        assert_eq!(key_for('.'), Some((0x2F, false)));
        assert_eq!(key_for('`'), Some((0x32, false)));
        assert_eq!(key_for('é'), None);
    }
}

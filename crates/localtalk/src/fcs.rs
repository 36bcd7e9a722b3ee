use serde::{Deserialize, Serialize};

/// The frame check sequence of SDLC: CRC-CCITT, reflected (8408h), preset to ones, sent complemented, low byte first.
///
/// Source: *Inside AppleTalk*, appendix B, "CRC-CCITT calculation"; the manual of the 8530 under "CRC".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fcs(u16);

impl Default for Fcs {
    fn default() -> Self {
        Fcs(0xFFFF)
    }
}

impl Fcs {
    /// What the register holds after an intact frame and its two FCS bytes.
    pub const RESIDUE: u16 = 0xF0B8;

    /// A register preset to all ones or all zeros.
    pub const fn preset(ones: bool) -> Fcs {
        Fcs(if ones { 0xFFFF } else { 0 })
    }

    /// Takes in one byte, least significant bit first.
    pub fn add(&mut self, byte: u8) {
        self.0 = (self.0 >> 8) ^ TABLE[usize::from((self.0 ^ u16::from(byte)) & 0xFF)];
    }

    /// The two bytes that a transmitter sends after the data.
    pub fn bytes(self) -> [u8; 2] {
        (!self.0).to_le_bytes()
    }

    /// True when the bytes so far were an intact frame with its FCS.
    pub fn is_good(self) -> bool {
        self.0 == Self::RESIDUE
    }

    /// The register after all of `bytes`.
    pub fn over(bytes: &[u8]) -> Fcs {
        let mut fcs = Fcs::default();
        bytes.iter().for_each(|&byte| fcs.add(byte));
        fcs
    }
}

const TABLE: [u16; 256] = {
    let mut table = [0_u16; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u16;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                (value >> 1) ^ 0x8408
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enquiry_for_node_42() {
        assert_eq!(Fcs::over(&[0x2A, 0x2A, 0x81]).bytes(), [0x4F, 0xFD]);
    }

    #[test]
    fn check_value_of_the_catalogue_of_crcs() {
        // CRC-16/X-25 over "123456789" is 906E.
        assert_eq!(Fcs::over(b"123456789").bytes(), [0x6E, 0x90]);
    }

    #[test]
    fn residue_after_an_intact_frame() {
        let mut fcs = Fcs::over(&[0x2A, 0x2A, 0x81]);
        fcs.bytes().iter().for_each(|&byte| fcs.add(byte));
        assert!(fcs.is_good());
        fcs.add(0);
        assert!(!fcs.is_good());
    }
}

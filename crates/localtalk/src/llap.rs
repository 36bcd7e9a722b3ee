//! LLAP frames: their fields, their check sequence, their length on the wire.
//!
//! Source: *Inside AppleTalk*, second edition, chapter 1, "LLAP packet" and "LLAP frame"; figures from appendix B.

use crate::{Fcs, Signal};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The node address that every node accepts.
pub const BROADCAST: u8 = 0xFF;
/// Most bytes of data in one frame.
pub const MAX_DATA: usize = 600;
/// Bytes of an LLAP header: destination, source, type.
pub const HEADER: usize = 3;

/// The type byte of a short DDP datagram.
pub const SHORT_DDP: u8 = 0x01;
/// The type byte of a long DDP datagram.
pub const LONG_DDP: u8 = 0x02;
/// Enquiry: is this address in use?
pub const ENQ: u8 = 0x81;
/// Acknowledgement of an enquiry: it is.
pub const ACK: u8 = 0x82;
/// Request to send.
pub const RTS: u8 = 0x84;
/// Clear to send.
pub const CTS: u8 = 0x85;

/// The least pause between two dialogs, 400 us.
pub const DIALOG_GAP: Ticks = Ticks::from_micros(400);
/// The unit of the random wait, 100 us.
pub const SLOT: Ticks = Ticks::from_micros(100);
/// The longest pause between two frames of one dialog, 200 us.
pub const FRAME_GAP: Ticks = Ticks::from_micros(200);
/// Ones after the closing flag: 12 to 18 are allowed; 15 make a control frame last the 343 us that are usually quoted.
pub const ABORT_ONES: u64 = 15;

/// Why bytes between two flags are no LLAP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Fewer than three bytes or more than 603.
    Size,
    /// The type is 0, or a control type that is not assigned.
    Type,
    /// A control packet with data.
    ControlWithData,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Malformed::Size => "LLAP packet of a size that is not allowed",
            Malformed::Type => "LLAP type that is not assigned",
            Malformed::ControlWithData => "LLAP control packet with data",
        })
    }
}

impl std::error::Error for Malformed {}

/// An LLAP packet, the part of a frame between the opening flag and the FCS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// Node it is for: 1-254, or [`BROADCAST`].
    pub destination: u8,
    /// Node that sent it.
    pub source: u8,
    /// LLAP type: below 80h for data, above for control.
    pub kind: u8,
    /// At most [`MAX_DATA`] bytes; none in a control packet.
    pub data: Vec<u8>,
}

impl Packet {
    /// A control packet.
    pub fn control(destination: u8, source: u8, kind: u8) -> Packet {
        Packet {
            destination,
            source,
            kind,
            data: Vec::new(),
        }
    }

    /// True for the types 80h and above.
    pub fn is_control(&self) -> bool {
        self.kind >= 0x80
    }

    /// The bytes between the flags, without FCS.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.data.len());
        bytes.extend([self.destination, self.source, self.kind]);
        bytes.extend(&self.data);
        bytes
    }

    /// The packet in these bytes, FCS already removed.
    ///
    /// # Errors
    /// When the size or the type is not allowed ("Packet reception" in chapter 1). The length field inside the data is
    /// DDP's business and not looked at.
    pub fn decode(bytes: &[u8]) -> Result<Packet, Malformed> {
        let [destination, source, kind, data @ ..] = bytes else {
            return Err(Malformed::Size);
        };
        if data.len() > MAX_DATA {
            return Err(Malformed::Size);
        }
        match *kind {
            0 => return Err(Malformed::Type),
            ENQ | ACK | RTS | CTS if !data.is_empty() => return Err(Malformed::ControlWithData),
            ENQ | ACK | RTS | CTS | 0x01..=0x7F => {}
            _ => return Err(Malformed::Type),
        }
        Ok(Packet {
            destination: *destination,
            source: *source,
            kind: *kind,
            data: data.to_vec(),
        })
    }
}

/// Counts the zeros that SDLC inserts after five ones, across byte boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stuffer {
    ones: u8,
}

impl Stuffer {
    /// Bits that this byte takes on the wire after those before it: 8, 9 or 10.
    pub fn bits(&mut self, byte: u8) -> u64 {
        let mut bits = 8;
        for place in 0..8 {
            if byte >> place & 1 == 0 {
                self.ones = 0;
            } else {
                self.ones += 1;
                if self.ones == 5 {
                    self.ones = 0;
                    bits += 1;
                }
            }
        }
        bits
    }
}

/// Bits on the wire of a packet and its FCS, with the stuffed zeros, without flags.
pub fn wire_bits(packet: &[u8]) -> u64 {
    let mut stuffer = Stuffer::default();
    let fcs = Fcs::over(packet).bytes();
    packet
        .iter()
        .chain(&fcs)
        .map(|&byte| stuffer.bits(byte))
        .sum()
}

/// Time that a frame with two opening flags holds the line, from the first flag to the end of the abort sequence.
pub fn duration(packet: &[u8]) -> Ticks {
    Ticks::BIT * (wire_bits(packet) + 3 * 8 + ABORT_ONES)
}

/// Length of the synchronisation pulse, and of the pause behind it: 1.5 bit times each (appendix B, TransmitFrame).
const PULSE: Ticks = Ticks(Ticks::BIT.0 * 3 / 2);

/// The signals of a whole transmission whose driver goes on at `start`, each with its time of notice, and the time at which
/// the driver goes off.
///
/// With `pulse` the synchronisation pulse comes first; chapter 1 asks for it before RTS frames.
pub fn signals(packet: &[u8], start: Ticks, pulse: bool) -> (Vec<(Ticks, Signal)>, Ticks) {
    let mut out = Vec::with_capacity(packet.len() + 10);
    let mut at = start;
    if pulse {
        out.push((at + Signal::NOTICE, Signal::Carrier));
        at += PULSE;
        out.push((at + Signal::NOTICE, Signal::Idle));
        at += PULSE;
    }
    out.push((at + Signal::NOTICE, Signal::Carrier));
    for _ in 0..2 {
        at += Ticks::BYTE;
        out.push((at, Signal::Flag));
    }
    let mut stuffer = Stuffer::default();
    let fcs = Fcs::over(packet).bytes();
    for &byte in packet.iter().chain(&fcs) {
        at += Ticks::BIT * stuffer.bits(byte);
        out.push((at, Signal::Byte(byte)));
    }
    at += Ticks::BYTE;
    out.push((at, Signal::Flag));
    out.push((at + Signal::NOTICE, Signal::Abort));
    let off = at + Ticks::BIT * ABORT_ONES;
    out.push((off + Signal::NOTICE, Signal::Idle));
    (out, off)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_counted_across_bytes() {
        let mut stuffer = Stuffer::default();
        assert_eq!(stuffer.bits(0xF0), 8);
        assert_eq!(stuffer.bits(0x01), 9);
        assert_eq!(stuffer.bits(0xFF), 9);
        assert_eq!(stuffer.bits(0x03), 9);
        assert_eq!(stuffer.bits(0x3E), 9);
        let mut stuffer = Stuffer { ones: 4 };
        assert_eq!(stuffer.bits(0xFF), 10);
    }

    #[test]
    fn frame_times_of_chapter_1() {
        // 2A 2A 81 4F FD needs one stuffed zero, in FD.
        let us = duration(&[0x2A, 0x2A, RTS]).as_micros();
        assert!((342..=352).contains(&us), "{us}");
        let full = duration(&[0; HEADER + MAX_DATA]);
        assert!((21_100..=21_300).contains(&full.as_micros()), "{full}");
        let (signals, off) = signals(&[0x2A, 0x2A, RTS], Ticks(1000), false);
        assert_eq!(off - Ticks(1000), duration(&[0x2A, 0x2A, RTS]));
        assert!(signals.is_sorted_by_key(|&(at, _)| at));
        assert!(
            signals
                .iter()
                .all(|&(at, _)| at >= Ticks(1000) + Signal::NOTICE)
        );
    }

    #[test]
    fn packet_reception_refuses_what_chapter_1_refuses() {
        assert_eq!(Packet::decode(&[1, 2]), Err(Malformed::Size));
        assert_eq!(Packet::decode(&[0x01; 604]), Err(Malformed::Size));
        assert_eq!(Packet::decode(&[1, 2, 0]), Err(Malformed::Type));
        assert_eq!(Packet::decode(&[1, 2, 0x83]), Err(Malformed::Type));
        assert_eq!(
            Packet::decode(&[1, 2, RTS, 0]),
            Err(Malformed::ControlWithData)
        );
        let packet = Packet {
            destination: 1,
            source: 2,
            kind: SHORT_DDP,
            data: vec![0; 600],
        };
        assert_eq!(Packet::decode(&packet.encode()), Ok(packet));
    }
}

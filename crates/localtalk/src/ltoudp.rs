//! LocalTalk over UDP: the datagrams.
//!
//! Source: "LocalTalk over UDP" (windswept.home.blog, 10 December 2019), which Mini vMac, TashRouter and others implement. A datagram is the
//! sender's number, four bytes, the highest first, and an LLAP packet without its FCS. It goes to a multicast group that every station joins, also
//! the sender; it recognises its own by the number. RTS and CTS are never sent.

use crate::llap::{self, BROADCAST, HEADER, MAX_DATA, Packet};
use std::fmt;

/// The multicast group; its last two bytes spell LT.
pub const GROUP: [u8; 4] = [239, 192, 76, 84];
/// The UDP port.
pub const PORT: u16 = 1954;
/// Bytes of the sender's number.
const SENDER: usize = 4;
/// Longest datagram: the number and a whole LLAP packet.
pub const LONGEST: usize = SENDER + HEADER + MAX_DATA;

/// Why a datagram is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than the sender's number, or longer than [`LONGEST`].
    Size,
    /// What follows the number is no LLAP packet.
    Packet(llap::Malformed),
    /// RTS or CTS, which have no meaning here.
    Access,
    /// A source that cannot be a node (0 or 255), or destination 0; or an ENQ or ACK to all.
    Address,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Size => f.write_str("datagram of a size that is not allowed"),
            Malformed::Packet(error) => error.fmt(f),
            Malformed::Access => f.write_str("RTS or CTS in a datagram"),
            Malformed::Address => f.write_str("node address that is not allowed"),
        }
    }
}

impl std::error::Error for Malformed {}

/// The datagram in which station `sender` sends `packet`, or nothing for RTS and CTS.
pub fn encode(sender: u32, packet: &Packet) -> Option<Vec<u8>> {
    if matches!(packet.kind, llap::RTS | llap::CTS) {
        return None;
    }
    let mut datagram = sender.to_be_bytes().to_vec();
    datagram.extend(packet.encode());
    Some(datagram)
}

/// Sender and packet of a datagram.
///
/// # Errors
/// When it is malformed.
pub fn decode(datagram: &[u8]) -> Result<(u32, Packet), Malformed> {
    if datagram.len() > LONGEST {
        return Err(Malformed::Size);
    }
    let (sender, packet) = datagram
        .split_first_chunk::<SENDER>()
        .ok_or(Malformed::Size)?;
    let packet = Packet::decode(packet).map_err(Malformed::Packet)?;
    match packet.kind {
        llap::RTS | llap::CTS => Err(Malformed::Access),
        llap::ENQ | llap::ACK if packet.destination == BROADCAST => Err(Malformed::Address),
        _ if matches!(packet.source, 0 | BROADCAST) || packet.destination == 0 => {
            Err(Malformed::Address)
        }
        _ => Ok((u32::from_be_bytes(*sender), packet)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An AEP request of node 3 to node 4 in a short DDP header, as a station with the number 12345678h sends it.
    const ECHO: [u8; 13] = [0x12, 0x34, 0x56, 0x78, 4, 3, 0x01, 0, 6, 4, 0x80, 4, 1];

    #[test]
    fn the_number_comes_first_then_the_packet_without_fcs() {
        let (sender, packet) = decode(&ECHO).unwrap();
        assert_eq!(sender, 0x1234_5678);
        assert_eq!((packet.destination, packet.source, packet.kind), (4, 3, 1));
        assert_eq!(packet.data, ECHO[7..]);
        assert_eq!(encode(sender, &packet).as_deref(), Some(&ECHO[..]));
    }

    #[test]
    fn rts_and_cts_are_neither_sent_nor_taken() {
        for kind in [llap::RTS, llap::CTS] {
            assert_eq!(encode(1, &Packet::control(4, 3, kind)), None);
            assert_eq!(decode(&[0, 0, 0, 1, 4, 3, kind]), Err(Malformed::Access));
        }
        for kind in [llap::ENQ, llap::ACK] {
            assert!(encode(1, &Packet::control(4, 4, kind)).is_some());
        }
    }

    #[test]
    fn what_is_no_datagram_is_refused() {
        let long = |data: usize| [&[0, 0, 0, 1, 4, 3, 1][..], &vec![0; data]].concat();
        assert!(decode(&long(600)).is_ok());
        assert_eq!(long(600).len(), LONGEST);
        assert_eq!(decode(&long(601)), Err(Malformed::Size));
        assert_eq!(decode(&[0, 0, 1]), Err(Malformed::Size));
        assert_eq!(
            decode(&[0, 0, 0, 1, 4, 3]),
            Err(Malformed::Packet(llap::Malformed::Size))
        );
        for [to, from, kind] in [
            [0, 3, 1],
            [4, 0, 1],
            [4, 255, 1],
            [255, 3, llap::ENQ],
            [255, 3, llap::ACK],
        ] {
            assert_eq!(
                decode(&[0, 0, 0, 1, to, from, kind]),
                Err(Malformed::Address)
            );
        }
    }
}

//! Datagram Delivery Protocol, *Inside AppleTalk* chapter 4.

use crate::bytes::{Malformed, Reader};
use localtalk::llap::{LONG_DDP, SHORT_DDP};
use serde::{Deserialize, Serialize};
use std::fmt;

/// DDP type of RTMP responses and data.
pub const RTMP: u8 = 1;
/// DDP type of NBP.
pub const NBP: u8 = 2;
/// DDP type of ATP.
pub const ATP: u8 = 3;
/// DDP type of AEP.
pub const AEP: u8 = 4;
/// DDP type of RTMP requests.
pub const RTMP_REQUEST: u8 = 5;
/// DDP type of ZIP.
pub const ZIP: u8 = 6;
/// DDP type of ADSP.
pub const ADSP: u8 = 7;
/// Most bytes of data in a datagram.
pub const MAX_DATA: usize = 586;
/// The names information socket.
pub const NAMES_SOCKET: u8 = 2;
/// The echoer socket.
pub const ECHO_SOCKET: u8 = 4;

/// The address of a socket. Network 0 is the local one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Network number, 0 when unknown.
    pub network: u16,
    /// Node number, FF for all.
    pub node: u8,
    /// Socket number, 1-254.
    pub socket: u8,
}

impl Address {
    /// An address on the local network.
    pub const fn local(node: u8, socket: u8) -> Address {
        Address {
            network: 0,
            node,
            socket,
        }
    }

    /// Whether both are the same socket, as far as their networks are known.
    pub fn is(&self, other: &Address) -> bool {
        let networks = [self.network, other.network];
        (self.node, self.socket) == (other.node, other.socket)
            && (networks[0] == networks[1] || networks.contains(&0))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}:{}", self.network, self.node, self.socket)
    }
}

/// One datagram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Datagram {
    /// Socket that it is for.
    pub destination: Address,
    /// Socket that it is from.
    pub source: Address,
    /// DDP type, not 0.
    pub kind: u8,
    /// Routers passed, 0-15; only a long header has it.
    pub hops: u8,
    /// At most [`MAX_DATA`] bytes.
    pub data: Vec<u8>,
}

impl Datagram {
    /// A datagram that has not passed a router.
    pub fn new(destination: Address, source: Address, kind: u8, data: Vec<u8>) -> Datagram {
        Datagram {
            destination,
            source,
            kind,
            hops: 0,
            data,
        }
    }

    /// The LLAP type and data that carry it on LocalTalk: a short header within a network, a long one with `checksum` or not
    /// otherwise. "Short" is for equal networks, or an unknown one.
    ///
    /// # Errors
    /// When the data are longer than [`MAX_DATA`].
    pub fn encode(&self, checksum: bool) -> Result<(u8, Vec<u8>), Malformed> {
        if self.data.len() > MAX_DATA {
            return Err(Malformed("DDP data longer than 586 bytes"));
        }
        let (to, from) = (self.destination, self.source);
        if to.network == 0 || to.network == from.network {
            let mut bytes = Vec::with_capacity(5 + self.data.len());
            bytes.extend((5 + self.data.len() as u16).to_be_bytes());
            bytes.extend([to.socket, from.socket, self.kind]);
            bytes.extend(&self.data);
            return Ok((SHORT_DDP, bytes));
        }
        let length = 13 + self.data.len() as u16;
        let mut bytes = Vec::with_capacity(usize::from(length));
        bytes.extend((u16::from(self.hops & 15) << 10 | length).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(to.network.to_be_bytes());
        bytes.extend(from.network.to_be_bytes());
        bytes.extend([to.node, from.node, to.socket, from.socket, self.kind]);
        bytes.extend(&self.data);
        if checksum {
            let sum = self::checksum(&bytes[4..]);
            bytes[2..4].copy_from_slice(&sum.to_be_bytes());
        }
        Ok((LONG_DDP, bytes))
    }

    /// The datagram in an LLAP packet of type 1 or 2 between these nodes.
    ///
    /// # Errors
    /// When a header is cut short, the length field does not fit the data, the checksum is wrong, or a number is out of range.
    pub fn decode(packet: &localtalk::llap::Packet) -> Result<Datagram, Malformed> {
        let mut reader = Reader::new(&packet.data, "DDP header cut short");
        let first = reader.word()?;
        let length = usize::from(first & 0x3FF);
        // The high bits are reserved in a short header, where "they should be 0", and not looked at.
        if length != packet.data.len() {
            return Err(Malformed("DDP length is not that of the packet"));
        }
        let datagram = match packet.kind {
            SHORT_DDP => {
                let destination = Address::local(packet.destination, reader.byte()?);
                let source = Address::local(packet.source, reader.byte()?);
                let kind = reader.byte()?;
                Datagram::new(destination, source, kind, reader.rest().to_vec())
            }
            LONG_DDP => {
                let sum = reader.word()?;
                if sum != 0 && sum != checksum(reader.rest()) {
                    return Err(Malformed("DDP checksum is wrong"));
                }
                let networks = [reader.word()?, reader.word()?];
                let nodes = [reader.byte()?, reader.byte()?];
                let sockets = [reader.byte()?, reader.byte()?];
                let kind = reader.byte()?;
                let address = |end: usize| Address {
                    network: networks[end],
                    node: nodes[end],
                    socket: sockets[end],
                };
                let hops = (first >> 10 & 15) as u8;
                Datagram {
                    destination: address(0),
                    source: address(1),
                    kind,
                    hops,
                    data: reader.rest().to_vec(),
                }
            }
            _ => return Err(Malformed("LLAP type is not DDP")),
        };
        if datagram.data.len() > MAX_DATA {
            return Err(Malformed("DDP data longer than 586 bytes"));
        }
        if datagram.kind == 0 {
            return Err(Malformed("DDP type 0 is invalid"));
        }
        if [datagram.destination.socket, datagram.source.socket]
            .iter()
            .any(|socket| matches!(socket, 0 | 0xFF))
        {
            return Err(Malformed("DDP socket 0 or 255 is invalid"));
        }
        Ok(datagram)
    }
}

/// The checksum over everything behind its field: add each byte, rotate left by one; 0 is sent as FFFF.
pub fn checksum(bytes: &[u8]) -> u16 {
    match bytes.iter().fold(0_u16, |sum, &byte| {
        sum.wrapping_add(u16::from(byte)).rotate_left(1)
    }) {
        0 => 0xFFFF,
        sum => sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use localtalk::llap::Packet;

    fn packet(kind: u8, data: Vec<u8>) -> Packet {
        Packet {
            destination: 2,
            source: 1,
            kind,
            data,
        }
    }

    #[test]
    fn short_header() {
        let datagram = Datagram::new(
            Address::local(2, 4),
            Address::local(1, 200),
            AEP,
            vec![1, 9],
        );
        let (kind, bytes) = datagram.encode(true).unwrap();
        assert_eq!(
            (kind, &bytes[..]),
            (SHORT_DDP, &[0, 7, 4, 200, 4, 1, 9][..])
        );
        assert_eq!(Datagram::decode(&packet(kind, bytes)), Ok(datagram));
    }

    #[test]
    fn long_header_with_checksum() {
        let to = Address {
            network: 0x1234,
            node: 2,
            socket: 4,
        };
        let from = Address {
            network: 7,
            node: 1,
            socket: 200,
        };
        let datagram = Datagram {
            destination: to,
            source: from,
            kind: ATP,
            hops: 3,
            data: vec![0xFF; 586],
        };
        let (kind, mut bytes) = datagram.encode(true).unwrap();
        assert_eq!((kind, bytes.len(), bytes[0] >> 2), (LONG_DDP, 599, 3));
        assert_eq!(
            Datagram::decode(&packet(kind, bytes.clone())),
            Ok(datagram.clone())
        );
        bytes[100] ^= 1;
        assert_eq!(
            Datagram::decode(&packet(kind, bytes)),
            Err(Malformed("DDP checksum is wrong"))
        );
        let (kind, mut bytes) = datagram.encode(false).unwrap();
        bytes[100] ^= 1;
        assert!(Datagram::decode(&packet(kind, bytes)).is_ok());
    }

    #[test]
    fn checksum_rotates_and_is_never_0() {
        assert_eq!(checksum(&[0x80, 0x01]), 0x0202);
        assert_eq!(checksum(&[0, 0, 0]), 0xFFFF);
    }

    #[test]
    fn malformed_datagrams_are_refused() {
        for (kind, data) in [
            (SHORT_DDP, vec![]),
            (SHORT_DDP, vec![0, 5, 4, 4]),
            (SHORT_DDP, vec![0, 6, 4, 4, 2]),
            (SHORT_DDP, vec![0, 5, 4, 4, 0]),
            (SHORT_DDP, vec![0, 5, 0, 4, 1]),
            (SHORT_DDP, [&[2, 88, 4, 4, 1], [0; 595].as_slice()].concat()),
            (LONG_DDP, vec![0, 12, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]),
            (9, vec![0, 5, 4, 4, 1]),
        ] {
            assert!(
                Datagram::decode(&packet(kind, data.clone())).is_err(),
                "{data:?}"
            );
        }
    }
}

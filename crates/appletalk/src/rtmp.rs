//! Routing Table Maintenance Protocol, *Inside AppleTalk* chapter 5: what routers and nodes say.

use crate::bytes::{Malformed, Reader};
use crate::ddp;
use serde::{Deserialize, Serialize};

/// The socket of the protocol on every node.
pub const SOCKET: u8 = 1;
/// A distance that says: this network cannot be reached any more ("notify neighbor").
pub const NOTIFY_NEIGHBOR: u8 = 31;
/// Behind network 0 in the first tuple on a nonextended network, and behind the range of an extended one.
const VERSION: u8 = 0x82;
/// Length of a node ID in bits.
const NODE_BITS: u8 = 8;
/// Bytes before the tuples.
const HEADER: usize = 4;

/// A network and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuple {
    /// First, or only, number.
    pub first: u16,
    /// The last number, for an extended network.
    pub last: Option<u16>,
    /// Routers on the way, 0-15; [`NOTIFY_NEIGHBOR`].
    pub distance: u8,
}

impl Tuple {
    /// A nonextended network.
    pub const fn network(number: u16, distance: u8) -> Tuple {
        Tuple {
            first: number,
            last: None,
            distance,
        }
    }

    /// Its last number.
    pub fn end(&self) -> u16 {
        self.last.unwrap_or(self.first)
    }

    fn size(&self) -> usize {
        if self.last.is_some() { 6 } else { 3 }
    }
}

/// An RTMP data or response packet, DDP type 1: a response has no tuples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// The sender's network number.
    pub network: u16,
    /// The sender's node.
    pub node: u8,
    /// True for a data packet of a router that knows extended networks, on a nonextended one: it begins with a version tuple.
    pub version: bool,
    /// What the sender reaches.
    pub tuples: Vec<Tuple>,
}

/// An RTMP request, DDP type 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Of a node: which network is this, and who routes?
    Network,
    /// Route data request with split horizon.
    Routes,
    /// Route data request for the whole table.
    AllRoutes,
}

impl Data {
    /// The packets with these tuples, as many as they need; at least one.
    pub fn packets(network: u16, node: u8, tuples: Vec<Tuple>) -> Vec<Data> {
        let packet = |tuples| Data {
            network,
            node,
            version: true,
            tuples,
        };
        let mut packets = vec![packet(Vec::new())];
        let mut room = ddp::MAX_DATA - HEADER - 3;
        for tuple in tuples {
            if tuple.size() > room {
                packets.push(packet(Vec::new()));
                room = ddp::MAX_DATA - HEADER - 3;
            }
            room -= tuple.size();
            if let Some(last) = packets.last_mut() {
                last.tuples.push(tuple);
            }
        }
        packets
    }

    /// The data of a datagram.
    ///
    /// # Errors
    /// When there are more tuples than a datagram holds, or a distance is out of range.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let mut bytes = self.network.to_be_bytes().to_vec();
        bytes.extend([NODE_BITS, self.node]);
        if self.version {
            bytes.extend([0, 0, VERSION]);
        }
        for tuple in &self.tuples {
            if tuple.distance > NOTIFY_NEIGHBOR {
                return Err(Malformed("RTMP distance above 31"));
            }
            bytes.extend(tuple.first.to_be_bytes());
            match tuple.last {
                None => bytes.push(tuple.distance),
                Some(last) => {
                    bytes.push(0x80 | tuple.distance);
                    bytes.extend(last.to_be_bytes());
                    bytes.push(VERSION);
                }
            }
        }
        if bytes.len() > ddp::MAX_DATA {
            return Err(Malformed("RTMP packet longer than a datagram"));
        }
        Ok(bytes)
    }

    /// The packet in a datagram's data.
    ///
    /// # Errors
    /// When it is cut short, the node ID has not 8 bits, a range runs backwards, or a version is unknown.
    pub fn decode(bytes: &[u8]) -> Result<Data, Malformed> {
        let mut reader = Reader::new(bytes, "RTMP packet cut short");
        let network = reader.word()?;
        if reader.byte()? != NODE_BITS {
            return Err(Malformed("RTMP node ID not of 8 bits"));
        }
        let node = reader.byte()?;
        let mut data = Data {
            network,
            node,
            version: false,
            tuples: Vec::new(),
        };
        while !reader.is_empty() {
            let (first, second) = (reader.word()?, reader.byte()?);
            if (first, second) == (0, VERSION) && !data.version && data.tuples.is_empty() {
                data.version = true;
                continue;
            }
            let last = if second & 0x80 == 0 {
                None
            } else {
                let last = reader.word()?;
                if reader.byte()? != VERSION {
                    return Err(Malformed("RTMP version is not 82h"));
                }
                if last < first {
                    return Err(Malformed("RTMP network range runs backwards"));
                }
                Some(last)
            };
            let distance = second & 0x7F;
            if distance > NOTIFY_NEIGHBOR {
                return Err(Malformed("RTMP distance above 31"));
            }
            data.tuples.push(Tuple {
                first,
                last,
                distance,
            });
        }
        Ok(data)
    }
}

impl Request {
    /// The data of a datagram.
    pub fn encode(self) -> Vec<u8> {
        vec![match self {
            Request::Network => 1,
            Request::Routes => 2,
            Request::AllRoutes => 3,
        }]
    }

    /// The request in a datagram's data.
    ///
    /// # Errors
    /// When there is none, or it is not assigned.
    pub fn decode(bytes: &[u8]) -> Result<Request, Malformed> {
        match bytes {
            [1, ..] => Ok(Request::Network),
            [2, ..] => Ok(Request::Routes),
            [3, ..] => Ok(Request::AllRoutes),
            _ => Err(Malformed("RTMP request is not assigned")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rtmp_data_packet_on_a_nonextended_network() {
        let extended = Tuple {
            first: 0x10,
            last: Some(0x12),
            distance: 3,
        };
        let data = Data {
            network: 0x0102,
            node: 0xC8,
            version: true,
            tuples: vec![Tuple::network(7, 0), extended, Tuple::network(9, 31)],
        };
        let bytes = data.encode().unwrap();
        let expected = [
            1, 2, 8, 0xC8, 0, 0, 0x82, 0, 7, 0, 0, 0x10, 0x83, 0, 0x12, 0x82, 0, 9, 31,
        ];
        assert_eq!(bytes, expected);
        assert_eq!(Data::decode(&bytes), Ok(data));
        let whole = [4, 7, 10, 16, 19];
        for cut in 0..bytes.len() {
            assert_eq!(
                Data::decode(&bytes[..cut]).is_ok(),
                whole.contains(&cut),
                "{cut}"
            );
        }
        assert!(Data::decode(&[0, 1, 16, 1, 1]).is_err());
        assert!(Data::decode(&[0, 1, 8, 1, 0, 5, 0x80, 0, 4, 0x82]).is_err());
        assert!(Data::decode(&[0, 1, 8, 1, 0, 5, 0x80, 0, 5, 0x81]).is_err());
    }

    #[test]
    fn a_long_table_needs_several_datagrams() {
        let tuples: Vec<Tuple> = (1..=400).map(|number| Tuple::network(number, 1)).collect();
        let packets = Data::packets(1, 2, tuples.clone());
        assert_eq!(packets.len(), 3);
        let sent: Vec<Tuple> = packets
            .iter()
            .flat_map(|packet| packet.tuples.clone())
            .collect();
        assert_eq!(sent, tuples);
        assert!(packets.iter().all(|packet| packet.encode().is_ok()));
        assert_eq!(Data::packets(1, 2, Vec::new()).len(), 1);
    }

    #[test]
    fn requests() {
        for request in [Request::Network, Request::Routes, Request::AllRoutes] {
            assert_eq!(Request::decode(&request.encode()), Ok(request));
        }
        assert!(Request::decode(&[]).is_err());
        assert!(Request::decode(&[4]).is_err());
    }
}

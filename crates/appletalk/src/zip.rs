//! Zone Information Protocol, *Inside AppleTalk* chapter 8: what routers and nodes say.

use crate::bytes::{Malformed, Reader};
use crate::ddp;
use serde::{Deserialize, Serialize};

/// The zone information socket of a router.
pub const SOCKET: u8 = 6;
/// Longest zone name.
pub const MAX_ZONE: usize = 32;

/// A ZIP packet in a datagram of DDP type 6.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Packet {
    /// Which zones have these networks?
    Query(Vec<u16>),
    /// Networks, each with one of its zones.
    Reply {
        /// In a reply the number of networks; in an extended reply the number of zones that the one network has.
        count: u8,
        /// Whether it is an extended reply: part of the zones of one network.
        extended: bool,
        /// What is told.
        zones: Vec<(u16, Vec<u8>)>,
    },
    /// Phase 1: a router is to forget its zone names. The second edition says no more.
    Takedown,
    /// Phase 1: a router is to take a zone name.
    Bringup,
    /// Of a node on an extended network: is this zone name right?
    GetNetInfo(Vec<u8>),
    /// The answer to it, or a notification that a zone has another name.
    NetInfo {
        /// A notification.
        notify: bool,
        /// 80h zone invalid, 40h use broadcast, 20h only one zone.
        flags: u8,
        /// The network's range.
        range: (u16, u16),
        /// The zone asked for; in a notification the old name.
        zone: Vec<u8>,
        /// Multicast address of the zone.
        multicast: Vec<u8>,
        /// The default zone, if the zone was invalid; in a notification the new name.
        other: Option<Vec<u8>>,
    },
}

/// What a node asks a router for through ATP, in the user bytes of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The zone of the node on a nonextended network.
    GetMyZone,
    /// The zones of the internet from this one on, counted from 1.
    GetZoneList(u16),
    /// The zones of the node's network from this one on.
    GetLocalZones(u16),
}

/// What a router answers through ATP: user bytes and data of the one packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneList {
    /// No zones follow these.
    pub last: bool,
    /// Zone names.
    pub zones: Vec<Vec<u8>>,
}

impl Packet {
    /// The data of a datagram.
    ///
    /// # Errors
    /// When a zone name is too long, there are more than 255 networks, or everything is longer than a datagram.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let mut bytes = Vec::new();
        match self {
            Packet::Query(networks) => {
                let count = u8::try_from(networks.len());
                bytes.extend([
                    1,
                    count.map_err(|_| Malformed("ZIP query for more than 255 networks"))?,
                ]);
                for network in networks {
                    bytes.extend(network.to_be_bytes());
                }
            }
            Packet::Reply {
                count,
                extended,
                zones,
            } => {
                bytes.extend([if *extended { 8 } else { 2 }, *count]);
                for (network, zone) in zones {
                    bytes.extend(network.to_be_bytes());
                    push_zone(&mut bytes, zone)?;
                }
            }
            Packet::Takedown => bytes.extend([3, 0]),
            Packet::Bringup => bytes.extend([4, 0]),
            Packet::GetNetInfo(zone) => {
                bytes.extend([5, 0, 0, 0, 0, 0]);
                push_zone(&mut bytes, zone)?;
            }
            Packet::NetInfo {
                notify,
                flags,
                range,
                zone,
                multicast,
                other,
            } => {
                bytes.extend([if *notify { 7 } else { 6 }, *flags]);
                bytes.extend(range.0.to_be_bytes());
                bytes.extend(range.1.to_be_bytes());
                push_zone(&mut bytes, zone)?;
                bytes.push(multicast.len() as u8);
                bytes.extend(multicast);
                if let Some(other) = other {
                    push_zone(&mut bytes, other)?;
                }
            }
        }
        if bytes.len() > ddp::MAX_DATA {
            return Err(Malformed("ZIP packet longer than a datagram"));
        }
        Ok(bytes)
    }

    /// The packet in a datagram's data.
    ///
    /// # Errors
    /// When the function is not assigned, something is cut short, or a zone name is too long.
    pub fn decode(bytes: &[u8]) -> Result<Packet, Malformed> {
        let mut reader = Reader::new(bytes, "ZIP packet cut short");
        let (function, second) = (reader.byte()?, reader.byte()?);
        let zone = |reader: &mut Reader| Ok(reader.string(MAX_ZONE)?.to_vec());
        Ok(match function {
            1 => {
                let networks: Result<_, _> = (0..second).map(|_| reader.word()).collect();
                Packet::Query(networks?)
            }
            2 | 8 => {
                let mut zones = Vec::new();
                // Of an extended reply the count is that of all zones, which may need several packets.
                while !reader.is_empty() {
                    zones.push((reader.word()?, zone(&mut reader)?));
                }
                if function == 2 && zones.len() != usize::from(second) {
                    return Err(Malformed("ZIP reply with another number of networks"));
                }
                Packet::Reply {
                    count: second,
                    extended: function == 8,
                    zones,
                }
            }
            3 => Packet::Takedown,
            4 => Packet::Bringup,
            5 => {
                reader.take(4)?;
                Packet::GetNetInfo(zone(&mut reader)?)
            }
            6 | 7 => Packet::NetInfo {
                notify: function == 7,
                flags: second,
                range: (reader.word()?, reader.word()?),
                zone: zone(&mut reader)?,
                multicast: reader.string(usize::from(u8::MAX))?.to_vec(),
                other: if reader.is_empty() {
                    None
                } else {
                    Some(zone(&mut reader)?)
                },
            },
            _ => return Err(Malformed("ZIP function is not assigned")),
        })
    }
}

impl Request {
    /// The user bytes of the ATP request.
    pub fn user(self) -> [u8; 4] {
        let (function, start) = match self {
            Request::GetMyZone => (7, 0),
            Request::GetZoneList(start) => (8, start),
            Request::GetLocalZones(start) => (9, start),
        };
        let [high, low] = u16::to_be_bytes(start);
        [function, 0, high, low]
    }

    /// The request in these user bytes.
    ///
    /// # Errors
    /// When the function is not assigned.
    pub fn from_user(user: [u8; 4]) -> Result<Request, Malformed> {
        let start = u16::from_be_bytes([user[2], user[3]]);
        match user[0] {
            7 => Ok(Request::GetMyZone),
            8 => Ok(Request::GetZoneList(start)),
            9 => Ok(Request::GetLocalZones(start)),
            _ => Err(Malformed("ZIP request through ATP is not assigned")),
        }
    }
}

impl ZoneList {
    /// As many of `zones` from number `start` (counted from 1) on as one ATP packet holds.
    pub fn from(zones: &[Vec<u8>], start: u16) -> ZoneList {
        let rest = zones.get(usize::from(start.max(1)) - 1..).unwrap_or(&[]);
        let mut room = crate::atp::MAX_DATA;
        let fits = |zone: &&Vec<u8>| {
            let fits = zone.len() < room;
            room = room.saturating_sub(zone.len() + 1);
            fits
        };
        let told: Vec<_> = rest.iter().take_while(fits).cloned().collect();
        ZoneList {
            last: told.len() == rest.len(),
            zones: told,
        }
    }

    /// User bytes and data.
    ///
    /// # Errors
    /// When a zone name is too long.
    pub fn encode(&self) -> Result<([u8; 4], Vec<u8>), Malformed> {
        let mut data = Vec::new();
        for zone in &self.zones {
            push_zone(&mut data, zone)?;
        }
        let [high, low] = (self.zones.len() as u16).to_be_bytes();
        Ok(([u8::from(self.last), 0, high, low], data))
    }

    /// The answer in user bytes and data.
    ///
    /// # Errors
    /// When the data are cut short or a zone name is too long.
    pub fn decode(user: [u8; 4], data: &[u8]) -> Result<ZoneList, Malformed> {
        let mut reader = Reader::new(data, "ZIP zone list cut short");
        let zones: Result<_, _> = (0..u16::from_be_bytes([user[2], user[3]]))
            .map(|_| Ok(reader.string(MAX_ZONE)?.to_vec()))
            .collect();
        Ok(ZoneList {
            last: user[0] != 0,
            zones: zones?,
        })
    }
}

fn push_zone(bytes: &mut Vec<u8>, zone: &[u8]) -> Result<(), Malformed> {
    if zone.len() > MAX_ZONE {
        return Err(Malformed("zone name longer than 32 bytes"));
    }
    bytes.push(zone.len() as u8);
    bytes.extend(zone);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zip_packets_byte_for_byte() {
        let zone = |text: &str| text.as_bytes().to_vec();
        let reply = |extended, count| Packet::Reply {
            count,
            extended,
            zones: vec![(3, zone("Lab")), (4, zone("A"))],
        };
        let info = Packet::NetInfo {
            notify: false,
            flags: 0xA0,
            range: (3, 4),
            zone: zone("x"),
            multicast: vec![9; 6],
            other: Some(zone("Lab")),
        };
        for (packet, bytes) in [
            (Packet::Query(vec![3, 0x100]), &b"\x01\x02\0\x03\x01\0"[..]),
            (reply(false, 2), b"\x02\x02\0\x03\x03Lab\0\x04\x01A"),
            (reply(true, 9), b"\x08\x09\0\x03\x03Lab\0\x04\x01A"),
            (Packet::GetNetInfo(zone("Lab")), b"\x05\0\0\0\0\0\x03Lab"),
            (
                info,
                b"\x06\xA0\0\x03\0\x04\x01x\x06\x09\x09\x09\x09\x09\x09\x03Lab",
            ),
        ] {
            assert_eq!(packet.encode().unwrap(), bytes);
            assert_eq!(Packet::decode(bytes), Ok(packet));
        }
        assert!(Packet::decode(b"\x02\x02\0\x03\x03Lab").is_err());
        assert!(Packet::decode(b"\x01\x02\0\x03").is_err());
        assert!(Packet::decode(&[9, 0]).is_err());
        assert!(Packet::decode(&[&[2, 1, 0, 1, 33][..], &[b'x'; 33]].concat()).is_err());
    }

    #[test]
    fn zone_lists_come_in_parts() {
        let zones: Vec<Vec<u8>> = (0..100)
            .map(|n| format!("Zone number {n:03}").into_bytes())
            .collect();
        let (mut start, mut told) = (1, Vec::new());
        loop {
            let (user, data) = ZoneList::from(&zones, start).encode().unwrap();
            assert!(data.len() <= crate::atp::MAX_DATA);
            let part = ZoneList::decode(user, &data).unwrap();
            start += part.zones.len() as u16;
            told.extend(part.zones);
            if part.last {
                break;
            }
        }
        assert_eq!(told, zones);
        assert!(ZoneList::from(&zones, 1000).zones.is_empty());
        let (user, data) = ZoneList {
            last: true,
            zones: vec![b"Lab".to_vec()],
        }
        .encode()
        .unwrap();
        assert_eq!((user, &data[..]), ([1, 0, 0, 1], &b"\x03Lab"[..]));
        assert!(ZoneList::decode([0, 0, 0, 2], &data).is_err());
        for request in [
            Request::GetMyZone,
            Request::GetZoneList(3),
            Request::GetLocalZones(500),
        ] {
            assert_eq!(Request::from_user(request.user()), Ok(request));
        }
    }
}

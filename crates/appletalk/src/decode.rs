//! Names the fields of an LLAP frame, layer by layer, for people and for traces.

use crate::bytes::Malformed;
use crate::mail_client::protocol;
use crate::{Datagram, adsp, aep, atp, ddp, nbp, rtmp, zip};
use localtalk::llap::{self, Packet};
use std::fmt;

/// One field of a decoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Protocol and field, for example `atp.tid`.
    pub name: &'static str,
    /// Its value in words or numbers.
    pub value: String,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

/// The fields of a frame (without FCS), from the outermost protocol inwards. What is malformed ends the list with a field
/// `malformed` that says why.
pub fn fields(frame: &[u8]) -> Vec<Field> {
    let mut fields = Fields(Vec::new());
    if let Err(why) = fields.llap(frame) {
        fields.add("malformed", why);
    }
    fields.0
}

/// One line that says what a frame is.
pub fn summary(frame: &[u8]) -> String {
    let fields = fields(frame);
    let value = |name: &str| {
        fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.value.as_str())
    };
    let ends = format!(
        "{} -> {}",
        value("llap.src").unwrap_or("?"),
        value("llap.dst").unwrap_or("?")
    );
    let mut line = format!("{ends} {}", value("llap.type").unwrap_or("?"));
    for name in [
        "ddp.type",
        "nbp.function",
        "nbp.name",
        "atp.function",
        "atp.tid",
        "atp.bitmap",
        "atp.sequence",
        "adsp.kind",
        "mail.opcode",
        "rtmp.request",
        "rtmp.network",
        "zip.function",
        "malformed",
    ] {
        if let Some(value) = value(name) {
            line.push(' ');
            line.push_str(value);
        }
    }
    line
}

struct Fields(Vec<Field>);

impl Fields {
    fn add(&mut self, name: &'static str, value: impl ToString) {
        self.0.push(Field {
            name,
            value: value.to_string(),
        });
    }

    fn llap(&mut self, frame: &[u8]) -> Result<(), Malformed> {
        let packet = Packet::decode(frame).map_err(|why| match why {
            llap::Malformed::Size => Malformed("LLAP packet of a size that is not allowed"),
            llap::Malformed::Type => Malformed("LLAP type is not assigned"),
            llap::Malformed::ControlWithData => Malformed("LLAP control packet with data"),
        })?;
        self.add("llap.dst", packet.destination);
        self.add("llap.src", packet.source);
        let kind = match packet.kind {
            llap::SHORT_DDP => "DDP".to_owned(),
            llap::LONG_DDP => "long DDP".to_owned(),
            llap::ENQ => "ENQ".to_owned(),
            llap::ACK => "ACK".to_owned(),
            llap::RTS => "RTS".to_owned(),
            llap::CTS => "CTS".to_owned(),
            other => format!("type {other:02X}"),
        };
        self.add("llap.type", kind);
        if matches!(packet.kind, llap::SHORT_DDP | llap::LONG_DDP) {
            self.ddp(&packet)
        } else {
            Ok(())
        }
    }

    fn ddp(&mut self, packet: &Packet) -> Result<(), Malformed> {
        let datagram = Datagram::decode(packet)?;
        self.add("ddp.dst", datagram.destination);
        self.add("ddp.src", datagram.source);
        if packet.kind == llap::LONG_DDP {
            self.add("ddp.hops", datagram.hops);
        }
        let names = ["RTMP", "NBP", "ATP", "AEP", "RTMP request", "ZIP", "ADSP"];
        let kind = usize::from(datagram.kind);
        self.add(
            "ddp.type",
            names
                .get(kind - 1)
                .map_or_else(|| format!("type {kind}"), |name| (*name).to_owned()),
        );
        self.add("ddp.length", datagram.data.len());
        match datagram.kind {
            ddp::RTMP => self.rtmp(&datagram.data),
            ddp::RTMP_REQUEST => {
                let request = match rtmp::Request::decode(&datagram.data)? {
                    rtmp::Request::Network => "network",
                    rtmp::Request::Routes => "routes, split horizon",
                    rtmp::Request::AllRoutes => "all routes",
                };
                self.add("rtmp.request", request);
                Ok(())
            }
            ddp::NBP => self.nbp(&datagram.data),
            ddp::ATP => self.atp(&datagram),
            ddp::ZIP => self.zip(&datagram.data),
            ddp::ADSP => self.adsp(&datagram.data),
            ddp::AEP => {
                let function = match datagram.data.first() {
                    Some(&aep::REQUEST) => "request",
                    Some(&aep::REPLY) => "reply",
                    _ => return Err(Malformed("AEP function is not assigned")),
                };
                self.add("aep.function", function);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn nbp(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let packet = nbp::Packet::decode(data)?;
        let function = match packet.function {
            nbp::Function::BroadcastRequest => "BrRq",
            nbp::Function::LookUp => "LkUp",
            nbp::Function::Reply => "LkUp-Reply",
            nbp::Function::ForwardRequest => "FwdReq",
        };
        self.add("nbp.function", function);
        self.add("nbp.id", packet.id);
        for tuple in packet.tuples {
            self.add("nbp.name", &tuple.entity);
            self.add("nbp.address", tuple.address);
            self.add("nbp.enumerator", tuple.enumerator);
        }
        Ok(())
    }

    fn rtmp(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let packet = rtmp::Data::decode(data)?;
        self.add("rtmp.network", packet.network);
        self.add("rtmp.node", packet.node);
        if packet.version {
            self.add("rtmp.version", "82");
        }
        for tuple in packet.tuples {
            self.add("rtmp.tuple", tuple.first);
            if let Some(last) = tuple.last {
                self.add("rtmp.tuple.last", last);
            }
            self.add("rtmp.distance", tuple.distance);
        }
        Ok(())
    }

    fn zip(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let packet = zip::Packet::decode(data)?;
        let function = match &packet {
            zip::Packet::Query(_) => "query",
            zip::Packet::Reply {
                extended: false, ..
            } => "reply",
            zip::Packet::Reply { extended: true, .. } => "extended reply",
            zip::Packet::Takedown => "takedown",
            zip::Packet::Bringup => "bringup",
            zip::Packet::GetNetInfo(_) => "GetNetInfo",
            zip::Packet::NetInfo { notify: false, .. } => "GetNetInfo reply",
            zip::Packet::NetInfo { notify: true, .. } => "notify",
        };
        self.add("zip.function", function);
        match packet {
            zip::Packet::Query(networks) => {
                self.add("zip.count", networks.len());
                for network in networks {
                    self.add("zip.network", network);
                }
            }
            zip::Packet::Reply { count, zones, .. } => {
                self.add("zip.count", count);
                for (network, zone) in zones {
                    self.add("zip.network", network);
                    self.add("zip.zone", mac_roman(&zone));
                }
            }
            zip::Packet::Takedown | zip::Packet::Bringup => {}
            zip::Packet::GetNetInfo(zone) => self.add("zip.zone", mac_roman(&zone)),
            zip::Packet::NetInfo {
                flags,
                range,
                zone,
                other,
                ..
            } => {
                self.add("zip.flags", format!("{flags:02X}"));
                self.add("zip.network", range.0);
                self.add("zip.network.last", range.1);
                self.add("zip.zone", mac_roman(&zone));
                if let Some(other) = other {
                    self.add("zip.zone", mac_roman(&other));
                }
            }
        }
        Ok(())
    }

    /// ZIP in ATP: the user bytes of requests to the zone information socket, and of answers from it.
    fn zip_in_atp(&mut self, datagram: &Datagram, packet: &atp::Packet) -> Result<(), Malformed> {
        match packet.function {
            atp::Function::Request { .. } if datagram.destination.socket == zip::SOCKET => {
                let (function, start) = match zip::Request::from_user(packet.user)? {
                    zip::Request::GetMyZone => ("GetMyZone", None),
                    zip::Request::GetZoneList(start) => ("GetZoneList", Some(start)),
                    zip::Request::GetLocalZones(start) => ("GetLocalZones", Some(start)),
                };
                self.add("zip.function", function);
                if let Some(start) = start {
                    self.add("zip.start", start);
                }
            }
            atp::Function::Response { .. } if datagram.source.socket == zip::SOCKET => {
                let list = zip::ZoneList::decode(packet.user, &packet.data)?;
                self.add("zip.function", "zone list");
                self.add("zip.last", list.last);
                self.add("zip.count", list.zones.len());
                for zone in list.zones {
                    self.add("zip.zone", mac_roman(&zone));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn atp(&mut self, datagram: &Datagram) -> Result<(), Malformed> {
        let packet = atp::Packet::decode(&datagram.data)?;
        let flag = |set: bool, name: &str| {
            if set {
                format!("+{name}")
            } else {
                String::new()
            }
        };
        let user = packet.user;
        match packet.function {
            atp::Function::Request {
                exactly_once,
                bitmap,
                release_timer,
            } => {
                self.add("atp.function", format!("TReq{}", flag(exactly_once, "XO")));
                self.add("atp.bitmap", format!("{bitmap:02X}"));
                self.add(
                    "atp.release",
                    format!(
                        "{} s",
                        atp::release_time(release_timer).as_micros() / 1_000_000
                    ),
                );
            }
            atp::Function::Response {
                sequence,
                end,
                status,
            } => {
                self.add(
                    "atp.function",
                    format!("TResp{}{}", flag(end, "EOM"), flag(status, "STS")),
                );
                self.add("atp.sequence", sequence);
            }
            atp::Function::Release => self.add("atp.function", "TRel"),
        }
        self.add("atp.tid", packet.transaction);
        self.add("atp.user", user.map(|byte| format!("{byte:02X}")).concat());
        self.add("atp.length", packet.data.len());
        if [datagram.source.socket, datagram.destination.socket].contains(&zip::SOCKET) {
            return self.zip_in_atp(datagram, &packet);
        }
        // The only other ATP service on a cable of ours; an exactly-once request with an assigned opcode is taken for it.
        if let atp::Function::Request {
            exactly_once: true, ..
        } = packet.function
            && (1..=6).contains(&user[0])
        {
            self.add("mail.opcode", protocol::name(user[0]));
            self.add("mail.session", user[1]);
            self.add("mail.sequence", u16::from_be_bytes([user[2], user[3]]));
        }
        Ok(())
    }

    fn adsp(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let packet = adsp::Packet::decode(data)?;
        self.add("adsp.kind", packet.name());
        self.add("adsp.connection", packet.connection);
        self.add("adsp.first", packet.first_byte);
        self.add("adsp.next", packet.next_receive);
        self.add("adsp.window", packet.window);
        self.add("adsp.ack_request", u8::from(packet.ack_request));
        match packet.body {
            adsp::Body::Data {
                end_of_message,
                data,
            } => {
                self.add("adsp.eom", u8::from(end_of_message));
                self.add("adsp.length", data.len());
            }
            adsp::Body::Attention { code, data } => {
                self.add("adsp.attention_code", format!("{code:04X}"));
                self.add("adsp.length", data.len());
            }
            adsp::Body::Open {
                version,
                destination,
                next_attention,
                ..
            } => {
                self.add("adsp.version", format!("{version:04X}"));
                self.add("adsp.destination", destination);
                self.add("adsp.next_attention", next_attention);
            }
            _ => {}
        }
        Ok(())
    }
}

/// A zone name, with what is beyond ASCII as a question mark.
fn mac_roman(text: &[u8]) -> String {
    let shown = |&byte: &u8| {
        if byte.is_ascii() {
            char::from(byte)
        } else {
            '?'
        }
    };
    text.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    #[test]
    fn control_frames_and_requests_are_named() {
        assert_eq!(summary(&[2, 1, llap::RTS]), "1 -> 2 RTS");
        let function = atp::Function::Request {
            exactly_once: true,
            bitmap: 1,
            release_timer: 0,
        };
        let packet = atp::Packet {
            function,
            transaction: 77,
            user: [5, 3, 0, 2],
            data: vec![0, 0, 0, 99],
        };
        let datagram = Datagram::new(
            Address::local(2, 131),
            Address::local(1, 130),
            ddp::ATP,
            packet.encode().unwrap(),
        );
        let (kind, data) = datagram.encode(false).unwrap();
        let frame = Packet {
            destination: 2,
            source: 1,
            kind,
            data,
        }
        .encode();
        assert_eq!(summary(&frame), "1 -> 2 DDP ATP TReq+XO 77 01 delete");
        assert!(fields(&frame).contains(&Field {
            name: "mail.sequence",
            value: "2".into()
        }));
        let tuple = nbp::Tuple {
            address: Address::local(1, 129),
            enumerator: 0,
            entity: nbp::Entity::new(b"=", b"Mail"),
        };
        let lookup = nbp::Packet {
            function: nbp::Function::LookUp,
            id: 1,
            tuples: vec![tuple],
        };
        let datagram = Datagram::new(
            Address::local(255, 2),
            Address::local(1, 129),
            ddp::NBP,
            lookup.encode().unwrap(),
        );
        let (kind, data) = datagram.encode(false).unwrap();
        let frame = Packet {
            destination: 255,
            source: 1,
            kind,
            data,
        }
        .encode();
        assert_eq!(summary(&frame), "1 -> 255 DDP NBP LkUp =:Mail@*");
    }

    #[test]
    fn routing_and_zones_are_named() {
        let shown = |kind: u8, sockets: [u8; 2], data: &[u8]| {
            let (from, to) = (
                Address::local(201, sockets[0]),
                Address::local(9, sockets[1]),
            );
            let (llap, data) = Datagram::new(to, from, kind, data.to_vec())
                .encode(false)
                .unwrap();
            let frame = [&[9, 201, llap][..], &data].concat();
            let words: Vec<String> = fields(&frame)[6..].iter().map(Field::to_string).collect();
            words.join(" ")
        };
        assert_eq!(
            shown(
                ddp::RTMP,
                [1, 1],
                &[0, 1, 8, 201, 0, 0, 0x82, 0, 2, 0, 0, 5, 0x81, 0, 6, 0x82]
            ),
            "ddp.length=16 rtmp.network=1 rtmp.node=201 rtmp.version=82 rtmp.tuple=2 rtmp.distance=0 \
             rtmp.tuple=5 rtmp.tuple.last=6 rtmp.distance=1"
        );
        assert_eq!(
            shown(ddp::RTMP_REQUEST, [1, 1], &[1]),
            "ddp.length=1 rtmp.request=network"
        );
        assert_eq!(
            shown(ddp::ZIP, [6, 6], b"\x02\x01\0\x01\x03Lab"),
            "ddp.length=8 zip.function=reply zip.count=1 zip.network=1 zip.zone=Lab"
        );
        assert!(
            shown(ddp::ATP, [140, 6], &[0x40, 1, 0, 9, 8, 0, 0, 1])
                .ends_with("zip.function=GetZoneList zip.start=1")
        );
        assert!(
            shown(ddp::ATP, [6, 140], b"\x90\0\0\x09\x01\0\0\x01\x03Lab")
                .ends_with("zip.function=zone list zip.last=true zip.count=1 zip.zone=Lab")
        );
    }

    #[test]
    fn anything_decodes_without_panic() {
        let mut random = clock::Stream::new(1, "decode");
        for _ in 0..200_000 {
            let length = random.below(40) as usize;
            let mut frame: Vec<u8> = (0..length).map(|_| random.bits() as u8).collect();
            // Lead it past the outer checks often enough to reach the inner ones.
            if length >= 8 && random.chance(9, 10) {
                frame[2] = 1 + random.below(2) as u8;
                frame[3] = 0;
                frame[4] = length as u8 - 3;
                if frame[2] == 1 {
                    frame[7] = random.below(8) as u8;
                } else if length >= 16 {
                    frame[5..7].fill(0);
                    frame[15] = random.below(8) as u8;
                }
            }
            let _ = summary(&frame);
        }
        assert!(fields(&[]).iter().any(|field| field.name == "malformed"));
    }
}

//! Names the fields of an LLAP frame, layer by layer, for people and for traces.

use crate::bytes::Malformed;
use crate::mail_client::protocol;
use crate::{Datagram, adsp, aep, atp, ddp, nbp};
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
            ddp::NBP => self.nbp(&datagram.data),
            ddp::ATP => self.atp(&datagram.data),
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

    fn atp(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let packet = atp::Packet::decode(data)?;
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
        // The only ATP service on a cable of ours; an exactly-once request with an assigned opcode is taken for it.
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

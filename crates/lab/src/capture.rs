//! The cables as capture files of link type LTALK, in nanoseconds: pcapng with an interface for each cable, and pcap.

use clock::Ticks;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::{DataLink, PcapError, TsResolution};
use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;
use trace::{Event, LineEvent, Record, WireFault};

/// Longest packet that a capture announces; LocalTalk's are shorter.
const SNAPLEN: u32 = 0xFFFF;

/// Writes the frames of a run as they end.
pub struct Capture<W: Write> {
    writer: PcapNgWriter<W>,
}

/// A frame as a capture has it.
struct Frame<'a> {
    cable: u8,
    at: Duration,
    bytes: &'a [u8],
    comment: Option<&'static str>,
}

impl<'a> Frame<'a> {
    /// The frame of `record`, if it is one that anybody could decode: destination, source and type at least.
    fn of(record: &'a Record) -> Option<Frame<'a>> {
        let Event::Line(LineEvent::Frame {
            cable,
            bytes,
            start,
            intact,
            collided,
            fault,
            ..
        }) = &record.event
        else {
            return None;
        };
        let comment = match (collided, fault) {
            (true, _) => Some("collided"),
            (_, Some(WireFault::Lost)) => Some("lost on the wire"),
            (_, Some(WireFault::Damaged)) => Some("damaged on the wire"),
            (_, Some(WireFault::Copy)) => Some("copy made by the wire"),
            (_, None) if !intact => Some("damaged or cut short"),
            _ => None,
        };
        let nanos = u128::from(*start) * 1_000_000_000 / u128::from(Ticks::PER_SECOND);
        (bytes.len() >= 3).then_some(Frame {
            cable: *cable,
            at: Duration::from_nanos(nanos as u64),
            bytes,
            comment,
        })
    }
}

fn say(error: PcapError) -> String {
    error.to_string()
}

impl<W: Write> Capture<W> {
    /// Begins a capture of cables with these names.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn new(to: W, cables: &[String]) -> Result<Capture<W>, String> {
        let mut writer = PcapNgWriter::new(to).map_err(say)?;
        for name in cables {
            let interface = InterfaceDescriptionBlock {
                linktype: DataLink::LTALK,
                snaplen: SNAPLEN,
                options: vec![
                    InterfaceDescriptionOption::IfName(Cow::Borrowed(name)),
                    InterfaceDescriptionOption::IfTsResol(9),
                ],
            };
            writer.write_pcapng_block(interface).map_err(say)?;
        }
        Ok(Capture { writer })
    }

    /// Adds the frame of `record`, if it is one, as it was sent. A comment says what became of it unless it came whole.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn see(&mut self, record: &Record) -> Result<(), String> {
        let Some(frame) = Frame::of(record) else {
            return Ok(());
        };
        let comment = frame.comment.map(Cow::Borrowed);
        let packet = EnhancedPacketBlock {
            interface_id: u32::from(frame.cable),
            timestamp: frame.at,
            original_len: frame.bytes.len() as u32,
            data: Cow::Borrowed(frame.bytes),
            options: comment
                .map(EnhancedPacketOption::Comment)
                .into_iter()
                .collect(),
        };
        self.writer
            .write_pcapng_block(packet)
            .map(drop)
            .map_err(say)
    }
}

/// One cable in the older format, which has no comments: the frames that came whole.
pub struct PlainCapture<W: Write> {
    writer: PcapWriter<W>,
    cable: u8,
}

impl<W: Write> PlainCapture<W> {
    /// Begins a capture of the cable with this number.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn new(to: W, cable: u8) -> Result<PlainCapture<W>, String> {
        let header = PcapHeader {
            datalink: DataLink::LTALK,
            ts_resolution: TsResolution::NanoSecond,
            snaplen: SNAPLEN,
            ..PcapHeader::default()
        };
        let writer = PcapWriter::with_header(to, header).map_err(say)?;
        Ok(PlainCapture { writer, cable })
    }

    /// Adds the frame of `record`, if it is one of this cable and came whole.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn see(&mut self, record: &Record) -> Result<(), String> {
        let whole = |frame: &Frame| {
            frame.cable == self.cable
                && matches!(frame.comment, None | Some("copy made by the wire"))
        };
        let Some(frame) = Frame::of(record).filter(whole) else {
            return Ok(());
        };
        let length = frame.bytes.len() as u32;
        let packet = PcapPacket::new(frame.at, length, frame.bytes);
        self.writer.write_packet(&packet).map(drop).map_err(say)
    }
}

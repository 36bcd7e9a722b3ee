//! The cable as a capture file: pcapng, link type LTALK, nanoseconds.

use clock::Ticks;
use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;
use trace::{Event, LineEvent, Record, WireFault};

/// Writes the frames of a run as they end.
pub struct Capture<W: Write> {
    writer: PcapNgWriter<W>,
}

impl<W: Write> Capture<W> {
    /// Begins a capture.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn new(to: W) -> Result<Capture<W>, String> {
        let mut writer = PcapNgWriter::new(to).map_err(|error| error.to_string())?;
        let interface = InterfaceDescriptionBlock {
            linktype: DataLink::LTALK,
            snaplen: 0xFFFF,
            options: vec![
                InterfaceDescriptionOption::IfName(Cow::Borrowed("localtalk")),
                InterfaceDescriptionOption::IfTsResol(9),
            ],
        };
        writer
            .write_pcapng_block(interface)
            .map_err(|error| error.to_string())?;
        Ok(Capture { writer })
    }

    /// Adds the frame of `record`, if it is one. Frames that were damaged get a comment.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn see(&mut self, record: &Record) -> Result<(), String> {
        let Event::Line(LineEvent::Frame {
            bytes,
            start,
            intact,
            collided,
            fault,
            ..
        }) = &record.event
        else {
            return Ok(());
        };
        // Less than destination, source and type is no frame that anybody could decode.
        if bytes.len() < 3 {
            return Ok(());
        }
        let comment = match (collided, fault) {
            (true, _) => Some("collided"),
            (_, Some(WireFault::Lost)) => Some("lost on the wire"),
            (_, Some(WireFault::Damaged)) => Some("damaged on the wire"),
            (_, Some(WireFault::Copy)) => Some("copy made by the wire"),
            (_, None) if !intact => Some("damaged or cut short"),
            _ => None,
        };
        let comment = comment.map(|text| EnhancedPacketOption::Comment(Cow::Borrowed(text)));
        let nanos = u128::from(*start) * 1_000_000_000 / u128::from(Ticks::PER_SECOND);
        let packet = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: Duration::from_nanos(nanos as u64),
            original_len: bytes.len() as u32,
            data: Cow::Borrowed(bytes),
            options: comment.into_iter().collect(),
        };
        self.writer
            .write_pcapng_block(packet)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}

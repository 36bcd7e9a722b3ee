use super::profile::{Profile, ProfileError, Value};
use crate::media::FRAME;
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};

/// A profile's figures, checked, in the units the drive counts in: frames of [`FRAME`] bytes, whether on tape or in the buffer, and ticks.
///
/// No kind of drive is named: how a family behaves where its host does not keep up is what `group`, `low_level`, `fill` and `postamble` say.
/// A cartridge streamer writes block by block, repeats each block (`fill` 1) while the buffer is low, and has tracks to turn between. A helical-scan
/// drive writes whole groups, runs one way, ends the data at once or behind a few gap tracks, and winds much faster than it streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub vendor: [u8; 8],
    pub product: [u8; 16],
    pub revision: [u8; 4],
    pub ansi_version: u8,
    /// Bytes of a fixed block after power-on.
    pub block: usize,
    pub variable_blocks: bool,
    /// Bytes of the longest record.
    pub longest: u64,
    pub density: u8,
    pub track_blocks: u64,
    /// Frames on all tracks.
    pub frames: u64,
    pub early_warning: u64,
    /// Frames of the pieces that records are handed.
    pub piece: u64,
    pub group: u64,
    pub filemark: u64,
    /// Time a frame takes to pass the head.
    pub frame_time: Ticks,
    /// Tape of a frame, in nanometres.
    pub frame_length: u64,
    pub wind: u64,
    pub search: u64,
    pub buffer: u64,
    pub start_level: u64,
    pub low_level: u64,
    pub fill: u64,
    pub resume: u64,
    pub read_level: u64,
    pub write_delay: Ticks,
    pub start: Ticks,
    pub reposition: Ticks,
    pub turn: Ticks,
    /// Thousandths.
    pub jitter: u64,
    pub begin: Ticks,
    pub postamble: u64,
    pub rest_after: Option<Ticks>,
    pub rest_start: Ticks,
    pub park_after: Option<Ticks>,
    pub park_start: Ticks,
    pub load: Ticks,
    pub recalibrate: Ticks,
    pub blank: Ticks,
    pub write_retries: u64,
    pub read_retries: u64,
    pub self_test: Ticks,
    pub command: Ticks,
    pub byte_period: Ticks,
    pub buffered_mode: u8,
    pub filemark_immediate: bool,
    pub erase_immediate: bool,
    pub space_reverse: bool,
    pub load_ignored: bool,
}

impl Figures {
    /// How far along the tape a frame lies, in frames from the beginning of the tape: odd tracks run backwards.
    pub fn along(&self, frame: u64) -> u64 {
        let offset = frame % self.track_blocks;
        if (frame / self.track_blocks).is_multiple_of(2) {
            offset
        } else {
            self.track_blocks - offset
        }
    }

    /// A time with its mechanical jitter.
    pub fn mechanical(&self, time: Ticks, stream: &mut Stream) -> Ticks {
        let spread = time.0 * self.jitter / 1000;
        Ticks(time.0 - spread + stream.below(2 * spread + 1))
    }

    /// Frames that a record of `len` bytes takes, on tape and in the buffer.
    pub fn record(&self, len: usize) -> u64 {
        let piece = self.piece as usize * FRAME;
        (len.div_ceil(piece) as u64).max(1) * self.piece
    }
}

impl Profile {
    /// # Errors
    /// When the profile is of another class of drive.
    pub(crate) fn require_class(&self, class: &str) -> Result<(), ProfileError> {
        match self.entry("class") {
            (_, Value::Text(is)) if is == class => Ok(()),
            (key, value) => Err(ProfileError::Value {
                key,
                value: value.to_string(),
                expected: format!("{class} for this device"),
            }),
        }
    }

    /// The figures as the drive uses them.
    ///
    /// # Errors
    /// When one is missing, of the wrong kind, or contradicts another.
    pub(crate) fn figures(&self) -> Result<Figures, ProfileError> {
        let millis = |name| self.number(name).map(Ticks::from_millis);
        // The buffer is handed out piece by piece: what is left over is no use to the drive.
        let frames = |name| self.number(name).map(|bytes| bytes / FRAME as u64);
        let idle = |name| {
            self.number(name)
                .map(|time| (time != 0).then(|| Ticks::from_millis(time)))
        };
        let track_blocks = self.number("track-blocks")?;
        let rate = self.number("rate")?;
        let (key, class) = self.entry("class");
        if ![
            &Value::Text("sequential".into()),
            &Value::Text("direct".into()),
        ]
        .contains(&class)
        {
            return Err(ProfileError::Value {
                key,
                value: class.to_string(),
                expected: "sequential or direct".to_owned(),
            });
        }
        let figures = Figures {
            vendor: self.text("vendor")?,
            product: self.text("product")?,
            revision: self.text("revision")?,
            ansi_version: self.number("ansi-version")? as u8,
            block: self.number("block")? as usize,
            variable_blocks: self.flag("variable-blocks")?,
            longest: self.number("longest")?,
            density: self.number("density")? as u8,
            track_blocks,
            frames: self.number("tracks")? * track_blocks,
            early_warning: self.number("early-warning")?,
            piece: frames("physical-block")?,
            group: frames("group")?,
            filemark: frames("filemark")?,
            frame_time: Ticks::at_rate(FRAME as u64, rate),
            frame_length: self.number("speed")? * 1000 * FRAME as u64 / rate,
            wind: self.number("wind")?,
            search: self.number("search")?,
            buffer: frames("buffer")?,
            start_level: frames("start-level")?,
            low_level: frames("low-level")?,
            fill: self.number("fill")?,
            resume: frames("resume")?,
            read_level: frames("read-level")?,
            write_delay: millis("write-delay")?,
            start: millis("start")?,
            reposition: millis("reposition")?,
            turn: millis("turn")?,
            jitter: self.number("jitter")?,
            begin: millis("begin")?,
            postamble: self.number("postamble")?,
            rest_after: idle("rest-after")?,
            rest_start: millis("rest-start")?,
            park_after: idle("park-after")?,
            park_start: millis("park-start")?,
            load: millis("load")?,
            recalibrate: millis("recalibrate")?,
            blank: millis("blank")?,
            write_retries: self.number("write-retries")?,
            read_retries: self.number("read-retries")?,
            self_test: millis("self-test")?,
            command: Ticks::from_micros(self.number("command")?),
            byte_period: Ticks::at_rate(1, self.number("interface")?),
            buffered_mode: self.number("buffered-mode")? as u8,
            filemark_immediate: self.flag("filemark-immediate")?,
            erase_immediate: self.flag("erase-immediate")?,
            space_reverse: self.flag("space-reverse")?,
            load_ignored: self.flag("load-ignored")?,
        };
        // A drive that waits for more than fits would wait for ever.
        for (name, level) in [
            ("start-level", figures.start_level),
            ("read-level", figures.read_level + 1),
            ("resume", figures.resume),
            ("group", figures.group),
            ("block", figures.record(figures.block)),
            (
                "longest",
                if figures.variable_blocks {
                    figures.record(figures.longest as usize)
                } else {
                    0
                },
            ),
        ] {
            if level > figures.buffer {
                let (key, value) = self.entry(name);
                let expected = format!(
                    "no more than tape.buffer holds ({} bytes)",
                    figures.buffer * FRAME as u64
                );
                return Err(ProfileError::Value {
                    key,
                    value: value.to_string(),
                    expected,
                });
            }
        }
        if figures.early_warning >= figures.frames {
            let (key, value) = self.entry("early-warning");
            let expected = format!(
                "less than the tape holds ({} times 512 bytes)",
                figures.frames
            );
            return Err(ProfileError::Value {
                key,
                value: value.to_string(),
                expected,
            });
        }
        Ok(figures)
    }
}

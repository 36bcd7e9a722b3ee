use super::profile::{Profile, ProfileError, Value};
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// A profile's figures, checked, in the units the drive counts in: blocks and ticks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Figures {
    pub vendor: [u8; 8],
    pub product: [u8; 16],
    pub revision: [u8; 4],
    pub ansi_version: u8,
    /// Bytes of a block.
    pub block: usize,
    pub variable_blocks: bool,
    pub density: u8,
    pub track_blocks: u64,
    /// Blocks on all tracks.
    pub blocks: u64,
    pub early_warning: u64,
    /// Time a block takes to pass the head.
    pub block_time: Ticks,
    pub buffer: u64,
    pub start_level: u64,
    pub low_level: u64,
    pub read_level: u64,
    pub write_delay: Ticks,
    pub start: Ticks,
    pub reposition: Ticks,
    pub turn: Ticks,
    /// Thousandths.
    pub jitter: u64,
    pub begin: Ticks,
    pub postamble: u64,
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
}

impl Profile {
    fn entry(&self, name: &str) -> Result<(String, &Value), ProfileError> {
        let key = format!("tape.{name}");
        match self.figures.get(&key) {
            Some(figure) => Ok((key, &figure.value)),
            None => Err(ProfileError::Text(format!("{key} is missing"))),
        }
    }

    fn number(&self, name: &str) -> Result<u64, ProfileError> {
        match self.entry(name)? {
            (_, &Value::Number(number)) => Ok(number),
            (key, value) => Err(ProfileError::Value {
                key,
                value: value.to_string(),
                expected: "a whole number".to_owned(),
            }),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, ProfileError> {
        match self.entry(name)? {
            (_, &Value::Flag(flag)) => Ok(flag),
            (key, value) => Err(ProfileError::Value {
                key,
                value: value.to_string(),
                expected: "true or false".to_owned(),
            }),
        }
    }

    /// Text padded with blanks to the width of its INQUIRY field.
    fn text<const N: usize>(&self, name: &str) -> Result<[u8; N], ProfileError> {
        let (key, value) = self.entry(name)?;
        let text = value.to_string();
        let mut field = [b' '; N];
        if text.len() > N || !text.bytes().all(|byte| (0x20..0x7F).contains(&byte)) {
            let expected = format!("at most {N} printable ASCII characters");
            return Err(ProfileError::Value {
                key,
                value: text,
                expected,
            });
        }
        field[..text.len()].copy_from_slice(text.as_bytes());
        Ok(field)
    }

    /// The figures as the drive uses them.
    ///
    /// # Errors
    /// When one is missing, of the wrong kind, or contradicts another.
    pub(super) fn figures(&self) -> Result<Figures, ProfileError> {
        let millis = |name| self.number(name).map(Ticks::from_millis);
        let block = self.number("block")?;
        // The buffer is handed out block by block: what is left over is no use to the drive.
        let blocks = |name| self.number(name).map(|bytes| bytes / block);
        let track_blocks = self.number("track-blocks")?;
        let figures = Figures {
            vendor: self.text("vendor")?,
            product: self.text("product")?,
            revision: self.text("revision")?,
            ansi_version: self.number("ansi-version")? as u8,
            block: block as usize,
            variable_blocks: self.flag("variable-blocks")?,
            density: self.number("density")? as u8,
            track_blocks,
            blocks: self.number("tracks")? * track_blocks,
            early_warning: self.number("early-warning")?,
            block_time: Ticks::at_rate(block, self.number("rate")?),
            buffer: blocks("buffer")?,
            start_level: blocks("start-level")?,
            low_level: blocks("low-level")?,
            read_level: blocks("read-level")?,
            write_delay: millis("write-delay")?,
            start: millis("start")?,
            reposition: millis("reposition")?,
            turn: millis("turn")?,
            jitter: self.number("jitter")?,
            begin: millis("begin")?,
            postamble: self.number("postamble")?,
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
        };
        // A drive that waits for more than fits would wait for ever.
        for (name, level) in [
            ("start-level", figures.start_level),
            ("read-level", figures.read_level + 1),
        ] {
            if level > figures.buffer {
                let (key, value) = self.entry(name)?;
                let expected = format!(
                    "no more than tape.buffer holds ({} bytes)",
                    figures.buffer * block
                );
                return Err(ProfileError::Value {
                    key,
                    value: value.to_string(),
                    expected,
                });
            }
        }
        if figures.early_warning >= figures.blocks {
            let (key, value) = self.entry("early-warning")?;
            let expected = format!("less than the tape holds ({} blocks)", figures.blocks);
            return Err(ProfileError::Value {
                key,
                value: value.to_string(),
                expected,
            });
        }
        Ok(figures)
    }
}

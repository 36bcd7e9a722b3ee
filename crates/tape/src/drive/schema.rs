//! What a drive profile has to say: every figure with its unit and its meaning. The values stand in `profiles/*.toml`.

/// A figure that every profile has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    /// Its name in a profile's table `[tape]`; with `tape.` in front it is the key of `--set`.
    pub name: &'static str,
    /// Unit of a number; empty when it has none.
    pub unit: &'static str,
    /// Smallest and largest number; a profile may narrow it.
    pub range: Option<[u64; 2]>,
    /// What it is.
    pub about: &'static str,
}

const fn number(
    name: &'static str,
    unit: &'static str,
    low: u64,
    high: u64,
    about: &'static str,
) -> Spec {
    Spec {
        name,
        unit,
        range: Some([low, high]),
        about,
    }
}

const fn other(name: &'static str, about: &'static str) -> Spec {
    Spec {
        name,
        unit: "",
        range: None,
        about,
    }
}

const GIGABYTE: u64 = 1 << 30;

/// All figures, by topic.
#[rustfmt::skip]
pub(super) const FIGURES: &[Spec] = &[
    other("vendor", "INQUIRY vendor identification"),
    other("product", "INQUIRY product identification"),
    other("revision", "INQUIRY product revision"),
    number("ansi-version", "", 1, 2, "INQUIRY ANSI version"),
    other("class", "sequential: records in the order in which they were written; direct: blocks with addresses"),
    number("block", "bytes", 1, 65_536, "length of a fixed block after power-on"),
    other("variable-blocks", "records of any length can be written and read"),
    number("longest", "bytes", 1, 0xFF_FFFF, "longest record, where records of any length are possible"),
    number("density", "", 0, 255, "density code of the medium (SCSI-2, density codes for sequential-access devices)"),

    number("tracks", "tracks", 1, 100, "tracks that are written one after the other; odd ones run back towards the beginning; 1: the tape runs one way only"),
    number("track-blocks", "512 bytes", 64, 100_000_000, "what fits on a track"),
    number("early-warning", "512 bytes", 1, 1_000_000, "what is left behind the early warning hole of the last track"),
    number("physical-block", "bytes", 512, 65_536, "tape and buffer are handed to records in pieces of this size"),
    number("group", "bytes", 512, 1_048_576, "what is written at a time: a block, a helical track, a group of frames; the last of a stream is padded"),
    number("filemark", "bytes", 512, 16_777_216, "tape that a filemark takes, as data that would fit there"),

    number("rate", "bytes/s", 1000, 100_000_000, "rate at which the streaming tape takes or gives data"),
    number("speed", "um/s", 100, 10_000_000, "speed of the streaming tape along its length"),
    number("wind", "times", 1, 1000, "how many times faster the tape is rewound and wound"),
    number("search", "times", 1, 1000, "how many times faster the tape goes to a place, or spaces"),
    number("start", "ms", 1, 60_000, "from standstill before the place to full speed at it, the end of what was written last found"),
    number("reposition", "ms", 1, 60_000, "from the end of a stream to standstill before the place where it goes on: stop, back up, stop"),
    number("turn", "ms", 1, 60_000, "turnaround at the end of a track: stop, step the head, start the other way"),
    number("jitter", "permille", 0, 500, "how much a start, a reposition or a turnaround may take longer or shorter"),
    number("begin", "ms", 0, 60_000, "preparing the beginning of the tape for a write there; the first REQ waits for it"),
    number("postamble", "512 bytes", 0, 10_000, "tape that is written behind the data when a stream ends"),
    number("rest-after", "ms", 0, 3_600_000, "idle time after which the tape's tension is released; 0: never"),
    number("rest-start", "ms", 0, 60_000, "what starting takes longer then"),
    number("park-after", "ms", 0, 3_600_000, "idle time after which the drum stops; 0: never"),
    number("park-start", "ms", 0, 60_000, "what starting takes longer then"),
    number("load", "ms", 1, 600_000, "from power-on or insertion of a cartridge until the drive is ready: threading, retension, calibration"),
    number("recalibrate", "ms", 1, 600_000, "recalibration of the head after a reset, before the tape is rewound"),
    number("blank", "ms", 1, 60_000, "blank tape that must pass before a read decides that the data have ended"),

    number("buffer", "bytes", 1024, GIGABYTE, "buffer of the drive"),
    number("start-level", "bytes", 512, GIGABYTE, "data in the buffer at which writing starts the tape"),
    number("low-level", "bytes", 0, GIGABYTE, "data in the buffer below which a streaming write puts filler between the groups, which lowers the rate at which the buffer empties"),
    number("fill", "groups", 0, 1000, "filler (repeated blocks, gap tracks) that may follow a group while there is nothing to write; after it the stream ends"),
    number("resume", "bytes", 0, GIGABYTE, "room in a buffer that was full before it takes data again; 0: for one physical block"),
    number("read-level", "bytes", 0, GIGABYTE, "data read ahead at or below which a stopped read starts again"),
    number("write-delay", "ms", 0, 60_000, "how long less than the start level may wait in the buffer"),
    number("write-retries", "times", 0, 100, "how often a block that reads back bad is written again further on"),
    number("read-retries", "times", 0, 100, "how often the tape backs up to try a block that cannot be read"),

    number("self-test", "ms", 0, 600_000, "length of the self-test of SEND DIAGNOSTIC"),
    number("command", "us", 1, 1_000_000, "from the last byte of a command to its execution"),
    number("interface", "bytes/s", 1000, 100_000_000, "fastest transfer on the SCSI bus"),
    number("buffered-mode", "", 0, 2, "buffered mode after power-on: 0 GOOD after the block is on tape, 1 and 2 after it is in the buffer"),
    other("filemark-immediate", "WRITE FILEMARKS may return before the filemark is on tape (IMMED)"),
    other("erase-immediate", "ERASE may return before the tape is erased (IMMED)"),
    other("space-reverse", "SPACE goes backwards"),
    other("load-ignored", "LOAD UNLOAD ends with GOOD and does nothing"),

    other("commands", "commands beside those that SCSI-2 makes mandatory; others are refused as unknown"),
    other("mode-pages", "pages of MODE SENSE and MODE SELECT"),
    other("log-pages", "pages of LOG SENSE and LOG SELECT"),
    other("features", "options of commands and pages"),
    number("disconnect", "ms", 1, 3_600_000, "a wait at least this long is offered as a disconnection, to initiators that allow it"),
];

/// The figure with this name.
pub(super) fn spec(name: &str) -> Option<&'static Spec> {
    FIGURES.iter().find(|spec| spec.name == name)
}

//! What a drive profile has to say: every figure with its unit and its meaning. The values stand in `profiles/*.toml`.

use scsi::profile::Spec;

const GIGABYTE: u64 = 1 << 30;

/// All figures, by topic.
#[rustfmt::skip]
pub(super) const FIGURES: &[Spec] = &[
    Spec::other("vendor", "INQUIRY vendor identification"),
    Spec::other("product", "INQUIRY product identification"),
    Spec::other("revision", "INQUIRY product revision"),
    Spec::number("ansi-version", "", 1, 2, "INQUIRY ANSI version"),
    Spec::other("class", "sequential: records in the order in which they were written; direct: blocks with addresses"),
    Spec::number("block", "bytes", 1, 65_536, "length of a fixed block after power-on"),
    Spec::other("variable-blocks", "records of any length can be written and read"),
    Spec::number("longest", "bytes", 1, 0xFF_FFFF, "longest record, where records of any length are possible"),
    Spec::number("density", "", 0, 255, "density code of the medium (SCSI-2, density codes for sequential-access devices)"),

    Spec::number("tracks", "tracks", 1, 100, "tracks that are written one after the other; odd ones run back towards the beginning; 1: the tape runs one way only"),
    Spec::number("track-blocks", "512 bytes", 64, 100_000_000, "what fits on a track"),
    Spec::number("early-warning", "512 bytes", 1, 1_000_000, "what is left behind the early warning hole of the last track"),
    Spec::number("physical-block", "bytes", 512, 65_536, "tape and buffer are handed to records in pieces of this size"),
    Spec::number("group", "bytes", 512, 1_048_576, "what is written at a time: a block, a helical track, a group of frames; the last of a stream is padded"),
    Spec::number("filemark", "bytes", 512, 16_777_216, "tape that a filemark takes, as data that would fit there"),

    Spec::number("rate", "bytes/s", 1000, 100_000_000, "rate at which the streaming tape takes or gives data"),
    Spec::number("speed", "um/s", 100, 10_000_000, "speed of the streaming tape along its length"),
    Spec::number("wind", "times", 1, 1000, "how many times faster the tape is rewound and wound"),
    Spec::number("search", "times", 1, 1000, "how many times faster the tape goes to a place, or spaces"),
    Spec::number("start", "ms", 1, 60_000, "from standstill before the place to full speed at it, the end of what was written last found"),
    Spec::number("reposition", "ms", 1, 60_000, "from the end of a stream to standstill before the place where it goes on: stop, back up, stop"),
    Spec::number("turn", "ms", 1, 60_000, "turnaround at the end of a track: stop, step the head, start the other way"),
    Spec::number("jitter", "permille", 0, 500, "how much a start, a reposition or a turnaround may take longer or shorter"),
    Spec::number("begin", "ms", 0, 60_000, "preparing the beginning of the tape for a write there; the first REQ waits for it"),
    Spec::number("postamble", "512 bytes", 0, 10_000, "tape that is written behind the data when a stream ends"),
    Spec::number("rest-after", "ms", 0, 3_600_000, "idle time after which the tape's tension is released; 0: never"),
    Spec::number("rest-start", "ms", 0, 60_000, "what starting takes longer then"),
    Spec::number("park-after", "ms", 0, 3_600_000, "idle time after which the drum stops; 0: never"),
    Spec::number("park-start", "ms", 0, 60_000, "what starting takes longer then"),
    Spec::number("load", "ms", 1, 600_000, "from power-on or insertion of a cartridge until the drive is ready: threading, retension, calibration"),
    Spec::number("recalibrate", "ms", 1, 600_000, "recalibration of the head after a reset, before the tape is rewound"),
    Spec::number("blank", "ms", 1, 60_000, "blank tape that must pass before a read decides that the data have ended"),

    Spec::number("buffer", "bytes", 1024, GIGABYTE, "buffer of the drive"),
    Spec::number("start-level", "bytes", 512, GIGABYTE, "data in the buffer at which writing starts the tape"),
    Spec::number("low-level", "bytes", 0, GIGABYTE, "data in the buffer below which a streaming write puts filler between the groups, which lowers the rate at which the buffer empties"),
    Spec::number("fill", "groups", 0, 1000, "filler (repeated blocks, gap tracks) that may follow a group while there is nothing to write; after it the stream ends"),
    Spec::number("resume", "bytes", 0, GIGABYTE, "room in a buffer that was full before it takes data again; 0: for one physical block"),
    Spec::number("read-level", "bytes", 0, GIGABYTE, "data read ahead at or below which a stopped read starts again"),
    Spec::number("write-delay", "ms", 0, 60_000, "how long less than the start level may wait in the buffer"),
    Spec::number("write-retries", "times", 0, 100, "how often a block that reads back bad is written again further on"),
    Spec::number("read-retries", "times", 0, 100, "how often the tape backs up to try a block that cannot be read"),

    Spec::number("self-test", "ms", 0, 600_000, "length of the self-test of SEND DIAGNOSTIC"),
    Spec::number("command", "us", 1, 1_000_000, "from the last byte of a command to its execution"),
    Spec::number("interface", "bytes/s", 1000, 100_000_000, "fastest transfer on the SCSI bus"),
    Spec::number("buffered-mode", "", 0, 2, "buffered mode after power-on: 0 GOOD after the block is on tape, 1 and 2 after it is in the buffer"),
    Spec::other("filemark-immediate", "WRITE FILEMARKS may return before the filemark is on tape (IMMED)"),
    Spec::other("erase-immediate", "ERASE may return before the tape is erased (IMMED)"),
    Spec::other("space-reverse", "SPACE goes backwards"),
    Spec::other("load-ignored", "LOAD UNLOAD ends with GOOD and does nothing"),

    Spec::other("commands", "commands beside those that SCSI-2 makes mandatory; others are refused as unknown"),
    Spec::other("mode-pages", "pages of MODE SENSE and MODE SELECT"),
    Spec::other("log-pages", "pages of LOG SENSE and LOG SELECT"),
    Spec::other("features", "options of commands and pages"),
    Spec::number("disconnect", "ms", 1, 3_600_000, "a wait at least this long is offered as a disconnection, to initiators that allow it"),
];

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use tape::media::Format;

const EXIT_CODES: &str = "\
Exit codes: 0 the run ended as expected, 1 it ended otherwise, 2 usage or bad input, \
3 the virtual time limit passed without a verdict, 4 the run was not deterministic, 70 internal error.";

/// A laboratory for a classic Macintosh failure: a mail server and a tape backup on one emulated Macintosh.
///
/// Without a command it runs the scenario q99304.
#[derive(Parser)]
#[command(name = "shoeshine", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and say what failed, when, and why
    #[command(after_help = EXIT_CODES)]
    Run(RunArguments),
    /// The catalogue of scenarios and fixes, with what each is for
    List {
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// A scenario with every parameter, its unit, meaning and source, as a TOML file that can be run
    Show {
        /// A name of the catalogue or a TOML file
        #[arg(default_value = "q99304")]
        scenario: String,
        /// Change a parameter
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Apply a fix
        #[arg(long, value_name = "NAME")]
        fix: Vec<String>,
    },
    /// Repeat a run from its folder and compare the hashes
    Replay {
        /// The folder that `run --out` made, or its case.toml
        case: PathBuf,
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Tape images
    #[command(subcommand)]
    Tape(TapeCommand),
    /// HFS volumes
    #[command(subcommand)]
    Disk(DiskCommand),
}

impl Command {
    /// What happens without a command: `run` without arguments.
    pub(crate) fn default_run() -> Command {
        Arguments::parse_from(["shoeshine", "run"])
            .command
            .expect("`run` is a command")
    }
}

#[derive(Args)]
pub(crate) struct RunArguments {
    /// A name of the catalogue or a TOML file [default: q99304]
    pub(crate) scenario: Option<String>,
    /// Seed of the run's random streams
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Change a parameter; `shoeshine show` lists them
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Apply a fix that a user of the time could have made; `shoeshine list` shows them
    #[arg(long, value_name = "NAME")]
    pub(crate) fix: Vec<String>,
    /// Break something: [MACHINE/]DEVICE@SECONDS:KIND[,KEY=VALUE].., such as tape@12.5:power-cycle (docs/scenarios.md)
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<String>,
    /// What the run should show: failure, clean, any, or a failure kind
    #[arg(long, value_name = "WHAT")]
    pub(crate) expect: Option<String>,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Run twice and compare the hashes
    #[arg(long)]
    pub(crate) verify: bool,
    /// Keep verdict, case, tapes, disks and screens in this new folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Keep every event and a capture of the cables too
    #[arg(long, requires = "out")]
    pub(crate) trace: bool,
    /// Keep a capture of each cable in the pcap format too, without the frames that were lost, damaged or collided
    #[arg(long, requires = "out")]
    pub(crate) pcap: bool,
    /// Replace the folder given with --out if it exists
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// Put the modem port of the first machine on a new pseudo-terminal, `pty`, or its output into a new file
    #[arg(long, value_name = "pty|FILE")]
    pub(crate) serial: Option<String>,
    /// Type this file at the modem port, from the start of the run
    #[arg(long, value_name = "FILE")]
    pub(crate) serial_input: Option<PathBuf>,
    /// Join the cable to other stations of this network: LocalTalk over UDP. The run keeps to real time
    #[arg(long, value_name = "ltoudp", value_parser = ["ltoudp"])]
    pub(crate) bridge: Option<String>,
    /// Address of the interface that the bridge uses, and no other
    #[arg(
        long,
        value_name = "ADDRESS",
        requires = "bridge",
        default_value = "127.0.0.1"
    )]
    pub(crate) bridge_interface: std::net::Ipv4Addr,
    /// Virtual seconds in a second, at most, of a run with a bridge
    #[arg(long, value_name = "FACTOR", requires = "bridge", default_value_t = 1.0, value_parser = pace)]
    pub(crate) pace: f64,
}

/// A factor by which peers can still keep time.
fn pace(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "a number, like 0.5".to_owned())?;
    if (0.01..=100.0).contains(&factor) {
        Ok(factor)
    } else {
        Err("it goes from 0.01 to 100".into())
    }
}

const TAPE_EXIT_CODES: &str = "\
Exit codes: 0 all is well, 1 the tape is damaged or the copy is not the whole of it, 2 usage or bad input, 70 internal error.";

/// An image to read.
#[derive(Args)]
pub(crate) struct ImageArguments {
    /// The image: SIMH (.tap), E11 or AWS
    pub(crate) file: PathBuf,
    /// Its format, tap, e11 or aws [default: what its content shows]
    #[arg(long)]
    pub(crate) format: Option<Format>,
}

#[derive(Subcommand)]
pub(crate) enum TapeCommand {
    /// Make an empty tape
    New {
        /// The image to make
        file: PathBuf,
    },
    /// List what lies between the marks, and sessions, files and damage of a backup tape
    #[command(after_help = TAPE_EXIT_CODES)]
    Ls {
        #[command(flatten)]
        image: ImageArguments,
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Check the image's structure and every checksum of the backup
    #[command(after_help = TAPE_EXIT_CODES)]
    Verify {
        #[command(flatten)]
        image: ImageArguments,
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Measure what drives make of a host's rate: the rate at which they stream, what an underrun costs, and the throughput against the host's rate
    Bench {
        /// Names of built-in drive profiles, or TOML files [default: all built-in ones]
        profiles: Vec<String>,
        /// Draw the curves into this SVG file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Write every file of a backup tape into a folder
    #[command(after_help = TAPE_EXIT_CODES)]
    Extract {
        #[command(flatten)]
        image: ImageArguments,
        /// The folder
        dir: PathBuf,
    },
    /// Write an image of any format as a SIMH image, and say what that cannot hold
    #[command(after_help = TAPE_EXIT_CODES)]
    Copy {
        #[command(flatten)]
        image: ImageArguments,
        /// The image to make
        to: PathBuf,
        /// Leave out erase gaps
        #[arg(long)]
        no_gaps: bool,
        /// Of a damaged image, copy what comes before the damage
        #[arg(long)]
        salvage: bool,
        /// Replace the image to make if it exists
        #[arg(long)]
        force: bool,
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Place a defect: records that can no longer be read, or with --write a place on which nothing that is written can be read back
    #[command(after_help = TAPE_EXIT_CODES)]
    Inject {
        #[command(flatten)]
        image: ImageArguments,
        #[command(flatten)]
        place: PlaceArguments,
        /// How many records (with --frame: frames of 512 bytes) are defective
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1 << 24))]
        count: u64,
        /// Spoil the place for later writes, not the record that is there
        #[arg(long)]
        write: bool,
    },
}

/// A place on a tape.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PlaceArguments {
    /// The record with this number, from 0; marks are not counted
    #[arg(long, value_name = "N")]
    pub(crate) record: Option<u64>,
    /// The record that holds this byte of all data, from 0
    #[arg(long, value_name = "N")]
    pub(crate) byte: Option<u64>,
    /// This place along the tape, in frames of 512 bytes from 0
    #[arg(long, value_name = "N")]
    pub(crate) frame: Option<u64>,
}

#[derive(Subcommand)]
pub(crate) enum DiskCommand {
    /// Make a volume
    New {
        /// The image to make
        file: PathBuf,
        /// Folder whose content goes onto it
        #[arg(long)]
        from: Option<PathBuf>,
        /// Size in MiB
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=2048))]
        size: u64,
        /// The volume's name
        #[arg(long, default_value = "Macintosh HD")]
        name: String,
    },
    /// List every file
    Ls {
        /// The image
        file: PathBuf,
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Copy a file from the volume to the host
    Get {
        /// The image
        file: PathBuf,
        /// Path on the volume, folders separated by colons
        path: String,
        /// Folder of the host that the file goes into
        dest: PathBuf,
    },
    /// Copy a file from the host onto the volume
    Put {
        /// The image
        file: PathBuf,
        /// The file on the host
        src: PathBuf,
        /// Path on the volume, folders separated by colons
        path: String,
    },
}

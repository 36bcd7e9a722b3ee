//! Boots a ROM and shows what came of it: the test bench for 68k code.
//!
//! `cargo run --release -p mac --example boot -- roms-free-stubs/prebuilt/plus.rom --sym roms-free-stubs/prebuilt/plus.sym --seconds 5`

mod show;
mod symbols;

use clap::Parser;
use clock::{Stream, Ticks};
use mac::{Mac, MacConfig, Model, Peripheral, Stop};
use scsi::disk::{Disk, DiskProfile};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use symbols::Symbols;
use tape::media::tap::Gaps;
use tape::{Drive, Medium, Profile};

/// Boots a Macintosh from a ROM image; prints registers, a profile, and what led to a stop.
#[derive(Parser)]
#[command(version, max_term_width = 120)]
struct Options {
    /// The ROM image, at most 128 KiB for a Plus, 256 KiB for the others.
    rom: PathBuf,
    /// The Macintosh: plus, se or se30.
    #[arg(long, default_value = "plus", value_parser = model)]
    model: Model,
    /// A disk image for SCSI ID 0; the same as --disk.
    image: Option<PathBuf>,
    /// A disk image for SCSI ID 0. It is not written: changes are kept in memory.
    #[arg(long)]
    disk: Option<PathBuf>,
    /// Insert this .tap image into a tape drive at SCSI ID 4; it is created if missing, and written back at the end.
    #[arg(long)]
    tape: Option<PathBuf>,
    /// RAM in KiB: 1024, 2048, 2560 or 4096; for an SE/30 1024 to 32768 in powers of two.
    #[arg(long, default_value_t = 4096)]
    ram: u32,
    /// Seed of the drives' random streams.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Emulated seconds to run.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Emulated ticks of 15.6672 MHz to run, instead of --seconds.
    #[arg(long)]
    ticks: Option<u64>,
    /// Write the screen here at the end.
    #[arg(long)]
    png: Option<PathBuf>,
    /// Keep and print the last N executed instructions.
    #[arg(long, value_name = "N", default_value_t = 0)]
    trace: usize,
    /// Symbols, `hexaddress name` per line. FILE@BASE adds a hexadecimal base to every address. May be repeated.
    #[arg(long, value_name = "FILE[@BASE]")]
    sym: Vec<String>,
    /// Stop before the instruction at this symbol or hexadecimal address. May be repeated.
    #[arg(long = "break", value_name = "SYMBOL")]
    breakpoints: Vec<String>,
    /// Go on after this many stops at breakpoints and watched words, printing one line for each.
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: u64,
    /// Stop (or with --skip, print) when the word at this symbol or hexadecimal address changes. May be repeated.
    #[arg(long, value_name = "SYMBOL")]
    watch: Vec<String>,
    /// Print memory at the end: SYMBOL or hexadecimal address, with :BYTES (hexadecimal). May be repeated.
    #[arg(long, value_name = "ADDRESS[:BYTES]")]
    dump: Vec<String>,
    /// Type this text after two emulated seconds.
    #[arg(long = "type", value_name = "TEXT")]
    text: Option<String>,
    /// Print every trace event with its time.
    #[arg(long)]
    events: bool,
    /// Print the N symbols where most of the time was spent.
    #[arg(long, value_name = "N", default_value_t = 20)]
    profile: usize,
    /// Print what the screen shows, at half size, with block characters.
    #[arg(long)]
    screen: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("boot: {error}");
            ExitCode::from(2)
        }
    }
}

type Failure = Box<dyn std::error::Error>;

fn run(options: &Options) -> Result<ExitCode, Failure> {
    let symbols = Symbols::load(&options.sym)?;
    let mut mac = build(options)?;
    for name in &options.breakpoints {
        mac.probe().add_breakpoint(symbols.address(name)?);
    }
    for name in &options.watch {
        let address = symbols.address(name)?;
        let value = mac.peek_word(address);
        mac.probe().add_watch(address, value);
    }
    mac.probe().keep_history(options.trace);
    if options.profile > 0 {
        // Not a divisor of any period of the machine, so that no loop hides between samples.
        mac.probe().sample_every(Ticks(14_983));
    }

    let until = options
        .ticks
        .map_or(Ticks::from_secs(options.seconds), Ticks);
    let stop = drive(&mut mac, options, &symbols, until);

    show::stop(&mac, stop, &symbols);
    show::history(&mut mac, &symbols);
    show::profile(mac.probe().take_samples(), &symbols, options.profile);
    for dump in &options.dump {
        show::dump(&mac, dump, &symbols)?;
    }
    if options.screen {
        show::screen(&mac);
    }
    if let Some(path) = &options.png {
        show::png(&mac, path)?;
    }
    save_tape(&mut mac, options)?;
    println!("{} emulated", mac.now());
    Ok(if stop == Stop::Halted {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn build(options: &Options) -> Result<Mac, Failure> {
    let mut config = MacConfig::of(options.model, std::fs::read(&options.rom)?);
    config.ram_bytes = options.ram * 1024;
    attach(options, &mut config)?;
    Ok(Mac::new(config)?)
}

const DISK_ID: u8 = 0;
const TAPE_ID: u8 = 4;

fn model(word: &str) -> Result<Model, String> {
    Model::from_word(word).ok_or_else(|| "plus, se or se30".into())
}

fn attach(options: &Options, config: &mut MacConfig) -> Result<(), Failure> {
    if let Some(path) = options.disk.as_ref().or(options.image.as_ref()) {
        let base: Arc<[u8]> = std::fs::read(path)?.into();
        let disk = Disk::new(DiskProfile::prodrive_40s(), base, options.seed, "disk");
        config
            .targets
            .push((DISK_ID, Peripheral::Disk(Box::new(disk))));
    }
    if let Some(path) = &options.tape {
        let medium = if path.exists() {
            tape::media::load(path, None)?
        } else {
            Medium::new()
        };
        let drive = Drive::new(
            &Profile::viper_150(),
            Some(medium),
            Stream::new(options.seed, "tape"),
        )?;
        config
            .targets
            .push((TAPE_ID, Peripheral::Tape(Box::new(drive))));
    }
    Ok(())
}

fn save_tape(mac: &mut Mac, options: &Options) -> Result<(), Failure> {
    let drive = mac.scsi().device(TAPE_ID).and_then(Peripheral::tape);
    if let (Some(path), Some(drive)) = (&options.tape, drive) {
        println!("tape: {:?}", drive.counters());
        if let Some(medium) = drive.medium() {
            tape::media::save(path, medium, Gaps::Keep)?;
        }
    }
    Ok(())
}

/// Runs to the end, second by second so that events appear as they happen.
fn drive(mac: &mut Mac, options: &Options, symbols: &Symbols, until: Ticks) -> Stop {
    let mut skip = options.skip;
    let mut text = options.text.as_deref();
    loop {
        if mac.now() >= Ticks::from_secs(2)
            && let Some(text) = text.take()
        {
            mac.type_text(text);
        }
        let stop = mac.run_until(until.min(mac.now() + Ticks::from_millis(100)));
        for record in mac.tracer().drain() {
            if options.events {
                println!("{}  {:?}", record.at, record.event);
            }
        }
        // Nothing is on the cable here.
        mac.line_out().for_each(drop);
        match stop {
            Stop::Breakpoint { .. } | Stop::Watch { .. } if skip > 0 => {
                skip -= 1;
                show::stop(mac, stop, symbols);
            }
            Stop::Reached if mac.now() < until => {}
            stop => return stop,
        }
    }
}

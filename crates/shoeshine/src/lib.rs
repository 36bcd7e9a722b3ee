//! A laboratory for a classic Macintosh failure: the command line.

mod arguments;
mod bench;
mod bridge;
mod cartridge;
mod disk;
mod report;
mod run;
mod serial;
mod tape;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

/// The run ended otherwise than expected.
pub(crate) const UNEXPECTED: u8 = 1;
/// Usage or bad input.
pub(crate) const BAD_INPUT: u8 = 2;
/// The virtual time limit passed without a verdict.
pub(crate) const NO_VERDICT: u8 = 3;
/// The run was not deterministic.
pub(crate) const NOT_DETERMINISTIC: u8 = 4;
/// An internal error.
const INTERNAL: u8 = 70;

/// What a command ends with: its exit code, or a text for people about bad input.
pub(crate) type Ended = Result<u8, String>;

/// Executes the command line of this process.
pub fn command_line() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    let ended = std::panic::catch_unwind(|| {
        let arguments = Arguments::parse();
        match arguments.command.unwrap_or_else(Command::default_run) {
            Command::Run(arguments) => run::run(&arguments),
            Command::Replay { case, json } => run::replay(&case, json),
            Command::List { json } => report::list(json),
            Command::Show { scenario, set, fix } => report::show(&scenario, &set, &fix),
            Command::Tape(command) => tape::execute(command),
            Command::Disk(command) => disk::execute(command),
        }
    });
    match ended {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(text)) => {
            eprintln!("shoeshine: {text}");
            ExitCode::from(BAD_INPUT)
        }
        Err(_) => {
            eprintln!("shoeshine: internal error; please report it with the command line above");
            ExitCode::from(INTERNAL)
        }
    }
}

//! Commands: state before, command, data, status, sense data, state after.
//!
//! `checks`, `streamer`, `ends` and `motion` are about a streaming cartridge drive of SCSI-1; the tables of the other modules take one clause of SCSI-2
//! after the other with a drive that has all of it.

#[path = "../common/mod.rs"]
mod common;

mod checks;
mod ends;
mod initiators;
mod lost;
mod motion;
mod pages;
mod positions;
mod refused;
mod spacing;
mod streamer;
mod table;
mod transfers;

use clock::Ticks;
use common::{BLOCK, Host, block, blocks};
use scsi::Status;
use tape::drive::{code, key};
use tape::media::Content;
use tape::{DriveState, Medium, Profile};
use trace::TapeEvent;

const REWIND: [u8; 6] = [0x01, 0, 0, 0, 0, 0];
const TEST_UNIT_READY: [u8; 6] = [0; 6];

/// Two files of `count` blocks each, and behind them the end of data.
fn two_files(count: u32) -> Medium {
    let mut medium = Medium::new();
    for file in 0..2 {
        (0..count).for_each(|number| medium.push_record(&block(file * 100 + number), false));
        medium.push_mark();
    }
    medium
}

fn viper_with(medium: Medium) -> Host {
    Host::new(&Profile::viper_150(), medium)
}

fn profile(settings: &[(&str, &str)]) -> Profile {
    let mut profile = Profile::viper_150();
    settings
        .iter()
        .for_each(|(key, value)| profile.set(key, value).unwrap());
    profile
}

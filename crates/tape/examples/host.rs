//! A host on a SCSI bus that writes a file to a cartridge, block by block, or reads the first file of one.
//!
//! ```text
//! cargo run -p tape --example host -- write FILE IMAGE
//! cargo run -p tape --example host -- read IMAGE FILE
//! ```
//! The drive is the one of the profile `archive-viper-150`: blocks of 512 bytes. A file whose length is no multiple of that gets zeros at its end.

use clock::{Stream, Ticks};
use scsi::initiator::Bench;
use std::path::Path;
use tape::media::{self, tap::Gaps};
use tape::{Drive, Medium, Profile};

const BLOCK: usize = 512;
/// Blocks of one command.
const BLOCKS: usize = 20;

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", file, image] => write(Path::new(file), Path::new(image)),
        ["read", image, file] => read(Path::new(image), Path::new(file)),
        _ => Err("use: host write FILE IMAGE, or host read IMAGE FILE".into()),
    }
}

/// A bus with a drive that has loaded this cartridge.
fn bench(medium: Medium) -> Result<Bench<Drive>, Failed> {
    let drive = Drive::new(
        &Profile::viper_150(),
        Some(medium),
        Stream::new(1, "example/tape"),
    )?;
    let mut bench = Bench::new(drive);
    bench.sleep(Ticks::from_secs(60));
    // The unit attention of power-on.
    bench.command(&[0; 6]);
    bench.sense();
    Ok(bench)
}

fn good(bench: &mut Bench<Drive>, cdb: [u8; 6], out: &[u8]) -> Result<Vec<u8>, Failed> {
    let outcome = bench.command_out(&cdb, out);
    if outcome.good() {
        return Ok(outcome.data);
    }
    Err(format!("command {cdb:02x?}: sense {:02x?}", bench.sense()).into())
}

fn write(file: &Path, image: &Path) -> Result<(), Failed> {
    let mut data = std::fs::read(file)?;
    data.resize(data.len().next_multiple_of(BLOCK), 0);
    let mut bench = bench(Medium::new())?;
    for part in data.chunks(BLOCKS * BLOCK) {
        let count = (part.len() / BLOCK) as u8;
        good(&mut bench, [0x0A, 1, 0, 0, count, 0], part)?;
    }
    good(&mut bench, [0x10, 0, 0, 0, 2, 0], &[])?;
    good(&mut bench, [0x01, 0, 0, 0, 0, 0], &[])?;
    let medium = bench.device().medium().ok_or("the cartridge is gone")?;
    Ok(media::save(image, medium, Gaps::Keep)?)
}

fn read(image: &Path, file: &Path) -> Result<(), Failed> {
    let mut bench = bench(media::load(image, None)?)?;
    let mut data = Vec::new();
    loop {
        // One block: the command at the filemark gives none.
        let outcome = bench.command(&[0x08, 1, 0, 0, 1, 0]);
        data.extend_from_slice(&outcome.data);
        if outcome.good() {
            continue;
        }
        let sense = bench.command(&[0x03, 0, 0, 0, 18, 0]).data;
        if sense[2] & 0x80 == 0 {
            return Err(format!("block {}: sense {sense:02x?}", data.len() / BLOCK).into());
        }
        return Ok(std::fs::write(file, data)?);
    }
}

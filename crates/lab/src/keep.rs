//! The folder of results: it appears whole or not at all.

use crate::capture::{Capture, PlainCapture};
use crate::case::{BASE_FILE, CASE_FILE, Case};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::scenario::Scenario;
use crate::world::{BaseVolume, volume_hash};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tape::media::tap::Gaps;
use trace::Record;

/// Where a run's results go.
#[derive(Clone, Debug)]
pub struct Keep {
    /// The folder to make.
    pub dir: PathBuf,
    /// Also every record and a capture of the cables.
    pub trace: bool,
    /// Also a capture of each cable in the older pcap format.
    pub pcap: bool,
    /// Replace the folder if it exists.
    pub force: bool,
}

/// The results while the run goes on, in a folder beside the one that will have them.
pub(crate) struct Sinks {
    keep: Keep,
    partial: PathBuf,
    trace: Option<(BufWriter<File>, Capture<BufWriter<File>>)>,
    plain: Vec<PlainCapture<BufWriter<File>>>,
    failed: Option<String>,
}

fn say(path: &Path) -> impl FnOnce(std::io::Error) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}

impl Sinks {
    pub(crate) fn new(keep: &Keep, scenario: &Scenario) -> Result<Sinks, String> {
        if keep.dir.exists() && !keep.dir.is_dir() {
            return Err(format!(
                "{}: exists and is not a folder; choose another name",
                keep.dir.display()
            ));
        }
        if keep.dir.exists() && !keep.force {
            return Err(format!(
                "{}: exists; choose another folder or add --force",
                keep.dir.display()
            ));
        }
        let mut name = keep
            .dir
            .file_name()
            .ok_or_else(|| format!("{}: cannot be a folder's name", keep.dir.display()))?
            .to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = keep.dir.with_file_name(name);
        for machine in &scenario.machines {
            let dir = partial.join(&machine.name);
            fs::create_dir_all(&dir).map_err(say(&dir))?;
        }
        let create = |name: &str| {
            let path = partial.join(name);
            File::create(&path).map(BufWriter::new).map_err(say(&path))
        };
        let cables = scenario.network.names();
        let mut plain = Vec::new();
        for (number, cable) in cables.iter().enumerate().filter(|_| keep.pcap) {
            let file = create(&format!("{cable}.pcap"))?;
            plain.push(PlainCapture::new(file, number as u8)?);
        }
        let trace = if keep.trace {
            Some((
                create("trace.jsonl")?,
                Capture::new(create("cable.pcapng")?, &cables)?,
            ))
        } else {
            None
        };
        Ok(Sinks {
            keep: keep.clone(),
            partial,
            trace,
            plain,
            failed: None,
        })
    }

    pub(crate) fn see(&mut self, record: &Record) {
        let mut plain = self.plain.iter_mut();
        if let Err(error) = plain.try_for_each(|cable| cable.see(record)) {
            self.failed
                .get_or_insert(format!("{}: {error}", self.partial.display()));
        }
        let Some((lines, capture)) = &mut self.trace else {
            return;
        };
        let written = serde_json::to_writer(&mut *lines, record)
            .map_err(|error| error.to_string())
            .and_then(|()| lines.write_all(b"\n").map_err(|error| error.to_string()))
            .and_then(|()| capture.see(record));
        if let Err(error) = written {
            self.failed
                .get_or_insert(format!("{}: {error}", self.partial.display()));
        }
    }

    pub(crate) fn finish(
        mut self,
        run: &Run,
        scenario: &Scenario,
        volumes: &[BaseVolume],
        outcome: &Outcome,
    ) -> Result<(), String> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if let Some((mut lines, _)) = self.trace.take() {
            lines.flush().map_err(say(&self.partial))?;
        }
        let write = |name: &Path, bytes: &[u8]| {
            let path = self.partial.join(name);
            fs::write(&path, bytes).map_err(say(&path))
        };
        let mut hashes = BTreeMap::new();
        for (number, machine) in scenario.machines.iter().enumerate() {
            let folder = Path::new(&machine.name);
            hashes.insert(machine.name.clone(), volume_hash(&volumes[number]));
            write(
                &folder.join("disk.hda"),
                &run.world.disk_image(number, &scenario.parameters),
            )?;
            write(
                &folder.join("screen.png"),
                &screen(&run.world.macs()[number].screen())?,
            )?;
            if let Some(medium) = run.world.cartridge(number, &scenario.parameters) {
                let path = self.partial.join(folder).join("tape.tap");
                tape::media::save(&path, medium, Gaps::Drop).map_err(|error| error.to_string())?;
            }
            let log = run.world.serial_log(number);
            if !log.is_empty() {
                write(&folder.join("serial.log"), log)?;
            }
            if !scenario.parameters.text("disk.files").is_empty() {
                let packed =
                    zstd::encode_all(&volumes[number][..], 3).map_err(say(&self.partial))?;
                write(&folder.join(BASE_FILE), &packed)?;
            }
        }
        write(
            Path::new(CASE_FILE),
            Case::text(
                scenario,
                &outcome.trace_hash,
                &hashes,
                &run.recording(scenario),
            )
            .as_bytes(),
        )?;
        let verdict = serde_json::to_vec_pretty(outcome).map_err(|error| error.to_string())?;
        write(Path::new("verdict.json"), &verdict)?;
        if self.keep.dir.exists() {
            let mut old = self.partial.as_os_str().to_owned();
            old.push(".old");
            let old = PathBuf::from(old);
            fs::rename(&self.keep.dir, &old).map_err(say(&self.keep.dir))?;
            fs::rename(&self.partial, &self.keep.dir).map_err(say(&self.keep.dir))?;
            return fs::remove_dir_all(&old).map_err(say(&old));
        }
        fs::rename(&self.partial, &self.keep.dir).map_err(say(&self.keep.dir))
    }
}

/// The screen as a PNG file: 512 x 342, one bit a pixel, set bits black.
fn screen(bits: &[u8]) -> Result<Vec<u8>, String> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 512, 342);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let light: Vec<u8> = bits.iter().map(|byte| !byte).collect();
    let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
    writer
        .write_image_data(&light)
        .map_err(|error| error.to_string())?;
    writer.finish().map_err(|error| error.to_string())?;
    Ok(png)
}

impl Drop for Sinks {
    fn drop(&mut self) {
        // What is left of a run that failed is of no use; after a success there is nothing.
        let _ = fs::remove_dir_all(&self.partial);
    }
}

//! Tape images that are listed, checked and read back. An image is read from its beginning to its end once; of what is on it, one session is kept.

use crate::arguments::{ImageArguments, TapeCommand};
use crate::cartridge::{self, Copying};
use crate::{Ended, UNEXPECTED};
use guest::archive::{self, DefectKind, Item, Session};
use lab::host::Target;
use serde_json::{Value, json};
use std::path::Path;
use tape::media::image::ImageError;
use tape::media::{Image, Object, TapeFile};

pub(crate) fn execute(command: TapeCommand) -> Ended {
    match command {
        TapeCommand::New { file } => {
            TapeFile::create(&file).map_err(|error| error.to_string())?;
            eprintln!("{}: a blank tape", file.display());
            Ok(0)
        }
        TapeCommand::Ls { image, json } => list(&image, json),
        TapeCommand::Verify { image, json } => verify(&image, json),
        TapeCommand::Extract { image, dir } => extract(&image, &dir),
        TapeCommand::Bench {
            profiles,
            output,
            json,
        } => crate::bench::execute(&profiles, output.as_deref(), json),
        TapeCommand::Copy {
            image,
            to,
            no_gaps,
            salvage,
            force,
            json,
        } => {
            let how = Copying {
                no_gaps,
                salvage,
                force,
                json,
            };
            cartridge::copy(&image, &to, &how)
        }
        TapeCommand::Inject {
            image,
            place,
            count,
            write,
        } => cartridge::inject(&image, &place, count, write),
    }
}

/// What lies between two tape marks.
#[derive(Default)]
struct Stretch {
    /// Number of its first block on tape, records and marks counted alike.
    block: u64,
    records: u64,
    bad: u64,
    bytes: u64,
    shortest: usize,
    longest: usize,
}

impl Stretch {
    fn json(&self, session: bool) -> Value {
        json!({
            "block": self.block, "records": self.records, "bad_records": self.bad, "bytes": self.bytes,
            "shortest": self.shortest, "longest": self.longest, "session": session,
        })
    }

    fn line(&self, session: Option<&Session>) -> String {
        let size = match (self.shortest, self.longest) {
            (shortest, longest) if shortest == longest => longest.to_string(),
            (shortest, longest) => format!("{shortest}-{longest}"),
        };
        let what = match session {
            Some(session) => format!("backup of {}", session.volume),
            None => "other data".into(),
        };
        format!(
            "{:>9} {:>9} {:>13} {:>6} {:>14}  {what}",
            self.block, self.records, size, self.bad, self.bytes
        )
    }
}

/// What a whole tape has.
#[derive(Default)]
struct Totals {
    records: u64,
    bad: u64,
    marks: u64,
    gaps: u64,
    skipped: u64,
    bytes: u64,
    sessions: u64,
    /// Bytes behind the end of the medium.
    behind: u64,
    damage: Option<ImageError>,
}

/// Reads a tape and gives `each` what lies between two marks, as a session when it is one.
fn walk(
    image: &mut Image,
    mut each: impl FnMut(&Stretch, Option<Session>) -> Result<(), String>,
) -> Result<Totals, String> {
    let mut totals = Totals::default();
    let (mut data, mut archive) = (Vec::new(), archive::Reader::default());
    let mut stretch = Stretch::default();
    loop {
        let object = image.reader.read(&mut data).unwrap_or_else(|error| {
            totals.damage = Some(error);
            None
        });
        match object {
            Some(Object::Record { len, bad }) => {
                archive.push(Item::Record(&data));
                totals.records += 1;
                totals.bad += u64::from(bad);
                totals.bytes += len as u64;
                stretch.shortest = match stretch.records {
                    0 => len,
                    _ => stretch.shortest.min(len),
                };
                stretch.longest = stretch.longest.max(len);
                stretch.records += 1;
                stretch.bad += u64::from(bad);
                stretch.bytes += len as u64;
                continue;
            }
            Some(Object::Mark) => totals.marks += 1,
            Some(Object::Gap) => {
                totals.gaps += 1;
                continue;
            }
            Some(Object::Skipped { .. }) => {
                totals.skipped += 1;
                continue;
            }
            None => {}
        }
        let session = archive
            .push(Item::Filemark)
            .filter(|session| session.records > 0);
        totals.sessions += u64::from(session.is_some());
        if stretch.records > 0 {
            each(&stretch, session)?;
        }
        if object.is_none() {
            let read = image.reader.offset() + 4;
            totals.behind = image.reader.image_len().saturating_sub(read);
            return Ok(totals);
        }
        stretch = Stretch {
            block: totals.records + totals.marks,
            ..Stretch::default()
        };
    }
}

fn open(image: &ImageArguments) -> Result<Image, String> {
    Image::open(&image.file, image.format).map_err(|error| error.to_string())
}

/// An image that is damaged at its very beginning is none.
fn refuse_none(image: &ImageArguments, totals: &Totals) -> Result<(), String> {
    match &totals.damage {
        Some(error) if error.offset == 0 => Err(format!("{}: {error}", image.file.display())),
        _ => Ok(()),
    }
}

fn describe(kind: DefectKind) -> String {
    match kind {
        DefectKind::BadSum => "data disagree with their checksum".into(),
        DefectKind::NoHeader => "no record begins where one should".into(),
        DefectKind::Missing(count) => format!("{count} records are missing"),
        DefectKind::NoEnd => "the session has no end".into(),
    }
}

fn defects(session: &Session) -> Vec<Value> {
    let one = |defect: &archive::Defect| json!({ "block": defect.block, "what": describe(defect.kind), "path": defect.path, "offset": defect.offset });
    session.defects.iter().map(one).collect()
}

fn session_json(session: &Session) -> Value {
    let files: Vec<Value> = session
        .files
        .iter()
        .map(|file| {
            json!({
                "path": file.path, "data": file.file.data.len(), "resource": file.file.resource.len(), "intact": file.intact,
            })
        })
        .collect();
    json!({
        "volume": session.volume, "date": session.date, "first_block": session.first_block, "files": files,
        "complete": session.end.is_some(), "defects": defects(session),
    })
}

fn list(arguments: &ImageArguments, json: bool) -> Ended {
    let mut image = open(arguments)?;
    let format = image.reader.format().name();
    let (mut stretches, mut sessions, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let mut headed = false;
    let totals = walk(&mut image, |stretch, session| {
        if json {
            stretches.push(stretch.json(session.is_some()));
            sessions.extend(session.iter().map(session_json));
            return Ok(());
        }
        if !headed {
            println!("    block   records          size    bad          bytes");
            headed = true;
        }
        println!("{}", stretch.line(session.as_ref()));
        lines.extend(session.iter().flat_map(session_lines));
        Ok(())
    })?;
    refuse_none(arguments, &totals)?;
    if json {
        println!(
            "{}",
            json!({
                "format": format, "records": totals.records, "bad_records": totals.bad, "filemarks": totals.marks, "gaps": totals.gaps,
                "skipped": totals.skipped, "bytes": totals.bytes, "bytes_behind_end": totals.behind,
                "write_protected": image.sidecar.write_protected, "setmarks": image.sidecar.setmarks, "defects": image.sidecar.defects,
                "damage": totals.damage.as_ref().map(ImageError::to_string), "files": stretches, "sessions": sessions,
            })
        );
    } else {
        lines.iter().for_each(|line| println!("{line}"));
        summary(arguments, &image, format, &totals);
    }
    Ok(if totals.damage.is_some() {
        UNEXPECTED
    } else {
        0
    })
}

fn session_lines(session: &Session) -> Vec<String> {
    let mut lines = vec![format!(
        "\nsession at block {}: volume {}",
        session.first_block, session.volume
    )];
    for file in &session.files {
        let mark = if file.intact { ' ' } else { '!' };
        lines.push(format!(
            "{mark} {:>9} {:>9}  {}",
            file.file.data.len(),
            file.file.resource.len(),
            file.path
        ));
    }
    lines.extend(session.defects.iter().map(defect_line));
    lines
}

fn summary(arguments: &ImageArguments, image: &Image, format: &str, totals: &Totals) {
    let name = arguments.file.display();
    println!(
        "\n{name}: {format} format, {} records ({} bad) of {} bytes, {} tape marks, {} gaps, {} sessions",
        totals.records, totals.bad, totals.bytes, totals.marks, totals.gaps, totals.sessions
    );
    let sidecar = &image.sidecar;
    if sidecar.write_protected {
        println!("{name}: write protected");
    }
    let frames: u64 = sidecar
        .defects
        .iter()
        .map(|[first, last]| last - first + 1)
        .sum();
    if frames > 0 || !sidecar.setmarks.is_empty() {
        println!(
            "{name}: {} of the tape marks are setmarks, {frames} frames are defective",
            sidecar.setmarks.len()
        );
    }
    if totals.skipped > 0 {
        println!(
            "{name}: {} objects of private or reserved classes, not read",
            totals.skipped
        );
    }
    if let Some(error) = &totals.damage {
        println!("{name}: {error}");
    } else if totals.behind > 0 {
        println!(
            "{name}: {} bytes behind the end of the medium, not read",
            totals.behind
        );
    }
}

fn defect_line(defect: &archive::Defect) -> String {
    let place = match (&defect.path, defect.offset) {
        (Some(path), Some(offset)) => format!(", {path} from byte {offset}"),
        (Some(path), None) => format!(", {path}"),
        _ => String::new(),
    };
    format!("  block {}: {}{place}", defect.block, describe(defect.kind))
}

fn verify(arguments: &ImageArguments, json: bool) -> Ended {
    let mut image = open(arguments)?;
    let (mut sessions, mut lines, mut damaged) = (Vec::new(), Vec::new(), false);
    let totals = walk(&mut image, |_, session| {
        if let Some(session) = session {
            damaged |= !session.defects.is_empty();
            lines.extend(session.defects.iter().map(defect_line));
            sessions.push(json!({ "defects": defects(&session) }));
        }
        Ok(())
    })?;
    refuse_none(arguments, &totals)?;
    let sound = !damaged && totals.sessions > 0 && totals.bad == 0 && totals.damage.is_none();
    let name = arguments.file.display();
    if json {
        println!(
            "{}",
            json!({
                "sound": sound, "format": image.reader.format().name(), "bad_records": totals.bad,
                "damage": totals.damage.as_ref().map(ImageError::to_string), "sessions": sessions,
            })
        );
        return Ok(if sound { 0 } else { UNEXPECTED });
    }
    lines.iter().for_each(|line| println!("{line}"));
    if totals.bad > 0 {
        println!("{name}: {} bad records", totals.bad);
    }
    if let Some(error) = &totals.damage {
        println!("{name}: {error}");
    }
    let word = match totals.sessions {
        _ if sound => "sound",
        0 if totals.bad == 0 && totals.damage.is_none() => {
            "a readable tape without a backup session"
        }
        _ => "damaged",
    };
    println!("{name}: {word}");
    Ok(if sound { 0 } else { UNEXPECTED })
}

fn extract(arguments: &ImageArguments, dir: &Path) -> Ended {
    let mut image = open(arguments)?;
    let mut target = None;
    let (mut written, mut damaged, mut defective) = (0, 0, false);
    let totals = walk(&mut image, |_, session| {
        let Some(session) = session else {
            return Ok(());
        };
        let target = match &mut target {
            Some(target) => target,
            none => none.insert(Target::new(dir).map_err(|error| error.to_string())?),
        };
        for file in &session.files {
            // The backup noted why it could not read this one: the tape has nothing of it.
            if file.error != 0 {
                eprintln!(
                    "left out by the backup (error {}): {}",
                    file.error, file.path
                );
                continue;
            }
            let path = target
                .file(&file.folders, &file.file)
                .map_err(|error| error.to_string())?;
            written += 1;
            if !file.intact {
                damaged += 1;
                eprintln!("damaged: {}", path.display());
            }
        }
        defective |= !session.defects.is_empty();
        session
            .defects
            .iter()
            .for_each(|defect| eprintln!("{}", defect_line(defect)));
        Ok(())
    })?;
    refuse_none(arguments, &totals)?;
    if totals.sessions == 0 {
        return Err(format!(
            "{}: no backup session on this tape",
            arguments.file.display()
        ));
    }
    if let Some(error) = &totals.damage {
        eprintln!("{}: {error}", arguments.file.display());
    }
    eprintln!(
        "{written} files into {}, {damaged} of them damaged",
        dir.display()
    );
    let sound = damaged == 0 && !defective && totals.damage.is_none();
    Ok(if sound { 0 } else { UNEXPECTED })
}

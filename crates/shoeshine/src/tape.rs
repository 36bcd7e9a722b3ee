use crate::arguments::TapeCommand;
use crate::{Ended, UNEXPECTED};
use guest::archive::{self, DefectKind, Item, Session};
use lab::host::Target;
use std::fs;
use std::path::Path;
use tape::media::{Content, Medium, TapeFile, tap};

pub(crate) fn execute(command: TapeCommand) -> Ended {
    match command {
        TapeCommand::New { file } => {
            TapeFile::create(&file).map_err(|error| error.to_string())?;
            eprintln!("{}: a blank tape", file.display());
            Ok(0)
        }
        TapeCommand::Ls { file, json } => list(&file, json),
        TapeCommand::Verify { file, json } => verify(&file, json),
        TapeCommand::Extract { file, dir } => extract(&file, &dir),
        TapeCommand::Bench {
            profiles,
            output,
            json,
        } => crate::bench::execute(&profiles, output.as_deref(), json),
    }
}

fn open(file: &Path) -> Result<Medium, String> {
    let image = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    tap::parse(&image).map_err(|error| format!("{}: {error}", file.display()))
}

fn sessions(medium: &Medium) -> Vec<Session> {
    archive::sessions(medium.blocks().map(|block| match block.content {
        Content::Record { data, .. } => Item::Record(data),
        Content::Mark => Item::Filemark,
    }))
}

fn describe(kind: DefectKind) -> String {
    match kind {
        DefectKind::BadSum => "data disagree with their checksum".into(),
        DefectKind::NoHeader => "no record begins where one should".into(),
        DefectKind::Missing(count) => format!("{count} records are missing"),
        DefectKind::NoEnd => "the session has no end".into(),
    }
}

fn defects(session: &Session) -> Vec<serde_json::Value> {
    let one = |defect: &archive::Defect| {
        serde_json::json!({
            "block": defect.block, "what": describe(defect.kind), "path": defect.path, "offset": defect.offset,
        })
    };
    session.defects.iter().map(one).collect()
}

fn list(file: &Path, json: bool) -> Ended {
    let medium = open(file)?;
    let (mut records, mut bad, mut marks) = (0_u64, 0_u64, 0_u64);
    for block in medium.blocks() {
        match block.content {
            Content::Record { bad: damaged, .. } => {
                (records, bad) = (records + 1, bad + u64::from(damaged))
            }
            Content::Mark => marks += 1,
        }
    }
    let sessions = sessions(&medium);
    if json {
        let sessions: Vec<_> = sessions
            .iter()
            .map(|session| {
                let files: Vec<_> = session
                    .files
                    .iter()
                    .map(|file| {
                        serde_json::json!({
                            "path": file.path, "data": file.file.data.len(), "resource": file.file.resource.len(),
                            "intact": file.intact,
                        })
                    })
                    .collect();
                serde_json::json!({
                    "volume": session.volume, "date": session.date, "first_block": session.first_block, "files": files,
                    "complete": session.end.is_some(), "defects": defects(session),
                })
            })
            .collect();
        println!(
            "{}",
            serde_json::json!({ "records": records, "bad_records": bad, "filemarks": marks, "sessions": sessions })
        );
        return Ok(0);
    }
    println!(
        "{}: {records} records ({bad} bad), {marks} filemarks, {} sessions",
        file.display(),
        sessions.len()
    );
    for session in &sessions {
        println!(
            "\nsession at block {}: volume {}",
            session.first_block, session.volume
        );
        for file in &session.files {
            let mark = if file.intact { ' ' } else { '!' };
            println!(
                "{mark} {:>9} {:>9}  {}",
                file.file.data.len(),
                file.file.resource.len(),
                file.path
            );
        }
        session
            .defects
            .iter()
            .for_each(|defect| println!("{}", defect_line(defect)));
    }
    Ok(0)
}

fn defect_line(defect: &archive::Defect) -> String {
    let place = match (&defect.path, defect.offset) {
        (Some(path), Some(offset)) => format!(", {path} from byte {offset}"),
        (Some(path), None) => format!(", {path}"),
        _ => String::new(),
    };
    format!("  block {}: {}{place}", defect.block, describe(defect.kind))
}

fn verify(file: &Path, json: bool) -> Ended {
    let medium = open(file)?;
    let sessions = sessions(&medium);
    let sound = !sessions.is_empty() && sessions.iter().all(|session| session.defects.is_empty());
    if json {
        let sessions: Vec<_> = sessions
            .iter()
            .map(|session| serde_json::json!({ "defects": defects(session) }))
            .collect();
        println!(
            "{}",
            serde_json::json!({ "sound": sound, "sessions": sessions })
        );
    } else if sessions.is_empty() {
        println!(
            "{}: a readable tape without a backup session",
            file.display()
        );
    } else {
        for defect in sessions.iter().flat_map(|session| &session.defects) {
            println!("{}", defect_line(defect));
        }
        println!(
            "{}: {}",
            file.display(),
            if sound { "sound" } else { "damaged" }
        );
    }
    Ok(if sound { 0 } else { UNEXPECTED })
}

fn extract(file: &Path, dir: &Path) -> Ended {
    let medium = open(file)?;
    let sessions = sessions(&medium);
    if sessions.is_empty() {
        return Err(format!(
            "{}: no backup session on this tape",
            file.display()
        ));
    }
    let target = Target::new(dir).map_err(|error| error.to_string())?;
    let (mut written, mut damaged) = (0, 0);
    for session in &sessions {
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
        session
            .defects
            .iter()
            .for_each(|defect| eprintln!("{}", defect_line(defect)));
    }
    eprintln!(
        "{written} files into {}, {damaged} of them damaged",
        dir.display()
    );
    let sound = damaged == 0 && sessions.iter().all(|session| session.defects.is_empty());
    Ok(if sound { 0 } else { UNEXPECTED })
}

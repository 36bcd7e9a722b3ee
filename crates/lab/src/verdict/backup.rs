use super::mail::MailWatch;
use super::symbols::Symbols;
use super::tape::TapeWatch;
use super::{Failure, FailureKind, Mechanism};
use clock::Ticks;
use guest::archive::{self, DefectKind, Item, Session};
use guest::hfs::{File, Folder};
use tape::media::{Content, Medium};

/// What is on a tape, compared with what was on the disk.
pub struct Comparison {
    /// Records on the tape.
    pub blocks: u64,
    /// Sessions, as a reader finds them.
    pub sessions: Vec<Session>,
    /// Files of the disk that did not change during the run and are not the same on the tape.
    pub differences: Vec<Difference>,
    /// Whether a session with an end is on the tape.
    pub complete: bool,
}

/// A place where the tape is not what the disk was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Path of the file, without the volume.
    pub path: String,
    /// First byte of the fork that differs; none when the file is missing altogether.
    pub offset: Option<u64>,
    /// Block on tape that holds it, where that is known.
    pub block: Option<u64>,
}

impl Comparison {
    /// Compares `medium` with the volume as it was before and is after the run.
    pub fn new(medium: &Medium, before: &Folder, after: Option<&Folder>) -> Comparison {
        let longest = medium.blocks().map(|block| match block.content {
            Content::Record { data, .. } => data.len(),
            Content::Mark => 0,
        });
        // What cannot be read is as good as nothing.
        let nothing = vec![0; longest.max().unwrap_or(0)];
        let items = medium.blocks().map(|block| match block.content {
            Content::Record { data, bad: true } => Item::Record(&nothing[..data.len()]),
            Content::Record { data, .. } => Item::Record(data),
            Content::Mark => Item::Filemark,
        });
        let sessions = archive::sessions(items);
        let complete = sessions.iter().any(|session| session.end.is_some());
        let blocks = medium
            .blocks()
            .filter(|block| matches!(block.content, Content::Record { .. }))
            .count() as u64;
        let mut comparison = Comparison {
            blocks,
            sessions,
            differences: Vec::new(),
            complete,
        };
        for session in &comparison.sessions {
            for (path, file) in before.walk() {
                // A file that changed while it was copied proves nothing.
                if after.is_some_and(|after| after.file(&path) != Some(file)) {
                    continue;
                }
                comparison
                    .differences
                    .extend(difference(session, &path, file));
            }
        }
        comparison
            .differences
            .sort_by_key(|difference| difference.block.unwrap_or(u64::MAX));
        comparison
    }

    /// Damaged pieces of all sessions; that a session has no end is no damage when it was cut off.
    pub fn bad_blocks(&self) -> u64 {
        let damage = |session: &Session| {
            session
                .defects
                .iter()
                .filter(|defect| defect.kind != DefectKind::NoEnd)
                .count()
        };
        self.sessions
            .iter()
            .map(|session| damage(session) as u64)
            .sum()
    }

    /// Files on the tape, and the bytes of their forks.
    pub fn files(&self) -> (u64, u64) {
        let files = self.sessions.iter().flat_map(|session| &session.files);
        files.fold((0, 0), |(count, bytes), one| {
            (
                count + 1,
                bytes + (one.file.data.len() + one.file.resource.len()) as u64,
            )
        })
    }
}

fn difference(session: &Session, path: &str, file: &File) -> Option<Difference> {
    let on_tape = session.files.iter().find(|one| {
        one.path
            .split_once(':')
            .is_some_and(|(_, rest)| rest == path)
    });
    let Some(on_tape) = on_tape else {
        // A session that was cut off has not come to every file.
        let missing = Difference {
            path: path.into(),
            offset: None,
            block: None,
        };
        return session.end.is_some().then_some(missing);
    };
    let first = |disk: &[u8], tape: &[u8]| {
        let both = disk.iter().zip(tape).position(|(a, b)| a != b);
        both.or((disk.len() != tape.len()).then_some(disk.len().min(tape.len())))
    };
    // What the backup itself noted as unreadable it did not write wrongly.
    if on_tape.error != 0 {
        return None;
    }
    let unfinished = session.end.is_none() && !on_tape.intact;
    let data = first(&file.data, &on_tape.file.data);
    let resource = first(&file.resource, &on_tape.file.resource);
    // The last file of a session that was cut off is shorter; only bytes that are there can be wrong.
    let cut = |at: usize, tape: &[u8]| unfinished && at >= tape.len();
    let data = data.filter(|&at| !cut(at, &on_tape.file.data));
    let resource = resource.filter(|&at| !cut(at, &on_tape.file.resource));
    let offset = data.or(resource)? as u64;
    let defect = session.defects.iter().rev().find(|defect| {
        defect.path.as_deref() == Some(on_tape.path.as_str())
            && defect.offset.is_some_and(|start| start <= offset)
    });
    let block = defect.and_then(|defect| Some(defect.block + 1 + (offset - defect.offset?) / 512));
    Some(Difference {
        path: path.into(),
        offset: Some(offset),
        block,
    })
}

/// The bad write that `comparison` shows, if it shows one.
pub fn bad_write(
    machine: &str,
    comparison: &Comparison,
    tape: &TapeWatch,
    mail: &MailWatch,
    log: Option<&str>,
    symbols: &Symbols,
) -> Option<Failure> {
    let damaged = comparison
        .sessions
        .iter()
        .flat_map(|session| &session.defects);
    let first_defect = damaged
        .filter(|defect| matches!(defect.kind, DefectKind::BadSum | DefectKind::NoHeader))
        .map(|defect| defect.block)
        .min();
    let first = comparison.differences.first();
    let block = match (first.and_then(|difference| difference.block), first_defect) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if first.is_none() && block.is_none() {
        return None;
    }
    let mut evidence = Vec::new();
    if let Some(Difference {
        path,
        offset: Some(offset),
        block,
    }) = first
    {
        let place = block
            .map(|block| format!("block {block} of the tape, "))
            .unwrap_or_default();
        evidence.push(format!(
            "{place}byte {offset} of {path}: the tape is not what the disk was"
        ));
    } else if let Some(Difference { path, .. }) = first {
        evidence.push(format!("{path} is not on the tape"));
    }
    if comparison.differences.len() > 1 {
        evidence.push(format!(
            "{} files in all are wrong",
            comparison.differences.len()
        ));
    }
    let write = block.and_then(|block| tape.writer_of(block));
    let mut mechanism = None;
    let mut tick = Ticks::ZERO;
    if let Some(write) = write {
        tick = write.at;
        evidence.extend(tape.chain(
            write,
            |pc| symbols.name(pc),
            |from, to| mail.answers_between(from, to),
        ));
        if write.lost_bytes() > 0 {
            mechanism = Some(Mechanism::M1);
            tick = write.lost[0].0;
        } else if let Some((at, _)) = write.bus_errors.first() {
            mechanism = Some(Mechanism::M2);
            tick = *at;
        } else if let Some(deferred) = block.and_then(|block| tape.deferred(block)) {
            tick = deferred.found;
            evidence.push(format!(
                "{} block {} of the tape cannot be written readably; its WRITE, of {}, had ended with GOOD at {}",
                deferred.found, deferred.block, deferred.write.at, deferred.acknowledged
            ));
            evidence.push(format!(
                "{} the next command but REQUEST SENSE is told of it: CHECK CONDITION, sense {:02X?}",
                deferred.told, deferred.sense
            ));
            mechanism = Some(Mechanism::M8);
        }
    }
    match log {
        Some(log) if log.contains("backup reported success") => {
            evidence.push("the backup's log says: backup reported success".into());
        }
        Some(log) => evidence.extend(
            log.lines()
                .last()
                .map(|line| format!("the backup's log ends with: {line}")),
        ),
        None => {}
    }
    Some(Failure::new(
        FailureKind::BadWrite,
        mechanism,
        machine,
        tick,
        evidence,
    ))
}

/// The backup's log on a volume, with line feeds, if there is one.
pub fn log(after: &Folder) -> Option<String> {
    let file = after.file("Backup Log")?;
    Some(String::from_utf8_lossy(&file.data).replace('\r', "\n"))
}

/// What the log says of the whole backup: success or not; nothing when it has not come to that.
pub fn reported(log: &str) -> Option<bool> {
    if log.contains("backup reported success") {
        Some(true)
    } else if log.contains("backup failed") || log.contains("backup reported errors") {
        Some(false)
    } else {
        None
    }
}

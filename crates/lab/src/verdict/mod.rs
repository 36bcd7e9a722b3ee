//! What a run showed, from outside evidence only.

/// What is on the tape, compared with what was on the disk.
pub mod backup;
/// Where a CPU has been, and how a machine that stopped came to where it is.
pub mod cpu;
/// How long machines did not serve interrupts.
pub mod interrupts;
/// What the mail clients experienced.
pub mod mail;
/// How well the machines kept the network's deadlines.
pub mod network;
/// A server that answers nobody.
pub mod server;
/// What a mail server has on its disk, compared with what its clients know.
pub mod store;
/// Which code lies where in a machine's memory.
pub mod symbols;
/// What the tape drive and its bus did.
pub mod tape;

use clock::Ticks;
use serde::Serialize;

/// Kinds of failure, named as users see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The server never appeared on the network, or stopped before its first answer.
    ServerStoppedAtStartup,
    /// The server answered once and no longer does.
    ServerStoppedDuringBackup,
    /// What is on the tape is not what was on the disk.
    BadWrite,
    /// A system error: the bomb box.
    SystemError,
    /// The backup stopped before its end.
    BackupStopped,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [FailureKind; 5] = [
        FailureKind::ServerStoppedAtStartup,
        FailureKind::ServerStoppedDuringBackup,
        FailureKind::BadWrite,
        FailureKind::SystemError,
        FailureKind::BackupStopped,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            FailureKind::ServerStoppedAtStartup => "server-stopped-at-startup",
            FailureKind::ServerStoppedDuringBackup => "server-stopped-during-backup",
            FailureKind::BadWrite => "bad-write",
            FailureKind::SystemError => "system-error",
            FailureKind::BackupStopped => "backup-stopped",
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<FailureKind> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The mechanisms that can produce a failure (docs/mechanisms.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Mechanism {
    /// Bytes lost in a blind write.
    M1,
    /// Bus error in a blind write.
    M2,
    /// Synchronous wait at interrupt time.
    M3,
    /// Bus held by a long command.
    M4,
    /// Starvation of a server application.
    M5,
    /// Missed LocalTalk deadlines.
    M6,
    /// Start-up: reset, unit attention, or M3 in the server's start-up work.
    M7,
    /// Deferred error.
    M8,
    /// Nested interrupts on a small stack.
    M9,
}

impl Mechanism {
    /// What the mechanism is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Mechanism::M1 => "bytes lost in a blind write",
            Mechanism::M2 => "bus error in a blind write",
            Mechanism::M3 => "synchronous wait at interrupt time",
            Mechanism::M4 => "SCSI bus held by a long command",
            Mechanism::M5 => "starvation of the server application",
            Mechanism::M6 => "missed LocalTalk deadlines",
            Mechanism::M7 => "server blocked while the Macintosh starts up",
            Mechanism::M8 => "deferred write error attributed to a later command",
            Mechanism::M9 => "nested interrupts on a small stack",
        }
    }
}

/// One failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// What failed.
    pub kind: FailureKind,
    /// How it came about, where the evidence tells.
    pub mechanism: Option<Mechanism>,
    /// The machine it happened on.
    pub machine: String,
    /// When it happened.
    pub tick: Ticks,
    /// The same in seconds.
    pub seconds: f64,
    /// What was seen, in causal order.
    pub evidence: Vec<String>,
}

impl Failure {
    /// A failure at `tick`.
    pub fn new(
        kind: FailureKind,
        mechanism: Option<Mechanism>,
        machine: &str,
        tick: Ticks,
        evidence: Vec<String>,
    ) -> Self {
        let seconds = tick.as_micros() as f64 / 1e6;
        Failure {
            kind,
            mechanism,
            machine: machine.into(),
            tick,
            seconds,
            evidence,
        }
    }
}

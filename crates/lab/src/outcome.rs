//! What a run leaves behind for people and programs.

use crate::verdict::Failure;
use crate::verdict::interrupts::{Interval, Masked};
use crate::verdict::network::Figures;
use crate::verdict::store::StoreCounts;
use serde::Serialize;

/// The result of a run, as `--json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Which build ran it.
    pub build: String,
    /// `failure`, `clean`, or `none` when the virtual time limit passed first.
    pub verdict: &'static str,
    /// What failed.
    pub failures: Vec<Failure>,
    /// Emulated time.
    pub virtual_seconds: f64,
    /// Host time.
    pub host_seconds: f64,
    /// Emulated seconds per host second.
    pub speed: f64,
    /// Hash over everything that happened.
    pub trace_hash: String,
    /// What the mail clients experienced.
    pub mail: MailCounts,
    /// How well each machine kept the network's deadlines.
    pub network: Vec<MachineNetwork>,
    /// The longest stretches with interrupts masked: by machine and level, the longest first.
    pub interrupts: Vec<Interval>,
    /// How long each level was masked altogether, by machine and level.
    pub interrupts_masked: Vec<Masked>,
    /// The longest wait from a request to the first instruction of its handler, by machine and level.
    pub interrupt_latency: Vec<Interval>,
    /// What the tape drives did.
    pub tape: TapeCounts,
    /// What the backup programs said, and what is on their tapes.
    pub backup: BackupCounts,
    /// What a bridge to other networks did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridge: Option<localtalk::BridgeFigures>,
}

/// Requests of the mail clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MailCounts {
    /// Begun.
    pub sent: u64,
    /// Answered.
    pub answered: u64,
    /// Given up.
    pub timed_out: u64,
    /// What the server did that the mail protocol does not allow, in words: a defect of the server or of the machine under it.
    pub violations: Vec<String>,
    /// The message store compared with what the host-side clients know. Null without a server whose `server.flush` is `yes`: what another has
    /// stored is not reached from the catalogue of the volume.
    pub store: Option<StoreCounts>,
}

/// How well a machine kept the network's deadlines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineNetwork {
    /// Its name.
    pub machine: String,
    /// What was seen on the cable, and of its receiver.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of the tape drives of a world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TapeCounts {
    /// Blocks on the tapes.
    pub blocks: u64,
    /// Damaged pieces among them.
    pub bad_blocks: u64,
    /// Times a drive stopped and backed up.
    pub repositions: u64,
    /// Times a drive's buffer ran empty while writing.
    pub underruns: u64,
}

/// Figures of the backups of a world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BackupCounts {
    /// Files on the tapes.
    pub files: u64,
    /// Bytes of their forks.
    pub bytes: u64,
    /// Every backup program reported success in its log; null when none finished.
    pub reported_ok: Option<bool>,
    /// Every file on tape is what it was on disk; null when no session is on tape.
    pub verified_ok: Option<bool>,
}

/// The identity of this build: its version, and the 68k software in it.
pub fn build() -> String {
    let mut hasher = blake3::Hasher::new();
    for program in guest::programs::ROMS.iter().chain(guest::programs::LOADED) {
        hasher.update(program.image);
    }
    format!(
        "{}-{}",
        env!("CARGO_PKG_VERSION"),
        &hasher.finalize().to_hex()[..8]
    )
}

use super::cpu::{CpuWatch, Stopped};
use super::mail::MailWatch;
use super::symbols::{Memory, Symbols};
use super::tape::{Hold, TapeWatch};
use super::{Failure, FailureKind, Mechanism};
use clock::Ticks;
use guest::programs::BACKUP_INIT;

/// What is known about the machine of a server that answers nobody.
pub struct Silence<'a, M: Memory> {
    /// The machine's name.
    pub machine: &'a str,
    /// What the clients saw.
    pub mail: &'a MailWatch,
    /// Where the CPU was.
    pub cpu: &'a CpuWatch,
    /// What its SCSI bus did, when it has a tape drive.
    pub tape: Option<&'a TapeWatch>,
    /// The machine as it stands now.
    pub stopped: Stopped<'a, M>,
    /// The time.
    pub now: Ticks,
}

/// How long an answer that nobody releases occupies the server: ATP's release timer (*Inside AppleTalk*, chapter 9).
const RELEASE_TIMER: Ticks = Ticks(30 * Ticks::PER_SECOND);

impl<M: Memory> Silence<'_, M> {
    /// The failure, and how it came about as far as the evidence tells.
    pub fn judge(&self) -> Failure {
        let since = self.mail.waiting_since().unwrap_or(Ticks::ZERO);
        // A start-up document still at work means that the Macintosh is still starting up.
        let starting = self.stopped.programs_on_stack().contains(&BACKUP_INIT.name);
        let backing_up = self.tape.is_some_and(|tape| !tape.writes.is_empty());
        let at_startup = starting || (self.mail.last_answer().is_none() && !backing_up);
        let kind = if at_startup {
            FailureKind::ServerStoppedAtStartup
        } else {
            FailureKind::ServerStoppedDuringBackup
        };
        let mut evidence = vec![self.mail.evidence(), self.stopped.place()];
        let mechanism = self.mechanism(since, at_startup, &mut evidence);
        Failure::new(kind, mechanism, self.machine, since, evidence)
    }

    fn symbols(&self) -> &Symbols {
        self.stopped.symbols
    }

    fn mechanism(
        &self,
        since: Ticks,
        at_startup: bool,
        evidence: &mut Vec<String>,
    ) -> Option<Mechanism> {
        let recent = Ticks(self.now.0.saturating_sub(10 * Ticks::PER_SECOND)).max(since);
        let stuck = self.cpu.stuck_in(recent, self.symbols());
        let on_stack = self.stopped.programs_on_stack();
        let server_waits = on_stack.iter().any(|name| name.starts_with("mail_server"));
        let bus_rests = self
            .tape
            .is_none_or(|tape| tape.last_bus_status.is_none_or(|last| last < recent));

        if let (Some(routine), Some(holder), true, true) =
            (stuck, self.holder(&on_stack), server_waits, bus_rests)
        {
            evidence.push(format!("the CPU has not left {routine} since {recent}"));
            let calls = self.stopped.calls(16).join("; ");
            evidence.push(format!("the stack, innermost first: {calls}"));
            evidence.push(format!(
                "{holder}, which was interrupted and cannot go on; the server's synchronous call waits for it"
            ));
            return Some(if at_startup {
                Mechanism::M7
            } else {
                Mechanism::M3
            });
        }
        if let Some(hold) = self.hold(since) {
            evidence.push(match hold.to {
                None => format!(
                    "the tape drive has held the SCSI bus since {} with command {:02X}",
                    hold.from, hold.operation
                ),
                Some(to) => format!(
                    "the tape drive held the SCSI bus from {} to {to} with command {:02X}; what clients had given up by then was answered in vain, and unreleased answers occupy the server for {RELEASE_TIMER}",
                    hold.from, hold.operation
                ),
            });
            return Some(if at_startup {
                Mechanism::M7
            } else {
                Mechanism::M4
            });
        }
        let shares = self.cpu.shares(since, self.symbols());
        let spent: Vec<String> = shares
            .iter()
            .map(|(name, share)| format!("{name} {share}%"))
            .collect();
        evidence.push(format!(
            "processor time since {since}: {}",
            spent.join(", ")
        ));
        // A turn that was just ending when the last answer went out is no time.
        let had_time = |wanted: &str| {
            shares
                .iter()
                .any(|(name, share)| name.starts_with(wanted) && *share > 0)
        };
        if at_startup {
            return self.start_up_wait(&on_stack, evidence);
        }
        let backup_works = had_time("backup") || on_stack.contains(&"backup");
        if backup_works && !had_time("mail_server") && !bus_rests {
            evidence.push(
                "the backup is in front and streams; the server had less than 1% of the time"
                    .into(),
            );
            return Some(Mechanism::M5);
        }
        None
    }

    /// The command of the tape drive that explains a silence since `since`: it began by then or soon after, and is not over, or not for so
    /// long that its consequences must be over too.
    fn hold(&self, since: Ticks) -> Option<Hold> {
        let explains = |hold: &Hold| {
            let over = |to: Ticks| {
                to + Hold::LONG <= since || self.now.since(to) > RELEASE_TIMER + Hold::LONG
            };
            hold.from <= since + Hold::LONG && !hold.to.is_some_and(over)
        };
        self.tape?.last_hold(self.now).filter(explains)
    }

    /// Who keeps the disk from the server: the owner of the SCSI Manager, or the call the File Manager is executing.
    fn holder(&self, on_stack: &[&'static str]) -> Option<String> {
        let interrupted = on_stack
            .iter()
            .rev()
            .find(|name| !name.starts_with("mail_server"));
        let program = interrupted.map_or("a program", |name| name);
        if let Some(owner) = self.stopped.scsi_owner() {
            let behalf = match self.symbols().program_at(owner) {
                Some("plus") => format!(", the disk driver, at work for {program}"),
                _ => String::new(),
            };
            let name = self.symbols().name(owner);
            return Some(format!("the SCSI Manager belongs to {name}{behalf}"));
        }
        /// `FSBusy` (*Inside Macintosh IV*, the File Manager): not zero while a call is being executed.
        const FS_BUSY: u32 = 0x360;
        let busy = self.stopped.memory.word(FS_BUSY) != 0;
        busy.then(|| format!("the File Manager is in the middle of a call of {program}"))
    }

    /// Before the server: does a start-up document wait for the drive?
    fn start_up_wait(&self, on_stack: &[&str], evidence: &mut Vec<String>) -> Option<Mechanism> {
        let tape = self.tape.filter(|tape| tape.refused.0 > 1)?;
        if !on_stack.contains(&BACKUP_INIT.name) {
            return None;
        }
        let [key, code, qualifier] = tape.refused.1;
        evidence.push(format!(
            "a start-up document asks the drive again and again: {} answers in a row were CHECK CONDITION, the last with sense {key:X}/{code:02X}/{qualifier:02X}; it has no time limit, so the Macintosh does not finish starting up and nobody gets system-task time",
            tape.refused.0
        ));
        Some(Mechanism::M7)
    }
}

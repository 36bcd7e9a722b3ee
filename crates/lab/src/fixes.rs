//! Changes that a user of the time could have made to software or hardware.

/// A fix: parameters that describe the changed software or hardware.
pub struct Fix {
    /// Its name, as `--fix` takes it.
    pub name: &'static str,
    /// What a user would have done.
    pub about: &'static str,
    /// The mechanism it removes.
    pub removes: &'static str,
    /// What it sets.
    pub changes: &'static [(&'static str, &'static str)],
}

/// All fixes.
pub const FIXES: &[Fix] = &[
    Fix {
        name: "system-task-service",
        about: "a server that only queues requests at interrupt time and serves them at system-task time",
        removes: "M3",
        changes: &[("server.service", "systemtask")],
    },
    Fix {
        name: "asynchronous-store",
        about: "a server whose completion routines call the File Manager asynchronously",
        removes: "M3, and M7 where it is M3 at start-up",
        changes: &[("server.store", "async")],
    },
    Fix {
        name: "polled-writes",
        about: "a backup that writes with SCSIWrite, which polls for every byte, instead of SCSIWBlind",
        removes: "M1, M2",
        changes: &[("backup.transfer", "polled")],
    },
    Fix {
        name: "small-blocks",
        about: "a backup whose transfer instructions are no longer than the drive's own blocks",
        removes: "M1, M2",
        changes: &[("backup.tib", "512")],
    },
    Fix {
        name: "yielding-backup",
        about: "a backup that calls WaitNextEvent after every WRITE and READ command",
        removes: "M5",
        changes: &[("backup.yield", "1")],
    },
    Fix {
        name: "immediate-commands",
        about: "a backup that rewinds and writes filemarks with IMMED, so that the drive leaves the bus meanwhile",
        removes: "M4",
        changes: &[("backup.immediate", "yes")],
    },
    Fix {
        name: "unbuffered-mode",
        about: "a backup that sets the drive to mode 0, in which each WRITE waits until its blocks are on the tape",
        removes: "M8",
        changes: &[("backup.buffered", "no")],
    },
    Fix {
        name: "patient-start-up",
        about: "a start-up document that asks the drive once a second and goes on after three",
        removes: "M7 where the start-up document waits without limit",
        changes: &[
            ("backup.startup-poll", "60"),
            ("backup.startup-wait-limit", "180"),
        ],
    },
];

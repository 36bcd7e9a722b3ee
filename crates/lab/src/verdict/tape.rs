use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::{ChipEvent, Event, Record, ScsiEvent, TapeEvent};

/// Vector of a bus error (*M68000 User's Manual*, table of exception vectors).
const BUS_ERROR: u8 = 2;

const CHECK_CONDITION: u8 = 0x02;
/// Sense keys MEDIUM ERROR and HARDWARE ERROR (SCSI-2, table 69).
const TROUBLE: [u8; 2] = [3, 4];

const REWIND: u8 = 0x01;
const REQUEST_SENSE: u8 = 0x03;
const READ: u8 = 0x08;
const WRITE: u8 = 0x0A;
const WRITE_FILEMARKS: u8 = 0x10;
const SPACE: u8 = 0x11;

/// One WRITE command to the tape drive, and what went wrong inside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteCommand {
    /// When the drive had the whole command.
    pub at: Ticks,
    /// Block on tape it begins with, counted from the beginning, filemarks not included.
    pub first_block: u64,
    /// Blocks it asks to write.
    pub blocks: u64,
    /// Pauses of REQ inside its data: when, and at which byte.
    pub pauses: Vec<(Ticks, u32)>,
    /// Bytes the host wrote that no REQ asked for, with the program counter: they are not on the tape.
    pub lost: Vec<(Ticks, u32, u32)>,
    /// Bus errors that the CPU took while it sent the data, with the program counter.
    pub bus_errors: Vec<(Ticks, u32)>,
    /// Its status byte, and when.
    pub status: Option<(Ticks, u8)>,
    /// Sense key, ASC and ASCQ, when the status was CHECK CONDITION.
    pub sense: [u8; 3],
}

impl WriteCommand {
    /// Bytes the host wrote in vain.
    pub fn lost_bytes(&self) -> u64 {
        self.lost
            .iter()
            .map(|(_, bytes, _)| u64::from(*bytes))
            .sum()
    }
}

/// A moment in the drive's life that explains others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: Ticks,
    /// What happened.
    pub event: TapeEvent,
}

/// A command during which the drive kept the bus from everybody else for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When the drive had the whole command.
    pub from: Ticks,
    /// When it gave its status; `None` while it executes the command.
    pub to: Option<Ticks>,
    /// Operation code.
    pub operation: u8,
}

impl Hold {
    /// A command that holds the bus for longer than this starves everybody else (half of what a client waits at most).
    pub const LONG: Ticks = Ticks(5 * Ticks::PER_SECOND);
}

/// An error of a WRITE that had ended with GOOD.
#[derive(Clone, Copy, Debug)]
pub struct DeferredError<'a> {
    /// When the drive found the block bad.
    pub found: Ticks,
    /// The block on tape.
    pub block: u64,
    /// The command that wrote it.
    pub write: &'a WriteCommand,
    /// When that had ended with GOOD.
    pub acknowledged: Ticks,
    /// When a later command ended with CHECK CONDITION for it.
    pub told: Ticks,
    /// With this sense key, ASC and ASCQ.
    pub sense: [u8; 3],
}

/// What one machine's SCSI bus and tape drive did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeWatch {
    machine: u8,
    id: u8,
    position: u64,
    /// Every WRITE command, in order.
    pub writes: Vec<WriteCommand>,
    /// Underruns, repositions, full buffers and bad blocks, in order.
    pub moments: Vec<Moment>,
    /// Filemarks that commands asked for.
    pub filemarks: u64,
    /// Command the drive is executing: when it came, and its operation code.
    pub executing: Option<(Ticks, u8)>,
    last_hold: Option<Hold>,
    /// Whether any target is executing a command.
    on_bus: Option<u8>,
    /// When the drive last ended a command.
    pub last_status: Option<Ticks>,
    /// When any target of the bus last ended a command.
    pub last_bus_status: Option<Ticks>,
    /// Statuses of the drive that were not GOOD since it last was: count and last sense.
    pub refused: (u64, [u8; 3]),
    /// Commands that were told of trouble with medium or hardware: when they ended, and the sense data.
    pub troubles: Vec<(Ticks, [u8; 3])>,
    /// Underruns while writing.
    pub underruns: u64,
    /// Times the drive stopped and backed up.
    pub repositions: u64,
}

impl TapeWatch {
    /// Watches the drive with SCSI ID `id` on the machine with this number.
    pub fn new(machine: u8, id: u8) -> TapeWatch {
        TapeWatch {
            machine,
            id,
            ..TapeWatch::default()
        }
    }

    /// Takes note of a record.
    pub fn see(&mut self, record: &Record) {
        if record.machine != self.machine {
            return;
        }
        match &record.event {
            Event::Scsi(event) => self.see_bus(record.at, event),
            Event::Tape(event) => self.see_drive(record.at, event),
            Event::Chip(ChipEvent::Exception {
                vector: BUS_ERROR,
                pc,
            }) => {
                if let Some(write) = self.unfinished_write() {
                    write.bus_errors.push((record.at, *pc));
                }
            }
            _ => {}
        }
    }

    fn see_drive(&mut self, at: Ticks, event: &TapeEvent) {
        match event {
            TapeEvent::Underrun { .. } => self.underruns += 1,
            TapeEvent::Reposition { .. } => self.repositions += 1,
            TapeEvent::BufferFull { .. } | TapeEvent::BadBlock { .. } => {}
            _ => return,
        }
        self.moments.push(Moment {
            at,
            event: event.clone(),
        });
    }

    fn see_bus(&mut self, at: Ticks, event: &ScsiEvent) {
        match event {
            ScsiEvent::Command { id, cdb } => {
                self.on_bus = Some(*id);
                if *id == self.id {
                    self.command(at, cdb);
                }
            }
            ScsiEvent::Status {
                id, status, sense, ..
            } => {
                self.on_bus = None;
                self.last_bus_status = Some(at);
                if *id == self.id {
                    self.status(at, *status, *sense);
                }
            }
            ScsiEvent::ReqPaused {
                id,
                at_byte,
                out: true,
            } if *id == self.id => {
                if let Some(write) = self.writes.last_mut() {
                    write.pauses.push((at, *at_byte));
                }
            }
            ScsiEvent::UnpairedDma {
                bytes,
                out: true,
                pc,
            } => {
                if let Some(write) = self.unfinished_write() {
                    write.lost.push((at, *bytes, *pc));
                }
            }
            ScsiEvent::BusReset => {
                self.on_bus = None;
                self.executing = None;
            }
            _ => {}
        }
    }

    /// The WRITE that the drive is executing.
    fn unfinished_write(&mut self) -> Option<&mut WriteCommand> {
        let busy = self.on_bus == Some(self.id);
        let last = self.writes.last_mut().filter(|_| busy);
        last.filter(|write| write.status.is_none())
    }

    fn command(&mut self, at: Ticks, cdb: &[u8]) {
        let length = cdb.get(2..5).map_or(0, |bytes| {
            u64::from(u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]))
        });
        let operation = cdb.first().copied().unwrap_or(0);
        self.executing = Some((at, operation));
        match operation {
            WRITE => {
                self.writes.push(WriteCommand {
                    at,
                    first_block: self.position,
                    blocks: length,
                    pauses: Vec::new(),
                    lost: Vec::new(),
                    bus_errors: Vec::new(),
                    status: None,
                    sense: [0; 3],
                });
                self.position += length;
            }
            READ | SPACE => self.position += length,
            WRITE_FILEMARKS => self.filemarks += length,
            REWIND => self.position = 0,
            _ => {}
        }
    }

    fn status(&mut self, at: Ticks, status: u8, sense: [u8; 3]) {
        let executing = self.executing.take();
        self.last_status = Some(at);
        if let Some((from, operation)) = executing.filter(|(from, _)| at.since(*from) > Hold::LONG)
        {
            self.last_hold = Some(Hold {
                from,
                to: Some(at),
                operation,
            });
        }
        if executing.is_some_and(|(_, operation)| operation == REQUEST_SENSE) {
            // That it tells what is wrong does not mean that nothing is.
        } else if status == 0 {
            self.refused = (0, [0; 3]);
        } else {
            self.refused = (self.refused.0 + 1, sense);
        }
        if status == CHECK_CONDITION && TROUBLE.contains(&sense[0]) {
            self.troubles.push((at, sense));
        }
        if executing.is_some_and(|(_, operation)| operation == WRITE)
            && let Some(write) = self.writes.last_mut()
        {
            write.status = Some((at, status));
            write.sense = sense;
        }
    }

    /// How long the drive had got no data when its stream ended at `end`, in words.
    fn without_data(
        &self,
        end: Ticks,
        answers: impl Fn(Ticks, Ticks) -> usize,
    ) -> Option<(Ticks, String)> {
        let ended = self.writes.iter().filter_map(|write| write.status);
        let last = ended.map(|(at, _)| at).filter(|at| *at <= end).max()?;
        let (length, count) = (end - last, answers(last, end));
        Some((
            last,
            format!(
                "{last} the host ends a WRITE and has nothing more for the drive for {length}, while the server answers {count} requests"
            ),
        ))
    }

    /// The last command that has held the bus for longer than [`Hold::LONG`] by `now`.
    pub fn last_hold(&self, now: Ticks) -> Option<Hold> {
        let running = self.executing.map(|(from, operation)| Hold {
            from,
            to: None,
            operation,
        });
        running
            .filter(|hold| now.since(hold.from) > Hold::LONG)
            .or(self.last_hold)
    }

    /// The last command that wrote `block`.
    pub fn writer_of(&self, block: u64) -> Option<&WriteCommand> {
        self.writes
            .iter()
            .rev()
            .find(|write| (write.first_block..write.first_block + write.blocks).contains(&block))
    }

    /// The write error that explains damage from `block` of the tape on, if it was a deferred one: the drive found a block bad after the WRITE that
    /// wrote it had ended with GOOD, and told of it with a later command (SCSI-2, 8.2.14.2). What followed in the buffer was lost with it.
    pub fn deferred(&self, block: u64) -> Option<DeferredError<'_>> {
        // A record of the backup that is damaged anywhere is damaged from its beginning: the bad block may lie further on in the same WRITE.
        let end = self.writer_of(block)?;
        let end = end.first_block + end.blocks;
        let mut bad = self.moments.iter().filter_map(|moment| match moment.event {
            TapeEvent::BadBlock { block: bad } if bad < end => Some((moment.at, bad)),
            _ => None,
        });
        let (found, bad) = bad.next_back()?;
        let write = self.writes.iter().find(|write| {
            write.at < found && (write.first_block..write.first_block + write.blocks).contains(&bad)
        })?;
        let (acknowledged, status) = write.status?;
        let &(told, sense) = self.troubles.iter().find(|(told, _)| *told > found)?;
        (status == 0 && acknowledged < found).then_some(DeferredError {
            found,
            block: bad,
            write,
            acknowledged,
            told,
            sense,
        })
    }

    /// Whether a backup has begun, has written its last filemark, and has left the drive alone for `settle`.
    pub fn is_over(&self, now: Ticks, settle: Ticks) -> bool {
        self.filemarks > 0 && self.is_idle(now, settle)
    }

    /// Whether writing has begun and the drive has had nothing to do for `settle`.
    pub fn is_idle(&self, now: Ticks, settle: Ticks) -> bool {
        let idle = self
            .last_status
            .is_some_and(|last| now.since(last) >= settle);
        !self.writes.is_empty() && self.executing.is_none() && idle
    }

    /// The chain of events that leads to `write`, in words and in order: the slow host, the underrun and the reposition it caused, the pause,
    /// the lost bytes. `answers` counts the requests the server answered in a stretch of time.
    pub fn chain(
        &self,
        write: &WriteCommand,
        symbol: impl Fn(u32) -> String,
        answers: impl Fn(Ticks, Ticks) -> usize,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let hit = write
            .lost
            .first()
            .map(|lost| lost.0)
            .or(write.bus_errors.first().map(|error| error.0))
            .or(write.pauses.first().map(|pause| pause.0));
        let before = |end: Ticks, wanted: fn(&TapeEvent) -> bool| {
            self.moments
                .iter()
                .rev()
                .find(|moment| moment.at <= end && wanted(&moment.event))
        };
        let reposition = before(hit.unwrap_or(write.at), |event| {
            matches!(event, TapeEvent::Reposition { .. })
        });
        if let Some(Moment {
            at,
            event: TapeEvent::Reposition { buffered, ticks },
        }) = reposition
        {
            let away = Ticks(*ticks);
            lines.push((*at, format!("{at} reposition: the drive stops and backs up for {away} with {buffered} bytes buffered and takes nothing from its buffer")));
            if let Some(Moment {
                at,
                event: TapeEvent::Underrun { block },
            }) = before(*at, |event| matches!(event, TapeEvent::Underrun { .. }))
            {
                lines.push((*at, format!("{at} underrun: from here on the buffer runs empty; the drive repeats blocks, the first of them before block {block} of the tape")));
            }
            lines.extend(self.without_data(*at, answers));
        }
        let begin = write.at;
        let last = write.first_block + write.blocks.saturating_sub(1);
        lines.push((
            begin,
            format!("{begin} WRITE of blocks {} to {last}", write.first_block),
        ));
        for (at, byte) in write.pauses.iter().take(3) {
            lines.push((
                *at,
                format!("{at} buffer full: REQ pauses at byte {byte} of this command"),
            ));
        }
        if let Some((at, _, pc)) = write.lost.first() {
            lines.push((
                *at,
                format!(
                    "{at} {} bytes written without a request are lost, first at {}",
                    write.lost_bytes(),
                    symbol(*pc)
                ),
            ));
        }
        if let Some((at, pc)) = write.bus_errors.first() {
            lines.push((
                *at,
                format!(
                    "{at} the access at {} gets no answer for too long: bus error; how much of it the drive took is not known to the program",
                    symbol(*pc)
                ),
            ));
        }
        if let Some((at, status)) = write.status {
            let filler = write.lost_bytes();
            let filled = if filler > 0 {
                format!(" after {filler} filler bytes had taken the place of the lost ones")
            } else {
                String::new()
            };
            let name = if status == 0 {
                "GOOD".into()
            } else {
                format!("{status:02X} (sense {:02X?})", write.sense)
            };
            lines.push((at, format!("{at} status {name}{filled}")));
        }
        lines.sort_by_key(|(at, _)| *at);
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_lasted_long_is_remembered() {
        let mut watch = TapeWatch::new(0, 4);
        let mut see = |seconds: u64, event: ScsiEvent| {
            watch.see(&Record {
                at: Ticks::from_secs(seconds),
                machine: 0,
                event: event.into(),
            });
            watch.last_hold(Ticks::from_secs(seconds))
        };
        let command = |operation| ScsiEvent::Command {
            id: 4,
            cdb: vec![operation, 0, 0, 0, 0, 0],
        };
        let status = || ScsiEvent::Status {
            id: 4,
            status: 0,
            sense: [0; 3],
            moved: 0,
        };
        see(1, command(WRITE_FILEMARKS));
        assert_eq!(see(2, status()), None);
        see(10, command(REWIND));
        let hold = see(30, status()).unwrap();
        assert_eq!(
            (hold.from, hold.to, hold.operation),
            (Ticks::from_secs(10), Some(Ticks::from_secs(30)), REWIND)
        );
        see(31, command(REWIND));
        assert_eq!(see(32, status()), Some(hold));
        see(33, command(REWIND));
        let running = watch.last_hold(Ticks::from_secs(40)).unwrap();
        assert_eq!((running.from, running.to), (Ticks::from_secs(33), None));
    }
}

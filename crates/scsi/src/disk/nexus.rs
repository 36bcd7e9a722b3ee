use super::Disk;
use super::commands::Job;
use super::descriptor::operation;
use super::figures::Feature;
use super::sense::{Code, Sense, code};
use crate::Status;
use serde::{Deserialize, Serialize};

/// What the drive keeps for each initiator: sense data until it asks for them or sends another command (SCSI-2, 7.6), and what it has to be
/// told before it may use the drive again (7.9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Nexus {
    pub sense: Sense,
    /// Unit attention conditions, the oldest first.
    attention: Vec<Code>,
}

impl Nexus {
    /// An initiator that has to be told of a reset, and of nothing else: a reset clears all other conditions (7.9).
    pub fn after_reset() -> Nexus {
        Nexus {
            attention: vec![code::RESET],
            ..Nexus::default()
        }
    }

    fn attend(&mut self, code: Code) {
        if !self.attention.contains(&code) {
            self.attention.push(code);
        }
    }

    /// Takes the condition to report next.
    pub fn take_attention(&mut self) -> Option<Code> {
        (!self.attention.is_empty()).then(|| self.attention.remove(0))
    }
}

/// A reservation of the whole unit (SCSI-2, 9.2.12.1). Extents cannot be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reservation {
    /// Who made it, and may change or release it.
    by: u8,
    /// Whose commands are executed.
    holder: u8,
    third_party: bool,
}

impl Disk {
    /// The initiator whose command is executed.
    pub(super) fn nexus(&mut self) -> &mut Nexus {
        &mut self.nexus[usize::from(self.initiator)]
    }

    /// Tells every initiator but the one at hand.
    pub(super) fn attend_others(&mut self, code: Code) {
        let own = usize::from(self.initiator);
        for (id, nexus) in self.nexus.iter_mut().enumerate() {
            if id != own {
                nexus.attend(code);
            }
        }
    }

    /// True when the command is refused because another initiator has the drive reserved.
    pub(super) fn conflicts(&self, cdb: &[u8]) -> bool {
        let Some(reservation) = self.reservation else {
            return false;
        };
        let allowed = match cdb[0] {
            operation::RELEASE => true,
            operation::RESERVE => reservation.by == self.initiator,
            _ => false,
        };
        reservation.holder != self.initiator && !allowed
    }

    /// RESERVE and RELEASE (SCSI-2, 9.2.12, 9.2.11). Releasing what one has not reserved is no error and has no effect.
    pub(super) fn reserve(&mut self, cdb: &[u8]) -> Job {
        let (third_party, extent) = (cdb[1] & 0x10 != 0, cdb[1] & 1 != 0);
        if extent || (cdb[1] & 0x1E != 0 && !self.figures.has(Feature::ThirdParty)) {
            return self.fail(code::FIELD_IN_CDB);
        }
        let holder = if third_party {
            (cdb[1] >> 1) & 7
        } else {
            self.initiator
        };
        let asked = Reservation {
            by: self.initiator,
            holder,
            third_party,
        };
        if cdb[0] == operation::RESERVE {
            self.reservation = Some(asked);
        } else if self.reservation == Some(asked) {
            self.reservation = None;
        }
        Job::End(Status::Good)
    }

    /// REQUEST SENSE (SCSI-2, 8.2.14). An allocation length of 0 asked a drive of SCSI-1 for 4 bytes (SCSI-1, 7.1.2).
    pub(super) fn request_sense(&mut self, lun: u8, cdb: &[u8]) -> Job {
        let sense = if lun != 0 {
            code::UNIT.into()
        } else {
            let nexus = self.nexus();
            let kept = std::mem::take(&mut nexus.sense);
            if kept != Sense::default() {
                kept
            } else {
                nexus.take_attention().unwrap_or(code::NONE).into()
            }
        };
        let wanted = match cdb[4] {
            0 if self.figures.ansi_version < 2 => 4,
            length => usize::from(length),
        };
        self.reply(&sense.bytes(), wanted)
    }
}

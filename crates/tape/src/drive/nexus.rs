use super::commands::Activity;
use super::descriptor::operation;
use super::sense::{Code, Sense, code, key};
use super::{Drive, abilities::Feature};
use scsi::Status;
use serde::{Deserialize, Serialize};

/// What the drive keeps for each initiator: sense data until it asks for them or sends another command (SCSI-2, 7.6), and what it has to be
/// told before it may use the drive again (7.9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Nexus {
    pub sense: Sense,
    /// Unit attention conditions, the oldest first.
    attention: Vec<Code>,
    /// It has forbidden to take the cartridge out.
    pub prevents: bool,
}

impl Nexus {
    /// An initiator that has to be told of a reset, and of nothing else: a reset clears all other conditions (7.9).
    pub fn after_reset() -> Nexus {
        Nexus {
            attention: vec![code::RESET],
            ..Nexus::default()
        }
    }

    /// Adds a unit attention condition unless it waits already.
    pub fn attend(&mut self, code: Code) {
        if !self.attention.contains(&code) {
            self.attention.push(code);
        }
    }

    /// The condition to report next.
    pub fn attention(&self) -> Option<Code> {
        self.attention.first().copied()
    }

    /// Takes the condition to report next.
    pub fn take_attention(&mut self) -> Option<Code> {
        (!self.attention.is_empty()).then(|| self.attention.remove(0))
    }
}

/// A reservation of the drive (SCSI-2, 10.2.9 and 10.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reservation {
    /// Who made it, and may change or release it.
    by: u8,
    /// Whose commands are executed.
    holder: u8,
    /// It was made for a third party.
    third_party: bool,
}

/// An error of a command that had ended with GOOD, kept until it can be reported (SCSI-2, 8.2.14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deferred {
    pub sense: Sense,
    /// Whose command it was; `None` when more than one initiator had data in the buffer: then the next of any initiator is told.
    pub initiator: Option<u8>,
}

impl Drive {
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

    /// A fault of the transport becomes a deferred error.
    pub(super) fn collect_fault(&mut self) {
        if let Some(fault) = self.transport.fault.take() {
            let initiator =
                (self.writers.count_ones() == 1).then(|| self.writers.trailing_zeros() as u8);
            let sense = Sense {
                deferred: true,
                ..self.failed(fault, 0)
            };
            self.deferred = Some(Deferred { sense, initiator });
        }
        if self.transport.is_flushed() {
            self.writers = 0;
        }
    }

    /// The deferred error that the initiator at hand is to be told, if any.
    pub(super) fn own_deferred(&self) -> Option<Sense> {
        self.deferred
            .filter(|deferred| {
                deferred
                    .initiator
                    .is_none_or(|initiator| initiator == self.initiator)
            })
            .map(|deferred| deferred.sense)
    }

    /// True when the command is refused because another initiator has the drive reserved.
    pub(super) fn conflicts(&self, cdb: &[u8]) -> bool {
        let Some(reservation) = self.reservation else {
            return false;
        };
        let changes = cdb[0] == operation::RESERVE && reservation.by == self.initiator;
        let allowed = match cdb[0] {
            operation::RELEASE => true,
            operation::PREVENT_ALLOW => cdb[4] & 1 == 0,
            _ => changes,
        };
        reservation.holder != self.initiator && !allowed
    }

    /// RESERVE UNIT and RELEASE UNIT. Releasing what one has not reserved is no error and has no effect.
    pub(super) fn reserve(&mut self, cdb: &[u8]) -> Activity {
        let third_party = cdb[1] & 0x10 != 0;
        if cdb[1] & 0x1E != 0 && !self.abilities.has(Feature::ThirdParty) {
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
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
        Activity::Done(Status::Good)
    }

    /// PREVENT ALLOW MEDIUM REMOVAL (SCSI-2, 9.2.4): the cartridge may be taken out when no initiator forbids it any more.
    pub(super) fn prevent_allow(&mut self, cdb: &[u8]) -> Activity {
        self.nexus().prevents = cdb[4] & 1 != 0;
        Activity::Done(Status::Good)
    }

    /// True while an initiator forbids to take the cartridge out.
    pub(super) fn removal_prevented(&self) -> bool {
        self.nexus.iter().any(|nexus| nexus.prevents)
    }

    /// What REQUEST SENSE would report to the initiator at hand.
    pub(super) fn pending_sense(&self) -> Sense {
        let nexus = &self.nexus[usize::from(self.initiator)];
        if !nexus.sense.is_clear() {
            return nexus.sense;
        }
        if let Some(code) = nexus.attention() {
            return Sense::new(key::UNIT_ATTENTION, code);
        }
        self.own_deferred().unwrap_or_default()
    }

    /// REQUEST SENSE (SCSI-2, 8.2.14). An allocation length of 0 asked a drive of SCSI-1 for 4 bytes (SCSI-1, 7.1.2).
    pub(super) fn request_sense(&mut self, lun: u8, cdb: &[u8]) -> Activity {
        self.collect_fault();
        let sense = if lun == 0 {
            self.pending_sense()
        } else {
            Sense::illegal(code::UNIT)
        };
        if lun == 0 {
            let told = self.own_deferred().is_some();
            let nexus = self.nexus();
            if !nexus.sense.is_clear() {
                nexus.sense = Sense::default();
            } else if nexus.take_attention().is_none() && told {
                self.deferred = None;
            }
        }
        let wanted = match cdb[4] {
            0 if self.transport.figures.ansi_version < 2 => 4,
            length => usize::from(length),
        };
        Activity::send(&sense.bytes(), wanted)
    }
}

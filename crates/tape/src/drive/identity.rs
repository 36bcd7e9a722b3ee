use super::commands::Activity;
use super::figures::Figures;
use super::sense::{Sense, code, key};
use super::{Drive, mechanics::Motion};
use scsi::Status;

/// INQUIRY's standard data (SCSI-2, 8.2.5): 5 bytes and the 31 that follow.
const INQUIRY_LENGTH: usize = 36;
/// Peripheral qualifier 3, device type 1Fh: no such logical unit.
const NO_UNIT: u8 = 0x7F;
const SEQUENTIAL_ACCESS: u8 = 0x01;
const REMOVABLE: u8 = 0x80;

impl Figures {
    /// The longest block that can be written or read.
    pub(super) fn longest(&self) -> u64 {
        if self.variable_blocks {
            self.longest
        } else {
            self.block as u64
        }
    }

    fn inquiry(&self, lun: u8) -> [u8; INQUIRY_LENGTH] {
        let mut data = [0; INQUIRY_LENGTH];
        data[0] = if lun == 0 { SEQUENTIAL_ACCESS } else { NO_UNIT };
        data[1] = REMOVABLE;
        data[2] = self.ansi_version;
        // Response data format: 1 is that of the common command set, which came before SCSI-2.
        data[3] = self.ansi_version;
        data[4] = INQUIRY_LENGTH as u8 - 5;
        data[8..16].copy_from_slice(&self.vendor);
        data[16..32].copy_from_slice(&self.product);
        data[32..36].copy_from_slice(&self.revision);
        data
    }
}

/// Commands that say what the drive is and how it is.
impl Drive {
    pub(super) fn inquiry(&mut self, lun: u8, cdb: &[u8]) -> Activity {
        if cdb[1] & 0x1F != 0 || cdb[2] != 0 {
            // Vital product data are of SCSI-2; this drive has none.
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
        }
        Activity::send(&self.transport.figures.inquiry(lun), usize::from(cdb[4]))
    }

    /// SCSI-1, 7.1.2, to which the drive claims to conform: an allocation length of 0 asks for 4 bytes.
    pub(super) fn request_sense(&mut self, lun: u8, cdb: &[u8]) -> Activity {
        let initiator = usize::from(self.initiator);
        let sense = if lun == 0 {
            self.pending_sense()
        } else {
            Sense::illegal(code::UNIT)
        };
        if lun == 0 {
            if !self.sense[initiator].is_clear() {
                self.sense[initiator] = Sense::default();
            } else if self.attention[initiator].is_some() {
                self.attention[initiator] = None;
            } else {
                self.collect_fault();
                self.deferred = None;
            }
        }
        let wanted = if cdb[4] == 0 { 4 } else { usize::from(cdb[4]) };
        Activity::send(&sense.bytes(), wanted)
    }

    /// What REQUEST SENSE would report to the initiator at hand.
    pub(super) fn pending_sense(&self) -> Sense {
        let initiator = usize::from(self.initiator);
        if !self.sense[initiator].is_clear() {
            return self.sense[initiator];
        }
        if let Some(code) = self.attention[initiator] {
            return Sense::new(key::UNIT_ATTENTION, code);
        }
        self.deferred
            .or_else(|| self.transport.fault.map(super::transfer::deferred))
            .unwrap_or_default()
    }

    /// Why commands that need the tape cannot be executed now.
    pub(super) fn unready(&self) -> Option<Sense> {
        let code = match self.transport.motion {
            Motion::Empty => code::NO_MEDIUM,
            Motion::Unloaded => code::NEEDS_LOAD,
            Motion::Moving { loading: true, .. } => code::BECOMING_READY,
            _ => return None,
        };
        Some(Sense::new(key::NOT_READY, code))
    }

    /// Unlike other commands, which wait for a motion that was started with IMMED, TEST UNIT READY reports it: that is how a host waits
    /// for its end without holding the bus.
    pub(super) fn test_unit_ready(&mut self) -> Activity {
        if self.transport.travelling() {
            return self.check(Sense::new(key::NOT_READY, code::BECOMING_READY));
        }
        Activity::Done(Status::Good)
    }

    pub(super) fn block_limits(&self) -> Activity {
        let figures = &self.transport.figures;
        let [high, middle, low] = match figures.longest().to_be_bytes() {
            [.., high, middle, low] => [high, middle, low],
        };
        let shortest = if figures.variable_blocks {
            [0, 1]
        } else {
            [middle, low]
        };
        Activity::send(&[0, high, middle, low, shortest[0], shortest[1]], 6)
    }

    pub(super) fn mode_sense(&mut self, cdb: &[u8]) -> Activity {
        let protected = self.write_protected();
        match self.mode.sense(
            &self.transport.figures,
            cdb[2],
            cdb[1] & 0x08 != 0,
            protected,
        ) {
            Ok(data) => Activity::send(&data, usize::from(cdb[4])),
            Err(sense) => self.check(sense),
        }
    }

    pub(super) fn mode_select(&mut self, list: &[u8]) -> Activity {
        match self.mode.select(&self.transport.figures, list) {
            Ok(()) => Activity::Done(Status::Good),
            Err(sense) => self.check(sense),
        }
    }
}

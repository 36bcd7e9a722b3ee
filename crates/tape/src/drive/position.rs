use super::commands::{Activity, Step};
use super::sense::{Sense, code};
use super::{Drive, abilities::Feature};
use clock::Ticks;
use serde::{Deserialize, Serialize};

const BEGINNING_OF_PARTITION: u8 = 0x80;
const END_OF_PARTITION: u8 = 0x40;
const POSITION_UNKNOWN: u8 = 0x04;

/// A READ POSITION in progress (SCSI-2, 10.2.6).
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Locating {
    /// The address asked for is that of a place on tape, not that of a block.
    device_address: bool,
}

impl Drive {
    pub(super) fn begin_position(&mut self, cdb: &[u8]) -> Activity {
        let device_address = cdb[1] & 1 != 0;
        if device_address && !self.abilities.has(Feature::DeviceAddresses) {
            return self.check(Sense::illegal(code::FIELD_IN_CDB));
        }
        Activity::Position(Locating { device_address })
    }

    /// The tape does not move for it; only where a motion under way will end has to be waited for.
    pub(super) fn position_step(&mut self, now: Ticks, locating: Locating) -> Step {
        if let Some(sense) = self.unready() {
            return Step::Go(self.check(sense));
        }
        if self.transport.travelling() {
            return self.wait(now);
        }
        Step::Go(Activity::send(&self.position_data(locating), 20))
    }

    /// Table 190. A place on tape is known for blocks that are there: while some wait in the buffer, where they will be is not.
    fn position_data(&self, locating: Locating) -> [u8; 20] {
        let transport = &self.transport;
        let waits = !transport.is_flushed();
        let next = transport.next_written();
        let (first, last) = match (locating.device_address, waits) {
            (true, true) => (None, None),
            (true, false) => {
                let frame = transport.tape().position(transport.block);
                (Some(frame), Some(frame))
            }
            (false, _) => (Some(next), Some(transport.block)),
        };
        let mut data = [0; 20];
        if next == 0 {
            data[0] |= BEGINNING_OF_PARTITION;
        }
        if self.behind_warning() {
            data[0] |= END_OF_PARTITION;
        }
        match (first, last) {
            (Some(first), Some(last)) => {
                data[4..8].copy_from_slice(&(first as u32).to_be_bytes());
                data[8..12].copy_from_slice(&(last as u32).to_be_bytes());
            }
            _ => data[0] |= POSITION_UNKNOWN,
        }
        let (blocks, bytes) = self.unwritten();
        data[13..16].copy_from_slice(&blocks.to_be_bytes()[1..]);
        data[16..20].copy_from_slice(&bytes.to_be_bytes());
        data
    }
}

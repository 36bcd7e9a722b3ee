//! Addresses of Plus and SE (Guide, "Address maps"; see docs/hardware.md, "Models").

use super::{Device, Model, scc_at};
use chips::via6522::Register;

/// What an address above RAM and ROM selects.
pub(crate) fn decode(model: Model, address: u32) -> Device {
    let se = model == Model::Se;
    match address >> 19 {
        0x0B if address & 0x200 == 0 => Device::Scsi((address >> 4 & 7) as u8),
        0x0B => Device::ScsiData { handshake: se },
        // On the SE reading begins at 900000, writing at B00000.
        0x10..=0x17 if !se || address & 0x10_0000 != 0 => {
            let (channel, data) = scc_at(address);
            let write = address & 0x20_0000 != 0;
            Device::Scc {
                channel,
                data,
                read: !write,
                write,
            }
        }
        0x1D => Device::Via(Register::at(address >> 9)),
        _ => Device::Floating,
    }
}

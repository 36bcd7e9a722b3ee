//! The cycles that reach a chip.

use crate::bus::{Bus, CYCLE, LATCH};
use crate::{eclock, video};
use chips::scc8530::Channel;
use chips::via6522::Register;
use clock::Ticks;

/// Bits of VIA port A (Guide, "VIA register A").
pub(crate) mod port_a {
    /// 1 = the ROM is at 0.
    pub const OVERLAY: u8 = 0x10;
    /// 1 = main screen buffer.
    pub const PAGE_2: u8 = 0x40;
}

/// Bits of VIA port B (Guide, "VIA register B").
pub(crate) mod port_b {
    pub const RTC_DATA: u8 = 0x01;
    pub const RTC_CLOCK: u8 = 0x02;
    /// 0 = the clock chip is enabled.
    pub const RTC_ENABLE: u8 = 0x04;
    /// 0 = the mouse button is down.
    pub const MOUSE_BUTTON: u8 = 0x08;
    pub const MOUSE_X2: u8 = 0x10;
    pub const MOUSE_Y2: u8 = 0x20;
    /// 1 = horizontal blanking.
    pub const H4: u8 = 0x40;
}

/// What an address outside memory selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Device {
    Scsi {
        register: u8,
        dack: bool,
    },
    Scc {
        channel: Channel,
        data: bool,
        writing: bool,
    },
    Via(Register),
    Nothing,
}

fn decode(address: u32) -> Device {
    match address >> 19 {
        0x0B => Device::Scsi {
            register: (address >> 4 & 7) as u8,
            dack: address & 0x200 != 0,
        },
        0x10..=0x17 => Device::Scc {
            channel: if address & 2 != 0 {
                Channel::A
            } else {
                Channel::B
            },
            data: address & 4 != 0,
            writing: address & 0x20_0000 != 0,
        },
        0x1D => Device::Via(Register::at(address >> 9)),
        _ => Device::Nothing,
    }
}

impl Bus {
    /// A read cycle outside memory. Chips answer on the high half of the data bus; the low half floats, except that the SCSI chip's byte
    /// appears on both, for programs that read it at odd addresses.
    pub(crate) fn device_read(&mut self, address: u32) -> u16 {
        let device = decode(address);
        let at = self.device_cycle(device);
        let (high, low) = match device {
            Device::Via(register) => {
                self.set_port_b_inputs(at);
                let value = self.via.read(at, register);
                self.via_accessed(at, register);
                (value, 0xFF)
            }
            // "A byte read of an odd SCC read address tries to reset the entire SCC" (IM III, "The SCC").
            Device::Scc { writing: false, .. } if address & 1 != 0 => {
                self.scc.advance(at, &mut self.tracer, self.pc);
                self.scc.reset();
                self.scc_accessed(at);
                (0xFF, 0xFF)
            }
            Device::Scc {
                channel,
                data,
                writing: false,
            } => {
                let value = if data {
                    self.scc.read_data(at, channel)
                } else {
                    self.scc.read_control(at, channel)
                };
                self.scc_accessed(at);
                (value, 0xFF)
            }
            Device::Scsi { register, dack } => {
                let (bus, tracer) = (&mut self.scsi, &mut self.tracer);
                let value = if dack {
                    self.ncr.dma_read(at, bus, tracer, self.pc)
                } else {
                    self.ncr.read(at, register, bus, tracer)
                };
                self.scsi_accessed();
                (value, value)
            }
            Device::Scc { .. } | Device::Nothing => (0xFF, 0xFF),
        };
        u16::from_be_bytes([high, low])
    }

    /// A write cycle outside memory. All chips take the high half of the data bus; a byte is on both halves.
    pub(crate) fn device_write(&mut self, address: u32, value: u16) {
        let device = decode(address);
        let at = self.device_cycle(device);
        let value = (value >> 8) as u8;
        match device {
            Device::Via(register) => {
                self.via.write(at, register, value);
                self.via_accessed(at, register);
            }
            Device::Scc {
                channel,
                data,
                writing: true,
            } => {
                if data {
                    self.scc.write_data(at, channel, value);
                } else {
                    self.scc.write_control(at, channel, value);
                }
                self.scc_accessed(at);
            }
            Device::Scsi { register, dack } => {
                let (bus, tracer) = (&mut self.scsi, &mut self.tracer);
                if dack {
                    self.ncr.dma_write(at, value, bus, tracer, self.pc);
                } else {
                    self.ncr.write(at, register, value, bus, tracer);
                }
                self.scsi_accessed();
            }
            Device::Scc { .. } | Device::Nothing => {}
        }
    }

    /// Lets the cycle pass; the time at which the device sees it. Everything that was due before has happened then.
    ///
    /// SCC and SCSI chip answer without wait states (inference from the Guide's rule that only RAM and the VIA make the CPU wait).
    fn device_cycle(&mut self, device: Device) -> Ticks {
        let at = if let Device::Via(_) = device {
            let (fall, end) = eclock::cycle(self.now);
            self.waited += end - self.now - CYCLE;
            self.now = end;
            fall
        } else {
            self.now += CYCLE;
            self.now - CYCLE + LATCH
        };
        let at = Ticks(at);
        if self.agenda.next() <= at {
            self.run_events(at);
        }
        at
    }

    /// Puts on port B what comes from the clock chip and the beam; the mouse's bits are there already.
    fn set_port_b_inputs(&mut self, at: Ticks) {
        let mut levels = 0;
        if self.rtc.data() {
            levels |= port_b::RTC_DATA;
        }
        if video::horizontal_blanking(at.0.saturating_sub(self.frame_start)) {
            levels |= port_b::H4;
        }
        self.via.b.set_input(port_b::RTC_DATA | port_b::H4, levels);
    }

    fn via_accessed(&mut self, at: Ticks, register: Register) {
        match register {
            Register::Orb
            | Register::Ora
            | Register::OraNoHandshake
            | Register::Ddrb
            | Register::Ddra => {
                self.via_pins_changed(at);
            }
            Register::Sr | Register::Acr | Register::Pcr => {
                self.keyboard.host_data(at, self.via.cb2_out());
                self.schedule_keyboard();
                self.schedule_lines(at);
            }
            _ => {}
        }
        self.via_changed(at);
    }

    /// Ports A and B may drive other levels than before.
    pub(crate) fn via_pins_changed(&mut self, at: Ticks) {
        self.set_overlay(self.via.port_a_out() & port_a::OVERLAY != 0);
        let out = self.via.port_b_out();
        let enable = out & port_b::RTC_ENABLE == 0;
        // The data wire is pulled up: what the VIA does not drive is high, and so is what it reads unless the chip pulls it low.
        self.rtc.set_wires(
            at,
            enable,
            out & port_b::RTC_CLOCK != 0,
            out & port_b::RTC_DATA != 0,
        );
    }

    /// True when the main screen buffer is shown.
    pub(crate) fn main_screen(&self) -> bool {
        self.via.port_a_out() & port_a::PAGE_2 != 0
    }

    /// What a read of this byte would give now, without its effects.
    pub(crate) fn peek(&self, address: u32) -> u8 {
        let address = address & 0xFF_FFFF;
        let now = Ticks(self.now);
        let half = |word: u16| word.to_be_bytes()[(address & 1) as usize];
        match address >> 20 {
            0x0..=0x3 if !self.overlay() => return self.ram.byte(address),
            0x0..=0x4 if address & 0x2_0000 == 0 => return half(self.rom_word(address)),
            0x0..=0x4 => return 0xFF,
            0x6..=0x7 if self.overlay() => return self.ram.byte(address),
            _ => {}
        }
        match decode(address) {
            Device::Scsi {
                register,
                dack: false,
            } => self.ncr.peek(register, &self.scsi),
            Device::Via(register) if address & 1 == 0 => self.via.peek(now, register),
            Device::Scc {
                channel,
                data,
                writing: false,
            } if address & 1 == 0 => {
                if data {
                    self.scc.peek_data(now, channel)
                } else {
                    self.scc.peek_control(now, channel)
                }
            }
            _ => 0xFF,
        }
    }
}

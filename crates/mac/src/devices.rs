//! The cycles that reach a chip.

use crate::bus::Bus;
use crate::models::{Device, Model, compact, se30};
use crate::wide::COUNTED;
use crate::{eclock, video};
use chips::scc8530::Channel;
use chips::via6522::{Irq, Register};
use clock::Ticks;
use m68k::core::memory::BusFault;

/// Clocks of a cycle that nothing delays.
const CLOCKS: u64 = 4;

/// Bits of VIA port A (Guide, "VIA register A").
pub(crate) mod port_a {
    /// Plus and SE/30: 1 = the ROM is at 0.
    pub const OVERLAY: u8 = 0x10;
    /// 1 = main screen buffer.
    pub const PAGE_2: u8 = 0x40;
    /// 0 = W/REQ of an SCC channel is active.
    pub const SCC_REQUEST: u8 = 0x80;
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
    /// Plus: 1 = horizontal blanking.
    pub const H4: u8 = 0x40;
    /// SE and SE/30: ADB Int, 0 = asserted.
    pub const ADB_INTERRUPT: u8 = 0x08;
    /// SE and SE/30: ST0; ST1 is the bit above.
    pub const ADB_STATE: u32 = 4;
    /// SE: 0 = the SCSI chip may interrupt.
    pub const SCSI_MASK: u8 = 0x40;
    /// SE/30: 0 = vertical blanking may interrupt.
    pub const VBL_MASK: u8 = 0x40;
}

impl Bus {
    fn decode(&self, address: u32) -> Device {
        if self.wide {
            se30::decode(address)
        } else {
            compact::decode(self.model, address)
        }
    }

    /// A read cycle outside memory. Chips answer on the high half of the data bus; the low half floats, except that the SCSI chip's byte
    /// appears on both, for programs that read it at odd addresses. Of the SE/30's bus, only the high half is looked at.
    pub(crate) fn device_read(&mut self, address: u32) -> Result<u16, BusFault> {
        if let Some(value) = self.stall.repeated() {
            return Ok(value);
        }
        let device = self.decode(address);
        let at = self.device_cycle(device, address)?;
        let (high, low) = match device {
            Device::Via(register) => {
                self.set_port_b_inputs(at);
                self.set_port_a_inputs();
                let value = self.via.read(at, register);
                self.via_accessed(at, register);
                (value, 0xFF)
            }
            Device::Via2(register) => (self.via2_read(at, register), 0xFF),
            // "A byte read of an odd SCC read address tries to reset the entire SCC" (IM III, "The SCC").
            Device::Scc { read: true, .. } if address & 1 != 0 && !self.wide => {
                self.scc.advance(at, &mut self.tracer, self.pc);
                self.scc.reset();
                self.scc_accessed(at);
                (0xFF, 0xFF)
            }
            Device::Scc {
                channel,
                data,
                read: true,
                ..
            } => {
                let value = if data {
                    self.scc.read_data(at, channel)
                } else {
                    self.scc.read_control(at, channel)
                };
                self.scc_accessed(at);
                (value, 0xFF)
            }
            Device::Scsi(register) => {
                let (bus, tracer) = (&mut self.scsi, &mut self.tracer);
                let value = self.ncr.read(at, register, bus, tracer);
                self.scsi_accessed(at);
                (value, value)
            }
            Device::ScsiData { .. } => {
                self.scsi_pins_changed(at);
                let (bus, tracer) = (&mut self.scsi, &mut self.tracer);
                let value = self.ncr.dma_read(at, bus, tracer, self.pc);
                self.scsi_accessed(at);
                (value, value)
            }
            Device::Asc(place) => (self.board_mut().asc.read(place), 0xFF),
            Device::Vram(place) => (self.board_mut().vram[place as usize], 0xFF),
            Device::Scc { .. } | Device::Floating | Device::Nothing => (0xFF, 0xFF),
        };
        let value = u16::from_be_bytes([high, low]);
        if self.model != Model::Plus {
            self.stall.completed(value);
        }
        Ok(value)
    }

    /// A write cycle outside memory. All chips take the high half of the data bus; a byte is on both halves.
    pub(crate) fn device_write(&mut self, address: u32, value: u16) -> Result<(), BusFault> {
        if self.stall.repeated().is_some() {
            return Ok(());
        }
        let device = self.decode(address);
        let at = self.device_cycle(device, address)?;
        let value = (value >> 8) as u8;
        match device {
            Device::Via(register) => {
                self.via.write(at, register, value);
                self.via_accessed(at, register);
            }
            Device::Via2(register) => self.via2_write(at, register, value),
            Device::Scc {
                channel,
                data,
                write: true,
                ..
            } => {
                if data {
                    self.scc.write_data(at, channel, value);
                } else {
                    self.scc.write_control(at, channel, value);
                }
                self.scc_accessed(at);
            }
            Device::Scsi(register) => {
                let (bus, tracer) = (&mut self.scsi, &mut self.tracer);
                self.ncr.write(at, register, value, bus, tracer);
                self.scsi_accessed(at);
            }
            Device::ScsiData { .. } => {
                self.scsi_pins_changed(at);
                let (bus, tracer) = (&mut self.scsi, &mut self.tracer);
                self.ncr.dma_write(at, value, bus, tracer, self.pc);
                self.scsi_accessed(at);
            }
            Device::Asc(place) => self.board_mut().asc.write(place, value),
            Device::Vram(place) => self.board_mut().vram[place as usize] = value,
            Device::Scc { .. } | Device::Floating | Device::Nothing => {}
        }
        if self.model != Model::Plus {
            self.stall.completed(0);
        }
        Ok(())
    }

    /// Lets the cycle pass; the time at which the device sees it: data are latched one clock before its end (UM, "Bus operation"). Everything that
    /// was due before has happened then.
    ///
    /// SCC and SCSI chip answer without wait states (inference from the Guide's rule that only RAM and the VIA make the CPU wait), but for
    /// SCSI with handshake.
    fn device_cycle(&mut self, device: Device, address: u32) -> Result<Ticks, BusFault> {
        let start = self.now;
        let (at, end) = match device {
            Device::Via(_) | Device::Via2(_) => eclock::cycle(start, self.clock),
            Device::ScsiData { handshake: true } => self.wait_for_drq(address)?,
            // The SE/30's address decoder ends a cycle that nobody answers (that it waits as long as for SCSI is inference).
            Device::Nothing => {
                let end = start + self.scsi_timeout.0;
                self.end_cycle(start, end);
                return Err(self.fault(address));
            }
            _ => {
                let end = start + CLOCKS * self.clock;
                (end - self.clock, end)
            }
        };
        // Not `start`: of an instruction that is executed again, the cycle began before.
        self.end_cycle(self.now, end);
        let at = Ticks(at);
        if self.agenda.next() <= at {
            self.run_events(at);
        }
        Ok(at)
    }

    /// The cycle that began at `start` is over at `end`. What is longer than the CPU's own count has been waiting.
    pub(crate) fn end_cycle(&mut self, start: u64, end: u64) {
        let counted = if self.wide {
            COUNTED
        } else {
            CLOCKS * self.clock
        };
        self.waited += (end - start).saturating_sub(counted);
        self.sampled_before(end);
        self.now = end;
    }

    fn board_mut(&mut self) -> &mut se30::Board {
        self.board.as_mut().expect("only an SE/30 decodes this")
    }

    /// Puts on port B what comes from the clock chip and the beam; the mouse's bits are there already.
    fn set_port_b_inputs(&mut self, at: Ticks) {
        let mut levels = 0;
        if self.rtc.data() {
            levels |= port_b::RTC_DATA;
        }
        let mut mask = port_b::RTC_DATA;
        if self.model == Model::Plus {
            mask |= port_b::H4;
            if video::horizontal_blanking(at.0.saturating_sub(self.frame_start)) {
                levels |= port_b::H4;
            }
        }
        self.via.b.set_input(mask, levels);
    }

    /// Puts W/REQ of both SCC channels on port A, where they are wired together (IM III, "VIA register A").
    fn set_port_a_inputs(&mut self) {
        let asks = |channel| self.scc.wait_request(channel);
        let level = if asks(Channel::A) || asks(Channel::B) {
            0
        } else {
            port_a::SCC_REQUEST
        };
        self.via.a.set_input(port_a::SCC_REQUEST, level);
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
                if self.adb.is_none() {
                    self.keyboard.host_data(at, self.via.cb2_out());
                    self.schedule_keyboard();
                }
                self.schedule_lines(at);
            }
            _ => {}
        }
        self.via_changed(at);
    }

    /// Ports A and B may drive other levels than before.
    pub(crate) fn via_pins_changed(&mut self, at: Ticks) {
        let overlay = self.via.port_a_out() & port_a::OVERLAY != 0;
        // On an SE this bit selects a floppy drive.
        if self.model != Model::Se && overlay != self.overlay() {
            self.set_overlay(overlay);
        }
        let out = self.via.port_b_out();
        let enable = out & port_b::RTC_ENABLE == 0;
        // The data wire is pulled up: what the VIA does not drive is high, and so is what it reads unless the chip pulls it low.
        self.rtc.set_wires(
            at,
            enable,
            out & port_b::RTC_CLOCK != 0,
            out & port_b::RTC_DATA != 0,
        );
        if let Some(adb) = &mut self.adb {
            adb.set_state(at, out >> port_b::ADB_STATE & 3);
            self.schedule_keyboard();
        }
        match self.model {
            Model::Plus => {}
            Model::Se => self.scsi_pins_changed(at),
            Model::Se30 if out & port_b::VBL_MASK != 0 => self.set_slot_e(at, false),
            Model::Se30 => {}
        }
    }

    /// Levels that other chips hold at pins from power-on or reset.
    pub(crate) fn connect_inputs(&mut self) {
        if let Some(adb) = &self.adb {
            let high = if adb.wires().interrupt {
                port_b::ADB_INTERRUPT
            } else {
                0
            };
            self.via.b.set_input(port_b::ADB_INTERRUPT, high);
        }
        if let Some(board) = &mut self.board {
            board.connect();
        }
    }

    fn via2_read(&mut self, at: Ticks, register: Register) -> u8 {
        self.scsi_pins_changed(at);
        let value = self.board_mut().via2.read(at, register);
        self.via2_changed(at);
        value
    }

    fn via2_write(&mut self, at: Ticks, register: Register, value: u8) {
        self.scsi_pins_changed(at);
        self.board_mut().via2.write(at, register, value);
        self.via2_changed(at);
        self.scsi_accessed(at);
    }

    /// IRQ and DRQ of the 5380 where they are connected. An edge needs no event of its own as long as nobody is to be interrupted by it: DRQ falls
    /// only with an access, and IRQ only with one.
    pub(crate) fn scsi_pins_changed(&mut self, at: Ticks) {
        match self.model {
            Model::Plus => {}
            Model::Se => self.requests_changed(at),
            Model::Se30 => {
                let drq = self.ncr.drq(at, &mut self.scsi, &mut self.tracer);
                let irq = self.ncr.irq();
                let via2 = &mut self.board_mut().via2;
                via2.set_ca2(at, drq);
                via2.set_cb2(at, irq);
                self.via2_changed(at);
            }
        }
    }

    /// Whether a change of the 5380's pins may interrupt the CPU, so that it must not be noticed late.
    pub(crate) fn scsi_may_interrupt(&self) -> bool {
        match self.model {
            Model::Plus => false,
            Model::Se => self.via.port_b_out() & port_b::SCSI_MASK == 0,
            Model::Se30 => self.board.as_ref().is_some_and(|board| {
                let enabled = board.via2.peek(Ticks(self.now), Register::Ier);
                enabled & (Irq::CA2 | Irq::CB2) != 0
            }),
        }
    }

    /// The built-in video of an SE/30 asks for an interrupt of slot E, or no longer does. The slots' requests are joined at CA1.
    pub(crate) fn set_slot_e(&mut self, at: Ticks, asks: bool) {
        let board = self.board_mut();
        if board.slot_e == asks {
            return;
        }
        board.slot_e = asks;
        let level = if asks { 0 } else { se30::via2::SLOT_E };
        board.via2.a.set_input(se30::via2::SLOT_E, level);
        board.via2.set_ca1(at, !asks);
        self.via2_changed(at);
    }

    /// True when the main screen buffer is shown.
    pub(crate) fn main_screen(&self) -> bool {
        self.via.port_a_out() & port_a::PAGE_2 != 0
    }

    /// What a read of this byte would give now, without its effects.
    pub(crate) fn peek(&self, address: u32) -> u8 {
        let address = self.on_bus(address);
        let now = Ticks(self.now);
        let half = |word: u16| word.to_be_bytes()[(address & 1) as usize];
        if self.wide {
            if let Some(byte) = self.wide_peek(address) {
                return byte;
            }
        } else {
            match address >> 20 {
                0x0..=0x3 if !self.overlay() => return self.ram.byte(address),
                0x0..=0x4 if self.rom_answers(address) => return half(self.rom_word(address)),
                0x0..=0x4 => return 0xFF,
                0x6..=0x7 if self.overlay() => return self.ram.byte(address),
                _ => {}
            }
        }
        let even = address & 1 == 0 || self.wide;
        match self.decode(address) {
            Device::Scsi(register) => self.ncr.peek(register, &self.scsi),
            Device::Via(register) if even => self.via.peek(now, register),
            Device::Via2(register) => self
                .board
                .as_ref()
                .map_or(0xFF, |board| board.via2.peek(now, register)),
            Device::Scc {
                channel,
                data,
                read: true,
                ..
            } if even => {
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

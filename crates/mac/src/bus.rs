//! The memory cycles of the CPU.
//!
//! A cycle takes four CPU clocks, plus what RAM or the E clock adds. `now` is the time up to which cycles and the internal clocks
//! between them have been laid out; it is settled with the CPU's own count of clocks at every instruction boundary.

use crate::config::ROM_BYTES;
use crate::events::Source;
use crate::interrupts::{InterruptWatch, Requests};
use crate::memory::Ram;
use crate::{ConfigError, MacConfig, Peripheral, eclock, video};
use chips::keyboard::Keyboard;
use chips::ncr5380::Ncr5380;
use chips::rtc::Rtc;
use chips::scc8530::Scc;
use chips::via6522::Via6522;
use clock::{Agenda, Ticks};
use m68k::AddressBus;
use m68k::core::memory::BusFault;
use scsi::ScsiBus;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use trace::{ChipEvent, Tracer};

/// Ticks of a memory cycle without waiting.
pub(crate) const CYCLE: u64 = 4 * Ticks::CPU.0;

/// Where in a cycle without waiting a device sees the access: data are latched one clock before its end (UM, "Bus operation").
pub(crate) const LATCH: u64 = CYCLE - Ticks::CPU.0;

const RAM_SPACE: u32 = 0x40_0000;
const ROM_BASE: u32 = 0x40_0000;

/// Everything of a machine but the CPU.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Bus {
    /// In ticks; a plain number because every memory cycle counts it on.
    pub now: u64,
    pub frame_start: u64,
    /// Addresses below this are RAM: 400000, or 0 while the overlay is on.
    ram_limit: u32,
    /// Ticks spent waiting since the clock was last settled.
    pub waited: u64,
    /// The CPU's own clock: whole instructions with their waiting.
    cpu_time: u64,
    /// The CPU has to return to the run loop at the first boundary at or after this time.
    pub deadline: u64,
    /// The level on the interrupt inputs of the CPU.
    pub ipl: u8,
    /// The instruction that is being executed.
    pub pc: u32,
    /// Clocks of the current stretch of execution that have been settled already.
    pub settled: i32,
    /// An exception frame went to an odd address: a double fault.
    pub odd_frame: bool,
    /// Ticks by which cycles of the bus have exceeded the CPU's own count, summed up: zero but for faults.
    pub overrun: u64,

    pub ram: Ram,
    pub rom: Vec<u8>,
    pub via: Via6522,
    pub rtc: Rtc,
    pub keyboard: Keyboard,
    pub scc: Scc,
    pub ncr: Ncr5380,
    pub scsi: ScsiBus<Peripheral>,
    pub agenda: Agenda<Source>,
    pub requests: Requests,
    pub watch: InterruptWatch,
    pub tracer: Tracer,
    /// Key transitions that wait to be typed: code, and whether the key goes down.
    pub typing: VecDeque<(u8, bool)>,
    /// Steps of the mouse that are still to be reported: right and down are positive.
    pub mouse: (i32, i32),
    /// Levels of the mouse's X1 and Y1, on the SCC's DCD inputs.
    pub mouse_interrupt: (bool, bool),
}

impl Bus {
    pub fn new(config: MacConfig) -> Result<Bus, ConfigError> {
        config.check()?;
        let mut rom = config.rom;
        rom.resize(ROM_BYTES, 0xFF);
        let mut scsi = ScsiBus::new();
        for (id, device) in config.targets {
            scsi.attach(id, device);
        }
        let mut bus = Bus {
            now: 0,
            frame_start: 0,
            ram_limit: 0,
            waited: 0,
            cpu_time: 0,
            deadline: 0,
            ipl: 0,
            pc: 0,
            settled: 0,
            odd_frame: false,
            overrun: 0,
            ram: Ram::new(config.ram_bytes),
            rom,
            via: Via6522::new(),
            rtc: Rtc::new(config.clock_seconds),
            keyboard: Keyboard::default(),
            scc: Scc::new(),
            ncr: Ncr5380::new(),
            scsi,
            agenda: Agenda::default(),
            requests: Requests::default(),
            watch: InterruptWatch::default(),
            tracer: Tracer::new(config.machine),
            typing: VecDeque::new(),
            mouse: (0, 0),
            mouse_interrupt: (false, false),
        };
        bus.scsi.power_on(Ticks::ZERO, &mut bus.tracer);
        bus.start_events();
        Ok(bus)
    }

    /// While the overlay is on the ROM is at 0 and RAM at 600000 (IM III, "System startup").
    pub fn set_overlay(&mut self, on: bool) {
        self.ram_limit = if on { 0 } else { RAM_SPACE };
    }

    pub fn overlay(&self) -> bool {
        self.ram_limit == 0
    }

    /// Brings `now` in line with the CPU's count: `clocks` more since the last time, of which `pending` have not been laid out
    /// because they come before the next access.
    #[inline(always)]
    pub fn settle(&mut self, clocks: i32, pending: u32) {
        self.settled += clocks;
        self.cpu_time += clocks as u64 * Ticks::CPU.0 + std::mem::take(&mut self.waited);
        let pending = u64::from(pending) * Ticks::CPU.0;
        if self.now + pending <= self.cpu_time {
            self.now = self.cpu_time - pending;
        } else {
            self.overran(pending);
        }
    }

    /// The core charges nothing for exceptions taken while it fetches; the cycles they made are the better count.
    #[cold]
    fn overran(&mut self, pending: u64) {
        self.overrun += self.now + pending - self.cpu_time;
        self.cpu_time = self.now + pending;
    }

    /// The CPU does nothing until `until`.
    pub fn idle(&mut self, until: u64, pending: u32) {
        let until = until.next_multiple_of(Ticks::CPU.0);
        self.now = self.now.max(until);
        self.cpu_time = self
            .cpu_time
            .max(self.now + u64::from(pending) * Ticks::CPU.0);
    }

    #[inline(always)]
    fn ram_cycle(&mut self) {
        let wait = video::ram_wait((self.now - self.frame_start) as u32);
        self.waited += wait;
        self.now += wait + CYCLE;
    }

    #[inline(always)]
    fn word_read(&mut self, address: u32) -> u16 {
        if address < self.ram_limit {
            self.ram_cycle();
            self.ram.word(address)
        } else if address >> 17 == ROM_BASE >> 17 {
            self.now += CYCLE;
            self.rom_word(address)
        } else {
            self.other_read(address)
        }
    }

    #[inline(always)]
    fn byte_read(&mut self, address: u32) -> u8 {
        if address < self.ram_limit {
            self.ram_cycle();
            self.ram.byte(address)
        } else {
            let word = if address >> 17 == ROM_BASE >> 17 {
                self.now += CYCLE;
                self.rom_word(address)
            } else {
                self.other_read(address)
            };
            word.to_be_bytes()[(address & 1) as usize]
        }
    }

    #[inline(always)]
    fn word_write(&mut self, address: u32, value: u16) {
        if address < self.ram_limit {
            self.ram_cycle();
            self.ram.set_word(address, value);
        } else {
            self.other_write(address, value, true);
        }
    }

    #[inline(always)]
    fn byte_write(&mut self, address: u32, value: u8) {
        if address < self.ram_limit {
            self.ram_cycle();
            self.ram.set_byte(address, value);
        } else {
            // The CPU puts a byte on both halves of the data bus (UM, "Data transfer operations").
            self.other_write(address, u16::from_be_bytes([value, value]), false);
        }
    }

    #[inline(always)]
    pub fn rom_word(&self, address: u32) -> u16 {
        let index = (address & 0x1_FFFE) as usize;
        match self.rom.get(index..index + 2) {
            Some(&[high, low]) => u16::from_be_bytes([high, low]),
            _ => 0xFFFF,
        }
    }

    /// Stores a byte where RAM is, without a cycle.
    pub fn poke(&mut self, address: u32, value: u8) {
        let address = address & 0xFF_FFFF;
        if address < self.ram_limit || (self.overlay() && address >> 21 == 3) {
            self.ram.set_byte(address, value);
        }
    }

    /// RAM where it is while the overlay is on, and images of the ROM.
    #[inline(never)]
    fn other_read(&mut self, address: u32) -> u16 {
        match address >> 20 {
            0x0..=0x4 => {
                self.now += CYCLE;
                if address & 0x2_0000 == 0 {
                    self.rom_word(address)
                } else {
                    0xFFFF
                }
            }
            0x6..=0x7 if self.overlay() => {
                self.ram_cycle();
                self.ram.word(address)
            }
            _ => self.device_read(address),
        }
    }

    #[inline(never)]
    fn other_write(&mut self, address: u32, value: u16, word: bool) {
        match address >> 20 {
            0x0..=0x4 => self.now += CYCLE,
            0x6..=0x7 if self.overlay() => {
                self.ram_cycle();
                if word {
                    self.ram.set_word(address, value);
                } else {
                    self.ram.set_byte(address, value as u8);
                }
            }
            _ => self.device_write(address, value),
        }
    }
}

/// The CPU uses the fallible calls for everything but the frames of bus and address errors and the reset vectors, which
/// come through the plain calls.
impl AddressBus for Bus {
    fn read_byte(&mut self, address: u32) -> u8 {
        self.byte_read(address)
    }

    fn read_word(&mut self, address: u32) -> u16 {
        self.word_read(address)
    }

    fn read_long(&mut self, address: u32) -> u32 {
        u32::from(self.word_read(address)) << 16
            | u32::from(self.word_read(address.wrapping_add(2) & 0xFF_FFFF))
    }

    fn write_byte(&mut self, address: u32, value: u8) {
        self.byte_write(address, value);
    }

    fn write_word(&mut self, address: u32, value: u16) {
        self.odd_frame |= address & 1 != 0;
        self.word_write(address, value);
    }

    fn write_long(&mut self, address: u32, value: u32) {
        self.odd_frame |= address & 1 != 0;
        self.word_write(address, (value >> 16) as u16);
        self.word_write(address.wrapping_add(2) & 0xFF_FFFF, value as u16);
    }

    #[inline(always)]
    fn sync(&mut self, cpu_clocks: u32) {
        self.now += u64::from(cpu_clocks) * Ticks::CPU.0;
    }

    #[inline(always)]
    fn try_read_byte(&mut self, address: u32) -> Result<u8, BusFault> {
        Ok(self.byte_read(address))
    }

    #[inline(always)]
    fn try_read_word(&mut self, address: u32) -> Result<u16, BusFault> {
        Ok(self.word_read(address))
    }

    #[inline(always)]
    fn try_read_long(&mut self, address: u32) -> Result<u32, BusFault> {
        Ok(self.read_long(address))
    }

    #[inline(always)]
    fn try_write_byte(&mut self, address: u32, value: u8) -> Result<(), BusFault> {
        self.byte_write(address, value);
        Ok(())
    }

    #[inline(always)]
    fn try_write_word(&mut self, address: u32, value: u16) -> Result<(), BusFault> {
        self.word_write(address, value);
        Ok(())
    }

    #[inline(always)]
    fn try_write_long(&mut self, address: u32, value: u32) -> Result<(), BusFault> {
        self.word_write(address, (value >> 16) as u16);
        self.word_write(address.wrapping_add(2) & 0xFF_FFFF, value as u16);
        Ok(())
    }

    /// The address map answers the acknowledge cycle with VPA (Guide, "Interrupts"): an autovector, and a cycle synchronised with E
    /// instead of the four clocks the CPU has laid out already.
    fn interrupt_acknowledge(&mut self, _level: u8) -> u32 {
        let start = self.now - CYCLE;
        let (_, end) = eclock::cycle(start);
        self.waited += end - self.now;
        self.now = end;
        u32::MAX
    }

    /// The RESET instruction resets VIA, SCC and SCSI chip, and so switches the overlay on (inference: the reset line of a Plus joins
    /// them all; the SCSI bus itself is not reset).
    fn reset_devices(&mut self) {
        let now = Ticks(self.now);
        self.tracer.emit(now, ChipEvent::ResetInstruction);
        self.run_events(now);
        self.via.reset(now);
        self.scc.reset();
        self.ncr.reset(now, &mut self.scsi, &mut self.tracer);
        self.via_pins_changed(now);
        self.reschedule_all(now);
    }
}

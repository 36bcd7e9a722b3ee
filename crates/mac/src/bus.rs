//! The memory cycles of the CPU.
//!
//! A cycle takes four CPU clocks, plus what RAM or the E clock adds. `now` is the time up to which cycles and the internal clocks
//! between them have been laid out; it is settled with the CPU's own count of clocks at every instruction boundary.
//!
//! Here are the cycles of the 16-bit bus of Plus and SE; those of the SE/30 are in `wide`.

use crate::events::Source;
use crate::interrupts::{InterruptWatch, Requests};
use crate::memory::Ram;
use crate::models::se30::Board;
use crate::stall::Stall;
use crate::video::Share;
use crate::wide::FetchCache;
use crate::{ConfigError, MacConfig, Model, Peripheral, eclock, video};
use chips::adb::Adb;
use chips::keyboard::Keyboard;
use chips::ncr5380::Ncr5380;
use chips::rtc::Rtc;
use chips::scc8530::Scc;
use chips::via6522::Via6522;
use clock::{Agenda, Ticks};
use m68k::AddressBus;
use m68k::core::memory::{BusFault, BusFaultKind};
use scsi::ScsiBus;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use trace::{ChipEvent, Tracer};

/// Ticks of a memory cycle of Plus and SE without waiting.
const CYCLE: u64 = 4 * Ticks::CPU.0;

/// Everything of a machine but the CPU.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Bus {
    /// In ticks; a plain number because every memory cycle counts it on.
    pub now: u64,
    pub frame_start: u64,
    pub model: Model,
    /// Ticks of a CPU clock.
    pub clock: u64,
    /// The bus is that of the SE/30: 32 bits.
    pub wide: bool,
    share: Share,
    overlay: bool,
    /// Addresses below this are RAM. None is while the overlay is on, or an instruction is being abandoned.
    pub ram_limit: u32,
    pub rom_base: u32,
    /// Bytes from `rom_base` on that are read as ROM without further ado.
    pub rom_span: u32,
    /// Ticks spent waiting since the clock was last settled.
    pub waited: u64,
    /// The CPU's own clock: whole instructions with their waiting.
    cpu_time: u64,
    /// The CPU has to return to the run loop at the first boundary at or after this time.
    pub deadline: u64,
    /// The level on the interrupt inputs of the CPU.
    pub ipl: u8,
    /// When the 68000 last looked at them: it does so as a bus cycle begins, and the last cycle of an instruction counts.
    sampled: u64,
    /// The cycle that counts instead, where it is not the last.
    held_sample: Option<u64>,
    /// An interrupt was entered, and no instruction executed since: the core executes one before it looks for another (as it does by itself
    /// where execution is not divided).
    pub entered: bool,
    /// The instruction that is being executed.
    pub pc: u32,
    /// Clocks of the current stretch of execution that have been settled already.
    pub settled: i32,
    /// An exception frame went to an odd address or to one where nothing is: a double fault.
    pub lost_frame: bool,
    /// Ticks by which cycles of the bus have exceeded the CPU's own count, summed up: zero but for faults.
    pub overrun: u64,
    /// The end of the step: nobody knows yet what comes over the cable after it.
    pub until: u64,
    pub stall: Stall,
    pub scsi_timeout: Ticks,

    pub ram: Ram,
    pub rom: Vec<u8>,
    pub via: Via6522,
    pub rtc: Rtc,
    pub keyboard: Keyboard,
    pub adb: Option<Box<Adb>>,
    /// What only an SE/30 has.
    pub board: Option<Box<Board>>,
    pub fetches: FetchCache,
    /// CACR as `fetches` knows it.
    pub cacr: u32,
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
        let model = config.model;
        let wide = model == Model::Se30;
        let mut rom = config.rom;
        rom.resize(model.rom_bytes(), 0xFF);
        let mut scsi = ScsiBus::new();
        for (id, device) in config.targets {
            scsi.attach(id, device);
        }
        let mut bus = Bus {
            now: 0,
            frame_start: 0,
            model,
            clock: model.cpu_clock(),
            wide,
            share: if model == Model::Plus {
                Share::Half
            } else {
                Share::Quarter
            },
            overlay: true,
            ram_limit: 0,
            rom_base: if wide { 0x4000_0000 } else { 0x40_0000 },
            rom_span: 0,
            waited: 0,
            cpu_time: 0,
            deadline: 0,
            ipl: 0,
            sampled: 0,
            held_sample: None,
            entered: false,
            pc: 0,
            settled: 0,
            lost_frame: false,
            overrun: 0,
            until: 0,
            stall: Stall::default(),
            scsi_timeout: config.scsi_timeout,
            ram: Ram::new(config.ram_bytes),
            rom,
            via: Via6522::new(),
            rtc: Rtc::new(config.clock_seconds),
            keyboard: Keyboard::default(),
            adb: model.has_adb().then(|| Box::new(Adb::new(config.seed))),
            board: wide.then(|| Box::new(Board::new())),
            fetches: FetchCache::default(),
            cacr: 0,
            scc: Scc::new(),
            ncr: Ncr5380::new(),
            scsi,
            agenda: Agenda::default(),
            requests: Requests::new(model),
            watch: InterruptWatch::new(model),
            tracer: Tracer::new(config.machine),
            typing: VecDeque::new(),
            mouse: (0, 0),
            mouse_interrupt: (false, false),
        };
        bus.scsi.power_on(Ticks::ZERO, &mut bus.tracer);
        bus.connect_inputs();
        bus.start_events();
        bus.lay_out();
        Ok(bus)
    }

    /// While the overlay is on the ROM is at 0 and RAM, of Plus and SE, at 600000 (IM III, "System startup").
    pub fn set_overlay(&mut self, on: bool) {
        self.overlay = on;
        self.lay_out();
    }

    pub fn overlay(&self) -> bool {
        self.overlay
    }

    /// Finds out which addresses are plain memory. An SE ends its overlay with an access to its ROM, so that is not plain until then.
    pub fn lay_out(&mut self) {
        let open = !self.stall.abandoning;
        self.ram_limit = match (open && !self.overlay, self.wide) {
            (false, _) => 0,
            (true, false) => 0x40_0000,
            (true, true) => 0x4000_0000,
        };
        let ends_overlay = self.overlay && self.model == Model::Se;
        self.rom_span = if open && !ends_overlay {
            self.rom.len() as u32
        } else {
            0
        };
    }

    /// Brings `now` in line with the CPU's count: `clocks` more since the last time, of which `pending` have not been laid out
    /// because they come before the next access.
    #[inline(always)]
    pub fn settle(&mut self, clocks: i32, pending: u32) {
        self.settled += clocks;
        self.cpu_time += clocks as u64 * self.clock + std::mem::take(&mut self.waited);
        let pending = u64::from(pending) * self.clock;
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

    /// The level that the CPU acts on at this instruction boundary: on a 68000, of the requests that it has seen when it last looked. How the core
    /// names that moment follows the microcode (crate `m68k`, `AddressBus::ipl_hold_sample`). The 68030 is taken to look at the boundary.
    #[inline(always)]
    pub fn sampled_ipl(&mut self) -> u8 {
        if let Some(held) = self.held_sample.take() {
            self.sampled = held;
        }
        if self.ipl == 0 || self.wide {
            self.ipl
        } else {
            self.requests.level_at(Ticks(self.sampled))
        }
    }

    /// A cycle outside memory has ended.
    pub fn sampled_before(&mut self, end: u64) {
        self.sampled = end - CYCLE;
    }

    /// The CPU does nothing until `until`.
    pub fn idle(&mut self, until: u64, pending: u32) {
        let until = until.next_multiple_of(self.clock);
        self.now = self.now.max(until);
        self.cpu_time = self
            .cpu_time
            .max(self.now + u64::from(pending) * self.clock);
    }

    #[inline(always)]
    fn ram_cycle(&mut self) {
        // An instruction that is executed again runs outside time, also before the frame.
        let offset = self.now.wrapping_sub(self.frame_start) as u32;
        let wait = video::ram_wait(self.share, offset);
        self.waited += wait;
        self.sampled = self.now + wait;
        self.now = self.sampled + CYCLE;
    }

    #[inline(always)]
    fn rom_cycle(&mut self) {
        self.sampled = self.now;
        self.now += CYCLE;
    }

    #[inline(always)]
    fn is_rom(&self, address: u32) -> bool {
        address.wrapping_sub(self.rom_base) < self.rom_span
    }

    #[inline(always)]
    fn word_read(&mut self, address: u32) -> Result<u16, BusFault> {
        if address < self.ram_limit {
            self.ram_cycle();
            Ok(self.ram.word(address))
        } else if self.is_rom(address) {
            self.rom_cycle();
            Ok(self.rom_word(address))
        } else {
            self.other_read(address)
        }
    }

    #[inline(always)]
    fn byte_read(&mut self, address: u32) -> Result<u8, BusFault> {
        if address < self.ram_limit {
            self.ram_cycle();
            Ok(self.ram.byte(address))
        } else {
            let word = if self.is_rom(address) {
                self.rom_cycle();
                self.rom_word(address)
            } else {
                self.other_read(address)?
            };
            Ok(word.to_be_bytes()[(address & 1) as usize])
        }
    }

    #[inline(always)]
    fn word_write(&mut self, address: u32, value: u16) -> Result<(), BusFault> {
        if address < self.ram_limit {
            self.ram_cycle();
            self.ram.set_word(address, value);
            Ok(())
        } else {
            self.other_write(address, value, true)
        }
    }

    #[inline(always)]
    fn byte_write(&mut self, address: u32, value: u8) -> Result<(), BusFault> {
        if address < self.ram_limit {
            self.ram_cycle();
            self.ram.set_byte(address, value);
            Ok(())
        } else {
            // The CPU puts a byte on both halves of the data bus (UM, "Data transfer operations").
            self.other_write(address, u16::from_be_bytes([value, value]), false)
        }
    }

    #[inline(always)]
    fn long_read(&mut self, address: u32) -> Result<u32, BusFault> {
        let high = self.word_read(address)?;
        let low = self.word_read(address.wrapping_add(2) & 0xFF_FFFF)?;
        Ok(u32::from(high) << 16 | u32::from(low))
    }

    #[inline(always)]
    fn long_write(&mut self, address: u32, value: u32) -> Result<(), BusFault> {
        self.word_write(address, (value >> 16) as u16)?;
        self.word_write(address.wrapping_add(2) & 0xFF_FFFF, value as u16)
    }

    #[inline(always)]
    pub fn rom_word(&self, address: u32) -> u16 {
        let index = address as usize & (self.rom.len() - 2);
        match self.rom.get(index..index + 2) {
            Some(&[high, low]) => u16::from_be_bytes([high, low]),
            _ => 0xFFFF,
        }
    }

    /// Whether ROM answers in the whole megabyte of its space: on a Plus only where A17 is 0.
    pub fn rom_answers(&self, address: u32) -> bool {
        self.model != Model::Plus || address & 0x2_0000 == 0
    }

    /// Stores a byte where RAM is, without a cycle.
    pub fn poke(&mut self, address: u32, value: u8) {
        let address = self.on_bus(address);
        let elsewhere = !self.wide && self.overlay && address >> 21 == 3;
        if address < self.ram_limit || elsewhere {
            self.ram.set_byte(address, value);
        }
    }

    /// The address as it is on the bus: a 68000 has 24 lines.
    pub fn on_bus(&self, address: u32) -> u32 {
        if self.wide {
            address
        } else {
            address & 0xFF_FFFF
        }
    }

    /// Reads that are not of plain memory: RAM where it is while the overlay is on, images of the ROM, chips.
    #[inline(never)]
    fn other_read(&mut self, address: u32) -> Result<u16, BusFault> {
        if self.stall.abandoning {
            return Ok(0);
        }
        match address >> 20 {
            0x0..=0x4 => {
                self.rom_cycle();
                self.rom_accessed(address);
                Ok(if self.rom_answers(address) {
                    self.rom_word(address)
                } else {
                    0xFFFF
                })
            }
            0x6..=0x7 if self.overlay => {
                self.ram_cycle();
                Ok(self.ram.word(address))
            }
            _ => self.device_read(address),
        }
    }

    #[inline(never)]
    fn other_write(&mut self, address: u32, value: u16, word: bool) -> Result<(), BusFault> {
        if self.stall.abandoning {
            return Ok(());
        }
        match address >> 20 {
            0x0..=0x4 => {
                self.rom_cycle();
                self.rom_accessed(address);
            }
            0x6..=0x7 if self.overlay => {
                self.ram_cycle();
                if word {
                    self.ram.set_word(address, value);
                } else {
                    self.ram.set_byte(address, value as u8);
                }
            }
            _ => self.device_write(address, value)?,
        }
        Ok(())
    }

    /// An SE shows its RAM from the first access to the ROM's own addresses on (Guide, "Overlay"; so does Snow).
    fn rom_accessed(&mut self, address: u32) {
        if self.overlay && self.model == Model::Se && address >> 20 == 4 {
            self.set_overlay(false);
        }
    }

    /// What the CPU is told of a cycle that ends with BERR.
    pub fn fault(&self, address: u32) -> BusFault {
        BusFault {
            kind: BusFaultKind::BusError,
            address,
        }
    }
}

/// The CPU uses the fallible calls for everything but the frames of bus and address errors of a 68000 and the reset vectors, which
/// come through the plain calls: a fault in these is the second one in a row, and halts.
impl AddressBus for Bus {
    fn read_byte(&mut self, address: u32) -> u8 {
        self.try_read_byte(address).unwrap_or(0xFF)
    }

    fn read_word(&mut self, address: u32) -> u16 {
        self.try_read_word(address).unwrap_or(0xFFFF)
    }

    fn read_long(&mut self, address: u32) -> u32 {
        self.try_read_long(address).unwrap_or(0xFFFF_FFFF)
    }

    fn write_byte(&mut self, address: u32, value: u8) {
        self.lost_frame |= self.try_write_byte(address, value).is_err();
    }

    fn write_word(&mut self, address: u32, value: u16) {
        self.lost_frame |= address & 1 != 0 && !self.wide && !self.stall.abandoning;
        self.lost_frame |= self.try_write_word(address, value).is_err();
    }

    fn write_long(&mut self, address: u32, value: u32) {
        self.lost_frame |= address & 1 != 0 && !self.wide && !self.stall.abandoning;
        self.lost_frame |= self.try_write_long(address, value).is_err();
    }

    fn ipl_hold_sample(&mut self) {
        self.held_sample = Some(self.sampled);
    }

    fn ipl_poll_internal(&mut self) {
        self.held_sample = Some(self.now);
    }

    fn ipl_release_sample(&mut self) {
        self.held_sample = None;
    }

    #[inline(always)]
    fn sync(&mut self, cpu_clocks: u32) {
        self.now += u64::from(cpu_clocks) * self.clock;
    }

    #[inline(always)]
    fn try_read_byte(&mut self, address: u32) -> Result<u8, BusFault> {
        if self.wide {
            return Ok(self.wide_read(address, 1)? as u8);
        }
        self.byte_read(address)
    }

    #[inline(always)]
    fn try_read_word(&mut self, address: u32) -> Result<u16, BusFault> {
        if self.wide {
            return Ok(self.wide_read(address, 2)? as u16);
        }
        self.word_read(address)
    }

    #[inline(always)]
    fn try_read_long(&mut self, address: u32) -> Result<u32, BusFault> {
        if self.wide {
            return self.wide_read(address, 4);
        }
        self.long_read(address)
    }

    fn try_read_three_bytes(&mut self, address: u32) -> Result<u32, BusFault> {
        self.wide_read(address, 3)
    }

    #[inline(always)]
    fn try_write_byte(&mut self, address: u32, value: u8) -> Result<(), BusFault> {
        if self.wide {
            return self.wide_write(address, 1, u32::from(value));
        }
        self.byte_write(address, value)
    }

    #[inline(always)]
    fn try_write_word(&mut self, address: u32, value: u16) -> Result<(), BusFault> {
        if self.wide {
            return self.wide_write(address, 2, u32::from(value));
        }
        self.word_write(address, value)
    }

    #[inline(always)]
    fn try_write_long(&mut self, address: u32, value: u32) -> Result<(), BusFault> {
        if self.wide {
            return self.wide_write(address, 4, value);
        }
        self.long_write(address, value)
    }

    fn try_write_three_bytes(&mut self, address: u32, value: u32) -> Result<(), BusFault> {
        self.wide_write(address, 3, value)
    }

    #[inline(always)]
    fn try_read_immediate_word(&mut self, address: u32) -> Result<u16, BusFault> {
        if self.wide {
            return self.fetch_word(address);
        }
        self.word_read(address)
    }

    #[inline(always)]
    fn try_read_immediate_long(&mut self, address: u32) -> Result<u32, BusFault> {
        if self.wide {
            return self.fetch_long(address);
        }
        self.long_read(address)
    }

    #[inline(always)]
    fn begin_instruction_fetches(&mut self) {
        if self.wide && !self.stall.is_repeating() {
            self.fetches.missed = false;
        }
    }

    #[inline(always)]
    fn instruction_fetches_were_cached(&self) -> bool {
        !self.fetches.missed
    }

    /// The address map answers the acknowledge cycle with VPA (Guide, "Interrupts"): an autovector, and a cycle synchronised with E
    /// instead of the four clocks the CPU has laid out already. The SE/30 answers with AVEC (M68030 UM, "Autovector"), which waits for nothing.
    fn interrupt_acknowledge(&mut self, _level: u8) -> u32 {
        if !self.wide {
            let start = self.now - CYCLE;
            let (_, end) = eclock::cycle(start, self.clock);
            self.waited += end - self.now;
            self.now = end;
        }
        u32::MAX
    }

    /// The RESET instruction resets VIAs, SCC, SCSI and sound chip, and so switches the overlay on (inference: the reset line joins
    /// them all; the SCSI bus itself is not reset, nor the transceiver of the Apple Desktop Bus).
    fn reset_devices(&mut self) {
        let now = Ticks(self.now);
        self.tracer.emit(now, ChipEvent::ResetInstruction);
        self.run_events(now);
        self.via.reset(now);
        self.scc.reset();
        self.ncr.reset(now, &mut self.scsi, &mut self.tracer);
        if let Some(board) = &mut self.board {
            board.reset(now);
        }
        self.set_overlay(true);
        self.connect_inputs();
        self.via_pins_changed(now);
        self.reschedule_all(now);
    }
}

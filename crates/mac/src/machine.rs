use crate::bus::Bus;
use crate::interrupts::{InterruptStatistics, Stretch};
use crate::probe::{Probe, Step, Stop};
use crate::{ConfigError, MacConfig, Model, Peripheral, video};
use chips::adb::Adb;
use chips::keyboard::{Keyboard, key, key_for};
use chips::ncr5380::Ncr5380;
use chips::rtc::Rtc;
use chips::scc8530::{Channel, Scc};
use chips::via6522::Via6522;
use clock::Ticks;
use localtalk::Signal;
use m68k::{CpuCore, CycleBatchControl, CycleBatchExit, CycleBoundaryEvent};
use scsi::ScsiBus;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use trace::{ChipEvent, RunHash, Tracer};

/// Clocks that no stretch of execution reaches: the deadline ends it.
const UNLIMITED: i32 = i32::MAX / 4;

const BUS_ERROR: u32 = 2;
const ADDRESS_ERROR: u32 = 3;
const LINE_A: u32 = 10;

/// One Macintosh.
///
/// Serialising it saves all of its state at an instruction boundary, except the unchanged images of disks: give those back with
/// [`Mac::attach_disk_base`], and the restored machine goes on exactly as the original would.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mac {
    cpu: CpuCore,
    bus: Bus,
    reset_until: Ticks,
    #[serde(skip)]
    probe: Probe,
}

/// The registers of the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// D0 to D7.
    pub d: [u32; 8],
    /// A0 to A7; A7 is the stack pointer of the current mode.
    pub a: [u32; 8],
    /// Address of the next instruction.
    pub pc: u32,
    /// Status register.
    pub sr: u16,
    /// User stack pointer.
    pub usp: u32,
}

impl Mac {
    /// A machine that has just been switched on.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(config: MacConfig) -> Result<Mac, ConfigError> {
        let reset_until = config.reset_until;
        let mut bus = Bus::new(config)?;
        bus.via_pins_changed(Ticks::ZERO);
        let mut cpu = CpuCore::new();
        cpu.set_cpu_type(bus.model.cpu_type());
        cpu.set_sst_m68000_compat(false);
        cpu.reset(&mut bus);
        cpu.full_prefetch(&mut bus);
        // Time zero is the first instruction; the cycles of the reset exception lie before it.
        (bus.now, bus.waited, bus.pc) = (0, 0, cpu.pc);
        bus.watch.mask = cpu.int_mask;
        cpu.last_exception_vector = None;
        Ok(Mac {
            cpu,
            bus,
            reset_until,
            probe: Probe::default(),
        })
    }

    /// Which Macintosh it is.
    pub fn model(&self) -> Model {
        self.bus.model
    }

    /// When RESET is let go of, or was.
    pub fn reset_until(&self) -> Ticks {
        self.reset_until
    }

    /// The time of the instruction boundary at which the machine stands, or of the standstill within an access (see `stall`).
    pub fn now(&self) -> Ticks {
        Ticks(self.bus.now)
    }

    /// Runs to the first instruction boundary at or after `until`, or to what the probe looks out for. Everything that happens by itself up to
    /// `until` has happened then. A single instruction lasts up to some
    /// 700 ticks (MOVEM of all registers in contended RAM), so `now` may then lie that much after `until`.
    pub fn run_until(&mut self, until: Ticks) -> Stop {
        let mut stop = Stop::Reached;
        while self.bus.now < until.0 && stop == Stop::Reached {
            self.bus.until = until.0;
            if self.bus.stall.is_waiting() && !self.bus.wait_on() {
                break;
            }
            self.bus.run_events(Ticks(self.bus.now));
            self.bus.deadline = self.bus.agenda.next().min(until).0;
            let held = Ticks(self.bus.now) < self.reset_until;
            if held {
                self.bus.deadline = self.bus.deadline.min(self.reset_until.0);
            }
            stop = if held || self.cpu.is_halted() {
                self.idle();
                Stop::Reached
            } else if self.probe.is_active() {
                self.stretch::<true>()
            } else {
                self.stretch::<false>()
            };
        }
        // What fell due during the last instruction: others rely on all of this machine's signals up to `until`.
        self.bus.run_events(until.min(Ticks(self.bus.now)));
        // Bookkeeping of the stretch, not state: it would tell how a run was divided.
        (self.cpu.cycles_remaining, self.cpu.initial_cycles) = (0, 0);
        (self.bus.settled, self.bus.deadline, self.bus.until) = (0, 0, 0);
        if stop == Stop::Reached && self.cpu.is_halted() {
            Stop::Halted
        } else {
            stop
        }
    }

    /// Executes instructions up to the deadline, a trap or STOP.
    fn stretch<const PROBED: bool>(&mut self) -> Stop {
        let Mac {
            cpu, bus, probe, ..
        } = self;
        let mut stop = Stop::Reached;
        bus.settled = 0;
        // The rest of an instruction that stood still takes no interrupt before it.
        cpu.set_irq(if bus.stall.is_repeating() || bus.entered {
            0
        } else if cpu.is_stopped() {
            bus.ipl
        } else {
            bus.sampled_ipl()
        });
        let mut queue = Queue::of(cpu);
        let result = cpu.run_for_cycles_with_boundary_hook(bus, UNLIMITED, |cpu, bus, event| {
            if bus.stall.abandoning {
                abandon(cpu, bus, queue);
                return CycleBatchControl::Return;
            }
            match event {
                CycleBoundaryEvent::Instruction { cycles } => {
                    bus.entered = false;
                    bus.settle(cycles, cpu.pending_sync_clocks);
                    if PROBED && let Some(reason) = executed(cpu, bus, probe) {
                        stop = reason;
                        bus.deadline = 0;
                    }
                }
                CycleBoundaryEvent::InterruptEntry { cycles } => {
                    bus.settle(cycles, cpu.pending_sync_clocks);
                    bus.entered = true;
                    interrupted(cpu, bus);
                }
            }
            if cpu.last_exception_vector.is_some() {
                exception_taken(cpu, bus);
            }
            if cpu.int_mask != bus.watch.mask {
                bus.watch
                    .mask_changed(Ticks(bus.now), cpu.int_mask, bus.pc, &mut bus.tracer);
            }
            bus.pc = cpu.pc;
            if bus.model != Model::Plus {
                bus.stall.instruction_ended();
                queue = Queue::of(cpu);
                if bus.wide {
                    control_caches(cpu, bus);
                }
            }
            // The core forgets the level when it accepts it.
            cpu.set_irq(bus.sampled_ipl());
            if bus.now >= bus.deadline {
                CycleBatchControl::Return
            } else {
                CycleBatchControl::Continue
            }
        });
        let unsettled = result.cycles - bus.settled;
        match result.exit {
            CycleBatchExit::Stopped => {
                bus.entered = false;
                bus.settle(unsettled, cpu.pending_sync_clocks);
                if PROBED
                    && unsettled > 0
                    && let Some(reason) = executed(cpu, bus, probe)
                {
                    stop = reason;
                }
                if cpu.int_mask != bus.watch.mask {
                    bus.watch
                        .mask_changed(Ticks(bus.now), cpu.int_mask, bus.pc, &mut bus.tracer);
                }
                bus.pc = cpu.pc;
                if cpu.is_halted() {
                    halt(cpu, bus);
                }
                // A request that came after the last look ends STOP at once.
                if u32::from(bus.ipl) <= cpu.int_mask >> 8 & 7 || cpu.is_halted() {
                    self.idle();
                }
            }
            CycleBatchExit::AlineTrap { .. } => {
                self.trap::<PROBED>(&mut stop, |cpu, bus| cpu.take_aline_exception(bus))
            }
            CycleBatchExit::FlineTrap { .. } => {
                self.trap::<PROBED>(&mut stop, |cpu, bus| cpu.take_fline_exception(bus))
            }
            CycleBatchExit::TrapInstruction { trap_num } => {
                self.trap::<PROBED>(&mut stop, |cpu, bus| cpu.take_trap_exception(bus, trap_num));
            }
            CycleBatchExit::Breakpoint { .. } => {
                self.trap::<PROBED>(&mut stop, |cpu, bus| cpu.take_bkpt_exception(bus))
            }
            CycleBatchExit::IllegalInstruction { .. } => {
                self.trap::<PROBED>(&mut stop, |cpu, bus| cpu.take_illegal_exception(bus));
            }
            CycleBatchExit::BudgetExhausted | CycleBatchExit::BoundaryRequested => {}
        }
        stop
    }

    /// Takes the exception of an instruction that the core hands over without its clocks.
    fn trap<const PROBED: bool>(
        &mut self,
        stop: &mut Stop,
        take: impl FnOnce(&mut CpuCore, &mut Bus) -> i32,
    ) {
        let Mac {
            cpu, bus, probe, ..
        } = self;
        let clocks = take(cpu, bus);
        bus.entered = false;
        cpu.top_up_prefetch(bus);
        bus.settle(clocks, cpu.pending_sync_clocks);
        if cpu.run_mode != 0 {
            // A fault while the frame was pushed: the 68000 halts (UM, "Multiple exceptions", double bus fault).
            halt(cpu, bus);
            return;
        }
        if PROBED && let Some(reason) = executed(cpu, bus, probe) {
            *stop = reason;
        }
        exception_taken(cpu, bus);
        bus.pc = cpu.pc;
    }

    /// Nothing is executed until the deadline.
    fn idle(&mut self) {
        let until = self.bus.deadline.max(self.bus.now);
        self.bus.idle(until, self.cpu.pending_sync_clocks);
        let (pc, sr) = (self.cpu.pc, self.cpu.get_sr());
        self.probe.sample(Ticks(self.bus.now), pc, sr);
    }

    /// Hands over what this machine notices on the LocalTalk cable at `at`; times must not decrease. One in the past is noticed now.
    pub fn line_in(&mut self, at: Ticks, signal: Signal) {
        self.bus.scc.line_in(at.max(self.now()), signal);
        self.bus.scc_accessed(Ticks(self.bus.now));
    }

    /// Takes what this machine has put on the LocalTalk cable, each with the time at which others notice it.
    pub fn line_out(&mut self) -> impl Iterator<Item = (Ticks, Signal)> + '_ {
        self.bus.scc.line_out()
    }

    /// True when [`Mac::line_out`] has something.
    pub fn has_line_out(&self) -> bool {
        self.bus.scc.has_line_out()
    }

    /// The level of RxD on the modem port, channel A of the SCC, changes at `at`, which may lie ahead; times must not decrease. At rest
    /// the line is at mark, true.
    pub fn serial_in(&mut self, at: Ticks, level: bool) {
        self.bus
            .scc
            .serial_in(at.max(self.now()), Channel::A, level);
        self.bus.scc_accessed(Ticks(self.bus.now));
    }

    /// Takes the changes of TxD on the modem port.
    pub fn serial_out(&mut self) -> impl Iterator<Item = (Ticks, bool)> + '_ {
        self.bus.scc.serial_out(Channel::A)
    }

    /// True when [`Mac::serial_out`] has something.
    pub fn has_serial_out(&self) -> bool {
        self.bus.scc.has_serial_out(Channel::A)
    }

    /// Where the devices of this machine leave their records.
    pub fn tracer(&mut self) -> &mut Tracer {
        &mut self.bus.tracer
    }

    /// The byte that a read at `address` would give, without the effects of reading.
    pub fn peek(&self, address: u32) -> u8 {
        self.bus.peek(address)
    }

    /// The word at `address`, as [`Mac::peek`].
    pub fn peek_word(&self, address: u32) -> u16 {
        u16::from_be_bytes([self.peek(address), self.peek(address.wrapping_add(1))])
    }

    /// The long word at `address`, as [`Mac::peek`].
    pub fn peek_long(&self, address: u32) -> u32 {
        u32::from(self.peek_word(address)) << 16
            | u32::from(self.peek_word(address.wrapping_add(2)))
    }

    /// Changes a byte of RAM, for a debugger; elsewhere nothing happens. An instruction that the CPU has prefetched already is executed as it was.
    pub fn poke(&mut self, address: u32, value: u8) {
        self.bus.poke(address, value);
    }

    /// Changes the registers, for a debugger.
    pub fn set_registers(&mut self, registers: &Registers) {
        let cpu = &mut self.cpu;
        cpu.set_sr(registers.sr);
        for n in 0..8 {
            cpu.set_d(n, registers.d[n]);
            cpu.set_a(n, registers.a[n]);
        }
        if registers.sr & 0x2000 != 0 {
            cpu.set_usp(registers.usp);
        }
        if cpu.pc != registers.pc {
            cpu.pc = registers.pc;
            cpu.invalidate_prefetch();
            self.bus.pc = registers.pc;
        }
    }

    /// The registers of the CPU.
    pub fn registers(&self) -> Registers {
        let cpu = &self.cpu;
        Registers {
            d: std::array::from_fn(|n| cpu.d(n)),
            a: std::array::from_fn(|n| cpu.a(n)),
            pc: cpu.pc,
            sr: cpu.get_sr(),
            usp: cpu.get_usp(),
        }
    }

    /// True when two faults in a row have halted the CPU.
    pub fn is_halted(&self) -> bool {
        self.cpu.is_halted()
    }

    /// True while the CPU waits in STOP.
    pub fn is_stopped(&self) -> bool {
        self.cpu.is_stopped()
    }

    /// The picture on the screen: [`video::HEIGHT`] rows of [`video::WIDTH`] / 8 bytes, most significant bit left, 1 = black.
    pub fn screen(&self) -> Vec<u8> {
        let main = self.bus.main_screen();
        if let Some(board) = &self.bus.board {
            let start = video::se30_buffer(main);
            return board.vram[start..start + video::BYTES].to_vec();
        }
        let start = video::buffer(main);
        (0..video::BYTES as u32)
            .map(|offset| self.bus.ram.byte(start + offset))
            .collect()
    }

    /// A key goes down or comes up; `code` as in [`chips::keyboard::key_for`].
    pub fn press_key(&mut self, code: u8, down: bool) {
        self.bus.key(Ticks(self.bus.now), code, down);
    }

    /// Types `text` at a steady pace from now on. Characters that the keyboard does not have are left out.
    pub fn type_text(&mut self, text: &str) {
        for (code, shifted) in text.chars().filter_map(key_for) {
            if shifted {
                self.bus.type_key(key::SHIFT, true);
            }
            self.bus.type_key(code, true);
            self.bus.type_key(code, false);
            if shifted {
                self.bus.type_key(key::SHIFT, false);
            }
        }
    }

    /// Presses or releases the mouse button.
    pub fn set_mouse_button(&mut self, down: bool) {
        use crate::devices::port_b::MOUSE_BUTTON;
        if let Some(adb) = &mut self.bus.adb {
            adb.mouse_button(down);
            return;
        }
        self.bus
            .via
            .b
            .set_input(MOUSE_BUTTON, if down { 0 } else { MOUSE_BUTTON });
    }

    /// Moves the mouse by so many steps.
    pub fn move_mouse(&mut self, right: i32, down: i32) {
        self.bus.move_mouse(right, down);
    }

    /// Presses or releases the interrupt button of the programmer's switch.
    pub fn set_interrupt_switch(&mut self, pressed: bool) {
        let now = self.now();
        self.bus.requests.set_switch(now, pressed);
        self.bus.requests_changed(now);
    }

    /// The SCSI bus with its devices.
    pub fn scsi(&self) -> &ScsiBus<Peripheral> {
        &self.bus.scsi
    }

    /// Changes the SCSI device `id` from outside: a cartridge, a switch, a fault.
    pub fn with_peripheral<R>(
        &mut self,
        id: u8,
        change: impl FnOnce(&mut Peripheral) -> R,
    ) -> Option<R> {
        let Bus {
            ncr,
            scsi,
            tracer,
            now,
            ..
        } = &mut self.bus;
        ncr.advance(Ticks(*now), scsi, tracer);
        let result = scsi.with_device(id, change);
        self.bus.scsi_accessed(Ticks(self.bus.now));
        result
    }

    /// Plans a fault of SCSI device `id`, or of its place on the bus, for now.
    pub fn inject(&mut self, id: u8, fault: scsi::BusFault) {
        let Bus {
            ncr,
            scsi,
            tracer,
            now,
            ..
        } = &mut self.bus;
        ncr.advance(Ticks(*now), scsi, tracer);
        scsi.inject(Ticks(*now), id, fault);
        ncr.advance(Ticks(*now), scsi, tracer);
        self.bus.scsi_accessed(Ticks(self.bus.now));
    }

    /// Gives disk `id` of a restored machine its unchanged image back, which is not saved with the machine. False when there is no such disk or
    /// its image had another size.
    pub fn attach_disk_base(&mut self, id: u8, base: Arc<[u8]>) -> bool {
        self.bus
            .scsi
            .with_device(id, |device| {
                device
                    .disk_mut()
                    .is_some_and(|disk| disk.image_mut().attach_base(base))
            })
            .unwrap_or(false)
    }

    /// The VIA, or VIA1.
    pub fn via(&self) -> &Via6522 {
        &self.bus.via
    }

    /// VIA2 of an SE/30.
    pub fn via2(&self) -> Option<&Via6522> {
        self.bus.board.as_ref().map(|board| &board.via2)
    }

    /// The Apple Desktop Bus of an SE or SE/30.
    pub fn adb(&self) -> Option<&Adb> {
        self.bus.adb.as_deref()
    }

    /// The SCC.
    pub fn scc(&self) -> &Scc {
        &self.bus.scc
    }

    /// The SCSI chip.
    pub fn ncr5380(&self) -> &Ncr5380 {
        &self.bus.ncr
    }

    /// The clock chip.
    pub fn rtc(&self) -> &Rtc {
        &self.bus.rtc
    }

    /// The clock chip, to prepare its parameter RAM before the machine starts.
    pub fn rtc_mut(&mut self) -> &mut Rtc {
        &mut self.bus.rtc
    }

    /// The keyboard of a Plus.
    pub fn keyboard(&self) -> &Keyboard {
        &self.bus.keyboard
    }

    /// RAM as it lies in the chips.
    pub fn ram(&self) -> &[u8] {
        self.bus.ram.bytes()
    }

    /// What has been seen of interrupts so far.
    pub fn interrupts(&self) -> &InterruptStatistics {
        &self.bus.watch.statistics
    }

    /// The stretch during which interrupts of `level` have been masked until now, if they are.
    pub fn masked(&self, level: u8) -> Option<Stretch> {
        self.bus.watch.masked(self.now(), level)
    }

    /// What looks at the CPU.
    pub fn probe(&mut self) -> &mut Probe {
        &mut self.probe
    }

    /// Ticks by which memory cycles have exceeded the CPU core's own count since power-on. On Plus and SE, anything but exceptions taken during an
    /// instruction fetch and bus errors would be a defect of the core's accounts. On an SE/30 it is the time by which instructions last longer than
    /// their published times because the bus is slower than these assume.
    pub fn clock_corrections(&self) -> u64 {
        self.bus.overrun
    }

    /// The hash over the whole state, as 64 hexadecimal digits.
    pub fn state_hash(&self) -> String {
        let state = postcard::to_stdvec(self).expect("a machine always serialises");
        let mut hash = RunHash::default();
        hash.add_bytes(&state);
        hash.hex()
    }
}

/// Tells the probe about the instruction just executed.
fn executed(cpu: &CpuCore, bus: &Bus, probe: &mut Probe) -> Option<Stop> {
    let step = Step {
        at: Ticks(bus.now),
        pc: cpu.ppc,
        sr: cpu.get_sr(),
        sp: cpu.sp(),
    };
    probe.executed(step, cpu.pc, |address| {
        u16::from_be_bytes([bus.peek(address), bus.peek(address + 1)])
    })
}

/// The instruction queue of a 68000, with the clocks that come before the next access.
#[derive(Clone, Copy)]
struct Queue {
    words: [u16; 2],
    count: u8,
    pending: u32,
}

impl Queue {
    #[inline(always)]
    fn of(cpu: &CpuCore) -> Queue {
        Queue {
            words: cpu.prefetch_queue,
            count: cpu.prefetch_count,
            pending: cpu.pending_sync_clocks,
        }
    }
}

/// Takes the CPU back to the beginning of the instruction that it has given up. The core believes that it has entered the handler of bus errors.
#[cold]
fn abandon(cpu: &mut CpuCore, bus: &mut Bus, queue: Queue) {
    let frame = if bus.wide { 92 } else { 14 };
    cpu.set_sp(cpu.sp().wrapping_add(frame));
    cpu.set_sr(cpu.sr_save);
    cpu.dar = cpu.dar_save;
    cpu.pc = cpu.ppc;
    cpu.prefetch_queue = queue.words;
    cpu.prefetch_count = queue.count;
    cpu.pending_sync_clocks = queue.pending;
    cpu.last_exception_vector = None;
    bus.abandoned();
}

/// Hands what the program wrote to CACR to the cache.
#[inline(always)]
fn control_caches(cpu: &mut CpuCore, bus: &mut Bus) {
    if cpu.cacr != bus.cacr || cpu.cacr_pending_ops != 0 {
        bus.cacr = cpu.cacr;
        let strobes = std::mem::take(&mut cpu.cacr_pending_ops);
        bus.fetches.control(cpu.cacr, strobes, cpu.caar);
    }
}

/// The CPU has entered an interrupt handler.
fn interrupted(cpu: &mut CpuCore, bus: &mut Bus) {
    cpu.last_exception_vector = None;
    if cpu.run_mode != 0 {
        halt(cpu, bus);
        return;
    }
    let level = (cpu.int_mask >> 8 & 7) as u8;
    bus.watch.accepted(
        Ticks(bus.now),
        level,
        bus.pc,
        &bus.requests,
        &mut bus.tracer,
    );
    bus.requests.taken(level);
    bus.ipl = bus.requests.level();
}

/// An exception other than an interrupt was taken. Line A and TRAP are the ordinary calls of the system and go unrecorded.
#[cold]
fn exception_taken(cpu: &mut CpuCore, bus: &mut Bus) {
    let Some(vector) = cpu.last_exception_vector.take() else {
        return;
    };
    if vector != LINE_A && !(32..48).contains(&vector) {
        bus.tracer.emit(
            Ticks(bus.now),
            ChipEvent::Exception {
                vector: vector as u8,
                pc: cpu.ppc,
            },
        );
    }
    // The core goes on where a 68000 halts: a frame on an odd stack, or an odd handler for odd addresses.
    if bus.lost_frame || (vector == ADDRESS_ERROR && cpu.pc & 1 != 0) {
        halt(cpu, bus);
    } else if matches!(vector, BUS_ERROR | ADDRESS_ERROR) && !bus.wide {
        put_frame_in_order(cpu.sp(), bus);
    }
}

/// Rewrites the frame of a bus or address error before its handler begins. A 68000 leaves, from the stack pointer upward, the access's
/// kind, its address (long), the instruction register, SR and PC (long) (UM, "Bus error stack frame"); the core pushes
/// these in the opposite order: PC, SR, instruction register, address, kind.
///
/// Of the kind, the core sets I/N for every data access; the manual has it set only "if the processor is processing a group 0 or
/// group 1 exception", so it is cleared. The PC stays what the core gives, the address of the instruction: a 68000 has advanced it by
/// 2 to 10 bytes.
fn put_frame_in_order(sp: u32, bus: &mut Bus) {
    const NOT_INSTRUCTION: u8 = 1 << 3;
    let mut old = [0; 14];
    for (byte, address) in old.iter_mut().zip(sp..) {
        *byte = bus.peek(address);
    }
    let [pc @ .., s0, s1, i0, i1, a0, a1, a2, a3, k0, k1] = old;
    let frame = [k0, k1 & !NOT_INSTRUCTION, a0, a1, a2, a3, i0, i1, s0, s1];
    for (byte, address) in frame.into_iter().chain(pc).zip(sp..) {
        bus.poke(address, byte);
    }
}

/// Halts the CPU for good.
fn halt(cpu: &mut CpuCore, bus: &mut Bus) {
    const STOP_LEVEL_HALT: u32 = 2;
    const RUN_MODE_FAULTED: u32 = 1;
    bus.tracer
        .emit(Ticks(bus.now), ChipEvent::Halted { pc: cpu.ppc });
    cpu.stopped |= STOP_LEVEL_HALT;
    cpu.run_mode = RUN_MODE_FAULTED;
    bus.deadline = 0;
}

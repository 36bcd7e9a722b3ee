//! Tests named after the sections of the design manual, run by a host that does what a driver of the time did.

mod arbitration;
mod blind;
mod dma;
mod interrupts;
mod random;
mod registers;
mod target_role;

use super::registers::{BusAndStatus, InitiatorCommand, Mode, read, write};
use super::*;
use scsi::{BusError, Cdb, Next, ResetCause, Status, timing};
use trace::{Event, ScsiEvent};

/// A device for tests: takes or gives a number of bytes, and pauses before one of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pauser {
    length: usize,
    pause_at: usize,
    pause: Ticks,
    until: Ticks,
    out: bool,
    taken: Vec<u8>,
    given: usize,
    resets: Vec<ResetCause>,
    /// The pause is a disconnection, if the initiator allows.
    disconnects: bool,
    errors: Vec<BusError>,
}

const WRITE: u8 = 0x0A;
const READ: u8 = 0x08;

impl Pauser {
    pub(super) fn new(length: usize, pause_at: usize, pause: Ticks) -> Pauser {
        Pauser {
            length,
            pause_at,
            pause,
            until: Ticks::ZERO,
            out: false,
            taken: vec![],
            given: 0,
            resets: vec![],
            disconnects: false,
            errors: vec![],
        }
    }
}

impl Device for Pauser {
    fn command(&mut self, _: Ticks, _: u8, _: u8, cdb: &Cdb, _: &mut Tracer) {
        self.out = cdb.operation() == WRITE;
        self.taken.clear();
        self.given = 0;
        self.until = Ticks::NEVER;
        self.errors.clear();
    }
    fn next(&mut self, now: Ticks, _: &mut Tracer) -> Next {
        if !self.errors.is_empty() {
            return Next::Status(Status::CheckCondition);
        }
        let done = if self.out {
            self.taken.len()
        } else {
            self.given
        };
        if done == self.pause_at && self.pause != Ticks::ZERO {
            if self.until == Ticks::NEVER {
                self.until = now + self.pause;
            }
            if now < self.until && self.disconnects {
                return Next::Disconnect(self.until);
            }
            if now < self.until {
                return Next::Wait(self.until);
            }
        }
        match done {
            _ if done == self.length => Next::Status(Status::Good),
            _ if self.out => Next::DataOut,
            _ => Next::DataIn(done as u8 ^ 0x5A),
        }
    }
    fn take(&mut self, _: Ticks, byte: u8, _: &mut Tracer) {
        self.taken.push(byte);
    }
    fn given(&mut self, _: Ticks, _: &mut Tracer) {
        self.given += 1;
    }
    fn fail(&mut self, _: Ticks, error: BusError, _: &mut Tracer) {
        self.errors.push(error);
    }
    fn abort(&mut self, _: Ticks, _: &mut Tracer) {}
    fn reset(&mut self, _: Ticks, cause: ResetCause, _: &mut Tracer) {
        self.resets.push(cause);
    }
    fn wake(&self) -> Ticks {
        Ticks::NEVER
    }
    fn advance(&mut self, _: Ticks, _: &mut Tracer) {}
    fn byte_period(&self) -> Ticks {
        // 1.5 Mbyte/s.
        Ticks::at_rate(1, 1_500_000)
    }
    fn sense(&self) -> [u8; 3] {
        [0; 3]
    }
}

/// One register access of a Plus, roughly.
const ACCESS: Ticks = Ticks(16);
/// One byte of a blind loop on a Plus: 2 us.
const BLIND: Ticks = Ticks::from_micros(2);

/// What a driver does with the chip. Every access takes time.
pub(super) struct Host {
    chip: Ncr5380,
    bus: ScsiBus<Pauser>,
    tracer: Tracer,
    now: Ticks,
}

impl Host {
    pub(super) fn new(device: Pauser) -> Host {
        let mut bus = ScsiBus::new();
        bus.attach(3, device);
        Host {
            chip: Ncr5380::new(),
            bus,
            tracer: Tracer::new(0),
            now: Ticks(1000),
        }
    }
    fn read(&mut self, register: u8) -> u8 {
        self.now += ACCESS;
        self.chip
            .read(self.now, register, &mut self.bus, &mut self.tracer)
    }
    fn write(&mut self, register: u8, value: u8) {
        self.now += ACCESS;
        self.chip
            .write(self.now, register, value, &mut self.bus, &mut self.tracer);
    }
    fn icr(&mut self, value: InitiatorCommand) {
        self.write(read::INITIATOR_COMMAND, value.bits());
    }
    fn status(&mut self) -> CurrentStatus {
        CurrentStatus::from_bits_truncate(self.read(read::CURRENT_STATUS))
    }
    fn bus_and_status(&mut self) -> BusAndStatus {
        BusAndStatus::from_bits_truncate(self.read(read::BUS_AND_STATUS))
    }
    fn wait(&mut self, time: Ticks) {
        self.now += time;
        self.chip.advance(self.now, &mut self.bus, &mut self.tracer);
    }
    /// Polls until `condition`; false when that takes longer than 300 ms.
    fn until(&mut self, mut condition: impl FnMut(&mut Host) -> bool) -> bool {
        let limit = self.now + Ticks::from_millis(300);
        while !condition(self) {
            if self.now > limit {
                return false;
            }
        }
        true
    }
    fn arbitrate(&mut self) -> bool {
        self.write(read::TARGET_COMMAND, 0);
        self.write(write::OUTPUT_DATA, 0x80);
        self.write(read::MODE, Mode::ARBITRATE.bits());
        let won = self
            .until(|h| h.read(read::INITIATOR_COMMAND) & InitiatorCommand::AIP_TEST.bits() != 0);
        self.wait(timing::ARBITRATION);
        won && self.read(read::INITIATOR_COMMAND) & InitiatorCommand::LA_DIFF.bits() == 0
    }
    fn select(&mut self, id: u8) -> bool {
        self.select_with(id, InitiatorCommand::empty())
    }
    /// Selects with ASSERT ATN or without.
    fn select_with(&mut self, id: u8, attention: InitiatorCommand) -> bool {
        assert!(self.arbitrate());
        let selection = InitiatorCommand::ASSERT_SEL | attention;
        self.icr(selection | InitiatorCommand::ASSERT_BSY);
        self.write(read::MODE, 0);
        self.write(write::OUTPUT_DATA, 0x80 | 1 << id);
        self.icr(selection | InitiatorCommand::ASSERT_BSY | InitiatorCommand::ASSERT_DATA);
        self.icr(selection | InitiatorCommand::ASSERT_DATA);
        let answered = self.until(|h| h.status().contains(CurrentStatus::BSY));
        self.icr(attention);
        answered
    }
    fn request(&mut self) -> bool {
        self.until(|h| h.status().contains(CurrentStatus::REQ))
    }
    fn put(&mut self, byte: u8) {
        assert!(self.request());
        self.write(write::OUTPUT_DATA, byte);
        self.icr(InitiatorCommand::ASSERT_DATA);
        self.icr(InitiatorCommand::ASSERT_DATA | InitiatorCommand::ASSERT_ACK);
        assert!(self.until(|h| !h.status().contains(CurrentStatus::REQ)));
        self.icr(InitiatorCommand::ASSERT_DATA);
    }
    fn get(&mut self) -> u8 {
        assert!(self.request());
        let byte = self.read(read::CURRENT_DATA);
        self.icr(InitiatorCommand::ASSERT_ACK);
        assert!(self.until(|h| !h.status().contains(CurrentStatus::REQ)));
        self.icr(InitiatorCommand::empty());
        byte
    }
    /// Selects target 3 and sends a command.
    fn command(&mut self, operation: u8) {
        assert!(self.select(3));
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 2);
        for byte in [operation, 0, 0, 0, 1, 0] {
            self.put(byte);
        }
        self.icr(InitiatorCommand::empty());
    }
    fn start_send(&mut self) {
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 0);
        self.icr(InitiatorCommand::ASSERT_DATA);
        self.write(read::MODE, Mode::DMA.bits());
        self.write(write::START_SEND, 0);
    }
    fn start_receive(&mut self) {
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 1);
        self.write(read::MODE, Mode::DMA.bits());
        self.write(write::START_INITIATOR_RECEIVE, 0);
    }
    fn drq(&mut self) -> bool {
        self.bus_and_status().contains(BusAndStatus::DMA_REQUEST)
    }
    fn blind_write(&mut self, bytes: impl Iterator<Item = u8>) {
        assert!(self.until(|h| h.drq()));
        for byte in bytes {
            self.now += BLIND;
            self.chip
                .dma_write(self.now, byte, &mut self.bus, &mut self.tracer, 0x400);
        }
    }
    fn polled_write(&mut self, bytes: impl Iterator<Item = u8>) {
        for byte in bytes {
            assert!(self.until(|h| h.drq()));
            self.now += BLIND;
            self.chip
                .dma_write(self.now, byte, &mut self.bus, &mut self.tracer, 0x400);
        }
    }
    fn blind_read(&mut self, bytes: usize) -> Vec<u8> {
        assert!(self.until(|h| h.drq()));
        (0..bytes)
            .map(|_| {
                self.now += BLIND;
                self.chip
                    .dma_read(self.now, &mut self.bus, &mut self.tracer, 0x500)
            })
            .collect()
    }
    fn end_dma(&mut self) {
        self.write(read::MODE, 0);
        self.icr(InitiatorCommand::empty());
    }
    /// STATUS and MESSAGE IN.
    fn complete(&mut self) -> (u8, u8) {
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 3);
        let status = self.get();
        assert!(self.request());
        self.write(read::TARGET_COMMAND, 7);
        (status, self.get())
    }
    fn taken(&self) -> &[u8] {
        &self.bus.device(3).unwrap().taken
    }
    fn events(&mut self) -> Vec<ScsiEvent> {
        self.chip.flush_unpaired(&mut self.tracer);
        let scsi = |event| match event {
            Event::Scsi(event) => event,
            other => panic!("{other:?}"),
        };
        self.tracer
            .drain()
            .map(|record| scsi(record.event))
            .collect()
    }
}

fn pattern(length: usize) -> impl Iterator<Item = u8> {
    (0..length).map(|n| (n % 251) as u8)
}

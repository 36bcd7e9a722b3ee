//! Chips and stations on one cable, and the register sequences of a LocalTalk driver.

use super::super::{Channel, Scc};
use clock::{Stream, Ticks};
use localtalk::{Cable, Signal, Station, llap};
use trace::{ChipEvent, Event, LineEvent, Record, Tracer};

pub const B: Channel = Channel::B;
/// One access and its recovery time.
const ACCESS: Ticks = Ticks(48);

/// Stations 0.. are chips, the rest host-side stations.
pub struct Bench {
    pub chips: Vec<Scc>,
    pub stations: Vec<Station>,
    pub cable: Cable,
    pub tracer: Tracer,
    pub now: Ticks,
    pub records: Vec<Record>,
}

impl Bench {
    pub fn new(chips: usize, addresses: &[u8]) -> Bench {
        let stations = addresses.iter().enumerate().map(|(place, &address)| {
            Station::with_address(
                (chips + place) as u8,
                address,
                Stream::new(1, &format!("station {place}")),
            )
        });
        Bench {
            chips: vec![Scc::new(); chips],
            stations: stations.collect(),
            cable: Cable::new((chips + addresses.len()) as u8),
            tracer: Tracer::new(Record::WORLD),
            now: Ticks::ZERO,
            records: Vec::new(),
        }
    }

    /// Lets time go by.
    pub fn wait(&mut self, time: Ticks) {
        let end = self.now + time;
        while self.now < end {
            self.now = end.min(self.now + Signal::NOTICE);
            for (number, chip) in self.chips.iter_mut().enumerate() {
                while chip.next_event() <= self.now {
                    let at = chip.next_event();
                    chip.advance(at, &mut self.tracer, 0x1234);
                }
                for (at, signal) in chip.line_out() {
                    self.cable.post(number as u8, at, signal);
                }
            }
            for station in &mut self.stations {
                station.advance(self.now, &mut self.cable, &mut self.tracer);
            }
            self.cable.settle(self.now, &mut self.tracer);
            for (number, chip) in self.chips.iter_mut().enumerate() {
                for (at, signal) in self.cable.take(number as u8, self.now + Signal::NOTICE) {
                    chip.line_in(at, signal);
                }
            }
        }
        self.records.extend(self.tracer.drain());
    }

    pub fn wait_us(&mut self, us: u64) {
        self.wait(Ticks::from_micros(us));
    }

    pub fn write(&mut self, chip: usize, register: u8, value: u8) {
        if register != 0 {
            let point = register & 7 | if register > 7 { 8 } else { 0 };
            self.chips[chip].write_control(self.now, B, point);
            self.wait(ACCESS);
        }
        self.chips[chip].write_control(self.now, B, value);
        self.wait(ACCESS);
    }

    pub fn read(&mut self, chip: usize, register: u8) -> u8 {
        if register != 0 {
            let point = register & 7 | if register > 7 { 8 } else { 0 };
            self.chips[chip].write_control(self.now, B, point);
            self.wait(ACCESS);
        }
        let value = self.chips[chip].read_control(self.now, B);
        self.wait(ACCESS);
        value
    }

    pub fn data(&mut self, chip: usize) -> u8 {
        let value = self.chips[chip].read_data(self.now, B);
        self.wait(ACCESS);
        value
    }

    /// Waits until a bit of RR0 has a value; false when that takes longer than `us`.
    pub fn poll(&mut self, chip: usize, bit: u8, set: bool, us: u64) -> bool {
        let end = self.now + Ticks::from_micros(us);
        while (self.read(chip, 0) & bit != 0) != set {
            if self.now >= end {
                return false;
            }
        }
        true
    }

    /// What a LocalTalk driver writes at start: receiver and transmitter off, nothing interrupts.
    pub fn set_up(&mut self, chip: usize, address: u8) {
        let pairs = [
            (9, 0x40),
            (4, 0x20),
            (10, 0xE0),
            (7, 0x7E),
            (6, address),
            (3, 0xC0),
            (5, 0x61),
            (11, 0x70),
            (12, 6),
            (13, 0),
            (14, 0x60),
            (14, 0xC0),
            (14, 0xA0),
            (14, 0x01),
            (14, 0x21),
            (15, 0x08),
            (0, 0x10),
            (0, 0x10),
            (9, 0x0A),
        ];
        for (register, value) in pairs {
            self.write(chip, register, value);
        }
    }

    /// 8 bits, enter hunt, address search, receiver on.
    pub fn listen(&mut self, chip: usize) {
        self.write(chip, 14, 0x21);
        self.write(chip, 14, 0x41);
        self.write(chip, 3, 0xDD);
    }

    /// TransmitFrame of appendix B: pulse, two flags, data, FCS by underrun, flag, ones.
    pub fn send_frame(&mut self, chip: usize, packet: &[u8]) {
        self.write(chip, 3, 0xC0);
        self.write(chip, 5, 0x63);
        self.wait_us(5);
        self.write(chip, 5, 0x61);
        self.wait_us(5);
        self.write(chip, 5, 0x6B);
        self.write(chip, 0, 0x80);
        self.wait_us(40);
        for (place, &byte) in packet.iter().enumerate() {
            assert!(
                place == 0 || self.poll(chip, 0x04, true, 200),
                "transmitter stuck"
            );
            self.chips[chip].write_data(self.now, B, byte);
            self.wait(ACCESS);
            if place == 0 {
                self.write(chip, 0, 0xC0);
            }
        }
        assert!(self.poll(chip, 0x40, true, 200), "no underrun");
        assert!(self.poll(chip, 0x04, true, 200), "no closing flag");
        self.write(chip, 5, 0x63);
        self.wait_us(84);
        self.write(chip, 5, 0x61);
        self.listen(chip);
    }

    /// Chip 0 sends `packet` and chip 1 takes it in meanwhile: the two programs interleave.
    pub fn carry(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        self.write(0, 3, 0xC0);
        self.write(0, 5, 0x6B);
        self.write(0, 0, 0x80);
        self.wait_us(40);
        let mut bytes = packet.iter();
        let (mut first, mut got) = (true, Vec::new());
        for _ in 0..100_000 {
            if self.read(0, 0) & 0x04 != 0
                && let Some(&byte) = bytes.next()
            {
                self.chips[0].write_data(self.now, B, byte);
                self.wait(ACCESS);
                if std::mem::take(&mut first) {
                    self.write(0, 0, 0xC0);
                }
            }
            if self.read(1, 0) & 0x01 != 0 {
                let status = self.read(1, 1);
                got.push(self.data(1));
                if status & 0x80 != 0 {
                    got.truncate(got.len() - 2);
                    return (status & 0x60 == 0).then_some(got);
                }
            }
        }
        None
    }

    /// ReceiveFrame: the bytes without FCS, or `None` when nothing came or it was bad.
    pub fn receive_frame(&mut self, chip: usize, us: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        if !self.poll(chip, 0x01, true, us) {
            return None;
        }
        loop {
            let status = self.read(chip, 1);
            bytes.push(self.data(chip));
            if status & 0x80 != 0 {
                bytes.truncate(bytes.len() - 2);
                return (status & 0x60 == 0).then_some(bytes);
            }
            if status & 0x20 != 0 || !self.poll(chip, 0x01, true, 59) {
                return None;
            }
        }
    }

    /// (LLAP type, intact) of the frames so far.
    pub fn frames(&self) -> Vec<(u8, bool)> {
        let frame = |record: &Record| match &record.event {
            Event::Line(LineEvent::Frame { bytes, intact, .. }) => {
                Some((bytes.get(2).copied().unwrap_or_default(), *intact))
            }
            _ => None,
        };
        self.records.iter().filter_map(frame).collect()
    }

    pub fn overruns(&self) -> usize {
        let overrun = |record: &&Record| {
            matches!(
                record.event,
                Event::Chip(ChipEvent::SccOverrun { pc: 0x1234 })
            )
        };
        self.records.iter().filter(overrun).count()
    }

    /// Puts a frame on the cable as station `number`, whose own machinery is idle.
    pub fn inject(&mut self, number: u8, packet: &[u8]) -> Ticks {
        let (signals, off) = llap::signals(packet, self.now, false);
        for (at, signal) in signals {
            self.cable.post(number, at, signal);
        }
        off
    }
}

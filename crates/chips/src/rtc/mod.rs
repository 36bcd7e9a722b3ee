//! The Macintosh real-time clock: a seconds counter and parameter RAM behind a three-wire serial interface.
//!
//! Sources: *Inside Macintosh* III, "The Real-Time Clock" (commands, write protection, 20 bytes of parameter RAM) and the
//! *Guide to the Macintosh Family Hardware*, chapter on the VIA (extended commands, 256 bytes). The Macintosh Plus of the later kind has the
//! extended chip. The wires are VIA PB0 (data), PB1 (clock) and PB2 (enable, active low); bits travel most significant first.
//!
//! The chip takes a bit on the rising edge of its clock. It puts out a bit on the falling edge: measured on a real chip within 200 ns of it
//! (M. Quantulum, "New Timepiece for a Classic Mac", part 2), so that a program may read it before or after it raises the clock again.

use clock::Ticks;
use serde::{Deserialize, Serialize};

/// Bytes of parameter RAM in the extended chip.
pub const PRAM_BYTES: usize = 256;

/// What the bits on the wire mean at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// The command byte comes in.
    Command,
    /// The second byte of an extended command comes in.
    Extended { first: u8 },
    /// A data byte comes in for this place.
    Write(Place),
    /// A data byte goes out; so many bits are left.
    Read { left: u8 },
}

/// What a command addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Place {
    /// A byte of the seconds counter, 0 the lowest.
    Seconds(u8),
    /// The test register: written only, without effect here.
    Test,
    /// The write-protect register: written only, bit 7 protects everything else.
    WriteProtect,
    /// A byte of parameter RAM.
    Pram(u8),
    /// An address that no document mentions: writes vanish, reads give FF (inference).
    Nothing,
}

/// The clock chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rtc {
    seconds: u32,
    /// When the counter next changes.
    next_second: Ticks,
    pram: Vec<u8>,
    write_protected: bool,
    phase: Phase,
    shift: u8,
    bits: u8,
    enabled: bool,
    clock: bool,
    data_out: bool,
}

impl Rtc {
    /// A clock that shows `seconds` since midnight, 1 January 1904 at time zero, with zeroed parameter RAM that is write protected (an
    /// inference: the state after the battery was put in is not documented, and programs must remove the protection first).
    pub fn new(seconds: u32) -> Rtc {
        Rtc {
            seconds,
            next_second: Ticks::from_secs(1),
            pram: vec![0; PRAM_BYTES],
            write_protected: true,
            phase: Phase::Command,
            shift: 0,
            bits: 0,
            enabled: false,
            clock: false,
            data_out: true,
        }
    }

    /// Lets the counter run to `now`. Its 32.768 kHz crystal is assumed to be exact.
    pub fn advance(&mut self, now: Ticks) {
        if now >= self.next_second {
            let passed = now.since(self.next_second).0 / Ticks::PER_SECOND + 1;
            self.seconds = self.seconds.wrapping_add(passed as u32);
            self.next_second += Ticks::from_secs(1) * passed;
        }
    }

    /// The level of the one-second output (VIA CA2): it falls when the counter changes and rises half a second later.
    pub fn one_second(&self, now: Ticks) -> bool {
        let since_change = (now + Ticks::from_secs(1)).since(self.next_second);
        since_change.0 >= Ticks::PER_SECOND / 2
    }

    /// When the one-second output changes next after `now`.
    pub fn next_event(&self, now: Ticks) -> Ticks {
        let half = Ticks(Ticks::PER_SECOND / 2);
        if now + half < self.next_second {
            Ticks(self.next_second.0 - half.0)
        } else {
            self.next_second
        }
    }

    /// Seconds since midnight, 1 January 1904.
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    /// The parameter RAM, by extended address. The bytes of the older chip are 10-1F (its addresses 0-F) and 08-0B (its 10-13).
    pub fn pram(&self) -> &[u8] {
        &self.pram
    }

    /// The parameter RAM, for a host that prepares a machine.
    pub fn pram_mut(&mut self) -> &mut [u8] {
        &mut self.pram
    }

    /// The level on the data wire as far as the chip is concerned: high unless it pulls it low.
    pub fn data(&self) -> bool {
        self.data_out
    }

    /// Puts new levels on the wires: `enable` is true when PB2 is low.
    pub fn set_wires(&mut self, now: Ticks, enable: bool, clock: bool, data: bool) {
        self.advance(now);
        let (was_enabled, was_clock) = (self.enabled, self.clock);
        self.enabled = enable;
        self.clock = clock;
        if !enable || !was_enabled {
            self.begin_command();
        } else if clock && !was_clock {
            self.clock_rose(data);
        } else if !clock && was_clock {
            self.clock_fell();
        }
    }

    fn begin_command(&mut self) {
        self.phase = Phase::Command;
        self.bits = 0;
        self.data_out = true;
    }

    fn clock_rose(&mut self, data: bool) {
        if matches!(self.phase, Phase::Read { .. }) {
            return;
        }
        self.shift = self.shift << 1 | u8::from(data);
        self.bits += 1;
        if self.bits < 8 {
            return;
        }
        self.bits = 0;
        let byte = self.shift;
        match self.phase {
            Phase::Command if byte & 0x78 == 0x38 => self.phase = Phase::Extended { first: byte },
            Phase::Command => self.begin_transfer(byte & 0x80 != 0, place(byte)),
            Phase::Extended { first } => {
                self.begin_transfer(
                    first & 0x80 != 0,
                    Place::Pram((first & 7) << 5 | byte >> 2 & 0x1F),
                );
            }
            Phase::Write(place) => {
                self.write(place, byte);
                self.phase = Phase::Command;
            }
            Phase::Read { .. } => {}
        }
    }

    fn clock_fell(&mut self) {
        let Phase::Read { left } = self.phase else {
            return;
        };
        if left == 0 {
            self.begin_command();
        } else {
            self.data_out = self.shift & 0x80 != 0;
            self.shift <<= 1;
            self.phase = Phase::Read { left: left - 1 };
        }
    }

    fn begin_transfer(&mut self, read: bool, place: Place) {
        if read {
            self.shift = self.value(place);
            self.phase = Phase::Read { left: 8 };
        } else {
            self.phase = Phase::Write(place);
        }
    }

    fn value(&self, place: Place) -> u8 {
        match place {
            Place::Seconds(byte) => self.seconds.to_le_bytes()[usize::from(byte)],
            Place::Pram(address) => self.pram[usize::from(address)],
            Place::Test | Place::WriteProtect | Place::Nothing => 0xFF,
        }
    }

    fn write(&mut self, place: Place, value: u8) {
        match place {
            Place::WriteProtect => self.write_protected = value & 0x80 != 0,
            _ if self.write_protected => {}
            Place::Seconds(byte) => {
                let mut bytes = self.seconds.to_le_bytes();
                bytes[usize::from(byte)] = value;
                self.seconds = u32::from_le_bytes(bytes);
            }
            Place::Pram(address) => self.pram[usize::from(address)] = value,
            Place::Test | Place::Nothing => {}
        }
    }
}

/// What a command byte `z aaaaa 01` addresses (*Inside Macintosh* III, table of clock commands). The seconds registers ignore bit 4: the
/// documented start-up code of later machines reads them at both addresses.
fn place(command: u8) -> Place {
    let address = command >> 2 & 0x1F;
    match (command & 3, address) {
        (1, 0..=7) => Place::Seconds(address & 3),
        (1, 8..=11) => Place::Pram(8 + (address & 3)),
        (1, 12) => Place::Test,
        (1, 13) => Place::WriteProtect,
        (1, 16..=31) => Place::Pram(address),
        _ => Place::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that drives the wires as *Inside Macintosh* describes.
    struct Host {
        rtc: Rtc,
        now: Ticks,
    }

    impl Host {
        fn new(seconds: u32) -> Host {
            Host {
                rtc: Rtc::new(seconds),
                now: Ticks::ZERO,
            }
        }

        fn wires(&mut self, enable: bool, clock: bool, data: bool) {
            self.now += Ticks(40);
            self.rtc.set_wires(self.now, enable, clock, data);
        }

        fn send(&mut self, byte: u8) {
            for bit in (0..8).rev() {
                let data = byte >> bit & 1 != 0;
                self.wires(true, false, data);
                self.wires(true, true, data);
            }
        }

        fn receive(&mut self) -> u8 {
            (0..8).fold(0, |byte, _| {
                self.wires(true, false, true);
                self.wires(true, true, true);
                byte << 1 | u8::from(self.rtc.data())
            })
        }

        fn read(&mut self, command: &[u8]) -> u8 {
            self.wires(true, false, true);
            for &byte in command {
                self.send(byte);
            }
            let value = self.receive();
            self.wires(false, false, true);
            value
        }

        fn write(&mut self, bytes: &[u8]) {
            self.wires(true, false, true);
            for &byte in bytes {
                self.send(byte);
            }
            self.wires(false, false, true);
        }
    }

    #[test]
    fn seconds_registers_read_lowest_first_at_81_85_89_8d() {
        let mut host = Host::new(0x1234_5678);
        let bytes = [0x81, 0x85, 0x89, 0x8D].map(|command| host.read(&[command]));
        assert_eq!(bytes, [0x78, 0x56, 0x34, 0x12]);
        assert_eq!(host.read(&[0x9D]), 0x12);
    }

    #[test]
    fn the_counter_counts_seconds_and_the_output_falls_with_it() {
        let mut rtc = Rtc::new(100);
        assert_eq!(rtc.next_event(Ticks::ZERO), Ticks(7_833_600));
        rtc.advance(Ticks(15_667_199));
        assert_eq!(
            (rtc.seconds(), rtc.one_second(Ticks(15_667_199))),
            (100, true)
        );
        assert_eq!(rtc.next_event(Ticks(15_667_199)), Ticks(15_667_200));
        rtc.advance(Ticks(15_667_200));
        assert_eq!(
            (rtc.seconds(), rtc.one_second(Ticks(15_667_200))),
            (101, false)
        );
        rtc.advance(Ticks::from_secs(61));
        assert_eq!(rtc.seconds(), 161);
    }

    #[test]
    fn parameter_ram_is_written_only_while_unprotected() {
        let mut host = Host::new(0);
        host.write(&[0x41, 0xA8]);
        assert_eq!(host.read(&[0xC1]), 0);
        host.write(&[0x35, 0x55]);
        host.write(&[0x41, 0xA8]);
        host.write(&[0x21, 0x77]);
        host.write(&[0x35, 0xD5]);
        host.write(&[0x41, 0x00]);
        assert_eq!((host.read(&[0xC1]), host.read(&[0xA1])), (0xA8, 0x77));
        assert_eq!((host.rtc.pram()[0x10], host.rtc.pram()[0x08]), (0xA8, 0x77));
    }

    #[test]
    fn extended_commands_reach_256_bytes() {
        let mut host = Host::new(0);
        host.write(&[0x35, 0x00]);
        // 0xE5 = 111 00101: first byte z 0111 111, second 0 00101 00.
        host.write(&[0x3F, 0x14, 0x99]);
        assert_eq!(host.rtc.pram()[0xE5], 0x99);
        assert_eq!(host.read(&[0xBF, 0x14]), 0x99);
    }

    #[test]
    fn data_may_be_read_before_the_clock_rises_as_well_as_after() {
        let mut host = Host::new(0xA5);
        host.wires(true, false, true);
        host.send(0x81);
        let mut before = 0_u8;
        for _ in 0..8 {
            host.wires(true, false, true);
            before = before << 1 | u8::from(host.rtc.data());
            host.wires(true, true, true);
            assert_eq!(before & 1 != 0, host.rtc.data());
        }
        assert_eq!(before, 0xA5);
    }

    #[test]
    fn raising_enable_abandons_a_command() {
        let mut host = Host::new(0x42);
        host.wires(true, false, true);
        for _ in 0..5 {
            host.wires(true, true, true);
            host.wires(true, false, true);
        }
        host.wires(false, false, true);
        assert_eq!(host.read(&[0x81]), 0x42);
    }
}

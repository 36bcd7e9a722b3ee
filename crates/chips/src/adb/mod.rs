//! The Apple Desktop Bus of the SE and SE/30: transceiver, bus, keyboard and mouse.
//!
//! Sources: *Guide to the Macintosh Family Hardware*, second edition ("Guide"), chapter 8; *Inside Macintosh* V, "The Apple Desktop Bus";
//! Technical Note HW 01 ("HW 01"). What no manual says about the transceiver's side of the VIA is taken from two drivers that run on
//! the real chip, Linux `via-macii.c` and NetBSD `adb_direct.c`; where they leave it open the author's inference is marked.
//!
//! The transceiver is a microcontroller behind the shift register of the VIA (Guide, "ADB transceiver"):
//!
//! | wire | VIA | meaning |
//! |---|---|---|
//! | ST0, ST1 | PB4, PB5 | from the computer: 0 command, 1 even data byte, 2 odd data byte, 3 idle |
//! | ADB Int | PB3 | to the computer, active low; never an interrupt by itself |
//! | clock | CB1 | always the transceiver's: eight pulses move one byte |
//! | data | CB2 | both ways |
//!
//! Each change of ST1 and ST0 asks for one byte. The shift register's flag tells that it has moved.
//!
//! - State 0: the command byte goes out. ADB Int high afterwards: the command was taken. Low: it was not, because an autopolled packet
//!   waits to be read; what moved was that packet's command byte.
//! - States 1 and 2 after Listen: data bytes go out. The packet is put on the bus when the computer leaves these states.
//! - States 1 and 2 after Talk, or after a byte came in state 3: data bytes come in. ADB Int low with the first byte: no device answered.
//!   Low with the second: a device asserted Service Request. Low with any later byte: the packet ended before this byte, which is filler.
//! - State 3: the transceiver repeats Talk Register 0 of the device that was last asked for it (at first the mouse) about every 11 ms. If
//!   the device answers, or another asserts Service Request, it pulls ADB Int low and moves in the Talk command; the packet is then read
//!   in states 1 and 2. Otherwise nothing moves.
//!
//! # Modules
//! - `transceiver`: the above; `bus`: commands, arbitration, lengths in time; `device`: what all devices share (register 3);
//! - [`keyboard`], [`mouse`]: register 0 and, for the keyboard, register 2.

mod bus;
mod device;
pub mod keyboard;
pub mod mouse;
mod transceiver;

#[cfg(test)]
mod tests;

pub use bus::Bus;
pub use device::Device;
pub use transceiver::{Adb, Wires, state};

/// Commands, as the computer sends them (Guide, "ADB commands", table 8-13).
pub mod command {
    /// Resets all devices; the address is ignored.
    pub const SEND_RESET: u8 = 0x00;

    /// The device at `address` forgets what it has stored.
    pub const fn flush(address: u8) -> u8 {
        address << 4 | 0x01
    }

    /// The computer sends 2 to 8 bytes to a register, 0 to 3.
    pub const fn listen(address: u8, register: u8) -> u8 {
        address << 4 | 0x08 | register & 3
    }

    /// The computer asks for a register, 0 to 3.
    pub const fn talk(address: u8, register: u8) -> u8 {
        address << 4 | 0x0C | register & 3
    }

    pub(super) const fn address(command: u8) -> u8 {
        command >> 4
    }

    pub(super) const fn register(command: u8) -> u8 {
        command & 3
    }

    pub(super) const fn is_talk(command: u8) -> bool {
        command & 0x0C == 0x0C
    }

    pub(super) const fn is_listen(command: u8) -> bool {
        command & 0x0C == 0x08
    }
}

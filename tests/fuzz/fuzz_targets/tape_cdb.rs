//! Any bytes as commands to a tape drive that is called directly: no bus, no handshakes, and so a hundred times as many inputs as `tape_bus`. Commands are also aborted
//! in the middle of their data.

#![no_main]

#[path = "../drive.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|input: &[u8]| drive::direct(input));

//! Any bytes as commands to a tape drive behind its target port on a bus, every byte with its handshakes.

#![no_main]

#[path = "../drive.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|input: &[u8]| drive::through_bus(input));

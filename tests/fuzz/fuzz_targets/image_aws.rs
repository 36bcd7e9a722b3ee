//! Any bytes as an image in AWS format.

#![no_main]

#[path = "../image.rs"]
mod image;

libfuzzer_sys::fuzz_target!(|input: &[u8]| image::check(input, tape::media::Format::Aws));

//! A laboratory for a classic Macintosh failure: the command line.
fn main() {}

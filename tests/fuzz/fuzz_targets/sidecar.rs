//! Any text as the file beside an image: refused with words, or read, applied, and written again the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tape::media::{Medium, Sidecar};

fuzz_target!(|text: &str| {
    let Ok(sidecar) = Sidecar::parse(text) else {
        return;
    };
    assert_eq!(Sidecar::parse(&sidecar.text()).as_ref(), Ok(&sidecar));
    // A long list takes its time and shows nothing more.
    if sidecar
        .defects
        .iter()
        .any(|[first, last]| last - first > 1000)
    {
        return;
    }
    let mut medium = Medium::new();
    medium.push_record(b"data", false);
    medium.push_mark();
    medium.push_mark();
    if sidecar.apply(&mut medium).is_ok() {
        let read = Sidecar::of(&medium);
        let mut again = Medium::new();
        again.push_record(b"data", false);
        again.push_mark();
        again.push_mark();
        read.apply(&mut again).unwrap();
        assert_eq!(again, medium);
    }
});

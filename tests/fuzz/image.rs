//! What holds of every image, sound or not.

use std::io::Cursor;
use tape::media::image::Reader;
use tape::media::tap::{self, Writer};
use tape::media::{Format, Object};

/// Reads `input` in this format: the reader goes forward and stays within the image, finds the same with and without the data, and what it found can
/// be written in SIMH format and read back.
pub fn check(input: &[u8], format: Format) {
    let mut reader = Reader::new(Cursor::new(input), format).unwrap();
    let mut skipper = Reader::new(Cursor::new(input), format).unwrap();
    let (mut data, mut records, mut before) = (Vec::new(), Vec::new(), 0);
    let mut written = Writer::new(Vec::new());
    let ended = loop {
        let object = reader.read(&mut data);
        assert_eq!(object, skipper.skip());
        assert_eq!(reader.offset(), skipper.offset());
        assert!(reader.offset() >= before && reader.offset() <= input.len() as u64);
        match object {
            Err(error) => break Some(error),
            Ok(None) => break None,
            Ok(Some(object)) => {
                assert!(reader.offset() > before, "every object takes a place");
                before = reader.offset();
                match object {
                    Object::Record { len, bad } => {
                        assert_eq!(len, data.len());
                        written.record(&data, bad).unwrap();
                        if len > 0 {
                            records.push((object, data.clone()));
                        }
                    }
                    Object::Mark => written.mark().unwrap(),
                    Object::Gap => written.gap().unwrap(),
                    Object::Skipped { .. } => continue,
                }
                if !matches!(object, Object::Record { .. }) {
                    records.push((object, Vec::new()));
                }
            }
        }
    };
    assert_eq!(
        reader.read(&mut data),
        Ok(None),
        "nothing comes after the end"
    );
    if let Some(error) = &ended {
        assert!(error.to_string().contains("at offset"));
    }
    let image = written.end().unwrap();
    let mut again = Reader::new(Cursor::new(&image), Format::Tap).unwrap();
    for (object, content) in records {
        assert_eq!(again.read(&mut data), Ok(Some(object)));
        assert_eq!(data, content);
    }
    assert_eq!(again.read(&mut data), Ok(None));
    assert_eq!(again.offset() + 4, image.len() as u64);
    if format == Format::Tap {
        let (medium, error) = tap::salvage(input);
        assert_eq!(error, ended);
        assert_eq!(
            tap::parse(&tap::write(&medium, tap::Gaps::Keep))
                .unwrap()
                .len(),
            medium
                .blocks()
                .filter(|block| {
                    !matches!(block.content, tape::media::Content::Record { data: [], .. })
                })
                .count() as u64
        );
    }
    // Whatever it is, some format is named.
    Format::detect(&mut Cursor::new(input)).unwrap();
}

//! A process that writes an image is killed: what it had completed can be read.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use tape::TapeFile;
use tape::media::{self, Content, Medium};

const IMAGE: &str = "TAPE_IMAGE_TO_WRITE";

/// The records of file `number` of the tape.
fn records(number: u64) -> Vec<Vec<u8>> {
    (0..=number % 5)
        .map(|record| vec![number as u8; 100 + 977 * record as usize])
        .collect()
}

/// Not a test: the process that is killed. It writes files for ever, and says when each has its filemark. Every seventh time it goes
/// back over the last file.
#[test]
fn writer() {
    let Some(image) = std::env::var_os(IMAGE) else {
        return;
    };
    let mut tape = TapeFile::open(Path::new(&image)).unwrap();
    let mut blocks = Vec::new();
    for number in media::load(Path::new(&image), None).unwrap().blocks() {
        if number.content == Content::Mark {
            blocks.push(number.number + 1);
        }
    }
    for turn in 0_u64.. {
        if turn % 7 == 6 && blocks.len() > 1 {
            blocks.pop();
            tape.truncate(*blocks.last().unwrap()).unwrap();
        }
        let number = blocks.len() as u64;
        let records = records(number);
        for record in &records {
            tape.record(record, false).unwrap();
        }
        tape.mark().unwrap();
        blocks.push(blocks.last().unwrap_or(&0) + records.len() as u64 + 1);
        println!("\nfiles {}", blocks.len());
    }
}

/// Checks that the tape has whole files in order, and maybe records behind the last mark; returns how many files.
fn files(medium: &Medium) -> u64 {
    let (mut done, mut current) = (0, Vec::new());
    for block in medium.blocks() {
        match block.content {
            Content::Record { data, bad } => {
                assert!(!bad);
                current.push(data.to_vec());
            }
            Content::Mark => {
                assert_eq!(current, records(done), "file {done}");
                current.clear();
                done += 1;
            }
        }
    }
    assert!(current.is_empty(), "nothing unfinished is on the tape");
    done
}

#[test]
fn a_killed_writer_leaves_every_file_that_had_its_filemark() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("t.tap");
    TapeFile::create(&image).unwrap();
    for wait in [1_usize, 3, 10, 2, 25, 1] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer", "--exact", "--nocapture"])
            .env(IMAGE, &image)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("files ")?.parse::<u64>().ok())
            .nth(wait)
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let found = files(&media::load(&image, None).unwrap());
        // It went on until it was killed, and may have gone back over one file.
        assert!(found + 1 >= said, "{found} of {said} files");
    }
}

//! What a user gets for input that is not right: exit code 2, the file, the place and the remedy.

use std::fs;
use std::path::Path;
use tests::shoeshine;

fn refused(arguments: &[&str], words: &[&str]) {
    let done = shoeshine(arguments);
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.out.is_empty(), "{done:?}");
    for word in words {
        assert!(
            done.err.contains(word),
            "`{word}` is missing in {}",
            done.err
        );
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn unknown_scenarios_keys_and_fixes_name_the_nearest_valid_one() {
    refused(&["run", "q99305"], &["q99305", "q99304"]);
    refused(&["show", "mail-onyl"], &["mail-only"]);
    refused(
        &["run", "--set", "backup.blokc=512"],
        &["backup.blokc", "backup.block"],
    );
    refused(&["run", "--set", "tape.bufer=512"], &["tape.buffer"]);
    refused(&["run", "--fix", "polled-wirtes"], &["polled-writes"]);
    refused(
        &["run", "--set", "mail.clients=many"],
        &["mail.clients", "0 to 30"],
    );
    refused(&["run", "--set", "mail.clients"], &["KEY=VALUE"]);
    refused(&["run", "--expect", "miracle"], &["miracle", "clean"]);
    refused(
        &["run", "--set", "machines.mac=mail-sever"],
        &["mail-server"],
    );
}

#[test]
fn scenario_files_are_refused_with_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    refused(&["run", text(&file)], &["mine.toml"]);
    fs::write(
        &file,
        "expect = \"clean\"\n[machines]\nmac = [\"backup\"]\n[backup]\nblokc = 1024\n",
    )
    .unwrap();
    refused(
        &["run", text(&file)],
        &["mine.toml", "line 5", "backup.block"],
    );
    fs::write(&file, "expect = \"clean\"\n[machines\n").unwrap();
    refused(&["run", text(&file)], &["mine.toml", "2"]);
    fs::write(&file, "about = \"nothing\"\n").unwrap();
    refused(&["run", text(&file)], &["mine.toml", "machine"]);
    fs::write(
        &file,
        "[machines]\nmac = [\"backup\"]\n[bakcup]\nblock = 512\n",
    )
    .unwrap();
    refused(&["run", text(&file)], &["bakcup"]);
}

#[test]
fn folders_and_files_that_are_not_there_or_do_not_fit_are_named() {
    let dir = tempfile::tempdir().unwrap();
    refused(
        &["run", "--set", "disk.files=/no/such/folder"],
        &["/no/such/folder"],
    );
    let files = dir.path().join("files");
    fs::create_dir(&files).unwrap();
    fs::write(files.join("large"), vec![0; 3 << 20]).unwrap();
    refused(
        &[
            "run",
            "--set",
            &format!("disk.files={}", text(&files)),
            "--set",
            "disk.size=2",
        ],
        &["full", "larger"],
    );
    refused(
        &["run", "backup-only", "--out", text(&files)],
        &["exists", "--force"],
    );
    refused(&["replay", text(dir.path())], &["case.toml"]);
    let case = dir.path().join("case.toml");
    fs::write(&case, "[machines]\nmac = [\"backup\"]\n").unwrap();
    refused(&["replay", text(&case)], &["[case]"]);
}

#[test]
fn damaged_tapes_and_disks_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let tape = dir.path().join("cut.tap");
    fs::write(&tape, [0, 2, 0, 0, 1, 2, 3]).unwrap();
    for command in ["ls", "verify"] {
        refused(&["tape", command, text(&tape)], &["cut.tap", "offset"]);
    }
    refused(
        &[
            "tape",
            "extract",
            text(&tape),
            text(&dir.path().join("out")),
        ],
        &["cut.tap", "offset"],
    );
    refused(
        &["tape", "ls", text(&dir.path().join("missing.tap"))],
        &["missing.tap"],
    );
    let disk = dir.path().join("bad.hda");
    fs::write(&disk, vec![0; 4096]).unwrap();
    refused(&["disk", "ls", text(&disk)], &["bad.hda", "HFS"]);
    refused(
        &["disk", "get", text(&disk), "x", text(dir.path())],
        &["bad.hda"],
    );
    refused(
        &["disk", "ls", text(&dir.path().join("missing.hda"))],
        &["missing.hda"],
    );
}

#[test]
fn usage_errors_have_the_same_exit_code() {
    refused(&["fly"], &["fly"]);
    refused(&["run", "--no-such-option"], &["--no-such-option"]);
    refused(&["run", "--trace"], &["--out"]);
}

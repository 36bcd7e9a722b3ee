//! Drive profiles: built in, in a file of the user's, in a case.

use std::fs;
use tests::{run, shoeshine};

/// A profile of the user's: a built-in one with another name and a smaller buffer.
fn own_profile() -> String {
    include_str!("../../crates/tape/profiles/archive-viper-150.toml")
        .replace("name = \"archive-viper-150\"", "name = \"mine\"")
        .replace(
            "product = { value = \"VIPER 150  21247\"",
            "product = { value = \"MY DRIVE\"",
        )
        .replace(
            "write-delay = { value = 1000",
            "write-delay = { value = 1500",
        )
}

#[test]
fn a_case_with_a_profile_of_the_users_replays_without_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    let out = dir.path().join("out");
    fs::write(&file, own_profile()).unwrap();
    let chosen = format!("tape.profile={}", file.display());
    let arguments = ["backup-only", "--set", &chosen, "--set", "tape.turn=200"];
    let kept = [&arguments[..], &["--out", out.to_str().unwrap()]].concat();
    let (code, outcome) = run(&kept);
    assert_eq!(code, 0, "{outcome}");
    // The file becomes another one, and then is gone.
    fs::write(&file, own_profile().replace("value = 1500", "value = 100")).unwrap();
    for _ in 0..2 {
        let replay = shoeshine(&["replay", out.to_str().unwrap(), "--json"]);
        assert_eq!(replay.code, 0, "{replay:?}");
        assert_eq!(replay.json()["trace_hash"], outcome["trace_hash"]);
        let _ = fs::remove_file(&file);
    }
    // The case is a scenario like any other.
    let case = out.join("case.toml");
    let shown = fs::read_to_string(&case).unwrap();
    assert!(shown.contains("MY DRIVE"), "{shown}");
}

#[test]
fn a_bad_profile_is_refused_with_file_key_and_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    let chosen = format!("tape.profile={}", file.display());
    let refused = |text: &str, words: &[&str]| {
        fs::write(&file, text).unwrap();
        let done = shoeshine(&["run", "backup-only", "--set", &chosen]);
        assert_eq!(done.code, 2, "{done:?}");
        for word in words.iter().chain(&["mine.toml"]) {
            assert!(
                done.err.contains(word),
                "`{word}` is missing in {}",
                done.err
            );
        }
    };
    let good = own_profile();
    refused(
        &good.replace("rate = { value = 90000", "rate = { value = 90"),
        &["tape.rate = 90", "1000 to 100000000"],
    );
    refused(
        &good.replace("turn = { value = 150, assumed = true }\n", ""),
        &[
            "tape.turn is missing",
            "turn = { value = .., assumed = true }",
        ],
    );
    refused(
        &good.replace(
            "turn = { value = 150, assumed = true }",
            "turn = { value = 150 }",
        ),
        &["tape.turn", "source = \"..\" or assumed = true"],
    );
    refused(
        &good.replace("turn = {", "turns = {"),
        &["tape.turns: no such figure", "tape.turn,"],
    );
    refused("name = ", &["line 1"]);
    let done = shoeshine(&["run", "backup-only", "--set", "tape.profile=hp-35470"]);
    assert_eq!(done.code, 2);
    assert!(
        done.err.contains("hp-35470a") && done.err.contains(".toml"),
        "{}",
        done.err
    );
}

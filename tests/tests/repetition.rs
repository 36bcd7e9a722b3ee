//! The same run, again: hashes, replays, snapshots.

use clock::Ticks;
use lab::run::Run;
use lab::scenario::Scenario;
use lab::snapshot;
use lab::world::World;
use std::fs;
use tests::{run, shoeshine};

#[test]
fn a_run_repeats_whether_it_is_traced_verified_or_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let (_, plain) = run(&["q99304-hang", "--seed", "3", "--expect", "any"]);
    let (code, verified) = run(&["q99304-hang", "--seed", "3", "--expect", "any", "--verify"]);
    assert_eq!(code, 0);
    let (_, traced) = run(&[
        "q99304-hang",
        "--seed",
        "3",
        "--expect",
        "any",
        "--out",
        out.to_str().unwrap(),
        "--trace",
    ]);
    assert_eq!(plain["trace_hash"], verified["trace_hash"]);
    assert_eq!(plain["trace_hash"], traced["trace_hash"]);
    let (_, other) = run(&["q99304-hang", "--seed", "4", "--expect", "any"]);
    assert_ne!(plain["trace_hash"], other["trace_hash"]);

    for name in [
        "verdict.json",
        "case.toml",
        "trace.jsonl",
        "cable.pcapng",
        "mac/tape.tap",
        "mac/disk.hda",
        "mac/screen.png",
    ] {
        assert!(
            fs::metadata(out.join(name)).is_ok_and(|file| file.len() > 0),
            "{name}"
        );
    }
    let replay = shoeshine(&["replay", out.to_str().unwrap(), "--json"]);
    assert_eq!(replay.code, 0, "{replay:?}");
    assert_eq!(replay.json()["trace_hash"], plain["trace_hash"]);

    let case = fs::read_to_string(out.join("case.toml")).unwrap();
    let hash = plain["trace_hash"].as_str().unwrap();
    fs::write(out.join("case.toml"), case.replace(hash, &"0".repeat(64))).unwrap();
    assert_eq!(shoeshine(&["replay", out.to_str().unwrap()]).code, 4);
}

/// Three Macintoshes on two networks with a router between: the mail of one network's clients is served on the other, and the run repeats.
#[test]
fn machines_on_two_cables_with_a_router_repeat() {
    let (code, verified) = run(&["three-macs", "--verify"]);
    assert_eq!((code, verified["verdict"].as_str()), (0, Some("clean")));
    assert!(verified["mail"]["answered"].as_u64() > Some(200));
    assert_eq!(verified["backup"]["verified_ok"].as_bool(), Some(true));
}

#[test]
fn a_run_restored_from_a_snapshot_goes_on_to_the_same_hash() {
    let scenario = Scenario::find("q99304").unwrap();
    let volumes = World::volumes(&scenario).unwrap();
    let mut whole = Run::new(&scenario, &volumes).unwrap();
    // While the ROM starts, while mail is served, in the middle of the backup's stream.
    for moment in [1, 14, 19].map(Ticks::from_secs) {
        whole.advance(moment, |_| {});
        let saved = snapshot::save(&whole, &scenario, &volumes).unwrap();
        let mut restored = snapshot::restore(&saved, &scenario, &volumes).unwrap();
        assert_eq!(restored.hash(&scenario), whole.hash(&scenario));
        let later = moment + Ticks::from_millis(700);
        whole.advance(later, |_| {});
        restored.advance(later, |_| {});
        assert_eq!(
            restored.hash(&scenario),
            whole.hash(&scenario),
            "restored at {moment}"
        );
    }
}

#[test]
fn snapshots_of_something_else_are_refused() {
    let scenario = Scenario::find("backup-only").unwrap();
    let volumes = World::volumes(&scenario).unwrap();
    let run = Run::new(&scenario, &volumes).unwrap();
    let saved = snapshot::save(&run, &scenario, &volumes).unwrap();
    let other = Scenario::find("mail-only").unwrap();
    assert!(snapshot::restore(&saved, &other, &volumes).is_err());
    assert!(snapshot::restore(b"nothing", &scenario, &volumes).is_err());
    assert!(snapshot::restore(&saved[..saved.len() / 2], &scenario, &volumes).is_err());
}

#[test]
fn what_show_prints_can_be_run() {
    let dir = tempfile::tempdir().unwrap();
    let mine = dir.path().join("mine.toml");
    let shown = shoeshine(&["show", "mail-only", "--set", "mail.clients=2"]);
    assert_eq!(shown.code, 0);
    assert!(shown.out.contains("assumed") && shown.out.contains("clients = 2"));
    fs::write(&mine, shown.out).unwrap();
    let set = "mail.duration=4000";
    let (_, named) = run(&["mail-only", "--set", "mail.clients=2", "--set", set]);
    let (code, filed) = run(&[mine.to_str().unwrap(), "--set", set]);
    assert_eq!(code, 0, "{filed:#}");
    assert_eq!(named["trace_hash"], filed["trace_hash"]);
}

#[test]
fn what_is_typed_at_the_modem_port_is_kept_in_the_case() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("typed"), b"ATDT 555\r").unwrap();
    let short = ["mail-only", "--set", "mail.duration=1000"];
    let typed = ["--serial-input", &path("typed"), "--serial", &path("log")];
    let kept = ["--out", &path("out"), "--verify"];
    let (code, outcome) = run(&[&short[..], &typed, &kept].concat());
    assert_eq!(code, 0);
    assert_eq!(
        fs::read(path("log")).unwrap(),
        b"",
        "the stub ROM says nothing"
    );
    let replay = shoeshine(&["replay", &path("out"), "--json"]);
    assert_eq!(replay.code, 0, "{replay:?}");
    assert_eq!(replay.json()["trace_hash"], outcome["trace_hash"]);
    let case = fs::read_to_string(path("out/case.toml")).unwrap();
    assert!(case.contains("41544454203535350d"), "{case}");
    fs::write(path("out/case.toml"), case.replace("41544454", "4154445")).unwrap();
    let damaged = shoeshine(&["replay", &path("out")]);
    assert_eq!(damaged.code, 2);
    assert!(
        damaged.err.contains("[case.live] serial.mac"),
        "{damaged:?}"
    );
    // The log is not written over.
    let again = shoeshine(&["run", "mail-only", "--serial", &path("log")]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("exists"), "{again:?}");
}

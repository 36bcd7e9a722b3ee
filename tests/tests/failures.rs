//! The failure of the article, by mechanism; what removes it, and what does not.

use std::collections::BTreeSet;
use tests::{mechanisms, run, shoeshine};

fn kinds(outcome: &serde_json::Value) -> BTreeSet<String> {
    let failures = outcome["failures"].as_array().unwrap();
    failures
        .iter()
        .map(|failure| failure["kind"].as_str().unwrap().to_owned())
        .collect()
}

fn evidence(outcome: &serde_json::Value) -> String {
    let failures = outcome["failures"].as_array().unwrap();
    let lines = failures
        .iter()
        .flat_map(|failure| failure["evidence"].as_array().unwrap());
    lines
        .map(|line| format!("{}\n", line.as_str().unwrap()))
        .collect()
}

#[test]
fn without_a_word_the_article_happens_and_that_is_a_success() {
    let done = shoeshine(&[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.err.contains("FAILURE") && done.err.contains("shoeshine run q99304 --seed 1"),
        "{}",
        done.err
    );
}

#[test]
fn a_completion_routine_that_waits_for_the_disk_hangs_the_macintosh() {
    let (code, outcome) = run(&["q99304-hang"]);
    assert_eq!(code, 0, "{outcome:#}");
    assert!(mechanisms(&outcome).contains(&"M3".into()), "{outcome:#}");
    let evidence = evidence(&outcome);
    for word in [
        "program counter",
        "interrupt level",
        "which was interrupted and cannot go on",
        "mail_server_init!",
    ] {
        assert!(evidence.contains(word), "`{word}` is missing in {evidence}");
    }
    // The hang is a stretch of masking that does not end, at the level of the network.
    let hang = &outcome["interrupts"].as_array().unwrap()[..];
    let open: Vec<_> = hang
        .iter()
        .filter(|one| one["unfinished"] == true)
        .map(|one| (one["machine"].as_str(), one["level"].as_u64()))
        .collect();
    assert_eq!(open, [(Some("mac"), Some(1)), (Some("mac"), Some(2))]);
    assert!(
        hang[0]["longest_us"].as_u64() > Some(10_000_000),
        "{hang:?}"
    );
    for list in ["interrupts", "interrupt_latency"] {
        for one in outcome[list].as_array().unwrap() {
            let known = one["symbol"]
                .as_str()
                .is_some_and(|name| name.contains('!') || name == "power-on");
            assert!(known, "{list}: {one}");
        }
    }
    for fix in ["system-task-service", "asynchronous-store"] {
        let (_, fixed) = run(&["q99304-hang", "--fix", fix]);
        assert!(
            !mechanisms(&fixed).contains(&"M3".into()),
            "{fix}: {fixed:#}"
        );
    }
    let (_, other) = run(&["q99304-hang", "--fix", "polled-writes"]);
    assert!(
        mechanisms(&other).contains(&"M3".into()),
        "polled writes are no help against M3: {other:#}"
    );
}

#[test]
fn mail_traffic_makes_a_blind_write_lose_bytes() {
    let (code, outcome) = run(&["q99304-bad-write"]);
    assert_eq!(code, 0, "{outcome:#}");
    assert!(mechanisms(&outcome).contains(&"M1".into()), "{outcome:#}");
    assert_eq!(outcome["backup"]["verified_ok"], false);
    assert_eq!(outcome["backup"]["reported_ok"], true);
    let evidence = evidence(&outcome);
    for word in [
        "underrun",
        "reposition",
        "REQ pauses",
        "are lost",
        "filler bytes",
        "status GOOD",
        "reported success",
    ] {
        assert!(evidence.contains(word), "`{word}` is missing in {evidence}");
    }
    for fix in ["polled-writes", "small-blocks"] {
        let (_, fixed) = run(&["q99304-bad-write", "--fix", fix]);
        assert!(!kinds(&fixed).contains("bad-write"), "{fix}: {fixed:#}");
    }
}

/// A drive that pauses longer than the machine's address decoder waits ends a blind write in a bus error. SCSIWBlind reports it
/// (scBusTOErr, Inside Macintosh: Devices, SCSI Manager), SCSIComplete frees the bus, the program goes on and says what it lost. The
/// exception frames of both processors come by.
#[test]
fn with_a_handshake_the_same_pause_is_a_bus_error() {
    for scenario in ["q99304-bad-write-se", "q99304-bad-write-se30"] {
        let (code, outcome) = run(&[scenario]);
        assert_eq!(code, 0, "{outcome:#}");
        assert_eq!(mechanisms(&outcome), ["M2"], "{outcome:#}");
        assert_eq!(outcome["backup"]["reported_ok"], false, "{outcome:#}");
        let evidence = evidence(&outcome);
        for word in ["reposition", "REQ pauses", "bus error", "backup failed"] {
            assert!(evidence.contains(word), "`{word}` is missing in {evidence}");
        }
        for change in [
            &["--fix", "polled-writes"][..],
            &["--fix", "small-blocks"],
            &["--set", "mail.clients=0"],
            &[
                "--set",
                "machines.mac=backup",
                "--set",
                "machines.other=mail-server",
            ],
        ] {
            let (_, fixed) = run(&[&[scenario, "--expect", "any"], change].concat());
            assert_eq!(fixed["verdict"], "clean", "{change:?}: {fixed:#}");
        }
    }
}

#[test]
fn a_deferred_error_is_blamed_on_the_wrong_block() {
    let (code, outcome) = run(&["q99304-deferred"]);
    assert_eq!(code, 0, "{outcome:#}");
    assert_eq!(mechanisms(&outcome), ["M8"], "{outcome:#}");
    assert_eq!(outcome["backup"]["reported_ok"], true);
    assert_eq!(outcome["backup"]["verified_ok"], false);
    let evidence = evidence(&outcome);
    for word in ["had ended with GOOD", "CHECK CONDITION", "reported success"] {
        assert!(evidence.contains(word), "`{word}` is missing in {evidence}");
    }
    let (_, fixed) = run(&[
        "q99304-deferred",
        "--fix",
        "unbuffered-mode",
        "--expect",
        "any",
    ]);
    assert_eq!(fixed["verdict"], "clean", "{fixed:#}");
    assert_eq!(fixed["backup"]["verified_ok"], true);
    let (_, other) = run(&["q99304-deferred", "--fix", "polled-writes"]);
    assert_eq!(
        mechanisms(&other),
        ["M8"],
        "polled writes are no help against M8: {other:#}"
    );
}

#[test]
fn a_rewind_that_holds_the_bus_silences_the_server() {
    let asynchronous = ["q99304", "--fix", "asynchronous-store", "--expect", "any"];
    let (_, outcome) = run(&asynchronous);
    assert!(mechanisms(&outcome).contains(&"M4".into()), "{outcome:#}");
    assert!(evidence(&outcome).contains("held the SCSI bus"));
    let (_, fixed) = run(&[&asynchronous[..], &["--fix", "immediate-commands"]].concat());
    assert!(
        !kinds(&fixed).contains("server-stopped-during-backup"),
        "{fixed:#}"
    );
}

#[test]
fn a_server_application_starves_while_the_backup_streams() {
    let (code, outcome) = run(&["q99304-starvation"]);
    assert_eq!(code, 0, "{outcome:#}");
    assert!(mechanisms(&outcome).contains(&"M5".into()), "{outcome:#}");
    let (_, fixed) = run(&["q99304-starvation", "--fix", "yielding-backup"]);
    assert!(!mechanisms(&fixed).contains(&"M5".into()), "{fixed:#}");
    let (_, other) = run(&["q99304-starvation", "--fix", "polled-writes"]);
    assert!(
        mechanisms(&other).contains(&"M5".into()),
        "polled writes are no help against M5: {other:#}"
    );
}

#[test]
fn the_server_stops_while_the_macintosh_starts_up() {
    let (code, outcome) = run(&["q99304-startup"]);
    assert_eq!(code, 0, "{outcome:#}");
    assert!(mechanisms(&outcome).contains(&"M7".into()), "{outcome:#}");
    assert!(
        kinds(&outcome).contains("server-stopped-at-startup"),
        "{outcome:#}"
    );
    for word in [
        "backup_init!",
        "mail_server_init!",
        "SCSI Manager belongs to backup_init!",
    ] {
        assert!(
            evidence(&outcome).contains(word),
            "`{word}` is missing in {}",
            evidence(&outcome)
        );
    }
    for fixes in [
        &["--fix", "asynchronous-store"][..],
        &["--fix", "system-task-service", "--fix", "patient-start-up"],
    ] {
        let (_, fixed) = run(&[&["q99304-startup"], fixes].concat());
        assert_eq!(fixed["verdict"], "clean", "{fixes:?}: {fixed:#}");
    }
}

#[test]
fn the_controls_stay_clean() {
    for scenario in ["separate-macs", "mail-only", "backup-only"] {
        for seed in ["0", "7", "19"] {
            let (code, outcome) = run(&[scenario, "--seed", seed]);
            assert_eq!(
                (code, &outcome["verdict"]),
                (0, &serde_json::json!("clean")),
                "{outcome:#}"
            );
            assert_eq!(outcome["mail"]["violations"], serde_json::json!([]));
        }
    }
}

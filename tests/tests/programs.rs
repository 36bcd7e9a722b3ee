//! Programs of the emulated Macintosh: what they did, read from the files they leave on their volumes.

use std::path::Path;
use tests::{run, shoeshine};

/// Runs the scenario in `text` with these further arguments, and returns the outcome; results are in `out` of `folder`.
fn run_in(folder: &Path, text: &str, arguments: &[&str]) -> serde_json::Value {
    let scenario = folder.join("scenario.toml");
    std::fs::write(&scenario, text).unwrap();
    let out = folder.join("out");
    let fixed = [
        scenario.to_str().unwrap(),
        "--force",
        "--out",
        out.to_str().unwrap(),
    ];
    let (code, outcome) = run(&[&fixed[..], arguments].concat());
    assert_eq!(code, 0, "{outcome:#}");
    outcome
}

/// The lines of a text file at the root of a machine's volume at the end of the run.
fn lines(folder: &Path, machine: &str, file: &str) -> Vec<String> {
    let disk = folder.join("out").join(machine).join("disk.hda");
    let to = folder.join(machine);
    let done = shoeshine(&[
        "disk",
        "get",
        disk.to_str().unwrap(),
        file,
        to.to_str().unwrap(),
    ]);
    assert_eq!(done.code, 0, "{done:?}");
    let text = std::fs::read_to_string(to.join(file)).unwrap();
    text.split_terminator('\r').map(str::to_owned).collect()
}

/// Words of the lines that begin with `word`.
fn said<'a>(lines: &'a [String], word: &str) -> Vec<Vec<&'a str>> {
    let words = |line: &'a String| {
        line.split([' ', ','])
            .filter(|one| !one.is_empty())
            .collect()
    };
    let begins = |line: &&String| line.starts_with(word);
    lines.iter().filter(begins).map(words).collect()
}

/// Numbers of the messages to `recipient` that a log says are in a store.
fn sent_to(log: &[String], recipient: &str) -> Vec<String> {
    let sent = said(log, "sent ").into_iter();
    let to = sent.filter(|line| line[3] == recipient);
    to.map(|line| line[1].to_owned()).collect()
}

/// Numbers of the messages from `sender` that a log says were read.
fn read_from(log: &[String], sender: &str) -> Vec<String> {
    let read = said(log, "read ").into_iter();
    let from = read.filter(|line| line[3] == sender);
    from.map(|line| line[5].split_once('/').unwrap().1.to_owned())
        .collect()
}

const TWO_CLIENTS: &str = r#"
[machines]
server = ["mail-server"]
ann = ["mail-client"]
bob = ["mail-client"]

[for.ann]
client.to = "bob"
client.count = 6

[for.bob]
client.to = "ann"
client.count = 6

[mail]
clients = 0
duration = 52000
"#;

#[test]
fn macintoshes_write_to_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let outcome = run_in(dir.path(), TWO_CLIENTS, &["--expect", "clean", "--verify"]);
    let (ann, bob) = (
        lines(dir.path(), "ann", "Mail Client Log"),
        lines(dir.path(), "bob", "Mail Client Log"),
    );
    for (sender, from, reader, to) in [(&ann, "ann", &bob, "bob"), (&bob, "bob", &ann, "ann")] {
        let all = ["1", "2", "3", "4", "5", "6"];
        assert_eq!(sent_to(sender, to), all, "{sender:?}");
        assert_eq!(read_from(reader, from), all, "{reader:?}");
        assert!(
            said(reader, "read ")
                .iter()
                .all(|line| line.last() == Some(&"good"))
        );
    }
    // Twelve messages of one part or more, as many fetches and deletions; the cable shows them all.
    let mail = &outcome["mail"];
    assert!(mail["answered"].as_u64() > Some(36), "{mail}");
    assert_eq!(mail["timed_out"], 0);
}

#[test]
fn a_client_without_a_server_makes_no_silence() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[machines]\nann = [\"mail-client\"]\n[mail]\nclients = 0\nduration = 30000\n";
    let outcome = run_in(dir.path(), text, &["--expect", "clean"]);
    assert_eq!(outcome["mail"]["sent"], 0);
    let log = lines(dir.path(), "ann", "Mail Client Log");
    assert!(
        log.iter().all(|line| line == "no server of that name"),
        "{log:?}"
    );
}

const TWO_SERVERS: &str = r#"
[machines]
east = ["mail-server"]
west = ["mail-server"]
ann = ["mail-client"]
bob = ["mail-client"]

[server]
retry-minutes = 1

[client]
interval = 120
count = 3

[for.east]
server.name = "East"

[for.west]
server.name = "West"

[for.ann]
client.server = "East"
client.to = "bob@West"

[for.bob]
client.server = "West"
client.to = "ann@East"

[mail]
clients = 0
duration = 46000
"#;

#[test]
fn servers_forward_to_each_other_and_wait_for_one_that_is_off() {
    let all = ["1", "2", "3"];
    let dir = tempfile::tempdir().unwrap();
    run_in(dir.path(), TWO_SERVERS, &["--expect", "clean"]);
    let log = |name: &str| lines(dir.path(), name, "Mail Client Log");
    assert_eq!(read_from(&log("bob"), "ann@East"), all);
    assert_eq!(read_from(&log("ann"), "bob@West"), all);

    let late = [
        "--set",
        "west:mac.start=25000",
        "--set",
        "mail.duration=82000",
    ];
    run_in(dir.path(), TWO_SERVERS, &late);
    let (ann, bob) = (log("ann"), log("bob"));
    assert_eq!(sent_to(&ann, "bob@West"), all, "{ann:?}");
    assert_eq!(read_from(&bob, "ann@East"), all, "{bob:?}");
    assert_eq!(read_from(&ann, "bob@West"), all, "{ann:?}");
}

const UTILITY: &str = r#"
[machines]
server = ["mail-server"]
probe = ["atalk"]

[atalk]
commands = 'pause 4;lookup;echo "Post Office:MSMail Reconstruction@*" 3;echo 0.200 2;zones;keyboard'

[[input]]
machine = "probe"
at = 26
type = "lookup Nobody:=@*\n"

[[input]]
machine = "probe"
at = 31
type = "quit\n"

[mail]
clients = 0
duration = 26000
"#;

#[test]
fn the_utility_finds_names_and_echoers() {
    let dir = tempfile::tempdir().unwrap();
    run_in(dir.path(), UTILITY, &["--expect", "clean"]);
    let results = lines(dir.path(), "probe", "Atalk Results");
    let names = said(&results, "name ");
    assert_eq!(names.len(), 1, "{results:?}");
    assert_eq!(names[0][2..], ["Post", "Office:MSMail", "Reconstruction@*"]);
    let node = names[0][1].rsplit_once('.').unwrap().0;
    let echoes = said(&results, "echo ");
    assert_eq!(
        echoes[0][..6],
        ["echo", &format!("{node}.4"), "sent", "3", "lost", "0"]
    );
    // A frame of 77 bytes and its dialog take some 3 ms each way: less than a tick, which may begin in between.
    assert!(echoes[0][8].parse::<u32>().unwrap() <= 3, "{results:?}");
    assert_eq!(echoes[1], ["echo", "0.200.4", "sent", "2", "lost", "2"]);
    assert!(results.contains(&"no router".into()));
    assert!(results.contains(&"> lookup Nobody:=@*".into()) && results.contains(&"names 0".into()));
    assert_eq!(results.last().map(String::as_str), Some("done"));
}

#[test]
fn what_thirty_clients_were_told_is_in_the_store_once() {
    let faults = ["cable.loss=17", "cable.damage=17", "cable.duplicate=16"];
    let faults: Vec<&str> = faults.iter().flat_map(|one| ["--set", one]).collect();
    for further in [&[][..], &faults] {
        let fixed = [
            "mail-load",
            "--set",
            "mail.duration=30000",
            "--set",
            "mail.interval=5000",
        ];
        let (code, outcome) = run(&[&fixed[..], further].concat());
        assert_eq!(code, 0, "{outcome:#}");
        let store = &outcome["mail"]["store"];
        assert!(store["messages"].as_u64() > Some(30), "{store}");
        assert_eq!(store["right"], store["messages"], "{store}");
        for none in ["missing", "twice", "wrong", "others"] {
            assert_eq!(store[none], 0, "{store}");
        }
        assert_eq!(outcome["mail"]["violations"], serde_json::json!([]));
    }
}

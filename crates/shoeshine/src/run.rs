use crate::arguments::RunArguments;
use crate::bridge::{Bridge, Host};
use crate::report::{resolve, tell};
use crate::serial::Serial;
use crate::{Ended, NO_VERDICT, NOT_DETERMINISTIC, UNEXPECTED};
use indicatif::ProgressBar;
use lab::case::Case;
use lab::live::{Nobody, Outside, Recording};
use lab::outcome::Outcome;
use lab::run::{Keep, RunError};
use lab::scenario::{Expectation, Scenario};
use std::io::IsTerminal;
use std::path::Path;

pub(crate) fn run(arguments: &RunArguments) -> Ended {
    let name = arguments.scenario.as_deref().unwrap_or("q99304");
    let mut scenario = resolve(name, &arguments.set, &arguments.fix)?;
    for fault in &arguments.fault {
        scenario
            .add_fault(fault)
            .map_err(|error| error.to_string())?;
    }
    if let Some(seed) = arguments.seed {
        scenario
            .set(&format!("run.seed={seed}"))
            .map_err(|error| error.to_string())?;
    }
    if let Some(word) = &arguments.expect {
        scenario.expect = Expectation::from_word(word)
            .ok_or_else(|| format!("--expect {word}: any, failure, clean or a failure kind"))?;
    }
    let keep = arguments.out.as_ref().map(|dir| Keep {
        dir: dir.clone(),
        trace: arguments.trace,
        pcap: arguments.pcap,
        force: arguments.force,
    });
    let input = arguments.serial_input.as_deref();
    let mut host = Host {
        serial: Serial::open(arguments.serial.as_deref(), input)?,
        bridge: match arguments.bridge {
            Some(_) => Some(Bridge::open(arguments.bridge_interface, arguments.pace)?),
            None => None,
        },
    };
    let (outcome, live) = execute(&scenario, keep.as_ref(), None, None, &mut host)
        .map_err(|error| error.to_string())?;
    host.serial.finish()?;
    if let Some(bridge) = &host.bridge {
        bridge.tell();
    }
    if arguments.verify {
        let (again, _) = execute(&scenario, None, None, Some(&live), &mut Nobody)
            .map_err(|error| error.to_string())?;
        if again.trace_hash != outcome.trace_hash {
            eprintln!(
                "shoeshine: not deterministic: {} and {}",
                outcome.trace_hash, again.trace_hash
            );
            return Ok(NOT_DETERMINISTIC);
        }
    }
    finish(
        &outcome,
        &scenario,
        arguments.json,
        arguments.verify,
        &replay_line(name, arguments, outcome.seed),
    )
}

pub(crate) fn replay(case: &Path, json: bool) -> Ended {
    let case = Case::open(case).map_err(|error| error.to_string())?;
    let (outcome, _) = execute(
        &case.scenario,
        None,
        Some(&case),
        Some(&case.live),
        &mut Nobody,
    )
    .map_err(|error| error.to_string())?;
    if outcome.trace_hash != case.trace_hash {
        eprintln!(
            "shoeshine: not deterministic: the case has {}, this run {}",
            case.trace_hash, outcome.trace_hash
        );
        return Ok(NOT_DETERMINISTIC);
    }
    finish(
        &outcome,
        &case.scenario,
        json,
        true,
        &format!("shoeshine replay {}", case.path.display()),
    )
}

fn finish(
    outcome: &Outcome,
    scenario: &Scenario,
    json: bool,
    verified: bool,
    again: &str,
) -> Ended {
    if json {
        println!(
            "{}",
            serde_json::to_string(outcome).map_err(|error| error.to_string())?
        );
    }
    tell(outcome);
    if verified {
        eprintln!("  the hash is the same as that of the other run");
    }
    if !outcome.failures.is_empty() {
        eprintln!("\n  again: {again}");
    }
    let as_expected = match &scenario.expect {
        Expectation::Any => true,
        Expectation::Failure => outcome.verdict == "failure",
        Expectation::Clean => outcome.verdict == "clean",
        Expectation::Kind(kind) => outcome.failures.iter().any(|failure| failure.kind == *kind),
    };
    Ok(match outcome.verdict {
        "none" => NO_VERDICT,
        _ if as_expected => 0,
        _ => {
            eprintln!("  expected: {}", scenario.expect.word());
            UNEXPECTED
        }
    })
}

/// The command line that repeats this run.
fn replay_line(name: &str, arguments: &RunArguments, seed: u64) -> String {
    let quote = |text: &str| {
        let plain = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_=./,:".contains(c));
        if plain {
            text.to_owned()
        } else {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
    };
    let mut line = format!("shoeshine run {} --seed {seed}", quote(name));
    for set in &arguments.set {
        line += &format!(" --set {}", quote(set));
    }
    if let Some(input) = &arguments.serial_input {
        line += &format!(" --serial-input {}", quote(&input.to_string_lossy()));
    }
    for fix in &arguments.fix {
        line += &format!(" --fix {}", quote(fix));
    }
    for fault in &arguments.fault {
        line += &format!(" --fault {}", quote(fault));
    }
    line
}

fn execute(
    scenario: &Scenario,
    keep: Option<&Keep>,
    case: Option<&Case>,
    recorded: Option<&Recording>,
    outside: &mut dyn Outside,
) -> Result<(Outcome, Recording), RunError> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    let outcome = lab::run::run_live(scenario, keep, case, recorded, outside, &mut |text| {
        bar.set_message(text);
        bar.tick();
    });
    bar.finish_and_clear();
    outcome
}

use crate::Ended;
use lab::catalogue::ENTRIES;
use lab::fixes::FIXES;
use lab::outcome::Outcome;
use lab::scenario::Scenario;

pub(crate) fn list(json: bool) -> Ended {
    let mut scenarios = Vec::new();
    for entry in ENTRIES {
        scenarios.push(Scenario::find(entry.name).map_err(|error| error.to_string())?);
    }
    if json {
        let scenarios: Vec<_> = scenarios
            .iter()
            .map(|one| serde_json::json!({ "name": one.name, "about": one.about, "expect": one.expect.word() }))
            .collect();
        let fixes: Vec<_> = FIXES
            .iter()
            .map(|fix| serde_json::json!({ "name": fix.name, "about": fix.about, "removes": fix.removes }))
            .collect();
        println!(
            "{}",
            serde_json::json!({ "scenarios": scenarios, "fixes": fixes })
        );
        return Ok(0);
    }
    println!("Scenarios (shoeshine run NAME):");
    for one in scenarios {
        println!(
            "  {:<20} {} [expects {}]",
            one.name,
            one.about,
            one.expect.word()
        );
    }
    println!("\nFixes (shoeshine run NAME --fix FIX):");
    for fix in FIXES {
        println!("  {:<20} {} [removes {}]", fix.name, fix.about, fix.removes);
    }
    Ok(0)
}

pub(crate) fn show(scenario: &str, set: &[String], fix: &[String]) -> Ended {
    let scenario = resolve(scenario, set, fix)?;
    print!("{}", scenario.to_toml());
    Ok(0)
}

/// The scenario `name` with these changes.
pub(crate) fn resolve(name: &str, set: &[String], fix: &[String]) -> Result<Scenario, String> {
    let mut scenario = Scenario::find(name).map_err(|error| error.to_string())?;
    for name in fix {
        scenario.fix(name).map_err(|error| error.to_string())?;
    }
    for assignment in set {
        scenario
            .set(assignment)
            .map_err(|error| error.to_string())?;
    }
    Ok(scenario)
}

/// The outcome for people.
pub(crate) fn tell(outcome: &Outcome) {
    let mail = &outcome.mail;
    let tape = outcome.tape;
    eprintln!(
        "{} seed {}: {}",
        outcome.scenario,
        outcome.seed,
        outcome.verdict.to_uppercase()
    );
    for failure in &outcome.failures {
        let how = failure
            .mechanism
            .map(|how| format!(" ({how:?}: {})", how.title()))
            .unwrap_or_default();
        eprintln!(
            "\n  {} on {} at {:.3} s{how}",
            failure.kind.word(),
            failure.machine,
            failure.seconds
        );
        for line in &failure.evidence {
            eprintln!("    {line}");
        }
    }
    eprintln!(
        "\n  mail    {} requests, {} answered, {} given up\n  tape    {} blocks, {} damaged, {} repositions, {} underruns",
        mail.sent,
        mail.answered,
        mail.timed_out,
        tape.blocks,
        tape.bad_blocks,
        tape.repositions,
        tape.underruns
    );
    for one in &outcome.network {
        let figures = one.figures;
        if figures.asked > 0 {
            eprintln!(
                "  network {}: {} of {} requests to send without CTS, {} receiver overruns, {} collisions; {} ATP requests repeated, {} answers never released",
                one.machine,
                figures.no_cts,
                figures.asked,
                figures.overruns,
                figures.collisions,
                figures.retries,
                figures.release_timeouts
            );
        }
    }
    for violation in &mail.violations {
        eprintln!("  mail    against the protocol: {violation}");
    }
    tell_interrupts(outcome);
    let say = |answer: Option<bool>, yes: &str, no: &str, unknown: &str| match answer {
        Some(true) => yes.to_owned(),
        Some(false) => no.to_owned(),
        None => unknown.to_owned(),
    };
    eprintln!(
        "  backup  {} files, {} bytes; its log {}; tape and disk {}",
        outcome.backup.files,
        outcome.backup.bytes,
        say(
            outcome.backup.reported_ok,
            "reports success",
            "reports errors",
            "is not finished"
        ),
        say(
            outcome.backup.verified_ok,
            "agree",
            "DIFFER",
            "cannot be compared"
        ),
    );
    eprintln!(
        "  time    {:.2} s emulated in {:.2} s ({:.1} times real time), hash {}",
        outcome.virtual_seconds,
        outcome.host_seconds,
        outcome.speed,
        &outcome.trace_hash[..16]
    );
}

/// One line for each machine and level: the longest stretch with interrupts masked, and the longest wait.
fn tell_interrupts(outcome: &Outcome) {
    let mut told: Option<(&str, u8)> = None;
    for one in &outcome.interrupts {
        let this = (one.machine.as_str(), one.level);
        if told.replace(this) == Some(this) {
            continue;
        }
        let millis = |us: u64| format!("{}.{} ms", us / 1000, us / 100 % 10);
        let end = if one.unfinished { " to the end" } else { "" };
        let wait = outcome
            .interrupt_latency
            .iter()
            .find(|wait| (wait.machine.as_str(), wait.level) == this)
            .map(|wait| {
                let (long, at) = (millis(wait.longest_us), wait.at_seconds);
                format!("; longest wait {long} at {at:.3} s, in {}", wait.symbol)
            });
        eprintln!(
            "  level {} on {}: masked for {} at {:.3} s{end} by {}{}",
            one.level,
            one.machine,
            millis(one.longest_us),
            one.at_seconds,
            one.symbol,
            wait.unwrap_or_default()
        );
    }
}

//! End-to-end tests, grouped by what a user does. Here: how they start the command line.

use std::path::PathBuf;
use std::process::Command;

/// What a command line did.
#[derive(Debug)]
pub struct Done {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Done {
    /// The JSON object on standard output.
    ///
    /// # Panics
    /// When there is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs `shoeshine` with these arguments.
///
/// # Panics
/// When the program cannot be started or was killed.
pub fn shoeshine(arguments: &[&str]) -> Done {
    let output = Command::new(program())
        .args(arguments)
        .output()
        .expect("the program starts");
    Done {
        code: output.status.code().expect("the program is not killed"),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs a scenario with `--json` and these further arguments, and returns the exit code and the object.
pub fn run(arguments: &[&str]) -> (i32, serde_json::Value) {
    let done = shoeshine(&[&["run"], arguments, &["--json"]].concat());
    (done.code, done.json())
}

/// The mechanisms of the failures of an outcome.
pub fn mechanisms(outcome: &serde_json::Value) -> Vec<String> {
    let failures = outcome["failures"].as_array().cloned().unwrap_or_default();
    failures
        .iter()
        .filter_map(|failure| failure["mechanism"].as_str().map(str::to_owned))
        .collect()
}

/// Cargo puts examples beside the folder of the test programs.
fn program() -> PathBuf {
    let mut path = std::env::current_exe().expect("a running test has a path");
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("shoeshine{}", std::env::consts::EXE_SUFFIX));
    path
}

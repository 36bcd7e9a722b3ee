//! What happens to a machine from outside, at times that the scenario states: somebody types, moves the mouse.
//!
//! In a scenario's file each input is a `[[input]]` table with `machine`, `at` (seconds) and one action. [`Timed`] and [`Schedule`] know
//! nothing of keyboards: any other kind of event that a scenario sends to a machine at a time is another `T`.

use crate::scenario::ScenarioError;
use chips::keyboard::key_for;
use clock::Ticks;
use mac::Mac;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Something that happens to a machine at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timed<T> {
    /// The machine's name.
    pub machine: String,
    /// When, in microseconds of virtual time.
    pub micros: u64,
    /// What.
    pub what: T,
}

/// What a person does with keyboard and mouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// Types a text, one key transition every two video frames.
    Type(String),
    /// Presses or releases a key.
    Key {
        /// Its code, 00 to 7F, as *Inside Macintosh* V has them.
        code: u8,
        /// Whether it goes down.
        down: bool,
    },
    /// Moves the mouse by so many counts to the right and down.
    Mouse(i32, i32),
    /// Presses (true) or releases the mouse button.
    Button(bool),
}

impl Input {
    /// Does it to `mac`, now.
    pub fn apply(&self, mac: &mut Mac) {
        match self {
            Input::Type(text) => mac.type_text(text),
            Input::Key { code, down } => mac.press_key(*code, *down),
            Input::Mouse(right, down) => mac.move_mouse(*right, *down),
            Input::Button(down) => mac.set_mouse_button(*down),
        }
    }
}

/// Timed events that are still to come, for machines by number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule<T> {
    waiting: VecDeque<(Ticks, usize, T)>,
}

impl<T: Clone> Schedule<T> {
    /// The schedule of `events` for machines of these names; simultaneous events stay in their order.
    pub fn new(events: &[Timed<T>], machines: &[&str]) -> Schedule<T> {
        let number = |name: &str| machines.iter().position(|machine| *machine == name);
        let mut waiting: Vec<_> = events
            .iter()
            .filter_map(|event| {
                let at = Ticks::from_micros(event.micros);
                Some((at, number(&event.machine)?, event.what.clone()))
            })
            .collect();
        waiting.sort_by_key(|&(at, ..)| at);
        Schedule {
            waiting: waiting.into(),
        }
    }

    /// The next event that is due at `now`, with its machine.
    pub fn next(&mut self, now: Ticks) -> Option<(usize, T)> {
        let &(at, ..) = self.waiting.front()?;
        if at > now {
            return None;
        }
        let (_, machine, what) = self.waiting.pop_front()?;
        Some((machine, what))
    }
}

/// A day: no run is longer.
const LATEST: u64 = 86_400;
/// Characters of one text.
const TEXT: usize = 4000;
/// Counts of one movement of the mouse.
const FAR: i64 = 10_000;

/// Reads the `[[input]]` tables of a scenario. `line` says where the table with a number stands.
///
/// # Errors
/// When a key is unknown or missing, or a value is not valid.
pub(crate) fn read(
    tables: &[toml::Value],
    machines: &[&str],
    line: impl Fn(usize) -> String,
) -> Result<Vec<Timed<Input>>, ScenarioError> {
    let mut inputs = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        let refuse = |reason: String| ScenarioError::Content {
            place: line(number),
            reason,
        };
        let table = table
            .as_table()
            .ok_or_else(|| refuse("an input is a table: write [[input]]".into()))?;
        inputs.push(timed(table, machines, action).map_err(refuse)?);
    }
    Ok(inputs)
}

/// Reads what all timed events have in common, and gives the other keys to `action`.
pub(crate) fn timed<T>(
    table: &toml::Table,
    machines: &[&str],
    action: impl FnOnce(&toml::Table) -> Result<T, String>,
) -> Result<Timed<T>, String> {
    let mut rest = table.clone();
    let machine = match (rest.remove("machine"), machines) {
        (Some(toml::Value::String(name)), _) if machines.contains(&name.as_str()) => name,
        (Some(name), _) => {
            let known = machines.join(", ");
            return Err(format!("no machine is called {name}; there is: {known}"));
        }
        (None, [only]) => (*only).to_owned(),
        (None, _) => {
            let known = machines.join(", ");
            return Err(format!("`machine` is missing: one of {known}"));
        }
    };
    let seconds = match rest.remove("at") {
        Some(toml::Value::Integer(seconds)) => seconds as f64,
        Some(toml::Value::Float(seconds)) => seconds,
        Some(other) => {
            return Err(format!(
                "`at` is a number of seconds, like 12.5, not {other}"
            ));
        }
        None => return Err("`at` is missing: when it happens, in seconds".into()),
    };
    if !(0.0..=LATEST as f64).contains(&seconds) {
        return Err(format!("`at` is {seconds}: it goes from 0 to {LATEST}"));
    }
    Ok(Timed {
        machine,
        micros: (seconds * 1e6).round() as u64,
        what: action(&rest)?,
    })
}

fn action(table: &toml::Table) -> Result<Input, String> {
    use toml::Value::{Array, Boolean, Integer, String as Text};
    let only = |keys: &[&str]| match table.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!(
            "`{key}` does not belong to an input with `{}`",
            keys[0]
        )),
        None => Ok(()),
    };
    match (
        table.get("type"),
        table.get("key"),
        table.get("mouse"),
        table.get("button"),
    ) {
        (Some(Text(text)), None, None, None) => {
            only(&["type"])?;
            if text.chars().count() > TEXT {
                return Err(format!("`type` has more than {TEXT} characters: split it"));
            }
            match text.chars().find(|&character| key_for(character).is_none()) {
                Some(character) => Err(format!(
                    "the keyboard has no key for {character:?}: `type` takes what a United States keyboard has without Option"
                )),
                None => Ok(Input::Type(text.clone())),
            }
        }
        (None, Some(Integer(code)), None, None) => {
            only(&["key", "down"])?;
            let code = u8::try_from(*code)
                .ok()
                .filter(|&code| code < 0x80)
                .ok_or_else(|| format!("`key` is {code}: a key code goes from 0 to 127"))?;
            match table.get("down") {
                Some(Boolean(down)) => Ok(Input::Key { code, down: *down }),
                _ => Err("`key` needs `down`: true when it goes down, false when it comes up".into()),
            }
        }
        (None, None, Some(Array(distance)), None) => {
            only(&["mouse"])?;
            match distance.as_slice() {
                [Integer(right), Integer(down)] if right.abs() <= FAR && down.abs() <= FAR => {
                    Ok(Input::Mouse(*right as i32, *down as i32))
                }
                _ => Err(format!(
                    "`mouse` is [right, down], whole numbers from -{FAR} to {FAR}"
                )),
            }
        }
        (None, None, None, Some(Boolean(down))) => {
            only(&["button"])?;
            Ok(Input::Button(*down))
        }
        (None, None, None, None) => {
            Err("nothing happens: give one of `type`, `key` and `down`, `mouse`, `button`".into())
        }
        _ => Err("an input has one of `type` (text), `key` (number) and `down`, `mouse` ([right, down]), `button` (true or false)".into()),
    }
}

/// The inputs as `[[input]]` tables.
pub(crate) fn to_toml(inputs: &[Timed<Input>]) -> String {
    let quote = |text: &str| toml::Value::String(text.into()).to_string();
    inputs
        .iter()
        .map(|input| {
            let what = match &input.what {
                Input::Type(text) => format!("type = {}", quote(text)),
                Input::Key { code, down } => format!("key = {code}\ndown = {down}"),
                Input::Mouse(right, down) => format!("mouse = [{right}, {down}]"),
                Input::Button(down) => format!("button = {down}"),
            };
            let (seconds, rest) = (input.micros / 1_000_000, input.micros % 1_000_000);
            format!(
                "\n[[input]]\nmachine = {}\nat = {seconds}.{rest:06}\n{what}\n",
                quote(&input.machine)
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn scenario(inputs: &str) -> Result<Scenario, String> {
        let text = format!("[machines]\na = []\nb = []\n{inputs}");
        Scenario::from_toml("test", &text, "test.toml").map_err(|error| error.to_string())
    }

    #[test]
    fn inputs_survive_being_written_and_read() {
        let text = "
            [[input]]
            machine = \"b\"
            at = 3
            type = \"Hello, \\\"World\\\"!\\n\"
            [[input]]
            machine = \"a\"
            at = 0.25
            mouse = [-5, 40]
            [[input]]
            machine = \"a\"
            at = 1.000001
            key = 0x37
            down = true
            [[input]]
            machine = \"a\"
            at = 2
            button = false
        ";
        let first = scenario(text).unwrap();
        let times: Vec<u64> = first.inputs.iter().map(|input| input.micros).collect();
        assert_eq!(times, [3_000_000, 250_000, 1_000_001, 2_000_000]);
        let again = Scenario::from_toml("test", &first.to_toml(), "test.toml").unwrap();
        assert_eq!(again.inputs, first.inputs);
    }

    #[test]
    fn wrong_inputs_are_refused_with_line_and_remedy() {
        for (input, words) in [
            ("type = \"x\"\nat = 1", "`machine` is missing: one of a, b"),
            (
                "machine = \"c\"\nat = 1\ntype = \"x\"",
                "no machine is called \"c\"; there is: a, b",
            ),
            ("machine = \"a\"\ntype = \"x\"", "`at` is missing"),
            ("machine = \"a\"\nat = -1\ntype = \"x\"", "from 0 to 86400"),
            ("machine = \"a\"\nat = nan\ntype = \"x\"", "from 0 to 86400"),
            (
                "machine = \"a\"\nat = \"1\"\ntype = \"x\"",
                "number of seconds",
            ),
            ("machine = \"a\"\nat = 1", "nothing happens"),
            (
                "machine = \"a\"\nat = 1\ntype = \"\u{e9}\"",
                "no key for 'é'",
            ),
            (
                "machine = \"a\"\nat = 1\nkey = 128\ndown = true",
                "from 0 to 127",
            ),
            ("machine = \"a\"\nat = 1\nkey = 1", "needs `down`"),
            ("machine = \"a\"\nat = 1\nmouse = [1]", "[right, down]"),
            ("machine = \"a\"\nat = 1\nbutton = 1", "one of `type`"),
            (
                "machine = \"a\"\nat = 1\ntype = \"x\"\nbutton = true",
                "one of `type`",
            ),
            (
                "machine = \"a\"\nat = 1\ntype = \"x\"\nspeed = 2",
                "`speed` does not belong",
            ),
        ] {
            let good = "[[input]]\nmachine = \"a\"\nat = 0\nbutton = true\n";
            let error = scenario(&format!("{good}[[input]]\n{input}\n")).unwrap_err();
            assert!(error.contains(words), "{input}: {error}");
            assert!(error.starts_with("test.toml: line 8"), "{error}");
        }
        let text = "input = 3\n[machines]\na = []\n";
        let error = Scenario::from_toml("test", text, "test.toml").unwrap_err();
        assert_eq!(
            error.to_string(),
            "test.toml: line 1: an input is a table: write [[input]]"
        );
    }

    #[test]
    fn events_come_in_the_order_of_time_then_of_the_file() {
        let event = |machine: &str, micros, what| Timed {
            machine: machine.into(),
            micros,
            what,
        };
        let events = [event("b", 5, 'x'), event("a", 3, 'y'), event("a", 5, 'z')];
        let mut schedule = Schedule::new(&events, &["a", "b"]);
        assert_eq!(schedule.next(Ticks::from_micros(2)), None);
        assert_eq!(schedule.next(Ticks::from_micros(5)), Some((0, 'y')));
        assert_eq!(schedule.next(Ticks::from_micros(5)), Some((1, 'x')));
        assert_eq!(schedule.next(Ticks::from_micros(5)), Some((0, 'z')));
        assert_eq!(schedule.next(Ticks::NEVER), None);
    }
}

//! The modem ports: a terminal on channel A of each machine's SCC.
//!
//! What somebody types while a run goes on is an outside input: it enters at a tick, and the run keeps both, so that a replay needs nobody.

use chips::terminal::Terminal;
use clock::Ticks;
use mac::Mac;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// What was typed at each machine, by its name: bytes with the tick at which they were handed over.
pub type Recording = BTreeMap<String, Vec<(Ticks, Vec<u8>)>>;

/// Who sits at the modem port of the first machine while it runs.
pub trait Host {
    /// What was typed since the last call.
    fn input(&mut self) -> Vec<u8>;

    /// What the machine has sent since the last call.
    fn output(&mut self, bytes: &[u8]);
}

/// A machine's modem port and the terminal on it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Port {
    terminal: Terminal,
    /// What is still to be typed.
    coming: VecDeque<(Ticks, Vec<u8>)>,
    /// What was typed.
    pub(crate) typed: Vec<(Ticks, Vec<u8>)>,
    /// What the machine sent.
    pub(crate) log: Vec<u8>,
}

impl Port {
    /// A terminal at `rate` bits in a second.
    pub(crate) fn new(rate: u32) -> Port {
        Port {
            terminal: Terminal::new(rate),
            coming: VecDeque::new(),
            typed: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Types `bytes` when the world has come to `at`; times must not decrease.
    pub(crate) fn type_at(&mut self, at: Ticks, bytes: Vec<u8>) {
        self.coming.push_back((at, bytes));
    }

    /// Before the machine runs on from `now`.
    pub(crate) fn give(&mut self, now: Ticks, mac: &mut Mac) {
        while let Some((at, bytes)) = self.coming.pop_front_if(|one| one.0 <= now) {
            for &byte in &bytes {
                for (at, level) in self.terminal.send(now, byte) {
                    mac.serial_in(at, level);
                }
            }
            self.typed.push((at, bytes));
        }
    }

    /// After the machine has run up to `now`.
    pub(crate) fn take(&mut self, now: Ticks, mac: &mut Mac) {
        if mac.has_serial_out() {
            for (at, level) in mac.serial_out() {
                self.terminal.hear(at, level);
            }
        }
        let characters = self.terminal.take(now).into_iter();
        self.log.extend(characters.map(|(_, byte)| byte));
    }
}

/// The lines of a case: for each machine a list of ticks and bytes in hexadecimal.
pub(crate) fn to_toml(recording: &Recording) -> String {
    let mut text = String::new();
    for (machine, typed) in recording.iter().filter(|one| !one.1.is_empty()) {
        text += &format!("{machine} = [\n");
        for (at, bytes) in typed {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            text += &format!("  [{}, \"{digits}\"],\n", at.0);
        }
        text += "]\n";
    }
    text
}

/// Reads such lines; `Err` says what is wrong.
pub(crate) fn from_toml(table: &toml::Table) -> Result<Recording, String> {
    let entry = |machine: &str, value: &toml::Value| {
        let pair = value.as_array().map(Vec::as_slice);
        let Some([toml::Value::Integer(at), toml::Value::String(digits)]) = pair else {
            return Err(format!(
                "[case.serial] {machine}: {value} is no [tick, \"bytes in hexadecimal\"]"
            ));
        };
        let bytes = (0..digits.len()).step_by(2).map(|place| {
            let pair = digits.get(place..place + 2);
            pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())
        });
        let bytes: Option<Vec<u8>> = bytes.collect();
        match (u64::try_from(*at), bytes) {
            (Ok(at), Some(bytes)) => Ok((Ticks(at), bytes)),
            _ => Err(format!(
                "[case.serial] {machine}: {value} has a negative tick or odd digits"
            )),
        }
    };
    let mut recording = Recording::new();
    for (machine, value) in table {
        let list = value
            .as_array()
            .ok_or_else(|| format!("[case.serial] {machine} is no list"))?;
        let typed: Vec<_> = list
            .iter()
            .map(|value| entry(machine, value))
            .collect::<Result<_, _>>()?;
        if !typed.is_sorted_by_key(|one| one.0) {
            return Err(format!("[case.serial] {machine}: the ticks go backwards"));
        }
        recording.insert(machine.clone(), typed);
    }
    Ok(recording)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mac::MacConfig;

    /// A program that sets channel A up for 9600 baud and echoes what it receives.
    fn echo() -> Mac {
        let mut words: Vec<u16> = vec![0, 0x8000, 0x40, 8];
        for value in [
            9, 0x80, 4, 0x44, 11, 0x50, 12, 10, 13, 0, 14, 0x01, 3, 0xC1, 5, 0x6A,
        ] {
            // MOVE.B #value,$BFFFFB
            words.extend([0x13FC, value, 0xBF, 0xFFFB]);
        }
        // echo: BTST #0,$9FFFFA; BEQ echo; MOVE.B $9FFFFE,$BFFFFF; BRA echo
        words.extend([0x0839, 0, 0x9F, 0xFFFA, 0x67F6]);
        words.extend([0x13F9, 0x9F, 0xFFFE, 0xBF, 0xFFFF, 0x60EA]);
        let rom = words.into_iter().flat_map(u16::to_be_bytes).collect();
        Mac::new(MacConfig::new(rom)).unwrap()
    }

    /// Runs in the steps of a world; `live` types at a tick.
    fn run(port: &mut Port, mut live: impl FnMut(Ticks) -> Option<Vec<u8>>) -> String {
        let mut mac = echo();
        let mut now = Ticks::ZERO;
        while now < Ticks::from_millis(40) {
            if let Some(bytes) = live(now) {
                port.type_at(now, bytes);
            }
            port.give(now, &mut mac);
            now += Ticks::BYTE;
            mac.run_until(now);
            port.take(now, &mut mac);
        }
        mac.state_hash().to_string()
    }

    #[test]
    fn what_was_typed_live_is_replayed_to_the_same_state_without_anybody() {
        let mut live = Port::new(9600);
        let mut texts = [(100_000, "he"), (150_000, "llo")].into_iter().peekable();
        let hash = run(&mut live, |now| {
            let text = texts.next_if(|one| one.0 <= now.0)?.1;
            Some(text.as_bytes().to_vec())
        });
        assert_eq!(live.log, b"hello");
        let recorded = Recording::from([("mac".to_owned(), live.typed)]);
        let again = from_toml(&to_toml(&recorded).parse().unwrap()).unwrap();
        let mut replayed = Port::new(9600);
        for (at, bytes) in &again["mac"] {
            replayed.type_at(*at, bytes.clone());
        }
        assert_eq!(run(&mut replayed, |_| None), hash);
        assert_eq!(replayed.log, b"hello");
        let mut nobody = Port::new(9600);
        assert_ne!(run(&mut nobody, |_| None), hash);
        let mut slow = Port::new(1200);
        slow.type_at(Ticks::ZERO, b"hello".to_vec());
        run(&mut slow, |_| None);
        assert_ne!(slow.log, b"hello", "another rate");
    }

    #[test]
    fn a_recording_survives_its_case_and_damage_is_named() {
        let typed = vec![(Ticks(5), b"ab\r".to_vec()), (Ticks(900), vec![0xFF])];
        let recording = Recording::from([("mac".to_owned(), typed)]);
        let text = to_toml(&recording);
        assert_eq!(from_toml(&text.parse().unwrap()), Ok(recording));
        for (text, named) in [
            ("mac = 1", "no list"),
            ("mac = [[1]]", "no [tick"),
            ("mac = [[-1, \"00\"]]", "negative"),
            ("mac = [[1, \"0\"]]", "odd digits"),
            ("mac = [[1, \"0g\"]]", "odd digits"),
            ("mac = [[1, \"é\"]]", "odd digits"),
            ("mac = [[2, \"00\"], [1, \"00\"]]", "backwards"),
        ] {
            let error = from_toml(&text.parse().unwrap()).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}

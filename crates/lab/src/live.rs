//! What comes into a run from outside while it goes on: characters typed at a modem port, datagrams for a bridge.
//!
//! Each enters at a tick, and the run keeps both, so that a replay needs nobody outside.

use clock::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Whoever is outside of a world while it runs. What is not defined does not happen.
pub trait Outside {
    /// What was typed at the modem port of the first machine since the last call.
    fn typed(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// What the first machine has sent on its modem port since the last call.
    fn printed(&mut self, _bytes: &[u8]) {}

    /// The number under which a bridge on the first cable sends datagrams; nothing when there is to be no bridge. Asked once.
    fn bridge(&mut self) -> Option<u32> {
        None
    }

    /// Datagrams that came for the bridge since the last call.
    fn arrivals(&mut self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// The bridge sends a datagram.
    fn depart(&mut self, _datagram: &[u8]) {}

    /// The world has come to `now`: comes back when it may go on. Called once in a virtual millisecond if there is a bridge.
    fn wait(&mut self, _now: Ticks) {}
}

/// Nobody is outside.
pub struct Nobody;

impl Outside for Nobody {}

/// Bytes with the tick at which they were handed over, in order.
pub type Log = Vec<(Ticks, Vec<u8>)>;

/// Everything that came into a run from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// What was typed at each machine's modem port, by its name.
    pub serial: BTreeMap<String, Log>,
    /// The bridge, if the first cable had one.
    pub bridge: Option<BridgeRecording>,
}

/// What came to a bridge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BridgeRecording {
    /// Its number outside.
    pub sender: u32,
    /// Datagrams, its own left out.
    pub arrivals: Log,
}

/// One way in: what is still to come, and what has come.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Feed {
    coming: VecDeque<(Ticks, Vec<u8>)>,
    log: Log,
}

impl Feed {
    /// `bytes` come when the world has come to `at`, or with the next step if it has passed that; times must not decrease.
    pub(crate) fn push(&mut self, at: Ticks, bytes: Vec<u8>) {
        self.coming.push_back((at, bytes));
    }

    /// What comes next, if its time has come by `now`.
    pub(crate) fn next(&mut self, now: Ticks) -> Option<Vec<u8>> {
        let one = self.coming.pop_front_if(|one| one.0 <= now)?;
        self.log.push(one.clone());
        Some(one.1)
    }

    /// What has come.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Leaves the last thing that came out of the log: it made no difference.
    pub(crate) fn forget_last(&mut self) {
        self.log.pop();
    }
}

impl Recording {
    /// True when nothing came and nothing could.
    pub fn is_empty(&self) -> bool {
        self.serial.values().all(Vec::is_empty) && self.bridge.is_none()
    }

    /// The lines of a case, below `[case.live]`.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::new();
        for (machine, typed) in self.serial.iter().filter(|one| !one.1.is_empty()) {
            text += &format!("serial.{machine} = {}", log_to_toml(typed));
        }
        if let Some(bridge) = &self.bridge {
            text += &format!("bridge.sender = {}\n", bridge.sender);
            text += &format!("bridge.arrivals = {}", log_to_toml(&bridge.arrivals));
        }
        text
    }

    /// Reads such lines; `Err` says what is wrong.
    pub(crate) fn from_toml(table: &toml::Table) -> Result<Recording, String> {
        let mut recording = Recording::default();
        for (key, value) in table {
            let inner = value
                .as_table()
                .ok_or_else(|| format!("[case.live] {key} is no table"))?;
            match key.as_str() {
                "serial" => {
                    for (machine, value) in inner {
                        let place = format!("[case.live] serial.{machine}");
                        let log = log_from_toml(&place, value)?;
                        recording.serial.insert(machine.clone(), log);
                    }
                }
                "bridge" => {
                    let sender = inner.get("sender").and_then(toml::Value::as_integer);
                    let sender = sender.and_then(|sender| u32::try_from(sender).ok());
                    let sender =
                        sender.ok_or("[case.live] bridge.sender is no number of 32 bits")?;
                    let arrivals = inner
                        .get("arrivals")
                        .ok_or("[case.live] bridge has no `arrivals`")?;
                    let arrivals = log_from_toml("[case.live] bridge.arrivals", arrivals)?;
                    recording.bridge = Some(BridgeRecording { sender, arrivals });
                }
                _ => return Err(format!("[case.live] {key}: there is `serial` and `bridge`")),
            }
        }
        Ok(recording)
    }
}

/// A list of ticks and bytes in hexadecimal.
fn log_to_toml(log: &Log) -> String {
    let mut text = String::from("[\n");
    for (at, bytes) in log {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("  [{}, \"{digits}\"],\n", at.0);
    }
    text + "]\n"
}

fn log_from_toml(place: &str, value: &toml::Value) -> Result<Log, String> {
    let entry = |value: &toml::Value| {
        let pair = value.as_array().map(Vec::as_slice);
        let Some([toml::Value::Integer(at), toml::Value::String(digits)]) = pair else {
            return Err(format!(
                "{place}: {value} is no [tick, \"bytes in hexadecimal\"]"
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
                "{place}: {value} has a negative tick or odd digits"
            )),
        }
    };
    let list = value
        .as_array()
        .ok_or_else(|| format!("{place} is no list"))?;
    let log: Log = list.iter().map(entry).collect::<Result<_, _>>()?;
    if !log.is_sorted_by_key(|one| one.0) {
        return Err(format!("{place}: the ticks go backwards"));
    }
    Ok(log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::run_live;
    use crate::scenario::Scenario;

    #[test]
    fn a_feed_gives_at_its_time_and_keeps_what_it_gave() {
        let mut feed = Feed::default();
        feed.push(Ticks(5), vec![1]);
        feed.push(Ticks(9), vec![2]);
        assert_eq!(feed.next(Ticks(4)), None);
        assert_eq!(feed.next(Ticks(8)), Some(vec![1]));
        assert_eq!(feed.next(Ticks(8)), None);
        assert_eq!(feed.log(), &[(Ticks(5), vec![1])]);
        assert_eq!(feed.next(Ticks(9)), Some(vec![2]));
        feed.forget_last();
        assert_eq!(feed.log().len(), 1);
    }

    #[test]
    fn a_recording_survives_its_case_and_damage_is_named() {
        let typed = vec![(Ticks(5), b"ab\r".to_vec()), (Ticks(900), vec![0xFF])];
        let recording = Recording {
            serial: BTreeMap::from([("mac-1".to_owned(), typed.clone())]),
            bridge: Some(BridgeRecording {
                sender: 0xFFFF_FFFE,
                arrivals: typed,
            }),
        };
        let text = recording.to_toml();
        let again = Recording::from_toml(&text.parse().unwrap());
        assert_eq!(again, Ok(recording));
        for (text, named) in [
            ("keys.mac = []", "`serial` and `bridge`"),
            ("serial = 1", "no table"),
            ("serial.mac = 1", "no list"),
            ("serial.mac = [[1]]", "no [tick"),
            ("serial.mac = [[-1, \"00\"]]", "negative"),
            ("serial.mac = [[1, \"0\"]]", "odd digits"),
            ("serial.mac = [[1, \"0g\"]]", "odd digits"),
            ("serial.mac = [[1, \"é\"]]", "odd digits"),
            ("serial.mac = [[2, \"00\"], [1, \"00\"]]", "backwards"),
            ("bridge.arrivals = []", "sender"),
            ("bridge.sender = -1", "32 bits"),
            ("bridge.sender = 1", "no `arrivals`"),
            ("bridge = {sender = 1, arrivals = [[1]]}", "no [tick"),
        ] {
            let error = Recording::from_toml(&text.parse().unwrap()).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    /// Node 3 of an outside network, which asks once in a second who is there.
    #[derive(Default)]
    struct Asker {
        next: u64,
        now: Ticks,
        heard: Vec<Vec<u8>>,
    }

    /// An NBP lookup of `=:=@*`, with the request's number 77, from node 3 and its socket 200 to all.
    const LOOKUP: &[u8] = &[
        0, 0, 0, 9, 0xFF, 3, 1, 0, 18, 2, 200, 2, 0x21, 77, 0, 0, 3, 200, 0, 1, b'=', 1, b'=', 1,
        b'*',
    ];

    impl Outside for Asker {
        fn bridge(&mut self) -> Option<u32> {
            Some(8)
        }

        fn arrivals(&mut self) -> Vec<Vec<u8>> {
            if self.now < Ticks::from_secs(self.next) {
                return Vec::new();
            }
            self.next += 1;
            let own = [&[0, 0, 0, 8][..], &LOOKUP[4..]].concat();
            vec![vec![0; 5], LOOKUP.to_vec(), own]
        }

        fn depart(&mut self, datagram: &[u8]) {
            self.heard.push(datagram.to_vec());
        }

        fn wait(&mut self, now: Ticks) {
            self.now = now;
        }
    }

    #[test]
    fn a_run_with_others_behind_the_bridge_repeats_without_them() {
        let mut scenario = Scenario::find("mail-only").unwrap();
        scenario.set("mail.clients=0").unwrap();
        scenario.set("mail.duration=6000").unwrap();
        let quiet = &mut |_| {};
        let mut asker = Asker::default();
        let (live, recording) = run_live(&scenario, None, None, None, &mut asker, quiet).unwrap();
        let replies = asker.heard.iter().filter(|heard| heard[4..] != LOOKUP[4..]);
        let mut replies = replies.filter(|heard| heard[4] == 3 && heard.get(12) == Some(&0x31));
        assert!(
            replies.any(|reply| reply.windows(11).any(|part| part == b"Post Office")),
            "the server's name comes across"
        );
        let figures = live.bridge.unwrap();
        assert_eq!(figures.received, asker.next * 2, "its own do not count");
        assert_eq!(figures.malformed, asker.next);
        let kept = Recording::from_toml(&recording.to_toml().parse().unwrap()).unwrap();
        assert_eq!(kept, recording);
        let replay = |recording: &Recording| {
            run_live(
                &scenario,
                None,
                None,
                Some(recording),
                &mut Nobody,
                &mut |_| {},
            )
            .unwrap()
            .0
        };
        let again = replay(&kept);
        assert_eq!(again.trace_hash, live.trace_hash);
        assert_eq!(again.bridge, live.bridge);
        let mut other = kept.clone();
        other.bridge.as_mut().unwrap().arrivals.pop();
        other.bridge.as_mut().unwrap().arrivals.pop();
        assert_ne!(replay(&other).trace_hash, live.trace_hash);
    }
}

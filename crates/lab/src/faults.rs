//! Faults on demand: what breaks in a machine's drives and on its SCSI bus, at times that the scenario states.
//!
//! In a scenario's file each fault is a `[[fault]]` table with `machine`, `at`, `device`, `kind`, and what the kind needs.

use crate::inputs::{Timed, timed};
use crate::scenario::ScenarioError;
use clock::{Stream, Ticks};
use mac::{Mac, Peripheral};
use scsi::BusFault;
use serde::{Deserialize, Serialize};
use tape::drive::Spot;

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Device {
    /// The machine's hard disk.
    Disk,
    /// Its tape drive.
    Tape,
}

impl Device {
    fn word(self) -> &'static str {
        match self {
            Device::Disk => "disk",
            Device::Tape => "tape",
        }
    }
}

/// How it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A place of the medium that cannot be written (`write`) or read, or only with `retries` more tries.
    MediaDefect {
        /// Where.
        spot: Spot,
        /// Whether what is written there goes bad, or reading fails.
        write: bool,
        /// How often it must be tried again; `None`: in vain.
        retries: Option<u64>,
    },
    /// Passes of the head that fail at random: of a million, for so many microseconds.
    Dropouts(u32, u64),
    /// The motor or arm is stuck, for so many microseconds or until it is switched off.
    StuckMotor(Option<u64>),
    /// Everything takes so many hundredths of its time, for so many microseconds.
    SlowHead(u32, u64),
    /// The bus, or the drive's interface to it.
    Bus(BusFault),
}

/// A fault of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which.
    pub device: Device,
    /// What happens to it.
    pub kind: Kind,
}

/// A fault with what it needs to happen: the device's SCSI ID and its own source of randomness.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Armed {
    fault: Fault,
    id: u8,
    random: Stream,
}

impl Armed {
    /// The faults of a scenario; `id` tells the SCSI ID of a device.
    pub fn all(faults: &[Timed<Fault>], seed: u64, id: impl Fn(Device) -> u8) -> Vec<Timed<Armed>> {
        let arm = |(number, fault): (usize, &Timed<Fault>)| Timed {
            machine: fault.machine.clone(),
            micros: fault.micros,
            what: Armed {
                id: id(fault.what.device),
                random: Stream::new(seed, &format!("{}/faults/{number}", fault.machine)),
                fault: fault.what.clone(),
            },
        };
        faults.iter().enumerate().map(arm).collect()
    }

    /// Lets it happen in `mac`, now.
    pub fn apply(self, mac: &mut Mac) {
        let now = mac.now();
        let until = |micros: u64| now + Ticks::from_micros(micros);
        if let Kind::Bus(fault) = self.fault.kind {
            return mac.inject(self.id, fault);
        }
        mac.with_peripheral(self.id, |device| match (device, self.fault.kind) {
            (Peripheral::Tape(drive), kind) => match kind {
                Kind::MediaDefect {
                    spot,
                    write,
                    retries,
                } => drive.damage(spot, write, retries),
                Kind::Dropouts(rate, time) => drive.set_dropouts(rate, until(time), self.random),
                Kind::StuckMotor(time) => drive.stick(now, time.map_or(Ticks::NEVER, until)),
                Kind::SlowHead(percent, time) => drive.slow_down(percent, until(time)),
                Kind::Bus(_) => {}
            },
            (Peripheral::Disk(disk), kind) => match kind {
                Kind::MediaDefect {
                    spot: Spot::Block(block),
                    retries,
                    ..
                } => {
                    let tries = retries.map(|tries| u32::try_from(tries).unwrap_or(u32::MAX));
                    disk.spoil(u32::try_from(block).unwrap_or(u32::MAX), tries);
                }
                Kind::Dropouts(rate, time) => disk.set_dropouts(rate, until(time), self.random),
                Kind::StuckMotor(time) => disk.stick(time.map_or(Ticks::NEVER, until)),
                Kind::SlowHead(percent, time) => disk.slow_down(percent, until(time)),
                Kind::MediaDefect { .. } | Kind::Bus(_) => {}
            },
            // Only its place on the bus can break.
            (Peripheral::BlockTape(_), _) => {}
        });
    }
}

/// Every kind, with the keys it takes.
const KINDS: [(&str, &[&str]); 9] = [
    ("media-defect", &["block", "position", "on", "retries"]),
    ("dropouts", &["rate", "seconds"]),
    ("stuck-motor", &["seconds"]),
    ("slow-head", &["percent", "seconds"]),
    ("bus-parity", &["direction", "after"]),
    ("unexpected-bus-free", &["after"]),
    ("target-hang", &["after"]),
    ("bus-reset", &[]),
    ("power-cycle", &["seconds"]),
];

/// Reads the `[[fault]]` tables of a scenario. `machines` are names, each with whether it has a tape drive that has mechanics, or none; `line`
/// says where the table with a number stands.
///
/// # Errors
/// When a key is unknown or missing, or a value is not valid.
pub(crate) fn read(
    tables: &[toml::Value],
    machines: &[(&str, bool)],
    line: impl Fn(usize) -> String,
) -> Result<Vec<Timed<Fault>>, ScenarioError> {
    let names: Vec<&str> = machines.iter().map(|(name, _)| *name).collect();
    let mut faults = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        let refuse = |reason: String| ScenarioError::Content {
            place: line(number),
            reason,
        };
        let table = table
            .as_table()
            .ok_or_else(|| refuse("a fault is a table: write [[fault]]".into()))?;
        let fault = timed(table, &names, fault).map_err(refuse)?;
        let tape = machines
            .iter()
            .any(|(name, tape)| *name == fault.machine && *tape);
        if fault.what.device == Device::Tape && !tape {
            let reason = format!(
                "machine `{}` has no tape drive: give it `backup`",
                fault.machine
            );
            return Err(refuse(reason));
        }
        faults.push(fault);
    }
    Ok(faults)
}

fn fault(table: &toml::Table) -> Result<Fault, String> {
    let word = |key: &str, words: &[&'static str]| -> Result<Option<&'static str>, String> {
        let Some(value) = table.get(key) else {
            return Ok(None);
        };
        let found = words.iter().find(|word| value.as_str() == Some(word));
        found
            .map(|word| Some(*word))
            .ok_or_else(|| format!("`{key}` cannot be {value}: one of {}", words.join(", ")))
    };
    let device = match word("device", &["disk", "tape"])? {
        Some("disk") => Device::Disk,
        Some(_) => Device::Tape,
        None => return Err("`device` is missing: disk or tape".into()),
    };
    let names = KINDS.map(|(name, _)| name);
    let kind = word("kind", &names)?
        .ok_or_else(|| format!("`kind` is missing: one of {}", names.join(", ")))?;
    let keys = KINDS
        .iter()
        .find(|(name, _)| *name == kind)
        .map_or(&[][..], |(_, keys)| keys);
    let known = |key: &&String| {
        !["device", "kind"].contains(&key.as_str()) && !keys.contains(&key.as_str())
    };
    if let Some(key) = table.keys().find(known) {
        let keys = if keys.is_empty() {
            "none".into()
        } else {
            keys.join(", ")
        };
        return Err(format!(
            "`{key}` does not belong to a `{kind}`; further keys of it: {keys}"
        ));
    }
    let number = |key: &str, low: i64, high: i64| match table.get(key) {
        None => Ok(None),
        Some(toml::Value::Integer(number)) if (low..=high).contains(number) => {
            Ok(Some(*number as u64))
        }
        Some(other) => Err(format!(
            "`{key}` cannot be {other}: a whole number from {low} to {high}"
        )),
    };
    let needed = |key: &str, low, high| {
        number(key, low, high)?
            .ok_or_else(|| format!("`{key}` is missing: a whole number from {low} to {high}"))
    };
    let seconds = || match table.get("seconds") {
        None => Ok(None),
        Some(value) => match value
            .as_float()
            .or(value.as_integer().map(|whole| whole as f64))
        {
            Some(seconds) if (0.001..=86_400.0).contains(&seconds) => {
                Ok(Some((seconds * 1e6).round() as u64))
            }
            _ => Err(format!("`seconds` cannot be {value}: from 0.001 to 86400")),
        },
    };
    let lasting = || seconds()?.ok_or_else(|| "`seconds` is missing: how long it lasts".to_owned());
    let after = || Ok::<u32, String>(number("after", 0, 0xFFFF_FFFF)?.unwrap_or(0) as u32);
    let kind = match kind {
        "media-defect" => {
            let write = word("on", &["write", "read"])?;
            let spot = match (
                number("block", 0, i64::MAX)?,
                number("position", 0, i64::MAX)?,
            ) {
                (Some(block), None) => Spot::Block(block),
                (None, Some(frame)) if device == Device::Tape => Spot::Frame(frame),
                (None, None) if device == Device::Tape => Spot::Here,
                (Some(_), Some(_)) => return Err("give `block` or `position`, not both".into()),
                _ => return Err("a defect of a disk needs its `block`".into()),
            };
            if device == Device::Disk && write.is_some() {
                return Err("`on` is for tapes: a disk does not read back what it writes".into());
            }
            Kind::MediaDefect {
                spot,
                write: write != Some("read"),
                retries: number("retries", 1, 1_000_000)?,
            }
        }
        "dropouts" => Kind::Dropouts(needed("rate", 1, 1_000_000)? as u32, lasting()?),
        "stuck-motor" => Kind::StuckMotor(seconds()?),
        "slow-head" => Kind::SlowHead(needed("percent", 101, 100_000)? as u32, lasting()?),
        "bus-parity" => Kind::Bus(BusFault::Noise {
            out: word("direction", &["out", "in"])? != Some("in"),
            after: after()?,
            flip: 1,
        }),
        "unexpected-bus-free" => Kind::Bus(BusFault::BusFree { after: after()? }),
        "target-hang" => Kind::Bus(BusFault::Hang { after: after()? }),
        "bus-reset" => Kind::Bus(BusFault::Reset),
        _ => Kind::Bus(BusFault::PowerCycle {
            off: Ticks::from_micros(seconds()?.unwrap_or(1_000_000)),
        }),
    };
    Ok(Fault { device, kind })
}

/// The table of the shorthand `[MACHINE/]DEVICE@SECONDS:KIND[,KEY=VALUE]..`, such as `tape@12.5:power-cycle` or `mac/disk@3:media-defect,block=70`.
///
/// # Errors
/// When it has not this form.
pub(crate) fn shorthand(text: &str) -> Result<toml::Table, String> {
    let form = || {
        "write [MACHINE/]DEVICE@SECONDS:KIND[,KEY=VALUE].., such as tape@12.5:power-cycle"
            .to_owned()
    };
    let (place, what) = text.split_once(':').ok_or_else(form)?;
    let (device, at) = place.split_once('@').ok_or_else(form)?;
    let mut table = toml::Table::new();
    let mut put = |key: &str, value: &str| {
        let value = match (value.parse::<i64>(), value.parse::<f64>()) {
            (Ok(whole), _) => toml::Value::Integer(whole),
            (_, Ok(number)) => toml::Value::Float(number),
            _ => toml::Value::String(value.to_owned()),
        };
        table.insert(key.to_owned(), value);
    };
    match device.split_once('/') {
        Some((machine, device)) => {
            put("machine", machine);
            put("device", device);
        }
        None => put("device", device),
    }
    put("at", at);
    let mut parts = what.split(',');
    put("kind", parts.next().unwrap_or_default());
    for part in parts {
        let (key, value) = part.split_once('=').ok_or_else(form)?;
        put(key, value);
    }
    Ok(table)
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The faults as `[[fault]]` tables.
pub(crate) fn to_toml(faults: &[Timed<Fault>]) -> String {
    let one = |fault: &Timed<Fault>| {
        let kind = match &fault.what.kind {
            Kind::MediaDefect {
                spot,
                write,
                retries,
            } => {
                let mut lines = vec!["\"media-defect\"".to_owned()];
                match spot {
                    Spot::Block(block) => lines.push(format!("block = {block}")),
                    Spot::Frame(frame) => lines.push(format!("position = {frame}")),
                    Spot::Here => {}
                }
                if fault.what.device == Device::Tape {
                    lines.push(format!(
                        "on = \"{}\"",
                        if *write { "write" } else { "read" }
                    ));
                }
                lines.extend(retries.map(|retries| format!("retries = {retries}")));
                lines.join("\n")
            }
            Kind::Dropouts(rate, time) => {
                format!("\"dropouts\"\nrate = {rate}\nseconds = {}", seconds(*time))
            }
            Kind::StuckMotor(None) => "\"stuck-motor\"".into(),
            Kind::StuckMotor(Some(time)) => {
                format!("\"stuck-motor\"\nseconds = {}", seconds(*time))
            }
            Kind::SlowHead(percent, time) => {
                format!(
                    "\"slow-head\"\npercent = {percent}\nseconds = {}",
                    seconds(*time)
                )
            }
            Kind::Bus(BusFault::Noise { out, after, .. }) => {
                let direction = if *out { "out" } else { "in" };
                format!("\"bus-parity\"\ndirection = \"{direction}\"\nafter = {after}")
            }
            Kind::Bus(BusFault::BusFree { after }) => {
                format!("\"unexpected-bus-free\"\nafter = {after}")
            }
            Kind::Bus(BusFault::Hang { after }) => format!("\"target-hang\"\nafter = {after}"),
            Kind::Bus(BusFault::Reset) => "\"bus-reset\"".into(),
            Kind::Bus(BusFault::PowerCycle { off }) => {
                format!("\"power-cycle\"\nseconds = {}", seconds(off.as_micros()))
            }
        };
        format!(
            "\n[[fault]]\nmachine = {}\nat = {}\ndevice = \"{}\"\nkind = {kind}\n",
            toml::Value::String(fault.machine.clone()),
            seconds(fault.micros),
            fault.what.device.word()
        )
    };
    faults.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;

    fn scenario(faults: &str) -> Result<Scenario, String> {
        let text = format!("[machines]\na = [\"backup\"]\nb = []\n{faults}");
        Scenario::from_toml("test", &text, "test.toml").map_err(|error| error.to_string())
    }

    #[test]
    fn faults_survive_being_written_and_read() {
        let mut text = String::new();
        for (at, (device, what)) in [
            (
                "tape",
                "kind = \"media-defect\"\nblock = 7\non = \"read\"\nretries = 3",
            ),
            ("tape", "kind = \"media-defect\"\nposition = 900"),
            ("tape", "kind = \"media-defect\""),
            ("disk", "kind = \"media-defect\"\nblock = 70"),
            ("disk", "kind = \"dropouts\"\nrate = 100\nseconds = 2"),
            ("tape", "kind = \"stuck-motor\""),
            ("tape", "kind = \"stuck-motor\"\nseconds = 0.5"),
            ("disk", "kind = \"slow-head\"\npercent = 300\nseconds = 9"),
            (
                "tape",
                "kind = \"bus-parity\"\ndirection = \"in\"\nafter = 100",
            ),
            ("tape", "kind = \"unexpected-bus-free\""),
            ("tape", "kind = \"target-hang\"\nafter = 5"),
            ("disk", "kind = \"bus-reset\""),
            ("tape", "kind = \"power-cycle\"\nseconds = 3"),
        ]
        .into_iter()
        .enumerate()
        {
            text += &format!(
                "[[fault]]\nmachine = \"a\"\nat = {at}.25\ndevice = \"{device}\"\n{what}\n"
            );
        }
        let first = scenario(&text).unwrap();
        assert_eq!(first.faults.len(), 13);
        let again = Scenario::from_toml("test", &first.to_toml(), "test.toml").unwrap();
        assert_eq!(again.faults, first.faults);
    }

    #[test]
    fn the_shorthand_says_the_same() {
        let mut short = scenario("").unwrap();
        short
            .add_fault("a/tape@12.5:media-defect,block=7,on=read,retries=3")
            .unwrap();
        let long = "[[fault]]\nmachine = \"a\"\nat = 12.5\ndevice = \"tape\"\nkind = \"media-defect\"\nblock = 7\non = \"read\"\nretries = 3\n";
        assert_eq!(short.faults, scenario(long).unwrap().faults);
        for wrong in [
            "tape",
            "tape@1",
            "a/tape@x:power-cycle",
            "a/tape@1:power-cycle,seconds",
            "tape@1:power-cycle",
        ] {
            let error = short.add_fault(wrong).unwrap_err().to_string();
            assert!(error.starts_with(&format!("--fault {wrong}: ")), "{error}");
        }
    }

    #[test]
    fn wrong_faults_are_refused_with_line_and_remedy() {
        for (fault, words) in [
            (
                "machine = \"a\"\nkind = \"bus-reset\"",
                "`device` is missing",
            ),
            (
                "machine = \"a\"\ndevice = \"tape\"",
                "`kind` is missing: one of media-defect",
            ),
            (
                "machine = \"a\"\ndevice = \"drum\"\nkind = \"bus-reset\"",
                "one of disk, tape",
            ),
            (
                "machine = \"a\"\ndevice = \"tape\"\nkind = \"fire\"",
                "one of media-defect, dropouts",
            ),
            (
                "machine = \"b\"\ndevice = \"tape\"\nkind = \"bus-reset\"",
                "`b` has no tape drive",
            ),
            (
                "machine = \"a\"\ndevice = \"tape\"\nkind = \"bus-reset\"\nseconds = 1",
                "further keys of it: none",
            ),
            (
                "machine = \"a\"\ndevice = \"disk\"\nkind = \"media-defect\"",
                "needs its `block`",
            ),
            (
                "machine = \"a\"\ndevice = \"disk\"\nkind = \"media-defect\"\nblock = 1\non = \"write\"",
                "`on` is for tapes",
            ),
            (
                "machine = \"a\"\ndevice = \"tape\"\nkind = \"dropouts\"\nrate = 0\nseconds = 1",
                "from 1 to 1000000",
            ),
            (
                "machine = \"a\"\ndevice = \"tape\"\nkind = \"dropouts\"\nrate = 5",
                "`seconds` is missing",
            ),
            (
                "machine = \"a\"\ndevice = \"tape\"\nkind = \"slow-head\"\nseconds = 5",
                "`percent` is missing",
            ),
            (
                "machine = \"a\"\ndevice = \"tape\"\nkind = \"power-cycle\"\nseconds = nan",
                "from 0.001",
            ),
        ] {
            let error = scenario(&format!("[[fault]]\nat = 1\n{fault}\n")).unwrap_err();
            assert!(error.contains(words), "{fault}: {error}");
            assert!(error.starts_with("test.toml: line 4"), "{error}");
        }
    }
}

//! Which cables a world has, who is on them, and which routers join them.
//!
//! A scenario without `[cables]` has one cable with everybody on it. Otherwise each cable is a table `[cables.NAME]`, and each router a line
//! of `[routers]` that names its cables.

use guest::MacName;

/// The network numbers that a router may give (*Inside AppleTalk*, chapter 4: FF00h and above are the start-up range).
const NETWORKS: std::ops::RangeInclusive<i64> = 1..=0xFEFF;
/// Most cables of a world, and most routers.
const MOST: usize = 8;

/// One LocalTalk cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CablePlan {
    /// Its name.
    pub name: String,
    /// Its network number; 0 in a world without routers, where nobody knows one.
    pub network: u16,
    /// The zone of the network; empty in a world without routers.
    pub zone: String,
    /// Names of the machines on it.
    pub machines: Vec<String>,
    /// Whether mail clients are on it.
    pub clients: bool,
}

/// One router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterPlan {
    /// Its name.
    pub name: String,
    /// Numbers of the cables of its ports.
    pub cables: Vec<usize>,
}

/// The cables and routers of a world; without cables, one cable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// In the order of their names: cable 0 comes first.
    pub cables: Vec<CablePlan>,
    /// In the order of their names.
    pub routers: Vec<RouterPlan>,
}

impl Network {
    /// The names of the cables, in their order.
    pub fn names(&self) -> Vec<String> {
        if self.cables.is_empty() {
            return vec!["localtalk".into()];
        }
        self.cables.iter().map(|cable| cable.name.clone()).collect()
    }

    /// Number of the cable that a machine is on: the first one when none names it.
    pub fn cable_of(&self, machine: &str) -> usize {
        let has = |cable: &CablePlan| cable.machines.iter().any(|name| name == machine);
        self.cables.iter().position(has).unwrap_or(0)
    }

    /// Numbers of the cables that the mail clients are on, in turn: the first one when none says so.
    pub fn client_cables(&self) -> Vec<usize> {
        let cables = self.cables.iter().enumerate();
        let with: Vec<usize> = cables
            .filter(|(_, cable)| cable.clients)
            .map(|(number, _)| number)
            .collect();
        if with.is_empty() { vec![0] } else { with }
    }

    /// Reads the tables `cables` and `routers`, where they are there, of a scenario with these machines. An error comes with the name that
    /// it is about.
    ///
    /// # Errors
    /// When a key or a value is not valid, or names nothing.
    pub(crate) fn read(
        cables: Option<&toml::Value>,
        routers: Option<&toml::Value>,
        machines: &[&str],
    ) -> Result<Network, (String, String)> {
        let mut network = Network::default();
        for (name, value) in tables("cables", cables)? {
            let cable = cable(name, value, machines).map_err(|reason| (name.clone(), reason))?;
            for other in &network.cables {
                let twice = cable
                    .machines
                    .iter()
                    .find(|one| other.machines.contains(one));
                if let Some(machine) = twice {
                    let reason = format!(
                        "machine `{machine}` is on `{}` already; it has one LocalTalk connector",
                        other.name
                    );
                    return Err((name.clone(), reason));
                }
                if cable.network != 0 && cable.network == other.network {
                    let reason = format!("network {} is `{}` already", cable.network, other.name);
                    return Err((name.clone(), reason));
                }
            }
            network.cables.push(cable);
        }
        for (name, value) in tables("routers", routers)? {
            let cables = network
                .ports(value)
                .map_err(|reason| (name.clone(), reason))?;
            network.routers.push(RouterPlan {
                name: name.clone(),
                cables,
            });
        }
        for (what, count) in [
            ("cables", network.cables.len()),
            ("routers", network.routers.len()),
        ] {
            if count > MOST {
                return Err((what.into(), format!("at most {MOST} {what}")));
            }
        }
        Ok(network)
    }

    /// The cables of a router.
    fn ports(&self, value: &toml::Value) -> Result<Vec<usize>, String> {
        let mut ports = Vec::new();
        for name in words(value).ok_or("a router is a list of cables")? {
            let place = self.cables.iter().position(|cable| cable.name == name);
            let place = place
                .ok_or_else(|| format!("no cable is called `{name}`: write [cables.{name}]"))?;
            let cable = &self.cables[place];
            if cable.network == 0 || cable.zone.is_empty() {
                return Err(format!(
                    "cable `{name}` needs `network` and `zone`, as the router is their seed"
                ));
            }
            if ports.contains(&place) {
                return Err(format!("cable `{name}` is named twice"));
            }
            ports.push(place);
        }
        if ports.len() < 2 {
            return Err("a router joins two cables or more".into());
        }
        Ok(ports)
    }

    /// The tables that [`Network::read`] reads.
    pub(crate) fn to_toml(&self) -> String {
        let quote = |text: &str| toml::Value::String(text.into()).to_string();
        let list = |names: Vec<&str>| {
            let names: Vec<String> = names.into_iter().map(quote).collect();
            format!("[{}]", names.join(", "))
        };
        let mut out = String::new();
        for cable in &self.cables {
            out += &format!("\n[cables.{}]\n", cable.name);
            if cable.network != 0 {
                out += &format!("network = {}\n", cable.network);
            }
            if !cable.zone.is_empty() {
                out += &format!("zone = {}\n", quote(&cable.zone));
            }
            let machines = cable.machines.iter().map(String::as_str).collect();
            out += &format!(
                "machines = {}\nclients = {}\n",
                list(machines),
                cable.clients
            );
        }
        if !self.routers.is_empty() {
            out += "\n[routers]\n";
        }
        for router in &self.routers {
            let cables = router
                .cables
                .iter()
                .map(|&cable| self.cables[cable].name.as_str());
            out += &format!("{} = {}\n", router.name, list(cables.collect()));
        }
        out
    }
}

/// The entries of a table whose keys are plain names.
fn tables<'a>(
    what: &str,
    value: Option<&'a toml::Value>,
) -> Result<Vec<(&'a String, &'a toml::Value)>, (String, String)> {
    let table = match value {
        None => return Ok(Vec::new()),
        Some(toml::Value::Table(table)) => table,
        Some(_) => return Err((what.into(), format!("`{what}` is a table"))),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for name in table.keys() {
        if name.is_empty() || !name.chars().all(plain) {
            let reason = format!("`{name}` cannot be a name here: use letters, digits, - and _");
            return Err((name.clone(), reason));
        }
    }
    Ok(table.iter().collect())
}

fn words(value: &toml::Value) -> Option<Vec<String>> {
    let words = value.as_array()?.iter();
    words.map(|word| Some(word.as_str()?.to_owned())).collect()
}

fn cable(name: &str, value: &toml::Value, machines: &[&str]) -> Result<CablePlan, String> {
    let table = value
        .as_table()
        .ok_or_else(|| format!("write [cables.{name}]"))?;
    let mut cable = CablePlan {
        name: name.into(),
        network: 0,
        zone: String::new(),
        machines: Vec::new(),
        clients: false,
    };
    for (key, value) in table {
        match (key.as_str(), value) {
            ("network", toml::Value::Integer(number)) if NETWORKS.contains(number) => {
                cable.network = *number as u16;
            }
            ("network", _) => {
                return Err(format!(
                    "`network` is a number from 1 to {}",
                    NETWORKS.end()
                ));
            }
            ("zone", toml::Value::String(zone)) => {
                // Zone names have 32 characters at most, file names 31: MacName gives the character set.
                let bytes = MacName::from_text(zone).map_err(|error| format!("`zone`: {error}"))?;
                if matches!(bytes.as_bytes(), b"*" | b"=") {
                    return Err("`zone` cannot be `*` or `=`, which mean any".into());
                }
                cable.zone.clone_from(zone);
            }
            ("machines", list) => {
                cable.machines = words(list).ok_or("`machines` is a list of names")?;
                let unknown = cable
                    .machines
                    .iter()
                    .find(|one| !machines.contains(&one.as_str()));
                if let Some(unknown) = unknown {
                    let known = machines.join(", ");
                    return Err(format!(
                        "no machine is called `{unknown}`; there is: {known}"
                    ));
                }
            }
            ("clients", toml::Value::Boolean(clients)) => cable.clients = *clients,
            ("clients", _) => return Err("`clients` is true or false".into()),
            (key, _) => {
                return Err(format!(
                    "a cable has no `{key}`: network, zone, machines, clients"
                ));
            }
        }
    }
    Ok(cable)
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;

    fn scenario(text: &str) -> Result<Scenario, String> {
        let text = format!("[machines]\na = []\nb = []\n{text}");
        Scenario::from_toml("test", &text, "test.toml").map_err(|error| error.to_string())
    }

    const TWO: &str = "[cables.up]\nnetwork = 1\nzone = \"Lab\"\nmachines = [\"a\"]\n[cables.down]\nnetwork = 2\nzone = \"Hall\"\nmachines = [\"b\"]\nclients = true\n[routers]\nr = [\"up\", \"down\"]\n";

    #[test]
    fn cables_and_routers_survive_being_written_and_read() {
        let first = scenario(TWO).unwrap();
        assert_eq!(first.network.names(), ["down", "up"]);
        assert_eq!(first.network.cable_of("a"), 1);
        assert_eq!(first.network.client_cables(), [0]);
        assert_eq!(first.network.routers[0].cables, [1, 0]);
        let again = Scenario::from_toml("test", &first.to_toml(), "test.toml").unwrap();
        assert_eq!(again.network, first.network);
        assert_eq!(scenario("").unwrap().network.names(), ["localtalk"]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line() {
        for (from, to, line, words) in [
            ("network = 2", "network = 1", 4, "network 1 is"),
            ("network = 2", "network = 0", 8, "from 1 to 65279"),
            ("zone = \"Lab\"", "zone = \"*\"", 4, "cannot be `*`"),
            (
                "[\"b\"]",
                "[\"c\"]",
                8,
                "no machine is called `c`; there is: a, b",
            ),
            ("[\"b\"]", "[\"a\"]", 4, "is on `down` already"),
            (
                "clients = true",
                "printers = true",
                8,
                "a cable has no `printers`",
            ),
            ("[\"up\", \"down\"]", "[\"up\"]", 14, "two cables or more"),
            (
                "[\"up\", \"down\"]",
                "[\"up\", \"out\"]",
                14,
                "no cable is called `out`",
            ),
            ("network = 2\n", "", 13, "needs `network` and `zone`"),
        ] {
            let error = scenario(&TWO.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(words), "{to}: {error}");
            assert!(
                error.starts_with(&format!("test.toml: line {line}")),
                "{to}: {error}"
            );
        }
    }
}

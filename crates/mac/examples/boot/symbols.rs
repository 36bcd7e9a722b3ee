use crate::Failure;

/// Names of addresses, in order of addresses.
#[derive(Default)]
pub struct Symbols(Vec<(u32, String)>);

/// A symbol is not held responsible for code that is farther away than this.
const REACH: u32 = 0x4000;

impl Symbols {
    /// Loads `FILE` or `FILE@BASE` for each of `files`.
    pub fn load(files: &[String]) -> Result<Symbols, Failure> {
        let mut symbols = Vec::new();
        for file in files {
            let (path, base) = match file.rsplit_once('@') {
                Some((path, base)) => (path, hex(base)?),
                None => (file.as_str(), 0),
            };
            for line in std::fs::read_to_string(path)
                .map_err(|error| format!("{path}: {error}"))?
                .lines()
            {
                if let Some((address, name)) = line.split_once(' ') {
                    symbols.push((hex(address)?.wrapping_add(base), name.trim().to_owned()));
                }
            }
        }
        symbols.sort();
        Ok(Symbols(symbols))
    }

    /// The address of a symbol, or a hexadecimal address; `NAME+HEX` adds an offset.
    pub fn address(&self, name: &str) -> Result<u32, Failure> {
        let (name, offset) = match name.split_once('+') {
            Some((name, offset)) => (name, hex(offset)?),
            None => (name, 0),
        };
        match self.0.iter().find(|(_, other)| other == name) {
            Some(&(address, _)) => Ok(address + offset),
            None => Ok(hex(name).map_err(|_| format!("no symbol {name}"))? + offset),
        }
    }

    /// The symbol at or before `address`, with the offset from it.
    pub fn nearest(&self, address: u32) -> Option<(&str, u32)> {
        let after = self.0.partition_point(|&(start, _)| start <= address);
        let (start, name) = self.0.get(after.checked_sub(1)?)?;
        (address - start < REACH).then_some((name.as_str(), address - start))
    }

    /// `address` as people read it.
    pub fn name(&self, address: u32) -> String {
        match self.nearest(address) {
            Some((name, 0)) => format!("{address:06X} {name}"),
            Some((name, offset)) => format!("{address:06X} {name}+{offset:X}"),
            None => format!("{address:06X}"),
        }
    }
}

/// A hexadecimal number, with or without `0x` or `$`.
pub fn hex(text: &str) -> Result<u32, Failure> {
    let digits = text.trim_start_matches("0x").trim_start_matches('$');
    u32::from_str_radix(digits, 16)
        .map_err(|_| format!("{text} is not a hexadecimal number").into())
}

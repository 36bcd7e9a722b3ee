//! The built 68k software: the stub ROM and the programs, with their symbols.

/// A built image and its symbol table.
pub struct Program {
    /// Its name, that of its folder in `roms-free-stubs/apps`.
    pub name: &'static str,
    /// The image.
    pub image: &'static [u8],
    /// `HEXADDRESS NAME` lines in ascending order; addresses count from the image's first byte (programs) or are absolute (the ROM).
    symbols: &'static str,
}

macro_rules! program {
    ($name:literal, $image:literal) => {
        Program {
            name: $name,
            image: include_bytes!(concat!("../../../roms-free-stubs/prebuilt/", $image)),
            symbols: include_str!(concat!("../../../roms-free-stubs/prebuilt/", $name, ".sym")),
        }
    };
}

/// The stub ROM of the Macintosh Plus, 128 KiB at 0x400000.
pub static PLUS_ROM: Program = program!("plus", "plus.rom");
/// The mail server as an application.
pub static MAIL_SERVER: Program = program!("mail_server", "mail_server.bin");
/// The mail server as a start-up document.
pub static MAIL_SERVER_INIT: Program = program!("mail_server_init", "mail_server_init.bin");
/// The backup application.
pub static BACKUP: Program = program!("backup", "backup.bin");
/// The backup's start-up document.
pub static BACKUP_INIT: Program = program!("backup_init", "backup_init.bin");
/// The report on the machine, an application.
pub static REPORT: Program = program!("report", "report.bin");

/// The stub ROMs that are built, by the word for their model.
pub static ROMS: &[&Program] = &[&PLUS_ROM];

/// The stub ROM of a model: `plus`, `se`, `se30`.
///
/// # Errors
/// When none is built for it; the text names the remedy.
pub fn rom(model: &str) -> Result<&'static Program, String> {
    let found = ROMS.iter().find(|rom| rom.name == model);
    found.copied().ok_or_else(|| {
        let built: Vec<&str> = ROMS.iter().map(|rom| rom.name).collect();
        let built = built.join(", ");
        format!("no stub ROM is built for the model `{model}`; there is one for: {built}")
    })
}

/// The programs that are loaded into RAM.
pub static LOADED: &[&Program] = &[
    &MAIL_SERVER,
    &MAIL_SERVER_INIT,
    &BACKUP,
    &BACKUP_INIT,
    &REPORT,
];

impl Program {
    /// The addresses of a ROM that contains itself, from its reset vector.
    pub fn rom_addresses(&self) -> std::ops::Range<u32> {
        let bytes = self.image.len() as u32;
        let reset = self.image.get(4..8).and_then(|pc| pc.try_into().ok());
        let start = reset.map_or(0, u32::from_be_bytes) & !(bytes.next_power_of_two() - 1);
        start..start + bytes
    }

    /// Symbols with their addresses, ascending.
    pub fn symbols(&self) -> impl Iterator<Item = (u32, &'static str)> {
        self.symbols.lines().filter_map(|line| {
            let (address, name) = line.split_once(' ')?;
            Some((u32::from_str_radix(address, 16).ok()?, name.trim()))
        })
    }

    /// The address of the symbol `name`.
    pub fn address(&self, name: &str) -> Option<u32> {
        self.symbols()
            .find(|(_, symbol)| *symbol == name)
            .map(|(address, _)| address)
    }

    /// The last symbol at or before `address`, and the distance from it.
    pub fn symbol_at(&self, address: u32) -> Option<(&'static str, u32)> {
        self.symbols()
            .take_while(|(start, _)| *start <= address)
            .last()
            .map(|(start, name)| (name, address - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rom_fills_its_chips_and_starts_inside_itself() {
        assert_eq!(PLUS_ROM.image.len(), 128 << 10);
        assert_eq!(PLUS_ROM.rom_addresses(), 0x40_0000..0x42_0000);
        assert!(PLUS_ROM.symbols().count() > 100);
    }

    #[test]
    fn programs_have_symbols_inside_themselves() {
        for program in LOADED {
            assert!(program.symbols().count() > 20, "{}", program.name);
            let (start, name) = program.symbols().next().unwrap();
            assert_eq!(program.symbol_at(start), Some((name, 0)));
            assert!(
                program
                    .symbols()
                    .all(|(address, _)| (address as usize) < program.image.len() + 65_536)
            );
        }
    }
}

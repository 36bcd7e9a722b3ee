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
/// The utility that asks the network, an application.
pub static ATALK: Program = program!("atalk", "atalk.bin");
/// The mail client, an application.
pub static MAIL_CLIENT: Program = program!("mail_client", "mail_client.bin");
/// The echo over ADSP, an application for tests.
pub static ADSP_ECHO: Program = program!("adsp_echo", "adsp_echo.bin");
/// The report on the machine, an application.
pub static REPORT: Program = program!("report", "report.bin");

/// The stub ROM of the Macintosh SE, 256 KiB at 0x400000.
pub static SE_ROM: Program = program!("se", "se.rom");
/// The stub ROM of the Macintosh SE/30, 256 KiB at 0x40800000.
pub static SE30_ROM: Program = program!("se30", "se30.rom");

/// The stub ROMs, each named by the word for its model.
pub static ROMS: &[&Program] = &[&PLUS_ROM, &SE_ROM, &SE30_ROM];

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
    &ATALK,
    &MAIL_CLIENT,
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
    fn the_roms_fill_their_chips_and_start_inside_themselves() {
        for (rom, bytes) in [(&PLUS_ROM, 128), (&SE_ROM, 256), (&SE30_ROM, 256)] {
            assert_eq!(rom.image.len(), bytes << 10);
            assert!(rom.symbols().count() > 100);
            let addresses = rom.rom_addresses();
            assert!(rom.symbols().any(|(at, _)| addresses.contains(&at)));
        }
        assert_eq!(PLUS_ROM.rom_addresses(), 0x40_0000..0x42_0000);
        assert_eq!(SE_ROM.rom_addresses(), 0x40_0000..0x44_0000);
        assert_eq!(SE30_ROM.rom_addresses(), 0x4080_0000..0x4084_0000);
        assert!(rom("iix").is_err());
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

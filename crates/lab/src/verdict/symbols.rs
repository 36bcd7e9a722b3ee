use guest::programs::{LOADED, Program};

/// Memory of a stopped machine, read without side effects.
pub trait Memory {
    /// The byte at `address`.
    fn byte(&self, address: u32) -> u8;
    /// Bytes of RAM.
    fn ram_bytes(&self) -> u32;

    /// The word at `address`.
    fn word(&self, address: u32) -> u16 {
        u16::from_be_bytes([self.byte(address), self.byte(address.wrapping_add(1))])
    }

    /// The long word at `address`.
    fn long(&self, address: u32) -> u32 {
        (u32::from(self.word(address)) << 16) | u32::from(self.word(address.wrapping_add(2)))
    }
}

/// A program found in memory.
#[derive(Clone, Copy)]
struct Loaded {
    base: u32,
    program: &'static Program,
}

/// Which code lies where in a machine's memory.
#[derive(Clone)]
pub struct Symbols {
    rom: &'static Program,
    loaded: Vec<Loaded>,
}

impl Symbols {
    /// Finds the programs in `memory` by their code: they are position independent, so it lies there as it was built. The machine has
    /// this ROM.
    pub fn find(memory: &impl Memory, rom: &'static Program) -> Symbols {
        let mut loaded: Vec<Loaded> = Vec::new();
        let ram: Vec<u8> = (0..memory.ram_bytes())
            .map(|address| memory.byte(address))
            .collect();
        for program in LOADED {
            let image = program.image;
            let Some(head) = image.get(..16) else {
                continue;
            };
            let mut best: Option<(usize, u32)> = None;
            for base in (0..ram.len().saturating_sub(image.len())).step_by(2) {
                if ram[base..base + 16] != *head {
                    continue;
                }
                // The variables behind the code change; the code does not.
                let code = &image[..image.len() / 2];
                let same = ram[base..base + code.len()]
                    .iter()
                    .zip(code)
                    .filter(|(a, b)| a == b)
                    .count();
                if same * 100 >= code.len() * 95 && best.is_none_or(|(most, _)| same > most) {
                    best = Some((same, base as u32));
                }
            }
            if let Some((_, base)) = best {
                loaded.push(Loaded { base, program });
            }
        }
        Symbols { rom, loaded }
    }

    /// The ROM.
    pub fn rom(&self) -> &'static Program {
        self.rom
    }

    /// The program whose code or data `address` is in; the ROM's is that of its model.
    pub fn program_at(&self, address: u32) -> Option<&'static str> {
        self.locate(address).map(|(program, _)| program.name)
    }

    fn locate(&self, address: u32) -> Option<(&'static Program, u32)> {
        if self.rom.rom_addresses().contains(&address) {
            return Some((self.rom, address));
        }
        let inside = |one: &&Loaded| {
            (one.base..one.base + one.program.image.len() as u32).contains(&address)
        };
        let one = self.loaded.iter().find(inside)?;
        Some((one.program, address - one.base))
    }

    /// `address` as people read it: `program!symbol+offset`, or the bare number.
    pub fn name(&self, address: u32) -> String {
        let Some((program, place)) = self.locate(address) else {
            return format!("{address:06X}");
        };
        let owner = if std::ptr::eq(program, self.rom) {
            "ROM"
        } else {
            program.name
        };
        match program.symbol_at(place) {
            Some((symbol, 0)) => format!("{owner}!{symbol}"),
            Some((symbol, offset)) => format!("{owner}!{symbol}+{offset:X}"),
            None => format!("{owner}!{place:X}"),
        }
    }

    /// The symbol alone at `address`, if it is code that is known.
    pub fn symbol(&self, address: u32) -> Option<&'static str> {
        let (program, place) = self.locate(address)?;
        program.symbol_at(place).map(|(symbol, _)| symbol)
    }

    /// What the stack says about how the machine came to where it is, innermost call first.
    ///
    /// A long word is taken for a return address when it points behind a call or an A-line trap in known code; so stale values may appear among
    /// the true ones. An exception frame is taken for that of an interrupt when the ROM's dispatcher lies right above it.
    pub fn stack(&self, memory: &impl Memory, from: u32, bytes: u32) -> Vec<Frame> {
        let end = (from + bytes).min(memory.ram_bytes().saturating_sub(4));
        let mut frames = Vec::new();
        let mut at = from;
        while at < end {
            let address = memory.long(at) & 0x00FF_FFFF;
            let known =
                address.is_multiple_of(2) && self.locate(address).is_some() && memory.byte(at) == 0;
            if known && is_behind_call(memory, address) {
                frames.push(Frame {
                    address,
                    interrupted: false,
                });
                at += 4;
                continue;
            }
            let status = memory.word(at);
            let pc = memory.long(at + 2);
            // Trace and supervisor bits of code that runs in supervisor mode; the bits the 68000 leaves zero.
            let plausible = status & 0xF8E0 == 0x2000 && pc.is_multiple_of(2) && pc < 0x0100_0000;
            if plausible && self.locate(pc).is_some() && self.is_below_dispatch(memory, at) {
                frames.push(Frame {
                    address: pc,
                    interrupted: true,
                });
                at += 6;
                continue;
            }
            at += 2;
        }
        frames
    }

    /// Whether what lies above the exception frame at `frame` is the ROM's interrupt dispatch: the registers it saves, and its call of a handler.
    fn is_below_dispatch(&self, memory: &impl Memory, frame: u32) -> bool {
        const SAVED: u32 = 8 * 4;
        let call = memory.long(frame.wrapping_sub(SAVED + 4)) & 0x00FF_FFFF;
        self.program_at(call) == Some(self.rom.name)
            && matches!(self.symbol(call), Some("level1" | "level2" | "leave"))
    }
}

/// One entry of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where execution will go on.
    pub address: u32,
    /// True when it was interrupted there, false when it called something.
    pub interrupted: bool,
}

fn is_behind_call(memory: &impl Memory, address: u32) -> bool {
    if address < 6 {
        return false;
    }
    let (two, four, six) = (
        memory.word(address - 2),
        memory.word(address - 4),
        memory.word(address - 6),
    );
    let short_branch = two & 0xFF00 == 0x6100 && two & 0xFF != 0;
    let jsr = |opcode: u16| opcode & 0xFFC0 == 0x4E80;
    let register_indirect = jsr(two) && (two >> 3) & 7 == 2;
    let with_word = four == 0x6100
        || (jsr(four) && matches!((four >> 3) & 7, 5 | 6)
            || matches!(four, 0x4EB8 | 0x4EBA | 0x4EBB));
    short_branch || register_indirect || with_word || six == 0x4EB9 || two & 0xF000 == 0xA000
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest::programs::PLUS_ROM;

    struct Bytes(Vec<u8>);
    impl Memory for Bytes {
        fn byte(&self, address: u32) -> u8 {
            if (0x40_0000..0x42_0000).contains(&address) {
                return PLUS_ROM.image[(address - 0x40_0000) as usize];
            }
            self.0.get(address as usize).copied().unwrap_or(0xFF)
        }
        fn ram_bytes(&self) -> u32 {
            self.0.len() as u32
        }
    }

    #[test]
    fn programs_are_found_where_they_were_loaded() {
        let mut ram = vec![0; 1 << 20];
        let (first, second) = (LOADED[0], LOADED[2]);
        ram[0x2_0000..0x2_0000 + first.image.len()].copy_from_slice(first.image);
        ram[0x8_0004..0x8_0004 + second.image.len()].copy_from_slice(second.image);
        let symbols = Symbols::find(&Bytes(ram), &PLUS_ROM);
        let (place, name) = first.symbols().next().unwrap();
        assert_eq!(symbols.program_at(0x2_0000), Some(first.name));
        assert_eq!(
            symbols.name(0x2_0000 + place),
            format!("{}!{name}", first.name)
        );
        assert_eq!(symbols.program_at(0x8_0010), Some(second.name));
        assert_eq!(symbols.program_at(0x10), None);
        assert_eq!(symbols.name(0x10), "000010");
    }
}

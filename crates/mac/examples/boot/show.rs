use crate::Failure;
use crate::symbols::{Symbols, hex};
use m68k::CpuType;
use m68k::dasm::disassemble;
use mac::probe::Sample;
use mac::video::{BYTES, HEIGHT, WIDTH};
use mac::{Mac, Stop};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// Why the machine stopped, and its registers.
pub fn stop(mac: &Mac, stop: Stop, symbols: &Symbols) {
    let registers = mac.registers();
    match stop {
        Stop::Reached if mac.is_stopped() => {
            println!("end of time, CPU in STOP at {}", symbols.name(registers.pc))
        }
        Stop::Reached => println!("end of time at {}", symbols.name(registers.pc)),
        Stop::Breakpoint { pc } => println!("{}: breakpoint {}", mac.now(), symbols.name(pc)),
        Stop::Watch { address, value, pc } => {
            println!(
                "{}: {} became {value:04X} by {}",
                mac.now(),
                symbols.name(address),
                symbols.name(pc)
            );
        }
        Stop::Halted => println!(
            "CPU HALTED (double fault) at {}",
            symbols.name(registers.pc)
        ),
    }
    let line = |name: char, values: [u32; 8]| {
        let list: Vec<String> = values.iter().map(|value| format!("{value:08X}")).collect();
        println!("  {name}0-{name}7 {}", list.join(" "));
    };
    line('D', registers.d);
    line('A', registers.a);
    println!(
        "  PC {:06X}  SR {:04X}  USP {:08X}  at {}",
        registers.pc,
        registers.sr,
        registers.usp,
        mac.now()
    );
    let stack: Vec<String> = (0..8)
        .map(|n| format!("{:08X}", mac.peek_long(registers.a[7].wrapping_add(n * 4))))
        .collect();
    println!("  stack {}", stack.join(" "));
    let s = mac.interrupts();
    println!(
        "  interrupts: VIA {}, SCC {}; longest wait {} and {}, longest mask {} and {} ticks",
        s.accepted[1],
        s.accepted[2],
        s.longest_wait[1].0,
        s.longest_wait[2].0,
        s.longest_mask[1].0,
        s.longest_mask[2].0
    );
}

/// The last instructions.
pub fn history(mac: &mut Mac, symbols: &Symbols) {
    let steps: Vec<_> = mac.probe().history().copied().collect();
    for step in steps {
        let opcode = mac.peek_word(step.pc);
        let (text, _) = disassemble(step.pc, opcode, CpuType::M68000);
        let place = symbols.name(step.pc);
        println!(
            "{:>12} {place:<40} {opcode:04X} {text:<28} SR {:04X} SP {:06X}",
            step.at.0, step.sr, step.sp
        );
    }
}

/// Where the time went, by symbol, or by 256-byte page where there is none.
pub fn profile(samples: Vec<Sample>, symbols: &Symbols, lines: usize) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for sample in &samples {
        let name = match symbols.nearest(sample.pc) {
            Some((name, _)) => name.to_owned(),
            None => format!("{:06X}xx", sample.pc >> 8),
        };
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()));
    for (name, count) in counts.iter().take(lines) {
        let tenths = count * 1000 / samples.len();
        println!("{:>4}.{}%  {name}", tenths / 10, tenths % 10);
    }
}

/// Memory, `ADDRESS[:BYTES]`.
pub fn dump(mac: &Mac, range: &str, symbols: &Symbols) -> Result<(), Failure> {
    let (start, bytes) = match range.split_once(':') {
        Some((start, bytes)) => (symbols.address(start)?, hex(bytes)?),
        None => (symbols.address(range)?, 0x40),
    };
    for row in (0..bytes).step_by(16) {
        let values: Vec<u8> = (row..(row + 16).min(bytes))
            .map(|n| mac.peek(start + n))
            .collect();
        let digits: String = values.iter().map(|value| format!("{value:02X} ")).collect();
        let text: String = values
            .iter()
            .map(|&v| {
                if (32..127).contains(&v) {
                    v as char
                } else {
                    '.'
                }
            })
            .collect();
        println!("{:06X}  {digits:<48} {text}", start + row);
    }
    Ok(())
}

/// The screen, two by two dots to a character.
pub fn screen(mac: &Mac) {
    let bits = mac.screen();
    let black = |x: usize, y: usize| bits[(y * WIDTH + x) / 8] >> (7 - x % 8) & 1;
    const BLOCKS: [char; 16] = [
        ' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█',
    ];
    for y in (0..HEIGHT).step_by(2) {
        let row: String = (0..WIDTH)
            .step_by(2)
            .map(|x| {
                let shape = black(x, y)
                    | black(x + 1, y) << 1
                    | black(x, y + 1) << 2
                    | black(x + 1, y + 1) << 3;
                BLOCKS[usize::from(shape)]
            })
            .collect();
        println!("{}", row.trim_end());
    }
}

/// Writes the screen as a PNG file.
pub fn png(mac: &Mac, path: &Path) -> Result<(), Failure> {
    let mut encoder = png::Encoder::new(File::create(path)?, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let pixels: Vec<u8> = mac.screen().iter().map(|byte| !byte).collect();
    debug_assert_eq!(pixels.len(), BYTES);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(())
}

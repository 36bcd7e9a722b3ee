//! What the stub ROM's managers and the mail server's start-up document are doing at a moment of a run:
//! `cargo run -p lab --example system_state SCENARIO SECONDS [KEY=VALUE]..`

use clock::Ticks;
use guest::programs::{MAIL_SERVER_INIT, PLUS_ROM};
use lab::run::Run;
use lab::scenario::Scenario;
use lab::verdict::symbols::Symbols;
use lab::world::World;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("a scenario is missing")?;
    let seconds: u64 = arguments.next().ok_or("seconds are missing")?.parse()?;
    let mut scenario = Scenario::find(&name)?;
    for assignment in arguments {
        scenario.set(&assignment)?;
    }
    let mut run = Run::new(&scenario, &World::volumes(&scenario)?)?;
    run.advance(Ticks::from_secs(seconds), |_| {});
    for mac in run.world.macs() {
        print_mac(mac);
    }
    Ok(())
}

fn rom(name: &str) -> u32 {
    PLUS_ROM
        .symbols()
        .find(|(_, symbol)| *symbol == name)
        .unwrap_or_else(|| panic!("no symbol {name}"))
        .0
}

fn print_mac(mac: &mac::Mac) {
    let symbols = Symbols::find(mac);
    let registers = mac.registers();
    let long = |at: u32| mac.peek_long(at);
    let word = |at: u32| mac.peek_word(at) as i16;
    println!(
        "PC {} SR {:04X} SP {:06X}",
        symbols.name(registers.pc),
        registers.sr,
        registers.a[7]
    );
    println!("interrupt_depth {}", word(rom("interrupt_depth")));
    println!(
        "FSQHdr {:04X} head {:06X} tail {:06X}",
        mac.peek_word(0x360),
        long(0x362),
        long(0x366)
    );
    let mut call = long(0x362);
    for _ in 0..16 {
        if call == 0 {
            break;
        }
        println!(
            "  call {call:06X} trap {:04X} completion {} result {}",
            mac.peek_word(call + 6),
            symbols.name(long(call + 12)),
            word(call + 16)
        );
        call = long(call);
    }
    for name in [
        "fs_waiting_for_disk",
        "fs_result",
        "fs_completing",
        "scsi_state",
        "FSBusy",
    ] {
        if name == "FSBusy" {
            println!("FSBusy {}", word(0x360));
            continue;
        }
        println!("{name} {}", word(rom(name)));
    }
    for name in [
        "fs_current",
        "scsi_owner",
        "vbl_next",
        "fs_caller_sp",
        "fs_sp",
    ] {
        println!("{name} {:06X}", long(rom(name)));
    }
    let pb = rom("disk_pb");
    println!(
        "disk_pb {pb:06X} trap {:04X} result {} pos {} count {}",
        mac.peek_word(pb + 6),
        word(pb + 16),
        long(pb + 46),
        long(pb + 36)
    );
    println!(
        "VBLQueue {:04X} {:06X} {:06X}",
        mac.peek_word(0x160),
        long(0x162),
        long(0x166)
    );
    let mut task = long(0x162);
    for _ in 0..16 {
        if task == 0 {
            break;
        }
        println!(
            "  task {task:06X} {} count {} phase {}",
            symbols.name(long(task + 6)),
            word(task + 10),
            word(task + 12)
        );
        task = long(task);
    }
    let disks = rom("scsi_disks");
    println!("scsi_disks {disks:06X}");
    for id in 0..7 {
        let disk = disks + id * 74;
        let longs: Vec<String> = (0..18)
            .map(|n| format!("{:08X}", long(disk + n * 4)))
            .collect();
        if word(disk + 4 + 16) != 0 || id == 0 {
            println!("  {id}: {}", longs.join(" "));
        }
    }
    // The driver's queue.
    let table = long(0x11C);
    for unit in 32..39 {
        let handle = long(table + unit * 4);
        if handle == 0 {
            continue;
        }
        let dce = long(handle);
        println!(
            "unit {unit}: flags {:04X} head {:06X}",
            mac.peek_word(dce + 4),
            long(dce + 8)
        );
    }
    let Some(base) = (0..mac_ram(mac))
        .step_by(2)
        .find(|&at| symbols.name(at) == "mail_server_init!start")
    else {
        return;
    };
    let server = |name: &str| {
        base + MAIL_SERVER_INIT
            .symbols()
            .find(|(_, symbol)| *symbol == name)
            .expect("symbol")
            .0
    };
    println!(
        "server at {base:06X} running {} first {:06X} last {:06X}",
        mac.peek(server("running")),
        long(server("first")),
        long(server("last"))
    );
    let bytes: Vec<String> = (0..40)
        .map(|n| format!("{:02X}", mac.peek(server("server") + n)))
        .collect();
    println!("server {}", bytes.join(" "));
    let slots = long(server("server") + 34);
    println!("slots {slots:06X}");
    for n in 0..6 {
        let slot = slots + n * 5430;
        println!(
            "  {slot:06X} atp cs {} result {} user {:08X} flags {:02X} from {:04X}.{:02X}.{:02X} tid {:04X} completion {} | step {} after {} disk {} session {:06X} opcode {}",
            word(slot + 26),
            word(slot + 16),
            long(slot + 18),
            mac.peek(slot + 29),
            mac.peek_word(slot + 30),
            mac.peek(slot + 32),
            mac.peek(slot + 33),
            mac.peek_word(slot + 46),
            symbols.name(long(slot + 12)),
            symbols.name(long(slot + 54)),
            symbols.name(long(slot + 58)),
            word(slot + 62 + 16),
            long(slot + 112),
            mac.peek(slot + 116)
        );
    }
    let sessions = long(server("server") + 30);
    for n in 0..12 {
        let s = sessions + n * 182;
        println!(
            "  session {s:06X} id {} busy {} node {:02X} sending {} last {} result {}",
            mac.peek(s),
            mac.peek(s + 1),
            mac.peek(s + 6),
            mac.peek(s + 7),
            word(s + 12),
            word(s + 14)
        );
    }
    println!("requests_wanted {:06X}", long(rom("requests_wanted")));
    let cbs = rom("rspcbs");
    for n in 0..40 {
        let r = cbs + n * 20;
        if mac.peek(r) != 0 {
            println!(
                "  rspcb from {:02X}.{:02X} tid {:04X} pb {:06X} tag {} ticks {}",
                mac.peek(r + 6),
                mac.peek(r + 7),
                mac.peek_word(r + 8),
                long(r + 10),
                word(r + 14),
                long(r + 16)
            );
        }
    }
    let stats = rom("appletalk_stats");
    let names = "magic frames_in frames_out control_in control_out overruns crc_errors aborts size_errors timeouts no_cts deferrals collisions excess_collisions excess_deferrals tx_underruns no_protocol no_socket ddp_errors atp_requests_in atp_duplicates atp_no_get_request atp_responses_in atp_responses_out atp_releases_in atp_release_timeouts atp_requests_out atp_retries atp_failed nbp_lookups_in nbp_replies_out longest_frame_ticks addresses_tried receive_buffers_full atp_no_rspcb";
    for (n, name) in names.split(' ').enumerate() {
        print!("{name} {} ", long(stats + n as u32 * 4));
    }
    println!();
}

fn mac_ram(_mac: &mac::Mac) -> u32 {
    4 << 20
}

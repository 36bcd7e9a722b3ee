//! Any sequence of SCSI-2's sequential-access commands, from several initiators, leaves position, marks and content as on a simple model of a tape;
//! and at the end of the medium no byte is lost that the drive does not account for.

mod common;

use clock::Ticks;
use common::{BLOCK, Host, block, blocks};
use proptest::prelude::*;
use scsi::Status;
use tape::drive::{code, key};
use tape::media::Content;
use tape::{DriveState, Medium, Profile};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    Record(Vec<u8>),
    Filemark,
    Setmark,
}

#[derive(Clone, Debug)]
enum Action {
    Write {
        count: u8,
        seed: u32,
    },
    Record {
        len: u16,
        seed: u32,
    },
    Marks {
        count: u8,
        set: bool,
        immediate: bool,
    },
    Read {
        count: u8,
    },
    ReadRecord {
        len: u16,
    },
    ReadReverse {
        count: u8,
    },
    Space {
        code: u8,
        count: i8,
    },
    Locate {
        block: u8,
        immediate: bool,
    },
    Rewind {
        immediate: bool,
    },
    Erase {
        long: bool,
    },
    Buffered(u8),
    ReportSetmarks(bool),
    Initiator(u8),
    Rest {
        millis: u16,
    },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (0..20_u8, any::<u32>()).prop_map(|(count, seed)| Action::Write { count, seed }),
        3 => (1..2000_u16, any::<u32>()).prop_map(|(len, seed)| Action::Record { len, seed }),
        4 => (0..4_u8, any::<bool>(), any::<bool>()).prop_map(|(count, set, immediate)| Action::Marks { count, set, immediate }),
        4 => (0..20_u8).prop_map(|count| Action::Read { count }),
        2 => (1..2000_u16).prop_map(|len| Action::ReadRecord { len }),
        3 => (0..9_u8).prop_map(|count| Action::ReadReverse { count }),
        6 => (0..6_u8, -9..9_i8).prop_map(|(code, count)| Action::Space { code, count }),
        3 => (0..60_u8, any::<bool>()).prop_map(|(block, immediate)| Action::Locate { block, immediate }),
        2 => any::<bool>().prop_map(|immediate| Action::Rewind { immediate }),
        1 => any::<bool>().prop_map(|long| Action::Erase { long }),
        1 => (0..3_u8).prop_map(Action::Buffered),
        1 => any::<bool>().prop_map(Action::ReportSetmarks),
        2 => (1..4_u8).prop_map(Action::Initiator),
        2 => (0..4000_u16).prop_map(|millis| Action::Rest { millis }),
    ]
}

/// Byte 2 of the sense data, code, residue.
type Told = Option<(u8, (u8, u8), Option<i32>)>;

#[derive(Clone, Debug, Default)]
struct Model {
    tape: Vec<Slot>,
    at: usize,
    report_setmarks: bool,
    buffered: u8,
}

impl Model {
    fn put(&mut self, slot: Slot) {
        self.tape.truncate(self.at);
        self.tape.push(slot);
        self.at += 1;
    }

    /// Goes over one slot; `None` at the end.
    fn step(&mut self, back: bool) -> Option<Slot> {
        if back {
            self.at = self.at.checked_sub(1)?;
            return Some(self.tape[self.at].clone());
        }
        let slot = self.tape.get(self.at)?.clone();
        self.at += 1;
        Some(slot)
    }

    fn end(back: bool, residue: Option<i32>) -> Told {
        Some(if back {
            (0x40, code::BEGINNING_OF_MEDIUM, residue)
        } else {
            (key::BLANK_CHECK, code::END_OF_DATA, residue)
        })
    }

    /// Fixed blocks in either direction.
    fn read(&mut self, count: u8, back: bool, data: &mut Vec<u8>) -> Told {
        let mut left = i32::from(count);
        while left > 0 {
            match self.step(back) {
                None => return Model::end(back, Some(left)),
                Some(Slot::Filemark) => return Some((0x80, code::FILEMARK, Some(left))),
                Some(Slot::Setmark) if self.report_setmarks => {
                    return Some((0x80, code::SETMARK, Some(left)));
                }
                Some(Slot::Setmark) => {}
                Some(Slot::Record(record)) if record.len() != BLOCK => {
                    return Some((0x20, code::NONE, Some(left)));
                }
                Some(Slot::Record(record)) => {
                    data.extend(record);
                    left -= 1;
                }
            }
        }
        None
    }

    fn read_record(&mut self, len: u16, data: &mut Vec<u8>) -> Told {
        let size = i32::from(len);
        loop {
            match self.step(false) {
                None => return Model::end(false, Some(size)),
                Some(Slot::Filemark) => return Some((0x80, code::FILEMARK, Some(size))),
                Some(Slot::Setmark) if self.report_setmarks => {
                    return Some((0x80, code::SETMARK, Some(size)));
                }
                Some(Slot::Setmark) => {}
                Some(Slot::Record(record)) => {
                    data.extend(record.iter().take(usize::from(len)));
                    let residue = size - record.len() as i32;
                    return (residue != 0).then_some((0x20, code::NONE, Some(residue)));
                }
            }
        }
    }

    fn space(&mut self, code: u8, count: i8) -> Told {
        if code == 3 {
            self.at = self.tape.len();
            return None;
        }
        let (back, wanted) = (count < 0, i32::from(count.unsigned_abs()));
        let mut passed = 0;
        while passed < wanted {
            let residue = Some(wanted - passed);
            let consecutive = code == 2 || code == 5;
            let told = |told: (u8, (u8, u8), Option<i32>)| {
                Some((told.0, told.1, told.2.filter(|_| !consecutive)))
            };
            let Some(slot) = self.step(back) else {
                return Model::end(back, residue.filter(|_| !consecutive));
            };
            match (code, slot) {
                (0, Slot::Record(_)) | (1 | 2, Slot::Filemark) | (4 | 5, Slot::Setmark) => {
                    passed += 1;
                }
                (0..=2, Slot::Setmark) if self.report_setmarks => {
                    return told((0x80, tape::drive::code::SETMARK, residue));
                }
                (0, Slot::Filemark) => {
                    return told((0x80, tape::drive::code::FILEMARK, residue));
                }
                (2 | 5, _) => passed = 0,
                _ => {}
            }
        }
        None
    }
}

fn content(medium: &Medium) -> Vec<Slot> {
    let slot = |block: tape::media::Block| match block.content {
        Content::Record { data, .. } => Slot::Record(data.to_vec()),
        Content::Mark if medium.is_setmark(block.number) => Slot::Setmark,
        Content::Mark => Slot::Filemark,
    };
    medium.blocks().map(slot).collect()
}

fn profile(settings: &[(&str, &str)]) -> Profile {
    let mut profile = Profile::named("scsi-2-dds").unwrap();
    let small = [
        ("tape.longest", "4096"),
        ("tape.group", "1024"),
        ("tape.start-level", "2048"),
        ("tape.read-level", "2048"),
        ("tape.buffer", "8192"),
    ];
    for (key, value) in small.iter().chain(settings) {
        profile.set(key, value).unwrap();
    }
    profile
}

fn record(len: u16, seed: u32) -> Vec<u8> {
    (0..u32::from(len))
        .map(|at| seed.wrapping_add(at * 7) as u8)
        .collect()
}

/// Takes the unit attention conditions of the initiator at hand, and waits for a motion that was begun with IMMED.
fn settle(host: &mut Host) {
    for _ in 0..9 {
        if host.command(&[0; 6], &[]).status == Status::Good {
            return;
        }
        host.rest(Ticks::from_secs(30));
    }
    panic!("{:02x?}", host.sense());
}

fn run(actions: &[Action]) {
    let mut host = Host::new(&profile(&[]), Medium::new());
    let mut model = Model {
        buffered: 1,
        ..Model::default()
    };
    for action in actions {
        let mut data = Vec::new();
        let (done, told): (_, Told) = match *action {
            Action::Write { count, seed } => {
                let sent: Vec<u8> = (0..u32::from(count))
                    .flat_map(|number| block(seed.wrapping_add(number)))
                    .collect();
                for block in sent.chunks(BLOCK) {
                    model.put(Slot::Record(block.to_vec()));
                }
                (host.write(&sent), None)
            }
            Action::Record { len, seed } => {
                let sent = record(len, seed);
                let [high, low] = len.to_be_bytes();
                model.put(Slot::Record(sent.clone()));
                (host.command(&[0x0A, 0, 0, high, low, 0], &sent), None)
            }
            Action::Marks {
                count,
                set,
                immediate,
            } => {
                let refused = immediate && model.buffered == 0;
                if !refused {
                    let slot = if set { Slot::Setmark } else { Slot::Filemark };
                    (0..count).for_each(|_| model.put(slot.clone()));
                }
                let bits = u8::from(set) << 1 | u8::from(immediate);
                (
                    host.command(&[0x10, bits, 0, 0, count, 0], &[]),
                    refused.then_some((key::ILLEGAL_REQUEST, code::FIELD_IN_CDB, None)),
                )
            }
            Action::Read { count } => {
                let told = model.read(count, false, &mut data);
                (host.read(count), told)
            }
            Action::ReadRecord { len } => {
                let [high, low] = len.to_be_bytes();
                let told = model.read_record(len, &mut data);
                (host.command(&[8, 0, 0, high, low, 0], &[]), told)
            }
            Action::ReadReverse { count } => {
                let told = model.read(count, true, &mut data);
                (host.command(&[0x0F, 5, 0, 0, count, 0], &[]), told)
            }
            Action::Space { code, count } => {
                let told = model.space(code, count);
                (host.space(code, count.into()), told)
            }
            Action::Locate { block, immediate } => {
                let end = model.tape.len();
                let beyond = usize::from(block) > end;
                // Past the end with IMMED is a deferred error: a table has it.
                let immediate = immediate && !beyond;
                model.at = usize::from(block).min(end);
                let cdb = [0x2B, u8::from(immediate), 0, 0, 0, 0, block, 0, 0, 0];
                (
                    host.command(&cdb, &[]),
                    beyond.then_some((key::BLANK_CHECK, code::END_OF_DATA, None)),
                )
            }
            Action::Rewind { immediate } => {
                model.at = 0;
                let cdb = [1, u8::from(immediate), 0, 0, 0, 0];
                (host.command(&cdb, &[]), None)
            }
            Action::Erase { long } => {
                model.tape.truncate(model.at);
                let cdb = [0x19, u8::from(long), 0, 0, 0, 0];
                (host.command(&cdb, &[]), None)
            }
            Action::Buffered(mode) => {
                model.buffered = mode;
                let list = [0, 0, mode << 4, 0];
                (host.command(&[0x15, 0x10, 0, 0, 4, 0], &list), None)
            }
            Action::ReportSetmarks(report) => {
                model.report_setmarks = report;
                let mut list = host.succeeds(&[0x1A, 8, 0x10, 0, 255, 0], &[]).data;
                list[0] = 0;
                list[4 + 8] = list[4 + 8] & !0x20 | u8::from(report) << 5;
                let len = list.len() as u8;
                (host.command(&[0x15, 0x10, 0, 0, len, 0], &list), None)
            }
            Action::Initiator(id) => {
                host.initiator = id;
                settle(&mut host);
                continue;
            }
            Action::Rest { millis } => {
                host.rest(Ticks::from_millis(millis.into()));
                continue;
            }
        };
        match told {
            None => assert_eq!(
                done.status,
                Status::Good,
                "{action:?}: {:02x?}",
                host.sense()
            ),
            Some((byte, code, residue)) => {
                assert_eq!(done.status, Status::CheckCondition, "{action:?}");
                assert_eq!(host.told(), (0x70, byte, code, residue), "{action:?}");
            }
        }
        assert!(done.data == data, "{action:?}");
        if host.drive.state() != DriveState::Moving {
            assert_eq!(host.drive.position(), model.at as u64, "{action:?}");
        }
    }
    let position = host.succeeds(&[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[]).data;
    assert_eq!(position[4..8], (model.at as u32).to_be_bytes());
    assert_eq!(host.filemarks(0, false).status, Status::Good);
    assert!(content(host.medium()) == model.tape);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_drive_keeps_the_tape_as_the_model_does(actions in prop::collection::vec(action(), 1..50)) {
        run(&actions);
    }

    #[test]
    fn at_the_end_of_the_medium_every_block_is_on_tape_or_can_be_recovered(
        writes in prop::collection::vec((1..40_u8, 0..3000_u16), 1..20),
        buffered in 0..3_u8,
    ) {
        let small = profile(&[("tape.track-blocks", "100"), ("tape.early-warning", "30"), ("tape.postamble", "0")]);
        let mut host = Host::new(&small, Medium::new());
        host.succeeds(&[0x15, 0x10, 0, 0, 4, 0], &[0, 0, buffered << 4, 0]);
        let mut number = 0;
        for (count, millis) in writes {
            let done = host.write(&blocks(number..number + u32::from(count)));
            number += (done.taken / BLOCK) as u32;
            if done.status == Status::CheckCondition {
                let (_, byte, told, residue) = host.told();
                prop_assert_eq!(told, code::END_OF_MEDIUM);
                if byte == 0x40 {
                    // Early warning: everything is on tape.
                    prop_assert_eq!(residue, Some(0));
                    prop_assert_eq!(host.medium().len(), u64::from(number));
                } else {
                    prop_assert_eq!(byte, 0x40 | key::VOLUME_OVERFLOW);
                    let in_buffer = residue.unwrap() as u32 - (u32::from(count) - (done.taken / BLOCK) as u32);
                    let on_tape = host.medium().len() as u32;
                    let rest = host.command(&[0x14, 1, 0, 0, 255, 0], &[]).data;
                    prop_assert_eq!(rest.len(), in_buffer as usize * BLOCK);
                    prop_assert!(rest == blocks(on_tape..on_tape + in_buffer));
                    break;
                }
            }
            host.rest(Ticks::from_millis(millis.into()));
        }
        let on_tape: Vec<u8> = content(host.medium()).into_iter().flat_map(|slot| match slot {
            Slot::Record(data) => data,
            _ => Vec::new(),
        }).collect();
        prop_assert!(on_tape == blocks(0..host.medium().len() as u32));
    }
}

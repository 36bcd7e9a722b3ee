//! Any sequence of commands leaves position, marks and content as on a simple model of a tape.

mod common;

use clock::Ticks;
use common::{BLOCK, Host, block};
use proptest::prelude::*;
use scsi::Status;
use tape::drive::{code, key};
use tape::media::{Content, tap};
use tape::{DriveState, Medium, Profile};

/// A tape as a list, and where the host is on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model {
    tape: Vec<Slot>,
    at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    Block(Vec<u8>),
    Mark,
}

#[derive(Clone, Debug)]
enum Action {
    Write { count: u8, seed: u32 },
    Marks { count: u8, immediate: bool },
    Read { count: u8 },
    Blocks(i8),
    Filemarks(i8),
    EndOfData,
    Rewind { immediate: bool },
    Erase,
    Buffered(u8),
    Rest { millis: u16 },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (0..90_u8, any::<u32>()).prop_map(|(count, seed)| Action::Write { count, seed }),
        3 => (0..4_u8, any::<bool>()).prop_map(|(count, immediate)| Action::Marks { count, immediate }),
        4 => (0..90_u8).prop_map(|count| Action::Read { count }),
        2 => (-20..20_i8).prop_map(Action::Blocks),
        2 => (-4..4_i8).prop_map(Action::Filemarks),
        2 => Just(Action::EndOfData),
        2 => any::<bool>().prop_map(|immediate| Action::Rewind { immediate }),
        1 => Just(Action::Erase),
        1 => (0..3_u8).prop_map(Action::Buffered),
        3 => (0..4000_u16).prop_map(|millis| Action::Rest { millis }),
    ]
}

/// Status, key with its bits, code and residue that the model expects.
type Told = Option<(u8, (u8, u8), Option<i32>)>;

impl Model {
    fn writable(&self) -> bool {
        self.at == 0 || self.at == self.tape.len()
    }

    fn put(&mut self, slot: Slot) {
        if self.at == 0 {
            self.tape.clear();
        }
        self.tape.push(slot);
        self.at += 1;
    }

    fn read(&mut self, count: u8, data: &mut Vec<u8>) -> Told {
        for left in (1..=i32::from(count)).rev() {
            match self.tape.get(self.at) {
                None => return Some((key::BLANK_CHECK, code::END_OF_DATA, Some(left))),
                Some(Slot::Mark) => {
                    self.at += 1;
                    return Some((0x80, code::FILEMARK, Some(left)));
                }
                Some(Slot::Block(block)) => data.extend(block),
            }
            self.at += 1;
        }
        None
    }

    fn space_blocks(&mut self, count: i8) -> Told {
        for left in (1..=i32::from(count.unsigned_abs())).rev() {
            if count < 0 && self.at == 0 {
                return Some((0x40, code::BEGINNING_OF_MEDIUM, Some(left)));
            }
            if count > 0 && self.at == self.tape.len() {
                return Some((key::BLANK_CHECK, code::END_OF_DATA, Some(left)));
            }
            let passed = if count < 0 { self.at - 1 } else { self.at };
            self.at = if count < 0 { self.at - 1 } else { self.at + 1 };
            if self.tape[passed] == Slot::Mark {
                return Some((0x80, code::FILEMARK, Some(left)));
            }
        }
        None
    }

    fn space_marks(&mut self, count: i8) -> Told {
        let mut left = i32::from(count.unsigned_abs());
        while left > 0 {
            if count < 0 && self.at == 0 {
                return Some((0x40, code::BEGINNING_OF_MEDIUM, Some(left)));
            }
            if count > 0 && self.at == self.tape.len() {
                return Some((key::BLANK_CHECK, code::END_OF_DATA, Some(left)));
            }
            let passed = if count < 0 { self.at - 1 } else { self.at };
            self.at = if count < 0 { self.at - 1 } else { self.at + 1 };
            left -= i32::from(self.tape[passed] == Slot::Mark);
        }
        None
    }
}

fn content(medium: &Medium) -> Vec<Slot> {
    let slot = |block: tape::media::Block| match block.content {
        Content::Record { data, bad } => {
            assert!(!bad);
            Slot::Block(data.to_vec())
        }
        Content::Mark => Slot::Mark,
    };
    medium.blocks().map(slot).collect()
}

fn run(actions: &[Action], defects: &[u64]) {
    let mut profile = Profile::viper_150();
    // Short tracks and a small buffer, so that turns, pauses and repositions come often.
    for (key, value) in [
        ("tape.track-blocks", "150"),
        ("tape.tracks", "100"),
        ("tape.buffer", "24576"),
        ("tape.read-level", "8192"),
    ] {
        profile.set(key, value).unwrap();
    }
    profile.set("tape.low-level", "8192").unwrap();
    profile.set("tape.start-level", "8192").unwrap();
    let mut medium = Medium::new();
    defects
        .iter()
        .for_each(|&frame| medium.set_defect(frame, true));
    let mut host = Host::new(&profile, medium);
    let mut model = Model::default();
    let mut buffered = 1;
    for action in actions {
        let (done, told): (_, Told) = match *action {
            Action::Write { count, seed } => {
                let data: Vec<u8> = (0..u32::from(count))
                    .flat_map(|number| block(seed.wrapping_add(number)))
                    .collect();
                let writable = model.writable() || count == 0;
                if writable {
                    data.chunks(BLOCK)
                        .for_each(|block| model.put(Slot::Block(block.to_vec())));
                }
                (
                    host.write(&data),
                    (!writable).then_some((key::ILLEGAL_REQUEST, code::APPEND_POSITION, None)),
                )
            }
            Action::Marks { count, immediate } => {
                let told = if immediate && buffered == 0 {
                    Some((key::ILLEGAL_REQUEST, code::FIELD_IN_CDB, None))
                } else if !model.writable() && count > 0 {
                    Some((key::ILLEGAL_REQUEST, code::APPEND_POSITION, None))
                } else {
                    (0..count).for_each(|_| model.put(Slot::Mark));
                    None
                };
                (host.filemarks(count, immediate), told)
            }
            Action::Read { count } => {
                let mut data = Vec::new();
                let told = model.read(count, &mut data);
                let done = host.read(count);
                assert!(done.data == data, "{action:?}");
                (done, told)
            }
            Action::Blocks(count) => (host.space(0, count.into()), model.space_blocks(count)),
            Action::Filemarks(count) => (host.space(1, count.into()), model.space_marks(count)),
            Action::EndOfData => {
                model.at = model.tape.len();
                (host.space(3, 0), None)
            }
            Action::Rewind { immediate } => {
                model.at = 0;
                (
                    host.command(&[1, u8::from(immediate), 0, 0, 0, 0], &[]),
                    None,
                )
            }
            Action::Erase => {
                model = Model::default();
                (host.command(&[0x19, 1, 0, 0, 0, 0], &[]), None)
            }
            Action::Buffered(mode) => {
                buffered = mode;
                (
                    host.command(&[0x15, 0x10, 0, 0, 4, 0], &[0, 0, mode << 4, 0]),
                    None,
                )
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
        if host.drive.state() != DriveState::Moving {
            assert_eq!(host.drive.position(), model.at as u64, "{action:?}");
        }
    }
    assert_eq!(host.filemarks(0, false).status, Status::Good);
    assert!(content(host.medium()) == model.tape);
    let mut behind = 0;
    for block in host.medium().blocks() {
        assert!(block.at >= behind, "blocks lie one behind the other");
        behind = block.at + host.medium().frames(block.number);
    }
    assert!(behind <= host.medium().end());
    let image = tap::write(host.medium(), tap::Gaps::Keep);
    assert!(content(&tap::parse(&image).unwrap()) == model.tape);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_drive_keeps_the_tape_as_the_model_does(
        actions in prop::collection::vec(action(), 1..40),
        defects in prop::collection::vec(0..600_u64, 0..8),
    ) {
        run(&actions, &defects);
    }

    #[test]
    fn images_keep_what_is_on_a_tape(
        items in prop::collection::vec(
            prop_oneof![
                (prop::collection::vec(any::<u8>(), 1..700), any::<bool>()).prop_map(Some),
                Just(None),
            ],
            0..20,
        ),
        gaps in prop::collection::vec(0..3_u64, 20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut medium = Medium::new();
        for (item, gap) in items.iter().zip(gaps) {
            medium.push_gap(gap);
            match item {
                Some((data, bad)) => medium.push_record(data, *bad),
                None => medium.push_mark(),
            }
        }
        let image = tap::write(&medium, tap::Gaps::Keep);
        prop_assert_eq!(tap::parse(&image), Ok(medium.clone()));
        // However short the image is cut, what comes before is read, and reading never fails in another way.
        let cut = cut.index(image.len());
        let (kept, error) = tap::salvage(&image[..cut]);
        let same = kept.blocks().zip(medium.blocks()).all(|(kept, whole)| kept == whole);
        prop_assert!(same && kept.len() <= medium.len());
        prop_assert!(error.is_none_or(|error| error.offset <= cut as u64));
    }

    #[test]
    fn no_file_makes_the_reader_fail(image in prop::collection::vec(prop_oneof![Just(0_u8), Just(0xFF), Just(0xFE), any::<u8>()], 0..200)) {
        let (medium, _) = tap::salvage(&image);
        prop_assert!(medium.len() <= 50);
    }
}

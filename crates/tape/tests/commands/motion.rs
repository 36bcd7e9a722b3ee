//! Commands that take time.

use super::*;

#[test]
fn erase_takes_two_passes_and_everything() {
    let mut host = viper_with(two_files(3));
    host.read(2);
    let begin = host.now;
    host.succeeds(&[0x19, 1, 0, 0, 0, 0], &[]);
    let seconds = host.now.since(begin).as_micros() / 1_000_000;
    assert!((180..200).contains(&seconds), "{seconds}");
    assert!(host.medium().is_empty());
    assert_eq!(host.fails(&[8, 1, 0, 0, 1, 0], &[]).1, key::BLANK_CHECK);
}

#[test]
fn long_commands_hold_the_host_unless_they_are_immediate() {
    let mut medium = Medium::new();
    // A third of the first track: 31 s from the beginning.
    (0..5400).for_each(|_| medium.push_record(&block(0), false));
    let mut host = viper_with(medium);
    host.succeeds(&[0x11, 3, 0, 0, 0, 0], &[]);
    let begin = host.now;
    host.rewind();
    let held = host.now.since(begin);
    assert!((30..33).contains(&(held.as_micros() / 1_000_000)), "{held}");

    host.succeeds(&[0x11, 3, 0, 0, 0, 0], &[]);
    let begin = host.now;
    host.succeeds(&[0x01, 1, 0, 0, 0, 0], &[]);
    assert!(host.now.since(begin) < Ticks::from_millis(2));
    // TEST UNIT READY tells that the tape is on its way; a command that needs the tape waits for it.
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::NOT_READY, code::BECOMING_READY, None)
    );
    assert_eq!(host.read(1).status, Status::Good);
    assert!(host.now.since(begin) > held);
    assert_eq!(host.drive.position(), 1);
}

#[test]
fn filemarks_return_at_once_only_with_immed() {
    let mut host = Host::viper();
    host.write(&blocks(0..40));
    let begin = host.now;
    host.succeeds(&[0x10, 1, 0, 0, 1, 0], &[]);
    assert!(host.now.since(begin) < Ticks::from_millis(2));
    host.succeeds(&[0x10, 0, 0, 0, 0, 0], &[]);
    assert!(host.now.since(begin) > Ticks::from_millis(200));
    assert_eq!(host.medium().len(), 41);
    assert!(
        host.events()
            .iter()
            .any(|(_, event)| *event == TapeEvent::Filemark { block: 40 })
    );
}

#[test]
fn little_data_do_not_wait_in_the_buffer_for_ever() {
    let mut host = Host::viper();
    host.write(&block(1));
    host.rest(Ticks::from_millis(900));
    assert!(host.medium().is_empty());
    host.rest(Ticks::from_secs(1));
    assert_eq!(host.medium().len(), 1);
}

#[test]
fn the_first_byte_of_a_tape_waits_for_its_preparation() {
    let mut host = Host::viper();
    let begin = host.now;
    let done = host.write(&block(1));
    assert_eq!(done.longest.1, 0);
    assert!(host.now.since(begin) > Ticks::from_millis(500));
}

#[test]
fn a_read_streams_ahead_and_repositions_when_the_host_is_slow() {
    let mut medium = Medium::new();
    (0..2000).for_each(|number| medium.push_record(&block(number), false));
    let mut host = viper_with(medium);
    let mut data = Vec::new();
    for _ in 0..50 {
        data.extend(host.read(20).data);
        host.rest(Ticks::from_millis(300));
    }
    assert_eq!(data, blocks(0..1000));
    assert!(host.drive.counters().read_repositions > 5);
    // A host that keeps up never stops the tape.
    let before = host.drive.counters().read_repositions;
    host.rate = 100_000;
    for number in 0..50 {
        assert_eq!(
            host.read(20).data,
            blocks(1000 + number * 20..1020 + number * 20)
        );
    }
    assert!(host.drive.counters().read_repositions <= before + 1);
}

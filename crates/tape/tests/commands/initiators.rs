//! Several initiators: contingent allegiance (SCSI-2, 7.6), unit attention (7.9), deferred errors (8.2.14.2), reservations (10.2.9, 10.2.10),
//! medium removal (9.2.4), buffered mode 2 (10.3.3).

use super::table::*;
use super::*;

const RESERVE: u8 = 0x16;
const RELEASE: u8 = 0x17;

/// A drive whose unit attention all initiators have taken.
fn settled(tape: &str) -> Host {
    let mut host = complete(tape);
    for id in 0..8 {
        host.initiator = id;
        host.command(&TEST_UNIT_READY, &[]);
    }
    host
}

#[test]
fn sense_data_wait_for_the_initiator_whose_command_failed() {
    let mut host = settled("B");
    host.initiator = 1;
    host.command(&[0x02, 0, 0, 0, 0, 0], &[]);
    host.initiator = 2;
    host.succeeds(&TEST_UNIT_READY, &[]);
    assert_eq!(host.told().1, 0);
    host.initiator = 1;
    assert_eq!(host.told().2, code::OPERATION);
    // Its own next command clears them (7.6).
    host.command(&[0x02, 0, 0, 0, 0, 0], &[]);
    host.succeeds(&[0x12, 0, 0, 0, 36, 0], &[]);
    assert_eq!(host.told().1, 0);
}

#[test]
fn conditions_queue_up_for_each_initiator() {
    let attention = |code| (0x70, key::UNIT_ATTENTION, code, None);
    let mut host = settled("B");
    host.initiator = 3;
    // Mode parameters, log parameters, another cartridge.
    host.set_page_bit(0x10, 8, 0x20);
    host.succeeds(&[0x4C, 2, 0x40, 0, 0, 0, 0, 0, 0, 0], &[]);
    host.drive.eject(host.now, false, &mut host.tracer).unwrap();
    let cartridge = medium("B");
    host.drive
        .insert(host.now, cartridge, &mut host.tracer)
        .unwrap();
    host.rest(Ticks::from_secs(60));
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        attention(code::MEDIUM_CHANGED)
    );
    host.succeeds(&TEST_UNIT_READY, &[]);
    host.initiator = 4;
    // INQUIRY is executed and leaves them; REQUEST SENSE takes one.
    host.succeeds(&[0x12, 0, 0, 0, 36, 0], &[]);
    assert_eq!(host.told(), attention(code::MODE_CHANGED));
    assert_eq!(
        host.fails(&[8, 1, 0, 0, 1, 0], &[]),
        attention(code::LOG_CHANGED)
    );
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        attention(code::MEDIUM_CHANGED)
    );
    assert_eq!(host.read(1).data, record("B", 0));
    // A reset clears the others.
    host.initiator = 5;
    host.reset();
    host.rest(Ticks::from_secs(60));
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]), attention(code::RESET));
    host.succeeds(&TEST_UNIT_READY, &[]);
}

#[test]
fn a_select_that_changes_nothing_is_no_condition() {
    let mut host = settled("B");
    host.initiator = 3;
    host.succeeds(&[0x15, 0x10, 0, 0, 4, 0], &[0, 0, 0x10, 0]);
    host.initiator = 4;
    host.succeeds(&TEST_UNIT_READY, &[]);
    // Loading again a cartridge that was unloaded is told to the others.
    host.succeeds(&[0x1B, 0, 0, 0, 0, 0], &[]);
    host.succeeds(&[0x1B, 0, 0, 0, 1, 0], &[]);
    host.succeeds(&TEST_UNIT_READY, &[]);
    host.initiator = 3;
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::MEDIUM_CHANGED);
}

#[test]
fn a_reservation_keeps_other_initiators_out() {
    let conflict = Status::ReservationConflict;
    // Who, command, how it ends.
    #[rustfmt::skip]
    let rows: [(&str, u8, [u8; 6], Status); 16] = [
        ("reserved", 7, [RESERVE, 0, 0, 0, 0, 0], Status::Good),
        ("again by its holder", 7, [RESERVE, 0, 0, 0, 0, 0], Status::Good),
        ("by another", 2, [RESERVE, 0, 0, 0, 0, 0], conflict),
        ("a command of another", 2, TEST_UNIT_READY, conflict),
        ("one that does not exist", 2, [0x02, 0, 0, 0, 0, 0], conflict),
        ("INQUIRY", 2, [0x12, 0, 0, 0, 5, 0], Status::Good),
        ("REQUEST SENSE", 2, [0x03, 0, 0, 0, 18, 0], Status::Good),
        ("ALLOW", 2, [0x1E, 0, 0, 0, 0, 0], Status::Good),
        ("PREVENT", 2, [0x1E, 0, 0, 0, 1, 0], conflict),
        ("another's RELEASE is no error", 2, [RELEASE, 0, 0, 0, 0, 0], Status::Good),
        ("and has no effect", 2, TEST_UNIT_READY, conflict),
        ("the holder's commands", 7, REWIND, Status::Good),
        ("released", 7, [RELEASE, 0, 0, 0, 0, 0], Status::Good),
        ("for all", 2, TEST_UNIT_READY, Status::Good),
        ("reserved by another", 2, [RESERVE, 0, 0, 0, 0, 0], Status::Good),
        ("keeps the first out", 7, TEST_UNIT_READY, conflict),
    ];
    let mut host = settled("B");
    for (what, initiator, cdb, status) in rows {
        host.initiator = initiator;
        assert_eq!(host.command(&cdb, &[]).status, status, "{what}");
    }
    host.reset();
    host.rest(Ticks::from_secs(60));
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::RESET);
    host.succeeds(&TEST_UNIT_READY, &[]);
}

#[test]
fn a_reservation_for_a_third_party() {
    let conflict = Status::ReservationConflict;
    let third = |operation, id: u8| [operation, 0x10 | id << 1, 0, 0, 0, 0];
    #[rustfmt::skip]
    let rows: [(&str, u8, [u8; 6], Status); 13] = [
        ("reserved for 5", 7, third(RESERVE, 5), Status::Good),
        ("not for the one that did it", 7, TEST_UNIT_READY, conflict),
        ("nor for others", 2, TEST_UNIT_READY, conflict),
        ("but for 5", 5, TEST_UNIT_READY, Status::Good),
        ("5 cannot release it", 5, third(RELEASE, 5), Status::Good),
        ("so it stands", 2, TEST_UNIT_READY, conflict),
        ("a release for another ID", 7, third(RELEASE, 4), Status::Good),
        ("so it stands still", 7, TEST_UNIT_READY, conflict),
        ("a release without a third party", 7, [RELEASE, 0, 0, 0, 0, 0], Status::Good),
        ("so it stands even then", 7, TEST_UNIT_READY, conflict),
        ("superseded by the one that did it", 7, third(RESERVE, 4), Status::Good),
        ("released", 7, third(RELEASE, 4), Status::Good),
        ("for all", 2, TEST_UNIT_READY, Status::Good),
    ];
    let mut host = settled("B");
    for (what, initiator, cdb, status) in rows {
        host.initiator = initiator;
        assert_eq!(host.command(&cdb, &[]).status, status, "{what}");
    }
}

#[test]
fn a_cartridge_stays_while_any_initiator_prevents_its_removal() {
    let mut host = settled("B");
    for id in [1, 2] {
        host.initiator = id;
        host.succeeds(&[0x1E, 0, 0, 0, 1, 0], &[]);
    }
    host.succeeds(&[0x1E, 0, 0, 0, 0, 0], &[]);
    assert_eq!(host.drive.eject(host.now, false, &mut host.tracer), None);
    host.initiator = 1;
    host.succeeds(&[0x1E, 0, 0, 0, 0, 0], &[]);
    assert!(
        host.drive
            .eject(host.now, false, &mut host.tracer)
            .is_some()
    );
}

/// A drive with a tape on which nothing can be written behind its first block.
fn with_a_bad_tape(mode: u8) -> Host {
    let mut medium = Medium::new();
    (1..600).for_each(|frame| medium.set_defect(frame, true));
    let mut profile = Profile::named("scsi-2-dds").unwrap();
    profile.set("tape.group", "512").unwrap();
    let mut host = Host::new(&profile, medium);
    for id in 0..8 {
        host.initiator = id;
        host.command(&TEST_UNIT_READY, &[]);
    }
    host.succeeds(&[0x15, 0x10, 0, 0, 4, 0], &[0, 0, mode << 4, 0]);
    for id in 0..8 {
        host.initiator = id;
        host.command(&TEST_UNIT_READY, &[]);
    }
    host
}

#[test]
fn a_deferred_error_is_told_to_the_initiator_whose_data_were_lost() {
    let mut host = with_a_bad_tape(1);
    host.initiator = 1;
    host.write(&blocks(0..4));
    host.rest(Ticks::from_secs(60));
    host.initiator = 2;
    host.succeeds(&TEST_UNIT_READY, &[]);
    host.initiator = 1;
    host.succeeds(&[0x12, 0, 0, 0, 36, 0], &[]);
    let lost = (0x71, key::MEDIUM_ERROR, code::WRITE_ERROR, Some(3));
    assert_eq!(host.fails(&[8, 1, 0, 0, 1, 0], &[]), lost);
    host.succeeds(&TEST_UNIT_READY, &[]);
    // Data of two initiators: the next of any is told.
    let mut host = with_a_bad_tape(1);
    for id in [1, 2] {
        host.initiator = id;
        host.write(&blocks(0..2));
    }
    host.rest(Ticks::from_secs(60));
    host.initiator = 6;
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]), lost);
}

#[test]
fn in_mode_2_the_data_of_one_initiator_are_on_tape_before_another_writes() {
    for (mode, on_tape) in [(1, 0), (2, 2)] {
        let mut host = settled("");
        host.succeeds(&[0x15, 0x10, 0, 0, 4, 0], &[0, 0, mode << 4, 0]);
        for id in [1, 2] {
            host.initiator = id;
            host.command(&TEST_UNIT_READY, &[]);
            assert_eq!(host.write(&blocks(0..2)).status, Status::Good);
        }
        assert_eq!(host.medium().len(), on_tape, "mode {mode}");
    }
    // What goes wrong then is the first one's, and the second one's data are taken.
    let mut host = with_a_bad_tape(2);
    host.initiator = 1;
    host.write(&blocks(0..4));
    host.initiator = 2;
    host.write(&blocks(0..1));
    host.initiator = 1;
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x71, key::MEDIUM_ERROR, code::WRITE_ERROR, Some(3))
    );
}

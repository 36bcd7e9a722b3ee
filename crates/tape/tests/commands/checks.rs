//! What every command is checked for, and what a drive says of itself.

use super::*;

#[test]
fn inquiry_names_the_drive() {
    let mut host = Host::viper();
    let data = host.succeeds(&[0x12, 0, 0, 0, 255, 0], &[]).data;
    assert_eq!(data[..5], [0x01, 0x80, 0x01, 0x01, 31]);
    assert_eq!(&data[8..], b"ARCHIVE VIPER 150  21247-005");
    assert_eq!(host.succeeds(&[0x12, 0, 0, 0, 5, 0], &[]).data.len(), 5);
    assert_eq!(
        host.command_to(3, &[0x12, 0, 0, 0, 36, 0], &[]).data[0],
        0x7F
    );
}

#[test]
fn commands_are_refused_for_what_is_wrong_with_them() {
    let illegal = |code| (0x70, key::ILLEGAL_REQUEST, code, None);
    let field = illegal(code::FIELD_IN_CDB);
    let cases: [(&[u8], _); 24] = [
        (&[0x02, 0, 0, 0, 0, 0], illegal(code::OPERATION)),
        (&[0x0F, 1, 0, 0, 1, 0], illegal(code::OPERATION)),
        (&[0x2B, 0, 0, 0, 0, 0, 0, 0, 0, 0], illegal(code::OPERATION)),
        (&[0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], illegal(code::OPERATION)),
        (&[0x00, 1, 0, 0, 0, 0], field),
        (&[0x00, 0, 0, 0, 0, 1], field),
        (&[0x12, 1, 0, 0, 36, 0], field),
        (&[0x12, 0, 0x80, 0, 36, 0], field),
        // Blocks have a fixed length; SILI is for others.
        (&[0x08, 0, 0, 2, 0, 0], field),
        (&[0x08, 3, 0, 0, 1, 0], field),
        (&[0x0A, 0, 0, 2, 0, 0], field),
        (&[0x0A, 3, 0, 0, 1, 0], field),
        // Setmarks.
        (&[0x10, 2, 0, 0, 1, 0], field),
        // Consecutive filemarks and codes that do not exist.
        (&[0x11, 2, 0, 0, 1, 0], field),
        (&[0x11, 4, 0, 0, 1, 0], field),
        // Comparison with data of the host.
        (&[0x13, 3, 0, 0, 1, 0], field),
        // Third-party reservation.
        (&[0x16, 0x10, 0, 0, 0, 0], field),
        // Erase that returns at once.
        (&[0x19, 3, 0, 0, 0, 0], field),
        (&[0x1A, 0, 0x01, 0, 255, 0], field),
        (&[0x1A, 0, 0xC0, 0, 255, 0], illegal(code::NO_SAVED_PAGES)),
        // Saving mode parameters.
        (&[0x15, 1, 0, 0, 0, 0], field),
        (&[0x1B, 0, 0, 0, 5, 0], field),
        (&[0x1D, 0, 0, 0, 4, 0], field),
        (&[0x1E, 1, 0, 0, 0, 0], field),
    ];
    let mut host = Host::viper();
    for (cdb, told) in cases {
        assert_eq!(host.fails(cdb, &[]), told, "{cdb:02x?}");
        assert_eq!(host.told().1, 0, "sense data are told once");
    }
    assert_eq!(
        host.command_to(1, &TEST_UNIT_READY, &[]).status,
        Status::CheckCondition
    );
    assert_eq!(host.told(), illegal(code::UNIT));
    assert_eq!(host.medium(), &Medium::new());
}

#[test]
fn request_sense_gives_what_is_asked_for() {
    let mut host = Host::viper();
    host.command(&[0x02, 0, 0, 0, 0, 0], &[]);
    assert_eq!(
        host.succeeds(&[0x03, 0, 0, 0, 0, 0], &[]).data,
        [0x70, 0, 5, 0]
    );
    assert_eq!(host.succeeds(&[0x03, 0, 0, 0, 255, 0], &[]).data.len(), 18);
    let data = host.command_to(2, &[0x03, 0, 0, 0, 18, 0], &[]).data;
    assert_eq!((data[2], data[12]), (key::ILLEGAL_REQUEST, 0x25));
}

#[test]
fn power_on_is_told_first_and_then_that_the_drive_is_not_ready() {
    let mut host = Host::cold(&Profile::viper_150(), Some(Medium::new()));
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::UNIT_ATTENTION, code::RESET, None)
    );
    for cdb in [
        TEST_UNIT_READY,
        REWIND,
        [8, 1, 0, 0, 1, 0],
        [0xA, 1, 0, 0, 1, 0],
        [0x1B, 0, 0, 0, 1, 0],
    ] {
        assert_eq!(
            host.fails(&cdb, &[]),
            (0x70, key::NOT_READY, code::BECOMING_READY, None)
        );
    }
    assert!(host.now < Ticks::from_secs(1), "the answer comes at once");
    host.succeeds(&[0x1A, 0, 0, 0, 255, 0], &[]);
    host.succeeds(&[0x05, 0, 0, 0, 0, 0], &[]);
    host.now = Ticks::from_secs(8);
    host.succeeds(&TEST_UNIT_READY, &[]);
    // Every initiator is told for itself.
    host.initiator = 3;
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::RESET);
    host.succeeds(&TEST_UNIT_READY, &[]);
}

#[test]
fn request_sense_takes_a_unit_attention_that_no_command_has_met() {
    let mut host = Host::cold(&Profile::viper_150(), None);
    assert_eq!(host.told(), (0x70, key::UNIT_ATTENTION, code::RESET, None));
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::NOT_READY, code::NO_MEDIUM, None)
    );
}

#[test]
fn a_bus_reset_forgets_the_buffer_and_rewinds() {
    let mut host = Host::viper();
    host.write(&blocks(0..10));
    assert_eq!(host.drive.buffered(), 5120);
    host.reset();
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::RESET);
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::BECOMING_READY);
    host.rest(Ticks::from_secs(3));
    host.succeeds(&TEST_UNIT_READY, &[]);
    assert_eq!((host.drive.buffered(), host.drive.position()), (0, 0));
    assert!(host.medium().is_empty());
}

#[test]
fn cartridges_come_and_go() {
    let mut host = Host::viper();
    host.succeeds(&[0x1E, 0, 0, 0, 1, 0], &[]);
    assert_eq!(host.drive.eject(host.now, false, &mut host.tracer), None);
    host.succeeds(&[0x1E, 0, 0, 0, 0, 0], &[]);
    assert!(
        host.drive
            .eject(host.now, false, &mut host.tracer)
            .is_some()
    );
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::NOT_READY, code::NO_MEDIUM, None)
    );
    assert_eq!(
        host.drive.insert(host.now, two_files(3), &mut host.tracer),
        Ok(())
    );
    assert_eq!(
        host.drive.insert(host.now, Medium::new(), &mut host.tracer),
        Err(Medium::new())
    );
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::UNIT_ATTENTION, code::MEDIUM_CHANGED, None)
    );
    assert_eq!(host.fails(&TEST_UNIT_READY, &[]).2, code::BECOMING_READY);
    host.rest(Ticks::from_secs(9));
    assert_eq!(host.read(1).data, block(0));
}

#[test]
fn an_unloaded_cartridge_must_be_loaded() {
    let mut host = viper_with(two_files(3));
    host.read(2);
    host.succeeds(&[0x1B, 0, 0, 0, 0, 0], &[]);
    assert_eq!(host.drive.state(), DriveState::Unloaded);
    assert_eq!(
        host.fails(&TEST_UNIT_READY, &[]),
        (0x70, key::NOT_READY, code::NEEDS_LOAD, None)
    );
    host.succeeds(&[0x1B, 0, 0, 0, 1, 0], &[]);
    assert_eq!(host.read(1).data, block(0));
}

#[test]
fn a_protected_cartridge_is_not_written() {
    let mut medium = two_files(1);
    medium.set_write_protected(true);
    let mut host = viper_with(medium.clone());
    for cdb in [
        [0x0A, 1, 0, 0, 1, 0],
        [0x10, 0, 0, 0, 1, 0],
        [0x19, 1, 0, 0, 0, 0],
    ] {
        assert_eq!(
            host.fails(&cdb, &[]),
            (0x70, key::DATA_PROTECT, code::WRITE_PROTECTED, None)
        );
    }
    assert_eq!(host.succeeds(&[0x1A, 0, 0, 0, 255, 0], &[]).data[2], 0x90);
    assert_eq!(host.read(1).data, block(0));
    assert_eq!(host.medium(), &medium);
}

#[test]
fn the_self_test_takes_its_time() {
    let mut host = Host::viper();
    let begin = host.now;
    host.succeeds(&[0x1D, 4, 0, 0, 0, 0], &[]);
    assert_eq!(host.now.since(begin).as_micros() / 1000, 3000);
}

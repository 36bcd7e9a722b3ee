//! Several initiators: sense data, unit attention and reservations of each (SCSI-2, 7.6, 7.9, 9.2.11, 9.2.12).

use super::pages::set_recovery;
use super::table::*;
use super::*;

#[test]
fn sense_data_wait_for_the_initiator_they_belong_to() {
    let mut bench = complete();
    bench.initiator.id = 5;
    bench.sense();
    assert_eq!(bench.command(&[0x0B, 0, 0, 0, 0, 1]).status, 2);
    bench.initiator.id = 7;
    assert_eq!(bench.sense(), code::NONE);
    assert!(bench.command(&[0; 6]).good());
    bench.initiator.id = 5;
    assert_eq!(bench.sense(), code::FIELD_IN_CDB);
}

#[test]
fn each_initiator_is_told_once_of_a_reset_and_of_changed_parameters() {
    let mut bench = complete();
    bench.reset();
    for id in [2, 3, 7] {
        bench.initiator.id = id;
        assert!(
            bench.command(&[0x12, 0, 0, 0, 36, 0]).good(),
            "INQUIRY is not held up"
        );
        fails(&mut bench, &[0; 6], code::RESET);
        assert!(bench.command(&[0; 6]).good());
    }
    set_recovery(&mut bench, 0, 2, false);
    assert!(bench.command(&[0; 6]).good(), "who changes them knows");
    bench.initiator.id = 3;
    fails(&mut bench, &[0; 6], code::MODE_CHANGED);
    assert!(bench.command(&[0; 6]).good());
    bench.initiator.id = 1;
    for code in [code::RESET, code::MODE_CHANGED] {
        assert_eq!(bench.command(&[0; 6]).status, 2);
        assert_eq!(told(&mut bench).0, code, "one after the other");
    }
}

#[test]
fn a_reservation_for_a_third_party() {
    let mut bench = complete();
    for id in [2, 5] {
        bench.initiator.id = id;
        bench.sense();
    }
    let conflict = Status::ReservationConflict as u8;
    bench.initiator.id = 7;
    assert!(bench.command(&[0x16, 0x10 | 5 << 1, 0, 0, 0, 0]).good());
    assert_eq!(
        bench.command(&[0; 6]).status,
        conflict,
        "the drive is another's"
    );
    bench.initiator.id = 2;
    assert_eq!(bench.command(&[0x16, 0, 0, 0, 0, 0]).status, conflict);
    assert!(
        bench.command(&[0x12, 0, 0, 0, 36, 0]).good(),
        "INQUIRY does not conflict"
    );
    bench.initiator.id = 5;
    assert!(bench.command(&[0; 6]).good());
    assert!(
        bench.command(&[0x17, 0, 0, 0, 0, 0]).good(),
        "it is not its to release"
    );
    bench.initiator.id = 2;
    assert_eq!(bench.command(&[0; 6]).status, conflict);
    bench.initiator.id = 7;
    assert!(bench.command(&[0x17, 0x10 | 5 << 1, 0, 0, 0, 0]).good());
    bench.initiator.id = 2;
    assert!(bench.command(&[0; 6]).good());
    bench.reset();
    let mut old = of(&DiskProfile::st225n());
    fails(&mut old, &[0x16, 0x1A, 0, 0, 0, 0], code::FIELD_IN_CDB);
}

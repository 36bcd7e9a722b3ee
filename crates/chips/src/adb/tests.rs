use super::*;
use crate::via6522::{Acr, Irq, Register, Via6522};
use clock::{Stream, Ticks};

/// A VIA and a transceiver, joined as in an SE: ST0 on PB4, ST1 on PB5, ADB Int on PB3, CB1 and CB2.
struct Bench {
    via: Via6522,
    adb: Adb,
    now: Ticks,
}

impl Bench {
    fn new(adb: Adb) -> Bench {
        let mut bench = Bench {
            via: Via6522::new(),
            adb,
            now: Ticks::ZERO,
        };
        bench.via.write(bench.now, Register::Orb, 0x30);
        bench.via.write(bench.now, Register::Ddrb, 0x30);
        bench.direction(Acr::SHIFT_IN_EXTERNAL);
        bench
    }

    fn direction(&mut self, mode: u8) {
        self.via.write(self.now, Register::Acr, mode);
    }

    fn set_state(&mut self, state: u8) {
        self.via.write(self.now, Register::Orb, state << 4);
        self.adb.set_state(self.now, self.via.port_b_out() >> 4 & 3);
    }

    /// Runs to `until`, or until the shift register's flag; true in the second case.
    fn run(&mut self, until: Ticks) -> bool {
        while self.via.peek(self.now, Register::Ifr) & Irq::SR == 0 {
            if self.adb.next_event() > until {
                self.now = until;
                return false;
            }
            self.now = self.now.max(self.adb.next_event());
            let wires = self.adb.advance(self.now, self.via.cb2_out());
            self.via.set_cb2(self.now, wires.data);
            self.via.set_cb1(self.now, wires.clock);
            let level = if wires.interrupt { 0x08 } else { 0 };
            self.via.b.set_input(0x08, level);
        }
        true
    }

    /// One byte through the shift register; ADB Int as it stands then.
    fn moved(&mut self) -> (u8, bool) {
        assert!(self.run(self.now + Ticks::from_millis(20)), "no byte moved");
        let interrupt = self.via.read(self.now, Register::Orb) & 0x08 != 0;
        (self.via.read(self.now, Register::Sr), interrupt)
    }

    fn send(&mut self, state: u8, byte: u8) -> bool {
        self.direction(Acr::SHIFT_OUT_EXTERNAL);
        self.via.write(self.now, Register::Sr, byte);
        self.set_state(state);
        self.moved().1
    }

    fn receive(&mut self, state: u8) -> (u8, bool) {
        self.direction(Acr::SHIFT_IN_EXTERNAL);
        self.via.read(self.now, Register::Sr);
        self.set_state(state);
        self.moved()
    }

    /// The packet that waits to be read, and whether a device asserted Service Request.
    fn read_packet(&mut self) -> (Vec<u8>, bool) {
        let (mut data, mut silent, mut service_request) = (Vec::new(), false, false);
        for place in 0.. {
            let (byte, interrupt) = self.receive([state::EVEN, state::ODD][place % 2]);
            match (place, interrupt) {
                (0, false) => silent = true,
                (1, false) => service_request = true,
                (_, false) => break,
                _ => {}
            }
            data.push(byte);
        }
        if silent {
            data.clear();
        }
        (data, service_request)
    }

    fn idle(&mut self) {
        self.direction(Acr::SHIFT_IN_EXTERNAL);
        self.via.read(self.now, Register::Sr);
        self.set_state(state::IDLE);
    }

    fn talk(&mut self, address: u8, register: u8) -> (Vec<u8>, bool) {
        let taken = self.send(state::COMMAND, command::talk(address, register));
        assert!(taken, "an autopolled packet waits");
        let packet = self.read_packet();
        self.idle();
        packet
    }

    fn listen(&mut self, address: u8, register: u8, data: [u8; 2]) {
        self.send(state::COMMAND, command::listen(address, register));
        self.send(state::EVEN, data[0]);
        self.send(state::ODD, data[1]);
        self.idle();
    }
}

fn two_mice() -> Bench {
    let mouse = |name| Device::mouse(Stream::new(1, name));
    Bench::new(Adb::with_bus(Bus::new(vec![mouse("a"), mouse("b")])))
}

#[test]
fn talk_register_3_gives_enable_random_address_and_handler() {
    let mut bench = Bench::new(Adb::new(1));
    for (address, handler) in [(2, 1), (3, 1)] {
        let (data, service_request) = bench.talk(address, 3);
        assert_eq!((data[0] & 0xF0, data[1]), (0x60, handler));
        assert!(!service_request);
    }
    let draws: std::collections::BTreeSet<u8> = (0..20).map(|_| bench.talk(2, 3).0[0]).collect();
    assert!(draws.len() > 3, "{draws:?}");
}

#[test]
fn talk_to_an_empty_address_times_out() {
    let mut bench = Bench::new(Adb::new(1));
    assert_eq!(bench.talk(5, 3), (vec![], false));
    assert_eq!(bench.talk(2, 0), (vec![], false));
}

#[test]
fn talk_takes_the_time_of_the_guides_table_8_14() {
    let mut bench = Bench::new(Adb::new(1));
    bench.send(state::COMMAND, command::talk(2, 3));
    let start = bench.now;
    bench.receive(state::EVEN);
    let took = bench.now.since(start).as_micros();
    // Attention, sync, 8 bits, stop, stop-to-start, start bit, 16 bits, stop; and the byte's way through the shift register.
    let bus = 800 + 65 + 800 + 70 + 200 + 100 + 1600 + 70;
    assert!((bus..bus + 500).contains(&took), "{took} us");
}

#[test]
fn keyboard_register_0_holds_two_transitions_the_older_first() {
    let mut bench = Bench::new(Adb::new(1));
    for (code, down) in [(0x00, true), (0x00, false), (0x24, true)] {
        bench.adb.key(code, down);
    }
    assert_eq!(bench.talk(2, 0).0, [0x00, 0x80]);
    assert_eq!(bench.talk(2, 0).0, [0x24, 0xFF]);
    assert_eq!(bench.talk(2, 0).0, []);
}

#[test]
fn keyboard_register_2_shows_modifiers_as_zeros() {
    let mut bench = Bench::new(Adb::new(1));
    assert_eq!(bench.talk(2, 2).0, [0xFF, 0xFF]);
    bench.adb.key(keyboard::key::SHIFT, true);
    bench.adb.key(keyboard::key::CAPS_LOCK, true);
    assert_eq!(bench.talk(2, 2).0, [0xDB, 0xFF]);
}

#[test]
fn the_power_key_comes_alone_and_in_both_bytes() {
    let mut bench = Bench::new(Adb::new(1));
    bench.adb.key(0x00, true);
    bench.adb.key(keyboard::key::POWER, true);
    assert_eq!(bench.talk(2, 3).0[0] & 0x40, 0);
    assert_eq!(bench.talk(2, 0).0, [0x00, 0xFF]);
    assert_eq!(bench.talk(2, 0).0, [0x7F, 0x7F]);
}

#[test]
fn an_extended_keyboard_tells_right_modifiers_with_handler_3_only() {
    let keyboard = Device::keyboard(keyboard::Keyboard::extended(), Stream::new(1, "k"));
    let mut bench = Bench::new(Adb::with_bus(Bus::new(vec![keyboard])));
    assert_eq!(bench.talk(2, 3).0[1], 2);
    bench.adb.key(keyboard::key::RIGHT_SHIFT, true);
    assert_eq!(bench.talk(2, 0).0, [keyboard::key::SHIFT, 0xFF]);
    bench.listen(2, 3, [0x02, 3]);
    assert_eq!(bench.talk(2, 3).0[1], 3);
    bench.adb.key(keyboard::key::RIGHT_SHIFT, false);
    assert_eq!(
        bench.talk(2, 0).0,
        [0x80 | keyboard::key::RIGHT_SHIFT, 0xFF]
    );
    bench.listen(2, 2, [0xFF, 0xF9]);
    assert_eq!(bench.talk(2, 2).0, [0xFF, 0xF9]);
}

#[test]
fn mouse_register_0_has_button_and_seven_bit_distances() {
    let mut bench = Bench::new(Adb::new(1));
    bench.adb.mouse_moved(5, -3);
    assert_eq!(bench.talk(3, 0).0, [0x80 | 0x7D, 0x85]);
    bench.adb.mouse_button(true);
    bench.adb.mouse_moved(100, 0);
    assert_eq!(bench.talk(3, 0).0, [0x00, 0x80 | 63]);
    assert_eq!(bench.talk(3, 0).0, [0x00, 0x80 | 37]);
    assert_eq!(bench.talk(3, 0).0, []);
}

#[test]
fn a_device_in_need_asserts_service_request_unless_told_not_to() {
    let mut bench = Bench::new(Adb::new(1));
    bench.adb.key(0x00, true);
    assert_eq!(bench.talk(3, 0), (vec![], true));
    bench.adb.mouse_moved(1, 1);
    assert_eq!(bench.talk(3, 0), (vec![0x81, 0x81], true));
    // Handler 00 takes address and enable bit: bit 13 is 0 here.
    bench.listen(2, 3, [0x02, 0x00]);
    assert_eq!(bench.talk(3, 0), (vec![], false));
    assert_eq!(bench.talk(2, 0).0, [0x00, 0xFF]);
}

#[test]
fn flush_forgets_the_addressed_devices_data_only() {
    let mut bench = Bench::new(Adb::new(1));
    bench.adb.key(0x00, true);
    bench.adb.mouse_moved(1, 0);
    bench.send(state::COMMAND, command::flush(2));
    bench.idle();
    assert_eq!(bench.talk(2, 0).0, []);
    assert_eq!(bench.talk(3, 0).0, [0x80, 0x81]);
}

#[test]
fn send_reset_restores_addresses_and_takes_three_milliseconds() {
    let mut bench = Bench::new(Adb::new(1));
    bench.listen(2, 3, [0x29, 0x00]);
    assert_eq!(bench.talk(9, 3).0[1], 1);
    bench.send(state::COMMAND, command::SEND_RESET);
    let start = bench.now;
    bench.idle();
    assert_eq!(bench.talk(2, 3).0[1], 1);
    assert!(bench.now.since(start) > Ticks::from_millis(3));
}

#[test]
fn two_devices_at_one_address_are_told_apart_by_moving_the_one_that_won() {
    let mut bench = two_mice();
    // Inside Macintosh V: talk register 3, move what answers to a free address, try again until nobody answers.
    let mut tries = 0;
    while bench.adb.bus.devices()[0].address() == bench.adb.bus.devices()[1].address() {
        bench.talk(3, 3);
        bench.listen(3, 3, [0x2F, 0xFE]);
        if bench.talk(3, 3).0.is_empty() {
            // Both had drawn the same number; both went. Bring them back.
            bench.listen(15, 3, [0x23, 0xFE]);
        }
        tries += 1;
        assert!(tries < 50, "never told apart");
    }
    let mut addresses: Vec<u8> = bench
        .adb
        .bus
        .devices()
        .iter()
        .map(Device::address)
        .collect();
    addresses.sort_unstable();
    assert_eq!(addresses, [3, 15]);
    assert_eq!(bench.talk(3, 3).0[1], 1);
    assert_eq!(bench.talk(15, 3).0[1], 1);
}

#[test]
fn the_loser_of_a_collision_keeps_its_data() {
    let mut bench = two_mice();
    for device in [0, 1] {
        let distance = [1, 2][device];
        if let device::Kind::Mouse(mouse) = &mut bench.adb.bus.devices_mut()[device].kind {
            mouse.moved(distance, 0);
        }
    }
    // 81 and 82: the second bit from the right decides for 81.
    assert_eq!(bench.talk(3, 0).0, [0x80, 0x81]);
    assert_eq!(bench.talk(3, 0).0, [0x80, 0x82]);
}

#[test]
fn idle_polls_the_active_device_and_announces_its_data_with_the_talk_command() {
    let mut bench = Bench::new(Adb::new(1));
    bench.talk(2, 0);
    assert!(
        !bench.run(bench.now + Ticks::from_millis(100)),
        "nothing to tell"
    );
    bench.adb.key(0x31, true);
    let pressed = bench.now;
    let (byte, interrupt) = bench.moved();
    assert_eq!((byte, interrupt), (command::talk(2, 0), false));
    assert!(bench.now.since(pressed) < Ticks::from_millis(11 + 5));
    assert_eq!(bench.read_packet(), (vec![0x31, 0xFF], false));
    bench.idle();
    assert!(!bench.run(bench.now + Ticks::from_millis(100)));
}

#[test]
fn idle_tells_of_a_service_request_of_another_device() {
    let mut bench = Bench::new(Adb::new(1));
    bench.adb.key(0x31, true);
    let (byte, interrupt) = bench.moved();
    assert_eq!((byte, interrupt), (command::talk(3, 0), false));
    assert_eq!(bench.read_packet(), (vec![], true));
    bench.idle();
    assert_eq!(bench.talk(2, 0).0, [0x31, 0xFF]);
}

#[test]
fn a_command_is_refused_while_a_polled_packet_waits() {
    let mut bench = Bench::new(Adb::new(1));
    bench.adb.mouse_moved(1, 0);
    assert!(bench.run(Ticks::from_millis(30)));
    let taken = bench.send(state::COMMAND, command::talk(2, 3));
    assert!(!taken);
    assert_eq!(bench.read_packet().0, [0x80, 0x81]);
    bench.idle();
    assert_eq!(bench.talk(2, 3).0[1], 1);
}

#[test]
fn an_answer_that_was_not_read_is_announced_in_state_3() {
    let mut bench = Bench::new(Adb::new(1));
    bench.adb.key(0x00, true);
    bench.send(state::COMMAND, command::talk(2, 0));
    bench.idle();
    assert_eq!(bench.moved(), (command::talk(2, 0), false));
    assert_eq!(bench.read_packet().0, [0x00, 0xFF]);
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        State(u8),
        Write(u8),
        Mode(bool),
        Key(u8, bool),
        Move(i32, i32),
        Pass(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..4_u8).prop_map(Step::State),
            any::<u8>().prop_map(Step::Write),
            any::<bool>().prop_map(Step::Mode),
            (0..0x80_u8, any::<bool>()).prop_map(|(code, down)| Step::Key(code, down)),
            (any::<i32>(), any::<i32>()).prop_map(|(x, y)| Step::Move(x, y)),
            (0..400_000_u64).prop_map(Step::Pass),
        ]
    }

    fn apply(bench: &mut Bench, step: &Step) {
        match *step {
            Step::State(state) => bench.set_state(state),
            Step::Write(byte) => bench.via.write(bench.now, Register::Sr, byte),
            Step::Mode(out) => bench.direction(if out {
                Acr::SHIFT_OUT_EXTERNAL
            } else {
                Acr::SHIFT_IN_EXTERNAL
            }),
            Step::Key(code, down) => bench.adb.key(code, down),
            Step::Move(right, down) => bench.adb.mouse_moved(right, down),
            Step::Pass(ticks) => {
                let until = bench.now + Ticks(ticks);
                while bench.run(until) {
                    bench.via.read(bench.now, Register::Sr);
                }
            }
        }
    }

    proptest! {
        /// Whatever the computer does, the transceiver is not lost: left alone in state 3, and read when it asks, it goes back to
        /// polling and answers a command. A copy of its state, taken anywhere, does the same.
        #[test]
        fn it_always_finds_back_to_work_and_serialises_anywhere(
            steps in prop::collection::vec(step(), 0..60), cut in 0..60_usize
        ) {
            let mut bench = Bench::new(Adb::new(1));
            for (place, step) in steps.iter().enumerate() {
                if place == cut {
                    let bytes = postcard::to_stdvec(&bench.adb).expect("serialises");
                    bench.adb = postcard::from_bytes(&bytes).expect("is read back");
                }
                apply(&mut bench, step);
            }
            for state in [state::EVEN, state::IDLE, state::COMMAND, state::IDLE] {
                bench.set_state(state);
                apply(&mut bench, &Step::Pass(1_000_000));
            }
            bench.send(state::COMMAND, command::SEND_RESET);
            bench.idle();
            let mut taken = bench.send(state::COMMAND, command::talk(2, 3));
            if !taken {
                bench.read_packet();
                bench.idle();
                taken = bench.send(state::COMMAND, command::talk(2, 3));
            }
            prop_assert!(taken);
            prop_assert_eq!(bench.read_packet().0[1], 1);
        }
    }
}

//! The transceiver between the VIA and the bus.

use super::bus::{Bus, Outcome};
use super::command::{address, is_listen, is_talk, register, talk};
use super::device::Device;
use super::keyboard::Keyboard;
use clock::Stream;
use clock::Ticks;
use serde::{Deserialize, Serialize};

/// Values of ST1 and ST0 (Guide, "ADB transceiver").
pub mod state {
    /// The computer has a command byte.
    pub const COMMAND: u8 = 0;
    /// A data byte, the first, third ..
    pub const EVEN: u8 = 1;
    /// A data byte, the second, fourth ..
    pub const ODD: u8 = 2;
    /// Nothing to move: the transceiver polls.
    pub const IDLE: u8 = 3;
}

/// Half a period of the clock on CB1: some 38 µs for each bit (the figure the open-source emulator Granny Smith (pappadf) gives for the real chip;
/// assumed).
const HALF_CLOCK: Ticks = Ticks::from_micros(19);
/// From a change of ST1 or ST0 to the first clock (assumed: two loops of a controller that executes an instruction in 2 µs).
const REACTION: Ticks = Ticks::from_micros(40);
/// From the beginning of one poll to the next (Guide, "ADB transceiver": about 11 ms).
const POLL: Ticks = Ticks::from_millis(11);
/// The longest data packet: eight bytes (Guide, "Data packets").
const LONGEST: usize = 8;
/// The default address of the mouse, which is polled first.
const MOUSE: u8 = 3;

/// The wires of the transceiver to the VIA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wires {
    /// The clock, CB1.
    pub clock: bool,
    /// What the transceiver puts on the data wire, CB2; high when it does not drive it.
    pub data: bool,
    /// ADB Int, PB3: low when asserted.
    pub interrupt: bool,
}

/// What is going on; it ends, or has its next clock edge, when the transceiver is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Activity {
    /// Waits for the computer, or in state 3 for the next poll.
    Waiting,
    /// Takes a byte from the VIA.
    Receiving { byte: u8, bits: u8 },
    /// Gives the VIA a byte.
    Sending { byte: u8, bits: u8 },
    /// A command, with its data, is on the bus.
    OnBus,
    /// So is a Talk of the transceiver's own.
    Polling,
}

/// What the states 1 and 2 mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// Nothing: filler is given.
    None,
    /// They take data for this Listen.
    Listen { command: u8, data: Vec<u8> },
    /// They give this answer to this Talk, of which so many bytes have been given.
    Talk {
        command: u8,
        outcome: Outcome,
        given: usize,
    },
}

/// The transceiver, with the bus and its devices.
///
/// Tell it every change of PB4 and PB5 ([`Adb::set_state`]), call [`Adb::advance`] when [`Adb::next_event`] is due, and put its
/// [`Wires`] on CB1, CB2 and PB3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adb {
    /// The bus.
    pub bus: Bus,
    state: u8,
    /// ST1 and ST0 have changed since a byte was last moved.
    asked: bool,
    phase: Phase,
    activity: Activity,
    wires: Wires,
    due: Ticks,
    /// The address that is polled.
    active: u8,
    next_poll: Ticks,
}

impl Adb {
    /// A transceiver in state 3 on a bus with a standard keyboard and a mouse, which draw the numbers of their registers 3 from
    /// streams named after them.
    pub fn new(seed: u64) -> Adb {
        Adb::with_bus(Bus::new(vec![
            Device::keyboard(Keyboard::standard(), Stream::new(seed, "adb/keyboard")),
            Device::mouse(Stream::new(seed, "adb/mouse")),
        ]))
    }

    /// A transceiver in state 3 on this bus.
    pub fn with_bus(bus: Bus) -> Adb {
        Adb {
            bus,
            state: state::IDLE,
            asked: false,
            phase: Phase::None,
            activity: Activity::Waiting,
            wires: Wires {
                clock: true,
                data: true,
                interrupt: true,
            },
            due: POLL,
            active: MOUSE,
            next_poll: POLL,
        }
    }

    /// A key of the keyboard goes down or comes up; see [`Keyboard::transition`].
    pub fn key(&mut self, code: u8, down: bool) {
        if let Some(keyboard) = self.bus.keyboard_mut() {
            keyboard.transition(code, down);
        }
    }

    /// The mouse goes so many counts to the right and down.
    pub fn mouse_moved(&mut self, right: i32, down: i32) {
        if let Some(mouse) = self.bus.mouse_mut() {
            mouse.moved(right, down);
        }
    }

    /// The mouse's button goes down or comes up.
    pub fn mouse_button(&mut self, pressed: bool) {
        if let Some(mouse) = self.bus.mouse_mut() {
            mouse.button(pressed);
        }
    }

    /// The levels of the wires since the last change.
    pub fn wires(&self) -> Wires {
        self.wires
    }

    /// When the transceiver next does something by itself. Never [`Ticks::NEVER`] in state 3, where it polls.
    pub fn next_event(&self) -> Ticks {
        self.due
    }

    /// ST1 and ST0 are `state` (two bits) from now on. A change while a byte moves, or while the bus is busy, is served afterwards.
    pub fn set_state(&mut self, now: Ticks, state: u8) {
        if self.state == state & 3 {
            return;
        }
        self.state = state & 3;
        self.asked = true;
        if self.activity == Activity::Waiting {
            self.due = now + REACTION;
        }
    }

    /// Does what is due at `now`, with the VIA driving CB2 to `host` (`None`: not at all); returns the levels of the wires from now on.
    pub fn advance(&mut self, now: Ticks, host: Option<bool>) -> Wires {
        if now < self.due {
            return self.wires;
        }
        match self.activity {
            Activity::Waiting if self.asked => self.serve(now),
            Activity::Waiting => self.poll(now),
            Activity::Receiving { byte, bits } => self.receive_edge(now, byte, bits, host),
            Activity::Sending { byte, bits } => self.send_edge(now, byte, bits),
            Activity::OnBus => self.wait(now),
            Activity::Polling => self.polled(now),
        }
        self.wires
    }

    /// Nothing moves: until ST changes or, in state 3, until the next poll. A packet that has been announced is not polled over.
    fn wait(&mut self, now: Ticks) {
        self.activity = Activity::Waiting;
        let unread = matches!(self.phase, Phase::Talk { .. });
        self.due = if self.asked {
            now + REACTION
        } else if self.state == state::IDLE && !unread {
            self.next_poll.max(now)
        } else {
            Ticks::NEVER
        };
    }

    /// Answers a change of ST1 and ST0.
    fn serve(&mut self, now: Ticks) {
        // A Listen whose data are complete goes out before anything else.
        if matches!(self.state, state::COMMAND | state::IDLE)
            && let Phase::Listen { command, data } = &self.phase
        {
            let outcome = self.bus.transact(*command, data);
            self.phase = Phase::None;
            self.on_bus(now, outcome.length);
            return;
        }
        self.asked = false;
        let unread = match &self.phase {
            Phase::Talk {
                command, given: 0, ..
            } => Some(*command),
            _ => None,
        };
        match (self.state, unread) {
            (state::COMMAND, Some(command)) if self.polled_packet() => {
                self.give(now, command, false)
            }
            (state::COMMAND, _) => {
                self.phase = Phase::None;
                self.take(now);
            }
            // The computer went away without reading the answer: it is announced like one that was polled.
            (state::IDLE, Some(command)) if self.polled_packet() => self.give(now, command, false),
            (state::IDLE, _) => {
                self.phase = Phase::None;
                self.wires.interrupt = true;
                self.wait(now);
            }
            _ if matches!(self.phase, Phase::Listen { .. }) => self.take(now),
            _ => self.give_next(now),
        }
    }

    /// True when register 0 data wait to be read.
    fn polled_packet(&self) -> bool {
        matches!(&self.phase, Phase::Talk { command, outcome, .. }
            if register(*command) == 0 && !outcome.answer.is_empty())
    }

    fn on_bus(&mut self, now: Ticks, length: Ticks) {
        self.activity = Activity::OnBus;
        self.due = now + length;
    }

    fn take(&mut self, now: Ticks) {
        self.wires.interrupt = true;
        self.activity = Activity::Receiving { byte: 0, bits: 0 };
        self.due = now + HALF_CLOCK;
    }

    fn give(&mut self, now: Ticks, byte: u8, interrupt: bool) {
        self.wires.interrupt = interrupt;
        self.activity = Activity::Sending { byte, bits: 0 };
        self.due = now + HALF_CLOCK;
    }

    /// The next byte of an answer, or filler: FF when there was no answer, 00 behind one.
    fn give_next(&mut self, now: Ticks) {
        let (byte, interrupt) = match &mut self.phase {
            Phase::Talk { outcome, given, .. } => {
                let place = *given;
                *given += 1;
                let filler = if outcome.answer.is_empty() { 0xFF } else { 0 };
                let byte = outcome.answer.get(place).copied().unwrap_or(filler);
                let interrupt = if place == 1 {
                    !outcome.service_request
                } else {
                    place < outcome.answer.len()
                };
                (byte, interrupt)
            }
            _ => (0xFF, false),
        };
        self.give(now, byte, interrupt);
    }

    fn receive_edge(&mut self, now: Ticks, byte: u8, bits: u8, host: Option<bool>) {
        self.wires.clock = !self.wires.clock;
        self.due = now + HALF_CLOCK;
        if !self.wires.clock {
            return;
        }
        let (byte, bits) = (byte << 1 | u8::from(host != Some(false)), bits + 1);
        if bits < 8 {
            self.activity = Activity::Receiving { byte, bits };
        } else {
            self.received(now, byte);
        }
    }

    fn received(&mut self, now: Ticks, byte: u8) {
        if let Phase::Listen { data, .. } = &mut self.phase {
            if data.len() < LONGEST {
                data.push(byte);
            }
            self.wait(now);
            return;
        }
        if is_listen(byte) {
            self.phase = Phase::Listen {
                command: byte,
                data: Vec::new(),
            };
            self.wait(now);
            return;
        }
        let outcome = self.bus.transact(byte, &[]);
        let length = outcome.length;
        if is_talk(byte) {
            if register(byte) == 0 {
                self.active = address(byte);
            }
            self.phase = Phase::Talk {
                command: byte,
                outcome,
                given: 0,
            };
        }
        self.next_poll = now + POLL;
        self.on_bus(now, length);
    }

    fn send_edge(&mut self, now: Ticks, byte: u8, bits: u8) {
        self.due = now + HALF_CLOCK;
        if self.wires.clock && bits == 8 {
            self.wires.data = true;
            self.wait(now);
            return;
        }
        self.wires.clock = !self.wires.clock;
        if self.wires.clock {
            self.activity = Activity::Sending {
                byte,
                bits: bits + 1,
            };
        } else {
            self.wires.data = byte >> (7 - bits) & 1 != 0;
        }
    }

    fn poll(&mut self, now: Ticks) {
        self.next_poll = now + POLL;
        let command = talk(self.active, 0);
        let outcome = self.bus.transact(command, &[]);
        self.due = now + outcome.length;
        self.activity = Activity::Polling;
        self.phase = Phase::Talk {
            command,
            outcome,
            given: 0,
        };
    }

    /// A poll is over: the computer hears of data and of Service Requests, of nothing else.
    fn polled(&mut self, now: Ticks) {
        match &self.phase {
            Phase::Talk {
                command, outcome, ..
            } if self.state == state::IDLE
                && (outcome.service_request || !outcome.answer.is_empty()) =>
            {
                let command = *command;
                self.give(now, command, false);
            }
            _ => {
                if !self.polled_packet() {
                    self.phase = Phase::None;
                }
                self.wait(now);
            }
        }
    }
}

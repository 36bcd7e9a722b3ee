//! Random accesses.

use super::*;
use proptest::prelude::*;

/// Something a machine, a fault or another host may do.
#[derive(Clone, Debug)]
enum Act {
    Read(u8),
    Write(u8, u8),
    DmaRead,
    DmaWrite(u8),
    EndOfProcess,
    Wait(u64),
    WaitDrq(u64),
    Others(u16, u8),
    Fault(u8),
    Command(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0_u8..8).prop_map(Act::Read),
        8 => (0_u8..8, any::<u8>()).prop_map(|(register, value)| Act::Write(register, value)),
        3 => Just(Act::DmaRead),
        3 => any::<u8>().prop_map(Act::DmaWrite),
        1 => Just(Act::EndOfProcess),
        4 => (1_u64..5000).prop_map(Act::Wait),
        1 => (1_u64..5000).prop_map(Act::WaitDrq),
        1 => (0_u16..0x200, any::<u8>()).prop_map(|(signals, data)| Act::Others(signals, data)),
        1 => (0_u8..6).prop_map(Act::Fault),
        2 => prop_oneof![Just(READ), Just(WRITE)].prop_map(Act::Command),
    ]
}

impl Host {
    /// What `act` shows of the chip.
    fn perform(&mut self, act: &Act) -> u64 {
        self.now += ACCESS;
        let (now, chip, bus, tracer) = (self.now, &mut self.chip, &mut self.bus, &mut self.tracer);
        match *act {
            Act::Read(register) => chip.read(now, register, bus, tracer).into(),
            Act::Write(register, value) => {
                chip.write(now, register, value, bus, tracer);
                0
            }
            Act::DmaRead => chip.dma_read(now, bus, tracer, 0).into(),
            Act::DmaWrite(value) => {
                chip.dma_write(now, value, bus, tracer, 0);
                0
            }
            Act::EndOfProcess => {
                chip.end_of_process();
                chip.irq().into()
            }
            Act::Wait(time) => {
                self.wait(Ticks(time));
                0
            }
            Act::WaitDrq(limit) => {
                let at = chip.wait_drq(now, now + Ticks(limit), bus, tracer);
                assert!(at.is_none_or(|at| at >= now && at <= now + Ticks(limit)));
                self.now = at.unwrap_or(now + Ticks(limit));
                at.map_or(0, |at| at.0)
            }
            Act::Others(signals, data) => {
                bus.drive_others(
                    now,
                    Lines::with_data(Signals::from_bits_truncate(signals), data),
                    tracer,
                );
                0
            }
            Act::Fault(kind) => {
                let fault = match kind {
                    0 => scsi::BusFault::Noise {
                        out: true,
                        after: 1,
                        flip: 0x103,
                    },
                    1 => scsi::BusFault::Noise {
                        out: false,
                        after: 1,
                        flip: 0x080,
                    },
                    2 => scsi::BusFault::BusFree { after: 2 },
                    3 => scsi::BusFault::Hang { after: 3 },
                    4 => scsi::BusFault::Reset,
                    _ => scsi::BusFault::PowerCycle { off: Ticks(3000) },
                };
                bus.inject(now + Ticks(40), 3, fault);
                0
            }
            Act::Command(operation) => {
                self.try_command(operation);
                0
            }
        }
    }

    /// A driver's command, as far as the bus lets it.
    fn try_command(&mut self, operation: u8) {
        self.icr(InitiatorCommand::empty());
        self.write(read::MODE, 0);
        self.write(read::TARGET_COMMAND, 0);
        self.write(write::OUTPUT_DATA, 0x88);
        self.icr(
            InitiatorCommand::ASSERT_SEL
                | InitiatorCommand::ASSERT_DATA
                | InitiatorCommand::ASSERT_ATN,
        );
        self.wait(Ticks(30));
        self.icr(InitiatorCommand::ASSERT_ATN);
        for (phase, byte) in [
            (6, 0xC0),
            (2, operation),
            (2, 0),
            (2, 0),
            (2, 0),
            (2, 1),
            (2, 0),
        ] {
            self.wait(Ticks(60));
            self.write(read::TARGET_COMMAND, phase);
            self.write(write::OUTPUT_DATA, byte);
            self.icr(InitiatorCommand::ASSERT_DATA | InitiatorCommand::ASSERT_ACK);
            self.icr(InitiatorCommand::ASSERT_DATA);
        }
        self.wait(Ticks(60));
        self.write(read::TARGET_COMMAND, u8::from(operation == READ));
        self.write(read::MODE, (Mode::DMA | Mode::PARITY_CHECK).bits());
        let start = if operation == READ {
            write::START_INITIATOR_RECEIVE
        } else {
            write::START_SEND
        };
        self.write(start, 0);
    }

    fn state(&self) -> Vec<u8> {
        postcard::to_stdvec(&(&self.chip, &self.bus, self.now)).unwrap()
    }
}

proptest! {
    /// No sequence of accesses, faults and other hosts panics; the lines are always the OR of what is driven; and a copy made at any
    /// moment goes on the same.
    #[test]
    fn any_sequence_of_accesses(
        acts in prop::collection::vec(act(), 1..60),
        cut in 0_usize..60,
        pause in (0_usize..20, 0_u64..3000, any::<bool>()),
    ) {
        let mut device = Pauser::new(20, pause.0, Ticks(pause.1));
        device.disconnects = pause.2;
        let mut host = Host::new(device);
        let mut copy: Option<Host> = None;
        for (n, act) in acts.iter().enumerate() {
            if n == cut {
                let (chip, bus, now) = postcard::from_bytes(&host.state()).unwrap();
                copy = Some(Host { chip, bus, tracer: Tracer::new(0), now });
            }
            let seen = host.perform(act);
            if let Some(copy) = &mut copy {
                prop_assert_eq!(copy.perform(act), seen);
                prop_assert_eq!(copy.state(), host.state());
            }
            let driven = (0..8)
                .filter_map(|id| host.bus.port(id))
                .fold(host.bus.initiator() | host.bus.others(), |all, port| all | port.drives());
            prop_assert_eq!(host.bus.lines(), driven);
        }
    }
}

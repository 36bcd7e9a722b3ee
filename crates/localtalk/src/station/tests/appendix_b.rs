//! TransmitLinkMgmt of appendix B written a second time, as the procedure that the book prints, and compared with the state
//! machine: same line, same random numbers, so the same times.

use super::*;

const NEVER: u64 = u64::MAX;

/// The line as the node senses it: when others are heard, ascending and apart.
struct Line(Vec<(u64, u64)>);

impl Line {
    fn carrier(&self, t: u64) -> bool {
        self.0.iter().any(|&(on, off)| on <= t && t < off)
    }

    /// The first time from `t` on at which there is a carrier.
    fn carrier_after(&self, t: u64) -> u64 {
        if self.carrier(t) {
            return t;
        }
        self.0
            .iter()
            .map(|&(on, _)| on)
            .find(|&on| on >= t)
            .unwrap_or(NEVER)
    }

    fn idle_after(&self, t: u64) -> u64 {
        self.0
            .iter()
            .find(|&&(on, off)| on <= t && t < off)
            .map_or(t, |&(_, off)| off)
    }
}

/// The global variables of the model.
struct Model {
    now: u64,
    backoff: u64,
    defer_history: [u8; 8],
    collision_history: [u8; 8],
    random: Stream,
    requests: Vec<u64>,
}

impl Model {
    /// Sends to a node that never answers.
    fn transmit_link_management(&mut self, line: &Line, request_time: u64) {
        if self.collision_history.iter().sum::<u8>() > 2 {
            self.backoff = (self.backoff * 2).clamp(2, 16);
            self.collision_history = [0; 8];
        } else if self.defer_history.iter().sum::<u8>() < 2 {
            self.backoff /= 2;
            self.defer_history = [1; 8];
        }
        for i in (1..8).rev() {
            self.collision_history[i] = self.collision_history[i - 1];
            self.defer_history[i] = self.defer_history[i - 1];
        }
        self.collision_history[0] = 0;
        self.defer_history[0] = 0;
        let (mut defer_tries, mut collision_tries, mut local) = (0, 0, self.backoff);
        loop {
            loop {
                let mut timer = self.now + DIALOG_GAP.0;
                if line.carrier(self.now) {
                    local = local.max(2);
                    self.defer_history[0] = 1;
                    self.now = line.idle_after(self.now);
                    // The end is noticed late, and the gap counted from when it was.
                    timer = self.now - Signal::NOTICE.0 + DIALOG_GAP.0;
                }
                let busy = line.carrier_after(self.now);
                self.now = timer.min(busy);
                if busy > timer {
                    break;
                }
            }
            let timer = self.now + self.random.below(local) * llap::SLOT.0;
            let busy = line.carrier_after(self.now);
            self.now = timer.min(busy);
            if busy <= timer {
                local = local.max(2);
                self.defer_history[0] = 1;
                if defer_tries == 32 {
                    return;
                }
                defer_tries += 1;
                continue;
            }
            self.requests.push(self.now);
            self.now += request_time;
            // ReceiveFrame: 200 us for a carrier, from there 200 us for a byte, which nobody sends.
            let timer = self.now + FRAME_GAP.0;
            let busy = line.carrier_after(self.now);
            self.now = if busy <= timer {
                busy + FRAME_GAP.0
            } else {
                timer
            };
            self.collision_history[0] = 1;
            if collision_tries == 32 {
                return;
            }
            local = (local * 2).clamp(2, 16);
            collision_tries += 1;
        }
    }
}

#[test]
fn the_state_machine_waits_as_the_printed_procedure_does() {
    let mut noise = Stream::new(1, "noise");
    for round in 0..60 {
        let name = format!("round {round}");
        // A line with more or less noise of station 1, which is nothing but a carrier.
        let mean = Ticks::from_micros(300 << (round % 8));
        let mut jams = Vec::new();
        let mut t = 0;
        while t < 40_000_000 {
            t += 2000 + noise.exponential(mean).0;
            let length = 1000 + noise.below(30_000);
            jams.push((t, t + length));
            t += length;
        }
        let packets = 6;
        let mut station = Station::with_address(0, 10, Stream::new(7, &name));
        for _ in 0..packets {
            assert!(station.send(Ticks::ZERO, 77, 1, vec![0; 4]));
        }
        let (mut cable, mut tracer) = (Cable::new(2), Tracer::new(Record::WORLD));
        for &(on, off) in &jams {
            cable.post(1, Ticks(on) + Signal::NOTICE, Signal::Carrier);
            cable.post(1, Ticks(off) + Signal::NOTICE, Signal::Idle);
        }
        let mut now = Ticks::ZERO;
        while station.waiting() > 0 && now < Ticks(40_000_000) {
            now += Signal::NOTICE;
            station.advance(now, &mut cable, &mut tracer);
            cable.settle(now, &mut tracer);
        }
        let request = [77, 10, llap::RTS];
        let pulse = llap::signals(&request, Ticks::ZERO, true).1.0 - llap::duration(&request).0;
        let times: Vec<u64> = tracer
            .drain()
            .filter_map(|record| match record.event {
                Event::Line(LineEvent::Frame {
                    station: 0, start, ..
                }) => Some(start - pulse),
                _ => None,
            })
            .collect();
        let notice = |t: u64| t + Signal::NOTICE.0;
        let heard = jams.iter().map(|&(on, off)| (notice(on), notice(off)));
        let mut model = Model {
            now: 0,
            backoff: 0,
            defer_history: [0; 8],
            collision_history: [0; 8],
            random: Stream::new(7, &name),
            requests: Vec::new(),
        };
        let line = Line(heard.collect());
        for _ in 0..packets {
            model.transmit_link_management(&line, pulse + llap::duration(&request).0);
        }
        assert!(times.len() > 5, "{name}: {}", times.len());
        let compared = times.len().min(model.requests.len());
        assert_eq!(times[..compared], model.requests[..compared], "{name}");
        assert!(model.requests.len() - compared <= 1, "{name}");
    }
}

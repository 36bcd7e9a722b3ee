use super::{Router, Seed};
use clock::Ticks;
use localtalk::{Cable, Station};
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// A router on the cables of a world: one station for each port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterStation {
    router: Router,
    /// For each port its station, and the number of its cable.
    ports: Vec<(Station, usize)>,
    now: Ticks,
}

impl RouterStation {
    /// A router with a port for each of these: a station whose address is settled, the number of its cable, and what it is a seed of. Its
    /// timers begin at `start`.
    pub fn new(ports: Vec<(Station, usize, Option<Seed>)>, start: Ticks) -> RouterStation {
        let ends = ports
            .iter()
            .map(|(station, _, seed)| (station.address().unwrap_or(0), seed.clone()));
        RouterStation {
            router: Router::new(ends.collect(), start),
            ports: ports
                .into_iter()
                .map(|(station, cable, _)| (station, cable))
                .collect(),
            now: Ticks::ZERO,
        }
    }

    /// The router itself.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// Runs it up to, not including, `now`, on the cables of the world.
    pub fn advance(&mut self, now: Ticks, cables: &mut [Cable], tracer: &mut Tracer) {
        let idle = |(station, cable): &(Station, usize)| {
            station.next_event() >= now && cables[*cable].next_for(station.number()) >= now
        };
        if self.router.next_event() >= now && self.ports.iter().all(idle) {
            self.now = now;
            return;
        }
        for (port, (station, cable)) in self.ports.iter_mut().enumerate() {
            station.advance(now, &mut cables[*cable], tracer);
            let received: Vec<_> = station.received().collect();
            for (_, packet) in received {
                self.router.receive(port, &packet);
            }
        }
        self.router.advance(now);
        for out in self.router.outgoing() {
            // Like any datagram it may get lost when too many wait.
            let _ = self.ports[out.port]
                .0
                .send(now, out.node, out.kind, out.data);
        }
        self.now = now;
    }
}

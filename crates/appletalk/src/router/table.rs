use crate::rtmp::{NOTIFY_NEIGHBOR, Tuple};
use serde::{Deserialize, Serialize};

/// Routers on the longest way.
pub const MAX_HOPS: u8 = 15;

/// How fresh a route is ("RTMP algorithms": entry state).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// Told since the validity timer expired last.
    Good,
    /// Not told for one validity time.
    Suspect,
    /// Not told for two: told to others as unreachable, taken from anybody else.
    Bad,
}

/// An entry of the routing table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// First network number.
    pub first: u16,
    /// Last network number; the same for a nonextended network.
    pub last: u16,
    /// Routers on the way; 0 when the network is connected to this router.
    pub distance: u8,
    /// The port behind which it is.
    pub port: usize,
    /// Node address of the next router; 0 for a network that is connected.
    pub next: u8,
    /// How fresh it is.
    pub state: State,
}

/// The routing table of one router, by network number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    routes: Vec<Route>,
}

impl Table {
    /// The routes, by network number.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The route to a network; a bad one is none.
    pub fn route(&self, network: u16) -> Option<&Route> {
        self.entry(network)
            .filter(|route| route.state != State::Bad)
    }

    fn entry(&self, network: u16) -> Option<&Route> {
        self.routes
            .iter()
            .find(|route| (route.first..=route.last).contains(&network))
    }

    fn put(&mut self, route: Route) {
        self.routes
            .retain(|old| old.last < route.first || route.last < old.first);
        let place = self.routes.partition_point(|old| old.first < route.first);
        self.routes.insert(place, route);
    }

    /// A network that is connected to `port`.
    pub fn connect(&mut self, network: u16, port: usize) {
        self.put(Route {
            first: network,
            last: network,
            distance: 0,
            port,
            next: 0,
            state: State::Good,
        });
    }

    /// Takes in what the router `sender` on `port` told, "upon receiving an RTMP data packet".
    pub fn told(&mut self, port: usize, sender: u8, tuple: Tuple) {
        let new = Route {
            first: tuple.first,
            last: tuple.end(),
            distance: tuple.distance.saturating_add(1),
            port,
            next: sender,
            state: State::Good,
        };
        let reachable = tuple.distance < MAX_HOPS;
        let overlaps = |route: &&mut Route| route.first <= new.last && new.first <= route.last;
        let Some(old) = self.routes.iter_mut().find(overlaps) else {
            if reachable && tuple.first != 0 {
                self.put(new);
            }
            return;
        };
        if old.distance == 0 {
            return;
        }
        let same = (old.port, old.next) == (port, sender)
            && (old.first, old.last) == (new.first, new.last);
        if reachable && (old.state == State::Bad || old.distance >= new.distance || same) {
            // Better, or the only one, or what the router of the route itself says, be it worse.
            self.put(new);
        } else if same && tuple.distance == NOTIFY_NEIGHBOR {
            old.state = State::Bad;
        } else if same {
            let gone = *old;
            self.routes.retain(|route| *route != gone);
        }
    }

    /// The validity timer has expired. The networks that are forgotten.
    pub fn age(&mut self) -> Vec<u16> {
        let mut forgotten = Vec::new();
        self.routes.retain_mut(|route| {
            if route.distance == 0 {
                return true;
            }
            route.state = match route.state {
                State::Good => State::Suspect,
                State::Suspect => State::Bad,
                State::Bad => {
                    forgotten.push(route.first);
                    return false;
                }
            };
            true
        });
        forgotten
    }

    /// What is told on `port`; with split horizon nothing of what lies behind that port.
    pub fn tuples(&self, port: usize, split_horizon: bool) -> Vec<Tuple> {
        let tuple = |route: &Route| Tuple {
            first: route.first,
            last: (route.last != route.first).then_some(route.last),
            distance: if route.state == State::Bad {
                NOTIFY_NEIGHBOR
            } else {
                route.distance
            },
        };
        let told = |route: &&Route| !split_horizon || route.port != port;
        self.routes.iter().filter(told).map(tuple).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::default();
        table.connect(1, 0);
        table.connect(2, 1);
        table
    }

    fn seen(table: &Table, network: u16) -> Option<(u8, usize, u8, State)> {
        let route = table.entry(network)?;
        Some((route.distance, route.port, route.next, route.state))
    }

    #[test]
    fn an_entry_is_replaced_by_a_way_that_is_not_longer() {
        let mut table = table();
        table.told(0, 9, Tuple::network(5, 3));
        assert_eq!(seen(&table, 5), Some((4, 0, 9, State::Good)));
        table.told(1, 8, Tuple::network(5, 4));
        assert_eq!(seen(&table, 5), Some((4, 0, 9, State::Good)));
        table.told(1, 8, Tuple::network(5, 3));
        assert_eq!(seen(&table, 5), Some((4, 1, 8, State::Good)));
        // The router of the route itself is believed when the way becomes longer.
        table.told(1, 8, Tuple::network(5, 9));
        assert_eq!(seen(&table, 5), Some((10, 1, 8, State::Good)));
        table.told(1, 8, Tuple::network(5, 15));
        assert_eq!(seen(&table, 5), None);
        table.told(1, 8, Tuple::network(6, 15));
        assert_eq!(seen(&table, 6), None);
        // What is connected stays so.
        table.told(1, 8, Tuple::network(1, 0));
        assert_eq!(seen(&table, 1), Some((0, 0, 0, State::Good)));
    }

    #[test]
    fn validity_timer() {
        let mut table = table();
        table.told(0, 9, Tuple::network(5, 0));
        assert!(table.age().is_empty());
        assert_eq!(seen(&table, 5), Some((1, 0, 9, State::Suspect)));
        assert_eq!(
            table.tuples(1, true),
            [Tuple::network(1, 0), Tuple::network(5, 1)]
        );
        table.told(0, 9, Tuple::network(5, 0));
        assert_eq!(seen(&table, 5), Some((1, 0, 9, State::Good)));
        table.age();
        table.age();
        assert_eq!(
            table.tuples(1, true),
            [Tuple::network(1, 0), Tuple::network(5, 31)]
        );
        assert_eq!(table.route(5), None);
        assert_eq!(table.age(), [5]);
        assert_eq!(seen(&table, 5), None);
        assert!(table.route(1).is_some() && table.route(2).is_some());
    }

    #[test]
    fn notify_neighbor_makes_a_route_bad_and_a_bad_one_is_taken_from_anybody() {
        let mut table = table();
        table.told(0, 9, Tuple::network(5, 1));
        table.told(0, 7, Tuple::network(5, NOTIFY_NEIGHBOR));
        assert_eq!(seen(&table, 5), Some((2, 0, 9, State::Good)));
        table.told(0, 9, Tuple::network(5, NOTIFY_NEIGHBOR));
        assert_eq!(seen(&table, 5), Some((2, 0, 9, State::Bad)));
        table.told(1, 7, Tuple::network(5, 12));
        assert_eq!(seen(&table, 5), Some((13, 1, 7, State::Good)));
    }

    #[test]
    fn split_horizon() {
        let mut table = table();
        table.told(0, 9, Tuple::network(5, 0));
        assert_eq!(table.tuples(0, true), [Tuple::network(2, 0)]);
        assert_eq!(table.tuples(0, false).len(), 3);
    }
}

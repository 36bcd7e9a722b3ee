//! `--bridge ltoudp`: the socket of the bridge, and the pace of a run that others take part in.

use crate::serial::Serial;
use clock::Ticks;
use lab::live::Outside;
use localtalk::ltoudp;
use socket2::{Domain, Protocol, Socket, Type};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

/// Later than this the world does not try to catch up: that would be a stretch faster than real time.
const LATE: Duration = Duration::from_millis(50);

/// Everything of this host that takes part in a run.
pub(crate) struct Host {
    /// At the modem port.
    pub(crate) serial: Serial,
    /// On the first cable.
    pub(crate) bridge: Option<Bridge>,
}

impl Outside for Host {
    fn typed(&mut self) -> Vec<u8> {
        self.serial.input()
    }

    fn printed(&mut self, bytes: &[u8]) {
        self.serial.output(bytes);
    }

    fn bridge(&mut self) -> Option<u32> {
        self.bridge.as_ref().map(|bridge| bridge.sender)
    }

    fn arrivals(&mut self) -> Vec<Vec<u8>> {
        self.bridge.as_mut().map_or(Vec::new(), Bridge::receive)
    }

    fn depart(&mut self, datagram: &[u8]) {
        if let Some(bridge) = &mut self.bridge {
            bridge.send(datagram);
        }
    }

    fn wait(&mut self, now: Ticks) {
        if let Some(bridge) = &mut self.bridge {
            let wait = bridge.pace.come_to(now, Instant::now());
            if !wait.is_zero() {
                thread::sleep(wait);
            }
        }
    }
}

/// The socket, and what became of it.
pub(crate) struct Bridge {
    socket: UdpSocket,
    sender: u32,
    pace: Pace,
    failed: Option<io::Error>,
    unsent: u64,
}

impl Bridge {
    /// Joins the multicast group on the interface with this address, and on no other. The world runs at most `factor` times as fast as real time.
    pub(crate) fn open(interface: Ipv4Addr, factor: f64) -> Result<Bridge, String> {
        let socket = socket(interface).map_err(|error| {
            format!(
                "--bridge ltoudp: {interface}: {error}; --bridge-interface takes the IPv4 address of an interface of this machine"
            )
        })?;
        // The only entropy that the standard library has. It keeps stations of one host apart, and says nothing to the emulation.
        let sender = RandomState::new().hash_one(Instant::now()) as u32;
        let [a, b, c, d] = ltoudp::GROUP;
        eprintln!(
            "bridge: LToUDP on {interface}, group {a}.{b}.{c}.{d}, port {}, as sender {sender:08x}",
            ltoudp::PORT
        );
        Ok(Bridge {
            socket,
            sender,
            pace: Pace::new(factor, Instant::now()),
            failed: None,
            unsent: 0,
        })
    }

    fn receive(&mut self) -> Vec<Vec<u8>> {
        // One byte more than the longest, so that a longer one is seen to be.
        let mut buffer = [0; ltoudp::LONGEST + 1];
        let mut arrived = Vec::new();
        // No more than a cable could carry: a flood must not stop the world.
        while arrived.len() < 64 {
            match self.socket.recv_from(&mut buffer) {
                Ok((length, _)) => arrived.push(buffer[..length].to_vec()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => {
                    self.failed.get_or_insert(error);
                    break;
                }
            }
        }
        arrived
    }

    fn send(&mut self, datagram: &[u8]) {
        let group = SocketAddrV4::new(ltoudp::GROUP.into(), ltoudp::PORT);
        if let Err(error) = self.socket.send_to(datagram, group) {
            self.unsent += 1;
            self.failed.get_or_insert(error);
        }
    }

    /// Says at the end how it went, as far as it did not go well.
    pub(crate) fn tell(&self) {
        if let Some(error) = &self.failed {
            eprintln!(
                "bridge: {error}; {} datagrams could not be sent",
                self.unsent
            );
        }
        let Pace { lost, times, .. } = self.pace;
        if times > 0 {
            eprintln!(
                "bridge: this machine was too slow {times} times: the world lags {:.3} s behind; a smaller --pace asks less of it",
                lost.as_secs_f64()
            );
        }
    }
}

fn socket(interface: Ipv4Addr) -> io::Result<UdpSocket> {
    let group = Ipv4Addr::from(ltoudp::GROUP);
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    // Several stations of one host share the port.
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    // Bound to the group, a socket gets nothing that was sent to the port otherwise; not every system can do that.
    let place = if cfg!(unix) {
        group
    } else {
        Ipv4Addr::UNSPECIFIED
    };
    socket.bind(&SocketAddrV4::new(place, ltoudp::PORT).into())?;
    // Linux gives a socket the groups that others on the host joined on other interfaces, unless told not to.
    #[cfg(target_os = "linux")]
    socket.set_multicast_all_v4(false)?;
    socket.join_multicast_v4(&group, &interface)?;
    socket.set_multicast_if_v4(&interface)?;
    socket.set_multicast_loop_v4(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Keeps virtual time from running ahead of the host's.
struct Pace {
    factor: f64,
    /// The host's time at which virtual time was zero, moved on by what was lost since.
    origin: Instant,
    lost: Duration,
    times: u64,
}

impl Pace {
    fn new(factor: f64, origin: Instant) -> Pace {
        Pace {
            factor,
            origin,
            lost: Duration::ZERO,
            times: 0,
        }
    }

    /// The world has come to `now`: how long it must wait.
    fn come_to(&mut self, now: Ticks, host: Instant) -> Duration {
        let virtually = Duration::from_micros(now.as_micros()).div_f64(self.factor);
        let due = self.origin + virtually;
        let late = host.saturating_duration_since(due);
        if late > LATE {
            self.origin += late;
            self.lost += late;
            self.times += 1;
        }
        due.saturating_duration_since(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn the_world_waits_for_the_host_and_never_makes_up_for_much_lost_time() {
        let zero = Instant::now();
        let mut pace = Pace::new(1.0, zero);
        let millis = Ticks::from_millis;
        let wait = |pace: &mut Pace, at, host| pace.come_to(millis(at), zero + MILLI * host);
        assert_eq!(wait(&mut pace, 100, 40).as_millis(), 60);
        assert_eq!(wait(&mut pace, 200, 240).as_millis(), 0);
        assert_eq!(pace.times, 0, "it can catch up with that");
        assert_eq!(wait(&mut pace, 300, 1300).as_millis(), 0);
        assert_eq!((pace.times, pace.lost.as_secs()), (1, 1));
        assert_eq!(wait(&mut pace, 400, 1300).as_millis(), 100);
        let mut slow = Pace::new(0.5, zero);
        assert_eq!(wait(&mut slow, 100, 0).as_millis(), 200);
    }

    #[test]
    fn an_address_that_is_no_interface_is_refused_by_name() {
        // TEST-NET-1 of RFC 5737: nobody's.
        let error = Bridge::open(Ipv4Addr::new(192, 0, 2, 1), 1.0).err();
        let error = error.expect("no interface has this address");
        assert!(
            error.contains("192.0.2.1") && error.contains("--bridge-interface"),
            "{error}"
        );
    }
}

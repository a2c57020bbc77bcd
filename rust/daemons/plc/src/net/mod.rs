//! One connector's network interface and the sockets on it.

mod raw;

use std::{
    ffi::OsString,
    io,
    net::{Ipv6Addr, SocketAddrV6},
    os::fd::{AsRawFd as _, OwnedFd},
};

use nix::{
    ifaddrs::getifaddrs,
    net::if_::{InterfaceFlags, if_nametoindex},
    sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn6, bind, listen, setsockopt, socket, sockopt},
};
use tokio::net::{TcpListener, UdpSocket};
use v2g::{SDP_PORT, sdp, slac::Mac};

pub(crate) use raw::RawSocket;

/// ISO 15118-2 has the charger listen in the dynamic range; some cars refuse another port.
const PORTS: core::ops::RangeInclusive<u16> = 49_152..=65_535;
/// Random ports tried before giving up.
const PORT_TRIES: usize = 16;

/// Why an interface cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// It does not exist.
    #[error("there is no network interface {0}")]
    Missing(String),
    /// It is down, or nothing is at its other end.
    #[error("the network interface {0} has no carrier")]
    NoCarrier(String),
    /// The kernel has not given it an address yet.
    #[error("the network interface {0} has no link-local IPv6 address (yet)")]
    NoAddress(String),
    /// A socket could not be opened.
    #[error("the {what} on {interface} cannot be opened: {source}")]
    Socket {
        /// Which socket.
        what: &'static str,
        /// Where.
        interface: String,
        /// What the kernel said.
        source: io::Error,
    },
}

/// An interface as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) index: u32,
    pub(crate) mac: Mac,
    pub(crate) address: Ipv6Addr,
}

impl Interface {
    /// Looks at the interface of this name.
    pub(crate) fn find(name: &str) -> Result<Self, Problem> {
        let missing = || Problem::Missing(name.to_owned());
        let index = if_nametoindex(name).map_err(|_| missing())?;
        let mut mac = None;
        let mut address = None;
        let mut running = false;
        for entry in getifaddrs().map_err(|_| missing())?.filter(|entry| entry.interface_name == name) {
            running |= entry.flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING);
            let Some(storage) = entry.address else { continue };
            if let Some(link) = storage.as_link_addr() {
                mac = link.addr().map(Mac);
            }
            if let Some(v6) = storage.as_sockaddr_in6().filter(|v6| v6.ip().is_unicast_link_local()) {
                address = Some(v6.ip());
            }
        }
        if !running {
            return Err(Problem::NoCarrier(name.to_owned()));
        }
        let mac = mac.ok_or_else(missing)?;
        let address = address.ok_or_else(|| Problem::NoAddress(name.to_owned()))?;
        Ok(Self { index, mac, address })
    }
}

/// The sockets of one connector.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) name: String,
    pub(crate) interface: Interface,
    pub(crate) raw: RawSocket,
    pub(crate) sdp: UdpSocket,
    pub(crate) tcp: TcpListener,
    pub(crate) port: u16,
}

impl Wire {
    /// Opens all of them.
    pub(crate) fn open(name: &str) -> Result<Self, Problem> {
        let interface = Interface::find(name)?;
        let failed =
            |what: &'static str| move |source: io::Error| Problem::Socket { what, interface: name.to_owned(), source };
        let raw = RawSocket::open(i32::try_from(interface.index).unwrap_or_default()).map_err(failed("raw socket"))?;
        let sdp = open_sdp(name, interface).map_err(failed("discovery port"))?;
        let (tcp, port) = open_tcp(name, interface).map_err(failed("V2G port"))?;
        Ok(Self { name: name.to_owned(), interface, raw, sdp, tcp, port })
    }

    /// Whether the interface is still what the sockets were opened on.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let now = Interface::find(&self.name)?;
        if now == self.interface { Ok(()) } else { Err(Problem::Missing(self.name.clone())) }
    }
}

/// A socket that hears this interface only, however many chains share the machine.
fn on_device(name: &str, kind: SockType) -> io::Result<OwnedFd> {
    let fd = socket(AddressFamily::Inet6, kind, SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&fd, sockopt::Ipv6V6Only, &true)?;
    setsockopt(&fd, sockopt::BindToDevice, &OsString::from(name))?;
    Ok(fd)
}

fn open_sdp(name: &str, interface: Interface) -> io::Result<UdpSocket> {
    let fd = on_device(name, SockType::Datagram)?;
    let anywhere = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, SDP_PORT, 0, interface.index);
    bind(fd.as_raw_fd(), &SockaddrIn6::from(anywhere))?;
    let socket = std::net::UdpSocket::from(fd);
    socket.join_multicast_v6(&sdp::GROUP, interface.index)?;
    UdpSocket::from_std(socket)
}

fn open_tcp(name: &str, interface: Interface) -> io::Result<(TcpListener, u16)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..PORT_TRIES {
        let fd = on_device(name, SockType::Stream)?;
        let port = random_port()?;
        let address = SocketAddrV6::new(interface.address, port, 0, interface.index);
        match bind(fd.as_raw_fd(), &SockaddrIn6::from(address)) {
            Ok(()) => {
                listen(&fd, Backlog::new(2)?)?;
                return Ok((TcpListener::from_std(std::net::TcpListener::from(fd))?, port));
            }
            Err(error) => last = error.into(),
        }
        if last.kind() != io::ErrorKind::AddrInUse {
            break;
        }
    }
    Err(last)
}

fn random_port() -> io::Result<u16> {
    let mut bytes = [0; 2];
    crate::random(&mut bytes)?;
    Ok(PORTS.start() | u16::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_in_the_dynamic_range() {
        for _ in 0..1_000 {
            assert!(PORTS.contains(&random_port().unwrap()));
        }
    }

    #[test]
    fn an_interface_that_is_not_there_is_named() {
        let problem = Interface::find("jp-nowhere").unwrap_err();
        assert_eq!(problem.to_string(), "there is no network interface jp-nowhere");
    }
}

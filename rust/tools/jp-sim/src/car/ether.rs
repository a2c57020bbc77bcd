//! Raw Ethernet for management messages, on one interface.

use std::{
    io::{self, Read},
    os::fd::{AsFd, AsRawFd, BorrowedFd},
};

use nix::{ifaddrs::getifaddrs, net::if_::if_nametoindex, sys::socket::bind};
use socket2::{Domain, Protocol, Socket, Type};
use v2g::slac::{ETHERTYPE, Frame, Mac};

#[derive(Debug)]
pub(super) struct Ether {
    socket: Socket,
    /// The interface's own address: the car's.
    pub(super) mac: Mac,
    /// The interface's number: the scope of link-local addresses.
    pub(super) index: u32,
}

impl Ether {
    /// Needs CAP_NET_RAW, and the interface in this thread's namespace.
    pub(super) fn open(interface: &str) -> io::Result<Self> {
        let link = getifaddrs()?
            .filter(|one| one.interface_name == interface)
            .find_map(|one| one.address?.as_link_addr().copied())
            .ok_or(io::ErrorKind::NotFound)?;
        let mac = Mac(link.addr().ok_or(io::ErrorKind::NotFound)?);
        let protocol = Protocol::from(i32::from(ETHERTYPE.to_be()));
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(protocol))?;
        // The address names no protocol, so the socket keeps its own.
        bind(socket.as_raw_fd(), &link)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, mac, index: if_nametoindex(interface)? })
    }

    /// A waiting frame, if there is one; what is no management message comes as `None` inside.
    pub(super) fn receive(&mut self) -> io::Result<Option<(Vec<u8>, Option<Frame>)>> {
        let mut buffer = [0; 2_048];
        match self.socket.read(&mut buffer) {
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                let frame = Frame::decode(&bytes).ok();
                Ok(Some((bytes, frame)))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends, or loses it: so does a power line.
    pub(super) fn send(&self, bytes: &[u8]) {
        let _ = self.socket.send(bytes);
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

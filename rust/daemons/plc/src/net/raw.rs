//! A raw socket for management messages on one interface.
//!
//! The kernel offers no safe way to name an interface and an EtherType to a packet socket; this file is the one place
//! where that is done by hand.
#![expect(
    unsafe_code,
    reason = "a packet socket's address and membership have no safe wrapper, nor has waiting for it"
)]

use std::{
    io,
    mem::size_of,
    os::fd::{AsRawFd as _, OwnedFd},
};

use nix::{
    libc,
    sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socket},
};
use tokio::io::unix::AsyncFd;
use v2g::slac;

/// Frames of EtherType 0x88E1 on one interface, those for other stations too: modems answer from addresses of their own.
#[derive(Debug)]
pub(crate) struct RawSocket {
    fd: AsyncFd<OwnedFd>,
}

impl RawSocket {
    /// Opens a socket on the interface with this index. Needs `CAP_NET_RAW`.
    pub(crate) fn open(index: i32) -> io::Result<Self> {
        // Protocol 0 receives nothing: frames of other interfaces cannot slip in before the bind.
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = socket(AddressFamily::Packet, SockType::Raw, flags, None)?;
        bind(&fd, index)?;
        be_promiscuous(&fd, index)?;
        // SAFETY: the socket is owned by what it is registered with, so it stays open, and the same, for as long.
        let fd = unsafe { AsyncFd::register(fd) }?;
        Ok(Self { fd })
    }

    /// The next frame.
    pub(crate) async fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.fd.readable().await?;
            match ready.try_io(|fd| Ok(recv(fd.as_raw_fd(), buffer, MsgFlags::empty())?)) {
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }

    /// Sends a frame, or drops it when the queue is full as a network does.
    pub(crate) fn send(&self, frame: &[u8]) -> io::Result<()> {
        match send(self.fd.as_raw_fd(), frame, MsgFlags::empty()) {
            Ok(_) | Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::ENOBUFS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn bind(fd: &OwnedFd, index: i32) -> io::Result<()> {
    let address = libc::sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).unwrap_or_default(),
        sll_protocol: slac::ETHERTYPE.to_be(),
        sll_ifindex: index,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    // SAFETY: `fd` is open; the pointer is to a whole `sockaddr_ll` that lives during the call, and the length is its own.
    let result = unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), size(&address)) };
    check(result)
}

fn be_promiscuous(fd: &OwnedFd, index: i32) -> io::Result<()> {
    let membership = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: u16::try_from(libc::PACKET_MR_PROMISC).unwrap_or_default(),
        mr_alen: 0,
        mr_address: [0; 8],
    };
    // SAFETY: as above, with a whole `packet_mreq`, which is what this option takes.
    let result = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_ADD_MEMBERSHIP,
            (&raw const membership).cast(),
            size(&membership),
        )
    };
    check(result)
}

fn size<T>(_: &T) -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).unwrap_or_default()
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

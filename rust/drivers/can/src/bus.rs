//! One bus with one owner.

use std::{
    io::{self, Read, Write},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::socket::{
        AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, recv, send as send_to_socket, socket,
    },
};
use serial::wait::{Backoff, Wake, Waker, wait};
use socketcan::{CanFilter, CanSocket, Socket, SocketOptions};

use crate::frame::{Frame, Id, InvalidFrame};

/// What carries the frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A CAN interface of the kernel, such as `can0`.
    SocketCan {
        /// Its name.
        interface: String,
    },
    /// A Unix socket (`SOCK_SEQPACKET`) that someone else listens on.
    Virtual {
        /// Its path.
        socket: PathBuf,
    },
}

/// Frames that a driver wants to see: those whose id agrees with `id` in the bits of `mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The bits to compare with; its format (standard or extended) must agree too.
    pub id: Id,
    /// Which of them count.
    pub mask: u32,
}

impl Filter {
    fn accepts(self, id: Id) -> bool {
        match (self.id, id) {
            (Id::Standard(want), Id::Standard(got)) => u32::from(want ^ got) & self.mask == 0,
            (Id::Extended(want), Id::Extended(got)) => (want ^ got) & self.mask == 0,
            _ => false,
        }
    }

    fn to_kernel(self) -> CanFilter {
        const FORMAT: u32 = 0x8000_0000;
        const REMOTE: u32 = 0x4000_0000;
        match self.id {
            Id::Standard(id) => CanFilter::new(id.into(), self.mask | FORMAT | REMOTE),
            Id::Extended(id) => CanFilter::new(id | FORMAT, self.mask | FORMAT | REMOTE),
        }
    }
}

/// What happened on a bus since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames received.
    pub received: u64,
    /// Frames sent.
    pub sent: u64,
    /// Packets that were no data frame.
    pub garbage: u64,
    /// Frames that no filter wanted (virtual transport only: the kernel drops its own).
    pub filtered: u64,
    /// Frames not sent because the kernel's queue was full.
    pub overflows: u64,
    /// Error frames: the controller's own view of the wire.
    pub errors: u64,
    /// How often the bus was opened.
    pub opened: u64,
}

/// What the owner of a bus is told.
#[derive(Debug)]
pub enum Event {
    /// A frame came in.
    Frame(Frame),
    /// The bus is open (again).
    Up,
    /// The bus could not be opened or broke. Told once until it is up again.
    Down(io::Error),
    /// The controller left the bus after too many errors; the kernel may bring it back.
    BusOff,
    /// Someone called [`Waker::wake`].
    Woken,
    /// Nothing of interest happened within the timeout.
    TimedOut,
}

/// Why a frame was not sent. None of these is a reason to wait: what matters is sent again by the driver's cycle.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The kernel's queue is full (`ENOBUFS`): the bus is overloaded, or nobody acknowledges.
    #[error("the transmit queue of {bus} is full")]
    Full {
        /// Which bus.
        bus: String,
    },
    /// The bus is not open.
    #[error("{bus} is down")]
    Down {
        /// Which bus.
        bus: String,
    },
    /// The bus broke; [`Bus::recv`] will say so and reopen it.
    #[error("cannot send on {bus}")]
    Io {
        /// Which bus.
        bus: String,
        /// What the kernel says.
        source: io::Error,
    },
}

#[derive(Debug)]
enum Port {
    SocketCan(CanSocket),
    Virtual(OwnedFd),
}

impl Port {
    fn open(transport: &Transport, filters: &[Filter]) -> io::Result<Self> {
        match transport {
            Transport::SocketCan { interface } => {
                let socket = CanSocket::open(interface)?;
                socket.set_nonblocking(true)?;
                socket.set_error_filter_accept_all()?;
                if !filters.is_empty() {
                    let filters: Vec<CanFilter> = filters.iter().map(|filter| filter.to_kernel()).collect();
                    socket.set_filters(&filters)?;
                }
                Ok(Self::SocketCan(socket))
            }
            Transport::Virtual { socket } => connect_virtual(socket).map(Self::Virtual),
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::SocketCan(socket) => socket.as_fd(),
            Self::Virtual(socket) => socket.as_fd(),
        }
    }

    /// Both kinds carry the same 16 bytes a frame: the kernel's `struct can_frame` in the machine's byte order, and
    /// every machine that we run on is little-endian.
    fn read(&mut self, packet: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::SocketCan(socket) => socket.read(packet),
            Self::Virtual(socket) => Ok(recv(socket.as_raw_fd(), packet, MsgFlags::MSG_DONTWAIT)?),
        }
    }

    fn write(&mut self, packet: &[u8]) -> io::Result<usize> {
        match self {
            Self::SocketCan(socket) => socket.write(packet),
            Self::Virtual(socket) => {
                let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
                Ok(send_to_socket(socket.as_raw_fd(), packet, flags)?)
            }
        }
    }
}

#[cfg(target_endian = "big")]
compile_error!("frames are handed to SocketCAN in little-endian layout");

fn connect_virtual(path: &Path) -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?;
    connect(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(fd)
}

/// One bus with one owner.
///
/// It is never opened in [`Bus::new`]: a missing interface is news for the owner ([`Event::Down`]), not an error that
/// stops a daemon.
#[derive(Debug)]
pub struct Bus {
    transport: Transport,
    filters: Vec<Filter>,
    port: Option<Port>,
    told_down: bool,
    backoff: Backoff,
    waker: Waker,
    counters: Counters,
}

impl Bus {
    /// A bus that will be opened at the first [`Bus::recv`]. Without filters every frame is received.
    pub fn new(transport: Transport, filters: Vec<Filter>) -> io::Result<Self> {
        Ok(Self {
            transport,
            filters,
            port: None,
            told_down: false,
            backoff: Backoff::new(),
            waker: Waker::new()?,
            counters: Counters::default(),
        })
    }

    /// The interface's name or the socket's path.
    pub fn name(&self) -> String {
        match &self.transport {
            Transport::SocketCan { interface } => interface.clone(),
            Transport::Virtual { socket } => socket.display().to_string(),
        }
    }

    /// Wakes the owner from [`Bus::recv`].
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// The open socket, for an owner that waits on several things itself.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.port.as_ref().map(Port::fd)
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Waits for news of the bus, at most for `timeout`.
    pub fn recv(&mut self, timeout: Duration) -> Event {
        let mut limit = timeout;
        if self.port.is_none() {
            if self.backoff.remaining().is_zero() {
                return self.open();
            }
            limit = limit.min(self.backoff.remaining());
        }
        match wait(self.fd(), &self.waker, limit) {
            Ok(Wake::Ready) => self.read(),
            Ok(Wake::Woken) => Event::Woken,
            Ok(Wake::TimedOut) => Event::TimedOut,
            Err(error) => self.broken(error),
        }
    }

    /// Sends a frame now or not at all.
    pub fn send(&mut self, frame: &Frame) -> Result<(), SendError> {
        let Some(port) = self.port.as_mut() else { return Err(SendError::Down { bus: self.name() }) };
        match port.write(&frame.to_packet()) {
            Ok(_) => {
                self.counters.sent += 1;
                Ok(())
            }
            Err(error) if is_full(&error) => {
                self.counters.overflows += 1;
                Err(SendError::Full { bus: self.name() })
            }
            Err(source) => Err(SendError::Io { bus: self.name(), source }),
        }
    }

    fn read(&mut self) -> Event {
        const BUS_OFF: u32 = 0x40;
        let Some(port) = self.port.as_mut() else { return Event::TimedOut };
        // One byte more than a frame, so that a longer packet is seen to be one.
        let mut packet = [0; Frame::PACKET + 1];
        let frame = match port.read(&mut packet) {
            Ok(0) => return self.broken(io::ErrorKind::UnexpectedEof.into()),
            Ok(size) => Frame::from_packet(packet.get(..size).unwrap_or_default()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Event::TimedOut;
            }
            Err(error) => return self.broken(error),
        };
        match frame {
            Ok(frame) if self.filters.is_empty() || self.filters.iter().any(|f| f.accepts(frame.id())) => {
                self.counters.received += 1;
                Event::Frame(frame)
            }
            Ok(_) => {
                self.counters.filtered += 1;
                Event::TimedOut
            }
            Err(InvalidFrame::Error { class }) => {
                self.counters.errors += 1;
                if class & BUS_OFF == 0 { Event::TimedOut } else { Event::BusOff }
            }
            Err(_) => {
                self.counters.garbage += 1;
                Event::TimedOut
            }
        }
    }

    fn open(&mut self) -> Event {
        match Port::open(&self.transport, &self.filters) {
            Ok(port) => {
                self.port = Some(port);
                self.told_down = false;
                self.counters.opened += 1;
                self.backoff.succeeded();
                Event::Up
            }
            Err(error) => self.broken(error),
        }
    }

    fn broken(&mut self, error: io::Error) -> Event {
        self.port = None;
        self.backoff.failed();
        if std::mem::replace(&mut self.told_down, true) { Event::TimedOut } else { Event::Down(error) }
    }
}

/// Whether the kernel says "not now": `ENOBUFS` from a CAN interface, `EAGAIN` from a Unix socket.
fn is_full(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(errno, Some(Errno::ENOBUFS | Errno::EAGAIN))
}

#[cfg(test)]
mod tests;

//! Serial lines: a pseudo-terminal that we make, or a Unix socket that we connect to. One thread each.

use std::{
    fs,
    io::{self, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{fs::symlink, net::UnixStream},
    },
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::openpty,
    sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr},
    unistd::ttyname,
};
use tracing::{debug, info};

/// Messages waiting for the line; what does not fit is lost, as on a wire that nobody reads.
const QUEUE: usize = 32;
/// How often we try to connect, and look whether somebody has opened the terminal.
const RETRY: Duration = Duration::from_millis(100);
const REOPENED: Duration = Duration::from_millis(5);
/// How long a message may wait for room before the rest of it is lost.
const STALL_MS: u8 = 50;

/// One line.
#[derive(Debug)]
pub(super) struct Line {
    queue: SyncSender<Vec<u8>>,
    waker: UnixStream,
    link: Option<PathBuf>,
}

enum End {
    /// The master of a pseudo-terminal.
    Pty(fs::File),
    /// Connected, or not (yet).
    Socket { path: PathBuf, stream: Option<UnixStream> },
}

impl Line {
    /// Makes a pseudo-terminal, raw, and a link to it. `hear` may answer at once.
    pub(super) fn pty(path: &Path, hear: impl FnMut(&[u8]) -> Vec<u8> + Send + 'static) -> io::Result<Self> {
        let pair = openpty(None, None)?;
        let mut settings = tcgetattr(&pair.slave)?;
        cfmakeraw(&mut settings);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &settings)?;
        set_nonblocking(&pair.master)?;
        let name = ttyname(&pair.slave)?;
        let _ = fs::remove_file(path);
        symlink(name, path)?;
        // The settings live as long as the master. Without a slave of our own we see whether somebody listens, and say
        // nothing to nobody: otherwise whoever opens it would first hear what was meant for another time.
        drop(pair.slave);
        Self::run(End::Pty(fs::File::from(pair.master)), Some(path.to_owned()), hear)
    }

    /// Connects to a Unix socket, again and again.
    pub(super) fn connect(path: &Path, hear: impl FnMut(&[u8]) -> Vec<u8> + Send + 'static) -> io::Result<Self> {
        Self::run(End::Socket { path: path.to_owned(), stream: None }, None, hear)
    }

    fn run(end: End, link: Option<PathBuf>, hear: impl FnMut(&[u8]) -> Vec<u8> + Send + 'static) -> io::Result<Self> {
        let (queue, waiting) = sync_channel(QUEUE);
        let (waker, woken) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        thread::Builder::new().name("line".into()).spawn(move || serve(end, &waiting, &woken, hear))?;
        Ok(Self { queue, waker, link })
    }

    /// Sends, or loses it if nobody is there to take it.
    pub(super) fn send(&self, bytes: Vec<u8>) {
        if self.queue.try_send(bytes).is_ok() {
            let _ = (&self.waker).write(&[1]);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            let _ = fs::remove_file(link);
        }
    }
}

fn set_nonblocking(fd: &OwnedFd) -> io::Result<()> {
    fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map(drop).map_err(io::Error::from)
}

fn serve(mut end: End, waiting: &Receiver<Vec<u8>>, woken: &UnixStream, mut hear: impl FnMut(&[u8]) -> Vec<u8>) {
    let mut buffer = [0; 4_096];
    loop {
        if let End::Socket { path, stream: stream @ None } = &mut end {
            let Ok(connected) = UnixStream::connect(&*path).and_then(|s| s.set_nonblocking(true).map(|()| s)) else {
                waiting.try_iter().for_each(drop);
                thread::sleep(RETRY);
                continue;
            };
            info!(path = %path.display(), "line connected");
            *stream = Some(connected);
        }
        match wait(&end, woken) {
            Heard::Nobody => {
                waiting.try_iter().for_each(drop);
                thread::sleep(REOPENED);
            }
            Heard::Woken => {
                while let Ok(1..) = (&*woken).read(&mut buffer) {}
                for bytes in waiting.try_iter() {
                    write(&mut end, &bytes);
                }
                continue;
            }
            Heard::Bytes => {}
            Heard::Closed => return,
        }
        match read(&mut end, &mut buffer) {
            Ok(0) => hang_up(&mut end),
            Ok(length) => {
                let answer = hear(buffer.get(..length).unwrap_or_default());
                if !answer.is_empty() {
                    write(&mut end, &answer);
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => {
                debug!(%error, "line");
                hang_up(&mut end);
            }
        }
    }
}

enum Heard {
    Bytes,
    Woken,
    /// A terminal that nobody has open.
    Nobody,
    /// Nobody will send any more: the simulation is over.
    Closed,
}

fn wait(end: &End, woken: &UnixStream) -> Heard {
    let fd = match end {
        End::Pty(file) => file.as_fd(),
        End::Socket { stream: Some(stream), .. } => stream.as_fd(),
        End::Socket { stream: None, .. } => return Heard::Nobody,
    };
    let mut fds = [PollFd::new(fd, PollFlags::POLLIN), PollFd::new(woken.as_fd(), PollFlags::POLLIN)];
    if poll(&mut fds, PollTimeout::NONE).is_err() {
        return Heard::Bytes;
    }
    let [port, wake] = fds.map(|fd| fd.revents().unwrap_or(PollFlags::empty()));
    if wake.contains(PollFlags::POLLHUP) {
        Heard::Closed
    } else if port.contains(PollFlags::POLLIN) {
        Heard::Bytes
    } else if port.contains(PollFlags::POLLHUP) && matches!(end, End::Pty(_)) {
        Heard::Nobody
    } else if wake.contains(PollFlags::POLLIN) {
        Heard::Woken
    } else {
        Heard::Bytes
    }
}

fn hang_up(end: &mut End) {
    if let End::Socket { path, stream } = end {
        info!(path = %path.display(), "line closed");
        *stream = None;
    }
}

fn read(end: &mut End, buffer: &mut [u8]) -> io::Result<usize> {
    match end {
        // The master of a terminal that was closed says EIO, not the end of a file.
        End::Pty(file) => file.read(buffer).map_err(|error| match error.raw_os_error() {
            Some(code) if code == nix::errno::Errno::EIO as i32 => io::ErrorKind::WouldBlock.into(),
            _ => error,
        }),
        End::Socket { stream: Some(stream), .. } => stream.read(buffer),
        End::Socket { stream: None, .. } => Err(io::ErrorKind::NotConnected.into()),
    }
}

/// Writes all of it, or as much as goes before the line stalls.
fn write(end: &mut End, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = match end {
            End::Pty(file) => file.write(bytes),
            End::Socket { stream: Some(stream), .. } => stream.write(bytes),
            End::Socket { stream: None, .. } => return,
        };
        match written {
            Ok(0) => return,
            Ok(length) => bytes = bytes.get(length..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let fd = match &*end {
                    End::Pty(file) => file.as_fd(),
                    End::Socket { stream: Some(stream), .. } => stream.as_fd(),
                    End::Socket { stream: None, .. } => return,
                };
                if !matches!(poll(&mut [PollFd::new(fd, PollFlags::POLLOUT)], PollTimeout::from(STALL_MS)), Ok(1..)) {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}

//! One tty, opened raw and alone, reopened when it goes away.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::OpenOptionsExt,
    },
    path::PathBuf,
    time::Duration,
};

use nix::{
    errno::Errno,
    libc,
    sys::termios::{
        BaudRate, ControlFlags, FlushArg, SetArg, SpecialCharacterIndices, cfmakeraw, cfsetspeed, tcflush, tcgetattr,
        tcsetattr,
    },
};

use crate::wait::{Backoff, Wake, Waker, wait};

/// The parity bit. Eight data bits and one stop bit are fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parity {
    /// 8N1.
    #[default]
    None,
    /// 8E1, the default of Modbus RTU.
    Even,
}

/// Where a line is and how it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The device, such as `/dev/ttyS1`.
    pub path: PathBuf,
    /// Bits a second, one of the standard rates from 9,600 to 921,600.
    pub baud: u32,
    /// The parity bit.
    pub parity: Parity,
}

impl Settings {
    /// 8N1 at `baud`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, baud: u32) -> Self {
        Self { path: path.into(), baud, parity: Parity::None }
    }

    /// With an even parity bit.
    #[must_use]
    pub fn even(mut self) -> Self {
        self.parity = Parity::Even;
        self
    }
}

/// What the owner of a line is told.
#[derive(Debug)]
pub enum Event<'a> {
    /// Bytes came in.
    Bytes(&'a [u8]),
    /// The line is open (again).
    Up,
    /// The line could not be opened or broke. Told once until it is up again.
    Down(io::Error),
    /// Someone called [`Waker::wake`].
    Woken,
    /// Nothing happened within the timeout.
    TimedOut,
}

/// A serial line with one owner.
///
/// It is never opened in [`Line::new`]: a missing device is news for the owner ([`Event::Down`]), not an error that
/// stops a daemon.
#[derive(Debug)]
pub struct Line {
    settings: Settings,
    tty: Option<File>,
    told_down: bool,
    backoff: Backoff,
    waker: Waker,
}

impl Line {
    /// A line that will be opened at the first [`Line::read`].
    pub fn new(settings: Settings) -> io::Result<Self> {
        Ok(Self { settings, tty: None, told_down: false, backoff: Backoff::new(), waker: Waker::new()? })
    }

    /// Where it is and how it is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// From now on another line, with the same owner and waker. It is opened at the next [`Line::read`].
    pub fn move_to(&mut self, settings: Settings) {
        self.settings = settings;
        self.tty = None;
        self.told_down = false;
        self.backoff = Backoff::new();
    }

    /// Wakes the owner from [`Line::read`].
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// The open device, for an owner that waits on several things itself.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.tty.as_ref().map(AsFd::as_fd)
    }

    /// Waits for news of the line, at most for `timeout`.
    pub fn read<'a>(&mut self, buffer: &'a mut [u8], timeout: Duration) -> Event<'a> {
        let mut limit = timeout;
        if self.tty.is_none() {
            if self.backoff.remaining().is_zero() {
                return self.open();
            }
            limit = limit.min(self.backoff.remaining());
        }
        match wait(self.fd(), &self.waker, limit) {
            Ok(Wake::Ready) => {}
            Ok(Wake::Woken) => return Event::Woken,
            Ok(Wake::TimedOut) => return Event::TimedOut,
            Err(error) => return self.broken(error),
        }
        let Some(tty) = self.tty.as_mut() else { return Event::TimedOut };
        match tty.read(buffer) {
            // A tty that is readable with nothing in it has been hung up.
            Ok(0) => self.broken(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => Event::Bytes(buffer.get(..n).unwrap_or_default()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Event::TimedOut
            }
            Err(error) => self.broken(error),
        }
    }

    /// Hands bytes to the line. Never blocks: what does not fit in the kernel's buffer is an error, since on a wire
    /// that takes nothing an old message is worth nothing.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let tty = self.tty.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let written = tty.write(bytes)?;
        if written < bytes.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }

    fn open<'a>(&mut self) -> Event<'a> {
        match open_raw(&self.settings) {
            Ok(tty) => {
                self.tty = Some(tty);
                self.told_down = false;
                self.backoff.succeeded();
                Event::Up
            }
            Err(error) => self.broken(error),
        }
    }

    fn broken<'a>(&mut self, error: io::Error) -> Event<'a> {
        self.tty = None;
        self.backoff.failed();
        if std::mem::replace(&mut self.told_down, true) { Event::TimedOut } else { Event::Down(error) }
    }
}

/// Opens a tty for this process alone, eight bits, no echo, no translation, no modem lines, non-blocking.
fn open_raw(settings: &Settings) -> io::Result<File> {
    let tty = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(&settings.path)?;
    // An advisory lock, as gettys and modem managers take it: two owners would eat each other's bytes.
    tty.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => {
            io::Error::new(io::ErrorKind::ResourceBusy, "another process owns the line")
        }
        std::fs::TryLockError::Error(error) => error,
    })?;
    let mut termios = tcgetattr(&tty)?;
    cfmakeraw(&mut termios);
    cfsetspeed(&mut termios, baud(settings.baud)?)?;
    termios.control_flags |= ControlFlags::CLOCAL | ControlFlags::CREAD;
    termios.control_flags &= !(ControlFlags::CSTOPB | ControlFlags::CRTSCTS);
    termios.control_flags.set(ControlFlags::PARENB, settings.parity == Parity::Even);
    termios.control_flags &= !ControlFlags::PARODD;
    for (index, value) in [(SpecialCharacterIndices::VMIN, 1), (SpecialCharacterIndices::VTIME, 0)] {
        if let Some(slot) = termios.control_chars.get_mut(index as usize) {
            *slot = value;
        }
    }
    match tcsetattr(&tty, SetArg::TCSANOW, &termios) {
        // glibc says so where a line took all but its parity bit: a pseudo terminal has none, and needs none.
        Err(Errno::EINVAL) => {
            let taken = tcgetattr(&tty)?.control_flags | ControlFlags::PARENB;
            if taken != termios.control_flags | ControlFlags::PARENB {
                return Err(Errno::EINVAL.into());
            }
        }
        set => set?,
    }
    // What came in before us belongs to nobody.
    tcflush(&tty, FlushArg::TCIFLUSH)?;
    Ok(tty)
}

fn baud(rate: u32) -> io::Result<BaudRate> {
    Ok(match rate {
        9_600 => BaudRate::B9600,
        19_200 => BaudRate::B19200,
        38_400 => BaudRate::B38400,
        57_600 => BaudRate::B57600,
        115_200 => BaudRate::B115200,
        230_400 => BaudRate::B230400,
        460_800 => BaudRate::B460800,
        921_600 => BaudRate::B921600,
        other => {
            let message =
                format!("{other} baud: expected one of 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::pty::openpty;
    use std::os::fd::OwnedFd;

    fn pty() -> (File, PathBuf, OwnedFd) {
        let pair = openpty(None, None).unwrap();
        let path = nix::unistd::ttyname(&pair.slave).unwrap();
        (File::from(pair.master), path, pair.slave)
    }

    #[test]
    fn bytes_go_both_ways_unchanged() {
        let (mut far, path, _keep) = pty();
        let mut line = Line::new(Settings::new(path, 115_200)).unwrap();
        let mut buffer = [0; 64];
        assert!(matches!(line.read(&mut buffer, Duration::from_secs(1)), Event::Up));
        let all: Vec<u8> = vec![0, 3, 10, 13, 17, 19, 26, 127, 255];
        far.write_all(&all).unwrap();
        assert!(matches!(line.read(&mut buffer, Duration::from_secs(1)), Event::Bytes(got) if got == all));
        line.write(&all).unwrap();
        let mut got = [0; 64];
        let n = far.read(&mut got).unwrap();
        assert_eq!(&got[..n], &all);
    }

    #[test]
    fn a_second_owner_is_refused() {
        let (_far, path, _keep) = pty();
        let mut first = Line::new(Settings::new(path.clone(), 19_200).even()).unwrap();
        let mut second = Line::new(Settings::new(path, 19_200)).unwrap();
        let mut buffer = [0; 8];
        assert!(matches!(first.read(&mut buffer, Duration::ZERO), Event::Up));
        assert!(matches!(second.read(&mut buffer, Duration::ZERO), Event::Down(_)));
    }

    #[test]
    fn a_line_that_knows_no_parity_is_opened_again() {
        let (_far, path, _keep) = pty();
        for _ in 0..2 {
            let mut line = Line::new(Settings::new(path.clone(), 19_200).even()).unwrap();
            assert!(matches!(line.read(&mut [0; 8], Duration::ZERO), Event::Up));
        }
    }

    #[test]
    fn a_missing_device_is_told_once_and_found_when_it_comes() {
        let folder = std::env::temp_dir().join(format!("joulepoint-line-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("tty");
        let _ = std::fs::remove_file(&path);
        let mut line = Line::new(Settings::new(&path, 9_600)).unwrap();
        let mut buffer = [0; 8];
        assert!(matches!(line.read(&mut buffer, Duration::ZERO), Event::Down(_)));
        assert!(matches!(line.read(&mut buffer, Duration::from_millis(60)), Event::TimedOut));
        assert!(line.write(&[1]).is_err());
        let (_far, real, _keep) = pty();
        std::os::unix::fs::symlink(real, &path).unwrap();
        let up = (0..100).any(|_| matches!(line.read(&mut buffer, Duration::from_millis(20)), Event::Up));
        assert!(up);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_hang_up_is_news() {
        let (far, path, keep) = pty();
        let mut line = Line::new(Settings::new(path, 9_600)).unwrap();
        let mut buffer = [0; 8];
        assert!(matches!(line.read(&mut buffer, Duration::ZERO), Event::Up));
        drop((far, keep));
        assert!(matches!(line.read(&mut buffer, Duration::from_secs(1)), Event::Down(_)));
    }

    #[test]
    fn an_owner_moves_to_another_line() {
        let (_far, first, _keep) = pty();
        let (mut far, second, _keep) = pty();
        let mut line = Line::new(Settings::new(first.clone(), 9_600)).unwrap();
        let mut buffer = [0; 8];
        assert!(matches!(line.read(&mut buffer, Duration::ZERO), Event::Up));
        line.waker().wake();
        line.move_to(Settings::new(second, 9_600));
        assert!(matches!(line.read(&mut buffer, Duration::ZERO), Event::Up));
        assert!(matches!(line.read(&mut buffer, Duration::ZERO), Event::Woken));
        far.write_all(b"x").unwrap();
        assert!(matches!(line.read(&mut buffer, Duration::from_secs(1)), Event::Bytes(b"x")));
        let mut other = Line::new(Settings::new(first, 9_600)).unwrap();
        assert!(matches!(other.read(&mut buffer, Duration::ZERO), Event::Up), "the first line was let go");
    }

    #[test]
    fn an_odd_speed_is_refused_by_name() {
        let error = baud(12_345).unwrap_err();
        assert!(error.to_string().contains("12345"));
    }
}

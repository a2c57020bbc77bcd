//! Waiting on a wire, and being woken from it.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::eventfd::{EfdFlags, EventFd},
};

/// Wakes the thread that waits on a wire. Clones wake the same thread.
#[derive(Clone, Debug)]
pub struct Waker(Arc<EventFd>);

impl Waker {
    /// A waker that nobody waits on yet.
    pub fn new() -> io::Result<Self> {
        let fd = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        Ok(Self(Arc::new(fd)))
    }

    /// Makes the owner return from its wait, now or the next time it waits. Never blocks.
    pub fn wake(&self) {
        // The only failure is a counter that is already full, and then the owner is awake anyway.
        let _ = self.0.write(1);
    }

    /// Takes back all wake-ups so far.
    pub fn clear(&self) {
        let _ = self.0.read();
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The wire has something to read, or an error to tell of.
    Ready,
    /// Someone called [`Waker::wake`].
    Woken,
    /// The time is up.
    TimedOut,
}

/// Waits until `wire` is readable, `waker` is woken, or `timeout` is over, whichever comes first.
pub fn wait(wire: Option<BorrowedFd<'_>>, waker: &Waker, timeout: Duration) -> io::Result<Wake> {
    let woken = PollFd::new(waker.as_fd(), PollFlags::POLLIN);
    let limit = poll_timeout(timeout);
    let outcome = if let Some(wire) = wire {
        let mut fds = [woken, PollFd::new(wire, PollFlags::POLLIN)];
        poll(&mut fds, limit).map(|_| fds.map(|fd| fd.any() == Some(true)))
    } else {
        let mut fds = [woken];
        poll(&mut fds, limit).map(|_| [fds.iter().any(|fd| fd.any() == Some(true)), false])
    };
    match outcome {
        // What is on the wire goes first: it carries an arrival time, the waker does not.
        Ok([_, true]) => Ok(Wake::Ready),
        Ok([true, false]) => {
            waker.clear();
            Ok(Wake::Woken)
        }
        Ok([false, false]) | Err(Errno::EINTR) => Ok(Wake::TimedOut),
        Err(errno) => Err(errno.into()),
    }
}

/// Whole milliseconds, rounded up so that a short wait is not a busy loop.
fn poll_timeout(timeout: Duration) -> PollTimeout {
    let ms = timeout.as_nanos().div_ceil(1_000_000);
    PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX)
}

/// When to try again to open something that is not there: 50 ms at first, doubling up to 2 s.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Instant,
    pause: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(2);

    /// The first attempt may be made at once.
    #[must_use]
    pub fn new() -> Self {
        Self { next: Instant::now(), pause: Self::FIRST }
    }

    /// How long until the next attempt; zero when it is due.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// An attempt failed.
    pub fn failed(&mut self) {
        self.next = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(Self::LONGEST);
    }

    /// An attempt succeeded: the next failure starts from the shortest pause again, but never at once, so that a
    /// device that opens and dies in a loop does not take the processor.
    pub fn succeeded(&mut self) {
        self.pause = Self::FIRST;
        self.next = Instant::now() + self.pause;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_before_the_wait_is_not_lost() {
        let waker = Waker::new().unwrap();
        waker.clone().wake();
        assert_eq!(wait(None, &waker, Duration::from_secs(5)).unwrap(), Wake::Woken);
        assert_eq!(wait(None, &waker, Duration::ZERO).unwrap(), Wake::TimedOut);
    }

    #[test]
    fn the_pause_doubles_and_is_bounded() {
        let mut backoff = Backoff::new();
        assert_eq!(backoff.remaining(), Duration::ZERO);
        for _ in 0..20 {
            backoff.failed();
        }
        assert!(backoff.remaining() <= Backoff::LONGEST);
        assert!(backoff.remaining() > Duration::from_secs(1));
    }
}

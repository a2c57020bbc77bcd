//! Between our clock, in nanoseconds, and the session engines', in milliseconds.

use iso15118::session::Instant;
use units::Mono;

pub(crate) const fn instant(now: Mono) -> Instant {
    Instant::from_millis(now.millis())
}

/// Engines compare whole milliseconds, so an instant of theirs is due when ours has reached that millisecond.
pub(crate) const fn mono(at: Instant) -> Mono {
    Mono::from_millis(at.as_millis())
}

//! Whether a module is there.

use std::time::Duration;

use units::Mono;

/// No answer for so long: what depends on the module must be lowered or ended.
pub const SILENT_AFTER: Duration = Duration::from_secs(2);
/// No answer for so long: the module's own watchdog (10 s with those that we know) has ended its output.
pub const LOST_AFTER: Duration = Duration::from_secs(15);

/// Whether a module is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It has never answered, or was lost.
    Absent,
    /// It answers.
    Present {
        /// When it last did.
        heard: Mono,
    },
    /// It has stopped to answer.
    Silent {
        /// When it last did.
        heard: Mono,
    },
}

/// A change of presence that is worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Found,
    Recovered,
    Silent,
    Lost,
}

impl Presence {
    pub(crate) fn heard(&mut self, now: Mono) -> Option<Change> {
        let change = match self {
            Self::Absent => Some(Change::Found),
            Self::Present { .. } => None,
            Self::Silent { .. } => Some(Change::Recovered),
        };
        *self = Self::Present { heard: now };
        change
    }

    pub(crate) fn check(&mut self, now: Mono) -> Option<Change> {
        match *self {
            Self::Present { heard } if now.since(heard) >= LOST_AFTER => {
                // The owner slept through the silence; both are due, and the graver one says it all.
                *self = Self::Absent;
                Some(Change::Lost)
            }
            Self::Present { heard } if now.since(heard) >= SILENT_AFTER => {
                *self = Self::Silent { heard };
                Some(Change::Silent)
            }
            Self::Silent { heard } if now.since(heard) >= LOST_AFTER => {
                *self = Self::Absent;
                Some(Change::Lost)
            }
            _ => None,
        }
    }

    /// When [`Presence::check`] could next change its mind.
    pub(crate) fn deadline(&self) -> Mono {
        match self {
            Self::Absent => Mono(u64::MAX),
            Self::Present { heard } => *heard + SILENT_AFTER,
            Self::Silent { heard } => *heard + LOST_AFTER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_at_two_seconds_lost_at_fifteen() {
        let mut presence = Presence::Absent;
        let at = Mono::from_millis;
        assert_eq!(presence.check(at(99_000)), None);
        assert_eq!(presence.heard(at(0)), Some(Change::Found));
        assert_eq!(presence.check(at(1_999)), None);
        assert_eq!(presence.check(at(2_000)), Some(Change::Silent));
        assert_eq!(presence.check(at(14_999)), None);
        assert_eq!(presence.check(at(15_000)), Some(Change::Lost));
        assert_eq!(presence.check(at(99_000)), None);
        assert_eq!(presence.heard(at(100_000)), Some(Change::Found));
        assert_eq!(presence.check(at(103_000)), Some(Change::Silent));
        assert_eq!(presence.heard(at(104_000)), Some(Change::Recovered));
    }
}

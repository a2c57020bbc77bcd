//! Two clocks: one that never steps, for durations, and the wall's, for labels.

use core::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// An instant on the machine's monotonic clock (`CLOCK_BOOTTIME`), in nanoseconds since boot.
///
/// Only meaningful together with the boot it belongs to: see [`BootId`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
pub struct Mono(pub u64);

impl Mono {
    /// The boot itself.
    pub const BOOT: Self = Self(0);

    /// So many milliseconds after boot.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// Milliseconds since boot.
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The time since `earlier`; zero if that lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Mono {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Debug for Mono {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}.{:06}s", self.0 / 1_000_000_000, self.0 % 1_000_000_000 / 1_000)
    }
}

/// How far a wall clock reading can be trusted (the terms are OCMF's).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
pub enum ClockQuality {
    /// Nobody has set the clock since boot: the time is at best not before the last saved one.
    #[default]
    Unset,
    /// Set from a source that is not synchronised, such as the CSMS.
    Informative,
    /// Disciplined by NTP.
    Synchronised,
}

/// Civil time in milliseconds since 1970-01-01T00:00:00Z, with what it is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
pub struct Wall {
    /// Milliseconds since the Unix epoch, UTC.
    pub ms: i64,
    /// What the reading is worth.
    pub quality: ClockQuality,
}

/// Which boot a [`Mono`] belongs to: the kernel's `boot_id`.
#[cfg(feature = "alloc")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
pub struct BootId(pub alloc::string::String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_does_not_go_negative() {
        assert_eq!(Mono(5).since(Mono(9)), Duration::ZERO);
        assert_eq!(Mono::from_millis(9).since(Mono::from_millis(5)), Duration::from_millis(4));
    }

    #[test]
    fn adding_for_ever_saturates() {
        assert_eq!(Mono(1) + Duration::MAX, Mono(u64::MAX));
        assert_eq!(Mono(1) - Duration::MAX, Mono(0));
    }
}

//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_secs(1);
/// How often the wait doubles: up to 64 s, and up to as much again by chance.
const DOUBLINGS: u32 = 6;

/// Doubling waits, each with a random part of its own, so that the chargers of a site do not all come back at once.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    random: u64,
}

impl Backoff {
    /// `seed` should differ between chargers.
    pub(super) const fn new(seed: u64) -> Self {
        Self { failures: 0, random: seed }
    }

    /// The wait after one more failure.
    pub(super) fn failed(&mut self) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.failures.min(DOUBLINGS));
        self.failures = self.failures.saturating_add(1);
        let most = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        wait + Duration::from_millis(self.next() % most)
    }

    /// The other side has shown that it works.
    pub(super) const fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// SplitMix64: plenty for spreading waits, and the same again from the same seed.
    const fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_or_two_and_start_over() {
        let mut backoff = Backoff::new(7);
        let mut least = FIRST;
        for _ in 0..20 {
            let wait = backoff.failed();
            assert!(wait >= least && wait < 2 * least, "{wait:?}");
            least = (2 * least).min(Duration::from_secs(64));
        }
        backoff.succeeded();
        assert!(backoff.failed() < 2 * FIRST);
    }

    #[test]
    fn two_chargers_wait_differently() {
        assert_ne!(Backoff::new(1).failed(), Backoff::new(2).failed());
    }
}

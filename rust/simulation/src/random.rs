//! Random numbers that are the same on every machine and in every year.

use core::time::Duration;

/// A stream of numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of a seed and a purpose. Streams of different purposes have nothing to do with each other, so that taking one
    /// incident out of a run changes nothing that does not follow from it.
    pub(crate) const fn of(seed: u64, purpose: u64) -> Self {
        let mut random = Self(seed ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        random.next();
        random
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.next() % span)
    }

    /// So many times in a thousand.
    pub(crate) const fn chance(&mut self, in_a_thousand: u64) -> bool {
        self.next() % 1_000 < in_a_thousand
    }

    /// So many milliseconds.
    pub(crate) fn span(&mut self, low_ms: i64, high_ms: i64) -> Duration {
        Duration::from_millis(self.between(low_ms, high_ms).unsigned_abs())
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let index = usize::try_from(self.next() % u64::try_from(of.len()).unwrap_or(1).max(1)).unwrap_or(0);
        of[index]
    }
}

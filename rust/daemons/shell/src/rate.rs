//! Counting what cannot be logged each time.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// Counts every occurrence and says when one may be logged: the first, and then at most one a minute.
///
/// For what an outsider can provoke at will: a garbage frame must cost a counter, not a disk.
#[derive(Debug, Default)]
pub struct RateLimited {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    count: u64,
    told: u64,
    last: Option<Instant>,
}

impl RateLimited {
    const PERIOD: Duration = Duration::from_mins(1);

    /// Counts one; `Some(n)` if a line may be logged now, with how many there were since the last line.
    pub fn hit(&self) -> Option<u64> {
        self.hit_at(Instant::now())
    }

    fn hit_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.count += 1;
        if state.last.is_some_and(|last| now.saturating_duration_since(last) < Self::PERIOD) {
            return None;
        }
        state.last = Some(now);
        let since = state.count - state.told;
        state.told = state.count;
        Some(since)
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_then_one_a_minute() {
        let limited = RateLimited::default();
        let start = Instant::now();
        assert_eq!(limited.hit_at(start), Some(1));
        assert_eq!(limited.hit_at(start + Duration::from_secs(1)), None);
        assert_eq!(limited.hit_at(start + Duration::from_mins(1)), Some(2));
        assert_eq!(limited.count(), 3);
    }
}

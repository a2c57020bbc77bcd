//! Power that is granted for a while.

use units::{Mono, Watts};

/// Power that may be drawn until an instant. Nobody need be told when it ends: what is not renewed is void (dead-man).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// So much.
    pub power: Watts,
    /// Before this instant.
    pub until: Mono,
}

impl Budget {
    /// What may be drawn at `now`.
    pub fn at(self, now: Mono) -> Watts {
        if now < self.until { self.power } else { Watts::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_is_not_renewed_is_void() {
        let budget = Budget { power: Watts(5_000), until: Mono::from_millis(2_000) };
        assert_eq!(budget.at(Mono::from_millis(1_999)), Watts(5_000));
        assert_eq!(budget.at(Mono::from_millis(2_000)), Watts::ZERO);
        assert_eq!(Budget::default().at(Mono::BOOT), Watts::ZERO);
    }
}

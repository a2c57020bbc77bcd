//! A counter as read.

use std::fmt;

/// A counter as read: `digits` × 10^`exponent` Wh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Register {
    /// The counter's digits.
    pub digits: u64,
    /// What the last digit counts: 0 for 1 Wh, 1 for 10 Wh, -1 for a tenth of a Wh.
    pub exponent: i8,
}

impl Register {
    /// Whole watt-hours, rounded down; the largest number if it does not fit.
    #[must_use]
    pub fn watt_hours(self) -> u64 {
        let scale = 10_u64.checked_pow(u32::from(self.exponent.unsigned_abs()));
        match (scale, self.exponent < 0) {
            (Some(scale), false) => self.digits.saturating_mul(scale),
            (Some(scale), true) => self.digits / scale,
            (None, false) if self.digits > 0 => u64::MAX,
            (None, _) => 0,
        }
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}e{} Wh", self.digits, self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn watt_hours_are_rounded_down() {
        assert_eq!(Register { digits: 1_234, exponent: 1 }.watt_hours(), 12_340);
        assert_eq!(Register { digits: 1_239, exponent: -1 }.watt_hours(), 123);
        assert_eq!(Register { digits: 7, exponent: 0 }.watt_hours(), 7);
        assert_eq!(Register { digits: 1, exponent: 127 }.watt_hours(), u64::MAX);
        assert_eq!(Register { digits: 0, exponent: 127 }.watt_hours(), 0);
        assert_eq!(Register { digits: u64::MAX, exponent: -128 }.watt_hours(), 0);
    }

    proptest! {
        #[test]
        fn a_register_that_counts_up_never_reads_less(digits: u64, more in 0_u64..1_000_000, exponent: i8) {
            let later = Register { digits: digits.saturating_add(more), exponent };
            let earlier = Register { digits, exponent };
            prop_assert!(later.watt_hours() >= earlier.watt_hours());
        }
    }
}

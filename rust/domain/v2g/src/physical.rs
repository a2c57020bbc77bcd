//! ISO 15118-2's physical values: 16 bits and a power of ten.

use iso15118::iso2::{PhysicalValue, UnitSymbol};
use units::{Milliamps, Millivolts, Watts};

/// The schema's range of exponents.
const EXPONENTS: core::ops::RangeInclusive<i8> = -3..=3;

/// Writes `milli` thousandths of `unit`, rounded towards zero so that a limit is never overstated. Tenths are the finest
/// step that is written: some cars misread more.
fn encode(milli: i64, unit: UnitSymbol, finest: i8) -> PhysicalValue {
    for multiplier in finest..=*EXPONENTS.end() {
        if let Ok(value) = i16::try_from(milli / step(multiplier)) {
            return PhysicalValue { multiplier, unit, value };
        }
    }
    let value = if milli < 0 { i16::MIN } else { i16::MAX };
    PhysicalValue { multiplier: *EXPONENTS.end(), unit, value }
}

/// What one step at this exponent is worth in thousandths.
const fn step(multiplier: i8) -> i64 {
    match multiplier {
        ..=-3 => 1,
        -2 => 10,
        -1 => 100,
        0 => 1_000,
        1 => 10_000,
        2 => 100_000,
        3.. => 1_000_000,
    }
}

fn milli(value: &PhysicalValue) -> i64 {
    i64::from(value.value).saturating_mul(step(value.multiplier))
}

pub(crate) fn volts(v: Millivolts) -> PhysicalValue {
    encode(v.0, UnitSymbol::V, -1)
}

pub(crate) fn amps(i: Milliamps) -> PhysicalValue {
    encode(i.0, UnitSymbol::A, -1)
}

pub(crate) fn watts(p: Watts) -> PhysicalValue {
    encode(p.0.saturating_mul(1_000), UnitSymbol::W, 0)
}

pub(crate) fn to_volts(value: &PhysicalValue) -> Millivolts {
    Millivolts(milli(value))
}

pub(crate) fn to_amps(value: &PhysicalValue) -> Milliamps {
    Milliamps(milli(value))
}

pub(crate) fn to_watts(value: &PhysicalValue) -> Watts {
    Watts(milli(value) / 1_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_hundred_volts_keep_their_tenths() {
        let v = volts(Millivolts(400_160));
        assert_eq!((v.value, v.multiplier), (4_001, -1));
        assert_eq!(to_volts(&v), Millivolts(400_100));
    }

    #[test]
    fn power_beyond_sixteen_bits_goes_up_in_the_exponent() {
        let p = watts(Watts(350_000));
        assert_eq!((p.value, p.multiplier), (3_500, 2));
        assert_eq!(to_watts(&p), Watts(350_000));
    }

    proptest! {
        #[test]
        fn a_limit_is_never_overstated(mv in 0..40_000_000_i64) {
            let back = to_volts(&volts(Millivolts(mv)));
            prop_assert!(back.0 <= mv && mv - back.0 <= mv / 300 + 100);
        }

        #[test]
        fn any_value_is_written(p: i64, value: i16, multiplier: i8) {
            let _ = watts(Watts(p));
            let _ = milli(&PhysicalValue { multiplier, unit: UnitSymbol::W, value });
        }
    }
}

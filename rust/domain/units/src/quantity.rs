//! Electrical and thermal quantities.

use core::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign},
    time::Duration,
};

/// Declares a quantity: a newtype over an integer with saturating addition and subtraction.
///
/// Saturation rather than wrapping or a panic: a sum that leaves the range of `i64` millivolts is a fault somewhere
/// else, and the largest value is refused by every limit that it is compared with.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $int:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
        pub struct $name(pub $int);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);

            /// The bare number, in the unit that the type is named after.
            pub const fn get(self) -> $int {
                self.0
            }

            /// The magnitude.
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(self.0.saturating_abs())
            }

            /// How far two readings lie apart, without sign.
            #[must_use]
            pub const fn distance(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0).saturating_abs())
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::ZERO, Add::add)
            }
        }
    };
}

quantity! {
    /// Electric potential in millivolts.
    Millivolts, i64
}
quantity! {
    /// Electric current in milliamperes; positive flows towards the car.
    Milliamps, i64
}
quantity! {
    /// Power in watts; positive flows towards the car.
    Watts, i64
}
quantity! {
    /// Energy in milliwatt-hours.
    MilliwattHours, i64
}
quantity! {
    /// Temperature in tenths of a degree Celsius.
    DeciCelsius, i32
}
quantity! {
    /// Resistance in ohms, as an isolation monitor reports it.
    Ohms, i64
}

/// Splits a scaled integer into sign, whole part and fraction, for printing.
fn fixed(f: &mut fmt::Formatter<'_>, value: i64, scale: u64, digits: usize, unit: &str) -> fmt::Result {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    write!(f, "{sign}{}.{:0digits$} {unit}", size / scale, size % scale)
}

macro_rules! printed {
    ($name:ident, $scale:expr, $digits:expr, $unit:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fixed(f, i64::from(self.0), $scale, $digits, $unit)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

printed!(Millivolts, 1_000, 3, "V");
printed!(Milliamps, 1_000, 3, "A");
printed!(Watts, 1_000, 3, "kW");
printed!(MilliwattHours, 1_000_000, 6, "kWh");
printed!(DeciCelsius, 10, 1, "°C");
printed!(Ohms, 1_000, 3, "kΩ");

impl Millivolts {
    /// So many whole volts.
    #[must_use]
    pub const fn from_volts(volts: i64) -> Self {
        Self(volts.saturating_mul(1_000))
    }
}

impl Milliamps {
    /// So many whole amperes.
    #[must_use]
    pub const fn from_amps(amps: i64) -> Self {
        Self(amps.saturating_mul(1_000))
    }
}

impl Watts {
    /// The current that carries this power at `voltage`, rounded towards zero; none at zero or negative voltage.
    #[must_use]
    pub fn current_at(self, voltage: Millivolts) -> Milliamps {
        if voltage.0 <= 0 {
            return Milliamps::ZERO;
        }
        match self.0.checked_mul(1_000_000) {
            Some(microwatts) => Milliamps(microwatts / voltage.0),
            None => Milliamps(clamp(i128::from(self.0) * 1_000_000 / i128::from(voltage.0))),
        }
    }

    /// The energy that this power carries in `time`, rounded towards zero.
    #[must_use]
    pub fn energy_in(self, time: Duration) -> MilliwattHours {
        let nanos = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        MilliwattHours(clamp(i128::from(self.0).saturating_mul(nanos) / 3_600_000_000))
    }
}

impl Mul<Milliamps> for Millivolts {
    type Output = Watts;
    fn mul(self, current: Milliamps) -> Watts {
        match self.0.checked_mul(current.0) {
            Some(microwatts) => Watts(microwatts / 1_000_000),
            None => Watts(clamp(i128::from(self.0) * i128::from(current.0) / 1_000_000)),
        }
    }
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// A share in whole percent, 0 to 100: a state of charge, a pilot's duty cycle.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, utoipa::ToSchema))]
pub struct Percent(u8);

impl Percent {
    /// `None` above 100.
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 100 { Some(Self(value)) } else { None }
    }

    /// The bare number, 0 to 100.
    pub const fn get(self) -> u8 {
        self.0
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u8::deserialize(deserializer)?;
        Self::new(value).ok_or_else(|| serde::de::Error::custom("expected a percentage from 0 to 100"))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn volts_times_amperes_are_watts() {
        assert_eq!(Millivolts::from_volts(400) * Milliamps::from_amps(50), Watts(20_000));
        assert_eq!(Millivolts::from_volts(400) * Milliamps(-1_500), Watts(-600));
    }

    #[test]
    fn prints_in_the_unit_people_read() {
        assert_eq!(Millivolts(-400_050).to_string(), "-400.050 V");
        assert_eq!(MilliwattHours(1_234_567).to_string(), "1.234567 kWh");
        assert_eq!(DeciCelsius(-5).to_string(), "-0.5 °C");
    }

    #[test]
    fn an_hour_of_a_kilowatt_is_a_kilowatt_hour() {
        assert_eq!(Watts(1_000).energy_in(Duration::from_hours(1)), MilliwattHours(1_000_000));
    }

    #[test]
    fn no_voltage_carries_no_power() {
        assert_eq!(Watts(1).current_at(Millivolts::ZERO), Milliamps::ZERO);
        assert_eq!(Watts(1).current_at(Millivolts(-5)), Milliamps::ZERO);
    }

    proptest! {
        #[test]
        fn current_at_never_exceeds_the_power(w in 0_i64..1_000_000, mv in 1_i64..1_500_000) {
            let current = Watts(w).current_at(Millivolts(mv));
            prop_assert!(Millivolts(mv) * current <= Watts(w));
        }

        #[test]
        fn arithmetic_saturates(a: i64, b: i64) {
            let _ = Millivolts(a) + Millivolts(b);
            let _ = Millivolts(a) - Millivolts(b);
            let _ = Millivolts(a) * Milliamps(b);
            let _ = Millivolts(a).distance(Millivolts(b));
            let _ = Watts(a).energy_in(Duration::MAX);
        }
    }
}

//! What is known of a charge.

use ocmf::TransactionMarker;
use rust_decimal::Decimal;
use units::{BootId, Mono, Wall};

use crate::{Holder, sign::Error};

/// A charge, measured by one meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The version of the program that signs.
    pub version: String,
    /// The meter.
    pub meter: Meter,
    /// Who charged.
    pub holder: Holder,
    /// The connector's EVSEID, if it is known.
    pub evse_id: Option<String>,
    /// The first reading.
    pub begin: Reading,
    /// Readings between, in order; there may be none.
    pub between: Vec<Reading>,
    /// The last reading.
    pub end: Reading,
    /// How it ended.
    pub ended: Ended,
}

/// A meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// Who makes it, and which model it is, if that is known.
    pub make: Option<(String, String)>,
    /// Its serial, or what it is called where none is known.
    pub serial: String,
}

/// A reading of the energy register: `digits` × 10^`exponent` Wh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The digits that the meter gave.
    pub digits: u64,
    /// The power of ten of one digit, in Wh.
    pub exponent: i8,
    /// When it was taken.
    pub at: Moment,
}

impl Reading {
    /// The register in kWh, with exactly the decimals that the meter counts.
    pub(crate) fn kilowatt_hours(&self) -> Result<Decimal, Error> {
        let out_of_range = || Error::Register { digits: self.digits, exponent: self.exponent };
        let decimals = 3 - i32::from(self.exponent);
        let digits = i128::from(self.digits);
        let (digits, scale) = if let Ok(scale) = u32::try_from(decimals) {
            (digits, scale)
        } else {
            let factor = 10_i128.checked_pow(decimals.unsigned_abs()).ok_or_else(out_of_range)?;
            (digits.checked_mul(factor).ok_or_else(out_of_range)?, 0)
        };
        Decimal::try_from_i128_with_scale(digits, scale).map_err(|_| out_of_range())
    }
}

/// An instant, on the clock of a boot and on the wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Which boot `mono` belongs to.
    pub boot: BootId,
    /// The instant within it.
    pub mono: Mono,
    /// The wall's, and what it is worth.
    pub wall: Wall,
}

/// How a charge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The car had enough, or was unplugged.
    Normally,
    /// Somebody at the charger ended it.
    Locally,
    /// Somebody far away ended it.
    Remotely,
    /// Something went wrong.
    ByFault,
    /// The power went away.
    ByPowerLoss,
}

impl Ended {
    pub(crate) const fn marker(self) -> TransactionMarker {
        match self {
            Self::Normally => TransactionMarker::End,
            Self::Locally => TransactionMarker::EndedLocally,
            Self::Remotely => TransactionMarker::EndedRemotely,
            Self::ByFault => TransactionMarker::Aborted,
            Self::ByPowerLoss => TransactionMarker::PowerFailure,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use units::ClockQuality;

    use super::*;

    fn reading(digits: u64, exponent: i8) -> Reading {
        let wall = Wall { ms: 0, quality: ClockQuality::Unset };
        Reading { digits, exponent, at: Moment { boot: BootId("b".into()), mono: Mono::BOOT, wall } }
    }

    #[test]
    fn a_register_keeps_its_decimals() {
        let text = |digits, exponent| reading(digits, exponent).kilowatt_hours().unwrap().to_string();
        assert_eq!(text(123_450, 1), "1234.50");
        assert_eq!(text(7, 0), "0.007");
        assert_eq!(text(1_000, 2), "100.0");
        assert_eq!(text(5, 3), "5");
        assert_eq!(text(5, 6), "5000");
        assert_eq!(text(1, -3), "0.000001");
        assert_eq!(text(0, 0), "0.000");
        assert_eq!(text(u64::MAX, 0), "18446744073709551.615");
    }

    proptest! {
        #[test]
        fn any_register_is_exact_or_refused(digits: u64, exponent: i8) {
            match reading(digits, exponent).kilowatt_hours() {
                Ok(value) => {
                    let decimals = u32::try_from(3 - i32::from(exponent)).unwrap_or(0);
                    prop_assert_eq!(value.scale(), decimals);
                }
                Err(_) => prop_assert!(!(-20..=6).contains(&exponent)),
            }
        }
    }
}

//! How the unit types stand on the wire: as their bare integers.
//!
//! `units` derives the same, but together with an allocator, which the MCU does not have.

macro_rules! through {
    ($module:ident, $type:ty, $int:ty, $get:expr, $make:expr, $expected:literal) => {
        pub(crate) mod $module {
            use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

            pub(crate) fn serialize<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                let get: fn(&$type) -> $int = $get;
                get(value).serialize(serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let make: fn($int) -> Option<$type> = $make;
                make(<$int>::deserialize(deserializer)?).ok_or_else(|| D::Error::custom($expected))
            }
        }
    };
}

through!(millivolts, units::Millivolts, i64, |v| v.0, |v| Some(units::Millivolts(v)), "millivolts");
through!(milliamps, units::Milliamps, i64, |v| v.0, |v| Some(units::Milliamps(v)), "milliamperes");
through!(decicelsius, units::DeciCelsius, i32, |v| v.0, |v| Some(units::DeciCelsius(v)), "tenths of a degree");
through!(ohms, units::Ohms, i64, |v| v.0, |v| Some(units::Ohms(v)), "ohms");
through!(contactor, units::ContactorId, u8, |v| v.0, |v| Some(units::ContactorId(v)), "a contactor id");
through!(connector, units::ConnectorId, u8, |v| v.get(), units::ConnectorId::new, "a connector id from 1 to 255");
through!(percent, units::Percent, u8, |v| v.get(), units::Percent::new, "a percentage from 0 to 100");
through!(lease_time, crate::LeaseTime, u16, |v| v.millis(), crate::LeaseTime::new, "a lease of 500 to 1500 ms");

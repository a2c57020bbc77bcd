//! Quantities, time and ids of a charging cabinet, as integers that cannot be mixed up.
//!
//! Every electrical quantity is a newtype over a fixed-scale integer: millivolts, milliamperes, watts,
//! milliwatt-hours, tenths of a degree Celsius, ohms. Adding volts to amperes does not compile; voltage times current is
//! power. There are no floats here, so a rule of charging gives the same answer on every machine.
//!
//! The crate is `no_std`, because the MCU firmware speaks the same units. Feature `alloc` adds the named ids,
//! `serde` the wire form (a bare integer or string), `schema` the JSON Schema and OpenAPI descriptions.
// utoipa's derive names `String` and `vec!` as std's prelude has them.
#![cfg_attr(not(feature = "schema"), no_std)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod ids;
mod quantity;
mod time;

#[cfg(feature = "alloc")]
pub use ids::{ChainId, IdTag, InvalidName, ModuleId, SessionId};
pub use ids::{ConnectorId, ContactorId, PlugInEpoch, V2gEpoch};
pub use quantity::{DeciCelsius, Milliamps, Millivolts, MilliwattHours, Ohms, Percent, Watts};
#[cfg(feature = "alloc")]
pub use time::BootId;
pub use time::{ClockQuality, Mono, Wall};

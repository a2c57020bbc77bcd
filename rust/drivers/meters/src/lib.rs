//! DC energy meters: one trait, one file a vendor.
//!
//! Responsibilities: to read a meter's register, voltage, current and power, and to say when it falls silent.
//!
//! Terms. The *register* is the counter that bills are made of. It is handed on as read, digits and exponent, together
//! with the meter's identity: no rounding, no floats, no differences. What a register means is decided by the ledger.
//!
//! A meter is a [`serial::modbus::Device`]: it shares its line with others and does no I/O itself.

mod acrel;
mod register;

use serial::modbus::Device;
use units::{Milliamps, Millivolts, Mono, Watts};

pub use acrel::{Acrel, Config as AcrelConfig};
pub use register::Register;

/// What a meter said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Energy to the car, as read.
    pub register: Register,
    /// Between the poles.
    pub voltage: Millivolts,
    /// To the car.
    pub current: Milliamps,
    /// To the car.
    pub power: Watts,
    /// When it answered.
    pub at: Mono,
}

/// News of a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// It answered.
    Reading(Reading),
    /// It has stopped to answer: told once, after the retries. The next [`Update::Reading`] ends it.
    Silent {
        /// Why, in words for a log.
        reason: String,
    },
}

/// A DC meter on a Modbus line.
pub trait Meter: Device<Update = Update> + std::fmt::Debug + Send {
    /// Which meter this is, in the words that stand beside each register reading: its serial if that is known, else what
    /// and where it is.
    fn identity(&self) -> &str;
}

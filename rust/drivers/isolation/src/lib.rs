//! Insulation monitors: one trait, one file a vendor.
//!
//! Responsibilities: to read the resistance between the output and earth, and to run a monitor's self-test. Whether a
//! resistance is enough is decided elsewhere.
//!
//! A monitor is a [`serial::modbus::Device`]: it shares its line with others and does no I/O itself.

mod bender;

use serial::modbus::Device;
use units::{Millivolts, Mono, Ohms};

pub use bender::Bender;

/// What a resistance is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is as said.
    Exact,
    /// It is lower than said: below the range.
    Below,
    /// It is higher than said: beyond the range.
    Above,
    /// It is no measurement.
    Invalid,
}

/// What the monitor thinks of it, by its own thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Nothing.
    None,
    /// Getting low.
    PreWarning,
    /// The monitor itself is broken.
    DeviceError,
    /// Low.
    Warning,
    /// Too low.
    Alarm,
}

/// What a monitor said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Between the output and earth.
    pub resistance: Ohms,
    /// What that is worth.
    pub validity: Validity,
    /// What the monitor thinks of it.
    pub alarm: Alarm,
    /// Between the poles, if it has said so.
    pub voltage: Option<Millivolts>,
    /// When it answered.
    pub at: Mono,
}

/// How a self-test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTest {
    /// Well.
    Passed,
    /// The monitor found itself broken.
    Failed,
    /// It did not begin or end in time, or the monitor fell silent.
    TimedOut,
}

/// News of a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// It answered. None is given while it tests itself.
    Reading(Reading),
    /// The self-test that was asked for has ended.
    SelfTest(SelfTest),
    /// It has stopped to answer: told once, after the retries. The next [`Update::Reading`] ends it.
    Silent {
        /// Why, in words for a log.
        reason: String,
    },
}

/// An insulation monitor on a Modbus line.
pub trait Monitor: Device<Update = Update> + std::fmt::Debug + Send {
    /// Starts the self-test, which takes up to 30 s; [`Update::SelfTest`] tells how it ended. Does nothing while one is
    /// under way.
    fn start_self_test(&mut self, now: Mono);
}

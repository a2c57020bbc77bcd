//! What a connector wants to hold, all of it, at any time.

use units::{Milliamps, Millivolts};

use crate::Purpose;

/// The whole wish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// What the contactor should be closed for.
    pub purpose: Purpose,
    /// What should be on the pilot.
    pub pilot: PilotOutput,
    /// Whether the plug should be held.
    pub locked: bool,
    /// What the power modules should do.
    pub setpoint: Setpoint,
    /// What may be said to the car.
    pub grants: Grants,
}

/// What is put on the pilot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PilotOutput {
    /// Steady +12 V.
    #[default]
    Steady,
    /// 5 %: digital communication.
    FivePercent,
    /// State F: not available.
    NotAvailable,
}

/// What the power modules should do, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setpoint {
    /// Output off.
    #[default]
    Off,
    /// Output on.
    On {
        /// Regulate to this voltage.
        voltage: Millivolts,
        /// Never above this current.
        current: Milliamps,
    },
}

/// What may be said to the car.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Authorisation.
    pub authorisation: Grant,
    /// Cable check.
    pub cable_check: Grant,
    /// Power delivery.
    pub power: Grant,
    /// The contactor is open and the line is dead.
    pub powered_down: bool,
    /// The end.
    pub stop: StopCall,
}

/// The word on one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grant {
    /// Not yet.
    #[default]
    Pending,
    /// Go on.
    Granted,
    /// No.
    Refused,
}

/// How the car is asked to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StopCall {
    /// It is not.
    #[default]
    None,
    /// Please stop.
    Normal,
    /// Stop now.
    Emergency,
}

//! What the charger's session engine is told, and what it tells.

use units::{Milliamps, Millivolts, Mono, Percent, Watts};

use crate::{EvError, Isolation, Stage};

/// What a session needs to know before its first byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The EVSEID told to the car, 7 to 37 characters.
    pub evse_id: String,
    /// Eight random bytes, not all zero: the session's id.
    pub session_id: [u8; 8],
}

/// The controller's word on one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Grant {
    /// Not yet: the car is answered `Ongoing`.
    #[default]
    Pending,
    /// Go on.
    Granted,
    /// No: the car is answered with a failure.
    Refused,
}

/// Whether the session is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stop {
    /// No.
    #[default]
    None,
    /// The car is asked to stop.
    Normal,
    /// The car is told `EVSE_EmergencyShutdown`, and the session is closed.
    Emergency,
}

/// The insulation, and the work on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Insulation {
    /// Known to be so.
    Known(Isolation),
    /// Not measured in this plug-in.
    #[default]
    Unknown,
    /// Being measured.
    Testing,
}

/// Whether the outlet is switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outlet {
    /// Not known to be off.
    #[default]
    Live,
    /// The contactors are open and the line is dead.
    Off,
}

/// What the cabinet can give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Lowest voltage.
    pub min_voltage: Millivolts,
    /// Highest voltage.
    pub max_voltage: Millivolts,
    /// Lowest current.
    pub min_current: Milliamps,
    /// Highest current.
    pub max_current: Milliamps,
    /// Highest power.
    pub max_power: Watts,
}

/// All that may be said to the car. Every answer is built from the latest one, without waiting for a better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// After this the car is told `EVSE_EmergencyShutdown`.
    pub valid_until: Mono,
    /// Authorisation.
    pub authorisation: Grant,
    /// Cable check.
    pub cable_check: Grant,
    /// Power delivery.
    pub power: Grant,
    /// Whether the outlet is off.
    pub outlet: Outlet,
    /// Whether to end.
    pub stop: Stop,
    /// The insulation.
    pub insulation: Insulation,
    /// Measured, never a target.
    pub present_voltage: Millivolts,
    /// Measured, never a target.
    pub present_current: Milliamps,
    /// The cabinet's limits.
    pub limits: Limits,
}

/// The car's limits, as far as it told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VehicleLimits {
    /// Highest voltage.
    pub max_voltage: Option<Millivolts>,
    /// Highest current.
    pub max_current: Option<Milliamps>,
    /// Highest power.
    pub max_power: Option<Watts>,
}

/// What the car wants, from its latest message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Where it is.
    pub stage: Stage,
    /// The voltage that it asks for (precharge and charge loop).
    pub target_voltage: Option<Millivolts>,
    /// The current that it asks for.
    pub target_current: Option<Milliamps>,
    /// Its limits.
    pub limits: VehicleLimits,
    /// Its state of charge.
    pub soc: Option<Percent>,
    /// Whether it says that it is ready.
    pub ready: Readiness,
    /// What it says is wrong with it.
    pub error: EvError,
}

/// Whether the car says that it is ready to charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// It says no, or nothing yet.
    #[default]
    NotReady,
    /// It says yes.
    Ready,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Close {
    /// The car ended it as the protocol has it.
    #[error("the car stopped the session")]
    Stopped,
    /// The car means to take it up again.
    #[error("the car paused the session")]
    Paused,
    /// We ended it: an emergency, or nobody told us in time what may be said.
    #[error("the charger shut down")]
    Emergency,
    /// A timer ran out.
    #[error("the {0} timer ran out")]
    Timeout(&'static str),
    /// The car broke the order of messages, or used another session's id.
    #[error("the car broke the protocol")]
    Refused,
    /// The car speaks nothing that we do.
    #[error("the car speaks no protocol that we do")]
    NoCommonProtocol,
    /// The bytes were no V2G session.
    #[error("the bytes were not a V2G session")]
    Malformed,
}

/// What happened in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The car opened the session.
    Started {
        /// Its EVCCID.
        evcc_id: Vec<u8>,
    },
    /// The car reached another stage.
    Stage(Stage),
    /// What the car wants now: with every message that says so. Latest wins.
    Demand(Demand),
    /// The car was answered with a failure.
    Failed {
        /// To which request, by its element's name.
        request: &'static str,
        /// Why.
        reason: Failure,
    },
    /// The session is over: send what is to be sent, then close the connection.
    Closed(Close),
}

/// Why a request was answered with a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Failure {
    /// Out of order.
    #[error("it was out of order")]
    Sequence,
    /// Not this session's id.
    #[error("it named another session")]
    UnknownSession,
    /// The controller refused the step.
    #[error("the step was refused")]
    Refused,
    /// The step was not granted in time.
    #[error("the step was not granted in time")]
    Overdue,
    /// The charger shuts down.
    #[error("the charger shuts down")]
    Emergency,
    /// The car chose what was not offered.
    #[error("the car chose what was not offered")]
    NotOffered,
    /// The car gave parameters that do not fit this charger.
    #[error("the car's parameters do not fit this charger")]
    WrongParameter,
}

impl Snapshot {
    /// Whether it may still be used.
    pub fn holds(&self, now: Mono) -> bool {
        now <= self.valid_until && self.stop != Stop::Emergency
    }
}

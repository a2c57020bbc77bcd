//! What is known of the world around a connector.

use serde::{Deserialize, Serialize};
use units::{Milliamps, Millivolts, Mono, Ohms, V2gEpoch, Watts};

/// All that the machine looks at. The newest of everything; each field's default is the careful one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The MCU.
    pub mcu: Reach,
    /// The chain's process.
    pub chain: Reach,
    /// The meter.
    pub meter: Reach,
    /// The power modules of the connector.
    pub modules: Modules,
    /// The control pilot.
    pub pilot: Pilot,
    /// Whether the emergency stop is pressed.
    pub emergency_stop: bool,
    /// The contactor.
    pub contactor: Contactor,
    /// The connector's lock.
    pub lock: Lock,
    /// The insulation in this plug-in.
    pub isolation: Isolation,
    /// On the car's side of the contactor.
    pub voltage: Millivolts,
    /// To the car.
    pub current: Milliamps,
    /// What the car wants.
    pub demand: Option<Demand>,
    /// What the planner gives.
    pub allowance: Watts,
    /// When the meter was last read.
    pub meter_read: Option<Mono>,
}

/// Whether a part is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// No.
    #[default]
    Silent,
    /// Yes.
    Heard,
}

/// The power modules of a connector, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Modules {
    /// None is heard.
    #[default]
    Silent,
    /// One has a fault of its own and none is left.
    Faulted,
    /// At least one can deliver, and none that delivers has fallen silent.
    Ready,
}

/// The control pilot (IEC 61851-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pilot {
    /// Not known.
    #[default]
    Unknown,
    /// No car.
    A,
    /// Car, not ready.
    B,
    /// Car ready for energy (C or D).
    Ready,
    /// E or F.
    Error,
}

/// The contactor as the MCU tells of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contactor {
    /// What it is permitted for.
    pub granted: Purpose,
    /// What its mirror contact says.
    pub feedback: Feedback,
    /// Why the MCU opened it by itself.
    pub trip: Option<Trip>,
}

/// What a contactor is closed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Purpose {
    /// Open.
    #[default]
    Open,
    /// Isolation test and cable check.
    TestClose,
    /// Energy.
    Energy,
}

/// What a mirror contact says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feedback {
    /// Not known.
    #[default]
    Unknown,
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// Closed although told to open.
    Welded,
}

/// Why the MCU opened by itself, as far as the rules tell causes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trip {
    /// Emergency stop.
    EmergencyStop,
    /// The lease ran out.
    Lease,
    /// Insulation lost.
    Isolation,
    /// Too much current.
    OverCurrent,
    /// Too hot.
    OverTemperature,
    /// The pilot left C and D.
    Pilot,
    /// The lock came open.
    Lock,
    /// Does not open.
    Welded,
    /// Does not close.
    DidNotClose,
}

/// The lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    /// Between the ends.
    #[default]
    Unknown,
    /// The plug can be pulled.
    Unlocked,
    /// The plug is held.
    Locked,
}

/// The insulation, in this plug-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Not measured.
    #[default]
    Unknown,
    /// Being measured.
    Testing,
    /// High enough.
    Valid(Ohms),
    /// Too low.
    Failed(Ohms),
}

/// Where the car is in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// Before authorisation.
    Setup,
    /// Asks to be authorised.
    Authorisation,
    /// Exchanges parameters.
    Parameters,
    /// Cable check.
    CableCheck,
    /// Precharge.
    PreCharge,
    /// Asked for power.
    PowerDelivery,
    /// Charge loop.
    CurrentDemand,
    /// Asked to end power.
    PowerDown,
    /// Welding detection.
    WeldingDetection,
    /// Done.
    Stopped,
}

/// What the car wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// In which V2G session.
    pub v2g_epoch: V2gEpoch,
    /// Until when it holds.
    pub valid_until: Mono,
    /// Where it is.
    pub stage: Stage,
    /// The voltage it asks for.
    pub target_voltage: Millivolts,
    /// The current it asks for.
    pub target_current: Milliamps,
    /// The most voltage it bears.
    pub max_voltage: Option<Millivolts>,
    /// The most current it bears.
    pub max_current: Option<Milliamps>,
    /// The most power it takes.
    pub max_power: Option<Watts>,
}

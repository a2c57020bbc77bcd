//! Charging profiles of the CSMS, as the controller keeps them (D12).
//!
//! Dates are in ms since 1970, limits in thousandths of their unit. What the fields mean, and what is refused, is told in the
//! crate `smart-charging`.

use serde::{Deserialize, Serialize};
use units::{ConnectorId, SessionId, Wall};
use utoipa::ToSchema;

/// What a profile is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProfilePurpose)]
pub enum Purpose {
    /// One transaction.
    Tx,
    /// Every transaction without one of its own.
    TxDefault,
    /// All that the station draws from the grid.
    StationMax,
    /// A limit from outside OCPP.
    External,
}

impl Purpose {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tx => "tx",
            Self::TxDefault => "tx_default",
            Self::StationMax => "station_max",
            Self::External => "external",
        }
    }
}

/// From when a schedule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProfileKind)]
pub enum Kind {
    /// From a date.
    Absolute,
    /// From a date, each day anew.
    Daily,
    /// From a date, each week anew.
    Weekly,
    /// From the start of the transaction.
    Relative,
}

/// In what a limit is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum RateUnit {
    /// Power.
    #[serde(rename = "W")]
    Watts,
    /// Direct current at the outlet.
    #[serde(rename = "A")]
    Amps,
}

impl RateUnit {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Watts => "W",
            Self::Amps => "A",
        }
    }
}

/// A part of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SchedulePeriod)]
pub struct Period {
    /// In s from the schedule's start.
    pub start_s: u32,
    /// In thousandths of the schedule's unit.
    pub limit_milli: i64,
}

/// Limits over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChargingSchedule)]
pub struct Schedule {
    /// The date that it counts from.
    #[serde(default)]
    pub start_ms: Option<i64>,
    /// How long it is; without end if not given.
    #[serde(default)]
    pub duration_s: Option<u32>,
    /// The unit of its limits.
    pub unit: RateUnit,
    /// In order, the first at 0.
    pub periods: Vec<Period>,
    /// Below this the car charges badly: advice.
    #[serde(default)]
    pub min_rate_milli: Option<i64>,
}

/// A charging profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChargingProfile)]
pub struct Profile {
    /// Its author's number for it.
    pub id: i32,
    /// Where it applies; `None` is the whole station.
    #[serde(default)]
    pub connector: Option<ConnectorId>,
    /// What it is for.
    pub purpose: Purpose,
    /// From when its schedule counts.
    pub kind: Kind,
    /// Higher ones go before lower ones.
    pub stack_level: u32,
    /// Not before this date.
    #[serde(default)]
    pub valid_from_ms: Option<i64>,
    /// Not from this date on.
    #[serde(default)]
    pub valid_to_ms: Option<i64>,
    /// The session that it is for.
    #[serde(default)]
    pub transaction: Option<SessionId>,
    /// Its limits.
    pub schedule: Schedule,
}

/// By whose rules a profile is set or cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = ProfileAuthor)]
pub enum Author {
    /// A CSMS that speaks OCPP 1.6.
    #[serde(rename = "ocpp1.6")]
    V16,
    /// A CSMS that speaks OCPP 2.0.1.
    #[serde(rename = "ocpp2.0.1")]
    V201,
    /// This site.
    #[serde(rename = "local")]
    Local,
}

/// `PUT /v1/profiles`: takes a profile, in place of those that it replaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetProfile {
    /// By whose rules.
    pub author: Author,
    /// Which.
    pub profile: Profile,
}

/// `GET /v1/profiles`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Profiles {
    /// In the order in which they are looked at.
    pub profiles: Vec<Profile>,
}

/// `GET /v1/profiles/composite`: the limits of the time to come, all profiles merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CompositeSchedule)]
pub struct Composite {
    /// Where; `None` is the whole station.
    pub connector: Option<ConnectorId>,
    /// The date that it counts from: now.
    pub start: Wall,
    /// How far it goes.
    pub duration_s: u32,
    /// The unit of its limits.
    pub unit: RateUnit,
    /// In order, the first at 0; neighbours differ.
    pub periods: Vec<Period>,
}

//! Faults: what is wrong, where, since when, what it does, and what to do about it.

mod code;

use serde::{Deserialize, Serialize};
use units::{
    BootId, ChainId, ConnectorId, DeciCelsius, Milliamps, Millivolts, Mono, Ohms, Percent, SessionId, Wall, Watts,
};
use utoipa::ToSchema;

use crate::state::{Phase, Pilot};

pub use code::{About, FaultCode, Severity};

/// One fault, active or past. All instants are of one boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Its number in the store, by which pages are turned; none until it is written.
    #[serde(default)]
    pub id: Option<u64>,
    /// What.
    pub code: FaultCode,
    /// Its name in the public list, where that has one.
    #[serde(default)]
    pub mrec: Option<String>,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// Where; `None` is the whole cabinet.
    pub connector: Option<ConnectorId>,
    /// On which chain, if it is one's.
    #[serde(default)]
    pub chain: Option<ChainId>,
    /// Which part: a module's, meter's or chain's name.
    pub part: Option<String>,
    /// What was seen, as a sentence.
    pub detail: String,
    /// The connector's readings at the time.
    #[serde(default)]
    pub readings: Option<Readings>,
    /// What it most likely comes from.
    #[serde(default)]
    pub cause: String,
    /// What it does to charging.
    #[serde(default)]
    pub effect: String,
    /// What to do first.
    pub remedy: String,
    /// Which boot the instants belong to.
    #[serde(default = "unknown_boot")]
    pub boot: BootId,
    /// When it was first seen.
    pub first: Mono,
    /// The same on the wall.
    pub first_wall: Wall,
    /// When it was last seen.
    pub last: Mono,
    /// The same on the wall.
    #[serde(default)]
    pub last_wall: Wall,
    /// How often it came: one that comes again soon is counted, not told as another.
    pub count: u32,
    /// Whether it stays until somebody clears it.
    pub latched: bool,
    /// When it ended, for past ones.
    pub cleared: Option<Mono>,
    /// The same on the wall.
    #[serde(default)]
    pub cleared_wall: Option<Wall>,
    /// What ended it.
    #[serde(default)]
    pub cleared_by: Option<ClearedBy>,
}

fn unknown_boot() -> BootId {
    BootId(String::new())
}

/// What ended a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ClearedBy {
    /// It is no longer so.
    Itself,
    /// Somebody said that it is mended.
    Person {
        /// Who, as they signed in.
        name: String,
    },
    /// The controller began anew and does not find it any more.
    Restart,
    /// The power was lost while it was there; if it is still so, it is told again.
    PowerCut,
    /// A newer version's word.
    #[serde(other)]
    Unknown,
}

/// What a connector's sensors said when a fault was raised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readings {
    /// Where the connector was in its life.
    pub phase: Phase,
    /// The control pilot.
    pub pilot: Pilot,
    /// Voltage at the connector.
    pub voltage: Millivolts,
    /// Current to the car.
    pub current: Milliamps,
    /// Power to the car.
    pub power: Watts,
    /// What the connector might have drawn.
    pub allowed: Watts,
    /// The connector's contacts.
    pub temperature: Option<DeciCelsius>,
    /// The insulation, if it was measured in this plug-in.
    pub insulation: Option<Ohms>,
    /// The car's state of charge, if it says.
    pub soc: Option<Percent>,
    /// Why the MCU opened by itself, if it did.
    pub trip: Option<String>,
    /// The session that ran.
    pub session: Option<SessionId>,
}

/// An answer to `GET /v1/faults`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Faults {
    /// The newest first: those that are active (`cleared` is null), then past ones.
    pub faults: Vec<Fault>,
    /// More past ones stand behind this number: ask with `after`.
    #[serde(default)]
    pub next: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_version_told_is_still_read() {
        let old = serde_json::json!({
            "code": "contactor_fault", "connector": 1, "part": null, "detail": "welded", "remedy": "", "first": 5,
            "first_wall": {"ms": 0, "quality": "unset"}, "last": 9, "count": 1, "latched": true, "cleared": null,
        });
        let fault: Fault = serde_json::from_value(old).unwrap();
        assert_eq!((fault.code, fault.severity, fault.cleared_by), (FaultCode::ContactorFault, Severity::Medium, None));
    }
}

//! The tree itself. Every field says its unit, its range (checked in [`check`](crate::check)) and when a change applies:
//! `now`, or `next session` of the connectors that it concerns.

mod access;
mod hardware;
mod outlets;
mod site;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use access::{Authorisation, AuthorisationMode, Ocmf, OcmfSigning, Ocpp, OcppVersion, Offline};
pub use hardware::{
    Can, CanTransport, Isolation, IsolationDriver, Mcu, Meter, MeterDriver, Module, ModuleDriver, Rfid,
};
pub use outlets::{Chain, ChainTransport, Connector, Tie};
pub use site::{Planner, Site};

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The site that the cabinet stands on.
    pub site: Site,
    /// The power planner.
    #[serde(default)]
    pub planner: Planner,
    /// The real-time controller.
    pub mcu: Mcu,
    /// CAN buses.
    #[serde(default)]
    pub can: Vec<Can>,
    /// PLC chains.
    pub chains: Vec<Chain>,
    /// Connectors.
    pub connectors: Vec<Connector>,
    /// Bus ties between neighbouring slots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ties: Vec<Tie>,
    /// Power modules.
    pub modules: Vec<Module>,
    /// DC meters.
    pub meters: Vec<Meter>,
    /// Isolation monitors.
    #[serde(default)]
    pub isolation: Vec<Isolation>,
    /// The card reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rfid: Option<Rfid>,
    /// Who may charge.
    #[serde(default)]
    pub authorisation: Authorisation,
    /// The back end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocpp: Option<Ocpp>,
    /// Signed records of sessions.
    #[serde(default)]
    pub ocmf: Ocmf,
}

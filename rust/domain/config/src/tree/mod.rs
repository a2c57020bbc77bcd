//! The tree itself. Every field says its unit, its range (checked in [`check`](crate::check)) and when a change applies:
//! `now`, or `next session` of the connectors that it concerns.

mod access;
mod branding;
mod hardware;
mod network;
mod outlets;
mod site;
mod telemetry;
mod tunnel;
mod updates;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use access::{Authorisation, AuthorisationMode, Ocmf, OcmfSigning, Ocpp, OcppVersion, Offline};
pub use branding::Branding;
pub use hardware::{
    Can, CanTransport, Isolation, IsolationDriver, Mcu, Meter, MeterDriver, Module, ModuleDriver, Rfid,
};
pub use network::Network;
pub use outlets::{Chain, ChainTransport, Connector, Tie};
pub use site::{Planner, Site};
pub use telemetry::Telemetry;
pub use tunnel::{Tunnel, TunnelService};
pub use updates::{UpdateWindow, Updates};

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
    /// Hints for the network.
    #[serde(default)]
    pub network: Network,
    /// Whose charger it is, as the screen shows it.
    #[serde(default)]
    pub branding: Branding,
    /// The remote tunnel.
    #[serde(default)]
    pub tunnel: Tunnel,
    /// Measured values for an edge platform.
    #[serde(default)]
    pub telemetry: Telemetry,
    /// Which versions the unit takes, from where and when.
    #[serde(default)]
    pub updates: Updates,
}

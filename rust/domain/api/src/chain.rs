//! The state of one PLC chain's process.

use serde::{Deserialize, Serialize};
use units::{ChainId, ConnectorId, Mono, Percent, PlugInEpoch, V2gEpoch};
use utoipa::ToSchema;

/// `GET /v1/state` of `plc@CHAIN`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlcState {
    /// Which chain.
    pub chain: ChainId,
    /// The daemon's version.
    pub version: String,
    /// Whether the link to the controller is up.
    pub controller_connected: bool,
    /// One entry a connector.
    pub connectors: Vec<ConnectorHealth>,
}

/// How a connector's power line is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConnectorHealth {
    /// Which.
    pub connector: ConnectorId,
    /// In one word.
    pub health: Health,
    /// Why it is not healthy, for a person; empty if it is.
    pub reason: String,
    /// Since when it is so.
    pub since: Mono,
    /// Where SLAC stands.
    pub slac: Slac,
    /// Firmware of the modem, if it said.
    pub modem: Option<String>,
    /// Mean attenuation of the last match, in dB.
    pub attenuation_db: Option<u8>,
    /// Which plug-in this is about.
    pub plug_in_epoch: PlugInEpoch,
    /// Which V2G session, if one runs.
    pub v2g_epoch: Option<V2gEpoch>,
    /// The car's state of charge, if it said.
    pub soc: Option<Percent>,
    /// What was received and not understood.
    pub dropped: DroppedFrames,
}

/// The word for a connector's or chain's power line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Works, as far as can be told.
    Healthy,
    /// Works, but something is off.
    Degraded,
    /// Does not work.
    Faulty,
    /// Nothing is known yet.
    #[default]
    Unknown,
}

/// Where SLAC stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Slac {
    /// No car, or not started.
    #[default]
    Unmatched,
    /// Under way.
    Matching,
    /// The keys are exchanged; the line is forming.
    Joining,
    /// The line is up.
    Matched,
    /// The line was up and went down.
    Lost,
    /// No match in time.
    Failed,
}

/// Counts of what came in and was thrown away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DroppedFrames {
    /// Management messages that could not be read.
    pub slac: u64,
    /// SDP requests that could not be read.
    pub sdp: u64,
    /// V2GTP headers or EXI bodies that could not be read.
    pub v2g: u64,
}

//! The state of the `ocpp` daemon: how the charger stands with its CSMS and what has been delivered.

use serde::{Deserialize, Serialize};
use units::{ConnectorId, SessionId, Wall};
use utoipa::ToSchema;

/// `GET /v1/state` of `ocpp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OcppState {
    /// The daemon's version.
    pub version: String,
    /// The version of the configuration that it goes by; `None` until the controller was first heard.
    pub config_version: Option<u64>,
    /// Whether the controller is heard.
    pub controller: Heard,
    /// The connection to the CSMS.
    pub connection: Connection,
    /// What the CSMS said to our boot notification.
    pub boot: Boot,
    /// The newest thing that went wrong, if anything did.
    pub last_error: Option<Trouble>,
    /// Messages of transactions.
    pub queue: Queue,
    /// What came in and was thrown away, or went out in vain.
    pub dropped: Dropped,
    /// The newest update that the CSMS asked for, if it ever did.
    #[serde(default)]
    pub firmware: Option<FirmwareUpdate>,
    /// The newest 50 transactions, newest first.
    pub transactions: Vec<Transaction>,
}

/// Whether a daemon is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// Its event stream is open.
    Yes,
    /// It is not.
    No,
}

/// The connection to the CSMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Connection {
    /// How it stands.
    pub status: ConnectionStatus,
    /// Since when, on the wall.
    pub since: Wall,
    /// Where to, with the charge point's identity, without any secret; `None` until configured.
    pub url: Option<String>,
    /// By how much the CSMS's clock is ahead of ours, in ms, as it last said.
    pub csms_clock_ahead_ms: Option<i64>,
}

/// How the connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// Switched off by the configuration, or not configured yet.
    #[default]
    Off,
    /// The configuration names something that this version cannot do: see `last_error`.
    Refused,
    /// Waiting before the next attempt.
    Waiting,
    /// An attempt is under way.
    Connecting,
    /// Open.
    Connected,
}

/// What the CSMS said to our boot notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Boot {
    /// Nothing yet.
    #[default]
    Unanswered,
    /// It wants to set things first.
    Pending,
    /// It does not want us.
    Rejected,
    /// It takes our messages.
    Accepted,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trouble {
    /// In words, without any secret.
    pub message: String,
    /// When.
    pub at: Wall,
}

/// Messages of transactions that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// How many wait.
    pub depth: u64,
    /// The last number of the controller's outbox that is stored here.
    pub cursor: u64,
    /// How many were given up after the CSMS refused them too often, or could never be sent.
    pub given_up: u64,
}

/// What came in and was thrown away, or went out in vain, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dropped {
    /// Messages that are no OCPP frame.
    pub frames: u64,
    /// Answers to nothing that we asked, or too late.
    pub answers: u64,
    /// Calls with an unknown action or a payload that breaks the schema; they were answered with an error.
    pub calls: u64,
    /// Errors that the CSMS answered with.
    pub errors: u64,
    /// Questions that the CSMS did not answer in time.
    pub timeouts: u64,
    /// Messages from the controller that could not be read.
    pub controller: u64,
}

/// One transaction as the CSMS knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    /// Our session.
    pub session: SessionId,
    /// Where.
    pub connector: ConnectorId,
    /// The CSMS's number, once it gave one.
    pub transaction_id: Option<i32>,
    /// The register at the start, in whole Wh.
    pub meter_start_wh: u64,
    /// The register at the end, in whole Wh.
    pub meter_stop_wh: Option<u64>,
    /// When it started.
    pub started: Wall,
    /// When it ended.
    pub stopped: Option<Wall>,
    /// Whether the CSMS has acknowledged its end.
    pub delivered: bool,
    /// Why it will never be delivered, if so.
    pub given_up: Option<String>,
}

/// An update that the CSMS asked for. What `system` does about it is in its own state, under the same reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FirmwareUpdate {
    /// What the CSMS calls it.
    pub request_id: i32,
    /// What `system` was told to call it.
    pub reference: String,
    /// The newest status in OCPP's words, told or about to be.
    pub status: Option<String>,
    /// Whether that status is the last one.
    pub ended: bool,
    /// How many statuses and security events the CSMS has not heard yet.
    pub untold: u64,
}

//! What may be asked of the controller. Every command carries an id made by the asker: the same id twice is one command.

use serde::{Deserialize, Serialize};
use units::IdTag;
use utoipa::ToSchema;

use crate::profile::SetProfile;

/// Start a charge from afar: the tag counts as presented at the connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Made by the asker, at most 64 characters.
    pub command_id: String,
    /// Whose charge it is.
    pub id_tag: IdTag,
    /// A profile for the charge; bound to it when it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Box<SetProfile>>,
}

/// End a running charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Made by the asker, at most 64 characters.
    pub command_id: String,
    /// Why.
    #[serde(default = "StopReason::local")]
    pub reason: StopReason,
}

/// Clear a latched fault of a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearFault {
    /// Made by the asker, at most 64 characters.
    pub command_id: String,
}

/// The answer to a pending authorisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Authorise {
    /// What the authority said.
    pub verdict: Verdict,
    /// The tag's group, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<IdTag>,
    /// Until when that holds, in ms since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
}

/// What an authority says of a tag; the words are OCPP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// May charge.
    Accepted,
    /// Known, and barred.
    Blocked,
    /// Known, and no longer valid.
    Expired,
    /// Unknown.
    Invalid,
    /// Already charging elsewhere.
    ConcurrentTx,
}

/// The controller took the command; the state shows what comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Taken {
    /// The command's id, as given.
    pub command_id: String,
}

/// What the building beside the charger draws, as measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildingLoad {
    /// So much, in W (0 to 10,000,000).
    pub watts: i64,
    /// It holds for so long, in s (1 to 3,600). After that the configured load counts again, or this one if it was larger.
    pub valid_s: u32,
}

/// Why a charge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// By somebody at the charger: card or HMI.
    Local,
    /// By the CSMS.
    Remote,
    /// The car ended it.
    Vehicle,
    /// The plug was pulled.
    Unplugged,
    /// The emergency stop.
    EmergencyStop,
    /// A fault of the charger.
    Fault,
    /// The authority withdrew its word.
    Deauthorised,
    /// The power was lost while charging; closed at the next start.
    PowerLoss,
    /// The controller came back and could not adopt the charge.
    Restart,
    /// A newer version's word: it ended that charge, and this one tells of it.
    #[serde(other)]
    Other,
}

impl StopReason {
    const fn local() -> Self {
        Self::Local
    }
}

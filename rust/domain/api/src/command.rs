//! What may be asked of the controller. Every command carries an id made by the asker: the same id twice is one command.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IntoDeserializer as _},
};
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
    #[serde(default = "StopReason::local", deserialize_with = "StopReason::asked")]
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

    /// A reason that somebody gives: a word that is none is a mistake there, and not a newer version's.
    fn asked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const WORDS: &[&str] = &[
            "local",
            "remote",
            "vehicle",
            "unplugged",
            "emergency_stop",
            "fault",
            "deauthorised",
            "power_loss",
            "restart",
        ];
        let word = String::deserialize(deserializer)?;
        let read: Result<Self, D::Error> = Self::deserialize(word.as_str().into_deserializer());
        match read? {
            Self::Other => Err(D::Error::unknown_variant(&word, WORDS)),
            reason => Ok(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_is_none_is_refused_where_it_is_asked_for_and_read_where_it_is_told() {
        for word in ["remtoe", "other", ""] {
            let body = serde_json::json!({ "command_id": "a", "reason": word });
            let refused = serde_json::from_value::<Stop>(body).unwrap_err().to_string();
            let expected = format!("unknown variant `{word}`, expected one of `local`, `remote`, ");
            assert!(refused.starts_with(&expected), "{refused}");
            // Every word that it offers is taken.
            for word in refused.split('`').skip(3).step_by(2) {
                let stop: Stop =
                    serde_json::from_value(serde_json::json!({ "command_id": "a", "reason": word })).unwrap();
                assert_eq!(serde_json::to_value(stop.reason).unwrap(), word);
            }
            assert_eq!(serde_json::from_value::<StopReason>(word.into()).unwrap(), StopReason::Other);
        }
        let stop: Stop = serde_json::from_str(r#"{"command_id":"a"}"#).unwrap();
        assert_eq!(stop.reason, StopReason::Local);
    }
}

//! The questions of the CSMS.

use rust_ocpp::v1_6::{
    messages::{
        change_availability::ChangeAvailabilityRequest, change_configuration::ChangeConfigurationRequest,
        data_transfer::DataTransferRequest, get_configuration::GetConfigurationRequest,
        remote_start_transaction::RemoteStartTransactionRequest, remote_stop_transaction::RemoteStopTransactionRequest,
        reset::ResetRequest, trigger_message::TriggerMessageRequest, unlock_connector::UnlockConnectorRequest,
    },
    types::{AvailabilityType, MessageTrigger},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    ID_TAG_LENGTH,
    charging::{self, Ahead, Wanted, Which},
    firmware::{self, Ask},
    tags::{self, List},
};
use crate::rpc::{CallError, ErrorCode};

/// What the CSMS asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Start a charge.
    RemoteStart {
        /// Where; `None` leaves it to us.
        connector: Option<u32>,
        /// For whom.
        id_tag: String,
        /// With which limits.
        profile: Option<Box<Wanted>>,
    },
    /// End a charge.
    RemoteStop {
        /// Which.
        transaction_id: i32,
    },
    /// Start over.
    Reset,
    /// Take a connector, or with 0 the station, in or out of service.
    ChangeAvailability {
        /// Which.
        connector: u32,
        /// In, not out.
        operative: bool,
    },
    /// Free a plug that is stuck.
    UnlockConnector,
    /// Read keys; none means all.
    GetConfiguration {
        /// Which.
        keys: Vec<String>,
    },
    /// Write a key.
    ChangeConfiguration {
        /// Which.
        key: String,
        /// With what.
        value: String,
    },
    /// Forget the tags seen.
    ClearCache,
    /// Limit what is charged.
    SetProfile(Box<Wanted>),
    /// Lift limits.
    ClearProfiles(Which),
    /// Tell the limits of the time to come.
    Composite(Ahead),
    /// Tell the local list's version.
    ListVersion,
    /// Take a local list.
    SendList(Box<List>),
    /// Send a message now.
    Trigger {
        /// Which message.
        what: Trigger,
        /// Of which connector; `None` is all.
        connector: Option<u32>,
    },
    /// Install another version.
    UpdateFirmware(Box<Ask>),
    /// Something between a vendor and its own CSMS.
    DataTransfer,
}

/// A message that can be triggered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// `BootNotification`.
    Boot,
    /// `Heartbeat`.
    Heartbeat,
    /// `StatusNotification`.
    Status,
    /// `SignedFirmwareStatusNotification`.
    Firmware,
    /// One that we do not send at command.
    Other,
}

/// Actions of OCPP 1.6 and its security extension that exist and that this version does not do. `UpdateFirmware` is one that
/// no version does: it brings no signature.
const NOT_SUPPORTED: [&str; 9] = [
    "CancelReservation",
    "CertificateSigned",
    "DeleteCertificate",
    "GetDiagnostics",
    "GetInstalledCertificateIds",
    "GetLog",
    "InstallCertificate",
    "ReserveNow",
    "UpdateFirmware",
];

impl Request {
    /// Reads a call of the CSMS.
    pub fn read(action: &str, payload: Value) -> Result<Self, CallError> {
        match action {
            "RemoteStartTransaction" => {
                let (payload, profile) = without(payload, "chargingProfile");
                let profile = profile.map(charging::of_start).transpose()?.map(Box::new);
                let request: RemoteStartTransactionRequest = read(payload)?;
                let id_tag = fits("idTag", request.id_tag, ID_TAG_LENGTH)?;
                Ok(Self::RemoteStart { connector: request.connector_id, id_tag, profile })
            }
            "RemoteStopTransaction" => {
                let request: RemoteStopTransactionRequest = read(payload)?;
                Ok(Self::RemoteStop { transaction_id: request.transaction_id })
            }
            "Reset" => read::<ResetRequest>(payload).map(|_| Self::Reset),
            "ChangeAvailability" => {
                let request: ChangeAvailabilityRequest = read(payload)?;
                let operative = request.kind == AvailabilityType::Operative;
                Ok(Self::ChangeAvailability { connector: request.connector_id, operative })
            }
            "UnlockConnector" => read::<UnlockConnectorRequest>(payload).map(|_| Self::UnlockConnector),
            "GetConfiguration" => {
                let request: GetConfigurationRequest = read(payload)?;
                let keys = request.key.unwrap_or_default();
                let keys = keys.into_iter().map(|key| fits("key", key, 50)).collect::<Result<_, _>>()?;
                Ok(Self::GetConfiguration { keys })
            }
            "ChangeConfiguration" => {
                let request: ChangeConfigurationRequest = read(payload)?;
                let (key, value) = (fits("key", request.key, 50)?, fits("value", request.value, 500)?);
                Ok(Self::ChangeConfiguration { key, value })
            }
            "ClearCache" => Ok(Self::ClearCache),
            "SetChargingProfile" => charging::set(payload).map(Box::new).map(Self::SetProfile),
            "ClearChargingProfile" => read(payload).map(Self::ClearProfiles),
            "GetCompositeSchedule" => read(payload).map(Self::Composite),
            "GetLocalListVersion" => Ok(Self::ListVersion),
            "SendLocalList" => tags::list(payload).map(Box::new).map(Self::SendList),
            "TriggerMessage" => {
                let request: TriggerMessageRequest = read(payload)?;
                let what = match request.requested_message {
                    MessageTrigger::BootNotification => Trigger::Boot,
                    MessageTrigger::Heartbeat => Trigger::Heartbeat,
                    MessageTrigger::StatusNotification => Trigger::Status,
                    _ => Trigger::Other,
                };
                Ok(Self::Trigger { what, connector: request.connector_id })
            }
            "ExtendedTriggerMessage" => {
                let request: ExtendedTrigger = read(payload)?;
                let what = match request.requested_message.as_str() {
                    "BootNotification" => Trigger::Boot,
                    "Heartbeat" => Trigger::Heartbeat,
                    "StatusNotification" => Trigger::Status,
                    "FirmwareStatusNotification" => Trigger::Firmware,
                    _ => Trigger::Other,
                };
                Ok(Self::Trigger { what, connector: request.connector_id })
            }
            "SignedUpdateFirmware" => firmware::ask(payload).map(Box::new).map(Self::UpdateFirmware),
            "DataTransfer" => read::<DataTransferRequest>(payload).map(|_| Self::DataTransfer),
            known if NOT_SUPPORTED.contains(&known) => {
                Err(CallError::new(ErrorCode::NotSupported, format_args!("{known} is not supported")))
            }
            unknown => {
                let name: String = unknown.chars().take(40).collect();
                Err(CallError::new(ErrorCode::NotImplemented, format_args!("{name:?} is not an action that is known")))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExtendedTrigger {
    requested_message: String,
    #[serde(default)]
    connector_id: Option<u32>,
}

fn without(mut payload: Value, field: &str) -> (Value, Option<Value>) {
    let taken = payload.as_object_mut().and_then(|fields| fields.remove(field));
    (payload, taken)
}

pub(super) fn fits(field: &str, text: String, length: usize) -> Result<String, CallError> {
    if text.chars().count() <= length {
        return Ok(text);
    }
    let message = format_args!("{field} is longer than {length} characters");
    Err(CallError::new(ErrorCode::PropertyConstraintViolation, message))
}

/// Reads a payload; the error's code follows from serde's words, which are all that it gives.
pub(super) fn read<T: DeserializeOwned>(payload: Value) -> Result<T, CallError> {
    serde_json::from_value(payload).map_err(|error| {
        let text = error.to_string();
        let code = if text.starts_with("missing field") {
            ErrorCode::ProtocolError
        } else if text.starts_with("invalid type") {
            ErrorCode::TypeConstraintViolation
        } else if ["invalid value", "unknown variant", "invalid number", "number out of range"]
            .iter()
            .any(|start| text.starts_with(start))
        {
            ErrorCode::PropertyConstraintViolation
        } else {
            ErrorCode::FormatViolation
        };
        CallError::new(code, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_action_that_exists_is_told_from_one_that_does_not() {
        let code = |action| Request::read(action, json!({})).unwrap_err().code;
        assert_eq!(code("ReserveNow"), ErrorCode::NotSupported);
        assert_eq!(code("MakeCoffee"), ErrorCode::NotImplemented);
        assert_eq!(code("BootNotification"), ErrorCode::NotImplemented);
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        let code = |action, payload| Request::read(action, payload).unwrap_err().code;
        assert_eq!(code("Reset", json!({})), ErrorCode::ProtocolError);
        assert_eq!(code("Reset", json!({"type": "Gentle"})), ErrorCode::PropertyConstraintViolation);
        assert_eq!(code("RemoteStopTransaction", json!({"transactionId": "7"})), ErrorCode::TypeConstraintViolation);
        assert_eq!(
            code("RemoteStartTransaction", json!({"idTag": "x".repeat(21)})),
            ErrorCode::PropertyConstraintViolation
        );
        assert_eq!(
            code("RemoteStartTransaction", json!({"idTag": "x", "connectorId": -1})),
            ErrorCode::PropertyConstraintViolation
        );
    }

    #[test]
    fn a_start_brings_its_profile_and_a_broken_one_is_told() {
        let mut payload = json!({"idTag": "04A1", "connectorId": 2, "chargingProfile": {"stackLevel": -1}});
        assert!(Request::read("RemoteStartTransaction", payload.clone()).is_err());
        payload["chargingProfile"] = json!({"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative", "chargingSchedule": {"chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000}]}});
        let Ok(Request::RemoteStart { connector, profile, .. }) = Request::read("RemoteStartTransaction", payload)
        else {
            panic!("not read")
        };
        assert_eq!(
            (connector, profile.unwrap().profile.profile.schedule.periods[0].limit_milli),
            (Some(2), 11_000_000)
        );
    }

    proptest! {
        #[test]
        fn no_call_breaks_it(action in "(Reset|SetChargingProfile|SendLocalList|GetCompositeSchedule|GetConfiguration|ChangeConfiguration|RemoteStartTransaction|[A-Za-z]{0,50})",
                             field in "(type|key|value|idTag|connectorId)", text in ".{0,60}", number: i64) {
            let _ = Request::read(&action, json!({field.clone(): text}));
            let _ = Request::read(&action, json!({field.clone(): number}));
            let _ = Request::read(&action, json!({field: [null, {"a": text}]}));
        }
    }
}

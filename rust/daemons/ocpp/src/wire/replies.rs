//! Our answers to the questions of the CSMS.

use api::profile::Composite;
use rust_ocpp::v1_6::{
    messages::{
        change_availability::ChangeAvailabilityResponse, change_configuration::ChangeConfigurationResponse,
        data_transfer::DataTransferResponse, get_configuration::GetConfigurationResponse,
        remote_start_transaction::RemoteStartTransactionResponse,
        remote_stop_transaction::RemoteStopTransactionResponse, reset::ResetResponse,
        trigger_message::TriggerMessageResponse, unlock_connector::UnlockConnectorResponse,
    },
    types::{
        AvailabilityStatus, ConfigurationStatus, DataTransferStatus, KeyValue, RemoteStartStopStatus,
        ResetResponseStatus, TriggerMessageStatus, UnlockStatus,
    },
};
use serde_json::{Value, json};

use super::{charging, firmware, payload};

/// A key of the configuration as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether the CSMS may not write it.
    pub readonly: bool,
}

/// What we say to a written key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is so from now on.
    Accepted,
    /// Not this value, or not by you.
    Rejected,
    /// No such key.
    NotSupported,
}

/// Our answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To a remote start.
    RemoteStart {
        /// It was taken.
        accepted: bool,
    },
    /// To a remote stop.
    RemoteStop {
        /// It was taken.
        accepted: bool,
    },
    /// To a reset: this version never does one.
    ResetRejected,
    /// To a change of availability.
    ChangeAvailability {
        /// It is so.
        accepted: bool,
    },
    /// To an unlock: a DC connector is locked by the car's inlet.
    UnlockNotSupported,
    /// To the reading of keys.
    GetConfiguration {
        /// Those that we have.
        known: Vec<Key>,
        /// Those that we do not.
        unknown: Vec<String>,
    },
    /// To the writing of a key.
    ChangeConfiguration(Written),
    /// To the clearing of the cache.
    ClearCache {
        /// It is empty.
        accepted: bool,
    },
    /// To a profile.
    SetProfile {
        /// It is in force.
        accepted: bool,
    },
    /// To the clearing of profiles.
    ClearProfiles {
        /// Some are gone; else none was meant.
        cleared: bool,
    },
    /// To the limits of the time to come.
    Composite(Option<Box<Composite>>),
    /// To the local list's version.
    ListVersion(i32),
    /// To a local list.
    SendList(ListTaken),
    /// To a trigger.
    Trigger {
        /// The message follows; else it is not one that we send at command.
        accepted: bool,
    },
    /// To a firmware update.
    UpdateFirmware(firmware::Verdict),
    /// To a data transfer: no vendor is known.
    UnknownVendor,
}

/// What became of a local list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListTaken {
    /// It is the list from now on.
    Accepted,
    /// It was not taken.
    Failed,
    /// It is a difference to another version than the one here.
    VersionMismatch,
}

impl Reply {
    /// As it is written on the wire.
    pub fn payload(&self) -> Value {
        match self {
            Self::RemoteStart { accepted } => {
                payload(&RemoteStartTransactionResponse { status: start_stop(*accepted) })
            }
            Self::RemoteStop { accepted } => payload(&RemoteStopTransactionResponse { status: start_stop(*accepted) }),
            Self::ResetRejected => payload(&ResetResponse { status: ResetResponseStatus::Rejected }),
            Self::ChangeAvailability { accepted } => payload(&ChangeAvailabilityResponse {
                status: if *accepted { AvailabilityStatus::Accepted } else { AvailabilityStatus::Rejected },
            }),
            Self::UnlockNotSupported => payload(&UnlockConnectorResponse { status: UnlockStatus::NotSupported }),
            Self::GetConfiguration { known, unknown } => payload(&GetConfigurationResponse {
                configuration_key: Some(known.iter().map(key_value).collect::<Vec<_>>())
                    .filter(|list| !list.is_empty()),
                unknown_key: Some(unknown.clone()).filter(|list| !list.is_empty()),
            }),
            Self::ChangeConfiguration(written) => payload(&ChangeConfigurationResponse {
                status: match written {
                    Written::Accepted => ConfigurationStatus::Accepted,
                    Written::Rejected => ConfigurationStatus::Rejected,
                    Written::NotSupported => ConfigurationStatus::NotSupported,
                },
            }),
            Self::ClearCache { accepted } | Self::SetProfile { accepted } => {
                status(if *accepted { "Accepted" } else { "Rejected" })
            }
            Self::ClearProfiles { cleared } => status(if *cleared { "Accepted" } else { "Unknown" }),
            Self::Composite(told) => charging::composite(told.as_deref()),
            Self::ListVersion(version) => json!({"listVersion": version}),
            Self::SendList(taken) => status(match taken {
                ListTaken::Accepted => "Accepted",
                ListTaken::Failed => "Failed",
                ListTaken::VersionMismatch => "VersionMismatch",
            }),
            Self::Trigger { accepted } => payload(&TriggerMessageResponse {
                status: if *accepted { TriggerMessageStatus::Accepted } else { TriggerMessageStatus::NotImplemented },
            }),
            Self::UpdateFirmware(verdict) => status(verdict.as_str()),
            Self::UnknownVendor => {
                payload(&DataTransferResponse { status: DataTransferStatus::UnknownVendorId, data: None })
            }
        }
    }
}

const fn start_stop(accepted: bool) -> RemoteStartStopStatus {
    if accepted { RemoteStartStopStatus::Accepted } else { RemoteStartStopStatus::Rejected }
}

fn key_value(key: &Key) -> KeyValue {
    KeyValue { key: key.name.clone(), readonly: key.readonly, value: Some(key.value.clone()) }
}

fn status(word: &str) -> Value {
    json!({"status": word})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lists_are_left_out() {
        assert_eq!(Reply::GetConfiguration { known: vec![], unknown: vec![] }.payload(), json!({}));
        let known = vec![Key { name: "A".into(), value: String::new(), readonly: true }];
        assert_eq!(
            Reply::GetConfiguration { known, unknown: vec!["B".into()] }.payload(),
            json!({"configurationKey": [{"key": "A", "readonly": true, "value": ""}], "unknownKey": ["B"]})
        );
    }
}

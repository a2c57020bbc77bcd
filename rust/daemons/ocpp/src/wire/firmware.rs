//! Firmware updates as the security extension of OCPP 1.6 words them, and the security events that go with them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    charging::time,
    cut,
    ours::{Question, time_text},
    theirs::{fits, read},
};
use crate::rpc::CallError;

/// How much an event's `techInfo` may say.
const INFO_LENGTH: usize = 255;

/// What the CSMS wants to be installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What the CSMS calls this update.
    pub request_id: i32,
    /// Where the file is.
    pub location: String,
    /// Not to be fetched before, in ms since the epoch.
    pub retrieve_at_ms: i64,
    /// Not to be installed before, in ms since the epoch.
    #[serde(default)]
    pub install_at_ms: Option<i64>,
    /// How often a failed download is tried again; `None` leaves it to us.
    #[serde(default)]
    pub retries: Option<u32>,
    /// The wait between two attempts, in s; `None` leaves it to us.
    #[serde(default)]
    pub retry_interval_s: Option<u32>,
    /// Who signed the file, as PEM.
    pub certificate: String,
    /// The signature over the whole file, in base64.
    pub signature: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    #[serde(rename = "requestId")]
    id: i32,
    #[serde(default)]
    retries: Option<i64>,
    #[serde(default)]
    retry_interval: Option<i64>,
    firmware: File,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    location: String,
    retrieve_date_time: String,
    #[serde(default)]
    install_date_time: Option<String>,
    signing_certificate: String,
    signature: String,
}

/// Reads a `SignedUpdateFirmware`.
pub(super) fn ask(payload: Value) -> Result<Ask, CallError> {
    let Request { id: request_id, retries, retry_interval, firmware } = read(payload)?;
    // A number below nothing is none at all.
    let number = |value: Option<i64>| value.map(|value| u32::try_from(value.max(0)).unwrap_or(u32::MAX));
    Ok(Ask {
        request_id,
        location: fits("location", firmware.location, 512)?,
        retrieve_at_ms: time("retrieveDateTime", &firmware.retrieve_date_time)?,
        install_at_ms: firmware.install_date_time.map(|text| time("installDateTime", &text)).transpose()?,
        retries: number(retries),
        retry_interval_s: number(retry_interval),
        certificate: fits("signingCertificate", firmware.signing_certificate, 5_500)?,
        signature: fits("signature", firmware.signature, 800)?,
    })
}

/// Our answer to a `SignedUpdateFirmware`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It begins.
    Accepted,
    /// It begins, and one that was under way was given up for it.
    AcceptedCanceled,
    /// Not now, or not from there.
    Rejected,
    /// The manufacturer did not issue that certificate, or it is not valid now.
    InvalidCertificate,
    /// The manufacturer has revoked it.
    RevokedCertificate,
}

impl Verdict {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::AcceptedCanceled => "AcceptedCanceled",
            Self::Rejected => "Rejected",
            Self::InvalidCertificate => "InvalidCertificate",
            Self::RevokedCertificate => "RevokedCertificate",
        }
    }
}

/// How far an update is. The names are those of the wire, and of what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It waits for its time, or for another update to end.
    DownloadScheduled,
    /// The file is fetched; said again at each new attempt.
    Downloading,
    /// The file is here.
    Downloaded,
    /// It could not be fetched: the end.
    DownloadFailed,
    /// The signing certificate's key signed this file.
    SignatureVerified,
    /// It did not: the end.
    InvalidSignature,
    /// It is installed at the time that the CSMS gave.
    InstallScheduled,
    /// The other side is written.
    Installing,
    /// The bundle is refused, nothing was written: the end.
    InstallVerificationFailed,
    /// The machine restarts into it.
    InstallRebooting,
    /// It runs, is healthy and stays: the end.
    Installed,
    /// The old version runs, and stays: the end.
    InstallationFailed,
    /// Nothing is under way. Only said when asked.
    Idle,
}

/// What happened to the unit's security.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecurityEvent {
    /// Another version runs.
    FirmwareUpdated,
    /// A file was not signed by whom the CSMS named.
    InvalidFirmwareSignature,
    /// The CSMS named somebody whom the manufacturer does not know.
    InvalidFirmwareSigningCertificate,
}

/// What must be told once and in order, whatever the connection does meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// `SignedFirmwareStatusNotification`.
    Firmware {
        /// How far.
        status: Status,
        /// Of which update; none with `Idle`.
        #[serde(default)]
        request_id: Option<i32>,
    },
    /// `SecurityEventNotification`.
    Security {
        /// What.
        event: SecurityEvent,
        /// When, in ms since the epoch.
        at_ms: i64,
        /// In words.
        info: String,
    },
}

impl Notice {
    /// As it is asked.
    pub fn question(&self) -> Question {
        match self {
            Self::Firmware { status, request_id } => {
                let mut payload = json!({"status": status});
                if let (Some(id), Some(fields)) = (request_id, payload.as_object_mut()) {
                    fields.insert("requestId".to_owned(), (*id).into());
                }
                Question { action: "SignedFirmwareStatusNotification", payload }
            }
            Self::Security { event, at_ms, info } => {
                let mut payload = json!({"type": event, "timestamp": time_text(*at_ms)});
                if let (false, Some(fields)) = (info.is_empty(), payload.as_object_mut()) {
                    fields.insert("techInfo".to_owned(), cut(info, INFO_LENGTH).into());
                }
                Question { action: "SecurityEventNotification", payload }
            }
        }
    }

    /// What to say when asked how far the last update is: as last said, and nothing of what has ended well.
    pub fn again(said: Option<&Self>) -> Self {
        match said {
            Some(Self::Firmware { status, request_id }) if *status != Status::Installed => {
                Self::Firmware { status: *status, request_id: *request_id }
            }
            _ => Self::Firmware { status: Status::Idle, request_id: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::ErrorCode;

    fn request() -> Value {
        json!({"requestId": 7, "retries": 2, "retryInterval": 30, "firmware": {
            "location": "https://x/y.raucb", "retrieveDateTime": "2026-11-23T02:00:00Z",
            "installDateTime": "2026-11-23T03:00:00.250", "signingCertificate": "-----BEGIN", "signature": "AAAA",
        }})
    }

    #[test]
    fn a_request_is_read() {
        let ask = ask(request()).unwrap();
        assert_eq!((ask.request_id, ask.retries, ask.retry_interval_s), (7, Some(2), Some(30)));
        assert_eq!(ask.install_at_ms, Some(ask.retrieve_at_ms + 3_600_250));
    }

    #[test]
    fn what_breaks_the_schema_is_told_by_name() {
        let refused = |pointer: &str, value: Value| {
            let mut request = request();
            *request.pointer_mut(pointer).unwrap() = value;
            ask(request).unwrap_err()
        };
        assert_eq!(refused("/requestId", json!("7")).code, ErrorCode::TypeConstraintViolation);
        assert!(refused("/firmware/location", json!("x".repeat(513))).description.contains("location"));
        assert!(refused("/firmware/signature", json!("x".repeat(801))).description.contains("signature"));
        assert!(refused("/firmware/retrieveDateTime", json!("soon")).description.contains("retrieveDateTime"));
        let mut without = request();
        without["firmware"].as_object_mut().unwrap().remove("signature");
        assert_eq!(ask(without).unwrap_err().code, ErrorCode::ProtocolError);
    }

    #[test]
    fn notices_are_as_the_schema_wants_them() {
        let status = Notice::Firmware { status: Status::InstallRebooting, request_id: Some(-7) };
        assert_eq!(status.question().payload, json!({"status": "InstallRebooting", "requestId": -7}));
        let event = Notice::Security {
            event: SecurityEvent::InvalidFirmwareSignature,
            at_ms: 1_795_399_200_500,
            info: "é".repeat(300),
        };
        let payload = event.question().payload;
        assert_eq!(payload["type"], "InvalidFirmwareSignature");
        assert_eq!(payload["timestamp"], "2026-11-23T02:00:00.500Z");
        assert_eq!(payload["techInfo"].as_str().unwrap().chars().count(), 255);
    }

    #[test]
    fn asked_again_an_update_that_ended_well_is_idle() {
        let said = |status| Notice::Firmware { status, request_id: Some(1) };
        assert_eq!(Notice::again(Some(&said(Status::InstallationFailed))), said(Status::InstallationFailed));
        for idle in [None, Some(&said(Status::Installed))] {
            assert_eq!(Notice::again(idle), Notice::Firmware { status: Status::Idle, request_id: None });
        }
    }
}

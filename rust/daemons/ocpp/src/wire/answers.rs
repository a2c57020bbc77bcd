//! What the CSMS answers.

use api::{
    command::{Authorise, Verdict},
    ocpp::Boot,
};
use rust_ocpp::v1_6::{
    messages::{
        authorize::AuthorizeResponse, boot_notification::BootNotificationResponse, heart_beat::HeartbeatResponse,
        start_transaction::StartTransactionResponse,
    },
    types::{AuthorizationStatus, RegistrationStatus},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use units::IdTag;

use super::charging::time;

/// An answer that breaks the schema.
#[derive(Debug, thiserror::Error)]
#[error("the answer to {action} cannot be read: {source}")]
pub struct BadAnswer {
    /// What was asked.
    action: &'static str,
    /// What is wrong with it.
    source: serde_json::Error,
}

/// The answer to `BootNotification`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootAnswer {
    /// Whether we are wanted.
    pub boot: Boot,
    /// Accepted: between heartbeats; otherwise: before the next boot notification. In seconds; 0 leaves it to us.
    pub interval_s: u32,
    /// The CSMS's clock, in ms since the epoch.
    pub time_ms: i64,
}

/// The answer to `StartTransaction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartAnswer {
    /// The CSMS's number for the transaction.
    pub transaction_id: i32,
    /// What it says of the tag.
    pub verdict: Verdict,
}

/// Reads the answer to `BootNotification`.
pub fn boot(answer: Value) -> Result<BootAnswer, BadAnswer> {
    let answer: BootNotificationResponse = read("BootNotification", zoned(answer))?;
    let boot = match answer.status {
        RegistrationStatus::Accepted => Boot::Accepted,
        RegistrationStatus::Pending => Boot::Pending,
        RegistrationStatus::Rejected => Boot::Rejected,
    };
    Ok(BootAnswer { boot, interval_s: answer.interval, time_ms: answer.current_time.timestamp_millis() })
}

/// Reads the answer to `Heartbeat`: the CSMS's clock, in ms since the epoch.
pub fn heartbeat(answer: Value) -> Result<i64, BadAnswer> {
    let answer: HeartbeatResponse = read("Heartbeat", zoned(answer))?;
    Ok(answer.current_time.timestamp_millis())
}

/// Reads the answer to `Authorize`.
pub fn authorize(answer: Value) -> Result<Authorise, BadAnswer> {
    let text = |field: &str| answer.pointer(&format!("/idTagInfo/{field}")).and_then(Value::as_str);
    let expires_ms = text("expiryDate").and_then(|date| time("expiryDate", date).ok());
    let group = text("parentIdTag").and_then(|tag| IdTag::new(tag).ok());
    let answer: AuthorizeResponse = read("Authorize", without_expiry(answer))?;
    Ok(Authorise { verdict: verdict(&answer.id_tag_info.status), group, expires_ms })
}

/// Reads the answer to `StartTransaction`.
pub fn start_transaction(answer: Value) -> Result<StartAnswer, BadAnswer> {
    let answer: StartTransactionResponse = read("StartTransaction", without_expiry(answer))?;
    Ok(StartAnswer { transaction_id: answer.transaction_id, verdict: verdict(&answer.id_tag_info.status) })
}

fn read<T: DeserializeOwned>(action: &'static str, answer: Value) -> Result<T, BadAnswer> {
    serde_json::from_value(answer).map_err(|source| BadAnswer { action, source })
}

/// Many a CSMS sends its time without a zone and means UTC. To refuse that would lock us out.
fn zoned(mut answer: Value) -> Value {
    if let Some(Value::String(time)) = answer.get_mut("currentTime")
        && let Some((_, clock)) = time.split_once('T')
        && !clock.contains(['Z', 'z', '+', '-'])
    {
        time.push('Z');
    }
    answer
}

/// Expiry and group are for the cache; written badly, they must not cost the verdict or the transaction.
fn without_expiry(mut answer: Value) -> Value {
    if let Some(Value::Object(info)) = answer.get_mut("idTagInfo") {
        info.remove("expiryDate");
        info.remove("parentIdTag");
    }
    answer
}

const fn verdict(status: &AuthorizationStatus) -> Verdict {
    match status {
        AuthorizationStatus::Accepted => Verdict::Accepted,
        AuthorizationStatus::Blocked => Verdict::Blocked,
        AuthorizationStatus::Expired => Verdict::Expired,
        AuthorizationStatus::Invalid => Verdict::Invalid,
        AuthorizationStatus::ConcurrentTx => Verdict::ConcurrentTx,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_boot_answer_is_read_with_and_without_a_zone() {
        for time in ["2026-11-23T02:00:00.5Z", "2026-11-23T02:00:00.5", "2026-11-23T03:00:00.500+01:00"] {
            let answer = boot(json!({"currentTime": time, "interval": 86_400, "status": "Accepted"})).unwrap();
            let expected = BootAnswer { boot: Boot::Accepted, interval_s: 86_400, time_ms: 1_795_399_200_500 };
            assert_eq!(answer, expected, "{time}");
        }
    }

    #[test]
    fn a_bad_expiry_does_not_cost_the_transaction() {
        let info = json!({"status": "Blocked", "expiryDate": "tomorrow", "parentIdTag": null});
        let answer = start_transaction(json!({"transactionId": -1, "idTagInfo": info})).unwrap();
        assert_eq!(answer, StartAnswer { transaction_id: -1, verdict: Verdict::Blocked });
    }

    #[test]
    fn what_breaks_the_schema_is_refused() {
        assert!(boot(json!({"currentTime": "now", "interval": 1, "status": "Accepted"})).is_err());
        assert!(boot(json!({"currentTime": "2026-11-23T02:00:00Z", "interval": -1, "status": "Accepted"})).is_err());
        assert!(authorize(json!({"idTagInfo": {"status": "Fine"}})).is_err());
        assert!(start_transaction(json!({"idTagInfo": {"status": "Accepted"}})).is_err());
        assert!(heartbeat(json!({})).is_err());
    }

    proptest! {
        #[test]
        fn no_answer_breaks_it(time in ".{0,30}", number: i64, status in "[A-Za-z]{0,10}") {
            let answer = json!({
                "currentTime": time, "interval": number, "transactionId": number, "status": status,
                "idTagInfo": {"status": status, "expiryDate": time},
            });
            let _ = (boot(answer.clone()), heartbeat(answer.clone()), authorize(answer.clone()), start_transaction(answer));
        }
    }
}

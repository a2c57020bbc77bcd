//! Events of the outbox as messages to the CSMS.

use api::{
    command::StopReason,
    outbox::{Body, Event},
    session::Stamp,
};
use rusqlite::{OptionalExtension, Transaction, params};
use units::{ConnectorId, IdTag, Wall};

use super::{QueueError, subject};
use crate::wire::ours::{self, Occasion, Question, Sample};

/// A message of a transaction, with everything filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// `StartTransaction`.
    Start {
        /// Where.
        connector: ConnectorId,
        /// Whose.
        id_tag: IdTag,
        /// The register, in whole Wh.
        meter_wh: u64,
        /// When, in ms since the epoch.
        at_ms: i64,
    },
    /// `MeterValues`.
    Meter {
        /// Where.
        connector: ConnectorId,
        /// The CSMS's number; none if it never gave one.
        transaction_id: Option<i32>,
        /// The reading.
        sample: Sample,
    },
    /// `StopTransaction`.
    Stop {
        /// The CSMS's number.
        transaction_id: i32,
        /// Whose.
        id_tag: IdTag,
        /// The register, in whole Wh.
        meter_wh: u64,
        /// When, in ms since the epoch.
        at_ms: i64,
        /// Why.
        reason: StopReason,
    },
}

impl Message {
    /// As it is asked.
    pub fn question(&self) -> Question {
        match self {
            Self::Start { connector, id_tag, meter_wh, at_ms } => {
                ours::start_transaction(*connector, id_tag.as_str(), *meter_wh, *at_ms)
            }
            Self::Meter { connector, transaction_id, sample } => {
                ours::meter_values(*connector, *transaction_id, sample)
            }
            Self::Stop { transaction_id, id_tag, meter_wh, at_ms, reason } => {
                ours::stop_transaction(*transaction_id, id_tag.as_str(), *meter_wh, *at_ms, *reason)
            }
        }
    }
}

/// Stores an event as a message, and what it says of its transaction.
pub(super) fn store(transaction: &Transaction<'_>, event: &Event) -> Result<(), QueueError> {
    let (session, connector) = subject(&event.body);
    let session = session.as_str();
    let at = text(&event.at)?;
    let kind = match &event.body {
        Body::SessionStarted { .. } => {
            let added = transaction.execute(
                "INSERT INTO transactions (session, connector, meter_start_wh, started) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (session) DO NOTHING",
                params![session, connector.get(), integer(event.body.reported_wh().unwrap_or(0)), at],
            )?;
            // The outbox was put back to an earlier state and tells it again.
            if added == 0 {
                return Ok(());
            }
            "start"
        }
        Body::MeterValues { .. } => "meter",
        Body::SessionStopped { .. } => {
            let known =
                transaction.query_row("SELECT count(*) FROM transactions WHERE session = ?1", [session], |row| {
                    row.get::<_, i64>(0)
                })?;
            let ended = transaction.execute(
                "UPDATE transactions SET meter_stop_wh = ?2, stopped = ?3 WHERE session = ?1 AND stopped IS NULL",
                params![session, integer(event.body.reported_wh().unwrap_or(0)), at],
            )?;
            if known > 0 && ended == 0 {
                return Ok(());
            }
            "stop"
        }
        // No message carries a signed record yet.
        Body::SessionSigned { .. } => return Ok(()),
    };
    let given_up: Option<String> = transaction
        .query_row("SELECT given_up FROM transactions WHERE session = ?1", [session], |row| row.get(0))
        .optional()?
        .flatten();
    transaction.execute(
        "INSERT INTO messages (seq, session, kind, boot, mono, event, given_up) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![integer(event.seq), session, kind, event.at.boot.0, integer(event.at.mono.0), text(event)?, given_up],
    )?;
    Ok(())
}

/// The message that an event makes, or why it makes none.
pub(super) fn message(event: &str, number: Option<i32>, clock: Option<&Stamp>) -> Result<Message, String> {
    let event: Event =
        serde_json::from_str(event).map_err(|error| format!("the stored event cannot be read: {error}"))?;
    let at_ms = dated(&event.at, clock).ms;
    let wh = event.body.reported_wh().unwrap_or(0);
    Ok(match event.body {
        Body::SessionStarted { connector, id_tag, .. } => Message::Start { connector, id_tag, meter_wh: wh, at_ms },
        Body::MeterValues { connector, voltage, current, power, soc, .. } => {
            let sample = Sample { at_ms, occasion: Occasion::Periodic, wh, voltage, current, power, soc };
            Message::Meter { connector, transaction_id: number, sample }
        }
        Body::SessionStopped { id_tag, reason, .. } => {
            let transaction_id = number.ok_or("the CSMS was never told of its start")?;
            Message::Stop { transaction_id, id_tag, meter_wh: wh, at_ms, reason }
        }
        Body::SessionSigned { .. } => return Err("no message carries a signed record yet".to_owned()),
    })
}

/// The wall time of an instant: what was written then, unless the same boot's clock has become better since.
fn dated(at: &Stamp, clock: Option<&Stamp>) -> Wall {
    let mut at = at.clone();
    if let Some(clock) = clock {
        clock.redate_stamp(&mut at);
    }
    at.wall
}

fn text(value: &impl serde::Serialize) -> Result<String, QueueError> {
    serde_json::to_string(value).map_err(|error| QueueError::Row { value: error.to_string(), expected: "JSON" })
}

fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

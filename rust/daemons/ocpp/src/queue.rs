//! What must reach the CSMS, on disk.
//!
//! The controller's outbox is copied into `messages` together with the *cursor*, the number of the last event copied, in
//! one transaction: an event is here or still there, never both, never neither. Messages leave in the order in which they
//! came, one at a time, and each outcome is one transaction too. A process that is killed between the sending of a message
//! and the commit of its outcome sends the same message again, word by word: OCPP 1.6 has no better way.
//!
//! The CSMS's number for a transaction is learned from the answer to its `StartTransaction`. Everything that follows waits
//! behind that message, so the number is there when it is needed; it is filled in when a message is taken, not when it is
//! stored.
//!
//! Beside them stand the *notices*, what the CSMS must be told of updates and security: each kept in one transaction with
//! the state that it tells of, and sent in their own order. They wait for no transaction, and none waits for them.
//!
//! The schema grows by addition only: an older version must be able to run on what a newer one left (D16).

mod events;
mod notices;
mod schema;

use std::path::Path;

use api::{
    ocpp,
    outbox::{Body, Event},
    session::Stamp,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use units::{ConnectorId, SessionId};

pub use events::Message;
pub use notices::NoticeHead;

/// How many ended transactions, and how many messages given up, are kept to be looked at.
const HISTORY: i64 = 1_000;
/// How many transactions the state shows.
const SHOWN: i64 = 50;

/// The queue could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// By the database.
    #[error("the message queue: {0}")]
    Database(#[from] rusqlite::Error),
    /// It could not be opened.
    #[error("the message queue: {0}")]
    Open(#[from] shell::database::DatabaseError),
    /// A row holds what this version cannot read.
    #[error("the message queue holds {value:?} where {expected} should be")]
    Row {
        /// What stands there.
        value: String,
        /// What should.
        expected: &'static str,
    },
}

/// The message whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its row.
    pub id: i64,
    /// Its session.
    pub session: SessionId,
    /// How often the CSMS has already failed to process it.
    pub attempts: u32,
    /// What it says.
    pub message: Message,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The CSMS has it; a start also gave the transaction its number.
    Delivered {
        /// The number.
        transaction_id: Option<i32>,
    },
    /// The CSMS failed to process it; it will be sent again.
    Failed,
    /// It will not be sent again.
    GivenUp {
        /// Why.
        why: String,
    },
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    db: Connection,
}

impl Queue {
    /// Opens the queue, and creates or migrates it.
    pub fn open(path: &Path) -> Result<Self, QueueError> {
        Ok(Self { db: shell::database::open(path, &schema::SCHEMA)? })
    }

    /// The number of the last outbox event that is stored here.
    pub fn cursor(&self) -> Result<u64, QueueError> {
        Ok(self.setting("cursor")?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// The controller's outbox has begun anew, with lower numbers than ours: read it from its beginning.
    pub fn restart_cursor(&mut self) -> Result<(), QueueError> {
        self.set_setting("cursor", "0")
    }

    /// Stores events and the cursor at once; those that are here already are passed over. Gives the new cursor, which is
    /// at least `up_to`: events that are not for us count as read.
    pub fn commit(&mut self, events: &[Event], up_to: u64) -> Result<u64, QueueError> {
        let before = self.cursor()?;
        let mut cursor = before;
        let transaction = self.db.transaction()?;
        for event in events {
            if event.seq > cursor {
                events::store(&transaction, event)?;
                cursor = event.seq;
            }
        }
        cursor = cursor.max(up_to);
        if cursor != before {
            put_setting(&transaction, "cursor", &cursor.to_string())?;
        }
        transaction.commit()?;
        Ok(cursor)
    }

    /// The message whose turn it is. `clock` dates what happened earlier in this boot, before the clock was set (D4).
    pub fn head(&mut self, clock: Option<&Stamp>) -> Result<Option<Head>, QueueError> {
        loop {
            let row = self
                .db
                .prepare_cached(
                    "SELECT m.id, m.session, m.attempts, m.event, t.transaction_id FROM messages m
                 LEFT JOIN transactions t ON t.session = m.session
                 WHERE m.given_up IS NULL ORDER BY m.id LIMIT 1",
                )?
                .query_row([], |row| {
                    let number: Option<i32> = row.get(4)?;
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, String>(3)?, number))
                })
                .optional()?;
            let Some((id, session, attempts, event, transaction_id)) = row else { return Ok(None) };
            match events::message(&event, transaction_id, clock) {
                Ok(message) => return Ok(Some(Head { id, session: session_id(session)?, attempts, message })),
                Err(why) => self.settle(id, &Outcome::GivenUp { why })?,
            }
        }
    }

    /// Writes down what became of a message.
    pub fn settle(&mut self, id: i64, outcome: &Outcome) -> Result<(), QueueError> {
        let transaction = self.db.transaction()?;
        let row: Option<(String, String)> = transaction
            .prepare_cached("SELECT session, kind FROM messages WHERE id = ?1 AND given_up IS NULL")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        // A message that is gone was settled before: the same outcome told twice changes nothing.
        let Some((session, kind)) = row else { return Ok(()) };
        match outcome {
            Outcome::Failed => {
                transaction.execute("UPDATE messages SET attempts = attempts + 1 WHERE id = ?1", [id])?;
            }
            Outcome::Delivered { transaction_id } => {
                transaction.execute("DELETE FROM messages WHERE id = ?1", [id])?;
                match (kind.as_str(), transaction_id) {
                    ("start", Some(number)) => transaction.execute(
                        "UPDATE transactions SET transaction_id = ?2 WHERE session = ?1",
                        params![session, number],
                    )?,
                    ("stop", _) => {
                        transaction.execute("UPDATE transactions SET delivered = 1 WHERE session = ?1", [&session])?
                    }
                    _ => 0,
                };
            }
            Outcome::GivenUp { why } => give_up(&transaction, id, &session, &kind, why)?,
        }
        trim(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    /// The session that still runs under a number of the CSMS, and where.
    pub fn running(&self, transaction_id: i32) -> Result<Option<(SessionId, ConnectorId)>, QueueError> {
        let row: Option<(String, u8)> = self
            .db
            .prepare_cached(
                "SELECT session, connector FROM transactions
                 WHERE transaction_id = ?1 AND stopped IS NULL ORDER BY ordinal DESC LIMIT 1",
            )?
            .query_row([transaction_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        row.map(|(session, connector)| Ok((session_id(session)?, connector_id(connector)?))).transpose()
    }

    /// How much waits.
    pub fn depth(&self) -> Result<ocpp::Queue, QueueError> {
        let (depth, given_up): (i64, i64) = self
            .db
            .prepare_cached("SELECT count(*) FILTER (WHERE given_up IS NULL), count(given_up) FROM messages")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(ocpp::Queue { depth: count(depth), cursor: self.cursor()?, given_up: count(given_up) })
    }

    /// The newest transactions, newest first.
    pub fn transactions(&self) -> Result<Vec<ocpp::Transaction>, QueueError> {
        let mut statement = self.db.prepare_cached(
            "SELECT session, connector, transaction_id, meter_start_wh, meter_stop_wh, started, stopped, delivered, given_up
             FROM transactions ORDER BY ordinal DESC LIMIT ?1",
        )?;
        let mut rows = statement.query([SHOWN])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let stopped: Option<String> = row.get(6)?;
            found.push(ocpp::Transaction {
                session: session_id(row.get(0)?)?,
                connector: connector_id(row.get(1)?)?,
                transaction_id: row.get(2)?,
                meter_start_wh: watt_hours(row.get(3)?),
                meter_stop_wh: row.get::<_, Option<i64>>(4)?.map(watt_hours),
                started: stamp(row.get(5)?)?.wall,
                stopped: stopped.map(stamp).transpose()?.map(|stamp| stamp.wall),
                delivered: row.get(7)?,
                given_up: row.get(8)?,
            });
        }
        Ok(found)
    }

    /// Something else that must survive a restart.
    pub fn setting(&self, key: &str) -> Result<Option<String>, QueueError> {
        let value = self
            .db
            .prepare_cached("SELECT value FROM settings WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        Ok(value)
    }

    /// All such whose key begins with `prefix`, without it.
    pub fn settings(&self, prefix: &str) -> Result<Vec<(String, String)>, QueueError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT substr(key, length(?1) + 1), value FROM settings WHERE instr(key, ?1) = 1")?;
        let rows = statement.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes it.
    pub fn set_setting(&mut self, key: &str, value: &str) -> Result<(), QueueError> {
        let transaction = self.db.transaction()?;
        put_setting(&transaction, key, value)?;
        transaction.commit()?;
        Ok(())
    }
}

fn put_setting(transaction: &Transaction<'_>, key: &str, value: &str) -> Result<(), QueueError> {
    let sql =
        "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    transaction.execute(sql, params![key, value])?;
    Ok(())
}

/// Without its start a transaction has no number, and nothing else of it can be sent.
fn give_up(transaction: &Transaction<'_>, id: i64, session: &str, kind: &str, why: &str) -> Result<(), QueueError> {
    transaction.execute("UPDATE messages SET given_up = ?2 WHERE id = ?1", params![id, why])?;
    if kind == "start" {
        transaction.execute(
            "UPDATE messages SET given_up = ?2 WHERE session = ?1 AND given_up IS NULL",
            params![session, why],
        )?;
    }
    if kind != "meter" {
        transaction.execute("UPDATE transactions SET given_up = ?2 WHERE session = ?1", params![session, why])?;
    }
    Ok(())
}

/// Keeps what is over bounded.
fn trim(transaction: &Transaction<'_>) -> Result<(), QueueError> {
    transaction.execute(
        "DELETE FROM messages WHERE given_up IS NOT NULL AND id <=
         (SELECT id FROM messages WHERE given_up IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?1)",
        [HISTORY],
    )?;
    transaction.execute(
        "DELETE FROM transactions WHERE (delivered OR given_up IS NOT NULL) AND ordinal <=
         (SELECT ordinal FROM transactions ORDER BY ordinal DESC LIMIT 1 OFFSET ?1)",
        [HISTORY],
    )?;
    Ok(())
}

fn session_id(text: String) -> Result<SessionId, QueueError> {
    SessionId::try_from(text).map_err(|error| QueueError::Row { value: error.value, expected: error.expected })
}

fn connector_id(number: u8) -> Result<ConnectorId, QueueError> {
    let expected = "a connector's number from 1";
    ConnectorId::new(number).ok_or_else(|| QueueError::Row { value: number.to_string(), expected })
}

fn stamp(text: String) -> Result<Stamp, QueueError> {
    serde_json::from_str(&text).map_err(|_| QueueError::Row { value: text, expected: "a stamp" })
}

fn watt_hours(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// What an event is about.
const fn subject(body: &Body) -> (&SessionId, ConnectorId) {
    match body {
        Body::SessionStarted { session, connector, .. }
        | Body::MeterValues { session, connector, .. }
        | Body::SessionStopped { session, connector, .. } => (session, *connector),
        Body::SessionSigned { receipt, connector } => (&receipt.session, *connector),
    }
}

#[cfg(test)]
mod tests;

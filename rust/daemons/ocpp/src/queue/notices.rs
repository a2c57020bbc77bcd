//! What must be told of updates and security, and how far the update is that it tells of.

use rusqlite::{OptionalExtension as _, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{Outcome, Queue, QueueError, put_setting};
use crate::{firmware::Record, wire::firmware::Notice};

/// The update stands in the settings under this.
const RECORD: &str = "firmware";
/// And under this the status of an update that the CSMS was told last.
const SAID: &str = "firmware.said";
/// So many wait at most; the oldest make room.
const MOST: i64 = 1_000;

/// The notice whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeHead {
    /// Its row.
    pub id: i64,
    /// How often the CSMS has already failed to process it.
    pub attempts: u32,
    /// What it says.
    pub notice: Notice,
}

impl Queue {
    /// The update under way, or the last one.
    pub fn firmware(&self) -> Result<Option<Record>, QueueError> {
        self.readable(RECORD)
    }

    /// What the CSMS was told last of an update.
    pub fn said(&self) -> Result<Option<Notice>, QueueError> {
        self.readable(SAID)
    }

    /// What a newer version wrote, and this one cannot read, is not there.
    fn readable<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, QueueError> {
        Ok(self.setting(key)?.and_then(|text| {
            serde_json::from_str(&text).inspect_err(|error| tracing::warn!(key, %error, "passed over")).ok()
        }))
    }

    /// Keeps how far an update is together with what must be told of it.
    pub fn keep_firmware(&mut self, record: Option<&Record>, tell: &[Notice]) -> Result<(), QueueError> {
        if record.is_none() && tell.is_empty() {
            return Ok(());
        }
        let transaction = self.db.transaction()?;
        if let Some(record) = record {
            put_setting(&transaction, RECORD, &text(record)?)?;
        }
        for notice in tell {
            transaction.execute("INSERT INTO notices (notice) VALUES (?1)", [text(notice)?])?;
        }
        transaction.execute(
            "DELETE FROM notices WHERE id <= (SELECT id FROM notices ORDER BY id DESC LIMIT 1 OFFSET ?1)",
            [MOST],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// The oldest notice; what cannot be read is dropped.
    pub fn notice(&mut self) -> Result<Option<NoticeHead>, QueueError> {
        loop {
            let row: Option<(i64, String, u32)> = self
                .db
                .prepare_cached("SELECT id, notice, attempts FROM notices ORDER BY id LIMIT 1")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((id, text, attempts)) = row else { return Ok(None) };
            match serde_json::from_str(&text) {
                Ok(notice) => return Ok(Some(NoticeHead { id, attempts, notice })),
                Err(error) => {
                    tracing::warn!(%error, "a notice cannot be read, and is dropped");
                    self.db.execute("DELETE FROM notices WHERE id = ?1", [id])?;
                }
            }
        }
    }

    /// Writes down what became of a notice.
    pub fn settle_notice(&mut self, head: &NoticeHead, outcome: &Outcome) -> Result<(), QueueError> {
        let transaction = self.db.transaction()?;
        match outcome {
            Outcome::Failed => {
                transaction.execute("UPDATE notices SET attempts = attempts + 1 WHERE id = ?1", [head.id])?;
            }
            Outcome::Delivered { .. } | Outcome::GivenUp { .. } => {
                transaction.execute("DELETE FROM notices WHERE id = ?1", params![head.id])?;
                if let (Notice::Firmware { .. }, Outcome::Delivered { .. }) = (&head.notice, outcome) {
                    put_setting(&transaction, SAID, &text(&head.notice)?)?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// How many wait.
    pub fn notices(&self) -> Result<u64, QueueError> {
        let count: i64 = self.db.query_row("SELECT count(*) FROM notices", [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

fn text(value: &impl Serialize) -> Result<String, QueueError> {
    serde_json::to_string(value).map_err(|error| QueueError::Row { value: error.to_string(), expected: "JSON" })
}

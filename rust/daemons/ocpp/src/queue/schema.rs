//! The tables, and how they came to be.

use rusqlite::Connection;

use super::QueueError;

/// Each step is run once, in order, and never changed afterwards; a new one only adds.
const STEPS: [&str; 1] = ["
CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE transactions (
    ordinal        INTEGER PRIMARY KEY AUTOINCREMENT,
    session        TEXT NOT NULL UNIQUE,
    connector      INTEGER NOT NULL,
    transaction_id INTEGER,
    meter_start_wh INTEGER NOT NULL,
    meter_stop_wh  INTEGER,
    started        TEXT NOT NULL,
    stopped        TEXT,
    delivered      INTEGER NOT NULL DEFAULT 0,
    given_up       TEXT
);
CREATE INDEX transactions_by_number ON transactions (transaction_id) WHERE stopped IS NULL;

CREATE TABLE messages (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    seq      INTEGER NOT NULL,
    session  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    boot     TEXT NOT NULL,
    mono     INTEGER NOT NULL,
    event    TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    given_up TEXT
);
CREATE INDEX messages_waiting ON messages (id) WHERE given_up IS NULL;
CREATE INDEX messages_by_session ON messages (session);
"];

/// Sets the database up: durable, and at the newest schema that this version knows or a newer one.
pub(super) fn prepare(db: &mut Connection) -> Result<(), QueueError> {
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    let done: usize = db.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))? as usize;
    for (at, step) in STEPS.iter().enumerate().skip(done) {
        let transaction = db.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", u32::try_from(at + 1).unwrap_or(u32::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}

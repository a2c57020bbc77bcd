//! The tables, and how they came to be. Billing tables change by addition only, so that the version before can run on them (D16).

use std::path::Path;

use rusqlite::Connection;

use super::{Error, kept};

/// One step a version; a step that has shipped is never changed.
const STEPS: &[&str] = &["
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        connector INTEGER NOT NULL,
        chain TEXT NOT NULL,
        id_tag TEXT NOT NULL,
        boot TEXT NOT NULL, mono INTEGER NOT NULL, wall_ms INTEGER NOT NULL, wall_quality TEXT NOT NULL,
        meter TEXT NOT NULL, start_digits INTEGER NOT NULL, start_exponent INTEGER NOT NULL,
        last_meter TEXT NOT NULL, last_digits INTEGER NOT NULL, last_exponent INTEGER NOT NULL,
        last_boot TEXT NOT NULL, last_mono INTEGER NOT NULL, last_wall_ms INTEGER NOT NULL, last_wall_quality TEXT NOT NULL,
        stopped_boot TEXT, stopped_mono INTEGER, stopped_wall_ms INTEGER, stopped_wall_quality TEXT,
        reason TEXT
    ) STRICT;
    CREATE INDEX sessions_open ON sessions (id) WHERE reason IS NULL;
    CREATE TABLE readings (
        session TEXT NOT NULL REFERENCES sessions (id),
        boot TEXT NOT NULL, mono INTEGER NOT NULL, wall_ms INTEGER NOT NULL, wall_quality TEXT NOT NULL,
        meter TEXT NOT NULL, digits INTEGER NOT NULL, exponent INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX readings_session ON readings (session, mono);
    CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        boot TEXT NOT NULL, mono INTEGER NOT NULL, wall_ms INTEGER NOT NULL, wall_quality TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE readers (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
", "
    ALTER TABLE sessions ADD COLUMN authorised_by TEXT;
", kept::CREATE];

/// Sets the connection up and runs the steps that the file has not seen.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), Error> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.busy_timeout(std::time::Duration::from_secs(2))?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(Error::TooNew { path: path.to_owned(), found, known });
    }
    for (step, version) in STEPS.iter().zip(1_u32..).skip(found.try_into().unwrap_or(usize::MAX)) {
        connection.execute_batch(&format!("BEGIN; {step} PRAGMA user_version = {version}; COMMIT;"))?;
    }
    Ok(())
}

//! SQLite as every daemon that must remember uses it: durable, bounded, and migrated in steps.
//!
//! WAL with `synchronous=FULL`: what is committed is on disk. The schema's version is the number of steps that the file has
//! seen. Steps add and never change what is there, so that the version before can run on what this one left (D16): a file
//! of a newer program is taken as it is, unless that program has said in the file from which version on one may.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

/// The write-ahead log is cut back to this after a checkpoint.
const LOG: i64 = 4 * 1024 * 1024;
/// A writer or reader waits this long for another one.
const PATIENCE: Duration = Duration::from_secs(5);

/// A schema, and how it came to be.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// One step a version. A step that has shipped is never changed; each is one transaction.
    pub steps: &'static [&'static str],
    /// The oldest version that can still run on the newest step.
    pub oldest: u16,
}

/// Why a database is not opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// SQLite says no.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A newer program wrote this file, and says that this one is too old for it.
    #[error("{path} needs a program that knows schema {needed}, this one knows up to {known}")]
    TooNew {
        /// Which file.
        path: PathBuf,
        /// What it needs.
        needed: u32,
        /// What is known.
        known: u32,
    },
}

/// Opens the file, sets the connection up and runs the steps that the file has not seen.
pub fn open(path: &Path, schema: &Schema) -> Result<Connection, DatabaseError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG, |_| Ok(()))?;
    let stamp: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let (needed, found) = (stamp >> 16, stamp & 0xffff);
    let known = u32::try_from(schema.steps.len()).unwrap_or(u32::MAX);
    if needed > known {
        return Err(DatabaseError::TooNew { path: path.to_owned(), needed, known });
    }
    for (step, version) in schema.steps.iter().zip(1_u32..).filter(|(_, version)| *version > found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", u32::from(schema.oldest) << 16 | version)?;
        transaction.commit()?;
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Schema = Schema { steps: &["CREATE TABLE a (x INTEGER) STRICT;"], oldest: 0 };
    const NEW: Schema =
        Schema { steps: &[OLD.steps[0], "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (7);"], oldest: 0 };

    fn file() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        (dir, path)
    }

    #[test]
    fn steps_are_run_once_and_the_version_before_runs_on_what_is_left() {
        let (_dir, path) = file();
        open(&path, &OLD).unwrap().execute("INSERT INTO a VALUES (1)", []).unwrap();
        for _ in 0..2 {
            let connection = open(&path, &NEW).unwrap();
            let sum = "SELECT (SELECT sum(x) FROM a) + (SELECT sum(x) FROM b)";
            assert_eq!(connection.query_row(sum, [], |row| row.get::<_, i64>(0)).unwrap(), 8);
        }
        open(&path, &OLD).unwrap().execute("INSERT INTO a VALUES (1)", []).unwrap();
        let version: u32 =
            open(&path, &NEW).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 2);
    }

    #[test]
    fn a_file_that_needs_a_newer_program_is_left_alone() {
        let (_dir, path) = file();
        open(&path, &Schema { oldest: 2, ..NEW }).unwrap();
        assert!(matches!(open(&path, &OLD), Err(DatabaseError::TooNew { needed: 2, known: 1, .. })));
    }

    #[test]
    fn a_step_that_fails_leaves_nothing() {
        const BROKEN: Schema =
            Schema { steps: &[OLD.steps[0], "CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER);"], oldest: 0 };
        let (_dir, path) = file();
        assert!(open(&path, &BROKEN).is_err());
        let connection = open(&path, &OLD).unwrap();
        let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
        assert_eq!(connection.query_row(tables, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    }
}

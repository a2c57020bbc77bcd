//! The planner's last day: a ring.

use core::time::Duration;

use api::history::{PowerHistory, PowerSample};
use rusqlite::{Connection, Row, Transaction, params};
use units::{ConnectorId, Mono, Watts};

use super::{Error, get, number, of_word, read_number, stamp, word};

/// How long a sample is kept, counted on the boot's own clock: a step of the wall's loses nothing.
const DAY: Duration = Duration::from_hours(24);
/// And how many at most.
const KEPT: i64 = 400_000;
/// The most rows that go when one comes.
const GO: u32 = 256;

pub(in crate::store) const CREATE: &str = "
    CREATE TABLE power (
        id INTEGER PRIMARY KEY,
        boot TEXT NOT NULL, mono INTEGER NOT NULL, wall_ms INTEGER NOT NULL, wall_quality TEXT NOT NULL,
        connector INTEGER NOT NULL,
        requested INTEGER NOT NULL, offered INTEGER NOT NULL, allowed INTEGER NOT NULL, assigned INTEGER NOT NULL,
        drawn INTEGER NOT NULL, bound_by TEXT
    ) STRICT;
    CREATE INDEX power_undated ON power (boot) WHERE wall_quality <> 'synchronised';
    CREATE INDEX outbox_undated ON outbox (boot) WHERE wall_quality <> 'synchronised';
    CREATE INDEX readings_undated ON readings (boot) WHERE wall_quality <> 'synchronised';
";

/// Appends samples, and lets the oldest go.
pub(in crate::store) fn put(transaction: &Transaction<'_>, samples: &[PowerSample]) -> Result<(), Error> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO power (boot, mono, wall_ms, wall_quality, connector, requested, offered, allowed, assigned, drawn,
            bound_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for sample in samples {
        insert.execute(params![
            sample.at.boot.0,
            number(sample.at.mono.0),
            sample.at.wall.ms,
            word(&sample.at.wall.quality)?,
            sample.connector.get(),
            sample.requested.get(),
            sample.offered.get(),
            sample.allowed.get(),
            sample.assigned.get(),
            sample.drawn.get(),
            sample.bound_by.as_ref().map(word).transpose()?,
        ])?;
    }
    let Some(last) = samples.last() else { return Ok(()) };
    let newest = transaction.last_insert_rowid();
    // A row of another boot is older than this boot; how much, no clock can be trusted to tell.
    transaction
        .prepare_cached(
            "DELETE FROM power WHERE id IN (SELECT id FROM power ORDER BY id LIMIT ?1)
             AND (id <= ?2 OR (boot = ?3 AND mono < ?4) OR (boot <> ?3 AND ?5))",
        )?
        .execute(params![
            GO,
            newest - KEPT,
            last.at.boot.0,
            number((last.at.mono - DAY).0),
            last.at.mono.since(Mono::BOOT) >= DAY
        ])?;
    Ok(())
}

/// Samples after the row `after` and not dated before `from`, the oldest first.
pub(in crate::store) fn history(
    connection: &Connection,
    connector: Option<ConnectorId>,
    from_ms: i64,
    after: u64,
    limit: u32,
) -> Result<PowerHistory, Error> {
    let mut query = connection.prepare(
        "SELECT * FROM power WHERE id > ?1 AND wall_ms >= ?2 AND (?3 IS NULL OR connector = ?3) ORDER BY id LIMIT ?4",
    )?;
    let mut rows = query.query(params![number(after), from_ms, connector.map(ConnectorId::get), limit])?;
    let (mut samples, mut last) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        samples.push(sample_of(row)?);
        last = Some(read_number(row, "id")?);
    }
    let full = u32::try_from(samples.len()).is_ok_and(|found| found >= limit);
    Ok(PowerHistory { samples, next: last.filter(|_| full) })
}

fn sample_of(row: &Row<'_>) -> Result<PowerSample, Error> {
    let watts = |column| Ok::<_, Error>(Watts(get(row, column)?));
    let bound_by: Option<String> = get(row, "bound_by")?;
    Ok(PowerSample {
        at: stamp(row, "")?,
        connector: ConnectorId::new(get(row, "connector")?).ok_or_else(|| Error::Row("connector 0".to_owned()))?,
        requested: watts("requested")?,
        offered: watts("offered")?,
        allowed: watts("allowed")?,
        assigned: watts("assigned")?,
        drawn: watts("drawn")?,
        bound_by: bound_by.map(|bound| of_word(&bound)).transpose()?,
    })
}

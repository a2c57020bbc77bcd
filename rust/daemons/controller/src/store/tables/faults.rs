//! The faults' history: a row from the moment that a fault comes.

use api::{
    fault::{ClearedBy, Fault, Faults},
    session::Stamp,
};
use rusqlite::{Connection, Transaction, params};
use units::{BootId, ConnectorId};

use super::{Error, json, number, of_json, word};

/// How many rows are kept.
const KEPT: i64 = 10_000;

/// The fault itself stands in `body`; what is searched for stands beside it. `dated` is the worst quality of its instants.
pub(in crate::store) const CREATE: &str = "
    CREATE TABLE faults (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        boot TEXT NOT NULL, first INTEGER NOT NULL, code TEXT NOT NULL, connector INTEGER NOT NULL, part TEXT NOT NULL,
        active INTEGER NOT NULL, dated TEXT NOT NULL, body TEXT NOT NULL,
        UNIQUE (boot, first, code, connector, part)
    ) STRICT;
    CREATE INDEX faults_active ON faults (id) WHERE active = 1;
";

/// Writes a fault as it is now: a new row, or the one that it has.
pub(in crate::store) fn put(transaction: &Transaction<'_>, fault: &Fault) -> Result<(), Error> {
    let dated = fault.first_wall.quality.min(fault.last_wall.quality);
    let connector = fault.connector.map_or(0, ConnectorId::get);
    let part = fault.part.as_deref().unwrap_or("");
    let added = transaction
        .prepare_cached(
            "INSERT INTO faults (boot, first, code, connector, part, active, dated, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (boot, first, code, connector, part) DO UPDATE SET active = ?6, dated = ?7, body = ?8
             RETURNING id",
        )?
        .query_row(
            params![
                fault.boot.0,
                number(fault.first.0),
                word(&fault.code)?,
                connector,
                part,
                fault.cleared.is_none(),
                word(&dated)?,
                json(fault)?
            ],
            |row| row.get::<_, i64>(0),
        )?;
    transaction.prepare_cached("DELETE FROM faults WHERE id <= ?1 AND active = 0")?.execute([added - KEPT])?;
    Ok(())
}

/// Past faults, the newest first, older than the row `after`.
pub(in crate::store) fn past(
    connection: &Connection,
    connector: Option<ConnectorId>,
    after: Option<u64>,
    limit: u32,
) -> Result<Faults, Error> {
    let mut query = connection.prepare(
        "SELECT id, body FROM faults WHERE active = 0 AND id < ?1 AND (?2 IS NULL OR connector = ?2)
         ORDER BY id DESC LIMIT ?3",
    )?;
    let after = after.map_or(i64::MAX, number);
    let rows = query.query_map(params![after, connector.map(ConnectorId::get), limit], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let full = u32::try_from(rows.len()).is_ok_and(|found| found >= limit);
    let next = rows.last().filter(|_| full).and_then(|(id, _)| u64::try_from(*id).ok());
    Ok(Faults { faults: rows.iter().filter_map(readable).collect(), next })
}

/// Closes what was active and is not `held` by the controller that starts in this boot. Gives how many.
pub(in crate::store) fn close(connection: &mut Connection, held: &[Fault], boot: &BootId) -> Result<usize, Error> {
    let transaction = connection.transaction()?;
    let mut closed = 0;
    for mut fault in rows(&transaction, ACTIVE, [])? {
        if held.iter().any(|held| same(held, &fault)) {
            continue;
        }
        // It lasted at least until it was last seen; more is not known.
        fault.cleared = Some(fault.last);
        fault.cleared_wall = Some(fault.last_wall);
        fault.cleared_by = Some(if fault.boot == *boot { ClearedBy::Restart } else { ClearedBy::PowerCut });
        put(&transaction, &fault)?;
        closed += 1;
    }
    // What this version cannot read, it cannot hold either.
    for (id, _) in raw(&transaction, ACTIVE, [])?.iter().filter(|row| readable(row).is_none()) {
        closed += transaction.execute("UPDATE faults SET active = 0 WHERE id = ?1", [id])?;
    }
    transaction.commit()?;
    Ok(closed)
}

/// Dates the rows of the clock's boot that were dated worse.
pub(super) fn redate(transaction: &Transaction<'_>, clock: &Stamp) -> Result<(), Error> {
    let sql = "SELECT id, body FROM faults WHERE boot = ?1 AND dated <> 'synchronised'";
    for mut fault in rows(transaction, sql, [&clock.boot.0])? {
        clock.redate(fault.first, &mut fault.first_wall);
        clock.redate(fault.last, &mut fault.last_wall);
        if let (Some(cleared), Some(wall)) = (fault.cleared, &mut fault.cleared_wall) {
            clock.redate(cleared, wall);
        }
        put(transaction, &fault)?;
    }
    Ok(())
}

const ACTIVE: &str = "SELECT id, body FROM faults WHERE active = 1";

fn rows<P: rusqlite::Params>(transaction: &Transaction<'_>, sql: &str, params: P) -> Result<Vec<Fault>, Error> {
    Ok(raw(transaction, sql, params)?.iter().filter_map(readable).collect())
}

fn raw<P: rusqlite::Params>(transaction: &Transaction<'_>, sql: &str, params: P) -> Result<Vec<(i64, String)>, Error> {
    let mut query = transaction.prepare(sql)?;
    let rows = query.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The fault of a row, unless a newer version has written what this one cannot read (D16).
fn readable((id, body): &(i64, String)) -> Option<Fault> {
    let fault =
        of_json(body).inspect_err(|error| tracing::warn!(id, %error, "a fault cannot be read, and is left out"));
    Some(Fault { id: u64::try_from(*id).ok(), ..fault.ok()? })
}

fn same(a: &Fault, b: &Fault) -> bool {
    (&a.boot, a.first, a.code, a.connector, &a.part) == (&b.boot, b.first, b.code, b.connector, &b.part)
}

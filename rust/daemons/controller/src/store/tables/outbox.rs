//! What must arrive (D13): events in the same transaction as what they tell of.

use api::{
    outbox::{Ack, Event, Page},
    session::Stamp,
};
use rusqlite::{Connection, Row, Transaction, params};

use super::{Error, json, number, of_json, read_number, stamp, word};

/// How many events are kept when nobody reads the outbox.
const UNREAD: i64 = 100_000;

pub(in crate::store) fn put(transaction: &Transaction<'_>, event: &Event) -> Result<u64, Error> {
    let Stamp { boot, mono, wall } = &event.at;
    transaction
        .prepare_cached("INSERT INTO outbox (boot, mono, wall_ms, wall_quality, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![boot.0, number(mono.0), wall.ms, word(&wall.quality)?, json(&event.body)?])?;
    let seq = transaction.last_insert_rowid();
    transaction.prepare_cached("DELETE FROM outbox WHERE seq <= ?1")?.execute([seq - UNREAD])?;
    Ok(seq.unsigned_abs())
}

/// Notes how far a reader has come, and prunes what every reader has.
pub(in crate::store) fn acknowledge(connection: &mut Connection, ack: &Ack) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO readers VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = max(seq, ?2)",
        params![ack.reader, number(ack.seq)],
    )?;
    transaction.execute("DELETE FROM outbox WHERE seq <= (SELECT min(seq) FROM readers)", [])?;
    transaction.commit()?;
    Ok(())
}

/// The newest event's number, pruned or not.
pub(in crate::store) fn newest(connection: &Connection) -> Result<u64, Error> {
    let known: Option<i64> =
        connection.query_row("SELECT max(seq) FROM sqlite_sequence WHERE name = 'outbox'", [], |row| row.get(0))?;
    Ok(known.unwrap_or(0).unsigned_abs())
}

/// Events after a number.
pub(in crate::store) fn page(connection: &Connection, after: u64, limit: u32) -> Result<Page, Error> {
    let mut query = connection.prepare(
        "SELECT seq, boot, mono, wall_ms, wall_quality, body FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let rows = query.query_map(params![number(after), limit], |row| Ok(event_of(row)))?;
    let events = rows.collect::<Result<Result<Vec<_>, _>, _>>()??;
    Ok(Page { events, newest: newest(connection)? })
}

fn event_of(row: &Row<'_>) -> Result<Event, Error> {
    let body: String = row.get("body")?;
    Ok(Event { seq: read_number(row, "seq")?, at: stamp(row, "")?, body: of_json(&body)? })
}

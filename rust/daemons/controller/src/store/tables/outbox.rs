//! What must arrive (D13): events in the same transaction as what they tell of.

use api::{
    outbox::{Ack, Event, Page},
    session::Stamp,
};
use rusqlite::{Connection, Row, Transaction, params};

use super::{Error, json, number, of_json, read_number, stamp, word};

/// How many events are kept when nobody reads the outbox, besides those that bill.
const UNREAD: i64 = 100_000;

pub(in crate::store) fn put(transaction: &Transaction<'_>, event: &Event) -> Result<u64, Error> {
    let Stamp { boot, mono, wall } = &event.at;
    transaction
        .prepare_cached("INSERT INTO outbox (boot, mono, wall_ms, wall_quality, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![boot.0, number(mono.0), wall.ms, word(&wall.quality)?, json(&event.body)?])?;
    let seq = transaction.last_insert_rowid();
    // What bills waits for ever; of what is only told along the way, the newest.
    transaction
        .prepare_cached("DELETE FROM outbox WHERE seq <= ?1 AND body LIKE '{\"kind\":\"meter_values\"%'")?
        .execute([seq - UNREAD])?;
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
    // One moment: whoever finds nothing may take it that there is nothing up to `newest`.
    let moment = connection.unchecked_transaction()?;
    let mut query = moment
        .prepare("SELECT seq, boot, mono, wall_ms, wall_quality, body FROM outbox WHERE seq > ?1 ORDER BY seq")?;
    let mut rows = query.query([number(after)])?;
    let (mut events, limit) = (Vec::new(), usize::try_from(limit).unwrap_or(usize::MAX));
    while let Some(row) = rows.next()? {
        // What a newer version tells of, this one's readers would not understand either (D16).
        match event_of(row) {
            Ok(event) => events.push(event),
            Err(error) => tracing::warn!(%error, "an event cannot be read, and is passed over"),
        }
        if events.len() >= limit {
            break;
        }
    }
    Ok(Page { events, newest: newest(&moment)? })
}

fn event_of(row: &Row<'_>) -> Result<Event, Error> {
    let body: String = row.get("body")?;
    Ok(Event { seq: read_number(row, "seq")?, at: stamp(row, "")?, body: of_json(&body)? })
}

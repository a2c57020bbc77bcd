//! Writing: one record, one transaction.

use api::{
    command::StopReason,
    outbox::{Ack, Event},
    session::{Session, Stamp},
};
use cabinet::Record;
use rusqlite::{Connection, Transaction, named_params, params};
use serde::Serialize;
use units::SessionId;

use super::{
    Error, event_of, kept,
    read::{SESSION_COLUMNS, session_of},
};

/// How many events are kept when nobody reads the outbox.
const UNREAD: i64 = 100_000;

/// Writes a record; gives the number of the event that tells of it.
pub(super) fn write(connection: &mut Connection, record: &Record) -> Result<Option<u64>, Error> {
    let transaction = connection.transaction()?;
    let event = event_of(record);
    match record {
        Record::Open(session) | Record::Close(session) => put_session(&transaction, session)?,
        Record::Profiles(_) | Record::LocalList(_) | Record::Cached(_) | Record::ForgetCache => {
            kept::write(&transaction, record)?;
        }
        Record::Reading { session, meter, at, .. } => {
            transaction.execute(
                "INSERT INTO readings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    session.as_str(),
                    at.boot.0,
                    number(at.mono.0),
                    at.wall.ms,
                    word(&at.wall.quality)?,
                    meter.meter,
                    number(meter.digits),
                    meter.exponent
                ],
            )?;
            transaction.execute(
                "UPDATE sessions SET last_meter = ?2, last_digits = ?3, last_exponent = ?4, last_boot = ?5, last_mono = ?6,
                 last_wall_ms = ?7, last_wall_quality = ?8 WHERE id = ?1",
                params![session.as_str(), meter.meter, number(meter.digits), meter.exponent, at.boot.0, number(at.mono.0),
                    at.wall.ms, word(&at.wall.quality)?],
            )?;
        }
    }
    let seq = event.map(|event| put_event(&transaction, &event)).transpose()?;
    transaction.commit()?;
    Ok(seq)
}

fn put_session(transaction: &Transaction<'_>, session: &Session) -> Result<(), Error> {
    let stopped = session.stopped.as_ref();
    transaction.execute(
        "INSERT INTO sessions (id, connector, chain, id_tag, boot, mono, wall_ms, wall_quality, meter, start_digits,
            start_exponent, last_meter, last_digits, last_exponent, last_boot, last_mono, last_wall_ms, last_wall_quality,
            stopped_boot, stopped_mono, stopped_wall_ms, stopped_wall_quality, reason, authorised_by)
         VALUES (:id, :connector, :chain, :id_tag, :boot, :mono, :wall_ms, :wall_quality, :meter, :start_digits,
            :start_exponent, :last_meter, :last_digits, :last_exponent, :last_boot, :last_mono, :last_wall_ms,
            :last_wall_quality, :stopped_boot, :stopped_mono, :stopped_wall_ms, :stopped_wall_quality, :reason,
            :authorised_by)
         ON CONFLICT (id) DO UPDATE SET last_meter = :last_meter, last_digits = :last_digits,
            last_exponent = :last_exponent, last_boot = :last_boot, last_mono = :last_mono, last_wall_ms = :last_wall_ms,
            last_wall_quality = :last_wall_quality, stopped_boot = :stopped_boot, stopped_mono = :stopped_mono,
            stopped_wall_ms = :stopped_wall_ms, stopped_wall_quality = :stopped_wall_quality, reason = :reason",
        named_params! {
            ":id": session.id.as_str(),
            ":connector": session.connector.get(),
            ":chain": session.chain.as_str(),
            ":id_tag": session.id_tag.as_str(),
            ":boot": session.started.boot.0,
            ":mono": number(session.started.mono.0),
            ":wall_ms": session.started.wall.ms,
            ":wall_quality": word(&session.started.wall.quality)?,
            ":meter": session.meter_start.meter,
            ":start_digits": number(session.meter_start.digits),
            ":start_exponent": session.meter_start.exponent,
            ":last_meter": session.meter_last.meter,
            ":last_digits": number(session.meter_last.digits),
            ":last_exponent": session.meter_last.exponent,
            ":last_boot": session.meter_last_at.boot.0,
            ":last_mono": number(session.meter_last_at.mono.0),
            ":last_wall_ms": session.meter_last_at.wall.ms,
            ":last_wall_quality": word(&session.meter_last_at.wall.quality)?,
            ":stopped_boot": stopped.map(|stamp| stamp.boot.0.as_str()),
            ":stopped_mono": stopped.map(|stamp| number(stamp.mono.0)),
            ":stopped_wall_ms": stopped.map(|stamp| stamp.wall.ms),
            ":stopped_wall_quality": stopped.map(|stamp| word(&stamp.wall.quality)).transpose()?,
            ":authorised_by": word(&session.authorised_by)?,
            ":reason": session.reason.as_ref().map(word).transpose()?,
        },
    )?;
    Ok(())
}

fn put_event(transaction: &Transaction<'_>, event: &Event) -> Result<u64, Error> {
    let Stamp { boot, mono, wall } = &event.at;
    let body = serde_json::to_string(&event.body).map_err(|error| Error::Row(error.to_string()))?;
    transaction.execute(
        "INSERT INTO outbox (boot, mono, wall_ms, wall_quality, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![boot.0, number(mono.0), wall.ms, word(&wall.quality)?, body],
    )?;
    let seq = transaction.last_insert_rowid();
    transaction.execute("DELETE FROM outbox WHERE seq <= ?1", [seq - UNREAD])?;
    Ok(seq.unsigned_abs())
}

/// Notes how far a reader has come, and prunes what every reader has.
pub(super) fn acknowledge(connection: &mut Connection, ack: &Ack) -> Result<(), Error> {
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
pub(super) fn newest(connection: &Connection) -> Result<u64, Error> {
    let known: Option<i64> =
        connection.query_row("SELECT max(seq) FROM sqlite_sequence WHERE name = 'outbox'", [], |row| row.get(0))?;
    Ok(known.unwrap_or(0).unsigned_abs())
}

/// Closes every open session that is not `held`, as of its last reading.
pub(super) fn close_orphans(connection: &mut Connection, held: &[SessionId]) -> Result<Vec<SessionId>, Error> {
    let open: Vec<Session> = {
        let mut query = connection.prepare(&format!("SELECT {SESSION_COLUMNS} FROM sessions WHERE reason IS NULL"))?;
        let rows = query.query_map([], |row| Ok(session_of(row)))?;
        rows.collect::<Result<Result<Vec<_>, _>, _>>()??
    };
    let mut closed = Vec::new();
    for mut session in open {
        if held.contains(&session.id) {
            continue;
        }
        session.stopped = Some(session.meter_last_at.clone());
        session.reason = Some(StopReason::PowerLoss);
        closed.push(session.id.clone());
        write(connection, &Record::Close(session))?;
    }
    Ok(closed)
}

/// SQLite's integers are signed; every number here is below 2^63.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A unit variant's name, as it is in JSON.
fn word(value: &impl Serialize) -> Result<String, Error> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(Error::Row(format!("{other:?} is not a word"))),
    }
}

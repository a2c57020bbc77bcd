//! Sessions and their meter readings.

use api::{
    command::StopReason,
    session::{Register, Segment, Session, Stamp},
};
use rusqlite::{Connection, Row, Transaction, named_params, params};
use units::{ChainId, ConnectorId, IdTag, SessionId};

use super::{Error, json, number, of_json, of_word, register, stamp, word};

/// How many readings are kept: two months of eight connectors that charge five hours a day. Sessions are never pruned.
const READINGS: i64 = 500_000;

const COLUMNS: &str = "id, connector, chain, id_tag, boot, mono, wall_ms, wall_quality, meter, \
    start_digits, start_exponent, last_meter, last_digits, last_exponent, last_boot, last_mono, last_wall_ms, \
    last_wall_quality, stopped_boot, stopped_mono, stopped_wall_ms, stopped_wall_quality, reason, \
    authorised_by, outlet, segments";

/// Writes a session as it is now.
pub(in crate::store) fn put(transaction: &Transaction<'_>, session: &Session) -> Result<(), Error> {
    let stopped = session.stopped.as_ref();
    transaction.execute(
        "INSERT INTO sessions (id, connector, chain, id_tag, boot, mono, wall_ms, wall_quality, meter, start_digits,
            start_exponent, last_meter, last_digits, last_exponent, last_boot, last_mono, last_wall_ms, last_wall_quality,
            stopped_boot, stopped_mono, stopped_wall_ms, stopped_wall_quality, reason, authorised_by, outlet,
            segments)
         VALUES (:id, :connector, :chain, :id_tag, :boot, :mono, :wall_ms, :wall_quality, :meter, :start_digits,
            :start_exponent, :last_meter, :last_digits, :last_exponent, :last_boot, :last_mono, :last_wall_ms,
            :last_wall_quality, :stopped_boot, :stopped_mono, :stopped_wall_ms, :stopped_wall_quality, :reason,
            :authorised_by, :outlet, :segments)
         ON CONFLICT (id) DO UPDATE SET last_meter = :last_meter, last_digits = :last_digits,
            last_exponent = :last_exponent, last_boot = :last_boot, last_mono = :last_mono, last_wall_ms = :last_wall_ms,
            last_wall_quality = :last_wall_quality, stopped_boot = :stopped_boot, stopped_mono = :stopped_mono,
            stopped_wall_ms = :stopped_wall_ms, stopped_wall_quality = :stopped_wall_quality, reason = :reason,
            segments = :segments",
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
            // A whole session's one segment is told by the row itself.
            ":segments": (session.segments.len() > 1).then(|| json(&session.segments)).transpose()?,
            ":authorised_by": word(&session.authorised_by)?,
            ":outlet": session.outlet.as_ref().map(json).transpose()?,
            ":reason": session.reason.as_ref().map(word).transpose()?,
        },
    )?;
    Ok(())
}

/// Writes a reading, and that it is the session's newest.
pub(in crate::store) fn put_reading(
    transaction: &Transaction<'_>,
    session: &SessionId,
    meter: &Register,
    at: &Stamp,
) -> Result<(), Error> {
    let (digits, mono, quality) = (number(meter.digits), number(at.mono.0), word(&at.wall.quality)?);
    transaction
        .prepare_cached(
            "INSERT INTO readings (session, boot, mono, wall_ms, wall_quality, meter, digits, exponent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            session.as_str(),
            at.boot.0,
            mono,
            at.wall.ms,
            quality,
            meter.meter,
            digits,
            meter.exponent
        ])?;
    let newest = transaction.last_insert_rowid();
    transaction.prepare_cached("DELETE FROM readings WHERE rowid <= ?1")?.execute([newest - READINGS])?;
    transaction
        .prepare_cached(
            "UPDATE sessions SET last_meter = ?2, last_digits = ?3, last_exponent = ?4, last_boot = ?5, last_mono = ?6,
             last_wall_ms = ?7, last_wall_quality = ?8 WHERE id = ?1",
        )?
        .execute(params![
            session.as_str(),
            meter.meter,
            digits,
            meter.exponent,
            at.boot.0,
            mono,
            at.wall.ms,
            quality
        ])?;
    Ok(())
}

/// Dates the segments of the clock's boot that were dated worse.
pub(super) fn redate(transaction: &Transaction<'_>, clock: &Stamp) -> Result<(), Error> {
    let broken = list(transaction, "WHERE segments IS NOT NULL AND boot = ?1", [&clock.boot.0])?;
    for mut session in broken {
        session.redate(clock);
        put(transaction, &session)?;
    }
    Ok(())
}

/// Closes every open session that is not `held`, as of its last reading.
pub(in crate::store) fn close_orphans(
    connection: &mut Connection,
    held: &[SessionId],
) -> Result<Vec<SessionId>, Error> {
    let transaction = connection.transaction()?;
    let open = list(&transaction, "WHERE reason IS NULL", [])?;
    let mut closed = Vec::new();
    for mut session in open.into_iter().filter(|session| !held.contains(&session.id)) {
        session.stopped = Some(session.meter_last_at.clone());
        session.reason = Some(StopReason::PowerLoss);
        closed.push(session.id.clone());
        super::write(&transaction, &cabinet::Record::Close(session))?;
    }
    transaction.commit()?;
    Ok(closed)
}

/// The newest first.
pub(in crate::store) fn newest(connection: &Connection, limit: u32) -> Result<Vec<Session>, Error> {
    list(connection, "ORDER BY rowid DESC LIMIT ?1", [limit])
}

pub(in crate::store) fn one(connection: &Connection, id: &SessionId) -> Result<Option<Session>, Error> {
    Ok(list(connection, "WHERE id = ?1", [id.as_str()])?.pop())
}

fn list<P: rusqlite::Params>(connection: &Connection, which: &str, params: P) -> Result<Vec<Session>, Error> {
    let mut query = connection.prepare(&format!("SELECT {COLUMNS} FROM sessions {which}"))?;
    let rows = query.query_map(params, |row| Ok(session_of(row)))?.collect::<Result<Vec<_>, _>>()?;
    let left_out = |error: &Error| tracing::warn!(%error, "a session cannot be read, and is left out");
    Ok(rows.into_iter().filter_map(|session| session.inspect_err(left_out).ok()).collect())
}

fn session_of(row: &Row<'_>) -> Result<Session, Error> {
    let bad = |error: units::InvalidName| Error::Row(error.to_string());
    let connector: u8 = row.get("connector")?;
    let reason: Option<String> = row.get("reason")?;
    let authorised_by: Option<String> = row.get("authorised_by")?;
    let outlet: Option<String> = row.get("outlet")?;
    let stopped: Option<String> = row.get("stopped_boot")?;
    let segments: Option<String> = row.get("segments")?;
    let mut session = Session {
        id: SessionId::new(&row.get::<_, String>("id")?).map_err(bad)?,
        connector: ConnectorId::new(connector).ok_or_else(|| Error::Row("connector 0".to_owned()))?,
        chain: ChainId::new(&row.get::<_, String>("chain")?).map_err(bad)?,
        id_tag: IdTag::new(&row.get::<_, String>("id_tag")?).map_err(bad)?,
        authorised_by: authorised_by.and_then(|by| of_word(&by).ok()).unwrap_or_default(),
        outlet: outlet.and_then(|outlet| of_json(&outlet).ok()),
        segments: segments.map(|segments| of_json(&segments)).transpose()?.unwrap_or_default(),
        started: stamp(row, "")?,
        meter_start: register(row, "meter", "start_digits", "start_exponent")?,
        meter_last: register(row, "last_meter", "last_digits", "last_exponent")?,
        meter_last_at: stamp(row, "last_")?,
        stopped: stopped.map(|_| stamp(row, "stopped_")).transpose()?,
        reason: reason.map(|reason| of_word(&reason)).transpose()?,
    };
    // Readings come in without the segments being written again.
    match session.segments.last_mut() {
        Some(running) => {
            running.end.clone_from(&session.meter_last);
            running.ended.clone_from(&session.meter_last_at);
        }
        None => session.segments.push(Segment {
            start: session.meter_start.clone(),
            end: session.meter_last.clone(),
            began: session.started.clone(),
            ended: session.meter_last_at.clone(),
            flags: Vec::new(),
        }),
    }
    Ok(session)
}

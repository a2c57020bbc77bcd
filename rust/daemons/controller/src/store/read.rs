//! Reading, on a connection of its own, beside the writer.

use std::path::PathBuf;

use api::{
    outbox::{Event, Page},
    session::{Register, Session, Stamp},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, types::FromSql};
use serde::de::DeserializeOwned;
use units::{BootId, ChainId, ConnectorId, IdTag, Mono, SessionId, Wall};

use super::Error;

pub(super) const SESSION_COLUMNS: &str = "id, connector, chain, id_tag, boot, mono, wall_ms, wall_quality, meter, \
    start_digits, start_exponent, last_meter, last_digits, last_exponent, last_boot, last_mono, last_wall_ms, \
    last_wall_quality, stopped_boot, stopped_mono, stopped_wall_ms, stopped_wall_quality, reason, \
    authorised_by";

/// Reads the store. Each call opens the file, so it can be used from any thread.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    path: PathBuf,
}

impl Reader {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn open(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        connection.pragma_update(None, "query_only", "ON")?;
        Ok(connection)
    }

    /// The newest sessions first.
    pub(crate) fn sessions(&self, limit: u32) -> Result<Vec<Session>, Error> {
        let connection = self.open()?;
        let sql = format!("SELECT {SESSION_COLUMNS} FROM sessions ORDER BY rowid DESC LIMIT ?1");
        let mut query = connection.prepare(&sql)?;
        let rows = query.query_map([limit], |row| Ok(session_of(row)))?;
        rows.collect::<Result<Result<Vec<_>, _>, _>>()?
    }

    /// One session.
    pub(crate) fn session(&self, id: &SessionId) -> Result<Option<Session>, Error> {
        let connection = self.open()?;
        let sql = format!("SELECT {SESSION_COLUMNS} FROM sessions WHERE id = ?1");
        connection.query_row(&sql, [id.as_str()], |row| Ok(session_of(row))).optional()?.transpose()
    }

    /// Events after a number.
    pub(crate) fn outbox(&self, after: u64, limit: u32) -> Result<Page, Error> {
        let connection = self.open()?;
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let mut query = connection.prepare(
            "SELECT seq, boot, mono, wall_ms, wall_quality, body FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        let rows = query.query_map(rusqlite::params![after, limit], |row| Ok(event_of(row)))?;
        let events = rows.collect::<Result<Result<Vec<_>, _>, _>>()??;
        Ok(Page { events, newest: super::rows::newest(&connection)? })
    }
}

/// One row of `SESSION_COLUMNS`.
pub(super) fn session_of(row: &Row<'_>) -> Result<Session, Error> {
    let bad = |error: units::InvalidName| Error::Row(error.to_string());
    let connector: u8 = row.get("connector")?;
    let reason: Option<String> = row.get("reason")?;
    let authorised_by: Option<String> = row.get("authorised_by")?;
    let stopped: Option<String> = row.get("stopped_boot")?;
    Ok(Session {
        id: SessionId::new(&row.get::<_, String>("id")?).map_err(bad)?,
        connector: ConnectorId::new(connector).ok_or_else(|| Error::Row("connector 0".to_owned()))?,
        chain: ChainId::new(&row.get::<_, String>("chain")?).map_err(bad)?,
        id_tag: IdTag::new(&row.get::<_, String>("id_tag")?).map_err(bad)?,
        authorised_by: authorised_by.map(|by| word(&by)).transpose()?.unwrap_or_default(),
        started: stamp(row, "")?,
        meter_start: register(row, "meter", "start_digits", "start_exponent")?,
        meter_last: register(row, "last_meter", "last_digits", "last_exponent")?,
        meter_last_at: stamp(row, "last_")?,
        stopped: stopped.map(|_| stamp(row, "stopped_")).transpose()?,
        reason: reason.map(|reason| word(&reason)).transpose()?,
    })
}

fn event_of(row: &Row<'_>) -> Result<Event, Error> {
    let body: String = row.get("body")?;
    Ok(Event {
        seq: number(row, "seq")?,
        at: stamp(row, "")?,
        body: serde_json::from_str(&body).map_err(|error| Error::Row(error.to_string()))?,
    })
}

fn register(row: &Row<'_>, meter: &str, digits: &str, exponent: &str) -> Result<Register, Error> {
    Ok(Register { digits: number(row, digits)?, exponent: get(row, exponent)?, meter: get(row, meter)? })
}

fn stamp(row: &Row<'_>, prefix: &str) -> Result<Stamp, Error> {
    let column = |name: &str| format!("{prefix}{name}");
    let quality: String = get(row, &column("wall_quality"))?;
    Ok(Stamp {
        boot: BootId(get(row, &column("boot"))?),
        mono: Mono(number(row, &column("mono"))?),
        wall: Wall { ms: get(row, &column("wall_ms"))?, quality: word(&quality)? },
    })
}

fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, Error> {
    Ok(row.get(column)?)
}

fn number(row: &Row<'_>, column: &str) -> Result<u64, Error> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| Error::Row(format!("{column} is {value}: expected a number from 0")))
}

fn word<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_value(text.into()).map_err(|error| Error::Row(error.to_string()))
}

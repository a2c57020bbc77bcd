//! One file a table: how it is written, read, and re-dated. A record is written with the event that tells of it.

pub(super) mod faults;
pub(super) mod kept;
pub(super) mod outbox;
pub(super) mod power;
pub(super) mod receipts;
pub(super) mod sessions;

use api::session::{Register, Stamp};
use cabinet::Record;
use rusqlite::{Row, Transaction, types::FromSql};
use serde::{Serialize, de::DeserializeOwned};
use units::{BootId, ClockQuality, Mono, Wall};

use super::Error;

/// Writes a record; gives the number of the event that tells of it.
pub(super) fn write(transaction: &Transaction<'_>, record: &Record) -> Result<Option<u64>, Error> {
    match record {
        Record::Open(session) | Record::Segment(session) | Record::Close(session) => {
            sessions::put(transaction, session)?;
        }
        Record::Reading { session, meter, at, .. } => sessions::put_reading(transaction, session, meter, at)?,
        Record::Fault(fault) => faults::put(transaction, fault)?,
        Record::Power(samples) => power::put(transaction, samples)?,
        Record::Redate(clock) => redate(transaction, clock)?,
        Record::Signed { receipt, .. } => receipts::put_meters(transaction, receipt)?,
        Record::Profiles(_) | Record::LocalList(_) | Record::Cached(_) | Record::ForgetCache => {
            kept::write(transaction, record)?;
        }
    }
    record.event().map(|event| outbox::put(transaction, &event)).transpose()
}

/// Dates what this boot has dated worse than its clock now would.
fn redate(transaction: &Transaction<'_>, clock: &Stamp) -> Result<(), Error> {
    for (table, prefix) in [
        ("sessions", ""),
        ("sessions", "last_"),
        ("sessions", "stopped_"),
        ("readings", ""),
        ("outbox", ""),
        ("metering_keys", ""),
        ("power", ""),
    ] {
        redate_columns(transaction, clock, table, prefix)?;
    }
    sessions::redate(transaction, clock)?;
    faults::redate(transaction, clock)
}

/// The stamp in the columns `{prefix}boot`, `{prefix}mono`, `{prefix}wall_ms`, `{prefix}wall_quality`.
fn redate_columns(transaction: &Transaction<'_>, clock: &Stamp, table: &str, prefix: &str) -> Result<(), Error> {
    let worse = match clock.wall.quality {
        ClockQuality::Unset => return Ok(()),
        ClockQuality::Informative => "'unset'",
        ClockQuality::Synchronised => "'unset', 'informative'",
    };
    // The first condition on the quality lets SQLite use the index of rows that can still be dated.
    let sql = format!(
        "UPDATE {table} SET {prefix}wall_ms = ?1 + ({prefix}mono - ?2) / 1000000, {prefix}wall_quality = ?3
         WHERE {prefix}boot = ?4 AND {prefix}wall_quality <> 'synchronised' AND {prefix}wall_quality IN ({worse})"
    );
    let quality = word(&clock.wall.quality)?;
    transaction.execute(&sql, rusqlite::params![clock.wall.ms, number(clock.mono.0), quality, clock.boot.0])?;
    Ok(())
}

/// SQLite's integers are signed; every number here is below 2^63.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A unit variant's name, as it is in JSON.
pub(super) fn word(value: &impl Serialize) -> Result<String, Error> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(Error::Row(format!("{other:?} is not a word"))),
    }
}

/// The variant of that name.
pub(super) fn of_word<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_value(text.into()).map_err(|error| Error::Row(error.to_string()))
}

pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Row(error.to_string()))
}

pub(super) fn of_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Row(error.to_string()))
}

fn register(row: &Row<'_>, meter: &str, digits: &str, exponent: &str) -> Result<Register, Error> {
    Ok(Register { digits: read_number(row, digits)?, exponent: get(row, exponent)?, meter: get(row, meter)? })
}

fn stamp(row: &Row<'_>, prefix: &str) -> Result<Stamp, Error> {
    let column = |name: &str| format!("{prefix}{name}");
    let quality: String = get(row, &column("wall_quality"))?;
    Ok(Stamp {
        boot: BootId(get(row, &column("boot"))?),
        mono: Mono(read_number(row, &column("mono"))?),
        wall: Wall { ms: get(row, &column("wall_ms"))?, quality: of_word(&quality)? },
    })
}

fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, Error> {
    Ok(row.get(column)?)
}

fn read_number(row: &Row<'_>, column: &str) -> Result<u64, Error> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| Error::Row(format!("{column} is {value}: expected a number from 0")))
}

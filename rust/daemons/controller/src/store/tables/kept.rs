//! Charging profiles, the local list and the authorisation cache: what the cabinet must know again at the next start (D12).
//!
//! Profiles and list are written whole: they are small, and half a list is none.

use api::{
    profile::Profile,
    tokens::{CachedToken, LocalList, Token},
};
use cabinet::{Kept, Record};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::de::DeserializeOwned;

use super::{Error, json};

/// How many answers of the CSMS are kept; the oldest go first.
const CACHE: i64 = 1_000;

/// The tables.
pub(in crate::store) const CREATE: &str = "
    CREATE TABLE profiles (place INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT;
    CREATE TABLE local_list (id_tag TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
    CREATE TABLE local_list_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
    CREATE TABLE token_cache (id_tag TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
";

/// Writes what such a record says; others are not for here.
pub(in crate::store) fn write(transaction: &Transaction<'_>, record: &Record) -> Result<(), Error> {
    match record {
        Record::Profiles(profiles) => put_profiles(transaction, profiles),
        Record::LocalList(list) => put_list(transaction, list),
        Record::Cached(cached) => put_cached(transaction, cached),
        Record::ForgetCache => {
            transaction.execute("DELETE FROM token_cache", [])?;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Reads it all. A row that this version does not understand is left out.
pub(in crate::store) fn read(connection: &Connection) -> Result<Kept, Error> {
    let version = "SELECT version FROM local_list_version";
    let version = connection.query_row(version, [], |row| row.get(0)).optional()?.unwrap_or(0);
    let tokens: Vec<Token> = documents(connection, "SELECT document FROM local_list")?;
    Ok(Kept {
        profiles: documents(connection, "SELECT document FROM profiles ORDER BY place")?,
        local_list: LocalList { version, tokens },
        cache: documents(connection, "SELECT document FROM token_cache ORDER BY at_ms")?,
    })
}

fn put_profiles(transaction: &Transaction<'_>, profiles: &[Profile]) -> Result<(), Error> {
    transaction.execute("DELETE FROM profiles", [])?;
    let mut insert = transaction.prepare_cached("INSERT INTO profiles VALUES (?1, ?2)")?;
    for (place, profile) in (0_i64..).zip(profiles) {
        insert.execute(params![place, json(profile)?])?;
    }
    Ok(())
}

fn put_list(transaction: &Transaction<'_>, list: &LocalList) -> Result<(), Error> {
    transaction.execute("DELETE FROM local_list", [])?;
    transaction.execute("INSERT OR REPLACE INTO local_list_version VALUES (1, ?1)", [list.version])?;
    let mut insert = transaction.prepare_cached("INSERT INTO local_list VALUES (?1, ?2)")?;
    for token in &list.tokens {
        insert.execute(params![token.id_tag.as_str(), json(token)?])?;
    }
    Ok(())
}

fn put_cached(transaction: &Transaction<'_>, cached: &CachedToken) -> Result<(), Error> {
    transaction.execute(
        "INSERT OR REPLACE INTO token_cache VALUES (?1, ?2, ?3)",
        params![cached.token.id_tag.as_str(), cached.at.ms, json(cached)?],
    )?;
    transaction.execute(
        "DELETE FROM token_cache WHERE id_tag NOT IN (SELECT id_tag FROM token_cache ORDER BY at_ms DESC LIMIT ?1)",
        [CACHE],
    )?;
    Ok(())
}

fn documents<T: DeserializeOwned>(connection: &Connection, sql: &str) -> Result<Vec<T>, Error> {
    let mut query = connection.prepare(sql)?;
    let texts = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let read = |text: String| {
        serde_json::from_str(&text)
            .inspect_err(|error| tracing::warn!(%error, "a kept profile or tag cannot be read, and is left out"))
            .ok()
    };
    Ok(texts.into_iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{
        command::Verdict,
        profile::{Kind, Period, Purpose, RateUnit, Schedule},
    };
    use units::{ClockQuality, ConnectorId, IdTag, Wall};

    fn profile(id: i32) -> Profile {
        let periods = vec![Period { start_s: 0, limit_milli: 6_500 }];
        Profile {
            id,
            connector: ConnectorId::new(1),
            purpose: Purpose::TxDefault,
            kind: Kind::Weekly,
            stack_level: 3,
            valid_from_ms: Some(-1),
            valid_to_ms: None,
            transaction: None,
            schedule: Schedule {
                start_ms: Some(1),
                duration_s: None,
                unit: RateUnit::Amps,
                periods,
                min_rate_milli: None,
            },
        }
    }

    fn token(id: u32) -> Token {
        let id_tag = IdTag::new(&format!("CARD{id}")).unwrap();
        Token { group: Some(id_tag.clone()), id_tag, verdict: Verdict::Blocked, expires_ms: Some(7) }
    }

    fn cached(id: u32, ms: i64) -> Record {
        Record::Cached(CachedToken { token: token(id), at: Wall { ms, quality: ClockQuality::Informative } })
    }

    fn put(connection: &mut Connection, record: &Record) {
        let transaction = connection.transaction().unwrap();
        write(&transaction, record).unwrap();
        transaction.commit().unwrap();
    }

    #[test]
    fn what_is_kept_is_what_was_written_last() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(CREATE).unwrap();
        let mut expected = Kept::default();
        assert_eq!(read(&connection).unwrap(), expected);
        let records = [
            Record::Profiles(vec![profile(2), profile(1)]),
            Record::LocalList(LocalList { version: 4, tokens: vec![token(1), token(2)] }),
            cached(5, 10),
            cached(6, 20),
            cached(5, 30),
            Record::Profiles(vec![profile(1)]),
            Record::LocalList(LocalList { version: 5, tokens: vec![token(2)] }),
            Record::ForgetCache,
            cached(7, 40),
        ];
        for record in records {
            put(&mut connection, &record);
            expected.note(&record);
            assert_eq!(read(&connection).unwrap(), expected, "after {record:?}");
        }
    }

    #[test]
    fn the_cache_on_disk_is_bounded_and_a_row_that_cannot_be_read_is_left_out() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(CREATE).unwrap();
        for id in 0..1_003 {
            put(&mut connection, &cached(id, id.into()));
        }
        connection.execute("UPDATE token_cache SET document = 'x' WHERE id_tag = 'CARD500'", []).unwrap();
        let kept = read(&connection).unwrap().cache;
        assert_eq!((kept.len(), kept[0].token.id_tag.as_str()), (999, "CARD3"));
    }
}

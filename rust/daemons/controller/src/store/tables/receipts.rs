//! Signatures of sessions, and the keys that made them.
//!
//! Whatever ends a session also notes, in the same transaction and by a trigger, that it is due to be signed; the signing
//! thread works that list off. So a power cut between the two only delays a signature, whoever wrote the end.

use api::{
    outbox::{Body, Event},
    receipt::{MeteringKey, Receipt, Signer},
    session::Stamp,
};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use units::{ConnectorId, SessionId};

use super::{Error, number, of_word, outbox, read_number, stamp, word};

pub(in crate::store) const CREATE: &str = "
    ALTER TABLE sessions ADD COLUMN outlet TEXT;
    CREATE TABLE metering_keys (
        name TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        public_key TEXT NOT NULL,
        boot TEXT NOT NULL, mono INTEGER NOT NULL, wall_ms INTEGER NOT NULL, wall_quality TEXT NOT NULL
    ) STRICT;
    CREATE TABLE receipts (
        session TEXT PRIMARY KEY,
        key TEXT REFERENCES metering_keys (name),
        page INTEGER,
        record TEXT,
        refused TEXT,
        UNIQUE (key, page)
    ) STRICT;
    CREATE TABLE meter_receipts (session TEXT PRIMARY KEY, record TEXT NOT NULL, public_key TEXT) STRICT;
    CREATE TABLE receipts_due (session TEXT PRIMARY KEY) STRICT;
    CREATE TRIGGER receipt_due_at_the_end AFTER UPDATE OF reason ON sessions
        WHEN NEW.reason IS NOT NULL AND OLD.reason IS NULL
        BEGIN INSERT OR IGNORE INTO receipts_due VALUES (NEW.id); END;
    CREATE TRIGGER receipt_due_at_once AFTER INSERT ON sessions WHEN NEW.reason IS NOT NULL
        BEGIN INSERT OR IGNORE INTO receipts_due VALUES (NEW.id); END;
    INSERT INTO receipts_due SELECT id FROM sessions WHERE reason IS NOT NULL;
";

/// What the signing thread has to write of a session.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) session: SessionId,
    pub(crate) at: Stamp,
    pub(crate) verdict: Verdict,
}

/// How it went.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It is signed, as the key's `page`-th record.
    Signed { connector: ConnectorId, key: String, kind: Signer, public_key: String, page: u64, record: String },
    /// It cannot be, and why. It is not tried again.
    Refused(String),
    /// There is nothing to do: it was signed before, or its meter signs it.
    Nothing,
}

/// What there is to show of a session's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// This.
    Yes(Receipt),
    /// Nothing yet.
    NotYet,
    /// Nothing ever, and why.
    Never(String),
}

/// Writes a verdict, and takes the session off the list.
pub(in crate::store) fn put(connection: &mut Connection, row: &Row) -> Result<Option<u64>, Error> {
    let transaction = connection.transaction()?;
    let session = row.session.as_str();
    let event = match &row.verdict {
        Verdict::Signed { connector, key, kind, public_key, page, record } => {
            let Stamp { boot, mono, wall } = &row.at;
            transaction.execute(
                "INSERT OR IGNORE INTO metering_keys VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![key, word(kind)?, public_key, boot.0, number(mono.0), wall.ms, word(&wall.quality)?],
            )?;
            transaction.execute(
                "INSERT INTO receipts (session, key, page, record) VALUES (?1, ?2, ?3, ?4)",
                params![session, key, number(*page), record],
            )?;
            let receipt = Receipt {
                session: row.session.clone(),
                signer: *kind,
                record: record.clone(),
                public_key: Some(public_key.clone()),
            };
            let body = Body::SessionSigned { connector: *connector, receipt };
            Some(Event { seq: 0, at: row.at.clone(), body })
        }
        Verdict::Refused(why) => {
            transaction.execute("INSERT INTO receipts (session, refused) VALUES (?1, ?2)", params![session, why])?;
            None
        }
        Verdict::Nothing => None,
    };
    transaction.execute("DELETE FROM receipts_due WHERE session = ?1", [session])?;
    let seq = event.map(|event| outbox::put(&transaction, &event)).transpose()?;
    transaction.commit()?;
    Ok(seq)
}

/// Keeps what a meter has signed. Its newest word counts.
pub(in crate::store) fn put_meters(transaction: &Transaction<'_>, receipt: &Receipt) -> Result<(), Error> {
    transaction.execute(
        "INSERT INTO meter_receipts VALUES (?1, ?2, ?3)
         ON CONFLICT (session) DO UPDATE SET record = ?2, public_key = ?3",
        params![receipt.session.as_str(), receipt.record, receipt.public_key],
    )?;
    Ok(())
}

pub(in crate::store) fn due(connection: &Connection, limit: u32) -> Result<Vec<SessionId>, Error> {
    let mut query = connection.prepare("SELECT session FROM receipts_due ORDER BY rowid LIMIT ?1")?;
    let rows = query.query_map([limit], |row| row.get::<_, String>(0))?;
    rows.map(|row| SessionId::new(&row?).map_err(|error| Error::Row(error.to_string()))).collect()
}

pub(in crate::store) fn records_of(connection: &Connection, key: &str) -> Result<u64, Error> {
    let newest: Option<i64> =
        connection.query_row("SELECT max(page) FROM receipts WHERE key = ?1", [key], |row| row.get(0))?;
    Ok(newest.unwrap_or(0).unsigned_abs())
}

pub(in crate::store) fn of(connection: &Connection, session: &SessionId) -> Result<Signed, Error> {
    let receipt = |signer, record, public_key| Receipt { session: session.clone(), signer, record, public_key };
    let meters = connection
        .query_row("SELECT record, public_key FROM meter_receipts WHERE session = ?1", [session.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    if let Some((record, public_key)) = meters {
        return Ok(Signed::Yes(receipt(Signer::Meter, record, public_key)));
    }
    let ours = connection
        .query_row(
            "SELECT record, refused, kind, public_key FROM receipts
             LEFT JOIN metering_keys ON metering_keys.name = receipts.key WHERE session = ?1",
            [session.as_str()],
            |row| {
                let record: Option<String> = row.get("record")?;
                let kind: Option<String> = row.get("kind")?;
                let refused: Option<String> = row.get("refused")?;
                Ok((record.zip(kind), row.get("public_key")?, refused))
            },
        )
        .optional()?;
    Ok(match ours {
        Some((Some((record, kind)), public_key, _)) => Signed::Yes(receipt(of_word(&kind)?, record, public_key)),
        Some((None, _, Some(why))) => Signed::Never(why),
        _ => Signed::NotYet,
    })
}

pub(in crate::store) fn keys(connection: &Connection) -> Result<Vec<MeteringKey>, Error> {
    let mut query = connection.prepare(
        "SELECT name, kind, public_key, boot, mono, wall_ms, wall_quality,
            (SELECT count(*) FROM receipts WHERE key = name) AS records
         FROM metering_keys ORDER BY rowid DESC",
    )?;
    let rows = query.query_map([], |row| {
        let key = || -> Result<MeteringKey, Error> {
            Ok(MeteringKey {
                name: row.get("name")?,
                kind: of_word(&row.get::<_, String>("kind")?)?,
                algorithm: receipt::ALGORITHM.to_owned(),
                public_key: row.get("public_key")?,
                since: stamp(row, "")?,
                records: read_number(row, "records")?,
            })
        };
        Ok(key())
    })?;
    rows.collect::<Result<Result<Vec<_>, _>, _>>()?
}

//! Reading, on a connection of its own, beside the writer.

use std::path::PathBuf;

use api::{fault::Faults, history::PowerHistory, outbox::Page, receipt::MeteringKey, session::Session};
use rusqlite::{Connection, OpenFlags};
use units::{ConnectorId, SessionId};

use super::{
    Error,
    tables::{
        faults, outbox, power,
        receipts::{self, Signed},
        sessions,
    },
};

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
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        connection.pragma_update(None, "query_only", "ON")?;
        Ok(connection)
    }

    /// The newest sessions first.
    pub(crate) fn sessions(&self, limit: u32) -> Result<Vec<Session>, Error> {
        sessions::newest(&self.open()?, limit)
    }

    /// One session.
    pub(crate) fn session(&self, id: &SessionId) -> Result<Option<Session>, Error> {
        sessions::one(&self.open()?, id)
    }

    /// Past faults, the newest first, older than the row `after`.
    pub(crate) fn faults(
        &self,
        connector: Option<ConnectorId>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Faults, Error> {
        faults::past(&self.open()?, connector, after, limit)
    }

    /// Sessions that have ended and wait to be signed, the oldest first.
    pub(crate) fn unsigned(&self, limit: u32) -> Result<Vec<SessionId>, Error> {
        receipts::due(&self.open()?, limit)
    }

    /// How many records a key has signed.
    pub(crate) fn records_of(&self, key: &str) -> Result<u64, Error> {
        receipts::records_of(&self.open()?, key)
    }

    /// What there is to show of a session's signature.
    pub(crate) fn receipt(&self, session: &SessionId) -> Result<Signed, Error> {
        receipts::of(&self.open()?, session)
    }

    /// Every key that has signed here, the newest first.
    pub(crate) fn keys(&self) -> Result<Vec<MeteringKey>, Error> {
        receipts::keys(&self.open()?)
    }

    /// What the planner gave whom, the oldest first.
    pub(crate) fn power(
        &self,
        connector: Option<ConnectorId>,
        from_ms: i64,
        after: u64,
        limit: u32,
    ) -> Result<PowerHistory, Error> {
        power::history(&self.open()?, connector, from_ms, after, limit)
    }

    /// Events after a number.
    pub(crate) fn outbox(&self, after: u64, limit: u32) -> Result<Page, Error> {
        outbox::page(&self.open()?, after, limit)
    }
}

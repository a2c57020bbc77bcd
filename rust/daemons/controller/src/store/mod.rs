//! The store: sessions, meter readings and the outbox, in one SQLite file with one writer.
//!
//! WAL with `synchronous=FULL`: what is acknowledged is on disk. Every record is one transaction, and the event that tells of it
//! is in the same one. The charging path never waits here: records come in over a bounded queue.

mod reader;
mod schema;
mod tables;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use api::{fault::Fault, outbox::Ack};
use cabinet::{Kept, Record};
use rusqlite::Connection;
use shell::{database, reserve::Reserve};
use tokio::sync::{oneshot, watch};
use units::{BootId, SessionId};

use self::{
    tables::{faults, kept, outbox, sessions},
    writer::{Kind, Writer},
};
use crate::inbox::Inbox;

pub(crate) use reader::Reader;
pub(crate) use tables::receipts::{Row as ReceiptRow, Signed, Verdict};

/// What may wait for the disk: hours of readings of eight connectors.
const DEPTH: usize = 16_384;

/// What is kept free for billing rows: hundreds of sessions' ends.
const RESERVE: u32 = 8 * 1024 * 1024;

/// Of that, what is kept for records that must not be lost: readings find the queue full before it is.
const KEPT: usize = 2_048;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// SQLite says no.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row does not read as what it should be.
    #[error("a row of the store cannot be read: {0}")]
    Row(String),
    /// The file cannot be opened, or not be brought up to date.
    #[error("the store: {0}")]
    Open(#[from] database::DatabaseError),
    /// The thread could not be started.
    #[error("the store's thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

enum Job {
    /// Everything before it is on disk, or not.
    Settled(oneshot::Sender<Result<(), Error>>),
    Record(Box<Record>),
    Ack(Ack, oneshot::Sender<Result<(), Error>>),
    Receipt(Box<ReceiptRow>, oneshot::Sender<Result<(), Error>>),
}

/// The sending end to the store's thread.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
    newest: watch::Receiver<u64>,
}

/// The open file, before its thread runs.
pub(crate) struct Opened {
    connection: Connection,
    reserve: Reserve,
}

impl Opened {
    /// Opens the file, and brings its schema up to date.
    pub(crate) fn at(path: &Path) -> Result<Self, Error> {
        let reserve = Reserve::new(path.parent().unwrap_or(Path::new("/")), RESERVE);
        Ok(Self { connection: database::open(path, &schema::SCHEMA)?, reserve })
    }

    /// What the cabinet must know again of profiles and tags.
    pub(crate) fn kept(&self) -> Result<Kept, Error> {
        kept::read(&self.connection)
    }

    /// Closes every session that is open in the store and that nobody holds: the power was lost, and the last reading is
    /// the end. Returns which.
    pub(crate) fn close_orphans(&mut self, held: &[SessionId]) -> Result<Vec<SessionId>, Error> {
        sessions::close_orphans(&mut self.connection, held)
    }

    /// Closes every fault that the last controller left active and that this one, in this boot, does not hold.
    pub(crate) fn close_faults(&mut self, held: &[Fault], boot: &BootId) -> Result<usize, Error> {
        faults::close(&mut self.connection, held, boot)
    }

    /// Starts the thread. Commits are acknowledged through `inbox`.
    pub(crate) fn start(self, inbox: Inbox) -> Result<Store, Error> {
        let (jobs, queue) = sync_channel(DEPTH);
        let (newest, watching) = watch::channel(outbox::newest(&self.connection)?);
        let waiting = Arc::new(AtomicUsize::new(0));
        let mut writer = Writer::new(self.connection, Box::new(self.reserve), inbox, newest);
        let left = Arc::clone(&waiting);
        thread::Builder::new().name("store".to_owned()).spawn(move || writer.run(&queue, &left))?;
        Ok(Store { jobs, waiting, newest: watching })
    }
}

impl Store {
    /// Writes a record, in its turn. Never waits: this is the charging path.
    pub(crate) fn record(&self, record: Record) {
        let limit = if Kind::of(&record) == Kind::Sample { DEPTH - KEPT } else { DEPTH };
        if self.waiting.load(Ordering::Relaxed) >= limit || !self.send(Job::Record(Box::new(record))) {
            tracing::error!("the store is so far behind that a record is lost");
        }
    }

    fn send(&self, job: Job) -> bool {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.jobs.try_send(job).is_ok();
        if !sent {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        sent
    }

    /// Notes how far a reader has come, and forgets what all have.
    pub(crate) async fn acknowledge(&self, ack: Ack) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        if !self.send(Job::Ack(ack, done)) {
            return Err(Error::Row("the store is too far behind to take an acknowledgement".to_owned()));
        }
        answer.await.unwrap_or_else(|_| Err(Error::Row("the store's thread is gone".to_owned())))
    }

    /// Waits until everything that was recorded so far is on disk; an error while the disk does not take it.
    pub(crate) async fn settled(&self) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        if !self.send(Job::Settled(done)) {
            return Err(Error::Row("the store is too far behind".to_owned()));
        }
        answer.await.unwrap_or_else(|_| Err(Error::Row("the store's thread is gone".to_owned())))
    }

    /// Keeps a session's signature, or why it has none. Returns when it is on the disk: the caller may wait.
    pub(crate) fn receipt(&self, row: ReceiptRow) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        if !self.send(Job::Receipt(Box::new(row), done)) {
            return Err(Error::Row("the store is too far behind to take a receipt".to_owned()));
        }
        answer.blocking_recv().unwrap_or_else(|_| Err(Error::Row("the store's thread is gone".to_owned())))
    }

    /// The newest event's number, as it rises.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }
}

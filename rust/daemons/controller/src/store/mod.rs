//! The store: sessions, meter readings and the outbox, in one SQLite file with one writer.
//!
//! WAL with `synchronous=FULL`: what is acknowledged is on disk. Every record is one transaction, and the event that tells of it
//! is in the same one. The charging path never waits here: records come in over a bounded queue.

mod kept;
mod read;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    thread,
    time::Duration,
};

use api::outbox::{Ack, Body, Event};
use cabinet::{Input, Kept, Record, StoreHealth};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};
use units::SessionId;

use crate::inbox::Inbox;

pub(crate) use read::Reader;

/// What may wait for the disk: hours of readings of eight connectors.
const DEPTH: usize = 16_384;

/// How long until what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// SQLite says no.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row does not read as what it should be.
    #[error("a row of the store cannot be read: {0}")]
    Row(String),
    /// A newer program wrote this file.
    #[error("the store {path} has schema {found}, this program knows up to {known}")]
    TooNew {
        /// Which file.
        path: PathBuf,
        /// What it has.
        found: u32,
        /// What is known.
        known: u32,
    },
    /// The thread could not be started.
    #[error("the store's thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

enum Job {
    /// Everything before it is on disk, or not.
    Settled(oneshot::Sender<Result<(), Error>>),
    Record(Box<Record>),
    Ack(Ack, oneshot::Sender<Result<(), Error>>),
}

/// The sending end to the store's thread.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    jobs: SyncSender<Job>,
    newest: watch::Receiver<u64>,
}

/// The open file, before its thread runs.
pub(crate) struct Opened {
    connection: Connection,
}

impl Opened {
    /// Opens the file, and brings its schema up to date.
    pub(crate) fn at(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path)?;
        schema::prepare(&connection, path)?;
        Ok(Self { connection })
    }

    /// What the cabinet must know again of profiles and tags.
    pub(crate) fn kept(&self) -> Result<Kept, Error> {
        kept::read(&self.connection)
    }

    /// Closes every session that is open in the store and that nobody holds: the power was lost, and the last reading is
    /// the end. Returns which.
    pub(crate) fn close_orphans(&mut self, held: &[SessionId]) -> Result<Vec<SessionId>, Error> {
        rows::close_orphans(&mut self.connection, held)
    }

    /// Starts the thread. Commits are acknowledged through `inbox`.
    pub(crate) fn start(self, inbox: Inbox) -> Result<Store, Error> {
        let (jobs, queue) = sync_channel(DEPTH);
        let (newest, watching) = watch::channel(rows::newest(&self.connection)?);
        let mut writer =
            Writer { connection: self.connection, inbox, newest, backlog: VecDeque::new(), failing: false };
        thread::Builder::new().name("store".to_owned()).spawn(move || writer.run(&queue))?;
        Ok(Store { jobs, newest: watching })
    }
}

impl Store {
    /// Writes a record, in its turn.
    pub(crate) fn record(&self, record: Record) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.jobs.try_send(Job::Record(Box::new(record)))
        {
            tracing::error!("the store is so far behind that a record is lost");
        }
    }

    /// Notes how far a reader has come, and forgets what all have.
    pub(crate) async fn acknowledge(&self, ack: Ack) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        if self.jobs.try_send(Job::Ack(ack, done)).is_err() {
            return Err(Error::Row("the store is too far behind to take an acknowledgement".to_owned()));
        }
        answer.await.unwrap_or_else(|_| Err(Error::Row("the store's thread is gone".to_owned())))
    }

    /// Waits until everything that was recorded so far is on disk; an error while the disk does not take it.
    pub(crate) async fn settled(&self) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        if self.jobs.try_send(Job::Settled(done)).is_err() {
            return Err(Error::Row("the store is too far behind".to_owned()));
        }
        answer.await.unwrap_or_else(|_| Err(Error::Row("the store's thread is gone".to_owned())))
    }

    /// The newest event's number, as it rises.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }
}

struct Writer {
    connection: Connection,
    inbox: Inbox,
    newest: watch::Sender<u64>,
    /// Beginnings and ends of sessions that could not be written yet, in order. At most two a charge, so it stays small.
    backlog: VecDeque<Record>,
    failing: bool,
}

impl Writer {
    fn run(&mut self, queue: &Receiver<Job>) {
        loop {
            let job = if self.backlog.is_empty() {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                queue.recv_timeout(RETRY)
            };
            self.retry();
            match job {
                Ok(Job::Record(record)) => self.record(*record),
                Ok(Job::Ack(ack, done)) => {
                    let _ = done.send(rows::acknowledge(&mut self.connection, &ack));
                }
                Ok(Job::Settled(done)) => {
                    let behind =
                        || Error::Row("it is in force, but not on disk yet: the disk takes nothing".to_owned());
                    let _ = done.send(if self.backlog.is_empty() { Ok(()) } else { Err(behind()) });
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// What could not be written before goes first: nothing that bills overtakes, and nothing is given up.
    fn retry(&mut self) {
        while let Some(record) = self.backlog.pop_front() {
            if let Err(error) = self.write(&record) {
                self.failed(&error);
                self.backlog.push_front(record);
                return;
            }
        }
    }

    fn record(&mut self, record: Record) {
        // A reading of a session whose beginning is not written has no place to go; the end carries the last one.
        let stays = !matches!(record, Record::Reading { .. } | Record::Cached(_));
        if !self.backlog.is_empty() {
            if stays {
                // What is written whole replaces what it was before.
                self.backlog.retain(|older| !is_newer_whole(&record, older));
                self.backlog.push_back(record);
            }
            return;
        }
        if let Err(error) = self.write(&record) {
            self.failed(&error);
            if stays {
                self.backlog.push_back(record);
            }
        }
    }

    fn write(&mut self, record: &Record) -> Result<(), Error> {
        if let Some(newest) = rows::write(&mut self.connection, record)? {
            self.newest.send_replace(newest);
        }
        // Only what is on disk is acknowledged: the first energy close waits for it.
        if let Record::Open(session) = record {
            self.inbox.input(Input::Committed(session.id.clone()));
        }
        if std::mem::take(&mut self.failing) {
            self.inbox.input(Input::Store(StoreHealth::Good));
        }
        Ok(())
    }

    fn failed(&mut self, error: &Error) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!(%error, "a record was not written; what bills is tried again until it is");
        }
        self.inbox.input(Input::Store(StoreHealth::Failing(error.to_string())));
    }
}

/// Whether the first is all of what the second is an older state of.
const fn is_newer_whole(new: &Record, old: &Record) -> bool {
    matches!(
        (new, old),
        (Record::Profiles(_), Record::Profiles(_))
            | (Record::LocalList(_), Record::LocalList(_))
            | (Record::ForgetCache, Record::ForgetCache)
    )
}

/// The event that tells of a record.
fn event_of(record: &Record) -> Option<Event> {
    match record {
        Record::Open(session) => Some(Event {
            seq: 0,
            at: session.started.clone(),
            body: Body::SessionStarted {
                session: session.id.clone(),
                connector: session.connector,
                id_tag: session.id_tag.clone(),
                meter: session.meter_start.clone(),
            },
        }),
        Record::Reading { event, .. } => event.clone(),
        Record::Profiles(_) | Record::LocalList(_) | Record::Cached(_) | Record::ForgetCache => None,
        Record::Close(session) => {
            let (Some(at), Some(reason)) = (session.stopped.clone(), session.reason) else { return None };
            let body = Body::SessionStopped {
                session: session.id.clone(),
                connector: session.connector,
                id_tag: session.id_tag.clone(),
                meter: session.meter_last.clone(),
                reason,
            };
            Some(Event { seq: 0, at, body })
        }
    }
}

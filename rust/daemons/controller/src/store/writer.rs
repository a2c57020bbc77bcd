//! The one writer: whatever waits goes into one transaction, what bills is tried again until it is written.

use std::{
    collections::VecDeque,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use cabinet::{Input, Record, StoreHealth};
use rusqlite::{Connection, ErrorCode};
use shell::reserve::Reserve;
use tokio::sync::watch;
use units::SessionId;

use super::{
    Error, Job, ReceiptRow,
    tables::{self, outbox, receipts},
};
use crate::inbox::Inbox;

/// How long until what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// The most records in one transaction.
const BATCH: usize = 256;
/// The most that is remembered of what cannot be written. Beginnings and ends of sessions are few; faults yield to them.
const BACKLOG: usize = 10_000;

/// How many sessions that were not let begin are remembered.
const REFUSED: usize = 256;

/// What a record is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Beginnings and ends of sessions: never given up.
    Bill,
    /// What is written once, and tried again while there is room.
    Note,
    /// One of many that tell the same story.
    Sample,
}

impl Kind {
    pub(super) const fn of(record: &Record) -> Self {
        match record {
            Record::Open(_) | Record::Segment(_) | Record::Close(_) => Self::Bill,
            Record::Reading { .. } | Record::Power(_) | Record::Cached(_) => Self::Sample,
            _ => Self::Note,
        }
    }
}

/// Room on the disk that is given up when there is no other.
pub(super) trait Room: Send {
    /// Takes the room up again; tells whether it is held.
    fn hold(&mut self) -> bool;
    /// Gives it to whoever writes next.
    fn release(&mut self);
}

impl Room for Reserve {
    fn hold(&mut self) -> bool {
        Self::hold(self)
    }

    fn release(&mut self) {
        Self::release(self);
    }
}

pub(super) struct Writer {
    pub(super) connection: Connection,
    reserve: Box<dyn Room>,
    /// The reserve is there to be given up.
    has_reserve: bool,
    /// The disk is full, and what bills is written into the room that was kept for it: no charge begins.
    pub(super) on_reserve: bool,
    /// Sessions that were not let begin: nothing of them is written.
    refused: VecDeque<SessionId>,
    inbox: Inbox,
    newest: watch::Sender<u64>,
    /// What could not be written yet, in order.
    pub(super) backlog: VecDeque<Record>,
    failing: bool,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        mut reserve: Box<dyn Room>,
        inbox: Inbox,
        newest: watch::Sender<u64>,
    ) -> Self {
        let has_reserve = reserve.hold();
        if !has_reserve {
            tracing::warn!("there is no room on the disk for a reserve");
        }
        let (refused, backlog) = (VecDeque::new(), VecDeque::new());
        Self { connection, reserve, has_reserve, on_reserve: false, refused, inbox, newest, backlog, failing: false }
    }

    /// Writes what comes until nobody can send any more.
    pub(super) fn run(&mut self, queue: &Receiver<Job>, waiting: &AtomicUsize) {
        loop {
            let mut job = if self.backlog.is_empty() && !self.on_reserve {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                queue.recv_timeout(RETRY)
            };
            self.retry();
            let mut records = Vec::new();
            loop {
                match job {
                    Ok(Job::Record(record)) => records.push(*record),
                    Ok(Job::Ack(ack, done)) => {
                        self.write_all(std::mem::take(&mut records));
                        let _ = done.send(outbox::acknowledge(&mut self.connection, &ack));
                    }
                    Ok(Job::Receipt(row, done)) => {
                        self.write_all(std::mem::take(&mut records));
                        let _ = done.send(self.receipt(&row));
                    }
                    Ok(Job::Settled(done)) => {
                        self.write_all(std::mem::take(&mut records));
                        let behind =
                            || Error::Row("it is in force, but not on disk yet: the disk takes nothing".to_owned());
                        let _ = done.send(if self.backlog.is_empty() { Ok(()) } else { Err(behind()) });
                    }
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => {
                        self.write_all(records);
                        return;
                    }
                }
                waiting.fetch_sub(1, Ordering::Relaxed);
                if records.len() >= BATCH {
                    break;
                }
                job = queue.try_recv().map_err(|_| RecvTimeoutError::Timeout);
            }
            self.write_all(records);
        }
    }

    /// What could not be written before goes first: nothing that bills overtakes, and nothing is given up.
    pub(super) fn retry(&mut self) {
        if !self.has_reserve {
            self.has_reserve = self.reserve.hold();
        }
        if self.on_reserve && self.has_reserve {
            self.on_reserve = false;
            tracing::info!("the disk has room again");
            if self.backlog.is_empty() {
                self.recovered();
            }
        }
        while let Some(record) = self.backlog.pop_front() {
            if let Err(error) = self.write_one(&record) {
                self.failed(&error);
                self.backlog.push_front(record);
                return;
            }
        }
    }

    /// All in one transaction, or, if that fails, each that can be.
    fn write_all(&mut self, records: Vec<Record>) {
        if self.backlog.is_empty() && !self.on_reserve && (records.is_empty() || self.write(&records).is_ok()) {
            return;
        }
        for record in records {
            self.record(record);
        }
    }

    pub(super) fn record(&mut self, record: Record) {
        // A reading of a session whose beginning is not written has no place to go; the end carries the last one.
        if self.on_reserve && self.refuse(&record) {
            return;
        }
        let result = if self.backlog.is_empty() { self.write_one(&record) } else { Ok(()) };
        let waits = !self.backlog.is_empty() || result.is_err();
        if let Err(error) = &result {
            self.failed(error);
        }
        let keep = match Kind::of(&record) {
            Kind::Bill => true,
            Kind::Note => self.backlog.len() < BACKLOG,
            Kind::Sample => false,
        };
        if waits && keep {
            // What is written whole replaces what it was before.
            self.backlog.retain(|older| !is_newer_whole(&record, older));
            self.backlog.push_back(record);
        }
    }

    /// Whether a record must not take up what is left: beginnings, what belongs to them, and samples.
    fn refuse(&mut self, record: &Record) -> bool {
        match record {
            Record::Open(session) => {
                if self.refused.len() == REFUSED {
                    self.refused.pop_front();
                }
                self.refused.push_back(session.id.clone());
                true
            }
            Record::Segment(session) | Record::Close(session) => self.refused.contains(&session.id),
            record => Kind::of(record) == Kind::Sample,
        }
    }

    /// One record; what bills may have the reserve, if there is no other room.
    fn write_one(&mut self, record: &Record) -> Result<(), Error> {
        let result = self.write(std::slice::from_ref(record));
        let full =
            matches!(&result, Err(Error::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::DiskFull));
        if !full || !self.has_reserve || Kind::of(record) != Kind::Bill {
            return result;
        }
        self.reserve.release();
        (self.has_reserve, self.on_reserve) = (false, true);
        if let Err(error) = &result {
            self.failed(error);
        }
        if self.refuse(record) { Ok(()) } else { self.write(std::slice::from_ref(record)) }
    }

    fn write(&mut self, records: &[Record]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        let mut newest = None;
        for record in records {
            newest = tables::write(&transaction, record)?.or(newest);
        }
        transaction.commit()?;
        if let Some(newest) = newest {
            self.newest.send_replace(newest);
        }
        // Only what is on disk is acknowledged: the first energy close waits for it.
        for record in records {
            if let Record::Open(session) = record {
                self.inbox.input(Input::Committed(session.id.clone()));
            }
        }
        if !self.on_reserve {
            self.recovered();
        }
        Ok(())
    }

    fn recovered(&mut self) {
        if std::mem::take(&mut self.failing) {
            self.inbox.input(Input::Store(StoreHealth::Good));
        }
    }

    fn receipt(&mut self, row: &ReceiptRow) -> Result<(), Error> {
        if let Some(newest) = receipts::put(&mut self.connection, row)? {
            self.newest.send_replace(newest);
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

//! The store and its disk: what is committed, what is still on its way, what a power cut or a killed process loses of it.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use api::{command::StopReason, session::Session};
use cabinet::{Input, Kept, Record, StoreHealth};
use units::SessionId;

use super::World;
use crate::queue::Event;

/// How long a healthy disk takes for a record.
const WRITE: Duration = Duration::from_millis(8);
/// A full disk is tried again after this.
const AGAIN: Duration = Duration::from_secs(1);

/// The store.
#[derive(Default)]
pub(crate) struct Store {
    waiting: VecDeque<Record>,
    busy: bool,
    failing: bool,
    pub(crate) full: bool,
    /// How long a record takes, if not as usual.
    pub(crate) slow: Option<Duration>,
    /// Profiles and tags on the disk.
    pub(crate) kept: Kept,
    /// What is on the disk.
    pub(crate) rows: BTreeMap<SessionId, Row>,
}

/// A session's row.
pub(crate) struct Row {
    pub(crate) session: Session,
    /// Ended by whom.
    pub(crate) ended: Option<Ended>,
}

/// How a row came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The cabinet closed it.
    Closed,
    /// A later start found it open and without a charge.
    Orphaned,
}

impl World {
    /// The controller hands a record over.
    pub(crate) fn store_takes(&mut self, record: Record) {
        self.store.waiting.push_back(record);
        self.disk_goes_on();
    }

    fn disk_goes_on(&mut self) {
        if !self.store.busy && !self.store.waiting.is_empty() {
            self.store.busy = true;
            self.queue.put(self.now + self.store.slow.unwrap_or(WRITE), Event::Disk);
        }
    }

    pub(crate) fn disk_event(&mut self) {
        if !std::mem::replace(&mut self.store.busy, false) {
            return;
        }
        if self.store.full {
            if !std::mem::replace(&mut self.store.failing, true) {
                let why = "the disk is full".to_owned();
                self.tell_controller(Input::Store(StoreHealth::Failing(why)));
            }
            // A reading is given up; what bills is tried again.
            if matches!(self.store.waiting.front(), Some(Record::Reading { .. })) {
                self.store.waiting.pop_front();
            }
            if !self.store.waiting.is_empty() {
                self.store.busy = true;
                self.queue.put(self.now + AGAIN, Event::Disk);
            }
            return;
        }
        if let Some(record) = self.store.waiting.pop_front() {
            self.commit(record);
        }
        if std::mem::replace(&mut self.store.failing, false) {
            self.tell_controller(Input::Store(StoreHealth::Good));
        }
        self.disk_goes_on();
    }

    fn commit(&mut self, record: Record) {
        self.store.kept.note(&record);
        match record {
            Record::Open(session) => {
                let id = session.id.clone();
                self.store.rows.insert(id.clone(), Row { session, ended: None });
                self.stats.sessions += 1;
                self.tell_controller(Input::Committed(id));
            }
            Record::Reading { session, meter, at, .. } => {
                if let Some(row) = self.store.rows.get_mut(&session) {
                    // A segment's own record has come before it.
                    row.session.read(meter, at, Vec::new());
                }
            }
            Record::Segment(session) => {
                if let Some(row) = self.store.rows.get_mut(&session.id) {
                    row.session = session;
                }
            }
            Record::Close(session) => {
                let id = session.id.clone();
                self.stats.billed_wh += session.energy_wh();
                self.store.rows.insert(id, Row { session, ended: Some(Ended::Closed) });
            }
            _ => {}
        }
    }

    /// The process is gone: what was not yet on the disk is lost.
    pub(crate) fn store_dies(&mut self) {
        let lost: Vec<Record> = self.store.waiting.drain(..).collect();
        self.store.busy = false;
        self.store.failing = false;
        for record in lost {
            self.stats.lost_records += 1;
            self.ledger_lost(&record);
        }
    }

    /// A start: rows that are open and that no cabinet holds are closed as of their last reading.
    pub(crate) fn close_orphans(&mut self, held: &[SessionId]) {
        let mut closed = Vec::new();
        for (id, row) in &mut self.store.rows {
            if row.ended.is_none() && !held.contains(id) {
                row.ended = Some(Ended::Orphaned);
                row.session.stopped = Some(row.session.meter_last_at.clone());
                row.session.reason = Some(StopReason::PowerLoss);
                closed.push(row.session.clone());
            }
        }
        for session in closed {
            self.stats.orphans += 1;
            self.stats.billed_wh += session.energy_wh();
            self.ledger_orphaned(&session);
        }
    }

    /// Whether a session's row is on the disk.
    pub(crate) fn is_committed(&self, session: &SessionId) -> bool {
        self.store.rows.contains_key(session)
    }
}

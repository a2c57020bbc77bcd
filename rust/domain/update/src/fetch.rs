//! Fetching a bundle: attempts, and what becomes of the file.

use std::time::Duration;

use api::update::{Code, DownloadStatus, FetchBundle, OutcomeResult, Source};
use units::Wall;

use crate::{
    actions::{Action, Again, FetchFailure, FetchJob, Fetched},
    record::{Fetch, Stage},
    requests::Rejection,
    updater::Updater,
};

impl Fetch {
    pub(crate) const fn runs(&self) -> bool {
        matches!(self.status, DownloadStatus::Running | DownloadStatus::Waiting)
    }

    pub(crate) fn job(&self, delay: Duration) -> Action {
        Action::Fetch(FetchJob { id: self.id.clone(), url: self.url.clone(), delay })
    }
}

impl Updater {
    /// Replaces what was fetched before. Nothing is persisted yet.
    pub(crate) fn begin_fetch(&mut self, ask: FetchBundle, id: &str) -> Result<Vec<Action>, Rejection> {
        if let Some(running) = self.record.fetch.as_ref().filter(|fetch| fetch.runs()) {
            return Err(Rejection::Busy { what: format!("download {}", running.id) });
        }
        let mut actions: Vec<Action> =
            self.record.fetch.take().map(|old| Action::Delete { id: old.id }).into_iter().collect();
        let FetchBundle { url, retries, retry_interval_s, asked_by, reference } = ask;
        let (id, status) = (id.to_owned(), DownloadStatus::Running);
        let fetch = Fetch { id, url, retries, retry_interval_s, attempt: 1, asked_by, reference, status, error: None };
        actions.push(fetch.job(Duration::ZERO));
        (self.volatile.received, self.volatile.total) = (0, None);
        self.record.fetch = Some(fetch);
        Ok(actions)
    }

    /// What was fetched whole under this id: its SHA-256.
    pub(crate) fn downloaded(&self, id: &str) -> Option<&str> {
        match self.record.fetch.as_ref().filter(|fetch| fetch.id == id).map(|fetch| &fetch.status) {
            Some(DownloadStatus::Done { sha256, .. }) => Some(sha256),
            _ => None,
        }
    }

    pub(crate) fn fetching(&mut self, id: &str, received: u64, total: Option<u64>) -> Vec<Action> {
        if let Some(fetch) = self.record.fetch.as_mut().filter(|fetch| fetch.id == id && fetch.runs()) {
            // The pause before another attempt is over.
            fetch.status = DownloadStatus::Running;
            (self.volatile.received, self.volatile.total) = (received, total);
        }
        Vec::new()
    }

    pub(crate) fn fetched(&mut self, id: &str, result: Result<Fetched, FetchFailure>, wall: Wall) -> Vec<Action> {
        let Some(fetch) = self.record.fetch.as_mut().filter(|fetch| fetch.id == id && fetch.runs()) else {
            return Vec::new();
        };
        let failure = match result {
            Ok(Fetched { path, sha256, size }) => {
                fetch.status = DownloadStatus::Done { path, sha256, size };
                (self.volatile.received, self.volatile.total) = (size, Some(size));
                return [vec![Action::Persist], self.fetched_for_order(id)].concat();
            }
            Err(failure) => failure,
        };
        fetch.error = Some(failure.reason.clone());
        if failure.again == Again::MayHelp && fetch.attempt <= fetch.retries {
            fetch.attempt += 1;
            fetch.status = DownloadStatus::Waiting;
            return vec![Action::Persist, fetch.job(Duration::from_secs(fetch.retry_interval_s.into()))];
        }
        fetch.status = DownloadStatus::Failed;
        let mut actions = vec![Action::Persist, Action::Delete { id: id.to_owned() }];
        if self.record.order.as_ref().is_some_and(|order| order.id == id && order.stage == Stage::Fetching) {
            actions.extend(self.finish(OutcomeResult::Refused, failure.code, failure.reason, wall));
        }
        actions
    }

    fn fetched_for_order(&mut self, id: &str) -> Vec<Action> {
        let Some(order) = self.record.order.as_mut().filter(|order| order.id == id && order.stage == Stage::Fetching)
        else {
            return Vec::new();
        };
        order.stage = Stage::Checking;
        [vec![Action::Persist], self.inspect()].concat()
    }

    /// Stops the download and forgets its file; nothing if there is none.
    pub(crate) fn drop_fetch(&mut self) -> Option<Vec<Action>> {
        let fetch = self.record.fetch.as_mut()?;
        let id = fetch.id.clone();
        match fetch.status {
            DownloadStatus::Failed | DownloadStatus::Cancelled => return None,
            _ => fetch.status = DownloadStatus::Cancelled,
        }
        self.rev += 1;
        Some(vec![Action::StopFetch, Action::Persist, Action::Delete { id }])
    }

    /// The bundle of an order is not needed any more. Nothing is persisted yet.
    pub(crate) fn drop_bundle(&mut self, source: &Source, order: &str) -> Vec<Action> {
        let id = match source {
            Source::Url(_) => order,
            Source::Downloaded(id) => id,
            Source::File(_) | Source::Usb(_) => return Vec::new(),
        };
        match self.record.fetch.take() {
            Some(fetch) if fetch.id == id => vec![Action::StopFetch, Action::Delete { id: fetch.id }],
            other => {
                self.record.fetch = other;
                Vec::new()
            }
        }
    }

    pub(crate) fn cancelled(&mut self, wall: Wall) -> Vec<Action> {
        self.rev += 1;
        self.finish(OutcomeResult::Cancelled, Code::Cancelled, "somebody cancelled it".to_owned(), wall)
    }
}

//! An update that the CSMS asked for, from its request to its last status. No socket, no clock, no file.
//!
//! `system` fetches, installs, restarts and judges the new version's health, for whoever asks it. What is OCPP's own is
//! here: when a file may be fetched and installed, whether it is signed by whom the CSMS names, what a second request does
//! to the first, and which statuses the CSMS is told, each once and in order.
//!
//! | stage | ends when | told on the way |
//! |---|---|---|
//! | [`Stage::Waiting`] | its time has come and `system` took the download | `DownloadScheduled` if it has to wait |
//! | [`Stage::Fetching`] | the file is here and its signature holds | `Downloading` for each attempt, `Downloaded`, `SignatureVerified`; or `DownloadFailed`, `InvalidSignature` |
//! | [`Stage::Verified`] | its time has come and `system` took it for installation | `InstallScheduled` if it has to wait |
//! | [`Stage::Installing`] | `system` knows the outcome, restart and all | `Installing`, `InstallRebooting`; then `Installed`, `InstallVerificationFailed` or `InstallationFailed` |
//! | [`Stage::Over`] | never | |
//!
//! `Installed` is only said of a version that runs, is healthy and stays: after it OCPP has no word for a way back. A
//! bundle is written while cars charge; the restart waits for the last of them.
//!
//! The caller keeps the [`Record`] and the notices of one [`Outputs`] together, or neither, before it does what is
//! ordered; it comes back every few seconds.

mod asked;
mod record;
pub mod trust;

use std::time::Duration;

use api::update::{
    Code, Download, DownloadStatus, FetchBundle, Install, Outcome, OutcomeResult, Phase, RestartWhen, Source,
    UpdateState,
};
use units::Mono;

pub use self::record::{Record, Stage};
use crate::{
    station::Now,
    wire::firmware::{Notice, SecurityEvent, Status},
};

/// As `system` knows us.
const ASKER: &str = "ocpp";
/// Between two requests to a `system` that is busy or away.
const AGAIN: Duration = Duration::from_secs(10);
/// So long `system` may know nothing of an update that it took, or be away when it is needed.
const PATIENCE: Duration = Duration::from_mins(2);
/// What a CSMS that does not say gets.
const RETRIES: u32 = 3;
/// The same, in s.
const RETRY_INTERVAL: u32 = 60;

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// How `system` stands.
    System(Box<UpdateState>),
    /// It is no longer heard.
    SystemLost,
    /// It answered what was ordered.
    Answered(Result<(), Refusal>),
    /// Time has passed.
    Wake,
}

/// Why `system` did not take an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is doing something else.
    Busy,
    /// It does not answer.
    Away,
    /// It never will.
    Refused(String),
}

/// What is to be done, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// Keep this, and with it what must be told.
    pub keep: Option<Record>,
    /// What the CSMS must be told.
    pub tell: Vec<Notice>,
    /// What went wrong, for a person.
    pub troubles: Vec<String>,
    /// Ask this of `system`. Its answer is [`Input::Answered`].
    pub order: Option<Order>,
}

/// What `system` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Fetch the file.
    Fetch(FetchBundle),
    /// Install it.
    Install(Install),
    /// Drop what was fetched.
    Cancel,
}

/// The machine.
#[derive(Debug, Default)]
pub struct Firmware {
    record: Option<Record>,
    /// As last heard; nothing while it is not.
    system: Option<Box<UpdateState>>,
    /// What `system` has not answered yet, and for which update.
    open: Option<(Order, String)>,
    /// When `system` may be asked again.
    not_before: Option<Mono>,
    /// Since when `system` does not know what it should, or is away.
    missing: Option<Mono>,
    /// What was fetched for an update that is not wanted any more is still there.
    litter: bool,
    out: Outputs,
}

impl Firmware {
    /// Takes up where an earlier process ended.
    pub fn new(record: Option<Record>) -> Self {
        Self { record, ..Self::default() }
    }

    /// The update under way, or the last one.
    pub const fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// Takes what happened; gives what is to be done.
    pub fn handle(&mut self, now: Now, input: Input) -> Outputs {
        match input {
            Input::System(state) => {
                self.system = Some(state);
                self.observe(now);
            }
            Input::SystemLost => (self.system, self.missing) = (None, None),
            Input::Answered(answer) => self.answered(now, answer),
            Input::Wake => self.observe(now),
        }
        self.advance(now);
        std::mem::take(&mut self.out)
    }

    /// What `system` says of the update.
    fn observe(&mut self, now: Now) {
        let (Some(record), Some(system)) = (&self.record, &self.system) else { return };
        let reference = record.reference.as_str();
        let ours = |by: &str, of: Option<&str>| by == ASKER && of == Some(reference);
        let download = system.download.as_ref().filter(|it| ours(&it.asked_by, it.reference.as_deref())).cloned();
        let pending = system.pending.as_ref().is_some_and(|it| ours(&it.asked_by, it.reference.as_deref()));
        let outcome = system.outcome_of(ASKER, reference).cloned();
        let phase = system.progress.phase;
        match (&record.stage, download, outcome) {
            (Stage::Waiting | Stage::Fetching { .. }, Some(download), _) => self.fetched(now, &download),
            (Stage::Fetching { .. }, None, _) => {
                self.missed(now, Status::DownloadFailed, "system lost the download");
            }
            (Stage::Verified { .. } | Stage::Installing, _, Some(outcome)) => {
                self.installing();
                self.ended(now, &outcome);
            }
            (Stage::Verified { .. } | Stage::Installing, _, None) if pending => {
                self.missing = None;
                self.installing();
                if phase == Phase::Restarting {
                    self.say_once(Status::InstallRebooting);
                }
            }
            (Stage::Installing, _, None) => {
                self.missed(now, Status::InstallationFailed, "system knows nothing of the update");
            }
            (Stage::Over, ..) | (Stage::Waiting, None, _) | (Stage::Verified { .. }, _, None) => {}
        }
    }

    fn fetched(&mut self, now: Now, download: &Download) {
        self.missing = None;
        let Some(record) = &mut self.record else { return };
        let begun = if let Stage::Fetching { attempt } = record.stage { attempt } else { 0 };
        // `system` counts the next attempt while it waits for it.
        let waits = u32::from(download.status == DownloadStatus::Waiting);
        let attempt = download.attempt.saturating_sub(waits).max(1);
        if attempt > begun {
            record.stage = Stage::Fetching { attempt };
            self.say(Status::Downloading);
        }
        match &download.status {
            DownloadStatus::Running | DownloadStatus::Waiting => {}
            DownloadStatus::Failed => {
                let why = download.error.clone().unwrap_or_else(|| "every attempt failed".to_owned());
                self.end(Status::DownloadFailed, &why);
            }
            DownloadStatus::Cancelled => self.end(Status::DownloadFailed, "somebody cancelled it"),
            DownloadStatus::Done { sha256, .. } => self.judge(now, &download.id, sha256),
        }
    }

    /// The file is here: is it signed by whom the CSMS named?
    fn judge(&mut self, now: Now, download: &str, sha256: &str) {
        self.say(Status::Downloaded);
        let Some(record) = &mut self.record else { return };
        match trust::verify(&record.ask.certificate, sha256, &record.ask.signature) {
            Ok(()) => {
                record.stage = Stage::Verified { download: download.to_owned(), sha256: sha256.to_owned() };
                self.say(Status::SignatureVerified);
            }
            Err(error) => {
                self.end(Status::InvalidSignature, &error.to_string());
                self.alarm(now, SecurityEvent::InvalidFirmwareSignature, error.to_string());
                self.litter = true;
            }
        }
    }

    fn installing(&mut self) {
        let Some(record) = &mut self.record else { return };
        if matches!(record.stage, Stage::Verified { .. }) {
            record.stage = Stage::Installing;
            self.say(Status::Installing);
        }
    }

    fn ended(&mut self, now: Now, outcome: &Outcome) {
        let why = outcome.reason.as_str();
        match outcome.result {
            OutcomeResult::Confirmed => {
                self.end(Status::Installed, "");
                let version = outcome.version.as_deref().unwrap_or("unknown");
                self.alarm(now, SecurityEvent::FirmwareUpdated, format!("version {version}"));
            }
            // Its signature, hardware or version are not what this unit takes. What else keeps an update from being
            // written says nothing about the file.
            OutcomeResult::Refused => self.end(
                match outcome.code {
                    Code::Pinned
                    | Code::BelowFloor
                    | Code::SameVersion
                    | Code::BadVersion
                    | Code::Signature
                    | Code::Compatible
                    | Code::Damaged => Status::InstallVerificationFailed,
                    _ => Status::InstallationFailed,
                },
                why,
            ),
            OutcomeResult::Cancelled | OutcomeResult::Failed | OutcomeResult::RolledBack => {
                self.end(Status::InstallationFailed, why);
            }
        }
    }

    fn answered(&mut self, now: Now, answer: Result<(), Refusal>) {
        let Some((order, reference)) = self.open.take() else { return };
        if self.record.as_ref().is_none_or(|record| record.reference != reference || record.stage == Stage::Over) {
            // It is not wanted any more.
            self.litter |= matches!(order, Order::Fetch(_)) && answer != Err(Refusal::Busy);
            return;
        }
        let stage = self.record.as_ref().map(|record| &record.stage);
        let failed = match (&order, &answer) {
            (Order::Cancel, _) => return,
            // Its state has told already that it took the order, whatever it answers.
            (Order::Fetch(_), _) if !matches!(stage, Some(Stage::Waiting)) => return,
            (Order::Install(_), _) if !matches!(stage, Some(Stage::Verified { .. })) => return,
            (Order::Fetch(_), Ok(())) => return self.taken(Stage::Fetching { attempt: 1 }, Status::Downloading),
            (Order::Install(_), Ok(())) => return self.taken(Stage::Installing, Status::Installing),
            (Order::Fetch(_), Err(_)) => Status::DownloadFailed,
            (Order::Install(_), Err(_)) => Status::InstallationFailed,
        };
        self.not_before = Some(now.mono + AGAIN);
        match answer {
            Err(Refusal::Refused(why)) => self.end(failed, &why),
            Err(Refusal::Away) => self.missed(now, failed, "system does not answer"),
            Err(Refusal::Busy) if failed == Status::DownloadFailed => self.say_once(Status::DownloadScheduled),
            Err(Refusal::Busy) | Ok(()) => {}
        }
    }

    /// `system` took the order.
    fn taken(&mut self, stage: Stage, status: Status) {
        self.missing = None;
        if let Some(record) = &mut self.record {
            record.stage = stage;
            self.say(status);
        }
    }

    /// Does what is due.
    fn advance(&mut self, now: Now) {
        if self.open.is_some() || self.not_before.is_some_and(|at| now.mono < at) {
            return;
        }
        self.not_before = None;
        let idle = self.system.as_ref().is_some_and(|system| system.pending.is_none());
        if self.litter {
            // It would also stop what somebody else has begun meanwhile.
            self.litter = false;
            if idle {
                return self.order(Order::Cancel);
            }
        }
        let Some(record) = &self.record else { return };
        let ask = &record.ask;
        match &record.stage {
            Stage::Waiting if now.wall_ms < ask.retrieve_at_ms || !idle => self.say_once(Status::DownloadScheduled),
            Stage::Waiting => self.order(Order::Fetch(FetchBundle {
                url: ask.location.clone(),
                retries: ask.retries.unwrap_or(RETRIES).min(100),
                retry_interval_s: ask.retry_interval_s.unwrap_or(RETRY_INTERVAL).clamp(1, 86_400),
                asked_by: ASKER.to_owned(),
                reference: Some(record.reference.clone()),
            })),
            Stage::Verified { .. } if ask.install_at_ms.is_some_and(|at| now.wall_ms < at) => {
                self.say_once(Status::InstallScheduled);
            }
            Stage::Verified { download, sha256 } if idle => self.order(Order::Install(Install {
                source: Source::Downloaded(download.clone()),
                // The other side is written while cars charge; the restart waits for them.
                force: true,
                restart: RestartWhen::WhenIdle,
                sha256: Some(sha256.clone()),
                asked_by: ASKER.to_owned(),
                reference: Some(record.reference.clone()),
            })),
            Stage::Verified { .. } | Stage::Fetching { .. } | Stage::Installing | Stage::Over => {}
        }
    }

    fn order(&mut self, order: Order) {
        let reference = self.record.as_ref().map(|record| record.reference.clone()).unwrap_or_default();
        self.open = Some((order.clone(), reference));
        self.out.order = Some(order);
    }

    /// `system` should know and does not: it may be starting, but not for ever.
    fn missed(&mut self, now: Now, status: Status, why: &str) {
        let since = *self.missing.get_or_insert(now.mono);
        if now.mono.since(since) >= PATIENCE {
            self.end(status, why);
        }
    }

    fn end(&mut self, status: Status, why: &str) {
        self.missing = None;
        if let Some(record) = &mut self.record {
            record.stage = Stage::Over;
            if !why.is_empty() {
                let id = record.ask.request_id;
                self.out.troubles.push(format!("update {id} of the CSMS ended as {status:?}: {why}"));
            }
        }
        self.say(status);
    }

    fn say_once(&mut self, status: Status) {
        if self.record.as_ref().is_some_and(|record| record.said != Some(status)) {
            self.say(status);
        }
    }

    fn say(&mut self, status: Status) {
        let Some(record) = &mut self.record else { return };
        record.said = Some(status);
        self.out.tell.push(Notice::Firmware { status, request_id: Some(record.ask.request_id) });
        self.out.keep = Some(record.clone());
    }

    fn alarm(&mut self, now: Now, event: SecurityEvent, info: String) {
        self.out.tell.push(Notice::Security { event, at_ms: now.wall_ms, info });
    }
}

#[cfg(test)]
mod tests;

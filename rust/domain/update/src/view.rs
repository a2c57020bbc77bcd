//! The machine as it is told.

use api::update::{Download, Pending, Phase, Progress, Running, UpdateState};

use crate::{
    record::{Fetch, Going, Order, Record, Stage},
    requests::without_password,
    start::letter,
    updater::Updater,
    verify::Verdict,
};

impl Updater {
    /// Everything about updates, as it is told.
    #[must_use]
    pub fn state(&self) -> UpdateState {
        let mut sides = self.sides.clone();
        for side in &mut sides {
            if Some(side.side) == self.boot.side {
                side.version = Some(self.boot.version.clone());
            }
        }
        UpdateState {
            rev: self.rev,
            running: Running { side: self.boot.side, version: self.boot.version.clone() },
            sides,
            progress: self.progress(),
            pending: self.record.order.as_ref().map(pending),
            download: self.record.fetch.as_ref().map(|fetch| self.fetch(fetch)),
            outcomes: self.record.outcomes.clone(),
            pin: self.record.pin.version().map(ToString::to_string),
            floor: self.record.floor.version().map(ToString::to_string),
            confirmed: self.verdict == Verdict::Confirmed,
            unavailable: self.unavailable().or_else(|| self.unread()),
        }
    }

    /// What the owner has to say before anything is taken.
    fn unread(&self) -> Option<String> {
        let Record { pin, floor, .. } = &self.record;
        pin.unread("pin").or_else(|| floor.unread("floor"))
    }

    fn fetch(&self, fetch: &Fetch) -> Download {
        Download {
            id: fetch.id.clone(),
            url: without_password(&fetch.url),
            status: fetch.status.clone(),
            attempt: fetch.attempt,
            received: self.volatile.received,
            total: self.volatile.total,
            error: fetch.error.clone(),
            asked_by: fetch.asked_by.clone(),
            reference: fetch.reference.clone(),
        }
    }

    fn progress(&self) -> Progress {
        let Some(order) = &self.record.order else { return self.at_rest() };
        let (words, version) = (&self.volatile.message, order.version.as_deref().unwrap_or("the update"));
        let (phase, percent, message) = match &order.stage {
            Stage::Fetching => {
                let failed = self.record.fetch.as_ref().and_then(|fetch| fetch.error.as_deref());
                let failed = failed.map(|why| format!("; the last attempt failed: {why}")).unwrap_or_default();
                (Phase::Downloading, self.fetched_percent(), format!("the bundle is fetched{failed}"))
            }
            Stage::Checking => (Phase::Checking, None, "the bundle is checked".to_owned()),
            Stage::Installing { target } => {
                let words = if words.is_empty() { String::new() } else { format!(": {words}") };
                let message = format!("{version} is written to side {}{words}", letter(*target));
                (Phase::Installing, self.volatile.percent, message)
            }
            Stage::Installed { restart, .. } => {
                let message = match restart {
                    Going::Held => format!("{version} is installed; restart to start it"),
                    Going::WhenIdle if words.is_empty() => format!("{version} is installed; a restart follows"),
                    Going::WhenIdle => format!("{version} is installed; the restart waits: {words}"),
                    Going::AtOnce => format!("{version} is installed; the machine is about to restart"),
                };
                (Phase::WaitingRestart, None, message)
            }
            Stage::Restarting { target } => {
                (Phase::Restarting, None, format!("the machine restarts into {version} on side {}", letter(*target)))
            }
            Stage::Verifying { .. } => {
                (Phase::Verifying, None, self.verdict_in_words(&format!("{version} runs and is being looked at")))
            }
            Stage::Unhealthy { reason, .. } => (
                Phase::Restarting,
                None,
                format!("{version} is not healthy ({reason}); the machine goes back to {}", order.replaces),
            ),
        };
        Progress { phase, percent, message }
    }

    fn at_rest(&self) -> Progress {
        Progress { phase: Phase::Idle, percent: None, message: self.verdict_in_words("no update is under way") }
    }

    fn verdict_in_words(&self, otherwise: &str) -> String {
        match &self.verdict {
            Verdict::Open { said, .. } if !said.is_empty() => {
                format!("{otherwise}; not confirmed yet: {}", said.join("; "))
            }
            Verdict::Open { .. } | Verdict::Marking { .. } => format!("{otherwise}; this start is not confirmed yet"),
            Verdict::Confirmed | Verdict::Never => otherwise.to_owned(),
        }
    }

    fn fetched_percent(&self) -> Option<u8> {
        let total = self.volatile.total.filter(|total| *total > 0)?;
        u8::try_from(self.volatile.received.min(total).saturating_mul(100) / total).ok()
    }
}

fn pending(order: &Order) -> Pending {
    Pending {
        id: order.id.clone(),
        version: order.version.clone(),
        side: order.stage.target(),
        restart: order.ask.restart,
        asked_by: order.ask.asked_by.clone(),
        reference: order.ask.reference.clone(),
    }
}

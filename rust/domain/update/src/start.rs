//! What a start of this program means for an update that is under way: it may be the same boot, or another one, and
//! another side.

use std::time::Duration;

use api::{
    system::Side,
    update::{Code, DownloadStatus, Outcome, OutcomeResult},
};
use units::{Mono, Wall};

use crate::{
    actions::Action,
    record::{Going, Order, Record, Stage},
    updater::{Boot, Data, Updater, Volatile},
    verify::Verdict,
};

impl Updater {
    /// Starts with what was written down before.
    #[must_use]
    pub fn start(record: Record, boot: Boot, now: Mono, wall: Wall) -> (Self, Vec<Action>) {
        let verdict = match (boot.side, boot.data) {
            (Some(_), Data::Kept) => Verdict::open(now),
            _ => Verdict::Never,
        };
        let mut updater = Self { boot, record, rev: 1, sides: Vec::new(), verdict, volatile: Volatile::default() };
        let mut actions = updater.go_on(now, wall);
        actions.extend(updater.go_on_fetching());
        if updater.boot.side.is_some() {
            actions.push(Action::ReadSides);
        }
        actions.extend(updater.tick(now));
        (updater, actions)
    }

    fn go_on(&mut self, now: Mono, wall: Wall) -> Vec<Action> {
        let (Some(side), Some(order)) = (self.boot.side, &mut self.record.order) else {
            return self.other_side_came_up(wall);
        };
        let same_boot = order.boot.as_ref() == Some(&self.boot.id);
        let arrived = order.stage.target() == Some(side);
        order.boot = Some(self.boot.id.clone());
        match (&order.stage, same_boot) {
            (Stage::Fetching, _) => vec![Action::Persist],
            (Stage::Checking, _) => [vec![Action::Persist], self.inspect()].concat(),
            (Stage::Installing { .. }, true) => vec![Action::Attend { id: order.id.clone() }],
            // The restart that was asked for has not come; whoever asked still wants it.
            (&Stage::Restarting { target }, true) => {
                order.stage = Stage::Installed { target, restart: Going::AtOnce };
                vec![Action::Persist]
            }
            (Stage::Verifying { .. } | Stage::Installed { .. }, true) => Vec::new(),
            (Stage::Unhealthy { .. }, true) => {
                self.verdict = Verdict::Never;
                self.volatile.leave_at = Some(now + Duration::from_secs(3));
                Vec::new()
            }
            (Stage::Unhealthy { reason, .. }, false) if arrived => {
                // Restarting once more would lead here once more.
                let reason = format!("{reason}. The other side was to come back, and this one was started again");
                self.verdict = Verdict::Never;
                self.finish(OutcomeResult::Failed, Code::Unhealthy, reason, wall)
            }
            (_, false) if arrived => {
                // Written to the end, whatever this program had heard of it; the firmware would not start it else.
                order.stage = Stage::Verifying { target: side, boot: self.boot.id.clone(), since: now };
                vec![Action::Persist]
            }
            (stage, false) => {
                let (result, code, reason) = came_back(stage, order);
                let told = self.boot.told.as_ref().filter(|_| matches!(code, Code::CutShort | Code::NotStarted));
                let reason = told.map_or_else(|| reason.clone(), |told| format!("{reason} ({told})"));
                self.finish(result, code, reason, wall)
            }
        }
    }

    /// A side that had been found healthy is not the one that was started.
    fn other_side_came_up(&mut self, wall: Wall) -> Vec<Action> {
        let (Some(side), Some(confirmed)) = (self.boot.side, &self.record.confirmed) else { return Vec::new() };
        if confirmed.side == side {
            return Vec::new();
        }
        let reason = format!(
            "side {} ({}) was in charge, and side {} was started: the first stopped starting, or somebody changed it by hand",
            letter(confirmed.side),
            confirmed.version,
            letter(side)
        );
        let reason = self.boot.told.as_ref().map_or_else(|| reason.clone(), |told| format!("{reason} ({told})"));
        let version = Some(confirmed.version.clone());
        // Told once: this is the side that counts from here on, as soon as it is confirmed.
        self.record.confirmed = None;
        let (result, code) = (OutcomeResult::RolledBack, Code::NotStarted);
        let (id, asked_by, reference) = (String::new(), String::new(), None);
        self.record.ended(Outcome { id, version, result, code, reason, at: wall, asked_by, reference });
        vec![Action::Persist]
    }

    fn go_on_fetching(&mut self) -> Vec<Action> {
        let Some(fetch) = self.record.fetch.as_mut().filter(|fetch| fetch.runs()) else { return Vec::new() };
        let waits = fetch.status == DownloadStatus::Waiting;
        let delay = if waits { Duration::from_secs(fetch.retry_interval_s.into()) } else { Duration::ZERO };
        vec![fetch.job(delay)]
    }
}

impl Stage {
    /// The side that it is about.
    pub(crate) const fn target(&self) -> Option<Side> {
        match self {
            Self::Fetching | Self::Checking => None,
            Self::Installing { target }
            | Self::Installed { target, .. }
            | Self::Restarting { target }
            | Self::Verifying { target, .. }
            | Self::Unhealthy { target, .. } => Some(*target),
        }
    }
}

/// Another boot, and the old side: how the update ended.
fn came_back(stage: &Stage, order: &Order) -> (OutcomeResult, Code, String) {
    let back = &order.replaces;
    let new = order.version.as_deref().unwrap_or("the new version");
    match stage {
        Stage::Fetching | Stage::Checking | Stage::Installing { .. } => (
            OutcomeResult::Failed,
            Code::Interrupted,
            format!("the machine was restarted while {new} was being written; {back} goes on"),
        ),
        Stage::Unhealthy { reason, .. } => {
            (OutcomeResult::RolledBack, Code::Unhealthy, format!("{new} was not healthy: {reason}; {back} is back"))
        }
        Stage::Verifying { .. } => (
            OutcomeResult::RolledBack,
            Code::CutShort,
            format!(
                "{new} was restarted before its health check had ended: a crash, a hang or a power cut; {back} is back"
            ),
        ),
        Stage::Installed { .. } | Stage::Restarting { .. } => (
            OutcomeResult::RolledBack,
            Code::NotStarted,
            format!(
                "{new} on side {} was not started, or not as far as its health check; {back} is back",
                stage.target().map_or("?", letter)
            ),
        ),
    }
}

pub(crate) const fn letter(side: Side) -> &'static str {
    match side {
        Side::A => "a",
        Side::B => "b",
    }
}

//! From looking at a bundle to the restart.

use std::time::Duration;

use api::{
    system::Side,
    update::{Code, Outcome, OutcomeResult, Refused, RestartWhen, Source},
};
use units::{Mono, Wall};

use crate::{
    actions::{Action, Inspection, Location},
    record::{Going, Order, Stage},
    requests::Occupancy,
    updater::{RecordFor, Updater},
};

/// Whoever reads along hears of a restart so long before.
const NOTICE: Duration = Duration::from_secs(3);
/// A restart that did not come is asked for again.
const AGAIN: Duration = Duration::from_mins(1);
/// Cars are asked for so often while a restart waits for them.
const CARS_EVERY: Duration = Duration::from_secs(2);
/// A controller that is silent for so long lets no car charge: its contactor lease has long run out (D6).
const SILENT_IS_IDLE: Duration = Duration::from_mins(2);

impl Order {
    pub(crate) fn location(&self) -> Location {
        match &self.ask.source {
            Source::Url(_) => Location::Download(self.id.clone()),
            Source::Downloaded(id) => Location::Download(id.clone()),
            Source::File(path) => Location::File(path.clone()),
            Source::Usb(name) => Location::Usb(name.clone()),
        }
    }

    /// Whether a file is still needed.
    pub(crate) const fn reads_a_bundle(&self) -> bool {
        matches!(self.stage, Stage::Fetching | Stage::Checking | Stage::Installing { .. })
    }
}

pub(crate) const fn other(side: Side) -> Side {
    match side {
        Side::A => Side::B,
        Side::B => Side::A,
    }
}

impl Updater {
    /// Looks at the bundle of the order.
    pub(crate) fn inspect(&self) -> Vec<Action> {
        let Some(order) = &self.record.order else { return Vec::new() };
        let (id, at) = (order.id.clone(), order.location());
        vec![Action::Inspect { id, at, sha256: order.ask.sha256.clone() }]
    }

    pub(crate) fn inspected(&mut self, id: &str, result: Result<Inspection, Refused>, wall: Wall) -> Vec<Action> {
        let Some(order) = self.record.order.as_mut().filter(|order| order.id == id && order.stage == Stage::Checking)
        else {
            return Vec::new();
        };
        let force = order.ask.force;
        let found = match result {
            Ok(found) => {
                order.version = Some(found.bundle.version.clone());
                found
            }
            Err(refused) => return self.refuse(refused, wall),
        };
        if let Err(refused) = self.policy(&found, force).admit(&found.bundle) {
            return self.refuse(refused, wall);
        }
        self.volatile.admitted = Some(found);
        self.take_record(RecordFor::Writing)
    }

    fn refuse(&mut self, refused: Refused, wall: Wall) -> Vec<Action> {
        self.finish(OutcomeResult::Refused, refused.code, refused.reason, wall)
    }

    /// The cabinet's health is taken once more before what cannot be taken back.
    pub(crate) fn take_record(&mut self, purpose: RecordFor) -> Vec<Action> {
        let asked = self.volatile.record_for.replace(purpose);
        if asked == Some(purpose) { Vec::new() } else { vec![Action::Look] }
    }

    /// The record before is there: what it was taken for goes on.
    pub(crate) fn recorded(&mut self, purpose: RecordFor, now: Mono) -> Vec<Action> {
        let Some(order) = &mut self.record.order else { return Vec::new() };
        match (purpose, &order.stage, self.boot.side) {
            (RecordFor::Writing, Stage::Checking, Some(side)) => {
                let Some(found) = self.volatile.admitted.take() else { return Vec::new() };
                order.stage = Stage::Installing { target: other(side) };
                let (id, at, manifest_hash) = (order.id.clone(), order.location(), found.bundle.manifest_hash);
                vec![Action::Persist, Action::Write { id, at, manifest_hash }]
            }
            (RecordFor::Restart, &Stage::Installed { target, .. }, _) => {
                order.stage = Stage::Restarting { target };
                self.volatile.leave_at = Some(now + NOTICE);
                vec![Action::Persist]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn writing(&mut self, percent: u8, message: String) -> Vec<Action> {
        if let Some(Order { stage: Stage::Installing { .. }, .. }) = self.record.order {
            // RAUC's percentages of inner steps come after outer ones: a bar that runs back tells nobody anything.
            self.volatile.percent = self.volatile.percent.max(Some(percent.min(100)));
            self.volatile.message = message;
        }
        Vec::new()
    }

    pub(crate) fn written(&mut self, id: &str, result: Result<(), String>, wall: Wall) -> Vec<Action> {
        let Some(order) = self.record.order.as_mut().filter(|order| order.id == id) else { return Vec::new() };
        let Stage::Installing { target } = order.stage else { return Vec::new() };
        (self.volatile.percent, self.volatile.message) = (None, String::new());
        if let Err(why) = result {
            return [self.finish(OutcomeResult::Failed, Code::Install, why, wall), vec![Action::ReadSides]].concat();
        }
        let restart = match (order.ask.restart, order.ask.force) {
            (RestartWhen::No, _) => Going::Held,
            (RestartWhen::Now, true) => Going::AtOnce,
            (RestartWhen::Now, false) | (RestartWhen::WhenIdle, _) => Going::WhenIdle,
        };
        order.stage = Stage::Installed { target, restart };
        let source = order.ask.source.clone();
        let dropped = self.drop_bundle(&source, id);
        [vec![Action::Persist], dropped, vec![Action::ReadSides]].concat()
    }

    pub(crate) fn cars(&mut self, now: Mono, cars: &Occupancy) -> Vec<Action> {
        let Some(Order { stage: Stage::Installed { restart: Going::WhenIdle, .. }, .. }) = self.record.order else {
            return Vec::new();
        };
        self.volatile.cars_at = Some(now + CARS_EVERY);
        let idle = match cars {
            Occupancy::Idle => true,
            Occupancy::Busy(_) => {
                self.volatile.cars_unknown_since = None;
                false
            }
            Occupancy::Unknown(_) => {
                let since = *self.volatile.cars_unknown_since.get_or_insert(now);
                now.since(since) >= SILENT_IS_IDLE
            }
        };
        self.volatile.message = cars.reason().unwrap_or_default();
        if idle { self.take_record(RecordFor::Restart) } else { Vec::new() }
    }

    /// What is due.
    pub(crate) fn tick(&mut self, now: Mono) -> Vec<Action> {
        let mut actions = self.look_if_due(now);
        match self.record.order.as_ref().map(|order| &order.stage) {
            Some(Stage::Installed { restart: Going::WhenIdle, .. })
                if self.volatile.cars_at.is_none_or(|at| at <= now) =>
            {
                // The answer sets the next time; one that never comes is asked for again.
                self.volatile.cars_at = Some(now + AGAIN);
                actions.push(Action::AskCars);
            }
            Some(Stage::Installed { restart: Going::AtOnce, .. }) => {
                actions.extend(self.take_record(RecordFor::Restart));
            }
            Some(Stage::Restarting { .. } | Stage::Unhealthy { .. })
                if self.volatile.leave_at.is_some_and(|at| at <= now) =>
            {
                self.volatile.leave_at = Some(now + AGAIN);
                actions.push(Action::Restart);
            }
            _ => {}
        }
        actions
    }

    /// When [`crate::Input::Tick`] is due at the latest.
    #[must_use]
    pub fn next_wake(&self) -> Option<Mono> {
        let order = match self.record.order.as_ref().map(|order| &order.stage) {
            Some(Stage::Installed { restart: Going::WhenIdle, .. }) => self.volatile.cars_at,
            Some(Stage::Restarting { .. } | Stage::Unhealthy { .. }) => self.volatile.leave_at,
            _ => None,
        };
        [order, self.verdict.next_wake()].into_iter().flatten().min()
    }

    /// The order is over.
    pub(crate) fn finish(&mut self, result: OutcomeResult, code: Code, reason: String, wall: Wall) -> Vec<Action> {
        let Some(order) = self.record.order.take() else { return Vec::new() };
        // A bundle that was fetched for somebody stays his until it is written.
        let keep = matches!((&order.ask.source, result), (Source::Downloaded(_), OutcomeResult::Refused));
        let dropped = if keep { Vec::new() } else { self.drop_bundle(&order.ask.source, &order.id) };
        let Order { id, version, ask, .. } = order;
        let (asked_by, reference) = (ask.asked_by, ask.reference);
        self.record.ended(Outcome { id, version, result, code, reason, at: wall, asked_by, reference });
        self.volatile = crate::updater::Volatile::default();
        [vec![Action::Persist], dropped].concat()
    }
}

//! Whether this boot is healthy, and what follows from it.

use std::time::Duration;

use api::update::{Code, OutcomeResult};
use units::{Mono, Wall};

use crate::{
    actions::Action,
    health::Health,
    record::{Confirmed, Order, Stage},
    updater::Updater,
};

/// A new side has so long to do as well as the one before.
pub(crate) const LIMIT: Duration = Duration::from_mins(3);
/// It must do so for this long without a break.
const STEADY: Duration = Duration::from_secs(10);
/// Looked at so often, and after [`LIMIT`] so seldom.
const EVERY: Duration = Duration::from_secs(2);
const SELDOM: Duration = Duration::from_secs(30);
/// An ordinary start that RAUC could not mark good: a unit without boot variables, most likely.
const MARK_AGAIN: Duration = Duration::from_mins(10);
/// An answer takes at most so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Whoever reads along hears of a restart so long before.
const NOTICE: Duration = Duration::from_secs(3);

/// What this boot was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not known yet.
    Open {
        /// Since when it is asked.
        since: Mono,
        /// When to look next.
        look_at: Mono,
        /// Since when all is well.
        good_since: Option<Mono>,
        /// What was wrong when last looked at.
        said: Vec<String>,
    },
    /// RAUC is being told; it has until then to answer.
    Marking {
        /// Since when it is asked.
        since: Mono,
        /// The limit.
        until: Mono,
    },
    /// It stays.
    Confirmed,
    /// It was found wanting, or must not be asked.
    Never,
}

impl Verdict {
    pub(crate) const fn open(now: Mono) -> Self {
        Self::Open { since: now, look_at: now, good_since: None, said: Vec::new() }
    }

    pub(crate) const fn next_wake(&self) -> Option<Mono> {
        match self {
            Self::Open { look_at, .. } => Some(*look_at),
            Self::Marking { until, .. } => Some(*until),
            Self::Confirmed | Self::Never => None,
        }
    }
}

impl Updater {
    fn verifying_since(&self) -> Option<Mono> {
        match &self.record.order {
            Some(Order { stage: Stage::Verifying { since, .. }, .. }) => Some(*since),
            _ => None,
        }
    }

    pub(crate) fn look_if_due(&mut self, now: Mono) -> Vec<Action> {
        let overdue = self.verifying_since().is_some_and(|since| now.since(since) >= LIMIT + PATIENCE);
        match &mut self.verdict {
            Verdict::Open { said, .. } if overdue => {
                let said = if said.is_empty() { "it never told its health".to_owned() } else { said.join("; ") };
                self.unhealthy(now, said)
            }
            Verdict::Open { look_at, .. } if *look_at <= now => {
                *look_at = now + PATIENCE;
                vec![Action::Look]
            }
            Verdict::Marking { until, .. } if *until <= now => {
                self.mark_failed(now, "RAUC did not answer when this side was to be marked good".to_owned())
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn looked(&mut self, now: Mono, _wall: Wall, health: Health) -> Vec<Action> {
        let worse = match &self.record.order {
            Some(Order { stage: Stage::Verifying { .. }, before, .. }) => health.worse_than(before),
            _ => health.failing(),
        };
        self.volatile.worth_telling = health.worth_telling();
        let mut actions = self.judge_boot(now, worse);
        if let Some(purpose) = self.volatile.record_for.take() {
            if let Some(order) = &mut self.record.order {
                order.before = health;
            }
            actions.extend(self.recorded(purpose, now));
        }
        actions
    }

    fn judge_boot(&mut self, now: Mono, worse: Vec<String>) -> Vec<Action> {
        let verifying = self.verifying_since();
        let Verdict::Open { since, look_at, good_since, said } = &mut self.verdict else { return Vec::new() };
        let started = verifying.unwrap_or(*since);
        *look_at = now + if now.since(started) < LIMIT { EVERY } else { SELDOM };
        if worse.is_empty() {
            said.clear();
            let good = *good_since.get_or_insert(now);
            if now.since(good) < STEADY {
                *look_at = now + EVERY;
                return Vec::new();
            }
            self.verdict = Verdict::Marking { since: started, until: now + PATIENCE };
            return vec![Action::MarkGood];
        }
        (*good_since, *said) = (None, worse);
        let said = said.join("; ");
        match verifying {
            Some(since) if now.since(since) >= LIMIT => self.unhealthy(now, said),
            _ => Vec::new(),
        }
    }

    pub(crate) fn marked(&mut self, now: Mono, wall: Wall, result: Result<(), String>) -> Vec<Action> {
        if !matches!(self.verdict, Verdict::Marking { .. }) {
            return Vec::new();
        }
        if let Err(why) = result {
            return self.mark_failed(now, format!("RAUC did not mark this side good: {why}"));
        }
        self.verdict = Verdict::Confirmed;
        let mut actions = Vec::new();
        if let Some(side) = self.boot.side {
            let confirmed = Some(Confirmed { side, version: self.boot.version.clone() });
            if self.record.confirmed != confirmed {
                self.record.confirmed = confirmed;
                actions.push(Action::Persist);
            }
        }
        if self.verifying_since().is_some() {
            let verdict = format!("version {} does no worse than the one before", self.boot.version);
            let reason = [vec![verdict], std::mem::take(&mut self.volatile.worth_telling)].concat().join("; ");
            actions = self.finish(OutcomeResult::Confirmed, Code::Healthy, reason, wall);
        }
        actions.extend([Action::Confirm, Action::ReadSides]);
        actions
    }

    fn mark_failed(&mut self, now: Mono, why: String) -> Vec<Action> {
        let verifying = self.verifying_since();
        if verifying.is_some_and(|since| now.since(since) >= LIMIT) {
            return self.unhealthy(now, why);
        }
        let since = match self.verdict {
            Verdict::Marking { since, .. } => since,
            _ => now,
        };
        let pause = if verifying.is_some() { EVERY } else { MARK_AGAIN };
        self.verdict = Verdict::Open { since, look_at: now + pause, good_since: None, said: vec![why] };
        Vec::new()
    }

    /// The new side was found wanting: the old one gets its turn.
    fn unhealthy(&mut self, now: Mono, reason: String) -> Vec<Action> {
        self.verdict = Verdict::Never;
        let Some(order) = &mut self.record.order else { return Vec::new() };
        let Stage::Verifying { target, .. } = order.stage else { return Vec::new() };
        order.stage = Stage::Unhealthy { target, reason };
        self.volatile.leave_at = Some(now + NOTICE);
        vec![Action::Persist]
    }
}

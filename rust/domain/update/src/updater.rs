//! The machine: its state, and what is asked of it.

use api::{
    system::Side,
    update::{Checked, FetchBundle, Install, SetVersion, SideState, Source, Started},
};
use units::{BootId, Mono, Wall};

use crate::{
    actions::{Action, Input, Inspection},
    record::{Going, Order, Record, Stage},
    requests::{self, Occupancy, Rejection, field},
    verify::Verdict,
    version::{Policy, Version},
};

/// What is true of this boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// Which.
    pub id: BootId,
    /// The side that runs.
    pub side: Option<Side>,
    /// The image's version.
    pub version: String,
    /// Whether what must be kept can be kept.
    pub data: Data,
    /// What those who watch starts left behind about the last one that failed, in words.
    pub told: Option<String>,
}

/// Whether what must be kept can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// The data partition is there.
    Kept,
    /// It could not be opened: nothing outlives a restart, and nothing is confirmed (D18).
    Lost,
}

/// The machine. Each call says what is to be done.
#[derive(Clone, Debug)]
pub struct Updater {
    pub(crate) boot: Boot,
    pub(crate) record: Record,
    pub(crate) rev: u64,
    pub(crate) sides: Vec<SideState>,
    pub(crate) verdict: Verdict,
    pub(crate) volatile: Volatile,
}

/// What need not outlive a restart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Volatile {
    /// How far what is being done is, and RAUC's words.
    pub(crate) percent: Option<u8>,
    pub(crate) message: String,
    /// Of the download.
    pub(crate) received: u64,
    pub(crate) total: Option<u64>,
    /// What was looked at, until the health before is taken.
    pub(crate) admitted: Option<Inspection>,
    /// What was wrong when last looked at, and judges nobody.
    pub(crate) worth_telling: Vec<String>,
    /// A record before was asked for, for this purpose.
    pub(crate) record_for: Option<RecordFor>,
    /// When the machine may go down: whoever reads along has been told.
    pub(crate) leave_at: Option<Mono>,
    /// When cars are asked for next, and since when nobody answers.
    pub(crate) cars_at: Option<Mono>,
    pub(crate) cars_unknown_since: Option<Mono>,
}

/// What the record before is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordFor {
    Writing,
    Restart,
}

impl Updater {
    /// What outlives a restart.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Why this unit cannot be updated.
    #[must_use]
    pub fn unavailable(&self) -> Option<String> {
        if self.boot.data == Data::Lost {
            return Some("the data partition is locked; give the recovery key first".to_owned());
        }
        self.boot.side.is_none().then(|| "nothing says which side runs: this is no A/B image".to_owned())
    }

    /// Begins an update. `id` is fresh; the same asker's same reference while it is pending is the same update.
    ///
    /// # Errors
    /// When it cannot be meant, or not now.
    pub fn install(&mut self, ask: Install, id: &str, cars: &Occupancy) -> Result<(Started, Vec<Action>), Rejection> {
        requests::install(&ask)?;
        if let Some(why) = self.unavailable() {
            return Err(Rejection::Unavailable { why });
        }
        if let Some(order) = &self.record.order {
            if ask.reference.is_some() && (&order.ask.asked_by, &order.ask.reference) == (&ask.asked_by, &ask.reference)
            {
                return Ok((Started { id: order.id.clone() }, Vec::new()));
            }
            return Err(Rejection::Busy { what: format!("update {}", order.id) });
        }
        if let Some(reason) = cars.reason().filter(|_| !ask.force) {
            return Err(Rejection::Charging { reason });
        }
        let (stage, mut actions) = match &ask.source {
            Source::Url(url) => {
                let (asked_by, reference) = (ask.asked_by.clone(), ask.reference.clone());
                let url = url.clone();
                let fetch = FetchBundle { url, retries: 3, retry_interval_s: 10, asked_by, reference };
                (Stage::Fetching, self.begin_fetch(fetch, id)?)
            }
            Source::Downloaded(wanted) if self.downloaded(wanted).is_none() => {
                return Err(field("/source/downloaded", wanted, "the id of a download that is done"));
            }
            _ => (Stage::Checking, Vec::new()),
        };
        let order = Order {
            id: id.to_owned(),
            ask,
            version: None,
            replaces: self.boot.version.clone(),
            stage,
            boot: Some(self.boot.id.clone()),
            before: crate::Health::default(),
        };
        let checks = order.stage == Stage::Checking;
        self.volatile = Volatile::default();
        self.record.order = Some(order);
        // What is to be fetched is persisted together with what it is for.
        actions.insert(0, Action::Persist);
        if checks {
            actions.extend(self.inspect());
        }
        self.rev += 1;
        Ok((Started { id: id.to_owned() }, actions))
    }

    /// Begins a download for somebody who wants to look at it first.
    ///
    /// # Errors
    /// When it cannot be meant, or not now.
    pub fn download(&mut self, ask: FetchBundle, id: &str) -> Result<(Started, Vec<Action>), Rejection> {
        requests::fetch(&ask)?;
        if self.boot.data == Data::Lost {
            return Err(Rejection::Unavailable { why: self.unavailable().unwrap_or_default() });
        }
        if let Some(order) = self.record.order.as_ref().filter(|order| order.reads_a_bundle()) {
            return Err(Rejection::Busy { what: format!("update {}", order.id) });
        }
        let mut actions = self.begin_fetch(ask, id)?;
        actions.insert(0, Action::Persist);
        self.rev += 1;
        Ok((Started { id: id.to_owned() }, actions))
    }

    /// What a bundle is, and whether it would be taken now.
    #[must_use]
    pub fn judge(&self, found: &Inspection, force: bool) -> Checked {
        let bundle = found.bundle.clone();
        Checked {
            refused: self.policy(found, force).admit(&bundle).err(),
            version: bundle.version,
            compatible: bundle.compatible,
            description: bundle.description,
        }
    }

    pub(crate) fn policy<'a>(&'a self, found: &'a Inspection, force: bool) -> Policy<'a> {
        let Record { pin, floor, .. } = &self.record;
        Policy { compatible: &found.compatible, running: &self.boot.version, pin, floor, force }
    }

    /// Takes back what has not begun to be written, and any download.
    ///
    /// # Errors
    /// When there is nothing, or it is too late.
    pub fn cancel(&mut self, wall: Wall) -> Result<Vec<Action>, Rejection> {
        match self.record.order.as_ref().map(|order| &order.stage) {
            Some(Stage::Fetching | Stage::Checking) => Ok(self.cancelled(wall)),
            Some(Stage::Installing { .. }) => Err(Rejection::TooLate { why: "the other side is being written" }),
            Some(_) => Err(Rejection::TooLate { why: "the other side is written" }),
            None => self.drop_fetch().ok_or(Rejection::NothingPending { what: "cancel" }),
        }
    }

    /// Restarts into what was installed.
    ///
    /// # Errors
    /// When nothing is, or cars charge and it is not forced.
    pub fn restart(&mut self, force: bool, cars: &Occupancy) -> Result<Vec<Action>, Rejection> {
        let Some(Order { stage: Stage::Installed { restart, .. }, .. }) = &mut self.record.order else {
            return Err(Rejection::NothingPending { what: "restart into" });
        };
        if let Some(reason) = cars.reason().filter(|_| !force) {
            return Err(Rejection::Charging { reason });
        }
        // It was asked for now: a car that comes in between has to wait for the next charge.
        *restart = Going::AtOnce;
        self.rev += 1;
        Ok([vec![Action::Persist], self.take_record(RecordFor::Restart)].concat())
    }

    /// Sets the pin, or lifts it.
    ///
    /// # Errors
    /// When it is no version.
    pub fn set_pin(&mut self, to: &SetVersion) -> Result<Vec<Action>, Rejection> {
        self.record.pin = version(to)?.into();
        self.rev += 1;
        Ok(vec![Action::Persist])
    }

    /// Sets the floor, or lifts it.
    ///
    /// # Errors
    /// When it is no version.
    pub fn set_floor(&mut self, to: &SetVersion) -> Result<Vec<Action>, Rejection> {
        self.record.floor = version(to)?.into();
        self.rev += 1;
        Ok(vec![Action::Persist])
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Mono, wall: Wall, input: Input) -> Vec<Action> {
        let before = self.state();
        let mut actions = match input {
            Input::Fetching { id, received, total } => self.fetching(&id, received, total),
            Input::Fetched { id, result } => self.fetched(&id, result, wall),
            Input::Inspected { id, result } => self.inspected(&id, result, wall),
            Input::Writing { percent, message } => self.writing(percent, message),
            Input::Written { id, result } => self.written(&id, result, wall),
            Input::Cars(cars) => self.cars(now, &cars),
            Input::Looked(health) => self.looked(now, wall, health),
            Input::Marked(result) => self.marked(now, wall, result),
            Input::Sides(sides) => {
                self.sides = sides;
                Vec::new()
            }
            Input::Tick => Vec::new(),
        };
        actions.extend(self.tick(now));
        if self.state() != before {
            self.rev += 1;
        }
        actions
    }
}

fn version(to: &SetVersion) -> Result<Option<Version>, Rejection> {
    to.version.as_deref().map(str::parse).transpose().map_err(Rejection::Version)
}

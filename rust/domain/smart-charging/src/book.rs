//! The profiles of a charger: which are taken, replaced and cleared.

use core::cmp::Reverse;

use units::{ConnectorId, SessionId};

use crate::{
    MAX_PERIODS, MAX_PROFILES, MAX_STACK_LEVEL,
    profile::{Kind, Period, Place, Profile, ProfileId, Purpose},
    refusal::Refusal,
};

/// The highest limit, in thousandths: 10 MW or 10 MA.
const MAX_RATE: i64 = 10_000_000_000;

/// By whose rules a profile is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// A CSMS that speaks OCPP 1.6.
    V16,
    /// A CSMS that speaks OCPP 2.0.1.
    V201,
    /// This site: an energy management system, or the operator at the screen.
    Local,
}

/// A connector, and what runs there.
#[derive(Clone, Copy, Debug)]
pub struct Outlet<'a> {
    /// Which.
    pub id: ConnectorId,
    /// The transaction that runs.
    pub transaction: Option<&'a SessionId>,
}

/// Which profiles are meant: that one, or all that have what is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// This one; the rest is not looked at then.
    pub id: Option<ProfileId>,
    /// Those of a place.
    pub place: Option<Place>,
    /// Those of a purpose.
    pub purpose: Option<Purpose>,
    /// Those of a stack level.
    pub stack_level: Option<u32>,
}

impl Criteria {
    /// Whether a profile is meant.
    pub fn fit(&self, profile: &Profile) -> bool {
        if let Some(id) = self.id {
            return profile.id == id;
        }
        self.place.is_none_or(|place| profile.place == place)
            && self.purpose.is_none_or(|purpose| profile.purpose == purpose)
            && self.stack_level.is_none_or(|level| profile.stack_level == level)
    }
}

/// The profiles, in the order in which they are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    profiles: Vec<Profile>,
}

impl Book {
    /// As it was written down. What a later version would refuse is kept: it was taken once.
    pub fn restore(profiles: Vec<Profile>) -> Self {
        let mut book = Self { profiles };
        book.profiles.truncate(MAX_PROFILES);
        book.sort();
        book
    }

    /// All of them: those of transactions first, then the default ones, then the station's; in each the highest stack level first.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// Takes a profile, in place of those that it replaces, which are named. A transaction's profile is bound to it here.
    pub fn set(&mut self, profile: Profile, author: Author, outlets: &[Outlet<'_>]) -> Result<Vec<ProfileId>, Refusal> {
        let mut profile = self.check(profile, author, outlets)?;
        if profile.purpose == Purpose::Tx {
            profile.transaction = profile.transaction.or_else(|| running(profile.place, outlets).cloned());
        } else {
            profile.transaction = None;
        }
        let (replaced, kept) = core::mem::take(&mut self.profiles)
            .into_iter()
            .partition::<Vec<_>, _>(|other| replaces(&profile, other, author));
        self.profiles = kept;
        self.profiles.push(profile);
        self.sort();
        Ok(replaced.iter().map(|profile| profile.id).collect())
    }

    /// Whether [`Book::set`] would take it. Nothing is changed; gives the profile back.
    pub fn check(&self, profile: Profile, author: Author, outlets: &[Outlet<'_>]) -> Result<Profile, Refusal> {
        check_place(&profile, author, outlets)?;
        check_times(&profile, author)?;
        check_periods(&profile.schedule.periods)?;
        let others = || self.profiles.iter().filter(|other| !replaces(&profile, other, author));
        if let Some(other) = others().find(|other| other.id == profile.id) {
            return Err(Refusal::IdTaken(other.id));
        }
        if author == Author::V201
            && let Some(other) = others().find(|other| conflict(&profile, other))
        {
            return Err(Refusal::Duplicate(other.id));
        }
        if others().count() >= MAX_PROFILES {
            return Err(Refusal::TooManyProfiles);
        }
        Ok(profile)
    }

    /// Clears what is meant, except external limits for a CSMS; names what is gone.
    pub fn clear(&mut self, criteria: &Criteria, author: Author) -> Vec<ProfileId> {
        let may = |profile: &Profile| author == Author::Local || profile.purpose != Purpose::External;
        self.remove(|profile| criteria.fit(profile) && may(profile))
    }

    /// Clears the profiles of transactions that do not run any more; names what is gone.
    pub fn end_transactions(&mut self, runs: impl Fn(&SessionId) -> bool) -> Vec<ProfileId> {
        self.remove(|profile| profile.purpose == Purpose::Tx && !profile.transaction.as_ref().is_some_and(&runs))
    }

    fn remove(&mut self, gone: impl Fn(&Profile) -> bool) -> Vec<ProfileId> {
        let ids = self.profiles.iter().filter(|profile| gone(profile)).map(|profile| profile.id).collect();
        self.profiles.retain(|profile| !gone(profile));
        ids
    }

    fn sort(&mut self) {
        self.profiles.sort_by_key(|p| (p.purpose, Reverse(p.stack_level), p.place, p.id));
    }
}

/// Whether a new profile takes another's place.
fn replaces(new: &Profile, old: &Profile, author: Author) -> bool {
    let external = |profile: &Profile| profile.purpose == Purpose::External;
    if external(new) != external(old) {
        return false;
    }
    let same = new.purpose == old.purpose && new.stack_level == old.stack_level && new.place == old.place;
    new.id == old.id || (author != Author::V201 && same)
}

/// Whether two profiles of a 2.0.1 CSMS would both lead at some time.
fn conflict(new: &Profile, other: &Profile) -> bool {
    let same_level = new.purpose == other.purpose && new.stack_level == other.stack_level;
    if !same_level {
        return false;
    }
    let at_once = new.valid_from_ms.is_none_or(|from| other.valid_to_ms.is_none_or(|to| from < to))
        && other.valid_from_ms.is_none_or(|from| new.valid_to_ms.is_none_or(|to| from < to));
    match new.purpose {
        Purpose::Tx => new.transaction == other.transaction,
        // One for all connectors and one for a single connector, at the same level.
        Purpose::TxDefault if new.place != other.place => [new.place, other.place].contains(&Place::Station),
        _ => new.place == other.place && at_once,
    }
}

fn running<'a>(place: Place, outlets: &[Outlet<'a>]) -> Option<&'a SessionId> {
    outlets.iter().find(|outlet| Place::Connector(outlet.id) == place)?.transaction
}

fn check_place(profile: &Profile, author: Author, outlets: &[Outlet<'_>]) -> Result<(), Refusal> {
    if let Place::Connector(id) = profile.place
        && !outlets.iter().any(|outlet| outlet.id == id)
    {
        return Err(Refusal::UnknownConnector(id));
    }
    match (profile.purpose, profile.place) {
        (Purpose::External, _) if author != Author::Local => Err(Refusal::ExternalFromCsms),
        (Purpose::External, _) if profile.id.0 >= 0 => Err(Refusal::ExternalId(profile.id)),
        (Purpose::StationMax, Place::Connector(id)) => Err(Refusal::StationMaxOnConnector(id)),
        (Purpose::Tx, Place::Station) => Err(Refusal::TxOnStation),
        (Purpose::Tx, Place::Connector(id)) => match (&profile.transaction, running(profile.place, outlets)) {
            (None, _) if author == Author::V201 => Err(Refusal::TransactionMissing),
            (_, None) => Err(Refusal::NoTransaction(id)),
            (Some(named), Some(running)) if named != running => Err(Refusal::OtherTransaction(id)),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn check_times(profile: &Profile, author: Author) -> Result<(), Refusal> {
    let schedule = &profile.schedule;
    if profile.stack_level > MAX_STACK_LEVEL {
        return Err(Refusal::StackLevel(profile.stack_level));
    }
    match (profile.kind, schedule.start_ms) {
        (Kind::Relative, Some(_)) => return Err(Refusal::UnwantedStart),
        (Kind::Daily | Kind::Weekly, None) => return Err(Refusal::NoStart),
        (Kind::Absolute, None) if author != Author::V16 => return Err(Refusal::NoStart),
        _ => {}
    }
    let of_the_station = matches!(profile.purpose, Purpose::StationMax | Purpose::External);
    if of_the_station && profile.place == Place::Station && schedule.start_ms.is_none() {
        let constant = schedule.duration_s.is_none() && schedule.periods.len() == 1;
        if author == Author::V201 || !constant {
            return Err(Refusal::StationMaxRelative);
        }
    }
    if let (Some(from), Some(to)) = (profile.valid_from_ms, profile.valid_to_ms)
        && to <= from
    {
        return Err(Refusal::NeverValid);
    }
    if schedule.duration_s == Some(0) { Err(Refusal::NoDuration) } else { Ok(()) }
}

fn check_periods(periods: &[Period]) -> Result<(), Refusal> {
    match periods.first() {
        None => return Err(Refusal::NoPeriods),
        Some(first) if first.start_s != 0 => return Err(Refusal::FirstPeriod(first.start_s)),
        Some(_) if periods.len() > MAX_PERIODS => return Err(Refusal::TooManyPeriods(periods.len())),
        Some(_) => {}
    }
    let rising = |pair: &&[Period]| matches!(pair, [a, b] if a.start_s >= b.start_s);
    if let Some([_, late]) = periods.windows(2).find(rising) {
        return Err(Refusal::PeriodOrder(late.start_s));
    }
    match periods.iter().find(|period| !(0..=MAX_RATE).contains(&period.limit_milli)) {
        Some(bad) => Err(Refusal::Rate { start_s: bad.start_s, milli: bad.limit_milli }),
        None => Ok(()),
    }
}

//! The CSMS's charging profiles (D12): kept here, evaluated here, so that nobody's absence changes a limit.

use api::profile as wire;
use smart_charging::{Book, Criteria, Limit, Now, Outlet, Place, ProfileId, Refusal, Transaction};
use units::{ConnectorId, Millivolts, Mono, SessionId, Wall, Watts};

use crate::{
    cabinet::Cabinet,
    connector::Connector,
    output::{Output, Outputs, Record},
    profile_words as words,
};

/// What the profiles leave, on the cars' side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OcppLimits {
    /// Of all connectors together; `None` is no limit. A limit of the station is one of what it draws from the grid, so the
    /// losses in between are taken off.
    pub station: Option<Watts>,
    /// Of each connector, in the cabinet's order.
    pub connectors: Vec<Option<Watts>>,
}

/// The profiles, and what they say at present.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profiles {
    book: Book,
    limits: OcppLimits,
    /// What was looked at for the limits.
    seen: Seen,
    /// Whether they are those of the profiles that there are.
    fresh: bool,
    /// They cannot change before this by the passing of time.
    until: Option<Mono>,
}

/// What limits depend on, besides time.
#[derive(Clone, Debug, Default)]
struct Seen {
    whole: ((Mono, Wall), u8),
    outlets: Vec<SeenOutlet>,
}

#[derive(Clone, Debug, Default)]
struct SeenOutlet {
    brief: (Option<ConnectorId>, Millivolts),
    session: Option<SessionId>,
}

impl Cabinet {
    /// What the profiles leave at present. Fresh in every call of [`Cabinet::handle`](Cabinet::handle) before power is planned.
    pub(crate) const fn ocpp_limit(&self) -> &OcppLimits {
        &self.profiles.limits
    }

    /// All profiles, in the order in which they are looked at.
    pub fn profiles(&self) -> Vec<wire::Profile> {
        self.profiles.book.profiles().iter().map(words::told).collect()
    }

    /// Profiles as they were written down, before anything is planned.
    pub(crate) fn recall_profiles(&mut self, profiles: Vec<wire::Profile>) {
        let profiles = profiles.into_iter().map(words::read).collect();
        self.profiles = Profiles { book: Book::restore(profiles), ..Profiles::default() };
        let open = self.open_sessions();
        self.profiles.book.end_transactions(|id| open.contains(id));
    }

    /// Whether a profile would be taken.
    pub(crate) fn check_profile(&self, wanted: &wire::SetProfile) -> Result<(), Refusal> {
        let outlets = self.outlets();
        self.profiles
            .book
            .check(words::read(wanted.profile.clone()), words::author(wanted.author), &outlets)
            .map(|_| ())
    }

    /// Whether a profile would be taken for a charge that begins at a connector.
    pub(crate) fn check_start_profile(&self, id: ConnectorId, wanted: &wire::SetProfile) -> Result<(), Refusal> {
        let mut profile = words::read(wanted.profile.clone());
        profile.place = Place::Connector(id);
        let Ok(session) = SessionId::new("0") else { return Ok(()) };
        profile.transaction = Some(session.clone());
        let outlets = [Outlet { id, transaction: Some(&session) }];
        self.profiles.book.check(profile, words::author(wanted.author), &outlets).map(|_| ())
    }

    /// Takes a profile; one that would be refused changes nothing.
    pub(crate) fn set_profile(&mut self, wanted: wire::SetProfile, outputs: &mut Outputs) {
        let sessions: Vec<_> = self.connectors.iter().map(|own| (own.id(), session_id(own).cloned())).collect();
        let outlets: Vec<_> =
            sessions.iter().map(|(id, session)| Outlet { id: *id, transaction: session.as_ref() }).collect();
        if self.profiles.book.set(words::read(wanted.profile), words::author(wanted.author), &outlets).is_ok() {
            self.profiles_changed(outputs);
        }
    }

    /// How many profiles are meant.
    pub(crate) fn count_profiles(&self, criteria: &Criteria, author: wire::Author) -> usize {
        self.profiles.book.clone().clear(criteria, words::author(author)).len()
    }

    /// Clears what is meant.
    pub(crate) fn clear_profiles(&mut self, criteria: &Criteria, author: wire::Author, outputs: &mut Outputs) {
        if !self.profiles.book.clear(criteria, words::author(author)).is_empty() {
            self.profiles_changed(outputs);
        }
    }

    /// A session began: the profile that came with its start is bound to it.
    pub(crate) fn bind_profile(&mut self, id: ConnectorId, outputs: &mut Outputs) {
        let connector = self.connectors.iter_mut().find(|connector| connector.id() == id);
        let Some(mut wanted) = connector.and_then(|connector| connector.start_profile.take()) else { return };
        wanted.profile.connector = Some(id);
        wanted.profile.transaction = self.connector(id).and_then(session_id).cloned();
        self.set_profile(*wanted, outputs);
    }

    /// A session ended: its profiles with it.
    pub(crate) fn end_profiles(&mut self, outputs: &mut Outputs) {
        let open = self.open_sessions();
        if !self.profiles.book.end_transactions(|id| open.contains(id)).is_empty() {
            self.profiles_changed(outputs);
        }
    }

    fn profiles_changed(&mut self, outputs: &mut Outputs) {
        self.profiles.fresh = false;
        outputs.list.push(Output::Store(Record::Profiles(self.profiles())));
    }

    /// Looks at the profiles again, if anything that they depend on is different.
    pub(crate) fn watch_profiles(&mut self, now: Mono) {
        if self.profiles.book.profiles().is_empty() {
            self.profiles.limits.station = None;
            self.profiles.limits.connectors.clear();
            self.profiles.limits.connectors.resize(self.connectors.len(), None);
            (self.profiles.fresh, self.profiles.until) = (false, None);
            return;
        }
        let stale = self.profiles.until.is_some_and(|until| until <= now);
        if self.saw_the_same() && self.profiles.fresh && !stale {
            return;
        }
        let at = self.profile_time(now);
        let mut until = None;
        let mut soonest = |limit: &Limit| until = [until, limit.until].into_iter().flatten().min();
        let connectors = self.connectors.iter().map(|own| {
            let voltage = own.nominal_voltage();
            let limit = self.profiles.book.limit_of_connector(own.id(), transaction(own), voltage, at);
            soonest(&limit);
            limit.watts(voltage)
        });
        let connectors = connectors.collect();
        let voltage = self.station_voltage();
        let station = self.profiles.book.limit_of_station(voltage, at);
        soonest(&station);
        let efficiency = self.config.planner.efficiency_percent;
        let station = station.watts(voltage).map(|watts| after_losses(watts, efficiency));
        self.profiles.limits = OcppLimits { station, connectors };
        (self.profiles.until, self.profiles.fresh) = (until, true);
    }

    /// Whether what limits depend on, besides time, is as it was at the last look. Nearly every call ends here, so nothing is
    /// built for it.
    fn saw_the_same(&mut self) -> bool {
        let seen = &mut self.profiles.seen;
        let whole = (self.wall, self.config.planner.efficiency_percent);
        let mut same = seen.whole == whole && seen.outlets.len() == self.connectors.len();
        seen.whole = whole;
        seen.outlets.resize_with(self.connectors.len(), SeenOutlet::default);
        for (seen, own) in seen.outlets.iter_mut().zip(&self.connectors) {
            let brief = (Some(own.id()), own.nominal_voltage());
            if seen.brief != brief || seen.session.as_ref() != session_id(own) {
                *seen = SeenOutlet { brief, session: session_id(own).cloned() };
                same = false;
            }
        }
        same
    }

    /// When a limit may change next.
    pub(crate) const fn profile_wake(&self) -> Option<Mono> {
        self.profiles.until
    }

    /// The limits of the time to come. `None`: there is no such connector.
    pub fn composite(
        &self,
        connector: Option<ConnectorId>,
        unit: wire::RateUnit,
        duration_s: u32,
        now: Mono,
    ) -> Option<wire::Composite> {
        let at = self.profile_time(now);
        let asked = (words::unit(unit), duration_s);
        let told = match connector {
            None => {
                let (voltage, rated) = (self.station_voltage(), self.config.site.limit());
                self.profiles.book.composite(Place::Station, None, voltage, rated, asked, at)
            }
            Some(id) => {
                let own = self.connector(id)?;
                let (voltage, rated) = (own.nominal_voltage(), own.config.max_power());
                self.profiles.book.composite(Place::Connector(id), transaction(own), voltage, rated, asked, at)
            }
        };
        let periods = told.periods.iter().map(words::told_period).collect();
        Some(wire::Composite { connector, start: at.wall, duration_s: told.duration_s, unit, periods })
    }

    fn profile_time(&self, now: Mono) -> Now {
        Now { mono: now, wall: self.wall_at(now) }
    }

    fn outlets(&self) -> Vec<Outlet<'_>> {
        self.connectors.iter().map(|own| Outlet { id: own.id(), transaction: session_id(own) }).collect()
    }

    /// The lowest voltage among the connectors that charge; among all, if none does.
    fn station_voltage(&self) -> Millivolts {
        let charging = self.connectors.iter().filter(|own| own.session.is_some()).map(Connector::nominal_voltage).min();
        charging.or_else(|| self.connectors.iter().map(Connector::nominal_voltage).min()).unwrap_or(Millivolts::ZERO)
    }
}

impl Connector {
    /// The voltage at which amperes become watts: the car's, once it is known, and the lowest that can be given before.
    fn nominal_voltage(&self) -> Millivolts {
        let asked = self.demand.as_ref().and_then(|demand| demand.target_voltage);
        asked.filter(|voltage| *voltage > Millivolts::ZERO).unwrap_or(self.rating.min_voltage)
    }
}

fn session_id(connector: &Connector) -> Option<&SessionId> {
    connector.session.as_ref().map(|session| &session.id)
}

fn transaction(connector: &Connector) -> Option<Transaction<'_>> {
    connector.session.as_ref().map(|session| Transaction { id: &session.id, started: session.started.mono })
}

/// What of the grid's power comes out at the connectors.
fn after_losses(watts: Watts, efficiency_percent: u8) -> Watts {
    Watts(watts.get().saturating_mul(efficiency_percent.into()) / 100)
}

/// Which profiles a request means.
pub fn criteria(
    id: Option<i32>,
    connector: Option<u8>,
    purpose: Option<wire::Purpose>,
    stack_level: Option<u32>,
) -> Criteria {
    let place = connector.map(|number| ConnectorId::new(number).map_or(Place::Station, Place::Connector));
    Criteria { id: id.map(ProfileId), place, purpose: purpose.map(words::purpose), stack_level }
}

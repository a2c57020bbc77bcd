//! All profiles at one instant.

use core::time::Duration;

use units::{ClockQuality, ConnectorId, Millivolts, Mono, SessionId, Wall, Watts};

use crate::{
    book::Book,
    evaluate::{self, At, Says},
    profile::{Place, Profile, ProfileId, Purpose, Rate},
};

/// The time, on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For what counts from the start of a transaction.
    pub mono: Mono,
    /// For what counts from a date.
    pub wall: Wall,
}

/// The transaction that runs at a connector.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    /// Which.
    pub id: &'a SessionId,
    /// When it began.
    pub started: Mono,
}

/// What limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// To how much.
    pub rate: Rate,
    /// Which profile says so.
    pub profile: ProfileId,
}

/// The limit at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// `None`: no profile limits.
    pub bound: Option<Bound>,
    /// It cannot change before this by the passing of time; `None` is never.
    pub until: Option<Mono>,
}

impl Limit {
    /// As power, at a voltage.
    pub fn watts(&self, voltage: Millivolts) -> Option<Watts> {
        self.bound.map(|bound| bound.rate.watts(voltage))
    }

    /// The lower of two, and the earlier change.
    #[must_use]
    pub fn and(self, other: Self, voltage: Millivolts) -> Self {
        let until = [self.until, other.until].into_iter().flatten().min();
        Self { bound: lower(self.bound, other.bound, voltage), until }
    }
}

/// The lower of two that may not be there.
fn lower(a: Option<Bound>, b: Option<Bound>, voltage: Millivolts) -> Option<Bound> {
    [a, b].into_iter().flatten().min_by_key(|bound| bound.rate.microwatts(voltage))
}

impl Book {
    /// The limit of a place, merged over all purposes. For a connector the station's own limit is one of them, as if nobody else
    /// charged.
    pub fn limit(&self, place: Place, transaction: Option<Transaction<'_>>, voltage: Millivolts, now: Now) -> Limit {
        let station = self.limit_of_station(voltage, now);
        match place {
            Place::Station => station,
            Place::Connector(id) => self.limit_of_connector(id, transaction, voltage, now).and(station, voltage),
        }
    }

    /// What is said of this connector alone.
    pub fn limit_of_connector(
        &self,
        id: ConnectorId,
        transaction: Option<Transaction<'_>>,
        voltage: Millivolts,
        now: Now,
    ) -> Limit {
        let at = At::of(now, transaction);
        self.word_on_connector(id, transaction, voltage, at).limit(now)
    }

    /// What is said of the sum of all connectors.
    pub fn limit_of_station(&self, voltage: Millivolts, now: Now) -> Limit {
        self.word_on_station(voltage, At::of(now, None)).limit(now)
    }

    pub(crate) fn word_on_connector(
        &self,
        id: ConnectorId,
        transaction: Option<Transaction<'_>>,
        voltage: Millivolts,
        at: At,
    ) -> Merged {
        let here = Place::Connector(id);
        let for_transactions = self.profiles().iter().filter(|profile| match profile.purpose {
            Purpose::Tx => {
                profile.place == here
                    && transaction.is_some_and(|running| profile.transaction.as_ref() == Some(running.id))
            }
            Purpose::TxDefault => profile.place == here || profile.place == Place::Station,
            Purpose::StationMax | Purpose::External => false,
        });
        let external = self.profiles().iter().filter(|p| p.purpose == Purpose::External && p.place == here);
        leading(for_transactions, voltage, at).and(leading(external, voltage, at), voltage)
    }

    pub(crate) fn word_on_station(&self, voltage: Millivolts, at: At) -> Merged {
        let of = |purpose| {
            let own = move |profile: &&Profile| profile.purpose == purpose && profile.place == Place::Station;
            leading(self.profiles().iter().filter(own), voltage, at)
        };
        of(Purpose::StationMax).and(of(Purpose::External), voltage)
    }
}

impl At {
    pub(crate) fn of(now: Now, transaction: Option<Transaction<'_>>) -> Self {
        let elapsed = transaction.map_or(Duration::ZERO, |running| now.mono.since(running.started));
        Self {
            elapsed_ms: i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX),
            wall_ms: (now.wall.quality != ClockQuality::Unset).then_some(now.wall.ms),
        }
    }
}

/// What several profiles say together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Merged {
    pub(crate) bound: Option<Bound>,
    pub(crate) next_ms: Option<i64>,
}

impl Merged {
    pub(crate) fn and(self, other: Self, voltage: Millivolts) -> Self {
        let next_ms = [self.next_ms, other.next_ms].into_iter().flatten().min();
        Self { bound: lower(self.bound, other.bound, voltage), next_ms }
    }

    fn limit(self, now: Now) -> Limit {
        let until = self.next_ms.map(|ms| now.mono + Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        Limit { bound: self.bound, until }
    }
}

/// The word of the first that has one. Those that may have one count too, and do not silence the others.
fn leading<'a>(profiles: impl Iterator<Item = &'a Profile>, voltage: Millivolts, at: At) -> Merged {
    let mut merged = Merged::default();
    for profile in profiles {
        let word = evaluate::at(profile, at);
        merged.next_ms = [merged.next_ms, word.next_ms].into_iter().flatten().min();
        let (Says::Limit(rate) | Says::Perhaps(rate)) = word.says else { continue };
        merged.bound = lower(merged.bound, Some(Bound { rate, profile: profile.id }), voltage);
        if let Says::Limit(_) = word.says {
            break;
        }
    }
    merged
}

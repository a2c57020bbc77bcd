//! Profiles by hand.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and breaks where it is wrong")]

use smart_charging::{
    Author, Book, Kind, Now, Outlet, Period, Place, Profile, ProfileId, Purpose, Refusal, Schedule, Unit,
};
use units::{ClockQuality, ConnectorId, Millivolts, Mono, SessionId, Wall};

/// A Monday at midnight.
pub(crate) const T0: i64 = 1_789_948_800_000;
pub(crate) const VOLTS: Millivolts = Millivolts::from_volts(400);

pub(crate) fn one() -> ConnectorId {
    ConnectorId::new(1).unwrap()
}

pub(crate) fn here() -> Place {
    Place::Connector(one())
}

pub(crate) fn session() -> SessionId {
    SessionId::new("6f1f7a3e-0000-4000-8000-00000000000a").unwrap()
}

/// So many seconds after `T0`, which is 1,000 s after boot.
pub(crate) fn at(s: u32) -> Now {
    let quality = ClockQuality::Informative;
    Now {
        mono: Mono::from_millis(1_000_000 + u64::from(s) * 1_000),
        wall: Wall { ms: T0 + i64::from(s) * 1_000, quality },
    }
}

/// The same, by a clock that nobody has set.
pub(crate) fn unset(s: u32) -> Now {
    let Now { mono, wall } = at(s);
    Now { mono, wall: Wall { ms: wall.ms - 1_000_000, quality: ClockQuality::Unset } }
}

/// A schedule in whole units.
pub(crate) fn schedule(unit: Unit, periods: &[(u32, i64)], duration_s: Option<u32>) -> Schedule {
    let periods = periods.iter().map(|(start_s, limit)| Period { start_s: *start_s, limit_milli: limit * 1_000 });
    Schedule { start_ms: Some(T0), duration_s, unit, periods: periods.collect(), min_rate_milli: None }
}

/// An absolute profile from `T0` on.
pub(crate) fn profile(
    id: i32,
    purpose: Purpose,
    stack_level: u32,
    periods: &[(u32, i64)],
    duration_s: Option<u32>,
) -> Profile {
    let place = if purpose == Purpose::StationMax { Place::Station } else { here() };
    Profile {
        id: ProfileId(id),
        place,
        purpose,
        kind: Kind::Absolute,
        stack_level,
        valid_from_ms: None,
        valid_to_ms: None,
        transaction: (purpose == Purpose::Tx).then(session),
        schedule: schedule(Unit::Amps, periods, duration_s),
    }
}

/// Counted from the transaction's start.
pub(crate) fn relative(mut profile: Profile) -> Profile {
    profile.kind = Kind::Relative;
    profile.schedule.start_ms = None;
    profile
}

/// Sets a profile where connectors 1 (with a transaction) and 2 exist.
pub(crate) fn set(book: &mut Book, profile: Profile, author: Author) -> Result<Vec<ProfileId>, Refusal> {
    let session = session();
    let two = ConnectorId::new(2).unwrap();
    let outlets = [Outlet { id: one(), transaction: Some(&session) }, Outlet { id: two, transaction: None }];
    book.set(profile, author, &outlets)
}

//! Charging profiles in the words of the API and of the rules.

use api::profile as wire;
use smart_charging::{Author, Kind, Period, Place, Profile, ProfileId, Purpose, Schedule, Unit};

pub(crate) const fn author(author: wire::Author) -> Author {
    match author {
        wire::Author::V16 => Author::V16,
        wire::Author::V201 => Author::V201,
        wire::Author::Local => Author::Local,
    }
}

pub(crate) const fn purpose(purpose: wire::Purpose) -> Purpose {
    match purpose {
        wire::Purpose::Tx => Purpose::Tx,
        wire::Purpose::TxDefault => Purpose::TxDefault,
        wire::Purpose::StationMax => Purpose::StationMax,
        wire::Purpose::External => Purpose::External,
    }
}

pub(crate) const fn unit(unit: wire::RateUnit) -> Unit {
    match unit {
        wire::RateUnit::Watts => Unit::Watts,
        wire::RateUnit::Amps => Unit::Amps,
    }
}

pub(crate) fn read(profile: wire::Profile) -> Profile {
    let wire::Schedule { start_ms, duration_s, unit: own_unit, periods, min_rate_milli } = profile.schedule;
    let period = |period: wire::Period| Period { start_s: period.start_s, limit_milli: period.limit_milli };
    Profile {
        id: ProfileId(profile.id),
        place: profile.connector.map_or(Place::Station, Place::Connector),
        purpose: purpose(profile.purpose),
        kind: match profile.kind {
            wire::Kind::Absolute => Kind::Absolute,
            wire::Kind::Daily => Kind::Daily,
            wire::Kind::Weekly => Kind::Weekly,
            wire::Kind::Relative => Kind::Relative,
        },
        stack_level: profile.stack_level,
        valid_from_ms: profile.valid_from_ms,
        valid_to_ms: profile.valid_to_ms,
        transaction: profile.transaction,
        schedule: Schedule {
            start_ms,
            duration_s,
            unit: unit(own_unit),
            periods: periods.into_iter().map(period).collect(),
            min_rate_milli,
        },
    }
}

pub(crate) fn told(profile: &Profile) -> wire::Profile {
    let schedule = &profile.schedule;
    wire::Profile {
        id: profile.id.0,
        connector: match profile.place {
            Place::Station => None,
            Place::Connector(id) => Some(id),
        },
        purpose: match profile.purpose {
            Purpose::Tx => wire::Purpose::Tx,
            Purpose::TxDefault => wire::Purpose::TxDefault,
            Purpose::StationMax => wire::Purpose::StationMax,
            Purpose::External => wire::Purpose::External,
        },
        kind: match profile.kind {
            Kind::Absolute => wire::Kind::Absolute,
            Kind::Daily => wire::Kind::Daily,
            Kind::Weekly => wire::Kind::Weekly,
            Kind::Relative => wire::Kind::Relative,
        },
        stack_level: profile.stack_level,
        valid_from_ms: profile.valid_from_ms,
        valid_to_ms: profile.valid_to_ms,
        transaction: profile.transaction.clone(),
        schedule: wire::Schedule {
            start_ms: schedule.start_ms,
            duration_s: schedule.duration_s,
            unit: match schedule.unit {
                Unit::Watts => wire::RateUnit::Watts,
                Unit::Amps => wire::RateUnit::Amps,
            },
            periods: schedule.periods.iter().map(told_period).collect(),
            min_rate_milli: schedule.min_rate_milli,
        },
    }
}

pub(crate) const fn told_period(period: &Period) -> wire::Period {
    wire::Period { start_s: period.start_s, limit_milli: period.limit_milli }
}

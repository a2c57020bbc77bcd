//! One charging profile.

use core::fmt;

use units::{ConnectorId, Millivolts, SessionId, Watts};

/// The number that its author gave a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId(pub i32);

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a profile is for. Ordered as profiles are looked at: a transaction's own before the default one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// One transaction.
    Tx,
    /// Every transaction that has no profile of its own.
    TxDefault,
    /// All that the station draws: `ChargePointMaxProfile` in 1.6, `ChargingStationMaxProfile` in 2.0.1.
    StationMax,
    /// A limit from outside OCPP, such as an energy management system's.
    External,
}

/// Where a profile applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// One connector.
    Connector(ConnectorId),
    /// The whole station, OCPP's 0. A default profile there is one for each connector, not for their sum.
    Station,
}

/// From when a schedule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// From a date.
    Absolute,
    /// From a date, and again each day (of 86,400 s).
    Daily,
    /// From a date, and again each week.
    Weekly,
    /// From the start of the transaction.
    Relative,
}

/// In what a limit is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Power.
    Watts,
    /// Direct current at the outlet.
    Amps,
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// In what.
    pub unit: Unit,
    /// In thousandths of it.
    pub milli: i64,
}

impl Rate {
    /// Its power, exactly.
    pub(crate) fn microwatts(self, voltage: Millivolts) -> i128 {
        let milli = i128::from(self.milli);
        match self.unit {
            Unit::Watts => milli * 1_000,
            Unit::Amps => milli * i128::from(voltage.get().max(0)),
        }
    }

    /// Its power, rounded down.
    pub fn watts(self, voltage: Millivolts) -> Watts {
        Watts(i64::try_from(self.microwatts(voltage) / 1_000_000).unwrap_or(i64::MAX))
    }

    /// In another unit, rounded down to a thousandth. No voltage carries no power, so there it is no current.
    #[must_use]
    pub fn in_unit(self, unit: Unit, voltage: Millivolts) -> Self {
        let micro = self.microwatts(voltage);
        let milli = match unit {
            _ if unit == self.unit => return self,
            Unit::Watts => micro / 1_000,
            Unit::Amps if voltage <= Millivolts::ZERO => 0,
            Unit::Amps => micro / i128::from(voltage.get()),
        };
        Self { unit, milli: i64::try_from(milli).unwrap_or(i64::MAX) }
    }
}

/// A part of a schedule: from its start until the next one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// In s from the schedule's start.
    pub start_s: u32,
    /// In thousandths of the schedule's unit.
    pub limit_milli: i64,
}

/// Limits over time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Schedule {
    /// The date that it counts from, in ms since 1970; none counts from the start of the transaction.
    pub start_ms: Option<i64>,
    /// How long it is; without end if not given.
    pub duration_s: Option<u32>,
    /// The unit of its limits.
    pub unit: Unit,
    /// At least one, the first at 0, in order.
    pub periods: Vec<Period>,
    /// Below this the car charges badly: advice, which nothing here follows.
    pub min_rate_milli: Option<i64>,
}

/// A charging profile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    /// Its author's number for it.
    pub id: ProfileId,
    /// Where it applies.
    pub place: Place,
    /// What it is for.
    pub purpose: Purpose,
    /// From when its schedule counts.
    pub kind: Kind,
    /// Higher ones go before lower ones.
    pub stack_level: u32,
    /// Not before this date, in ms since 1970.
    pub valid_from_ms: Option<i64>,
    /// Not from this date on, in ms since 1970.
    pub valid_to_ms: Option<i64>,
    /// The transaction that it is for.
    pub transaction: Option<SessionId>,
    /// Its limits.
    pub schedule: Schedule,
}

impl Profile {
    /// How long until its schedule starts again, in ms.
    pub(crate) const fn repeats_ms(&self) -> Option<i64> {
        match self.kind {
            Kind::Daily => Some(86_400_000),
            Kind::Weekly => Some(7 * 86_400_000),
            Kind::Absolute | Kind::Relative => None,
        }
    }
}

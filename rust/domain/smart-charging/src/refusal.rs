//! Why a profile is not taken.

use units::ConnectorId;

use crate::{MAX_PERIODS, MAX_PROFILES, MAX_STACK_LEVEL, profile::ProfileId};

/// Why a profile is not taken: the field, its value, what would have been taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such connector.
    #[error("connector {0} does not exist")]
    UnknownConnector(ConnectorId),
    /// An external limit does not come from a CSMS.
    #[error("purpose: an external limit is not the CSMS's to set")]
    ExternalFromCsms,
    /// An external limit has a negative number, so that it cannot meet one of the CSMS's.
    #[error("id is {0}: expected a negative number for an external limit")]
    ExternalId(ProfileId),
    /// Its number is that of an external limit.
    #[error("id {0} is that of an external limit")]
    IdTaken(ProfileId),
    /// A limit of the whole station, at a connector.
    #[error("a limit of the station is set on connector {0}: expected 0")]
    StationMaxOnConnector(ConnectorId),
    /// A limit of the whole station that counts from the start of a transaction.
    #[error(
        "a limit of the station cannot count from the start of a transaction: expected a start, or one period without end"
    )]
    StationMaxRelative,
    /// A transaction's profile, at no connector.
    #[error("a transaction's profile is set on connector 0: expected the transaction's connector")]
    TxOnStation,
    /// A transaction's profile, and none runs.
    #[error("no transaction runs on connector {0}")]
    NoTransaction(ConnectorId),
    /// A transaction's profile for another one than runs there.
    #[error("the transaction named is not the one that runs on connector {0}")]
    OtherTransaction(ConnectorId),
    /// A transaction's profile that does not name it.
    #[error("a transaction's profile names no transaction")]
    TransactionMissing,
    /// A date is missing.
    #[error("startSchedule is missing: expected a date for this kind")]
    NoStart,
    /// A date has no place.
    #[error("startSchedule is set: expected none, as the schedule counts from the start of the transaction")]
    UnwantedStart,
    /// Valid at no time.
    #[error("validTo is not after validFrom")]
    NeverValid,
    /// A schedule of no length.
    #[error("duration is 0 s: expected at least 1")]
    NoDuration,
    /// No period.
    #[error("chargingSchedulePeriod is empty: expected at least one")]
    NoPeriods,
    /// Too many.
    #[error("chargingSchedulePeriod has {0} entries: expected at most {MAX_PERIODS}")]
    TooManyPeriods(usize),
    /// The first does not start at once.
    #[error("the first startPeriod is {0} s: expected 0")]
    FirstPeriod(u32),
    /// Not in order.
    #[error("startPeriod {0} s does not come after the one before it")]
    PeriodOrder(u32),
    /// A limit out of range.
    #[error("the limit of the period at {start_s} s is {milli}/1000: expected 0 to 10,000,000")]
    Rate {
        /// Which period.
        start_s: u32,
        /// In thousandths.
        milli: i64,
    },
    /// Too high.
    #[error("stackLevel is {0}: expected 0 to {MAX_STACK_LEVEL}")]
    StackLevel(u32),
    /// There are enough.
    #[error("there are {MAX_PROFILES} profiles already")]
    TooManyProfiles,
    /// Another of this purpose, stack level and place.
    #[error("profile {0} has the same purpose, stack level and place")]
    Duplicate(ProfileId),
}

impl Refusal {
    /// A word for a program; those that OCPP 2.0.1 has a reason code for have its name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownConnector(_) => "UnknownEvse",
            Self::NoTransaction(_) | Self::OtherTransaction(_) => "TxNotFound",
            Self::StackLevel(_) => "InvalidStackLevel",
            Self::Duplicate(_) => "DuplicateProfile",
            Self::TooManyPeriods(_) | Self::TooManyProfiles => "TooManyElements",
            Self::NoStart
            | Self::UnwantedStart
            | Self::NoDuration
            | Self::NoPeriods
            | Self::FirstPeriod(_)
            | Self::PeriodOrder(_)
            | Self::Rate { .. } => "InvalidSchedule",
            Self::ExternalFromCsms
            | Self::ExternalId(_)
            | Self::IdTaken(_)
            | Self::StationMaxOnConnector(_)
            | Self::StationMaxRelative
            | Self::TxOnStation
            | Self::TransactionMissing
            | Self::NeverValid => "InvalidProfile",
        }
    }
}

//! OCPP charging profiles, of 1.6 and 2.0.1 in one model: the limit now, and when it can change next.
//!
//! A [`Book`] holds the profiles of a charger. [`Book::set`] checks one and says why it is refused; [`Book::limit`] merges those
//! that are in force; [`Book::composite`] does so for the time to come. No clock is read: [`Now`] comes in.
//!
//! # How profiles are merged
//! Of each purpose the profile with the highest stack level *that has a period at that instant* leads. A profile of the
//! running transaction that leads replaces the default ones; when it has run out, they apply again. The limit is the lowest of
//! what the purposes say. Without any period there is no limit here: what the charger is built for then holds.
//!
//! # What the two versions do differently
//! | | 1.6 | 2.0.1 |
//! |---|---|---|
//! | same purpose, stack level and place | replaces | is refused, unless it has the same id |
//! | absolute, without a start | counts from the start of the transaction | is refused |
//! | a transaction's profile without the transaction's id | is that of the one that runs | is refused |
//! | a limit of the whole station that counts from a transaction | taken if it never changes | is refused |
//!
//! Both: one schedule a profile; phases mean nothing for direct current; `minChargingRate` is kept and shown, as it is advice.
//!
//! # Amperes
//! A limit in amperes is one of the direct current at the outlet. It becomes power at the voltage that the caller names: the car's,
//! and while that is not known the outlet's lowest, which gives the least power. For the whole station it is the sum of
//! the outlets' currents, at the lowest voltage among them: that many watts can never be more than that many amperes.
//! Rates are kept in thousandths of the unit that they were given in and are compared exactly.
//!
//! # A clock that is not set
//! Without the time (quality `unset`) nobody knows which period of an absolute or recurring schedule runs, or whether a profile
//! is valid yet. Such a profile counts with the lowest of its periods, *beside* those of lower stack level instead of in
//! their place: whatever the time is, the limit is not above the true one.
//! Schedules that count from the start of the transaction need no wall clock and are exact. So a charger that boots without
//! time charges, with the least that its profiles could mean, and a clock that is set lifts it to what they do mean.
//!
//! # What runs out
//! A profile or schedule that ends does what the standards say: the next stack level applies, or none. Nothing else here
//! expires: the absence of the CSMS changes no limit.

mod book;
mod composite;
mod evaluate;
mod limit;
mod profile;
mod refusal;

pub use book::{Author, Book, Criteria, Outlet};
pub use composite::Composite;
pub use limit::{Bound, Limit, Now, Transaction};
pub use profile::{Kind, Period, Place, Profile, ProfileId, Purpose, Rate, Schedule, Unit};
pub use refusal::Refusal;

/// How many profiles a charger keeps.
pub const MAX_PROFILES: usize = 128;
/// The highest stack level.
pub const MAX_STACK_LEVEL: u32 = 99;
/// How many periods a schedule may have: a day in quarters of an hour, and some.
pub const MAX_PERIODS: usize = 128;

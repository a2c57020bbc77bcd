//! The limits of the time to come.

use units::{Millivolts, Watts};

use crate::{
    book::Book,
    evaluate::At,
    limit::{Now, Transaction},
    profile::{Period, Place, Rate, Unit},
};

/// How many periods are told at most.
const LONGEST: usize = 1_024;
/// How many changes are looked at for that; it is done on the cabinet's thread, and must stay short.
const STEPS: usize = 4_096;

/// A schedule from now on, of everything merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    /// The unit of its limits.
    pub unit: Unit,
    /// The first at 0; neighbours differ.
    pub periods: Vec<Period>,
    /// How far it goes: as far as asked for, unless that takes more periods than are told.
    pub duration_s: u32,
}

impl Book {
    /// The schedule of a place for the next `duration_s`, never above what the place is built for. Without a transaction, as if
    /// one began now.
    pub fn composite(
        &self,
        place: Place,
        transaction: Option<Transaction<'_>>,
        voltage: Millivolts,
        rated: Watts,
        (unit, duration_s): (Unit, u32),
        now: Now,
    ) -> Composite {
        let start = At::of(now, transaction);
        let rated = Rate { unit: Unit::Watts, milli: rated.get().saturating_mul(1_000) };
        let mut periods: Vec<Period> = Vec::new();
        let mut from_s = 0_u32;
        for _ in 0..STEPS {
            if from_s >= duration_s && !periods.is_empty() {
                break;
            }
            let at = start.later(i64::from(from_s) * 1_000);
            let station = self.word_on_station(voltage, at);
            let word = match place {
                Place::Station => station,
                Place::Connector(id) => self.word_on_connector(id, transaction, voltage, at).and(station, voltage),
            };
            let said = word.bound.map(|bound| bound.rate);
            let rate = said.filter(|rate| rate.microwatts(voltage) < rated.microwatts(voltage)).unwrap_or(rated);
            let limit_milli = rate.in_unit(unit, voltage).milli;
            if periods.last().is_none_or(|last| last.limit_milli != limit_milli) {
                if periods.len() == LONGEST {
                    break;
                }
                periods.push(Period { start_s: from_s, limit_milli });
            }
            // A change within a second is told with the next whole one.
            let wait_s = word.next_ms.map(|ms| u32::try_from(ms.div_euclid(1_000) + i64::from(ms % 1_000 > 0)));
            match wait_s {
                Some(Ok(wait)) => from_s = from_s.saturating_add(wait.max(1)),
                _ => from_s = duration_s,
            }
        }
        Composite { unit, periods, duration_s: from_s.min(duration_s) }
    }
}

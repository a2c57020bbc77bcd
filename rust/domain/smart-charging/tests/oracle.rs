//! The same, second by second, by an oracle that knows no shortcut.
#![expect(clippy::unwrap_used, reason = "a test that breaks here has shown what it is for")]

mod common;

use common::{T0, VOLTS, at, here, one, profile, session, unset};
use proptest::prelude::*;
use smart_charging::{Book, Kind, Now, Place, Profile, Purpose, Transaction, Unit};
use units::{ClockQuality, Watts};

const DAY: i64 = 86_400;

/// The limit in thousandths of an ampere, by the words of the standards.
fn oracle(profiles: &[Profile], running: Option<i64>, s: i64) -> Option<i64> {
    let wall = T0 + s * 1_000;
    let period_of = |profile: &Profile| -> Option<i64> {
        if profile.valid_from_ms.is_some_and(|from| wall < from) || profile.valid_to_ms.is_some_and(|to| wall >= to) {
            return None;
        }
        let mut start = match profile.kind {
            Kind::Relative => T0 + running.unwrap_or(s) * 1_000,
            _ => profile.schedule.start_ms?,
        };
        let interval = match profile.kind {
            Kind::Daily => Some(DAY * 1_000),
            Kind::Weekly => Some(7 * DAY * 1_000),
            _ => None,
        };
        while interval.is_some_and(|interval| start + interval <= wall) {
            start += interval?;
        }
        let since = (wall - start) / 1_000;
        if wall < start || profile.schedule.duration_s.is_some_and(|duration| since >= duration.into()) {
            return None;
        }
        let mut begun = profile.schedule.periods.iter().filter(|period| i64::from(period.start_s) <= since);
        begun.next_back().map(|period| period.limit_milli)
    };
    let leader = |wanted: &dyn Fn(&Profile) -> bool| {
        let mut own: Vec<_> = profiles.iter().filter(|profile| wanted(profile)).collect();
        own.sort_by_key(|profile| (std::cmp::Reverse(profile.stack_level), profile.place == Place::Station));
        own.into_iter().find_map(period_of)
    };
    let tx = running.and_then(|_| leader(&|p| p.purpose == Purpose::Tx));
    let of_transactions = tx.or_else(|| leader(&|p| p.purpose == Purpose::TxDefault));
    let rest = [
        of_transactions,
        leader(&|p| p.purpose == Purpose::StationMax),
        leader(&|p| p.purpose == Purpose::External && p.place == Place::Station),
        leader(&|p| p.purpose == Purpose::External && p.place != Place::Station),
    ];
    rest.into_iter().flatten().min()
}

prop_compose! {
    fn any_profile()(
        purpose in prop_oneof![Just(Purpose::Tx), Just(Purpose::TxDefault), Just(Purpose::StationMax), Just(Purpose::External)],
        kind in prop_oneof![Just(Kind::Absolute), Just(Kind::Daily), Just(Kind::Weekly), Just(Kind::Relative)],
        station: bool,
        stack in 0_u32..3,
        // Around the start of the test's time, a day before it, or after it.
        start in prop_oneof![-30_i64..120, (-DAY - 60)..(-DAY + 60), (-7 * DAY - 60)..(-7 * DAY + 60)],
        duration in prop::option::of(prop_oneof![1_u32..150, 86_300_u32..86_500]),
        lengths in prop::collection::vec((1_u32..60, 0_i64..40), 1..5),
        valid in (prop::option::of(-10_i64..100), prop::option::of(1_i64..100)),
    ) -> Profile {
        let mut begin = 0;
        let periods: Vec<(u32, i64)> = lengths.iter().map(|(length, limit)| {
            let period = (begin, *limit);
            begin += length;
            period
        }).collect();
        let mut profile = profile(1, purpose, stack, &periods, duration);
        profile.place = match purpose {
            Purpose::StationMax => Place::Station,
            Purpose::Tx => here(),
            _ if station => Place::Station,
            _ => here(),
        };
        // What the station may draw does not count from a transaction.
        let of_station = profile.place == Place::Station && purpose != Purpose::TxDefault;
        profile.kind = if kind == Kind::Relative && of_station { Kind::Absolute } else { kind };
        profile.schedule.start_ms = (profile.kind != Kind::Relative).then_some(T0 + start * 1_000);
        profile.valid_from_ms = valid.0.map(|from| T0 + from * 1_000);
        profile.valid_to_ms = valid.1.map(|length| T0 + (valid.0.unwrap_or(0) + length) * 1_000);
        profile
    }
}

/// As many as there may be, of which no two lead at the same time.
fn any_profiles() -> impl Strategy<Value = Vec<Profile>> {
    prop::collection::vec(any_profile(), 0..7).prop_map(|mut profiles| {
        let mut seen = Vec::new();
        profiles.retain(|profile| {
            let key = (profile.purpose, profile.stack_level, profile.place);
            let new = !seen.contains(&key);
            seen.push(key);
            new
        });
        profiles
    })
}

fn milliamps(book: &Book, running: Option<i64>, now: Now) -> (Option<i64>, Option<u64>) {
    let id = session();
    let transaction = running.map(|started| Transaction { id: &id, started: at(u32::try_from(started).unwrap()).mono });
    let limit = book.limit(here(), transaction, VOLTS, now);
    (limit.bound.map(|bound| bound.rate.milli), limit.until.map(|until| until.since(now.mono).as_secs()))
}

proptest! {
    #[test]
    fn every_second_is_as_the_oracle_says(profiles in any_profiles(), running in prop::option::of(Just(0_i64))) {
        let book = Book::restore(profiles.clone());
        let mut unchanged: Option<(u64, Option<i64>)> = None;
        for s in 0_u32..200 {
            let (limit, wait) = milliamps(&book, running, at(s));
            prop_assert_eq!(limit, oracle(&profiles, running, s.into()), "at {} s", s);
            if let Some((until, before)) = unchanged
                && u64::from(s) < until
            {
                prop_assert_eq!(limit, before, "changed at {} s, before {} s", s, until);
            }
            // Without a transaction what counts from one stands still, so its change never comes: that is allowed.
            unchanged = Some((wait.map_or(u64::MAX, |wait| u64::from(s) + wait), limit));
        }
    }

    #[test]
    fn the_composite_is_the_oracle_written_down(profiles in any_profiles(), duration in 1_u32..200) {
        let book = Book::restore(profiles.clone());
        let id = session();
        let running = Transaction { id: &id, started: at(0).mono };
        let rated = Watts(16_000);
        let told = book.composite(here(), Some(running), VOLTS, rated, (Unit::Amps, duration), at(0));
        prop_assert!(told.periods.windows(2).all(|pair| pair[0].limit_milli != pair[1].limit_milli));
        prop_assert!(told.periods.iter().all(|period| period.start_s < duration));
        for s in 0..duration {
            let said = told.periods.iter().rfind(|period| period.start_s <= s).unwrap().limit_milli;
            let expected = oracle(&profiles, Some(0), s.into()).unwrap_or(40_000).min(40_000);
            prop_assert_eq!(said, expected, "at {} s", s);
        }
    }

    /// Whatever the time is: not knowing it never gives more.
    #[test]
    fn without_the_time_never_more(profiles in any_profiles(), s in 0_u32..200, running in prop::option::of(Just(0_i64))) {
        let book = Book::restore(profiles);
        let (blind, _) = milliamps(&book, running, unset(s));
        let (seeing, _) = milliamps(&book, running, at(s));
        if let Some(true_limit) = seeing {
            prop_assert!(blind.is_some_and(|blind| blind <= true_limit), "{:?} > {}", blind, true_limit);
        }
    }

    #[test]
    fn any_numbers_do_no_harm(start: i64, from: Option<i64>, to: Option<i64>, duration: Option<u32>, wall: i64, limit: i64,
                              begins in prop::collection::vec(any::<u32>(), 0..4), kind in 0_usize..4, level: u32) {
        let mut profile = profile(1, Purpose::TxDefault, level, &[], duration);
        profile.kind = [Kind::Absolute, Kind::Daily, Kind::Weekly, Kind::Relative][kind];
        profile.schedule.start_ms = Some(start);
        (profile.valid_from_ms, profile.valid_to_ms) = (from, to);
        profile.schedule.periods = begins.into_iter().map(|start_s| smart_charging::Period { start_s, limit_milli: limit }).collect();
        let book = Book::restore(vec![profile]);
        let now = Now { mono: at(0).mono, wall: units::Wall { ms: wall, quality: ClockQuality::Synchronised } };
        let _ = book.limit_of_connector(one(), None, VOLTS, now);
        let _ = book.composite(here(), None, VOLTS, Watts(i64::MAX), (Unit::Amps, u32::MAX), now);
    }
}

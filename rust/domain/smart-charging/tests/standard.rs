#![expect(clippy::unwrap_used, reason = "a test that breaks here has shown what it is for")]
//! What the standards say, case by case; composite vectors are those of the 2.0.1 test cases that they are named after.

mod common;

use common::{T0, VOLTS, at, here, one, profile, relative, schedule, session, set, unset};
use smart_charging::{
    Author, Book, Criteria, Kind, MAX_PERIODS, MAX_PROFILES, Period, Place, Profile, ProfileId, Purpose, Refusal,
    Transaction, Unit,
};
use units::{ConnectorId, Millivolts, Mono, Watts};

const RATED: Watts = Watts(40_000);

fn book(profiles: Vec<Profile>) -> Book {
    let mut book = Book::default();
    for profile in profiles {
        set(&mut book, profile, Author::V201).unwrap();
    }
    book
}

fn composite(book: &Book, duration: u32) -> Vec<(u32, i64)> {
    let id = session();
    let running = Transaction { id: &id, started: at(0).mono };
    let told = book.composite(here(), Some(running), VOLTS, RATED, (Unit::Amps, duration), at(0));
    assert_eq!(told.duration_s, duration);
    told.periods.iter().map(|period| (period.start_s, period.limit_milli / 1_000)).collect()
}

/// In whole amperes, at so many seconds.
fn amps(book: &Book, s: u32) -> Option<i64> {
    let id = session();
    let running = Transaction { id: &id, started: at(0).mono };
    book.limit(here(), Some(running), VOLTS, at(s)).bound.map(|bound| bound.rate.milli / 1_000)
}

#[test]
fn tc_k_40_stacked_default_profiles() {
    let low = profile(1, Purpose::TxDefault, 0, &[(0, 6), (100, 8), (200, 10)], Some(400));
    let high = profile(2, Purpose::TxDefault, 1, &[(0, 7), (100, 9)], Some(150));
    assert_eq!(composite(&book(vec![low, high]), 400), [(0, 7), (100, 9), (150, 8), (200, 10)]);
}

#[test]
fn tc_k_41_all_purposes() {
    let max = profile(1, Purpose::StationMax, 0, &[(0, 10)], Some(86_400));
    let default = profile(2, Purpose::TxDefault, 0, &[(0, 6), (60, 10), (120, 8), (180, 15), (260, 8)], Some(300));
    let own = profile(3, Purpose::Tx, 0, &[(0, 8), (50, 11), (140, 16), (200, 6), (240, 12)], Some(260));
    let expected = [(0, 8), (50, 10), (200, 6), (240, 10), (260, 8), (300, 10)];
    assert_eq!(composite(&book(vec![max, default, own]), 400), expected);
}

#[test]
fn nothing_set_is_no_limit_and_the_composite_is_what_is_built() {
    let empty = Book::default();
    assert_eq!(amps(&empty, 0), None);
    assert_eq!(composite(&empty, 60), [(0, 100)]);
    let told = empty.composite(Place::Station, None, VOLTS, RATED, (Unit::Watts, 60), at(0));
    assert_eq!(told.periods, [Period { start_s: 0, limit_milli: 40_000_000 }]);
}

#[test]
fn a_transactions_profile_is_for_it_alone_and_gone_with_it() {
    let default = profile(1, Purpose::TxDefault, 0, &[(0, 10)], None);
    let own = profile(2, Purpose::Tx, 0, &[(0, 20)], None);
    let mut book = book(vec![default, own]);
    assert_eq!(amps(&book, 0), Some(20));
    assert_eq!(book.limit(here(), None, VOLTS, at(0)).watts(VOLTS), Some(Watts(4_000)));
    assert_eq!(book.end_transactions(|_| true), []);
    assert_eq!(book.end_transactions(|_| false), [ProfileId(2)]);
    assert_eq!(amps(&book, 0), Some(10));
}

#[test]
fn a_recurring_schedule_has_a_gap_and_comes_again() {
    let mut daily = profile(1, Purpose::TxDefault, 1, &[(0, 6), (3_600, 12)], Some(7_200));
    daily.kind = Kind::Daily;
    let base = profile(2, Purpose::TxDefault, 0, &[(0, 30)], None);
    let book = book(vec![daily, base]);
    let day = 86_400;
    let told = [0, 3_600, 7_199, 7_200, day - 1, day, day + 3_600, 9 * day + 7_200].map(|s| amps(&book, s).unwrap());
    assert_eq!(told, [6, 12, 12, 30, 30, 6, 12, 30]);
    let mut weekly = profile(1, Purpose::TxDefault, 1, &[(0, 6)], Some(day));
    weekly.kind = Kind::Weekly;
    let book = common_book(weekly);
    assert_eq!([0, day, 7 * day - 1, 7 * day].map(|s| amps(&book, s)), [Some(6), None, None, Some(6)]);
}

fn common_book(profile: Profile) -> Book {
    book(vec![profile])
}

#[test]
fn a_relative_schedule_counts_from_the_transaction_and_needs_no_clock() {
    let book = book(vec![relative(profile(1, Purpose::TxDefault, 0, &[(0, 6), (60, 12)], None))]);
    let id = session();
    let running = Transaction { id: &id, started: Mono::from_millis(1_000_000) };
    let limit = book.limit(here(), Some(running), VOLTS, unset(10));
    assert_eq!((limit.watts(VOLTS), limit.until), (Some(Watts(2_400)), Some(Mono::from_millis(1_060_000))));
    assert_eq!(book.limit(here(), Some(running), VOLTS, unset(60)).watts(VOLTS), Some(Watts(4_800)));
}

#[test]
fn without_the_time_the_lowest_period_counts() {
    let mut daily = profile(1, Purpose::TxDefault, 1, &[(0, 32), (60, 6), (120, 50)], Some(120));
    daily.kind = Kind::Daily;
    let book = book(vec![daily, profile(2, Purpose::TxDefault, 0, &[(0, 20)], None)]);
    assert_eq!(book.limit(here(), None, VOLTS, unset(0)).watts(VOLTS), Some(Watts(2_400)));
    assert_eq!(book.limit(here(), None, VOLTS, at(0)).watts(VOLTS), Some(Watts(12_800)));
}

#[test]
fn not_valid_yet_and_not_any_more() {
    let mut bounded = profile(1, Purpose::TxDefault, 0, &[(0, 6)], None);
    (bounded.valid_from_ms, bounded.valid_to_ms) = (Some(T0 + 10_000), Some(T0 + 20_000));
    let book = book(vec![bounded]);
    assert_eq!([9, 10, 19, 20].map(|s| amps(&book, s)), [None, Some(6), Some(6), None]);
    assert_eq!(book.limit(here(), None, VOLTS, at(0)).until, Some(at(10).mono));
}

#[test]
fn amperes_and_watts_are_compared_at_the_voltage() {
    let amps = profile(1, Purpose::TxDefault, 0, &[(0, 50)], None);
    let mut watts = profile(2, Purpose::StationMax, 0, &[], None);
    watts.schedule = schedule(Unit::Watts, &[(0, 20_000)], None);
    let book = book(vec![amps, watts]);
    let bound = |volts| {
        let voltage = Millivolts::from_volts(volts);
        let limit = book.limit(here(), None, voltage, at(0));
        (limit.bound.unwrap().profile.0, limit.watts(voltage).unwrap().get())
    };
    assert_eq!((bound(399), bound(800), bound(0)), ((1, 19_950), (2, 20_000), (1, 0)));
}

#[test]
fn a_default_at_a_connector_goes_before_the_stations_of_the_same_level() {
    let mut book = Book::default();
    let mut all = profile(1, Purpose::TxDefault, 0, &[(0, 6)], None);
    all.place = Place::Station;
    set(&mut book, all, Author::V16).unwrap();
    set(&mut book, profile(2, Purpose::TxDefault, 0, &[(0, 16)], None), Author::V16).unwrap();
    let two = ConnectorId::new(2).unwrap();
    let watts = |id| book.limit(Place::Connector(id), None, VOLTS, at(0)).watts(VOLTS);
    assert_eq!((watts(one()), watts(two)), (Some(Watts(6_400)), Some(Watts(2_400))));
    assert_eq!(book.limit_of_station(VOLTS, at(0)).bound, None);
}

#[test]
fn the_two_versions_replace_differently() {
    let first = profile(1, Purpose::TxDefault, 3, &[(0, 6)], None);
    let second = profile(2, Purpose::TxDefault, 3, &[(0, 7)], None);
    let mut book = common_book(first.clone());
    assert_eq!(set(&mut book, second.clone(), Author::V201), Err(Refusal::Duplicate(ProfileId(1))));
    assert_eq!(set(&mut book, first, Author::V201), Ok(vec![ProfileId(1)]));
    assert_eq!(set(&mut book, second.clone(), Author::V16), Ok(vec![ProfileId(1)]));
    let mut everywhere = profile(3, Purpose::TxDefault, 3, &[(0, 8)], None);
    everywhere.place = Place::Station;
    assert_eq!(set(&mut book, everywhere, Author::V201), Err(Refusal::Duplicate(ProfileId(2))));
    // Valid one after the other, two of a level are none too many.
    let mut later = profile(4, Purpose::TxDefault, 3, &[(0, 8)], None);
    later.valid_from_ms = Some(T0);
    let mut earlier = second;
    earlier.valid_to_ms = Some(T0);
    let mut book = common_book(earlier);
    assert_eq!(set(&mut book, later, Author::V201), Ok(vec![]));
}

#[test]
fn a_transactions_profile_of_1_6_finds_its_transaction() {
    let mut own = profile(1, Purpose::Tx, 0, &[(0, 6)], None);
    own.transaction = None;
    let mut book = Book::default();
    assert_eq!(set(&mut book, own.clone(), Author::V201), Err(Refusal::TransactionMissing));
    assert_eq!(set(&mut book, own, Author::V16), Ok(vec![]));
    assert_eq!(book.profiles()[0].transaction, Some(session()));
}

#[test]
fn what_is_refused_is_named() {
    let two = ConnectorId::new(2).unwrap();
    let nine = ConnectorId::new(9).unwrap();
    let base = || profile(1, Purpose::TxDefault, 0, &[(0, 6)], None);
    let refused = |author, change: &dyn Fn(&mut Profile)| {
        let mut profile = base();
        change(&mut profile);
        set(&mut Book::default(), profile, author).unwrap_err()
    };
    let all = |change: &dyn Fn(&mut Profile)| {
        let refusals = [Author::V16, Author::V201, Author::Local].map(|author| refused(author, change));
        assert_eq!((&refusals[0], &refusals[1]), (&refusals[1], &refusals[2]));
        refusals[0].clone()
    };
    assert_eq!(all(&|p| p.place = Place::Connector(nine)), Refusal::UnknownConnector(nine));
    assert_eq!(all(&|p| p.purpose = Purpose::StationMax), Refusal::StationMaxOnConnector(one()));
    assert_eq!(all(&|p| (p.purpose, p.place) = (Purpose::Tx, Place::Station)), Refusal::TxOnStation);
    let elsewhere = |p: &mut Profile| {
        (p.purpose, p.place, p.transaction) = (Purpose::Tx, Place::Connector(two), Some(session()));
    };
    assert_eq!(all(&elsewhere), Refusal::NoTransaction(two));
    let other = units::SessionId::new("6f1f7a3e-0000-4000-8000-00000000000b").unwrap();
    assert_eq!(
        all(&|p| (p.purpose, p.transaction) = (Purpose::Tx, Some(other.clone()))),
        Refusal::OtherTransaction(one())
    );
    assert_eq!(all(&|p| p.kind = Kind::Relative), Refusal::UnwantedStart);
    assert_eq!(all(&|p| (p.kind, p.schedule.start_ms) = (Kind::Daily, None)), Refusal::NoStart);
    assert_eq!(refused(Author::V201, &|p| p.schedule.start_ms = None), Refusal::NoStart);
    assert_eq!(all(&|p| (p.valid_from_ms, p.valid_to_ms) = (Some(5), Some(5))), Refusal::NeverValid);
    assert_eq!(all(&|p| p.schedule.duration_s = Some(0)), Refusal::NoDuration);
    assert_eq!(all(&|p| p.schedule.periods.clear()), Refusal::NoPeriods);
    assert_eq!(all(&|p| p.schedule.periods[0].start_s = 1), Refusal::FirstPeriod(1));
    assert_eq!(all(&|p| p.schedule.periods.push(p.schedule.periods[0])), Refusal::PeriodOrder(0));
    let many = |p: &mut Profile| {
        p.schedule =
            schedule(Unit::Watts, &(0..=u32::try_from(MAX_PERIODS).unwrap()).map(|s| (s, 1)).collect::<Vec<_>>(), None);
    };
    assert_eq!(all(&many), Refusal::TooManyPeriods(MAX_PERIODS + 1));
    assert_eq!(all(&|p| p.schedule.periods[0].limit_milli = -1), Refusal::Rate { start_s: 0, milli: -1 });
    assert_eq!(all(&|p| p.stack_level = 100), Refusal::StackLevel(100));
    let external = |p: &mut Profile| p.purpose = Purpose::External;
    assert_eq!(refused(Author::V16, &external), Refusal::ExternalFromCsms);
    assert_eq!(refused(Author::V201, &external), Refusal::ExternalFromCsms);
    assert_eq!(refused(Author::Local, &external), Refusal::ExternalId(ProfileId(1)));
}

#[test]
fn a_limit_of_the_station_does_not_count_from_a_transaction() {
    let max = relative(profile(1, Purpose::StationMax, 0, &[(0, 10)], None));
    let mut book = Book::default();
    assert_eq!(set(&mut book, max.clone(), Author::V201), Err(Refusal::StationMaxRelative));
    assert_eq!(set(&mut book, max, Author::V16), Ok(vec![]));
    let changing = relative(profile(1, Purpose::StationMax, 0, &[(0, 10), (60, 20)], None));
    assert_eq!(set(&mut book, changing, Author::V16), Err(Refusal::StationMaxRelative));
    assert_eq!(book.limit_of_station(VOLTS, unset(9_999)).watts(VOLTS), Some(Watts(4_000)));
}

#[test]
fn clearing_takes_what_is_meant_and_never_what_is_not_the_csmss() {
    let mut book = book(vec![
        profile(1, Purpose::TxDefault, 0, &[(0, 6)], None),
        profile(2, Purpose::TxDefault, 1, &[(0, 6)], None),
        profile(3, Purpose::StationMax, 1, &[(0, 6)], None),
    ]);
    let mut external = profile(-1, Purpose::External, 0, &[(0, 6)], None);
    external.place = Place::Station;
    set(&mut book, external, Author::Local).unwrap();
    let mut clear = |criteria| book.clear(&criteria, Author::V201).into_iter().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(clear(Criteria { stack_level: Some(1), place: Some(here()), ..Criteria::default() }), [2]);
    assert_eq!(clear(Criteria { id: Some(ProfileId(3)), place: Some(here()), ..Criteria::default() }), [3]);
    assert_eq!(clear(Criteria::default()), [1]);
    assert!(clear(Criteria::default()).is_empty());
    assert_eq!(book.clear(&Criteria::default(), Author::Local), [ProfileId(-1)]);
}

#[test]
fn the_book_is_bounded() {
    let mut book = Book::default();
    let mut taken = 0;
    for id in 0.. {
        let mut profile = profile(id, Purpose::TxDefault, u32::try_from(id % 100).unwrap(), &[(0, 6)], None);
        if id >= 100 {
            profile.place = Place::Connector(ConnectorId::new(2).unwrap());
        }
        match set(&mut book, profile, Author::V16) {
            Ok(_) => taken += 1,
            Err(refusal) => {
                assert_eq!((refusal, taken), (Refusal::TooManyProfiles, MAX_PROFILES));
                return;
            }
        }
    }
}

#[test]
fn a_composite_says_how_far_it_looked() {
    let ask = |limits: &[(u32, i64)], duration_s| {
        let mut daily = profile(1, Purpose::TxDefault, 0, limits, None);
        daily.kind = Kind::Daily;
        let told = common_book(daily).composite(here(), None, VOLTS, RATED, (Unit::Amps, duration_s), at(0));
        (told.periods.len(), told.duration_s)
    };
    assert_eq!(ask(&[(0, 6), (43_200, 7)], 0), (1, 0));
    assert_eq!(ask(&[(0, 6), (43_200, 7)], 86_400), (2, 86_400));
    // As many periods as are told, and as many changes as are looked at: 4,096 half days.
    assert_eq!(ask(&[(0, 6), (43_200, 7)], u32::MAX), (1_024, 1_024 * 43_200));
    assert_eq!(ask(&[(0, 6), (43_200, 6)], u32::MAX), (1, 4_096 * 43_200));
}

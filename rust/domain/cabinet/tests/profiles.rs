//! OCPP charging profiles in a running cabinet.
#![cfg(test)]

mod world;

use std::time::Duration;

use api::{
    command::Verdict as Word,
    profile::{Author, Kind, Period, Profile, Purpose, RateUnit, Schedule, SetProfile},
    state::{Authorisation, Constraint, Phase},
};
use cabinet::{Command, CommandError, Input, Verdict, criteria};
use units::{ClockQuality, ConnectorId, IdTag, Milliamps, Wall, Watts};
use world::{World, connector};

const AMPS: Milliamps = Milliamps::from_amps(50);
/// A Monday at midnight.
const MONDAY: i64 = 1_789_948_800_000;

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn set_clock(world: &mut World, s: i64) {
    world.tell(Input::Wall(Wall { ms: MONDAY + s * 1_000, quality: ClockQuality::Synchronised }));
}

/// Plugs a car in that wants 50 A at 400 V, and lets it charge.
fn start(world: &mut World, id: u8) {
    world.plug_in(id, AMPS, None);
    world.until(id, Phase::Authorising, seconds(10));
    world.tell(Input::Card(IdTag::new(&format!("CARD{id}")).unwrap()));
    let Authorisation::Pending { request_id, .. } = world.view(id).authorisation else { panic!("nothing is asked") };
    let verdict = Word::Accepted;
    world.tell(Input::Command(Command::Authorise { request_id, verdict, group: None, expires_ms: None }));
    world.until(id, Phase::Charging, seconds(30));
    world.run(seconds(3));
}

fn profile(
    id: i32,
    connector: Option<ConnectorId>,
    purpose: Purpose,
    unit: RateUnit,
    limits: &[(u32, i64)],
) -> Profile {
    let periods = limits.iter().map(|(start_s, limit)| Period { start_s: *start_s, limit_milli: limit * 1_000 });
    Profile {
        id,
        connector,
        purpose,
        kind: Kind::Relative,
        stack_level: 0,
        valid_from_ms: None,
        valid_to_ms: None,
        transaction: None,
        schedule: Schedule { start_ms: None, duration_s: None, unit, periods: periods.collect(), min_rate_milli: None },
    }
}

fn set(world: &mut World, profile: Profile) {
    let command = Command::SetProfile(Box::new(SetProfile { author: Author::V16, profile }));
    assert_eq!(world.cabinet.check(&command), Ok(()));
    world.tell(Input::Command(command));
}

fn clear(world: &mut World) -> Result<(), CommandError> {
    let command = Command::ClearProfiles { criteria: criteria(None, None, None, None), author: Author::V16 };
    world.cabinet.check(&command)?;
    world.tell(Input::Command(command));
    Ok(())
}

#[test]
fn a_profile_lowers_the_running_charge_and_its_end_lifts_it() {
    let mut world = World::new();
    start(&mut world, 1);
    assert_eq!(world.outlet(1).current, AMPS);
    set(&mut world, profile(1, Some(connector(1)), Purpose::Tx, RateUnit::Amps, &[(0, 10)]));
    world.run(seconds(1));
    assert_eq!(world.outlet(1).current, Milliamps::from_amps(10));
    let allocation = world.view(1).allocation;
    assert_eq!((allocation.allowed, allocation.bound_by), (Watts(4_000), Some(Constraint::Ocpp)));
    assert_eq!(clear(&mut world), Ok(()));
    assert_eq!(clear(&mut world), Err(CommandError::NoProfile));
    world.run(seconds(3));
    assert_eq!(world.outlet(1).current, AMPS);
}

#[test]
fn a_limit_of_the_station_is_shared() {
    let mut config = world::config();
    config.planner.efficiency_percent = 80;
    let mut world = World::with(config);
    start(&mut world, 1);
    start(&mut world, 2);
    set(&mut world, profile(1, None, Purpose::StationMax, RateUnit::Watts, &[(0, 10_000)]));
    world.run(seconds(3));
    for _ in 0..500 {
        world.step();
        let total: i64 = world.outlets.iter().map(|outlet| (outlet.voltage * outlet.current).get()).sum();
        assert!(total <= 8_000, "{total} W");
    }
    assert_eq!(world.outlet(1).current, Milliamps::from_amps(10));
    assert_eq!(world.view(2).allocation.bound_by, Some(Constraint::Ocpp));
}

#[test]
fn a_schedule_is_followed_by_the_second_and_without_the_csms() {
    let mut world = World::new();
    set_clock(&mut world, 0);
    let default = profile(1, None, Purpose::TxDefault, RateUnit::Amps, &[(0, 20), (60, 30), (120, 5)]);
    set(&mut world, default);
    start(&mut world, 1);
    let began = world.sessions.values().next().unwrap().started.mono;
    for (s, amps) in [(50, 20), (58, 20), (65, 30), (118, 30), (121, 5), (400, 5)] {
        world.run((began + seconds(s)).since(world.now));
        assert_eq!(world.outlet(1).current, Milliamps::from_amps(amps), "at {s} s");
    }
}

#[test]
fn a_restart_never_gives_more_than_the_profiles_leave() {
    let mut world = World::new();
    start(&mut world, 1);
    set(&mut world, profile(1, Some(connector(1)), Purpose::Tx, RateUnit::Amps, &[(0, 10)]));
    world.run(seconds(1));
    let checkpoint = world.cabinet.checkpoint(world.now);
    let verdicts = world.restart(Some(checkpoint), Duration::from_millis(800), World::heard);
    assert_eq!(verdicts, [Verdict::Adopted, Verdict::Idle]);
    for _ in 0..1_000 {
        world.step();
        assert_eq!(world.outlet(1).current, Milliamps::from_amps(10));
    }
    assert_eq!(world.cabinet.profiles().len(), 1);
}

#[test]
fn a_transactions_profile_goes_with_it() {
    let mut world = World::new();
    start(&mut world, 1);
    set(&mut world, profile(1, Some(connector(1)), Purpose::Tx, RateUnit::Amps, &[(0, 10)]));
    world.tell(Input::Card(IdTag::new("CARD1").unwrap()));
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(4));
    assert_eq!((world.cabinet.profiles(), &world.kept.profiles), (vec![], &vec![]));
}

#[test]
fn a_profile_comes_with_a_start_from_afar() {
    let mut world = World::new();
    let own = profile(1, None, Purpose::Tx, RateUnit::Amps, &[(0, 10)]);
    let start = |profile: &Profile| Command::Start {
        command_id: "a".into(),
        connector: connector(1),
        id_tag: IdTag::new("AFAR").unwrap(),
        profile: Some(Box::new(SetProfile { author: Author::V16, profile: profile.clone() })),
    };
    let mut bad = own.clone();
    bad.schedule.periods.clear();
    assert!(matches!(world.cabinet.check(&start(&bad)), Err(CommandError::Profile(_))));
    assert_eq!(world.cabinet.check(&start(&own)), Ok(()));
    world.tell(Input::Command(start(&own)));
    let checkpoint = world.cabinet.checkpoint(world.now);
    world.restart(Some(checkpoint), Duration::from_millis(100), World::heard);
    world.plug_in(1, AMPS, None);
    world.until(1, Phase::Charging, seconds(30));
    for _ in 0..500 {
        world.step();
        assert!(world.outlet(1).current <= Milliamps::from_amps(10));
    }
    assert!(world.cabinet.profiles()[0].transaction.is_some());
}

#[test]
fn without_the_time_the_careful_limit_holds_until_it_comes() {
    let mut world = World::new();
    let mut daily = profile(1, None, Purpose::TxDefault, RateUnit::Amps, &[(0, 40), (7_200, 5)]);
    (daily.kind, daily.schedule.start_ms) = (Kind::Daily, Some(MONDAY));
    set(&mut world, daily);
    start(&mut world, 1);
    assert_eq!(world.outlet(1).current, Milliamps::from_amps(5));
    set_clock(&mut world, 3_600);
    world.run(seconds(3));
    assert_eq!(world.outlet(1).current, Milliamps::from_amps(40));
    // A step of the clock is a step of the schedule.
    set_clock(&mut world, 10_000);
    world.run(seconds(1));
    assert_eq!(world.outlet(1).current, Milliamps::from_amps(5));
}

#[test]
fn the_composite_is_what_is_in_force() {
    let mut world = World::new();
    set_clock(&mut world, 0);
    let mut daily = profile(1, None, Purpose::TxDefault, RateUnit::Watts, &[(0, 8_000), (3_600, 4_000)]);
    (daily.kind, daily.schedule.start_ms) = (Kind::Daily, Some(MONDAY));
    set(&mut world, daily);
    let told = world.cabinet.composite(Some(connector(1)), RateUnit::Watts, 7_200, world.now).unwrap();
    let periods: Vec<_> = told.periods.iter().map(|period| (period.start_s, period.limit_milli / 1_000)).collect();
    assert_eq!((periods, told.start.ms), (vec![(0, 8_000), (3_600, 4_000)], MONDAY));
    assert!(world.cabinet.composite(Some(connector(9)), RateUnit::Watts, 60, world.now).is_none());
    let station = world.cabinet.composite(None, RateUnit::Watts, 60, world.now).unwrap();
    assert_eq!(station.periods[0].limit_milli, world.cabinet.config().site.limit_w * 1_000);
}

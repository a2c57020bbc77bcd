//! Modules that change hands over bus ties, in virtual time. The world refuses what must never be: a tie that is closed between two
//! voltages or opened under current, two cars on one bus.
#![cfg(test)]

mod world;

use std::time::Duration;

use api::{
    command::Verdict as Word,
    state::{Authorisation, Constraint, Phase, TieHealth},
};
use cabinet::{Command, Input, Verdict};
use charging::Setpoint;
use units::{DeciCelsius, IdTag, Milliamps, Watts};
use world::{World, connector};

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

/// Brings a car to its charge loop.
fn start(world: &mut World, id: u8, amps: i64) {
    world.plug_in(id, Milliamps::from_amps(amps), None);
    authorise(world, id);
    world.until(id, Phase::Charging, seconds(30));
}

fn authorise(world: &mut World, id: u8) {
    world.until(id, Phase::Authorising, seconds(10));
    world.tell(Input::Card(IdTag::new(&format!("CARD{id}")).unwrap()));
    let Authorisation::Pending { request_id, .. } = world.view(id).authorisation else { panic!("nothing is asked") };
    let (verdict, group, expires_ms) = (Word::Accepted, None, None);
    world.tell(Input::Command(Command::Authorise { request_id, verdict, group, expires_ms }));
}

/// Everything that the modules were told, in W.
fn commanded(world: &World) -> i64 {
    let told = world.outlets.iter().map(|outlet| match outlet.set {
        Setpoint::On { voltage, current } if outlet.gives > Milliamps::ZERO => (voltage * current).get(),
        _ => 0,
    });
    told.sum()
}

fn drawn(world: &World) -> i64 {
    world.outlets.iter().map(|outlet| (outlet.voltage * outlet.current).get()).sum()
}

#[test]
fn a_car_that_wants_more_borrows_from_its_neighbours() {
    let mut world = World::with(world::ring(3));
    start(&mut world, 1, 200);
    let mut least = Milliamps::ZERO;
    for _ in 0..1_500 {
        world.step();
        let current = world.outlet(1).current;
        assert!(current >= Milliamps(least.get() - 3_000), "a dip from {least} to {current}");
        least = least.max(current);
    }
    // 400 V: each module gives its 30 kW as 75 A; 200 A want all three.
    assert_eq!(world.outlet(1).current, Milliamps(200_000));
    let view = world.view(1);
    assert_eq!(view.carried_by.modules.len(), 3);
    assert_eq!(view.carried_by.ties.len(), 2, "a ring is broken once");
    assert_eq!(view.allocation.bound_by, Some(Constraint::Vehicle));
    assert_eq!(world.state().ties.iter().filter(|tie| tie.asked_closed).count(), 2);
    assert!(world.ties.iter().all(|tie| tie.switched <= 1));
    // Whoever lends is free for a car.
    assert_eq!(world.view(2).phase, Phase::Available);
}

#[test]
fn without_borrowing_no_tie_moves() {
    let mut config = world::ring(3);
    config.planner.borrowing = false;
    let mut world = World::with(config);
    start(&mut world, 1, 200);
    world.run(seconds(20));
    assert_eq!(world.outlet(1).current, Milliamps(75_000));
    assert!(world.ties.iter().all(|tie| tie.switched == 0));
    assert_eq!(world.view(1).allocation.bound_by, Some(Constraint::Modules));
}

#[test]
fn a_lender_that_wakes_has_its_module_back_within_three_seconds() {
    let mut world = World::with(world::ring(3));
    start(&mut world, 1, 200);
    world.run(seconds(15));
    assert_eq!(world.outlet(1).current, Milliamps(200_000));
    world.plug_in(2, Milliamps::from_amps(75), None);
    let woke = world.now;
    loop {
        world.step();
        let tied = world.ties.iter().any(|tie| tie.closed && [tie.between.0, tie.between.1].contains(&1));
        if !tied && world.outlet(2).set == Setpoint::Off {
            break;
        }
        assert!(world.now.since(woke) < seconds(3), "not back: {:?}", world.ties);
    }
    assert_eq!(world.view(1).phase, Phase::Charging);
    // And it charges with it; the first car never stops.
    authorise(&mut world, 2);
    for _ in 0..2_000 {
        world.step();
        assert_eq!(world.view(1).phase, Phase::Charging);
        assert!(world.outlet(1).current >= Milliamps::from_amps(50));
    }
    assert_eq!(world.view(2).phase, Phase::Charging);
    assert_eq!((world.outlet(2).current, world.outlet(1).current), (Milliamps(75_000), Milliamps(150_000)));
}

#[test]
fn a_slot_that_died_is_fed_by_its_neighbour() {
    let mut world = World::with(world::ring(3));
    world.outlet(1).module_silent = true;
    world.run(seconds(2));
    assert_eq!(world.view(1).phase, Phase::Available);
    start(&mut world, 1, 60);
    world.run(seconds(5));
    assert_eq!(world.outlet(1).current, Milliamps(60_000));
    assert_eq!(world.view(1).carried_by.ties.len(), 1);
}

#[test]
fn a_charge_outlives_its_home_module() {
    let mut world = World::with(world::ring(3));
    start(&mut world, 1, 200);
    world.run(seconds(15));
    let energy = world.outlet(1).energy_mwh;
    world.outlet(1).module_silent = true;
    for _ in 0..3_000 {
        world.step();
        assert_eq!(world.view(1).phase, Phase::Charging);
        assert!(world.outlet(1).current <= Milliamps(200_000));
    }
    assert!(world.outlet(1).energy_mwh > energy + 200_000);
    // It did not hear that it should stop; taken for lost, it counts no more, and the others carry what they can.
    world.outlet(1).set = Setpoint::Off;
    world.run(seconds(20));
    assert_eq!(world.outlet(1).current, Milliamps(150_000));
}

#[test]
fn a_connector_without_modules_lives_on_its_neighbours() {
    let mut config = world::ring(3);
    config.connectors[0].modules.clear();
    let mut world = World::with(config);
    assert_eq!(world.view(1).phase, Phase::Available);
    start(&mut world, 1, 140);
    world.run(seconds(10));
    // The module that is nobody's cannot be reached, the other two can.
    assert_eq!(world.outlet(1).current, Milliamps(140_000));
    assert_eq!(world.view(1).carried_by.modules.len(), 2);
}

#[test]
fn a_slot_that_does_not_come_is_given_up() {
    let mut world = World::with(world::ring(3));
    world.deaf = vec![1, 2];
    start(&mut world, 1, 140);
    world.run(seconds(20));
    assert_eq!(world.outlet(1).current, Milliamps(75_000));
    assert!(world.ties.iter().all(|tie| tie.switched == 0), "{:?}", world.ties);
    world.run(seconds(60));
    assert!(world.state().ties.iter().any(|tie| tie.health == TieHealth::DoesNotClose));
    assert_eq!(world.outlet(1).current, Milliamps(75_000));
    // It hears again, and is tried again.
    world.deaf.clear();
    world.run(seconds(100));
    assert_eq!(world.outlet(1).current, Milliamps(140_000));
}

#[test]
fn a_tie_that_does_not_close_is_gone_round() {
    let mut world = World::with(world::ring(3));
    world.ties[0].stuck = true;
    start(&mut world, 1, 140);
    world.run(seconds(20));
    assert_eq!(world.outlet(1).current, Milliamps(140_000));
    assert_eq!(world.view(1).carried_by.modules.len(), 2);
}

#[test]
fn a_tie_that_does_not_open_is_a_fault_and_its_slots_are_one() {
    let mut world = World::with(world::ring(3));
    start(&mut world, 1, 140);
    world.run(seconds(15));
    let at = world.ties.iter().position(|tie| tie.closed).unwrap();
    world.ties[at].stuck = true;
    // The charge ends, the tie stays where it is.
    world.tell(Input::Card(IdTag::new("CARD1").unwrap()));
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(5));
    assert_eq!(world.state().ties[at].health, TieHealth::DoesNotOpen);
    assert!(world.state().faults.iter().any(|fault| fault.part.as_deref() == Some(world.state().ties[at].id.as_str())));
    // It lets go while the controller is away: the fault that it comes back with is over.
    let checkpoint = world.cabinet.checkpoint(world.now);
    world.ties[at].stuck = false;
    world.ties[at].closed = false;
    world.restart(Some(checkpoint), seconds(1), World::heard);
    world.connect_plc("first");
    world.run(seconds(5));
    assert_eq!(world.state().ties[at].health, TieHealth::Good);
    assert!(world.state().faults.is_empty(), "{:?}", world.state().faults);
}

#[test]
fn no_cap_is_exceeded_while_modules_change_hands() {
    let mut config = world::ring(4);
    config.site.limit_w = 70_000;
    let mut world = World::with(config);
    start(&mut world, 1, 200);
    world.run(seconds(15));
    let check = |world: &World| {
        assert!(commanded(world) <= 70_000, "{} W commanded at {:?}", commanded(world), world.now);
        assert!(drawn(world) <= 70_000, "{} W drawn", drawn(world));
    };
    for id in [2, 4] {
        world.plug_in(id, Milliamps::from_amps(100), None);
        authorise(&mut world, id);
        for _ in 0..2_000 {
            world.step();
            check(&world);
        }
        assert_eq!(world.view(id).phase, Phase::Charging);
    }
    let drawn = drawn(&world);
    assert!(drawn > 69_000, "{drawn} W of 70 kW");
    let shares: Vec<_> = [1, 2, 4].map(|id| world.outlet(id).current.get() / 1_000).to_vec();
    assert!(shares.iter().all(|share| (55..=61).contains(share)), "{shares:?}");
    // One leaves, the others take what it had.
    world.tell(Input::Card(IdTag::new("CARD2").unwrap()));
    for _ in 0..3_000 {
        world.step();
        check(&world);
    }
    assert!(world.outlet(1).current > Milliamps::from_amps(70));
}

#[test]
fn a_restart_adopts_what_is_borrowed() {
    let mut world = World::with(world::ring(3));
    start(&mut world, 1, 140);
    world.run(seconds(15));
    let text = serde_json::to_string(&world.cabinet.checkpoint(world.now)).unwrap();
    let sets: Vec<_> = world.outlets.iter().map(|outlet| outlet.set).collect();
    let closed: Vec<_> = world.ties.iter().map(|tie| tie.closed).collect();
    let verdicts = world.restart(serde_json::from_str(&text).ok(), Duration::from_millis(800), World::heard);
    assert_eq!(verdicts[0], Verdict::Adopted);
    for _ in 0..500 {
        world.step();
        let now: Vec<_> = world.outlets.iter().map(|outlet| outlet.set).collect();
        assert_eq!(now, sets, "a set-point moved");
        assert_eq!(world.ties.iter().map(|tie| tie.closed).collect::<Vec<_>>(), closed);
    }
    // A tie that is not as it was does not fit.
    let checkpoint = world.cabinet.checkpoint(world.now);
    let at = world.ties.iter().position(|tie| tie.closed).unwrap();
    world.ties[at].closed = false;
    let verdicts = world.restart(Some(checkpoint), Duration::from_millis(200), World::heard);
    assert_eq!(verdicts[0], Verdict::TakenDown("a bus tie is not as it was"));
}

#[test]
fn heat_takes_current_away_before_it_hurts() {
    let mut world = World::with(world::ring(3));
    start(&mut world, 1, 70);
    world.run(seconds(5));
    assert_eq!(world.outlet(1).current, Milliamps(70_000));
    // Half way between 80 and 90 °C: half of the cable's 200 A, more than is asked for; at 87 °C 60 A.
    world.outlet(1).temperature = DeciCelsius(850);
    world.run(seconds(2));
    assert_eq!(world.outlet(1).current, Milliamps(70_000));
    world.outlet(1).temperature = DeciCelsius(870);
    world.run(seconds(2));
    assert_eq!(world.outlet(1).current, Milliamps(60_000));
    assert_eq!(world.view(1).allocation.bound_by, Some(Constraint::Derating));
    world.outlet(1).temperature = DeciCelsius(900);
    world.run(seconds(1));
    assert_eq!(world.outlet(1).current, Milliamps::ZERO);
}

#[test]
fn the_buildings_load_is_taken_off_and_runs_out() {
    let mut config = world::ring(3);
    config.site.limit_w = 40_000;
    config.site.building_load_w = 5_000;
    config.planner.borrowing = false;
    let mut world = World::with(config);
    start(&mut world, 1, 75);
    world.run(seconds(5));
    let drawn_after = |world: &mut World, watts: i64| {
        let until = world.now + seconds(4);
        world.tell(Input::BuildingLoad { load: Watts(watts), until });
        world.run(seconds(2));
        drawn(world)
    };
    assert_eq!(drawn(&world), 30_000);
    assert_eq!(drawn_after(&mut world, 20_000), 20_000);
    assert_eq!(drawn_after(&mut world, 0), 30_000, "measured, and less than assumed");
    assert_eq!(drawn_after(&mut world, 25_000), 15_000);
    world.run(seconds(10));
    assert_eq!(drawn(&world), 15_000, "what was measured last is not forgotten for less");
}

#[test]
fn priority_weighs() {
    let mut config = world::ring(3);
    config.ties.clear();
    config.site.limit_w = 30_000;
    config.connectors[0].priority = 1;
    let mut world = World::with(config);
    start(&mut world, 1, 75);
    start(&mut world, 2, 75);
    world.run(seconds(10));
    assert_eq!([1, 2].map(|id| world.outlet(id).current), [Milliamps(50_000), Milliamps(25_000)]);
    assert_eq!(world.view(2).allocation.bound_by, Some(Constraint::Site));
    assert_eq!(world.view(1).id, connector(1));
}

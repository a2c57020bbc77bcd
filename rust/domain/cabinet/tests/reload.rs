//! Another configuration in mid charge: what concerns the charge waits for its end, everything else takes effect at once.
#![cfg(test)]

mod world;

use std::time::Duration;

use api::{
    command::StopReason,
    state::{Authorisation, Phase},
};
use cabinet::{Command, Input, Verdict};
use units::{IdTag, Milliamps, ModuleId};
use world::{World, connector};

const AMPS: Milliamps = Milliamps::from_amps(50);

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn charging(id: u8) -> World {
    let mut world = World::new();
    world.plug_in(id, AMPS, None);
    world.until(id, Phase::Authorising, seconds(10));
    world.tell(Input::Card(IdTag::new(&format!("CARD{id}")).unwrap()));
    let Authorisation::Pending { request_id, .. } = world.view(id).authorisation else { panic!("nothing is asked") };
    world.tell(Input::Command(Command::Authorise {
        request_id,
        verdict: api::command::Verdict::Accepted,
        group: None,
        expires_ms: None,
    }));
    world.until(id, Phase::Charging, seconds(30));
    world.run(seconds(3));
    assert_eq!(world.outlet(id).current, AMPS);
    world
}

/// Ends the charge of a connector and waits until it is free.
fn end(world: &mut World, id: u8) {
    world.tell(Input::Card(IdTag::new(&format!("CARD{id}")).unwrap()));
    world.until(id, Phase::Finishing, seconds(20));
    world.run(seconds(1));
}

#[test]
fn a_lower_site_limit_acts_in_the_same_call() {
    let mut world = charging(1);
    world.accept(|config| config.site.limit_w = 10_000);
    let charging::Setpoint::On { voltage, current } = world.outlet(1).set else { panic!("off") };
    // 95 % of it reach the car.
    assert!((voltage * current).get() <= 9_500, "{voltage} {current}");
    world.run(seconds(1));
    assert_eq!(world.view(1).phase, Phase::Charging);
    world.accept(|config| config.site.limit_w = 60_000);
    world.run(seconds(2));
    assert_eq!(world.outlet(1).current, AMPS);
}

#[test]
fn everything_else_changes_and_the_charge_does_not_notice() {
    let mut world = charging(1);
    let set = world.outlet(1).set;
    let edits: [fn(&mut config::Config); 7] = [
        |config| config.modules[1].address = 17,
        |config| config.connectors[1].evse_id = "DE*NEW*E2".into(),
        |config| config.meters[1].address = 44,
        |config| config.rfid = None,
        |config| config.connectors[1].label = Some("left".into()),
        |config| config.planner.min_module_hold_ms = 1,
        |config| {
            config.connectors.remove(1);
            config.modules.remove(1);
            config.meters.remove(1);
            config.isolation.remove(1);
        },
    ];
    for edit in edits {
        world.accept(edit);
        assert_eq!(world.state().config_waiting, []);
        assert_eq!(**world.applied.last().unwrap(), world.accepted);
        for _ in 0..100 {
            world.step();
            assert_eq!((world.outlet(1).set, world.view(1).phase), (set, Phase::Charging));
        }
    }
    assert_eq!(world.state().connectors.len(), 1);
    end(&mut world, 1);
    assert_eq!(world.sessions.values().next().unwrap().reason, Some(StopReason::Local));
}

#[test]
fn what_the_charge_stands_on_waits_for_its_end_and_says_so() {
    let mut world = charging(1);
    world.accept(|config| {
        config.modules[0].address = 9;
        config.connectors[0].evse_id = "DE*NEW*E1".into();
    });
    let waiting = world.state().config_waiting;
    let pointers: Vec<_> = waiting.iter().map(|waiting| (waiting.pointer.as_str(), waiting.connector)).collect();
    assert_eq!(pointers, [("/connectors/0/evse_id", connector(1)), ("/modules/0/address", connector(1))]);
    assert_eq!(world.cabinet.config().modules[0].address, 0);
    world.run(seconds(5));
    assert_eq!((world.outlet(1).current, world.view(1).phase), (AMPS, Phase::Charging));
    end(&mut world, 1);
    assert_eq!(world.state().config_waiting, []);
    assert_eq!(*world.cabinet.config(), world.accepted);
    assert_eq!(**world.applied.last().unwrap(), world.accepted);
}

#[test]
fn a_removed_connector_ends_its_charge_as_it_likes_and_goes_then() {
    let mut world = charging(2);
    world.accept(|config| drop(config.connectors.remove(1)));
    world.run(seconds(5));
    assert_eq!((world.outlet(2).current, world.state().connectors.len()), (AMPS, 2));
    end(&mut world, 2);
    assert_eq!(world.state().connectors.len(), 1);
    assert_eq!(world.sessions.values().next().unwrap().reason, Some(StopReason::Local));
}

#[test]
fn a_connector_that_comes_back_charges() {
    let mut world = World::new();
    let gone = world.accepted.clone();
    world.accept(|config| {
        config.connectors.remove(0);
        config.modules.remove(0);
    });
    world.run(seconds(2));
    assert!(world.state().faults.iter().all(|fault| fault.part.as_deref() != Some("m0")));
    world.accept(|config| config.clone_from(&gone));
    world.run(seconds(2));
    world.plug_in(1, AMPS, None);
    world.until(1, Phase::Authorising, seconds(10));
    assert_eq!(world.state().modules[0].id, ModuleId::new("m0").unwrap());
}

#[test]
fn a_restart_in_between_adopts_the_charge_on_what_it_stands_on() {
    let mut world = charging(1);
    world.accept(|config| config.modules[0].address = 9);
    let text = serde_json::to_string(&world.cabinet.checkpoint(world.now)).unwrap();
    let verdicts = world.restart(serde_json::from_str(&text).ok(), Duration::from_millis(500), World::heard);
    assert_eq!(verdicts, [Verdict::Adopted, Verdict::Idle]);
    world.run(seconds(3));
    assert_eq!((world.outlet(1).current, world.cabinet.config().modules[0].address), (AMPS, 0));
    assert_eq!(world.state().config_waiting.len(), 1);
    end(&mut world, 1);
    assert_eq!(world.cabinet.config().modules[0].address, 9);
}

//! Whole charges in virtual time, and every way in which one can end.
#![cfg(test)]

mod world;

use std::time::Duration;

use api::{
    command::{StopReason, Verdict as Word},
    fault::FaultCode,
    session::SegmentFlag,
    state::{Authorisation, Phase, Purpose},
};
use cabinet::{Command, Input, Record, Verdict};
use units::{IdTag, Milliamps, Mono, Ohms};
use world::{World, connector};

const AMPS: Milliamps = Milliamps::from_amps(50);

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

/// Presents a card and lets the authority accept it.
fn authorise(world: &mut World, id: u8) {
    world.until(id, Phase::Authorising, seconds(10));
    world.tell(Input::Card(IdTag::new(&format!("CARD{id}")).unwrap()));
    let Authorisation::Pending { request_id, .. } = world.view(id).authorisation else {
        panic!("nothing is asked: {:?}", world.view(id).authorisation)
    };
    world.tell(Input::Command(Command::Authorise {
        request_id,
        verdict: Word::Accepted,
        group: None,
        expires_ms: None,
    }));
}

fn charging(id: u8) -> World {
    let mut world = World::new();
    start(&mut world, id);
    world
}

fn start(world: &mut World, id: u8) {
    world.plug_in(id, AMPS, None);
    authorise(world, id);
    world.until(id, Phase::Charging, seconds(30));
    world.run(seconds(3));
    assert!(world.outlet(id).current >= Milliamps::from_amps(40), "{}", world.outlet(id).current);
}

/// The one session, closed, with exactly the energy that the meter counted.
fn ledger(world: &World, reason: StopReason) {
    assert_eq!(world.sessions.len(), 1);
    let session = world.sessions.values().next().unwrap();
    assert_eq!(session.reason, Some(reason));
    let outlet = world.outlets.iter().find(|outlet| outlet.id == session.connector).unwrap();
    assert_eq!(session.meter_start.digits, 1_000);
    assert_eq!(session.meter_last.digits, u64::try_from(outlet.energy_mwh / 1_000).unwrap());
}

fn dead(world: &mut World, id: u8) {
    assert_eq!(world.outlet(id).purpose, mcu_link::Purpose::Open);
    assert_eq!(world.outlet(id).current, Milliamps::ZERO);
}

#[test]
fn a_car_charges_from_plug_to_unplug() {
    let mut world = World::new();
    assert_eq!(world.view(1).phase, Phase::Available);
    world.plug_in(1, AMPS, Some(100));
    authorise(&mut world, 1);
    world.until(1, Phase::CableCheck, seconds(10));
    world.until(1, Phase::PreCharge, seconds(10));
    world.until(1, Phase::Charging, seconds(10));
    world.until(1, Phase::Finishing, seconds(60));
    world.run(seconds(4));
    ledger(&world, StopReason::Vehicle);
    let energy = world.sessions.values().next().unwrap().energy_wh();
    assert!((100..103).contains(&energy), "{energy}");
    assert!(!world.view(1).locked);
    world.unplug(1);
    world.until(1, Phase::Available, seconds(2));
    assert_eq!(world.view(1).authorisation, Authorisation::None);
    assert!(world.state().faults.is_empty(), "{:?}", world.state().faults);
}

#[test]
fn plug_in_to_first_ampere_takes_seconds() {
    let mut world = World::new();
    let plugged = world.now;
    world.plug_in(1, AMPS, None);
    authorise(&mut world, 1);
    while world.outlet(1).current < Milliamps::from_amps(1) {
        world.step();
    }
    assert!(world.now.since(plugged) < seconds(8), "{:?}", world.now.since(plugged));
}

#[test]
fn two_cars_share_the_site_limit() {
    let mut config = world::config();
    config.site.limit_w = 20_000;
    config.planner.efficiency_percent = 100;
    let mut world = World::with(config);
    for id in [1, 2] {
        start_alone(&mut world, id);
    }
    world.run(seconds(5));
    let (one, two) = (world.outlet(1).current, world.outlet(2).current);
    assert_eq!(one, two);
    assert_eq!(one, Milliamps(25_000));
    let drawn = world.state().site.drawn;
    assert!(drawn.get() <= 20_000, "{drawn}");
}

fn start_alone(world: &mut World, id: u8) {
    world.plug_in(id, AMPS, None);
    authorise(world, id);
    world.until(id, Phase::Charging, seconds(30));
}

#[test]
fn the_site_limit_is_kept_while_shares_move() {
    let mut config = world::config();
    config.site.limit_w = 20_000;
    config.planner.efficiency_percent = 100;
    let mut world = World::with(config);
    start_alone(&mut world, 1);
    world.run(seconds(3));
    world.plug_in(2, AMPS, None);
    authorise(&mut world, 2);
    for _ in 0..2_000 {
        world.step();
        let total: i64 = world.outlets.iter().map(|outlet| (outlet.voltage * outlet.current).get()).sum();
        assert!(total <= 20_000, "{total} W at {:?}", world.now);
    }
    assert_eq!(world.outlet(2).current, Milliamps(25_000));
}

#[test]
fn a_meters_own_record_belongs_to_the_session_that_it_measured() {
    let mut world = World::new();
    let signed = |world: &mut World, record: &str| {
        let news = cabinet::MeterNews::Signed { record: record.into(), public_key: Some("3059".into()) };
        world.tell(Input::Meter("meter1".into(), news));
        let mut mine = world.records.iter().rev().filter_map(|kept| match kept {
            Record::Signed { receipt, .. } => Some((receipt.session.clone(), receipt.record.clone())),
            _ => None,
        });
        mine.next()
    };
    assert_eq!(signed(&mut world, "of nobody"), None);
    start_alone(&mut world, 1);
    let session = world.sessions.values().next().unwrap().id.clone();
    assert_eq!(signed(&mut world, "OCMF|{ }|{\"SD\":\"\"}"), Some((session.clone(), "OCMF|{ }|{\"SD\":\"\"}".into())));
    world.unplug(1);
    world.run(seconds(10));
    assert_eq!(signed(&mut world, "after its end"), Some((session.clone(), "after its end".into())));
    assert_eq!(signed(&mut world, &"x".repeat(70_000)), Some((session, "after its end".into())));
}

#[test]
fn the_first_energy_close_waits_for_the_sessions_row() {
    let mut world = World::new();
    world.lose_commits();
    world.plug_in(1, AMPS, None);
    authorise(&mut world, 1);
    world.until(1, Phase::Faulted, seconds(30));
    assert!(world.records.iter().any(|record| matches!(record, Record::Open(_))));
    assert_eq!(world.state().faults[0].code, FaultCode::StoreFailure);
    dead(&mut world, 1);
    assert_eq!(world.outlet(1).energy_mwh, 1_000_000);
}

#[test]
fn bad_insulation_ends_in_the_cable_check() {
    let mut world = World::new();
    world.outlet(1).resistance = Ohms(20_000);
    world.plug_in(1, AMPS, None);
    authorise(&mut world, 1);
    world.until(1, Phase::Faulted, seconds(30));
    assert_eq!(world.state().faults[0].code, FaultCode::CableCheckFault);
    dead(&mut world, 1);
    world.unplug(1);
    world.until(1, Phase::Available, seconds(2));
}

#[test]
fn the_card_that_began_it_ends_it() {
    let mut world = charging(1);
    world.tell(Input::Card(IdTag::new("CARD1").unwrap()));
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(4));
    ledger(&world, StopReason::Local);
}

#[test]
fn a_command_sent_twice_is_done_once() {
    let mut world = charging(1);
    let stop = Command::Stop { command_id: "a".into(), connector: connector(1), reason: StopReason::Remote };
    world.tell(Input::Command(stop.clone()));
    world.tell(Input::Command(stop));
    assert!(world.cabinet.has_taken("a"));
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(4));
    ledger(&world, StopReason::Remote);
}

#[test]
fn stop_is_legal_in_every_phase() {
    for phase in [Phase::Authorising, Phase::Preparing, Phase::CableCheck, Phase::PreCharge, Phase::Charging] {
        let mut world = World::new();
        world.plug_in(1, AMPS, None);
        if phase != Phase::Authorising {
            authorise(&mut world, 1);
        }
        world.until(1, phase, seconds(30));
        let stop = Command::Stop { command_id: "a".into(), connector: connector(1), reason: StopReason::Local };
        assert_eq!(world.cabinet.check(&stop), Ok(()), "{phase:?}");
        world.tell(Input::Command(stop));
        world.run(seconds(40));
        dead(&mut world, 1);
        let closed = world.sessions.values().all(|session| session.reason == Some(StopReason::Local));
        assert!(closed, "{phase:?}: {:?}", world.sessions);
    }
}

#[test]
fn a_car_that_vanishes_ends_its_charge() {
    let mut world = charging(1);
    world.outlet(1).car.as_mut().unwrap().lost = true;
    world.run(seconds(2));
    assert_eq!(world.outlet(1).current, Milliamps::ZERO, "a demand that is not renewed lapses");
}

#[test]
fn a_plug_pulled_under_load_ends_its_charge() {
    let mut world = charging(1);
    world.unplug(1);
    world.run(seconds(8));
    dead(&mut world, 1);
    ledger(&world, StopReason::Unplugged);
    assert_eq!(world.view(1).phase, Phase::Available);
}

#[test]
fn a_silent_module_ends_its_charge() {
    let mut world = charging(1);
    world.outlet(1).module_silent = true;
    world.until(1, Phase::Faulted, seconds(10));
    dead(&mut world, 1);
    ledger(&world, StopReason::Fault);
    assert!(world.state().faults.iter().any(|fault| fault.code == FaultCode::ModuleCommunication));
}

#[test]
fn a_silent_mcu_ends_its_charge() {
    let mut world = charging(1);
    world.mcu_silent = true;
    world.run(seconds(1));
    assert_eq!(world.outlet(1).set, charging::Setpoint::Off, "the modules are off before the lease lapses");
    world.mcu_silent = false;
    world.lease_until = Mono::BOOT;
    world.until(1, Phase::Faulted, seconds(10));
    ledger(&world, StopReason::Fault);
}

#[test]
fn how_long_an_mcu_may_be_silent_is_configured() {
    let mut config = world::config();
    config.mcu.silence_ms = 1_500;
    let mut world = World::with(config);
    start(&mut world, 1);
    world.mcu_silent = true;
    world.run(seconds(1));
    assert_eq!(world.state().connectors[0].phase, Phase::Charging);
    world.run(seconds(1));
    assert_eq!(world.outlet(1).set, charging::Setpoint::Off);
}

#[test]
fn a_silent_meter_ends_its_charge_politely() {
    let mut world = charging(1);
    for _ in 0..600 {
        world.step();
        world.tell(Input::Meter("meter1".into(), cabinet::MeterNews::Silent));
    }
    dead(&mut world, 1);
    assert_eq!(world.sessions.values().next().unwrap().reason, None.or(Some(StopReason::Fault)));
}

#[test]
fn the_emergency_stop_ends_everything_and_stays() {
    let mut world = charging(1);
    world.e_stop = true;
    world.until(1, Phase::Faulted, seconds(10));
    world.until(2, Phase::Faulted, seconds(10));
    dead(&mut world, 1);
    ledger(&world, StopReason::EmergencyStop);
    let clear = |n: &str, id| {
        Input::Command(Command::ClearFault { command_id: n.into(), connector: connector(id), who: "anna".into() })
    };
    world.tell(clear("a", 1));
    assert_eq!(world.view(1).phase, Phase::Faulted, "still pressed");
    world.e_stop = false;
    world.run(seconds(1));
    world.tell(clear("b", 1));
    world.run(seconds(1));
    world.unplug(1);
    world.until(1, Phase::Available, seconds(5));
}

#[test]
fn a_dead_plc_ends_its_charge_and_the_chain_is_ready_again() {
    let mut world = charging(1);
    world.disconnect_plc();
    world.until(1, Phase::Faulted, seconds(10));
    dead(&mut world, 1);
    ledger(&world, StopReason::Fault);
    world.connect_plc("second");
    world.unplug(1);
    world.until(1, Phase::Available, seconds(3));
    world.plug_in(1, AMPS, None);
    authorise(&mut world, 1);
    world.until(1, Phase::Charging, seconds(30));
}

#[test]
fn a_welded_contactor_is_noticed() {
    let mut world = charging(1);
    world.outlet(1).welded = true;
    let stop = Command::Stop { command_id: "a".into(), connector: connector(1), reason: StopReason::Local };
    world.tell(Input::Command(stop));
    world.until(1, Phase::Faulted, seconds(20));
    assert!(world.state().faults.iter().any(|fault| fault.code == FaultCode::ContactorFault && fault.latched));
    world.unplug(1);
    world.run(seconds(5));
    assert_eq!(world.view(1).phase, Phase::Faulted, "only a person may clear it");
}

#[test]
fn a_weld_that_only_the_mcu_remembers_is_a_fault_until_somebody_clears_it() {
    let mut world = World::new();
    // The power was away: the controller knows nothing, and the contacts have let go meanwhile.
    world.outlet(1).trip = Some(mcu_link::Trip::Welded);
    world.run(seconds(3));
    assert_eq!(world.view(1).phase, Phase::Faulted);
    assert_eq!(world.view(2).phase, Phase::Available);
    let clear = Command::ClearFault { command_id: "a".into(), connector: connector(1), who: "service".into() };
    world.tell(Input::Command(clear));
    world.run(seconds(3));
    assert_eq!(world.view(1).phase, Phase::Available);
    start(&mut world, 1);
}

#[test]
fn a_refused_card_leaves_the_car_waiting_for_a_better_one() {
    let mut world = World::new();
    world.plug_in(1, AMPS, None);
    world.until(1, Phase::Authorising, seconds(10));
    world.tell(Input::Card(IdTag::new("STOLEN").unwrap()));
    let Authorisation::Pending { request_id, .. } = world.view(1).authorisation else { panic!() };
    world.tell(Input::Command(Command::Authorise {
        request_id,
        verdict: Word::Blocked,
        group: None,
        expires_ms: None,
    }));
    world.run(seconds(2));
    assert!(matches!(world.view(1).authorisation, Authorisation::Refused { verdict: Word::Blocked, .. }));
    authorise(&mut world, 1);
    world.until(1, Phase::Charging, seconds(30));
}

#[test]
fn a_restart_adopts_the_charge_that_it_finds() {
    let mut world = charging(1);
    let checkpoint = world.cabinet.checkpoint(world.now);
    assert_eq!(checkpoint.charges().map(units::ConnectorId::get).collect::<Vec<_>>(), [1]);
    let text = serde_json::to_string(&checkpoint).unwrap();
    let set = world.outlet(1).set;
    let verdicts = world.restart(serde_json::from_str(&text).ok(), Duration::from_millis(800), World::heard);
    assert_eq!(verdicts, [Verdict::Adopted, Verdict::Idle]);
    for _ in 0..500 {
        world.step();
        assert_eq!(world.outlet(1).set, set, "the set-point moved");
        assert_eq!(world.view(1).phase, Phase::Charging);
    }
    world.tell(Input::Card(IdTag::new("CARD1").unwrap()));
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(4));
    ledger(&world, StopReason::Local);
}

fn exchanged(heard: &mut [Input], count: fn(u64) -> u64) {
    for input in heard {
        if let Input::Meter(_, cabinet::MeterNews::Reading { register, .. }) = input {
            register.digits = count(register.digits);
        }
    }
}

#[test]
fn a_restart_that_finds_a_misfit_takes_the_charge_down() {
    type Break = fn(&mut World, &mut Vec<Input>);
    let misfits: [(&str, Break); 7] = [
        ("mcu", |_, heard| heard.retain(|input| !matches!(input, Input::Mcu(_)))),
        ("plc", |_, heard| heard.retain(|input| !matches!(input, Input::Link(..)))),
        ("module", |_, heard| heard.retain(|input| !matches!(input, Input::Module(..)))),
        ("meter", |_, heard| heard.retain(|input| !matches!(input, Input::Meter(..)))),
        ("a meter that counts from nothing", |_, heard| exchanged(heard, |_| 0)),
        ("a meter that has counted much", |_, heard| exchanged(heard, |digits| digits + 10_000)),
        ("another plug-in", |world, heard| {
            world.outlet(1).plug_count += 1;
            *heard = world.heard();
        }),
    ];
    for (name, break_it) in misfits {
        let mut world = charging(1);
        let checkpoint = world.cabinet.checkpoint(world.now);
        let mut heard = world.heard();
        break_it(&mut world, &mut heard);
        let verdicts = world.restart(Some(checkpoint), Duration::from_millis(200), |_| heard.clone());
        assert!(matches!(verdicts[0], Verdict::TakenDown(_)), "{name}: {verdicts:?}");
        world.run(seconds(8));
        dead(&mut world, 1);
        assert_eq!(world.sessions.values().next().unwrap().reason, Some(StopReason::Restart), "{name}");
    }
}

#[test]
fn a_checkpoint_of_another_boot_is_void() {
    let mut world = charging(1);
    let text = serde_json::to_string(&world.cabinet.checkpoint(world.now)).unwrap();
    let other = text.replace(&world::boot().0, "ffffffff-0b0a-4908-8706-050403020100");
    let verdicts = world.restart(serde_json::from_str(&other).ok(), Duration::from_millis(200), World::heard);
    assert!(verdicts.is_empty(), "{verdicts:?}");
}

#[test]
fn nothing_is_closed_without_a_car() {
    let mut world = World::new();
    for _ in 0..500 {
        world.step();
        assert_eq!(world.view(1).contactors[0].asked, Purpose::Open);
    }
}

#[test]
fn a_reset_of_the_mcu_ends_its_charge() {
    let mut world = charging(1);
    world.reset_mcu();
    world.run(seconds(1));
    assert_eq!(world.outlet(1).set, charging::Setpoint::Off, "nothing is delivered behind an open contactor");
    world.until(1, Phase::Faulted, seconds(10));
    dead(&mut world, 1);
    ledger(&world, StopReason::Fault);
}

#[test]
fn a_car_that_leaves_readiness_is_stopped() {
    let mut world = charging(1);
    let outlet = world.outlet(1);
    outlet.pilot = mcu_link::PilotState::B;
    outlet.car.as_mut().unwrap().wants = Milliamps::ZERO;
    world.run(seconds(1));
    assert_ne!(world.view(1).phase, Phase::Charging);
    world.run(seconds(5));
    dead(&mut world, 1);
    // Ready again is not charging again: there was no new cable check.
    world.outlet(1).pilot = mcu_link::PilotState::C;
    world.run(seconds(2));
    dead(&mut world, 1);
}

#[test]
fn a_car_that_says_nothing_more_is_an_emergency() {
    let mut world = charging(1);
    world.outlet(1).car.as_mut().unwrap().lost = true;
    world.until(1, Phase::Faulted, seconds(10));
    dead(&mut world, 1);
    ledger(&world, StopReason::Vehicle);
}

#[test]
fn another_car_does_not_charge_on_the_last_ones_card() {
    let mut world = World::new();
    world.plug_in(1, AMPS, None);
    world.until(1, Phase::Matching, seconds(2));
    world.tell(Input::Card(IdTag::new("FIRST").unwrap()));
    let Authorisation::Pending { request_id, .. } = world.view(1).authorisation else { panic!() };
    world.tell(Input::Command(Command::Authorise {
        request_id,
        verdict: Word::Accepted,
        group: None,
        expires_ms: None,
    }));
    assert!(matches!(world.view(1).authorisation, Authorisation::Granted { .. }));
    // The controller is away while one car leaves and another comes.
    let checkpoint = world.cabinet.checkpoint(world.now);
    world.unplug(1);
    world.plug_in(1, AMPS, None);
    world.restart(Some(checkpoint), seconds(5), |_| Vec::new());
    world.connect_plc("first");
    world.run(seconds(10));
    assert_eq!(world.view(1).authorisation, Authorisation::None);
    assert_eq!(world.view(1).plug_in_epoch.0, 2);
    assert!(world.sessions.is_empty());
}

#[test]
fn a_second_tap_invites_nobody() {
    let mut world = World::new();
    let tap = || Input::Card(IdTag::new("CARD1").unwrap());
    world.plug_in(1, AMPS, None);
    world.until(1, Phase::Authorising, seconds(10));
    world.tell(tap());
    world.tell(tap());
    let Authorisation::Pending { request_id, .. } = world.view(1).authorisation else { panic!() };
    world.tell(Input::Command(Command::Authorise {
        request_id,
        verdict: Word::Accepted,
        group: None,
        expires_ms: None,
    }));
    world.until(1, Phase::Charging, seconds(30));
    world.tell(tap());
    world.run(seconds(1));
    world.tell(tap());
    world.until(1, Phase::Finishing, seconds(20));
    world.tell(tap());
    world.plug_in(2, AMPS, None);
    world.run(seconds(10));
    assert_eq!(world.view(2).authorisation, Authorisation::None);
}

/// What the CSMS would be told of the register, in order.
fn told(world: &World) -> Vec<u64> {
    world.records.iter().filter_map(|record| record.event()?.body.reported_wh()).collect()
}

#[test]
fn a_register_that_runs_backwards_begins_another_segment_and_the_charge_goes_on() {
    let mut world = charging(1);
    world.run(seconds(40));
    world.outlet(1).energy_mwh -= 600_000;
    world.run(seconds(40));
    assert_eq!(world.view(1).phase, Phase::Charging);
    assert!(
        world.state().faults.iter().any(|fault| fault.code == FaultCode::MeterRegister && fault.readings.is_some())
    );
    world.tell(Input::Card(IdTag::new("CARD1").unwrap()));
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(4));
    let session = world.sessions.values().next().unwrap();
    let flags: Vec<_> = session.segments.iter().map(|segment| segment.flags.clone()).collect();
    assert_eq!(flags, [vec![], vec![SegmentFlag::RanBackwards]]);
    let (first, second) = (session.segments[0].energy_wh(), session.segments[1].energy_wh());
    assert!(first > 150 && second > 150, "{first} and {second} Wh");
    assert_eq!(session.energy_wh(), first + second);
    let told = told(&world);
    assert!(told.is_sorted(), "{told:?}");
    assert_eq!(told.last().unwrap() - told[0], first + second);
    assert!(world.state().faults.is_empty(), "the next session's meter counts on");
}

#[test]
fn two_meters_on_one_address_end_the_charge_and_what_was_counted_stands() {
    let mut world = charging(1);
    let other = api::session::Register { digits: 9_000_000, exponent: 0, meter: "other".into() };
    for _ in 0..300 {
        let reading = cabinet::MeterNews::Reading {
            register: other.clone(),
            voltage: units::Millivolts::ZERO,
            current: Milliamps::ZERO,
        };
        world.tell(Input::Meter("meter1".into(), reading));
        world.step();
    }
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(4));
    let session = world.sessions.values().next().unwrap();
    assert_eq!((session.reason, session.segments.len()), (Some(StopReason::Fault), 16));
    assert!(session.energy_wh() < 1_000 && told(&world).is_sorted());
}

#[test]
fn a_car_may_try_again_on_the_same_card() {
    let mut config = world::config();
    config.authorisation.mode = config::AuthorisationMode::Free;
    let mut world = World::with(config);
    world.outlet(1).module_silent = true;
    world.plug_in(1, AMPS, None);
    world.until(1, Phase::Authorising, seconds(10));
    world.disconnect_plc();
    world.run(Duration::from_millis(100));
    world.outlet(1).module_silent = false;
    world.outlet(1).car.as_mut().unwrap().stage = api::link::Stage::Setup;
    world.connect_plc("second");
    world.until(1, Phase::Charging, seconds(30));
}

#[test]
fn a_lowered_limit_does_not_make_what_flowed_before_a_lie() {
    let mut world = charging(1);
    world.run(seconds(20));
    let mut config = world::config();
    config.connectors[0].max_power_w = 2_000;
    world.tell(Input::Config { config: Box::new(config), version: 2 });
    world.run(seconds(40));
    assert_eq!(world.view(1).phase, Phase::Charging);
    assert!(world.view(1).present.power.get() <= 2_000);
    world.tell(Input::Card(IdTag::new("CARD1").unwrap()));
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(4));
    ledger(&world, StopReason::Local);
    assert!(!world.sessions.values().next().unwrap().is_flagged());
}

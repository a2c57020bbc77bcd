//! Bus ties: what they close for, and how they open.

mod common;

use common::row::{Row, id};
use mcu_link::{EStop, Gate, InhibitLine, Purpose, ToMcu, Trip, TripScope};
use safety::{Input, Position};
use units::{ContactorId, Milliamps, Millivolts};

const AMPS: fn(i64) -> Milliamps = Milliamps::from_amps;

/// Slots 1 and 2 joined at 400 V, 50 A over the tie, car 1 charging.
fn lending() -> Row {
    let mut row = Row::with_cars(&[1]);
    row.read(1, |r| {
        r.bus_voltage = Millivolts::from_volts(400);
        r.connector_voltage = Millivolts::from_volts(399);
    });
    row.ask(1, Purpose::Energy).bus(2, 400).ask(11, Purpose::Tie);
    row.read(1, |r| r.current = Milliamps::from_amps(100)).tie_amps(11, AMPS(-50));
    assert_eq!((row.contactor(1).granted, row.contactor(11).granted), (Purpose::Energy, Purpose::Tie));
    row
}

#[test]
fn a_tie_needs_no_car_but_matched_buses() {
    let mut row = Row::new();
    row.bus(1, 400).bus(2, 379).ask(11, Purpose::Tie);
    assert_eq!((row.is_closed(11), row.contactor(11).refused), (false, Some(Gate::VoltageMatch)));
    row.bus(2, 380);
    assert_eq!((row.is_closed(11), row.contactor(11).refused), (true, None));
    assert_eq!(row.contactor(11).granted, Purpose::Tie);
    assert_eq!(row.status().inhibit, InhibitLine::Enabled);
}

#[test]
fn a_purpose_that_is_not_of_its_kind_is_refused() {
    let mut row = Row::with_cars(&[1]);
    for (contactor, purpose) in [(11, Purpose::Energy), (11, Purpose::TestClose), (1, Purpose::Tie)] {
        row.ask(contactor, purpose);
        assert_eq!((row.is_closed(contactor), row.contactor(contactor).refused), (false, Some(Gate::Purpose)));
        row.ask(contactor, Purpose::Open);
    }
    // Nor does a closed one change to it.
    let mut row = lending();
    row.ask(11, Purpose::Energy).ask(1, Purpose::Tie);
    assert_eq!((row.contactor(11).granted, row.contactor(11).refused), (Purpose::Tie, Some(Gate::Purpose)));
    assert_eq!((row.contactor(1).granted, row.contactor(1).refused), (Purpose::Energy, Some(Gate::Purpose)));
}

#[test]
fn asked_to_open_under_load_it_holds_and_stops_nobody() {
    let mut row = lending();
    row.ask(11, Purpose::Open);
    assert_eq!((row.contactor(11).granted, row.contactor(11).refused), (Purpose::Tie, Some(Gate::Current)));
    assert_eq!(row.status().inhibit, InhibitLine::Enabled, "car 1 charges on");
    for _ in 0..20 {
        row.pass(100).renew();
    }
    row.tie_amps(11, Milliamps(-2_001));
    assert!(row.is_closed(11));
    row.tie_amps(11, Milliamps(-2_000));
    assert_eq!((row.is_closed(11), row.contactor(11).trip, row.contactor(11).refused), (false, None, None));
    assert_eq!(row.contactor(1).granted, Purpose::Energy);
}

#[test]
fn a_lapsed_lease_opens_it_softly_with_the_others() {
    let mut row = lending();
    row.pass(1_500);
    assert_eq!(row.status().inhibit, InhibitLine::Inhibited);
    assert!(row.is_closed(11) && row.is_closed(1));
    row.now += 20;
    row.tie_amps(11, AMPS(0)).read(1, |r| r.current = AMPS(0));
    assert!(!row.is_closed(11) && !row.is_closed(1));
    assert_eq!(row.contactor(11).trip, Some(Trip::LeaseLapsed));
    // And within 100 ms whatever flows.
    let mut row = lending();
    row.pass(1_500).pass(100);
    assert!(!row.is_closed(11));
}

#[test]
fn it_opens_at_once_on_its_own_trips() {
    let mut row = lending();
    row.tie_amps(11, Milliamps(-110_001));
    assert_eq!((row.is_closed(11), row.contactor(11).trip), (false, Some(Trip::OverCurrent)));
    assert!(row.is_closed(1), "its neighbour has tripped for nothing");

    let mut row = lending();
    row.e_stop(EStop::Pressed);
    assert_eq!((row.is_closed(11), row.contactor(11).trip), (false, Some(Trip::EStop)));
    row.bare(Input::Link(ToMcu::ClearTrip(TripScope::All)));
    assert_eq!(row.contactor(11).trip, Some(Trip::EStop));

    let mut row = lending();
    row.stick(11, Position::Open).pass(200);
    assert_eq!((row.is_closed(11), row.contactor(11).trip), (false, Some(Trip::DidNotClose)));
}

#[test]
fn its_trips_are_cleared_with_those_of_either_slot() {
    for connector in [1, 2] {
        let mut row = lending();
        row.tie_amps(11, AMPS(200)).tie_amps(11, AMPS(0));
        row.input(Input::Link(ToMcu::ClearTrip(TripScope::Connector(id(3)))));
        assert_eq!(row.contactor(11).trip, Some(Trip::OverCurrent));
        row.input(Input::Link(ToMcu::ClearTrip(TripScope::Connector(id(connector)))));
        assert_eq!(row.contactor(11).trip, None);
    }
}

#[test]
fn no_second_car_comes_onto_an_island() {
    // A tie towards a slot whose car is connected.
    let mut row = Row::with_cars(&[1, 2]);
    row.ask(1, Purpose::TestClose).ask(2, Purpose::TestClose);
    assert!(row.is_closed(1) && row.is_closed(2));
    row.ask(11, Purpose::Tie);
    assert_eq!((row.is_closed(11), row.contactor(11).refused), (false, Some(Gate::Island)));
    // Nor by the long way round.
    row.ask(12, Purpose::Tie).ask(13, Purpose::Tie);
    assert_eq!(row.contactor(12).granted, Purpose::Tie);
    assert_eq!((row.is_closed(13), row.contactor(13).refused), (false, Some(Gate::Island)));
    // A car on an island that has one.
    let mut row = Row::with_cars(&[1, 3]);
    row.ask(11, Purpose::Tie).ask(12, Purpose::Tie).ask(1, Purpose::TestClose).ask(3, Purpose::TestClose);
    assert_eq!((row.is_closed(3), row.contactor(3).refused), (false, Some(Gate::Island)));
    // It waits for the contact, not for the coil.
    row.stuck.push((12, Position::Closed));
    row.ask(12, Purpose::Open);
    assert!(!row.is_closed(12) && !row.is_closed(3));
    row.stuck.clear();
    row.pass(1);
    assert_eq!(row.contactor(3).granted, Purpose::TestClose);
}

#[test]
fn a_tie_that_closes_by_itself_parts_both_cars() {
    let mut row = Row::with_cars(&[1, 2]);
    for slot in [1, 2] {
        row.ask(slot, Purpose::Energy);
        row.read(slot, |r| r.current = AMPS(50));
    }
    assert!(row.is_closed(1) && row.is_closed(2));
    row.stick(11, Position::Closed);
    for slot in [1, 2] {
        assert_eq!((row.is_closed(slot), row.contactor(slot).trip), (false, Some(Trip::Island)));
        row.read(slot, |r| r.current = AMPS(0)).ask(slot, Purpose::Open);
    }
    // Cleared, one of them may go on; not both while the tie stands closed.
    row.input(Input::Link(ToMcu::ClearTrip(TripScope::All)));
    row.ask(2, Purpose::Energy).ask(1, Purpose::Energy);
    assert_eq!((row.is_closed(2), row.contactor(1).refused), (true, Some(Gate::Island)));
    row.stuck.clear();
    row.pass(1);
    assert_eq!(row.contactor(1).granted, Purpose::Energy);
}

#[test]
fn what_a_tie_measures_is_told() {
    let row = lending();
    let tie = row.status().ties.iter().find(|tie| tie.contactor == ContactorId(11)).copied();
    assert_eq!(tie.map(|tie| tie.current), Some(AMPS(-50)));
    assert_eq!(row.status().ties.len(), 3);
    assert_eq!(row.status().contactors.len(), 6);
}

#[test]
fn a_tie_to_nowhere_is_not_driven() {
    use mcu_link::{ContactorLayout, GateSensors, Place, ResetReason};
    let tie = ContactorLayout { contactor: ContactorId(11), place: Place::Tie(id(1), id(9)) };
    let gun = ContactorLayout { contactor: ContactorId(1), place: Place::Gun(id(1)) };
    let setup = safety::Setup {
        boot_nonce: 7,
        reset: ResetReason::PowerOn,
        firmware: [0, 1, 0],
        contactors: [tie, gun].into_iter().collect(),
        sensors: GateSensors::VERIFIED,
        limits: safety::Limits::default(),
    };
    let safety = safety::Safety::new(setup, units::Mono::BOOT);
    assert_eq!(safety.hello().contactors.as_slice(), [gun]);
}

//! Each trip opens at once and stays; the lease lapses the way it is written down.

mod common;

use common::{Bench, CONTACTOR, connector};
use mcu_link::{
    ContactorFeedback, EStop, Gate, InhibitLine, LockCommand, LockFeedback, PilotState, Purpose, ToMcu, Trip, TripScope,
};
use safety::{Coil, Input, Position};
use units::{ConnectorId, DeciCelsius, Milliamps, Millivolts};

#[test]
fn each_trip_opens_at_once_and_is_latched() {
    type Change = fn(&mut Bench);
    let table: [(&str, Change, Change, Trip); 9] = [
        (
            "e-stop",
            |b| {
                b.e_stop(EStop::Pressed);
            },
            |b| {
                b.e_stop(EStop::Released);
            },
            Trip::EStop,
        ),
        (
            "unplugged",
            |b| {
                b.read(|r| r.pilot = PilotState::A);
            },
            |_| {},
            Trip::PilotLost,
        ),
        (
            "B under load",
            |b| {
                b.read(|r| r.pilot = PilotState::B);
            },
            |_| {},
            Trip::PilotLost,
        ),
        (
            "pilot short",
            |b| {
                b.read(|r| r.pilot = PilotState::E);
            },
            |_| {},
            Trip::PilotLost,
        ),
        (
            "lock",
            |b| {
                b.read(|r| r.lock = LockFeedback::Unknown);
            },
            |_| {},
            Trip::LockLost,
        ),
        (
            "over-current",
            |b| {
                b.read(|r| r.current = Milliamps(110_001));
            },
            |_| {},
            Trip::OverCurrent,
        ),
        (
            "back-feed",
            |b| {
                b.read(|r| r.current = Milliamps(-110_001));
            },
            |_| {},
            Trip::OverCurrent,
        ),
        (
            "hot",
            |b| {
                b.read(|r| r.temperature = DeciCelsius(901));
            },
            |b| {
                b.read(|r| r.temperature = DeciCelsius(800));
            },
            Trip::OverTemperature,
        ),
        (
            "isolation",
            |b| {
                b.isolation(99_999);
            },
            |_| {},
            Trip::IsolationLost,
        ),
    ];
    for (name, cause, cure, trip) in table {
        let mut bench = Bench::charging();
        cause(&mut bench);
        assert_eq!(bench.coil(), Coil::Released, "{name}");
        assert_eq!(bench.contactor().trip, Some(trip), "{name}");
        assert_eq!(bench.contactor().granted, Purpose::Open, "{name}");
        bench.lease(Purpose::TestClose);
        assert_eq!(bench.coil(), Coil::Released, "{name}: stays open though asked");
        cure(&mut bench);
        bench.link(ToMcu::ClearTrip(TripScope::Connector(ConnectorId::new(2).unwrap())));
        assert_eq!(bench.contactor().trip, Some(trip), "{name}: not another connector's to clear");
        bench.link(ToMcu::ClearTrip(TripScope::Connector(connector())));
        assert_eq!(bench.contactor().trip, None, "{name}");
    }
}

#[test]
fn a_trip_is_not_cleared_while_its_cause_lasts() {
    let mut bench = Bench::charging();
    bench.e_stop(EStop::Pressed).clear();
    assert_eq!(bench.contactor().trip, Some(Trip::EStop));

    let mut bench = Bench::charging();
    bench.read(|r| r.temperature = DeciCelsius(950));
    bench.read(|r| r.temperature = DeciCelsius(801));
    bench.clear();
    assert_eq!(bench.contactor().trip, Some(Trip::OverTemperature));
}

#[test]
fn too_much_current_in_a_test_opens() {
    let mut bench = Bench::tested();
    bench.read(|r| r.current = Milliamps(2_000));
    assert_eq!(bench.coil(), Coil::Energised);
    bench.read(|r| r.current = Milliamps(2_001));
    assert_eq!((bench.coil(), bench.contactor().trip), (Coil::Released, Some(Trip::TestOverCurrent)));
}

#[test]
fn going_to_b_without_current_is_the_normal_end() {
    let mut bench = Bench::charging();
    bench.read(|r| r.current = Milliamps(1_500));
    bench.read(|r| r.pilot = PilotState::B);
    assert_eq!((bench.coil(), bench.contactor().trip), (Coil::Released, None));
    assert_eq!(bench.contactor().refused, Some(Gate::Pilot));
}

#[test]
fn a_lapsed_lease_stops_the_modules_waits_and_opens() {
    let mut bench = Bench::charging();
    assert_eq!(bench.status().inhibit, InhibitLine::Enabled);
    bench.pass(1_499);
    assert_eq!((bench.coil(), bench.status().inhibit), (Coil::Energised, InhibitLine::Enabled));
    bench.pass(1);
    assert_eq!((bench.coil(), bench.status().inhibit), (Coil::Energised, InhibitLine::Inhibited));
    assert_eq!(bench.contactor().granted, Purpose::Open, "nothing is granted any more");
    // The current falls: it opens before the 100 ms are up.
    bench.now += 30;
    bench.read(|r| r.current = Milliamps(2_000));
    assert_eq!((bench.coil(), bench.contactor().trip), (Coil::Released, Some(Trip::LeaseLapsed)));
}

#[test]
fn asked_to_open_under_load_it_stops_the_modules_first() {
    let mut bench = Bench::charging();
    bench.lease(Purpose::Open);
    assert_eq!((bench.coil(), bench.status().inhibit), (Coil::Energised, InhibitLine::Inhibited));
    assert_eq!(bench.contactor().granted, Purpose::Open);
    bench.read(|r| r.current = Milliamps(2_000));
    assert_eq!((bench.coil(), bench.contactor().trip), (Coil::Released, None));
    assert_eq!(bench.status().inhibit, InhibitLine::Enabled);
    // And no longer than the time for that, whatever flows.
    let mut bench = Bench::charging();
    bench.lease(Purpose::Open).pass(100);
    assert_eq!((bench.coil(), bench.contactor().trip), (Coil::Released, None));
}

#[test]
fn the_modules_stay_stopped_until_the_contacts_are_apart() {
    let mut bench = Bench::charging();
    bench.lease(Purpose::Open);
    bench.now += 20;
    bench.readings.current = Milliamps(0);
    let readings = bench.readings;
    bench.bare(Input::Readings(readings));
    assert_eq!((bench.coil(), bench.status().inhibit), (Coil::Released, InhibitLine::Inhibited), "it still travels");
    bench.now += 20;
    bench.bare(Input::Position { contactor: CONTACTOR, position: Position::Open });
    assert_eq!(bench.status().inhibit, InhibitLine::Enabled);
    // One that is welded does not stop everybody for ever.
    let mut bench = Bench::charging();
    bench.lease(Purpose::Open);
    bench.now += 20;
    bench.bare(Input::Readings(readings));
    bench.now += 200;
    bench.bare(Input::Tick);
    assert_eq!(bench.status().inhibit, InhibitLine::Enabled);
}

#[test]
fn a_live_cable_is_not_unlocked_whoever_asks() {
    let unlock = || ToMcu::Lock { connector: connector(), command: LockCommand::Unlock };
    let lock = |bench: &Bench| bench.out.actuators.connectors[0].lock;
    // After its own start it knows nothing: not that the line is dead either.
    let mut bench = Bench::new();
    bench.link(unlock());
    assert_eq!(lock(&bench), None);
    bench.read(|r| r.pilot = PilotState::B);
    bench.read(|r| r.connector_voltage = Millivolts::from_volts(60));
    bench.link(unlock());
    assert_eq!(lock(&bench), None, "open, and live from the car's side");
    bench.read(|r| r.connector_voltage = Millivolts::from_volts(59));
    bench.link(unlock());
    assert_eq!(lock(&bench), Some(LockCommand::Unlock));
}

#[test]
fn a_current_that_does_not_fall_is_cut_after_100_ms() {
    let mut bench = Bench::charging();
    bench.pass(1_500).pass(99);
    assert_eq!(bench.coil(), Coil::Energised);
    bench.pass(1);
    assert_eq!((bench.coil(), bench.contactor().trip), (Coil::Released, Some(Trip::LeaseLapsed)));
}

#[test]
fn a_lease_that_comes_too_late_saves_nothing() {
    // It comes before anybody has looked at the clock again.
    let mut bench = Bench::charging();
    bench.now += 1_600;
    bench.lease(Purpose::Energy);
    assert_eq!(bench.status().inhibit, InhibitLine::Inhibited, "a softly opening contactor holds the line down");
    bench.pass(100);
    assert_eq!((bench.coil(), bench.contactor().trip), (Coil::Released, Some(Trip::LeaseLapsed)));
    assert_eq!(bench.status().inhibit, InhibitLine::Enabled);
}

#[test]
fn an_emergency_stop_does_not_wait_for_the_current() {
    let mut bench = Bench::charging();
    bench.pass(1_500);
    assert_eq!(bench.coil(), Coil::Energised);
    bench.e_stop(EStop::Pressed);
    assert_eq!(bench.coil(), Coil::Released);
}

#[test]
fn renewing_keeps_it_closed() {
    let mut bench = Bench::charging();
    for _ in 0..50 {
        bench.pass(200).lease(Purpose::Energy);
        assert_eq!(bench.contactor().granted, Purpose::Energy);
    }
}

#[test]
fn welded_is_told_latched_and_only_cleared_when_open() {
    let mut bench = Bench::charging();
    bench.read(|r| r.current = Milliamps(0));
    bench.bare(Input::Link(common::lease(Purpose::Open, bench.plug_count())));
    assert_eq!(bench.coil(), Coil::Released);
    bench.now += 199;
    bench.bare(Input::Tick);
    assert_eq!(bench.contactor().feedback, ContactorFeedback::Closed);
    bench.now += 1;
    bench.bare(Input::Tick);
    assert_eq!((bench.contactor().feedback, bench.contactor().trip), (ContactorFeedback::Welded, Some(Trip::Welded)));
    bench.bare(Input::Link(ToMcu::ClearTrip(TripScope::All)));
    assert_eq!(bench.contactor().trip, Some(Trip::Welded));
    bench.bare(Input::Position { contactor: CONTACTOR, position: Position::Open });
    bench.bare(Input::Link(ToMcu::ClearTrip(TripScope::All)));
    assert_eq!((bench.contactor().feedback, bench.contactor().trip), (ContactorFeedback::Open, None));
}

#[test]
fn a_contactor_that_does_not_follow_its_coil_is_told() {
    let mut bench = Bench::ready();
    bench.bare(Input::Link(common::lease(Purpose::TestClose, bench.plug_count())));
    assert_eq!(bench.coil(), Coil::Energised);
    bench.now += 200;
    bench.bare(Input::Tick);
    assert_eq!((bench.coil(), bench.contactor().trip), (Coil::Released, Some(Trip::DidNotClose)));
}

#[test]
fn a_status_comes_every_100_ms_and_at_once_on_change() {
    let mut bench = Bench::ready();
    bench.pass(100);
    bench.now += 1;
    bench.bare(Input::Tick);
    assert!(bench.out.status.is_none());
    bench.readings.temperature = DeciCelsius(300);
    bench.bare(Input::Readings(bench.readings));
    assert!(bench.out.status.is_none(), "a temperature waits for its turn");
    bench.readings.lock = LockFeedback::Unlocked;
    bench.bare(Input::Readings(bench.readings));
    assert!(bench.out.status.is_some());
    assert_eq!(bench.out.next_wake.millis(), bench.now + 100);
}

#[test]
fn it_says_who_it_is_at_its_start_and_when_asked() {
    let mut bench = Bench::new();
    assert_eq!(bench.out.hello.as_ref().map(|hello| hello.boot_nonce), Some(7), "at its start");
    bench.bare(Input::Tick);
    assert_eq!(bench.out.hello, None);
    bench.bare(Input::Link(ToMcu::Hello));
    assert_eq!(bench.out.hello.as_ref().map(|hello| hello.boot_nonce), Some(7));
    assert!(bench.out.status.is_some());
}

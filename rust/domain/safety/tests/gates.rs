//! Each gate holds back what it is there to hold back, and nothing else does.

mod common;

use common::{Bench, connector};
use mcu_link::{
    EStop, Gate, Isolation, IsolationTest, LockCommand, LockFeedback, PilotState, PlugCount, Purpose, ToMcu,
};
use safety::{Coil, Input, IsolationReading};
use units::{DeciCelsius, Milliamps, Millivolts};

#[test]
fn a_test_needs_no_isolation_and_energy_does() {
    let mut bench = Bench::ready();
    bench.lease(Purpose::TestClose);
    assert_eq!((bench.contactor().granted, bench.contactor().refused), (Purpose::TestClose, None));

    let mut bench = Bench::ready();
    bench.lease(Purpose::Energy);
    assert_eq!((bench.contactor().granted, bench.contactor().refused), (Purpose::Open, Some(Gate::Isolation)));
    assert_eq!(bench.coil(), Coil::Released);
}

#[test]
fn each_gate_of_a_test() {
    type Change = fn(&mut Bench);
    let table: [(&str, Change, Gate); 11] = [
        (
            "pilot B",
            |b| {
                b.read(|r| r.pilot = PilotState::B);
            },
            Gate::Pilot,
        ),
        (
            "pilot A",
            |b| {
                b.read(|r| r.pilot = PilotState::A);
            },
            Gate::Pilot,
        ),
        (
            "pilot E",
            |b| {
                b.read(|r| r.pilot = PilotState::E);
            },
            Gate::Pilot,
        ),
        (
            "pilot unknown",
            |b| {
                b.read(|r| r.pilot = PilotState::Unknown);
            },
            Gate::Pilot,
        ),
        (
            "unlocked",
            |b| {
                b.read(|r| r.lock = LockFeedback::Unlocked);
            },
            Gate::Lock,
        ),
        (
            "lock between",
            |b| {
                b.read(|r| r.lock = LockFeedback::Unknown);
            },
            Gate::Lock,
        ),
        (
            "bus 60 V",
            |b| {
                b.read(|r| r.bus_voltage = Millivolts::from_volts(60));
            },
            Gate::Voltage,
        ),
        (
            "car -60 V",
            |b| {
                b.read(|r| r.connector_voltage = Millivolts::from_volts(-60));
            },
            Gate::Voltage,
        ),
        (
            "current",
            |b| {
                b.read(|r| r.current = Milliamps(-2_001));
            },
            Gate::Current,
        ),
        (
            "hot",
            |b| {
                b.read(|r| r.temperature = DeciCelsius(801));
            },
            Gate::Temperature,
        ),
        (
            "emergency stop",
            |b| {
                b.e_stop(EStop::Pressed);
            },
            Gate::EStop,
        ),
    ];
    for (name, change, gate) in table {
        let mut bench = Bench::ready();
        change(&mut bench);
        bench.lease(Purpose::TestClose);
        assert_eq!(bench.contactor().refused, Some(gate), "{name}");
        assert_eq!(bench.coil(), Coil::Released, "{name}");
    }
}

#[test]
fn just_inside_every_gate_it_closes() {
    let mut bench = Bench::ready();
    bench.read(|r| {
        r.pilot = PilotState::D;
        r.bus_voltage = Millivolts(59_999);
        r.connector_voltage = Millivolts(-59_999);
        r.current = Milliamps(2_000);
        r.temperature = DeciCelsius(800);
    });
    bench.lease(Purpose::TestClose);
    assert_eq!(bench.coil(), Coil::Energised);
}

#[test]
fn energy_closes_only_on_matched_voltages() {
    for (bus, car, gate) in [
        (400_000, 379_999, Some(Gate::VoltageMatch)),
        (379_999, 400_000, Some(Gate::VoltageMatch)),
        (400_000, 380_000, None),
        (0, 0, None),
    ] {
        let mut bench = Bench::tested();
        bench.lease(Purpose::Open);
        bench.read(|r| {
            r.bus_voltage = Millivolts(bus);
            r.connector_voltage = Millivolts(car);
        });
        bench.lease(Purpose::Energy);
        assert_eq!(bench.contactor().refused, gate, "{bus} {car}");
    }
}

#[test]
fn a_closed_contactor_is_promoted_without_opening() {
    let mut bench = Bench::ready();
    bench.lease(Purpose::TestClose);
    bench.lease(Purpose::Energy);
    assert_eq!((bench.contactor().granted, bench.contactor().refused), (Purpose::TestClose, Some(Gate::Isolation)));
    assert_eq!(bench.coil(), Coil::Energised);
    bench.link(ToMcu::IsolationTest { connector: connector(), test: IsolationTest::Start });
    assert_eq!(bench.status().connectors[0].isolation.state, Isolation::Testing);
    bench.isolation(100_000);
    assert_eq!((bench.contactor().granted, bench.contactor().refused), (Purpose::Energy, None));
}

#[test]
fn energy_goes_back_to_a_test_only_at_a_tests_current() {
    let mut bench = Bench::charging();
    bench.lease(Purpose::TestClose);
    assert_eq!((bench.contactor().granted, bench.contactor().refused), (Purpose::Energy, Some(Gate::Current)));
    bench.read(|r| r.current = Milliamps(1_000));
    assert_eq!((bench.contactor().granted, bench.contactor().trip), (Purpose::TestClose, None));
}

#[test]
fn a_request_stands_until_its_last_gate_holds() {
    let mut bench = Bench::ready();
    bench.read(|r| r.lock = LockFeedback::Unlocked);
    bench.lease(Purpose::TestClose);
    assert_eq!(bench.coil(), Coil::Released);
    bench.read(|r| r.lock = LockFeedback::Locked);
    assert_eq!(bench.coil(), Coil::Energised);
}

#[test]
fn isolation_of_another_plug_in_counts_for_nothing() {
    let mut bench = Bench::tested();
    bench.lease(Purpose::Open);
    assert_eq!(bench.plug_count(), PlugCount(1));
    bench.read(|r| r.pilot = PilotState::A);
    bench.read(|r| r.pilot = PilotState::C);
    assert_eq!(bench.plug_count(), PlugCount(2));
    bench.lease(Purpose::Energy);
    assert_eq!(bench.contactor().refused, Some(Gate::Isolation));
}

#[test]
fn a_lease_for_another_plug_in_is_refused() {
    for wrong in [PlugCount(0), PlugCount(2)] {
        let mut bench = Bench::ready();
        bench.lease_for(Purpose::TestClose, wrong);
        assert_eq!(bench.contactor().refused, Some(Gate::PlugCount));
        // And one that is closed already opens.
        let mut bench = Bench::charging();
        bench.read(|r| r.current = Milliamps(0));
        bench.lease_for(Purpose::Energy, wrong);
        assert_eq!(bench.coil(), Coil::Released);
        assert_eq!(bench.contactor().refused, Some(Gate::PlugCount));
    }
}

#[test]
fn pilot_e_and_f_are_not_a_new_plug_in() {
    let mut bench = Bench::ready();
    for pilot in [PilotState::F, PilotState::E, PilotState::Unknown, PilotState::B] {
        bench.read(|r| r.pilot = pilot);
    }
    assert_eq!(bench.plug_count(), PlugCount(1));
}

#[test]
fn isolation_is_only_measured_through_a_closed_contactor() {
    let mut bench = Bench::ready();
    bench.link(ToMcu::IsolationTest { connector: connector(), test: IsolationTest::Start });
    bench.isolation(1_000_000);
    assert_eq!(bench.status().connectors[0].isolation.state, Isolation::Testing);
    bench.lease(Purpose::TestClose);
    bench.isolation(99_999);
    assert!(matches!(bench.status().connectors[0].isolation.state, Isolation::Failed { .. }));
    bench.lease(Purpose::Energy);
    assert_eq!(bench.contactor().refused, Some(Gate::Isolation));
}

#[test]
fn a_monitor_that_cannot_say_fails_the_test() {
    let mut bench = Bench::ready();
    bench.lease(Purpose::TestClose);
    bench.link(ToMcu::IsolationTest { connector: connector(), test: IsolationTest::Start });
    bench.input(Input::Isolation { connector: connector(), reading: IsolationReading::Unavailable });
    assert!(matches!(bench.status().connectors[0].isolation.state, Isolation::Failed { .. }));
}

#[test]
fn without_a_plug_there_is_no_test() {
    let mut bench = Bench::new();
    bench.link(ToMcu::IsolationTest { connector: connector(), test: IsolationTest::Start });
    assert_eq!(bench.status().connectors[0].isolation.state, Isolation::Unknown);
}

#[test]
fn the_lock_does_not_open_under_a_closed_contactor() {
    let mut bench = Bench::charging();
    bench.link(ToMcu::Lock { connector: connector(), command: LockCommand::Lock });
    bench.link(ToMcu::Lock { connector: connector(), command: LockCommand::Unlock });
    assert_eq!(bench.out.actuators.connectors[0].lock, Some(LockCommand::Lock));
    bench.read(|r| r.current = Milliamps(0));
    bench.lease(Purpose::Open);
    bench.link(ToMcu::Lock { connector: connector(), command: LockCommand::Unlock });
    assert_eq!(bench.out.actuators.connectors[0].lock, Some(LockCommand::Lock), "open, and not yet dead");
    bench.read(|r| r.connector_voltage = Millivolts(0));
    bench.link(ToMcu::Lock { connector: connector(), command: LockCommand::Unlock });
    assert_eq!(bench.out.actuators.connectors[0].lock, Some(LockCommand::Unlock));
}

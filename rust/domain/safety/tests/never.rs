//! What must never be, over random histories.

mod common;

use common::{
    Bench, connector,
    row::{Row, SLOTS, TIES},
};
use mcu_link::{EStop, InhibitLine, IsolationTest, LockFeedback, PilotState, PlugCount, Purpose, ToMcu, TripScope};
use proptest::{collection::vec, prelude::*};
use safety::{Coil, Input, Position};
use units::{DeciCelsius, Milliamps, Millivolts};

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Lease(Purpose, i64),
    Pilot(PilotState),
    Lock(LockFeedback),
    Bus(i64),
    Car(i64),
    Amps(i64),
    Hot(i32),
    Isolation(i64),
    Test(IsolationTest),
    EStop(EStop),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::{Amps, Bus, Car, Clear, Hot, Isolation, Lease, Lock, Pass, Pilot, Test};
    prop_oneof![
        8 => (0_u64..400).prop_map(Pass),
        8 => (prop_oneof![2 => Just(Purpose::Open), 2 => Just(Purpose::TestClose), 2 => Just(Purpose::Energy),
                            1 => Just(Purpose::Tie)],
              prop_oneof![9 => Just(0_i64), 1 => Just(1), 1 => Just(-1)])
            .prop_map(|(purpose, off)| Lease(purpose, off)),
        3 => prop_oneof![4 => Just(PilotState::C), 1 => Just(PilotState::A), 1 => Just(PilotState::B),
                         1 => Just(PilotState::D), 1 => Just(PilotState::E)].prop_map(Pilot),
        3 => prop_oneof![4 => Just(LockFeedback::Locked), 1 => Just(LockFeedback::Unlocked)].prop_map(Lock),
        2 => prop_oneof![2 => Just(0_i64), 1 => 0..450_i64].prop_map(Bus),
        2 => prop_oneof![2 => Just(0_i64), 1 => 0..450_i64].prop_map(Car),
        2 => prop_oneof![2 => Just(0_i64), 1 => -5..130_i64].prop_map(Amps),
        1 => (200..950_i32).prop_map(Hot),
        2 => prop_oneof![2 => Just(1_000_000_i64), 1 => 0..200_000_i64].prop_map(Isolation),
        2 => prop_oneof![3 => Just(IsolationTest::Start), 1 => Just(IsolationTest::Stop)].prop_map(Test),
        1 => prop_oneof![Just(EStop::Released), Just(EStop::Pressed)].prop_map(Step::EStop),
        2 => Just(Clear),
    ]
}

/// What an onlooker remembers who knows the rules but not the machine.
#[derive(Default)]
struct Onlooker {
    e_stop: EStop,
    asked: Option<(Purpose, PlugCount, u64)>,
    plugged: bool,
    plugs: u32,
    /// The plug-in and whether its last measurement while closed and asked for was good.
    good_isolation: Option<u32>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn never_closed_without_its_gates_nor_beyond_its_lease(
        plugged in any::<bool>(),
        steps in vec(step(), 1..80),
    ) {
        let mut bench = Bench::new();
        bench.read(|_| {});
        let mut seen = Onlooker::default();
        if plugged {
            bench.read(|r| { r.pilot = PilotState::C; r.lock = LockFeedback::Locked; });
            seen.plugged = true;
            seen.plugs = 1;
        }
        for step in steps {
            let before = bench.coil();
            match step.clone() {
                Step::Pass(ms) => { bench.pass(ms); }
                Step::Lease(purpose, off) => {
                    let count = PlugCount(u32::try_from(i64::from(seen.plugs) + off).unwrap_or(0));
                    seen.asked = Some((purpose, count, bench.now));
                    bench.lease_for(purpose, count);
                }
                Step::Pilot(pilot) => {
                    let plugged = matches!(pilot, PilotState::B | PilotState::C | PilotState::D);
                    if plugged && !seen.plugged {
                        seen.plugs += 1;
                        seen.plugged = true;
                    } else if pilot == PilotState::A {
                        seen.plugged = false;
                    }
                    bench.read(|r| r.pilot = pilot);
                }
                Step::Lock(lock) => { bench.read(|r| r.lock = lock); }
                Step::Bus(v) => { bench.read(|r| r.bus_voltage = Millivolts::from_volts(v)); }
                Step::Car(v) => { bench.read(|r| r.connector_voltage = Millivolts::from_volts(v)); }
                Step::Amps(a) => { bench.read(|r| r.current = Milliamps::from_amps(a)); }
                Step::Hot(t) => { bench.read(|r| r.temperature = DeciCelsius(t)); }
                Step::Isolation(ohms) => {
                    if ohms < 100_000 {
                        seen.good_isolation = None;
                    } else if before == Coil::Energised {
                        seen.good_isolation = Some(seen.plugs);
                    }
                    bench.isolation(ohms);
                }
                Step::Test(test) => {
                    if test == IsolationTest::Start {
                        seen.good_isolation = None;
                    }
                    bench.link(ToMcu::IsolationTest { connector: connector(), test });
                }
                Step::EStop(e_stop) => {
                    seen.e_stop = e_stop;
                    bench.e_stop(e_stop);
                }
                Step::Clear => { bench.clear(); }
            }
            let status = bench.contactor();
            let r = bench.readings;
            if bench.coil() == Coil::Released {
                prop_assert_eq!(status.granted, Purpose::Open);
                continue;
            }
            // Closed: on a request that names it, not longer ago than the lease and the soft opening.
            let Some((purpose, count, at)) = seen.asked else { panic!("closed without a lease") };
            // Opening softly is the one state in which the line is down and the coil still holds.
            let softly = bench.status().inhibit == InhibitLine::Inhibited;
            if !softly {
                prop_assert!(bench.now < at + 1_500, "closed on a lapsed lease");
                prop_assert!(purpose != Purpose::Open);
                prop_assert_eq!(count.0, seen.plugs);
                prop_assert!(r.pilot.wants_energy() && r.lock == LockFeedback::Locked);
                prop_assert!(r.temperature <= DeciCelsius(900));
            }
            prop_assert_eq!(seen.e_stop, EStop::Released);
            match status.granted {
                Purpose::Energy => {
                    prop_assert_eq!(seen.good_isolation, Some(seen.plugs));
                    prop_assert!(r.current.abs() <= Milliamps::from_amps(110));
                }
                Purpose::TestClose => prop_assert!(r.current.abs() <= Milliamps::from_amps(2)),
                Purpose::Open => prop_assert!(softly),
                Purpose::Tie => prop_assert!(false, "a connector's contactor is no tie"),
            }
            if before == Coil::Released {
                match status.granted {
                    Purpose::TestClose => {
                        prop_assert!(r.bus_voltage < Millivolts::from_volts(60));
                        prop_assert!(r.connector_voltage < Millivolts::from_volts(60));
                    }
                    _ => prop_assert!(r.bus_voltage.distance(r.connector_voltage) <= Millivolts::from_volts(20)),
                }
            }
        }
    }

    /// However the clock is looked at: once the last renewal is a lease and 100 ms old, the coil is released.
    #[test]
    fn never_longer_than_the_lease_and_100_ms(looks in vec(1_u64..300, 1..30), amps in 0..100_i64) {
        let mut bench = Bench::charging();
        bench.read(|r| r.current = Milliamps::from_amps(amps));
        let renewed = bench.now;
        for look in looks {
            bench.pass(look.min(bench.out.next_wake.millis() - bench.now));
            if bench.now >= renewed + 1_600 {
                prop_assert_eq!(bench.coil(), Coil::Released);
            }
        }
    }
}

/// What happens to a ring of ties.
#[derive(Clone, Debug)]
enum Turn {
    Pass(u64),
    Ask(u8, Purpose),
    Bus(u8, i64),
    Car(u8, i64),
    Amps(u8, i64),
    TieAmps(u8, i64),
    Stuck(u8, Option<Position>),
    EStop(EStop),
    Clear,
}

fn turn() -> impl Strategy<Value = Turn> {
    let gun = || 1..=SLOTS;
    let tie = || 11_u8..=13;
    let purpose = prop_oneof![2 => Just(Purpose::Open), 1 => Just(Purpose::TestClose), 3 => Just(Purpose::Energy)];
    let tied = prop_oneof![2 => Just(Purpose::Open), 4 => Just(Purpose::Tie), 1 => Just(Purpose::Energy)];
    let volts = || prop_oneof![2 => Just(0_i64), 1 => Just(400), 1 => 0..450_i64];
    let amps = || prop_oneof![2 => Just(0_i64), 1 => -5..130_i64];
    let position = prop_oneof![Just(None), Just(Some(Position::Open)), Just(Some(Position::Closed))];
    prop_oneof![
        6 => (0_u64..400).prop_map(Turn::Pass),
        6 => (gun(), purpose).prop_map(|(gun, purpose)| Turn::Ask(gun, purpose)),
        8 => (tie(), tied).prop_map(|(tie, purpose)| Turn::Ask(tie, purpose)),
        2 => (gun(), volts()).prop_map(|(slot, volts)| Turn::Bus(slot, volts)),
        1 => (gun(), volts()).prop_map(|(slot, volts)| Turn::Car(slot, volts)),
        1 => (gun(), amps()).prop_map(|(slot, amps)| Turn::Amps(slot, amps)),
        3 => (tie(), amps()).prop_map(|(tie, amps)| Turn::TieAmps(tie, amps)),
        1 => (prop_oneof![gun(), tie()], position).prop_map(|(contactor, position)| Turn::Stuck(contactor, position)),
        1 => prop_oneof![3 => Just(EStop::Released), 1 => Just(EStop::Pressed)].prop_map(Turn::EStop),
        2 => Just(Turn::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn ties_never_join_what_differs_nor_two_cars_nor_part_under_current(turns in vec(turn(), 1..80)) {
        let mut row = Row::with_cars(&[1, 2, 3]);
        let mut renewed = row.now;
        for turn in turns {
            let before = TIES.map(|(tie, ..)| row.is_closed(tie));
            let guns_before: Vec<u8> = (1..=SLOTS).filter(|gun| row.is_closed(*gun)).collect();
            match turn.clone() {
                // The MCU looks at its clock every few milliseconds, whatever happens.
                Turn::Pass(ms) => {
                    let end = row.now + ms;
                    while row.now < end {
                        row.pass((end - row.now).min(10));
                    }
                }
                Turn::Ask(contactor, purpose) => {
                    row.ask(contactor, purpose);
                    renewed = row.now;
                }
                Turn::Bus(slot, volts) => { row.bus(slot, volts); }
                Turn::Car(slot, volts) => {
                    row.read(slot, |r| r.connector_voltage = Millivolts::from_volts(volts));
                }
                Turn::Amps(slot, amps) => { row.read(slot, |r| r.current = Milliamps::from_amps(amps)); }
                Turn::TieAmps(tie, amps) => { row.tie_amps(tie, Milliamps::from_amps(amps)); }
                Turn::Stuck(contactor, position) => {
                    row.stuck.retain(|(other, _)| *other != contactor);
                    if let Some(position) = position {
                        row.stuck.push((contactor, position));
                    }
                    row.pass(0);
                }
                Turn::EStop(e_stop) => { row.e_stop(e_stop); }
                Turn::Clear => { row.input(Input::Link(ToMcu::ClearTrip(TripScope::All))); }
            }
            let status = row.status();
            for (at, (tie, one, other)) in TIES.into_iter().enumerate() {
                let own = row.contactor(tie);
                let amps = row.tie_amps[at];
                if row.is_closed(tie) && !before[at] {
                    let bus = |slot: u8| row.readings[usize::from(slot) - 1].bus_voltage;
                    prop_assert!(bus(one).distance(bus(other)) <= Millivolts::from_volts(20));
                    prop_assert!(amps.abs() <= Milliamps::from_amps(2));
                    prop_assert_eq!(status.e_stop, EStop::Released);
                    prop_assert!(row.asked.contains(&(tie, Purpose::Tie)), "closed unasked");
                }
                if before[at] && !row.is_closed(tie) {
                    // Parted: gently, or by a trip of its own.
                    prop_assert!(amps.abs() <= Milliamps::from_amps(2) || own.trip.is_some());
                }
                if row.is_closed(tie) {
                    prop_assert_eq!(status.e_stop, EStop::Released);
                    prop_assert!(amps.abs() <= Milliamps::from_amps(110));
                    prop_assert!(row.now < renewed + 1_620, "closed beyond its lease");
                    prop_assert!(matches!(own.granted, Purpose::Tie | Purpose::Open));
                }
            }
            // Two cars on an island: nothing closes towards it, and what comes to it by a stuck contact is parted at once.
            let carries = |gun: &u8| row.is_closed(*gun) || row.stuck.contains(&(*gun, Position::Closed));
            for slot in 1..=SLOTS {
                let island = row.island(slot);
                let pulling = island.iter().filter(|gun| row.is_closed(**gun)).count();
                prop_assert!(pulling <= 1, "{turn:?}: {island:?}");
                let fresh = row.is_closed(slot) && !guns_before.contains(&slot);
                let carrying = island.iter().filter(|gun| carries(gun)).count();
                prop_assert!(!fresh || carrying <= 1, "{turn:?}: {island:?}");
            }
        }
    }
}

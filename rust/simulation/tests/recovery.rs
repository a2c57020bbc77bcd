//! D7 and CTL-9 in the simulator: a controller that dies is replaced by one that adopts what it finds, or takes it down safely.
#![cfg(test)]

use std::time::Duration;

use simulation::{CarSpec, Left, Report, Scenario, What, run};

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// All four charge by then.
const CHARGING: Duration = seconds(90);

/// Four cars that charge for long at whatever the planner gives them.
fn four_charging() -> Scenario {
    (0..4_u16).fold(Scenario::quiet(9, 4, Duration::from_mins(5)), |scenario, place| {
        let spec = CarSpec { card: 2 + 2 * place, ..CarSpec::steady() };
        scenario.with(seconds(25 + 5 * u64::from(place)), Duration::ZERO, What::Arrive(place.into(), spec))
    })
}

fn good(report: &Report) {
    assert_eq!(report.violation, None, "{:#?}", report.trace);
}

#[test]
fn four_charges_are_adopted_at_whatever_instant_the_controller_dies() {
    for n in 0..40_u64 {
        // Each time at another point of the lease, of the snapshots and of the ramp.
        let at = CHARGING + Duration::from_micros(n * 53_171);
        let down = Duration::from_millis(20 + (n * 97) % 480);
        let report = run(&four_charging().with(at, down, What::ControllerDies(Left::Whole)));
        good(&report);
        assert_eq!((report.stats.deaths, report.stats.adopted), (1, 4), "down for {down:?} at {at:?}: {report}");
        assert!(report.stats.orphans == 0 && report.stats.taken_down.is_empty(), "{report}");
    }
}

#[test]
fn a_controller_that_dies_again_and_again_loses_nothing() {
    let scenario = (0..50_u64).fold(four_charging(), |scenario, n| {
        scenario.with(
            CHARGING + Duration::from_millis(n * 2_413),
            Duration::from_millis(100 + n),
            What::ControllerDies(Left::Whole),
        )
    });
    let report = run(&scenario);
    good(&report);
    assert_eq!((report.stats.deaths, report.stats.adopted), (50, 200), "{report}");
    assert_eq!(report.stats.sessions, 8, "four, and one at each connector when all is over: {report}");
}

#[test]
fn a_controller_that_dies_before_the_charge_loop_ends_the_charge_safely() {
    // At any instant between the plug and the loop.
    for n in 0..60_u64 {
        let at = seconds(25) + Duration::from_millis(n * 211);
        let report = run(&four_charging().with(at, Duration::from_millis(150), What::ControllerDies(Left::Whole)));
        good(&report);
    }
}

/// What happens while the controller is away, and what the next one then finds not to fit.
fn misfit(happens: &[(Duration, Duration, What)], down: Duration, finds: &str, left: usize) {
    let dies = four_charging().with(CHARGING, down, What::ControllerDies(Left::Whole));
    let scenario = happens
        .iter()
        .fold(dies, |scenario, (after, lasts, what)| scenario.with(CHARGING + *after, *lasts, what.clone()));
    let report = run(&scenario);
    good(&report);
    let found: Vec<_> = report.stats.taken_down.keys().filter(|why| why.contains(finds)).collect();
    assert!(!found.is_empty(), "{finds:?} is not what was found: {:?}\n{:#?}", report.stats.taken_down, report.trace);
    assert_eq!(report.stats.adopted, left, "{finds}: {:?}", report.stats.taken_down);
}

#[test]
fn each_way_of_not_fitting_ends_in_a_safe_stop() {
    let soon = Duration::from_millis(40);
    let later = Duration::from_millis(200);
    let down = Duration::from_millis(400);
    let long = seconds(20);
    let one = |what: What| vec![(soon, long, what)];
    let once = |what: What| vec![(soon, Duration::ZERO, what)];
    misfit(&one(What::McuSilent), down, "the MCU is silent", 0);
    misfit(&once(What::McuReset), down, "the MCU has restarted", 0);
    misfit(&[], seconds(4), "the contactor lease has lapsed", 0);
    let spec = CarSpec { card: 40, ..CarSpec::steady() };
    let exchanged = vec![(soon, Duration::ZERO, What::PlugTorn(1)), (later, Duration::ZERO, What::Arrive(1, spec))];
    misfit(&exchanged, down, "another plug-in", 3);
    misfit(&once(What::CarDropsPilot(2)), down, "the car does not ask for energy", 3);
    misfit(&one(What::EmergencyStop), down, "the contactor is not closed", 0);
    misfit(&one(What::Overheats(3)), down, "the contactor is not closed", 3);
    misfit(&[(soon, later, What::ChainDies(0))], down, "does not hold the same session", four_charging_beside_chain(0));
    misfit(&one(What::LinkCut(0)), down, "does not hold the same session", four_charging_beside_chain(0));
    misfit(&one(What::ModuleSilent(0)), down, "a module is silent", 3);
    misfit(&one(What::ModuleMisreads(0)), down, "a module's voltage", 3);
    misfit(&one(What::MeterSilent(0)), down, "the meter is silent", 3);
    misfit(&once(What::MeterFallsBack(0)), down, "the meter is not the one", 3);
    misfit(&once(What::MeterReplaced(0)), down, "the meter is not the one", 3);
}

/// How many of the four are not on this chain.
fn four_charging_beside_chain(chain: usize) -> usize {
    let config = four_charging().layout.config;
    let id = config.chains[chain].id.clone();
    config.connectors.iter().filter(|connector| connector.chain != id).count()
}

#[test]
fn a_checkpoint_that_is_damaged_or_strange_ends_in_a_safe_stop() {
    for left in [Left::Nothing, Left::OfAnotherBoot] {
        let report = run(&four_charging().with(CHARGING, Duration::from_millis(200), What::ControllerDies(left)));
        good(&report);
        assert_eq!((report.stats.adopted, report.stats.orphans), (0, 4), "{left:?}: {report}");
    }
}

#[test]
fn a_checkpoint_from_before_the_charge_loop_does_not_fit_a_charge() {
    for age in [500, 5_000, 30_000] {
        let report =
            run(&four_charging().with(seconds(45), Duration::from_millis(200), What::ControllerDies(Left::Old(age))));
        good(&report);
    }
}

#[test]
fn a_power_cut_in_mid_charge_closes_the_sessions_with_their_last_reading() {
    let report = run(&four_charging().with(CHARGING + seconds(60), seconds(30), What::PowerCut));
    good(&report);
    assert_eq!(report.stats.orphans, 4, "{report}");
    assert!(report.stats.billed_wh > 500, "{report}");
}

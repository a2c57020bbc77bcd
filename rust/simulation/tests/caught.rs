//! The rules can fail: whoever misbehaves is caught, and by the rule that speaks of it.
#![cfg(test)]

use std::time::Duration;

use simulation::{CarSpec, Rule, Scenario, Tamper, What, run, run_with, shrink};

const ARRIVES: Duration = Duration::from_secs(30);

/// Two cars; one of them wants less for a while; both leave after some minutes.
fn two_cars() -> Scenario {
    let spec = |card| CarSpec { card, stays: Duration::from_mins(6), ..CarSpec::steady() };
    Scenario::quiet(3, 2, Duration::from_mins(12))
        .with(ARRIVES, Duration::ZERO, What::Arrive(0, spec(2)))
        .with(ARRIVES + Duration::from_secs(20), Duration::ZERO, What::Arrive(1, spec(4)))
        .with(Duration::from_mins(3), Duration::from_secs(30), What::CarThrottles(0))
}

#[test]
fn an_honest_cabinet_breaks_no_rule() {
    let report = run(&two_cars());
    assert_eq!(report.violation, None, "{:#?}", report.trace);
    assert!(report.stats.billed_wh > 1_000, "{report}");
    assert!(report.stats.charges >= 4, "two cars, and one at each connector when all is over: {report}");
}

#[test]
fn whoever_misbehaves_is_caught() {
    for tamper in Tamper::ALL {
        let expected: &[Rule] = match tamper {
            Tamper::MoreCurrent => &[Rule::SetPoint],
            Tamper::NeverLess => &[Rule::SetPoint, Rule::Cap],
            Tamper::EnergyAtOnce | Tamper::OpensUnderLoad | Tamper::ClosesUnasked | Tamper::DropsUnderLoad => {
                &[Rule::Contactor]
            }
            Tamper::UnlocksLive => &[Rule::Lock],
            Tamper::LosesTheClose | Tamper::BillsMore => &[Rule::Ledger],
            Tamper::HangsWhileStopping | Tamper::NeverFree => &[Rule::Exit],
        };
        let report = run_with(&two_cars(), Some(tamper));
        let found = report.violation.unwrap_or_else(|| panic!("{tamper:?} is not noticed"));
        assert!(expected.contains(&found.rule), "{tamper:?}: {found:?}");
    }
}

#[test]
fn of_many_incidents_the_one_that_matters_is_found() {
    let scenario = Scenario::of(5, 3, Duration::from_mins(40), 60);
    let found = run_with(&scenario, Some(Tamper::BillsMore)).violation.unwrap();
    let (numbers, still) = shrink(&scenario, &found, Some(Tamper::BillsMore));
    assert_eq!(still.rule, Rule::Ledger);
    assert!(
        numbers.len() <= 2 && numbers.len() < scenario.incidents.len(),
        "{numbers:?} of {}",
        scenario.incidents.len()
    );
    // And it plays again from its numbers alone.
    assert_eq!(run_with(&scenario.only(&numbers), Some(Tamper::BillsMore)).violation, Some(still));
}

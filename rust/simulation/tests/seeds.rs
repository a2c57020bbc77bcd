//! Seeds, an hour each, faults and all: every rule holds after every step. `ci/test` plays 200 of them (stage `simulation`),
//! `ci/soak` as many as there is time for.
#![cfg(test)]

use std::time::Duration;

use simulation::{Scenario, run};

#[test]
fn every_rule_holds_whatever_happens() {
    for seed in 1..=12 {
        let connectors = u8::try_from(1 + seed % 8).unwrap();
        let report = run(&Scenario::of(seed, connectors, Duration::from_hours(1), 30));
        assert_eq!(report.violation, None, "seed {seed}, {connectors} connectors:\n{:#?}", report.trace);
    }
}

#[test]
fn a_seed_is_the_same_run_each_time() {
    let play = |seed| run(&Scenario::of(seed, 3, Duration::from_mins(30), 60)).fingerprint;
    assert_eq!(play(11), play(11));
    assert_ne!(play(11), play(12));
}

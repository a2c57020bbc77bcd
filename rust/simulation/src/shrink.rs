//! The shortest list of incidents that still breaks the same rule: delta debugging over their numbers.

use std::time::{Duration, Instant};

use crate::{Scenario, Violation, run_with, tamper::Tamper};

/// Gives up after this, with the shortest list that it has.
const PATIENCE: Duration = Duration::from_secs(90);

/// The incidents that are needed, as numbers in the scenario's list, and what they break.
pub fn shrink(scenario: &Scenario, violation: &Violation, tamper: Option<Tamper>) -> (Vec<usize>, Violation) {
    let until = Instant::now() + PATIENCE;
    let breaks = |numbers: &[usize]| {
        let found = run_with(&scenario.only(numbers), tamper).violation?;
        (found.rule == violation.rule).then_some(found)
    };
    // What begins later has nothing to do with it.
    let mut kept: Vec<usize> = scenario
        .incidents
        .iter()
        .enumerate()
        .filter(|(_, incident)| incident.at.millis() <= violation.at_ms)
        .map(|(number, _)| number)
        .collect();
    let Some(mut found) = breaks(&kept) else {
        return ((0..scenario.incidents.len()).collect(), violation.clone());
    };
    let mut parts = 2;
    while kept.len() > 1 && Instant::now() < until {
        let size = kept.len().div_ceil(parts);
        let mut shorter = None;
        for start in (0..kept.len()).step_by(size) {
            if Instant::now() >= until {
                break;
            }
            let without: Vec<usize> = kept
                .iter()
                .enumerate()
                .filter(|(i, _)| *i < start || *i >= start + size)
                .map(|(_, number)| *number)
                .collect();
            if let Some(still) = breaks(&without) {
                shorter = Some((without, still));
                break;
            }
        }
        match shorter {
            Some((without, still)) => {
                kept = without;
                found = still;
                parts = parts.saturating_sub(1).max(2);
            }
            None if size == 1 => break,
            None => parts = (parts * 2).min(kept.len()),
        }
    }
    if breaks(&[]).is_some_and(|own| own.at_ms <= found.at_ms) {
        kept.clear();
    }
    (kept, found)
}

//! A whole cabinet in one process, on virtual time, from a seed: the real [`cabinet::Cabinet`], the real `safety` state machine as
//! its MCU, and a world of modules, meters, monitors, cars, people, a CSMS, a disk and a supervisor around them.
//!
//! It is event-level: no frames, no EXI, no sockets. Time is a queue of events and not a step, so that hours of quiet charging cost
//! little. A [`Scenario`] is a seed's cabinet and a list of [`Incident`]s, each with all its numbers in it; [`run`] plays it and
//! checks the rules of [`check`] after each step; then everything heals, everybody leaves, and every connector must charge one more
//! car. When a rule is broken, [`shrink`] looks for the fewest incidents that still break it.
//!
//! ```sh
//! cargo run -p simulation --profile ci -- --seed 7 --hours 24 --connectors 8
//! cargo run -p simulation --profile ci -- --seed 7 --hours 1 --only 3,17     # what a failure prints
//! ```
//!
//! # To add an incident
//! 1. a variant of [`What`] with its numbers, its word in `What::kind`;
//! 2. what it does to the world, and how the world heals of it, in `world/apply.rs` (state of its own goes to the part that it is
//!    about: `plant`, `modules`, `meters`, `mcu`, `cars`, `chains`, `people`, `store`, `controller`);
//! 3. its face on the die, in `scenario.rs`;
//! 4. if it excuses something (as a torn plug excuses a live line for a moment), the excuse, bounded, in the rule's file.
//!
//! # To add a rule
//! A file in `check/`, called from where what it watches moves, and a [`Tamper`] that breaks it: `tests/caught.rs` demands that
//! every kind of tampering is caught.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "an instrument: it numbers the parts of its own world, and when it is wrong about them it must stop"
)]

pub mod check;
mod incident;
mod layout;
mod queue;
mod random;
mod report;
mod scenario;
mod shrink;
mod tamper;
mod world;

use std::time::Instant;

pub use check::{Rule, Violation};
pub use incident::{CarSpec, Incident, Left, Place, What};
pub use layout::Layout;
pub use report::{Report, Stats};
pub use scenario::Scenario;
pub use shrink::shrink;
pub use tamper::Tamper;

/// Plays a scenario to its end, or to the first broken rule.
pub fn run(scenario: &Scenario) -> Report {
    run_with(scenario, None)
}

/// The same with a cabinet or an MCU that misbehaves.
pub fn run_with(scenario: &Scenario, tamper: Option<Tamper>) -> Report {
    let begun = Instant::now();
    let mut world = world::World::new(scenario, tamper);
    let violation = world.run();
    let trace = world.trace.iter().map(|(at, line)| format!("{at:?} {line}")).collect();
    Report {
        seed: scenario.seed,
        connectors: scenario.layout.config.connectors.len(),
        simulated_s: world.now.millis() / 1_000,
        real_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        events: world.events,
        fingerprint: world.fingerprint(),
        stats: world.stats,
        violation,
        trace,
    }
}

//! What a run was like.

use std::collections::BTreeMap;

use charging::{Phase, Trouble};
use serde::Serialize;

use crate::{check::Violation, incident::What};

/// Counted while it runs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Stats {
    /// Inputs that the cabinet took.
    pub inputs: u64,
    /// How often it said that its state had changed.
    pub changes: u64,
    /// Rows of sessions on the disk.
    pub sessions: usize,
    /// Of these, closed by the cabinet.
    pub closed: usize,
    /// Closed by a later start.
    pub orphans: usize,
    /// Records that a dying process had not yet written.
    pub lost_records: usize,
    /// Energy that was billed, in Wh.
    pub billed_wh: u64,
    /// Energy that flowed, in Wh.
    pub energy_wh: i64,
    /// Deaths of the controller.
    pub deaths: usize,
    /// Charges adopted by a later start.
    pub adopted: usize,
    /// Charges taken down by a later start, by what did not fit.
    pub taken_down: BTreeMap<String, usize>,
    /// What happened, by kind.
    pub incidents: BTreeMap<&'static str, usize>,
    /// What connectors were out of order with, by kind.
    pub faults: BTreeMap<String, usize>,
    /// Charges that reached the charge loop.
    pub charges: usize,
}

impl Stats {
    pub(crate) fn incident(&mut self, what: &What) {
        *self.incidents.entry(what.kind()).or_default() += 1;
    }

    pub(crate) fn phase(&mut self, phase: Phase) {
        match phase {
            Phase::Charging => self.charges += 1,
            Phase::Faulted(trouble) => self.fault(trouble),
            _ => {}
        }
    }

    fn fault(&mut self, trouble: Trouble) {
        *self.faults.entry(format!("{trouble:?}")).or_default() += 1;
    }
}

/// The whole of it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where everything came from.
    pub seed: u64,
    /// How many connectors.
    pub connectors: usize,
    /// How long things happened, in simulated seconds.
    pub simulated_s: u64,
    /// What it took, in real milliseconds.
    pub real_ms: u64,
    /// Events of the simulation.
    pub events: u64,
    /// A number that only another run of the same kind has too.
    pub fingerprint: u64,
    /// What was counted.
    pub stats: Stats,
    /// What must not be, if it was.
    pub violation: Option<Violation>,
    /// The last lines of what happened, if it was.
    pub trace: Vec<String>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stats = &self.stats;
        let hours = f64::from(u32::try_from(self.simulated_s).unwrap_or(u32::MAX)) / 3_600.0;
        let real = f64::from(u32::try_from(self.real_ms).unwrap_or(u32::MAX)) / 1_000.0;
        writeln!(
            f,
            "seed {}, {} connectors, {hours:.2} simulated hours in {real:.2} s ({} events, {} inputs)",
            self.seed, self.connectors, self.events, stats.inputs
        )?;
        writeln!(
            f,
            "sessions  {} ({} closed, {} closed at a start), {} charges",
            stats.sessions, stats.closed, stats.orphans, stats.charges
        )?;
        writeln!(f, "energy    {} Wh flowed, {} Wh billed", stats.energy_wh, stats.billed_wh)?;
        writeln!(
            f,
            "restarts  {} deaths of the controller, {} charges adopted, {} records not yet written",
            stats.deaths, stats.adopted, stats.lost_records
        )?;
        for (why, count) in &stats.taken_down {
            writeln!(f, "          {count} taken down: {why}")?;
        }
        writeln!(f, "happened")?;
        for (kind, count) in &stats.incidents {
            writeln!(f, "  {count:>6} {kind}")?;
        }
        writeln!(f, "faulted")?;
        for (kind, count) in &stats.faults {
            writeln!(f, "  {count:>6} {kind}")?;
        }
        match &self.violation {
            None => writeln!(f, "every rule held, after every step"),
            Some(violation) => {
                writeln!(f, "BROKEN at {} ms: {:?}: {}", violation.at_ms, violation.rule, violation.detail)
            }
        }
    }
}

//! What the planner gave whom, written down for the last day (PLN-5).

use core::time::Duration;

use api::{history::PowerSample, state::Allocation};
use units::{Mono, Watts};

use crate::{
    cabinet::Cabinet,
    output::{Output, Outputs, Record},
};

/// A connector that has anything to tell is sampled this often.
const EVERY: Duration = Duration::from_secs(10);
/// One that has nothing, this often.
const IDLE: Duration = Duration::from_mins(5);
/// A change is told at once, but not more often than this.
const CHANGES: Duration = Duration::from_secs(1);
/// A change by less than this waits for the next sample.
const NOTABLE: Watts = Watts(1_000);

impl Cabinet {
    /// Writes down the power of connectors whose sample is due, or whose share has moved.
    pub(crate) fn sample_power(&mut self, now: Mono, outputs: &mut Outputs) {
        let due = |sampled: Option<(Mono, Allocation)>, allocation: Allocation| {
            let Some((at, last)) = sampled else { return true };
            let age = now.since(at);
            let idle = allocation == last && allocation.requested == Watts::ZERO && allocation.assigned == Watts::ZERO;
            age >= IDLE || (age >= EVERY && !idle) || (age >= CHANGES && has_moved(last, allocation))
        };
        if !self.connectors.iter().any(|connector| due(connector.sampled, connector.allocation)) {
            return;
        }
        let stamp = self.stamp(now);
        let mut samples = Vec::new();
        for connector in self.connectors.iter_mut().filter(|connector| due(connector.sampled, connector.allocation)) {
            let Allocation { requested, offered, allowed, assigned, bound_by, .. } = connector.allocation;
            connector.sampled = Some((now, connector.allocation));
            let drawn = connector.measured(&self.equipment).2;
            let (at, connector) = (stamp.clone(), connector.id());
            samples.push(PowerSample { at, connector, requested, offered, allowed, assigned, drawn, bound_by });
        }
        outputs.list.push(Output::Store(Record::Power(samples)));
    }
}

/// Whether something else binds, or a number has moved by a kilowatt.
fn has_moved(last: Allocation, now: Allocation) -> bool {
    let far = |a: Watts, b: Watts| a.distance(b) >= NOTABLE;
    last.bound_by != now.bound_by
        || far(last.requested, now.requested)
        || far(last.offered, now.offered)
        || far(last.allowed, now.allowed)
        || far(last.assigned, now.assigned)
}

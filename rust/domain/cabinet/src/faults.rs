//! The fault book: what is wrong now, and the last of what was.

use std::collections::{BTreeMap, VecDeque};

use api::fault::{Fault, FaultCode};
use units::{ConnectorId, Mono, Wall};

/// How many past faults are kept in memory.
const HISTORY: usize = 200;

/// Where a fault is.
type Place = (FaultCode, Option<ConnectorId>, Option<String>);

/// Active and past faults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    active: BTreeMap<Place, Fault>,
    past: VecDeque<Fault>,
}

impl Faults {
    /// It is so now. `true` if it was not before.
    pub(crate) fn raise(
        &mut self,
        now: Mono,
        wall: Wall,
        code: FaultCode,
        connector: Option<ConnectorId>,
        part: Option<&str>,
        detail: &str,
        latched: bool,
    ) -> bool {
        let place = (code, connector, part.map(str::to_owned));
        if let Some(fault) = self.active.get_mut(&place) {
            fault.last = now;
            return false;
        }
        let fault = Fault {
            code,
            connector,
            part: part.map(str::to_owned),
            detail: detail.to_owned(),
            remedy: code.remedy().to_owned(),
            first: now,
            first_wall: wall,
            last: now,
            count: 1,
            latched,
            cleared: None,
        };
        self.active.insert(place, fault);
        true
    }

    /// It is no longer so. `true` if it was.
    pub(crate) fn clear(&mut self, now: Mono, code: FaultCode, connector: Option<ConnectorId>, part: Option<&str>) -> bool {
        let place = (code, connector, part.map(str::to_owned));
        let Some(mut fault) = self.active.remove(&place) else { return false };
        fault.cleared = Some(now);
        if self.past.len() == HISTORY {
            self.past.pop_front();
        }
        self.past.push_back(fault);
        true
    }

    /// Active ones, in the order of their codes.
    pub(crate) fn active(&self) -> Vec<Fault> {
        self.active.values().cloned().collect()
    }

    /// The newest first.
    pub(crate) fn past(&self) -> Vec<Fault> {
        self.past.iter().rev().cloned().collect()
    }
}

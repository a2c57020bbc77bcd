//! The fault book: what is wrong now, and the last of what was.

use std::collections::{BTreeMap, VecDeque};

use api::fault::{Fault, FaultCode};
use units::{ConnectorId, Mono, Wall};

/// How many past faults are kept in memory.
const HISTORY: usize = 200;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) code: FaultCode,
    pub(crate) connector: Option<ConnectorId>,
    pub(crate) part: Option<String>,
}

impl Place {
    /// Of the whole cabinet.
    pub(crate) const fn cabinet(code: FaultCode) -> Self {
        Self { code, connector: None, part: None }
    }

    /// Of one connector.
    pub(crate) const fn connector(code: FaultCode, connector: ConnectorId) -> Self {
        Self { code, connector: Some(connector), part: None }
    }
}

/// Whether a fault stays until somebody clears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stays {
    /// Until a person clears it.
    Latched,
    /// Only as long as it is so.
    WhileItIsSo,
}

/// Active and past faults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    active: BTreeMap<Place, Fault>,
    past: VecDeque<Fault>,
}

impl Faults {
    /// It is so now.
    pub(crate) fn raise(&mut self, now: Mono, wall: Wall, place: Place, detail: &str, stays: Stays) {
        if let Some(fault) = self.active.get_mut(&place) {
            fault.last = now;
            return;
        }
        let fault = Fault {
            code: place.code,
            connector: place.connector,
            part: place.part.clone(),
            detail: detail.to_owned(),
            remedy: place.code.remedy().to_owned(),
            first: now,
            first_wall: wall,
            last: now,
            count: 1,
            latched: stays == Stays::Latched,
            cleared: None,
        };
        self.active.insert(place, fault);
    }

    /// It is no longer so.
    pub(crate) fn clear(&mut self, now: Mono, place: &Place) {
        let Some(mut fault) = self.active.remove(place) else { return };
        fault.cleared = Some(now);
        if self.past.len() == HISTORY {
            self.past.pop_front();
        }
        self.past.push_back(fault);
    }

    /// How many are active.
    pub(crate) fn count(&self) -> usize {
        self.active.len()
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

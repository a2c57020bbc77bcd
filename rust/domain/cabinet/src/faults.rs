//! The fault book: what is wrong now, and the last of what was.

use std::collections::{BTreeMap, VecDeque};

use api::{
    chain::Health,
    fault::{Fault, FaultCode},
};
use charging::Trouble;
use units::{ConnectorId, Mono, Wall};

use crate::cabinet::Cabinet;

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

    /// The places of active ones that are no more.
    pub(crate) fn places(&self, gone: impl Fn(&Place) -> bool) -> Vec<Place> {
        self.active.keys().filter(|place| gone(place)).cloned().collect()
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

impl Cabinet {
    /// Faults of parts, which come and go with them.
    pub(crate) fn watch_parts(&mut self, now: Mono) {
        let mut parts: Vec<(FaultCode, Option<ConnectorId>, String, bool, String)> = Vec::new();
        let mcu = &self.equipment.mcu;
        parts.push((FaultCode::McuCommunication, None, "mcu".into(), !mcu.is_up(), "no status for 500 ms".into()));
        for (id, module) in &self.equipment.modules {
            let name = || id.to_string();
            parts.push((FaultCode::ModuleCommunication, None, name(), !module.heard, "no answer on its bus".into()));
            parts.push((FaultCode::ModuleFault, None, name(), !module.faults.is_empty(), module.faults.join(", ")));
        }
        for (id, meter) in &self.equipment.meters {
            parts.push((FaultCode::MeterCommunication, None, id.clone(), !meter.heard, "no answer on its line".into()));
        }
        for (id, monitor) in &self.equipment.monitors {
            let detail = "no answer on its line".into();
            parts.push((FaultCode::IsolationMonitorCommunication, None, id.clone(), !monitor.heard, detail));
        }
        for (id, chain) in &self.chains {
            parts.push((
                FaultCode::ChainCommunication,
                None,
                id.to_string(),
                !chain.up,
                "its process is not connected".into(),
            ));
        }
        for connector in &self.connectors {
            let failed = connector.health.as_ref().filter(|health| health.health == Health::Faulty);
            let detail = failed.map_or_else(String::new, |health| health.reason.clone());
            let part = connector.config.interface.clone();
            parts.push((FaultCode::SlacFailure, Some(connector.id()), part, failed.is_some(), detail));
        }
        let wall = self.wall_at(now);
        for (code, connector, part, bad, detail) in parts {
            let place = Place { code, connector, part: Some(part) };
            if bad {
                self.faults.raise(now, wall, place, &detail, Stays::WhileItIsSo);
            } else {
                self.faults.clear(now, &place);
            }
        }
    }
}

/// The public name of what went wrong with a charge.
pub(crate) const fn fault_code(trouble: Trouble) -> FaultCode {
    match trouble {
        Trouble::EmergencyStop => FaultCode::EmergencyStop,
        Trouble::Mcu => FaultCode::McuCommunication,
        Trouble::Chain => FaultCode::ChainCommunication,
        Trouble::Vehicle => FaultCode::VehicleCommunication,
        Trouble::ModuleSilent => FaultCode::ModuleCommunication,
        Trouble::ModuleFault => FaultCode::ModuleFault,
        Trouble::CableCheck => FaultCode::CableCheckFault,
        Trouble::Isolation => FaultCode::ResistanceFault,
        Trouble::Contactor => FaultCode::ContactorFault,
        Trouble::Pilot => FaultCode::PilotFault,
        Trouble::Lock => FaultCode::ConnectorLockFailure,
        Trouble::OverCurrent => FaultCode::OverCurrent,
        Trouble::OverTemperature => FaultCode::HighTemperature,
        Trouble::PreCharge => FaultCode::PrechargeFailure,
        Trouble::Store => FaultCode::StoreFailure,
    }
}

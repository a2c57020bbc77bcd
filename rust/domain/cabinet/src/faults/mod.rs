//! The fault book: what is wrong now, and what has just been.
//!
//! A fault is written down when it comes and when it goes; the store keeps the history. One that comes again within
//! [`WINDOW`] is the same one, counted up.

mod parts;
#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use api::{
    fault::{About, ClearedBy, Fault, FaultCode, Readings},
    session::Stamp,
};
use charging::Trouble;
use units::{BootId, ChainId, ConnectorId, Mono, Wall};

use crate::{
    cabinet::Cabinet,
    link::isolation,
    output::{Output, Outputs, Record},
};

/// A fault that comes again within this time is counted, not told as another.
const WINDOW: Duration = Duration::from_mins(10);
/// How many faults that are over are remembered for that.
const RECENT: usize = 64;
/// One fault is written at most this often, however it flickers.
const WRITTEN: Duration = Duration::from_secs(1);
/// A fault that lasts is written again this often, so that a power cut leaves a truthful `last`.
const LASTS: Duration = Duration::from_mins(10);

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

    /// Of a part that belongs to no single connector.
    pub(crate) fn part(code: FaultCode, part: impl Into<String>) -> Self {
        Self { code, connector: None, part: Some(part.into()) }
    }

    fn of(fault: &Fault) -> Self {
        Self { code: fault.code, connector: fault.connector, part: fault.part.clone() }
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

/// What there is to say of a fault besides its place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) detail: String,
    pub(crate) readings: Option<Readings>,
    pub(crate) chain: Option<ChainId>,
}

#[derive(Clone, Debug)]
struct Entry {
    fault: Fault,
    written: Option<Mono>,
    /// It has changed since it was written.
    due: bool,
}

/// Active faults, and those that have just ended.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    boot: BootId,
    active: BTreeMap<Place, Entry>,
    recent: VecDeque<Entry>,
    /// Pushed out of `recent` before they were written.
    leftover: Vec<Fault>,
    /// Who is clearing a connector's fault in this call.
    clearing: Option<(ConnectorId, String)>,
    /// When this cabinet was first asked about its parts.
    begun: Option<Mono>,
}

impl Faults {
    pub(crate) const fn new(boot: BootId) -> Self {
        Self {
            boot,
            active: BTreeMap::new(),
            recent: VecDeque::new(),
            leftover: Vec::new(),
            clearing: None,
            begun: None,
        }
    }

    /// It is so now.
    pub(crate) fn raise(&mut self, now: Mono, wall: Wall, place: Place, seen: Seen, stays: Stays) {
        if let Some(entry) = self.active.get_mut(&place) {
            entry.fault.last = now;
            entry.fault.last_wall = wall;
            entry.due |= entry.written.is_some_and(|written| now.since(written) >= LASTS);
            return;
        }
        let again = self.recent.iter().position(|entry| {
            Place::of(&entry.fault) == place && entry.fault.cleared.is_some_and(|cleared| now.since(cleared) < WINDOW)
        });
        let mut entry = again.and_then(|at| self.recent.remove(at)).unwrap_or_else(|| Entry {
            fault: named(&place, &self.boot, now, wall),
            written: None,
            due: true,
        });
        let fault = &mut entry.fault;
        fault.count += 1;
        (fault.last, fault.last_wall) = (now, wall);
        (fault.cleared, fault.cleared_wall, fault.cleared_by) = (None, None, None);
        fault.latched = stays == Stays::Latched;
        fault.detail = seen.detail;
        fault.readings = seen.readings;
        fault.chain = seen.chain;
        entry.due = true;
        self.active.insert(place, entry);
    }

    /// It is no longer so.
    pub(crate) fn clear(&mut self, now: Mono, wall: Wall, place: &Place) {
        let Some(mut entry) = self.active.remove(place) else { return };
        let person = self.clearing.as_ref().filter(|(connector, _)| Some(*connector) == place.connector);
        let by = person.map_or(ClearedBy::Itself, |(_, name)| ClearedBy::Person { name: name.clone() });
        let fault = &mut entry.fault;
        (fault.cleared, fault.cleared_wall, fault.cleared_by) = (Some(now), Some(wall), Some(by));
        entry.due = true;
        if self.recent.len() == RECENT
            && let Some(oldest) = self.recent.pop_front()
            && oldest.due
        {
            self.leftover.push(oldest.fault);
        }
        self.recent.push_back(entry);
    }

    /// What is cleared of this connector in this call is cleared by this person.
    pub(crate) fn cleared_by(&mut self, connector: ConnectorId, who: String) {
        self.clearing = Some((connector, who));
    }

    /// Takes over what the controller before this one held, as far as it may still be so.
    pub(crate) fn restore(&mut self, now: Mono, held: Vec<Fault>) {
        for fault in held.into_iter().filter(|fault| fault.boot == self.boot) {
            self.active.insert(Place::of(&fault), Entry { fault, written: Some(now), due: false });
        }
    }

    /// Writes down what has changed.
    pub(crate) fn tell(&mut self, now: Mono, outputs: &mut Outputs) {
        self.clearing = None;
        let write = |fault: Fault| Output::Store(Record::Fault(Box::new(fault)));
        outputs.list.extend(self.leftover.drain(..).map(write));
        for entry in self.active.values_mut().chain(&mut self.recent) {
            if entry.due && entry.written.is_none_or(|written| now.since(written) >= WRITTEN) {
                entry.due = false;
                entry.written = Some(now);
                outputs.list.push(write(entry.fault.clone()));
            }
        }
    }

    /// The clock was set: what this boot has dated worse is dated by it.
    pub(crate) fn redate(&mut self, clock: &Stamp) {
        for entry in self.active.values_mut().chain(&mut self.recent) {
            let fault = &mut entry.fault;
            clock.redate(fault.first, &mut fault.first_wall);
            clock.redate(fault.last, &mut fault.last_wall);
            if let (Some(cleared), Some(wall)) = (fault.cleared, &mut fault.cleared_wall) {
                clock.redate(cleared, wall);
            }
        }
    }

    /// The places of active ones that are no more.
    pub(crate) fn places(&self, gone: impl Fn(&Place) -> bool) -> Vec<Place> {
        self.active.keys().filter(|place| gone(place)).cloned().collect()
    }

    /// How many are active.
    pub(crate) fn count(&self) -> usize {
        self.active.len()
    }

    /// Active ones, the worst first, of those the newest.
    pub(crate) fn active(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.active.values().map(|entry| entry.fault.clone()).collect();
        faults.sort_by_key(|fault| (std::cmp::Reverse(fault.severity), std::cmp::Reverse(fault.first)));
        faults
    }
}

/// A fault that has not been counted yet.
fn named(place: &Place, boot: &BootId, now: Mono, wall: Wall) -> Fault {
    let About { mrec, severity, cause, effect, remedy } = place.code.about();
    Fault {
        id: None,
        code: place.code,
        mrec: mrec.map(str::to_owned),
        severity,
        connector: place.connector,
        chain: None,
        part: place.part.clone(),
        detail: String::new(),
        readings: None,
        cause: cause.to_owned(),
        effect: effect.to_owned(),
        remedy: remedy.to_owned(),
        boot: boot.clone(),
        first: now,
        first_wall: wall,
        last: now,
        last_wall: wall,
        count: 0,
        latched: false,
        cleared: None,
        cleared_wall: None,
        cleared_by: None,
    }
}

impl Cabinet {
    /// Something is wrong; what its connector's sensors say is noted beside it.
    pub(crate) fn raise(&mut self, now: Mono, place: Place, detail: impl Into<String>, stays: Stays) {
        let readings = place.connector.and_then(|id| self.readings(id));
        let chain = place.connector.and_then(|id| Some(self.connector(id)?.config.chain.clone()));
        let seen = Seen { detail: detail.into(), readings, chain };
        self.faults.raise(now, self.wall_at(now), place, seen, stays);
    }

    /// It is no longer wrong.
    pub(crate) fn clear(&mut self, now: Mono, place: &Place) {
        self.faults.clear(now, self.wall_at(now), place);
    }

    /// A charge's trouble, with the readings as a sentence.
    pub(crate) fn raise_trouble(&mut self, now: Mono, id: ConnectorId, trouble: Trouble) {
        let detail = self.readings(id).map_or_else(String::new, |seen| {
            let trip = seen.trip.map_or_else(String::new, |trip| format!(", MCU tripped: {trip}"));
            format!("{}, {}, pilot {:?}{trip}", seen.voltage, seen.current, seen.pilot)
        });
        let stays = if trouble.latched() { Stays::Latched } else { Stays::WhileItIsSo };
        self.raise(now, Place::connector(fault_code(trouble), id), detail, stays);
    }

    fn readings(&self, id: ConnectorId) -> Option<Readings> {
        let connector = self.connector(id)?;
        let status = self.equipment.mcu.connector(id);
        let (voltage, current, power) = connector.measured(&self.equipment);
        let trip = self.equipment.mcu.contactor(connector.config.contactor).and_then(|contactor| contactor.trip);
        Some(Readings {
            phase: self.phase_view(connector),
            pilot: status.map_or_else(Default::default, |status| crate::view::pilot(status.pilot)),
            voltage,
            current,
            power,
            allowed: connector.allocation.allowed,
            temperature: status.map(|status| status.temperature),
            insulation: match isolation(connector, &self.equipment) {
                api::link::Isolation::Valid { resistance } | api::link::Isolation::Failed { resistance } => {
                    Some(resistance)
                }
                _ => None,
            },
            soc: connector.demand.as_ref().and_then(|demand| demand.soc),
            trip: trip.map(|trip| format!("{trip:?}")),
            session: connector.session.as_ref().map(|session| session.id.clone()),
        })
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

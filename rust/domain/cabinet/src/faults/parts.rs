//! Faults of parts, which come and go with them.

use core::time::Duration;
use std::collections::BTreeMap;

use api::{chain::Health, fault::FaultCode};
use units::{ChainId, Mono};

use super::{Place, Seen, Stays};
use crate::cabinet::Cabinet;

/// A part may take this long after a start to be heard for the first time.
const GRACE: Duration = Duration::from_secs(3);

impl Cabinet {
    /// Raises what is wrong with parts and clears what no longer is.
    pub(crate) fn watch_parts(&mut self, now: Mono) {
        let begun = *self.faults.begun.get_or_insert(now);
        let silence_counts = now.since(begun) >= GRACE;
        let mut bad: BTreeMap<Place, (String, Option<ChainId>)> = BTreeMap::new();
        self.ailing(&mut bad);
        if silence_counts {
            self.silent(&mut bad);
        }
        if bad.is_empty() && self.faults.active.is_empty() {
            return;
        }
        let wall = self.wall_at(now);
        // What was wrong before the start is not over because it has not been heard yet.
        let over: Vec<Place> = self
            .faults
            .active
            .keys()
            .filter(|place| place.part.is_some() && watched(place.code) && !bad.contains_key(place))
            .filter(|place| silence_counts || !is_silence(place.code))
            .cloned()
            .collect();
        for place in over {
            self.faults.clear(now, wall, &place);
        }
        for (place, (detail, chain)) in bad {
            self.faults.raise(now, wall, place, Seen { detail, readings: None, chain }, Stays::WhileItIsSo);
        }
    }

    /// Parts that say of themselves that they are not well.
    fn ailing(&self, bad: &mut BTreeMap<Place, (String, Option<ChainId>)>) {
        for (id, module) in &self.equipment.modules {
            for word in &module.faults {
                let (detail, _) = bad.entry(Place::part(module_code(word), id.to_string())).or_default();
                if !detail.is_empty() {
                    detail.push_str(", ");
                }
                detail.push_str(word);
            }
        }
        for connector in &self.connectors {
            if let Some(health) = connector.health.as_ref().filter(|health| health.health == Health::Faulty) {
                let place = Place {
                    code: FaultCode::SlacFailure,
                    connector: Some(connector.id()),
                    part: Some(connector.config.interface.clone()),
                };
                bad.insert(place, (health.reason.clone(), Some(connector.config.chain.clone())));
            }
        }
    }

    /// Parts that are not heard.
    fn silent(&self, bad: &mut BTreeMap<Place, (String, Option<ChainId>)>) {
        let mut silent = |code, part: String, why: &str, chain| {
            bad.insert(Place::part(code, part), (why.to_owned(), chain));
        };
        if !self.equipment.mcu.is_up() {
            let no_status = format!("no status for {} ms", self.config.mcu.silence_ms);
            silent(FaultCode::McuCommunication, "mcu".into(), &no_status, None);
        }
        for (id, _) in self.equipment.modules.iter().filter(|(_, module)| !module.heard) {
            silent(FaultCode::ModuleCommunication, id.to_string(), "no answer on its bus", None);
        }
        for (id, _) in self.equipment.meters.iter().filter(|(_, meter)| !meter.heard) {
            silent(FaultCode::MeterCommunication, id.clone(), "no answer on its line", None);
        }
        for (id, _) in self.equipment.monitors.iter().filter(|(_, monitor)| !monitor.heard) {
            silent(FaultCode::IsolationMonitorCommunication, id.clone(), "no answer on its line", None);
        }
        for (id, _) in self.chains.iter().filter(|(_, chain)| !chain.up) {
            silent(FaultCode::ChainCommunication, id.to_string(), "its process is not connected", Some(id.clone()));
        }
    }
}

/// Whether a part's fault of this code is raised and cleared here.
fn watched(code: FaultCode) -> bool {
    is_silence(code) || code == FaultCode::SlacFailure || WORDS.iter().any(|(_, own)| *own == code)
}

const fn is_silence(code: FaultCode) -> bool {
    matches!(
        code,
        FaultCode::McuCommunication
            | FaultCode::ModuleCommunication
            | FaultCode::MeterCommunication
            | FaultCode::IsolationMonitorCommunication
            | FaultCode::ChainCommunication
    )
}

/// The drivers' words that have a public name; every other one is a fault of the module.
const WORDS: &[(&str, FaultCode)] = &[
    ("hardware", FaultCode::ModuleFault),
    ("over_temperature", FaultCode::ModuleOverTemperature),
    ("under_temperature", FaultCode::ModuleUnderTemperature),
    ("under_voltage_ac", FaultCode::ModuleUnderVoltageAc),
    ("phase_loss", FaultCode::ModuleUnderVoltageAc),
    ("over_voltage_ac", FaultCode::ModuleOverVoltageAc),
    ("under_voltage_dc", FaultCode::ModuleUnderVoltageDc),
    ("over_voltage_dc", FaultCode::ModuleOverVoltageDc),
    ("over_current_ac", FaultCode::ModuleOverCurrentAc),
    ("over_current_dc", FaultCode::ModuleOverCurrentDc),
    ("short_circuit", FaultCode::ModuleOverCurrentDc),
    ("vendor_error", FaultCode::VendorError),
    ("vendor_warning", FaultCode::VendorWarning),
    ("derated", FaultCode::VendorWarning),
    ("load_sharing", FaultCode::VendorWarning),
    ("phase_imbalance", FaultCode::VendorWarning),
];

fn module_code(word: &str) -> FaultCode {
    WORDS.iter().find(|(own, _)| *own == word).map_or(FaultCode::ModuleFault, |(_, code)| *code)
}

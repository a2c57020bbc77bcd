//! Another configuration, without a restart.
//!
//! What is accepted and what is in force are two things: a connector that is not free keeps what it stands on until it is
//! ([`config::effective`]). Whenever what is in force changes, everything that is still the same thing keeps its state, and the
//! wires are told.

use std::{collections::BTreeSet, sync::Arc};

use api::state::ConfigWaiting;
use config::{Config, Waiting};
use core::time::Duration;
use units::{ConnectorId, Mono};

use crate::{
    cabinet::{Cabinet, Chain},
    connector::Connector,
    equipment::Equipment,
    faults::Place,
    output::{Output, Outputs},
};

/// What was accepted, and how far it is in force.
#[derive(Clone, Debug)]
pub(crate) struct Reload {
    version: u64,
    /// Accepted, but not or not wholly in force.
    accepted: Option<Box<Config>>,
    waiting: Vec<Waiting>,
    /// Who was not free when that was found out; nobody has looked yet without.
    busy: Option<BTreeSet<ConnectorId>>,
}

impl Reload {
    /// The first configuration, wholly in force.
    pub(crate) const fn new(version: u64) -> Self {
        Self { version, accepted: None, waiting: Vec::new(), busy: None }
    }

    /// A newer one; looked at before the call ends.
    pub(crate) fn accept(&mut self, config: Config, version: u64) {
        *self = Self { version, accepted: Some(Box::new(config)), waiting: Vec::new(), busy: None };
    }

    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// Whether something waits.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.accepted.is_some()
    }

    pub(crate) fn waiting(&self) -> Vec<ConfigWaiting> {
        let told = |waiting: &Waiting| ConfigWaiting { pointer: waiting.pointer.clone(), connector: waiting.connector };
        self.waiting.iter().map(told).collect()
    }
}

impl Cabinet {
    /// What of the accepted configuration is not in force yet.
    pub fn config_waiting(&self) -> Vec<ConfigWaiting> {
        self.reload.waiting()
    }

    /// Puts into force what the connectors allow, when that may have changed.
    pub(crate) fn follow_configuration(&mut self, now: Mono, outputs: &mut Outputs) {
        let Some(accepted) = &self.reload.accepted else { return };
        let busy = self.busy();
        if self.reload.busy.as_ref() == Some(&busy) {
            return;
        }
        let next = config::effective(&self.config, accepted, &busy);
        self.reload.busy = Some(busy);
        if next.waiting.is_empty() {
            self.reload.accepted = None;
        }
        self.reload.waiting = next.waiting;
        if next.config != *self.config {
            self.put_in_force(now, next.config, outputs);
        }
    }

    /// The next look at what waits: as soon as a connector has become free, or is free no longer.
    pub(crate) fn reload_wake(&self, now: Mono) -> Option<Mono> {
        let changed = self.reload.is_waiting() && self.reload.busy.as_ref() != Some(&self.busy());
        changed.then(|| now + Duration::from_millis(1))
    }

    fn busy(&self) -> BTreeSet<ConnectorId> {
        self.connectors.iter().filter(|connector| !connector.is_free()).map(Connector::id).collect()
    }

    fn put_in_force(&mut self, now: Mono, config: Config, outputs: &mut Outputs) {
        let said: Vec<_> = self.config.chains.iter().map(|chain| (chain.id.clone(), self.setup(&chain.id))).collect();
        let old = std::mem::replace(&mut self.config, Arc::new(config));
        let new = Arc::clone(&self.config);
        let slots: Vec<ConnectorId> = self.connectors.iter().map(Connector::id).collect();
        let modules: Vec<_> = self.equipment.modules.keys().cloned().collect();
        self.equipment.follow(&old, &new);
        self.power.follow(&new, &self.equipment, (&slots, &modules));
        let mut connectors = std::mem::take(&mut self.connectors);
        self.connectors = new
            .connectors
            .iter()
            .map(|own| match connectors.iter().position(|connector| connector.id() == own.id) {
                Some(i) => {
                    let mut connector = connectors.swap_remove(i);
                    connector.follow(own, &new);
                    connector
                }
                None => Connector::new(own, &new),
            })
            .collect();
        let mut chains = std::mem::take(&mut self.chains);
        self.chains = new
            .chains
            .iter()
            .map(|own| {
                (own.id.clone(), chains.remove(&own.id).unwrap_or_else(|| Chain { since: now, ..Chain::default() }))
            })
            .collect();
        for gone in self.faults.places(|place| !exists(place, &new, &self.equipment)) {
            self.clear(now, &gone);
        }
        // The lease names every contactor anew.
        self.asked.clear();
        outputs.list.push(Output::Apply(Arc::clone(&new)));
        for (id, chain) in &self.chains {
            let setup = self.setup(id);
            if chain.up && said.iter().any(|(said, before)| said == id && *before != setup) {
                outputs.list.push(Output::Link(id.clone(), setup));
            }
        }
    }
}

/// Whether what a fault is about is still there.
fn exists(place: &Place, config: &Config, equipment: &Equipment) -> bool {
    let connector = place.connector.is_none_or(|id| config.connectors.iter().any(|connector| connector.id == id));
    let part = place.part.as_deref().is_none_or(|part| {
        part == "mcu"
            || equipment.modules.keys().any(|id| id.as_str() == part)
            || equipment.meters.contains_key(part)
            || equipment.monitors.contains_key(part)
            || config.chains.iter().any(|chain| chain.id.as_str() == part)
            || config.ties.iter().any(|tie| tie.id == part)
            || config.connectors.iter().any(|connector| connector.interface == part)
    });
    connector && part
}

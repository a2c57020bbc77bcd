//! Whether anything changed that is worth telling.
//!
//! Every call asks, and almost every time the answer is no: so what was told last is kept, and compared in place.

use api::{
    chain::{Health, Slac},
    state::{Allocation, Authorisation, Dropped},
};
use charging::{Grants, Phase, Setpoint};
use mcu_link::{ContactorStatus, LockFeedback, PilotState};
use units::{Mono, Percent, PlugInEpoch, V2gEpoch};

use crate::{
    cabinet::Cabinet,
    connector::Connector,
    equipment::{Equipment, Module},
};

/// What was told last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    connectors: Vec<SeenConnector>,
    modules: Vec<SeenModule>,
    whole: Whole,
}

/// The cabinet as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Whole {
    chains: (usize, usize),
    mcu: bool,
    faults: usize,
    waiting: (u64, bool),
    cards: usize,
    dropped: Dropped,
}

#[derive(Clone, Debug, Default)]
struct SeenConnector {
    brief: Option<Brief>,
    authorisation: Authorisation,
    allocation: Allocation,
}

/// What can be copied of a connector. Volts and amperes are told when they have moved by enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Brief {
    phase: Phase,
    plug_in: PlugInEpoch,
    v2g: Option<V2gEpoch>,
    grants: Grants,
    session: Option<(Mono, u64)>,
    half_volts: i64,
    fifth_amps: i64,
    contactor: Option<ContactorStatus>,
    pilot: Option<(PilotState, LockFeedback)>,
    soc: Option<Percent>,
    line: Option<(Health, Slac)>,
}

/// What can be copied of a module, likewise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct SeenModule {
    heard: bool,
    on: bool,
    told: Option<Setpoint>,
    volts: i64,
    half_amps: i64,
}

impl Cabinet {
    /// Looks at what can be told; `true` if it is not what was told last.
    pub(crate) fn look(&mut self) -> bool {
        let whole = Whole {
            chains: (self.chains.len(), self.chains.values().filter(|chain| chain.up).count()),
            mcu: self.equipment.mcu.is_up(),
            faults: self.faults.count(),
            waiting: (self.reload.version(), self.reload.is_waiting()),
            cards: self.waiting.len(),
            dropped: self.dropped,
        };
        let mut changed = whole != self.seen.whole;
        self.seen.whole = whole;
        changed |= self.seen.connectors.len() != self.connectors.len();
        self.seen.connectors.resize_with(self.connectors.len(), SeenConnector::default);
        for (seen, connector) in self.seen.connectors.iter_mut().zip(&self.connectors) {
            changed |= seen.look(connector, &self.equipment);
        }
        changed |= self.seen.modules.len() != self.equipment.modules.len();
        self.seen.modules.resize_with(self.equipment.modules.len(), SeenModule::default);
        for (seen, module) in self.seen.modules.iter_mut().zip(self.equipment.modules.values()) {
            let now = SeenModule::of(module);
            changed |= *seen != now;
            *seen = now;
        }
        changed
    }
}

impl SeenConnector {
    fn look(&mut self, connector: &Connector, equipment: &Equipment) -> bool {
        let brief = Some(Brief::of(connector, equipment));
        let mut changed = self.brief != brief;
        self.brief = brief;
        if self.authorisation != connector.authorisation {
            self.authorisation.clone_from(&connector.authorisation);
            changed = true;
        }
        if self.allocation != connector.allocation {
            self.allocation.clone_from(&connector.allocation);
            changed = true;
        }
        changed
    }
}

impl Brief {
    fn of(connector: &Connector, equipment: &Equipment) -> Self {
        let (voltage, current, _) = connector.measured(equipment);
        Self {
            phase: connector.machine.phase(),
            plug_in: connector.machine.plug_in_epoch(),
            v2g: connector.machine.v2g_epoch(),
            grants: connector.wish.grants,
            session: connector.session.as_ref().map(|session| (session.started.mono, session.meter_last.digits)),
            half_volts: voltage.get() / 500,
            fifth_amps: current.get() / 200,
            contactor: equipment.mcu.contactor(connector.config.contactor).copied(),
            pilot: equipment.mcu.connector(connector.id()).map(|status| (status.pilot, status.lock)),
            soc: connector.demand.as_ref().and_then(|demand| demand.soc),
            line: connector.health.as_ref().map(|health| (health.health, health.slac)),
        }
    }
}

impl SeenModule {
    const fn of(module: &Module) -> Self {
        Self {
            heard: module.heard,
            on: module.on,
            told: module.told,
            volts: module.voltage.get() / 1_000,
            half_amps: module.current.get() / 500,
        }
    }
}

//! MCU, modules, meters and monitors, as last heard.

use core::time::Duration;
use std::collections::BTreeMap;

use api::session::Register;
use charging::{Modules, Setpoint};
use config::Config;
use mcu_link::{ConnectorStatus, ContactorStatus, McuHello, Status};
use units::{ConnectorId, ContactorId, Milliamps, Millivolts, ModuleId, Mono, Ohms, Watts};

/// The MCU speaks every 100 ms; after this it is silent.
pub(crate) const MCU_SILENT: Duration = Duration::from_millis(500);

/// The MCU.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mcu {
    pub(crate) hello: Option<McuHello>,
    pub(crate) status: Option<Status>,
    pub(crate) heard: Option<Mono>,
    /// Since when it is heard, or is not.
    pub(crate) since: Mono,
    up: bool,
}

impl Mcu {
    /// Takes the time into account; `true` if the link changed.
    pub(crate) fn watch(&mut self, now: Mono) -> bool {
        let up = self.heard.is_some_and(|heard| now.since(heard) < MCU_SILENT) && self.status.is_some();
        let changed = up != self.up;
        if changed {
            self.up = up;
            self.since = now;
        }
        changed
    }

    pub(crate) const fn is_up(&self) -> bool {
        self.up
    }

    pub(crate) fn connector(&self, id: ConnectorId) -> Option<&ConnectorStatus> {
        self.status.as_ref()?.connectors.iter().find(|connector| connector.connector == id)
    }

    pub(crate) fn contactor(&self, id: ContactorId) -> Option<&ContactorStatus> {
        self.status.as_ref()?.contactors.iter().find(|contactor| contactor.contactor == id)
    }
}

/// One power module.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) driver: &'static str,
    pub(crate) rated_power: Watts,
    pub(crate) rated_current: Milliamps,
    pub(crate) serial: Option<String>,
    pub(crate) heard: bool,
    pub(crate) since: Mono,
    pub(crate) voltage: Millivolts,
    pub(crate) current: Milliamps,
    pub(crate) on: bool,
    pub(crate) faults: Vec<String>,
    pub(crate) disabled: bool,
    /// What it was told last; nothing before the first word.
    pub(crate) told: Option<Setpoint>,
}

impl Module {
    pub(crate) const fn can_deliver(&self) -> bool {
        self.heard && !self.disabled
    }
}

/// One meter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    pub(crate) heard: bool,
    pub(crate) read: Option<Mono>,
    pub(crate) register: Option<Register>,
}

/// One isolation monitor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Monitor {
    pub(crate) heard: bool,
    pub(crate) reading: Option<(Mono, Ohms)>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Equipment {
    pub(crate) mcu: Mcu,
    pub(crate) modules: BTreeMap<ModuleId, Module>,
    pub(crate) meters: BTreeMap<String, Meter>,
    pub(crate) monitors: BTreeMap<String, Monitor>,
}

impl Equipment {
    pub(crate) fn new(config: &Config) -> Self {
        let modules = config.modules.iter().map(|module| {
            let driver = match module.driver {
                config::ModuleDriver::Infypower => "infypower",
            };
            let state = Module {
                driver,
                rated_power: module.max_power(),
                rated_current: module.max_current(),
                serial: None,
                heard: false,
                since: Mono::BOOT,
                voltage: Millivolts::ZERO,
                current: Milliamps::ZERO,
                on: false,
                faults: Vec::new(),
                disabled: false,
                told: None,
            };
            (module.id.clone(), state)
        });
        Self {
            mcu: Mcu::default(),
            modules: modules.collect(),
            meters: config.meters.iter().map(|meter| (meter.id.clone(), Meter::default())).collect(),
            monitors: config.isolation.iter().map(|monitor| (monitor.id.clone(), Monitor::default())).collect(),
        }
    }

    /// The modules of a list, together: silent as soon as one that was told to deliver is, since what it does is unknown.
    pub(crate) fn together(&self, ids: &[ModuleId]) -> Modules {
        let modules = || ids.iter().filter_map(|id| self.modules.get(id));
        let lost = modules().any(|module| !module.heard && matches!(module.told, Some(Setpoint::On { .. })));
        if lost || modules().all(|module| !module.heard) {
            Modules::Silent
        } else if modules().any(Module::can_deliver) {
            Modules::Ready
        } else {
            Modules::Faulted
        }
    }

    /// What the modules of a list could deliver together.
    pub(crate) fn capability(&self, ids: &[ModuleId]) -> (Milliamps, Watts) {
        let able = || ids.iter().filter_map(|id| self.modules.get(id)).filter(|module| module.can_deliver());
        (able().map(|module| module.rated_current).sum(), able().map(|module| module.rated_power).sum())
    }
}

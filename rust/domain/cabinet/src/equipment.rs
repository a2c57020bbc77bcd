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
    /// What it says of itself.
    pub(crate) capability: Option<(Milliamps, Watts)>,
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
    fn new(config: &config::Module) -> Self {
        let driver = match config.driver {
            config::ModuleDriver::Infypower => "infypower",
        };
        Self {
            driver,
            capability: None,
            rated_power: config.max_power(),
            rated_current: config.max_current(),
            serial: None,
            heard: false,
            since: Mono::BOOT,
            voltage: Millivolts::ZERO,
            current: Milliamps::ZERO,
            on: false,
            faults: Vec::new(),
            disabled: false,
            told: None,
        }
    }

    /// What it is good for: the least of what is configured and what it says of itself.
    pub(crate) fn rate(&mut self, config: &config::Module) {
        let (current, power) = self.capability.unwrap_or((config.max_current(), config.max_power()));
        self.rated_current = config.max_current().min(current);
        self.rated_power = config.max_power().min(power);
    }

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
        Self {
            mcu: Mcu::default(),
            modules: config.modules.iter().map(|module| (module.id.clone(), Module::new(module))).collect(),
            meters: config.meters.iter().map(|meter| (meter.id.clone(), Meter::default())).collect(),
            monitors: config.isolation.iter().map(|monitor| (monitor.id.clone(), Monitor::default())).collect(),
        }
    }

    /// Another configuration is in force: what is still the same device keeps its state.
    pub(crate) fn follow(&mut self, old: &Config, new: &Config) {
        let mut modules = std::mem::take(&mut self.modules);
        self.modules = new
            .modules
            .iter()
            .map(|own| {
                let same = old.modules.iter().any(|was| {
                    (&was.id, was.driver, &was.can, was.address) == (&own.id, own.driver, &own.can, own.address)
                });
                let mut module = modules.remove(&own.id).filter(|_| same).unwrap_or_else(|| Module::new(own));
                module.rate(own);
                (own.id.clone(), module)
            })
            .collect();
        let mut meters = std::mem::take(&mut self.meters);
        self.meters = new
            .meters
            .iter()
            .map(|own| {
                let meter = meters.remove(&own.id).filter(|_| old.meters.contains(own));
                (own.id.clone(), meter.unwrap_or_default())
            })
            .collect();
        let mut monitors = std::mem::take(&mut self.monitors);
        self.monitors = new
            .isolation
            .iter()
            .map(|own| {
                let monitor = monitors.remove(&own.id).filter(|_| old.isolation.contains(own));
                (own.id.clone(), monitor.unwrap_or_default())
            })
            .collect();
        if old.mcu.port != new.mcu.port {
            self.mcu = Mcu::default();
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

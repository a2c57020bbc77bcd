//! MCU, modules, meters and monitors, as last heard.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use api::session::Register;
use charging::{Modules, Setpoint};
use config::Config;
use mcu_link::{ConnectorStatus, ContactorStatus, McuHello, Status};
use units::{ConnectorId, ContactorId, Milliamps, Millivolts, ModuleId, Mono, Ohms, Watts};

/// A module that is silent may go on for this long: until it is taken for lost, its own watchdog has ended its output.
const WATCHDOG: Duration = Duration::from_secs(13);

/// So many set-points of the past are told apart; of older ones only the power is known.
const PENDING: usize = 16;

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
    pub(crate) fn watch(&mut self, now: Mono, silence: Duration) -> bool {
        let up = self.heard.is_some_and(|heard| now.since(heard) < silence) && self.status.is_some();
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
    /// Whether it is to be told once more: its driver is new.
    pub(crate) repeat: bool,
    /// The power of what it was told last; none of a voltage without a load.
    pub(crate) commanded: Watts,
    /// The most power that it was told before and may still act on, as it has not confirmed less.
    pub(crate) unconfirmed: Watts,
    /// What it was told of late, the newest last, with its power: it may act on any of these.
    pending: VecDeque<(Setpoint, Watts)>,
    /// The connector that it carries a load for, as long as any may flow.
    pub(crate) feeds: Option<ConnectorId>,
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
            repeat: false,
            commanded: Watts::ZERO,
            unconfirmed: Watts::ZERO,
            pending: VecDeque::new(),
            feeds: None,
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

    /// What it can deliver at a voltage.
    pub(crate) fn at(&self, voltage: Millivolts) -> Watts {
        self.rated_power.min(voltage * self.rated_current)
    }

    /// What it delivers, as measured.
    pub(crate) fn delivers(&self) -> Watts {
        (self.voltage * self.current).max(Watts::ZERO)
    }

    /// What must be counted for it.
    pub(crate) fn counted(&self) -> Watts {
        self.commanded.max(self.unconfirmed).max(if self.feeds.is_some() { self.delivers() } else { Watts::ZERO })
    }

    /// Whether it carries no load, for certain.
    pub(crate) fn is_unloaded(&self) -> bool {
        self.commanded == Watts::ZERO && self.unconfirmed == Watts::ZERO
    }

    /// Whether it may carry a load for a connector: nothing may be left of another's.
    pub(crate) fn free_for(&self, connector: ConnectorId) -> bool {
        self.feeds.is_none_or(|feeds| feeds == connector) || self.is_unloaded()
    }

    /// Notes what it is told, with a load for a connector or without one; `true` if it is to be sent.
    pub(crate) fn tell(&mut self, setpoint: Setpoint, load: Option<ConnectorId>) -> bool {
        let power = match (setpoint, load) {
            (Setpoint::On { voltage, current }, Some(_)) => voltage * current,
            _ => Watts::ZERO,
        };
        let changed = self.told != Some(setpoint);
        if power < self.commanded {
            self.unconfirmed = self.unconfirmed.max(self.commanded);
        }
        if changed {
            if self.pending.len() >= PENDING {
                self.pending.pop_front();
            }
            self.pending.push_back((setpoint, power));
        }
        self.commanded = power;
        if load.is_some() {
            self.feeds = load;
        } else if self.is_unloaded() {
            self.feeds = None;
        }
        let send = changed || self.repeat;
        self.told = Some(setpoint);
        self.repeat = false;
        send
    }

    /// It acts on a set-point: what it was told before that is over. A module that can do less than it was told acts on less.
    pub(crate) fn confirm(&mut self, acts_on: Setpoint) {
        let less = |told: Setpoint| match (acts_on, told) {
            (Setpoint::Off, _) => true,
            (Setpoint::On { .. }, Setpoint::Off) => false,
            (Setpoint::On { voltage, current }, Setpoint::On { voltage: asked, current: limit }) => {
                voltage <= asked && current <= limit
            }
        };
        let exact = self.pending.iter().rposition(|(told, _)| *told == acts_on);
        let newest = self.pending.len().checked_sub(1);
        let at = exact.or_else(|| newest.filter(|_| self.told.is_some_and(less)));
        if let Some(at) = at {
            self.pending.drain(..at);
            let before = self.pending.len().saturating_sub(1);
            self.unconfirmed = self.pending.iter().take(before).map(|(_, power)| *power).max().unwrap_or(Watts::ZERO);
        } else if self.told.is_some_and(less) {
            self.unconfirmed = Watts::ZERO;
        }
    }

    /// When a module that does not answer has ended its output by itself.
    pub(crate) fn lost_at(&self) -> Option<Mono> {
        (!self.heard && (!self.is_unloaded() || self.feeds.is_some())).then(|| self.since + WATCHDOG)
    }

    /// A module that has been silent for longer than its own watchdog delivers nothing any more.
    pub(crate) fn watch(&mut self, now: Mono) {
        if self.lost_at().is_some_and(|at| now >= at) {
            self.unconfirmed = Watts::ZERO;
            self.current = Milliamps::ZERO;
            if self.commanded == Watts::ZERO {
                self.feeds = None;
            }
        }
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

    /// The modules of a list, together.
    pub(crate) fn together<'a>(modules: &(impl Iterator<Item = &'a Module> + Clone)) -> Modules {
        if modules.clone().any(Module::can_deliver) {
            Modules::Ready
        } else if modules.clone().all(|module| !module.heard || !module.is_unloaded()) {
            Modules::Silent
        } else {
            Modules::Faulted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(amps: i64) -> Setpoint {
        Setpoint::On { voltage: Millivolts::from_volts(400), current: Milliamps::from_amps(amps) }
    }

    fn module() -> Module {
        let config = config::from_toml(include_str!("../../config/tests/cabinet.toml")).unwrap();
        Module::new(&config.modules[0])
    }

    #[test]
    fn what_was_told_counts_until_something_later_is_confirmed() {
        let mut module = module();
        let id = ConnectorId::new(1);
        for amps in [50, 10, 40, 5] {
            assert!(module.tell(on(amps), id));
        }
        let counted = |module: &Module| module.counted().get() / 400;
        assert_eq!(counted(&module), 50);
        // It acts on the second one: the third may still come.
        module.confirm(on(10));
        assert_eq!(counted(&module), 40);
        module.confirm(on(40));
        assert_eq!(counted(&module), 40);
        module.confirm(on(5));
        assert_eq!(counted(&module), 5);
        assert!(!module.tell(on(5), id), "nothing new");
        // It can do less than it was told.
        module.tell(on(60), id);
        module.tell(on(30), id);
        module.confirm(on(25));
        assert_eq!(counted(&module), 30);
        module.tell(Setpoint::Off, None);
        assert_eq!((counted(&module), module.feeds), (30, id));
        module.confirm(Setpoint::Off);
        module.tell(Setpoint::Off, None);
        assert_eq!((counted(&module), module.feeds), (0, None));
    }

    #[test]
    fn a_silent_module_counts_until_its_own_watchdog_has_ended_it() {
        let mut module = module();
        module.tell(on(50), ConnectorId::new(1));
        (module.heard, module.since) = (false, Mono::from_millis(1_000));
        module.tell(Setpoint::Off, None);
        for (ms, counted) in [(1_000, 20_000), (13_999, 20_000), (14_000, 0)] {
            module.watch(Mono::from_millis(ms));
            assert_eq!(module.counted(), Watts(counted), "{ms}");
        }
        assert_eq!(module.feeds, None);
    }
}

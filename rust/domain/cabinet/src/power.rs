//! From the cars' wants over the planner to what each connector may draw.

use core::time::Duration;

use api::state::{Allocation, Constraint};
use charging::{Modules, Phase};
use config::Config;
use mcu_link::ContactorFeedback;
use planner::{Borrowing, Caps, Carried, Division, Limits, Memory, Role, Rules, Situation, budgets, divide};
use units::{ConnectorId, DeciCelsius, Milliamps, Millivolts, ModuleId, Mono, Watts};

use crate::{
    cabinet::Cabinet,
    connector::Connector,
    equipment::{Equipment, Module},
    switching::Switching,
};

/// A car is planned for with what it asks for, a thirty-second more (its voltage may be a little higher than it says), and no less
/// than this.
const LEAST: Watts = Watts(2_000);
/// A step of priority weighs as much.
const PRIORITY: u32 = 12;
/// A charge weighs one more for each of these, up to half a step of priority.
const AGE_STEP: Duration = Duration::from_mins(10);
const OLDEST: u32 = PRIORITY / 2;

/// The planner's side of a cabinet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Power {
    pub(crate) switching: Switching,
    pub(crate) division: Division,
    pub(crate) memory: Memory,
    /// Module by module, in the order of their ids: the slot whose bus it feeds.
    pub(crate) homes: Vec<usize>,
    /// What the division was made of; made anew when any of it changes.
    made_of: Made,
    scratch: Made,
    building: Option<(Watts, Mono)>,
}

/// What a division is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Made {
    connectors: Vec<planner::Connector>,
    modules: Vec<planner::Module>,
    ties: Vec<planner::Tie>,
    chains: Vec<Watts>,
    whole: Option<(Watts, Option<Watts>, Borrowing, Duration)>,
    /// When what is held is held no longer.
    due: Option<Mono>,
}

impl Power {
    pub(crate) fn new(config: &Config, equipment: &Equipment) -> Self {
        Self { switching: Switching::new(config), homes: homes(config, equipment), ..Self::default() }
    }

    /// Another configuration is in force; `before` are the connectors and modules in the order that they had.
    pub(crate) fn follow(&mut self, config: &Config, equipment: &Equipment, before: (&[ConnectorId], &[ModuleId])) {
        self.switching.follow(config);
        self.homes = homes(config, equipment);
        self.made_of = Made::default();
        let old = std::mem::take(&mut self.memory);
        let place = |old: Option<usize>| {
            let id = before.0.get(old?)?;
            config.connectors.iter().position(|connector| connector.id == *id)
        };
        let was = |id: ConnectorId| before.0.iter().position(|own| *own == id);
        for connector in &config.connectors {
            let at = was(connector.id);
            self.memory.hold.push(at.and_then(|at| old.hold.get(at).copied()).unwrap_or_default());
            let owner = at.and_then(|at| old.route.owners.get(at).copied().flatten());
            self.memory.route.owners.push(place(owner));
        }
        for id in equipment.modules.keys() {
            let at = before.1.iter().position(|own| own == id);
            self.memory.route.engaged.push(place(at.and_then(|at| old.route.engaged.get(at).copied().flatten())));
        }
    }

    /// The caps of the last cycle: site, profile, chains.
    pub(crate) fn caps(&self) -> Option<(Watts, Option<Watts>, &[Watts])> {
        let (site, ocpp, ..) = self.made_of.whole?;
        Some((site, ocpp, &self.made_of.chains))
    }

    /// The chain of a connector.
    pub(crate) fn chain_of(&self, connector: usize) -> usize {
        self.made_of.connectors.get(connector).map_or(usize::MAX, |connector| connector.chain)
    }

    /// The building's load was measured.
    pub(crate) const fn building(&mut self, load: Watts, until: Mono) {
        self.building = Some((load, until));
    }

    /// What the building is to be taken to draw: as measured, while that holds; after that the larger of it and what is assumed.
    fn building_load(&self, now: Mono, assumed: Watts) -> Watts {
        match self.building {
            Some((load, until)) if now < until => load,
            Some((load, _)) => load.max(assumed),
            None => assumed,
        }
    }
}

fn homes(config: &Config, equipment: &Equipment) -> Vec<usize> {
    let home = |id: &ModuleId| config.connectors.iter().position(|connector| connector.modules.contains(id));
    equipment.modules.keys().map(|id| home(id).unwrap_or(usize::MAX)).collect()
}

impl Cabinet {
    /// One planner cycle: what each connector may take from now on.
    pub(crate) fn plan(&mut self, now: Mono) {
        for module in self.equipment.modules.values_mut() {
            module.watch(now);
        }
        self.power.switching.look(&self.equipment.mcu);
        let mut made = std::mem::take(&mut self.power.scratch);
        self.gather(now, &mut made);
        let due = made.due.is_some_and(|due| now >= due);
        made.due = self.power.made_of.due;
        if due || made != self.power.made_of || self.power.division.shares.len() != made.connectors.len() {
            self.power.division = divide(&situation(now, &made, &self.config), &mut self.power.memory);
            made.due = self.power.memory.hold.iter().copied().filter(|until| *until > now).min();
        }
        let claims: Vec<_> = made.connectors.iter().map(|connector| (connector.role, connector.since)).collect();
        self.power.switching.join(&self.power.division.route, &claims);
        self.give_budgets(now, &made);
        self.power.scratch = std::mem::replace(&mut self.power.made_of, made);
    }

    /// What the planner looks at.
    fn gather(&self, now: Mono, made: &mut Made) {
        let config = &self.config;
        let profiles = self.ocpp_limit();
        made.chains.clear();
        made.chains.extend(config.chains.iter().map(config::Chain::power_cap));
        made.connectors.clear();
        for (index, connector) in self.connectors.iter().enumerate() {
            let ocpp = profiles.connectors.get(index).copied().flatten();
            let chain = config.chains.iter().position(|chain| chain.id == connector.config.chain);
            made.connectors.push(claim(now, connector, &self.equipment, chain.unwrap_or(usize::MAX), ocpp));
        }
        made.modules.clear();
        made.modules.extend(self.equipment.modules.values().zip(&self.power.homes).map(|(module, home)| {
            let able = module.can_deliver();
            let (power, current) = (module.rated_power, module.rated_current);
            planner::Module { slot: *home, power: if able { power } else { Watts::ZERO }, current }
        }));
        made.ties.clear();
        made.ties.extend(self.power.switching.ties.iter().map(|tie| {
            let state = Switching::state(tie);
            planner::Tie { between: tie.between, state }
        }));
        // The efficiency lies between the grid, which the site bounds, and the cars, which the planner serves.
        let load = self.power.building_load(now, config.site.building_load());
        let to_cars = |grid: Watts| Watts(grid.get().saturating_mul(config.planner.efficiency_percent.into()) / 100);
        let site = to_cars((config.site.limit() - load).max(Watts::ZERO));
        let borrowing = if config.planner.borrowing { Borrowing::On } else { Borrowing::Off };
        made.whole = Some((site, profiles.station, borrowing, config.planner.min_module_hold()));
        made.due = self.power.made_of.due;
    }

    /// The word of the planner to each connector.
    fn give_budgets(&mut self, now: Mono, made: &Made) {
        let mut carried = vec![Carried::default(); made.connectors.len()];
        for module in self.equipment.modules.values() {
            let at = module.feeds.and_then(|id| self.connectors.iter().position(|connector| connector.id() == id));
            let Some(own) = at.and_then(|at| carried.get_mut(at)) else { continue };
            own.commanded += module.commanded;
            own.unconfirmed += module.counted();
            own.measured += module.delivers();
        }
        for (own, connector) in carried.iter_mut().zip(&self.connectors) {
            own.measured = own.measured.max(connector.measured(&self.equipment).2);
        }
        let released = budgets(&situation(now, made, &self.config), &carried, &self.power.division.shares);
        let renewed = self.equipment.mcu.is_up();
        let modules: Vec<&Module> = self.equipment.modules.values().collect();
        for (index, connector) in self.connectors.iter_mut().enumerate() {
            let Some(own) = made.connectors.get(index) else { continue };
            let share = self.power.division.shares.get(index).copied().unwrap_or_default();
            connector.offer = self.power.division.offers.get(index).copied().unwrap_or_default();
            connector.potential = self.power.division.potential.get(index).copied().unwrap_or_default();
            // Without the MCU's measurements nobody knows what flows: what was granted runs out.
            if let Some(budget) = released.get(index).filter(|_| renewed) {
                connector.budget = *budget;
            }
            connector.carriers.clear();
            let fed = self
                .power
                .homes
                .iter()
                .enumerate()
                .filter(|(_, home)| self.power.switching.feeds(**home) == Some(index));
            connector.carriers.extend(fed.map(|(at, _)| at));
            let carriers = connector.carriers.iter().filter_map(|at| modules.get(*at).copied());
            let able = carriers.clone().filter(|module| module.can_deliver());
            connector.allowance = connector.budget.at(now).min(able.map(|module| module.at(own.voltage)).sum());
            // Until energy flows it is enough that somebody could; but nobody starts on a bus that carries another's charge.
            let meets = |other: usize| other != index && self.power.switching.same_bus(index, other);
            let crowded = connector.machine.phase() != Phase::Available
                && self.power.switching.feeds(index) != Some(index)
                && made.connectors.iter().enumerate().any(|(other, theirs)| meets(other) && theirs.role.claims());
            connector.modules = match connector.machine.phase() {
                Phase::PreCharge | Phase::Charging => Equipment::together(&carriers),
                _ if crowded => Modules::Silent,
                _ if connector.potential.power > Watts::ZERO => Modules::Ready,
                _ => {
                    let home = modules.iter().zip(&self.power.homes).filter(|(_, home)| **home == index);
                    Equipment::together(&home.map(|(module, _)| *module))
                }
            };
            connector.allocation = Allocation {
                requested: requested(connector).unwrap_or(Watts::ZERO),
                offered: own.limits.unasked(connector.potential.power).watts,
                allowed: share.allowed,
                assigned: connector.allocation.assigned,
                // A car that gets all that it asks for is bound by itself.
                bound_by: share.bound_by.map(|by| match requested(connector) {
                    Some(asked) if asked <= share.allowed => Constraint::Vehicle,
                    _ => constraint(by),
                }),
            };
        }
    }

    /// The earliest instant at which power could change by itself.
    pub(crate) fn power_wake(&self, now: Mono) -> Option<Mono> {
        let demands = self.connectors.iter().filter(|connector| connector.machine.phase().is_energised());
        let demands = demands.filter_map(|connector| connector.demand.as_ref().map(|demand| demand.valid_until));
        let budgets = self.connectors.iter().filter(|connector| connector.budget.power > Watts::ZERO);
        let budgets = budgets.map(|connector| connector.budget.until);
        let building = self.power.building.map(|(_, until)| until);
        let lost = self.equipment.modules.values().filter_map(Module::lost_at);
        let others = [building, self.power.made_of.due, self.power.switching.wake(&self.config.planner)];
        demands.chain(budgets).chain(lost).chain(others.into_iter().flatten()).filter(|at| *at > now).min()
    }
}

fn situation<'a>(now: Mono, made: &'a Made, config: &Config) -> Situation<'a> {
    let (site, ocpp, borrowing, hold) = made.whole.unwrap_or_default();
    Situation {
        now,
        caps: Caps { site, ocpp, chains: &made.chains },
        connectors: &made.connectors,
        modules: &made.modules,
        ties: &made.ties,
        rules: Rules { borrowing, hold, budget: config.planner.budget() },
    }
}

/// What the planner is told of a connector.
fn claim(
    now: Mono,
    connector: &Connector,
    equipment: &Equipment,
    chain: usize,
    ocpp: Option<Watts>,
) -> planner::Connector {
    let demand = connector.demand.as_ref();
    let charging = connector.machine.phase() == Phase::Charging;
    let target = demand.and_then(|demand| demand.target_voltage).filter(|target| *target > Millivolts::ZERO);
    // Whole volts, so that a trembling one does not turn everything over.
    let voltage = Millivolts::from_volts(target.unwrap_or(connector.rating.max_voltage).get() / 1_000);
    let car = demand.map(|demand| demand.limits).unwrap_or_default();
    let least = |a: Option<Watts>, b: Option<Watts>| a.into_iter().chain(b).min();
    let asked = demand.filter(|demand| charging && now < demand.valid_until).and_then(|_| requested(connector));
    let asked = Watts(asked.unwrap_or(Watts::ZERO).get().saturating_mul(33) / 32).max(LEAST);
    let since = connector.session.as_ref().map_or(connector.machine.since(), |session| session.started.mono);
    let age = u32::try_from(now.since(since).as_secs() / AGE_STEP.as_secs()).unwrap_or(OLDEST).min(OLDEST);
    planner::Connector {
        role: role(connector, equipment),
        chain,
        weight: PRIORITY * (1 + u32::from(connector.config.priority)) + age,
        since,
        voltage,
        limits: Limits {
            cable: Some(connector.config.max_power().min(voltage * connector.rating.max_current)),
            derating: heat(connector, equipment).map(|current| voltage * current),
            ocpp,
            vehicle: least(car.max_power, car.max_current.map(|current| voltage * current)),
            request: Some(asked),
        },
    }
}

/// What the car asks for.
fn requested(connector: &Connector) -> Option<Watts> {
    let demand = connector.demand.as_ref()?;
    Some(demand.target_voltage? * demand.target_current?)
}

fn role(connector: &Connector, equipment: &Equipment) -> Role {
    let contactor = equipment.mcu.contactor(connector.config.contactor);
    let open = contactor.is_some_and(|contactor| contactor.feedback == ContactorFeedback::Open);
    match connector.machine.phase() {
        Phase::Available if open => Role::Idle,
        Phase::Available | Phase::Faulted(charging::Trouble::Contactor) => Role::Barred,
        Phase::Preparing | Phase::CableCheck(_) | Phase::PreCharge => Role::Preparing,
        Phase::Charging => Role::Charging,
        _ => Role::Waiting,
    }
}

/// The current that a warm connector may still carry; `None` for a cool one.
fn heat(connector: &Connector, equipment: &Equipment) -> Option<Milliamps> {
    let (start, stop) = (connector.config.derate_start(), connector.config.derate_stop());
    let now = equipment.mcu.connector(connector.id())?.temperature;
    let span = |from: DeciCelsius, to: DeciCelsius| i64::from(to.get()) - i64::from(from.get());
    let left = span(now, stop).max(0);
    (now > start).then(|| Milliamps(connector.rating.max_current.get().saturating_mul(left) / span(start, stop).max(1)))
}

const fn constraint(constraint: planner::Constraint) -> Constraint {
    match constraint {
        planner::Constraint::Site => Constraint::Site,
        planner::Constraint::Ocpp => Constraint::Ocpp,
        planner::Constraint::Chain => Constraint::Chain,
        planner::Constraint::Cable => Constraint::Cable,
        planner::Constraint::Modules => Constraint::Modules,
        planner::Constraint::Vehicle => Constraint::Vehicle,
        planner::Constraint::Derating => Constraint::Derating,
    }
}

//! From the cars' wants over the planner to the modules' set-points.

use api::state::{Allocation, Constraint};
use charging::Setpoint;
use planner::{Caps, Claim, Flow, Limit, allocate, release};
use units::{Milliamps, ModuleId, Mono, Watts};

use crate::{
    cabinet::Cabinet,
    connector::Connector,
    equipment::{Equipment, Module},
    output::{Output, Outputs},
};

impl Cabinet {
    /// One planner cycle: what each connector may take from now on.
    pub(crate) fn plan(&mut self) {
        let chains: Vec<Watts> = self.config.chains.iter().map(config::Chain::power_cap).collect();
        let index = |connector: &Connector| {
            self.config.chains.iter().position(|chain| chain.id == connector.config.chain).unwrap_or(usize::MAX)
        };
        let mut wants: Vec<(Watts, Constraint)> =
            self.connectors.iter().map(|connector| want(connector, &self.equipment)).collect();
        let ocpp = self.ocpp_limit();
        for ((watts, by), limit) in wants.iter_mut().zip(&ocpp.connectors) {
            if let Some(limit) = limit.filter(|limit| limit < watts) {
                (*watts, *by) = (limit, Constraint::Ocpp);
            }
        }
        let claims: Vec<Claim> = self
            .connectors
            .iter()
            .zip(&wants)
            .map(|(connector, (want, _))| {
                let active = connector.machine.phase().is_charge();
                Claim {
                    chain: index(connector),
                    weight: u32::from(active),
                    limit: Limit { watts: *want, by: planner::Constraint::Cable },
                }
            })
            .collect();
        let site = Watts(self.config.site.limit().get() * i64::from(self.config.planner.efficiency_percent) / 100);
        let caps = Caps { site, ocpp: ocpp.station, chains: &chains };
        let shares = allocate(&caps, &claims);
        let flows: Vec<Flow> = self
            .connectors
            .iter()
            .zip(&claims)
            .zip(&shares)
            .map(|((connector, claim), share)| Flow {
                target: share.allowed,
                commanded: connector.allowance,
                measured: connector.measured(&self.equipment).2,
                chain: claim.chain,
                connector: usize::MAX,
                unconfirmed: Watts::ZERO,
            })
            .collect();
        let allowances = release(&caps, &[], &flows);
        let results = wants.iter().zip(&shares).zip(allowances);
        for (connector, (((want, limit), share), allowance)) in self.connectors.iter_mut().zip(results) {
            let demand = connector.demand.as_ref();
            let asked = demand.and_then(|demand| Some(demand.target_voltage? * demand.target_current?));
            let active = connector.machine.phase().is_charge();
            let modest = asked.is_some_and(|asked| asked < share.allowed);
            connector.allowance = allowance;
            connector.allocation = Allocation {
                requested: asked.unwrap_or(Watts::ZERO),
                offered: *want,
                allowed: share.allowed,
                assigned: told(&connector.config.modules, &self.equipment),
                bound_by: active.then_some(match share.bound_by {
                    // The car takes less than it may.
                    _ if modest => Constraint::Vehicle,
                    Some(planner::Constraint::Chain) => Constraint::Chain,
                    Some(planner::Constraint::Site) => Constraint::Site,
                    Some(planner::Constraint::Ocpp) => Constraint::Ocpp,
                    _ => *limit,
                }),
            };
        }
    }

    /// Divides each connector's set-point among its modules; tells those for which it changed.
    pub(crate) fn tell_modules(&mut self, outputs: &mut Outputs) {
        for connector in &self.connectors {
            let able: Vec<ModuleId> = connector
                .config
                .modules
                .iter()
                .filter(|id| self.equipment.modules.get(*id).is_some_and(Module::can_deliver))
                .cloned()
                .collect();
            for id in &connector.config.modules {
                let Some(module) = self.equipment.modules.get_mut(id) else { continue };
                let setpoint = share(connector.wish.setpoint, able.len(), able.contains(id), module.rated_current);
                if module.told != Some(setpoint) {
                    module.told = Some(setpoint);
                    outputs.list.push(Output::Module(id.clone(), setpoint));
                }
            }
        }
    }

    /// The earliest instant at which a set-point could lapse by itself.
    pub(crate) fn power_wake(&self, now: Mono) -> Option<Mono> {
        self.connectors
            .iter()
            .filter(|connector| connector.machine.phase().is_energised())
            .filter_map(|connector| connector.demand.as_ref().map(|demand| demand.valid_until))
            .filter(|until| *until > now)
            .min()
    }
}

/// What the modules of a list are told to deliver.
fn told(modules: &[ModuleId], equipment: &Equipment) -> Watts {
    let told = modules.iter().filter_map(|id| equipment.modules.get(id)?.told);
    told.map(|setpoint| match setpoint {
        Setpoint::On { voltage, current } => voltage * current,
        Setpoint::Off => Watts::ZERO,
    })
    .sum()
}

/// The most that a connector could use, and what limits it.
fn want(connector: &Connector, equipment: &Equipment) -> (Watts, Constraint) {
    let (current, power) = equipment.capability(&connector.config.modules);
    let voltage =
        connector.demand.as_ref().and_then(|demand| demand.target_voltage).unwrap_or(connector.rating.max_voltage);
    let car = connector.demand.as_ref().map(|demand| demand.limits).unwrap_or_default();
    let mut limits = vec![
        (connector.config.max_power(), Constraint::Cable),
        (voltage * connector.rating.max_current, Constraint::Cable),
        (power, Constraint::Modules),
        (voltage * current, Constraint::Modules),
    ];
    limits.extend(car.max_power.map(|power| (power, Constraint::Vehicle)));
    limits.extend(car.max_current.map(|current| (voltage * current, Constraint::Vehicle)));
    limits.into_iter().min_by_key(|(watts, _)| *watts).unwrap_or((Watts::ZERO, Constraint::Modules))
}

/// One module's part of a set-point that `able` modules carry together.
fn share(setpoint: Setpoint, able: usize, is_able: bool, rated: Milliamps) -> Setpoint {
    match setpoint {
        Setpoint::On { voltage, current } if is_able => {
            let parts = i64::try_from(able).unwrap_or(1).max(1);
            Setpoint::On { voltage, current: Milliamps(current.get() / parts).min(rated) }
        }
        _ => Setpoint::Off,
    }
}

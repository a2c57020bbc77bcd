//! From what each connector wants to what each module is told.
//!
//! A module rises only into room that is proven free, of site, chain and connector ([`planner::release()`]): so the sum of all that
//! is commanded, unconfirmed or flowing stays below every cap in every step. What moves from one module to another moves in
//! small steps, each confirmed before it is taken up, so that the car hardly notices.

use charging::{Phase, Setpoint};
use planner::{Caps, Flow, release};
use units::{Milliamps, Millivolts, Watts};

use crate::{
    cabinet::Cabinet,
    equipment::Module,
    output::{Output, Outputs},
};

/// A slot that comes to a connector raises its bus with no more than this: there is nothing behind it yet.
const RAISING: Milliamps = Milliamps::from_amps(1);
/// How near to the bus a raising module's voltage is kept.
const NEAR: Millivolts = Millivolts::from_volts(2);
/// A bus below this is not one to raise others to.
const LIVE: Millivolts = Millivolts::from_volts(60);
/// What moves from module to module moves in parts of this of the whole, and never less than the least step.
const STEPS: i64 = 20;
const LEAST_STEP: i64 = 2_000;

/// What a module should do.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    setpoint: Setpoint,
    /// The connector for which it carries a load.
    load: Option<usize>,
}

/// One module's part in a connector's current, in mA.
#[derive(Clone, Copy, Debug)]
struct Part {
    index: usize,
    told: i64,
    /// What it can give, as far as it is engaged.
    cap: i64,
    next: i64,
}

impl Cabinet {
    /// Divides each connector's set-point among its modules; tells those for which it changed.
    pub(crate) fn tell_modules(&mut self, outputs: &mut Outputs) {
        let modules: Vec<&Module> = self.equipment.modules.values().collect();
        let mut wanted = vec![Wanted::default(); modules.len()];
        let mut own = vec![Watts::ZERO; self.connectors.len()];
        for (index, connector) in self.connectors.iter().enumerate() {
            let Setpoint::On { voltage, current } = connector.wish.setpoint else { continue };
            let carriers = || connector.carriers.iter().filter_map(|at| Some((*at, *modules.get(*at)?)));
            if connector.machine.phase() == Phase::Charging {
                let line = voltage.max(connector.measured(&self.equipment).0);
                if let Some(own) = own.get_mut(index) {
                    *own = line * current;
                }
                self.share(index, voltage, current, &modules, &mut wanted);
                continue;
            }
            // A voltage without a load: one module is enough, of its own if it has one.
            let home = |at: usize| self.power.homes.get(at) == Some(&index);
            let able = carriers().filter(|(_, module)| module.can_deliver());
            if let Some(entry) = able.min_by_key(|(at, _)| (!home(*at), *at)).and_then(|(at, _)| wanted.get_mut(at)) {
                entry.setpoint = Setpoint::On { voltage, current };
            }
        }
        self.raise_buses(&modules, &mut wanted);
        self.release_setpoints(&own, &modules, &mut wanted);
        let mut tell = wanted.iter();
        for (id, module) in &mut self.equipment.modules {
            let Some(wanted) = tell.next() else { break };
            let feeds = wanted.load.and_then(|index| self.connectors.get(index)).map(crate::connector::Connector::id);
            if module.tell(wanted.setpoint, feeds) {
                outputs.list.push(Output::Module(id.clone(), wanted.setpoint));
            }
        }
        for connector in &mut self.connectors {
            let id = connector.id();
            let fed = self.equipment.modules.values().filter(|module| module.feeds == Some(id));
            connector.allocation.assigned = fed.map(|module| module.commanded).sum();
        }
    }

    /// A charging connector's current, divided among the modules that are engaged for it.
    fn share(&self, index: usize, voltage: Millivolts, current: Milliamps, modules: &[&Module], wanted: &mut [Wanted]) {
        let Some(connector) = self.connectors.get(index) else { return };
        let engaged = &self.power.division.route.engaged;
        let carriers = || connector.carriers.iter().filter_map(|at| Some((*at, *modules.get(*at)?)));
        let able = || carriers().filter(|(_, module)| module.can_deliver() && module.free_for(connector.id()));
        let is_engaged = |at: usize| engaged.get(at).copied().flatten() == Some(index);
        // Until one that is engaged has come, those that are there do it.
        let any = able().any(|(at, _)| is_engaged(at));
        let mut parts: Vec<Part> = able()
            .map(|(at, module)| Part {
                index: at,
                told: module.told_current(),
                cap: if is_engaged(at) || !any { module.at(voltage).current_at(voltage).get() } else { 0 },
                next: 0,
            })
            .collect();
        // What a module that does not answer may still deliver is the car's already.
        let lingering: Watts =
            carriers().filter(|(_, module)| !module.can_deliver()).map(|(_, module)| module.counted()).sum();
        let total = (current - lingering.current_at(voltage)).get().max(0);
        let settled = carriers().all(|(_, module)| module.unconfirmed <= module.commanded);
        spread(total, settled, &mut parts);
        for part in parts {
            if let Some(entry) = wanted.get_mut(part.index) {
                let on = part.next > 0 || part.cap > 0;
                let current = Milliamps(part.next);
                let setpoint = if on { Setpoint::On { voltage, current } } else { Setpoint::Off };
                *entry = Wanted { setpoint, load: Some(index) };
            }
        }
    }

    /// Slots that come to a charging connector raise their buses to its voltage, so that the tie between them closes without a jump.
    fn raise_buses(&self, modules: &[&Module], wanted: &mut [Wanted]) {
        let route = &self.power.division.route;
        for (at, module) in modules.iter().enumerate().filter(|(_, module)| module.can_deliver()) {
            let Some(slot) = self.power.homes.get(at).copied() else { continue };
            let owner = route.owners.get(slot).copied().flatten().filter(|owner| *owner != slot);
            let comes = owner.filter(|_| self.power.switching.feeds(slot).is_none());
            let Some(connector) = comes.and_then(|owner| self.connectors.get(owner)) else { continue };
            let bus = self.equipment.mcu.connector(connector.id()).map(|status| status.bus_voltage);
            let charging = connector.machine.phase() == Phase::Charging && module.is_unloaded();
            let Some(bus) = bus.filter(|bus| charging && *bus >= LIVE) else { continue };
            if !self.power.switching.may_raise(route, slot) {
                continue;
            }
            let voltage = match module.told {
                Some(Setpoint::On { voltage, .. }) if voltage.distance(bus) <= NEAR => voltage,
                _ => bus,
            };
            if let Some(entry) = wanted.get_mut(at) {
                entry.setpoint = Setpoint::On { voltage, current: RAISING };
            }
        }
    }

    /// Lowers what would rise into room that is not proven free.
    fn release_setpoints(&self, own: &[Watts], modules: &[&Module], wanted: &mut [Wanted]) {
        let Some((site, ocpp, chains)) = self.power.caps() else { return };
        let chain = |connector: usize| self.power.chain_of(connector);
        let power = |setpoint: Setpoint| match setpoint {
            Setpoint::On { voltage, current } => voltage * current,
            Setpoint::Off => Watts::ZERO,
        };
        let place = |id| self.connectors.iter().position(|connector| connector.id() == id);
        let flows: Vec<Flow> = modules
            .iter()
            .zip(wanted.iter())
            .map(|(module, wanted)| {
                let connector = wanted.load.or_else(|| module.feeds.and_then(place)).unwrap_or(usize::MAX);
                Flow {
                    target: wanted.load.map_or(Watts::ZERO, |_| power(wanted.setpoint)),
                    commanded: module.commanded,
                    unconfirmed: module.unconfirmed,
                    measured: module.delivers(),
                    chain: chain(connector),
                    connector,
                }
            })
            .collect();
        let released = release(&Caps { site, ocpp, chains }, own, &flows);
        for ((wanted, flow), released) in wanted.iter_mut().zip(&flows).zip(released) {
            if let Setpoint::On { voltage, current } = &mut wanted.setpoint
                && wanted.load.is_some()
                && released < flow.target
            {
                *current = (*current).min(released.current_at(*voltage));
            }
        }
    }
}

/// Divides `total` among the parts in proportion to what they can give, moving each from what it was told: a shortage is borne by
/// all alike, a surplus goes to whoever is short of its share, and what is left uneven moves in small steps.
fn spread(total: i64, settled: bool, parts: &mut [Part]) {
    let scaled = |a: i64, b: i64, c: i64| {
        let value = i128::from(a) * i128::from(b) / i128::from(c.max(1));
        i64::try_from(value).unwrap_or(0)
    };
    let all: i64 = parts.iter().map(|part| part.cap).sum();
    let told: i64 = parts.iter().map(|part| part.told).sum();
    let fair = |part: &Part| scaled(total.min(all), part.cap, all).min(part.cap);
    let missing: i64 = parts.iter().map(|part| (fair(part) - part.told).max(0)).sum();
    let surplus = total - told;
    let step = (total / STEPS).max(LEAST_STEP);
    for part in parts.iter_mut() {
        let fair = fair(part);
        part.next = if surplus <= 0 {
            scaled(part.told, total, told)
        } else {
            part.told + scaled((fair - part.told).max(0), surplus.min(missing), missing)
        };
        // Above what it can give, or one of the last amperes of a module that goes: at once.
        let over = part.next - fair;
        if part.next > part.cap && part.cap > 0 {
            part.next = part.cap;
        } else if part.cap == 0 && part.next <= LEAST_STEP {
            part.next = 0;
        } else if settled && surplus.abs() <= step && over > step / 4 {
            part.next -= over.min(step);
        }
    }
    // What whole milliamperes have left over.
    let left = total - parts.iter().map(|part| part.next).sum::<i64>();
    let few = i64::try_from(parts.len()).unwrap_or(0);
    if (1..=few).contains(&left)
        && let Some(part) = parts.iter_mut().find(|part| part.cap >= part.next + left)
    {
        part.next += left;
    }
}

impl Module {
    fn told_current(&self) -> i64 {
        match self.told {
            Some(Setpoint::On { current, .. }) if !self.is_unloaded() => current.get(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(list: &[(i64, i64)]) -> Vec<Part> {
        list.iter().enumerate().map(|(index, (told, cap))| Part { index, told: *told, cap: *cap, next: 0 }).collect()
    }

    fn spread_over(total: i64, settled: bool, list: &[(i64, i64)]) -> Vec<i64> {
        let mut parts = parts(list);
        spread(total, settled, &mut parts);
        parts.iter().map(|part| part.next).collect()
    }

    #[test]
    fn everybody_bears_a_shortage_and_the_short_get_the_surplus() {
        assert_eq!(spread_over(60_000, false, &[(0, 100_000), (0, 50_000)]), [40_000, 20_000]);
        assert_eq!(spread_over(30_000, false, &[(40_000, 100_000), (20_000, 50_000)]), [20_000, 10_000]);
        assert_eq!(spread_over(90_000, false, &[(60_000, 60_000), (0, 60_000)]), [60_000, 30_000]);
    }

    #[test]
    fn what_moves_from_module_to_module_moves_in_small_steps() {
        let mut now = vec![(60_000, 60_000), (0, 60_000)];
        for _ in 0..40 {
            let next = spread_over(60_000, true, &now);
            let sum: i64 = next.iter().sum();
            assert!((57_000..=60_000).contains(&sum), "{next:?}");
            now = next.into_iter().map(|told| (told, 60_000)).collect();
        }
        assert!((28_000..=32_000).contains(&now[0].0), "{now:?}");
        // And one that is not needed any more ends at nothing.
        let mut now = vec![(20_000, 60_000), (20_000, 0)];
        for _ in 0..40 {
            let next = spread_over(40_000, true, &now);
            now = vec![(next[0], 60_000), (next[1], 0)];
        }
        assert_eq!(now[1].0, 0);
        assert!(now[0].0 >= 39_000, "{now:?}");
    }

    #[test]
    fn never_more_than_asked_nor_than_a_module_can() {
        for total in [0, 1, 999, 50_000, 500_000] {
            for told in [0, 30_000, 100_000] {
                let next = spread_over(total, true, &[(told, 60_000), (told / 2, 40_000), (told, 0)]);
                let sum: i64 = next.iter().sum();
                assert!(sum <= total, "{total} {told}: {next:?}");
                assert!(next[0] <= 60_000 && next[1] <= 40_000);
            }
        }
    }
}

//! No cap is exceeded: by what is commanded never, by what flows not beyond the time that a decrease takes. No set-point is above
//! what the car said that it bears or wants.

use core::time::Duration;

use charging::Phase;
use units::{Milliamps, Millivolts};

use super::Rule;
use crate::world::World;

/// A decrease has come through the controller, the bus and the module after this.
pub(super) const RAMP_DOWN: Duration = Duration::from_millis(800);
/// The same when a module does not listen, or no controller decides: silence is noticed, the MCU inhibits, the lease lapses.
const UNHEARD: Duration = Duration::from_millis(4_500);
/// Currents and voltages are measured, and not to the watt.
const NEAR_WATTS: i64 = 1_000;
const NEAR_MILLIAMPS: i64 = 3_000;

impl World {
    /// After each decision: what is commanded.
    pub(crate) fn watch_commands(&mut self) {
        let mut site = 0;
        let mut chains = vec![0; self.chains.len()];
        for place in 0..self.outlets.len() {
            let (phase, _) = self.phases[place];
            if phase != Phase::Charging {
                if !phase.is_energised() && self.told(place).1 > 0 {
                    self.check
                        .broken(self.now, Rule::SetPoint, || format!("place {place} is told to deliver in {phase:?}"));
                }
                continue;
            }
            let (voltage, current) = self.told(place);
            let watts = (Millivolts(voltage) * Milliamps(current)).get();
            site += watts;
            chains[self.outlets[place].chain] += watts;
            self.watch_set_point(place, voltage, current);
        }
        self.watch_caps("commanded", site, &chains, 0);
        self.watch_exits();
    }

    fn watch_set_point(&mut self, place: usize, voltage: i64, current: i64) {
        if current == 0 {
            return;
        }
        let Some(demand) = &self.check.heard[place] else {
            self.check.broken(self.now, Rule::SetPoint, || {
                format!("place {place} is told {current} mA and its car has said nothing")
            });
            return;
        };
        let wanted = demand.target_current.map_or(0, Milliamps::get);
        let bears = demand.limits.max_current.map_or(i64::MAX, Milliamps::get);
        let volts = demand.limits.max_voltage.map_or(i64::MAX, Millivolts::get);
        if current > wanted.min(bears) || voltage > volts {
            self.check.broken(self.now, Rule::SetPoint, || {
                format!("place {place} is told {voltage} mV, {current} mA; its car wants {wanted} mA, bears {bears} mA, {volts} mV")
            });
        }
    }

    fn watch_caps(&mut self, what: &str, site: i64, chains: &[i64], near: i64) {
        let old = if near > 0 { self.check.before.clone().filter(|(until, ..)| self.now < *until) } else { None };
        let (limit, caps) = self.caps();
        let limit = old.as_ref().map_or(limit, |(_, before, _)| limit.max(*before)) + near;
        if site > limit {
            self.check.broken(self.now, Rule::Cap, || format!("{what}: {site} W of the site's {limit} W"));
        }
        for (id, watts) in chains.iter().enumerate() {
            let cap = caps[id];
            let cap = old.as_ref().map_or(cap, |(.., before)| cap.max(before[id])) + near;
            if *watts > cap {
                self.check.broken(self.now, Rule::Cap, || format!("{what}: {watts} W of chain {id}'s {cap} W"));
            }
        }
    }

    /// The caps of the site and of each chain, on the cars' side, as the configuration in force has them.
    pub(crate) fn caps(&self) -> (i64, Vec<i64>) {
        let site = self.config.site.limit().get() * i64::from(self.config.planner.efficiency_percent) / 100;
        (site, self.config.chains.iter().map(|chain| chain.power_cap().get()).collect())
    }

    /// After each movement of the iron: what flows.
    pub(crate) fn watch_plant(&mut self, moved: usize) {
        let mut site = 0;
        let mut chains = vec![0; self.chains.len()];
        for outlet in &self.outlets {
            let watts = (Millivolts(outlet.line) * Milliamps(outlet.current)).get();
            site += watts;
            chains[outlet.chain] += watts;
        }
        self.watch_caps("flowing", site, &chains, NEAR_WATTS + site / 100);
        self.watch_flow(moved);
        self.watch_line(moved);
    }

    /// No more flows into a car than it asks for, or asked for a moment ago.
    fn watch_flow(&mut self, place: usize) {
        let now = self.now;
        let silent = self.outlets[place].modules.iter().any(|id| self.modules[*id].silent);
        if silent || self.check.gone || self.mcu.cut || self.mcu.loss > 0 {
            self.check.disturbed[place] = now;
        }
        let lately = now.since(self.check.disturbed[place]) < UNHEARD || now.since(self.check.back) < UNHEARD;
        let allowance = if lately { UNHEARD } else { RAMP_DOWN };
        let outlet = &mut self.outlets[place];
        let current = outlet.current;
        let Some(car) = &mut outlet.car else { return };
        let (peak, since) = car.wanted;
        if now.since(since) >= allowance && !lately {
            car.wanted.0 = car.wants;
        }
        let most = peak.max(car.wants);
        if current > most + NEAR_MILLIAMPS && current > 0 {
            self.check.broken(now, Rule::SetPoint, || {
                format!("{current} mA flow at place {place}, its car asked for {most} mA at most")
            });
        }
    }
}

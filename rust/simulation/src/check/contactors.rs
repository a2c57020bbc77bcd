//! Contactors are for connecting, not for switching: what they close and open under, and what is asked of them.

use charging::{CableCheck, Phase, Stopping};
use mcu_link::{Purpose, ToMcu};

use super::Rule;
use crate::world::World;

/// No more may be interrupted gently.
const SMALL: i64 = 2_000;
/// Between the sides when energy is to flow, and on either when a test is to begin; with what moves while contacts travel.
const MATCH: i64 = 25_000;
const DEAD: i64 = 66_000;

impl World {
    /// A contactor's contacts are about to move.
    pub(crate) fn watch_contact(&mut self, place: usize, closes: bool) {
        let outlet = &self.outlets[place];
        let (current, bus, line) = (outlet.current, outlet.bus, outlet.line);
        let status = self.mcu.safety.status(self.now);
        let own =
            status.contactors.iter().find(|own| own.contactor == self.config.connectors[place].contactor).copied();
        if closes {
            let plugged = outlet.car.is_some();
            let granted = own.map_or(Purpose::Open, |own| own.granted);
            let fits = match granted {
                Purpose::Open => false,
                Purpose::Energy => (bus - line).abs() <= MATCH,
                _ => bus < DEAD && line < DEAD,
            };
            if !plugged || !fits || current.abs() > SMALL {
                self.check.broken(self.now, Rule::Contactor, || {
                    format!(
                        "place {place} closes for {granted:?}: {bus} mV, {line} mV, {current} mA, plugged {plugged}"
                    )
                });
            }
            return;
        }
        let emergency = !self.mcu.running || !self.powered || own.is_some_and(|own| own.trip.is_some());
        if current.abs() > SMALL && !emergency {
            self.check
                .broken(self.now, Rule::Contactor, || format!("place {place} opens under {current} mA without a trip"));
        }
    }

    /// What the cabinet asks of the MCU.
    pub(crate) fn watch_order(&mut self, message: &ToMcu) {
        let ToMcu::Lease(lease) = message else { return };
        for entry in &lease.contactors {
            let Some(place) = self.config.connectors.iter().position(|own| own.contactor == entry.contactor) else {
                continue;
            };
            let (phase, _) = self.phases[place];
            if entry.purpose != Purpose::Open && !phase.is_energised() {
                self.check.broken(self.now, Rule::Contactor, || {
                    format!("place {place}: {:?} is asked for in {phase:?}", entry.purpose)
                });
            }
            if entry.purpose == Purpose::Energy && !self.has_row(place) {
                self.check.broken(self.now, Rule::Ledger, || {
                    format!("place {place}: energy is asked for without a row on disk")
                });
            }
            let permitted = match phase {
                Phase::CableCheck(check) => check == CableCheck::Permitting,
                Phase::Stopping(stopping) => stopping.holding == charging::Purpose::Energy,
                phase => matches!(phase, Phase::PreCharge | Phase::Charging),
            };
            if entry.purpose == Purpose::Energy && !permitted {
                self.check
                    .broken(self.now, Rule::Contactor, || format!("place {place}: energy is asked for in {phase:?}"));
            }
            let emergency = match phase {
                Phase::Stopping(Stopping { trouble, .. }) | Phase::Ending { trouble, .. } => trouble.is_some(),
                Phase::Faulted(_) => true,
                _ => false,
            };
            let outlet = &self.outlets[place];
            let (current, silent) = (outlet.current, outlet.modules.iter().any(|id| self.modules[*id].silent));
            let found = self.now.since(self.check.back) < core::time::Duration::from_secs(3);
            if entry.purpose == Purpose::Open
                && outlet.contact.closed
                && current.abs() > SMALL
                && !emergency
                && !silent
                && !found
            {
                self.check.broken(self.now, Rule::Contactor, || {
                    format!("place {place} is asked to open under {current} mA in {phase:?}")
                });
            }
        }
    }
}

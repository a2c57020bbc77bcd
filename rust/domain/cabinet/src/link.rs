//! What a chain's process is told.

use core::time::Duration;

use api::link::{ConnectorSetup, EvseLimits, Grant, Isolation, Protocol, Snapshot, Stop, ToPlc, VERSION};
use charging::{Grants, Phase, StopCall};
use units::{ChainId, Milliamps, Mono};

use crate::{
    cabinet::Cabinet,
    connector::Connector,
    equipment::Equipment,
    output::{Output, Outputs},
};

/// A snapshot holds for this long: longer than a restart of the controller takes, no longer than the contactor lease.
const VALID: Duration = Duration::from_millis(1_500);
/// An unchanged snapshot is repeated this often.
const REPEAT: Duration = Duration::from_millis(250);

impl Cabinet {
    /// The greeting's answer.
    pub(crate) fn setup(&self, chain: &ChainId) -> ToPlc {
        let connectors = self.connectors.iter().filter(|connector| connector.config.chain == *chain);
        let connectors = connectors.map(|connector| ConnectorSetup {
            connector: connector.id(),
            interface: connector.config.interface.clone(),
            evse_id: connector.config.evse_id.clone(),
            protocols: vec![Protocol::Iso15118Part2],
        });
        ToPlc::Setup { version: VERSION, connectors: connectors.collect() }
    }

    /// A snapshot for each connector of a connected chain: at each change, and repeated before the last one runs out.
    pub(crate) fn tell_links(&mut self, now: Mono, outputs: &mut Outputs) {
        for i in 0..self.connectors.len() {
            let Some(connector) = self.connectors.get(i) else { continue };
            let Some(chain) = self.chains.get(&connector.config.chain).filter(|chain| chain.up) else { continue };
            let snapshot = snapshot(now, connector, &self.equipment);
            let said = chain.said.get(&connector.id());
            let fresh = said.is_some_and(|(at, last)| now.since(*at) < REPEAT && same(last, &snapshot));
            if fresh {
                continue;
            }
            let (id, chain_id) = (connector.id(), connector.config.chain.clone());
            outputs.list.push(Output::Link(chain_id.clone(), ToPlc::Snapshot(snapshot.clone())));
            if let Some(chain) = self.chains.get_mut(&chain_id) {
                chain.said.insert(id, (now, snapshot));
            }
        }
    }

    /// When the next snapshot is due.
    pub(crate) fn link_wake(&self) -> Option<Mono> {
        let up = self.chains.values().filter(|chain| chain.up);
        up.flat_map(|chain| chain.said.values().map(|(at, _)| *at + REPEAT)).min()
    }
}

/// Equal but for the time it holds and small changes of what is measured, which the next repetition carries.
fn same(a: &Snapshot, b: &Snapshot) -> bool {
    let near = a.present_voltage.distance(b.present_voltage).get() < 1_000
        && a.present_current.distance(b.present_current).get() < 500;
    near && Snapshot {
        valid_until: b.valid_until,
        present_voltage: b.present_voltage,
        present_current: b.present_current,
        isolation: b.isolation,
        ..a.clone()
    } == *b
        && std::mem::discriminant(&a.isolation) == std::mem::discriminant(&b.isolation)
}

fn snapshot(now: Mono, connector: &Connector, equipment: &Equipment) -> Snapshot {
    let (present_voltage, present_current, _) = connector.measured(equipment);
    let Grants { authorisation, cable_check, power, powered_down, stop } = connector.wish.grants;
    let phase = connector.machine.phase();
    Snapshot {
        connector: connector.id(),
        plug_in_epoch: connector.machine.plug_in_epoch(),
        v2g_epoch: connector.machine.v2g_epoch(),
        valid_until: now + VALID,
        plugged: !matches!(phase, Phase::Available | Phase::Finishing | Phase::Faulted(_)),
        authorisation: grant(authorisation),
        cable_check: grant(cable_check),
        power: grant(power),
        powered_down,
        stop: match stop {
            StopCall::None => Stop::None,
            StopCall::Normal => Stop::Normal,
            StopCall::Emergency => Stop::Emergency,
        },
        isolation: isolation(connector, equipment),
        present_voltage,
        present_current,
        limits: limits(connector),
    }
}

const fn grant(grant: charging::Grant) -> Grant {
    match grant {
        charging::Grant::Pending => Grant::Pending,
        charging::Grant::Granted => Grant::Granted,
        charging::Grant::Refused => Grant::Refused,
    }
}

/// The insulation as the MCU tells of it, for this plug-in.
pub(crate) fn isolation(connector: &Connector, equipment: &Equipment) -> Isolation {
    match connector.observe(equipment, charging::Reach::Heard).isolation {
        charging::Isolation::Unknown => Isolation::Unknown,
        charging::Isolation::Testing => Isolation::Testing,
        charging::Isolation::Valid(resistance) => Isolation::Valid { resistance },
        charging::Isolation::Failed(resistance) => Isolation::Failed { resistance },
    }
}

/// What the cabinet can give: the planner's word once the charge has one, before that what it is built for.
fn limits(connector: &Connector) -> EvseLimits {
    let rated = connector.config.max_power().min(connector.potential.power);
    let max_power = if connector.machine.phase().is_charge() { connector.offer.min(rated) } else { rated };
    let voltage = connector.demand.as_ref().and_then(|demand| demand.target_voltage);
    let by_power = voltage.filter(|voltage| voltage.get() > 0).map(|voltage| max_power.current_at(voltage));
    let max_current = connector.rating.max_current.min(connector.potential.current);
    EvseLimits {
        min_voltage: connector.rating.min_voltage,
        max_voltage: connector.rating.max_voltage,
        min_current: Milliamps::ZERO,
        max_current: by_power.map_or(max_current, |by_power| by_power.min(max_current)),
        max_power,
    }
}

//! The state as others see it.

use api::state as view;
use charging::{Phase, Setpoint};
use mcu_link::{ContactorFeedback, EStop, InhibitLine, LockFeedback, PilotState, Provenance};
use units::{Milliamps, Millivolts, Mono};

use crate::{
    cabinet::Cabinet,
    connector::{Connector, purpose},
    link::isolation,
    switching::{Sight, Switching},
};

impl Cabinet {
    /// Everything that a screen shows, now.
    pub fn state(&self, now: Mono) -> view::ControllerState {
        let connectors: Vec<_> = self.connectors.iter().map(|connector| self.connector_view(connector)).collect();
        view::ControllerState {
            rev: self.rev,
            at: now,
            wall: self.wall_at(now),
            boot_id: self.identity.boot.clone(),
            version: self.identity.version.clone(),
            config_version: self.reload.version(),
            config_waiting: self.reload.waiting(),
            site: view::Site {
                name: self.config.site.name.clone(),
                limit: self.config.site.limit(),
                drawn: connectors.iter().map(|connector| connector.present.power).sum(),
                assigned: self.connectors.iter().map(|connector| connector.allocation.assigned).sum(),
            },
            mcu: self.mcu_view(),
            chains: self.config.chains.iter().map(|chain| self.chain_view(chain, &connectors)).collect(),
            modules: self.module_views(),
            ties: self.tie_views(),
            faults: self.faults.active(),
            dropped: self.dropped,
            connectors,
        }
    }

    fn mcu_view(&self) -> view::Mcu {
        let mcu = &self.equipment.mcu;
        let status = mcu.status.as_ref();
        view::Mcu {
            link: view::Link { up: mcu.is_up(), since: mcu.since },
            version: mcu.hello.as_ref().map(|_| u32::from(mcu_link::VERSION)),
            emergency_stop: status.is_some_and(|status| status.e_stop == EStop::Pressed),
            lease_remaining_ms: status.and_then(|status| status.lease_remaining_ms).map(u32::from),
            modules_inhibited: status.is_none_or(|status| status.inhibit == InhibitLine::Inhibited),
        }
    }

    fn chain_view(&self, chain: &config::Chain, connectors: &[view::Connector]) -> view::Chain {
        let state = self.chains.get(&chain.id);
        let own = || self.connectors.iter().filter(|connector| connector.config.chain == chain.id);
        view::Chain {
            id: chain.id.clone(),
            link: view::Link {
                up: state.is_some_and(|state| state.up),
                since: state.map_or(Mono::BOOT, |state| state.since),
            },
            power_cap: chain.power_cap(),
            drawn: connectors.iter().filter(|connector| connector.chain == chain.id).map(|c| c.present.power).sum(),
            health: own().filter_map(|connector| connector.health.clone()).collect(),
        }
    }

    fn module_views(&self) -> Vec<view::Module> {
        let home =
            |id| self.connectors.iter().find(|connector| connector.config.modules.contains(id)).map(Connector::id);
        let modules = self.equipment.modules.iter().map(|(id, module)| {
            let (set_voltage, set_current) = match module.told {
                Some(Setpoint::On { voltage, current }) => (voltage, current),
                _ => (Millivolts::ZERO, Milliamps::ZERO),
            };
            view::Module {
                id: id.clone(),
                driver: module.driver.to_owned(),
                serial: module.serial.clone(),
                link: view::Link { up: module.heard, since: module.since },
                connector: module.feeds.or_else(|| home(id)),
                voltage: module.voltage,
                current: module.current,
                set_voltage,
                set_current,
                on: module.on,
                faults: module.faults.clone(),
            }
        });
        modules.collect()
    }

    fn connector_view(&self, connector: &Connector) -> view::Connector {
        let mcu = &self.equipment.mcu;
        let status = mcu.connector(connector.id());
        let (voltage, current, power) = connector.measured(&self.equipment);
        let demand = connector.demand.as_ref().filter(|_| connector.machine.v2g_epoch().is_some());
        view::Connector {
            id: connector.id(),
            chain: connector.config.chain.clone(),
            evse_id: connector.config.evse_id.clone(),
            phase: self.phase_view(connector),
            since: connector.machine.since(),
            pilot: status.filter(|_| mcu.is_up()).map_or(view::Pilot::Unknown, |status| pilot(status.pilot)),
            plug_in_epoch: connector.machine.plug_in_epoch(),
            v2g_epoch: connector.machine.v2g_epoch(),
            present: view::Present { voltage, current, power, at: mcu.heard },
            temperature: status.map(|status| status.temperature),
            vehicle: connector.vehicle.as_ref().map(|(protocol, evcc_id)| view::Vehicle {
                protocol: *protocol,
                evcc_id: evcc_id.clone(),
                soc: demand.and_then(|demand| demand.soc),
                limits: demand.map(|demand| demand.limits).unwrap_or_default(),
                target_voltage: demand.and_then(|demand| demand.target_voltage),
                target_current: demand.and_then(|demand| demand.target_current),
            }),
            authorisation: connector.authorisation.clone(),
            session: connector.session.as_ref().map(|session| view::RunningSession {
                id: session.id.clone(),
                started: session.started.mono,
                started_wall: session.started.wall,
                energy_wh: session.energy_wh(),
            }),
            allocation: connector.allocation,
            contactors: vec![self.contactor_view(connector)],
            carried_by: self.carriers_view(connector),
            isolation: isolation(connector, &self.equipment),
            locked: status.is_some_and(|status| status.lock == LockFeedback::Locked),
            last_stop: connector.last_stop,
        }
    }

    fn carriers_view(&self, connector: &Connector) -> view::Carriers {
        let modules = self.equipment.modules.iter().filter(|(_, module)| module.feeds == Some(connector.id()));
        let own = self.connectors.iter().position(|other| other.id() == connector.id());
        let switching = &self.power.switching;
        let feeds = |slot: usize| own.is_some() && switching.feeds(slot) == own;
        let ties = switching
            .ties
            .iter()
            .filter(|tie| tie.seen == Sight::Closed && feeds(tie.between.0) && feeds(tie.between.1));
        view::Carriers {
            modules: modules.map(|(id, _)| id.clone()).collect(),
            ties: ties.map(|tie| tie.contactor).collect(),
        }
    }

    fn tie_views(&self) -> Vec<view::Tie> {
        let mcu = &self.equipment.mcu;
        let ties = self.power.switching.ties.iter().zip(&self.config.ties);
        let ties = ties.map(|(tie, config)| {
            let contactor = mcu.contactor(tie.contactor).filter(|_| mcu.is_up());
            view::Tie {
                id: tie.id.clone(),
                contactor: tie.contactor,
                between: config.between,
                asked_closed: tie.asked == planner::Position::Closed,
                feedback: contactor.map_or(view::ContactorFeedback::Unknown, |own| feedback(own.feedback)),
                current: tie.current,
                health: match Switching::state(tie) {
                    planner::TieState::Good => view::TieHealth::Good,
                    planner::TieState::Broken => view::TieHealth::DoesNotClose,
                    planner::TieState::Welded => view::TieHealth::DoesNotOpen,
                },
            }
        });
        ties.collect()
    }

    fn contactor_view(&self, connector: &Connector) -> view::Contactor {
        let id = connector.config.contactor;
        let mcu = &self.equipment.mcu;
        let contactor = mcu.contactor(id).filter(|_| mcu.is_up());
        let sensors = mcu.hello.as_ref().map(|hello| hello.sensors);
        let verified = sensors.is_some_and(|sensors| {
            [
                sensors.pilot,
                sensors.lock,
                sensors.isolation,
                sensors.bus_voltage,
                sensors.connector_voltage,
                sensors.current,
            ]
            .iter()
            .all(|sensor| *sensor == Provenance::Verified)
        });
        view::Contactor {
            id,
            asked: purpose_view(connector.wish.purpose),
            granted: contactor.map_or(view::Purpose::Open, |contactor| purpose_view(purpose(contactor.granted))),
            feedback: contactor.map_or(view::ContactorFeedback::Unknown, |contactor| feedback(contactor.feedback)),
            verified,
        }
    }

    pub(crate) fn phase_view(&self, connector: &Connector) -> view::Phase {
        match connector.machine.phase() {
            Phase::Available => {
                let world = connector.observe(&self.equipment, charging::Reach::Heard);
                let up = self.chains.get(&connector.config.chain).is_some_and(|chain| chain.up);
                let able = up
                    && world.mcu == charging::Reach::Heard
                    && world.modules == charging::Modules::Ready
                    && world.meter == charging::Reach::Heard;
                if able { view::Phase::Available } else { view::Phase::Unavailable }
            }
            Phase::Matching => view::Phase::Matching,
            Phase::Authorising => view::Phase::Authorising,
            Phase::Preparing => view::Phase::Preparing,
            Phase::CableCheck(_) => view::Phase::CableCheck,
            Phase::PreCharge => view::Phase::PreCharge,
            Phase::Charging => view::Phase::Charging,
            Phase::Stopping(_) => view::Phase::Stopping,
            Phase::WeldingCheck { .. } => view::Phase::WeldingCheck,
            Phase::Ending { .. } | Phase::Finishing => view::Phase::Finishing,
            Phase::Faulted(_) => view::Phase::Faulted,
        }
    }
}

const fn feedback(feedback: ContactorFeedback) -> view::ContactorFeedback {
    match feedback {
        ContactorFeedback::Open => view::ContactorFeedback::Open,
        ContactorFeedback::Closed => view::ContactorFeedback::Closed,
        ContactorFeedback::Welded => view::ContactorFeedback::Welded,
    }
}

pub(crate) const fn pilot(pilot: PilotState) -> view::Pilot {
    match pilot {
        PilotState::Unknown => view::Pilot::Unknown,
        PilotState::A => view::Pilot::A,
        PilotState::B => view::Pilot::B,
        PilotState::C => view::Pilot::C,
        PilotState::D => view::Pilot::D,
        PilotState::E => view::Pilot::E,
        PilotState::F => view::Pilot::F,
    }
}

const fn purpose_view(purpose: charging::Purpose) -> view::Purpose {
    match purpose {
        charging::Purpose::Open => view::Purpose::Open,
        charging::Purpose::TestClose => view::Purpose::TestClose,
        charging::Purpose::Energy => view::Purpose::Energy,
    }
}

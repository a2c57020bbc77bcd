//! Taking in what happened; nothing is decided here.

use api::{
    command::{StopReason, Verdict},
    fault::FaultCode,
    link::{Event, ToPlc},
    tokens::Token,
};
use charging::Happened;
use mcu_link::{FromMcu, ToMcu, TripScope};
use units::{ChainId, ConnectorId, Mono};

use crate::{
    authorise::{Said, end_reason},
    cabinet::{Cabinet, Chain, REMEMBERED_COMMANDS},
    connector::Connector,
    equipment::Monitor,
    faults::{Place, Stays},
    input::{Command, Input, LinkNews, MeterNews, ModuleNews, MonitorNews, StoreHealth},
    output::{Output, Outputs, Record},
    tokens::Tokens,
};
impl Cabinet {
    /// Takes in what is observed; decides nothing.
    pub(crate) fn absorb(&mut self, now: Mono, input: Input, outputs: &mut Outputs) {
        match input {
            Input::Wake => {}
            Input::Wall(wall) => self.set_wall(now, wall, outputs),
            Input::SessionIds(ids) => self.session_ids.extend(ids.into_iter().take(64)),
            Input::Mcu(message) => self.mcu_said(now, *message),
            Input::Module(id, news) => self.module_said(now, &id, news),
            Input::Meter(id, news) => self.meter_said(now, &id, news, outputs),
            Input::Monitor(id, news) => {
                let Some(monitor) = self.equipment.monitors.get_mut(&id) else { return };
                *monitor = match news {
                    MonitorNews::Reading(resistance) => Monitor { heard: true, reading: Some((now, resistance)) },
                    MonitorNews::Invalid => Monitor { heard: true, reading: None },
                    MonitorNews::Silent => Monitor::default(),
                };
            }
            Input::Card(tag) => self.card(now, tag),
            Input::Link(chain, news) => self.link_said(now, &chain, news, outputs),
            Input::Command(command) => self.command(now, command, outputs),
            Input::Committed(session) => {
                let of = |connector: &&Connector| connector.session.as_ref().is_some_and(|own| own.id == session);
                if let Some(id) = self.connectors.iter().find(of).map(Connector::id) {
                    self.happened(id, Happened::Committed);
                }
            }
            Input::BuildingLoad { load, until } => self.power.building(load, until),
            Input::Dropped(dropped) => self.dropped = dropped,
            Input::Config { config, version } => {
                self.clear(now, &Place::cabinet(FaultCode::ConfigurationRejected));
                self.reload.accept(*config, version);
            }
            Input::ConfigurationRefused(why) => {
                self.raise(now, Place::cabinet(FaultCode::ConfigurationRejected), why, Stays::WhileItIsSo);
            }
            Input::Store(StoreHealth::Failing(why)) => {
                self.raise(now, Place::cabinet(FaultCode::StoreFailure), why, Stays::WhileItIsSo);
            }
            Input::Csms(reach) => self.tokens.reach = reach,
            Input::Store(StoreHealth::Good) => self.clear(now, &Place::cabinet(FaultCode::StoreFailure)),
        }
    }

    fn mcu_said(&mut self, now: Mono, message: FromMcu) {
        let mut replugged = Vec::new();
        let mcu = &mut self.equipment.mcu;
        mcu.heard = Some(now);
        match message {
            FromMcu::Hello(hello) => {
                if self.mcu_nonce.replace(hello.boot_nonce).is_some_and(|last| last != hello.boot_nonce) {
                    replugged.extend(self.connectors.iter().map(Connector::id));
                }
                mcu.hello = Some(hello);
            }
            FromMcu::Status(status) => {
                for connector in &mut self.connectors {
                    let own = status.connectors.iter().find(|own| own.connector == connector.id());
                    let Some(own) = own.filter(|own| own.plug_count != connector.plug_count) else { continue };
                    connector.plug_count = own.plug_count;
                    replugged.push(connector.id());
                }
                mcu.status = Some(status);
            }
        }
        // A machine at rest takes the count as it is; one that is not has missed an unplug.
        for id in replugged {
            if self.connector(id).is_some_and(|connector| connector.machine.phase() != charging::Phase::Available) {
                self.happened(id, Happened::Replugged);
            }
        }
    }

    fn module_said(&mut self, now: Mono, id: &units::ModuleId, news: ModuleNews) {
        let Some(module) = self.equipment.modules.get_mut(id) else { return };
        let heard = !matches!(news, ModuleNews::Silent);
        if module.heard != heard {
            module.heard = heard;
            module.since = now;
        }
        match news {
            ModuleNews::Heard => {}
            // What it delivers now is not known: what it was told last counts until its own watchdog has ended it.
            ModuleNews::Silent => module.on = false,
            ModuleNews::Serial(serial) => module.serial = Some(serial),
            ModuleNews::Capability { max_current, max_power } => {
                module.capability = Some((max_current, max_power));
                if let Some(own) = self.config.modules.iter().find(|module| module.id == *id) {
                    module.rate(own);
                }
            }
            ModuleNews::Confirmed(setpoint) => module.confirm(setpoint),
            ModuleNews::Reading { voltage, current } => {
                module.voltage = voltage;
                module.current = current;
            }
            ModuleNews::Status { on, faults, disabled } => {
                module.on = on;
                module.faults = faults;
                module.disabled = disabled;
            }
        }
    }

    fn meter_said(&mut self, now: Mono, id: &str, news: MeterNews, outputs: &mut Outputs) {
        let Some(meter) = self.equipment.meters.get_mut(id) else { return };
        match news {
            MeterNews::Reading { register, .. } => {
                meter.heard = true;
                meter.read = Some(now);
                meter.register = Some(register);
                self.reading(now, id, outputs);
            }
            MeterNews::Signed { record, public_key } => self.signed(now, id, record, public_key, outputs),
            MeterNews::Silent => meter.heard = false,
        }
    }

    fn link_said(&mut self, now: Mono, id: &ChainId, news: LinkNews, outputs: &mut Outputs) {
        let setup = matches!(news, LinkNews::Up { .. }).then(|| self.setup(id));
        let Some(chain) = self.chains.get_mut(id) else { return };
        match news {
            LinkNews::Up { instance, .. } => {
                let restarted = chain.instance != instance;
                *chain = Chain {
                    up: true,
                    since: now,
                    taken: if restarted { 0 } else { chain.taken },
                    instance,
                    ..Chain::default()
                };
                outputs.list.extend(setup.map(|setup| Output::Link(id.clone(), setup)));
                if restarted {
                    // Another process: whatever the last one held is gone, even if it was never seen to go.
                    self.lose_sessions(id);
                }
            }
            LinkNews::Down => {
                chain.up = false;
                chain.since = now;
                chain.said.clear();
            }
            LinkNews::Demand(demand) => {
                let connector = self.connectors.iter_mut().find(|connector| connector.id() == demand.connector);
                let Some(connector) = connector.filter(|connector| connector.config.chain == *id) else { return };
                if connector.machine.plug_in_epoch() == demand.plug_in_epoch {
                    connector.take_demand(now, demand);
                }
            }
            LinkNews::Event { seq, connector, plug_in_epoch, event } => {
                outputs.list.push(Output::Link(id.clone(), ToPlc::Ack { seq }));
                if seq <= chain.taken {
                    return;
                }
                chain.taken = seq;
                let fits = self.connector(connector).is_some_and(|connector| {
                    connector.config.chain == *id && connector.machine.plug_in_epoch() == plug_in_epoch
                });
                if fits {
                    self.car_event(connector, event);
                }
            }
            LinkNews::Health(health) => {
                let connector = self.connectors.iter_mut().find(|connector| connector.id() == health.connector);
                if let Some(connector) = connector.filter(|connector| connector.config.chain == *id) {
                    connector.health = Some(health);
                }
            }
        }
    }

    fn car_event(&mut self, id: ConnectorId, event: Event) {
        let happened = match event {
            Event::SlacMatched { .. } => Happened::Matched,
            Event::SessionStarted { v2g_epoch, protocol, evcc_id } => {
                if let Some(connector) = self.connector_mut(id) {
                    connector.vehicle = Some((protocol, evcc_id));
                }
                Happened::SessionStarted(v2g_epoch)
            }
            Event::SessionStopped { v2g_epoch, .. } => Happened::SessionStopped(v2g_epoch),
            Event::SessionLost { v2g_epoch, .. } => Happened::SessionLost(v2g_epoch),
            Event::SlacFailed { .. } | Event::Stage { .. } => return,
        };
        self.happened(id, happened);
    }

    fn lose_sessions(&mut self, chain: &ChainId) {
        let on = self.connectors.iter().filter(|connector| connector.config.chain == *chain);
        let held: Vec<_> = on.filter_map(|connector| Some((connector.id(), connector.machine.v2g_epoch()?))).collect();
        for (id, epoch) in held {
            self.happened(id, Happened::SessionLost(epoch));
        }
    }

    fn command(&mut self, now: Mono, command: Command, outputs: &mut Outputs) {
        if let Command::Start { command_id, .. }
        | Command::Stop { command_id, .. }
        | Command::ClearFault { command_id, .. } = &command
        {
            if self.has_taken(command_id) {
                return;
            }
            if self.commands.len() == REMEMBERED_COMMANDS {
                self.commands.pop_front();
            }
            self.commands.push_back(command_id.clone());
        }
        match command {
            Command::Start { connector, id_tag, profile, .. } => self.remote_start(now, connector, id_tag, profile),
            Command::Stop { connector, reason, .. } => {
                if reason == StopReason::Deauthorised {
                    self.forget_owner(now, connector, outputs);
                }
                self.happened(connector, Happened::Stop(end_reason(reason)));
            }
            Command::ClearFault { connector, who, .. } => {
                self.faults.cleared_by(connector, who);
                self.happened(connector, Happened::ClearFault);
                outputs.list.push(Output::Mcu(ToMcu::ClearTrip(TripScope::Connector(connector))));
            }
            Command::Authorise { request_id, verdict, group, expires_ms } => {
                self.verdict(now, &request_id, Said { verdict, group, expires_ms }, outputs);
            }
            Command::SetProfile(wanted) => self.set_profile(*wanted, outputs),
            Command::ClearProfiles { criteria, author } => self.clear_profiles(&criteria, author, outputs),
            Command::LocalList(list) if Tokens::check_replace(&list).is_ok() => {
                self.tokens.replace(list);
                outputs.list.push(Output::Store(Record::LocalList(self.tokens.list())));
            }
            Command::LocalListChange(change) if self.tokens.check_change(&change).is_ok() => {
                self.tokens.change(change);
                outputs.list.push(Output::Store(Record::LocalList(self.tokens.list())));
            }
            Command::LocalList(_) | Command::LocalListChange(_) => {}
            Command::ForgetCache => {
                self.tokens.forget_cache();
                outputs.list.push(Output::Store(Record::ForgetCache));
            }
        }
    }

    /// The CSMS has withdrawn its word on whoever charges here: it is not remembered any more as good.
    fn forget_owner(&mut self, now: Mono, id: ConnectorId, outputs: &mut Outputs) {
        let session = self.connector(id).and_then(|connector| connector.session.as_ref());
        let Some(id_tag) = session.map(|session| session.id_tag.clone()) else { return };
        self.remember(now, Token { id_tag, verdict: Verdict::Invalid, group: None, expires_ms: None }, outputs);
    }
}

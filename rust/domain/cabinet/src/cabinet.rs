//! The function itself.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use api::{
    chain::Health,
    fault::{Fault, FaultCode},
    link::{Event, Snapshot, ToPlc},
    state::{Authorisation, Dropped},
};
use charging::{Effect, Happened, Phase, Purpose, Reach, Trouble};
use config::Config;
use mcu_link::{EStop, FromMcu, IsolationTest, ToMcu, TripScope};
use units::{BootId, ChainId, ConnectorId, Mono, SessionId, Wall};

use crate::{
    authorise::{Waiting, end_reason},
    connector::Connector,
    equipment::{Equipment, MCU_SILENT, Monitor},
    faults::{Faults, Place, Stays},
    input::{Command, CommandError, Input, LinkNews, MeterNews, ModuleNews, MonitorNews, StoreHealth},
    output::{Output, Outputs},
};

/// How many ids of commands are remembered, so that one sent twice is done once.
const REMEMBERED_COMMANDS: usize = 64;
/// With nothing to do, come back after this.
const IDLE: Duration = Duration::from_secs(1);

/// Which run of which program on which boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The boot that all instants belong to.
    pub boot: BootId,
    /// The program's version.
    pub version: String,
}

/// One chain's process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    pub(crate) up: bool,
    pub(crate) since: Mono,
    pub(crate) instance: String,
    /// The last event taken of this instance.
    pub(crate) taken: u64,
    /// The last snapshot told of each connector, and when.
    pub(crate) said: BTreeMap<ConnectorId, (Mono, Snapshot)>,
}

/// A charging cabinet.
#[derive(Clone, Debug)]
pub struct Cabinet {
    pub(crate) identity: Identity,
    pub(crate) config: Config,
    pub(crate) config_version: u64,
    pub(crate) rev: u64,
    pub(crate) wall: (Mono, Wall),
    pub(crate) equipment: Equipment,
    pub(crate) connectors: Vec<Connector>,
    pub(crate) chains: BTreeMap<ChainId, Chain>,
    pub(crate) faults: Faults,
    pub(crate) dropped: Dropped,
    pub(crate) session_ids: Vec<SessionId>,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) requests: u32,
    commands: VecDeque<String>,
    /// What machines were told in this call, to be handled before it ends.
    news: VecDeque<(ConnectorId, Happened)>,
    pub(crate) lease_due: Mono,
    pub(crate) asked: Vec<Purpose>,
}

impl Cabinet {
    /// A cabinet at rest. Use [`Cabinet::recover`] at a start: there may be a charge to adopt.
    pub fn new(identity: Identity, config: Config, config_version: u64) -> Self {
        let connectors = config.connectors.iter().map(|connector| Connector::new(connector, &config)).collect();
        let chains = config.chains.iter().map(|chain| (chain.id.clone(), Chain::default())).collect();
        Self {
            identity,
            equipment: Equipment::new(&config),
            config,
            config_version,
            rev: 0,
            wall: (Mono::BOOT, Wall::default()),
            connectors,
            chains,
            faults: Faults::default(),
            dropped: Dropped::default(),
            session_ids: Vec::new(),
            waiting: None,
            requests: 0,
            commands: VecDeque::new(),
            news: VecDeque::new(),
            lease_due: Mono::BOOT,
            asked: Vec::new(),
        }
    }

    /// Takes in one thing that happened; tells all that is to be done.
    pub fn handle(&mut self, now: Mono, input: Input) -> Outputs {
        let mut outputs = Outputs::default();
        let before = self.summary();
        self.absorb(now, input, &mut outputs);
        self.equipment.mcu.watch(now);
        self.watch_authorisations(now);
        self.plan();
        self.run_machines(now, &mut outputs);
        self.watch_parts(now);
        self.tell_modules(&mut outputs);
        self.tell_mcu(now, &mut outputs);
        self.tell_links(now, &mut outputs);
        if self.session_ids.len() < self.connectors.len() {
            outputs.list.push(Output::NeedSessionIds);
        }
        if self.summary() != before {
            self.rev += 1;
            outputs.list.push(Output::Changed);
        }
        outputs.next_wake = self.next_wake(now);
        outputs
    }

    /// Whether a command makes sense now; nothing is done.
    pub fn check(&self, command: &Command) -> Result<(), CommandError> {
        let known = |id: ConnectorId| self.connector(id).ok_or(CommandError::UnknownConnector(id));
        match command {
            Command::Start { connector, .. } => {
                let machine = &known(*connector)?.machine;
                let free = machine.phase() == Phase::Available || machine.wants_authorisation();
                let expected = "a free connector, or a car that waits for authorisation";
                if free { Ok(()) } else { Err(CommandError::NotNow { connector: *connector, expected }) }
            }
            Command::Stop { connector, .. } => {
                let phase = known(*connector)?.machine.phase();
                let running = phase.is_charge() || matches!(phase, Phase::Matching | Phase::Authorising);
                let expected = "a running charge";
                if running { Ok(()) } else { Err(CommandError::NotNow { connector: *connector, expected }) }
            }
            Command::ClearFault { connector, .. } => {
                let phase = known(*connector)?.machine.phase();
                let pressed = self.equipment.mcu.status.as_ref().is_some_and(|status| status.e_stop == EStop::Pressed);
                let expected = match phase {
                    Phase::Faulted(Trouble::EmergencyStop) if pressed => "the emergency stop to be released first",
                    Phase::Faulted(_) => return Ok(()),
                    _ => "a fault",
                };
                Err(CommandError::NotNow { connector: *connector, expected })
            }
            Command::Authorise { request_id, .. } => {
                let pending = self.connectors.iter().any(|connector| {
                    matches!(&connector.authorisation, Authorisation::Pending { request_id: id, .. } if id == request_id)
                });
                if pending { Ok(()) } else { Err(CommandError::UnknownRequest(request_id.clone())) }
            }
        }
    }

    /// Whether a command of this id was taken already.
    pub fn has_taken(&self, command_id: &str) -> bool {
        self.commands.iter().any(|taken| taken == command_id)
    }

    /// The configuration in force.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Past faults, the newest first.
    pub fn past_faults(&self) -> Vec<Fault> {
        self.faults.past()
    }

    /// The sessions that this cabinet holds open.
    pub fn open_sessions(&self) -> Vec<SessionId> {
        self.connectors.iter().filter_map(|connector| Some(connector.session.as_ref()?.id.clone())).collect()
    }

    /// Takes in what is observed; decides nothing.
    pub(crate) fn absorb(&mut self, now: Mono, input: Input, outputs: &mut Outputs) {
        match input {
            Input::Wake => {}
            Input::Wall(wall) => self.wall = (now, wall),
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
                    self.happened(now, id, Happened::Committed);
                }
            }
            Input::Dropped(dropped) => self.dropped = dropped,
            Input::ConfigurationRefused(why) => {
                let wall = self.wall_at(now);
                let place = Place::cabinet(FaultCode::ConfigurationRejected);
                self.faults.raise(now, wall, place, &why, Stays::WhileItIsSo);
            }
            Input::Store(StoreHealth::Failing(why)) => {
                let wall = self.wall_at(now);
                self.faults.raise(now, wall, Place::cabinet(FaultCode::StoreFailure), &why, Stays::WhileItIsSo);
            }
            Input::Store(StoreHealth::Good) => self.faults.clear(now, &Place::cabinet(FaultCode::StoreFailure)),
        }
    }

    fn mcu_said(&mut self, now: Mono, message: FromMcu) {
        let mcu = &mut self.equipment.mcu;
        mcu.heard = Some(now);
        match message {
            FromMcu::Hello(hello) => mcu.hello = Some(hello),
            FromMcu::Status(status) => {
                for connector in &mut self.connectors {
                    let own = status.connectors.iter().find(|own| own.connector == connector.id());
                    connector.plug_count = own.map_or(connector.plug_count, |own| own.plug_count);
                }
                mcu.status = Some(status);
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
            // What it delivers now is not known; what it delivered last still counts against the caps.
            ModuleNews::Silent => module.on = false,
            ModuleNews::Serial(serial) => module.serial = Some(serial),
            ModuleNews::Capability { max_current, max_power } => {
                let own = self.config.modules.iter().find(|module| module.id == *id);
                if let Some(own) = own {
                    module.rated_current = own.max_current().min(max_current);
                    module.rated_power = own.max_power().min(max_power);
                }
            }
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
            MeterNews::Silent => meter.heard = false,
        }
    }

    fn link_said(&mut self, now: Mono, id: &ChainId, news: LinkNews, outputs: &mut Outputs) {
        let setup = self.setup(id);
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
                outputs.list.push(Output::Link(id.clone(), setup));
                if restarted {
                    // Another process: whatever the last one held is gone, even if it was never seen to go.
                    self.lose_sessions(now, id);
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
                    connector.take_demand(demand);
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
                    self.car_event(now, connector, event);
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

    fn car_event(&mut self, now: Mono, id: ConnectorId, event: Event) {
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
        self.happened(now, id, happened);
    }

    fn lose_sessions(&mut self, now: Mono, chain: &ChainId) {
        let on = self.connectors.iter().filter(|connector| connector.config.chain == *chain);
        let held: Vec<_> = on.filter_map(|connector| Some((connector.id(), connector.machine.v2g_epoch()?))).collect();
        for (id, epoch) in held {
            self.happened(now, id, Happened::SessionLost(epoch));
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
            Command::Start { connector, id_tag, .. } => self.remote_start(now, connector, id_tag),
            Command::Stop { connector, reason, .. } => {
                self.happened(now, connector, Happened::Stop(end_reason(reason)));
            }
            Command::ClearFault { connector, .. } => {
                self.happened(now, connector, Happened::ClearFault);
                outputs.list.push(Output::Mcu(ToMcu::ClearTrip(TripScope::Connector(connector))));
            }
            Command::Authorise { request_id, verdict } => self.verdict(now, &request_id, verdict),
        }
    }

    /// Notes something for a connector's machine; handled before this call ends.
    pub(crate) fn happened(&mut self, _now: Mono, id: ConnectorId, happened: Happened) {
        self.news.push_back((id, happened));
    }

    fn run_machines(&mut self, now: Mono, outputs: &mut Outputs) {
        let mut news: BTreeMap<ConnectorId, Vec<Happened>> = BTreeMap::new();
        for (id, happened) in self.news.drain(..) {
            news.entry(id).or_default().push(happened);
        }
        for i in 0..self.connectors.len() {
            let Some(connector) = self.connectors.get_mut(i) else { continue };
            let id = connector.id();
            let up = self.chains.get(&connector.config.chain).is_some_and(|chain| chain.up);
            let reach = if up { Reach::Heard } else { Reach::Silent };
            let rating = connector.rating;
            let mut effects = Vec::new();
            let happened = news.remove(&id).unwrap_or_default();
            for happened in happened.into_iter().map(Some).chain([None]) {
                let world = connector.observe(&self.equipment, reach);
                effects.extend(connector.machine.handle(now, happened, &world, &rating));
            }
            let world = connector.observe(&self.equipment, reach);
            connector.wish = connector.machine.wish(now, &world, &rating);
            for effect in effects {
                self.carry_out(now, id, effect, outputs);
            }
        }
    }

    fn carry_out(&mut self, now: Mono, id: ConnectorId, effect: Effect, outputs: &mut Outputs) {
        match effect {
            Effect::PluggedIn => {
                if let Some(connector) = self.connector_mut(id) {
                    connector.demand = None;
                    connector.vehicle = None;
                }
            }
            Effect::Unplugged => {
                if let Some(connector) = self.connector_mut(id) {
                    connector.demand = None;
                    connector.vehicle = None;
                    connector.authorisation = Authorisation::None;
                    connector.authorisation_until = None;
                }
            }
            Effect::OpenSession => self.open_session(now, id, outputs),
            Effect::CloseSession { reason, .. } => {
                self.close_session(now, id, reason, outputs);
                if let Some(connector) = self.connector_mut(id) {
                    connector.authorisation = Authorisation::None;
                }
            }
            Effect::StartIsolationTest => {
                let test = IsolationTest::Start;
                outputs.list.push(Output::Mcu(ToMcu::IsolationTest { connector: id, test }));
            }
            Effect::Raise(trouble) => {
                let detail = self.readings(id);
                let wall = self.wall_at(now);
                let stays = if trouble.latched() { Stays::Latched } else { Stays::WhileItIsSo };
                self.faults.raise(now, wall, Place::connector(fault_code(trouble), id), &detail, stays);
            }
            Effect::Clear(trouble) => {
                self.faults.clear(now, &Place::connector(fault_code(trouble), id));
                // A meter that failed is told beside what ended the charge.
                self.faults.clear(now, &Place::connector(FaultCode::MeterCommunication, id));
            }
        }
    }

    /// The readings of a connector, for the fault book.
    fn readings(&self, id: ConnectorId) -> String {
        let Some(connector) = self.connector(id) else { return String::new() };
        let (voltage, current, _) = connector.measured(&self.equipment);
        let pilot = self.equipment.mcu.connector(id).map_or(mcu_link::PilotState::Unknown, |status| status.pilot);
        let trip = self.equipment.mcu.contactor(connector.config.contactor).and_then(|contactor| contactor.trip);
        let trip = trip.map_or_else(String::new, |trip| format!(", MCU tripped: {trip:?}"));
        format!("{voltage}, {current}, pilot {pilot:?}{trip}")
    }

    /// Faults of parts, which come and go with them.
    fn watch_parts(&mut self, now: Mono) {
        let mut parts: Vec<(FaultCode, Option<ConnectorId>, String, bool, String)> = Vec::new();
        let mcu = &self.equipment.mcu;
        parts.push((FaultCode::McuCommunication, None, "mcu".into(), !mcu.is_up(), "no status for 500 ms".into()));
        for (id, module) in &self.equipment.modules {
            let name = || id.to_string();
            parts.push((FaultCode::ModuleCommunication, None, name(), !module.heard, "no answer on its bus".into()));
            parts.push((FaultCode::ModuleFault, None, name(), !module.faults.is_empty(), module.faults.join(", ")));
        }
        for (id, meter) in &self.equipment.meters {
            parts.push((FaultCode::MeterCommunication, None, id.clone(), !meter.heard, "no answer on its line".into()));
        }
        for (id, monitor) in &self.equipment.monitors {
            let detail = "no answer on its line".into();
            parts.push((FaultCode::IsolationMonitorCommunication, None, id.clone(), !monitor.heard, detail));
        }
        for (id, chain) in &self.chains {
            parts.push((
                FaultCode::ChainCommunication,
                None,
                id.to_string(),
                !chain.up,
                "its process is not connected".into(),
            ));
        }
        for connector in &self.connectors {
            let failed = connector.health.as_ref().filter(|health| health.health == Health::Faulty);
            let detail = failed.map_or_else(String::new, |health| health.reason.clone());
            let part = connector.config.interface.clone();
            parts.push((FaultCode::SlacFailure, Some(connector.id()), part, failed.is_some(), detail));
        }
        let wall = self.wall_at(now);
        for (code, connector, part, bad, detail) in parts {
            let place = Place { code, connector, part: Some(part) };
            if bad {
                self.faults.raise(now, wall, place, &detail, Stays::WhileItIsSo);
            } else {
                self.faults.clear(now, &place);
            }
        }
    }

    fn next_wake(&self, now: Mono) -> Mono {
        let machines = self.connectors.iter().filter_map(|connector| {
            let up = self.chains.get(&connector.config.chain).is_some_and(|chain| chain.up);
            let world = connector.observe(&self.equipment, if up { Reach::Heard } else { Reach::Silent });
            connector.machine.next_wake(now, &world)
        });
        let silence = self.equipment.mcu.heard.filter(|_| self.equipment.mcu.is_up()).map(|heard| heard + MCU_SILENT);
        machines
            .chain(silence)
            .chain(self.authorisation_wake())
            .chain(self.link_wake())
            .chain(self.power_wake(now))
            .chain([self.lease_due, now + IDLE])
            .filter(|at| *at > now)
            .min()
            .unwrap_or(now + IDLE)
    }

    /// What a change of is worth telling.
    fn summary(&self) -> impl PartialEq + use<> {
        let connectors: Vec<_> = self
            .connectors
            .iter()
            .map(|connector| {
                let (voltage, current, _) = connector.measured(&self.equipment);
                let granted = self.equipment.mcu.contactor(connector.config.contactor).copied();
                let pilot = self.equipment.mcu.connector(connector.id()).map(|status| (status.pilot, status.lock));
                (
                    (connector.machine.phase(), connector.machine.plug_in_epoch(), connector.machine.v2g_epoch()),
                    connector.authorisation.clone(),
                    connector.session.as_ref().map(|session| (session.id.clone(), session.meter_last.digits)),
                    (connector.allocation, voltage.get() / 500, current.get() / 200),
                    (granted, pilot, connector.demand.as_ref().and_then(|demand| demand.soc)),
                    connector.health.as_ref().map(|health| (health.health, health.slac)),
                )
            })
            .collect();
        let modules: Vec<_> = self
            .equipment
            .modules
            .values()
            .map(|m| (m.heard, m.on, m.told, m.voltage.get() / 1_000, m.current.get() / 500))
            .collect();
        let chains: Vec<_> = self.chains.values().map(|chain| chain.up).collect();
        (connectors, modules, chains, self.equipment.mcu.is_up(), self.faults.count(), self.dropped)
    }

    /// The wall clock at an instant, carried on from when it was last read.
    pub(crate) fn wall_at(&self, now: Mono) -> Wall {
        let (at, wall) = self.wall;
        let elapsed = i64::try_from(now.since(at).as_millis()).unwrap_or(0);
        Wall { ms: wall.ms.saturating_add(elapsed), quality: wall.quality }
    }

    pub(crate) fn connector(&self, id: ConnectorId) -> Option<&Connector> {
        self.connectors.iter().find(|connector| connector.id() == id)
    }

    pub(crate) fn connector_mut(&mut self, id: ConnectorId) -> Option<&mut Connector> {
        self.connectors.iter_mut().find(|connector| connector.id() == id)
    }
}

const fn fault_code(trouble: Trouble) -> FaultCode {
    match trouble {
        Trouble::EmergencyStop => FaultCode::EmergencyStop,
        Trouble::Mcu => FaultCode::McuCommunication,
        Trouble::Chain => FaultCode::ChainCommunication,
        Trouble::Vehicle => FaultCode::VehicleCommunication,
        Trouble::ModuleSilent => FaultCode::ModuleCommunication,
        Trouble::ModuleFault => FaultCode::ModuleFault,
        Trouble::Meter => FaultCode::MeterCommunication,
        Trouble::CableCheck => FaultCode::CableCheckFault,
        Trouble::Isolation => FaultCode::ResistanceFault,
        Trouble::Contactor => FaultCode::ContactorFault,
        Trouble::Pilot => FaultCode::PilotFault,
        Trouble::Lock => FaultCode::ConnectorLockFailure,
        Trouble::OverCurrent => FaultCode::OverCurrent,
        Trouble::OverTemperature => FaultCode::HighTemperature,
        Trouble::PreCharge => FaultCode::PrechargeFailure,
        Trouble::Store => FaultCode::StoreFailure,
    }
}

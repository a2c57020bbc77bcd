//! The function itself.

use core::time::Duration;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use api::{
    fault::Fault,
    link::Snapshot,
    profile::Profile,
    state::{Authorisation, Dropped},
    tokens::{CachedToken, LocalList, LocalListState},
};
use charging::{Effect, Happened, Phase, Purpose, Reach, Trouble};
use config::Config;
use mcu_link::{EStop, IsolationTest, ToMcu};
use units::{BootId, ChainId, ConnectorId, Mono, SessionId, Wall};

use crate::{
    authorise::Waiting,
    connector::Connector,
    equipment::Equipment,
    faults::{Faults, Place, fault_code},
    input::{Command, CommandError, Input},
    output::{Output, Outputs, Record},
    power::Power,
    profiles::Profiles,
    reload::Reload,
    seen::Seen,
    tokens::Tokens,
};

/// How many ids of commands are remembered, so that one sent twice is done once.
pub(crate) const REMEMBERED_COMMANDS: usize = 64;
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

/// What the store kept of profiles and tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Charging profiles.
    pub profiles: Vec<Profile>,
    /// The CSMS's list of tags.
    pub local_list: LocalList,
    /// The CSMS's answers.
    pub cache: Vec<CachedToken>,
}

impl Kept {
    /// What is kept after a record is written.
    pub fn note(&mut self, record: &Record) {
        match record {
            Record::Profiles(profiles) => self.profiles.clone_from(profiles),
            Record::LocalList(list) => self.local_list.clone_from(list),
            Record::Cached(cached) => {
                self.cache.retain(|old| old.token.id_tag != cached.token.id_tag);
                self.cache.push(cached.clone());
            }
            Record::ForgetCache => self.cache.clear(),
            _ => {}
        }
    }
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
    /// In force.
    pub(crate) config: Arc<Config>,
    pub(crate) reload: Reload,
    pub(crate) rev: u64,
    pub(crate) seen: Seen,
    pub(crate) wall: (Mono, Wall),
    pub(crate) equipment: Equipment,
    pub(crate) power: Power,
    pub(crate) connectors: Vec<Connector>,
    pub(crate) chains: BTreeMap<ChainId, Chain>,
    pub(crate) faults: Faults,
    pub(crate) dropped: Dropped,
    pub(crate) session_ids: Vec<SessionId>,
    pub(crate) waiting: VecDeque<Waiting>,
    pub(crate) tokens: Tokens,
    pub(crate) profiles: Profiles,
    pub(crate) requests: u32,
    pub(crate) commands: VecDeque<String>,
    /// What machines were told in this call, to be handled before it ends.
    news: VecDeque<(ConnectorId, Happened)>,
    pub(crate) lease_due: Mono,
    pub(crate) asked: Vec<Purpose>,
    /// Which run of the MCU is known.
    pub(crate) mcu_nonce: Option<u32>,
}

impl Cabinet {
    /// A cabinet at rest. Use [`Cabinet::recover`] at a start: there may be a charge to adopt.
    pub fn new(identity: Identity, config: Config, config_version: u64) -> Self {
        let equipment = Equipment::new(&config);
        let connectors = config.connectors.iter().map(|connector| Connector::new(connector, &config)).collect();
        let chains = config.chains.iter().map(|chain| (chain.id.clone(), Chain::default())).collect();
        Self {
            faults: Faults::new(identity.boot.clone()),
            identity,
            power: Power::new(&config, &equipment),
            equipment,
            config: Arc::new(config),
            reload: Reload::new(config_version),
            rev: 0,
            seen: Seen::default(),
            wall: (Mono::BOOT, Wall::default()),
            connectors,
            chains,
            dropped: Dropped::default(),
            session_ids: Vec::new(),
            waiting: VecDeque::new(),
            tokens: Tokens::default(),
            profiles: Profiles::default(),
            requests: 0,
            commands: VecDeque::new(),
            news: VecDeque::new(),
            lease_due: Mono::BOOT,
            asked: Vec::new(),
            mcu_nonce: None,
        }
    }

    /// Takes in one thing that happened; tells all that is to be done.
    pub fn handle(&mut self, now: Mono, input: Input) -> Outputs {
        let mut outputs = Outputs::default();
        self.absorb(now, input, &mut outputs);
        self.follow_configuration(now, &mut outputs);
        self.equipment.mcu.watch(now, self.config.mcu.silence());
        self.watch_authorisations(now);
        self.watch_profiles(now);
        self.plan(now);
        self.run_machines(now, &mut outputs);
        self.watch_parts(now);
        self.switch_ties(now, &mut outputs);
        self.tell_modules(&mut outputs);
        self.tell_mcu(now, &mut outputs);
        self.tell_links(now, &mut outputs);
        self.sample_power(now, &mut outputs);
        self.faults.tell(now, &mut outputs);
        if self.session_ids.len() < self.connectors.len() {
            outputs.list.push(Output::NeedSessionIds);
        }
        if self.look() {
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
            Command::Start { connector, profile, .. } => {
                let machine = &known(*connector)?.machine;
                if let Some(profile) = profile {
                    self.check_start_profile(*connector, profile)?;
                }
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
                    Phase::Faulted(Trouble::Contactor) if self.is_closed(*connector) => {
                        "the contactor to be open first"
                    }
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
            Command::SetProfile(wanted) => Ok(self.check_profile(wanted)?),
            Command::ClearProfiles { criteria, author } => {
                if self.count_profiles(criteria, *author) > 0 {
                    Ok(())
                } else {
                    Err(CommandError::NoProfile)
                }
            }
            Command::LocalList(list) => Ok(Tokens::check_replace(list)?),
            Command::LocalListChange(change) => Ok(self.tokens.check_change(change)?),
            Command::ForgetCache => Ok(()),
        }
    }

    fn is_closed(&self, id: ConnectorId) -> bool {
        let contactor =
            self.connector(id).and_then(|connector| self.equipment.mcu.contactor(connector.config.contactor));
        contactor.is_none_or(|contactor| contactor.feedback != mcu_link::ContactorFeedback::Open)
    }

    /// Whether a command of this id was taken already.
    pub fn has_taken(&self, command_id: &str) -> bool {
        self.commands.iter().any(|taken| taken == command_id)
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The faults that are active, the worst first.
    pub fn active_faults(&self) -> Vec<Fault> {
        self.faults.active()
    }

    /// The local list's version and size.
    pub fn local_list(&self) -> LocalListState {
        self.tokens.list_state()
    }

    /// What the store kept of profiles and tags, before anything is decided. To be handed in right after [`Cabinet::recover`].
    pub fn recall(&mut self, kept: Kept) {
        self.recall_profiles(kept.profiles);
        self.tokens.recall(kept.local_list, kept.cache);
    }

    /// Where each connector is, and since when.
    pub fn phases(&self) -> impl Iterator<Item = (ConnectorId, Phase, Mono)> + '_ {
        self.connectors.iter().map(|connector| (connector.id(), connector.machine.phase(), connector.machine.since()))
    }

    /// The sessions that this cabinet holds open.
    pub fn open_sessions(&self) -> Vec<SessionId> {
        self.connectors.iter().filter_map(|connector| Some(connector.session.as_ref()?.id.clone())).collect()
    }

    /// Notes something for a connector's machine; handled before this call ends.
    pub(crate) fn happened(&mut self, id: ConnectorId, happened: Happened) {
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
            let mut world = connector.observe(&self.equipment, reach);
            for happened in happened.into_iter().map(Some).chain([None]) {
                let phase = connector.machine.phase();
                effects.extend(connector.machine.handle(now, happened, &world, &rating));
                // What is observed hangs on the phase, and on nothing else of the machine.
                if connector.machine.phase() != phase {
                    world = connector.observe(&self.equipment, reach);
                }
            }
            connector.wish = connector.machine.wish(now, &world, &rating);
            connector.wake = connector.machine.next_wake(now, &world, &rating);
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
                    connector.start_profile = None;
                    connector.ended = None;
                }
            }
            Effect::OpenSession => {
                self.open_session(now, id, outputs);
                self.bind_profile(id, outputs);
            }
            Effect::CloseSession { reason, .. } => {
                self.close_session(now, id, reason, outputs);
                self.end_profiles(outputs);
                if let Some(connector) = self.connector_mut(id) {
                    connector.authorisation = Authorisation::None;
                }
            }
            Effect::StartIsolationTest => {
                let test = IsolationTest::Start;
                outputs.list.push(Output::Mcu(ToMcu::IsolationTest { connector: id, test }));
            }
            Effect::Raise(trouble) => {
                self.raise_trouble(now, id, trouble);
            }
            Effect::Clear(trouble) => {
                self.clear(now, &Place::connector(fault_code(trouble), id));
            }
        }
    }

    fn next_wake(&self, now: Mono) -> Mono {
        let machines = self.connectors.iter().filter_map(|connector| connector.wake);
        let silence = self
            .equipment
            .mcu
            .heard
            .filter(|_| self.equipment.mcu.is_up())
            .map(|heard| heard + self.config.mcu.silence());
        machines
            .chain(self.reload_wake(now))
            .chain(silence)
            .chain(self.authorisation_wake())
            .chain(self.link_wake())
            .chain(self.power_wake(now))
            .chain(self.profile_wake())
            .chain([self.lease_due, now + IDLE])
            .filter(|at| *at > now)
            .min()
            .unwrap_or(now + IDLE)
    }

    pub(crate) fn connector(&self, id: ConnectorId) -> Option<&Connector> {
        self.connectors.iter().find(|connector| connector.id() == id)
    }

    pub(crate) fn connector_mut(&mut self, id: ConnectorId) -> Option<&mut Connector> {
        self.connectors.iter_mut().find(|connector| connector.id() == id)
    }
}

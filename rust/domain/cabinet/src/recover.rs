//! The decision at every start (D7): adopt the charge that is found, or take it down.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use api::{
    fault::{Fault, FaultCode},
    link::{Demand, Protocol, Running, Stage},
    profile::SetProfile,
    session::Session,
    state::Authorisation,
};
use charging::{Machine, Phase, Setpoint};
use config::Config;
use mcu_link::{ContactorFeedback, PlugCount, Purpose};
use planner::{Budget, Position};
use serde::{Deserialize, Serialize};
use units::{BootId, ChainId, ConnectorId, ContactorId, IdTag, Milliamps, Millivolts, ModuleId, Mono, Watts};

use crate::{
    authorise::Waiting,
    cabinet::{Cabinet, Identity},
    connector::Connector,
    equipment::Mcu,
    faults::{Place, Stays, fault_code},
    input::{Input, LinkNews},
    ledger::breaks,
    output::{Output, Outputs},
};

/// How far module and car may lie apart for a contactor between them to be taken for closed.
const FIT: Millivolts = Millivolts::from_volts(20);

/// How long an adopted car may take to say what it wants; its charge loop turns several times a second.
const GRACE: Duration = Duration::from_secs(1);

/// What a controller leaves in `/run` for the one after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// In another boot it is void.
    pub boot: BootId,
    /// When it was taken.
    pub at: Mono,
    /// The MCU's run: another one has forgotten every plug-in.
    mcu_nonce: Option<u32>,
    requests: u32,
    /// What was in force, while it was not what was accepted: the charge stands on it.
    in_force: Option<Box<Config>>,
    /// Tags that wait for a plug.
    #[serde(default)]
    waiting: VecDeque<Waiting>,
    connectors: Vec<Held>,
    /// The faults that were active.
    #[serde(default)]
    faults: Vec<Fault>,
    /// The ties that were asked to be closed.
    ties: Vec<ContactorId>,
}

/// One connector's part of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    id: ConnectorId,
    machine: Machine,
    plug_count: u32,
    session: Option<Session>,
    authorisation: Authorisation,
    #[serde(default)]
    start_profile: Option<Box<SetProfile>>,
    ended: Option<IdTag>,
    demand: Option<Demand>,
    vehicle: Option<(Protocol, String)>,
    budget: (Watts, Mono),
    /// The connector that its slot feeds.
    feeds: Option<ConnectorId>,
    instance: String,
    taken: u64,
    /// The modules that carry its load, and its own that carry nobody's.
    modules: Vec<HeldModule>,
}

/// One module's part of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct HeldModule {
    id: ModuleId,
    /// What it was told; `None` is off.
    on: Option<(Millivolts, Milliamps)>,
    loaded: bool,
    commanded: Watts,
    unconfirmed: Watts,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.session == other.session && self.machine.phase() == other.machine.phase()
    }
}

impl Eq for Held {}

impl Checkpoint {
    /// The configuration that a start begins with: the accepted one, or what a charge that may still run stands on.
    pub fn config_at_start(checkpoint: Option<&Self>, boot: &BootId, accepted: &Config) -> Config {
        let held = checkpoint.filter(|checkpoint| checkpoint.boot == *boot);
        let in_force = held.and_then(|checkpoint| checkpoint.in_force.as_deref());
        in_force.filter(|config| config.mistakes().is_empty()).unwrap_or(accepted).clone()
    }

    /// The connectors on which there is something to adopt or to take down.
    pub fn charges(&self) -> impl Iterator<Item = ConnectorId> + '_ {
        let charge = |held: &&Held| held.machine.phase().is_charge() || held.machine.phase().is_energised();
        self.connectors.iter().filter(charge).map(|held| held.id)
    }

    /// The modules that carry a charge, or are told to.
    pub fn modules(&self) -> impl Iterator<Item = &ModuleId> {
        let modules = self.connectors.iter().flat_map(|held| &held.modules);
        modules.filter(|module| module.loaded || module.on.is_some()).map(|module| &module.id)
    }

    /// The connectors at which somebody is: what their chains and the MCU have to say is worth waiting for, lest they be
    /// taken for gone.
    pub fn visited(&self) -> impl Iterator<Item = ConnectorId> + '_ {
        let at_rest = |phase| matches!(phase, Phase::Available | Phase::Finishing | Phase::Faulted(_));
        self.connectors.iter().filter(move |held| !at_rest(held.machine.phase())).map(|held| held.id)
    }
}

/// What the last controller left of the cabinet as a whole.
#[derive(Clone, Debug, Default)]
struct Left {
    nonce: Option<u32>,
    ties: Vec<ContactorId>,
}

fn is_closed_tie(mcu: &Mcu, tie: ContactorId) -> bool {
    mcu.contactor(tie).is_some_and(|contactor| contactor.feedback != ContactorFeedback::Open)
}

/// What became of a connector at a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No charge was under way.
    Idle,
    /// The charge goes on.
    Adopted,
    /// It is taken down, and this is what did not fit.
    TakenDown(&'static str),
}

impl Cabinet {
    /// What the next controller needs to adopt what this one does.
    pub fn checkpoint(&self, now: Mono) -> Checkpoint {
        let connectors = self.connectors.iter().map(|connector| {
            let chain = self.chains.get(&connector.config.chain);
            let own = |id: &ModuleId| connector.config.modules.contains(id);
            let modules = self.equipment.modules.iter().filter(|(id, module)| match module.feeds {
                Some(feeds) => feeds == connector.id(),
                None => own(id),
            });
            let modules = modules.map(|(id, module)| HeldModule {
                id: id.clone(),
                on: match module.told {
                    Some(Setpoint::On { voltage, current }) => Some((voltage, current)),
                    _ => None,
                },
                loaded: module.feeds.is_some(),
                commanded: module.commanded,
                unconfirmed: module.unconfirmed,
            });
            Held {
                id: connector.id(),
                machine: connector.machine.clone(),
                plug_count: connector.plug_count.0,
                session: connector.session.clone(),
                authorisation: connector.authorisation.clone(),
                start_profile: connector.start_profile.clone(),
                ended: connector.ended.clone(),
                demand: connector.demand.clone(),
                vehicle: connector.vehicle.clone(),
                budget: (connector.budget.power, connector.budget.until),
                feeds: self.owner_of(connector.id()),
                instance: chain.map(|chain| chain.instance.clone()).unwrap_or_default(),
                taken: chain.map_or(0, |chain| chain.taken),
                modules: modules.collect(),
            }
        });
        Checkpoint {
            boot: self.identity.boot.clone(),
            at: now,
            mcu_nonce: self.mcu_nonce,
            requests: self.requests,
            in_force: self.reload.is_waiting().then(|| Box::new(Config::clone(&self.config))),
            waiting: self.waiting.clone(),
            connectors: connectors.collect(),
            faults: self.faults.active(),
            ties: self
                .power
                .switching
                .ties
                .iter()
                .filter(|tie| tie.asked == Position::Closed)
                .map(|tie| tie.contactor)
                .collect(),
        }
    }

    /// The connector that the route gives a slot to.
    fn owner_of(&self, slot: ConnectorId) -> Option<ConnectorId> {
        let at = self.connectors.iter().position(|connector| connector.id() == slot)?;
        let owner = self.power.memory.route.owners.get(at).copied().flatten()?;
        self.connectors.get(owner).map(Connector::id)
    }

    /// A cabinet at a start. `observed` is all that was heard since; nothing was said meanwhile, but [`mcu_link::ToMcu::Hello`].
    ///
    /// A charge is adopted if checkpoint, MCU, car, modules and meter agree that it runs. Otherwise it is taken down as after
    /// a lost chain: modules off, contactor open, session closed. The outputs are what `observed` already calls for.
    ///
    /// `config` is the accepted configuration; what a held charge stands on stays in force as before the start
    /// ([`Checkpoint::config_at_start`]).
    pub fn recover(
        identity: Identity,
        config: Config,
        config_version: u64,
        checkpoint: Option<Checkpoint>,
        observed: Vec<(Mono, Input)>,
        now: Mono,
    ) -> (Self, Vec<(ConnectorId, Verdict)>, Outputs) {
        let at_start = Checkpoint::config_at_start(checkpoint.as_ref(), &identity.boot, &config);
        let mut cabinet = Self::new(identity, at_start, config_version);
        if *cabinet.config != config {
            cabinet.reload.accept(config, config_version);
        }
        let checkpoint = checkpoint.filter(|checkpoint| checkpoint.boot == cabinet.identity.boot);
        let mut left = Left::default();
        let held = checkpoint.map_or_else(Vec::new, |checkpoint| {
            cabinet.requests = checkpoint.requests;
            cabinet.waiting = checkpoint.waiting;
            cabinet.mcu_nonce = checkpoint.mcu_nonce;
            cabinet.restore_faults(now, checkpoint.faults, &checkpoint.connectors);
            left = Left { nonce: checkpoint.mcu_nonce, ties: checkpoint.ties };
            checkpoint.connectors
        });
        for connector in &mut cabinet.connectors {
            connector.machine = Machine::starting(now);
        }
        for held in &held {
            cabinet.restore(now, held);
        }
        let mut outputs = Outputs::default();
        let mut running: BTreeMap<ChainId, Vec<Running>> = BTreeMap::new();
        for (at, input) in observed {
            if let Input::Link(chain, LinkNews::Up { running: own, .. }) = &input {
                running.insert(chain.clone(), own.clone());
            }
            cabinet.absorb(at, input, &mut outputs);
        }
        cabinet.equipment.mcu.watch(now, cabinet.config.mcu.silence());
        cabinet.adopt_ties(now, &held, &left.ties);
        let mut verdicts = Vec::new();
        for held in held {
            let verdict = cabinet.judge(now, &held, &left, running.values().flatten());
            if let Some(connector) = cabinet.connector_mut(held.id) {
                match verdict {
                    Verdict::Idle => {}
                    // The car is in its charge loop and will say what it wants; until then it wants what it wanted.
                    Verdict::Adopted => {
                        if let Some(demand) = &mut connector.demand {
                            demand.valid_until = demand.valid_until.max(now + GRACE);
                        }
                    }
                    Verdict::TakenDown(_) => connector.machine.abandon(now),
                }
            }
            verdicts.push((held.id, verdict));
        }
        // The drivers are new: each is told its set-point once more, which for an adopted charge is the one that it has.
        for module in cabinet.equipment.modules.values_mut() {
            module.repeat = true;
        }
        outputs.list.retain(|output| matches!(output, Output::Link(..) | Output::Store(_)));
        outputs.next_wake = now;
        (cabinet, verdicts, outputs)
    }

    fn restore(&mut self, now: Mono, held: &Held) {
        let timeout = Duration::from_secs(self.config.authorisation.timeout_s.into());
        let Some(connector) = self.connectors.iter_mut().find(|connector| connector.id() == held.id) else { return };
        connector.machine = held.machine.clone();
        connector.plug_count = PlugCount(held.plug_count);
        connector.session.clone_from(&held.session);
        connector.authorisation = held.authorisation.clone();
        connector.authorisation_until =
            matches!(held.authorisation, Authorisation::Pending { .. }).then_some(now + timeout);
        connector.start_profile.clone_from(&held.start_profile);
        connector.ended.clone_from(&held.ended);
        connector.demand.clone_from(&held.demand);
        connector.vehicle.clone_from(&held.vehicle);
        connector.budget = Budget { power: held.budget.0, until: held.budget.1 };
        if let Some(chain) = self.chains.get_mut(&connector.config.chain) {
            chain.instance.clone_from(&held.instance);
            chain.taken = held.taken;
        }
        for held_module in &held.modules {
            if let Some(module) = self.equipment.modules.get_mut(&held_module.id) {
                let on = |(voltage, current)| Setpoint::On { voltage, current };
                module.told = Some(held_module.on.map_or(Setpoint::Off, on));
                module.commanded = held_module.commanded;
                module.unconfirmed = held_module.unconfirmed;
                module.feeds = held_module.loaded.then_some(held.id);
            }
        }
    }

    /// Takes over faults that may still be so: of parts, and those that a connector stands still for. The others are closed
    /// in the store.
    fn restore_faults(&mut self, now: Mono, mut faults: Vec<Fault>, held: &[Held]) {
        let stands = |fault: &Fault| {
            held.iter().any(|held| match held.machine.phase() {
                Phase::Faulted(trouble) => fault.connector == Some(held.id) && fault.code == fault_code(trouble),
                _ => false,
            })
        };
        let metered = |fault: &Fault| {
            held.iter().any(|held| fault.connector == Some(held.id) && held.session.is_some())
                || fault.code != FaultCode::MeterRegister
        };
        faults.retain(|fault| (fault.part.is_some() && metered(fault)) || stands(fault));
        self.faults.restore(now, faults);
        for held in held {
            if let Phase::Faulted(trouble) = held.machine.phase() {
                let stays = if trouble.latched() { Stays::Latched } else { Stays::WhileItIsSo };
                let place = Place::connector(fault_code(trouble), held.id);
                self.raise(now, place, "from before the controller's restart", stays);
            }
        }
    }

    /// Ties that were closed and are so still are taken as they are; and who had what is remembered, so that it stays so.
    fn adopt_ties(&mut self, now: Mono, held: &[Held], ties: &[ContactorId]) {
        let mcu = &self.equipment.mcu;
        for tie in self.power.switching.ties.iter_mut().filter(|tie| ties.contains(&tie.contactor)) {
            if is_closed_tie(mcu, tie.contactor) {
                tie.adopt(now);
            }
        }
        let place = |id: ConnectorId| self.connectors.iter().position(|connector| connector.id() == id);
        let owner =
            |id: ConnectorId| held.iter().find(|held| held.id == id).and_then(|held| held.feeds).and_then(place);
        let route = &mut self.power.memory.route;
        route.owners = self.connectors.iter().map(|connector| owner(connector.id())).collect();
        route.engaged = self.equipment.modules.values().map(|module| module.feeds.and_then(place)).collect();
    }

    fn judge<'a>(&self, now: Mono, held: &Held, left: &Left, running: impl Iterator<Item = &'a Running>) -> Verdict {
        let phase = held.machine.phase();
        if !phase.is_charge() && !phase.is_energised() {
            return Verdict::Idle;
        }
        let Some(connector) = self.connector(held.id) else { return Verdict::TakenDown("the connector is gone") };
        match self.misfit(now, connector, held, left, running) {
            None => Verdict::Adopted,
            Some(misfit) => Verdict::TakenDown(misfit),
        }
    }

    /// The first thing that does not agree with a charge that runs.
    fn misfit<'a>(
        &self,
        now: Mono,
        connector: &Connector,
        held: &Held,
        left: &Left,
        mut running: impl Iterator<Item = &'a Running>,
    ) -> Option<&'static str> {
        if held.machine.phase() != Phase::Charging {
            return Some("the charge had not reached the charge loop, or was ending");
        }
        if held.session.is_none() {
            return Some("no session was open");
        }
        let mcu = &self.equipment.mcu;
        if !mcu.is_up() {
            return Some("the MCU is silent");
        }
        if mcu.hello.as_ref().is_none_or(|hello| Some(hello.boot_nonce) != left.nonce) {
            return Some("the MCU has restarted, or does not say who it is");
        }
        if mcu.status.as_ref().is_none_or(|status| status.lease_remaining_ms.is_none()) {
            return Some("the contactor lease has lapsed");
        }
        let Some(status) = mcu.connector(connector.id()) else { return Some("the MCU does not know the connector") };
        if status.plug_count.0 != held.plug_count {
            return Some("another plug-in");
        }
        if !status.pilot.wants_energy() {
            return Some("the car does not ask for energy");
        }
        let contactor = mcu.contactor(connector.config.contactor);
        let closed = contactor.is_some_and(|contactor| {
            contactor.granted == Purpose::Energy
                && contactor.feedback == ContactorFeedback::Closed
                && contactor.trip.is_none()
        });
        if !closed {
            return Some("the contactor is not closed for energy");
        }
        let agrees = running.any(|running| {
            running.connector == held.id
                && running.plug_in_epoch == held.machine.plug_in_epoch()
                && Some(running.v2g_epoch) == held.machine.v2g_epoch()
                && matches!(running.stage, Stage::PowerDelivery | Stage::CurrentDemand)
        });
        if !agrees {
            return Some("the chain's process does not hold the same session");
        }
        for held_module in held.modules.iter().filter(|module| module.on.is_some()) {
            let Some(module) = self.equipment.modules.get(&held_module.id) else { return Some("a module is gone") };
            if !module.heard {
                return Some("a module is silent");
            }
            if module.voltage.distance(status.connector_voltage) > FIT {
                return Some("a module's voltage is not the connector's");
            }
        }
        // Each tie at a slot that feeds it must be as it was left.
        for tie in &self.power.switching.ties {
            let slots = [tie.between.0, tie.between.1].into_iter().filter_map(|slot| self.connectors.get(slot));
            let mut slots = slots.map(Connector::id);
            let concerned = slots.any(|slot| slot == held.id || self.owner_of(slot) == Some(held.id));
            let closed = is_closed_tie(mcu, tie.contactor);
            let was = left.ties.contains(&tie.contactor);
            if concerned && closed != was {
                return Some("a bus tie is not as it was");
            }
        }
        let meter = self.equipment.meters.get(&connector.config.meter).and_then(|meter| meter.register.as_ref());
        let Some(meter) = meter else { return Some("the meter is silent") };
        let power = connector.config.max_power();
        if !held.session.as_ref().is_some_and(|session| breaks(session, now, meter, power).is_empty()) {
            return Some("the meter is not the one that it was, or has counted what cannot have flowed");
        }
        None
    }
}

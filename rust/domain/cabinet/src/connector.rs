//! One connector: its machine, its car, who may charge.

use core::time::Duration;

use api::{
    chain::ConnectorHealth,
    command::StopReason,
    link::{Demand, Protocol, Stage},
    profile::SetProfile,
    session::Session,
    state::{Allocation, Authorisation},
};
use charging::{
    Contactor, Feedback, Isolation, Lock, Machine, Modules, Observed, Phase, Pilot, Purpose, Rating, Reach, Trip, Wish,
};
use mcu_link::{ContactorFeedback, EStop, LockFeedback, PilotState, PlugCount};
use planner::{Budget, Potential};
use units::{ConnectorId, IdTag, Milliamps, Millivolts, Mono, Ohms, SessionId, Watts};

use crate::equipment::Equipment;

/// Insulation below this is a fault (IEC 61851-23: 100 Ω per volt of 1,000 V).
const ISOLATION_LIMIT: Ohms = Ohms(100_000);

/// A demand holds for no longer than this: the sequence timeout of ISO 15118-2, and a second.
const LONGEST_DEMAND: Duration = Duration::from_secs(61);

/// One connector.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) config: config::Connector,
    pub(crate) rating: Rating,
    pub(crate) machine: Machine,
    /// The MCU's count of this plug-in, as last heard: what is asked of the MCU is meant for this plug-in alone.
    pub(crate) plug_count: PlugCount,
    pub(crate) demand: Option<Demand>,
    pub(crate) vehicle: Option<(Protocol, String)>,
    pub(crate) health: Option<ConnectorHealth>,
    pub(crate) authorisation: Authorisation,
    /// When a pending authorisation is given up.
    pub(crate) authorisation_until: Option<Mono>,
    /// For the charge that begins, as it was asked for with its start.
    pub(crate) start_profile: Option<Box<SetProfile>>,
    pub(crate) session: Option<Session>,
    /// The session that ended last: what its meter signs comes when it is over.
    pub(crate) last_session: Option<SessionId>,
    /// When the next reading of the running session is due.
    pub(crate) reading_due: Mono,
    /// What the planner grants, and until when.
    pub(crate) budget: Budget,
    /// What may be drawn now: what is granted, as far as the modules that are there can carry it.
    pub(crate) allowance: Watts,
    /// What the car may be told.
    pub(crate) offer: Watts,
    /// What it could have with all modules that it can reach.
    pub(crate) potential: Potential,
    /// The modules that feed its bus, by their places; filled while it claims power.
    pub(crate) carriers: Vec<usize>,
    /// How they are together, or, before a charge, those that could.
    pub(crate) modules: Modules,
    pub(crate) allocation: Allocation,
    /// What could be drawn before the limit was lowered, until no more than the limit flows.
    pub(crate) ceiling: Watts,
    /// What was last written down of it, and when.
    pub(crate) sampled: Option<(Mono, Allocation)>,
    pub(crate) wish: Wish,
    /// When its machine wants to be called again.
    pub(crate) wake: Option<Mono>,
    pub(crate) last_stop: Option<StopReason>,
    /// Whose charge ended in this plug-in: the same card means nothing more until the plug is out.
    pub(crate) ended: Option<IdTag>,
}

impl Connector {
    pub(crate) fn new(config: &config::Connector, all: &config::Config) -> Self {
        Self {
            config: config.clone(),
            rating: rating(config, all),
            machine: Machine::default(),
            plug_count: PlugCount::default(),
            demand: None,
            vehicle: None,
            health: None,
            authorisation: Authorisation::None,
            authorisation_until: None,
            start_profile: None,
            session: None,
            last_session: None,
            reading_due: Mono::BOOT,
            budget: Budget::default(),
            allowance: Watts::ZERO,
            offer: Watts::ZERO,
            potential: Potential::default(),
            carriers: Vec::new(),
            modules: Modules::default(),
            allocation: Allocation::default(),
            sampled: None,
            ceiling: Watts::ZERO,
            wish: Wish::default(),
            wake: None,
            last_stop: None,
            ended: None,
        }
    }

    /// Another configuration is in force; the charge goes on.
    pub(crate) fn follow(&mut self, config: &config::Connector, all: &config::Config) {
        self.ceiling = self.bound();
        self.config = config.clone();
        self.rating = rating(config, all);
    }

    /// The most that may have flowed since the last reading: a limit that was lowered since does not bound what was before.
    pub(crate) fn bound(&self) -> Watts {
        self.config.max_power().max(self.ceiling)
    }

    /// Whether nothing that hangs on its configuration is under way.
    pub(crate) fn is_free(&self) -> bool {
        let resting = matches!(self.machine.phase(), Phase::Available | Phase::Finishing | Phase::Faulted(_));
        resting && self.session.is_none()
    }

    pub(crate) const fn id(&self) -> ConnectorId {
        self.config.id
    }

    /// Whether this card has asked, charges or has charged here, in this plug-in.
    pub(crate) fn knows(&self, card: &IdTag) -> bool {
        let asked = match &self.authorisation {
            Authorisation::Pending { id_tag, .. } | Authorisation::Granted { id_tag, .. } => Some(id_tag),
            Authorisation::None | Authorisation::Refused { .. } => None,
        };
        let charges = self.session.as_ref().map(|session| &session.id_tag);
        [asked, charges, self.ended.as_ref()].into_iter().flatten().any(|own| own == card)
    }

    /// Takes a newer demand. A car that asks for power names no voltage: the one that it precharged to goes on.
    pub(crate) fn take_demand(&mut self, now: Mono, mut demand: Demand) {
        demand.valid_until = demand.valid_until.min(now + LONGEST_DEMAND);
        if demand.stage == Stage::PowerDelivery && demand.target_voltage.is_none() {
            let last = self.demand.as_ref().filter(|last| last.v2g_epoch == demand.v2g_epoch);
            demand.target_voltage = last.and_then(|last| last.target_voltage);
        }
        self.demand = Some(demand);
    }

    /// The world around the connector, as its machine looks at it.
    pub(crate) fn observe(&self, equipment: &Equipment, chain: Reach) -> Observed {
        let mcu = &equipment.mcu;
        let heard = |yes: bool| if yes { Reach::Heard } else { Reach::Silent };
        let mut world = Observed {
            mcu: heard(mcu.is_up()),
            chain,
            modules: self.modules,
            allowance: self.allowance,
            demand: self.demand.as_ref().map(demand),
            ..Observed::default()
        };
        if let Some(meter) = equipment.meters.get(&self.config.meter) {
            world.meter = heard(meter.heard && meter.register.is_some());
            world.meter_read = meter.read;
        }
        if let Some(status) = mcu.connector(self.id()) {
            world.pilot = match status.pilot {
                PilotState::A => Pilot::A,
                PilotState::B => Pilot::B,
                PilotState::C | PilotState::D => Pilot::Ready,
                PilotState::E | PilotState::F => Pilot::Error,
                PilotState::Unknown => Pilot::Unknown,
            };
            world.lock = match status.lock {
                LockFeedback::Locked => Lock::Locked,
                LockFeedback::Unlocked => Lock::Unlocked,
                LockFeedback::Unknown => Lock::Unknown,
            };
            world.voltage = status.connector_voltage;
            world.current = status.current;
            world.isolation = self.isolation(equipment);
        }
        world.emergency_stop = mcu.status.as_ref().is_some_and(|status| status.e_stop == EStop::Pressed);
        if let Some(contactor) = mcu.contactor(self.config.contactor) {
            world.contactor = Contactor {
                granted: purpose(contactor.granted),
                feedback: match contactor.feedback {
                    ContactorFeedback::Open => Feedback::Open,
                    ContactorFeedback::Closed => Feedback::Closed,
                    ContactorFeedback::Welded => Feedback::Welded,
                },
                trip: contactor.trip.map(trip),
            };
        }
        world
    }

    /// The MCU's word on the insulation in this plug-in, confirmed by the monitor where there is one.
    fn isolation(&self, equipment: &Equipment) -> Isolation {
        let Some(status) = equipment.mcu.connector(self.id()) else { return Isolation::Unknown };
        if status.isolation.plug_count != status.plug_count {
            return Isolation::Unknown;
        }
        let own = match status.isolation.state {
            mcu_link::Isolation::Unknown => return Isolation::Unknown,
            mcu_link::Isolation::Testing => return Isolation::Testing,
            mcu_link::Isolation::Failed { resistance } => return Isolation::Failed(resistance),
            mcu_link::Isolation::Valid { resistance } => resistance,
        };
        let Some(monitor) = self.config.isolation.as_ref().and_then(|id| equipment.monitors.get(id)) else {
            return Isolation::Valid(own);
        };
        // A reading from before the phase was entered was taken at another voltage.
        let measuring = self.machine.phase().is_energised();
        match monitor.reading.filter(|(at, _)| !measuring || *at > self.machine.since() || self.is_past_test()) {
            Some((_, seen)) if seen < ISOLATION_LIMIT => Isolation::Failed(seen),
            Some((_, seen)) => Isolation::Valid(own.min(seen)),
            None => Isolation::Testing,
        }
    }

    /// Whether the cable check is behind, so that any fresh reading counts.
    fn is_past_test(&self) -> bool {
        use charging::CableCheck;
        !matches!(
            self.machine.phase(),
            Phase::CableCheck(CableCheck::Closing | CableCheck::Raising | CableCheck::Measuring)
        )
    }

    /// The power measured at the connector.
    pub(crate) fn measured(&self, equipment: &Equipment) -> (Millivolts, Milliamps, Watts) {
        equipment.mcu.connector(self.id()).map_or((Millivolts::ZERO, Milliamps::ZERO, Watts::ZERO), |status| {
            let (voltage, current) = (status.connector_voltage, status.current);
            (voltage, current, voltage * current)
        })
    }
}

/// What a connector and the modules of its slot are built for; one without any goes by all that others may lend it.
fn rating(config: &config::Connector, all: &config::Config) -> Rating {
    let own = |module: &&config::Module| config.modules.is_empty() || config.modules.contains(&module.id);
    let modules = || all.modules.iter().filter(own);
    let highest = modules().map(|module| Millivolts::from_volts(module.max_voltage_v)).max();
    let lowest = modules().map(|module| Millivolts::from_volts(module.min_voltage_v)).max();
    Rating {
        max_voltage: config.max_voltage().min(highest.unwrap_or(Millivolts::ZERO)),
        min_voltage: lowest.unwrap_or(Millivolts::ZERO),
        max_current: config.max_current(),
        ramp_per_second: Milliamps::from_amps(all.planner.ramp_a_per_s),
    }
}

fn demand(demand: &Demand) -> charging::Demand {
    use api::link::Stage as Said;
    use charging::Stage;
    charging::Demand {
        v2g_epoch: demand.v2g_epoch,
        valid_until: demand.valid_until,
        stage: match demand.stage {
            Said::Setup => Stage::Setup,
            Said::Authorisation => Stage::Authorisation,
            Said::Parameters => Stage::Parameters,
            Said::CableCheck => Stage::CableCheck,
            Said::PreCharge => Stage::PreCharge,
            Said::PowerDelivery => Stage::PowerDelivery,
            Said::CurrentDemand => Stage::CurrentDemand,
            Said::PowerDown => Stage::PowerDown,
            Said::WeldingDetection => Stage::WeldingDetection,
            Said::Stopped => Stage::Stopped,
        },
        target_voltage: demand.target_voltage.unwrap_or(Millivolts::ZERO),
        target_current: demand.target_current.unwrap_or(Milliamps::ZERO),
        max_voltage: demand.limits.max_voltage,
        max_current: demand.limits.max_current,
        max_power: demand.limits.max_power,
    }
}

pub(crate) const fn purpose(purpose: mcu_link::Purpose) -> Purpose {
    match purpose {
        // A connector's contactor is never a tie.
        mcu_link::Purpose::Open | mcu_link::Purpose::Tie => Purpose::Open,
        mcu_link::Purpose::TestClose => Purpose::TestClose,
        mcu_link::Purpose::Energy => Purpose::Energy,
    }
}

const fn trip(trip: mcu_link::Trip) -> Trip {
    match trip {
        mcu_link::Trip::LeaseLapsed => Trip::Lease,
        mcu_link::Trip::EStop => Trip::EmergencyStop,
        mcu_link::Trip::IsolationLost => Trip::Isolation,
        mcu_link::Trip::OverCurrent | mcu_link::Trip::TestOverCurrent => Trip::OverCurrent,
        mcu_link::Trip::OverTemperature => Trip::OverTemperature,
        mcu_link::Trip::PilotLost => Trip::Pilot,
        mcu_link::Trip::LockLost => Trip::Lock,
        // Another car came onto its island over a tie that is welded.
        mcu_link::Trip::Welded | mcu_link::Trip::Island => Trip::Welded,
        mcu_link::Trip::DidNotClose => Trip::DidNotClose,
    }
}

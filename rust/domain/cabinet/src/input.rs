//! All that can happen to a cabinet.

use api::{
    chain::ConnectorHealth,
    command::{StopReason, Verdict},
    link::{Demand, Event, Running},
    profile::{Author, SetProfile},
    session::Register,
    state::Dropped,
    tokens::{CsmsReach, LocalList, LocalListChange},
};
use charging::Setpoint;
use config::Config;
use mcu_link::FromMcu;
use smart_charging::{Criteria, Refusal};
use units::{
    ChainId, ConnectorId, IdTag, Milliamps, Millivolts, ModuleId, Mono, Ohms, PlugInEpoch, SessionId, Wall, Watts,
};

use crate::tokens::ListRefusal;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nothing but time.
    Wake,
    /// The wall clock was read.
    Wall(Wall),
    /// Session ids for sessions to come.
    SessionIds(Vec<SessionId>),
    /// The MCU spoke.
    Mcu(Box<FromMcu>),
    /// A power module spoke, or did not.
    Module(ModuleId, ModuleNews),
    /// A meter spoke, or did not.
    Meter(String, MeterNews),
    /// An isolation monitor spoke, or did not.
    Monitor(String, MonitorNews),
    /// A card was presented.
    Card(IdTag),
    /// A chain's process spoke, came or went.
    Link(ChainId, LinkNews),
    /// A person or the CSMS wants something. Already checked with [`Cabinet::check`](crate::Cabinet::check).
    Command(Command),
    /// The session's row is on disk.
    Committed(SessionId),
    /// What the building beside the charger draws was measured.
    BuildingLoad {
        /// So much.
        load: Watts,
        /// It holds until then.
        until: Mono,
    },
    /// What the wires have thrown away so far.
    Dropped(Dropped),
    /// Another configuration was accepted. It comes into force as far as connectors that are not free allow, and wholly
    /// when they are.
    Config {
        /// It has no mistakes.
        config: Box<Config>,
        /// Its number.
        version: u64,
    },
    /// The configuration file was refused, and why; the last good one is in force.
    ConfigurationRefused(String),
    /// Whether the store can be written.
    Store(StoreHealth),
    /// Whether the CSMS can be asked.
    Csms(CsmsReach),
}

/// Whether the store can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreHealth {
    /// It can.
    Good,
    /// It cannot, and why.
    Failing(String),
}

/// News of a power module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleNews {
    /// It answers.
    Heard,
    /// It does not answer any more.
    Silent,
    /// Who it is.
    Serial(String),
    /// What it can deliver at present.
    Capability {
        /// The most current.
        max_current: Milliamps,
        /// Its rated power.
        max_power: Watts,
    },
    /// It acts on this set-point.
    Confirmed(Setpoint),
    /// What it delivers.
    Reading {
        /// At its output.
        voltage: Millivolts,
        /// Out of it.
        current: Milliamps,
    },
    /// How it is.
    Status {
        /// Whether its output is on.
        on: bool,
        /// Its faults, in the driver's words.
        faults: Vec<String>,
        /// Whether one of them keeps it from delivering.
        disabled: bool,
    },
}

/// News of a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeterNews {
    /// It was read.
    Reading {
        /// The energy register, as read.
        register: Register,
        /// Between the poles.
        voltage: Millivolts,
        /// To the car.
        current: Milliamps,
    },
    /// It has signed the session that it measures, or the one that it measured last.
    Signed {
        /// Its record, byte for byte.
        record: String,
        /// Its public key in hexadecimal, if it tells it.
        public_key: Option<String>,
    },
    /// It does not answer any more.
    Silent,
}

/// News of an isolation monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitorNews {
    /// It measured.
    Reading(Ohms),
    /// It answered, but has no valid measurement.
    Invalid,
    /// It does not answer any more.
    Silent,
}

/// News of a chain's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkNews {
    /// It connected.
    Up {
        /// Which start of the process.
        instance: String,
        /// The sessions that it holds.
        running: Vec<Running>,
    },
    /// It is gone.
    Down,
    /// What a car wants.
    Demand(Demand),
    /// Something happened at a connector.
    Event {
        /// Its number within the instance.
        seq: u64,
        /// Where.
        connector: ConnectorId,
        /// In which plug-in.
        plug_in_epoch: PlugInEpoch,
        /// What.
        event: Event,
    },
    /// How a power line is.
    Health(ConnectorHealth),
}

/// What may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A tag, presented from afar.
    Start {
        /// Made by the asker.
        command_id: String,
        /// Where.
        connector: ConnectorId,
        /// Whose.
        id_tag: IdTag,
        /// For the charge; bound to it when it begins.
        profile: Option<Box<SetProfile>>,
    },
    /// End a charge.
    Stop {
        /// Made by the asker.
        command_id: String,
        /// Where.
        connector: ConnectorId,
        /// Why.
        reason: StopReason,
    },
    /// A fault is mended.
    ClearFault {
        /// Made by the asker.
        command_id: String,
        /// Where.
        connector: ConnectorId,
        /// Who says so.
        who: String,
    },
    /// An authority answers.
    Authorise {
        /// What it answers to.
        request_id: String,
        /// What it says.
        verdict: Verdict,
        /// The tag's group.
        group: Option<IdTag>,
        /// Until when that holds, in ms since 1970.
        expires_ms: Option<i64>,
    },
    /// A charging profile is set.
    SetProfile(Box<SetProfile>),
    /// Charging profiles are cleared.
    ClearProfiles {
        /// Which.
        criteria: Criteria,
        /// By whose rules.
        author: Author,
    },
    /// The local list is another.
    LocalList(LocalList),
    /// The local list changes.
    LocalListChange(LocalListChange),
    /// What the CSMS answered before is forgotten.
    ForgetCache,
}

/// Why a command is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// There is no such connector.
    UnknownConnector(ConnectorId),
    /// Nothing is pending under this id.
    UnknownRequest(String),
    /// Not in this phase.
    NotNow {
        /// Where.
        connector: ConnectorId,
        /// What would have to be the case.
        expected: &'static str,
    },
    /// A charging profile is refused.
    Profile(Refusal),
    /// No profile is meant.
    NoProfile,
    /// A local list is refused.
    LocalList(ListRefusal),
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::Profile(refusal)
    }
}

impl From<ListRefusal> for CommandError {
    fn from(refusal: ListRefusal) -> Self {
        Self::LocalList(refusal)
    }
}

impl std::fmt::Display for CommandError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownConnector(id) => write!(f, "there is no connector {id}"),
            Self::UnknownRequest(id) => write!(f, "no authorisation is pending under {id:?}"),
            Self::Profile(refusal) => write!(f, "{refusal}"),
            Self::NoProfile => write!(f, "there is no such profile"),
            Self::LocalList(refusal) => write!(f, "{refusal}"),
            Self::NotNow { connector, expected } => write!(f, "connector {connector}: expected {expected}"),
        }
    }
}

impl std::error::Error for CommandError {}

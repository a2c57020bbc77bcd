//! What every vendor's driver looks like from outside.

use std::fmt::Debug;

use can::{Filter, Frame};
use units::{Milliamps, Millivolts, ModuleId, Mono, Watts};

use crate::fault::Faults;

/// What a module shall deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setpoint {
    /// Nothing: output off.
    Off,
    /// Output on: at most this voltage and at most this current.
    On {
        /// The voltage to hold.
        voltage: Millivolts,
        /// The current not to exceed.
        current: Milliamps,
    },
}

/// Why the modules of a bus cannot be driven as configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The protocol has no such address.
    #[error("module {module}: address {address} is impossible, expected 0 to {max}")]
    Address {
        /// Which.
        module: ModuleId,
        /// What was configured.
        address: u8,
        /// The highest of the protocol.
        max: u8,
    },
    /// Two modules would take each other's set-points.
    #[error("modules {first} and {second} both have address {address}")]
    SharedAddress {
        /// One.
        first: ModuleId,
        /// The other.
        second: ModuleId,
        /// What both have.
        address: u8,
    },
}

/// Why a set-point is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The module is not one of this driver's.
    #[error("module {module} is not on this bus")]
    UnknownModule {
        /// Which.
        module: ModuleId,
    },
    /// A module that only delivers was asked to take, or a number is absurd.
    #[error("module {module}: {field} of {value} is impossible, expected 0 to {max}")]
    OutOfRange {
        /// Which.
        module: ModuleId,
        /// `voltage` in mV or `current` in mA.
        field: &'static str,
        /// What was asked.
        value: i64,
        /// The largest that the protocol can say.
        max: i64,
    },
}

/// What a module can do, by its own word. It may change at any time (heat, another working range).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The lowest voltage that it can hold.
    pub min_voltage: Millivolts,
    /// The highest voltage that it can hold.
    pub max_voltage: Millivolts,
    /// The most that it can deliver at present.
    pub max_current: Milliamps,
    /// Its rated power.
    pub max_power: Watts,
    /// The least current that it regulates well.
    pub min_current: Milliamps,
}

/// What a module delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// At its output.
    pub voltage: Millivolts,
    /// Out of it.
    pub current: Milliamps,
    /// When it said so.
    pub at: Mono,
}

/// Whether the output is on, by the module's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputState {
    /// It delivers, or may.
    On,
    /// It does not.
    Off,
}

/// How a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether its output is on.
    pub output: OutputState,
    /// What ails it.
    pub faults: Faults,
}

/// Why a module did not take a set-point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It does not know the command.
    InvalidCommand,
    /// It cannot do what was asked.
    InvalidData,
    /// It answered with another set-point than was sent.
    WrongEcho,
}

/// News of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// It answers: for the first time, or after it was lost. All that was known of it is to be forgotten.
    Found,
    /// It has said who it is: the maker's serial, in whatever form the vendor gives it. Told once after every
    /// [`Update::Found`], and again if it changes, which means that the module was swapped.
    Serial(String),
    /// What it can do; told on change.
    Capabilities(Capabilities),
    /// What it delivers; told at every poll.
    Reading(Reading),
    /// How it is; told on change.
    Status(Status),
    /// It acts on this set-point, which differs from the one asked only where its capabilities are smaller.
    /// Off is confirmed when no more than 1 A flows.
    Confirmed(Setpoint),
    /// It does not take this set-point. Told once; the driver keeps trying.
    Refused(Setpoint, Refusal),
    /// It has not answered for [`crate::SILENT_AFTER`]: end or lower what depends on it, raise nobody else.
    Silent,
    /// It answers again before it was lost, and has been told its set-point again.
    Recovered,
    /// It has not answered for [`crate::LOST_AFTER`]: its own watchdog has ended its output.
    Lost,
}

/// A module that answers on the bus and is not configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its address in the vendor's own numbering.
    pub address: u8,
}

/// What a driver wants done: frames to send, news to tell. The caller empties it.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Send these, in this order.
    pub frames: Vec<Frame>,
    /// Tell these, in this order.
    pub updates: Vec<(ModuleId, Update)>,
    /// Modules that should be configured or unplugged; each is told once.
    pub strangers: Vec<Stranger>,
}

/// What a driver has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames taken.
    pub frames: u64,
    /// Frames that are neither ours nor another controller's: wrong length, impossible value, unknown command.
    pub garbage: u64,
    /// Frames meant for somebody else.
    pub foreign: u64,
}

/// All modules of one vendor on one bus.
pub trait BusDriver: Debug + Send {
    /// The vendor's name, as in the configuration.
    fn vendor(&self) -> &'static str;

    /// The frames that it wants to see of its bus.
    fn filters(&self) -> Vec<Filter>;

    /// From now on these are the modules, with their addresses. Those that stay notice nothing. One that goes is switched
    /// off with a last word, if it was ever told anything; one that has another address starts afresh there, off.
    fn follow(&mut self, now: Mono, modules: &[(ModuleId, u8)], out: &mut Output) -> Result<(), ConfigError>;

    /// From now on set-points may be sent. Called once, after the controller has decided what to make of the charges
    /// that it found; what has been [`set`](BusDriver::set) before is sent at the next poll.
    fn arm(&mut self);

    /// What a module shall deliver from now on, sent at the next [`poll`](BusDriver::poll). A module without a set-point
    /// is only read.
    fn set(&mut self, now: Mono, module: &ModuleId, setpoint: Setpoint) -> Result<(), SetError>;

    /// A frame came in. Poll afterwards.
    fn on_frame(&mut self, now: Mono, frame: &Frame, out: &mut Output);

    /// Does what is due, and says when to be called again at the latest.
    fn poll(&mut self, now: Mono, out: &mut Output) -> Mono;

    /// What was counted so far.
    fn counters(&self) -> Counters;
}

//! What is said in each direction.
//!
//! The order of variants and fields *is* the wire format: append only, and step [`crate::VERSION`] otherwise.

use crate::{MAX_CONNECTORS, MAX_CONTACTORS, MAX_TIES, wire};
use core::time::Duration;
use heapless::Vec;
use serde::{Deserialize, Serialize};
use units::{ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, Ohms, Percent};

/// The MCU's counter of plug-ins on one connector: 0 until the first since the MCU started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlugCount(pub u32);

impl PlugCount {
    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Linux to MCU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "there is no allocator to box the lease in")]
pub enum ToMcu {
    /// Linux is here and asks for an [`McuHello`]. It changes no permission.
    Hello,
    /// What may be closed, until when. Renewed every 200 ms.
    Lease(Lease),
    /// What to put on the control pilot.
    Pilot {
        /// Where.
        #[serde(with = "wire::connector")]
        connector: ConnectorId,
        /// What.
        output: PilotOutput,
    },
    /// Move the connector's lock.
    Lock {
        /// Where.
        #[serde(with = "wire::connector")]
        connector: ConnectorId,
        /// Which way. Unlocking is refused while a contactor of the connector is closed or its cable carries 60 V or more.
        command: LockCommand,
    },
    /// Measure the isolation.
    IsolationTest {
        /// Where.
        #[serde(with = "wire::connector")]
        connector: ConnectorId,
        /// Begin or leave off.
        test: IsolationTest,
    },
    /// Forget latched trips whose cause is gone.
    ClearTrip(TripScope),
}

/// MCU to Linux.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "there is no allocator to box the status in")]
pub enum FromMcu {
    /// Sent once after the MCU's start and as the answer to [`ToMcu::Hello`].
    Hello(McuHello),
    /// Sent every 100 ms and at once when a state in it changes.
    Status(Status),
}

/// How long a lease lasts: 500 to 1,500 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseTime(u16);

impl LeaseTime {
    /// The shortest, in milliseconds.
    pub const MIN_MS: u16 = 500;
    /// The longest, in milliseconds; also the default.
    pub const MAX_MS: u16 = 1_500;
    /// The longest.
    pub const MAX: Self = Self(Self::MAX_MS);

    /// `None` outside 500 to 1,500.
    pub const fn new(ms: u16) -> Option<Self> {
        if ms < Self::MIN_MS || ms > Self::MAX_MS { None } else { Some(Self(ms)) }
    }

    /// In milliseconds.
    pub const fn millis(self) -> u16 {
        self.0
    }

    /// As a span of time.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0 as u64)
    }
}

/// What the contactors may be closed for, and for how long. It replaces the lease before it; a contactor that it does
/// not name is to be open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// From the moment that the frame is taken in.
    #[serde(with = "wire::lease_time")]
    pub time: LeaseTime,
    /// One entry for each contactor that is to be closed (or told to be open by name).
    pub contactors: Vec<LeaseEntry, MAX_CONTACTORS>,
}

/// What one contactor may be closed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseEntry {
    /// Which.
    #[serde(with = "wire::contactor")]
    pub contactor: ContactorId,
    /// For what.
    pub purpose: Purpose,
    /// The plug-in that it is meant for: in any other it is refused. Nothing to a tie.
    pub plug_count: PlugCount,
}

/// What a contactor is closed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// Not closed.
    #[default]
    Open,
    /// Cable check and isolation test: pilot C or D, locked, both sides below 60 V, at most 2 A.
    TestClose,
    /// Charging: isolation valid in this plug-in, both sides within 20 V when it closes.
    Energy,
    /// A tie's only one: both buses within 20 V when it closes, and no second car on them.
    Tie,
}

/// What the MCU puts on the control pilot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PilotOutput {
    /// Steady +12 V (X1, 100 %): no communication offered.
    #[default]
    Off,
    /// The 5 % duty cycle that asks for digital communication.
    FivePercent,
    /// Steady -12 V: not available.
    StateF,
}

/// What the MCU reads on the control pilot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PilotState {
    /// Not measured yet, or between two states.
    #[default]
    Unknown,
    /// 12 V: no car.
    A,
    /// 9 V: plugged in.
    B,
    /// 6 V: the car asks for energy.
    C,
    /// 3 V: the car asks for energy and ventilation.
    D,
    /// 0 V: short circuit or no supply.
    E,
    /// -12 V: the station is not available.
    F,
}

impl PilotState {
    /// Whether a plug is in.
    pub const fn plugged(self) -> bool {
        matches!(self, Self::B | Self::C | Self::D)
    }

    /// Whether the car asks for energy.
    pub const fn wants_energy(self) -> bool {
        matches!(self, Self::C | Self::D)
    }
}

/// Which way the lock is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LockCommand {
    /// Hold the plug.
    Lock,
    /// Let it go.
    Unlock,
}

/// Where the lock is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LockFeedback {
    /// Between the ends, or its switches disagree.
    #[default]
    Unknown,
    /// The plug can be pulled.
    Unlocked,
    /// The plug is held.
    Locked,
}

/// Begins or leaves off an isolation test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IsolationTest {
    /// Forget the last result and measure.
    Start,
    /// Leave off; a result that is there stays.
    Stop,
}

/// Whose trips to clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TripScope {
    /// Those of one connector's contactors, and of the ties at its slot.
    Connector(#[serde(with = "wire::connector")] ConnectorId),
    /// All.
    All,
}

/// Who the MCU is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McuHello {
    /// The version of the MCU's program: major, minor, patch.
    pub firmware: [u8; 3],
    /// A random number drawn at each start: another one means that the MCU has restarted.
    pub boot_nonce: u32,
    /// Why it started.
    pub reset: ResetReason,
    /// The contactors that it drives, and where they are.
    pub contactors: Vec<ContactorLayout, MAX_CONTACTORS>,
    /// Whose measurements the gates stand on.
    pub sensors: GateSensors,
}

/// Why the MCU started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ResetReason {
    /// Power came.
    PowerOn,
    /// Its supply dipped.
    Brownout,
    /// Its own watchdog.
    Watchdog,
    /// Asked for.
    Software,
    /// None of the others.
    Other,
}

/// Where one contactor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactorLayout {
    /// Its id.
    #[serde(with = "wire::contactor")]
    pub contactor: ContactorId,
    /// What it joins.
    pub place: Place,
}

/// What a contactor joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// The bus of a connector's slot with its cable.
    Gun(#[serde(with = "wire::connector")] ConnectorId),
    /// The buses of two slots. Current from the first to the second counts as positive.
    Tie(#[serde(with = "wire::connector")] ConnectorId, #[serde(with = "wire::connector")] ConnectorId),
}

impl Place {
    /// Whether it joins something of this connector's.
    pub fn touches(self, connector: ConnectorId) -> bool {
        match self {
            Self::Gun(at) => at == connector,
            Self::Tie(one, other) => one == connector || other == connector,
        }
    }
}

/// For each gate, whether the MCU measures by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateSensors {
    /// The control pilot.
    pub pilot: Provenance,
    /// The lock's position.
    pub lock: Provenance,
    /// The isolation resistance.
    pub isolation: Provenance,
    /// The voltage on the modules' side.
    pub bus_voltage: Provenance,
    /// The voltage on the car's side.
    pub connector_voltage: Provenance,
    /// The current, that of ties too.
    pub current: Provenance,
    /// The temperature of the contacts.
    pub temperature: Provenance,
}

impl GateSensors {
    /// All of them the MCU's own.
    pub const VERIFIED: Self = Self {
        pilot: Provenance::Verified,
        lock: Provenance::Verified,
        isolation: Provenance::Verified,
        bus_voltage: Provenance::Verified,
        connector_voltage: Provenance::Verified,
        current: Provenance::Verified,
        temperature: Provenance::Verified,
    };
}

/// Who measured what a gate goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Provenance {
    /// A sensor of the MCU.
    Verified,
    /// A value that Linux feeds.
    Unverified,
}

/// All that the MCU knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The emergency stop.
    pub e_stop: EStop,
    /// What is left of the lease in milliseconds; `None` when there is none.
    pub lease_remaining_ms: Option<u16>,
    /// The line that stops the power modules.
    pub inhibit: InhibitLine,
    /// Since the MCU's start.
    pub uptime_ms: u32,
    /// Each connector.
    pub connectors: Vec<ConnectorStatus, MAX_CONNECTORS>,
    /// Each contactor, ties among them.
    pub contactors: Vec<ContactorStatus, MAX_CONTACTORS>,
    /// What each tie measures.
    pub ties: Vec<TieStatus, MAX_TIES>,
}

/// The emergency stop. It cuts the coils in hardware; this only tells of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EStop {
    /// Not pressed.
    #[default]
    Released,
    /// Pressed.
    Pressed,
}

/// The line that stops all power modules without a word on the bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InhibitLine {
    /// Modules must not deliver: no lease, or emergency stop.
    #[default]
    Inhibited,
    /// Modules may deliver.
    Enabled,
}

/// One connector as the MCU's sensors see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorStatus {
    /// Which.
    #[serde(with = "wire::connector")]
    pub connector: ConnectorId,
    /// The pilot.
    pub pilot: PilotState,
    /// Plug-ins since the MCU's start.
    pub plug_count: PlugCount,
    /// What is put on the pilot.
    pub output: PilotOutput,
    /// The duty cycle that is put on the pilot.
    #[serde(with = "wire::percent")]
    pub duty: Percent,
    /// The lock.
    pub lock: LockFeedback,
    /// The isolation.
    pub isolation: IsolationStatus,
    /// The modules' side of the contactor.
    #[serde(with = "wire::millivolts")]
    pub bus_voltage: Millivolts,
    /// The car's side of the contactor.
    #[serde(with = "wire::millivolts")]
    pub connector_voltage: Millivolts,
    /// Through the connector.
    #[serde(with = "wire::milliamps")]
    pub current: Milliamps,
    /// The hottest contact.
    #[serde(with = "wire::decicelsius")]
    pub temperature: DeciCelsius,
}

/// One tie as the MCU's sensors see it. What its two sides carry stands with their connectors, as `bus_voltage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieStatus {
    /// Which.
    #[serde(with = "wire::contactor")]
    pub contactor: ContactorId,
    /// Through it, from the first slot of its [`Place::Tie`] to the second.
    #[serde(with = "wire::milliamps")]
    pub current: Milliamps,
}

/// An isolation result and the plug-in that it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsolationStatus {
    /// The result.
    pub state: Isolation,
    /// The plug-in in which it was measured; in any other it counts for nothing.
    pub plug_count: PlugCount,
}

/// How an isolation test stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Isolation {
    /// Not tested.
    #[default]
    Unknown,
    /// The test runs.
    Testing,
    /// High enough.
    Valid {
        /// The last measurement.
        #[serde(with = "wire::ohms")]
        resistance: Ohms,
    },
    /// Too low, or the measurement could not be made (then 0).
    Failed {
        /// The last measurement.
        #[serde(with = "wire::ohms")]
        resistance: Ohms,
    },
}

/// One contactor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactorStatus {
    /// Which.
    #[serde(with = "wire::contactor")]
    pub contactor: ContactorId,
    /// What it is closed for now.
    pub granted: Purpose,
    /// What its auxiliary contact says.
    pub feedback: ContactorFeedback,
    /// The gate that holds the last request back; `None` once it is granted, or the contactor is asked to be open and is.
    pub refused: Option<Gate>,
    /// Why the MCU opened it by itself. Latched until cleared: until then every request is refused.
    pub trip: Option<Trip>,
}

/// What a contactor's auxiliary contact says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ContactorFeedback {
    /// Open.
    #[default]
    Open,
    /// Closed.
    Closed,
    /// Closed though the coil has been off for longer than it takes to open.
    Welded,
}

/// A condition that must hold before a contactor closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Gate {
    /// The emergency stop is pressed.
    EStop,
    /// A trip is latched.
    Tripped,
    /// The request is meant for another plug-in.
    PlugCount,
    /// The pilot is not C or D.
    Pilot,
    /// The plug is not locked.
    Lock,
    /// A side carries 60 V or more.
    Voltage,
    /// The two sides lie more than 20 V apart.
    VoltageMatch,
    /// No valid isolation in this plug-in.
    Isolation,
    /// Current flows already; or a tie is asked to open and more than 2 A flow through it.
    Current,
    /// The contacts are too hot.
    Temperature,
    /// The auxiliary contact says that it never opened.
    Welded,
    /// It would put a second car onto an island.
    Island,
    /// The purpose is not one of this kind of contactor.
    Purpose,
}

/// Why the MCU opened a contactor by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Trip {
    /// Linux was silent for longer than the lease.
    LeaseLapsed,
    /// The emergency stop was pressed.
    EStop,
    /// The isolation fell below its limit while energy flowed.
    IsolationLost,
    /// More current than the connector, or the tie, bears.
    OverCurrent,
    /// More than 2 A while closed for a test.
    TestOverCurrent,
    /// The contacts became too hot.
    OverTemperature,
    /// The car left C or D under load, or the plug came out.
    PilotLost,
    /// The lock came open.
    LockLost,
    /// Told to open, it stayed closed.
    Welded,
    /// Told to close, it stayed open.
    DidNotClose,
    /// Another car came onto its island: a tie is closed that nobody asked for.
    Island,
}

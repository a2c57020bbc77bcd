//! What goes into the machine and what comes out.

use heapless::Vec;
use mcu_link::{
    ContactorLayout, EStop, GateSensors, InhibitLine, IsolationTest, LockCommand, LockFeedback, MAX_CONNECTORS,
    MAX_CONTACTORS, McuHello, PilotOutput, PilotState, ResetReason, Status, ToMcu,
};
use units::{ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, Mono, Ohms};

use crate::Limits;

/// What the machine is told once, at its start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Drawn at random at each start.
    pub boot_nonce: u32,
    /// Why it started.
    pub reset: ResetReason,
    /// The program's version.
    pub firmware: [u8; 3],
    /// Contactors and what they join. A connector that no gun contactor names does not exist, nor does a tie to it.
    pub contactors: Vec<ContactorLayout, MAX_CONTACTORS>,
    /// Whose measurements the gates stand on.
    pub sensors: GateSensors,
    /// When to trip.
    pub limits: Limits,
}

/// Something that happened.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is no allocator to box a lease in")]
pub enum Input {
    /// A message came from Linux.
    Link(ToMcu),
    /// A connector's sensors were read.
    Readings(Readings),
    /// The current through a tie was read.
    TieCurrent {
        /// Which tie.
        contactor: ContactorId,
        /// From its first slot to its second.
        current: Milliamps,
    },
    /// A contactor's auxiliary contact was read.
    Position {
        /// Which.
        contactor: ContactorId,
        /// Where it is.
        position: Position,
    },
    /// The isolation was measured.
    Isolation {
        /// Where.
        connector: ConnectorId,
        /// With which result.
        reading: IsolationReading,
    },
    /// The emergency stop was read.
    EStop(EStop),
    /// Time has passed.
    Tick,
}

/// One reading of all sensors of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readings {
    /// Where.
    pub connector: ConnectorId,
    /// The control pilot.
    pub pilot: PilotState,
    /// The lock.
    pub lock: LockFeedback,
    /// The modules' side of the contactor.
    pub bus_voltage: Millivolts,
    /// The car's side of the contactor.
    pub connector_voltage: Millivolts,
    /// Through the connector.
    pub current: Milliamps,
    /// The hottest contact.
    pub temperature: DeciCelsius,
}

/// One measurement of isolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationReading {
    /// The resistance to earth.
    Measured(Ohms),
    /// The monitor cannot say.
    Unavailable,
}

/// Where a contactor's auxiliary contact says that it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// Open.
    #[default]
    Open,
    /// Closed.
    Closed,
}

/// What to do now.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The level of every actuator. Setting one again to what it is does nothing.
    pub actuators: Actuators,
    /// To be sent, before the status.
    pub hello: Option<McuHello>,
    /// To be sent.
    pub status: Option<Status>,
    /// When to call again at the latest.
    pub next_wake: Mono,
}

/// The level of every actuator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actuators {
    /// The line that stops all power modules.
    pub inhibit: InhibitLine,
    /// Each coil.
    pub coils: Vec<CoilLevel, MAX_CONTACTORS>,
    /// Each connector's own.
    pub connectors: Vec<ConnectorLevel, MAX_CONNECTORS>,
}

/// One contactor's coil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoilLevel {
    /// Which.
    pub contactor: ContactorId,
    /// Its level.
    pub coil: Coil,
}

/// Whether a coil pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coil {
    /// The contactor is to be open.
    Released,
    /// The contactor is to be closed.
    Energised,
}

/// One connector's actuators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectorLevel {
    /// Which.
    pub connector: ConnectorId,
    /// The control pilot.
    pub pilot: PilotOutput,
    /// The lock; `None` until told: it stays where the last run left it.
    pub lock: Option<LockCommand>,
    /// Whether the isolation is to be measured for a test.
    pub isolation: IsolationTest,
}

//! The controller's state: everything that a screen shows.

use serde::{Deserialize, Serialize};
use units::{
    BootId, ChainId, ConnectorId, ContactorId, DeciCelsius, IdTag, Milliamps, Millivolts, ModuleId, Mono, Percent,
    PlugInEpoch, SessionId, V2gEpoch, Wall, Watts,
};
use utoipa::ToSchema;

use crate::{
    chain::ConnectorHealth,
    command::{StopReason, Verdict},
    fault::Fault,
    link::{Isolation, Protocol, VehicleLimits},
    session::AuthorisedBy,
};

/// `GET /v1/state`, and each `state` event of `GET /v1/events`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ControllerState {
    /// Steps at every change that is told.
    pub rev: u64,
    /// When it was so.
    pub at: Mono,
    /// The wall clock then.
    pub wall: Wall,
    /// Which boot `at` belongs to.
    pub boot_id: BootId,
    /// The daemon's version.
    pub version: String,
    /// The version of the accepted configuration.
    pub config_version: u64,
    /// What of it is not in force yet, and the connector that it waits for.
    #[serde(default)]
    pub config_waiting: Vec<ConfigWaiting>,
    /// The site.
    pub site: Site,
    /// The MCU.
    pub mcu: Mcu,
    /// The PLC chains.
    pub chains: Vec<Chain>,
    /// The connectors.
    pub connectors: Vec<Connector>,
    /// The power modules.
    pub modules: Vec<Module>,
    /// The bus ties.
    #[serde(default)]
    pub ties: Vec<Tie>,
    /// Active faults, worst first.
    pub faults: Vec<Fault>,
    /// What came in and was thrown away.
    pub dropped: Dropped,
}

/// A change of the configuration that waits for a connector to be free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigWaiting {
    /// JSON pointer of the field; of the list, for an entry that is to go.
    pub pointer: String,
    /// The connector.
    pub connector: ConnectorId,
}

/// The site as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// The grid cap in force.
    pub limit: Watts,
    /// What the connectors draw together.
    pub drawn: Watts,
    /// What the planner has given out.
    pub assigned: Watts,
}

/// The real-time controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mcu {
    /// Whether it is heard.
    pub link: Link,
    /// Its protocol version, once heard.
    pub version: Option<u32>,
    /// Whether the emergency stop is pressed.
    pub emergency_stop: bool,
    /// What is left of the contactor lease, in ms.
    pub lease_remaining_ms: Option<u32>,
    /// Whether the modules are allowed to run by the MCU's line.
    pub modules_inhibited: bool,
}

/// Whether something is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// It is.
    pub up: bool,
    /// Since when it is so.
    pub since: Mono,
}

/// One PLC chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Chain {
    /// Its name.
    pub id: ChainId,
    /// Whether its process is connected.
    pub link: Link,
    /// Its power cap.
    pub power_cap: Watts,
    /// What its connectors draw.
    pub drawn: Watts,
    /// The power line of each connector, as its process last said.
    pub health: Vec<ConnectorHealth>,
}

/// Where a connector is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing plugged in.
    #[default]
    Available,
    /// Plugged in; SLAC under way.
    Matching,
    /// The line is up; waiting for the car's session or for authorisation.
    Authorising,
    /// Authorised; the car exchanges its parameters.
    Preparing,
    /// Cable check with isolation test.
    CableCheck,
    /// Precharge to the car's voltage.
    PreCharge,
    /// Energy flows, or may flow.
    Charging,
    /// The current is being taken down.
    Stopping,
    /// Contactors open; welding check.
    WeldingCheck,
    /// Ended; waiting to be unplugged.
    Finishing,
    /// A latched fault.
    Faulted,
    /// Not in service: a part is missing.
    Unavailable,
}

/// One connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Connector {
    /// Which.
    pub id: ConnectorId,
    /// On which chain.
    pub chain: ChainId,
    /// The EVSEID told to cars.
    pub evse_id: String,
    /// Where it is in its life.
    pub phase: Phase,
    /// Since when.
    pub since: Mono,
    /// The control pilot.
    pub pilot: Pilot,
    /// Counts plug-ins.
    pub plug_in_epoch: PlugInEpoch,
    /// The V2G session, if one runs.
    pub v2g_epoch: Option<V2gEpoch>,
    /// Measured at the connector.
    pub present: Present,
    /// The connector's contacts.
    pub temperature: Option<DeciCelsius>,
    /// The car, if one speaks.
    pub vehicle: Option<Vehicle>,
    /// Who may charge.
    pub authorisation: Authorisation,
    /// The running session.
    pub session: Option<RunningSession>,
    /// The planner's word.
    pub allocation: Allocation,
    /// The contactors that connect it.
    pub contactors: Vec<Contactor>,
    /// What carries its power.
    #[serde(default)]
    pub carried_by: Carriers,
    /// The insulation.
    pub isolation: Isolation,
    /// Whether the plug is locked.
    pub locked: bool,
    /// Why the last session ended.
    pub last_stop: Option<StopReason>,
}

/// The control pilot's state (IEC 61851-1 table A.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Pilot {
    /// Not known.
    #[default]
    Unknown,
    /// No car.
    A,
    /// Car, not ready.
    B,
    /// Car ready.
    C,
    /// Car ready, ventilation asked for.
    D,
    /// Error: pilot at 0 V.
    E,
    /// Error: pilot at -12 V.
    F,
}

/// What is measured at a connector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Present {
    /// Voltage.
    pub voltage: Millivolts,
    /// Current to the car.
    pub current: Milliamps,
    /// Power to the car.
    pub power: Watts,
    /// When it was measured; `None` if never.
    pub at: Option<Mono>,
}

/// The car.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Vehicle {
    /// Which protocol it speaks.
    pub protocol: Protocol,
    /// Its EVCCID.
    pub evcc_id: String,
    /// Its state of charge.
    pub soc: Option<Percent>,
    /// Its limits.
    pub limits: VehicleLimits,
    /// The voltage it asks for.
    pub target_voltage: Option<Millivolts>,
    /// The current it asks for.
    pub target_current: Option<Milliamps>,
}

/// Who may charge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Authorisation {
    /// Nobody has asked.
    #[default]
    None,
    /// A tag was presented; an authority is to answer under this request id.
    Pending {
        /// To be named in the answer.
        request_id: String,
        /// Whose.
        id_tag: IdTag,
    },
    /// May charge.
    Granted {
        /// Who.
        id_tag: IdTag,
        /// On whose word.
        #[serde(default)]
        by: AuthorisedBy,
    },
    /// May not.
    Refused {
        /// Who.
        id_tag: IdTag,
        /// Why.
        verdict: Verdict,
    },
}

/// The running session, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningSession {
    /// Its id.
    pub id: SessionId,
    /// When it started.
    pub started: Mono,
    /// The same on the wall.
    pub started_wall: Wall,
    /// Energy so far, in Wh.
    pub energy_wh: u64,
}

/// The planner's word for a connector, and what bound it (PLN-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Allocation {
    /// What the car asks for.
    pub requested: Watts,
    /// What the connector could carry.
    pub offered: Watts,
    /// What the caps leave it.
    pub allowed: Watts,
    /// What the modules were told.
    pub assigned: Watts,
    /// The constraint that set `allowed`.
    pub bound_by: Option<Constraint>,
}

/// What carries a connector's power.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Carriers {
    /// The modules that deliver it, or were told to.
    pub modules: Vec<ModuleId>,
    /// The contactors of the ties that lead to them.
    pub ties: Vec<ContactorId>,
}

/// A bus tie between the slots of two connectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tie {
    /// Its configured name.
    pub id: String,
    /// Its contactor.
    pub contactor: ContactorId,
    /// The connectors whose slots it joins.
    pub between: [ConnectorId; 2],
    /// Whether the MCU is asked to close it.
    pub asked_closed: bool,
    /// What its mirror contact says.
    pub feedback: ContactorFeedback,
    /// Through it; `None` if nobody measures.
    pub current: Option<Milliamps>,
    /// Whether it does what it is asked.
    pub health: TieHealth,
}

/// Whether a tie does what it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TieHealth {
    /// It does.
    #[default]
    Good,
    /// It does not close: power goes other ways.
    DoesNotClose,
    /// It does not open: its two slots are one.
    DoesNotOpen,
}

/// A constraint of the planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// The site's grid cap.
    Site,
    /// An OCPP charging profile.
    Ocpp,
    /// The chain's power cap.
    Chain,
    /// The cable's or connector's rating.
    Cable,
    /// The modules that are there.
    Modules,
    /// The car itself.
    Vehicle,
    /// Heat.
    Derating,
}

/// One contactor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contactor {
    /// Which.
    pub id: ContactorId,
    /// What it is asked to be closed for.
    pub asked: Purpose,
    /// What the MCU has granted.
    pub granted: Purpose,
    /// What its mirror contact says.
    pub feedback: ContactorFeedback,
    /// Whether each gate of the MCU stands on a sensor of its own.
    pub verified: bool,
}

/// What a contactor is closed for (D5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Open.
    #[default]
    Open,
    /// Isolation test and cable check.
    TestClose,
    /// Energy.
    Energy,
}

/// What a contactor's mirror contact says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactorFeedback {
    /// Not known.
    #[default]
    Unknown,
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// Closed although commanded open.
    Welded,
}

/// One power module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Module {
    /// Its configured name.
    pub id: ModuleId,
    /// Its driver.
    pub driver: String,
    /// Its serial number, if it said.
    pub serial: Option<String>,
    /// Whether it is heard.
    pub link: Link,
    /// Which connector it feeds.
    pub connector: Option<ConnectorId>,
    /// Measured output voltage.
    pub voltage: Millivolts,
    /// Measured output current.
    pub current: Milliamps,
    /// The voltage it was told.
    pub set_voltage: Millivolts,
    /// The current it was told.
    pub set_current: Milliamps,
    /// Whether its output is on.
    pub on: bool,
    /// Its own faults, in the driver's words.
    pub faults: Vec<String>,
}

/// Counts of what came in and was thrown away, by wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dropped {
    /// CAN frames.
    pub can: u64,
    /// MCU frames.
    pub mcu: u64,
    /// Modbus answers.
    pub modbus: u64,
    /// RFID lines.
    pub rfid: u64,
    /// Messages of a chain's link.
    pub link: u64,
    /// HTTP bodies.
    pub http: u64,
}

//! The tree itself. Every field says its unit, its range (checked in [`check`](crate::check)) and when a change applies:
//! `now`, or `next session` of the connectors that it concerns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use units::{ChainId, ConnectorId, ContactorId, Milliamps, Millivolts, ModuleId, Watts};

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The site that the cabinet stands on.
    pub site: Site,
    /// The power planner.
    #[serde(default)]
    pub planner: Planner,
    /// The real-time controller.
    pub mcu: Mcu,
    /// CAN buses.
    #[serde(default)]
    pub can: Vec<Can>,
    /// PLC chains.
    pub chains: Vec<Chain>,
    /// Connectors.
    pub connectors: Vec<Connector>,
    /// Power modules.
    pub modules: Vec<Module>,
    /// DC meters.
    pub meters: Vec<Meter>,
    /// Isolation monitors.
    #[serde(default)]
    pub isolation: Vec<Isolation>,
    /// The card reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rfid: Option<Rfid>,
    /// Who may charge.
    #[serde(default)]
    pub authorisation: Authorisation,
    /// The back end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocpp: Option<Ocpp>,
}

/// The site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// What people call it.
    #[schemars(extend("x-apply" = "now"))]
    pub name: String,
    /// The contracted grid cap, in W (0 to 10,000,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "W"), range(min = 0, max = 10_000_000))]
    pub limit_w: i64,
}

impl Site {
    /// The grid cap.
    pub const fn limit(&self) -> Watts {
        Watts(self.limit_w)
    }
}

/// The power planner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Planner {
    /// How fast current may rise, in A/s (1 to 1,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "A/s"), range(min = 1, max = 1_000))]
    pub ramp_a_per_s: i64,
    /// Efficiency between the grid and the car, in percent (50 to 100): what the car gets of what the site gives.
    #[schemars(extend("x-apply" = "now", "x-unit" = "%"), range(min = 50, max = 100))]
    pub efficiency_percent: u8,
}

impl Default for Planner {
    fn default() -> Self {
        Self { ramp_a_per_s: 100, efficiency_percent: 95 }
    }
}

/// The real-time controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mcu {
    /// Its serial line.
    #[schemars(extend("x-apply" = "next session"))]
    pub port: String,
    /// How long the contactors stay closed when Linux is silent, in ms (500 to 1,500).
    #[serde(default = "Mcu::default_lease")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "ms"), range(min = 500, max = 1_500))]
    pub lease_ms: u16,
}

impl Mcu {
    const fn default_lease() -> u16 {
        1_500
    }
}

/// A CAN bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Can {
    /// Its name in this file.
    pub id: String,
    /// How it is reached.
    #[serde(default)]
    pub transport: CanTransport,
    /// The network interface (`socketcan`) or the path of the Unix socket (`virtual`).
    #[schemars(extend("x-apply" = "next session"))]
    pub interface: String,
}

/// How a CAN bus is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CanTransport {
    /// The kernel's.
    #[default]
    Socketcan,
    /// A Unix socket that carries one frame a packet, for machines without CAN.
    Virtual,
}

/// A PLC chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Its name.
    pub id: ChainId,
    /// How its modems are reached.
    #[serde(default)]
    pub transport: ChainTransport,
    /// What its connectors may draw together, in W (0 to 10,000,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "W"), range(min = 0, max = 10_000_000))]
    pub power_cap_w: i64,
}

impl Chain {
    /// The chain's cap.
    pub const fn power_cap(&self) -> Watts {
        Watts(self.power_cap_w)
    }
}

/// How a chain's modems are reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChainTransport {
    /// Each modem is a network device; a `plc` process speaks to the car.
    #[default]
    Ethernet,
}

/// A connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Its number, 1 to 8; also its OCPP connector id.
    pub id: ConnectorId,
    /// The chain that it belongs to.
    pub chain: ChainId,
    /// The network interface of its modem.
    #[schemars(extend("x-apply" = "next session"))]
    pub interface: String,
    /// The EVSEID told to cars: 7 to 37 of A-Z, 0-9, `*`.
    #[schemars(extend("x-apply" = "next session"))]
    pub evse_id: String,
    /// The contactor that connects it.
    pub contactor: ContactorId,
    /// The power modules that feed it.
    #[schemars(extend("x-apply" = "next session"))]
    pub modules: Vec<ModuleId>,
    /// Its meter.
    #[schemars(extend("x-apply" = "next session"))]
    pub meter: String,
    /// Its isolation monitor; the MCU's own without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "next session"))]
    pub isolation: Option<String>,
    /// Highest voltage of cable and inlet, in V (150 to 1,500).
    #[schemars(extend("x-apply" = "next session", "x-unit" = "V"), range(min = 150, max = 1_500))]
    pub max_voltage_v: i64,
    /// Highest current of the cable, in A (1 to 1,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "A"), range(min = 1, max = 1_000))]
    pub max_current_a: i64,
    /// Highest power of the connector, in W (1,000 to 1,500,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "W"), range(min = 1_000, max = 1_500_000))]
    pub max_power_w: i64,
}

impl Connector {
    /// Highest voltage.
    pub const fn max_voltage(&self) -> Millivolts {
        Millivolts::from_volts(self.max_voltage_v)
    }

    /// Highest current.
    pub const fn max_current(&self) -> Milliamps {
        Milliamps::from_amps(self.max_current_a)
    }

    /// Highest power.
    pub const fn max_power(&self) -> Watts {
        Watts(self.max_power_w)
    }
}

/// A power module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Its name.
    pub id: ModuleId,
    /// Its protocol.
    pub driver: ModuleDriver,
    /// Its CAN bus.
    pub can: String,
    /// Its address on the bus (0 to 59).
    #[schemars(range(min = 0, max = 59))]
    pub address: u8,
    /// Its rated power, in W (1,000 to 100,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "W"), range(min = 1_000, max = 100_000))]
    pub max_power_w: i64,
    /// Its rated current, in A (1 to 500).
    #[schemars(extend("x-apply" = "now", "x-unit" = "A"), range(min = 1, max = 500))]
    pub max_current_a: i64,
    /// Its lowest output voltage, in V (50 to 500).
    #[serde(default = "Module::default_min_voltage")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "V"), range(min = 50, max = 500))]
    pub min_voltage_v: i64,
    /// Its highest output voltage, in V (200 to 1,500).
    #[serde(default = "Module::default_max_voltage")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "V"), range(min = 200, max = 1_500))]
    pub max_voltage_v: i64,
}

impl Module {
    const fn default_min_voltage() -> i64 {
        150
    }

    const fn default_max_voltage() -> i64 {
        1_000
    }

    /// Rated power.
    pub const fn max_power(&self) -> Watts {
        Watts(self.max_power_w)
    }

    /// Rated current.
    pub const fn max_current(&self) -> Milliamps {
        Milliamps::from_amps(self.max_current_a)
    }
}

/// A power module's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModuleDriver {
    /// InfyPower V1.13 (REG, CEG, LRG).
    Infypower,
}

/// A DC meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// Its name.
    pub id: String,
    /// Its protocol.
    pub driver: MeterDriver,
    /// Its serial line.
    pub port: String,
    /// Its Modbus address (1 to 247).
    #[schemars(range(min = 1, max = 247))]
    pub address: u8,
    /// The power of ten, in Wh, of one digit of its energy register (-3 to 6).
    #[serde(default = "Meter::default_exponent")]
    #[schemars(range(min = -3, max = 6))]
    pub energy_exponent: i8,
}

impl Meter {
    const fn default_exponent() -> i8 {
        1
    }
}

/// A meter's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MeterDriver {
    /// Acrel DJSF1352-RN over Modbus RTU.
    #[serde(rename = "acrel-djsf1352")]
    AcrelDjsf1352,
}

/// An isolation monitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Isolation {
    /// Its name.
    pub id: String,
    /// Its protocol.
    pub driver: IsolationDriver,
    /// Its serial line.
    pub port: String,
    /// Its Modbus address (1 to 247).
    #[schemars(range(min = 1, max = 247))]
    pub address: u8,
}

/// An isolation monitor's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum IsolationDriver {
    /// Bender isoCHA425HV over Modbus RTU.
    #[serde(rename = "bender-isocha425")]
    BenderIsocha425,
}

/// The card reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rfid {
    /// Its serial line.
    pub port: String,
}

/// Who may charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Authorisation {
    /// How somebody gets in.
    #[schemars(extend("x-apply" = "now"))]
    pub mode: AuthorisationMode,
    /// How long the CSMS may take to answer, in s (1 to 300).
    #[schemars(extend("x-apply" = "now", "x-unit" = "s"), range(min = 1, max = 300))]
    pub timeout_s: u16,
    /// How long a card presented before the plug stays good, in s (5 to 600).
    #[schemars(extend("x-apply" = "now", "x-unit" = "s"), range(min = 5, max = 600))]
    pub plug_in_timeout_s: u16,
    /// Tags that need no CSMS.
    #[schemars(extend("x-apply" = "now", "x-secret" = true))]
    pub local_tags: Vec<units::IdTag>,
}

impl Default for Authorisation {
    fn default() -> Self {
        Self { mode: AuthorisationMode::Rfid, timeout_s: 30, plug_in_timeout_s: 60, local_tags: Vec::new() }
    }
}

/// How somebody gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthorisationMode {
    /// A card, or the CSMS's remote start; the CSMS or the local list answers.
    Rfid,
    /// Anybody.
    Free,
}

/// The back end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ocpp {
    /// Its URL, `ws://` or `wss://`, without the charge-point id.
    #[schemars(extend("x-apply" = "now"))]
    pub url: String,
    /// How this charger is known there: 1 to 48 of letters, digits, `-`, `_`, `.`, `*`, `|`, `=`, `@`, `+`.
    #[schemars(extend("x-apply" = "now"))]
    pub charge_point_id: String,
    /// Which protocol.
    #[serde(default)]
    #[schemars(extend("x-apply" = "now"))]
    pub version: OcppVersion,
    /// The file that holds the password for HTTP basic authentication; none without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now"))]
    pub password_file: Option<String>,
    /// How often a running session's meter is reported, in s (5 to 3,600).
    #[serde(default = "Ocpp::default_interval")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "s"), range(min = 5, max = 3_600))]
    pub meter_interval_s: u16,
}

impl Ocpp {
    const fn default_interval() -> u16 {
        15
    }
}

/// An OCPP version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OcppVersion {
    /// OCPP 1.6J.
    #[default]
    #[serde(rename = "1.6")]
    V16,
}

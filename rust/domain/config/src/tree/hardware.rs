//! What stands in the cabinet: the MCU, buses, power modules, meters, monitors, the card reader.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use units::{Milliamps, ModuleId, Watts};

/// The real-time controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mcu {
    /// Its serial line.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub port: String,
    /// How long the contactors stay closed when Linux is silent, in ms (500 to 1,500).
    #[serde(default = "Mcu::default_lease")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "ms", "x-role" = "oem"), range(min = 500, max = 1_500))]
    pub lease_ms: u16,
    /// After how long without its status the MCU is silent and charges end, in ms (300 to 1,500). It speaks every 100 ms.
    #[serde(default = "Mcu::default_silence")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "ms", "x-role" = "oem"), range(min = 300, max = 1_500))]
    pub silence_ms: u16,
}

impl Mcu {
    const fn default_lease() -> u16 {
        1_500
    }

    const fn default_silence() -> u16 {
        500
    }

    /// After how long without its status the MCU is silent.
    #[must_use]
    pub fn silence(&self) -> Duration {
        Duration::from_millis(u64::from(self.silence_ms))
    }
}

/// A CAN bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Can {
    /// Its name in this file.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub id: String,
    /// How it is reached.
    #[serde(default)]
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub transport: CanTransport,
    /// The network interface (`socketcan`) or the path of the Unix socket (`virtual`).
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
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

/// A power module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Its name.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub id: ModuleId,
    /// Its protocol.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub driver: ModuleDriver,
    /// Its CAN bus.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub can: String,
    /// Its address on the bus (0 to 59).
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"), range(min = 0, max = 59))]
    pub address: u8,
    /// Its rated power, in W (1,000 to 100,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "W", "x-role" = "oem"), range(min = 1_000, max = 100_000))]
    pub max_power_w: i64,
    /// Its rated current, in A (1 to 500).
    #[schemars(extend("x-apply" = "now", "x-unit" = "A", "x-role" = "oem"), range(min = 1, max = 500))]
    pub max_current_a: i64,
    /// Its lowest output voltage, in V (50 to 500).
    #[serde(default = "Module::default_min_voltage")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "V", "x-role" = "oem"), range(min = 50, max = 500))]
    pub min_voltage_v: i64,
    /// Its highest output voltage, in V (200 to 1,500).
    #[serde(default = "Module::default_max_voltage")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "V", "x-role" = "oem"), range(min = 200, max = 1_500))]
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
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub id: String,
    /// Its protocol.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub driver: MeterDriver,
    /// Its serial line.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub port: String,
    /// Its Modbus address (1 to 247).
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"), range(min = 1, max = 247))]
    pub address: u8,
    /// The power of ten, in Wh, of one digit of its energy register (-3 to 6).
    #[serde(default = "Meter::default_exponent")]
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"), range(min = -3, max = 6))]
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

impl MeterDriver {
    /// Who makes the meter, and which one of theirs it is.
    pub const fn make(self) -> (&'static str, &'static str) {
        match self {
            Self::AcrelDjsf1352 => ("Acrel", "DJSF1352-RN"),
        }
    }
}

/// An isolation monitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Isolation {
    /// Its name.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub id: String,
    /// Its protocol.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub driver: IsolationDriver,
    /// Its serial line.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub port: String,
    /// Its Modbus address (1 to 247).
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"), range(min = 1, max = 247))]
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
    #[schemars(extend("x-apply" = "now", "x-role" = "service"))]
    pub port: String,
}

//! PLC chains, connectors and the ties between them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use units::{ChainId, ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, ModuleId, Watts};

/// A PLC chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Its name.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub id: ChainId,
    /// How its modems are reached.
    #[serde(default)]
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub transport: ChainTransport,
    /// What its connectors may draw together, in W (0 to 10,000,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "W", "x-role" = "operator"), range(min = 0, max = 10_000_000))]
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
    /// Its number, 1 to 32; also its OCPP connector id.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub id: ConnectorId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub label: Option<String>,
    /// The chain that it belongs to.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub chain: ChainId,
    /// The network interface of its modem.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub interface: String,
    /// The EVSEID told to cars: 7 to 37 of A-Z, 0-9, `*`.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub evse_id: String,
    /// The contactor that connects it.
    #[schemars(extend("x-apply" = "next session", "x-role" = "oem"))]
    pub contactor: ContactorId,
    /// The power modules of its slot. None, if a tie leads to a neighbour's.
    #[serde(default)]
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub modules: Vec<ModuleId>,
    /// Its meter.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub meter: String,
    /// Its isolation monitor; the MCU's own without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub isolation: Option<String>,
    /// Highest voltage of cable and inlet, in V (150 to 1,500).
    #[schemars(extend("x-apply" = "next session", "x-unit" = "V", "x-role" = "oem"), range(min = 150, max = 1_500))]
    pub max_voltage_v: i64,
    /// Highest current of the cable, in A (1 to 1,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "A", "x-role" = "oem"), range(min = 1, max = 1_000))]
    pub max_current_a: i64,
    /// Highest power of the connector, in W (1,000 to 1,500,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "W", "x-role" = "service"), range(min = 1_000, max = 1_500_000))]
    pub max_power_w: i64,
    /// Its share when power is short, against the others' (0 to 9): a connector of 1 gets twice what one of 0 gets.
    #[serde(default)]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"), range(min = 0, max = 9))]
    pub priority: u8,
    /// From this temperature of its contacts on it gives less, in °C (40 to 120).
    #[serde(default = "Connector::default_derate_start")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "°C", "x-role" = "oem"), range(min = 40, max = 120))]
    pub derate_start_c: i32,
    /// At this temperature it gives nothing any more, in °C (41 to 130).
    #[serde(default = "Connector::default_derate_stop")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "°C", "x-role" = "oem"), range(min = 41, max = 130))]
    pub derate_stop_c: i32,
}

impl Connector {
    const fn default_derate_start() -> i32 {
        80
    }

    const fn default_derate_stop() -> i32 {
        90
    }

    /// From here on it gives less.
    pub const fn derate_start(&self) -> DeciCelsius {
        DeciCelsius(self.derate_start_c * 10)
    }

    /// Here it gives nothing any more.
    pub const fn derate_stop(&self) -> DeciCelsius {
        DeciCelsius(self.derate_stop_c * 10)
    }

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

/// A bus tie: a contactor that joins the buses of two slots. A slot is a connector with its home modules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tie {
    /// Its name.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub id: String,
    /// Its contactor.
    #[schemars(extend("x-apply" = "next session", "x-role" = "oem"))]
    pub contactor: ContactorId,
    /// The connectors of the two slots.
    #[schemars(extend("x-apply" = "next session", "x-role" = "service"))]
    pub between: [ConnectorId; 2],
}

impl Tie {
    /// Whether it ends at this connector's slot.
    pub fn touches(&self, connector: ConnectorId) -> bool {
        self.between.contains(&connector)
    }
}

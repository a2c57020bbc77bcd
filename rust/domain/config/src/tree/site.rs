//! The site and its power planner.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use units::{Milliamps, Millivolts, Watts};

/// The site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// What people call it.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub name: String,
    /// The contracted grid cap, in W (0 to 10,000,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "W", "x-role" = "operator"), range(min = 0, max = 10_000_000))]
    pub limit_w: i64,
    /// What the building beside the charger draws, in W (0 to 10,000,000): taken from the grid cap as long as nobody measures it.
    #[serde(default)]
    #[schemars(extend("x-apply" = "now", "x-unit" = "W", "x-role" = "operator"), range(min = 0, max = 10_000_000))]
    pub building_load_w: i64,
}

impl Site {
    /// The grid cap.
    pub const fn limit(&self) -> Watts {
        Watts(self.limit_w)
    }

    /// What the building is taken to draw.
    pub const fn building_load(&self) -> Watts {
        Watts(self.building_load_w)
    }
}

/// The power planner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Planner {
    /// How fast current may rise, in A/s (1 to 1,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "A/s", "x-role" = "service"), range(min = 1, max = 1_000))]
    pub ramp_a_per_s: i64,
    /// Efficiency between the grid and the car, in percent (50 to 100): what the car gets of what the site gives.
    #[schemars(extend("x-apply" = "now", "x-unit" = "%", "x-role" = "oem"), range(min = 50, max = 100))]
    pub efficiency_percent: u8,
    /// Whether an idle slot lends its modules to a busy neighbour over the ties.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub borrowing: bool,
    /// How long a module stays with a connector before it may go to another one, in ms (0 to 600,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "ms", "x-role" = "service"), range(min = 0, max = 600_000))]
    pub min_module_hold_ms: u32,
    /// How long a budget holds that nobody renews, in ms (500 to 60,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "ms", "x-role" = "service"), range(min = 500, max = 60_000))]
    pub budget_ms: u32,
    /// The most current under which a tie is switched, in A (0 to 5).
    #[schemars(extend("x-apply" = "now", "x-unit" = "A", "x-role" = "service"), range(min = 0, max = 5))]
    pub switch_max_current_a: i64,
    /// How far the two sides of a tie may lie apart when it closes, in V (1 to 50).
    #[schemars(extend("x-apply" = "now", "x-unit" = "V", "x-role" = "service"), range(min = 1, max = 50))]
    pub tie_close_max_delta_v: i64,
    /// How long the conditions for switching a tie must have held, in ms (0 to 5,000).
    #[schemars(extend("x-apply" = "now", "x-unit" = "ms", "x-role" = "service"), range(min = 0, max = 5_000))]
    pub switch_stable_ms: u32,
}

impl Planner {
    /// The most current under which a tie is switched.
    pub const fn switch_max_current(&self) -> Milliamps {
        Milliamps::from_amps(self.switch_max_current_a)
    }

    /// How far the two sides of a tie may lie apart when it closes.
    pub const fn tie_close_max_delta(&self) -> Millivolts {
        Millivolts::from_volts(self.tie_close_max_delta_v)
    }

    /// How long a module stays with a connector.
    pub const fn min_module_hold(&self) -> Duration {
        Duration::from_millis(self.min_module_hold_ms as u64)
    }

    /// How long a budget holds that nobody renews.
    pub const fn budget(&self) -> Duration {
        Duration::from_millis(self.budget_ms as u64)
    }

    /// How long the conditions for switching a tie must have held.
    pub const fn switch_stable(&self) -> Duration {
        Duration::from_millis(self.switch_stable_ms as u64)
    }
}

impl Default for Planner {
    fn default() -> Self {
        Self {
            ramp_a_per_s: 100,
            efficiency_percent: 95,
            borrowing: false,
            min_module_hold_ms: 10_000,
            budget_ms: 2_000,
            switch_max_current_a: 2,
            tie_close_max_delta_v: 20,
            switch_stable_ms: 200,
        }
    }
}

//! Which versions the unit takes, from where and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which versions the unit takes, from where and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Updates {
    /// Where new versions are announced, `https://`; nobody is asked without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "oem", "format" = "uri"))]
    pub channel_url: Option<String>,
    /// The one version that this unit takes, such as `1.4.2`; any without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "service"))]
    pub pin: Option<String>,
    /// The version below which it never goes back; any without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "oem"))]
    pub floor: Option<String>,
    /// How often the channel is asked, in h (1 to 720).
    #[schemars(extend("x-apply" = "now", "x-unit" = "h", "x-role" = "operator"), range(min = 1, max = 720))]
    pub check_interval_hours: u16,
    /// When new versions are installed by themselves, if nobody charges; only when somebody asks without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<UpdateWindow>,
}

impl Default for Updates {
    fn default() -> Self {
        Self { channel_url: None, pin: None, floor: None, check_interval_hours: 24, window: None }
    }
}

/// A part of each day; it may span midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateWindow {
    /// From when on, as `HH:MM` in UTC.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub from: String,
    /// Until when, as `HH:MM` in UTC.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub until: String,
}

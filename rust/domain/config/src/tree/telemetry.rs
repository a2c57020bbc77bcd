//! Measured values for an edge platform, over MQTT.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Measured values for an edge platform, over MQTT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// Whether they are sent.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub enabled: bool,
    /// The broker: `mqtts://HOST[:PORT]`, or `mqtt://` without encryption.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "format" = "uri"))]
    pub url: Option<String>,
    /// What every topic begins with: 1 to 128 characters without `+`, `#` and blanks.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub topic_prefix: String,
    /// How often a connector's values are sent, in s (1 to 3,600).
    #[schemars(extend("x-apply" = "now", "x-unit" = "s", "x-role" = "operator"), range(min = 1, max = 3_600))]
    pub interval_s: u16,
    /// How much is kept on disk while the broker is away, in MiB (1 to 1,024); the oldest goes first.
    #[schemars(extend("x-apply" = "now", "x-unit" = "MiB", "x-role" = "service"), range(min = 1, max = 1_024))]
    pub buffer_mib: u16,
    /// Who we are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub username: Option<String>,
    /// The file that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "x-secret" = "file"))]
    pub password_file: Option<String>,
    /// The file of the certificates that the broker is checked by; the system's own without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub ca_file: Option<String>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            enabled: false,
            url: None,
            topic_prefix: "joulepoint".to_owned(),
            interval_s: 10,
            buffer_mib: 64,
            username: None,
            password_file: None,
            ca_file: None,
        }
    }
}

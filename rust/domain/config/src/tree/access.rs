//! Who may charge, and the back end that is told of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who may charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Authorisation {
    /// How somebody gets in.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub mode: AuthorisationMode,
    /// How long the CSMS may take to answer, in s (1 to 300).
    #[schemars(extend("x-apply" = "now", "x-unit" = "s", "x-role" = "operator"), range(min = 1, max = 300))]
    pub timeout_s: u16,
    /// How long a card presented before the plug stays good, in s (5 to 600).
    #[schemars(extend("x-apply" = "now", "x-unit" = "s", "x-role" = "operator"), range(min = 5, max = 600))]
    pub plug_in_timeout_s: u16,
    /// Whether the CSMS's answers are remembered for when it is away.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub cache: bool,
    /// How long they are remembered, in h (1 to 8,760).
    #[schemars(extend("x-apply" = "now", "x-unit" = "h", "x-role" = "operator"), range(min = 1, max = 8_760))]
    pub cache_hours: u16,
    /// Whether a car may be known by the identifier that it gives (Autocharge). Anybody can copy one: off unless wanted.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub autocharge: bool,
    /// Who may charge while the CSMS is away.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub offline: Offline,
    /// Tags that need no CSMS.
    #[schemars(extend("x-apply" = "now", "x-secret" = true, "x-role" = "operator"))]
    pub local_tags: Vec<units::IdTag>,
}

impl Default for Authorisation {
    fn default() -> Self {
        Self {
            mode: AuthorisationMode::Rfid,
            timeout_s: 30,
            plug_in_timeout_s: 60,
            cache: true,
            cache_hours: 720,
            autocharge: false,
            offline: Offline::default(),
            local_tags: Vec::new(),
        }
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

/// Who may charge while the CSMS is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Offline {
    /// Who stands in the local list or was accepted not long ago.
    #[default]
    LocalListAndCache,
    /// Nobody.
    Refuse,
    /// Everybody but those who are known to be refused.
    Accept,
}

/// The back end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ocpp {
    /// Its URL, `ws://` or `wss://`, without the charge-point id.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub url: String,
    /// How this charger is known there: 1 to 48 of letters, digits, `-`, `_`, `.`, `*`, `|`, `=`, `@`, `+`.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub charge_point_id: String,
    /// Which protocol.
    #[serde(default)]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub version: OcppVersion,
    /// The file that holds the password for HTTP basic authentication; none without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub password_file: Option<String>,
    /// How often a running session's meter is reported, in s (5 to 3,600).
    #[serde(default = "Ocpp::default_interval")]
    #[schemars(extend("x-apply" = "now", "x-unit" = "s", "x-role" = "operator"), range(min = 5, max = 3_600))]
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

/// Signed records of sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ocmf {
    /// Whether the controller signs for meters that do not.
    #[schemars(extend("x-apply" = "next session", "x-role" = "oem"))]
    pub signing: OcmfSigning,
}

/// Whether the controller signs for meters that do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OcmfSigning {
    /// It does, with the TPM's key where there is one.
    #[default]
    Auto,
    /// It does not.
    Off,
}

//! The remote tunnel: off on delivery.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The remote tunnel (Tailscale).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tunnel {
    /// Whether it is up. The charger works fully without it.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub enabled: bool,
    /// The control server, `https://`, for those who run their own; Tailscale's without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "format" = "uri"))]
    pub control_url: Option<String>,
    /// The charger's name there: 1 to 63 of a-z, 0-9 and `-`; the machine's without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub hostname: Option<String>,
    /// The tags that it joins with, such as `tag:charger`. At most 8.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "maxItems" = 8))]
    pub advertise_tags: Vec<String>,
    /// The local networks that it leads to, such as `192.0.2.0/24`. At most 8.
    #[schemars(extend("x-apply" = "now", "x-role" = "oem", "maxItems" = 8))]
    pub advertise_routes: Vec<String>,
    /// What is reachable through it. Nothing else is.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub allowed_services: Vec<TunnelService>,
    /// The file that holds the key to join with. The key itself never stands here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "x-secret" = "file"))]
    pub auth_key_file: Option<String>,
}

impl Default for Tunnel {
    fn default() -> Self {
        Self {
            enabled: false,
            control_url: None,
            hostname: None,
            advertise_tags: Vec::new(),
            advertise_routes: Vec::new(),
            allowed_services: vec![TunnelService::Admin],
            auth_key_file: None,
        }
    }
}

/// What may be reachable through the tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TunnelService {
    /// The admin pages.
    Admin,
    /// SSH, for service.
    Ssh,
}

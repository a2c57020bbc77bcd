//! What the machine's network should be told. NetworkManager keeps the connections themselves; these are hints to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hints for the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// The network device that the way out should take; the system chooses without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "service"))]
    pub primary_interface: Option<String>,
    /// The machine's name in the network: 1 to 63 of a-z, 0-9 and `-`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub hostname: Option<String>,
    /// Time servers, by name or address; those that DHCP names and the image's own without any. At most 8.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "maxItems" = 8))]
    pub ntp_servers: Vec<String>,
    /// Name servers, by address; those that DHCP names without any. At most 4.
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "maxItems" = 4))]
    pub dns_servers: Vec<std::net::IpAddr>,
    /// The access point name of the mobile network; the SIM's own without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub apn: Option<String>,
}

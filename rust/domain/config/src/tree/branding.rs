//! Whose charger it is, as the screen shows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose charger it is, as the screen shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Branding {
    /// The operator's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub operator: Option<String>,
    /// Whom a driver calls: digits, blanks, `-`, `/`, `(`, `)`, and `+` in front.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "format" = "tel"))]
    pub support_phone: Option<String>,
    /// Whom a driver writes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "format" = "email"))]
    pub support_email: Option<String>,
    /// The logo: the name of a file that was uploaded, ending in `.svg`, `.png` or `.webp`; the product's own without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub logo: Option<String>,
    /// The logo for the dark look; the same as for the light one without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator"))]
    pub logo_dark: Option<String>,
    /// The colour of buttons and headings, as `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "format" = "color"))]
    pub primary_colour: Option<String>,
    /// The colour of what is to be noticed, as `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-apply" = "now", "x-role" = "operator", "format" = "color"))]
    pub accent_colour: Option<String>,
}

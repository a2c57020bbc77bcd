//! Changing the configuration while it is in force.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{session::Stamp, state::ConfigWaiting};

/// The header in which a daemon that acts for somebody names them, such as `hmi:anna`. Believed from `hmi`, `ocpp`, `system`
/// and root; of anybody else the author is the user of the process.
pub const AUTHOR: &str = "x-joulepoint-author";

/// When a change of a field is felt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Applies {
    /// At once, charges that run included.
    #[serde(rename = "now")]
    Now,
    /// As soon as the connectors that it concerns are free.
    #[serde(rename = "next session")]
    NextSession,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// The JSON pointer of the field.
    pub pointer: String,
    /// What stood there; null if nothing did.
    pub before: Option<Value>,
    /// What stands there now; null if nothing does.
    pub after: Option<Value>,
    /// When it is felt.
    pub applies: Applies,
}

/// A configuration was taken: it is in force and on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// Its version; that of before if nothing changed.
    pub version: u64,
    /// What it changed.
    pub changes: Vec<Change>,
    /// What of all that was accepted so far still waits.
    pub waiting: Vec<ConfigWaiting>,
    /// Where the file went that a hand had edited and that could not be taken; it is in nobody's way there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
}

/// A configuration would be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// What it would change.
    pub changes: Vec<Change>,
}

/// A version that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// Its number: the `ETag` of the configuration.
    pub version: u64,
    /// When it was accepted.
    pub at: Stamp,
    /// By whom: a user, `hmi:USER`, `csms`, or `file` for an edit by hand.
    pub author: String,
    /// What the author had to say.
    pub note: Option<String>,
    /// The JSON pointers of the fields that it changed.
    pub changes: Vec<String>,
}

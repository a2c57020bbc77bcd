//! What must be known of an update after a restart.

use serde::{Deserialize, Serialize};

use crate::wire::firmware::{Ask, Status};

/// An update, as it is kept. An older version may have to read what a newer one wrote (D16): fields are only added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What the CSMS wants.
    pub ask: Ask,
    /// What `system` is told to call it: the CSMS may use its own number twice.
    pub reference: String,
    /// How far it is.
    pub stage: Stage,
    /// What the CSMS is told last.
    #[serde(default)]
    pub said: Option<Status>,
}

/// How far an update is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Stage {
    /// It waits for its time, or for `system`.
    Waiting,
    /// The file is fetched.
    Fetching {
        /// The attempt that was told last.
        attempt: u32,
    },
    /// The file is here, and signed by whom the CSMS named.
    Verified {
        /// The download's id at `system`.
        download: String,
        /// What was judged.
        sha256: String,
    },
    /// `system` has it.
    Installing,
    /// It has ended.
    Over,
}

//! What the planner gave whom, over the last day (PLN-5).

use serde::{Deserialize, Serialize};
use units::{ConnectorId, Watts};
use utoipa::ToSchema;

use crate::{session::Stamp, state::Constraint};

/// A connector's power at an instant. It holds until the connector's next sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PowerSample {
    /// When.
    pub at: Stamp,
    /// Where.
    pub connector: ConnectorId,
    /// What the car asked for.
    pub requested: Watts,
    /// What the connector could carry.
    pub offered: Watts,
    /// What the caps left it.
    pub allowed: Watts,
    /// What the modules were told.
    pub assigned: Watts,
    /// What was measured.
    pub drawn: Watts,
    /// The constraint that set `allowed`.
    pub bound_by: Option<Constraint>,
}

/// An answer to `GET /v1/planner/history`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PowerHistory {
    /// The oldest first.
    pub samples: Vec<PowerSample>,
    /// More stand behind this number: ask with `after`.
    pub next: Option<u64>,
}

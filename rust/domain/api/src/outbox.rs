//! What must arrive: a numbered, append-only list that a reader acknowledges (D13).
//!
//! An event is written in the same transaction as what it tells of. A reader asks for those after the last number that it
//! has committed, and acknowledges; the controller prunes below the slowest reader.

use serde::{Deserialize, Serialize};
use units::{ConnectorId, IdTag, Milliamps, Millivolts, Percent, SessionId, Watts};
use utoipa::ToSchema;

use crate::{
    command::StopReason,
    receipt::Receipt,
    session::{Register, Stamp},
};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Its number: strictly rising, never used twice.
    pub seq: u64,
    /// When it happened.
    pub at: Stamp,
    /// What happened.
    pub body: Body,
}

/// What an event tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A session's row was written.
    SessionStarted {
        /// Which.
        session: SessionId,
        /// Where.
        connector: ConnectorId,
        /// Whose.
        id_tag: IdTag,
        /// The meter at the start.
        meter: Register,
    },
    /// The meter was read during a session.
    MeterValues {
        /// Which session.
        session: SessionId,
        /// Where.
        connector: ConnectorId,
        /// The energy register.
        meter: Register,
        /// Voltage at the connector.
        voltage: Millivolts,
        /// Current to the car.
        current: Milliamps,
        /// Power to the car.
        power: Watts,
        /// The car's state of charge, if it says.
        soc: Option<Percent>,
        /// The register as it is told, in Wh: it goes on where the meter's own does not (D14).
        #[serde(default)]
        reported_wh: Option<u64>,
    },
    /// A session ended.
    SessionStopped {
        /// Which.
        session: SessionId,
        /// Where.
        connector: ConnectorId,
        /// Whose.
        id_tag: IdTag,
        /// The meter at the end.
        meter: Register,
        /// The register as it is told, in Wh.
        #[serde(default)]
        reported_wh: Option<u64>,
        /// Why.
        reason: StopReason,
    },
    /// A session that has ended was signed, by its meter or by the controller.
    SessionSigned {
        /// Where.
        connector: ConnectorId,
        /// The record, and of which session.
        #[serde(flatten)]
        receipt: Receipt,
    },
}

impl Body {
    /// The register as it is told, in Wh: rising within a session, whatever its meter did. Nothing where none is told.
    pub fn reported_wh(&self) -> Option<u64> {
        match self {
            Self::SessionStarted { meter, .. } => Some(meter.floor_wh()),
            Self::MeterValues { meter, reported_wh, .. } | Self::SessionStopped { meter, reported_wh, .. } => {
                Some(reported_wh.unwrap_or_else(|| meter.floor_wh()))
            }
            Self::SessionSigned { .. } => None,
        }
    }
}

/// An answer to `GET /v1/outbox`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page {
    /// In order, at most as many as were asked for; empty when the wait ran out.
    pub events: Vec<Event>,
    /// The newest number there is: how far behind the reader is.
    pub newest: u64,
}

/// A reader has committed everything up to `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// Who reads: `ocpp`.
    pub reader: String,
    /// The last number committed.
    pub seq: u64,
}

//! What the planner gave whom.

use api::history::PowerHistory;
use axum::{
    Json,
    extract::{Query, State},
};
use serde::Deserialize;
use shell::Problem;
use units::ConnectorId;
use utoipa::IntoParams;

use super::{
    Service,
    state::{blocking, none_zero},
};

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only this connector's.
    connector: Option<u8>,
    /// Only samples from this instant on, in ms since 1970 (all that are kept without).
    from: Option<i64>,
    /// Only samples behind this one: the last page's `next`.
    #[serde(default)]
    after: u64,
    /// At most this many (1 to 10,000; 1,000 without).
    limit: Option<u32>,
}

/// Requested, offered, allowed and assigned power over the last 24 hours, every 10 s and at changes, the oldest first.
#[utoipa::path(get, path = "/v1/planner/history", params(Wanted), responses((status = 200, body = PowerHistory)))]
pub(super) async fn history(
    State(service): State<Service>,
    Query(query): Query<Wanted>,
) -> Result<Json<PowerHistory>, Problem> {
    let connector = query.connector.map(|id| ConnectorId::new(id).ok_or_else(none_zero)).transpose()?;
    let (from, limit) = (query.from.unwrap_or(i64::MIN), query.limit.unwrap_or(1_000).clamp(1, 10_000));
    let reader = service.reader.clone();
    blocking(move || reader.power(connector, from, query.after, limit)).await.map(Json)
}

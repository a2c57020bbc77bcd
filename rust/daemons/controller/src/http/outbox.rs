//! What must arrive (D13).

use std::time::Duration;

use api::outbox::{Ack, Page};
use axum::{
    Json,
    extract::{ConnectInfo, Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use shell::{Problem, serve::Peer};
use utoipa::IntoParams;

use super::{Body, Service, state::blocking};

/// The longest wait of a long poll.
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The number of the last event that the reader has.
    #[serde(default)]
    after: u64,
    /// At most this many (1 to 1,000; 100 without).
    limit: Option<u32>,
    /// How long to wait for one, in ms (up to 30,000).
    #[serde(default)]
    wait_ms: u64,
}

/// Events after a number; waits for one if there is none.
#[utoipa::path(get, path = "/v1/outbox", params(Wanted), responses((status = 200, body = Page)))]
pub(super) async fn page(State(service): State<Service>, Query(query): Query<Wanted>) -> Result<Json<Page>, Problem> {
    let mut newest = service.store()?.newest();
    let limit = query.limit.unwrap_or(100).clamp(1, 1_000);
    let wait = Duration::from_millis(query.wait_ms).min(LONGEST);
    // Whether one came or the wait ran out, the page tells.
    let _ = tokio::time::timeout(wait, newest.wait_for(|newest| *newest > query.after)).await;
    let reader = service.reader.clone();
    blocking(move || reader.outbox(query.after, limit)).await.map(Json)
}

/// The reader has committed everything up to a number.
#[utoipa::path(post, path = "/v1/outbox/ack", request_body = Ack, responses((status = 204)))]
pub(super) async fn acknowledge(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(ack): Body<Ack>,
) -> Result<StatusCode, Problem> {
    if !peer.is("jp-ocpp") {
        return Err(Problem::forbidden("only the ocpp daemon acknowledges events"));
    }
    if ack.reader.is_empty() || ack.reader.len() > 32 {
        return Err(Problem::bad_request("a reader's name has 1 to 32 characters").at("/reader"));
    }
    service.store()?.acknowledge(ack).await.map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

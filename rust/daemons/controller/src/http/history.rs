//! What the configuration was, and back to it.

use api::{
    configuration::{Accepted, Version},
    problem::{Mistake, Problem as ProblemBody},
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use shell::{Problem, serve::Peer};
use utoipa::IntoParams;

use super::{
    Service,
    configuration::{Noted, change, document, made_from},
};
use crate::configuration::{BookError, Document, history};

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    /// At most this many (1 to 200; 200 without).
    limit: Option<usize>,
}

/// The versions that were accepted, the newest first.
#[utoipa::path(get, path = "/v1/config/history", params(Limit), responses((status = 200, body = [Version])))]
pub(super) async fn versions(
    State(service): State<Service>,
    Query(query): Query<Limit>,
) -> Result<Json<Vec<Version>>, Problem> {
    let desk = service.desk()?;
    let limit = query.limit.unwrap_or(usize::MAX).max(1);
    off_the_runtime(move || history(desk.book(), limit)).await.map(Json)
}

/// One version's document: JSON, or TOML as it was written (`Accept: application/toml`).
#[utoipa::path(get, path = "/v1/config/history/{version}", params(("version" = u64, Path, description = "a version")),
    responses((status = 200, body = serde_json::Value), (status = 404, body = ProblemBody)))]
pub(super) async fn version(
    State(service): State<Service>,
    Path(version): Path<u64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let desk = service.desk()?;
    let entry = off_the_runtime(move || desk.book().read(version)).await?.map_err(|error| match error {
        BookError::Unknown(_) => Problem::not_found(error.to_string()),
        BookError::Io { .. } => Problem::unavailable(error.to_string()),
    })?;
    // As it was written: it need not be one that this program could take.
    let tree = || toml::from_str(&entry.document).unwrap_or_default();
    Ok(document(&headers, version, &entry.document, tree))
}

/// Makes an earlier version the newest one again, checked by today's rules. `If-Match` may name the accepted version.
#[utoipa::path(post, path = "/v1/config/revert/{version}", params(("version" = u64, Path, description = "a version"), Noted),
    responses((status = 200, body = Accepted), (status = 404, body = ProblemBody), (status = 412, body = ProblemBody),
        (status = 422, body = [Mistake])))]
pub(super) async fn revert(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(version): Path<u64>,
    Query(noted): Query<Noted>,
    headers: HeaderMap,
) -> Result<Json<Accepted>, Response> {
    let made_from = made_from(&headers).map_err(IntoResponse::into_response)?;
    change(&service, &peer, &headers, noted, made_from, Document::Revert(version)).await
}

async fn off_the_runtime<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(read).await.map_err(|error| Problem::unavailable(error.to_string()))
}

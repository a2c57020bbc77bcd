//! What is.

use std::{convert::Infallible, sync::Arc, time::Duration};

use api::{
    fault::Faults,
    problem::Problem as ProblemBody,
    session::{Session, Sessions},
    state::ControllerState,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use serde::Deserialize;
use shell::{Problem, clock};
use units::{ConnectorId, SessionId};
use utoipa::IntoParams;

use super::Service;
use crate::store;

/// Everything that a screen shows.
#[utoipa::path(get, path = "/v1/state", responses((status = 200, body = ControllerState)))]
pub(super) async fn state(State(service): State<Service>) -> Json<ControllerState> {
    let state = service.state.borrow().clone();
    Json(stamped(&state))
}

/// A state as it is sent: with the clocks of now, so that the reader can tell how old its readings are.
fn stamped(state: &Arc<ControllerState>) -> ControllerState {
    ControllerState { at: clock::mono(), wall: clock::wall(), ..ControllerState::clone(state) }
}

/// The state at once and then at each change, at most five times a second and at least once.
#[utoipa::path(get, path = "/v1/events",
    responses((status = 200, content_type = "text/event-stream", body = ControllerState, description = "events named `state`")))]
pub(super) async fn events(State(service): State<Service>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut watching = service.state.clone();
    watching.mark_changed();
    let events = stream::unfold(watching, |mut watching| async move {
        watching.changed().await.ok()?;
        let state = watching.borrow_and_update().clone();
        let event = Event::default().event("state").json_data(stamped(&state)).ok()?;
        Some((Ok(event), watching))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(1)).text("heartbeat"))
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichFaults {
    /// At most this many past ones (0 to 1,000; 100 without).
    limit: Option<u32>,
    /// Only past ones older than this: the last page's `next`.
    after: Option<u64>,
    /// Only those of this connector.
    connector: Option<u8>,
}

/// Faults that are active, the newest first, and then past ones; with `after`, more past ones.
#[utoipa::path(get, path = "/v1/faults", params(WhichFaults), responses((status = 200, body = Faults)))]
pub(super) async fn faults(
    State(service): State<Service>,
    Query(query): Query<WhichFaults>,
) -> Result<Json<Faults>, Problem> {
    let connector = query.connector.map(|id| ConnectorId::new(id).ok_or_else(none_zero)).transpose()?;
    let mut active = if query.after.is_none() { service.state.borrow().faults.clone() } else { Vec::new() };
    active.retain(|fault| connector.is_none() || fault.connector == connector);
    active.sort_by_key(|fault| std::cmp::Reverse(fault.first));
    let limit = query.limit.unwrap_or(100).min(1_000);
    let reader = service.reader.clone();
    let past = blocking(move || reader.faults(connector, query.after, limit)).await?;
    active.extend(past.faults);
    Ok(Json(Faults { faults: active, next: past.next }))
}

pub(super) fn none_zero() -> Problem {
    Problem::bad_request("there is no connector 0; they are counted from 1").at("/connector")
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    /// At most this many (1 to 1,000; 100 without).
    limit: Option<u32>,
}

/// Sessions, the newest first.
#[utoipa::path(get, path = "/v1/sessions", params(Limit), responses((status = 200, body = Sessions)))]
pub(super) async fn sessions(
    State(service): State<Service>,
    Query(query): Query<Limit>,
) -> Result<Json<Sessions>, Problem> {
    let limit = query.limit.unwrap_or(100).clamp(1, 1_000);
    let reader = service.reader.clone();
    let sessions = blocking(move || reader.sessions(limit)).await?;
    Ok(Json(Sessions { sessions }))
}

/// One session.
#[utoipa::path(get, path = "/v1/sessions/{id}", params(("id" = String, Path, description = "a session's id")),
    responses((status = 200, body = Session), (status = 404, body = ProblemBody)))]
pub(super) async fn session(State(service): State<Service>, Path(id): Path<String>) -> Result<Json<Session>, Problem> {
    let id = SessionId::new(&id).map_err(|error| Problem::bad_request(error.to_string()).at("/id"))?;
    let reader = service.reader.clone();
    let wanted = id.clone();
    let found = blocking(move || reader.session(&wanted)).await?;
    found.map(Json).ok_or_else(|| Problem::not_found(format!("there is no session {}", id.as_str())))
}

/// Runs a query off the runtime's workers.
pub(super) async fn blocking<T: Send + 'static>(
    query: impl FnOnce() -> Result<T, store::Error> + Send + 'static,
) -> Result<T, Problem> {
    let failed = |why: String| {
        tracing::error!(why, "the store could not be read");
        Problem::unavailable(format!("the store could not be read: {why}"))
    };
    match tokio::task::spawn_blocking(query).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

//! What this daemon tells on its own socket.

use std::time::Duration;

use api::{ocpp::OcppState, problem};
use axum::{Json, Router, extract::State, routing::get};
use shell::Problem;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use utoipa::OpenApi;

use crate::daemon::StateRequest;

/// How long the loop may take to answer: it may be writing to a slow disk.
const WITHIN: Duration = Duration::from_secs(2);

#[derive(OpenApi)]
#[openapi(
    info(title = "Joulepoint ocpp", description = "How the charger stands with its CSMS"),
    paths(state),
    components(schemas(OcppState, problem::Problem))
)]
struct Document;

/// The routes and types, for whoever generates a client.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The routes; the state is asked of the loop.
pub fn router(requests: mpsc::Sender<StateRequest>) -> Router {
    Router::new()
        .route("/v1/state", get(state))
        .route("/v1/openapi.json", get(async || Json(document())))
        .fallback(async || Problem::not_found("there are /v1/state and /v1/openapi.json"))
        .with_state(requests)
}

/// The connection, the queue and the newest transactions.
#[utoipa::path(get, path = "/v1/state", responses(
    (status = 200, body = OcppState),
    (status = 503, description = "The daemon is busy", body = problem::Problem),
))]
async fn state(State(requests): State<mpsc::Sender<StateRequest>>) -> Result<Json<OcppState>, Problem> {
    let (request, answer) = oneshot::channel();
    let busy = || Problem::unavailable("the daemon is busy");
    requests.try_send(request).map_err(|_| busy())?;
    match timeout(WITHIN, answer).await {
        Ok(Ok(state)) => Ok(Json(state)),
        _ => Err(busy()),
    }
}

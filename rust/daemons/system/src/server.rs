//! The socket.

use std::sync::Arc;

use api::{problem::Problem as ProblemBody, system::SystemState};
use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use shell::Problem;
use utoipa::OpenApi;

use crate::{
    Machine, Updates,
    data::{self, Data},
    update::routes,
};

/// The socket's name in the run folder.
pub const SOCKET: &str = "system.sock";

/// The daemon's OpenAPI document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Joulepoint system"),
    paths(
        state,
        data::state,
        data::unlock,
        data::recovery_key,
        openapi,
        routes::state,
        routes::events,
        routes::sticks,
        routes::check,
        routes::download,
        routes::install,
        routes::restart,
        routes::cancel,
        routes::pin,
        routes::floor
    ),
    components(schemas(ProblemBody))
)]
pub struct Document;

/// All that it serves.
pub fn router(machine: Machine, updates: Updates, data: Data) -> Router {
    Router::new()
        .route("/v1/state", get(state))
        .route("/v1/openapi.json", get(openapi))
        .with_state(Arc::new(machine))
        .merge(routes::routes(updates))
        .merge(data::router(Arc::new(data)))
        .fallback(|| async { Problem::not_found("no such path: see /v1/openapi.json") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "not with this method: see /v1/openapi.json",
            )
        })
}

/// The machine's state.
#[utoipa::path(get, path = "/v1/state", responses((status = 200, body = SystemState)))]
async fn state(State(machine): State<Arc<Machine>>) -> Result<Json<SystemState>, Problem> {
    // File systems that hang, hang here.
    let read = tokio::task::spawn_blocking(move || machine.state()).await;
    read.map(Json).map_err(|_| Problem::unavailable("the machine could not be read"))
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", responses((status = 200)))]
async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Places;

    fn places(folder: &std::path::Path) -> Places {
        let of = |name| folder.join(name);
        Places {
            run_dir: of("run"),
            state_dir: of("state"),
            usb_dir: of("usb"),
            authorities: of("ca"),
            hmi: ([127, 0, 0, 1], 9).into(),
        }
    }

    #[tokio::test]
    async fn the_state_is_served_and_everything_else_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let listener = shell::serve::listen(folder.path(), SOCKET).unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let machine = Machine::new("/", folder.path());
        let updates = Updates::start(&machine, places(folder.path()));
        let served =
            tokio::spawn(shell::serve::serve(router(machine, updates, Data::new(folder.path())), listener, async {
                let _ = stopped.await;
            }));
        let client = shell::client::Client::new(folder.path().join(SOCKET));
        let state: SystemState = client.get("/v1/state").await.unwrap();
        assert_eq!(state.version, env!("CARGO_PKG_VERSION"));
        assert!(!state.lacking.is_empty());
        assert!(state.disk.unwrap().total_kib > 0);
        let document: serde_json::Value = client.get("/v1/openapi.json").await.unwrap();
        assert!(document["paths"]["/v1/state"].is_object());
        for refused in [client.get::<()>("/v2").await, client.post::<_, ()>("/v1/state", &()).await] {
            assert!(matches!(refused, Err(shell::client::Error::Refused { status: 404 | 405, .. })), "{refused:?}");
        }
        stop.send(()).unwrap();
        served.await.unwrap();
    }
}

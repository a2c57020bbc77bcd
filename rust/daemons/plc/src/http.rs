//! What the daemon's socket answers.

use std::{future::ready, sync::Arc};

use api::chain::PlcState;
use axum::{Json, Router, routing::get};
use shell::Problem;
use utoipa::OpenApi;

use crate::chain::Chain;

#[derive(Debug, OpenApi)]
#[openapi(info(title = "Joulepoint plc", description = "One chain's power lines"), paths(state))]
struct Document;

/// The OpenAPI document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// How the chain's connectors are.
#[utoipa::path(get, path = "/v1/state", responses((status = 200, body = PlcState)))]
fn state(chain: &Chain) -> Json<PlcState> {
    Json(chain.report())
}

pub(crate) fn router(chain: Arc<Chain>) -> Router {
    Router::new()
        .route("/v1/state", get(move || ready(state(&chain))))
        .route("/v1/openapi.json", get(|| ready(Json(document()))))
        .fallback(|| ready(Problem::not_found("there are /v1/state and /v1/openapi.json")))
}

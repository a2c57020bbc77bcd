//! The configuration in force, its schema, and whether another one would be taken.

use api::problem::Mistake;
use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use shell::Problem;

use super::Service;

/// The configuration in force; its version is the `ETag`.
#[utoipa::path(get, path = "/v1/config", responses((status = 200, body = serde_json::Value)))]
pub(super) async fn current(State(service): State<Service>) -> Result<Response, Problem> {
    let tree = serde_json::to_value(&*service.config).map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok(([(header::ETAG, format!("\"{}\"", service.config_version))], Json(tree)).into_response())
}

/// The JSON Schema of the configuration, with units, ranges and when a change applies.
#[utoipa::path(get, path = "/v1/config/schema", responses((status = 200, body = serde_json::Value)))]
pub(super) async fn schema() -> Json<Value> {
    Json(config::schema())
}

/// Checks a whole configuration, TOML (`Content-Type: application/toml`) or JSON; nothing is applied.
#[utoipa::path(post, path = "/v1/config/check", request_body = serde_json::Value,
    responses((status = 204, description = "it would be taken"), (status = 422, body = [Mistake])))]
pub(super) async fn check(headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let checked = if kind.starts_with("application/json") {
        serde_json::from_slice::<Value>(&body)
            .map_err(|error| Problem::bad_request(error.to_string()))
            .map(|value| config::from_json(&value))
    } else {
        std::str::from_utf8(&body).map_err(|_| Problem::bad_request("the document is not UTF-8")).map(config::from_toml)
    };
    match checked {
        Err(problem) => problem.into_response(),
        Ok(Ok(_)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(mistakes)) => {
            let list: Vec<Mistake> = mistakes.into_iter().map(told).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, Json(list)).into_response()
        }
    }
}

fn told(mistake: config::Mistake) -> Mistake {
    let message = mistake.to_string();
    Mistake { pointer: mistake.pointer, value: mistake.value, expected: mistake.expected, message }
}

//! A unit whose data is locked (D18): says so before anybody signs in, since its users are locked away too, and takes the
//! recovery key.

use std::{sync::Arc, time::Duration};

use api::data::{DataState, Unlock, Unlocked};
use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use shell::{
    Problem,
    client::{Call, Client, Error, Method},
    clock,
};

use crate::{
    App,
    app::From,
    audit::{Action, Entry},
    sign_in::too_many,
};

/// Opening and sealing take seconds, on a slow machine many; a little longer than `system` itself waits.
const LIMIT: Duration = Duration::from_secs(190);
/// The limiter counts wrong keys under this name: no user has it.
const NOBODY: &str = " recovery key";

type Shared = State<Arc<App>>;

fn system(app: &App) -> Client {
    Client::new(app.run_dir.join("system.sock"))
}

fn relayed(error: Error) -> Problem {
    match error {
        Error::Refused { status, problem } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            let answer = Problem::new(status, &problem.code, problem.message);
            match problem.pointer {
                Some(pointer) => answer.at(pointer),
                None => answer,
            }
        }
        other => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "upstream_unavailable", format!("system: {other}")),
    }
}

/// `GET /api/data`, for anybody: nothing in it is secret.
pub(crate) async fn state(State(app): Shared) -> Result<Response, Problem> {
    let state: DataState = system(&app).get("/v1/data").await.map_err(relayed)?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(state)).into_response())
}

/// `POST /api/data/unlock`, for whoever has the recovery key; wrong ones slow down.
pub(crate) async fn unlock(
    State(app): Shared,
    Extension(From(from)): Extension<From>,
    body: Bytes,
) -> Result<Response, Problem> {
    // Only what reads as a request goes further, and nothing else with it.
    let unlock: Unlock = serde_json::from_slice(&body).map_err(|_| {
        app.dropped("unlock");
        Problem::bad_request("expected {recovery_key, sealing}")
    })?;
    if let Some(wait) = app.limiter.wait(from, NOBODY, clock::mono()) {
        return Ok(too_many(wait));
    }
    app.limiter.failed(from, NOBODY, clock::mono());
    let body = serde_json::to_vec(&unlock).map_err(|error| Problem::bad_request(error.to_string()))?;
    let call = Call {
        method: Method::POST,
        uri: "/v1/data/unlock".to_owned(),
        headers: Vec::new(),
        body: Some(("application/json", body)),
    };
    let system = system(&app);
    let answer = match system.exchange(call, LIMIT).await {
        Ok(reply) => system.read::<Unlocked>(&reply),
        Err(error) => Err(error),
    };
    let status = match &answer {
        Ok(_) => 200,
        Err(Error::Refused { status, .. }) => *status,
        Err(_) => 503,
    };
    let action = Action::Changed { request: "POST /api/data/unlock".to_owned(), status };
    app.audit.write(Entry { at: clock::wall(), user: String::new(), role: None, from, action }).await;
    let unlocked = answer.map_err(relayed)?;
    app.limiter.succeeded(from, NOBODY);
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(unlocked)).into_response())
}

//! The socket: what may be asked, and by whom.

use std::{convert::Infallible, time::Duration};

use api::{
    problem::Problem as ProblemBody,
    update::{
        Check, Checked, Code, FetchBundle, Install, Refused, Restart, SetVersion, Source, Started, UpdateState,
        UsbBundles,
    },
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, FromRequest, Request, State},
    http::StatusCode,
    response::sse::{Event, KeepAlive, Sse},
    routing::{get, post, put},
};
use futures_util::{Stream, stream};
use nix::unistd::geteuid;
use serde::de::DeserializeOwned;
use shell::{Problem, serve::Peer};
use update::{Location, Rejection};

use super::{NotTaken, Updates, Work, engine, usb};

/// Who may change the unit's software. People's own sign-in stands before the HMI, and the CSMS's signature before OCPP.
const OPERATORS: &[&str] = &["jp-hmi", "jp-ocpp"];
/// Who may say what is taken at all.
const OWNERS: &[&str] = &["jp-hmi"];

pub(crate) fn routes(updates: Updates) -> Router {
    Router::new()
        .route("/v1/update", get(state))
        .route("/v1/update/events", get(events))
        .route("/v1/update/usb", get(sticks))
        .route("/v1/update/check", post(check))
        .route("/v1/update/download", post(download))
        .route("/v1/update/install", post(install))
        .route("/v1/update/restart", post(restart))
        .route("/v1/update/cancel", post(cancel))
        .route("/v1/update/pin", put(pin))
        .route("/v1/update/floor", put(floor))
        .with_state(updates)
}

fn may(peer: &Peer, users: &[&str]) -> Result<(), Problem> {
    // Whoever runs this daemon may do what it does: tests, and the native run.
    if peer.uid == geteuid().as_raw() || users.iter().any(|user| peer.is(user)) {
        return Ok(());
    }
    Err(Problem::forbidden(format!("user {} may not change the unit's software", peer.user)))
}

/// A body of JSON; what is wrong with it is said by line and field.
pub(crate) struct Body<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| Problem::bad_request(error.to_string()))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let read = serde_json::from_slice(text);
        read.map(Self).map_err(|error| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_request", format!("the body: {error}"))
        })
    }
}

impl From<NotTaken> for Problem {
    fn from(reason: NotTaken) -> Self {
        let words = reason.to_string();
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match reason {
            NotTaken::Rejected(rejection) => match rejection {
                Rejection::Busy { .. } => Self::new(StatusCode::CONFLICT, "busy", words),
                Rejection::Charging { .. } => Self::new(StatusCode::CONFLICT, "charging", words),
                Rejection::NothingPending { .. } => Self::new(StatusCode::CONFLICT, "nothing_pending", words),
                Rejection::TooLate { .. } => Self::new(StatusCode::CONFLICT, "too_late", words),
                Rejection::Unavailable { .. } => Self::unavailable(words),
                Rejection::Field { pointer, .. } => Self::new(unprocessable, "bad_field", words).at(pointer),
                Rejection::Version(_) => Self::new(unprocessable, "bad_version", words).at("/version"),
            },
            NotTaken::NotWritten(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, "no_space", words),
            NotTaken::Ending => Self::unavailable(words),
        }
    }
}

/// Everything about updates.
#[utoipa::path(get, path = "/v1/update", operation_id = "update", responses((status = 200, body = UpdateState)))]
pub(crate) async fn state(State(updates): State<Updates>) -> Json<UpdateState> {
    let state = updates.state.borrow().clone();
    Json(UpdateState::clone(&state))
}

/// The state at once and then at each change.
#[utoipa::path(get, path = "/v1/update/events",
    responses((status = 200, content_type = "text/event-stream", body = UpdateState, description = "events named `state`")))]
pub(crate) async fn events(State(updates): State<Updates>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut watching = updates.state.clone();
    watching.mark_changed();
    let events = stream::unfold(watching, |mut watching| async move {
        watching.changed().await.ok()?;
        let state = watching.borrow_and_update().clone();
        let event = Event::default().event("state").json_data(&*state).ok()?;
        Some((Ok(event), watching))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(1)).text("heartbeat"))
}

/// What lies on sticks that are plugged in.
#[utoipa::path(get, path = "/v1/update/usb", responses((status = 200, body = UsbBundles)))]
pub(crate) async fn sticks(State(updates): State<Updates>) -> Result<Json<UsbBundles>, Problem> {
    let dir = updates.places.usb_dir.clone();
    // Sticks that are pulled out hang here.
    let listed = tokio::task::spawn_blocking(move || usb::bundles(&dir)).await;
    listed.map(Json).map_err(|_| Problem::unavailable("the sticks cannot be read"))
}

/// What a bundle is, and whether it would be taken. Nothing is written.
#[utoipa::path(post, path = "/v1/update/check", request_body = Check,
    responses((status = 200, body = Checked), (status = 422, body = ProblemBody)))]
pub(crate) async fn check(
    State(updates): State<Updates>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(body): Body<Check>,
) -> Result<Json<Checked>, Problem> {
    may(&peer, OPERATORS)?;
    let unprocessable = |code: &str, words: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, words);
    update::check_source(&body.source).map_err(NotTaken::from)?;
    let at = match body.source {
        Source::File(path) => Location::File(path),
        Source::Usb(name) => Location::Usb(name),
        Source::Downloaded(id) => Location::Download(id),
        Source::Url(_) => {
            return Err(unprocessable(
                "bad_field",
                "/source is a URL, expected a file that is here: download it first".to_owned(),
            )
            .at("/source"));
        }
    };
    let found = engine::inspect(&updates.places, &at, None).await;
    let found = found.map_err(|Refused { code, reason }| unprocessable(name(code), reason).at("/source"))?;
    Ok(Json(updates.look(move |updater| updater.judge(&found, body.force)).await?))
}

/// A code as it is written in JSON.
fn name(code: Code) -> &'static str {
    match code {
        Code::Signature => "signature",
        Code::Source => "source",
        Code::Unavailable => "unavailable",
        _ => "damaged",
    }
}

async fn begin(updates: &Updates, work: Work) -> Result<(StatusCode, Json<Started>), Problem> {
    let started = updates.ask(work).await?.ok_or_else(|| Problem::unavailable("nothing was begun"))?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Fetch a bundle for somebody who wants to look at it first.
#[utoipa::path(post, path = "/v1/update/download", request_body = FetchBundle,
    responses((status = 202, body = Started), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn download(
    State(updates): State<Updates>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(body): Body<FetchBundle>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    may(&peer, OPERATORS)?;
    let id = fresh();
    let work = move |updater: &mut update::Updater| {
        updater.download(body, &id).map(|(started, actions)| (Some(started), actions))
    };
    begin(&updates, Box::new(work)).await
}

/// Begin an update.
#[utoipa::path(post, path = "/v1/update/install", request_body = Install,
    responses((status = 202, body = Started), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn install(
    State(updates): State<Updates>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(body): Body<Install>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    may(&peer, OPERATORS)?;
    let (id, cars) = (fresh(), updates.cars().await);
    let work = move |updater: &mut update::Updater| {
        updater.install(body, &id, &cars).map(|(started, actions)| (Some(started), actions))
    };
    begin(&updates, Box::new(work)).await
}

async fn order(updates: &Updates, work: Work) -> Result<StatusCode, Problem> {
    updates.ask(work).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restart into what was installed.
#[utoipa::path(post, path = "/v1/update/restart", request_body = Restart,
    responses((status = 204), (status = 409, body = ProblemBody)))]
pub(crate) async fn restart(
    State(updates): State<Updates>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(body): Body<Restart>,
) -> Result<StatusCode, Problem> {
    may(&peer, OPERATORS)?;
    let cars = updates.cars().await;
    order(&updates, Box::new(move |updater| updater.restart(body.force, &cars).map(|actions| (None, actions)))).await
}

/// Take back what has not begun to be written, and any download.
#[utoipa::path(post, path = "/v1/update/cancel", responses((status = 204), (status = 409, body = ProblemBody)))]
pub(crate) async fn cancel(
    State(updates): State<Updates>,
    ConnectInfo(peer): ConnectInfo<Peer>,
) -> Result<StatusCode, Problem> {
    may(&peer, OPERATORS)?;
    order(&updates, Box::new(|updater| updater.cancel(shell::clock::wall()).map(|actions| (None, actions)))).await
}

/// Take one version only, or any again.
#[utoipa::path(put, path = "/v1/update/pin", request_body = SetVersion,
    responses((status = 204), (status = 422, body = ProblemBody)))]
pub(crate) async fn pin(
    State(updates): State<Updates>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(body): Body<SetVersion>,
) -> Result<StatusCode, Problem> {
    may(&peer, OWNERS)?;
    let to = body.version.clone();
    let set = order(&updates, Box::new(move |updater| updater.set_pin(&body).map(|actions| (None, actions)))).await?;
    tracing::info!(user = peer.user, ?to, "the pin is set");
    Ok(set)
}

/// Take nothing older than this, or anything again.
#[utoipa::path(put, path = "/v1/update/floor", request_body = SetVersion,
    responses((status = 204), (status = 422, body = ProblemBody)))]
pub(crate) async fn floor(
    State(updates): State<Updates>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(body): Body<SetVersion>,
) -> Result<StatusCode, Problem> {
    may(&peer, OWNERS)?;
    let to = body.version.clone();
    let set = order(&updates, Box::new(move |updater| updater.set_floor(&body).map(|actions| (None, actions)))).await?;
    tracing::info!(user = peer.user, ?to, "the floor is set");
    Ok(set)
}

//! The accepted configuration, and another one in its place.

use std::sync::atomic::Ordering;

use api::{
    configuration::{Accepted, Checked},
    problem::{Mistake, Problem as ProblemBody},
};
use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::Value;
use shell::{Problem, serve::Peer};
use utoipa::IntoParams;

use super::{Service, author::author, commands::OPERATORS};
use crate::configuration::{Document, Refusal, Request};

/// The longest note, in characters.
const NOTE: usize = 200;
const TOML: &str = "application/toml";

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Noted {
    /// What the author has to say about the change (up to 200 characters).
    note: Option<String>,
}

/// Why a configuration was not taken, as an answer.
pub(super) struct Refused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let message = self.0.to_string();
        match self.0 {
            Refusal::Mistakes(mistakes) => {
                let list: Vec<Mistake> = mistakes.into_iter().map(told).collect();
                (StatusCode::UNPROCESSABLE_ENTITY, Json(list)).into_response()
            }
            Refusal::Stale { .. } => Problem::new(StatusCode::PRECONDITION_FAILED, "stale", message).into_response(),
            Refusal::Unknown(_) => Problem::not_found(message).into_response(),
            Refusal::Unavailable(_) => Problem::unavailable(message).into_response(),
        }
    }
}

fn told(mistake: config::Mistake) -> Mistake {
    let message = mistake.to_string();
    Mistake { pointer: mistake.pointer, value: mistake.value, expected: mistake.expected, message }
}

/// A document in the form that the reader would like best: TOML if it asks for it, else JSON.
pub(super) fn document(headers: &HeaderMap, version: u64, text: &str, tree: impl FnOnce() -> Value) -> Response {
    let tag = (header::ETAG, format!("\"{version}\""));
    let wanted = headers.get(header::ACCEPT).and_then(|wanted| wanted.to_str().ok()).unwrap_or("");
    if wanted.contains(TOML) {
        return ([tag, (header::CONTENT_TYPE, TOML.to_owned())], text.to_owned()).into_response();
    }
    ([tag], Json(tree())).into_response()
}

/// The accepted configuration: JSON, or the file's own TOML (`Accept: application/toml`). Its version is the `ETag`.
#[utoipa::path(get, path = "/v1/config", responses((status = 200, body = serde_json::Value)))]
pub(super) async fn current(State(service): State<Service>, headers: HeaderMap) -> Result<Response, Problem> {
    let accepted = service.desk()?.accepted();
    let tree = || serde_json::to_value(&*accepted.config).unwrap_or_default();
    Ok(document(&headers, accepted.version, &accepted.text, tree))
}

/// The JSON Schema of the configuration, with units, ranges and when a change applies.
#[utoipa::path(get, path = "/v1/config/schema", responses((status = 200, body = serde_json::Value)))]
pub(super) async fn schema() -> Json<Value> {
    Json(config::schema())
}

/// Another configuration, whole: JSON (`Content-Type: application/json`) or TOML. `If-Match` names the version that it was
/// made from, or `*`. Answered when it is in force and on disk.
#[utoipa::path(put, path = "/v1/config", params(Noted), request_body = serde_json::Value, responses(
    (status = 200, body = Accepted), (status = 412, body = ProblemBody, description = "made from an older version"),
    (status = 422, body = [Mistake]), (status = 428, body = ProblemBody, description = "made from no version")))]
pub(super) async fn put(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(noted): Query<Noted>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Accepted>, Response> {
    let Some(made_from) = made_from(&headers).map_err(IntoResponse::into_response)? else {
        let message = "expected the header If-Match with the ETag that GET /v1/config gave";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "version_required", message).into_response());
    };
    let document = whole(&service, &headers, &body).map_err(IntoResponse::into_response)?;
    change(&service, &peer, &headers, noted, Some(made_from), document).await
}

/// A merge patch (RFC 7386) over the accepted configuration. `If-Match` may name its version.
#[utoipa::path(patch, path = "/v1/config", params(Noted), request_body = serde_json::Value, responses(
    (status = 200, body = Accepted), (status = 412, body = ProblemBody), (status = 422, body = [Mistake])))]
pub(super) async fn patch(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(noted): Query<Noted>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Accepted>, Response> {
    let made_from = made_from(&headers).map_err(IntoResponse::into_response)?;
    let patch = json(&service, &body).map_err(IntoResponse::into_response)?;
    change(&service, &peer, &headers, noted, made_from, Document::Patch(patch)).await
}

/// What a whole configuration would change, TOML or JSON; nothing is applied.
#[utoipa::path(post, path = "/v1/config/check", request_body = serde_json::Value,
    responses((status = 200, body = Checked), (status = 422, body = [Mistake])))]
pub(super) async fn check(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Checked>, Response> {
    let document = whole(&service, &headers, &body).map_err(IntoResponse::into_response)?;
    let desk = service.desk().map_err(IntoResponse::into_response)?;
    let changes = desk.check(document).map_err(|refusal| Refused(refusal).into_response())?;
    Ok(Json(Checked { changes }))
}

/// Hands a change in for a peer.
pub(super) async fn change(
    service: &Service,
    peer: &Peer,
    headers: &HeaderMap,
    noted: Noted,
    made_from: Option<MadeFrom>,
    document: Document,
) -> Result<Json<Accepted>, Response> {
    let request = || {
        let note = noted.note.filter(|note| !note.is_empty());
        if note.as_ref().is_some_and(|note| !is_plain(note, NOTE)) {
            return Err(Problem::bad_request(format!("a note has up to {NOTE} printable characters")).at("/note"));
        }
        let made_from = made_from.and_then(|MadeFrom(version)| version);
        Ok((service.desk()?, Request { document, made_from, author: author_of(peer, headers)?, note }))
    };
    let (desk, request) = request().map_err(IntoResponse::into_response)?;
    desk.change(request).await.map(Json).map_err(|refusal| Refused(refusal).into_response())
}

/// Who makes a change; a refusal for those who may not.
fn author_of(peer: &Peer, headers: &HeaderMap) -> Result<String, Problem> {
    if OPERATORS.iter().any(|user| peer.is(user)) {
        return Ok(author(peer, headers));
    }
    Err(Problem::forbidden(format!("user {} may not change the configuration", peer.user)))
}

fn is_plain(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.contains(char::is_control)
}

/// The version that a change was made from; any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MadeFrom(Option<u64>);

/// What `If-Match` says, if it is there.
pub(super) fn made_from(headers: &HeaderMap) -> Result<Option<MadeFrom>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(Some(MadeFrom(None)));
    }
    match text.trim_start_matches("W/").trim_matches('"').parse() {
        Ok(version) => Ok(Some(MadeFrom(Some(version)))),
        Err(_) => Err(Problem::bad_request(format!("If-Match is {text:?}: expected an ETag of GET /v1/config, or *"))),
    }
}

fn whole(service: &Service, headers: &HeaderMap, body: &Bytes) -> Result<Document, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if kind.starts_with("application/json") {
        return json(service, body).map(Document::Json);
    }
    match std::str::from_utf8(body) {
        Ok(text) => Ok(Document::Toml(text.to_owned())),
        Err(_) => Err(garbage(service, "the document is not UTF-8".to_owned())),
    }
}

fn json(service: &Service, body: &Bytes) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|error| garbage(service, error.to_string()))
}

fn garbage(service: &Service, why: String) -> Problem {
    service.inbox.counts().http.fetch_add(1, Ordering::Relaxed);
    Problem::bad_request(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_read_as_it_was_given() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, text.parse().unwrap());
            made_from(&headers)
        };
        assert_eq!(made_from(&HeaderMap::new()).unwrap(), None);
        assert_eq!(of("\"7\"").unwrap(), Some(MadeFrom(Some(7))));
        assert_eq!(of("7").unwrap(), Some(MadeFrom(Some(7))));
        assert_eq!(of("W/\"7\"").unwrap(), Some(MadeFrom(Some(7))));
        assert_eq!(of("*").unwrap(), Some(MadeFrom(None)));
        assert!(of("seven").is_err());
    }

    #[test]
    fn only_operators_change_it() {
        let peer = |uid, user: &str| Peer { uid, pid: None, user: user.to_owned() };
        assert_eq!(author_of(&peer(0, "root"), &HeaderMap::new()).unwrap(), "root");
        assert!(author_of(&peer(8, "jp-plc-main"), &HeaderMap::new()).is_err());
    }
}

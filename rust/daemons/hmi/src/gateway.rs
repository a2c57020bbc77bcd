//! Passes allow-listed requests on to the other daemons' Unix sockets.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, future};
use http_body_util::{BodyExt as _, BodyStream, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use shell::{Problem, clock, serve::MAX_BODY};
use tokio::net::UnixStream;

use crate::{
    App,
    app::From,
    audit::{Action, Entry},
    routes::{self, Target},
    sessions::Id,
    sign_in::caller,
};

/// A daemon must begin its answer within this time.
const ANSWER: Duration = Duration::from_secs(5);
/// A browser must finish its request within this time.
const REQUEST: Duration = Duration::from_secs(10);

/// `/api/{daemon}/…`
pub(crate) async fn pass(
    State(app): State<Arc<App>>,
    Extension(From(from)): Extension<From>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let caller = caller(&app, &parts.headers)?;
    let path = parts.uri.path();
    let target = path
        .strip_prefix("/api")
        .and_then(|path| routes::find(&parts.method, path))
        .ok_or_else(|| Problem::not_found(format!("{} {path} is not offered here", parts.method)))?;
    let changes = parts.method != Method::GET;
    let audit = |action| {
        let (user, role) = (caller.user.name.clone(), Some(caller.user.role));
        app.audit.write(Entry { at: clock::wall(), user, role, from, action })
    };
    let line = format!("{} {path}", parts.method);
    if caller.user.role < target.role {
        audit(Action::Forbidden { request: line }).await;
        let (has, needs) = (caller.user.role, target.role);
        return Err(Problem::forbidden(format!("this needs the role {needs:?}, not {has:?}").to_lowercase()));
    }
    let body = collect(&app, body).await?;
    let uri = match parts.uri.query() {
        Some(query) => format!("{}?{query}", target.path),
        None => target.path.to_owned(),
    };
    let author = format!("hmi:{}", caller.user.name);
    let answer = forward(&app, &target, &parts.method, &uri, &parts.headers, &author, body).await;
    if changes {
        let status = answer.as_ref().map_or(StatusCode::SERVICE_UNAVAILABLE, Response::status).as_u16();
        audit(Action::Changed { request: line, status }).await;
    }
    answer.map(|response| relay(app.clone(), caller.id, response))
}

async fn collect(app: &App, body: Body) -> Result<Bytes, Problem> {
    let collected = tokio::time::timeout(REQUEST, Limited::new(body, MAX_BODY).collect());
    match collected.await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) => {
            app.dropped("body");
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            Err(Problem::new(status, "body_refused", format!("expected at most {MAX_BODY} bytes: {error}")))
        }
        Err(_) => {
            app.dropped("slow body");
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", format!("expected within {REQUEST:?}")))
        }
    }
}

async fn forward(
    app: &App,
    target: &Target<'_>,
    method: &Method,
    uri: &str,
    headers: &HeaderMap,
    author: &str,
    body: Bytes,
) -> Result<hyper::Response<Incoming>, Problem> {
    let down = |reason: String| {
        let name = target.socket();
        let daemon = name.trim_end_matches(".sock");
        let message = format!("{daemon} does not answer: {reason}");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "upstream_unavailable", message)
    };
    let exchange = async {
        let stream =
            UnixStream::connect(app.run_dir.join(target.socket())).await.map_err(|error| down(error.to_string()))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| down(error.to_string()))?;
        // Ends by itself when the browser's side of the answer is dropped.
        tokio::spawn(connection);
        let mut request = hyper::Request::builder().method(method).uri(uri).header(header::HOST, "joulepoint");
        // Whoever is signed in, and nobody that a browser may name.
        request = request.header(api::configuration::AUTHOR, author);
        for name in [header::CONTENT_TYPE, header::ACCEPT, header::IF_NONE_MATCH, header::IF_MATCH] {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::new(body)).map_err(|error| Problem::bad_request(error.to_string()))?;
        sender.send_request(request).await.map_err(|error| down(error.to_string()))
    };
    tokio::time::timeout(ANSWER, exchange).await.map_err(|_| down(format!("nothing within {} s", ANSWER.as_secs())))?
}

/// Hands the answer on as it comes. A stream ends with the session: every event counts as a use of it, because a page
/// that shows it is open.
fn relay(app: Arc<App>, id: Id, answer: hyper::Response<Incoming>) -> Response {
    let (parts, body) = answer.into_parts();
    let streams = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/event-stream"));
    let body = if streams {
        let alive = move |_: &_| future::ready(app.sessions.touch_id(id, clock::mono()).is_some());
        Body::from_stream(
            BodyStream::new(body)
                .take_while(alive)
                .filter_map(|frame| future::ready(frame.map(|frame| frame.into_data().ok()).transpose())),
        )
    } else {
        Body::new(body)
    };
    let mut response = (parts.status, body).into_response();
    for name in [header::CONTENT_TYPE, header::ETAG, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

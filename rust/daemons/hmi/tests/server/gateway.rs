//! What is passed on to the other daemons.

use std::{convert::Infallible, time::Duration};

use crate::browser::Server;
use axum::{
    Json, Router,
    http::HeaderMap,
    response::sse::{Event, Sse},
    routing::{get, post},
};
use futures_util::stream;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, StatusCode, body::Bytes, body::Incoming};
use tokio::sync::mpsc;

#[tokio::test]
async fn a_request_reaches_its_daemon_with_its_query_and_without_the_cookie() {
    let server = Server::start().await;
    let echo = |uri: axum::http::Uri, headers: HeaderMap| async move {
        Json(serde_json::json!({ "uri": uri.to_string(), "cookie": headers.contains_key("cookie") }))
    };
    server.upstream("controller.sock", Router::new().route("/v1/sessions", get(echo)));
    server.upstream("plc-main.sock", Router::new().route("/v1/state", get(echo)));
    let cookie = server.admin().await;
    let sessions = server.get("/api/controller/v1/sessions?limit=5", &cookie).await;
    assert_eq!(sessions.json(), serde_json::json!({ "uri": "/v1/sessions?limit=5", "cookie": false }));
    assert_eq!(sessions.headers["cache-control"], "no-store");
    assert_eq!(server.get("/api/plc/main/v1/state", &cookie).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_is_passed_on_without_a_session_or_off_the_list() {
    let server = Server::start().await;
    server.upstream("controller.sock", Router::new().fallback(|| async { "reached" }));
    assert_eq!(server.get("/api/controller/v1/state", "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.get("/api/controller/v1/state", "__Host-joulepoint=00").await.status, StatusCode::UNAUTHORIZED);
    let cookie = server.admin().await;
    assert_eq!(server.get("/api/controller/v1/state", &cookie).await.body, "reached");
    for path in [
        "/api/controller/v1/outbox",
        "/api/controller/v1/../v1/outbox",
        "/api/controller/v1/sessions/%2e%2e%2foutbox",
        "/api/plc/..%2fcontroller/v1/state",
        "/api/plc/../controller.sock/v1/state",
        "/api/controller",
        "/api/",
    ] {
        assert_eq!(server.get(path, &cookie).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        server.call(Method::DELETE, "/api/controller/v1/state", &cookie, "").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_daemon_that_is_not_there_is_named() {
    let server = Server::start().await;
    let cookie = server.admin().await;
    let down = server.get("/api/ocpp/v1/state", &cookie).await;
    assert_eq!((down.status, down.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "upstream_unavailable"));
    assert!(down.json()["message"].as_str().unwrap().starts_with("ocpp does not answer"), "{}", down.body);
    let chain = server.get("/api/plc/main/v1/state", &cookie).await;
    assert!(chain.json()["message"].as_str().unwrap().starts_with("plc-main"), "{}", chain.body);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_passed_on() {
    let server = Server::start().await;
    server.upstream("controller.sock", Router::new().route("/v1/config/check", post(|| async { "reached" })));
    let cookie = server.admin().await;
    let check = "/api/controller/v1/config/check";
    assert_eq!(server.post(check, &cookie, vec![b'x'; 1024 * 1024 + 1]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(server.post(check, &cookie, vec![b'x'; 1024 * 1024]).await.body, "reached");
}

/// A daemon whose stream says what the test tells it to.
fn streaming(server: &Server) -> mpsc::Sender<&'static str> {
    let (sender, receiver) = mpsc::channel::<&'static str>(4);
    let receiver = std::sync::Arc::new(tokio::sync::Mutex::new(Some(receiver)));
    let events = move || {
        let receiver = receiver.clone();
        async move {
            let receiver = receiver.lock().await.take().unwrap();
            let events = stream::unfold(receiver, |mut receiver| async {
                let data = receiver.recv().await?;
                Some((Ok::<_, Infallible>(Event::default().event("state").data(data)), receiver))
            });
            Sse::new(events)
        }
    };
    server.upstream("controller.sock", Router::new().route("/v1/events", get(events)));
    sender
}

async fn listen(server: &Server, cookie: &str) -> Incoming {
    let request = Request::get("/api/controller/v1/events")
        .header("host", "localhost")
        .header("cookie", cookie)
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = server.send(request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    response.into_body()
}

async fn next(body: &mut Incoming) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await.unwrap()?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn events_pass_one_by_one_as_they_come() {
    let server = Server::start().await;
    let say = streaming(&server);
    let cookie = server.admin().await;
    let mut body = listen(&server, &cookie).await;
    for data in ["one", "two"] {
        say.send(data).await.unwrap();
        assert_eq!(next(&mut body).await.unwrap(), format!("event: state\ndata: {data}\n\n"));
    }
    drop(body);
    tokio::time::timeout(Duration::from_secs(5), say.closed()).await.expect("the daemon learns that nobody listens");
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let server = Server::start().await;
    let say = streaming(&server);
    let cookie = server.admin().await;
    let mut body = listen(&server, &cookie).await;
    say.send("one").await.unwrap();
    assert!(next(&mut body).await.is_some());
    server.post("/api/sign-out", &cookie, "").await;
    say.send("two").await.unwrap();
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test]
async fn a_refusal_of_the_daemon_is_passed_on_as_it_is() {
    let server = Server::start().await;
    let refuse = || async { shell::Problem::conflict("no session runs") };
    server.upstream("controller.sock", Router::new().route("/v1/connectors/{n}/stop", post(refuse)));
    let cookie = server.admin().await;
    let refused = server.post("/api/controller/v1/connectors/1/stop", &cookie, "{}").await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "conflict"));
}

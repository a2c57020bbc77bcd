//! A server and the client on one socket.
#![cfg(test)]

use std::time::Duration;

use axum::{
    Json, Router,
    extract::ConnectInfo,
    routing::{get, post},
};
use futures_util::StreamExt as _;
use shell::{
    Problem,
    client::{Client, Error},
    serve::{Peer, listen, serve},
};

fn client(router: Router) -> (tempfile::TempDir, Client) {
    let dir = tempfile::tempdir().unwrap();
    let listener = listen(dir.path(), "test.sock").unwrap();
    tokio::spawn(serve(router, listener, std::future::pending()));
    let client = Client::new(dir.path().join("test.sock"));
    (dir, client)
}

#[tokio::test]
async fn the_caller_is_known_and_answered() {
    let who = |ConnectInfo(peer): ConnectInfo<Peer>| async move { Json(peer.uid) };
    let (_dir, client) = client(Router::new().route("/who", get(who)));
    let uid: u32 = client.get("/who").await.unwrap();
    assert_eq!(uid, nix::unistd::getuid().as_raw());
}

#[tokio::test]
async fn a_refusal_keeps_its_words() {
    let refuse = || async { Problem::conflict("not now").at("/x") };
    let (_dir, client) = client(Router::new().route("/no", post(refuse)));
    let error = client.post::<_, ()>("/no", &1).await.unwrap_err();
    let Error::Refused { status, problem } = error else { panic!("{error}") };
    assert_eq!((status, problem.code.as_str(), problem.pointer.as_deref()), (409, "conflict", Some("/x")));
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let error = Client::new("/nonexistent/x.sock").get::<()>("/").await.unwrap_err();
    assert!(error.to_string().contains("/nonexistent/x.sock"), "{error}");
}

#[tokio::test]
async fn events_arrive_until_the_stream_ends() {
    use axum::response::sse::{Event, Sse};
    let stream = || async {
        let events = futures_util::stream::iter(
            ["1", "2"].map(|n| Ok::<_, std::convert::Infallible>(Event::default().event("state").data(n))),
        );
        Sse::new(events)
    };
    let (_dir, client) = client(Router::new().route("/events", get(stream)));
    let events = client.events("/events", "state", Duration::from_secs(5)).await.unwrap();
    let got: Vec<_> = events.map(Result::ok).collect().await;
    assert_eq!(got, [Some("1".to_owned()), Some("2".to_owned()), None]);
}

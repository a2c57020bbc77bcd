//! `jpctl data` against a `system` that is made up here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use clap::Parser as _;
use jpctl::{Failure, args::Args, run};
use serde_json::{Value, json};

const KEY: &str = "knbbeiil-rirblrvg-rbvbbhge-drjgjkfc-fihcjfvb-rnbuvrdl-iulkirfb-jbjbdbgj";

async fn jpctl(locked: bool, words: &[&str]) -> Result<String, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::UnixListener::bind(folder.path().join("system.sock")).unwrap();
    let partition = if locked {
        json!({ "kind": "locked", "reason": "tpm_refuses", "message": "enter the recovery key" })
    } else {
        json!({ "kind": "open" })
    };
    let state = json!({ "partition": partition, "recovery_key": "none" });
    let make = move || async move {
        if locked {
            let problem = json!({ "code": "conflict", "message": "the data is not open" });
            return (StatusCode::CONFLICT, Json(problem)).into_response();
        }
        let made: Response = Json(json!({ "recovery_key": KEY })).into_response();
        made
    };
    let routes =
        Router::new().route("/v1/data", get(|| async { Json(state) })).route("/v1/data/recovery-key", post(make));
    let served = tokio::spawn(async { axum::serve(listener, routes).await });
    let folder = folder.path().to_str().unwrap();
    let words = ["jpctl", "--run-dir", folder].into_iter().chain(words.iter().copied());
    let mut out = Vec::new();
    let done = run(&Args::try_parse_from(words).unwrap(), &mut out).await;
    served.abort();
    done.map(|_| String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn locked_data_and_a_missing_key_are_said_with_what_to_do() {
    let text = jpctl(true, &["data", "show"]).await.unwrap();
    assert!(text.contains("LOCKED: enter the recovery key") && text.contains("jpctl data recovery-key"), "{text}");
    let open: Value = serde_json::from_str(&jpctl(false, &["data", "show", "--json"]).await.unwrap()).unwrap();
    assert_eq!(open, json!({ "partition": { "kind": "open" }, "recovery_key": "none" }));
}

#[tokio::test]
async fn a_new_recovery_key_is_the_first_line() {
    let text = jpctl(false, &["data", "recovery-key"]).await.unwrap();
    assert_eq!(text.lines().next(), Some(KEY));
    let refused = jpctl(true, &["data", "recovery-key"]).await.unwrap_err();
    assert!(refused.to_string().contains("not open"), "{refused}");
}

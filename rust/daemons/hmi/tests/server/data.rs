//! A unit whose data is locked: nobody can sign in, and the recovery key is taken all the same.

use axum::{
    Json, Router,
    http::StatusCode,
    response::IntoResponse as _,
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::browser::Server;

const KEY: &str = "knbbeiil-rirblrvg-rbvbbhge-drjgjkfc-fihcjfvb-rnbuvrdl-iulkirfb-jbjbdbgj";

fn locked() -> Router {
    let state =
        json!({ "partition": { "kind": "locked", "reason": "tpm_refuses", "message": "why" }, "recovery_key": "made" });
    let unlock = |body: String| async move {
        let body: Value = serde_json::from_str(&body).unwrap();
        if body["recovery_key"] == KEY {
            return Json(json!({ "sealing": { "kind": "renewed" } })).into_response();
        }
        let problem = json!({ "code": "wrong_recovery_key", "message": "it does not open this unit's data" });
        (StatusCode::FORBIDDEN, Json(problem)).into_response()
    };
    Router::new().route("/v1/data", get(|| async { Json(state) })).route("/v1/data/unlock", post(unlock))
}

#[tokio::test]
async fn locked_data_is_told_to_whoever_asks_and_opened_with_the_key() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/data", "").await.status, StatusCode::SERVICE_UNAVAILABLE, "nobody to ask");
    server.upstream("system.sock", locked());
    assert_eq!(server.get("/api/data", "").await.json()["partition"]["reason"], "tpm_refuses");
    let unlocked = server.post("/api/data/unlock", "", json!({ "recovery_key": KEY }).to_string()).await;
    assert_eq!((unlocked.status, &unlocked.json()["sealing"]["kind"]), (StatusCode::OK, &json!("renewed")));
    let line = server.audit().pop().unwrap();
    assert_eq!((&line["action"], &line["status"]), (&json!("changed"), &json!(200)));
    assert!(!line.to_string().contains("knbb"), "{line}");
    // What else `system` offers stays behind the sign-in.
    assert_eq!(server.post("/api/system/v1/data/recovery-key", "", "{}").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn wrong_keys_are_slowed_down() {
    let server = Server::start().await;
    server.upstream("system.sock", locked());
    assert_eq!(server.post("/api/data/unlock", "", "{").await.status, StatusCode::BAD_REQUEST);
    let wrong = json!({ "recovery_key": "c" }).to_string();
    for _ in 0..5 {
        assert_eq!(server.post("/api/data/unlock", "", wrong.clone()).await.code(), "wrong_recovery_key");
    }
    let slowed = server.post("/api/data/unlock", "", wrong).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(slowed.headers.contains_key("retry-after"));
}

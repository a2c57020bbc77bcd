//! Signing in, roles, the audit log, and what a stranger can try.

use std::time::Duration;

use crate::browser::{Server, answer};
use axum::{Json, Router, routing::post};
use http_body_util::Full;
use hyper::{Method, Request, StatusCode, body::Bytes};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn signing_in_and_out() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/me", "").await.code(), "not_signed_in");
    let signed_in = server.try_sign_in("admin", &server.password).await;
    let set = signed_in.headers["set-cookie"].to_str().unwrap();
    for part in ["__Host-joulepoint=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(part), "{part} in {set}");
    }
    let cookie = signed_in.cookie();
    let me = server.get("/api/me", &cookie).await;
    assert_eq!((me.json()["user"].as_str(), me.json()["role"].as_str()), (Some("admin"), Some("oem")));
    assert_eq!(server.post("/api/sign-out", &cookie, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.get("/api/me", &cookie).await.status, StatusCode::UNAUTHORIZED);
    let actions: Vec<_> = server.audit().iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions, ["signed_in", "signed_out"]);
    let log = std::fs::read_to_string(server.state().join("audit.jsonl")).unwrap();
    assert!(!log.contains(&server.password));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let server = Server::start().await;
    let wrong = server.try_sign_in("admin", "not the password").await;
    let unknown = server.try_sign_in("nobody", "not the password").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    assert_eq!(server.audit()[0]["action"], "sign_in_failed");
}

#[tokio::test]
async fn guessing_is_slowed_even_with_the_right_password() {
    let server = Server::start().await;
    let mut refused = None;
    for _ in 0..12 {
        let answer = server.try_sign_in("admin", "a wrong password").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("slowed within 12 attempts");
    assert_eq!(refused.code(), "too_many_attempts");
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(server.try_sign_in("admin", &server.password).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(server.audit().iter().any(|line| line["action"] == "sign_in_slowed"));
}

#[tokio::test]
async fn a_viewer_looks_and_an_operator_acts() {
    let server = Server::start().await;
    let router = Router::new()
        .route("/v1/connectors/{n}/stop", post(|Json(body): Json<serde_json::Value>| async move { Json(body) }));
    server.upstream("controller.sock", router);
    let (users, _) = hmi::users::Users::open(&server.state()).unwrap();
    users.set_password("vera", "vera's password", Some(hmi::role::Role::Viewer)).unwrap();
    users.set_password("otto", "otto's password", Some(hmi::role::Role::Operator)).unwrap();
    let vera = server.sign_in("vera", "vera's password").await;
    let otto = server.sign_in("otto", "otto's password").await;
    let stop = "/api/controller/v1/connectors/1/stop";
    let body = r#"{"command_id":"a","reason":"local"}"#;
    let refused = server.post(stop, &vera, body).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "forbidden"));
    let taken = server.post(stop, &otto, body).await;
    assert_eq!((taken.status, taken.json()["command_id"].as_str()), (StatusCode::OK, Some("a")));
    assert_eq!(server.post("/api/controller/v1/config/check", &otto, "").await.status, StatusCode::FORBIDDEN);
    let audit = server.audit();
    let changed = audit.iter().find(|line| line["action"] == "changed").unwrap();
    assert_eq!((changed["user"].as_str(), changed["status"].as_u64()), (Some("otto"), Some(200)));
    assert_eq!(changed["request"], format!("POST {stop}"));
    assert!(audit.iter().any(|line| line["action"] == "forbidden" && line["user"] == "vera"));
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old_one() {
    let server = Server::start().await;
    let cookie = server.admin().await;
    let (users, _) = hmi::users::Users::open(&server.state()).unwrap();
    users.set_password("admin", "an entirely new one", None).unwrap();
    assert_eq!(server.get("/api/me", &cookie).await.status, StatusCode::UNAUTHORIZED);
    server.sign_in("admin", "an entirely new one").await;
}

#[tokio::test]
async fn another_site_cannot_act() {
    let server = Server::start().await;
    let cookie = server.admin().await;
    let request = |headers: &[(&str, &str)]| {
        let mut request = Request::builder().method(Method::POST).uri("/api/sign-out").header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.header("cookie", &cookie).body(Full::new(Bytes::new())).unwrap()
    };
    let evil = [("x-joulepoint", "1"), ("origin", "https://evil.example")];
    for headers in [&[][..], &evil[..], &[("content-type", "text/plain")][..]] {
        let response = answer(server.send(request(headers)).await).await;
        assert_eq!(response.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(server.get("/api/me", &cookie).await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn garbage_is_refused_and_harms_nobody() {
    let server = Server::start().await;
    for body in ["", "{", "[]", "null", r#"{"user":1}"#, r#"{"user":"a","password":"b","more":1}"#, "\u{0}\u{1}"] {
        assert_eq!(server.post("/api/sign-in", "", body).await.status, StatusCode::BAD_REQUEST, "{body:?}");
    }
    assert_eq!(server.post("/api/sign-in", "", vec![b' '; 5_000]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 600], &[0x16, 0x03, 0x01, 0xff, 0xff]] {
        let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap();
    }
    server.admin().await;
}

#[tokio::test]
async fn pages_are_served_with_their_headers_and_nothing_outside_the_folder() {
    let server = Server::start().await;
    let page = server.get("/", "").await;
    assert_eq!(page.status, StatusCode::OK);
    for (name, part) in [
        ("content-security-policy", "default-src 'self'"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("strict-transport-security", "max-age"),
        ("x-content-type-options", "nosniff"),
        ("content-type", "text/html"),
    ] {
        assert!(page.headers[name].to_str().unwrap().contains(part), "{name}");
    }
    for path in ["/../secret", "/%2e%2e/secret", "/assets/../../secret", "//secret", "/..%2fsecret", "/etc/passwd"] {
        let answer = server.get(path, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.headers.contains_key("content-security-policy"));
    }
    assert_eq!(server.post("/", "", "").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

//! Signing in and out, and who a request comes from.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use shell::{Problem, clock};

use crate::{
    App,
    app::From,
    audit::{Action, Entry},
    messages::{Me, SignIn},
    password,
    sessions::{Id, LIFETIME, Session},
    users::{MAX_NAME, User},
};

/// The prefix binds the cookie to this host, to TLS and to the whole path; browsers enforce it.
const COOKIE: &str = "__Host-joulepoint";

type Shared = State<Arc<App>>;

/// A valid PHC string that no password fits: an unknown name costs as much time as a wrong password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keSBub2JvZHk$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Who makes a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) id: Id,
    pub(crate) session: Session,
    pub(crate) user: User,
}

/// The signed-in user of a request. Counts as a use of the session.
pub(crate) fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let refused = || Problem::new(StatusCode::UNAUTHORIZED, "not_signed_in", "sign in first");
    let (id, session) = token(headers).and_then(|t| app.sessions.touch(t, clock::mono())).ok_or_else(refused)?;
    match app.users.get(&session.user) {
        Some(user) if user.version == session.version => Ok(Caller { id, session, user }),
        // The password or the role has changed since, or the user is gone.
        _ => {
            app.sessions.end(id);
            Err(refused())
        }
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// `POST /api/sign-in`
pub(crate) async fn sign_in(State(app): Shared, Extension(From(from)): Extension<From>, body: Bytes) -> Response {
    let request: SignIn = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            app.dropped("sign-in");
            return Problem::bad_request(format!("expected {{user, password}}: {error}")).into_response();
        }
    };
    let name: String = request.user.chars().take(MAX_NAME).collect();
    let now = clock::mono();
    if let Some(wait) = app.limiter.wait(from, &name, now) {
        return too_many(wait);
    }
    app.limiter.failed(from, &name, now);
    let user = app.users.get(&name);
    let verified = verify(&app, user.clone(), request.password).await;
    let entry = |role, action| Entry { at: clock::wall(), user: name.clone(), role, from, action };
    let Some(user) = user.filter(|_| verified) else {
        let slowed = app.limiter.wait(from, &name, clock::mono()).is_some();
        let action = if slowed { Action::SignInSlowed } else { Action::SignInFailed };
        app.audit.write(entry(None, action)).await;
        return Problem::new(StatusCode::UNAUTHORIZED, "wrong_credentials", "no such user with this password")
            .into_response();
    };
    app.limiter.succeeded(from, &name);
    let token = match app.sessions.start(&user, now) {
        Ok(token) => token,
        Err(error) => return Problem::unavailable(error.to_string()).into_response(),
    };
    app.audit.write(entry(Some(user.role), Action::SignedIn)).await;
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age={}", LIFETIME.as_secs());
    with_cookie(Json(describe(&user, LIFETIME)), &cookie)
}

async fn verify(app: &App, user: Option<User>, given: String) -> bool {
    let Ok(_permit) = app.hashing.acquire().await else { return false };
    let check = move || match user {
        Some(user) => user.verify(&given),
        None => password::verify(&given, NOBODY),
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(false)
}

pub(crate) fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let message = format!("too many failed attempts: wait {seconds} s");
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// `POST /api/sign-out`
pub(crate) async fn sign_out(
    State(app): Shared,
    Extension(From(from)): Extension<From>,
    headers: HeaderMap,
) -> Response {
    if let Ok(caller) = caller(&app, &headers) {
        app.sessions.end(caller.id);
        let action = Action::SignedOut;
        let user = caller.user;
        app.audit.write(Entry { at: clock::wall(), user: user.name, role: Some(user.role), from, action }).await;
    }
    let cookie = format!("{COOKIE}=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0");
    with_cookie(StatusCode::NO_CONTENT, &cookie)
}

/// `GET /api/me`
pub(crate) async fn me(State(app): Shared, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = caller(&app, &headers)?;
    let me = describe(&caller.user, caller.session.remaining(clock::mono()));
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(me)).into_response())
}

fn describe(user: &User, remaining: Duration) -> Me {
    Me {
        user: user.name.clone(),
        role: user.role,
        expires_in_s: remaining.as_secs(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn with_cookie(answer: impl IntoResponse, cookie: &str) -> Response {
    let mut response = answer.into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; __Host-joulepoint=abc; c"));
        assert_eq!(token(&headers), Some("abc"));
        headers.clear();
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-joulepointx=abc"));
        assert_eq!(token(&headers), None);
    }

    #[test]
    fn nobody_takes_as_long_as_somebody() {
        let parsed = argon2::password_hash::phc::PasswordHash::new(NOBODY).unwrap();
        let real = password::hash("long enough").unwrap();
        let real = argon2::password_hash::phc::PasswordHash::new(&real).unwrap();
        assert_eq!(parsed.params, real.params);
        assert_eq!(parsed.hash.unwrap().len(), real.hash.unwrap().len());
        assert!(!password::verify("", NOBODY));
    }
}

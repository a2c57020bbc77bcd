//! What the requests share, and the router.

use std::{
    io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{Method, Uri},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use shell::{Problem, RateLimited};
use tokio::sync::Semaphore;

use crate::{
    assets::Assets,
    audit::Audit,
    data, gateway, guard,
    limiter::Limiter,
    sessions::Sessions,
    sign_in,
    users::{self, Opened, Users},
};

/// So many passwords are hashed at once: each takes a core and 19 MiB for a moment.
const HASHING: usize = 2;
/// A sign-in is a name and a password.
const SIGN_IN_BODY: usize = 4 * 1024;

/// The address at the other end of a request's connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From(pub(crate) IpAddr);

/// Everything that requests share.
#[derive(Debug)]
pub struct App {
    pub(crate) users: Users,
    pub(crate) sessions: Sessions,
    pub(crate) limiter: Limiter,
    pub(crate) audit: Audit,
    pub(crate) assets: Assets,
    pub(crate) run_dir: PathBuf,
    pub(crate) hashing: Semaphore,
    pub(crate) garbage: RateLimited,
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The users cannot be read.
    #[error(transparent)]
    Users(#[from] users::Error),
    /// A file cannot be made or read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl App {
    /// Opens what is kept in `state_dir` and reads the bundle in `assets`.
    pub fn open(run_dir: &Path, state_dir: &Path, assets: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: state_dir.to_owned(), source };
        std::fs::create_dir_all(state_dir).map_err(io)?;
        let (users, opened) = Users::open(state_dir)?;
        if let Opened::First(path) = opened {
            tracing::warn!(user = users::FIRST_USER, password_in = %path.display(), "first start: change this password");
        }
        Ok(Self {
            users,
            sessions: Sessions::default(),
            limiter: Limiter::default(),
            audit: Audit::open(state_dir).map_err(io)?,
            assets: Assets::read(assets).map_err(|source| Error::Io { path: assets.to_owned(), source })?,
            run_dir: run_dir.to_owned(),
            hashing: Semaphore::new(HASHING),
            garbage: RateLimited::default(),
        })
    }

    /// All routes. The server adds the address of the other end to each request.
    pub fn router(self) -> Router {
        Router::new()
            .route("/api/sign-in", post(sign_in::sign_in).layer(DefaultBodyLimit::max(SIGN_IN_BODY)))
            .route("/api/sign-out", post(sign_in::sign_out))
            .route("/api/me", get(sign_in::me))
            .route("/api/data", get(data::state))
            .route("/api/data/unlock", post(data::unlock).layer(DefaultBodyLimit::max(SIGN_IN_BODY)))
            .route("/api/{*path}", axum::routing::any(gateway::pass))
            .fallback(asset)
            .layer(DefaultBodyLimit::max(shell::serve::MAX_BODY))
            .layer(middleware::from_fn(guard::same_origin))
            .layer(middleware::map_response(guard::secure))
            .with_state(Arc::new(self))
    }

    /// Counts a body that makes no sense; logged once a minute at most.
    pub(crate) fn dropped(&self, what: &str) {
        if let Some(times) = self.garbage.hit() {
            tracing::warn!(what, times, "a request was dropped");
        }
    }
}

async fn asset(State(app): State<Arc<App>>, method: Method, uri: Uri, headers: axum::http::HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "only GET here")
            .into_response();
    }
    app.assets.answer(uri.path(), &headers)
}

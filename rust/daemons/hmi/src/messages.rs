//! Bodies of the requests that this daemon answers itself.

use api::data::{DataState, Unlock, Unlocked};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::role::Role;

/// `POST /api/sign-in`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Who.
    pub user: String,
    /// The password.
    pub password: String,
}

// Written by hand so that no log line can ever hold a password.
impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Who is signed in: `GET /api/me`, and the answer to a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The user's name.
    pub user: String,
    /// What the user may do.
    pub role: Role,
    /// Seconds until the session ends whatever is done.
    pub expires_in_s: u64,
    /// The version of this daemon.
    pub version: String,
}

#[utoipa::path(post, path = "/api/sign-in", request_body = SignIn,
    responses((status = 200, body = Me), (status = 401), (status = 429)))]
#[expect(dead_code, reason = "describes a route for the OpenAPI document; the handler lives in sign_in")]
fn sign_in() {}

#[utoipa::path(post, path = "/api/sign-out", responses((status = 204)))]
#[expect(dead_code, reason = "describes a route for the OpenAPI document; the handler lives in sign_in")]
fn sign_out() {}

#[utoipa::path(get, path = "/api/me", responses((status = 200, body = Me), (status = 401)))]
#[expect(dead_code, reason = "describes a route for the OpenAPI document; the handler lives in sign_in")]
fn me() {}

#[utoipa::path(get, path = "/api/data", responses((status = 200, body = DataState), (status = 503)))]
#[expect(dead_code, reason = "describes a route for the OpenAPI document; the handler lives in data")]
fn data() {}

#[utoipa::path(post, path = "/api/data/unlock", request_body = Unlock, responses((status = 200, body = Unlocked),
    (status = 403), (status = 409), (status = 422), (status = 429), (status = 503)))]
#[expect(dead_code, reason = "describes a route for the OpenAPI document; the handler lives in data")]
fn unlock() {}

/// The OpenAPI document of what this daemon answers itself.
#[derive(Debug, OpenApi)]
#[openapi(info(title = "Joulepoint HMI"), paths(sign_in, sign_out, me, data, unlock), components(schemas(SignIn, Me)))]
pub struct Document;

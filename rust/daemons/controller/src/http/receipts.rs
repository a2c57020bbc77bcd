//! Signed records of sessions, and the keys that sign them.

use api::{
    problem::Problem as ProblemBody,
    receipt::{MeteringKey, MeteringKeys, Receipt},
};
use axum::{
    Json,
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::IntoResponse,
};
use shell::Problem;
use units::SessionId;

use super::{Service, state::blocking};
use crate::store::Signed;

/// A session's signed record: one line of OCMF, byte for byte as it was signed.
#[utoipa::path(get, path = "/v1/sessions/{id}/ocmf", params(("id" = String, Path, description = "a session's id")),
    responses((status = 200, content_type = "text/plain", body = String), (status = 404, body = ProblemBody)))]
pub(super) async fn record(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], receipt(&service, &id).await?.record))
}

/// The same with its public key, as the file that the transparency software of S.A.F.E. reads.
#[utoipa::path(get, path = "/v1/sessions/{id}/ocmf.xml", params(("id" = String, Path, description = "a session's id")),
    responses((status = 200, content_type = "application/xml", body = String), (status = 404, body = ProblemBody)))]
pub(super) async fn transparency(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let Receipt { record, public_key, .. } = receipt(&service, &id).await?;
    Ok(([(CONTENT_TYPE, "application/xml")], receipt::transparency(&record, public_key.as_deref())))
}

async fn receipt(service: &Service, id: &str) -> Result<Receipt, Problem> {
    let id = SessionId::new(id).map_err(|error| Problem::bad_request(error.to_string()).at("/id"))?;
    let reader = service.reader.clone();
    let wanted = id.clone();
    let (session, signed) = blocking(move || Ok((reader.session(&wanted)?, reader.receipt(&wanted)?))).await?;
    let session = session.ok_or_else(|| Problem::not_found(format!("there is no session {}", id.as_str())))?;
    let why = match signed {
        Signed::Yes(receipt) => return Ok(receipt),
        Signed::Never(why) => why,
        Signed::NotYet if session.reason.is_none() => "it has not ended".to_owned(),
        Signed::NotYet => {
            let problem = service.signing.borrow().problem.clone();
            problem.unwrap_or_else(|| "it will be within seconds".to_owned())
        }
    };
    Err(Problem::not_found(format!("session {} is not signed: {why}", id.as_str())))
}

/// The keys that the controller signs sessions with: the one in use, and those before.
#[utoipa::path(get, path = "/v1/keys/metering", responses((status = 200, body = MeteringKeys)))]
pub(super) async fn keys(State(service): State<Service>) -> Result<Json<MeteringKeys>, Problem> {
    let reader = service.reader.clone();
    let mut keys = blocking(move || reader.keys()).await?;
    let state = service.signing.borrow().clone();
    let current = state.key.map(|key| {
        if !keys.iter().any(|known| known.name == key.name) {
            // It has signed nothing yet.
            let fresh = MeteringKey {
                name: key.name.clone(),
                kind: key.kind,
                algorithm: receipt::ALGORITHM.to_owned(),
                public_key: key.public_key,
                since: key.since,
                records: 0,
            };
            keys.insert(0, fresh);
        }
        key.name
    });
    Ok(Json(MeteringKeys { current, problem: state.problem, keys }))
}

//! Charging profiles of the CSMS (D12).

use api::{
    problem::Problem as ProblemBody,
    profile::{Author, Composite, Profile, Profiles, Purpose, RateUnit, SetProfile},
};
use axum::{
    Json,
    extract::{ConnectInfo, Query, State},
    http::StatusCode,
};
use cabinet::{Command, criteria};
use serde::Deserialize;
use shell::{Problem, serve::Peer};
use units::ConnectorId;
use utoipa::IntoParams;

use super::{
    Body, Service,
    commands::{carry_out, operator},
};

/// Which profiles: that one, or all that have what is named.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// This one; the rest is not looked at then.
    id: Option<i32>,
    /// Those of a connector; 0 is the whole station.
    connector: Option<u8>,
    /// Those of a purpose.
    purpose: Option<Purpose>,
    /// Those of a stack level.
    stack_level: Option<u32>,
}

/// Whose profiles may be cleared.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Cleared {
    /// By whose rules.
    author: Author,
    /// This one; the rest is not looked at then.
    id: Option<i32>,
    /// Those of a connector; 0 is the whole station.
    connector: Option<u8>,
    /// Those of a purpose.
    purpose: Option<Purpose>,
    /// Those of a stack level.
    stack_level: Option<u32>,
}

/// The limits of which time.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Where; 0 is the whole station.
    connector: u8,
    /// For how long from now on, in s.
    duration_s: u32,
    /// In what; W without.
    unit: Option<RateUnit>,
}

/// Profiles, in the order in which they are looked at.
#[utoipa::path(get, path = "/v1/profiles", params(Which), responses((status = 200, body = Profiles)))]
pub(super) async fn list(
    State(service): State<Service>,
    Query(which): Query<Which>,
) -> Result<Json<Profiles>, Problem> {
    let meant = move |profile: &Profile| match which.id {
        Some(id) => profile.id == id,
        None => {
            which.connector.is_none_or(|number| profile.connector.map_or(0, ConnectorId::get) == number)
                && which.purpose.is_none_or(|purpose| profile.purpose == purpose)
                && which.stack_level.is_none_or(|level| profile.stack_level == level)
        }
    };
    let profiles = service.look(|cabinet, _| cabinet.profiles()).await?;
    Ok(Json(Profiles { profiles: profiles.into_iter().filter(meant).collect() }))
}

/// Takes a profile, in place of those that it replaces. It is in force and on disk when this is answered (D15).
#[utoipa::path(put, path = "/v1/profiles", request_body = SetProfile,
    responses((status = 204), (status = 422, body = ProblemBody, description = "refused; `code` names the reason")))]
pub(super) async fn set(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(wanted): Body<SetProfile>,
) -> Result<StatusCode, Problem> {
    operator(&peer)?;
    carry_out(&service, Command::SetProfile(Box::new(wanted))).await?;
    service.settled().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Clears profiles. They are out of force and off the disk when this is answered.
#[utoipa::path(delete, path = "/v1/profiles", params(Cleared),
    responses((status = 204), (status = 404, body = ProblemBody, description = "none is meant")))]
pub(super) async fn clear(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(which): Query<Cleared>,
) -> Result<StatusCode, Problem> {
    operator(&peer)?;
    let Cleared { author, id, connector, purpose, stack_level } = which;
    let criteria = criteria(id, connector, purpose, stack_level);
    carry_out(&service, Command::ClearProfiles { criteria, author }).await?;
    service.settled().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The limits of the time to come, all profiles merged, and never above what is built.
#[utoipa::path(get, path = "/v1/profiles/composite", params(Wanted),
    responses((status = 200, body = Composite), (status = 404, body = ProblemBody)))]
pub(super) async fn composite(
    State(service): State<Service>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Composite>, Problem> {
    let connector = ConnectorId::new(wanted.connector);
    let unit = wanted.unit.unwrap_or(RateUnit::Watts);
    let told = service.look(move |cabinet, now| cabinet.composite(connector, unit, wanted.duration_s, now)).await?;
    told.map(Json).ok_or_else(|| Problem::not_found(format!("there is no connector {}", wanted.connector)))
}

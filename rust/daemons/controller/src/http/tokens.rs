//! Who may charge, as the CSMS said beforehand.

use api::{
    problem::Problem as ProblemBody,
    tokens::{CsmsLink, LocalList, LocalListChange, LocalListState},
};
use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use cabinet::{Command, Input};
use shell::{Problem, serve::Peer};

use super::{
    Body, Service,
    commands::{carry_out, operator},
};
use crate::inbox::Message;

/// The local list's version and size.
#[utoipa::path(get, path = "/v1/local-list", responses((status = 200, body = LocalListState)))]
pub(super) async fn local_list(State(service): State<Service>) -> Result<Json<LocalListState>, Problem> {
    service.look(|cabinet, _| cabinet.local_list()).await.map(Json)
}

/// Replaces the local list whole.
#[utoipa::path(put, path = "/v1/local-list", request_body = LocalList,
    responses((status = 204), (status = 409, body = ProblemBody, description = "not this version"), (status = 422, body = ProblemBody)))]
pub(super) async fn replace(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(list): Body<LocalList>,
) -> Result<StatusCode, Problem> {
    operator(&peer)?;
    carry_out(&service, Command::LocalList(list)).await?;
    service.settled().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the local list.
#[utoipa::path(patch, path = "/v1/local-list", request_body = LocalListChange,
    responses((status = 204), (status = 409, body = ProblemBody, description = "not a newer version"), (status = 422, body = ProblemBody)))]
pub(super) async fn change(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(change): Body<LocalListChange>,
) -> Result<StatusCode, Problem> {
    operator(&peer)?;
    carry_out(&service, Command::LocalListChange(change)).await?;
    service.settled().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets what the CSMS answered before.
#[utoipa::path(delete, path = "/v1/authorisation-cache", responses((status = 204)))]
pub(super) async fn forget(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
) -> Result<StatusCode, Problem> {
    operator(&peer)?;
    carry_out(&service, Command::ForgetCache).await?;
    service.settled().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the CSMS can be asked, as its daemon knows.
#[utoipa::path(put, path = "/v1/csms", request_body = CsmsLink, responses((status = 204)))]
pub(super) async fn csms(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Body(link): Body<CsmsLink>,
) -> Result<StatusCode, Problem> {
    if !peer.is("jp-ocpp") {
        return Err(Problem::forbidden("only the ocpp daemon knows how the CSMS is"));
    }
    let busy = |_| Problem::unavailable("the controller is busy; try again in a second");
    service.inbox.send(Message::Input(Input::Csms(link.reach))).map_err(busy)?;
    Ok(StatusCode::NO_CONTENT)
}

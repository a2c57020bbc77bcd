//! What may be asked for, and by whom.

use api::{
    command::{Authorise, ClearFault, Start, Stop, Taken},
    problem::Problem as ProblemBody,
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
    http::{HeaderMap, StatusCode},
};
use cabinet::{Command, CommandError, ListRefusal};
use shell::{Problem, serve::Peer};
use tokio::sync::oneshot;
use units::ConnectorId;

use super::{Body, Service, author::author};
use crate::inbox::Message;

/// Who may operate the charger. Their own sign-in stands before this for people.
pub(super) const OPERATORS: &[&str] = &["jp-hmi", "jp-system", "jp-ocpp"];

pub(super) fn operator(peer: &Peer) -> Result<(), Problem> {
    if OPERATORS.iter().any(|user| peer.is(user)) {
        return Ok(());
    }
    Err(Problem::forbidden(format!("user {} may not operate the charger", peer.user)))
}

fn connector(id: u8) -> Result<ConnectorId, Problem> {
    ConnectorId::new(id).ok_or_else(|| Problem::not_found("there is no connector 0; they are counted from 1"))
}

fn command_id(id: &str) -> Result<(), Problem> {
    if (1..=64).contains(&id.len()) {
        return Ok(());
    }
    Err(Problem::bad_request("a command's id has 1 to 64 characters").at("/command_id"))
}

pub(super) async fn carry_out(service: &Service, command: Command) -> Result<(), Problem> {
    let busy = || Problem::unavailable("the controller is starting or busy; try again in a second");
    let (answer, verdict) = oneshot::channel();
    service.inbox.send(Message::Command(command, answer)).map_err(|_| busy())?;
    verdict.await.map_err(|_| busy())?.map_err(|error| match &error {
        CommandError::NotNow { .. } | CommandError::LocalList(ListRefusal::Version { .. }) => {
            Problem::conflict(error.to_string())
        }
        CommandError::Profile(refusal) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), refusal.to_string())
        }
        CommandError::LocalList(ListRefusal::TooLong(_)) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_long", error.to_string())
        }
        CommandError::UnknownConnector(_) | CommandError::UnknownRequest(_) | CommandError::NoProfile => {
            Problem::not_found(error.to_string())
        }
    })
}

/// Start a charge from afar: the tag counts as presented and good.
#[utoipa::path(post, path = "/v1/connectors/{id}/start", params(("id" = u8, Path, description = "a connector")),
    request_body = Start, responses((status = 202, body = Taken), (status = 409, body = ProblemBody)))]
pub(super) async fn start(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<u8>,
    Body(body): Body<Start>,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    operator(&peer)?;
    command_id(&body.command_id)?;
    let Start { command_id, id_tag, profile } = body;
    let command = Command::Start { command_id: command_id.clone(), connector: connector(id)?, id_tag, profile };
    carry_out(&service, command).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken { command_id })))
}

/// End a running charge.
#[utoipa::path(post, path = "/v1/connectors/{id}/stop", params(("id" = u8, Path, description = "a connector")),
    request_body = Stop, responses((status = 202, body = Taken), (status = 409, body = ProblemBody)))]
pub(super) async fn stop(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<u8>,
    Body(body): Body<Stop>,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    operator(&peer)?;
    command_id(&body.command_id)?;
    let Stop { command_id, reason } = body;
    carry_out(&service, Command::Stop { command_id: command_id.clone(), connector: connector(id)?, reason }).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken { command_id })))
}

/// A person says that a connector's fault is mended.
#[utoipa::path(post, path = "/v1/connectors/{id}/clear-fault", params(("id" = u8, Path, description = "a connector")),
    request_body = ClearFault, responses((status = 202, body = Taken), (status = 409, body = ProblemBody)))]
pub(super) async fn clear_fault(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<u8>,
    headers: HeaderMap,
    Body(body): Body<ClearFault>,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    operator(&peer)?;
    command_id(&body.command_id)?;
    let ClearFault { command_id } = body;
    let who = author(&peer, &headers);
    carry_out(&service, Command::ClearFault { command_id: command_id.clone(), connector: connector(id)?, who }).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken { command_id })))
}

/// An authority answers a pending authorisation.
#[utoipa::path(post, path = "/v1/authorisations/{request_id}",
    params(("request_id" = String, Path, description = "as in the state")), request_body = Authorise,
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub(super) async fn authorise(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(request_id): Path<String>,
    Body(body): Body<Authorise>,
) -> Result<StatusCode, Problem> {
    operator(&peer)?;
    let Authorise { verdict, group, expires_ms } = body;
    carry_out(&service, Command::Authorise { request_id, verdict, group, expires_ms }).await?;
    Ok(StatusCode::NO_CONTENT)
}

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

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, mpsc},
        thread,
        time::Duration,
    };

    use api::command::StopReason;
    use axum::{extract::connect_info::MockConnectInfo, http::Method};
    use cabinet::{Cabinet, Identity};
    use shell::client::{Call, Client};
    use tokio::sync::watch;
    use units::{BootId, Mono};

    use super::*;
    use crate::{
        http::{Links, router},
        inbox::Inbox,
        signing,
        store::Reader,
    };

    /// A controller's routes, and a cabinet that takes every command: what it was asked for, in order.
    async fn answers(bodies: &[&str]) -> (Vec<(StatusCode, String)>, Vec<Command>) {
        let dir = tempfile::tempdir().unwrap();
        let config = config::from_toml(include_str!("../../../../domain/config/tests/cabinet.toml")).unwrap();
        let identity = Identity { boot: BootId("boot".into()), version: String::new() };
        let state = Arc::new(Cabinet::new(identity, config.clone(), 1).state(Mono::from_millis(0)));
        let (inbox, messages) = Inbox::new(serial::Waker::new().unwrap());
        let service = Service {
            inbox,
            links: Links::default(),
            state: watch::channel(state).1,
            store: watch::channel(None).1,
            reader: Reader::new(dir.path().join("controller.db")),
            in_force: watch::channel(Arc::new(config)).1,
            desk: watch::channel(None).1,
            signing: watch::channel(signing::State::default()).1,
        };
        let (taken, asked) = mpsc::channel();
        thread::spawn(move || {
            for message in messages {
                let Message::Command(command, answer) = message else { panic!("no command: {message:?}") };
                taken.send(command).unwrap();
                answer.send(Ok(())).unwrap();
            }
        });
        let socket = dir.path().join("controller.sock");
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        let peer = Peer { uid: 0, pid: None, user: "root".to_owned() };
        let server = tokio::spawn(axum::serve(listener, router(service).layer(MockConnectInfo(peer))).into_future());
        let client = Client::new(socket);
        let mut told = Vec::new();
        for body in bodies {
            let call = Call {
                method: Method::POST,
                uri: "/v1/connectors/1/stop".to_owned(),
                headers: Vec::new(),
                body: Some(("application/json", body.as_bytes().to_vec())),
            };
            let reply = client.exchange(call, Duration::from_mins(1)).await.unwrap();
            told.push((reply.status, String::from_utf8(reply.body).unwrap()));
        }
        server.abort();
        (told, asked.try_iter().collect())
    }

    #[tokio::test]
    async fn a_stop_for_a_reason_that_is_none_is_refused_and_stops_nothing() {
        let (told, asked) = answers(&[
            r#"{"command_id":"a","reason":"remtoe"}"#,
            r#"{"command_id":"b","reason":"other"}"#,
            r#"{"command_id":"c","reason":"remote"}"#,
            r#"{"command_id":"d"}"#,
        ])
        .await;
        for ((status, said), word) in told.iter().zip(["remtoe", "other"]) {
            assert_eq!(*status, StatusCode::BAD_REQUEST, "{said}");
            let said: ProblemBody = serde_json::from_str(said).unwrap();
            let expected = format!("reason: unknown variant `{word}`, expected one of `local`, `remote`, ");
            assert!(said.message.contains(&expected), "{}", said.message);
        }
        assert_eq!([told[2].0, told[3].0], [StatusCode::ACCEPTED; 2]);
        let stop = |id: &str, reason| Command::Stop {
            command_id: id.to_owned(),
            connector: ConnectorId::new(1).unwrap(),
            reason,
        };
        assert_eq!(asked, [stop("c", StopReason::Remote), stop("d", StopReason::Local)]);
    }
}

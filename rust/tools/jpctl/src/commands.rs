//! What each command does.

use std::io::Write;

use api::{
    command::{ClearFault, Start, Stop, StopReason, Taken},
    fault::Faults,
    outbox::Page,
    receipt::MeteringKeys,
    session::{Session, Sessions},
    state::ControllerState,
};
use futures_util::StreamExt as _;
use serde::Serialize;
use serde_json::Value;
use shell::client::{Call, Method};
use units::ConnectorId;

use crate::{
    Cabinet, Failure,
    args::{Args, Command},
    configuration, data, health, update, views,
};

pub(crate) const CONTROLLER: &str = "controller";

/// Carries out one command; the number is the process's exit code.
///
/// # Errors
/// When a daemon does not answer or refuses, or a file or the output cannot be used.
pub async fn run(args: &Args, out: &mut impl Write) -> Result<u8, Failure> {
    let cabinet = Cabinet::new(&args.run_dir);
    let json = args.json;
    match &args.command {
        Command::Status => {
            let answer = cabinet.get::<ControllerState>(CONTROLLER, "/v1/state").await?;
            show(out, json, &answer.raw, |out| views::status(out, &answer.typed))?;
        }
        Command::Connectors { watch: false } => {
            let answer = cabinet.get::<ControllerState>(CONTROLLER, "/v1/state").await?;
            let connectors = answer.raw.get("connectors").cloned().unwrap_or_default();
            show(out, json, &connectors, |out| views::connectors(out, &answer.typed))?;
        }
        Command::Connectors { watch: true } => watch(&cabinet, json, out).await?,
        Command::Sessions { limit } => {
            let answer = cabinet.get::<Sessions>(CONTROLLER, &format!("/v1/sessions?limit={limit}")).await?;
            show(out, json, &answer.raw, |out| views::sessions(out, &answer.typed))?;
        }
        Command::Session { id } => {
            let answer = cabinet.get::<Session>(CONTROLLER, &format!("/v1/sessions/{id}")).await?;
            show(out, json, &answer.raw, |out| views::session(out, &answer.typed))?;
        }
        Command::Ocmf { id, xml } => {
            let uri = format!("/v1/sessions/{id}/ocmf{}", if *xml { ".xml" } else { "" });
            let call = Call { method: Method::GET, uri, headers: Vec::new(), body: None };
            let reply = cabinet.exchange(CONTROLLER, call).await?;
            if reply.status.is_success() {
                let text = String::from_utf8_lossy(&reply.body);
                show(out, json, &text, |out| writeln!(out, "{text}"))?;
            } else {
                cabinet.understand::<Value>(CONTROLLER, &reply)?;
            }
        }
        Command::Keys => {
            let answer = cabinet.get::<MeteringKeys>(CONTROLLER, "/v1/keys/metering").await?;
            show(out, json, &answer.raw, |out| views::keys(out, &answer.typed))?;
        }
        Command::Faults => {
            let answer = cabinet.get::<Faults>(CONTROLLER, "/v1/faults").await?;
            let mut faults = answer.typed.faults;
            // A stable sort: within each half the newest stay first.
            faults.sort_by_key(|fault| fault.cleared.is_some());
            show(out, json, &answer.raw, |out| {
                views::faults(out, shell::clock::mono(), &shell::clock::boot_id(), &faults)
            })?;
        }
        Command::Start { connector, tag } => {
            let body = Start { command_id: command_id(), id_tag: tag.clone(), profile: None };
            command(&cabinet, *connector, "start", &body, json, out).await?;
        }
        Command::Stop { connector } => {
            let body = Stop { command_id: command_id(), reason: StopReason::Local };
            command(&cabinet, *connector, "stop", &body, json, out).await?;
        }
        Command::Clear { connector } => {
            let body = ClearFault { command_id: command_id() };
            command(&cabinet, *connector, "clear-fault", &body, json, out).await?;
        }
        Command::Config { command } => configuration::run(&cabinet, command, json, out).await?,
        Command::Update { command } => return update::run(&cabinet, command.as_ref(), json, out).await,
        Command::Data { command } => data::run(&cabinet, command, json, out).await?,
        Command::Outbox { after, limit } => {
            let uri = format!("/v1/outbox?after={after}&limit={limit}&wait_ms=0");
            let answer = cabinet.get::<Page>(CONTROLLER, &uri).await?;
            show(out, json, &answer.raw, |out| views::outbox(out, &answer.typed))?;
        }
        Command::Health => return health(&cabinet, json, out).await,
    }
    Ok(0)
}

/// Prints either form.
pub(crate) fn show<W: Write, T: Serialize>(
    out: &mut W,
    json: bool,
    raw: &T,
    view: impl FnOnce(&mut W) -> std::io::Result<()>,
) -> Result<(), Failure> {
    if json {
        serde_json::to_writer_pretty(&mut *out, raw).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        view(out)?;
    }
    Ok(())
}

async fn watch(cabinet: &Cabinet, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let mut states = std::pin::pin!(cabinet.states::<ControllerState>().await?);
    while let Some(state) = states.next().await {
        let answer = state?;
        if json {
            // One a line, for programs that read along.
            writeln!(out, "{}", answer.raw.get("connectors").unwrap_or(&Value::Null))?;
        } else {
            // Home and clear to the end: no flicker.
            write!(out, "\x1b[H\x1b[J")?;
            views::connectors(out, &answer.typed)?;
        }
        out.flush()?;
    }
    Ok(())
}

/// Fresh for each command: a command that is sent twice by accident is carried out once.
fn command_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn command<B: Serialize + Sync>(
    cabinet: &Cabinet,
    connector: ConnectorId,
    verb: &str,
    body: &B,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let raw = cabinet.post(CONTROLLER, &format!("/v1/connectors/{connector}/{verb}"), body).await?;
    let id = serde_json::from_value::<Taken>(raw.clone()).map(|taken| taken.command_id).unwrap_or_default();
    show(out, json, &raw, |out| writeln!(out, "connector {connector}: {verb} taken ({id}); see jpctl status"))
}

async fn health(cabinet: &Cabinet, json: bool, out: &mut impl Write) -> Result<u8, Failure> {
    let checks = health::list(cabinet).await;
    show(out, json, &checks, |out| health::print(out, &checks))?;
    Ok(checks.iter().map(|check| check.grade.exit_code()).max().unwrap_or(0))
}

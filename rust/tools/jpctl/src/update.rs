//! `jpctl update`: the unit's own software.

use std::{
    io::{self, Write},
    path::Path,
    time::Duration,
};

use api::{
    system::Side,
    update::{
        Check, Checked, Install, OutcomeResult, Phase, Restart, RestartWhen, SetVersion, Source, Started, UpdateState,
        UsbBundles,
    },
};
use futures_util::StreamExt as _;
use serde::Serialize;
use serde_json::{Value, json};
use shell::client::{Call, Method};

use crate::{
    Cabinet, Failure,
    args::{InstallArgs, UpdateCommand, VersionArgs, When},
    commands::show,
    table::Table,
    text::{name, wall},
};

const SYSTEM: &str = "system";
/// RAUC looks at a whole signature; on a slow machine that takes its time.
const LIMIT: Duration = Duration::from_secs(90);

pub(crate) async fn run(
    cabinet: &Cabinet,
    command: Option<&UpdateCommand>,
    json: bool,
    out: &mut impl Write,
) -> Result<u8, Failure> {
    match command.unwrap_or(&UpdateCommand::Show) {
        UpdateCommand::Show => {
            let answer = cabinet.get::<UpdateState>(SYSTEM, "/v1/update").await?;
            show(out, json, &answer.raw, |out| state(out, &answer.typed))?;
        }
        UpdateCommand::Usb => {
            let answer = cabinet.get::<UsbBundles>(SYSTEM, "/v1/update/usb").await?;
            show(out, json, &answer.raw, |out| usb(out, &answer.typed))?;
        }
        UpdateCommand::Check { source, force } => {
            let body = Check { source: source_of(source)?, force: *force };
            let raw = call(cabinet, Method::POST, "/v1/update/check", &body).await?;
            let checked: Checked = understood(raw.clone())?;
            show(out, json, &raw, |out| verdict(out, &checked))?;
            return Ok(u8::from(checked.refused.is_some()));
        }
        UpdateCommand::Install(args) => return install(cabinet, args, json, out).await,
        UpdateCommand::Restart { force } => {
            call(cabinet, Method::POST, "/v1/update/restart", &Restart { force: *force }).await?;
            show(out, json, &json!({}), |out| writeln!(out, "the machine restarts in a few seconds"))?;
        }
        UpdateCommand::Cancel => {
            call(cabinet, Method::POST, "/v1/update/cancel", &json!({})).await?;
            show(out, json, &json!({}), |out| writeln!(out, "cancelled"))?;
        }
        UpdateCommand::Pin(version) => set(cabinet, "pin", version, json, out).await?,
        UpdateCommand::Floor(version) => set(cabinet, "floor", version, json, out).await?,
    }
    Ok(0)
}

async fn set(cabinet: &Cabinet, what: &str, to: &VersionArgs, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let body = SetVersion { version: to.version.clone() };
    call(cabinet, Method::PUT, &format!("/v1/update/{what}"), &body).await?;
    show(out, json, &body, |out| match &body.version {
        Some(version) => writeln!(out, "the {what} is {version}"),
        None => writeln!(out, "there is no {what} any more"),
    })
}

async fn call<B: Serialize>(cabinet: &Cabinet, method: Method, uri: &str, body: &B) -> Result<Value, Failure> {
    let body = serde_json::to_vec(body).map_err(io::Error::from)?;
    let (uri, body) = (uri.to_owned(), Some(("application/json", body)));
    let reply = cabinet.exchange_within(SYSTEM, Call { method, uri, headers: Vec::new(), body }, LIMIT).await?;
    cabinet.understand(SYSTEM, &reply)
}

fn understood<T: serde::de::DeserializeOwned>(raw: Value) -> Result<T, Failure> {
    serde_json::from_value(raw)
        .map_err(|error| Failure::Answer { daemon: SYSTEM.to_owned(), reason: error.to_string() })
}

/// A source as it is typed: a URL, `usb:NAME`, or a file of this machine.
fn source_of(text: &str) -> Result<Source, Failure> {
    if text.starts_with("http://") || text.starts_with("https://") {
        return Ok(Source::Url(text.to_owned()));
    }
    if let Some(name) = text.strip_prefix("usb:") {
        return Ok(Source::Usb(name.to_owned()));
    }
    let path = Path::new(text);
    let absolute = path.canonicalize().map_err(|source| Failure::File { path: path.to_owned(), source })?;
    Ok(Source::File(absolute.display().to_string()))
}

async fn install(cabinet: &Cabinet, args: &InstallArgs, json: bool, out: &mut impl Write) -> Result<u8, Failure> {
    let restart = match args.restart {
        When::WhenIdle => RestartWhen::WhenIdle,
        When::Now => RestartWhen::Now,
        When::No => RestartWhen::No,
    };
    let (source, sha256, asked_by) = (source_of(&args.source)?, args.sha256.clone(), "jpctl".to_owned());
    let ask = Install { source, force: args.force, restart, sha256, asked_by, reference: None };
    // The stream is opened first: nothing that follows is missed.
    let mut states = std::pin::pin!(cabinet.states_at::<UpdateState>(SYSTEM, "/v1/update/events").await?);
    let raw = call(cabinet, Method::POST, "/v1/update/install", &ask).await?;
    let Started { id } = understood(raw.clone())?;
    if args.detach {
        show(out, json, &raw, |out| writeln!(out, "begun ({id}); see jpctl update"))?;
        return Ok(0);
    }
    let mut said = String::new();
    while let Some(answer) = states.next().await {
        let answer = answer?;
        let state = answer.typed;
        if let Some(outcome) = state.outcomes.iter().find(|outcome| outcome.id == id) {
            show(out, json, outcome, |out| writeln!(out, "{}: {}", name(&outcome.result), outcome.reason))?;
            return Ok(u8::from(outcome.result != OutcomeResult::Confirmed));
        }
        if state.pending.as_ref().is_none_or(|pending| pending.id != id) {
            // What came before it was taken.
            continue;
        }
        let line = progress_line(&state);
        if line != said && !json {
            writeln!(out, "{line}")?;
            out.flush()?;
        }
        said = line;
        let waits = state.progress.phase == Phase::WaitingRestart && restart == RestartWhen::No;
        if waits || state.progress.phase == Phase::Restarting {
            show(out, json, &answer.raw, |out| {
                let then = if waits { "jpctl update restart starts it" } else { "the machine restarts" };
                writeln!(out, "{then}; afterwards jpctl update tells whether it stays")
            })?;
            return Ok(0);
        }
    }
    Err(Failure::Answer { daemon: SYSTEM.to_owned(), reason: "it stopped telling what it does".to_owned() })
}

/// What is being done, in steps of ten: a terminal need not see each.
fn progress_line(state: &UpdateState) -> String {
    let percent = state.progress.percent.map(|percent| format!("{:>3} %  ", percent / 10 * 10)).unwrap_or_default();
    let words = state.progress.message.split(": ").next().unwrap_or_default();
    let phase = name(&state.progress.phase);
    format!("{percent}{}", if state.progress.percent.is_some() { words } else { phase_words(&phase, state) })
}

fn phase_words<'a>(phase: &'a str, state: &'a UpdateState) -> &'a str {
    if state.progress.message.is_empty() { phase } else { &state.progress.message }
}

const fn letter(side: Side) -> &'static str {
    match side {
        Side::A => "a",
        Side::B => "b",
    }
}

fn state(out: &mut impl Write, state: &UpdateState) -> io::Result<()> {
    let side = state.running.side.map_or("?", letter);
    let stays = if state.confirmed { "confirmed" } else { "not confirmed" };
    writeln!(out, "{} on side {side}, {stays}", state.running.version)?;
    if let Some(why) = &state.unavailable {
        writeln!(out, "no updates here: {why}")?;
    }
    let percent = state.progress.percent.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    writeln!(out, "{}{percent}: {}", name(&state.progress.phase), state.progress.message)?;
    let or_none = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
    writeln!(out, "pin {}, floor {}\n", or_none(&state.pin), or_none(&state.floor))?;
    let mut sides = Table::new(["SIDE", "STATUS", "FIRST", "VERSION", "INSTALLED"]);
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    for side in &state.sides {
        let first = if side.primary { "yes" } else { "no" };
        sides.row([
            letter(side.side).to_owned(),
            name(&side.status),
            first.to_owned(),
            or_dash(&side.version),
            or_dash(&side.installed_at),
        ]);
    }
    sides.print(out, "no sides are known")?;
    if let Some(download) = &state.download {
        let status = name(&download.status);
        let why = download.error.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        writeln!(out, "\ndownload of {}: {status}, {} bytes{why}", download.url, download.received)?;
    }
    writeln!(out)?;
    let mut outcomes = Table::new(["WHEN", "VERSION", "RESULT", "WHY"]);
    for outcome in &state.outcomes {
        outcomes.row([wall(outcome.at), or_dash(&outcome.version), name(&outcome.result), outcome.reason.clone()]);
    }
    outcomes.print(out, "no updates yet")
}

fn usb(out: &mut impl Write, found: &UsbBundles) -> io::Result<()> {
    let mut table = Table::new(["BUNDLE", "BYTES"]);
    for bundle in &found.bundles {
        table.row([format!("usb:{}", bundle.name), bundle.size.to_string()]);
    }
    table.print(out, "no bundle on any stick: it must lie in the top folder, and its name end in .raucb")
}

fn verdict(out: &mut impl Write, checked: &Checked) -> io::Result<()> {
    let words = checked.description.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
    writeln!(out, "version {}{words} for {}", checked.version, checked.compatible)?;
    match &checked.refused {
        Some(refused) => writeln!(out, "would be REFUSED: {}", refused.reason),
        None => writeln!(out, "would be taken"),
    }
}

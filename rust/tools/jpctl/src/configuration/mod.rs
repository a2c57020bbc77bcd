//! `jpctl config`: the configuration in force, changes of it, and what it was.

mod import;
mod patch;
mod views;

use std::{fs, io::Read as _, io::Write, path::Path};

use api::{
    configuration::{AUTHOR, Accepted, Checked, Version},
    problem::Mistake,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shell::client::{Call, Method, StatusCode, header};

use crate::{
    Cabinet, Failure,
    args::{Change, ConfigCommand},
    commands::{CONTROLLER, show},
};

const TOML: &str = "application/toml";
const JSON: &str = "application/json";
/// The largest file that is read: what the controller takes at most, and a charger.json at most.
const MAX_FILE: u64 = 6 << 20;

/// Carries out one of the commands.
pub(crate) async fn run(
    cabinet: &Cabinet,
    command: &ConfigCommand,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show { version } => {
            let uri = version.map_or("/v1/config".to_owned(), |version| format!("/v1/config/history/{version}"));
            if json {
                let answer = cabinet.get::<Value>(CONTROLLER, &uri).await?;
                return show(out, true, &answer.raw, |_| Ok(()));
            }
            Ok(write!(out, "{}", accepted_toml(cabinet, &uri).await?)?)
        }
        ConfigCommand::Check { file } => match config::from_toml(&read(file)?) {
            Ok(_) => {
                show(out, json, &json!({ "mistakes": [] }), |out| writeln!(out, "{}: no mistakes", file.display()))
            }
            Err(mistakes) => refuse(out, json, mistakes.into_iter().map(told).collect()),
        },
        ConfigCommand::Diff { file } => {
            let call = call(Method::POST, "/v1/config/check", Some((TOML, read(file)?)));
            let (raw, checked) = answer::<Checked>(cabinet, call, json, out).await?;
            show(out, json, &raw, |out| views::changes(out, &checked.changes))
        }
        ConfigCommand::Put { file, change } => {
            let text = read(file)?;
            put(cabinet, text, change, json, out).await
        }
        ConfigCommand::Set { fields, change } => {
            let (tree, etag) = accepted(cabinet).await?;
            let patch = patch::of(&tree, fields).map_err(|reason| Failure::Pointer { reason })?;
            let mut call = call(Method::PATCH, &noted("/v1/config", change), Some((JSON, patch.to_string())));
            // A list goes as a whole, so what it was made from must still be there.
            call.headers.push((header::IF_MATCH, change.version.map_or(etag, quoted)));
            told_of(cabinet, call, json, out).await
        }
        ConfigCommand::History { limit } => {
            let answer = cabinet.get::<Vec<Version>>(CONTROLLER, &format!("/v1/config/history?limit={limit}")).await?;
            show(out, json, &answer.raw, |out| views::history(out, &answer.typed))
        }
        ConfigCommand::Revert { to, change } => {
            let mut call = call(Method::POST, &noted(&format!("/v1/config/revert/{to}"), change), None);
            if let Some(version) = change.version {
                call.headers.push((header::IF_MATCH, quoted(version)));
            }
            told_of(cabinet, call, json, out).await
        }
        // JSON either way: it is what a schema is.
        ConfigCommand::Schema => show(out, true, &config::schema(), |_| Ok(())),
        ConfigCommand::Import { file, output, given, fresh, all, apply } => {
            let wanted = import::Wanted { output: output.as_deref(), given, fresh: *fresh, all: *all, apply: *apply };
            import::run(cabinet, &read(file)?, &wanted, json, out).await
        }
    }
}

/// Puts a document in the place of the accepted one.
async fn put(
    cabinet: &Cabinet,
    text: String,
    change: &Change,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let made_from = match change.version {
        Some(version) => quoted(version),
        None => accepted(cabinet).await?.1,
    };
    let mut call = call(Method::PUT, &noted("/v1/config", change), Some((TOML, text)));
    call.headers.push((header::IF_MATCH, made_from));
    told_of(cabinet, call, json, out).await
}

/// Hands a change in and shows what came of it.
async fn told_of(cabinet: &Cabinet, call: Call, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let (raw, accepted) = answer::<Accepted>(cabinet, call, json, out).await?;
    show(out, json, &raw, |out| views::accepted(out, &accepted))
}

/// The accepted configuration as a tree, and its `ETag`.
async fn accepted(cabinet: &Cabinet) -> Result<(Value, String), Failure> {
    let reply = cabinet.exchange(CONTROLLER, call(Method::GET, "/v1/config", None)).await?;
    let tree = cabinet.understand(CONTROLLER, &reply)?;
    let reason = "the configuration has no ETag".to_owned();
    let etag = reply.etag.ok_or_else(|| Failure::Answer { daemon: CONTROLLER.to_owned(), reason })?;
    Ok((tree, etag))
}

async fn accepted_toml(cabinet: &Cabinet, uri: &str) -> Result<String, Failure> {
    let mut call = call(Method::GET, uri, None);
    call.headers.push((header::ACCEPT, TOML.to_owned()));
    let reply = cabinet.exchange(CONTROLLER, call).await?;
    if !reply.status.is_success() {
        return cabinet.understand::<Value>(CONTROLLER, &reply).map(|value| value.to_string());
    }
    Ok(String::from_utf8_lossy(&reply.body).into_owned())
}

/// The answer as it came and as it is understood. A list of mistakes is shown as such.
async fn answer<T: DeserializeOwned>(
    cabinet: &Cabinet,
    call: Call,
    json: bool,
    out: &mut impl Write,
) -> Result<(Value, T), Failure> {
    let reply = cabinet.exchange(CONTROLLER, call).await?;
    if reply.status == StatusCode::UNPROCESSABLE_ENTITY
        && let Ok(mistakes) = serde_json::from_slice::<Vec<Mistake>>(&reply.body)
    {
        refuse(out, json, mistakes)?;
    }
    let raw: Value = cabinet.understand(CONTROLLER, &reply)?;
    Ok((raw, cabinet.understand(CONTROLLER, &reply)?))
}

/// Mistakes as a failure, and for programs on standard output too.
fn refuse(out: &mut impl Write, json: bool, mistakes: Vec<Mistake>) -> Result<(), Failure> {
    if json {
        show(out, true, &json!({ "mistakes": mistakes }), |_| Ok(()))?;
    }
    Err(Failure::Configuration { mistakes })
}

fn told(mistake: config::Mistake) -> Mistake {
    let message = mistake.to_string();
    Mistake { pointer: mistake.pointer, value: mistake.value, expected: mistake.expected, message }
}

fn call(method: Method, uri: &str, body: Option<(&'static str, String)>) -> Call {
    let mut headers = Vec::new();
    // Whoever called sudo is who does it. The controller believes only those who may speak for others.
    let who = ["SUDO_USER", "USER"].iter().find_map(|name| std::env::var(name).ok()).filter(|who| !who.is_empty());
    if let Some(who) = who.filter(|who| who.chars().count() <= 58 && who.chars().all(|c| c.is_ascii_graphic())) {
        headers.push((header::HeaderName::from_static(AUTHOR), format!("jpctl:{who}")));
    }
    Call { method, uri: uri.to_owned(), headers, body: body.map(|(kind, text)| (kind, text.into_bytes())) }
}

fn quoted(version: u64) -> String {
    format!("\"{version}\"")
}

/// A path with the note of a change.
fn noted(path: &str, change: &Change) -> String {
    let Some(note) = &change.note else { return path.to_owned() };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encoded =
        note.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    format!("{path}?note={}", encoded.collect::<String>())
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let mut text = String::new();
    fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text)).map_err(failed)?;
    Ok(text)
}

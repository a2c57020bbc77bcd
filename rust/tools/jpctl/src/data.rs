//! `jpctl data`: the data partition and what opens it.

use std::{
    io::{BufRead as _, Write},
    time::Duration,
};

use api::data::{DataState, NewRecoveryKey, Partition, RecoveryKeyPresence, Sealed, Sealing, Unlock, Unlocked};
use serde::Serialize;
use serde_json::{Value, json};
use shell::client::{Call, Method};

use crate::{Cabinet, Failure, args::DataCommand, commands::show};

const SYSTEM: &str = "system";
/// Opening and sealing take seconds, on a slow machine many; a little longer than `system` itself waits.
const LIMIT: Duration = Duration::from_secs(190);

pub(crate) async fn run(
    cabinet: &Cabinet,
    command: &DataCommand,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    match command {
        DataCommand::Show => {
            let answer = cabinet.get::<DataState>(SYSTEM, "/v1/data").await?;
            show(out, json, &answer.raw, |out| state(out, &answer.typed))
        }
        DataCommand::Unlock { keep_sealing } => {
            let mut recovery_key = String::new();
            std::io::stdin().lock().read_line(&mut recovery_key)?;
            let sealing = if *keep_sealing { Sealing::Keep } else { Sealing::Renew };
            let unlocked: Unlocked = post(cabinet, "/v1/data/unlock", &Unlock { recovery_key, sealing }).await?;
            show(out, json, &unlocked, |out| writeln!(out, "{}", outcome(&unlocked.sealing)))
        }
        DataCommand::RecoveryKey => {
            let made: NewRecoveryKey = post(cabinet, "/v1/data/recovery-key", &json!({})).await?;
            show(out, json, &made, |out| {
                writeln!(out, "{}", made.recovery_key.reveal())?;
                writeln!(out, "Print it and keep it away from the unit: it is shown this once.")
            })
        }
    }
}

async fn post<B: Serialize, T: serde::de::DeserializeOwned>(
    cabinet: &Cabinet,
    uri: &str,
    body: &B,
) -> Result<T, Failure> {
    let body = serde_json::to_vec(body).map_err(std::io::Error::from)?;
    let call =
        Call { method: Method::POST, uri: uri.to_owned(), headers: Vec::new(), body: Some(("application/json", body)) };
    let reply = cabinet.exchange_within(SYSTEM, call, LIMIT).await?;
    cabinet.understand::<Value>(SYSTEM, &reply)?;
    cabinet.understand(SYSTEM, &reply)
}

fn state(out: &mut impl Write, state: &DataState) -> std::io::Result<()> {
    match &state.partition {
        Partition::Open => writeln!(out, "data          open")?,
        Partition::Locked { message, .. } => writeln!(out, "data          LOCKED: {message}")?,
    }
    let key = match state.recovery_key {
        RecoveryKeyPresence::Made => "made",
        RecoveryKeyPresence::None => "none: if the TPM fails, the data is lost; make one with jpctl data recovery-key",
        RecoveryKeyPresence::Unknown => "unknown: this machine has no sealed data partition",
    };
    writeln!(out, "recovery key  {key}")
}

fn outcome(sealing: &Sealed) -> String {
    let then = match sealing {
        Sealed::Renewed => "the next start opens it by itself".to_owned(),
        Sealed::Kept => "its sealing is as it was: the next start may ask again".to_owned(),
        Sealed::Failed { message } => format!("it could not be sealed anew, the next start asks again: {message}"),
    };
    format!("the data is open, and what waited for it starts; {then}")
}

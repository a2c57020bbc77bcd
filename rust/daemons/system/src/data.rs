//! The data partition (D18): whether it is open, the recovery key that opens it, and new recovery keys.
//!
//! Root's part is a helper behind a socket that is this daemon's alone (`tpm/data-key`): a line is asked, a line answered.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use api::{
    data::{
        DataState, LockReason, NewRecoveryKey, Partition, RecoveryKey, RecoveryKeyPresence, Sealed, Sealing, Unlock,
        Unlocked,
    },
    problem::Problem as ProblemBody,
    system::{Lack, LackCause},
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, State},
    http::StatusCode,
    routing::{get, post},
};
use shell::{Problem, clock, serve::Peer};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::UnixStream,
    sync::Mutex,
};
use units::Mono;

/// The helper's socket in the run folder.
const HELPER: &str = "data-key.sock";
/// There exactly when the data is locked; holds the reason.
const LOCKED: &str = "no-data";
/// What is known of the partition's keys.
const KEYS: &str = "data-keys";
/// Opening and sealing take seconds on a slow machine; longer than this is a helper that hangs.
const LIMIT: Duration = Duration::from_mins(3);
/// Between two keys that are tried: 256 bits cannot be guessed, but trying takes the processor.
const BETWEEN: Duration = Duration::from_secs(2);

/// The data partition, as this daemon knows it.
#[derive(Debug)]
pub struct Data {
    run_dir: PathBuf,
    /// One change at a time, and when the last one ended.
    last: Mutex<Option<Mono>>,
}

impl Data {
    /// The partition that the files in `run_dir` tell of.
    pub fn new(run_dir: impl Into<PathBuf>) -> Self {
        Self { run_dir: run_dir.into(), last: Mutex::new(None) }
    }

    /// What is true of it now.
    #[must_use]
    pub fn state(&self) -> DataState {
        let recovery_key = match fs::read_to_string(self.run_dir.join(KEYS)) {
            Ok(text) if text.lines().any(|line| line == "recovery_key=made") => RecoveryKeyPresence::Made,
            Ok(_) => RecoveryKeyPresence::None,
            Err(_) => RecoveryKeyPresence::Unknown,
        };
        DataState { partition: partition(&self.run_dir), recovery_key }
    }

    async fn unlock(&self, key: &RecoveryKey, sealing: Sealing) -> Result<Unlocked, Problem> {
        let word = match sealing {
            Sealing::Renew => "renew",
            Sealing::Keep => "keep",
        };
        let answer = self.ask(&format!("recover {} {word}\n", key.reveal())).await?;
        let sealing = match answer.split_once(' ').unwrap_or((&answer, "")) {
            ("renewed", _) => Sealed::Renewed,
            ("kept", _) => Sealed::Kept,
            (_, message) => Sealed::Failed { message: message.to_owned() },
        };
        Ok(Unlocked { sealing })
    }

    /// What the helper answers after `ok`.
    async fn ask(&self, line: &str) -> Result<String, Problem> {
        let Ok(mut last) = self.last.try_lock() else {
            return Err(Problem::conflict("another key is being tried: wait for its answer"));
        };
        if last.is_some_and(|last| clock::mono().since(last) < BETWEEN) {
            let message = format!("expected {} s between two attempts", BETWEEN.as_secs());
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message));
        }
        let answer = tokio::time::timeout(LIMIT, exchange(&self.run_dir.join(HELPER), line)).await;
        *last = Some(clock::mono());
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                return Err(Problem::unavailable(format!("the data partition's helper does not answer: {error}")));
            }
            Err(_) => return Err(Problem::unavailable(format!("no answer within {} s", LIMIT.as_secs()))),
        };
        understood(&answer)
    }
}

/// Whether the data can be used, from the file that is there when it cannot.
pub(crate) fn partition(run_dir: &Path) -> Partition {
    let Ok(text) = fs::read_to_string(run_dir.join(LOCKED)) else { return Partition::Open };
    let reason = match text.trim() {
        "tpm_refuses" => LockReason::TpmRefuses,
        "tpm_absent" => LockReason::TpmAbsent,
        "partition_absent" => LockReason::PartitionAbsent,
        "not_encrypted" => LockReason::NotEncrypted,
        "not_sealed" => LockReason::NotSealed,
        "unreadable" => LockReason::Unreadable,
        _ => LockReason::Other,
    };
    Partition::Locked { reason, message: words(reason).to_owned() }
}

/// Why, and what to do.
const fn words(reason: LockReason) -> &'static str {
    match reason {
        LockReason::TpmRefuses => {
            "the TPM does not release the data's key: this is another machine than it was sealed on, the firmware's keys \
             have changed, or this image was signed by somebody else; enter the recovery key"
        }
        LockReason::TpmAbsent => "there is no TPM, and the data is sealed to one; enter the recovery key",
        LockReason::PartitionAbsent => "the disk has no partition `data`: it must be written anew at the factory",
        LockReason::NotEncrypted => "the data partition could not be made: see journalctl -u seal-data",
        LockReason::NotSealed => "the data partition could not be sealed to the TPM: see journalctl -u seal-data",
        LockReason::Unreadable => {
            "the data is open, but its file system cannot be used: see journalctl -u var-lib-joulepoint.mount"
        }
        LockReason::Other => "the data cannot be opened: see journalctl -u systemd-cryptsetup@data",
    }
}

/// The same as something that the unit lacks.
pub(crate) fn lacking(run_dir: &Path) -> Option<Lack> {
    let Partition::Locked { message, .. } = partition(run_dir) else { return None };
    Some(Lack { feature: "data".to_owned(), cause: LackCause::Unit, reason: message })
}

async fn exchange(socket: &Path, line: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    Ok(answer)
}

fn understood(answer: &str) -> Result<String, Problem> {
    let answer = answer.trim();
    if let Some(rest) = answer.strip_prefix("ok ") {
        return Ok(rest.to_owned());
    }
    let Some(refused) = answer.strip_prefix("refused ") else {
        return Err(Problem::unavailable("the data partition's helper ended without an answer"));
    };
    let (code, message) = refused.split_once(' ').unwrap_or((refused, "it did not say why"));
    Err(match code {
        "not_needed" | "no_data" => Problem::conflict(message),
        "wrong_key" => Problem::new(StatusCode::FORBIDDEN, "wrong_recovery_key", message),
        code => Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, message),
    })
}

type Shared = State<Arc<Data>>;

/// Its routes.
pub(crate) fn router(data: Arc<Data>) -> Router {
    Router::new()
        .route("/v1/data", get(state))
        .route("/v1/data/unlock", post(unlock))
        .route("/v1/data/recovery-key", post(recovery_key))
        .with_state(data)
}

/// Whether the data is open, and whether there is a recovery key.
#[utoipa::path(get, path = "/v1/data", operation_id = "data", responses((status = 200, body = DataState)))]
async fn state(State(data): Shared) -> Json<DataState> {
    Json(data.state())
}

/// Opens the data with its recovery key; what waited for it starts. For root and the HMI.
#[utoipa::path(post, path = "/v1/data/unlock", request_body = Unlock, responses(
    (status = 200, body = Unlocked), (status = 403, body = ProblemBody, description = "it does not open this unit's data"),
    (status = 409, body = ProblemBody, description = "the data is open"),
    (status = 422, body = ProblemBody, description = "it is no recovery key"), (status = 429, body = ProblemBody)))]
async fn unlock(
    State(data): Shared,
    ConnectInfo(peer): ConnectInfo<Peer>,
    body: Bytes,
) -> Result<Json<Unlocked>, Problem> {
    if !peer.is("jp-hmi") {
        return Err(Problem::forbidden(format!("{} may not: expected root or jp-hmi", peer.user)));
    }
    let unlock: Unlock = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("expected {{recovery_key, sealing}}: {:?}", error.classify())))?;
    let key = RecoveryKey::parse(&unlock.recovery_key).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no_recovery_key", error.to_string()).at("/recovery_key")
    })?;
    let unlocked = data.unlock(&key, unlock.sealing).await;
    match &unlocked {
        Ok(unlocked) => tracing::warn!(?unlocked, by = peer.user, "the data was opened by its recovery key"),
        Err(problem) => tracing::warn!(?problem, by = peer.user, "a recovery key was refused"),
    }
    unlocked.map(Json)
}

/// Makes a new recovery key, tells it this once, and forgets it; the one before opens nothing any more. For root.
#[utoipa::path(post, path = "/v1/data/recovery-key", responses(
    (status = 200, body = NewRecoveryKey), (status = 403, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "the data is not open")))]
async fn recovery_key(
    State(data): Shared,
    ConnectInfo(peer): ConnectInfo<Peer>,
) -> Result<Json<NewRecoveryKey>, Problem> {
    if !peer.is("root") {
        return Err(Problem::forbidden(format!("{} may not: expected root", peer.user)));
    }
    let key = data.ask("recovery-key\n").await?;
    let recovery_key = RecoveryKey::parse(&key).map_err(|error| Problem::unavailable(error.to_string()))?;
    tracing::warn!("a new recovery key was made");
    Ok(Json(NewRecoveryKey { recovery_key }))
}

#[cfg(test)]
mod tests;

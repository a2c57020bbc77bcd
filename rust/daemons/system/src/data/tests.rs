use std::sync::Arc;

use serde_json::json;
use shell::client::{Client, Error};
use tokio::net::UnixListener;

use super::*;

const KEY: &str = "knbbeiil-rirblrvg-rbvbbhge-drjgjkfc-fihcjfvb-rnbuvrdl-iulkirfb-jbjbdbgj";

/// The daemon's routes on a socket, in a run folder of their own.
fn served() -> (tempfile::TempDir, Client) {
    let folder = tempfile::tempdir().unwrap();
    let listener = shell::serve::listen(folder.path(), "system.sock").unwrap();
    let routes = router(Arc::new(Data::new(folder.path())));
    tokio::spawn(shell::serve::serve(routes, listener, std::future::pending()));
    let client = Client::new(folder.path().join("system.sock"));
    (folder, client)
}

/// A helper that answers one question after the other, and tells what it was asked.
fn helper(folder: &Path, answers: &'static [&'static str]) -> tokio::task::JoinHandle<Vec<String>> {
    let listener = UnixListener::bind(folder.join(HELPER)).unwrap();
    tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
            asked.push(line);
        }
        asked
    })
}

fn code(result: Result<serde_json::Value, Error>) -> (u16, String) {
    match result {
        Err(Error::Refused { status, problem }) => (status, problem.code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_state_is_what_the_files_say() {
    let (folder, client) = served();
    let state: DataState = client.get("/v1/data").await.unwrap();
    assert_eq!(state, DataState { partition: Partition::Open, recovery_key: RecoveryKeyPresence::Unknown });
    fs::write(folder.path().join(KEYS), "recovery_key=none\n").unwrap();
    fs::write(folder.path().join(LOCKED), "tpm_refuses\n").unwrap();
    let state: DataState = client.get("/v1/data").await.unwrap();
    assert_eq!(state.recovery_key, RecoveryKeyPresence::None);
    assert!(matches!(state.partition, Partition::Locked { reason: LockReason::TpmRefuses, .. }));
    fs::write(folder.path().join(KEYS), "recovery_key=made\n").unwrap();
    fs::write(folder.path().join(LOCKED), "eaten_by_mice\n").unwrap();
    let state: DataState = client.get("/v1/data").await.unwrap();
    assert_eq!(state.recovery_key, RecoveryKeyPresence::Made);
    assert!(matches!(state.partition, Partition::Locked { reason: LockReason::Other, .. }));
}

#[tokio::test]
async fn the_helper_is_asked_for_what_was_typed() {
    let (folder, client) = served();
    let asked = helper(folder.path(), &["ok renewed\n"]);
    let typed = KEY.replace('-', " ").to_uppercase();
    let unlocked: Unlocked = client.post("/v1/data/unlock", &json!({"recovery_key": typed})).await.unwrap();
    assert_eq!(unlocked.sealing, Sealed::Renewed);
    assert_eq!(asked.await.unwrap(), [format!("recover {KEY} renew\n")]);
    // The next one comes too soon, and does not reach the helper.
    let next = client.post("/v1/data/unlock", &json!({"recovery_key": KEY})).await;
    assert_eq!(code(next), (429, "too_many_attempts".to_owned()));
}

#[tokio::test]
async fn what_is_no_recovery_key_is_not_tried() {
    let (_folder, client) = served();
    let short = client.post("/v1/data/unlock", &json!({"recovery_key": "knbb"})).await;
    assert_eq!(code(short), (422, "no_recovery_key".to_owned()));
    let odd = client.post("/v1/data/unlock", &json!({"key": KEY})).await;
    assert_eq!(code(odd), (400, "bad_request".to_owned()));
}

#[tokio::test]
async fn refusals_keep_their_reason() {
    for (answer, expected) in [
        ("refused wrong_key it does not open\n", (403, "wrong_recovery_key")),
        ("refused not_needed the data is open\n", (409, "conflict")),
        ("refused unreadable bad superblock\n", (503, "unreadable")),
        ("\n", (503, "unavailable")),
    ] {
        let (folder, client) = served();
        let answers: &'static [&'static str] = vec![answer].leak();
        let _asked = helper(folder.path(), answers);
        let result = client.post("/v1/data/unlock", &json!({"recovery_key": KEY, "sealing": "keep"})).await;
        let (status, code) = code(result);
        assert_eq!((status, code.as_str()), expected);
    }
    let (_folder, client) = served();
    let alone = client.post("/v1/data/unlock", &json!({"recovery_key": KEY})).await;
    assert_eq!(code(alone), (503, "unavailable".to_owned()));
}

#[tokio::test]
async fn a_failed_sealing_is_told_with_its_reason() {
    let (folder, client) = served();
    let _asked = helper(folder.path(), &["ok failed no TPM2 device\n"]);
    let unlocked: Unlocked = client.post("/v1/data/unlock", &json!({"recovery_key": KEY})).await.unwrap();
    assert_eq!(unlocked.sealing, Sealed::Failed { message: "no TPM2 device".to_owned() });
}

#[tokio::test]
async fn a_new_recovery_key_is_told_once() {
    let (folder, client) = served();
    let asked =
        helper(folder.path(), &["ok knbbeiil-rirblrvg-rbvbbhge-drjgjkfc-fihcjfvb-rnbuvrdl-iulkirfb-jbjbdbgj\n"]);
    let made: NewRecoveryKey = client.post("/v1/data/recovery-key", &()).await.unwrap();
    assert_eq!(made.recovery_key.reveal(), KEY);
    assert_eq!(asked.await.unwrap(), ["recovery-key\n"]);
}

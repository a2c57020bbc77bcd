//! Every command against a controller that is made up here and answers with the real types.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, path::Path, sync::Mutex};

use api::{
    command::Taken,
    fault::{Fault, FaultCode},
    outbox::{Body, Event, Page},
    receipt::{MeteringKey, MeteringKeys, Signer},
    session::{Register, Session, Sessions, Stamp},
    state::{Connector, ControllerState, Phase, RunningSession, Site},
};
use axum::{
    Json, Router,
    extract::{Path as UrlPath, State},
    routing::{get, post},
};
use clap::Parser as _;
use jpctl::{Failure, args::Args, run};
use serde_json::Value;
use units::{BootId, ChainId, ConnectorId, IdTag, Mono, SessionId, Wall, Watts};

const SESSION: &str = "0f9619ff-8b86-4d01-b42d-00cf4fc964ff";

fn stamp() -> Stamp {
    Stamp { boot: BootId("b".into()), mono: Mono::from_millis(60_000), wall: Wall::default() }
}

fn register(digits: u64) -> Register {
    Register { digits, exponent: 0, meter: "meter1".into() }
}

fn keys() -> MeteringKeys {
    let key = MeteringKey {
        name: "0123ABCD".into(),
        kind: Signer::Software,
        algorithm: "ECDSA-secp256r1-SHA256".into(),
        public_key: "3059".into(),
        since: stamp(),
        records: 17,
    };
    MeteringKeys { current: Some(key.name.clone()), problem: Some("the TPM is away".into()), keys: vec![key] }
}

fn session() -> Session {
    let id = SessionId::new(SESSION).unwrap();
    let place = (ConnectorId::new(1).unwrap(), ChainId::new("main").unwrap());
    let tag = IdTag::new("04A1B2C3D4E5F6").unwrap();
    let mut session = Session::begin(id, place, tag, register(1_000), stamp());
    session.read(register(1_250), stamp(), vec![]);
    session
}

fn fault() -> Fault {
    let fault = serde_json::json!({
        "code": "meter_communication", "connector": 1, "part": "meter1", "detail": "no answer for 2 s",
        "remedy": FaultCode::MeterCommunication.remedy(), "first": 1_000_000, "first_wall": Wall::default(),
        "last": 1_000_000, "count": 3, "latched": false, "cleared": null,
    });
    serde_json::from_value(fault).unwrap()
}

fn state() -> ControllerState {
    let connector = Connector {
        id: ConnectorId::new(1).unwrap(),
        chain: ChainId::new("main").unwrap(),
        evse_id: "DE*JPT*E1".into(),
        phase: Phase::Charging,
        since: Mono::from_millis(1_000),
        pilot: api::state::Pilot::C,
        plug_in_epoch: units::PlugInEpoch(1),
        v2g_epoch: None,
        present: api::state::Present { power: Watts(12_345), ..Default::default() },
        temperature: None,
        vehicle: None,
        authorisation: api::state::Authorisation::None,
        session: Some(RunningSession {
            id: SessionId::new(SESSION).unwrap(),
            started: Mono::from_millis(1_000),
            started_wall: Wall::default(),
            energy_wh: 250,
        }),
        allocation: api::state::Allocation::default(),
        contactors: vec![],
        carried_by: api::state::Carriers::default(),
        isolation: api::link::Isolation::default(),
        locked: true,
        last_stop: None,
    };
    ControllerState {
        rev: 1,
        at: Mono::from_millis(91_000),
        wall: Wall::default(),
        boot_id: BootId("b".into()),
        version: "0.1.0".into(),
        config_version: 7,
        config_waiting: vec![],
        site: Site { name: "Bench".into(), limit: Watts(60_000), drawn: Watts(0), assigned: Watts(0) },
        mcu: api::state::Mcu {
            link: api::state::Link { up: true, since: Mono::BOOT },
            version: None,
            emergency_stop: false,
            lease_remaining_ms: None,
            modules_inhibited: false,
        },
        chains: vec![],
        connectors: vec![connector],
        modules: vec![],
        ties: vec![],
        faults: vec![fault()],
        dropped: api::state::Dropped::default(),
    }
}

/// The command ids that were taken, to see that each command has its own.
static COMMANDS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn controller() -> Router {
    let command = |UrlPath((connector, _)): UrlPath<(u8, String)>, Json(body): Json<Value>| async move {
        if connector != 1 {
            return Err(shell::Problem::not_found("there is no connector 2"));
        }
        let id = body["command_id"].as_str().unwrap().to_owned();
        assert!(COMMANDS.lock().unwrap().insert(id.clone()), "a command id was used twice");
        Ok(Json(Taken { command_id: id }))
    };
    let event = Event {
        seq: 4,
        at: stamp(),
        body: Body::SessionStarted {
            session: SessionId::new(SESSION).unwrap(),
            connector: ConnectorId::new(1).unwrap(),
            id_tag: IdTag::new("04A1B2C3D4E5F6").unwrap(),
            meter: register(1_000),
        },
    };
    let event = serde_json::to_value(Page { events: vec![event], newest: 4 }).unwrap();
    let page = |State(event): State<Value>| async move { Json(event) };
    Router::new()
        .route("/v1/state", get(|| async { Json(state()) }))
        .route("/v1/sessions", get(|| async { Json(Sessions { sessions: vec![session()] }) }))
        .route("/v1/sessions/{id}", get(|| async { Json(session()) }))
        .route("/v1/sessions/{id}/ocmf", get(|| async { "OCMF|{\"FV\":\"1.0\"}|{}" }))
        .route("/v1/keys/metering", get(|| async { Json(keys()) }))
        .route("/v1/faults", get(|| async { Json(serde_json::json!({ "faults": [fault()] })) }))
        .route("/v1/config", get(|| async { Json(serde_json::json!({ "of": "another version" })) }))
        .route("/v1/outbox", get(page))
        .route("/v1/connectors/{n}/{verb}", post(command))
        .with_state(event)
}

async fn jpctl(folder: &Path, arguments: &[&str]) -> Result<(u8, String), Failure> {
    let dir = folder.to_str().unwrap();
    let args = Args::try_parse_from([&["jpctl", "--run-dir", dir][..], arguments].concat()).unwrap();
    let mut out = Vec::new();
    let code = run(&args, &mut out).await?;
    Ok((code, String::from_utf8(out).unwrap()))
}

fn serve(folder: &Path) {
    let listener = shell::serve::listen(folder, "controller.sock").unwrap();
    tokio::spawn(shell::serve::serve(controller(), listener, std::future::pending()));
}

#[tokio::test]
async fn every_command_prints_a_table_and_json() {
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path());
    for (arguments, words) in [
        (&["status"][..], &["Bench", "limit 60.000 kW", "charging", "12.345 kW", "250 Wh", "meter_communication"][..]),
        (&["connectors"], &["CONNECTOR 1", "pilot C", "250 Wh in 1m30s"]),
        (&["sessions"], &[SESSION, "…F6", "running", "250 Wh"]),
        (&["ocmf", SESSION], &["OCMF|{\"FV\":\"1.0\"}|{}\n"]),
        (&["keys"], &["0123ABCD", "software", "17", "yes", "sessions wait: the TPM is away"]),
        (&["session", SESSION], &["1000 Wh (1000e0, meter meter1)", "1250 Wh", "250 Wh"]),
        (&["faults"], &["meter_communication", "connector 1 meter1", "3x", "no answer for 2 s"]),
        (&["start", "1", "--tag", "04A1B2C3"], &["connector 1: start taken"]),
        (&["stop", "1"], &["connector 1: stop taken"]),
        (&["clear", "1"], &["connector 1: clear-fault taken"]),
        (&["config", "show"], &["another version"]),
        (&["config", "schema"], &["properties"]),
        (&["outbox"], &["session_started", "newest: 4"]),
    ] {
        let (code, text) = jpctl(folder.path(), arguments).await.unwrap();
        assert_eq!(code, 0);
        for word in words {
            assert!(text.contains(word), "{arguments:?} does not say {word:?}:\n{text}");
        }
        let (_, json) = jpctl(folder.path(), &[arguments, &["--json"]].concat()).await.unwrap();
        serde_json::from_str::<Value>(&json).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{json}"));
    }
    assert_eq!(COMMANDS.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn health_is_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = jpctl(folder.path(), &["health"]).await.unwrap();
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("controller is not running"), "{text}");
    serve(folder.path());
    let (code, text) = jpctl(folder.path(), &["health"]).await.unwrap();
    // An active fault, and neither ocpp nor system.
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("1 faults: meter_communication"), "{text}");
}

#[tokio::test]
async fn a_daemon_that_is_not_there_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let failure = jpctl(folder.path(), &["status"]).await.unwrap_err();
    assert!(failure.to_string().contains("controller is not running: no socket at"), "{failure}");
    assert!(failure.to_string().contains("systemctl status controller"), "{failure}");
    assert_eq!(failure.exit_code(), 69);

    let path = folder.path().join("controller.sock");
    drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    let failure = jpctl(folder.path(), &["status"]).await.unwrap_err();
    assert!(failure.to_string().contains("does not answer"), "{failure}");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_daemons_words() {
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path());
    let failure = jpctl(folder.path(), &["stop", "2"]).await.unwrap_err();
    assert_eq!(failure.to_string(), "controller refused (not_found): there is no connector 2");
    assert_eq!(failure.exit_code(), 1);
}

#[tokio::test]
async fn a_configuration_file_is_checked_without_any_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("joulepoint.toml");
    std::fs::write(&file, "[site]\nname = 'x'\nlimt_w = 5\n").unwrap();
    let failure = jpctl(folder.path(), &["config", "check", file.to_str().unwrap()]).await.unwrap_err();
    assert_eq!(failure.exit_code(), 78);
    assert!(failure.to_string().contains("/site/limt_w"), "{failure}");
    let failure = jpctl(folder.path(), &["config", "check", "/no/such/file"]).await.unwrap_err();
    assert!(failure.to_string().starts_with("/no/such/file: "), "{failure}");
}

//! The whole daemon between a scripted CSMS and a scripted controller, both on real sockets.
//!
//! What a CSMS may do wrong is tested on the machines, and with a CSMS that is not ours by `ci/peers/csms`. Here: that the
//! parts are joined, and that a daemon that is cut off at any message takes up again.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex},
};

use api::ocpp::{ConnectionStatus, OcppState};
use axum::{
    Json, Router,
    extract::{Query, State},
    response::sse::{Event, Sse},
    routing::{get, post},
};
use futures_util::{SinkExt as _, StreamExt as _, stream};
use ocpp::{
    daemon::{Daemon, Surroundings},
    http,
    queue::Queue,
};
use serde_json::{Value, json};
use shell::client::Client;
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream, UnixListener},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::HeaderValue,
    },
};

const SESSION: &str = "6f1f7a3e-0000-4000-8000-00000000000a";

/// What the scripted controller has to tell, and what it was told.
#[derive(Default)]
struct Script {
    config: Value,
    events: Vec<Value>,
    acknowledged: u64,
}

type Shared = Arc<Mutex<Script>>;

fn state() -> Value {
    json!({
        "rev": 1, "at": 1_000_000_000, "wall": {"ms": 1_790_000_000_000_u64, "quality": "synchronised"}, "boot_id": "boot",
        "version": "0", "config_version": 1, "site": {"name": "s", "limit": 1, "drawn": 0, "assigned": 0},
        "mcu": {"link": {"up": true, "since": 0}, "version": null, "emergency_stop": false,
                "lease_remaining_ms": null, "modules_inhibited": false},
        "chains": [], "connectors": [], "modules": [], "faults": [],
        "dropped": {"can": 0, "mcu": 0, "modbus": 0, "rfid": 0, "link": 0, "http": 0},
    })
}

fn event(seq: u64, kind: &str, digits: u64) -> Value {
    let at =
        json!({"boot": "boot", "mono": seq, "wall": {"ms": 1_790_000_000_000_u64 + seq, "quality": "synchronised"}});
    let meter = json!({"digits": digits, "exponent": -1, "meter": "m1"});
    let body = json!({
        "kind": kind, "session": SESSION, "connector": 1, "id_tag": "04A1", "meter": meter, "reason": "remote",
        "voltage": 400_000, "current": 10_000, "power": 4_000, "soc": 50,
    });
    json!({"seq": seq, "at": at, "body": body})
}

#[derive(serde::Deserialize)]
struct After {
    after: u64,
}

async fn outbox(State(script): State<Shared>, Query(after): Query<After>) -> Json<Value> {
    for _ in 0..40 {
        let script = script.lock().unwrap().events.clone();
        let news: Vec<_> = script.iter().filter(|e| e["seq"].as_u64().unwrap() > after.after).cloned().collect();
        if !news.is_empty() {
            return Json(json!({"events": news, "newest": script.len()}));
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Json(json!({"events": [], "newest": after.after}))
}

fn controller(dir: &Path, script: Shared) -> JoinHandle<()> {
    let listener = UnixListener::bind(dir.join("controller.sock")).unwrap();
    let events = async || {
        let first =
            stream::once(async { Ok::<_, std::io::Error>(Event::default().event("state").data(state().to_string())) });
        Sse::new(first.chain(stream::pending()))
    };
    let ack = async |State(script): State<Shared>, Json(body): Json<Value>| {
        assert_eq!(body["reader"], "ocpp");
        script.lock().unwrap().acknowledged = body["seq"].as_u64().unwrap();
    };
    let config = async |State(script): State<Shared>| Json(script.lock().unwrap().config.clone());
    let router = Router::new()
        .route("/v1/events", get(events))
        .route("/v1/config", get(config))
        .route("/v1/outbox", get(outbox))
        .route("/v1/outbox/ack", post(ack))
        .with_state(script);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })
}

/// The daemon as `main` would join it, and its end when dropped.
struct Running(Vec<JoinHandle<()>>, Client);

impl Running {
    fn start(dir: &Path) -> Self {
        let queue = Queue::open(&dir.join("queue.db")).unwrap();
        let (requests, asked) = mpsc::channel(4);
        let around = Surroundings {
            controller: Client::new(dir.join("controller.sock")),
            system: Client::new(dir.join("system.sock")),
            roots: dir.join("roots.pem"),
            version: "0.1.0".to_owned(),
        };
        let (daemon, ears) = Daemon::start(queue, around, asked).unwrap();
        let path = dir.join("ocpp.sock");
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let serve = tokio::spawn(shell::serve::serve(http::router(requests), listener, std::future::pending()));
        let run = tokio::spawn(async move { daemon.run(ears).await.unwrap() });
        Self(vec![run, serve], Client::new(path))
    }

    async fn state(&self) -> OcppState {
        self.1.get("/v1/state").await.unwrap()
    }

    /// As a SIGKILL would: nothing is finished.
    async fn kill(self) {
        for task in self.0 {
            task.abort();
            let _ = task.await;
        }
    }
}

struct Csms {
    listener: TcpListener,
    url: String,
}

type Socket = WebSocketStream<TcpStream>;

impl Csms {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    #[expect(clippy::result_large_err, reason = "the callback's type is the library's")]
    async fn accept(&self) -> Socket {
        let (stream, _) = self.listener.accept().await.unwrap();
        let greet = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            assert_eq!(request.headers()["sec-websocket-protocol"], "ocpp1.6");
            assert_eq!(request.headers()["authorization"], "Basic SlAtMTpodW50ZXIy");
            assert_eq!(request.uri().path(), "/JP-1");
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("ocpp1.6"));
            Ok(response)
        };
        accept_hdr_async(stream, greet).await.unwrap()
    }
}

/// The next call: its id, action and payload. `None` once the other side is gone.
async fn next_call(socket: &mut Socket) -> Option<(String, String, Value)> {
    loop {
        match socket.next().await? {
            Ok(Message::Text(text)) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(frame[0], 2);
                let word = |at: usize| frame[at].as_str().unwrap().to_owned();
                return Some((word(1), word(2), frame[3].clone()));
            }
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

async fn answer(socket: &mut Socket, id: &str, action: &str) {
    let payload = match action {
        "BootNotification" => json!({"status": "Accepted", "interval": 60, "currentTime": "2026-09-21T14:13:25Z"}),
        "StartTransaction" => json!({"transactionId": 77, "idTagInfo": {"status": "Accepted"}}),
        _ => json!({}),
    };
    socket.send(Message::text(json!([3, id, payload]).to_string())).await.unwrap();
}

fn in_short(action: &str, payload: &Value) -> String {
    match action {
        "StartTransaction" => format!("start {}", payload["meterStart"]),
        "MeterValues" => {
            let value = &payload["meterValue"][0]["sampledValue"][0]["value"];
            format!("meter {} {}", payload["transactionId"], value.as_str().unwrap())
        }
        "StopTransaction" => format!("stop {} {}", payload["transactionId"], payload["meterStop"]),
        other => other.to_owned(),
    }
}

fn set_up(url: &str) -> (TempDir, Shared) {
    let dir = tempfile::tempdir().unwrap();
    let password = dir.path().join("password");
    std::fs::write(&password, "hunter2\n").unwrap();
    let config =
        json!({"ocpp": {"url": url, "charge_point_id": "JP-1", "password_file": password, "meter_interval_s": 15}});
    (dir, Arc::new(Mutex::new(Script { config, ..Script::default() })))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_arrives_although_the_daemon_dies_at_every_message() {
    let csms = Csms::new().await;
    let (dir, script) = set_up(&csms.url);
    script.lock().unwrap().events = vec![
        event(1, "session_started", 1_009),
        event(2, "meter_values", 1_059),
        event(3, "another_readers_event", 0),
        event(4, "session_stopped", 1_109),
    ];
    let _controller = controller(dir.path(), script.clone());

    // Each life ends at the first message of a transaction that comes twice: before the answer, then after it.
    let mut told = Vec::new();
    let mut to_answer = VecDeque::from([false, true, false, true, false, true]);
    while let Some(answers) = to_answer.pop_front() {
        let daemon = Running::start(dir.path());
        let mut socket = csms.accept().await;
        loop {
            let (id, action, payload) = next_call(&mut socket).await.unwrap();
            let of_a_transaction = matches!(action.as_str(), "StartTransaction" | "MeterValues" | "StopTransaction");
            if !of_a_transaction {
                answer(&mut socket, &id, &action).await;
                continue;
            }
            told.push(in_short(&action, &payload));
            if answers {
                let before = daemon.state().await.queue.depth;
                answer(&mut socket, &id, &action).await;
                while daemon.state().await.queue.depth == before {
                    tokio::task::yield_now().await;
                }
            }
            break;
        }
        daemon.kill().await;
    }
    assert_eq!(
        told,
        ["start 100", "start 100", "meter 77 105", "meter 77 105", "stop 77 110", "stop 77 110"],
        "each was sent again exactly when its answer was lost"
    );

    let daemon = Running::start(dir.path());
    let mut socket = csms.accept().await;
    let (id, action, _) = next_call(&mut socket).await.unwrap();
    answer(&mut socket, &id, &action).await;
    let shown = daemon.state().await;
    assert_eq!((shown.queue.depth, shown.queue.cursor), (0, 4));
    let transaction = &shown.transactions[0];
    assert_eq!((transaction.transaction_id, transaction.meter_start_wh), (Some(77), 100));
    assert_eq!((transaction.meter_stop_wh, transaction.delivered), (Some(110), true));
    while script.lock().unwrap().acknowledged != 4 {
        tokio::task::yield_now().await;
    }
    daemon.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_controller_the_queue_goes_to_the_last_known_csms() {
    let csms = Csms::new().await;
    let (dir, script) = set_up(&csms.url);
    script.lock().unwrap().events = vec![event(1, "session_started", 1_009), event(2, "session_stopped", 1_109)];
    let controller = controller(dir.path(), script);
    let daemon = Running::start(dir.path());
    drop(csms.accept().await);
    while daemon.state().await.queue.depth < 2 {
        tokio::task::yield_now().await;
    }
    daemon.kill().await;
    controller.abort();
    let _ = controller.await;
    std::fs::remove_file(dir.path().join("controller.sock")).unwrap();

    let daemon = Running::start(dir.path());
    let mut socket = csms.accept().await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let (id, action, payload) = next_call(&mut socket).await.unwrap();
        answer(&mut socket, &id, &action).await;
        if action.ends_with("Transaction") {
            told.push(in_short(&action, &payload));
        }
    }
    assert_eq!(told, ["start 100", "stop 77 110"]);
    daemon.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_refused_where_everybody_can_read_it() {
    let (dir, script) = set_up("wss://csms.example");
    let _controller = controller(dir.path(), script);
    let daemon = Running::start(dir.path());
    let shown = loop {
        let shown = daemon.state().await;
        if shown.config_version.is_some() {
            break shown;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(shown.connection.status, ConnectionStatus::Refused);
    assert!(shown.last_error.unwrap().message.contains("not in this version"));
    daemon.kill().await;
}

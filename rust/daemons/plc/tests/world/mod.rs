//! What stands around a `plc` process in its tests: a controller of a few lines and, for root, a cable with a car.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod cable;
pub(crate) mod car;
#[path = "../../src/net/raw.rs"]
mod raw;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use api::link::{
    ConnectorSetup, Event, EvseLimits, FromPlc, Grant, Isolation, Protocol, Snapshot, Stage, Stop, ToPlc, VERSION,
};
use futures_util::{SinkExt as _, StreamExt as _};
use shell::clock::mono;
use tokio::net::{UnixListener, UnixStream};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
    },
};
use units::{ChainId, ConnectorId, Milliamps, Millivolts, Ohms, PlugInEpoch, Watts};

const TELL: Duration = Duration::from_millis(50);

pub(crate) fn connector() -> ConnectorId {
    ConnectorId::new(1).unwrap()
}

/// What the controller believes and has heard.
#[derive(Debug)]
pub(crate) struct Controller {
    pub(crate) interface: String,
    pub(crate) version: u32,
    /// Whether it still tells anything.
    pub(crate) speaks: bool,
    pub(crate) snapshot: Snapshot,
    pub(crate) heard: Vec<FromPlc>,
    pub(crate) links: usize,
    /// Drops the link once, when set.
    pub(crate) hang_up: bool,
    /// Sent once, as it is.
    pub(crate) garbage: Option<String>,
    pub(crate) acknowledges: bool,
    /// Whether the configuration has the chain.
    pub(crate) knows: bool,
}

impl Controller {
    fn new(interface: &str) -> Self {
        let snapshot = Snapshot {
            connector: connector(),
            plug_in_epoch: PlugInEpoch(1),
            v2g_epoch: None,
            valid_until: mono(),
            plugged: false,
            authorisation: Grant::Pending,
            cable_check: Grant::Pending,
            power: Grant::Pending,
            powered_down: false,
            stop: Stop::None,
            isolation: Isolation::Unknown,
            present_voltage: Millivolts(0),
            present_current: Milliamps(0),
            limits: EvseLimits {
                min_voltage: Millivolts(150_000),
                max_voltage: Millivolts(1_000_000),
                min_current: Milliamps(0),
                max_current: Milliamps(100_000),
                max_power: Watts(30_000),
            },
        };
        Self {
            interface: interface.to_owned(),
            version: VERSION,
            speaks: true,
            snapshot,
            heard: vec![],
            links: 0,
            hang_up: false,
            garbage: None,
            acknowledges: true,
            knows: true,
        }
    }

    fn setup(&self) -> ToPlc {
        let connector = ConnectorSetup {
            connector: connector(),
            interface: self.interface.clone(),
            evse_id: "DE*JPT*E1*1".to_owned(),
            protocols: vec![Protocol::Iso15118Part2],
        };
        ToPlc::Setup { version: self.version, connectors: vec![connector] }
    }

    /// Grants what the car comes to ask for, and lets the voltage follow it.
    fn hear(&mut self, message: &FromPlc) -> Option<ToPlc> {
        self.heard.push(message.clone());
        let snapshot = &mut self.snapshot;
        match message {
            FromPlc::Event { seq, event, .. } => {
                if let Event::SessionStarted { v2g_epoch, .. } = event {
                    snapshot.v2g_epoch = Some(*v2g_epoch);
                }
                return self.acknowledges.then_some(ToPlc::Ack { seq: *seq });
            }
            FromPlc::Demand(demand) => match demand.stage {
                Stage::Authorisation => snapshot.authorisation = Grant::Granted,
                Stage::CableCheck if snapshot.isolation == Isolation::Unknown => {
                    snapshot.isolation = Isolation::Testing;
                }
                Stage::CableCheck => {
                    snapshot.isolation = Isolation::Valid { resistance: Ohms(1_000_000) };
                    snapshot.cable_check = Grant::Granted;
                }
                Stage::PreCharge => {
                    snapshot.present_voltage = demand.target_voltage.unwrap();
                }
                Stage::PowerDelivery => snapshot.power = Grant::Granted,
                Stage::CurrentDemand => {
                    snapshot.present_current = demand.target_current.unwrap().min(snapshot.limits.max_current);
                }
                Stage::PowerDown => snapshot.present_current = Milliamps(0),
                Stage::WeldingDetection => {
                    snapshot.present_voltage = Millivolts(0);
                    snapshot.powered_down = true;
                }
                _ => {}
            },
            _ => {}
        }
        None
    }
}

pub(crate) type Shared = Arc<Mutex<Controller>>;

/// A `plc` process and its controller.
pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) controller: Shared,
    plc: Child,
}

impl World {
    /// Starts both. The controller knows one connector, on this interface.
    pub(crate) fn start(interface: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let controller = Arc::new(Mutex::new(Controller::new(interface)));
        let listener = UnixListener::bind(dir.path().join("controller.sock")).unwrap();
        tokio::spawn(serve(listener, Arc::clone(&controller)));
        let plc = Command::new(env!("CARGO_BIN_EXE_plc"))
            .args(["--chain", "main", "--run-dir"])
            .arg(dir.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { dir, controller, plc }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("plc-main.sock")
    }

    /// Asks the process to end, and waits for it.
    pub(crate) async fn terminate(&mut self) -> std::process::ExitStatus {
        let pid = self.plc.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            if let Some(status) = self.plc.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "plc does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn tell(&self, change: impl FnOnce(&mut Controller)) {
        change(&mut self.controller.lock().unwrap());
    }

    /// Waits until the controller finds `what`.
    pub(crate) async fn until<T>(&self, name: &str, mut what: impl FnMut(&Controller) -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(found) = what(&self.controller.lock().unwrap()) {
                return found;
            }
            assert!(Instant::now() < end, "no {name}: {:?}", last(&self.controller.lock().unwrap().heard));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for an event.
    pub(crate) async fn event<T>(&self, name: &str, mut what: impl FnMut(&Event) -> Option<T>) -> T {
        let of = |message: &FromPlc, what: &mut dyn FnMut(&Event) -> Option<T>| match message {
            FromPlc::Event { event, .. } => what(event),
            _ => None,
        };
        self.until(name, |controller| controller.heard.iter().find_map(|message| of(message, &mut what))).await
    }
}

fn last(heard: &[FromPlc]) -> &[FromPlc] {
    &heard[heard.len().saturating_sub(12)..]
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.plc.kill();
        let _ = self.plc.wait();
    }
}

async fn serve(listener: UnixListener, controller: Shared) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        hold(stream, &controller).await;
    }
}

async fn hold(stream: UnixStream, controller: &Shared) {
    let knows = controller.lock().unwrap().knows;
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let greet = |_: &Request, response: Response| {
        if knows {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = StatusCode::NOT_FOUND;
        Err(refusal)
    };
    let Ok(mut socket) = accept_hdr_async(stream, greet).await else { return };
    let mut tick = tokio::time::interval(TELL);
    loop {
        let mut out = vec![];
        tokio::select! {
            message = socket.next() => {
                let Some(Ok(Message::Text(text))) = message else { return };
                let message: FromPlc = serde_json::from_str(&text).unwrap();
                let mut controller = controller.lock().unwrap();
                out.extend(controller.hear(&message));
                if let FromPlc::Hello { chain, .. } = &message {
                    assert_eq!(chain, &ChainId::new("main").unwrap());
                    controller.links += 1;
                    out.push(controller.setup());
                }
            }
            _ = tick.tick() => {
                let mut controller = controller.lock().unwrap();
                if std::mem::take(&mut controller.hang_up) || !controller.knows {
                    return;
                }
                if controller.speaks {
                    controller.snapshot.valid_until = mono() + Duration::from_secs(1);
                    out.push(ToPlc::Snapshot(controller.snapshot.clone()));
                }
            }
        }
        let garbage = controller.lock().unwrap().garbage.take();
        let texts = out.iter().map(|message| serde_json::to_string(message).unwrap());
        for text in garbage.into_iter().chain(texts.collect::<Vec<_>>()) {
            if socket.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    }
}

/// `GET` of a daemon's socket.
pub(crate) async fn get<T: for<'de> serde::Deserialize<'de>>(socket: &Path, uri: &str) -> T {
    let client = shell::client::Client::new(socket);
    for _ in 0..200 {
        if let Ok(answer) = client.get(uri).await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} does not answer {uri}", socket.display());
}

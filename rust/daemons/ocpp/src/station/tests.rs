//! A station on a bench: inputs by hand, time by hand.

mod calls;
mod charging;
mod connection;
mod messages;
mod notices;

use std::time::Duration;

use api::{
    command::{Authorise, StopReason, Verdict},
    fault::FaultCode,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use units::IdTag;

use super::*;
use crate::{
    queue::{Message, NoticeHead, Outcome},
    rpc::ANSWER_WITHIN,
    wire::ours::{Defect, Identity, Status},
};

const SESSION: &str = "6f1f7a3e-0000-4000-8000-00000000000a";
const T0: i64 = 1_790_000_000_000;

/// A station, a clock, and what it did last.
struct Bench {
    station: Station,
    now: Now,
    out: Vec<Output>,
    /// The id of the question that is open.
    open: Option<String>,
}

fn said(verdict: Verdict) -> Authorise {
    Authorise { verdict, group: None, expires_ms: None }
}

fn report(status: Status) -> Report {
    Report { status, defect: None }
}

fn outlet(status: Status) -> Outlet {
    Outlet { report: report(status), session: None, pending: None }
}

fn world(status: Status) -> World {
    World {
        station: report(Status::Available),
        outlets: BTreeMap::from([(1, outlet(status)), (2, outlet(Status::Available))]),
    }
}

fn settings(url: &str) -> Settings {
    let identity =
        Identity { vendor: "Joulepoint".into(), model: "Bench".into(), serial: None, firmware: "0.1".into() };
    Settings { target: Target::new(url, "JP-1", None), identity, sample_interval_s: 15, alone: Alone::default() }
}

fn start_message(id: i64, attempts: u32) -> Head {
    let (connector, id_tag) = (ConnectorId::new(1).unwrap(), IdTag::new("04A1").unwrap());
    let session = SessionId::new(SESSION).unwrap();
    Head { id, session, attempts, message: Message::Start { connector, id_tag, meter_wh: 100, at_ms: T0 } }
}

fn stop_message(id: i64) -> Head {
    let (id_tag, reason) = (IdTag::new("04A1").unwrap(), StopReason::Local);
    let session = SessionId::new(SESSION).unwrap();
    let message = Message::Stop { transaction_id: 7, id_tag, meter_wh: 200, at_ms: T0, reason };
    Head { id, session, attempts: 0, message }
}

impl Bench {
    fn new() -> Self {
        let now = Now { mono: Mono::from_millis(1_000), wall_ms: T0 };
        Self { station: Station::new(1), now, out: Vec::new(), open: None }
    }

    /// Connected, and the boot notification is out.
    fn connected() -> Self {
        let mut bench = Self::new();
        bench.give(Input::Settings(settings("ws://csms")));
        assert!(matches!(bench.out[..], [Output::Connect(_)]), "{:?}", bench.out);
        bench.give(Input::Opened);
        assert_eq!(bench.asked(), Some("BootNotification"));
        bench
    }

    /// Accepted; the CSMS knows the state of a world with two free connectors.
    fn accepted() -> Self {
        let mut bench = Self::connected();
        bench.boot_answer("Accepted", 300);
        bench.give(Input::World(Box::new(world(Status::Available))));
        for _ in 0..3 {
            assert_eq!(bench.asked(), Some("StatusNotification"));
            bench.answer(&json!({}));
        }
        assert_eq!(bench.asked(), None);
        bench
    }

    fn give(&mut self, input: Input) {
        self.out = self.station.handle(self.now, input);
        let questions = self.sent().into_iter().filter(|frame| frame[0] == 2);
        if let Some(id) = questions.map(|frame| frame[1].as_str().unwrap().to_owned()).next_back() {
            self.open = Some(id);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.mono = self.now.mono + time;
        self.now.wall_ms += i64::try_from(time.as_millis()).unwrap();
        self.give(Input::Wake);
    }

    fn sent(&self) -> Vec<Value> {
        let texts = self.out.iter().filter_map(|output| match output {
            Output::Send(text) => Some(serde_json::from_str(text).unwrap()),
            _ => None,
        });
        texts.collect()
    }

    /// The action asked just now.
    fn asked(&self) -> Option<&'static str> {
        let sent = self.sent();
        let action = sent.iter().find(|frame| frame[0] == 2)?[2].as_str()?.to_owned();
        let actions = [
            "BootNotification",
            "Heartbeat",
            "StatusNotification",
            "Authorize",
            "StartTransaction",
            "StopTransaction",
            "SignedFirmwareStatusNotification",
        ];
        actions.into_iter().find(|known| *known == action)
    }

    fn answer(&mut self, payload: &Value) {
        let id = self.open.take().expect("a question is open");
        self.give(Input::Text(json!([3, id, payload]).to_string()));
    }

    fn error(&mut self, code: &str) {
        let id = self.open.take().expect("a question is open");
        self.give(Input::Text(json!([4, id, code, "", {}]).to_string()));
    }

    fn boot_answer(&mut self, status: &str, interval: u32) {
        self.answer(&json!({"status": status, "interval": interval, "currentTime": "2026-09-21T14:13:25Z"}));
    }

    /// A call of the CSMS; the payload of the answer, if it came at once.
    fn call(&mut self, action: &str, payload: &Value) -> Option<Value> {
        self.give(Input::Text(json!([2, "csms-1", action, payload]).to_string()));
        let answer = self.sent().into_iter().find(|frame| frame[1] == "csms-1")?;
        // The payload of an answer and the code of an error stand in the same place.
        Some(answer[2].clone())
    }

    fn settled(&self) -> Vec<(i64, Outcome)> {
        let settled = self.out.iter().filter_map(|output| match output {
            Output::Settle { id, outcome } => Some((*id, outcome.clone())),
            _ => None,
        });
        settled.collect()
    }
}

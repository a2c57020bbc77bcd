use std::time::Duration;

use api::{
    command::{StopReason, Verdict},
    fault::FaultCode,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use units::IdTag;

use super::*;
use crate::{
    queue::{Message, Outcome},
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
    Settings { target: Target::new(url, "JP-1", None), identity, sample_interval_s: 15 }
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
        let actions =
            ["BootNotification", "Heartbeat", "StatusNotification", "Authorize", "StartTransaction", "StopTransaction"];
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

#[test]
fn nothing_but_the_boot_notification_before_it_is_accepted() {
    let mut bench = Bench::connected();
    bench.give(Input::World(Box::new(world(Status::Preparing))));
    bench.give(Input::Head(Some(start_message(1, 0))));
    bench.boot_answer("Pending", 60);
    assert_eq!((bench.asked(), bench.station.boot()), (None, Boot::Pending));
    bench.pass(Duration::from_secs(59));
    assert_eq!(bench.asked(), None);
    assert_eq!(bench.station.next_wake(), Some(bench.now.mono + Duration::from_secs(1)));
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.asked(), Some("BootNotification"));
    bench.boot_answer("Accepted", 300);
    assert_eq!(bench.asked(), Some("StatusNotification"));
    assert_eq!(bench.station.clock_ahead_ms(), Some(5_000 - 60_000));
}

#[test]
fn while_pending_only_what_is_triggered_and_no_remote_start() {
    let mut bench = Bench::connected();
    bench.give(Input::World(Box::new(world(Status::Preparing))));
    bench.boot_answer("Pending", 600);
    assert_eq!(bench.call("RemoteStartTransaction", &json!({"idTag": "A"})).unwrap(), json!({"status": "Rejected"}));
    assert_eq!(
        bench.call("RemoteStopTransaction", &json!({"transactionId": 1})).unwrap(),
        json!({"status": "Rejected"})
    );
    let trigger = json!({"requestedMessage": "StatusNotification", "connectorId": 1});
    assert_eq!(bench.call("TriggerMessage", &trigger).unwrap(), json!({"status": "Accepted"}));
    assert_eq!(bench.asked(), Some("StatusNotification"));
    assert_eq!(bench.sent()[0][0], 3, "the answer goes before the message that it announces");
    bench.answer(&json!({}));
    assert_eq!(bench.asked(), None);
}

#[test]
fn while_rejected_it_is_silent() {
    let mut bench = Bench::connected();
    bench.boot_answer("Rejected", 0);
    assert_eq!(bench.call("GetConfiguration", &json!({})), None);
    bench.give(Input::Text("[2,\"x\"]".into()));
    assert_eq!(bench.sent(), Vec::<Value>::new());
    bench.pass(Duration::from_mins(1));
    assert_eq!(bench.asked(), Some("BootNotification"));
}

#[test]
fn a_boot_answer_that_cannot_be_read_is_asked_for_again() {
    let mut bench = Bench::connected();
    bench.answer(&json!({"status": "Accepted", "interval": -1, "currentTime": "soon"}));
    assert_eq!(bench.station.boot(), Boot::Unanswered);
    bench.pass(Duration::from_mins(1));
    assert_eq!(bench.asked(), Some("BootNotification"));
}

#[test]
fn a_state_is_told_once_and_again_when_it_changes() {
    let mut bench = Bench::accepted();
    bench.give(Input::World(Box::new(world(Status::Available))));
    assert_eq!(bench.asked(), None);
    bench.give(Input::World(Box::new(world(Status::Preparing))));
    assert_eq!(bench.asked(), Some("StatusNotification"));
    assert_eq!(bench.sent()[0][3]["connectorId"], 1);
    // Two changes while the question is open: only the last is worth telling.
    bench.give(Input::World(Box::new(world(Status::Charging))));
    bench.give(Input::World(Box::new(world(Status::Finishing))));
    assert_eq!(bench.asked(), None);
    bench.answer(&json!({}));
    assert_eq!(bench.sent()[0][3]["status"], "Finishing");
}

#[test]
fn a_new_connection_needs_no_new_boot_notification_and_tells_what_changed() {
    let mut bench = Bench::accepted();
    bench.give(Input::Closed { why: "reset".into() });
    assert_eq!(bench.station.connection(), ConnectionStatus::Waiting);
    bench.give(Input::World(Box::new(world(Status::Charging))));
    assert!(bench.out.is_empty());
    bench.pass(Duration::from_secs(2));
    assert!(matches!(bench.out[..], [Output::Connect(_)]));
    bench.give(Input::Opened);
    assert_eq!(bench.asked(), Some("StatusNotification"));
    bench.answer(&json!({}));
    assert_eq!(bench.asked(), None);
}

#[test]
fn a_report_that_was_under_way_when_the_line_broke_is_told_again() {
    let mut bench = Bench::accepted();
    bench.give(Input::World(Box::new(world(Status::Charging))));
    bench.give(Input::Closed { why: "reset".into() });
    bench.pass(Duration::from_secs(2));
    bench.give(Input::Opened);
    assert_eq!(bench.asked(), Some("StatusNotification"));
}

#[test]
fn heartbeats_come_at_the_interval_that_the_csms_gave() {
    let mut bench = Bench::accepted();
    for _ in 0..3 {
        // The WebSocket's own pings go on meanwhile and are answered.
        for _ in 0..14 {
            bench.pass(Duration::from_secs(20));
            bench.give(Input::Heard);
        }
        bench.pass(Duration::from_secs(20));
        assert_eq!(bench.asked(), Some("Heartbeat"));
        bench.answer(&json!({"currentTime": "2026-09-21T14:20:00Z"}));
    }
}

#[test]
fn a_start_gives_the_transaction_its_number() {
    let mut bench = Bench::accepted();
    bench.give(Input::Head(Some(start_message(5, 0))));
    assert_eq!(bench.asked(), Some("StartTransaction"));
    bench.answer(&json!({"transactionId": 7, "idTagInfo": {"status": "Accepted"}}));
    assert_eq!(bench.settled(), [(5, Outcome::Delivered { transaction_id: Some(7) })]);
    // The next is not sent before the queue has said which it is.
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.asked(), None);
    bench.give(Input::Head(Some(stop_message(6))));
    assert_eq!(bench.asked(), Some("StopTransaction"));
    bench.answer(&json!({}));
    assert_eq!(bench.settled(), [(6, Outcome::Delivered { transaction_id: None })]);
}

#[test]
fn a_message_that_is_refused_is_tried_again_with_growing_waits_and_then_given_up() {
    let mut bench = Bench::accepted();
    bench.give(Input::Head(Some(start_message(5, 0))));
    bench.error("InternalError");
    assert_eq!(bench.settled(), [(5, Outcome::Failed)]);
    bench.give(Input::Head(Some(start_message(5, 1))));
    assert_eq!(bench.asked(), None);
    for _ in 0..2 {
        bench.pass(Duration::from_secs(20));
        bench.give(Input::Heard);
    }
    bench.pass(Duration::from_secs(19));
    assert_eq!(bench.asked(), None);
    bench.give(Input::Heard);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.asked(), Some("StartTransaction"));
    bench.error("InternalError");
    bench.give(Input::Head(Some(start_message(5, 2))));
    for _ in 0..6 {
        bench.pass(Duration::from_secs(20));
        bench.give(Input::Heard);
    }
    assert!(bench.open.is_some());
    bench.error("FormationViolation");
    assert!(matches!(&bench.settled()[..], [(5, Outcome::GivenUp { .. })]), "{:?}", bench.out);
}

#[test]
fn a_dead_line_is_no_attempt() {
    let mut bench = Bench::accepted();
    bench.give(Input::Head(Some(start_message(5, 0))));
    bench.pass(ANSWER_WITHIN);
    assert_eq!(bench.settled(), []);
    assert!(bench.out.contains(&Output::Disconnect));
    assert_eq!(bench.station.connection(), ConnectionStatus::Waiting);
    bench.pass(Duration::from_secs(2));
    bench.give(Input::Opened);
    assert_eq!(bench.asked(), Some("StartTransaction"));
}

#[test]
fn a_csms_that_is_there_and_does_not_answer_is_an_attempt() {
    let mut bench = Bench::accepted();
    bench.give(Input::Head(Some(start_message(5, 0))));
    bench.pass(Duration::from_secs(20));
    assert!(bench.out.contains(&Output::Ping));
    bench.give(Input::Heard);
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.settled(), [(5, Outcome::Failed)]);
    assert_eq!(bench.station.connection(), ConnectionStatus::Connected);
    assert_eq!(bench.station.dropped().timeouts, 1);
}

#[test]
fn a_ping_without_a_pong_drops_the_line() {
    let mut bench = Bench::accepted();
    bench.pass(Duration::from_secs(20));
    assert_eq!(bench.out, [Output::Ping]);
    assert_eq!(bench.station.next_wake(), Some(bench.now.mono + PONG_WITHIN));
    bench.pass(PONG_WITHIN);
    assert!(bench.out.contains(&Output::Disconnect));
}

#[test]
fn a_card_is_put_to_the_csms_before_everything_else() {
    let mut bench = Bench::accepted();
    let mut cabinet = world(Status::Preparing);
    let pending = Pending { request_id: "r1".into(), id_tag: IdTag::new("04A1").unwrap() };
    cabinet.outlets.get_mut(&1).unwrap().pending = Some(pending);
    bench.give(Input::World(Box::new(cabinet.clone())));
    assert_eq!(bench.asked(), Some("Authorize"));
    bench.answer(&json!({"idTagInfo": {"status": "Blocked"}}));
    let verdict = Output::Verdict { request_id: "r1".into(), verdict: Verdict::Blocked };
    assert!(bench.out.contains(&verdict), "{:?}", bench.out);
    // The controller has not taken it in yet: it is not asked twice.
    bench.answer(&json!({}));
    bench.give(Input::World(Box::new(cabinet)));
    assert_eq!(bench.asked(), None);
}

#[test]
fn a_card_is_asked_again_after_the_line_broke_and_never_answered_offline() {
    let mut bench = Bench::accepted();
    let mut cabinet = world(Status::Available);
    let pending = Pending { request_id: "r1".into(), id_tag: IdTag::new("04A1").unwrap() };
    cabinet.outlets.get_mut(&1).unwrap().pending = Some(pending);
    bench.give(Input::World(Box::new(cabinet)));
    bench.give(Input::Closed { why: "gone".into() });
    assert!(!bench.out.iter().any(|output| matches!(output, Output::Verdict { .. })));
    bench.pass(Duration::from_secs(2));
    bench.give(Input::Opened);
    assert_eq!(bench.asked(), Some("Authorize"));
}

#[test]
fn a_tag_that_ocpp_cannot_say_is_invalid() {
    let mut bench = Bench::accepted();
    let mut cabinet = world(Status::Available);
    let pending = Pending { request_id: "r1".into(), id_tag: IdTag::new(&"A".repeat(21)).unwrap() };
    cabinet.outlets.get_mut(&1).unwrap().pending = Some(pending);
    bench.give(Input::World(Box::new(cabinet)));
    assert!(bench.out.contains(&Output::Verdict { request_id: "r1".into(), verdict: Verdict::Invalid }));
}

#[test]
fn a_remote_start_is_answered_before_what_it_sets_off() {
    let mut bench = Bench::accepted();
    assert_eq!(bench.call("RemoteStartTransaction", &json!({"idTag": "04A1", "connectorId": 2})), None);
    let Some(Output::Command { id, command }) = bench.out.pop() else { panic!("{:?}", bench.out) };
    assert_eq!(command, Command::Start { connector: ConnectorId::new(2).unwrap(), id_tag: "04A1".into() });
    bench.give(Input::Head(Some(start_message(5, 0))));
    assert_eq!(bench.asked(), None);
    bench.give(Input::Commanded { id, command, accepted: true });
    let sent = bench.sent();
    assert_eq!((&sent[0], &sent[1][2]), (&json!([3, "csms-1", {"status": "Accepted"}]), &json!("StartTransaction")));
}

#[test]
fn a_remote_start_without_a_connector_goes_to_the_car_that_waits() {
    let mut bench = Bench::accepted();
    let mut cabinet = world(Status::Available);
    cabinet.outlets.insert(2, outlet(Status::Preparing));
    bench.give(Input::World(Box::new(cabinet)));
    bench.call("RemoteStartTransaction", &json!({"idTag": "04A1"}));
    assert!(
        matches!(bench.out.last(), Some(Output::Command { command: Command::Start { connector, .. }, .. }) if connector.get() == 2)
    );
    for nowhere in [0, 3, 300] {
        let mut bench = Bench::accepted();
        let answer = bench.call("RemoteStartTransaction", &json!({"idTag": "04A1", "connectorId": nowhere}));
        assert_eq!(answer.unwrap(), json!({"status": "Rejected"}));
    }
}

#[test]
fn what_is_not_done_is_not_said_to_be_done() {
    let mut bench = Bench::accepted();
    let mut told = |action, payload: Value| bench.call(action, &payload).unwrap();
    assert_eq!(told("Reset", json!({"type": "Hard"})), json!({"status": "Rejected"}));
    assert_eq!(
        told("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})),
        json!({"status": "Rejected"})
    );
    assert_eq!(
        told("ChangeAvailability", json!({"connectorId": 0, "type": "Operative"})),
        json!({"status": "Accepted"})
    );
    assert_eq!(
        told("ChangeAvailability", json!({"connectorId": 9, "type": "Operative"})),
        json!({"status": "Rejected"})
    );
    assert_eq!(told("UnlockConnector", json!({"connectorId": 1})), json!({"status": "NotSupported"}));
    assert_eq!(told("ClearCache", json!({})), json!({"status": "Rejected"}));
    assert_eq!(told("DataTransfer", json!({"vendorId": "x"})), json!({"status": "UnknownVendorId"}));
    assert_eq!(told("TriggerMessage", json!({"requestedMessage": "MeterValues"})), json!({"status": "NotImplemented"}));
    assert_eq!(told("SetChargingProfile", json!({})), json!("NotSupported"));
    assert_eq!(told("MakeCoffee", json!({})), json!("NotImplemented"));
    assert_eq!(told("Reset", json!({})), json!("ProtocolError"));
    let keys = told("GetConfiguration", json!({"key": ["NumberOfConnectors", "Colour"]}));
    assert_eq!(keys["configurationKey"][0]["value"], "2");
    assert_eq!(keys["unknownKey"], json!(["Colour"]));
    assert_eq!(bench.station.dropped().calls, 3);
}

#[test]
fn a_written_key_is_kept_before_it_is_confirmed() {
    let mut bench = Bench::accepted();
    let answer = bench.call("ChangeConfiguration", &json!({"key": "WebSocketPingInterval", "value": "5"}));
    assert_eq!(answer.unwrap(), json!({"status": "Accepted"}));
    assert!(matches!(&bench.out[..], [Output::Remember { .. }, Output::Send(_)]), "{:?}", bench.out);
    bench.pass(Duration::from_secs(5));
    assert_eq!(bench.out, [Output::Ping]);
}

#[test]
fn a_tag_that_the_csms_does_not_know_ends_the_charge_that_runs() {
    let mut bench = Bench::accepted();
    let mut cabinet = world(Status::Available);
    cabinet.outlets.get_mut(&1).unwrap().session = Some(SessionId::new(SESSION).unwrap());
    bench.give(Input::World(Box::new(cabinet)));
    bench.give(Input::Head(Some(start_message(5, 0))));
    bench.answer(&json!({"transactionId": 7, "idTagInfo": {"status": "Invalid"}}));
    let (session, connector) = (SessionId::new(SESSION).unwrap(), ConnectorId::new(1).unwrap());
    assert!(bench.out.contains(&Output::Deauthorise { session, connector }));
    assert_eq!(bench.settled(), [(5, Outcome::Delivered { transaction_id: Some(7) })]);
}

#[test]
fn another_url_takes_effect_at_once_and_boots_anew() {
    let mut bench = Bench::accepted();
    bench.give(Input::Head(Some(start_message(5, 0))));
    bench.give(Input::Settings(settings("ws://other")));
    assert!(
        matches!(&bench.out[..], [Output::Disconnect, Output::Connect(endpoint)] if endpoint.url == "ws://other/JP-1")
    );
    bench.give(Input::Opened);
    assert_eq!(bench.asked(), Some("BootNotification"));
    bench.give(Input::Settings(settings("ws://other")));
    assert!(bench.out.is_empty());
    bench.give(Input::Settings(Settings::default()));
    assert_eq!((&bench.out[..], bench.station.connection()), (&[Output::Disconnect][..], ConnectionStatus::Off));
}

#[test]
fn tls_is_refused_in_words() {
    let mut bench = Bench::new();
    bench.give(Input::Settings(settings("wss://csms")));
    assert!(matches!(&bench.out[..], [Output::Trouble(why)] if why.contains("not in this version")), "{:?}", bench.out);
    assert_eq!(bench.station.connection(), ConnectionStatus::Refused);
    assert_eq!(bench.station.next_wake(), None);
}

#[test]
fn attempts_to_connect_come_slower_and_slower() {
    let mut bench = Bench::new();
    bench.give(Input::Settings(settings("ws://csms")));
    let mut waits = Vec::new();
    for _ in 0..9 {
        bench.give(Input::Closed { why: "refused".into() });
        let wait = bench.station.next_wake().unwrap().since(bench.now.mono);
        waits.push(wait.as_secs());
        bench.pass(wait);
        assert!(matches!(bench.out[..], [Output::Connect(_)]));
    }
    assert!(waits[0] <= 2 && (32..128).contains(&waits[5]) && (64..128).contains(&waits[8]), "{waits:?}");
}

#[test]
fn a_csms_that_has_forgotten_us_is_told_who_we_are() {
    let mut bench = Bench::accepted();
    bench.give(Input::World(Box::new(world(Status::Charging))));
    bench.error("SecurityError");
    assert_eq!(bench.station.boot(), Boot::Unanswered);
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.asked(), Some("BootNotification"));
}

#[test]
fn a_lost_controller_is_told_after_a_while_and_a_restart_is_not() {
    let mut bench = Bench::accepted();
    bench.give(Input::ControllerLost);
    bench.pass(Duration::from_secs(5));
    bench.give(Input::World(Box::new(world(Status::Available))));
    bench.pass(Duration::from_secs(25));
    assert_eq!(bench.asked(), None);
    bench.give(Input::ControllerLost);
    bench.give(Input::Heard);
    bench.pass(Duration::from_secs(15));
    bench.give(Input::ControllerLost);
    bench.pass(Duration::from_secs(15));
    let told = bench.sent();
    assert_eq!((&told[0][3]["connectorId"], &told[0][3]["status"]), (&json!(0), &json!("Faulted")));
    bench.answer(&json!({}));
    assert_eq!(bench.sent()[0][3]["status"], "Unavailable");
}

#[test]
fn a_fault_is_told_with_its_code() {
    let mut bench = Bench::accepted();
    let mut cabinet = world(Status::Faulted);
    let defect = Defect { code: Some(FaultCode::ContactorFault), detail: "welded".into() };
    cabinet.outlets.get_mut(&1).unwrap().report.defect = Some(defect);
    bench.give(Input::World(Box::new(cabinet)));
    let told = &bench.sent()[0][3];
    assert_eq!((&told["errorCode"], &told["info"]), (&json!("PowerSwitchFailure"), &json!("welded")));
}

#[test]
fn garbage_is_counted_and_harms_nothing() {
    let mut bench = Bench::accepted();
    bench.give(Input::Head(Some(start_message(5, 0))));
    for text in ["", "[]", "{\"a\":1}", "[3,\"nobody\",{}]", "[4,\"nobody\",\"X\",\"\",{}]"] {
        bench.give(Input::Text(text.into()));
        assert_eq!(bench.sent(), Vec::<Value>::new());
    }
    bench.give(Input::Binary);
    let dropped = bench.station.dropped();
    assert_eq!((dropped.frames, dropped.answers), (4, 2));
    bench.answer(&json!({"transactionId": 7, "idTagInfo": {"status": "Accepted"}}));
    assert_eq!(bench.settled().len(), 1);
}

proptest! {
    /// Whatever comes in whatever order: no panic, never two questions open, and it never asks to be woken in the past
    /// with nothing to do.
    #[test]
    fn no_order_of_events_breaks_it(steps in proptest::collection::vec((0_u8..14, 0_u64..70_000, ".{0,12}"), 0..80)) {
        let mut bench = Bench::new();
        bench.give(Input::Settings(settings("ws://csms")));
        for (step, wait, text) in steps {
            bench.now.mono = bench.now.mono + Duration::from_millis(wait);
            let answered = bench.open.clone().unwrap_or_default();
            let input = match step {
                0 => Input::Opened,
                1 => Input::Closed { why: text },
                2 => Input::Text(text),
                3 => Input::Heard,
                4 => Input::World(Box::new(world(Status::Charging))),
                5 => Input::World(Box::new(world(Status::Available))),
                6 => Input::ControllerLost,
                7 => Input::Head(Some(start_message(1, u32::from(step)))),
                8 => Input::Text(json!([3, answered, {"status": "Accepted", "interval": 1, "currentTime": "2026-09-21T14:13:25Z"}]).to_string()),
                9 => Input::Text(json!([3, answered, {"transactionId": 1, "idTagInfo": {"status": "Accepted"}}]).to_string()),
                10 => Input::Text(json!([4, answered, "SecurityError", "", {}]).to_string()),
                11 => Input::Text(json!([2, text, "RemoteStartTransaction", {"idTag": "A"}]).to_string()),
                12 => Input::Settings(settings(if wait % 2 == 0 { "ws://csms" } else { "ws://other" })),
                _ => Input::Wake,
            };
            if matches!(step, 8..=10) { bench.open = None; }
            bench.give(input);
            let asked = bench.sent().iter().filter(|frame| frame[0] == 2).count();
            prop_assert!(asked <= 1);
            if let Some(wake) = bench.station.next_wake() {
                let out = bench.station.handle(bench.now, Input::Wake);
                prop_assert!(wake > bench.now.mono || !out.is_empty() || bench.station.next_wake() > Some(bench.now.mono));
            }
        }
    }
}

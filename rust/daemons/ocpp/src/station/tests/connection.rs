//! The connection, the boot notification, time.

use super::*;

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

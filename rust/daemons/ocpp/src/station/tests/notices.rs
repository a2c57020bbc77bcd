//! What is told of an update, and when.

use super::*;
use crate::wire::firmware::{Notice, Status as Step, Verdict};

fn notice(id: i64, status: Step) -> NoticeHead {
    NoticeHead { id, attempts: 0, notice: Notice::Firmware { status, request_id: Some(7) } }
}

fn settled(bench: &Bench) -> Option<(i64, Outcome)> {
    bench.out.iter().find_map(|output| match output {
        Output::SettleNotice { head, outcome } => Some((head.id, outcome.clone())),
        _ => None,
    })
}

const ASK: &str = r#"{"requestId":7,"firmware":{"location":"http://x/y","retrieveDateTime":"2026-11-23T02:00:00Z",
    "signingCertificate":"x","signature":"x"}}"#;

#[test]
fn our_answer_comes_before_the_first_status() {
    let mut bench = Bench::accepted();
    assert_eq!(bench.call("SignedUpdateFirmware", &serde_json::from_str(ASK).unwrap()), None);
    let Some(Output::Command { id, command }) = bench.out.pop() else { panic!("{:?}", bench.out) };
    bench.give(Input::Notice(Some(notice(1, Step::Downloading))));
    assert_eq!(bench.asked(), None);
    bench.give(Input::Commanded { id, command, answer: Answer::Firmware(Verdict::AcceptedCanceled) });
    let sent = bench.sent();
    assert_eq!(sent[0], json!([3, "csms-1", {"status": "AcceptedCanceled"}]));
    assert_eq!((&sent[1][2], &sent[1][3]["requestId"]), (&json!("SignedFirmwareStatusNotification"), &json!(7)));
    bench.answer(&json!({}));
    assert_eq!(settled(&bench), Some((1, Outcome::Delivered { transaction_id: None })));
}

#[test]
fn a_csms_that_fails_on_a_notice_is_asked_three_times_and_its_transactions_go_on() {
    let mut bench = Bench::accepted();
    let mut head = notice(1, Step::Installed);
    bench.give(Input::Notice(Some(head.clone())));
    bench.error("InternalError");
    assert_eq!(settled(&bench), Some((1, Outcome::Failed)));
    head.attempts = 1;
    bench.give(Input::Notice(Some(head.clone())));
    assert_eq!(bench.asked(), None, "it waits before it tries again");
    bench.give(Input::Head(Some(start_message(5, 0))));
    assert_eq!(bench.asked(), Some("StartTransaction"));
    bench.answer(&json!({"transactionId": 7, "idTagInfo": {"status": "Accepted"}}));
    for (attempts, wait, outcome) in
        [(1, 60, Outcome::Failed), (2, 120, Outcome::GivenUp { why: "NotImplemented: ".into() })]
    {
        head.attempts = attempts;
        bench.give(Input::Notice(Some(head.clone())));
        bench.pass(Duration::from_secs(wait));
        assert_eq!(bench.asked(), Some("SignedFirmwareStatusNotification"));
        bench.error("NotImplemented");
        assert_eq!(settled(&bench), Some((1, outcome)));
    }
}

#[test]
fn a_notice_on_a_line_that_dies_is_sent_again() {
    let mut bench = Bench::accepted();
    bench.give(Input::Notice(Some(notice(1, Step::Installing))));
    assert_eq!(bench.asked(), Some("SignedFirmwareStatusNotification"));
    bench.give(Input::Closed { why: "cut".into() });
    assert_eq!(settled(&bench), None);
    bench.pass(Duration::from_secs(10));
    bench.give(Input::Opened);
    assert_eq!(bench.asked(), Some("SignedFirmwareStatusNotification"));
}

#[test]
fn asked_how_far_it_is_it_says_what_it_said_last() {
    let mut bench = Bench::accepted();
    let trigger = json!({"requestedMessage": "FirmwareStatusNotification"});
    let told = |bench: &Bench| bench.sent().iter().find(|frame| frame[0] == 2).map(|frame| frame[3].clone());
    assert_eq!(bench.call("ExtendedTriggerMessage", &trigger), Some(json!({"status": "Accepted"})));
    assert_eq!(told(&bench), Some(json!({"status": "Idle"})));
    bench.answer(&json!({}));
    bench.give(Input::Said(Notice::Firmware { status: Step::InstallationFailed, request_id: Some(3) }));
    bench.call("ExtendedTriggerMessage", &trigger);
    assert_eq!(told(&bench), Some(json!({"status": "InstallationFailed", "requestId": 3})));
    bench.answer(&json!({}));
    let other = json!({"requestedMessage": "SignChargePointCertificate"});
    assert_eq!(bench.call("ExtendedTriggerMessage", &other), Some(json!({"status": "NotImplemented"})));
    // The old message's trigger means the old message, which this version does not send.
    assert_eq!(bench.call("TriggerMessage", &trigger), Some(json!({"status": "NotImplemented"})));
}

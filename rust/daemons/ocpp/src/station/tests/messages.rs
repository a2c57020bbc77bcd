//! What we tell the CSMS.

use super::*;

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
fn a_connector_that_goes_is_told_as_out_of_service_and_one_that_comes_as_it_is() {
    let mut bench = Bench::accepted();
    let mut alone = world(Status::Available);
    alone.outlets.remove(&2);
    bench.give(Input::World(Box::new(alone.clone())));
    assert_eq!(bench.asked(), Some("StatusNotification"));
    assert_eq!((&bench.sent()[0][3]["connectorId"], &bench.sent()[0][3]["status"]), (&json!(2), &json!("Unavailable")));
    bench.answer(&json!({}));
    bench.give(Input::World(Box::new(alone)));
    assert_eq!(bench.asked(), None);
    bench.give(Input::World(Box::new(world(Status::Available))));
    assert_eq!((&bench.sent()[0][3]["connectorId"], &bench.sent()[0][3]["status"]), (&json!(2), &json!("Available")));
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
fn a_card_is_put_to_the_csms_before_everything_else() {
    let mut bench = Bench::accepted();
    let mut cabinet = world(Status::Preparing);
    let pending = Pending { request_id: "r1".into(), id_tag: IdTag::new("04A1").unwrap() };
    cabinet.outlets.get_mut(&1).unwrap().pending = Some(pending);
    bench.give(Input::World(Box::new(cabinet.clone())));
    assert_eq!(bench.asked(), Some("Authorize"));
    bench.answer(&json!({"idTagInfo": {"status": "Blocked"}}));
    let verdict = Output::Verdict { request_id: "r1".into(), said: said(Verdict::Blocked) };
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
    assert!(bench.out.contains(&Output::Verdict { request_id: "r1".into(), said: said(Verdict::Invalid) }));
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

//! What the CSMS asks of us.

use super::*;

#[test]
fn a_remote_start_is_answered_before_what_it_sets_off() {
    let mut bench = Bench::accepted();
    assert_eq!(bench.call("RemoteStartTransaction", &json!({"idTag": "04A1", "connectorId": 2})), None);
    let Some(Output::Command { id, command }) = bench.out.pop() else { panic!("{:?}", bench.out) };
    assert_eq!(
        command,
        Command::Start { connector: ConnectorId::new(2).unwrap(), id_tag: "04A1".into(), profile: None }
    );
    bench.give(Input::Head(Some(start_message(5, 0))));
    assert_eq!(bench.asked(), None);
    bench.give(Input::Commanded { id, command, answer: Answer::Done });
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
    assert_eq!(told("DataTransfer", json!({"vendorId": "x"})), json!({"status": "UnknownVendorId"}));
    assert_eq!(told("TriggerMessage", json!({"requestedMessage": "MeterValues"})), json!({"status": "NotImplemented"}));
    assert_eq!(told("ReserveNow", json!({})), json!("NotSupported"));
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
